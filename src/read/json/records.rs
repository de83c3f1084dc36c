//! Finds the records of a JSON text and splits it into blocks.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::Deserializer;

use super::broken::{Broken, CUT_HINT, Reason};
use super::row::{Refused, SHAPE_HINT, kind, plain};
use crate::budget::Budget;
use crate::data::Pieces;
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::read::blocks::{Block, Blocks, Separator};
use crate::read::cell;
use crate::read::input::Input;

/// The records found in a block.
#[derive(Default)]
pub(super) struct Found {
    /// The position of each record in the block, or of each line that looks like one.
    places: Vec<Range<usize>>,
    /// True if each line was assumed to be a record.
    lines: bool,
}

impl Block<Found> {
    /// Visits each record and returns their number. The error is the position and the reason of a rejected record.
    pub fn for_each<'t>(
        &'t self,
        input: &Input,
        mut visit: impl FnMut(&'t str) -> Result<(), Refused<'t>>,
    ) -> Result<usize, (usize, Refused<'t>)> {
        let reported = |diagnostic: Diagnostic| (0, Refused::Reported(diagnostic.into()));
        let text = self.text(input).map_err(reported)?;
        let (mut records, mut exact, mut broken) = (Cow::Borrowed(&*self.records.places), !self.records.lines, None);
        let (mut at, mut rows) = (0, 0);
        while let Some(Range { start, end }) = records.get(at).cloned() {
            match visit(&text[start..end]) {
                Ok(()) => (at, rows) = (at + 1, rows + 1),
                // The line contains several records, a part of one, or none.
                Err(Refused::Json(_)) if !exact => {
                    let (found, wrong) = self.exactly(start);
                    (records, exact, broken, at) = (Cow::Owned(found), true, wrong, 0);
                }
                Err(refused) => return Err((start, refused)),
            }
        }
        broken.map_or(Ok(rows), |broken| Err(reported(broken.diagnostic(input, self.offset))))
    }

    /// Finds the records after a position, outside of arrays, and the problem after them.
    fn exactly(&self, mut at: usize) -> (Vec<Range<usize>>, Option<Broken>) {
        let mut records = vec![];
        loop {
            at += whitespace(&self.bytes()[at..]);
            match self.bytes().get(at).map(|byte| Expected::Another.meaning(*byte)) {
                None | Some(Meaning::Sign(_)) => return (records, None),
                Some(Meaning::Wrong(message)) => return (records, Some(Broken::new(self.bytes(), at, message))),
                Some(Meaning::Record) => match record_len(&self.bytes()[at..]) {
                    Ok(len) => records.push(at..at + len),
                    Err(error) => return (records, Some(Broken::record(self.bytes(), at, &error))),
                },
            }
            at = records.last().map_or(at, |record| record.end);
        }
    }

    /// The number of records, or of lines that look like one.
    pub fn count(&self) -> usize {
        self.records.places.len()
    }

    /// The position of a part of the block in the whole text.
    pub fn place(&self, piece: &str) -> u64 {
        self.offset + (piece.as_ptr() as usize).saturating_sub(self.bytes().as_ptr() as usize) as u64
    }

    /// Reports a line that was assumed to be a record but is not JSON.
    pub fn broken(&self, input: &Input, record: usize, error: &serde_json::Error) -> Diagnostic {
        Broken::record(self.bytes(), record, error).diagnostic(input, self.offset)
    }
}

/// Finds records in an array or one after the other.
pub(super) struct Records<'a> {
    input: &'a Input,
    expected: Expected,
    /// The end of the last record, or of a punctuation character after it, in the last text.
    end: usize,
}

/// Reads a text from its first record.
pub(super) fn records<'a>(input: &'a Input, budget: &Budget) -> Result<Blocks<'a, Records<'a>>, Diagnostic> {
    Blocks::new(input, input.wrapped.unwrap_or(0), Records { input, expected: Expected::Start, end: 0 }, budget)
}

