//! The options of `kpi eval`, `kpi explain` and `kpi why`.

use clap::Args;

use super::{Alarm, Columns, Group, Output, PageOutput, Query, STATUS, Shown, Sort, Sources, WatchOption};
use crate::cli::counts::count;
use crate::cli::rows_option::{ChangedRowsOption, RowsOption};
use crate::cli::scenario_option::ScenarioOption;

/// `kpi eval`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi eval
      all published KPIs of the *.kpi files in this folder, over all rows
  kpi eval cac ltv -f shop.kpi --by month,channel --totals
      two KPIs by month and channel, with a total row
  kpi eval cac --by month --period 2026-Q1 --where 'channel != \"brand\"'
      the first quarter by month, without the rows of one channel
  kpi eval 'spend / leads' -d ads.csv --by week
      a formula that has no name yet, over the columns of a file
  kpi eval cac --set target_cac=35 --set 'spend = spend * 90%'
      what if: other values for a parameter and an input
  kpi eval --by month --format csv > kpis.csv
      exact decimals, for other programs

Exit status:
  0  everything you asked for was done; undefined values are not errors
  1  definitions or data have errors (they are on standard error)
  2  the command line is wrong")]
pub struct Eval {
    /// KPIs by name or alias, or formulas [default: all published KPIs of the files]
    #[arg(value_name = "KPI")]
    pub kpis: Vec<String>,

    /// The definitions and data.
    #[command(flatten)]
    pub sources: Sources,

    /// The query.
    #[command(flatten)]
    pub query: Query,

    /// The scenario.
    #[command(flatten)]
    pub scenario: ScenarioOption,

    /// Sort by this column; a minus sorts in descending order: --sort -cac. --top then takes its largest values
    #[arg(long, value_name = "[-]COLUMN", allow_hyphen_values = true, help_heading = "Result")]
    pub sort: Option<Sort>,

    /// Show at most N rows, after sorting; totals still cover all rows
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Result")]
    #[arg(value_parser = count("--limit", 0, None))]
    pub limit: Option<usize>,

    /// Add a total row; its KPIs are computed from all rows, never summed or averaged
    #[arg(long, help_heading = "Result")]
    pub totals: bool,

    /// The groups to show.
    #[command(flatten)]
    pub shown: Shown,

    /// Add a subtotal after each group of the --by columns up to COLUMN: --by region,city --subtotals region. It is
    /// computed from the rows, never summed or averaged. Without COLUMN, for all columns but the last
    #[arg(long, value_name = "COLUMN,…", num_args = 0..=1, default_missing_value = "*", help_heading = "Result")]
    pub subtotals: Vec<Columns>,

    /// Group by COLUMN too, and print its keys across, in tables, Markdown and CSV: --by region --pivot month
    #[arg(long, value_name = "COLUMN", help_heading = "Result")]
    pub pivot: Option<String>,

    /// Print a Balanced Scorecard: KPIs by perspective, leading before lagging, with statuses and targets. If there is
    /// no KPI to compute, it implies --std
    #[arg(long, help_heading = "Result")]
    pub scorecard: bool,

    /// Include all KPIs of the standard library that can be computed from the data
    #[arg(long, help_heading = "Result")]
    pub std: bool,

    /// Draw a bar for each value, with its target, and a sparkline for each KPI by time
    #[arg(long, help_heading = "Result")]
    pub chart: bool,

    /// Exit with status 1 if a value is bad, on watch or undefined, for scheduled runs: --fail-on bad,undefined. `watch`
    /// includes `bad`
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', help_heading = "Result")]
    pub fail_on: Vec<Alarm>,

    /// The output options.
    #[command(flatten)]
    pub output: Output,

    /// When to run again.
    #[command(flatten)]
    pub watch: WatchOption,
}

/// `kpi explain`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi explain cac
      the formula, the formula with numbers, and the rows of each input
  kpi explain cac --by month,channel --at month=2026-03,channel=email
      one group of a result
  kpi explain cac --by month --at month=2026-03 --rows 5
      the five largest rows behind each number, with file and line
  kpi explain cac --by month --at month=2026-03 --format json
      the same steps as JSON, each step once

Exit status:
  0  everything you asked for was done
  1  definitions or data have errors (they are on standard error)
  2  the command line is wrong")]
pub struct Explain {
    /// KPIs by name or alias, or formulas
    #[arg(value_name = "KPI", required = true)]
    pub kpis: Vec<String>,

    /// Explain only these groups: --at month=2026-03,channel=email (which implies --by month,channel), or --at total
    #[arg(long, value_name = "COLUMN=VALUE,…", help_heading = "Query")]
    pub at: Vec<Group>,

    /// The definitions and data.
    #[command(flatten)]
    pub sources: Sources,

    /// The query.
    #[command(flatten)]
    pub query: Query,

    /// Explain the total as well
    #[arg(long, help_heading = "Result")]
    pub totals: bool,

    /// The rows to list.
    #[command(flatten)]
    pub listed: RowsOption,

    /// The groups to explain.
    #[command(flatten)]
    pub shown: Shown,

    /// The output options.
    #[command(flatten)]
    pub output: PageOutput,

    /// When to run again.
    #[command(flatten)]
    pub watch: WatchOption,
}

/// `kpi why`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi why cac --by month --at month=2026-03
      what accounts for the change of a KPI from February to March
  kpi why cac --by month --at month=2026-03 --against '1 year ago'
      the same from March of the year before
  kpi why cac --by channel --at channel=email --against channel=search
      what accounts for the difference between two channels
  kpi why cac --by month --at month=2026-03 --over channel
      the same change by channel: rate, mix, new and gone
  kpi why cac --by month --at month=2026-03 --rows 3
      the largest rows behind each input that are new or gone

Exit status:
  0  everything you asked for was done; undefined values are not errors
  1  definitions or data have errors (they are on standard error)
  2  the command line is wrong")]
pub struct Why {
    /// KPIs by name or alias, or formulas
    #[arg(value_name = "KPI", required = true)]
    pub kpis: Vec<String>,

    /// Explain only these groups: --at month=2026-03,channel=email (which implies --by month,channel) [default: those of
    /// the last period]
    #[arg(long, value_name = "COLUMN=VALUE,…", help_heading = "Query")]
    pub at: Vec<Group>,

    /// What to compare with: previous, '1 year ago', 'previous, so far', target, COLUMN=VALUE for another group with the
    /// same other keys, 'scenario:TITLE' for the same group with a scenario, or base for the same group without --set
    #[arg(long, value_name = "GROUP", default_value = "previous", help_heading = "Query")]
    pub against: String,

    /// Divide the difference among the segments of these columns too: --over channel,campaign
    #[arg(long, value_name = "COLUMN,…", help_heading = "Query")]
    pub over: Vec<Columns>,

    /// With --over: divide a sum into price, volume and mix, with this input or KPI as the volume: --volume order_count
    #[arg(long, value_name = "NAME", requires = "over", help_heading = "Query")]
    pub volume: Option<String>,

    /// The definitions and data.
    #[command(flatten)]
    pub sources: Sources,

    /// The query.
    #[command(flatten)]
    pub query: Query,

    /// The rows to list.
    #[command(flatten)]
    pub listed: ChangedRowsOption,

    /// The output options.
    #[command(flatten)]
    pub output: PageOutput,

    /// When to run again.
    #[command(flatten)]
    pub watch: WatchOption,
}
