//! Tests which rows a result shows: `having`, `top`, `subtotals`, `skip_empty`. Every value is worked out by hand.

use yardstick::Query;

use super::check;

const T: &str = "\
day,k,c,n
2026-01-02,a,u1,50
2026-01-03,a,u2,10
2026-01-05,b,u1,30
2026-02-05,b,u3,7
2026-02-05,c,u1,15
2026-02-06,c,u3,5
2026-02-07,d,u1,5
2026-02-08,,u4,2
2026-02-09,,u5,1
";

const TABLES: &[(&str, &str)] = &[("t", T)];

const KPIS: [&str; 6] =
    ["n", "n / count(t)", "median(t.n)", "count(distinct c)", "n / n[all k]", "count(n each c having count(t) >= 2)"];

fn of(kpis: &[&str]) -> Query {
    Query::new(kpis.iter().copied())
}

#[test]
fn a_condition_keeps_groups_and_the_total_covers_their_rows() {
    let expected =
        ["a | 60 | 30 | 30 | 2 | 0.48 | 0", "c | 20 | 10 | 10 | 2 | 0.16 | 0", "total | 80 | 20 | 12.5 | 3 | 1 | 1"];
    let query = of(&KPIS).by("k").totals(true);
    check("two groups", TABLES, "", &query.clone().having("n >= 20 and n / count(t) != 18.5"), &expected);
    let blank = ["(blank) | 3", "total | 3"];
    check("the blank key", TABLES, "", &of(&["n"]).by("k").totals(true).having("n < 5"), &blank);
    check("no total", TABLES, "", &of(&["n"]).by("k").having("n < 5"), &["(blank) | 3"]);
    check("an undefined condition does not hold", TABLES, "", &of(&["n"]).by("k").having("n / 0 > 1"), &[]);
}

#[test]
fn with_periods_the_total_covers_the_remaining_periods_of_each_key() {
    let query = of(&["n", "count(distinct c)"]).by("month").by("k").totals(true).having("n > 6 and n < 40");
    let expected = ["2026-01 b | 30 | 1", "2026-02 b | 7 | 1", "2026-02 c | 20 | 2", "total | 57 | 2"];
    check("by month", TABLES, "", &query, &expected);
    let expected = ["2026-02 | 35 | 4", "total | 35 | 4"];
    check("a month", TABLES, "", &of(&["n", "count(distinct c)"]).by("month").totals(true).having("n < 40"), &expected);
}

#[test]
fn periods_without_a_value_are_left_out() {
    let expected = ["2026-01-02 | 50", "2026-01-03 | 10", "2026-01-05 | 30", "total | 90"];
    let query = of(&["n"]).by("day").period("2026-01").totals(true).skip_empty(true);
    check("days with rows", TABLES, "", &query, &expected);
}

#[test]
fn a_wrong_condition_is_an_error() {
    let fails = |query: Query, message: &str| check("a wrong condition", TABLES, "", &query, &[message]);
    fails(of(&["n"]).having("n > 3"), "error[bad-query]: a condition on groups needs groups, but the query has none");
    fails(of(&["n"]).by("k").having("n"), "error[type-mismatch]: expected a condition on groups, found a number");
    fails(of(&["n"]).by("k").having("count(t)"), "error[type-mismatch]: expected a condition, found a count");
    fails(of(&["n"]).by("k").having("nn > 3"), "error[unknown-column]: the data have no column `nn`");
}

#[test]
fn an_untrusted_query_has_no_condition_on_groups() {
    let json = r#"{"kpis": ["m"], "by": ["k"], "having": "m > 20", "skip_empty": true}"#;
    let query: Query = serde_json::from_str(json).expect("it is a query");
    let message = "error[bad-query]: formulas are not allowed in this query, found the condition `m > 20`";
    check("untrusted", TABLES, "m = sum(t.n)", &query, &[message]);
    check("trusted", TABLES, "m = sum(t.n)", &query.trusted(), &["a | 60", "b | 37"]);
}

#[test]
fn others_are_computed_from_their_rows() {
    let expected = [
        "a | 60 | 30 | 30 | 2 | 0.48 | 0",
        "b | 37 | 18.5 | 18.5 | 2 | 0.296 | 0",
        "others | 28 | 5.6 | 5 | 4 | 0.224 | 1",
        "total | 125 | ~13.8889 | 7 | 5 | 1 | 2",
    ];
    let query = of(&KPIS).by("k").totals(true);
    check("two keys", TABLES, "", &query.clone().top(2), &expected);
    // By the number of customers, c is the third of four with two.
    let expected = ["(blank) | 3", "others | 122"];
    check("by another KPI", TABLES, "", &of(&["n"]).by("k").top_by(1, "count(distinct c)"), &expected);
    check(
        "all keys",
        TABLES,
        "",
        &of(&["n"]).by("k").filter_formula("k in (\"a\", \"d\")").top(2),
        &["a | 60", "d | 5"],
    );
}

