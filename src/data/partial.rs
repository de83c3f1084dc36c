//! What a dataset returns that aggregates its own rows: rows that each stand for several.

use std::sync::Arc;

use serde::Serialize;

use super::measure::MeasureId;
use super::schema::ColumnId;
use crate::budget::Charge;
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

/// What rows are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The rows of each cell, and those that filters do not decide. One of them.
    Cells,
    /// The days with rows, and the rows without a time; not the rows of cells. One of them, unless the first one has
    /// days.
    Days,
    /// Both.
    CellsAndDays,
    /// Only measures.
    Measures,
}

/// How a measure is computed from aggregated rows.
#[derive(Debug)]
pub struct PartialMeasure {
    /// The measure.
    pub measure: MeasureId,
    /// Its conditions that remain to be decided.
    pub conditions: Vec<NodeId>,
    /// Its aggregates, by row. None if it is computed from the known columns.
    pub aggregates: Option<Aggregates>,
}

/// The aggregates of a measure over the rows that each row stands for.
#[derive(Debug)]
pub struct Aggregates {
    /// The number of rows that the other conditions keep, and the number of those that they do not decide. None without
    /// other conditions.
    pub decided: Option<[Vec<u64>; 2]>,
    /// The number of kept rows with a value, and their sum, least or greatest value. None for a measure without an
    /// argument.
    pub argument: Option<(Vec<u64>, Vector)>,
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
