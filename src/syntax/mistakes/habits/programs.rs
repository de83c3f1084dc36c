//! Recognizes forms of Python, Power BI and other programs: loops, variables, conditionals after their value.

use super::one;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::foreign::in_own_form;
use crate::syntax::mistakes::placement::aggregate_around;
use crate::syntax::mistakes::scene::Scene;
use crate::syntax::scan::TokenKind;

/// `sum(x for row in rows if c)`, `sum(row.x for row in rows)`, `revenue for web`
pub(super) fn comprehension(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    if scene.lower(at + 2) != "in" {
        let (value, choice) = scene.before(at).zip(scene.after(at + 1))?;
        return one(format!("to select rows, write a condition: `{value}[channel = \"{choice}\"]`"));
    }
    let open = scene.opening_around(at)?;
    let (variable, close) = (scene.lower(at + 1), scene.close(open)?);
    let condition = scene.until(at + 3, &["if"]).min(close);
    let rows = scene.lowered(at + 3, condition);
    let column = |from: usize, to: usize| {
        let text = scene.lowered(from, to);
        let plain = if text == variable { rows.clone() } else { text.replace(&format!("{variable}."), "") };
        plain.replace(&format!("{variable}[\""), "").replace("\"]", "")
    };
    let value = column(open + 1, at);
    let filter = column((condition + 1).min(close), close);
    let filter = if filter.is_empty() { filter } else { format!(" where {filter}") };
    let function = aggregate_around(scene).map_or_else(|| "sum".to_owned(), |(_, function)| function);
    one(format!("an aggregate reads all rows: write `{function}({value}{filter})`"))
}

/// `import x`, `return x`, `print x`
pub(super) fn statement(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    match scene.lower(at).as_str() {
        "import" if at == 0 => one("read definitions with `-f FILE`, and data with `-d FILE`"),
        "import" => None,
        _ => {
            let value = scene.lowered(at + 1, scene.expression_end(at + 1));
            one(format!("write the formula alone: `{value}`")).filter(|_| at == 0 && !value.is_empty())
        }
    }
}

/// `let x = a`, `VAR x = a RETURN x / 2`: variables in a formula.
pub(super) fn variable(scene: &Scene<'_>) -> Option<Diagnostic> {
    let first = *scene.tokens.first()?;
    let begins = matches!(scene.lower(0).as_str(), "let" | "var" | "const" | "param" | "input" | "set");
    let is_named = matches!(scene.tokens.get(1)?.kind, TokenKind::Word | TokenKind::Quoted);
    if scene.is_item() || !begins || !is_named || scene.lower(2) != "=" {
        return None;
    }
    let (name, end) = (scene.lowered(1, 2), scene.until(3, &["return", "var"]));
    let value = in_own_form(&scene.lowered(3, end));
    let result = in_own_form(&scene.lowered(scene.until(3, &["return"]) + 1, scene.tokens.len()));
    let span = scene.span(first).to(scene.span(scene.tokens[2]));
    let problem = Diagnostic::error(Code::Syntax, "expected a formula, found a definition").at(span);
    Some(match result.is_empty() {
        true => problem.hint(format!("write `{value}`; to give it a name, write `{name} = {value}` in a `.kpi` file")),
        false => problem.hint(format!("define `{name} = {value}` in a `.kpi` file, then write `{result}`")),
    })
}

/// `a if c else b`
pub(super) fn trailing_if(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let start = scene.expression_start(at);
    let otherwise = scene.until(at + 1, &["else"]);
    let (value, condition) = (scene.lowered(start, at), scene.lowered(at + 1, otherwise));
    let other = scene.lowered(otherwise + 1, scene.expression_end(otherwise + 1));
    let is_whole = scene.lower(otherwise) == "else" && !value.is_empty() && !condition.contains("then");
    is_whole.then(|| vec![format!("write `if {condition} then {value} else {other}`")])
}

/// `c ? a : b`
pub(super) fn ternary(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let start = scene.expression_start(at);
    let end = scene.expression_end(at + 1);
    let colon = (at..end).find(|&colon| scene.lower(colon) == ":");
    let parts =
        colon.map(|colon| (scene.lowered(start, at), scene.lowered(at + 1, colon), scene.lowered(colon + 1, end)));
    one(match parts {
        Some((condition, value, other)) if [&condition, &value, &other].iter().all(|part| !part.is_empty()) => {
            format!("write `if {condition} then {value} else {other}`")
        }
        _ => "write a conditional as `if … then … else …`".to_owned(),
    })
}

/// `si a > 1 alors 2 sinon 3`, `a et b`: the words of French.
pub(super) fn french(scene: &Scene<'_>, at: usize) -> Option<Vec<String>> {
    let end = scene.tokens.len();
    let word = match scene.lower(at).as_str() {
        "et" => "and",
        "ou" => "or",
        "si" => {
            let (then, otherwise) = (scene.until(at + 1, &["alors"]), scene.until(at + 1, &["sinon"]));
            let parts = [(at + 1, then), (then + 1, otherwise), (otherwise + 1, scene.expression_end(otherwise + 1))];
            let [condition, value, other] = parts.map(|(from, to)| scene.lowered(from, to.min(end)));
            let is_whole = ![&condition, &value, &other].iter().any(|part| part.is_empty());
            return is_whole.then(|| vec![format!("write `if {condition} then {value} else {other}`")]);
        }
        _ => return None,
    };
    let (left, right) = (scene.before(at)?, scene.after(at + 1)?);
    one(format!("write `{left} {word} {right}`"))
}
