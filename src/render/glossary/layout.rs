//! Turns a dependency graph into boxes and lines, with the root on the left and dependencies to its right.
//!
//! Formulas are almost trees, so a tree layout is good enough: each leaf gets a row, and each other node is centred on
//! the nodes that it needs. The column of a node is the length of the longest path from the root.

use crate::render::{Graph, NodeKind};

/// The maximum number of nodes. Larger graphs are not readable.
pub(super) const MAX_DRAWN: usize = 60;

const WIDTH: usize = 208;
const HEIGHT: usize = 46;
const BETWEEN_COLUMNS: usize = 48;
const BETWEEN_ROWS: usize = 12;
/// The margin for the outlines of boxes at the edge.
const MARGIN: usize = 2;
/// The number of letters on a line of a box.
const LETTERS: usize = 27;

/// A picture in units of the page.
pub(super) struct Picture {
    pub width: usize,
    pub height: usize,
    pub boxes: Vec<Drawn>,
    /// Paths of SVG.
    pub lines: Vec<String>,
}

/// A box with at most two lines of text.
pub(super) struct Drawn {
    pub node: usize,
    pub x: usize,
    pub y: usize,
    pub lines: Vec<String>,
}

impl Drawn {
    pub const WIDTH: usize = WIDTH;
    pub const HEIGHT: usize = HEIGHT;

    /// The baseline of a line of text: vertically centred.
    pub fn baseline(&self, line: usize) -> usize {
        let first = if self.lines.len() > 1 { 20 } else { 28 };
        self.y + first + line * 16
    }
}

/// Lays out the graph below its first node. None if there is nothing to show or the graph is too large.
pub(super) fn picture(graph: &Graph) -> Option<Picture> {
    if graph.nodes.len() < 2 || graph.nodes.len() > MAX_DRAWN {
        return None;
    }
    let columns = columns(graph);
    let rows = rows(graph, &columns);
    let boxes: Vec<Drawn> = (0..graph.nodes.len())
        .map(|node| Drawn {
            node,
            x: MARGIN + columns[node] * (WIDTH + BETWEEN_COLUMNS),
            y: MARGIN + rows[node],
            lines: wrapped(graph.nodes[node].title()),
        })
        .collect();
    let end = |far: fn(&Drawn) -> usize| boxes.iter().map(far).max().unwrap_or_default() + MARGIN;
    Some(Picture {
        width: end(|drawn| drawn.x + WIDTH),
        height: end(|drawn| drawn.y + HEIGHT),
        lines: graph.edges().map(|(from, to)| line(&boxes[from], &boxes[to])).collect(),
        boxes,
    })
}

/// The length of the longest path from the root to each node.
fn columns(graph: &Graph) -> Vec<usize> {
    let mut columns = vec![0; graph.nodes.len()];
    // A longest path has fewer steps than there are nodes.
    for _ in 0..graph.nodes.len() {
        for (from, to) in graph.edges() {
            columns[to] = columns[to].max(columns[from] + 1).min(graph.nodes.len());
        }
    }
    columns
}

/// The upper edge of each box.
fn rows(graph: &Graph, columns: &[usize]) -> Vec<usize> {
    let mut rows = vec![None; graph.nodes.len()];
    let mut next = 0;
    place(graph, 0, &mut rows, &mut next);
    let mut rows: Vec<usize> = rows.into_iter().map(Option::unwrap_or_default).collect();
    for column in 0..=columns.iter().copied().max().unwrap_or_default() {
        spread(columns, column, &mut rows);
    }
    rows
}

/// The depth of this recursion is at most [`MAX_DRAWN`].
fn place(graph: &Graph, node: usize, rows: &mut Vec<Option<usize>>, next: &mut usize) -> usize {
    if let Some(row) = rows[node] {
        return row;
    }
    // In a cycle, the recursion ends here because the node is already placed.
    rows[node] = Some(*next);
    let needs = &graph.nodes[node].needs;
    let below: Vec<usize> = needs.iter().map(|&needed| place(graph, needed, rows, next)).collect();
    let row = match (below.iter().min(), below.iter().max()) {
        (Some(top), Some(bottom)) => (top + bottom) / 2,
        _ => {
            *next += HEIGHT + BETWEEN_ROWS;
            *next - HEIGHT - BETWEEN_ROWS
        }
    };
    rows[node] = Some(row);
    row
}