#[test]
fn the_keys_are_chosen_once_and_each_period_has_its_others() {
    let query = of(&["n", "count(distinct c)[previous]"]).by("month").by("k").totals(true).top(1);
    let expected = [
        "2026-01 a | 60 | OutsideData",
        "2026-01 others | 30 | OutsideData",
        "2026-02 a | NoRows | 2",
        "2026-02 others | 35 | 1",
        "total | 125 | NoPeriod",
    ];
    check("by month", TABLES, "", &query, &expected);
}

#[test]
fn keys_after_each_are_those_of_the_rows_of_others() {
    let expected = ["a | 60 | 1 | 60", "others | 65 | 3 | 37"];
    check("each key", TABLES, "", &of(&["n", "count(n each k)", "max(n each k)"]).by("k").top(1), &expected);
}

#[test]
fn subtotals_are_computed_from_their_rows() {
    let expected = [
        "a u1 | 50 | 50 | 1",
        "a u2 | 10 | 10 | 1",
        "a (blank) | 60 | 30 | 2",
        "d u1 | 5 | 5 | 1",
        "d (blank) | 5 | 5 | 1",
        "total | 65 | 10 | 2",
    ];
    let query = of(&["n", "median(t.n)", "count(distinct c)"]).filter_formula("k in (\"a\", \"d\")").by("k").by("c");
    check("by key", TABLES, "", &query.clone().totals(true).subtotals("k"), &expected);
    let query = query.by("month").subtotals("month").subtotals("k").filter_formula("k = \"d\"");
    let expected = ["2026-02 d u1 | 5 | 5 | 1", "2026-02 d (blank) | 5 | 5 | 1", "2026-02 (blank) (blank) | 5 | 5 | 1"];
    check("by month and key", TABLES, "", &query, &expected);
}

#[test]
fn rows_that_cannot_be_added_are_errors() {
    let fails = |query: Query, message: &str| check("a wrong query", TABLES, "", &query, &[message]);
    let n = || of(&["n"]);
    fails(n().top(1), "error[bad-query]: `--top` chooses keys of a column, but the query groups by none");
    fails(n().by("k").top(0), "error[bad-query]: expected at least one group to keep, found `--top 0`");
    fails(
        of(&["n[previous]"]).by("month").by("k").top(1),
        "error[bad-query]: `--top` cannot compare the groups by `n[previous]`",
    );
    fails(
        n().by("k").subtotals("k"),
        "error[bad-query]: `k` is the last group column: its subtotals are the groups themselves",
    );
    fails(
        n().by("k").by("c").subtotals("m"),
        "error[bad-query]: the query does not group by `m`, so it has no subtotals by it",
    );
    fails(n().by("k").top(1).having("n > 1"), "error[bad-query]: `--having` and `--top` cannot be combined");
}

#[test]
fn periods_are_counted_from_the_last_one_with_rows() {
    let query = of(&["n", "n[previous]"]);
    check("a tile", TABLES, "", &query.clone().period("last 1 month"), &[" | 35 | 90"]);
    check("by month", TABLES, "", &query.clone().by("month").period("latest"), &["2026-02 | 35 | 90"]);
    let days = ["2026-02-08 | 2 | 5", "2026-02-09 | 1 | 2"];
    check("two days", TABLES, "", &query.clone().by("day").period("Last 2 days"), &days);
    let january = query.clone().by("month").period("latest").filter_formula("k = \"a\"");
    check("the rows that count", TABLES, "", &january, &["2026-01 | 60 | OutsideData"]);
    // The week of March that has April days too is one of March.
    let weekly = [("t", "day,n\n2026-03-16,1\n2026-03-23,2\n2026-03-30,4\n")];
    let sum = Query::new(["sum(t.n)"]).by("month");
    check("weekly rows", &weekly, "", &sum.clone().period("latest"), &["2026-03 | 7"]);
    check(
        "weeks",
        &weekly,
        "",
        &Query::new(["sum(t.n)"]).by("week").period("last 2 weeks"),
        &["2026-W13 | 2", "2026-W14 | 4"],
    );
    check("a tile of weekly rows", &weekly, "", &Query::new(["sum(t.n)"]).period("last month"), &[" | 7"]);
    check("two months", &weekly, "", &sum.period("last 2 months"), &["2026-02 | NoRows", "2026-03 | 7"]);
    check(
        "no grain",
        TABLES,
        "",
        &query.clone().period("latest"),
        &["error[bad-query]: the period `latest` needs a grain"],
    );
    let none = query.period("last 2 years").filter_formula("n > 1000");
    check(
        "no rows",
        TABLES,
        "",
        &none,
        &["error[bad-query]: the period `last 2 years` is counted from the end of the data"],
    );
}
