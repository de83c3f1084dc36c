//! The standard library: `kpis/*.kpi`, part of the crate, compiled once per process.

use std::sync::{Arc, OnceLock};

use super::{Library, compile};
use crate::budget::Budget;
use crate::source::{FileId, SourceFile, SourceMap};
use crate::syntax;

macro_rules! texts {
    ($($name:literal),* $(,)?) => {
        &[$((concat!("kpis/", $name), include_str!(concat!("../../kpis/", $name)))),*]
    };
}

/// The names and texts of the files.
pub(super) const TEXTS: &[(&str, &str)] = texts![
    "inputs.kpi",
    "acquisition.kpi",
    "leads.kpi",
    "funnel.kpi",
    "retention.kpi",
    "customers.kpi",
    "subscriptions.kpi",
    "value.kpi",
    "revenue.kpi",
    "traffic.kpi",
    "satisfaction.kpi",
    "returns.kpi",
    "functions.kpi",
];

/// The standard library, on which others are compiled.
pub(super) fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(compiled)
}

fn compiled() -> Library {
    let mut sources = SourceMap::default();
    sources.add_standard(TEXTS.iter().map(|(name, text)| Arc::new(SourceFile::new(*name, *text))));
    let mut diagnostics = vec![];
    let mut files = vec![];
    for (at, (_, text)) in TEXTS.iter().enumerate() {
        let (file, problems) = syntax::parse(FileId::standard(at), text);
        files.push(file);
        diagnostics.extend(problems);
    }
    let budget = Budget::unlimited();
    let library = compile::compile(None, sources, &files, false, &mut diagnostics, &budget);
    let mut library = library.expect("nothing stops it");
    debug_assert!(diagnostics.is_empty(), "{diagnostics:?}");
    library.compiling().units.be_lenient();
    library
}
