//! Keeps the values at the earliest or latest time of each segment, for `first` and `last`.

use hashbrown::HashMap;

use super::accumulator::{Accumulator, Chosen, Fold, NOWHERE, Rows, Time, bytes_behind, same};
use super::missing::Failures;
use super::total::Total;
use crate::aggregate::key_interner::KeyInterner;
use crate::aggregate::lists::by_number;
use crate::aggregate::pair_interner::PairInterner;
use crate::aggregate::room::Room;
use crate::data::Measure;
use crate::diagnostic::Diagnostic;
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
    finished: Finished,
}

/// The segments of each cell, filled by `finish`.
#[derive(Debug, Default)]
struct Finished {
    /// The start of the slots of each cell, with one more at the end.
    starts: Vec<u32>,
    /// The slots by cell.
    order: Vec<u32>,
}

/// The rows at the chosen time.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    /// The time.
    pub(super) time: Time,
    held: Held,
}

/// Some rows of the same time.
#[derive(Debug, Clone)]
enum Held {
    /// A single row, with a value or a failure.
    One(Cell),
    Many(Box<Many>),
}

/// The sum of several rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Many {
    /// The number of rows.
    pub(super) rows: u64,
    /// The sum of their numbers.
    pub(super) total: Total,
    /// The failed rows at the same time.
    pub(super) failed: Failures,
    /// One of the values, if they are not numbers.
    pub(super) other: Option<Value>,
}

impl Many {
    /// Adds a row as often as it counts.
    fn add(&mut self, cell: &Cell, weight: u64) {
        match cell {
            Err(cause) => self.failed.add(*cause, weight),
            Ok(value) => {
                self.rows += weight;
                match value {
                    Value::Number(number) => self.total.add_times(*number, weight),
                    other => self.other = Some(other.clone()),
                }
            }
        }
    }

    /// Adds the rows of an edge, whatever its time.
    pub(super) fn merge(&mut self, edge: &Edge) {
        match &edge.held {
            Held::One(cell) => self.add(cell, 1),
            Held::Many(many) => {
                self.rows += many.rows;
                self.total.merge(&many.total);
                self.failed.merge(&many.failed);
                self.other = self.other.take().or_else(|| many.other.clone());
            }
        }
    }

    /// The value of the rows.
    fn value(&self, measure: &Measure) -> Cell {
        match &self.other {
            None => self.total.cell(measure.aggregate, self.rows),
            Some(value) if self.rows == 1 => Ok(value.clone()),
            Some(_) => Err(Cause::ManyRows),
        }
    }
}

impl Edge {
    /// Creates the edge of a row that counts several times. Returns None for a blank.
    fn new(time: Time, cell: Cell, weight: u64) -> Option<Self> {
        let held = match (cell, weight) {
            (Err(cause), _) if !cause.is_failure() => return None,
            (cell, 1) => Held::One(cell),
            (cell, weight) => {
                let mut many = Many::default();
                many.add(&cell, weight);
                Held::Many(Box::new(many))
            }
        };
        Some(Self { time, held })
    }

    /// Returns true if a row at that time can be ignored.
    fn precedes(&self, latest: bool, time: Time) -> bool {
        self.time != time && (self.time > time) == latest
    }

    /// Merges the rows at another time. A better time replaces this one, a worse one is ignored, and rows at the same
    /// time are added.
    fn offer(&mut self, latest: bool, other: Edge) {
        if other.time == self.time {
            if let Held::One(_) = self.held {
                let mut many = Many::default();
                many.merge(self);
                self.held = Held::Many(Box::new(many));
            }
            if let Held::Many(many) = &mut self.held {
                many.merge(&other);
            }
        } else if (other.time > self.time) == latest {
            *self = other;
        }
    }

    /// The bytes outside of the list.
    fn bytes_behind(&self) -> usize {
        match &self.held {
            Held::One(cell) => cell.as_ref().map_or(0, bytes_behind),
            Held::Many(many) => size_of::<Many>() + many.other.as_ref().map_or(0, bytes_behind),
        }
    }
}

