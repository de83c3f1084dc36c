//! Collects rows whose columns are unknown in advance, and turns them into a table.

use std::sync::Arc;

use indexmap::IndexMap;

use super::cell;
use super::column::{ColumnBuilder, Reading};
use super::detect;
use super::misfit;
use super::tally::{Preferred, Tally};
use super::wall::{self, CELL_BYTES};
use crate::alike;
use crate::data::{ColumnId, ColumnSchema, ColumnType, Declaration, Schema, Table};
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::value::{Cause, Vector};

/// The type of a value in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Blank,
    Number,
    Text,
    /// A date that is not a text in its source, in ISO format.
    Date,
    Boolean,
}

impl ValueKind {
    /// The type of a column of such values.
    pub fn ty(self) -> ColumnType {
        match self {
            Self::Blank => ColumnType::Unknown,
            Self::Number => ColumnType::Number,
            Self::Text => ColumnType::Text,
            Self::Date => ColumnType::Date,
            Self::Boolean => ColumnType::Boolean,
        }
    }
}

impl ValueKind {
    /// Returns true if a column may hold both types. Texts can be dates, too.
    fn fits(self, other: Self) -> bool {
        let as_text = |kind| if kind == Self::Date { Self::Text } else { kind };
        as_text(self) == as_text(other)
    }
}

/// Reports a column that mixes types, such as numbers and texts. `cell` has the other type.
pub(super) fn mixed(name: &str, kind: ValueKind, other: ValueKind, cell: &str) -> Diagnostic {
    let message = format!("column `{name}` holds {} and {}", kind.ty().plural(), other.ty().plural());
    let blank = format!("if `{cell}` means that there is no value, add `blank \"{cell}\"` to the dataset's block");
    let may_be_blank = other == ValueKind::Text && misfit::may_be_blank(cell);
    let hint = match kind == ValueKind::Date || other == ValueKind::Date {
        true => format!("format all cells of the column as dates, or declare `{name}: text`"),
        false => format!("declare `{name}: text` or `{name}: number`"),
    };
    Diagnostic::error(Code::BadCell, message).maybe_hint(may_be_blank.then_some(blank)).hint(hint)
}

/// The values of one column: their concatenated texts.
#[derive(Debug, Default)]
struct UntypedColumn {
    kinds: Vec<ValueKind>,
    ends: Vec<usize>,
    text: String,
}

impl UntypedColumn {
    fn push(&mut self, kind: ValueKind, text: &str) {
        let text = cell::tidy(text);
        self.text.push_str(text);
        self.kinds.push(if text.is_empty() { ValueKind::Blank } else { kind });
        self.ends.push(self.text.len());
    }

    /// Adds blank cells up to a number of rows, and returns how many.
    fn pad(&mut self, rows: usize) -> usize {
        let missing = rows.saturating_sub(self.kinds.len());
        self.kinds.resize(self.kinds.len() + missing, ValueKind::Blank);
        self.ends.resize(self.ends.len() + missing, self.text.len());
        missing
    }

    fn cell(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.text[start..self.ends[row]]
    }
}

/// A table under construction.
#[derive(Debug, Default)]
pub(super) struct UntypedTable {
    columns: IndexMap<Arc<str>, UntypedColumn>,
    rows: usize,
    /// The line of each row, if rows have lines.
    lines: Vec<u64>,
    /// The number of cells so far, blank ones included.
    cells: usize,
    /// The size of the values that are not blank.
    size: u64,
    /// True if there are too many blank cells for the size of the others.
    too_sparse: bool,
    /// The first reason why each unreadable column cannot be read.
    refused: IndexMap<Arc<str>, Diagnostic>,
}

impl UntypedTable {
    /// Starts a row.
    pub fn begin_row(&mut self, line: Option<u64>) {
        self.rows += 1;
        self.lines.extend(line);
    }

    /// Ensures that a column with this name exists.
    pub fn define(&mut self, name: &str) {
        self.columns.entry(Arc::from(&*alike::name(name))).or_default();
    }

    /// Sets a value of the current row. Returns false if the row already has a value with that name.
    pub fn set(&mut self, name: &str, kind: ValueKind, text: &str) -> bool {
        let rows = self.rows;
        let name = alike::name(name);
        self.size += (CELL_BYTES + text.len()) as u64;
        if self.too_sparse {
            return true;
        }
        if !self.columns.contains_key(&*name) {
            if !wall::may_have_cells(self.size, self.cells + rows) {
                self.too_sparse = true;
                return true;
            }
            self.columns.insert(Arc::from(&*name), UntypedColumn::default());
        }
        let column = self.columns.get_mut(&*name).expect("it was just added");
        self.cells += column.pad(rows - 1) + 1;
        let new = column.kinds.len() < rows;
        if new {
            column.push(kind, text);
        }
        new
    }

