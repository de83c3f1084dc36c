//! Applies numeric functions to columns. Functions work on mantissas if the column has one scale, select between
//! columns for `min`, `max` and `clamp`, and work number by number otherwise.

use super::Operator;
use super::arithmetic::{checked, of_one, of_two, rescaled};
use super::column::Column;
use super::compare::ordered;
use super::logic::picked;
use super::side::{Numbers, Side, first_causes, with_failures};
use crate::builtin::{Builtin, Half, Run, round_to};
use crate::value::{Cause, Number, Value, Values, Vector};

/// Calls a function on columns of numbers. Functions that choose between their arguments also accept days. Returns None
/// for any other call.
pub(super) fn numeric(function: &Builtin, arguments: &[&Column], len: usize) -> Option<Vector> {
    if arguments.iter().all(|argument| argument.constant().is_some()) {
        return None;
    }
    match (function.name, arguments) {
        ("abs" | "sign" | "floor" | "ceil", [x]) => by_mantissa(function.name, x),
        ("round", [x, digits @ ..]) => rounded(x, digits, Half::AwayFromZero, len),
        ("round_even", [x, digits @ ..]) => rounded(x, digits, Half::ToEven, len),
        ("min", [first, others @ ..]) => outermost(Operator::Less, first, others, len),
        ("max", [first, others @ ..]) => outermost(Operator::Greater, first, others, len),
        ("clamp", [x, low, high]) => clamped(x, low, high, len),
        _ => None,
    }
    .or_else(|| by_number(function, arguments, len))
}

fn by_number(function: &Builtin, arguments: &[&Column], len: usize) -> Option<Vector> {
    match (function.run, arguments) {
        (Run::One(of), [x]) => Some(of_one(&Numbers::of(x)?, first_causes(arguments), len, of)),
        (Run::Two(of), [x, y]) => Some(of_two(&Numbers::of(x)?, &Numbers::of(y)?, first_causes(arguments), len, of)),
        _ => None,
    }
}

// ── by mantissa ──────────────────────────────────────────────────────────────

fn by_mantissa(name: &str, x: &Column) -> Option<Vector> {
    let vector = x.vector()?;
    let Values::Fixed { mantissas, scale } = &vector.values else { return None };
    let values = match name {
        "abs" => {
            let absolute = |mantissa: i64, ()| mantissa.overflowing_abs();
            Values::Fixed {
                mantissas: checked(&Side::borrowed(mantissas), &Side::Same(()), 0, absolute)?,
                scale: *scale,
            }
        }
        "sign" => Values::Fixed { mantissas: mantissas.iter().map(|mantissa| mantissa.signum()).collect(), scale: 0 },
        "floor" => cut(mantissas, *scale, 0, i64::div_euclid)?,
        _ => cut(mantissas, *scale, 0, |mantissa, unit| {
            mantissa.div_euclid(unit) + i64::from(mantissa.rem_euclid(unit) != 0)
        })?,
    };
    Some(Vector { values, causes: vector.causes.clone() })
}

/// Rounds to a constant number of decimal places.
fn rounded(x: &Column, digits: &[&Column], half: Half, len: usize) -> Option<Vector> {
    let digits = match digits {
        [] => 0,
        [digits] => constant_digits(digits)?,
        _ => return None,
    };
    let causes = first_causes(&[x]);
    let numbers = Numbers::of(x)?;
    if let Numbers::Fixed(Side::Each(mantissas), scale) = &numbers
        && let Some(values) = match half {
            Half::AwayFromZero => cut(mantissas, *scale, digits, half_up),
            Half::ToEven => cut(mantissas, *scale, digits, half_even),
        }
    {
        return Some(Vector { values, causes });
    }
    Some(of_one(&numbers, causes, len, |x| Ok(Number::exact(round_to(x.decimal, digits.into(), half)?))))
}

