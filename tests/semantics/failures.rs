//! Tests rows that fail: values that depend on them are undefined with the reason, and the rows are never called blank.

use yardstick::{Flag, Limits, Query};

use super::check;
use crate::engine::{evaluate, evaluate_within, show};

/// In one row `a / b` fails, in one it is blank, and two have a value. `a * a` leaves 28 digits in the last row.
const RATES: &str = "\
day,kind,a,b
2026-01-10,x,6,3
2026-01-11,x,5,0
2026-02-10,y,,0
2026-02-20,y,8,4
2026-03-05,z,40000000000000000,2
";

fn by_kind(says: &str, kpis: &[&str], expected: &[&str]) {
    check(says, &[("t", RATES)], "", &Query::new(kpis.iter().copied()).by("kind"), expected);
}

#[test]
fn a_row_that_fails_makes_every_aggregate_undefined() {
    for aggregate in ["sum", "avg", "min", "max", "median", "count", "only"] {
        let query = Query::new([format!("{aggregate}(a / b)"), format!("{aggregate}(distinct a / b)")]);
        let Ok(result) = evaluate("", &[("t", RATES)], &query.by("kind")) else {
            // With some aggregates, `distinct` has no effect.
            let plain = Query::new([format!("{aggregate}(a / b)")]).by("kind");
            check(aggregate, &[("t", RATES)], "", &plain.clone(), &fails_in_x(&plain, aggregate));
            continue;
        };
        for kpi in 0..2 {
            let reason = result.reason(kpi, 0).expect("it fails").to_string();
            assert!(reason.contains(" in 1 row of "), "{aggregate}: {reason}");
            assert!(result.value(kpi, 1).is_ok() && result.value(kpi, 2).is_ok(), "{aggregate}");
        }
    }
}

/// The values of a formula by kind, of which the one of `x` is undefined.
fn fails_in_x(query: &Query, aggregate: &str) -> Vec<&'static str> {
    let result = evaluate("", &[("t", RATES)], query).expect(aggregate);
    assert_eq!(result.value(0, 0).expect_err("it fails").code(), "division-by-zero", "{aggregate}");
    match aggregate {
        "count" => vec!["x | DivisionByZero", "y | 1", "z | 1"],
        _ => vec!["x | DivisionByZero", "y | 2", "z | 20000000000000000"],
    }
}

#[test]
fn each_cause_is_reported() {
    by_kind(
        "a product too long, a logarithm of nothing, a quotient by nothing",
        &["sum(a * a * 10_000_000)", "sum(ln(b))", "sum(1 / b)"],
        &[
            "x | 610000000 | Domain | DivisionByZero",
            "y | 640000000 | Domain | DivisionByZero",
            "z | Overflow | ~0.6931 | 0.5",
        ],
    );
}

#[test]
fn a_blank_operand_takes_precedence_over_a_failure() {
    by_kind(
        "blank / 0 is blank",
        &["sum(a / b)", "count(a / b)"],
        &["x | DivisionByZero | DivisionByZero", "y | 2 | 1", "z | 20000000000000000 | 1"],
    );
}

#[test]
fn a_condition_that_fails_makes_the_value_undefined() {
    by_kind(
        "nobody knows whether the row counts",
        &["count(t where a / b > 1)", "sum(a where 1 / b > 0 and kind = \"y\")", "sum(a)[a / b > 2]"],
        &[
            // `kind = "y"` is false there, so the row is not counted, whatever the quotient is.
            "x | DivisionByZero | 0 | DivisionByZero",
            "y | 1 | DivisionByZero | 0",
            "z | 1 | 0 | 40000000000000000",
        ],
    );
}

#[test]
fn rows_that_are_not_counted_may_fail() {
    by_kind(
        "a condition that is false or blank leaves them out",
        &["sum(a / b where b > 0)", "sum(1 / b where a > 5)"],
        &["x | 2 | ~0.3333", "y | 2 | 0.25", "z | 20000000000000000 | 0.5"],
    );
}

