//! The tiers: how much of a measure a warehouse computes.

use std::fmt;

use serde::Serialize;

/// How much of a measure a warehouse computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Values that are finished for each group of the result.
    Whole,
    /// Counts, sums and extremes by group.
    States,
    /// The distinct rows of some columns, with their numbers.
    CountedRows,
    /// Nothing: all rows are read.
    Rows,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Whole => "whole",
            Self::States => "states",
            Self::CountedRows => "counted rows",
            Self::Rows => "rows",
        })
    }
}
