//! The command `kpi`: parses arguments, calls the library, and writes results with an exit status.

pub mod args;
mod check;
mod connections;
mod console;
mod diff;
mod doc;
mod eval;
mod explain;
mod files;
mod fmt;
mod git;
mod graph;
mod list;
mod output;
mod progress;
mod rows;
mod scenario;
mod scenario_option;
mod show;
mod snapshot;
mod sql;
mod test;
mod unrelated;
mod usage;
mod versions;
mod why;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;
use args::{Arguments, Bounds, Command};
use console::Console;
use output::Printed;

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
    /// The same answer without a result, because a limit was reached.
    fn stopped(mut self, limit: Diagnostic) -> Self {
        self.problems.push(limit);
        self
    }

    /// Returns 2 if all errors are in the command line, 1 if there are other errors, else 0.
    fn status(&self) -> ExitCode {
        let mut errors = self.problems.iter().filter(|problem| problem.is_error()).peekable();
        let failed = self.failed || errors.peek().is_some();
        match failed && !self.failed && errors.all(|error| error.code == Code::BadQuery) {
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

/// Runs a command line whose first word is the name of the command.
pub fn run_on(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => return usage::answer(error),
    };
    let console = Console::new(arguments.color);
    let mut answer = answer(arguments.command, &console, &arguments.limits.start());
    let failed = !console.write(&mut answer);
    answer.failed |= failed;
    answer.status()
}

fn answer(command: Command, console: &Console, bounds: &Bounds) -> Answer {
    match command {
        Command::Eval(arguments) => eval::run(&arguments, console, bounds),
        Command::Explain(arguments) => explain::run(&arguments, bounds),
        Command::Why(arguments) => why::run(&arguments, bounds),
        Command::Diff(arguments) => diff::run(&arguments, console, bounds),
        Command::Snapshot(arguments) => snapshot::run(&arguments, bounds),
        Command::Fmt(arguments) => fmt::run(&arguments, &bounds.budget),
        Command::Doc(arguments) => doc::run(&arguments, &bounds.budget),
        Command::Graph(arguments) => graph::run(&arguments, &bounds.budget),
        Command::Check(arguments) => check::run(&arguments, bounds),
        Command::List(arguments) => list::run(&arguments, console, &bounds.budget),
        Command::Show(arguments) => show::run(&arguments, console, &bounds.budget),
        Command::Sql(arguments) => sql::run(&arguments, bounds),
        Command::Test(arguments) => test::run(&arguments, &bounds.budget),
    }
}