#[test]
fn first_and_last_depend_only_on_rows_of_their_time() {
    by_kind(
        "the other rows may fail",
        &["first(a / b)", "last(a / b)", "last(a / b by day)"],
        &[
            "x | 2 | DivisionByZero | DivisionByZero",
            "y | 2 | 2 | 2",
            "z | 20000000000000000 | 20000000000000000 | 20000000000000000",
        ],
    );
}

#[test]
fn first_and_last_depend_only_on_conditions_of_their_time() {
    by_kind(
        "a condition may fail in the other rows",
        &["first(a where a / b > 1)", "last(a where a / b > 1)", "first(a)[a / b > 1]", "sum(a where a / b > 1)"],
        &[
            "x | 6 | DivisionByZero | 6 | DivisionByZero",
            "y | 8 | 8 | 8 | 8",
            "z | 40000000000000000 | 40000000000000000 | 40000000000000000 | 40000000000000000",
        ],
    );
    let segments = "day,key,a,b\n2026-01-01,p,1,0\n2026-01-02,p,2,1\n2026-01-01,q,4,1\n2026-01-02,q,8,\n";
    check(
        "in a total over keys, and by segment",
        &[("t", segments)],
        "",
        &Query::new(["last(a where a / b > 0 by key)", "first(a where a / b > 0 by key)"]),
        &[" | 6 | DivisionByZero"],
    );
}

#[test]
fn row_formulas_can_catch_failures() {
    by_kind(
        "`??`, `coalesce`, `is_defined` and `if`",
        &[
            "sum((a / b) ?? 0)",
            "sum(coalesce(a / b, 1))",
            "count(t where is_defined(a / b))",
            "sum(if b = 0 then 7 else a / b)",
            "sum(if b = 0 then undefined else a / b)",
        ],
        &[
            "x | 2 | 3 | 1 | 9 | 2",
            "y | 2 | 3 | 1 | 9 | 2",
            "z | 20000000000000000 | 20000000000000000 | 1 | 20000000000000000 | 20000000000000000",
        ],
    );
}

#[test]
fn values_that_replace_failed_rows_are_flagged() {
    let query = Query::new(["sum(a / b) ?? 0", "sum(b / a)"]).by("kind");
    let result = evaluate("", &[("t", RATES)], &query).unwrap();
    assert_eq!(result.outcome(0, 0).flags, [Flag::Failed]);
    // The blank row of `y` is skipped. It did not fail.
    assert_eq!(result.outcome(0, 1).flags, [Flag::Skipped]);
    assert_eq!(result.outcome(1, 0).flags, []);
    let column = &result.measures[0];
    let counts = |group: usize| (column.rows[group], column.skipped[group], column.failed[group].rows);
    assert_eq!([counts(0), counts(1), counts(2)], [(1, 0, 1), (1, 1, 0), (1, 0, 0)]);
}

#[test]
fn a_filter_that_fails_leaves_its_group_without_values() {
    let query =
        Query::new(["sum(a)", "count(t where kind = \"x\")"]).by("month").totals(true).filter_formula("a / b > 1");
    let expected = [
        "2026-01 | DivisionByZero | DivisionByZero",
        "2026-02 | 8 | 0",
        "2026-03 | 40000000000000000 | 0",
        "total | DivisionByZero | DivisionByZero",
    ];
    check("a row that nobody can decide on", &[("t", RATES)], "", &query, &expected);
    let result = evaluate("", &[("t", RATES)], &query).unwrap();
    assert_eq!(result.reason(0, 0).unwrap(), "division by zero in 1 row of `--where a / b > 1`");
    let notes: Vec<&str> = result.notes.iter().map(|note| &*note.message).collect();
    assert_eq!(notes, ["1 row of `t` left out: `--where` is undefined for a blank `a`"]);
}

