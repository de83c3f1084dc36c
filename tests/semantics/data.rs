//! Tests datasets, inputs, aggregates and grouping.

use yardstick::Query;

use super::check;
use crate::engine::{evaluate, show};

/// Blanks in a column, in a sum of columns and in the last row; two rows on one day.
const ADS: &str = "\
day,channel,cost,fees
2026-01-05,web,10,1
2026-01-05,mail,20,
2026-02-10,web,,3
2026-02-10,mail,30,4
2026-03-01,,,
";

#[test]
fn blanks_are_skipped_and_counted() {
    let query = Query::new(["sum(cost)", "sum(cost + fees)", "count(ads)", "count(cost)", "avg(cost)"])
        .by("month")
        .totals(true);
    let expected = [
        "2026-01 | 30 | 11 | 2 | 2 | 15",
        "2026-02 | 30 | 34 | 2 | 1 | 30",
        "2026-03 | Blank | Blank | 1 | 0 | Blank",
        "total | 60 | 45 | 5 | 3 | 20",
    ];
    check("blank cells are skipped; a sum over blanks alone is undefined", &[("ads", ADS)], "", &query, &expected);
    let result = evaluate("", &[("ads", ADS)], &query).unwrap();
    let skipped: Vec<Vec<u64>> =
        result.measures.iter().map(|measure| measure.skipped.iter().copied().collect()).collect();
    assert!(skipped.contains(&vec![1, 1, 1, 3]), "`cost + fees` skips a row a month: {skipped:?}");
}

#[test]
fn first_and_last_use_rows_with_a_value() {
    let query = Query::new(["first(cost)", "last(cost)", "last(fees)", "last(cost by channel)"]).by("year");
    // The first day has 10 + 20. The last day with a cost has 30, the last with fees 3 + 4. The last of web is 10, of
    // mail 30.
    check("edges are those of rows with a value", &[("ads", ADS)], "", &query, &["2026 | 30 | 30 | 7 | 40"]);
}

#[test]
fn sums_are_zero_without_kept_rows_but_not_without_rows() {
    let kpis = [
        "sum(cost where cost > 25)",
        "count(ads where cost > 25)",
        "avg(cost where cost > 25)",
        "max(cost where cost > 25)",
    ];
    let query = Query::new(kpis).by("month").period("2026-01..2026-04");
    let expected = [
        "2026-01 | 0 | 0 | NoRowsKept | NoRowsKept",
        "2026-02 | 30 | 1 | 30 | 30",
        "2026-03 | 0 | 0 | NoRowsKept | NoRowsKept",
        "2026-04 | NoRows | NoRows | NoRows | NoRows",
    ];
    check("count and sum of no kept row are 0", &[("ads", ADS)], "", &query, &expected);
}

#[test]
fn quantiles_interpolate() {
    let table = "g,x\na,1\na,2\na,4\na,8\nb,5\n";
    let kpis = ["median(x)", "quantile(x, 0.25)", "quantile(x, 0.9)", "quantile(x, 0)", "quantile(x, 1)", "only(x)"];
    // Of four values, the quantile 0.25 is at position 0.75 (1 + 0.75), 0.9 at 2.7 (4 + 0.7 × 4).
    let expected = ["a | 3 | 1.75 | 6.8 | 1 | 8 | ManyRows", "b | 5 | 5 | 5 | 5 | 5 | 5"];
    check(
        "linear; the median of an even count is the mean of the middle two",
        &[("t", table)],
        "",
        &Query::new(kpis).by("g"),
        &expected,
    );
}

#[test]
fn distinct_values_are_counted_again_at_every_grain() {
    let table = "day,u\n2026-01-01,a\n2026-01-01,b\n2026-01-02,a\n2026-02-01,a\n2026-04-01,c\n2026-04-02,\n";
    let kpis = ["count(distinct u)"];
    let of = |grain| Query::new(kpis).by(grain).totals(true);
    check(
        "by month",
        &[("t", table)],
        "",
        &of("month"),
        &["2026-01 | 2", "2026-02 | 1", "2026-03 | NoRows", "2026-04 | 1", "total | 3"],
    );
    check("by quarter", &[("t", table)], "", &of("quarter"), &["2026-Q1 | 2", "2026-Q2 | 1", "total | 3"]);
    check("by year", &[("t", table)], "", &of("year"), &["2026 | 3", "total | 3"]);
}

#[test]
fn other_date_columns_do_not_need_a_time_column() {
    let table = "created,qualified,n\n2026-01-01,2026-01-11,1\n2026-02-01,2026-02-05,2\n";
    let tables = &[("leads", table)];
    let mean = "avg(leads.qualified - leads.created)";
    check("(10 + 4) / 2 days", tables, "", &Query::new([mean]), &[" | 7"]);
    let error = "error[ambiguous]: the time of `leads` is ambiguous: `created`, `qualified`";
    check("by month", tables, "", &Query::new([mean]).by("month"), &[error]);
    check("a period", tables, "", &Query::new([mean]).period("2026-01"), &[error]);
    check("a stock", tables, "", &Query::new(["last(n)"]), &[error]);
    check(
        "declared",
        tables,
        "dataset leads { time qualified }",
        &Query::new(["sum(n)"]).by("month"),
        &["2026-01 | 1", "2026-02 | 2"],
    );
}

