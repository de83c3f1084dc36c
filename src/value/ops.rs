//! Computes with numbers: the decimal that `rust_decimal` gives, and whether the step rounded it.
//!
//! A result has at most 28 decimal places and a mantissa below 2^96. A result with more digits is rounded half to even
//! and marked as inexact. A result that is too large is [`Cause::Overflow`]; one that is too small is an inexact zero.

use std::cmp::Ordering;

use rust_decimal::MathematicalOps;

use super::decimal::digits::{self, Cut};
use super::decimal::wide::Wide;
use super::{Cause, Decimal, Number};

/// A number, or the cause if it is undefined.
pub type Outcome = Result<Number, Cause>;

/// Computes `lhs + rhs`.
///
/// # Errors
/// [`Cause::Overflow`] if the result is too large.
pub fn add(lhs: Number, rhs: Number) -> Outcome {
    let (x, y) = (lhs.decimal, rhs.decimal);
    if let Some(cut) = quick_sum(x, y) {
        return Ok(step(cut.decimal(), cut.exact, &[lhs, rhs]));
    }
    let sum = x.checked_add(y).ok_or(Cause::Overflow)?;
    Ok(step(sum, is_sum(sum, x, y), &[lhs, rhs]))
}

/// Computes `lhs - rhs`.
///
/// # Errors
/// [`Cause::Overflow`] if the result is too large.
pub fn subtract(lhs: Number, rhs: Number) -> Outcome {
    add(lhs, negate(rhs))
}

/// Computes `lhs * rhs`.
///
/// # Errors
/// [`Cause::Overflow`] if the result is too large.
pub fn multiply(lhs: Number, rhs: Number) -> Outcome {
    let (x, y) = (lhs.decimal, rhs.decimal);
    if let Some(cut) = quick_product(x, y) {
        return Ok(step(cut.decimal(), cut.exact, &[lhs, rhs]));
    }
    let product = x.checked_mul(y).ok_or(Cause::Overflow)?;
    Ok(step(product, is_product(product, x, y), &[lhs, rhs]))
}

/// Computes `lhs / rhs`.
///
/// # Errors
/// [`Cause::DivisionByZero`] if `rhs` is zero, [`Cause::Overflow`] if the result is too large.
pub fn divide(lhs: Number, rhs: Number) -> Outcome {
    if rhs.decimal.is_zero() {
        return Err(Cause::DivisionByZero);
    }
    let (x, y) = (lhs.decimal, rhs.decimal);
    if let Some(cut) = quick_quotient(x, y) {
        return Ok(step(cut.decimal(), cut.exact, &[lhs, rhs]));
    }
    let quotient = x.checked_div(y).ok_or(Cause::Overflow)?;
    Ok(step(quotient, is_product(x, quotient, y), &[lhs, rhs]))
}

/// Computes `-x`.
pub fn negate(x: Number) -> Number {
    Number { decimal: -x.decimal, ..x }
}

/// Compares two numbers by value.
pub fn compare(lhs: Number, rhs: Number) -> Ordering {
    lhs.decimal.cmp(&rhs.decimal)
}

/// Computes `base ^ exponent`.
///
/// Integer exponents multiply, exactly while the result fits. Other exponents go through `exp` and `ln` and give
/// inexact results, except 0.5, which is the square root. `0 ^ 0` is 1.
///
/// # Errors
/// [`Cause::Overflow`] if the result is too large, [`Cause::DivisionByZero`] for zero to a negative power,
/// [`Cause::Domain`] for a negative number to a power that is not an integer.
pub fn power(base: Number, exponent: Number) -> Outcome {
    let (x, y) = (base.decimal, exponent.decimal.normalize());
    let result = if x.is_zero() { power_of_zero(y) } else { power_of_nonzero(x, y) }?;
    Ok(step(result.decimal, result.exact, &[base, exponent]))
}

/// Computes the square root, exact if it has at most 28 digits.
///
/// # Errors
/// [`Cause::Domain`] for a negative number.
pub fn square_root(x: Number) -> Outcome {
    if x.decimal < Decimal::ZERO {
        return Err(Cause::Domain);
    }
    let (root, exact) = root_of(x.decimal);
    Ok(step(root, exact, &[x]))
}

/// Computes e to the power of `x`. A result too small for 28 decimal places is an inexact zero.
///
/// # Errors
/// [`Cause::Overflow`] if the result is too large.
pub fn exponential(x: Number) -> Outcome {
    let result = match x.decimal.checked_exp() {
        Some(result) => result,
        None if x.decimal.is_sign_negative() => Decimal::ZERO,
        None => return Err(Cause::Overflow),
    };
    Ok(step(result, x.decimal.is_zero(), &[x]))
}

