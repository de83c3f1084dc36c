//! The points at which a polynomial is zero: all of them, as fractions where they are, otherwise between two fractions that
//! are close together.
//!
//! Sturm's theorem counts the roots between two points, so that intervals are halved until each has one root.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use super::polynomial::Polynomial;

/// The digits to which a root that is not a fraction is known.
const DIGITS: u32 = 34;

/// The halvings after which a root is taken to be none of the fractions with few digits.
const HALVINGS_PER_GUESS: usize = 32;

/// A root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// A fraction.
    Exact(BigRational),
    /// Any point between two that agree in more digits than a decimal has.
    Near(BigRational),
}

impl Root {
    /// The point, or one that is close to it.
    pub fn point(&self) -> &BigRational {
        match self {
            Self::Exact(point) | Self::Near(point) => point,
        }
    }
}

/// The roots of a polynomial that is not the constant 0, in order. With bounds, those within them, both included.
pub fn roots(polynomial: &Polynomial, within: Option<&[BigRational; 2]>) -> Vec<Root> {
    let polynomial = polynomial.square_free();
    if let [constant, slope] = polynomial.coefficients() {
        let root = -constant / slope;
        let is_within = within.is_none_or(|[low, high]| *low <= root && root <= *high);
        return is_within.then_some(Root::Exact(root)).into_iter().collect();
    }
    if polynomial.degree() == 0 {
        return vec![];
    }
    let bound = cauchy(&polynomial);
    let (low, high) = match within {
        Some([low, high]) => (low.clone().max(-bound.clone()), high.clone().min(bound)),
        None => (-bound.clone(), bound),
    };
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
    found.sort_by(|a, b| a.point().cmp(b.point()));
    found.dedup();
    found
}

/// A bound on the size of all roots.
fn cauchy(polynomial: &Polynomial) -> BigRational {
    let lead = polynomial.leading().abs();
    let sizes = polynomial.coefficients().iter().map(|coefficient| coefficient.abs() / &lead);
    (sizes.max().unwrap_or_else(BigRational::zero) + BigRational::one()).ceil()
}

/// The polynomial, its slope, and the negated remainders of their divisions.
fn sturm(polynomial: &Polynomial) -> Vec<Polynomial> {
    let mut chain = vec![polynomial.clone(), polynomial.derivative().normalized()];
    loop {
        let [.., before, last] = &chain[..] else { unreachable!("the chain starts with two") };
        let (_, rest) = before.divided(last);
        if rest.is_zero() {
            return chain;
        }
        chain.push(rest.scaled(&-BigRational::one()).normalized());
    }
}

