//! Tests every function against values computed by hand.

use std::str::FromStr;

use super::*;
use crate::value::{Date, Decimal};

fn number(text: &str) -> Value {
    Value::from(Decimal::from_str(text).expect("a test contains valid decimals"))
}

/// Parses a value of a test: `"text"`, `@day`, `@day+hours`, `true`, or a number.
fn value(text: &str) -> Value {
    if let Some(text) = text.strip_prefix('"') {
        return Value::Text(text.trim_end_matches('"').into());
    }
    if let Some(date) = text.strip_prefix('@') {
        let (day, hours) = date.split_once('+').unwrap_or((date, "0"));
        let day: jiff::civil::Date = day.parse().expect("a test contains valid dates");
        let days = day.since(jiff::civil::date(1970, 1, 1)).expect("the dates are within range").get_days();
        return Value::Date(Date::from_micros((i64::from(days) * 24 + hours.parse::<i64>().unwrap()) * 3_600_000_000));
    }
    bool::from_str(text).map(Value::Boolean).unwrap_or_else(|_| number(text))
}

/// Checks a line `name argument; argument -> result`. `!Cause` is the cause of an undefined result.
fn check(line: &str) {
    let (call, expected) = line.split_once(" -> ").expect("a case has a result");
    let (name, arguments) = call.split_once(' ').expect("a case has arguments");
    let function = get(find(name).expect("a known function"));
    let calendar = Calendar::default();
    let period = Value::Date(Date::from_period(calendar, calendar.period(Grain::Year, 0)));
    let calendar = function.uses_calendar().then_some(period);
    let arguments: Vec<Value> = arguments.split("; ").map(value).chain(calendar).collect();
    let found = function.call(&arguments);
    match expected.strip_prefix('!') {
        Some(cause) => assert_eq!(format!("{:?}", found.expect_err(line)), cause, "{line}"),
        None => assert_eq!(found, Ok(value(expected)), "{line}"),
    }
}

#[test]
fn numeric_functions_compute_exact_values() {
    let cases = "\
        abs -5.5 -> 5.5\nabs 0 -> 0\nabs \"a\" -> !WrongKind\n\
        min 3; 1; 2 -> 1\nmax 3; 1; 2 -> 3\nmin @2026-01-02; @2026-01-01 -> @2026-01-01\nmin 1; \"a\" -> !WrongKind\n\
        round 2.5 -> 3\nround -2.5 -> -3\nround 2.345; 2 -> 2.35\nround 2.344999; 2 -> 2.34\nround 1; 40 -> 1\n\
        round 150; -2 -> 200\nround 149.99; -2 -> 100\nround -150; -2 -> -200\nround 49; -2 -> 0\nround 5; -1 -> 10\n\
        round 79228162514264337593543950335; -1 -> !Overflow\nround 1; -40 -> 0\nround 1; 1.5 -> !Domain\n\
        round 50000000000000000000000000000; -29 -> !Overflow\nround 49999999999999999999999999999; -29 -> 0\n\
        round_even 2.5 -> 2\nround_even 3.5 -> 4\nround_even -2.5 -> -2\nround_even 2.345; 2 -> 2.34\n\
        round_even 250; -2 -> 200\nround_even 250.01; -2 -> 300\nround_even 350; -2 -> 400\n\
        floor -1.5 -> -2\nfloor 1.5 -> 1\nfloor -2 -> -2\nceil -1.5 -> -1\nceil 1.2 -> 2\nceil 3 -> 3\n\
        sqrt 2.25 -> 1.5\nsqrt 0 -> 0\nsqrt -1 -> !Domain\nsqrt 2 -> 1.4142135623730950488016887242\n\
        sqrt 0.0000000000000000000000000001 -> 0.00000000000001\n\
        exp 0 -> 1\nexp 70 -> !Overflow\nexp -100 -> 0\nln 1 -> 0\nln 0 -> !Domain\nln -1 -> !Domain\n\
        log10 1000 -> 3\nlog10 0.01 -> -2\nlog10 1 -> 0\nlog10 0 -> !Domain\nlog10 -10 -> !Domain\n\
        clamp 12; 0; 10 -> 10\nclamp -1; 0; 10 -> 0\nclamp 5; 0; 10 -> 5\nclamp 5; 10; 0 -> !Domain\n\
        sign -5 -> -1\nsign 0 -> 0\nsign 0.1 -> 1\n\
        mod 7; 3 -> 1\nmod -7; 3 -> 2\nmod 7; -3 -> -2\nmod -7; -3 -> -1\nmod 6; 3 -> 0\nmod 5.5; 2 -> 1.5\n\
        mod 1; 0 -> !DivisionByZero";
    cases.lines().for_each(check);
}

