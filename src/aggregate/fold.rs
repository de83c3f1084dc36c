//! Turns the cells of a group into the value of a measure.

use super::accumulate::{Failures, Fold, Missing, State, Time};
use super::gathered::Gathered;
use super::room::Room;
use super::selection::Selection;
use crate::data::{Aggregate, FailedRows, Measure};
use crate::diagnostic::Diagnostic;
use crate::value::{Cause, Cell, Decimal};

/// The merged cells of a group.
pub(super) struct GroupFold<'g> {
    all: &'g Selection,
    selection: &'g Selection,
    /// True if rows in which a condition failed affect the value. For `first` and `last`, those at the chosen time do,
    /// which are counted with the values.
    has_failed_conditions: bool,
    missing: &'g Missing,
    /// The number of rows in the dataset, before conditions.
    pub(super) rows: u64,
    /// The number of rows that the conditions keep.
    kept: u64,
    /// The number of rows that a blank leaves undecided.
    undecided: u64,
    /// The number of rows with a blank value.
    blank: u64,
    failed: Failed,
    values: Box<dyn Fold + 'g>,
    /// The memory of the values.
    room: Room,
}

/// The failed rows, by the place of the failure.
#[derive(Debug, Default)]
struct Failed {
    filters: Failures,
    conditions: Failures,
    values: Failures,
}

impl<'g> GroupFold<'g> {
    /// Creates a fold without cells, for a selection and a state of a dataset.
    pub(super) fn new(dataset: &'g Gathered, at: usize, state: usize, room: Room) -> Self {
        let State { missing, values, timed, .. } = &dataset.states[state];
        let (all, selection) = (&dataset.selections[0], &dataset.selections[at]);
        let (rows, kept, undecided, blank, failed) = (0, 0, 0, 0, Failed::default());
        let (has_failed_conditions, values) = (at > 0 && !timed, values.fold());
        Self { all, selection, has_failed_conditions, missing, rows, kept, undecided, blank, failed, values, room }
    }

    /// Removes all cells.
    pub(super) fn clear(&mut self) {
        (self.rows, self.kept, self.undecided, self.blank) = (0, 0, 0, 0);
        self.failed = Failed::default();
        self.values.clear();
    }

    /// Adds a cell.
    pub(super) fn add(&mut self, cell: usize) -> Result<(), Diagnostic> {
        self.rows += self.all.kept[cell];
        self.kept += self.selection.kept[cell];
        self.undecided += self.selection.missing.blank(cell);
        self.blank += self.missing.blank(cell);
        self.each_failed(cell, Failures::merge);
        self.values.add(cell, &mut self.room)
    }

    /// The steps of adding a cell.
    pub(super) fn steps(&self, cell: usize) -> usize {
        1 + self.values.held(cell)
    }

    /// The steps of computing the value.
    pub(super) fn value_steps(&self) -> usize {
        self.values.value_steps()
    }

    /// True if cells can be removed again.
    pub(super) fn can_remove(&self) -> bool {
        self.values.can_remove()
    }

    /// Removes a cell that was added, if [`GroupFold::can_remove`] is true, or the cell of the ends of rows that were added.
    pub(super) fn remove(&mut self, cell: usize) -> Result<(), Diagnostic> {
        self.rows -= self.all.kept[cell];
        self.kept -= self.selection.kept[cell];
        self.undecided -= self.selection.missing.blank(cell);
        self.blank -= self.missing.blank(cell);
        self.each_failed(cell, Failures::remove);
        self.values.remove(cell, &mut self.room)
    }

    /// The time that `first` or `last` chose, if all segments have one.
    pub(super) fn chosen_time(&self) -> Option<Time> {
        self.values.chosen()?.time
    }

    /// Changes the failed rows by those of a cell.
    fn each_failed(&mut self, cell: usize, change: fn(&mut Failures, &Failures)) {
        let of = |total: &mut Failures, missing: &Missing| {
            if let Some(failed) = missing.failed(cell) {
                change(total, failed);
            }
        };
        of(&mut self.failed.filters, &self.all.missing);
        if self.has_failed_conditions {
            of(&mut self.failed.conditions, &self.selection.missing);
        }
        of(&mut self.failed.values, self.missing);
    }

    /// The number of rows that have a value, or whose failure is known from the values.
    pub(super) fn present(&self) -> u64 {
        self.kept.saturating_sub(self.blank + self.failed.values.rows())
    }

    /// The number of rows that have no value because of a blank value or condition.
    pub(super) fn skipped(&self) -> u64 {
        self.undecided + self.blank
    }

    /// The failed rows that affect the value. For `first` and `last`, these are the ones at the chosen time.
    pub(super) fn failed(&self) -> FailedRows {
        let all = self.failures();
        FailedRows { rows: all.rows(), of_cause: all.of_cause(), in_filters: self.failed.filters.rows() }
    }

    fn failures(&self) -> Failures {
        let mut failed = self.failed.filters;
        failed.merge(&self.failed.conditions);
        failed.merge(&self.failed.values);
        if let Some(chosen) = self.values.chosen() {
            failed.merge(&chosen.failed);
        }
        failed
    }

    /// The value, and the number of rows from which it is computed. There must be at least one row. `finished` is the value
    /// of the rows that have one, if it is known.
    pub(super) fn value(&mut self, measure: &Measure, finished: Option<Cell>) -> (Cell, u64) {
        let present = self.present();
        let used = self.values.chosen().map_or(present, |chosen| chosen.rows);
        if let Some(cause) = self.failures().cause() {
            return (Err(cause), used);
        }
        let cell = match (measure.aggregate, present) {
            (Aggregate::Count, 0) => Ok(Decimal::ZERO.into()),
            (Aggregate::Sum, 0) if self.kept == 0 => Ok(Decimal::ZERO.into()),
            (_, 0) if self.kept == 0 => Err(Cause::NoRowsKept),
            (_, 0) => Err(Cause::Blank),
            _ => finished.unwrap_or_else(|| self.values.value(measure, present)),
        };
        (cell, used)
    }
}
