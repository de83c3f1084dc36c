//! Reads the records of a JSON text into batches of columns, on several threads.

use std::sync::Arc;

use indexmap::IndexMap;

use super::columns::{JsonColumn, Sample, find, name};
use super::records::{Found, Records, in_record, records};
use super::row::{Refused, Row, plain};
use crate::budget::Budget;
use crate::data::{Batch, BytesRead, ColumnId, ColumnType, Dataset, Declaration, Scan, Schema, Table, totals};
use crate::diagnostic::{CellPlace, Diagnostic};
use crate::read::blocks::{BYTES_PER_BYTE, Block, BlockReader, VALUE_BYTES};
use crate::read::column::ColumnBuilder;
use crate::read::detect;
use crate::read::input::Input;
use crate::read::parts::{Part, Parts};
use crate::read::sample::Size;
use crate::read::untyped::{self, ValueKind};
use crate::read::{cell, misfit, notes, wall};
use crate::value::Vector;

/// A JSON file that is read again at each scan.
#[derive(Debug)]
pub struct JsonFile {
    name: Arc<str>,
    input: Input,
    schema: Schema,
    columns: IndexMap<Arc<str>, JsonColumn>,
    size: Size,
    notes: Vec<Diagnostic>,
}

impl JsonFile {
    /// Opens a JSON or NDJSON text under a dataset's name. Rows are read again at each scan, so files can be larger
    /// than memory.
    ///
    /// # Errors
    /// A text that cannot be read, is not JSON or does not consist of flat records, as far as it is inspected.
    pub(in crate::read) fn open(
        name: &str,
        mut input: Input,
        declaration: &Declaration,
    ) -> Result<Self, Vec<Diagnostic>> {
        let sample = Sample::take(&mut input, declaration).map_err(|error| vec![error])?;
        let columns = sample.decide(declaration);
        Self::with_columns(name, input, &sample, columns, declaration)
    }

    /// Opens several texts as the files of one dataset. The types follow from the values of all of them. A record may
    /// leave out columns, so a file may too.
    pub(in crate::read) fn open_several(
        name: &str,
        mut inputs: Vec<Input>,
        declaration: &Declaration,
    ) -> Result<Parts, Vec<Diagnostic>> {
        let (mut samples, mut all) = (vec![], Sample::default());
        for (file, input) in (0..).zip(&mut inputs) {
            let mut sample = Sample::take(input, declaration).map_err(|error| vec![error])?;
            let mut own = sample.clone();
            own.in_file(file);
            all.merge(own);
            sample.condense();
            samples.push(sample);
        }
        let decided = all.decide(declaration);
        let formats = || decided.values().map(|column| &column.decided);
        let (columns, refused) = detect::of_several(decided.keys(), formats(), &inputs, in_record);
        let first = samples.first().map(|sample| (sample.form(), !sample.is_wrapped()));
        let shown = decided.iter().map(|(name, column)| (name, &column.decided));
        let noted = |form| notes::of_json(&inputs[0], form, shown, &declaration.formatting);
        let notes = first.map_or(vec![], noted);
        let alone = |column: &JsonColumn| JsonColumn { decided: column.decided.format_alone(), kind: column.kind };
        let own: IndexMap<Arc<str>, JsonColumn> =
            decided.iter().map(|(name, column)| (name.clone(), alone(column))).collect();
        let mut files = vec![];
        for (input, sample) in inputs.into_iter().zip(&samples) {
            let dataset = Box::new(Self::with_columns(name, input, sample, own.clone(), declaration)?);
            files.push(Part { dataset, columns: (0..own.len() as u32).map(|at| Some(ColumnId(at))).collect() });
        }
        Ok(Parts { columns, files, refused, notes })
    }

