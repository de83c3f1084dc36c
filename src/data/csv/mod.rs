//! Turns CSV files and texts, as programs and spreadsheets write them, into datasets.

mod blocks;
mod dialect;
mod reader;
mod sample;
mod split;

use std::path::Path;

pub use blocks::MAX_RECORD_BYTES;
pub use dialect::MAX_COLUMNS;
pub use reader::CsvFile;
pub(super) use sample::bad_bytes;
pub use sample::{SAMPLED_PIECE_BYTES, SAMPLED_WHOLE_BYTES};

use super::dataset::Table;
use super::input::Input;
use super::schema::Declaration;
use crate::diagnostic::Diagnostic;

/// Opens a CSV file under a dataset's name.
///
/// Its first part (a file of up to [`SAMPLED_WHOLE_BYTES`]: all of it) decides what the columns hold where the
/// declaration does not. Rows are read anew at each scan, so that files larger than memory work.
///
/// # Errors
/// A file that cannot be opened or is no table: empty, without column names, not in its encoding.
pub fn open(name: &str, path: &Path, declaration: &Declaration) -> Result<CsvFile, Vec<Diagnostic>> {
    CsvFile::open(name, Input::file(path), declaration)
}

/// Reads a whole CSV text into memory. `name` is the dataset's and what messages call the text.
///
/// # Errors
/// As [`open`], and any cell that cannot be read.
pub fn from_text(name: &str, text: &str, declaration: &Declaration) -> Result<Table, Vec<Diagnostic>> {
    CsvFile::open(name, Input::text(name, text), declaration)?.into_table().map_err(|error| vec![error])
}
