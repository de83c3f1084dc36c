//! Opens files and texts repeatedly as streams of UTF-8.

use std::fs::{self, File, Metadata};
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::compression;
use super::encoding::Encoding;
use super::stream::{MAX_IN_MEMORY, Stream, fill, read_up_to};
use crate::budget::{Budget, Charge};
use crate::data::BytesRead;
use crate::diagnostic::{CellPlace, Code, Diagnostic};

/// The source of the bytes.
#[derive(Debug, Clone)]
pub(super) struct Input {
    origin: Origin,
    /// The label in messages.
    pub label: Arc<str>,
    /// The encoding of its bytes.
    pub encoding: Encoding,
    /// The time and memory of opening it. A scan has its own.
    pub budget: Budget,
    /// The position of the only array of records in a JSON text that is a record around it.
    pub wrapped: Option<u64>,
    /// The position at which the text ends, if what follows is left out.
    pub end: Option<u64>,
}

#[derive(Debug, Clone)]
enum Origin {
    File(PathBuf, Arc<Version>),
    Text(InMemory),
}

/// Bytes in memory, and what counts them.
#[derive(Debug, Clone)]
struct InMemory(Arc<(Vec<u8>, Charge)>);

impl AsRef<[u8]> for InMemory {
    fn as_ref(&self) -> &[u8] {
        &self.0.0
    }
}

/// Identifies the contents of a file that were inspected first. The detected formats apply only to these contents.
#[derive(Debug)]
struct Version {
    len: u64,
    modified: Option<SystemTime>,
    start: Vec<u8>,
    /// The bytes that have been read since then.
    read: AtomicU64,
}

/// The number of bytes that are read first of a file that is read into memory.
const FIRST_PIECE: usize = 1 << 16;

/// How many times larger than a compressed file its contents usually are.
const USUAL_RATIO: u64 = 6;

const CHANGED: &str = "it was changed after it was opened";

/// The number of bytes at the start of a file that are compared. Usually they contain the column names.
const START: usize = 1 << 12;

