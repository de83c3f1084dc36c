//! Polynomials with rational coefficients.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// A polynomial in one unknown: its coefficients from that of the constant on. The last one is not zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polynomial(Vec<BigRational>);

impl Polynomial {
    /// A constant.
    pub fn constant(value: BigRational) -> Self {
        Self(vec![value]).trimmed()
    }

    /// The unknown.
    pub fn unknown() -> Self {
        Self(vec![BigRational::zero(), BigRational::one()])
    }

    /// The polynomial with these coefficients, from that of the constant on.
    #[cfg(test)]
    pub fn of(coefficients: &[i64]) -> Self {
        Self(coefficients.iter().map(|&number| BigRational::from(BigInt::from(number))).collect()).trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.0.last().is_some_and(Zero::is_zero) {
            self.0.pop();
        }
        self
    }

    /// The coefficients, from that of the constant on.
    pub fn coefficients(&self) -> &[BigRational] {
        &self.0
    }

    /// True for the constant 0.
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The highest power of the unknown. A constant has none.
    pub fn degree(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// The coefficient of the highest power.
    pub fn leading(&self) -> BigRational {
        self.0.last().cloned().unwrap_or_else(BigRational::zero)
    }

    /// The length of the longest coefficient.
    pub fn bits(&self) -> u64 {
        self.0.iter().map(|it| it.numer().bits().max(it.denom().bits())).max().unwrap_or(0)
    }

    pub fn plus(&self, other: &Self) -> Self {
        let at = |all: &[BigRational], power: usize| all.get(power).cloned().unwrap_or_else(BigRational::zero);
        let powers = 0..self.0.len().max(other.0.len());
        Self(powers.map(|power| at(&self.0, power) + at(&other.0, power)).collect()).trimmed()
    }

    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.scaled(&-BigRational::one()))
    }

    /// The polynomial times a number.
    pub fn scaled(&self, factor: &BigRational) -> Self {
        Self(self.0.iter().map(|coefficient| coefficient * factor).collect()).trimmed()
    }

    pub fn times(&self, other: &Self) -> Self {
        let mut product = vec![BigRational::zero(); (self.0.len() + other.0.len()).saturating_sub(1)];
        for (at, own) in self.0.iter().enumerate() {
            for (power, coefficient) in other.0.iter().enumerate() {
                product[at + power] += own * coefficient;
            }
        }
        Self(product).trimmed()
    }

    /// The value at a point, by Horner's rule.
    pub fn at(&self, point: &BigRational) -> BigRational {
        self.0.iter().rev().fold(BigRational::zero(), |value, coefficient| value * point + coefficient)
    }

    /// The order of the value at a point and 0.
    pub fn sign_at(&self, point: &BigRational) -> Ordering {
        self.at(point).cmp(&BigRational::zero())
    }

    /// The slope.
    pub fn derivative(&self) -> Self {
        let slopes = self.0.iter().enumerate().skip(1);
        Self(slopes.map(|(power, coefficient)| coefficient * BigRational::from(BigInt::from(power))).collect())
    }

    /// The quotient and the remainder of a division by another polynomial, which is not 0.
    pub fn divided(&self, divisor: &Self) -> (Self, Self) {
        let (mut rest, lead) = (self.clone(), divisor.leading());
        let mut quotient = vec![BigRational::zero(); (self.0.len() + 1).saturating_sub(divisor.0.len())];
        while rest.0.len() >= divisor.0.len() {
            let shift = rest.0.len() - divisor.0.len();
            let factor = rest.leading() / &lead;
            for (power, coefficient) in divisor.0.iter().enumerate() {
                rest.0[shift + power] -= &factor * coefficient;
            }
            quotient[shift] = factor;
            rest = rest.trimmed();
        }
        (Self(quotient).trimmed(), rest)
    }

    /// The same polynomial up to a positive factor, with a leading coefficient of 1 or -1.
    pub fn normalized(&self) -> Self {
        match self.is_zero() {
            true => self.clone(),
            false => self.scaled(&self.leading().abs().recip()),
        }
    }

    /// The greatest common divisor, with a leading coefficient of 1.
    pub fn common_divisor(&self, other: &Self) -> Self {
        let (mut larger, mut smaller) = (self.normalized(), other.normalized());
        while !smaller.is_zero() {
            let (_, rest) = larger.divided(&smaller);
            (larger, smaller) = (smaller, rest.normalized());
        }
        let lead = larger.leading();
        if lead.is_zero() { larger } else { larger.scaled(&lead.recip()) }
    }

    /// A polynomial that is zero at the same points, and at each of them only once.
    pub fn square_free(&self) -> Self {
        match self.degree() {
            0 => self.clone(),
            _ => self.divided(&self.common_divisor(&self.derivative())).0.normalized(),
        }
    }
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
