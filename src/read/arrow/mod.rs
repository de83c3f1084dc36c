//! Turns Arrow record batches and IPC files into datasets.
//!
//! Integers and decimals keep their digits; binary numbers become the decimal that spells them shortest. Moments of a time
//! zone, which are stored in UTC, are what a clock there shows, with its UTC offset. Nulls and empty texts are blank. Values of a column that is declared as something else are read as if a text file spelled them.

mod columns;
mod zone;

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, Schema as ArrowSchema};

pub(super) use columns::{Columns, schema};

use super::input::Input;
use crate::data::{Batch, ColumnId, Dataset, Declaration, Schema, Table, in_parallel};
use crate::diagnostic::{CellPlace, Code, Diagnostic};

/// The bytes that an IPC file begins with; a stream has none.
const MAGIC: &[u8] = b"ARROW1";

/// Opens an Arrow IPC file under a dataset's name; its record batches are read anew at each scan. A stream of record
/// batches is read into memory.
///
/// # Errors
/// A file that cannot be opened or is no such file, and what the declaration names and it has not.
pub fn open(name: &str, path: &Path, declaration: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    let input = Input::file(path);
    match is_stream(path) {
        Err(error) => Err(vec![input.unreadable(&error)]),
        Ok(true) => Ok(Box::new(stream(name, path, &input, declaration)?)),
        Ok(false) => Ok(Box::new(ArrowFile::open(name, path, input, declaration)?)),
    }
}

fn is_stream(path: &Path) -> std::io::Result<bool> {
    let mut start = [0; MAGIC.len()];
    let len = crate::read::input::fill(&mut File::open(path)?, &mut start)?;
    Ok(&start[..len] != MAGIC)
}

fn stream(name: &str, path: &Path, input: &Input, declaration: &Declaration) -> Result<Table, Vec<Diagnostic>> {
    let broken = |error: ArrowError| vec![broken(input, "as a stream of Arrow record batches", &error)];
    let file = File::open(path).map_err(|error| vec![input.unreadable(&error)])?;
    let reader = StreamReader::try_new(BufReader::new(file), None).map_err(broken)?;
    let fields = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(broken)?;
    let mut table = table(name, &input.label, &fields, &batches, declaration)?;
    table.notes.push(note(input, "read as a stream of Arrow record batches"));
    Ok(table)
}

impl Table {
    /// A table of Arrow record batches, which must all have the schema of the first one. They are those of the crate
    /// `arrow-array` 60, which a host names beside this one.
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
    /// No batches, or batches of several schemas; columns of lists, records, bytes or times of day; values that decimals
    /// and dates cannot hold; and what the declaration names and they have not.
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
        let message = format!("record batch {} of `{label}` has another schema than the first one", other + 1);
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

/// An Arrow IPC file that is read anew at each scan.
#[derive(Debug)]
struct ArrowFile {
    name: Arc<str>,
    input: Input,
    fields: Arc<ArrowSchema>,
    schema: Schema,
    declaration: Declaration,
    path: std::path::PathBuf,
    batches: usize,
    notes: Vec<Diagnostic>,
}

impl ArrowFile {
    fn open(name: &str, path: &Path, input: Input, declaration: &Declaration) -> Result<Self, Vec<Diagnostic>> {
        let reader = reader(path, &input, None).map_err(|error| vec![error])?;
        let (fields, batches) = (reader.schema(), reader.num_batches());
        let schema = schema(&fields.fields, declaration, &input.label)?;
        let notes = vec![note(&input, "read as Arrow IPC")];
        let (name, path, declaration) = (name.into(), path.into(), declaration.clone());
        Ok(Self { name, input, fields, schema, declaration, path, batches, notes })
    }

    fn read(&self, reader: &mut FileReader<impl Read + Seek>, at: usize) -> Result<RecordBatch, Diagnostic> {
        let read = reader.set_index(at).and_then(|()| reader.next().expect("the batch is one of the file's"));
        read.map_err(|error| broken(&self.input, "as Arrow IPC", &error))
    }

    /// A problem in a row of a batch with the row of the file. How many rows stand in the batches before is told only
    /// by reading them, so that is done when something is wrong.
    fn in_file(&self, mut problem: Diagnostic, batch: usize) -> Diagnostic {
        if let Some(place) = &mut problem.cell {
            let before = self.rows_before(batch).ok();
            place.line = place.line.zip(before).map(|(row, before)| row + before);
        }
        problem
    }

    fn rows_before(&self, batch: usize) -> Result<u64, Diagnostic> {
        let mut reader = reader(&self.path, &self.input, Some(vec![0]))?;
        (0..batch).map(|at| Ok(self.read(&mut reader, at)?.num_rows() as u64)).sum()
    }
}

fn reader(path: &Path, input: &Input, wanted: Option<Vec<usize>>) -> Result<FileReader<BufReader<File>>, Diagnostic> {
    let file = File::open(path).map_err(|error| input.unreadable(&error))?;
    FileReader::try_new_buffered(file, wanted).map_err(|error| broken(input, "as Arrow IPC", &error))
}

impl Dataset for ArrowFile {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn scan(
        &self,
        columns: &[ColumnId],
        threads: usize,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let wanted: Vec<usize> = columns.iter().map(|id| id.0 as usize).collect();
        let worker = || -> Result<_, Diagnostic> {
            let reader = reader(&self.path, &self.input, Some(wanted.clone()))?;
            let label = &self.input.label;
            Ok(Mutex::new((
                reader,
                Columns::new(&self.fields.fields, &self.schema, &self.declaration, label, columns)?,
            )))
        };
        let workers = (0..threads.max(1)).map(|_| worker()).collect::<Result<Vec<_>, _>>()?;
        in_parallel(threads, self.batches, &|number, at| {
            let mut worker = workers[number].lock().unwrap_or_else(PoisonError::into_inner);
            let (reader, columns) = &mut *worker;
            let batch = self.read(reader, at)?;
            let read = columns.batch(&batch, 0).map_err(|problem| self.in_file(problem, at))?;
            visit(number, &read)
        })
    }

    fn place(&self, row: u64) -> CellPlace {
        self.input.place(Some(row + 1))
    }

    fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
}

/// A note of how a file was read.
pub(super) fn note(input: &Input, message: &str) -> Diagnostic {
    Diagnostic::note(Code::DataNote, message).in_data(input.place(None))
}

/// A file that is not what it should be.
pub(super) fn broken(input: &Input, kind: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(Code::Unreadable, format!("cannot read `{}` {kind}: {error}", input.label))
        .in_data(input.place(None))
}
