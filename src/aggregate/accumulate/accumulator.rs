//! What all aggregates have in common: they gather rows by cell, merge with each other, and fold cells into a value.

use std::any::Any;
use std::fmt::Debug;

use super::missing::Failures;
use crate::data::Measure;
use crate::value::{Cause, Cell, Value, Vector};

/// The cell of rows that do not count; real ones follow.
pub const NOWHERE: u32 = 0;

/// A point in time, in nanoseconds since 1970.
pub type Time = i128;

/// The rows of a batch as an aggregate sees them.
pub struct Rows<'a> {
    /// The cell of each row, [`NOWHERE`] for rows that do not count.
    pub cells: &'a [u32],
    /// How many cells there are.
    pub len: usize,
    /// The argument.
    pub values: Option<&'a Vector>,
    /// The time of each row, None where it is unknown.
    pub times: &'a [Option<Time>],
    /// The segments of each row.
    pub by: Vec<&'a Vector>,
}

impl Rows<'_> {
    /// The failure that leaves the segment of a row unknown, if there is one.
    pub fn failed_segment(&self, row: usize) -> Option<Cause> {
        self.by.iter().find_map(|by| by.cause(row).filter(|cause| cause.is_failure()))
    }

    /// Calls `visit` with the cell and the value of each row that counts and has one.
    pub fn each_value(&self, values: &Vector, mut visit: impl FnMut(usize, Value)) {
        for (row, &cell) in self.cells.iter().enumerate() {
            if cell != NOWHERE
                && let Ok(value) = values.get(row)
            {
                visit(cell as usize, value);
            }
        }
    }
}

/// What an aggregate gathers of the values of rows, by cell. New, it has met no rows: merging it changes nothing.
pub trait Accumulator: Any + Debug + Send + Sync {
    /// Takes in the rows of a batch.
    fn update(&mut self, rows: &Rows, values: &Vector);

    /// Merges another worker's accumulator of the same aggregate, whose cells are `cells[..]` among `len` here.
    fn merge(&mut self, other: Box<dyn Accumulator>, cells: &[u32], len: usize);

    /// Prepares all `len` cells for folding, once every worker is merged.
    fn finish(&mut self, _len: usize) {}

    /// A fold of no cells.
    fn fold(&self) -> Box<dyn Fold + '_>;

    /// How many values it keeps in memory one by one.
    fn kept_values(&self) -> usize {
        0
    }

    /// The time whose values count in a cell without segments, for `first` and `last`.
    fn chosen_time(&self, _cell: usize) -> Option<Time> {
        None
    }
}

/// The cells of a group, folded into one value.
pub trait Fold {
    /// Forgets all cells.
    fn clear(&mut self);

    /// Adds a cell.
    fn add(&mut self, cell: usize);

    /// True if cells can be removed again.
    fn can_remove(&self) -> bool {
        false
    }

    /// Removes a cell that was added, where that is possible.
    fn remove(&mut self, _cell: usize) {}

    /// The value of the cells, where this number of rows, at least one, has a value.
    fn value(&mut self, measure: &Measure, present: u64) -> Cell;

    /// The rows that `first` and `last` choose; None for other aggregates.
    fn chosen(&self) -> Option<Chosen> {
        None
    }
}

/// The rows at the chosen times of all segments.
#[derive(Debug, Default)]
pub struct Chosen {
    /// The time, where any row has one; of several segments, any.
    pub time: Option<Time>,
    /// How many rows have a value.
    pub rows: u64,
    /// The rows beside them that failed.
    pub failed: Failures,
}

/// The accumulator of another worker, which gathers the same.
pub fn same<A: Accumulator>(other: Box<dyn Accumulator>) -> A {
    let other: Box<dyn Any> = other;
    *other.downcast().expect("all workers of a pass gather the same states")
}
