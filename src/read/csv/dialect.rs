//! Detects the delimiter and the column names of a CSV file.

use std::sync::Arc;

use super::split::{Ends, Record};
use crate::alike;
use crate::data::Formatting;
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::read::cell;
use crate::read::formatting::is_delimiter;
use crate::read::input::Input;
use crate::read::names::Twins;

/// The maximum number of columns of a table.
pub const MAX_COLUMNS: usize = 16_384;

/// The delimiters to try, in this order.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The delimiter of a file and the positions of its column names and rows.
#[derive(Debug, Clone)]
pub(in crate::read) struct Dialect {
    pub delimiter: u8,
    /// The column names, in NFC.
    pub names: Vec<Arc<str>>,
    /// The 1-based line of the names.
    pub line: u64,
    /// The start of the column names.
    pub start: usize,
    /// The start of the first record after the names.
    pub body: usize,
    /// True if the declaration says where the names are, or that there are none.
    pub is_declared: bool,
    /// Columns with equal names.
    pub twins: Twins,
}

/// Detects the dialect from the start of a text. The sample ends with a line end unless it is the whole text.
pub(super) fn detect(sample: &str, formatting: &Formatting, input: &Input) -> Result<Dialect, Diagnostic> {
    let start = blank_start(sample);
    let (said, start) = separator_line(sample, start);
    let start = match formatting.header {
        Some(row) if row > 0 => start_of_line(sample, row, input)?,
        _ => start,
    };
    let text = &sample[start..];
    if text.trim().is_empty() {
        return Err(bad_table(input, None, "the file is empty: expected column names in the first line"));
    }
    let delimiter = formatting.delimiter.or(said).unwrap_or_else(|| likeliest(text));
    if !is_delimiter(delimiter) {
        return Err(Diagnostic::error(Code::BadProperty, "a delimiter must be one character: `,`, `;`, `|` or a tab"));
    }
    let line = 1 + memchr::memchr_iter(b'\n', &sample.as_bytes()[..start]).count() as u64;
    let mut ends = Ends::default();
    // Unclosed quotes further down are reported when their records are read.
    let _ = ends.find(text.as_bytes(), delimiter);
    let Some(header) = ends.records(text.as_bytes()).next() else {
        return Err(bad_table(input, Some(line), "a quote in the column names is never closed"));
    };
    let is_declared = formatting.header.is_some();
    if formatting.header == Some(0) {
        let names = (1..=header.ends.len()).map(|number| format!("c{number}").into()).collect();
        return Ok(Dialect { delimiter, names, line, start, body: start, is_declared, twins: vec![] });
    }
    let names: Vec<Arc<str>> =
        (0..header.ends.len()).map(|at| Arc::from(alike::name(&header.cell(text, at)))).collect();
    let header = header.ends.last().map_or(0, |&end| end as usize + 1);
    let body = start + header;
    if names.len() == 1 && formatting.delimiter.is_none() && !is_declared {
        reject_title(&names[0], text, header, line, input)?;
    }
    Ok(Dialect { delimiter, names, line, start, body, is_declared, twins: vec![] })
}

/// The start of a line that a declaration names, which must contain something.
fn start_of_line(sample: &str, row: u32, input: &Input) -> Result<usize, Diagnostic> {
    let mut starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', sample.as_bytes()).map(|end| end + 1));
    let start = starts.nth(row as usize - 1).filter(|&start| start < sample.len());
    let is_blank = |start: usize| sample[start..].lines().next().is_none_or(|line| line.trim().is_empty());
    match start {
        Some(start) if !is_blank(start) => Ok(start),
        Some(_) => {
            Err(bad_table(input, Some(row.into()), format!("expected column names in line {row}, which is blank")))
        }
        None => Err(bad_table(input, None, format!("expected column names in line {row}, found fewer lines"))),
    }
    .map_err(|error| error.hint("`header` takes the number of the line with the column names, counted from 1"))
}

impl Dialect {
    /// The line whose number of cells all other lines have, for messages.
    pub fn first(&self) -> String {
        if self.is_declared && self.body > self.start { format!("line {}", self.line) } else { "the first line".into() }
    }
}

/// Rejects a title, which is a first line of one cell above a table of several columns. The next line starts at `next`.
fn reject_title(title: &str, text: &str, next: usize, line: u64, input: &Input) -> Result<(), Diagnostic> {
    let names = |delimiter: &u8| names_below(text, *delimiter).filter(|start| is_table(&text[*start..], *delimiter));
    if let Some(start) = DELIMITERS.iter().find_map(names) {
        return Err(names_elsewhere(text, start, line, input));
    }
    let rest = &text[next..];
    let rest = &rest[blank_start(rest)..];
    // The delimiter would have to be found in all lines except the first.
    if DELIMITERS.iter().all(|&delimiter| score(rest, delimiter).0 < 1000) || rest.lines().nth(1).is_none() {
        return Ok(());
    }
    let message = format!("expected column names in the first line, found a title: `{}`", cell::excerpt(title));
    Err(bad_table(input, Some(line), message).hint("delete everything above the column names"))
}

