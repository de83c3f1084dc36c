//! Finds the records of a JSON text, and deals them out in blocks.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::Deserializer;

use super::row::Refused;
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::read::cell;
use crate::read::csv::bad_bytes;
use crate::read::deal::Pieces;
use crate::read::input::{Input, Stream, fill};

/// Bytes read at a time.
const BLOCK: usize = 1 << 19;

/// Bytes that one record may have.
pub const MAX_RECORD_BYTES: usize = 1 << 24;

/// Some whole records.
#[derive(Default)]
pub(super) struct Block {
    bytes: Vec<u8>,
    /// Where each record stands in `bytes`, or a line that looks like one.
    records: Vec<Range<usize>>,
    /// Whether lines were taken for records.
    lines: bool,
    /// Where the block starts in the text.
    pub offset: u64,
}

impl Block {
    /// Visits each record; how many there are, or where one stands that is refused.
    pub fn for_each<'t>(
        &'t self,
        input: &Input,
        mut visit: impl FnMut(&'t str) -> Result<(), Refused<'t>>,
    ) -> Result<usize, (usize, Refused<'t>)> {
        let told = |diagnostic: Diagnostic| (0, Refused::Told(diagnostic.into()));
        let text = self.text(input).map_err(told)?;
        let (mut records, mut exact, mut broken) = (Cow::Borrowed(&*self.records), !self.lines, None);
        let (mut at, mut rows) = (0, 0);
        while let Some(Range { start, end }) = records.get(at).cloned() {
            match visit(&text[start..end]) {
                Ok(()) => (at, rows) = (at + 1, rows + 1),
                // The line holds several records, a part of one, or none.
                Err(Refused::Json(_)) if !exact => {
                    let (found, wrong) = self.exactly(start);
                    (records, exact, broken, at) = (Cow::Owned(found), true, wrong, 0);
                }
                Err(refused) => return Err((start, refused)),
            }
        }
        broken.map_or(Ok(rows), |broken| Err(told(broken.diagnostic(input, self.offset))))
    }

    /// The records from a place on, outside of arrays, and what is wrong behind them.
    fn exactly(&self, mut at: usize) -> (Vec<Range<usize>>, Option<Broken>) {
        let mut records = vec![];
        loop {
            at += blanks(&self.bytes[at..]);
            match self.bytes.get(at).map(|byte| Expected::Another.met(*byte)) {
                None | Some(Met::Sign(_)) => return (records, None),
                Some(Met::Wrong(message)) => return (records, Some(Broken::new(&self.bytes, at, message))),
                Some(Met::Record) => match record_len(&self.bytes[at..]) {
                    Ok(len) => records.push(at..at + len),
                    Err(error) => return (records, Some(Broken::record(&self.bytes, at, &error))),
                },
            }
            at = records.last().map_or(at, |record| record.end);
        }
    }

    fn text(&self, input: &Input) -> Result<&str, Diagnostic> {
        std::str::from_utf8(&self.bytes).map_err(|error| {
            let at = error.valid_up_to();
            input.not_text(self.offset + at as u64, bad_bytes(&self.bytes, at))
        })
    }

    /// Where a piece of the block's text stands in the whole.
    pub fn place(&self, piece: &str) -> u64 {
        self.offset + (piece.as_ptr() as usize).saturating_sub(self.bytes.as_ptr() as usize) as u64
    }

    /// The problem of a record that is no JSON after all.
    pub fn broken(&self, input: &Input, record: usize, error: &serde_json::Error) -> Diagnostic {
        Broken::record(&self.bytes, record, error).diagnostic(input, self.offset)
    }
}

/// Reads a text from its first record on: an array of records, or one behind the other.
pub(super) struct Records<'a> {
    input: &'a Input,
    stream: Stream,
    /// What was read and belongs to the next block.
    rest: Vec<u8>,
    /// Where the next block starts in the text.
    offset: u64,
    ended: bool,
    expected: Expected,
}

impl<'a> Records<'a> {
    pub fn new(input: &'a Input) -> Result<Self, Diagnostic> {
        let (stream, expected) = (input.text_stream()?, Expected::Start);
        Ok(Self { input, stream, rest: vec![], offset: 0, ended: false, expected })
    }

    /// Whether the records stand in an array, as far as was read.
    pub fn in_array(&self) -> bool {
        !matches!(self.expected, Expected::Start | Expected::Another)
    }

