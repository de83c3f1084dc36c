//! Orders the keys of all workers, and their combinations, for all datasets of a query.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::joined::joined;
use super::key_interner::{KeyInterner, Kinds};
use super::pair_interner::PairInterner;
use super::parallel::parallel;
use super::ranking::{At, Ranking, rank_items, rank_numbers};
use super::room::{Room, shared_bytes};
use super::worker::Worker;
use crate::data::KeyTable;
use crate::diagnostic::Diagnostic;
use crate::value::Decimal;

/// All combinations of keys, numbered in the order of the result. Blank keys come first, then numbers by value if the
/// column has only numbers, otherwise all keys by code point, which orders dates by time.
#[derive(Debug)]
pub(super) struct Tuples {
    /// The keys, also in order within each column.
    pub(super) table: Arc<KeyTable>,
    len: usize,
    /// The memory of the table.
    room: Room,
}

/// The keys of one column in order, and the ranks of each worker's codes.
struct Ranked {
    keys: Vec<Option<Arc<str>>>,
    of_codes: Vec<Vec<u32>>,
}

impl Tuples {
    /// Orders the keys of all workers of all datasets, and takes them from the workers. Also returns the combinations
    /// of each worker.
    pub(super) fn new(
        columns: usize,
        threads: usize,
        workers: &mut [&mut Worker],
        mut room: Room,
    ) -> Result<(Self, Vec<Vec<u32>>), Diagnostic> {
        let mut table = KeyTable::default();
        let (mut of_workers, mut len) = (vec![vec![0]; workers.len()], 1);
        for column in 0..columns {
            let keys = workers.iter_mut().map(|worker| std::mem::take(&mut worker.keys[column])).collect();
            let ranked = rank_column(threads, keys, &mut room)?;
            (of_workers, len) = match column.checked_sub(1) {
                None => (ranked.of_codes, ranked.keys.len()),
                Some(pairs) => {
                    let pairs: Vec<&PairInterner> = workers.iter().map(|worker| &worker.tuples[pairs]).collect();
                    let met: usize = pairs.iter().map(|pairs| pairs.list.len()).sum();
                    let more = met * (BYTES_TO_RANK + (column + 1) * size_of::<u32>());
                    room.check()?;
                    room.grow(more)?;
                    let ranking = rank_pairs(threads, &pairs, &of_workers, len, &ranked);
                    room.shrink(met * BYTES_TO_RANK);
                    table.ranks = extended(&table.ranks, column, &ranking.distinct, ranked.keys.len());
                    (ranking.places, ranking.distinct.len())
                }
            };
            if column == 0 {
                table.ranks = (0..len as u32).collect();
            }
            table.columns.push(ranked.keys);
        }
        Ok((Self { table: Arc::new(table), len, room }, of_workers))
    }

    /// Room for another structure of the groups.
    pub(super) fn room(&self) -> Room {
        self.room.another()
    }

    /// The number of combinations.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// For each combination, the number of its projection onto some columns; and the number of projections.
    pub(super) fn project(
        &self,
        threads: usize,
        kept: &[usize],
        room: &mut Room,
    ) -> Result<(Vec<u32>, usize), Diagnostic> {
        room.grow(self.len * size_of::<u32>())?;
        if kept.len() == self.table.columns.len() {
            return Ok(((0..self.len as u32).collect(), self.len));
        }
        let (mut of_tuple, mut len) = (vec![0; self.len], 1);
        for &column in kept {
            room.check()?;
            room.grow(self.len * BYTES_TO_RANK)?;
            let count = self.table.columns[column].len();
            let number = |(&before, tuple): (&u32, u32)| pair(before, self.table.ranks(tuple)[column], count);
            let numbers = of_tuple.iter().zip(0..).map(number).collect();
            let mut ranking = rank_numbers(threads, &[numbers], len as u64 * count as u64);
            (of_tuple, len) = (ranking.places.remove(0), ranking.distinct.len());
            room.shrink(self.len * BYTES_TO_RANK);
        }
        Ok((of_tuple, len))
    }
}

/// Combines a combination of the previous columns and a rank below `count` into a number with the same order.
fn pair(before: u32, rank: u32, count: usize) -> u64 {
    u64::from(before) * count as u64 + u64::from(rank)
}

/// Orders the combinations with one more column. `before` contains each worker's combinations of the previous columns,
/// of which there are `len`.
fn rank_pairs(
    threads: usize,
    workers: &[&PairInterner],
    before: &[Vec<u32>],
    len: usize,
    ranked: &Ranked,
) -> Ranking<u64> {
    let count = ranked.keys.len();
    let numbers = parallel(threads, (0..workers.len()).collect(), |at: usize| -> Vec<u64> {
        let number =
            |&(tuple, code): &(u32, u32)| pair(before[at][tuple as usize], ranked.of_codes[at][code as usize], count);
        workers[at].list.iter().map(number).collect()
    });
    rank_numbers(threads, &numbers, len as u64 * count as u64)
}

