//! Lowers expressions to operations, in the same way for rows and for groups.

use std::borrow::Cow;
use std::convert::Infallible;

use crate::builtin::{self, BuiltinId};
use crate::library::types::typed::Typed;
use crate::library::types::typing::{self, Common, Fit};
use crate::library::types::walk::{self, Level, Output};
use crate::program::{Converted, Node, NodeId, Operator, Program};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, Name, UnaryOp, UnitExpr};
use crate::value::unit::{Factor, Type};
use crate::value::{Cause, Cell, Decimal, Value};

/// A node with its type.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// The node.
    pub node: NodeId,
    /// Its type and unit.
    pub ty: Type,
}

impl Output for Program {
    type Value = Lowered;

    fn ty(value: &Lowered) -> &Type {
        &value.ty
    }

    fn with_type(value: Lowered, ty: Type) -> Lowered {
        Lowered { ty, ..value }
    }

    fn typed(value: &Lowered) -> Cow<'_, Typed> {
        Cow::Owned(value.ty.clone().into())
    }

    fn literal(&mut self, value: Value, ty: Type, _: Option<Span>) -> Lowered {
        constant(self, Ok(value), ty)
    }

    fn undefined(&mut self) -> Lowered {
        constant(self, Err(Cause::Stated), Type::Unknown)
    }

    fn unary(&mut self, op: UnaryOp, operand: &Lowered, ty: Type) -> Lowered {
        let node = match op {
            UnaryOp::Negate => Node::Negate(operand.node),
            UnaryOp::Not => Node::Not(operand.node),
        };
        Lowered { node: self.add(node), ty }
    }

    fn binary(&mut self, op: BinaryOp, [lhs, rhs]: [&Lowered; 2], fit: Fit) -> Lowered {
        let lhs = scaled(self, lhs.node, fit.lhs);
        let rhs = scaled(self, rhs.node, fit.rhs);
        let node = self.add(match operator(op) {
            Some(_) if fit.elapsed => Node::Binary(Operator::Elapsed, lhs, rhs),
            Some(operator) => Node::Binary(operator, lhs, rhs),
            None => Node::Coalesce(lhs, rhs),
        });
        Lowered { node: scaled(self, node, fit.result), ty: fit.ty }
    }

    /// Builds the nested choice from the last condition to the first.
    fn choice(&mut self, conditions: &[Lowered], values: &[Lowered], common: Common) -> Lowered {
        let mut nodes = all_scaled(self, values, &common);
        let otherwise = nodes.pop().expect("there is one value more than conditions");
        let branches = conditions.iter().zip(nodes).rev();
        let node = branches.fold(otherwise, |rest, (condition, value)| self.add(Node::If(condition.node, value, rest)));
        Lowered { node, ty: common.ty }
    }

    fn call(&mut self, function: BuiltinId, arguments: &[Lowered], common: Common) -> Lowered {
        let nodes = all_scaled(self, arguments, &common);
        let node = match builtin::get(function).name {
            "coalesce" => coalesce(self, &nodes),
            "is_defined" => self.add(Node::IsDefined(nodes[0])),
            _ => self.add(Node::Call(function, nodes)),
        };
        Lowered { node, ty: common.ty }
    }
}

/// Lowers an expression at a level that never suspends.
pub fn lower<L: Level<Output = Program, Stop = Infallible>>(level: &mut L, expr: &Expr) -> Lowered {
    let Ok(lowered) = walk::walk(level, expr);
    lowered
}

/// Converts a value to the declared type of its definition or column.
pub fn annotated<L: Level<Output = Program>>(
    level: &mut L,
    value: Lowered,
    annotation: Option<&UnitExpr>,
    name: &Name,
    formula: Option<&Expr>,
) -> Lowered {
    let units = level.units();
    let Some((annotation, Ok(expected))) = annotation.map(|it| (it, units.resolve(it))) else { return value };
    let expected = typing::in_one_currency(&expected, &value.ty).unwrap_or(expected);
    match typing::convert(&value.ty, &expected) {
        Ok(factor) => {
            let node = scaled(level.output(), value.node, factor);
            Lowered { node, ty: typing::annotated(Some(&expected), value.ty) }
        }
        Err(error) if units.spares(error) => value,
        Err(_) => {
            let problem = level.explain().annotation(name, &expected, annotation.span, &value.ty.into(), formula);
            level.report(problem);
            level.output().undefined()
        }
    }
}

