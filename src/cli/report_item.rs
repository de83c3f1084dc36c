//! Lists the `report` items of the definitions.

use serde::Serialize;

use crate::language::{Language, Phrase};
use crate::library::{Library, ReportDefinition};
use crate::render::{Column, Grid, group_head};
use crate::syntax::ast::Path;

/// A report in a list, as data.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ReportEntry {
    /// The title in the author's language.
    pub name: String,
    /// `report`
    pub kind: &'static str,
    /// The title in the language of the reader.
    pub title: String,
    /// The KPIs. Empty for all published ones.
    pub kpis: Vec<String>,
    /// The grain of time.
    pub by: Option<String>,
    /// The columns whose segments are shown.
    pub over: Vec<String>,
    /// The period, as in a query.
    pub period: Option<String>,
    /// The place of the definition: `file:line:column`.
    pub defined: String,
}

impl ReportEntry {
    fn new(report: &ReportDefinition, library: &Library, language: Language) -> Self {
        let name = |path: &Path| path.name.text.to_string();
        Self {
            name: report.title.default.to_string(),
            kind: "report",
            title: report.title.get(language.code()).to_owned(),
            kpis: report.kpis().into_iter().map(|name| name.text.to_string()).collect(),
            by: report.by().map(name),
            over: report.over().into_iter().map(name).collect(),
            period: report.period().map(ToString::to_string),
            defined: library.sources().place(report.title_span),
        }
    }

    /// The row of `kpi list --format csv`: name, label, unit, kind.
    pub fn row(&self) -> Vec<String> {
        [self.name.as_str(), &self.title, "", self.kind].map(str::to_owned).to_vec()
    }

    /// `cac, ltv by month over channel, last 12 months`
    fn contents(&self, language: Language) -> String {
        let kpis = if self.kpis.is_empty() { language.word(Phrase::AllKpis).to_owned() } else { self.kpis.join(", ") };
        let by = self.by.iter().map(|by| language.phrase(Phrase::By, &[group_head(by, language)]));
        let over = (!self.over.is_empty()).then(|| language.phrase(Phrase::Over, &[&self.over.join(", ")]));
        let period = self.period.iter().map(|period| format!(", {period}"));
        std::iter::once(kpis).chain(by).chain(over).chain(period).collect()
    }
}

/// The reports whose titles contain all words.
pub(super) fn entries(library: &Library, words: &[String], language: Language) -> Vec<ReportEntry> {
    let has = |report: &&ReportDefinition, word: &String| {
        report.titles().any(|title| title.to_lowercase().contains(&word.to_lowercase()))
    };
    let found = library.reports().filter(|report| words.iter().all(|word| has(report, word)));
    found.map(|report| ReportEntry::new(report, library, language)).collect()
}

/// The section of `kpi list`: titles and what they show.
pub(super) fn grid(entries: &[ReportEntry], language: Language) -> Grid {
    let columns = vec![Column::key(language.word(Phrase::NameHead)), Column::text(language.word(Phrase::ContentsHead))];
    let row = |entry: &ReportEntry| vec![entry.title.clone(), entry.contents(language)];
    Grid { columns, rows: entries.iter().map(row).collect(), total: None }
}
