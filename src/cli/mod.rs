//! The command `kpi`: turns arguments into calls of the library, and their results into text and an exit status.

pub mod args;
mod check;
mod console;
mod doc;
mod eval;
mod explain;
mod files;
mod fmt;
mod graph;
mod list;
mod output;
mod progress;
mod rows;
mod show;
mod test;
mod unrelated;
mod usage;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;
use args::{Arguments, Command};
use console::Console;
use output::Printed;

/// What a subcommand has to say.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// For standard output.
    pub printed: Printed,
    /// For standard error.
    pub problems: Vec<Diagnostic>,
    /// The texts that the problems point into.
    pub sources: SourceMap,
    /// Lines for standard error that are no problems: how files were read.
    pub remarks: Vec<String>,
    /// Whether it failed without a problem of its own to show.
    pub failed: bool,
}

impl Answer {
    /// 2 where nothing is wrong but what was asked for, else 1 where anything is.
    fn status(&self) -> ExitCode {
        let mut errors = self.problems.iter().filter(|problem| problem.is_error()).peekable();
        let failed = self.failed || errors.peek().is_some();
        match failed && !self.failed && errors.all(|error| error.code == Code::BadQuery) {
            true => ExitCode::from(2),
            false => ExitCode::from(u8::from(failed)),
        }
    }
}

/// Reads the command line, does what it asks for, writes results and problems, and returns the exit status: 0, or 1
/// where definitions or data have errors, or 2 where the command line is wrong.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage::answer(error),
    };
    let console = Console::new(arguments.color);
    let mut answer = answer(arguments.command, &console);
    let failed = !console.write(&mut answer);
    answer.failed |= failed;
    answer.status()
}

fn answer(command: Command, console: &Console) -> Answer {
    match command {
        Command::Eval(arguments) => eval::run(&arguments, console),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Doc(arguments) => doc::run(&arguments),
        Command::Graph(arguments) => graph::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::List(arguments) => list::run(&arguments, console),
        Command::Show(arguments) => show::run(&arguments, console),
        Command::Test(arguments) => test::run(&arguments),
    }
}
