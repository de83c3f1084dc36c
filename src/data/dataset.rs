//! A dataset: named, typed, readable in batches of columns.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::schema::{ColumnId, Schema};
use crate::diagnostic::Diagnostic;
use crate::value::{Values, Vector};

/// Rows that can be read again and again, a batch of columns at a time.
pub trait Dataset: Send + Sync {
    /// What formulas call it.
    fn name(&self) -> &Arc<str>;

    /// Its columns.
    fn schema(&self) -> &Schema;

    /// How many rows it has, where that is known without reading them.
    fn rows(&self) -> Option<u64> {
        None
    }

    /// Reads the named columns of all rows, in batches of any size, on up to `threads` threads at once.
    ///
    /// `visit` is called with the number of the calling worker (below `threads`) and a batch; batches of different
    /// workers may come at the same time and in any order.
    ///
    /// # Errors
    /// What cannot be read (with its line, column and cell), or what `visit` returned. Reading stops there.
    fn scan(
        &self,
        columns: &[ColumnId],
        threads: usize,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic>;

    /// What was detected when it was opened: delimiter, encoding, decimal mark, each as a note.
    fn notes(&self) -> &[Diagnostic] {
        &[]
    }
}

/// Some rows of a dataset.
///
/// Batches of one worker often share a column's dictionary (`Arc::ptr_eq` tells), so that what was worked out for its
/// codes need not be worked out again.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The columns asked for, in the order asked for; blank cells are undefined with `Cause::Blank`.
    pub columns: Vec<Vector>,
    /// How many rows.
    pub rows: usize,
}

/// A dataset whose columns are in memory.
#[derive(Debug, Clone)]
pub struct Table {
    /// What formulas call it.
    pub name: Arc<str>,
    /// Its columns.
    pub schema: Schema,
    /// One vector a column of the schema.
    pub columns: Vec<Arc<Vector>>,
    /// How many rows.
    pub rows: usize,
    /// What was detected on the way.
    pub notes: Vec<Diagnostic>,
}

/// Rows of a table that a worker takes at a time: few enough that the columns of a batch stay in the processor's cache.
const ROWS_PER_BATCH: usize = 1 << 13;

impl Dataset for Table {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows as u64)
    }

    fn scan(
        &self,
        columns: &[ColumnId],
        threads: usize,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let scan = TableScan { table: self, columns, visit, next: AtomicUsize::new(0), failure: Mutex::default() };
        std::thread::scope(|scope| {
            for number in 1..threads.min(self.rows.div_ceil(ROWS_PER_BATCH)) {
                let scan = &scan;
                scope.spawn(move || scan.work(number));
            }
            scan.work(0);
        });
        let failure = scan.failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(()), |(_, diagnostic)| Err(diagnostic))
    }

    fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
}

/// One reading of a table by several workers.
struct TableScan<'a> {
    table: &'a Table,
    columns: &'a [ColumnId],
    visit: &'a (dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    /// The first row that no worker has taken.
    next: AtomicUsize,
    /// The failure that comes first in the table, with its first row.
    failure: Mutex<Option<(usize, Diagnostic)>>,
}

impl TableScan<'_> {
    fn work(&self, worker: usize) {
        loop {
            let start = self.next.fetch_add(ROWS_PER_BATCH, Ordering::Relaxed);
            if start >= self.table.rows {
                return;
            }
            if let Err(diagnostic) = (self.visit)(worker, &self.batch(start)) {
                return self.fail(start, diagnostic);
            }
        }
    }

    fn batch(&self, start: usize) -> Batch {
        let rows = ROWS_PER_BATCH.min(self.table.rows - start);
        let cut = |id: &ColumnId| slice(&self.table.columns[id.0 as usize], start, rows);
        Batch { columns: self.columns.iter().map(cut).collect(), rows }
    }

    /// No rows are dealt out after a failure; those before it are dealt out already.
    fn fail(&self, start: usize, diagnostic: Diagnostic) {
        self.next.store(self.table.rows, Ordering::Relaxed);
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.as_ref().is_none_or(|(first, _)| start < *first) {
            *failure = Some((start, diagnostic));
        }
    }
}

/// The values at `start..start + len`.
fn slice(vector: &Vector, start: usize, len: usize) -> Vector {
    let range = start..start + len;
    let values = match &vector.values {
        Values::Fixed { mantissas, scale } => {
            Values::Fixed { mantissas: mantissas[range.clone()].to_vec(), scale: *scale }
        }
        Values::Decimals { values, inexact } => Values::Decimals {
            values: values[range.clone()].to_vec(),
            inexact: inexact.as_ref().map(|inexact| inexact[range.clone()].to_vec()),
        },
        Values::Texts { codes, dictionary } => {
            Values::Texts { codes: codes[range.clone()].to_vec(), dictionary: dictionary.clone() }
        }
        Values::Days(days) => Values::Days(days[range.clone()].to_vec()),
        Values::Moments(moments) => Values::Moments(moments[range.clone()].to_vec()),
        Values::Booleans(values) => Values::Booleans(values[range.clone()].to_vec()),
        Values::Nothing(_) => Values::Nothing(len),
    };
    Vector { values, causes: vector.causes.as_ref().map(|causes| causes[range].to_vec()) }
}
