//! Why a value is missing.

use serde::Serialize;

/// The cause of an undefined value. Where it began is found by following the first undefined operand down the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Cause {
    /// The group has no row at all in the dataset: `sum(ads.cost)` for a month before the first ad.
    NoRows,
    /// A blank cell, or an aggregate over blank cells only.
    Blank,
    /// A condition keeps none of the group's rows, and the aggregate of nothing is not a number: `avg(x where false)`.
    NoRowsKept,
    /// `1 / 0`
    DivisionByZero,
    /// A shifted or widened period that lies outside the data: `x[previous]` in the first period.
    OutsideData,
    /// A context that needs a period where there is none: `x[previous]` in the total of several periods. No operator
    /// stops it (see [`Cause::is_meaningless`]).
    NoPeriod,
    /// `only(x)` of a group with more than one row.
    ManyRows,
    /// The dataset lacks a column that the query groups by or that a condition names. No operator stops it.
    NotSplit,
    /// A result of more than 28 digits before the point.
    Overflow,
    /// A date before the year 1 or after the year 9999: `9999-12-31 + 1 days`.
    OutsideCalendar,
    /// Two moments of which only one says how far it is from UTC: `2026-03-02T09:00Z` and `2026-03-02T09:00`.
    NoOffset,
    /// A function outside its domain: `sqrt(-1)`, `ln(0)`.
    Domain,
    /// An operation on values of a kind that it does not know, where kinds were not known before: `"a" + 1`.
    WrongKind,
    /// `undefined`, written by the author.
    Stated,
}

impl Cause {
    /// True if the question has no meaning here, whatever the data are. `??`, `coalesce`, `is_defined`, `if`, `and` and
    /// `or` stop causes that lie in the data; such a one goes through all of them, also from an operand that they would
    /// not need.
    pub fn is_meaningless(self) -> bool {
        matches!(self, Self::NoPeriod | Self::NotSplit)
    }

    /// The causes of a row that failed: a value was there, and computing with it gave none. A row that lacks a value, or
    /// whose formula says `undefined`, did not fail.
    pub const FAILURES: [Self; 6] =
        [Self::DivisionByZero, Self::Overflow, Self::OutsideCalendar, Self::NoOffset, Self::Domain, Self::WrongKind];

    /// Whether a row failed.
    pub fn is_failure(self) -> bool {
        Self::FAILURES.contains(&self)
    }

    /// What failed, in words.
    pub fn described(self) -> &'static str {
        match self {
            Self::DivisionByZero => "division by zero",
            Self::Overflow => "a number of more than 28 digits",
            Self::OutsideCalendar => "a date outside the years 1 to 9999",
            Self::NoOffset => "moments with and without a UTC offset compared",
            Self::Domain => "a function outside its domain",
            Self::WrongKind => "numbers, texts or dates mixed",
            _ => "no value",
        }
    }

    /// The stable name that machines read.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoRows => "no-rows",
            Self::Blank => "blank",
            Self::NoRowsKept => "no-rows-kept",
            Self::DivisionByZero => "division-by-zero",
            Self::OutsideData => "outside-data",
            Self::NoPeriod => "no-period",
            Self::ManyRows => "many-rows",
            Self::NotSplit => "not-split",
            Self::Overflow => "overflow",
            Self::OutsideCalendar => "outside-calendar",
            Self::NoOffset => "no-offset",
            Self::Domain => "domain",
            Self::WrongKind => "wrong-kind",
            Self::Stated => "stated",
        }
    }
}
