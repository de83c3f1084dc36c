//! Finds the formulas that compiling has refused, so that planning neither uses them nor reports them again.

use super::Library;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The formulas, function bodies and computed columns in which an error stands.
pub(super) fn formulas(library: &Library, diagnostics: &[Diagnostic]) -> Vec<Span> {
    let places = Places::of(diagnostics);
    spans(library).filter(|formula| places.any_in(*formula)).collect()
}

/// Leaves out target, bands and range of cards where one of them has an error: what is wrong there costs no value.
pub(super) fn forget_bounds(library: &mut Library, diagnostics: &[Diagnostic]) {
    let places = Places::of(diagnostics);
    for definition in &mut library.definitions {
        if definition.card.expressions().any(|expr| places.any_in(expr.span)) {
            definition.card.forget_bounds();
        }
    }
}

/// Where errors refuse something, in order.
struct Places(Vec<Span>);

impl Places {
    fn of(diagnostics: &[Diagnostic]) -> Self {
        let mut places: Vec<Span> = diagnostics.iter().filter(|problem| problem.is_error()).flat_map(places).collect();
        places.sort_unstable_by_key(|place| (place.file, place.start));
        Self(places)
    }

    fn any_in(&self, span: Span) -> bool {
        let next = self.0.partition_point(|place| (place.file, place.start) < (span.file, span.start));
        self.0.get(next).is_some_and(|place| place.file == span.file && place.start < span.end)
    }
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
