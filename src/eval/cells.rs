//! The values of all nodes for the groups around one, which explanations read.

use std::sync::{Arc, Mutex, PoisonError};

use super::Evaluation;
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::plan::StepId;
use crate::program::NodeId;
use crate::value::{Cell, Vector};
#[cfg(feature = "change")]
use crate::{
    data::MeasureColumn,
    value::{Number, Values},
};

/// The maximum number of groups that are computed together when one of them is explained.
pub const EXPLAINED_GROUPS: usize = 64;

/// The maximum number of values that are computed together, unless one group has more.
const EXPLAINED_VALUES: usize = 1 << 14;

/// The values of the groups that were explained last.
#[derive(Debug, Default)]
pub(super) struct LastBlock(Mutex<Option<(usize, Arc<Block>)>>);

/// The values of all nodes for some groups in a row.
pub(super) type Block = Vec<Vector>;

/// The values of all nodes for one group.
pub(crate) struct Cells<'e> {
    evaluation: &'e Evaluation,
    /// The group among all groups.
    group: usize,
    /// The group in the block.
    place: usize,
    block: Arc<Block>,
    /// True if some inputs have other values than in the evaluation.
    is_other: bool,
}

impl Cells<'_> {
    /// The value of a step.
    pub fn step(&self, step: StepId) -> Cell {
        self.node(self.evaluation.plan.step(step).node)
    }

    /// The value of a node.
    pub fn node(&self, node: NodeId) -> Cell {
        match self.evaluation.needed_value(node, self.group) {
            Some(value) if !self.is_other => value,
            _ => self.block[node.0 as usize].get(self.place),
        }
    }
}

impl Evaluation {
    /// The values of all nodes for a group. They are computed for several groups together, and the last ones are kept.
    ///
    /// # Errors
    /// The limit that was reached.
    pub(crate) fn cells(&self, group: usize, budget: &Budget) -> Result<Cells<'_>, Diagnostic> {
        let size = (EXPLAINED_VALUES / self.plan.program.nodes().len().max(1)).clamp(1, EXPLAINED_GROUPS);
        let (at, place) = (group / size, group % size);
        let known = self.last_block.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let block = match known.filter(|(known, _)| *known == at) {
            Some((_, block)) => block,
            None => {
                let block = Arc::new(self.block(at * size..self.groups.len().min((at + 1) * size), budget)?);
                *self.last_block.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, block.clone()));
                block
            }
        };
        Ok(Cells { evaluation: self, group, place, block, is_other: false })
    }

    /// The values of all nodes for a group, if the inputs in these slots had these values.
    ///
    /// # Errors
    /// The limit that was reached.
    #[cfg(feature = "change")]
    pub(crate) fn cells_with(
        &self,
        group: usize,
        others: &std::collections::HashMap<u32, Cell>,
        budget: &Budget,
    ) -> Result<Cells<'_>, Diagnostic> {
        let slots = self.measures.iter().enumerate().map(|(at, measure)| match others.get(&(at as u32)) {
            Some(other) => Vector::repeated(other, 1),
            None => measure.values.take(&[group as u32]),
        });
        let nodes: Vec<NodeId> = (0..self.plan.program.nodes().len() as u32).map(NodeId).collect();
        let block = self.plan.program.evaluate_within(budget, &slots.collect::<Vec<_>>(), 1, &nodes)?;
        Ok(Cells { evaluation: self, group, place: 0, block: Arc::new(block), is_other: true })
    }

    /// The values of some nodes for a group, if the input in a slot had each of these values.
    ///
    /// # Errors
    /// The limit that was reached.
    #[cfg(feature = "change")]
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) fn values_with(
        &self,
        group: usize,
        slot: u32,
        values: &[Number],
        nodes: &[NodeId],
        budget: &Budget,
    ) -> Result<Vec<Vector>, Diagnostic> {
        let other = |at: usize, measure: &MeasureColumn| match at as u32 == slot {
            true => Vector::defined(Values::from_numbers(values)),
            false => Vector::repeated(&measure.values.get(group), values.len()),
        };
        let slots: Vec<Vector> = self.measures.iter().enumerate().map(|(at, it)| other(at, it)).collect();
        self.plan.program.evaluate_within(budget, &slots, values.len(), nodes)
    }

    fn block(&self, groups: std::ops::Range<usize>, budget: &Budget) -> Result<Block, Diagnostic> {
        let groups: Vec<u32> = groups.map(|group| group as u32).collect();
        let slots: Vec<Vector> = self.measures.iter().map(|measure| measure.values.take(&groups)).collect();
        let nodes: Vec<NodeId> = (0..self.plan.program.nodes().len() as u32).map(NodeId).collect();
        self.plan.program.evaluate_within(budget, &slots, groups.len(), &nodes)
    }
}
