//! Checks `valid from … until …`, and finds the aggregates of rows that hold over an interval.

use std::sync::Arc;

use super::inner::written_column;
use super::{DatasetDefinition, Library, LookupDefinition};
use crate::builtin::counted_rows;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Call, Expr, ExprKind, Path, Validity};
use crate::syntax::spelled;

/// Sets the time column of a dataset. Returns the problem if it has one already.
pub(super) fn set_time(dataset: &mut DatasetDefinition, path: &Path, span: Span) -> Option<Diagnostic> {
    if let Some(valid) = &dataset.validity {
        return Some(beside_time(&written_column(path), valid, span));
    }
    if dataset.time.is_some() {
        return Some(bad("`time` is set twice", span).hint("a dataset has at most one time column"));
    }
    dataset.time = Some(path.clone());
    None
}

/// Leaves a stored time column to the reader. Which columns are computed is known when all entries are.
pub(super) fn place_time(dataset: &mut DatasetDefinition) {
    let is_stored = |path: &mut Path| {
        let is_own = path.qualifier.as_ref().is_none_or(|qualifier| qualifier.text == dataset.name.text);
        is_own && !dataset.computed.contains_key(&path.name.text)
    };
    if let Some(path) = dataset.time.take_if(is_stored) {
        dataset.declaration.time = Some(path.name.text);
    }
}

/// Sets the columns of starts and ends of a dataset. Returns the problem if they contradict another entry.
pub(super) fn set(dataset: &mut DatasetDefinition, valid: &Validity, span: Span) -> Option<Diagnostic> {
    let Validity { from, end, .. } = valid;
    let Some(end) = end else {
        let start = spelled(&from.text);
        return Some(bad(&format!("`valid from {start}` needs an end"), span).hint(format!(
            "write `valid from {start} until end_date`; with `through end_date` the end itself is included"
        )));
    };
    if end.text == from.text {
        let message = format!("`{}` is both the start and the end", from.text);
        return Some(bad(&message, end.span).hint("name the column of the ends after `until`"));
    }
    if dataset.validity.is_some() {
        return Some(bad("`valid from` is set twice", span).hint("the rows of a dataset hold over one interval"));
    }
    if let Some(time) = &dataset.time {
        return Some(beside_time(&written_column(time), valid, span));
    }
    dataset.declaration.time = Some(from.text.clone());
    dataset.declaration.end = Some(end.text.clone());
    dataset.validity = Some(valid.clone());
    None
}

fn bad(message: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::BadProperty, message).at(span)
}

fn beside_time(time: &str, valid: &Validity, span: Span) -> Diagnostic {
    let from = spelled(&valid.from.text);
    bad("`time` and `valid from` cannot be used together", span)
        .hint(format!("remove `time {time}`: the rows hold over an interval from `{from}` on"))
        .hint(format!("to count rows by another date, write it in the aggregate: `count(… on {time})`"))
}

/// Reports a lookup that would have to choose one of several rows in force.
pub(super) fn misused_by_lookup(library: &Library, lookup: &LookupDefinition) -> Option<Diagnostic> {
    let time = lookup.time.as_ref()?;
    let table = &library.dataset(&lookup.dataset.text).filter(|other| other.validity.is_some())?.name.text;
    let what = match (time.next, &time.within) {
        (true, _) => "`next`",
        (false, Some(_)) => "`within`",
        (false, None) => return None,
    };
    let at = crate::syntax::format_expr(&time.at);
    let message = format!("{what} cannot be used with `{table}`, whose rows hold over an interval");
    let problem = Diagnostic::error(Code::BadProperty, message).at(lookup.span);
    Some(problem.hint(format!("write `as of {at}`, which finds the row in force at that time")))
}

/// Reports `during` in an aggregate of rows that have a single time or none.
pub(crate) fn misplaced_during(call: &Call, dataset: &Arc<str>, is_valid: bool) -> Option<Diagnostic> {
    let during = call.during.filter(|_| !is_valid)?;
    let message = format!("`during` needs rows that hold over an interval, but those of `{dataset}` do not");
    let declare = format!("dataset {} {{ valid from start_date until end_date }}", spelled(dataset));
    let problem = Diagnostic::error(Code::BadArguments, message).at(during);
    Some(problem.hint(format!("declare the columns of starts and ends: `{declare}`, or remove `during`")))
}

/// Reports `during` in `first` and `last`, which take the rows in force at one time.
pub(crate) fn two_times(call: &Call) -> Option<Diagnostic> {
    let (during, name) = (call.during?, &call.function.text);
    let message = format!("`{name}` takes the rows in force at one time, but `during` those of the whole period");
    let problem = Diagnostic::error(Code::BadArguments, message).at(during);
    Some(problem.hint(format!("remove `during`, or write another aggregate, such as `sum`, instead of `{name}`")))
}

/// Reports `by` in `first` and `last` of rows that hold over an interval.
pub(crate) fn without_segments(call: &Call) -> Option<Diagnostic> {
    let (first, last) = (call.by.first()?, call.by.last()?);
    let columns: Vec<String> = call.by.iter().map(|path| spelled(&path.name.text)).collect();
    let message = "`by` has no meaning here: all rows in force at the time are added up";
    let problem = Diagnostic::error(Code::BadArguments, message).at(first.span.to(last.span));
    Some(problem.hint(format!("remove `by {}`", columns.join(", "))))
}

impl Library {
    /// Returns true if an aggregate takes the rows in force at a time, as far as is known without data.
    pub(super) fn takes_rows_in_force(&self, call: &Call) -> bool {
        if call.on.is_some() || call.during.is_some() {
            return call.during.is_some();
        }
        if let Some(dataset) = counted_rows(call).and_then(|name| self.dataset(&name.text)) {
            return dataset.validity.is_some();
        }
        let paths: Vec<&Path> = call.arguments.iter().take(1).chain(&call.filter).flat_map(paths).collect();
        let named = paths.iter().filter_map(|path| path.qualifier.as_ref()).find_map(|name| self.dataset(&name.text));
        match named {
            Some(dataset) => dataset.validity.is_some(),
            None => self.has_rows_in_force(paths.iter().map(|path| &*path.name.text)),
        }
    }

    /// Returns true if columns belong to a dataset whose rows hold over an interval. If no dataset declares them, all
    /// datasets must be such.
    pub(super) fn has_rows_in_force<'n>(&self, columns: impl Iterator<Item = &'n str>) -> bool {
        let is_valid = |dataset: &DatasetDefinition| dataset.validity.is_some();
        for column in columns {
            let mut declaring = self.datasets_with(column).map(is_valid).peekable();
            if declaring.peek().is_some() {
                return declaring.all(|valid| valid);
            }
        }
        let mut all = self.datasets().map(is_valid).peekable();
        all.peek().is_some() && all.all(|valid| valid)
    }
}

fn paths(expr: &Expr) -> impl Iterator<Item = &Path> {
    expr.walk().filter_map(|part| match &*part.kind {
        ExprKind::Path(path) => Some(path),
        _ => None,
    })
}
