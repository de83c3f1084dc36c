//! Reads the records of a JSON text into batches of columns, on several threads.

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::IndexMap;

use super::columns::{Column, Sample, find, name};
use super::records::{Block, Records, in_record};
use super::row::{Refused, Row, Wrong, plain};
use crate::data::{Batch, ColumnId, ColumnType, Dataset, Declaration, Schema, Table, totals};
use crate::diagnostic::{CellPlace, Diagnostic};
use crate::read::column::ColumnBuilder;
use crate::read::deal::{Pieces, deal};
use crate::read::input::Input;
use crate::read::untyped::{self, Kind};
use crate::read::{cell, notes};
use crate::value::Vector;

/// A JSON file that is read anew at each scan.
#[derive(Debug)]
pub struct JsonFile {
    name: Arc<str>,
    input: Input,
    schema: Schema,
    columns: IndexMap<Arc<str>, Column>,
    notes: Vec<Diagnostic>,
}

impl JsonFile {
    pub(super) fn open(name: &str, mut input: Input, declaration: &Declaration) -> Result<Self, Vec<Diagnostic>> {
        let sample = Sample::take(&mut input, declaration).map_err(|error| vec![error])?;
        let columns = sample.decide(declaration);
        let described = columns.iter().map(|(name, column)| (name.clone(), column.decided.schema(name, &input)));
        let schema = Schema::new(described.collect(), declaration, &input.label)?;
        let formats = columns.iter().map(|(name, column)| (&**name, &column.decided));
        let notes = notes::of_json(&input, sample.form(), formats);
        let mut file = Self { name: name.into(), input, schema, columns, notes };
        let texts = sample.totals().filter_map(|(name, seen)| Some((file.schema.find(name)?, seen)));
        let named =
            texts.filter(|(id, _)| file.schema.column(*id).ty == ColumnType::Text).min_by_key(|(_, seen)| seen.at);
        let warnings = named.map(|(id, seen)| match sample.is_whole() {
            true => totals::warnings(&file, &[id]),
            false => vec![totals::unverified(seen.place(file.schema.name(id), &file.input))],
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
        let mut worker = Worker::new(&self, &all);
        let mut read = || -> Result<usize, Diagnostic> {
            let (mut records, mut block, mut rows) = (Records::new(&self.input)?, Block::default(), 0);
            while records.next(&mut block)? {
                rows += worker.collect(&block)?;
            }
            Ok(rows)
        };
        let rows = read().map_err(|error| vec![error])?;
        let columns = worker.finish();
        Ok(Table::new(self.name, self.schema, columns, rows, self.notes))
    }

    /// The line of a record: those before it are counted anew.
    fn line_of(&self, mut row: u64) -> Option<u64> {
        let (mut records, mut block) = (Records::new(&self.input).ok()?, Block::default());
        while records.next(&mut block).ok()? {
            let mut starts = vec![];
            let visit = |record| {
                starts.push(block.place(record));
                Ok(())
            };
            block.for_each(&self.input, visit).ok()?;
            match starts.get(usize::try_from(row).ok()?) {
                Some(start) => return self.input.line(*start),
                None => row -= starts.len() as u64,
            }
        }
        None
    }

    /// Why a column cannot be read, where it cannot.
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

    fn scan(
        &self,
        columns: &[ColumnId],
        threads: usize,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        if let Some(refused) = columns.iter().find_map(|id| self.refused(*id)) {
            return Err(refused);
        }
        deal(Records::new(&self.input)?, threads, &|number| {
            let mut worker = Worker::new(self, columns);
            move |block: &Block| {
                let rows = worker.collect(block)?;
                visit(number, &Batch { columns: worker.finish().into_iter().map(Cow::Owned).collect(), rows })
            }
        })
    }

    fn place(&self, row: u64) -> CellPlace {
        self.input.place(self.line_of(row))
    }

    fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
}

/// Turns blocks into columns.
struct Worker<'a> {
    file: &'a JsonFile,
    columns: &'a [ColumnId],
    builders: Vec<ColumnBuilder>,
}

impl<'a> Worker<'a> {
    fn new(file: &'a JsonFile, columns: &'a [ColumnId]) -> Self {
        let builder = |id: &ColumnId| ColumnBuilder::new(&file.columns[id.0 as usize].decided.reading);
        Self { file, columns, builders: columns.iter().map(builder).collect() }
    }

    fn finish(&mut self) -> Vec<Vector> {
        self.builders.iter_mut().map(ColumnBuilder::finish).collect()
    }

    /// Reads the wanted columns of a block; how many rows it has.
    fn collect(&mut self, block: &Block) -> Result<usize, Diagnostic> {
        let (file, columns, mut row) = (self.file, self.columns, Row::default());
        row.values.resize(file.columns.len(), "");
        let rows = block.for_each(&file.input, |record| {
            let mut next = 0;
            row.read(record, &mut |name| find(&file.columns, &mut next, name))?;
            let wanted = |wrong: &&Wrong| columns.iter().any(|id| id.0 as usize == wrong.column);
            if let Some(wrong) = row.wrong.iter().find(wanted) {
                return Err(Refused::Value(wrong.column, wrong.value, wrong.diagnostic().into()));
            }
            self.push(&row.values)
        });
        rows.map_err(|(record, refused)| refused.diagnostic(&file.input, block, record, |at| name(&file.columns, at)))
    }

    /// Adds a row.
    fn push<'t>(&mut self, values: &[&'t str]) -> Result<(), Refused<'t>> {
        for (id, builder) in self.columns.iter().zip(&mut self.builders) {
            let at = id.0 as usize;
            let (name, column) = self.file.columns.get_index(at).expect("the id comes from this schema");
            let (kind, text) = plain(values[at])?;
            let reading = &column.decided.reading;
            let is_blank = || reading.is_blank(cell::tidy(&text));
            if column.kind.is_some_and(|expected| expected != kind) && kind != Kind::Blank && !is_blank() {
                let expected = column.kind.expect("it was just compared");
                let mixed = untyped::mixed(name, expected, kind, &cell::excerpt(&text));
                return Err(Refused::Value(at, values[at], mixed.into()));
            }
            let pushed = if kind == Kind::Number { builder.push_number(&text) } else { builder.push(&text) };
            pushed.map_err(|misfit| {
                let cell = cell::excerpt(&text);
                Refused::Value(at, values[at], notes::bad_cell(name, &cell, misfit, reading).into())
            })?;
        }
        Ok(())
    }
}
