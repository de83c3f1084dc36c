//! Defines the interface of aggregates: they collect rows by cell, merge, and fold cells into a value.

use std::any::Any;
use std::fmt::Debug;

use super::missing::Failures;
use crate::aggregate::room::{Room, shared_bytes};
use crate::data::{Aggregate, Measure};
use crate::diagnostic::Diagnostic;
use crate::value::{Cause, Cell, Value, Values, Vector};

/// The cell of rows that are not counted. All other cells have higher numbers.
pub const NOWHERE: u32 = 0;

/// A point in time, in nanoseconds since 1970.
pub type Time = i128;

/// The rows of a batch, as an aggregate reads them.
pub struct Rows<'a> {
    /// The cell of each row; [`NOWHERE`] for rows that are not counted.
    pub cells: &'a [u32],
    /// The counted rows in which a condition failed, their cells and the causes, in order.
    pub failed: &'a [(usize, u32, Cause)],
    /// The number of rows of the dataset that each row stands for. None: each is one.
    pub weights: Option<&'a [u64]>,
    /// The number of cells.
    pub len: usize,
    /// The argument.
    pub values: Option<&'a Vector>,
    /// The time of each row; None if it is unknown.
    pub times: &'a [Option<Time>],
    /// The segments of each row.
    pub by: Vec<&'a Vector>,
}

impl Rows<'_> {
    /// The number of rows of the dataset that a row stands for.
    pub fn weight(&self, row: usize) -> u64 {
        weight(self.weights, row)
    }

    /// The failure of a condition in a row, if one failed.
    pub fn failed_condition(&self, row: usize) -> Option<Cause> {
        self.failed.binary_search_by_key(&row, |failed| failed.0).ok().map(|at| self.failed[at].2)
    }

    /// The failure that makes the segment of a row unknown, if there is one.
    pub fn failed_segment(&self, row: usize) -> Option<Cause> {
        self.by.iter().find_map(|by| by.cause(row).filter(|cause| cause.is_failure()))
    }

    /// Calls `visit` with the cell and the value of each counted row that has a value.
    pub fn each_value(
        &self,
        values: &Vector,
        mut visit: impl FnMut(usize, Value) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        self.each_counted(values, |_, cell, value| visit(cell, value))
    }

    /// The same, with the position of the row.
    pub fn each_counted(
        &self,
        values: &Vector,
        mut visit: impl FnMut(usize, usize, Value) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        for (row, &cell) in self.cells.iter().enumerate() {
            if cell != NOWHERE
                && let Ok(value) = values.get(row)
            {
                visit(row, cell as usize, value)?;
            }
        }
        Ok(())
    }
}

/// The number of rows of the dataset that a row stands for.
pub fn weight(weights: Option<&[u64]>, row: usize) -> u64 {
    weights.map_or(1, |weights| weights[row])
}

/// The values that an aggregate collects, by cell. A new accumulator has no rows, and merging it changes nothing.
///
/// All methods that collect fail if the accumulator would exceed its room.
pub trait Accumulator: Any + Debug + Send + Sync {
    /// Adds the rows of a batch.
    fn update(&mut self, rows: &Rows, values: &Vector, room: &mut Room) -> Result<(), Diagnostic>;

    /// Merges another worker's accumulator of the same aggregate. `cells` maps its cells to the `len` cells of this
    /// one.
    fn merge(
        &mut self,
        other: Box<dyn Accumulator>,
        cells: &[u32],
        len: usize,
        room: &mut Room,
    ) -> Result<(), Diagnostic>;

    /// Prepares all `len` cells for folding, after all workers are merged.
    fn finish(&mut self, _len: usize, _room: &mut Room) -> Result<(), Diagnostic> {
        Ok(())
    }

    /// The values of single cells, of which each has this number of rows, all with a value. None if they have to be folded.
    fn of_cells(&self, _cells: &[u32], _rows: &[u64], _aggregate: Aggregate) -> Option<Values> {
        None
    }

    /// Creates a fold without cells.
    fn fold(&self) -> Box<dyn Fold + '_>;

    /// The time of the values that count in a cell without segments, for `first` and `last`.
    fn chosen_time(&self, _cell: usize) -> Option<Time> {
        None
    }
}

/// Folds the cells of a group into one value.
pub trait Fold {
    /// Removes all cells.
    fn clear(&mut self);

    /// Adds a cell, or fails if the fold would exceed its room.
    fn add(&mut self, cell: usize, room: &mut Room) -> Result<(), Diagnostic>;

    /// The number of values of a cell, if the fold holds them all.
    fn held(&self, _cell: usize) -> usize {
        0
    }

    /// True if cells can be removed again.
    fn can_remove(&self) -> bool {
        false
    }

    /// Removes a cell that was added, if [`Fold::can_remove`] is true. If rows hold over an interval, folds also remove
    /// cells that were not added but whose values were.
    fn remove(&mut self, _cell: usize, _room: &mut Room) -> Result<(), Diagnostic> {
        Ok(())
    }

    /// The steps of computing the value, if it takes all values of the fold.
    fn value_steps(&self) -> usize {
        0
    }

    /// The value of the cells. `present` is the number of rows with a value, at least one.
    fn value(&mut self, measure: &Measure, present: u64) -> Cell;

    /// The rows that `first` and `last` choose; None for other aggregates.
    fn chosen(&self) -> Option<Chosen> {
        None
    }
}

/// The rows at the chosen times of all segments.
#[derive(Debug, Default)]
pub struct Chosen {
    /// The chosen time, if any row has one. With several segments, the time of any of them.
    pub time: Option<Time>,
    /// The number of rows with a value.
    pub rows: u64,
    /// The failed rows at the same times.
    pub failed: Failures,
}

/// The bytes of a value outside of its list.
pub fn bytes_behind(value: &Value) -> usize {
    match value {
        Value::Text(text) => shared_bytes(text),
        _ => 0,
    }
}

/// Downcasts the accumulator of another worker, which must have the same type.
pub fn same<A: Accumulator>(other: Box<dyn Accumulator>) -> A {
    let other: Box<dyn Any> = other;
    *other.downcast().expect("all workers of a pass collect the same states")
}
