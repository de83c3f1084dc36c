//! `kpi completions` and `kpi man`: what a shell and a manual know about the command.

use std::io;

use clap::CommandFactory;
use clap_mangen::Man;

use super::Answer;
use super::args::{Arguments, Completions, Manual};
use super::output::Printed;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};

/// A script that completes subcommands, options and their values.
pub(super) fn completions(arguments: &Completions) -> Answer {
    let mut script = vec![];
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "kpi", &mut script);
    printed(script)
}

/// The manual page of the command or of a subcommand.
pub(super) fn manual(arguments: &Manual) -> Answer {
    let mut command = Arguments::command();
    command.build();
    let page = match &arguments.command {
        None => Man::new(command),
        Some(name) => match command.find_subcommand(name) {
            Some(found) => Man::new(found.clone()).title(format!("kpi-{name}")),
            None => return Answer::of(unknown(&command, name)),
        },
    };
    match rendered(&page) {
        Ok(text) => printed(text),
        Err(error) => Answer::of(Diagnostic::error(Code::Unwritable, format!("cannot write the manual: {error}"))),
    }
}

fn rendered(page: &Man) -> io::Result<Vec<u8>> {
    let mut text = vec![];
    page.render(&mut text)?;
    Ok(text)
}

fn printed(text: Vec<u8>) -> Answer {
    let text = String::from_utf8(text).expect("help and names are UTF-8");
    Answer { printed: Printed::Raw(text), ..Answer::default() }
}

fn unknown(command: &clap::Command, name: &str) -> Diagnostic {
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    Diagnostic::error(Code::BadQuery, format!("there is no command `kpi {name}`"))
        .maybe_hint(did_you_mean(name, names.iter().copied()))
        .hint("`kpi help` lists the commands")
}
