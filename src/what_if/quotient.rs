//! Quotients of two polynomials with rational coefficients, on a stretch of the number line on which they are defined.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};

use super::polynomial::Polynomial;
use super::stretch::{Mark, Place, Split, Stretch};

/// The maximum degree of the polynomials.
pub const MAX_DEGREE: usize = 12;

/// The maximum length of their coefficients, in bits.
const MAX_BITS: u64 = 8_192;

/// A quotient of polynomials without a common factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotient {
    /// The polynomial above.
    pub numerator: Polynomial,
    /// The polynomial below, which is not 0 anywhere on the stretch.
    pub denominator: Polynomial,
    /// True if none of the numbers in it was rounded.
    pub is_exact: bool,
}

impl Quotient {
    /// The polynomial over 1.
    pub fn of(numerator: Polynomial) -> Self {
        Self { numerator, denominator: Polynomial::constant(BigRational::one()), is_exact: true }
    }

    pub fn constant(value: BigRational) -> Self {
        Self::of(Polynomial::constant(value))
    }

    pub fn zero() -> Self {
        Self::constant(BigRational::zero())
    }

    pub fn one() -> Self {
        Self::constant(BigRational::one())
    }

    /// The smallest or the largest of several on a stretch.
    ///
    /// # Errors
    /// The points at which that is another one.
    pub fn outermost(numbers: &[&Self], expected: Ordering, place: &Place) -> Result<Self, Split> {
        let is_exact = numbers.iter().all(|number| number.is_exact);
        let mut best = numbers[0];
        for number in &numbers[1..] {
            if number.compared(best, place)? == expected {
                best = number;
            }
        }
        Ok(best.clone().rounded_unless(is_exact))
    }

    /// The same quotient, which rounded numbers led to unless `is_exact`.
    #[must_use]
    pub fn rounded_unless(self, is_exact: bool) -> Self {
        Self { is_exact: self.is_exact && is_exact, ..self }
    }

    /// A quotient of the parts of two others, without their common factor. None if it is too large.
    fn joined(&self, other: &Self, numerator: Polynomial, denominator: Polynomial) -> Option<Self> {
        let factor = match numerator.degree().min(denominator.degree()) {
            0 if !numerator.is_zero() => Polynomial::constant(BigRational::one()),
            _ => numerator.common_divisor(&denominator),
        };
        let (numerator, denominator) = (numerator.divided(&factor).0, denominator.divided(&factor).0);
        let scale = denominator.leading().recip();
        let parts = [numerator, denominator].map(|part| part.scaled(&scale));
        let fits = parts.iter().all(|part| part.degree() <= MAX_DEGREE && part.bits() <= MAX_BITS);
        let [numerator, denominator] = parts;
        fits.then_some(Self { numerator, denominator, is_exact: self.is_exact && other.is_exact })
    }

    pub fn plus(&self, other: &Self) -> Option<Self> {
        let (left, right) = (self.numerator.times(&other.denominator), other.numerator.times(&self.denominator));
        self.joined(other, left.plus(&right), self.denominator.times(&other.denominator))
    }

    pub fn minus(&self, other: &Self) -> Option<Self> {
        self.plus(&other.negated())
    }

    pub fn times(&self, other: &Self) -> Option<Self> {
        self.joined(other, self.numerator.times(&other.numerator), self.denominator.times(&other.denominator))
    }

    /// The quotient of two quotients. The second one is not 0 anywhere on the stretch.
    pub fn per(&self, other: &Self) -> Option<Self> {
        self.joined(other, self.numerator.times(&other.denominator), self.denominator.times(&other.numerator))
    }

    #[must_use]
    pub fn negated(&self) -> Self {
        Self { numerator: self.numerator.negated(), ..self.clone() }
    }

    /// The number, if it does not depend on the input.
    pub fn number(&self) -> Option<BigRational> {
        let is_constant = self.numerator.degree() == 0 && self.denominator.degree() == 0;
        is_constant.then(|| self.numerator.leading() / self.denominator.leading())
    }