    /// A file with these columns.
    fn with_columns(
        name: &str,
        input: Input,
        sample: &Sample,
        columns: IndexMap<Arc<str>, JsonColumn>,
        declaration: &Declaration,
    ) -> Result<Self, Vec<Diagnostic>> {
        let described = columns.iter().map(|(name, column)| (name.clone(), column.decided.schema(name, &input)));
        let schema = Schema::new(described.collect(), declaration, &input.label)?;
        let formats = columns.iter().map(|(name, column)| (name, &column.decided));
        let form = (sample.form(), !sample.is_wrapped());
        let notes = notes::of_json(&input, form, formats, &declaration.formatting);
        let size = sample.size(&input);
        let mut file = Self { name: name.into(), input, schema, columns, size, notes };
        let totals = sample.totals().filter_map(|(name, seen)| Some((file.schema.find(name)?, seen)));
        let named: Vec<_> = totals.filter(|(id, _)| file.schema.column(*id).ty == ColumnType::Text).collect();
        let warnings = named.iter().min_by_key(|(_, seen)| seen.at).map(|(id, seen)| match sample.is_whole() {
            true => totals::warnings(&file, &named.iter().map(|(id, _)| *id).collect::<Vec<_>>()),
            false => vec![totals::unverified(seen.place(file.schema.name(*id), &file.input))],
        });
        file.notes.extend(warnings.unwrap_or_default());
        Ok(file)
    }

    /// All rows, in memory.
    pub(super) fn into_table(self) -> Result<Table, Vec<Diagnostic>> {
        let all: Vec<ColumnId> = (0..self.columns.len() as u32).map(ColumnId).collect();
        let refused: Vec<Diagnostic> = all.iter().filter_map(|id| self.refused(*id)).collect();
        if !refused.is_empty() {
            return Err(refused);
        }
        let whole = Whole { worker: Worker::new(&self, &all), size: 0, cells: 0 };
        let read = records(&self.input, &Budget::unlimited()).and_then(|records| records.into_columns(whole));
        let (columns, rows) = read.map_err(|error| vec![error])?;
        Ok(Table::new(self.name, self.schema, columns, rows, self.notes))
    }

    /// The lines of records in ascending order. The lines before them are counted again.
    fn lines_of(&self, rows: &[u64]) -> Option<Vec<u64>> {
        let rows: Vec<usize> = rows.iter().map(|row| usize::try_from(*row).ok()).collect::<Option<_>>()?;
        let starts = records(&self.input, &Budget::unlimited()).ok()?.starts_of(&rows, |block| {
            let mut starts = vec![];
            let visit = |record| {
                starts.push(block.place(record));
                Ok(())
            };
            block.for_each(&self.input, visit).ok()?;
            Some(starts)
        });
        self.input.lines(&starts?)
    }

    /// The error of a column that cannot be read. None if it can be read.
    fn refused(&self, id: ColumnId) -> Option<Diagnostic> {
        let (name, column) = self.columns.get_index(id.0 as usize).expect("the id comes from this schema");
        let refusal = column.decided.refused.as_ref()?;
        let problem = refusal.diagnostic(|at| self.input.line(at), refusal.cell.place(name, &self.input));
        Some(in_record(problem, &self.input, refusal.cell.at))
    }
}

impl Dataset for JsonFile {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn about_rows(&self) -> Option<u64> {
        self.size.rows
    }

    fn about_distinct(&self, column: ColumnId) -> Option<u64> {
        self.size.distinct(column)
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
        if let Some(refused) = columns.iter().find_map(|id| self.refused(*id)) {
            return Err(refused);
        }
        records(&self.input, budget)?.scan(threads, || Worker::new(self, columns), visit)
    }

    fn place(&self, row: u64) -> CellPlace {
        self.places(&[row]).remove(0)
    }

    fn places(&self, rows: &[u64]) -> Vec<CellPlace> {
        self.input.places(rows, self.lines_of(rows))
    }

    fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
}

/// Converts blocks to columns.
struct Worker<'a> {
    file: &'a JsonFile,
    columns: &'a [ColumnId],
    is_requested: Vec<bool>,
    builders: Vec<ColumnBuilder>,
}

