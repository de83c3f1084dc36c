//! `kpi doc`: turns definitions into a glossary for people.

use std::path::{Path, PathBuf};

use super::Answer;
use super::args::{Doc, DocFormat, Sources};
use super::output::Printed;
use super::workspace::Workspace;
use crate::budget::Budget;
use crate::diagnostic::{Code, Diagnostic};
use crate::render::{Glossary, Locale};

pub(super) fn run(arguments: &Doc, budget: &Budget) -> Answer {
    let format = match format(arguments) {
        Ok(format) => format,
        Err(problem) => return Answer { problems: vec![problem], ..Answer::default() },
    };
    let workspace = Workspace::open(&definitions(&arguments.files, false), budget);
    let mut answer = workspace.answer();
    if !answer.problems.is_empty() {
        // An incomplete glossary would be misleading.
        return answer;
    }
    match (written(&workspace, arguments, format, budget), &arguments.output) {
        (Ok(printed), Some(path)) => answer.problems.extend(printed.save(path).err()),
        (Ok(printed), None) => answer.printed = printed,
        (Err(limit), _) => return answer.stopped(limit),
    }
    answer
}

fn written(workspace: &Workspace, arguments: &Doc, format: DocFormat, budget: &Budget) -> Result<Printed, Diagnostic> {
    let mut charge = budget.charge();
    let locale = Locale::new(arguments.lang);
    let glossary = Glossary::within(&workspace.library, arguments.std, &locale, &mut charge)?;
    let glossary = Glossary { title: arguments.title.clone(), date: arguments.date.clone(), ..glossary };
    Ok(Printed::Text(match format {
        DocFormat::Markdown => glossary.markdown_within(budget)?,
        DocFormat::Html => glossary.html_within(budget)?,
    }))
}

/// The requested format, or the one that the extension of the output file implies.
fn format(arguments: &Doc) -> Result<DocFormat, Diagnostic> {
    let path = arguments.output.as_deref();
    let ending = path.and_then(Path::extension).map(|ending| ending.to_string_lossy().to_lowercase());
    let named = match ending.as_deref() {
        Some("md" | "markdown") => Some(DocFormat::Markdown),
        Some("html" | "htm") => Some(DocFormat::Html),
        _ => None,
    };
    match (arguments.format, named, ending) {
        (Some(asked), Some(named), Some(ending)) if asked != named => {
            let message = format!("`--format {}` and the extension `.{ending}` contradict each other", asked.name());
            let hint = format!("omit `--format`, or write `--format {}`", named.name());
            Err(Diagnostic::error(Code::BadQuery, message).hint(hint))
        }
        (Some(format), ..) | (None, Some(format), _) => Ok(format),
        (None, None, Some(ending)) => {
            let message = format!("`kpi doc` has no format for the extension `.{ending}`");
            let hint = "use the extension `.md` or `.html`, or add `--format markdown` or `--format html`";
            Err(Diagnostic::error(Code::BadQuery, message).hint(hint))
        }
        (None, None, _) => Ok(DocFormat::Markdown),
    }
}

/// Definitions without data.
pub(super) fn definitions(files: &[PathBuf], strict: bool) -> Sources {
    Sources { files: files.to_vec(), data: vec![], connections: vec![], strict }
}
