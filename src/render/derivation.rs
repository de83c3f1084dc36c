//! Turns an [`Explanation`] into a tree that can be read aloud.
use super::Locale;
use crate::explain::Explanation;
/// Tree.
pub fn derivation(explanation: &Explanation, _locale: &Locale) -> String {
    format!("{explanation:#?}")
}
/// Markdown.
pub fn derivation_markdown(_explanation: &Explanation, _locale: &Locale) -> String {
    String::new()
}
