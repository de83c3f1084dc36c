//! The reference: random programs and tables, and a slow evaluator of them over rational numbers. It shares no code with
//! the engine, and follows `docs/language.md`.
//!
//! Bytes → [`random`] → a [`tree::Case`] → [`print`] → `.kpi` text and CSV for the engine; → [`evaluate`] → the values
//! that the engine must give, compared by [`agree`].

pub mod agree;
pub mod calendar;
pub mod context;
mod each;
pub mod evaluate;
pub mod number;
pub mod print;
pub mod random;
pub mod rows;
pub mod tree;
