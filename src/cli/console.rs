//! Writes results and problems to standard output and standard error.

use std::io::{ErrorKind, IsTerminal, Write};

use clap::ColorChoice;

use super::Answer;
use super::output::unwritable;
use crate::diagnostic::{DEFAULT_WIDTH, Diagnostic, Severity, Style, printable_line, render};

/// How much was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Written {
    /// Everything.
    All,
    /// Not everything, because the reader has closed the pipe (`| head`). That is not a failure.
    Closed,
    /// Not everything.
    Failed,
}

impl Written {
    fn of<T>(result: &std::io::Result<T>) -> Self {
        match result {
            Ok(_) => Self::All,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Self::Closed,
            Err(_) => Self::Failed,
        }
    }
}

/// The properties of standard output and standard error.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    /// True if results are colored.
    pub color: bool,
    /// The width of the terminal; None if results do not go to a terminal.
    pub width: Option<usize>,
    problems: Style,
}

impl Default for Console {
    fn default() -> Self {
        Self::new(ColorChoice::Auto)
    }
}

impl Console {
    pub fn new(choice: ColorChoice) -> Self {
        let (out, err) = (std::io::stdout(), std::io::stderr());
        let columns = |(width, _): (terminal_size::Width, _)| usize::from(width.0);
        let width = terminal_size::terminal_size_of(&err).map_or(DEFAULT_WIDTH, columns);
        Self {
            color: wants_color(choice, out.is_terminal()),
            width: terminal_size::terminal_size_of(&out).map(columns),
            problems: Style { color: wants_color(choice, err.is_terminal()), width, wrap: err.is_terminal() },
        }
    }

    /// Writes results and problems.
    pub fn write(&self, answer: &mut Answer) -> Written {
        let printed = answer.printed.write(std::io::stdout().lock(), self.color);
        let flushed = printed.and_then(|remark| std::io::stdout().flush().map(|()| remark));
        answer.remarks.extend(flushed.as_ref().ok().cloned().flatten());
        let printed = Written::of(&flushed);
        let failure = flushed.err().filter(|_| printed == Written::Failed);
        answer.problems.extend(failure.map(|error| unwritable("standard output", &error)));
        let complained = std::io::stderr().lock().write_all(self.complaint(answer).as_bytes());
        printed.max(Written::of(&complained))
    }

    /// The text for standard error: remarks, problems, and a count of the problems.
    fn complaint(&self, answer: &Answer) -> String {
        let mut text: String = answer.remarks.iter().map(|remark| format!("{}\n", printable_line(remark))).collect();
        text.push_str(&render(&answer.problems, &answer.sources, &self.problems));
        if answer.problems.iter().any(|problem| problem.severity > Severity::Note) {
            text.push_str(&summary(&answer.problems));
            text.push('\n');
        }
        text
    }
}

/// `2 errors, 1 warning`
pub(crate) fn summary(problems: &[Diagnostic]) -> String {
    let count = |severity, name: &str| {
        let count = problems.iter().filter(|problem| problem.severity == severity).count();
        (count > 0).then(|| format!("{count} {name}{}", if count == 1 { "" } else { "s" }))
    };
    let parts = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let parts: Vec<String> = parts.into_iter().filter_map(|(severity, name)| count(severity, name)).collect();
    parts.join(", ")
}

fn wants_color(choice: ColorChoice, terminal: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|it| it != "dumb"),
    }
}

/// Wraps a line of text at spaces to the width of the terminal. Continuation lines are indented.
pub(super) fn paragraph(line: &str, width: Option<usize>) -> String {
    const INDENT: usize = 2;
    let Some(width) = width else { return format!("{line}\n") };
    let lines = crate::render::wrapped(line, width.saturating_sub(INDENT));
    lines.join(&format!("\n{}", " ".repeat(INDENT))) + "\n"
}
