//! Computes variances and standard deviations from counted numbers: exact until the quotient or root is rounded once.

use super::exact::rounded;
use crate::data::Aggregate;
use crate::value::{Cause, Decimal, Number};

/// A natural number of any size: 32-bit limbs, the lowest first, without leading zeros.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Natural(Vec<u32>);

/// The sums from which variances are computed: the number of values, their sum and the sum of their squares.
///
/// The numbers are mantissas of one scale, relative to the first one, so that their differences stay small.
#[derive(Debug)]
struct Moments {
    count: u64,
    positive: Natural,
    negative: Natural,
    squares: Natural,
}

/// The number of digits of a quotient or root before it is rounded to a decimal.
const DIGITS: i64 = 40;

/// The variance or standard deviation of numbers that occur this many times.
///
/// # Errors
/// [`Cause::DivisionByZero`] if a sample has only one value, [`Cause::Overflow`] if the result is too large.
pub(super) fn of_counted(aggregate: Aggregate, numbers: &[(Number, u64)]) -> Result<Number, Cause> {
    let scale = numbers.iter().map(|(number, _)| number.decimal.scale()).max().unwrap_or(0);
    let moments = Moments::of(numbers, scale);
    let count = Natural::from(u128::from(moments.count));
    let sample = matches!(aggregate, Aggregate::Variance | Aggregate::Deviation);
    let freedom = moments.count.checked_sub(u64::from(sample)).filter(|&freedom| freedom > 0);
    let divisor = count.times(&Natural::from(u128::from(freedom.ok_or(Cause::DivisionByZero)?)));
    let spread = moments.spread();
    let number = match aggregate {
        Aggregate::Variance | Aggregate::VariancePopulation => quotient(&spread, &divisor, 2 * scale),
        _ => root(&spread, &divisor, scale),
    }?;
    Ok(Number { exact: number.exact && numbers.iter().all(|(number, _)| number.exact), ..number })
}

impl Moments {
    fn of(numbers: &[(Number, u64)], scale: u32) -> Self {
        let mut moments =
            Self { count: 0, positive: Natural::default(), negative: Natural::default(), squares: Natural::default() };
        let Some((first, _)) = numbers.first() else { return moments };
        for (number, times) in numbers {
            let (distance, is_less) = distance(first.decimal, number.decimal, scale);
            let times_distance = distance.times(&Natural::from(u128::from(*times)));
            moments.count += times;
            moments.squares = moments.squares.plus(&times_distance.times(&distance));
            let sum = if is_less { &mut moments.negative } else { &mut moments.positive };
            *sum = sum.plus(&times_distance);
        }
        moments
    }

    /// The number of values times the sum of their squares, less the square of their sum.
    fn spread(&self) -> Natural {
        let sum = match self.positive.is_less_than(&self.negative) {
            true => self.negative.minus(&self.positive),
            false => self.positive.minus(&self.negative),
        };
        self.squares.times(&Natural::from(u128::from(self.count))).minus(&sum.times(&sum))
    }
}

/// The distance between two decimals in units of a scale, and whether the second is less than the first.
fn distance(from: Decimal, to: Decimal, scale: u32) -> (Natural, bool) {
    let mantissa = |number: Decimal| {
        Natural::from(number.mantissa().unsigned_abs()).times(&Natural::ten_to(scale - number.scale()))
    };
    let (one, other) = (mantissa(from), mantissa(to));
    if from.is_sign_negative() != to.is_sign_negative() {
        return (one.plus(&other), to.is_sign_negative());
    }
    match one.is_less_than(&other) {
        true => (other.minus(&one), from.is_sign_negative()),
        false => (one.minus(&other), !from.is_sign_negative()),
    }
}

/// `dividend / divisor / 10^scale`, rounded once.
fn quotient(dividend: &Natural, divisor: &Natural, scale: u32) -> Result<Number, Cause> {
    let places = DIGITS - (dividend.digits() - divisor.digits());
    let (dividend, divisor) = shifted(dividend, divisor, places);
    let (quotient, rest) = dividend.divided(&divisor);
    decimal(&quotient, i64::from(scale) + places, !rest.is_zero())
}

/// `sqrt(dividend / divisor) / 10^scale`, rounded once.
fn root(dividend: &Natural, divisor: &Natural, scale: u32) -> Result<Number, Cause> {
    let places = DIGITS - (dividend.digits() - divisor.digits()) / 2;
    let (dividend, divisor) = shifted(dividend, divisor, 2 * places);
    let (square, rest) = dividend.divided(&divisor);
    let root = square.root();
    let is_exact = rest.is_zero() && root.times(&root) == square;
    decimal(&root, i64::from(scale) + places, !is_exact)
}

