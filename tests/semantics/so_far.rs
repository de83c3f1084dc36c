//! Tests `so far`: a shifted period that ends where the data end in the current one.

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use proptest::prelude::*;
use yardstick::{Flag, NoStatus, Query, Status, Value};

use super::check;
use crate::engine::{evaluate, show};

/// One unit a day from `first` to `last`, so that a sum is a number of days.
fn daily(first: &str, last: &str) -> String {
    let (first, last): (Date, Date) = (first.parse().unwrap(), last.parse().unwrap());
    let days = first.series(1.day()).take_while(|day| *day <= last);
    std::iter::once("day,n".to_owned()).chain(days.map(|day| format!("{day},1"))).collect::<Vec<_>>().join("\n")
}

/// The result of a formula over one unit a day, in the last period.
fn last(formula: &str, by: &str, data: (&str, &str), definitions: &str) -> String {
    let table = daily(data.0, data.1);
    let result = evaluate(definitions, &[("s", &table)], &Query::new([formula]).by(by)).unwrap();
    show(&result).lines().last().unwrap().to_owned()
}

#[test]
fn as_many_days_are_compared_as_the_current_period_has() {
    for (formula, by, end, expected) in [
        ("n[1 year ago, so far]", "month", "2026-03-14", "2026-03 | 14"),
        ("n[so far, 1 year ago]", "month", "2026-03-14", "2026-03 | 14"),
        ("n[1 year ago][so far]", "month", "2026-03-14", "2026-03 | 14"),
        ("n[so far][1 year ago]", "month", "2026-03-14", "2026-03 | 14"),
        ("n[previous, so far]", "month", "2026-03-14", "2026-03 | 14"),
        ("n[2 months ago, so far]", "month", "2026-03-14", "2026-03 | 14"),
        ("n[previous, so far]", "week", "2026-03-11", "2026-W11 | 3"),
        ("n[1 year ago, so far]", "week", "2026-03-11", "2026-W11 | 3"),
        // January and 14 days of February.
        ("n[previous, so far]", "quarter", "2026-02-14", "2026-Q1 | 45"),
        ("n[1 year ago, so far]", "year", "2026-02-14", "2026 | 45"),
        ("n[1 year ago, year to date, so far]", "month", "2026-02-14", "2026-02 | 45"),
        ("n[1 year ago, year to date, so far]", "quarter", "2026-02-14", "2026-Q1 | 45"),
        // February and 14 days of March.
        ("n[1 year ago, last 2 months, so far]", "month", "2026-03-14", "2026-03 | 42"),
        // By day, a day is never cut.
        ("n[1 year ago, so far]", "day", "2026-03-14", "2026-03-14 | 1"),
        ("n[1 year ago, month to date, so far]", "day", "2026-03-14", "2026-03-14 | 14"),
        ("(n / n[1 year ago])[so far]", "month", "2026-03-14", "2026-03 | 1"),
        ("n * n[1 year ago] / n[1 year ago, so far]", "month", "2026-03-14", "2026-03 | 31"),
    ] {
        assert_eq!(last(formula, by, ("2024-01-01", end), ""), expected, "{formula} by {by} until {end}");
    }
}