/// Adds a constant, which may be undefined.
pub fn constant(program: &mut Program, value: Cell, ty: Type) -> Lowered {
    match value {
        Ok(value) => Lowered { node: program.add(Node::Constant(value)), ty },
        Err(cause) => Lowered { node: program.add(Node::Undefined(cause)), ty: Type::Unknown },
    }
}

/// Combines two values by an operator. The types have been checked.
pub fn joined(program: &mut Program, op: BinaryOp, lhs: &Lowered, rhs: &Lowered) -> Lowered {
    let fit = typing::binary(op, &lhs.ty, &rhs.ty).unwrap_or_else(|_| Fit::unchecked(op, &lhs.ty, &rhs.ty));
    program.binary(op, [lhs, rhs], fit)
}

/// The operator of the program; None for `??`, which is a separate node.
fn operator(op: BinaryOp) -> Option<Operator> {
    Some(match op {
        BinaryOp::Coalesce => return None,
        BinaryOp::Or => Operator::Or,
        BinaryOp::And => Operator::And,
        BinaryOp::Equal => Operator::Equal,
        BinaryOp::NotEqual => Operator::NotEqual,
        BinaryOp::Less => Operator::Less,
        BinaryOp::LessOrEqual => Operator::LessOrEqual,
        BinaryOp::Greater => Operator::Greater,
        BinaryOp::GreaterOrEqual => Operator::GreaterOrEqual,
        BinaryOp::Add => Operator::Add,
        BinaryOp::Subtract => Operator::Subtract,
        BinaryOp::Multiply => Operator::Multiply,
        BinaryOp::Divide => Operator::Divide,
        BinaryOp::Power => Operator::Power,
    })
}

/// Multiplies a node by a factor. The factor of a quotient is split between both sides, so that it is rounded once.
pub fn scaled(program: &mut Program, node: NodeId, factor: Factor) -> NodeId {
    let (numerator, denominator) = (factor.numerator(), factor.denominator());
    match *program.node(node) {
        Node::Binary(Operator::Divide, lhs, rhs) if !factor.is_one() => {
            let lhs = times(program, Operator::Multiply, lhs, numerator);
            let rhs = times(program, Operator::Multiply, rhs, denominator);
            let quotient = program.add(Node::Binary(Operator::Divide, lhs, rhs));
            let number = if numerator == Decimal::ONE { denominator } else { numerator };
            let constant = program.add(Node::Constant(number.into()));
            program.convert(quotient, Converted { of: node, factor, constant });
            quotient
        }
        _ => {
            let product = times(program, Operator::Multiply, node, numerator);
            times(program, Operator::Divide, product, denominator)
        }
    }
}

fn all_scaled(program: &mut Program, values: &[Lowered], common: &Common) -> Vec<NodeId> {
    values.iter().zip(&common.factors).map(|(value, factor)| scaled(program, value.node, *factor)).collect()
}

fn times(program: &mut Program, operator: Operator, node: NodeId, number: Decimal) -> NodeId {
    if number == Decimal::ONE {
        return node;
    }
    let number = program.add(Node::Constant(number.into()));
    program.add(Node::Binary(operator, node, number))
}

/// Converts a value to the unit in which results show it.
pub fn shown(program: &mut Program, value: &Lowered) -> Lowered {
    Lowered { node: scaled(program, value.node, typing::shown(&value.ty)), ty: value.ty.as_shown() }
}

fn coalesce(program: &mut Program, nodes: &[NodeId]) -> NodeId {
    let (last, others) = nodes.split_last().expect("the signature requires an argument");
    others.iter().rev().fold(*last, |rest, &node| program.add(Node::Coalesce(node, rest)))
}