/// Computes the natural logarithm.
///
/// # Errors
/// [`Cause::Domain`] for zero and negative numbers.
pub fn logarithm(x: Number) -> Outcome {
    let result = x.decimal.checked_ln().ok_or(Cause::Domain)?;
    Ok(step(result, x.decimal == Decimal::ONE, &[x]))
}

/// Computes the decimal logarithm, exact for powers of ten.
///
/// # Errors
/// [`Cause::Domain`] for zero and negative numbers.
pub fn decimal_logarithm(x: Number) -> Outcome {
    if x.decimal <= Decimal::ZERO {
        return Err(Cause::Domain);
    }
    let lean = x.decimal.normalize();
    let (mantissa, scale) = (lean.mantissa().unsigned_abs(), i64::from(lean.scale()));
    if let Some(zeros) = crate::value::decimal::wide::POWERS_OF_TEN.iter().position(|&power| power == mantissa) {
        return Ok(step((zeros as i64 - scale).into(), true, &[x]));
    }
    let result = lean.checked_log10().ok_or(Cause::Domain)?;
    Ok(step(result, false, &[x]))
}

/// Computes `x + y`. Returns None in special cases, which [`add`] handles.
#[inline]
pub(crate) fn quick_sum(x: Decimal, y: Decimal) -> Option<Cut> {
    let opposed = x.is_sign_negative() != y.is_sign_negative();
    let (cut, flipped) = digits::sum((magnitude(x), x.scale()), (magnitude(y), y.scale()), opposed)?;
    Some(cut.signed(x.is_sign_negative() != flipped))
}

/// Computes `x - y` like [`quick_sum`].
#[inline]
pub(crate) fn quick_difference(x: Decimal, y: Decimal) -> Option<Cut> {
    quick_sum(x, -y)
}

/// Computes `x * y` like [`quick_sum`].
#[inline]
pub(crate) fn quick_product(x: Decimal, y: Decimal) -> Option<Cut> {
    let cut = digits::product(magnitude(x), magnitude(y), x.scale() + y.scale())?;
    Some(cut.signed(x.is_sign_negative() != y.is_sign_negative()))
}

/// Computes `x / y` like [`quick_sum`].
#[inline]
pub(crate) fn quick_quotient(x: Decimal, y: Decimal) -> Option<Cut> {
    let cut = digits::quotient(magnitude(x), magnitude(y), x.scale() as i32 - y.scale() as i32)?;
    Some(cut.signed(x.is_sign_negative() != y.is_sign_negative()))
}

/// Computes `x / y / 10^scale` like [`quick_sum`].
#[inline]
pub(crate) fn quick_quotient_of_mantissas(x: i64, y: i64, scale: i32) -> Option<Cut> {
    let cut = digits::quotient(x.unsigned_abs().into(), y.unsigned_abs().into(), scale)?;
    Some(cut.signed((x < 0) != (y < 0)))
}

#[inline]
fn magnitude(x: Decimal) -> u128 {
    let parts = x.unpack();
    u128::from(parts.hi) << 64 | u128::from(parts.mid) << 32 | u128::from(parts.lo)
}

/// A result is exact if the step and all operands are.
fn step(decimal: Decimal, exact: bool, operands: &[Number]) -> Number {
    Number { decimal, exact: exact && operands.iter().all(|operand| operand.exact) }
}

/// Returns true if `sum` is exactly `lhs + rhs`, as it is if no digit was cut to fit the scale of the result.
fn is_sum(sum: Decimal, lhs: Decimal, rhs: Decimal) -> bool {
    let scale = lhs.scale().max(rhs.scale());
    if sum.scale() >= scale {
        return true;
    }
    // -sum + lhs + rhs = 0: at one scale and without signs, the negative terms add up to the same as the others.
    let mut sides = [Wide::ZERO; 2];
    for term in [-sum, lhs, rhs] {
        let side = &mut sides[usize::from(term.is_sign_negative())];
        let scaled = Wide::mantissa(term).scaled_up(scale - term.scale());
        *side = scaled
            .and_then(|scaled| side.checked_add(scaled))
            .expect("96 bits and 28 digits take 190 bits, and three such numbers fit 256 bits");
    }
    sides[0] == sides[1]
}

/// Returns true if `product` is exactly `lhs * rhs`, ignoring signs.
fn is_product(product: Decimal, lhs: Decimal, rhs: Decimal) -> bool {
    let scale = lhs.scale() + rhs.scale();
    let full = Wide::product(lhs.mantissa().unsigned_abs(), rhs.mantissa().unsigned_abs());
    // A number that does not fit 256 bits cannot equal the other side, which has at most 192 bits.
    match scale.checked_sub(product.scale()) {
        Some(more) => Wide::mantissa(product).scaled_up(more) == Some(full),
        None => full.scaled_up(product.scale() - scale) == Some(Wide::mantissa(product)),
    }
}

