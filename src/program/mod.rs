//! Runs an arena of operations over vectors, with shared sub-expressions merged. Row expressions run over columns of
//! rows, formulas over columns of groups.

mod arithmetic;
mod cell;
mod column;
mod compare;
mod dates;
mod distinct;
mod functions;
mod logic;
mod meaningless;
mod member;
mod record;
mod run;
mod side;
mod steps;

use std::borrow::Borrow;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::budget::Budget;
use crate::builtin::BuiltinId;
use crate::diagnostic::Diagnostic;
use crate::value::unit::Factor;
use crate::value::{Cause, Value, Vector};

pub use cell::apply;
pub use member::KeySet;
pub(crate) use member::{Combinations, Dated};
pub use record::Calculator;

/// An operation of a [`Program`]. Operands always have smaller ids than the operation itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct NodeId(pub u32);

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Node {
    /// The input vector with this number.
    Slot(u32),
    /// The same value in every row.
    Constant(Value),
    /// Undefined in every row.
    Undefined(Cause),
    /// `-x`
    Negate(NodeId),
    /// `not x`, three-valued.
    Not(NodeId),
    /// An operator with two operands; `and` and `or` are three-valued.
    Binary(Operator, NodeId, NodeId),
    /// `if condition then a else b`; an undefined condition makes the result undefined.
    If(NodeId, NodeId, NodeId),
    /// The first operand if it is defined, otherwise the second.
    Coalesce(NodeId, NodeId),
    /// `is_defined(x)`
    IsDefined(NodeId),
    /// The first operand, unless the second one, a number of currencies, is above 1.
    OneCurrency(NodeId, NodeId),
    /// A built-in function.
    Call(BuiltinId, Vec<NodeId>),
    /// True if the operands are one of these combinations of keys; always defined.
    Member(Vec<NodeId>, Arc<KeySet>),
}

/// Operators with two operands, as they are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    /// The seconds from the date on the right to the date on the left; [`Subtract`](Self::Subtract) gives days.
    Elapsed,
    Multiply,
    Divide,
    Power,
}

/// Operations in dependency order, each stored once.
#[derive(Debug, Clone, Default)]
pub struct Program {
    nodes: Vec<Node>,
    known: HashMap<Node, NodeId, foldhash::fast::FixedState>,
    /// The quotients that are another one in another unit.
    converted: HashMap<NodeId, Converted, foldhash::fast::FixedState>,
}

/// A quotient in another unit. Its factor is split between both sides, so that it is no operation over the quotient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "change"), allow(dead_code))]
pub struct Converted {
    /// The quotient.
    pub of: NodeId,
    /// The factor.
    pub factor: Factor,
    /// A constant of the factor.
    pub constant: NodeId,
}

impl Program {
    /// Records that an operation is a quotient in another unit.
    pub(crate) fn convert(&mut self, node: NodeId, converted: Converted) {
        self.converted.insert(node, converted);
    }

    /// The quotient that an operation is in another unit. None if it is not one.
    #[cfg(feature = "change")]
    pub(crate) fn converted(&self, node: NodeId) -> Option<Converted> {
        self.converted.get(&node).copied()
    }

    /// Adds an operation and returns its id. An equal operation that already exists is reused.
    pub fn add(&mut self, node: Node) -> NodeId {
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node.clone());
        self.known.insert(node, id);
        id
    }

    /// The operation with this id, which must belong to this program.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// All operations, operands before their users.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Computes the values of the requested operations, in that order, each `len` long.
    ///
    /// `slots` are the inputs that [`Node::Slot`] numbers, each `len` long. Only the operations that the results depend
    /// on are computed.
    ///
    /// An operation with an undefined operand is undefined, with the cause of the first such operand. `and` and `or`
    /// are three-valued; `if` and `??` give the value of the branch taken. A cause that does not depend on the data
    /// ([`Cause::is_meaningless`]) takes precedence over all of these. Values of a kind that an operation does not
    /// accept give [`Cause::WrongKind`].
    ///
    /// ```
    /// use yardstick::backend::{Program, Values, Vector};
    /// use yardstick::internal::program::{Node, Operator};
    /// use yardstick::{Cause, Decimal, Value};
    ///
    /// let mut program = Program::default();
    /// let cost = program.add(Node::Slot(0));
    /// let customers = program.add(Node::Slot(1));
    /// let cac = program.add(Node::Binary(Operator::Divide, cost, customers));
    ///
    /// let cost = Vector::defined(Values::Fixed { mantissas: vec![100_050, 2_000], scale: 2 });
    /// let customers = Vector::defined(Values::Fixed { mantissas: vec![20, 0], scale: 0 });
    /// let results = program.evaluate(&[cost, customers], 2, &[cac]);
    /// assert_eq!(results[0].get(0), Ok(Value::from(Decimal::new(50_025, 3))));
    /// assert_eq!(results[0].get(1), Err(Cause::DivisionByZero));
    /// ```
    pub fn evaluate<V: Borrow<Vector>>(&self, slots: &[V], len: usize, requested: &[NodeId]) -> Vec<Vector> {
        self.evaluate_within(&Budget::unlimited(), slots, len, requested).expect("nothing stops it")
    }

    /// Does the same as [`Program::evaluate`], within a budget.
    ///
    /// # Errors
    /// The limit that was reached.
    pub(crate) fn evaluate_within<V: Borrow<Vector>>(
        &self,
        budget: &Budget,
        slots: &[V],
        len: usize,
        requested: &[NodeId],
    ) -> Result<Vec<Vector>, Diagnostic> {
        let slots: Vec<&Vector> = slots.iter().map(V::borrow).collect();
        run::evaluate(self, &slots, len, requested, budget)
    }

    /// Computes the values of all operations, in the order of their ids, to explain the results.
    pub fn evaluate_all<V: Borrow<Vector>>(&self, slots: &[V], len: usize) -> Vec<Vector> {
        let all: Vec<NodeId> = (0..self.nodes.len()).map(|index| NodeId(index as u32)).collect();
        self.evaluate(slots, len, &all)
    }
}

