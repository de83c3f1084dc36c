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
pub mod value;

pub use library::{Builder, Library, Problems};
pub use plan::{Limits, Plan, Query};

/// The program in the README is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
