//! Recognizes syntax of SQL, spreadsheets and programming languages, and suggests the equivalent, built from the text of
//! the user.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

use super::scene::Scene;
use crate::syntax::grammar::Rule;
use crate::syntax::item::RESERVED;
use crate::syntax::print::spelled;
use crate::syntax::scan::{Token, TokenKind};

/// Returns the hints for a form that begins or breaks at the token with this index.
type Habit = fn(&Scene<'_>, usize) -> Option<Vec<String>>;

/// Words that identify a form of another language, in lower case, at the token where the item breaks or the one before.
const WORDS: &[(&[&str], Habit)] = &[
    (&["case"], case),
    (&["distinct"], distinct),
    (&["not", "and", "or", "in", "between", "then", "else", "where", "if"], shouted),
    (&["is"], is),
    (&["like", "ilike", "contains", "starts_with", "startswith", "ends_with", "endswith"], like),
    (&["matches", "regexp", "rlike"], |_, _| one(SEARCHED)),
    (&["as"], alias),
    (&["over"], over),
    (&["group", "partition", "by"], group),
    (&["order", "sort"], order),
    (&["limit", "top"], limit),
    (&["having"], having),
    (&["filter"], filter),
    (&["mod", "div"], quotient),
    (&["xor"], xor),
    (&["per"], per_cent),
    (&["percent", "percentage", "pct"], percent_word),
    (&["from", "join"], from),
    (&["lambda"], |_, _| one("write a function as `fn rise(x) = x / x[previous] - 1`")),
];

/// Signs that identify a form of another language where an operand cannot begin or continue.
const SIGNS: &[(&[&str], Habit)] = &[
    (&["="], leading_equals),
    (&["["], bracketed),
    (&["{"], bracketed),
    (&["@"], at_sign),
    (&[":"], colon),
    (&["/"], whole_quotient),
    (&["."], method),
    (&["!"], sheet),
    (&["&"], |scene, at| {
        let both = scene.before(at).zip(scene.after(at + 1));
        let text = both.as_ref().is_some_and(|(one, two)| one.starts_with('"') || two.starts_with('"'));
        let and = both.map_or_else(|| "`and`".into(), |(one, two)| format!("`{one} and {two}`"));
        let and = (!text).then(|| format!("between conditions, write {and}"));
        Some(and.into_iter().chain([JOINED.to_owned()]).collect())
    }),
    (&["~"], |_, _| one(SEARCHED)),
];

const JOINED: &str = "to group by several columns, write `--by country,channel`; texts cannot be joined";
const SEARCHED: &str = "search text with `contains(x, \"…\")`, `starts_with` or `ends_with`";
const LOWER_CASE: &str = "keywords are in lower case";
const CHOICE: &str = "write a conditional as `if … then … else if … then … else …`";
/// The maximum number of bytes that a hint quotes.
const MAX_QUOTED: usize = 120;
/// The words that begin the next part of a query.
const CLAUSES: [&str; 9] = ["from", "where", "group", "order", "limit", "having", "over", "union", "qualify"];

fn one(hint: impl Into<String>) -> Option<Vec<String>> {
    Some(vec![hint.into()])
}

/// Returns a diagnostic with hints if the item breaks at a form of another language.
pub(super) fn recognize(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.expected.contains(&Rule::kw_gives) {
        return None;
    }
    query(scene).or_else(|| spreadsheet_if(scene)).or_else(|| word(scene)).or_else(|| sign(scene))
}

/// `SELECT SUM(x) FROM t WHERE c GROUP BY month`, wherever it breaks.
fn query(scene: &Scene<'_>) -> Option<Diagnostic> {
    let at = scene.tokens[..scene.at]
        .iter()
        .position(|token| token.kind == TokenKind::Word && is(scene, token, "select"))?;
    let begins = at == 0 || matches!(scene.tokens[at - 1].of(scene.text), "=" | "(");
    let followed = !matches!(scene.lower(at + 1).as_str(), "" | ")" | "," | "+" | "-" | "/" | "=");
    fn is(scene: &Scene<'_>, token: &Token, word: &str) -> bool {
        token.of(scene.text).eq_ignore_ascii_case(word)
    }
    if !begins || !followed {
        return None;
    }
    let span = scene.span(scene.tokens[at]);
    let problem = Diagnostic::error(Code::Syntax, "expected a formula, found a query").at(span);
    Some(selected(scene, at).into_iter().fold(problem, Diagnostic::hint))
}

/// Suggests formulas for the selected columns of a query, and command options for its other parts.
fn selected(scene: &Scene<'_>, at: usize) -> Vec<String> {
    let end = scene.until(at + 1, &CLAUSES);
    let columns = scene.split(at + 1, end).into_iter().filter_map(|(from, to)| {
        let to = scene.until(from, &["as"]).min(to);
        match scene.lower(from).as_str() {
            "distinct" => Some(format!("`count(distinct {})`", scene.lowered(from + 1, to))),
            _ => scene.tokens[from..to]
                .iter()
                .any(|token| token.kind == TokenKind::Open)
                .then(|| format!("`{}`", scene.lowered(from, to))),
        }
    });
    let columns: Vec<String> = columns.collect();
    let first = match columns.is_empty() {
        true => "write what to compute, such as `sum(revenue)`".to_owned(),
        false => format!("write {}", columns.join(" and, separately, ")),
    };
    let part = |word: &str, skip: usize| {
        let from = scene.until(at + 1, &[word]) + skip;
        let text = scene.lowered(from.min(scene.tokens.len()), scene.until(from, &CLAUSES));
        Some(text).filter(|text| !text.is_empty())
    };
    let options = [
        part("where", 1).map(|text| format!("`--where '{text}'`")),
        part("group", 2).map(|text| format!("`--by {}`", text.replace(", ", ","))),
        part("limit", 1).map(|text| format!("`--limit {text}`")),
    ];
    let options: Vec<String> = options.into_iter().flatten().collect();
    let second = match options.is_empty() {
        true => "name the data with `-d sales.csv`, choose rows with `--where`, and group with `--by`".to_owned(),
        false => format!("pass the rest as options of the command: {}", options.join(" ")),
    };
    vec![first, second]
}

fn word(scene: &Scene<'_>) -> Option<Diagnostic> {
    [scene.at, scene.at.wrapping_sub(1)].into_iter().find_map(|at| {
        let token = *scene.tokens.get(at).filter(|token| token.kind == TokenKind::Word)?;
        let before = at != scene.at;
        // A word before the break was read as a name. It is only a keyword if it is next to another operand.
        let beside = matches!(
            scene.kind(0),
            Some(
                TokenKind::Word
                    | TokenKind::Quoted
                    | TokenKind::Number
                    | TokenKind::Text
                    | TokenKind::ForeignText
                    | TokenKind::Open
            )
        );
        if before && (!beside || !scene.same_line(-1)) {
            return None;
        }
        let lower = token.of(scene.text).to_lowercase();
        let (_, habit) = WORDS.iter().find(|(words, _)| words.contains(&&*lower))?;
        let hints = habit(scene, at)?;
        let expected = if at == 0 || scene.before(at).is_none() { "a value" } else { "an operator" };
        let message = format!("expected {expected}, found `{}`", token.of(scene.text));
        let problem = Diagnostic::error(Code::Syntax, message).at(scene.span(token));
        let problem = match hints.iter().any(|hint| hint.ends_with(LOWER_CASE)) {
            true => problem.fix(scene.span(token), lower),
            false => problem,
        };
        Some(hints.into_iter().fold(problem, Diagnostic::hint))
    })
}

fn sign(scene: &Scene<'_>) -> Option<Diagnostic> {
    let written = scene.word(0);
    let (_, habit) = SIGNS.iter().find(|(signs, _)| signs.contains(&written))?;
    let hints = habit(scene, scene.at)?;
    let problem = match written {
        "&" | "!" => scene.error(format!("unknown operator `{written}`")),
        "/" => {
            let span = scene.span(scene.token(-1)?).to(scene.place());
            Diagnostic::error(Code::Syntax, "unknown operator `//`").at(span)
        }
        "~" => scene.error("unknown operator `~`"),
        _ if scene.before(scene.at).is_some() => scene.error(format!("expected an operator, found `{written}`")),
        _ => scene.error(format!("expected a value, found `{written}`")),
    };
    Some(hints.into_iter().fold(problem, Diagnostic::hint))
}

// ── words ────────────────────────────────────────────────────────────────────

/// `CASE WHEN a THEN b ELSE c END`, `CASE x WHEN 1 THEN b END`
fn case(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let mut when = scene.until(at + 1, &["when"]);
    if when >= scene.tokens.len() {
        return None;
    }
    let subject = scene.lowered(at + 1, when);
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

/// `DISTINCT x`, `COUNT(DISTINCT x)`
fn distinct(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
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
fn shouted(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
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
fn joined(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let close = scene.close(at + 1)?;
    let parts = scene.split(at + 2, close).into_iter().map(|(from, to)| scene.lowered(from, to));
    one(format!("write `{}`", parts.collect::<Vec<_>>().join(&format!(" {} ", scene.lower(at)))))
}

/// `if(a > 1, 2, 3)`
fn spreadsheet_if(scene: &Scene<'_>) -> Option<Diagnostic> {
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
fn after_aggregate(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let aggregate = scene.before(at)?;
    let condition = scene.lowered(at + 1, scene.until(at + 1, &CLAUSES).min(scene.expression_end(at + 1)));
    let inside = aggregate.strip_suffix(')').filter(|_| !condition.is_empty())?;
    one(match aggregate.starts_with('(') || inside.contains(" where ") {
        true => format!("write `{aggregate}[{condition}]`"),
        false => format!("write `{inside} where {condition})`"),
    })
}

/// `x IS NULL`, `x is not null`, `x is true`, `x is "a"`
fn is(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
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
fn like(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
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
fn alias(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
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

/// `sum(x) over (order by day)`
fn over(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let value = scene.before(at)?;
    let name = value.split('(').next().unwrap_or_default();
    if matches!(name, "rank" | "dense_rank" | "row_number" | "ntile" | "percent_rank") {
        return one("rank a result by sorting it: `--by channel --sort=-revenue`; add `--limit 10` for the first ten");
    }
    let words: Vec<String> = (at + 1..scene.tokens.len()).map(|at| scene.lower(at)).collect();
    let has = |word: &str| words.iter().any(|found| found == word);
    one(match (has("order"), has("partition")) {
        (true, _) => format!("for a running total, write `{value}[to date]`"),
        (false, true) => format!(
            "for a value per group, write `{value}` and add `--by channel`; over all groups, write `{value}[all]`"
        ),
        _ => format!("for the value over all groups, write `{value}[all]`; for a running total, `{value}[to date]`"),
    })
}

/// `sum(x) GROUP BY month`
fn group(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    if scene.lower(at) == "by" {
        let earlier = at.checked_sub(1).map(|before| scene.lower(before)).unwrap_or_default();
        return match &*earlier {
            "order" | "sort" => order(scene, at - 1),
            _ if scene.inside() == "(" => None,
            _ => Some(grouped(scene, at + 1)),
        };
    }
    (scene.lower(at + 1) == "by").then(|| grouped(scene, at + 2))
}

/// `sum(x) by month, channel`, where `from` is the first column.
fn grouped(scene: &Scene<'_>, from: usize) -> Vec<String> {
    let columns = scene.lowered(from, scene.until(from, &CLAUSES)).replace(", ", ",");
    let columns = if columns.is_empty() { "month".to_owned() } else { columns };
    vec![format!("remove it and add `--by {columns}` to the query")]
}

/// `sum(x) ORDER BY x DESC`
fn order(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    if scene.lower(at + 1) != "by" {
        return None;
    }
    let column = scene.lowered(at + 2, scene.until(at + 2, &["desc", "asc", "limit"]));
    let descending = scene.lower(scene.until(at + 2, &["desc"])) == "desc";
    let column = if column.contains(['(', ' ']) { format!("'{column}'") } else { column };
    one(match descending {
        true => format!("remove it and add `--sort=-{column}` to the query"),
        false => format!("remove it and add `--sort={column}` to the query"),
    })
}

fn limit(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (number, _) = scene.operand(at + 1).filter(|_| scene.tokens[at + 1].kind == TokenKind::Number)?;
    one(format!("remove it and add `--limit {number}` to the query"))
}

/// `sum(x) HAVING sum(x) > 1`
fn having(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (value, condition) = (scene.before(at)?, scene.lowered(at + 1, scene.until(at + 1, &CLAUSES)));
    (!condition.is_empty()).then(|| vec![format!("write `if {condition} then {value} else undefined`")])
}

/// `sum(x) FILTER (WHERE a = 1)`
fn filter(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let value = scene.before(at)?;
    let open = (scene.lower(at + 1) == "(" && scene.lower(at + 2) == "where").then_some(at + 1)?;
    let condition = scene.lowered(at + 3, scene.close(open)?);
    one(format!("write `{} where {condition})`", value.strip_suffix(')')?))
}

/// `EXTRACT(YEAR FROM day)`, `sum(x) FROM t`
fn from(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (part, column) = (scene.before(at).unwrap_or_default().to_lowercase(), scene.after(at + 1));
    one(match column {
        Some(column) if matches!(&*part, "year" | "quarter" | "month" | "week" | "day" | "hour") => {
            format!("write `{part}({column})`")
        }
        _ => "name the data in the query with `-d sales.csv`, and choose rows with `--where`".to_owned(),
    })
}

/// `a mod b`, `a DIV b`
fn quotient(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let Some((one_side, (other, _))) = scene.before(at).zip(scene.operand(at + 1)) else {
        return one("write a remainder as `mod(a, b)`, and a whole quotient as `floor(a / b)`");
    };
    one(match scene.lower(at) == "mod" {
        true => format!("write `mod({one_side}, {other})`"),
        false => format!("write `floor({one_side} / {other})`"),
    })
}

fn xor(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (left, (right, _)) = scene.before(at).zip(scene.operand(at + 1))?;
    one(format!("write `{left} != {right}`"))
}

/// `5 per cent`
fn per_cent(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let number =
        at.checked_sub(1).map(|before| scene.tokens[before]).filter(|token| token.kind == TokenKind::Number)?;
    (scene.lower(at + 1) == "cent").then(|| vec![format!("write `{}%`", number.of(scene.text))])
}

/// `20 % percent`
fn percent_word(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let sign = at.checked_sub(1).filter(|&before| scene.lower(before) == "%")?;
    let number = sign.checked_sub(1).map(|before| scene.tokens[before].of(scene.text))?;
    one(format!("write `{number}%`"))
}

// ── signs ────────────────────────────────────────────────────────────────────

/// `=A1/B1`: a formula that begins as in a spreadsheet.
fn leading_equals(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
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

const COLUMNS: &str = "`sum(revenue) / sum(orders)`";

/// `A1`, `BC12`
fn is_cell(word: &str) -> bool {
    let digits = word.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    let letters = word.len() - digits.len();
    (1..=3).contains(&letters) && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `[Revenue]`, `{x}`, `'Sales'[x]`
fn bracketed(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let close = scene.close(at)?;
    if scene.before(at).is_some() || close == at + 1 {
        return None;
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
pub(super) fn foreign_quote(scene: &Scene<'_>, inner: &str) -> Option<(String, Span)> {
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
pub(super) fn compared(scene: &Scene<'_>, at: usize, operator: &str) -> Option<String> {
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
fn at_sign(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (name, _) = scene.operand(at + 1)?;
    one(format!("write `{name}` without the sign before it"))
}

/// `A1:B3`, `x::int`
fn colon(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let before = scene.before(at)?;
    if scene.lower(at + 1) == ":" {
        return one(format!("write `{before}`: values need no conversion"));
    }
    let other = scene.tokens.get(at + 1)?.of(scene.text);
    let cells = is_cell(&before.to_uppercase()) && is_cell(&other.to_uppercase());
    cells.then(|| vec![format!("name columns instead of cells: `sum(revenue)`")])
}

/// `a // b`: a quotient if one operand follows and ends the expression.
fn whole_quotient(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
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
fn method(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
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
        "mean" | "average" => format!("avg({column})"),
        "nunique" | "unique" | "distinct" => format!("count(distinct {column})"),
        "isnull" | "isna" => format!("not is_defined({column})"),
        "notnull" | "notna" => format!("is_defined({column})"),
        "shift" => format!("{column}[previous]"),
        "cumsum" => format!("sum({column})[to date]"),
        other => format!("{other}({column})"),
    }
}

/// `Sheet1!A1`
fn sheet(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (before, after) = scene.before(at).zip(scene.tokens.get(at + 1).map(|token| token.of(scene.text)))?;
    (scene.glued(-1) && scene.glued(0)).then(|| match is_cell(after) {
        true => vec!["name columns instead of cells: `sum(revenue)`".to_owned()],
        false => vec![format!("write `{before}.{after}`")],
    })
}

// ── text of the user ─────────────────────────────────────────────────────────

impl Scene<'_> {
    /// The text of a token in lower case, or an empty text beyond the last token.
    fn lower(&self, at: usize) -> String {
        self.tokens.get(at).map(|token| token.of(self.text).to_lowercase()).unwrap_or_default()
    }

    /// The index of the next of these words outside brackets and inner `CASE … END`, or the end of the expression.
    fn until(&self, from: usize, words: &[&str]) -> usize {
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
    fn expression_end(&self, from: usize) -> usize {
        let last = self.until(from, &[]);
        self.split(from, last).first().map_or(last, |(_, end)| *end)
    }

    /// The start of the expression around a token.
    fn expression_start(&self, at: usize) -> usize {
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
    fn split(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
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
    pub(super) fn close(&self, open: usize) -> Option<usize> {
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
    pub(super) fn before(&self, at: usize) -> Option<String> {
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
    fn operand(&self, at: usize) -> Option<(String, usize)> {
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

    fn after(&self, at: usize) -> Option<String> {
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
    pub(super) fn lowered(&self, from: usize, to: usize) -> String {
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

/// The possible ISO dates of a date in another order: `01/03/2026` is 1 March or 3 January.
pub(in crate::syntax) fn dates(written: &str) -> Vec<String> {
    let parts: Vec<&str> = written.split(['/', '.', '-']).collect();
    let [one, two, three] = parts[..] else { return vec![] };
    let (year, orders) = match (one.len(), three.len()) {
        (4, 1..=2) => (one, vec![(two, three)]),
        (1..=2, 4) => (three, vec![(two, one), (one, two)]),
        _ => return vec![],
    };
    let within = |text: &str, most: u8| text.len() <= 2 && text.parse::<u8>().is_ok_and(|it| (1..=most).contains(&it));
    let valid = orders.into_iter().filter(|(month, day)| within(month, 12) && within(day, 31));
    let mut dates: Vec<String> = valid.map(|(month, day)| format!("{year}-{month:0>2}-{day:0>2}")).collect();
    dates.dedup();
    dates
}

/// The hint for a date in another order.
pub(in crate::syntax) fn date_hint(written: &str) -> Option<String> {
    let dates: Vec<String> = dates(written).iter().map(|date| format!("`{date}`")).collect();
    (!dates.is_empty()).then(|| format!("write {}", dates.join(" or ")))
}

fn is_shouted(word: &str) -> bool {
    word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase)
}