#[test]
fn days_that_a_shorter_month_lacks_are_its_last_day() {
    for (formula, by, end, expected) in [
        // All of March is compared with all of February, and so are 28, 29 and 30 days.
        ("n[previous, so far]", "month", "2026-03-31", "2026-03 | 28"),
        ("n[previous, so far]", "month", "2026-03-30", "2026-03 | 28"),
        ("n[previous, so far]", "month", "2026-03-28", "2026-03 | 28"),
        ("n[previous, so far]", "month", "2026-03-27", "2026-03 | 27"),
        // Leap days: the whole month is compared with the whole month, 28 days with 28 days.
        ("n[1 year ago, so far]", "month", "2025-02-28", "2025-02 | 29"),
        ("n[1 year ago, so far]", "month", "2025-02-27", "2025-02 | 27"),
        ("n[1 year ago, so far]", "month", "2024-02-29", "2024-02 | 28"),
        ("n[1 year ago, so far]", "month", "2024-02-28", "2024-02 | 28"),
        ("n[1 year ago, so far]", "year", "2024-02-29", "2024 | 59"),
        ("n[1 year ago, so far]", "year", "2024-03-01", "2024 | 60"),
        // Two whole months are compared with two whole months.
        ("n[1 year ago, so far]", "year", "2025-02-28", "2025 | 60"),
        ("n[1 year ago, so far]", "year", "2025-02-27", "2025 | 58"),
        // October and the November days up to the 29th or, after a whole May, all of November.
        ("n[2 quarters ago, so far]", "quarter", "2026-05-29", "2026-Q2 | 60"),
        ("n[2 quarters ago, so far]", "quarter", "2026-05-31", "2026-Q2 | 61"),
    ] {
        assert_eq!(last(formula, by, ("2023-01-01", end), ""), expected, "{formula} by {by} until {end}");
    }
}

#[test]
fn fiscal_quarters_end_with_the_data_too() {
    let calendar = "calendar { year starts february }";
    // The quarter from February: 28 days and 10 of March, against November and 10 days of December.
    assert_eq!(
        last("n[previous, so far]", "quarter", ("2024-01-01", "2026-03-10"), calendar),
        "2026/27-Q1 | 40",
        "November has 30 days"
    );
    assert_eq!(last("n[1 year ago, so far]", "year", ("2024-01-01", "2026-03-10"), calendar), "2026/27 | 38");
}

#[test]
fn earlier_periods_are_whole() {
    let table = daily("2026-01-01", "2026-03-14");
    let query = Query::new(["n", "n[previous, so far]", "n[previous]"]).by("month").period("2026-02..2026-05");
    check(
        "only the last period ends with the data; a period after them has nothing so far",
        &[("s", &table)],
        "",
        &query,
        &[
            "2026-02 | 28 | 31 | 31",
            "2026-03 | 14 | 14 | 28",
            "2026-04 | NoRows | OutsideData | 14",
            "2026-05 | NoRows | OutsideData | OutsideData",
        ],
    );
}

#[test]
fn the_requested_period_cuts_both_ends() {
    let table = daily("2025-01-01", "2026-03-31");
    let formulas =
        ["n", "n[previous, so far]", "n[1 year ago, year to date, so far]", "n[1 year ago, last 7 days, so far]"];
    let query = Query::new(formulas).by("month").period("2026-02-10..2026-03-05");
    check(
        "the same days a month earlier",
        &[("s", &table)],
        "",
        &query,
        &["2026-02 | 19 | 22 | 59 | 7", "2026-03 | 5 | 5 | 64 | 7"],
    );
    let whole = Query::new(formulas).period("2026-03").totals(true);
    check("one period", &[("s", &table)], "", &whole, &[" | 31 | 28 | 90 | 7"]);
}

#[test]
fn totals_and_single_periods_end_with_the_data() {
    let table = daily("2025-01-01", "2026-03-14");
    let formulas = ["n[previous, so far]", "n[1 year ago, year to date, so far]"];
    let query = Query::new(formulas).by("week").period("2026-Q1").totals(true);
    let result = evaluate("", &[("s", &table)], &query).unwrap();
    // 31 + 28 + 14 days of 2026, and of the quarter before: 31 + 30 + 14.
    assert!(show(&result).ends_with("total | 75 | 73\n"), "{}", show(&result));
    check("a single period", &[("s", &table)], "", &Query::new(formulas).period("2026-Q1"), &[" | 75 | 73"]);
    let range = Query::new(formulas).by("month").period("2026-01..2026-03").totals(true);
    let result = evaluate("", &[("s", &table)], &range).unwrap();
    assert!(show(&result).ends_with("total | NoPeriod | NoPeriod\n"), "{}", show(&result));
}

