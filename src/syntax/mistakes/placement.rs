//! Recognizes words of this language at the wrong place: `sum(x) each day`, `sum(x each)`, `x previous`.

use super::scene::Scene;
use crate::diagnostic::Diagnostic;
use crate::syntax::scan::TokenKind;

/// The aggregates that accept `where` and `each`.
pub(super) const AGGREGATES: [&str; 10] =
    ["sum", "count", "avg", "min", "max", "median", "stddev", "stddev_pop", "variance", "variance_pop"];

/// The grains of time, singular and plural.
const GRAINS: [&str; 7] = ["hour", "day", "week", "month", "quarter", "half", "year"];

/// Returns a diagnostic if the item breaks at a word that belongs elsewhere.
pub(super) fn recognize(scene: &Scene<'_>) -> Option<Diagnostic> {
    let hint = each_outside(scene)
        .or_else(|| each_incomplete(scene))
        .or_else(|| each_in_other_words(scene))
        .or_else(|| conditional_in_aggregate(scene))
        .or_else(|| context_without_brackets(scene))
        .or_else(|| missing_comma(scene))
        .or_else(|| other_words(scene))?;
    Some(scene.error(format!("expected {}, found {}", expected(scene), scene.found())).hint(hint))
}

/// What the grammar expects at the place, in a word.
fn expected(scene: &Scene<'_>) -> &'static str {
    match scene.word(-1) {
        "each" => "the keys",
        "having" | "previous" => "a value",
        _ => "an operator",
    }
}

/// `sum(x) each day`, `each day sum(x)`
fn each_outside(scene: &Scene<'_>) -> Option<String> {
    if scene.word(-1) == "each" && scene.kind(0) == Some(TokenKind::Word) && scene.at == 1 {
        return Some("write the keys at the end of an aggregate: `sum(x each day)`".into());
    }
    if scene.word(0) != "each" || scene.inside() == "(" {
        return None;
    }
    let keys = keys(scene, scene.at + 1)?;
    let value = scene.before(scene.at)?;
    Some(match value.strip_suffix(')').filter(|_| is_aggregate(&value)) {
        Some(open) => format!("write `each` inside the parentheses: `{open} each {keys})`"),
        None => format!("write an aggregate of the values: `sum({value} each {keys})`"),
    })
}

/// `sum(x each)`, `sum(x each day,)`, `sum(x each day having)`, `sum(x each a and b)`
fn each_incomplete(scene: &Scene<'_>) -> Option<String> {
    let open = *scene.open().last().filter(|open| open.of(scene.text) == "(")?;
    let inside = |word: &str| {
        let mut before = scene.tokens[..scene.at].iter();
        before.any(|token| token.start > open.start && token.of(scene.text) == word)
    };
    let ends = scene.word(0) == ")" || scene.token(0).is_none();
    match scene.word(-1) {
        "each" if ends => {
            Some("write what to aggregate over, grains or columns: `each day`, `each customer_id`".into())
        }
        "," if ends && inside("each") => Some("remove the comma, or write one more column".into()),
        "having" if ends => Some("write a condition on the groups, such as `having x > 3`".into()),
        _ if scene.word(0) == "and" && inside("each") && !inside("having") => {
            Some("separate keys by commas: `each day, channel`".into())
        }
        _ => None,
    }
}

/// `avg(x per day)`, `avg(x for each day)`, `avg(each day x)`
fn each_in_other_words(scene: &Scene<'_>) -> Option<String> {
    let (open, function) = aggregate_around(scene)?;
    if scene.word(-1) == "each" && scene.at == open + 2 {
        return Some(format!("write the keys at the end: `{function}(x each {})`", scene.word(0)));
    }
    let from = match (scene.word(0), scene.word(1)) {
        ("for" | "per", "each" | "every") => scene.at + 2,
        ("per" | "every" | "over", _) => scene.at + 1,
        _ => return None,
    };
    let keys = keys(scene, from)?;
    let value = scene.lowered(open + 1, scene.at);
    (!value.is_empty()).then(|| format!("write `{function}({value} each {keys})`"))
}

/// `sum(amount if channel = "web")`
fn conditional_in_aggregate(scene: &Scene<'_>) -> Option<String> {
    let (open, function) = aggregate_around(scene)?;
    if scene.word(0) != "if" || scene.at == open + 1 {
        return None;
    }
    let end = scene.close(open)?;
    let (value, condition) = (scene.lowered(open + 1, scene.at), scene.lowered(scene.at + 1, end));
    let is_plain = !condition.is_empty() && !condition.contains("then");
    is_plain.then(|| format!("write `{function}({value} where {condition})`"))
}

/// `x previous`, `previous x`
fn context_without_brackets(scene: &Scene<'_>) -> Option<String> {
    if scene.inside() == "[" || !scene.same_line(-1) {
        return None;
    }
    match (scene.word(-1), scene.word(0)) {
        (_, "previous") => Some(format!("write `{}[previous]`", scene.before(scene.at)?)),
        ("previous", _) if scene.kind(0) == Some(TokenKind::Word) => {
            Some(format!("write `{}[previous]`", scene.word(0)))
        }
        _ => None,
    }
}

/// `count(x distinct)`, `fn f(x) { x + 1 }`, `good if > 30`, `lookup a by b`, `x so far`, `a = 1, b = 2`
fn other_words(scene: &Scene<'_>) -> Option<String> {
    let begins_with = |word: &str| scene.tokens.first().is_some_and(|first| first.of(scene.text) == word);
    match (scene.word(0), scene.word(1)) {
        ("distinct", ")") => {
            let (open, function) = aggregate_around(scene)?;
            Some(format!("write `{function}(distinct {})`", scene.lowered(open + 1, scene.at)))
        }
        ("{", _) if begins_with("fn") && scene.word(-1) == ")" => {
            let head = scene.lowered(1, scene.at);
            let body = scene.lowered(scene.at + 1, scene.close(scene.at)?);
            Some(format!("write `fn {head} = {body}`"))
        }
        ("if", sign) if matches!(scene.word(-1), "good" | "watch" | "bad") => Some(match sign {
            "<" | "<=" | ">" | ">=" | "=" => format!("write `{} {sign} {}`", scene.word(-1), scene.word(2)),
            _ => format!("write `{} when` and a condition that names the KPI", scene.word(-1)),
        }),
        ("by", key) if scene.entry_word() == "lookup" && begins_with("dataset") => {
            Some(format!("write `lookup {} on {key}`", scene.before(scene.at)?))
        }
        ("so", "far") if scene.inside() != "[" && scene.same_line(-1) => {
            let value = scene.before(scene.at)?;
            Some(format!("write `{value}[year to date]`, or `{value}[1 year ago, so far]` to compare"))
        }
        (",", _) if scene.is_item() && scene.open().is_empty() && scene.word(2) == "=" => {
            Some("write each definition on its own line".into())
        }
        _ => None,
    }
}

/// `round(x 2)`
fn missing_comma(scene: &Scene<'_>) -> Option<String> {
    let open = scene.open().len().checked_sub(1).map(|at| scene.open()[at])?;
    let at = scene.tokens.iter().position(|token| *token == open)?;
    let function = at.checked_sub(1).filter(|&at| scene.tokens[at].kind == TokenKind::Word)?;
    let is_value = matches!(scene.kind(-1), Some(TokenKind::Word | TokenKind::Close | TokenKind::Quoted));
    if scene.inside() != "(" || scene.kind(0) != Some(TokenKind::Number) || !is_value {
        return None;
    }
    let end = scene.close(at)?;
    let (first, second) = (scene.lowered(at + 1, scene.at), scene.lowered(scene.at, end));
    Some(format!("separate arguments by commas: `{}({first}, {second})`", scene.tokens[function].of(scene.text)))
}

/// Returns true for the text of a call of an aggregate.
fn is_aggregate(call: &str) -> bool {
    call.split_once('(').is_some_and(|(function, _)| AGGREGATES.contains(&function))
}

/// The opening bracket and the name of the aggregate around the place.
pub(super) fn aggregate_around(scene: &Scene<'_>) -> Option<(usize, String)> {
    let open = *scene.open().last().filter(|open| open.of(scene.text) == "(")?;
    let at = scene.tokens.iter().position(|token| *token == open)?;
    let function = scene.tokens[at.checked_sub(1)?].of(scene.text).to_lowercase();
    AGGREGATES.contains(&&*function).then_some((at, function))
}

/// The names from a token on that are separated by commas; `days` is `day`.
fn keys(scene: &Scene<'_>, from: usize) -> Option<String> {
    let is_name = |at: &usize| matches!(scene.tokens[*at].kind, TokenKind::Word | TokenKind::Quoted);
    let mut names: Vec<&str> = vec![];
    let mut at = from;
    while at < scene.tokens.len() && is_name(&at) {
        let name = scene.tokens[at].of(scene.text);
        let singular = name.strip_suffix('s').filter(|name| GRAINS.contains(name));
        names.push(singular.unwrap_or(name));
        if scene.tokens.get(at + 1).is_none_or(|token| token.of(scene.text) != ",") {
            break;
        }
        at += 2;
    }
    (!names.is_empty()).then(|| names.join(", "))
}
