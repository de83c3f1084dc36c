//! The examples of the repository as cases.

use std::path::Path;

use yardstick::{Library, Query};

use super::Case;

/// The folders of `examples`, and by what their KPIs are grouped.
const EXAMPLES: [(&str, &[&str]); 5] = [
    ("shop", &["month", "quarter", "channel", "month, channel", "week"]),
    ("leads", &["month", "quarter", "channel", "campaign"]),
    ("subscriptions", &["month", "plan", "month, client", "quarter"]),
    ("cohorts", &["month", "cohort, age", "client"]),
    ("conversions", &["month", "source", "day"]),
];

/// All published KPIs of each example, by each of its groupings, with totals and without.
pub fn cases() -> Vec<Case> {
    EXAMPLES.iter().flat_map(|(name, groupings)| of(name, groupings)).collect()
}

fn of(name: &str, groupings: &[&str]) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let library = Library::from_dir(&folder).unwrap_or_else(|problems| panic!("{problems}"));
    let table = |dataset: &str| std::fs::read_to_string(folder.join(dataset)).expect("the table is in the repository");
    let definitions = std::fs::read_to_string(folder.join(format!("{name}.kpi"))).expect("it is in the repository");
    let datasets = definitions.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("dataset ")?.split_once('=')?;
        Some((name.trim().to_owned(), table(rest.split('"').nth(1)?)))
    });
    let tables: Vec<(String, String)> = datasets.collect();
    assert!(!tables.is_empty(), "{name} has datasets");
    let case = |query| Case { library: library.clone(), tables: tables.clone(), query };
    let grouped = |by: &str| by.split(", ").fold(Query::all(), |query, by| query.by(by));
    let queries = groupings.iter().flat_map(|by| [grouped(by), grouped(by).totals(true)]);
    std::iter::once(Query::all()).chain(queries).map(case).collect()
}
