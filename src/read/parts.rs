//! The files of a dataset that consists of several, before they become one.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::data::{ColumnId, ColumnSchema, Dataset};
use crate::diagnostic::{CellPlace, Code, Diagnostic};

/// The files of one dataset, whose formats were decided together.
#[derive(Default)]
pub(super) struct Parts {
    /// The columns that all files have, with the types of all cells.
    pub columns: IndexMap<Arc<str>, ColumnSchema>,
    /// The files in the order of their names.
    pub files: Vec<Part>,
    /// The columns that cannot be read, with the reason.
    pub refused: Vec<(Arc<str>, Diagnostic)>,
    /// The settings that were detected.
    pub notes: Vec<Diagnostic>,
}

/// One of the files.
pub(super) struct Part {
    pub dataset: Box<dyn Dataset>,
    /// The column of the file for each column of the dataset. None if the file holds only blank cells there.
    pub columns: Vec<Option<ColumnId>>,
}

/// Checks that all files have the same columns, in any order.
///
/// # Errors
/// The first file whose columns differ from those of the first one.
pub(super) fn check_columns<'n>(files: &[(&str, Vec<&'n Arc<str>>)]) -> Result<(), Diagnostic> {
    let Some(((first, names), others)) = files.split_first() else { return Ok(()) };
    let lacking = |here: &[&'n Arc<str>], there: &[&'n Arc<str>]| -> Vec<String> {
        let known: hashbrown::HashSet<&Arc<str>> = there.iter().copied().collect();
        here.iter().filter(|name| !known.contains(**name)).map(|name| format!("`{name}`")).collect()
    };
    for (file, found) in others {
        let (missing, more) = (lacking(names, found), lacking(found, names));
        if missing.is_empty() && more.is_empty() {
            continue;
        }
        let message = format!("`{file}` does not have the same columns as `{first}`");
        let place = CellPlace { file: (*file).to_owned(), line: None, column: None, cell: None };
        let problem = Diagnostic::error(Code::BadTable, message).in_data(place);
        let only = |file: &str, names: Vec<String>| {
            (!names.is_empty()).then(|| format!("only `{file}` has {}", names.join(", ")))
        };
        let problem = problem.maybe_hint(only(first, missing)).maybe_hint(only(file, more));
        return Err(
            problem.hint("give the columns the same names in all files, or declare a dataset for each kind of file")
        );
    }
    Ok(())
}
