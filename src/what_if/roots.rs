//! The points at which a polynomial is zero: all of them, as fractions where they are, otherwise between two fractions that
//! are close together.
//!
//! Sturm's theorem counts the roots between two points, so that intervals are halved until each has one root.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use super::polynomial::Polynomial;

/// The digits to which a root that is not a fraction is known.
const DIGITS: u32 = 34;

/// The halvings after which a root is taken to be none of the fractions with few digits.
const HALVINGS_PER_GUESS: usize = 32;

/// The length of a number that is not shortened where only an end of a search is needed.
const SHORT_BITS: u64 = 64;

/// A root.
#[derive(Debug, Clone)]
pub enum Root {
    /// A fraction.
    Exact(BigRational),
    /// A number between two fractions that agree in more digits than a decimal has.
    Near(Box<Near>),
}

/// The only root of a polynomial between two points, at which it has different signs.
#[derive(Debug, Clone)]
pub struct Near {
    polynomial: Polynomial,
    low: BigRational,
    high: BigRational,
}

impl Near {
    /// True if a factor of the polynomial has the root between two points around it.
    fn is_of(&self, factor: &Polynomial, low: &BigRational, high: &BigRational) -> bool {
        factor.degree() > 0 && factor.sign_at(low) != factor.sign_at(high)
    }

    /// The half of the interval that has the root.
    fn halved(&self) -> Root {
        let middle = halved(&self.low, &self.high);
        let Self { polynomial, low, high } = self.clone();
        match polynomial.sign_at(&middle) {
            Ordering::Equal => Root::Exact(middle),
            sign if sign == polynomial.sign_at(&low) => Root::Near(Self { polynomial, low: middle, high }.into()),
            _ => Root::Near(Self { polynomial, low, high: middle }.into()),
        }
    }
}

impl Root {
    /// The point, or one that is close to it.
    pub fn point(&self) -> BigRational {
        match self {
            Self::Exact(point) => point.clone(),
            Self::Near(near) => halved(&near.low, &near.high),
        }
    }

    /// A point that is not above the root.
    pub fn lower(&self) -> &BigRational {
        match self {
            Self::Exact(point) => point,
            Self::Near(near) => &near.low,
        }
    }

    /// A point that is not below the root.
    pub fn upper(&self) -> &BigRational {
        match self {
            Self::Exact(point) => point,
            Self::Near(near) => &near.high,
        }
    }

    /// A short fraction that is not above the root, and close to it.
    pub fn short_lower(&self) -> BigRational {
        shortened(self.lower(), BigInt::div_floor)
    }

    /// A short fraction that is not below the root, and close to it.
    pub fn short_upper(&self) -> BigRational {
        shortened(self.upper(), Integer::div_ceil)
    }

    /// The same root, known more closely.
    pub fn closer(&self) -> Self {
        match self {
            Self::Exact(_) => self.clone(),
            Self::Near(near) => near.halved(),
        }
    }

    /// The order of the value of a polynomial at the root and 0.
    pub fn sign_of(&self, polynomial: &Polynomial) -> Ordering {
        let near = match self {
            Self::Exact(point) => return polynomial.sign_at(point),
            Self::Near(near) => near,
        };
        if polynomial.degree() == 0 || near.is_of(&near.polynomial.common_divisor(polynomial), &near.low, &near.high) {
            return if polynomial.degree() == 0 { polynomial.sign_at(&near.low) } else { Ordering::Equal };
        }
        let chain = sturm(&polynomial.square_free());
        let mut root = self.clone();
        loop {
            let (low, high) = (root.lower(), root.upper());
            let sign = polynomial.sign_at(low);
            if sign.is_ne() && changes(&chain, low) == changes(&chain, high) {
                return sign;
            }
            root = root.closer();
        }
    }
}

impl PartialEq for Root {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Root {}

impl PartialOrd for Root {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Root {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Self::Near(a), Self::Near(b)) = (self, other) {
            let (low, high) = ((&a.low).max(&b.low), (&a.high).min(&b.high));
            if low < high && a.is_of(&a.polynomial.common_divisor(&b.polynomial), low, high) {
                return Ordering::Equal;
            }
        }
        let (mut own, mut other) = (self.clone(), other.clone());
        loop {
            match (&own, &other) {
                (Self::Exact(a), Self::Exact(b)) => return a.cmp(b),
                // The root that is known less closely is not one of the ends of its interval.
                _ if own.upper() <= other.lower() => return Ordering::Less,
                _ if own.lower() >= other.upper() => return Ordering::Greater,
                (Self::Exact(point), Self::Near(near)) | (Self::Near(near), Self::Exact(point))
                    if near.polynomial.sign_at(point).is_eq() =>
                {
                    return Ordering::Equal;
                }
                _ => (own, other) = (own.closer(), other.closer()),
            }
        }
    }
}

