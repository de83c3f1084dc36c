//! Turns Arrow record batches and IPC files into datasets.
//!
//! Integers and decimals keep their digits. Binary numbers become the shortest decimal that represents them. Moments of
//! a time zone, which are stored in UTC, become local times with their UTC offset. Nulls and empty texts are blank.
//! Values of a column that is declared with another type are read like the cells of a text file.

mod columns;
#[cfg(feature = "ipc")]
mod ipc;
#[cfg(feature = "ipc")]
mod message;
mod zone;

#[cfg(feature = "adbc")]
use std::sync::Arc;

use arrow_array::RecordBatch;
#[cfg(feature = "adbc")]
use arrow_schema::Fields;
use arrow_schema::Schema as ArrowSchema;

pub(super) use columns::{Columns, schema};
#[cfg(feature = "ipc")]
pub(super) use ipc::open;

#[cfg(any(feature = "ipc", feature = "parquet"))]
use super::input::Input;
#[cfg(feature = "adbc")]
use crate::data::{Batch, ColumnSchema, ColumnType, Schema};
use crate::data::{ColumnId, Declaration, Table};
use crate::diagnostic::{Code, Diagnostic};

impl Table {
    /// Creates a table from Arrow record batches, which must all have the schema of the first one. They are types of
    /// the crate `arrow-array` 60, which your program must depend on.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    /// use yardstick::{Declaration, Table};
    ///
    /// let channel: ArrayRef = Arc::new(StringArray::from(vec!["web", "mail"]));
    /// let leads: ArrayRef = Arc::new(Int64Array::from(vec![30, 10]));
    /// let batch = RecordBatch::try_from_iter([("channel", channel), ("leads", leads)]).expect("columns of one length");
    /// let table = Table::from_batches("ads", &[batch], &Declaration::default()).expect("plain columns");
    /// assert_eq!(table.rows(), 2);
    /// ```
    ///
    /// # Errors
    /// No batches or batches of different schemas, columns of lists, records, bytes or times of day, values that
    /// decimals and dates cannot hold, and declared columns that the batches do not have.
    pub fn from_batches(
        name: &str,
        batches: &[RecordBatch],
        declaration: &Declaration,
    ) -> Result<Self, Vec<Diagnostic>> {
        let Some(first) = batches.first() else {
            return Err(vec![Diagnostic::error(Code::BadTable, format!("`{name}` has no record batch"))]);
        };
        table(name, name, &first.schema(), batches, declaration)
    }
}

fn table(
    name: &str,
    label: &str,
    fields: &ArrowSchema,
    batches: &[RecordBatch],
    declaration: &Declaration,
) -> Result<Table, Vec<Diagnostic>> {
    let schema = schema(&fields.fields, declaration, label)?;
    if let Some(other) = batches.iter().position(|batch| batch.schema().fields != fields.fields) {
        let message = format!("record batch {} of `{label}` has a different schema from the first one", other + 1);
        return Err(vec![Diagnostic::error(Code::BadTable, message)]);
    }
    let all: Vec<ColumnId> = (0..schema.columns.len() as u32).map(ColumnId).collect();
    let mut table = Table::empty(name, schema.clone());
    let mut read = || -> Result<(), Diagnostic> {
        let mut columns = Columns::new(&fields.fields, &schema, declaration, label, &all)?;
        let mut first = 0;
        for batch in batches {
            let read = columns.batch(batch, first)?;
            table.add(read.columns.into_iter().map(|column| column.into_owned()).collect(), read.rows);
            first += read.rows as u64;
        }
        Ok(())
    };
    read().map_err(|error| vec![error])?;
    Ok(table)
}

/// Converts the record batches of the result of a query, whose columns have these types, and visits them. `label` is the
/// name of their source in messages.
///
/// # Errors
/// A value that does not have the type of its column, and the errors of `batches` and `visit`.
#[cfg(feature = "adbc")]
pub(crate) fn visit_record_batches(
    label: &str,
    fields: &Fields,
    types: &[ColumnType],
    batches: impl Iterator<Item = Result<RecordBatch, Diagnostic>>,
    visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    let declaration = Declaration::default();
    let columns = fields.iter().zip(types);
    let columns = columns.map(|(field, ty)| (Arc::from(field.name().as_str()), ColumnSchema::new(*ty, true)));
    let schema = Schema { columns: columns.collect(), time: None };
    let all: Vec<ColumnId> = (0..schema.columns.len() as u32).map(ColumnId).collect();
    let mut columns = Columns::new(fields, &schema, &declaration, label, &all)?;
    let mut first = 0;
    for batch in batches {
        let read = columns.batch(&batch?, first)?;
        first += read.rows as u64;
        visit(&read)?;
    }
    Ok(())
}

/// Creates a note that says how a file was read.
#[cfg(any(feature = "ipc", feature = "parquet"))]
pub(super) fn note(input: &Input, message: &str) -> Diagnostic {
    Diagnostic { usual: true, ..Diagnostic::note(Code::DataNote, message) }.in_data(input.place(None))
}

/// Reports a file that does not have the expected format.
#[cfg(any(feature = "ipc", feature = "parquet"))]
pub(super) fn broken(input: &Input, kind: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(Code::Unreadable, format!("cannot read `{}` {kind}: {error}", input.label))
        .in_data(input.place(None))
}
