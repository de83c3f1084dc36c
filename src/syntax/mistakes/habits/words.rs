//! Recognizes words of other languages: `CASE WHEN`, `IS NULL`, `LIKE`, `AS`.

use super::{CHOICE, CLAUSES, LOWER_CASE, MAX_QUOTED, SEARCHED, one};
use crate::diagnostic::Diagnostic;
use crate::syntax::grammar::Rule;
use crate::syntax::mistakes::placement::aggregate_around;
use crate::syntax::mistakes::scene::Scene;
use crate::syntax::scan::TokenKind;

/// `CASE WHEN a THEN b ELSE c END`, `CASE x WHEN 1 THEN b END`
pub(super) fn case(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let mut when = scene.until(at + 1, &["when"]);
    if when >= scene.tokens.len() {
        return None;
    }
    let subject = scene.lowered(at + 1, when);
    if let Some(selected) = selected_rows(scene, at, &subject) {
        return Some(selected);
    }
    let mut text = String::new();
    while scene.lower(when) == "when" {
        let then = scene.until(when + 1, &["then"]);
        let next = scene.until(then + 1, &["when", "else", "end"]);
        let (condition, value) = (scene.lowered(when + 1, then), scene.lowered(then + 1, next));
        if condition.is_empty() || value.is_empty() {
            return one(CHOICE);
        }
        let compared = if subject.is_empty() { condition } else { format!("{subject} = {condition}") };
        text.push_str(&format!("if {compared} then {value} else "));
        when = next;
    }
    let last = match scene.lower(when) == "else" {
        true => scene.lowered(when + 1, scene.until(when + 1, &["end"])),
        false => "undefined".to_owned(),
    };
    text.push_str(&last);
    one(if text.len() > MAX_QUOTED { CHOICE.to_owned() } else { format!("write `{text}`") })
}

/// `SUM(CASE WHEN a = 1 THEN x ELSE 0 END)`: rows selected inside an aggregate.
fn selected_rows(scene: &Scene<'_>, at: usize, subject: &str) -> Option<Vec<String>> {
    let (open, function) = aggregate_around(scene).filter(|(open, _)| open + 1 == at && subject.is_empty())?;
    let then = scene.until(at + 2, &["then"]);
    let last = scene.until(then + 1, &["when", "else", "end"]);
    let other = scene.lowered(last + 1, scene.until(last + 1, &["end"]));
    let is_nothing = match scene.lower(last).as_str() {
        "else" => matches!(&*other, "0" | "undefined"),
        word => word == "end",
    };
    if !is_nothing || scene.close(open)? != scene.until(last, &["end"]) + 1 {
        return None;
    }
    let (condition, value) = (scene.lowered(at + 2, then), scene.lowered(then + 1, last));
    one(match (&*function, &*value) {
        ("sum" | "count", "1") => {
            format!("write `count(leads where {condition})`, with your dataset in place of `leads`")
        }
        _ => format!("write `{function}({value} where {condition})`"),
    })
}

/// `DISTINCT x`, `COUNT(DISTINCT x)`
pub(super) fn distinct(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (column, _) = scene.operand(at + 1)?;
    let function = at.checked_sub(2).filter(|_| scene.lower(at - 1) == "(").map(|before| scene.lower(before));
    one(match function {
        Some(function) if function != "count" => {
            format!("write `{function}({column})`, or count distinct values with `count(distinct {column})`")
        }
        _ => format!("write `count(distinct {column})`"),
    })
}