    fn read_more(&mut self, buffer: &mut Vec<u8>) -> Result<(), Diagnostic> {
        // A record longer than a block is read in growing steps, so that it is searched for its end a few times only.
        let (len, wanted) = (buffer.len(), BLOCK.max(buffer.len()));
        if self.ended {
            return Ok(());
        }
        buffer.resize(len + wanted, 0);
        let read = fill(&mut self.stream, &mut buffer[len..]).map_err(|error| self.input.unreadable(&error))?;
        buffer.truncate(len + read);
        self.ended = read < wanted;
        Ok(())
    }

    /// Finds the whole records that a text begins with: where the last of them (or a sign behind it) ends, and what is
    /// wrong there.
    fn split(&mut self, text: &[u8], records: &mut Vec<Range<usize>>) -> (usize, Option<Broken>) {
        let mut end = 0;
        loop {
            let start = end + blanks(&text[end..]);
            let Some(&byte) = text.get(start) else { return (end, None) };
            match self.expected.met(byte) {
                Met::Sign(expected) => (self.expected, end) = (expected, start + 1),
                Met::Wrong(message) => return (end, Some(Broken::new(text, start, message))),
                Met::Record => {
                    match self.expected.line_len(&text[start..]).map_or_else(|| record_len(&text[start..]), Ok) {
                        Ok(len) => {
                            (self.expected, end) = (self.expected.after_record(), start + len);
                            records.push(start..end);
                        }
                        Err(error) if error.is_eof() && !self.ended => return (end, None),
                        Err(error) => return (end, Some(Broken::record(text, start, &error))),
                    }
                }
            }
        }
    }

    /// What is wrong with a text that has ended.
    fn finish(&self) -> Result<bool, Diagnostic> {
        let message = match self.expected {
            Expected::Nothing | Expected::Another => return Ok(false),
            Expected::Start => {
                let message = "the file is empty: JSON records were expected";
                return Err(Diagnostic::error(Code::BadTable, message).in_data(self.input.place(None)));
            }
            Expected::First | Expected::Record | Expected::Separator => "not JSON: the array of records breaks off",
        };
        Err(Diagnostic::error(Code::Unreadable, message)
            .in_data(self.input.place(self.input.line(self.offset)))
            .hint(CUT_HINT))
    }

    fn endless(&self, text: &[u8]) -> Diagnostic {
        let message = format!("a record is longer than {} MiB", MAX_RECORD_BYTES >> 20);
        Diagnostic::error(Code::BadTable, message)
            .in_data(self.input.place(self.input.line(self.offset + blanks(text) as u64)))
            .hint(SHAPE_HINT)
    }
}

pub(super) const SHAPE_HINT: &str = "a table is an array of flat records, or a flat record a line";

const CUT_HINT: &str = "the file is cut off, or was still being written";

impl Pieces for Records<'_> {
    type Piece = Block;

    fn next(&mut self, block: &mut Block) -> Result<bool, Diagnostic> {
        block.bytes.clear();
        block.bytes.append(&mut self.rest);
        block.records.clear();
        loop {
            self.read_more(&mut block.bytes)?;
            let (end, broken) = self.split(&block.bytes, &mut block.records);
            block.offset = self.offset;
            self.offset += end as u64;
            if !block.records.is_empty() {
                block.lines = !self.in_array();
                // What is broken behind them is met again, and told after what may be wrong with these.
                self.rest.extend_from_slice(&block.bytes[end..]);
                block.bytes.truncate(end);
                return Ok(true);
            }
            if let Some(broken) = broken {
                return Err(broken.diagnostic(self.input, block.offset));
            }
            block.bytes.drain(..end);
            if self.ended {
                return self.finish();
            }
            if block.bytes.len() > MAX_RECORD_BYTES {
                return Err(self.endless(&block.bytes));
            }
        }
    }
}

/// A problem at a place of a text, with the number of its record where the line tells nothing: an array is mostly written
/// in one line.
pub(super) fn in_record(mut problem: Diagnostic, input: &Input, offset: u64) -> Diagnostic {
    if problem.cell.as_ref().is_some_and(|place| place.line == Some(1)) {
        let number = record_number(input, offset).map_or(String::new(), |number| format!(" (record {number})"));
        problem.message += &number;
    }
    problem
}