/// Extends combinations of `width` ranks by one more column.
fn extended(ranks: &[u32], width: usize, pairs: &[u64], count: usize) -> Vec<u32> {
    let mut extended = Vec::with_capacity(pairs.len() * (width + 1));
    for pair in pairs {
        let (before, rank) = ((pair / count as u64) as usize, (pair % count as u64) as u32);
        extended.extend(&ranks[before * width..(before + 1) * width]);
        extended.push(rank);
    }
    extended
}

/// The bytes per item of a worker while the items of all workers are ordered: its key, twice the start of the key with
/// its position, and its place.
const BYTES_TO_RANK: usize = 96;

/// Orders the keys that all workers found in one column: by name if they have one origin, otherwise as texts.
fn rank_column(threads: usize, workers: Vec<KeyInterner>, room: &mut Room) -> Result<Ranked, Diagnostic> {
    let met: usize = workers.iter().map(KeyInterner::len).sum();
    let copied: usize = workers.iter().map(KeyInterner::text_bytes).sum();
    room.check()?;
    room.grow(met * BYTES_TO_RANK + copied)?;
    let ranked = ranked(threads, workers)?;
    let texts: usize = ranked.keys.iter().flatten().map(|text| shared_bytes(text)).sum();
    let codes: usize = ranked.of_codes.iter().map(|codes| size_of_val(&codes[..])).sum();
    room.shrink(met * BYTES_TO_RANK + copied);
    room.grow(texts + codes + size_of_val(&ranked.keys[..]) + ranked.keys.len() * size_of::<u32>())?;
    Ok(ranked)
}

fn ranked(threads: usize, workers: Vec<KeyInterner>) -> Result<Ranked, Diagnostic> {
    let are_numbers = workers.iter().map(|keys| keys.kinds).fold(Kinds::default(), Kinds::and).are_numbers();
    let Some(joined) = joined(threads, &workers) else {
        let lists = parallel(threads, workers, KeyInterner::into_list).into_iter();
        let (lists, _rooms): (Vec<_>, Vec<Room>) = lists.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        return Ok(match are_numbers {
            true => rank_starts::<Option<Decimal>>(threads, lists, 0),
            false => rank_keys(threads, lists),
        });
    };
    if are_numbers {
        // Numbers of one scale are already in the order of their mantissas.
        return Ok(Ranked { keys: joined.distinct, of_codes: joined.places });
    }
    let Ranked { keys, of_codes: ranks } = rank_keys(threads, vec![joined.distinct]);
    let rank = |&place: &u32| ranks[0][place as usize];
    let of_codes = parallel(threads, joined.places, |places: Vec<u32>| places.iter().map(rank).collect());
    Ok(Ranked { keys, of_codes })
}

/// Orders the keys of several lists.
fn rank_keys(threads: usize, lists: Vec<Vec<Option<Arc<str>>>>) -> Ranked {
    let (common, longest) = common_start(threads, &lists);
    match longest - common {
        ..8 => rank_starts::<u64>(threads, lists, common),
        _ => rank_starts::<[u64; 2]>(threads, lists, common),
    }
}

fn rank_starts<S: Start>(threads: usize, lists: Vec<Vec<Option<Arc<str>>>>, common: usize) -> Ranked {
    let lens: Vec<usize> = lists.iter().map(Vec::len).collect();
    let starts = |list: usize, positions: Range<usize>| {
        lists[list][positions].iter().map(|key| S::of(key.as_deref(), common)).collect()
    };
    let key = |at: &At| lists[at.list as usize][at.position as usize].as_deref();
    // The start of most keys is the whole key.
    let tie = |start: &S, a: At, b: At| if start.has_more() { key(&a).cmp(&key(&b)) } else { Ordering::Equal };
    let ranking = rank_items(threads, &lens, starts, tie);
    // Copies that follow each other in memory are faster to go through than the texts of the readers.
    let parts = ranking.distinct.chunks(KEYS_PER_PART).collect();
    let copies = |part: &[At]| part.iter().map(|at| key(at).map(Arc::from)).collect::<Vec<_>>();
    let keys = parallel(threads, parts, copies).into_iter().flatten().collect();
    parallel(threads, lists, drop);
    Ranked { keys, of_codes: ranking.places }
}

/// The number of keys to compare at a time.
const KEYS_PER_PART: usize = 1 << 16;

/// The length of the prefix that all texts share, and the length of the longest text.
fn common_start(threads: usize, lists: &[Vec<Option<Arc<str>>>]) -> (usize, usize) {
    let Some(first) = lists.iter().flatten().flatten().next() else { return (0, 0) };
    let alike = |text: &str, most: usize| {
        let bytes = text.bytes().zip(first.bytes()).take(most);
        bytes.take_while(|(one, other)| one == other).count()
    };
    let add = |(common, longest): (usize, usize), text: &Arc<str>| (alike(text, common), longest.max(text.len()));
    let in_part = |part: &[Option<Arc<str>>]| part.iter().flatten().fold((first.len(), 0), add);
    let both = |a: (usize, usize), b: (usize, usize)| (a.0.min(b.0), a.1.max(b.1));
    let parts = lists.iter().flat_map(|list| list.chunks(KEYS_PER_PART)).collect();
    parallel(threads, parts, in_part).into_iter().fold((first.len(), first.len()), both)
}