fn constant_digits(digits: &Column) -> Option<i64> {
    match digits.constant()? {
        Ok(Value::Number(Number { decimal, exact: true })) if decimal.is_integer() => {
            i64::try_from(decimal.trunc().mantissa()).ok()
        }
        _ => None,
    }
}

/// Reduces mantissas to at most `digits` decimal places with `divided`, which gets a mantissa and the unit of the last
/// place. Returns None if the result does not fit.
fn cut(mantissas: &[i64], scale: u32, digits: i64, divided: impl Fn(i64, i64) -> i64) -> Option<Values> {
    let surplus = i64::from(scale).checked_sub(digits)?;
    if surplus <= 0 {
        return Some(Values::Fixed { mantissas: mantissas.to_vec(), scale });
    }
    let unit = 10_i64.checked_pow(surplus.try_into().ok()?)?;
    let mantissas: Vec<i64> = mantissas.iter().map(|&mantissa| divided(mantissa, unit)).collect();
    match u32::try_from(digits) {
        Ok(scale) => Some(Values::Fixed { mantissas, scale }),
        Err(_) => {
            let zeros = u32::try_from(-digits).ok()?;
            let Side::Each(mantissas) = rescaled(&Side::Each(mantissas.into()), zeros)? else { return None };
            Some(Values::Fixed { mantissas: mantissas.into_owned(), scale: 0 })
        }
    }
}

/// Rounds half away from zero. A unit is at most 10^18, so twice the remainder fits 64 bits.
fn half_up(mantissa: i64, unit: i64) -> i64 {
    let up = 2 * (mantissa % unit).abs() >= unit;
    mantissa / unit + if up { mantissa.signum() } else { 0 }
}

fn half_even(mantissa: i64, unit: i64) -> i64 {
    let (kept, twice) = (mantissa / unit, 2 * (mantissa % unit).abs());
    let up = twice > unit || (twice == unit && kept % 2 != 0);
    kept + if up { mantissa.signum() } else { 0 }
}

// ── by choice ────────────────────────────────────────────────────────────────

fn outermost(beyond: Operator, first: &Column, others: &[&Column], len: usize) -> Option<Vector> {
    let (second, others) = others.split_first()?;
    let first = farther(beyond, first, second, len)?;
    others.iter().try_fold(first, |best, other| farther(beyond, &Column::Computed(best), other, len))
}

/// Selects the other value in each row in which it lies beyond the first.
fn farther(beyond: Operator, first: &Column, other: &Column, len: usize) -> Option<Vector> {
    let mask = ordered(beyond, other, first, len)?;
    Some(Vector { values: picked(&mask, other, first)?, causes: first_causes(&[first, other]) })
}

fn clamped(x: &Column, low: &Column, high: &Column, len: usize) -> Option<Vector> {
    let crossed = ordered(Operator::Greater, low, high, len)?;
    let raised = farther(Operator::Greater, x, low, len)?;
    let clamped = farther(Operator::Less, &Column::Computed(raised), high, len)?;
    let failures = (0..len).filter(|&row| crossed[row]).map(|row| (row, Cause::Domain)).collect();
    Some(Vector { causes: with_failures(clamped.causes, failures, len), ..clamped })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Decimal;

    #[test]
    fn digits_beyond_32_bits_fall_back_to_decimals() {
        let cut =
            |digits| cut(&[12_345, -50], 2, digits, half_up).map(|values| Vector::defined(values).cells().collect());
        let numbers = |numbers: [i64; 2]| Some(numbers.map(|number| Ok(Value::from(Decimal::new(number, 2)))).to_vec());
        assert_eq!(cut(i64::from(u32::MAX)), numbers([12_345, -50]));
        assert_eq!(cut(0), numbers([12_300, -100]));
        assert_eq!(cut(-2), numbers([10_000, 0]));
        for digits in [-19, -(1 << 32), -(1 << 33), i64::MIN] {
            assert_eq!(cut(digits), None);
        }
    }
}
