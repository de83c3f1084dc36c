//! Tests periods that the data or `--period` does not cover completely.

use yardstick::{Flag, Query};

use super::check;
use crate::engine::evaluate;

const DAYS: &str = "day,x\n2026-01-05,1\n2026-01-31,2\n2026-02-01,4\n2026-02-28,8\n2026-03-01,16\n2026-03-09,32\n2026-03-10,64\n2026-03-20,128\n";

#[test]
fn a_cut_period_counts_only_days_within() {
    let kpis = ["x", "x[previous]", "x[year to date]", "x[last 2 months]", "x[last 10 days]", "x[to date]"];
    let query = Query::new(kpis).by("month").period("2026-01-06..2026-03-09").totals(true);
    // March until the 9th: 16 + 32. Its last ten days start on 28 February. Data before the period is included.
    let expected = [
        "2026-01 | 2 | OutsideData | 3 | 3 | 2 | 3",
        "2026-02 | 12 | 3 | 15 | 15 | 8 | 15",
        "2026-03 | 48 | 12 | 63 | 60 | 56 | 63",
        "total | 62 | NoPeriod | NoPeriod | NoPeriod | NoPeriod | 63",
    ];
    check("the current period is cut", &[("t", DAYS)], "", &query, &expected);
    assert_eq!(partial(DAYS, &query, 0), [true, false, true, false]);
    assert_eq!(partial(DAYS, &query, 1), [false, true, false, false]);
    let quarter = Query::new(["x"]).by("quarter").period("2026-02..2026-03-09");
    check("by quarter", &[("t", DAYS)], "", &quarter, &["2026-Q1 | 60"]);
    let weeks = Query::new(["x[last 2 weeks]"]).by("week").period("2026-03-09..2026-03-10");
    check("this week to its second day and the week before", &[("t", DAYS)], "", &weeks, &["2026-W11 | 96"]);
    let week = Query::new(["x"]).by("week").period("2026-03");
    // Week 9 starts on 23 February and includes only 1 March.
    check(
        "by week",
        &[("t", DAYS)],
        "",
        &week,
        &[
            "2026-W09 | 16",
            "2026-W10 | NoRows",
            "2026-W11 | 96",
            "2026-W12 | 128",
            "2026-W13 | NoRows",
            "2026-W14 | NoRows",
        ],
    );
}

/// Returns for each group of a KPI whether it is flagged as partial.
fn partial(table: &str, query: &Query, kpi: usize) -> Vec<bool> {
    let result = evaluate("", &[("t", table)], query).unwrap();
    (0..result.groups.len()).map(|group| result.outcome(kpi, group).flags.contains(&Flag::Partial)).collect()
}

#[test]
fn the_first_and_last_month_of_daily_data_may_be_partial() {
    assert_eq!(partial(DAYS, &Query::new(["x"]).by("month"), 0), [true, false, true]);
    assert_eq!(
        partial("day,x\n2026-01-01,1\n2026-01-15,1\n2026-02-28,1\n", &Query::new(["x"]).by("month"), 0),
        [false, false]
    );
}

#[test]
fn rows_that_represent_months_or_weeks_cover_them() {
    let of = |grain| Query::new(["x"]).by(grain);
    assert_eq!(partial("month,x\n2026-02,1\n2026-03,1\n", &of("`month`"), 0), [false, false]);
    assert_eq!(partial("m,x\n2026-03,1\n", &of("month"), 0), [false]);
    assert_eq!(partial("m,x\n2026-03,1\n2026-04,1\n", &of("quarter"), 0), [true, true]);
    assert_eq!(partial("m,x\n2026-01,1\n2026-03,1\n", &of("quarter"), 0), [false]);
    assert_eq!(partial("day,x\n2026-02-01,1\n2026-03-01,1\n", &of("month"), 0), [false, false]);
    assert_eq!(partial("day,x\n2026-02-28,1\n2026-03-31,1\n", &of("month"), 0), [false, false]);
    let mondays = "day,x\n2026-01-05,1\n2026-01-12,1\n2026-01-26,1\n";
    assert_eq!(partial(mondays, &of("week"), 0), [false, false, false, false]);
    // The first ISO week of 2026 has no row, and the last week extends into February.
    assert_eq!(partial(mondays, &of("month"), 0), [true]);
}

#[test]
fn periods_outside_the_data_have_the_same_reason() {
    let result = evaluate("", &[("t", DAYS)], &Query::new(["x[1 year ago]"]).by("month")).unwrap();
    for group in 0..3 {
        assert_eq!(result.reason(0, group).unwrap(), "`t` has no rows before 2026-01-05");
    }
}
