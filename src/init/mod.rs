//! Drafts definitions for data files: datasets with their settings, lookups, the figures that the standard library reads,
//! and first KPIs.

mod draft;
mod figures;
mod kpis;
mod measures;
mod relations;
mod table;
mod targets;

pub(crate) use draft::Draft;
pub(crate) use table::{DataSource, Piece};
