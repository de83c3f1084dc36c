//! The error type of the crate: all problems found, with the source texts that they point into.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Diagnostic, Style, render, to_json};
use crate::source::SourceMap;

/// An error with every problem that was found.
///
/// `Display` shows each problem with its source lines. `Serialize` writes a list of the problems with codes, messages,
/// places, hints and replacements.
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

    /// The errors, and the warnings and notes that were found with them.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Converts the error into its problems.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// The texts that the diagnostics point into.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// Renders all problems as text, with the source lines of the definitions.
    pub fn render(&self, style: &Style) -> String {
        render(&self.diagnostics, &self.sources, style)
    }
}

impl From<Vec<Diagnostic>> for Error {
    /// Creates an error from problems that point into data only.
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, sources: SourceMap::default() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Style::default()))
    }
}

/// Same as `Display`, because `main` and `unwrap` print errors with `Debug`. The derived output would contain all
/// source texts.
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
    fn debug_output_equals_display_output() {
        let problems = crate::Library::from_text("a = 1 +").unwrap_err();
        assert_eq!(format!("{problems:?}"), problems.to_string());
    }
}
