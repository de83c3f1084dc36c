//! Rational numbers: exact as long as they are short.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::value::{Decimal, Number};

/// The maximum length of a numerator or denominator. A longer number is rounded to [`KEPT_DIGITS`].
const MAX_BITS: u64 = 4_096;

/// The significant digits of a number that was rounded because it is too long.
const KEPT_DIGITS: u32 = 40;

/// The maximum scale of such a number. A smaller one is 0.
const MAX_KEPT_SCALE: u32 = 1_000;

/// A rational number that records whether any step of its computation rounded.
#[derive(Debug, Clone)]
pub struct Exact {
    ratio: BigRational,
    exact: bool,
}

impl Exact {
    /// The whole number.
    pub fn whole(number: i64) -> Self {
        Self { ratio: BigRational::from_integer(number.into()), exact: true }
    }

    pub fn zero() -> Self {
        Self::whole(0)
    }

    pub fn one() -> Self {
        Self::whole(1)
    }

    /// `numerator / denominator`, whose denominator is not 0.
    pub fn fraction(numerator: BigInt, denominator: BigInt) -> Self {
        Self { ratio: BigRational::new(numerator, denominator), exact: true }.limited()
    }

    /// The same number, which rounded numbers led to unless `exact`.
    #[must_use]
    pub fn rounded_unless(self, exact: bool) -> Self {
        Self { exact: self.exact && exact, ..self }
    }

    /// The number as a ratio of whole numbers.
    pub fn ratio(&self) -> &BigRational {
        &self.ratio
    }

    pub fn is_zero(&self) -> bool {
        self.ratio.is_zero()
    }

    /// The number without its sign.
    #[must_use]
    pub fn size(&self) -> Self {
        Self { ratio: self.ratio.abs(), exact: self.exact }
    }

    /// True if no step rounded.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    pub fn plus(&self, other: &Self) -> Self {
        Self { ratio: &self.ratio + &other.ratio, exact: self.exact && other.exact }.limited()
    }

    pub fn minus(&self, other: &Self) -> Self {
        Self { ratio: &self.ratio - &other.ratio, exact: self.exact && other.exact }.limited()
    }

    pub fn times(&self, other: &Self) -> Self {
        Self { ratio: &self.ratio * &other.ratio, exact: self.exact && other.exact }.limited()
    }

    /// The quotient; None if the divisor is 0.
    pub fn per(&self, other: &Self) -> Option<Self> {
        let exact = self.exact && other.exact;
        (!other.is_zero()).then(|| Self { ratio: &self.ratio / &other.ratio, exact }.limited())
    }

    #[must_use]
    pub fn negated(&self) -> Self {
        Self { ratio: -&self.ratio, exact: self.exact }
    }

    /// The power; None for a negative power of 0.
    pub fn power(&self, exponent: i32) -> Option<Self> {
        let one = if exponent < 0 { Self::one().per(self)? } else { self.clone() };
        Some((0..exponent.unsigned_abs()).fold(Self::one(), |power, _| power.times(&one)))
    }

    /// Rounds a number that is too long.
    fn limited(self) -> Self {
        if self.ratio.numer().bits().max(self.ratio.denom().bits()) <= MAX_BITS {
            return self;
        }
        let whole = self.ratio.trunc().to_integer();
        let digits = |number: &BigInt| u32::try_from(number.bits() * 301 / 1_000).unwrap_or(u32::MAX);
        let scale = match whole.is_zero() {
            true => (digits(self.ratio.denom()) - digits(self.ratio.numer()) + KEPT_DIGITS).min(MAX_KEPT_SCALE),
            false => KEPT_DIGITS.saturating_sub(digits(&whole)),
        };
        let ten = BigInt::from(10).pow(scale);
        let units = (&self.ratio * &ten).round().to_integer();
        Self { ratio: BigRational::new(units, ten), exact: false }
    }

    /// The number in units of 10^-`scale`, rounded down, and what rounding took away.
    pub fn floor(&self, scale: u32) -> (BigInt, BigRational) {
        let scaled = &self.ratio * BigInt::from(10).pow(scale);
        let floor = scaled.floor();
        let rest = scaled - &floor;
        (floor.to_integer(), rest)
    }

    /// The number in units of 10^-`scale`, rounded half away from zero.
    pub fn units(&self, scale: u32) -> BigInt {
        (&self.ratio * BigInt::from(10).pow(scale)).round().to_integer()
    }

    /// The number as a decimal with at most 28 digits.
    pub fn decimal(&self) -> Number {
        let scale = fitting_scale(std::iter::once(self), Decimal::MAX_SCALE).unwrap_or(0);
        let units = self.units(scale);
        let exact = self.exact && BigRational::new(units.clone(), BigInt::from(10).pow(scale)) == self.ratio;
        Number { decimal: decimal(&units, scale), exact }
    }
}

