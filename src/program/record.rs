//! Runs a program over one record after the other, value by value.

use super::{Node, NodeId, Program, cell};
use crate::builtin;
use crate::value::{Cause, Cell};

/// A program made ready for one record after the other: where [`Program::evaluate`] fills columns, this one fills a
/// place for each operation, the same again for each record. Both give the same values.
///
/// ```
/// use yardstick::backend::Program;
/// use yardstick::internal::program::{Node, Operator};
/// use yardstick::{Cause, Decimal};
///
/// let mut program = Program::default();
/// let [cost, customers] = [0, 1].map(|slot| program.add(Node::Slot(slot)));
/// let cac = program.add(Node::Binary(Operator::Divide, cost, customers));
///
/// let mut calculator = program.calculator(&[cac]);
/// calculator.set(0, Ok(Decimal::from(1_000).into()));
/// calculator.set(1, Ok(Decimal::from(20).into()));
/// calculator.run();
/// assert_eq!(*calculator.get(cac), Ok(Decimal::from(50).into()));
///
/// calculator.set(1, Ok(Decimal::ZERO.into()));
/// calculator.run();
/// assert_eq!(*calculator.get(cac), Err(Cause::DivisionByZero));
/// ```
#[derive(Debug, Clone)]
pub struct Calculator {
    /// What is computed, operands first.
    steps: Vec<(NodeId, Node)>,
    /// The operation of each slot; None where no step needs it.
    slots: Vec<Option<NodeId>>,
    /// The value of each operation; a constant's stays.
    cells: Vec<Cell>,
}

impl Program {
    /// Makes ready to compute these operations, and what they need, for one record after the other.
    pub fn calculator(&self, wanted: &[NodeId]) -> Calculator {
        let uses = self.count_uses(wanted);
        let mut calculator =
            Calculator { steps: vec![], slots: vec![], cells: vec![Err(Cause::Blank); self.nodes().len()] };
        for (index, node) in self.nodes().iter().enumerate().filter(|(index, _)| uses[*index] > 0) {
            calculator.add(NodeId(index as u32), node);
        }
        calculator
    }
}

impl Calculator {
    fn add(&mut self, id: NodeId, node: &Node) {
        match node {
            Node::Slot(slot) => {
                let slot = *slot as usize;
                self.slots.resize(self.slots.len().max(slot + 1), None);
                self.slots[slot] = Some(id);
            }
            Node::Constant(value) => self.cells[id.0 as usize] = Ok(value.clone()),
            Node::Undefined(cause) => self.cells[id.0 as usize] = Err(*cause),
            _ => self.steps.push((id, node.clone())),
        }
    }

    /// Sets an input of the record, which keeps its value until it is set again; blank before. One that nothing needs
    /// is passed over.
    pub fn set(&mut self, slot: u32, value: Cell) {
        if let Some(id) = self.slots.get(slot as usize).copied().flatten() {
            self.cells[id.0 as usize] = value;
        }
    }

    /// An input as it was set last; blank where nothing needs it.
    pub(crate) fn input(&self, slot: u32) -> &Cell {
        let id = self.slots.get(slot as usize).copied().flatten();
        id.map_or(&Err(Cause::Blank), |id| &self.cells[id.0 as usize])
    }

    /// Computes what was wanted from the inputs as they are.
    pub fn run(&mut self) {
        for (id, node) in &self.steps {
            self.cells[id.0 as usize] = value(node, &self.cells);
        }
    }

    /// The value of an operation that was wanted; other values may be of an earlier record or of none.
    ///
    /// # Panics
    /// Where the operation is not of the program.
    pub fn get(&self, id: NodeId) -> &Cell {
        &self.cells[id.0 as usize]
    }
}

fn value(node: &Node, cells: &[Cell]) -> Cell {
    let of = |id: &NodeId| &cells[id.0 as usize];
    match node {
        Node::Slot(_) | Node::Constant(_) | Node::Undefined(_) => unreachable!("inputs and constants are no steps"),
        Node::Negate(x) => cell::negate(of(x).clone()),
        Node::Not(x) => cell::not(of(x).clone()),
        Node::Binary(operator, lhs, rhs) => cell::binary(*operator, of(lhs), of(rhs)),
        Node::If(condition, then, otherwise) => cell::chosen(of(condition), of(then), of(otherwise)),
        Node::Coalesce(lhs, rhs) => cell::coalesced(of(lhs), of(rhs)),
        Node::IsDefined(x) => cell::defined(of(x)),
        Node::Call(id, arguments) => cell::called(builtin::get(*id), arguments.iter().map(of)),
    }
}
