//! Tests rows that hold over an interval: which of them are in force in a period, and lookups of the row in force.

use yardstick::output::{Language, Locale, derivation};
use yardstick::{Flag, Query};

use super::check;
use crate::engine::{evaluate, show};

const SUBS: &str = "\
customer,plan,amount,start,end
ann,basic,10,2026-01-05,2026-02-15
bob,pro,20,2026-01-20,
ann,pro,30,2026-02-15,2026-03-01
cyd,basic,5,2026-02-03,2026-02-10
dan,basic,7,2026-03-04,2026-03-31
";

const UNTIL: &str = "dataset subs { valid from start until end }\nmrr = sum(amount)";

#[track_caller]
fn subs(about: &str, query: &Query, expected: &[&str]) {
    check(about, &[("subs", SUBS)], UNTIL, query, expected);
}

fn by_month<const N: usize>(formulas: [&str; N]) -> Query {
    Query::new(formulas).by("month")
}

#[test]
fn aggregates_take_the_rows_in_force_at_the_end_of_the_period() {
    // 31 January: ann 10, bob 20. 28 February: bob 20, ann 30, which ends before 1 March. 31 March: bob; dan ended that day.
    let formulas = ["sum(amount)", "count(subs)", "avg(amount)", "min(amount)", "max(amount)", "median(amount)"];
    subs(
        "stocks",
        &by_month(formulas).totals(true),
        &[
            "2026-01 | 30 | 2 | 15 | 10 | 20 | 15",
            "2026-02 | 50 | 2 | 25 | 20 | 30 | 25",
            "2026-03 | 20 | 1 | 20 | 20 | 20 | 20",
            "total | 20 | 1 | 20 | 20 | 20 | 20",
        ],
    );
    let formulas = ["only(amount)", "only(plan)", "count(distinct customer)", "sum(amount where plan = \"pro\")"];
    subs(
        "and others",
        &by_month(formulas),
        &[
            "2026-01 | ManyRows | ManyRows | 2 | 20",
            "2026-02 | ManyRows | ManyRows | 2 | 50",
            "2026-03 | 20 | Text(\"pro\") | 1 | 20",
        ],
    );
}

#[test]
fn first_takes_the_rows_in_force_before_the_period() {
    let formulas = ["first(amount)", "last(amount)", "last(amount)[previous]", "first(plan)"];
    subs(
        "the opening stock is the last closing stock",
        &by_month(formulas).totals(true),
        &[
            "2026-01 | OutsideData | 30 | OutsideData | OutsideData",
            "2026-02 | 30 | 50 | 30 | ManyRows",
            "2026-03 | 50 | 20 | 50 | ManyRows",
            "total | OutsideData | 20 | NoPeriod | OutsideData",
        ],
    );
    let query = Query::new(["first(amount)", "last(amount)"]).period("2026-02..2026-03");
    subs("of a range", &query, &[" | 30 | 20"]);
    subs("without a period there is nothing before it", &Query::new(["first(amount)"]), &["error[bad-context]"]);
}

#[test]
fn during_takes_the_rows_in_force_at_any_time() {
    let formulas =
        ["count(distinct customer during)", "sum(amount during)", "max(amount during where plan = \"basic\")"];
    subs(
        "of each month, each row once",
        &by_month(formulas).totals(true),
        &[
            "2026-01 | 2 | 30 | 10",
            // ann twice, bob, cyd.
            "2026-02 | 3 | 65 | 10",
            // bob, dan: the end of ann is the start of the month.
            "2026-03 | 2 | 27 | 7",
            "total | 4 | 72 | 10",
        ],
    );
    let query = Query::new(["count(subs during)[last 2 months]", "count(subs during)"]).by("month");
    subs("of a window", &query, &["2026-01 | 2 | 2", "2026-02 | 4 | 4", "2026-03 | 5 | 2"]);
}

