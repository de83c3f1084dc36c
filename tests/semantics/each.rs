//! Tests aggregates over inner groups: `sum(x each customer)`.

use std::sync::Arc;

use proptest::prelude::*;
use yardstick::{Embedded, Library, Limits, Query, Table};

use super::check;
use crate::engine::{evaluate, show};

/// In March, one row has no customer.
const T: &str = "\
day,k,c,x
2026-01-01,ann,web,10
2026-01-01,bob,web,20
2026-01-03,ann,mail,5
2026-01-04,cyd,web,7
2026-02-01,ann,web,11
2026-02-02,dan,mail,3
2026-02-02,bob,mail,4
2026-03-05,ann,web,1
2026-03-05,,web,100
";

const TABLES: &[(&str, &str)] = &[("t", T)];

fn of(kpis: &[&str]) -> Query {
    Query::new(kpis.iter().copied())
}

#[test]
fn periods_inside_a_period_include_silent_ones_between_the_first_and_the_last_row() {
    // The data ends on 5 March.
    let kpis =
        ["avg(x ?? 0 each day)", "avg(x each day)", "count(x each day)", "max(x each day)", "median(x ?? 0 each day)"];
    let expected = [
        "2026-01 | ~1.3548 | 14 | 3 | 30 | 0",
        "2026-02 | ~0.6429 | 9 | 2 | 11 | 0",
        "2026-03 | 20.2 | 101 | 1 | 101 | 0",
        "total | 2.5156 | ~26.8333 | 6 | 101 | 0",
    ];
    check("by month", TABLES, "", &of(&kpis).by("month").totals(true), &expected);
    check("without groups", TABLES, "", &of(&kpis), &[" | 2.5156 | ~26.8333 | 6 | 101 | 0"]);
    // Each channel has all 64 days.
    let expected = ["mail | 0.1875 | 6", "web | 2.3281 | 37.25"];
    check("by channel", TABLES, "", &of(&kpis[..2]).by("c"), &expected);
}

#[test]
fn columns_make_groups_where_the_formula_has_rows() {
    let kpis = ["count(x each k)", "sum(x each k)", "max(x each c)", "sum(count(t) each k, c)", "count(x each k, day)"];
    let expected = [
        "2026-01 | 3 | 42 | 37 | 4 | 4",
        "2026-02 | 3 | 18 | 11 | 3 | 3",
        "2026-03 | 1 | 1 | 101 | 1 | 1",
        "total | 4 | 61 | 149 | 8 | 8",
    ];
    check("rows without a key are left out", TABLES, "", &of(&kpis).by("month").totals(true), &expected);
}

#[test]
fn who_has_left_is_still_there() {
    let definitions = "kept = sum(x ?? 0 each k having x[previous] > 0)\n\
                       stayed = count(x each k having x[previous] > 0)\n\
                       left = count(x[previous] each k having not is_defined(x))\n\
                       new = count(x each k having x[to date] = x)";
    let expected = ["2026-01 | NoRows | NoRows | NoRows | 3", "2026-02 | 15 | 2 | 1 | 1", "2026-03 | 1 | 1 | 2 | 0"];
    check("by month", TABLES, definitions, &of(&["kept", "stayed", "left", "new"]).by("month"), &expected);
    let query = of(&["kept", "stayed", "left", "new"]).period("2026-02");
    check("one month", TABLES, definitions, &query, &[" | 15 | 2 | 1 | 1"]);
    // In March, nobody buys by mail; two customers did in February.
    let expected = [
        "2026-01 mail | NoRows",
        "2026-01 web | NoRows",
        "2026-02 mail | 1",
        "2026-02 web | 2",
        "2026-03 mail | 2",
        "2026-03 web | 0",
    ];
    let query = of(&["left"]).by("month").by("c");
    check("by channel: bob and cyd left the web, ann left mail", TABLES, definitions, &query, &expected);
}

#[test]
fn contexts_around_apply_to_the_whole() {
    let kpis = [
        "avg(x ?? 0 each day)[previous]",
        "sum(x each day)[last 2 months]",
        "count(x each k)[last 2 months]",
        "count(x each k)[c = \"web\"]",
        "count(x each k)[all time]",
    ];
    let expected = [
        "2026-01 | NoRows | 42 | 3 | 3 | 4",
        "2026-02 | ~1.3548 | 60 | 4 | 1 | 4",
        "2026-03 | ~0.6429 | 119 | 3 | 1 | 4",
    ];
    check("by month", TABLES, "", &of(&kpis).by("month"), &expected);
    let kpis = ["max(x each c)", "max(x each c)[all c]", "max(x each c)[all]", "count(x each k)[all c]"];
    let expected = ["mail | 12 | 149 | 149 | 4", "web | 149 | 149 | 149 | 4"];
    check("without a column", TABLES, "", &of(&kpis).by("c"), &expected);
}

