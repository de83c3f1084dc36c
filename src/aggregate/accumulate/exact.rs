//! Adds decimals of any number, size and scale without losing a digit.

use crate::value::ops::divide;
use crate::value::{Cause, Decimal, Number};

/// An exact sum, from which sums can also be subtracted.
#[derive(Debug, Clone, Default)]
pub struct Exact {
    /// The sum of nearly all terms: `mantissa / 10^scale`, below 2^126.
    mantissa: i128,
    scale: u32,
    /// The sums of terms that have another scale or did not fit.
    more: Vec<(i128, u32)>,
}

/// Sums stay below this limit, so that adding a term, which is also below 2^126, cannot overflow.
const MAX_MANTISSA: u128 = 1 << 126;

/// The mantissa of a decimal is below this limit.
const DECIMAL_END: u128 = 1 << 96;

/// Enough for the 29 digits of a mantissa, 28 digits of its scale, 28 digits of a factor, and carries.
const DIGITS: usize = 88;

/// The number of decimal places to which a quotient is computed. It exceeds those of a decimal, to which the quotient
/// is then rounded once.
const DIGITS_OF_QUOTIENT: u32 = Decimal::MAX_SCALE + 2;

impl Exact {
    /// Adds `mantissa / 10^scale`; `scale` is at most 28 and the mantissa below 2^126.
    pub fn add(&mut self, mantissa: i128, scale: u32) {
        if self.mantissa == 0 {
            (self.mantissa, self.scale) = (mantissa, scale);
        } else if self.scale != scale || !add_within(&mut self.mantissa, mantissa) {
            self.add_more(mantissa, scale);
        }
    }

    /// Calls `visit` with the mantissa and scale of each part of the sum.
    pub fn parts(&self, mut visit: impl FnMut(i128, u32)) {
        std::iter::once(&(self.mantissa, self.scale)).chain(&self.more).for_each(|&(part, scale)| visit(part, scale));
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Exact) {
        self.add(other.mantissa, other.scale);
        other.more.iter().for_each(|&(mantissa, scale)| self.add(mantissa, scale));
    }

    /// Adds a decimal.
    pub fn add_decimal(&mut self, decimal: Decimal) {
        self.add(decimal.mantissa(), decimal.scale());
    }

    /// The sum as a decimal. If it has more digits than fit, it is rounded half to even and marked as inexact.
    pub fn number(&self) -> Result<Number, Cause> {
        if self.more.is_empty() && self.mantissa.unsigned_abs() < DECIMAL_END {
            return Ok(Number::exact(Decimal::from_i128_with_scale(self.mantissa, self.scale)));
        }
        self.digits().number()
    }

    /// The sum divided by a nonzero count, rounded once. The sum itself may have more digits than a decimal.
    pub fn mean(&self, count: u64) -> Result<Number, Cause> {
        match self.number() {
            Ok(sum) if sum.exact => divide(sum, Number::exact(count.into())),
            _ => self.digits().divided(count).number(),
        }
    }

    fn add_more(&mut self, mantissa: i128, scale: u32) {
        let found = self.more.iter_mut().any(|(sum, of)| *of == scale && add_within(sum, mantissa));
        if !found {
            self.more.push((mantissa, scale));
        }
    }

    fn digits(&self) -> Digits {
        let scale = self.more.iter().map(|&(_, scale)| scale).fold(self.scale, u32::max);
        let mut digits = Digits::zero(scale);
        for &(mantissa, of) in std::iter::once(&(self.mantissa, self.scale)).chain(&self.more) {
            digits.add(mantissa, scale - of);
        }
        digits.carry();
        digits
    }
}

/// Calls `visit` with terms that are each below 2^126 and add up to a mantissa multiplied by a count. There is one of them
/// unless the product is larger.
pub fn times<E>(mantissa: i128, mut count: u64, mut visit: impl FnMut(i128) -> Result<(), E>) -> Result<(), E> {
    let most = (MAX_MANTISSA - 1) / mantissa.unsigned_abs().max(1);
    while count > 0 {
        let some = count.min(u64::try_from(most).unwrap_or(u64::MAX));
        visit(mantissa * i128::from(some))?;
        count -= some;
    }
    Ok(())
}

/// Adds a term if the sum stays within its limit, and returns true if it did.
fn add_within(sum: &mut i128, term: i128) -> bool {
    match sum.checked_add(term) {
        Some(result) if result.unsigned_abs() < MAX_MANTISSA => {
            *sum = result;
            true
        }
        _ => false,
    }
}

