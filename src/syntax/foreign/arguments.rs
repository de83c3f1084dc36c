//! Fills the arguments of a call into the hint for its function.

use super::filters::{context, filtered};
use crate::syntax::ast::{BinaryOp, Call, Expr, ExprKind, UnaryOp};
use crate::syntax::print::format_expr;

/// Fills in the arguments; None if the hint takes another number of arguments.
pub(super) fn filled(hint: &str, call: &Call) -> Option<String> {
    let (mut text, mut rest, mut most, mut open) = (String::new(), hint, 0, false);
    while let Some((before, placeholder, after)) = next_placeholder(rest) {
        text.push_str(before);
        let (value, last) = value_of(placeholder, call)?;
        let grouped = is_operand(before, after) && last.is_some();
        text.push_str(&if grouped { operand(call, placeholder, value) } else { value });
        open |= last.is_none();
        most = most.max(last.unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    (open || most == call.arguments.len()).then_some(text)
}

fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (placeholder, after) = rest.split_once('}')?;
    Some((before, placeholder, after))
}

/// The text that replaces a placeholder, and the last argument that it reads; None if it reads all.
fn value_of(placeholder: &str, call: &Call) -> Option<(String, Option<usize>)> {
    if placeholder == "*" {
        return Some((all_arguments(call), None));
    }
    let first: usize = placeholder[..1].parse().ok()?;
    let from = call.arguments.get(first.checked_sub(1)?..).filter(|arguments| !arguments.is_empty())?;
    let joined = |by: &str| from.iter().map(condition_text).collect::<Vec<_>>().join(by);
    Some(match &placeholder[1..] {
        "," => (from.iter().map(context).collect::<Vec<_>>().join(", "), None),
        "=" => (filtered(&from[0]).map_or_else(|| format_expr(&from[0]), |(table, _)| format_expr(table)), Some(first)),
        ":" => (
            filtered(&from[0]).map_or_else(String::new, |(_, rows)| format!(" where {}", format_expr(rows))),
            Some(first),
        ),
        "&" => (joined(" and "), None),
        "|" => (joined(" or "), None),
        "~2" => (criterion(from.first()?, from.get(1)?), Some(2)),
        "~" if from.len() % 2 == 0 => {
            let pairs = from.chunks(2).map(|pair| criterion(&pair[0], &pair[1]));
            (pairs.collect::<Vec<_>>().join(" and "), None)
        }
        "~" => return None,
        "%" => (fraction(&from[0]), Some(first)),
        "?" => (Some(&from[0]).filter(|argument| is_condition(argument)).map(format_expr)?, Some(first)),
        "-" => (String::new(), Some(first)),
        "<" => (ago(&format_expr(&from[0])), Some(first)),
        _ => (format_expr(&from[0]), Some(first)),
    })
}

/// Returns true if an operator precedes or follows a placeholder.
fn is_operand(before: &str, after: &str) -> bool {
    const OPERATORS: [char; 10] = ['+', '-', '*', '/', '^', '?', '=', '<', '>', '['];
    let after = after.trim_start();
    before.trim_end().ends_with(&OPERATORS[..9]) || after.starts_with(OPERATORS) || after.starts_with("!=")
}

/// Puts an argument in parentheses if it contains operators.
fn operand(call: &Call, placeholder: &str, text: String) -> String {
    let argument = placeholder.parse::<usize>().ok().and_then(|at| call.arguments.get(at - 1));
    match argument.map(|argument| &*argument.kind) {
        Some(
            ExprKind::Chain { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Unary { .. }
            | ExprKind::If { .. }
            | ExprKind::In { .. }
            | ExprKind::Between { .. },
        ) => format!("({text})"),
        _ => text,
    }
}

/// The text of a condition among others; an `or` or a choice is put in parentheses.
fn condition_text(expr: &Expr) -> String {
    let text = format_expr(expr);
    if matches!(&*expr.kind, ExprKind::Chain { .. } | ExprKind::If { .. }) { format!("({text})") } else { text }
}

fn all_arguments(call: &Call) -> String {
    let expr = Expr { kind: Box::new(ExprKind::Call(call.clone())), span: call.function.span };
    let text = format_expr(&expr);
    let inside = text.find('(').map_or("", |open| &text[open + 1..]);
    inside.strip_suffix(')').unwrap_or(inside).to_owned()
}

/// Returns true if an expression is a comparison or a combination of comparisons.
fn is_condition(expr: &Expr) -> bool {
    match &*expr.kind {
        ExprKind::Chain { rest, .. } => rest.iter().all(|link| matches!(link.op, BinaryOp::And | BinaryOp::Or)),
        ExprKind::Binary { op, .. } => *op != BinaryOp::Power,
        ExprKind::Unary { op, .. } => *op == UnaryOp::Not,
        ExprKind::In { .. } | ExprKind::Between { .. } => true,
        _ => false,
    }
}

/// The condition for a criterion: `">1"` for `x` gives `x > 1`. A condition is returned unchanged.
fn criterion(column: &Expr, criterion: &Expr) -> String {
    const OPERATORS: [(&str, &str); 6] = [(">=", ">="), ("<=", "<="), ("<>", "!="), (">", ">"), ("<", "<"), ("=", "=")];
    let name = format_expr(column);
    let text = match &*criterion.kind {
        ExprKind::Text(text) => text.trim(),
        _ if is_condition(criterion) => return condition_text(criterion),
        _ => return format!("{name} = {}", format_expr(criterion)),
    };
    if let Some((sign, operator)) = OPERATORS.iter().find(|(sign, _)| text.starts_with(sign)) {
        return format!("{name} {operator} {}", literal(text[sign.len()..].trim()));
    }
    match (text.strip_prefix('*'), text.strip_suffix('*')) {
        (Some(_), Some(_)) => format!("contains({name}, \"{}\")", text.trim_matches('*')),
        (Some(end), None) => format!("ends_with({name}, \"{end}\")"),
        (None, Some(start)) => format!("starts_with({name}, \"{start}\")"),
        (None, None) => format!("{name} = \"{text}\""),
    }
}

/// A number unchanged, anything else as a text.
fn literal(text: &str) -> String {
    let number = text.starts_with(|first: char| first.is_ascii_digit() || first == '-')
        && text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | '-'));
    if number { text.to_owned() } else { format!("\"{text}\"") }
}

fn fraction(expr: &Expr) -> String {
    let text = format_expr(expr);
    let ExprKind::Number(number) = &*expr.kind else { return text };
    let is_fraction = number.percent || number.digits.starts_with("0.") || matches!(&*number.digits, "0" | "1");
    if is_fraction { text } else { format!("{text}%") }
}

/// The context of some periods ago.
pub(super) fn ago(periods: &str) -> String {
    if periods == "1" { "previous".into() } else { format!("{periods} periods ago") }
}
