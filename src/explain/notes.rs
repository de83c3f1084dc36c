//! Turns a formula into what it does not say itself: how the functions that it calls round.

use std::ops::Range;

use crate::builtin;
use crate::language::Sentence;
use crate::source::FileId;
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::parse_expression;

/// What is to be said of a formula, each once. What stands at `places` is a step of its own and has its own notes;
/// a function that is not built in rounds as its body says.
pub(super) fn notes(formula: &str, places: &[Range<usize>], is_own: impl Fn(&str) -> bool) -> Vec<Sentence> {
    // Most formulas are spared the parser.
    let names = |name: &str| memchr::memmem::find(formula.as_bytes(), name.as_bytes()).is_some();
    if !builtin::ROUNDINGS.iter().any(|(name, _)| names(name)) {
        return vec![];
    }
    let Ok(expr) = parse_expression(FileId(0), formula) else { return vec![] };
    let mut called = vec![];
    calls(&expr, places, &mut called);
    let said = builtin::ROUNDINGS.iter().filter(|(name, _)| called.contains(name) && !is_own(name));
    said.map(|(name, how)| Sentence::new(*how, [format!("`{name}`")])).collect()
}

/// The names of the functions that are called outside the places.
fn calls<'e>(expr: &'e Expr, places: &[Range<usize>], called: &mut Vec<&'e str>) {
    let (start, end) = (expr.span.start as usize, expr.span.end as usize);
    // An aggregate's formula has no places; else a place is at most the whole of what is asked here.
    if places.iter().any(|place| place.start <= start && end <= place.end) {
        return;
    }
    if let ExprKind::Call(call) = &*expr.kind {
        called.push(&call.function.text);
    }
    expr.each_child(&mut |child| calls(child, places, called));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(start: usize, end: usize) -> Vec<Range<usize>> {
        std::iter::once(start..end).collect()
    }

    #[test]
    fn each_function_that_rounds_is_named_once_where_it_is_called() {
        let half_up = "`round` rounds half away from zero";
        let half_even = "`round_even` rounds half to the even digit";
        for (formula, places, expected) in [
            ("round(a, 1)", place(6, 7), vec![half_up]),
            ("sum(round_even(a, 1) where b)", vec![], vec![half_even]),
            ("round(a) + round(round_even(b))", vec![6..7, 28..29], vec![half_up, half_even]),
            ("round_trips / a", vec![0..11, 14..15], vec![]),
            ("a + sum(round(b))", vec![0..1, 4..17], vec![]),
            ("floor(a)", place(6, 7), vec![]),
        ] {
            let said: Vec<String> = notes(formula, &places, |_| false).iter().map(ToString::to_string).collect();
            assert_eq!(said, expected, "{formula}");
        }
        assert!(notes("round(a)", &place(6, 7), |name| name == "round").is_empty());
    }
}
