//! Multiplies and divides mantissas in limbs of 64 bits and rounds the results to the precision of a decimal.
//!
//! The result equals that of `rust_decimal`: the largest scale up to 28 at which the mantissa stays below 2^96, rounded
//! half to even. The rare cases (a divisor of zero, a carry beyond 2^96, a scale out of range) give None and are left
//! to that library. Division by a limb multiplies by its reciprocal, as in Möller and Granlund, "Improved division by
//! invariant integers" (2011), which also defines the names `u`, `d`, `v`, `q` and `r`.

use std::cmp::Ordering;

use super::wide::{POWERS_OF_TEN, Wide};
use crate::value::Decimal;

/// A mantissa below 2^96 with its scale and sign. `exact` is true if only zeros were cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) mantissa: u128,
    pub(crate) scale: u32,
    pub(crate) exact: bool,
    pub(crate) negative: bool,
}

impl Cut {
    fn unsigned(mantissa: u128, scale: u32, exact: bool) -> Self {
        Self { mantissa, scale, exact, negative: false }
    }

    /// The same number with this sign.
    #[inline]
    pub(crate) fn signed(self, negative: bool) -> Self {
        Self { negative, ..self }
    }

    /// The number as a decimal.
    #[inline]
    pub(crate) fn decimal(self) -> Decimal {
        let Self { mantissa, scale, negative, .. } = self;
        Decimal::from_parts(mantissa as u32, (mantissa >> 32) as u32, (mantissa >> 64) as u32, negative, scale)
    }
}

/// Computes `a / b / 10^scale` for mantissas below 2^96. An exact result has no trailing zeros.
#[inline(always)]
pub(crate) fn quotient(a: u128, b: u128, scale: i32) -> Option<Cut> {
    if b == 0 {
        return None;
    }
    if a == 0 {
        return Some(Cut::unsigned(0, 0, true));
    }
    let (digits, dividend) = scaled_dividend(a, b, Decimal::MAX_SCALE as i32 - scale)?;
    let scale = u32::try_from(scale + digits).ok()?;
    let (quotient, rest) = if b >> 64 == 0 {
        let (quotient, rest) = divide_by_limb(dividend, b as u64)?;
        (quotient, rest.into())
    } else {
        divide_by_two_limbs(dividend, b)?
    };
    if rest == 0 {
        return without_zeros(quotient, scale);
    }
    let (above_half, at_half) = (2 * rest > b, 2 * rest == b);
    let mantissa = quotient + u128::from(above_half | (at_half & (quotient & 1 == 1)));
    (mantissa >> 96 == 0).then_some(Cut::unsigned(mantissa, scale, false))
}

/// The same number at its smallest scale. Returns None for a mantissa of 2^96 or more.
fn without_zeros(mut mantissa: u128, mut scale: u32) -> Option<Cut> {
    // The steps add up to 31, and every number of zeros that a scale allows is a sum of some of them.
    for zeros in [16, 8, 4, 2, 1] {
        // A multiple of 10^n is also a multiple of 2^n.
        if zeros <= scale && zeros <= mantissa.trailing_zeros() {
            let Shortened { kept, exact, .. } = shortened(mantissa, zeros);
            if exact {
                (mantissa, scale) = (kept, scale - zeros);
            }
        }
    }
    (mantissa >> 96 == 0).then_some(Cut::unsigned(mantissa, scale, true))
}

/// Computes `a * b / 10^scale` for mantissas below 2^96.
#[inline]
pub(crate) fn product(a: u128, b: u128, scale: u32) -> Option<Cut> {
    if (a | b) >> 64 == 0 {
        let mantissa = a * b;
        if mantissa >> 96 == 0 && scale <= Decimal::MAX_SCALE {
            return Some(Cut::unsigned(mantissa, scale, true));
        }
    }
    long_product(a, b, scale)
}

