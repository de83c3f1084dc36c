//! Polynomials with rational coefficients, as whole numbers over one denominator: fractions are reduced once for each
//! result, and signs need no fractions at all.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// A polynomial in one unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polynomial {
    /// The coefficients times the denominator, from that of the constant on. The last one is not 0.
    wholes: Vec<BigInt>,
    /// The positive number that divides them all, without a factor that they have in common.
    denominator: BigInt,
}

impl Polynomial {
    /// Whole coefficients over a positive denominator.
    fn new(mut wholes: Vec<BigInt>, denominator: BigInt) -> Self {
        while wholes.last().is_some_and(Zero::is_zero) {
            wholes.pop();
        }
        let factor = common_factor(&wholes, denominator.clone());
        Self { wholes, denominator }.without(&factor)
    }

    /// Divides all parts by a common factor.
    fn without(self, factor: &BigInt) -> Self {
        if factor.is_one() {
            return self;
        }
        let wholes = self.wholes.into_iter().map(|whole| whole / factor).collect();
        Self { wholes, denominator: self.denominator / factor }
    }

    /// A constant.
    pub fn constant(value: BigRational) -> Self {
        let (numerator, denominator) = value.into();
        Self::new(vec![numerator], denominator)
    }

    /// The unknown.
    pub fn unknown() -> Self {
        Self::new(vec![BigInt::zero(), BigInt::one()], BigInt::one())
    }

    /// The polynomial with these coefficients, from that of the constant on.
    #[cfg(test)]
    pub fn of(coefficients: &[i64]) -> Self {
        Self::new(coefficients.iter().map(|&number| number.into()).collect(), BigInt::one())
    }

    /// True for the constant 0.
    pub fn is_zero(&self) -> bool {
        self.wholes.is_empty()
    }

    /// The highest power of the unknown. A constant has none.
    pub fn degree(&self) -> usize {
        self.wholes.len().saturating_sub(1)
    }

    /// The coefficient of a power.
    pub fn coefficient(&self, power: usize) -> BigRational {
        self.wholes
            .get(power)
            .map_or_else(BigRational::zero, |it| BigRational::new(it.clone(), self.denominator.clone()))
    }

    /// The coefficient of the highest power.
    pub fn leading(&self) -> BigRational {
        self.coefficient(self.degree())
    }

    /// The length of the longest number in it.
    pub fn bits(&self) -> u64 {
        self.wholes.iter().map(BigInt::bits).max().unwrap_or(0).max(self.denominator.bits())
    }

    pub fn plus(&self, other: &Self) -> Self {
        let denominator = self.denominator.lcm(&other.denominator);
        let factors = [self, other].map(|side| &denominator / &side.denominator);
        let at = |side: &Self, factor: &BigInt, power: usize| side.wholes.get(power).map(|whole| whole * factor);
        let powers = 0..self.wholes.len().max(other.wholes.len());
        let sum = powers.map(|power| {
            let parts = [at(self, &factors[0], power), at(other, &factors[1], power)];
            parts.into_iter().flatten().sum()
        });
        Self::new(sum.collect(), denominator)
    }

    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    #[must_use]
    pub fn negated(&self) -> Self {
        Self { wholes: self.wholes.iter().map(|whole| -whole).collect(), denominator: self.denominator.clone() }
    }

    /// The polynomial times a number.
    pub fn scaled(&self, factor: &BigRational) -> Self {
        let wholes = self.wholes.iter().map(|whole| whole * factor.numer()).collect();
        Self::new(wholes, &self.denominator * factor.denom())
    }

    pub fn times(&self, other: &Self) -> Self {
        let mut product = vec![BigInt::zero(); (self.wholes.len() + other.wholes.len()).saturating_sub(1)];
        for (at, own) in self.wholes.iter().enumerate() {
            for (power, whole) in other.wholes.iter().enumerate() {
                product[at + power] += own * whole;
            }
        }
        Self::new(product, &self.denominator * &other.denominator)
    }

    /// The value at a point.
    pub fn at(&self, point: &BigRational) -> BigRational {
        let scale = point.denom().pow(self.degree() as u32);
        BigRational::new(self.scaled_value(point.numer(), point.denom()), scale * &self.denominator)
    }

    /// The order of the value at a point and 0.
    pub fn sign_at(&self, point: &BigRational) -> Ordering {
        self.sign_at_quotient(point.numer(), point.denom())
    }

    /// The order of the value at a quotient and 0. The divisor is positive, and may have factors in common with the other
    /// number.
    pub fn sign_at_quotient(&self, numerator: &BigInt, denominator: &BigInt) -> Ordering {
        self.scaled_value(numerator, denominator).cmp(&BigInt::zero())
    }

