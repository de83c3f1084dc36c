//! Opens a file as the kind of table that its name or its first bytes say it is.

use std::path::Path;

use super::dataset::Dataset;
use super::input::{Input, fill};
use super::schema::Declaration;
use super::{csv, json};
use crate::diagnostic::{Code, Diagnostic};

/// Opens a file under a dataset's name: CSV, JSON or NDJSON, perhaps compressed (`.gz`, `.zst`), an Excel
/// workbook, Parquet or Arrow IPC.
///
/// # Errors
/// A file that cannot be opened, or is no table of a kind that this build reads.
pub fn open(name: &str, path: &Path, declaration: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    let format = match by_name(path) {
        Some(format) => format,
        None => by_content(path).map_err(|error| vec![error])?,
    };
    match format {
        Format::Csv => Ok(Box::new(csv::open(name, path, declaration)?)),
        Format::Json => Ok(Box::new(json::open(name, path, declaration)?)),
        Format::Workbook => workbook(name, path, declaration),
        Format::Parquet => parquet(name, path, declaration),
        Format::Arrow => arrow(name, path, declaration),
        Format::Other(kind) => Err(not_read(kind, path)),
    }
}

#[cfg(feature = "xlsx")]
fn workbook(name: &str, path: &Path, declaration: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    Ok(Box::new(super::workbook::open(name, path, declaration)?))
}

#[cfg(not(feature = "xlsx"))]
fn workbook(_: &str, path: &Path, _: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    Err(not_read("Excel", path))
}

#[cfg(feature = "parquet")]
fn parquet(name: &str, path: &Path, declaration: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    Ok(Box::new(super::parquet::open(name, path, declaration)?))
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: &str, path: &Path, _: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    Err(not_read("Parquet", path))
}

#[cfg(feature = "arrow")]
fn arrow(name: &str, path: &Path, declaration: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    super::arrow::open(name, path, declaration)
}

#[cfg(not(feature = "arrow"))]
fn arrow(_: &str, path: &Path, _: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    Err(not_read("Arrow", path))
}

fn not_read(kind: &str, path: &Path) -> Vec<Diagnostic> {
    let message = format!("cannot read `{}`: {kind} files are not read by this build", path.display());
    vec![Diagnostic::error(Code::Unreadable, message).hint("save it as CSV or JSON")]
}

enum Format {
    Csv,
    Json,
    Workbook,
    Parquet,
    Arrow,
    Other(&'static str),
}

fn by_name(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "csv" | "tsv" | "tab" => Some(Format::Csv),
        "json" | "ndjson" | "jsonl" => Some(Format::Json),
        "xlsx" | "xlsm" => Some(Format::Workbook),
        "xls" | "ods" => Some(Format::Other("old or other spreadsheet")),
        "parquet" => Some(Format::Parquet),
        "arrow" | "arrows" | "feather" | "ipc" => Some(Format::Arrow),
        _ => None,
    }
}

fn by_content(path: &Path) -> Result<Format, Diagnostic> {
    let input = Input::file(path);
    let mut start = [0; 256];
    let len = fill(&mut input.bytes()?, &mut start).map_err(|error| input.unreadable(&error))?;
    let start = start[..len].strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start[..len]);
    Ok(match start.trim_ascii_start() {
        [b'{' | b'[', ..] => Format::Json,
        [b'P', b'K', 3, 4, ..] => Format::Workbook,
        [b'P', b'A', b'R', b'1', ..] => Format::Parquet,
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Format::Arrow,
        _ => Format::Csv,
    })
}
