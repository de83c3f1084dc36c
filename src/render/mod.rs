//! Turns results into what people and programs read: localized numbers, terminal tables, Markdown, CSV.

mod csv;
mod grid;
mod locale;
mod markdown;
mod number;
mod table;

pub use csv::csv;
pub use grid::{Align, Column, Grid};
pub use locale::{Language, Locale};
pub use markdown::markdown;
pub use number::{DurationUnit, Lead, MAX_ALIGNED_DECIMALS, NumberFormat, NumberStyle, UnitName};
pub use table::table;
