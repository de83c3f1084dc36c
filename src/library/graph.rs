//! Sorts definitions into dependency order, and reports cycles with all their edges.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::Arc;

use super::routes::nearest;
use super::{DatasetDefinition, DefinitionId, Library};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Name, Path};

/// The result of walking the graph.
pub(super) struct Order {
    /// Definitions in dependency order. The members of a circle are in some order.
    pub definitions: Vec<DefinitionId>,
    /// Members of circles, at least one of every circle.
    pub circular: Vec<Node>,
}

/// A definition or function by name.
pub(super) enum Node {
    Definition(Arc<str>),
    Function(Arc<str>),
}

/// Sorts the definitions compiled here and reports cycles. No other definition of the base needs one of them.
pub(super) fn order(library: &Library, diagnostics: &mut Vec<Diagnostic>) -> Order {
    let graph = Graph::new(library);
    let state = vec![State::New; graph.nodes()];
    let mut walk = Walk { graph: &graph, state, order: vec![], circular: vec![], reported: vec![], diagnostics };
    for node in 0..graph.nodes() {
        walk.visit(node);
    }
    let (first, count) = (library.definitions.first(), library.definitions.compiled().len());
    let definitions = walk.order.into_iter().filter(|&node| node < count);
    let definitions = definitions.map(|node| DefinitionId((first + node) as u32)).collect();
    let circular = walk.circular.into_iter().map(|node| {
        let name = graph.name(node).text.clone();
        if node < count { Node::Definition(name) } else { Node::Function(name) }
    });
    Order { definitions, circular: circular.collect() }
}

/// The definitions and functions compiled here as one graph: definitions first, then functions.
struct Graph<'a> {
    library: &'a Library,
    edges: Vec<Vec<(usize, Span)>>,
}

impl<'a> Graph<'a> {
    fn new(library: &'a Library) -> Self {
        let definitions = library.definitions.compiled().map(|definition| &definition.references);
        let functions = library.functions.compiled().map(|function| &function.references);
        let edges = definitions.chain(functions).map(|references| Self::edges(library, references)).collect();
        Self { library, edges }
    }

    fn edges(library: &Library, references: &super::References) -> Vec<(usize, Span)> {
        let definitions = &library.definitions;
        let definition = |name: &str| definitions.index_of(name)?.checked_sub(definitions.first());
        let function = |name: &str| library.functions.index_of(name)?.checked_sub(library.functions.first());
        let to_definition = |name: &Name| Some((definition(&name.text)?, name.span));
        let first_function = definitions.compiled().len();
        let to_function = |name: &Name| Some((first_function + function(&name.text)?, name.span));
        let definitions = references.definitions.iter().filter_map(to_definition);
        definitions.chain(references.functions.iter().filter_map(to_function)).collect()
    }

    fn nodes(&self) -> usize {
        self.edges.len()
    }

