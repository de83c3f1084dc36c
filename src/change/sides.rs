//! The two sides of a difference: the values before and after, of one KPI in two groups, or of a KPI in two contexts.

use std::collections::HashMap;

use super::structure::{aggregate, body, given_aggregate, resolved, uses};
use crate::eval::Cells;
use crate::plan::{Plan, StepId, StepKind};
use crate::program::{NodeId, Program};
use crate::value::Cell;

/// The values before and after.
pub struct Sides<'e> {
    pub plan: &'e Plan,
    cells: [Cells<'e>; 2],
    /// The steps and nodes before, by those after. None if they are the same.
    before: Option<Twins>,
}

/// What computes the same in another context.
#[derive(Default)]
struct Twins {
    steps: HashMap<StepId, StepId>,
    /// The nodes of the formula of each step.
    nodes: HashMap<StepId, HashMap<NodeId, NodeId>>,
}

impl<'e> Sides<'e> {
    /// The sides of the KPIs that these steps, before and after, compute. None if they are not the same KPI in two
    /// contexts.
    pub fn new(plan: &'e Plan, cells: [Cells<'e>; 2], [before, after]: [StepId; 2]) -> Option<Self> {
        let before = match before == after {
            true => None,
            false => Some(Twins::of(plan, before, after)?),
        };
        Some(Self { plan, cells, before })
    }

    /// The step that computes the same on a side.
    pub fn step(&self, side: usize, step: StepId) -> StepId {
        let twin = self.before.as_ref().filter(|_| side == 0).and_then(|twins| twins.steps.get(&step));
        twin.copied().unwrap_or(step)
    }

    /// The value of a step as formulas use it.
    pub fn used(&self, side: usize, step: StepId) -> Cell {
        self.cells[side].node(self.plan.step(self.step(side, step)).used)
    }

    /// The value of a step as results show it.
    pub fn shown(&self, side: usize, step: StepId) -> Cell {
        self.cells[side].step(self.step(side, step))
    }

    /// The value of a node of the formula of a step.
    pub fn node(&self, side: usize, step: StepId, node: NodeId) -> Cell {
        let twins = self.before.as_ref().filter(|_| side == 0);
        let twin = twins.and_then(|twins| twins.nodes.get(&step)?.get(&node));
        self.cells[side].node(twin.copied().unwrap_or(node))
    }
}

impl Twins {
    /// Pairs the steps below two steps, and the nodes of their formulas.
    fn of(plan: &Plan, before: StepId, after: StepId) -> Option<Self> {
        let mut twins = Self::default();
        // A KPI that is another one in a context has the same form as that one in two contexts.
        let is_wrapper = resolved(plan, after) != after;
        let mut rest = vec![(after, if is_wrapper { before } else { resolved(plan, before) })];
        let root = after;
        while let Some((after, before)) = rest.pop() {
            if let Some(known) = twins.steps.insert(after, before) {
                match known == before {
                    true => continue,
                    false => return None,
                }
            }
            let nodes = [before, after].map(|step| match after == root {
                true => plan.step(step).node,
                false => plan.step(step).used,
            });
            twins.nodes.insert(after, paired(&plan.program, nodes, plan, after)?);
            match (body(plan, before), body(plan, after)) {
                (None, None) => rest.extend(aggregates(plan, before, after)),
                (Some(before), Some(after)) => {
                    let (before, after) = (&plan.step(before).uses, &plan.step(after).uses);
                    if before.len() != after.len() {
                        return None;
                    }
                    let pairs = before.iter().zip(after);
                    rest.extend(pairs.map(|(before, after)| (resolved(plan, after.step), resolved(plan, before.step))));
                }
                // A value that is set has no parts.
                (Some(_), None) if matches!(plan.step(after).kind, StepKind::Given(_)) => {}
                _ => return None,
            }
        }
        Some(twins)
    }
}

/// The aggregates behind two inputs, if these are not aggregates themselves. Both inputs are set, or neither is.
fn aggregates(plan: &Plan, before: StepId, after: StepId) -> Option<(StepId, StepId)> {
    let are_given = [before, after].iter().all(|step| matches!(plan.step(*step).kind, StepKind::Given(_)));
    let behind = if are_given { given_aggregate } else { aggregate };
    let pair = (behind(plan, after)?, behind(plan, before)?);
    (pair.0 != after).then_some(pair)
}

/// The nodes of the formula of a step, down to the steps that it uses, with those that compute the same before.
fn paired(
    program: &Program,
    [before, after]: [NodeId; 2],
    plan: &Plan,
    step: StepId,
) -> Option<HashMap<NodeId, NodeId>> {
    let uses = body(plan, step).map(|body| uses(plan, body));
    let mut pairs = HashMap::new();
    let mut rest = vec![(after, before)];
    while let Some((after, before)) = rest.pop() {
        // The formula ends at the steps that it uses, and an input has none. Two steps may have one node after and two
        // before, if the one is set to the other.
        let is_end = uses.as_ref().is_none_or(|uses| uses.contains_key(&after));
        let known = if is_end { Some(*pairs.entry(after).or_insert(before)) } else { pairs.insert(after, before) };
        match known {
            Some(known) if known != before && !is_end => return None,
            Some(_) if !is_end => continue,
            _ => {}
        }
        // A quotient in another unit does not have the quotient among its operands.
        if let Some((own, other)) = program.converted(after).zip(program.converted(before)) {
            rest.push((own.of, other.of));
        }
        if is_end {
            continue;
        }
        let (own, other) = (program.node(after), program.node(before));
        let operands: [Vec<NodeId>; 2] = [own.operands().collect(), other.operands().collect()];
        let [own_operands, other_operands] = operands;
        if std::mem::discriminant(own) != std::mem::discriminant(other) || own_operands.len() != other_operands.len() {
            return None;
        }
        rest.extend(own_operands.into_iter().zip(other_operands));
    }
    Some(pairs)
}
