//! Finds where the cells and records of a piece of CSV text end.

use std::borrow::Cow;

use multiversion::multiversion;
use wide::u8x16;

use crate::data::cell::unquoted;
use crate::data::column::Places;

/// What is wrong with the quotes of a text, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadQuote {
    /// Opens and is never closed.
    Unclosed(usize),
    /// Text stands between the closing quote and the next delimiter.
    TextAfter(usize),
}

/// Where all cells of a text end: at delimiters and line ends that are not inside quotes.
#[derive(Debug)]
pub(super) struct Ends {
    /// [`Places::BEFORE`], then the position of each delimiter and line end: a cell stands between two neighbours. Behind
    /// `len` of them is room.
    at: Vec<u32>,
    len: usize,
    /// How many of them are line ends.
    pub records: usize,
}

impl Default for Ends {
    fn default() -> Self {
        Self { at: vec![Places::BEFORE], len: 1, records: 0 }
    }
}

impl Ends {
    /// Finds them anew in `text`, which must be shorter than 4 GiB and end with a line end.
    pub fn find(&mut self, text: &[u8], delimiter: u8) -> Result<(), BadQuote> {
        if find_plain(self, text, delimiter) { Ok(()) } else { self.find_quoted(text, delimiter) }
    }

    /// How many cells end.
    pub fn cells(&self) -> usize {
        self.len - 1
    }

    /// The end of what stands before each cell, and the cell's own.
    pub fn bounds(&self) -> &[u32] {
        &self.at[..self.len]
    }

    fn clear(&mut self) {
        (self.len, self.records) = (1, 0);
    }

    /// Adds the positions of all bits, counted from `offset`. They are written eight at a time, what is too much into
    /// the room behind: a loop that ends after any one of them would be mispredicted at each chunk.
    #[inline(always)]
    fn push_all(&mut self, offset: u32, mut bits: u64) {
        if self.at.len() < self.len + CHUNK {
            self.at.resize(2 * self.at.len() + CHUNK, 0);
        }
        let count = bits.count_ones() as usize;
        let room = self.at[self.len..].as_chunks_mut::<8>().0;
        for eight in &mut room[..count.div_ceil(8)] {
            for position in eight {
                *position = offset.wrapping_add(bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
            }
        }
        self.len += count;
    }

    fn find_quoted(&mut self, text: &[u8], delimiter: u8) -> Result<(), BadQuote> {
        self.clear();
        let mut closed = None;
        let mut bad = None;
        let open = walk(text, delimiter, |at, event| match event {
            Event::Closed => closed = Some(at),
            Event::End => {
                let rest = closed.take().map_or(&[][..], |closed: usize| &text[closed + 1..at]);
                if !rest.trim_ascii().is_empty() {
                    bad.get_or_insert(at - rest.len());
                }
                self.push_all(at as u32, 1);
                self.records += usize::from(text[at] == b'\n');
            }
        });
        match (bad, open) {
            (Some(at), _) => Err(BadQuote::TextAfter(at)),
            (None, Some(at)) => Err(BadQuote::Unclosed(at)),
            (None, None) => Ok(()),
        }
    }

    /// The cells of each record, one slice a record: where each ends.
    pub fn records<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Record<'a>> {
        let mut start = 0;
        self.bounds()[1..].split_inclusive(|&at| text[at as usize] == b'\n').map(move |ends| {
            let record = Record { start, ends };
            start = ends.last().map_or(start, |&end| end + 1);
            record
        })
    }
}

/// Finds the ends in a text without quotes; whether it is one.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn find_plain(ends: &mut Ends, text: &[u8], delimiter: u8) -> bool {
    ends.clear();
    for (offset, chunk) in chunks(text) {
        let [quotes, delimiters, lines] = matches(&chunk, [b'"', delimiter, b'\n']);
        if quotes != 0 {
            return false;
        }
        ends.push_all(offset as u32, delimiters | lines);
        ends.records += lines.count_ones() as usize;
    }
    true
}

/// Bytes that are compared at a time.
const CHUNK: usize = 64;

/// The pieces of [`CHUNK`] bytes of a text, each with where it begins; the last one is filled up with zeros.
#[inline(always)]
fn chunks(text: &[u8]) -> impl Iterator<Item = (usize, Cow<'_, [u8; CHUNK]>)> {
    let (whole, rest) = text.as_chunks::<CHUNK>();
    let mut last = [0; CHUNK];
    last[..rest.len()].copy_from_slice(rest);
    let whole = whole.iter().map(Cow::Borrowed).chain(std::iter::once(Cow::Owned(last)));
    whole.enumerate().map(|(number, chunk)| (number * CHUNK, chunk))
}

/// For each byte wanted, one bit for each byte of the chunk that is equal.
#[inline(always)]
fn matches<const N: usize>(chunk: &[u8; CHUNK], wanted: [u8; N]) -> [u64; N] {
    const LANES: usize = 16;
    let lanes = chunk.as_chunks::<LANES>().0;
    wanted.map(|byte| {
        let equal = |lane: &[u8; LANES]| u64::from(u8x16::new(*lane).simd_eq(u8x16::splat(byte)).to_bitmask());
        lanes.iter().enumerate().fold(0, |bits, (at, lane)| bits | equal(lane) << (at * LANES))
    })
}

