//! Turns text from outside into text that does not steer a terminal.

use std::borrow::Cow;

/// The text with its control characters as their pictures (`␛`); line ends and tabs stay.
///
/// ```
/// assert_eq!(yardstick::diagnostic::printable("red: \u{1b}[31m"), "red: ␛[31m");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return text.into();
    }
    text.chars().map(|c| if steers(c) { picture(c) } else { c }).collect::<String>().into()
}

fn steers(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

fn picture(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '␡',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_control_characters_change() {
        assert_eq!(printable("a\u{7f}\u{9b}\r"), "a␡\u{fffd}␍");
        assert!(matches!(printable("coût\t1\u{202f}234 €\n"), Cow::Borrowed(_)));
    }
}