    /// The value at a quotient, times the denominators: by Horner's rule.
    fn scaled_value(&self, numerator: &BigInt, denominator: &BigInt) -> BigInt {
        let (mut value, mut scale) = (BigInt::zero(), BigInt::one());
        for whole in self.wholes.iter().rev() {
            value = value * numerator + whole * &scale;
            scale *= denominator;
        }
        value
    }

    /// The slope.
    pub fn derivative(&self) -> Self {
        let slopes = self.wholes.iter().enumerate().skip(1).map(|(power, whole)| whole * power);
        Self::new(slopes.collect(), self.denominator.clone())
    }

    /// The quotient and the remainder of a division by another polynomial, which is not 0.
    pub fn divided(&self, divisor: &Self) -> (Self, Self) {
        let lead = divisor.wholes.last().cloned().unwrap_or_else(BigInt::one);
        // The dividend is multiplied by the divisor's first coefficient in each step, so that all numbers stay whole.
        let (mut rest, mut scale) = (self.wholes.clone(), BigInt::one());
        let mut quotient = vec![BigInt::zero(); (rest.len() + 1).saturating_sub(divisor.wholes.len())];
        while rest.len() >= divisor.wholes.len() {
            let shift = rest.len() - divisor.wholes.len();
            let factor = rest.pop().unwrap_or_default();
            rest.iter_mut().for_each(|whole| *whole *= &lead);
            quotient.iter_mut().for_each(|whole| *whole *= &lead);
            for (power, whole) in divisor.wholes[..divisor.degree()].iter().enumerate() {
                rest[shift + power] -= &factor * whole;
            }
            quotient[shift] = factor;
            scale *= &lead;
        }
        let sign = scale.signum();
        let of = |wholes: Vec<BigInt>| wholes.into_iter().map(|whole| whole * &sign).collect();
        let denominator = scale.abs() * &self.denominator;
        (
            Self::new(of(quotient), denominator.clone()).scaled(&divisor.denominator.clone().into()),
            Self::new(of(rest), denominator),
        )
    }

    /// The same polynomial up to a positive factor, with whole coefficients that are as small as possible.
    #[must_use]
    pub fn primitive(&self) -> Self {
        let factor = common_factor(&self.wholes, BigInt::zero());
        match self.is_zero() {
            true => self.clone(),
            false => Self { denominator: factor.clone(), ..self.clone() }.without(&factor),
        }
    }

    /// The greatest common divisor, up to a factor. Its first coefficient is positive.
    pub fn common_divisor(&self, other: &Self) -> Self {
        let (mut larger, mut smaller) = (self.primitive(), other.primitive());
        while !smaller.is_zero() {
            let (_, rest) = larger.divided(&smaller);
            (larger, smaller) = (smaller, rest.primitive());
        }
        if larger.wholes.last().is_some_and(Signed::is_negative) { larger.negated() } else { larger }
    }

    /// A polynomial that is zero at the same points, and at each of them only once.
    pub fn square_free(&self) -> Self {
        match self.degree() {
            0 => self.clone(),
            _ => self.divided(&self.common_divisor(&self.derivative())).0.primitive(),
        }
    }
}

/// The greatest common divisor of whole numbers and another number.
fn common_factor(wholes: &[BigInt], other: BigInt) -> BigInt {
    let mut factor = other;
    for whole in wholes {
        if factor.is_one() {
            break;
        }
        factor = factor.gcd(whole);
    }
    factor
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: (x - 1)²·(x + 2) = x³ - 3x + 2.
    #[test]
    fn factors_are_found_once() {
        let cubic = Polynomial::of(&[2, -3, 0, 1]);
        let factors = [Polynomial::of(&[-1, 1]), Polynomial::of(&[-1, 1]), Polynomial::of(&[2, 1])];
        assert_eq!(factors[0].times(&factors[1]).times(&factors[2]), cubic);
        assert_eq!(cubic.square_free(), factors[0].times(&factors[2]));
        assert_eq!(cubic.divided(&factors[2]), (factors[0].times(&factors[1]), Polynomial::of(&[])));
        assert_eq!(cubic.derivative(), Polynomial::of(&[-3, 0, 3]));
        assert_eq!(cubic.at(&BigRational::from(BigInt::from(3))), BigRational::from(BigInt::from(20)));
    }

    #[test]
    fn the_constant_zero_has_no_coefficients() {
        let difference = Polynomial::of(&[1, 2]).minus(&Polynomial::of(&[1, 2]));
        assert!(difference.is_zero() && difference.degree() == 0 && difference.square_free().is_zero());
        assert_eq!(Polynomial::of(&[4, 0]).degree(), 0);
    }
}
