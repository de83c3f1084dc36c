//! Turns values into literals of the language.
//!
//! What is in a value is never read as a formula: a text keeps its quotes, since those inside it are escaped, and other
//! values have no letter that could end them.

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
