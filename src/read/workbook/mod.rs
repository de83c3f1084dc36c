//! Turns sheets of Excel workbooks into tables.

mod archive;
mod reader;
mod tags;

pub use reader::open;
pub(super) use reader::open_input;