    /// The polynomial that is 0 where the quotient has a value.
    pub fn equation(&self, wanted: &BigRational) -> Polynomial {
        self.numerator.minus(&self.denominator.scaled(wanted))
    }

    /// The value at a point of the stretch.
    pub fn at(&self, point: &BigRational) -> BigRational {
        self.numerator.at(point) / self.denominator.at(point)
    }

    /// The order of the values and 0 on a stretch.
    ///
    /// # Errors
    /// The points at which it changes.
    pub fn sign(&self, place: &Place) -> Result<Ordering, Split> {
        let above = place.sign_of(&self.numerator, self.is_exact)?;
        let below = place.sign_of(&self.denominator, self.is_exact)?;
        Ok(if below.is_lt() { above.reverse() } else { above })
    }

    /// The order of the values of two quotients on a stretch.
    ///
    /// # Errors
    /// The points at which it changes.
    pub fn compared(&self, other: &Self, place: &Place) -> Result<Ordering, Split> {
        let (left, right) = (self.numerator.times(&other.denominator), other.numerator.times(&self.denominator));
        let is_exact = self.is_exact && other.is_exact;
        let difference = Self { numerator: left.minus(&right), is_exact, ..self.clone() };
        let sign = difference.sign(place)?;
        let below = place.sign_of(&other.denominator, is_exact)?;
        Ok(if below.is_lt() { sign.reverse() } else { sign })
    }

    /// The value rounded on a stretch, which is the same everywhere on it.
    ///
    /// # Errors
    /// The points at which it changes.
    pub fn rounded(&self, rounding: &Rounding, place: &Place) -> Result<Self, Split> {
        let rounded = |value: &BigRational| Self::constant(rounding.of(value)).rounded_unless(self.is_exact);
        if let Some(number) = self.number() {
            return Ok(rounded(&number));
        }
        let value = self.at(&place.sample);
        let steps = rounding.steps_around(&value);
        if let Stretch::Point(mark) = &place.stretch {
            // The value is next to that at a point close by.
            let below =
                if mark.root.sign_of(&self.denominator).is_lt() { -BigRational::one() } else { BigRational::one() };
            let order = |step: &BigRational| mark.root.sign_of(&self.equation(step).scaled(&below));
            return Ok(match steps.map(|step| (order(&step), step)) {
                [(Ordering::Equal, step), _] | [_, (Ordering::Equal, step)] => rounded(&step),
                [(Ordering::Less, step), _] => rounded(&(step - rounding.half())),
                [_, (Ordering::Greater, step)] => rounded(&(step + rounding.half())),
                [(_, step), _] => rounded(&(step + rounding.half())),
            });
        }
        let mut marks: Vec<Mark> = vec![];
        for step in &steps {
            let found = place.stretch.roots_of(&self.equation(step));
            marks.extend(found.into_iter().map(|root| Mark { root, is_exact: self.is_exact }));
        }
        marks.sort_by(|a, b| a.root.cmp(&b.root));
        if marks.is_empty() { Ok(rounded(&value)) } else { Err(Split { marks, is_step: true }) }
    }
}

/// A function that is constant between steps of the same length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rounding {
    /// The length of a step: 0.01 for two digits.
    pub unit: BigRational,
    pub kind: RoundingKind,
}

/// To which of the multiples of the unit a number is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundingKind {
    Floor,
    Ceil,
    /// The nearest one; the one away from 0 if there are two.
    HalfAway,
    /// The nearest one; the even one if there are two.
    HalfEven,
}

impl Rounding {
    fn half(&self) -> BigRational {
        &self.unit / BigRational::from(BigInt::from(2))
    }