/// A fraction times `10^places`.
fn shifted(dividend: &Natural, divisor: &Natural, places: i64) -> (Natural, Natural) {
    let power = Natural::ten_to(places.unsigned_abs() as u32);
    if places < 0 { (dividend.clone(), divisor.times(&power)) } else { (dividend.times(&power), divisor.clone()) }
}

fn decimal(mantissa: &Natural, scale: i64, more: bool) -> Result<Number, Cause> {
    if mantissa.is_zero() {
        return Ok(Number::exact(Decimal::ZERO));
    }
    let scale = u32::try_from(scale).map_err(|_| Cause::Overflow)?;
    rounded(&mantissa.decimal_digits(), scale, more)
}

impl From<u128> for Natural {
    fn from(number: u128) -> Self {
        Self((0..4).map(|limb| (number >> (32 * limb)) as u32).collect()).trimmed()
    }
}

impl Natural {
    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    fn ten_to(power: u32) -> Self {
        (0..power / 9)
            .map(|_| 1_000_000_000)
            .chain([10u128.pow(power % 9)])
            .fold(Self::from(1), |product, factor| product.times(&Self::from(factor)))
    }

    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    fn is_less_than(&self, other: &Self) -> bool {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev())).is_lt()
    }

    fn plus(&self, other: &Self) -> Self {
        let limb = |number: &Self, at: usize| u64::from(number.0.get(at).copied().unwrap_or(0));
        let mut carry = 0;
        let sums = (0..=self.0.len().max(other.0.len())).map(|at| {
            carry += limb(self, at) + limb(other, at);
            let low = carry as u32;
            carry >>= 32;
            low
        });
        Self(sums.collect()).trimmed()
    }

    /// The difference from a number that is not larger.
    fn minus(&self, other: &Self) -> Self {
        let mut borrow = 0;
        let differences = self.0.iter().enumerate().map(|(at, &limb)| {
            let difference = i64::from(limb) - i64::from(other.0.get(at).copied().unwrap_or(0)) - borrow;
            borrow = i64::from(difference < 0);
            difference as u32
        });
        Self(differences.collect()).trimmed()
    }

    fn times(&self, other: &Self) -> Self {
        let mut product = vec![0u32; self.0.len() + other.0.len()];
        for (at, &one) in self.0.iter().enumerate() {
            let mut carry = 0;
            for (other_at, &limb) in other.0.iter().chain([&0]).enumerate().take(product.len() - at) {
                carry += u64::from(one) * u64::from(limb) + u64::from(product[at + other_at]);
                product[at + other_at] = carry as u32;
                carry >>= 32;
            }
        }
        Self(product).trimmed()
    }

    fn bits(&self) -> usize {
        self.0.last().map_or(0, |last| 32 * self.0.len() - last.leading_zeros() as usize)
    }

    fn bit(&self, at: usize) -> bool {
        self.0[at / 32] >> (at % 32) & 1 == 1
    }

    /// Twice the number, plus one if a bit is set.
    fn doubled(&mut self, bit: bool) {
        let mut carry = u32::from(bit);
        for limb in &mut self.0 {
            (*limb, carry) = (*limb << 1 | carry, *limb >> 31);
        }
        self.0.extend((carry > 0).then_some(carry));
    }

    /// The quotient and the remainder, bit by bit.
    fn divided(&self, divisor: &Self) -> (Self, Self) {
        let (mut quotient, mut rest) = (Self::default(), Self::default());
        for at in (0..self.bits()).rev() {
            rest.doubled(self.bit(at));
            let fits = !rest.is_less_than(divisor);
            if fits {
                rest = rest.minus(divisor);
            }
            quotient.doubled(fits);
            quotient = quotient.trimmed();
        }
        (quotient, rest)
    }

    /// The integer part of the square root, two bits at a time.
    fn root(&self) -> Self {
        let (mut root, mut rest) = (Self::default(), Self::default());
        for pair in (0..self.bits().div_ceil(2)).rev() {
            for at in [2 * pair + 1, 2 * pair] {
                rest.doubled(at < 32 * self.0.len() && self.bit(at));
                rest = rest.trimmed();
            }
            // The next bit is set if (2 * root + 1)^2 still fits: if 4 * root + 1 is not more than the rest.
            let mut step = root.clone();
            step.doubled(false);
            step.doubled(true);
            let fits = !rest.is_less_than(&step);
            if fits {
                rest = rest.minus(&step);
            }
            root.doubled(fits);
            root = root.trimmed();
        }
        root
    }

    /// The decimal digits, the lowest first.
    fn decimal_digits(&self) -> Vec<i64> {
        let (mut rest, mut digits) = (self.clone(), vec![]);
        while !rest.is_zero() {
            let mut carry = 0;
            for limb in rest.0.iter_mut().rev() {
                let part = carry << 32 | u64::from(*limb);
                (*limb, carry) = ((part / 10) as u32, part % 10);
            }
            digits.push(carry as i64);
            rest = rest.trimmed();
        }
        digits
    }

    /// About the number of decimal digits.
    fn digits(&self) -> i64 {
        self.bits() as i64 * 30_103 / 100_000
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        Number::exact(text.parse().expect("a decimal"))
    }

    fn of(aggregate: Aggregate, numbers: &[&str]) -> Result<String, Cause> {
        let numbers: Vec<(Number, u64)> = numbers.iter().map(|text| (number(text), 1)).collect();
        let result = of_counted(aggregate, &numbers)?;
        Ok(format!("{}{}", if result.exact { "" } else { "~" }, result.decimal.normalize()))
    }

    #[test]
    fn known_variances_and_deviations() {
        let eight = ["2", "4", "4", "4", "5", "5", "7", "9"];
        assert_eq!(of(Aggregate::DeviationPopulation, &eight), Ok("2".into()));
        assert_eq!(of(Aggregate::VariancePopulation, &eight), Ok("4".into()));
        assert_eq!(of(Aggregate::Variance, &eight), Ok("~4.5714285714285714285714285714".into()));
        assert_eq!(
            of(Aggregate::Deviation, &eight),
            Ok("~2.1380899352993950774764278470".into()).map(|it: String| it.trim_end_matches('0').into())
        );
        assert_eq!(of(Aggregate::Deviation, &["1.5", "-1.5"]), Ok("~2.1213203435596425732025330863".into()));
        assert_eq!(of(Aggregate::Variance, &["7"]), Err(Cause::DivisionByZero));
        assert_eq!(of(Aggregate::VariancePopulation, &["7"]), Ok("0".into()));
        let large = ["79228162514264337593543950335", "79228162514264337593543950334"];
        assert_eq!(of(Aggregate::Variance, &large), Ok("0.5".into()));
        let far = ["79228162514264337593543950335", "-79228162514264337593543950335"];
        assert_eq!(of(Aggregate::Variance, &far), Err(Cause::Overflow));
    }

    proptest! {
        #[test]
        fn variances_are_rounded_rationals(
            numbers in prop::collection::vec((-(10i128.pow(12))..10i128.pow(12), 0..=6u32, 1..1000u64), 2..12),
        ) {
            let counted: Vec<(Number, u64)> = numbers
                .iter()
                .map(|&(mantissa, scale, count)| (Number::exact(Decimal::from_i128_with_scale(mantissa, scale)), count))
                .collect();
            let scaled = |&(mantissa, scale, _): &(i128, u32, u64)| BigInt::from(mantissa) * BigInt::from(10).pow(6 - scale);
            let count: BigInt = numbers.iter().map(|&(.., count)| BigInt::from(count)).sum();
            let sum: BigInt = numbers.iter().map(|it| scaled(it) * it.2).sum();
            let squares: BigInt = numbers.iter().map(|it| scaled(it).pow(2) * it.2).sum();
            // variance = dividend / divisor
            let dividend = &count * squares - &sum * &sum;
            let divisor = &count * (&count - 1) * BigInt::from(10).pow(12);
            let variance = of_counted(Aggregate::Variance, &counted).expect("it fits");
            let scale = variance.decimal.scale();
            // The distance from the exact value is at most half a unit of the last place.
            let exact = &dividend * BigInt::from(10).pow(scale);
            let found = BigInt::from(variance.decimal.mantissa()) * &divisor;
            prop_assert!((&exact - &found) * 2 <= divisor && (&found - &exact) * 2 <= divisor);
            prop_assert_eq!(variance.exact, exact == found);
            // The deviation lies within half a unit of the root.
            let deviation = of_counted(Aggregate::Deviation, &counted).expect("it fits").decimal;
            let (twice, scale) = (BigInt::from(deviation.mantissa()) * 2, deviation.scale());
            let target = dividend * BigInt::from(10).pow(2 * scale) * 4;
            let below = if twice > BigInt::from(0) { BigInt::pow(&(&twice - 1u32), 2) } else { BigInt::from(0) };
            prop_assert!(below * &divisor <= target && BigInt::pow(&(&twice + 1u32), 2) * &divisor >= target);
        }
    }
}
