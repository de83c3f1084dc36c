//! Assigns small numbers to distinct pairs of numbers.

use super::codes::UNKNOWN;
use super::room::Room;
use crate::diagnostic::Diagnostic;
use crate::numbered::{AT_ONCE, Numbered};

/// Distinct pairs of numbers, numbered from 0 in order of first occurrence.
#[derive(Debug, Default)]
pub(super) struct PairInterner {
    /// The pairs by number.
    pub(super) list: Vec<(u32, u32)>,
    /// The number of `(a, b)` at `a << bits | b`, while the table is small enough.
    dense: Vec<u32>,
    bits: u32,
    map: Option<Numbered<(u32, u32)>>,
    /// Capacity for the numbers of the next batch.
    spare: Vec<u32>,
    room: Room,
}

/// A table of pairs has at most 2^22 places (16 MB), or this many per pair. Beyond that, pairs are hashed.
const MAX_DENSE_BITS: u32 = 22;
const PLACES_PER_PAIR: u64 = 8;

impl PairInterner {
    /// Creates an interner without pairs.
    pub(super) fn new(room: Room) -> Self {
        Self { room, ..Self::default() }
    }

    /// Replaces `a` by the number of each pair `(a, b)`.
    pub(super) fn combine(&mut self, a: &mut Vec<u32>, b: &[u32]) -> Result<(), Diagnostic> {
        if self.map.is_none() {
            self.reserve(bound(a), bound(b))?;
        }
        match self.map.is_none() {
            true => self.combine_dense(a, b),
            false => self.combine_hashed(a, b),
        }
    }

    fn combine_dense(&mut self, a: &mut Vec<u32>, b: &[u32]) -> Result<(), Diagnostic> {
        let mut numbers = std::mem::take(&mut self.spare);
        if !self.gather(a, b, &mut numbers) {
            a.iter().zip(b).try_for_each(|(&a, &b)| self.learn(a, b))?;
            self.gather(a, b, &mut numbers);
        }
        std::mem::swap(a, &mut numbers);
        self.spare = numbers;
        Ok(())
    }

    /// Looks up the number of each pair, and returns true if all are known. The loop has no branches.
    fn gather(&self, a: &[u32], b: &[u32], numbers: &mut Vec<u32>) -> bool {
        let mut greatest = 0;
        numbers.clear();
        numbers.extend(a.iter().zip(b).map(|(&a, &b)| {
            let number = self.dense[(a as usize) << self.bits | b as usize];
            greatest = greatest.max(number);
            number
        }));
        greatest != UNKNOWN
    }

    /// Adds a pair if it is new.
    fn learn(&mut self, a: u32, b: u32) -> Result<(), Diagnostic> {
        let number = &mut self.dense[(a as usize) << self.bits | b as usize];
        if *number == UNKNOWN {
            *number = self.list.len() as u32;
            self.room.push(&mut self.list, (a, b))?;
        }
        Ok(())
    }

    fn combine_hashed(&mut self, a: &mut [u32], b: &[u32]) -> Result<(), Diagnostic> {
        for (a, b) in a.chunks_mut(AT_ONCE).zip(b.chunks(AT_ONCE)) {
            let mut pairs = [(0, 0); AT_ONCE];
            pairs.iter_mut().zip(a.iter().zip(b)).for_each(|(pair, (&a, &b))| *pair = (a, b));
            let numbers = self.map.get_or_insert_default().find_all(&pairs);
            for (at, a) in a.iter_mut().enumerate() {
                *a = match numbers[at] {
                    UNKNOWN => self.find_hashed(pairs[at])?,
                    number => number,
                };
            }
        }
        Ok(())
    }

    /// The number of a pair, which is added if it is new.
    fn find_hashed(&mut self, pair: (u32, u32)) -> Result<u32, Diagnostic> {
        let map = self.map.get_or_insert_default();
        if let Some(number) = map.find(&pair) {
            return Ok(number);
        }
        let number = self.list.len() as u32;
        self.room.push(&mut self.list, pair)?;
        self.room.numbered(map, pair, number)?;
        Ok(number)
    }

