//! Marks definitions and functions with errors, so that plans leave them out and no error is reported twice.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Compiled, DatasetDefinition, DefinitionId, FunctionId, Library, unshared};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};
use crate::syntax::ast::{BrokenItem, BrokenKind};

/// The items with syntax errors, which have been reported. They are not replaced by other items of the same name.
#[derive(Debug, Clone, Default)]
pub(crate) struct BrokenItems {
    /// The names of KPIs, helpers, inputs and parameters.
    pub definitions: HashSet<Arc<str>>,
    /// The names of functions.
    pub functions: HashSet<Arc<str>>,
    /// The names of datasets.
    pub datasets: HashSet<Arc<str>>,
    /// True if the start of the year is unknown.
    pub calendar: bool,
    /// True if the currency of `money` is unknown.
    pub currency: bool,
}

impl BrokenItems {
    /// Adds an item.
    pub(super) fn add(&mut self, item: &BrokenItem) {
        let names = match item.kind {
            BrokenKind::Definition => &mut self.definitions,
            BrokenKind::Function => &mut self.functions,
            BrokenKind::Dataset => &mut self.datasets,
            BrokenKind::Calendar => return self.calendar = true,
            BrokenKind::Currency => return self.currency = true,
            BrokenKind::Test | BrokenKind::Scenario | BrokenKind::Report | BrokenKind::Unit => return,
        };
        names.extend(item.name.as_ref().map(|name| name.text.clone()));
    }

    /// The names of all broken items.
    pub fn all(&self) -> impl Iterator<Item = &Arc<str>> {
        [&self.definitions, &self.functions, &self.datasets].into_iter().flatten()
    }

    /// Returns true if a name is that of a broken item.
    pub fn names(&self, name: &str) -> bool {
        [&self.definitions, &self.functions, &self.datasets].iter().any(|names| names.contains(name))
    }
}

/// Marks the definitions with an error in their name, type or formula. An error in a card does not affect values.
pub(super) fn mark(library: &mut Library, diagnostics: &[Diagnostic]) {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    // If a name is defined twice, neither definition is used.
    let labels = |error: &&'_ Diagnostic| match error.code {
        Code::Duplicate => error.labels.len(),
        _ => error.labels.len().min(1),
    };
    let labels = errors.flat_map(|error| &error.labels[..labels(&error)]);
    let mut places: Vec<(FileId, u32)> = labels.map(|label| (label.span.file, label.span.start)).collect();
    if places.is_empty() {
        return;
    }
    places.sort_unstable();
    let has_error = |from: Span, to: Span| {
        let first = places.partition_point(|place| *place < (from.file, from.start));
        places.get(first).is_some_and(|place| *place < (to.file, to.end))
    };
    let Compiled { definitions, functions, datasets, scenarios, reports, .. } = library.compiling();
    for definition in unshared(definitions).compiled_mut() {
        let annotation = definition.annotation.as_ref().map_or(definition.name.span, |annotation| annotation.span);
        let end = definition.formula.as_ref().map_or(annotation, |formula| formula.span);
        definition.broken |= !definition.implicit && has_error(definition.span, end);
        if definition.card.expressions().any(|expr| has_error(expr.span, expr.span)) {
            Arc::make_mut(&mut definition.card).forget_bounds();
        }
    }
    for function in unshared(functions).compiled_mut() {
        function.broken |= has_error(function.span, function.body.span);
    }
    for scenario in scenarios {
        scenario.broken |= has_error(scenario.span, scenario.span);
    }
    for report in reports {
        report.broken |= has_error(report.span, report.span);
    }
    for dataset in unshared(datasets).compiled_mut() {
        mark_dataset(dataset, &places);
    }
}

/// Marks the columns and lookups with an error, or the whole dataset if the error is elsewhere in it.
fn mark_dataset(dataset: &mut DatasetDefinition, places: &[(FileId, u32)]) {
    let first = places.partition_point(|place| *place < (dataset.span.file, dataset.span.start));
    let inside = |place: &&(FileId, u32)| **place < (dataset.span.file, dataset.span.end);
    for &(_, place) in places[first..].iter().take_while(inside) {
        let holds = |from: Span, to: Span| (from.start..to.end).contains(&place);
        let mut computed = dataset.computed.values().map(|(name, formula)| (name, formula.span));
        let mut typed = dataset.types.values().map(|(name, unit)| (name, unit.span));
        let column = computed.find(|(name, end)| holds(name.span, *end));
        let column = column.or_else(|| typed.find(|(name, end)| holds(name.span, *end)));
        let mut lookups = dataset.lookups.iter();
        let tests = dataset.tests.len();
        dataset.tests.retain(|test| !holds(test.span, test.span));
        if dataset.tests.len() < tests {
            // Without the test, the dataset is as usable as before.
            continue;
        }
        if let Some((name, _)) = column {
            dataset.broken_columns.insert(name.text.clone());
        } else if let Some(lookup) = lookups.find(|lookup| holds(lookup.span, lookup.span)) {
            let name = lookup.name.text.clone();
            dataset.lookups.iter_mut().filter(|it| it.name.text == name).for_each(|lookup| lookup.broken = true);
        } else {
            dataset.broken = true;
        }
    }
}

impl Library {
    /// The first definition or function with an error that a KPI depends on, including the KPI itself.
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
