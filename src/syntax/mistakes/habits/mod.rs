//! Recognizes syntax of SQL, spreadsheets and programming languages, and suggests the equivalent, built from the text of
//! the user.

mod operands;
mod programs;
mod queries;
mod signs;
mod words;

use super::scene::Scene;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::grammar::Rule;
use crate::syntax::scan::TokenKind;

use programs::{comprehension, french, statement, ternary, trailing_if, variable};
use queries::{filter, from, group, having, limit, order, over, query};
use signs::{at_sign, bracketed, colon, leading_equals, method, sheet, whole_quotient};
use words::{alias, case, distinct, is, like, per, percent_word, quotient, shouted, spreadsheet_if, xor};

pub(in crate::syntax) use signs::called;
pub(super) use signs::{cell, compared, foreign_quote};

/// Returns the hints for a form that begins or breaks at the token with this index.
type Habit = fn(&Scene<'_>, usize) -> Option<Vec<String>>;

/// Words that identify a form of another language, in lower case, at the token where the item breaks or the one before.
const WORDS: &[(&[&str], Habit)] = &[
    (&["case"], case),
    (&["distinct"], distinct),
    (&["not", "and", "or", "in", "between", "then", "else", "where"], shouted),
    (&["if"], |scene, at| trailing_if(scene, at).or_else(|| shouted(scene, at))),
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
    (&["per"], per),
    (&["percent", "percentage", "pct"], percent_word),
    (&["from", "join"], from),
    (&["for"], comprehension),
    (&["lambda"], |_, _| one("write a function as `fn rise(x) = x / x[previous] - 1`")),
    (&["import", "return", "print"], statement),
    (&["si", "et", "ou"], french),
];

/// Signs that identify a form of another language where an operand cannot begin or continue.
const SIGNS: &[(&[&str], Habit)] = &[
    (&["="], leading_equals),
    (&["["], bracketed),
    (&["{"], bracketed),
    (&["@"], at_sign),
    (&[":"], colon),
    (&["/"], whole_quotient),
    (&["?"], ternary),
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
    variable(scene)
        .or_else(|| query(scene))
        .or_else(|| spreadsheet_if(scene))
        .or_else(|| word(scene))
        .or_else(|| sign(scene))
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
        "&" | "!" | "?" => scene.error(format!("unknown operator `{written}`")),
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