#[test]
fn contexts_and_periods() {
    let formulas = ["mrr[last 3 months]", "mrr[year to date]", "mrr[to date]", "mrr[all time]", "mrr[1 month ago]"];
    // The data end on 4 March, when dan starts: bob and dan.
    subs(
        "the state at the end of each window",
        &by_month(formulas),
        &[
            "2026-01 | 30 | 30 | 30 | 27 | OutsideData",
            "2026-02 | 50 | 50 | 50 | 27 | 30",
            "2026-03 | 20 | 20 | 20 | 27 | 50",
        ],
    );
    subs("without a period, the end of the data", &Query::new(["mrr", "count(subs during)"]), &[" | 27 | 5"]);
    let query = by_month(["mrr"]).period("2026-02..2026-05");
    subs("a later period", &query, &["2026-02 | 50", "2026-03 | 20", "2026-04 | 20", "2026-05 | 20"]);
    subs("a day", &Query::new(["mrr"]).period("2026-02-14"), &[" | 30"]);
    subs("a cut month", &by_month(["mrr"]).period("2026-02-01..2026-02-09"), &["2026-02 | 35"]);
}

#[test]
fn groups_are_those_with_rows_in_force() {
    let query = by_month(["mrr", "mrr[previous]"]).by("plan");
    subs(
        "at the end of a period that a KPI reads",
        &query,
        &[
            "2026-01 basic | 10 | OutsideData",
            "2026-01 pro | 20 | OutsideData",
            "2026-02 basic | NoRows | 10",
            "2026-02 pro | 50 | 20",
            "2026-03 pro | 20 | 50",
        ],
    );
    subs("without time", &Query::new(["mrr"]).by("plan"), &["basic | 7", "pro | 20"]);
    subs(
        "with a condition of the query",
        &by_month(["mrr"]).filter_formula("plan = \"basic\""),
        &["2026-01 | 10", "2026-02 | NoRows", "2026-03 | NoRows"],
    );
    subs(
        "a condition of the aggregate",
        &by_month(["sum(amount where plan = \"basic\")"]),
        &["2026-01 | 10", "2026-02 | 0", "2026-03 | 0"],
    );
}

#[test]
fn other_dates_and_groups_of_rows() {
    let formulas = ["count(subs on start)", "sum(amount on end)"];
    // The starts and the ends are dates like others.
    subs(
        "`on` counts by a date",
        &by_month(formulas),
        &["2026-01 | 2 | NoRows", "2026-02 | 2 | 15", "2026-03 | 1 | 37"],
    );
    let retained = "sum(mrr ?? 0 each customer having mrr[previous] > 0) / mrr[previous]";
    let formulas = [retained, "count(mrr each customer)", "avg(mrr each day)"];
    subs(
        "`each` aggregates stocks",
        &by_month(formulas).period("2026-02..2026-03"),
        &[
            // Of ann and bob, ann 30 and bob 20; of the same in February, bob 20. By day 30 twice, 35 seven times, 30 five
            // times and 50 fourteen times; then 20, with dan 27 from the 4th to the 30th.
            "2026-02 | ~1.6667 | 2 | 41.25",
            "2026-03 | 0.4 | 1 | ~26.0968",
        ],
    );
}

#[test]
fn ends_are_inclusive_or_exclusive() {
    let table = "\
x,start,end
1,2026-01-31,2026-01-31
2,2026-01-30,2026-01-31
4,2026-01-31,2026-02-01
8,,2026-02-01
16,2026-02-28,
";
    let at = |word: &str| format!("dataset t {{ valid from start {word} end }}");
    let query = Query::new(["sum(x)", "count(x during)"]).by("day").period("2026-01-30..2026-02-01");
    check(
        "until is exclusive",
        &[("t", table)],
        &at("until"),
        &query,
        &["2026-01-30 | 2 | 1", "2026-01-31 | 4 | 1", "2026-02-01 | NoRows | NoRows"],
    );
    check(
        "through is inclusive",
        &[("t", table)],
        &at("through"),
        &query,
        &["2026-01-30 | 2 | 1", "2026-01-31 | 7 | 3", "2026-02-01 | 4 | 1"],
    );
    let result = evaluate(&at("until"), &[("t", table)], &Query::new(["sum(x)"])).expect("it evaluates");
    let notes: Vec<&str> = result.notes.iter().map(|note| &*note.message).collect();
    assert_eq!(
        notes,
        ["1 row of `t` has no time and is ignored", "1 row of `t` ends when it starts, so it is never in force",]
    );
}

