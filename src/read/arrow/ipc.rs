//! Turns Arrow IPC files and streams into datasets.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, Schema as ArrowSchema};

use super::{Columns, broken, note, schema, table};
use crate::data::{Batch, ColumnId, Dataset, Declaration, Schema, Table, deal};
use crate::diagnostic::{CellPlace, Diagnostic};
use crate::read::input::Input;
use crate::read::stream::fill;

/// The first bytes of an IPC file. A stream does not have them.
const MAGIC: &[u8] = b"ARROW1";

/// Opens an Arrow IPC file under a dataset's name. Its record batches are read again at each scan. A stream of record
/// batches is read into memory.
///
/// # Errors
/// A file that cannot be opened or is not in this format, and declared columns that it does not have.
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
    let len = fill(&mut File::open(path)?, &mut start)?;
    Ok(&start[..len] != MAGIC)
}

fn stream(name: &str, path: &Path, input: &Input, declaration: &Declaration) -> Result<Table, Vec<Diagnostic>> {
    let broken = |error: ArrowError| vec![broken(input, "as a stream of Arrow record batches", &error)];
    let file = File::open(path).map_err(|error| vec![input.unreadable(&error)])?;
    let reader = StreamReader::try_new(BufReader::new(file), None).map_err(broken)?;
    let fields = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(broken)?;
    let mut table = table(name, &input.label, &fields, &batches, declaration)?;
    let stream = note(input, "read as a stream of Arrow record batches");
    table.notes.push(Diagnostic { usual: false, ..stream });
    Ok(table)
}

/// An Arrow IPC file that is read again at each scan.
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

    /// Converts the row of a problem within its batch to the row in the file. The number of rows of earlier batches is
    /// known only after reading them, so this happens only if there is a problem.
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

fn reader(
    path: &Path,
    input: &Input,
    requested: Option<Vec<usize>>,
) -> Result<FileReader<BufReader<File>>, Diagnostic> {
    let file = File::open(path).map_err(|error| input.unreadable(&error))?;
    FileReader::try_new_buffered(file, requested).map_err(|error| broken(input, "as Arrow IPC", &error))
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
        let requested: Vec<usize> = columns.iter().map(|id| id.0 as usize).collect();
        deal(0..self.batches, threads, &|number| {
            let (fields, label) = (&self.fields.fields, &self.input.label);
            let mut reader = reader(&self.path, &self.input, Some(requested.clone()))?;
            let mut columns = Columns::new(fields, &self.schema, &self.declaration, label, columns)?;
            Ok(move |at: &mut usize| {
                let batch = self.read(&mut reader, *at)?;
                visit(number, &columns.batch(&batch, 0).map_err(|problem| self.in_file(problem, *at))?)
            })
        })
    }

    fn place(&self, row: u64) -> CellPlace {
        self.input.place(Some(row + 1))
    }

    fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
}
