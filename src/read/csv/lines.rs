//! Finds the last whole record of a piece of CSV text.

use std::collections::VecDeque;

use super::split::{Ends, last_record_end};
use crate::data::Pieces;
use crate::diagnostic::Diagnostic;
use crate::read::blocks::{Block, Blocks, MAX_RECORD_BYTES, Separator};
use crate::read::formatting::none_left;
use crate::read::input::Input;

/// The Ctrl-Z that old programs write at the end of a text.
pub(super) const END_OF_TEXT: u8 = 0x1A;

/// Records in lines, with cells separated by a delimiter.
pub(super) struct Lines {
    pub delimiter: u8,
}

impl Separator for Lines {
    type Records = ();

    fn split(&mut self, block: &mut Block, ended: bool) -> Result<usize, Diagnostic> {
        if ended && block.bytes().len() <= MAX_RECORD_BYTES {
            return Ok(finished(block));
        }
        let text = block.bytes();
        Ok(without_whitespace_lines(&text[..last_record_end(text, self.delimiter)]))
    }

    fn endless(&self, _: &[u8]) -> (usize, &'static str) {
        (0, "close the quote at the start of the cell: everything after it belongs to the same cell")
    }
}

/// The position at which the last `count` records of a text start. Blank lines are not records.
pub(super) fn start_of_last(count: u32, body: u64, delimiter: u8, input: &Input) -> Result<u64, Diagnostic> {
    let mut records = 0_u64;
    let (mut starts, mut ends) = (VecDeque::new(), Ends::default());
    let mut blocks = Blocks::new(input, body, Lines { delimiter }, &input.budget)?;
    let mut block = Block::default();
    while blocks.next(&mut block)? {
        input.budget.check("looking for the last rows of a file")?;
        let text = block.text(input)?;
        // Quotes that are never closed are reported when the rows are read.
        let _ = ends.find(text.as_bytes(), delimiter);
        for record in ends.records(text.as_bytes()).filter(|record| !record.is_blank(text.as_bytes())) {
            records += 1;
            starts.push_back(block.offset + record.start() as u64);
            if starts.len() > count as usize {
                starts.pop_front();
            }
        }
    }
    if records > 0 && records <= u64::from(count) {
        return Err(none_left(count, records, input));
    }
    Ok(starts.front().copied().unwrap_or(body))
}

/// The end of the last block. Whitespace lines at the end of the text are ignored, and a missing line end is added.
fn finished(block: &mut Block) -> usize {
    while let [text @ .., END_OF_TEXT] = block.bytes() {
        block.truncate(text.len());
    }
    if block.bytes().last().is_some_and(|&byte| byte != b'\n') {
        block.push(b'\n');
    }
    without_whitespace_lines(block.bytes())
}

/// The length of a text of whole lines without the whitespace lines at its end.
fn without_whitespace_lines(text: &[u8]) -> usize {
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
    use crate::budget::Budget;

    fn blocks(text: &str) -> Vec<(u64, String)> {
        let input = Input::text("t", text);
        let mut blocks = Blocks::new(&input, 0, Lines { delimiter: b',' }, &Budget::unlimited()).unwrap();
        let mut block = Block::default();
        let mut all = vec![];
        while blocks.next(&mut block).unwrap() {
            all.push((block.offset, String::from_utf8(block.bytes().to_vec()).unwrap()));
        }
        all
    }

    #[test]
    fn blocks_are_whole_records_that_add_up_to_the_text() {
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
    fn blank_lines_at_the_end_are_ignored() {
        assert_eq!(blocks("a,b\n1,2\n\r\n  \n\n"), [(0, "a,b\n1,2\n".to_string())]);
        assert_eq!(blocks("a,b\r\n1,2"), [(0, "a,b\r\n1,2\n".to_string())]);
        assert_eq!(blocks("a,b\n1,2\n\x1a"), [(0, "a,b\n1,2\n".to_string())]);
        assert_eq!(blocks(""), []);
        assert_eq!(blocks("\n \n"), []);
    }

    #[test]
    fn a_record_has_a_maximum_length() {
        let input = Input::text("t", &format!("\"{}", "x\n".repeat(MAX_RECORD_BYTES / 2 + (1 << 19))));
        let error = Blocks::new(&input, 0, Lines { delimiter: b',' }, &Budget::unlimited())
            .unwrap()
            .next(&mut Block::default())
            .err()
            .unwrap();
        assert_eq!(error.message, "a record is longer than 16 MiB");
    }
}