/// The roots of a polynomial that is not the constant 0, in order: those within bounds, both included.
pub fn roots(polynomial: &Polynomial, within: [Option<&BigRational>; 2]) -> Vec<Root> {
    let polynomial = polynomial.square_free();
    let [least, most] = within;
    if polynomial.degree() == 1 {
        let root = -polynomial.coefficient(0) / polynomial.leading();
        let is_within = least.is_none_or(|least| *least <= root) && most.is_none_or(|most| root <= *most);
        return is_within.then_some(Root::Exact(root)).into_iter().collect();
    }
    if polynomial.degree() == 0 {
        return vec![];
    }
    let bound = cauchy(&polynomial);
    let low = least.map_or_else(|| -bound.clone(), |least| least.clone().max(-bound.clone()));
    let high = most.map_or_else(|| bound.clone(), |most| most.clone().min(bound.clone()));
    if low > high {
        return vec![];
    }
    let mut found = vec![];
    let chain = sturm(&polynomial);
    let clamped = |point: BigRational| point.max(low.clone()).min(high.clone());
    let ends = [low.clone(), clamped(BigRational::zero()), high.clone()];
    for pair in ends.windows(2) {
        isolated(&polynomial, &chain, pair[0].clone(), pair[1].clone(), &mut found);
    }
    found.sort();
    found.dedup();
    found
}

/// The fraction with few digits between two different numbers, about in the middle.
pub fn between(low: &Root, high: &Root) -> BigRational {
    let (mut low, mut high) = (low.clone(), high.clone());
    while low.upper() >= high.lower() {
        (low, high) = (low.closer(), high.closer());
    }
    let quarter = (high.lower() - low.upper()) / BigRational::from(BigInt::from(4));
    Gap::new(&(low.upper() + &quarter), &(high.lower() - &quarter)).simplest()
}

/// A bound on the size of all roots.
fn cauchy(polynomial: &Polynomial) -> BigRational {
    let lead = polynomial.leading().abs();
    let sizes = (0..=polynomial.degree()).map(|power| polynomial.coefficient(power).abs() / &lead);
    (sizes.max().unwrap_or_else(BigRational::zero) + BigRational::one()).ceil()
}

/// The polynomial, its slope, and the negated remainders of their divisions.
fn sturm(polynomial: &Polynomial) -> Vec<Polynomial> {
    let mut chain = vec![polynomial.primitive(), polynomial.derivative().primitive()];
    loop {
        let [.., before, last] = &chain[..] else { unreachable!("the chain starts with two") };
        let (_, rest) = before.divided(last);
        if rest.is_zero() {
            return chain;
        }
        chain.push(rest.negated().primitive());
    }
}

