//! Collects the first rows of an order, however many there are.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::rank::{Rank, rank};
use crate::aggregate::accumulate::{Time, Total};
use crate::aggregate::room::{Room, shared_bytes};
use crate::data::{Aggregate, RowOrder};
use crate::diagnostic::Diagnostic;
use crate::value::{Cell, Number, Value};

/// A row that may be listed.
#[derive(Debug)]
pub struct Candidate<T> {
    rank: Rank,
    /// The cells if the rows of the data have no order.
    tie: Option<Vec<Cell>>,
    /// The number of the row, from 0.
    pub row: u64,
    /// The cells of the columns that are shown.
    pub cells: Vec<Cell>,
    /// What else is known about it.
    pub known: T,
}

impl<T> Candidate<T> {
    fn place(&self) -> (&Rank, &Option<Vec<Cell>>, u64) {
        (&self.rank, &self.tie, self.row)
    }
}

impl<T> PartialEq for Candidate<T> {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl<T> Eq for Candidate<T> {}

impl<T> PartialOrd for Candidate<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Candidate<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

/// How many rows are kept, and whether the rows of the data have an order.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub count: usize,
    pub is_ordered: bool,
}

/// The first rows of an order.
#[derive(Debug)]
pub struct Firsts<T> {
    bounds: Bounds,
    /// The last one of them is on top.
    heap: BinaryHeap<Candidate<T>>,
    /// The number of rows that were offered.
    pub offered: u64,
}

impl<T> Firsts<T> {
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, heap: BinaryHeap::new(), offered: 0 }
    }

    /// Offers a row. Its cells are read only if it may be one of the first.
    pub fn offer(
        &mut self,
        row: u64,
        rank: Rank,
        cells: impl FnOnce() -> Vec<Cell>,
        known: impl FnOnce() -> T,
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        self.offered += 1;
        let Bounds { count, is_ordered } = self.bounds;
        let is_full = self.heap.len() >= count;
        let is_behind = |last: &Candidate<T>| if is_ordered { rank >= last.rank } else { rank > last.rank };
        if is_full && self.heap.peek().is_none_or(is_behind) {
            return Ok(());
        }
        let cells = cells();
        let tie = (!is_ordered).then(|| cells.clone());
        if !is_full {
            room.grow(bytes(&cells) * if is_ordered { 1 } else { 2 })?;
        }
        self.heap.push(Candidate { rank, tie, row, cells, known: known() });
        if is_full {
            self.heap.pop();
        }
        Ok(())
    }

    /// The rows in order.
    pub fn into_rows(self) -> Vec<Candidate<T>> {
        self.heap.into_sorted_vec()
    }
}

/// The approximate memory of a row.
fn bytes(cells: &[Cell]) -> usize {
    let texts = cells.iter().map(|cell| match cell {
        Ok(Value::Text(text)) => shared_bytes(text),
        _ => 0,
    });
    size_of::<Candidate<Option<Value>>>() + size_of_val(cells) + texts.sum::<usize>()
}

/// A row that counts.
pub struct Counted<'a> {
    pub row: u64,
    pub value: Option<&'a Value>,
    /// Its time and its segment, for `first` and `last`.
    pub time: Option<Time>,
    pub segment: &'a dyn Fn() -> Vec<Cell>,
    pub cells: &'a dyn Fn() -> Vec<Cell>,
}

/// The rows of a group that count, and the first of them.
#[derive(Debug)]
pub enum Collected {
    /// By a rank that each row has.
    Ranked { order: RowOrder, middle: Option<Value>, rows: Firsts<Option<Value>> },
    /// The first row of each of the first values; of the smallest values if the rows of the data have no order.
    Distinct { values: BTreeMap<Value, Firsts<Option<Value>>>, bounds: Bounds },
    /// The rows far from the mean: they are among the largest and the smallest.
    Spread { total: Total, ends: [Firsts<Option<Value>>; 2], bounds: Bounds },
    /// The rows at the first or the last time of each segment.
    Edge { is_last: bool, segments: HashMap<Vec<Cell>, (Time, Firsts<Option<Value>>)>, bounds: Bounds },
}

