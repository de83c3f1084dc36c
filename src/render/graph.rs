//! Turns the references between definitions into a dependency graph: as text, Mermaid, DOT or JSON.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::Serialize;

use super::{Language, typeset};
use crate::budget::{Budget, Charge};
use crate::diagnostic::{Diagnostic, printable};
use crate::language::Phrase;
use crate::library::{Card, DefinitionId, FunctionId, Library, References};
use crate::syntax::ast::DefinitionKind;

/// The maximum depth of the text tree. Deeper nodes are replaced by `…`.
pub const MAX_TREE_DEPTH: usize = 64;

/// A graph of definitions and functions and their dependencies.
///
/// ```
/// use yardstick::output::{Graph, Language};
///
/// let library = yardstick::Library::from_text("our_cac = spend / won")?;
/// let graph = Graph::of(&library, library.id("our_cac"), Language::English);
/// assert_eq!(graph.text(), "our_cac\n├── spend (input)\n└── won (input)\n");
/// # Ok::<(), yardstick::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// The nodes, each once, the roots first.
    pub nodes: Vec<Node>,
    /// The number of roots: the definitions that were requested.
    pub roots: usize,
    language: Language,
}

/// A definition or function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The name. The name of a function ends with `()`.
    pub id: Arc<str>,
    /// The kind of node.
    pub kind: NodeKind,
    /// The label.
    pub label: Option<String>,
    /// The unit, if it has one.
    pub unit: Option<String>,
    /// True if it is part of the standard library.
    pub standard: bool,
    /// The positions of the nodes that it needs, each once, in the order of the formula.
    pub needs: Vec<usize>,
}

#[derive(Serialize)]
struct JsonGraph {
    version: u32,
    nodes: Vec<JsonNode>,
    edges: Vec<JsonEdge>,
}

#[derive(Serialize)]
struct JsonNode {
    id: Arc<str>,
    kind: NodeKind,
    label: Option<String>,
    unit: Option<String>,
    standard: bool,
}

#[derive(Serialize)]
struct JsonEdge {
    from: Arc<str>,
    to: Arc<str>,
}

/// The kind of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum NodeKind {
    Kpi,
    Helper,
    Input,
    Parameter,
    Function,
}

impl From<DefinitionKind> for NodeKind {
    fn from(kind: DefinitionKind) -> Self {
        match kind {
            DefinitionKind::Kpi => Self::Kpi,
            DefinitionKind::Helper => Self::Helper,
            DefinitionKind::Input => Self::Input,
            DefinitionKind::Param => Self::Parameter,
        }
    }
}

impl NodeKind {
    /// The word after a name in the text tree. KPIs have none.
    fn word(self) -> Option<Phrase> {
        Some(match self {
            Self::Kpi => return None,
            Self::Helper => Phrase::Helper,
            Self::Input => Phrase::Input,
            Self::Parameter => Phrase::Parameter,
            Self::Function => Phrase::Function,
        })
    }
}

/// A definition or a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Item {
    Definition(DefinitionId),
    Function(FunctionId),
}

impl Graph {
    /// Creates the graph of everything that these definitions need, directly or indirectly.
    pub fn of(library: &Library, roots: impl IntoIterator<Item = DefinitionId>, language: Language) -> Self {
        Self::within(library, roots, language, &mut Budget::unlimited().charge()).expect("there is no limit")
    }

    /// The same, within a budget. The charge counts the nodes and edges.
    pub(crate) fn within(
        library: &Library,
        roots: impl IntoIterator<Item = DefinitionId>,
        language: Language,
        charge: &mut Charge,
    ) -> Result<Self, Diagnostic> {
        let mut builder = Builder { library, language, places: HashMap::new(), items: vec![] };
        for root in roots {
            builder.place(Item::Definition(root));
        }
        let roots = builder.items.len();
        Ok(Self { nodes: builder.nodes(charge)?, roots, language })
    }

    /// Creates the graph of everything that a definition needs. None if it has more nodes than `most`: no more are
    /// visited then.
    pub(super) fn at_most(library: &Library, root: DefinitionId, most: usize, language: Language) -> Option<Self> {
        let mut builder = Builder { library, language, places: HashMap::new(), items: vec![] };
        builder.place(Item::Definition(root));
        let mut visited = 0;
        while let Some(&item) = builder.items.get(visited) {
            builder.needs(item);
            visited += 1;
            if builder.items.len() > most {
                return None;
            }
        }
        let nodes = builder.nodes(&mut Budget::unlimited().charge()).ok()?;
        Some(Self { nodes, roots: 1, language })
    }

    /// Renders an indented tree with one node per line. A node that was expanded before is not expanded again.
    pub fn text(&self) -> String {
        self.text_within(&mut Budget::unlimited().charge()).expect("there is no limit")
    }

