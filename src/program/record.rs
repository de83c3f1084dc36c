//! Runs a program over one record after another, value by value.

use super::{Node, NodeId, Program, cell};
use crate::builtin;
use crate::value::{Cause, Cell, Value};

/// A program prepared for one record after another.
///
/// [`Program::evaluate`] fills columns; a calculator fills one cell per operation and reuses it for each record. Both
/// give the same values.
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
    /// The operations to compute, operands first.
    steps: Vec<(NodeId, Node)>,
    /// The operation of each slot; None if no step needs it.
    slots: Vec<Option<NodeId>>,
    /// The value of each operation. Constants are set once.
    cells: Vec<Cell>,
}

impl Program {
    /// Prepares to compute these operations and their operands for one record after another.
    pub fn calculator(&self, requested: &[NodeId]) -> Calculator {
        let uses = self.count_uses(requested);
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

    /// Sets an input of the record. It keeps its value until it is set again, and is blank at first. An input that no
    /// operation needs is ignored.
    pub fn set(&mut self, slot: u32, value: Cell) {
        if let Some(id) = self.slots.get(slot as usize).copied().flatten() {
            self.cells[id.0 as usize] = value;
        }
    }

    /// The current value of an input; blank if no operation needs it.
    pub(crate) fn input(&self, slot: u32) -> &Cell {
        let id = self.slots.get(slot as usize).copied().flatten();
        id.map_or(&Err(Cause::Blank), |id| &self.cells[id.0 as usize])
    }

    /// Computes the requested operations from the current inputs.
    pub fn run(&mut self) {
        for (id, node) in &self.steps {
            self.cells[id.0 as usize] = value(node, &self.cells);
        }
    }

    /// The value of a requested operation. The values of other operations may be out of date or never computed.
    ///
    /// # Panics
    /// If the operation does not belong to the program.
    pub fn get(&self, id: NodeId) -> &Cell {
        &self.cells[id.0 as usize]
    }
}

fn value(node: &Node, cells: &[Cell]) -> Cell {
    let of = |id: &NodeId| &cells[id.0 as usize];
    match node {
        Node::Slot(_) | Node::Constant(_) | Node::Undefined(_) => unreachable!("inputs and constants are not steps"),
        Node::Negate(x) => cell::negate(of(x).clone()),
        Node::Not(x) => cell::not(of(x).clone()),
        Node::Binary(operator, lhs, rhs) => cell::binary(*operator, of(lhs), of(rhs)),
        Node::If(condition, then, otherwise) => cell::chosen(of(condition), of(then), of(otherwise)),
        Node::Coalesce(lhs, rhs) => cell::coalesced(of(lhs), of(rhs)),
        Node::OneCurrency(amount, currencies) => cell::of_one_currency(of(amount).clone(), of(currencies)),
        Node::IsDefined(x) => cell::defined(of(x)),
        Node::Member(operands, set) => Ok(Value::Boolean(set.has(operands.iter().map(of)))),
        Node::Call(id, arguments) => cell::called(builtin::get(*id), arguments.iter().map(of)),
    }
}
