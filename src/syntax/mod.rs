//! Turns text into a syntax tree and diagnostics: `parse(text) -> (File, Vec<Diagnostic>)`.
//!
//! ```text
//!  text ──cut──▶ texts of items ──pest──▶ pairs ──build──▶ ast
//!                     │             └── on failure: one diagnostic that names the mistake
//!                     └── limits, checked before anything recurses
//! ```

pub mod ast;

mod block;
mod expr;
pub(crate) mod foreign;
mod format;
mod grammar;
mod item;
mod limits;
mod mistakes;
mod operators;
mod print;
mod scan;
mod tree;
mod trivia;
mod words;

use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

use ast::{Expr, File, Item};
use grammar::Rule;
use tree::Builder;

pub use format::format;
#[cfg(feature = "cli")]
pub(crate) use format::format_within;
pub use limits::{MAX_EXPRESSION, MAX_ITEMS, MAX_NAME, MAX_NESTING, MAX_SOURCE_BYTES};
pub use mistakes::suggest;
pub(crate) use print::string;
pub use print::{format_expr, spelled};
#[cfg(feature = "change")]
pub(crate) use print::{format_expr_of, format_unit};

/// The memory of a parsed text, for each of its bytes.
pub(crate) const BYTES_PER_BYTE: usize = 24;

/// Parses a file into a tree and reports one syntax error per broken item.
///
/// A broken item is not in the tree; its name is in `File::broken`. An unknown entry of a card or block is reported and
/// left out, and the rest of its item is kept.
///
/// ```
/// use yardstick::FileId;
///
/// let (file, problems) = yardstick::internal::syntax::parse(FileId(0), "cac = spend / customers\nroi = (1 +\n");
/// assert_eq!(file.items.len(), 1);
/// assert_eq!(problems.len(), 1);
/// ```
pub fn parse(id: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    parse_within(id, text, &Budget::unlimited()).expect("nothing stops it")
}

/// The same, within a budget.
///
/// # Errors
/// The limit that was reached.
pub(crate) fn parse_within(id: FileId, text: &str, budget: &Budget) -> Result<(File, Vec<Diagnostic>), Diagnostic> {
    let mut file = File { id, items: vec![], broken: vec![] };
    if let Some(problem) = limits::source(id, text).or_else(|| limits::line_ends(id, text)) {
        return Ok((file, vec![problem]));
    }
    let mut problems = Vec::new();
    for piece in item::cut(text) {
        budget.spend(piece.len(), "reading definitions")?;
        if file.items.len() + file.broken.len() >= MAX_ITEMS {
            problems.push(limits::too_many_items(Span::new(id, piece.start, piece.end)));
            break;
        }
        match parse_item(id, &text[piece.clone()], piece.start, &mut problems) {
            Some(item) => file.items.push(item),
            None => file.broken.push(mistakes::broken_item(id, &text[piece.clone()], piece.start)),
        }
    }
    Ok((file, problems))
}

/// Parses one expression: a formula of the command line, a condition or a value.
///
/// ```
/// use yardstick::FileId;
///
/// let expr = yardstick::internal::syntax::parse_expression(FileId(0), "spend / leads").unwrap();
/// assert_eq!(expr.span.range(), 0..13);
/// ```
pub fn parse_expression(id: FileId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    if let Some(problem) = limits::source(id, text) {
        return Err(vec![problem]);
    }
    let mut problems = Vec::new();
    let expr = read(id, Rule::formula, text, 0, &mut problems, |builder, pair| builder.only_formula(pair));
    expr.filter(|_| problems.is_empty()).ok_or(problems)
}

fn parse_item(id: FileId, text: &str, base: usize, problems: &mut Vec<Diagnostic>) -> Option<Item> {
    read(id, Rule::entry, text, base, problems, |builder, pair| builder.item(pair))
}

/// Checks the limits of a text that begins at `base`, parses it, and builds its tree.
fn read<T>(
    id: FileId,
    root: Rule,
    text: &str,
    base: usize,
    problems: &mut Vec<Diagnostic>,
    build: impl FnOnce(&mut Builder<'_>, pest::iterators::Pair<'_, Rule>) -> T,
) -> Option<T> {
    let ends = match limits::measure(id, text, base) {
        Ok(ends) => ends,
        Err(problem) => {
            problems.push(*problem);
            return None;
        }
    };
    let text = &text[..ends.last().copied().unwrap_or(0)];
    match grammar::parse(root, text) {
        Ok(pair) => {
            let mut builder = Builder::new(id, text, base, ends);
            let node = build(&mut builder, pair);
            problems.append(&mut builder.problems);
            (!builder.broken).then_some(node)
        }
        Err(failure) => {
            problems.push(mistakes::explain(root, id, text, base, &failure));
            None
        }
    }
}
