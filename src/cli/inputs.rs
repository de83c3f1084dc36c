//! Keeps a result from replacing what it is computed from.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic};
use crate::read;

/// Fails if the file for a result is one of these sources. A pattern stands for the files that it matches, and a sheet for
/// its workbook.
pub(super) fn spare(result: Option<&Path>, sources: impl IntoIterator<Item = PathBuf>) -> Result<(), Diagnostic> {
    let Some((path, written)) = result.and_then(|path| Some((path, path.canonicalize().ok()?))) else { return Ok(()) };
    let mut files = sources.into_iter().flat_map(|source| files_of(&source));
    match files.any(|file| file.canonicalize().is_ok_and(|file| file == written)) {
        true => Err(replaces(path)),
        false => Ok(()),
    }
}

/// The error for a result that would replace a source.
pub(super) fn replaces(path: &Path) -> Diagnostic {
    let message = format!("`-o` would replace `{}`, which is one of the sources", path.display());
    Diagnostic::error(Code::BadQuery, message).hint("name another file after `-o`")
}

fn files_of(source: &Path) -> Vec<PathBuf> {
    if let Some((workbook, _)) = read::sheet_of(source) {
        return vec![workbook];
    }
    match read::is_pattern(source) {
        true => read::matching(source).unwrap_or_default(),
        false => vec![source.to_owned()],
    }
}