/// The number with these decimal digits, the lowest first, rounded once. `more` is true if not all digits after them are
/// 0.
pub fn rounded(digits: &[i64], scale: u32, more: bool) -> Result<Number, Cause> {
    let mut all = Digits { more, ..Digits::zero(scale) };
    all.digits.get_mut(..digits.len()).ok_or(Cause::Overflow)?.copy_from_slice(digits);
    all.number()
}

/// The value at a fraction of the way from one number to another, rounded once: `lower + (upper - lower) * fraction`.
pub fn between(lower: Number, upper: Number, fraction: Fraction) -> Result<Number, Cause> {
    let scale = lower.decimal.scale().max(upper.decimal.scale());
    let mut sum = Digits::zero(scale + fraction.scale);
    for (number, share) in [(lower, 10u128.pow(fraction.scale) - fraction.mantissa), (upper, fraction.mantissa)] {
        sum.add_product(number.decimal, scale, share);
    }
    sum.carry();
    let number = sum.number()?;
    Ok(Number { exact: number.exact && lower.exact && upper.exact, ..number })
}

/// A number from 0 up to 1: `mantissa / 10^scale`, the scale at most 28.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    mantissa: u128,
    scale: u32,
}

impl Fraction {
    /// Returns true if the fraction is 0.
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// The integer part and the fraction of `count * share`; the share is from 0 to 1.
    pub fn of_product(count: u64, share: Decimal) -> (u64, Self) {
        let mut digits = Digits::zero(share.scale());
        digits.add_product(share, share.scale(), count.into());
        digits.carry();
        let (fraction, whole) = digits.digits.split_at(share.scale() as usize);
        let [fraction, whole] = [fraction, whole].map(|part| mantissa(part).expect("a share is at most 1"));
        (u64::try_from(whole).expect("a share is at most 1"), Self { mantissa: fraction, scale: share.scale() })
    }
}

/// A decimal number of any length, its lowest digit first.
struct Digits {
    digits: [i64; DIGITS],
    scale: u32,
    negative: bool,
    /// True if there are more digits after these and not all of them are 0.
    more: bool,
}

impl Digits {
    fn zero(scale: u32) -> Self {
        Self { digits: [0; DIGITS], scale, negative: false, more: false }
    }

    /// Adds `decimal * factor` without carrying, with the decimal rescaled to `scale`. The factor is at most 10^28.
    fn add_product(&mut self, decimal: Decimal, scale: u32, factor: u128) {
        let mut rest = decimal.mantissa().unsigned_abs();
        let (mut carry, sign) = (0, if decimal.is_sign_negative() { -1 } else { 1 });
        for digit in &mut self.digits[(scale - decimal.scale()) as usize..] {
            carry += rest % 10 * factor;
            *digit += sign * (carry % 10) as i64;
            (rest, carry) = (rest / 10, carry / 10);
        }
    }

    /// Divides by a nonzero number, to more digits after the decimal point than a decimal has.
    fn divided(mut self, divisor: u64) -> Self {
        while self.scale < DIGITS_OF_QUOTIENT {
            self.digits.rotate_right(1);
            self.scale += 1;
        }
        let mut rest = 0;
        for digit in self.digits.iter_mut().rev() {
            rest = rest * 10 + *digit as u128;
            (*digit, rest) = ((rest / u128::from(divisor)) as i64, rest % u128::from(divisor));
        }
        self.more |= rest != 0;
        self
    }

    /// Adds `mantissa * 10^shift`, without carrying.
    fn add(&mut self, mantissa: i128, shift: u32) {
        let (mut rest, sign) = (mantissa.unsigned_abs(), mantissa.signum() as i64);
        for digit in &mut self.digits[shift as usize..] {
            *digit += sign * (rest % 10) as i64;
            rest /= 10;
        }
    }

    /// Brings every digit into the range from 0 to 9.
    fn carry(&mut self) {
        if self.carry_over() < 0 {
            self.negative = true;
            // After carrying, a negative number appears as its complement: negate it and carry again.
            self.digits.iter_mut().for_each(|digit| *digit = 9 - *digit);
            self.digits[0] += 1;
            self.carry_over();
        }
    }

    fn carry_over(&mut self) -> i64 {
        let mut carry = 0;
        for digit in &mut self.digits {
            let sum = *digit + carry;
            (*digit, carry) = (sum.rem_euclid(10), sum.div_euclid(10));
        }
        carry
    }

