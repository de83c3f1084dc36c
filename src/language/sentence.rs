//! Represents sentences as a phrase and its parts, so that they can be written in any language.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Language;
use super::translations::Phrase;

/// A sentence: a phrase and the parts that fill its placeholders, in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sentence {
    phrase: Phrase,
    parts: Vec<Part>,
}

/// A part that fills a placeholder of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// Text that is the same in every language: a name, a formula, a number.
    Text(String),
    /// A day: `2026-03-31`.
    Day(String),
    /// A phrase without parts: `the formula`.
    Phrase(Phrase),
}

impl Sentence {
    /// Creates a sentence from a phrase and its parts.
    pub(crate) fn new<P: Into<Part>>(phrase: Phrase, parts: impl IntoIterator<Item = P>) -> Self {
        Self { phrase, parts: parts.into_iter().map(Into::into).collect() }
    }

    /// Creates a sentence from a phrase without parts.
    pub(crate) fn plain(phrase: Phrase) -> Self {
        Self { phrase, parts: vec![] }
    }
}

impl Language {
    /// Writes a sentence in this language.
    pub fn sentence(self, sentence: &Sentence) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Day(day) => self.day(day),
            Part::Phrase(phrase) => self.word(*phrase).to_owned(),
        };
        let parts: Vec<String> = sentence.parts.iter().map(part).collect();
        self.phrase(sentence.phrase, &parts.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// An empty sentence.
impl Default for Sentence {
    fn default() -> Self {
        Self::plain(Phrase::Condition)
    }
}

/// Writes the sentence in English.
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Language::English.sentence(self))
    }
}

/// Compares the English sentence.
impl PartialEq<str> for Sentence {
    fn eq(&self, other: &str) -> bool {
        Language::English.sentence(self) == other
    }
}

/// Compares the English sentence.
impl PartialEq<&str> for Sentence {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

/// Serializes the sentence in English.
impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