impl Input {
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let label = path.display().to_string().into();
        let version = Arc::new(Version::of(&path));
        Self {
            origin: Origin::File(path, version),
            label,
            encoding: Encoding::default(),
            budget: Budget::unlimited(),
            wrapped: None,
            end: None,
        }
    }

    /// The same, opened within a budget.
    pub fn within(self, budget: &Budget) -> Self {
        Self { budget: budget.clone(), ..self }
    }

    /// Reads a stream that can be read only once into memory, and decompresses it if its first bytes require it.
    ///
    /// # Errors
    /// If the stream cannot be read.
    pub fn stream(label: &str, stream: impl Read, budget: &Budget) -> Result<Self, Diagnostic> {
        let mut input = Self::text(label, "").within(budget);
        let (bytes, charge) = input.read_whole(stream)?;
        input.origin = Origin::Text(InMemory(Arc::new(match compression::decompressed_bytes(bytes) {
            Ok(bytes) => (bytes, charge),
            Err(packed) => input.read_whole(packed.map_err(|error| input.unreadable(&error))?)?,
        })));
        Ok(input)
    }

    pub fn text(label: &str, text: &str) -> Self {
        let budget = Budget::unlimited();
        let origin = Origin::Text(InMemory(Arc::new((text.as_bytes().to_vec(), budget.charge()))));
        Self { origin, label: label.into(), encoding: Encoding::default(), budget, wrapped: None, end: None }
    }

    /// About how many bytes it has, decompressed. None if it is unknown.
    pub fn about_bytes(&self) -> Option<u64> {
        match &self.origin {
            Origin::Text(text) => Some(text.as_ref().len() as u64),
            Origin::File(path, _) if compression::is_compressed(path) => {
                fs::metadata(path).ok().map(|metadata| metadata.len().saturating_mul(USUAL_RATIO))
            }
            Origin::File(_, version) => Some(version.len),
        }
    }

    /// How much of the file has been read. A compressed file counts as it is.
    pub fn bytes_read(&self) -> Option<BytesRead> {
        let Origin::File(_, version) = &self.origin else { return None };
        Some(BytesRead { bytes: version.read.load(Ordering::Relaxed), of: version.len })
    }

    /// Counts bytes of a file that are read in any order.
    #[cfg(feature = "ipc")]
    pub fn count(&self, bytes: usize) {
        if let Origin::File(_, version) = &self.origin {
            version.read.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }

    /// Opens the decompressed bytes, from the start.
    pub fn bytes(&self) -> Result<Stream, Diagnostic> {
        match &self.origin {
            Origin::Text(text) => Ok(Box::new(Cursor::new(text.clone()))),
            Origin::File(path, version) => {
                let opened = File::open(path).and_then(|file| Whole::new(file, version));
                let bytes = opened.and_then(|file| compression::decompressed(path, file));
                bytes.map_err(|error| self.unreadable(&error))
            }
        }
    }

    /// Opens the text without a byte order mark, from the start. UTF-8 is not validated.
    pub fn text_stream(&self) -> Result<Stream, Diagnostic> {
        let text = self.encoding.decoded(self.bytes()?).map_err(|error| self.unreadable(&error))?;
        Ok(match self.end {
            Some(end) => Box::new(text.take(end)),
            None => text,
        })
    }

    /// Opens the file if its bytes can be read in any order.
    pub fn seekable(&self) -> Option<File> {
        match &self.origin {
            Origin::File(path, _) if !compression::is_compressed(path) => File::open(path).ok(),
            _ => None,
        }
    }

    /// Opens a file whose bytes are read in any order, and returns its size.
    ///
    /// # Errors
    /// If it cannot be opened, or is not the file that was opened first.
    #[cfg(any(feature = "ipc", feature = "parquet"))]
    pub fn unchanged(&self) -> Result<(File, u64), Diagnostic> {
        let Origin::File(path, version) = &self.origin else {
            return Err(self.unreadable(&io::ErrorKind::Unsupported.into()));
        };
        let opened = File::open(path).and_then(|file| Ok((file.metadata().map(facts)?, file)));
        match opened.map_err(|error| self.unreadable(&error))? {
            ((len, modified), file) if (len, modified) == (version.len, version.modified) => Ok((file, len)),
            _ => Err(self.unreadable(&io::Error::other(CHANGED))),
        }
    }

    /// The 1-based line of a byte of the text. Everything before it is read again.
    pub fn line(&self, offset: u64) -> Option<u64> {
        self.lines(&[offset])?.pop()
    }

    /// The 1-based lines of some bytes of the text, which are in ascending order. Everything before the last one is read
    /// again.
    pub fn lines(&self, offsets: &[u64]) -> Option<Vec<u64>> {
        let mut stream = self.text_stream().ok()?;
        let mut buffer = vec![0; 1 << 18];
        let (mut line, mut at) = (1, 0);
        let line_of = |&offset: &u64| {
            while at < offset {
                let most = usize::try_from(offset - at).unwrap_or(usize::MAX).min(buffer.len());
                let len = fill(&mut stream, &mut buffer[..most]).ok()?;
                if len == 0 {
                    break;
                }
                line += memchr::memchr_iter(b'\n', &buffer[..len]).count() as u64;
                at += len as u64;
            }
            Some(line)
        };
        offsets.iter().map(line_of).collect()
    }

    /// A place in the input.
    pub fn place(&self, line: Option<u64>) -> CellPlace {
        CellPlace { file: self.label.to_string(), line, column: None, cell: None }
    }

    /// The places of rows, whose lines may be unknown.
    pub fn places(&self, rows: &[u64], lines: Option<Vec<u64>>) -> Vec<CellPlace> {
        match lines {
            Some(lines) => lines.into_iter().map(|line| self.place(Some(line))).collect(),
            None => rows.iter().map(|_| self.place(None)).collect(),
        }
    }

    /// Reports a system error as a problem of this file.
    pub fn unreadable(&self, error: &io::Error) -> Diagnostic {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_string(),
            io::ErrorKind::PermissionDenied => "permission denied".to_string(),
            io::ErrorKind::IsADirectory => "it is a folder".to_string(),
            _ => error.to_string(),
        };
        Diagnostic::error(Code::Unreadable, format!("cannot read `{}`: {reason}", self.label)).in_data(self.place(None))
    }

    /// Reports a stream that is too large to be read into memory.
    fn too_large(&self) -> Diagnostic {
        let message = format!("it is larger than {} MiB", MAX_IN_MEMORY >> 20);
        let problem = self.unreadable(&io::Error::new(io::ErrorKind::FileTooLarge, message));
        Diagnostic { code: Code::LimitReached, ..problem }
            .hint("save it as a CSV or JSON file and pass its path: files are read in blocks")
    }

    /// Reads all bytes, decompressed, into memory.
    ///
    /// # Errors
    /// If they cannot be read, or are larger than [`MAX_IN_MEMORY`].
    #[cfg(any(feature = "ipc", feature = "xlsx"))]
    pub fn in_memory(&self) -> Result<(Vec<u8>, Charge), Diagnostic> {
        self.read_whole(self.bytes()?)
    }

    /// Reads a stream to its end, and counts its bytes before they are read.
    fn read_whole(&self, mut stream: impl Read) -> Result<(Vec<u8>, Charge), Diagnostic> {
        let (mut bytes, mut charge) = (vec![], self.budget.charge());
        let mut room = FIRST_PIECE;
        loop {
            self.budget.check("reading a file into memory")?;
            charge.grow(room, format_args!("the contents of `{}`", self.label))?;
            bytes.reserve_exact(room);
            let read = read_up_to(&mut stream, room, &mut bytes).map_err(|error| self.unreadable(&error))?;
            if bytes.len() as u64 > MAX_IN_MEMORY {
                return Err(self.too_large());
            }
            if read < room {
                return Ok((bytes, charge));
            }
            room = (bytes.len() / 2).max(FIRST_PIECE).min(MAX_IN_MEMORY as usize + 1 - bytes.len());
        }
    }

    /// Reports bytes that are invalid in the encoding, with their line.
    pub fn not_text(&self, offset: u64, bytes: &[u8]) -> Diagnostic {
        let shown: Vec<String> = bytes.iter().take(4).map(|byte| format!("{byte:02X}")).collect();
        let message = format!("the bytes {} are not UTF-8", shown.join(" "));
        Diagnostic::error(Code::Unreadable, message)
            .in_data(self.place(self.line(offset)))
            .hint("save the file as UTF-8, or add its encoding to the dataset's block: `encoding \"windows-1252\"`")
    }
}

