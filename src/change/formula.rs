//! The formula of one step as a tree of operations over other steps, with the values before and after.
//!
//! A chain of sums, or of products and quotients, is one operation. Parentheses around a product keep it apart.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

use indexmap::IndexMap;

use super::number::Exact;
use super::sides::Sides;
use super::structure;
use crate::plan::StepId;
use crate::program::{Converted, Node, NodeId, Operator, Program};
use crate::value::{Cause, Cell, Number, Value};

/// The maximum number of factors that are split together; longer products are split in groups.
const MAX_FACTORS: usize = 32;

/// The maximum exponent of a power that counts as a product.
const MAX_EXPONENT: i64 = 16;

/// A value before or after.
pub type Point = Result<Amount, Cause>;

/// A defined value: numbers are rational.
#[derive(Debug, Clone, PartialEq)]
pub enum Amount {
    /// A number.
    Number(Exact),
    /// A text, a date or a truth value.
    Other(Value),
}

impl Amount {
    /// The value as a program computes with it.
    pub fn value(&self) -> Value {
        match self {
            Self::Number(number) => Value::Number(number.decimal()),
            Self::Other(value) => value.clone(),
        }
    }
}

/// The numbers before and after, if both are numbers.
pub fn numbers(points: &[Point; 2]) -> Option<[&Exact; 2]> {
    match points {
        [Ok(Amount::Number(before)), Ok(Amount::Number(after))] => Some([before, after]),
        _ => None,
    }
}

/// A part of a formula.
#[derive(Debug)]
pub struct Part {
    /// The node of its value.
    pub node: NodeId,
    /// Its values before and after.
    pub points: [Point; 2],
    /// What computes it.
    pub kind: PartKind,
}

/// What computes a part.
#[derive(Debug)]
pub enum PartKind {
    /// A literal, or another value without operands.
    Leaf,
    /// Another step.
    Step(StepId),
    /// Terms; true for those that are subtracted.
    Sum(Vec<(Part, bool)>),
    /// Factors with their exponents; -1 for a divisor.
    Product(Vec<(Part, i32)>),
    /// The value of the branch of an `if`, before and after; one part if it is the same branch.
    Choice(Vec<Part>),
    /// The first defined operand of `??`.
    Fallback(Vec<Part>),
    /// Any other operation.
    Operation(Vec<Part>),
}

/// Reads the formula of a step.
pub struct Reader<'a> {
    sides: &'a Sides<'a>,
    /// The step.
    step: StepId,
    /// The steps that the formula uses, by the nodes of their values. Definitions of the same aggregate have one value:
    /// each is taken in turn.
    uses: RefCell<HashMap<NodeId, VecDeque<StepId>>>,
    /// The values of these steps.
    known: &'a HashMap<StepId, [Point; 2]>,
    /// The operations that the formula computes itself, with what uses them; true for those in parentheses.
    own: HashMap<[NodeId; 2], bool>,
}

impl<'a> Reader<'a> {
    /// A reader for the formula of a step, with the values of the steps that it uses.
    pub fn new(sides: &'a Sides<'a>, step: StepId, known: &'a HashMap<StepId, [Point; 2]>) -> Self {
        let body = structure::body(sides.plan, step);
        let uses = body.map_or_else(HashMap::new, |body| structure::uses(sides.plan, body));
        let operands = &sides.plan.step(body.unwrap_or(step)).operands;
        let own = operands.iter().map(|operand| ([operand.whole, operand.node], operand.is_enclosed)).collect();
        Self { sides, step, uses: RefCell::new(uses), known, own }
    }

