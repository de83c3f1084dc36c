//! Reads the parts of a text file that show its format.

use std::io::{Read, Seek, SeekFrom};

use super::encoding::{Encoding, NAMES};
use super::input::Input;
use super::stream::fill;
use super::tally::{Distinct, Tally};
use crate::data::{ColumnId, Formatting};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};

/// Files up to this number of bytes are inspected completely before they are read.
pub const SAMPLED_WHOLE_BYTES: usize = 4 << 20;

/// The number of bytes to inspect in larger files, at the start and, in uncompressed files, at three other places.
pub const SAMPLED_PIECE_BYTES: usize = 1 << 19;

/// About how large a table is, from the inspected part of its file.
#[derive(Debug)]
pub(super) struct Size {
    /// The number of rows.
    pub rows: Option<u64>,
    /// The number of different values in the inspected part of each column, if it can be counted.
    distinct: Vec<Distinct>,
}

impl Size {
    /// The size of a table, of which this many records in this many bytes were inspected.
    pub fn new<'t>(
        records: u64,
        bytes: u64,
        whole: bool,
        input: &Input,
        tallies: impl IntoIterator<Item = &'t Tally>,
    ) -> Self {
        let scaled = |size: u64| (u128::from(size) * u128::from(records) / u128::from(bytes.max(1))) as u64;
        let rows = if whole { Some(records) } else { input.about_bytes().map(scaled) };
        Self { rows, distinct: tallies.into_iter().map(Tally::distinct).collect() }
    }

    /// The number of different values of a column.
    pub fn distinct(&self, column: ColumnId) -> Option<u64> {
        match self.distinct.get(column.0 as usize)? {
            Distinct::Exactly(values) => Some((*values).max(1)),
            // Between the values that were seen and one for each row: the middle in orders of magnitude.
            Distinct::AtLeast(values) => Some(self.rows?.saturating_mul(*values).isqrt().max(*values)),
            Distinct::Unknown => None,
        }
    }
}

/// Detects the encoding of a file and stores it in `input`. Returns true if the inspected bytes are the whole file.
pub(super) fn look_at_start(input: &mut Input, formatting: &Formatting) -> Result<bool, Diagnostic> {
    let mut bytes = vec![0; SAMPLED_WHOLE_BYTES];
    let len = fill(&mut input.bytes()?, &mut bytes).map_err(|error| input.unreadable(&error))?;
    input.encoding = declared_encoding(&bytes[..len], formatting, input)?;
    Ok(len < SAMPLED_WHOLE_BYTES)
}

/// The declared encoding, or else the one that the first bytes indicate.
fn declared_encoding(bytes: &[u8], formatting: &Formatting, input: &Input) -> Result<Encoding, Diagnostic> {
    let Some(name) = &formatting.encoding else { return Ok(Encoding::detect(bytes)) };
    Encoding::named(name, bytes).ok_or_else(|| {
        Diagnostic::error(Code::BadProperty, format!("unknown encoding `{name}`"))
            .in_data(input.place(None))
            .maybe_hint(did_you_mean(name, NAMES))
    })
}

/// Visits three more pieces of a large file whose bytes are its text, with their offsets.
pub(super) fn further_pieces(input: &Input, mut visit: impl FnMut(&[u8], u64) -> Option<()>) -> Option<()> {
    let mut file = input.seekable().filter(|_| input.encoding.is_plain())?;
    let len = file.seek(SeekFrom::End(0)).ok()?;
    let mut bytes = vec![0; SAMPLED_PIECE_BYTES];
    for part in 1..=3 {
        let start = (len / 3 * part).min(len.saturating_sub(SAMPLED_PIECE_BYTES as u64));
        file.seek(SeekFrom::Start(start)).ok()?;
        let left = input.end.map_or(u64::MAX, |end| end.saturating_sub(start));
        let filled = fill(&mut Read::by_ref(&mut file).take(left), &mut bytes).ok()?;
        // Errors are reported when the rows are read.
        let _ = visit(&bytes[..filled], start);
    }
    Some(())
}
