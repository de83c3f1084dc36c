//! Checks the messages of Arrow IPC files, and the blocks where they are, before they are decoded.

use std::io::{self, Read, Seek, SeekFrom};

use arrow_ipc::{Block, Message, MessageHeader, RecordBatch, root_as_message};

/// The bytes before a compressed buffer: its size after decompression.
const PREFIX: usize = 8;

/// The number of rows of a record batch whose columns hold nothing but nulls: 1,048,576.
pub(super) const MAX_NULL_ROWS: u64 = 1 << 20;

/// Where a message and the bytes that it describes are in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub block: Block,
    start: u64,
    len: u64,
}

impl Place {
    /// The place of a block. None if it is not in a file of this size.
    pub fn new(block: Block, size: u64) -> Option<Self> {
        let start = u64::try_from(block.offset()).ok()?;
        let head = u64::try_from(block.metaDataLength()).ok().filter(|len| *len >= 8)?;
        let len = head.checked_add(u64::try_from(block.bodyLength()).ok()?)?;
        start.checked_add(len).filter(|end| *end <= size)?;
        Some(Self { block, start, len })
    }

    /// Reads the bytes of a message.
    pub fn read(&self, file: &mut (impl Read + Seek)) -> io::Result<Vec<u8>> {
        let mut bytes = vec![];
        file.seek(SeekFrom::Start(self.start))?;
        file.take(self.len).read_to_end(&mut bytes)?;
        match bytes.len() as u64 == self.len {
            true => Ok(bytes),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The size of the message at the start of its bytes.
    pub fn head(&self) -> usize {
        self.block.metaDataLength() as usize
    }
}

/// Checks a message with a head of this size, and the buffers in the bytes after it. Returns the memory that the
/// buffers need when they are decompressed.
///
/// The message is parsed as its reader does, which takes the size of the head only as the place of the buffers: a
/// message may continue beyond a head that is declared too short.
///
/// # Errors
/// Why the file is damaged.
pub(super) fn check(bytes: &[u8], head: usize) -> Result<u64, &'static str> {
    let body = bytes.get(head..).ok_or("a message is incomplete")?;
    let start = if bytes.starts_with(&[0xff; 4]) { 8 } else { 4 };
    let message = bytes.get(start..).and_then(|message| root_as_message(message).ok());
    check_message(&message.ok_or("a message is invalid")?, body)
}

/// Checks a message and the bytes after it, as [`check`].
pub(super) fn check_message(message: &Message, body: &[u8]) -> Result<u64, &'static str> {
    let batch = match message.header_type() {
        MessageHeader::RecordBatch => message.header_as_record_batch(),
        MessageHeader::DictionaryBatch => message.header_as_dictionary_batch().and_then(|batch| batch.data()),
        _ => None,
    };
    batch.map_or(Ok(0), |batch| check_batch(&batch, body))
}

fn check_batch(batch: &RecordBatch, body: &[u8]) -> Result<u64, &'static str> {
    let (mut memory, compressed) = (0_u64, batch.compression().is_some());
    for buffer in batch.buffers().into_iter().flatten() {
        let part = part(body, buffer.offset(), buffer.length()).ok_or("a column reaches beyond its record batch")?;
        let declared = match part.first_chunk::<PREFIX>().filter(|_| compressed).map(|size| i64::from_le_bytes(*size)) {
            Some(-1) | None => part.len() as u64,
            Some(size) => u64::try_from(size).map_err(|_| "a column has a negative size")?,
        };
        memory = memory.saturating_add(declared);
    }
    let rows = |rows: i64| u64::try_from(rows).ok().filter(|rows| *rows <= MAX_NULL_ROWS.max(memory.saturating_mul(8)));
    let counts = batch.nodes().into_iter().flatten().map(|node| node.length()).chain([batch.length()]);
    counts
        .into_iter()
        .try_for_each(|count| rows(count).map(|_| ()))
        .ok_or("a record batch has more rows than values")?;
    Ok(memory)
}

fn part(body: &[u8], offset: i64, length: i64) -> Option<&[u8]> {
    let (start, len) = (usize::try_from(offset).ok()?, usize::try_from(length).ok()?);
    body.get(start..start.checked_add(len)?)
}

/// The memory that each message of a stream needs, up to the first error.
pub(super) struct Messages<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Messages<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Checks the next message. None at the end, and before a message that cannot be parsed.
    fn step(&mut self) -> Option<Result<u64, &'static str>> {
        let number = |at: usize| Some(i32::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?));
        let start = if number(self.at)? == -1 { self.at + 8 } else { self.at + 4 };
        let len = usize::try_from(number(start - 4)?).ok().filter(|len| *len > 0)?;
        let head = self.bytes.get(start..start.checked_add(len)?)?;
        let message = root_as_message(head).ok()?;
        let body = self.bytes.get(start + len..)?;
        let Some(body) = usize::try_from(message.bodyLength()).ok().and_then(|len| body.get(..len)) else {
            return Some(Err("a record batch is incomplete"));
        };
        self.at = start + len + body.len();
        Some(check_message(&message, body))
    }
}

impl Iterator for Messages<'_> {
    type Item = Result<u64, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_in_the_file() {
        let is_right = |offset, head, body| Place::new(Block::new(offset, head, body), 100).is_some();
        assert!(is_right(8, 16, 76));
        for (offset, head, body) in [(8, 16, 77), (-8, 16, 8), (8, -16, 8), (8, 0, 8), (8, 16, -8), (8, 16, i64::MAX)] {
            assert!(!is_right(offset, head, body), "{offset} {head} {body}");
        }
    }
}
