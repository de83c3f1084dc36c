//! Infers the type and unit of every expression, and reports type errors.

pub mod check;
pub mod currency;
pub mod literals;
pub mod mismatch;
pub mod typed;
pub mod typing;
pub mod units;
pub mod walk;
