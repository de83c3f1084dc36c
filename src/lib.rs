//! A formula engine for KPIs. You write definitions in small text files. The engine checks them before it reads any
//! data, evaluates them in exact decimals over your tables, and explains every number.
//!
//! ```
//! use std::sync::Arc;
//! use yardstick::{Embedded, Library, Limits, Query, Table};
//!
//! #[derive(serde::Serialize)]
//! struct Campaign { channel: &'static str, spend: u32, new_customers: u32 }
//!
//! let rows = [
//!     Campaign { channel: "web", spend: 900, new_customers: 30 },
//!     Campaign { channel: "mail", spend: 100, new_customers: 10 },
//! ];
//! let library = Library::from_text("our_cac = spend / new_customers")?;
//! let source = Embedded::new(vec![Arc::new(Table::from_rows("campaigns", &rows)?)]);
//! let result = library.evaluate(&Query::all().by("channel"), &source, &Limits::default())?;
//! let web = result.get("our_cac", [("channel", "web")])?.expect("a row has the channel");
//! assert_eq!(web.decimal(), Some(30.into()));
//! assert_eq!(web.explain()?.steps[0].substituted.as_deref(), Some("900 / 30"));
//! # Ok::<(), yardstick::Error>(())
//! ```
//!
//! # The three types
//!
//! * [`Library`]: checked definitions. [`Library::from_text`] compiles one text; [`Library::builder`] takes several
//!   texts, files and folders. A library is immutable and `Send + Sync`, and a clone is cheap: share it between threads,
//!   and replace it at run time. [`Builder::on`] adds definitions to a shared library, such as those of one tenant to
//!   those of all.
//! * [`Query`]: which KPIs to compute, grouped by which columns and periods, over which rows. Values that your users
//!   enter are passed as values, never as formula text. [`Limits`] are passed separately. If a query runs often, prepare
//!   a [`Plan`] once; [`Plan::record`] evaluates one record at a time.
//! * [`Evaluation`]: the values, each with unit, status and target. [`Evaluation::reason`] says why a value is missing,
//!   and [`Evaluation::explain`] traces a value down to the rows. Evaluations and explanations can be serialized.
//!
//! # Data
//!
//! A [`Table`] contains rows in memory, made from values that implement `serde::Serialize`; [`open`] reads a file.
//! [`Embedded`] aggregates such datasets in this process. To aggregate elsewhere, in a column store or a warehouse,
//! implement [`Source`]; the module [`backend`] contains the types of its requests and answers.
//!
//! # Problems
//!
//! Every failure is an [`Error`]: a `std::error::Error` with all [`Diagnostic`]s, each with a stable [`Code`], a
//! message, its places and hints. [`open`] and the constructors of [`Table`] that read text return the diagnostics
//! themselves, which `?` turns into an [`Error`]. No definition and no CSV or JSON text makes the library panic. Other
//! crates read workbooks, Parquet and Arrow files: if one of them panics over a damaged file, that is an error too.
//!
//! # Untrusted definitions
//!
//! The library opens only the files that you pass to it, and limits the size and nesting of definitions. [`Limits`]
//! restricts the cost of a query: groups, operations, time, threads and memory. It does not count the tables that you
//! pass in. `SECURITY.md` in the repository says what is promised, and which test shows it.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `cli` (default) | the command `kpi` and all features below |
//! | `change` | what accounts for the difference of a KPI between two groups: `Evaluation::change`; what differs between two libraries: `Library::diff`; the value of an input that a goal needs: `Library::solve`; how much each input matters: `Library::sensitivity` |
//! | `render` | terminal tables, Markdown, HTML, numbers and dates in English and French: the module `output` |
//! | `encodings`, `gzip`, `zstd` | files in Windows-1252 or UTF-16, `.gz`, `.zst` |
//! | `xlsx`, `parquet`, `ipc` | Excel workbooks, Parquet and Arrow IPC files |
//! | `arrow` | Arrow record batches, in and out |
//! | `sql` | the statements of `kpi sql` for the tables of a warehouse: the module `warehouse` |
//! | `adbc` | connections of the command through drivers of ADBC |
//!
//! A host program usually sets `default-features = false`. CSV and JSON are always included.
//!
//! # What to read next
//!
//! | to | read |
//! |---|---|
//! | write definitions | `docs/language.md` in the repository, which describes the whole language with examples |
//! | see what the standard library defines | `docs/library.md` |
//! | replace definitions at run time | `examples/embed.rs`, and `examples/service.rs`: a service over HTTP |
//! | test definitions | [`testing`], and `examples/formula_snapshots` |
//! | implement a [`Source`] | `examples/column_store.rs`, [`testing::source_conformance`] |
//! | print results for people | the module `output` (feature `render`) |
//! | find your way in the code | the architecture below |
//!
#![doc = include_str!("../ARCHITECTURE.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod aggregate;
mod alike;
mod budget;
mod builtin;
#[cfg(feature = "change")]
mod change;
mod data;
mod describe;
mod diagnostic;
#[cfg(feature = "change")]
mod diff;
mod eval;
mod explain;
#[cfg(feature = "cli")]
mod init;
mod language;
mod library;
mod numbered;
mod plan;
mod program;
mod read;
#[cfg(feature = "render")]
mod render;
#[cfg(feature = "cli")]
mod report;
mod source;
#[cfg(feature = "sql")]
mod sql;
mod syntax;
pub mod testing;
mod value;
#[cfg(feature = "change")]
mod what_if;

