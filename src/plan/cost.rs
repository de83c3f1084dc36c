//! Estimates the cost of a query before it runs.

use std::sync::Arc;

use super::Plan;
use crate::data::{Dataset, Grain, Request};

/// The estimated number of rows of a dataset that does not know its number of rows.
pub const UNKNOWN_ROWS: u64 = 1_000_000;

impl Plan {
    /// The estimated work: the rows read for each measure, plus the groups computed for each operation.
    ///
    /// A dataset that does not know its number of rows before reading counts as 1,000,000 rows. The estimate assumes
    /// one group per row, or one group per requested period if the query is grouped by time only. One unit is about the
    /// work of adding one number: a few nanoseconds.
    pub fn cost(&self) -> u64 {
        self.cost
    }
}

/// See [`Plan::cost`].
pub(super) fn estimate(request: &Request, operations: usize, datasets: &[Arc<dyn Dataset>]) -> u64 {
    let rows = |dataset: usize| datasets[request.datasets[dataset].dataset].rows().unwrap_or(UNKNOWN_ROWS);
    let read = request.measures.iter().map(|measure| rows(measure.dataset)).fold(0, u64::saturating_add);
    let most = (0..request.datasets.len()).map(rows).max().unwrap_or(1).max(1);
    let work = groups(request, most).saturating_mul(operations as u64);
    read.saturating_add(work)
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
        Grain::Day => 1,
        Grain::Week => 7,
        Grain::Month => 28,
        Grain::Quarter => 90,
        Grain::Year => 365,
    }
}
