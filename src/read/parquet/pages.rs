//! Checks the pages of a column before they are read: the sizes that their headers declare, against the file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, Type};
use parquet::column::page::{Page, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::thrift::{Compact, Field};
use super::{gzip, lengths};
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::read::arrow;
use crate::read::input::Input;
use crate::read::panics::damaged;
use crate::read::wall;

/// The number of rows to read at a time, unless their texts are long.
pub(super) const ROWS: usize = 1 << 12;

/// The texts to read at a time, in bytes: 16 MiB, or one row.
const TEXTS: u64 = 16 << 20;

/// The size of the header of a page, in bytes: 16 MiB.
const MAX_HEADER: u64 = 16 << 20;

/// The part of a header that is read first.
const FIRST: u64 = 1 << 12;

/// The memory that a value of a dictionary or the length of a text takes.
const VALUE_BYTES: u64 = 16;

/// Reports a file that its reader rejects.
pub(super) fn broken(input: &Input, error: &ParquetError) -> Diagnostic {
    arrow::broken(input, "as Parquet", error)
}

/// What the header of a page declares.
#[derive(Debug, Default, PartialEq, Eq)]
struct Header {
    /// The length of the header itself.
    len: u64,
    unpacked: u64,
    packed: u64,
    /// The number of values of a dictionary or a page.
    values: u64,
    is_dictionary: bool,
    /// True if the values of a page are positions in the dictionary.
    is_coded: bool,
    has_lengths: bool,
}

/// The pages of one column in a row group.
pub(super) struct Pages<'a> {
    pub input: &'a Input,
    pub file: &'a File,
    pub size: u64,
    pub column: &'a ColumnChunkMetaData,
    pub budget: &'a Budget,
}

/// What reading the pages of a column needs.
pub(super) struct Needs {
    /// The number of rows to read at a time.
    pub rows: usize,
    /// The memory of the dictionary and of the largest page, packed, unpacked and converted.
    pub bytes: usize,
}

impl Pages<'_> {
    /// Checks all pages, and returns what reading them needs. `rows` is the number of rows of the row group.
    ///
    /// A few bytes of a page can stand for a long text: its place in a dictionary, or the length that it shares with
    /// the text before it. The reader expands the texts of all rows that it reads at a time.
    ///
    /// # Errors
    /// Pages that are not in the file, and pages that need much more memory than the file can hold.
    pub fn check(&self, rows: usize) -> Result<Needs, Diagnostic> {
        let damaged = |reason: &str| damaged(self.input, reason);
        let width = u64::try_from(self.column.column_descr().type_length()).unwrap_or(0);
        self.fits(width.saturating_mul(ROWS as u64), "a batch")?;
        let (start, len) = self.column.byte_range();
        let end = start.checked_add(len).filter(|end| *end <= self.size);
        let end = end.ok_or_else(|| damaged("a column reaches beyond the end of the file"))?;
        let (mut at, mut has_lengths, mut has_dictionary, mut is_coded) = (start, false, false, true);
        let (mut dictionary, mut largest) = (0_u64, 0_u64);
        while at < end {
            self.budget.check("reading the pages of a column")?;
            let header = self.header(at, end).map_err(|error| self.input.unreadable(&error))?;
            let header = header.ok_or_else(|| damaged("the header of a page is incomplete"))?;
            at += header.len;
            self.check_page(&header, at, end)?;
            at += header.packed;
            has_lengths |= header.has_lengths;
            has_dictionary |= header.is_dictionary;
            is_coded &= header.is_dictionary || header.is_coded;
            let page = header.packed.saturating_add(header.unpacked.saturating_mul(2));
            match header.is_dictionary {
                true => dictionary = page.saturating_add(header.values.saturating_mul(VALUE_BYTES)),
                false => largest = largest.max(page),
            }
        }
        let is_text = self.column.column_type() == Type::BYTE_ARRAY;
        let longest = match has_lengths || (is_text && has_dictionary && !is_coded) {
            true => self.longest(rows, has_lengths)?,
            false => 0,
        };
        let rows = usize::try_from(TEXTS / longest.max(1)).map_or(ROWS, |rows| rows.clamp(1, ROWS));
        Ok(Needs { rows, bytes: usize::try_from(dictionary.saturating_add(largest)).unwrap_or(usize::MAX) })
    }

    fn fits(&self, bytes: u64, what: &str) -> Result<(), Diagnostic> {
        wall::check(self.input, self.size, bytes, what, self.budget)
    }

    fn check_page(&self, header: &Header, at: u64, end: u64) -> Result<(), Diagnostic> {
        if header.packed > end - at {
            return Err(damaged(self.input, "a page reaches beyond the end of its column"));
        }
        let values = header.values.saturating_mul(VALUE_BYTES);
        match header {
            Header { is_dictionary: true, .. } => self.fits(values, "the dictionary of a column")?,
            Header { has_lengths: true, .. } => self.fits(values, "the texts of a page")?,
            _ => {}
        }
        self.fits(header.unpacked, "a page")?;
        // Its decoder does not stop at the declared size.
        if matches!(self.column.compression(), Compression::GZIP(_)) {
            let page = self.part(at, header.packed).map_err(|error| self.input.unreadable(&error))?;
            self.fits(gzip::unpacked(&page, header.unpacked), "a page")?;
        }
        Ok(())
    }

    fn part(&self, start: u64, len: u64) -> io::Result<Vec<u8>> {
        let (mut file, mut bytes) = (self.file, vec![]);
        file.seek(SeekFrom::Start(start))?;
        file.take(len).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The header at a position. None if there is none before the end of the column.
    fn header(&self, at: u64, end: u64) -> io::Result<Option<Header>> {
        let mut len = FIRST;
        loop {
            let bytes = self.part(at, len.min(end - at))?;
            match Header::read(&bytes) {
                Some(header) => return Ok(Some(header)),
                None if len < MAX_HEADER.min(end - at) => len *= 8,
                None => return Ok(None),
            }
        }
    }

    /// The length of the longest text of the dictionary, which is the first page, and of pages that declare lengths.
    fn longest(&self, rows: usize, has_lengths: bool) -> Result<u64, Diagnostic> {
        let broken = |error| broken(self.input, &error);
        let file = self.file.try_clone().map_err(|error| self.input.unreadable(&error))?;
        let mut pages = SerializedPageReader::new(Arc::new(file), self.column, rows, None).map_err(broken)?;
        let has_levels = self.column.column_descr().max_def_level() > 0;
        let mut longest = 0;
        while let Some(page) = pages.get_next_page().map_err(broken)? {
            let found = match &page {
                Page::DictionaryPage { buf, .. } => lengths::plain(buf),
                _ => values(&page, has_levels)
                    .and_then(|values| lengths::delta(page.encoding(), values, page.num_values().into())),
            };
            let found = found.ok_or_else(|| damaged(self.input, "the texts of a page have no valid lengths"))?;
            longest = longest.max(found);
            if !has_lengths {
                break;
            }
        }
        Ok(longest)
    }
}

