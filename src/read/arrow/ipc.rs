//! Turns Arrow IPC files and streams into datasets.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::{FileDecoder, StreamReader, read_footer_length};
use arrow_ipc::{MetadataVersion, root_as_footer};
use arrow_schema::{ArrowError, Schema as ArrowSchema};

use super::message::{self, Messages, Place};
use super::{Columns, broken, note, schema, table};
use crate::budget::{Budget, Charge};
use crate::data::{Batch, BytesRead, Dataset, Declaration, Scan, Schema, Table, deal};
use crate::diagnostic::{CellPlace, Diagnostic};
use crate::read::blocks::VALUE_BYTES;
use crate::read::input::Input;
use crate::read::panics::{damaged, guarded};
use crate::read::stream::fill;
use crate::read::wall;

/// The first bytes of an IPC file. A stream does not have them.
const MAGIC: &[u8] = b"ARROW1";

/// The end of an IPC file: the size of the footer, and the magic bytes.
const TAIL: usize = 10;

/// The number of rows to convert at a time.
const ROWS: usize = 1 << 16;

/// Opens an Arrow IPC file under a dataset's name. Its record batches are read again at each scan. A stream of record
/// batches is read into memory.
///
/// # Errors
/// A file that cannot be opened or is not in this format, and declared columns that it does not have.
pub(in crate::read) fn open(
    name: &str,
    path: &Path,
    input: Input,
    declaration: &Declaration,
) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    match is_stream(path) {
        Err(error) => Err(vec![input.unreadable(&error)]),
        Ok(true) => Ok(Box::new(stream(name, &input, declaration)?)),
        Ok(false) => Ok(Box::new(ArrowFile::open(name, input, declaration)?)),
    }
}

fn is_stream(path: &Path) -> std::io::Result<bool> {
    let mut start = [0; MAGIC.len()];
    let len = fill(&mut File::open(path)?, &mut start)?;
    Ok(&start[..len] != MAGIC)
}

fn stream(name: &str, input: &Input, declaration: &Declaration) -> Result<Table, Vec<Diagnostic>> {
    let (bytes, _counted) = input.in_memory().map_err(|error| vec![error])?;
    let (fields, batches, mut charge) = guarded(input, || read_stream(&bytes, input)).map_err(|error| vec![error])?;
    drop(bytes);
    let cells = batches.iter().map(|batch| batch.num_rows().saturating_mul(batch.num_columns())).sum::<usize>();
    let what = format!("the rows of `{}`", input.label);
    charge.grow(cells.saturating_mul(VALUE_BYTES), &what).map_err(|error| vec![error])?;
    let mut table = table(name, &input.label, &fields, &batches, declaration)?;
    charge.resize(table.bytes(), &what).map_err(|error| vec![error])?;
    table = table.charged(charge);
    let stream = note(input, "read as a stream of Arrow record batches");
    table.notes.push(Diagnostic { usual: false, ..stream });
    Ok(table)
}

fn read_stream(bytes: &[u8], input: &Input) -> Result<(Arc<ArrowSchema>, Vec<RecordBatch>, Charge), Diagnostic> {
    let broken = |error: ArrowError| broken(input, "as a stream of Arrow record batches", &error);
    let mut memory = wall::memory(bytes.len() as u64, &input.budget).charge();
    for needed in Messages::new(bytes) {
        charge(&mut memory, needed.map_err(|reason| damaged(input, reason))?, input)?;
    }
    let reader = StreamReader::try_new(Cursor::new(bytes), None).map_err(broken)?;
    let fields = reader.schema();
    let mut batches = vec![];
    for batch in reader {
        input.budget.check("reading record batches")?;
        batches.push(batch.map_err(broken)?);
    }
    Ok((fields, batches, memory))
}

fn charge(memory: &mut Charge, bytes: u64, input: &Input) -> Result<(), Diagnostic> {
    let counted = memory
        .grow(usize::try_from(bytes).unwrap_or(usize::MAX), format_args!("the record batches of `{}`", input.label));
    counted.map_err(|error| error.in_data(input.place(None)))
}

/// The footer of an IPC file.
#[derive(Debug)]
struct Footer {
    fields: Arc<ArrowSchema>,
    version: MetadataVersion,
    dictionaries: Vec<Place>,
    batches: Vec<Place>,
}

impl Footer {
    fn read(input: &Input) -> Result<Self, Diagnostic> {
        let broken = |error: &dyn std::fmt::Display| broken(input, "as Arrow IPC", error);
        let (mut file, size) = input.unchanged()?;
        let damaged = |reason: &str| damaged(input, reason);
        let mut tail = [0; TAIL];
        let start = size.checked_sub(TAIL as u64).ok_or_else(|| damaged("it has no footer"))?;
        let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut tail));
        read.map_err(|error| input.unreadable(&error))?;
        let len = read_footer_length(tail).map_err(|error| broken(&error))? as u64;
        let start = start.checked_sub(len).ok_or_else(|| damaged("its footer is larger than the file"))?;
        let mut bytes = vec![];
        let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.take(len).read_to_end(&mut bytes));
        read.map_err(|error| input.unreadable(&error))?;
        let footer = root_as_footer(&bytes).map_err(|error| broken(&error))?;
        let schema = footer.schema().ok_or_else(|| damaged("its footer has no schema"))?;
        if !schema.endianness().equals_to_target_endianness() {
            return Err(broken(&"it was written on a machine with another order of bytes"));
        }
        let fields = Arc::new(arrow_ipc::convert::try_fb_to_schema(schema).map_err(|error| broken(&error))?);
        let dictionaries = footer.dictionaries().into_iter().flatten().map(|block| Place::new(*block, size)).collect();
        let batches = footer.recordBatches().into_iter().flatten().map(|block| Place::new(*block, size)).collect();
        let beyond = || damaged("a record batch reaches beyond the end of the file");
        let places = |places: Option<Vec<Place>>| places.ok_or_else(beyond);
        Ok(Self { fields, version: footer.version(), dictionaries: places(dictionaries)?, batches: places(batches)? })
    }
}

