//! Finds the `.kpi` files that the paths of a command line name.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic};
use crate::read::{self, has_rows};

/// Returns the files in the order given, each once. A folder is replaced by its `.kpi` files, sorted by name. Without any
/// path, returns the `*.kpi` files of the current folder.
pub(super) fn kpi_files(paths: &[PathBuf], problems: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    let mut files = vec![];
    if paths.is_empty() {
        files = in_folder(Path::new("")).unwrap_or_default();
    }
    for path in paths {
        match in_folder(path) {
            _ if path.is_file() && has_rows(path) => problems.push(data_file(path)),
            _ if path.is_file() => files.push(path.clone()),
            Ok(found) if found.is_empty() => problems.push(nothing_in(path)),
            Ok(found) => files.extend(found),
            Err(error) => problems.push(unreadable(path, &error)),
        }
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|file| seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())));
    files
}

/// The files that a path stands for: those that a pattern matches, the workbook of a sheet, a folder with its definitions.
pub(super) fn files_of(path: &Path) -> Vec<PathBuf> {
    match read::sheet_of(path) {
        Some((workbook, _)) => vec![workbook],
        None if read::is_pattern(path) => read::matching(path).unwrap_or_default(),
        None if path.is_dir() => std::iter::once(path.to_owned()).chain(in_folder(path).unwrap_or_default()).collect(),
        None => vec![path.to_owned()],
    }
}

fn in_folder(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let here = folder.as_os_str().is_empty();
    let mut files = vec![];
    for entry in std::fs::read_dir(if here { Path::new(".") } else { folder })? {
        let path = folder.join(entry?.file_name());
        if path.extension().is_some_and(|extension| extension == "kpi") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn nothing_in(folder: &Path) -> Diagnostic {
    Diagnostic::error(Code::Unreadable, format!("`{}` contains no .kpi files", folder.display()))
}

fn data_file(path: &Path) -> Diagnostic {
    let path = path.display();
    Diagnostic::error(Code::Unreadable, format!("`{path}` is a data file, not a file of definitions"))
        .in_query()
        .hint(format!("to read its rows, write `-d {path}`"))
}

/// The error for a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let reason = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
        _ => error.to_string(),
    };
    let problem = Diagnostic::error(Code::Unreadable, format!("cannot read `{}`: {reason}", path.display()));
    let is_encoded = error.kind() == std::io::ErrorKind::InvalidData;
    problem.maybe_hint(is_encoded.then_some("save the file with the encoding UTF-8"))
}
