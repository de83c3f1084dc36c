//! Says how data were read, and why a cell was not.

use std::sync::Arc;

use super::cell::{self, DateOrder, DateStyle, Mark, Misfit, NumberFormat};
use super::column::Reading;
use super::detect::{self, Decided};
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

/// A cell that is not what its column holds, and the way out.
pub(super) fn bad_cell(column: &str, cell: &str, misfit: Misfit, reading: &Reading) -> Diagnostic {
    let declared = reading.declared;
    let diagnostic = Diagnostic::error(Code::BadCell, format!("`{cell}` {}", misfit.message()));
    let blank = format!("where `{cell}` means that there is no value: `blank \"{cell}\"`");
    let text = format!("where the column holds texts, or codes: `{column}: text`");
    let may_be_blank =
        may_be_blank(cell) && matches!(misfit, Misfit::Number | Misfit::Date | Misfit::Month | Misfit::Boolean);
    let diagnostic = diagnostic.maybe_hint(other_format(cell, misfit, reading));
    match misfit {
        Misfit::ShortYear(pattern) => diagnostic.hint(format!("years of two digits are read by `dates \"{pattern}\"`")),
        Misfit::Offset | Misfit::NoOffset => {
            diagnostic.hint("write all cells of the column with an offset, such as `Z` or `+01:00`, or none")
        }
        Misfit::Date if !cell::patterns_of(cell).is_empty() && diagnostic.hints.is_empty() => {
            diagnostic.maybe_hint(cell::date_remedy(cell))
        }
        Misfit::Currency => diagnostic.hint("give each currency a column, or convert the amounts into one"),
        Misfit::TwoNumbers => diagnostic.hint(MARK_HINT),
        Misfit::TwoDates => diagnostic.hint(ORDER_HINT),
        Misfit::Percent => diagnostic.hint(detect::percents_hint(column)),
        Misfit::NoPercent => diagnostic
            .hint(format!("where `{cell}` means `{cell}%`: write the sign in the file"))
            .hint(detect::percents_hint(column)),
        Misfit::Unexpected => diagnostic.hint(format!("say what it holds: `{column}: {}`", type_of(cell))),
        _ => diagnostic.maybe_hint(may_be_blank.then_some(blank)).maybe_hint((!declared).then_some(text)),
    }
}

/// How to say which sign is the decimal mark.
pub(super) const MARK_HINT: &str = "say which in the dataset's block: `decimal \".\"` or `decimal \",\"`";

/// How to say whether the day comes first.
pub(super) const ORDER_HINT: &str =
    "say which in the dataset's block: `dates \"dd/mm/yyyy\"` or `dates \"mm/dd/yyyy\"`";

/// How to say that cells are written in another way, where that explains a cell.
fn other_format(cell: &str, misfit: Misfit, reading: &Reading) -> Option<String> {
    match misfit {
        Misfit::Number if reading.ty == ColumnType::Number => {
            let (mark, other) = (reading.numbers.mark, reading.numbers.mark.other());
            let format = NumberFormat { mark: other, leading_zeros: true, ..reading.numbers.clone() };
            let [read, written] = [mark, other].map(|mark| char::from(mark.byte()));
            cell::number(cell, &format).ok()?;
            Some(format!(
                "the column is read with `{read}` as the decimal mark: correct the cell, or write `decimal \"{written}\"` \
                 in the dataset's block where all numbers are written like it"
            ))
        }
        Misfit::Date | Misfit::NoSuchDay if reading.ty == ColumnType::Date => {
            let styles = [DateOrder::DayFirst, DateOrder::MonthFirst].map(DateStyle::numeric);
            let style = styles.into_iter().find(|style| *style != reading.dates && cell::date(cell, *style).is_ok())?;
            let (read, written) = (reading.dates.pattern(), style.pattern());
            Some(format!(
                "dates of the column are read as {read}: correct the cell, or write `dates \"{written}\"` in the \
                 dataset's block where all dates are written like it"
            ))
        }
        _ => None,
    }
}

/// The type to declare for a column of such cells.
fn type_of(cell: &str) -> &'static str {
    let is_number = cell::number(cell, &NumberFormat::default()).is_ok();
    match cell::date(cell, DateStyle::default()).is_ok() {
        true => "date",
        false if is_number => "number",
        false => "text",
    }
}

/// What to do about a text in a column that is needed for its numbers.
pub fn text_remedy(cell: &str) -> String {
    match may_be_blank(cell) {
        true => format!("correct the cell, or say that it is blank: `blank \"{cell}\"` in the dataset's block"),
        false => "correct the cell: a number stands alone, or with a currency or `%`".to_string(),
    }
}

/// Whether a cell may stand for no value: nobody writes a long one, or a number, for it. Days that never were are
/// written for it.
pub fn may_be_blank(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    !cell.ends_with('…') && (digits == 0 || digits == 8 && cell.len() > digits)
}
