//! Compares two libraries: what changed, and which definitions that affects.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde::{Serialize, Serializer};

use super::collect::items;
use super::expression::{Meaning, NewNames};
use super::graph::{Graph, Node};
use super::item::{Item, ItemId, ItemKind, Space};
use super::part::{DiffPart, Effect, Part};
use super::renames;
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::library::Library;
use crate::source::{SourceFile, Span};

/// What differs between two libraries. It can be serialized.
///
/// Definitions are compared by their meaning: layout, comments, the order of items and of card properties, parentheses
/// without effect and other spellings of a number make no difference.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Diff {
    /// The version of the format, 1.
    version: u32,
    /// The items that differ: those with the largest effect first, then by kind and name.
    pub(crate) changes: Vec<DiffEntry>,
    /// The definitions that are themselves the same and depend on one that changed, by name.
    pub(crate) affected: Vec<Affected>,
    /// The items that are the same in another file.
    pub(crate) moved: Vec<Moved>,
    /// The items that are written differently and mean the same.
    pub(crate) rewritten: Vec<ItemHead>,
    /// The new names of renamed definitions.
    #[serde(skip)]
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) renamed: HashMap<Arc<str>, Arc<str>>,
}

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChangeKind {
    /// It is the same item with other parts.
    Changed,
    /// Only the old library has it.
    Removed,
    /// It has another name.
    Renamed,
    /// Only the new library has it.
    Added,
}

/// An item that differs.
#[derive(Debug, Serialize)]
pub(crate) struct DiffEntry {
    #[serde(flatten)]
    pub head: ItemHead,
    /// Its name in the old library, if it had another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_name: Option<Arc<str>>,
    pub change: ChangeKind,
    pub effect: Effect,
    /// The place in the old library.
    pub before: Option<Place>,
    /// The place in the new library.
    pub after: Option<Place>,
    /// The parts that differ.
    pub parts: Vec<PartChange>,
    /// The definitions that depend on it, nearest first.
    pub affects: Vec<Dependent>,
}

/// An item by kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ItemHead {
    pub kind: ItemKind,
    pub name: Arc<str>,
    /// True if it is part of the standard library.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub standard: bool,
}

/// The start of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    pub file: Arc<str>,
    pub line: usize,
}

/// A part that differs, as it is written before and after.
#[derive(Debug, Serialize)]
pub(crate) struct PartChange {
    #[serde(flatten)]
    pub part: DiffPart,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Serialize for DiffPart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Named<'a> {
            part: Part,
            #[serde(skip_serializing_if = "Option::is_none")]
            name: Option<&'a str>,
        }
        // The name of a test of rows is its meaning.
        let name = self.name.as_deref().filter(|_| self.part != Part::RowTest);
        Named { part: self.part, name }.serialize(serializer)
    }
}

/// A definition that depends on an item, with the number of definitions on the way, itself included.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Dependent {
    #[serde(flatten)]
    pub head: ItemHead,
    pub distance: usize,
    /// True if only its bands, its target or its range depend on the item.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub status_only: bool,
}

/// A definition that depends on items that changed, nearest first.
#[derive(Debug, Serialize)]
pub(crate) struct Affected {
    #[serde(flatten)]
    pub head: ItemHead,
    pub by: Vec<Dependent>,
    /// The units of its values, if they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<[Option<String>; 2]>,
}

/// An item in another file.
#[derive(Debug, Serialize)]
pub(crate) struct Moved {
    #[serde(flatten)]
    pub head: ItemHead,
    pub before: Place,
    pub after: Place,
}

impl Diff {
    /// Returns true if something differs that has a meaning: a value, a status, a kind, a scenario or a test. Additions,
    /// other names, texts and layout have none.
    ///
    /// ```
    /// use yardstick::Library;
    ///
    /// let old = Library::from_text("margin = revenue - cost")?;
    /// let new = Library::from_text("margin = revenue - (cost)  # the same\nshare = cost / revenue")?;
    /// assert!(!old.diff(&new).has_meaning());
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn has_meaning(&self) -> bool {
        self.changes.iter().any(|entry| entry.effect != Effect::None)
    }

    /// Iterates over the names of the definitions, functions, datasets, scenarios and tests that differ.
    pub fn changed(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().map(|entry| &*entry.head.name)
    }

    /// Iterates over the names of the definitions that are themselves the same and depend on one that changed.
    pub fn affected(&self) -> impl Iterator<Item = &str> {
        self.affected.iter().map(|affected| &*affected.head.name)
    }

