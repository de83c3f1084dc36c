//! The contract of sources of data.

use std::sync::Arc;

use super::dataset::Dataset;
use super::measure::{Aggregated, Request};
use crate::diagnostic::Diagnostic;

/// A backend that can aggregate: memory, files or a warehouse.
///
/// [`Embedded`](crate::Embedded) reads rows and aggregates them in this process. Your own source can aggregate where
/// the data is stored. It can delegate what it does not support to `Embedded`, which only requires that its datasets
/// can be scanned; see `examples/column_store.rs`. [`source_conformance`](crate::testing::source_conformance) compares
/// the answers of a source with those of `Embedded`. An answer of the wrong shape is an evaluation error, not a panic.
///
/// # Contents of an answer
///
/// * **Groups.** Without grouping there is exactly one group, even if there are no rows. If the query groups only by
///   columns, there is one group for each combination of keys that occurs in any dataset after
///   [`DatasetRequest::filters`](crate::backend::DatasetRequest::filters). If it groups by time, the axis consists of every period from the first to the last
///   that [`Request::period`] touches or that has rows. Periods without rows in between are groups as well, for each
///   combination of keys. With [`Request::totals`], the last group covers all rows. If there would be more than
///   [`Request::max_groups`] groups, the answer is an error with the code `limit-reached`.
/// * **Order.** By period, then by keys: blank first, then numbers by value, texts by code point, dates by time.
/// * **Keys** are texts: trimmed, in NFC, numbers without trailing zeros, days as `2026-03-31`. A blank key is `None`.
/// * **Shifts and windows.** A measure whose [`TimeRange`](crate::backend::TimeRange) is shifted aggregates the rows of another period: a measure
///   of March that is shifted by one month aggregates February's rows with the same keys.
///   [`Calendar::range`](crate::Calendar) returns the days covered. They can lie before [`Request::period`], which
///   limits groups, not rows. [`Request::covered`] takes both the period and the end of the dataset into account.
/// * **Values.** If a dataset has rows in the group but conditions keep none of them, `sum` and `count` are 0. Every
///   other missing value has a [`Cause`](crate::Cause): `NoRows` if the dataset has no row in the group and range,
///   `OutsideData` if the range of a shifted or widened measure lies outside the days that the dataset's rows cover,
///   `NoRowsKept` if there are rows but conditions keep none of them, `Blank` if the values of all rows kept are blank,
///   `ManyRows` for `only` over several rows, and `NotSplit` if [`DatasetRequest::by`](crate::backend::DatasetRequest::by) has no column to split by. If
///   rows failed (a division by zero, an overflow), the value is undefined with the most frequent of their causes.
/// * **Intervals.** If a dataset has [`DatasetRequest::end`](crate::backend::DatasetRequest::end), its rows hold from `time` to that end, and a measure takes
///   those that [`Measure::in_force`](crate::backend::Measure::in_force) says, of any start. The axis extends from the first to the last start. A range that
///   ends with the data ends with the last day that starts cover. `first` and `last` are sums. Rows without a start and
///   those that end when they start are never in force. A group exists where a measure takes a row.
/// * **Counts.** Rows with a blank value or condition are counted as skipped, never as zero.
pub trait Source {
    /// The datasets by name.
    fn datasets(&self) -> &[Arc<dyn Dataset>];

    /// Aggregates all measures of a query over its groups. Data that cannot be read affects only the measures that need
    /// it ([`Aggregated::refused`]).
    ///
    /// # Errors
    /// A limit that is exceeded, or a source that cannot answer at all.
    fn aggregate(&self, request: &Request) -> Result<Aggregated, Vec<Diagnostic>>;
}
