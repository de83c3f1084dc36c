//! Describes the detected formats of data in notes.

use std::sync::Arc;

use super::cell::Mark;
use super::csv::Dialect;
use super::detect::Decided;
use super::input::Input;
use crate::data::{ColumnType, Formatting};
use crate::diagnostic::{Code, Diagnostic};
use crate::language::{Part, Phrase, Sentence};

/// The notes about the format of a CSV file. What the declaration says is usual.
pub(super) fn of_csv(input: &Input, dialect: &Dialect, columns: &[Decided], declared: &Formatting) -> Vec<Diagnostic> {
    let is_tsv = input.place(None).file.ends_with(".tsv");
    let (delimiter, usual) = match dialect.delimiter {
        b'\t' => (Part::Phrase(Phrase::Tab), is_tsv),
        other => (format!("`{}`", char::from(other)).into(), other == b','),
    };
    let form = match dialect.body > dialect.start {
        true => Sentence::new(Phrase::ReadAsCsv, [delimiter, dialect.line.to_string().into()]),
        false => Sentence::new(Phrase::ReadAsCsvUnnamed, [delimiter]),
    };
    let is_usual = (usual || declared.delimiter.is_some()) && (dialect.line == 1 || dialect.is_declared);
    let skipped = match declared.skip_last {
        0 => None,
        1 => Some(Sentence::plain(Phrase::WithoutLastRow)),
        rows => Some(Sentence::new(Phrase::WithoutLastRows, [rows.to_string()])),
    };
    let remarks = std::iter::once((form, is_usual)).chain(skipped.map(|sentence| (sentence, true)));
    notes(input, remarks, dialect.names.iter().zip(columns), declared)
}

/// The notes about the format of a JSON file: its form, whether it is usual, and the formats of its columns.
pub(super) fn of_json<'a>(
    input: &Input,
    form: Remark,
    columns: impl Iterator<Item = (&'a Arc<str>, &'a Decided)>,
    declared: &Formatting,
) -> Vec<Diagnostic> {
    notes(input, std::iter::once(form), columns, declared)
}

/// The message of a note, and whether it describes the usual format of data.
type Remark = (Sentence, bool);

fn notes<'a>(
    input: &Input,
    form: impl Iterator<Item = Remark>,
    columns: impl Iterator<Item = (&'a Arc<str>, &'a Decided)>,
    declared: &Formatting,
) -> Vec<Diagnostic> {
    let formats = columns.filter_map(|(name, decided)| format_note(name, decided, declared));
    let encoding = input.encoding.notes().into_iter().map(|sentence| (sentence, declared.encoding.is_some()));
    let note = |(sentence, usual)| Diagnostic { usual, ..Diagnostic::sentence(Code::DataNote, sentence) };
    form.chain(encoding).chain(formats).map(|remark| note(remark).in_data(input.place(None))).collect()
}

/// Describes the format of numbers or dates in a column, if it is not the format that programs write.
fn format_note(name: &str, decided: &Decided, declared: &Formatting) -> Option<Remark> {
    let cell = &decided.shown.as_ref()?.cell;
    match decided.reading.ty {
        ColumnType::Number if decided.reading.numbers.mark == Mark::Comma => {
            let sentence = Sentence::new(Phrase::ReadWithComma, [name, &**cell]);
            Some((sentence, declared.decimal.is_some()))
        }
        ColumnType::Date => {
            let pattern = decided.reading.dates.pattern();
            let usual = pattern.starts_with("yyyy-mm-dd") || declared.dates.is_some();
            Some((Sentence::new(Phrase::ReadAsDates, [name, pattern, &**cell]), usual))
        }
        _ => None,
    }
}
