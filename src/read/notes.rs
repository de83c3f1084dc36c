//! Describes the detected formats of data in notes.

use std::sync::Arc;

use super::cell::Mark;
use super::detect::Decided;
use super::input::Input;
use crate::data::ColumnType;
use crate::diagnostic::{Code, Diagnostic};

/// The notes about the format of a CSV file.
pub(super) fn of_csv(
    input: &Input,
    names: &[Arc<str>],
    delimiter: u8,
    line: u64,
    columns: &[Decided],
) -> Vec<Diagnostic> {
    let is_tsv = input.place(None).file.ends_with(".tsv");
    let (delimiter, usual) = match delimiter {
        b'\t' => ("tab".to_string(), is_tsv),
        other => (format!("`{}`", char::from(other)), other == b','),
    };
    let message = format!("read as CSV: cells separated by {delimiter}, column names in line {line}");
    let formats = names.iter().zip(columns).filter_map(|(name, decided)| format_note(name, decided));
    notes(input, (message, usual && line == 1), formats)
}

/// The notes about the format of a JSON file: its form, whether it is usual, and the formats of its columns.
pub(super) fn of_json<'a>(
    input: &Input,
    (form, usual): (&str, bool),
    columns: impl Iterator<Item = (&'a str, &'a Decided)>,
) -> Vec<Diagnostic> {
    let formats = columns.filter_map(|(name, decided)| format_note(name, decided));
    notes(input, (format!("read as JSON: {form}"), usual), formats)
}

/// The message of a note, and whether it describes the usual format of data.
type Remark = (String, bool);

fn notes(input: &Input, form: Remark, formats: impl Iterator<Item = Remark>) -> Vec<Diagnostic> {
    let encoding = input.encoding.notes().into_iter().map(|message| (message, false));
    let remarks = std::iter::once(form).chain(encoding).chain(formats);
    let note = |(message, usual)| Diagnostic { usual, ..Diagnostic::note(Code::DataNote, message) };
    remarks.map(|remark| note(remark).in_data(input.place(None))).collect()
}

/// Describes the format of numbers or dates in a column, if it is not the format that programs write.
fn format_note(name: &str, decided: &Decided) -> Option<Remark> {
    let cell = &decided.shown.as_ref()?.cell;
    match decided.reading.ty {
        ColumnType::Number if decided.reading.numbers.mark == Mark::Comma => {
            Some((format!("column `{name}` is read with a decimal comma, as in `{cell}`"), false))
        }
        ColumnType::Date => {
            let pattern = decided.reading.dates.pattern();
            let usual = pattern.starts_with("yyyy-mm-dd");
            Some((format!("column `{name}` is read as {pattern}, as in `{cell}`"), usual))
        }
        _ => None,
    }
}
