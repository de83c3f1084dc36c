//! The options that list rows.

use clap::Args;

use crate::data::MAX_LISTED_ROWS;

/// How many rows are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct RowsOption {
    /// List the rows behind each aggregate, the largest first, with file and line [default: 5 of them]
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "5", help_heading = "Result")]
    #[arg(value_parser = count)]
    pub rows: Option<usize>,
}

/// A number of rows.
pub fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1..=MAX_LISTED_ROWS).contains(&count) => Ok(count),
        _ => Err(format!("expected a number of rows from 1 to {MAX_LISTED_ROWS}, as in `--rows 5`")),
    }
}
