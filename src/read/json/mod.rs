//! Turns JSON texts (an array of records, one record, or a record a line) into datasets.
//!
//! **Shape.** Records are flat: their values are numbers, texts, truth values and `null`; a column with other values is
//! refused once it is needed. The columns are the names that
//! occur in any record; a record without one, or with `null` or `""` there, has a blank cell.
//!
//! **Types.** What is declared holds, however a value spells it: `"1.5"` is a number where numbers are declared. Else a
//! column is what its values are, all of one kind, and texts are dates or months where all of them are spelled so
//! (`2026-03-31`, `2026-03`). Numbers are read from their text, exactly. Files of up to [`SAMPLED_WHOLE_BYTES`] are
//! looked at as a whole; of larger ones parts decide. A value elsewhere that does not fit is an error when the column is
//! read, and a name that occurs elsewhere only is a column where it is declared.
//!
//! [`SAMPLED_WHOLE_BYTES`]: crate::read::sample::SAMPLED_WHOLE_BYTES

mod broken;
mod columns;
mod reader;
mod records;
mod row;

pub use reader::JsonFile;
pub(super) use row::plain;

use super::input::Input;
use crate::data::{Declaration, Table};
use crate::diagnostic::Diagnostic;

impl Table {
    /// Reads a whole JSON text into memory. `name` is the dataset's and what messages call the text.
    ///
    /// # Errors
    /// As [`open`](crate::open), and columns that mix types.
    pub fn from_json(name: &str, text: &str, declaration: &Declaration) -> Result<Self, Vec<Diagnostic>> {
        JsonFile::open(name, Input::text(name, text), declaration)?.into_table()
    }
}
