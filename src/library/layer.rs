//! Adds items to those of a base without copying them: a library costs only what its own texts declare.

use std::sync::Arc;

use indexmap::IndexMap;

/// The items of one kind: those that a library declares, on top of those of its base.
///
/// Items have numbers: first those of the base, then those of this layer. An item hides the base's item of the same name.
#[derive(Debug, Clone)]
pub(crate) struct Layer<T> {
    base: Option<Arc<Layer<T>>>,
    /// The number of items of the base.
    first: usize,
    own: IndexMap<Arc<str>, Entry<T>>,
}

#[derive(Debug, Clone)]
struct Entry<T> {
    item: T,
    /// True for an item of the base that is compiled again, because it uses an item of this layer.
    inherited: bool,
}

impl<T> Layer<T> {
    /// Creates an empty layer on top of a base.
    pub fn over(base: Option<&Arc<Self>>) -> Self {
        Self { first: base.map_or(0, |base| base.first + base.own.len()), base: base.cloned(), own: IndexMap::new() }
    }

    /// Returns the number of the item with this name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        let own = self.own.get_index_of(name).map(|at| self.first + at);
        own.or_else(|| self.base.as_ref()?.index_of(name))
    }

    /// Returns the item with this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        let own = self.own.get(name).map(|entry| &entry.item);
        own.or_else(|| self.base.as_ref()?.get(name))
    }

    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Returns the item with this number.
    ///
    /// # Panics
    /// Panics if there is no such item.
    pub fn at(&self, index: usize) -> &T {
        self.entry(index).1
    }

    fn entry(&self, index: usize) -> (&Arc<str>, &T) {
        match (index.checked_sub(self.first), &self.base) {
            (None, Some(base)) => base.entry(index),
            (own, _) => {
                let entry = own.and_then(|at| self.own.get_index(at));
                entry.map(|(name, entry)| (name, &entry.item)).expect("the number comes from this layer")
            }
        }
    }

    /// Iterates over the numbers of all visible items: the declared ones, then those of the base, each in the order of
    /// their texts.
    pub fn indices(&self) -> Box<dyn Iterator<Item = usize> + '_> {
        let declared = (self.first..).zip(self.own.values()).filter(|(_, entry)| !entry.inherited).map(|(at, _)| at);
        let Some(base) = &self.base else { return Box::new(declared) };
        let visible = |at: usize| match self.own.get_full(base.entry(at).0) {
            None => Some(at),
            Some((own, _, entry)) => entry.inherited.then_some(self.first + own),
        };
        Box::new(declared.chain(base.indices().filter_map(visible)))
    }

    /// Iterates over all visible items, in the same order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.indices().map(|at| self.at(at))
    }

    /// Iterates over the names of all visible items, in the same order.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.indices().map(|at| self.entry(at).0)
    }

    // ── this layer alone ─────────────────────────────────────────────────────

    /// Iterates over the items that this layer declares.
    pub fn declared(&self) -> impl Iterator<Item = &T> {
        self.own.values().filter(|entry| !entry.inherited).map(|entry| &entry.item)
    }

    /// Iterates over the items that this layer compiles: the declared ones, and those of the base that use them.
    pub fn compiled(&self) -> impl ExactSizeIterator<Item = &T> {
        self.own.values().map(|entry| &entry.item)
    }

    pub fn compiled_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.own.values_mut().map(|entry| &mut entry.item)
    }

    /// Returns the number of the first item of this layer.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Returns true if this layer compiles the item with this name.
    pub fn compiles(&self, name: &str) -> bool {
        self.own.contains_key(name)
    }

    /// Returns the item with this name, if this layer compiles it.
    pub fn own_mut(&mut self, name: &str) -> Option<&mut T> {
        self.own.get_mut(name).map(|entry| &mut entry.item)
    }

    /// Returns the item of the base with this name, hidden or not.
    pub fn hidden(&self, name: &str) -> Option<&T> {
        self.base.as_ref()?.get(name)
    }

    /// Declares an item. The name must be new in this layer.
    pub fn declare(&mut self, name: Arc<str>, item: T) {
        self.own.insert(name, Entry { item, inherited: false });
    }

    /// Copies an item of the base into this layer, to be compiled again.
    pub fn inherit(&mut self, name: &Arc<str>)
    where
        T: Clone,
    {
        if let Some(item) = self.hidden(name).filter(|_| !self.compiles(name)).cloned() {
            self.own.insert(name.clone(), Entry { item, inherited: true });
        }
    }
}
