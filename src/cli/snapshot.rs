//! `kpi snapshot`: writes all values to a text file. `kpi diff` with such a file: compares it with today's values.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::Answer;
use super::args::{Bounds, DataFile, Diff, PageFormat, Snapshot as Arguments};
use super::console::Console;
use super::eval::{Planning, evaluate_over};
use super::files::unreadable;
use super::output::{Printed, json};
use super::versions::{new_name, read_twice, shorten};
use super::workspace::{Tables, Workspace, in_workspace};
use crate::data::Dataset;
use crate::diagnostic::{Code, Diagnostic};
use crate::diff::{DataFingerprint, HEADER, Snapshot, SnapshotDiff, SnapshotQuery, data_fingerprint, read};
use crate::eval::Evaluation;
use crate::language::Language;
use crate::plan::{Query, names};
use crate::render::{self, Locale, SnapshotPage};
use crate::source::SourceFile;

/// The maximum size of a file: 256 MiB.
const MAX_SNAPSHOT: u64 = 256 << 20;

pub(super) fn run(arguments: &Arguments, bounds: &Bounds) -> Answer {
    if let Some(problem) = read_twice(&[&arguments.sources.data]) {
        return Answer::of(problem);
    }
    let query = asked(arguments);
    in_workspace(&arguments.sources, &bounds.budget, |workspace| {
        let (snapshot, answer) = taken(workspace, &arguments.sources.data, query, bounds);
        let Some(snapshot) = snapshot else { return answer };
        Answer { printed: Printed::Raw(snapshot.to_string()), ..answer }
    })
}

/// The query of the options.
fn asked(arguments: &Arguments) -> SnapshotQuery {
    let texts = |texts: &[String]| -> Vec<Arc<str>> { texts.iter().map(|text| text.trim().into()).collect() };
    let options = &arguments.query;
    let set = options.assignments.iter().map(|set| (names::bare(&set.name).into(), set.value.as_str().into()));
    SnapshotQuery {
        kpis: texts(&arguments.kpis),
        by: options.by.iter().flat_map(|columns| &columns.0).map(|column| column.as_str().into()).collect(),
        conditions: texts(&options.conditions),
        period: options.period.as_deref().map(Arc::from),
        data_until: options.data_until.as_deref().map(Arc::from),
        set: set.collect(),
        totals: arguments.totals,
    }
}

/// Computes a query. Returns no snapshot if a KPI cannot be computed, because it would lack its values.
fn taken(
    workspace: &Workspace,
    data: &[DataFile],
    query: SnapshotQuery,
    bounds: &Bounds,
) -> (Option<Snapshot>, Answer) {
    let mut tables = workspace.tables(data);
    let asked = Query::from(&query);
    let planning = Planning::new(Language::English, bounds);
    let (evaluation, mut answer) = evaluate_over(workspace, &mut tables, data, asked, &planning);
    let Some(evaluation) = evaluation.filter(|_| !answer.problems.iter().any(Diagnostic::is_error)) else {
        return (None, answer);
    };
    let fingerprints = fingerprints(&evaluation, &tables, bounds);
    match fingerprints.and_then(|data| Snapshot::new(query, &evaluation, data, &bounds.budget)) {
        Ok(snapshot) => (Some(snapshot), answer),
        Err(problem) => {
            answer.problems.push(problem);
            (None, answer)
        }
    }
}

/// The fingerprints of the datasets that a result was computed from.
fn fingerprints(evaluation: &Evaluation, tables: &Tables, bounds: &Bounds) -> Result<Vec<DataFingerprint>, Diagnostic> {
    let plan = &evaluation.plan;
    let threads = plan.request.threads;
    let read = plan.datasets_read().into_iter().map(|at| &tables.datasets[at]);
    let fingerprint = |dataset: &Arc<dyn Dataset>| match tables.is_stored(dataset.name()) {
        true => Ok(DataFingerprint { dataset: dataset.name().clone(), rows: None }),
        false => data_fingerprint(&**dataset, threads, &bounds.budget),
    };
    read.map(fingerprint).collect()
}

/// True if a file is a snapshot, by its extension or its first line.
pub(super) fn is_snapshot(path: &Path) -> bool {
    let first = || {
        let mut start = vec![0; HEADER.len()];
        File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok_and(|()| start == HEADER.as_bytes())
    };
    path.extension().is_some_and(|extension| extension == "snap") || first()
}

