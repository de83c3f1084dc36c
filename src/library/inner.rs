//! Checks the parts of `aggregate(formula each keys having condition)` that are wrong in every query.

use crate::builtin::{Aggregate, aggregate_of};
use crate::data::Grain;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Each, Path};

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
    if each.keys.len() > MAX_KEYS {
        let message = format!("expected at most {MAX_KEYS} columns after `each`, found {}", each.keys.len());
        problems.push(Diagnostic::error(Code::TooLarge, message).at(each.keys_span));
    }
    let grains: Vec<&Path> = each.keys.iter().filter(|key| grain(key).is_some()).collect();
    if let [first, second, ..] = grains[..] {
        let problem = Diagnostic::error(Code::BadArguments, "expected one grain of time after `each`, found two")
            .label(second.span, "")
            .label(first.span, "")
            .hint(format!("for a column of this name, write it in backticks: `` `{}` ``", second.name.text));
        problems.push(problem);
    }
    for (at, key) in each.keys.iter().enumerate() {
        if each.keys[..at].iter().any(|before| before.name.text == key.name.text) {
            let message = format!("the key `{}` is given twice", key.name.text);
            problems.push(Diagnostic::error(Code::Duplicate, message).at(key.span));
        }
    }
    problems
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
