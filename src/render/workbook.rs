//! Turns a table of exact values into an Excel workbook. Excel itself keeps 15 digits of a number.

use rust_decimal::RoundingStrategy;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{Align, Grid, Locale, NumberFormat, style_of};
use crate::data::Grain;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Evaluation;
use crate::value::{Decimal, decimal_of};

/// The digits of a number that Excel keeps.
const EXCEL_DIGITS: u32 = 15;
/// The rows of a sheet, without the header.
pub(crate) const MAX_ROWS: usize = (1 << 20) - 1;
/// The columns of a sheet.
pub(crate) const MAX_COLUMNS: usize = 1 << 14;
/// The format of days.
const DAY: &str = "yyyy-mm-dd";
/// The format of months. Excel writes their names in the language of the reader.
const MONTH: &str = "mmm yyyy";
/// The format of hours.
const HOUR: &str = "yyyy-mm-dd hh:mm";

/// The formats of the KPIs of a result in Excel: with their units, and as many decimals as the values need.
pub(crate) fn excel_formats(evaluation: &Evaluation, groups: &[usize], locale: &Locale) -> Vec<String> {
    let of = |(at, kpi): (usize, &crate::plan::PlannedKpi)| {
        let card = kpi.definition.map(|id| &*evaluation.plan.library.get(id).card);
        let style = style_of(&evaluation.plan.step(kpi.step).ty, card);
        let decimals = groups.iter().filter_map(|&group| decimal_of(&evaluation.value(at, group)));
        let style = super::NumberStyle { compact: false, ..style };
        excel_format(&locale.format(&style).aligned(decimals))
    };
    evaluation.plan.kpis.iter().enumerate().map(of).collect()
}

/// A number format of Excel with the text around the digits, and the decimals, of a format here: `"€"#,##0.00`.
fn excel_format(format: &NumberFormat) -> String {
    let sample = format.text(Decimal::TWO);
    let is_digit = |letter: char| letter.is_ascii_digit();
    let start = sample.find(is_digit).unwrap_or(0);
    let end = sample.rfind(is_digit).map_or(sample.len(), |at| at + 1);
    let decimals = sample[start..end].split(['.', ',']).nth(1).map_or(0, str::len);
    let fraction = if decimals == 0 { String::new() } else { format!(".{}", "0".repeat(decimals)) };
    format!("{}#,##0{fraction}{}", literal(&sample[..start]), literal(&sample[end..]))
}

/// A text in a number format. A percent sign stays outside the quotes, because it also multiplies by 100.
fn literal(text: &str) -> String {
    let quoted = |text: &str| if text.is_empty() { String::new() } else { format!("\"{}\"", text.replace('"', "")) };
    text.split('%').map(quoted).collect::<Vec<_>>().join("%")
}

/// A workbook with one sheet: the header, the rows, the total. With a `time`, the first column has periods of this grain. `format`
/// is the number format of a cell, by row and column.
///
/// # Errors
/// A table that is too large for a sheet.
pub(crate) fn workbook<'f>(
    grid: &Grid,
    time: Option<Grain>,
    format: impl Fn(usize, usize) -> Option<&'f str>,
) -> Result<Vec<u8>, Diagnostic> {
    let (rows, columns) = (grid.all_rows().count(), grid.columns.len());
    if rows > MAX_ROWS || columns > MAX_COLUMNS {
        let message = format!(
            "a sheet of Excel has {MAX_ROWS} rows and {MAX_COLUMNS} columns at most; the result has {rows} and {columns}"
        );
        return Err(Diagnostic::error(Code::LimitReached, message).hint("write CSV: `-o FILE.csv`"));
    }
    written(grid, time, format)
        .map_err(|error| Diagnostic::error(Code::Unwritable, format!("cannot write the workbook: {error}")))
}