#[test]
fn text_functions_compare_and_change_case() {
    let cases = "\
        lower \"ÉTÉ Ω\" -> \"été ω\"\nupper \"straße\" -> \"STRASSE\"\nlower 1 -> !WrongKind\n\
        contains \"newsletter\"; \"letter\" -> true\ncontains \"a\"; \"A\" -> false\ncontains \"a\"; \"\" -> true\n\
        starts_with \"newsletter\"; \"news\" -> true\nstarts_with \"news\"; \"newsletter\" -> false\n\
        ends_with \"newsletter\"; \"letter\" -> true\nends_with \"newsletter\"; 1 -> !WrongKind";
    cases.lines().for_each(check);
}

#[test]
fn date_functions_return_calendar_parts() {
    // 2026-03-31 is a Tuesday, 2027-01-01 is a Friday in the 53rd week of 2026, and 1969-12-31 is a Wednesday.
    let cases = "\
        year @2026-03-31 -> 2026\nquarter @2026-03-31 -> 1\nquarter @2026-04-01 -> 2\nquarter @2026-12-31 -> 4\n\
        month @2026-03-31 -> 3\nday @2026-03-31 -> 31\nweekday @2026-03-31 -> 2\nweekday @2026-03-29 -> 7\n\
        week @2027-01-01 -> 53\nweek @2026-01-01 -> 1\nhour @2026-03-31+17 -> 17\nhour @2026-03-31 -> 0\n\
        year @1969-12-31 -> 1969\nweekday @1969-12-31 -> 3\nhour @1969-12-31+23 -> 23\nyear 2026 -> !WrongKind";
    cases.lines().for_each(check);
    let far = [Value::Date(Date::from_micros(i64::MIN))];
    assert_eq!(get(find("year").expect("it exists")).call(&far), Err(Cause::OutsideCalendar));
}

#[test]
fn functions_mark_rounded_results_as_inexact() {
    let exact = |name: &str, x: &str| match get(find(name).expect("it exists")).call(&[number(x)]) {
        Ok(Value::Number(number)) => number.exact,
        other => panic!("{name}({x}) is {other:?}"),
    };
    assert!(exact("sqrt", "2.25") && exact("log10", "0.01") && exact("exp", "0") && exact("ln", "1"));
    assert!(exact("round", "2.5") && exact("floor", "-1.5"));
    assert!(!exact("sqrt", "2") && !exact("log10", "2") && !exact("exp", "1") && !exact("exp", "-100"));
    assert!(!exact("ln", "2"));
}

#[test]
fn a_wrong_number_of_arguments_does_not_panic() {
    for function in all() {
        for count in [0, 1, 2, 3, 4] {
            let arguments = vec![number("1"); count];
            let accepted = count >= function.least() && function.most().is_none_or(|most| count <= most);
            assert!(accepted || function.call(&arguments) == Err(Cause::WrongKind), "{} of {count}", function.name);
        }
    }
}

#[test]
fn the_table_is_well_formed() {
    for (index, function) in all().iter().enumerate() {
        assert_eq!(find(function.name), Some(BuiltinId(index as u16)), "{} is listed once", function.name);
        assert!(function.example.starts_with(function.name) && function.documentation.ends_with('.'));
        let before_last = &function.parameters[..function.parameters.len().saturating_sub(1)];
        assert!(before_last.iter().all(|parameter| parameter.arity == Arity::One), "{}", function.name);
    }
    assert!(aggregates().iter().all(|aggregate| aggregate.example.starts_with(aggregate.name)));
    assert_eq!(find("sum"), None);
    assert_eq!(get(find("round").expect("it exists")).signature(), "round(x, digits?)");
    assert_eq!(get(find("min").expect("it exists")).signature(), "min(x, y, …)");
}
