//! Turns CSV files and texts, as programs and spreadsheets write them, into datasets.
//!
//! **Shape.** The first line that is not blank names the columns; a line `sep=;` may stand before it. Cells are
//! separated by `,` `;` tab or `|`, whichever gives most lines as many cells as the first. White space around a cell is
//! padding, inside quotes, too; these keep delimiters and line ends, and a quote is written twice. Each record
//! must have as many cells as the first line. Blank lines may stand at both ends only.
//!
//! **Types.** What is declared holds. Else a column is what all its cells are that are not blank: truth values
//! (`true/false yes/no oui/non`), months (`2026-03`), dates (`2026-03-31`, `31/03/2026`, perhaps with a time),
//! numbers (`1234.5`, `1 234,50 €`, `12 %`, `1.2E-05`), else texts. Numbers that begin with a zero as codes do
//! (`007`) are texts. Files of up to [`SAMPLED_WHOLE_BYTES`] are looked at as a whole; of larger ones parts decide,
//! and a cell elsewhere that does not fit is an error when the column is read.
//!
//! **Choices.** The decimal mark and the order of day and month are decided by cells that only one reading takes, in
//! the column itself, else in all other columns alike. Where nothing decides, the column is refused once it is needed:
//! `1,234` or `03/04/2026` everywhere is asked about, never guessed, be it in the part looked at or behind it. `1.234`
//! everywhere is a number with a decimal point, unless the cells are separated by `;`. Percents beside plain numbers are
//! asked about, too.
//!
//! [`SAMPLED_WHOLE_BYTES`]: super::sample::SAMPLED_WHOLE_BYTES

mod dialect;
mod lines;
mod reader;
mod sample;
mod split;

use std::path::Path;

pub use dialect::MAX_COLUMNS;
pub use reader::CsvFile;

use super::input::Input;
use crate::data::{Declaration, Table};
use crate::diagnostic::Diagnostic;

/// Opens a CSV file under a dataset's name.
///
/// Its first part (a file of up to `SAMPLED_WHOLE_BYTES`: all of it) decides what the columns hold where the
/// declaration does not. Rows are read anew at each scan, so that files larger than memory work.
///
/// # Errors
/// A file that cannot be opened or is no table: empty, without column names, not in its encoding.
pub fn open(name: &str, path: &Path, declaration: &Declaration) -> Result<CsvFile, Vec<Diagnostic>> {
    CsvFile::open(name, Input::file(path), declaration)
}

impl Table {
    /// Reads a whole CSV text into memory. `name` is the dataset's and what messages call the text.
    ///
    /// # Errors
    /// As [`open`](crate::open), and any cell that cannot be read.
    pub fn from_csv(name: &str, text: &str, declaration: &Declaration) -> Result<Self, Vec<Diagnostic>> {
        CsvFile::open(name, Input::text(name, text), declaration)?.into_table().map_err(|error| vec![error])
    }
}