#[cfg(feature = "cli")]
mod cli;

#[doc(hidden)]
pub mod internal;

// Definitions.
pub use library::{Builder, Card, DatasetDefinition, Definition, DefinitionId, Function, Library};
pub use syntax::ast::{DefinitionKind, Status};

// Queries.
pub use data::{Calendar, Grain, Period};
pub use plan::{Column, Computable, GroupBy, Limits, Plan, Query};

// Data.
pub use aggregate::Embedded;
pub use data::{
    ColumnType, Dataset, Declaration, Formatting, ListedRow, ListedRows, RowPlace, Source, Table, WarehouseTrace,
};
pub use read::{Unreadable, open, open_stream};

// Results and their explanations.
#[cfg(feature = "change")]
pub use change::{Change, ChangeStep};
#[cfg(feature = "change")]
pub use diff::Diff;
pub use eval::{Evaluation, Flag, InputId, NoStatus, Outcome, Record, Target};
pub use explain::{
    Explanation, GroupsTrace, ResultValue, RowsTrace, StatusTrace, StepKey, TargetTrace, TraceKind, TraceStep,
    UndefinedTrace,
};
pub use value::unit::{Type, Unit};
pub use value::{Cause, Cell, Date, Decimal, Number, Value};
#[cfg(feature = "change")]
pub use what_if::{Goal, Sensitivity, Solution, SolutionKind};

// Problems.
pub use diagnostic::{CellPlace, Code, Diagnostic, Error, Fix, Label, Severity, Style, render};
pub use language::Sentence;
pub use source::{FileId, SourceFile, SourceMap, Span};

/// The requests and answers of a [`Source`], for backends that aggregate data themselves.
pub mod backend {
    pub use crate::data::{
        Aggregate, Aggregated, Batch, ColumnId, ColumnSchema, DatasetRequest, Dropped, Extent, FailedRows, Group,
        GroupColumn, GroupKeys, InForce, LookupRequest, Measure, MeasureColumn, MeasureId, PerGroup, Request,
        RowProgram, RowSource, Scan, Schema, Shift, TimeRange, WindowUnit,
    };
    pub use crate::program::Program;
    pub use crate::value::{Dictionary, Values, Vector};
}

/// What a file contains: its columns with their types, ranges and uses, and what is probably wrong, with lines.
pub mod description {
    pub use crate::describe::{ColumnDescription, Description, Fault, FaultKind, Place, Role, Setting, describe};
}

/// Tables of a warehouse as datasets, through a connection that a host program brings.
#[cfg(feature = "sql")]
pub mod warehouse {
    pub use crate::sql::{Connection, Dialect, StoredColumns, StoredType, open};
}

/// Output for people and programs: tables, Markdown, CSV, JSON, derivations, the glossary and the dependency graph.
#[cfg(feature = "render")]
pub mod output {
    pub use crate::render::{
        Align, Column, Document, FormulaCells, Glossary, Graph, Grid, Language, Locale, Sheet, csv, derivation,
        derivation_markdown, document, markdown, sheet, table,
    };
}

/// Compiles and runs the program in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
