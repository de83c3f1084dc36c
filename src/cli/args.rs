//! Parses the command line into `Arguments`: the options of every subcommand and their help.

mod completed;
mod definitions;
mod describe;
mod formats;
mod init;
mod report;
mod results;
mod shell;
mod values;
mod versions;
mod watch;
mod what_if;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueHint};

use super::counts::count;
use crate::budget::Budget;
use crate::data::Dataset;
use crate::diagnostic::Diagnostic;
use crate::library::Library;
use crate::plan::{self, Given, Limits, Plan};

pub(super) use completed::{Completed, Refused, complete};
pub use definitions::{Check, Doc, Fmt, Graph, List, Show, Sql, Test};
pub use describe::Describe;
pub use formats::{
    Alarm, CheckFormat, DocFormat, Format, GraphFormat, Output, PageFormat, PageOutput, ReportFormat, SqlFormat,
};
pub use init::Init;
pub use report::Report;
pub use results::{Eval, Explain, Why};
pub use shell::{Completions, Manual};
pub use values::{
    Assignment, At, Columns, ConnectionName, DataFile, Date, Group, Percent, Size, Sort, StoredColumn, Time,
};
pub use versions::{Diff, Snapshot};
pub use watch::{ServeOption, WatchOption};
pub use what_if::{Sensitivity, Solve};

const STATUS: &str = "\
Exit status:
  0  everything you asked for was done
  1  definitions, data or tests have errors (they are on standard error)
  2  the command line is wrong";

const EXAMPLES: &str = "\
Examples:
  kpi eval --by month                    all KPIs of the *.kpi files here, by month
  kpi eval cac -f shop.kpi --by channel  one KPI of one file, by channel
  kpi eval 'spend / leads' -d ads.csv    a formula that has no name yet
  kpi explain cac --at month=2026-03     where a number comes from, down to the rows
  kpi check                              every problem in the definitions at once

Exit status:
  0  everything you asked for was done
  1  definitions, data or tests have errors (they are on standard error)
  2  the command line is wrong";

/// Compute KPIs exactly from plain-text definitions, and explain every number.
///
/// You write definitions in .kpi files; data come from CSV, JSON, Excel, Parquet and Arrow files. Results go to
/// standard output, problems to standard error.
#[derive(Debug, Clone, PartialEq, Parser)]
#[command(name = "kpi", version, propagate_version = true, after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(max_term_width = 100)]
pub struct Arguments {
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,

    /// When to use colors.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 900)]
    #[arg(hide_possible_values = true, help = "When to use colors: auto, always, never")]
    pub color: ColorChoice,

    /// What the command may take.
    #[command(flatten)]
    pub limits: RunLimits,
}

/// The subcommands.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Command {
    /// Compute KPIs, or a formula that has no name yet.
    Eval(Eval),
    /// Compute KPIs and show how each value was computed, down to the rows.
    Explain(Explain),
    /// Split the difference of a KPI between two periods or groups: which input accounts for how much.
    Why(Why),
    /// Find the value of an input at which a KPI is what is wanted.
    Solve(Solve),
    /// Compute KPIs with each of their inputs smaller and larger, and rank the effects.
    Sensitivity(Sensitivity),
    /// Describe data files: columns, types, ranges, and what is probably wrong with them.
    Describe(Describe),
    /// Draft definitions for data files: datasets, lookups, inputs and first KPIs.
    Init(Init),
    /// Compare two versions of the definitions: what changed in meaning, and which values that changes.
    Diff(Diff),
    /// Write all values of KPIs to a text file that `kpi diff` compares with later ones.
    Snapshot(Snapshot),
    /// Report every problem in the definitions, and in the data they use.
    Check(Check),
    /// List the KPIs with their labels and units.
    List(List),
    /// Show everything about a KPI: formula, unit, inputs, bands, dependents.
    Show(Show),
    /// Print the statements for the tables of a warehouse, with or without a connection.
    Sql(Sql),
    /// Run the examples and tests in the definitions.
    Test(Test),
    /// Format .kpi files.
    Fmt(Fmt),
    /// Write a glossary of the KPIs as Markdown or as one HTML page.
    Doc(Doc),
    /// Write a report for managers: one HTML page with charts, differences and derivations.
    Report(Report),
    /// Draw the dependencies of KPIs, as a tree or as a graph for other tools.
    Graph(Graph),
    /// Print a script that completes commands and options in a shell.
    Completions(Completions),
    /// Print a page of the manual, for `man`.
    Man(Manual),
}

