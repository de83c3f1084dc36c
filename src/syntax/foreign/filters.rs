//! Translates the filters of Power BI: `FILTER(sales, …)`, `ALL(sales)`, `DATEADD(…)`.

use super::table::folded;
use crate::syntax::ast::{Call, Expr, ExprKind, Path, UnaryOp};
use crate::syntax::print::{format_expr, spelled};

/// The table and the condition of `FILTER(sales, sales[amount] > 1)`.
pub(super) fn filtered(expr: &Expr) -> Option<(&Expr, &Expr)> {
    let ExprKind::Call(call) = &*expr.kind else { return None };
    match &call.arguments[..] {
        [table, condition] if matches!(&*folded(&call.function.text), "filter" | "filtre") => Some((table, condition)),
        _ => None,
    }
}

/// The context for a filter of `CALCULATE`.
pub(super) fn context(filter: &Expr) -> String {
    let known = match &*filter.kind {
        ExprKind::Call(call) => context_of_call(call),
        _ => None,
    };
    known.unwrap_or_else(|| format_expr(filter))
}

fn context_of_call(call: &Call) -> Option<String> {
    Some(match (&*folded(&call.function.text), &call.arguments[..]) {
        ("filter" | "filtre", [_, condition]) => format_expr(condition),
        ("keepfilters", [filter]) => context(filter),
        ("all" | "allselected" | "removefilters", tables) => all(tables)?,
        ("sameperiodlastyear", _) => "1 year ago".to_owned(),
        ("previousday", _) => "1 day ago".to_owned(),
        ("previousmonth", _) => "1 month ago".to_owned(),
        ("previousquarter", _) => "1 quarter ago".to_owned(),
        ("previousyear", _) => "1 year ago".to_owned(),
        ("datesytd", _) => "year to date".to_owned(),
        ("datesqtd", _) => "quarter to date".to_owned(),
        ("datesmtd", _) => "month to date".to_owned(),
        ("dateadd" | "parallelperiod", [_, number, unit]) => format!("{} ago", duration(number, unit)?),
        ("datesinperiod", [_, _, number, unit]) => format!("last {}", duration(number, unit)?),
        _ => return None,
    })
}

/// `ALL(sales)`, `ALL(sales[channel], sales[country])`
fn all(tables: &[Expr]) -> Option<String> {
    let column = |table: &Expr| match &*table.kind {
        ExprKind::Path(Path { qualifier: Some(_), name, .. }) => Some(format!("all {}", spelled(&name.text))),
        ExprKind::Path(_) => Some("all".to_owned()),
        _ => None,
    };
    let columns: Option<Vec<String>> = tables.iter().map(column).collect();
    columns.map(|columns| if columns.is_empty() { "all".to_owned() } else { columns.join(", ") })
}

/// `-3, MONTH`: three months.
fn duration(number: &Expr, unit: &Expr) -> Option<String> {
    let ExprKind::Unary { op: UnaryOp::Negate, operand, .. } = &*number.kind else { return None };
    let (ExprKind::Number(number), ExprKind::Path(unit)) = (&*operand.kind, &*unit.kind) else { return None };
    let plural = if &*number.digits == "1" { "" } else { "s" };
    Some(format!("{} {}{plural}", number.digits, unit.name.text.to_lowercase()))
}
