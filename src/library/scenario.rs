//! Scenarios: named sets of values and formulas that replace those of definitions.

use std::sync::Arc;

use super::card::Text;
use super::examples::{meant, twice, unknown};
use super::{Library, resolve};
use crate::diagnostic::{Code, Diagnostic, are_few, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{self, Assignment};

/// A checked `scenario`.
#[derive(Debug, Clone)]
pub struct ScenarioDefinition {
    /// The title, in the language of the author and in others.
    pub title: Text,
    /// What it sets. The formulas are computed without the scenario.
    pub changes: Vec<Assignment>,
    /// The place of the item.
    pub span: Span,
    /// The place of the title.
    pub title_span: Span,
    /// True if it has an error, which has been reported.
    pub broken: bool,
}

impl ScenarioDefinition {
    /// The titles in all languages, that of the author first.
    pub fn titles(&self) -> impl Iterator<Item = &Arc<str>> {
        std::iter::once(&self.title.default).chain(self.title.translations.values())
    }

    fn is_titled(&self, title: &str) -> bool {
        self.titles().any(|known| known.to_lowercase() == title.to_lowercase())
    }
}

impl Library {
    /// Iterates over all scenarios: the library's own, then those of its base.
    pub(crate) fn scenarios(&self) -> impl Iterator<Item = &ScenarioDefinition> {
        self.and_below().flat_map(|library| &library.scenarios)
    }

    /// Returns the scenario with this title, in any language and in upper or lower case.
    ///
    /// # Errors
    /// Returns an error if there is no such scenario, or if it has an error itself.
    pub(crate) fn scenario(&self, title: &str) -> Result<&ScenarioDefinition, Diagnostic> {
        let problem = |message: String| Diagnostic::error(Code::UnknownName, message);
        match self.scenarios().find(|scenario| scenario.is_titled(title)) {
            Some(scenario) if scenario.broken => {
                Err(problem(format!("the scenario `{title}` has an error")).hint("run `kpi check` to see it"))
            }
            Some(scenario) => Ok(scenario),
            None => {
                let titles = || self.scenarios().flat_map(ScenarioDefinition::titles).map(|title| &**title);
                let listed: Vec<String> = titles().take(MAX_LISTED).map(|title| format!("`{title}`")).collect();
                let known = match listed.is_empty() {
                    true => format!("declare it: `scenario \"{title}\" {{ spend = spend * 90% }}`"),
                    false => format!("the scenarios are {}", listed.join(", ")),
                };
                let problem = problem(format!("there is no scenario `{title}`"));
                Err(problem.maybe_hint(did_you_mean(title, titles())).hint(known))
            }
        }
    }
}

/// The maximum number of scenarios in a hint.
const MAX_LISTED: usize = 8;

/// Adds a scenario. Returns an error if there is another one with the same title.
pub(super) fn declare(known: &mut Vec<ScenarioDefinition>, scenario: &ast::Scenario, span: Span) -> Option<Diagnostic> {
    let (title, title_span) = (Text::from(&scenario.title), scenario.title.span);
    let new = ScenarioDefinition { title, changes: scenario.changes.clone(), span, title_span, broken: false };
    let same = known.iter().find_map(|known| Some((known, new.titles().find(|title| known.is_titled(title))?)));
    let problem = same.map(|(known, title)| {
        Diagnostic::error(Code::Duplicate, format!("two scenarios have the title `{title}`"))
            .label(title_span, "again here")
            .label(known.title_span, "first used here")
    });
    known.push(new);
    problem
}

/// Reports unknown names, names that are set twice, and scenarios that set nothing.
pub(super) fn check(library: &Library, is_broken: &dyn Fn(&str) -> bool, diagnostics: &mut Vec<Diagnostic>) {
    for scenario in &library.scenarios {
        if scenario.changes.is_empty() {
            let problem = Diagnostic::warning(Code::Lint, "the scenario changes nothing").at(scenario.title_span);
            diagnostics.push(problem.hint("set a parameter, an input or a KPI: `spend = spend * 90%`"));
        }
        diagnostics.extend(twice(&scenario.changes));
        for Assignment { name, value } in &scenario.changes {
            let is_parameter = library.is_parameter(&name.text);
            let references = match is_parameter {
                true => resolve::constant(value, library, diagnostics),
                false => resolve::formula(value, &[], library, diagnostics),
            };
            let named = references.definitions.iter().filter(|_| !is_parameter);
            for name in std::iter::once(name).chain(named).filter(|name| !is_broken(&name.text)) {
                let few = are_few(diagnostics);
                let problem = unknown(library, name);
                diagnostics.extend(problem.map(|it| if few { meant(library, name, it) } else { it }));
            }
        }
    }
}
