//! The command `kpi`: parses arguments, calls the library, and writes results with an exit status.

mod alert;
pub mod args;
mod check;
mod connections;
mod console;
mod counts;
mod describe;
mod diff;
mod doc;
mod eval;
mod explain;
mod files;
mod fmt;
mod git;
mod graph;
mod init;
mod inputs;
mod inside;
mod list;
mod output;
mod progress;
mod project;
mod quoting;
mod report;
mod report_item;
mod rows;
mod rows_option;
mod scenario;
mod scenario_option;
mod sensitivity;
mod settings;
mod shell;
mod show;
mod snapshot;
mod solve;
mod sql;
mod test;
mod unrelated;
mod usage;
mod versions;
mod watch;
mod why;
mod workspace;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use unicode_normalization::UnicodeNormalization;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;
use args::{Bounds, Command, Completed, Refused, complete};
use console::{Console, Written};
use output::Printed;
use project::Project;

/// The output of a subcommand.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// For standard output.
    pub printed: Printed,
    /// For standard error.
    pub problems: Vec<Diagnostic>,
    /// The texts that the problems point into.
    pub sources: SourceMap,
    /// Lines for standard error that are not problems: how files were read.
    pub remarks: Vec<String>,
    /// True if the subcommand failed without a problem to show.
    pub failed: bool,
}

impl Answer {
    /// An answer that is a problem alone.
    fn of(problem: Diagnostic) -> Self {
        Self { problems: vec![problem], ..Self::default() }
    }

    /// The same answer with its result in a file. A file is kept as it is if there is no result to replace it.
    fn saved(mut self, path: &Path) -> Self {
        let printed = std::mem::take(&mut self.printed);
        if printed.is_empty() {
            return self;
        }
        match printed.save(path) {
            Ok(remark) => self.remarks.extend(remark),
            Err(problem) => self.problems.push(problem),
        }
        self
    }

    /// The same answer without a workbook, which a terminal cannot show.
    fn without_workbook(self) -> Self {
        match self.printed {
            Printed::Workbook(_) => {
                let problem = Diagnostic::error(Code::BadQuery, "a terminal cannot show a workbook");
                let problem = problem.hint("name a file: `-o FILE.xlsx`");
                Self { printed: Printed::default(), ..self }.stopped(problem)
            }
            _ => self,
        }
    }

    /// The same answer without a result, because a limit was reached.
    fn stopped(mut self, limit: Diagnostic) -> Self {
        self.problems.push(limit);
        self
    }

    /// An answer that takes the place of this one, whose remarks it keeps.
    fn refused(self, mut other: Self) -> Self {
        other.remarks.splice(..0, self.remarks);
        other
    }

    /// True if nothing can be computed: what the command line asks is wrong, or a file cannot be read.
    fn cannot_begin(&self) -> bool {
        self.asks_wrongly() || self.problems.iter().any(|problem| problem.code == Code::Unreadable)
    }

    /// True if an error is in what the command line asks, such as a period or a condition.
    fn asks_wrongly(&self) -> bool {
        self.problems.iter().any(|problem| problem.is_error() && problem.in_query)
    }

    /// Returns 2 if all errors are in the command line, 1 if there are other errors, else 0.
    fn status(&self) -> ExitCode {
        let mut errors = self.problems.iter().filter(|problem| problem.is_error()).peekable();
        let failed = self.failed || errors.peek().is_some();
        match failed && !self.failed && errors.all(|error| error.in_query) {
            true => ExitCode::from(2),
            false => ExitCode::from(u8::from(failed)),
        }
    }
}

/// Runs the command line, writes results and problems, and returns the exit status: 0 on success, 1 if definitions or
/// data have errors, 2 if the command line is wrong.
pub fn run() -> ExitCode {
    run_on(std::env::args_os())
}

/// A word with composed letters, as names and texts are compared; the path of a file stays as it is.
fn composed(word: OsString) -> OsString {
    let Some(text) = word.to_str() else { return word };
    let path = text.split_once('=').map_or(text, |(_, path)| path);
    match text.is_ascii() || Path::new(path).exists() {
        false => text.nfc().collect::<String>().into(),
        true => word,
    }
}

/// Runs a command line whose first word is the name of the command.
pub fn run_on(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().map(composed).collect();
    match complete(words.clone(), Project::find) {
        Ok(completed) if completed.arguments.command.watched().is_some() => watch::run(words, completed),
        Ok(Completed { arguments, output }) => {
            let console = Console::new(arguments.color);
            let answer = answer(arguments.command, &console, &arguments.limits.start());
            finished(&console, directed(answer, output.as_deref(), &console))
        }
        Err(Refused::Usage(error)) => usage::answer(error),
        Err(Refused::Problem(problem)) => finished(&Console::default(), Answer::of(*problem)),
    }
}

/// The answer with its result in the file that was asked for.
fn directed(answer: Answer, output: Option<&Path>, console: &Console) -> Answer {
    match output {
        Some(path) => answer.saved(path),
        None if console.width.is_some() => answer.without_workbook(),
        None => answer,
    }
}

/// Writes an answer, and returns the exit status.
fn finished(console: &Console, mut answer: Answer) -> ExitCode {
    let written = console.write(&mut answer);
    answer.failed |= written == Written::Failed;
    answer.status()
}

fn answer(command: Command, console: &Console, bounds: &Bounds) -> Answer {
    if let Some(problem) = settings::set_twice(&command) {
        return Answer::of(problem);
    }
    match command {
        Command::Eval(arguments) => eval::run(&arguments, console, bounds),
        Command::Describe(arguments) => describe::run(&arguments, console, &bounds.budget),
        Command::Init(arguments) => init::run(&arguments, bounds),
        Command::Explain(arguments) => explain::run(&arguments, bounds),
        Command::Why(arguments) => why::run(&arguments, bounds, console),
        Command::Solve(arguments) => solve::run(&arguments, console, bounds),
        Command::Sensitivity(arguments) => sensitivity::run(&arguments, console, bounds),
        Command::Diff(arguments) => diff::run(&arguments, console, bounds),
        Command::Snapshot(arguments) => snapshot::run(&arguments, bounds),
        Command::Fmt(arguments) => fmt::run(&arguments, &bounds.budget),
        Command::Doc(arguments) => doc::run(&arguments, bounds),
        Command::Report(arguments) => report::run(&arguments, bounds),
        Command::Graph(arguments) => graph::run(&arguments, &bounds.budget),
        Command::Check(arguments) => check::run(&arguments, bounds),
        Command::List(arguments) => list::run(&arguments, console, &bounds.budget),
        Command::Show(arguments) => show::run(&arguments, console, &bounds.budget),
        Command::Sql(arguments) => sql::run(&arguments, bounds),
        Command::Test(arguments) => test::run(&arguments, &bounds.budget),
        Command::Completions(arguments) => shell::completions(&arguments),
        Command::Man(arguments) => shell::manual(&arguments),
    }
}
