//! How the steps of a plan are made up: which formula splits the difference of a step, and among which steps.

use std::collections::{HashMap, VecDeque};

use crate::plan::{Plan, StepId, StepKind};
use crate::program::NodeId;

/// The steps that the formula of a step uses, by the nodes of their values.
pub fn uses(plan: &Plan, body: StepId) -> HashMap<NodeId, VecDeque<StepId>> {
    let mut uses: HashMap<NodeId, VecDeque<StepId>> = HashMap::new();
    for used in &plan.step(body).uses {
        uses.entry(plan.step(used.step).used).or_default().push_back(resolved(plan, used.step));
    }
    uses
}

/// The step behind arguments and operands that consist of a single step.
pub fn resolved(plan: &Plan, step: StepId) -> StepId {
    let mut step = step;
    while let (StepKind::Expression, Some(used)) = (&plan.step(step).kind, alias(plan, step)) {
        step = used;
    }
    step
}

/// The step that is the whole formula of this one.
fn alias(plan: &Plan, step: StepId) -> Option<StepId> {
    let [used] = plan.step(step).uses[..] else { return None };
    (plan.step(used.step).used == plan.step(step).used).then_some(used.step)
}

/// The step whose formula splits the difference of this one: its own, or that of the function that it calls. None for
/// inputs, which are not split.
pub fn body(plan: &Plan, step: StepId) -> Option<StepId> {
    let mut body = step;
    loop {
        if matches!(plan.step(body).kind, StepKind::Measure(_) | StepKind::Each(_) | StepKind::Given(_)) {
            return None;
        }
        match alias(plan, body).map(|used| resolved(plan, used)) {
            Some(used) if matches!(plan.step(used).kind, StepKind::Measure(_) | StepKind::Each(_)) => return None,
            Some(used) if matches!(plan.step(used).kind, StepKind::Call(_)) => body = used,
            _ if plan.step(body).uses.is_empty() => return None,
            _ => return Some(body),
        }
    }
}

/// True if the difference of a step is split among those that its formula uses.
pub fn is_split(plan: &Plan, step: StepId) -> bool {
    body(plan, step).is_some()
}

/// The aggregate behind an input.
pub fn aggregate(plan: &Plan, step: StepId) -> Option<StepId> {
    let mut step = step;
    loop {
        match plan.step(step).kind {
            StepKind::Measure(_) | StepKind::Each(_) => return Some(step),
            // A value that is set has no rows.
            StepKind::Given(_) => return None,
            _ => step = alias(plan, step)?,
        }
    }
}

/// The aggregate that a set formula uses, such as `ad_cost * 90%`, if it is only one.
pub fn given_aggregate(plan: &Plan, step: StepId) -> Option<StepId> {
    let StepKind::Given(_) = plan.step(step).kind else { return None };
    let [used] = plan.step(step).uses[..] else { return None };
    aggregate(plan, resolved(plan, used.step))
}
