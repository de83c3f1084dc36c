//! Tests days, moments and durations.

use proptest::prelude::*;
use yardstick::Query;

use super::check;
use crate::engine::evaluate;

/// Checks the values of formulas over one table without groups.
fn check_all(table: &str, definitions: &str, cases: &[(&str, &str)]) {
    for (formula, expected) in cases {
        let query = Query::new([*formula]);
        check(formula, &[("t", table)], definitions, &query, &[&format!(" | {expected}")]);
    }
}

/// Three calls of 20 minutes, and one of an hour and a nanosecond.
const CALLS: &str = "a,b,kind\n\
    2026-03-02T09:00:00,2026-03-02T09:20:00,short\n\
    2026-03-02T10:00:00,2026-03-02T10:20:00,short\n\
    2026-03-02T23:50:00,2026-03-03T00:10:00,short\n\
    2026-03-02T12:00:00,2026-03-02T13:00:00.000000001,long\n";

#[test]
fn durations_are_exact_until_they_are_displayed() {
    let definitions = "dataset t { time a  longer = b - a > 20 minutes  length = b - a }\n\
        talk = sum(t.b - t.a where kind = \"short\")\n\
        let in_hours: hours = talk\n\
        let in_minutes: minutes = talk\n\
        let third: hours = min(t.b - t.a)\n\
        let usual = avg(t.b - t.a where kind = \"short\")\n\
        fn twice(x) = x + x\n\
        param limit = 20 minutes\n\
        param gap: hours = 2026-03-02 - 2026-03-01";
    check_all(
        CALLS,
        definitions,
        &[
            ("talk = 1 hour", "Boolean(true)"),
            ("talk * 24 = 1 day", "Boolean(true)"),
            ("talk / 1 hour", "1"),
            ("talk / 1 minute", "60"),
            ("7 days / talk", "168"),
            ("in_hours", "1"),
            ("in_minutes", "60"),
            ("in_hours + 30 minutes = 90 minutes", "Boolean(true)"),
            ("third", "~0.3333"),
            ("third * 3 = 1 hour", "Boolean(true)"),
            ("third >= 20 minutes", "Boolean(true)"),
            ("max(third, limit) <= 20 minutes", "Boolean(true)"),
            ("usual = 20 minutes", "Boolean(true)"),
            ("twice(usual) = 40 minutes", "Boolean(true)"),
            ("median(t.b - t.a) = 20 minutes", "Boolean(true)"),
            ("max(t.b - t.a) / 1 second = 3600.000000001", "Boolean(true)"),
            ("max(t.b - t.a) > 1 hour", "Boolean(true)"),
            ("count(t where longer)", "1"),
            ("count(t where b - a <= limit)", "3"),
            ("count(t where b - a between 20 minutes and 20 minutes)", "3"),
            ("count(t where length in (20 minutes, 1 hour))", "3"),
            ("sum(length where kind = \"short\") = 1 hour", "Boolean(true)"),
            ("gap", "24"),
            ("gap = 1 day", "Boolean(true)"),
            ("count(t where a + (b - a) = b)", "4"),
            ("count(t where a + 20 minutes = b)", "3"),
            ("count(t) / talk", "96"),
            // A whole number of days is displayed, and therefore rounded.
            ("2026-03-31 - 2026-03-01", "30"),
            ("round((2026-03-31 - 2026-03-01) / 7)", "~4"),
            ("floor(max(t.b - t.a) * 30)", "~1"),
            ("(2026-03-31 - 2026-03-01) ^ 2 / 1 day / 1 day", "900"),
            ("sqrt((2026-03-31 - 2026-03-01) * 30 days)", "30"),
            ("(2026-03-31 - 2026-03-01) * 12 hours / 1 day / 1 day", "15"),
        ],
    );
}

#[test]
fn combined_with_plain_numbers_a_difference_is_in_days() {
    let cases = [
        ("count(t where b - a < 1)", "4"),
        ("sum(t.b - t.a) < 0.1", "Boolean(true)"),
        ("round(max(t.b - t.a) * 24)", "~1"),
    ];
    check_all(CALLS, "dataset t { time a }", &cases);
}

#[test]
fn targets_and_bands_compare_with_the_exact_duration() {
    let definitions = "wait: hours = min(t.b - t.a) { better lower  target 10 minutes  good <= 20 minutes  bad otherwise }\n\
        slow: hours = max(t.b - t.a) { better lower  target 0.5  good <= 1 hour  bad otherwise }";
    let result = evaluate(definitions, &[("t", CALLS)], &Query::new(["wait", "slow"])).expect("both can be computed");
    let outcome = |kpi| {
        let outcome = result.outcome(kpi, 0);
        let target = outcome.target.expect("both have a target");
        let attainment = target.attainment.expect("the value is defined").decimal;
        (format!("{:?}", outcome.band.expect("a band holds").status), attainment.normalize().to_string())
    };
    assert_eq!(outcome(0), ("Good".into(), "2".into()));
    assert_eq!(outcome(1), ("Bad".into(), "2.0000000000005555555555555556".into()));
}

