//! Replaces `$1`, `$2`, … in conditions by values.

use crate::library::literal;
use crate::value::Value;

/// Returns a condition with its values in place of `$1`, `$2`, …
///
/// # Errors
/// Returns the number of values that the condition expects if it differs from the number given.
pub(crate) fn with_values(condition: &str, values: &[Value]) -> Result<String, usize> {
    let (mut text, mut rest, mut asked) = (String::new(), condition, 0);
    while let Some(at) = outside_quotes(rest, '$') {
        let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let end = at + 1 + digits;
        let number: usize = rest[at + 1..end].parse().unwrap_or_default();
        text.push_str(&rest[..at]);
        match number.checked_sub(1).and_then(|at| values.get(at)) {
            Some(value) => text.push_str(&literal(value)),
            None => text.push_str(&rest[at..end]),
        }
        asked = asked.max(number);
        rest = &rest[end..];
    }
    text.push_str(rest);
    if asked == values.len() { Ok(text) } else { Err(asked) }
}

/// The first position of a character outside quotes and backticks.
fn outside_quotes(text: &str, searched: char) -> Option<usize> {
    let (mut open, mut escaped) = (None, false);
    text.char_indices().find_map(|(at, letter)| {
        match open {
            Some(_) if escaped => escaped = false,
            Some('"') if letter == '\\' => escaped = true,
            Some(quote) if letter == quote => open = None,
            Some(_) => {}
            None if letter == searched => return Some(at),
            None if letter == '"' || letter == '`' => open = Some(letter),
            None => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::FileId;
    use crate::syntax::ast::{BinaryOp, ExprKind};
    use crate::syntax::parse_expression;

    proptest! {
        #[test]
        fn a_text_stays_a_text_whatever_it_contains(value in r#"[ -~é\n$"\\`]{0,20}"#) {
            let text = with_values("country = $1", &[value.as_str().into()]).expect("the condition expects one value");
            let expr = parse_expression(FileId(0), &text).expect("it is a condition");
            let ExprKind::Binary { op: BinaryOp::Equal, rhs, .. } = &*expr.kind else { panic!("{text}") };
            prop_assert_eq!(&*rhs.kind, &ExprKind::Text(value.as_str().into()));
        }
    }

    #[test]
    fn values_are_replaced_outside_quotes_only() {
        let values = [Value::from("x$2"), Value::from(-3)];
        let text = with_values(r#"a = $1 and b = "$1 \" $2" and `$1` > $2"#, &values);
        assert_eq!(text.as_deref(), Ok(r#"a = "x$2" and b = "$1 \" $2" and `$1` > (-3)"#));
        assert_eq!(with_values("a = $3", &values), Err(3));
        assert_eq!(with_values("a = $1", &values), Err(1));
    }
}
