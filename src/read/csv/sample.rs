//! Inspects parts of a CSV file to find out the types of its columns.

use std::io::Read;

use super::dialect::{self, Dialect, MAX_COLUMNS};
use super::lines::{END_OF_TEXT, start_of_last};
use super::split::{Ends, Record};
use crate::data::{Declaration, Formatting};
use crate::diagnostic::Diagnostic;
use crate::read::blocks::bad_bytes;
use crate::read::input::Input;
use crate::read::names;
use crate::read::sample::{SAMPLED_PIECE_BYTES, Size, further_pieces, look_at_start};
use crate::read::stream::fill;
use crate::read::tally::Tally;

/// The result of inspecting a file.
pub(super) struct Sample {
    pub dialect: Dialect,
    pub tallies: Vec<Tally>,
    /// True if the whole file was inspected.
    pub whole: bool,
    /// True if the first cell of the last row is blank, as in a totals row.
    pub last_is_headless: bool,
    /// The first record whose number of cells differs from the number of names.
    ragged: Option<Ragged>,
    ragged_records: usize,
    /// The number of records with as many cells as there are names.
    fitting: usize,
    /// The number of bytes that were inspected.
    bytes: u64,
}

/// A record whose number of cells differs from the number of names.
struct Ragged {
    cells: usize,
    offset: u64,
    ends_blank: bool,
}

/// Detects the encoding (and stores it in `input`), the dialect and the possible types of the columns.
pub(super) fn take(input: &mut Input, declaration: &Declaration) -> Result<Sample, Diagnostic> {
    let whole = look_at_start(input, &declaration.formatting)?;
    let mut text = head(input, whole)?;
    let dialect = dialect::detect(&text, &declaration.formatting, input)?;
    if declaration.formatting.skip_last > 0 {
        let body = dialect.body as u64;
        let end = start_of_last(declaration.formatting.skip_last, body, dialect.delimiter, input)?;
        text.truncate(usize::try_from(end).unwrap_or(usize::MAX).min(text.len()));
        input.end = Some(end);
    }
    let tallies = vec![Tally::default(); dialect.names.len().min(MAX_COLUMNS)];
    let mut sample = Sample {
        dialect,
        tallies,
        whole,
        last_is_headless: false,
        ragged: None,
        ragged_records: 0,
        fitting: 0,
        bytes: 0,
    };
    let first =
        if whole { text.len() } else { line_end(text.as_bytes(), SAMPLED_PIECE_BYTES.max(sample.dialect.body)) };
    let body = sample.dialect.body;
    sample.look_at(&text[body.min(first)..first], body as u64, &declaration.formatting);
    if !whole {
        further_pieces(input, |bytes, offset| sample.look_at_piece(bytes, offset, &declaration.formatting));
    }
    sample.check(&text, input)?;
    Ok(sample)
}

/// The first part of the text, up to a line end unless it is the whole text.
fn head(input: &Input, whole: bool) -> Result<String, Diagnostic> {
    let mut text = vec![];
    // One byte of a file gives at most three bytes of text, and half of that in UTF-16.
    let limit = if whole { u64::MAX } else { 2 * SAMPLED_PIECE_BYTES as u64 };
    let mut stream = input.text_stream()?.take(limit);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let len = fill(&mut stream, &mut buffer).map_err(|error| input.unreadable(&error))?;
        text.extend_from_slice(&buffer[..len]);
        if len < buffer.len() {
            break;
        }
    }
    while whole && text.last() == Some(&END_OF_TEXT) {
        text.pop();
    }
    if !whole {
        text.truncate(line_end(&text, text.len()));
    }
    if text.last().is_some_and(|&byte| byte != b'\n') {
        text.push(b'\n');
    }
    String::from_utf8(text).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        input.not_text(at as u64, bad_bytes(error.as_bytes(), at))
    })
}

/// The end of the last line that ends before `limit`.
fn line_end(text: &[u8], limit: usize) -> usize {
    memchr::memrchr(b'\n', &text[..limit.min(text.len())]).map_or(text.len(), |at| at + 1)
}

