//! Reports what a query needs and the data do not have.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::texts::Asked;
use super::{Build, StepId};
use crate::data::{ColumnType, Grain, Schema};
use crate::describe::is_of_dates;
use crate::diagnostic::{CellPlace, Code, Diagnostic, Severity, did_you_mean, nearest};
use crate::library::Definition;
use crate::plan::bind::{listed, not_a_date};
use crate::read::SERIAL_HINT;
use crate::source::Span;
use crate::syntax::{foreign, spelled};

/// The maximum number of missing inputs that a message shows with their places and suggestions.
const MAX_MISSING_SHOWN: usize = 12;

impl Build<'_> {
    /// Reports the names in the query that are neither definitions nor columns: misspelled KPIs, not missing inputs.
    fn unknown_kpis(&mut self, missing: &mut IndexMap<Arc<str>, Span>) {
        for name in &self.query.kpis {
            if missing.shift_remove(name).is_none() {
                continue;
            }
            // An alias that differs from the name only in case would be suggested twice.
            let names = self.library.definitions().flat_map(|known| {
                let own = &known.name.text;
                known.names().filter(move |name| **name == **own || !name.eq_ignore_ascii_case(own))
            });
            let diagnostic = Diagnostic::error(Code::UnknownName, format!("`{name}` is not defined")).in_query();
            self.planner.diagnostics.push(
                diagnostic
                    .maybe_hint(
                        self.counted(name)
                            .or_else(|| did_you_mean(name, names.chain(self.planner.here.bindings.column_names()))),
                    )
                    .maybe_hint(foreign::word(name))
                    .hint("run `kpi list` to see all KPIs, or write a formula"),
            );
        }
    }

    /// The hint for the name of a dataset where a value is needed.
    fn counted(&self, name: &str) -> Option<String> {
        self.planner.here.bindings.find(name)?;
        Some(format!("`{name}` is a dataset; to count its rows, write `count({})`", spelled(name)))
    }

    /// The hint for a name that means something else than a column: a dataset, a grain, or a word of another tool.
    fn no_column(&self, name: &str, span: Span) -> Option<String> {
        if let Some(rows) = self.counted(name) {
            return Some(self.bracketed_column(name, span).unwrap_or(rows));
        }
        if Grain::from_name(name).is_some() {
            return Some(format!(
                "`{name}` is a grain of results: group by it with `--by {name}`, or select periods with `--period 2026-03`"
            ));
        }
        foreign::period_length(name).map(str::to_owned).or_else(|| foreign::word(name))
    }

    /// Reports all inputs that the data do not have, in one message.
    pub(super) fn missing_inputs(&mut self) {
        let mut missing = std::mem::take(&mut self.planner.missing);
        self.unknown_kpis(&mut missing);
        if missing.is_empty() {
            return;
        }
        let names = listed(missing.keys().map(|name| &**name));
        let message = match self.planner.here.bindings.datasets().is_empty() {
            true => format!("the query needs data for {names}, but no data are given"),
            false if missing.len() == 1 => format!("the data have no column {names}"),
            false => format!("the data have no columns {names}"),
        };
        let mut diagnostic = Diagnostic::error(Code::UnknownColumn, message);
        for (name, span) in missing.iter().take(MAX_MISSING_SHOWN) {
            diagnostic = diagnostic.label(*span, "");
            let columns = self.planner.here.bindings.column_names();
            let known = columns
                .chain(self.library.definitions().filter(|known| !known.implicit).map(|known| &*known.name.text));
            // A definition may read the column of its own name.
            let elsewhere =
                |known: &Definition| known.span.file != span.file || !known.span.range().contains(&span.range().start);
            if let Some(hint) = self.no_column(name, *span) {
                diagnostic = diagnostic.hint(hint);
                continue;
            }
            let is_definition =
                self.library.definition(name).is_some_and(|known| known.formula.is_some() && elsewhere(known));
            diagnostic = match is_definition {
                true => {
                    diagnostic.hint(format!("`{name}` is a definition, but aggregates and conditions read columns: write `{0}` alone, or aggregate its values with `each`: `sum({0} each day)`", spelled(name)))
                }
                false => {
                    let near = nearest(name, known);
                    let hint = did_you_mean(name, near.iter().copied()).map(|hint| format!("`{name}`: {hint}"));
                    let diagnostic = diagnostic.maybe_hint(hint);
                    match near[..] {
                        [column] if missing.len() == 1 => self.replacing(diagnostic, name, *span, column),
                        _ => diagnostic,
                    }
                }
            };
        }
        for dataset in self.planner.here.bindings.datasets() {
            let columns = dataset.schema().columns.keys().map(|name| &**name);
            diagnostic = diagnostic.hint(format!("`{}` has {}", dataset.name(), listed(columns)));
        }
        if self.planner.here.bindings.datasets().is_empty() {
            diagnostic = diagnostic.hint("add a table with `-d FILE`, or set a value with `--set NAME=VALUE`");
        }
        self.planner.diagnostics.push(diagnostic);
    }

    /// Adds the fix that replaces an unknown name in a formula by a column's name. The name of a declared input is left
    /// alone, because other formulas use it.
    fn replacing(&self, problem: Diagnostic, name: &str, span: Span, column: &str) -> Diagnostic {
        let declared = self.library.definition(name).is_some_and(|known| !known.implicit && known.name.span == span);
        match declared || span.file.is_standard() {
            true => problem,
            false => problem.fix(span, spelled(column)),
        }
    }

    /// Warns about an undeclared name that the standard library defines if the data also have a column of that name,
    /// and an input of that name would read the column differently.
    pub(super) fn two_meanings(&mut self) {
        for name in &self.library.borrowed {
            let Some(id) = self.library.id(&name.text).filter(|id| self.planner.has_derived(*id)) else { continue };
            let Some(formula) = &self.library.get(id).formula else { continue };
            let (text, standard) = (&name.text, self.library.text(formula.span));
            let datasets = 0..self.planner.here.bindings.datasets().len();
            let mut with_column = datasets.filter(|at| self.planner.here.bindings.has_own_column(*at, text));
            let Some(dataset) = with_column.next().filter(|_| *standard != *format!("sum({text})")) else { continue };
            let column = format!("{}.{text}", self.planner.here.bindings.name(dataset));
            let message =
                format!("`{text}` means `{standard}` from the standard library, not the sum of the column `{column}`");
            self.planner.diagnostics.push(
                Diagnostic::warning(Code::LibraryName, message)
                    .at(name.span)
                    .hint(format!("to sum the column, declare `input {text} = sum({column})`")),
            );
        }
    }

    /// Warns about missing columns that only targets and bands need: the statuses are left out.
    ///
    /// Targets and bands of the standard library are left out silently, because the user did not write them.
    pub(super) fn missing_bounds(&mut self) {
        let missing = std::mem::take(&mut self.planner.missing);
        for (name, span) in missing.into_iter().filter(|(_, span)| !span.file.is_standard()) {
            let message =
                format!("the data have no column `{name}`, so the targets and bands that use it are left out");
            let near = nearest(&name, self.planner.here.bindings.column_names());
            let hint = did_you_mean(&name, near.iter().copied());
            let problem = Diagnostic::warning(Code::UnknownColumn, message).at(span).maybe_hint(hint);
            let problem = match near[..] {
                [column] => self.replacing(problem, &name, span, column),
                _ => problem,
            };
            self.planner.diagnostics.push(problem);
        }
    }

    /// Reports the KPIs that need a period, whichever branch their formulas take, in one message.
    pub(super) fn needs_period(&mut self, asked: &[Asked], steps: &[StepId]) {
        let needing = asked.iter().zip(steps).filter_map(|(asked, step)| Some((asked, self.planner.no_period(*step)?)));
        let needing: IndexMap<&str, Span> = needing.map(|(asked, span)| (self.name(asked), span)).collect();
        if needing.is_empty() || self.any_period {
            return;
        }
        let needs = if needing.len() == 1 { "needs" } else { "need" };
        let names = listed(needing.keys().copied());
        let message = match &self.query.period {
            Some(period) => format!("{names} {needs} a single period, but `{period}` is a range"),
            None => format!("{names} {needs} a period, but the query has none"),
        };
        let spans: IndexSet<Span> = needing.into_values().collect();
        let places = spans.into_iter().take(MAX_MISSING_SHOWN);
        // A query of all KPIs leaves out those that need a period.
        let severity = if self.query.kpis.is_empty() { Severity::Warning } else { Severity::Error };
        let problem = Diagnostic { severity, ..Diagnostic::error(Code::BadContext, message) };
        let problem = places.fold(problem, |problem, span| problem.label(span, ""));
        // Tests and examples are planned bare. They have no command-line options, and examples have no period.
        let hint = match self.bare {
            true => "add the line `by month` or `period 2026-03` to the `test`",
            false => "add `--by month`, or select one period with `--period 2026-03`",
        };
        self.planner.diagnostics.push(problem.hint(hint));
    }

    fn name<'n>(&'n self, asked: &'n Asked) -> &'n str {
        match asked {
            Asked::Definition(id) => &self.library.get(*id).name.text,
            Asked::Formula(text, _) => text,
        }
    }

    /// Reports a grain or a period in a query whose datasets have no dates: every value would be undefined.
    pub(super) fn needs_dates(&mut self) {
        let here = &self.planner.here;
        let asks = here.grain.is_some() || here.period.is_some();
        let requested = here.bindings.requested();
        let has_dates = |request: usize| !matches!(here.bindings.requested_time(request), Ok(None));
        if !asks || requested.is_empty() || (0..requested.len()).any(has_dates) {
            return;
        }
        let names = listed(requested.iter().map(|&dataset| &**self.planner.here.bindings.name(dataset)));
        let message = format!("the query needs dates, but {names} has no column of dates");
        let nearly = requested.iter().find_map(|&dataset| nearly_dates(self.planner.here.bindings.schema(dataset)));
        let (nearly, style) = nearly.or_else(|| self.counted_days(&requested)).unwrap_or_default();
        let general = "write dates as 2026-03-31, or declare their form: `dataset ads { dates \"dd/mm/yyyy\" }`";
        self.planner.diagnostics.push(
            Diagnostic::error(Code::BadQuery, message)
                .maybe_hint(nearly)
                .hint(style.unwrap_or_else(|| general.to_owned())),
        );
        self.texts.broken = true;
    }
}

