//! Records the unreadable parts of a dataset, so that everything else can be aggregated without them.

use crate::data::{ColumnId, Dataset, RowProgram, RowSource};
use crate::diagnostic::{Code, Diagnostic};
use crate::program::NodeId;

/// Columns, lookups or the whole dataset that cannot be read, each with the reason.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Columns of the dataset and of those it looks up, by the position of the dataset.
    columns: Vec<(usize, ColumnId, Diagnostic)>,
    /// Lookups, by the path that leads to them, or one of their requested columns.
    lookups: Vec<(Box<[usize]>, Option<usize>, Diagnostic)>,
    pub(super) whole: Option<Diagnostic>,
}

/// The row expressions of a dataset, either of a request or of a lookup.
#[derive(Clone, Copy)]
pub(super) struct RowLevel<'r> {
    /// The position of the dataset.
    pub(super) dataset: usize,
    pub(super) rows: &'r RowProgram,
    /// The positions of the lookups that lead here from the request, starting with the outermost.
    pub(super) path: &'r [usize],
}

/// The reason why a pass stopped.
pub(super) enum Fault {
    /// A limit of the query: nothing can be aggregated.
    Limit(Diagnostic),
    /// A cell or a type of a column of the dataset at that position.
    Column(usize, ColumnId, Diagnostic),
    /// A looked-up dataset, or the keys that lead to it; only one of its requested columns if one is given.
    Lookup(Box<[usize]>, Option<usize>, Diagnostic),
    /// The dataset itself.
    Whole(Diagnostic),
}

impl Fault {
    /// The part that a problem makes unreadable: the column that it names, or else the dataset.
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
    /// Adds a fault.
    ///
    /// # Errors
    /// If the fault is a limit of the query, which is not a fault of the dataset.
    pub(super) fn add(&mut self, fault: Fault) -> Result<(), Diagnostic> {
        match fault {
            Fault::Limit(problem) => return Err(problem),
            Fault::Column(dataset, column, problem) => self.columns.push((dataset, column, problem)),
            Fault::Lookup(path, column, problem) => self.lookups.push((path, column, problem)),
            Fault::Whole(problem) => self.whole = Some(problem),
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.lookups.is_empty() && self.whole.is_none()
    }

    /// The reason why a source cannot be read, if it cannot.
    pub(super) fn of_source(&self, level: RowLevel, source: &RowSource) -> Option<&Diagnostic> {
        match *source {
            RowSource::Column(column) => self.of_column(level.dataset, column),
            RowSource::Lookup { lookup, column } => {
                let request = &level.rows.lookups[lookup];
                let path = [level.path, &[lookup]].concat();
                let there = RowLevel { dataset: request.dataset, rows: &request.rows, path: &path };
                let times = request.time.iter().map(|time| (time.here, time.there));
                let ends = request.time.iter().filter_map(|time| Some((time.here, time.end.as_ref()?.there)));
                let mut keys = request.keys.iter().map(|key| (key.here, key.there)).chain(times).chain(ends);
                let key =
                    keys.find_map(|(here, other)| self.of_node(level, here).or_else(|| self.of_node(there, other)));
                // The groups are read on their own, and their faults are those of the lookup.
                let operation = request.columns.operation(column);
                key.or_else(|| self.of_looked_up(&path, column))
                    .or_else(|| operation.and_then(|operation| self.of_node(there, operation)))
            }
        }
    }

    /// The reason why a lookup or one of its requested columns cannot be read, if it cannot.
    pub(super) fn of_looked_up(&self, path: &[usize], column: usize) -> Option<&Diagnostic> {
        let is_it = |known: &&(Box<[usize]>, Option<usize>, Diagnostic)| {
            *known.0 == *path && known.1.is_none_or(|known| known == column)
        };
        self.lookups.iter().find(is_it).map(|(.., problem)| problem)
    }

    /// The reason why an operation cannot be computed, if it cannot.
    pub(super) fn of_node(&self, level: RowLevel, node: NodeId) -> Option<&Diagnostic> {
        if self.is_empty() {
            return None;
        }
        let slots = level.rows.program.slots_below([node]);
        slots.into_iter().find_map(|slot| self.of_source(level, &level.rows.slots[slot as usize]))
    }

    fn of_column(&self, dataset: usize, column: ColumnId) -> Option<&Diagnostic> {
        let is = |known: &&(usize, ColumnId, Diagnostic)| (known.0, known.1) == (dataset, column);
        self.columns.iter().find(is).map(|(.., problem)| problem)
    }

    /// All faults.
    pub(super) fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        let columns = self.columns.iter().map(|(.., problem)| problem);
        columns.chain(self.lookups.iter().map(|(.., problem)| problem)).chain(&self.whole)
    }
}