/// Moves the boxes of a column down until none overlap.
fn spread(columns: &[usize], column: usize, rows: &mut [usize]) {
    let mut members: Vec<usize> = (0..rows.len()).filter(|&node| columns[node] == column).collect();
    members.sort_by_key(|&node| rows[node]);
    let mut free = 0;
    for node in members {
        rows[node] = rows[node].max(free);
        free = rows[node] + HEIGHT + BETWEEN_ROWS;
    }
}

fn line(from: &Drawn, to: &Drawn) -> String {
    let (x, y) = (from.x + WIDTH, from.y + HEIGHT / 2);
    let (end_x, end_y) = (to.x, to.y + HEIGHT / 2);
    let middle = end_x.saturating_sub(BETWEEN_COLUMNS / 2);
    format!("M{x} {y}H{}C{middle} {y} {middle} {end_y} {end_x} {end_y}", end_x.saturating_sub(BETWEEN_COLUMNS))
}

/// Wraps a title into at most two lines, and ends longer ones with `…`.
fn wrapped(title: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in title.split(' ') {
        let line = lines.last_mut().expect("there is a line from the start");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= LETTERS {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.into());
        }
    }
    if lines.len() > 2 {
        lines.truncate(2);
        lines[1].push_str(" …");
    }
    lines.into_iter().map(cut).collect()
}

fn cut(line: String) -> String {
    if line.chars().count() <= LETTERS + 2 {
        return line;
    }
    line.chars().take(LETTERS).chain(['…']).collect()
}

/// The style of a box.
pub(super) fn class(kind: NodeKind, start: bool) -> &'static str {
    match kind {
        _ if start => "start",
        NodeKind::Kpi | NodeKind::Helper => "kpi",
        NodeKind::Input => "input",
        NodeKind::Parameter => "parameter",
        NodeKind::Function => "function",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Library;
    use crate::render::Language;

    fn drawn(text: &str, root: &str) -> Option<Picture> {
        let library = Library::from_text(text).expect("the definitions of the test compile");
        picture(&Graph::of(&library, library.id(root), Language::English))
    }

    #[test]
    fn shared_nodes_are_to_the_right_of_all_nodes_that_need_them() {
        let picture = drawn("a = b + c\nb = c + d\ninput c\ninput d", "a").expect("it is small");
        let columns: Vec<usize> = picture.boxes.iter().map(|drawn| drawn.x / WIDTH).collect();
        // a; then b and c in the order of a's formula, c behind b; then d.
        assert_eq!(columns, [0, 1, 2, 2]);
        assert_eq!(picture.lines.len(), 4);
    }

    #[test]
    fn boxes_do_not_overlap() {
        let picture = drawn("", "ltv_cac_ratio").expect("it is small");
        for (at, one) in picture.boxes.iter().enumerate() {
            for other in &picture.boxes[at + 1..] {
                assert!(one.x != other.x || one.y.abs_diff(other.y) >= HEIGHT + BETWEEN_ROWS);
            }
        }
    }

    #[test]
    fn graphs_beyond_the_limit_are_not_drawn() {
        let chain = |nodes: usize| {
            let links = (1..nodes).map(|at| format!("k{} = k{at} + 1\n", at - 1)).collect::<String>();
            format!("{links}input k{}", nodes - 1)
        };
        assert!(drawn(&chain(MAX_DRAWN), "k0").is_some());
        assert!(drawn(&chain(MAX_DRAWN + 1), "k0").is_none());
    }

    #[test]
    fn long_titles_are_shortened() {
        assert_eq!(wrapped("Customer acquisition cost"), ["Customer acquisition cost"]);
        assert_eq!(wrapped("Return on investment of a campaign (on revenue)").len(), 2);
        assert!(wrapped(&"word ".repeat(30))[1].ends_with('…'));
        assert!(wrapped(&"x".repeat(99))[0].chars().count() <= LETTERS + 2);
    }
}
