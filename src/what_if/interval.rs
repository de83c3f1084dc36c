//! Interval arithmetic: bounds on the values of a formula on a stretch of the number line.

use num_rational::BigRational;
use num_traits::{Signed, Zero};

use super::quotient::{Quotient, Rounding};
use super::roots::{Root, has_roots};
use super::stretch::{Mark, Place, Stretch};

/// An end of an interval.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    Below,
    At(BigRational),
    Above,
}

/// The numbers between two bounds, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    low: Bound,
    high: Bound,
}

impl Bound {
    fn negated(&self) -> Self {
        match self {
            Self::Below => Self::Above,
            Self::At(number) => Self::At(-number),
            Self::Above => Self::Below,
        }
    }

    fn plus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::At(a), Self::At(b)) => Self::At(a + b),
            (Self::At(_), infinite) | (infinite, _) => infinite.clone(),
        }
    }

    /// The product, where 0 times any bound is 0.
    fn times(&self, other: &Self) -> Self {
        let is_zero = |bound: &Self| matches!(bound, Self::At(number) if number.is_zero());
        let is_negative =
            |bound: &Self| matches!(bound, Self::At(number) if number.is_negative()) || *bound == Self::Below;
        match (self, other) {
            (Self::At(a), Self::At(b)) => Self::At(a * b),
            _ if is_zero(self) || is_zero(other) => Self::At(BigRational::zero()),
            _ if is_negative(self) == is_negative(other) => Self::Above,
            _ => Self::Below,
        }
    }

    fn mapped(&self, of: impl Fn(&BigRational) -> BigRational) -> Self {
        match self {
            Self::At(number) => Self::At(of(number)),
            infinite => infinite.clone(),
        }
    }
}

impl Interval {
    /// All numbers.
    pub const fn all() -> Self {
        Self { low: Bound::Below, high: Bound::Above }
    }

    /// One number.
    pub fn at(number: BigRational) -> Self {
        Self { low: Bound::At(number.clone()), high: Bound::At(number) }
    }

    /// The numbers of a stretch.
    pub fn of(stretch: &Stretch) -> Self {
        let (from, to) = match stretch {
            Stretch::Point(mark) => (Some(mark), Some(mark)),
            Stretch::Open(from, to) => (from.as_ref(), to.as_ref()),
        };
        let low = from.map_or(Bound::Below, |mark| Bound::At(mark.root.lower().clone()));
        Self { low, high: to.map_or(Bound::Above, |mark| Bound::At(mark.root.upper().clone())) }
    }

    /// The values of a quotient between the ends of an open interval. None unless it only rises or only falls there.
    pub fn of_quotient(quotient: &Quotient, place: &Place) -> Option<Self> {
        if let Some(number) = quotient.number() {
            return Some(Self::at(number));
        }
        let Stretch::Open(from, to) = &place.stretch else { return None };
        let [from, to] = [from, to].map(|end| end.as_ref().map(|Mark { root, .. }| root));
        let ends = [from.map(Root::lower), to.map(Root::upper)];
        let slope = quotient.slope();
        // The end of an interval that is not known exactly lies a little outside of it.
        let is_wider = [from, to].into_iter().flatten().any(|root| matches!(root, Root::Near(_)));
        if has_roots(&slope, ends) || is_wider && has_roots(&quotient.denominator, ends) {
            return None;
        }
        let rises = slope.sign_at(&place.sample).is_gt();
        let [low, high] = if rises {
            [(ends[0], Bound::Below), (ends[1], Bound::Above)]
        } else {
            [(ends[1], Bound::Below), (ends[0], Bound::Above)]
        };
        let bound = |(end, beyond): (Option<&BigRational>, Bound)| limit(quotient, end).map_or(beyond, Bound::At);
        Some(Self { low: bound(low), high: bound(high) })
    }

    /// The number, if it is only one.
    pub fn number(&self) -> Option<BigRational> {
        match (&self.low, &self.high) {
            (Bound::At(low), Bound::At(high)) if low == high => Some(low.clone()),
            _ => None,
        }
    }

    /// True if the number is one of them.
    pub fn has(&self, number: &BigRational) -> bool {
        let at = Bound::At(number.clone());
        self.low <= at && at <= self.high
    }

    pub fn negated(&self) -> Self {
        Self { low: self.high.negated(), high: self.low.negated() }
    }

    pub fn plus(&self, other: &Self) -> Self {
        Self { low: self.low.plus(&other.low), high: self.high.plus(&other.high) }
    }

