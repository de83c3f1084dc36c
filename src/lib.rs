//! A formula engine for KPIs: definitions in small text files, checked before any data is read, evaluated in exact
//! decimals over named datasets, every number explained.
//!
//! ```
//! use std::sync::Arc;
//! use yardstick::{Embedded, Library, Query, Table};
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
//! assert_eq!(result.value(0, 1), Ok(yardstick::Decimal::from(30).into()));
//! assert_eq!(result.explain(0, 1).steps[0].substituted.as_deref(), Some("900 / 30"));
//! # Ok::<(), yardstick::Problems>(())
//! ```
//!
#![doc = include_str!("../ARCHITECTURE.md")]
#![warn(missing_docs)]

mod aggregate;
mod alike;
mod builtin;
mod data;
mod diagnostic;
mod eval;
mod explain;
mod library;
mod plan;
mod program;
mod read;
#[cfg(feature = "render")]
mod render;
mod source;
mod syntax;
pub mod testing;
mod value;

#[cfg(feature = "cli")]
mod cli;

#[doc(hidden)]
pub mod internal;

// Definitions.
pub use library::{Builder, Card, DatasetDefinition, Definition, DefinitionId, Function, Library};
pub use syntax::ast::{DefinitionKind, Status};

// Queries.
pub use data::{Calendar, Grain, Period};
pub use plan::{Computable, Limits, Plan, Query};

// Data.
pub use aggregate::Embedded;
pub use data::{ColumnType, Dataset, Declaration, Formatting, Source, Table};
pub use read::{Unreadable, open, open_stream};

// Results and their explanations.
pub use eval::{Evaluation, Flag, InputId, NoStatus, Outcome, Record, Target};
pub use explain::{Explanation, RowsTrace, StatusTrace, StepKey, TargetTrace, TraceKind, TraceStep, UndefinedTrace};
pub use value::unit::{Type, Unit};
pub use value::{Cause, Cell, Date, Decimal, Number, Value};

// Problems.
pub use diagnostic::{CellPlace, Code, Diagnostic, Fix, Label, Problems, Sentence, Severity, Style, render};
pub use source::{FileId, SourceFile, SourceMap, Span};

/// What a [`Source`] of your own is asked for and answers: implement it where the data can aggregate themselves.
pub mod backend {
    pub use crate::data::{
        Aggregate, Aggregated, Batch, ColumnId, ColumnSchema, DatasetRequest, Dropped, Extent, FailedRows, Group,
        GroupColumn, GroupKeys, LookupRequest, Measure, MeasureColumn, MeasureId, PerGroup, Request, RowProgram,
        RowSource, Schema, Shift, TimeRange, WindowUnit,
    };
    pub use crate::program::Program;
    pub use crate::value::{Dictionary, Values, Vector};
}

/// Results for people: tables, Markdown, CSV and JSON, derivations, the glossary and the graph of definitions.
#[cfg(feature = "render")]
pub mod output {
    pub use crate::render::{
        Align, Column, Document, FormulaCells, Glossary, Graph, Grid, Language, Locale, Sheet, csv, derivation,
        derivation_markdown, document, markdown, sheet, table,
    };
}

/// The program in the README is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
