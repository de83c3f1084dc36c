//! All integration tests in one binary, a module a part; `replay` has its own, which the packaged crate contains.

mod calc;
mod case;
#[cfg(feature = "change")]
mod change;
mod check;
mod cli;
mod data;
mod describe;
#[cfg(feature = "change")]
mod diff;
mod documents;
mod engine;
#[cfg(feature = "cli")]
mod folder;
#[path = "../examples/formula_snapshots/formulas.rs"]
mod formulas;
#[cfg(feature = "render")]
mod glossary;
#[cfg(feature = "cli")]
mod init;
mod language;
mod library;
mod limits;
mod plan;
mod practice;
mod reference;
#[cfg(feature = "cli")]
mod report;
mod resolve;
mod scale;
mod semantics;
mod shop;
mod sql;
mod structure;
mod syntax;
mod testing;
#[cfg(feature = "cli")]
mod watch;
