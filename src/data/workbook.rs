//! Turns a sheet of an Excel workbook into a table.

use std::path::Path;
use std::sync::Arc;

use calamine::{Data, ExcelDateTime, Range, Reader, Xlsx, open_workbook};

use super::csv::check_names;
use super::dataset::Table;
use super::input::Input;
use super::loose::{Kind, LooseTable};
use super::schema::Declaration;
use crate::diagnostic::{CellPlace, Code, Diagnostic, did_you_mean};

/// Reads a sheet of an Excel workbook into memory under a dataset's name: the declared one, or the only one.
///
/// The first row that is not empty gives the column names; empty rows and columns are left out. Numbers are taken in
/// their shortest decimal spelling, as a workbook holds binary ones.
///
/// # Errors
/// A file that is no workbook, a sheet that is not there or has to be chosen, cells that hold an error, and what
/// [`super::json::open`] refuses in values.
pub fn open(name: &str, path: &Path, declaration: &Declaration) -> Result<Table, Vec<Diagnostic>> {
    let input = Input::file(path);
    let (sheet, range) = read(&input, path, declaration).map_err(|error| vec![error])?;
    let rows = collect(&input, &range).map_err(|error| vec![error])?;
    let mut table = rows.into_table(name, &input.label, declaration, false)?;
    let note = Diagnostic::note(Code::DataNote, format!("read as a workbook: sheet `{sheet}`"));
    table.notes.push(note.in_data(input.place(None)));
    Ok(table)
}

fn read(input: &Input, path: &Path, declaration: &Declaration) -> Result<(String, Range<Data>), Diagnostic> {
    // The system says best what is wrong with a file that cannot be opened at all.
    input.bytes()?;
    let broken = |error: calamine::XlsxError| {
        let message = format!("cannot read `{}` as a workbook: {error}", input.label);
        Diagnostic::error(Code::Unreadable, message).in_data(input.place(None))
    };
    let mut workbook: Xlsx<_> = open_workbook(path).map_err(broken)?;
    let sheet = choose(&workbook.sheet_names(), declaration.formatting.sheet.as_deref(), input)?;
    let range = workbook.worksheet_range(&sheet).map_err(broken)?;
    Ok((sheet, range))
}

fn choose(sheets: &[String], wanted: Option<&str>, input: &Input) -> Result<String, Diagnostic> {
    let error = |message: String| Diagnostic::error(Code::BadProperty, message).in_data(input.place(None));
    let names = || sheets.iter().map(String::as_str);
    let list = || names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (wanted, sheets) {
        (Some(wanted), _) if names().any(|name| name == wanted) => Ok(wanted.to_string()),
        (Some(wanted), _) => Err(error(format!("the workbook has no sheet `{wanted}`"))
            .hint(did_you_mean(wanted, names()).unwrap_or_else(|| format!("its sheets are {}", list())))),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(error(format!("the workbook has several sheets: {}", list()))
            .hint("say which in the dataset's block: `sheet \"…\"`")),
    }
}

fn collect(input: &Input, range: &Range<Data>) -> Result<LooseTable, Diagnostic> {
    let first = u64::from(range.start().map_or(0, |(row, _)| row)) + 1;
    let is_empty = |row: &[Data]| row.iter().all(|cell| spelled(cell).is_ok_and(|(_, text)| text.is_empty()));
    let mut rows = (first..).zip(range.rows()).filter(|(_, row)| !is_empty(row));
    let Some((line, header)) = rows.next() else {
        let message = "the sheet is empty: column names were expected in its first row";
        return Err(Diagnostic::error(Code::BadTable, message).in_data(input.place(None)));
    };
    let names = names(header, line, range, input)?;
    let mut table = LooseTable::default();
    for (line, row) in rows {
        table.begin_row(Some(line));
        for (at, name) in &names {
            let (kind, text) = spelled(&row[*at]).map_err(|message| bad(input, line, name, &row[*at], message))?;
            table.set(name, kind, &text);
        }
    }
    Ok(table)
}

/// The columns with a name, by position; one without is left out where it is empty.
fn names(header: &[Data], line: u64, range: &Range<Data>, input: &Input) -> Result<Vec<(usize, Arc<str>)>, Diagnostic> {
    let name =
        |cell: &Data| -> Arc<str> { spelled(cell).map_or_else(|_| Arc::from(""), |(_, text)| Arc::from(text.trim())) };
    let is_used = |at: usize| range.rows().any(|row| row[at] != Data::Empty);
    let named = header.iter().map(name).enumerate().filter(|(at, name)| !name.is_empty() || is_used(*at));
    let named: Vec<(usize, Arc<str>)> = named.collect();
    let all: Vec<Arc<str>> = named.iter().map(|(_, name)| name.clone()).collect();
    check_names(&all, line, input)?;
    Ok(named)
}

fn bad(input: &Input, line: u64, column: &str, cell: &Data, message: &str) -> Diagnostic {
    let place = CellPlace { column: Some(column.to_string()), cell: Some(cell.to_string()), ..input.place(Some(line)) };
    Diagnostic::error(Code::BadCell, message).in_data(place)
}

/// A cell as text, dates in ISO's spelling.
fn spelled(cell: &Data) -> Result<(Kind, String), &'static str> {
    Ok(match cell {
        Data::Empty => (Kind::Blank, String::new()),
        Data::Int(value) => (Kind::Number, value.to_string()),
        Data::Float(value) if value.is_finite() => (Kind::Number, value.to_string()),
        Data::Float(_) => return Err("expected a number that is finite"),
        Data::String(text) => (Kind::Text, text.trim().to_string()),
        Data::Bool(value) => (Kind::Boolean, value.to_string()),
        Data::DateTime(moment) if moment.is_datetime() => (Kind::Text, iso(moment)),
        Data::DateTimeIso(text) => (Kind::Text, text.clone()),
        Data::DateTime(_) | Data::DurationIso(_) => {
            return Err("expected a number, a text or a date, found a duration");
        }
        Data::Error(_) => return Err("the cell holds an error of the workbook's own formula"),
    })
}

fn iso(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second, milli) {
        (0, 0, 0, 0) => date,
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    }
}
