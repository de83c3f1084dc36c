//! What a pass gathers for its measures: an accumulator, and the rows without a value.

use super::accumulator::{Accumulator, NOWHERE, Rows};
use super::count::Count;
use super::edge::Edges;
use super::extreme::Extremes;
use super::missing::Missing;
use super::multiset::Multiset;
use super::only::OnlyValues;
use super::sum::Sums;
use crate::data::{Aggregate, Measure};
use crate::program::NodeId;
use crate::value::{Cause, Vector};

/// What is gathered: measures that differ in range or dropped columns only share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StateKey {
    /// Which of the pass's selections of rows.
    pub selection: usize,
    /// What is gathered of them.
    pub(super) kind: StateKind,
    /// Of which expression.
    pub argument: Option<NodeId>,
    /// The segments of `first` and `last`.
    pub by: Vec<NodeId>,
}

/// The kinds of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum StateKind {
    /// How many values.
    Count,
    /// Their exact sum.
    Sum,
    /// The least or the greatest of them.
    Extreme { greatest: bool },
    /// How often each of them occurs.
    Multiset,
    /// The sum at the earliest or the latest time.
    Edge { latest: bool },
    /// Any of them.
    Any,
}

impl StateKey {
    /// What a measure needs of the rows that a selection keeps.
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

    /// True if the times of rows decide which of them count.
    pub fn is_timed(&self) -> bool {
        matches!(self.kind, StateKind::Edge { .. })
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        match self.kind {
            StateKind::Count => Box::new(Count),
            StateKind::Sum => Box::new(Sums::default()),
            StateKind::Extreme { greatest } => Box::new(Extremes::new(greatest)),
            StateKind::Multiset => Box::new(Multiset::default()),
            StateKind::Edge { latest } => Box::new(Edges::new(latest, self.by.len())),
            StateKind::Any => Box::new(OnlyValues::default()),
        }
    }
}

/// What was gathered.
#[derive(Debug)]
pub struct State {
    /// True if the times of rows decide which of them count.
    timed: bool,
    /// The rows that had no value; of `first` and `last`, failed ones are at their time among the values.
    pub missing: Missing,
    /// What was gathered of the values.
    pub values: Box<dyn Accumulator>,
}

impl State {
    /// The state of no rows: merged with any other of its key it changes nothing.
    pub fn new(key: &StateKey) -> Self {
        Self { timed: key.is_timed(), missing: Missing::default(), values: key.accumulator() }
    }

    /// Gathers the rows of a batch.
    pub fn update(&mut self, rows: &Rows) {
        let Some(values) = rows.values else { return };
        self.count_missing(rows, values);
        self.values.update(rows, values);
    }

    fn count_missing(&mut self, rows: &Rows, values: &Vector) {
        let timed = self.timed;
        let is_whole = values.causes.is_none() && rows.by.iter().all(|by| by.causes.is_none());
        if is_whole && !(timed && rows.times.contains(&None)) {
            return;
        }
        for (row, &cell) in rows.cells.iter().enumerate().filter(|(_, cell)| **cell != NOWHERE) {
            let without_time = timed && rows.times[row].is_none();
            let cause = if without_time { Some(Cause::Blank) } else { values.cause(row) };
            let cause = cause.filter(|cause| !(timed && cause.is_failure()));
            if let Some(cause) = cause.or_else(|| rows.failed_segment(row)) {
                self.missing.add(cell, cause, rows.len);
            }
        }
    }

    /// Merges another worker's state of the same key, whose cells are `cells[..]` here.
    pub fn merge(&mut self, other: Self, cells: &[u32], len: usize) {
        self.missing.merge(&other.missing, cells, len);
        self.values.merge(other.values, cells, len);
    }
}