/// The error of a text that begins with something else than the column names, which start at `names`. `line` is the line
/// of its beginning.
pub(super) fn names_elsewhere(text: &str, names: usize, line: u64, input: &Input) -> Diagnostic {
    let at = line + memchr::memchr_iter(b'\n', &text.as_bytes()[..names]).count() as u64;
    let found = text[names..].lines().next().unwrap_or_default();
    let message = format!("the column names seem to be in line {at}, not in line {line}");
    let lines = if at == 2 { "line 1".into() } else { format!("lines 1 to {}", at - 1) };
    let place = CellPlace { cell: Some(cell::excerpt(found)), ..input.place(Some(at)) };
    let problem = Diagnostic::error(Code::BadTable, message).in_data(place);
    problem.hint(format!("add `header {at}` to the dataset's block, or delete {lines} above the column names"))
}

pub(super) fn bad_table(input: &Input, line: Option<u64>, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::BadTable, message).in_data(input.place(line))
}

/// The start of the first line that is not blank.
fn blank_start(text: &str) -> usize {
    text.split_inclusive('\n').take_while(|line| line.trim().is_empty()).map(str::len).sum()
}

/// Parses the line `sep=;`, as Excel reads and writes it, and returns the start of the next line.
fn separator_line(text: &str, start: usize) -> (Option<u8>, usize) {
    let line = text[start..].split_inclusive('\n').next().unwrap_or_default();
    let said = line.trim_end_matches(['\r', '\n']).trim_matches('"');
    match said.get(..4).filter(|key| key.eq_ignore_ascii_case("sep=")).map(|_| &said.as_bytes()[4..]) {
        Some(&[delimiter]) if delimiter.is_ascii() => (Some(delimiter), start + line.len()),
        _ => (None, start),
    }
}

/// The delimiter that gives the most records as many cells as the first line. Among equals, the one that gives the most
/// cells.
fn likeliest(text: &str) -> u8 {
    let scored = DELIMITERS.into_iter().rev().map(|delimiter| (score(text, delimiter), delimiter));
    scored.max_by_key(|(score, _)| *score).map_or(b',', |(_, delimiter)| delimiter)
}

/// The share of records (in 1/1000) with as many cells as the first one, and that number of cells. Returns (0, 0) for a
/// single cell.
fn score(text: &str, delimiter: u8) -> (usize, usize) {
    let mut ends = Ends::default();
    let broken = ends.find(text.as_bytes(), delimiter).is_err();
    let records = || ends.records(text.as_bytes()).filter(|record| !record.is_blank(text.as_bytes()));
    let width = records().next().map_or(0, |record| record.ends.len());
    if width < 2 {
        return (0, 0);
    }
    let fitting = records().filter(|record| record.ends.len() == width).count();
    let share = fitting * 1000 / records().count();
    (if broken { share / 2 } else { share }, width)
}

/// The records that are looked at to find the column names.
const LOOKED_AT: usize = 1000;

/// Returns true if a text of several records is a table, apart from a few lines such as a total or a note.
fn is_table(text: &str, delimiter: u8) -> bool {
    const OTHERS: usize = 3;
    let mut ends = Ends::default();
    let _ = ends.find(text.as_bytes(), delimiter);
    let records = ends.records(text.as_bytes()).take(LOOKED_AT).filter(|record| !record.is_blank(text.as_bytes()));
    let widths: Vec<usize> = records.map(|record| record.ends.len()).collect();
    let fitting = widths.iter().filter(|width| **width == widths[0]).count();
    fitting > 2 && widths.len() - fitting <= OTHERS.min(fitting / 2)
}

/// The probable start of the column names if the first line does not contain them. It is a line of words with as many
/// cells as the records after it.
pub(super) fn names_below(text: &str, delimiter: u8) -> Option<usize> {
    let mut ends = Ends::default();
    let _ = ends.find(text.as_bytes(), delimiter);
    let records: Vec<_> = ends.records(text.as_bytes()).take(LOOKED_AT).collect();
    let of_width = |width: usize| records.iter().filter(|record| record.ends.len() == width).count();
    let width = records.iter().map(|record| record.ends.len()).max_by_key(|&width| (of_width(width), width))?;
    let is_word = |cell: &str| cell.starts_with(char::is_alphabetic);
    let are_names = |at: &usize| {
        let (record, next) = (&records[*at], records.get(at + 1));
        let words = (0..record.ends.len()).filter(|&cell| is_word(&record.cell(text, cell))).count();
        let fits = |other: &Record| other.ends.len() == width;
        width > 1 && fits(record) && next.is_some_and(fits) && words + 1 >= width
    };
    (1..records.len()).find(are_names).map(|at| records[at].start())
}