impl Records<'_> {
    /// Returns true if the records found so far are in an array.
    pub fn in_array(&self) -> bool {
        !matches!(self.expected, Expected::Start | Expected::Another)
    }

    /// Finds the whole records at the start of a text. Returns the end of the last one (or of a punctuation character
    /// after it), and the problem found there.
    fn find(&mut self, text: &[u8], ended: bool, records: &mut Vec<Range<usize>>) -> (usize, Option<Broken>) {
        let mut end = 0;
        loop {
            let start = end + whitespace(&text[end..]);
            let Some(&byte) = text.get(start) else { return (end, None) };
            if self.expected == Expected::Nothing && self.input.wrapped.is_some() {
                // The record around the array was read when the text was inspected.
                return (text.len(), None);
            }
            match self.expected.meaning(byte) {
                Meaning::Sign(expected) => (self.expected, end) = (expected, start + 1),
                Meaning::Wrong(message) => return (end, Some(Broken::new(text, start, message))),
                Meaning::Record => {
                    match self.expected.line_len(&text[start..]).map_or_else(|| record_len(&text[start..]), Ok) {
                        Ok(len) => {
                            (self.expected, end) = (self.expected.after_record(), start + len);
                            records.push(start..end);
                        }
                        Err(error) if error.is_eof() && !ended => return (end, None),
                        Err(error) => return (end, Some(Broken::record(text, start, &error))),
                    }
                }
            }
        }
    }
}

impl Separator for Records<'_> {
    type Records = Found;

    fn split(&mut self, block: &mut Block<Found>, ended: bool) -> Result<usize, Diagnostic> {
        let (mut places, before) = (std::mem::take(&mut block.records.places), self.expected);
        places.clear();
        let (end, broken) = self.find(block.bytes(), ended, &mut places);
        let found = !places.is_empty();
        block.records = Found { places, lines: !self.in_array() };
        match broken {
            // A problem after whole records is found again in the next block, and reported after problems within these
            // records.
            Some(broken) if !found => return Err(broken.diagnostic(self.input, block.offset)),
            // Punctuation before an incomplete record is found again together with it.
            None if !found && !ended => self.expected = before,
            _ => self.end = end,
        }
        Ok(if found { end } else { 0 })
    }

    fn finish(&self, rest: &Block<Found>) -> Result<(), Diagnostic> {
        let message = match self.expected {
            Expected::Nothing | Expected::Another => return Ok(()),
            Expected::Start => {
                let message = "the file is empty: expected JSON records";
                return Err(Diagnostic::error(Code::BadTable, message).in_data(self.input.place(None)));
            }
            Expected::First | Expected::Record | Expected::Separator => "not JSON: the array of records is incomplete",
        };
        Err(Diagnostic::error(Code::Unreadable, message)
            .in_data(self.input.place(self.input.line(rest.offset + self.end as u64)))
            .hint(CUT_HINT))
    }

    fn endless(&self, text: &[u8]) -> (usize, &'static str) {
        (memchr::memchr(b'{', text).unwrap_or(0), SHAPE_HINT)
    }
}

/// Adds the number of the record to a problem in the first line, because arrays are often written in a single line.
pub(super) fn in_record(mut problem: Diagnostic, input: &Input, offset: u64) -> Diagnostic {
    if problem.cell.as_ref().is_some_and(|place| place.line == Some(1)) {
        let number = record_number(input, offset).map_or(String::new(), |number| format!(" (record {number})"));
        problem.message += &number;
    }
    problem
}

/// The 1-based number of the record of an array that contains a position.
fn record_number(input: &Input, offset: u64) -> Option<usize> {
    let (mut records, mut block, mut before) = (records(input, &Budget::unlimited()).ok()?, Block::default(), 0);
    while records.next(&mut block).ok()? && records.separator.in_array() {
        let starts = block.records.places.iter().map(|record| block.offset + record.start as u64);
        let count = starts.filter(|start| *start <= offset).count();
        if count < block.records.places.len() || block.offset + block.bytes().len() as u64 > offset {
            return Some(before + count);
        }
        before += count;
    }
    None
}

