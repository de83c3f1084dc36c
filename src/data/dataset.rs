//! A dataset: named, typed, readable in batches of columns.

use std::borrow::Cow;
use std::sync::Arc;

use super::deal::deal;
use super::schema::{ColumnId, Schema};
use crate::diagnostic::{CellPlace, Diagnostic};
use crate::value::{Cell, Vector};

/// Rows that can be read again and again, a batch of columns at a time.
pub trait Dataset: Send + Sync {
    /// What formulas call it.
    fn name(&self) -> &Arc<str>;

    /// Its columns.
    fn schema(&self) -> &Schema;

    /// How many rows it has, where that is known without reading them.
    fn rows(&self) -> Option<u64> {
        None
    }

    /// Why nothing of it can be read, where that is so.
    fn unreadable(&self) -> Option<&[Diagnostic]> {
        None
    }

    /// Reads the named columns of all rows, in batches of any size, on up to `threads` threads at once.
    ///
    /// `visit` is called with the number of the calling worker (below `threads`) and a batch; batches of different
    /// workers may come at the same time and in any order.
    ///
    /// # Errors
    /// What cannot be read (with its line, column and cell), or what `visit` returned. Reading stops there.
    fn scan(
        &self,
        columns: &[ColumnId],
        threads: usize,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic>;

    /// Where a row stands in what it is read from, counted from 0: its file and its line. For messages; it may take as
    /// long as reading the file up to there.
    fn place(&self, row: u64) -> CellPlace {
        CellPlace { file: self.name().to_string(), line: Some(row + 1), column: None, cell: None }
    }

    /// What was detected when it was opened: delimiter, encoding, decimal mark, each as a note.
    fn notes(&self) -> &[Diagnostic] {
        &[]
    }
}

/// Some rows of a dataset.
///
/// Batches of one worker often share a column's dictionary (its `id` tells), so that what was worked out for its
/// codes need not be worked out again.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// The columns asked for, in the order asked for; blank cells are undefined with `Cause::Blank`.
    pub columns: Vec<Cow<'a, Vector>>,
    /// How many rows.
    pub rows: usize,
}

/// A dataset whose columns are in memory.
#[derive(Debug, Clone)]
pub struct Table {
    /// What formulas call it.
    pub name: Arc<str>,
    /// Its columns.
    pub schema: Schema,
    /// The rows part after part; each has one vector a column of the schema.
    parts: Vec<Part>,
    /// What was detected on the way.
    pub notes: Vec<Diagnostic>,
    /// What messages call it, and the line of each row where rows have lines.
    pub(crate) origin: Option<(Arc<str>, Vec<u64>)>,
    /// Columns that cannot be read after all, and why: an error once one is needed.
    pub(crate) refused: Vec<(ColumnId, Diagnostic)>,
}

/// Some rows of a table, which a worker takes at a time.
#[derive(Debug, Clone)]
struct Part {
    columns: Vec<Vector>,
    rows: usize,
}

/// Rows of a part: enough that what is done once a batch costs nothing, few enough that what is worked out for its
/// rows stays in the processor's cache.
const ROWS_PER_PART: usize = 1 << 13;

impl Table {
    /// A table of columns, one a column of the schema and each `rows` long; `notes` tell what was detected.
    ///
    /// # Panics
    /// Where there are more or fewer columns than in the schema, or one is of another length.
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
        Self { name: name.into(), schema, parts: vec![], notes: vec![], origin: None, refused: vec![] }
    }

    /// Adds rows at the end, a part at a time.
    pub(crate) fn add(&mut self, columns: Vec<Vector>, rows: usize) {
        assert_eq!(columns.len(), self.schema.columns.len(), "a table has the columns of its schema");
        let first = self.parts.len();
        let starts = (0..rows).step_by(ROWS_PER_PART);
        self.parts.extend(starts.map(|start| Part { columns: vec![], rows: ROWS_PER_PART.min(rows - start) }));
        // Column by column: each is let go before the next one is cut.
        for column in columns {
            assert_eq!(column.len(), rows, "all columns of a table are of one length");
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

    /// The table where all its columns can be read.
    pub(crate) fn sound(self) -> Result<Self, Vec<Diagnostic>> {
        if self.refused.is_empty() {
            Ok(self)
        } else {
            Err(self.refused.into_iter().map(|(_, reason)| reason).collect())
        }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// Returns true if a column has a text of some kind.
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

    /// What stands in a row of a column, which must be of this table; None behind the last row.
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

    fn scan(
        &self,
        columns: &[ColumnId],
        threads: usize,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        if let Some((_, reason)) = self.refused.iter().find(|(id, _)| columns.contains(id)) {
            return Err(reason.clone());
        }
        deal(0..self.parts.len(), threads, &|worker| {
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
