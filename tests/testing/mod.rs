//! Examples and tests in definitions: those of the standard library and of the example shop pass.

use std::fmt::Write;
use std::path::Path;

use yardstick::testing::{Failure, TestResult, TestScope};
use yardstick::{Library, testing};

/// The failures as lines.
fn failures(results: &[TestResult]) -> String {
    let mut text = String::new();
    for result in results {
        for failure in &result.failures {
            writeln!(text, "{}", result.title).expect("a string takes any text");
            match failure {
                Failure::Problems(problems) => write!(text, "{problems}").expect("a string takes any text"),
                Failure::Value(value) => {
                    let group: Vec<_> = value.group.values().flatten().cloned().collect();
                    let root = value.explanation.step(value.explanation.root);
                    let found = root.value.as_deref().unwrap_or("undefined");
                    writeln!(text, "  {} {}: expected {}, found {found}", value.kpi, group.join(" "), value.expected)
                        .expect("a string takes any text");
                }
            }
        }
    }
    text
}

fn run(definitions: &str) -> Vec<TestResult> {
    let library = Library::from_text(definitions).unwrap_or_else(|problems| panic!("{problems}"));
    testing::run(&library, TestScope::User)
}

#[test]
fn examples_of_the_standard_library_pass() {
    let library = Library::from_text("").expect("the standard library has no errors");
    let results = testing::run(&library, TestScope::Standard);
    assert!(results.len() > 150, "{} examples and tests", results.len());
    assert_eq!(failures(&results), "");
}

#[test]
fn examples_of_the_shop_pass() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop/shop.kpi");
    let library = Library::from_file(file).expect("it has no errors");
    let results = testing::run(&library, TestScope::User);
    assert_eq!(results.len(), 7);
    assert_eq!(failures(&results), "");
}

/// Changes each expected value of the standard library by one unit of its last digit. Every change must be detected.
#[test]
fn wrong_values_are_detected() {
    let right = "a = x / y {\n example x = 1, y = 3 gives about 33.33%\n example x = 1, y = 4 gives 0.25\n}\n\
                 b: percent = x / y { example x = 1, y = 3 gives about 33% example x = 2, y = 3 gives about 0.67 }";
    assert_eq!(failures(&run(right)), "");
    let wrong = "a = x / y {\n example x = 1, y = 3 gives about 33.34%\n example x = 1, y = 3 gives 0.333\n\
                 example x = 1, y = 3 gives undefined\n example x = 1, y = 0 gives about 0\n example x = 1, y = 4 gives about 0.250001\n}";
    assert_eq!(
        failures(&run(wrong)),
        "a: x = 1, y = 3 gives about 33.34%\n  a : expected about 33.34%, found 0.3333333333333333333333333333\n\
         a: x = 1, y = 3 gives 0.333\n  a : expected 0.333, found 0.3333333333333333333333333333\n\
         a: x = 1, y = 3 gives undefined\n  a : expected undefined, found 0.3333333333333333333333333333\n\
         a: x = 1, y = 0 gives about 0\n  a : expected about 0, found undefined\n\
         a: x = 1, y = 4 gives about 0.250001\n  a : expected about 0.250001, found 0.25\n"
    );
}

/// Rounding is half away from zero, in the unit of the literal.
#[test]
fn about_rounds_to_the_decimals_of_the_literal() {
    let definitions = "currency EUR\na: money = x { example x = 2.5 gives about 3 example x = -2.5 gives about -3 example x = 2.45 gives about 2.5 }\n\
                       input hours: hour\nlength: hour = hours { example hours = 50 gives about 2 days example hours = 3 gives 3 hours }";
    assert_eq!(failures(&run(definitions)), "");
}

const TABLES: &str = r#"
dataset crm { time month  amount: money }
input sold: money = sum(crm.amount where stage = "won")
input stock: count = last(crm.stock)
input people: count = count(distinct crm.person)
input deals: count = count(crm where stage = "won")
best = max(crm.amount)

test "a named table is read as the dataset" {
  given crm """
    month,   stage, amount, person
    2026-01, won,   100,    ann
    2026-01, lost,  50,     bob
    2026-03, won,   7,      ann
  """
  expect sold = 107
  expect people = 2
  expect deals = 2
  expect best = 100
}
test "by month and stage" {
  by month, stage
  period 2026-01
  given crm """
    month,   stage, amount, person
    2026-01, won,   100,    ann
    2026-01, lost,  50,     bob
    2026-03, won,   7,      ann
  """
  # lost, won; no row of `lost` is won
  expect sold = 0, 100
  expect """
    stage, month,   sold, best
    won,   2026-01, 100,  about 100
    lost,  2026-01, 0,    50
  """
}
test "columns without a table's name provide inputs" {
  by quarter
  given """
    month,   sold, stock, people, deals, best
    2026-01, 10,   5,     3,      2,     4
    2026-02, 20,   6,     4,      3,     9
  """
  # Sums, but for the stock, which is the last one, the people, who cannot be added up, and the largest.
  expect sold = 30
  expect stock = 6
  expect people = undefined
  expect deals = 5
  expect best = 9
}
test "conditions take rows away" {
  where region = "north"
  given """
    region, sold
    north,  1
    south,  2
  """
  expect sold = 1
}
"#;

#[test]
fn tables_replace_data() {
    assert_eq!(failures(&run(TABLES)), "");
}

#[test]
fn invalid_tests_fail_with_a_reason() {
    let definitions = r#"
param target = 3
input sold
rate = sold / target
test "too few values" {
  by month
  given """
    month, sold
    2026-01, 1
    2026-02, 2
  """
  expect sold = 1
  expect """
    month,   sold
    2026-01, 1
    2026-03, twelve %
  """
}
test "another group" {
  by month
  given """
    month, sold
    2026-01, 1
  """
  expect """
    month,   sold
    2026-02, 1
  """
}
test "an input is missing" { expect rate = 1 }
test "a parameter in a table" {
  given """
    target, sold
    1, 2
  """
  expect sold = 2
}
test "another type" { given sold = 1  expect sold = "one" }
test "nothing" { given sold = 1 }
test "a broken table" {
  given """
    a,b
    1,2,3
  """
  expect sold = 2
}
"#;
    insta::assert_snapshot!(failures(&run(definitions)));
}

#[test]
fn unknown_names_are_compile_errors() {
    let definitions = "a = spend / leads { example spent = 1, leads = 2 gives 3 }\n\
                       test \"t\" { given lead = 1  expect aa = 2 }\n\
                       fn f(x) = x { example x = 1 gives 1 example y = 1 gives 1 }";
    let problems = Library::from_text(definitions).expect_err("three names are unknown");
    insta::assert_snapshot!(problems.to_string());
}