/// `NOT x`, `AND`, `BETWEEN 1 AND 3`: keywords in capitals.
pub(super) fn shouted(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let written = scene.tokens[at].of(scene.text);
    let lower = written.to_lowercase();
    if lower == "where" && at == 0 && scene.tokens.len() > 1 {
        let condition = scene.lowered(1, scene.tokens.len());
        return one(format!("write the condition alone: `{condition}`")).filter(|_| condition.len() <= MAX_QUOTED);
    }
    if matches!(&*lower, "and" | "or") && scene.before(at).is_none() && scene.lower(at + 1) == "(" {
        return joined(scene, at);
    }
    if lower == written {
        return lower.eq("where").then(|| after_aggregate(scene, at)).flatten();
    }
    if lower == "where" && scene.inside() != "(" {
        return after_aggregate(scene, at).or_else(|| one(format!("write `where`: {LOWER_CASE}")));
    }
    if lower == "not" && matches!(scene.lower(at + 1).as_str(), "like" | "ilike") {
        return like(scene, at + 1);
    }
    let from = scene.expression_start(at);
    let text = scene.lowered(from, scene.expression_end(at));
    one(if text.len() > MAX_QUOTED {
        format!("write `{lower}`: {LOWER_CASE}")
    } else {
        format!("write `{text}`: {LOWER_CASE}")
    })
}

/// `and(a, b)`
pub(super) fn joined(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let close = scene.close(at + 1)?;
    let parts = scene.split(at + 2, close).into_iter().map(|(from, to)| scene.lowered(from, to));
    one(format!("write `{}`", parts.collect::<Vec<_>>().join(&format!(" {} ", scene.lower(at)))))
}

/// `if(a > 1, 2, 3)`
pub(super) fn spreadsheet_if(scene: &Scene<'_>) -> Option<Diagnostic> {
    let open = scene.open().last().and_then(|open| scene.tokens.iter().position(|token| token == open));
    let function = open.and_then(|open| open.checked_sub(1)).filter(|&before| scene.lower(before) == "if");
    if scene.word(0) != "," || function.is_none() && !scene.expected.contains(&Rule::kw_then) {
        return None;
    }
    let parts = function.and(open).and_then(|open| {
        let parts = scene.split(open + 1, scene.close(open)?);
        Some(parts.into_iter().map(|(from, to)| scene.lowered(from, to)).collect::<Vec<_>>())
    });
    let hint = match parts.as_deref() {
        Some([condition, value]) => format!("write `if {condition} then {value} else undefined`"),
        Some([condition, value, otherwise]) => format!("write `if {condition} then {value} else {otherwise}`"),
        _ => "write a conditional as `if … then … else …`".to_owned(),
    };
    Some(scene.error("`if` is not a function").hint(hint))
}

/// `sum(x) where a = 1`
pub(super) fn after_aggregate(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let aggregate = scene.before(at)?;
    let condition = scene.lowered(at + 1, scene.until(at + 1, &CLAUSES).min(scene.expression_end(at + 1)));
    let inside = aggregate.strip_suffix(')').filter(|_| !condition.is_empty())?;
    one(match aggregate.starts_with('(') || inside.contains(" where ") {
        true => format!("write `{aggregate}[{condition}]`"),
        false => format!("write `{inside} where {condition})`"),
    })
}

/// `x IS NULL`, `x is not null`, `x is true`, `x is "a"`
pub(super) fn is(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let operand = scene.before(at)?;
    let negated = scene.lower(at + 1) == "not";
    let value = at + 1 + usize::from(negated);
    let not = if negated { "" } else { "not " };
    one(match scene.lower(value).as_str() {
        "null" | "none" | "nan" | "na" | "missing" | "empty" | "blank" | "undefined" => {
            format!("write `{not}is_defined({operand})`")
        }
        "true" => format!("write `{}{operand}`", if negated { "not " } else { "" }),
        "false" => format!("write `{not}{operand}`"),
        _ => match scene.operand(value) {
            Some((value, _)) => format!("write `{operand} {} {value}`", if negated { "!=" } else { "=" }),
            None => "compare values with `=`; test whether a value is defined with `is_defined(x)`".to_owned(),
        },
    })
}

