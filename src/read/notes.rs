//! Says how data were read.

use std::sync::Arc;

use super::cell::Mark;
use super::detect::Decided;
use super::input::Input;
use crate::data::ColumnType;
use crate::diagnostic::{Code, Diagnostic};

/// What was detected in a CSV file.
pub(super) fn of_csv(
    input: &Input,
    names: &[Arc<str>],
    delimiter: u8,
    line: u64,
    columns: &[Decided],
) -> Vec<Diagnostic> {
    let delimiter = match delimiter {
        b'\t' => "tab".to_string(),
        other => format!("`{}`", char::from(other)),
    };
    let mut messages = vec![format!("read as CSV: cells separated by {delimiter}, column names in line {line}")];
    messages.extend(input.encoding.notes());
    messages.extend(names.iter().zip(columns).filter_map(|(name, decided)| format_note(name, decided)));
    notes(input, messages)
}

/// What was detected in a JSON file.
pub(super) fn of_json<'a>(
    input: &Input,
    form: &str,
    columns: impl Iterator<Item = (&'a str, &'a Decided)>,
) -> Vec<Diagnostic> {
    let mut messages = vec![format!("read as JSON: {form}")];
    messages.extend(input.encoding.notes());
    messages.extend(columns.filter_map(|(name, decided)| format_note(name, decided)));
    notes(input, messages)
}

fn notes(input: &Input, messages: Vec<String>) -> Vec<Diagnostic> {
    let note = |message| Diagnostic::note(Code::DataNote, message).in_data(input.place(None));
    messages.into_iter().map(note).collect()
}

/// Whether a note says no more than that a file is written the plain way: commas, names in line 1, ISO dates; or that it
/// is of a kind that is written in one way only.
#[cfg(feature = "cli")]
pub fn is_plain(note: &Diagnostic) -> bool {
    let message = &note.message;
    message.starts_with("read as CSV: cells separated by `,`, column names in line 1") && message.ends_with(" line 1")
        || message.contains("is read as yyyy-mm-dd")
        || message.starts_with("read as JSON: ")
        || message.starts_with("read as a workbook: ")
        || message.starts_with("read as CSV: cells separated by tab, column names in line 1")
            && message.ends_with(" line 1")
            && note.cell.as_ref().is_some_and(|cell| cell.file.ends_with(".tsv"))
        || matches!(&**message, "read as Parquet" | "read as Arrow IPC")
}

/// How a column writes numbers or dates, where that is not how programs write them.
fn format_note(name: &str, decided: &Decided) -> Option<String> {
    let cell = &decided.shown.as_ref()?.cell;
    match decided.reading.ty {
        ColumnType::Number if decided.reading.numbers.mark == Mark::Comma => {
            Some(format!("column `{name}` is read with a decimal comma, as in `{cell}`"))
        }
        ColumnType::Date => {
            Some(format!("column `{name}` is read as {}, as in `{cell}`", decided.reading.dates.pattern()))
        }
        _ => None,
    }
}
