//! The options that list rows.

use clap::Args;

use super::counts::count;
use crate::data::MAX_LISTED_ROWS;

/// How many rows an explanation lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct RowsOption {
    /// List the first N rows behind each aggregate with file and line, the largest first [without N: 5]
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "5", help_heading = "Result")]
    #[arg(value_parser = count("--rows", 1, Some(MAX_LISTED_ROWS)), allow_negative_numbers = true)]
    pub rows: Option<usize>,

    /// With --rows: list the first N rows of each inner group of an aggregate with `each` too
    #[arg(long, value_name = "N", requires = "rows", allow_negative_numbers = true, help_heading = "Result")]
    #[arg(value_parser = count("--inner-rows", 1, Some(MAX_LISTED_ROWS)))]
    pub inner_rows: Option<usize>,
}

/// How many rows of a difference are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ChangedRowsOption {
    /// List the first N rows behind each input that are new, and N that are gone, the largest first [without N: 3]
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "3", help_heading = "Result")]
    #[arg(value_parser = count("--rows", 1, Some(MAX_LISTED_ROWS)), allow_negative_numbers = true)]
    pub rows: Option<usize>,
}
