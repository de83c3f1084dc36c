//! `--set name=value`: what a query sets.

use std::collections::HashMap;

use super::args::{Assignment, Command};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::names;

/// The error for a name that the command line sets twice.
pub(super) fn set_twice(command: &Command) -> Option<Diagnostic> {
    let query = match command {
        Command::Eval(arguments) => &arguments.query,
        Command::Explain(arguments) => &arguments.query,
        Command::Why(arguments) => &arguments.query,
        Command::Solve(arguments) => &arguments.query,
        Command::Sensitivity(arguments) => &arguments.query,
        Command::Report(arguments) => &arguments.query,
        Command::Sql(arguments) => &arguments.query,
        Command::Diff(arguments) => &arguments.query,
        Command::Snapshot(arguments) => &arguments.query,
        Command::Doc(arguments) => &arguments.query,
        Command::Describe(_) | Command::Init(_) | Command::Check(_) | Command::List(_) | Command::Show(_) => {
            return None;
        }
        Command::Test(_) | Command::Fmt(_) | Command::Graph(_) => return None,
        Command::Completions(_) | Command::Man(_) => return None,
    };
    let mut known: HashMap<String, &Assignment> = HashMap::new();
    query.assignments.iter().find_map(|set| {
        let name = names::bare(&set.name).to_string();
        let first = known.insert(name.clone(), set)?;
        let message = format!("`{name}` is set twice: to `{}` and to `{}`", first.value, set.value);
        Some(Diagnostic::error(Code::BadQuery, message).hint(format!("write `--set {name}=…` once")))
    })
}
