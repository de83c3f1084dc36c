//! Computes `+ - * /` and negation on columns of numbers, as 64-bit mantissas if they fit and as decimals otherwise.

use super::Operator;
use super::column::Column;
use super::side::{Causes, MAX_FIXED_SCALE, Numbers, Side, each_pair, first_causes, with_failures, zip};
use crate::value::decimal::digits::Cut;
use crate::value::ops::{self, Outcome};
use crate::value::{Decimal, Number, Values, Vector};

/// Applies the operator to two columns of numbers. Returns None for other columns and other operators.
pub(super) fn arithmetic(operator: Operator, lhs: &Column, rhs: &Column, len: usize) -> Option<Vector> {
    let operation = match operator {
        Operator::Add => sum,
        Operator::Subtract => difference,
        Operator::Multiply => product,
        Operator::Divide => quotient,
        Operator::Power => power,
        _ => return None,
    };
    let (left, right) = (Numbers::of(lhs)?, Numbers::of(rhs)?);
    Some(operation(left, right, first_causes(&[lhs, rhs]), len))
}

/// Computes `-x` for a column of numbers.
pub(super) fn negated(x: &Column) -> Option<Vector> {
    let vector = x.vector()?;
    let values = match &vector.values {
        Values::Fixed { mantissas, scale } => {
            let mantissas = mantissas.iter().map(|mantissa| mantissa.checked_neg()).collect::<Option<_>>()?;
            Values::Fixed { mantissas, scale: *scale }
        }
        Values::Decimals { values, inexact } => {
            Values::Decimals { values: values.iter().map(|value| -value).collect(), inexact: inexact.clone() }
        }
        _ => return None,
    };
    Some(Vector { values, causes: vector.causes.clone() })
}

fn sum(lhs: Numbers, rhs: Numbers, causes: Causes, len: usize) -> Vector {
    let fixed = aligned(&lhs, &rhs, |l, r, scale| (checked(l, r, len, i64::overflowing_add), scale));
    narrow(fixed, causes, |causes| decimals(&lhs, &rhs, causes, len, ops::quick_sum, ops::add))
}

fn difference(lhs: Numbers, rhs: Numbers, causes: Causes, len: usize) -> Vector {
    let fixed = aligned(&lhs, &rhs, |l, r, scale| (checked(l, r, len, i64::overflowing_sub), scale));
    narrow(fixed, causes, |causes| decimals(&lhs, &rhs, causes, len, ops::quick_difference, ops::subtract))
}

fn product(lhs: Numbers, rhs: Numbers, causes: Causes, len: usize) -> Vector {
    let fixed = match (&lhs, &rhs) {
        (Numbers::Fixed(l, ls), Numbers::Fixed(r, rs)) if ls + rs <= MAX_FIXED_SCALE => {
            Some((checked(l, r, len, i64::overflowing_mul), ls + rs))
        }
        _ => None,
    };
    narrow(fixed, causes, |causes| match (power_of_ten(&lhs), power_of_ten(&rhs)) {
        (_, Some(places)) => moved(&lhs, places, causes, len, |causes| {
            decimals(&lhs, &rhs, causes, len, ops::quick_product, ops::multiply)
        }),
        (Some(places), _) => moved(&rhs, places, causes, len, |causes| {
            decimals(&lhs, &rhs, causes, len, ops::quick_product, ops::multiply)
        }),
        _ => decimals(&lhs, &rhs, causes, len, ops::quick_product, ops::multiply),
    })
}

fn quotient(lhs: Numbers, rhs: Numbers, causes: Causes, len: usize) -> Vector {
    match (&lhs, &rhs, power_of_ten(&rhs)) {
        (_, _, Some(places)) => moved(&lhs, -places, causes, len, |causes| {
            decimals(&lhs, &rhs, causes, len, ops::quick_quotient, ops::divide)
        }),
        (Numbers::Fixed(l, ls), Numbers::Fixed(r, rs), None) => {
            let (ls, rs) = (*ls, *rs);
            let quick = |l, r| ops::quick_quotient_of_mantissas(l, r, ls as i32 - rs as i32);
            let slow = |l, r| ops::divide(Number::exact(Decimal::new(l, ls)), Number::exact(Decimal::new(r, rs)));
            numbers(l, r, None, causes, len, quick, slow)
        }
        _ => decimals(&lhs, &rhs, causes, len, ops::quick_quotient, ops::divide),
    }
}

fn power(lhs: Numbers, rhs: Numbers, causes: Causes, len: usize) -> Vector {
    of_two(&lhs, &rhs, causes, len, ops::power)
}

/// Applies a function of one number to each row.
pub(super) fn of_one(x: &Numbers, causes: Causes, len: usize, of: impl Fn(Number) -> Outcome) -> Vector {
    let (values, inexact) = x.to_decimals();
    let inexact = inexact.map(|inexact| (0..len).map(|row| inexact.get(row)).collect());
    numbers(&values, &Side::Same(()), inexact, causes, len, |_, ()| None, |x, ()| of(Number::exact(x)))
}

/// Applies a function of two numbers to each row.
pub(super) fn of_two(
    lhs: &Numbers,
    rhs: &Numbers,
    causes: Causes,
    len: usize,
    of: impl Fn(Number, Number) -> Outcome,
) -> Vector {
    decimals(lhs, rhs, causes, len, |_, _| None, of)
}

/// Returns the mantissas if none overflowed, and the result of the wider operation otherwise.
fn narrow(fixed: Option<(Option<Vec<i64>>, u32)>, causes: Causes, wider: impl FnOnce(Causes) -> Vector) -> Vector {
    match fixed {
        Some((Some(mantissas), scale)) => Vector { values: Values::Fixed { mantissas, scale }, causes },
        _ => wider(causes),
    }
}

