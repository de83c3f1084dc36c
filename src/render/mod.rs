//! Turns results into what people and programs read: localized numbers, terminal tables, Markdown, CSV, JSON.

mod csv;
mod definition;
mod derivation;
mod grid;
mod json;
mod locale;
mod markdown;
mod number;
mod result;
mod table;

pub use csv::csv;
pub use definition::{BandEntry, Glossary, kind_name};
pub use derivation::{MAX_LEVELS, derivation, derivation_markdown};
pub use grid::{Align, Column, Grid};
pub use json::{Document, Entry, KpiHead, Reason, Row, TargetEntry, VERSION, document};
pub use locale::{Language, Locale};
pub use markdown::{escaped, markdown};
pub use number::{DurationUnit, Lead, MAX_ALIGNED_DECIMALS, NumberFormat, NumberStyle, UnitName};
pub use result::{
    BLANK, Sheet, TOTAL, UNDEFINED, colored, exact, flag_mark, flag_meaning, group_columns, group_name, sheet,
    status_mark, style_of,
};
pub use table::table;