    /// The memory that the table takes.
    #[cfg(feature = "xlsx")]
    pub fn table_bytes(&self) -> usize {
        let texts: usize = self.columns.values().map(|column| column.text.len()).sum();
        self.rows.saturating_mul(self.columns.len()).saturating_mul(2 * CELL_BYTES).saturating_add(texts)
    }

    /// Rejects a column. The reason is reported when the column is needed.
    #[cfg(feature = "xlsx")]
    pub fn reject(&mut self, name: &Arc<str>, reason: Diagnostic) {
        self.refused.entry(name.clone()).or_insert(reason);
    }

    /// Returns true if a column is already rejected.
    #[cfg(feature = "xlsx")]
    pub fn rejects(&self, name: &Arc<str>) -> bool {
        self.refused.contains_key(name)
    }

    /// The line of a row, or its number if it has no line.
    fn line(&self, row: usize) -> u64 {
        self.lines.get(row).copied().unwrap_or(row as u64 + 1)
    }

    /// Determines the type of each column and reads it. Columns that cannot be read are errors only when they are
    /// needed. `label` is the name of the table in messages. If `numerals` is true, a column whose texts are all
    /// numbers holds numbers.
    pub fn into_table(
        mut self,
        name: &str,
        label: &str,
        declaration: &Declaration,
        numerals: bool,
    ) -> Result<Table, Vec<Diagnostic>> {
        let rows = self.rows;
        if rows == 0 {
            for name in Schema::declared_names(declaration) {
                self.columns.entry(name.clone()).or_default();
            }
        }
        let cells = if self.too_sparse { usize::MAX } else { rows.saturating_mul(self.columns.len()) };
        wall::check_cells(label, self.size, cells).map_err(|error| vec![error])?;
        for column in self.columns.values_mut() {
            column.pad(rows);
        }
        let mut described = IndexMap::new();
        let (mut columns, mut refused) = (vec![], vec![]);
        for (column_name, column) in &self.columns {
            let column = ColumnReader { name: column_name, column, label, table: &self, declaration };
            let (schema, values) = column.read(numerals);
            let values = self.refused.get(column_name).map_or(values, |reason| Err(reason.clone()));
            described.insert(column_name.clone(), schema);
            columns.push(values.unwrap_or_else(|reason| {
                refused.push((ColumnId(columns.len() as u32), reason));
                Vector::undefined(rows, Cause::Blank)
            }));
        }
        let schema = Schema::new(described, declaration, label)?;
        let mut table = Table::new(name, schema, columns, rows, vec![]);
        table.refused = refused;
        table.origin = Some((label.into(), std::mem::take(&mut self.lines)));
        Ok(table)
    }
}

struct ColumnReader<'a> {
    name: &'a str,
    column: &'a UntypedColumn,
    label: &'a str,
    table: &'a UntypedTable,
    declaration: &'a Declaration,
}

/// The type of the values of a column.
struct Found {
    ty: ColumnType,
    /// True if moments have a UTC offset.
    offsets: Option<bool>,
    /// The row of a text that shows the type.
    evidence: Option<usize>,
    /// The declaration to suggest if the texts may have another type.
    remedy: Option<String>,
    nearly_dates: bool,
}

impl Found {
    fn of(ty: ColumnType) -> Self {
        Self { ty, offsets: None, evidence: None, remedy: None, nearly_dates: false }
    }
}

