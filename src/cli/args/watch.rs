//! The options that run a command again when files change.

use std::path::PathBuf;

use clap::Args;

use super::{Command, Sources};

/// `--watch` of commands that print.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Watching")]
pub struct WatchOption {
    /// Run again whenever a definition, a data file or kpi.toml changes, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
}

/// `--watch` of commands that write pages.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Watching")]
pub struct ServeOption {
    /// Run again whenever a definition, a data file or kpi.toml changes, until Ctrl-C, and show the page at an address
    /// that only this machine reaches. Browsers load it again when it changes
    #[arg(long)]
    pub watch: bool,

    /// With --watch: the port of the address [default: a free one]
    #[arg(long, value_name = "PORT", requires = "watch")]
    pub port: Option<u16>,
}

/// What a command reads that runs again when it changes.
pub(in crate::cli) struct Watched<'c> {
    /// The files and folders of definitions.
    pub definitions: &'c [PathBuf],
    /// The definitions and data, if the command reads data.
    pub sources: Option<&'c Sources>,
}

impl Command {
    /// What the command reads, if it is to be watched.
    pub(in crate::cli) fn watched(&self) -> Option<Watched<'_>> {
        let (is_watched, definitions, sources) = match self {
            Self::Eval(arguments) => (arguments.watch.watch, &arguments.sources.files, Some(&arguments.sources)),
            Self::Explain(arguments) => (arguments.watch.watch, &arguments.sources.files, Some(&arguments.sources)),
            Self::Why(arguments) => (arguments.watch.watch, &arguments.sources.files, Some(&arguments.sources)),
            Self::Solve(arguments) => (arguments.watch.watch, &arguments.sources.files, Some(&arguments.sources)),
            Self::Sensitivity(arguments) => (arguments.watch.watch, &arguments.sources.files, Some(&arguments.sources)),
            Self::Check(arguments) => (arguments.watch.watch, &arguments.sources.files, Some(&arguments.sources)),
            Self::Test(arguments) => (arguments.watch.watch, &arguments.files, None),
            Self::Report(arguments) => (arguments.serve.watch, &arguments.sources.files, Some(&arguments.sources)),
            Self::Doc(arguments) => (arguments.serve.watch, &arguments.sources.files, Some(&arguments.sources)),
            _ => return None,
        };
        is_watched.then_some(Watched { definitions, sources })
    }
}
