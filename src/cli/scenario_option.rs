//! The option `--scenario`.

use clap::Args;

/// The scenario of a query.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Query")]
pub struct ScenarioOption {
    /// Show each KPI without and with this scenario of the definitions, and the difference: --scenario 'cheaper ads'.
    /// Values of --set then hold without the scenario too
    #[arg(long, value_name = "TITLE")]
    pub scenario: Option<String>,
}
