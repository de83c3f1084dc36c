//! The table of contexts, each row worked by hand; and the laws that nesting follows.

use proptest::prelude::*;
use yardstick::Query;
use yardstick::internal::plan::grouped;

use super::{evaluate, show};

/// Months with a gap (March), two channels, a stock and a pre-counted number of users.
const SALES: &str = "\
day,channel,customer,amount,stock,users
2025-01-10,web,a,10,5,3
2025-01-20,mail,b,20,7,2
2025-02-05,web,a,30,6,4
2025-04-01,web,c,40,8,5
2025-04-30,mail,b,50,9,
2026-01-15,web,a,60,4,6
2026-02-28,mail,d,70,3,1
";

fn by(definitions: &str, grain: &str) -> String {
    evaluate(definitions, &[("sales", SALES)], &grouped(Query::all(), grain))
        .map_or_else(|error| error, |result| show(&result))
}

#[test]
fn previous_goes_by_the_calendar_not_by_rows() {
    let shown = by("now = sum(amount)\nbefore = now[previous]", "month");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines[..5],
        [
            "2025-01 | 30 | OutsideData",
            "2025-02 | 30 | 30",
            "2025-03 | NoRows | 30",
            "2025-04 | 90 | NoRows",
            "2025-05 | NoRows | 90",
        ]
    );
}

#[test]
fn a_year_ago() {
    let shown = by("ago = sum(amount)[1 year ago]", "month");
    assert!(shown.ends_with("2026-01 | 30\n2026-02 | 30\n"), "{shown}");
}

#[test]
fn windows_sum_flows_and_take_the_last_of_stocks() {
    let shown = by(
        "w = sum(amount)[last 3 months]\ns = last(stock)[last 3 months]\nd = count(distinct customer)[last 3 months]",
        "month",
    );
    let lines: Vec<&str> = shown.lines().collect();
    // April: Feb 30 + Apr 40 + 50; the last day with a stock is 30 April; a, c, b bought.
    assert_eq!(lines[3], "2025-04 | 120 | 9 | 3");
    // May: April alone; June likewise; July has no rows in the window.
    assert_eq!(lines[4], "2025-05 | 90 | 9 | 2");
}

#[test]
fn to_date() {
    let shown = by(
        "y = sum(amount)[year to date]\nall_of_it = sum(amount)[to date]\nq = sum(amount)[quarter to date]",
        "month",
    );
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "2025-01 | 30 | 30 | 30");
    assert_eq!(lines[2], "2025-03 | 60 | 60 | 60");
    assert_eq!(lines[3], "2025-04 | 150 | 150 | 90");
    assert_eq!(lines[12], "2026-01 | 60 | 210 | 60");
    assert_eq!(lines[13], "2026-02 | 130 | 280 | 130");
}

#[test]
fn shares_of_a_whole() {
    let shown = by(
        "share = sum(amount) / sum(amount)[all channel]\npart = sum(amount) / sum(amount)[all, all time]",
        "year, channel",
    );
    assert_eq!(
        shown,
        // 2025: mail 70 of 150, web 80; all time 280.
        "2025 mail | ~0.4667 | 0.25\n2025 web | ~0.5333 | ~0.2857\n2026 mail | ~0.5385 | 0.25\n2026 web | ~0.4615 | ~0.2143\n"
    );
}

#[test]
fn conditions_keep_groups_and_make_zeros() {
    let shown = by("web = sum(amount)[channel = \"web\"]\nmean = avg(amount)[channel = \"web\"]", "year, channel");
    assert_eq!(
        shown,
        "2025 mail | 0 | NoRowsKept\n2025 web | 80 | ~26.6667\n2026 mail | 0 | NoRowsKept\n2026 web | 60 | 60\n"
    );
}

#[test]
fn a_filter_of_an_aggregate_and_one_of_a_context_are_one_measure() {
    let definitions = "a = sum(amount where channel = \"web\" and stock > 4)\nb = sum(amount)[stock > 4, channel = \"web\"]\nc = sum(amount where stock > 4)[channel = \"web\"]";
    let result = evaluate(definitions, &[("sales", SALES)], &Query::all()).unwrap();
    assert_eq!(result.plan.request.measures.len(), 1);
}

#[test]
fn windows_of_shifted_periods() {
    let shown = by("x = sum(amount)[last 3 months][1 year ago]\ny = sum(amount)[1 year ago][last 3 months]", "month");
    assert!(shown.ends_with("2026-01 | 30 | 30\n2026-02 | 60 | 60\n"), "{shown}");
}

#[test]
fn by_day_a_shorter_month_ends_on_its_last_day() {
    let table = "day,x\n2026-01-28,1\n2026-02-28,2\n2026-03-28,4\n2026-03-31,8\n";
    let query = Query::new(["x[1 month ago]", "x[last 1 month]"]).by("day").period("2026-03-28..2026-03-31");
    let result = evaluate("", &[("t", table)], &query).unwrap();
    assert_eq!(show(&result), "2026-03-28 | 2 | 4\n2026-03-29 | 2 | 4\n2026-03-30 | 2 | 4\n2026-03-31 | 2 | 12\n");
}

