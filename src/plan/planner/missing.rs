//! Says what a query asks for and the data do not have.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::texts::Asked;
use super::{Build, StepId};
use crate::data::Schema;
use crate::diagnostic::{CellPlace, Code, Diagnostic, Severity, did_you_mean, nearest};
use crate::library::Definition;
use crate::plan::bind::listed;
use crate::source::Span;
use crate::syntax::spelled;

/// So many missing inputs are shown with their places and suggestions.
const MAX_MISSING_SHOWN: usize = 12;

impl Build<'_> {
    /// A lone name that was asked for and is neither a definition nor a column is no input, but a KPI misspelt.
    fn unknown_kpis(&mut self, missing: &mut IndexMap<Arc<str>, Span>) {
        for name in &self.query.kpis {
            if missing.shift_remove(name).is_none() {
                continue;
            }
            // An alias that differs in capitals alone is no other choice.
            let names = self.library.definitions().flat_map(|known| {
                let own = &known.name.text;
                known.names().filter(move |name| **name == **own || !name.eq_ignore_ascii_case(own))
            });
            let diagnostic = Diagnostic::error(Code::UnknownName, format!("nothing is called `{name}`"));
            self.planner.diagnostics.push(
                diagnostic
                    .maybe_hint(did_you_mean(name, names.chain(self.planner.bindings.column_names())))
                    .hint("`kpi list` names all KPIs; a formula can stand here too"),
            );
        }
    }

    /// All inputs that the data lack, in one message.
    pub(super) fn missing_inputs(&mut self) {
        let mut missing = std::mem::take(&mut self.planner.missing);
        self.unknown_kpis(&mut missing);
        if missing.is_empty() {
            return;
        }
        let names = listed(missing.keys().map(|name| &**name));
        let message = match self.planner.bindings.datasets().is_empty() {
            true => format!("no data are given, but {names} must come from data"),
            false if missing.len() == 1 => format!("the data have no column {names}"),
            false => format!("the data have no columns {names}"),
        };
        let mut diagnostic = Diagnostic::error(Code::UnknownColumn, message);
        for (name, span) in missing.iter().take(MAX_MISSING_SHOWN) {
            diagnostic = diagnostic.label(*span, "");
            let columns = self.planner.bindings.column_names();
            let known = columns
                .chain(self.library.definitions().filter(|known| !known.implicit).map(|known| &*known.name.text));
            // A definition may well read the column of its own name.
            let elsewhere =
                |known: &Definition| known.span.file != span.file || !known.span.range().contains(&span.range().start);
            let is_definition =
                self.library.definition(name).is_some_and(|known| known.formula.is_some() && elsewhere(known));
            diagnostic = match is_definition {
                true => {
                    diagnostic.hint(format!("`{name}` is a definition; inside aggregates and conditions stand columns"))
                }
                false => {
                    let near = nearest(name, known);
                    let hint = did_you_mean(name, near.iter().copied()).map(|hint| format!("`{name}`: {hint}"));
                    let diagnostic = diagnostic.maybe_hint(hint);
                    match near[..] {
                        [meant] if missing.len() == 1 => self.in_place_of(diagnostic, name, *span, meant),
                        _ => diagnostic,
                    }
                }
            };
        }
        for dataset in self.planner.bindings.datasets() {
            let columns = dataset.schema().columns.keys().map(|name| &**name);
            diagnostic = diagnostic.hint(format!("`{}` has {}", dataset.name(), listed(columns)));
        }
        if self.planner.bindings.datasets().is_empty() {
            diagnostic = diagnostic.hint("give a table with `-d FILE`, or a value with `--set NAME=VALUE`");
        }
        self.planner.diagnostics.push(diagnostic);
    }

    /// Puts a column's name in the place of one that was not found, where a formula uses that; an input that is declared
    /// under it has other users.
    fn in_place_of(&self, problem: Diagnostic, name: &str, span: Span, meant: &str) -> Diagnostic {
        let declared = self.library.definition(name).is_some_and(|known| !known.implicit && known.name.span == span);
        match declared || span.file.is_standard() {
            true => problem,
            false => problem.fix(span, spelled(meant)),
        }
    }

    /// A name that nobody declares means the standard library's definition, though the data have a column of that name
    /// which as an input would be read otherwise.
    pub(super) fn two_meanings(&mut self) {
        for name in &self.library.borrowed {
            let Some(id) = self.library.id(&name.text).filter(|id| self.planner.has_derived(*id)) else { continue };
            let Some(formula) = &self.library.get(id).formula else { continue };
            let (text, meant) = (&name.text, self.library.text(formula.span));
            let datasets = 0..self.planner.bindings.datasets().len();
            let mut with_column = datasets.filter(|at| self.planner.bindings.has_own_column(*at, text));
            let Some(dataset) = with_column.next().filter(|_| *meant != *format!("sum({text})")) else { continue };
            let column = format!("{}.{text}", self.planner.bindings.name(dataset));
            let message =
                format!("`{text}` means `{meant}` of the standard library, not the sum of the column `{column}`");
            self.planner.diagnostics.push(
                Diagnostic::warning(Code::LibraryName, message)
                    .at(name.span)
                    .hint(format!("for the sum of the column, declare it: `input {text} = sum({column})`")),
            );
        }
    }

    /// What only targets and bands need and the data lack: statuses are left out, which is worth a warning.
    /// The standard library's are left out without noise: nobody asked for them.
    pub(super) fn missing_bounds(&mut self) {
        let missing = std::mem::take(&mut self.planner.missing);
        for (name, span) in missing.into_iter().filter(|(_, span)| !span.file.is_standard()) {
            let message = format!("the data have no column `{name}`, so what the card says with it is left out");
            let near = nearest(&name, self.planner.bindings.column_names());
            let hint = did_you_mean(&name, near.iter().copied());
            let problem = Diagnostic::warning(Code::UnknownColumn, message).at(span).maybe_hint(hint);
            let problem = match near[..] {
                [meant] => self.in_place_of(problem, &name, span, meant),
                _ => problem,
            };
            self.planner.diagnostics.push(problem);
        }
    }

    /// What was asked for and needs a period, whichever branch its formula takes: one message for all of it.
    pub(super) fn needs_period(&mut self, asked: &[Asked], steps: &[StepId]) {
        let needing = asked.iter().zip(steps).filter_map(|(asked, step)| Some((asked, self.planner.no_period(*step)?)));
        let needing: IndexMap<&str, Span> = needing.map(|(asked, span)| (self.name(asked), span)).collect();
        if needing.is_empty() || self.any_period {
            return;
        }
        let needs = if needing.len() == 1 { "needs" } else { "need" };
        let names = listed(needing.keys().copied());
        let message = match &self.query.period {
            Some(period) => format!("{names} {needs} a single period, and `{period}` is a range"),
            None => format!("{names} {needs} a period, and the query has none"),
        };
        let spans: IndexSet<Span> = needing.into_values().collect();
        let places = spans.into_iter().take(MAX_MISSING_SHOWN);
        // Who asks for all KPIs asks for those that have a meaning.
        let severity = if self.query.kpis.is_empty() { Severity::Warning } else { Severity::Error };
        let problem = Diagnostic { severity, ..Diagnostic::error(Code::BadContext, message) };
        let problem = places.fold(problem, |problem, span| problem.label(span, ""));
        // Tests and examples are planned bare: they have no options, and examples no period.
        let hint = match self.bare {
            true => "in a `test`, add the line `by month` or `period 2026-03`",
            false => "add `--by month`, or ask for one period: `--period 2026-03`",
        };
        self.planner.diagnostics.push(problem.hint(hint));
    }

    fn name<'n>(&'n self, asked: &'n Asked) -> &'n str {
        match asked {
            Asked::Definition(id) => &self.library.get(*id).name.text,
            Asked::Formula(text, _) => text,
        }
    }

    /// A grain or a period, and no dataset that knows of time: every value would be undefined for one reason.
    pub(super) fn needs_dates(&mut self) {
        let asks = self.texts.grain.is_some() || self.texts.period.is_some();
        let requested = self.planner.bindings.requested();
        let has_dates = |dataset: &usize| self.planner.bindings.schema(*dataset).dates().next().is_some();
        if !asks || requested.is_empty() || requested.iter().any(has_dates) {
            return;
        }
        let names = listed(requested.iter().map(|&dataset| &**self.planner.bindings.name(dataset)));
        let message = format!("the query asks for periods, but {names} has no column of dates");
        let nearly = requested.iter().find_map(|&dataset| nearly_dates(self.planner.bindings.schema(dataset)));
        let (nearly, style) = nearly.unwrap_or_default();
        let general = "a date is written 2026-03-31; other forms are declared: `dataset ads { dates \"dd/mm/yyyy\" }`";
        self.planner.diagnostics.push(
            Diagnostic::error(Code::BadQuery, message)
                .maybe_hint(nearly)
                .hint(style.unwrap_or_else(|| general.to_owned())),
        );
        self.texts.broken = true;
    }
}

/// A column of texts that were perhaps meant as dates: one cell shows why they are none, and how such cells are read.
fn nearly_dates(schema: &Schema) -> Option<(Option<String>, Option<String>)> {
    let texts = || schema.columns.iter().filter_map(|(name, column)| Some((name, column.evidence.as_ref()?)));
    let has_digit = |place: &CellPlace| place.cell.iter().any(|cell| cell.contains(char::is_numeric));
    let written = texts().find(|(name, _)| schema.columns[*name].date_remedy.is_some());
    let (name, place) = written.or_else(|| texts().find(|(_, place)| place.line > Some(2) || has_digit(place)))?;
    let line = place.line.map_or(String::new(), |line| format!(" in line {line}"));
    let nearly = place.cell.as_deref().map(|cell| format!("`{name}` is no column of dates: it holds `{cell}`{line}"));
    let column = &schema.columns[name];
    Some((nearly, column.date_remedy.as_ref().or(column.remedy.as_ref()).cloned()))
}
