//! Turns Parquet files into datasets.

mod footer;
mod gzip;
mod lengths;
mod pages;
mod reader;
mod thrift;

pub(super) use reader::open;
