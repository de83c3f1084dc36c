//! A sentence with its parts apart, so that it can be said in another language.

use std::fmt;

use serde::{Serialize, Serializer};

/// What stands for a part that is filled in.
const HOLE: &str = "{}";

/// A pattern in English and what fills its holes, in their order.
///
/// ```
/// use yardstick::Sentence;
///
/// let sentence = Sentence::new("division by zero in {}", ["`cac`"]);
/// assert_eq!(sentence.to_string(), "division by zero in `cac`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Sentence {
    /// The English pattern, with `{}` for each part.
    pub pattern: &'static str,
    /// The parts; what quotes nothing (`the formula`) is English as well.
    pub parts: Vec<String>,
}

impl Sentence {
    /// A pattern and its parts.
    pub fn new<P: Into<String>>(pattern: &'static str, parts: impl IntoIterator<Item = P>) -> Self {
        Self { pattern, parts: parts.into_iter().map(Into::into).collect() }
    }

    /// A pattern without holes.
    pub fn plain(pattern: &'static str) -> Self {
        Self { pattern, parts: vec![] }
    }

    fn english(&self) -> String {
        let parts: Vec<&str> = self.parts.iter().map(String::as_str).collect();
        fill(self.pattern, &parts)
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english())
    }
}

/// As it is said in English.
impl PartialEq<str> for Sentence {
    fn eq(&self, other: &str) -> bool {
        self.english() == other
    }
}

/// As it is said in English.
impl PartialEq<&str> for Sentence {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A pattern with its holes filled in order; what is filled in is never read again.
pub(crate) fn fill(pattern: &str, parts: &[&str]) -> String {
    let mut parts = parts.iter();
    let mut pieces = pattern.split(HOLE);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + parts.next().unwrap_or(&"") + piece)
}