/// Brings both sides to the larger of their scales. Returns None if they are not mantissas or do not fit.
pub(super) fn aligned<R>(lhs: &Numbers, rhs: &Numbers, of: impl FnOnce(&Side<i64>, &Side<i64>, u32) -> R) -> Option<R> {
    let (Numbers::Fixed(l, ls), Numbers::Fixed(r, rs)) = (lhs, rhs) else { return None };
    let scale = *ls.max(rs);
    let (l, r) = (rescaled(l, scale - ls)?, rescaled(r, scale - rs)?);
    Some(of(&l, &r, scale))
}

/// Multiplies mantissas by `10^digits`. Returns None if one overflows.
pub(super) fn rescaled<'a>(mantissas: &Side<'a, i64>, digits: u32) -> Option<Side<'a, i64>> {
    if digits == 0 {
        return Some(mantissas.clone());
    }
    let factor = Side::Same(10_i64.checked_pow(digits)?);
    match mantissas {
        Side::Same(mantissa) => mantissa.checked_mul(factor.get(0)).map(Side::Same),
        Side::Each(items) => {
            checked(mantissas, &factor, items.len(), i64::overflowing_mul).map(|items| Side::Each(items.into()))
        }
    }
}

/// Computes one mantissa per row. Returns None if any overflows.
#[inline]
pub(super) fn checked<T: Copy>(
    lhs: &Side<i64>,
    rhs: &Side<T>,
    len: usize,
    operation: impl Fn(i64, T) -> (i64, bool),
) -> Option<Vec<i64>> {
    let mut overflowed = false;
    let mantissas = zip(lhs, rhs, len, |l, r| {
        let (mantissa, over) = operation(l, r);
        overflowed |= over;
        mantissa
    });
    (!overflowed).then_some(mantissas)
}

/// Returns n if the operand is the constant 10^n.
fn power_of_ten(numbers: &Numbers) -> Option<i32> {
    let Numbers::Fixed(Side::Same(mantissa), scale) = numbers else { return None };
    let power = (0..=MAX_FIXED_SCALE).find(|&power| 10_i64.pow(power) == *mantissa)?;
    Some(power as i32 - *scale as i32)
}

/// Computes `x * 10^places` by moving the decimal point, or by the wider operation if that is not possible.
fn moved(x: &Numbers, places: i32, causes: Causes, len: usize, wider: impl FnOnce(Causes) -> Vector) -> Vector {
    let (values, inexact) = match x {
        Numbers::Fixed(Side::Each(mantissas), scale) => match u32::try_from(*scale as i32 - places) {
            Ok(scale @ ..=MAX_FIXED_SCALE) => {
                return Vector { values: Values::Fixed { mantissas: mantissas.to_vec(), scale }, causes };
            }
            _ => return wider(causes),
        },
        Numbers::Decimals(Side::Each(values), inexact) => (values, inexact),
        _ => return wider(causes),
    };
    let mut moves = true;
    let values = values.iter().map(|&value| {
        let scale = value.scale() as i32 - places;
        moves &= (0..=Decimal::MAX_SCALE as i32).contains(&scale);
        let mut value = value;
        moves &= value.set_scale(scale.clamp(0, Decimal::MAX_SCALE as i32) as u32).is_ok();
        value
    });
    let values = values.collect();
    if !moves {
        return wider(causes);
    }
    let inexact = inexact.as_ref().map(|inexact| match inexact {
        Side::Each(flags) => flags.to_vec(),
        Side::Same(flag) => vec![*flag; len],
    });
    Vector { values: Values::Decimals { values, inexact }, causes }
}

fn decimals(
    lhs: &Numbers,
    rhs: &Numbers,
    causes: Causes,
    len: usize,
    quick: impl Fn(Decimal, Decimal) -> Option<Cut>,
    slow: impl Fn(Number, Number) -> Outcome,
) -> Vector {
    let ((left, left_inexact), (right, right_inexact)) = (lhs.to_decimals(), rhs.to_decimals());
    let inexact = match (&left_inexact, &right_inexact) {
        (Some(left), Some(right)) => Some(zip(left, right, len, |l, r| l | r)),
        (Some(one), None) | (None, Some(one)) => Some((0..len).map(|index| one.get(index)).collect()),
        (None, None) => None,
    };
    numbers(&left, &right, inexact, causes, len, quick, |l, r| slow(Number::exact(l), Number::exact(r)))
}

/// Computes one number per row from operands that are exact, except where `inexact` is set.
///
/// A quick result is written to its slot directly, because passing it around costs more than computing it.
#[inline]
fn numbers<A: Copy, B: Copy>(
    lhs: &Side<A>,
    rhs: &Side<B>,
    inexact: Option<Vec<bool>>,
    causes: Causes,
    len: usize,
    quick: impl Fn(A, B) -> Option<Cut>,
    slow: impl Fn(A, B) -> Outcome,
) -> Vector {
    let mut failures = Vec::new();
    let mut values = vec![Decimal::ZERO; len];
    let mut rounded = inexact.unwrap_or_else(|| vec![false; len]);
    each_pair(lhs, rhs, len, |row, l, r| {
        if let Some(cut) = quick(l, r) {
            values[row] = cut.decimal();
            rounded[row] |= !cut.exact;
            return;
        }
        match slow(l, r) {
            Ok(number) => {
                values[row] = number.decimal;
                rounded[row] |= !number.exact;
            }
            Err(cause) => failures.push((row, cause)),
        }
    });
    let inexact = rounded.contains(&true).then_some(rounded);
    Vector { values: Values::Decimals { values, inexact }, causes: with_failures(causes, failures, len) }
}