impl ColumnReader<'_> {
    fn read(&self, numerals: bool) -> (ColumnSchema, Result<Vector, Diagnostic>) {
        let blanks: Arc<[Arc<str>]> = self.declaration.formatting.blank.as_slice().into();
        let calendar = self.declaration.calendar;
        let mut reading = Reading { blanks, calendar, ..Reading::plain(ColumnType::Unknown) };
        let is_typed = self.declaration.types.get(self.name).is_some_and(|ty| *ty != ColumnType::Unknown);
        if is_typed || self.declaration.is_formatted_time(self.name) && !self.holds_dates(&reading) {
            return self.read_declared(&reading);
        }
        let found = self.found(&reading, numerals);
        (reading.ty, reading.offsets) = (found.ty, found.offsets);
        let evidence = found.evidence.map(|row| self.place(row));
        let date_remedy = evidence.as_ref().and_then(|place| cell::date_remedy(self.name, place.cell.as_deref()?));
        let Found { remedy, nearly_dates, .. } = found;
        let column = ColumnSchema::new(reading.ty, false);
        let schema = ColumnSchema { evidence, remedy, date_remedy, nearly_dates, ..column };
        (schema, self.check_one_kind(&reading).and_then(|()| self.build(&reading)))
    }

    /// Returns true if the column has dates that are not texts in their source.
    fn holds_dates(&self, reading: &Reading) -> bool {
        (0..self.table.rows).any(|row| self.column.kinds[row] == ValueKind::Date && !self.is_blank(row, reading))
    }

    /// Reads the texts of a declared column in the formats that people write.
    fn read_declared(&self, blanks: &Reading) -> (ColumnSchema, Result<Vector, Diagnostic>) {
        let mut tally = Tally::default();
        let is_text = |row: &usize| self.column.kinds[*row] != ValueKind::Number && !self.is_blank(*row, blanks);
        (0..self.table.rows).filter(is_text).for_each(|row| tally.add(self.column.cell(row), row as u64));
        let decided = detect::decide(&[self.name.into()], &[tally], self.declaration, false).pop();
        let decided = decided.expect("one column is decided");
        let currency = decided.reading.numbers.currency.clone();
        let (percent_signs, above_one) = (decided.percent_signs, self.above_one());
        let column = ColumnSchema::new(decided.reading.ty, true);
        let schema = ColumnSchema { currency, percent_signs, above_one, ..column };
        let values = match decided.refused {
            Some(refusal) => {
                let line = |row: u64| Some(self.table.line(row as usize));
                Err(refusal.diagnostic(line, self.place(refusal.cell.at as usize)))
            }
            None => self.build(&decided.reading),
        };
        (schema, values)
    }

    /// The first number above 1, if most numbers are.
    fn above_one(&self) -> Option<CellPlace> {
        let mut tally = Tally::default();
        let is_number = |row: &usize| self.column.kinds[*row] == ValueKind::Number;
        (0..self.table.rows).filter(is_number).for_each(|row| tally.add_value(self.column.cell(row), row as u64));
        tally.above_one().map(|seen| self.place(seen.at as usize))
    }

    /// The type of the values.
    fn found(&self, reading: &Reading, numerals: bool) -> Found {
        let mut values = (0..self.table.rows).filter(|&row| !self.is_blank(row, reading)).peekable();
        match values.peek().map_or(ValueKind::Blank, |&row| self.column.kinds[row]) {
            ValueKind::Blank if self.declaration.is_time(self.name) => Found::of(ColumnType::Date),
            ValueKind::Text | ValueKind::Date => {
                let mut tally = Tally::default();
                let texts = values.filter(|&row| self.column.kinds[row].fits(ValueKind::Text));
                texts.for_each(|row| tally.add(self.column.cell(row), row as u64));
                let (ty, evidence) = tally.plain_text(numerals, self.declaration.calendar);
                let remedy = evidence.as_ref().and_then(|_| tally.remedy(self.name, Preferred::default()));
                let nearly_dates = evidence.is_some() && tally.is_mostly_dates();
                let evidence = evidence.map(|seen| seen.at as usize);
                Found { ty, offsets: tally.offsets(), evidence, remedy, nearly_dates }
            }
            ValueKind::Number if self.declaration.holds_dates(self.name) => {
                let mut tally = Tally::default();
                values.for_each(|row| tally.add(self.column.cell(row), row as u64));
                Found::of(tally.grain(true).map_or(ColumnType::Number, ColumnType::Period))
            }
            other => Found::of(other.ty()),
        }
    }

    fn is_blank(&self, row: usize, reading: &Reading) -> bool {
        reading.is_blank(self.column.cell(row))
    }

    fn check_one_kind(&self, reading: &Reading) -> Result<(), Diagnostic> {
        let mut values = (0..self.table.rows).filter(|&row| !self.is_blank(row, reading));
        let Some(first) = values.next().map(|row| self.column.kinds[row]) else { return Ok(()) };
        let Some(other) = values.find(|&row| !self.column.kinds[row].fits(first)) else { return Ok(()) };
        let cell = cell::excerpt(self.column.cell(other));
        Err(mixed(self.name, first, self.column.kinds[other], &cell).in_data(self.place(other)))
    }

    fn build(&self, reading: &Reading) -> Result<Vector, Diagnostic> {
        let mut builder = ColumnBuilder::new(reading);
        for (row, kind) in self.column.kinds.iter().enumerate() {
            let cell = self.column.cell(row);
            let pushed = if *kind == ValueKind::Number { builder.push_number(cell) } else { builder.push(cell) };
            let checked = pushed.and_then(|()| match (builder.take_marks().pop(), builder.currencies()) {
                (Some((_, mark)), Some(name)) => {
                    misfit::check_currency(mark, self.table.columns.get(name).map_or("", |column| column.cell(row)))
                }
                _ => Ok(()),
            });
            checked.map_err(|misfit| {
                misfit::bad_cell(self.name, &cell::excerpt(cell), misfit, reading).in_data(self.place(row))
            })?;
        }
        Ok(builder.finish())
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
