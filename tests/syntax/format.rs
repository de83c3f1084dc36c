//! The canonical layout of the formatter.

use yardstick::FileId;
use yardstick::internal::syntax;
use yardstick::internal::syntax::{format_expr, parse_expression};

fn formatted(text: &str) -> String {
    syntax::format(text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

#[test]
fn good_programs_have_a_canonical_layout() {
    insta::glob!("good", "*.kpi", |path| {
        insta::assert_snapshot!(formatted(&std::fs::read_to_string(path).unwrap()));
    });
}

#[test]
fn keeps_comments_and_blank_lines() {
    insta::assert_snapshot!(formatted(include_str!("layout.kpi")));
}

#[test]
fn formatting_twice_changes_nothing() {
    let layout = include_str!("layout.kpi");
    let everything = include_str!("good/everything.kpi");
    for text in [layout, everything] {
        let once = formatted(text);
        assert_eq!(once, formatted(&once));
    }
}

#[test]
fn separates_numbers_and_units_that_touch() {
    for (text, expected) in [
        ("a = 0.5_1end\n", "a = 0.5 _1end\n"),
        ("a = 1_000_x\n", "a = 1_000 _x\n"),
        ("a = 2time - x\n", "a = 2 time - x\n"),
    ] {
        assert_eq!(formatted(text), expected);
        assert_eq!(formatted(expected), expected);
    }
}

#[test]
fn rejects_broken_files_with_their_errors() {
    let problems = syntax::format("a = 1\nb = (2\nc = = 3\n").unwrap_err();
    assert_eq!(problems.len(), 2);
}

#[test]
fn expressions_print_on_one_line() {
    let cases = [
        ("a+b *c", "a + b * c"),
        ("2^ -x", "2^-x"),
        ("( a )", "(a)"),
        ("20000.5 EUR/month", "20_000.5 EUR/month"),
        ("1_000", "1000"),
        ("count( distinct  web.user_id where a=1 by b,c )", "count(distinct web.user_id where a = 1 by b, c)"),
        ("`Ad spend`[ 1 year ago ,all `month` ]", "`Ad spend`[1 year ago, all `month`]"),
        ("if a then 1 else if b then 2 else undefined", "if a then 1 else if b then 2 else undefined"),
        ("x not  in (1,2,)", "x not in (1, 2)"),
        ("\"a\\\"b\\n\"", "\"a\\\"b\\n\""),
    ];
    for (text, expected) in cases {
        let expr = parse_expression(FileId(0), text).unwrap();
        assert_eq!(format_expr(&expr), expected);
    }
}
