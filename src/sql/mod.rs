//! Writes the statements that let a warehouse aggregate its own tables.
//!
//! There is no second aggregation engine: a statement returns the same states by cell that the pass over a file
//! collects, and everything after that is shared. [`Pushdown`] chooses for each measure the tier that is provably exact:
//!
//! * [`Tier::Whole`]: numbers of distinct values, and the two values around the position of a median, for each group.
//! * [`Tier::States`]: one grouped query returns counts, sums and extremes.
//! * [`Tier::CountedRows`]: the distinct rows of a few columns with their numbers; row expressions are computed here.
//! * [`Tier::Rows`]: all rows. It is always right.
//!
//! No text of a formula and no value of a query becomes a part of a statement, except numbers and days. Conditions on
//! texts are decided here, where their spelling is known: the statement is then also grouped by their columns. What
//! remains are names of tables and columns, which [`Dialect`] quotes.
//!
//! A table becomes a dataset through a [`Connection`]. The command connects with drivers of ADBC; a host program can bring
//! a connection of its own.

// Only the command plans statements.
#![cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]

#[cfg(feature = "adbc")]
mod adbc;
mod connected;
mod connection;
mod dialect;
mod draft;
mod expression;
mod gather;
mod heard;
mod periods;
mod probe;
mod pushdown;
mod statement;
mod stored;
mod table;
mod tier;
mod watched;

#[cfg(feature = "adbc")]
pub use adbc::{AdbcConnection, Profile};
pub(crate) use connected::Warehouse;
pub use connected::{open, open_up_to};
pub use connection::{Connection, Wrapper};
pub use dialect::Dialect;
pub(crate) use draft::Returns;
pub use draft::Statement;
pub use pushdown::{Pushdown, Pushed};
pub use stored::{StoredColumns, StoredType};
pub(crate) use table::WarehouseTable;
pub use tier::Tier;
