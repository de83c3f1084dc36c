//! Turns JSON texts (an array of records, one record, one record per line, or one record around an array of records)
//! into datasets.
//!
//! **Shape.** Records are flat: their values are numbers, texts, truth values and `null`. A column with other values is
//! rejected when it is needed. The columns are the names that occur in any record. If a name is missing from a record,
//! or its value is `null` or `""`, the cell is blank.
//!
//! **Types.** Declared types apply to values of any JSON type: `"1.5"` is a number in a column declared as such. All
//! values of any other column must have the same JSON type. Texts become dates or months if all of them have that
//! format (`2026-03-31`, `2026-03`). Numbers are parsed exactly. Files of up to [`SAMPLED_WHOLE_BYTES`] are inspected
//! completely. In larger files, parts determine the types, and a value elsewhere that does not fit is an error when the
//! column is read. A name that occurs only elsewhere is a column only if it is declared.
//!
//! [`SAMPLED_WHOLE_BYTES`]: crate::read::sample::SAMPLED_WHOLE_BYTES

mod broken;
mod columns;
mod reader;
mod records;
mod row;
mod wrapper;

pub use reader::JsonFile;
pub(super) use row::plain;

use super::input::Input;
use crate::data::{Declaration, Table};
use crate::diagnostic::Diagnostic;

impl Table {
    /// Reads a whole JSON text into memory. `name` is the name of the dataset, and of the text in messages.
    ///
    /// # Errors
    /// The errors of [`open`](crate::open), and columns that mix types.
    pub fn from_json(name: &str, text: &str, declaration: &Declaration) -> Result<Self, Vec<Diagnostic>> {
        JsonFile::open(name, Input::text(name, text), declaration)?.into_table()
    }
}
