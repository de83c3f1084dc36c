//! Recognizes the parts of SQL queries: `SELECT`, `GROUP BY`, `OVER`.

use super::{CLAUSES, one};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::mistakes::scene::Scene;
use crate::syntax::scan::{Token, TokenKind};

/// `SELECT SUM(x) FROM t WHERE c GROUP BY month`, wherever it breaks.
pub(super) fn query(scene: &Scene<'_>) -> Option<Diagnostic> {
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
pub(super) fn selected(scene: &Scene<'_>, at: usize) -> Vec<String> {
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

/// `sum(x) over (order by day)`
pub(super) fn over(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
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
pub(super) fn group(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
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
pub(super) fn grouped(scene: &Scene<'_>, from: usize) -> Vec<String> {
    let columns = scene.lowered(from, scene.until(from, &CLAUSES)).replace(", ", ",");
    let columns = if columns.is_empty() { "month".to_owned() } else { columns };
    vec![format!("remove it and add `--by {columns}` to the query")]
}

/// `sum(x) ORDER BY x DESC`
pub(super) fn order(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
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

pub(super) fn limit(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (number, _) = scene.operand(at + 1).filter(|_| scene.tokens[at + 1].kind == TokenKind::Number)?;
    one(format!("remove it and add `--limit {number}` to the query"))
}

/// `sum(x) HAVING sum(x) > 1`
pub(super) fn having(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (value, condition) = (scene.before(at)?, scene.lowered(at + 1, scene.until(at + 1, &CLAUSES)));
    (!condition.is_empty()).then(|| vec![format!("write `if {condition} then {value} else undefined`")])
}

/// `sum(x) FILTER (WHERE a = 1)`
pub(super) fn filter(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let value = scene.before(at)?;
    let open = (scene.lower(at + 1) == "(" && scene.lower(at + 2) == "where").then_some(at + 1)?;
    let condition = scene.lowered(at + 3, scene.close(open)?);
    one(format!("write `{} where {condition})`", value.strip_suffix(')')?))
}

/// `EXTRACT(YEAR FROM day)`, `sum(x) FROM t`
pub(super) fn from(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let (part, column) = (scene.before(at).unwrap_or_default().to_lowercase(), scene.after(at + 1));
    one(match column {
        Some(column) if matches!(&*part, "year" | "quarter" | "month" | "week" | "day" | "hour") => {
            format!("write `{part}({column})`")
        }
        _ => "name the data in the query with `-d sales.csv`, and choose rows with `--where`".to_owned(),
    })
}
