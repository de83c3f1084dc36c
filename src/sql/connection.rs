//! The contract of a connection to a warehouse.

use super::dialect::Dialect;
use super::stored::StoredColumns;
use crate::data::{Batch, ColumnType};
use crate::diagnostic::Diagnostic;

/// A connection to a warehouse, through which its tables become datasets: see [`open`](super::open).
///
/// The statements only read. They are those that `kpi sql` prints, and they rely on the [session](Dialect::session): run
/// its statements first. Several statements answer one query, so let the session see one snapshot if it can.
pub trait Connection: Send + Sync {
    /// The name of the warehouse in messages.
    fn name(&self) -> &str;

    /// The dialect of its statements.
    fn dialect(&self) -> Dialect;

    /// The columns of a table. `table` is its quoted name.
    ///
    /// # Errors
    /// A table that does not exist, or a warehouse that does not answer.
    fn columns(&self, table: &str) -> Result<StoredColumns, Diagnostic>;

    /// Executes a query, and visits the rows of its result in batches. `types` are those of its columns: numbers, texts,
    /// dates or truth values. A number can also arrive as a text, and NULL is undefined with
    /// [`Cause::Blank`](crate::Cause::Blank).
    ///
    /// # Errors
    /// What the warehouse reports, a value that does not have the type of its column, or the error of `visit`, after
    /// which nothing more is read.
    fn execute(
        &self,
        sql: &str,
        types: &[ColumnType],
        visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic>;

    /// Stops the query that is being executed, if there is one. It is called from another thread when the time of the
    /// run is up.
    fn cancel(&self) {}
}

/// A connection that changes or notes what another one is asked and answers. Everything else is that of the other one.
pub trait Wrapper: Send + Sync {
    /// The other connection.
    fn inner(&self) -> &dyn Connection;

    /// The columns of a table.
    fn columns(&self, table: &str) -> Result<StoredColumns, Diagnostic> {
        self.inner().columns(table)
    }

    /// Executes a query.
    fn execute(
        &self,
        sql: &str,
        types: &[ColumnType],
        visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic>;
}

impl<W: Wrapper> Connection for W {
    fn name(&self) -> &str {
        self.inner().name()
    }

    fn dialect(&self) -> Dialect {
        self.inner().dialect()
    }

    fn columns(&self, table: &str) -> Result<StoredColumns, Diagnostic> {
        Wrapper::columns(self, table)
    }

    fn execute(
        &self,
        sql: &str,
        types: &[ColumnType],
        visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        Wrapper::execute(self, sql, types, visit)
    }

    fn cancel(&self) {
        self.inner().cancel();
    }
}
