//! Finds where the cells and records of a piece of CSV text end.

use std::borrow::Cow;

/// What is wrong with the quotes of a text, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadQuote {
    /// Opens and is never closed.
    Unclosed(usize),
    /// Text stands between the closing quote and the next delimiter.
    TextAfter(usize),
}

/// Where all cells of a text end: at delimiters and line ends that are not inside quotes.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// The positions, each of a delimiter or a line end.
    pub at: Vec<u32>,
    /// How many of them are line ends.
    pub records: usize,
    /// Whether there are quotes at all.
    pub quoted: bool,
}

impl Ends {
    /// Finds them anew in `text`, which must be shorter than 4 GiB and end with a line end.
    pub fn find(&mut self, text: &[u8], delimiter: u8) -> Result<(), BadQuote> {
        self.at.clear();
        self.quoted = memchr::memchr(b'"', text).is_some();
        if self.quoted {
            return self.find_quoted(text, delimiter);
        }
        self.records = memchr::memchr_iter(b'\n', text).count();
        for_each_chunk(text, [delimiter, b'\n'], |offset, bits| push_all(&mut self.at, offset as u32, bits));
        Ok(())
    }

    fn find_quoted(&mut self, text: &[u8], delimiter: u8) -> Result<(), BadQuote> {
        self.records = 0;
        let mut closed = None;
        let mut bad = None;
        let open = walk(text, delimiter, |at, event| match event {
            Event::Closed => closed = Some(at),
            Event::End => {
                let rest = closed.take().map_or(&[][..], |closed: usize| &text[closed + 1..at]);
                if !rest.trim_ascii().is_empty() {
                    bad.get_or_insert(at - rest.len());
                }
                self.at.push(at as u32);
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
        self.at.split_inclusive(|&at| text[at as usize] == b'\n').map(move |ends| {
            let record = Record { start, ends };
            start = ends.last().map_or(start, |&end| end + 1);
            record
        })
    }
}

/// Bytes that are compared at a time.
const CHUNK: usize = 64;

/// Hands over, for each piece of [`CHUNK`] bytes, where it begins and one bit for each byte that is one of `wanted`.
#[inline]
fn for_each_chunk<const N: usize>(text: &[u8], wanted: [u8; N], mut visit: impl FnMut(usize, u64)) {
    let (chunks, rest) = text.as_chunks::<CHUNK>();
    for (number, chunk) in chunks.iter().enumerate() {
        visit(number * CHUNK, matches(chunk, wanted));
    }
    let mut last = [0; CHUNK];
    last[..rest.len()].copy_from_slice(rest);
    visit(chunks.len() * CHUNK, matches(&last, wanted));
}

/// One bit for each byte that is one of `wanted`. Written so that the compiler compares many bytes at once; a search
/// for one after the other would take far longer where cells are short.
#[inline]
fn matches<const N: usize>(chunk: &[u8; CHUNK], wanted: [u8; N]) -> u64 {
    /// Gathers the lowest bits of eight bytes that are 0 or 1 in the highest byte of the product.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut found = [0; CHUNK];
    for wanted in wanted {
        found.iter_mut().zip(chunk).for_each(|(found, &byte)| *found |= u8::from(byte == wanted));
    }
    let words = found.as_chunks::<8>().0.iter().map(|&word| u64::from_le_bytes(word).wrapping_mul(GATHER) >> 56);
    words.enumerate().fold(0, |bits, (at, word)| bits | word << (8 * at))
}

/// Adds the positions of all bits, counted from `offset`.
#[inline]
fn push_all(positions: &mut Vec<u32>, offset: u32, mut bits: u64) {
    let mut found = [0; CHUNK];
    let count = bits.count_ones() as usize;
    for position in &mut found[..count] {
        *position = offset + bits.trailing_zeros();
        bits &= bits - 1;
    }
    positions.extend_from_slice(&found[..count]);
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

/// A cell without padding, quotes and doubled quotes; inside quotes, blanks are kept.
pub(super) fn unquoted(raw: &str) -> Cow<'_, str> {
    let cell = raw.trim_ascii();
    match cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')) {
        Some(inner) if inner.contains('"') => Cow::Owned(inner.replace("\"\"", "\"")),
        Some(inner) => Cow::Borrowed(inner),
        None => Cow::Borrowed(cell),
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
    for_each_chunk(text, [b'"', delimiter, b'\n'], |offset, mut bits| {
        while bits != 0 {
            let at = offset + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            if let Some(event) = walk.step(text, at) {
                visit(at, event);
            }
        }
    });
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
            prop_assert_eq!(&ends.at, &slowly(&text));
            let records = ends.at.iter().filter(|&&at| text.as_bytes()[at as usize] == b'\n').count();
            prop_assert_eq!(ends.records, records);
            let last = ends.at.iter().rev().find(|&&at| text.as_bytes()[at as usize] == b'\n');
            prop_assert_eq!(last_record_end(text.as_bytes(), b','), last.map_or(0, |&at| at as usize + 1));
        }

        #[test]
        fn plain_texts_of_any_length(text in "[a-c,\n]{0,300}") {
            let mut ends = Ends::default();
            ends.find(text.as_bytes(), b',').unwrap();
            prop_assert_eq!(&ends.at, &slowly(&text));
        }
    }
}