#[test]
fn all_groups_end_with_the_dataset() {
    let sales = "day,shop,n\n2026-02-03,west,1\n2026-02-10,west,2\n2026-02-20,west,4\n2026-02-05,east,8\n\
                 2026-02-12,east,16\n2026-03-02,east,32\n2026-03-11,west,64\n";
    let query = Query::new(["n[previous, so far]"]).by("shop").by("month").period("2026-03");
    check("the cut is that of all shops", &[("s", sales)], "", &query, &["2026-03 east | 8", "2026-03 west | 3"]);
    let costs = "day,shop,cost\n2026-02-01,west,1\n2026-02-08,west,2\n2026-03-07,west,4\n";
    let query = Query::new(["n[previous, so far]", "cost[previous, so far]"]).by("month").period("2026-03");
    check("each dataset has its own end", &[("s", sales), ("c", costs)], "", &query, &["2026-03 | 11 | 1"]);
    let query = Query::new(["n[previous, so far, all shop]"]).by("shop").by("month").period("2026-03");
    check("without the shop", &[("s", sales)], "", &query, &["2026-03 east | 11", "2026-03 west | 11"]);
}

#[test]
fn the_total_of_some_groups_ends_with_the_dataset_too() {
    let sales = "day,shop,n\n2026-02-03,west,1\n2026-02-09,west,2\n2026-02-05,east,8\n\
                 2026-03-02,west,64\n2026-03-11,east,1\n";
    let query = Query::new(["n", "n[previous, so far]", "n / elapsed_days()"]).by("shop").period("2026-03");
    let query = query.having("n > 10").totals(true);
    // 64 in 11 days; February until the 11th.
    check("of one shop", &[("s", sales)], "", &query, &["west | 64 | 3 | ~5.8182", "total | 64 | 3 | ~5.8182"]);
}

#[test]
fn data_until_counts_silent_days_at_the_end() {
    let sales = "day,n\n2026-02-03,1\n2026-02-10,2\n2026-02-20,4\n2026-03-05,8\n";
    for (until, expected) in [
        (None, "2026-03 | 8 | 1"),
        (Some("2026-03-14"), "2026-03 | 8 | 3"),
        (Some("2026-03-31"), "2026-03 | 8 | 7"),
        (Some("2026-03"), "2026-03 | 8 | 7"),
        (Some("2026-07-01"), "2026-03 | 8 | 7"),
        // The rows up to 5 March count, so the data reach it.
        (Some("2026-03-02"), "2026-03 | 8 | 1"),
        (Some("2026-01-01"), "2026-03 | 8 | 1"),
    ] {
        let query = Query::new(["n", "n[previous, so far]"]).by("month").period("2026-03");
        let query = if let Some(until) = until { query.data_until(until) } else { query };
        check(until.unwrap_or("nothing"), &[("s", sales)], "", &query, &[expected]);
    }
    let query = Query::new(["n"]).by("month").data_until("14/03/2026");
    check("other notations", &[("s", sales)], "", &query, &["error"]);
    let error = evaluate("", &[("s", sales)], &query).unwrap_err();
    assert!(error.contains("found `14/03/2026`") && error.contains("write `2026-03-14`"), "{error}");
}

