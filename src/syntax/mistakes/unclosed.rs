//! Finds a misspelled entry word that the parser read as the unit of the number before it: `given q = 1 expct m = 2`.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Span;

use super::scene::Scene;
use crate::syntax::scan::{Token, TokenKind, tokens};
use crate::syntax::words::{PROPERTIES, STEPS};

/// Returns a diagnostic if the item breaks directly after such a word, or one name later.
pub(super) fn recognize(scene: &Scene<'_>) -> Option<Diagnostic> {
    if !scene.is_item() || scene.inside() != "{" {
        return None;
    }
    let (what, known) = match scene.tokens.first()?.of(scene.text) {
        "test" => ("unknown test step", &STEPS[..]),
        _ if scene.entry_word() == "example" => ("unknown word in an example:", &["gives"][..]),
        _ => ("unknown card property", &PROPERTIES[..]),
    };
    let find = |word: usize| misspelled(scene.text, &scene.tokens, word, known);
    let (token, suggestion) = [1, 2].into_iter().find_map(|back| find(scene.at.checked_sub(back)?))?;
    Some(problem(what, token.of(scene.text), scene.span(token), suggestion))
}

/// The word before `at` if it was read as the unit of a number, and the known word it is closest to.
pub(in crate::syntax) fn before<'k>(text: &str, at: usize, known: &[&'k str]) -> Option<(Token, &'k str)> {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let before: Vec<Token> = tokens(&text[line..at]).collect();
    let (token, suggestion) = misspelled(&text[line..], &before, before.len().checked_sub(1)?, known)?;
    Some((Token { start: token.start + line, end: token.end + line, ..token }, suggestion))
}

fn misspelled<'k>(text: &str, tokens: &[Token], word: usize, known: &[&'k str]) -> Option<(Token, &'k str)> {
    let (number, token) = (tokens.get(word.checked_sub(1)?)?, *tokens.get(word)?);
    let beside = !text[number.end..token.start].contains('\n') && number.end < token.start;
    let is_unit = beside && number.kind == TokenKind::Number && token.kind == TokenKind::Word;
    let suggestion = nearest(token.of(text), known.iter().copied()).first().copied();
    suggestion.filter(|_| is_unit).map(|suggestion| (token, suggestion))
}

/// The error for such a word.
pub(in crate::syntax) fn problem(what: &str, word: &str, span: Span, suggestion: &str) -> Diagnostic {
    Diagnostic::error(Code::UnknownProperty, format!("{what} `{word}`")).at(span).suggest(span, word, [suggestion])
}
