//! Turns JSON texts (an array of records, one record, or a record a line) into tables.

use std::io::Read;
use std::path::Path;

use serde_json::{Deserializer, Map, Value};

use super::csv::bad_bytes;
use super::dataset::Table;
use super::encoding::Encoding;
use super::input::Input;
use super::loose::{Kind, LooseTable};
use super::schema::Declaration;
use crate::diagnostic::{Code, Diagnostic};

/// Reads a JSON or NDJSON file into memory under a dataset's name.
///
/// Its columns are the names that occur in any record; a record without one, or with `null` or `""` there, has a blank
/// cell. Numbers are read from their text, exactly. Texts become dates or months where all of a column are.
///
/// # Errors
/// A file that cannot be opened, is not JSON, is not made of flat records, or mixes types in a column.
pub fn open(name: &str, path: &Path, declaration: &Declaration) -> Result<Table, Vec<Diagnostic>> {
    table(name, Input::file(path), declaration)
}

/// Reads a JSON text, as [`open`]. `name` is the dataset's and what messages call the text.
///
/// # Errors
/// As [`open`].
pub fn from_text(name: &str, text: &str, declaration: &Declaration) -> Result<Table, Vec<Diagnostic>> {
    table(name, Input::text(name, text), declaration)
}

fn table(name: &str, input: Input, declaration: &Declaration) -> Result<Table, Vec<Diagnostic>> {
    let loose = collect(input.clone()).map_err(|error| vec![error])?;
    let mut table = loose.rows.into_table(name, &input.label, declaration, false)?;
    let note = Diagnostic::note(Code::DataNote, format!("read as JSON: {}", loose.form)).in_data(input.place(None));
    table.notes.push(note);
    Ok(table)
}

struct Collected {
    rows: LooseTable,
    form: &'static str,
}

fn collect(mut input: Input) -> Result<Collected, Diagnostic> {
    let text = whole_text(&mut input)?;
    if text.trim_start().starts_with('[') { records_of_array(&input, &text) } else { records_by_line(&input, &text) }
}

fn whole_text(input: &mut Input) -> Result<String, Diagnostic> {
    let mut bytes = vec![];
    input.bytes()?.read_to_end(&mut bytes).map_err(|error| input.unreadable(&error))?;
    input.encoding = Encoding::detect(&bytes);
    let mut text = vec![];
    input.text_stream()?.read_to_end(&mut text).map_err(|error| input.unreadable(&error))?;
    String::from_utf8(text).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        input.not_text(at as u64, bad_bytes(error.as_bytes(), at))
    })
}

fn records_of_array(input: &Input, text: &str) -> Result<Collected, Diagnostic> {
    let values: Vec<Value> = serde_json::from_str(text).map_err(|error| not_json(input, &error, 0))?;
    let mut rows = LooseTable::default();
    for value in values {
        add(&mut rows, None, value, input)?;
    }
    Ok(Collected { rows, form: "an array of records" })
}

fn records_by_line(input: &Input, text: &str) -> Result<Collected, Diagnostic> {
    let mut rows = LooseTable::default();
    let mut values = Deserializer::from_str(text).into_iter::<Value>();
    let (mut line, mut counted, mut count) = (1, 0, 0);
    loop {
        let start = values.byte_offset();
        let blank = text[start..].len() - text[start..].trim_start().len();
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[counted..start + blank]).count() as u64;
        counted = start + blank;
        match values.next() {
            None => break,
            Some(Ok(value)) => add(&mut rows, Some(line), value, input)?,
            Some(Err(error)) => return Err(not_json(input, &error, 0)),
        }
        count += 1;
    }
    if count == 0 {
        return Err(Diagnostic::error(Code::BadTable, "the file is empty: JSON records were expected")
            .in_data(input.place(None)));
    }
    Ok(Collected { rows, form: if count == 1 { "one record" } else { "a record a line" } })
}

fn not_json(input: &Input, error: &serde_json::Error, before: u64) -> Diagnostic {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    let line = (error.line() > 0).then(|| before + error.line() as u64);
    Diagnostic::error(Code::Unreadable, format!("not JSON: {reason}")).in_data(input.place(line))
}

fn add(rows: &mut LooseTable, line: Option<u64>, value: Value, input: &Input) -> Result<(), Diagnostic> {
    rows.begin_row(line);
    match value {
        Value::Object(record) => add_record(rows, record, input),
        other => {
            let message = format!("expected a record of named values, found {}", kind_of(&other));
            Err(Diagnostic::error(Code::BadTable, message).in_data(input.place(rows.last_line())))
        }
    }
}

fn add_record(rows: &mut LooseTable, record: Map<String, Value>, input: &Input) -> Result<(), Diagnostic> {
    for (name, value) in record {
        match value {
            Value::Null => rows.set(&name, Kind::Blank, ""),
            Value::Bool(value) => rows.set(&name, Kind::Boolean, if value { "true" } else { "false" }),
            Value::Number(number) => rows.set(&name, Kind::Number, number.as_str()),
            Value::String(text) => rows.set(&name, Kind::Text, &text),
            nested => return Err(nested_value(rows, &name, &nested, input)),
        };
    }
    Ok(())
}

fn nested_value(rows: &LooseTable, name: &str, value: &Value, input: &Input) -> Diagnostic {
    let message = format!("expected a plain value in `{name}`, found {}", kind_of(value));
    let place = crate::diagnostic::CellPlace { column: Some(name.to_string()), ..input.place(rows.last_line()) };
    Diagnostic::error(Code::BadTable, message)
        .in_data(place)
        .hint("a table is an array of flat records, or a flat record a line")
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "a record",
    }
}
