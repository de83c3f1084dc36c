//! Why something could not be done: every problem found, with the texts to show them in.

use std::fmt;

use super::{Diagnostic, Style, render};
use crate::source::SourceMap;

/// Every problem that was found, as an error: printed, it shows each with its source lines.
#[derive(Debug, Clone)]
pub struct Problems {
    /// Errors, with the warnings and notes that came up beside them.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts they point into.
    pub sources: SourceMap,
}

impl From<Vec<Diagnostic>> for Problems {
    /// Problems that point into data only.
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, sources: SourceMap::default() }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(&self.diagnostics, &self.sources, &Style::default()))
    }
}

impl std::error::Error for Problems {}
