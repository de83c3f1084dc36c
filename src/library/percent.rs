//! Finds plain numbers used as percentages: `target 20` on a churn rate means 2000%.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Expr, ExprKind, UnaryOp};
use crate::value::Decimal;
use crate::value::unit::{Spelling, Type};

/// Words that mean `%` after a number.
const PERCENT_WORDS: [&str; 12] = [
    "percent",
    "percents",
    "percentage",
    "pct",
    "pc",
    "pourcent",
    "pourcents",
    "prozent",
    "procent",
    "porciento",
    "pp",
    "ppt",
];

/// Returns true if a word after a number means `%`.
pub(crate) fn is_percent_word(word: &str) -> bool {
    PERCENT_WORDS.contains(&&*word.to_lowercase())
}

/// A warning for a plain number above 1 that is compared with, added to or given for a percentage.
pub(crate) fn plain_number(expected: &Type, value: &Expr) -> Option<Diagnostic> {
    let plain = literal(value).filter(|_| expected.spelling() == Spelling::Percent)?;
    let percents = plain.checked_mul(Decimal::ONE_HUNDRED).filter(|_| plain.abs() > Decimal::ONE)?.normalize();
    let message = format!("the plain number `{plain}` is used as a percentage: it means {percents}%");
    let hint = format!("write `{plain}%`, or `{percents}%` if that is intended");
    Some(Diagnostic::warning(Code::Lint, message).at(value.span).hint(hint).fix(value.span, format!("{plain}%")))
}

/// The value of a literal without a unit.
fn literal(expr: &Expr) -> Option<Decimal> {
    match &*expr.kind {
        ExprKind::Number(literal) if !literal.percent && literal.unit.is_none() => {
            Decimal::from_str_exact(&literal.digits).ok()
        }
        ExprKind::Paren(inner) => literal(inner),
        ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => literal(operand).map(|number| -number),
        _ => None,
    }
}
