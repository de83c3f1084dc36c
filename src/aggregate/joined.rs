//! Merges the keys of several workers by their codes or mantissas instead of their texts. This requires that all keys
//! come from one dictionary or are numbers of one scale.

use std::sync::Arc;

use super::key_interner::KeyInterner;
use super::origin::{BLANK, Origin};
use super::parallel::parallel;
use super::ranking::{Ranking, are_dense, rank_numbers};

/// The number of keys to spell at a time.
const KEYS_PER_PART: usize = 1 << 14;

/// Ranks the keys of all workers by their names if all of them have the same origin.
pub(super) fn joined(threads: usize, workers: &[KeyInterner]) -> Option<Ranking<Option<Arc<str>>>> {
    let mut origins = workers.iter().map(|keys| &keys.origin).filter(|origin| !origin.is(&Origin::Nowhere));
    let origin = origins.next()?;
    if matches!(origin, Origin::Many) || !origins.all(|other| other.is(origin)) {
        return None;
    }
    let bounds = parallel(threads, workers.iter().collect(), |keys: &KeyInterner| bounds(&keys.names));
    let (least, greatest) = bounds.into_iter().flatten().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    let end = (greatest - least) as u64 + 2;
    // The keys of a single worker are already distinct. Keys in the order of a dictionary are adjacent in memory, which
    // is faster to process if that order is found without sorting. Numbers are ranked in the order of their mantissas.
    let is_sorting = matches!(workers, [keys] if !are_dense(keys.len(), end));
    if is_sorting && matches!(origin, Origin::Dictionary(_)) {
        return None;
    }
    let number = |&name: &i64| if name == BLANK { 0 } else { (name - least) as u64 + 1 };
    let numbers =
        parallel(threads, workers.iter().collect(), |keys: &KeyInterner| keys.names.iter().map(number).collect());
    let ranking = rank_numbers(threads, &numbers, end);
    let key = |&number: &u64| if number == 0 { None } else { origin.key(least + (number - 1) as i64) };
    let parts = ranking.distinct.chunks(KEYS_PER_PART).collect();
    let parts = parallel(threads, parts, |part: &[u64]| part.iter().map(key).collect::<Vec<_>>());
    Some(Ranking { distinct: parts.into_iter().flatten().collect(), places: ranking.places })
}

/// The smallest and the largest name, ignoring blank.
fn bounds(names: &[i64]) -> Option<(i64, i64)> {
    let widen = |(least, greatest): (i64, i64), name: i64| (least.min(name), greatest.max(name));
    let (least, greatest) = names.iter().copied().filter(|&name| name != BLANK).fold((i64::MAX, i64::MIN), widen);
    (least <= greatest).then_some((least, greatest))
}
