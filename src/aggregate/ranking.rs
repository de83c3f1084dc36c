//! Merges lists of items, one per worker, into one order of their distinct items.

use std::cmp::Ordering;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::parallel::parallel;

/// The distinct items of some lists, in order.
pub(super) struct Ranking<T> {
    /// Each distinct item once.
    pub(super) distinct: Vec<T>,
    /// The places of the items of each list among the distinct ones.
    pub(super) places: Vec<Vec<u32>>,
}

/// The position of an item: its list and its index there.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) list: u32,
    pub(super) position: u32,
}

/// An item with a number that is sufficient to distinguish most items.
#[derive(Debug, Clone, Copy)]
struct Keyed<S> {
    start: S,
    at: At,
}

/// Numbers are ranked with one bit per possible number if there are at most this many possible numbers per item.
const NUMBERS_PER_ITEM: u64 = 64;

/// Ranks numbers below `end`.
pub(super) fn rank_numbers(threads: usize, lists: &[Vec<u64>], end: u64) -> Ranking<u64> {
    let items: usize = lists.iter().map(Vec::len).sum();
    if are_dense(items, end) {
        return rank_bits(threads, lists, end);
    }
    let starts = |list: usize, positions: std::ops::Range<usize>| lists[list][positions].to_vec();
    let lens: Vec<usize> = lists.iter().map(Vec::len).collect();
    let ranking = rank_items(threads, &lens, starts, |_, _, _| Ordering::Equal);
    let number = |at: &At| lists[at.list as usize][at.position as usize];
    Ranking { distinct: ranking.distinct.iter().map(number).collect(), places: ranking.places }
}

/// Returns true if this many numbers below `end` are ranked without sorting.
pub(super) fn are_dense(items: usize, end: u64) -> bool {
    end <= NUMBERS_PER_ITEM * items as u64
}

// ── one bit per number ────────────────────────────────────────────────────────

fn rank_bits(threads: usize, lists: &[Vec<u64>], end: u64) -> Ranking<u64> {
    let words = (end / 64 + 1) as usize;
    let sets = parallel(threads, lists.iter().collect(), |list: &Vec<u64>| {
        let mut set = vec![0u64; words];
        list.iter().for_each(|&number| set[(number / 64) as usize] |= 1 << (number % 64));
        set
    });
    let set = sets.into_iter().reduce(union).unwrap_or_default();
    let before = sums_before(set.iter().map(|word| word.count_ones()));
    let place = |&number: &u64| {
        let (word, bit) = ((number / 64) as usize, number % 64);
        before[word] + (set[word] & ((1 << bit) - 1)).count_ones()
    };
    let places = parallel(threads, lists.iter().collect(), |list: &Vec<u64>| list.iter().map(place).collect());
    let numbers = |(&word, at): (&u64, u64)| bits(word).map(move |bit| at * 64 + bit);
    Ranking { distinct: set.iter().zip(0..).flat_map(numbers).collect(), places }
}

fn union(mut one: Vec<u64>, other: Vec<u64>) -> Vec<u64> {
    one.iter_mut().zip(other).for_each(|(one, other)| *one |= other);
    one
}

/// The sum of all counts before each count.
fn sums_before(counts: impl Iterator<Item = u32>) -> Vec<u32> {
    let add = |sum: &mut u32, count: u32| Some(std::mem::replace(sum, *sum + count));
    counts.scan(0, add).collect()
}

