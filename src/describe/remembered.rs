//! Remembers which values occurred before, in bounded memory: 128 bits for each.

use std::hash::{BuildHasher, Hash};

use foldhash::quality::FixedState;
use hashbrown::HashMap;

/// The different values of one column that are counted. Beyond them it has more than this number.
pub const MAX_DISTINCT: usize = 1_000_000;

/// The values and rows that are remembered for all columns of a table together.
pub const MAX_REMEMBERED: usize = 4_000_000;

/// The repeated values that are listed with their rows.
const LISTED: usize = 50;

/// What is left of [`MAX_REMEMBERED`].
#[derive(Debug)]
pub(super) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(MAX_REMEMBERED)
    }
}

impl Room {
    /// Takes room for one value.
    pub fn take(&mut self) -> bool {
        let is_left = self.0 > 0;
        self.0 -= usize::from(is_left);
        is_left
    }
}

/// A value that stands for another one of the same type, however it is written. Two values have the same fingerprint by
/// chance once in 10^26 pairs.
pub(super) fn fingerprint(value: &impl Hash) -> u128 {
    let [one, other] = [1, 2].map(|seed| FixedState::with_seed(seed).hash_one(value));
    u128::from(one) << 64 | u128::from(other)
}

/// The fingerprint of a row, from those of its cells in order.
pub(super) fn combined(row: u128, cell: u128) -> u128 {
    const FACTOR: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    (row ^ cell).wrapping_mul(FACTOR).rotate_left(47)
}

/// The different values of a column, with the first row of each.
#[derive(Debug, Default)]
pub(super) struct Values {
    first: HashMap<u128, u64, foldhash::fast::FixedState>,
    /// The number of different values, at least.
    pub distinct: u64,
    /// True if there are more.
    pub is_full: bool,
    /// The first rows that repeat a value, each with the first row of the value.
    pub repeated: Vec<(u64, u64)>,
    /// The number of rows that repeat a value.
    pub repeats: u64,
}

impl Values {
    /// Adds the value of a row. Returns true if it is new.
    pub fn add(&mut self, value: u128, row: u64, room: &mut Room) -> bool {
        if let Some(first) = self.first.get(&value) {
            self.repeats += 1;
            if self.repeated.len() < LISTED {
                self.repeated.push((row, *first));
            }
            return false;
        }
        if self.is_full || self.distinct as usize >= MAX_DISTINCT || !room.take() {
            self.is_full = true;
            return false;
        }
        self.first.insert(value, row);
        self.distinct += 1;
        true
    }

    /// Returns true if all rows are known to have different values.
    pub fn are_unique(&self) -> bool {
        !self.is_full && self.repeats == 0
    }

    /// The values, in any order.
    pub fn all(&self) -> impl Iterator<Item = u128> + '_ {
        self.first.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_values_and_lists_repeated_ones() {
        let (mut values, mut room) = (Values::default(), Room::default());
        for (row, value) in [7, 8, 7, 9, 8, 7].into_iter().enumerate() {
            values.add(value, row as u64, &mut room);
        }
        assert_eq!((values.distinct, values.repeats, values.is_full), (3, 3, false));
        assert_eq!(values.repeated, [(2, 0), (4, 1), (5, 0)]);
        assert_eq!(room.0, MAX_REMEMBERED - 3);
    }

    #[test]
    fn stops_at_the_limits() {
        let (mut values, mut room) = (Values::default(), Room(2));
        (0..5).for_each(|row| {
            values.add(row.into(), row, &mut room);
        });
        assert_eq!((values.distinct, values.is_full), (2, true));
        assert!(!values.are_unique());
    }

    #[test]
    fn rows_with_swapped_cells_differ() {
        let [a, b] = ["a", "b"].map(|text| fingerprint(&text));
        assert_ne!(combined(combined(0, a), b), combined(combined(0, b), a));
    }
}
