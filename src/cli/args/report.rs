//! The options of `kpi report`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{Columns, Date, Query, ReportFormat, STATUS, ServeOption, Sources};
use crate::language::Language;

/// `kpi report`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi report -f shop --by month -o report.html
      all KPIs of the folder by month: what is off target, what changed and why
  kpi report cac roas -f shop --by month --period 2026 --over channel --lang fr -o rapport.html
      two KPIs in French, with the segments of the last month by channel
  kpi report Board -f shop -o board.html
      the report `Board` of the definitions, with its KPIs, period and segments
  kpi report Board -f shop --watch
      the same in a browser, which shows every save of the definitions and the data

Exit status:
  0  the report was written; undefined values are not errors
  1  definitions or data have errors (they are on standard error)
  2  the command line is wrong")]
pub struct Report {
    /// KPIs by name or alias, or formulas; or the titles of `report` items [default: all published KPIs of the files]
    #[arg(value_name = "KPI|TITLE")]
    pub kpis: Vec<String>,

    /// Show the segments of the current values by these columns too: --over channel,country
    #[arg(long, value_name = "COLUMN,…", help_heading = "Query")]
    pub over: Vec<Columns>,

    /// What to compare with besides targets: previous, '1 year ago', 'previous, so far' [default: previous]
    #[arg(long, value_name = "PERIOD", help_heading = "Query")]
    pub against: Option<String>,

    /// The definitions and data.
    #[command(flatten)]
    pub sources: Sources,

    /// The query.
    #[command(flatten)]
    pub query: Query,

    /// How the project groups, if neither the command line nor the report says it.
    #[arg(skip)]
    pub project_by: Vec<String>,

    /// Language of the report
    #[arg(long, value_name = "LANG", default_value = "en", help_heading = "Result")]
    pub lang: Language,

    /// Print this date below the title: 2026-04-02
    #[arg(long, value_name = "DATE", help_heading = "Result")]
    pub date: Option<Date>,

    /// Format of the report
    #[arg(long, value_name = "FORMAT", default_value = "html", help_heading = "Result")]
    pub format: ReportFormat,

    /// Write to this file, whose extension names the format, or - for standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Result")]
    pub output: Option<PathBuf>,

    /// When to run again, and where the page is.
    #[command(flatten)]
    pub serve: ServeOption,
}
