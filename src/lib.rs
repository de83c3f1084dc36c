//! A formula engine for KPIs: definitions in small text files, checked before any data is read, evaluated in exact
//! decimals over named datasets, every number explained.
//!
//! ```
//! use std::sync::Arc;
//! use yardstick::aggregate::Embedded;
//! use yardstick::data::Table;
//! use yardstick::{Library, Query};
//!
//! #[derive(serde::Serialize)]
//! struct Campaign { channel: &'static str, spend: u32, new_customers: u32 }
//!
//! let rows = [
//!     Campaign { channel: "web", spend: 900, new_customers: 30 },
//!     Campaign { channel: "mail", spend: 100, new_customers: 10 },
//! ];
//! let library = Arc::new(Library::from_text("our_cac = spend / new_customers")?);
//! let source = Embedded::new(vec![Arc::new(Table::from_rows("campaigns", &rows)?)]);
//! let result = library.evaluate(&Query::all().by("channel"), &source)?;
//! assert_eq!(result.groups[1].keys[0].as_deref(), Some("web"));
//! assert_eq!(result.value(0, 1), Ok(yardstick::value::Decimal::from(30).into()));
//! assert_eq!(result.explain(0, 1).steps[0].substituted.as_deref(), Some("900 / 30"));
//! # Ok::<(), yardstick::Problems>(())
//! ```
//!
#![doc = include_str!("../ARCHITECTURE.md")]
#![warn(missing_docs)]

pub mod aggregate;
mod alike;
pub mod builtin;
pub mod data;
pub mod diagnostic;
pub mod eval;
pub mod explain;
mod language;
pub mod library;
pub mod plan;
pub mod program;
pub mod read;
#[cfg(feature = "render")]
pub mod render;
pub mod source;
pub mod syntax;
pub mod testing;
pub mod value;

#[cfg(feature = "cli")]
pub mod cli;

pub use diagnostic::Problems;
pub use eval::Evaluation;
pub use explain::Explanation;
pub use library::{Builder, Library};
pub use plan::{Limits, Plan, Query};

/// The program in the README is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
