//! Recognizes common mistakes at the place where an item breaks, many from other languages, and suggests the correct form.

use unicode_normalization::UnicodeNormalization;

use super::habits;
use super::heads;
use super::numbers;
use super::placement::{self, AGGREGATES};
use super::scene::Scene;
use super::unclosed;
use super::warehouse;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::foreign::{self, OPERATORS};
use crate::syntax::grammar::Rule;
use crate::syntax::item::RESERVED;
use crate::syntax::scan::{Token, TokenKind, is_start};
use crate::syntax::words::{PROPERTIES, STEPS};

/// The recognizers in the order in which they are tried. The first mistake found is reported.
const MISTAKES: &[fn(&Scene<'_>) -> Option<Diagnostic>] = &[
    unclosed_quote,
    numbers::apostrophe,
    foreign_quote,
    unknown_escape,
    habits::cell,
    numbers::currency_sign,
    heads::head,
    placement::recognize,
    habits::recognize,
    foreign_operator,
    numbers::decimal_comma,
    numbers::grouped_digits,
    numbers::leading_point,
    percent,
    sign,
    comment,
    wrong_close,
    unclosed_bracket,
    heads::bad_parameters,
    heads::indented_item,
    unclosed::recognize,
    heads::missing_equals,
    heads::missing_type,
    property_punctuation,
    property_outside,
    context,
    warehouse::recognize,
    list_without_parentheses,
    conditional,
    between_without_and,
    misplaced_clause,
    two_bounds,
    count_star,
    reserved_word,
    two_words,
    second_dot,
    odd_character,
];

/// Returns a diagnostic if the item breaks at a known mistake.
pub(super) fn recognize(scene: &Scene<'_>) -> Option<Diagnostic> {
    MISTAKES.iter().find_map(|recognize| recognize(scene))
}

// ── quotes and brackets ──────────────────────────────────────────────────────

fn unclosed_quote(scene: &Scene<'_>) -> Option<Diagnostic> {
    let token = scene.token(0).filter(|token| token.kind == TokenKind::Unclosed)?;
    let written = token.of(scene.text);
    let (what, length, close, hint) = if written.starts_with("\"\"\"") {
        ("table", 3, "`\"\"\"`", "end the table with `\"\"\"` before the next item")
    } else if written.starts_with('`') {
        ("name", 1, "another backtick", "close the backticks on the same line")
    } else {
        (
            "text",
            1,
            "another `\"`",
            "close the text on the same line; write `\\n` for a line end and `\\\"` for a quote",
        )
    };
    let mut span = scene.span(token);
    span.end = span.start + length;
    let problem = Diagnostic::error(Code::Unclosed, format!("this {what} is never closed: expected {close}"));
    Some(problem.at(span).hint(hint))
}

fn foreign_quote(scene: &Scene<'_>) -> Option<Diagnostic> {
    let token = scene.token(0).filter(|token| token.kind == TokenKind::ForeignText)?;
    let mut letters = token.of(scene.text).chars();
    letters.next();
    letters.next_back();
    if let Some((hint, span)) = habits::foreign_quote(scene, letters.as_str()) {
        let problem =
            Diagnostic::error(Code::Syntax, format!("expected straight double quotes, found {}", scene.found()));
        return Some(problem.at(span).hint(hint));
    }
    let right = format!("\"{}\"", letters.as_str().replace('\\', "\\\\").replace('"', "\\\""));
    let hint = format!("write text in straight double quotes: `{right}`");
    Some(
        scene
            .error(format!("expected straight double quotes, found {}", scene.found()))
            .hint(hint)
            .fix(scene.place(), right),
    )
}

/// `"C:\data"`
fn unknown_escape(scene: &Scene<'_>) -> Option<Diagnostic> {
    let text = scene.token(0).filter(|token| token.kind == TokenKind::Text)?.of(scene.text);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let escaped = if letter == '\\' { letters.next()? } else { continue };
        if !matches!(escaped, '"' | '\\' | 'n') {
            let problem = Diagnostic::error(Code::BadLiteral, format!("unknown escape `\\{escaped}` in a text"));
            return Some(problem.at(scene.place()).hint("write a backslash as `\\\\`"));
        }
    }
    None
}

fn unclosed_bracket(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.token(0).is_some() {
        return None;
    }
    let open = *scene.open().last()?;
    Some(unclosed(scene, open))
}

