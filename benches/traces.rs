//! Explains one KPI with three inputs, and writes the explanation as JSON: `cargo bench --bench traces`.
//!
//! An evaluation records nothing for explanations: `explain` reads the plan and the evaluated columns.

use std::sync::Arc;

use divan::Bencher;
use yardstick::{Embedded, Evaluation, Library, Limits, Query, Table};

#[derive(serde::Serialize)]
struct Month {
    day: &'static str,
    spend: f64,
    salaries: f64,
    new_customers: u32,
}

fn main() {
    divan::main();
}

fn evaluation() -> Evaluation {
    let library = Library::from_text("full_cac = (spend + salaries) / new_customers").expect("the definition is right");
    let rows = [
        Month { day: "2026-01-15", spend: 91_250.4, salaries: 42_000.0, new_customers: 310 },
        Month { day: "2026-02-15", spend: 88_019.75, salaries: 43_500.0, new_customers: 287 },
    ];
    let source = Embedded::new(vec![Arc::new(Table::from_rows("months", &rows).expect("plain rows"))]);
    Arc::new(library)
        .evaluate(&Query::new(["full_cac"]).by("month"), &source, &Limits::default())
        .expect("the query is right")
}

#[divan::bench]
fn explain(bencher: Bencher) {
    let evaluation = evaluation();
    bencher.bench_local(|| evaluation.explain_at(0, 1));
}

#[divan::bench]
fn explain_as_json(bencher: Bencher) {
    let evaluation = evaluation();
    bencher.bench_local(|| {
        serde_json::to_string(&evaluation.explain_at(0, 1).expect("it is small")).expect("plain data serializes")
    });
}
