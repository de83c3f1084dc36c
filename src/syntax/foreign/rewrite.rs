//! Rewrites formulas with the punctuation of other tools, which the grammar does not read: `SOMME.SI(a; "web"; b)`.

use unicode_normalization::UnicodeNormalization;

use super::table::{MODULES, OPERATORS, habit, is_cell};
use super::translate::{MAX_TRANSLATED, translate};
use crate::source::FileId;
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::parse_expression;
use crate::syntax::print::{format_expr, spelled, string};
use crate::syntax::scan::{Token, TokenKind, tokens};

/// What to write in place of a formula.
pub(in crate::syntax) enum Equivalent {
    /// The whole formula.
    Formula(String),
    /// A hint for a function that has no equivalent.
    Hint(&'static str),
}

/// The equivalent of a formula; None if its punctuation is that of this language, or the rest cannot be read.
pub(in crate::syntax) fn rewritten(text: &str) -> Option<Equivalent> {
    if text.len() > MAX_TRANSLATED {
        return None;
    }
    let plain = narrowed(text);
    let mut pass = Rewrite::new(&plain);
    pass.run();
    if !pass.changed && plain == text {
        return None;
    }
    let mut expr = parse_expression(FileId(0), &pass.written).ok()?;
    translate(&mut expr);
    if expr.walk().any(names_cell) {
        return None;
    }
    Some(match expr.walk().find_map(unknown) {
        Some(hint) => Equivalent::Hint(hint),
        None => Equivalent::Formula(format_expr(expr.unparenthesized())),
    })
}

fn names_cell(expr: &Expr) -> bool {
    matches!(&*expr.kind, ExprKind::Path(path) if path.qualifier.is_none() && is_cell(&path.name.text))
}

/// The hint for a call of another tool's function that could not be translated.
fn unknown(expr: &Expr) -> Option<&'static str> {
    let ExprKind::Call(call) = &*expr.kind else { return None };
    habit(&call.function.text).map(|(_, _, rule)| *rule)
}

/// A formula with calls and columns in the form of this language, or as it is if it cannot be read.
pub(in crate::syntax) fn in_own_form(text: &str) -> String {
    match parse_expression(FileId(0), text) {
        Ok(mut expr) if text.len() <= MAX_TRANSLATED => {
            translate(&mut expr);
            format_expr(expr.unparenthesized())
        }
        _ => text.to_owned(),
    }
}

/// The text with ASCII in place of full-width characters and unusual spaces, outside quotes.
fn narrowed(text: &str) -> String {
    let (mut narrow, mut end) = (String::new(), 0);
    for token in tokens(text) {
        narrow.extend(text[end..token.start].nfkc());
        match token.kind {
            TokenKind::Word | TokenKind::Other => {
                let plain: String = token.of(text).nfkc().collect();
                narrow.push_str(if plain.is_ascii() { &plain } else { token.of(text) });
            }
            _ => narrow.push_str(token.of(text)),
        }
        end = token.end;
    }
    narrow
}

/// One pass over the tokens of a formula.
struct Rewrite<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// The next token.
    at: usize,
    /// The brackets that are open, with what closes them.
    open: Vec<&'static str>,
    /// True if `;` separates arguments, so that a comma may be a decimal comma.
    semicolons: bool,
    written: String,
    /// True if the grammar could not read a part as it was.
    changed: bool,
}

impl<'a> Rewrite<'a> {
    fn new(text: &'a str) -> Self {
        let tokens: Vec<Token> = tokens(text).collect();
        let mut depth = 0_usize;
        let semicolons = tokens.iter().any(|token| {
            match token.of(text) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > 0 && token.of(text) == ";"
        });
        Self { text, tokens, at: 0, open: vec![], semicolons, written: String::new(), changed: false }
    }

    fn run(&mut self) {
        while let Some(token) = self.tokens.get(self.at).copied() {
            let gap = self.at > 0 && self.tokens[self.at - 1].end < token.start;
            if gap {
                self.written.push(' ');
            }
            let step = self.function().or_else(|| self.column());
            let step = step.or_else(|| self.bracket()).or_else(|| self.separator());
            self.changed |= step.is_some();
            let (written, length) = step.unwrap_or_else(|| (self.plain(token), 1));
            self.written.push_str(&written);
            self.at += length;
        }
    }

