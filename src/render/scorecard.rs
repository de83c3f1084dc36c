//! Turns an [`Evaluation`] into a Balanced Scorecard: KPIs by perspective, leading before lagging indicators.

use indexmap::IndexMap;
use serde::Serialize;

use super::glossary::terms::PERSPECTIVES;
use super::json::document;
use super::result::{self, Sheet};
use super::{Column, Grid, Locale, escaped, markdown, table};
use crate::eval::Evaluation;
use crate::explain::document::{Entry, KpiHead};
use crate::language::Phrase;
use crate::library::card::Card;

/// A Balanced Scorecard. It always has all four perspectives, to show which ones are not measured.
#[derive(Debug, Clone)]
pub struct Scorecard {
    /// The four perspectives in order, followed by the KPIs without a perspective, if any.
    pub perspectives: Vec<Perspective>,
    /// The lines below the tables: targets, advice, reasons for missing values, a legend of the marks.
    pub remarks: Vec<String>,
    /// The text for an empty perspective.
    nothing: &'static str,
}

/// One perspective and its KPIs.
#[derive(Debug, Clone)]
pub struct Perspective {
    /// `financial`, `customer`, `process`, `learning`; None for KPIs without one.
    pub name: Option<&'static str>,
    /// The title in the language of the reader.
    pub title: String,
    /// A row for each KPI: name, label, kind of indicator, the value in each group, the target.
    pub grid: Grid,
}

/// A scorecard as data.
#[derive(Debug, Clone, Serialize)]
pub struct ScorecardDocument {
    /// The version of the format of results.
    pub version: u32,
    /// The group columns in order, the grain of time first.
    pub by: Vec<std::sync::Arc<str>>,
    /// The four perspectives in order, followed by the KPIs without a perspective, if any.
    pub perspectives: Vec<PerspectiveEntry>,
}

/// A perspective as data.
#[derive(Debug, Clone, Serialize)]
pub struct PerspectiveEntry {
    /// `financial`, …; `null` for KPIs without one.
    pub perspective: Option<&'static str>,
    /// The title in the language of the reader.
    pub title: String,
    /// The KPIs of the perspective.
    pub kpis: Vec<ScorecardEntry>,
}

/// A KPI of a scorecard as data.
#[derive(Debug, Clone, Serialize)]
pub struct ScorecardEntry {
    /// Name, label, unit, direction.
    #[serde(flatten)]
    pub head: KpiHead,
    /// `leading` or `lagging`.
    pub kind: Option<String>,
    /// The values in the groups.
    pub values: Vec<GroupValue>,
}

/// The value in one group.
#[derive(Debug, Clone, Serialize)]
pub struct GroupValue {
    /// The period and keys by the names of their columns; `null` is a blank key.
    pub group: IndexMap<String, Option<String>>,
    /// True for the total over all groups.
    pub total: bool,
    /// Value, status, target.
    #[serde(flatten)]
    pub entry: Entry,
}

/// Creates a scorecard of the groups at these positions, in this order, for people.
pub fn scorecard(evaluation: &Evaluation, groups: &[usize], locale: &Locale) -> Scorecard {
    let (shown, _) = result::without_later(evaluation, groups);
    let writer = Writer { evaluation, groups: &shown, locale };
    let perspectives = writer.perspectives().into_iter().map(|(name, kpis)| writer.perspective(name, &kpis)).collect();
    let Sheet { remarks, .. } = result::sheet(evaluation, groups, locale);
    Scorecard { perspectives, remarks, nothing: locale.language.word(Phrase::NoKpi) }
}

/// Creates a scorecard of the groups at these positions, in this order, for programs.
pub fn scorecard_document(evaluation: &Evaluation, groups: &[usize], locale: &Locale) -> ScorecardDocument {
    let writer = Writer { evaluation, groups, locale };
    let document = document(evaluation, groups, locale.language);
    let kpi = |kpi: usize| {
        let head: &KpiHead = &document.kpis[kpi];
        let values = document.rows.iter().filter_map(|row| {
            let entry = row.values.get(&head.name)?.clone();
            Some(GroupValue { group: row.group.clone(), total: row.total, entry })
        });
        let kind = writer.card(kpi).and_then(|card| card.kind.as_ref()).map(ToString::to_string);
        ScorecardEntry { head: head.clone(), kind, values: values.collect() }
    };
    let perspectives = writer.perspectives().into_iter().map(|(name, kpis)| PerspectiveEntry {
        perspective: name,
        title: writer.title(name),
        kpis: kpis.into_iter().map(kpi).collect(),
    });
    ScorecardDocument { version: document.version, by: document.by.clone(), perspectives: perspectives.collect() }
}

impl Scorecard {
    /// Renders the scorecard for a terminal of this width, with a table for each perspective.
    pub fn table(&self, width: Option<usize>) -> String {
        self.sections(|title| format!("{title}\n\n"), |grid| table(grid, width), |remark| remark.to_owned())
    }

    /// Renders the scorecard as Markdown, with a section for each perspective.
    pub fn markdown(&self) -> String {
        self.sections(
            |title| format!("### {}\n\n", escaped(title)),
            markdown,
            |remark| format!("- {}", escaped(remark)),
        )
    }

