//! Whole numbers of any length. Short ones, which nearly all are, need no allocation.

use std::borrow::Cow;
use std::cmp::Ordering;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive};

/// A whole number of any length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Int {
    /// A number that fits into 128 bits.
    Short(i128),
    /// Any other number.
    Long(BigInt),
}

impl Int {
    pub const ZERO: Self = Self::Short(0);
    pub const ONE: Self = Self::Short(1);

    pub fn plus(&self, other: &Self) -> Self {
        self.combined(other, i128::checked_add, |one, other| one + other)
    }

    pub fn minus(&self, other: &Self) -> Self {
        self.combined(other, i128::checked_sub, |one, other| one - other)
    }

    pub fn times(&self, other: &Self) -> Self {
        self.combined(other, i128::checked_mul, |one, other| one * other)
    }

    fn combined(
        &self,
        other: &Self,
        short: impl Fn(i128, i128) -> Option<i128>,
        long: impl Fn(&BigInt, &BigInt) -> BigInt,
    ) -> Self {
        if let (Self::Short(one), Self::Short(other)) = (self, other)
            && let Some(result) = short(*one, *other)
        {
            return Self::Short(result);
        }
        long(&self.long(), &other.long()).into()
    }

    /// The quotient, rounded down, and the remainder. The divisor is positive.
    pub fn divided(&self, divisor: &Self) -> (Self, Self) {
        if let (Self::Short(own), Self::Short(divisor)) = (self, divisor) {
            return (own.div_euclid(*divisor).into(), own.rem_euclid(*divisor).into());
        }
        let (quotient, rest) = self.long().div_mod_floor(&divisor.long());
        (quotient.into(), rest.into())
    }

    /// The quotient of a number that the divisor, which is not 0, divides without a remainder.
    pub fn exactly(&self, divisor: &Self) -> Self {
        match divisor.is_negative() {
            true => self.negated().divided(&divisor.negated()).0,
            false => self.divided(divisor).0,
        }
    }

    /// The quotient if there is no remainder. Both numbers are positive.
    pub fn multiple_of(&self, divisor: &Self) -> Option<Self> {
        if self.bits() < divisor.bits() {
            return None;
        }
        let (quotient, rest) = self.divided(divisor);
        rest.is_zero().then_some(quotient)
    }

    #[must_use]
    pub fn negated(&self) -> Self {
        Self::ZERO.minus(self)
    }

    /// The number without its sign.
    #[must_use]
    pub fn size(&self) -> Self {
        if self.is_negative() { self.negated() } else { self.clone() }
    }

    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    pub fn is_negative(&self) -> bool {
        match self {
            Self::Short(number) => *number < 0,
            Self::Long(number) => number.is_negative(),
        }
    }

    /// The number of binary digits.
    pub fn bits(&self) -> u64 {
        match self {
            Self::Short(number) => u64::from(i128::BITS - number.unsigned_abs().leading_zeros()),
            Self::Long(number) => number.bits(),
        }
    }

    /// The largest number that divides both.
    pub fn common_divisor(&self, other: &Self) -> Self {
        self.long().gcd(&other.long()).into()
    }

    /// 10 to the power of a number.
    pub fn power_of_ten(exponent: u32) -> Self {
        10_i128.checked_pow(exponent).map_or_else(|| BigInt::from(10).pow(exponent).into(), Self::Short)
    }

    /// The number if it is short.
    pub fn short(&self) -> Option<i128> {
        match self {
            Self::Short(number) => Some(*number),
            Self::Long(_) => None,
        }
    }

    /// The number in its long form.
    pub fn long(&self) -> Cow<'_, BigInt> {
        match self {
            Self::Short(number) => Cow::Owned((*number).into()),
            Self::Long(number) => Cow::Borrowed(number),
        }
    }
}

impl From<i128> for Int {
    fn from(number: i128) -> Self {
        Self::Short(number)
    }
}

impl From<i64> for Int {
    fn from(number: i64) -> Self {
        Self::Short(number.into())
    }
}

impl From<i32> for Int {
    fn from(number: i32) -> Self {
        Self::Short(number.into())
    }
}

impl From<BigInt> for Int {
    fn from(number: BigInt) -> Self {
        number.to_i128().map_or(Self::Long(number), Self::Short)
    }
}

impl PartialOrd for Int {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Int {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Short(one), Self::Short(other)) => one.cmp(other),
            (one, other) => one.long().cmp(&other.long()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers of all lengths, around the ends of 128 bits in particular.
    fn number() -> impl Strategy<Value = BigInt> {
        let power = prop_oneof![Just(0_u32), Just(1), Just(63), Just(64), Just(126), Just(127), Just(128), Just(300)];
        (power, -2..=2_i64, any::<bool>()).prop_map(|(power, more, is_negative)| {
            let number = BigInt::from(2).pow(power) + more;
            if is_negative { -number } else { number }
        })
    }

    proptest! {
        #[test]
        fn numbers_of_any_length_are_computed_with(one in number(), other in number()) {
            let (a, b) = (Int::from(one.clone()), Int::from(other.clone()));
            prop_assert_eq!(a.plus(&b), Int::from(&one + &other));
            prop_assert_eq!(a.minus(&b), Int::from(&one - &other));
            prop_assert_eq!(a.times(&b), Int::from(&one * &other));
            prop_assert_eq!(a.cmp(&b), one.cmp(&other));
            prop_assert_eq!(a.negated(), Int::from(-&one));
            prop_assert_eq!(a.size(), Int::from(one.abs()));
            prop_assert_eq!((a.bits(), a.is_negative()), (one.bits(), one.is_negative()));
            prop_assert_eq!(a.common_divisor(&b), Int::from(one.gcd(&other)));
            if other.is_positive() {
                let (quotient, rest) = one.div_mod_floor(&other);
                prop_assert_eq!(a.divided(&b), (quotient.into(), rest.into()));
                let product = a.size().plus(&Int::ONE).times(&b);
                prop_assert_eq!(product.multiple_of(&b), Some(a.size().plus(&Int::ONE)));
                prop_assert_eq!(product.plus(&Int::ONE).multiple_of(&b).is_some(), b == Int::ONE);
            }
            if !b.is_zero() {
                prop_assert_eq!(a.times(&b).exactly(&b), a);
            }
        }
    }

    /// Each number has one form, so that equal numbers are equal.
    #[test]
    fn a_number_is_long_only_if_it_does_not_fit() {
        let end = Int::from(i128::MAX);
        let long = end.plus(&Int::ONE);
        assert!(long.short().is_none());
        assert_eq!(long.minus(&Int::ONE), end);
        assert_eq!(Int::power_of_ten(38).short(), Some(10_i128.pow(38)));
        assert_eq!(Int::power_of_ten(40), Int::from(BigInt::from(10).pow(40)));
    }
}
