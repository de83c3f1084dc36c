//! Tests which groups a result shows: `having`, `skip_empty`. Every value is worked out by hand.

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
    fails(of(&["n"]).having("n > 3"), "error: a condition on groups needs groups, but the query has none");
    fails(of(&["n"]).by("k").having("n"), "error: expected a condition on groups, found a number");
    fails(of(&["n"]).by("k").having("count(t)"), "error: expected a condition, found a plain number");
    fails(of(&["n"]).by("k").having("nn > 3"), "error: the data have no column `nn`");
}

#[test]
fn an_untrusted_query_has_no_condition_on_groups() {
    let json = r#"{"kpis": ["m"], "by": ["k"], "having": "m > 20", "skip_empty": true}"#;
    let query: Query = serde_json::from_str(json).expect("it is a query");
    let message = "error: formulas are not allowed in this query, found the condition `m > 20`";
    check("untrusted", TABLES, "m = sum(t.n)", &query, &[message]);
    check("trusted", TABLES, "m = sum(t.n)", &query.trusted(), &["a | 60", "b | 37"]);
}
