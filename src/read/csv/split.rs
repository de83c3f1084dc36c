//! Finds the ends of the cells and records of a piece of CSV text.

use std::borrow::Cow;

use multiversion::multiversion;
use wide::u8x16;

use crate::read::cell::unquoted;
use crate::read::column::Places;

/// A problem with the quotes of a text, and its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadQuote {
    /// A quote is never closed.
    Unclosed(usize),
    /// There is text between a closing quote and the next delimiter.
    TextAfter(usize),
}

/// The ends of all cells of a text: delimiters and line ends that are not inside quotes.
#[derive(Debug)]
pub(super) struct Ends {
    /// [`Places::BEFORE`], then the position of each delimiter and line end. A cell lies between two neighbors. The
    /// elements after the first `len` are spare capacity.
    at: Vec<u32>,
    len: usize,
    /// The number of line ends.
    pub records: usize,
}

impl Default for Ends {
    fn default() -> Self {
        Self { at: vec![Places::BEFORE], len: 1, records: 0 }
    }
}

impl Ends {
    /// Finds the ends in `text`, which must be shorter than 4 GiB and end with a line end.
    pub fn find(&mut self, text: &[u8], delimiter: u8) -> Result<(), BadQuote> {
        (self.len, self.records) = (1, 0);
        let quoting = find_tidy(text, delimiter, self);
        if quoting.untidy | quoting.open == 0 { Ok(()) } else { self.find_slowly(text, delimiter) }
    }

    /// The number of cell ends.
    pub fn cells(&self) -> usize {
        self.len - 1
    }

    /// Removes the blank lines of a table of several columns. The cell after such a line then begins with its line end, which
    /// is white space.
    pub fn remove_blank_lines(&mut self, text: &[u8]) {
        let (mut kept, mut start) = (1, Some(0));
        for at in 1..self.len {
            let end = self.at[at] as usize;
            let is_line =
                text[end] == b'\n' && start.is_some_and(|start: usize| text[start..end].trim_ascii().is_empty());
            start = (text[end] == b'\n').then_some(end + 1);
            self.at[kept] = self.at[at];
            kept += usize::from(!is_line);
            self.records -= usize::from(is_line);
        }
        self.len = kept;
    }

    /// The positions of all cell ends, preceded by [`Places::BEFORE`].
    pub fn bounds(&self) -> &[u32] {
        &self.at[..self.len]
    }

    fn find_slowly(&mut self, text: &[u8], delimiter: u8) -> Result<(), BadQuote> {
        (self.len, self.records) = (1, 0);
        let mut closed = None;
        let mut bad = None;
        let open = walk(text, delimiter, |at, event| match event {
            Event::Closed => closed = Some(at),
            Event::End => {
                let rest = closed.take().map_or(&[][..], |closed: usize| &text[closed + 1..at]);
                if !rest.trim_ascii().is_empty() {
                    bad.get_or_insert(at - rest.len());
                }
                self.add(at, 1, u64::from(text[at] == b'\n'));
            }
        });
        match (bad, open) {
            (Some(at), _) => Err(BadQuote::TextAfter(at)),
            (None, Some(at)) => Err(BadQuote::Unclosed(at)),
            (None, None) => Ok(()),
        }
    }

    /// The records of the text, each with the positions of its cell ends.
    pub fn records<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Record<'a>> {
        let mut start = 0;
        self.bounds()[1..].split_inclusive(|&at| text[at as usize] == b'\n').map(move |ends| {
            let record = Record { start, ends };
            start = ends.last().map_or(start, |&end| end + 1);
            record
        })
    }
}

/// Receives the ends of cells.
trait Found {
    /// Adds a chunk that starts at `offset`. `ends` has one bit for each cell end, `lines` for each of them that is a
    /// line end.
    fn add(&mut self, offset: usize, ends: u64, lines: u64);
}

impl Found for Ends {
    /// Writes eight positions at a time and lets the excess go to spare capacity. A loop that stops after an arbitrary
    /// position would be mispredicted at each chunk.
    #[inline(always)]
    fn add(&mut self, offset: usize, mut ends: u64, lines: u64) {
        if self.at.len() < self.len + CHUNK {
            self.at.resize(2 * self.at.len() + CHUNK, 0);
        }
        let count = ends.count_ones() as usize;
        let room = self.at[self.len..].as_chunks_mut::<8>().0;
        for eight in &mut room[..count.div_ceil(8)] {
            for position in eight {
                *position = (offset as u32).wrapping_add(ends.trailing_zeros());
                ends &= ends.wrapping_sub(1);
            }
        }
        self.len += count;
        self.records += lines.count_ones() as usize;
    }
}

/// The position after the last line end.
struct Last(usize);

impl Found for Last {
    #[inline(always)]
    fn add(&mut self, offset: usize, _: u64, lines: u64) {
        if lines != 0 {
            self.0 = offset + CHUNK - lines.leading_zeros() as usize;
        }
    }
}

/// Finds the ends in a text with regular quotes: at the ends of cells, or doubled inside them. If the quotes are
/// irregular, the result is meaningless.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn find_tidy(text: &[u8], delimiter: u8, found: &mut impl Found) -> Quoting {
    let mut quoting = Quoting { may_open: 1, ..Quoting::default() };
    for (offset, chunk) in chunks(text) {
        let [quotes, delimiters, lines] = matches(&chunk, [b'"', delimiter, b'\n']);
        let mut ends = delimiters | lines;
        if quotes != 0 || quoting.is_pending() {
            let [returns] = matches(&chunk, [b'\r']);
            ends &= quoting.outside(quotes, ends, lines, returns);
        }
        quoting.may_open = (ends | quotes) >> (CHUNK - 1);
        found.add(offset, ends, ends & lines);
    }
    quoting
}

