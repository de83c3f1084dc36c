//! The options of the commands about definitions.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{
    CheckFormat, Date, DocFormat, GraphFormat, Output, PageOutput, Query, STATUS, ServeOption, Sources, SqlFormat,
    StoredColumn, WatchOption,
};
use crate::render::Language;
use crate::sql::Dialect;

/// `kpi check`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS)]
pub struct Check {
    /// The definitions and data.
    #[command(flatten)]
    pub sources: Sources,

    /// How to print problems
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Result")]
    pub format: CheckFormat,

    /// Write to this file, whose extension names the format, or - for standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Result")]
    pub output: Option<PathBuf>,

    /// When to run again.
    #[command(flatten)]
    pub watch: WatchOption,
}

/// `kpi list`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS)]
pub struct List {
    /// List only KPIs whose name, label or alias contains all WORDS, in English or French
    #[arg(value_name = "WORDS")]
    pub words: Vec<String>,

    /// Include the KPIs of the standard library
    #[arg(long, help_heading = "Result")]
    pub std: bool,

    /// Include inputs and parameters
    #[arg(long, help_heading = "Result")]
    pub inputs: bool,

    /// Include the standard library, and show what is missing from the data for each KPI
    #[arg(long, help_heading = "Result")]
    pub computable: bool,

    /// The definitions and data.
    #[command(flatten)]
    pub sources: Sources,

    /// The output options.
    #[command(flatten)]
    pub output: Output,
}

/// `kpi show`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS)]
pub struct Show {
    /// A KPI, input, parameter or function, by name or alias, in English or French
    #[arg(value_name = "NAME")]
    pub name: String,

    /// A .kpi file or a folder of them; repeatable [default: the *.kpi files here]
    #[arg(short = 'f', long = "file", value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "Sources")]
    pub files: Vec<PathBuf>,

    /// Report undeclared names as errors instead of reading them as columns of the data
    #[arg(long, help_heading = "Sources")]
    pub strict: bool,

    /// The output options.
    #[command(flatten)]
    pub output: PageOutput,
}

/// `kpi sql`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi sql revenue --by month --dialect snowflake
      what Snowflake would be asked, and how much of each measure it would compute
  kpi sql revenue --column 'orders.amount=decimal(12,2)' --column orders.quantity=integer
      with the types that the columns have in the warehouse

Exit status:
  0  everything you asked for was done
  1  definitions have errors (they are on standard error)
  2  the command line is wrong")]
pub struct Sql {
    /// KPIs by name or alias, or formulas [default: all published KPIs of the files]
    #[arg(value_name = "KPI")]
    pub kpis: Vec<String>,

    /// The definitions and data.
    #[command(flatten)]
    pub sources: Sources,

    /// The type of a column in the warehouse: integer, decimal(12,2), float, text, date, timestamp or boolean;
    /// repeatable. Without it, declared numbers are assumed to be decimal(18,4)
    #[arg(long = "column", value_name = "DATASET.COLUMN=TYPE", help_heading = "Sources")]
    pub columns: Vec<StoredColumn>,

    /// The query.
    #[command(flatten)]
    pub query: Query,

    /// Ask for a total as well
    #[arg(long, help_heading = "Result")]
    pub totals: bool,

    /// The dialect of SQL [default: that of the connection, or ansi]
    #[arg(long, value_name = "DIALECT", help_heading = "Result")]
    pub dialect: Option<Dialect>,

    /// Format of the result
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Result")]
    pub format: SqlFormat,

    /// Write to this file, whose extension names the format, or - for standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Result")]
    pub output: Option<PathBuf>,
}

/// `kpi test`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS)]
pub struct Test {
    /// Run only tests whose title, and examples whose KPI name, contains FILTER
    #[arg(value_name = "FILTER")]
    pub filter: Option<String>,

    /// A .kpi file or a folder of them; repeatable [default: the *.kpi files here]
    #[arg(short = 'f', long = "file", value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "Sources")]
    pub files: Vec<PathBuf>,

