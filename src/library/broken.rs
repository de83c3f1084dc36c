//! Marks the definitions and functions that have an error, so that plans leave them out and nothing is reported twice.

use std::collections::HashSet;
use std::sync::Arc;

use super::{DefinitionId, FunctionId, Library};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// Marks what an error points into: its name, its type or its formula. What is wrong with a card costs no value.
pub(super) fn mark(library: &mut Library, diagnostics: &[Diagnostic]) {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let mut places: Vec<(FileId, u32)> =
        errors.filter_map(|error| error.labels.first()).map(|label| (label.span.file, label.span.start)).collect();
    if places.is_empty() {
        return;
    }
    places.sort_unstable();
    let has_error = |from: Span, to: Span| {
        let first = places.partition_point(|place| *place < (from.file, from.start));
        places.get(first).is_some_and(|place| *place < (to.file, to.end))
    };
    for definition in &mut library.definitions {
        let annotation = definition.annotation.as_ref().map_or(definition.name.span, |annotation| annotation.span);
        let end = definition.formula.as_ref().map_or(annotation, |formula| formula.span);
        definition.broken |= !definition.implicit && has_error(definition.span, end);
        if definition.card.expressions().any(|expr| has_error(expr.span, expr.span)) {
            definition.card.forget_bounds();
        }
    }
    for function in library.functions.values_mut() {
        function.broken |= has_error(function.span, function.body.span);
    }
    let computed = library.datasets.values().flat_map(|dataset| dataset.computed.values());
    library.broken_columns =
        computed.map(|(_, formula)| formula.span).filter(|formula| has_error(*formula, *formula)).collect();
}

impl Library {
    /// The first definition or function with an error that a KPI, or the call of a function, depends on: itself or one
    /// that it needs.
    pub(crate) fn broken_below(&self, kpi: &str) -> Option<&Arc<str>> {
        let (mut definitions, mut functions) = (vec![], vec![]);
        match self.id(kpi) {
            Some(id) => definitions.push(id),
            None => functions.extend(kpi.split('(').next().and_then(|name| self.function_id(name.trim()))),
        }
        let (mut seen, mut called): (HashSet<DefinitionId>, HashSet<FunctionId>) = Default::default();
        loop {
            let references = if let Some(id) = definitions.pop() {
                let definition = self.get(id);
                if definition.broken {
                    return Some(&definition.name.text);
                }
                &definition.references
            } else {
                let function = self.function(functions.pop()?);
                if function.broken {
                    return Some(&function.name.text);
                }
                &function.references
            };
            let used = references.definitions.iter().filter_map(|name| self.id(&name.text));
            definitions.extend(used.filter(|id| seen.insert(*id)));
            let used = references.functions.iter().filter_map(|name| self.function_id(&name.text));
            functions.extend(used.filter(|id| called.insert(*id)));
        }
    }
}
