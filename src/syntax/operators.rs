//! Defines the flat lists of operands and operators, and the precedence of operators.

use crate::source::Span;

use super::ast::{BinaryOp, Expr, UnaryOp};

/// An entry of a flat list.
pub(super) enum Part {
    /// An operand, including its contexts.
    Operand(Expr),
    /// An operator between two operands.
    Op(BinaryOp, Span),
    /// `-` or `not` before an operand.
    Prefix(UnaryOp, Span),
    /// `between a and b` after an operand.
    Between { low: Expr, high: Expr, negated: bool, span: Span },
    /// `in (a, b)` after an operand.
    In { list: Vec<Expr>, negated: bool, span: Span },
}

impl Part {
    /// The place of the part.
    pub fn span(&self) -> Span {
        match self {
            Self::Operand(operand) => operand.span,
            Self::Op(_, span) | Self::Prefix(_, span) | Self::Between { span, .. } | Self::In { span, .. } => *span,
        }
    }
}

/// The precedence of operators, from loosest to tightest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Coalesce,
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Sign,
    Power,
}

/// The precedence of an operator.
pub(super) fn level(op: BinaryOp) -> Level {
    match op {
        BinaryOp::Coalesce => Level::Coalesce,
        BinaryOp::Or => Level::Or,
        BinaryOp::And => Level::And,
        BinaryOp::Add | BinaryOp::Subtract => Level::Sum,
        BinaryOp::Multiply | BinaryOp::Divide => Level::Product,
        BinaryOp::Power => Level::Power,
        _ => Level::Comparison,
    }
}
