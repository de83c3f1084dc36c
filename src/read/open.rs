//! Opens a file in the format that its name or its first bytes indicate.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::csv::CsvFile;
use super::files::{self, Files};
use super::input::{Input, can_be_read_again};
use super::json::JsonFile;
use super::stream::fill;
use crate::budget::Budget;
use crate::data::{Dataset, Declaration, Formatting};
use crate::diagnostic::{Code, Diagnostic};

/// Opens a file under a dataset's name. The formats are CSV, JSON or NDJSON, optionally compressed (`.gz`, `.zst`),
/// Excel workbooks, Parquet and Arrow IPC. A pipe or a device is read with [`open_stream`].
///
/// # Errors
/// A file that cannot be opened, or is not a table in a format that this build reads.
pub fn open(name: &str, path: &Path, declaration: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    open_within(name, path, declaration, &Budget::unlimited())
}

/// The same, within a budget. What stays in memory is counted as long as the dataset exists.
pub(crate) fn open_within(
    name: &str,
    path: &Path,
    declaration: &Declaration,
    budget: &Budget,
) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    if let Some((workbook, sheet)) = sheet_of(path) {
        let mut declaration = declaration.clone();
        declaration.formatting.sheet = Some(sheet.into());
        return open_within(name, &workbook, &declaration, budget);
    }
    if files::is_pattern(path) {
        return open_matching(name, path, declaration, budget);
    }
    if path.is_dir() {
        return Err(vec![Input::file(path).unreadable(&io::ErrorKind::IsADirectory.into())]);
    }
    if !can_be_read_again(path) {
        let label = path.display().to_string();
        let file = File::open(path).map_err(|error| vec![Input::file(path).unreadable(&error)])?;
        return open_stream_within(name, &label, file, declaration, budget);
    }
    let input = Input::file(path).within(budget);
    let format = Format::of_input(path, &input).map_err(|error| vec![error])?;
    format.check(&declaration.formatting, &input.label).map_err(|error| vec![error])?;
    match format {
        Format::Csv => Ok(Box::new(CsvFile::open(name, input, declaration)?)),
        Format::Json => Ok(Box::new(JsonFile::open(name, input, declaration)?)),
        Format::Workbook => workbook(name, input, declaration),
        Format::Parquet => parquet(name, input, declaration),
        Format::Arrow => arrow(name, path, input, declaration),
        Format::Definitions => Err(definitions(&input.label)),
        Format::Other(kind) => Err(not_read(kind, &input.label)),
        Format::NotATable(kind) => Err(not_a_table(kind, &input.label)),
    }
}

/// The problem of a file that is something else than a table.
fn not_a_table(kind: &str, label: &str) -> Vec<Diagnostic> {
    let message = format!("`{label}` is {kind}, not a table");
    let hint = "name a file of rows, such as CSV, JSON, a workbook (`.xlsx`), Parquet or Arrow";
    vec![Diagnostic::error(Code::Unreadable, message).hint(hint)]
}

/// The problem of definitions that are given as data.
fn definitions(label: &str) -> Vec<Diagnostic> {
    let message = format!("`{label}` holds definitions, not data");
    vec![
        Diagnostic::error(Code::Unreadable, message)
            .hint(format!("read it with `-f {label}`, and name a file of data here")),
    ]
}

/// Opens the files that a pattern matches as one dataset.
fn open_matching(
    name: &str,
    pattern: &Path,
    declaration: &Declaration,
    budget: &Budget,
) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    let paths = files::matching(pattern).map_err(|error| vec![error])?;
    let format = common_format(&paths, declaration, budget).map_err(|error| vec![error])?;
    let inputs = || paths.iter().map(|path| Input::file(path).within(budget)).collect();
    let parts = match format {
        Format::Csv => CsvFile::open_several(name, inputs(), declaration)?,
        Format::Json => JsonFile::open_several(name, inputs(), declaration)?,
        _ => {
            let opened = paths.iter().map(|path| open_within(name, path, declaration, budget));
            files::joined(&paths, opened.collect::<Result<_, _>>()?)?
        }
    };
    Ok(Box::new(Files::new(name, pattern, &paths, parts, declaration)?))
}

