//! Small numbers that stand for what was met: `0` for the first, and so on.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// The code of each item met.
pub(super) type Codes<K> = HashMap<K, u32, FixedState>;

/// What has no code yet.
pub(super) const UNKNOWN: u32 = u32::MAX;

/// Adds what a table knows at each place; whether it knows all of them. Nothing branches on a row, so that rows are
/// worked on side by side.
pub(super) fn gather(table: &[u32], places: impl Iterator<Item = usize>, into: &mut Vec<u32>) -> bool {
    let mut greatest = 0;
    into.extend(places.map(|place| {
        let found = table.get(place).copied().unwrap_or(UNKNOWN);
        greatest = greatest.max(found);
        found
    }));
    greatest != UNKNOWN
}
