//! Turns an [`Evaluation`] into a Balanced Scorecard: KPIs by perspective, leading before lagging indicators.

use indexmap::IndexMap;
use serde::Serialize;

use super::glossary::terms::PERSPECTIVES;
use super::json::document;
use super::markdown::markdown_within;
use super::result::{self, RENDERING, Sheet};
use super::table::table_within;
use super::{Column, Grid, Locale, escaped};
use crate::budget::{Budget, Charge};
use crate::diagnostic::Diagnostic;
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
    scorecard_within(evaluation, groups, locale, &mut Budget::unlimited().charge()).expect("there is no limit")
}

/// The same, within a budget. The charge counts the texts.
pub(crate) fn scorecard_within(
    evaluation: &Evaluation,
    groups: &[usize],
    locale: &Locale,
    charge: &mut Charge,
) -> Result<Scorecard, Diagnostic> {
    let (shown, _) = result::without_later(evaluation, groups);
    let writer = Writer { evaluation, groups: &shown, locale };
    // The remarks are those of the table of the result, which has as many cells.
    let Sheet { remarks, .. } = result::sheet_within(evaluation, groups, None, locale, charge)?;
    let perspectives = writer.perspectives().into_iter().map(|(name, kpis)| writer.perspective(name, &kpis, charge));
    let perspectives = perspectives.collect::<Result<_, _>>()?;
    Ok(Scorecard { perspectives, remarks, nothing: locale.language.word(Phrase::NoKpi) })
}

/// Creates a scorecard of the groups at these positions, in this order, for programs.
pub fn scorecard_document(evaluation: &Evaluation, groups: &[usize], locale: &Locale) -> ScorecardDocument {
    document_within(evaluation, groups, locale, &mut Budget::unlimited().charge()).expect("there is no limit")
}

/// The same, within a budget. The charge counts the document and its text.
pub(crate) fn document_within(
    evaluation: &Evaluation,
    groups: &[usize],
    locale: &Locale,
    charge: &mut Charge,
) -> Result<ScorecardDocument, Diagnostic> {
    let values = evaluation.plan.kpis.len() * groups.len();
    charge.budget().check(RENDERING)?;
    charge.grow(values.saturating_mul(BYTES_PER_VALUE), "the values of the scorecard")?;
    let writer = Writer { evaluation, groups, locale };
    let document = document(evaluation, groups, locale.language);
    let kpi = |kpi: usize| {
        charge.budget().spend(groups.len().saturating_mul(STEPS_PER_VALUE), RENDERING)?;
        let head: &KpiHead = &document.kpis[kpi];
        let values = document.rows.iter().filter_map(|row| {
            let entry = row.values.get(&head.name)?.clone();
            Some(GroupValue { group: row.group.clone(), total: row.total, entry })
        });
        let kind = writer.card(kpi).and_then(|card| card.kind.as_ref()).map(ToString::to_string);
        Ok(ScorecardEntry { head: head.clone(), kind, values: values.collect() })
    };
    let perspective = |(name, kpis): (Option<&'static str>, Vec<usize>)| {
        let kpis = kpis.into_iter().map(kpi).collect::<Result<_, Diagnostic>>()?;
        Ok(PerspectiveEntry { perspective: name, title: writer.title(name), kpis })
    };
    let perspectives = writer.perspectives().into_iter().map(perspective).collect::<Result<_, Diagnostic>>()?;
    Ok(ScorecardDocument { version: document.version, by: document.by.clone(), perspectives })
}

/// The bytes of a value as data, in the document of the result, in that of the scorecard and as text.
const BYTES_PER_VALUE: usize = 1024;
/// The steps of a value.
const STEPS_PER_VALUE: usize = 100;
/// The bytes of the text of a cell in all its copies.
const BYTES_PER_CELL: usize = 128;

impl Scorecard {
    /// Renders the scorecard for a terminal of this width, with a table for each perspective.
    pub fn table(&self, width: Option<usize>) -> String {
        self.table_within(width, &Budget::unlimited()).expect("there is no limit")
    }

    /// The same, within a budget.
    pub(crate) fn table_within(&self, width: Option<usize>, budget: &Budget) -> Result<String, Diagnostic> {
        let drawn = |grid: &Grid| table_within(grid, width, budget);
        self.sections(|title| format!("{title}\n\n"), drawn, |remark| remark.to_owned())
    }

    /// Renders the scorecard as Markdown, with a section for each perspective.
    pub fn markdown(&self) -> String {
        self.markdown_within(&Budget::unlimited()).expect("there is no limit")
    }

    /// The same, within a budget.
    pub(crate) fn markdown_within(&self, budget: &Budget) -> Result<String, Diagnostic> {
        self.sections(
            |title| format!("### {}\n\n", escaped(title)),
            |grid| markdown_within(grid, budget),
            |remark| format!("- {}", escaped(remark)),
        )
    }

    fn sections(
        &self,
        title: impl Fn(&str) -> String,
        table: impl Fn(&Grid) -> Result<String, Diagnostic>,
        remark: impl Fn(&str) -> String,
    ) -> Result<String, Diagnostic> {
        let section = |perspective: &Perspective| {
            let body = match perspective.grid.rows.is_empty() {
                true => format!("({})\n", self.nothing),
                false => table(&perspective.grid)?,
            };
            Ok(format!("{}{body}", title(&perspective.title)))
        };
        let mut text = self.perspectives.iter().map(section).collect::<Result<Vec<_>, Diagnostic>>()?.join("\n");
        for (at, line) in self.remarks.iter().enumerate() {
            text.push_str(if at == 0 { "\n" } else { "" });
            text.push_str(&format!("{}\n", remark(line)));
        }
        Ok(text)
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

    fn perspective(
        &self,
        name: Option<&'static str>,
        kpis: &[usize],
        charge: &mut Charge,
    ) -> Result<Perspective, Diagnostic> {
        let language = self.locale.language;
        let mut columns = vec![
            Column::key("kpi"),
            Column::text(language.word(Phrase::LabelHead)),
            Column::text(language.word(Phrase::KindHead)),
        ];
        columns.extend(self.groups.iter().map(|&group| Column::number(self.group_title(group))));
        let mut rows = vec![];
        for &kpi in kpis {
            charge.budget().spend(self.groups.len().saturating_mul(STEPS_PER_VALUE), RENDERING)?;
            charge.grow(columns.len().saturating_mul(BYTES_PER_CELL), "the table of the scorecard")?;
            rows.push(self.row(kpi));
        }
        let targets: Vec<Option<String>> = kpis.iter().map(|&kpi| self.target(kpi)).collect();
        if targets.iter().any(Option::is_some) {
            columns.push(Column::number(language.word(Phrase::TargetHead)));
            rows.iter_mut().zip(targets).for_each(|(row, target)| row.push(target.unwrap_or_default()));
        }
        Ok(Perspective { name, title: self.title(name), grid: Grid { columns, rows, total: None } })
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
