//! Renders results for people and programs: localized numbers, terminal tables, Markdown, HTML, CSV, JSON.

#[cfg(feature = "change")]
mod change;
#[cfg(feature = "cli")]
mod chart;
mod csv;
#[cfg(feature = "cli")]
mod data_days;
mod definition;
mod derivation;
#[cfg(feature = "cli")]
mod description;
#[cfg(feature = "cli")]
mod diff;
mod glossary;
mod graph;
mod grid;
mod json;
mod listed;
mod locale;
mod markdown;
mod page;
mod pivot;
#[cfg(feature = "cli")]
mod report;
mod result;
#[cfg(feature = "cli")]
mod scale;
#[cfg(feature = "cli")]
mod scenario;
mod scorecard;
#[cfg(feature = "cli")]
mod sensitivity;
#[cfg(feature = "cli")]
mod solve;
mod table;
#[cfg(feature = "cli")]
mod warnings;
#[cfg(feature = "cli")]
mod workbook;

pub use crate::explain::Document;
pub use crate::language::Language;
#[cfg(feature = "cli")]
pub(crate) use change::common_decimals;
#[cfg(feature = "change")]
pub use change::{change_decimals, changes, changes_markdown};
pub use csv::{FormulaCells, csv};
pub use definition::{AdditivityEntry, GlossaryEntry, wrapped};
#[cfg(feature = "cli")]
pub(crate) use definition::{kind_name, kind_word};
pub use derivation::{derivation, derivation_markdown};
pub use glossary::Glossary;
pub use graph::{Graph, MAX_TREE_DEPTH, NodeKind};
pub use grid::{Align, Column, Grid};
pub use json::{document, document_by_row};
pub use locale::Locale;
pub use locale::formula_text::{FormulaText, FormulaWriter};
pub use locale::number::{DurationUnit, Lead, NumberFormat, NumberStyle, UnitName};
pub use locale::typography::typeset;
pub use markdown::{escaped, markdown};
#[cfg(feature = "cli")]
pub(crate) use result::group_head;
pub use result::{Sheet, colored, flag_mark, sheet, status_mark, style_of};
pub use scorecard::{scorecard, scorecard_document};
pub use table::table;
#[cfg(feature = "cli")]
pub(crate) use {
    chart::chart,
    csv::{CsvForm, csv_in, exact_grid, write_csv},
    description::{description, description_markdown},
    diff::{DiffPage, SnapshotPage, diff, diff_markdown, snapshot_diff, snapshot_diff_markdown},
    glossary::CurrentValues,
    markdown::markdown_within,
    page::live_page,
    pivot::Pivot,
    report::{Imprint, report_document, report_page},
    result::sheet_within,
    scenario::{scenario_grid, scenario_sheet},
    scorecard::{document_within as scorecard_document_within, scorecard_within},
    sensitivity::sensitivity,
    solve::solutions,
    table::table_within,
    warnings::warnings,
    workbook::{excel_formats, workbook},
};
