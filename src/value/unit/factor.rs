//! Exact factors between units.

use crate::value::Decimal;

/// The largest mantissa of a decimal: 96 bits.
const MAX_DECIMAL: u128 = (1 << 96) - 1;

/// An exact conversion factor: multiply by the numerator, then divide by the denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Factor {
    // In lowest terms; both are nonzero and fit a decimal.
    numerator: u128,
    denominator: u128,
}

impl Factor {
    /// The factor 1, which converts nothing.
    pub const ONE: Factor = Factor { numerator: 1, denominator: 1 };

    /// The ratio of two nonzero lengths.
    pub(super) fn new(numerator: u128, denominator: u128) -> Self {
        let divisor = greatest_common_divisor(numerator, denominator);
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    /// Returns true if nothing needs to be converted.
    pub fn is_one(self) -> bool {
        self == Self::ONE
    }

    /// The number to multiply by.
    pub fn numerator(self) -> Decimal {
        decimal(self.numerator)
    }

    /// The number to divide by after the multiplication.
    pub fn denominator(self) -> Decimal {
        decimal(self.denominator)
    }

    /// The inverse conversion.
    pub fn inverse(self) -> Self {
        Self { numerator: self.denominator, denominator: self.numerator }
    }

    /// The product of two conversions. Returns None if the result does not fit a decimal.
    pub fn times(self, other: Factor) -> Option<Self> {
        // Cancelling crosswise first keeps the products small and in lowest terms.
        let (first, second) =
            (Self::new(self.numerator, other.denominator), Self::new(other.numerator, self.denominator));
        let fits = |product: &u128| *product <= MAX_DECIMAL;
        let numerator = first.numerator.checked_mul(second.numerator).filter(fits)?;
        let denominator = first.denominator.checked_mul(second.denominator).filter(fits)?;
        Some(Self { numerator, denominator })
    }

    /// The conversion to the power of a unit's exponent.
    pub(super) fn power(self, exponent: i8) -> Self {
        let base = if exponent < 0 { self.inverse() } else { self };
        let raise = |number: u128| number.pow(u32::from(exponent.unsigned_abs()));
        Self { numerator: raise(base.numerator), denominator: raise(base.denominator) }
    }
}

fn decimal(number: u128) -> Decimal {
    // The conversion is exact because a factor has at most 96 bits.
    Decimal::from_i128_with_scale(number as i128, 0)
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
