//! Turns any text, valid or not, into tokens, which are used to split items, check limits, and find comments.
//!
//! The scanner agrees with the grammar on whitespace, comments, texts and words. It never fails: unknown characters are
//! tokens too.

use pest::unicode::{XID_CONTINUE, XID_START};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name, keyword or reserved word.
    Word,
    /// A name between backticks.
    Quoted,
    /// `1_000.50`
    Number,
    /// `"…"`
    Text,
    /// `"""…"""`
    Table,
    /// `( [ {`
    Open,
    /// `) ] }`
    Close,
    /// Operators and punctuation, including those of other languages.
    Symbol,
    /// A text between curly, angle or single quotes.
    ForeignText,
    /// A text, table or backtick name that is never closed.
    Unclosed,
    /// `# …`
    Comment,
    /// Any other character.
    Other,
}

/// A range of a text with its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// The kind.
    pub kind: TokenKind,
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Token {
    /// The token as written in `text`.
    pub fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }
}

/// An iterator over the tokens of a text, including comments.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// The tokens of a text, without comments.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token> + Clone + '_ {
    Scanner::new(text).filter(|token| token.kind != TokenKind::Comment)
}

/// Returns true for whitespace within a line.
pub(super) fn is_inline_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\u{a0}' | '\u{202f}' | '\u{feff}')
}

/// Returns true if a word may begin with this character.
pub(super) fn is_start(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_' || (!letter.is_ascii() && XID_START(letter))
}

/// Returns true if a word may contain this character after its first.
pub(super) fn is_continue(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || (!letter.is_ascii() && XID_CONTINUE(letter))
}

/// Symbols of more than one character, longer ones first.
const SYMBOLS: [&str; 17] =
    ["===", "!==", "==", "!=", "<>", "<=", ">=", "=>", "=<", ":=", "&&", "||", "??", "..", "**", "/*", "->"];

impl<'a> Scanner<'a> {
    /// Scans a text from its start.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn kind_and_length(&self) -> Option<(TokenKind, usize)> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        Some(match first {
            '0'..='9' => (TokenKind::Number, number_length(rest)),
            '"' => quoted_length(rest),
            '`' => backtick_length(rest),
            '#' => (TokenKind::Comment, line_length(rest)),
            '(' | '[' | '{' => (TokenKind::Open, 1),
            ')' | ']' | '}' => (TokenKind::Close, 1),
            '\'' | '“' | '”' | '„' | '‘' | '’' | '«' => foreign_length(rest, first),
            _ if is_start(first) => (TokenKind::Word, word_length(rest)),
            _ => symbol(rest, first),
        })
    }
}

impl Clone for Scanner<'_> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = self.rest();
        self.at += rest.find(|letter| !is_inline_space(letter) && letter != '\n').unwrap_or(rest.len());
        let (kind, length) = self.kind_and_length()?;
        let start = self.at;
        self.at += length;
        Some(Token { kind, start, end: self.at })
    }
}

fn line_length(rest: &str) -> usize {
    memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len())
}

fn word_length(rest: &str) -> usize {
    rest.find(|letter| !is_continue(letter)).unwrap_or(rest.len())
}

/// The length of a number as in the grammar's `number`: digits with single underscores between them, then an optional
/// fraction without underscores. A trailing point belongs to the number.
pub(super) fn number_length(rest: &str) -> usize {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let behind = |mark: char, text: &str| text.strip_prefix(mark).map_or(0, digits);
    let mut length = digits(rest);
    loop {
        match behind('_', &rest[length..]) {
            0 => break,
            more => length += 1 + more,
        }
    }
    let mut after = rest[length..].chars();
    match (behind('.', &rest[length..]), after.next()) {
        (0, Some('.')) if !after.next().is_some_and(|next| is_continue(next) || matches!(next, '.' | '`')) => {
            length + 1
        }
        (0, _) => length,
        (fraction, _) => length + 1 + fraction,
    }
}

/// The kind and length of a text or table.
fn quoted_length(rest: &str) -> (TokenKind, usize) {
    if let Some(table) = rest.strip_prefix("\"\"\"") {
        return match memchr::memmem::find(table.as_bytes(), b"\"\"\"") {
            Some(length) => (TokenKind::Table, length + 6),
            None => (TokenKind::Unclosed, rest.len()),
        };
    }
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return (TokenKind::Unclosed, at),
            b'"' if !escaped => return (TokenKind::Text, at + 1),
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    (TokenKind::Unclosed, rest.len())
}

fn backtick_length(rest: &str) -> (TokenKind, usize) {
    let line = &rest[..line_length(rest)];
    match line[1..].find('`') {
        Some(length) => (TokenKind::Quoted, length + 2),
        None => (TokenKind::Unclosed, line.len()),
    }
}

/// Extends to the closing quote on the same line, or covers the opening quote alone.
fn foreign_length(rest: &str, open: char) -> (TokenKind, usize) {
    let closers: &[char] = match open {
        '\'' | '‘' | '’' => &['\'', '’'],
        '«' => &['»'],
        _ => &['”', '“', '"'],
    };
    let line = &rest[..line_length(rest)];
    let inner = &line[open.len_utf8()..];
    match inner.find(closers) {
        Some(at) => {
            let close = inner[at..].chars().next().map_or(0, char::len_utf8);
            (TokenKind::ForeignText, open.len_utf8() + at + close)
        }
        None => (TokenKind::Other, open.len_utf8()),
    }
}

fn symbol(rest: &str, first: char) -> (TokenKind, usize) {
    if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        return (TokenKind::Symbol, symbol.len());
    }
    let known =
        matches!(first, '+' | '-' | '*' | '/' | '^' | '=' | '<' | '>' | ',' | '.' | ':' | '%' | ';' | '!' | '€');
    (if known { TokenKind::Symbol } else { TokenKind::Other }, first.len_utf8())
}
