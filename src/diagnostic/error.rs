//! Why something could not be done: every problem found, with the texts to show them in.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Diagnostic, Style, render, to_json};
use crate::source::SourceMap;

/// Every problem that was found, as an error: printed, it shows each with its source lines; serialized, it is a list of
/// them as [`to_json`](super::to_json) gives them.
///
/// ```
/// let error = yardstick::Library::from_text("cac = spend /").unwrap_err();
/// assert_eq!(error.diagnostics()[0].code.name(), "syntax");
/// let json = serde_json::to_value(&error)?;
/// assert_eq!(json[0]["code"], "syntax");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Error {
    diagnostics: Vec<Diagnostic>,
    sources: SourceMap,
}

impl Error {
    pub(crate) fn new(diagnostics: Vec<Diagnostic>, sources: SourceMap) -> Self {
        Self { diagnostics, sources }
    }

    /// Errors, with the warnings and notes that came up beside them.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The same, to keep.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// The texts that the diagnostics point into.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// All of it as text, with the lines of the definitions.
    pub fn render(&self, style: &Style) -> String {
        render(&self.diagnostics, &self.sources, style)
    }
}

impl From<Vec<Diagnostic>> for Error {
    /// Problems that point into data only.
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, sources: SourceMap::default() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Style::default()))
    }
}

/// As printed: `main` and `unwrap` show errors so, and the texts of the standard library would bury the problem.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Error {}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.diagnostics.iter().map(|diagnostic| to_json(diagnostic, &self.sources)))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_error_of_main_shows_the_problems_and_no_library() {
        let problems = crate::Library::from_text("a = 1 +").unwrap_err();
        assert_eq!(format!("{problems:?}"), problems.to_string());
    }
}
