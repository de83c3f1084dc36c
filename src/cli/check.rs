//! `kpi check`: reports every problem in the definitions and in the data that they use.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::Answer;
use super::args::{Bounds, Check, CheckFormat, DataFile};
use super::output::{Printed, json};
use super::quoting::shell_word;
use super::workspace::{Tables, Workspace, in_workspace, reading};
use crate::describe::{Fault, FaultKind, describe_within};
use crate::diagnostic::{Code, Diagnostic, Severity, to_json};
use crate::library::{DatasetDefinition, LookupDefinition};
use crate::plan::{Given, Query};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{DefinitionKind, RowTest, RowTestKind};

pub(super) fn run(arguments: &Check, bounds: &Bounds) -> Answer {
    in_workspace(&arguments.sources, &bounds.budget, |workspace| checked(arguments, workspace, bounds))
}

fn checked(arguments: &Check, workspace: &Workspace, bounds: &Bounds) -> Answer {
    let mut problems = workspace.problems.clone();
    if workspace.files == 0 && problems.is_empty() && arguments.sources.data.is_empty() {
        let nothing = Diagnostic::error(Code::Unreadable, "there are no .kpi files in this folder");
        problems.push(nothing.hint("name the definitions: `kpi check -f FILE|DIR`"));
    }
    let mut tables = workspace.tables(&arguments.sources.data);
    problems.extend(tables.twice.iter().chain(tables.failures()).cloned());
    let (found, refused) = tables.test_rows(&workspace.library, &HashMap::new(), &bounds.budget, |_| true);
    problems.extend(refused.into_iter().chain(found));
    let sources = against_data(workspace, &tables, bounds, &mut problems);
    // Definitions over a warehouse are checked without it.
    problems.retain(|problem| !tables.not_connected.contains(problem));
    problems.extend(likely_faults(workspace, &arguments.sources.data, bounds));
    match arguments.format {
        CheckFormat::Json => as_json(&problems, &sources),
        CheckFormat::Text => as_text(workspace, &tables, problems, sources),
    }
}

/// A note for each data file with likely faults that no test of rows reports.
fn likely_faults(workspace: &Workspace, given: &[DataFile], bounds: &Bounds) -> Vec<Diagnostic> {
    let note = |(name, path): (Arc<str>, PathBuf)| {
        let definition = workspace.library.dataset(&name);
        let declaration = definition.map(|definition| definition.declaration.clone()).unwrap_or_default();
        let is_unique = |test: &RowTest| matches!(test.kind, RowTestKind::Unique(_));
        let tests_keys = definition.is_some_and(|definition| definition.tests.iter().any(is_unique));
        let is_reported = |fault: &Fault| match fault.kind {
            // Their advice is to do nothing if that is right.
            FaultKind::Constant | FaultKind::Empty => true,
            FaultKind::DuplicateRows | FaultKind::DuplicateKeys => tests_keys,
            _ => false,
        };
        // A file that cannot be read has an error already.
        let description = describe_within(&name, &path, &declaration, &bounds.budget).ok()?;
        let path = path.display().to_string();
        description.faults.iter().any(|fault| !is_reported(fault)).then(|| {
            let command = format!("kpi describe {}", shell_word(&path));
            let message = format!("`{path}` has likely faults that no test of rows covers: `{command}` lists them");
            Diagnostic::note(Code::DataNote, message)
        })
    };
    workspace.file_datasets(given).into_iter().filter_map(note).collect()
}

/// Plans and computes everything published. A formula that only needs a period is not reported.
pub(super) fn against_data(
    workspace: &Workspace,
    tables: &Tables,
    bounds: &Bounds,
    problems: &mut Vec<Diagnostic>,
) -> SourceMap {
    if tables.datasets.is_empty() {
        return workspace.library.sources().clone();
    }
    problems.extend(undeclared_lookups(workspace, tables));
    let given = Given { any_period: true, ..Given::default() };
    let (plan, found) = bounds.plan(&workspace.library, &Query::all(), &tables.datasets, given);
    let found: Vec<Diagnostic> = found.into_iter().filter(|problem| !problems.contains(problem)).collect();
    problems.extend(found);
    let sources = plan.sources.clone();
    match Arc::new(plan).evaluate_within(&tables.source(), bounds.budget.clone()) {
        Ok((evaluation, found)) => {
            problems.extend(found.into_iter().chain(evaluation.unread).chain(evaluation.notes));
        }
        Err(found) => problems.extend(found.into_diagnostics()),
    }
    sources
}

