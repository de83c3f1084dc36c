//! Estimates what a query costs before it runs.

use std::sync::Arc;

use super::Plan;
use crate::data::{Dataset, Grain, Request};

/// How many rows a dataset counts as that does not know how many it has.
pub const UNKNOWN_ROWS: u64 = 1_000_000;

impl Plan {
    /// An estimate of the work: the rows read for each measure, plus the groups computed for each operation.
    ///
    /// A dataset that does not know its rows before they are read counts as `UNKNOWN_ROWS`. Groups are at most as
    /// many as rows, and no more than the periods asked for where the query is by time alone. One unit is about as much
    /// work as adding one number: some nanoseconds.
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

/// How many groups there can be, as far as the query tells.
fn groups(request: &Request, rows: u64) -> u64 {
    match (request.by.is_empty(), request.grain, request.period) {
        (true, None, _) => 1,
        (true, Some(grain), Some((first, end))) => {
            let days = u64::try_from(i64::from(end) - i64::from(first)).unwrap_or(0);
            days.div_ceil(days_of(grain)).saturating_add(1)
        }
        // An axis of time may be longer than its rows are many: it has no gaps.
        _ => rows,
    }
    .min(request.max_groups as u64)
}

/// The days of the shortest such period.
fn days_of(grain: Grain) -> u64 {
    match grain {
        Grain::Day => 1,
        Grain::Week => 7,
        Grain::Month => 28,
        Grain::Quarter => 90,
        Grain::Year => 365,
    }
}
