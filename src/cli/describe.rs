//! `kpi describe`: what data files contain, and what is probably wrong with them.

use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use super::Answer;
use super::args::{DataFile, Describe, PageFormat};
use super::console::Console;
use super::inputs::spare;
use super::output::{Printed, json};
use super::workspace::stem;
use crate::budget::Budget;
use crate::data::Declaration;
use crate::describe::{Description, describe_within};
use crate::diagnostic::{Code, Diagnostic};
use crate::render::{self, Locale};

pub(super) fn run(arguments: &Describe, console: &Console, budget: &Budget) -> Answer {
    let files = || arguments.tables.iter().chain(&arguments.data);
    if let Err(problem) = spare(arguments.output.output.as_deref(), files().map(|file| file.path.clone())) {
        return Answer::of(problem);
    }
    let mut answer = Answer::default();
    let mut described = vec![];
    for file in files() {
        match describe(file, budget) {
            Ok(description) => described.push(description),
            Err(problems) => answer.problems.extend(problems),
        }
    }
    match printed(&described, arguments, console, budget) {
        Ok(printed) => answer.printed = printed,
        Err(limit) => return answer.stopped(limit),
    }
    answer
}

/// Describes a file of the command line.
pub(super) fn describe(file: &DataFile, budget: &Budget) -> Result<Description, Vec<Diagnostic>> {
    let name = file.name.clone().unwrap_or_else(|| stem(&file.path));
    if file.path != Path::new("-") {
        return describe_within(&name, &file.path, &Declaration::default(), budget);
    }
    // The rows are read again with the settings that they need, so they must be in a file.
    let copy = standard_input()
        .map_err(|error| vec![Diagnostic::error(Code::Unreadable, format!("cannot read standard input: {error}"))])?;
    let described = describe_within(&name, copy.path(), &Declaration::default(), budget);
    described.map(|description| Description { file: "standard input".into(), ..description }).map_err(|problems| {
        let named = |mut problem: Diagnostic| {
            let path = copy.path().display().to_string();
            problem.message = problem.message.replace(&path, "standard input");
            problem.cell.iter_mut().for_each(|place| place.file = "standard input".into());
            problem
        };
        problems.into_iter().map(named).collect()
    })
}

fn standard_input() -> std::io::Result<NamedTempFile> {
    let mut copy = NamedTempFile::new()?;
    std::io::copy(&mut std::io::stdin().lock(), &mut copy)?;
    copy.flush()?;
    Ok(copy)
}

fn printed(
    described: &[Description],
    arguments: &Describe,
    console: &Console,
    budget: &Budget,
) -> Result<Printed, Diagnostic> {
    let locale = Locale::new(arguments.output.lang);
    let each = |draw: &dyn Fn(&Description) -> Result<String, Diagnostic>| {
        let all: Result<Vec<String>, Diagnostic> = described.iter().map(draw).collect();
        all.map(|all| Printed::Text(all.join("\n")))
    };
    match arguments.output.format {
        PageFormat::Json => Ok(Printed::Raw(json(&described))),
        PageFormat::Markdown => each(&|it| render::description_markdown(it, &locale, budget)),
        PageFormat::Table => each(&|it| render::description(it, &locale, console.width, budget)),
    }
}