    fn number(mut self) -> Result<Number, Cause> {
        while self.scale > 0 && self.digits[0] == 0 {
            self.shift();
        }
        let mut exact = !self.more;
        while !self.fits() {
            exact &= self.round()?;
        }
        let mantissa = mantissa(&self.digits).ok_or(Cause::Overflow)? as i128;
        let signed = if self.negative { -mantissa } else { mantissa };
        Ok(Number { decimal: Decimal::from_i128_with_scale(signed, self.scale), exact })
    }

    fn fits(&self) -> bool {
        self.scale <= Decimal::MAX_SCALE && mantissa(&self.digits).is_some_and(|mantissa| mantissa < DECIMAL_END)
    }

    /// Drops the surplus lowest digits, rounding half to even. Returns true if only zeros were dropped.
    fn round(&mut self) -> Result<bool, Cause> {
        let surplus = self.surplus().max(self.scale.saturating_sub(Decimal::MAX_SCALE) as usize);
        if surplus > self.scale as usize {
            return Err(Cause::Overflow);
        }
        let lost: Vec<i64> = (0..surplus).map(|_| self.shift()).collect();
        let (highest, below) = lost.split_last().expect("at least one digit is dropped");
        let beyond_half = self.more || below.iter().any(|&digit| digit != 0) || self.digits[0] % 2 == 1;
        if *highest > 5 || (*highest == 5 && beyond_half) {
            self.digits[0] += 1;
            self.carry_over();
        }
        Ok(lost.iter().all(|&digit| digit == 0))
    }

    /// Drops the lowest digit and returns it.
    fn shift(&mut self) -> i64 {
        let lowest = self.digits[0];
        self.digits.rotate_left(1);
        self.digits[DIGITS - 1] = 0;
        self.scale -= 1;
        lowest
    }

    /// The number of lowest digits to drop so that the others fit a decimal.
    fn surplus(&self) -> usize {
        let fits = |lowest: &usize| mantissa(&self.digits[*lowest..]).is_some_and(|mantissa| mantissa < DECIMAL_END);
        (0..DIGITS).find(fits).unwrap_or(DIGITS)
    }
}