fn long_product(a: u128, b: u128, scale: u32) -> Option<Cut> {
    cut_to_fit(Wide::product(a, b), scale)
}

/// A mantissa without its last digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shortened {
    /// The remaining digits.
    pub(crate) kept: u128,
    /// How the digits that were cut compare to half a unit of the last remaining digit.
    pub(crate) half: Ordering,
    /// True if only zeros were cut.
    pub(crate) exact: bool,
}

/// Cuts the last `digits` digits, at most 38.
#[inline]
pub(crate) fn shortened(mantissa: u128, digits: u32) -> Shortened {
    let power = POWERS_OF_TEN[digits as usize];
    let (kept, rest) = match (u64::try_from(mantissa), u64::try_from(power)) {
        (Ok(mantissa), Ok(power)) => (u128::from(mantissa / power), u128::from(mantissa % power)),
        _ => {
            let kept = mantissa / power;
            (kept, mantissa - kept * power)
        }
    };
    Shortened { kept, half: (2 * rest).cmp(&power), exact: rest == 0 }
}

/// Computes the sum of two decimals, or the difference of their magnitudes if `opposed`. The flag is true if the second
/// magnitude is the larger.
#[inline]
pub(crate) fn sum(a: (u128, u32), b: (u128, u32), opposed: bool) -> Option<(Cut, bool)> {
    let scale = a.1.max(b.1);
    if a.1 == b.1 {
        let (total, flipped) = if opposed { (a.0.abs_diff(b.0), a.0 < b.0) } else { (a.0 + b.0, false) };
        return Some((cut_to_fit(total.into(), scale)?, flipped));
    }
    let (x, y) = (aligned(a, scale)?, aligned(b, scale)?);
    let flipped = opposed && x < y;
    let total = match (opposed, flipped) {
        (false, _) => x.checked_add(y)?,
        (true, false) => x.minus(y),
        (true, true) => y.minus(x),
    };
    Some((cut_to_fit(total, scale)?, flipped))
}

/// The mantissa at a larger scale.
#[inline]
fn aligned((mantissa, scale): (u128, u32), larger: u32) -> Option<Wide> {
    let power = *POWERS_OF_TEN.get((larger - scale) as usize)?;
    Some(if power == 1 { mantissa.into() } else { Wide::product(mantissa, power) })
}

/// Cuts as few digits as possible from a mantissa below 2^192.
#[inline]
fn cut_to_fit(full: Wide, scale: u32) -> Option<Cut> {
    if full.high() != 0 {
        return long_cut(full, scale);
    }
    if full.low() >> 96 == 0 && scale <= Decimal::MAX_SCALE {
        return Some(Cut::unsigned(full.low(), scale, true));
    }
    short_cut(full.low(), scale)
}

/// Does the same for a mantissa that fits 128 bits and must be cut.
fn short_cut(full: u128, scale: u32) -> Option<Cut> {
    let power = excess_digits(full.into()).max(scale.saturating_sub(Decimal::MAX_SCALE));
    let scale = scale.checked_sub(power)?;
    let Shortened { kept, half, exact } = shortened(full, power);
    let mantissa = kept + u128::from(half.is_gt() | (half.is_eq() & (kept & 1 == 1)));
    let fits = mantissa >> 96 == 0 && mantissa != 0;
    fits.then_some(Cut::unsigned(mantissa, scale, exact))
}

fn long_cut(full: Wide, scale: u32) -> Option<Cut> {
    let mut limbs = [full.low() as u64, (full.low() >> 64) as u64, full.high() as u64];
    let mut power = excess_digits(full).max(scale.saturating_sub(Decimal::MAX_SCALE));
    let scale = scale.checked_sub(power)?;
    let mut below = false;
    if power > LARGEST_POWER {
        below = cut_digits(&mut limbs, LARGEST_POWER) != 0;
        power -= LARGEST_POWER;
    }
    if power > LARGEST_POWER {
        return None;
    }
    let rest = cut_digits(&mut limbs, power);
    let floor = u128::from(limbs[1]) << 64 | u128::from(limbs[0]);
    let half = POWERS_OF_TEN[power as usize] as u64 / 2;
    let up = rest > half || (rest == half && (below || floor & 1 == 1));
    let mantissa = floor + u128::from(up);
    let fits = mantissa >> 96 == 0 && mantissa != 0;
    fits.then_some(Cut::unsigned(mantissa, scale, rest == 0 && !below))
}