#[test]
fn rejects_a_key_that_fails() {
    let definitions = "dataset t { rate = a / b  safe = (a / b) ?? 0 }";
    let query = Query::new(["count(t)"]);
    let refused = "error[bad-cell]: a row of `t` does not belong to any group: division by zero in `rate`";
    let tables = [("t", RATES)];
    let found = evaluate(definitions, &tables, &query.clone().by("rate")).map(|_| ()).unwrap_err();
    assert!(found.contains(refused) || found.contains(&refused[17..]), "{found}");
    let filtered = query.clone().by("rate").filter_formula("b > 0");
    check("without that row", &tables, definitions, &filtered, &["2 | 2", "20000000000000000 | 1"]);
    check("with another key", &tables, definitions, &query.by("safe"), &["0 | 2", "2 | 2", "20000000000000000 | 1"]);
}

#[test]
fn rows_that_a_filter_finds_blank_are_counted() {
    let shops = "shop,city,m2\na,Lille,100\nb,,80\nc,,\n";
    let notes = |filters: &[&str]| -> Vec<String> {
        let query = filters.iter().fold(Query::new(["count(shops)"]), |query, filter| query.filter_formula(*filter));
        let result = evaluate("", &[("shops", shops)], &query).unwrap();
        result.notes.iter().map(|note| note.message.clone()).collect()
    };
    assert_eq!(
        notes(&["city != \"Lille\""]),
        ["2 rows of `shops` left out: `--where` is undefined for a blank `city`"]
    );
    assert_eq!(
        notes(&["city != \"Lille\"", "m2 > 90"]),
        // The row of `b` is filtered out because of its 80 square metres, whatever its city is.
        ["1 row of `shops` left out: `--where` is undefined for a blank `city`, `m2`"]
    );
    assert!(notes(&["(city ?? \"\") != \"Lille\""]).is_empty());
    assert!(notes(&["city = \"Lille\" or m2 > 0 or shop = \"c\""]).is_empty());
}

#[test]
fn rows_without_a_date_are_reported_if_they_are_counted() {
    let table = "day,x\n2026-01-01,1\n,2\n2026-02-01,4\n,8\n";
    let notes = |query: Query| -> Vec<String> {
        let result = evaluate("", &[("t", table)], &query).unwrap();
        result.notes.iter().map(|note| note.message.clone()).collect()
    };
    let query = Query::new(["sum(x)"]);
    let counted = "2 rows of `t` have no date: they are counted here, but not in any period";
    assert_eq!(notes(query.clone()), [counted]);
    assert_eq!(
        notes(query.clone().filter_formula("x > 2")),
        ["1 row of `t` has no date: it is counted here, but not in any period"]
    );
    assert_eq!(notes(query.clone().by("month")), ["2 rows of `t` have no time and are ignored"]);
    assert_eq!(notes(query.period("2026-01..2026-02")), ["2 rows of `t` have no time and are ignored"]);
}

const ORDERS: &str = "day,shop,n,q\n2026-01-01,a,1,3\n2026-01-02,b,2,0\n2026-01-02,c,4,\n2026-02-02,d,8,6\n";
const SHOPS: &str = "shop,size,area\na,3,1\nb,9,0\nd,7,2\n";

/// Orders with a segment that fails for shop `b`, and shops with a density that fails there.
const LOOKED_UP: &str = "dataset o { time day  lookup s on shop  loc = 12 / q }\ndataset s { dens = size / area }\n";

fn reasons(definitions: &str, query: &Query) -> Vec<String> {
    let result = evaluate(definitions, &[("o", ORDERS), ("s", SHOPS)], query).expect("the query is valid");
    (0..result.plan.kpis.len()).map(|kpi| result.reason(kpi, 0).expect("it fails").to_string()).collect()
}

#[test]
fn rejects_a_looked_up_grouping_key_that_fails() {
    let query = Query::new(["count(o)"]).by("s.dens");
    let problems = evaluate(LOOKED_UP, &[("o", ORDERS), ("s", SHOPS)], &query).expect_err("9 / 0 is not a group");
    assert!(problems.to_string().contains("a row of `o` does not belong to any group: division by zero in `dens`"));
}

