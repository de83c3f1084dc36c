//! What is wrong, where, and the way out: built where a problem is found, collected, rendered once at the edge.

mod code;
mod error;
mod printable;
mod render;
mod suggest;

pub use code::Code;
pub use error::Error;
pub use printable::{printable, printable_line};
#[cfg(feature = "cli")]
pub use render::DEFAULT_WIDTH;
pub use render::{Style, render, to_json};
pub use suggest::{did_you_mean, is_probable_slip, nearest};

use serde::Serialize;

use crate::source::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, and as it should be.
    Note,
    /// Nearly always a mistake; nothing is refused.
    Warning,
    /// Something is refused.
    Error,
}

/// One problem. Messages are lower case, put names in backticks, say what was expected and then what was found,
/// and have no final dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of problem, stable across versions.
    pub code: Code,
    /// The problem in one line.
    pub message: String,
    /// The places that matter in definitions; the first is the primary one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// The place in a data file, where the problem lies in data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<CellPlace>,
    /// The way out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// A replacement of text that mends it, for editors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// True if a note says no more than that data are written in the usual way.
    #[serde(skip)]
    pub usual: bool,
}

/// A place in a definition and what is there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// A place in a data file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct CellPlace {
    /// The file or dataset as the user named it.
    pub file: String,
    /// 1-based line (for a table without lines: row), where known.
    pub line: Option<u64>,
    /// The column's name, where known.
    pub column: Option<String>,
    /// A short piece of the cell as it stands, where it matters.
    pub cell: Option<String>,
}

/// A replacement of the text under a span.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Fix {
    /// What to replace.
    pub span: Span,
    /// With what.
    pub replacement: String,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning without a place yet.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note without a place yet.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    fn new(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            labels: vec![],
            cell: None,
            hints: vec![],
            fix: None,
            usual: false,
        }
    }

    /// Points at a place without saying more.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        self.label(span, "")
    }

    /// Points at a place and says what is there.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Points at a place in data.
    #[must_use]
    pub fn in_data(mut self, cell: CellPlace) -> Self {
        self.cell = Some(cell);
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hints.push(text.into());
        self
    }

    /// Adds a way out where there is one.
    #[must_use]
    pub fn maybe_hint(self, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.hint(text),
            None => self,
        }
    }

    /// Adds a replacement that mends it.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// Adds which of the known names was meant, if one is near; where it is the only one, also as a replacement.
    #[must_use]
    pub fn suggest<'a>(self, span: Span, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let near = nearest(name, known);
        let problem = self.maybe_hint(did_you_mean(name, near.iter().copied()));
        match near[..] {
            [meant] => problem.fix(span, meant),
            _ => problem,
        }
    }

    /// Whether something is refused because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