/// The positions of the bits that are set.
fn bits(mut word: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        let bit = u64::from(word.trailing_zeros());
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

// ── sorting ──────────────────────────────────────────────────────────────────

/// Ranks the items of lists of these lengths. `starts` returns a number for each item in some part of a list. The
/// numbers are ordered like the items; if two are equal, `tie` compares the items.
///
/// Each thread sorts a part of the lists, then merges all items between two splitters.
pub(super) fn rank_items<S: Ord + Copy + Send + Sync>(
    threads: usize,
    lens: &[usize],
    starts: impl Fn(usize, std::ops::Range<usize>) -> Vec<S> + Sync,
    tie: impl Fn(&S, At, At) -> Ordering + Sync,
) -> Ranking<At> {
    let compare = |a: &Keyed<S>, b: &Keyed<S>| a.start.cmp(&b.start).then_with(|| tie(&a.start, a.at, b.at));
    let runs = parallel(threads, parts(threads, lens), |(list, range)| {
        let positions = range.clone().map(|position| At { list: list as u32, position: position as u32 });
        let mut run: Vec<Keyed<S>> =
            starts(list, range).into_iter().zip(positions).map(|(start, at)| Keyed { start, at }).collect();
        run.sort_unstable_by(compare);
        run
    });
    let shards = shards(threads, runs, &compare);
    let same = |a: &Keyed<S>, b: &Keyed<S>| compare(a, b) == Ordering::Equal;
    let distinct = parallel(threads, shards.iter().collect(), |shard: &Vec<Keyed<S>>| {
        shard.chunk_by(same).map(|chunk| chunk[0].at).collect::<Vec<At>>()
    });
    let places: Vec<Vec<AtomicU32>> = lens.iter().map(|&len| (0..len).map(|_| AtomicU32::new(0)).collect()).collect();
    let firsts = sums_before(distinct.iter().map(|shard| shard.len() as u32));
    parallel(threads, firsts.into_iter().zip(&shards).collect(), |(first, shard)| {
        for (chunk, rank) in shard.chunk_by(same).zip(first..) {
            chunk
                .iter()
                .for_each(|keyed| places[keyed.at.list as usize][keyed.at.position as usize].store(rank, Relaxed));
        }
    });
    let plain = |list: Vec<AtomicU32>| list.into_iter().map(AtomicU32::into_inner).collect();
    Ranking { distinct: distinct.concat(), places: places.into_iter().map(plain).collect() }
}

/// Splits lists of these lengths into at least one part per thread.
fn parts(threads: usize, lens: &[usize]) -> Vec<(usize, std::ops::Range<usize>)> {
    let most = (lens.iter().sum::<usize>() / threads.max(1)).max(1 << 12);
    let of_list = |(list, &len): (usize, &usize)| {
        let pieces = len.div_ceil(most).max(1);
        (0..pieces).map(move |piece| (list, len * piece / pieces..len * (piece + 1) / pieces))
    };
    lens.iter().enumerate().flat_map(of_list).collect()
}

/// Merges sorted runs into sorted shards, one after the other. Equal items are in the same shard.
fn shards<T: Copy + Send + Sync>(
    threads: usize,
    mut runs: Vec<Vec<T>>,
    compare: &(impl Fn(&T, &T) -> Ordering + Sync),
) -> Vec<Vec<T>> {
    if runs.len() == 1 {
        return vec![runs.remove(0)];
    }
    let splitters = splitters(threads, &runs, compare);
    let bound = |run: &[T], shard: usize| match splitters.get(shard) {
        Some(splitter) => run.partition_point(|item| compare(item, splitter) == Ordering::Less),
        None => run.len(),
    };
    parallel(threads, (0..=splitters.len()).collect(), |shard: usize| {
        let start = |run: &[T]| shard.checked_sub(1).map_or(0, |before| bound(run, before));
        let slices: Vec<&[T]> = runs.iter().map(|run| &run[start(run)..bound(run, shard)]).collect();
        let mut items = slices.concat();
        // The sort detects the runs and only merges them.
        items.sort_by(compare);
        items
    })
}

/// Chooses items that split all runs together into roughly equal parts, one item fewer than there are threads.
fn splitters<T: Copy>(threads: usize, runs: &[Vec<T>], compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    const SAMPLES: usize = 64;
    let sample = |run: &Vec<T>| -> Vec<T> { run.iter().step_by(run.len() / SAMPLES + 1).copied().collect() };
    let mut samples: Vec<T> = runs.iter().flat_map(sample).collect();
    samples.sort_by(&compare);
    let cut = |shard: usize| samples.get(samples.len() * shard / threads.max(1)).copied();
    (1..threads).filter_map(cut).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expected<T: Ord + Clone>(lists: &[Vec<T>]) -> (Vec<T>, Vec<Vec<u32>>) {
        let distinct: std::collections::BTreeSet<T> = lists.iter().flatten().cloned().collect();
        let distinct: Vec<T> = distinct.into_iter().collect();
        let place = |item: &T| distinct.iter().position(|other| other == item).expect("it is there") as u32;
        let places = lists.iter().map(|list| list.iter().map(place).collect()).collect();
        (distinct, places)
    }

    proptest! {
        #[test]
        fn numbers_are_ranked_dense_or_sparse(
            lists in prop::collection::vec(prop::collection::vec(0u64..200, 0..40), 0..4),
            factor in prop::sample::select(vec![1, 1 << 40]),
            threads in 1usize..9,
        ) {
            let lists: Vec<Vec<u64>> =
                lists.into_iter().map(|list| list.into_iter().map(|number| number * factor).collect()).collect();
            let ranking = rank_numbers(threads, &lists, 200 * factor);
            prop_assert_eq!((ranking.distinct, ranking.places), expected(&lists));
        }

        #[test]
        fn items_are_ranked_independently_of_their_starts(
            lists in prop::collection::vec(prop::collection::vec(0u32..20_000, 0..6000), 1..4),
            coarse in prop::sample::select(vec![1, 100, 100_000]),
            threads in 1usize..9,
        ) {
            let lens: Vec<usize> = lists.iter().map(Vec::len).collect();
            let item = |at: At| lists[at.list as usize][at.position as usize];
            let starts = |list: usize, positions: std::ops::Range<usize>| {
                lists[list][positions].iter().map(|item| item / coarse).collect()
            };
            let ranking = rank_items(threads, &lens, starts, |_, a, b| item(a).cmp(&item(b)));
            let distinct: Vec<u32> = ranking.distinct.into_iter().map(item).collect();
            prop_assert!(distinct.is_sorted_by(|a, b| a < b));
            for (list, places) in lists.iter().zip(ranking.places) {
                let found: Vec<u32> = places.into_iter().map(|place| distinct[place as usize]).collect();
                prop_assert_eq!(&found, list);
            }
        }
    }
}