/// The exponent of the largest power of ten that fits a limb.
const LARGEST_POWER: u32 = 19;

/// The minimum number of digits to cut from a mantissa below 2^192 to bring it below 2^96.
#[inline]
fn excess_digits(full: Wide) -> u32 {
    let excess = full.high() << 32 | full.low() >> 96;
    if excess == 0 {
        return 0;
    }
    // One digit per 3.3 bits is never too many and at most one too few.
    let digits = (((127 - excess.leading_zeros()) * 77) >> 8) + 1;
    digits + u32::from(excess >= POWERS_OF_TEN[digits as usize])
}

/// The largest `digits` up to `most` for which `a * 10^digits / b` stays below 2^96, and that dividend.
#[inline(always)]
fn scaled_dividend(a: u128, b: u128, most: i32) -> Option<(i32, Wide)> {
    // a / b is above 2^(bits(a) - bits(b) - 1), which gives that many digits or one fewer. 78913 / 2^18 approximates
    // log10(2) closely enough for the integer part to be right up to 190 bits.
    let bits = 97 + a.leading_zeros() as i32 - b.leading_zeros() as i32;
    let digits = ((bits.max(0) * 78_913) >> 18).min(most);
    let dividend = with_zeros(a, digits)?;
    if (dividend.high() << 32 | dividend.low() >> 96) < b {
        return Some((digits, dividend));
    }
    Some((digits - 1, with_zeros(a, digits - 1)?))
}

/// Computes `a * 10^digits` below 2^193. Returns None for a negative number of digits.
#[inline(always)]
fn with_zeros(a: u128, digits: i32) -> Option<Wide> {
    let digits = usize::try_from(digits).ok()?;
    if let Some(&power) = POWERS_OF_TEN.get(digits) {
        return Some(Wide::product(a, power));
    }
    // 10^28 takes 93 of the 193 bits, which leaves enough for the other factor.
    let (most, rest) = (POWERS_OF_TEN[28], *POWERS_OF_TEN.get(digits - 28)?);
    Some(Wide::product(a.checked_mul(rest)?, most))
}

/// Divides by one limb and returns the quotient, which must be below 2^128, and the remainder.
#[inline(always)]
fn divide_by_limb(dividend: Wide, divisor: u64) -> Option<(u128, u64)> {
    let d = u128::from(divisor);
    if dividend.high() >= d {
        return None;
    }
    let u = dividend.high() << 64 | dividend.low() >> 64;
    let q1 = u / d;
    let r = u - q1 * d;
    let u = r << 64 | dividend.low() & u128::from(u64::MAX);
    let q0 = u / d;
    Some((q1 << 64 | q0, (u - q0 * d) as u64))
}

/// Divides by a number of more than 64 bits and returns the quotient, which must be below 2^128, and the remainder.
#[inline]
fn divide_by_two_limbs(dividend: Wide, divisor: u128) -> Option<(u128, u128)> {
    let shift = divisor.leading_zeros();
    let d = divisor << shift;
    let v = reciprocal_of_two(d);
    let u = dividend.shifted_left(shift);
    if u.high() >= d {
        return None;
    }
    let (q1, r) = divide_three_limbs(u.high(), (u.low() >> 64) as u64, d, v);
    let (q0, r) = divide_three_limbs(r, u.low() as u64, d, v);
    Some((u128::from(q1) << 64 | u128::from(q0), r >> shift))
}