fn unclosed(scene: &Scene<'_>, open: Token) -> Diagnostic {
    let (written, close) = (open.of(scene.text), closer(open.of(scene.text)));
    let problem = Diagnostic::error(Code::Unclosed, format!("`{written}` is never closed: expected `{close}`"));
    let problem = problem.at(scene.span(open)).label(scene.end_place(), "the item ends here");
    let hint = "indent the lines inside the braces: a line at the margin that looks like an item begins a new item";
    if written == "{" { problem.hint(hint) } else { problem }
}

fn is_closed(scene: &Scene<'_>, open: Token) -> bool {
    let rest = scene.tokens.iter().skip_while(|token| token.start < open.start);
    let depths = rest.scan(0_usize, |depth, token| {
        match token.kind {
            TokenKind::Open => *depth += 1,
            TokenKind::Close => *depth = depth.saturating_sub(1),
            _ => {}
        }
        Some(*depth)
    });
    depths.into_iter().any(|depth| depth == 0)
}

fn wrong_close(scene: &Scene<'_>) -> Option<Diagnostic> {
    let close = scene.token(0).filter(|token| token.kind == TokenKind::Close)?.of(scene.text);
    match scene.open().last() {
        None => Some(
            scene
                .error(format!("unexpected `{close}` without an opening bracket"))
                .hint("remove it, or add the opening bracket"),
        ),
        Some(open) if closer(open.of(scene.text)) != close => {
            let right = closer(open.of(scene.text));
            let message = format!("expected `{right}`, found `{close}`");
            let problem = Diagnostic::error(Code::Unclosed, message).at(scene.place());
            Some(problem.label(scene.span(*open), "opened here"))
        }
        Some(_) => None,
    }
}