    fn name(&self, node: usize) -> &Name {
        let Library(compiled) = self.library;
        let (definitions, functions) = (&compiled.definitions, &compiled.functions);
        match node.checked_sub(definitions.compiled().len()) {
            None => &definitions.at(definitions.first() + node).name,
            Some(function) => &functions.at(functions.first() + function).name,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    /// On the stack, at this position.
    Open(usize),
    Done,
}

/// A depth-first walk. It uses an explicit stack, because a chain of definitions may be as long as a file.
struct Walk<'a, 'b> {
    graph: &'a Graph<'a>,
    state: Vec<State>,
    order: Vec<usize>,
    circular: Vec<usize>,
    /// The reported circles on the stack: the positions of their first members, and the number of members left.
    reported: Vec<(usize, usize)>,
    diagnostics: &'b mut Vec<Diagnostic>,
}

impl Walk<'_, '_> {
    fn visit(&mut self, start: usize) {
        if self.state[start] != State::New {
            return;
        }
        self.state[start] = State::Open(0);
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let Some(&(target, _)) = self.graph.edges[*node].get(*next) else {
                self.state[*node] = State::Done;
                self.order.push(*node);
                stack.pop();
                self.left(stack.len());
                continue;
            };
            *next += 1;
            match self.state[target] {
                State::New => {
                    self.state[target] = State::Open(stack.len());
                    stack.push((target, 0));
                }
                State::Open(at) => self.cycle(&stack, at),
                State::Done => {}
            }
        }
    }

    /// Forgets the reported members that are no longer on a stack of this length.
    fn left(&mut self, length: usize) {
        if let Some((first, members)) = self.reported.last_mut() {
            *members = (*members).min(length.saturating_sub(*first));
            if *members == 0 {
                self.reported.pop();
            }
        }
    }

    /// Reports the part of the stack from a position on. Each of its members followed the edge before its counter.
    ///
    /// A cycle is not reported if a part of it on the stack belongs to a reported one: it may end with that one, and is
    /// reported then if not. The reported cycles are therefore no longer than all definitions together.
    fn cycle(&mut self, stack: &[(usize, usize)], from: usize) {
        if self.reported.last().is_some_and(|(first, members)| first + members > from) {
            // Every cycle has an edge back to an open node, whose source is its member.
            self.circular.extend(stack.last().map(|&(node, _)| node));
            return;
        }
        self.reported.push((from, stack.len() - from));
        let members = &stack[from..];
        self.circular.extend(members.iter().map(|&(node, _)| node));
        let names: Vec<String> = members.iter().map(|&(node, _)| format!("`{}`", self.graph.name(node).text)).collect();
        let message = match &names[..] {
            [name] => format!("{name} depends on itself"),
            _ => format!("{} depend on each other in a cycle", listed(&names)),
        };
        let mut diagnostic = Diagnostic::error(Code::Cycle, message);
        for &(node, next) in members.iter().take(MAX_EDGES_SHOWN) {
            let (to, span) = self.graph.edges[node][next - 1];
            let text = format!("`{}` needs `{}`", self.graph.name(node).text, self.graph.name(to).text);
            diagnostic = diagnostic.label(span, text);
        }
        self.diagnostics.push(diagnostic.maybe_hint(self.hint(members)));
    }

    fn hint(&self, members: &[(usize, usize)]) -> Option<String> {
        let [(node, _)] = members else { return None };
        let definition = self.graph.library.definition(&self.graph.name(*node).text)?;
        let text = self.graph.library.text(definition.formula.as_ref()?.span);
        text.contains("[previous]").then(|| "for a running total, sum the flow with `flow[to date]`".to_owned())
    }
}

/// The maximum number of members in the message of a cycle.
const MAX_EDGES_SHOWN: usize = 20;

fn listed(names: &[String]) -> String {
    if names.len() > MAX_EDGES_SHOWN {
        return format!("{}, … ({} definitions)", names[..MAX_EDGES_SHOWN].join(", "), names.len());
    }
    let (last, others) = names.split_last().expect("a cycle has members");
    format!("{} and {last}", others.join(", "))
}

/// A computed column: the names of its dataset and the column.
type Column = (Arc<str>, Arc<str>);

/// A computed column, and the computed columns that it uses with their places.
struct Uses {
    column: Column,
    uses: Vec<(Column, Span)>,
}

/// Finds a circle among computed columns. It removes the columns whose needs are met until none is left: the remaining
/// ones are in a circle or use one.
pub(super) fn computed_circle(library: &Library) -> Option<Diagnostic> {
    let mut left: Vec<Uses> = library.datasets.compiled().flat_map(|dataset| computed_uses(library, dataset)).collect();
    for _ in 0..=crate::library::MAX_COMPUTED_DEPTH {
        let before = left.len();
        let columns: HashSet<Column> = left.iter().map(|uses| uses.column.clone()).collect();
        left.retain(|Uses { uses, .. }| uses.iter().any(|(used, _)| columns.contains(used)));
        if left.len() == before {
            return circle(&left);
        }
    }
    // A chain too deep to be planned, which is reported where it is used.
    None
}

fn circle(left: &[Uses]) -> Option<Diagnostic> {
    let first = &left.first()?.column.0;
    let several = left.iter().any(|uses| uses.column.0 != *first);
    let shown = |(dataset, name): &Column| if several { format!("`{dataset}.{name}`") } else { format!("`{name}`") };
    let names: Vec<String> = left.iter().map(|uses| shown(&uses.column)).collect();
    let message = match &names[..] {
        [name] => format!("the computed column {name} depends on itself"),
        _ => format!("the computed columns {} depend on each other in a cycle", listed(&names)),
    };
    let columns: HashSet<&Column> = left.iter().map(|uses| &uses.column).collect();
    let still_left = |used: &&(Column, Span)| columns.contains(&used.0);
    let edges = left.iter().filter_map(|uses| Some((&uses.column, uses.uses.iter().find(still_left)?)));
    let label = |diagnostic: Diagnostic, (column, (used, span)): (&Column, &(Column, Span))| {
        diagnostic.label(*span, format!("{} needs {}", shown(column), shown(used)))
    };
    Some(edges.take(MAX_EDGES_SHOWN).fold(Diagnostic::error(Code::Cycle, message), label))
}

/// Returns the computed columns of a dataset with the columns that they use, including looked-up ones.
fn computed_uses<'a>(library: &'a Library, dataset: &'a DatasetDefinition) -> impl Iterator<Item = Uses> + use<'a> {
    let own = &dataset.name.text;
    let routes = OnceCell::new();
    dataset.computed.values().map(move |(name, formula)| {
        let mut uses = vec![];
        let mut add = |of: &Arc<str>, column: &Arc<str>, span: Span| {
            if library.datasets.get(of).is_some_and(|known| known.computed.contains_key(column)) {
                uses.push(((of.clone(), column.clone()), span));
            }
        };
        for path in paths(formula).chain(keys(formula)) {
            let qualifier = path.qualifier.as_ref().filter(|qualifier| qualifier.text != *own);
            let Some(qualifier) = qualifier else {
                add(own, &path.name.text, path.span);
                continue;
            };
            // What is looked up needs the keys and the times on the way.
            let routes = routes.get_or_init(|| library.routes(dataset, |_| true));
            for route in nearest(routes, |lookup| lookup.name.text == qualifier.text) {
                let mut from = own;
                for lookup in route {
                    let times = lookup.time.iter().flat_map(|time| paths(&time.at));
                    let here = lookup.keys.iter().map(|(here, _)| here).chain(times.map(|path| &path.name));
                    here.for_each(|column| add(from, &column.text, path.span));
                    from = &lookup.dataset.text;
                    lookup.keys.iter().for_each(|(_, there)| add(from, &there.text, path.span));
                }
                add(from, &path.name.text, path.span);
            }
        }
        Uses { column: (own.clone(), name.text.clone()), uses }
    })
}

/// The columns by which an expression groups the rows of its dataset.
fn keys(expr: &Expr) -> impl Iterator<Item = &Path> {
    expr.walk().flat_map(|part| match &*part.kind {
        ExprKind::Each(each) => &each.keys[..],
        _ => &[],
    })
}

fn paths(expr: &Expr) -> impl Iterator<Item = &Path> {
    expr.walk().filter_map(|part| match &*part.kind {
        ExprKind::Path(path) => Some(path),
        _ => None,
    })
}
