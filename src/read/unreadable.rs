//! Represents a dataset that cannot be opened, so that queries report the reason.

use std::sync::Arc;

use crate::data::{Batch, Dataset, Scan, Schema};
use crate::diagnostic::{Code, Diagnostic};

/// A dataset that cannot be opened. Planning rejects everything that reads it, or may read it, with the given reasons.
/// Everything else is computed.
///
/// ```
/// use std::path::Path;
/// use std::sync::Arc;
/// use yardstick::{Dataset, Embedded, Library, Limits, Query, Unreadable, open};
///
/// let ads: Arc<dyn Dataset> = match open("ads", Path::new("nowhere/ads.csv"), &Default::default()) {
///     Ok(ads) => ads.into(),
///     Err(reasons) => Arc::new(Unreadable::new("ads", reasons)),
/// };
/// let library = Library::from_text("spend = sum(ads.cost)\nhalf = 1 / 2").unwrap();
/// let (result, problems) = library.evaluate_anyway(&Query::all(), &Embedded::new(vec![ads]), &Limits::default()).unwrap();
/// assert_eq!(result.column("half").unwrap().len(), 1);
/// assert!(problems[0].message.contains("nowhere/ads.csv"));
/// ```
#[derive(Debug, Clone)]
pub struct Unreadable {
    name: Arc<str>,
    schema: Schema,
    reasons: Vec<Diagnostic>,
}

impl Unreadable {
    /// Creates a dataset with this name that cannot be opened for these reasons.
    pub fn new(name: impl Into<Arc<str>>, reasons: Vec<Diagnostic>) -> Self {
        Self { name: name.into(), schema: Schema::default(), reasons }
    }

    /// A dataset that must not be used for these reasons, although its columns are known.
    #[cfg(feature = "cli")]
    pub(crate) fn refused(dataset: &dyn Dataset, reasons: Vec<Diagnostic>) -> Self {
        Self { name: dataset.name().clone(), schema: dataset.schema().clone(), reasons }
    }
}

impl Dataset for Unreadable {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn unreadable(&self) -> Option<&[Diagnostic]> {
        Some(&self.reasons)
    }

    fn scan(
        &self,
        _: &Scan<'_>,
        _: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let unknown = || Diagnostic::error(Code::Unreadable, format!("cannot read `{}`", self.name));
        Err(self.reasons.first().cloned().unwrap_or_else(unknown))
    }
}