impl Command {
    /// The definitions and data of a command that reads data.
    fn sources_mut(&mut self) -> Option<&mut Sources> {
        match self {
            Self::Eval(arguments) => Some(&mut arguments.sources),
            Self::Explain(arguments) => Some(&mut arguments.sources),
            Self::Why(arguments) => Some(&mut arguments.sources),
            Self::Solve(arguments) => Some(&mut arguments.sources),
            Self::Sensitivity(arguments) => Some(&mut arguments.sources),
            Self::Diff(arguments) => Some(&mut arguments.sources),
            Self::Snapshot(arguments) => Some(&mut arguments.sources),
            Self::Check(arguments) => Some(&mut arguments.sources),
            Self::List(arguments) => Some(&mut arguments.sources),
            Self::Sql(arguments) => Some(&mut arguments.sources),
            Self::Report(arguments) => Some(&mut arguments.sources),
            Self::Doc(arguments) => Some(&mut arguments.sources),
            Self::Show(_) | Self::Test(_) | Self::Fmt(_) | Self::Graph(_) => None,
            Self::Describe(_) | Self::Init(_) | Self::Completions(_) | Self::Man(_) => None,
        }
    }
}

/// The definitions and data.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Sources")]
pub struct Sources {
    /// A .kpi file or a folder of them; repeatable [default: the *.kpi files here]
    #[arg(short = 'f', long = "file", value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,

    /// A data file, or - for standard input; repeatable. The dataset is NAME, or else the name of the file without its
    /// extension. Files that the definitions name need no -d
    #[arg(short = 'd', long = "data", value_name = "[NAME=]FILE", value_hint = ValueHint::FilePath)]
    pub data: Vec<DataFile>,

    /// Connect the warehouse NAME of the definitions: PROFILE is a connection profile, or a .toml file with one;
    /// repeatable. `-d orders=NAME:analytics.orders` reads a table that no definition names
    #[arg(long = "connection", value_name = "NAME=PROFILE")]
    pub connections: Vec<ConnectionName>,

    /// Report undeclared names as errors instead of reading them as columns of the data
    #[arg(long)]
    pub strict: bool,

    /// The data files of the project.
    #[arg(skip)]
    pub project_data: Vec<DataFile>,

    /// The file for the result, which is none of the sources.
    #[arg(skip)]
    pub result: Option<PathBuf>,
}

/// The query over definitions and data.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Query")]
pub struct Query {
    /// Group by columns, and by at most one of day, week, month, quarter, year: --by month,channel
    #[arg(long, value_name = "COLUMN,…")]
    pub by: Vec<Columns>,

    /// Use only the rows for which CONDITION holds: --where 'country = "FR"'; repeatable
    #[arg(long = "where", value_name = "CONDITION")]
    pub conditions: Vec<String>,

    /// Show only this period: 2026, 2026-Q1, 2026-03, 2026-W13, 2026-03-31, or FROM..TO with both ends included;
    /// `latest` or `last 3 months`, counted back from the last period with rows. Contexts such as [previous] still read earlier data
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<String>,

    /// Take the data as known up to DATE, although their last days have no rows: 2026-03-14. It ends `[1 year ago, so far]`
    /// and decides which periods are incomplete
    #[arg(long, value_name = "DATE")]
    pub data_until: Option<String>,

    /// Set the value of a parameter, an input or a KPI: --set target_cac=35; repeatable. An input or a KPI may be set to a
    /// formula, which reads its old value: --set 'spend = spend * 90%'
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub assignments: Vec<Assignment>,
}

impl Query {
    /// True if the command line says anything about the query.
    pub(super) fn is_given(&self) -> bool {
        let Self { by, conditions, period, data_until, assignments } = self;
        let is_listed = !by.is_empty() || !conditions.is_empty() || !assignments.is_empty();
        is_listed || period.is_some() || data_until.is_some()
    }
}

