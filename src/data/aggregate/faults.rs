//! What cannot be read of a dataset, so that everything else can be aggregated without it.

use super::lookup::LookupKey;
use crate::data::dataset::Dataset;
use crate::data::measure::RowSource;
use crate::data::schema::ColumnId;
use crate::diagnostic::{Code, Diagnostic};

/// Columns, lookups or the whole of a dataset that cannot be read, each with the reason.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Columns of the dataset and of those it looks up, by the position of the dataset.
    columns: Vec<(usize, ColumnId, Diagnostic)>,
    lookups: Vec<(LookupKey, Diagnostic)>,
    pub(super) whole: Option<Diagnostic>,
}

/// What stopped a pass.
pub(super) enum Fault {
    /// A limit of the query: nothing can be aggregated.
    Limit(Diagnostic),
    /// A cell or a type of a column of the dataset at that position.
    Column(usize, ColumnId, Diagnostic),
    /// A looked-up dataset, or the keys that lead to it.
    Lookup(LookupKey, Diagnostic),
    /// The dataset itself.
    Whole(Diagnostic),
}

impl Fault {
    /// What a problem that a scan of these columns met takes along: the column that it names, else the dataset.
    pub(super) fn of_scan(dataset: &dyn Dataset, at: usize, columns: &[ColumnId], problem: Diagnostic) -> Self {
        if problem.code == Code::LimitReached {
            return Self::Limit(problem);
        }
        let named = problem.cell.as_ref().and_then(|place| dataset.schema().find(place.column.as_ref()?));
        match named.filter(|column| columns.contains(column)) {
            Some(column) => Self::Column(at, column, problem),
            None => Self::Whole(problem),
        }
    }
}

impl Faults {
    /// Notes one more.
    ///
    /// # Errors
    /// A limit of the query, which is no fault of the dataset.
    pub(super) fn add(&mut self, fault: Fault) -> Result<(), Diagnostic> {
        match fault {
            Fault::Limit(problem) => return Err(problem),
            Fault::Column(dataset, column, problem) => self.columns.push((dataset, column, problem)),
            Fault::Lookup(key, problem) => self.lookups.push((key, problem)),
            Fault::Whole(problem) => self.whole = Some(problem),
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.lookups.is_empty() && self.whole.is_none()
    }

    /// Why a source of the dataset at that position cannot be read, where it cannot.
    pub(super) fn of_source(&self, dataset: usize, source: &RowSource) -> Option<&Diagnostic> {
        match *source {
            RowSource::Column(column) => self.of_column(dataset, column),
            RowSource::Lookup { dataset: other, key, other_key, column } => {
                let lookup = self.lookups.iter().find(|(known, _)| *known == LookupKey { key, other, other_key });
                let key = self.of_column(dataset, key).or_else(|| self.of_column(other, other_key));
                key.or(lookup.map(|(_, problem)| problem)).or_else(|| self.of_column(other, column))
            }
        }
    }

    fn of_column(&self, dataset: usize, column: ColumnId) -> Option<&Diagnostic> {
        let is = |known: &&(usize, ColumnId, Diagnostic)| (known.0, known.1) == (dataset, column);
        self.columns.iter().find(is).map(|(.., problem)| problem)
    }

    /// All of them.
    pub(super) fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        let columns = self.columns.iter().map(|(.., problem)| problem);
        columns.chain(self.lookups.iter().map(|(_, problem)| problem)).chain(&self.whole)
    }
}
