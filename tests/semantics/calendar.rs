//! Tests hours, half-years, weeks and columns of periods, and periods as values.

use yardstick::{Calendar, Grain, Query};

use super::check;
use crate::engine::{evaluate, show};

const VISITS: &str = "at,n\n2026-01-01T09:05:00,1\n2026-01-01T09:55:00,2\n2026-01-01T10:00:00,4\n2026-03-01T00:00:00,8\n2026-08-31T23:59:59,16\n";

/// The rows of a result with values, as CSV with the name of the grain.
fn csv(grain: Grain, definitions: &str, tables: &[(&str, &str)]) -> String {
    let result = evaluate(definitions, tables, &Query::new(["x"]).by(grain));
    let shown = show(&result.unwrap_or_else(|error| panic!("{grain} of {tables:?}\n{error}")));
    let rows = shown.lines().filter(|row| !row.contains("NoRows")).map(|row| row.replace(" | ", ",") + "\n");
    format!("{grain},n\n{}", rows.collect::<String>())
}

#[test]
fn the_periods_of_a_result_are_read_back_as_time() {
    for calendar in ["", "calendar { year starts april }", "calendar { weeks start sunday }"] {
        let read =
            |table: &str, time: &str| format!("{calendar}\ndataset {table} {{ time {time} }}\nx = sum({table}.n)");
        for (grain, written) in
            Grain::ALL.map(|grain| (grain, csv(grain, &read("visits", "at"), &[("visits", VISITS)])))
        {
            let again = csv(grain, &read("back", grain.name()), &[("back", &written)]);
            assert_eq!(again, written, "{grain} {calendar}");
            for coarser in Grain::ALL.into_iter().filter(|coarser| grain.nests_in(*coarser)) {
                let expected = csv(coarser, &read("visits", "at"), &[("visits", VISITS)]);
                let found = csv(coarser, &read("back", grain.name()), &[("back", &written)]);
                assert_eq!(found, expected, "{grain} by {coarser} {calendar}");
            }
        }
    }
}

#[test]
fn only_years_must_be_declared() {
    let table = [("t", "year,n\n2025,1\n2026,2\n")];
    let years = Query::new(["sum(t.n)"]).by("year");
    check("years", &table, "dataset t { time year }", &years, &["2025 | 1", "2026 | 2"]);
    check("numbers", &table, "", &years, &["error[bad-query]: the query needs dates"]);
    let quarters = [("t", "q,n\n2025-Q4,1\n2026-Q1,2\n")];
    check("quarters", &quarters, "", &Query::new(["sum(t.n)"]).by("half"), &["2025-H2 | 1", "2026-H1 | 2"]);
}

#[test]
fn periods_are_not_split() {
    let weeks = [("t", "w,n\n2026-W05,1\n")];
    for (query, by) in [("day", "day"), ("month", "month"), ("year", "year")] {
        let error = format!("error[bad-query]: `t` contains weeks, so it has no values by {by}");
        check(by, &weeks, "", &Query::new(["sum(t.n)"]).by(query), &[&error]);
    }
    let quarters = [("t", "q,n\n2026-Q1,1\n")];
    let february = Query::new(["sum(t.n)"]).period("2026-02");
    check(
        "a month",
        &quarters,
        "",
        &february,
        &["error[bad-query]: `t` contains quarters, so it has no values by month"],
    );
    check("a year", &quarters, "", &Query::new(["sum(t.n)"]).period("2026"), &[" | 1"]);
}

#[test]
fn hours_have_windows_and_shifts() {
    let tables = [("visits", VISITS)];
    let definitions =
        "x = sum(visits.n)\nbefore = x[previous]\nday_ago = x[1 day ago]\ntwo = x[last 2 hours]\nday = x[day to date]";
    let query = Query::new(["x", "before", "two", "day"]).by("hour").period("2026-01-01T09..2026-01-01T11");
    check(
        "by hour",
        &tables,
        definitions,
        &query,
        &[
            "2026-01-01T09 | 3 | OutsideData | 3 | 3",
            "2026-01-01T10 | 4 | 3 | 7 | 7",
            "2026-01-01T11 | NoRows | 4 | 4 | 7",
        ],
    );
    check("one hour", &tables, definitions, &Query::new(["x", "before"]).period("2026-01-01T10"), &[" | 4 | 3"]);
    let by_day = Query::new(["two"]).by("day");
    check("by day", &tables, definitions, &by_day, &["error[bad-context]: hours need results by hour"]);
}

#[test]
fn half_years_have_contexts() {
    let definitions =
        "calendar { year starts april }\nx = sum(visits.n)\nbefore = x[previous]\nhalf_so_far = x[half to date]";
    let query = Query::new(["x", "before"]).by("half");
    check(
        "by half",
        &[("visits", VISITS)],
        definitions,
        &query,
        &["2025/26-H2 | 15 | OutsideData", "2026/27-H1 | 16 | 15"],
    );
    let march = Query::new(["half_so_far"]).period("2026-03");
    check("half to date", &[("visits", VISITS)], definitions, &march, &[" | 15"]);
}

