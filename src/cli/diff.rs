//! `kpi diff`: compares two versions of the definitions and, over the same data, their values.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::Answer;
use super::args::{Bounds, DataFile, Diff, PageFormat, Sources};
use super::console::Console;
use super::eval::{Planning, compute_in, planned, query};
use super::git::{NoRevision, Revision};
use super::inputs::spare;
use super::output::{Printed, json};
use super::snapshot;
use super::versions::{new_name, read_twice, shorten};
use super::workspace::{Workspace, stem};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::diff::{self, Effect, ValueDiff, values};
use crate::eval::Evaluation;
use crate::plan::Query;
use crate::read::has_rows;
use crate::render::{self, DiffPage, Locale};

/// One of the two things that are compared.
enum Side {
    /// Files and folders.
    Files(Vec<PathBuf>),
    Revision(Revision),
    Snapshot(PathBuf),
}

/// The comparison as data.
#[derive(Serialize)]
struct Document<'a> {
    old: &'a str,
    new: &'a str,
    #[serde(flatten)]
    diff: &'a diff::Diff,
    values: Option<&'a ValueDiff>,
}

pub(super) fn run(arguments: &Diff, console: &Console, bounds: &Bounds) -> Answer {
    let mut answer = Answer::default();
    let versions = [Some(&arguments.old), arguments.new.as_ref()].into_iter().flatten().map(PathBuf::from);
    let old_data = arguments.old_data.iter().map(|file| file.path.clone());
    if let Err(problem) = spare(arguments.output.output.as_deref(), versions.chain(old_data)) {
        return answer.stopped(problem);
    }
    let old = side(&arguments.old, &arguments.sources.files, &mut answer);
    let new = arguments.new.as_ref().map(|new| side(new, &arguments.sources.files, &mut answer)).transpose();
    let (old, new) = match (old, new) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(problem), _) | (_, Err(problem)) => return answer.stopped(problem),
    };
    if let (Side::Snapshot(path), new) = (&old, &new) {
        return match new {
            None => snapshot::compare(arguments, path, None, console, bounds),
            Some(Side::Snapshot(other)) => snapshot::compare_two(arguments, [path, other], console, bounds),
            Some(side) => match opened(side, &arguments.sources, bounds) {
                Ok(workspace) => snapshot::compare(arguments, path, Some(workspace), console, bounds),
                Err(problems) => Answer { problems, ..answer },
            },
        };
    }
    if let Some(problem) = contradiction(arguments, new.as_ref()) {
        return answer.stopped(problem);
    }
    let here = Side::Files(arguments.sources.files.clone());
    match (opened(&old, &arguments.sources, bounds), opened(new.as_ref().unwrap_or(&here), &arguments.sources, bounds))
    {
        (Ok(old), Ok(new)) => compared(arguments, [old, new], console, bounds, answer),
        (Err(mut problems), other) => {
            problems.extend(other.err().unwrap_or_default());
            Answer { problems, ..answer }
        }
        (Ok(_), Err(problems)) => Answer { problems, ..answer },
    }
}

/// The error for options that contradict each other.
fn contradiction(arguments: &Diff, new: Option<&Side>) -> Option<Diagnostic> {
    if matches!(new, Some(Side::Snapshot(_))) {
        let problem = Diagnostic::error(Code::BadQuery, "a snapshot can only be compared with something newer");
        let new = arguments.new.as_deref().unwrap_or_default();
        return Some(problem.hint(format!("exchange the two: `kpi diff {new} {}`", arguments.old)));
    }
    if let Some(problem) = read_twice(&[&arguments.sources.data[..], &arguments.old_data[..]]) {
        return Some(problem);
    }
    (arguments.no_values && !arguments.old_data.is_empty()).then(|| {
        let problem = Diagnostic::error(Code::BadQuery, "`--old-data` cannot be combined with `--no-values`");
        problem.hint("omit one of them")
    })
}