#[test]
fn times_of_day_decide_exactly() {
    let table = "\
x,start,end
1,2026-01-01T10:00,2026-01-01T12:00
2,2026-01-01T11:59:59,2026-01-02T00:00
4,2026-01-01T12:00,2026-01-02T00:00:00.5
8,2026-01-02T00:00,
";
    let definitions = "dataset t { valid from start until end }";
    let query = Query::new(["sum(x)", "sum(x during)"]).by("hour").period("2026-01-01T10..2026-01-01T12");
    check(
        "by hour",
        &[("t", table)],
        definitions,
        &query,
        &[
            "2026-01-01T10 | 1 | 1",
            // 1 is in force up to 12:00, which is after the last instant of the hour.
            "2026-01-01T11 | 3 | 3",
            "2026-01-01T12 | 6 | 6",
        ],
    );
    let query = Query::new(["sum(x)", "first(x)", "sum(x during)"]).by("day");
    check(
        "by day",
        &[("t", table)],
        definitions,
        &query,
        &["2026-01-01 | 6 | OutsideData | 7", "2026-01-02 | 8 | 6 | 12"],
    );
    let zones = "x,start,end\n1,2026-03-28T23:30+01:00,2026-03-29T00:10+01:00\n2,2026-10-25T02:50+02:00,2026-10-25T02:10+01:00\n";
    let query = Query::new(["sum(x)", "sum(x during)"]).by("month");
    check(
        "clocks that are set back",
        &[("t", zones)],
        definitions,
        &query.clone().period("2026-10"),
        &["2026-10 | NoRows | 2"],
    );
    check(
        "a row over midnight",
        &[("t", zones)],
        definitions,
        &Query::new(["sum(x)"]).by("day").period("2026-03-28"),
        &["2026-03-28 | 1"],
    );
}

#[test]
fn columns_of_periods() {
    let table = "x,start,end\n1,2026-01,2026-03\n2,2026-02,2026-02\n4,2026-03,\n";
    let query = by_month(["sum(x)"]);
    let until = "dataset t { valid from start until end }";
    check(
        "until the start of the month",
        &[("t", table)],
        until,
        &query,
        &["2026-01 | 1", "2026-02 | 1", "2026-03 | 4"],
    );
    let through = "dataset t { valid from start through end }";
    check("through its end", &[("t", table)], through, &query, &["2026-01 | 1", "2026-02 | 3", "2026-03 | 5"]);
    let query = Query::new(["sum(x)"]).by("day").period("2026-02-28..2026-03-01");
    check("and by day", &[("t", table)], through, &query, &["2026-02-28 | 3", "2026-03-01 | 5"]);
}

#[test]
fn a_row_that_ends_before_it_starts_is_an_error() {
    let table = "x,start,end\n1,2026-01-05,2026-01-06\n2,2026-01-09,2026-01-08\n4,2026-01-08,2026-01-07\n";
    let definitions = "dataset t { valid from start until end }\nnew = count(t on start)\nmrr = sum(x)";
    let found = evaluate(definitions, &[("t", table)], &Query::new(["mrr"])).expect_err("a row is reversed");
    assert!(found.contains("a row of `t` ends before its start, `2026-01-09`"), "{found}");
    assert!(found.contains("t:2, column `end`"), "{found}");
    check("other dates count", &[("t", table)], definitions, &Query::new(["new"]), &[" | 3"]);
}

const PRICES: &str = "\
product,price,note,from,to
A,2,x,2026-01-01,2026-01-10
A,3,x,2026-01-10,2026-02-01
A,4,y,2026-03-01,
B,9,z,2026-01-05,2026-01-05
";
const ORDERS: &str = "\
day,product,pieces
2025-12-31,A,1
2026-01-09,A,10
2026-01-10,A,100
2026-02-15,A,1000
2026-05-01,A,10000
2026-01-05,B,100000
";

#[test]
fn lookups_find_the_row_in_force() {
    let definitions = "\
dataset orders { time day  lookup prices on product as of day }
dataset prices { valid from from until to }
value = sum(orders.pieces * prices.price)
priced = sum(orders.pieces where is_defined(prices.price))";
    let tables = [("orders", ORDERS), ("prices", PRICES)];
    // 10 * 2 + 100 * 3 + 10000 * 4; none before January, in February, and of B.
    check("the row in force", &tables, definitions, &Query::new(["value", "priced"]), &[" | 40320 | 10110"]);
    let through = definitions.replace("until", "through");
    let table = PRICES.replace("A,3,x,2026-01-10,", "A,3,x,2026-01-11,");
    let tables = [("orders", ORDERS), ("prices", &*table)];
    // The first price holds on the 10th, B on the 5th.
    let query = Query::new(["value", "priced"]);
    check("through its last day", &tables, &through, &query, &[" | 940220 | 110110"]);
}

