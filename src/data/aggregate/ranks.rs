//! Orders the keys that workers met, and numbers their combinations for all datasets of a query.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;

use super::pass::{Worker, parallel};

/// All keys of each grouping column, in the order of the result: blank has rank 0, the first text rank 1.
#[derive(Debug)]
pub(super) struct Ranks {
    columns: Vec<Column>,
}

/// The keys of one column.
#[derive(Debug)]
struct Column {
    texts: Vec<Arc<str>>,
    /// The ranks of each worker's codes, by the worker's number.
    of_codes: Vec<Vec<u32>>,
}

/// A key that a worker met. Most keys differ in their first bytes, which are compared without following a pointer.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Met<'w> {
    start: u64,
    text: &'w Arc<str>,
    worker: u32,
    code: u32,
}

impl Ranks {
    /// Orders the keys that all workers of all datasets met; the workers are numbered from 0.
    pub(super) fn new(columns: usize, threads: usize, workers: &mut [Vec<Worker>]) -> Self {
        workers.iter_mut().flatten().zip(0..).for_each(|(worker, number)| worker.number = number);
        let workers: Vec<&Worker> = workers.iter().flatten().collect();
        Self { columns: (0..columns).map(|column| Column::new(column, threads, &workers)).collect() }
    }

    /// The key of a rank.
    pub(super) fn key(&self, column: usize, rank: u32) -> Option<Arc<str>> {
        rank.checked_sub(1).map(|at| self.columns[column].texts[at as usize].clone())
    }
}

impl Column {
    fn new(column: usize, threads: usize, workers: &[&Worker]) -> Self {
        let texts_of = |worker: &&Worker| worker.keys[column].texts().len();
        let numbered = workers.iter().zip(0..).collect();
        let runs: Vec<Vec<Met>> = parallel(threads, numbered, |(worker, number)| {
            let texts = worker.keys[column].texts().iter().zip(1..);
            let mut run: Vec<Met> =
                texts.map(|(text, code)| Met { start: start(text), text, worker: number, code }).collect();
            run.sort_unstable();
            run
        });
        let mut met: Vec<Met> = runs.into_iter().flatten().collect();
        // The sort finds the runs and only merges them.
        met.sort();
        let mut of_codes: Vec<Vec<u32>> = workers.iter().map(|worker| vec![0; texts_of(worker) + 1]).collect();
        let mut texts: Vec<Arc<str>> = vec![];
        for key in met {
            if texts.last() != Some(key.text) {
                texts.push(key.text.clone());
            }
            of_codes[key.worker as usize][key.code as usize] = texts.len() as u32;
        }
        Self { texts, of_codes }
    }
}

/// The first eight bytes of a text, as a number that orders as they do.
fn start(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let len = text.len().min(8);
    bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
    u64::from_be_bytes(bytes)
}

/// Distinct combinations of ranks, all of one width, numbered from 0 in the order they came.
#[derive(Debug)]
pub(super) struct Tuples {
    width: usize,
    ranks: Vec<u32>,
    len: usize,
    /// Of combinations of one column: the number of each rank.
    of_rank: Vec<u32>,
    known: HashTable<u32>,
    hasher: foldhash::fast::FixedState,
}

impl Tuples {
    pub(super) fn new(width: usize) -> Self {
        let hasher = foldhash::fast::FixedState::default();
        Self { width, ranks: vec![], len: 0, of_rank: vec![], known: HashTable::new(), hasher }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The ranks of a combination.
    pub(super) fn get(&self, tuple: u32) -> &[u32] {
        let start = tuple as usize * self.width;
        &self.ranks[start..start + self.width]
    }

    /// The place of each combination among all of them in order.
    pub(super) fn places(&self) -> Vec<u32> {
        if self.width == 1 {
            return self.ranks.clone();
        }
        let mut order: Vec<u32> = (0..self.len as u32).collect();
        order.sort_unstable_by(|&a, &b| self.get(a).cmp(self.get(b)));
        let mut places = vec![0; self.len];
        order.into_iter().zip(0..).for_each(|(tuple, place)| places[tuple as usize] = place);
        places
    }

    /// The number of a combination, added where it is new.
    pub(super) fn number(&mut self, tuple: &[u32]) -> u32 {
        match *tuple {
            [rank] => self.number_of_rank(rank),
            _ => self.number_of_many(tuple),
        }
    }

    /// Of one column: ranks are few numbers from 0, and a table of them is quicker than hashing.
    fn number_of_rank(&mut self, rank: u32) -> u32 {
        let place = rank as usize;
        if place >= self.of_rank.len() {
            self.of_rank.resize(place + 1, u32::MAX);
        }
        if self.of_rank[place] == u32::MAX {
            self.of_rank[place] = self.len as u32;
            self.ranks.push(rank);
            self.len += 1;
        }
        self.of_rank[place]
    }

    fn number_of_many(&mut self, tuple: &[u32]) -> u32 {
        let (width, ranks, hasher) = (self.width, &self.ranks, &self.hasher);
        let get = |number: u32| &ranks[number as usize * width..(number as usize + 1) * width];
        let hash = hasher.hash_one(tuple);
        if let Some(&number) = self.known.find(hash, |&number| get(number) == tuple) {
            return number;
        }
        let number = self.len as u32;
        self.known.insert_unique(hash, number, |&number| hasher.hash_one(get(number)));
        self.ranks.extend(tuple);
        self.len += 1;
        number
    }

    /// The numbers of a worker's combinations of keys.
    pub(super) fn adopt(&mut self, worker: &Worker, ranks: &Ranks) -> Vec<u32> {
        let (mut flat, mut width): (Vec<u32>, usize) = (vec![], 0);
        for (pairs, column) in worker.tuples.iter().zip(&ranks.columns) {
            let of_codes = &column.of_codes[worker.number];
            let mut extended = Vec::with_capacity(pairs.list.len() * (width + 1));
            for &(before, code) in &pairs.list {
                extended.extend(&flat[before as usize * width..(before as usize + 1) * width]);
                extended.push(of_codes[code as usize]);
            }
            (flat, width) = (extended, width + 1);
        }
        match width {
            0 => vec![self.number(&[])],
            _ => flat.chunks(width).map(|tuple| self.number(tuple)).collect(),
        }
    }

    /// For each combination the number of what is left of it in some columns, and how many such there are.
    pub(super) fn project(&self, kept: &[usize]) -> (Vec<u32>, usize) {
        if kept.len() == self.width {
            return ((0..self.len as u32).collect(), self.len);
        }
        let (mut parts, mut part) = (Tuples::new(kept.len()), vec![]);
        let of_tuple = (0..self.len as u32).map(|tuple| {
            part.clear();
            part.extend(kept.iter().map(|&column| self.get(tuple)[column]));
            parts.number(&part)
        });
        (of_tuple.collect(), parts.len)
    }
}