    pub fn times(&self, other: &Self) -> Self {
        let pairs =
            [(&self.low, &other.low), (&self.low, &other.high), (&self.high, &other.low), (&self.high, &other.high)];
        let mut products = pairs.map(|(a, b)| a.times(b));
        products.sort();
        let [low, _, _, high] = products;
        Self { low, high }
    }

    /// The numbers divided by those of another interval; all numbers if 0 is inside it. Nothing is divided by an end that is 0.
    pub fn per(&self, other: &Self) -> Self {
        let zero = Bound::At(BigRational::zero());
        if other.low < zero && zero < other.high || other.low == other.high && other.low == zero {
            return Self::all();
        }
        // The bound of the quotients near an end that is 0, which is `beyond`. One that is infinitely far away becomes 0.
        let inverse = |bound: &Bound, beyond: Bound| match bound {
            Bound::At(number) if number.is_zero() => beyond,
            Bound::At(number) => Bound::At(number.recip()),
            _ => Bound::At(BigRational::zero()),
        };
        self.times(&Self { low: inverse(&other.high, Bound::Below), high: inverse(&other.low, Bound::Above) })
    }

    /// The smaller ones of each pair.
    pub fn least(&self, other: &Self) -> Self {
        Self { low: (&self.low).min(&other.low).clone(), high: (&self.high).min(&other.high).clone() }
    }

    /// The larger ones of each pair.
    pub fn most(&self, other: &Self) -> Self {
        self.negated().least(&other.negated()).negated()
    }

    /// The numbers without their signs.
    pub fn size(&self) -> Self {
        let either = self.most(&self.negated());
        let high = (&self.high).max(&self.low.negated()).clone();
        Self { low: either.low.max(Bound::At(BigRational::zero())), high }
    }

    /// The numbers of both intervals.
    pub fn joined(&self, other: &Self) -> Self {
        Self { low: self.least(other).low, high: self.most(other).high }
    }

    /// The rounded numbers.
    pub fn rounded(&self, rounding: &Rounding) -> Self {
        Self { low: self.low.mapped(|it| rounding.of(it)), high: self.high.mapped(|it| rounding.of(it)) }
    }
}

/// What the values of a quotient come close to near a point, or far away. None if they have no bound there.
fn limit(quotient: &Quotient, end: Option<&BigRational>) -> Option<BigRational> {
    let parts = [&quotient.numerator, &quotient.denominator];
    let [above, below] = match end {
        Some(point) => parts.map(|part| part.at(point)),
        None => {
            let degree = parts[0].degree().max(parts[1].degree());
            parts.map(|part| part.coefficient(degree))
        }
    };
    (!below.is_zero()).then(|| above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(number: i64) -> BigRational {
        BigRational::from(num_bigint::BigInt::from(number))
    }

    fn of(low: i64, high: i64) -> Interval {
        Interval { low: Bound::At(whole(low)), high: Bound::At(whole(high)) }
    }

    #[test]
    fn bounds_are_those_of_all_numbers() {
        assert_eq!(of(-2, 3).plus(&of(1, 10)), of(-1, 13));
        assert_eq!(of(-2, 3).times(&of(-5, 4)), of(-15, 12));
        assert_eq!(of(4, 8).per(&of(-4, -2)), of(-4, -1));
        assert_eq!(of(4, 8).per(&of(-1, 2)), Interval::all());
        assert_eq!(of(4, 8).per(&of(0, 2)), Interval { low: Bound::At(whole(2)), high: Bound::Above });
        assert_eq!(of(4, 8).per(&of(-2, 0)), Interval { low: Bound::Below, high: Bound::At(whole(-2)) });
        assert_eq!(of(4, 8).per(&of(0, 0)), Interval::all());
        assert_eq!((of(-5, 3).size(), of(-5, -3).size(), of(1, 2).size()), (of(0, 5), of(3, 5), of(1, 2)));
        assert_eq!((of(1, 9).least(&of(3, 5)), of(1, 9).most(&of(3, 5))), (of(1, 5), of(3, 9)));
        assert_eq!(of(1, 2).joined(&of(7, 8)), of(1, 8));
        assert_eq!((of(3, 3).number(), of(3, 4).number()), (Some(whole(3)), None));
    }

    #[test]
    fn half_lines_have_one_bound() {
        let positive = Interval { low: Bound::At(whole(2)), high: Bound::Above };
        assert_eq!(positive.times(&positive), Interval { low: Bound::At(whole(4)), high: Bound::Above });
        assert_eq!(of(4, 8).per(&positive), of(0, 4));
        assert!(!positive.has(&whole(1)) && positive.negated().has(&whole(-2)));
        assert_eq!(positive.plus(&positive.negated()), Interval::all());
        assert_eq!(of(0, 0).times(&Interval::all()), of(0, 0));
    }
}
