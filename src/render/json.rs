//! Turns an [`Evaluation`] into a document for programs, with texts in one language.

use super::Language;
use crate::eval::Evaluation;
use crate::explain::{self, Document, Rows};

/// Creates the document of the groups at these positions, in this order.
pub fn document(evaluation: &Evaluation, groups: &[usize], language: Language) -> Document {
    let Document { version, by, kpis, rows } = document_by_row(evaluation, groups, language);
    Document { version, by, kpis, rows: rows.iter().collect() }
}

/// Creates the same document, which is written one row at a time.
pub fn document_by_row<'e>(evaluation: &'e Evaluation, groups: &'e [usize], language: Language) -> Document<Rows<'e>> {
    explain::document(evaluation, groups, language)
}