/// Two at the same point in time, and one half an hour later whose local time is earlier.
const OFFSETS: &str = "opened,closed,who\n\
    2026-03-02T09:00:00-05:00,2026-03-02T15:30:00+01:00,a\n\
    2026-03-02T15:00:00+01:00,2026-03-02T14:00:00Z,b\n\
    2026-03-02T08:30:00-06:00,2026-03-02T16:00:00+01:00,c\n";

#[test]
fn differences_order_and_extremes_respect_offsets() {
    check_all(
        OFFSETS,
        "dataset t { time opened }",
        &[
            ("sum(t.closed - t.opened) / 1 minute", "60"),
            ("count(t where closed - opened > 30 minutes)", "0"),
            ("count(t where opened = closed)", "1"),
            ("count(t where opened < closed)", "2"),
            ("count(distinct opened)", "2"),
            ("(max(opened) - min(opened)) / 1 minute", "30"),
            ("last(who)", "Text(\"c\")"),
            ("hour(max(opened))", "8"),
            // A day has no offset, so moments compared with it count as written.
            ("count(t where opened >= 2026-03-02 and opened < 2026-03-03)", "3"),
            ("count(t where opened - 2026-03-02 > 10 hours)", "1"),
        ],
    );
}

#[test]
fn periods_use_the_day_as_written() {
    let table = "at,n\n2026-03-01T23:30:00-08:00,1\n2026-03-02T00:30:00+09:00,2\n";
    let query = Query::new(["sum(n)"]).by("day");
    check("the written day", &[("t", table)], "", &query, &["2026-03-01 | 1", "2026-03-02 | 2"]);
}

#[test]
fn moments_with_and_without_an_offset_do_not_mix() {
    let table = "a,b\n2026-03-01T10:00:00Z,2026-03-01T11:00:00\n";
    check_all(
        table,
        "dataset t { time a }",
        &[("max(t.a) > max(t.b)", "NoOffset"), ("max(t.b) - max(t.a)", "NoOffset")],
    );
}

#[test]
fn dates_end_with_the_calendar() {
    check_all(
        "n\n1\n",
        "",
        &[
            ("9999-12-31 + 1 day", "OutsideCalendar"),
            ("9999-12-31 - -1 days", "OutsideCalendar"),
            ("9999-12-30 + 1 day = 9999-12-31", "Boolean(true)"),
            ("2026-01-01 - 1_000_000 weeks", "OutsideCalendar"),
            ("2026-01-01 + 99999999999999999999999 days", "OutsideCalendar"),
            ("((9999-12-31 + 1 day) ?? 2026-01-01) = 2026-01-01", "Boolean(true)"),
        ],
    );
}

#[test]
fn the_year_of_a_week_is_that_of_its_thursday() {
    check_all(
        "n\n1\n",
        "",
        &[
            ("week_year(2021-01-01)", "2020"),
            ("week_year(2021-01-04)", "2021"),
            ("week_year(2024-12-30)", "2025"),
            ("week_year(2026-12-31)", "2026"),
            ("week(2021-01-01)", "53"),
        ],
    );
}

#[test]
fn week_53_without_a_counterpart_is_reported() {
    let table = "day,n\n2025-12-22,1\n2026-12-21,2\n2026-12-28,4\n";
    let query = Query::new(["sum(n)[1 year ago]"]).by("week");
    let result = evaluate("", &[("t", table)], &query).expect("it can be computed");
    let notes: Vec<&str> = result.notes.iter().map(|note| &*note.message).collect();
    let expected = "2026-W53 has no counterpart in a year of 52 weeks: `[1 year ago]` uses 2025-W52 instead";
    assert_eq!(notes, [expected]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Rows are given in microseconds and nanoseconds of a few years. The sum is exact in every unit.
    #[test]
    fn sums_of_durations_are_whole_nanoseconds(rows in prop::collection::vec((0..1000_i64, 0..86_400_i64, 0..1_000_000_000_i64), 1..20)) {
        let mut table = String::from("a,b\n");
        let mut nanos: i128 = 0;
        for (days, seconds, fraction) in rows {
            let day = jiff::civil::date(2020, 1, 1) + jiff::Span::new().days(days);
            let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
            table += &format!("2020-01-01T00:00:00,{day}T{time}.{fraction:09}\n");
            nanos += i128::from((days * 86_400 + seconds) * 1_000_000_000 + fraction);
        }
        let seconds = yardstick::Decimal::from_i128_with_scale(nanos, 9);
        let definitions = format!("dataset t {{ time a }}\nsame = sum(t.b - t.a) = {seconds} seconds");
        let result = evaluate(&definitions, &[("t", &table)], &Query::new(["same"])).expect("it can be computed");
        prop_assert_eq!(result.value(0, 0), Ok(yardstick::Value::Boolean(true)));
    }
}