/// `name LIKE "a%"`, `name not like "%a%"`, `name contains "a"`
pub(super) fn like(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let written = scene.lower(at);
    let negated = at.checked_sub(1).is_some_and(|before| scene.lower(before) == "not");
    let operand = scene.before(at - usize::from(negated))?;
    let Some((value, _)) = scene.operand(at + 1).filter(|(value, _)| value.starts_with('"')) else {
        return one(SEARCHED);
    };
    let not = if negated { "not " } else { "" };
    let function = match &*written {
        "startswith" => "starts_with",
        "endswith" => "ends_with",
        "like" | "ilike" => "",
        other => other,
    };
    if !function.is_empty() {
        return one(format!("write `{not}{function}({operand}, {value})`"));
    }
    let pattern = value.trim_matches('"');
    let inner = pattern.trim_matches('%');
    if inner.contains(['%', '_']) && inner.contains('%') {
        return one(SEARCHED);
    }
    let operand = if written == "ilike" { format!("lower({operand})") } else { operand };
    let inner = if written == "ilike" { inner.to_lowercase() } else { inner.to_owned() };
    one(match (pattern.starts_with('%'), pattern.ends_with('%')) {
        (true, true) => format!("write `{not}contains({operand}, \"{inner}\")`"),
        (false, true) => format!("write `{not}starts_with({operand}, \"{inner}\")`"),
        (true, false) => format!("write `{not}ends_with({operand}, \"{inner}\")`"),
        (false, false) => format!("write `{operand} {} \"{inner}\"`", if negated { "!=" } else { "=" }),
    })
}

/// `CAST(x AS int)`, `sum(x) AS total`
pub(super) fn alias(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let open = scene.open().last().and_then(|open| scene.tokens.iter().position(|token| token == open));
    let function = open.and_then(|open| open.checked_sub(1)).map(|before| scene.lower(before)).unwrap_or_default();
    if matches!(&*function, "cast" | "try_cast" | "safe_cast" | "convert") {
        let value = scene.lowered(open? + 1, at);
        return one(format!("write `{value}`: values need no conversion"));
    }
    let name = scene.operand(at + 1).map_or_else(|| "name".to_owned(), |(name, _)| name);
    let value = scene.lowered(scene.expression_start(at), at);
    if !scene.is_item() {
        return one(format!("write `{value}`; to give it a name, write `{name} = {value}` in a `.kpi` file"));
    }
    one(format!("write the name before its formula: `{name} = {value}`"))
}

/// `a mod b`, `a DIV b`
pub(super) fn quotient(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let Some((one_side, (other, _))) = scene.before(at).zip(scene.operand(at + 1)) else {
        return one("write a remainder as `mod(a, b)`, and a whole quotient as `floor(a / b)`");
    };
    one(match scene.lower(at) == "mod" {
        true => format!("write `mod({one_side}, {other})`"),
        false => format!("write `floor({one_side} / {other})`"),
    })
}

pub(super) fn xor(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (left, (right, _)) = scene.before(at).zip(scene.operand(at + 1))?;
    one(format!("write `{left} != {right}`"))
}

/// `5 per cent`, `revenue per channel`
pub(super) fn per(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let number = at.checked_sub(1).map(|before| scene.tokens[before]);
    let number = number.filter(|token| token.kind == TokenKind::Number);
    match (number, scene.lower(at + 1).as_str()) {
        (Some(number), "cent") => one(format!("write `{}%`", number.of(scene.text))),
        (None, _) if scene.inside() != "{" => {
            let (column, _) = scene.operand(at + 1)?;
            one(format!("remove it and add `--by {column}` to the query"))
        }
        _ => None,
    }
}

/// `20 % percent`
pub(super) fn percent_word(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let sign = at.checked_sub(1).filter(|&before| scene.lower(before) == "%")?;
    let number = sign.checked_sub(1).map(|before| scene.tokens[before].of(scene.text))?;
    one(format!("write `{number}%`"))
}
