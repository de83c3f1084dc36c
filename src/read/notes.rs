//! Describes the detected formats of data in notes.

use super::cell::Mark;
use super::csv::Dialect;
use super::detect::Decided;
use super::input::Input;
use crate::data::ColumnType;
use crate::diagnostic::{Code, Diagnostic};

/// The notes about the format of a CSV file.
pub(super) fn of_csv(input: &Input, dialect: &Dialect, columns: &[Decided], skipped: u32) -> Vec<Diagnostic> {
    let is_tsv = input.place(None).file.ends_with(".tsv");
    let (delimiter, usual) = match dialect.delimiter {
        b'\t' => ("tab".to_string(), is_tsv),
        other => (format!("`{}`", char::from(other)), other == b','),
    };
    let (names, line) = (&dialect.names, dialect.line);
    let named = if dialect.body > dialect.start { format!("in line {line}") } else { "`c1`, `c2`, …".into() };
    let skipped = left_out(skipped);
    let message = format!("read as CSV: cells separated by {delimiter}, column names {named}{skipped}");
    let formats = names.iter().zip(columns).filter_map(|(name, decided)| format_note(name, decided));
    notes(input, (message, usual && line == 1 && skipped.is_empty() && !dialect.is_declared), formats)
}

/// Says that rows at the end are left out.
pub(super) fn left_out(rows: u32) -> String {
    match rows {
        0 => String::new(),
        1 => ", without the last row".into(),
        rows => format!(", without the last {rows} rows"),
    }
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