#[test]
fn a_shift_that_is_not_a_whole_number_of_periods_is_a_warning() {
    let warned = |context: &str, grain: &str| {
        let query = Query::new([format!("amount[{context}]")]).by(grain);
        let result = evaluate("", &[("sales", SALES)], &query).unwrap();
        result.plan.diagnostics.iter().any(|problem| problem.message.contains("is not a whole number of the result"))
    };
    for (context, grain) in [("7 days ago", "month"), ("1 month ago", "quarter"), ("1 day ago", "week")] {
        assert!(warned(context, grain), "{context} by {grain}");
    }
    for (context, grain) in
        [("1 month ago", "day"), ("1 year ago", "day"), ("1 year ago", "week"), ("3 months ago", "quarter")]
    {
        assert!(!warned(context, grain), "{context} by {grain}");
    }
}

#[test]
fn weeks() {
    // 2026-01-01 is a Thursday: ISO week 2026-W01 runs from 2025-12-29 to 2026-01-04; 2020 has a week 53.
    let table = "day,x\n2020-12-31,1\n2021-12-30,2\n2025-12-30,4\n2026-01-06,8\n";
    let query =
        Query::new(["x", "x[previous]", "x[1 year ago]", "x[year to date]"]).by("week").period("2025-W52..2026-W02");
    let result = evaluate("", &[("t", table)], &query).unwrap();
    assert_eq!(
        show(&result),
        "2025-W52 | NoRows | NoRows | NoRows | NoRows\n2026-W01 | 4 | NoRows | NoRows | 4\n2026-W02 | 8 | 4 | NoRows | 12\n"
    );
    let result = evaluate("", &[("t", table)], &Query::new(["x[1 year ago]"]).by("week").period("2021-W52")).unwrap();
    // 2020-W52 ends on 27 December, before the data begin.
    assert_eq!(show(&result), "2021-W52 | OutsideData\n");
    let result = evaluate("", &[("t", table)], &Query::new(["x[1 year ago]"]).by("week").period("2021-W53"));
    assert!(result.is_err());
}

#[test]
fn stocks_and_single_rows_over_segments() {
    let definitions =
        "first_stock = first(stock)\nlast_stock = last(stock)\nusers_only = only(users)\neach = last(stock by channel)";
    let shown = by(definitions, "year");
    // 2025: first day has 5; last day 9; six rows of users; the last of web is 8 and of mail 9.
    assert_eq!(shown, "2025 | 5 | 9 | ManyRows | 17\n2026 | 4 | 3 | ManyRows | 7\n");
}

#[test]
fn functions_apply_contexts_to_their_arguments() {
    let shown = by(
        "fn rise(x) = (x - x[previous]) / x[previous]\nup = rise(sum(amount))\nup_before = rise(sum(amount))[previous]",
        "quarter",
    );
    // Quarters of 2025: 60, 90, none, none; of 2026: 130.
    assert_eq!(
        shown,
        "2025-Q1 | OutsideData | OutsideData\n2025-Q2 | 0.5 | OutsideData\n2025-Q3 | NoRows | 0.5\n2025-Q4 | NoRows | NoRows\n2026-Q1 | NoRows | NoRows\n"
    );
}

#[test]
fn a_total_is_the_formula_over_everything() {
    let definitions = "mean = sum(amount) / count(sales)\nbefore = sum(amount)[previous]\nlast_stock = last(stock)";
    let result = evaluate(definitions, &[("sales", SALES)], &Query::all().by("year").totals(true)).unwrap();
    assert_eq!(show(&result), "2025 | 30 | OutsideData | 9\n2026 | 65 | 150 | 3\ntotal | 40 | NoPeriod | 3\n");
}

fn clause() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "previous",
        "1 year ago",
        "2 months ago",
        "all channel",
        "all",
        "channel = \"web\"",
        "stock > 4",
        "to date",
        "last 2 months",
        "year to date",
    ])
}

fn is_extent(clause: &str) -> bool {
    matches!(clause, "to date" | "last 2 months" | "year to date")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn nesting_and_listing_contexts_agree(a in clause(), b in clause()) {
        prop_assume!(!(is_extent(a) && is_extent(b)));
        let definitions = format!("one = sum(amount)[{a}][{b}]\ntwo = sum(amount)[{b}][{a}]\nthree = sum(amount)[{a}, {b}]");
        let result = evaluate(&definitions, &[("sales", SALES)], &Query::all().by("month").by("channel")).unwrap();
        prop_assert_eq!(result.plan.request.measures.len(), 1);
        for group in 0..result.groups.len() {
            prop_assert_eq!(result.value(0, group), result.value(1, group));
            prop_assert_eq!(result.value(0, group), result.value(2, group));
        }
    }
}