    /// True if nothing differs, not even the layout of an item.
    #[cfg(feature = "cli")]
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.moved.is_empty() && self.rewritten.is_empty()
    }
}

impl Library {
    /// Compares this library with a newer one.
    ///
    /// ```
    /// use yardstick::Library;
    ///
    /// let old = Library::from_text("lead_price = spend / signups\nlead_gain = lead_value - lead_price")?;
    /// let new = Library::from_text("lead_price = spend / contacts\nlead_gain = lead_value - lead_price")?;
    /// let diff = old.diff(&new);
    /// assert_eq!(diff.changed().collect::<Vec<_>>(), ["lead_price"]);
    /// assert_eq!(diff.affected().collect::<Vec<_>>(), ["lead_gain"]);
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn diff(&self, newer: &Library) -> Diff {
        self.diff_within(newer, &Budget::unlimited()).expect("nothing stops it")
    }

    /// The same, within a budget.
    ///
    /// # Errors
    /// The limit that was reached.
    pub(crate) fn diff_within(&self, newer: &Library, budget: &Budget) -> Result<Diff, Diagnostic> {
        let money = self.units().currency().filter(|currency| newer.units().currency() == Some(*currency));
        let same_names = NewNames::default();
        let old = Meaning { library: self, names: &same_names, money };
        let new = Meaning { library: newer, ..old };
        let names = renames::find(old, new, budget)?;
        let old = Meaning { names: &names, ..old };
        let mut comparison = Comparison::new(old, new);
        comparison.compare(items(old, newer), items(new, self), budget)?;
        comparison.affect(budget)?;
        Ok(comparison.finish())
    }
}

/// Compares items one by one.
struct Comparison<'a> {
    old: Meaning<'a>,
    new: Meaning<'a>,
    changes: Vec<DiffEntry>,
    moved: Vec<Moved>,
    rewritten: Vec<ItemHead>,
    affected: IndexMap<Arc<str>, Vec<Dependent>>,
    /// True if both libraries have one file, so that nothing can move.
    is_one_file: bool,
}

impl<'a> Comparison<'a> {
    fn new(old: Meaning<'a>, new: Meaning<'a>) -> Self {
        let is_one_file = [old, new].iter().all(|meaning| meaning.library.sources().files().count() <= 1);
        let (changes, moved, rewritten, affected) = Default::default();
        Self { old, new, changes, moved, rewritten, affected, is_one_file }
    }

    /// The identifier of an item of the old library in the new one.
    fn new_id(&self, (space, name): &ItemId) -> ItemId {
        let name = match space {
            Space::Dataset => self.old.names.dataset(name),
            Space::Function => self.old.names.function(name),
            Space::Definition => self.old.names.definition(name),
            Space::Setting | Space::Scenario | Space::Test => name,
        };
        (*space, name.clone())
    }

