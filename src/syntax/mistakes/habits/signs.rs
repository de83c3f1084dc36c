//! Recognizes signs of other languages: `=A1`, `[Revenue]`, `a // b`, `x.sum()`.

use super::one;
use super::programs::comprehension;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::foreign::is_cell;
use crate::syntax::grammar::Rule;
use crate::syntax::item::RESERVED;
use crate::syntax::mistakes::scene::Scene;
use crate::syntax::print::spelled;
use crate::syntax::scan::TokenKind;

/// `=A1/B1`: a formula that begins as in a spreadsheet.
pub(super) fn leading_equals(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let begins = at == 0 && !scene.is_item() || at > 0 && scene.lower(at - 1) == "=";
    let rest = scene.lowered(at + 1, scene.expression_end(at + 1));
    if !begins || rest.is_empty() {
        return None;
    }
    if scene.tokens[at + 1..].iter().any(|token| is_cell(token.of(scene.text))) {
        return one(format!("remove the `=`, and name columns instead of cells: {COLUMNS}"));
    }
    one(format!("write `{rest}` without the `=` before it"))
}

const CELLS: &str = "name columns instead of cells: `sum(revenue)`";
const COLUMNS: &str = "`sum(revenue) / sum(orders)`";

/// `A`, `BC`
fn is_column_letter(word: &str) -> bool {
    (1..=3).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// `$A$1`, `B$2`
pub(in crate::syntax::mistakes) fn cell(scene: &Scene<'_>) -> Option<Diagnostic> {
    let next = scene.word(1);
    let begins = is_column_letter(next) && scene.glued(0) || is_cell(next);
    let continues = is_column_letter(scene.word(-1)) && scene.glued(-1);
    let found = scene.word(0) == "$" && (begins || continues);
    found.then(|| scene.error("expected a value, found a cell of a spreadsheet").hint(CELLS))
}

/// `[Revenue]`, `{x}`, `'Sales'[x]`
pub(super) fn bracketed(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let close = scene.close(at)?;
    if scene.before(at).is_some() || close == at + 1 {
        return None;
    }
    if let Some(word) = (at..close).find(|&word| scene.lower(word) == "for") {
        return comprehension(scene, word);
    }
    if matches!(scene.lower(at + 1).as_str(), "fixed" | "include" | "exclude") {
        return one("for a value per group, add `--by channel`; for the value over all groups, write `sum(x)[all]`");
    }
    let words = &scene.tokens[at + 1..close];
    if !words.iter().all(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::Number | TokenKind::Quoted) || token.of(scene.text) == "@"
    }) {
        return None;
    }
    let start = words.iter().find(|token| token.of(scene.text) != "@")?.start;
    let name = scene.text[start..words.last()?.end].trim_matches('`');
    let spelled = spelled(name);
    one(match spelled.starts_with('`') {
        true => format!("write `` {spelled} `` without the brackets"),
        false => format!("write `{spelled}` without the brackets"),
    })
}

/// `'Sales'[x]`, `DATE '2026-01-01'`: quotes that do not enclose a text. Returns the hint and its place.
pub(in crate::syntax::mistakes) fn foreign_quote(scene: &Scene<'_>, inner: &str) -> Option<(String, Span)> {
    if scene.word(1) == "[" && scene.glued(0) {
        let close = scene.close(scene.at + 1)?;
        let column = scene.text[scene.token(1)?.end..scene.tokens[close].start].trim();
        let span = scene.place().to(scene.span(scene.tokens[close]));
        return Some((format!("write `{}.{}`", spelled(inner), spelled(column)), span));
    }
    let date = inner.len() == 10
        && inner.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let span = if scene.lower(scene.at.wrapping_sub(1)) == "date" {
        scene.span(scene.token(-1)?).to(scene.place())
    } else {
        scene.place()
    };
    date.then(|| (format!("write `{inner}` without quotes"), span))
}