#[test]
fn two_rows_in_force_are_an_error_where_they_differ() {
    let definitions = "\
dataset orders { time day  lookup prices on product as of day }
dataset prices { valid from from until to }";
    let table = PRICES.replace("A,3,x,2026-01-10", "A,3,x,2026-01-09");
    let tables = [("orders", ORDERS), ("prices", &*table)];
    let found = evaluate(definitions, &tables, &Query::new(["sum(orders.pieces * prices.price)"]));
    let found = found.expect_err("two prices are in force on the 9th");
    assert!(found.contains("two rows of `prices` with the same keys are in force at the same time"), "{found}");
    assert!(found.contains("first at prices:1") && found.contains("--> prices:2"), "{found}");
    let query = Query::new(["count(orders where prices.note = \"x\")"]);
    check("the column that is read is the same", &tables, definitions, &query, &[" | 2"]);
    let query = Query::new(["sum(orders.pieces * prices.price)"]).filter_formula("day != 2026-01-09");
    let result = evaluate(definitions, &tables, &query).map(|result| show(&result));
    assert!(result.is_err(), "rows that `--where` leaves out look up too: {result:?}");
}

#[test]
fn lookups_of_times_of_day_are_exact() {
    let prices = "product,price,from,to\nA,2,2026-01-01T00:00,2026-01-10T12:00\nA,3,2026-01-10T12:00,\n";
    let orders = "at,product\n2026-01-10T11:59,A\n2026-01-10T12:00,A\n2026-01-10T00:30,A\n";
    let definitions = "\
dataset orders { time at  lookup prices on product as of at }
dataset prices { valid from from until to }";
    let tables = [("orders", orders), ("prices", prices)];
    let query = Query::new(["count(orders where prices.price = 3)", "count(orders where prices.price = 2)"]);
    check("at the boundary", &tables, definitions, &query, &[" | 1 | 2"]);
    // A day is its last instant.
    let days = "at,product\n2026-01-10,A\n2026-01-09,A\n";
    check("a day", &[("orders", days), ("prices", prices)], definitions, &query, &[" | 1 | 1"]);
}

#[test]
fn rows_in_force_look_up_and_are_looked_up() {
    let definitions = "\
dataset subs { valid from start until end  lookup plans on plan = name }
dataset plans
weighted = sum(subs.amount * plans.weight)";
    let tables = [("subs", SUBS), ("plans", "name,weight\nbasic,1\npro,10\n")];
    check(
        "columns of another table",
        &tables,
        definitions,
        &by_month(["weighted"]),
        &["2026-01 | 210", "2026-02 | 500", "2026-03 | 200"],
    );
}