/// One record of a text.
pub(super) struct Record<'a> {
    start: u32,
    pub ends: &'a [u32],
}

impl Record<'_> {
    /// The cell at `index`, without quotes and padding.
    pub fn cell<'t>(&self, text: &'t str, index: usize) -> Cow<'t, str> {
        let start = if index == 0 { self.start } else { self.ends[index - 1] + 1 };
        unquoted(&text[start as usize..self.ends[index] as usize])
    }

    /// Where the record starts.
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// Whether there is nothing on the line.
    pub fn is_blank(&self, text: &str) -> bool {
        self.ends.len() == 1 && text[self.start as usize..self.ends[0] as usize].trim_ascii().is_empty()
    }
}

/// Where the last complete record of `text` ends, just behind its line end; 0 where none is complete.
pub(super) fn last_record_end(text: &[u8], delimiter: u8) -> usize {
    if memchr::memchr(b'"', text).is_none() {
        return memchr::memrchr(b'\n', text).map_or(0, |at| at + 1);
    }
    let mut end = 0;
    walk(text, delimiter, |at, event| {
        if event == Event::End && text[at] == b'\n' {
            end = at + 1;
        }
    });
    end
}

#[derive(PartialEq, Eq)]
enum Event {
    /// A quoted part is closed.
    Closed,
    /// A cell ends: at a delimiter or a line end.
    End,
}

/// Goes through the quotes, delimiters and line ends of a text that starts a record; returns the quote left open.
///
/// A quote opens where nothing but blanks stand before it in its cell; elsewhere it is a character like others.
fn walk(text: &[u8], delimiter: u8, mut visit: impl FnMut(usize, Event)) -> Option<usize> {
    let mut walk = Walk { cell: 0, open: None, next: 0 };
    for (offset, chunk) in chunks(text) {
        let mut bits = matches(&chunk, [b'"', delimiter, b'\n']).into_iter().fold(0, |all, bits| all | bits);
        while bits != 0 {
            let at = offset + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            if let Some(event) = walk.step(text, at) {
                visit(at, event);
            }
        }
    }
    walk.open
}

struct Walk {
    /// Where the cell begins.
    cell: usize,
    /// The quote that is open.
    open: Option<usize>,
    /// Where to go on behind a doubled quote.
    next: usize,
}

impl Walk {
    #[inline]
    fn step(&mut self, text: &[u8], at: usize) -> Option<Event> {
        if at < self.next {
            return None;
        }
        match (self.open, text[at] == b'"') {
            (Some(_), true) if text.get(at + 1) == Some(&b'"') => self.next = at + 2,
            (Some(_), true) => {
                self.open = None;
                return Some(Event::Closed);
            }
            (Some(_), false) => {}
            (None, false) => {
                self.cell = at + 1;
                return Some(Event::End);
            }
            (None, true) if text[self.cell..at].iter().all(|&byte| byte == b' ') => self.open = Some(at),
            (None, true) => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One byte after the other, by the rules as they are written down.
    fn slowly(text: &str) -> Vec<u32> {
        let (mut at, mut inside, mut start) = (vec![], false, true);
        let mut bytes = text.bytes().enumerate().peekable();
        while let Some((position, byte)) = bytes.next() {
            match byte {
                b'"' if inside && bytes.peek().is_some_and(|(_, next)| *next == b'"') => {
                    bytes.next();
                }
                b'"' if inside => inside = false,
                b'"' if start => inside = true,
                b',' | b'\n' if !inside => at.push(position as u32),
                _ => {}
            }
            start = !inside && (matches!(byte, b',' | b'\n') || start && byte == b' ');
        }
        at
    }

    proptest! {
        #[test]
        fn cells_end_where_a_slow_reader_says(text in "[ab ,\n\"]{0,200}") {
            let text = text + "\n";
            let mut ends = Ends::default();
            let bad = ends.find(text.as_bytes(), b',').is_err();
            prop_assert!(!bad || text.contains('"'));
            prop_assert_eq!(&ends.bounds()[1..], &slowly(&text)[..]);
            let records = ends.bounds()[1..].iter().filter(|&&at| text.as_bytes()[at as usize] == b'\n').count();
            prop_assert_eq!(ends.records, records);
            let last = ends.bounds()[1..].iter().rev().find(|&&at| text.as_bytes()[at as usize] == b'\n');
            prop_assert_eq!(last_record_end(text.as_bytes(), b','), last.map_or(0, |&at| at as usize + 1));
        }

        #[test]
        fn plain_texts_of_any_length(text in "[a-c,\n]{0,300}") {
            let mut ends = Ends::default();
            ends.find(text.as_bytes(), b',').unwrap();
            prop_assert_eq!(&ends.bounds()[1..], &slowly(&text)[..]);
        }
    }
}
