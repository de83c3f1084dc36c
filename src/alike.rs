//! Normalizes texts that look the same to equal texts, so that they do not form two groups.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Normalizes a text to NFC, replaces unusual spaces (no-break, thin) by plain ones, and removes invisible characters:
/// soft hyphens, zero-width spaces, word joiners and byte order marks.
pub(crate) fn alike(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let is_odd = |c: char| !c.is_ascii() && (is_invisible(c) || is_space(c));
    let shown = match text.contains(is_odd) {
        false => Cow::Borrowed(text),
        true => {
            let shown = text.chars().filter(|c| !is_invisible(*c));
            Cow::Owned(shown.map(|c| if is_space(c) { ' ' } else { c }).collect())
        }
    };
    if is_nfc_quick(shown.chars()) == IsNormalized::Yes { shown } else { Cow::Owned(shown.nfc().collect()) }
}

/// Removes whitespace and invisible characters from both ends of a text.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Normalizes the name of a column: trimmed and on one line. A line break inside is written `\n`.
pub(crate) fn name(text: &str) -> Cow<'_, str> {
    let name = alike(trimmed(text));
    match name.contains(['\n', '\r']) {
        false => name,
        true => Cow::Owned(name.replace("\r\n", "\n").replace(['\n', '\r'], "\\n")),
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Returns true for non-ASCII spaces of any width, but not for line breaks and tabs.
fn is_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_alike_become_equal() {
        for text in ["Saint\u{a0}Denis", "Saint\u{202f}Denis", "Sa\u{ad}int Denis", "\u{feff}Saint Denis\u{200b}"] {
            assert_eq!(alike(text), "Saint Denis", "{text:?}");
        }
        assert_eq!(alike("e\u{301}\u{ad}t\u{e9}"), "\u{e9}t\u{e9}");
        assert_eq!(alike("می\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(alike("a\tb\nc"), "a\tb\nc");
    }

    #[test]
    fn trims_both_ends_and_puts_names_on_one_line() {
        assert_eq!(trimmed("\u{200b} \u{a0}Paris\u{3000}\r\n\u{feff}"), "Paris");
        assert_eq!(trimmed("\u{a0}\u{200b}"), "");
        assert_eq!(name(" Net\r\nsales\u{a0}"), "Net\\nsales");
        assert_eq!(name("Net\u{a0}sales"), "Net sales");
    }
}
