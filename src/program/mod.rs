//! An arena of operations over vectors, shared sub-expressions merged: row expressions run it over columns of rows,
//! formulas over columns of groups.

use hashbrown::HashMap;

use crate::builtin::BuiltinId;
use crate::value::{Cause, Value};

/// An operation of a [`Program`]. Operands always have smaller ids than the operation itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct NodeId(pub u32);

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Node {
    /// The input vector of that number.
    Slot(u32),
    /// The same value everywhere.
    Constant(Value),
    /// Undefined everywhere.
    Undefined(Cause),
    /// `-x`
    Negate(NodeId),
    /// `not x`, three-valued
    Not(NodeId),
    /// An operator with two operands; `and`, `or` three-valued.
    Binary(Operator, NodeId, NodeId),
    /// `if condition then a else b`; an undefined condition is undefined.
    If(NodeId, NodeId, NodeId),
    /// The first unless it is undefined, then the second.
    Coalesce(NodeId, NodeId),
    /// `is_defined(x)`
    IsDefined(NodeId),
    /// A built-in function.
    Call(BuiltinId, Vec<NodeId>),
}

/// Operators with two operands, as computed.
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
    Multiply,
    Divide,
    Power,
}

/// Operations in dependency order; equal ones are one.
#[derive(Debug, Clone, Default)]
pub struct Program {
    nodes: Vec<Node>,
    known: HashMap<Node, NodeId, foldhash::fast::FixedState>,
}

impl Program {
    /// Adds an operation, or finds the equal one that is already there.
    pub fn add(&mut self, node: Node) -> NodeId {
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node.clone());
        self.known.insert(node, id);
        id
    }

    /// The operation with that id, which must come from this program.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// All operations, operands before their users.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
}
