//! Collects rows whose columns are not known beforehand, and turns them into a table.

use std::sync::Arc;

use indexmap::IndexMap;

use super::cell;
use super::column::{ColumnBuilder, Reading, nfc};
use super::dataset::Table;
use super::detect::Tally;
use super::notes;
use super::schema::{ColumnSchema, ColumnType, Declaration, Schema};
use crate::diagnostic::{CellPlace, Code, Diagnostic};

/// What a value was where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Blank,
    Number,
    Text,
    Boolean,
}

impl Kind {
    /// What a column of such values holds.
    pub fn ty(self) -> ColumnType {
        match self {
            Self::Blank => ColumnType::Unknown,
            Self::Number => ColumnType::Number,
            Self::Text => ColumnType::Text,
            Self::Boolean => ColumnType::Boolean,
        }
    }
}

/// Values of one column: their texts one behind the other.
#[derive(Debug, Default)]
struct LooseColumn {
    kinds: Vec<Kind>,
    ends: Vec<usize>,
    text: String,
}

impl LooseColumn {
    fn push(&mut self, kind: Kind, text: &str) {
        self.text.push_str(text);
        self.kinds.push(if text.is_empty() { Kind::Blank } else { kind });
        self.ends.push(self.text.len());
    }

    fn pad(&mut self, rows: usize) {
        while self.kinds.len() < rows {
            self.push(Kind::Blank, "");
        }
    }

    fn cell(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.text[start..self.ends[row]]
    }

    fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.kinds.len()).map(|row| self.cell(row))
    }
}

/// Rows in the making.
#[derive(Debug, Default)]
pub(super) struct LooseTable {
    columns: IndexMap<Arc<str>, LooseColumn>,
    rows: usize,
    /// The line of each row, where rows have lines.
    lines: Vec<u64>,
}

impl LooseTable {
    /// Begins a row.
    pub fn begin_row(&mut self, line: Option<u64>) {
        self.rows += 1;
        self.lines.extend(line);
    }

    /// Sets a value of the row that was begun last; false where the row has one of that name already.
    pub fn set(&mut self, name: &str, kind: Kind, text: &str) -> bool {
        let rows = self.rows;
        let name = nfc(name);
        if !self.columns.contains_key(&*name) {
            self.columns.insert(Arc::from(&*name), LooseColumn::default());
        }
        let column = self.columns.get_mut(&*name).expect("it was just added");
        column.pad(rows - 1);
        let new = column.kinds.len() < rows;
        if new {
            column.push(kind, text);
        }
        new
    }

    /// The line of a row, else its number.
    fn line(&self, row: usize) -> u64 {
        self.lines.get(row).copied().unwrap_or(row as u64 + 1)
    }

    /// Decides what each column holds, and reads it as that. `label` is what messages call the table; `numerals`:
    /// a column of texts that all spell numbers holds numbers.
    pub fn into_table(
        mut self,
        name: &str,
        label: &str,
        declaration: &Declaration,
        numerals: bool,
    ) -> Result<Table, Vec<Diagnostic>> {
        let rows = self.rows;
        self.columns.values_mut().for_each(|column| column.pad(rows));
        let mut described = IndexMap::new();
        let (mut columns, mut errors) = (vec![], vec![]);
        for (column_name, column) in &self.columns {
            let column = Column { name: column_name, column, label, table: &self, declaration };
            let (schema, values) = column.read(numerals);
            described.insert(column_name.clone(), schema);
            match values {
                Ok(values) => columns.push(values),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let schema = Schema::new(described, declaration, label)?;
        Ok(Table::new(name, schema, columns, rows, vec![]))
    }
}

struct Column<'a> {
    name: &'a str,
    column: &'a LooseColumn,
    label: &'a str,
    table: &'a LooseTable,
    declaration: &'a Declaration,
}

impl Column<'_> {
    fn read(&self, numerals: bool) -> (ColumnSchema, Result<crate::value::Vector, Diagnostic>) {
        let declared = self.declaration.types.get(self.name).copied().filter(|ty| *ty != ColumnType::Unknown);
        let blanks: Arc<[Arc<str>]> = self.declaration.formatting.blank.as_slice().into();
        let mut reading = Reading { blanks, ..Reading::plain(ColumnType::Unknown) };
        let (found, evidence) = self.found(&reading, numerals);
        reading.ty = match (declared, found) {
            (Some(ColumnType::Date), ColumnType::Month) => ColumnType::Month,
            (declared, found) => declared.unwrap_or(found),
        };
        reading.numbers.leading_zeros = declared.is_some();
        let evidence = evidence.filter(|_| reading.ty == ColumnType::Text).map(|row| self.place(row));
        let schema = ColumnSchema { ty: reading.ty, declared: declared.is_some(), evidence };
        let values = match declared {
            None => self.check_one_kind(&reading).and_then(|()| self.build(&reading, false)),
            Some(_) => self.build(&reading, true),
        };
        (schema, values)
    }

    /// What the values are, and the row of one that is no number.
    fn found(&self, reading: &Reading, numerals: bool) -> (ColumnType, Option<usize>) {
        let mut values = (0..self.table.rows).filter(|&row| !self.is_blank(row, reading)).peekable();
        match values.peek().map_or(Kind::Blank, |&row| self.column.kinds[row]) {
            Kind::Text => {
                let mut tally = Tally::default();
                values.for_each(|row| tally.add(self.column.cell(row), row as u64));
                let (ty, evidence) = tally.plain_text(numerals);
                (ty, evidence.map(|seen| seen.at as usize))
            }
            other => (other.ty(), None),
        }
    }

    fn is_blank(&self, row: usize, reading: &Reading) -> bool {
        reading.is_blank(self.column.cell(row))
    }

    /// Refuses numbers beside texts and the like.
    fn check_one_kind(&self, reading: &Reading) -> Result<(), Diagnostic> {
        let mut values = (0..self.table.rows).filter(|&row| !self.is_blank(row, reading));
        let Some(first) = values.next().map(|row| self.column.kinds[row]) else { return Ok(()) };
        let Some(other) = values.find(|&row| self.column.kinds[row] != first) else { return Ok(()) };
        let (first, found) = (first.ty().plural(), self.column.kinds[other].ty().plural());
        let message = format!("column `{}` holds {first} and {found}", self.name);
        Err(Diagnostic::error(Code::BadCell, message)
            .in_data(self.place(other))
            .hint(format!("declare which: `{}: text` or `{0}: number`", self.name)))
    }

    fn build(&self, reading: &Reading, declared: bool) -> Result<crate::value::Vector, Diagnostic> {
        let mut builder = ColumnBuilder::new(reading);
        match builder.extend(self.column.cells()) {
            Ok(()) => Ok(builder.finish()),
            Err((row, misfit)) => {
                let cell = cell::excerpt(self.column.cell(row));
                Err(notes::bad_cell(self.name, &cell, misfit, declared).in_data(self.place(row)))
            }
        }
    }

    fn place(&self, row: usize) -> CellPlace {
        CellPlace {
            file: self.label.to_string(),
            line: Some(self.table.line(row)),
            column: Some(self.name.to_string()),
            cell: Some(cell::excerpt(self.column.cell(row))),
        }
    }
}