/// The groups of a result to show or to explain.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Result")]
pub struct Shown {
    /// Show only the groups for which CONDITION holds, a formula over KPIs: --having 'revenue > 10_000'. With --totals,
    /// the total is computed from the rows of these groups
    #[arg(long, value_name = "CONDITION")]
    pub having: Option<String>,

    /// Show only the N keys of the first --by column with the largest values of the first KPI over all periods, and a
    /// group `others` that is computed from the rows of all other keys
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = count("--top", 1, None))]
    pub top: Option<usize>,

    /// Leave out groups in which no KPI has a value
    #[arg(long)]
    pub skip_empty: bool,
}

/// What the command may take, whatever its subcommand.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Limits")]
pub struct RunLimits {
    /// Stop with an error if more memory is needed: --memory 256MiB [default: 4GiB]
    #[arg(long, global = true, value_name = "SIZE", display_order = 901)]
    pub memory: Option<Size>,

    /// Stop with an error if it takes longer: --time 200ms, --time 5s [default: no limit]
    #[arg(long, global = true, value_name = "DURATION", display_order = 902)]
    pub time: Option<Time>,
}

impl RunLimits {
    /// The bounds of a run that starts now.
    pub(super) fn start(&self) -> Bounds {
        let limits = self.limits();
        Bounds { budget: limits.budget(), limits }
    }

    /// The same for a run that ends early if `is_stopped` returns true.
    pub(super) fn start_until(&self, is_stopped: impl Fn() -> bool + Send + Sync + 'static) -> Bounds {
        let limits = self.limits().cancel(is_stopped);
        Bounds { budget: limits.budget(), limits }
    }

    fn limits(&self) -> Limits {
        let limits = Limits::default();
        let limits = self.memory.map_or(limits.clone(), |Size(bytes)| limits.memory(bytes));
        self.time.map_or(limits.clone(), |Time(time)| limits.time(time))
    }
}

/// The limits of a run, and what is left of its time and memory. Every stage of the run takes it from the same budget.
pub(super) struct Bounds {
    /// The limits on the size of a query.
    pub limits: Limits,
    /// The time and memory.
    pub budget: Budget,
}

