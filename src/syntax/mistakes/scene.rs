//! Represents a broken item, the token at which it breaks, and the tokens around it.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};
use crate::syntax::grammar::Rule;
use crate::syntax::scan::{Token, TokenKind};

/// The maximum number of characters that messages quote.
const MAX_QUOTED: usize = 40;

/// A broken item and the token at which it breaks.
pub(super) struct Scene<'a> {
    /// The rule with which the text was parsed.
    pub root: Rule,
    /// The file.
    pub id: FileId,
    /// The text of the item.
    pub text: &'a str,
    /// The offset of the item in its file.
    pub base: usize,
    /// The tokens without comments.
    pub tokens: Vec<Token>,
    /// The index of the token at which it breaks, or the number of tokens if it breaks at its end.
    pub at: usize,
    /// The rules that the grammar tried there.
    pub expected: &'a [Rule],
}

impl Scene<'_> {
    /// The token at this distance from the offending one; a negative distance counts backwards.
    pub fn token(&self, offset: isize) -> Option<Token> {
        self.tokens.get(self.at.checked_add_signed(offset)?).copied()
    }

    /// Returns true if the text is an item, not a single expression.
    pub fn is_item(&self) -> bool {
        self.root == Rule::entry
    }

    /// The text of the token at this distance, or an empty text.
    pub fn word(&self, offset: isize) -> &str {
        self.token(offset).map_or("", |token| token.of(self.text))
    }

    /// The kind of the token at this distance.
    pub fn kind(&self, offset: isize) -> Option<TokenKind> {
        self.token(offset).map(|token| token.kind)
    }

    /// Returns true if the next token follows the token at this distance directly.
    pub fn glued(&self, offset: isize) -> bool {
        matches!((self.token(offset), self.token(offset + 1)), (Some(one), Some(two)) if one.end == two.start)
    }

    /// Returns true if the token at this distance and the next one are on the same line.
    pub fn same_line(&self, offset: isize) -> bool {
        match (self.token(offset), self.token(offset + 1)) {
            (Some(one), Some(two)) => !self.text[one.end..two.start].contains('\n'),
            _ => false,
        }
    }

    /// The place at which the item breaks: a token, or the end.
    pub fn place(&self) -> Span {
        self.token(0).map_or_else(|| self.end_place(), |token| self.span(token))
    }

    /// The end of the item.
    pub fn end_place(&self) -> Span {
        let end = self.base + self.tokens.last().map_or(0, |last| last.end);
        Span::new(self.id, end, end)
    }

    /// The span of a token in the file.
    pub fn span(&self, token: Token) -> Span {
        Span::new(self.id, self.base + token.start, self.base + token.end)
    }

    /// The brackets that are open at the offending token, outermost first.
    pub fn open(&self) -> Vec<Token> {
        let mut open = Vec::new();
        for token in &self.tokens[..self.at] {
            match token.kind {
                TokenKind::Open => open.push(*token),
                TokenKind::Close => drop(open.pop()),
                _ => {}
            }
        }
        open
    }

    /// The innermost open bracket.
    pub fn inside(&self) -> &str {
        self.open().last().map_or("", |open| open.of(self.text))
    }

    /// The first word of the innermost entry of a block, or of the item.
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

    /// The offending token in backticks, or a description of the end.
    pub fn found(&self) -> String {
        let Some(token) = self.token(0) else { return self.end().to_owned() };
        let written = token.of(self.text).lines().next().unwrap_or_default();
        match written.char_indices().nth(MAX_QUOTED) {
            Some((at, _)) => format!("`{}…`", &written[..at]),
            None => format!("`{written}`"),
        }
    }

    /// The name of the item's end in messages.
    pub fn end(&self) -> &'static str {
        match self.tokens.first().map(|first| first.of(self.text)) {
            _ if !self.is_item() => "the end of the formula",
            Some("test") => "the end of the test",
            Some("scenario") => "the end of the scenario",
            Some("report") => "the end of the report",
            Some("dataset") => "the end of the dataset",
            Some("calendar" | "currency" | "unit") => "the end of the item",
            _ => "the end of the definition",
        }
    }
}