impl Collected {
    /// No rows yet, of an aggregate that has this value.
    pub fn new(order: RowOrder, edge: Option<bool>, value: &Cell, bounds: Bounds) -> Self {
        match (order, edge) {
            (_, Some(is_last)) => Self::Edge { is_last, segments: HashMap::new(), bounds },
            (RowOrder::Distinct, _) => Self::Distinct { values: BTreeMap::new(), bounds },
            (RowOrder::Farthest, _) => {
                Self::Spread { total: Total::default(), ends: [Firsts::new(bounds), Firsts::new(bounds)], bounds }
            }
            (order, _) => Self::Ranked { order, middle: value.clone().ok(), rows: Firsts::new(bounds) },
        }
    }

    pub fn add(&mut self, counted: &Counted, room: &mut Room) -> Result<(), Diagnostic> {
        let Counted { row, value, time, segment, cells } = counted;
        let known = || value.cloned();
        match self {
            Self::Ranked { order, middle, rows } => {
                rows.offer(*row, rank(*order, *value, middle.as_ref()), cells, known, room)
            }
            Self::Distinct { values, bounds } => {
                let Some(value) = *value else { return Ok(()) };
                if !values.contains_key(value) && values.len() >= bounds.count {
                    let is_behind = values.last_key_value().is_none_or(|(last, _)| value > last);
                    if bounds.is_ordered || is_behind {
                        return Ok(());
                    }
                    values.pop_last();
                }
                let one = || Firsts::new(Bounds { count: 1, ..*bounds });
                let rank = if bounds.is_ordered { Rank::Equal } else { rank(RowOrder::Lowest, Some(value), None) };
                values.entry(value.clone()).or_insert_with(one).offer(*row, rank, cells, known, room)
            }
            Self::Spread { total, ends, .. } => {
                if let Some(Value::Number(number)) = value {
                    total.add(*number);
                }
                ends[0].offer(*row, rank(RowOrder::Lowest, *value, None), cells, known, room)?;
                ends[1].offer(*row, rank(RowOrder::Highest, *value, None), cells, known, room)
            }
            Self::Edge { is_last, segments, bounds } => {
                let Some(time) = *time else { return Ok(()) };
                let rank = rank(RowOrder::Largest, *value, None);
                match segments.entry(segment()) {
                    Entry::Vacant(new) => {
                        room.grow(bytes(new.key()))?;
                        let mut rows = Firsts::new(*bounds);
                        rows.offer(*row, rank, cells, known, room)?;
                        new.insert((time, rows));
                    }
                    Entry::Occupied(mut known_segment) => {
                        let (chosen, rows) = known_segment.get_mut();
                        if time != *chosen && (time > *chosen) == *is_last {
                            (*chosen, *rows) = (time, Firsts::new(*bounds));
                        }
                        if time == *chosen {
                            rows.offer(*row, rank, cells, known, room)?;
                        }
                    }
                }
                Ok(())
            }
        }
    }

    /// The first rows in order, and the number of rows that count. `distinct` is the number of different values.
    pub fn finish(self, distinct: u64) -> (Vec<Candidate<Option<Value>>>, u64) {
        match self {
            Self::Ranked { rows, .. } => {
                let counted = rows.offered;
                (rows.into_rows(), counted)
            }
            Self::Distinct { values, bounds } => {
                (first(values.into_values().flat_map(Firsts::into_rows), bounds.count), distinct)
            }
            Self::Spread { total, ends: [low, high], bounds } => {
                let counted = low.offered;
                let mean = total.cell(Aggregate::Average, counted.max(1)).ok();
                let far = |row: Candidate<Option<Value>>| Candidate {
                    rank: rank(RowOrder::Farthest, row.known.as_ref(), mean.as_ref()),
                    ..row
                };
                let rows = low.into_rows().into_iter().chain(high.into_rows()).map(far);
                (first(rows, bounds.count), counted)
            }
            Self::Edge { segments, bounds, .. } => {
                let counted = segments.values().map(|(_, rows)| rows.offered).sum();
                let rows = segments.into_values().flat_map(|(_, rows)| rows.into_rows());
                (first(rows, bounds.count), counted)
            }
        }
    }
}

/// The first of some rows, each once.
fn first<T>(rows: impl Iterator<Item = Candidate<T>>, count: usize) -> Vec<Candidate<T>> {
    let mut rows: Vec<Candidate<T>> = rows.collect();
    rows.sort();
    rows.dedup_by_key(|row| row.row);
    rows.truncate(count);
    rows
}

/// True if a row accounts for nothing in a difference: it counts on both sides with the same value.
pub fn cancels(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::Number(Number { decimal: one, .. })), Some(Value::Number(Number { decimal: other, .. }))) => {
            one == other
        }
        (one, other) => one == other,
    }
}
