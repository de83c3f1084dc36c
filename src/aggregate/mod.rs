//! Turns datasets into the measures of a query. Reads each dataset once, collects mergeable states by key and time
//! bucket, and merges them into groups, windows and totals.

mod accumulate;
mod buckets;
mod codes;
mod contributing;
mod embedded;
mod faults;
mod finish;
mod finished;
mod fold;
mod gathered;
mod grouped;
mod groups;
mod in_force;
mod interval;
mod joined;
mod key_interner;
mod limits;
mod lists;
mod lookup;
mod notes;
mod origin;
mod pair_interner;
mod parallel;
mod pass;
mod ranking;
mod ranks;
mod regroup;
mod room;
mod row_grain;
mod row_tests;
mod selection;
mod sought;
mod sources;
mod spans;
mod steps;
#[cfg(test)]
mod tests;
mod timeline;
mod work;
mod worker;

#[cfg(feature = "sql")]
pub(crate) use accumulate::{StateKey, StateKind};
#[cfg(feature = "sql")]
pub(crate) use buckets::Bucketing;
pub(crate) use contributing::{Rank, RowGroup, contributing, order, rank};
pub use embedded::Embedded;
pub(crate) use regroup::regroup;
pub(crate) use row_tests::{Broken, RowCheck, check_rows};
#[cfg(feature = "sql")]
pub(crate) use sought::sought_slots;
pub(crate) use work::{Work, overlap, work};
