//! Implements the functions of numbers.

use std::cmp::Ordering;

use crate::value::decimal::digits::{Shortened, shortened};
use crate::value::ops::{self, Outcome};
use crate::value::{Cause, Cell, Decimal, Number, Value};

pub(super) fn abs(x: Number) -> Outcome {
    Ok(Number { decimal: x.decimal.abs(), ..x })
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

pub(super) fn floor(x: Number) -> Outcome {
    Ok(Number { decimal: whole_beside(x.decimal, x.decimal.is_sign_negative()), ..x })
}

pub(super) fn ceil(x: Number) -> Outcome {
    Ok(Number { decimal: whole_beside(x.decimal, !x.decimal.is_sign_negative()), ..x })
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

pub(super) fn sign(x: Number) -> Outcome {
    let sign = match x.decimal.cmp(&Decimal::ZERO) {
        Ordering::Less => Decimal::NEGATIVE_ONE,
        Ordering::Equal => Decimal::ZERO,
        Ordering::Greater => Decimal::ONE,
    };
    Ok(Number { decimal: sign, ..x })
}

pub(super) fn modulo(x: Number, divisor: Number) -> Outcome {
    if divisor.decimal.is_zero() {
        return Err(Cause::DivisionByZero);
    }
    // `checked_rem` is exact and returns the sign of x. Adding the divisor once gives the divisor's sign.
    let rest = x.decimal.checked_rem(divisor.decimal).ok_or(Cause::Overflow)?;
    let rest = Number { decimal: rest, exact: x.exact && divisor.exact };
    let turns = !rest.decimal.is_zero() && rest.decimal.is_sign_negative() != divisor.decimal.is_sign_negative();
    if turns { ops::add(rest, divisor) } else { Ok(rest) }
}

/// The rounding of values that are exactly halfway between two results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    AwayFromZero,
    ToEven,
}

impl Half {
    /// Returns true if the previous digit is rounded up, given whether it is odd.
    pub(crate) fn goes_up(self, odd: bool) -> bool {
        self == Self::AwayFromZero || odd
    }
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
    let decimal = round_to(x.decimal, digits.decimal.trunc().mantissa(), half)?;
    Ok(Value::Number(Number { decimal, exact: x.exact && digits.exact }))
}

/// Rounds to `digits` after the decimal point. Negative digits round to tens, hundreds and so on.
///
/// # Errors
/// [`Cause::Overflow`] if the result has too many digits.
pub(crate) fn round_to(x: Decimal, digits: i128, half: Half) -> Result<Decimal, Cause> {
    let surplus = i128::from(x.scale()).saturating_sub(digits);
    if surplus <= 0 {
        return Ok(x);
    }
    // Every mantissa is less than half of 10^30, so larger powers round to zero.
    let Some(surplus) = u32::try_from(surplus).ok().filter(|surplus| *surplus <= 30) else { return Ok(Decimal::ZERO) };
    let Shortened { kept, half: rest, .. } = shortened(x.mantissa().unsigned_abs(), surplus);
    let up = rest.is_gt() || (rest.is_eq() && half.goes_up(kept % 2 == 1));
    let kept = (kept + u128::from(up)) as i128;
    let (scale, zeros) = if digits < 0 { (0, digits.unsigned_abs() as u32) } else { (digits as u32, 0) };
    let mantissa = 10_i128.checked_pow(zeros).and_then(|power| kept.checked_mul(power)).ok_or(Cause::Overflow)?;
    signed(mantissa, x.is_sign_negative(), scale)
}

fn signed(mantissa: i128, negative: bool, scale: u32) -> Result<Decimal, Cause> {
    let mantissa = if negative { -mantissa } else { mantissa };
    Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| Cause::Overflow)
}

/// The integer part, moved away from zero by one if there is a fraction and `away` is true.
fn whole_beside(x: Decimal, away: bool) -> Decimal {
    let Shortened { kept, exact, .. } = shortened(x.mantissa().unsigned_abs(), x.scale());
    let kept = kept + u128::from(away && !exact);
    signed(kept as i128, x.is_sign_negative(), 0)
        .expect("a number with a fraction has fewer than 28 digits before the point")
}

fn outermost(arguments: &[Value], expected: Ordering) -> Cell {
    let (first, others) = arguments.split_first().ok_or(Cause::WrongKind)?;
    let mut best = first;
    for value in others {
        if order(value, best)? == expected {
            best = value;
        }
    }
    Ok(best.clone())
}

/// Compares two numbers or two dates.
fn order(lhs: &Value, rhs: &Value) -> Result<Ordering, Cause> {
    match (lhs, rhs) {
        (Value::Number(lhs), Value::Number(rhs)) => Ok(ops::compare(*lhs, *rhs)),
        (Value::Date(lhs), Value::Date(rhs)) => Ok(lhs.cmp(rhs)),
        _ => Err(Cause::WrongKind),
    }
}
