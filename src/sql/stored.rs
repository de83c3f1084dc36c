//! The types of columns in a warehouse.

use std::fmt;
use std::str::FromStr;

use crate::data::ColumnType;

/// The type of a column in a warehouse, as far as it decides what can be pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoredType {
    /// Integers of up to 64 bits.
    Integer,
    /// Decimals with a fixed number of digits.
    Decimal {
        /// The number of digits.
        precision: u32,
        /// How many of them are after the point.
        scale: u32,
    },
    /// Binary floating-point numbers.
    Float,
    /// Texts.
    Text,
    /// Days.
    Date,
    /// Moments.
    Timestamp,
    /// Truth values.
    Boolean,
}

/// The columns of a table, in order. The error of a column is the name of its type, if it is not one of [`StoredType`]:
/// formulas cannot use it.
pub type StoredColumns = Vec<(String, Result<StoredType, String>)>;

/// The most digits of a decimal in any warehouse.
pub(super) const MAX_PRECISION: u32 = 76;

impl StoredType {
    /// The type that a catalog spells like this: `numeric(12,2)`. A decimal without a number of digits can have any. None
    /// for other types.
    #[cfg_attr(not(feature = "adbc"), allow(dead_code))]
    pub(super) fn spelled(text: &str) -> Option<Self> {
        match text {
            "numeric" => Some(Self::Decimal { precision: MAX_PRECISION, scale: 0 }),
            _ => text.parse().ok(),
        }
    }

    /// What is assumed about a declared column as long as nobody has asked the warehouse.
    pub fn assumed(ty: ColumnType) -> Self {
        match ty {
            ColumnType::Number => Self::Decimal { precision: 18, scale: 4 },
            ColumnType::Date => Self::Date,
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Text | ColumnType::Unknown | ColumnType::Period(_) => Self::Text,
        }
    }

    /// The type of the values here.
    pub fn column_type(self) -> ColumnType {
        match self {
            Self::Integer | Self::Decimal { .. } | Self::Float => ColumnType::Number,
            Self::Text => ColumnType::Text,
            Self::Date | Self::Timestamp => ColumnType::Date,
            Self::Boolean => ColumnType::Boolean,
        }
    }
}

impl fmt::Display for StoredType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer => f.write_str("integer"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Float => f.write_str("float"),
            Self::Text => f.write_str("text"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Boolean => f.write_str("boolean"),
        }
    }
}

impl FromStr for StoredType {
    type Err = String;

    /// Reads a type as SQL writes it, such as `decimal(12,2)`, `bigint` or `varchar(20)`.
    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_lowercase();
        let (word, digits) = match lower.split_once('(') {
            Some((word, rest)) => (word.trim(), Some(rest.strip_suffix(')').ok_or("the parenthesis is never closed")?)),
            None => (&*lower, None),
        };
        Ok(match word {
            "decimal" | "numeric" | "number" => return decimal(digits),
            "integer" | "int" | "bigint" | "smallint" | "tinyint" | "int64" => Self::Integer,
            "float" | "double" | "real" | "float64" | "double precision" => Self::Float,
            "text" | "string" | "varchar" | "char" | "character" | "character varying" => Self::Text,
            "date" => Self::Date,
            "timestamp" | "timestamptz" | "datetime" | "timestamp with time zone" | "timestamp without time zone" => {
                Self::Timestamp
            }
            "boolean" | "bool" => Self::Boolean,
            _ => {
                return Err(format!(
                    "unknown type `{}`: write one of integer, decimal(12,2), float, text, date, timestamp, boolean",
                    text.trim()
                ));
            }
        })
    }
}

fn decimal(digits: Option<&str>) -> Result<StoredType, String> {
    let expected = || "write the digits of the decimals, such as decimal(12,2)".to_owned();
    let mut numbers = digits.ok_or_else(expected)?.split(',').map(|digits| digits.trim().parse::<u32>());
    let precision = numbers.next().and_then(Result::ok).ok_or_else(expected)?;
    let scale = numbers.next().unwrap_or(Ok(0)).map_err(|_| expected())?;
    if numbers.next().is_some() || precision == 0 || precision > MAX_PRECISION || scale > precision {
        return Err(format!("{}: 1 to {MAX_PRECISION} digits, of which at most all are after the point", expected()));
    }
    Ok(StoredType::Decimal { precision, scale })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_sql_writes_them() {
        for (text, shown) in [
            ("DECIMAL(12, 2)", "decimal(12,2)"),
            ("number(38)", "decimal(38,0)"),
            ("BIGINT", "integer"),
            ("double precision", "float"),
            ("varchar(20)", "text"),
            ("timestamptz", "timestamp"),
            (" bool ", "boolean"),
        ] {
            assert_eq!(text.parse::<StoredType>().map(|ty| ty.to_string()), Ok(shown.to_owned()), "{text}");
        }
        for text in
            ["", "money", "decimal", "decimal(x)", "decimal(2,3)", "decimal(77,0)", "decimal(1,1,1)", "decimal(3"]
        {
            assert!(text.parse::<StoredType>().is_err(), "{text}");
        }
    }
}
