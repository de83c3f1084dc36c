//! Checks the aggregates of computed columns, `min(day where condition each customer)`, for what is wrong with any data.

use super::DatasetDefinition;
use super::inner;
use crate::builtin::{Aggregate, aggregate_of, is_aggregate};
use crate::data::Grain;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Call, Each, Expr, ExprKind, Path};
use crate::syntax::{format_expr, spelled};
use crate::value::unit::Type;

/// Returns the problems of an aggregate over all rows with the same keys, in a computed column of a dataset.
pub fn problems(each: &Each, dataset: &DatasetDefinition) -> Vec<Diagnostic> {
    let call = &each.call;
    let mut problems: Vec<Diagnostic> = no_aggregate(call).into_iter().collect();
    problems.extend(inner::too_many_keys(each));
    problems.extend(inner::repeated_keys(each));
    problems.extend(inner::grain_of(each).map(|(grain, key)| grain_as_key(grain, key, dataset)));
    problems.extend(each.having.as_ref().map(|having| {
        let without = Each { having: None, ..each.clone() };
        let value = inner::written(&without);
        let is_of_rows = !having.walk().any(|part| matches!(&*part.kind, ExprKind::Call(call) if is_aggregate(call)));
        let rows =
            is_of_rows.then(|| format!("if it is about rows, write `where {}` before `each`", format_expr(having)));
        Diagnostic::error(Code::Misplaced, "`having` selects groups, but a computed column has a value in each row")
            .at(having.span)
            .hint(format!("write the condition around it: `if … then {value} else undefined`"))
            .maybe_hint(rows)
    }));
    let chooses_by_time = matches!(aggregate_of(call), None | Some(Aggregate::First | Aggregate::Last));
    problems.extend(call.on.as_ref().filter(|_| !chooses_by_time).map(|time| {
        Diagnostic::error(Code::Misplaced, "`on` has no effect here: a computed column counts the rows of all periods")
            .at(time.span)
            .hint("leave it out; only `first` and `last` choose rows by their time")
    }));
    problems
}

/// Reports amounts of several currencies in one aggregate: the rows with the same keys need one currency.
pub fn several_currencies(each: &Each, ty: &Type) -> Option<Diagnostic> {
    let is_key = |column: &str| each.keys.iter().any(|key| print_path(key) == column);
    let column = ty.currency_columns().find(|column| !is_key(column))?;
    let message = format!("the aggregate mixes currencies: its amounts are in those of the column `{column}`");
    let keys = each.keys.iter().map(inner::written_column).collect::<Vec<_>>().join(", ");
    let problem = Diagnostic::error(Code::UnitMismatch, message).at(each.keys_span);
    let problem =
        problem.hint(format!("for a value in each currency, add the column to the keys: `each {keys}, {column}`"));
    Some(problem.hint(
        "for one value, aggregate a column of converted amounts, such as `eur: EUR = convert(amount, rates.eur)`",
    ))
}

/// `currency`, or `clients.currency`, as types name the columns of currencies.
fn print_path(path: &Path) -> String {
    match &path.qualifier {
        Some(qualifier) => format!("{}.{}", qualifier.text, path.name.text),
        None => path.name.text.to_string(),
    }
}

fn no_aggregate(call: &Call) -> Option<Diagnostic> {
    let name = &call.function;
    aggregate_of(call).is_none().then(|| {
        Diagnostic::error(Code::BadArguments, format!("`{}` is not an aggregate and does not accept `each`", name.text))
            .at(name.span)
            .hint("the aggregates are sum, count, avg, min, max, median, quantile, first, last and only")
    })
}

/// Reports a grain of time after `each`, and names the columns to use instead.
fn grain_as_key(grain: Grain, key: &Path, dataset: &DatasetDefinition) -> Diagnostic {
    let name = &key.name.text;
    let message = format!("a computed column has no periods: `{name}` after `each` is not a column");
    let problem = Diagnostic::error(Code::Misplaced, message).at(key.span);
    let time = dataset.declaration.time.as_deref().map_or("…".to_owned(), spelled);
    let problem = match grain {
        Grain::Hour => problem,
        _ => problem.hint(format!("declare the column `its_{name} = {name}_of({time})`, and write `each its_{name}`")),
    };
    problem.hint(format!("for a column of this name, write it in backticks: `` `{name}` ``"))
}

/// Reports an aggregate without `each` in a computed column, and shows it with `each`.
pub fn without_each(call: &Call, dataset: &DatasetDefinition) -> Diagnostic {
    let name = &call.function;
    let message =
        format!("the aggregate `{}` needs `each` in a computed column: which rows belong together?", name.text);
    let problem = Diagnostic::error(Code::Misplaced, message).at(name.span);
    let key = dataset.lookups.iter().flat_map(|lookup| &lookup.keys).map(|(key, _)| spelled(&key.text)).next();
    let keys = match &call.by[..] {
        [] => key.unwrap_or("…".to_owned()),
        by => by.iter().map(inner::written_column).collect::<Vec<_>>().join(", "),
    };
    let call = Call { by: vec![], ..call.clone() };
    let written = format_expr(&Expr { kind: Box::new(ExprKind::Call(call)), span: name.span });
    let written = written.strip_suffix(')').unwrap_or(&written);
    problem.hint(format!("for all rows with the same key, write `{written} each {keys})`"))
}
