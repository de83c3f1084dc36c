//! `kpi show`: turns a name into all that is known of what goes by it.

use super::Answer;
use super::args::{Format, Output, Show};
use super::console::Console;
use super::eval::json;
use super::workspace::Workspace;
use crate::builtin;
use crate::diagnostic::{Code, DEFAULT_WIDTH, Diagnostic, did_you_mean, printable};
use crate::explain::one_line;
use crate::library::{DefinitionId, Function, Library};
use crate::render::GlossaryEntry;

pub(super) fn run(arguments: &Show, console: &Console) -> Answer {
    let workspace = Workspace::open(&arguments.sources);
    let library = &workspace.library;
    let mut answer = workspace.answer();
    let found = library.find(&arguments.name);
    let ids: Vec<DefinitionId> = found.iter().filter_map(|definition| library.id(&definition.name.text)).collect();
    match ids[..] {
        [id] => {
            answer.text = written(&GlossaryEntry::of(library, id, arguments.output.lang), &arguments.output, console)
        }
        [] => match function(library, &arguments.name) {
            Some(text) => answer.text = text,
            None => answer.problems.push(unknown(library, &arguments.name)),
        },
        _ => answer.problems.push(ambiguous(library, &arguments.name, &ids)),
    }
    answer
}

fn written(entry: &GlossaryEntry, output: &Output, console: &Console) -> String {
    match output.format {
        Format::Json => json(entry),
        Format::Markdown => printable(&entry.markdown()).into_owned(),
        Format::Table | Format::Csv => printable(&entry.page(console.width.unwrap_or(DEFAULT_WIDTH))).into_owned(),
    }
}

/// A function of the definitions, or a built-in one.
fn function(library: &Library, name: &str) -> Option<String> {
    if let Some(function) = library.functions().get(name) {
        return Some(own_function(library, function));
    }
    let page = |signature: &str, documentation: &str, example: &str| {
        format!("{signature}\n\n{documentation}\n\nkind         built-in function\nexample      {example}\n")
    };
    if let Some(found) = builtin::find(name).map(builtin::get) {
        let example = format!("{} gives {}", found.example, found.gives);
        return Some(page(&found.signature(), found.documentation, &example));
    }
    builtin::find_aggregate(name).map(|found| page(found.signature, found.documentation, found.example))
}

fn own_function(library: &Library, function: &Function) -> String {
    let parameters: Vec<&str> = function.parameters.iter().map(|name| &*name.text).collect();
    let about = function.card.about.as_ref().map(|about| format!("{}\n\n", about.default)).unwrap_or_default();
    format!(
        "{}({})\n\n{about}kind         function\nformula      {}\ndefined      {}\n",
        function.name.text,
        parameters.join(", "),
        one_line(library.text(function.body.span)),
        library.sources().place(function.name.span)
    )
}

pub(super) fn unknown(library: &Library, name: &str) -> Diagnostic {
    let names = library.definitions().iter().map(|definition| &*definition.name.text);
    let aliases = library.definitions().iter().flat_map(|definition| &definition.card.aliases);
    let known = names.chain(aliases.map(|alias| &*alias.text)).chain(library.functions().keys().map(|name| &**name));
    let known = known.chain(builtin::all().iter().map(|builtin| builtin.name));
    Diagnostic::error(Code::UnknownName, format!("nothing is called `{name}`"))
        .maybe_hint(did_you_mean(name, known))
        .hint(format!("`kpi list '{name}'` finds names, labels and aliases that contain it"))
}

pub(super) fn ambiguous(library: &Library, name: &str, ids: &[DefinitionId]) -> Diagnostic {
    let problem = Diagnostic::error(Code::Ambiguous, format!("`{name}` could mean {} definitions", ids.len()));
    let line = |id: &DefinitionId| {
        let definition = library.get(*id);
        let label = definition.card.label.as_ref().map(|label| format!(" ({})", label.default));
        format!("`{}`{}", definition.name.text, label.unwrap_or_default())
    };
    ids.iter().map(line).fold(problem, |problem, line| problem.hint(format!("one is {line}")))
}