/// The tokens that may come next in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The first record, or the start of an array.
    Start,
    /// A record of an array, or its end.
    First,
    /// A record of an array.
    Record,
    /// A separator between the records of an array, or the end of the array.
    Separator,
    /// Nothing: the array has ended.
    Nothing,
    /// A record after others, outside of arrays.
    Another,
}

/// The meaning of a byte.
enum Meaning {
    /// A punctuation character of the array, and what is expected after it.
    Sign(Expected),
    Record,
    Wrong(Reason),
}

impl Meaning {
    fn wrong(message: &str) -> Self {
        Self::Wrong((Code::Unreadable, format!("not JSON: {message}"), None))
    }

    fn no_record(byte: u8) -> Self {
        let (code, message) = match kind(byte) {
            Some(kind) => (Code::BadTable, format!("expected a record of named values, found {kind}")),
            None => (Code::Unreadable, "not JSON: expected a record of named values".into()),
        };
        Self::Wrong((code, message, Some(SHAPE_HINT)))
    }
}

impl Expected {
    fn meaning(self, byte: u8) -> Meaning {
        match (self, byte) {
            (Self::Start, b'[') => Meaning::Sign(Self::First),
            (Self::First | Self::Separator, b']') => Meaning::Sign(Self::Nothing),
            (Self::Separator, b',') => Meaning::Sign(Self::Record),
            (Self::Separator, _) => Meaning::wrong("expected `,` or `]` after a record"),
            (Self::Record, b']') => Meaning::wrong("there is a comma before the end of the array"),
            (Self::Nothing, _) => Meaning::wrong("unexpected text after the array of records"),
            (Self::Another, b',') => Meaning::wrong("there is a comma between records that are not in an array"),
            (_, b'{') => Meaning::Record,
            _ => Meaning::no_record(byte),
        }
    }

    /// The length of a line that looks like a record. Parsing it to find its end would read it twice. Texts cannot
    /// contain line ends, so a flat record that ends in its first line ends with that line, unless other records follow
    /// in the same line.
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

/// The length of the whitespace at the start of a text.
pub(super) fn whitespace(text: &[u8]) -> usize {
    text.iter().take_while(|byte| b" \t\r\n".contains(byte)).count()
}

/// The length of the record at the start of a text.
pub(super) fn record_len(text: &[u8]) -> Result<usize, serde_json::Error> {
    let mut values = Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.next().transpose()?;
    Ok(values.byte_offset())
}

impl Refused<'_> {
    /// Reports the problem at its position. `record` is the position of the record in the block, `name` returns the
    /// name of a column.
    pub fn diagnostic<'n>(
        self,
        input: &Input,
        block: &Block<Found>,
        record: usize,
        name: impl Fn(usize) -> &'n str,
    ) -> Diagnostic {
        match self {
            Self::Reported(diagnostic) => *diagnostic,
            Self::Json(error) => block.broken(input, record, &error),
            Self::Value(column, value, diagnostic) => {
                let place = input.place(input.line(block.place(value)));
                let shown = plain(value).map_or(Cow::Borrowed(value), |(_, text)| text);
                let cell = Some(cell::excerpt(&shown));
                let problem = diagnostic.in_data(CellPlace { column: Some(name(column).to_string()), cell, ..place });
                in_record(problem, input, block.place(value))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::blocks::MAX_RECORD_BYTES;

    /// The positions of the records in bytes, block by block.
    fn starts(text: &str) -> Result<Vec<Vec<u64>>, Diagnostic> {
        let input = Input::text("t", text);
        let (mut records, mut block, mut all) = (records(&input, &Budget::unlimited())?, Block::default(), vec![]);
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
    fn blocks_contain_every_record_once() {
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
    fn a_record_has_a_maximum_length() {
        let record = |len: usize| format!("{{\"a\": 1}}\n{{\"a\":\n\"{}\"}}", "x".repeat(len - 9));
        assert_eq!(starts(&record(MAX_RECORD_BYTES)).unwrap().concat(), [0, 9]);
        let error = starts(&record(MAX_RECORD_BYTES * 3)).unwrap_err();
        assert_eq!(error.message, "a record is longer than 16 MiB");
        assert_eq!(error.cell.unwrap().line, Some(2));
    }
}
