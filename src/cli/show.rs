//! `kpi show`: shows everything about a definition or function.

use serde::Serialize;

use super::Answer;
use super::args::{PageFormat, PageOutput, Show};
use super::console::Console;
use super::doc::definitions;
use super::output::{Printed, json};
use super::scenario::ScenarioEntry;
use super::workspace::{Workspace, in_workspace};
use crate::budget::Budget;
use crate::builtin;
use crate::diagnostic::{Code, DEFAULT_WIDTH, Diagnostic, did_you_mean};
use crate::explain::one_line;
use crate::language::{Language, Phrase};
use crate::library::{DefinitionId, Function, Library, ScenarioDefinition};
use crate::render::{self, GlossaryEntry};

pub(super) fn run(arguments: &Show, console: &Console, budget: &Budget) -> Answer {
    let sources = definitions(&arguments.files, arguments.output.output.as_ref(), arguments.strict);
    in_workspace(&sources, budget, |workspace| shown(arguments, workspace, console))
}

fn shown(arguments: &Show, workspace: &Workspace, console: &Console) -> Answer {
    let library = &workspace.library;
    let mut answer = workspace.answer();
    let found = library.find(&arguments.name);
    let ids: Vec<DefinitionId> = found.iter().filter_map(|definition| library.id(&definition.name.text)).collect();
    let output = &arguments.output;
    let width = console.width.unwrap_or(DEFAULT_WIDTH);
    match ids[..] {
        [id] => {
            let entry = GlossaryEntry::of(library, id, output.lang);
            answer.printed = printed(&entry, output, || entry.page(width), || entry.markdown());
        }
        [] if library.scenario(&arguments.name).is_ok() => {
            let scenario = library.scenario(&arguments.name);
            let pages = scenario.iter().map(|found| ScenarioEntry::new(found, library, output.lang));
            pages.for_each(|page| {
                answer.printed = printed(&page, output, || page.text(output.lang), || page.markdown(output.lang));
            });
        }
        [] => match FunctionPage::find(library, &arguments.name, output.lang) {
            Some(page) => {
                answer.printed =
                    printed(&page, output, || page.text(width, output.lang), || page.markdown(output.lang));
            }
            None => answer.problems.push(unknown(library, &arguments.name)),
        },
        _ => answer.problems.push(ambiguous(library, &arguments.name, &ids)),
    }
    answer
}

fn printed(
    entry: &impl Serialize,
    output: &PageOutput,
    text: impl Fn() -> String,
    markdown: impl Fn() -> String,
) -> Printed {
    match output.format {
        PageFormat::Json => Printed::Raw(json(entry)),
        PageFormat::Markdown => Printed::Text(markdown()),
        PageFormat::Table => Printed::Text(text()),
    }
}

/// The page of a function.
#[derive(Serialize)]
struct FunctionPage {
    signature: String,
    kind: &'static str,
    about: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    formula: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    defined: Option<String>,
}

impl FunctionPage {
    /// Finds a defined or built-in function.
    fn find(library: &Library, name: &str, language: Language) -> Option<Self> {
        if let Some(function) = library.function_named(name) {
            return Some(Self::of(library, function, language));
        }
        if let Some(found) = builtin::find(name).map(builtin::get) {
            let example = language.phrase(Phrase::Gives, &[found.example, found.gives]);
            return Some(Self::built_in(found.signature(), found.documentation, example));
        }
        let found = builtin::find_aggregate(name)?;
        Some(Self::built_in(found.signature.into(), found.documentation, found.example.into()))
    }

    fn of(library: &Library, function: &Function, language: Language) -> Self {
        let parameters: Vec<&str> = function.parameters.iter().map(|name| &*name.text).collect();
        Self {
            signature: format!("{}({})", function.name.text, parameters.join(", ")),
            kind: "function",
            about: function.card.about.as_ref().map(|about| about.get(language.code()).to_owned()),
            formula: Some(one_line(library.text(function.body.span))),
            example: None,
            defined: Some(library.sources().place(function.name.span)),
        }
    }

    fn built_in(signature: String, documentation: &str, example: String) -> Self {
        let (about, example) = (Some(documentation.to_owned()), Some(example));
        Self { signature, kind: "built-in function", about, formula: None, example, defined: None }
    }

    fn facts(&self, language: Language) -> impl Iterator<Item = (&'static str, &str)> {
        let kind = if self.defined.is_some() { Phrase::Function } else { Phrase::BuiltInFunction };
        let facts = [
            (Phrase::KindHead, Some(language.word(kind))),
            (Phrase::FormulaHead, self.formula.as_deref()),
            (Phrase::ExampleHead, self.example.as_deref()),
            (Phrase::DefinedHead, self.defined.as_deref()),
        ];
        facts.into_iter().filter_map(move |(name, value)| Some((language.word(name), value?)))
    }

    fn text(&self, width: usize, language: Language) -> String {
        let about = self.about.iter().map(|about| format!("{}\n\n", render::wrapped(about, width).join("\n")));
        let facts = self.facts(language).map(|(name, value)| format!("{name:13}{value}\n"));
        format!("{}\n\n{}", self.signature, about.chain(facts).collect::<String>())
    }

    fn markdown(&self, language: Language) -> String {
        let about = self.about.iter().map(|about| format!("{}\n\n", render::escaped(about)));
        let facts = self.facts(language).map(|(name, value)| format!("- **{name}**: {}\n", render::escaped(value)));
        format!("### {}\n\n{}", render::escaped(&self.signature), about.chain(facts).collect::<String>())
    }
}

pub(super) fn unknown(library: &Library, name: &str) -> Diagnostic {
    let names = library.definitions().map(|definition| &*definition.name.text);
    let aliases = library.definitions().flat_map(|definition| &definition.card.aliases);
    let known =
        names.chain(aliases.map(|alias| &*alias.text)).chain(library.functions().map(|function| &*function.name.text));
    let known = known.chain(builtin::all().iter().map(|builtin| builtin.name));
    let known = known.chain(library.scenarios().flat_map(ScenarioDefinition::titles).map(|title| &**title));
    Diagnostic::error(Code::UnknownName, format!("`{name}` is not defined"))
        .in_query()
        .maybe_hint(did_you_mean(name, known))
        .hint(format!("run `kpi list '{name}'` to search names, labels and aliases"))
}

pub(super) fn ambiguous(library: &Library, name: &str, ids: &[DefinitionId]) -> Diagnostic {
    let problem =
        Diagnostic::error(Code::Ambiguous, format!("`{name}` is ambiguous: it matches {} definitions", ids.len()))
            .in_query();
    let line = |id: &DefinitionId| {
        let definition = library.get(*id);
        let label = definition.card.label.as_ref().map(|label| format!(" ({})", label.default));
        format!("`{}`{}", definition.name.text, label.unwrap_or_default())
    };
    ids.iter().map(line).fold(problem, |problem, line| problem.hint(format!("use {line}")))
}