impl Version {
    /// The version of a file as it is now. If the file cannot be read, the version is empty.
    fn of(path: &std::path::Path) -> Self {
        let file = if can_be_read_again(path) { File::open(path) } else { Err(io::ErrorKind::Unsupported.into()) };
        let (len, modified) = file.as_ref().ok().and_then(|file| file.metadata().ok()).map_or((0, None), facts);
        let mut start = vec![];
        let _ = file.and_then(|file| file.take(START as u64).read_to_end(&mut start));
        Self { len, modified, start, read: AtomicU64::new(0) }
    }
}

fn facts(metadata: Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

/// Reads a file up to the length that it has when it is opened. If it is overwritten meanwhile, reading fails, so that
/// rows are never lost silently. Rows appended meanwhile may or may not be read.
struct Whole {
    file: io::Chain<Cursor<Vec<u8>>, File>,
    left: u64,
    version: Arc<Version>,
}

impl Whole {
    fn new(mut file: File, version: &Arc<Version>) -> io::Result<Self> {
        let (len, modified) = facts(file.metadata()?);
        let mut start = vec![];
        // A file with the same start has grown or was saved again with the same columns.
        if modified != version.modified {
            Read::by_ref(&mut file).take(START as u64).read_to_end(&mut start)?;
            if len < version.len || !start.starts_with(&version.start) {
                return Err(io::Error::other(CHANGED));
            }
        }
        Ok(Self { file: Cursor::new(start).chain(file), left: len, version: version.clone() })
    }
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.file.read(buffer)?;
        self.left = self.left.saturating_sub(len as u64);
        self.version.read.fetch_add(len as u64, Ordering::Relaxed);
        if len == 0 && !buffer.is_empty() && self.left > 0 {
            return Err(io::Error::other("it was truncated while it was read"));
        }
        Ok(len)
    }
}

/// Returns true if a path names a file that can be read repeatedly, unlike pipes and devices.
pub(super) fn can_be_read_again(path: &std::path::Path) -> bool {
    fs::metadata(path).map_or(true, |metadata| metadata.is_file() || metadata.is_dir())
}
