//! Finds out how a file separates its cells, and what its columns are called.

use std::sync::Arc;

use super::split::Ends;
use crate::data::cell;
use crate::data::column::nfc;
use crate::data::formatting::is_delimiter;
use crate::data::input::Input;
use crate::data::schema::Formatting;
use crate::diagnostic::{Code, Diagnostic};

/// Columns that a table may have.
pub const MAX_COLUMNS: usize = 16_384;

/// What is tried, in this order.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How a file separates its cells and where its data begin.
#[derive(Debug, Clone)]
pub(super) struct Dialect {
    pub delimiter: u8,
    /// The column names, in NFC.
    pub names: Vec<Arc<str>>,
    /// The 1-based line of the names.
    pub line: u64,
    /// Where the first record after the names begins.
    pub body: usize,
}

/// Looks at the first part of a text, which is the `whole` of it or ends with a line end.
pub(super) fn detect(sample: &str, formatting: &Formatting, input: &Input) -> Result<Dialect, Diagnostic> {
    let start = blank_start(sample);
    let (said, start) = separator_line(sample, start);
    let text = &sample[start..];
    if text.trim().is_empty() {
        return Err(bad_table(input, None, "the file is empty: column names were expected in its first line"));
    }
    let delimiter = formatting.delimiter.or(said).unwrap_or_else(|| likeliest(text));
    if !is_delimiter(delimiter) {
        return Err(Diagnostic::error(Code::BadProperty, "a delimiter is one sign: `,`, `;`, `|` or a tab"));
    }
    let line = 1 + memchr::memchr_iter(b'\n', &sample.as_bytes()[..start]).count() as u64;
    let mut ends = Ends::default();
    // Broken quotes further down are reported when the records are read.
    let _ = ends.find(text.as_bytes(), delimiter);
    let Some(header) = ends.records(text.as_bytes()).next() else {
        return Err(bad_table(input, Some(line), "a quote in the column names is never closed"));
    };
    let names: Vec<Arc<str>> = (0..header.ends.len()).map(|at| Arc::from(nfc(header.cell(text, at).trim()))).collect();
    let header = header.ends.last().map_or(0, |&end| end as usize + 1);
    let body = start + header;
    if names.len() == 1 && formatting.delimiter.is_none() {
        refuse_title(&names[0], &text[header..], line, input)?;
    }
    Ok(Dialect { delimiter, names, line, body })
}

/// Refuses a first line of one cell above a table of several columns.
fn refuse_title(title: &str, rest: &str, line: u64, input: &Input) -> Result<(), Diagnostic> {
    let rest = &rest[blank_start(rest)..];
    // What separates the cells would have to do so in all lines but the first.
    if DELIMITERS.iter().all(|&delimiter| score(rest, delimiter).0 < 1000) || rest.lines().nth(1).is_none() {
        return Ok(());
    }
    let message = format!("the first line is a title, not a line of column names: `{}`", cell::excerpt(title));
    Err(bad_table(input, Some(line), message).hint("remove what stands above the column names"))
}

/// Gives columns without a name and without values, as delimiters at the end of each line make them, their number for
/// one.
pub(super) fn complete(names: &mut [Arc<str>], is_blank: impl Fn(usize) -> bool) {
    for (at, name) in names.iter_mut().enumerate().filter(|(_, name)| name.is_empty()) {
        if is_blank(at) {
            *name = format!("column {}", at + 1).into();
        }
    }
}

pub(super) fn bad_table(input: &Input, line: Option<u64>, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::BadTable, message).in_data(input.place(line))
}

/// Where the first line that is not blank begins.
fn blank_start(text: &str) -> usize {
    text.split_inclusive('\n').take_while(|line| line.trim().is_empty()).map(str::len).sum()
}

/// `sep=;`, as Excel writes and reads it, and where the next line begins.
fn separator_line(text: &str, start: usize) -> (Option<u8>, usize) {
    let line = text[start..].split_inclusive('\n').next().unwrap_or_default();
    let said = line.trim_end_matches(['\r', '\n']).trim_matches('"');
    match said.get(..4).filter(|key| key.eq_ignore_ascii_case("sep=")).map(|_| &said.as_bytes()[4..]) {
        Some(&[delimiter]) if delimiter.is_ascii() => (Some(delimiter), start + line.len()),
        _ => (None, start),
    }
}

/// The delimiter that gives most records as many cells as the first line; of equals, the one that gives more cells.
fn likeliest(text: &str) -> u8 {
    let scored = DELIMITERS.into_iter().rev().map(|delimiter| (score(text, delimiter), delimiter));
    scored.max_by_key(|(score, _)| *score).map_or(b',', |(_, delimiter)| delimiter)
}

/// The share of records (in 1/1000) with as many cells as the first, and how many those are; (0, 0) for one cell.
fn score(text: &str, delimiter: u8) -> (usize, usize) {
    let mut ends = Ends::default();
    let broken = ends.find(text.as_bytes(), delimiter).is_err();
    let records = || ends.records(text.as_bytes()).filter(|record| !record.is_blank(text));
    let width = records().next().map_or(0, |record| record.ends.len());
    if width < 2 {
        return (0, 0);
    }
    let fitting = records().filter(|record| record.ends.len() == width).count();
    let share = fitting * 1000 / records().count();
    (if broken { share / 2 } else { share }, width)
}

/// Refuses columns without a name, or with one that another column has, and too many columns.
pub(in crate::data) fn check_names(names: &[Arc<str>], line: u64, input: &Input) -> Result<(), Diagnostic> {
    if names.len() > MAX_COLUMNS {
        let message = format!("the table has {} columns, at most {MAX_COLUMNS} are read", names.len());
        return Err(bad_table(input, Some(line), message));
    }
    if let Some(at) = names.iter().position(|name| name.is_empty()) {
        return Err(bad_table(input, Some(line), format!("column {} has no name", at + 1))
            .hint(NAME_HINT)
            .hint("a title above the column names has to be removed"));
    }
    let mut seen = hashbrown::HashMap::new();
    for (at, name) in names.iter().enumerate() {
        if let Some(first) = seen.insert(name, at) {
            let message = format!("columns {} and {} are both called `{name}`", first + 1, at + 1);
            return Err(bad_table(input, Some(line), message).hint(NAME_HINT));
        }
    }
    Ok(())
}

const NAME_HINT: &str = "the first line must give each column a name of its own";
