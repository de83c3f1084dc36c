//! What `kpi diff` does in the same way for definitions and for snapshots.

use std::path::Path;

use super::args::{DataFile, Diff, PageFormat};
use crate::diagnostic::{Code, Diagnostic};
use crate::diff::ValueDiff;
use crate::language::Phrase;

/// The maximum number of values that a table shows, unless `--top` says otherwise.
const SHOWN_VALUES: usize = 20;

/// The error for data that can be read only once.
pub(super) fn read_twice(data: &[&[DataFile]]) -> Option<Diagnostic> {
    data.iter().any(|files| files.iter().any(|file| file.path == Path::new("-"))).then(|| {
        let message = "the data are read twice, and standard input can be read only once";
        Diagnostic::error(Code::BadQuery, message).hint("write the data to a file, and name it: `-d FILE`")
    })
}

/// The name of the newer side: the files here, unless the command line names something.
pub(super) fn new_name(arguments: &Diff) -> String {
    let files = arguments.sources.files.iter().map(|file| file.display().to_string());
    let names: Vec<String> = arguments.new.iter().cloned().chain(files).collect();
    let output = &arguments.output;
    match (&arguments.new, names.is_empty()) {
        (Some(new), _) => new.clone(),
        (None, false) => names.join(", "),
        (None, true) if output.format == PageFormat::Json => ".".to_owned(),
        (None, true) => output.lang.word(Phrase::DiffHere).to_owned(),
    }
}

/// Keeps the first values that differ. Returns the number of the others.
pub(super) fn shorten(values: &mut ValueDiff, arguments: &Diff) -> usize {
    let most = match (arguments.top, arguments.output.format) {
        (Some(top), _) => top,
        (None, PageFormat::Json) => usize::MAX,
        (None, _) => SHOWN_VALUES,
    };
    let omitted = values.changes.len().saturating_sub(most);
    values.changes.truncate(most);
    omitted
}
