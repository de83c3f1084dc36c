//! Opens files and texts, again and again, as streams of UTF-8.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

use super::encoding::Encoding;
use crate::diagnostic::{CellPlace, Code, Diagnostic};

/// A stream that may be handed from thread to thread.
pub(super) type Stream = Box<dyn Read + Send>;

/// Where bytes come from.
#[derive(Debug, Clone)]
pub(super) struct Input {
    origin: Origin,
    /// What messages call it.
    pub label: Arc<str>,
    /// How its bytes become text.
    pub encoding: Encoding,
}

#[derive(Debug, Clone)]
enum Origin {
    File(PathBuf),
    Text(Arc<[u8]>),
}

impl Input {
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let label = path.display().to_string().into();
        Self { origin: Origin::File(path), label, encoding: Encoding::default() }
    }

    pub fn text(label: &str, text: &str) -> Self {
        Self { origin: Origin::Text(text.as_bytes().into()), label: label.into(), encoding: Encoding::default() }
    }

    /// Its bytes from the start, decompressed.
    pub fn bytes(&self) -> Result<Stream, Diagnostic> {
        match &self.origin {
            Origin::Text(text) => Ok(Box::new(Cursor::new(text.clone()))),
            Origin::File(path) => {
                let file = File::open(path).map_err(|error| self.unreadable(&error))?;
                super::compression::decompressed(path, file).map_err(|error| self.unreadable(&error))
            }
        }
    }

    /// Its text from the start, without a byte order mark. UTF-8 is passed on unchecked.
    pub fn text_stream(&self) -> Result<Stream, Diagnostic> {
        self.encoding.decoded(self.bytes()?).map_err(|error| self.unreadable(&error))
    }

    /// The file, where its bytes can be read at any place.
    pub fn seekable(&self) -> Option<File> {
        match &self.origin {
            Origin::File(path) if !super::compression::is_compressed(path) => File::open(path).ok(),
            _ => None,
        }
    }

    /// The 1-based line of a byte of the text: everything before it is read once more.
    pub fn line(&self, offset: u64) -> Option<u64> {
        let mut stream = self.text_stream().ok()?;
        let mut buffer = vec![0; 1 << 18];
        let (mut line, mut left) = (1, offset);
        while left > 0 {
            let len = fill(&mut stream, &mut buffer).ok()?.min(usize::try_from(left).unwrap_or(usize::MAX));
            if len == 0 {
                break;
            }
            line += memchr::memchr_iter(b'\n', &buffer[..len]).count() as u64;
            left -= len as u64;
        }
        Some(line)
    }

    /// A place in it.
    pub fn place(&self, line: Option<u64>) -> CellPlace {
        CellPlace { file: self.label.to_string(), line, column: None, cell: None }
    }

    /// An error of the system, as a problem of this file.
    pub fn unreadable(&self, error: &io::Error) -> Diagnostic {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_string(),
            io::ErrorKind::PermissionDenied => "permission denied".to_string(),
            io::ErrorKind::IsADirectory => "it is a folder".to_string(),
            _ => error.to_string(),
        };
        Diagnostic::error(Code::Unreadable, format!("cannot read `{}`: {reason}", self.label)).in_data(self.place(None))
    }

    /// Bytes that are not in the encoding, with the line they stand in.
    pub fn not_text(&self, offset: u64, bytes: &[u8]) -> Diagnostic {
        let shown: Vec<String> = bytes.iter().take(4).map(|byte| format!("{byte:02X}")).collect();
        let message = format!("the bytes {} are not UTF-8", shown.join(" "));
        Diagnostic::error(Code::Unreadable, message).in_data(self.place(self.line(offset))).hint(
            "save the file as UTF-8, or say how it is encoded in the dataset's block: `encoding \"windows-1252\"`",
        )
    }
}

/// Reads until the buffer is full or the stream ends; how much there is.
pub(super) fn fill(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(len) => filled += len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
