//! Checks the names in examples and tests.

use std::collections::HashMap;
use std::sync::Arc;

use super::Library;
use crate::diagnostic::{Code, Diagnostic, are_few};
use crate::syntax::ast::{Assignment, Name, StepKind};
use crate::syntax::suggest;

/// Reports unknown names in the user's examples and tests, except names of broken items, which have been reported.
pub(super) fn check(library: &Library, is_broken: &dyn Fn(&str) -> bool, diagnostics: &mut Vec<Diagnostic>) {
    let names = definition_examples(library).chain(function_examples(library)).chain(tests(library));
    let names = names.filter(|name| !is_broken(&name.text));
    for name in names {
        let problem = unknown(library, name).map(|problem| match are_few(diagnostics) {
            true => meant(library, name, problem),
            false => problem,
        });
        diagnostics.extend(problem);
    }
    for (example, _) in library.definitions.declared().flat_map(|definition| &definition.card.examples) {
        diagnostics.extend(twice(&example.given));
    }
}

/// Returns an error if a name is given two values.
pub(super) fn twice(given: &[Assignment]) -> Option<Diagnostic> {
    let mut seen: HashMap<&Arc<str>, &Assignment> = HashMap::new();
    let again = given.iter().find_map(|second| Some((seen.insert(&second.name.text, second)?, second)));
    let (first, second) = again?;
    Some(
        Diagnostic::error(Code::Duplicate, format!("duplicate value for `{}`", second.name.text))
            .label(second.name.span, "again here")
            .label(first.name.span, "first given here"),
    )
}

/// Returns an error if a name is not defined.
pub fn unknown(library: &Library, name: &Name) -> Option<Diagnostic> {
    if library.id(&name.text).is_some() {
        return None;
    }
    if library.broken.names(&name.text) {
        let message = format!("the definition of `{}` has an error", name.text);
        return Some(Diagnostic::error(Code::UnknownName, message).at(name.span));
    }
    Some(Diagnostic::error(Code::UnknownName, format!("`{}` is not defined", name.text)).at(name.span))
}

/// Adds the definitions that an unknown name may mean.
pub fn meant(library: &Library, name: &Name, problem: Diagnostic) -> Diagnostic {
    if library.broken.names(&name.text) {
        return problem;
    }
    suggest(problem, name, library.definitions().map(|definition| &*definition.name.text))
}

fn definition_examples(library: &Library) -> impl Iterator<Item = &Name> {
    let cards = library.definitions.declared().map(|definition| &definition.card);
    cards.flat_map(|card| &card.examples).flat_map(|(example, _)| names(&example.given))
}

/// The names in a function's examples that are not its parameters.
fn function_examples(library: &Library) -> impl Iterator<Item = &Name> {
    library.functions.declared().flat_map(|function| {
        let given = function.card.examples.iter().flat_map(|(example, _)| names(&example.given));
        given.filter(|name| !function.parameters.iter().any(|parameter| parameter.text == name.text))
    })
}

fn tests(library: &Library) -> impl Iterator<Item = &Name> {
    library.tests.iter().flat_map(|test| &test.test.steps).flat_map(|step| match &step.kind {
        StepKind::GivenValues(given) => names(given).collect(),
        StepKind::ExpectValues { name, .. } => vec![name],
        _ => vec![],
    })
}

fn names(given: &[Assignment]) -> impl Iterator<Item = &Name> {
    given.iter().map(|assignment| &assignment.name)
}