/// The first bytes of a text after the common prefix, with their number, packed into an integer. Most texts can then be
/// compared without accessing the text itself.
trait Start: Ord + Copy + Send + Sync {
    /// Creates the start of a text. Blank precedes all texts.
    fn of(key: Option<&str>, common: usize) -> Self;

    /// Returns true if the start is not the whole text.
    fn has_more(&self) -> bool;
}

impl Start for u64 {
    fn of(key: Option<&str>, common: usize) -> Self {
        Self::from_be_bytes(first_bytes(key, common))
    }

    fn has_more(&self) -> bool {
        self & 0xff > 8
    }
}

impl Start for [u64; 2] {
    fn of(key: Option<&str>, common: usize) -> Self {
        let both = u128::from_be_bytes(first_bytes(key, common));
        [(both >> 64) as u64, both as u64]
    }

    fn has_more(&self) -> bool {
        self[1] & 0xff > 16
    }
}

/// A key of a column that has only numbers. Numbers with different texts have different values.
impl Start for Option<Decimal> {
    fn of(key: Option<&str>, _: usize) -> Self {
        key.map(|text| text.parse().expect("numbers are spelled as decimals"))
    }

    fn has_more(&self) -> bool {
        false
    }
}

/// The first `N` bytes of a text after the common prefix, followed by their number plus one. The last byte is `N` + 1
/// if there are more bytes.
fn first_bytes<const N: usize>(key: Option<&str>, common: usize) -> [u8; N] {
    let mut bytes = [0; N];
    if let Some(text) = key {
        let rest = &text.as_bytes()[common..];
        let len = rest.len().min(N - 1);
        bytes[..len].copy_from_slice(&rest[..len]);
        bytes[N - 1] = rest.len().min(N) as u8 + 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::{Cause, Value, Values, Vector};

    /// Creates a vector of mantissas of one scale, or of decimals without a common one.
    fn batch(numbers: &[Option<i64>], scale: Option<u32>) -> Vector {
        let causes: Vec<Option<Cause>> =
            numbers.iter().map(|number| number.is_none().then_some(Cause::Blank)).collect();
        let mantissas: Vec<i64> = numbers.iter().map(|number| number.unwrap_or(7)).collect();
        let values = match scale {
            Some(scale) => Values::Fixed { mantissas, scale },
            None => Values::Decimals {
                values: mantissas.iter().map(|&mantissa| Decimal::from(mantissa) / Decimal::from(64)).collect(),
                inexact: None,
            },
        };
        Vector { values, causes: Some(causes) }
    }

    proptest! {
        #[test]
        fn keys_are_ranked_by_code_point_blank_first(
            lists in prop::collection::vec(
                prop::collection::vec(prop::option::of("(aé)?(prefix ){0,2}[\0a-c]{0,9}"), 0..30), 1..4),
            threads in 1usize..9,
        ) {
            let lists: Vec<Vec<Option<Arc<str>>>> =
                lists.into_iter().map(|list| list.into_iter().map(|key| key.map(Arc::from)).collect()).collect();
            let expected: std::collections::BTreeSet<_> = lists.iter().flatten().cloned().collect();
            let ranked = rank_keys(threads, lists.clone());
            prop_assert!(ranked.keys.iter().eq(&expected));
            for (list, codes) in lists.iter().zip(&ranked.of_codes) {
                prop_assert!(codes.iter().map(|&rank| &ranked.keys[rank as usize]).eq(list));
            }
        }

        #[test]
        fn numbers_are_ranked_by_value_blank_first(
            workers in prop::collection::vec(
                prop::collection::vec((
                    prop::collection::vec(prop::option::of(prop_oneof![-30i64..30, any::<i64>()]), 1..20),
                    prop::option::of(0u32..3),
                ), 0..3), 1..5),
            threads in 1usize..9,
        ) {
            let (mut all, mut lists) = (vec![], vec![]);
            for batches in &workers {
                let (mut keys, mut codes, mut list) = (KeyInterner::default(), vec![], vec![]);
                for (numbers, scale) in batches {
                    let numbers = batch(numbers, *scale);
                    list.extend(numbers.cells().map(|cell| cell.ok()));
                    keys.encode(&numbers, &mut codes).expect("nothing limits it");
                }
                all.push(keys);
                lists.push(list);
            }
            let spell = |value: &Value| match value {
                Value::Number(number) => Arc::from(number.decimal.normalize().to_string()),
                other => panic!("{other:?} is not a number"),
            };
            let expected: std::collections::BTreeSet<Option<Value>> = lists.into_iter().flatten().collect();
            let ranked = ranked(threads, all).expect("nothing limits it");
            prop_assert_eq!(ranked.keys, expected.iter().map(|value| value.as_ref().map(spell)).collect::<Vec<_>>());
        }
    }
}
