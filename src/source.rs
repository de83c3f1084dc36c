//! Turns byte offsets into files, lines and columns: every later stage points at text through a [`Span`].

use std::sync::Arc;

use serde::Serialize;

/// One file of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct FileId(pub u32);

/// The files of the standard library are numbered from here, so that their spans are the same in every map.
const FIRST_STANDARD: u32 = 1 << 31;

impl FileId {
    /// The id of the file at index `at` of the standard library.
    pub(crate) fn standard(at: usize) -> Self {
        Self(FIRST_STANDARD + at as u32)
    }

    /// Returns true if the file is part of the standard library.
    pub fn is_standard(self) -> bool {
        self.0 >= FIRST_STANDARD
    }
}

/// A half-open range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// Creates the span of the bytes `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        // Sources are at most `syntax::MAX_SOURCE_BYTES` long, far below 4 GiB.
        Self { file, start: start as u32, end: end as u32 }
    }

    /// The span that covers `self` and `other`, which must be in the same file.
    pub fn to(self, other: Span) -> Span {
        debug_assert_eq!(self.file, other.file);
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The range of byte indices.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A text with a name: a file, or definitions that a program passes as text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The name in messages: a path as the user wrote it, or `<text>`.
    pub name: Arc<str>,
    /// The text.
    pub text: Arc<str>,
    lines: Vec<u32>,
}

impl SourceFile {
    /// Creates a file from its name and text.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let lines =
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1)).collect();
        Self { name: name.into(), text, lines }
    }

    /// The line and column of a byte offset, both from 1. The column counts characters.
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let line = self.lines.partition_point(|&start| start <= offset) - 1;
        let start = self.lines[line] as usize;
        let column = self.text.get(start..offset as usize).map_or(0, |text| text.chars().count());
        (line + 1, column + 1)
    }
}

/// The texts from which a library was compiled.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<Arc<SourceFile>>,
    /// The number of files of the base. The other files are the library's own.
    below: usize,
    standard: Arc<[Arc<SourceFile>]>,
}

impl SourceMap {
    /// Creates a map for a library on top of a base, with the files of the base.
    pub(crate) fn over(base: &Self) -> Self {
        Self { below: base.files.len(), ..base.clone() }
    }

    /// Returns true if the file belongs to the library itself, not to its base.
    pub(crate) fn is_own(&self, file: FileId) -> bool {
        !file.is_standard() && file.0 as usize >= self.below
    }

    /// Adds a file and returns its id.
    pub fn add(&mut self, file: impl Into<Arc<SourceFile>>) -> FileId {
        self.files.push(file.into());
        FileId(self.files.len() as u32 - 1)
    }

    /// The id of a file with the same name and text.
    pub(crate) fn find(&self, file: &SourceFile) -> Option<FileId> {
        let at = self.files.iter().position(|known| known.name == file.name && known.text == file.text)?;
        Some(FileId(at as u32))
    }

    /// Sets the files of the standard library, each listed once and in order.
    pub(crate) fn add_standard(&mut self, files: impl Iterator<Item = Arc<SourceFile>>) {
        self.standard = files.collect();
    }

    /// The file with this id, which must come from this map.
    pub fn file(&self, id: FileId) -> &SourceFile {
        match id.0.checked_sub(FIRST_STANDARD) {
            Some(at) => &self.standard[at as usize],
            None => &self.files[id.0 as usize],
        }
    }

    /// The files added with [`add`](Self::add), with their ids.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(at as u32), &**file))
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        &self.file(span.file).text[span.range()]
    }

    /// The start of a span as `name:line:column`.
    pub fn place(&self, span: Span) -> String {
        let file = self.file(span.file);
        let (line, column) = file.line_column(span.start);
        format!("{}:{line}:{column}", file.name)
    }
}
