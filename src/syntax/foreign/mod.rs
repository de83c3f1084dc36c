//! Turns the formulas of spreadsheets, Power BI, SQL and Python into the equivalent formulas here, for hints.

mod arguments;
mod filters;
mod rewrite;
mod table;
mod translate;

use super::ast::{Expr, ExprKind, Path, UnaryOp};
use super::print::spelled;

use arguments::ago;
use table::{ELAPSED_LENGTHS, PERIOD_LENGTHS};

pub(super) use rewrite::{Equivalent, in_own_form, rewritten};
pub(super) use table::{OPERATORS, is_cell};
pub(super) use translate::dotted;
pub use translate::{call, renamed};

/// Returns true for the name of an aggregate in other tools.
pub(super) fn is_aggregate(name: &str) -> bool {
    matches!(&*name.to_lowercase(), "average" | "mean" | "total" | "somme" | "moyenne")
}

/// The hint for a name that means the length of a period.
pub fn period_length(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    match &*name {
        "period_days" => return Some("it is a function: write `period_days()`"),
        "elapsed_days" => return Some("it is a function: write `elapsed_days()`"),
        _ => {}
    }
    let is_one = |names: &[&str]| names.contains(&&*name);
    match (is_one(PERIOD_LENGTHS), is_one(ELAPSED_LENGTHS)) {
        (true, _) => Some("for the days of the period, write `period_days()`"),
        (_, true) => Some("for the days of the period up to the end of the data, write `elapsed_days()`"),
        _ => None,
    }
}

/// A hint for a value that other tools write differently, if the data have no such column.
pub fn value(path: &Path) -> Option<String> {
    if path.qualifier.is_some() { None } else { word(&path.name.text) }
}

/// A hint for a name that means a value or a cell in other tools.
pub fn word(name: &str) -> Option<String> {
    Some(match &*name.to_lowercase() {
        "true" | "yes" | "vrai" | "oui" => "write `true` for a truth value".into(),
        "false" | "no" | "faux" | "non" => "write `false` for a truth value".into(),
        "null" | "none" | "nil" | "nan" | "na" | "blank" => {
            "write `undefined` for a missing value, or `is_defined(x)` to test for a value".into()
        }
        _ if is_cell(name) => "name columns instead of cells: `sum(revenue)`".into(),
        _ => return None,
    })
}

/// A hint for `sales[amount]`, which names a column in a spreadsheet's model.
pub fn bracketed_column(operand: &Expr, condition: &Expr) -> Option<String> {
    match (&*operand.kind, &*condition.kind) {
        (
            ExprKind::Path(Path { qualifier: None, name: dataset, .. }),
            ExprKind::Path(Path { qualifier: None, name: column, .. }),
        ) => Some(format!("write `{}.{}`", spelled(&dataset.text), spelled(&column.text))),
        _ => None,
    }
}

/// The context for a number in brackets: `-1` is the previous period.
pub fn offset(condition: &Expr) -> Option<String> {
    let ExprKind::Unary { op: UnaryOp::Negate, operand, .. } = &*condition.unparenthesized().kind else { return None };
    let ExprKind::Number(number) = &*operand.kind else { return None };
    let plain = !number.percent && number.unit.is_none() && number.digits.chars().all(|digit| digit.is_ascii_digit());
    plain.then(|| ago(&number.digits))
}