fn written<'f>(
    grid: &Grid,
    time: Option<Grain>,
    format: impl Fn(usize, usize) -> Option<&'f str>,
) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // Always the same bytes for the same result.
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    let sheet = workbook.add_worksheet();
    sheet.set_name("KPIs")?;
    let bold = Format::new().set_bold();
    for (at, column) in (0..).zip(&grid.columns) {
        sheet.write_string_with_format(0, at, &column.header, &bold)?;
    }
    for (row, cells) in grid.all_rows().enumerate() {
        for (at, (column, cell)) in grid.cells(cells).enumerate() {
            let place = (u32::try_from(row + 1).unwrap_or(u32::MAX), u16::try_from(at).unwrap_or(u16::MAX));
            match (column.align, time.filter(|_| at == 0)) {
                (_, Some(grain)) => write_period(sheet, place, cell, grain)?,
                (Align::Right, None) => write_number(sheet, place, cell, format(row, at))?,
                (Align::Left, None) => write_text(sheet, place, cell, column.key)?,
            }
        }
    }
    sheet.set_freeze_panes(1, u16::try_from(grid.columns.iter().filter(|column| column.key).count()).unwrap_or(0))?;
    sheet.autofit();
    workbook.save_to_buffer()
}

/// A period as Excel sorts and groups it: days, months and hours are dates, years of the calendar are numbers. Excel has no number
/// format for others, such as quarters; these are texts.
fn write_period(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &str, grain: Grain) -> Result<(), XlsxError> {
    let (start, format) = match grain {
        Grain::Month => (ExcelDateTime::parse_from_str(&format!("{cell}-01")), MONTH),
        Grain::Hour => (ExcelDateTime::parse_from_str(&format!("{cell}:00")), HOUR),
        Grain::Year if cell.len() == 4 => return write_number(sheet, (row, column), cell, Some("0")),
        _ => return write_text(sheet, (row, column), cell, true),
    };
    match start {
        Ok(start) => {
            sheet.write_datetime_with_format(row, column, &start, &Format::new().set_num_format(format))?;
            Ok(())
        }
        // The total.
        Err(_) => write_text(sheet, (row, column), cell, false),
    }
}

fn write_number(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &str,
    format: Option<&str>,
) -> Result<(), XlsxError> {
    let Some(number) = cell.parse().ok().and_then(kept) else { return write_text(sheet, (row, column), cell, false) };
    match format {
        Some(format) => sheet.write_number_with_format(row, column, number, &Format::new().set_num_format(format))?,
        None => sheet.write_number(row, column, number)?,
    };
    Ok(())
}

/// A number with the digits that Excel keeps, which a conversion to binary and back does not change.
fn kept(decimal: Decimal) -> Option<f64> {
    let kept = decimal.round_sf_with_strategy(EXCEL_DIGITS, RoundingStrategy::MidpointAwayFromZero)?;
    kept.to_string().parse().ok()
}

fn write_text(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &str, is_key: bool) -> Result<(), XlsxError> {
    let day = ExcelDateTime::parse_from_str(cell).ok().filter(|_| is_key && is_day(cell));
    match day {
        Some(day) => sheet.write_datetime_with_format(row, column, &day, &Format::new().set_num_format(DAY))?,
        None if cell.is_empty() => return Ok(()),
        None => sheet.write_string(row, column, cell)?,
    };
    Ok(())
}

/// `2026-03-31`
fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::super::{Lead, NumberStyle};
    use super::*;
    use crate::language::Language;

    #[test]
    fn numbers_have_the_digits_that_excel_keeps() {
        let kept = |text: &str| kept(text.parse().expect("it is a decimal")).map(|number| number.to_string());
        for text in ["0.1", "-38.4", "123456789012.345", "0.000000000000123456789012345", "0"] {
            assert_eq!(kept(text).as_deref(), Some(text));
        }
        assert_eq!(kept("38.461538461538461538").as_deref(), Some("38.4615384615385"));
        assert_eq!(kept("12345678901234567890").as_deref(), Some("12345678901234600000"));
    }

    #[test]
    fn formats_have_the_units_and_the_decimals_of_the_values() {
        let format = |lead: Lead, language, values: [&str; 2]| {
            let style = NumberStyle { lead, ..NumberStyle::default() };
            let values = values.map(|text| text.parse().expect("it is a decimal"));
            excel_format(&Locale::new(language).format(&style).aligned(values))
        };
        let euro = || Lead::Currency("EUR".into());
        assert_eq!(format(euro(), Language::English, ["1", "2.5"]), "\"€\"#,##0.00");
        assert_eq!(format(euro(), Language::French, ["1", "2.5"]), "#,##0.00\"\u{a0}€\"");
        assert_eq!(format(Lead::Percent, Language::English, ["0.1", "0.255"]), "#,##0.0%");
        assert_eq!(format(Lead::Plain, Language::English, ["1000", "2"]), "#,##0");
        assert_eq!(format(Lead::Plain, Language::English, ["0.125", "2"]), "#,##0.000");
    }
}
