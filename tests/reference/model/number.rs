//! Rational numbers that are rounded to the digits of the engine: at most 28 after the point, and a coefficient of at
//! most 79228162514264337593543950335.

use num_bigint::BigInt;
use num_rational::BigRational;

/// A number, and whether no step to it was rounded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    pub value: BigRational,
    pub exact: bool,
}

pub fn rational(digits: impl Into<BigInt>, scale: u32) -> BigRational {
    BigRational::new(digits.into(), ten(scale))
}

fn ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

pub fn number(value: i64) -> Number {
    Number { value: rational(value, 0), exact: true }
}

/// Rounds to an integer, half to even.
pub fn half_even(value: &BigRational) -> BigInt {
    let floor = value.floor().to_integer();
    let rest = value - BigRational::from(floor.clone());
    let half = rational(5, 1);
    let odd = &floor % BigInt::from(2) != BigInt::from(0);
    if rest > half || rest == half && odd { floor + 1 } else { floor }
}

/// Rounds to an integer, half away from zero.
pub fn half_away(value: &BigRational) -> BigInt {
    value.round().to_integer()
}

/// Rounds to a number of digits after the point, which may be negative.
pub fn at_digits(value: &BigRational, digits: i64, round: fn(&BigRational) -> BigInt) -> BigRational {
    let factor = BigRational::from(ten(digits.unsigned_abs() as u32));
    let factor = if digits < 0 { factor.recip() } else { factor };
    BigRational::from(round(&(value * &factor))) / factor
}

/// The nearest number that has room, or None if its integer part has too many digits.
pub fn fit(value: BigRational, exact: bool) -> Option<Number> {
    let max: BigInt = (BigInt::from(1) << 96_u32) - BigInt::from(1);
    (0..=28).rev().find_map(|scale| {
        let digits = half_even(&(&value * BigRational::from(ten(scale))));
        let fits = digits.magnitude() <= max.magnitude();
        fits.then(|| {
            let rounded = rational(digits, scale);
            Number { exact: exact && rounded == value, value: rounded }
        })
    })
}
