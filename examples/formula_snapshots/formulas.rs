//! A snapshot test for formula definitions. Copy it to `tests/`, change `FOLDER`, and run `cargo insta test`.
//!
//! The snapshot contains, for every published KPI, the formula, the unit, the values over a small table and the
//! derivation of the first value. A review shows how a changed definition affects the values of all KPIs, and which
//! KPIs were added or removed. Line numbers are not included, so comments and moved definitions do not change the
//! snapshot.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use yardstick::{Embedded, Library, Limits, Query, open};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/formula_snapshots");

#[derive(Serialize)]
struct Snapshot {
    formula: Option<String>,
    unit: String,
    by_month: IndexMap<String, String>,
    first: Vec<String>,
}

#[test]
fn formulas_match_their_snapshot() {
    let definitions = std::fs::read_to_string(Path::new(FOLDER).join("margins.kpi")).expect("the file exists");
    let library = Library::builder().text("margins.kpi", &definitions).build();
    let library = Arc::new(library.unwrap_or_else(|problems| panic!("{problems}")));
    let declaration = &library.dataset("sales").expect("it is declared").declaration;
    let sales = open("sales", &Path::new(FOLDER).join("sales.csv"), declaration).expect("it is a table");
    let source = Embedded::new(vec![sales.into()]);
    let result = library
        .evaluate(&Query::all().by("month"), &source, &Limits::default())
        .unwrap_or_else(|problems| panic!("{problems}"));
    let snapshots: IndexMap<String, Snapshot> = result
        .plan
        .kpis
        .iter()
        .enumerate()
        .map(|(kpi, planned)| {
            let id = planned.definition.expect("published KPIs have definitions");
            let value = |group: usize| match result.value(kpi, group) {
                Ok(value) => value.to_string(),
                Err(_) => format!("undefined: {}", result.reason(kpi, group).unwrap_or_default()),
            };
            let month = |group: usize| result.group_label(group)["month"].clone().unwrap_or_default();
            let snapshot = Snapshot {
                formula: library.get(id).formula.as_ref().map(|formula| library.text(formula.span).to_owned()),
                unit: library.type_of(id).to_string(),
                by_month: (0..result.groups.len()).map(|group| (month(group), value(group))).collect(),
                first: result.explain_at(kpi, 0).expect("it is small").to_string().lines().map(str::to_owned).collect(),
            };
            (planned.name.to_string(), snapshot)
        })
        .collect();
    insta::assert_json_snapshot!(snapshots);
}
