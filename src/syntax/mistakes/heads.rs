//! Recognizes mistakes at the heads of items: words of other languages, spaces and hyphens in names, missing signs.

use super::forms::form_of;
use super::scene::Scene;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::grammar::Rule;
use crate::syntax::item::{ITEM_WORDS, RESERVED, means};
use crate::syntax::scan::{Token, TokenKind};

/// Words before a definition in other languages, and the equivalents here.
const FOREIGN_HEADS: [(&str, &str); 22] = [
    ("def", "fn "),
    ("func", "fn "),
    ("function", "fn "),
    ("fun", "fn "),
    ("var", "let "),
    ("const", "param "),
    ("constant", "param "),
    ("parameter", "param "),
    ("table", "dataset "),
    ("metric", ""),
    ("measure", ""),
    ("kpi", ""),
    ("KPI", ""),
    ("define", ""),
    ("indicateur", ""),
    ("fonction", "fn "),
    ("parametre", "param "),
    ("paramètre", "param "),
    ("entree", "input "),
    ("entrée", "input "),
    ("donnees", "dataset "),
    ("données", "dataset "),
];

pub(super) fn head(scene: &Scene<'_>) -> Option<Diagnostic> {
    match scene.at {
        _ if !scene.is_item() => None,
        0 => first_token(scene),
        1 => reserved_name(scene).or_else(|| second_token(scene)),
        _ => None,
    }
}

fn first_token(scene: &Scene<'_>) -> Option<Diagnostic> {
    let (written, kind) = (scene.word(0), scene.kind(0)?);
    let defines = |offset| matches!(scene.word(offset), "=" | ":" | "==" | ":=");
    match kind {
        TokenKind::Word if RESERVED.contains(&written) && defines(1) => Some(reserved_as_name(scene)),
        TokenKind::Text if defines(1) => {
            let right = format!("`{}`", written.trim_matches('"'));
            let problem = scene.error(format!("expected a name, found the text {written}"));
            Some(problem.hint(format!("write {right}")).fix(scene.place(), right))
        }
        TokenKind::Number if scene.kind(1) == Some(TokenKind::Word) && scene.glued(0) => {
            let name = format!("{written}{}", scene.word(1));
            let span = scene.place().to(scene.span(scene.token(1)?));
            let problem =
                Diagnostic::error(Code::Syntax, format!("expected a name that begins with a letter, found `{name}`"));
            Some(
                problem
                    .at(span)
                    .hint(format!("write `` `{name}` `` in backticks or `_{name}`"))
                    .fix(span, format!("_{name}")),
            )
        }
        _ => None,
    }
}

/// `input in = 3`, `in = 3`
fn reserved_name(scene: &Scene<'_>) -> Option<Diagnostic> {
    let named = ITEM_WORDS.contains(&scene.word(-1)) && RESERVED.contains(&scene.word(0));
    named.then(|| reserved_as_name(scene))
}

pub(super) fn reserved_as_name(scene: &Scene<'_>) -> Diagnostic {
    let word = scene.word(0);
    Diagnostic::error(Code::Reserved, format!("`{word}` is a reserved word"))
        .at(scene.place())
        .hint(format!("to use it as a name, write it in backticks: `` `{word}` ``"))
        .fix(scene.place(), format!("`{word}`"))
}

fn second_token(scene: &Scene<'_>) -> Option<Diagnostic> {
    let (first, second) = (scene.token(-1)?, scene.kind(0)?);
    let word = scene.word(-1);
    match second {
        TokenKind::Text if word == "test" => Some(test_without_braces(scene)),
        _ if first.kind != TokenKind::Word || ITEM_WORDS.contains(&word) => None,
        TokenKind::Word | TokenKind::Quoted | TokenKind::Text => {
            foreign_head(scene, first).or_else(|| unknown_item(scene, first)).or_else(|| space_in_head(scene, first))
        }
        TokenKind::Open if scene.word(0) == "(" => function_without_fn(scene, first),
        TokenKind::Open => unknown_item(scene, first),
        TokenKind::Symbol if scene.word(0) == "-" => hyphen_in_head(scene, first),
        _ => None,
    }
}

fn foreign_head(scene: &Scene<'_>, first: Token) -> Option<Diagnostic> {
    let (word, name) = (scene.word(-1), scene.word(0));
    let (_, right) = FOREIGN_HEADS.iter().find(|(foreign, _)| *foreign == word)?;
    let hint = match *right {
        "fn " => format!("write a function as `fn {name}(x) = …`"),
        "" => format!("write a KPI without a word before its name: `{name} = …`"),
        right => format!("write `{right}{name} = …`"),
    };
    let span = scene.span(first);
    let replaced = Span { end: scene.place().start, ..span };
    let problem = Diagnostic::error(Code::Syntax, format!("unknown item `{word}`")).at(span);
    Some(problem.hint(hint).fix(replaced, *right))
}

fn unknown_item(scene: &Scene<'_>, first: Token) -> Option<Diagnostic> {
    let word = scene.word(-1);
    let right = ITEM_WORDS.iter().find(|item| means(word, item))?;
    let problem = Diagnostic::error(Code::Syntax, format!("unknown item `{word}`")).at(scene.span(first));
    Some(problem.maybe_hint(did_you_mean(word, [*right])).fix(scene.span(first), *right))
}

