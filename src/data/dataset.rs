//! Defines datasets: named, typed tables that are read in batches of columns.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::deal::deal;
use super::measure::{MeasureId, Request};
use super::partial::{Partial, WarehouseTrace};
use super::scan::Scan;
use super::schema::{ColumnId, Schema};
use crate::budget::Charge;
use crate::diagnostic::{CellPlace, Diagnostic};
use crate::value::calendar::Grain;
use crate::value::{Cell, Values, Vector};

/// How much of the files of a dataset has been read.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BytesRead {
    /// The bytes that were read since the dataset was opened, by all scans.
    pub bytes: u64,
    /// The size of the files.
    pub of: u64,
}

/// Rows that can be read repeatedly, in batches of columns.
pub trait Dataset: Send + Sync {
    /// The name of the dataset in formulas.
    fn name(&self) -> &Arc<str>;

    /// Its columns.
    fn schema(&self) -> &Schema;

    /// The number of rows, if it is known without reading them.
    fn rows(&self) -> Option<u64> {
        None
    }

    /// About how many rows it has, for the cost of a query: see [`Plan::cost`](crate::Plan::cost). None if nothing is
    /// known.
    fn about_rows(&self) -> Option<u64> {
        self.rows()
    }

    /// About how many different values a column has, or different days if it holds dates, for the cost of a query. None
    /// if nothing is known.
    fn about_distinct(&self, _column: ColumnId) -> Option<u64> {
        None
    }

    /// How much of its files has been read. None if that is not counted.
    #[doc(hidden)]
    fn bytes_read(&self) -> Option<BytesRead> {
        None
    }

    /// The reasons why the whole dataset cannot be read, if it cannot.
    fn unreadable(&self) -> Option<&[Diagnostic]> {
        None
    }

    /// Reads the columns of a scan of all rows, in batches of any size, on up to as many threads at once as it allows.
    ///
    /// `visit` is called with the number of the calling worker (below `scan.threads`) and a batch. Batches of different
    /// workers can arrive at the same time and in any order.
    ///
    /// # Errors
    /// Data that cannot be read (with its line, column and cell), the error that `visit` returned, or the limit that was
    /// reached. Reading stops there.
    fn scan(
        &self,
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic>;

    /// Aggregates its rows for the dataset at a position of a request, where they are. None if it cannot: then the rows
    /// are read.
    ///
    /// # Errors
    /// Data that cannot be read, or the limit that was reached.
    #[doc(hidden)]
    fn aggregate(&self, _request: &Request, _at: usize) -> Result<Option<Vec<Partial>>, Diagnostic> {
        Ok(None)
    }

    /// What is asked where its rows are, for measures of the dataset at a position of a request.
    #[doc(hidden)]
    fn asked(&self, _request: &Request, _at: usize) -> Vec<(MeasureId, WarehouseTrace)> {
        vec![]
    }

    /// The file and the line of a row, counted from 0, for messages. Finding them can take as long as reading the file
    /// up to that row.
    fn place(&self, row: u64) -> CellPlace {
        CellPlace { file: self.name().to_string(), line: Some(row + 1), column: None, cell: None }
    }

    /// The files and the lines of several rows in ascending order, each like [`place`](Self::place). A file whose lines have
    /// to be counted is read once.
    fn places(&self, rows: &[u64]) -> Vec<CellPlace> {
        rows.iter().map(|row| self.place(*row)).collect()
    }

    /// True if its rows always come in the same order.
    #[doc(hidden)]
    fn is_ordered(&self) -> bool {
        true
    }

    /// The pattern and the number of the files, if the dataset consists of the files that a pattern matches.
    #[doc(hidden)]
    fn files(&self) -> Option<(Arc<str>, usize)> {
        None
    }

    /// The settings that were detected when the dataset was opened (delimiter, encoding, decimal mark), each as a note.
    fn notes(&self) -> &[Diagnostic] {
        &[]
    }
}

/// Some rows of a dataset.
///
/// Batches of one worker often share the dictionary of a column, which is recognized by its `id`. Results computed for
/// its codes can then be reused.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// The requested columns, in the requested order. Blank cells are undefined with `Cause::Blank`.
    pub columns: Vec<Cow<'a, Vector>>,
    /// The number of rows.
    pub rows: usize,
}