    /// Include the examples and tests of the standard library
    #[arg(long, help_heading = "Sources")]
    pub std: bool,

    /// Language of the numbers in failures
    #[arg(long, value_name = "LANG", default_value = "en", ignore_case = true, help_heading = "Result")]
    pub lang: Language,

    /// When to run again.
    #[command(flatten)]
    pub watch: WatchOption,
}

/// `kpi fmt`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "\
Exit status:
  0  all files are formatted
  1  with --check, a file is not formatted; or a file does not parse and was not changed
  2  the command line is wrong")]
pub struct Fmt {
    /// .kpi files or folders of them; - formats standard input [default: the *.kpi files here]
    #[arg(value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,

    /// Do not change files; list the files that would change
    #[arg(long)]
    pub check: bool,
}

/// `kpi doc`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi doc -o glossary.md
      the KPIs of the *.kpi files here, and everything they depend on
  kpi doc --std --format html --lang fr -o glossaire.html
      one page in French that needs no network, with the standard library
  kpi doc -f shop --by month --period latest -o glossary.html
      with the value of each KPI in the last month, its target and its status
  kpi doc -f shop --watch
      the page in a browser, which shows every save of the definitions

Exit status:
  0  everything you asked for was done
  1  definitions or data have errors (they are on standard error)
  2  the command line is wrong")]
pub struct Doc {
    /// The definitions and data.
    #[command(flatten)]
    pub sources: Sources,

    /// Include the KPIs of the standard library [default: only if the files have no KPI]
    #[arg(long, help_heading = "Sources")]
    pub std: bool,

    /// The query of the values.
    #[command(flatten)]
    pub query: Query,

    /// Format of the glossary [default: html with --watch, else markdown]
    #[arg(long, value_name = "FORMAT", default_value = "markdown", default_value_if("watch", "true", "html"))]
    #[arg(hide_default_value = true, help_heading = "Result")]
    pub format: DocFormat,

    /// Language of the glossary
    #[arg(long, value_name = "LANG", default_value = "en", ignore_case = true, help_heading = "Result")]
    pub lang: Language,

    /// Title of the glossary: --title 'KPIs of the shop'
    #[arg(long, value_name = "TITLE", help_heading = "Result")]
    pub title: Option<String>,

    /// Print this date below the title: 2026-04-02
    #[arg(long, value_name = "DATE", help_heading = "Result")]
    pub date: Option<Date>,

    /// Write to this file, whose extension names the format, or - for standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Result")]
    pub output: Option<PathBuf>,

    /// When to run again, and where the page is.
    #[command(flatten)]
    pub serve: ServeOption,
}

/// `kpi graph`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi graph ltv_cac_ratio
      what a KPI needs, down to the inputs, as a tree
  kpi graph --format dot | dot -Tsvg > kpis.svg
      all KPIs of the *.kpi files here, drawn by Graphviz

Exit status:
  0  everything you asked for was done
  1  definitions have errors (they are on standard error)
  2  the command line is wrong")]
pub struct Graph {
    /// KPIs by name or alias [default: all published KPIs of the files]
    #[arg(value_name = "KPI")]
    pub kpis: Vec<String>,

    /// A .kpi file or a folder of them; repeatable [default: the *.kpi files here]
    #[arg(short = 'f', long = "file", value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "Sources")]
    pub files: Vec<PathBuf>,

    /// Include the KPIs of the standard library [default: only if the files have no KPI]
    #[arg(long, help_heading = "Sources")]
    pub std: bool,

    /// Format of the graph
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Result")]
    pub format: GraphFormat,

    /// Write to this file, whose extension names the format, or - for standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Result")]
    pub output: Option<PathBuf>,

    /// Language of the labels
    #[arg(long, value_name = "LANG", default_value = "en", ignore_case = true, help_heading = "Result")]
    pub lang: Language,
}
