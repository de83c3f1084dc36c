//! Turns results into what people and programs read: localized numbers, terminal tables, Markdown, CSV.

mod csv;
mod glossary;
mod graph;
mod grid;
mod locale;
mod markdown;
mod number;
mod table;
mod typography;
mod words;

pub use csv::csv;
pub use glossary::{BandLine, Datum, ExampleLine, FunctionEntry, Glossary, Group, Reference, Indicator};
pub use graph::{Graph, MAX_TREE_DEPTH, Node, NodeKind};
pub use grid::{Align, Column, Grid};
pub use locale::{Language, Locale};
pub use markdown::markdown;
pub use number::{DurationUnit, Lead, MAX_ALIGNED_DECIMALS, NumberFormat, NumberStyle, UnitName};
pub use table::table;
pub use typography::typeset;
pub use words::{Phrase, Words};