/// The format of all files of a dataset.
fn common_format(paths: &[PathBuf], declaration: &Declaration, budget: &Budget) -> Result<Format, Diagnostic> {
    let mut known: Option<(Format, &Path)> = None;
    for path in paths {
        budget.check("opening files")?;
        let format = Format::of(path, budget)?;
        format.check(&declaration.formatting, &path.display().to_string())?;
        let (first_format, first) = *known.get_or_insert((format, path));
        if first_format != format {
            let (first, other) = (first.display(), path.display());
            let (one, two) = (first_format.kind(), format.kind());
            let message =
                format!("the files of a dataset have one format, but `{first}` is {one} and `{other}` is {two}");
            return Err(Diagnostic::error(Code::BadTable, message).hint("use a pattern that matches only one of them"));
        }
    }
    Ok(known.map_or(Format::Csv, |(format, _)| format))
}

/// Reads CSV, JSON or NDJSON from a stream that can be read only once, such as standard input. The stream can be
/// compressed (gzip, Zstandard). The data is kept in memory. `label` is the name of the stream in messages.
///
/// ```
/// use yardstick::{Declaration, open_stream};
///
/// let table = open_stream("ads", "the answer", &b"day,spend\n2026-03-31,12.50\n"[..], &Declaration::default()).unwrap();
/// assert_eq!(table.schema().columns.len(), 2);
/// ```
///
/// # Errors
/// A stream that cannot be read, or is not a table in one of these formats.
pub fn open_stream(
    name: &str,
    label: &str,
    stream: impl Read,
    declaration: &Declaration,
) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    open_stream_within(name, label, stream, declaration, &Budget::unlimited())
}

/// The same, within a budget, as [`open_within`].
pub(crate) fn open_stream_within(
    name: &str,
    label: &str,
    stream: impl Read,
    declaration: &Declaration,
    budget: &Budget,
) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    let input = Input::stream(label, stream, budget).map_err(|error| vec![error])?;
    let format = by_content(&input).map_err(|error| vec![error])?;
    format.check(&declaration.formatting, &input.label).map_err(|error| vec![error])?;
    match format {
        Format::Csv => Ok(Box::new(CsvFile::open(name, input, declaration)?)),
        Format::Json => Ok(Box::new(JsonFile::open(name, input, declaration)?)),
        Format::Workbook => Err(not_streamed("a workbook", label)),
        Format::Parquet => Err(not_streamed("a Parquet file", label)),
        Format::Arrow => Err(not_streamed("an Arrow file", label)),
        Format::Definitions => Err(definitions(label)),
        Format::Other(kind) => Err(not_streamed(kind, label)),
        Format::NotATable(kind) => Err(not_a_table(kind, label)),
    }
}

fn not_streamed(kind: &str, label: &str) -> Vec<Diagnostic> {
    let message = format!("cannot read `{label}`: {kind} cannot be read from a stream");
    vec![Diagnostic::error(Code::Unreadable, message).hint("save it to a file and pass its path")]
}

#[cfg(feature = "xlsx")]
fn workbook(name: &str, input: Input, declaration: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    Ok(Box::new(crate::read::workbook::open_input(name, input, declaration)?))
}

#[cfg(not(feature = "xlsx"))]
fn workbook(_: &str, input: Input, _: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    Err(not_read("Excel", &input.label))
}

#[cfg(feature = "parquet")]
fn parquet(name: &str, input: Input, declaration: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    Ok(Box::new(crate::read::parquet::open(name, input, declaration)?))
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: &str, input: Input, _: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    Err(not_read("Parquet", &input.label))
}

#[cfg(feature = "ipc")]
fn arrow(
    name: &str,
    path: &Path,
    input: Input,
    declaration: &Declaration,
) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    crate::read::arrow::open(name, path, input, declaration)
}

#[cfg(not(feature = "ipc"))]
fn arrow(_: &str, _: &Path, input: Input, _: &Declaration) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    Err(not_read("Arrow", &input.label))
}

