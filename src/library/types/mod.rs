//! Types expressions: which type and unit each part has, and what is wrong with those that have none.

pub mod check;
pub mod literals;
pub mod mismatch;
pub mod typed;
pub mod typing;
pub mod units;
pub mod walk;