/// What a word of the command line names: a file or folder, a snapshot, or a revision.
fn side(text: &str, files: &[PathBuf], answer: &mut Answer) -> Result<Side, Diagnostic> {
    let path = Path::new(text);
    let revision = Revision::find(text, files);
    if !path.exists() {
        return revision.map(Side::Revision).map_err(|reason| nothing_named(text, reason));
    }
    if path.is_file() && snapshot::is_snapshot(path) {
        return Ok(Side::Snapshot(path.to_owned()));
    }
    let is_definitions = path.is_dir() || path.extension().is_some_and(|extension| extension == "kpi");
    match revision {
        Ok(revision) if is_definitions => {
            let kind = if path.is_dir() { "folder" } else { "file" };
            let full = revision.full_name();
            answer.remarks.push(format!("note: `{text}` is a {kind} here; for the revision, write `{full}`"));
        }
        // In the folder of a repository, there is a file `HEAD`.
        Ok(revision) => {
            answer.remarks.push(format!("note: `{text}` is a revision; for the file, write `./{text}`"));
            return Ok(Side::Revision(revision));
        }
        Err(_) if !is_definitions && has_rows(path) => return Err(not_a_version(text)),
        Err(_) => {}
    }
    Ok(Side::Files(vec![path.to_owned()]))
}

/// The error for a word that names nothing.
fn nothing_named(text: &str, reason: NoRevision) -> Diagnostic {
    let unreadable = |message: String| Diagnostic::error(Code::Unreadable, message);
    match reason {
        NoRevision::Unknown(path, hints) => {
            let whose = if path.as_os_str().is_empty() {
                String::new()
            } else {
                format!(" in the repository of `{}`", path.display())
            };
            let problem = unreadable(format!("`{text}` is not a file, a folder or a revision of git{whose}"));
            hints.into_iter().fold(problem, Diagnostic::hint)
        }
        NoRevision::NoRepository => {
            unreadable(format!("there is no file or folder `{text}`, and this folder is not in a git repository"))
                .hint("name a file or a folder: `kpi diff OLD.kpi NEW.kpi`")
        }
        NoRevision::Refused(said) => {
            unreadable(format!("there is no file or folder `{text}`, and git does not read the repository: {said}"))
                .hint("to see more, run `git status`")
        }
        NoRevision::NoGit(error) => unreadable(format!(
            "there is no file or folder `{text}`, and `git` cannot be run to find a revision: {error}"
        ))
        .hint("name a file or a folder, or install git and add it to `PATH`"),
    }
}

/// The error for a data file in the place of definitions.
fn not_a_version(text: &str) -> Diagnostic {
    let name = stem(Path::new(text));
    Diagnostic::error(Code::Unreadable, format!("`{text}` is a data file, and `kpi diff` compares definitions"))
        .in_query()
        .hint(format!("to compute the values of both versions from it, write `-d {text}`"))
        .hint(format!(
            "to compare the values of two data files, write `kpi diff FILE.kpi FILE.kpi --old-data {name}={text} -d {name}=NEW`"
        ))
}

/// Compiles the definitions of a side.
fn opened(side: &Side, sources: &Sources, bounds: &Bounds) -> Result<Workspace, Vec<Diagnostic>> {
    match side {
        Side::Files(files) => {
            let sources = Sources { files: files.clone(), ..sources.clone() };
            let workspace = Workspace::open(&sources, &bounds.budget).map_err(|problem| vec![problem])?;
            let unreadable = workspace.problems.iter().filter(|problem| problem.code == Code::Unreadable);
            let mut unreadable: Vec<Diagnostic> = unreadable.cloned().collect();
            if workspace.files == 0 && unreadable.is_empty() {
                let problem = Diagnostic::error(Code::Unreadable, "there are no .kpi files in this folder");
                unreadable.push(problem.hint("name the definitions: `-f FILE|DIR`"));
            }
            if unreadable.is_empty() { Ok(workspace) } else { Err(unreadable) }
        }
        Side::Revision(revision) => {
            let texts = revision.texts()?;
            Workspace::of_texts(sources, &texts, revision.prefix(), &bounds.budget).map_err(|problem| vec![problem])
        }
        Side::Snapshot(path) => Err(vec![Diagnostic::error(
            Code::BadQuery,
            format!("`{}` is a snapshot, which has no definitions", path.display()),
        )]),
    }
}

