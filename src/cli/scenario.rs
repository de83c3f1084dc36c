//! `kpi eval --scenario`: shows every KPI without and with a scenario. Lists and shows scenarios.

use serde::Serialize;

use super::Answer;
use super::args::{Eval, Format, Output};
use super::console::{Console, paragraph};
use super::output::{Printed, json};
use super::rows::formula_remark;
use crate::budget::Budget;
use crate::diagnostic::{Code, Diagnostic, printable_line};
use crate::eval::Evaluation;
use crate::explain::scenario::{ScenarioHead, scenario_document};
use crate::language::{Language, Phrase};
use crate::library::{Library, ScenarioDefinition};
use crate::render::{self, Column, Grid, Locale, Sheet};

/// The error for an option that has no meaning with a scenario.
pub(super) fn contradiction(arguments: &Eval) -> Option<Diagnostic> {
    arguments.scenario.scenario.as_ref()?;
    let options = [(arguments.scorecard, "--scorecard"), (arguments.pivot.is_some(), "--pivot")];
    let (_, option) = options.into_iter().find(|(is_asked, _)| *is_asked)?;
    let message = format!("`{option}` cannot be combined with `--scenario`");
    Some(Diagnostic::error(Code::BadQuery, message).hint(format!("omit `{option}` or `--scenario`")))
}

/// Prints a result with a scenario. None if the query has none.
pub(super) fn print(
    evaluation: &Evaluation,
    groups: &[usize],
    output: &Output,
    console: &Console,
    budget: &Budget,
    answer: &mut Answer,
) -> Option<Result<Printed, Diagnostic>> {
    let library = &evaluation.plan.library;
    let scenario = library.scenario(evaluation.plan.query.scenario.as_ref()?).ok()?;
    Some(match output.format {
        Format::Json => Ok(Printed::Raw(json(&scenario_document(evaluation, groups, output.lang)?))),
        Format::Csv | Format::CsvFr => {
            let form = output.csv().expect("it is a form of CSV");
            let grid = render::scenario_grid(evaluation, groups, form.language());
            let (text, count) = render::csv_in(form, &grid, output.formulas());
            answer.remarks.extend(formula_remark(count, output.formulas()));
            Ok(Printed::Raw(text))
        }
        Format::Xlsx => {
            let grid = render::scenario_grid(evaluation, groups, output.lang);
            render::workbook(&grid, evaluation.plan.request.grain, |_, _| None).map(Printed::Workbook)
        }
        Format::Table | Format::Markdown => {
            let locale = Locale::new(output.lang);
            let sheet = render::scenario_sheet(evaluation, scenario, groups, &locale, &mut budget.charge());
            sheet.and_then(|sheet| {
                Ok(match output.format {
                    Format::Markdown => Printed::Text(markdown_page(&sheet, budget)?),
                    _ => Printed::Marked(table_page(&sheet, console, budget)?),
                })
            })
        }
    })
}

/// A table with its remarks as Markdown.
pub(super) fn markdown_page(sheet: &Sheet, budget: &Budget) -> Result<String, Diagnostic> {
    let remarks = sheet.remarks.iter().map(|remark| printable_line(remark));
    let remarks: String = remarks.map(|remark| format!("- {}\n", render::escaped(&remark))).collect();
    let gap = if remarks.is_empty() { "" } else { "\n" };
    Ok(format!("{}{gap}{remarks}", render::markdown_within(&sheet.grid, budget)?))
}

/// A table with its remarks for a terminal.
pub(super) fn table_page(sheet: &Sheet, console: &Console, budget: &Budget) -> Result<String, Diagnostic> {
    let remarks = sheet.remarks.iter().map(|remark| printable_line(remark));
    let remarks: String = remarks.map(|remark| paragraph(&remark, console.width)).collect();
    let gap = if remarks.is_empty() { "" } else { "\n" };
    Ok(format!("{}{gap}{remarks}", render::table_within(&sheet.grid, console.width, budget)?))
}

/// A scenario of `kpi list` and `kpi show` as data.
#[derive(Debug, Serialize)]
pub(super) struct ScenarioEntry {
    name: String,
    kind: &'static str,
    #[serde(flatten)]
    head: ScenarioHead,
    defined: String,
}

impl ScenarioEntry {
    pub fn new(scenario: &ScenarioDefinition, library: &Library, language: Language) -> Self {
        Self {
            name: scenario.title.default.to_string(),
            kind: "scenario",
            head: ScenarioHead::new(scenario, library, language),
            defined: library.sources().place(scenario.title_span),
        }
    }

    /// The row of `kpi list --format csv`: name, label, unit, kind.
    pub fn row(&self) -> Vec<String> {
        [self.name.as_str(), &self.head.title, "", self.kind].map(str::to_owned).to_vec()
    }

    /// `ad_cost = ad_cost * 90%`, one for each name.
    fn changes(&self) -> impl Iterator<Item = String> {
        self.head.changes.iter().map(|(name, formula)| format!("{name} = {formula}"))
    }

    fn facts(&self, language: Language) -> Vec<(&'static str, String)> {
        let kind = (language.word(Phrase::KindHead), language.word(Phrase::Scenario).to_owned());
        let changes = (language.word(Phrase::ChangesHead), self.changes().collect::<Vec<_>>().join(", "));
        vec![kind, changes, (language.word(Phrase::DefinedHead), self.defined.clone())]
    }

    /// The page of `kpi show`.
    pub fn text(&self, language: Language) -> String {
        let facts = self.facts(language).into_iter().map(|(name, value)| format!("{name:13}{value}\n"));
        format!("{}\n\n{}", self.head.title, facts.collect::<String>())
    }

    /// The page of `kpi show` as Markdown.
    pub fn markdown(&self, language: Language) -> String {
        let facts = self.facts(language).into_iter();
        let facts = facts.map(|(name, value)| format!("- **{name}**: {}\n", render::escaped(&value)));
        format!("### {}\n\n{}", render::escaped(&self.head.title), facts.collect::<String>())
    }
}

/// The scenarios whose titles contain all words.
pub(super) fn entries(library: &Library, words: &[String], language: Language) -> Vec<ScenarioEntry> {
    let has = |scenario: &&ScenarioDefinition, word: &String| {
        scenario.titles().any(|title| title.to_lowercase().contains(&word.to_lowercase()))
    };
    let found = library.scenarios().filter(|scenario| words.iter().all(|word| has(scenario, word)));
    found.map(|scenario| ScenarioEntry::new(scenario, library, language)).collect()
}

/// The section of `kpi list`: titles and what they change.
pub(super) fn grid(entries: &[ScenarioEntry], language: Language) -> Grid {
    let columns = vec![Column::key(language.word(Phrase::NameHead)), Column::text(language.word(Phrase::ChangesHead))];
    let row = |entry: &ScenarioEntry| vec![entry.head.title.clone(), entry.changes().collect::<Vec<_>>().join(", ")];
    Grid { columns, rows: entries.iter().map(row).collect(), total: None }
}
