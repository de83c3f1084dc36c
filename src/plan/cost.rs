//! Estimates the cost of a query before it runs, and computes it once the groups are known.

use std::sync::Arc;

use super::Plan;
use super::inner::Inner;
use crate::builtin::Aggregate;
use crate::data::{Dataset, Grain, Measure, Request};
use crate::diagnostic::{Code, Diagnostic};
use crate::program::Program;

/// The estimated number of rows of a dataset that does not know its number of rows.
pub const UNKNOWN_ROWS: u64 = 1_000_000;

/// The parts of a query's cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// The work of all rows.
    rows: u64,
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
    /// each row.
    ///
    /// A dataset that does not know its number of rows before reading counts as 1,000,000 rows. The estimate assumes
    /// one group per row, or one group per requested period if the query is grouped by time only. Once the groups are
    /// known, the limit on cost is checked again with their number, before formulas are evaluated.
    pub fn cost(&self) -> u64 {
        self.cost.of(self.cost.groups)
    }

    /// Checks the limit on cost with the actual number of groups.
    ///
    /// # Errors
    /// If the cost is above the limit.
    pub(crate) fn check_groups(&self, groups: usize) -> Result<(), Diagnostic> {
        let cost = self.cost.of(groups as u64);
        match self.limits.cost.filter(|limit| cost > *limit) {
            None => Ok(()),
            Some(limit) => {
                let message =
                    format!("the cost of the query is {cost} for {groups} groups, above the limit of {limit}");
                let hint = "request fewer KPIs, coarser groups or a shorter period, or raise the limit on cost";
                Err(Diagnostic::error(Code::LimitReached, message).hint(hint))
            }
        }
    }
}

impl Cost {
    fn of(self, groups: u64) -> u64 {
        self.rows.saturating_add(self.each_group.saturating_mul(groups))
    }

    /// The cost with that of inner groups.
    pub fn beside(self, inner: &[Inner], datasets: &[Arc<dyn Dataset>]) -> Self {
        let costs = inner.iter().map(|inner| estimate(&inner.request, &inner.program, datasets).estimated());
        Self { rows: costs.fold(self.rows, u64::saturating_add), ..self }
    }

    pub fn estimated(self) -> u64 {
        self.of(self.groups)
    }
}

/// See [`Plan::cost`].
pub(super) fn estimate(request: &Request, formulas: &Program, datasets: &[Arc<dyn Dataset>]) -> Cost {
    let rows = |dataset: usize| datasets[request.datasets[dataset].dataset].rows().unwrap_or(UNKNOWN_ROWS);
    let read = request.datasets.iter().enumerate().filter(|(_, dataset)| !dataset.skipped).map(|(at, dataset)| {
        let keys = dataset.by.len() + usize::from(dataset.time.is_some()) + dataset.filters.len();
        let lookups = dataset.rows.lookups.iter().map(|lookup| 1 + lookup.columns.len()).sum::<usize>();
        let each = dataset.rows.program.steps().saturating_add((keys + lookups) as u64);
        rows(at).saturating_mul(each)
    });
    let measured = request.measures.iter().map(|measure| rows(measure.dataset).saturating_mul(steps(measure)));
    let most = (0..request.datasets.len()).map(rows).max().unwrap_or(1).max(1);
    Cost {
        rows: read.chain(measured).fold(0, u64::saturating_add),
        each_group: formulas.steps(),
        groups: groups(request, most),
    }
}

/// The steps that a measure takes for each row.
fn steps(measure: &Measure) -> u64 {
    let keeps_values = measure.distinct
        || matches!(
            measure.aggregate,
            Aggregate::Median
                | Aggregate::Quantile(_)
                | Aggregate::Deviation
                | Aggregate::DeviationPopulation
                | Aggregate::Variance
                | Aggregate::VariancePopulation
        );
    let aggregate = if keeps_values { 8 } else { 1 };
    aggregate + (measure.by.len() + measure.conditions.len()) as u64
}

/// The maximum number of groups that the query can have.
fn groups(request: &Request, rows: u64) -> u64 {
    match (request.by.is_empty(), request.grain, request.period) {
        (true, None, _) => 1,
        (true, Some(grain), Some((first, end))) => {
            let days = u64::try_from(i64::from(end) - i64::from(first)).unwrap_or(0);
            days.div_ceil(days_of(grain)).saturating_add(1)
        }
        // A time axis has no gaps, so it may have more groups than there are rows.
        _ => rows,
    }
    .min(request.max_groups as u64)
}

/// The number of days of the shortest period of a grain.
fn days_of(grain: Grain) -> u64 {
    match grain {
        // Times are then counted in hours.
        Grain::Hour | Grain::Day => 1,
        Grain::Week => 7,
        Grain::Month => 28,
        Grain::Quarter => 90,
        Grain::Half => 181,
        Grain::Year => 365,
    }
}