/// The number of changes of sign in the chain at a point.
fn changes(chain: &[Polynomial], point: &BigRational) -> usize {
    let signs: Vec<Ordering> = chain.iter().map(|part| part.sign_at(point)).filter(|sign| sign.is_ne()).collect();
    signs.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// Adds the roots between two points, both included. The interval does not have 0 inside.
fn isolated(polynomial: &Polynomial, chain: &[Polynomial], from: BigRational, to: BigRational, found: &mut Vec<Root>) {
    if polynomial.sign_at(&from).is_eq() {
        found.push(Root::Exact(from.clone()));
    }
    let count = |point: &BigRational| changes(chain, point);
    let mut open = vec![(from.clone(), count(&from), to.clone(), count(&to))];
    while let Some((low, at_low, high, at_high)) = open.pop() {
        // Sturm counts the roots above the lower end.
        match at_low.saturating_sub(at_high) {
            0 => {}
            1 => found.push(refined(polynomial, low, high)),
            _ => {
                let middle = halved(&low, &high);
                let at_middle = count(&middle);
                open.push((low, at_low, middle.clone(), at_middle));
                open.push((middle, at_middle, high, at_high));
            }
        }
    }
}

/// The only root above `low` and up to `high`.
fn refined(polynomial: &Polynomial, low: BigRational, high: BigRational) -> Root {
    let top = polynomial.sign_at(&high);
    if top.is_eq() {
        return Root::Exact(high);
    }
    let digits = BigInt::from(10).pow(DIGITS);
    // The lower end may be another root. It is not once the interval was cut there.
    let mut is_cut = polynomial.sign_at(&low).is_ne();
    let mut gap = Gap::new(&low, &high);
    for step in 1.. {
        let is_close = is_cut && gap.is_close(&digits);
        if is_close || step % HALVINGS_PER_GUESS == 1 {
            let simple = gap.simplest();
            if simple > low && polynomial.sign_at(&simple).is_eq() {
                return Root::Exact(simple);
            }
        }
        if is_close {
            break;
        }
        let middle = gap.cut();
        match polynomial.sign_at_quotient(&middle, &gap.unit) {
            Ordering::Equal => return Root::Exact(BigRational::new(middle, gap.unit)),
            sign if sign == top => gap.high = middle,
            _ => (gap.low, is_cut) = (middle, true),
        }
    }
    let [low, high] = [gap.low, gap.high].map(|end| BigRational::new(end, gap.unit.clone()));
    Root::Near(Near { polynomial: polynomial.clone(), low, high }.into())
}

fn halved(low: &BigRational, high: &BigRational) -> BigRational {
    (low + high) / BigRational::from(BigInt::from(2))
}

/// A fraction as it is if it is short, otherwise rounded to [`SHORT_BITS`].
fn shortened(point: &BigRational, divided: impl Fn(&BigInt, &BigInt) -> BigInt) -> BigRational {
    let (above, below) = (point.numer(), point.denom());
    if above.bits().max(below.bits()) <= SHORT_BITS {
        return point.clone();
    }
    let shift = SHORT_BITS + below.bits();
    match shift.checked_sub(above.bits()) {
        Some(shift) => BigRational::new(divided(&(above << shift), below), BigInt::one() << shift),
        None => (divided(above, &(below << (above.bits() - shift))) << (above.bits() - shift)).into(),
    }
}

/// An interval whose ends are whole multiples of one unit fraction, so that halving it reduces no fractions.
struct Gap {
    low: BigInt,
    high: BigInt,
    /// The denominator of both ends.
    unit: BigInt,
}

impl Gap {
    fn new(low: &BigRational, high: &BigRational) -> Self {
        let unit = low.denom().lcm(high.denom());
        let whole = |end: &BigRational| end.numer() * (&unit / end.denom());
        Self { low: whole(low), high: whole(high), unit }
    }

    /// The middle, in units that are half as large from now on.
    fn cut(&mut self) -> BigInt {
        let middle = &self.low + &self.high;
        for part in [&mut self.low, &mut self.high, &mut self.unit] {
            *part <<= 1;
        }
        middle
    }

    /// True if the ends have these digits in common: a power of ten.
    fn is_close(&self, digits: &BigInt) -> bool {
        (&self.high - &self.low) * digits < self.low.abs().min(self.high.abs())
    }

    /// The fraction with the smallest denominator in it, its ends included.
    fn simplest(&self) -> BigRational {
        if !self.low.is_positive() && !self.high.is_negative() {
            return BigRational::zero();
        }
        if self.high.is_negative() {
            let opposite = Self { low: -&self.high, high: -&self.low, unit: self.unit.clone() };
            return -opposite.simplest();
        }
        let [mut low, mut high] = [&self.low, &self.high].map(|end| (end.clone(), self.unit.clone()));
        let mut wholes = vec![];
        let last = loop {
            let (whole, rest) = low.0.div_mod_floor(&low.1);
            if rest.is_zero() {
                break whole;
            }
            let further = &high.0 - &whole * &high.1;
            if further >= high.1 {
                break whole + 1;
            }
            (low, high) = ((high.1, further), (low.1, rest));
            wholes.push(whole);
        };
        let next = |(above, below): (BigInt, BigInt), whole: BigInt| (whole * &above + below, above);
        let (numerator, denominator) = wholes.into_iter().rev().fold((last, BigInt::one()), next);
        BigRational::new(numerator, denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(numerator: i64, denominator: i64) -> BigRational {
        BigRational::new(numerator.into(), denominator.into())
    }

    fn exact(roots: &[Root]) -> Vec<BigRational> {
        let point = |root: &Root| match root {
            Root::Exact(point) => point.clone(),
            Root::Near(_) => panic!("{} is not exact", root.point()),
        };
        roots.iter().map(point).collect()
    }

    #[test]
    fn rational_roots_are_exact() {
        // (3x - 1)(x + 7)(x - 100)
        let cubic = Polynomial::of(&[-1, 3]).times(&Polynomial::of(&[7, 1])).times(&Polynomial::of(&[-100, 1]));
        assert_eq!(exact(&roots(&cubic, [None; 2])), [ratio(-7, 1), ratio(1, 3), ratio(100, 1)]);
        let within = |low: BigRational, high: BigRational| roots(&cubic, [Some(&low), Some(&high)]);
        assert_eq!(exact(&within(ratio(1, 3), ratio(99, 1))), [ratio(1, 3)]);
        assert_eq!(exact(&within(ratio(-7, 1), ratio(0, 1))), [ratio(-7, 1)]);
        assert_eq!(within(ratio(101, 1), ratio(900, 1)), []);
        assert_eq!(within(ratio(-900, 1), ratio(-800, 1)), []);
        assert_eq!(exact(&roots(&cubic, [Some(&ratio(0, 1)), None])), [ratio(1, 3), ratio(100, 1)]);
    }

    #[test]
    fn double_roots_and_zero_are_found() {
        let double = Polynomial::of(&[9, -6, 1]);
        assert_eq!(exact(&roots(&double, [None; 2])), [ratio(3, 1)]);
        let with_zero = Polynomial::of(&[0, 0, -4, 0, 1]);
        assert_eq!(exact(&roots(&with_zero, [None; 2])), [ratio(-2, 1), ratio(0, 1), ratio(2, 1)]);
        assert_eq!(roots(&Polynomial::of(&[1, 0, 1]), [None; 2]), []);
        assert_eq!(roots(&Polynomial::of(&[5]), [None; 2]), []);
    }

    /// √2 has the 30 digits 1.41421356237309504880168872420.
    #[test]
    fn other_roots_are_near() {
        let found = roots(&Polynomial::of(&[-2, 0, 1]), [None; 2]);
        let [low @ Root::Near(_), high @ Root::Near(_)] = &found[..] else { panic!("{found:?}") };
        assert_eq!(low.point(), -high.point());
        let digits = (high.point() * BigRational::from(BigInt::from(10).pow(29))).floor().to_integer();
        assert_eq!(digits.to_string(), "141421356237309504880168872420");
    }

    #[test]
    fn huge_and_tiny_roots_are_exact() {
        let ten = |power: u32| BigRational::from(BigInt::from(10).pow(power));
        let [huge, tiny] = [ten(25), ten(25).recip()];
        let factor = |root: &BigRational| Polynomial::unknown().minus(&Polynomial::constant(root.clone()));
        assert_eq!(exact(&roots(&factor(&huge).times(&factor(&tiny)), [None; 2])), [tiny, huge]);
    }

    /// √2 is a root of x² - 2 and of x⁴ - 4, and is 1 below the root 1 + √2 of x² - 2x - 1.
    #[test]
    fn roots_of_several_polynomials_have_an_order() {
        let of =
            |coefficients: &[i64]| roots(&Polynomial::of(coefficients), [Some(&BigRational::zero()), None]).remove(0);
        let (root, same, larger) = (of(&[-2, 0, 1]), of(&[-4, 0, 0, 0, 1]), of(&[-1, -2, 1]));
        assert!(root == same && root < larger && larger > same);
        assert!(root > Root::Exact(ratio(1414, 1000)) && Root::Exact(ratio(3, 2)) > root);
        let signs = [&[-2, 0, 1][..], &[0, -2, 0, 1], &[-1, 1], &[-2, 1], &[7]];
        let found = signs.map(|coefficients| root.sign_of(&Polynomial::of(coefficients)));
        assert_eq!(found, [Ordering::Equal, Ordering::Equal, Ordering::Greater, Ordering::Less, Ordering::Greater]);
        let inside = between(&root, &Root::Exact(ratio(142, 100)));
        assert!(Root::Exact(inside.clone()) > root && inside < ratio(142, 100), "{inside}");
    }

    #[test]
    fn the_simplest_fraction_lies_between() {
        assert_eq!(Gap::new(&ratio(3, 10), &ratio(4, 10)).simplest(), ratio(1, 3));
        assert_eq!(Gap::new(&ratio(-4, 10), &ratio(-3, 10)).simplest(), ratio(-1, 3));
        assert_eq!(Gap::new(&ratio(-1, 10), &ratio(3, 10)).simplest(), ratio(0, 1));
        assert_eq!(Gap::new(&ratio(31, 10), &ratio(32, 10)).simplest(), ratio(16, 5));
        assert_eq!(Gap::new(&ratio(7, 2), &ratio(9, 2)).simplest(), ratio(4, 1));
    }
}
