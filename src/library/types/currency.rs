//! Finds the conditions that leave amounts in one currency: `currency = "EUR"`.

use super::typed::Typed;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Path};
use crate::value::unit::{Currency, Type};

/// A column of currencies that is required to have one value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InCurrency {
    name: Box<str>,
    /// Its dataset or lookup, if it is written.
    qualifier: Option<Box<str>>,
    currency: Currency,
}

/// The type of a value whose rows meet a condition, if that leaves one currency.
pub fn restricted(typed: Typed, condition: &Expr) -> Typed {
    let ty = required(condition).iter().fold(typed.ty, |ty, known| known.applied(&ty));
    Typed { ty, origins: typed.origins }
}

/// The currencies that a condition requires: those of `currency = "EUR"` and `currency in ("EUR")`, also beside other
/// conditions in `and`.
pub fn required(condition: &Expr) -> Vec<InCurrency> {
    let condition = condition.unparenthesized();
    match &*condition.kind {
        ExprKind::Chain { first, rest } if rest.iter().all(|link| link.op == BinaryOp::And) => {
            let parts = [first].into_iter().chain(rest.iter().map(|link| &link.operand));
            parts.flat_map(required).collect()
        }
        _ => currency_of(condition).into_iter().collect(),
    }
}

fn currency_of(condition: &Expr) -> Option<InCurrency> {
    let (one, other) = match &*condition.kind {
        ExprKind::Binary { op: BinaryOp::Equal, lhs, rhs, .. } => (lhs, rhs),
        ExprKind::In { operand, list, negated: false } if list.len() == 1 => (operand, &list[0]),
        _ => return None,
    };
    match (&*one.unparenthesized().kind, &*other.unparenthesized().kind) {
        (ExprKind::Path(path), ExprKind::Text(text)) | (ExprKind::Text(text), ExprKind::Path(path)) => {
            Some(InCurrency::new(path, Currency::from_code(text)?))
        }
        _ => None,
    }
}

impl InCurrency {
    fn new(path: &Path, currency: Currency) -> Self {
        let qualifier = path.qualifier.as_ref().map(|qualifier| (&*qualifier.text).into());
        Self { name: (&*path.name.text).into(), qualifier, currency }
    }

    /// The type of an aggregate whose rows meet the condition. The planner finds out whether the condition is about the
    /// rows of the amount.
    fn applied(&self, ty: &Type) -> Type {
        self.looked_up(ty).in_currency(&self.name, self.currency)
    }

    /// The type of an amount in a row of this dataset that meets the condition.
    pub fn in_row(&self, ty: &Type, dataset: Option<&str>) -> Type {
        match &self.qualifier {
            Some(qualifier) if dataset != Some(qualifier) => self.looked_up(ty),
            _ => ty.in_currency(&self.name, self.currency),
        }
    }

    fn looked_up(&self, ty: &Type) -> Type {
        match &self.qualifier {
            Some(qualifier) => ty.in_currency(&format!("{qualifier}.{}", self.name), self.currency),
            None => ty.clone(),
        }
    }
}