impl Accumulator for Edges {
    fn update(&mut self, rows: &Rows, values: &Vector, room: &mut Room) -> Result<(), Diagnostic> {
        let segments = self.segments_of(rows)?;
        let mut slots = rows.cells.to_vec();
        self.slots.combine(&mut slots, &segments)?;
        room.fill(&mut self.entries, self.slots.list.len(), None)?;
        for (row, (&slot, time)) in slots.iter().zip(rows.times).enumerate() {
            let Some(time) = time.filter(|_| rows.failed_segment(row).is_none()) else { continue };
            let entry = &mut self.entries[slot as usize];
            if rows.cells[row] == NOWHERE || entry.as_ref().is_some_and(|edge| edge.precedes(self.latest, time)) {
                continue;
            }
            let cell = rows.failed_condition(row).map_or_else(|| values.get(row), Err);
            if let Some(edge) = Edge::new(time, cell, rows.weight(row)) {
                offer(entry, self.latest, edge, room)?;
            }
        }
        Ok(())
    }

    fn merge(
        &mut self,
        other: Box<dyn Accumulator>,
        cells: &[u32],
        _: usize,
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        let other: Self = same(other);
        if self.slots.list.is_empty() {
            // Nothing is copied for a single worker.
            room.grow(other.bytes())?;
            *self = Self { slots: other.slots.renumbered(cells), ..other };
            return Ok(());
        }
        let segments = self.adopt_segments(&other)?;
        let (mut slots, segments): (Vec<u32>, Vec<u32>) = (other.slots.list.iter())
            .map(|&(cell, segment)| (cells[cell as usize], segments[segment as usize]))
            .unzip();
        self.slots.combine(&mut slots, &segments)?;
        room.fill(&mut self.entries, self.slots.list.len(), None)?;
        for (slot, edge) in slots.into_iter().zip(other.entries) {
            if let Some(edge) = edge {
                offer(&mut self.entries[slot as usize], self.latest, edge, room)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, len: usize, room: &mut Room) -> Result<(), Diagnostic> {
        self.keys.clear();
        self.segments.clear();
        // The list and its room are kept; the tables for adding further pairs are freed.
        self.slots = std::mem::take(&mut self.slots).without_tables();
        let slots = &self.slots.list;
        room.grow((2 * (len + 1) + slots.len()) * size_of::<u32>())?;
        let (starts, order) = by_number(slots.iter().map(|&(cell, _)| cell), len);
        room.shrink((len + 1) * size_of::<u32>());
        self.finished = Finished { starts, order };
        Ok(())
    }

    fn fold(&self) -> Box<dyn Fold + '_> {
        Box::new(EdgeFold { edges: self, first: None, of_segments: HashMap::default() })
    }

    fn chosen_time(&self, cell: usize) -> Option<Time> {
        self.of_cell(cell).next().map(|(_, edge)| edge.time)
    }
}

impl Edges {
    /// Creates an empty state with one column for each part of a segment. Every worker has all columns, even one
    /// without rows.
    pub fn new(latest: bool, columns: usize, room: &Room) -> Self {
        let keys = (0..columns).map(|_| KeyInterner::new(None, room.another())).collect();
        let segments = (0..columns).map(|_| PairInterner::new(room.another())).collect();
        Self { latest, keys, segments, slots: PairInterner::new(room.another()), ..Self::default() }
    }

    /// The bytes of the entries.
    fn bytes(&self) -> usize {
        let behind: usize = self.entries.iter().flatten().map(Edge::bytes_behind).sum();
        self.entries.capacity() * size_of::<Option<Edge>>() + behind
    }

    /// The segments of a cell and the rows at their chosen times.
    pub(super) fn of_cell(&self, cell: usize) -> impl Iterator<Item = (u32, &Edge)> {
        let Finished { starts, order } = &self.finished;
        let slots = &order[starts[cell] as usize..starts[cell + 1] as usize];
        slots.iter().filter_map(|&slot| {
            let (_, segment) = self.slots.list[slot as usize];
            Some((segment, self.entries[slot as usize].as_ref()?))
        })
    }

