//! Hostile sizes: the parser returns a tree or a clear error quickly, on a small stack.

use std::fmt::Write;

use yardstick::internal::syntax;
use yardstick::internal::syntax::{MAX_EXPRESSION, MAX_ITEMS, MAX_NESTING, MAX_SOURCE_BYTES};
use yardstick::{Code, FileId};

/// Runs a test on a stack of 2 MiB, the default of threads.
fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(test).unwrap().join().unwrap();
}

/// The codes of a program's problems.
fn codes(text: &str) -> Vec<Code> {
    syntax::parse(FileId(0), text).1.iter().map(|problem| problem.code).collect()
}

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!("x = {}{inner}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn nesting_has_a_limit() {
    on_small_stack(|| {
        assert_eq!(codes(&nested("(", "1", ")", MAX_NESTING - 1)), []);
        assert_eq!(codes(&nested("(", "1", ")", MAX_NESTING)), [Code::TooLarge]);
        assert_eq!(codes(&nested("(", "1", ")", 5_000)), [Code::TooLarge]);
        assert_eq!(codes(&nested("(", "1", "", 5_000)), [Code::TooLarge]);
    });
}

#[test]
fn every_kind_of_nesting_is_bounded() {
    let forms = [
        ("(", "1", ")"),
        ("f(", "1", ")"),
        ("f(a, ", "1", ", b)"),
        ("a[b = ", "1", "]"),
        ("a[previous, b = ", "1", "]"),
        ("a in (", "1", ")"),
        ("if a then ", "1", " else 2"),
        ("if ", "a", " then 1 else 2"),
        ("if a then 1 else ", "1", ""),
        ("if a then 1 else (", "1", ")"),
        ("count(a where ", "b", ")"),
        ("not ", "a", ""),
        ("-", "a", ""),
        ("2 ^ ", "a", ""),
        ("(2 + ", "a", ")"),
        ("(a or b and c < d + e * -", "a", ")"),
        ("", "a", "[previous]"),
        ("a { target ", "1", "}"),
        ("a {", "", "}"),
    ];
    on_small_stack(move || {
        for (open, inner, close) in forms {
            for depth in [60, 200, 5_000, 20_000] {
                let closed = codes(&nested(open, inner, close, depth));
                assert!(closed.len() <= 1, "{open} {depth}: {closed:?}");
                let unclosed = codes(&nested(open, inner, "", depth));
                assert!(unclosed.len() <= 1, "{open} {depth}: {unclosed:?}");
            }
        }
    });
}

#[test]
fn parses_long_flat_formulas() {
    on_small_stack(|| {
        let terms: Vec<String> = (0..5_000).map(|at| format!("a{at}")).collect();
        assert_eq!(codes(&format!("x = {}", terms.join(" + "))), []);
        assert_eq!(codes(&format!("x = {}", terms.join(" and "))), []);
        assert_eq!(codes(&format!("x = max({})", terms.join(", "))), []);
        assert_eq!(codes(&format!("x = {}0", "if a then b else ".repeat(5_000))), []);
    });
}

#[test]
fn an_item_has_a_size_limit() {
    on_small_stack(|| {
        // The tokens are `x`, `=`, the terms, and the operators between them.
        let terms = |count: usize| format!("x = {}", vec!["a"; count].join("+"));
        assert_eq!(codes(&terms((MAX_EXPRESSION - 2) / 2)), []);
        assert_eq!(codes(&terms(MAX_EXPRESSION)), [Code::TooLarge]);
    });
}

#[test]
fn a_file_has_size_limits() {
    assert_eq!(codes(&"#".repeat(MAX_SOURCE_BYTES)), []);
    assert_eq!(codes(&"#".repeat(MAX_SOURCE_BYTES + 1)), [Code::TooLarge]);
    let mut text = String::new();
    (0..=MAX_ITEMS).for_each(|at| writeln!(text, "unit u{at}").unwrap());
    assert_eq!(codes(&text), [Code::TooLarge]);
}

#[test]
fn many_broken_lines_are_reported_one_by_one() {
    let mut text = String::new();
    (0..5_000).for_each(|at| writeln!(text, "x{at} = (a + ").unwrap());
    assert_eq!(codes(&text), vec![Code::Unclosed; 5_000]);
    (0..5_000).for_each(|_| text.push_str("@ ! ( x\n"));
    assert_eq!(codes(&text).len(), 5_000);
}