/// Numbers are equal if their values are.
impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.ratio == other.ratio
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ratio.cmp(&other.ratio)
    }
}

impl From<Number> for Exact {
    fn from(number: Number) -> Self {
        let ten = BigInt::from(10).pow(number.decimal.scale());
        Self { ratio: BigRational::new(number.decimal.mantissa().into(), ten), exact: number.exact }
    }
}

/// The largest scale at which each of these numbers fits into `digits` digits. None if one does not fit at any scale.
pub fn fitting_scale<'n>(numbers: impl Iterator<Item = &'n Exact>, digits: u32) -> Option<u32> {
    let largest = numbers.map(|number| number.ratio.abs()).max().unwrap_or_else(BigRational::zero);
    let most = BigInt::from(10).pow(digits);
    let mut whole = largest.ceil().to_integer().max(BigInt::one());
    let mut scale = 0;
    while scale < Decimal::MAX_SCALE && &whole * 10 <= most {
        whole *= 10;
        scale += 1;
    }
    (whole <= most).then_some(scale)
}

/// Units of 10^-`scale` as a decimal. Digits that do not fit are cut off at the end, and a number that is too large is
/// the largest decimal.
pub fn decimal(units: &BigInt, scale: u32) -> Decimal {
    let (mut units, mut scale) = (units.clone(), scale);
    loop {
        let mantissa = units.to_i128().and_then(|mantissa| Decimal::try_from_i128_with_scale(mantissa, scale).ok());
        match (mantissa, scale) {
            (Some(decimal), _) => return decimal.normalize(),
            (None, 0) if units.sign() == Sign::Minus => return Decimal::MIN,
            (None, 0) => return Decimal::MAX,
            (None, _) => (units, scale) = (units / 10, scale - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn third() -> Exact {
        Exact::fraction(1.into(), 3.into())
    }

    #[test]
    fn thirds_are_exact() {
        assert_eq!(third().plus(&third()).plus(&third()), Exact::one());
        assert_eq!(third().decimal().decimal.to_string(), "0.3333333333333333333333333333");
        assert!(!third().decimal().exact && third().is_exact());
        assert_eq!(third().floor(2).0, 33.into());
        assert_eq!(third().negated().floor(2).0, (-34).into());
        assert_eq!(third().power(-2), Some(Exact::whole(9)));
        assert_eq!(Exact::zero().power(-1), None);
    }

    /// A denominator of more than 4,096 bits: 3^2600 has 4,121.
    #[test]
    fn long_numbers_are_rounded() {
        let long = Exact::fraction(BigInt::from(2) * BigInt::from(3).pow(2_600) + 1, BigInt::from(3).pow(2_600));
        assert!(!long.is_exact());
        assert_eq!(long.units(20), BigInt::from(2) * BigInt::from(10).pow(20));
        let small = Exact::fraction(1.into(), BigInt::from(3).pow(2_600));
        assert!(!small.is_exact() && small.is_zero());
        let short = Exact::fraction(1.into(), BigInt::from(3).pow(2_500));
        assert!(short.is_exact());
    }

    #[test]
    fn large_numbers_are_the_largest_decimal() {
        let large = BigInt::from(10).pow(40);
        assert_eq!(decimal(&large, 2), Decimal::MAX);
        assert_eq!(decimal(&-large, 0), Decimal::MIN);
        assert_eq!(decimal(&BigInt::from(12_345), 2).to_string(), "123.45");
        let scale = |number: BigInt| fitting_scale(std::iter::once(&Exact::fraction(number, 1.into())), 27);
        assert_eq!(
            (scale(123.into()), scale(BigInt::from(10).pow(27)), scale(BigInt::from(10).pow(27) + 1)),
            (Some(24), Some(0), None)
        );
        assert_eq!(Exact::fraction(25.into(), 2.into()).decimal(), Number::exact("12.5".parse().unwrap()));
    }
}
