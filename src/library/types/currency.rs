//! Finds the conditions that leave amounts in one currency: `currency = "EUR"`.

use super::typed::Typed;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Path};
use crate::value::unit::Currency;

/// The type of a value whose rows meet a condition, if that leaves one currency.
pub fn restricted(typed: Typed, condition: &Expr) -> Typed {
    let condition = condition.unparenthesized();
    match &*condition.kind {
        ExprKind::Chain { first, rest } if rest.iter().all(|link| link.op == BinaryOp::And) => {
            let parts = [first].into_iter().chain(rest.iter().map(|link| &link.operand));
            parts.fold(typed, restricted)
        }
        _ => match currency_of(condition) {
            Some((path, currency)) => in_currency(typed, path, currency),
            None => typed,
        },
    }
}

/// The column and the currency of `currency = "EUR"` and `currency in ("EUR")`.
fn currency_of(condition: &Expr) -> Option<(&Path, Currency)> {
    let (one, other) = match &*condition.kind {
        ExprKind::Binary { op: BinaryOp::Equal, lhs, rhs, .. } => (lhs, rhs),
        ExprKind::In { operand, list, negated: false } if list.len() == 1 => (operand, &list[0]),
        _ => return None,
    };
    match (&*one.unparenthesized().kind, &*other.unparenthesized().kind) {
        (ExprKind::Path(path), ExprKind::Text(text)) | (ExprKind::Text(text), ExprKind::Path(path)) => {
            Some((path, Currency::from_code(text)?))
        }
        _ => None,
    }
}

/// The planner finds out whether the condition is about the rows of the amount.
fn in_currency(typed: Typed, path: &Path, currency: Currency) -> Typed {
    let name = &path.name.text;
    let qualified = path.qualifier.as_ref().map(|qualifier| format!("{}.{name}", qualifier.text));
    let ty = qualified.map_or_else(|| typed.ty.clone(), |column| typed.ty.in_currency(&column, currency));
    Typed { ty: ty.in_currency(name, currency), origins: typed.origins }
}