/// The number of the record of an array that a place is in, from 1.
fn record_number(input: &Input, offset: u64) -> Option<usize> {
    let (mut records, mut block, mut before) = (Records::new(input).ok()?, Block::default(), 0);
    while records.next(&mut block).ok()? && records.in_array() {
        let starts = block.records.iter().map(|record| block.offset + record.start as u64);
        let count = starts.filter(|start| *start <= offset).count();
        if count < block.records.len() || block.offset + block.bytes.len() as u64 > offset {
            return Some(before + count);
        }
        before += count;
    }
    None
}

/// What may stand next in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The first record, or the start of an array.
    Start,
    /// A record of an array, or its end.
    First,
    /// A record of an array.
    Record,
    /// What separates the records of an array, or its end.
    Separator,
    /// Nothing: the array has ended.
    Nothing,
    /// A record behind others, outside of arrays.
    Another,
}

/// Why a text is no table of records: as text that is not JSON, or as JSON of another form; and a hint.
type Reason = (Code, String, Option<&'static str>);

/// What a byte turns out to be.
enum Met {
    /// A sign of the array; then this is expected.
    Sign(Expected),
    Record,
    Wrong(Reason),
}

impl Met {
    fn wrong(message: &str) -> Self {
        Self::Wrong((Code::Unreadable, format!("not JSON: {message}"), None))
    }

    fn no_record(byte: u8) -> Self {
        let (code, message) = match kind(byte) {
            Some(kind) => (Code::BadTable, format!("expected a record of named values, found {kind}")),
            None => (Code::Unreadable, "not JSON: a record of named values was expected".into()),
        };
        Self::Wrong((code, message, Some(SHAPE_HINT)))
    }
}

impl Expected {
    fn met(self, byte: u8) -> Met {
        match (self, byte) {
            (Self::Start, b'[') => Met::Sign(Self::First),
            (Self::First | Self::Separator, b']') => Met::Sign(Self::Nothing),
            (Self::Separator, b',') => Met::Sign(Self::Record),
            (Self::Separator, _) => Met::wrong("`,` or `]` was expected after a record"),
            (Self::Record, b']') => Met::wrong("a comma stands before the end of the array"),
            (Self::Nothing, _) => Met::wrong("something follows the array of records"),
            (Self::Another, b',') => Met::wrong("a comma stands between records that are not in an array"),
            (_, b'{') => Met::Record,
            _ => Met::no_record(byte),
        }
    }

    /// The length of a line that looks like a record: finding its end by its syntax would read it twice. Lines do not end
    /// within texts, so that a flat record that ends in its first line ends with that line, or others follow there.
    fn line_len(self, text: &[u8]) -> Option<usize> {
        if !matches!(self, Self::Start | Self::Another) {
            return None;
        }
        let line = text[..memchr::memchr(b'\n', text)?].trim_ascii_end();
        line.ends_with(b"}").then_some(line.len())
    }

    fn after_record(self) -> Self {
        match self {
            Self::Start | Self::Another => Self::Another,
            _ => Self::Separator,
        }
    }
}

/// What a JSON value that begins with this byte is called.
pub(super) fn kind(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'n' => "null",
        b't' | b'f' => "a truth value",
        b'-' | b'0'..=b'9' => "a number",
        b'"' => "a text",
        b'[' => "an array",
        b'{' => "a record",
        _ => return None,
    })
}

/// How much of a text is blank before anything comes.
pub(super) fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| b" \t\r\n".contains(byte)).count()
}

/// The length of the record that a text begins with.
fn record_len(text: &[u8]) -> Result<usize, serde_json::Error> {
    let mut values = Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.next().transpose()?;
    Ok(values.byte_offset())
}

/// Why a text is no table of records, and where.
struct Broken {
    at: usize,
    cell: String,
    reason: Reason,
}

impl Broken {
    fn new(text: &[u8], at: usize, reason: Reason) -> Self {
        Self { at, cell: excerpt(text, at), reason }
    }

    /// A record that is no JSON. One that ends too early shows itself only where the next one begins, or the text ends.
    fn record(text: &[u8], start: usize, error: &serde_json::Error) -> Self {
        let at = start + offset(&text[start..], error);
        let line = line_start(text, at);
        let begins_again = line > start && text[line..=at].trim_ascii() == b"{";
        if error.is_eof() || begins_again {
            let end = text[..if begins_again { line } else { text.len() }].trim_ascii_end().len();
            let cell = excerpt(text, line_start(text, end).max(start));
            let hint = error.is_eof().then_some(CUT_HINT);
            return Self { at: end, cell, reason: (Code::Unreadable, "not JSON: a record breaks off".into(), hint) };
        }
        let from = text[start..at].iter().rposition(|byte| b",{\n".contains(byte)).map_or(at, |sign| start + sign + 1);
        let (reason, hint) = reason(error, &text[at..]);
        Self { at, cell: excerpt(text, from), reason: (Code::Unreadable, format!("not JSON: {reason}"), hint) }
    }