    /// The same, within a budget. The charge counts the text.
    pub(crate) fn text_within(&self, charge: &mut Charge) -> Result<String, Diagnostic> {
        let lines = Lines { text: String::new(), charge };
        let mut tree = Tree { graph: self, unfolded: vec![false; self.nodes.len()], lines };
        let mut needed = vec![false; self.nodes.len()];
        self.edges().for_each(|(from, to)| needed[to] |= from != to);
        let tops: Vec<usize> = (0..self.roots).filter(|&root| !needed[root]).collect();
        tops.into_iter().try_for_each(|root| tree.node(root, "", ""))?;
        // In a cycle, every node is needed by another, so no root is a top.
        (0..self.roots).try_for_each(|root| tree.leftover(root))?;
        Ok(tree.lines.text)
    }

    /// Renders a Mermaid flowchart, which many wikis and code hosts draw.
    pub fn mermaid(&self) -> String {
        self.mermaid_within(&mut Budget::unlimited().charge()).expect("there is no limit")
    }

    /// The same, within a budget. The charge counts the text.
    pub(crate) fn mermaid_within(&self, charge: &mut Charge) -> Result<String, Diagnostic> {
        let mut lines = Lines { text: String::new(), charge };
        lines.add(format_args!("flowchart LR"))?;
        for (at, node) in self.nodes.iter().enumerate() {
            let label = mermaid_text(node.title());
            match node.kind {
                NodeKind::Kpi | NodeKind::Helper => lines.add(format_args!("  n{at}[\"{label}\"]")),
                NodeKind::Input | NodeKind::Parameter => lines.add(format_args!("  n{at}([\"{label}\"])")),
                NodeKind::Function => lines.add(format_args!("  n{at}{{{{\"{label}\"}}}}")),
            }?;
        }
        for (from, to) in self.edges() {
            lines.add(format_args!("  n{from} --> n{to}"))?;
        }
        Ok(lines.text)
    }

    /// Renders the graph for Graphviz: `kpi graph --format dot | dot -Tsvg`.
    pub fn dot(&self) -> String {
        self.dot_within(&mut Budget::unlimited().charge()).expect("there is no limit")
    }

    /// The same, within a budget. The charge counts the text.
    pub(crate) fn dot_within(&self, charge: &mut Charge) -> Result<String, Diagnostic> {
        let mut lines = Lines { text: String::new(), charge };
        lines.add(format_args!("digraph kpis {{\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];"))?;
        for node in &self.nodes {
            let shape = match node.kind {
                NodeKind::Kpi | NodeKind::Helper => "",
                NodeKind::Input | NodeKind::Parameter => ", style=rounded",
                NodeKind::Function => ", shape=hexagon",
            };
            lines.add(format_args!("  {} [label={}{shape}];", dot_text(&node.id), dot_text(node.title())))?;
        }
        for (from, to) in self.edges() {
            let [from, to] = [from, to].map(|at| dot_text(&self.nodes[at].id));
            lines.add(format_args!("  {from} -> {to};"))?;
        }
        lines.add(format_args!("}}"))?;
        Ok(lines.text)
    }

    /// Returns the graph for programs, as a document with a version, nodes and edges. Fields are only added.
    pub fn json(&self) -> impl Serialize {
        let node = |node: &Node| JsonNode {
            id: node.id.clone(),
            kind: node.kind,
            label: node.label.clone(),
            unit: node.unit.clone(),
            standard: node.standard,
        };
        let id = |at: usize| self.nodes[at].id.clone();
        JsonGraph {
            version: 1,
            nodes: self.nodes.iter().map(node).collect(),
            edges: self.edges().map(|(from, to)| JsonEdge { from: id(from), to: id(to) }).collect(),
        }
    }

    /// The same, within a budget. The charge counts the document and its text.
    pub(crate) fn json_within(&self, charge: &mut Charge) -> Result<impl Serialize, Diagnostic> {
        let parts = self.nodes.len() + self.edges().count();
        charge.budget().spend(STEPS_PER_LINE * parts, DRAWING)?;
        charge.grow(BYTES_PER_NODE * parts, "the text of the graph")?;
        Ok(self.json())
    }

    /// Iterates over the dependencies as pairs of positions: a node and one that it needs.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        self.nodes.iter().enumerate().flat_map(|(from, node)| node.needs.iter().map(move |&to| (from, to)))
    }
}

impl Node {
    /// Returns the label, or the name if there is none.
    pub fn title(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.id)
    }
}

/// Collects items in order of discovery. It uses a work list instead of recursion, because chains may be as long as a
/// file.
struct Builder<'a> {
    library: &'a Library,
    language: Language,
    places: HashMap<Item, usize>,
    items: Vec<Item>,
}

