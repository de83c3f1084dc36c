//! Finds the items of a base that a library must compile again: those that use, directly or not, a name that it declares.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Compiled, DatasetDefinition, Definition, unshared};
use crate::syntax::ast::{Expr, ExprKind, RowTest};

/// The items of a library that mention a name: in a formula, a card, a computed column, or as the column that an input
/// reads. The meaning of the name is not checked: to compile an item too many costs little.
pub(crate) type Mentions = HashMap<Arc<str>, Vec<Item>>;

/// An item by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Item {
    Definition(Arc<str>),
    Function(Arc<str>),
    Dataset(Arc<str>),
}

impl Compiled {
    /// Returns the items that mention each name. Finds them on first use.
    fn mentions(&self) -> &Mentions {
        self.mentions.get_or_init(|| {
            let mut mentions = Mentions::new();
            let mut add = |names: HashSet<Arc<str>>, item: Item| {
                names.into_iter().for_each(|name| mentions.entry(name).or_default().push(item.clone()));
            };
            self.definitions.iter().for_each(|it| add(of_definition(it), Item::Definition(it.name.text.clone())));
            self.functions.iter().for_each(|it| add(names([&*it.body]), Item::Function(it.name.text.clone())));
            self.datasets.iter().for_each(|it| add(of_dataset(it), Item::Dataset(it.name.text.clone())));
            mentions
        })
    }

    /// Copies the items of the base that use a name declared here, to compile them again.
    pub(super) fn inherit(&mut self) {
        let Some(base) = self.base.clone() else { return };
        let definitions = self.definitions.declared().map(|it| it.name.text.clone());
        let functions = self.functions.declared().map(|it| it.name.text.clone());
        let mut changed: Vec<Arc<str>> = definitions.chain(functions).collect();
        self.datasets.declared().for_each(|dataset| changed.extend(declared_by(dataset)));
        changed.extend(self.broken.all().cloned());
        self.hide_broken();
        let mut seen: HashSet<Arc<str>> = HashSet::new();
        while let Some(name) = changed.pop() {
            if seen.insert(name.clone()) {
                base.mentions().get(&name).into_iter().flatten().for_each(|item| self.take(item, &mut changed));
            }
        }
    }

    /// Marks definitions and functions of the base as broken if an item of the same name could not be read.
    fn hide_broken(&mut self) {
        for name in &self.broken.definitions {
            let definitions = unshared(&mut self.definitions);
            if !definitions.compiles(name) {
                definitions.inherit(name);
                definitions.own_mut(name).into_iter().for_each(|definition| definition.broken = true);
            }
        }
        for name in &self.broken.functions {
            let functions = unshared(&mut self.functions);
            if !functions.compiles(name) {
                functions.inherit(name);
                functions.own_mut(name).into_iter().for_each(|function| function.broken = true);
            }
        }
    }

    /// Copies an item, unless it is hidden or already copied. Adds the names that it declares to `changed`.
    fn take(&mut self, item: &Item, changed: &mut Vec<Arc<str>>) {
        match item {
            Item::Definition(name) if !self.definitions.compiles(name) => {
                unshared(&mut self.definitions).inherit(name);
                changed.push(name.clone());
            }
            Item::Function(name) if !self.functions.compiles(name) => {
                unshared(&mut self.functions).inherit(name);
                changed.push(name.clone());
            }
            Item::Dataset(name) if !self.datasets.compiles(name) => {
                unshared(&mut self.datasets).inherit(name);
                changed.extend(self.datasets.get(name).into_iter().flat_map(declared_by));
            }
            _ => {}
        }
    }

    /// Copies all items: a currency may change the type of each of them.
    pub(super) fn inherit_all(&mut self) {
        let Some(base) = self.base.clone() else { return };
        base.definitions.names().for_each(|name| unshared(&mut self.definitions).inherit(name));
        base.functions.names().for_each(|name| unshared(&mut self.functions).inherit(name));
        base.datasets.names().for_each(|name| unshared(&mut self.datasets).inherit(name));
    }
}

/// Returns the name of a dataset and the names of its columns.
fn declared_by(dataset: &DatasetDefinition) -> impl Iterator<Item = Arc<str>> {
    let columns = dataset.types.keys().chain(dataset.computed.keys()).chain(dataset.dated_by());
    std::iter::once(&dataset.name.text).chain(columns).cloned()
}

fn of_definition(definition: &Definition) -> HashSet<Arc<str>> {
    let mut names = names(definition.formula.as_deref().into_iter().chain(definition.card.expressions()));
    if definition.formula.is_none() || definition.implicit {
        names.insert(definition.name.text.clone());
    }
    names
}

fn of_dataset(dataset: &DatasetDefinition) -> HashSet<Arc<str>> {
    let tests = dataset.tests.iter().filter_map(RowTest::condition);
    let mut names = names(dataset.computed.values().map(|(_, formula)| formula).chain(tests));
    names.extend(dataset.lookups.iter().map(|lookup| lookup.dataset.text.clone()));
    names
}

fn names<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> HashSet<Arc<str>> {
    let mut names = HashSet::new();
    for part in exprs.into_iter().flat_map(Expr::walk) {
        match &*part.kind {
            ExprKind::Path(path) => {
                names.insert(path.name.text.clone());
                names.extend(path.qualifier.as_ref().map(|qualifier| qualifier.text.clone()));
            }
            ExprKind::Call(call) => drop(names.insert(call.function.text.clone())),
            _ => {}
        }
    }
    names
}
