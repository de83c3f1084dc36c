//! Turns Parquet files into datasets.

mod delta;
mod footer;
mod gzip;
mod pages;
mod reader;
mod thrift;

pub(super) use reader::open;
