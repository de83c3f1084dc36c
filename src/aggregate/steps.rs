//! The steps of the parts of an aggregation: they are counted while it runs, and estimated before.

use crate::data::DatasetRequest;

/// The steps of computing one measure of one group, besides merging its cells.
pub const STEPS_PER_GROUP: u64 = 4;
/// The steps of finding the key of a row.
pub const STEPS_PER_KEY: u64 = 4;

/// The steps of each row besides those of its programs and states: its columns and its keys.
pub fn row_steps(requested: &DatasetRequest) -> u64 {
    let keys = requested.by.len() as u64;
    let columns = requested.rows.slots.len() + usize::from(requested.time.is_some()) + requested.filters.len();
    columns as u64 + keys * STEPS_PER_KEY + requested.rows.lookups.len() as u64 * STEPS_PER_KEY
}
