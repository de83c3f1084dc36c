//! `kpi doc`: turns definitions into a glossary for people.

use std::path::{Path, PathBuf};

use super::Answer;
use super::args::{Doc, DocFormat, Sources};
use super::workspace::Workspace;
use crate::diagnostic::{Code, Diagnostic};
use crate::render::{Glossary, Locale};

pub(super) fn run(arguments: &Doc) -> Answer {
    let workspace = Workspace::open(&sources(&arguments.files));
    let mut answer = workspace.answer();
    if !answer.problems.is_empty() {
        // A glossary with holes would be read as the whole.
        return answer;
    }
    let glossary = Glossary::of(&workspace.library, arguments.std, &Locale::new(arguments.lang));
    let text = match arguments.format {
        DocFormat::Markdown => glossary.markdown(),
        DocFormat::Html => glossary.html(),
    };
    match &arguments.output {
        Some(path) => answer.problems.extend(written(path, &text)),
        None => answer.text = text,
    }
    answer
}

/// Definitions without data.
pub(super) fn sources(files: &[PathBuf]) -> Sources {
    Sources { files: files.to_vec(), data: vec![], strict: false }
}

fn written(path: &Path, text: &str) -> Option<Diagnostic> {
    let error = std::fs::write(path, text).err()?;
    Some(Diagnostic::error(Code::Unreadable, format!("cannot write `{}`: {error}", path.display())))
}
