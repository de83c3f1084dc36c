//! Rational numbers: exact as long as they are short.
//!
//! A fraction is reduced to lowest terms only when it gets long, because common divisors take most of the time of
//! computing with fractions. A number has several forms, therefore, which compare as equal.

use std::borrow::Cow;
use std::cmp::Ordering;

use num_rational::BigRational;

use super::int::Int;
use crate::value::{Decimal, Number};

/// The maximum length of a numerator or denominator that is not reduced to lowest terms.
const MAX_REDUCIBLE_BITS: u64 = 1_024;

/// The maximum length of a numerator or denominator. A longer number is rounded to [`KEPT_DIGITS`].
const MAX_BITS: u64 = 4_096;

/// The significant digits of a number that was rounded because it is too long.
const KEPT_DIGITS: u32 = 40;

/// The maximum scale of such a number. A smaller one is 0.
const MAX_KEPT_SCALE: u32 = 1_000;

/// A rational number that records whether any step of its computation rounded.
#[derive(Debug, Clone)]
pub struct Exact {
    numerator: Int,
    /// Positive.
    denominator: Int,
    exact: bool,
}

/// The numerators of two numbers, and the denominator of both.
pub struct Common<'n> {
    pub numerators: [Cow<'n, Int>; 2],
    pub denominator: Cow<'n, Int>,
}

impl Exact {
    /// The whole number.
    pub fn whole(number: i64) -> Self {
        Self::fraction(number.into(), Int::ONE)
    }

    pub fn zero() -> Self {
        Self::whole(0)
    }

    pub fn one() -> Self {
        Self::whole(1)
    }

    /// `numerator / denominator`, whose denominator is positive.
    pub fn fraction(numerator: Int, denominator: Int) -> Self {
        Self::new(numerator, denominator, true)
    }

    fn new(numerator: Int, denominator: Int, exact: bool) -> Self {
        let denominator = if numerator.is_zero() { Int::ONE } else { denominator };
        let number = Self { numerator, denominator, exact };
        if number.bits() <= MAX_REDUCIBLE_BITS { number } else { number.reduced().limited() }
    }

    fn with_numerator(&self, numerator: Int) -> Self {
        Self { numerator, denominator: self.denominator.clone(), exact: self.exact }
    }

    /// The length of the numerator or the denominator, whichever is longer.
    fn bits(&self) -> u64 {
        self.numerator.bits().max(self.denominator.bits())
    }

    /// The same number in lowest terms.
    fn reduced(self) -> Self {
        let divisor = self.numerator.common_divisor(&self.denominator);
        let [numerator, denominator] = [self.numerator, self.denominator].map(|number| number.divided(&divisor).0);
        Self { numerator, denominator, exact: self.exact }
    }

    /// The same number, which rounded numbers led to unless `exact`.
    #[must_use]
    pub fn rounded_unless(self, exact: bool) -> Self {
        Self { exact: self.exact && exact, ..self }
    }

    /// The number as a ratio of whole numbers, in lowest terms.
    pub fn ratio(&self) -> BigRational {
        BigRational::new(self.numerator.long().into_owned(), self.denominator.long().into_owned())
    }

    pub fn is_zero(&self) -> bool {
        self.numerator.is_zero()
    }

    /// The number without its sign.
    #[must_use]
    pub fn size(&self) -> Self {
        self.with_numerator(self.numerator.size())
    }

    /// True if no step rounded.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// Two numbers over one denominator.
    pub fn common<'n>(&'n self, other: &'n Self) -> Common<'n> {
        let (own, its) = (&self.denominator, &other.denominator);
        let borrowed = [Cow::Borrowed(&self.numerator), Cow::Borrowed(&other.numerator)];
        let scaled = |number: &Self, factor: &Int| Cow::Owned(number.numerator.times(factor));
        let [one, two] = borrowed;
        if own == its {
            Common { numerators: [one, two], denominator: Cow::Borrowed(own) }
        } else if let Some(factor) = own.multiple_of(its) {
            Common { numerators: [one, scaled(other, &factor)], denominator: Cow::Borrowed(own) }
        } else if let Some(factor) = its.multiple_of(own) {
            Common { numerators: [scaled(self, &factor), two], denominator: Cow::Borrowed(its) }
        } else {
            Common { numerators: [scaled(self, its), scaled(other, own)], denominator: Cow::Owned(own.times(its)) }
        }
    }

