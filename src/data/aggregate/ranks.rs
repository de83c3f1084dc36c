//! Orders the keys that workers met, and their combinations, for all datasets of a query.

use std::cmp::Ordering;
use std::sync::Arc;

use super::pass::{Worker, parallel};
use super::ranking::{At, rank_items, rank_numbers};

/// The keys of one column and all that is known of them by worker.
struct Ranked {
    /// In the order of the result: blank first, then by code point.
    keys: Vec<Option<Arc<str>>>,
    /// The ranks of each worker's codes.
    of_codes: Vec<Vec<u32>>,
}

/// All combinations of keys, numbered in the order of the result.
#[derive(Debug)]
pub(super) struct Tuples {
    /// The keys of each column in order.
    columns: Vec<Vec<Option<Arc<str>>>>,
    /// The ranks of each combination, one after the other.
    ranks: Vec<u32>,
    len: usize,
}

impl Tuples {
    /// Orders what all workers of all datasets met, and tells which combinations each worker's are.
    pub(super) fn new(columns: usize, threads: usize, workers: &[&Worker]) -> (Self, Vec<Vec<u32>>) {
        let mut ranked = (0..columns).map(|column| rank_keys(column, threads, workers));
        let Some(first) = ranked.next() else {
            let none = Self { columns: vec![], ranks: vec![], len: 1 };
            return (none, vec![vec![0]; workers.len()]);
        };
        let len = first.keys.len();
        let mut tuples = Self { columns: vec![first.keys], ranks: (0..len as u32).collect(), len };
        let mut of_workers = first.of_codes;
        for (column, next) in ranked.enumerate() {
            of_workers = tuples.extend(column, threads, workers, of_workers, next);
        }
        (tuples, of_workers)
    }

    /// Adds a column: `of_workers` tells which combinations of the columns before each worker's are.
    fn extend(
        &mut self,
        column: usize,
        threads: usize,
        workers: &[&Worker],
        of_workers: Vec<Vec<u32>>,
        next: Ranked,
    ) -> Vec<Vec<u32>> {
        let (count, width) = (next.keys.len() as u64, self.columns.len());
        let numbers = parallel(threads, (0..workers.len()).collect(), |at: usize| -> Vec<u64> {
            let (before, ranks) = (&of_workers[at], &next.of_codes[at]);
            let number = |&(tuple, code): &(u32, u32)| {
                u64::from(before[tuple as usize]) * count + u64::from(ranks[code as usize])
            };
            workers[at].tuples[column].list.iter().map(number).collect()
        });
        let ranking = rank_numbers(threads, &numbers, self.len as u64 * count);
        let mut ranks = Vec::with_capacity(ranking.distinct.len() * (width + 1));
        for number in &ranking.distinct {
            let (before, rank) = ((number / count) as usize, (number % count) as u32);
            ranks.extend(&self.ranks[before * width..(before + 1) * width]);
            ranks.push(rank);
        }
        (self.ranks, self.len) = (ranks, ranking.distinct.len());
        self.columns.push(next.keys);
        ranking.places
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The keys of a combination; None is blank.
    pub(super) fn keys(&self, tuple: u32) -> impl Iterator<Item = &Option<Arc<str>>> {
        self.columns.iter().zip(self.get(tuple)).map(|(keys, &rank)| &keys[rank as usize])
    }

    /// The ranks of a combination.
    fn get(&self, tuple: u32) -> &[u32] {
        let (start, width) = (tuple as usize * self.columns.len(), self.columns.len());
        &self.ranks[start..start + width]
    }

    /// For each combination the number of what is left of it in some columns, and how many such there are.
    pub(super) fn project(&self, threads: usize, kept: &[usize]) -> (Vec<u32>, usize) {
        if kept.len() == self.columns.len() {
            return ((0..self.len as u32).collect(), self.len);
        }
        let (mut of_tuple, mut len) = (vec![0; self.len], 1);
        for &column in kept {
            let count = self.columns[column].len() as u64;
            let tuples = of_tuple.iter().zip(0..);
            let numbers = tuples.map(|(&before, tuple)| u64::from(before) * count + u64::from(self.get(tuple)[column]));
            let mut ranking = rank_numbers(threads, &[numbers.collect()], len as u64 * count);
            (of_tuple, len) = (ranking.places.remove(0), ranking.distinct.len());
        }
        (of_tuple, len)
    }
}

/// Orders the keys that all workers met in one column.
fn rank_keys(column: usize, threads: usize, workers: &[&Worker]) -> Ranked {
    let lists: Vec<&[Option<Arc<str>>]> = workers.iter().map(|worker| worker.keys[column].list()).collect();
    let lens: Vec<usize> = lists.iter().map(|list| list.len()).collect();
    let common = common_start(threads, &lists);
    let starts = |list: usize, positions: std::ops::Range<usize>| {
        lists[list][positions].iter().map(|key| start(key.as_deref(), common)).collect()
    };
    let key = |at: At| &lists[at.list as usize][at.position as usize];
    let tie = |a: At, b: At| match (key(a), key(b)) {
        (Some(a), Some(b)) if a.len() - common > START && b.len() - common > START => a.cmp(b),
        // Their starts are all there is of them.
        _ => Ordering::Equal,
    };
    let ranking = rank_items(threads, &lens, starts, tie);
    Ranked { keys: ranking.distinct.into_iter().map(|at| key(at).clone()).collect(), of_codes: ranking.places }
}

/// So many bytes of a key are compared as a number, without following a pointer.
const START: usize = 15;

/// How many bytes all texts start with alike.
fn common_start(threads: usize, lists: &[&[Option<Arc<str>>]]) -> usize {
    let Some(first) = lists.iter().copied().flatten().flatten().next() else { return 0 };
    let alike = |text: &Arc<str>, most: usize| {
        let same = text.bytes().zip(first.bytes()).take(most).take_while(|(one, other)| one == other);
        same.count()
    };
    let in_list = |list: &[Option<Arc<str>>]| list.iter().flatten().fold(first.len(), |most, text| alike(text, most));
    parallel(threads, lists.to_vec(), in_list).into_iter().min().unwrap_or(0)
}

/// The bytes of a text behind so many that are common, and how many there are, as a number that orders as they do; one
/// more than [`START`] stands for longer texts. Blank comes before all texts.
fn start(key: Option<&str>, common: usize) -> u128 {
    let Some(text) = key else { return 0 };
    let rest = &text.as_bytes()[common..];
    let mut bytes = [0; 16];
    let len = rest.len().min(START);
    bytes[..len].copy_from_slice(&rest[..len]);
    bytes[START] = rest.len().min(START + 1) as u8 + 1;
    u128::from_be_bytes(bytes)
}
