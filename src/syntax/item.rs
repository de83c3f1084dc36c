//! Splits a file into the texts of its items, line by line, before parsing.
//!
//! An item ends before each line that begins at the margin of the file and looks like the head of another item, even
//! inside an open bracket, so that a broken item does not hide the items after it. Inside triple quotes, only lines that
//! are unlikely in a table count as heads.

use std::ops::Range;

use crate::diagnostic::nearest;

use super::scan::{Scanner, Token, TokenKind, is_continue, is_inline_space, tokens};

/// The words that begin an item.
pub(super) const ITEM_WORDS: [&str; 11] =
    ["input", "param", "let", "fn", "dataset", "test", "scenario", "report", "calendar", "currency", "unit"];

/// The words that begin an item with a title.
const TITLED: [&str; 3] = ["test", "scenario", "report"];

/// The words that are never names.
pub(super) const RESERVED: [&str; 11] =
    ["if", "then", "else", "and", "or", "not", "in", "between", "true", "false", "undefined"];

/// The words that may begin a line inside an item and may be followed by a name.
const INNER_WORDS: [&str; 32] = [
    "if",
    "then",
    "else",
    "and",
    "or",
    "not",
    "in",
    "between",
    "where",
    "by",
    "gives",
    "label",
    "about",
    "source",
    "owner",
    "better",
    "kind",
    "perspective",
    "stage",
    "state",
    "tags",
    "target",
    "good",
    "watch",
    "bad",
    "range",
    "format",
    "given",
    "expect",
    "example",
    "time",
    "lookup",
];

/// The ranges of the items, without leading whitespace. Text before the first head belongs to the first item.
pub(super) fn cut(text: &str) -> Vec<Range<usize>> {
    let Some(first) = tokens(text).next() else { return vec![] };
    let mut starts = vec![first.start];
    let mut table = false;
    let margin = indentation(text, first.start);
    for line in lines(text, first.start) {
        let head = starts_item(&text[line.clone()], margin, table);
        if head && line.start > first.start {
            starts.push(line.start + leading_spaces(&text[line.clone()]));
            table = false;
        }
        table = inside_table(&text[line], table);
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(&start, end)| start..end).collect()
}

/// The lines from the one that contains `from`.
fn lines(text: &str, from: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = text[..from].rfind('\n').map_or(0, |at| at + 1);
    std::iter::from_fn(move || {
        (start < text.len()).then(|| {
            let end = memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |length| start + length);
            let line = start..end;
            start = end + 1;
            line
        })
    })
}

/// The width of the whitespace before `at` on its line.
fn indentation(text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
    at - line
}

fn leading_spaces(line: &str) -> usize {
    line.find(|letter| !is_inline_space(letter)).unwrap_or(line.len())
}

/// Returns true if the next line begins inside triple quotes.
fn inside_table(line: &str, mut table: bool) -> bool {
    let mut rest = line;
    while let Some(at) = memchr::memmem::find(rest.as_bytes(), b"\"\"\"") {
        if table {
            table = false;
            rest = &rest[at + 3..];
            continue;
        }
        match Scanner::new(rest).find(|token| rest[token.start..token.end].starts_with("\"\"\"")) {
            Some(open) => rest = &rest[open.start + 3..],
            None => return false,
        }
        table = true;
    }
    table
}

fn starts_item(line: &str, margin: usize, table: bool) -> bool {
    let indentation = leading_spaces(line);
    indentation <= margin && is_head(&line[indentation..], table)
}

/// Returns true if a line looks like the head of an item: `name =`, `name :`, an item keyword and a name, or a
/// misspelled form of these.
fn is_head(line: &str, table: bool) -> bool {
    let Some(first) = line.chars().next() else { return false };
    if !is_continue(first) && !matches!(first, '`' | '"') {
        return false;
    }
    let mut rest = tokens(line);
    let Some(first) = rest.next() else { return false };
    match first.kind {
        _ if table => is_head_in_table(line, first, rest),
        TokenKind::Word => is_word_head(line, first, rest),
        TokenKind::Quoted | TokenKind::Text => rest.next().is_some_and(|next| defines(line, next)),
        TokenKind::Number => {
            rest.next().is_some_and(|next| next.kind == TokenKind::Word && next.start == first.end)
                && rest.next().is_some_and(|next| defines(line, next))
        }
        _ => false,
    }
}

/// Returns true for `name =`, or an item keyword, a name and a symbol: lines of CSV text do not look like this.
fn is_head_in_table(line: &str, first: Token, mut rest: impl Iterator<Item = Token>) -> bool {
    let Some(next) = rest.next() else { return false };
    match next.kind {
        TokenKind::Symbol => matches!(next.of(line), "=" | "==" | ":="),
        TokenKind::Text => TITLED.contains(&first.of(line)),
        TokenKind::Word | TokenKind::Quoted => {
            ITEM_WORDS.contains(&first.of(line))
                && rest.next().is_some_and(|next| matches!(next.of(line), "=" | ":" | "(" | "{"))
        }
        _ => false,
    }
}

fn is_word_head(line: &str, first: Token, mut rest: impl Iterator<Item = Token> + Clone) -> bool {
    let word = first.of(line);
    let Some(next) = rest.next() else { return false };
    match next.kind {
        TokenKind::Symbol if defines(line, next) => true,
        TokenKind::Symbol => next.of(line) == "-" && is_hyphenated(line, first, next, rest),
        TokenKind::Open => match next.of(line) {
            "(" => !INNER_WORDS.contains(&word) && is_function_head(line, rest),
            "{" => means(word, "calendar"),
            _ => false,
        },
        TokenKind::Text => TITLED.iter().any(|item| means(word, item)),
        TokenKind::Word | TokenKind::Quoted => is_two_word_head(line, word, rest),
        _ => false,
    }
}

/// `input x`, `inputs x`, `metric x =`, `ad cost =`, `def f(x) =`
fn is_two_word_head(line: &str, word: &str, mut rest: impl Iterator<Item = Token>) -> bool {
    if ITEM_WORDS.contains(&word) {
        return true;
    }
    if INNER_WORDS.contains(&word) {
        return false;
    }
    if ITEM_WORDS.iter().any(|item| means(word, item)) {
        return true;
    }
    rest.next().is_some_and(|next| defines(line, next) || (next.of(line) == "(" && is_function_head(line, rest)))
}

/// `ad-cost =`, without spaces around the hyphen.
fn is_hyphenated(line: &str, first: Token, hyphen: Token, mut rest: impl Iterator<Item = Token>) -> bool {
    let glued = |next: &Token| next.kind == TokenKind::Word && next.start == hyphen.end && hyphen.start == first.end;
    rest.next().is_some_and(|next| glued(&next)) && rest.next().is_some_and(|next| defines(line, next))
}

/// After `(`: names and commas, `)` and `=`.
fn is_function_head(line: &str, mut rest: impl Iterator<Item = Token>) -> bool {
    let close =
        rest.find(|token| !(matches!(token.kind, TokenKind::Word | TokenKind::Quoted) || token.of(line) == ","));
    close.is_some_and(|token| token.of(line) == ")") && rest.next().is_some_and(|next| defines(line, next))
}

fn defines(line: &str, token: Token) -> bool {
    matches!(token.of(line), "=" | "==" | ":" | ":=")
}

/// Returns true if a word is an item keyword or a typo of it. Short words must match exactly, because they are close to
/// many others.
pub(super) fn means(word: &str, keyword: &str) -> bool {
    word == keyword || (word.len() > 3 && !INNER_WORDS.contains(&word) && !nearest(word, [keyword]).is_empty())
}