    fn diagnostic(self, input: &Input, offset: u64) -> Diagnostic {
        let place = input.place(input.line(offset + self.at as u64));
        let (code, message, hint) = self.reason;
        Diagnostic::error(code, message).in_data(CellPlace { cell: Some(self.cell), ..place }).maybe_hint(hint)
    }
}

/// Where the line begins that a place stands in.
fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1)
}

/// What is wrong with a record, in the words of tables where serde_json has those of parsers; `rest` is the text from
/// there on.
fn reason(error: &serde_json::Error, rest: &[u8]) -> (String, Option<&'static str>) {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    match (reason, rest.first()) {
        ("key must be a string", Some(b'}')) => ("a comma stands before the end of the record".into(), None),
        ("key must be a string", _) => ("a name in double quotes was expected".into(), None),
        ("expected value" | "expected ident", _) => ("a value was expected".into(), Some(VALUE_HINT)),
        (control, _) if control.starts_with("control character") => {
            let broken_off = rest.iter().take(2).any(|byte| b"\r\n".contains(byte));
            let what = if broken_off { "breaks off at the end of its line" } else { "holds a bare control character" };
            (format!("a text {what}"), None)
        }
        (escape, _) if escape.contains("escape") => ("an escape stands for no character".into(), None),
        (other, _) => (other.to_string(), None),
    }
}

const VALUE_HINT: &str = "a value is a number, a text in double quotes, `true`, `false`, or `null` where there is none";

/// Where in a text serde_json met an error: it tells the line, and the bytes of it up to and with the offending one.
fn offset(text: &[u8], error: &serde_json::Error) -> usize {
    let ends = memchr::memchr_iter(b'\n', text).map(|end| end + 1);
    let line = std::iter::once(0).chain(ends).nth(error.line().saturating_sub(1)).unwrap_or(text.len());
    (line + error.column()).saturating_sub(1).min(text.len().saturating_sub(1))
}

/// The text from a place to the end of its line, shortened.
fn excerpt(text: &[u8], at: usize) -> String {
    const BYTES: usize = 200;
    let line = text[at..].split(|&byte| byte == b'\n').next().unwrap_or_default();
    cell::excerpt(String::from_utf8_lossy(&line[..line.len().min(BYTES)]).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where each record begins, in bytes, block by block.
    fn starts(text: &str) -> Result<Vec<Vec<u64>>, Diagnostic> {
        let input = Input::text("t", text);
        let (mut records, mut block, mut all) = (Records::new(&input)?, Block::default(), vec![]);
        while records.next(&mut block)? {
            let mut starts = vec![];
            let visit = |record| {
                starts.push(block.place(record));
                Ok(())
            };
            block.for_each(&input, visit).map_err(|(at, refused)| refused.diagnostic(&input, &block, at, |_| ""))?;
            all.push(starts);
        }
        Ok(all)
    }

    #[test]
    fn blocks_hold_every_record_once() {
        for [before, between, after] in [["", "\n", ""], ["[", ",", "]"], ["[\n", ",\r\n", "\n]\n"]] {
            let records: Vec<String> = (0..30_000).map(|row| format!("{{\"é\": \"{row} …\", \"b\": {row}}}")).collect();
            let text = before.to_string() + &records.join(between) + after;
            let blocks = starts(&text).unwrap();
            assert!(blocks.len() > 1);
            let mut expected = before.len() as u64;
            let ends = records.iter().map(|record| {
                let start = expected;
                expected += (record.len() + between.len()) as u64;
                start
            });
            assert_eq!(blocks.concat(), ends.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_record_has_a_limit() {
        let record = |len: usize| format!("{{\"a\": 1}}\n{{\"a\":\n\"{}\"}}", "x".repeat(len - 9));
        assert_eq!(starts(&record(MAX_RECORD_BYTES)).unwrap().concat(), [0, 9]);
        let error = starts(&record(MAX_RECORD_BYTES * 3)).unwrap_err();
        assert_eq!(error.message, "a record is longer than 16 MiB");
        assert_eq!(error.cell.unwrap().line, Some(2));
    }
}
