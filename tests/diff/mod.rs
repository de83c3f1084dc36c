//! Differences between two libraries: what changed, what it affects, and what makes no difference.

mod edits;
#[cfg(feature = "cli")]
mod git;
mod laws;
#[cfg(feature = "cli")]
mod shop;

use yardstick::{Diff, Library};

/// Compiles a text.
fn library(text: &str) -> Library {
    Library::from_text(text).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

fn diff(old: &str, new: &str) -> Diff {
    library(old).diff(&library(new))
}

/// A difference as data.
fn json(diff: &Diff) -> serde_json::Value {
    serde_json::to_value(diff).expect("plain data with string keys always serializes")
}
