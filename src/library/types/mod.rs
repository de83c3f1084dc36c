//! Types expressions: which type and unit each part has, and what is wrong with those that have none.

pub mod check;
pub(crate) mod mismatch;
pub mod typing;
pub mod units;