    fn compare(
        &mut self,
        old: IndexMap<ItemId, Item>,
        new: IndexMap<ItemId, Item>,
        budget: &Budget,
    ) -> Result<(), Diagnostic> {
        budget.spend(old.len() + new.len(), "comparing definitions")?;
        // A definition may get the name of one of the standard library, which it then replaces.
        let targets: HashSet<ItemId> =
            old.keys().filter(|id| self.new_id(id) != **id).map(|id| self.new_id(id)).collect();
        let (hidden, old): (Vec<_>, Vec<_>) =
            old.into_iter().partition(|(id, item)| item.standard && targets.contains(id));
        hidden.iter().for_each(|(_, item)| self.one(item, ChangeKind::Removed));
        let old: IndexMap<ItemId, Item> = old.into_iter().map(|(id, item)| (self.new_id(&id), item)).collect();
        let ids: IndexSet<&ItemId> = old.keys().chain(new.keys()).collect();
        for id in ids {
            match (old.get(id), new.get(id)) {
                (Some(old), Some(new)) => self.both(old, new),
                (Some(old), None) => self.one(old, ChangeKind::Removed),
                (None, Some(new)) => self.one(new, ChangeKind::Added),
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// An item that only one library has. An undeclared name comes and goes with the formulas that use it.
    fn one(&mut self, item: &Item, change: ChangeKind) {
        if item.implicit {
            return;
        }
        let effects = item.parts.keys().map(|part| part.part.effect());
        // A name of the standard library means its definition again: the other one was renamed.
        let has_effect = change == ChangeKind::Removed || item.standard;
        let effect = if has_effect { effects.max().unwrap_or(Effect::None) } else { Effect::None };
        let is_shown = |part: &&DiffPart| part.part.effect() != Effect::None && part.part != Part::Kind;
        let parts = item.parts.iter().filter(|(part, _)| is_shown(part)).map(|(part, facet)| {
            let text = Some(facet.text.clone());
            let (before, after) = if change == ChangeKind::Added { (None, text) } else { (text, None) };
            PartChange { part: part.clone(), before, after }
        });
        let parts = parts.collect();
        let (before, after) = match change {
            ChangeKind::Added => (None, self.place(self.new, item.span)),
            _ => (self.place(self.old, item.span), None),
        };
        let (head, affects) = (head(item), vec![]);
        self.changes.push(DiffEntry { head, old_name: None, change, effect, before, after, parts, affects });
    }

    fn both(&mut self, old: &Item, new: &Item) {
        let parts = differing(old, new);
        let is_renamed = old.name != new.name;
        if parts.is_empty() && !is_renamed {
            return self.same(old, new);
        }
        let effect = parts.iter().map(|change| change.part.part.effect()).max().unwrap_or(Effect::None);
        self.changes.push(DiffEntry {
            head: head(new),
            old_name: is_renamed.then(|| old.name.clone()),
            change: if is_renamed { ChangeKind::Renamed } else { ChangeKind::Changed },
            effect,
            before: self.place(self.old, old.span),
            after: self.place(self.new, new.span),
            parts,
            affects: vec![],
        });
    }

    /// An item that means the same in both libraries may be in another file, or written differently.
    fn same(&mut self, old: &Item, new: &Item) {
        let (Some(before), Some(after)) = (old.span, new.span) else { return };
        let places = (self.place(self.old, old.span), self.place(self.new, new.span));
        let text = |meaning: Meaning<'a>, span: Span| meaning.library.text(span);
        let (old_file, new_file) = (self.file(self.old, before), self.file(self.new, after));
        let has_place = !self.is_one_file && !old.implicit;
        if has_place && file_name(old_file) != file_name(new_file) {
            if let (Some(before), Some(after)) = places {
                self.moved.push(Moved { head: head(new), before, after });
            }
        } else if text(self.old, before) != text(self.new, after) {
            self.rewritten.push(head(new));
        }
    }

    fn file(&self, meaning: Meaning<'a>, span: Span) -> &'a SourceFile {
        meaning.library.sources().file(span.file)
    }

    fn place(&self, meaning: Meaning<'a>, span: Option<Span>) -> Option<Place> {
        let span = span?;
        let file = self.file(meaning, span);
        Some(Place { file: file.name.clone(), line: file.line_column(span.start).0 })
    }

    // ── what depends on the changes ──────────────────────────────────────────

    fn affect(&mut self, budget: &Budget) -> Result<(), Diagnostic> {
        if self.changes.iter().all(|entry| roots(entry).is_empty()) {
            return Ok(());
        }
        let mut graph = Graph::default();
        [self.old, self.new].into_iter().for_each(|meaning| graph.add(meaning));
        // A definition whose own values changed is a change, not affected.
        let changed: HashSet<Arc<str>> = self.changes.iter().filter(|entry| is_changed(entry)).map(name).collect();
        let mut charge = budget.charge();
        for at in 0..self.changes.len() {
            // A definition of the standard library that is replaced shares its name with the new one.
            let is_hidden = self.changes[at].head.standard && self.changes[at].change != ChangeKind::Changed;
            let mut reached: IndexMap<Arc<str>, Dependent> = IndexMap::new();
            for root in roots(&self.changes[at]) {
                for (name, reach) in graph.reach(&root, budget)? {
                    let is_meant = |head: &ItemHead| !changed.contains(&name) && (head.standard || !is_hidden);
                    let Some(head) = self.definition(&name).filter(is_meant) else { continue };
                    let found = Dependent { head, distance: reach.distance, status_only: reach.is_status_only };
                    let known = reached.entry(name).or_insert_with(|| found.clone());
                    if (found.status_only, found.distance) < (known.status_only, known.distance) {
                        *known = found;
                    }
                }
            }
            charge.grow(reached.len() * 2 * size_of::<Dependent>(), "the definitions that are affected")?;
            let mut reached: Vec<Dependent> = reached.into_values().collect();
            reached.sort_by(|a, b| (a.distance, &a.head.name).cmp(&(b.distance, &b.head.name)));
            let cause = self.changes[at].head.clone();
            for dependent in &reached {
                let by = Dependent { head: cause.clone(), ..dependent.clone() };
                self.affected.entry(dependent.head.name.clone()).or_default().push(by);
            }
            self.changes[at].affects = reached;
        }
        Ok(())
    }

    /// A definition that both libraries have.
    fn definition(&self, name: &Arc<str>) -> Option<ItemHead> {
        let new = self.new.library.definition(name)?;
        let is_old = |old: &Arc<str>| self.old.library.definition(old).is_some();
        let renamed = self.old.names.definitions.iter().any(|(old, new)| new == name && is_old(old));
        (renamed || is_old(name)).then(|| ItemHead {
            kind: ItemKind::of(new.kind),
            name: name.clone(),
            standard: new.standard,
        })
    }

    fn finish(mut self) -> Diff {
        let key = |entry: &DiffEntry| {
            let space = entry.head.kind.space();
            (std::cmp::Reverse(entry.effect), entry.change, space, entry.head.name.clone())
        };
        self.changes.sort_by_cached_key(key);
        let old_names: HashMap<&Arc<str>, &Arc<str>> =
            self.old.names.definitions.iter().map(|(old, new)| (new, old)).collect();
        let unit = |library: &Library, name: &str| library.id(name).and_then(|id| library.type_of(id).unit_name());
        let mut affected: Vec<Affected> = vec![];
        for (name, mut by) in self.affected {
            by.sort_by(|a, b| {
                let key = |it: &Dependent| (it.status_only, it.distance, it.head.kind.space(), it.head.name.clone());
                key(a).cmp(&key(b))
            });
            let Some(definition) = self.new.library.definition(&name) else { continue };
            let old_name = old_names.get(&name).copied().unwrap_or(&name);
            let units = [unit(self.old.library, old_name), unit(self.new.library, &name)];
            let head = ItemHead { kind: ItemKind::of(definition.kind), name, standard: definition.standard };
            affected.push(Affected { head, by, unit: Some(units).filter(|[old, new]| old != new) });
        }
        affected.sort_by(|a, b| a.head.name.cmp(&b.head.name));
        let by_name = |a: &ItemHead, b: &ItemHead| (a.kind.space(), &a.name).cmp(&(b.kind.space(), &b.name));
        self.moved.sort_by(|a, b| by_name(&a.head, &b.head));
        self.rewritten.sort_by(by_name);
        let renamed = self.old.names.definitions.clone();
        Diff { version: 1, changes: self.changes, affected, moved: self.moved, rewritten: self.rewritten, renamed }
    }
}

fn name(entry: &DiffEntry) -> Arc<str> {
    entry.head.name.clone()
}

fn head(item: &Item) -> ItemHead {
    ItemHead { kind: item.kind, name: item.name.clone(), standard: item.standard }
}

/// The last part of the path of a file.
fn file_name(file: &SourceFile) -> &str {
    Path::new(&*file.name).file_name().and_then(|name| name.to_str()).unwrap_or(&file.name)
}

/// The parts that differ, in the order of their kinds.
fn differing(old: &Item, new: &Item) -> Vec<PartChange> {
    let parts: IndexSet<&DiffPart> = old.parts.keys().chain(new.parts.keys()).collect();
    let mut found: Vec<PartChange> = vec![];
    for part in parts {
        let (before, after) = (old.parts.get(part), new.parts.get(part));
        if before.map(|it| &it.meaning) != after.map(|it| &it.meaning) {
            let text = |facet: Option<&super::item::Facet>| facet.map(|facet| facet.text.clone());
            found.push(PartChange { part: part.clone(), before: text(before), after: text(after) });
        }
    }
    found.sort_by(|a, b| a.part.cmp(&b.part));
    found
}

/// True if the values of a definition changed by its own formula or type.
fn is_changed(entry: &DiffEntry) -> bool {
    entry.effect == Effect::Values && entry.head.kind.space() == Space::Definition
}

/// The nodes on which others may depend, if their values changed.
fn roots(entry: &DiffEntry) -> Vec<Node> {
    if entry.effect != Effect::Values {
        return vec![];
    }
    let name = entry.head.name.clone();
    match entry.head.kind.space() {
        Space::Definition => vec![Node::Definition(name)],
        Space::Function => vec![Node::Function(name)],
        Space::Setting => vec![Node::Setting(entry.head.kind)],
        Space::Dataset => {
            let parts = entry.parts.iter().map(|change| &change.part);
            let parts = parts.filter(|part| part.part.effect() == Effect::Values);
            let node = |part: &DiffPart| match (part.part, &part.name) {
                (Part::Column | Part::Computed | Part::Lookup, Some(column)) => {
                    Node::Column(name.clone(), column.clone())
                }
                _ => Node::Dataset(name.clone()),
            };
            let nodes: IndexSet<Node> = parts.map(node).collect();
            nodes.into_iter().collect()
        }
        Space::Scenario | Space::Test => vec![],
    }
}