/// An Arrow IPC file that is read again at each scan.
#[derive(Debug)]
struct ArrowFile {
    name: Arc<str>,
    input: Input,
    footer: Footer,
    schema: Schema,
    declaration: Declaration,
    notes: Vec<Diagnostic>,
}

impl ArrowFile {
    fn open(name: &str, input: Input, declaration: &Declaration) -> Result<Self, Vec<Diagnostic>> {
        let footer = guarded(&input, || Footer::read(&input)).map_err(|error| vec![error])?;
        let schema = schema(&footer.fields.fields, declaration, &input.label)?;
        let notes = vec![note(&input, "read as Arrow IPC")];
        Ok(Self { name: name.into(), input, footer, schema, declaration: declaration.clone(), notes })
    }

    /// Converts the row of a problem within its batch to the row in the file. The number of rows of earlier batches is
    /// known only after reading them, so this happens only if there is a problem.
    fn in_file(&self, mut problem: Diagnostic, batch: usize) -> Diagnostic {
        if let Some(place) = &mut problem.cell {
            let before = guarded(&self.input, || self.rows_before(batch)).ok();
            place.line = place.line.zip(before).map(|(row, before)| row + before);
        }
        problem
    }

    fn rows_before(&self, batch: usize) -> Result<u64, Diagnostic> {
        let mut batches = Batches::open(self, vec![], &Budget::unlimited())?;
        (0..batch).map(|at| Ok(batches.read(at)?.num_rows() as u64)).sum()
    }
}

/// Reads the record batches of a file.
struct Batches<'a> {
    of: &'a ArrowFile,
    file: File,
    decoder: FileDecoder,
    /// The memory of the dictionaries.
    dictionaries: Charge,
    /// The memory of the batch that was read last, and of its columns.
    batch: Charge,
}

impl<'a> Batches<'a> {
    fn open(of: &'a ArrowFile, requested: Vec<usize>, budget: &Budget) -> Result<Self, Diagnostic> {
        let (file, size) = of.input.unchanged()?;
        let decoder = FileDecoder::new(of.footer.fields.clone(), of.footer.version).with_projection(requested);
        let memory = wall::memory(size, budget);
        let mut batches = Self { of, file, decoder, dictionaries: memory.charge(), batch: memory.charge() };
        for place in &of.footer.dictionaries {
            budget.check("reading dictionaries")?;
            let (bytes, needed) = batches.bytes(place)?;
            charge(&mut batches.dictionaries, needed, &of.input)?;
            let read = batches.decoder.read_dictionary(&place.block, &bytes);
            read.map_err(|error| broken(&of.input, "as Arrow IPC", &error))?;
        }
        Ok(batches)
    }

    /// The bytes of a message, and the memory that it needs.
    fn bytes(&mut self, place: &Place) -> Result<(Buffer, u64), Diagnostic> {
        let input = &self.of.input;
        let bytes = place.read(&mut self.file).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => damaged(input, "it was truncated while it was read"),
            _ => input.unreadable(&error),
        })?;
        input.count(bytes.len());
        let needed = message::check(&bytes, place.head()).map_err(|reason| damaged(input, reason))?;
        Ok((Buffer::from_vec(bytes), needed))
    }

    fn read(&mut self, at: usize) -> Result<RecordBatch, Diagnostic> {
        let (place, input) = (&self.of.footer.batches[at], &self.of.input);
        self.batch = self.batch.budget().charge();
        let (bytes, needed) = self.bytes(place)?;
        charge(&mut self.batch, needed, input)?;
        let batch = self.decoder.read_record_batch(&place.block, &bytes);
        let batch = batch.map_err(|error| broken(input, "as Arrow IPC", &error))?;
        batch.ok_or_else(|| damaged(input, "a record batch is missing"))
    }
}

/// The bytes that a value usually takes in a file.
const USUAL_BYTES: u64 = 8;

impl Dataset for ArrowFile {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn about_rows(&self) -> Option<u64> {
        let width = self.schema.columns.len().max(1) as u64 * USUAL_BYTES;
        Some(self.input.about_bytes()? / width + 1)
    }

    fn bytes_read(&self) -> Option<BytesRead> {
        self.input.bytes_read()
    }

    fn scan(
        &self,
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let (columns, threads, budget) = (scan.columns, scan.threads, &scan.budget);
        let requested: Vec<usize> = columns.iter().map(|id| id.0 as usize).collect();
        deal(0..self.footer.batches.len(), threads, &|number| {
            let (fields, label) = (&self.footer.fields.fields, &self.input.label);
            let mut batches = guarded(&self.input, || Batches::open(self, requested.clone(), budget))?;
            let mut columns = Columns::new(fields, &self.schema, &self.declaration, label, columns)?;
            let mut converted = budget.charge();
            converted
                .grow(requested.len() * ROWS * VALUE_BYTES, format_args!("the columns of a batch of `{label}`"))?;
            Ok(move |at: &mut usize| {
                let _converted = &converted;
                let batch = guarded(&self.input, || batches.read(*at))?;
                for first in (0..batch.num_rows()).step_by(ROWS) {
                    let rows = batch.slice(first, ROWS.min(batch.num_rows() - first));
                    let converted = guarded(&self.input, || columns.batch(&rows, first as u64));
                    visit(number, &converted.map_err(|problem| self.in_file(problem, *at))?)?;
                }
                Ok(())
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
