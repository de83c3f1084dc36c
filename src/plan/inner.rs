//! The plan of aggregates over inner groups: `sum(x each customer)`.
//!
//! The inner groups are requested from the source like those of a result, with the formula and the condition as a
//! program over them. Their values are then aggregated once more, in the group that surrounds them.

use std::sync::Arc;

use crate::data::{Aggregate, ColumnType, Extent, Request, TimeRange};
use crate::program::{Node, NodeId, Program};
use crate::value::Cause;

/// A request for inner groups, and the formulas over them.
#[derive(Debug, Clone)]
pub struct Inner {
    /// The request to the data.
    pub request: Request,
    /// The formulas; the slots are the measures of the request, followed by the other inputs.
    pub program: Program,
    /// The inputs of the formulas that are not measures.
    pub inputs: Vec<Input>,
    /// True if the groups have the periods of the groups around them.
    pub follows_period: bool,
    /// How many `each` are around the groups; the inputs refer to groups that have one more.
    pub level: usize,
    /// The names of the datasets, by position in the request.
    pub datasets: Vec<Arc<str>>,
}

/// An input of formulas that is not a measure.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Input {
    /// An aggregate over inner groups.
    Each(Arc<PlannedEach>),
    /// The key of the grouping column at this position.
    Key(usize, ColumnType),
    /// The length of the period, and the formula whose data end it.
    Length(PeriodLength, Option<NodeId>),
    /// The value of a definition that is free in a variation of the query. It is undefined until someone replaces it.
    Free,
}

/// An aggregate over inner groups.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlannedEach {
    /// The aggregate.
    pub aggregate: Aggregate,
    /// True if equal values are counted once.
    pub distinct: bool,
    /// The values to aggregate in each group.
    pub groups: InnerValues,
    /// The values to aggregate in the total, or why it has no value.
    pub total: Result<InnerValues, Cause>,
}

/// The length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeriodLength {
    /// True if only the days up to the end of the data and within `--period` count.
    pub elapsed: bool,
    /// The days around the period.
    pub range: TimeRange,
    /// The same in the total; None if it has no meaning there.
    pub total: Option<TimeRange>,
}

/// The values of inner groups.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InnerValues {
    /// The inner groups: a position in `Plan::inner`.
    pub inner: usize,
    /// The value.
    pub value: NodeId,
    /// The condition that inner groups have to meet.
    pub having: Option<NodeId>,
    /// The positions of the keys after `each` that are columns.
    pub keys: Vec<usize>,
    /// The grouping columns of the surrounding groups that apply, which are the first columns of the inner groups.
    pub kept: Vec<usize>,
    /// The days of the surrounding group whose inner periods count. None if inner groups have the periods of the
    /// surrounding ones.
    pub range: Option<TimeRange>,
}

impl Inner {
    /// The input behind a slot that is not a measure.
    pub fn input(&self, slot: u32) -> Option<&Input> {
        self.inputs.get((slot as usize).checked_sub(self.request.measures.len())?)
    }
}

impl PlannedEach {
    /// Returns true if its inner groups determine groups around them, which have this number of columns.
    pub fn places_groups(&self, columns: usize) -> bool {
        self.groups.kept.len() == columns && self.groups.range.is_none_or(|range| range.extent != Extent::All)
    }

    /// The values in groups, and those in the total.
    pub fn values(&self) -> impl Iterator<Item = &InnerValues> {
        std::iter::once(&self.groups).chain(&self.total)
    }
}

impl InnerValues {
    /// The operations to compute: the value, then the condition.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        std::iter::once(self.value).chain(self.having)
    }
}

impl Program {
    /// The slots without which none of the operations has a value.
    pub(crate) fn required_slots(&self, requested: impl IntoIterator<Item = NodeId>) -> Vec<u32> {
        let mut needed = vec![false; self.nodes().len()];
        requested.into_iter().for_each(|id| needed[id.0 as usize] = true);
        let mut slots = vec![];
        for index in (0..needed.len()).rev() {
            if !needed[index] {
                continue;
            }
            match &self.nodes()[index] {
                Node::Slot(slot) => slots.push(*slot),
                node => node.required_operands().for_each(|id| needed[id.0 as usize] = true),
            }
        }
        slots.sort_unstable();
        slots
    }
}
