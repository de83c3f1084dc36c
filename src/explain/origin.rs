//! Finds the origin of an undefined value by following the first undefined operand that was evaluated.

use crate::eval::Evaluation;
use crate::plan::{StepId, StepKind};
use crate::program::{Node, NodeId, Operator};
use crate::value::{Cause, Value};

/// The step in which the cause of an undefined value arose.
pub(super) fn origin(evaluation: &Evaluation, step: StepId, group: usize) -> StepId {
    let mut step = step;
    loop {
        let planned = evaluation.plan.step(step);
        if matches!(planned.kind, StepKind::Measure(_)) {
            return step;
        }
        match below(evaluation, step, group) {
            Some(next) if next != step => step = next,
            _ => return step,
        }
    }
}

/// The used step that passes on the cause of an undefined step. None if the cause arose in the step's own formula.
fn below(evaluation: &Evaluation, step: StepId, group: usize) -> Option<StepId> {
    let planned = evaluation.plan.step(step);
    let cause = evaluation.step_value(step, group).err()?;
    let mut node = planned.node;
    loop {
        let used = planned.uses.iter().find(|used| evaluation.plan.step(used.step).node == node);
        if let Some(used) = used {
            return Some(used.step);
        }
        node = undefined_operand(evaluation, node, group, cause)?;
    }
}

/// The operand that made a node undefined.
fn undefined_operand(evaluation: &Evaluation, node: NodeId, group: usize, cause: Cause) -> Option<NodeId> {
    let is_undefined = |id: &NodeId| evaluation.cell(*id, group) == Err(cause);
    if cause.is_meaningless() {
        return evaluation.plan.program.node(node).operands().find(is_undefined);
    }
    match evaluation.plan.program.node(node) {
        Node::If(condition, then, otherwise) => {
            let branch = match evaluation.cell(*condition, group) {
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
        Node::Call(_, arguments) => arguments.iter().copied().find(is_undefined),
        Node::Slot(_) | Node::Constant(_) | Node::Undefined(_) | Node::IsDefined(_) => None,
    }
}
