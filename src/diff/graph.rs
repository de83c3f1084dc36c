//! What depends on what: definitions, functions, datasets, columns and lookups, in two libraries at once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;

use super::expression::Meaning;
use super::item::ItemKind;
use crate::budget::Budget;
use crate::builtin::{counted_rows, is_aggregate};
use crate::diagnostic::Diagnostic;
use crate::library::{DatasetDefinition, Definition, References, resolve};
use crate::syntax::ast::{ContextKind, Expr, ExprKind, Path};

/// Something that others depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Definition(Arc<str>),
    Function(Arc<str>),
    /// The rows of a dataset.
    Dataset(Arc<str>),
    /// A declared or computed column, or a lookup, by the names of its dataset and its own.
    Column(Arc<str>, Arc<str>),
    /// The currency or the calendar.
    Setting(ItemKind),
}

/// How a definition depends on a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// The number of definitions on the way, itself included.
    pub distance: usize,
    /// True if only its bands, its target or its range depend on it.
    pub is_status_only: bool,
}

/// The users of each node. An edge of bounds does not lead to the value of its user.
#[derive(Debug, Default)]
pub(super) struct Graph {
    users: HashMap<Node, HashSet<(Node, bool)>>,
}

impl Graph {
    /// Adds the dependencies of a library, with the new names of renamed items.
    pub fn add(&mut self, meaning: Meaning<'_>) {
        let library = meaning.library;
        let mut builder = Builder { graph: self, meaning };
        library.definitions().for_each(|definition| builder.definition(definition));
        for function in library.functions() {
            let user = Node::Function(meaning.names.function(&function.name.text).clone());
            builder.formula(&user, &function.body, &function.references);
        }
        library.datasets().for_each(|dataset| builder.dataset(dataset));
    }

    fn edge(&mut self, user: &Node, used: Node, is_status_only: bool) {
        if *user != used {
            self.users.entry(used).or_default().insert((user.clone(), is_status_only));
        }
    }

    /// Everything that the values of some nodes depend on, and these nodes themselves.
    #[cfg(feature = "cli")]
    pub fn needs(&self, mut open: Vec<Node>) -> HashSet<Node> {
        let mut needs: HashMap<&Node, Vec<&Node>> = HashMap::new();
        for (used, users) in &self.users {
            let of_values = users.iter().filter(|(_, is_status_only)| !is_status_only);
            of_values.for_each(|(user, _)| needs.entry(user).or_default().push(used));
        }
        let mut found = HashSet::new();
        while let Some(node) = open.pop() {
            if found.insert(node.clone()) {
                open.extend(needs.get(&node).into_iter().flatten().map(|need| (*need).clone()));
            }
        }
        found
    }

    /// The definitions that depend on a node, nearest first, then by name.
    ///
    /// # Errors
    /// The limit that was reached.
    pub fn reach(&self, from: &Node, budget: &Budget) -> Result<IndexMap<Arc<str>, Reach>, Diagnostic> {
        let mut distances: HashMap<&Node, usize> = HashMap::from([(from, 0)]);
        let mut statuses: HashMap<Arc<str>, usize> = HashMap::new();
        let mut open = VecDeque::from([(from, 0)]);
        while let Some((node, distance)) = open.pop_front() {
            if distances.get(node).is_some_and(|known| *known < distance) {
                continue;
            }
            let users = self.users.get(node);
            budget.spend(users.map_or(0, HashSet::len), "comparing definitions")?;
            for (user, is_status_only) in users.into_iter().flatten() {
                let is_definition = matches!(user, Node::Definition(_));
                let next = distance + usize::from(is_definition);
                if let (Node::Definition(name), true) = (user, is_status_only) {
                    let known = statuses.entry(name.clone()).or_insert(next);
                    *known = next.min(*known);
                } else if distances.get(user).is_none_or(|known| next < *known) {
                    distances.insert(user, next);
                    if is_definition { open.push_back((user, next)) } else { open.push_front((user, next)) }
                }
            }
        }
        Ok(sorted(distances, statuses, from))
    }
}

fn sorted(values: HashMap<&Node, usize>, statuses: HashMap<Arc<str>, usize>, from: &Node) -> IndexMap<Arc<str>, Reach> {
    let name = |node: &Node| match node {
        Node::Definition(name) if node != from => Some(name.clone()),
        _ => None,
    };
    let values = values.into_iter().filter_map(|(node, distance)| Some((name(node)?, distance)));
    let mut reached: IndexMap<Arc<str>, Reach> =
        values.map(|(name, distance)| (name, Reach { distance, is_status_only: false })).collect();
    for (name, distance) in statuses {
        let is_root = matches!(from, Node::Definition(root) if *root == name);
        if !is_root {
            reached.entry(name).or_insert(Reach { distance, is_status_only: true });
        }
    }
    reached.sort_by(|a, a_reach, b, b_reach| (a_reach.distance, a).cmp(&(b_reach.distance, b)));
    reached
}