#[test]
fn contexts_inside_apply_to_the_inner_groups() {
    // The day before within the same month, and the month before.
    let kpis =
        ["count(x each day having is_defined(x[previous]))", "sum(x[previous] each k)", "max(x / x[all k] each k)"];
    let expected = ["2026-01 | 1 | NoRows | ~0.4762", "2026-02 | 1 | 42 | ~0.6111", "2026-03 | 0 | 18 | ~0.0099"];
    check("by month", TABLES, "", &of(&kpis).by("month"), &expected);
}

#[test]
fn last_rows_are_those_of_the_group_around() {
    let table = "day,k,x\n2026-01-10,a,1\n2026-01-31,b,2\n2026-01-31,c,4\n2026-02-01,a,8\n2026-02-27,c,16\n";
    let kpis =
        ["last(x)", "sum(last(x) each k)", "sum(last(x by k) each k)", "sum(last(x) each day)", "sum(first(x) each k)"];
    let expected = ["2026-01 | 6 | 6 | 7 | 7 | 1", "2026-02 | 16 | 16 | 24 | 24 | 8"];
    check("by month", &[("t", table)], "", &of(&kpis).by("month"), &expected);
}

#[test]
fn aggregates_over_groups_can_be_nested() {
    let kpis = [
        "max(avg(x each day) each c)",
        "avg(count(x each k) each month)",
        "sum(max(sum(x each day) each k) each month)",
    ];
    // The largest customers of the months: 20 of bob, 11 of ann, 1 of ann.
    check("two levels and three", TABLES, "", &of(&kpis), &[" | 37.25 | ~2.3333 | 32"]);
}

#[test]
fn keys_are_names_in_the_formula_and_the_condition() {
    let kpis = ["sum(if c = \"web\" then x else 0 each c)", "count(x each k having k != \"ann\")"];
    let expected = ["2026-01 | 37 | 2", "2026-02 | 11 | 2", "2026-03 | 101 | 0"];
    check("texts", TABLES, "", &of(&kpis).by("month"), &expected);
    let numbers = "day,n,x\n2026-01-01,2,10\n2026-01-02,10,1\n2026-01-03,2,5\n";
    check("numbers", &[("t", numbers)], "", &of(&["sum(n * x each n)"]), &[" | 40"]);
}

#[test]
fn equal_values_count_once_with_distinct() {
    let kpis = ["count(distinct x each day)", "sum(distinct x each day)"];
    check("days of 7 twice", TABLES, "", &of(&kpis), &[" | 5 | 154"]);
    // 5, 7, 7, 11, 30, 101: a quarter of the way is 1.25 steps.
    check("a quantile", TABLES, "", &of(&["quantile(x, 25% each day)"]), &[" | 7"]);
}

#[test]
fn arguments_of_functions_are_computed_in_the_inner_groups() {
    let definitions = "fn spread(v) = max(v each day) - min(v each day)\nfn by_customer(v) = sum(v each k)";
    let kpis = ["spread(x)", "by_customer(x[previous])", "spread(2 * x)"];
    let expected = ["2026-01 | 25 | NoRows | 50", "2026-02 | 4 | 42 | 8", "2026-03 | 0 | 18 | 0"];
    check("by month", TABLES, definitions, &of(&kpis).by("month"), &expected);
}

#[test]
fn without_values_the_result_is_zero_or_undefined() {
    let kpis = [
        "sum(x each k having x > 1000)",
        "count(x each k having x > 1000)",
        "max(x each k having x > 1000)",
        "avg(x / 0 each k)",
        "count(x / 0 each k)",
    ];
    check("no group is kept", TABLES, "", &of(&kpis), &[" | 0 | 0 | NoRowsKept | DivisionByZero | 0"]);
    let query = of(&kpis[..3]).period("2025-01");
    check("no rows at all", TABLES, "", &query, &[" | NoRows | NoRows | NoRows"]);
}

#[test]
fn the_period_and_the_conditions_of_the_query_select_rows() {
    let query = of(&["sum(x each month)", "count(x each k)", "avg(x ?? 0 each day)"]).period("2026-01-02..2026-01-04");
    check("part of a month", TABLES, "", &query, &[" | 12 | 2 | 4"]);
    // Mail has rows from 3 January to 2 February.
    let query = of(&["sum(x each month)", "avg(x ?? 0 each day)"]).filter_formula("c = \"mail\"");
    check("one channel", TABLES, "", &query, &[" | 12 | ~0.3871"]);
}