/// A dataset whose columns are in memory.
#[derive(Debug, Clone)]
pub struct Table {
    /// The name of the table in formulas.
    pub name: Arc<str>,
    /// Its columns.
    pub schema: Schema,
    /// The rows, split into parts. Each part has one vector per column of the schema.
    parts: Vec<Part>,
    /// The settings that were detected while the table was read.
    pub notes: Vec<Diagnostic>,
    /// The name of the table in messages, and the line of each row if rows have lines.
    pub(crate) origin: Option<(Arc<str>, Vec<u64>)>,
    /// Columns that cannot be read, with the reason. They are an error only if they are needed.
    pub(crate) refused: Vec<(ColumnId, Diagnostic)>,
    /// Its memory in the budget of the run that read it. Copies share the columns' memory only in part; they are made
    /// by hosts, whose tables are not counted.
    _charge: Option<Arc<Charge>>,
}

/// Some rows of a table, processed by one worker at a time.
#[derive(Debug, Clone)]
struct Part {
    columns: Vec<Vector>,
    rows: usize,
}

/// The number of rows of a part. It is large enough to make the cost per batch negligible, and small enough to keep the
/// values computed for its rows in the processor's cache.
const ROWS_PER_PART: usize = 1 << 13;

impl Table {
    /// Creates a table from one column per column of the schema, each `rows` long. `notes` describe what was detected.
    ///
    /// # Panics
    /// If the number of columns differs from the schema, or a column has another length.
    pub fn new(
        name: impl Into<Arc<str>>,
        schema: Schema,
        columns: Vec<Vector>,
        rows: usize,
        notes: Vec<Diagnostic>,
    ) -> Self {
        let mut table = Self { notes, ..Self::empty(name, schema) };
        table.add(columns, rows);
        table
    }

    /// A table without rows.
    pub(crate) fn empty(name: impl Into<Arc<str>>, schema: Schema) -> Self {
        Self { name: name.into(), schema, parts: vec![], notes: vec![], origin: None, refused: vec![], _charge: None }
    }

    /// Appends rows, split into parts.
    pub(crate) fn add(&mut self, columns: Vec<Vector>, rows: usize) {
        assert_eq!(columns.len(), self.schema.columns.len(), "a table must have the columns of its schema");
        let first = self.parts.len();
        let starts = (0..rows).step_by(ROWS_PER_PART);
        self.parts.extend(starts.map(|start| Part { columns: vec![], rows: ROWS_PER_PART.min(rows - start) }));
        // Column by column, so that each one is freed before the next one is split.
        for column in columns {
            assert_eq!(column.len(), rows, "all columns of a table must have the same length");
            if let [part] = &mut self.parts[first..] {
                part.columns.push(column);
                continue;
            }
            let mut start = 0;
            for part in &mut self.parts[first..] {
                part.columns.push(column.slice(start..start + part.rows));
                start += part.rows;
            }
        }
    }

    /// Keeps what counts its memory as long as the table.
    #[cfg(any(feature = "ipc", feature = "xlsx"))]
    pub(crate) fn charged(self, charge: Charge) -> Self {
        Self { _charge: Some(Arc::new(charge)), ..self }
    }

    /// The memory of its columns, without the texts of dictionaries that it shares with others.
    #[cfg(any(feature = "ipc", feature = "xlsx"))]
    pub(crate) fn bytes(&self) -> usize {
        self.parts.iter().flat_map(|part| &part.columns).map(Vector::bytes).sum()
    }

    /// Returns the table if all its columns can be read.
    pub(crate) fn sound(self) -> Result<Self, Vec<Diagnostic>> {
        if self.refused.is_empty() {
            Ok(self)
        } else {
            Err(self.refused.into_iter().map(|(_, reason)| reason).collect())
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// Returns true if any text of a column satisfies the predicate.
    #[cfg(feature = "xlsx")]
    pub(crate) fn has_text(&self, column: ColumnId, is: impl Fn(&str) -> bool) -> bool {
        let mut looked_at = None;
        self.parts.iter().any(|part| match &part.columns[column.0 as usize].values {
            crate::value::Values::Texts { dictionary, .. } if looked_at != Some(dictionary.id()) => {
                looked_at = Some(dictionary.id());
                dictionary.texts().iter().any(|text| is(text))
            }
            _ => false,
        })
    }

    /// The cell in a row of a column of this table. Returns None after the last row.
    pub fn cell(&self, column: ColumnId, mut row: usize) -> Option<Cell> {
        for part in &self.parts {
            if row < part.rows {
                return Some(part.columns[column.0 as usize].get(row));
            }
            row -= part.rows;
        }
        None
    }
}

impl Dataset for Table {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows() as u64)
    }