fn power_of_zero(exponent: Decimal) -> Outcome {
    match exponent.cmp(&Decimal::ZERO) {
        Ordering::Less => Err(Cause::DivisionByZero),
        Ordering::Equal => Ok(Number::exact(Decimal::ONE)),
        Ordering::Greater => Ok(Number::exact(Decimal::ZERO)),
    }
}

fn power_of_nonzero(base: Decimal, exponent: Decimal) -> Outcome {
    if exponent.scale() == 0 {
        return whole_power(base, exponent.mantissa());
    }
    if base.is_sign_negative() {
        return Err(Cause::Domain);
    }
    if base == Decimal::ONE {
        return Ok(Number::exact(base));
    }
    if exponent == Decimal::new(5, 1) {
        return square_root(Number::exact(base));
    }
    let logarithm = logarithm(Number::exact(base))?;
    match multiply(logarithm, Number::exact(exponent)) {
        Ok(product) => exponential(product),
        Err(_) if (base > Decimal::ONE) == exponent.is_sign_positive() => Err(Cause::Overflow),
        Err(_) => Ok(vanished()),
    }
}

fn whole_power(base: Decimal, exponent: i128) -> Outcome {
    let count = exponent.unsigned_abs();
    let Some(power) = exact_power(base, count) else {
        return rounded_power(base, exponent);
    };
    if exponent < 0 { divide(Number::exact(Decimal::ONE), power) } else { Ok(power) }
}

/// Computes `base ^ count` by squaring. Returns None as soon as a step rounds or overflows, because later steps would
/// too.
fn exact_power(base: Decimal, count: u128) -> Option<Number> {
    if base.abs() == Decimal::ONE {
        return Some(Number::exact(if count.is_multiple_of(2) { Decimal::ONE } else { base.normalize() }));
    }
    let exactly = |lhs, rhs| multiply(lhs, rhs).ok().filter(|product| product.exact);
    let (mut power, mut square, mut rest) = (Number::exact(Decimal::ONE), Number::exact(base.normalize()), count);
    loop {
        if rest % 2 == 1 {
            power = exactly(power, square)?;
        }
        rest /= 2;
        if rest == 0 {
            return Some(power);
        }
        square = exactly(square, square)?;
    }
}

/// Computes an inexact power of a base that is neither 0 nor ±1.
///
/// A result larger than 1 is computed by multiplying. A smaller one is computed by multiplying, or as the reciprocal of
/// a power, whichever keeps more digits.
fn rounded_power(base: Decimal, exponent: i128) -> Outcome {
    let grows = (base.abs() > Decimal::ONE) == (exponent > 0);
    let Ok(count) = u64::try_from(exponent.unsigned_abs()) else {
        return if grows { Err(Cause::Overflow) } else { Ok(vanished()) };
    };
    let result = match (exponent > 0, grows) {
        (true, _) => base.checked_powu(count),
        (false, true) => Decimal::ONE.checked_div(base).and_then(|inverse| inverse.checked_powu(count)),
        (false, false) => base.checked_powu(count).and_then(|power| Decimal::ONE.checked_div(power)),
    };
    match result {
        Some(decimal) => Ok(Number { decimal, exact: false }),
        None if grows => Err(Cause::Overflow),
        None => Ok(vanished()),
    }
}

/// The inexact zero that replaces a number too small for 28 decimal places.
fn vanished() -> Number {
    Number { decimal: Decimal::ZERO, exact: false }
}

/// Computes the square root with as many digits as fit, rounded to nearest, and whether it is exact.
fn root_of(x: Decimal) -> (Decimal, bool) {
    let mut scale = Decimal::MAX_SCALE;
    loop {
        let scaled = (2 * scale).checked_sub(x.scale()).and_then(|more| Wide::mantissa(x).scaled_up(more));
        if let Some((root, exact)) = scaled.and_then(|scaled| rounded_root(scaled, scale)) {
            return (root, exact);
        }
        // The loop ends at half the scale of x at the latest: the root of 96 bits and one digit has far fewer than 96
        // bits.
        scale -= 1;
    }
}

fn rounded_root(square: Wide, scale: u32) -> Option<(Decimal, bool)> {
    if square.high() >> 64 != 0 {
        // The root would have more than 96 bits.
        return None;
    }
    let (root, rest) = square.square_root();
    // (root + 1/2)² is root² + root + 1/4, so the remainder decides and there are no ties.
    let rounded = root + u128::from(rest > Wide::from(root));
    let decimal = Decimal::try_from_i128_with_scale(i128::try_from(rounded).ok()?, scale).ok()?;
    Some((decimal, rest == Wide::ZERO))
}
