//! Collects the rows for measures: an accumulator, and the rows without a value.

use super::accumulator::{Accumulator, NOWHERE, Rows};
use super::count::Count;
use super::edge::Edges;
use super::extreme::Extremes;
use super::missing::Missing;
use super::multiset::Multiset;
use super::only::OnlyValues;
use super::sum::Sums;
use crate::aggregate::room::Room;
use crate::data::{Aggregate, Measure};
use crate::diagnostic::Diagnostic;
use crate::program::NodeId;
use crate::value::{Cause, Vector};

/// Identifies a state. Measures that differ only in their range or their dropped columns share a state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StateKey {
    /// The index of the selection of rows in the pass.
    pub selection: usize,
    /// The kind of state.
    pub kind: StateKind,
    /// The expression to aggregate.
    pub argument: Option<NodeId>,
    /// The segments of `first` and `last`.
    pub by: Vec<NodeId>,
}

/// The kinds of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StateKind {
    /// The number of values.
    Count,
    /// The exact sum of the values.
    Sum,
    /// The smallest or the largest value.
    Extreme { greatest: bool },
    /// The number of occurrences of each value.
    Multiset,
    /// The sum at the earliest or the latest time.
    Edge { latest: bool },
    /// Any one of the values.
    Any,
}

impl StateKey {
    /// The state that a measure needs for the rows that a selection keeps.
    pub fn of(measure: &Measure, selection: usize) -> Self {
        let kind = match measure.aggregate {
            Aggregate::Count if measure.argument.is_none() || !measure.distinct => StateKind::Count,
            Aggregate::Sum | Aggregate::Average if !measure.distinct => StateKind::Sum,
            Aggregate::Min => StateKind::Extreme { greatest: false },
            Aggregate::Max => StateKind::Extreme { greatest: true },
            Aggregate::First => StateKind::Edge { latest: false },
            Aggregate::Last => StateKind::Edge { latest: true },
            Aggregate::Only if !measure.distinct => StateKind::Any,
            _ => StateKind::Multiset,
        };
        let mut key = Self { selection, kind, argument: measure.argument, by: vec![] };
        if key.is_timed() {
            key.by.clone_from(&measure.by);
        }
        key
    }

    /// The same for rows that hold over an interval: values are removed where rows end, and `first` and `last` add up all
    /// rows in force.
    pub fn of_interval(measure: &Measure, selection: usize) -> Self {
        let kind = match measure.aggregate {
            Aggregate::Count if measure.argument.is_none() || !measure.distinct => StateKind::Count,
            Aggregate::Sum | Aggregate::Average if !measure.distinct => StateKind::Sum,
            Aggregate::First | Aggregate::Last => StateKind::Sum,
            _ => StateKind::Multiset,
        };
        Self { selection, kind, argument: measure.argument, by: vec![] }
    }

    /// True if the times of rows decide which of them count.
    pub fn is_timed(&self) -> bool {
        matches!(self.kind, StateKind::Edge { .. })
    }

    /// What the state collects, as in "the distinct values of `x`".
    pub fn describe(&self) -> &'static str {
        match self.kind {
            StateKind::Count => "the numbers of rows",
            StateKind::Sum => "the sums",
            StateKind::Extreme { greatest: false } => "the smallest values",
            StateKind::Extreme { greatest: true } => "the largest values",
            StateKind::Multiset => "the distinct values",
            StateKind::Edge { latest: false } => "the first values",
            StateKind::Edge { latest: true } => "the last values",
            StateKind::Any => "the only values",
        }
    }

    /// The bytes that a row can add to the state, besides the values by cell.
    pub fn row_bytes(&self) -> usize {
        const ENTRY: usize = 64;
        match self.kind {
            StateKind::Multiset => ENTRY,
            StateKind::Edge { .. } => (3 + self.by.len()) * ENTRY,
            _ => 0,
        }
    }

    /// The steps that a row takes.
    pub fn steps(&self) -> u64 {
        match self.kind {
            StateKind::Count | StateKind::Sum => 1,
            StateKind::Extreme { .. } | StateKind::Any => 2,
            StateKind::Multiset => 8,
            StateKind::Edge { .. } => 8 * (1 + self.by.len() as u64),
        }
    }

    /// True if cells can be removed from a fold of the state.
    pub fn can_remove(&self) -> bool {
        matches!(self.kind, StateKind::Count | StateKind::Sum)
    }

    /// True if a fold of the state holds values of many rows.
    pub fn holds_values(&self) -> bool {
        matches!(self.kind, StateKind::Multiset) || !self.by.is_empty()
    }

    fn accumulator(&self, room: &Room) -> Box<dyn Accumulator> {
        match self.kind {
            StateKind::Count => Box::new(Count),
            StateKind::Sum => Box::new(Sums::default()),
            StateKind::Extreme { greatest } => Box::new(Extremes::new(greatest)),
            StateKind::Multiset => Box::new(Multiset::default()),
            StateKind::Edge { latest } => Box::new(Edges::new(latest, self.by.len(), room)),
            StateKind::Any => Box::new(OnlyValues::default()),
        }
    }
}