    fn sections(
        &self,
        title: impl Fn(&str) -> String,
        table: impl Fn(&Grid) -> String,
        remark: impl Fn(&str) -> String,
    ) -> String {
        let section = |perspective: &Perspective| {
            let body = match perspective.grid.rows.is_empty() {
                true => format!("({})\n", self.nothing),
                false => table(&perspective.grid),
            };
            format!("{}{body}", title(&perspective.title))
        };
        let mut text = self.perspectives.iter().map(section).collect::<Vec<_>>().join("\n");
        for (at, line) in self.remarks.iter().enumerate() {
            text.push_str(if at == 0 { "\n" } else { "" });
            text.push_str(&format!("{}\n", remark(line)));
        }
        text
    }
}

struct Writer<'a> {
    evaluation: &'a Evaluation,
    groups: &'a [usize],
    locale: &'a Locale,
}

impl<'a> Writer<'a> {
    /// The perspectives with the positions of their KPIs: leading, lagging, others, each in the order of the query.
    fn perspectives(&self) -> Vec<(Option<&'static str>, Vec<usize>)> {
        let mut perspectives: Vec<_> = PERSPECTIVES.iter().map(|&name| (Some(name), self.kpis(Some(name)))).collect();
        let others = self.kpis(None);
        if !others.is_empty() {
            perspectives.push((None, others));
        }
        perspectives
    }

    fn kpis(&self, perspective: Option<&str>) -> Vec<usize> {
        let own = |kpi: &usize| self.card(*kpi).and_then(|card| card.perspective.as_deref()) == perspective;
        let mut kpis: Vec<usize> = (0..self.evaluation.plan.kpis.len()).filter(own).collect();
        kpis.sort_by_key(|&kpi| match self.card(kpi).and_then(|card| card.kind.as_deref()) {
            Some("leading") => 0,
            Some("lagging") => 1,
            _ => 2,
        });
        kpis
    }

    fn card(&self, kpi: usize) -> Option<&'a Card> {
        self.evaluation.plan.kpis[kpi].definition.map(|id| &*self.evaluation.plan.library.get(id).card)
    }

    fn title(&self, perspective: Option<&str>) -> String {
        let language = self.locale.language;
        perspective.map_or_else(|| language.word(Phrase::OtherKpis).into(), |name| language.card_word(name))
    }

    fn perspective(&self, name: Option<&'static str>, kpis: &[usize]) -> Perspective {
        let language = self.locale.language;
        let mut columns = vec![
            Column::key("kpi"),
            Column::text(language.word(Phrase::LabelHead)),
            Column::text(language.word(Phrase::KindHead)),
        ];
        columns.extend(self.groups.iter().map(|&group| Column::number(self.group_title(group))));
        let mut rows: Vec<Vec<String>> = kpis.iter().map(|&kpi| self.row(kpi)).collect();
        let targets: Vec<Option<String>> = kpis.iter().map(|&kpi| self.target(kpi)).collect();
        if targets.iter().any(Option::is_some) {
            columns.push(Column::number(language.word(Phrase::TargetHead)));
            rows.iter_mut().zip(targets).for_each(|(row, target)| row.push(target.unwrap_or_default()));
        }
        Perspective { name, title: self.title(name), grid: Grid { columns, rows, total: None } }
    }

    fn row(&self, kpi: usize) -> Vec<String> {
        let language = self.locale.language;
        let card = self.card(kpi);
        let label = card.and_then(|card| card.label.as_ref()).map(|label| label.get(language.code()).to_owned());
        let kind = card.and_then(|card| card.kind.as_deref()).map(|kind| match kind {
            "leading" => language.word(Phrase::Leading),
            _ => language.word(Phrase::Lagging),
        });
        let name = self.evaluation.plan.kpis[kpi].name.to_string();
        let values = result::values(self.evaluation, self.groups, self.locale, kpi);
        [name, label.unwrap_or_default(), kind.unwrap_or_default().into()].into_iter().chain(values).collect()
    }

    /// The target in the last group that is not the total.
    fn target(&self, kpi: usize) -> Option<String> {
        let group = self.groups.iter().rev().find(|&&group| !self.evaluation.groups[group].total)?;
        let target = self.evaluation.outcome(kpi, *group).target?;
        let step = self.evaluation.plan.step(self.evaluation.plan.kpis[kpi].step);
        Some(self.locale.format(&result::style_of(&step.ty, self.card(kpi))).text(target.value.decimal))
    }

    /// `2026-01, email`; without groups, the word for a value.
    fn group_title(&self, group: usize) -> String {
        let language = self.locale.language;
        if self.evaluation.group_columns().is_empty() {
            return language.word(Phrase::Value).into();
        }
        if self.evaluation.groups[group].total {
            return language.word(Phrase::Total).into();
        }
        let label = self.evaluation.group_label(group);
        let keys = label.iter().map(|(name, key)| result::group_key(name, key.as_deref(), language));
        keys.collect::<Vec<_>>().join(", ")
    }
}