#[test]
fn a_segment_that_fails_makes_first_and_last_undefined() {
    for segment in ["loc", "s.dens"] {
        let kpis = [format!("last(o.n by {segment})"), format!("first(o.n by {segment})")];
        for (kpi, reason) in kpis.iter().zip(reasons(LOOKED_UP, &Query::new(kpis.clone()))) {
            assert_eq!(reason, format!("division by zero in 1 row of `{kpi}`"));
        }
    }
}

#[test]
fn a_lookup_key_that_fails_is_not_treated_as_a_missing_key() {
    let by_part = "dataset o { time day  kk = 4 / q  lookup s on kk = size }\ndataset s\n";
    let kpi = "count(o where s.area = 1)";
    assert_eq!(reasons(by_part, &Query::new([kpi])), [format!("division by zero in 1 row of `{kpi}`")]);
    let by_dens = "dataset o { time day  lookup s on n = dens }\ndataset s { dens = size / area }\n";
    let problems =
        evaluate(by_dens, &[("o", ORDERS), ("s", SHOPS)], &Query::new([kpi])).expect_err("9 / 0 is not a key");
    assert!(problems.to_string().contains("a row of `s` has no valid key: division by zero in `dens`"));
}

/// The values of a query on 1 and on 3 threads, with the reasons for undefined values in its first group.
fn on_threads(definitions: &str, query: &Query) -> [String; 2] {
    [1, 3].map(|threads| {
        let limits = Limits::default().threads(threads);
        match evaluate_within(definitions, &[("o", ORDERS), ("s", SHOPS)], query, &limits) {
            Ok(result) => {
                format!("{}{}", show(&result), result.reason(0, 0).map(|it| it.to_string()).unwrap_or_default())
            }
            Err(problems) => problems,
        }
    })
}

#[test]
fn keys_that_fail_are_reported_on_any_number_of_threads() {
    let by_part = "dataset o { time day  kk = 4 / q  lookup s on kk = size }\ndataset s\n";
    let cases = [
        (LOOKED_UP, Query::new(["count(o)"]).by("s.dens"), "does not belong to any group: division by zero in `dens`"),
        // Without `b`, 12 / 3, 12 / 6 and the blank value are three segments: 1 + 4 + 8.
        (LOOKED_UP, Query::new(["last(o.n by loc)"]).filter_formula("n != 2"), " | 13\n"),
        (LOOKED_UP, Query::new(["last(o.n by loc)"]), "division by zero in 1 row of `last(o.n by loc)`"),
        (
            by_part,
            Query::new(["count(o)"]).filter_formula("s.area = 1"),
            "division by zero in 1 row of `--where s.area = 1`",
        ),
    ];
    for (definitions, query, expected) in cases {
        for found in on_threads(definitions, &query) {
            assert!(found.contains(expected), "{expected}\n{found}");
        }
    }
}

#[test]
fn notes_do_not_call_failed_values_blank() {
    let orders = "shop,n,q\na,4,3\nb,0,\nc,2,5\n";
    let shops = "id,nm\n1,x\n2,x\n";
    let definitions = "dataset o { lookup s on kk = id  kk = 4 / n }\ndataset s\n";
    let query = Query::new(["count(o)"]).filter_formula("nm = \"x\"").filter_formula("q > 1");
    let result = evaluate(definitions, &[("o", orders), ("s", shops)], &query).unwrap();
    // 4 / 4 and 4 / 2 are found. 4 / 0 fails, and the blank `q` of that row excludes it.
    assert_eq!(show(&result), " | 2\n");
    let notes: Vec<&str> = result.notes.iter().map(|note| &*note.message).collect();
    assert_eq!(notes, ["1 row of `o` left out: `--where` is undefined for a blank `q`"]);
}