fn closer(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

// ── operators ────────────────────────────────────────────────────────────────

/// The definition that an operator in place of `=` begins, up to the end of the line.
fn defined(scene: &Scene<'_>) -> Option<String> {
    let (operator, head) = (scene.token(0)?, &scene.tokens[..scene.at]);
    let formula = scene.text[operator.end..].lines().next()?;
    let formula = formula.split(" #").next()?.trim().trim_end_matches('{').trim_end();
    let is_head = scene.is_item() && scene.open().is_empty() && head.iter().all(|token| token.of(scene.text) != "=");
    let name = scene.text[head.first()?.start..operator.start].trim();
    (is_head && !formula.is_empty()).then(|| format!("{name} = {formula}"))
}

fn foreign_operator(scene: &Scene<'_>) -> Option<Diagnostic> {
    let written = scene.word(0);
    if written == "=>" && scene.expected.contains(&Rule::kw_gives) {
        return None;
    }
    let (_, right) = OPERATORS.iter().find(|(foreign, _)| *foreign == written)?;
    let name = right.trim();
    let definition = || if *right == "=" { defined(scene) } else { None };
    let whole = definition().or_else(|| habits::compared(scene, scene.at, right));
    let hint = format!("write `{}`", whole.as_deref().unwrap_or(name));
    let problem = scene.error(format!("unknown operator `{written}`")).hint(hint);
    let replacement = if scene.glued(0) { *right } else { name };
    Some(problem.fix(scene.place(), replacement))
}

/// `x % 3`, `x%`
fn percent(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.word(0) == "%" {
        let problem = scene.error("unexpected `%`: it may only follow a number");
        return Some(problem.hint(
            "for a remainder, write `mod(a, b)`; to print a share in percent, declare its type with `: percent`",
        ));
    }
    if let (Some(number), "%", Some(TokenKind::Word), true) =
        (scene.token(-2), scene.word(-1), scene.kind(0), scene.glued(-2) && scene.glued(-1))
    {
        let right = format!("{}% * {}", number.of(scene.text), scene.word(0));
        let problem = scene.error(format!("expected an operator, found {}", scene.found()));
        return Some(problem.hint(format!("write `{right}`; for the remainder of a division, `mod(a, b)`")));
    }
    let after =
        scene.word(-1) == "%" && matches!(scene.kind(0), Some(TokenKind::Number | TokenKind::Word | TokenKind::Quoted));
    let problem = || scene.error(format!("expected an operator, found {}", scene.found()));
    (after && scene.same_line(-1) && !RESERVED.contains(&scene.word(0)))
        .then(|| problem().hint("for the remainder of a division, write `mod(a, b)`; `20%` is 0.2"))
}

/// `= +3`
fn sign(scene: &Scene<'_>) -> Option<Diagnostic> {
    let problem = || scene.error("expected a value, found `+`").hint("remove the `+`").fix(scene.place(), "");
    (scene.word(0) == "+").then(problem)
}

/// `// …`, `/* … */`, `-- …`
fn comment(scene: &Scene<'_>) -> Option<Diagnostic> {
    let is_dash = |token: &Token| token.of(scene.text) == "-";
    let dashes = scene.tokens[..scene.at].windows(2).find(|two| two.iter().all(is_dash) && two[0].end == two[1].start);
    let span = match (scene.word(-1), scene.word(0)) {
        ("/", "/") if scene.glued(-1) => scene.span(scene.token(-1)?).to(scene.place()),
        (_, "/*") => scene.place(),
        _ => {
            let two = dashes?;
            scene.span(two[0]).to(scene.span(two[1]))
        }
    };
    let problem = Diagnostic::error(Code::Syntax, "expected `#` before a comment").at(span);
    Some(problem.hint("write `#`: a comment extends to the end of its line").fix(span, "#"))
}

// ── cards ────────────────────────────────────────────────────────────────────

/// `label: "…"`, `label = "…"`, and commas or semicolons between entries.
fn property_punctuation(scene: &Scene<'_>) -> Option<Diagnostic> {
    let written = scene.word(0);
    if written == ";" && matches!(scene.inside(), "(" | "[") {
        let problem = scene.error("unexpected `;`").hint("separate entries in brackets with `,`");
        return Some(problem.fix(scene.place(), ","));
    }
    if written == ";" {
        let problem = scene.error("unexpected `;`").hint("remove the `;`: entries end with their line");
        return Some(problem.fix(scene.place(), ""));
    }
    if scene.inside() != "{" {
        return None;
    }
    let word = scene.word(-1);
    let known = PROPERTIES.contains(&word) || word == "example" || STEPS.contains(&word);
    match written {
        ":" | "=" if known => {
            let problem = scene.error(format!("expected a value after `{word}`, found `{written}`"));
            Some(problem.hint(format!("remove the `{written}`")).fix(scene.place(), ""))
        }
        ":" if matches!(scene.entry_word(), "given" | "expect" | "example") => {
            let problem = scene.error("expected `=`, found `:`").hint("write a given value as `name = value`");
            Some(problem.fix(scene.place(), " ="))
        }
        "," => Some(
            scene
                .error("expected entries without commas between them, found `,`")
                .hint("remove the `,`")
                .fix(scene.place(), ""),
        ),
        _ => None,
    }
}

/// `cac = a / b label "…"`
fn property_outside(scene: &Scene<'_>) -> Option<Diagnostic> {
    let word = scene.word(0);
    let known = PROPERTIES.contains(&word) || word == "example";
    if !known || !scene.open().is_empty() || scene.at < 3 || !scene.expected.contains(&Rule::card) {
        return None;
    }
    let problem = scene.error(format!("expected an operator or the end of the definition, found {}", scene.found()));
    Some(problem.hint(format!("write the properties of a definition in braces: `{{ {word} … }}`")))
}

// ── expressions ──────────────────────────────────────────────────────────────

const CONTEXT_FORMS: &str = "write `previous`, `1 year ago`, `so far`, `last 3 months`, `year to date`, `to date`, `all channel` or a condition";

/// `[last month]`, `[previous month]`, `[last 3]`, `[]`
fn context(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.inside() != "[" {
        return None;
    }
    let open = *scene.open().last()?;
    if !is_closed(scene, open) {
        return Some(unclosed(scene, open));
    }
    let unit = scene.word(0).trim_end_matches('s');
    let unit = if matches!(unit, "day" | "week" | "month" | "quarter" | "year") { unit } else { "month" };
    let problem = || scene.error(format!("expected a context, found {}", scene.found()));
    if let Some(hint) = so_far(scene) {
        return Some(problem().hint(hint));
    }
    if scene.word(0) == "ago" && matches!(scene.word(-2), "[" | ",") && scene.kind(-1) == Some(TokenKind::Word) {
        return Some(problem().hint(format!("write how many: `[1 {} ago]`", scene.word(-1))));
    }
    match (scene.word(-1), scene.kind(0)?) {
        ("last" | "past", TokenKind::Word) => Some(problem().hint(format!(
            "write `[previous]` or `[1 {unit} ago]` for the {unit} before, or `[last 3 {unit}s]` for a window"
        ))),
        ("previous" | "prev" | "prior", TokenKind::Word) => Some(problem().hint(format!(
            "write `[previous]` for the period before at any grain, or `[1 {unit} ago]` for the {unit} before"
        ))),
        ("[", TokenKind::Close) => Some(problem().hint(CONTEXT_FORMS)),
        (_, TokenKind::Close) if scene.expected.contains(&Rule::duration_unit) => {
            Some(problem().hint("add the unit of time: `[last 3 months]`, `[last 3 periods]`"))
        }
        (_, TokenKind::Word) if matches!(scene.kind(-1), Some(TokenKind::Word | TokenKind::Number)) => {
            Some(problem().hint(CONTEXT_FORMS))
        }
        _ => None,
    }
}

/// `[previous so far]`, `[1 year ago so far]`, `[year so far]`, `[so fare]`, `[same days]`
fn so_far(scene: &Scene<'_>) -> Option<String> {
    match [-1, 0, 1].map(|at| scene.word(at)) {
        [grain @ ("year" | "half" | "quarter" | "month" | "week" | "day"), "so", _] => {
            Some(format!("write `[{grain} to date]`"))
        }
        [_, "so", "far"] => Some("separate contexts by commas: `[previous, so far]`".into()),
        [_, "ago", "so"] => Some("separate contexts by commas: `[1 year ago, so far]`".into()),
        ["so" | "same", ..] => Some(
            "write `so far` beside a shift, for as many days as in the current period: `[1 year ago, so far]`".into(),
        ),
        _ => None,
    }
}

/// `x in "a"`
fn list_without_parentheses(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.expected == [Rule::name] {
        return None;
    }
    let offset = match (scene.word(0), scene.word(-1)) {
        ("in", _) => 1,
        ("not", _) if scene.word(1) == "in" => 2,
        (_, "in") => 0,
        _ => return None,
    };
    let problem = scene.error("expected a list in parentheses after `in`");
    Some(match scene.kind(offset) {
        Some(TokenKind::Open) if scene.word(offset) != "(" => problem.hint("write `in (a, b)`"),
        Some(TokenKind::Open) | None => problem.hint("write `in (a, b)`"),
        Some(_) => problem.hint(format!("write `in ({})`", scene.word(offset))),
    })
}

/// `elif`, `end`, and a conditional in the middle of an expression.
fn conditional(scene: &Scene<'_>) -> Option<Diagnostic> {
    match scene.word(0) {
        "elif" | "elsif" | "elseif" | "elsewhen" => Some(
            scene
                .error(format!("unknown word {}", scene.found()))
                .hint("write `else if`")
                .fix(scene.place(), "else if"),
        ),
        "if" if scene.kind(-1) != Some(TokenKind::Open) => {
            let problem = scene.error("a conditional inside an expression needs parentheses");
            Some(problem.hint("write `(if … then … else …)`"))
        }
        "end" | "endif" | "fi" => {
            let problem = scene.error(format!("unexpected {}: a conditional has no end word", scene.found()));
            Some(problem.hint("remove it").fix(scene.place(), ""))
        }
        "" if scene.expected.contains(&Rule::kw_else) => {
            let problem = scene.error("expected `else` in a conditional");
            Some(problem.hint("if there is no other value, write `else undefined`"))
        }
        _ => None,
    }
}

/// `a between 1 to 2`
fn between_without_and(scene: &Scene<'_>) -> Option<Diagnostic> {
    let wants = scene.expected.contains(&Rule::kw_and);
    let problem = || scene.error(format!("expected `and`, found {}", scene.found()));
    wants.then(|| problem().hint("write a closed interval as `x between 1 and 2`"))
}

/// `sum(a) where b`, `sum(a where b, c)`
fn misplaced_clause(scene: &Scene<'_>) -> Option<Diagnostic> {
    match (scene.word(0), scene.inside()) {
        (word @ ("where" | "by"), inside) if inside != "(" => {
            let hint = match word {
                "where" => {
                    "write the condition inside the aggregate, `sum(a where b = 1)`, or in a context, `x[b = 1]`"
                }
                _ => {
                    "remove `by` and group the query with `--by`; a formula may only contain `by` inside `last(x by account)`"
                }
            };
            Some(scene.error(format!("expected an operator, found `{word}`")).hint(hint))
        }
        ("where", "(") => {
            let open = *scene.open().last()?;
            let by =
                scene.tokens[..scene.at].iter().any(|token| token.start > open.start && token.of(scene.text) == "by");
            let problem = || scene.error("expected the condition before `by`");
            by.then(|| problem().hint("write `where` first: `last(x where b = 1 by account)`"))
        }
        (",", "") if !scene.is_item() => {
            let hint = "join conditions with `and`; name several KPIs with spaces between them";
            Some(scene.error("expected an operator or the end of the formula, found `,`").hint(hint))
        }
        (",", "(") => {
            let open = *scene.open().last()?;
            let clause = scene.tokens.iter().rev().find(|token| {
                token.start > open.start && token.end <= scene.tokens[scene.at].start && token.of(scene.text) == "where"
            });
            let problem = || scene.error("expected an operator or `)`, found `,`").hint("join conditions with `and`");
            clause.map(|_| problem().fix(scene.place(), " and"))
        }
        _ => None,
    }
}

/// `good <= 5% and >= 3%`
fn two_bounds(scene: &Scene<'_>) -> Option<Diagnostic> {
    let band = matches!(scene.entry_word(), "good" | "watch" | "bad") && scene.inside() == "{";
    let joined = band && matches!(scene.word(0), "and" | "or");
    let problem = || scene.error(format!("expected one comparison in a band, found {} after it", scene.found()));
    joined.then(|| problem().hint("write `between 3% and 5%`, or `when` followed by a condition that names the KPI"))
}

/// `count(*)`
fn count_star(scene: &Scene<'_>) -> Option<Diagnostic> {
    let star = (scene.word(-1), scene.word(0), scene.word(1)) == ("(", "*", ")");
    star.then(|| {
        scene.error("expected a value, found `*`").hint("count the rows of a dataset by its name: `count(leads)`")
    })
}

/// A reserved word in place of a value or a name.
fn reserved_word(scene: &Scene<'_>) -> Option<Diagnostic> {
    let wants_name = matches!(scene.expected, [Rule::name] | [Rule::path] | [Rule::string, Rule::name]);
    (wants_name && RESERVED.contains(&scene.word(0))).then(|| heads::reserved_as_name(scene))
}

/// `ad cost` in a formula.
fn two_words(scene: &Scene<'_>) -> Option<Diagnostic> {
    let first = scene.token(-1)?;
    let words = first.kind == TokenKind::Word && scene.kind(0) == Some(TokenKind::Word) && scene.same_line(-1);
    let free = |word: &str| !RESERVED.contains(&word) && !matches!(word, "where" | "by" | "each" | "gives");
    let operator = scene.expected.contains(&Rule::op) || scene.expected.contains(&Rule::arithmetic);
    let wants_word = scene.expected.contains(&Rule::kw_then) || scene.expected.contains(&Rule::kw_else);
    if !words || !operator || wants_word || !free(scene.word(-1)) || !free(scene.word(0)) {
        return None;
    }
    if AGGREGATES.contains(&&*scene.word(-1).to_lowercase()) || foreign::is_aggregate(scene.word(-1)) {
        let value = habits::called(scene.word(-1), scene.word(0));
        let problem = scene.error(format!("expected `(` after `{}`", scene.word(-1)));
        return Some(problem.hint(format!("write `{value}`")).fix(scene.span(first).to(scene.place()), value));
    }
    Some(heads::space_in_name(scene, first, scene.word(-1), scene.word(0)))
}

/// `a.b.c`
fn second_dot(scene: &Scene<'_>) -> Option<Diagnostic> {
    let hint = "write a column as `dataset.column`; write a name that contains a dot in backticks";
    ((scene.word(-2), scene.word(0)) == (".", "."))
        .then(|| scene.error("a name cannot contain more than one dot").hint(hint))
}

/// A character that is not part of the language.
fn odd_character(scene: &Scene<'_>) -> Option<Diagnostic> {
    let letter = scene.token(0).filter(|token| token.kind == TokenKind::Other)?.of(scene.text).chars().next()?;
    let code = letter as u32;
    let visible = letter.is_alphanumeric() || letter.is_ascii_graphic() || is_start(letter);
    let shown = if visible { format!("`{letter}`") } else { format!("U+{code:04X}") };
    let hint = match letter {
        '\'' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' => Some("write text in straight double quotes"),
        '\u{2009}' | '\u{200b}' | '\u{2003}' | '\u{2002}' | '\u{3000}' => {
            Some("replace this unusual space by a plain one")
        }
        '−' | '–' | '—' => Some("write a minus sign as `-`"),
        '²' => Some("write a square as `x^2`"),
        '³' => Some("write a cube as `x^3`"),
        '√' => Some("write a square root as `sqrt(x)`"),
        _ => None,
    };
    let plain: String = letter.nfkc().collect();
    let plain = (hint.is_none() && !letter.is_ascii() && plain.is_ascii()).then(|| format!("write `{plain}`"));
    Some(scene.error(format!("unexpected character {shown}")).maybe_hint(hint).maybe_hint(plain))
}
