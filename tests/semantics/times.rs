//! Tests aggregates by another time column than that of their dataset: `count(deals on closed)`.

use yardstick::Query;

use super::check;

const DEALS: &[(&str, &str)] = &[(
    "deals",
    "created,closed,stage,amount\n2026-01-05,2026-02-10,won,1\n2026-01-20,2026-01-25,won,2\n2026-02-01,,open,4\n\
     2026-02-03,2026-03-01,lost,8\n",
)];

const DEFINITIONS: &str = "dataset deals { time created }";

fn of(kpis: &[&str]) -> Query {
    Query::new(kpis.iter().copied())
}

#[test]
fn rows_count_in_the_period_of_the_named_column() {
    let kpis = [
        "count(deals)",
        "count(deals on closed)",
        "sum(amount on closed where stage = \"won\")",
        "last(amount on closed)",
    ];
    let expected = ["2026-01 | 2 | 1 | 2 | 2", "2026-02 | 2 | 1 | 1 | 1", "2026-03 | NoRows | 1 | 0 | 8"];
    check("by month", DEALS, DEFINITIONS, &of(&kpis).by("month"), &expected);
    check("all time: the open deal has no day", DEALS, DEFINITIONS, &of(&kpis[..2]).period("2026"), &[" | 4 | 3"]);
}

#[test]
fn contexts_and_inner_groups_follow_the_named_column() {
    let kpis = [
        "sum(amount on closed)[previous]",
        "sum(amount on closed) / sum(amount)",
        "count(sum(amount on closed) each stage)",
        "sum(amount on created)",
    ];
    let expected = [
        "2026-01 | OutsideData | ~0.6667 | 1 | 3",
        "2026-02 | 2 | ~0.0833 | 1 | 12",
        "2026-03 | 1 | NoRows | 1 | NoRows",
    ];
    check("by month", DEALS, DEFINITIONS, &of(&kpis).by("month"), &expected);
}

#[test]
fn a_column_that_is_not_one_of_dates_is_an_error() {
    for (formula, expected) in [
        ("count(deals on stage)", "error[bad-arguments]: `stage` is not a column of dates"),
        ("count(deals on close)", "error[unknown-column]: `deals` has no column `close`"),
        ("round(amount on closed)", "error[bad-arguments]: `round` is not an aggregate"),
        ("sum(sum(amount) on closed each stage)", "error[syntax]: `on` names the time of rows"),
    ] {
        check(formula, DEALS, DEFINITIONS, &of(&[formula]), &[expected]);
    }
}
