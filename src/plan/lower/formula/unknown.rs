//! Reports columns that the datasets do not have.

use indexmap::IndexSet;

use super::Planner;
use crate::data::Grain;
use crate::diagnostic::{Code, Diagnostic, are_few};
use crate::library::types::walk::Level;
use crate::plan::bind::{self, listed};
use crate::source::Span;
use crate::syntax::ast::{Expr, Path};
use crate::syntax::{foreign, spelled, suggest};
use crate::value::Cause;

impl Planner<'_> {
    /// The problem of a column that no dataset has.
    pub(super) fn no_column(&self, path: &Path) -> Diagnostic {
        let message = format!("no dataset has a column `{}`", path.name.text);
        let problem = Diagnostic::error(Code::UnknownColumn, message).at(path.span);
        match self.named_like_grain(path) {
            Some(hint) => problem.hint(hint),
            None => suggest(problem, &path.name, self.suggested_columns()).maybe_hint(foreign::value(path)),
        }
    }

    /// A hint for the name of a grain in a condition on rows: `month = 2026-01`.
    fn named_like_grain(&self, path: &Path) -> Option<String> {
        let grain = Grain::from_name(&path.name.text).filter(|_| path.qualifier.is_none())?;
        let bindings = &self.here.bindings;
        let time = (0..bindings.datasets().len()).find_map(|dataset| {
            let column = bindings.time(dataset).ok().flatten()?;
            Some(bindings.schema(dataset).name(column).clone())
        });
        let function = if grain == Grain::Hour { "hour".to_owned() } else { format!("{grain}_of") };
        let time = time.map_or("day".into(), |time| spelled(&time));
        Some(format!("`{grain}` is a grain of results; for the {grain} of a row, write `{function}({time})`"))
    }

    /// Reports that no dataset has all columns of an aggregate: names the columns that none has, else where each is.
    pub(super) fn scattered(&self, paths: &[&Path], span: Span) -> Diagnostic {
        let having = |path: &Path| -> Vec<&str> {
            let all = 0..self.here.bindings.datasets().len();
            let having = all.filter(|&dataset| self.here.bindings.has_column(dataset, &path.name.text));
            having.map(|dataset| &**self.here.bindings.name(dataset)).collect()
        };
        if let Some(path) = paths.iter().find(|path| having(path).is_empty()) {
            let problem = self.no_column(path);
            // A name after the first one may be a text that a column is compared with.
            let is_first = paths.first().is_some_and(|first| first.span == path.span);
            let as_text = || format!("write a text in double quotes: `\"{}\"`", path.name.text);
            let is_unexplained = problem.hints.is_empty() && !is_first;
            return problem.maybe_hint(is_unexplained.then(as_text));
        }
        let names = paths.iter().map(|path| &*path.name.text);
        let message = format!("no dataset has all of {}", bind::listed(names));
        let diagnostic = Diagnostic::error(Code::BadArguments, message).at(span);
        let labelled = paths.iter().fold(diagnostic, |diagnostic, path| {
            diagnostic.label(path.span, format!("in {}", bind::listed(having(path).into_iter())))
        });
        labelled.hint("aggregate each dataset separately, or declare a lookup from one to the other")
    }

    /// The column names to suggest in a further problem.
    pub(super) fn suggested_columns(&self) -> impl Iterator<Item = &str> {
        self.here.bindings.column_names().take(self.names_to_suggest())
    }

    /// The number of names to compare for a further problem.
    pub(super) fn names_to_suggest(&self) -> usize {
        if are_few(&self.diagnostics) { usize::MAX } else { 0 }
    }

    /// Handles a column that this dataset lacks: undefined if another dataset has it, an error if none does. `is_alone`
    /// is true if the condition is only its name.
    pub(super) fn not_here<'e>(&mut self, path: &Path, is_alone: bool) -> Result<Option<&'e Expr>, Cause> {
        let name = &path.name.text;
        let somewhere =
            (0..self.here.bindings.datasets().len()).any(|dataset| self.here.bindings.has_column(dataset, name));
        if !somewhere && !self.may_be_unreadable() {
            let problem = self.no_column(path);
            let as_text = match is_alone {
                true => format!("compare a column with it: `channel = \"{name}\"`"),
                false => format!("write a text in double quotes: `\"{name}\"`"),
            };
            let of_kpi = self.library.id(name).map(|_| {
                format!("`{name}` is a definition: to select groups of the result, write `--having '{name} > 0'`")
            });
            let as_text = of_kpi.unwrap_or(as_text);
            let columns: IndexSet<&str> = self.here.bindings.column_names().collect();
            let columns = format!("the datasets have {}", listed(columns.into_iter()));
            self.report(if problem.hints.is_empty() { problem.hint(columns).hint(as_text) } else { problem });
        }
        Err(Cause::NotSplit)
    }
}
