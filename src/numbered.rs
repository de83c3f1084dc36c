//! Numbers of items, found many at a time.

use std::array;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

/// The number of an item that has none.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// The items to find at a time.
pub(crate) const AT_ONCE: usize = 16;

/// The least number of places of a table with items.
const LEAST: usize = 16;

/// Small items and their numbers, in a hash table. It is made for tables that are larger than the caches of the
/// processor: the places of several items are read before the first of them is compared, so that the processor waits for
/// all of them at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbered<K> {
    /// The number of places is a power of two. A place without an item has the number [`UNKNOWN`].
    places: Vec<(K, u32)>,
    len: usize,
    hasher: FixedState,
}

impl<K: Copy + Default + Eq + Hash> Numbered<K> {
    /// The number of each item, or [`UNKNOWN`].
    #[inline]
    pub fn find_all(&self, items: &[K; AT_ONCE]) -> [u32; AT_ONCE] {
        if self.places.is_empty() {
            return [UNKNOWN; AT_ONCE];
        }
        let starts: [usize; AT_ONCE] = array::from_fn(|at| self.start(&items[at]));
        let met: [(K, u32); AT_ONCE] = array::from_fn(|at| self.places[starts[at]]);
        array::from_fn(|at| match met[at] {
            (item, number) if item == items[at] || number == UNKNOWN => number,
            _ => self.places[self.place(&items[at])].1,
        })
    }

    /// The number of an item.
    pub fn find(&self, item: &K) -> Option<u32> {
        if self.places.is_empty() {
            return None;
        }
        Some(self.places[self.place(item)].1).filter(|number| *number != UNKNOWN)
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The bytes of a larger table, if the next item needs one; else 0.
    pub fn bytes_to_grow(&self) -> usize {
        match self.len < self.places.len() / 4 * 3 {
            true => 0,
            false => (2 * self.places.len()).max(LEAST) * size_of::<(K, u32)>(),
        }
    }

    /// The bytes of the table.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.places[..])
    }

    /// Adds a new item with its number.
    pub fn insert(&mut self, item: K, number: u32) {
        if self.bytes_to_grow() > 0 {
            let places = vec![(K::default(), UNKNOWN); (2 * self.places.len()).max(LEAST)];
            let known = std::mem::replace(&mut self.places, places);
            known
                .into_iter()
                .filter(|(_, number)| *number != UNKNOWN)
                .for_each(|(item, number)| self.put(item, number));
        }
        self.put(item, number);
        self.len += 1;
    }

    fn put(&mut self, item: K, number: u32) {
        let place = self.place(&item);
        self.places[place] = (item, number);
    }

    /// The place of an item, or the vacant place where the search for it ends.
    fn place(&self, item: &K) -> usize {
        let mut place = self.start(item);
        while self.places[place].1 != UNKNOWN && self.places[place].0 != *item {
            place = (place + 1) & (self.places.len() - 1);
        }
        place
    }

    /// The place at which the search for an item starts.
    #[inline]
    fn start(&self, item: &K) -> usize {
        self.hasher.hash_one(item) as usize & (self.places.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_items_are_found_and_no_others() {
        let mut numbered = Numbered::<(u32, u32)>::default();
        assert_eq!((numbered.find(&(0, 0)), numbered.find_all(&[(0, 0); AT_ONCE])), (None, [UNKNOWN; AT_ONCE]));
        let item = |number: u32| (number / 7, number * 0x1_0001);
        for number in 0..5000 {
            assert_eq!(numbered.find(&item(number)), None);
            let grown = numbered.bytes_to_grow();
            numbered.insert(item(number), number);
            assert!(grown == 0 || grown == numbered.bytes());
        }
        for first in (0..5000 - AT_ONCE as u32).step_by(AT_ONCE) {
            let numbers: [u32; AT_ONCE] = array::from_fn(|at| first + at as u32);
            assert_eq!(numbered.find_all(&numbers.map(item)), numbers);
            assert_eq!(numbered.find(&item(first)), Some(first));
            assert_eq!(numbered.find_all(&numbers.map(|number| item(number + 5000))), [UNKNOWN; AT_ONCE]);
        }
    }
}
