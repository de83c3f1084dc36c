//! Splits a stream of text into blocks of whole records, and turns blocks into batches of columns.

use std::borrow::Cow;

use super::input::Input;
use super::stream::{Stream, fill};
use crate::budget::{Budget, Charge};
use crate::data::{Batch, Pieces, deal};
use crate::diagnostic::{Code, Diagnostic};
use crate::value::Vector;

/// The number of bytes to read at a time.
const BLOCK: usize = 1 << 19;

/// The maximum number of bytes of a record, which also detects a quote that is never closed.
pub const MAX_RECORD_BYTES: usize = 1 << 24;

/// The memory that the cells of a text take, for each of its bytes: the end of a cell of two bytes, and its value in a
/// column, or its text in a dictionary.
pub(super) const BYTES_PER_BYTE: usize = 12;

/// The memory of a value in a column, with its cause.
pub(super) const VALUE_BYTES: usize = 17;

/// A block of whole records.
#[derive(Default)]
pub(super) struct Block<R = ()> {
    /// The bytes of the text, of which only the first `len` belong to the block.
    buffer: Vec<u8>,
    len: usize,
    /// Where the block starts in the text.
    pub offset: u64,
    /// The information that was collected about its records.
    pub records: R,
}

impl<R> Block<R> {
    /// Its text.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// Its text, which must be UTF-8.
    pub fn text(&self, input: &Input) -> Result<&str, Diagnostic> {
        let bytes = self.bytes();
        std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            input.not_text(self.offset + at as u64, bad_bytes(bytes, at))
        })
    }

    /// Removes everything after the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.len = len;
    }

    /// Adds a byte at the end.
    pub fn push(&mut self, byte: u8) {
        self.buffer.truncate(self.len);
        self.buffer.push(byte);
        self.len += 1;
    }

    /// The bytes that its buffer lacks to hold this many more.
    fn lacks(&self, more: usize) -> usize {
        (self.len + more).saturating_sub(self.buffer.len())
    }

    /// Appends up to this many bytes from a stream, and returns how many were read.
    fn read(&mut self, stream: &mut Stream, most: usize) -> std::io::Result<usize> {
        let end = self.len + most;
        let lacks = self.lacks(most);
        if lacks > 0 {
            self.buffer.reserve_exact(lacks);
            self.buffer.resize(end, 0);
        }
        let read = fill(stream, &mut self.buffer[self.len..end])?;
        self.len += read;
        Ok(read)
    }

    fn replace(&mut self, bytes: &[u8]) {
        if self.buffer.len() < bytes.len() {
            self.buffer.resize(bytes.len(), 0);
        }
        self.buffer[..bytes.len()].copy_from_slice(bytes);
        self.len = bytes.len();
    }
}

/// The first bytes that are not valid text, at most four.
pub(super) fn bad_bytes(bytes: &[u8], at: usize) -> &[u8] {
    let len = bytes[at..].iter().take(4).take_while(|&&byte| byte >= 0x80).count();
    &bytes[at..at + len.max(1)]
}

/// How a format separates its records.
pub(super) trait Separator: Send {
    /// The information that is collected about the records of a block.
    type Records: Default;

    /// Finds the whole records at the start of a text. Returns the end of the last one, or 0 if there is none. If the
    /// text has `ended`, nothing follows it and the block may be changed.
    ///
    /// # Errors
    /// If the text does not start with a record.
    fn split(&mut self, block: &mut Block<Self::Records>, ended: bool) -> Result<usize, Diagnostic>;

    /// Checks the end of a text, after all records.
    fn finish(&self, _rest: &Block<Self::Records>) -> Result<(), Diagnostic> {
        Ok(())
    }

    /// The start of a record that is too long, and a hint about it. The text does not contain the end of the record.
    fn endless(&self, text: &[u8]) -> (usize, &'static str);
}

/// Reads a text from its first record.
pub(super) struct Blocks<'a, S> {
    input: &'a Input,
    stream: Stream,
    /// The bytes that were read but belong to the next block.
    rest: Vec<u8>,
    /// Where the next block starts in the text.
    offset: u64,
    ended: bool,
    pub separator: S,
    /// The buffers of all blocks.
    buffers: Charge,
}

impl<'a, S: Separator> Blocks<'a, S> {
    /// Starts after the first `body` bytes of the text.
    pub fn new(input: &'a Input, body: u64, separator: S, budget: &Budget) -> Result<Self, Diagnostic> {
        let (stream, buffers) = (input.text_stream()?, budget.charge());
        let mut blocks = Self { input, stream, rest: vec![], offset: 0, ended: false, separator, buffers };
        while blocks.offset < body && !blocks.ended {
            let mut block = Block::default();
            blocks.read_more(&mut block)?;
            let skipped = block.len.min(usize::try_from(body - blocks.offset).unwrap_or(usize::MAX));
            blocks.offset += skipped as u64;
            blocks.rest = block.bytes()[skipped..].to_vec();
        }
        Ok(blocks)
    }