/// Divides the number by 10^power in place and returns the remainder. The power is at most 19.
fn cut_digits(limbs: &mut [u64; 3], power: u32) -> u64 {
    let ten = POWERS_OF_TEN[power as usize] as u64;
    let shift = ten.leading_zeros();
    let (d, v) = (ten << shift, RECIPROCALS_OF_TENS[power as usize]);
    let spilled = |limb: u64| if shift == 0 { 0 } else { limb >> (64 - shift) };
    let (q2, r) = divide_two_limbs(spilled(limbs[2]), limbs[2] << shift | spilled(limbs[1]), d, v);
    let (q1, r) = divide_two_limbs(r, limbs[1] << shift | spilled(limbs[0]), d, v);
    let (q0, r) = divide_two_limbs(r, limbs[0] << shift, d, v);
    *limbs = [q0, q1, q2];
    r >> shift
}

/// The reciprocals of the powers of ten up to 10^19, which are shifted so that their highest bit is set.
static RECIPROCALS_OF_TENS: [u64; LARGEST_POWER as usize + 1] = {
    let mut reciprocals = [0; LARGEST_POWER as usize + 1];
    let mut power = 0;
    while power < reciprocals.len() {
        let ten = POWERS_OF_TEN[power] as u64;
        reciprocals[power] = reciprocal(ten << ten.leading_zeros());
        power += 1;
    }
    reciprocals
};

/// Computes floor((2^128 - 1) / d) - 2^64 for a `d` with its highest bit set.
///
/// A hardware division that takes less than twenty cycles is faster than an iteration by multiplications.
#[inline]
const fn reciprocal(d: u64) -> u64 {
    ((((!d) as u128) << 64 | u64::MAX as u128) / d as u128) as u64
}

/// Does the same for a divisor of two limbs (algorithm 6).
#[inline]
fn reciprocal_of_two(d: u128) -> u64 {
    let (d1, d0) = ((d >> 64) as u64, d as u64);
    let mut v = reciprocal(d1);
    let (mut p, carried) = d1.wrapping_mul(v).overflowing_add(d0);
    if carried {
        v = v.wrapping_sub(1);
        if p >= d1 {
            v = v.wrapping_sub(1);
            p = p.wrapping_sub(d1);
        }
        p = p.wrapping_sub(d1);
    }
    let t = u128::from(v) * u128::from(d0);
    let (p, carried) = p.overflowing_add((t >> 64) as u64);
    if carried {
        v = v.wrapping_sub(1);
        if (u128::from(p) << 64 | u128::from(t as u64)) >= d {
            v = v.wrapping_sub(1);
        }
    }
    v
}

/// Divides (u1, u0) by d, for u1 < d, and returns the quotient and the remainder (algorithm 4).
#[inline]
fn divide_two_limbs(u1: u64, u0: u64, d: u64, v: u64) -> (u64, u64) {
    let q = (u128::from(v) * u128::from(u1)).wrapping_add(u128::from(u1) << 64 | u128::from(u0));
    let mut quotient = ((q >> 64) as u64).wrapping_add(1);
    let mut rest = u0.wrapping_sub(quotient.wrapping_mul(d));
    if rest > q as u64 {
        quotient = quotient.wrapping_sub(1);
        rest = rest.wrapping_add(d);
    }
    if rest >= d {
        quotient = quotient.wrapping_add(1);
        rest -= d;
    }
    (quotient, rest)
}