/// Compares two versions of the definitions.
fn compared(
    arguments: &Diff,
    [mut old, mut new]: [Workspace; 2],
    console: &Console,
    bounds: &Bounds,
    mut answer: Answer,
) -> Answer {
    for workspace in [&new, &old] {
        if workspace.errors().next().is_some() {
            return Answer { remarks: answer.remarks, ..workspace.answer() };
        }
    }
    let diff = match old.library.diff_within(&new.library, &bounds.budget) {
        Ok(diff) => diff,
        Err(limit) => return answer.stopped(limit),
    };
    Workspace::share(&mut old, &mut new);
    let values = match arguments.no_values {
        true => None,
        false => match both(arguments, [&old, &new], &diff, bounds, &mut answer) {
            Ok(values) => values,
            Err(refused) => return answer.refused(refused),
        },
    };
    let changed = values.as_ref().is_some_and(|values| !values.changes.is_empty());
    answer.failed |= arguments.fail_on_change && (diff.has_meaning() || changed);
    match printed(arguments, &diff, values, console, bounds) {
        Ok(printed) => answer.printed = printed,
        Err(limit) => return answer.stopped(limit),
    }
    answer
}

/// The values of the affected KPIs in both versions. None if there are no data, or nothing is affected.
///
/// # Errors
/// An answer without a result, because the query is wrong or a limit was reached.
fn both(
    arguments: &Diff,
    [old, new]: [&Workspace; 2],
    diff: &diff::Diff,
    bounds: &Bounds,
    answer: &mut Answer,
) -> Result<Option<ValueDiff>, Answer> {
    let old_names = diff.renamed.iter().map(|(old, new)| (new, old)).collect();
    let versions = Versions { arguments, diff, old_names };
    let kpis = versions.kpis(old, new);
    let data = &arguments.sources.data;
    if kpis.is_empty() {
        return versions.checked(new, data, bounds).map(|()| None);
    }
    if !new.has_data(data) {
        let note = "note: no values, because no data file of the definitions can be read; add `-d FILE`";
        answer.remarks.push(note.into());
        return Ok(None);
    }
    let old_kpis = kpis.iter().map(|name| versions.old_name(name)).collect();
    let (new_values, new_answer) = versions.evaluated(new, data, kpis.clone(), bounds);
    if new_answer.asks_wrongly() {
        return Err(new_answer);
    }
    let (old_values, old_answer) = versions.evaluated(old, &versions.old_data(), old_kpis, bounds);
    report(&arguments.old, old_answer, new_answer, answer);
    let (Some(old_values), Some(new_values)) = (old_values, new_values) else { return Ok(None) };
    versions.compared(&kpis, [&old_values, &new_values], bounds).map(Some).map_err(Answer::of)
}

/// Computes KPIs in two versions.
struct Versions<'a> {
    arguments: &'a Diff,
    diff: &'a diff::Diff,
    /// The old names of renamed definitions.
    old_names: HashMap<&'a Arc<str>, &'a Arc<str>>,
}

