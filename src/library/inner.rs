//! Checks the parts of `aggregate(formula each keys having condition)` that are wrong in every query.

use crate::builtin::{Aggregate, aggregate_of};
use crate::data::Grain;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Each, Expr, ExprKind, Path};
use crate::syntax::format_expr;

/// The maximum number of aggregates with `each` inside each other: 3.
pub const MAX_INNER_LEVELS: usize = 3;

/// The maximum number of columns after `each`: 8.
pub const MAX_KEYS: usize = 8;

/// The grain of time that a key names. A column of the same name is written in backticks.
pub fn grain(key: &Path) -> Option<Grain> {
    let is_word = key.qualifier.is_none() && !key.name.quoted;
    Grain::from_name(&key.name.text).filter(|_| is_word)
}

/// The grain among the keys, if there is one.
pub fn grain_of(each: &Each) -> Option<(Grain, &Path)> {
    each.keys.iter().find_map(|key| Some((grain(key)?, key)))
}

/// The keys that are columns.
pub fn columns(each: &Each) -> impl Iterator<Item = &Path> {
    each.keys.iter().filter(|key| grain(key).is_none())
}

/// Returns the problems of an aggregate over inner groups that is `levels` deep in others.
pub fn problems(each: &Each, levels: usize) -> Vec<Diagnostic> {
    let mut problems: Vec<Diagnostic> = wrong_aggregate(each).into_iter().collect();
    problems.extend((levels > MAX_INNER_LEVELS).then(|| too_deep(each)));
    problems.extend(row_clauses(each));
    problems.extend(too_many_keys(each));
    let grains: Vec<&Path> = each.keys.iter().filter(|key| grain(key).is_some()).collect();
    if let [first, second, ..] = grains[..] {
        let problem = Diagnostic::error(Code::BadArguments, "expected one grain of time after `each`, found two")
            .label(second.span, "")
            .label(first.span, "")
            .hint(format!("for a column of this name, write it in backticks: `` `{}` ``", second.name.text));
        problems.push(problem);
    }
    problems.extend(repeated_keys(each));
    problems
}

/// Reports too many keys.
pub fn too_many_keys(each: &Each) -> Option<Diagnostic> {
    let message = format!("expected at most {MAX_KEYS} columns after `each`, found {}", each.keys.len());
    (each.keys.len() > MAX_KEYS).then(|| Diagnostic::error(Code::TooLarge, message).at(each.keys_span))
}

/// Reports keys that are given twice.
pub fn repeated_keys(each: &Each) -> impl Iterator<Item = Diagnostic> {
    let is_repeated = |at: usize| each.keys[..at].iter().any(|before| before.name.text == each.keys[at].name.text);
    each.keys.iter().enumerate().filter(move |(at, _)| is_repeated(*at)).map(|(_, key)| {
        let message = format!("the key `{}` is given twice", key.name.text);
        Diagnostic::error(Code::Duplicate, message).at(key.span)
    })
}

/// Rejects `where` and `on` beside `each` in a formula, which aggregates groups.
fn row_clauses(each: &Each) -> Vec<Diagnostic> {
    let call = &each.call;
    let mut problems = vec![];
    if let Some(filter) = &call.filter {
        let condition = format_expr(filter);
        let groups = each.having.is_none().then(|| format!("to select groups, write `having {condition}` at the end"));
        let problem = Diagnostic::error(Code::Syntax, "`where` selects rows, but `each` aggregates groups")
            .at(filter.span)
            .maybe_hint(groups)
            .hint(
                "to select rows, aggregate them in the formula, such as `sum(sum(amount where amount > 100) each day)`",
            );
        problems.push(problem);
    }
    if let Some(path) = &call.on {
        let problem = Diagnostic::error(Code::Syntax, "`on` names the time of rows, but `each` aggregates groups")
            .at(path.span)
            .hint("use it in the formula, such as `sum(count(deals on closed_on) each day)`");
        problems.push(problem);
    }
    if let Some(during) = call.during {
        let problem = Diagnostic::error(Code::Syntax, "`during` selects rows, but `each` aggregates groups")
            .at(during)
            .hint("use it in the formula, such as `sum(count(subscriptions during) each plan)`");
        problems.push(problem);
    }
    problems
}

/// A column as an expression.
pub fn column(path: &Path) -> Expr {
    Expr { kind: Box::new(ExprKind::Path(path.clone())), span: path.span }
}

/// A column as written.
pub fn written_column(path: &Path) -> String {
    format_expr(&column(path))
}

/// An aggregate with `each` as written.
pub fn written(each: &Each) -> String {
    format_expr(&Expr { kind: Box::new(ExprKind::Each(each.clone())), span: each.keys_span })
}

/// The problem of an aggregate with `each` inside too many others.
pub fn too_deep(each: &Each) -> Diagnostic {
    let message = format!("aggregates with `each` are more than {MAX_INNER_LEVELS} deep");
    Diagnostic::error(Code::TooLarge, message).at(each.keys_span)
}

fn wrong_aggregate(each: &Each) -> Option<Diagnostic> {
    let name = &each.call.function;
    let (message, hint) = match aggregate_of(&each.call) {
        None => (
            format!("`{}` is not an aggregate and does not accept `each`", name.text),
            "the aggregates of groups are sum, count, avg, min, max, median, quantile and only",
        ),
        Some(Aggregate::First | Aggregate::Last) => (
            format!("`{}` chooses rows by their time and does not accept `each`", name.text),
            "use it in the formula, such as `sum(last(balance) each account)`",
        ),
        Some(_) => return None,
    };
    Some(Diagnostic::error(Code::BadArguments, message).at(name.span).hint(hint))
}
