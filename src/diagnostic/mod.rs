//! Errors, warnings and notes with their places and hints. Problems are collected, and rendered once at the end.

mod code;
mod error;
mod most_severe;
mod printable;
mod render;
mod suggest;

pub use code::Code;
pub use error::Error;
pub use most_severe::{are_few, most_severe};
pub use printable::{printable, printable_line};
#[cfg(feature = "cli")]
pub use render::DEFAULT_WIDTH;
pub use render::{Style, render, to_json};
pub use suggest::{MAX_COMPARED, did_you_mean, edits, is_probable_typo, letters, nearest};

use serde::Serialize;

use crate::language::Sentence;
use crate::source::Span;

/// How severe a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Information that needs no action.
    Note,
    /// Something that is allowed, but nearly always a mistake.
    Warning,
    /// Something is invalid and cannot be computed.
    Error,
}

/// One problem. Messages are lower case, put names in backticks, state what was expected and then what was found, and
/// do not end with a full stop.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// How severe a problem is.
    pub severity: Severity,
    /// The kind of problem. Codes are stable across versions.
    pub code: Code,
    /// The problem in one line.
    pub message: String,
    /// The relevant places in definitions, the primary one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// The place in a data file, if the problem is in data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<CellPlace>,
    /// Hints that say how to fix the problem.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// A replacement of text that fixes the problem, for editors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// True for a note that data are written in the usual way.
    #[serde(skip)]
    pub usual: bool,
    /// True if the problem is in what is asked, such as a period or a condition, not in definitions or data.
    #[serde(skip)]
    pub in_query: bool,
    /// The message in every language, for a note that is part of a result.
    #[serde(skip)]
    pub(crate) sentence: Option<Box<Sentence>>,
}

/// A place in a definition with a description.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The description of the place; may be empty.
    pub text: String,
}

/// A place in a data file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct CellPlace {
    /// The file or dataset as the user named it.
    pub file: String,
    /// The line, from 1, if known. For a table without lines it is the row.
    pub line: Option<u64>,
    /// The column's name, if known.
    pub column: Option<String>,
    /// The start of the cell's text, if it is relevant.
    pub cell: Option<String>,
}

/// A replacement of the text under a span.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Fix {
    /// The text to replace.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

impl Diagnostic {
    /// Creates an error without a place.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// Creates a warning without a place.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// Creates a note without a place.
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
            in_query: code == Code::BadQuery,
            sentence: None,
        }
    }

    /// Creates a note that can be written in every language.
    pub(crate) fn sentence(code: Code, sentence: Sentence) -> Self {
        let note = Self::note(code, sentence.to_string());
        Self { sentence: Some(Box::new(sentence)), ..note }
    }

    /// Adds a place without a description.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        self.label(span, "")
    }

    /// Adds a place with a description.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Sets the place in data.
    #[must_use]
    pub fn in_data(mut self, cell: CellPlace) -> Self {
        self.cell = Some(cell);
        self
    }

    /// Marks a problem of what is asked.
    #[must_use]
    pub(crate) fn in_query(self) -> Self {
        Self { in_query: true, ..self }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hints.push(text.into());
        self
    }

    /// Adds a hint if there is one.
    #[must_use]
    pub fn maybe_hint(self, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.hint(text),
            None => self,
        }
    }

    /// Sets the replacement that fixes the problem.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// Suggests the known names that are close to `name`. If there is exactly one, it also becomes the replacement.
    #[must_use]
    pub fn suggest<'a>(self, span: Span, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let near = nearest(name, known);
        let problem = self.maybe_hint(did_you_mean(name, near.iter().copied()));
        match near[..] {
            [only] => problem.fix(span, only),
            _ => problem,
        }
    }

    /// Returns true if this is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
