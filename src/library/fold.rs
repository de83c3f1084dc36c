//! Turns bounds, targets and ranges into numbers if they depend only on literals and on defaults of parameters.

use std::collections::HashMap;

use super::types::literals::{self, is_constant};
use super::types::typing;
use super::{Definition, Library};
use crate::syntax::ast::{BinaryOp, DefinitionKind, Expr, ExprKind, Link, Path, UnaryOp};
use crate::value::unit::{Factor, Type};
use crate::value::{Number, ops};

/// A number with its type.
type Typed = (Number, Type);

/// The values of a library's parameters, as far as they are constant.
pub(super) struct Folding<'a> {
    library: &'a Library,
    parameters: HashMap<&'a str, Typed>,
}

impl<'a> Folding<'a> {
    pub fn new(library: &'a Library) -> Self {
        let mut folding = Self { library, parameters: HashMap::new() };
        // The definitions are in dependency order, so each parameter follows those that it needs.
        for &id in &library.order {
            let Definition { kind: DefinitionKind::Param, broken: false, name, formula, .. } = library.get(id) else {
                continue;
            };
            let value = formula.as_ref().and_then(|formula| folding.value(formula, library.type_of(id)));
            if let Some(value) = value {
                folding.parameters.insert(&name.text, value);
            }
        }
        folding
    }

    /// The value of an expression in the unit in which results show the expected type. A plain number takes that unit.
    ///
    /// None if the value depends on data or is not a number.
    pub fn shown(&self, expr: &Expr, expected: &Type) -> Option<Typed> {
        let (number, ty) = self.value(expr, expected)?;
        Some((scaled(number, typing::shown(&ty))?, ty.as_shown()))
    }

    fn value(&self, expr: &Expr, expected: &Type) -> Option<Typed> {
        let (number, ty) = self.fold(expr)?;
        let factor = typing::coerce(&ty, is_constant(expr), expected).ok()?;
        Some((scaled(number, factor)?, typing::annotated(Some(expected), ty)))
    }

    fn fold(&self, expr: &Expr) -> Option<Typed> {
        match &*expr.kind {
            ExprKind::Number(literal) => {
                let (decimal, ty) = literals::number(literal, self.library.units(), expr.span).ok()?;
                Some((Number::exact(decimal), ty))
            }
            ExprKind::Path(Path { qualifier: None, name, .. }) => self.parameters.get(&*name.text).cloned(),
            ExprKind::Paren(inner) => self.fold(inner),
            ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => {
                let (number, ty) = self.fold(operand)?;
                Some((ops::negate(number), typing::negate(&ty).ok()?))
            }
            ExprKind::Chain { first, rest } => rest
                .iter()
                .try_fold(self.fold(first)?, |lhs, Link { op, operand, .. }| applied(*op, lhs, self.fold(operand)?)),
            _ => None,
        }
    }
}

fn applied(op: BinaryOp, (lhs, left): Typed, (rhs, right): Typed) -> Option<Typed> {
    let operation = match op {
        BinaryOp::Add => ops::add,
        BinaryOp::Subtract => ops::subtract,
        BinaryOp::Multiply => ops::multiply,
        BinaryOp::Divide => ops::divide,
        _ => return None,
    };
    let fit = typing::binary(op, &left, &right).ok()?;
    let result = operation(scaled(lhs, fit.lhs)?, scaled(rhs, fit.rhs)?).ok()?;
    Some((scaled(result, fit.result)?, fit.ty))
}

fn scaled(number: Number, factor: Factor) -> Option<Number> {
    let product = ops::multiply(number, Number::exact(factor.numerator())).ok()?;
    ops::divide(product, Number::exact(factor.denominator())).ok()
}
