//! The conditions of contexts: a list that contexts inside each other share, and that is compared by its number.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The maximum number of conditions that apply in one context, across nested brackets.
pub const MAX_CONDITIONS: usize = 256;

/// The number of an expression whose text is known to the planner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExpressionId(pub u32);

/// The row conditions of a context.
#[derive(Debug, Clone, Default)]
pub struct Conditions(Option<Arc<Link>>);

/// One condition and those with smaller ids.
#[derive(Debug)]
struct Link {
    /// The number of the whole list; lists with the same conditions have the same number.
    number: u32,
    length: usize,
    condition: ExpressionId,
    text: Arc<str>,
    rest: Conditions,
}

impl Conditions {
    /// The number of conditions.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |link| link.length)
    }

    /// The conditions, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = ExpressionId> {
        self.links().map(|link| link.condition)
    }

    /// The texts of the conditions in alphabetical order.
    pub fn texts(&self) -> Vec<&Arc<str>> {
        let mut texts: Vec<&Arc<str>> = self.links().map(|link| &link.text).collect();
        texts.sort_unstable();
        texts
    }

    fn links(&self) -> impl Iterator<Item = &Link> {
        std::iter::successors(self.0.as_deref(), |link| link.rest.0.as_deref())
    }

    fn number(&self) -> u32 {
        self.0.as_ref().map_or(0, |link| link.number)
    }
}

impl PartialEq for Conditions {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl Eq for Conditions {}

impl Hash for Conditions {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number().hash(state);
    }
}

/// Gives each list of conditions of a plan its number.
#[derive(Debug, Default)]
pub struct ConditionLists {
    known: HashMap<(u32, ExpressionId), Conditions>,
}

impl ConditionLists {
    /// The approximate size of a list in memory.
    pub const BYTES: usize = size_of::<Link>() + 2 * size_of::<((u32, ExpressionId), Conditions)>();

    /// The number of different lists.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// The list with one more condition. Only the links with larger ids are built anew.
    pub fn with(&mut self, list: &Conditions, condition: ExpressionId, text: &Arc<str>) -> Conditions {
        match &list.0 {
            Some(link) if link.condition == condition => list.clone(),
            Some(link) if link.condition > condition => {
                let inner = self.with(&link.rest, condition, text);
                self.linked(link.condition, &link.text, inner)
            }
            _ => self.linked(condition, text, list.clone()),
        }
    }

    fn linked(&mut self, condition: ExpressionId, text: &Arc<str>, rest: Conditions) -> Conditions {
        let number = self.known.len() as u32 + 1;
        let entry = self.known.entry((rest.number(), condition));
        let length = rest.len() + 1;
        let link = || Conditions(Some(Arc::new(Link { number, length, condition, text: text.clone(), rest })));
        entry.or_insert_with(link).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_with_the_same_conditions_are_equal_and_share_their_links() {
        let mut lists = ConditionLists::default();
        let texts: Vec<Arc<str>> = ["c", "a", "b"].map(Arc::from).to_vec();
        let mut list = |ids: &[u32]| {
            ids.iter().fold(Conditions::default(), |list, &id| lists.with(&list, ExpressionId(id), &texts[id as usize]))
        };
        let (up, down, less) = (list(&[0, 1, 2]), list(&[2, 1, 0, 1]), list(&[0, 1]));
        assert_eq!(up, down);
        assert_ne!(up, less);
        assert_eq!((up.len(), less.len()), (3, 2));
        assert_eq!(up.texts().iter().map(|text| &***text).collect::<Vec<_>>(), ["a", "b", "c"]);
        // {0}, {0, 1}, {0, 1, 2}, and on the way down {2}, {1}, {1, 2}.
        assert_eq!(lists.len(), 6);
    }
}
