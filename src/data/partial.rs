//! What a dataset returns that aggregates its own rows: rows that each stand for several.

use std::sync::Arc;

use serde::Serialize;

use super::measure::MeasureId;
use super::schema::ColumnId;
use crate::budget::Charge;
use crate::diagnostic::{Code, Diagnostic};
use crate::program::NodeId;
use crate::value::Vector;

/// Rows of a dataset, aggregated where they are. Each row stands for several rows of the dataset that have the same values
/// in some columns. A dataset returns several of these, which all stand for the same rows.
#[derive(Debug)]
pub struct Partial {
    /// The number of rows that each row stands for.
    pub rows: Vec<u64>,
    /// The columns that are known. The time column may hold any day of the bucket instead.
    pub columns: Vec<(ColumnId, Vector)>,
    /// Whether the filters hold that are decided there, if there are any.
    pub kept: Option<Vector>,
    /// The filters that remain to be decided.
    pub filters: Vec<NodeId>,
    /// The number of rows with a value in other columns that the filters read.
    pub present: Vec<(ColumnId, Vec<u64>)>,
    /// What it is for.
    pub role: Role,
    /// The measures that are computed from it.
    pub measures: Vec<PartialMeasure>,
    /// Its memory.
    pub charge: Charge,
}

/// What is counted from a partial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The rows of each cell. One of them.
    Cells,
    /// What is known of all rows: the days with rows, the rows without a time, and those that filters do not decide. One of
    /// them, unless the first one has days.
    Days,
    /// Both.
    CellsAndDays,
    /// Only measures.
    Measures,
    /// Only the texts of a column, in all rows whatever filters say.
    Texts,
}

/// The error for rows that are not the same in all partials of a dataset.
pub(crate) fn changing(dataset: &str) -> Diagnostic {
    Diagnostic::error(Code::Unreadable, format!("the rows of `{dataset}` change while they are read"))
        .hint("try again, or read a table that does not change")
}

/// How a measure is computed from aggregated rows.
#[derive(Debug)]
pub struct PartialMeasure {
    /// The measure.
    pub measure: MeasureId,
    /// Its conditions that remain to be decided.
    pub conditions: Vec<NodeId>,
    /// What the partial knows of it.
    pub known: Known,
}

/// What a partial knows of a measure.
#[derive(Debug)]
pub enum Known {
    /// All columns that it needs.
    Columns,
    /// Aggregates by row.
    Aggregates(Aggregates),
    /// The columns of the rows that determine its values, for which its other conditions hold. Rows are counted from another
    /// partial.
    Chosen,
    /// Its values, finished for each group that is asked for. Rows are counted from another partial.
    Finished(Finished),
}

/// The aggregates of a measure over the rows that each row stands for.
#[derive(Debug)]
pub struct Aggregates {
    /// The number of rows that the other conditions keep, and the number of those that they do not decide. None without
    /// other conditions.
    pub decided: Option<[Vec<u64>; 2]>,
    /// The number of kept rows with a value. None for a measure without an argument.
    pub present: Option<Vec<u64>>,
    /// Their sum, least or greatest value. None if rows are only counted.
    pub values: Option<Vector>,
}

/// The finished values of a measure. Each row of the partial is a group: a combination of the grouping columns that apply,
/// and days.
#[derive(Debug)]
pub struct Finished {
    /// The grouping columns that apply: positions in [`Request::by`](super::Request).
    pub by: Vec<usize>,
    /// The first day of each group and the day after its last one; all of time if the measure is not limited in time.
    pub days: Vec<(i32, i32)>,
    /// The number of rows with a value. It is never 0.
    pub present: Vec<u64>,
    /// What the values are computed from.
    pub values: FinishedValues,
}

/// What the finished values of a measure are computed from.
#[derive(Debug)]
pub enum FinishedValues {
    /// The number of distinct values.
    Distinct(Vec<u64>),
    /// The values at a position between the least and the greatest value, or those before and after it.
    Around([Vector; 2]),
}

/// What a warehouse is asked for a measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WarehouseTrace {
    /// The name of the warehouse.
    pub warehouse: Arc<str>,
    /// The name of the table there.
    pub table: Arc<str>,
    /// How much of the measure it computes.
    pub tier: Arc<str>,
    /// Why this much and not more.
    pub reason: Arc<str>,
    /// Why a larger part that was asked first was not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fell_back: Option<Arc<str>>,
    /// The statement.
    pub sql: Arc<str>,
}