/// Divides (u, u0) by d, for u < d, and returns the quotient and the remainder (algorithm 5).
#[inline]
fn divide_three_limbs(u: u128, u0: u64, d: u128, v: u64) -> (u64, u128) {
    let (u2, u1) = ((u >> 64) as u64, u as u64);
    let (d1, d0) = ((d >> 64) as u64, d as u64);
    let q = (u128::from(v) * u128::from(u2)).wrapping_add(u);
    let (q1, q0) = ((q >> 64) as u64, q as u64);
    let r1 = u1.wrapping_sub(q1.wrapping_mul(d1));
    let product = u128::from(d0) * u128::from(q1);
    let mut rest = (u128::from(r1) << 64 | u128::from(u0)).wrapping_sub(product).wrapping_sub(d);
    let mut quotient = q1.wrapping_add(1);
    if (rest >> 64) as u64 >= q0 {
        quotient = quotient.wrapping_sub(1);
        rest = rest.wrapping_add(d);
    }
    if rest >= d {
        quotient = quotient.wrapping_add(1);
        rest = rest.wrapping_sub(d);
    }
    (quotient, rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mantissa() -> impl Strategy<Value = u128> {
        prop_oneof![
            1_u128..10_000_000,
            1_u128..1 << 64,
            1_u128..1 << 96,
            (0_u32..96, 1_u128..8).prop_map(|(bit, low)| ((1 << bit) + low).min((1 << 96) - 1)),
            (0_usize..=28, 1_u128..10).prop_map(|(zeros, digit)| (POWERS_OF_TEN[zeros] * digit).min((1 << 96) - 1)),
            (1_u128..100).prop_map(|below| (1 << 96) - below),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

        #[test]
        fn quotients_agree_with_rust_decimal(a in mantissa(), b in mantissa(), sa in 0_u32..=28, sb in 0_u32..=28) {
            let [x, y] = [(a, sa), (b, sb)].map(|(m, scale)| Decimal::from_i128_with_scale(m as i128, scale));
            if let Some(cut) = quotient(a, b, sa as i32 - sb as i32) {
                prop_assert_eq!(Some(cut.decimal()), x.checked_div(y));
            }
        }

        #[test]
        fn sums_agree_with_rust_decimal(a in mantissa(), b in mantissa(), sa in 0_u32..=28, sb in 0_u32..=28) {
            let [x, y] = [(a, sa), (b, sb)].map(|(m, scale)| Decimal::from_i128_with_scale(m as i128, scale));
            if let Some((cut, _)) = sum((a, sa), (b, sb), false) {
                prop_assert_eq!(Some(cut.decimal()), x.checked_add(y));
            }
            if let Some((cut, flipped)) = sum((a, sa), (b, sb), true) {
                prop_assert_eq!(Some(cut.signed(flipped).decimal()), x.checked_sub(y));
            }
        }

        #[test]
        fn products_agree_with_rust_decimal(a in mantissa(), b in mantissa(), sa in 0_u32..=28, sb in 0_u32..=28) {
            let [x, y] = [(a, sa), (b, sb)].map(|(m, scale)| Decimal::from_i128_with_scale(m as i128, scale));
            if let Some(cut) = product(a, b, sa + sb) {
                prop_assert_eq!(Some(cut.decimal()), x.checked_mul(y));
            }
        }
    }

    #[test]
    fn ordinary_quotients_and_products_take_the_fast_path() {
        let third = quotient(1, 3, 0).expect("a third is not a special case");
        assert_eq!((third.mantissa, third.scale, third.exact), (3_333_333_333_333_333_333_333_333_333, 28, false));
        assert_eq!(quotient(1, 8, 0), Some(Cut::unsigned(125, 3, true)));
        assert_eq!(quotient(0, 8, 5), Some(Cut::unsigned(0, 0, true)));
        assert_eq!(quotient(3 << 64, 3, 0), Some(Cut::unsigned(1 << 64, 0, true)));
        assert_eq!(quotient(1, 0, 0), None);
        assert!(quotient(third.mantissa, third.mantissa + 1, 0).is_some());
        assert!(product(third.mantissa, third.mantissa, 56).is_some_and(|cut| cut.scale == 28 && !cut.exact));
        assert!(product(third.mantissa * 3, 50, 28).is_some_and(|cut| cut.scale == 27 && cut.exact));
    }
}