impl Bounds {
    /// Plans a query within the bounds.
    pub fn plan(
        &self,
        library: &Library,
        query: &plan::Query,
        datasets: &[Arc<dyn Dataset>],
        given: Given,
    ) -> (Plan, Vec<Diagnostic>) {
        library.plan_within(query, datasets, &self.limits, given, &self.budget)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;
    use insta::assert_snapshot;

    use super::*;
    use crate::render::Language;

    fn parse(line: &[&str]) -> Command {
        Arguments::try_parse_from([&["kpi"], line].concat()).expect("the command line is valid").command
    }

    fn refused(line: &[&str]) -> clap::Error {
        Arguments::try_parse_from([&["kpi"], line].concat()).expect_err("the command line is invalid")
    }

    #[test]
    fn sizes_and_durations_have_units() {
        let size = |text: &str| text.parse().map(|Size(bytes)| bytes).ok();
        let sizes = [("65536", 65_536), ("2 KiB", 2_048), ("3k", 3_072), ("256MiB", 256 << 20), ("1GB", 1_000_000_000)];
        sizes.iter().for_each(|&(text, bytes)| assert_eq!(size(text), Some(bytes), "{text}"));
        let time = |text: &str| text.parse().map(|Time(time)| time.as_millis()).ok();
        let times = [("200ms", 200), ("5s", 5_000), ("2 min", 120_000)];
        times.iter().for_each(|&(text, millis)| assert_eq!(time(text), Some(millis), "{text}"));
        for text in ["", "MiB", "-1", "1.5s", "1 day", "99999999999999999999", "20000000000GiB"] {
            assert_eq!((size(text), time(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn the_definition_of_the_command_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn parses_every_option_of_eval() {
        let line = "eval cac ltv -f shop.kpi -f more -d ads=a.csv -d b.csv --by month,channel --where x=1 \
                    --period 2026-Q1 --sort -cac --limit 10 --set target_cac=35 --totals --lang fr --format json \
                    --strict --color never";
        let Command::Eval(eval) = parse(&line.split_whitespace().collect::<Vec<_>>()) else { panic!("it is eval") };
        assert_eq!(eval.kpis, ["cac", "ltv"]);
        assert_eq!(eval.sources.files, ["shop.kpi", "more"].map(PathBuf::from));
        assert_eq!(eval.sources.data[0], DataFile { name: Some("ads".into()), path: "a.csv".into() });
        assert_eq!(eval.sources.data[1], DataFile { name: None, path: "b.csv".into() });
        assert!(eval.sources.strict && eval.totals);
        assert_eq!(eval.query.by, [Columns(vec!["month".into(), "channel".into()])]);
        assert_eq!(eval.query.conditions, ["x=1"]);
        assert_eq!(eval.query.period.as_deref(), Some("2026-Q1"));
        assert_eq!(eval.query.assignments, [Assignment { name: "target_cac".into(), value: "35".into() }]);
        assert_eq!(eval.sort, Some(Sort { column: "cac".into(), descending: true }));
        assert_eq!(eval.limit, Some(10));
        assert_eq!((eval.output.format, eval.output.lang), (Format::Json, Language::French));
    }

    #[test]
    fn parses_the_groups_of_explain() {
        let at = |groups: &str| {
            let Command::Explain(explain) = parse(&["explain", "cac", "--at", groups]) else { panic!("it is explain") };
            explain.at.into_iter().flat_map(|group| group.0).collect::<Vec<_>>()
        };
        let column = |name: &str, value: &str| At::Column(Assignment { name: name.into(), value: value.into() });
        assert_eq!(at("month=2026-03,channel=email"), [column("month", "2026-03"), column("channel", "email")]);
        assert_eq!(at("`sales, region`=\"a, b\", x = c=d"), [column("`sales, region`", "a, b"), column("x", "c=d")]);
        assert_eq!(at("Le total"), [At::Total]);
    }

    #[test]
    fn a_formula_may_start_with_a_minus_after_two_dashes() {
        let Command::Eval(eval) = parse(&["eval", "--", "-spend"]) else { panic!("it is eval") };
        assert_eq!(eval.kpis, ["-spend"]);
    }

    #[test]
    fn a_path_may_contain_an_equals_sign() {
        let path = "./by=month/ads.csv";
        assert_eq!(path.parse(), Ok(DataFile { name: None, path: path.into() }));
    }

    #[test]
    fn wrong_usage_exits_with_status_2() {
        for line in [
            &["eval", "--sort", "-"][..],
            &["eval", "--set", "x"],
            &["eval", "--lang", "de"],
            &["eval", "--limit", "-1"],
            &["eval", "-d", "=x.csv"],
            &["explain"],
            &["evaluate"],
        ] {
            let error = refused(line);
            assert_eq!(error.exit_code(), 2, "{line:?}");
            assert_ne!(error.kind(), ErrorKind::DisplayHelp);
        }
    }

    #[test]
    fn help_works_as_command_and_as_option() {
        for line in [&["help"][..], &["help", "eval"], &["eval", "--help"]] {
            let error = refused(line);
            assert_eq!((error.kind(), error.exit_code()), (ErrorKind::DisplayHelp, 0), "{line:?}");
        }
        assert_eq!(refused(&["help", "eval"]).to_string(), refused(&["eval", "--help"]).to_string());
    }

    #[test]
    fn renders_the_help_of_every_command() {
        let mut command = Arguments::command().term_width(100);
        assert_snapshot!("help", command.render_long_help());
        for name in [
            "eval",
            "explain",
            "why",
            "solve",
            "sensitivity",
            "describe",
            "init",
            "diff",
            "snapshot",
            "check",
            "list",
            "show",
            "sql",
            "test",
            "fmt",
            "doc",
            "report",
            "graph",
            "completions",
            "man",
        ] {
            command = Arguments::command().term_width(100);
            command.build();
            let subcommand = command.find_subcommand_mut(name).expect("it is a subcommand");
            assert_snapshot!(format!("help_{name}"), subcommand.render_long_help());
        }
    }
}