fn not_read(kind: &str, label: &str) -> Vec<Diagnostic> {
    let message = format!("cannot read `{label}`: this build does not read {kind} files");
    let is_spreadsheet = cfg!(feature = "xlsx") && kind.contains("spreadsheet");
    let hint = if is_spreadsheet { "save it as `.xlsx`, without a password" } else { "save it as CSV or JSON" };
    vec![Diagnostic::error(Code::Unreadable, message).hint(hint)]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
    Workbook,
    Parquet,
    Arrow,
    Definitions,
    /// A table in a format that this build does not read.
    Other(&'static str),
    /// Something else than a table, such as a program or a picture.
    NotATable(&'static str),
}

impl Format {
    /// The format of a file.
    pub fn of(path: &Path, budget: &Budget) -> Result<Self, Diagnostic> {
        Self::of_input(path, &Input::file(path).within(budget))
    }

    /// The format of a file by its name, unless its first bytes are those of a workbook.
    fn of_input(path: &Path, input: &Input) -> Result<Self, Diagnostic> {
        match by_name(path) {
            None => by_content(input),
            Some(named @ (Self::Csv | Self::Workbook)) => Ok(match by_content(input)? {
                found @ (Self::Workbook | Self::Other(_) | Self::NotATable(_)) => found,
                _ => named,
            }),
            Some(named) => Ok(named),
        }
    }

    /// The name in messages.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Workbook => "a workbook",
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow",
            Self::Definitions => "definitions",
            Self::Other(kind) | Self::NotATable(kind) => kind,
        }
    }

    /// Rejects settings of the declaration that have no meaning for files of this format.
    pub fn check(&self, formatting: &Formatting, label: &str) -> Result<(), Diagnostic> {
        let (kind, setting, takes) = match self {
            Self::Csv => ("a CSV file", formatting.of_a_table(true), "workbooks"),
            Self::Json | Self::Parquet | Self::Arrow => {
                let setting = formatting.of_a_table(true).or(formatting.of_a_table(false));
                (
                    if matches!(self, Self::Json) { "JSON" } else { "a file with a schema" },
                    setting,
                    "sheets and CSV files",
                )
            }
            Self::Workbook | Self::Definitions | Self::Other(_) | Self::NotATable(_) => return Ok(()),
        };
        let Some(setting) = setting else { return Ok(()) };
        let message = format!("`{setting}` is a setting for {takes}, but `{label}` is {kind}");
        Err(Diagnostic::error(Code::BadProperty, message).hint(format!("remove `{setting}`")))
    }
}

/// Splits `report.xlsx#Sheet2` into the workbook and the sheet, unless a file has this name.
pub(crate) fn sheet_of(path: &Path) -> Option<(PathBuf, &str)> {
    let text = path.to_str()?;
    let marks = [".xlsx#", ".xlsm#"].map(|mark| text.to_ascii_lowercase().find(mark).map(|at| at + mark.len()));
    let end = marks.into_iter().flatten().min()?;
    (!path.exists()).then(|| (PathBuf::from(&text[..end - 1]), &text[end..]))
}

/// True if the name of a file says that it has rows.
#[cfg(feature = "cli")]
pub(crate) fn has_rows(path: &Path) -> bool {
    by_name(path).is_some_and(|format| format != Format::Definitions)
}

fn by_name(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "csv" | "tsv" | "tab" => Some(Format::Csv),
        "json" | "ndjson" | "jsonl" => Some(Format::Json),
        "xlsx" | "xlsm" => Some(Format::Workbook),
        "xls" | "ods" => Some(Format::Other("old or other spreadsheet")),
        "kpi" => Some(Format::Definitions),
        "parquet" => Some(Format::Parquet),
        "arrow" | "arrows" | "feather" | "ipc" => Some(Format::Arrow),
        _ => None,
    }
}

fn by_content(input: &Input) -> Result<Format, Diagnostic> {
    let mut start = [0; 256];
    let len = fill(&mut input.bytes()?, &mut start).map_err(|error| input.unreadable(&error))?;
    let start = start[..len].strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start[..len]);
    Ok(match start.trim_ascii_start() {
        [b'{' | b'[', ..] => Format::Json,
        [b'P', b'K', 3, 4, ..] => Format::Workbook,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Format::Other("old or encrypted spreadsheet"),
        [b'P', b'A', b'R', b'1', ..] => Format::Parquet,
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Format::Arrow,
        start => match other_kind(start) {
            Some(kind) => Format::NotATable(kind),
            None => Format::Csv,
        },
    })
}

/// What a file is by its first bytes, if these are not those of a table.
fn other_kind(start: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 15] = [
        (b"MZ\x90", "a program for Windows"),
        (b"MZ\0", "a program for Windows"),
        (b"\x7fELF", "a program"),
        (b"\xcf\xfa\xed\xfe", "a program"),
        (b"%PDF-", "a PDF document"),
        (b"\x89PNG\r\n", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"GIF8", "a picture"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"Rar!\x1a", "an archive"),
        (b"7z\xbc\xaf\x27\x1c", "an archive"),
        (b"{\\rtf", "a text document"),
        (b"<!DOCTYPE html", "a web page"),
        (b"<!doctype html", "a web page"),
        (b"<html", "a web page"),
    ];
    KINDS.iter().find(|(bytes, _)| start.starts_with(bytes)).map(|(_, kind)| *kind)
}
