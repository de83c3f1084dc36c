//! Defines the causes of undefined values.

use serde::Serialize;

/// The cause of an undefined value. To find its origin, follow the first undefined operand down the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
#[non_exhaustive]
pub enum Cause {
    /// The group has no rows at all in the dataset: `sum(ads.cost)` for a month before the first ad.
    NoRows,
    /// A blank cell, or an aggregate over blank cells only.
    Blank,
    /// A condition keeps none of the group's rows, and the aggregate of no values is not a number: `avg(x where
    /// false)`.
    NoRowsKept,
    /// A division by zero: `1 / 0`.
    DivisionByZero,
    /// A shifted or widened period outside the data: `x[previous]` in the first period.
    OutsideData,
    /// A context that needs a period if there is none: `x[previous]` in the total of several periods. No operator stops
    /// it (see [`Cause::is_meaningless`]).
    NoPeriod,
    /// Amounts in several currencies, in a total over groups by currency. No operator stops it.
    SeveralCurrencies,
    /// `only(x)` for a group with more than one row.
    ManyRows,
    /// The dataset lacks a column that the query groups by or that a condition names. No operator stops it.
    NotSplit,
    /// A result with more than 28 digits before the decimal point.
    Overflow,
    /// A date before the year 1 or after the year 9999: `9999-12-31 + 1 days`.
    OutsideCalendar,
    /// Two moments of which only one has a UTC offset: `2026-03-02T09:00Z` and `2026-03-02T09:00`.
    NoOffset,
    /// A function outside its domain: `sqrt(-1)`, `ln(0)`.
    Domain,
    /// An operation on values of a kind that it does not accept, if the kinds were unknown before: `"a" + 1`.
    WrongKind,
    /// The author wrote `undefined`.
    Stated,
}

impl Cause {
    /// Returns true if the value has no meaning in this context, whatever the data.
    ///
    /// `??`, `coalesce`, `is_defined`, `if`, `and` and `or` stop causes that depend on the data. A meaningless operand
    /// passes through all of them, even if they do not need that operand.
    pub fn is_meaningless(self) -> bool {
        matches!(self, Self::NoPeriod | Self::SeveralCurrencies | Self::NotSplit)
    }

    /// The causes of rows that failed: a value was present, and the computation with it gave none. A row that lacks a
    /// value, or whose formula gives `undefined`, did not fail.
    pub const FAILURES: [Self; 6] =
        [Self::DivisionByZero, Self::Overflow, Self::OutsideCalendar, Self::NoOffset, Self::Domain, Self::WrongKind];

    /// Returns true if the cause is one of [`Cause::FAILURES`].
    pub fn is_failure(self) -> bool {
        Self::FAILURES.contains(&self)
    }

    /// The failure in words.
    pub fn describe(self) -> &'static str {
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

    /// The stable name for machines.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoRows => "no-rows",
            Self::Blank => "blank",
            Self::NoRowsKept => "no-rows-kept",
            Self::DivisionByZero => "division-by-zero",
            Self::OutsideData => "outside-data",
            Self::NoPeriod => "no-period",
            Self::SeveralCurrencies => "several-currencies",
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
