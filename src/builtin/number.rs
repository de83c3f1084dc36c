//! Functions of numbers.

use std::cmp::Ordering;

use crate::value::{Cause, Cell, Decimal, Number, Value, ops};

pub(super) fn abs(arguments: &[Value]) -> Cell {
    let [x] = numbers(arguments)?;
    number(Number { decimal: x.decimal.abs(), ..x })
}

pub(super) fn min(arguments: &[Value]) -> Cell {
    outermost(arguments, Ordering::Less)
}

pub(super) fn max(arguments: &[Value]) -> Cell {
    outermost(arguments, Ordering::Greater)
}

pub(super) fn round(arguments: &[Value]) -> Cell {
    rounded(arguments, Half::AwayFromZero)
}

pub(super) fn round_even(arguments: &[Value]) -> Cell {
    rounded(arguments, Half::ToEven)
}

pub(super) fn floor(arguments: &[Value]) -> Cell {
    let [x] = numbers(arguments)?;
    number(Number { decimal: x.decimal.floor(), ..x })
}

pub(super) fn ceil(arguments: &[Value]) -> Cell {
    let [x] = numbers(arguments)?;
    number(Number { decimal: x.decimal.ceil(), ..x })
}

pub(super) fn sqrt(arguments: &[Value]) -> Cell {
    let [x] = numbers(arguments)?;
    number(ops::square_root(x)?)
}

pub(super) fn exp(arguments: &[Value]) -> Cell {
    let [x] = numbers(arguments)?;
    number(ops::exponential(x)?)
}

pub(super) fn ln(arguments: &[Value]) -> Cell {
    let [x] = numbers(arguments)?;
    number(ops::logarithm(x)?)
}

pub(super) fn log10(arguments: &[Value]) -> Cell {
    let [x] = numbers(arguments)?;
    number(ops::decimal_logarithm(x)?)
}

pub(super) fn clamp(arguments: &[Value]) -> Cell {
    let [x, low, high] = arguments else { return Err(Cause::WrongKind) };
    if order(low, high)? == Ordering::Greater {
        return Err(Cause::Domain);
    }
    let raised = if order(x, low)? == Ordering::Less { low } else { x };
    let clamped = if order(raised, high)? == Ordering::Greater { high } else { raised };
    Ok(clamped.clone())
}

pub(super) fn sign(arguments: &[Value]) -> Cell {
    let [x] = numbers(arguments)?;
    let sign = match x.decimal.cmp(&Decimal::ZERO) {
        Ordering::Less => Decimal::NEGATIVE_ONE,
        Ordering::Equal => Decimal::ZERO,
        Ordering::Greater => Decimal::ONE,
    };
    number(Number { decimal: sign, ..x })
}

pub(super) fn modulo(arguments: &[Value]) -> Cell {
    let [x, divisor] = numbers(arguments)?;
    if divisor.decimal.is_zero() {
        return Err(Cause::DivisionByZero);
    }
    // The library's remainder is exact and has the sign of x; one divisor more turns it to the divisor's sign.
    let rest = x.decimal.checked_rem(divisor.decimal).ok_or(Cause::Overflow)?;
    let rest = Number { decimal: rest, exact: x.exact && divisor.exact };
    let turns = !rest.decimal.is_zero() && rest.decimal.is_sign_negative() != divisor.decimal.is_sign_negative();
    number(if turns { ops::add(rest, divisor)? } else { rest })
}

/// What happens to a digit that is exactly half way.
#[derive(Clone, Copy)]
enum Half {
    AwayFromZero,
    ToEven,
}

fn rounded(arguments: &[Value], half: Half) -> Cell {
    let (x, digits) = match *arguments {
        [Value::Number(x)] => (x, Number::exact(Decimal::ZERO)),
        [Value::Number(x), Value::Number(digits)] => (x, digits),
        _ => return Err(Cause::WrongKind),
    };
    if !digits.decimal.is_integer() {
        return Err(Cause::Domain);
    }
    let decimal = round_to(x.decimal, whole(digits.decimal), half).ok_or(Cause::Overflow)?;
    number(Number { decimal, exact: x.exact && digits.exact })
}

/// Rounds to `digits` after the point; None where that makes the number too large.
fn round_to(x: Decimal, digits: i128, half: Half) -> Option<Decimal> {
    if digits >= i128::from(Decimal::MAX_SCALE) {
        return Some(x);
    }
    match u32::try_from(digits) {
        Ok(places) => Some(x.round_dp_with_strategy(places, half.strategy())),
        Err(_) => round_to_power_of_ten(x, digits.unsigned_abs(), half),
    }
}

/// Rounds to tens, hundreds and so on, by whole arithmetic on what stands before the point.
fn round_to_power_of_ten(x: Decimal, zeros: u128, half: Half) -> Option<Decimal> {
    // From 10^30 on, every decimal is less than half of it.
    let Some(unit) = u32::try_from(zeros).ok().filter(|zeros| *zeros <= 30).map(|zeros| 10_i128.pow(zeros)) else {
        return Some(Decimal::ZERO);
    };
    let before_point = whole(x);
    let (multiple, rest) = (before_point / unit, (before_point % unit).abs());
    let up = match (2 * rest).cmp(&unit) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => half.goes_up(multiple) || !x.fract().is_zero(),
    };
    let away = if up { if x.is_sign_negative() { -1 } else { 1 } } else { 0 };
    Decimal::try_from_i128_with_scale((multiple + away) * unit, 0).ok()
}

impl Half {
    fn strategy(self) -> rust_decimal::RoundingStrategy {
        match self {
            Self::AwayFromZero => rust_decimal::RoundingStrategy::MidpointAwayFromZero,
            Self::ToEven => rust_decimal::RoundingStrategy::MidpointNearestEven,
        }
    }

    fn goes_up(self, multiple: i128) -> bool {
        match self {
            Self::AwayFromZero => true,
            Self::ToEven => multiple % 2 != 0,
        }
    }
}

/// A number without a fraction as an integer; what stands after the point is left out.
fn whole(x: Decimal) -> i128 {
    x.trunc().mantissa()
}

fn outermost(arguments: &[Value], wanted: Ordering) -> Cell {
    let (first, others) = arguments.split_first().ok_or(Cause::WrongKind)?;
    let mut best = first;
    for value in others {
        if order(value, best)? == wanted {
            best = value;
        }
    }
    Ok(best.clone())
}

/// The order of two numbers or of two dates.
fn order(lhs: &Value, rhs: &Value) -> Result<Ordering, Cause> {
    match (lhs, rhs) {
        (Value::Number(lhs), Value::Number(rhs)) => Ok(ops::compare(*lhs, *rhs)),
        (Value::Date(lhs), Value::Date(rhs)) => Ok(lhs.cmp(rhs)),
        _ => Err(Cause::WrongKind),
    }
}

fn numbers<const COUNT: usize>(arguments: &[Value]) -> Result<[Number; COUNT], Cause> {
    let arguments: &[Value; COUNT] = arguments.try_into().map_err(|_| Cause::WrongKind)?;
    let mut numbers = [Number::exact(Decimal::ZERO); COUNT];
    for (number, argument) in numbers.iter_mut().zip(arguments) {
        let Value::Number(value) = argument else { return Err(Cause::WrongKind) };
        *number = *value;
    }
    Ok(numbers)
}

fn number(number: Number) -> Cell {
    Ok(Value::Number(number))
}