    fn read_more(&mut self, block: &mut Block<S::Records>) -> Result<(), Diagnostic> {
        if self.ended {
            return Ok(());
        }
        self.buffers.budget().check("reading rows")?;
        // A record longer than a block is read in growing steps, so that the search for its end is repeated only a few
        // times.
        let requested = BLOCK.max(block.len);
        // What follows the last whole record is copied to the next block.
        let bytes = 2 * block.lacks(requested);
        self.buffers.grow(bytes, format_args!("the text of `{}` that is read at a time", self.input.label))?;
        let read = block.read(&mut self.stream, requested).map_err(|error| self.input.unreadable(&error))?;
        self.ended = read < requested;
        Ok(())
    }

    fn endless(&self, block: &Block<S::Records>) -> Diagnostic {
        let (start, hint) = self.separator.endless(block.bytes());
        let message = format!("a record is longer than {} MiB", MAX_RECORD_BYTES >> 20);
        Diagnostic::error(Code::BadTable, message)
            .in_data(self.input.place(self.input.line(block.offset + start as u64)))
            .hint(hint)
    }

    /// The positions in the text of some records, which are in ascending order. `starts` finds the positions of the records
    /// of a block.
    pub fn starts_of(
        mut self,
        records: &[usize],
        mut starts: impl FnMut(&Block<S::Records>) -> Option<Vec<u64>>,
    ) -> Option<Vec<u64>> {
        let (mut block, mut before, mut found) = (Block::default(), 0, Vec::with_capacity(records.len()));
        while found.len() < records.len() && self.next(&mut block).ok()? {
            let starts = starts(&block)?;
            let rest = records[found.len()..].iter();
            found.extend(rest.map_while(|record| starts.get(record.checked_sub(before)?)));
            before += starts.len();
        }
        (found.len() == records.len()).then_some(found)
    }

    /// Reads all columns that a reader builds, with the number of rows.
    pub fn into_columns<R: BlockReader<S>>(mut self, mut reader: R) -> Result<(Vec<Vector>, usize), Diagnostic> {
        let (mut block, mut rows) = (Block::default(), 0);
        while self.next(&mut block)? {
            rows += reader.read(&block)?;
        }
        Ok((reader.finish(), rows))
    }

    /// Visits all batches of columns on several threads, each with its own reader.
    pub fn scan<R: BlockReader<S>>(
        self,
        threads: usize,
        reader: impl Fn() -> R + Sync,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let (budget, label) = (&self.buffers.budget().clone(), self.input.label.clone());
        let label = &*label;
        deal(self, threads, &|number| {
            let (mut reader, mut columns) = (reader(), budget.charge());
            Ok(move |block: &mut Block<S::Records>| {
                columns.resize(reader.bytes(block), format_args!("the columns of a block of `{label}`"))?;
                let rows = reader.read(block)?;
                visit(number, &Batch { columns: reader.finish().into_iter().map(Cow::Owned).collect(), rows })
            })
        })
    }
}

/// Converts the records of blocks to columns.
pub(super) trait BlockReader<S: Separator> {
    /// The memory that the columns of a block take at most, and what is kept from earlier blocks.
    fn bytes(&self, block: &Block<S::Records>) -> usize;

    /// Adds the records of a block and returns their number.
    fn read(&mut self, block: &Block<S::Records>) -> Result<usize, Diagnostic>;

    /// The columns of the records added since the last call.
    fn finish(&mut self) -> Vec<Vector>;
}

impl<S: Separator> Pieces for Blocks<'_, S> {
    type Piece = Block<S::Records>;

    fn next(&mut self, block: &mut Block<S::Records>) -> Result<bool, Diagnostic> {
        block.replace(&self.rest);
        self.rest.clear();
        block.offset = self.offset;
        loop {
            self.read_more(block)?;
            let end = self.separator.split(block, self.ended)?;
            if end > 0 {
                self.rest.extend_from_slice(&block.bytes()[end..]);
                self.offset += end as u64;
                block.truncate(end);
                return Ok(true);
            }
            if block.len > MAX_RECORD_BYTES {
                return Err(self.endless(block));
            }
            if self.ended {
                self.separator.finish(block)?;
                return Ok(false);
            }
        }
    }
}