impl Versions<'_> {
    fn old_name(&self, name: &Arc<str>) -> Arc<str> {
        self.old_names.get(name).copied().unwrap_or(name).clone()
    }

    /// The published KPIs that both versions define and that may differ.
    fn kpis(&self, old: &Workspace, new: &Workspace) -> Vec<Arc<str>> {
        let defined = |name: &Arc<str>| old.library.definition(&self.old_name(name));
        let is_old = |name: &Arc<str>| defined(name).is_some_and(|it| !it.implicit && !it.standard);
        let kpis = new.library.published().map(|kpi| &kpi.name.text);
        kpis.filter(|name| is_old(name) && self.may_differ(name)).cloned().collect()
    }

    /// True for a KPI whose values or statuses may differ; with other data, that is every KPI.
    fn may_differ(&self, name: &Arc<str>) -> bool {
        let is_changed = |entry: &diff::DiffEntry| {
            entry.head.name == *name && entry.effect >= Effect::Statuses && entry.head.kind == diff::ItemKind::Kpi
        };
        !self.arguments.old_data.is_empty()
            || self.diff.affected.iter().any(|affected| affected.head.name == *name)
            || self.diff.changes.iter().any(is_changed)
    }

    /// The data files of the old version: its own, and the common ones that they do not replace.
    fn old_data(&self) -> Vec<DataFile> {
        let own = &self.arguments.old_data;
        let is_replaced = |file: &&DataFile| own.iter().any(|old| old.dataset() == file.dataset());
        let common = self.arguments.sources.data.iter().filter(|file| !is_replaced(file));
        own.iter().chain(common).cloned().collect()
    }

    fn evaluated(
        &self,
        workspace: &Workspace,
        data: &[DataFile],
        kpis: Vec<Arc<str>>,
        bounds: &Bounds,
    ) -> (Option<Evaluation>, Answer) {
        let planning = Planning::new(self.arguments.output.lang, bounds);
        let (computed, answer) = compute_in(workspace, data, self.query(kpis), &planning);
        (computed.map(|computed| computed.evaluation), answer)
    }

    fn query(&self, kpis: Vec<Arc<str>>) -> Query {
        let query = query(&self.arguments.query, &[]).totals(self.arguments.totals);
        Query { kpis, ..query }
    }

    /// Fails if the query is wrong, although it has nothing to compute.
    fn checked(&self, workspace: &Workspace, data: &[DataFile], bounds: &Bounds) -> Result<(), Answer> {
        let query = self.query(vec![]);
        if query == Query::default() || !workspace.has_data(data) {
            return Ok(());
        }
        let (mut tables, mut answer) = (workspace.tables(data), workspace.answer());
        planned(workspace, &mut tables, query, &Planning::new(self.arguments.output.lang, bounds), &mut answer);
        if answer.asks_wrongly() { Err(answer) } else { Ok(()) }
    }

    /// The values that differ, under the new names.
    fn compared(
        &self,
        kpis: &[Arc<str>],
        [old, new]: [&Evaluation; 2],
        bounds: &Bounds,
    ) -> Result<ValueDiff, Diagnostic> {
        let (language, mut charge) = (self.arguments.output.lang, bounds.budget.charge());
        let new_name = |name: &Arc<str>| self.diff.renamed.get(name).unwrap_or(name).clone();
        let mut before = values(old, &new_name, language, &mut charge)?;
        let mut after = values(new, &Arc::clone, language, &mut charge)?;
        // A KPI that one of the two cannot compute has been reported.
        let has = |evaluation: &Evaluation, name: &str| evaluation.plan.kpi(name).is_some();
        let is_in_both = |name: &Arc<str>| has(old, &self.old_name(name)) && has(new, name);
        before.retain(|value| is_in_both(&value.kpi));
        after.retain(|value| is_in_both(&value.kpi));
        let not_compared = kpis.iter().filter(|name| !is_in_both(name)).cloned().collect();
        Ok(ValueDiff { not_compared, ..ValueDiff::new(new.group_columns(), before, after) })
    }
}

/// Adds the problems of both evaluations. Those of the old version that the new one does not have become remarks, because
/// problems point into the texts of one version.
fn report(old_name: &str, old: Answer, new: Answer, answer: &mut Answer) {
    answer.failed |= old.problems.iter().any(Diagnostic::is_error);
    let is_new = |problem: &&Diagnostic| new.problems.iter().all(|other| other.message != problem.message);
    let severe = old.problems.iter().filter(|problem| problem.severity > Severity::Note).filter(is_new);
    answer.remarks.extend(severe.map(|problem| {
        let severity = if problem.is_error() { "error" } else { "warning" };
        format!("{severity} in {old_name}: {}", problem.message)
    }));
    answer.remarks.extend(new.remarks);
    answer.problems.extend(new.problems);
    answer.sources = new.sources;
}

fn printed(
    arguments: &Diff,
    diff: &diff::Diff,
    mut values: Option<ValueDiff>,
    console: &Console,
    bounds: &Bounds,
) -> Result<Printed, Diagnostic> {
    let output = &arguments.output;
    let omitted = values.as_mut().map_or(0, |values| shorten(values, arguments));
    let locale = Locale::new(output.lang);
    let new = new_name(arguments);
    if output.format == PageFormat::Json {
        return Ok(Printed::Raw(json(&Document { old: &arguments.old, new: &new, diff, values: values.as_ref() })));
    }
    let page = DiffPage { old: &arguments.old, new: &new, diff, values: values.as_ref(), omitted, locale: &locale };
    Ok(match output.format {
        PageFormat::Markdown => Printed::Text(render::diff_markdown(&page, &bounds.budget)?),
        _ => Printed::Marked(render::diff(&page, console.width, &bounds.budget)?),
    })
}