/// Adds the edges of one library.
struct Builder<'a, 'g> {
    graph: &'g mut Graph,
    meaning: Meaning<'a>,
}

impl Builder<'_, '_> {
    fn definition(&mut self, definition: &Definition) {
        let Meaning { library, names, .. } = self.meaning;
        let user = Node::Definition(names.definition(&definition.name.text).clone());
        match &definition.formula {
            Some(formula) => self.formula(&user, formula, &definition.references),
            None => self.column_named(&user, None, &definition.name.text),
        }
        if definition.formula.is_none() {
            self.all_datasets_with(&user, &[&definition.name.text]);
        }
        for bound in definition.card.expressions() {
            let references = resolve::formula(bound, &[], library, &mut vec![]);
            self.names(&user, &references, true);
        }
        if definition.reads_data() {
            self.graph.edge(&user, Node::Setting(ItemKind::Calendar), false);
        }
        let unit = library.id(&definition.name.text).and_then(|id| library.type_of(id).unit_name()).unwrap_or_default();
        let currency = library.units().currency().map_or("money", |currency| currency.code());
        if unit.split(['/', '*', ' ']).any(|word| word == currency) {
            self.graph.edge(&user, Node::Setting(ItemKind::Currency), false);
        }
    }

    fn names(&mut self, user: &Node, references: &References, is_status_only: bool) {
        let names = self.meaning.names;
        let definitions = references.definitions.iter().map(|it| Node::Definition(names.definition(&it.text).clone()));
        let functions = references.functions.iter().map(|it| Node::Function(names.function(&it.text).clone()));
        definitions.chain(functions).for_each(|used| self.graph.edge(user, used, is_status_only));
    }

