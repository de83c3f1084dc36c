//! The limits of aggregation: memory and time.

use std::time::Instant;

use crate::data::Request;
use crate::diagnostic::{Code, Diagnostic};

/// At most so many values are kept in memory for medians, quantiles and distinct counts, over all workers of a dataset.
pub const MAX_KEPT_VALUES: usize = 50_000_000;

/// At most so many cells (keys × time buckets) are kept in memory, by worker.
pub const MAX_CELLS: usize = 20_000_000;

/// How much may be kept in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct MemoryLimits {
    pub(super) cells: usize,
    pub(super) kept_values: usize,
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self { cells: MAX_CELLS, kept_values: MAX_KEPT_VALUES }
    }
}

/// Fails once the deadline of a request is over.
pub(super) fn check_deadline(request: &Request) -> Result<(), Diagnostic> {
    match request.deadline {
        Some(deadline) if Instant::now() > deadline => Err(limit("the query exceeded its time limit")),
        _ => Ok(()),
    }
}

pub(super) fn limit(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::LimitReached, message)
}