#[test]
fn groups_exist_if_a_measure_has_data() {
    let table = "day,c,x\n2026-01-05,a,1\n2026-02-05,b,2\n2026-03-05,a,4\n";
    let query = Query::new(["sum(x)", "sum(x)[previous]"]).by("month").by("c");
    let expected = [
        "2026-01 a | 1 | OutsideData",
        "2026-02 a | NoRows | 1",
        "2026-02 b | 2 | NoRows",
        "2026-03 a | 4 | NoRows",
        "2026-03 b | NoRows | 2",
    ];
    check("including shifted data", &[("t", table)], "", &query, &expected);
}

#[test]
fn filters_ignore_rows_completely() {
    let query = Query::new(["sum(cost)", "sum(cost)[all channel]", "sum(cost)[all time]"])
        .by("month")
        .by("channel")
        .filter_formula("cost < 25");
    let expected = ["2026-01 mail | 20 | 30 | 20", "2026-01 web | 10 | 30 | 10"];
    check("nothing of February is left", &[("ads", ADS)], "", &query, &expected);
}

#[test]
fn a_column_of_months_can_be_the_time() {
    let table = "period,goal,m\n2026-01,1,2025-12\n2026-02,2,2025-12\n2026-04,4,2026-01\n";
    let declared = "dataset t { time period }";
    check(
        "by quarter",
        &[("t", table)],
        declared,
        &Query::new(["sum(goal)"]).by("quarter"),
        &["2026-Q1 | 3", "2026-Q2 | 4"],
    );
    check(
        "a key is spelled as a month",
        &[("t", table)],
        declared,
        &Query::new(["sum(goal)"]).by("m"),
        &["2025-12 | 3", "2026-01 | 4"],
    );
}

#[test]
fn data_without_dates_has_no_periods() {
    let tables = &[("t", "x\n1\n"), ("u", "day,y\n2026-01-01,2\n")];
    let error = "error[bad-query]: the query needs dates, but `t` has no column of dates";
    check("alone", tables, "", &Query::new(["sum(x)"]).by("month"), &[error]);
    let both = Query::new(["sum(x)", "sum(y)"]);
    let expected = ["2026-01 | NotSplit | 2", "total | 1 | 2"];
    check("beside others", tables, "", &both.clone().by("month").totals(true), &expected);
    check("a period", tables, "", &both.period("2026"), &[" | NotSplit | 2"]);
    let months = &[("t", "m,x\n2026-01,1\n")];
    let error = "error[bad-query]: `t` contains months, so it has no values by week";
    check("months by week", months, "", &Query::new(["sum(x)"]).by("week"), &[error]);
}

#[test]
fn the_date_of_a_timestamp_is_taken_as_written() {
    let table = "at,x\n2026-01-31T23:59:59+09:00,1\n2026-02-01T00:00:00Z,2\n";
    check("by month", &[("t", table)], "", &Query::new(["sum(x)"]).by("month"), &["2026-01 | 1", "2026-02 | 2"]);
}

#[test]
fn rows_without_a_time_are_ignored_and_reported() {
    let table = "day,x\n2026-01-31,1\n,2\n";
    check("without a grain all rows count", &[("t", table)], "", &Query::new(["sum(x)"]), &[" | 3"]);
    let result = evaluate("", &[("t", table)], &Query::new(["sum(x)"]).by("month").totals(true)).unwrap();
    assert_eq!(show(&result), "2026-01 | 1\ntotal | 1\n");
    assert_eq!(result.notes[0].message, "1 row of `t` has no time and is ignored");
}

#[test]
fn types_are_inferred_from_cells() {
    let table = "code,tiny,open\n007,1.2E-05,oui\n7,2E-05,Non\n";
    let kpis = ["sum(tiny)", "count(t where open)"];
    check(
        "codes are texts; four decimals are shown",
        &[("t", table)],
        "",
        &Query::new(kpis).by("code"),
        &["007 | 0 | 1", "7 | 0 | 0"],
    );
    let result = evaluate("", &[("t", table)], &Query::new(["sum(tiny) = 0.000032"])).unwrap();
    assert_eq!(show(&result), " | Boolean(true)\n");
}

#[test]
fn groups_are_sorted_with_blank_first() {
    let table = "k,x\nb,1\n,2\nB,3\né,4\n10,5\n9,6\n";
    let expected = ["(blank) | 2", "10 | 5", "9 | 6", "B | 3", "b | 1", "é | 4"];
    check("by code point", &[("t", table)], "", &Query::new(["sum(x)"]).by("k"), &expected);
}

#[test]
fn fiscal_years() {
    let table = "day,x\n2026-03-30,1\n2026-03-31,2\n2026-04-01,4\n2026-04-06,8\n";
    let definitions = "calendar { year starts april }";
    let kpis = ["sum(x)", "sum(x)[year to date]"];
    check(
        "by quarter",
        &[("t", table)],
        definitions,
        &Query::new(kpis).by("quarter"),
        &["2025/26-Q4 | 3 | 3", "2026/27-Q1 | 12 | 12"],
    );
    check(
        "by month",
        &[("t", table)],
        definitions,
        &Query::new(kpis).by("month"),
        &["2026-03 | 3 | 3", "2026-04 | 12 | 12"],
    );
    // The Thursday of 2026-W14 is 2 April, so it is the first week of 2026/27.
    check(
        "a week belongs to the year of its Thursday",
        &[("t", table)],
        definitions,
        &Query::new(kpis).by("week"),
        &["2026-W14 | 7 | 7", "2026-W15 | 8 | 15"],
    );
}
