//! Finds operands and expressions in a broken text, and writes them in the form of this language.

use crate::syntax::item::RESERVED;
use crate::syntax::mistakes::scene::Scene;
use crate::syntax::scan::{Token, TokenKind};

impl Scene<'_> {
    /// The text of a token in lower case, or an empty text beyond the last token.
    pub(in crate::syntax::mistakes) fn lower(&self, at: usize) -> String {
        self.tokens.get(at).map(|token| token.of(self.text).to_lowercase()).unwrap_or_default()
    }

    /// The index of the next of these words outside brackets and inner `CASE … END`, or the end of the expression.
    pub(in crate::syntax::mistakes) fn until(&self, from: usize, words: &[&str]) -> usize {
        let (mut depth, mut cases) = (0_usize, 0_usize);
        for at in from..self.tokens.len() {
            let lower = self.lower(at);
            match self.tokens[at].kind {
                TokenKind::Open if depth == 0 && lower == "{" => return at,
                TokenKind::Open => depth += 1,
                TokenKind::Close if depth == 0 => return at,
                TokenKind::Close => depth -= 1,
                _ if depth > 0 => {}
                _ if lower == "case" => cases += 1,
                _ if lower == "end" && cases > 0 => cases -= 1,
                TokenKind::Word if cases == 0 && words.contains(&&*lower) => return at,
                TokenKind::Symbol if lower == ";" => return at,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// The end of the expression: a closing bracket around it, a comma, or the card.
    pub(super) fn expression_end(&self, from: usize) -> usize {
        let last = self.until(from, &[]);
        self.split(from, last).first().map_or(last, |(_, end)| *end)
    }

    /// The start of the expression around a token.
    pub(super) fn expression_start(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for before in (0..at).rev() {
            match (self.tokens[before].kind, self.tokens[before].of(self.text)) {
                (TokenKind::Close, _) => depth += 1,
                (TokenKind::Open, _) if depth == 0 => return before + 1,
                (TokenKind::Open, _) => depth -= 1,
                (TokenKind::Symbol, ",") if depth == 0 => return before + 1,
                (TokenKind::Symbol, "=") if depth == 0 && self.is_item() && before <= 4 && self.open().is_empty() => {
                    return before + 1;
                }
                (TokenKind::Word, "where") if depth == 0 => return before + 1,
                _ => {}
            }
        }
        0
    }

    /// The ranges between commas outside brackets.
    pub(super) fn split(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let (mut parts, mut start, mut depth) = (vec![], from, 0_usize);
        for at in from..to {
            match (self.tokens[at].kind, self.tokens[at].of(self.text)) {
                (TokenKind::Open, _) => depth += 1,
                (TokenKind::Close, _) => depth = depth.saturating_sub(1),
                (TokenKind::Symbol, ",") if depth == 0 => {
                    parts.push((start, at));
                    start = at + 1;
                }
                _ => {}
            }
        }
        parts.push((start, to));
        parts
    }

    /// The closing bracket for an opening one.
    pub(in crate::syntax::mistakes) fn close(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            match self.tokens[at].kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close if depth <= 1 => return Some(at),
                TokenKind::Close => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// The innermost opening bracket around a token.
    pub(super) fn opening_around(&self, at: usize) -> Option<usize> {
        let mut closed = 0_usize;
        (0..at).rev().find(|&before| match self.tokens[before].kind {
            TokenKind::Close => {
                closed += 1;
                false
            }
            TokenKind::Open if closed == 0 => true,
            TokenKind::Open => {
                closed -= 1;
                false
            }
            _ => false,
        })
    }

    /// The opening bracket for a closing one.
    fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in (0..=close).rev() {
            match self.tokens[at].kind {
                TokenKind::Close => depth += 1,
                TokenKind::Open if depth <= 1 => return Some(at),
                TokenKind::Open => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// The operand that ends directly before a token.
    pub(in crate::syntax::mistakes) fn before(&self, at: usize) -> Option<String> {
        let mut start = at.checked_sub(1)?;
        while self.tokens[start].kind == TokenKind::Close {
            let open = self.opening(start)?;
            let called = open
                .checked_sub(1)
                .filter(|&before| self.is_value(before) || self.tokens[before].kind == TokenKind::Close);
            match called {
                Some(before) => start = before,
                None => return Some(self.lowered(open, at)),
            }
        }
        if !self.is_value(start) {
            return None;
        }
        if start >= 2 && self.lower(start - 1) == "." && self.is_value(start - 2) {
            start -= 2;
        }
        Some(self.lowered(start, at))
    }

    /// The operand that begins at a token, with its arguments and contexts, and the index of the token after it.
    pub(super) fn operand(&self, at: usize) -> Option<(String, usize)> {
        let token = self.tokens.get(at)?;
        let mut next = match token.kind {
            TokenKind::Open if self.lower(at) == "(" => self.close(at)? + 1,
            TokenKind::ForeignText => at + 1,
            _ if self.lower(at) == "-" => self.operand(at + 1)?.1,
            _ if self.is_value(at)
                || token.kind == TokenKind::Word && matches!(&*self.lower(at), "true" | "false" | "undefined") =>
            {
                at + 1
            }
            _ => return None,
        };
        if self.lower(next) == "." && next + 1 < self.tokens.len() {
            next += 2;
        }
        while next < self.tokens.len()
            && matches!(&*self.lower(next), "(" | "[")
            && self.tokens[next - 1].end == self.tokens[next].start
        {
            next = self.close(next)? + 1;
        }
        Some((self.lowered(at, next), next))
    }

    pub(super) fn after(&self, at: usize) -> Option<String> {
        self.operand(at).map(|(text, _)| text)
    }

    fn is_value(&self, at: usize) -> bool {
        let token = self.tokens[at];
        match token.kind {
            TokenKind::Word => !RESERVED.contains(&&*self.lower(at)) && !matches!(&*self.lower(at), "where" | "by"),
            TokenKind::Quoted | TokenKind::Number | TokenKind::Text | TokenKind::ForeignText => true,
            _ => false,
        }
    }

    /// The text of a range of tokens on one line, with keywords and function names in lower case and texts in double quotes.
    pub(in crate::syntax::mistakes) fn lowered(&self, from: usize, to: usize) -> String {
        let (mut text, mut at, end) = (String::new(), from, to.min(self.tokens.len()));
        while at < end {
            let token = self.tokens[at];
            if at > from && self.tokens[at - 1].end < token.start {
                text.push(' ');
            }
            match self.bracketed_name(at).filter(|_| at + 2 < end) {
                Some(name) => {
                    text.push_str(name);
                    at += 3;
                }
                None => {
                    text.push_str(&self.lowered_token(at, token));
                    at += 1;
                }
            }
        }
        text
    }

    /// The name in brackets that begin a value, as other languages write columns: `[cost]`.
    fn bracketed_name(&self, at: usize) -> Option<&str> {
        let [open, name, close] = self.tokens.get(at..at + 3)? else { return None };
        let is_name = name.kind == TokenKind::Word && open.of(self.text) == "[" && close.of(self.text) == "]";
        let is_context = at > 0 && self.tokens[at - 1].end == open.start && !matches!(self.word_at(at - 1), "(" | ",");
        (is_name && !is_context).then(|| name.of(self.text))
    }

    fn word_at(&self, at: usize) -> &str {
        self.tokens[at].of(self.text)
    }

    fn lowered_token(&self, at: usize, token: Token) -> String {
        const KEYWORDS: [&str; 12] =
            ["and", "or", "not", "in", "between", "where", "then", "else", "if", "true", "false", "distinct"];
        let (written, lower) = (token.of(self.text), self.lower(at));
        match token.kind {
            TokenKind::ForeignText => {
                let mut letters = written.chars();
                letters.next();
                letters.next_back();
                format!("\"{}\"", letters.as_str())
            }
            TokenKind::Word if KEYWORDS.contains(&&*lower) || is_shouted(written) && self.lower(at + 1) == "(" => lower,
            TokenKind::Word if matches!(written, "NULL") => "undefined".into(),
            TokenKind::Symbol => match written {
                "==" | "===" => "=".into(),
                "<>" | "!==" => "!=".into(),
                other => other.to_owned(),
            },
            _ => written.to_owned(),
        }
    }
}

fn is_shouted(word: &str) -> bool {
    word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase)
}
