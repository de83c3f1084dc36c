//! Charges lists and hash tables to the budget before they grow.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use hashbrown::{HashMap, HashTable};

use crate::budget::{Budget, Charge};
use crate::diagnostic::Diagnostic;
use crate::numbered::Numbered;

/// The memory of one structure, which returns it to the budget when it is dropped.
pub struct Room {
    budget: Budget,
    charge: Charge,
    /// Names the structure in errors, such as ``the keys of `orders` ``.
    what: Arc<str>,
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// The bytes of a shared text, with its two counters.
pub fn shared_bytes(text: &str) -> usize {
    text.len() + 2 * size_of::<usize>()
}

/// Room for a structure that nothing limits.
impl Default for Room {
    fn default() -> Self {
        Self::new(&Budget::unlimited(), "a structure")
    }
}

/// The minimum capacity of a list that grows.
const LEAST: usize = 4;

impl Room {
    pub fn new(budget: &Budget, what: impl Into<Arc<str>>) -> Self {
        Self { budget: budget.clone(), charge: budget.charge(), what: what.into() }
    }

    /// Room for another structure with the same name.
    pub fn another(&self) -> Self {
        Self::new(&self.budget, self.what.clone())
    }

    /// Fails if the time is up.
    pub fn check(&self) -> Result<(), Diagnostic> {
        self.budget.check("aggregating")
    }

    /// Counts bytes that are about to be allocated.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Diagnostic> {
        self.charge.grow(bytes, &self.what)
    }

    /// Counts the structure at a size in bytes.
    pub fn set(&mut self, bytes: usize) -> Result<(), Diagnostic> {
        self.charge.resize(bytes, &self.what)
    }

    /// Returns bytes that were freed.
    pub fn shrink(&mut self, bytes: usize) {
        self.charge.shrink(bytes);
    }

    /// Returns the bytes of a list that is dropped.
    pub fn free<T>(&mut self, list: Vec<T>) {
        self.shrink(list.capacity() * size_of::<T>());
    }

    /// Extends the capacity of a list to at least `len` items.
    pub fn list<T>(&mut self, list: &mut Vec<T>, len: usize) -> Result<(), Diagnostic> {
        if len > list.capacity() {
            let capacity = len.max(2 * list.capacity()).max(LEAST);
            self.grow((capacity - list.capacity()) * size_of::<T>())?;
            list.reserve_exact(capacity - list.len());
        }
        Ok(())
    }

    /// Extends the capacity of a list by at least this many items.
    pub fn more<T>(&mut self, list: &mut Vec<T>, items: usize) -> Result<(), Diagnostic> {
        self.list(list, list.len() + items)
    }

    /// Appends an item.
    #[inline]
    pub fn push<T>(&mut self, list: &mut Vec<T>, item: T) -> Result<(), Diagnostic> {
        self.list(list, list.len() + 1)?;
        list.push(item);
        Ok(())
    }

    /// Appends an item to a list until it has at least `len` items.
    pub fn fill<T: Clone>(&mut self, list: &mut Vec<T>, len: usize, item: T) -> Result<(), Diagnostic> {
        if len > list.len() {
            self.list(list, len)?;
            list.resize(len, item);
        }
        Ok(())
    }

    /// A list of `len` equal items.
    pub fn filled<T: Clone>(&mut self, len: usize, item: T) -> Result<Vec<T>, Diagnostic> {
        self.grow(len * size_of::<T>())?;
        Ok(vec![item; len])
    }

    /// Makes room for one more entry of a map.
    #[inline]
    pub fn entry<K: Eq + Hash, V, S: BuildHasher>(&mut self, map: &mut HashMap<K, V, S>) -> Result<(), Diagnostic> {
        if map.len() < map.capacity() {
            return Ok(());
        }
        let before = self.grow_table::<(K, V)>(map.capacity())?;
        map.reserve(1);
        self.shrink(before);
        Ok(())
    }

    /// Adds a new item with its number.
    #[inline]
    pub fn numbered<K: Copy + Default + Eq + Hash>(
        &mut self,
        items: &mut Numbered<K>,
        item: K,
        number: u32,
    ) -> Result<(), Diagnostic> {
        let (larger, present) = (items.bytes_to_grow(), items.bytes());
        if larger > 0 {
            self.grow(larger)?;
        }
        items.insert(item, number);
        if larger > 0 {
            self.shrink(present);
        }
        Ok(())
    }

    /// Makes room for one more item of a hash table.
    pub fn item<T>(&mut self, table: &mut HashTable<T>, hash: impl Fn(&T) -> u64) -> Result<(), Diagnostic> {
        if table.len() < table.capacity() {
            return Ok(());
        }
        let before = self.grow_table::<T>(table.capacity())?;
        table.reserve(1, hash);
        self.shrink(before);
        Ok(())
    }

    /// Counts a table twice as large. Returns the bytes of the present one, which exists until its items are moved.
    fn grow_table<T>(&mut self, capacity: usize) -> Result<usize, Diagnostic> {
        self.grow(table_bytes::<T>(capacity + 1))?;
        Ok(table_bytes::<T>(capacity))
    }
}

/// The bytes of a hash table of this capacity: at most 7 of 8 places are used, and each has one byte more.
fn table_bytes<T>(capacity: usize) -> usize {
    match capacity {
        0 => 0,
        _ => (capacity * 8).div_ceil(7).next_power_of_two().max(LEAST) * (size_of::<T>() + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_tables_are_charged_before_they_grow() {
        let budget = Budget::new(None, 1 << 20, None);
        let mut room = Room::new(&budget, "the keys of `t`");
        let mut list = vec![];
        let refused = (0u64..).map(|item| room.push(&mut list, item)).find_map(Result::err).expect("it ends");
        assert_eq!(refused.message, "the keys of `t` would exceed the memory limit of 1 MiB");
        assert_eq!((list.len(), list.capacity()), (1 << 17, 1 << 17));
        assert_eq!(budget.used(), 1 << 20);
        room.free(list);
        assert_eq!(budget.used(), 0);

        let mut map = HashMap::<u64, u64>::new();
        for key in 0.. {
            if room.entry(&mut map).is_err() {
                break;
            }
            map.insert(key, key);
            assert!(budget.used() as usize >= map.allocation_size() - 16);
        }
        // 2^15 places of 17 bytes fit, the next 2^16 places do not fit beside them.
        assert_eq!(map.len(), (1 << 15) / 8 * 7);
        assert!(budget.peak() <= 1 << 20);
    }
}
