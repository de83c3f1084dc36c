//! Compares a value with the expected one: exactly, or after rounding to the decimals of the literal.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::diagnostic::{Code, Diagnostic};
use crate::library::Library;
use crate::library::types::{literals, typing};
use crate::plan::Given;
use crate::syntax::ast::{Expected, Expr, ExprKind, NumberLiteral, UnaryOp};
use crate::value::unit::Type;
use crate::value::{Cell, Value};

/// Returns true if a value of a type is the expected one. A plain number takes the unit of the type.
///
/// # Errors
/// Returns an error if the expected value does not fit the type, or `about` is used without a number literal.
pub(super) fn holds(
    library: &Library,
    given: &Given,
    expected: &Expected,
    found: &Cell,
    ty: &Type,
) -> Result<bool, Vec<Diagnostic>> {
    if matches!(*expected.value.unparenthesized().kind, ExprKind::Undefined) {
        return Ok(found.is_err());
    }
    let value = given.constant(library, &expected.value, ty)?;
    if !expected.about {
        return Ok(value.is_ok() && value == *found);
    }
    let literal = Literal::of(&expected.value).ok_or_else(|| no_literal(&expected.value))?;
    Ok(match found {
        Ok(Value::Number(found)) => literal.is_about(library, found.decimal, ty).unwrap_or(false),
        _ => false,
    })
}

fn no_literal(expr: &Expr) -> Vec<Diagnostic> {
    let message = "`about` rounds to the decimals of a number literal, but its value is a formula";
    vec![Diagnostic::error(Code::TestFailed, message).at(expr.span).hint("write a number, such as `about 33.3%`")]
}

/// A number literal with its sign.
struct Literal<'a> {
    number: &'a NumberLiteral,
    expr: &'a Expr,
    negative: bool,
}

impl<'a> Literal<'a> {
    fn of(expr: &'a Expr) -> Option<Self> {
        let expr = expr.unparenthesized();
        match &*expr.kind {
            ExprKind::Number(number) => Some(Self { number, expr, negative: false }),
            ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => {
                let inner = Self::of(operand)?;
                Some(Self { negative: !inner.negative, ..inner })
            }
            _ => None,
        }
    }

    /// The number of decimals of the literal, in percent for a percentage.
    fn decimals(&self) -> u32 {
        let fraction = self.number.digits.split_once('.').map_or("", |(_, fraction)| fraction);
        fraction.len() as u32 + if self.number.percent { 2 } else { 0 }
    }

    /// True if a value, in the unit of the literal, rounds to it (half away from zero). None if it cannot be converted.
    fn is_about(&self, library: &Library, found: Decimal, ty: &Type) -> Option<bool> {
        let (magnitude, own) = literals::number(self.number, library.units(), self.expr.span).ok()?;
        let factor = typing::coerce(&own, true, ty).ok()?;
        let found = found.checked_mul(factor.denominator())?.checked_div(factor.numerator())?;
        let rounded = found.round_dp_with_strategy(self.decimals(), RoundingStrategy::MidpointAwayFromZero);
        Some(rounded == if self.negative { -magnitude } else { magnitude })
    }
}
