//! A dataset: named, typed, readable in batches of columns.

use std::sync::Arc;

use super::schema::{ColumnId, Schema};
use crate::diagnostic::Diagnostic;
use crate::value::Vector;

/// Rows that can be read again and again, a batch of columns at a time.
pub trait Dataset: Send + Sync {
    /// What formulas call it.
    fn name(&self) -> &Arc<str>;

    /// Its columns.
    fn schema(&self) -> &Schema;

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
