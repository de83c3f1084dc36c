//! The command `kpi`: turns arguments into calls of the library, and their results into text and an exit status.

pub mod args;
mod console;
mod eval;
mod explain;
mod files;
mod fmt;
mod progress;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use args::{Arguments, Command};
use console::Console;

/// What a subcommand has to say.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// For standard output.
    pub text: String,
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
    /// Nothing but a result.
    fn of(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    fn status(&self) -> ExitCode {
        let failed = self.failed || self.problems.iter().any(Diagnostic::is_error);
        ExitCode::from(u8::from(failed))
    }
}

/// Reads the command line, does what it asks for, writes results and problems, and returns the exit status: 0, or 1
/// where something has errors. Wrong usage ends the process with status 2.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let console = Console::new(arguments.color);
    let answer = answer(arguments.command, &console);
    console.write(&answer);
    answer.status()
}

fn answer(command: Command, console: &Console) -> Answer {
    match command {
        Command::Eval(arguments) => eval::run(&arguments, console),
        Command::Explain(arguments) => explain::run(&arguments, console),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Check(_) | Command::List(_) | Command::Show(_) | Command::Test(_) => Answer::default(),
    }
}