/// Warnings about lookups of datasets that are neither declared nor given: the columns behind them cannot be used.
fn undeclared_lookups(workspace: &Workspace, tables: &Tables) -> Vec<Diagnostic> {
    let library = &workspace.library;
    let is_given = |name: &str| tables.datasets.iter().any(|dataset| **dataset.name() == *name);
    let is_known =
        |name: &str| library.dataset(name).is_some() || library.broken.datasets.contains(name) || is_given(name);
    let lookups = library.datasets().flat_map(|dataset| dataset.lookups.iter().map(move |lookup| (dataset, lookup)));
    let unknown = lookups.filter(|(_, lookup)| !lookup.broken && !is_known(&lookup.dataset.text));
    let warning = |(dataset, lookup): (&DatasetDefinition, &LookupDefinition)| {
        let name = &lookup.dataset.text;
        let message =
            format!("`{}` looks up the dataset `{name}`, which is neither declared nor given", dataset.name.text);
        let hint = format!("declare it: `dataset {name} = \"{name}.csv\"`, or add it with `-d {name}=FILE`");
        let reported = problem_at(&workspace.problems, lookup.dataset.span);
        (!reported).then(|| Diagnostic::warning(Code::UnknownDataset, message).at(lookup.dataset.span).hint(hint))
    };
    unknown.filter_map(warning).collect()
}

/// Returns true if a problem is reported at this place.
fn problem_at(problems: &[Diagnostic], place: Span) -> bool {
    problems.iter().any(|problem| problem.labels.iter().any(|label| label.span == place))
}

fn as_json(problems: &[Diagnostic], sources: &SourceMap) -> Answer {
    let all: Vec<_> = problems.iter().map(|problem| to_json(problem, sources)).collect();
    Answer { printed: Printed::Raw(json(&all)), failed: problems.iter().any(Diagnostic::is_error), ..Answer::default() }
}

/// Writes errors and warnings with their places, and each note on one line.
fn as_text(workspace: &Workspace, tables: &Tables, problems: Vec<Diagnostic>, sources: SourceMap) -> Answer {
    let (notes, problems): (Vec<_>, Vec<_>) = problems.into_iter().partition(|it| it.severity == Severity::Note);
    let mut remarks: Vec<String> = notes.iter().map(|note| line(note, &sources)).collect();
    remarks.extend(tables.datasets.iter().filter_map(|dataset| reading(&**dataset, |_| true)));
    remarks.extend(tables.not_connected.iter().map(|table| {
        let place = table.labels.first().map_or_else(String::new, |label| format!("{}: ", sources.place(label.span)));
        format!("note: {place}the table is not connected: its columns and rows are not checked")
    }));
    let counted = (workspace.files > 0).then(|| counted(workspace));
    let verdict = problems.is_empty().then(|| "no problems".to_owned());
    let parts: Vec<String> = counted.into_iter().chain(verdict).collect();
    let text = if parts.is_empty() { String::new() } else { format!("{}\n", parts.join("; ")) };
    Answer { printed: Printed::Text(text), problems, sources, remarks, ..Answer::default() }
}

/// A note on one line: `note: shop.kpi:21:7: …`
fn line(note: &Diagnostic, sources: &SourceMap) -> String {
    let place = note.labels.first().map(|label| sources.place(label.span));
    let place = place.or_else(|| note.cell.as_ref().map(ToString::to_string));
    let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
    format!("note: {place}{}", note.message)
}

/// `3 files: 13 KPIs, 9 inputs`
fn counted(workspace: &Workspace) -> String {
    let count = |count: usize, name: &str| format!("{count} {name}{}", if count == 1 { "" } else { "s" });
    let own = || workspace.library.definitions().filter(|definition| !definition.standard);
    let of = |kind: DefinitionKind| own().filter(|definition| definition.kind == kind).count();
    let (kpis, inputs) = (of(DefinitionKind::Kpi), of(DefinitionKind::Input));
    format!("{}: {}, {}", count(workspace.files, "file"), count(kpis, "KPI"), count(inputs, "input"))
}