#[test]
fn hours_so_far() {
    let mut visits = "at,n\n".to_owned();
    for (day, hours) in [("2026-03-01", 24), ("2026-03-02", 24), ("2026-03-03", 9)] {
        (0..hours).for_each(|hour| visits += &format!("{day}T{hour:02}:30:00,1\n"));
    }
    let formulas = ["n", "n[1 day ago, so far]", "n[1 day ago, day to date, so far]"];
    let query = Query::new(formulas).by("hour").period("2026-03-03T07..2026-03-03T08");
    check("by hour", &[("v", &visits)], "", &query, &["2026-03-03T07 | 1 | 1 | 8", "2026-03-03T08 | 1 | 1 | 9"]);
    let query = Query::new(["n", "n[previous, so far]"]).by("hour").period("2026-03-03").totals(true);
    let result = evaluate("", &[("v", &visits)], &query).unwrap();
    // The total has the day, which has nine hours.
    assert!(show(&result).ends_with("total | 9 | 9\n"), "{}", show(&result));
    let query = Query::new(["n", "n[previous, so far]"]).by("day").period("2026-03-03").data_until("2026-03-03T11");
    check("until an hour of a day", &[("v", &visits)], "", &query, &["2026-03-03 | 9 | 12"]);
    let query = Query::new(["n", "n[previous, so far]"]).by("day").period("2026-03-03");
    check("by day, the day counts as whole", &[("v", &visits)], "", &query, &["2026-03-03 | 9 | 24"]);
}

#[test]
fn months_so_far_are_whole() {
    // Figures dated at the end of each month: 2024 has a leap day.
    let sales = "day,n\n2024-01-31,1\n2024-02-29,2\n2024-03-31,4\n2025-01-31,8\n2025-02-28,16\n";
    let query = Query::new(["n[1 year ago, so far]"]).by("year").period("2025");
    check("ends of months", &[("s", sales)], "", &query, &["2025 | 3"]);
    let sales = "month,n\n2024-01,1\n2024-02,2\n2024-03,4\n2025-01,8\n2025-02,16\n";
    check("columns of months", &[("s", sales)], "", &query, &["2025 | 3"]);
}

#[test]
fn inner_groups_so_far() {
    let sales = "day,k,n\n2026-02-03,a,1\n2026-02-10,b,2\n2026-02-20,a,4\n2026-03-02,a,8\n2026-03-14,b,16\n";
    let by_month = |formula: &str| {
        let query = Query::new([formula]).by("month").period("2026-03");
        evaluate("", &[("s", sales)], &query).map_or_else(|error| error, |result| show(&result))
    };
    assert_eq!(by_month("max(n each k)[previous, so far]"), "2026-03 | 2\n");
    assert_eq!(by_month("max(n[previous, so far] each k)"), "2026-03 | 2\n");
    assert_eq!(by_month("max(n[previous] each k)[so far]"), "2026-03 | 2\n");
    assert_eq!(by_month("max(n[previous] each k)"), "2026-03 | 5\n");
    // The days from the first row on.
    assert_eq!(by_month("count(n ?? 0 each day)[previous, so far]"), "2026-03 | 12\n");
    assert_eq!(by_month("sum(n each day)[previous, so far]"), "2026-03 | 3\n");
    let error = by_month("sum(n each week)[1 year ago, so far]");
    assert!(error.contains("may lie in two of them"), "{error}");
    let query = Query::new(["sum(n each month)[1 year ago, so far]"]).by("year");
    let error = evaluate("", &[("s", sales)], &query).unwrap_err();
    assert!(error.contains("`so far` may end within a month"), "{error}");
    assert!(error.contains("write `so far` and the shift inside the parentheses"), "{error}");
    let query = Query::new(["sum(n[1 month ago, so far] each month)"]).by("year").period("2026");
    check("inside", &[("s", sales)], "", &query, &["2026 | 3"]);
}

#[test]
fn wrong_forms_get_the_right_one() {
    for (context, hint) in [
        ("previous so far", "separate contexts by commas: `[previous, so far]`"),
        ("1 year ago so far", "separate contexts by commas: `[1 year ago, so far]`"),
        ("year so far", "write `[year to date]`"),
        ("so farr, previous", "`[1 year ago, so far]`"),
        ("previous, same days", "`[1 year ago, so far]`"),
        ("previous, so_far", "write `[so far]`"),
        ("previous, so-far", "write `[so far]`"),
        ("previous, sofar", "write `[so far]`"),
        ("previous, like-for-like", "write `[so far]`"),
    ] {
        let query = Query::new([format!("n[{context}]")]).by("month");
        let error = evaluate("", &[("s", "day,n\n2026-01-01,1\n")], &query).unwrap_err();
        assert!(error.contains(hint), "{context}\n{error}");
    }
    let query = Query::new(["n[previous, so far]"]);
    check("without a period", &[("s", "day,n\n2026-01-01,1\n")], "", &query, &["error"]);
}

