//! Turns an [`Evaluation`] into its document for programs with texts in the language of a reader.

use super::Language;
use crate::eval::Evaluation;
use crate::explain::{self, Document, Rows};

/// The groups at these positions in this order, with texts in that language.
pub fn document(evaluation: &Evaluation, groups: &[usize], language: Language) -> Document {
    let Document { version, by, kpis, rows } = document_by_row(evaluation, groups, language);
    Document { version, by, kpis, rows: rows.iter().collect() }
}

/// The same, to be written a row at a time.
pub fn document_by_row<'e>(evaluation: &'e Evaluation, groups: &'e [usize], language: Language) -> Document<Rows<'e>> {
    explain::document(evaluation, groups, language)
}