#[test]
fn groups_have_the_periods_of_the_result_whatever_data_they_read() {
    // Visits go on for a month after the last sale.
    let tables = [TABLES[0], ("w", "day,c,visits\n2026-04-10,web,5\n")];
    let kpis = ["sum(x[previous] each k)", "sum(x[previous] each k)[c = \"mail\"]", "visits"];
    let expected = [
        "2026-01 | NoRows | NoRows | NoRows",
        "2026-02 | 42 | 5 | NoRows",
        "2026-03 | 18 | 7 | NoRows",
        "2026-04 | 1 | NoRows | 5",
    ];
    check("by month", &tables, "", &of(&kpis).by("month"), &expected);
}

#[test]
fn other_kpis_of_a_query_add_no_groups() {
    // What drops the key has a value in every group, but only the rows of a month make groups.
    let expected = ["2026-01 | 3", "2026-02 | 3", "2026-03 | 1"];
    check("alone", TABLES, "", &of(&["count(x[all k] each k)"]).by("month"), &expected);
    let expected = ["2026-01 | 3 | NoRows", "2026-02 | 3 | 42", "2026-03 | 1 | 18"];
    let query = of(&["count(x[all k] each k)", "sum(x[previous] each k)"]).by("month");
    check("beside last month's customers", TABLES, "", &query, &expected);
}

#[test]
fn all_time_has_no_previous_period() {
    let expected = ["2026-01 | 61", "2026-02 | 61", "2026-03 | 61", "total | 61"];
    let query = of(&["sum(x each k)[all time, previous]"]).by("month").totals(true);
    check("by month", TABLES, "", &query, &expected);
}

#[test]
fn windows_inside_all_time_end_with_the_requested_period() {
    // In February, ann has 11, dan 3 and bob 4.
    let query = of(&["sum(x[last 1 months] each k)[all time]", "sum(x each k)[all time]"]).period("2026-02");
    check("one month", TABLES, "", &query, &[" | 18 | 61"]);
}

#[test]
fn a_window_inside_all_time_is_an_error() {
    let query = of(&["sum(x[last 2 months] each k)[all time]"]).by("month");
    check("by month", TABLES, "", &query, &["error[bad-context]: inside `[all time]`, an `each` has no periods"]);
}

#[test]
fn a_context_that_is_too_fine_for_the_total_is_not_applicable_there() {
    let query = of(&["sum(x[month to date] each k)"]).by("month").period("2026-Q1").totals(true);
    let expected = ["2026-01 | 42", "2026-02 | 18", "2026-03 | 1", "total | NoPeriod"];
    check("a month in a quarter", TABLES, "", &query, &expected);
}

#[test]
fn inner_periods_lie_within_those_of_the_result() {
    let by_month = of(&["avg(x each week)"]).by("month");
    check("weeks in months", TABLES, "", &by_month, &["error[bad-context]: the result is by month, but a week"]);
    check("months in weeks", TABLES, "", &of(&["avg(x each month)"]).by("week"), &["error[bad-context]"]);
    let query = of(&["avg(x each month)[previous]"]).by("day").period("2026-01-02..2026-02-10");
    check("months in days", TABLES, "", &query, &["error[bad-context]"]);
    check("weeks alone", TABLES, "", &of(&["count(x each week)"]), &[" | 4"]);
}

#[test]
fn what_is_wrong_is_said() {
    for (formula, expected) in [
        ("sum(x each k where x > 2)", "error[syntax]: `where` selects rows, but `each` aggregates groups"),
        ("sum(x where c = \"web\" each k)", "error[syntax]: `where` selects rows"),
        ("sum(x each k by c)", "error[syntax]: `by` cannot be used with `each`"),
        ("sum(x each day, month)", "error[bad-arguments]: expected one grain of time after `each`, found two"),
        ("sum(x each k, k)", "error[duplicate]: the key `k` is given twice"),
        ("count(t each k)", "error[unknown-column]: the data have no column `t`"),
        ("sum(x each kk)", "error[unknown-column]: no dataset has a column `kk`"),
        ("round(x each k)", "error[bad-arguments]: `round` is not an aggregate and does not accept `each`"),
        ("last(x each day)", "error[bad-arguments]: `last` chooses rows by their time and does not accept `each`"),
        (
            "sum(sum(sum(sum(x each k) each c) each k) each c)",
            "error[too-large]: aggregates with `each` are more than 3 deep",
        ),
        ("sum(x each k having 3)", "error[type-mismatch]"),
    ] {
        check(formula, TABLES, "", &of(&[formula]), &[expected]);
    }
}