    pub fn plus(&self, other: &Self) -> Self {
        let Common { numerators: [one, two], denominator } = self.common(other);
        Self::new(one.plus(&two), denominator.into_owned(), self.exact && other.exact)
    }

    pub fn minus(&self, other: &Self) -> Self {
        let Common { numerators: [one, two], denominator } = self.common(other);
        Self::new(one.minus(&two), denominator.into_owned(), self.exact && other.exact)
    }

    pub fn times(&self, other: &Self) -> Self {
        let numerator = self.numerator.times(&other.numerator);
        Self::new(numerator, self.denominator.times(&other.denominator), self.exact && other.exact)
    }

    /// The quotient; None if the divisor is 0.
    pub fn per(&self, other: &Self) -> Option<Self> {
        let numerator = self.numerator.times(&other.denominator);
        let denominator = self.denominator.times(&other.numerator);
        let exact = self.exact && other.exact;
        match other.numerator.is_negative() {
            _ if other.is_zero() => None,
            false => Some(Self::new(numerator, denominator, exact)),
            true => Some(Self::new(numerator.negated(), denominator.negated(), exact)),
        }
    }

    #[must_use]
    pub fn negated(&self) -> Self {
        self.with_numerator(self.numerator.negated())
    }

    /// The power; None for a negative power of 0.
    pub fn power(&self, exponent: i32) -> Option<Self> {
        let one = if exponent < 0 { Self::one().per(self)? } else { self.clone() };
        Some((0..exponent.unsigned_abs()).fold(Self::one(), |power, _| power.times(&one)))
    }

    /// Rounds a number in lowest terms that is too long.
    fn limited(self) -> Self {
        if self.bits() <= MAX_BITS {
            return self;
        }
        let whole = self.numerator.size().divided(&self.denominator).0;
        let digits = |number: &Int| u32::try_from(number.bits() * 301 / 1_000).unwrap_or(u32::MAX);
        let scale = match whole.is_zero() {
            true => (digits(&self.denominator) - digits(&self.numerator) + KEPT_DIGITS).min(MAX_KEPT_SCALE),
            false => KEPT_DIGITS.saturating_sub(digits(&whole)),
        };
        Self::new(self.units(scale), Int::power_of_ten(scale), false)
    }

    /// The number in units of 10^-`scale`, rounded down, and what rounding took away.
    pub fn floor(&self, scale: u32) -> (Int, Self) {
        let (floor, rest) = self.numerator.times(&Int::power_of_ten(scale)).divided(&self.denominator);
        (floor, self.with_numerator(rest))
    }

    /// The number in units of 10^-`scale`, rounded half away from zero.
    pub fn units(&self, scale: u32) -> Int {
        let two = Int::from(2);
        let doubled = self.numerator.size().times(&Int::power_of_ten(scale)).times(&two);
        let size = doubled.plus(&self.denominator).divided(&self.denominator.times(&two)).0;
        if self.numerator.is_negative() { size.negated() } else { size }
    }

    /// The number without its sign, rounded up.
    fn size_rounded_up(&self) -> Int {
        self.numerator.size().negated().divided(&self.denominator).0.negated()
    }

    /// The number as a decimal with at most 28 digits.
    pub fn decimal(&self) -> Number {
        let scale = fitting_scale(std::iter::once(self), Decimal::MAX_SCALE).unwrap_or(0);
        let units = self.units(scale);
        let exact = self.exact && Self::fraction(units.clone(), Int::power_of_ten(scale)) == *self;
        Number { decimal: decimal(&units, scale), exact }
    }
}

/// Numbers are equal if their values are.
impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
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
        let [one, two] = self.common(other).numerators;
        one.cmp(&two)
    }
}

impl From<Number> for Exact {
    fn from(number: Number) -> Self {
        Self::new(number.decimal.mantissa().into(), Int::power_of_ten(number.decimal.scale()), number.exact)
    }
}