/// Rewrites a comparison with an operator of this language: `x <> 1` as `x != 1`, `x == null` as `not is_defined(x)`.
pub(in crate::syntax::mistakes) fn compared(scene: &Scene<'_>, at: usize, operator: &str) -> Option<String> {
    let (right, _) = scene.operand(at + 1)?;
    if operator == "not " {
        return Some(format!("not {right}"));
    }
    let left = scene.before(at)?;
    let nothing = matches!(&*right.to_lowercase(), "null" | "none" | "nil" | "nan" | "undefined");
    Some(match operator.trim() {
        "=" if nothing => format!("not is_defined({left})"),
        "!=" if nothing => format!("is_defined({left})"),
        "^" => format!("{left}^{right}"),
        "and" | "or" => return None,
        operator => format!("{left} {operator} {right}"),
    })
}

/// `@x`
pub(super) fn at_sign(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (name, _) = scene.operand(at + 1)?;
    one(format!("write `{name}` without the sign before it"))
}

/// `A1:B3`, `x::int`
pub(super) fn colon(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let before = scene.before(at)?;
    if scene.expected.contains(&Rule::kw_then) {
        return one("write `then` in place of `:`");
    }
    if scene.lower(at + 1) == ":" {
        return one(format!("write `{before}`: values need no conversion"));
    }
    let other = scene.tokens.get(at + 1)?.of(scene.text);
    let is_comparison = !scene.is_item() && scene.open().is_empty() && scene.at == 1 && scene.tokens.len() == 3;
    if is_comparison && scene.kind(1) == Some(TokenKind::Word) && !is_cell(other) && !is_column_letter(other) {
        return one(format!("to compare, write `{before} = \"{other}\"`"));
    }
    let are_cells = is_cell(&before.to_uppercase()) && is_cell(&other.to_uppercase());
    let are_columns = is_column_letter(&before) && is_column_letter(other);
    (are_cells || are_columns).then(|| vec![CELLS.to_owned()])
}

/// `a // b`: a quotient if one operand follows and ends the expression.
pub(super) fn whole_quotient(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let first = at.checked_sub(1).filter(|&first| scene.lower(first) == "/" && scene.glued(-1))?;
    let left = scene.before(first)?;
    let (right, next) = scene.operand(at + 1).filter(|_| scene.same_line(0))?;
    let begins_comment = scene.tokens.get(next).is_some_and(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::Number | TokenKind::Text | TokenKind::Other)
            && !scene.text[..token.start].ends_with('\n')
            && !RESERVED.contains(&token.of(scene.text))
    });
    (!begins_comment).then(|| {
        vec![format!("write a whole quotient as `floor({left} / {right})`"), "write `#` before a comment".to_owned()]
    })
}

/// `t.x.sum()`, `df["x"].sum()`
pub(super) fn method(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let name = scene.tokens.get(at + 1).filter(|token| token.kind == TokenKind::Word)?.of(scene.text);
    if scene.lower(at + 2) != "(" {
        return None;
    }
    let operand = scene.before(at)?;
    let column = match operand.split_once("[\"") {
        Some((table, column)) => format!("{table}.{}", spelled(column.trim_end_matches("\"]"))),
        None if operand.contains(".groupby(") || name == "groupby" => {
            return one("group the query instead: `--by channel`");
        }
        None if operand.contains('(') => return None,
        None => operand,
    };
    one(format!("write `{}`", called(name, &column)))
}

/// The aggregate that corresponds to a method of other languages.
pub(in crate::syntax) fn called(method: &str, column: &str) -> String {
    match &*method.to_lowercase() {
        "mean" | "average" | "moyenne" => format!("avg({column})"),
        "total" | "somme" => format!("sum({column})"),
        "nunique" | "unique" | "distinct" => format!("count(distinct {column})"),
        "isnull" | "isna" => format!("not is_defined({column})"),
        "notnull" | "notna" => format!("is_defined({column})"),
        "shift" => format!("{column}[previous]"),
        "cumsum" => format!("sum({column})[to date]"),
        other => format!("{other}({column})"),
    }
}

/// `Sheet1!A1`
pub(super) fn sheet(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (before, after) = scene.before(at).zip(scene.tokens.get(at + 1).map(|token| token.of(scene.text)))?;
    (scene.glued(-1) && scene.glued(0)).then(|| match is_cell(after) {
        true => vec![CELLS.to_owned()],
        false => vec![format!("write `{before}.{after}`")],
    })
}