#[test]
fn what_adds_up_has_no_status_in_a_period_that_is_not_over() {
    let definitions = "\
let n = sum(s.n)
sold = n { better higher  target 31  good >= 31  bad otherwise }
pace = n { better higher  target n[1 year ago, so far]  good >= n[1 year ago, so far]  bad otherwise }
mixed = n { better higher  target n[1 year ago, so far]  good >= n[1 year ago]  bad otherwise }
before = n[1 year ago, so far] { better higher  target 31 }
growth = n / n[1 year ago, so far] - 1 { better higher  target 0  good >= 0  bad otherwise }
expected = n * n[1 year ago] / n[1 year ago, so far] { better higher  target 31  good >= 31  bad otherwise }";
    let table = daily("2025-01-01", "2026-03-14");
    let outcome = |kpi: &str, until: Option<&str>| {
        let query = Query::new([kpi]).by("month").period("2026-03");
        let query = if let Some(until) = until { query.data_until(until) } else { query };
        let result = evaluate(definitions, &[("s", &table)], &query).unwrap();
        let outcome = result.outcome(0, 0);
        let attainment = outcome.target.and_then(|target| target.attainment).is_some();
        let status = outcome.band.map(|band| band.status);
        (outcome.no_status, status, attainment, outcome.flags.contains(&Flag::Partial))
    };
    let unfinished = (Some(NoStatus::IncompletePeriod), None, false, true);
    assert_eq!(outcome("sold", None), unfinished);
    assert_eq!(outcome("sold", Some("2026-03-30")), unfinished);
    assert_eq!(outcome("sold", Some("2026-03-31")), (None, Some(Status::Bad), true, false));
    assert_eq!(outcome("before", None), unfinished);
    assert_eq!(outcome("mixed", None), unfinished);
    // Compared with as many days.
    assert_eq!(outcome("pace", None), (None, Some(Status::Good), true, true));
    assert_eq!(outcome("growth", None), (None, Some(Status::Good), false, true));
    assert_eq!(outcome("expected", None), (None, Some(Status::Good), true, true));
}

// ── a naive evaluation, day by day ───────────────────────────────────────────

const SHIFTS: [(&str, i32, i32); 6] = [
    ("1 year ago", 12, 0),
    ("1 month ago", 1, 0),
    ("2 quarters ago", 6, 0),
    ("7 days ago", 0, 7),
    ("1 day ago", 0, 1),
    ("1 month ago, 2 days ago", 1, 2),
];
const EXTENTS: [&str; 5] = ["", "year to date, ", "last 2 months, ", "last 10 days, ", "to date, "];

#[derive(Debug, Clone)]
struct Case {
    rows: Vec<(i16, u8, i64)>,
    by: usize,
    shift: usize,
    extent: usize,
    until: Option<i16>,
    period: Option<(i16, i16)>,
    split: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let rows = prop::collection::vec((0i16..560, 0u8..2, 1i64..9), 1..40);
    let days = (300i16..560, 0i16..200).prop_map(|(first, length)| (first, first + length));
    let grain_and_context = (0usize..4, 0usize..SHIFTS.len(), 0usize..EXTENTS.len());
    (rows, grain_and_context, proptest::option::of(0i16..620), proptest::option::of(days), any::<bool>()).prop_map(
        |(mut rows, (by, shift, extent), until, period, split)| {
            // Rows that are all on one day of the week would represent weeks.
            rows.extend([(0, 0, 1), (1, 0, 1)]);
            Case { rows, by, shift, extent, until, period, split }
        },
    )
}

