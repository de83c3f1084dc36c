//! A broken item with the token at which it breaks, and what is around that.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};
use crate::syntax::grammar::Rule;
use crate::syntax::scan::{Kind, Token};

/// Messages quote at most this many characters of what was found.
const MAX_QUOTED: usize = 40;

/// A broken item and the token at which it breaks.
pub(super) struct Scene<'a> {
    /// What the text was read as.
    pub root: Rule,
    /// The file.
    pub id: FileId,
    /// The item's text.
    pub text: &'a str,
    /// Where the item begins in its file.
    pub base: usize,
    /// Its tokens without comments.
    pub tokens: Vec<Token>,
    /// Which token breaks it; their number where its end does.
    pub at: usize,
    /// What the grammar tried there.
    pub expected: &'a [Rule],
}

impl Scene<'_> {
    /// The token at this distance from the offending one; a negative distance counts backwards.
    pub fn token(&self, offset: isize) -> Option<Token> {
        self.tokens.get(self.at.checked_add_signed(offset)?).copied()
    }

    /// Whether it is an item, not an expression alone.
    pub fn is_item(&self) -> bool {
        self.root == Rule::entry
    }

    /// How that token is written; empty where there is none.
    pub fn word(&self, offset: isize) -> &str {
        self.token(offset).map_or("", |token| token.of(self.text))
    }

    /// What that token is.
    pub fn kind(&self, offset: isize) -> Option<Kind> {
        self.token(offset).map(|token| token.kind)
    }

    /// Whether nothing stands between that token and the next one.
    pub fn glued(&self, offset: isize) -> bool {
        matches!((self.token(offset), self.token(offset + 1)), (Some(one), Some(two)) if one.end == two.start)
    }

    /// Whether that token and the next one stand on one line.
    pub fn same_line(&self, offset: isize) -> bool {
        match (self.token(offset), self.token(offset + 1)) {
            (Some(one), Some(two)) => !self.text[one.end..two.start].contains('\n'),
            _ => false,
        }
    }

    /// Where the item breaks: a token, or the end.
    pub fn place(&self) -> Span {
        self.token(0).map_or_else(|| self.end_place(), |token| self.span(token))
    }

    /// Where the item ends.
    pub fn end_place(&self) -> Span {
        let end = self.base + self.tokens.last().map_or(0, |last| last.end);
        Span::new(self.id, end, end)
    }

    /// Where a token stands in the file.
    pub fn span(&self, token: Token) -> Span {
        Span::new(self.id, self.base + token.start, self.base + token.end)
    }

    /// The brackets that are open at the offending token, outermost first.
    pub fn open(&self) -> Vec<Token> {
        let mut open = Vec::new();
        for token in &self.tokens[..self.at] {
            match token.kind {
                Kind::Open => open.push(*token),
                Kind::Close => drop(open.pop()),
                _ => {}
            }
        }
        open
    }

    /// How the innermost open bracket is written.
    pub fn inside(&self) -> &str {
        self.open().last().map_or("", |open| open.of(self.text))
    }

    /// The word that the innermost entry of a block, or the item, begins with.
    pub fn entry_word(&self) -> &str {
        let begins = |at: usize| match at.checked_sub(1).map(|before| self.tokens[before]) {
            None => true,
            Some(before) => before.of(self.text) == "{" || self.text[before.end..self.tokens[at].start].contains('\n'),
        };
        (0..self.at).rev().find(|&at| begins(at)).map_or("", |at| self.tokens[at].of(self.text))
    }

    /// An error at the offending token.
    pub fn error(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(Code::Syntax, message).at(self.place())
    }

    /// The offending token in backticks, or the end.
    pub fn found(&self) -> String {
        let Some(token) = self.token(0) else { return self.end().to_owned() };
        let written = token.of(self.text).lines().next().unwrap_or_default();
        match written.char_indices().nth(MAX_QUOTED) {
            Some((at, _)) => format!("`{}…`", &written[..at]),
            None => format!("`{written}`"),
        }
    }

    /// What the item is called at its end.
    pub fn end(&self) -> &'static str {
        match self.tokens.first().map(|first| first.of(self.text)) {
            _ if !self.is_item() => "the end of the formula",
            Some("test") => "the end of the test",
            Some("dataset") => "the end of the dataset",
            Some("calendar" | "currency" | "unit") => "the end of the item",
            _ => "the end of the definition",
        }
    }
}
