//! Keeps the values at the earliest or latest time of each segment, for `first` and `last`.

use hashbrown::HashMap;

use super::accumulator::{Accumulator, Chosen, Fold, NOWHERE, Rows, Time, same};
use super::missing::Failures;
use super::total::Total;
use crate::aggregate::key_interner::KeyInterner;
use crate::aggregate::pair_interner::PairInterner;
use crate::data::Measure;
use crate::value::{Cause, Cell, Date, Value, Values, Vector};

/// The values at the earliest or latest time of each segment.
#[derive(Debug, Default)]
pub struct Edges {
    latest: bool,
    keys: Vec<KeyInterner>,
    segments: Vec<PairInterner>,
    /// Combinations of cell and segment.
    slots: PairInterner,
    /// The rows at the chosen time, if a row has a time and is not blank.
    entries: Vec<Option<Edge>>,
    /// The segments of each cell and the rows at their chosen times, filled by `finish`.
    pub(super) by_cell: Vec<Vec<(u32, Edge)>>,
}

/// The rows at the chosen time.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    /// The time.
    pub(super) time: Time,
    /// The number of rows.
    pub(super) rows: u64,
    /// The sum of their numbers.
    pub(super) total: Total,
    /// The failed rows at the same time.
    pub(super) failed: Failures,
    /// One of the values, if they are not numbers.
    pub(super) other: Option<Value>,
}

impl Edge {
    /// Creates the edge of one row. Returns None for a blank.
    fn new(time: Time, cell: Cell) -> Option<Self> {
        let (total, failed) = Default::default();
        let mut edge = Self { time, rows: 0, total, failed, other: None };
        match cell {
            Err(cause) if !cause.is_failure() => return None,
            Err(cause) => edge.failed.add(cause),
            Ok(value) => edge.add(value),
        }
        Some(edge)
    }

    fn add(&mut self, value: Value) {
        self.rows += 1;
        match value {
            Value::Number(number) => self.total.add(number),
            other => self.other = Some(other),
        }
    }

    /// Returns true if a row at that time can be ignored.
    fn precedes(&self, latest: bool, time: Time) -> bool {
        self.time != time && (self.time > time) == latest
    }

    /// Merges the rows at another time. A better time replaces this one, a worse one is ignored, and rows at the same
    /// time are added.
    fn offer(&mut self, latest: bool, other: Edge) {
        if other.time == self.time {
            self.rows += other.rows;
            self.total.merge(&other.total);
            self.failed.merge(&other.failed);
            self.other = self.other.take().or(other.other);
        } else if (other.time > self.time) == latest {
            *self = other;
        }
    }
}

impl Accumulator for Edges {
    fn update(&mut self, rows: &Rows, values: &Vector) {
        let segments = self.segments_of(rows);
        let mut slots = rows.cells.to_vec();
        self.slots.combine(&mut slots, &segments);
        self.entries.resize(self.slots.list.len(), None);
        for (row, (&slot, time)) in slots.iter().zip(rows.times).enumerate() {
            let Some(time) = time.filter(|_| rows.failed_segment(row).is_none()) else { continue };
            let entry = &mut self.entries[slot as usize];
            if rows.cells[row] == NOWHERE || entry.as_ref().is_some_and(|edge| edge.precedes(self.latest, time)) {
                continue;
            }
            if let Some(edge) = Edge::new(time, values.get(row)) {
                offer(entry, self.latest, edge);
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Accumulator>, cells: &[u32], _: usize) {
        let other: Self = same(other);
        let segments = self.adopt_segments(&other);
        let (mut slots, segments): (Vec<u32>, Vec<u32>) = (other.slots.list.iter())
            .map(|&(cell, segment)| (cells[cell as usize], segments[segment as usize]))
            .unzip();
        self.slots.combine(&mut slots, &segments);
        self.entries.resize(self.slots.list.len(), None);
        for (slot, edge) in slots.into_iter().zip(other.entries) {
            if let Some(edge) = edge {
                offer(&mut self.entries[slot as usize], self.latest, edge);
            }
        }
    }

    fn finish(&mut self, len: usize) {
        let edges = std::mem::take(self);
        (self.latest, self.by_cell) = (edges.latest, vec![vec![]; len]);
        for ((cell, segment), edge) in edges.slots.list.into_iter().zip(edges.entries) {
            self.by_cell[cell as usize].extend(edge.map(|edge| (segment, edge)));
        }
    }

    fn fold(&self) -> Box<dyn Fold + '_> {
        Box::new(EdgeFold { edges: self, of_segments: HashMap::new() })
    }

    fn chosen_time(&self, cell: usize) -> Option<Time> {
        self.by_cell[cell].first().map(|(_, edge)| edge.time)
    }
}

impl Edges {
    /// Creates an empty state with one column for each part of a segment. Every worker has all columns, even one
    /// without rows.
    pub fn new(latest: bool, columns: usize) -> Self {
        let keys = std::iter::repeat_with(KeyInterner::default).take(columns).collect();
        let segments = std::iter::repeat_with(PairInterner::default).take(columns).collect();
        Self { latest, keys, segments, ..Self::default() }
    }