/// The state of one aggregate.
#[derive(Debug)]
pub struct State {
    /// True if the times of rows decide which of them count.
    pub timed: bool,
    /// The rows without a value. For `first` and `last`, failed rows are counted with the values at their time.
    pub missing: Missing,
    /// The collected values.
    pub values: Box<dyn Accumulator>,
    room: Room,
}

impl State {
    /// Creates a state without rows. Merging it into another state of its key changes nothing.
    pub fn new(key: &StateKey, room: Room) -> Self {
        Self { timed: key.is_timed(), missing: Missing::default(), values: key.accumulator(&room), room }
    }

    /// Adds the rows of a batch.
    ///
    /// # Errors
    /// If the state would exceed its room. The same holds for the other methods.
    pub fn update(&mut self, rows: &Rows) -> Result<(), Diagnostic> {
        let Some(values) = rows.values else { return Ok(()) };
        self.count_missing(rows, values)?;
        self.values.update(rows, values, &mut self.room)
    }

    /// Counts rows without a value, by cell.
    pub fn add_blank(&mut self, cells: &[u32], blank: &[u64], len: usize) -> Result<(), Diagnostic> {
        let mut counted = cells.iter().zip(blank);
        counted.try_for_each(|(&cell, &blank)| self.missing.add_blank(cell, blank, len, &mut self.room))
    }

    /// Adds the values of rows that each stand for several: their sums or extremes.
    pub fn add_values(&mut self, rows: &Rows, values: &Vector) -> Result<(), Diagnostic> {
        self.values.update(rows, values, &mut self.room)
    }

    fn count_missing(&mut self, rows: &Rows, values: &Vector) -> Result<(), Diagnostic> {
        let timed = self.timed;
        let is_whole = values.causes.is_none() && rows.by.iter().all(|by| by.causes.is_none());
        if is_whole && !(timed && rows.times.contains(&None)) {
            return Ok(());
        }
        for (row, &cell) in rows.cells.iter().enumerate().filter(|(_, cell)| **cell != NOWHERE) {
            let without_time = timed && rows.times[row].is_none();
            let cause = if without_time { Some(Cause::Blank) } else { values.cause(row) };
            // Failures count with the values at their time, and rows that a condition does not keep are not blank.
            let counted_there = |cause: &Cause| timed && (cause.is_failure() || rows.failed_condition(row).is_some());
            let cause = cause.filter(|cause| !counted_there(cause));
            if let Some(cause) = cause.or_else(|| rows.failed_segment(row)) {
                self.missing.add(cell, cause, rows.weight(row), rows.len, &mut self.room)?;
            }
        }
        Ok(())
    }

    /// Merges another worker's state of the same key. `cells` maps its cells to the cells of this one.
    pub fn merge(&mut self, other: Self, cells: &[u32], len: usize) -> Result<(), Diagnostic> {
        self.missing.merge(&other.missing, cells, len, &mut self.room)?;
        self.values.merge(other.values, cells, len, &mut self.room)
    }

    /// Prepares all `len` cells for folding, after all workers are merged.
    pub fn finish(&mut self, len: usize) -> Result<(), Diagnostic> {
        self.values.finish(len, &mut self.room)
    }
}