/// A row: the day of the first quarter, two keys, and a number.
type Row = (u32, u8, u8, Option<i8>);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn the_last_values_of_the_keys_add_up_to_the_last_value(
        rows in prop::collection::vec((0_u32..90, 0_u8..3, 0_u8..3, prop::option::weighted(0.8, -9_i8..9)), 0..25),
        context in prop::sample::select(vec!["", "[previous]", "[to date]", "[last 2 months]", "[c != \"c1\"]", "[all c]"]),
        condition in prop::sample::select(vec!["", " where x > 0"]),
        by in prop::sample::select(vec![&["month"][..], &["month", "c"], &["c"], &[]]),
    ) {
        let cell = |(day, k, c, x): &Row| {
            let (month, day) = (day / 30 + 1, day % 28 + 1);
            format!("2026-{month:02}-{day:02},k{k},c{c},{}\n", x.map_or(String::new(), |x| x.to_string()))
        };
        let table = format!("day,k,c,x\n{}", rows.iter().map(cell).collect::<String>());
        let needs_period = !by.contains(&"month") && (context == "[previous]" || context == "[last 2 months]");
        let context = if needs_period { "" } else { context };
        let definitions = format!(
            "dataset t {{ time day  x: number }}\nlast_x = last(x{condition}){context}\nfirst_x = first(x{condition}){context}\n\
             last_sum = sum(last(x{condition}) each k){context}\nfirst_sum = sum(first(x{condition}) each k){context}\n\
             inside = sum(last(x{condition}){context} each k)",
        );
        let query = by.iter().fold(of(&["last_x", "first_x", "last_sum", "first_sum", "inside"]), |query, by| query.by(*by));
        let result = evaluate(&definitions, &[("t", &table)], &query.totals(true)).expect("it evaluates");
        for group in 0..result.groups.len() {
            let value = |kpi: usize| result.value(kpi, group).ok();
            prop_assert_eq!(value(0), value(2), "last, group {} of\n{}", group, &table);
            prop_assert_eq!(value(1), value(3), "first, group {} of\n{}", group, &table);
            // Inside, keys that have rows only under other values of `c` are not there.
            prop_assert!(context == "[all c]" || value(0) == value(4), "a context inside, group {} of\n{}", group, &table);
        }
    }
}

#[test]
fn silent_days_up_to_the_known_end_count() {
    let table = [("t", "day,n\n2026-01-30,5\n2026-02-02,7\n")];
    let query = Query::new(["avg(n ?? 0 each day)", "count(n ?? 0 each day)"]).by("month");
    check("to the last row", &table, "", &query, &["2026-01 | 2.5 | 2", "2026-02 | 3.5 | 2"]);
    let query = query.data_until("2026-02-14");
    check("to the known end", &table, "", &query, &["2026-01 | 2.5 | 2", "2026-02 | 0.5 | 14"]);
    check("of a month", &table, "", &query.period("2026-02"), &["2026-02 | 0.5 | 14"]);
}

#[test]
fn combinations_without_rows_are_not_computed_unless_they_have_a_value() {
    // 60 customers with two orders each, 59 days apart: 120 combinations with rows, of 60 * 120.
    let start = jiff::civil::date(2026, 1, 1);
    let day = |at: i64| start + jiff::Span::new().days(at);
    let rows = (0..60).map(|at| format!("{},c{at},{}\n{},c{at},1\n", day(at), at + 1, day(at + 59)));
    let table = format!("day,customer,n\n{}", rows.collect::<String>());
    let library = Library::from_text("x = sum(t.n)").unwrap();
    let table = Table::from_csv("t", &table, &Default::default()).unwrap();
    let source = Embedded::new(vec![Arc::new(table)]);
    let value = |formula: &str| {
        let query = Query::new([formula]);
        match library.evaluate(&query, &source, &Limits::default().groups(1000)) {
            Ok(result) => show(&result).trim().to_owned(),
            Err(error) => error.diagnostics()[0].message.clone(),
        }
    };
    // Of customer `c0`, both orders have one; the largest of the others are 2 to 60.
    assert_eq!(value("sum(max(x each day) each customer)"), "| 1830");
    assert_eq!(value("sum(count(x each day) each customer)"), "| 120");
    assert_eq!(value("sum(count(x ?? 0 each day) each customer)"), "the result has more than 1000 groups");
}