#[test]
fn explanations_name_the_time() {
    let query = by_month(["sum(amount)", "count(distinct customer during)", "first(amount)"]);
    let result = evaluate(UNTIL, &[("subs", SUBS)], &query).expect("it evaluates");
    let explained = |kpi: usize, group: usize, language: Language| {
        let explanation = result.explain_at(kpi, group).expect("it is explained");
        derivation(&explanation, &result.plan.library, &Locale::new(language))
    };
    for (kpi, group, language, expected) in [
        (0, 1, Language::English, "sum(amount): 2 rows of subs, in force at the end of 2026-02-28"),
        (0, 1, Language::French, "2 lignes de subs, en vigueur à la fin du 28 février 2026"),
        (1, 1, Language::English, "4 rows of subs, in force at any time, 2026-02-01 to 2026-02-28"),
        (1, 1, Language::French, "4 lignes de subs, en vigueur à un moment quelconque, du 1er au 28 février 2026"),
        (2, 1, Language::English, "first(amount): 2 rows of subs, in force at the end of 2026-01-31"),
    ] {
        let text = explained(kpi, group, language).replace('\u{a0}', " ");
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn periods_after_the_last_start_are_incomplete() {
    let query = by_month(["sum(amount)", "first(amount)"]).period("2026-02..2026-04");
    let result = evaluate(UNTIL, &[("subs", SUBS)], &query).expect("it evaluates");
    let is_partial = |kpi: usize, group: usize| result.outcome(kpi, group).flags.contains(&Flag::Partial);
    // The last start is on 4 March.
    assert_eq!([0, 1, 2].map(|group| is_partial(0, group)), [false, true, true]);
    assert_eq!([0, 1, 2].map(|group| is_partial(1, group)), [false, false, true]);
}

#[test]
fn hostile_intervals_stay_within_limits() {
    use std::sync::Arc;
    use yardstick::{Embedded, Library, Limits, Table};
    // Every row has keys of its own, starts on another day and never ends.
    let text: String = (0..3_000).map(|row| format!("{row},{:04}-{:02}-01,\n", 1 + row * 3, 1 + row % 12)).collect();
    let text = format!("x,start,end\n{text}");
    let table = Table::from_csv("t", &text, &Default::default()).expect("a table");
    let library =
        Library::from_text("dataset t { valid from start until end }\na = count(distinct x)").expect("it compiles");
    let source = Embedded::new(vec![Arc::new(table)]);
    let query = Query::new(["a"]).by("month").by("x");
    // The last row starts in December 8998, after 8998 * 12 months.
    let limited = library.evaluate(&query, &source, &Limits::default().groups(10_000));
    assert!(limited.expect_err("there are too many groups").to_string().contains("107976 periods by month"));
    let memory = library.evaluate(&Query::new(["a"]).by("week"), &source, &Limits::default().memory(1 << 20));
    assert!(memory.expect_err("it takes more memory").to_string().contains("memory limit"));
}

#[test]
fn nothing_is_in_force_so_far_in_a_period_that_begins_after_the_data() {
    // The last start is on 4 March. On 4 February ann, bob and cyd were in force; from April on there is nothing so far.
    let query = by_month(["mrr", "mrr[1 months ago]", "mrr[1 months ago, so far]"]).period("2026-02..2026-05");
    let expected = [
        "2026-02 | 50 | 30 | 30",
        "2026-03 | 20 | 50 | 35",
        "2026-04 | 20 | 20 | OutsideData",
        "2026-05 | 20 | 20 | OutsideData",
    ];
    subs("by month", &query, &expected);
}

#[test]
fn inner_days_reach_the_end_of_the_result() {
    // 10 from 5 January until 15 February, 20 from 20 January on, 5 from 3 to 9 February.
    let subs =
        "customer,amount,start,end\nann,10,2026-01-05,2026-02-15\nbob,20,2026-01-20,\ncyd,5,2026-02-03,2026-02-10\n";
    let definitions = "dataset subs { valid from start until end }\nx = sum(subs.amount)";
    let tables = [("subs", subs)];
    let query = Query::new(["avg(x each day)", "count(x each day)"]).by("month").totals(true);
    // (27 * 10 + 12 * 20) / 27, (14 * 10 + 28 * 20 + 7 * 5) / 28, and all 55 days.
    let expected = ["2026-01 | ~18.8889 | 27", "2026-02 | 26.25 | 28", "total | ~22.6364 | 55"];
    check("without a period", &tables, definitions, &query, &expected);
    check("with one", &tables, definitions, &query.clone().period("2026-01..2026-02"), &expected);
    let hours = Query::new(["avg(x each hour)"]).by("month").period("2026-02");
    check("by hour", &tables, definitions, &hours, &["2026-02 | 26.25"]);
    check(
        "by hour, alone",
        &tables,
        definitions,
        &Query::new(["avg(avg(x each hour) each day)"]).by("month"),
        &["2026-01 | ~18.8889", "2026-02 | 26.25"],
    );
}

#[test]
fn open_ends_are_no_news() {
    let subs = "id,start,end\n1,2026-01-05,2026-02-15\n2,2026-01-20,\n";
    let definitions = "dataset subs { valid from start until end }";
    let query = Query::new(["count(subs on end)", "count(subs on start)"]).by("month");
    let found = evaluate(definitions, &[("subs", subs)], &query).unwrap();
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    // A blank date in another column is reported.
    let found = evaluate("dataset subs { time start }", &[("subs", subs)], &query).unwrap();
    assert_eq!(found.notes[0].message, "1 row of `subs` has no time and is ignored");
}
