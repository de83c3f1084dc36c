//! Values and what can be done with them: exact decimals, undefined with its cause, units. No spans here.

mod date;
pub(crate) mod digits;
pub mod ops;
mod undefined;
pub mod unit;
mod vector;
pub(crate) mod wide;

use std::sync::Arc;

use serde::Serialize;

pub use date::Date;
pub use rust_decimal::Decimal;
pub use undefined::Cause;
pub use vector::{Dictionary, Values, Vector};

/// A defined value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Value {
    /// A number.
    Number(Number),
    /// A text, in NFC.
    Text(Arc<str>),
    /// A truth value.
    Boolean(bool),
    /// A day, or a moment of a day.
    Date(Date),
}

/// A decimal of at most 28 significant digits that knows whether any step on its way rounded.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Number {
    /// The decimal.
    pub decimal: Decimal,
    /// Whether it is exactly what the formula means.
    pub exact: bool,
}

/// A value, or why there is none.
pub type Cell = Result<Value, Cause>;

impl Number {
    /// An exact number.
    pub fn exact(decimal: Decimal) -> Self {
        Self { decimal, exact: true }
    }
}

/// `mantissa / 10^scale` in digits, without trailing zeros: `12.5` for 1250 and 2.
pub(crate) fn spelled(mantissa: i128, mut scale: u32) -> String {
    let mut digits = mantissa.unsigned_abs();
    while scale > 0 && digits & 1 == 0 && digits.is_multiple_of(10) {
        (digits, scale) = (digits / 10, scale - 1);
    }
    let (sign, width) = (if mantissa < 0 { "-" } else { "" }, scale as usize + 1);
    let mut text = match u64::try_from(digits) {
        Ok(digits) => format!("{sign}{digits:0width$}"),
        Err(_) => format!("{sign}{digits:0width$}"),
    };
    if scale > 0 {
        text.insert(text.len() - scale as usize, '.');
    }
    text
}

/// Numbers are equal when their decimals are: how they came about does not matter, nor do trailing zeros.
impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.decimal == other.decimal
    }
}

impl Eq for Number {}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.decimal.hash(state);
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.decimal.cmp(&other.decimal)
    }
}

impl From<Decimal> for Value {
    fn from(decimal: Decimal) -> Self {
        Self::Number(Number::exact(decimal))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_spelled_without_trailing_zeros() {
        let cases =
            [(1250, 2, "12.5"), (0, 5, "0"), (-7, 3, "-0.007"), (10, 0, "10"), (-1200, 1, "-120"), (5, 1, "0.5")];
        for (mantissa, scale, expected) in cases {
            assert_eq!(spelled(mantissa, scale), expected);
        }
    }

    proptest! {
        #[test]
        fn decimals_are_spelled_as_by_their_library(mantissa in -(1i128 << 96) + 1..1 << 96, zeros in 0u32..20, scale in 0u32..=28) {
            let mantissa = mantissa / 10i128.pow(zeros) * 10i128.pow(zeros);
            let decimal = Decimal::from_i128_with_scale(mantissa, scale);
            prop_assert_eq!(spelled(mantissa, scale), decimal.normalize().to_string());
        }
    }
}
