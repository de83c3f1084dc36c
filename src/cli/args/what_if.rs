//! The options of `kpi solve` and `kpi sensitivity`.

use clap::Args;

use super::{Columns, Group, PageOutput, Percent, Query, STATUS, Sources, WatchOption};

/// `kpi solve`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi solve 'cac = 45' --for ad_cost --by month --at month=2026-03
      the ad spend at which a KPI would have been 45 in March
  kpi solve 'margin_after_ads = 0' --for gross_margin
      the value of a parameter at which a margin is 0
  kpi solve 'roas = 3.5' --for ad_cost --by channel
      the same for each channel

Exit status:
  0  everything you asked for was done, even if no value gives what is wanted
  1  definitions or data have errors (they are on standard error)
  2  the command line is wrong")]
pub struct Solve {
    /// The KPI and the wanted value, such as 'cac = 45' or 'churn_rate = 4%'. A plain number has the unit of the KPI
    #[arg(value_name = "KPI = VALUE", allow_hyphen_values = true)]
    pub goal: String,

    /// The input or parameter whose value is sought
    #[arg(long = "for", value_name = "NAME", help_heading = "Query")]
    pub input: String,

    /// Seek values between two bounds only, both included: --within 0..1000
    #[arg(long, value_name = "FROM..TO", allow_hyphen_values = true, help_heading = "Query")]
    pub within: Option<String>,

    /// Solve for these groups only: --at month=2026-03,channel=email (which implies --by month,channel) [default: all
    /// groups]
    #[arg(long, value_name = "COLUMN=VALUE,…", help_heading = "Query")]
    pub at: Vec<Group>,

    /// The definitions and data.
    #[command(flatten)]
    pub sources: Sources,

    /// The query.
    #[command(flatten)]
    pub query: Query,

    /// The output options.
    #[command(flatten)]
    pub output: PageOutput,

    /// When to run again.
    #[command(flatten)]
    pub watch: WatchOption,
}

/// `kpi sensitivity`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi sensitivity cac --period 2026-03
      the KPI with each of its inputs 10% smaller and 10% larger, the largest effect first
  kpi sensitivity margin_after_ads --change 5% --for revenue,gross_margin --by channel
      two of the inputs, by 5%, for each channel

Exit status:
  0  everything you asked for was done; undefined values are not errors
  1  definitions or data have errors (they are on standard error)
  2  the command line is wrong")]
pub struct Sensitivity {
    /// KPIs by name or alias, or formulas
    #[arg(value_name = "KPI", required = true)]
    pub kpis: Vec<String>,

    /// By how much each input is varied, down and up
    #[arg(long, value_name = "PERCENT", default_value = "10%", allow_hyphen_values = true, help_heading = "Query")]
    pub change: Percent,

    /// Vary only these inputs, parameters or KPIs [default: all inputs and parameters that the KPIs read]
    #[arg(long = "for", value_name = "NAME,…", help_heading = "Query")]
    pub inputs: Vec<Columns>,

    /// Show only these groups: --at month=2026-03,channel=email (which implies --by month,channel) [default: all groups]
    #[arg(long, value_name = "COLUMN=VALUE,…", help_heading = "Query")]
    pub at: Vec<Group>,

    /// The definitions and data.
    #[command(flatten)]
    pub sources: Sources,

    /// The query.
    #[command(flatten)]
    pub query: Query,

    /// The output options.
    #[command(flatten)]
    pub output: PageOutput,

    /// When to run again.
    #[command(flatten)]
    pub watch: WatchOption,
}
