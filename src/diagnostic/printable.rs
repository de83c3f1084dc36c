//! Replaces characters in untrusted text that would control a terminal.

use std::borrow::Cow;

/// Replaces control characters with their pictures (`␛`), and bidirectional marks with `�`. Line ends and tabs are
/// kept.
///
/// ```
/// assert_eq!(yardstick::internal::diagnostic::printable("red: \u{1b}[31m"), "red: ␛[31m");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    replaced(text, |c| steers(c) && !matches!(c, '\n' | '\t'))
}

/// Same as [`printable`], but also replaces line ends and tabs. For names, titles and cells, which must stay on one
/// line.
///
/// ```
/// assert_eq!(yardstick::internal::diagnostic::printable_line("a\nb"), "a␊b");
/// ```
pub fn printable_line(text: &str) -> Cow<'_, str> {
    replaced(text, steers)
}

fn replaced(text: &str, is_unwanted: fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(is_unwanted) {
        return text.into();
    }
    text.chars().map(|c| if is_unwanted(c) { picture(c) } else { c }).collect::<String>().into()
}

/// Returns true for control characters (C0, DEL, C1), line and paragraph separators, and bidirectional marks.
pub(super) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The replacement is a single character, so that carets below a text still point at the same places.
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
    fn replaces_only_control_characters() {
        assert_eq!(printable("a\u{7f}\u{9b}\r"), "a␡\u{fffd}␍");
        assert!(matches!(printable("coût\t1\u{202f}234 €\n"), Cow::Borrowed(_)));
        assert_eq!(printable_line("a\tb\n"), "a␉b␊");
    }

    #[test]
    fn replaces_bidirectional_marks() {
        let embeddings = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
        for mark in embeddings.chain(['\u{200e}', '\u{200f}', '\u{61c}']) {
            assert_eq!(printable(&format!("a{mark}b")), "a\u{fffd}b", "{mark:?}");
        }
    }
}
