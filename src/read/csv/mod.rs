//! Turns CSV files and texts, as written by programs and spreadsheets, into datasets.
//!
//! **Shape.** The first line that is not blank contains the column names; a line `sep=;` can precede it. Cells are
//! separated by `,`, `;`, a tab or `|`, whichever gives the most lines as many cells as the first one. Whitespace at
//! both ends of a cell is ignored, even inside its quotes. Quoted cells can contain delimiters and line ends; a quote
//! inside them is doubled. Each record must have as many cells as the first line. Blank lines are
//! skipped, except between the rows of a single column.
//!
//! **Types.** Declared types apply. The type of any other column is the one that all its cells have, ignoring blank
//! ones: truth values (`true/false yes/no oui/non`), months (`2026-03`), dates (`2026-03-31`, `31/03/2026`, optionally
//! with a time), numbers (`1234.5`, `1 234,50 €`, `12 %`, `1.2E-05`), or else texts. Numbers that start with a zero
//! like codes (`007`) are texts. Files of up to [`SAMPLED_WHOLE_BYTES`] are inspected completely. In larger files,
//! parts determine the types, and a cell elsewhere that does not fit is an error when the column is read.
//!
//! **Ambiguity.** The decimal mark and the order of day and month follow from cells that have only one reading, first
//! in the column itself and then in all other columns, if those agree. If no cell is unambiguous, the column is
//! rejected when it is needed: `1,234` or `03/04/2026` is never guessed, whether it occurs in the inspected part or
//! after it. If all cells are like `1.234`, they are numbers with a decimal point, unless the cells are separated by
//! `;`. Columns that mix percentages and plain numbers are rejected as well.
//!
//! [`SAMPLED_WHOLE_BYTES`]: super::sample::SAMPLED_WHOLE_BYTES

mod dialect;
mod lines;
mod reader;
mod sample;
mod split;

use std::path::Path;

pub(super) use dialect::Dialect;
pub use dialect::MAX_COLUMNS;
pub use reader::CsvFile;

use super::input::Input;
use crate::data::{Declaration, Table};
use crate::diagnostic::Diagnostic;

/// Opens a CSV file under a dataset's name.
///
/// The first part of the file (all of it up to `SAMPLED_WHOLE_BYTES`) determines the types of undeclared columns. Rows
/// are read again at each scan, so files can be larger than memory.
///
/// # Errors
/// A file that cannot be opened or is not a table: empty, without column names, or not in its encoding.
pub fn open(name: &str, path: &Path, declaration: &Declaration) -> Result<CsvFile, Vec<Diagnostic>> {
    CsvFile::open(name, Input::file(path), declaration)
}

impl Table {
    /// Reads a whole CSV text into memory. `name` is the name of the dataset, and of the text in messages.
    ///
    /// # Errors
    /// The errors of [`open`](crate::open), and any cell that cannot be read.
    pub fn from_csv(name: &str, text: &str, declaration: &Declaration) -> Result<Self, Vec<Diagnostic>> {
        CsvFile::open(name, Input::text(name, text), declaration)?.into_table().map_err(|error| vec![error])
    }
}
