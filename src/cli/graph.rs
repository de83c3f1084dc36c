//! `kpi graph`: turns definitions into a picture of what needs what.

use super::Answer;
use super::args::{self, GraphFormat};
use super::doc::sources;
use super::eval::json;
use super::show::{ambiguous, unknown};
use super::workspace::Workspace;
use crate::diagnostic::Diagnostic;
use crate::library::{DefinitionId, Library};
use crate::render::Graph;
use crate::syntax::ast::DefinitionKind;

pub(super) fn run(arguments: &args::Graph) -> Answer {
    let workspace = Workspace::open(&sources(&arguments.files));
    let library = &workspace.library;
    let mut answer = workspace.answer();
    let roots = match asked(library, &arguments.kpis) {
        Ok(roots) if roots.is_empty() => all(library, arguments.std),
        Ok(roots) => roots,
        Err(problem) => {
            answer.problems.push(problem);
            return answer;
        }
    };
    let graph = Graph::of(library, roots, arguments.lang);
    answer.text = match arguments.format {
        GraphFormat::Text => graph.text(),
        GraphFormat::Mermaid => graph.mermaid(),
        GraphFormat::Dot => graph.dot(),
        GraphFormat::Json => json(&graph.json()),
    };
    answer
}

fn asked(library: &Library, names: &[String]) -> Result<Vec<DefinitionId>, Diagnostic> {
    names.iter().map(|name| one(library, name)).collect()
}

fn one(library: &Library, name: &str) -> Result<DefinitionId, Diagnostic> {
    let found: Vec<DefinitionId> = library.find(name).iter().filter_map(|it| library.id(&it.name.text)).collect();
    match found[..] {
        [id] => Ok(id),
        [] => Err(unknown(library, name)),
        _ => Err(ambiguous(library, name, &found)),
    }
}

fn all(library: &Library, standard: bool) -> Vec<DefinitionId> {
    let standard = standard || library.published().next().is_none();
    let wanted = library.definitions().iter().filter(|it| it.kind == DefinitionKind::Kpi && (standard || !it.standard));
    wanted.filter_map(|definition| library.id(&definition.name.text)).collect()
}
