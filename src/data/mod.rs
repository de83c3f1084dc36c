//! Defines the contract between data sources and the planner: datasets, schemas, requests, groups and the calendar.

mod answered;
mod axis;
mod dataset;
mod deal;
mod listed;
mod measure;
mod partial;
mod range;
mod scan;
mod schema;
mod source;
mod table_name;
pub(crate) mod totals;

pub(crate) use crate::value::calendar::months_earlier;
pub use crate::value::calendar::{Calendar, Grain, Period};
#[cfg(feature = "sql")]
pub use answered::Answered;
pub use dataset::{Batch, BytesRead, Dataset, Table};
pub(crate) use deal::{Pieces, deal};
pub use listed::{LeftOutRow, ListedRow, ListedRows, MAX_LISTED_ROWS, RowOrder, RowPlace};
pub(crate) use measure::KeyTable;
pub use measure::{
    Aggregate, Aggregated, DatasetRequest, Dropped, Extent, FailedRows, Group, GroupColumn, GroupKeys, InForce,
    LookedUp, LookupEnd, LookupKey, LookupRequest, LookupTime, MAX_MEASURES, Measure, MeasureColumn, MeasureId,
    PerGroup, Reach, Request, RowEnd, RowProgram, RowSource, Shift, TimeRange, WindowUnit,
};
pub(crate) use partial::{Aggregates, Finished, FinishedValues, Known, changing};
pub use partial::{Partial, PartialMeasure, Role, WarehouseTrace};
pub(crate) use range::uncut_grain;
pub use range::{BEGINNING, END, common_grain};
pub use scan::Scan;
pub use schema::{ColumnId, ColumnSchema, ColumnType, Declaration, Formatting, Schema};
pub use source::Source;
pub(crate) use table_name::TableName;