/// Tracks open quotes chunk by chunk while they are regular. State that affects the next byte is carried over to the
/// next chunk.
#[derive(Default)]
struct Quoting {
    /// All bits set if a quote is open.
    open: u64,
    /// 1 if the last byte was a cell end or a quote.
    may_open: u64,
    /// 1 if the last byte closed a quote.
    closed: u64,
    /// 1 if the last byte was a carriage return after a quote.
    returned: u64,
    /// Nonzero if an irregular quote was found.
    untidy: u64,
}

impl Quoting {
    #[inline(always)]
    fn is_pending(&self) -> bool {
        self.open | self.closed | self.returned != 0
    }

    /// The mask of the bytes outside quotes.
    #[inline(always)]
    fn outside(&mut self, quotes: u64, ends: u64, lines: u64, returns: u64) -> u64 {
        let open = up_to_each(quotes) ^ self.open;
        let ends = ends & !open;
        let may_open = (ends | quotes) << 1 | self.may_open;
        let after_quote = (quotes & !open) << 1 | self.closed;
        let after_return = (after_quote & returns) << 1 | self.returned;
        self.untidy |= quotes & open & !may_open;
        self.untidy |= after_quote & !(ends | quotes | returns);
        self.untidy |= after_return & !lines;
        self.closed = (quotes & !open) >> (CHUNK - 1);
        self.returned = (after_quote & returns) >> (CHUNK - 1);
        self.open = ((open as i64) >> (CHUNK - 1)) as u64;
        !open
    }
}

/// Sets each bit for which the number of set bits up to and including it is odd.
#[inline(always)]
fn up_to_each(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].into_iter().fold(bits, |bits, by| bits ^ bits << by)
}

/// The number of bytes compared at a time.
const CHUNK: usize = 64;

/// Splits a text into pieces of [`CHUNK`] bytes with their offsets. The last one is padded with zeros.
#[inline(always)]
fn chunks(text: &[u8]) -> impl Iterator<Item = (usize, Cow<'_, [u8; CHUNK]>)> {
    let (whole, rest) = text.as_chunks::<CHUNK>();
    let mut last = [0; CHUNK];
    last[..rest.len()].copy_from_slice(rest);
    let whole = whole.iter().map(Cow::Borrowed).chain(std::iter::once(Cow::Owned(last)));
    whole.enumerate().map(|(number, chunk)| (number * CHUNK, chunk))
}

/// For each of the requested bytes, a mask of the equal bytes of the chunk.
#[inline(always)]
fn matches<const N: usize>(chunk: &[u8; CHUNK], requested: [u8; N]) -> [u64; N] {
    const LANES: usize = 16;
    let lanes = chunk.as_chunks::<LANES>().0;
    requested.map(|byte| {
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

    /// The start of the record.
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// Returns true if the line is empty.
    pub fn is_blank(&self, text: &[u8]) -> bool {
        self.ends.len() == 1 && text[self.start as usize..self.ends[0] as usize].trim_ascii().is_empty()
    }
}

/// The position after the line end of the last complete record of `text`, or 0 if there is none.
pub(super) fn last_record_end(text: &[u8], delimiter: u8) -> usize {
    let text = &text[..memchr::memrchr(b'\n', text).map_or(0, |at| at + 1)];
    if memchr::memchr(b'"', text).is_none() {
        return text.len();
    }
    let mut last = Last(0);
    if find_tidy(text, delimiter, &mut last).untidy == 0 {
        return last.0;
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
    /// A quoted part ends.
    Closed,
    /// A cell ends: at a delimiter or a line end.
    End,
}

/// Visits the quotes, delimiters and line ends of a text that starts with a record. Returns the position of an unclosed
/// quote.
///
/// A quote opens only if nothing but spaces precede it in its cell. Elsewhere it is an ordinary character.
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
    /// The start of the cell.
    cell: usize,
    /// The position of the open quote.
    open: Option<usize>,
    /// The position after a doubled quote.
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

    /// A reference implementation that reads one byte after the other.
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
        fn regular_quotes_are_found_chunk_by_chunk(cells in prop::collection::vec(("[ab ,\n]{0,40}|[ab ,\n]{0,40}\"\"[ab\n]{0,30}", "[ab]{0,30}", "[,\n]|\r\n"), 0..12)) {
            let text: String = cells.iter().map(|(quoted, plain, end)| format!("\"{quoted}\",{plain}{end}")).collect::<String>() + "\n";
            let mut ends = Ends::default();
            prop_assert_eq!(find_tidy(text.as_bytes(), b',', &mut ends).untidy, 0);
            ends.find(text.as_bytes(), b',').unwrap();
            prop_assert_eq!(&ends.bounds()[1..], &slowly(&text)[..]);
            prop_assert_eq!(ends.records, ends.bounds()[1..].iter().filter(|&&at| text.as_bytes()[at as usize] == b'\n').count());
            for cut in (0..text.len()).step_by(7) {
                let last = slowly(&text[..cut]).into_iter().rev().find(|&at| text.as_bytes()[at as usize] == b'\n');
                prop_assert_eq!(last_record_end(&text.as_bytes()[..cut], b','), last.map_or(0, |at| at as usize + 1));
            }
        }

        #[test]
        fn cell_ends_match_the_reference_implementation(text in "[ab ,\n\"]{0,200}") {
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
        fn texts_without_quotes_can_have_any_length(text in "[a-c,\n]{0,300}") {
            let mut ends = Ends::default();
            ends.find(text.as_bytes(), b',').unwrap();
            prop_assert_eq!(&ends.bounds()[1..], &slowly(&text)[..]);
        }
    }
}
