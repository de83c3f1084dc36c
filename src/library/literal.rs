//! Turns values into literals of the language.
//!
//! The content of a value is never interpreted as a formula: quotes inside a text are escaped, and other values have
//! no character that could end the literal.

use crate::syntax::string;
use crate::value::Value;

/// The literal of a value.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => string(text),
        Value::Number(number) if number.decimal.is_sign_negative() => format!("({value})"),
        other => other.to_string(),
    }
}
