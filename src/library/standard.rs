//! The standard library: the files `kpis/*.kpi`, embedded in the crate and parsed once per process.

use std::sync::{Arc, OnceLock};

use crate::source::{FileId, SourceFile, SourceMap};
use crate::syntax::{self, ast};

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
    "value.kpi",
    "revenue.kpi",
    "traffic.kpi",
    "satisfaction.kpi",
    "returns.kpi",
    "functions.kpi",
];

struct Parsed {
    source: Arc<SourceFile>,
    file: ast::File,
}

/// Adds the standard library's sources and returns its trees.
pub(super) fn files(sources: &mut SourceMap) -> Vec<ast::File> {
    sources.add_standard(parsed().iter().map(|parsed| parsed.source.clone()));
    parsed().iter().map(|parsed| parsed.file.clone()).collect()
}

fn parsed() -> &'static [Parsed] {
    static PARSED: OnceLock<Vec<Parsed>> = OnceLock::new();
    PARSED.get_or_init(|| TEXTS.iter().enumerate().map(|(at, (name, text))| parse(at, name, text)).collect())
}

fn parse(at: usize, name: &str, text: &str) -> Parsed {
    let (file, diagnostics) = syntax::parse(FileId::standard(at), text);
    debug_assert!(diagnostics.is_empty(), "{name}: {diagnostics:?}");
    Parsed { source: Arc::new(SourceFile::new(name, text)), file }
}