    fn about_distinct(&self, column: ColumnId) -> Option<u64> {
        let parts = || self.parts.iter().map(|part| &part.columns[column.0 as usize]);
        let [first, middle, last] = [0, self.parts.len() / 2, self.parts.len().saturating_sub(1)];
        let sample = [first, middle, last].map(|at| parts().nth(at));
        let found = about_distinct(parts(), sample.into_iter().flatten(), self.rows() as u64)?;
        // Periods are held as their first days.
        let hours = self.schema.column(column).ty.grain().map_or(24, Grain::least_hours);
        Some(found.saturating_mul(24).div_ceil(hours))
    }

    fn scan(
        &self,
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let columns = scan.columns;
        if let Some((_, reason)) = self.refused.iter().find(|(id, _)| columns.contains(id)) {
            return Err(reason.clone());
        }
        deal(0..self.parts.len(), scan.threads, &|worker| {
            Ok(move |at: &mut usize| {
                let part = &self.parts[*at];
                let columns = columns.iter().map(|id| Cow::Borrowed(&part.columns[id.0 as usize])).collect();
                visit(worker, &Batch { columns, rows: part.rows })
            })
        })
    }

    fn place(&self, row: u64) -> CellPlace {
        let (file, lines) = self.origin.as_ref().map_or((&self.name, &[][..]), |(file, lines)| (file, lines));
        let line = usize::try_from(row).ok().and_then(|row| lines.get(row)).copied();
        CellPlace { file: file.to_string(), line: line.or(Some(row + 1)), column: None, cell: None }
    }

    fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
}

/// About how many different values the parts of a column have. Dictionaries know the number of texts; the other types
/// follow from some of the parts.
fn about_distinct<'v>(
    parts: impl Iterator<Item = &'v Vector>,
    sample: impl Iterator<Item = &'v Vector>,
    rows: u64,
) -> Option<u64> {
    let (mut days, mut numbers, mut seen) = (None::<(i32, i32)>, HashSet::new(), 0);
    let mut meet =
        |day: i32| days = days.map_or(Some((day, day)), |(first, last)| Some((first.min(day), last.max(day))));
    for part in sample {
        match &part.values {
            Values::Texts { .. } => {
                let texts = |part: &Vector| match &part.values {
                    Values::Texts { dictionary, .. } => Some((dictionary.id(), dictionary.len() as u64)),
                    _ => None,
                };
                let dictionaries: HashMap<u64, u64> = parts.filter_map(texts).collect();
                return Some(dictionaries.values().sum::<u64>().clamp(1, rows.max(1)));
            }
            Values::Days(days) => defined(part, days).for_each(|day| meet(*day)),
            Values::Moments(moments) => defined(part, moments).for_each(|moment| meet(moment.day())),
            Values::Fixed { mantissas, .. } => {
                seen += mantissas.len() as u64;
                numbers.extend(mantissas.iter().copied());
            }
            Values::Booleans(_) => return Some(2),
            Values::Decimals { .. } | Values::Nothing(_) => return None,
        }
    }
    let distinct = numbers.len() as u64;
    match days {
        Some((first, last)) => Some(u64::from(last.abs_diff(first)) + 1),
        None if seen == 0 => None,
        // A value in two rows shows that most values have been seen.
        None if distinct * 2 <= seen => Some(distinct),
        None => Some((rows / seen.max(1)).max(1).saturating_mul(distinct)),
    }
}

/// The values of the rows that have one.
fn defined<'v, T>(column: &'v Vector, values: &'v [T]) -> impl Iterator<Item = &'v T> {
    values.iter().enumerate().filter(|(row, _)| column.cause(*row).is_none()).map(|(_, value)| value)
}
