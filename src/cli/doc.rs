//! `kpi doc`: turns definitions into a glossary for people.

use std::path::PathBuf;

use super::Answer;
use super::args::{Doc, DocFormat, Sources};
use super::output::Printed;
use super::workspace::Workspace;
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::render::{Glossary, Locale};

pub(super) fn run(arguments: &Doc, budget: &Budget) -> Answer {
    let workspace = match Workspace::open(&definitions(&arguments.files, arguments.output.as_ref(), false), budget) {
        Ok(workspace) => workspace,
        Err(problem) => return Answer::of(problem),
    };
    let answer = workspace.answer();
    if !answer.problems.is_empty() {
        // An incomplete glossary would be misleading.
        return answer;
    }
    match written(&workspace, arguments, budget) {
        Ok(printed) => Answer { printed, ..answer },
        Err(limit) => answer.stopped(limit),
    }
}

fn written(workspace: &Workspace, arguments: &Doc, budget: &Budget) -> Result<Printed, Diagnostic> {
    let mut charge = budget.charge();
    let locale = Locale::new(arguments.lang);
    let glossary = Glossary::within(&workspace.library, arguments.std, &locale, &mut charge)?;
    let glossary = Glossary { title: arguments.title.clone(), date: arguments.date.clone(), ..glossary };
    Ok(Printed::Text(match arguments.format {
        DocFormat::Markdown => glossary.markdown_within(budget)?,
        DocFormat::Html => glossary.html_within(budget)?,
    }))
}

/// Definitions without data, for a result in a file.
pub(super) fn definitions(files: &[PathBuf], result: Option<&PathBuf>, strict: bool) -> Sources {
    Sources { files: files.to_vec(), result: result.cloned(), strict, ..Sources::default() }
}
