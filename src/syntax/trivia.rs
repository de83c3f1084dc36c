//! Finds the comments and blank lines of a text, which the formatter keeps but the tree does not contain.

use std::ops::Range;

use super::scan::{Scanner, TokenKind};

/// The ranges of the comments of a text in order, without trailing whitespace.
pub(super) fn comments(text: &str) -> Vec<Range<usize>> {
    Scanner::new(text)
        .filter(|token| token.kind == TokenKind::Comment)
        .map(|token| token.start..token.start + token.of(text).trim_end().len())
        .collect()
}

/// Returns true if an empty line precedes the entry that begins at `at`.
pub(super) fn blank_line_before(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let gap = &before[before.trim_end().len()..];
    memchr::memchr_iter(b'\n', gap.as_bytes()).count() > 1
}
