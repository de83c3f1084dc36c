//! Merges what workers gathered of a dataset, and projects its cells on the columns that a measure keeps.

use std::sync::Arc;

use hashbrown::HashMap;

use super::keys::{Bucketing, Pairs};
use super::pass::{Pass, Selection, Worker};
use super::state::{Best, Body, Edge, State, Sums};
use crate::data::measure::Dropped;
use crate::value::Value;

type Map<K> = HashMap<K, u32, foldhash::fast::FixedState>;

/// All keys of each grouping column, in the order of the result: blank has rank 0, the first text rank 1.
#[derive(Debug)]
pub(super) struct Ranks {
    texts: Vec<Vec<Arc<str>>>,
}

impl Ranks {
    /// Orders the keys that all workers of all datasets met.
    pub(super) fn new(columns: usize, workers: &[Vec<Worker>]) -> Self {
        let texts_of = |column: usize| {
            let met = workers.iter().flatten().flat_map(|worker| worker.keys[column].texts());
            let mut texts: Vec<Arc<str>> = met.cloned().collect();
            texts.sort_unstable();
            texts.dedup();
            texts
        };
        Self { texts: (0..columns).map(texts_of).collect() }
    }

    /// The key of a rank.
    pub(super) fn key(&self, column: usize, rank: u32) -> Option<Arc<str>> {
        rank.checked_sub(1).map(|at| self.texts[column][at as usize].clone())
    }

    /// The ranks of a worker's codes.
    fn of_codes(&self, column: usize, texts: &[Arc<str>]) -> Vec<u32> {
        let rank = |text| self.texts[column].binary_search(text).expect("all keys met are ranked") as u32 + 1;
        std::iter::once(0).chain(texts.iter().map(rank)).collect()
    }
}

/// All that was gathered of a dataset.
pub(super) struct Gathered {
    /// The ranks of the keys of each combination.
    pub(super) tuples: Vec<Box<[u32]>>,
    /// The combination and the time bucket of each cell. Cell 0 is nowhere.
    pub(super) cells: Vec<(u32, i32)>,
    pub(super) bucketing: Bucketing,
    pub(super) selections: Vec<Selection>,
    pub(super) states: Vec<Final>,
    /// Rows without a time that were left out.
    pub(super) timeless: u64,
    /// The first and the last day with a row.
    pub(super) days: Option<(i32, i32)>,
}

/// A state that is complete.
pub(super) struct Final {
    skipped: Vec<u64>,
    pub(super) body: FinalBody,
}

/// The values of a state that is complete, by cell.
pub(super) enum FinalBody {
    Count,
    Sum(Sums),
    Best(Best),
    /// The distinct values in order, and which of them stand in each cell how often.
    Multiset(Vec<Value>, Vec<Vec<(u32, u64)>>),
    /// Whether the latest time is wanted, and what stands in each cell at the chosen time of each segment.
    Edge(bool, Vec<Vec<(u32, Edge)>>),
    Any(Vec<Option<Value>>),
}

impl Final {
    fn new(state: State, cells: usize) -> Self {
        let body = match state.body {
            Body::Count => FinalBody::Count,
            Body::Sum(sums) => FinalBody::Sum(sums),
            Body::Best(best) => FinalBody::Best(best),
            Body::Multiset(set) => {
                let (values, cells) = set.sorted(cells);
                FinalBody::Multiset(values, cells)
            }
            Body::Edge(edges) => FinalBody::Edge(edges.latest(), edges.by_cell(cells)),
            Body::Any(any) => FinalBody::Any(any),
        };
        Self { skipped: state.skipped, body }
    }

    /// How many rows of a cell had no value.
    pub(super) fn skipped(&self, cell: usize) -> u64 {
        self.skipped.get(cell).copied().unwrap_or(0)
    }
}

impl Gathered {
    /// Merges the workers of a pass.
    pub(super) fn merge(pass: &Pass, workers: Vec<Worker>, ranks: &Ranks) -> Self {
        let mut index = Index::default();
        let workers: Vec<(Worker, Vec<u32>)> = workers
            .into_iter()
            .map(|worker| {
                let cells = index.adopt(&worker, ranks);
                (worker, cells)
            })
            .collect();
        let len = index.cells.len();
        let mut merged = Self {
            tuples: index.tuples,
            cells: index.cells,
            bucketing: pass.bucketing.clone(),
            selections: vec![Selection::default(); pass.selections.len()],
            states: vec![],
            timeless: 0,
            days: None,
        };
        let mut states: Vec<State> = pass.states.iter().map(|key| State::new(key.kind)).collect();
        for (worker, cells) in workers {
            merged.timeless += worker.timeless;
            merged.days = both(merged.days, worker.days);
            for (own, other) in merged.selections.iter_mut().zip(&worker.selections) {
                own.absorb(other, &cells, len);
            }
            states.iter_mut().zip(worker.states).for_each(|(own, other)| own.absorb(other, &cells, len));
        }
        merged.states = states.into_iter().map(|state| Final::new(state, len)).collect();
        merged
    }

