//! The options of `kpi diff` and `kpi snapshot`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{DataFile, PageOutput, Query, STATUS, Sources};
use crate::cli::counts::count;

const DIFF_STATUS: &str = "\
Exit status:
  0  everything you asked for was done
  1  definitions or data have errors; with --fail-on-change, something changed
  2  the command line is wrong";

/// `kpi diff`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = DIFF_STATUS, after_long_help = "\
Examples:
  kpi diff HEAD
      the definitions in this folder with those of the last commit
  kpi diff main HEAD -f kpis --by month --format markdown
      two revisions of a folder, with the values that differ, as a comment for a pull request
  kpi diff old.kpi new.kpi -d ads.csv --fail-on-change
      two files, with the values of both over the same data
  kpi diff kpis.snap
      the values of a snapshot with those of today

Exit status:
  0  everything you asked for was done
  1  definitions or data have errors; with --fail-on-change, something changed
  2  the command line is wrong")]
pub struct Diff {
    /// A .kpi file, a folder of them, a revision of git or a snapshot
    #[arg(value_name = "OLD")]
    pub old: String,

    /// The same, newer [default: the files of -f, or the *.kpi files here]
    #[arg(value_name = "NEW")]
    pub new: Option<String>,

    /// The definitions and data. The files are those that a revision is read from.
    #[command(flatten)]
    pub sources: Sources,

    /// A data file for OLD only; repeatable. Without it, both read the same data
    #[arg(long = "old-data", value_name = "[NAME=]FILE", value_hint = ValueHint::FilePath, help_heading = "Sources")]
    pub old_data: Vec<DataFile>,

    /// The query.
    #[command(flatten)]
    pub query: Query,

    /// Show at most N values that differ, the most remarkable first [default: 20; all in JSON]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Result")]
    #[arg(value_parser = count("--top", 0, None))]
    pub top: Option<usize>,

    /// Compare the total over all groups, too
    #[arg(long, help_heading = "Result")]
    pub totals: bool,

    /// Compare the definitions only, and read no data
    #[arg(long, help_heading = "Result")]
    pub no_values: bool,

    /// Exit with status 1 if something changed that has a meaning: not for additions, other names, texts and layout
    #[arg(long, help_heading = "Result")]
    pub fail_on_change: bool,

    /// The output options.
    #[command(flatten)]
    pub output: PageOutput,
}

/// `kpi snapshot`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi snapshot --by month -o kpis.snap
      all published KPIs by month, to be committed beside the definitions
  kpi diff kpis.snap
      what changed since then

Exit status:
  0  everything you asked for was done; undefined values are not errors
  1  definitions or data have errors (they are on standard error)
  2  the command line is wrong")]
pub struct Snapshot {
    /// KPIs by name or alias, or formulas [default: all published KPIs of the files]
    #[arg(value_name = "KPI")]
    pub kpis: Vec<String>,

    /// The definitions and data.
    #[command(flatten)]
    pub sources: Sources,

    /// The query.
    #[command(flatten)]
    pub query: Query,

    /// Include the total over all groups
    #[arg(long, help_heading = "Result")]
    pub totals: bool,

    /// Write to this file, or - for standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Result")]
    pub output: Option<PathBuf>,
}