/// The number that the digits form. Returns None if it does not fit 128 bits.
fn mantissa(digits: &[i64]) -> Option<u128> {
    digits.iter().rev().try_fold(0u128, |sum, &digit| sum.checked_mul(10)?.checked_add(digit as u128))
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn terms_of_a_product_stay_below_their_limit() {
        for (mantissa, count) in [
            (0, 5),
            (7, u64::MAX),
            (-(1 << 96) + 1, 1 << 40),
            ((1 << 96) - 1, 1),
            (-3, 0),
            (i128::from(i64::MIN), u64::MAX),
        ] {
            let mut sum = BigInt::from(0);
            let Ok(()) = times(mantissa, count, |term| {
                assert!(term.unsigned_abs() < MAX_MANTISSA, "{mantissa} × {count}");
                sum += term;
                Ok::<_, std::convert::Infallible>(())
            });
            assert_eq!(sum, BigInt::from(mantissa) * count);
        }
    }

    fn power(exponent: u32) -> BigInt {
        BigInt::from(10).pow(exponent)
    }

    /// A decimal as a whole number of 10^-28.
    fn whole(decimal: Decimal) -> BigInt {
        BigInt::from(decimal.mantissa()) * power(28 - decimal.scale())
    }

    /// `numerator / denominator` with as many digits as a decimal holds, rounded once, half to even.
    fn rounded(numerator: &BigInt, denominator: &BigInt) -> Result<Number, Cause> {
        for scale in (0..=Decimal::MAX_SCALE).rev() {
            let scaled = numerator * power(scale);
            let (quotient, rest) =
                (scaled.magnitude() / denominator.magnitude(), scaled.magnitude() % denominator.magnitude());
            let half = (&rest * 2u32).cmp(denominator.magnitude());
            let up = half.is_gt() || (half.is_eq() && quotient.bit(0));
            let exact = rest == 0u32.into();
            let Ok(mantissa) = i128::try_from(quotient + u32::from(up)) else { continue };
            if mantissa.unsigned_abs() < DECIMAL_END {
                let mantissa = if numerator.sign() == num_bigint::Sign::Minus { -mantissa } else { mantissa };
                return Ok(Number { decimal: Decimal::from_i128_with_scale(mantissa, scale), exact });
            }
        }
        Err(Cause::Overflow)
    }

    fn decimal() -> impl Strategy<Value = Decimal> {
        let mantissa = prop_oneof![
            -1000i128..1000,
            -(1i128 << 96) + 1..1i128 << 96,
            (0i128..100).prop_map(|below| (1i128 << 96) - 1 - below),
        ];
        (mantissa, 0u32..=28).prop_map(|(mantissa, scale)| Decimal::from_i128_with_scale(mantissa, scale))
    }

    fn same(found: Result<Number, Cause>, expected: Result<Number, Cause>) -> Result<(), TestCaseError> {
        let parts = |number: Result<Number, Cause>| number.map(|number| (number.decimal, number.exact));
        prop_assert_eq!(parts(found), parts(expected));
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

        #[test]
        fn sums_and_means_are_rounded_once(
            terms in prop::collection::vec(decimal(), 1..7),
            count in prop_oneof![1u64..20, any::<u64>().prop_map(|count| count.max(1))],
        ) {
            let mut exact = Exact::default();
            terms.iter().for_each(|term| exact.add_decimal(*term));
            let sum: BigInt = terms.iter().copied().map(whole).sum();
            same(exact.number(), rounded(&sum, &power(28)))?;
            same(exact.mean(count), rounded(&sum, &(power(28) * count)))?;
        }

        #[test]
        fn interpolated_values_are_rounded_once(
            lower in decimal(), upper in decimal(), total in any::<u64>(), share in 0..=10i128.pow(28), scale in 0u32..=28,
        ) {
            let share = Decimal::from_i128_with_scale(share % (10i128.pow(scale) + 1), scale);
            let (place, fraction) = Fraction::of_product(total, share);
            let product = BigInt::from(total) * whole(share);
            let into: BigInt = &product - power(28) * place;
            prop_assert!(into < power(28) && (product == power(28) * place) == fraction.is_zero());
            let value = whole(lower) * power(28) + (whole(upper) - whole(lower)) * into;
            let found = between(Number::exact(lower), Number::exact(upper), fraction);
            same(found, rounded(&value, &power(56)))?;
        }
    }

    #[test]
    fn a_mean_can_fit_although_its_sum_overflows() {
        let most = Decimal::MAX;
        let mut exact = Exact::default();
        [most, most, most - Decimal::from(3)].iter().for_each(|term| exact.add_decimal(*term));
        assert_eq!(exact.number(), Err(Cause::Overflow));
        assert_eq!(exact.mean(3), Ok(Number::exact(most - Decimal::ONE)));
    }

    fn sum(terms: &[&str]) -> Result<Number, Cause> {
        let mut exact = Exact::default();
        terms.iter().for_each(|term| exact.add_decimal(Decimal::from_str_exact(term).expect("a decimal")));
        exact.number()
    }

    #[test]
    fn sums_are_exact_or_marked_as_inexact() {
        let cases: &[(&[&str], &str, bool)] = &[
            (&["0.1", "0.2"], "0.3", true),
            (&["-0.10", "0.1"], "0", true),
            (&["1", "0.0000000000000000000000000001"], "1.0000000000000000000000000001", true),
            (&["100", "0.0000000000000000000000000001"], "100", false),
            (&["-10", "-0.0000000000000000000000000009"], "-10.000000000000000000000000001", false),
            (&["79228162514264337593543950335", "-79228162514264337593543950335", "0.5"], "0.5", true),
            (&["79228162514264337593543950335", "1", "-2", "0.5", "-0.5"], "79228162514264337593543950334", true),
            (&["79228162514264337593543950335", "0.5", "-79228162514264337593543950335"], "0.5", true),
        ];
        for (terms, expected, exact) in cases {
            let number = sum(terms).expect("it fits");
            assert_eq!(number.decimal, Decimal::from_str_exact(expected).expect("a decimal"), "{terms:?}");
            assert_eq!(number.exact, *exact, "{terms:?}");
        }
        assert_eq!(sum(&["79228162514264337593543950335", "1"]), Err(Cause::Overflow));
    }

    #[test]
    fn added_terms_can_be_subtracted() {
        let mut exact = Exact::default();
        exact.add(i128::from(i64::MAX) << 62, 3);
        exact.add(i128::from(i64::MAX) << 62, 3);
        exact.add(7, 1);
        exact.add(-(i128::from(i64::MAX) << 62), 3);
        exact.add(-(i128::from(i64::MAX) << 62), 3);
        assert_eq!(exact.number().map(|number| number.decimal), Ok(Decimal::new(7, 1)));
    }
}
