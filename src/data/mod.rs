//! Turns files, records and rows into typed columns, and columns into aggregates.

mod aggregate;
#[cfg(feature = "arrow")]
pub mod arrow;
mod calendar;
mod cell;
mod column;
mod compression;
pub mod csv;
mod dataset;
mod deal;
mod detect;
mod encoding;
mod formatting;
mod input;
pub mod json;
mod loose;
mod measure;
mod names;
mod notes;
mod open;
#[cfg(feature = "parquet")]
pub mod parquet;
mod range;
mod rows;
mod schema;
mod totals;
mod unreadable;
#[cfg(feature = "xlsx")]
pub mod workbook;

pub use aggregate::{Embedded, MAX_CELLS, MAX_KEPT_VALUES, MAX_LEFT_OUT};
pub(crate) use calendar::without_counterpart;
pub use calendar::{Calendar, Grain, Period};
pub use cell::{MAX_DIGITS, MAX_SCALE};
pub use dataset::{Batch, Dataset, Table};
pub use measure::{
    Aggregate, Aggregated, DatasetRequest, Dropped, Extent, FailedRows, Group, GroupColumn, GroupKeys, LookupRequest,
    MAX_MEASURES, Measure, MeasureColumn, MeasureId, PerGroup, Request, RowProgram, RowSource, Shift, Source,
    TimeRange, WindowUnit,
};
pub(crate) use notes::style_hint as date_style_hint;
pub use notes::{is_plain, may_be_blank, text_remedy};
pub use open::{open, open_stream};
pub use range::{BEGINNING, END, common_grain};
pub use schema::{ColumnId, ColumnSchema, ColumnType, Declaration, Formatting, Schema};
pub use unreadable::Unreadable;
