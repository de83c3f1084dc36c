//! The options of `kpi completions` and `kpi man`.

use clap::Args;

/// `kpi completions`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "\
Examples:
  kpi completions bash > ~/.local/share/bash-completion/completions/kpi
  kpi completions zsh > ~/.zfunc/_kpi
  kpi completions fish > ~/.config/fish/completions/kpi.fish
  kpi completions powershell >> $PROFILE")]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `kpi man`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "\
Examples:
  kpi man eval | man -l -
  kpi man > kpi.1")]
pub struct Manual {
    /// A command of kpi, such as eval [default: the page of kpi itself]
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}
