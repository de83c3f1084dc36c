//! Estimates the cost of a query before it runs, and computes it once the groups are known.

use std::sync::Arc;

use super::Plan;
use super::inner::{Inner, InnerValues, Input};
use crate::aggregate::{Work, overlap, work};
use crate::data::{Dataset, Request};
use crate::diagnostic::{Code, Diagnostic};
use crate::program::Program;

/// The parts of a query's cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cost {
    /// The work of all rows.
    rows: u64,
    /// The groups of the result, then the inner groups by position in the plan.
    parts: Vec<Part>,
}

/// The cost of the groups of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    /// The work of each group.
    each_group: u64,
    /// The estimated number of groups.
    groups: u64,
}

impl Plan {
    /// The estimated work: row operations and measures for each row, and formula operations for each group.
    ///
    /// One unit is about the work of adding two numbers: a few nanoseconds. A division counts 4, a square root 50, a
    /// logarithm 200 and a power 400; a measure that keeps its values (`median`, `quantile`, `distinct`) counts 8 for
    /// each row. The same units are counted while the query runs. They are at most 10 times the estimate, and at least a
    /// tenth of it, if the following is known before reading:
    ///
    /// * The number of rows. Tables and Parquet files know it. That of a CSV, JSON or Arrow file follows from its size;
    ///   a compressed file is taken to be 6 times as large. A dataset of the host that knows nothing
    ///   ([`Dataset::about_rows`]) counts as 1,000,000 rows.
    /// * The number of groups: that of periods and of different keys. Tables know their keys, and files those of the part
    ///   that is inspected when they are opened. A column that knows nothing ([`Dataset::about_distinct`]) counts as
    ///   1,000 keys or ten years, but never more than one per row. The keys of several columns are taken to occur in all
    ///   combinations.
    /// * The rows that conditions keep. They are taken to keep all.
    /// * The days without rows. Rows are taken to be spread evenly over the days.
    ///
    /// Once the groups are known, the limit on cost is checked again with their number, before formulas are evaluated.
    pub fn cost(&self) -> u64 {
        self.cost.estimated()
    }

    /// Checks the limit on cost with the actual number of groups of the result, or of inner groups by their position.
    ///
    /// # Errors
    /// If the cost is above the limit.
    pub(crate) fn check_groups(&self, groups: usize, inner: Option<usize>) -> Result<(), Diagnostic> {
        let Some(limit) = self.limits.cost else { return Ok(()) };
        let cost = self.cost.with(inner.map_or(0, |inner| inner + 1), groups as u64);
        if cost <= limit {
            return Ok(());
        }
        let kind = if inner.is_some() { "inner groups" } else { "groups" };
        let message = format!("the cost of the query is {cost} for {groups} {kind}, above the limit of {limit}");
        let hint = "request fewer KPIs, coarser groups or a shorter period, or raise the limit on cost";
        Err(Diagnostic::error(Code::LimitReached, message).hint(hint))
    }
}

impl Cost {
    pub fn estimated(&self) -> u64 {
        self.parts.iter().map(|part| part.of(part.groups)).fold(self.rows, u64::saturating_add)
    }

    /// The cost with the actual number of groups of a part.
    fn with(&self, known: usize, groups: u64) -> u64 {
        let groups_of = |(at, part): (usize, &Part)| part.of(if at == known { groups } else { part.groups });
        self.parts.iter().enumerate().map(groups_of).fold(self.rows, u64::saturating_add)
    }
}

impl Part {
    fn of(self, groups: u64) -> u64 {
        self.each_group.saturating_mul(groups)
    }
}

/// Groups, and the formulas over them.
#[derive(Clone, Copy)]
pub(super) struct Level<'a> {
    pub request: &'a Request,
    pub program: &'a Program,
    pub inputs: &'a [Input],
}

impl<'a> From<&'a Inner> for Level<'a> {
    fn from(Inner { request, program, inputs, .. }: &'a Inner) -> Self {
        Self { request, program, inputs }
    }
}

/// See [`Plan::cost`].
pub(super) fn estimate(result: Level, inner: &[Inner], datasets: &[Arc<dyn Dataset>]) -> Cost {
    let levels: Vec<Level> = std::iter::once(result).chain(inner.iter().map(Level::from)).collect();
    let works: Vec<Work> = levels.iter().map(|level| work(level.request, datasets)).collect();
    let mut parts: Vec<Part> = levels
        .iter()
        .zip(&works)
        .map(|(level, work)| Part {
            each_group: level.program.steps().saturating_add(work.each_group),
            groups: work.groups,
        })
        .collect();
    let rows = works.iter().map(|work| work.rows).fold(0, u64::saturating_add);
    for (level, work) in levels.iter().zip(&works) {
        for values in level.inputs.iter().filter_map(each).flatten() {
            // An inner group is aggregated in each group that it belongs to.
            let part = &mut parts[values.inner + 1];
            part.each_group = part.each_group.saturating_add(members(level, *work, values));
        }
    }
    Cost { rows, parts }
}

fn each(input: &Input) -> Option<impl Iterator<Item = &InnerValues>> {
    match input {
        Input::Each(each) => Some(each.values()),
        Input::Key(..) | Input::Length(..) | Input::Free => None,
    }
}

/// The steps of aggregating an inner group.
const STEPS_PER_MEMBER: u64 = 8;

/// The steps of aggregating an inner group in all groups around it.
fn members(around: &Level, work: Work, values: &InnerValues) -> u64 {
    let windows = values.range.map_or(1, |range| overlap(around.request.grain, range, u64::MAX));
    let is_split = values.kept.len() == around.request.by.len();
    let groups = if is_split { 1 } else { work.keys };
    STEPS_PER_MEMBER.saturating_mul(windows).saturating_mul(groups)
}
