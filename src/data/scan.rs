//! Defines what is read of a dataset at a time.

use super::schema::ColumnId;
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;

/// The columns to read of a dataset, and what the reading may take: see [`Dataset::scan`](crate::Dataset::scan).
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use yardstick::backend::{ColumnId, Scan};
/// use yardstick::{Dataset, Declaration, Table};
///
/// let table = Table::from_csv("ads", "day,spend\n2026-01-03,5\n2026-01-04,7\n", &Declaration::default()).unwrap();
/// let rows = AtomicUsize::new(0);
/// table.scan(&Scan::new(&[ColumnId(1)], 2), &|_worker, batch| {
///     rows.fetch_add(batch.rows, Ordering::Relaxed);
///     Ok(())
/// })
/// .unwrap();
/// assert_eq!(rows.into_inner(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct Scan<'a> {
    /// The columns, in the order in which batches have them.
    pub columns: &'a [ColumnId],
    /// The maximum number of threads that read at once.
    pub threads: usize,
    /// The time and the memory of the query.
    pub(crate) budget: Budget,
}

impl<'a> Scan<'a> {
    /// A scan without limits of time and memory.
    pub fn new(columns: &'a [ColumnId], threads: usize) -> Self {
        Self::within(columns, threads, &Budget::unlimited())
    }

    /// A scan within the time and memory of a query.
    pub(crate) fn within(columns: &'a [ColumnId], threads: usize, budget: &Budget) -> Self {
        Self { columns, threads, budget: budget.clone() }
    }

    /// Fails if the time of the query is up or the host has canceled it. A dataset that waits long for its rows calls it
    /// in between. `doing` completes "while" in the message, such as `waiting for the archive`.
    ///
    /// # Errors
    /// The limit that was reached.
    pub fn check(&self, doing: &str) -> Result<(), Diagnostic> {
        self.budget.check(doing)
    }
}
