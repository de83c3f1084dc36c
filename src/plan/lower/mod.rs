//! Lowers expressions to nodes of a program: constants, row expressions and formulas.

pub(super) mod constant;
pub(super) mod expression;
pub(super) mod formula;
