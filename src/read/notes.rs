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
    let is_tsv = input.place(None).file.ends_with(".tsv");
    let (delimiter, usual) = match delimiter {
        b'\t' => ("tab".to_string(), is_tsv),
        other => (format!("`{}`", char::from(other)), other == b','),
    };
    let message = format!("read as CSV: cells separated by {delimiter}, column names in line {line}");
    let formats = names.iter().zip(columns).filter_map(|(name, decided)| format_note(name, decided));
    notes(input, (message, usual && line == 1), formats)
}

/// What was detected in a JSON file.
pub(super) fn of_json<'a>(
    input: &Input,
    form: &str,
    columns: impl Iterator<Item = (&'a str, &'a Decided)>,
) -> Vec<Diagnostic> {
    let formats = columns.filter_map(|(name, decided)| format_note(name, decided));
    notes(input, (format!("read as JSON: {form}"), true), formats)
}

/// What a note says, and whether that is the usual way to write data.
type Remark = (String, bool);

fn notes(input: &Input, form: Remark, formats: impl Iterator<Item = Remark>) -> Vec<Diagnostic> {
    let encoding = input.encoding.notes().into_iter().map(|message| (message, false));
    let remarks = std::iter::once(form).chain(encoding).chain(formats);
    let note = |(message, usual)| Diagnostic { usual, ..Diagnostic::note(Code::DataNote, message) };
    remarks.map(|remark| note(remark).in_data(input.place(None))).collect()
}

/// How a column writes numbers or dates, where that is not how programs write them.
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
