//! Yardstick: a formula engine for KPIs.

pub mod builtin;
#[cfg(feature = "cli")]
pub mod cli;
pub mod data;
pub mod diagnostic;
pub mod eval;
pub mod explain;
pub mod library;
pub mod plan;
pub mod program;
#[cfg(feature = "render")]
pub mod render;
pub mod source;
pub mod syntax;
pub mod testing;
pub mod value;

pub use library::{Builder, Library, Problems};
pub use plan::{Limits, Plan, Query};