/// `test "title" given a = 1`: the grammar reads the item as a KPI named `test`.
fn test_without_braces(scene: &Scene<'_>) -> Diagnostic {
    let next = scene.token(1).or(scene.token(0)).map_or(scene.place(), |token| scene.span(token));
    Diagnostic::error(Code::Syntax, "expected the steps of a test in braces").at(next).maybe_hint(form_of(scene))
}

/// `fn f(a, 1) = a`
pub(super) fn bad_parameters(scene: &Scene<'_>) -> Option<Diagnostic> {
    let wants = scene.word(0) == "(" && scene.expected.contains(&Rule::parameters);
    let problem = || scene.error("expected names separated by commas as parameters");
    wants.then(|| problem().hint("write a function as `fn share(part, whole) = part / whole`"))
}

/// `ad cost = 3`
fn space_in_head(scene: &Scene<'_>, first: Token) -> Option<Diagnostic> {
    let defines = matches!(scene.word(1), "=" | ":" | "==" | ":=");
    defines.then(|| space_in_name(scene, first, scene.word(-1), scene.word(0)))
}

pub(super) fn space_in_name(scene: &Scene<'_>, first: Token, one: &str, two: &str) -> Diagnostic {
    let right = format!("{one}_{two}");
    let span = scene.span(first).to(scene.place());
    Diagnostic::error(Code::Syntax, format!("a name cannot contain spaces, found `{one} {two}`"))
        .at(span)
        .hint(format!("write `{right}` or, in backticks, `` `{one} {two}` ``"))
        .fix(span, right)
}

fn hyphen_in_head(scene: &Scene<'_>, first: Token) -> Option<Diagnostic> {
    let last = scene.token(1).filter(|last| last.kind == TokenKind::Word && scene.glued(0) && scene.glued(-1))?;
    let (one, two) = (scene.word(-1), scene.word(1));
    let (right, span) = (format!("{one}_{two}"), scene.span(first).to(scene.span(last)));
    let problem =
        Diagnostic::error(Code::Syntax, format!("a name cannot contain a hyphen, found `{one}-{two}`")).at(span);
    Some(problem.hint(format!("write `{right}` or, in backticks, `` `{one}-{two}` ``")).fix(span, right))
}

fn function_without_fn(scene: &Scene<'_>, first: Token) -> Option<Diagnostic> {
    let name = scene.word(-1);
    let span = scene.span(first);
    let problem = Diagnostic::error(Code::Syntax, "expected `fn` before a function").at(span);
    Some(problem.hint(format!("write `fn {name}(…) = …`")).fix(span, format!("fn {name}")))
}

/// `cac spend / leads`
pub(super) fn missing_equals(scene: &Scene<'_>) -> Option<Diagnostic> {
    let wants = scene.expected.contains(&Rule::annotation) && scene.open().is_empty();
    let after_name = matches!(scene.kind(-1), Some(TokenKind::Word | TokenKind::Quoted));
    let value =
        matches!(scene.kind(0), Some(TokenKind::Word | TokenKind::Quoted | TokenKind::Number | TokenKind::Text));
    if !wants || !after_name || !value || ITEM_WORDS.contains(&scene.word(-1)) {
        return None;
    }
    let name = scene.word(-1);
    let problem = scene.error(format!("expected `=` after `{name}`, found {}", scene.found()));
    Some(problem.maybe_hint(form_of(scene).or_else(|| Some(format!("write a definition as `{name} = …`")))))
}

/// `cac: = spend / leads`
pub(super) fn missing_type(scene: &Scene<'_>) -> Option<Diagnostic> {
    let wants = scene.word(-1) == ":" && scene.expected.contains(&Rule::name);
    let problem = || scene.error(format!("expected a type, found {}", scene.found()));
    wants.then(|| {
        problem()
            .hint("write `money`, `percent`, `count`, a unit such as `EUR`, or a quotient such as `money / customer`")
    })
}

/// An indented line inside an item that looks like a separate item.
pub(super) fn indented_item(scene: &Scene<'_>) -> Option<Diagnostic> {
    let token = scene.token(0).filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted))?;
    let begins_line = !scene.same_line(-1);
    let defines = matches!(scene.word(1), "=" | ":");
    let keyword = ITEM_WORDS.contains(&scene.word(0))
        && matches!(scene.kind(1), Some(TokenKind::Word | TokenKind::Quoted | TokenKind::Text));
    if !scene.is_item() || !begins_line || !scene.open().is_empty() || !(defines || keyword || at_margin(scene, token))
    {
        return None;
    }
    let problem = scene.error(format!("expected an operator or the end of the definition, found {}", scene.found()));
    Some(match at_margin(scene, token) {
        true => problem.hint("write an item as `name = …`, or begin it with a word such as `input` or `param`"),
        false => problem.hint("remove the spaces before the item: items begin at the margin"),
    })
}

fn at_margin(scene: &Scene<'_>, token: Token) -> bool {
    scene.text[..token.start].ends_with('\n')
}
