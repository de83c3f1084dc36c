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

pub use crate::explain::Document;
pub use csv::{FormulaCells, csv, write_csv};
pub use definition::{AdditivityEntry, GlossaryEntry, kind_name, wrapped};
pub use derivation::{derivation, derivation_markdown};
pub use glossary::Glossary;
pub use graph::{Graph, MAX_TREE_DEPTH, NodeKind};
pub use grid::{Align, Column, Grid};
pub use json::{document, document_by_row};
pub use locale::number::{DurationUnit, Lead, NumberFormat, NumberStyle, UnitName};
pub use locale::typography::typeset;
pub use locale::words::{Phrase, Words};
pub use locale::{Language, Locale};
pub use markdown::{escaped, markdown};
pub use result::{BLANK, Sheet, TOTAL, colored, flag_mark, flag_meaning, incomplete, sheet, status_mark, style_of};
pub use scorecard::{scorecard, scorecard_document};
pub use table::table;
