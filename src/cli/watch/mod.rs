//! `--watch`: runs a command again whenever a file that it reads changes, and shows its page in browsers.

mod changes;
mod inputs;
mod requests;
mod server;
mod stop;
mod wake;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use super::args::{Command, Completed, DocFormat, Refused, ReportFormat, ServeOption, complete};
use super::console::{Console, Written};
use super::output::Printed;
use super::project::Project;
use super::{Answer, answer, directed, finished, usage};
use crate::diagnostic::{Code, Diagnostic, Style, printable_line, render};
use changes::Changes;
use inputs::Inputs;
use server::Server;
use stop::Stop;

/// Runs a command, and again whenever a file that it reads changes, until Ctrl-C.
pub(super) fn run(words: Vec<OsString>, first: Completed) -> ExitCode {
    match Session::start(words, &first.arguments.command) {
        Ok(session) => session.run(first),
        Err(problem) => finished(&Console::new(first.arguments.color), Answer::of(problem)),
    }
}

/// What lasts from one run to the next.
struct Session {
    /// The command line.
    words: Vec<OsString>,
    stop: Stop,
    changes: Changes,
    /// Shows the page, if the result is one.
    server: Option<Server>,
}

impl Session {
    fn start(words: Vec<OsString>, command: &Command) -> Result<Self, Diagnostic> {
        if let Some(problem) = contradiction(command) {
            return Err(problem);
        }
        let changes = Changes::new();
        let stop = Stop::at_ctrl_c(changes.wake())?;
        let server = served(command).map(|options| Server::start(options.port)).transpose()?;
        Ok(Self { words, stop, changes, server })
    }

    fn run(mut self, first: Completed) -> ExitCode {
        let (mut next, mut inputs, mut is_first) = (Ok(first), Inputs::default(), true);
        loop {
            if let Ok(completed) = &next {
                inputs = Inputs::of(completed);
            }
            // The state before the run, so that a change during it counts.
            self.changes.follow(inputs.folders());
            let before = inputs.files();
            if !self.turn(next) {
                return ExitCode::SUCCESS;
            }
            if std::mem::take(&mut is_first) {
                self.introduce(before.len());
            }
            let Some(after) = self.changes.wait(&before, || inputs.files(), &self.stop) else {
                return ExitCode::SUCCESS;
            };
            remark(&format!("changed: {}", after.changed_since(&before)));
            next = complete(self.words.clone(), Project::find);
        }
    }

    /// Runs the command once. False if that was the last time: it is stopped, or nobody reads the results.
    fn turn(&self, next: Result<Completed, Refused>) -> bool {
        match next {
            Ok(Completed { arguments, output }) => {
                let console = Console::new(arguments.color);
                let stop = self.stop.clone();
                let bounds = arguments.limits.start_until(move || stop.is_set());
                let answer = answer(arguments.command, &console, &bounds);
                !self.stop.is_set() && self.show(answer, output.as_deref(), &console)
            }
            Err(Refused::Problem(problem)) => self.show(Answer::of(*problem), None, &Console::default()),
            Err(Refused::Usage(error)) => {
                usage::answer(error);
                true
            }
        }
    }

    /// Shows a result and its problems. False if nobody reads them.
    fn show(&self, mut answer: Answer, output: Option<&Path>, console: &Console) -> bool {
        let page = self.server.as_ref().and_then(|_| page(&answer.printed));
        if self.server.is_some() && output.is_none() {
            answer.printed = Printed::default();
        }
        let mut answer = directed(answer, output, console);
        if let Some(server) = &self.server {
            server.show(page, &problems(&answer));
        }
        console.write(&mut answer) == Written::All
    }

    fn introduce(&self, files: usize) {
        if let Some(server) = &self.server {
            remark(&format!("the page is at {}", server.address()));
        }
        let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
        remark(&format!("watching {files}; press Ctrl-C to stop"));
    }
}

/// Writes a line to standard error. If nobody reads it, nothing is lost.
fn remark(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{}", printable_line(line));
}

/// The page of a result. None if there is none.
fn page(printed: &Printed) -> Option<String> {
    let mut bytes = vec![];
    printed.write(&mut bytes, false).expect("memory takes everything");
    (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// The errors of a result, for a page.
fn problems(answer: &Answer) -> String {
    let errors: Vec<Diagnostic> = answer.problems.iter().filter(|problem| problem.is_error()).cloned().collect();
    render(&errors, &answer.sources, &Style::default())
}

/// The options of a command whose page is served.
fn served(command: &Command) -> Option<&ServeOption> {
    let (options, is_page) = options(command)?;
    is_page.then_some(options)
}

/// The options of a command that has pages, and whether its format is one.
fn options(command: &Command) -> Option<(&ServeOption, bool)> {
    match command {
        Command::Report(arguments) => Some((&arguments.serve, arguments.format == ReportFormat::Html)),
        Command::Doc(arguments) => Some((&arguments.serve, arguments.format == DocFormat::Html)),
        _ => None,
    }
}

/// The error for options that cannot be combined with `--watch`.
fn contradiction(command: &Command) -> Option<Diagnostic> {
    let data = command.watched().and_then(|watched| watched.sources).map_or(&[][..], |sources| &sources.data);
    if data.iter().any(|file| file.path == Path::new("-")) {
        let problem = Diagnostic::error(Code::BadQuery, "standard input can be read once, so it cannot be watched");
        return Some(problem.hint("save the data in a file, and name it: `-d NAME=FILE`"));
    }
    match options(command) {
        Some((ServeOption { port: Some(_), .. }, false)) => {
            let problem = Diagnostic::error(Code::BadQuery, "`--port` is for a page, and the format is not HTML");
            Some(problem.hint("write `--format html`, or omit `--port`"))
        }
        _ => None,
    }
}
