//! Checks the archive of a workbook before it is parsed: what it unpacks to, and what its parser would allocate.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::tags::{MAX_TAG, Tags};
use crate::budget::{Budget, Charge};
use crate::diagnostic::{Code, Diagnostic};
use crate::read::input::Input;
use crate::read::panics::damaged;
use crate::read::wall;

/// The number of files in a workbook.
pub(super) const MAX_FILES: usize = 10_000;

/// The memory that the parser needs for a text, besides the text.
const TEXT_BYTES: u64 = 24;

/// A workbook in memory.
pub(super) struct Archive {
    pub bytes: Cursor<Vec<u8>>,
    /// What counts these bytes.
    pub held: Charge,
    /// The memory that its cells may need.
    pub memory: Budget,
    /// What its texts and formats need of it.
    pub charge: Charge,
}

/// Reads a workbook into memory and checks it.
///
/// # Errors
/// A file that cannot be read, and one that unpacks to much more than its size, or declares more than it holds.
pub(super) fn open(input: &Input) -> Result<Archive, Diagnostic> {
    let (bytes, held) = input.in_memory()?;
    let size = bytes.len() as u64;
    let memory = wall::memory(size, &input.budget);
    // Unpacked pieces are only counted here: they are not kept.
    let unpacked = wall::memory(size, &Budget::unlimited()).charge();
    let mut check = Check { input, unpacked, charge: memory.charge() };
    // An archive or a file that is invalid is an error of the parser.
    if let Ok(mut archive) = ZipArchive::new(Cursor::new(&bytes)) {
        if archive.len() > MAX_FILES {
            let message = format!("`{}` has {} files: expected at most {MAX_FILES}", input.label, archive.len());
            return Err(Diagnostic::error(Code::LimitReached, message).in_data(input.place(None)));
        }
        for at in 0..archive.len() {
            archive.by_index(at).map_or(Ok(()), |file| check.file(file))?;
        }
    }
    Ok(Archive { bytes: Cursor::new(bytes), held, memory, charge: check.charge })
}

struct Check<'a> {
    input: &'a Input,
    unpacked: Charge,
    charge: Charge,
}

impl Check<'_> {
    /// Reads a file of the archive to its end. Its declared size proves nothing.
    fn file(&mut self, mut file: ZipFile<Cursor<&Vec<u8>>>) -> Result<(), Diagnostic> {
        let name = file.name().map_or_else(|_| String::new(), |name| name.to_lowercase());
        let is_parsed_at_once = name.ends_with("sharedstrings.xml") || name.ends_with("styles.xml");
        let mut tags = is_parsed_at_once.then(Tags::new);
        let mut piece = vec![0; 1 << 16];
        let mut size = 0;
        while let Ok(len @ 1..) = file.read(&mut piece) {
            self.input.budget.check("unpacking a workbook")?;
            size += len as u64;
            let label = &self.input.label;
            let counted = self.unpacked.grow(len, format_args!("the unpacked files of `{label}`"));
            counted.map_err(|error| self.placed(error))?;
            if let Some(tags) = &mut tags
                && tags.read(&piece[..len]).is_none()
            {
                let reason = format!("`{name}` is not UTF-8, or has a tag of more than {MAX_TAG} bytes");
                return Err(damaged(self.input, &reason));
            }
        }
        tags.map_or(Ok(()), |tags| self.tags(&tags, size))
    }

    fn tags(&mut self, tags: &Tags, size: u64) -> Result<(), Diagnostic> {
        let texts = tags.declared_texts.max(tags.texts).saturating_mul(TEXT_BYTES);
        let formats = tags.formats.saturating_mul(tags.largest);
        for (bytes, what) in [(texts.saturating_add(size), "the texts"), (formats, "the cell formats")] {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            let counted = self.charge.grow(bytes, format_args!("{what} of `{}`", self.input.label));
            counted.map_err(|error| self.placed(error))?;
        }
        Ok(())
    }

    fn placed(&self, error: Diagnostic) -> Diagnostic {
        error.in_data(self.input.place(None))
    }
}