#[test]
fn weeks_start_on_the_day_of_the_calendar() {
    let tables = [("m", "day,n\n2025-12-28,1\n2026-01-03,2\n2026-01-04,4\n2026-01-10,8\n")];
    let sunday = "calendar { weeks start sunday }\nx = sum(m.n)\nw = max(week(m.day))\ny = max(week_year(m.day))";
    let expected = ["2025-W53 | 3 | 53 | 2025", "2026-W01 | 12 | 1 | 2026"];
    check("sunday", &tables, sunday, &Query::new(["x", "w", "y"]).by("week"), &expected);
    let expected = ["2025-W52 | 1 | 52 | 2025", "2026-W01 | 6 | 1 | 2026", "2026-W02 | 8 | 2 | 2026"];
    let monday = sunday.replace("sunday", "monday");
    check("monday", &tables, &monday, &Query::new(["x", "w", "y"]).by("week"), &expected);
    let unknown = "calendar { weeks start dimanche }\nx = sum(m.n)";
    check("unknown", &tables, unknown, &Query::new(["x"]), &["error[bad-property]: unknown day `dimanche`"]);
}

const CUSTOMERS: &str = "id,first,last,q\na,2026-01-15,2026-03-14,2026-Q1\nb,2026-01-31,2026-02-28,2026-Q2\nc,2025-12-01,2026-03-01,2026-Q1\n";

#[test]
fn periods_are_values() {
    let tables = [("c", CUSTOMERS)];
    let definitions =
        "dataset c { time first\n cohort = month_of(first)\n age = month_of(last) - cohort }\nn = count(c)";
    let cohorts = Query::new(["n"]).by("cohort").by("age");
    check("cohorts", &tables, definitions, &cohorts, &["2025-12 3 | 1", "2026-01 1 | 1", "2026-01 2 | 1"]);
    for (formula, expected) in [
        ("count(c where q = 2026-Q1)", "2"),
        ("count(c where cohort >= 2026-01)", "2"),
        ("count(c where week_of(first) = 2026-W03)", "1"),
        ("max(month_of(c.last)) - min(c.cohort)", "3"),
        ("if max(c.cohort) + 2 = 2026-03 then 1 else 0", "1"),
        ("if max(c.q) - 1 = 2026-Q1 then 1 else 0", "1"),
        ("year_of(2026-03-31) - year_of(2024-12-31)", "2"),
        ("if half_of(2026-07-01) = 2026-H2 then 1 else 0", "1"),
        ("days_in(2024-02) + days_in(2026-Q1) + days_in(2026-W13)", "126"),
        ("days_in(max(c.q))", "91"),
        ("sum(months_between(c.first, c.last))", "5"),
        ("months_between(2026-03-01, 2026-01-31)", "-1"),
        ("months_between(2024-02-29, 2025-02-28)", "12"),
        ("sum(days_between(c.first, c.last))", "176"),
        ("if week_of(2027-01-01) = 2026-W53 then 1 else 0", "1"),
        ("stddev(c.age)", "1"),
        ("variance(c.age) * 2 + variance_pop(c.age where age < 3)", "2.25"),
        ("stddev_pop(c.age where age < 3)", "0.5"),
        ("stddev(c.age where age = 3)", "DivisionByZero"),
    ] {
        check(formula, &tables, definitions, &Query::new([formula]), &[&format!(" | {expected}")]);
    }
    check("two grains", &tables, definitions, &Query::new(["count(c where q = 2026-01)"]), &["error[type-mismatch]"]);
}

#[test]
fn fiscal_periods_follow_the_calendar() {
    let definitions =
        "calendar { year starts april }\ndataset c { time first  fiscal = quarter_of(last) }\nn = count(c)";
    let tables = [("c", "first,last\n2026-01-15,2026-03-31\n2026-01-15,2026-04-01\n")];
    check("quarters", &tables, definitions, &Query::new(["n"]).by("fiscal"), &["2025/26-Q4 | 1", "2026/27-Q1 | 1"]);
    let calendar = Calendar { year_starts: 4, ..Calendar::default() };
    assert_eq!(calendar.parse("2025/26-H2").map(|half| calendar.spell(half)), Some("2025/26-H2".into()));
}

#[test]
fn the_last_periods_of_the_calendar_are_in_results() {
    let table = [("t", "day,n\n9999-11-30,1\n9999-12-31,2\n")];
    let n = Query::new(["sum(t.n)", "sum(t.n)[previous]", "sum(t.n)[to date]"]);
    let months = ["9999-11 | 1 | OutsideData | 1", "9999-12 | 2 | 1 | 3"];
    check("months", &table, "", &n.clone().by("month"), &months);
    check("of a period", &table, "", &n.clone().by("month").period("9999-12"), &months[1..]);
    for (grain, expected) in [("year", "9999"), ("half", "9999-H2"), ("quarter", "9999-Q4")] {
        check(grain, &table, "", &Query::new(["sum(t.n)"]).by(grain), &[&format!("{expected} | 3")]);
    }
    check(
        "a fiscal year",
        &table,
        "calendar { year starts april }",
        &Query::new(["sum(t.n)"]).by("year"),
        &["9999/00 | 3"],
    );
    check("weeks", &table, "", &Query::new(["sum(t.n)"]).by("week").period("9999-12-31"), &["9999-W52 | 2"]);
}
