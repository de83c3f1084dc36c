//! Deals a stream of CSV text out in blocks of whole records.

use super::split::last_record_end;
use crate::diagnostic::{Code, Diagnostic};
use crate::read::deal::Pieces;
use crate::read::input::{Input, Stream, fill};

/// Bytes read at a time.
const BLOCK: usize = 1 << 19;

/// Bytes that one record may have; a quote that is never closed shows itself here.
pub const MAX_RECORD_BYTES: usize = 1 << 24;

/// What old programs write behind a text: Ctrl-Z.
pub(super) const END_OF_TEXT: u8 = 0x1A;

/// Some whole records.
#[derive(Default)]
pub(super) struct Block {
    /// The text's bytes, of which only the first `len` belong to the block; ends with a line end.
    buffer: Vec<u8>,
    len: usize,
    /// Where the block starts in the text.
    pub offset: u64,
}

impl Block {
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

/// Reads a text from its first record on.
pub(super) struct Blocks<'a> {
    input: &'a Input,
    stream: Stream,
    delimiter: u8,
    /// What was read and belongs to the next block.
    rest: Vec<u8>,
    offset: u64,
    ended: bool,
}

impl<'a> Blocks<'a> {
    /// Starts behind the first `body` bytes of the text.
    pub fn new(input: &'a Input, body: u64, delimiter: u8) -> Result<Self, Diagnostic> {
        let mut blocks = Self { input, stream: input.text_stream()?, delimiter, rest: vec![], offset: 0, ended: false };
        blocks.skip(body)?;
        Ok(blocks)
    }

    fn skip(&mut self, body: u64) -> Result<(), Diagnostic> {
        let mut left = body;
        while left > 0 && !self.ended {
            let start = self.rest.len();
            self.read_more(start)?;
            let skipped = usize::try_from(left).unwrap_or(usize::MAX).min(self.rest.len());
            self.rest.drain(..skipped);
            left -= skipped as u64;
        }
        self.offset = body - left;
        Ok(())
    }

    /// Reads one more piece behind the first `len` bytes of `rest`.
    fn read_more(&mut self, len: usize) -> Result<(), Diagnostic> {
        let mut rest = std::mem::take(&mut self.rest);
        let filled = self.read_into(&mut rest, len)?;
        rest.truncate(filled);
        self.rest = rest;
        Ok(())
    }

    fn read_into(&mut self, buffer: &mut Vec<u8>, len: usize) -> Result<usize, Diagnostic> {
        // A record longer than a block is read in growing steps, so that it is searched for its end a few times only.
        let wanted = BLOCK.max(len);
        if buffer.len() < len + wanted {
            buffer.resize(len + wanted, 0);
        }
        let read = fill(&mut self.stream, &mut buffer[len..len + wanted]);
        let read = read.map_err(|error| self.input.unreadable(&error))?;
        self.ended = read < wanted;
        Ok(len + read)
    }

    fn endless(&self) -> Diagnostic {
        let message = format!("a record is longer than {} MiB", MAX_RECORD_BYTES >> 20);
        Diagnostic::error(Code::BadTable, message)
            .in_data(self.input.place(self.input.line(self.offset)))
            .hint("a quote that opens at the start of a cell and is never closed takes in all that follows")
    }
}

impl Pieces for Blocks<'_> {
    type Piece = Block;

    fn next(&mut self, block: &mut Block) -> Result<bool, Diagnostic> {
        let mut filled = self.rest.len();
        if block.buffer.len() < filled {
            block.buffer.resize(filled, 0);
        }
        block.buffer[..filled].copy_from_slice(&self.rest);
        self.rest.clear();
        let end = loop {
            if self.ended {
                break finished(&mut block.buffer, filled);
            }
            filled = self.read_into(&mut block.buffer, filled)?;
            let end = without_blank_lines(&block.buffer[..last_record_end(&block.buffer[..filled], self.delimiter)]);
            if end > 0 && !self.ended {
                self.rest.extend_from_slice(&block.buffer[end..filled]);
                break end;
            }
            if filled > MAX_RECORD_BYTES {
                return Err(self.endless());
            }
        };
        (block.len, block.offset) = (end, self.offset);
        self.offset += end as u64;
        Ok(end > 0)
    }
}

/// The end of the last block: blank lines at the end of the text are nothing, a missing line end is added.
fn finished(buffer: &mut Vec<u8>, filled: usize) -> usize {
    buffer.truncate(filled);
    while buffer.last() == Some(&END_OF_TEXT) {
        buffer.pop();
    }
    if buffer.last().is_some_and(|&byte| byte != b'\n') {
        buffer.push(b'\n');
    }
    without_blank_lines(buffer)
}

/// The length of a text of whole lines without the blank ones at its end.
fn without_blank_lines(text: &[u8]) -> usize {
    let mut end = text.len();
    while end > 0 {
        let start = memchr::memrchr(b'\n', &text[..end - 1]).map_or(0, |at| at + 1);
        if !text[start..end].trim_ascii().is_empty() || text[start..end].contains(&b'\t') {
            break;
        }
        end = start;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<(u64, String)> {
        let input = Input::text("t", text);
        let mut blocks = Blocks::new(&input, 0, b',').unwrap();
        let mut block = Block::default();
        let mut all = vec![];
        while blocks.next(&mut block).unwrap() {
            all.push((block.offset, String::from_utf8(block.bytes().to_vec()).unwrap()));
        }
        all
    }

    #[test]
    fn blocks_are_whole_records_and_make_up_the_text() {
        let text: String = (0..90_000).map(|row| format!("{row},\"a\n,\"\"{row}\"\n")).collect();
        let blocks = blocks(&text);
        assert!(blocks.len() > 2);
        assert_eq!(blocks.iter().map(|(_, text)| text.as_str()).collect::<String>(), text);
        for (offset, block) in &blocks {
            assert!(text[*offset as usize..].starts_with(block.as_str()));
            assert!(block.as_bytes()[0].is_ascii_digit() && block.ends_with("\"\n"));
        }
    }

    #[test]
    fn blank_lines_at_the_end_are_nothing() {
        assert_eq!(blocks("a,b\n1,2\n\r\n  \n\n"), [(0, "a,b\n1,2\n".to_string())]);
        assert_eq!(blocks("a,b\r\n1,2"), [(0, "a,b\r\n1,2\n".to_string())]);
        assert_eq!(blocks("a,b\n1,2\n\x1a"), [(0, "a,b\n1,2\n".to_string())]);
        assert_eq!(blocks(""), []);
        assert_eq!(blocks("\n \n"), []);
    }

    #[test]
    fn a_record_has_a_limit() {
        let input = Input::text("t", &format!("\"{}", "x\n".repeat(MAX_RECORD_BYTES / 2 + BLOCK)));
        let error = Blocks::new(&input, 0, b',').unwrap().next(&mut Block::default()).err().unwrap();
        assert_eq!(error.message, "a record is longer than 16 MiB");
    }
}