    fn program(&self) -> &'a Program {
        &self.sides.plan.program
    }

    /// The part that computes a node.
    pub fn part(&self, node: NodeId) -> Part {
        match self.next_use(node) {
            Some(step) => Part { node, points: self.known[&step].clone(), kind: PartKind::Step(step) },
            None => self.computed(node),
        }
    }

    /// The part that computes an operand. An operation of the formula itself is not the definition that it is equal to.
    fn operand(&self, node: NodeId, is_own: bool) -> Part {
        if is_own { self.computed(node) } else { self.part(node) }
    }

    fn computed(&self, node: NodeId) -> Part {
        match self.program().node(node) {
            _ if self.program().converted(node).is_some_and(|converted| self.is_use(converted.of)) => {
                self.converted(node)
            }
            Node::Binary(Operator::Add | Operator::Subtract, ..) | Node::Negate(_) if self.is_of_numbers(node) => {
                self.sum(node)
            }
            Node::Binary(Operator::Multiply | Operator::Divide, ..) => self.product(node),
            Node::Binary(Operator::Power, _, exponent) if self.exponent(*exponent).is_some() => self.product(node),
            Node::If(..) => self.choice(node),
            Node::Coalesce(..) => self.fallback(node),
            Node::OneCurrency(amount, _) => self.amount(node, *amount),
            Node::Slot(_) | Node::Constant(_) | Node::Undefined(_) => self.leaf(node),
            _ => self.operation(node),
        }
    }

    fn is_use(&self, node: NodeId) -> bool {
        self.uses.borrow().contains_key(&node)
    }

    /// How an operand is written: in parentheses or not. None if it is not an operation of the formula itself. One in
    /// another unit is written as it was before.
    fn written(&self, whole: NodeId, node: NodeId) -> Option<bool> {
        let before = self.program().converted(node).map_or(node, |converted| converted.of);
        self.own.get(&[whole, before]).or_else(|| self.own.get(&[whole, node])).copied()
    }

    /// A part in another unit: the part times the factor.
    fn converted(&self, node: NodeId) -> Part {
        let Some(Converted { of, factor, constant }) = self.program().converted(node) else { return self.leaf(node) };
        let [numerator, denominator] =
            [factor.numerator(), factor.denominator()].map(|number| Exact::from(Number::exact(number)));
        let number = numerator.per(&denominator).unwrap_or_else(Exact::one);
        let points = [number.clone(), number].map(|number| Ok(Amount::Number(number)));
        let factors = vec![(self.part(of), 1), (Part { node: constant, points, kind: PartKind::Leaf }, 1)];
        Part { node, points: self.points(node, |side| product_at(&factors, side)), kind: PartKind::Product(factors) }
    }

    /// The next step with the value of this node, or the last one again.
    fn next_use(&self, node: NodeId) -> Option<StepId> {
        let mut uses = self.uses.borrow_mut();
        let steps = uses.get_mut(&node)?;
        if steps.len() > 1 { steps.pop_front() } else { steps.front().copied() }
    }

    fn cell(&self, side: usize, node: NodeId) -> Cell {
        self.sides.node(side, self.step, node)
    }

    /// The points of a node: whether it is defined is what the program says; numbers are those given.
    fn points(&self, node: NodeId, exact: impl Fn(usize) -> Option<Exact>) -> [Point; 2] {
        [0, 1].map(|side| {
            Ok(match self.cell(side, node)? {
                Value::Number(number) => Amount::Number(exact(side).unwrap_or_else(|| number.into())),
                other => Amount::Other(other),
            })
        })
    }

    /// The part of a value without operands.
    pub fn leaf(&self, node: NodeId) -> Part {
        Part { node, points: self.points(node, |_| None), kind: PartKind::Leaf }
    }

    fn is_of_numbers(&self, node: NodeId) -> bool {
        let is_number = |cell: Cell| matches!(cell, Ok(Value::Number(_)) | Err(_));
        let mut operands = self.program().node(node).operands();
        operands.all(|operand| is_number(self.cell(0, operand)) && is_number(self.cell(1, operand)))
    }

    /// An amount in one currency is the amount, where it is defined.
    fn amount(&self, node: NodeId, amount: NodeId) -> Part {
        let inner = self.part(amount);
        Part { node, points: self.points(node, |side| number(&inner.points[side])), kind: inner.kind }
    }

    fn sum(&self, root: NodeId) -> Part {
        let (mut terms, mut rest) = (vec![], vec![(root, false, true)]);
        while let Some((node, negative, is_own)) = rest.pop() {
            let is_inner = node == root || is_own && self.is_of_numbers(node);
            let inner = |operand: NodeId, negative: bool| (operand, negative, self.written(node, operand).is_some());
            match *self.program().node(node) {
                Node::Binary(Operator::Add, lhs, rhs) if is_inner => {
                    rest.extend([inner(rhs, negative), inner(lhs, negative)]);
                }
                Node::Binary(Operator::Subtract, lhs, rhs) if is_inner => {
                    rest.extend([inner(rhs, !negative), inner(lhs, negative)]);
                }
                Node::Negate(operand) if is_inner => rest.push(inner(operand, !negative)),
                _ => terms.push((self.operand(node, is_own), negative)),
            }
        }
        let exact = |side: usize| {
            terms.iter().try_fold(Exact::zero(), |sum, (term, negative)| {
                let term = number(&term.points[side])?;
                Some(if *negative { sum.minus(&term) } else { sum.plus(&term) })
            })
        };
        Part { node: root, points: self.points(root, exact), kind: PartKind::Sum(terms) }
    }

    fn product(&self, root: NodeId) -> Part {
        let (mut exponents, mut rest) = (IndexMap::<(NodeId, bool), i32>::new(), vec![(root, Some(false), 1_i32)]);
        while let Some((node, written, exponent)) = rest.pop() {
            let is_inner = node == root || written == Some(false);
            let converted = self.program().converted(node).map(|converted| converted.of);
            let inner = |operand: NodeId, exponent: i32| match converted == Some(operand) {
                true => (operand, written.filter(|_| !self.is_use(operand)), exponent),
                false => (operand, self.written(node, operand), exponent),
            };
            match *self.program().node(node) {
                Node::Binary(Operator::Multiply, lhs, rhs) if is_inner => {
                    rest.extend([inner(rhs, exponent), inner(lhs, exponent)]);
                }
                Node::Binary(Operator::Divide, lhs, rhs) if is_inner => {
                    rest.extend([inner(rhs, -exponent), inner(lhs, exponent)]);
                }
                Node::Binary(Operator::Power, base, power) if is_inner && exponent.abs() == 1 => {
                    match self.exponent(power) {
                        Some(power) => rest.push(inner(base, exponent * power)),
                        None => *exponents.entry((node, written.is_some())).or_default() += exponent,
                    }
                }
                _ => *exponents.entry((node, written.is_some())).or_default() += exponent,
            }
        }
        exponents.retain(|_, exponent| *exponent != 0);
        let factors =
            exponents.into_iter().map(|((node, is_own), exponent)| (self.operand(node, is_own), exponent)).collect();
        let factors = in_groups(root, factors);
        let points = self.points(root, |side| product_at(&factors, side));
        Part { node: root, points, kind: PartKind::Product(factors) }
    }

    /// The exponent of a power that counts as a product.
    fn exponent(&self, node: NodeId) -> Option<i32> {
        let Node::Constant(Value::Number(number)) = self.program().node(node) else { return None };
        let whole = number.decimal.normalize();
        let whole = (whole.scale() == 0).then(|| i64::try_from(whole.mantissa()).ok()).flatten()?;
        i32::try_from(whole).ok().filter(|_| whole != 0 && whole.abs() <= MAX_EXPONENT)
    }

    fn choice(&self, root: NodeId) -> Part {
        let taken = [0, 1].map(|side| self.branch(side, root));
        let mut values: Vec<Part> = taken[0].into_iter().map(|node| self.part(node)).collect();
        values.extend(taken[1].filter(|node| taken[0] != Some(*node)).map(|node| self.part(node)));
        let points = self.points(root, |side| number(&values.get(side.min(values.len() - 1))?.points[side]));
        Part { node: root, points, kind: PartKind::Choice(values) }
    }

    /// The value of the branch that an `if` takes; None if it is undefined because a condition is.
    fn branch(&self, side: usize, root: NodeId) -> Option<NodeId> {
        let mut node = root;
        while let Node::If(condition, then, otherwise) = *self.program().node(node) {
            if node != root && self.is_use(node) {
                break;
            }
            match self.cell(side, condition) {
                Ok(Value::Boolean(true)) => return Some(then),
                Ok(_) => node = otherwise,
                Err(_) => return None,
            }
        }
        Some(node)
    }

    fn fallback(&self, root: NodeId) -> Part {
        let (mut operands, mut rest) = (vec![], vec![root]);
        while let Some(node) = rest.pop() {
            match *self.program().node(node) {
                Node::Coalesce(first, second) if node == root || !self.is_use(node) => {
                    rest.extend([second, first]);
                }
                _ => operands.push(self.part(node)),
            }
        }
        let exact = |side: usize| operands.iter().find_map(|operand| operand.points[side].as_ref().ok());
        let exact = |side: usize| match exact(side)? {
            Amount::Number(number) => Some(number.clone()),
            Amount::Other(_) => None,
        };
        Part { node: root, points: self.points(root, exact), kind: PartKind::Fallback(operands) }
    }

    fn operation(&self, node: NodeId) -> Part {
        let operands = self.program().node(node).operands().map(|operand| self.part(operand)).collect();
        Part { node, points: self.points(node, |_| None), kind: PartKind::Operation(operands) }
    }
}

fn number(point: &Point) -> Option<Exact> {
    match point {
        Ok(Amount::Number(number)) => Some(number.clone()),
        _ => None,
    }
}

fn product_at(factors: &[(Part, i32)], side: usize) -> Option<Exact> {
    factors.iter().try_fold(Exact::one(), |product, (factor, exponent)| {
        Some(product.times(&number(&factor.points[side])?.power(*exponent)?))
    })
}

/// Puts the factors of a long product into groups, each a product of its own.
fn in_groups(node: NodeId, mut factors: Vec<(Part, i32)>) -> Vec<(Part, i32)> {
    while factors.len() > MAX_FACTORS {
        let mut groups = vec![];
        while !factors.is_empty() {
            let rest = factors.split_off(factors.len().min(MAX_FACTORS));
            let point = |side| product_at(&factors, side).map(Amount::Number).ok_or(Cause::Overflow);
            let points = [point(0), point(1)];
            groups.push((Part { node, points, kind: PartKind::Product(factors) }, 1));
            factors = rest;
        }
        factors = groups;
    }
    factors
}
