//! Finds the formulas that compiling has refused, so that planning neither uses them nor reports them again.

use super::Library;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The formulas, function bodies and computed columns in which an error stands.
pub(super) fn formulas(library: &Library, diagnostics: &[Diagnostic]) -> Vec<Span> {
    let mut places: Vec<Span> = diagnostics.iter().filter(|problem| problem.is_error()).flat_map(places).collect();
    places.sort_unstable_by_key(|place| (place.file, place.start));
    let contains = |formula: &Span| {
        let next = places.partition_point(|place| (place.file, place.start) < (formula.file, formula.start));
        places.get(next).is_some_and(|place| place.file == formula.file && place.start < formula.end)
    };
    spans(library).filter(contains).collect()
}

/// Where an error refuses something: at its first place, as others only explain it; a cycle at all of them.
fn places(problem: &Diagnostic) -> impl Iterator<Item = Span> {
    let count = if problem.code == Code::Cycle { usize::MAX } else { 1 };
    problem.labels.iter().take(count).map(|label| label.span)
}

fn spans(library: &Library) -> impl Iterator<Item = Span> {
    let definitions = library.definitions.iter().filter_map(|definition| definition.formula.as_ref());
    let bodies = library.functions.values().map(|function| &function.body);
    let computed = library.datasets.values().flat_map(|dataset| dataset.computed.values().map(|(_, formula)| formula));
    definitions.chain(bodies).chain(computed).map(|formula| formula.span)
}