    /// How far below and above a number the rounded one may be.
    pub fn reach(&self) -> [BigRational; 2] {
        let (zero, unit, half) = (BigRational::zero(), self.unit.clone(), self.half());
        match self.kind {
            RoundingKind::Floor => [-unit, zero],
            RoundingKind::Ceil => [zero, unit],
            RoundingKind::HalfAway | RoundingKind::HalfEven => [-half.clone(), half],
        }
    }

    /// The rounded number.
    pub fn of(&self, value: &BigRational) -> BigRational {
        let scaled = value / &self.unit;
        let half = BigRational::new(1.into(), 2.into());
        let whole = match self.kind {
            RoundingKind::Floor => scaled.floor(),
            RoundingKind::Ceil => scaled.ceil(),
            RoundingKind::HalfAway => scaled.round(),
            RoundingKind::HalfEven if (&scaled - scaled.floor()) == half => {
                let two = BigRational::from(BigInt::from(2));
                (scaled / &two).round() * two
            }
            RoundingKind::HalfEven => scaled.round(),
        };
        whole * &self.unit
    }

    /// The last step up to a number, and the next one.
    fn steps_around(&self, value: &BigRational) -> [BigRational; 2] {
        let offset = match self.kind {
            RoundingKind::Floor | RoundingKind::Ceil => BigRational::zero(),
            RoundingKind::HalfAway | RoundingKind::HalfEven => self.half(),
        };
        let low = ((value - &offset) / &self.unit).floor() * &self.unit + offset;
        [low.clone(), low + &self.unit]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(numerator: i64, denominator: i64) -> BigRational {
        BigRational::new(numerator.into(), denominator.into())
    }

    fn rounding(kind: RoundingKind, unit: BigRational) -> Rounding {
        Rounding { unit, kind }
    }

    #[test]
    fn numbers_are_rounded_to_the_unit() {
        let of = |kind, numerator| rounding(kind, ratio(1, 10)).of(&ratio(numerator, 100));
        let all = |kind| [-25, -24, 14, 15, 25].map(|number| of(kind, number) * ratio(10, 1));
        assert_eq!(all(RoundingKind::Floor), [-3, -3, 1, 1, 2].map(|it| ratio(it, 1)));
        assert_eq!(all(RoundingKind::Ceil), [-2, -2, 2, 2, 3].map(|it| ratio(it, 1)));
        assert_eq!(all(RoundingKind::HalfAway), [-3, -2, 1, 2, 3].map(|it| ratio(it, 1)));
        assert_eq!(all(RoundingKind::HalfEven), [-2, -2, 1, 2, 2].map(|it| ratio(it, 1)));
    }

    /// floor(x²) is 2 at √2 and from there to √3, and 1 below.
    #[test]
    fn steps_are_found_at_roots() {
        let square = Quotient::of(Polynomial::of(&[0, 0, 1]));
        let floor = rounding(RoundingKind::Floor, ratio(1, 1));
        let around = Stretch::Open(Some(Mark::exact(ratio(14, 10))), Some(Mark::exact(ratio(15, 10))));
        let split = square.rounded(&floor, &Place::new(around.clone())).expect_err("there is a step");
        assert_eq!((split.marks.len(), split.is_step), (1, true));
        let values: Vec<_> = around.split(split.marks).into_iter().map(Place::new).collect();
        let values = values.iter().map(|place| square.rounded(&floor, place).expect("it is constant").number());
        assert_eq!(values.collect::<Vec<_>>(), [1, 2, 2].map(|it| Some(ratio(it, 1))));
    }

    #[test]
    fn common_factors_are_left_out() {
        let factor = |root: i64| Quotient::of(Polynomial::of(&[-root, 1]));
        let product = factor(1).times(&factor(2)).and_then(|it| it.per(&factor(1))).expect("it is small");
        assert_eq!(product, factor(2));
        assert_eq!(
            factor(3).minus(&factor(3)).and_then(|it| it.per(&factor(1))).and_then(|it| it.number()),
            Some(ratio(0, 1))
        );
    }
}