impl Sample {
    /// The size of the table.
    pub fn size(&self, input: &Input) -> Size {
        Size::new(self.fitting as u64, self.bytes, self.whole, input, &self.tallies)
    }

    /// Rejects invalid names, and tables in which no record has as many cells as there are names.
    fn check(&mut self, text: &str, input: &Input) -> Result<(), Diagnostic> {
        let dialect = &mut self.dialect;
        names::check_count(dialect.names.len(), Some(dialect.line), input)?;
        let tallies = &self.tallies;
        let nameless =
            (0..).zip(&dialect.names).filter(|(at, name)| name.is_empty() && !tallies[*at].is_empty()).count();
        let looked_for = !dialect.is_declared;
        if looked_for
            && (self.ragged_records > self.fitting
                || nameless > 1
                || nameless + 1 == dialect.names.len() && nameless > 0)
        {
            reject_preamble(dialect, text, input)?;
        }
        dialect.twins = names::make_unique(&mut dialect.names, |at| format!("column {}", at + 1));
        match &self.ragged {
            Some(ragged) if self.fitting == 0 => {
                let (names, cells) = (self.dialect.names.len(), ragged.cells);
                let first = self.dialect.first();
                let count = if names == 1 { "1 cell".into() } else { format!("{names} cells") };
                let message = format!("expected {count} as in {first}, found {cells}");
                let one_more = (ragged.ends_blank && cells == names + 1)
                    .then_some("each row ends with a delimiter: add one at the end of the line of column names");
                Err(dialect::bad_table(input, input.line(ragged.offset), message).maybe_hint(one_more))
            }
            _ => Ok(()),
        }
    }

    /// Records the cells of a text that starts with a record, `offset` bytes from the start.
    fn look_at(&mut self, text: &str, offset: u64, formatting: &Formatting) {
        let mut ends = Ends::default();
        // Errors are reported when the rows are read.
        let sound = ends.find(text.as_bytes(), self.dialect.delimiter).is_ok();
        let width = self.dialect.names.len();
        let mut last = None;
        self.bytes += text.len() as u64;
        for record in ends.records(text.as_bytes()) {
            if record.ends.len() != width {
                if sound {
                    self.note_ragged(&record, text, offset);
                }
                continue;
            }
            self.fitting += 1;
            for (at, tally) in self.tallies.iter_mut().enumerate() {
                let cell = record.cell(text, at);
                if !cell.is_empty() && !formatting.blank.iter().any(|blank| **blank == *cell) {
                    tally.add(&cell, offset + record.start() as u64);
                }
            }
            last = Some(record);
        }
        if let Some(record) = last {
            self.last_is_headless = record.cell(text, 0).is_empty();
        }
    }

    fn note_ragged(&mut self, record: &Record, text: &str, offset: u64) {
        let ends_blank = record.cell(text, record.ends.len() - 1).trim().is_empty();
        if !record.is_blank(text.as_bytes()) {
            let (cells, offset) = (record.ends.len(), offset + record.start() as u64);
            self.ragged_records += 1;
            self.ragged.get_or_insert(Ragged { cells, offset, ends_blank });
        }
    }

    /// Inspects a piece from its first whole line to its last. If it starts inside quotes, its records have a wrong
    /// number of cells and are ignored.
    fn look_at_piece(&mut self, bytes: &[u8], offset: u64, formatting: &Formatting) -> Option<()> {
        let (from, to) = (memchr::memchr(b'\n', bytes)? + 1, memchr::memrchr(b'\n', bytes)? + 1);
        let text = std::str::from_utf8(&bytes[from..to]).ok()?;
        self.look_at(text, offset + from as u64, formatting);
        Some(())
    }
}

/// Rejects lines above the column names.
fn reject_preamble(dialect: &Dialect, text: &str, input: &Input) -> Result<(), Diagnostic> {
    let text = &text[dialect.start..];
    match dialect::names_below(text, dialect.delimiter) {
        Some(names) => Err(dialect::names_elsewhere(text, names, dialect.line, input)),
        None => Ok(()),
    }
}