    /// The cells by what is left of their keys.
    pub(super) fn project(&self, kept: Vec<usize>) -> Projection {
        let (mut known, mut cells): (Map<Box<[u32]>>, Vec<Vec<(i32, u32)>>) = (Map::default(), vec![]);
        let of_tuple: Vec<u32> = (self.tuples.iter())
            .map(|ranks| *known.entry(part(ranks, &kept)).or_insert_with(|| push(&mut cells, vec![])))
            .collect();
        for (&(tuple, bucket), cell) in self.cells.iter().zip(0u32..).skip(1) {
            cells[of_tuple[tuple as usize] as usize].push((bucket, cell));
        }
        cells.iter_mut().for_each(|cells| cells.sort_unstable());
        Projection { kept, known, cells }
    }
}

/// The earlier first day and the later last day.
pub(super) fn both(a: Option<(i32, i32)>, b: Option<(i32, i32)>) -> Option<(i32, i32)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

fn part(ranks: &[u32], kept: &[usize]) -> Box<[u32]> {
    kept.iter().map(|&column| ranks[column]).collect()
}

fn push<T>(list: &mut Vec<T>, item: T) -> u32 {
    list.push(item);
    list.len() as u32 - 1
}

/// Combinations of keys and cells of all workers.
struct Index {
    tuples: Vec<Box<[u32]>>,
    known: Map<Box<[u32]>>,
    cells: Vec<(u32, i32)>,
    known_cells: Map<(u32, i32)>,
}

impl Default for Index {
    fn default() -> Self {
        Self { tuples: vec![], known: Map::default(), cells: vec![(u32::MAX, 0)], known_cells: Map::default() }
    }
}

impl Index {
    /// The cells that a worker's cells are here.
    fn adopt(&mut self, worker: &Worker, ranks: &Ranks) -> Vec<u32> {
        let tuples: Vec<u32> = ranked(worker, ranks).into_iter().map(|tuple| self.tuple(tuple)).collect();
        let cells = worker.cells.list.iter();
        let cells = cells.map(|&(tuple, bucket)| (tuples[tuple as usize], worker.buckets.numbers[bucket as usize]));
        std::iter::once(0).chain(cells.map(|cell| self.cell(cell))).collect()
    }

    fn tuple(&mut self, tuple: Box<[u32]>) -> u32 {
        let tuples = &mut self.tuples;
        *self.known.entry(tuple).or_insert_with_key(|tuple| push(tuples, tuple.clone()))
    }

    fn cell(&mut self, cell: (u32, i32)) -> u32 {
        let cells = &mut self.cells;
        *self.known_cells.entry(cell).or_insert_with(|| push(cells, cell))
    }
}

/// The ranks of each combination of keys of a worker.
fn ranked(worker: &Worker, ranks: &Ranks) -> Vec<Box<[u32]>> {
    let mut tuples: Vec<Vec<u32>> = vec![vec![]];
    for (column, Pairs { list, .. }) in worker.tuples.iter().enumerate() {
        let of_codes = ranks.of_codes(column, worker.keys[column].texts());
        let extended = |&(before, code): &(u32, u32)| {
            let mut tuple = tuples[before as usize].clone();
            tuple.push(of_codes[code as usize]);
            tuple
        };
        tuples = list.iter().map(extended).collect();
    }
    tuples.into_iter().map(Vec::into_boxed_slice).collect()
}

/// The cells of a dataset by some of the grouping columns.
pub(super) struct Projection {
    /// The columns that are left.
    kept: Vec<usize>,
    known: Map<Box<[u32]>>,
    /// The bucket and the cell, in order, by combination of keys.
    pub(super) cells: Vec<Vec<(i32, u32)>>,
}

impl Projection {
    /// The combination that stands for these keys, where there is one.
    pub(super) fn find(&self, ranks: &[u32]) -> Option<u32> {
        self.known.get(&*part(ranks, &self.kept)).copied()
    }

    /// The cells of a combination within some buckets.
    pub(super) fn within(&self, combination: u32, buckets: &std::ops::Range<i32>) -> std::ops::Range<usize> {
        let cells = &self.cells[combination as usize];
        let place = |bucket: i32| cells.partition_point(|&(other, _)| other < bucket);
        let (start, end) = (place(buckets.start), place(buckets.end));
        start..end.max(start)
    }
}

/// The grouping columns that are left.
pub(super) fn kept_columns(columns: usize, dropped: &Dropped) -> Vec<usize> {
    match dropped {
        Dropped::All => vec![],
        Dropped::Columns(dropped) => (0..columns).filter(|column| !dropped.contains(column)).collect(),
    }
}
