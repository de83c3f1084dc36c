//! `kpi fmt`: formats files, or lists the files that are not formatted.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::Answer;
use super::args::Fmt;
use super::files::{kpi_files, unreadable};
use super::output::Printed;
use crate::budget::Budget;
use crate::diagnostic::{Code, Diagnostic, printable_line};
use crate::source::SourceFile;
use crate::syntax;

pub(super) fn run(arguments: &Fmt, budget: &Budget) -> Answer {
    let mut answer = Answer::default();
    if arguments.files == [PathBuf::from("-")] {
        standard_input(arguments.check, budget, &mut answer);
        return answer;
    }
    let files = kpi_files(&arguments.files, &mut answer.problems);
    if files.is_empty() && answer.problems.is_empty() {
        let nothing = Diagnostic::error(Code::Unreadable, "there are no .kpi files in this folder");
        answer.problems.push(nothing.hint("name files or folders: `kpi fmt FILE|DIR`"));
    }
    let mut changed = String::new();
    for file in &files {
        match std::fs::read_to_string(file) {
            Ok(text) => format(file, &text, arguments.check, budget, &mut changed, &mut answer),
            Err(error) => answer.problems.push(unreadable(file, &error)),
        }
    }
    answer.printed = Printed::Text(changed);
    answer
}

fn format(file: &Path, text: &str, check: bool, budget: &Budget, changed: &mut String, answer: &mut Answer) {
    let Some(formatted) = formatted(&file.display().to_string(), text, budget, answer) else { return };
    if formatted == text {
        return;
    }
    if check {
        answer.failed = true;
    } else if let Err(problem) = Printed::Raw(formatted).save(file) {
        answer.problems.push(problem);
        return;
    }
    changed.push_str(&format!("{}\n", printable_line(&file.display().to_string())));
}

fn standard_input(check: bool, budget: &Budget, answer: &mut Answer) {
    let mut text = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut text) {
        return answer.problems.push(unreadable(Path::new("-"), &error));
    }
    let Some(formatted) = formatted("<stdin>", &text, budget, answer) else { return };
    match check {
        true => answer.failed = formatted != text,
        false => answer.printed = Printed::Raw(formatted),
    }
}

/// Returns the formatted text. If the text does not parse, adds its problems to the answer and returns None.
fn formatted(name: &str, text: &str, budget: &Budget, answer: &mut Answer) -> Option<String> {
    let file = answer.sources.add(SourceFile::new(name, text));
    let formatted = syntax::format_within(file, text, budget);
    formatted.map_err(|problems| answer.problems.extend(problems)).ok()
}