const START: Date = jiff::civil::date(2024, 1, 1);

fn day(number: i16) -> Date {
    START + Span::new().days(number)
}

/// The first day of the period of a day, and the first day after it.
fn period(by: usize, day: Date) -> (Date, Date) {
    let month = day.first_of_month();
    match by {
        0 => (day, day + 1.day()),
        1 => (month, month + 1.month()),
        2 => {
            let first = jiff::civil::date(day.year(), (day.month() - 1) / 3 * 3 + 1, 1);
            (first, first + 3.months())
        }
        _ => (day.first_of_year(), day.first_of_year() + 1.year()),
    }
}

fn earlier(day: Date, shift: (&str, i32, i32)) -> Date {
    day - shift.1.months() - shift.2.days()
}

impl Case {
    /// True if a row counts in the shifted range of a period.
    fn counts(&self, row: Date, current: (Date, Date)) -> bool {
        let shift = SHIFTS[self.shift];
        let (first, end) = current;
        let asked_end = self.period.map_or(end, |(_, last)| end.min(day(last) + 1.day()));
        let data_end = self.rows.iter().map(|row| row.0).max().unwrap().max(self.until.unwrap_or(0));
        let known_end = asked_end.min(day(data_end) + 1.day());
        let by_months = self.by > 0;
        let start = match self.extent {
            0 => self.period.map_or(first, |(asked, _)| first.max(day(asked))),
            1 => (end - 1.day()).first_of_year(),
            2 if by_months => end - 2.months(),
            2 => end - 1.day() - 2.months() + 1.day(),
            3 => asked_end - 10.days(),
            _ => Date::MIN,
        };
        if known_end <= start {
            return false;
        }
        let whole_months = by_months && known_end == known_end.first_of_month();
        let moved_end =
            if whole_months { earlier(known_end, shift) } else { earlier(known_end - 1.day(), shift) + 1.day() };
        let moved_start = if self.extent == 4 { start } else { earlier(start, shift) };
        moved_start <= row && row < moved_end
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_rows_that_count_are_those_of_a_naive_evaluation(case in case()) {
        let mut table = "day,k,n\n".to_owned();
        case.rows.iter().for_each(|(at, k, n)| table += &format!("{},{},{n}\n", day(*at), ["p", "q"][usize::from(*k)]));
        let grain = ["day", "month", "quarter", "year"][case.by];
        let formula = format!("sum(s.n)[{}{}, so far]", EXTENTS[case.extent], SHIFTS[case.shift].0);
        let mut query = Query::new([formula]).by(grain);
        if let Some((first, last)) = case.period {
            query = query.period(format!("{}..{}", day(first), day(last)));
        }
        if let Some(until) = case.until {
            query = query.data_until(day(until).to_string());
        }
        if case.split {
            query = query.by("k");
        }
        let result = evaluate("dataset s { time day }", &[("s", &table)], &query).unwrap();
        for (at, group) in result.groups.iter().enumerate() {
            let spelled = result.plan.request.calendar.first_day(group.period.unwrap());
            let current = period(case.by, jiff::civil::date(1970, 1, 1) + Span::new().days(spelled));
            let of_key = |k: &u8| !case.split || group.keys[0].as_deref() == Some(["p", "q"][usize::from(*k)]);
            let kept = case.rows.iter().filter(|(row, k, _)| of_key(k) && case.counts(day(*row), current));
            let expected: Vec<i64> = kept.map(|(_, _, n)| *n).collect();
            let found = result.value(0, at);
            match expected.is_empty() {
                true => prop_assert!(found.is_err(), "{:?} in {current:?}", found),
                false => {
                    let sum = yardstick::Decimal::from(expected.iter().sum::<i64>());
                    prop_assert_eq!(found, Ok(Value::from(sum)), "in {:?}", current);
                }
            }
        }
    }
}
