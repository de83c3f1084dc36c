//! Turns rows into mergeable states with one value per cell. A cell is a combination of a key and a time bucket.
//!
//! Each aggregate has its own file, which defines how it adds rows, merges with other workers and folds the cells of a
//! group.

mod accumulator;
mod count;
mod edge;
mod exact;
mod extreme;
#[cfg(test)]
mod laws;
mod missing;
mod multiset;
mod only;
mod state;
mod sum;
mod total;
mod variance;

pub(super) use accumulator::{Fold, NOWHERE, Rows, Time, weight};
pub(super) use edge::times_of;
pub(super) use missing::{Failures, Missing};
pub(super) use multiset::finished_value;
pub(super) use state::State;
pub(crate) use state::StateKey;
#[cfg(feature = "sql")]
pub(crate) use state::StateKind;
pub(super) use total::Total;