/// Reads a file. Its text becomes a source of the answer, so that problems can show its lines.
fn opened(path: &Path, answer: &mut Answer, bounds: &Bounds) -> Option<Snapshot> {
    let too_large = std::fs::metadata(path).is_ok_and(|file| file.len() > MAX_SNAPSHOT);
    if too_large {
        let message = format!("`{}` is larger than {} MiB", path.display(), MAX_SNAPSHOT >> 20);
        answer.problems.push(Diagnostic::error(Code::LimitReached, message).hint("ask for fewer groups"));
        return None;
    }
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            answer.problems.push(unreadable(path, &error));
            return None;
        }
    };
    let file = answer.sources.add(SourceFile::new(path.display().to_string(), text));
    let snapshot = read(&answer.sources, file, &bounds.budget);
    snapshot.map_err(|problem| answer.problems.push(problem)).ok()
}

/// Compares a snapshot with the values of today, by the definitions of a workspace or of the options.
pub(super) fn compare(
    arguments: &Diff,
    path: &Path,
    workspace: Option<Workspace>,
    console: &Console,
    bounds: &Bounds,
) -> Answer {
    let mut answer = Answer::default();
    if let Some(problem) = beside_snapshot(arguments) {
        return answer.stopped(problem);
    }
    let Some(old) = opened(path, &mut answer, bounds) else { return answer };
    let opened = || Workspace::open(&arguments.sources, &bounds.budget);
    let workspace = match workspace.map_or_else(opened, Ok) {
        Ok(workspace) => workspace,
        Err(problem) => return answer.stopped(problem),
    };
    let (new, found) = taken(&workspace, &arguments.sources.data, old.query.clone(), bounds);
    let Some(new) = new else { return found };
    finished(arguments, old, new, found, console, bounds)
}

/// Compares two snapshots.
pub(super) fn compare_two(arguments: &Diff, paths: [&Path; 2], console: &Console, bounds: &Bounds) -> Answer {
    let mut answer = Answer::default();
    if let Some(problem) = beside_snapshot(arguments) {
        return answer.stopped(problem);
    }
    let [old, new] = paths.map(|path| opened(path, &mut answer, bounds));
    let (Some(old), Some(new)) = (old, new) else { return answer };
    finished(arguments, old, new, answer, console, bounds)
}

/// The error for an option that a snapshot answers itself.
fn beside_snapshot(arguments: &Diff) -> Option<Diagnostic> {
    if let Some(problem) = read_twice(&[&arguments.sources.data]) {
        return Some(problem);
    }
    let options = [
        (!arguments.query.by.is_empty(), "--by"),
        (!arguments.query.conditions.is_empty(), "--where"),
        (arguments.query.period.is_some(), "--period"),
        (arguments.query.data_until.is_some(), "--data-until"),
        (!arguments.query.assignments.is_empty(), "--set"),
        (arguments.totals, "--totals"),
        (arguments.no_values, "--no-values"),
        (!arguments.old_data.is_empty(), "--old-data"),
    ];
    let (_, option) = options.into_iter().find(|(is_asked, _)| *is_asked)?;
    let message = format!("`{option}` cannot be combined with a snapshot, which has its own query");
    let hint = format!("omit `{option}`, or write another snapshot: `kpi snapshot … -o FILE`");
    Some(Diagnostic::error(Code::BadQuery, message).hint(hint))
}

fn finished(
    arguments: &Diff,
    old: Snapshot,
    new: Snapshot,
    mut answer: Answer,
    console: &Console,
    bounds: &Bounds,
) -> Answer {
    let mut diff = match old.compare(new) {
        Ok(diff) => diff,
        Err(problem) => return answer.stopped(problem),
    };
    answer.failed |= arguments.fail_on_change && diff.has_changes();
    let omitted = shorten(&mut diff.values, arguments);
    let locale = Locale::new(arguments.output.lang);
    let new_name = new_name(arguments);
    let page = SnapshotPage { old: &arguments.old, new: &new_name, diff: &diff, omitted, locale: &locale };
    match printed(&page, arguments.output.format, console, bounds) {
        Ok(printed) => answer.printed = printed,
        Err(limit) => return answer.stopped(limit),
    }
    answer
}

fn printed(
    page: &SnapshotPage<'_>,
    format: PageFormat,
    console: &Console,
    bounds: &Bounds,
) -> Result<Printed, Diagnostic> {
    #[derive(serde::Serialize)]
    struct Document<'a> {
        old: &'a str,
        new: &'a str,
        #[serde(flatten)]
        diff: &'a SnapshotDiff,
    }
    Ok(match format {
        PageFormat::Json => Printed::Raw(json(&Document { old: page.old, new: page.new, diff: page.diff })),
        PageFormat::Markdown => Printed::Text(render::snapshot_diff_markdown(page, &bounds.budget)?),
        PageFormat::Table => Printed::Marked(render::snapshot_diff(page, console.width, &bounds.budget)?),
    })
}
