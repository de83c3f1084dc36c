//! Finds the rows that a measure of a group is computed from, in one pass over the dataset.

mod candidates;
mod columns;
mod keys;
mod listing;
mod membership;
mod rank;

pub(crate) use listing::{RowGroup, contributing};
pub(crate) use rank::{Rank, order, rank};
