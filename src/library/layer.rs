//! Keeps items by name over those of a base, so that a library costs what its own texts declare.

use std::sync::Arc;

use indexmap::IndexMap;

/// The items of one kind: those that a library declares, over those of its base.
///
/// Items are numbered: first those of the base, then the own ones. A base item whose name is declared here is hidden.
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
    /// True for an item of the base that is compiled again here, because it uses what is declared here.
    inherited: bool,
}

impl<T> Layer<T> {
    /// No items yet, over those of a base.
    pub fn over(base: Option<&Arc<Self>>) -> Self {
        Self { first: base.map_or(0, |base| base.first + base.own.len()), base: base.cloned(), own: IndexMap::new() }
    }

    /// The number of the item of that name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        let own = self.own.get_index_of(name).map(|at| self.first + at);
        own.or_else(|| self.base.as_ref()?.index_of(name))
    }

    /// The item of that name.
    pub fn get(&self, name: &str) -> Option<&T> {
        let own = self.own.get(name).map(|entry| &entry.item);
        own.or_else(|| self.base.as_ref()?.get(name))
    }

    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The item of that number.
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

    /// The numbers of all visible items: those declared here, then those of the base, each in the order of their texts.
    pub fn indices(&self) -> Box<dyn Iterator<Item = usize> + '_> {
        let declared = (self.first..).zip(self.own.values()).filter(|(_, entry)| !entry.inherited).map(|(at, _)| at);
        let Some(base) = &self.base else { return Box::new(declared) };
        let visible = |at: usize| match self.own.get_full(base.entry(at).0) {
            None => Some(at),
            Some((own, _, entry)) => entry.inherited.then_some(self.first + own),
        };
        Box::new(declared.chain(base.indices().filter_map(visible)))
    }

    /// All visible items in that order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.indices().map(|at| self.at(at))
    }

    /// The names of all visible items in that order.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.indices().map(|at| self.entry(at).0)
    }

    // ── this layer alone ─────────────────────────────────────────────────────

    /// The items declared here.
    pub fn declared(&self) -> impl Iterator<Item = &T> {
        self.own.values().filter(|entry| !entry.inherited).map(|entry| &entry.item)
    }

    /// The items compiled here: those declared here, and those of the base that use them.
    pub fn compiled(&self) -> impl ExactSizeIterator<Item = &T> {
        self.own.values().map(|entry| &entry.item)
    }

    pub fn compiled_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.own.values_mut().map(|entry| &mut entry.item)
    }

    /// The number of the first item compiled here.
    pub fn first(&self) -> usize {
        self.first
    }

    /// True if the item of that name is compiled here.
    pub fn compiles(&self, name: &str) -> bool {
        self.own.contains_key(name)
    }

    /// The item of that name, if it is compiled here.
    pub fn own_mut(&mut self, name: &str) -> Option<&mut T> {
        self.own.get_mut(name).map(|entry| &mut entry.item)
    }

    /// The item of the base that a declaration of that name hides, or would hide.
    pub fn hidden(&self, name: &str) -> Option<&T> {
        self.base.as_ref()?.get(name)
    }

    /// Declares an item here; the name must be new here.
    pub fn declare(&mut self, name: Arc<str>, item: T) {
        self.own.insert(name, Entry { item, inherited: false });
    }

    /// Compiles an item of the base again here.
    pub fn inherit(&mut self, name: &Arc<str>)
    where
        T: Clone,
    {
        if let Some(item) = self.hidden(name).filter(|_| !self.compiles(name)).cloned() {
            self.own.insert(name.clone(), Entry { item, inherited: true });
        }
    }
}