impl Build<'_> {
    /// The hint for `sales[revenue]`, where `sales` is a dataset.
    fn bracketed_column(&self, dataset: &str, span: Span) -> Option<String> {
        let text = &self.texts.sources.file(span.file).text;
        let column = text.get(span.range().end..)?.strip_prefix('[')?.split_once(']')?.0.trim();
        let is_column = self.planner.here.bindings.column_names().any(|known| known == column);
        is_column.then(|| {
            format!("write a column as `{0}.{1}`, and aggregate it: `sum({0}.{1})`", spelled(dataset), spelled(column))
        })
    }

    /// A column of numbers with a name of dates, in which a spreadsheet may count days.
    fn counted_days(&self, datasets: &[usize]) -> Option<Remedy> {
        let schemas = datasets.iter().map(|&dataset| self.planner.here.bindings.schema(dataset));
        let is_number = |name: &str, schema: &Schema| schema.columns[name].ty == ColumnType::Number;
        let name = schemas
            .flat_map(|schema| schema.columns.keys().filter(|name| is_of_dates(name) && is_number(name, schema)))
            .next()?;
        Some((Some(format!("`{name}` is a column of numbers, not of dates")), Some(SERIAL_HINT.to_owned())))
    }
}

/// Why a column is not one of dates, and what to do.
type Remedy = (Option<String>, Option<String>);

/// A column of texts that may be dates: a cell that is not a valid date, and how to read such cells.
fn nearly_dates(schema: &Schema) -> Option<Remedy> {
    let texts = || schema.columns.iter().filter_map(|(name, column)| Some((name, column.evidence.as_ref()?)));
    let has_digit = |place: &CellPlace| place.cell.iter().any(|cell| cell.contains(char::is_numeric));
    let written = texts().find(|(name, _)| schema.columns[*name].date_remedy.is_some());
    let (name, place) = written.or_else(|| texts().find(|(_, place)| place.line > Some(2) || has_digit(place)))?;
    let column = &schema.columns[name];
    Some((not_a_date(name, place), column.date_remedy.as_ref().or(column.remedy.as_ref()).cloned()))
}
