//! Enforces the limits of aggregation: memory and time.

use crate::diagnostic::{Code, Diagnostic};

/// The maximum number of values kept in memory for medians, quantiles and distinct counts. It applies to all workers of
/// a dataset together.
pub const MAX_KEPT_VALUES: usize = 50_000_000;

/// The maximum number of cells (keys × time buckets) that each worker keeps in memory.
pub const MAX_CELLS: usize = 20_000_000;

/// The limits of memory use.
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

pub(super) fn limit(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::LimitReached, message)
}
