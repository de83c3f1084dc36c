//! Keeps a result from replacing what it is computed from.

use std::path::{Path, PathBuf};

use super::files::files_of;
use crate::diagnostic::{Code, Diagnostic};

/// Fails if the file for a result is one of these sources, by this or another name. A pattern stands for the files that it
/// matches, a sheet for its workbook, and a folder for the definitions in it.
pub(super) fn spare(result: Option<&Path>, sources: impl IntoIterator<Item = PathBuf>) -> Result<(), Diagnostic> {
    let Some((path, written)) = result.and_then(|path| Some((path, identity(path)?))) else { return Ok(()) };
    let mut files = sources.into_iter().flat_map(|source| files_of(&source));
    match files.any(|file| identity(&file).as_ref() == Some(&written)) {
        true => Err(replaces(path)),
        false => Ok(()),
    }
}

/// The error for a result that would replace a source.
pub(super) fn replaces(path: &Path) -> Diagnostic {
    let message = format!("`-o` would replace `{}`, which is one of the sources", path.display());
    Diagnostic::error(Code::BadQuery, message).hint("name another file after `-o`")
}

/// What all names of a file have in common: its number on its disk. None if there is no such file.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// The same without hard links.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}
