//! Assigns small numbers to items in order of first occurrence, from 0.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// The code of each known item.
pub(super) type Codes<K> = HashMap<K, u32, FixedState>;

/// The code of an unknown item.
pub(super) const UNKNOWN: u32 = u32::MAX;

/// Appends the code at each place of a table and returns true if all codes are known. The loop has no branches, so the
/// processor works on several rows at once.
pub(super) fn gather(table: &[u32], places: impl Iterator<Item = usize>, into: &mut Vec<u32>) -> bool {
    let mut greatest = 0;
    into.extend(places.map(|place| {
        let found = table.get(place).copied().unwrap_or(UNKNOWN);
        greatest = greatest.max(found);
        found
    }));
    greatest != UNKNOWN
}