/// The number of changes of sign in the chain at a point.
fn changes(chain: &[Polynomial], point: &BigRational) -> usize {
    let signs: Vec<bool> =
        chain.iter().map(|part| part.at(point)).filter(|it| !it.is_zero()).map(|it| it.is_positive()).collect();
    signs.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// Adds the roots between two points, both included. The interval does not have 0 inside.
fn isolated(polynomial: &Polynomial, chain: &[Polynomial], from: BigRational, to: BigRational, found: &mut Vec<Root>) {
    if polynomial.at(&from).is_zero() {
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
fn refined(polynomial: &Polynomial, mut low: BigRational, mut high: BigRational) -> Root {
    let top = polynomial.at(&high);
    if top.is_zero() {
        return Root::Exact(high);
    }
    // Below the root, the sign is the other one.
    let rises = top.is_positive();
    let digits = BigRational::from(BigInt::from(10).pow(DIGITS));
    for step in 1.. {
        if step % HALVINGS_PER_GUESS == 1 {
            let simple = simplest(&low, &high);
            if polynomial.at(&simple).is_zero() && simple > low {
                return Root::Exact(simple);
            }
        }
        if (&high - &low) * &digits < low.abs().min(high.abs()) {
            break;
        }
        let middle = halved(&low, &high);
        let value = polynomial.at(&middle);
        match value.is_zero() {
            true => return Root::Exact(middle),
            false if value.is_positive() == rises => high = middle,
            false => low = middle,
        }
    }
    let simple = simplest(&low, &high);
    if polynomial.at(&simple).is_zero() { Root::Exact(simple) } else { Root::Near(halved(&low, &high)) }
}

fn halved(low: &BigRational, high: &BigRational) -> BigRational {
    (low + high) / BigRational::from(BigInt::from(2))
}

/// The fraction with the smallest denominator between two numbers, both included.
fn simplest(low: &BigRational, high: &BigRational) -> BigRational {
    if !low.is_positive() && !high.is_negative() {
        return BigRational::zero();
    }
    if high.is_negative() {
        return -simplest(&-high, &-low);
    }
    let (mut low, mut high) = (low.clone(), high.clone());
    let mut wholes = vec![];
    let last = loop {
        let whole = low.floor();
        if whole == low {
            break whole;
        }
        if &whole + BigRational::one() <= high {
            break whole + BigRational::one();
        }
        (low, high) = ((&high - &whole).recip(), (&low - &whole).recip());
        wholes.push(whole);
    };
    wholes.into_iter().rev().fold(last, |fraction, whole| whole + fraction.recip())
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
            Root::Near(point) => panic!("{point} is not exact"),
        };
        roots.iter().map(point).collect()
    }

    #[test]
    fn rational_roots_are_exact() {
        // (3x - 1)(x + 7)(x - 100)
        let cubic = Polynomial::of(&[-1, 3]).times(&Polynomial::of(&[7, 1])).times(&Polynomial::of(&[-100, 1]));
        assert_eq!(exact(&roots(&cubic, None)), [ratio(-7, 1), ratio(1, 3), ratio(100, 1)]);
        let within = [ratio(1, 3), ratio(99, 1)];
        assert_eq!(exact(&roots(&cubic, Some(&within))), [ratio(1, 3)]);
        assert_eq!(exact(&roots(&cubic, Some(&[ratio(-7, 1), ratio(0, 1)]))), [ratio(-7, 1)]);
        assert_eq!(roots(&cubic, Some(&[ratio(101, 1), ratio(900, 1)])), []);
        assert_eq!(roots(&cubic, Some(&[ratio(-900, 1), ratio(-800, 1)])), []);
    }

    #[test]
    fn double_roots_and_zero_are_found() {
        let double = Polynomial::of(&[9, -6, 1]);
        assert_eq!(exact(&roots(&double, None)), [ratio(3, 1)]);
        let with_zero = Polynomial::of(&[0, 0, -4, 0, 1]);
        assert_eq!(exact(&roots(&with_zero, None)), [ratio(-2, 1), ratio(0, 1), ratio(2, 1)]);
        assert_eq!(roots(&Polynomial::of(&[1, 0, 1]), None), []);
        assert_eq!(roots(&Polynomial::of(&[5]), None), []);
    }

    /// √2 has the 30 digits 1.41421356237309504880168872420.
    #[test]
    fn other_roots_are_near() {
        let found = roots(&Polynomial::of(&[-2, 0, 1]), None);
        let [Root::Near(low), Root::Near(high)] = &found[..] else { panic!("{found:?}") };
        assert_eq!(*low, -high);
        let digits = (high * BigRational::from(BigInt::from(10).pow(29))).floor().to_integer();
        assert_eq!(digits.to_string(), "141421356237309504880168872420");
    }

    #[test]
    fn huge_and_tiny_roots_are_exact() {
        let ten = |power: u32| BigRational::from(BigInt::from(10).pow(power));
        let [huge, tiny] = [ten(25), ten(25).recip()];
        let factor = |root: &BigRational| Polynomial::unknown().minus(&Polynomial::constant(root.clone()));
        assert_eq!(exact(&roots(&factor(&huge).times(&factor(&tiny)), None)), [tiny, huge]);
    }

    #[test]
    fn the_simplest_fraction_lies_between() {
        assert_eq!(simplest(&ratio(3, 10), &ratio(4, 10)), ratio(1, 3));
        assert_eq!(simplest(&ratio(-4, 10), &ratio(-3, 10)), ratio(-1, 3));
        assert_eq!(simplest(&ratio(-1, 10), &ratio(3, 10)), ratio(0, 1));
        assert_eq!(simplest(&ratio(31, 10), &ratio(32, 10)), ratio(16, 5));
        assert_eq!(simplest(&ratio(7, 2), &ratio(9, 2)), ratio(4, 1));
    }
}
