//! Finds items that mean the same under another name.
//!
//! An item that only one library has is compared with those that only the other has, once the names that it uses are
//! known: what it needs was renamed, or not. So a chain of renamed definitions is found from its inputs on, and which
//! library is the old one makes no difference.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::collect::{item, items};
use super::expression::{Meaning, NewNames};
use super::item::{Item, ItemId, ItemKind, Space};
use super::part::Part;
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::library::{Library, References, resolve};

/// The maximum number of pairs with the same meaning among which the best are sought. Beyond it, pairs are formed in
/// the order of the names.
const MAX_PAIRS: usize = 10_000;

/// The new names of the items of the old library.
///
/// # Errors
/// The limit that was reached.
pub(super) fn find(old: Meaning<'_>, new: Meaning<'_>, budget: &Budget) -> Result<NewNames, Diagnostic> {
    let (removed, added) = (only(old, new.library), only(new, old.library));
    let mut names = NewNames::default();
    if removed.is_empty() || added.is_empty() {
        return Ok(names);
    }
    let mut by_values: HashMap<(Space, String), Vec<&Item>> = HashMap::new();
    added.values().for_each(|item| by_values.entry((item.id().0, item.values())).or_default().push(item));
    let needs: HashMap<&ItemId, Vec<ItemId>> =
        removed.keys().map(|id| (id, needed(old.library, id, &removed))).collect();
    let mut open: HashMap<&ItemId, usize> = needs.iter().map(|(id, needs)| (*id, needs.len())).collect();
    let mut users: HashMap<&ItemId, Vec<&ItemId>> = HashMap::new();
    needs.iter().for_each(|(id, needs)| needs.iter().for_each(|need| users.entry(need).or_default().push(id)));
    let mut ready: Vec<&ItemId> = removed.keys().filter(|id| open[id] == 0).collect();
    while !ready.is_empty() {
        budget.spend(ready.len(), "comparing definitions")?;
        let pairs = paired(&renamed(old, &names, &ready), &mut by_values);
        ready.clear();
        for (before, after) in pairs {
            for user in users.get(&before).into_iter().flatten() {
                let left = open.get_mut(user).expect("each user is counted");
                *left -= 1;
                ready.extend((*left == 0).then_some(*user));
            }
            insert(&mut names, before, after);
        }
    }
    Ok(names)
}

fn insert(names: &mut NewNames, (space, before): ItemId, after: Arc<str>) {
    let map = match space {
        Space::Dataset => &mut names.datasets,
        Space::Function => &mut names.functions,
        _ => &mut names.definitions,
    };
    map.insert(before, after);
}

/// The items that a library declares and the other one does not have.
fn only(meaning: Meaning<'_>, other: &Library) -> IndexMap<ItemId, Item> {
    let has = |(space, name): &ItemId| match space {
        Space::Definition => other.definition(name).is_some_and(|other| !other.standard),
        Space::Function => other.function_named(name).is_some_and(|other| !other.standard),
        Space::Dataset => other.dataset(name).is_some(),
        Space::Setting | Space::Scenario | Space::Test => true,
    };
    // Which data a dataset without a place has depends on its name.
    let has_place = |item: &Item| item.parts.keys().any(|part| matches!(part.part, Part::File | Part::Table));
    let is_placed = |item: &Item| item.kind != ItemKind::Dataset || has_place(item);
    let items = items(meaning, other).into_iter();
    items.filter(|(id, item)| !item.implicit && !item.standard && !has(id) && is_placed(item)).collect()
}

/// These items, with the new names of what they use.
fn renamed(old: Meaning<'_>, names: &NewNames, ready: &[&ItemId]) -> Vec<Item> {
    let meaning = Meaning { names, ..old };
    ready.iter().filter_map(|id| item(meaning, id)).collect()
}

/// The items that an item uses and the other library does not have.
fn needed(library: &Library, (space, name): &ItemId, removed: &IndexMap<ItemId, Item>) -> Vec<ItemId> {
    let of = |references: &References| {
        let definitions = references.definitions.iter().map(|it| (Space::Definition, it.text.clone()));
        let functions = references.functions.iter().map(|it| (Space::Function, it.text.clone()));
        let datasets = references.datasets.iter().map(|it| (Space::Dataset, it.text.clone()));
        definitions.chain(functions).chain(datasets).collect::<Vec<ItemId>>()
    };
    let mut needs = match space {
        Space::Definition => library.definition(name).map(|it| of(&it.references)).unwrap_or_default(),
        Space::Function => library.function_named(name).map(|it| of(&it.references)).unwrap_or_default(),
        _ => {
            let Some(dataset) = library.dataset(name) else { return vec![] };
            let columns = dataset.computed.values();
            let columns = columns.flat_map(|(_, it)| of(&resolve::computed(it, dataset, library, &mut vec![])));
            let lookups = dataset.lookups.iter().map(|it| (Space::Dataset, it.dataset.text.clone()));
            columns.chain(lookups).collect()
        }
    };
    needs.retain(|need| removed.contains_key(need) && *need != (*space, name.clone()));
    needs.sort();
    needs.dedup();
    needs
}

/// The pairs of items with the same meaning: first those of which one is an alias of the other, then those with the
/// same card, then in the order of the names. Each item is in one pair at most.
fn paired(renamed: &[Item], by_values: &mut HashMap<(Space, String), Vec<&Item>>) -> Vec<(ItemId, Arc<str>)> {
    let mut groups: HashMap<(Space, String), Vec<&Item>> = HashMap::new();
    for item in renamed {
        groups.entry((item.id().0, item.values())).or_default().push(item);
    }
    let mut found = vec![];
    for (values, mut before) in groups {
        let Some(after) = by_values.get_mut(&values) else { continue };
        before.sort_by(|a, b| a.name.cmp(&b.name));
        after.sort_by(|a, b| a.name.cmp(&b.name));
        let pairs = best(&before, after);
        after.retain(|item| pairs.iter().all(|(_, name)| *name != item.name));
        found.extend(pairs);
    }
    found.sort();
    found
}

fn best(before: &[&Item], after: &[&Item]) -> Vec<(ItemId, Arc<str>)> {
    if before.len() * after.len() > MAX_PAIRS {
        return before.iter().zip(after).map(|(old, new)| (old.id(), new.name.clone())).collect();
    }
    let all = before.iter().flat_map(|old| after.iter().map(move |new| (*old, *new)));
    let mut all: Vec<(&Item, &Item)> = all.collect();
    all.sort_by_cached_key(|(old, new)| {
        let is_alias = old.aliases.contains(&new.name) || new.aliases.contains(&old.name);
        let same =
            old.parts.iter().filter(|(part, it)| new.parts.get(*part).is_some_and(|new| new.meaning == it.meaning));
        let same = same.count();
        let (first, second) = (old.name.clone().min(new.name.clone()), old.name.clone().max(new.name.clone()));
        (!is_alias, old.parts.len() + new.parts.len() - 2 * same, first, second)
    });
    let (mut taken, mut pairs) = (HashSet::new(), vec![]);
    for (old, new) in all {
        if !taken.contains(&(true, &old.name)) && !taken.contains(&(false, &new.name)) {
            taken.extend([(true, &old.name), (false, &new.name)]);
            pairs.push((old.id(), new.name.clone()));
        }
    }
    pairs
}
