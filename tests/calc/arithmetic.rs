//! Tests `value::ops` on random numbers: digits against `rust_decimal`, exactness against big integers, and laws.

use num_bigint::BigInt;
use proptest::prelude::*;
use yardstick::internal::builtin;
use yardstick::internal::program::{Operator, apply};
use yardstick::internal::value::ops;
use yardstick::{Cause, Decimal, Number, Value};

use super::naive::big;
use super::strategies::{decimal, number};

fn exact(decimal: Decimal) -> Number {
    Number::exact(decimal)
}

fn small(text: &str) -> Number {
    exact(text.parse().expect("a test writes decimals"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    #[test]
    fn sums(x in decimal(), y in decimal()) {
        let sum = ops::add(exact(x), exact(y));
        prop_assert_eq!(sum.map(|sum| sum.decimal).ok(), x.checked_add(y));
        if let Ok(sum) = sum {
            prop_assert_eq!(sum.exact, big(x, 28) + big(y, 28) == big(sum.decimal, 28));
        }
        let difference = ops::subtract(exact(x), exact(y));
        prop_assert_eq!(difference.map(|difference| difference.decimal).ok(), x.checked_sub(y));
    }

    #[test]
    fn products(x in decimal(), y in decimal()) {
        let product = ops::multiply(exact(x), exact(y));
        prop_assert_eq!(product.map(|product| product.decimal).ok(), x.checked_mul(y));
        if let Ok(product) = product {
            prop_assert_eq!(product.exact, big(x, 28) * big(y, 28) == big(product.decimal, 56));
        }
    }

    #[test]
    fn quotients(x in decimal(), y in decimal()) {
        let quotient = ops::divide(exact(x), exact(y));
        if y.is_zero() {
            prop_assert_eq!(quotient, Err(Cause::DivisionByZero));
            return Ok(());
        }
        prop_assert_eq!(quotient.map(|quotient| quotient.decimal).ok(), x.checked_div(y));
        if let Ok(quotient) = quotient {
            prop_assert_eq!(quotient.exact, big(quotient.decimal, 28) * big(y, 28) == big(x, 56));
        }
    }

    #[test]
    fn laws(x in number(), y in number()) {
        let same = |lhs: ops::Outcome, rhs: ops::Outcome| lhs == rhs && lhs.map(|n| n.exact) == rhs.map(|n| n.exact);
        prop_assert!(same(ops::add(x, y), ops::add(y, x)));
        prop_assert!(same(ops::multiply(x, y), ops::multiply(y, x)));
        prop_assert!(same(ops::subtract(x, y), ops::subtract(y, x).map(ops::negate)));
        prop_assert!(same(ops::add(x, exact(Decimal::ZERO)), Ok(x)));
        prop_assert!(same(ops::multiply(x, exact(Decimal::ONE)), Ok(x)));
        prop_assert!(same(ops::divide(x, exact(Decimal::ONE)), Ok(x)));
        prop_assert_eq!(ops::compare(x, y), ops::compare(y, x).reverse());
        prop_assert_eq!(ops::compare(x, y), big(x.decimal, 28).cmp(&big(y.decimal, 28)));
    }

    #[test]
    fn roots(x in decimal()) {
        let root = ops::square_root(exact(x));
        if x < Decimal::ZERO {
            prop_assert_eq!(root, Err(Cause::Domain));
            return Ok(());
        }
        let root = root.expect("a number that is not negative has a root");
        prop_assert_eq!(root.exact, big(root.decimal, 28).pow(2) == big(x, 56));
        // Half a unit of the last digit up or down must leave the number between the squares.
        let last = big(Decimal::new(1, root.decimal.scale()), 28);
        let twice: BigInt = big(root.decimal, 28) * 2;
        let square = big(x, 56) * 4;
        prop_assert!((&twice + &last).pow(2) >= square);
        prop_assert!(root.decimal.is_zero() || (&twice - &last).pow(2) <= square);
    }

    #[test]
    fn roundings(x in decimal(), digits in -30_i64..=30) {
        use rust_decimal::RoundingStrategy::{MidpointAwayFromZero, MidpointNearestEven};
        let digits = Value::from(Decimal::from(digits));
        for (name, strategy) in [("round", MidpointAwayFromZero), ("round_even", MidpointNearestEven)] {
            let found = called(name, &[x.into(), digits.clone()]);
            let Ok(digits) = u32::try_from(digits_of(&digits)) else {
                // The library rounds to tens by moving the point first, so the moved number must not be cut.
                let power = BigInt::from(10).pow(digits_of(&digits).unsigned_abs() as u32 + 28);
                if let Ok(found) = found {
                    let twice: BigInt = (big(found, 28) - big(x, 28)) * 2;
                    prop_assert_eq!(big(found, 28) % &power, BigInt::from(0));
                    prop_assert!(twice.magnitude() <= power.magnitude());
                }
                continue;
            };
            prop_assert_eq!(found, Ok(x.round_dp_with_strategy(digits, strategy)));
        }
        prop_assert_eq!(called("floor", &[x.into()]), Ok(x.floor()));
        prop_assert_eq!(called("ceil", &[x.into()]), Ok(x.ceil()));
    }

    #[test]
    fn powers_end(x in number(), y in number()) {
        let _ = ops::power(x, y);
        let _ = ops::exponential(x);
        let _ = ops::logarithm(x);
        let _ = ops::decimal_logarithm(x);
    }

    #[test]
    fn whole_powers_multiply(mantissa in -500_i64..500, scale in 0_u32..4, exponent in 0_u32..9) {
        let base = Decimal::new(mantissa, scale);
        let product = (0..exponent).try_fold(Decimal::ONE, |product, _| product.checked_mul(base));
        let power = ops::power(exact(base), exact(exponent.into())).expect("small powers fit");
        let full = big(base, 28).pow(exponent);
        if power.exact {
            prop_assert_eq!(Some(power.decimal), product);
            prop_assert_eq!(big(power.decimal, 28) * BigInt::from(10).pow(28 * exponent), full * BigInt::from(10).pow(28));
        } else {
            // Sixteen factors of ten cover every power that fits. A power that does not fit has more than 28 decimals.
            prop_assert!(base.normalize().scale() * exponent > 28 - 5);
        }
    }
}

fn called(name: &str, arguments: &[Value]) -> Result<Decimal, Cause> {
    match builtin::get(builtin::find(name).expect("a known function")).call(arguments)? {
        Value::Number(number) => Ok(number.decimal),
        other => panic!("{name} gives a number, not {other:?}"),
    }
}

fn digits_of(value: &Value) -> i64 {
    match value {
        Value::Number(number) => number.decimal.mantissa() as i64,
        other => panic!("{other:?} is not a number"),
    }
}

/// `base ^ exponent = result`, with `≈` if the result is inexact and `!` before a cause.
#[test]
fn powers() {
    let cases = "\
        2 ^ 10 = 1024\n2 ^ 0 = 1\n0 ^ 0 = 1\n0 ^ 3 = 0\n0 ^ 0.5 = 0\n2 ^ -2 = 0.25\n10 ^ 28 = 10000000000000000000000000000\n\
        10 ^ -28 = 0.0000000000000000000000000001\n0.1 ^ -28 = 10000000000000000000000000000\n1.1 ^ 2 = 1.21\n-2 ^ 3 = -8\n\
        -1 ^ 79228162514264337593543950335 = -1\n-1 ^ 79228162514264337593543950334 = 1\n1 ^ 0.3 = 1\n4 ^ 0.5 = 2\n\
        1.00 ^ 99999999999999999999 = 1\n2 ^ 3.0 = 8\n10 ^ -29 ≈ 0\n0.5 ^ 99999999999999999999 ≈ 0\n3 ^ -1 ≈ 0.3333333333333333333333333333\n\
        0 ^ -1 ! DivisionByZero\n0 ^ -0.5 ! DivisionByZero\n-8 ^ 0.5 ! Domain\n2 ^ 96 ! Overflow\n2 ^ 99999999999999999999 ! Overflow\n\
        0.5 ^ -99999999999999999999 ! Overflow\n1.0000000000000000000000000001 ^ 79228162514264337593543950335 ! Overflow\n\
        10 ^ 28.9 ! Overflow\n10 ^ -1000.5 ≈ 0";
    for line in cases.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [base, _, exponent, relation, expected] = words[..] else { panic!("{line}") };
        match (ops::power(small(base), small(exponent)), relation) {
            (Err(cause), "!") => assert_eq!(format!("{cause:?}"), expected, "{line}"),
            (Ok(power), "=" | "≈") => {
                assert_eq!(power, small(expected), "{line}");
                assert_eq!(power.exact, relation == "=", "{line}");
            }
            (other, _) => panic!("{line} is {other:?}"),
        }
    }
}

#[test]
fn steps_record_whether_they_round() {
    let exactness = |outcome: ops::Outcome| outcome.expect("it fits").exact;
    assert!(exactness(ops::divide(small("1"), small("8"))));
    assert!(!exactness(ops::divide(small("1"), small("3"))));
    assert!(!exactness(ops::add(exact(Decimal::MAX), small("0.1"))));
    assert!(exactness(ops::add(small("0.00"), small("5"))));
    let tiny = exact(Decimal::new(1, 28));
    let nothing = ops::multiply(tiny, small("0.1")).expect("it fits");
    assert!(nothing.decimal.is_zero() && !nothing.exact);
    let nothing = ops::divide(tiny, exact(Decimal::MAX)).expect("it fits");
    assert!(nothing.decimal.is_zero() && !nothing.exact);
    let third = ops::divide(small("1"), small("3")).expect("it fits");
    assert!(!exactness(ops::multiply(third, small("3"))));
    assert!(!exactness(ops::subtract(third, third)));
}

#[test]
fn date_functions_count_days() {
    use yardstick::Date;
    let noon = |day: i64| Value::Date(Date::from_micros(day * 86_400_000_000 + 43_200_000_000));
    let day = |day| Value::Date(Date::from_day(day));
    let number = |text: &str| Value::Number(small(text));
    let of = |operator, lhs: &Value, rhs: &Value| apply(operator, Ok(lhs.clone()), Ok(rhs.clone()));
    assert_eq!(of(Operator::Subtract, &day(31), &day(1)), Ok(number("30")));
    assert_eq!(of(Operator::Subtract, &day(1), &noon(1)), Ok(number("-0.5")));
    assert_eq!(of(Operator::Add, &day(1), &number("1.5")), Ok(noon(2)));
    assert_eq!(of(Operator::Add, &number("2"), &day(1)), Ok(day(3)));
    assert_eq!(of(Operator::Subtract, &day(1), &number("2")), Ok(day(-1)));
    assert_eq!(of(Operator::Subtract, &number("2"), &day(1)), Err(Cause::WrongKind));
    assert_eq!(of(Operator::Multiply, &day(1), &number("2")), Err(Cause::WrongKind));
    assert_eq!(
        of(Operator::Add, &day(1), &number("1e15".replace("e15", "000000000000000").as_str())),
        Err(Cause::OutsideCalendar)
    );
}
