//! Tests every context against values computed by hand, and the rules of nested contexts.

use proptest::prelude::*;
use yardstick::Query;
use yardstick::internal::plan::grouped;

use super::{evaluate, show};

/// Sales with a month without rows (March), two channels, a stock and a column of counted users.
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
fn previous_follows_the_calendar_not_the_rows() {
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
fn a_year_ago_reads_the_same_month_of_the_previous_year() {
    let shown = by("ago = sum(amount)[1 year ago]", "month");
    assert!(shown.ends_with("2026-01 | 30\n2026-02 | 30\n"), "{shown}");
}

#[test]
fn windows_sum_flows_and_take_the_last_stock() {
    let shown = by(
        "w = sum(amount)[last 3 months]\ns = last(stock)[last 3 months]\nd = count(distinct customer)[last 3 months]",
        "month",
    );
    let lines: Vec<&str> = shown.lines().collect();
    // April: Feb 30 + Apr 40 + 50. The last day with a stock is 30 April. The customers are a, b and c.
    assert_eq!(lines[3], "2025-04 | 120 | 9 | 3");
    // The windows of May and June contain only the rows of April. The window of July is empty.
    assert_eq!(lines[4], "2025-05 | 90 | 9 | 2");
}

#[test]
fn to_date_accumulates_from_the_start_of_the_grain() {
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
fn all_computes_shares_of_a_total() {
    let shown = by(
        "share = sum(amount) / sum(amount)[all channel]\npart = sum(amount) / sum(amount)[all, all time]",
        "year, channel",
    );
    assert_eq!(
        shown,
        // In 2025, mail has 70 and web 80 of 150. The total of all time is 280.
        "2025 mail | ~0.4667 | 0.25\n2025 web | ~0.5333 | ~0.2857\n2026 mail | ~0.5385 | 0.25\n2026 web | ~0.4615 | ~0.2143\n"
    );
}

#[test]
fn conditions_keep_groups_and_give_zero_sums() {
    let shown = by("web = sum(amount)[channel = \"web\"]\nmean = avg(amount)[channel = \"web\"]", "year, channel");
    assert_eq!(
        shown,
        "2025 mail | 0 | NoRowsKept\n2025 web | 80 | ~26.6667\n2026 mail | 0 | NoRowsKept\n2026 web | 60 | 60\n"
    );
}

#[test]
fn equivalent_filters_share_one_measure() {
    let definitions = "a = sum(amount where channel = \"web\" and stock > 4)\nb = sum(amount)[stock > 4, channel = \"web\"]\nc = sum(amount where stock > 4)[channel = \"web\"]";
    let result = evaluate(definitions, &[("sales", SALES)], &Query::all()).unwrap();
    assert_eq!(result.plan.request.measures.len(), 1);
}

#[test]
fn windows_and_shifts_combine_in_any_order() {
    let shown = by("x = sum(amount)[last 3 months][1 year ago]\ny = sum(amount)[1 year ago][last 3 months]", "month");
    assert!(shown.ends_with("2026-01 | 30 | 30\n2026-02 | 60 | 60\n"), "{shown}");
}

#[test]
fn month_shifts_by_day_stop_at_the_last_day_of_shorter_months() {
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
fn weeks_follow_the_iso_calendar() {
    // 2026-01-01 is a Thursday, so ISO week 2026-W01 is from 2025-12-29 to 2026-01-04. 2020 has a week 53.
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
fn stocks_add_over_segments_and_only_needs_a_single_row() {
    let definitions =
        "first_stock = first(stock)\nlast_stock = last(stock)\nusers_only = only(users)\neach = last(stock by channel)";
    let shown = by(definitions, "year");
    // In 2025, the first day has 5 and the last day 9. There are several rows of users. The last stock is 8 for web and
    // 9 for mail.
    assert_eq!(shown, "2025 | 5 | 9 | ManyRows | 17\n2026 | 4 | 3 | ManyRows | 7\n");
}

#[test]
fn functions_apply_contexts_to_their_arguments() {
    let shown = by(
        "fn rise(x) = (x - x[previous]) / x[previous]\nup = rise(sum(amount))\nup_before = rise(sum(amount))[previous]",
        "quarter",
    );
    // The quarters of 2025 have 60, 90, no rows and no rows. The first quarter of 2026 has 130.
    assert_eq!(
        shown,
        "2025-Q1 | OutsideData | OutsideData\n2025-Q2 | 0.5 | OutsideData\n2025-Q3 | NoRows | 0.5\n2025-Q4 | NoRows | NoRows\n2026-Q1 | NoRows | NoRows\n"
    );
}

#[test]
fn a_total_evaluates_the_formula_over_all_groups() {
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
