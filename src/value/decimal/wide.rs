//! Computes with integers of 256 bits. They hold the full product of two decimals, or a scaled decimal, which shows
//! whether a result is exact.

use crate::value::Decimal;

/// Ten to the power of each index. The largest power that fits 128 bits is 10^38.
pub(crate) const POWERS_OF_TEN: [u128; 39] = {
    let mut powers = [1; 39];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

/// An unsigned 256-bit integer. The high half comes first, so that the derived order is numeric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wide {
    high: u128,
    low: u128,
}

impl Wide {
    /// Zero.
    pub(crate) const ZERO: Self = Self { high: 0, low: 0 };

    /// The mantissa of a decimal, without its sign.
    pub(crate) fn mantissa(decimal: Decimal) -> Self {
        decimal.mantissa().unsigned_abs().into()
    }

    /// The full product of two numbers.
    #[inline]
    pub(crate) fn product(lhs: u128, rhs: u128) -> Self {
        let (l1, l0) = (lhs >> 64, lhs & u128::from(u64::MAX));
        let (r1, r0) = (rhs >> 64, rhs & u128::from(u64::MAX));
        let (low, middle, high) = (l0 * r0, [l1 * r0, l0 * r1], l1 * r1);
        let (low, carry_0) = low.overflowing_add(middle[0] << 64);
        let (low, carry_1) = low.overflowing_add(middle[1] << 64);
        let high = high + (middle[0] >> 64) + (middle[1] >> 64) + u128::from(carry_0) + u128::from(carry_1);
        Self { high, low }
    }

    /// Computes `self * factor`. Returns None on overflow.
    pub(crate) fn checked_mul(self, factor: u128) -> Option<Self> {
        let low = Self::product(self.low, factor);
        let high = Self::product(self.high, factor);
        if high.high != 0 {
            return None;
        }
        Some(Self { high: low.high.checked_add(high.low)?, low: low.low })
    }

    /// Computes `self * 10^exponent`. Returns None on overflow.
    pub(crate) fn scaled_up(self, exponent: u32) -> Option<Self> {
        let largest = POWERS_OF_TEN.len() as u32 - 1;
        if exponent <= largest {
            return self.checked_mul(POWERS_OF_TEN[exponent as usize]);
        }
        self.checked_mul(POWERS_OF_TEN[largest as usize])?.scaled_up(exponent - largest)
    }

    /// Computes `self + other`. Returns None on overflow.
    pub(crate) fn checked_add(self, other: Self) -> Option<Self> {
        let (low, carry) = self.low.overflowing_add(other.low);
        Some(Self { high: self.high.checked_add(other.high)?.checked_add(carry.into())?, low })
    }

    /// Computes `self - other`; `other` must not be larger.
    pub(crate) fn minus(self, other: Self) -> Self {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        Self { high: self.high - other.high - u128::from(borrow), low }
    }

    /// Returns the integer square root and the remainder. The number must be below 2^192.
    pub(crate) fn square_root(self) -> (u128, Self) {
        let root = if self.high == 0 { self.low.isqrt() } else { self.long_root() };
        (root, self.minus(Self::product(root, root)))
    }

    /// Takes the root of the upper 128 bits and computes 32 more bits by a division. The algorithm is from Zimmermann,
    /// "Karatsuba Square Root" (1999).
    fn long_root(self) -> u128 {
        // Four times the number has twice the root, so an even shift to the top can be undone at the end.
        let shift = (self.high.leading_zeros() - 64) & !1;
        let normal = self.shifted_left(shift);
        let (upper, lower) = (normal.high << 64 | normal.low >> 64, normal.low & u128::from(u64::MAX));
        let root = upper.isqrt();
        let dividend = (upper - root * root) << 32 | lower >> 32;
        let digit = dividend / (2 * root);
        let rest = (dividend - digit * 2 * root) << 32 | lower & u128::from(u32::MAX);
        let root = (root << 32) + digit - u128::from(rest < digit * digit);
        root >> (shift / 2)
    }

    /// The upper 128 bits.
    #[inline]
    pub(crate) fn high(self) -> u128 {
        self.high
    }

    /// The lower 128 bits.
    #[inline]
    pub(crate) fn low(self) -> u128 {
        self.low
    }

    /// Computes `self * 2^bits` for fewer than 128 bits. Bits beyond 256 are dropped.
    #[inline]
    pub(crate) fn shifted_left(self, bits: u32) -> Self {
        if bits == 0 {
            return self;
        }
        Self { high: (self.high << bits) | (self.low >> (128 - bits)), low: self.low << bits }
    }
}

impl From<u128> for Wide {
    fn from(low: u128) -> Self {
        Self { high: 0, low }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn products_carry() {
        let max = Wide::product(u128::MAX, u128::MAX);
        assert_eq!(max, Wide { high: u128::MAX - 1, low: 1 });
        assert_eq!(max.checked_mul(2), None);
        assert_eq!(Wide::from(1).scaled_up(40), Some(Wide::product(POWERS_OF_TEN[38], 100)));
        assert_eq!(Wide::from(1).scaled_up(78), None);
    }

    #[test]
    fn square_roots_are_right_at_the_limits() {
        let largest = (1_u128 << 96) - 1;
        for root in [1, 2, 1 << 63, (1 << 64) - 1, 1 << 64, (1 << 64) + 1, 1 << 95, largest - 1, largest] {
            let square = Wide::product(root, root);
            assert_eq!(square.square_root(), (root, Wide::ZERO));
            assert_eq!(square.minus(1.into()).square_root(), (root - 1, Wide::from(2 * (root - 1))));
        }
        let most = Wide { high: u64::MAX.into(), low: u128::MAX };
        assert_eq!(most.square_root(), (largest, Wide::from(2 * largest)));
        assert_eq!(Wide::ZERO.square_root(), (0, Wide::ZERO));
    }

    proptest! {
        #[test]
        fn the_square_of_the_root_plus_the_remainder_is_the_number(high: u64, bits in 0_u32..64, low: u128) {
            let number = Wide { high: u128::from(high >> bits), low };
            let (root, rest) = number.square_root();
            prop_assert_eq!(Wide::product(root, root).checked_add(rest), Some(number));
            prop_assert!(rest <= Wide::from(root).checked_add(root.into()).expect("two roots fit"));
        }
    }
}