impl Program {
    /// The number of times that the values of each operation are read, by needed operations and by the caller. It is 0
    /// for operations that are not needed.
    fn count_uses(&self, requested: &[NodeId]) -> Vec<u32> {
        let mut uses = vec![0; self.nodes.len()];
        for id in requested {
            uses[id.0 as usize] += 1;
        }
        for (index, node) in self.nodes.iter().enumerate().rev() {
            if uses[index] > 0 {
                node.operands().for_each(|operand| uses[operand.0 as usize] += 1);
            }
        }
        uses
    }
}

impl Program {
    /// The numbers of the slots that these operations depend on, directly or indirectly, in order.
    pub fn slots_below(&self, requested: impl IntoIterator<Item = NodeId>) -> Vec<u32> {
        let slot = |node: &Node| if let Node::Slot(slot) = node { Some(*slot) } else { None };
        let mut slots: Vec<u32> = self.below(requested).filter_map(slot).collect();
        slots.sort_unstable();
        slots
    }

    /// The cause among these operations, and those that they depend on, that nothing stops.
    pub(crate) fn meaningless_below(&self, requested: impl IntoIterator<Item = NodeId>) -> Option<Cause> {
        self.below(requested).find_map(|node| match node {
            Node::Undefined(cause) if cause.is_meaningless() => Some(*cause),
            _ => None,
        })
    }

    /// Returns true if the first operation is or uses the second one.
    pub(crate) fn depends_on(&self, id: NodeId, other: NodeId) -> bool {
        let mut needed = vec![false; id.0 as usize + 1];
        needed[id.0 as usize] = true;
        for index in (other.0 as usize..needed.len()).rev().filter(|index| *index != other.0 as usize) {
            if needed[index] {
                self.nodes[index].operands().for_each(|operand| needed[operand.0 as usize] = true);
            }
        }
        needed.get(other.0 as usize).copied().unwrap_or(false)
    }

    /// These operations and those that they depend on, directly or indirectly.
    fn below(&self, requested: impl IntoIterator<Item = NodeId>) -> impl Iterator<Item = &Node> {
        let mut needed = vec![false; self.nodes.len()];
        requested.into_iter().for_each(|id| needed[id.0 as usize] = true);
        (0..needed.len()).rev().filter_map(move |index| {
            let node = needed[index].then(|| &self.nodes[index])?;
            node.operands().for_each(|operand| needed[operand.0 as usize] = true);
            Some(node)
        })
    }
}

impl Program {
    /// Changes the numbers of the slots.
    pub(crate) fn renumber_slots(&mut self, number: impl Fn(u32) -> u32) {
        for node in &mut self.nodes {
            if let Node::Slot(slot) = node {
                *slot = number(*slot);
            }
        }
        self.known = self.nodes.iter().cloned().zip((0..).map(NodeId)).collect();
    }
}

impl Node {
    /// The operands without which the operation has no value. It may have one without any of its other operands.
    pub fn required_operands(&self) -> impl Iterator<Item = NodeId> + '_ {
        let required = match self {
            Self::IsDefined(_)
            | Self::Member(..)
            | Self::Coalesce(..)
            | Self::Binary(Operator::And | Operator::Or, ..) => 0,
            Self::If(..) | Self::OneCurrency(..) => 1,
            _ => usize::MAX,
        };
        self.operands().take(required)
    }

    /// Returns true if the operation gives the same value in every row, whatever the inputs.
    fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_) | Self::Undefined(_))
    }

    /// The operands of this operation, in the order in which their causes take precedence.
    pub fn operands(&self) -> impl Iterator<Item = NodeId> + '_ {
        let (fixed, many): ([Option<NodeId>; 3], &[NodeId]) = match self {
            Self::Slot(_) | Self::Constant(_) | Self::Undefined(_) => ([None; 3], &[]),
            Self::Negate(x) | Self::Not(x) | Self::IsDefined(x) => ([Some(*x), None, None], &[]),
            Self::Binary(_, lhs, rhs) | Self::Coalesce(lhs, rhs) | Self::OneCurrency(lhs, rhs) => {
                ([Some(*lhs), Some(*rhs), None], &[])
            }
            Self::If(condition, then, otherwise) => ([Some(*condition), Some(*then), Some(*otherwise)], &[]),
            Self::Call(_, arguments) | Self::Member(arguments, _) => ([None; 3], arguments),
        };
        fixed.into_iter().flatten().chain(many.iter().copied())
    }
}
