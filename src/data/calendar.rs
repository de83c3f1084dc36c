//! Periods: days, ISO weeks, months, quarters and (fiscal) years as integers that can be counted, shifted and spelled.

use serde::Serialize;

/// A length of the time axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    /// A day.
    Day,
    /// An ISO week, Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// Three months, the first of them the first of the (fiscal) year.
    Quarter,
    /// Twelve months.
    Year,
}

/// When years start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Calendar {
    /// 1 to 12.
    pub year_starts: u8,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { year_starts: 1 }
    }
}

/// One period of a grain: consecutive periods have consecutive numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Period {
    /// Its grain.
    pub grain: Grain,
    /// Its number. Days and weeks count from the one of 1970-01-01; months are `year * 12 + month - 1`, quarters and
    /// years count in the same way from (fiscal) year 0.
    pub number: i32,
}
