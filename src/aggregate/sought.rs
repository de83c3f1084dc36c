//! Finds texts that a query compares a column with and that no row of the column has: probably misspelled values.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::budget::Budget;
use crate::data::Batch;
use crate::diagnostic::{Code, Diagnostic, edits};
use crate::program::{Node, NodeId, Operator, Program};
use crate::value::{Values, Vector};

/// The maximum number of texts that are sought in one dataset. Further ones are not.
const MAX_SOUGHT: usize = 64;

/// The number of similar texts that a message suggests.
const SUGGESTED: usize = 3;

/// A text that a column is compared with.
#[derive(Debug)]
pub(super) struct Sought {
    /// The slot of the column.
    pub(super) slot: u32,
    text: Arc<str>,
    /// True if rows with the text are meant, not rows without it: to leave out a text that no row has is no mistake.
    is_wanted: bool,
    /// True if a worker has found the text. The others can stop.
    found: AtomicBool,
}

/// The search of one worker for one text.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// The last dictionary, and the number of its texts that have been compared.
    compared: Option<(u64, usize)>,
    /// The most similar texts, with the number of edits.
    similar: BTreeSet<(usize, Arc<str>)>,
}

/// The texts that slots of a program are compared with for equality.
pub(super) fn of(program: &Program) -> Vec<Sought> {
    let slot = |id: NodeId| if let Node::Slot(slot) = *program.node(id) { Some(slot) } else { None };
    let text = |id: NodeId| match program.node(id) {
        Node::Constant(crate::value::Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let comparison = |node: &Node| match *node {
        Node::Binary(operator @ (Operator::Equal | Operator::NotEqual), lhs, rhs) => {
            let (slot, text) = slot(lhs).zip(text(rhs)).or_else(|| slot(rhs).zip(text(lhs)))?;
            Some(Sought { slot, text, is_wanted: operator == Operator::Equal, found: AtomicBool::new(false) })
        }
        _ => None,
    };
    let sought = program.nodes().iter().filter_map(comparison);
    sought.take(MAX_SOUGHT).collect()
}

/// The slots of a program in whose columns texts are sought.
#[cfg(feature = "sql")]
pub(crate) fn sought_slots(program: &Program) -> BTreeSet<u32> {
    of(program).iter().map(|sought| sought.slot).collect()
}

impl Sought {
    /// Seeks the text in a column of a batch.
    ///
    /// # Errors
    /// The limit of the budget that was reached.
    pub(super) fn seek(&self, search: &mut Search, column: &Vector, budget: &Budget) -> Result<(), Diagnostic> {
        let Values::Texts { dictionary, .. } = &column.values else { return Ok(()) };
        if self.found.load(Ordering::Relaxed) {
            return Ok(());
        }
        if dictionary.find(&self.text).is_some() {
            self.found.store(true, Ordering::Relaxed);
            return Ok(());
        }
        let known = search.compared.filter(|(id, _)| *id == dictionary.id()).map_or(0, |(_, known)| known);
        search.compared = Some((dictionary.id(), dictionary.len()));
        let mut ticker = budget.ticker();
        for text in dictionary.texts().iter().skip(known) {
            ticker.tick("comparing texts")?;
            if let Some(edits) = edits(&self.text, text) {
                search.similar.insert((edits, text.clone()));
                if search.similar.len() > SUGGESTED {
                    search.similar.pop_last();
                }
            }
        }
        Ok(())
    }

    /// The warning that no row has the text. `column` and `dataset` name where it was sought.
    pub(super) fn missing(&self, searches: &[&Search], column: &str, dataset: &str) -> Option<Diagnostic> {
        // A column without texts compares unequal for another reason.
        if self.found.load(Ordering::Relaxed) || searches.iter().all(|search| search.compared.is_none()) {
            return None;
        }
        let similar: BTreeSet<&(usize, Arc<str>)> = searches.iter().flat_map(|search| &search.similar).collect();
        let names: Vec<String> = similar.iter().take(SUGGESTED).map(|(_, text)| format!("`\"{text}\"`")).collect();
        let message = format!("no row of `{dataset}` has `\"{}\"` in `{column}`", self.text);
        match names.is_empty() {
            true => self.is_wanted.then(|| Diagnostic::note(Code::DataNote, message)),
            false => {
                let meant = format!("did you mean {}?", names.join(" or "));
                Some(Diagnostic::warning(Code::DataNote, message).hint(meant))
            }
        }
    }
}

/// Seeks texts in the columns of a batch. `place` gives the position of a slot's column in the batch.
pub(super) fn seek(
    sought: &[Sought],
    searches: &mut [Search],
    batch: &Batch,
    place: impl Fn(u32) -> Option<usize>,
    budget: &Budget,
) -> Result<(), Diagnostic> {
    for (sought, search) in sought.iter().zip(searches) {
        if let Some(at) = place(sought.slot) {
            sought.seek(search, &batch.columns[at], budget)?;
        }
    }
    Ok(())
}