    fn segments_of(&mut self, rows: &Rows) -> Result<Vec<u32>, Diagnostic> {
        let mut segments = vec![0; rows.cells.len()];
        let mut codes = vec![];
        for ((keys, pairs), vector) in self.keys.iter_mut().zip(&mut self.segments).zip(&rows.by) {
            keys.encode(vector, &mut codes)?;
            pairs.combine(&mut segments, &codes)?;
        }
        Ok(segments)
    }

    /// The numbers of another worker's segments in this state.
    fn adopt_segments(&mut self, other: &Edges) -> Result<Vec<u32>, Diagnostic> {
        let mut known = vec![0];
        for (at, pairs) in other.segments.iter().enumerate() {
            let codes = self.keys[at].adopt(&other.keys[at])?;
            let (mut before, keys): (Vec<u32>, Vec<u32>) =
                pairs.list.iter().map(|&(before, key)| (known[before as usize], codes[key as usize])).unzip();
            self.segments[at].combine(&mut before, &keys)?;
            known = before;
        }
        Ok(known)
    }
}

fn offer(entry: &mut Option<Edge>, latest: bool, edge: Edge, room: &mut Room) -> Result<(), Diagnostic> {
    let before = entry.as_ref().map_or(0, Edge::bytes_behind);
    match entry {
        Some(known) => known.offer(latest, edge),
        None => *entry = Some(edge),
    }
    let after = entry.as_ref().map_or(0, Edge::bytes_behind);
    room.shrink(before.saturating_sub(after));
    room.grow(after.saturating_sub(before))
}

/// The rows at the chosen time of each segment of some cells.
struct EdgeFold<'g> {
    edges: &'g Edges,
    /// The cell, if there is only one so far: its edges are read where they are.
    first: Option<usize>,
    /// The edges of several cells.
    of_segments: HashMap<u32, Edge, foldhash::fast::FixedState>,
}

impl EdgeFold<'_> {
    fn add_edges(&mut self, cell: usize, room: &mut Room) -> Result<(), Diagnostic> {
        for (segment, edge) in self.edges.of_cell(cell) {
            match self.of_segments.get_mut(&segment) {
                Some(known) => known.offer(self.edges.latest, edge.clone()),
                None => {
                    room.entry(&mut self.of_segments)?;
                    self.of_segments.insert(segment, edge.clone());
                }
            }
        }
        Ok(())
    }

    /// Calls `visit` with the edge of each segment.
    fn each(&self, mut visit: impl FnMut(&Edge)) {
        match self.first {
            Some(cell) => self.edges.of_cell(cell).for_each(|(_, edge)| visit(edge)),
            None => self.of_segments.values().for_each(visit),
        }
    }
}

impl Fold for EdgeFold<'_> {
    fn clear(&mut self) {
        self.first = None;
        self.of_segments.clear();
    }

    fn add(&mut self, cell: usize, room: &mut Room) -> Result<(), Diagnostic> {
        if self.first.is_none() && self.of_segments.is_empty() {
            self.first = Some(cell);
            return Ok(());
        }
        if let Some(first) = self.first.take() {
            self.add_edges(first, room)?;
        }
        self.add_edges(cell, room)
    }

    /// Adds up the rows at the chosen times of all segments.
    fn value(&mut self, measure: &Measure, _: u64) -> Cell {
        let mut many = Many::default();
        self.each(|edge| many.merge(edge));
        many.value(measure)
    }

    fn chosen(&self) -> Option<Chosen> {
        let mut chosen = Chosen::default();
        self.each(|edge| {
            chosen.time = Some(edge.time);
            match &edge.held {
                Held::One(Ok(_)) => chosen.rows += 1,
                Held::One(Err(cause)) => chosen.failed.add(*cause, 1),
                Held::Many(many) => {
                    chosen.rows += many.rows;
                    chosen.failed.merge(&many.failed);
                }
            }
        });
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