impl Builder<'_> {
    fn place(&mut self, item: Item) -> usize {
        *self.places.entry(item).or_insert_with(|| {
            self.items.push(item);
            self.items.len() - 1
        })
    }

    fn nodes(mut self, charge: &mut Charge) -> Result<Vec<Node>, Diagnostic> {
        let mut nodes = vec![];
        while let Some(&item) = self.items.get(nodes.len()) {
            let needs = self.needs(item);
            charge.budget().spend(STEPS_PER_LINE + needs.len(), DRAWING)?;
            charge.grow(BYTES_PER_NODE + size_of_val(&needs[..]), "the nodes of the graph")?;
            nodes.push(self.node(item, needs));
        }
        Ok(nodes)
    }

    fn needs(&mut self, item: Item) -> Vec<usize> {
        let mut known = HashSet::new();
        let places = needed(self.library, item).into_iter().map(|needed| self.place(needed));
        places.filter(|place| known.insert(*place)).collect()
    }

    fn node(&self, item: Item, needs: Vec<usize>) -> Node {
        let label =
            |card: &Card| card.label.as_ref().map(|label| typeset(label.get(self.language.code()), self.language));
        match item {
            Item::Definition(id) => {
                let definition = self.library.get(id);
                Node {
                    id: definition.name.text.clone(),
                    kind: definition.kind.into(),
                    label: label(&definition.card),
                    unit: self.library.type_of(id).unit_name(),
                    standard: definition.standard,
                    needs,
                }
            }
            Item::Function(id) => {
                let function = self.library.function(id);
                Node {
                    id: format!("{}()", function.name.text).into(),
                    kind: NodeKind::Function,
                    label: label(&function.card),
                    unit: None,
                    standard: function.standard,
                    needs,
                }
            }
        }
    }
}

/// The items that an item references, in the order of its formula.
pub(super) fn needed(library: &Library, item: Item) -> Vec<Item> {
    let References { definitions, functions, .. } = match item {
        Item::Definition(id) => &library.get(id).references,
        Item::Function(id) => &library.function(id).references,
    };
    let definitions =
        definitions.iter().filter_map(|name| Some((name.span, Item::Definition(library.id(&name.text)?))));
    let functions =
        functions.iter().filter_map(|name| Some((name.span, Item::Function(library.function_id(&name.text)?))));
    let mut items: Vec<_> = definitions.chain(functions).collect();
    items.sort_by_key(|(span, _)| span.start);
    items.into_iter().map(|(_, item)| item).collect()
}

/// What is done, for errors.
const DRAWING: &str = "drawing the graph";

/// The steps of a line, and the bytes of a node without what it needs.
const STEPS_PER_LINE: usize = 50;
const BYTES_PER_NODE: usize = 512;

/// Lines that are written within a budget.
struct Lines<'c> {
    text: String,
    charge: &'c mut Charge,
}

impl Lines<'_> {
    fn add(&mut self, line: fmt::Arguments) -> Result<(), Diagnostic> {
        let before = self.text.len();
        let _ = writeln!(self.text, "{line}");
        self.charge.budget().spend(STEPS_PER_LINE, DRAWING)?;
        self.charge.grow(self.text.len() - before, "the text of the graph")
    }
}

struct Tree<'a> {
    graph: &'a Graph,
    unfolded: Vec<bool>,
    lines: Lines<'a>,
}

impl Tree<'_> {
    /// Writes a node after the prefix `branch`, and the nodes that it needs after the prefix `trunk`.
    fn node(&mut self, at: usize, branch: &str, trunk: &str) -> Result<(), Diagnostic> {
        let node = &self.graph.nodes[at];
        let again = std::mem::replace(&mut self.unfolded[at], true) && !node.needs.is_empty();
        let deep = trunk.chars().count() / 4 >= MAX_TREE_DEPTH && !node.needs.is_empty();
        let end = if again || deep { " …" } else { "" };
        self.lines.add(format_args!("{branch}{}{end}", self.graph.line(node)))?;
        if again || deep {
            return Ok(());
        }
        let Some((last, others)) = node.needs.split_last() else { return Ok(()) };
        for &other in others {
            self.node(other, &format!("{trunk}├── "), &format!("{trunk}│   "))?;
        }
        self.node(*last, &format!("{trunk}└── "), &format!("{trunk}    "))
    }

    fn leftover(&mut self, root: usize) -> Result<(), Diagnostic> {
        if self.unfolded[root] { Ok(()) } else { self.node(root, "", "") }
    }
}

impl Graph {
    /// `cac  Customer acquisition cost`, `spend  Spend (input)`
    fn line(&self, node: &Node) -> String {
        let label = node.label.as_ref().map(|label| format!("  {label}")).unwrap_or_default();
        let word = node.kind.word().map(|word| format!(" ({})", self.language.word(word))).unwrap_or_default();
        printable(&format!("{}{label}{word}", node.id)).replace('\n', " ")
    }
}

/// Escapes a text for Mermaid, which decodes entities in quoted texts.
fn mermaid_text(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '"' | '<' | '>' | '&' | '#' | ';' | '`' => escaped.push_str(&format!("#{};", u32::from(letter))),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn dot_text(text: &str) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}
