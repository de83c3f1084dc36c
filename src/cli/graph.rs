//! `kpi graph`: draws the dependencies between definitions.

use super::Answer;
use super::args::{self, GraphFormat};
use super::doc::definitions;
use super::output::{Printed, json};
use super::show::{ambiguous, unknown};
use super::workspace::{Workspace, in_workspace};
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::library::{DefinitionId, Library};
use crate::render::Graph;
use crate::syntax::ast::DefinitionKind;

pub(super) fn run(arguments: &args::Graph, budget: &Budget) -> Answer {
    let sources = definitions(&arguments.files, arguments.output.as_ref(), false);
    in_workspace(&sources, budget, |workspace| graphed(arguments, workspace, budget))
}

fn graphed(arguments: &args::Graph, workspace: &Workspace, budget: &Budget) -> Answer {
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
    match drawn(library, roots, arguments, budget) {
        Ok(printed) => answer.printed = printed,
        Err(limit) => return answer.stopped(limit),
    }
    answer
}

fn drawn(
    library: &Library,
    roots: Vec<DefinitionId>,
    arguments: &args::Graph,
    budget: &Budget,
) -> Result<Printed, Diagnostic> {
    let mut charge = budget.charge();
    let graph = Graph::within(library, roots, arguments.lang, &mut charge)?;
    Ok(match arguments.format {
        GraphFormat::Text => Printed::Text(graph.text_within(&mut charge)?),
        GraphFormat::Mermaid => Printed::Text(graph.mermaid_within(&mut charge)?),
        GraphFormat::Dot => Printed::Text(graph.dot_within(&mut charge)?),
        GraphFormat::Json => Printed::Raw(json(&graph.json_within(&mut charge)?)),
    })
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
    let kpis = library.definitions().filter(|it| it.kind == DefinitionKind::Kpi && (standard || !it.standard));
    kpis.filter_map(|definition| library.id(&definition.name.text)).collect()
}
