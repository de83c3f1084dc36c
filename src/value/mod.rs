//! Defines values and their operations: exact decimals, undefined values with a cause, and units. Values have no spans.

pub mod calendar;
mod concat;
mod date;
pub(crate) mod decimal;
pub mod ops;
mod undefined;
pub mod unit;
mod vector;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

pub use date::{CALENDAR, Date};
pub(crate) use decimal::spelling::spelled;
pub use rust_decimal::Decimal;
pub use undefined::Cause;
pub use vector::{Dictionary, Values, Vector};

/// A defined value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Value {
    /// A number.
    Number(Number),
    /// A text in Unicode normalization form C (NFC).
    Text(Arc<str>),
    /// A truth value.
    Boolean(bool),
    /// A day, or a moment of a day.
    Date(Date),
}

/// Formats the value for machines. Decimals are exact without trailing zeros, texts are unchanged, dates are like
/// `2026-03-31`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.write_str(&spelled(number.decimal.mantissa(), number.decimal.scale())),
            Self::Text(text) => f.write_str(text),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Date(date) => write!(f, "{date}"),
        }
    }
}

/// A decimal of at most 28 significant digits that records whether any step of its computation rounded.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Number {
    /// The decimal.
    pub decimal: Decimal,
    /// True if no step rounded.
    pub exact: bool,
}

/// A value, or the cause if it is undefined.
pub type Cell = Result<Value, Cause>;

/// The number of a cell. None if it is undefined or another value.
#[cfg_attr(not(feature = "render"), allow(dead_code))]
pub(crate) fn decimal_of(cell: &Cell) -> Option<Decimal> {
    match cell {
        Ok(Value::Number(number)) => Some(number.decimal),
        _ => None,
    }
}

impl Number {
    /// An exact number.
    pub fn exact(decimal: Decimal) -> Self {
        Self { decimal, exact: true }
    }
}

/// Numbers are equal if their decimals are, regardless of exactness and trailing zeros.
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

macro_rules! whole_numbers {
    ($($integer:ty),*) => {
        $(impl From<$integer> for Value {
            fn from(number: $integer) -> Self {
                Decimal::from(number).into()
            }
        })*
    };
}

whole_numbers!(i32, i64, u32, u64, usize);

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

/// Converts the text to NFC, like all texts in data.
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.nfc().collect::<String>().into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<Decimal> for Value {
    fn from(decimal: Decimal) -> Self {
        Self::Number(Number::exact(decimal))
    }
}
