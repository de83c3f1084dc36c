//! Explains why a cell does not fit its column, and suggests how to fix it.

use super::cell::{self, DateOrder, DateStyle, Misfit, NumberFormat};
use super::column::Reading;
use crate::data::ColumnType;
use crate::diagnostic::{Code, Diagnostic};
use crate::value::unit::Currency;

/// Reports a cell that does not fit its column, and how to fix it.
pub(super) fn bad_cell(column: &str, cell: &str, misfit: Misfit, reading: &Reading) -> Diagnostic {
    let declared = reading.declared;
    let diagnostic = Diagnostic::error(Code::BadCell, format!("`{cell}` {}", misfit.message()));
    let blank = format!("if `{cell}` means that there is no value, add `blank \"{cell}\"` to the dataset's block");
    let text = format!("if the column holds texts or codes, add `{column}: text` to the dataset's block");
    let may_be_blank = may_be_blank(cell)
        && matches!(misfit, Misfit::Number | Misfit::Date | Misfit::Month | Misfit::Period(_) | Misfit::Boolean);
    let diagnostic = diagnostic.maybe_hint(other_format(cell, misfit, reading));
    if misfit == Misfit::Date && is_serial(cell) {
        return diagnostic.hint(SERIAL_HINT);
    }
    match misfit {
        Misfit::ShortYear(pattern) => diagnostic.hint(format!(
            "write `dates \"{pattern}\"` in the dataset's block: it reads years of two and of four digits"
        )),
        Misfit::Offset | Misfit::NoOffset => {
            diagnostic.hint("write all cells of the column with an offset such as `Z` or `+01:00`, or all without one")
        }
        Misfit::Date if !cell::patterns_of(cell).is_empty() && diagnostic.hints.is_empty() => {
            diagnostic.maybe_hint(cell::date_remedy(column, cell))
        }
        Misfit::Currency => {
            diagnostic.hint("give each currency its own column, or convert the amounts to one currency")
        }
        Misfit::OtherCurrency => {
            let named = reading
                .currencies
                .as_ref()
                .map(|name| format!("the currency of each row is in `{name}`: correct one of the two cells"));
            diagnostic.maybe_hint(named)
        }
        Misfit::TwoNumbers => diagnostic.hint(MARK_HINT),
        Misfit::TwoDates => diagnostic.hint(ORDER_HINT),
        Misfit::Percent => diagnostic.hint(percents_hint(column)),
        Misfit::NoPercent => diagnostic
            .hint(format!("if `{cell}` means `{cell}%`, add the sign in the file"))
            .hint(percents_hint(column)),
        Misfit::Unexpected => diagnostic.hint(format!("add `{column}: {}` to the dataset's block", type_of(cell))),
        _ => diagnostic.maybe_hint(may_be_blank.then_some(blank)).maybe_hint((!declared).then_some(text)),
    }
}

/// Compares the currency beside an amount with the one that the row names.
pub(super) fn check_currency(mark: &str, named: &str) -> Result<(), Misfit> {
    let currency = Currency::from_code(cell::tidy(named));
    if currency.is_some_and(|currency| currency.is_written_as(mark)) { Ok(()) } else { Err(Misfit::OtherCurrency) }
}

/// The hint to declare the decimal mark.
pub(super) const MARK_HINT: &str = "add `decimal \".\"` or `decimal \",\"` to the dataset's block";

/// The hint to declare the order of day and month.
pub(super) const ORDER_HINT: &str = "add `dates \"dd/mm/yyyy\"` or `dates \"mm/dd/yyyy\"` to the dataset's block";

/// The hint for days that a spreadsheet counts from 1900.
pub const SERIAL_HINT: &str = "a spreadsheet counts days from 1900, and 45000 is 2023-03-15: format the cells as dates there, and save the file again";

/// Returns true for the serial number of a day from 1982 to 2064.
fn is_serial(cell: &str) -> bool {
    let whole = cell.split(['.', ',']).next().unwrap_or_default();
    whole.len() == 5 && whole.parse::<u32>().is_ok_and(|days| (30_000..60_000).contains(&days))
}

/// The hint for percentages among plain numbers.
pub(super) fn percents_hint(column: &str) -> String {
    format!("to read each cell literally (`20%` is 0.2, `35` is 35), add `{column}: number` to the dataset's block")
}

/// Suggests declaring another format, if that would explain a cell.
fn other_format(cell: &str, misfit: Misfit, reading: &Reading) -> Option<String> {
    match misfit {
        Misfit::Number if reading.ty == ColumnType::Number => {
            let (mark, other) = (reading.numbers.mark, reading.numbers.mark.other());
            let format = NumberFormat { mark: other, leading_zeros: true, ..reading.numbers.clone() };
            let [read, written] = [mark, other].map(|mark| char::from(mark.byte()));
            cell::number(cell, &format).ok()?;
            Some(format!(
                "the column is read with `{read}` as the decimal mark: correct the cell, or add `decimal \"{written}\"` \
                 to the dataset's block if all its numbers are written this way"
            ))
        }
        Misfit::Date | Misfit::NoSuchDay if reading.ty == ColumnType::Date => {
            let styles = [DateOrder::DayFirst, DateOrder::MonthFirst].map(DateStyle::numeric);
            let style = styles.into_iter().find(|style| *style != reading.dates && cell::date(cell, *style).is_ok())?;
            let (read, written) = (reading.dates.pattern(), style.pattern());
            Some(format!(
                "dates of the column are read as {read}: correct the cell, or add `dates \"{written}\"` to the \
                 dataset's block if all its dates are written this way"
            ))
        }
        _ => None,
    }
}

/// The type to declare for a column with such cells.
fn type_of(cell: &str) -> &'static str {
    let is_number = cell::number(cell, &NumberFormat::default()).is_ok();
    match cell::date(cell, DateStyle::default()).is_ok() {
        true => "date",
        false if is_number => "number",
        false => "text",
    }
}

/// Suggests a fix for a text in a column that is needed for its numbers.
pub fn text_remedy(cell: &str) -> String {
    match may_be_blank(cell) {
        true => format!("correct the cell, or treat it as blank: add `blank \"{cell}\"` to the dataset's block"),
        false => "correct the cell: only a currency or `%` can accompany a number".to_string(),
    }
}

/// Returns true if a cell can represent a missing value. Such cells are short and not numbers, or days that do not
/// exist.
pub fn may_be_blank(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    !cell.ends_with('…') && (digits == 0 || digits == 8 && cell.len() > digits)
}
