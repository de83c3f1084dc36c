//! Finds the lookups that a dataset reaches: its own, and those of the datasets that it looks up.

use std::collections::HashMap;

use super::{DatasetDefinition, Library, LookupDefinition};

/// The maximum number of lookups on the way from one dataset to another.
pub const MAX_ROUTE: usize = 8;

/// The maximum number of lookups that one dataset reaches through others.
const MAX_ROUTES: usize = 200;

/// The lookups on the way from one dataset to another, starting with one of the first dataset. It is not empty.
pub type Route<'a> = Vec<&'a LookupDefinition>;

impl Library {
    /// The routes from a dataset through usable lookups, the shortest first. A route passes each dataset once. At most
    /// two routes lead to each lookup, which is enough to tell that there are several.
    pub(crate) fn routes<'a>(
        &'a self,
        from: &'a DatasetDefinition,
        is_usable: impl Fn(&LookupDefinition) -> bool,
    ) -> Vec<Route<'a>> {
        let mut routes: Vec<Route<'a>> =
            from.lookups.iter().filter(|lookup| is_usable(lookup)).map(|lookup| vec![lookup]).collect();
        let most = routes.len() + MAX_ROUTES;
        let mut known: HashMap<*const LookupDefinition, usize> = HashMap::new();
        let mut at = 0;
        while at < routes.len() && routes.len() < most {
            for lookup in self.further(from, &routes[at]) {
                let times = known.entry(lookup).or_default();
                if *times < 2 && is_usable(lookup) && routes.len() < most {
                    *times += 1;
                    let longer = [&routes[at][..], &[lookup]].concat();
                    routes.push(longer);
                }
            }
            at += 1;
        }
        routes
    }

    /// The lookups that may follow a route.
    fn further<'a>(&'a self, from: &DatasetDefinition, route: &[&'a LookupDefinition]) -> &'a [LookupDefinition] {
        let Some((last, before)) = route.split_last() else { return &[] };
        let mut passed = before.iter().map(|lookup| &lookup.dataset.text).chain([&from.name.text]);
        if route.len() == MAX_ROUTE || passed.any(|dataset| *dataset == last.dataset.text) {
            return &[];
        }
        self.dataset(&last.dataset.text).map_or(&[], |dataset| &dataset.lookups)
    }
}

/// The routes that end with a wanted lookup. A dataset's own lookups come before those of other datasets.
pub fn nearest<'r, 'a>(
    routes: &'r [Route<'a>],
    is_wanted: impl Fn(&'a LookupDefinition) -> bool,
) -> Vec<&'r Route<'a>> {
    let mut wanted: Vec<&Route> =
        routes.iter().filter(|route| route.last().is_some_and(|last| is_wanted(last))).collect();
    if wanted.iter().any(|route| route.len() == 1) {
        wanted.retain(|route| route.len() == 1);
    }
    wanted
}
