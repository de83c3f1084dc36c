//! Recognizes numbers in other forms: `0,5`, `20 000`, `.5`, `€40`.

use super::dates;
use super::scene::Scene;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::scan::{Token, TokenKind};

/// `0,5`: breaks at the comma or at the digits after it.
pub(super) fn decimal_comma(scene: &Scene<'_>) -> Option<Diagnostic> {
    let comma = if scene.word(0) == "," { 0 } else { -1 };
    let (whole, fraction) = (scene.token(comma - 1)?, scene.token(comma + 1)?);
    let numbers = whole.kind == TokenKind::Number && fraction.kind == TokenKind::Number;
    if scene.word(comma) != "," || !numbers || !scene.glued(comma - 1) || !scene.glued(comma) {
        return None;
    }
    let (one, two) = (whole.of(scene.text), fraction.of(scene.text));
    let span = scene.span(whole).to(scene.span(fraction));
    let right = format!("{}.{two}", one.replace('.', ""));
    let problem = Diagnostic::error(Code::Syntax, format!("`{one},{two}` is not a number")).at(span);
    if two.contains('.') {
        let right = format!("{one}_{two}");
        return Some(problem.hint(format!("separate thousands with `_` or nothing: `{right}`")).fix(span, right));
    }
    Some(match two.len() {
        3 if !one.contains('.') => {
            problem.hint(format!("write `{one}_{two}` for thousands, or `{right}` for a decimal"))
        }
        _ => problem.hint(format!("write a decimal point: `{right}`")).fix(span, right),
    })
}

/// `20 000`
pub(super) fn grouped_digits(scene: &Scene<'_>) -> Option<Diagnostic> {
    let (first, second) = (scene.token(-1)?, scene.token(0)?);
    if (first.kind, second.kind) != (TokenKind::Number, TokenKind::Number) || !scene.same_line(-1) {
        return None;
    }
    let groups = (0..).map_while(|offset| scene.token(offset).filter(|token| is_group(scene, *token)));
    let groups: Vec<Token> = groups.collect();
    let (one, two) = (first.of(scene.text), second.of(scene.text));
    let message = format!("expected an operator between `{one}` and `{two}`");
    let span = scene.span(first).to(scene.span(*groups.last().unwrap_or(&second)));
    let problem = Diagnostic::error(Code::Syntax, message).at(span);
    if groups.is_empty() || one.contains('.') {
        return Some(problem);
    }
    let right = groups.iter().fold(one.to_owned(), |text, group| format!("{text}_{}", group.of(scene.text)));
    Some(problem.hint(format!("group digits with `_`: `{right}`")).fix(span, right))
}

/// `1'000`, `1’000`
pub(super) fn apostrophe(scene: &Scene<'_>) -> Option<Diagnostic> {
    let is_mark = |text: &str| text.starts_with(['\'', '’']);
    let first = scene.token(-1).filter(|first| first.kind == TokenKind::Number && scene.glued(-1))?;
    let rest = &scene.text[first.end..];
    let length = rest.find(|letter: char| !letter.is_ascii_digit() && !is_mark(&letter.to_string()));
    let groups = &rest[..length.unwrap_or(rest.len())];
    let are_groups = groups.split(['\'', '’']).skip(1).all(|group| group.len() == 3);
    if !is_mark(groups) || !are_groups {
        return None;
    }
    let right = format!("{}{}", first.of(scene.text), groups.replace(['\'', '’'], "_"));
    let start = scene.base + first.start;
    let span = Span::new(scene.id, start, start + (first.end - first.start) + groups.len());
    let problem = Diagnostic::error(Code::Syntax, "unexpected apostrophe in a number").at(span);
    Some(problem.hint(format!("group digits with `_`: `{right}`")).fix(span, right))
}

/// Returns true for three digits with optional decimals.
fn is_group(scene: &Scene<'_>, token: Token) -> bool {
    token.kind == TokenKind::Number && token.of(scene.text).split('.').next().is_some_and(|whole| whole.len() == 3)
}

/// `.5`, `5.`, `1.000.000`
pub(super) fn leading_point(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.word(0) != "." {
        return None;
    }
    let before = scene.token(-1).filter(|before| before.kind == TokenKind::Number && scene.glued(-1));
    let after = scene.token(1).filter(|after| after.kind == TokenKind::Number && scene.glued(0));
    let problem = |span| Diagnostic::error(Code::Syntax, "expected digits on both sides of a decimal point").at(span);
    match (before, after) {
        (None, Some(after)) => {
            let (right, span) = (format!("0.{}", after.of(scene.text)), scene.place().to(scene.span(after)));
            Some(problem(span).hint(format!("write `{right}`")).fix(span, right))
        }
        (Some(before), None) => {
            let (right, span) = (before.of(scene.text), scene.span(before).to(scene.place()));
            let problem = problem(span).hint(format!("write `{right}`"));
            // Without the point, the number would merge with the word after it.
            let follows = scene.glued(0) && scene.kind(1) == Some(TokenKind::Word);
            Some(if follows { problem } else { problem.fix(span, right) })
        }
        (Some(before), Some(after)) => {
            let span = scene.span(before).to(scene.span(after));
            let written = &scene.text[before.start..after.end];
            if let Some(hint) = dates::date_hint(written) {
                let problem = Diagnostic::error(Code::BadLiteral, format!("`{written}` is not a date")).at(span);
                return Some(problem.hint(hint));
            }
            let problem = Diagnostic::error(Code::Syntax, "a number cannot have more than one decimal point").at(span);
            Some(problem.hint("group digits with `_`: `1_000_000`"))
        }
        (None, None) => None,
    }
}

/// `€40`, `$40`
pub(super) fn currency_sign(scene: &Scene<'_>) -> Option<Diagnostic> {
    let code = match scene.word(0) {
        "€" => "EUR",
        "$" => "USD",
        "£" => "GBP",
        "¥" => "JPY",
        _ => return None,
    };
    let sign = scene.word(0);
    if let Some(number) = scene.token(1).filter(|number| number.kind == TokenKind::Number) {
        let right = format!("{} {code}", number.of(scene.text));
        let span = scene.place().to(scene.span(number));
        let problem =
            Diagnostic::error(Code::Syntax, format!("expected a currency after its number, found `{sign}` before it"));
        return Some(problem.at(span).hint(format!("write `{right}`")).fix(span, right));
    }
    let problem = scene.error(format!("expected a currency code, found `{sign}`"));
    Some(problem.hint(format!("write `{code}`")).fix(scene.place(), code))
}
