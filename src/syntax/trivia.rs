//! Finds the comments and blank lines of a text by position: the tree does not hold them, the formatter keeps them.

use std::ops::Range;

use super::scan::{Kind, Scanner};

/// Where the comments of a text stand, in order, without the blanks at their ends.
pub(super) fn comments(text: &str) -> Vec<Range<usize>> {
    Scanner::new(text)
        .filter(|token| token.kind == Kind::Comment)
        .map(|token| token.start..token.start + token.of(text).trim_end().len())
        .collect()
}

/// Whether an empty line stands before what begins at `at`.
pub(super) fn blank_line_before(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let gap = &before[before.trim_end().len()..];
    memchr::memchr_iter(b'\n', gap.as_bytes()).count() > 1
}
