//! Translates the phrases, sentences and dates around results into the supported languages.

// Without the command, periods are not parsed. Without rendering, all texts are in English.
#![cfg_attr(not(feature = "cli"), allow(dead_code))]

mod days;
mod elision;
mod months;
mod sentence;
mod translations;

use serde::Serialize;

pub(crate) use months::{is_accent, month_named, month_starting};
pub(crate) use sentence::Part;
pub use sentence::Sentence;
pub(crate) use translations::Phrase;

/// A language in which results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub enum Language {
    /// English: `€1,234.56`
    #[default]
    #[serde(rename = "en")]
    English,
    /// French: `1 234,56 €`
    #[serde(rename = "fr")]
    French,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// The two-letter code.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// Finds a language by its two-letter code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }
}

impl Language {
    /// The phrase for one or that for several, as this number needs it: `0 rows`, but `0 ligne`.
    pub(crate) fn counted(self, count: u64, one: Phrase, several: Phrase) -> Phrase {
        let is_one = match self {
            Self::English => count == 1,
            Self::French => count <= 1,
        };
        if is_one { one } else { several }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_codes() {
        assert_eq!(Language::from_code("fr"), Some(Language::French));
        assert_eq!(Language::from_code("de"), None);
        assert!(Language::ALL.into_iter().all(|language| Language::from_code(language.code()) == Some(language)));
    }
}
