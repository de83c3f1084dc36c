//! Turns files, records and rows into typed columns, and columns into aggregates.

mod calendar;
mod dataset;
mod measure;
mod range;
mod schema;

pub use calendar::{Calendar, Grain, Period};
pub use dataset::{Batch, Dataset, Table};
pub use measure::{
    Aggregate, Aggregated, DatasetRequest, Dropped, Extent, Group, GroupColumn, Measure, MeasureColumn, MeasureId,
    Request, RowSource, Shift, Source, TimeRange, WindowUnit,
};
pub use range::{BEGINNING, END, common_grain};
pub use schema::{ColumnId, ColumnSchema, ColumnType, Declaration, Formatting, Schema};