    fn word(&self, offset: isize) -> &'a str {
        let token = self.at.checked_add_signed(offset).and_then(|at| self.tokens.get(at));
        token.map_or("", |token| token.of(self.text))
    }

    fn kind(&self, offset: isize) -> Option<TokenKind> {
        self.at.checked_add_signed(offset).and_then(|at| self.tokens.get(at)).map(|token| token.kind)
    }

    /// Returns true if no whitespace is between the token at this distance and the next one.
    fn glued(&self, offset: usize) -> bool {
        let pair = self.tokens.get(self.at + offset).zip(self.tokens.get(self.at + offset + 1));
        pair.is_some_and(|(one, two)| one.end == two.start)
    }

    /// `NB.SI(`, `SOMME.SI.ENS(`, `np.mean(`
    fn function(&self) -> Option<(String, usize)> {
        let mut parts = vec![self.word(0)];
        while self.word(2 * parts.len() as isize - 1) == "." && self.glued(2 * parts.len() - 2) {
            parts.push(self.word(2 * parts.len() as isize));
        }
        let length = 2 * parts.len() - 1;
        if parts.len() < 2 || self.kind(0) != Some(TokenKind::Word) || self.word(length as isize) != "(" {
            return None;
        }
        let (joined, last) = (parts.join("_"), parts[parts.len() - 1]);
        match (habit(&joined), MODULES.contains(&parts[0])) {
            (Some(_), _) => Some((joined, length)),
            (None, true) => Some((last.to_owned(), length)),
            (None, false) => None,
        }
    }

    /// `'Sales'[amount]`, `[Total revenue]`
    fn column(&self) -> Option<(String, usize)> {
        let is_quoted = self.kind(0) == Some(TokenKind::ForeignText) && self.word(1) == "[" && self.glued(0);
        let begins = matches!(self.kind(-1), None | Some(TokenKind::Open | TokenKind::Symbol));
        let open = match (self.word(0), is_quoted) {
            (_, true) => 1,
            ("[", _) if begins => 0,
            _ => return None,
        };
        let inside = self.tokens[self.at + open + 1..].iter();
        let words = inside.take_while(|token| matches!(token.kind, TokenKind::Word | TokenKind::Number)).count();
        let (first, last) = (self.at + open + 1, self.at + open + words);
        let is_loop = self.tokens[first..first + words].iter().any(|token| token.of(self.text) == "for");
        if words == 0 || is_loop || self.word((open + words + 1) as isize) != "]" {
            return None;
        }
        let name = spelled(&self.text[self.tokens[first].start..self.tokens[last].end]);
        let table = is_quoted.then(|| format!("{}.", spelled(unquoted(self.word(0)))));
        Some((format!("{}{name}", table.unwrap_or_default()), open + words + 2))
    }

    /// `x in ["a", "b"]`, `x in {"a", "b"}`
    fn bracket(&mut self) -> Option<(String, usize)> {
        let (written, close) = match self.word(0) {
            "[" | "{" if self.word(-1).eq_ignore_ascii_case("in") => ("(", ")"),
            "(" => ("(", ""),
            "[" | "{" => ("[", ""),
            ")" | "]" | "}" => match self.open.pop()? {
                "" => return None,
                close => return Some((close.to_owned(), 1)),
            },
            _ => return None,
        };
        self.open.push(close);
        (!close.is_empty()).then(|| (written.to_owned(), 1))
    }

    /// `;` between arguments, and decimal commas beside it.
    fn separator(&self) -> Option<(String, usize)> {
        let are_digits = [-1, 1].iter().all(|offset| self.kind(*offset) == Some(TokenKind::Number));
        let is_glued = self.glued(0) && self.written.ends_with(|last: char| last.is_ascii_digit());
        match self.word(0) {
            ";" if !self.open.is_empty() => Some((",".to_owned(), 1)),
            "," if self.semicolons && are_digits && is_glued => Some((".".to_owned(), 1)),
            "=" if self.at == 0 => Some((String::new(), 1)),
            _ => None,
        }
    }

    /// A token whose own form is reported elsewhere: an operator, a text, a keyword in capitals.
    fn plain(&self, token: Token) -> String {
        let written = token.of(self.text);
        match token.kind {
            TokenKind::ForeignText => string(unquoted(written).trim()),
            TokenKind::Word if self.word(1) != "(" => match &*written.to_lowercase() {
                "vrai" | "true" => "true".to_owned(),
                "faux" | "false" => "false".to_owned(),
                lower @ ("and" | "or" | "not" | "in" | "between") => lower.to_owned(),
                _ => written.to_owned(),
            },
            _ => {
                let known = OPERATORS.iter().find(|(foreign, _)| *foreign == written);
                known.map_or(written, |(_, here)| here).to_owned()
            }
        }
    }
}

/// The text between two quotes of any form.
fn unquoted(text: &str) -> &str {
    let mut letters = text.chars();
    letters.next();
    letters.next_back();
    letters.as_str()
}