impl BlockReader<Records<'_>> for Worker<'_> {
    /// A value that a record leaves out takes as much as another.
    fn bytes(&self, block: &Block<Found>) -> usize {
        let values = block.count().saturating_mul(self.columns.len() * VALUE_BYTES);
        let kept: usize = self.builders.iter().map(ColumnBuilder::kept).sum();
        values.saturating_add(block.bytes().len() * BYTES_PER_BYTE + kept)
    }

    fn read(&mut self, block: &Block<Found>) -> Result<usize, Diagnostic> {
        let (file, mut row) = (self.file, Row::default());
        row.values.resize(file.columns.len(), "");
        let rows = block.for_each(&file.input, |record| {
            let mut next = 0;
            row.read(record, &mut |name| find(&file.columns, &mut next, name))?;
            if let Some(wrong) = row.wrong.iter().find(|wrong| self.is_requested[wrong.column]) {
                return Err(Refused::Value(wrong.column, wrong.value, wrong.diagnostic().into()));
            }
            self.push(&row.values)
        });
        rows.map_err(|(record, refused)| refused.diagnostic(&file.input, block, record, |at| name(&file.columns, at)))
    }

    fn finish(&mut self) -> Vec<Vector> {
        self.builders.iter_mut().map(ColumnBuilder::finish).collect()
    }
}

/// Reads all columns into memory.
struct Whole<'a> {
    worker: Worker<'a>,
    size: u64,
    cells: usize,
}

impl BlockReader<Records<'_>> for Whole<'_> {
    fn bytes(&self, block: &Block<Found>) -> usize {
        self.worker.bytes(block)
    }

    fn read(&mut self, block: &Block<Found>) -> Result<usize, Diagnostic> {
        self.size += block.bytes().len() as u64;
        self.cells += block.count().saturating_mul(self.worker.columns.len());
        wall::check_cells(&self.worker.file.input.label, self.size, self.cells)?;
        self.worker.read(block)
    }

    fn finish(&mut self) -> Vec<Vector> {
        self.worker.finish()
    }
}

impl<'a> Worker<'a> {
    fn new(file: &'a JsonFile, columns: &'a [ColumnId]) -> Self {
        let builder = |id: &ColumnId| ColumnBuilder::new(&file.columns[id.0 as usize].decided.reading);
        let mut is_requested = vec![false; file.columns.len()];
        columns.iter().for_each(|id| is_requested[id.0 as usize] = true);
        Self { file, columns, is_requested, builders: columns.iter().map(builder).collect() }
    }

    /// Adds a row.
    fn push<'t>(&mut self, values: &[&'t str]) -> Result<(), Refused<'t>> {
        for (id, builder) in self.columns.iter().zip(&mut self.builders) {
            let at = id.0 as usize;
            let (name, column) = self.file.columns.get_index(at).expect("the id comes from this schema");
            let (kind, text) = plain(values[at])?;
            let reading = &column.decided.reading;
            let is_blank = || reading.is_blank(cell::tidy(&text));
            if column.kind.is_some_and(|expected| expected != kind) && kind != ValueKind::Blank && !is_blank() {
                let expected = column.kind.expect("it was just compared");
                let mixed = untyped::mixed(name, expected, kind, &cell::excerpt(&text));
                return Err(Refused::Value(at, values[at], mixed.into()));
            }
            let pushed = if kind == ValueKind::Number { builder.push_number(&text) } else { builder.push(&text) };
            let checked = pushed.and_then(|()| match (builder.take_marks().pop(), builder.currencies()) {
                (Some((_, mark)), Some(name)) => {
                    let named = self.file.columns.get_index_of(name).and_then(|at| plain(values[at]).ok());
                    misfit::check_currency(mark, named.as_ref().map_or("", |(_, text)| text))
                }
                _ => Ok(()),
            });
            checked.map_err(|misfit| {
                let cell = cell::excerpt(&text);
                Refused::Value(at, values[at], misfit::bad_cell(name, &cell, misfit, reading).into())
            })?;
        }
        Ok(())
    }
}
