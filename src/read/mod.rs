//! Turns files, records and rows of Rust values into typed columns.

mod area;
#[cfg(feature = "arrow")]
pub mod arrow;
mod blocks;
mod cell;
mod column;
mod compression;
pub mod csv;
mod detect;
mod encoding;
mod files;
mod formatting;
mod input;
pub mod json;
mod misfit;
mod names;
mod notes;
mod open;
#[cfg(any(feature = "ipc", feature = "parquet", feature = "xlsx"))]
mod panics;
#[cfg(feature = "parquet")]
pub mod parquet;
mod parts;
mod rows;
mod sample;
mod stream;
mod tally;
mod unreadable;
mod untyped;
mod wall;
#[cfg(feature = "xlsx")]
pub mod workbook;

#[cfg(feature = "adbc")]
pub(crate) use arrow::visit_record_batches;
pub(crate) use cell::{Marks, Recognized, recognized};
#[cfg(feature = "sql")]
pub(crate) use column::periods;
#[cfg(feature = "cli")]
pub(crate) use files::{is_pattern, matching};
pub(crate) use misfit::may_be_blank;
pub use misfit::{SERIAL_HINT, text_remedy};
pub(crate) use open::open_within;
#[cfg(feature = "cli")]
pub(crate) use open::{has_rows, open_stream_within, sheet_of};
pub use open::{open, open_stream};
pub use unreadable::Unreadable;