/// The bytes of a page after its levels.
fn values(page: &Page, has_levels: bool) -> Option<&[u8]> {
    let start = match page {
        Page::DataPage { buf, .. } if has_levels => {
            let len = u32::from_le_bytes(buf.get(..4)?.try_into().ok()?);
            usize::try_from(len).ok()?.checked_add(4)?
        }
        Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
            usize::try_from(def_levels_byte_len.checked_add(*rep_levels_byte_len)?).ok()?
        }
        _ => 0,
    };
    page.buffer().get(start..)
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (mut at, mut header) = (Compact::new(bytes), Self::default());
        at.structure(&mut |at, field| {
            match field.number {
                2 => header.unpacked = at.integer(field)?.try_into().ok()?,
                3 => header.packed = at.integer(field)?.try_into().ok()?,
                5 => header.read_values(at, field, 2)?,
                7 => {
                    header.is_dictionary = true;
                    header.read_values(at, field, 2)?;
                }
                8 => header.read_values(at, field, 4)?,
                _ => return Some(false),
            }
            Some(true)
        })?;
        header.len = at.position() as u64;
        Some(header)
    }

    /// Reads the header of a kind of page: the number of values, and the encoding in the field with this number.
    fn read_values(&mut self, at: &mut Compact, field: Field, encoding: i64) -> Option<()> {
        Compact::is_structure(field)?;
        at.structure(&mut |at, field| {
            match field.number {
                1 => self.values = at.integer(field)?.try_into().ok()?,
                number if number == encoding => {
                    let code = at.integer(field)?;
                    let is = |encodings: [Encoding; 2]| encodings.iter().any(|encoding| *encoding as i64 == code);
                    self.has_lengths = is([Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY]);
                    self.is_coded = is([Encoding::RLE_DICTIONARY, Encoding::PLAIN_DICTIONARY]);
                }
                _ => return Some(false),
            }
            Some(true)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_declare_sizes() {
        // A data page of 100 values in the encoding 6, of 300 bytes, packed in 200.
        let bytes = [0x15, 0, 0x15, 0xd8, 4, 0x15, 0x90, 3, 0x2c, 0x15, 0xc8, 1, 0x15, 12, 0, 0];
        let expected =
            Header { len: 16, unpacked: 300, packed: 200, values: 100, has_lengths: true, ..Header::default() };
        assert_eq!(Header::read(&bytes), Some(expected));
        assert_eq!(Header::read(&bytes[..15]), None);
        // A negative size, and a text that is longer than the header.
        assert_eq!(Header::read(&[0x25, 1, 0]), None);
        assert_eq!(Header::read(&[0x98, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]), None);
    }
}
