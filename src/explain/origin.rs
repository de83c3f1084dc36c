//! Finds the origin of an undefined value by following the first undefined operand that was evaluated.

use std::collections::HashMap;

use crate::eval::Cells;
use crate::plan::{Plan, StepId, StepKind};
use crate::program::{Node, NodeId, Operator};
use crate::value::{Cause, Value};

/// The origins found so far, so that each step is followed once.
#[derive(Default)]
pub(super) struct Origins(HashMap<StepId, StepId>);

impl Origins {
    /// The step in which the cause of an undefined value arose.
    pub fn of(&mut self, plan: &Plan, cells: &Cells<'_>, step: StepId) -> StepId {
        let (mut origin, mut passed) = (step, vec![]);
        loop {
            if let Some(&known) = self.0.get(&origin) {
                origin = known;
                break;
            }
            passed.push(origin);
            if matches!(plan.step(origin).kind, StepKind::Measure(_) | StepKind::Each(_)) {
                break;
            }
            match below(plan, cells, origin) {
                Some(next) if next != origin => origin = next,
                _ => break,
            }
        }
        self.0.extend(passed.into_iter().map(|step| (step, origin)));
        origin
    }
}

/// The used step that passes on the cause of an undefined step. None if the cause arose in the step's own formula.
fn below(plan: &Plan, cells: &Cells<'_>, step: StepId) -> Option<StepId> {
    let planned = plan.step(step);
    let cause = cells.step(step).err()?;
    // The first use of each node.
    let uses: HashMap<NodeId, StepId> =
        planned.uses.iter().rev().map(|used| (plan.step(used.step).node, used.step)).collect();
    let mut node = planned.node;
    loop {
        if let Some(used) = uses.get(&node) {
            return Some(*used);
        }
        node = undefined_operand(plan, cells, node, cause)?;
    }
}

/// The operand that made a node undefined.
fn undefined_operand(plan: &Plan, cells: &Cells<'_>, node: NodeId, cause: Cause) -> Option<NodeId> {
    let is_undefined = |id: &NodeId| cells.node(*id) == Err(cause);
    if cause.is_meaningless() {
        return plan.program.node(node).operands().find(is_undefined);
    }
    match plan.program.node(node) {
        Node::If(condition, then, otherwise) => {
            let branch = match cells.node(*condition) {
                Ok(Value::Boolean(true)) => then,
                Ok(_) => otherwise,
                Err(_) => condition,
            };
            Some(*branch).filter(is_undefined)
        }
        // A coalesce is undefined only if its last alternative is.
        Node::Coalesce(_, last) => Some(*last).filter(is_undefined),
        Node::Negate(operand) | Node::Not(operand) => Some(*operand).filter(is_undefined),
        Node::Binary(Operator::And | Operator::Or, lhs, rhs) | Node::Binary(_, lhs, rhs) => {
            [*lhs, *rhs].into_iter().find(is_undefined)
        }
        Node::OneCurrency(amount, _) => Some(*amount).filter(is_undefined),
        Node::Call(_, arguments) => arguments.iter().copied().find(is_undefined),
        Node::Slot(_) | Node::Constant(_) | Node::Undefined(_) | Node::IsDefined(_) | Node::Member(..) => None,
    }
}
