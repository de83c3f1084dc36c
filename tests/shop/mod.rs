//! Checks the example in `examples/shop`.

use std::collections::HashSet;
use std::path::Path;

use yardstick::backend::Group;
use yardstick::{Code, Decimal, Evaluation, Library, Query, Value};

use crate::engine::evaluate;

#[allow(dead_code)]
#[path = "../../examples/generate_shop.rs"]
mod generate_shop;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop"))
}

#[test]
fn the_tables_on_disk_match_the_generator() {
    for (name, text) in generate_shop::tables() {
        let on_disk = std::fs::read_to_string(folder().join(name)).expect("the table is in the repository");
        assert!(on_disk == text, "{name} differs: run `cargo run --example generate_shop`");
    }
}

fn rows(name: &str) -> Vec<Vec<String>> {
    let (_, text) = generate_shop::tables().into_iter().find(|(table, _)| *table == name).expect("it is a table");
    text.lines().skip(1).map(|line| line.split(',').map(String::from).collect()).collect()
}

#[test]
fn customers_agree_with_orders() {
    let orders = rows("orders.csv");
    for month in rows("customers.csv") {
        let first = orders.iter().filter(|order| order[0].starts_with(&month[0]) && order[3] == "yes");
        assert_eq!(first.count().to_string(), month[2], "new customers of {}", month[0]);
        let number = |at: usize| month[at].parse::<i64>().expect("it is a number");
        assert_eq!(number(1) + number(2) - number(3), number(4), "the balance of {}", month[0]);
    }
}

#[test]
fn first_orders_are_marked_once_per_customer() {
    let mut seen: HashSet<String> = (1..=60).map(|old| format!("c{old:03}")).collect();
    for order in rows("orders.csv") {
        assert_eq!(order[3] == "yes", seen.insert(order[2].clone()), "{order:?}");
    }
}

#[test]
fn the_tables_contain_the_intended_gaps() {
    let ads = rows("ads.csv");
    let on = |channel: &str, month: &str| ads.iter().any(|row| row[1] == channel && row[0].starts_with(month));
    assert!(!on("video", "2025-06") && on("video", "2025-07"), "video starts in July 2025");
    assert!(on("social", "2025-07") && !on("social", "2025-08"), "no social ads in August 2025");
    assert!(ads.iter().any(|row| row[4].is_empty()), "some costs are blank");
    assert!(rows("orders.csv").iter().any(|row| row[4].is_empty()), "some orders have no channel");
}

#[test]
fn the_definitions_compile() {
    let library = Library::from_file(folder().join("shop.kpi")).expect("it has no errors");
    assert!(library.diagnostics().iter().all(|note| note.code == Code::Replaced), "{:?}", library.diagnostics());
}

#[test]
fn check_finds_exactly_the_mistakes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/mistakes.kpi");
    let problems = Library::from_file(file).expect_err("it has mistakes");
    let mut codes: Vec<_> = problems.diagnostics().iter().map(|problem| problem.code).collect();
    codes.sort();
    assert_eq!(codes, [Code::UnknownName, Code::Cycle, Code::UnitMismatch]);
}

/// The output of `expected.py`, which computes the values from the tables without the engine.
const EXPECTED: &str = include_str!("expected.csv");

fn evaluated(by: &str) -> Evaluation {
    let tables = generate_shop::tables().map(|(name, text)| (name.trim_end_matches(".csv"), text));
    let tables: Vec<_> = tables.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let definitions = std::fs::read_to_string(folder().join("shop.kpi")).expect("it is in the repository");
    evaluate(&definitions, &tables, &Query::all().by(by)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The value, or None if it is undefined.
fn found(evaluation: &Evaluation, group: &str, kpi: &str) -> Option<Decimal> {
    let calendar = evaluation.plan.request.calendar;
    let name = |at: &Group| match at.period {
        Some(period) => calendar.spell(period),
        None => at.keys[0].as_deref().unwrap_or_default().to_owned(),
    };
    let at = evaluation.groups.iter().position(|at| name(at) == group).unwrap_or_else(|| panic!("no group {group}"));
    match &evaluation.column(kpi).unwrap_or_else(|| panic!("no KPI {kpi}"))[at] {
        Ok(Value::Number(number)) => Some(number.decimal),
        Ok(other) => panic!("{kpi} of {group} is {other:?}"),
        Err(_) => None,
    }
}

fn expected(numerator: &str, denominator: &str) -> Option<Decimal> {
    let decimal = |text: &str| text.parse::<Decimal>().ok();
    Some(decimal(numerator)? / decimal(denominator)?)
}

#[test]
fn values_match_an_independent_computation() {
    let results = [("month", evaluated("month")), ("channel", evaluated("channel"))];
    for line in EXPECTED.lines().skip(1) {
        let [by, group, kpi, numerator, denominator] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("five cells a line: {line}")
        };
        let (_, result) = results.iter().find(|(name, _)| *name == by).expect("both are evaluated");
        let (found, expected) = (found(result, group, kpi), expected(numerator, denominator));
        // The engine rounds each step to 28 digits. The fraction is rounded once.
        let near = found.zip(expected).is_none_or(|(found, expected)| (found - expected).abs() < Decimal::new(1, 20));
        assert!(near && found.is_some() == expected.is_some(), "{line}: expected {expected:?}, found {found:?}");
    }
}
