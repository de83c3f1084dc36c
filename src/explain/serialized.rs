//! Writes an [`Evaluation`] as the document for programs.

use serde::{Serialize, Serializer};

use super::document::document;
use super::scenario::scenario_document;
use crate::eval::Evaluation;
use crate::language::Language;

/// Writes the document of all groups, like `kpi eval --format json`. With a scenario, every value is an object with `base`,
/// `scenario`, `difference` and `change`.
///
/// ```
/// use std::sync::Arc;
/// use yardstick::{Embedded, Library, Limits, Query, Table};
///
/// let library = Library::from_text("our_cac = spend / customers")?;
/// let table = Table::from_tuples("ads", &["spend", "customers"], &[(900, 30)])?;
/// let result = library.evaluate(&Query::all(), &Embedded::new(vec![Arc::new(table)]), &Limits::default())?;
/// let json = serde_json::to_value(&result).expect("plain data with string keys always serializes");
/// assert_eq!(json["rows"][0]["values"]["our_cac"]["value"], "30");
/// # Ok::<(), yardstick::Error>(())
/// ```
impl Serialize for Evaluation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let groups: Vec<usize> = (0..self.groups.len()).collect();
        if let Some(document) = scenario_document(self, &groups, Language::English) {
            return document.serialize(serializer);
        }
        document(self, &groups, Language::English).serialize(serializer)
    }
}
