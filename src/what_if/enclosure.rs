//! What a formula lies between on a stretch of the number line on which step functions such as `floor` have many steps.
//!
//! Where these bounds decide a comparison, or are beyond the wanted value, no step is looked at.

use std::cmp::Ordering;

use super::quotient::{Quotient, Rounding};
use super::stretch::{Mark, Place, Split};
use crate::program::Operator;

/// Two quotients that the values lie between, or are equal to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    pub low: Quotient,
    pub high: Quotient,
    /// Some of the steps. The stretch is split at them if the bounds are not enough.
    pub steps: Vec<Mark>,
}

/// On which side of 0 the values of an enclosure lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Below,
    Both,
    Above,
}

impl Enclosure {
    /// The quotient itself.
    pub fn exact(quotient: &Quotient) -> Self {
        Self { low: quotient.clone(), high: quotient.clone(), steps: vec![] }
    }

    /// The bounds, with the steps of two operands. None if they are too large.
    fn new(steps: Vec<Mark>, low: Option<Quotient>, high: Option<Quotient>) -> Option<Self> {
        Some(Self { low: low?, high: high?, steps })
    }

    /// The steps of the first operand that has some.
    pub fn steps_of(&self, other: &Self) -> Vec<Mark> {
        if self.steps.is_empty() { other.steps.clone() } else { self.steps.clone() }
    }

    /// The quotient, if both bounds are the same.
    pub fn quotient(&self) -> Option<&Quotient> {
        (self.low == self.high).then_some(&self.low)
    }

    /// True for the constant 0.
    pub fn is_zero(&self) -> bool {
        self.quotient().is_some_and(|quotient| quotient.numerator.is_zero())
    }

    /// The stretch must be split at the steps.
    pub fn split(&self) -> Split {
        Split { marks: self.steps.clone(), is_step: true }
    }

    #[must_use]
    pub fn negated(&self) -> Self {
        Self { low: self.high.negated(), high: self.low.negated(), steps: self.steps.clone() }
    }

    pub fn plus(&self, other: &Self) -> Option<Self> {
        Self::new(self.steps_of(other), self.low.plus(&other.low), self.high.plus(&other.high))
    }

    pub fn minus(&self, other: &Self) -> Option<Self> {
        self.plus(&other.negated())
    }

    /// The product. None if both may have either sign.
    ///
    /// # Errors
    /// The points at which a bound changes its sign.
    pub fn times(&self, other: &Self, place: &Place) -> Result<Option<Self>, Split> {
        let (own, others) = ((&self.low, &self.high), (&other.low, &other.high));
        let [low, high] = match [self.side(place)?, other.side(place)?] {
            [Side::Both, Side::Both] => return Ok(None),
            [Side::Above, Side::Above] => [(own.0, others.0), (own.1, others.1)],
            [Side::Below, Side::Below] => [(own.1, others.1), (own.0, others.0)],
            [Side::Below, Side::Above] => [(own.0, others.1), (own.1, others.0)],
            [Side::Above, Side::Below] => [(own.1, others.0), (own.0, others.1)],
            [Side::Both, Side::Above] => [(own.0, others.1), (own.1, others.1)],
            [Side::Both, Side::Below] => [(own.1, others.0), (own.0, others.0)],
            [Side::Above, Side::Both] => [(own.1, others.0), (own.1, others.1)],
            [Side::Below, Side::Both] => [(own.0, others.1), (own.0, others.0)],
        };
        let [low, high] = [low, high].map(|(a, b)| a.times(b));
        Ok(Self::new(self.steps_of(other), low, high))
    }

    /// The quotient of two enclosures. None if the second one may be 0.
    ///
    /// # Errors
    /// The points at which a bound changes its sign.
    pub fn per(&self, other: &Self, place: &Place) -> Result<Option<Self>, Split> {
        let one = Quotient::one();
        let has_one_sign = other.low.sign(place)?.is_gt() || other.high.sign(place)?.is_lt();
        let inverse = || Self::new(other.steps.clone(), one.per(&other.high), one.per(&other.low));
        match has_one_sign.then(inverse).flatten() {
            Some(inverse) => self.times(&inverse, place),
            None => Ok(None),
        }
    }

    fn side(&self, place: &Place) -> Result<Side, Split> {
        Ok(match self.low.sign(place)?.is_ge() {
            true => Side::Above,
            false if self.high.sign(place)?.is_le() => Side::Below,
            false => Side::Both,
        })
    }

    /// The values without their signs.
    ///
    /// # Errors
    /// The points at which the larger bound changes.
    pub fn size(&self, place: &Place) -> Result<Self, Split> {
        Ok(match self.side(place)? {
            Side::Above => self.clone(),
            Side::Below => self.negated(),
            Side::Both => Self {
                low: Quotient::zero(),
                high: Quotient::outermost(&[&self.low.negated(), &self.high], Ordering::Greater, place)?,
                steps: self.steps.clone(),
            },
        })
    }

    /// The smallest or the largest of several.
    ///
    /// # Errors
    /// The points at which that is another one.
    pub fn outermost(all: &[Self], expected: Ordering, place: &Place) -> Result<Self, Split> {
        let lows: Vec<&Quotient> = all.iter().map(|it| &it.low).collect();
        let highs: Vec<&Quotient> = all.iter().map(|it| &it.high).collect();
        Ok(Self {
            low: Quotient::outermost(&lows, expected, place)?,
            high: Quotient::outermost(&highs, expected, place)?,
            steps: all.iter().find(|it| !it.steps.is_empty()).map(|it| it.steps.clone()).unwrap_or_default(),
        })
    }