    fn segments_of(&mut self, rows: &Rows) -> Vec<u32> {
        let mut segments = vec![0; rows.cells.len()];
        let mut codes = vec![];
        for ((keys, pairs), vector) in self.keys.iter_mut().zip(&mut self.segments).zip(&rows.by) {
            keys.encode(vector, &mut codes);
            pairs.combine(&mut segments, &codes);
        }
        segments
    }

    /// The numbers of another worker's segments in this state.
    fn adopt_segments(&mut self, other: &Edges) -> Vec<u32> {
        let mut known = vec![0];
        for (at, pairs) in other.segments.iter().enumerate() {
            let codes = self.keys[at].adopt(&other.keys[at]);
            let (mut before, keys): (Vec<u32>, Vec<u32>) =
                pairs.list.iter().map(|&(before, key)| (known[before as usize], codes[key as usize])).unzip();
            self.segments[at].combine(&mut before, &keys);
            known = before;
        }
        known
    }
}

fn offer(entry: &mut Option<Edge>, latest: bool, edge: Edge) {
    match entry {
        Some(known) => known.offer(latest, edge),
        None => *entry = Some(edge),
    }
}

/// The rows at the chosen time of each segment of some cells.
struct EdgeFold<'g> {
    edges: &'g Edges,
    of_segments: HashMap<u32, Edge>,
}

impl Fold for EdgeFold<'_> {
    fn clear(&mut self) {
        self.of_segments.clear();
    }

    fn add(&mut self, cell: usize) {
        for (segment, edge) in &self.edges.by_cell[cell] {
            match self.of_segments.get_mut(segment) {
                Some(known) => known.offer(self.edges.latest, edge.clone()),
                None => drop(self.of_segments.insert(*segment, edge.clone())),
            }
        }
    }

    /// Adds up the rows at the chosen times of all segments.
    fn value(&mut self, measure: &Measure, _: u64) -> Cell {
        let (mut total, mut rows, mut other) = (Total::default(), 0, None);
        for edge in self.of_segments.values() {
            total.merge(&edge.total);
            rows += edge.rows;
            other = other.or(edge.other.as_ref());
        }
        match other {
            None => total.cell(measure.aggregate, rows),
            Some(value) if rows == 1 => Ok(value.clone()),
            Some(_) => Err(Cause::ManyRows),
        }
    }

    fn chosen(&self) -> Option<Chosen> {
        let mut chosen = Chosen::default();
        for edge in self.of_segments.values() {
            chosen.time = Some(edge.time);
            chosen.rows += edge.rows;
            chosen.failed.merge(&edge.failed);
        }
        Some(chosen)
    }
}

/// The point in time of each value of a time column.
pub fn times_of(vector: &Vector) -> Vec<Option<Time>> {
    (0..vector.len())
        .map(|row| match (&vector.values, vector.cause(row)) {
            (Values::Days(days), None) => Some(Date::from_day(days[row]).instant()),
            (Values::Moments(moments), None) => Some(moments[row].instant()),
            _ => None,
        })
        .collect()
}
