//! Finds the data that each definition uses, directly or indirectly, nearest first. Each definition is visited once.

use std::collections::{HashMap, HashSet};

use super::is_data;
use crate::library::{DefinitionId, Library};
use crate::render::graph::{Item, needed};

/// The number of data on a sheet: 100. A sheet with more ends with `…`.
pub(super) const MAX_LISTED: usize = 100;

/// The data below a definition or function.
#[derive(Debug, Clone, Default)]
pub(super) struct Below {
    /// The nearest data, each with the number of steps to it.
    nearest: Vec<(usize, DefinitionId)>,
    /// True if there are more.
    pub more: bool,
}

impl Below {
    pub fn ids(&self) -> impl Iterator<Item = DefinitionId> {
        self.nearest.iter().map(|&(_, id)| id)
    }

    /// Merges the data of the items that an item needs.
    fn of(library: &Library, needs: &[Item], done: &HashMap<Item, Self>) -> Self {
        let (mut nearest, mut more) = (vec![], false);
        for need in needs {
            if let Item::Definition(id) = need
                && is_data(library.get(*id))
            {
                nearest.push((1, *id));
            }
            if let Some(below) = done.get(need) {
                nearest.extend(below.nearest.iter().map(|&(steps, id)| (steps + 1, id)));
                more |= below.more;
            }
        }
        nearest.sort_by_key(|&(steps, _)| steps);
        let mut known = HashSet::new();
        nearest.retain(|&(_, id)| known.insert(id));
        more |= nearest.len() > MAX_LISTED;
        nearest.truncate(MAX_LISTED);
        Self { nearest, more }
    }
}

/// The data below each definition.
pub(super) fn below(library: &Library) -> HashMap<Item, Below> {
    let (mut done, mut open) = (HashMap::new(), HashSet::new());
    let mut tasks: Vec<(Item, bool)> = library.ids().map(|id| (Item::Definition(id), false)).collect();
    while let Some((item, is_open)) = tasks.pop() {
        let needs = needed(library, item);
        if is_open {
            let below = Below::of(library, &needs, &done);
            done.insert(item, below);
        } else if open.insert(item) {
            tasks.push((item, true));
            tasks.extend(needs.into_iter().filter(|need| !open.contains(need)).map(|need| (need, false)));
        }
    }
    done
}
