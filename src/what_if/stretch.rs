//! Stretches of the number line: points, and the open intervals between them.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use super::polynomial::Polynomial;
use super::roots::{Root, between, roots};

/// A point at which a formula may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The point.
    pub root: Root,
    /// True if none of the numbers that it was computed from was rounded.
    pub is_exact: bool,
}

impl Mark {
    /// The mark at a fraction.
    pub fn exact(point: BigRational) -> Self {
        Self { root: Root::Exact(point), is_exact: true }
    }
}

/// A part of the number line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stretch {
    /// One point.
    Point(Mark),
    /// All points between two, which are not included. None if there is no bound.
    Open(Option<Mark>, Option<Mark>),
}

/// A stretch cannot be treated as a whole, because it has these points inside, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    pub marks: Vec<Mark>,
    /// True if the points are two of many steps of a function such as `floor`.
    pub is_step: bool,
}

/// A stretch with a point inside.
#[derive(Debug, Clone)]
pub struct Place {
    pub stretch: Stretch,
    /// A point inside an open interval; close to the point otherwise.
    pub sample: BigRational,
}

impl Stretch {
    /// The stretches between two bounds, both included.
    pub fn within(least: BigRational, most: BigRational) -> Vec<Self> {
        let [least, most] = [least, most].map(Mark::exact);
        if least == most {
            return vec![Self::Point(least)];
        }
        let inner = Self::Open(Some(least.clone()), Some(most.clone()));
        vec![Self::Point(least), inner, Self::Point(most)]
    }

    /// The points of an open interval at which a polynomial other than 0 is 0, in order.
    pub fn roots_of(&self, polynomial: &Polynomial) -> Vec<Root> {
        let Self::Open(from, to) = self else { return vec![] };
        let (from, to) = (from.as_ref().map(|mark| &mark.root), to.as_ref().map(|mark| &mark.root));
        // Long ends would make the roots longer and longer.
        let ends = [from.map(Root::short_lower), to.map(Root::short_upper)];
        let mut found = roots(polynomial, ends.each_ref().map(Option::as_ref));
        found.retain(|root| from.is_none_or(|from| from < root) && to.is_none_or(|to| root < to));
        found
    }

    /// True if all numbers of the stretch are larger than this, or smaller than its opposite.
    pub fn is_beyond(&self, largest: &BigRational) -> bool {
        let (from, to) = match self {
            Self::Point(mark) => (Some(mark), Some(mark)),
            Self::Open(from, to) => (from.as_ref(), to.as_ref()),
        };
        from.is_some_and(|from| from.root.lower() > largest) || to.is_some_and(|to| *to.root.upper() < -largest)
    }

    /// The points, and the open intervals between them and the ends.
    pub fn split(&self, marks: Vec<Mark>) -> Vec<Self> {
        let Self::Open(from, to) = self else { return vec![self.clone()] };
        let (mut parts, mut before) = (vec![], from.clone());
        for mark in marks {
            parts.extend([Self::Open(before, Some(mark.clone())), Self::Point(mark.clone())]);
            before = Some(mark);
        }
        parts.push(Self::Open(before, to.clone()));
        parts
    }
}

impl Place {
    pub fn new(stretch: Stretch) -> Self {
        let sample = match &stretch {
            Stretch::Point(mark) => mark.root.point(),
            Stretch::Open(None, None) => BigRational::zero(),
            Stretch::Open(Some(from), None) => above(from.root.upper()),
            Stretch::Open(None, Some(to)) => -above(&-to.root.lower()),
            Stretch::Open(Some(from), Some(to)) => between(&from.root, &to.root),
        };
        Self { stretch, sample }
    }

    /// The order of the values of a polynomial and 0.
    ///
    /// # Errors
    /// The points at which it changes.
    pub fn sign_of(&self, polynomial: &Polynomial, is_exact: bool) -> Result<Ordering, Split> {
        if let Stretch::Point(mark) = &self.stretch {
            return Ok(mark.root.sign_of(polynomial));
        }
        let found = match polynomial.degree() {
            0 => vec![],
            _ => self.stretch.roots_of(polynomial),
        };
        match found.is_empty() {
            true => Ok(polynomial.sign_at(&self.sample)),
            false => {
                Err(Split { marks: found.into_iter().map(|root| Mark { root, is_exact }).collect(), is_step: false })
            }
        }
    }
}

/// A number above another one: about twice as far from 0, or half as far below it.
fn above(point: &BigRational) -> BigRational {
    let two = BigRational::from(BigInt::from(2));
    match point.is_negative() {
        true => (point / two).ceil(),
        false => (point.floor() + BigRational::one()) * two,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(number: i64) -> BigRational {
        BigRational::from(BigInt::from(number))
    }

    #[test]
    fn a_split_covers_the_stretch() {
        let marks: Vec<Mark> = [1, 3].map(|number| Mark::exact(whole(number))).into();
        let [one, three] = [Some(marks[0].clone()), Some(marks[1].clone())];
        let parts = Stretch::Open(None, None).split(marks.clone());
        let points: Vec<Stretch> = marks.into_iter().map(Stretch::Point).collect();
        let open = [(None, one.clone()), (one, three.clone()), (three, None)].map(|(from, to)| Stretch::Open(from, to));
        assert_eq!(parts, [&open[0], &points[0], &open[1], &points[1], &open[2]].map(Clone::clone));
        let samples: Vec<BigRational> = parts.into_iter().map(|part| Place::new(part).sample).collect();
        assert_eq!(samples, [0, 1, 2, 3, 8].map(whole));
    }

    #[test]
    fn large_numbers_are_beyond() {
        let far = |number: i64| Some(Mark::exact(whole(number)));
        assert!(
            Stretch::Open(far(11), None).is_beyond(&whole(10)) && Stretch::Open(None, far(-11)).is_beyond(&whole(10))
        );
        assert!(
            !Stretch::Open(far(-20), far(20)).is_beyond(&whole(10)) && !Stretch::Open(None, None).is_beyond(&whole(1))
        );
    }

    /// x² - 2 is negative between its roots.
    #[test]
    fn signs_are_those_of_the_whole_stretch() {
        let polynomial = Polynomial::of(&[-2, 0, 1]);
        let line = Place::new(Stretch::Open(None, None));
        let split = line.sign_of(&polynomial, true).expect_err("it changes its sign");
        assert_eq!(split.marks.len(), 2);
        let parts = line.stretch.split(split.marks).into_iter().map(Place::new);
        let signs: Vec<Ordering> =
            parts.map(|part| part.sign_of(&polynomial, true).expect("it has one sign")).collect();
        use Ordering::{Equal, Greater, Less};
        assert_eq!(signs, [Greater, Equal, Less, Equal, Greater]);
        let ends = Stretch::within(whole(1), whole(1));
        assert_eq!(Place::new(ends[0].clone()).sign_of(&polynomial, true), Ok(Less));
    }
}