    fn formula(&mut self, user: &Node, formula: &Expr, references: &References) {
        self.names(user, references, false);
        for part in formula.walk() {
            match &*part.kind {
                ExprKind::Call(call) if is_aggregate(call) => {
                    let counted = counted_rows(call).map(|name| &name.text);
                    let parts = call.arguments.iter().chain(&call.filter).flat_map(paths);
                    let paths: Vec<&Path> = parts.chain(&call.on).chain(&call.by).collect();
                    let counted = counted.filter(|name| self.meaning.library.dataset(name).is_some());
                    self.aggregate(user, counted, &paths);
                }
                ExprKind::Each(each) => each.keys.iter().for_each(|key| self.column(user, key)),
                ExprKind::Context { clauses, .. } => {
                    for clause in clauses {
                        match &clause.kind {
                            ContextKind::Condition(condition) => {
                                paths(condition).for_each(|path| self.column(user, path));
                            }
                            ContextKind::All(Some(column)) => self.column(user, column),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// An aggregate reads the datasets that qualify its columns, or any that may have them.
    fn aggregate(&mut self, user: &Node, counted: Option<&Arc<str>>, paths: &[&Path]) {
        paths.iter().for_each(|path| self.column(user, path));
        let qualifiers: HashSet<&Arc<str>> =
            paths.iter().filter_map(|path| path.qualifier.as_ref()).map(|name| &name.text).chain(counted).collect();
        // The dataset of `count(orders)` is not a column.
        let is_column = |path: &&&Path| {
            let name = &path.name.text;
            path.qualifier.is_none() && !self.meaning.library.is_parameter(name) && counted != Some(name)
        };
        let unqualified: Vec<&Arc<str>> = paths.iter().filter(is_column).map(|path| &path.name.text).collect();
        if qualifiers.is_empty() {
            return self.all_datasets_with(user, &unqualified);
        }
        let names = self.meaning.names;
        for qualifier in qualifiers {
            self.graph.edge(user, Node::Dataset(names.dataset(qualifier).clone()), false);
            self.lookups_of(user, qualifier, &unqualified);
        }
    }

    /// A column that a dataset does not declare may be one of its lookups.
    fn lookups_of(&mut self, user: &Node, dataset: &Arc<str>, unqualified: &[&Arc<str>]) {
        let Meaning { library, names, .. } = self.meaning;
        let Some(found) = library.dataset(dataset) else { return };
        let declares =
            |column: &&&Arc<str>| found.types.contains_key(**column) || found.computed.contains_key(**column);
        if unqualified.iter().all(|column| declares(&column)) {
            return;
        }
        let (mut open, mut seen) = (vec![found], HashSet::from([dataset]));
        while let Some(found) = open.pop() {
            for lookup in &found.lookups {
                let own = names.dataset(&found.name.text).clone();
                self.graph.edge(user, Node::Column(own, names.dataset(&lookup.name.text).clone()), false);
                if seen.insert(&lookup.dataset.text) {
                    open.extend(library.dataset(&lookup.dataset.text));
                }
            }
        }
    }

    /// The datasets that declare one of these columns, or all if none does.
    fn all_datasets_with(&mut self, user: &Node, columns: &[&Arc<str>]) {
        let Meaning { library, names, .. } = self.meaning;
        let declaring: Vec<&DatasetDefinition> =
            columns.iter().flat_map(|column| library.datasets_with(column)).collect();
        let all: Vec<&DatasetDefinition> = library.datasets().filter(|_| declaring.is_empty()).collect();
        for dataset in declaring.into_iter().chain(all) {
            self.graph.edge(user, Node::Dataset(names.dataset(&dataset.name.text).clone()), false);
            let unknown: Arc<str> = "".into();
            self.lookups_of(user, &dataset.name.text, &[&unknown]);
        }
    }

    fn column(&mut self, user: &Node, path: &Path) {
        self.column_named(user, path.qualifier.as_ref().map(|name| &name.text), &path.name.text);
    }

    /// A column of this name, in every dataset that the qualifier may mean.
    fn column_named(&mut self, user: &Node, qualifier: Option<&Arc<str>>, column: &Arc<str>) {
        let Meaning { library, names, .. } = self.meaning;
        let lookups = |name: &Arc<str>| {
            let all = library.datasets().flat_map(|from| from.lookups.iter().map(move |lookup| (from, lookup)));
            all.filter(|(_, lookup)| lookup.name.text == *name).collect::<Vec<_>>()
        };
        let through = qualifier.map(lookups).unwrap_or_default();
        for (from, lookup) in &through {
            let name = names.dataset(&lookup.name.text).clone();
            self.graph.edge(user, Node::Column(names.dataset(&from.name.text).clone(), name), false);
        }
        let is_meant = |dataset: &&DatasetDefinition| {
            let name = &dataset.name.text;
            qualifier.is_none_or(|qualifier| qualifier == name)
                || through.iter().any(|(_, lookup)| lookup.dataset.text == *name)
        };
        for dataset in library.datasets_with(column).filter(is_meant) {
            let name = names.dataset(&dataset.name.text).clone();
            self.graph.edge(user, Node::Column(name, column.clone()), false);
        }
    }

    /// The computed columns and the lookups of a dataset are nodes of their own.
    fn dataset(&mut self, dataset: &DatasetDefinition) {
        let Meaning { library, names, .. } = self.meaning;
        let own = names.dataset(&dataset.name.text);
        for (name, (_, formula)) in &dataset.computed {
            let user = Node::Column(own.clone(), name.clone());
            let references = resolve::computed(formula, dataset, library, &mut vec![]);
            self.names(&user, &references, false);
            paths(formula).chain(keys(formula)).for_each(|path| self.column(&user, path));
            let is_column = |path: &&Path| path.qualifier.is_none() && !library.is_parameter(&path.name.text);
            let unqualified: Vec<&Arc<str>> = paths(formula).filter(is_column).map(|path| &path.name.text).collect();
            self.lookups_of(&user, &dataset.name.text, &unqualified);
        }
        for lookup in &dataset.lookups {
            let user = Node::Column(own.clone(), names.dataset(&lookup.name.text).clone());
            let other = names.dataset(&lookup.dataset.text);
            self.graph.edge(&user, Node::Dataset(other.clone()), false);
            for (here, there) in &lookup.keys {
                self.graph.edge(&user, Node::Column(own.clone(), here.text.clone()), false);
                self.graph.edge(&user, Node::Column(other.clone(), there.text.clone()), false);
            }
            lookup.time.iter().flat_map(|time| paths(&time.at)).for_each(|path| self.column(&user, path));
        }
        for path in dataset.time.iter() {
            self.column(&Node::Dataset(own.clone()), path);
        }
    }
}

fn paths(expr: &Expr) -> impl Iterator<Item = &Path> {
    expr.walk().filter_map(|part| match &*part.kind {
        ExprKind::Path(path) => Some(path),
        _ => None,
    })
}

/// The columns by which an expression groups the rows of its dataset.
fn keys(expr: &Expr) -> impl Iterator<Item = &Path> {
    expr.walk().flat_map(|part| match &*part.kind {
        ExprKind::Each(each) => &each.keys[..],
        _ => &[],
    })
}