    /// Extends the table up to `(a, b)`, or replaces it with a map. The size depends on the number of bits of both.
    fn reserve(&mut self, a: u32, b: u32) -> Result<(), Diagnostic> {
        // Without a table, the pairs of the list are not in it either.
        let known = if self.dense.is_empty() { &self.list[..] } else { &[] };
        let (a, b) = known.iter().fold((a, b), |(a, b), pair| (a | pair.0, b | pair.1));
        let bits = self.bits.max(u32::BITS - b.leading_zeros());
        let rows = (u64::from(a) + 1).next_power_of_two().max(self.dense.len() as u64 >> self.bits);
        if rows << bits > (PLACES_PER_PAIR * self.list.len() as u64).max(1 << MAX_DENSE_BITS) {
            let mut map = Numbered::default();
            for (&pair, number) in self.list.iter().zip(0..) {
                self.room.numbered(&mut map, pair, number)?;
            }
            self.map = Some(map);
            self.room.free(std::mem::take(&mut self.dense));
        } else if bits != self.bits || rows << bits > self.dense.len() as u64 {
            self.bits = bits;
            self.room.free(std::mem::take(&mut self.dense));
            self.dense = self.room.filled((rows << bits) as usize, UNKNOWN)?;
            for (&(a, b), number) in self.list.iter().zip(0..) {
                self.dense[(a as usize) << bits | b as usize] = number;
            }
        }
        Ok(())
    }

    /// Replaces the first number of each pair; different numbers must get different ones. Keeps the room of the list
    /// only.
    pub(super) fn renumbered(self, numbers: &[u32]) -> Self {
        let mut pairs = self.without_tables();
        pairs.list.iter_mut().for_each(|(a, _)| *a = numbers[*a as usize]);
        pairs
    }

    /// Frees the tables, which are built again when a pair is added.
    pub(super) fn without_tables(mut self) -> Self {
        let bytes = self.list.capacity() * size_of::<(u32, u32)>();
        self.room.set(bytes).expect("the list is counted already");
        Self { list: self.list, room: self.room, ..Self::default() }
    }
}

/// A number that is not below the largest code and has as many bits.
fn bound(codes: &[u32]) -> u32 {
    codes.iter().fold(0, |bits, code| bits | code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_pairs_stay_small_or_in_proportion() {
        let least = 1u64 << MAX_DENSE_BITS;
        // The last pair of a table of 2^22 places, and the first one beyond it.
        for (a, b, hashed) in [((1 << 12) - 1, (1 << 10) - 1, false), (1 << 12, (1 << 10) - 1, true)] {
            let mut pairs = PairInterner::default();
            pairs.combine(&mut vec![a], &[b]).expect("nothing limits it");
            assert_eq!(pairs.map.is_some(), hashed, "{a} {b}");
            assert!(pairs.dense.len() as u64 <= least);
        }
        // Pairs that fill a table may extend it to up to eight places each.
        let mut pairs = PairInterner::default();
        for batch in 0..64 {
            let first = batch << 14;
            pairs.combine(&mut (first..first + (1 << 14)).collect(), &vec![3; 1 << 14]).expect("nothing limits it");
            let most = least.max(PLACES_PER_PAIR * pairs.list.len() as u64);
            assert!(pairs.dense.len() as u64 <= most);
        }
        assert_eq!((pairs.list.len(), pairs.map.is_some()), (1 << 20, false));
    }

    #[test]
    fn tables_are_built_again_after_numbers_are_replaced() {
        for factor in [1, 1 << 20] {
            let mut pairs = PairInterner::default();
            let b = [3, 4, 5];
            pairs.combine(&mut vec![0, 1, 2], &b).expect("nothing limits it");
            let mut pairs = pairs.renumbered(&[7 * factor, 0, 3 * factor]);
            let mut a = vec![0, 3 * factor, 7 * factor, 1];
            pairs.combine(&mut a, &[4, 5, 3, 4]).expect("nothing limits it");
            assert_eq!(a, [1, 2, 0, 3]);
        }
    }

    #[test]
    fn pairs_keep_their_numbers_when_the_table_grows() {
        let mut pairs = PairInterner::default();
        for round in 0..3 {
            let mut a = vec![0, 1, 0, 1 << (8 * round), 7_000_000 * round];
            let b = [0, 0, 1, 3 << (4 * round), 9];
            let expected: Vec<(u32, u32)> = a.iter().copied().zip(b).collect();
            pairs.combine(&mut a, &b).expect("nothing limits it");
            assert_eq!(a.iter().map(|&number| pairs.list[number as usize]).collect::<Vec<_>>(), expected);
        }
        assert_eq!(pairs.list[..3], [(0, 0), (1, 0), (0, 1)]);
    }
}
