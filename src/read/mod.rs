//! Turns files, records and rows of a host into typed columns.

#[cfg(feature = "arrow")]
pub mod arrow;
mod cell;
mod column;
mod compression;
pub mod csv;
mod deal;
mod detect;
mod encoding;
mod formatting;
mod input;
pub mod json;
mod names;
mod notes;
mod open;
#[cfg(feature = "parquet")]
pub mod parquet;
mod rows;
mod unreadable;
mod untyped;
#[cfg(feature = "xlsx")]
pub mod workbook;

#[cfg(feature = "cli")]
pub use notes::is_plain;
pub use notes::text_remedy;
pub use open::{open, open_stream};
pub use unreadable::Unreadable;
