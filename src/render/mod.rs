//! Turns results into what people and programs read: localized numbers, terminal tables, Markdown, CSV, JSON.

mod csv;
mod definition;
mod derivation;
mod glossary;
mod graph;
mod grid;
mod json;
mod locale;
mod markdown;
mod result;
mod scorecard;
mod table;

pub use crate::language::Language;
pub use csv::{FormulaCells, csv, write_csv};
pub use definition::{AdditivityEntry, BandEntry, GlossaryEntry, wrapped};
pub(crate) use definition::{kind_name, kind_word};
pub use derivation::{MAX_LEVELS, derivation, derivation_markdown};
pub use glossary::{BandLine, Datum, ExampleLine, FunctionEntry, Glossary, Group, Indicator, Reference};
pub use graph::{Graph, MAX_TREE_DEPTH, Node, NodeKind};
pub use grid::{Align, Column, Grid};
pub use json::{Document, Entry, KpiHead, Reason, Row, Rows, TargetEntry, VERSION, document, document_by_row};
pub use locale::Locale;
pub use locale::formula_text::{FormulaText, FormulaWriter};
pub use locale::number::{DurationUnit, Lead, MAX_ALIGNED_DECIMALS, NumberFormat, NumberStyle, UnitName};
pub use locale::typography::typeset;
pub use markdown::{escaped, markdown};
#[cfg(feature = "cli")]
pub(crate) use result::group_head;
pub use result::{
    Sheet, UNDEFINED, colored, flag_mark, group_columns, group_name, incomplete, sheet, status_mark, style_of,
};
pub use scorecard::{
    GroupValue, Perspective, PerspectiveEntry, Scorecard, ScorecardDocument, ScorecardEntry, scorecard,
    scorecard_document,
};
pub use table::table;
