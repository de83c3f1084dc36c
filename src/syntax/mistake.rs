//! Turns a place where the grammar gives up into one diagnostic that names the mistake and the right form.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

use super::ast::Name;
use super::build::nfc;
use super::grammar::Failure;
use super::item::ITEM_WORDS;
use super::scan::{Kind, Token, tokens};

/// The name that a broken item would have defined.
pub(super) fn defined_name(id: FileId, text: &str, base: usize) -> Option<Name> {
    let mut tokens = tokens(text);
    let first = tokens.next()?;
    let token = if ITEM_WORDS.contains(&first.of(text)) { tokens.next()? } else { first };
    let named = matches!(token.kind, Kind::Word | Kind::Quoted);
    named.then(|| Name {
        text: nfc(token.of(text).trim_matches('`')),
        quoted: token.kind == Kind::Quoted,
        span: Span::new(id, base + token.start, base + token.end),
    })
}

/// What is wrong where the grammar gave up.
pub(super) fn explain(id: FileId, text: &str, base: usize, failure: &Failure) -> Diagnostic {
    let found: Option<Token> = tokens(text).find(|token| token.end > failure.at);
    let (start, end) = found.map_or((text.len(), text.len()), |token| (token.start, token.end));
    Diagnostic::error(Code::Syntax, format!("unexpected `{}` {:?}", &text[start..end], failure.expected)).at(Span::new(
        id,
        base + start,
        base + end,
    ))
}