    /// The values of one or the other.
    ///
    /// # Errors
    /// The points at which the outer one changes.
    pub fn joined(&self, other: &Self, place: &Place) -> Result<Self, Split> {
        Ok(Self {
            low: Quotient::outermost(&[&self.low, &other.low], Ordering::Less, place)?,
            high: Quotient::outermost(&[&self.high, &other.high], Ordering::Greater, place)?,
            steps: self.steps_of(other),
        })
    }

    /// The rounded values. None if the bounds are too large.
    pub fn rounded(&self, rounding: &Rounding) -> Option<Self> {
        let [down, up] = rounding.reach().map(Quotient::constant);
        Self::new(self.steps.clone(), self.low.plus(&down), self.high.plus(&up))
    }

    /// Whether a comparison holds on the whole stretch. None if the bounds do not tell.
    ///
    /// # Errors
    /// The points from which they do.
    pub fn compared(&self, operator: Operator, other: &Self, place: &Place) -> Result<Option<bool>, Split> {
        let (least, most) = (self.low.compared(&other.high, place)?, self.high.compared(&other.low, place)?);
        let possible = [
            (Ordering::Less, least.is_lt()),
            (Ordering::Equal, least.is_le() && most.is_ge()),
            (Ordering::Greater, most.is_gt()),
        ];
        let mut answers = possible.into_iter().filter(|(_, it)| *it).map(|(ordering, _)| operator.holds(ordering));
        let first = answers.next();
        Ok(first.filter(|first| answers.all(|answer| answer == *first)))
    }
}

#[cfg(test)]
mod tests {
    use num_rational::BigRational;

    use super::super::polynomial::Polynomial;
    use super::super::stretch::Stretch;
    use super::*;

    fn of(low: i64, high: i64) -> Enclosure {
        let [low, high] = [low, high].map(|number| Quotient::of(Polynomial::of(&[number])));
        Enclosure { low, high, steps: vec![] }
    }

    fn line() -> Place {
        Place::new(Stretch::Open(None, None))
    }

    #[test]
    fn products_have_the_outer_bounds() {
        let times = |a: Enclosure, b: Enclosure| a.times(&b, &line()).expect("nothing changes its sign");
        assert_eq!(times(of(2, 3), of(4, 5)), Some(of(8, 15)));
        assert_eq!(times(of(-3, -2), of(4, 5)), Some(of(-15, -8)));
        assert_eq!(times(of(-3, -2), of(-5, -4)), Some(of(8, 15)));
        assert_eq!(times(of(-3, 2), of(4, 5)), Some(of(-15, 10)));
        assert_eq!(times(of(-3, 2), of(-5, -4)), Some(of(-10, 15)));
        assert_eq!(times(of(4, 5), of(-3, 2)), Some(of(-15, 10)));
        assert_eq!(times(of(-5, -4), of(-3, 2)), Some(of(-10, 15)));
        assert_eq!(times(of(-3, 2), of(-4, 5)), None);
    }

    #[test]
    fn quotients_have_no_bounds_near_zero() {
        let per = |a: Enclosure, b: Enclosure| a.per(&b, &line()).expect("nothing changes its sign");
        let halves = of(2, 4).per(&of(2, 2), &line()).expect("nothing changes its sign");
        assert_eq!(halves, Some(of(1, 2)));
        assert_eq!(per(of(4, 8), of(-4, -2)), Some(of(-4, -1)));
        assert_eq!([per(of(4, 8), of(-1, 2)), per(of(4, 8), of(0, 2))], [None, None]);
    }

    #[test]
    fn sizes_and_outer_values_have_bounds() {
        let size = |it: Enclosure| it.size(&line()).expect("nothing changes its sign");
        assert_eq!([size(of(-5, 3)), size(of(-5, -3)), size(of(1, 2))], [of(0, 5), of(3, 5), of(1, 2)]);
        let outermost =
            |expected| Enclosure::outermost(&[of(1, 9), of(3, 5)], expected, &line()).expect("they are constant");
        assert_eq!([outermost(Ordering::Less), outermost(Ordering::Greater)], [of(1, 5), of(3, 9)]);
        assert_eq!(of(1, 2).joined(&of(7, 8), &line()).expect("they are constant"), of(1, 8));
    }

    /// floor(x) is less than x + 1 everywhere, less than 2x above 0, and not below -1.
    #[test]
    fn bounds_decide_comparisons() {
        let x = Enclosure::exact(&Quotient::of(Polynomial::unknown()));
        let floor = x.plus(&of(-1, 0)).expect("it is small");
        let compared = |operator, other: &[i64], place: &Place| {
            floor.compared(operator, &Enclosure::exact(&Quotient::of(Polynomial::of(other))), place)
        };
        assert_eq!(compared(Operator::Less, &[1, 1], &line()), Ok(Some(true)));
        assert_eq!(compared(Operator::Greater, &[1, 1], &line()), Ok(Some(false)));
        assert_eq!(compared(Operator::Less, &[0, 1], &line()), Ok(None));
        let mark = |at: i64| Some(Mark::exact(BigRational::from_integer(at.into())));
        let marks = compared(Operator::Less, &[0, 2], &line()).expect_err("it depends").marks;
        assert_eq!(marks.first().cloned(), mark(-1));
        let [below, around, above] = [[None, mark(-1)], [mark(-1), mark(0)], [mark(0), None]]
            .map(|[from, to]| Place::new(Stretch::Open(from, to)));
        assert_eq!(compared(Operator::Less, &[0, 2], &below), Ok(Some(false)));
        assert_eq!(compared(Operator::Less, &[0, 2], &around), Ok(None));
        assert_eq!(compared(Operator::Less, &[0, 2], &above), Ok(Some(true)));
    }
}
