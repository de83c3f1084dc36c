//! Compares the precedence of operators with an equivalent text that has parentheses.

use serde_json::Value;
use yardstick::FileId;
use yardstick::internal::syntax::ast::{ExprKind, shape};
use yardstick::internal::syntax::{format_expr, parse_expression};

/// The shape of an expression without its parentheses.
fn bare(text: &str) -> Value {
    let expr = parse_expression(FileId(0), text).unwrap_or_else(|problems| panic!("{text}: {problems:#?}"));
    without_parentheses(shape(&expr))
}

fn without_parentheses(value: Value) -> Value {
    match value {
        Value::Object(mut fields) => {
            let inner = fields.get_mut("kind").and_then(|kind| kind.get_mut("Paren")).map(Value::take);
            match inner {
                Some(inner) => without_parentheses(inner),
                None => {
                    Value::Object(fields.into_iter().map(|(name, node)| (name, without_parentheses(node))).collect())
                }
            }
        }
        Value::Array(nodes) => nodes.into_iter().map(without_parentheses).collect(),
        other => other,
    }
}

#[test]
fn operators_bind_as_documented() {
    let cases = [
        ("a + b * c", "a + (b * c)"),
        ("a * b + c", "(a * b) + c"),
        ("a / b * c", "a / b * c"),
        ("a * -b", "a * (-b)"),
        ("-a * b", "(-a) * b"),
        ("-a + b", "(-a) + b"),
        ("a ^ b ^ c", "a ^ (b ^ c)"),
        ("a * b ^ c", "a * (b ^ c)"),
        ("a ^ -b", "a ^ (-b)"),
        ("a ^ -b * c", "(a ^ (-b)) * c"),
        ("-a[previous]", "-(a[previous])"),
        ("a ^ b[previous]", "a ^ (b[previous])"),
        ("a + b = c * d", "(a + b) = (c * d)"),
        ("a < b and c or d", "((a < b) and c) or d"),
        ("a or b and c", "a or (b and c)"),
        ("not a and b", "(not a) and b"),
        ("a between b + 1 and c and d", "(a between (b + 1) and c) and d"),
        ("a + 1 in (b, c) or d", "((a + 1) in (b, c)) or d"),
        ("a not in (b) and c", "(a not in (b)) and c"),
        ("if a then b else c + d", "if a then b else (c + d)"),
        ("if a then b else if c then d else e", "if a then b else if c then d else e"),
        ("20% * a", "(20%) * a"),
        ("40 EUR / month", "(40 EUR) / month"),
        ("--a", "-(-a)"),
    ];
    for (text, explicit) in cases {
        assert_eq!(bare(text), bare(explicit), "{text}");
    }
}

#[test]
fn a_unit_without_spaces_belongs_to_the_literal() {
    assert_ne!(bare("40 EUR/month"), bare("40 EUR / month"));
}

#[test]
fn words_are_names_unless_the_context_makes_them_keywords() {
    for text in [
        "previous",
        "last + all",
        "x[previous > 1]",
        "x[all = 2]",
        "to",
        "date",
        "ago",
        "by",
        "where",
        "input + test",
        "label",
        "count(distinct)",
        "count(distinct + 1)",
        "x[last > 3]",
        "x[to = 1]",
        "distinct(x)",
        "x[all(y) = 1]",
    ] {
        assert!(parse_expression(FileId(0), text).is_ok(), "{text}");
    }
}

#[test]
fn distinct_comes_before_any_expression() {
    let formatted = |text: &str| format_expr(&parse_expression(FileId(0), text).unwrap());
    for text in ["sum(distinct (a + b) * c)", "count(distinct (-a))", "count(distinct a + b where c by d)"] {
        let expr = parse_expression(FileId(0), text).unwrap();
        let ExprKind::Call(call) = &*expr.kind else { panic!("{text} is not a call") };
        assert!(call.distinct.is_some(), "{text}");
    }
    assert_eq!(formatted("sum(distinct (a+b)*c)"), "sum(distinct (a + b) * c)");
    // A name that an operator follows.
    assert_eq!(formatted("sum(distinct -a)"), "sum(distinct - a)");
}

#[test]
fn names_and_texts_are_normalized_to_nfc() {
    assert_eq!(bare("cou\u{302}t"), bare("co\u{fb}t"));
    assert_eq!(bare("\"cou\u{302}t\""), bare("\"co\u{fb}t\""));
}