/// The largest scale at which each of these numbers fits into `digits` digits. None if one does not fit at any scale.
pub fn fitting_scale<'n>(numbers: impl Iterator<Item = &'n Exact>, digits: u32) -> Option<u32> {
    let most = Int::power_of_ten(digits);
    let ten = Int::from(10);
    let mut whole = numbers.map(Exact::size_rounded_up).fold(Int::ONE, Int::max);
    let mut scale = 0;
    while scale < Decimal::MAX_SCALE && whole.times(&ten) <= most {
        whole = whole.times(&ten);
        scale += 1;
    }
    (whole <= most).then_some(scale)
}

/// Units of 10^-`scale` as a decimal. Digits that do not fit are cut off at the end, and a number that is too large is
/// the largest decimal.
pub fn decimal(units: &Int, scale: u32) -> Decimal {
    let (mut size, mut scale, ten) = (units.size(), scale, Int::from(10));
    let decimal = loop {
        let mantissa = size.short().and_then(|mantissa| Decimal::try_from_i128_with_scale(mantissa, scale).ok());
        match (mantissa, scale) {
            (Some(decimal), _) => break decimal.normalize(),
            (None, 0) => break Decimal::MAX,
            (None, _) => (size, scale) = (size.divided(&ten).0, scale - 1),
        }
    };
    if units.is_negative() { -decimal } else { decimal }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

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
        let power = |exponent: u32| Int::from(BigInt::from(3).pow(exponent));
        let long = Exact::fraction(power(2_600).times(&2.into()).plus(&Int::ONE), power(2_600));
        assert!(!long.is_exact());
        assert_eq!(long.units(20), (2 * 10_i128.pow(20)).into());
        let small = Exact::fraction(1.into(), power(2_600));
        assert!(!small.is_exact() && small.is_zero());
        let short = Exact::fraction(1.into(), power(2_500));
        assert!(short.is_exact());
    }

    /// (1 + 3^-2000)·(1 + 3^-400): longer than what is reduced, in lowest terms, and equal to itself in any other form.
    #[test]
    fn long_numbers_are_exact() {
        let power = |exponent: u32| BigInt::from(3).pow(exponent);
        let factor = |exponent: u32| Exact::fraction(Int::from(power(exponent) + 1_i32), Int::from(power(exponent)));
        let product = factor(2_000).times(&factor(400));
        assert_eq!(product.ratio(), BigRational::new((power(2_000) + 1_i32) * (power(400) + 1_i32), power(2_400)));
        assert!(product.is_exact());
        assert_eq!(product.per(&factor(400)), Some(factor(2_000)));
        assert_eq!(product.minus(&product), Exact::zero());
    }

    #[test]
    fn fractions_in_other_forms_are_equal() {
        let fraction = |numerator: i64, denominator: i64| Exact::fraction(numerator.into(), denominator.into());
        assert_eq!(fraction(2, 6), third());
        assert_eq!(fraction(-2, 4), fraction(-1, 2));
        assert_eq!(fraction(1, 4).plus(&fraction(1, 6)), fraction(5, 12));
        assert!(fraction(-1, 2) < fraction(-1, 3) && fraction(3, 7) < fraction(4, 9));
        assert_eq!(fraction(2, 3).per(&fraction(-4, 9)), Some(fraction(-3, 2)));
        assert_eq!(fraction(2, 3).per(&Exact::zero()), None);
        // Half away from zero, and up.
        assert_eq!([fraction(5, 20), fraction(-5, 20)].map(|number| number.units(1)), [3.into(), (-3).into()]);
        assert_eq!([fraction(-7, 2), fraction(7, 2)].map(|number| number.size_rounded_up()), [4.into(), 4.into()]);
    }

    #[test]
    fn large_numbers_are_the_largest_decimal() {
        let large = Int::power_of_ten(40);
        assert_eq!(decimal(&large, 2), Decimal::MAX);
        assert_eq!(decimal(&large.negated(), 0), Decimal::MIN);
        assert_eq!(decimal(&12_345.into(), 2).to_string(), "123.45");
        let scale = |number: Int| fitting_scale(std::iter::once(&Exact::fraction(number, 1.into())), 27);
        assert_eq!(
            (scale(123.into()), scale(Int::power_of_ten(27)), scale(Int::power_of_ten(27).plus(&Int::ONE))),
            (Some(24), Some(0), None)
        );
        assert_eq!(Exact::fraction(25.into(), 2.into()).decimal(), Number::exact("12.5".parse().unwrap()));
    }
}
