//! Divides the difference of a KPI with 8 inputs among its inputs and 1,000 segments, and finds the rows behind a number:
//! `cargo bench --no-default-features --features change --bench change`.
//!
//! What the evaluation takes is measured beside it.

use std::fmt::Write;
use std::sync::Arc;

use divan::Bencher;
use yardstick::{Declaration, Embedded, Evaluation, Library, Limits, Query, Table};

const DEFINITIONS: &str = "\
dataset t { time day }
margin = revenue - returns - ad_cost - salaries
k = margin / (orders - cancellations) + bonus / visits
";

const INPUTS: [&str; 8] = ["revenue", "returns", "ad_cost", "salaries", "orders", "cancellations", "bonus", "visits"];

fn main() {
    divan::main();
}

/// Two months of each of 1,000 segments.
fn source(rows_each: usize) -> Embedded {
    let mut csv = format!("day,segment,{}\n", INPUTS.join(","));
    for row in 0..2_000 * rows_each {
        let (month, segment) = (1 + row % 2, row / 2 % 1_000);
        write!(csv, "2026-{month:02}-{:02},s{segment}", 1 + row / 2_000 % 28).expect("writing to a string succeeds");
        for (at, _) in INPUTS.iter().enumerate() {
            let number = (row * 7_919 + at * 104_729) % 9_973;
            let number = if at == 0 { number + 50_000 } else { number + 1 };
            write!(csv, ",{number}").expect("writing to a string succeeds");
        }
        csv.push('\n');
    }
    let library = Library::from_text(DEFINITIONS).expect("the definitions are right");
    let declaration = library.dataset("t").map_or_else(Declaration::default, |it| it.declaration.clone());
    Embedded::new(vec![Arc::new(Table::from_csv("t", &csv, &declaration).expect("it is a table"))])
}

fn evaluated(source: &Embedded, by: &[&str]) -> Evaluation {
    let library = Library::from_text(DEFINITIONS).expect("the definitions are right");
    let query = by.iter().fold(Query::new(["k"]), |query, column| query.by(*column));
    library.evaluate(&query, source, &Limits::default()).expect("the query is right")
}

#[divan::bench]
fn evaluate_both(bencher: Bencher) {
    let source = source(1);
    bencher.bench_local(|| (evaluated(&source, &["month"]), evaluated(&source, &["month", "segment"])));
}

#[divan::bench]
fn why(bencher: Bencher) {
    let source = source(1);
    let whole = evaluated(&source, &["month"]);
    bencher.bench_local(|| whole.change(0, [0, 1], 2).expect("it is within the limits"));
}

#[divan::bench]
fn why_over_1_000_segments(bencher: Bencher) {
    let source = source(1);
    let (whole, segments) = (evaluated(&source, &["month"]), evaluated(&source, &["month", "segment"]));
    bencher.bench_local(|| whole.change_over(0, [0, 1], 2, &segments, None).expect("it is within the limits"));
}

/// A million rows in memory, of which the 5 largest of each of 8 inputs are listed.
#[divan::bench(sample_count = 10)]
fn rows_behind_8_inputs(bencher: Bencher) {
    let source = source(500);
    let result = evaluated(&source, &["month"]);
    bencher.bench_local(|| result.explain_rows(0, 1, &source, 5).expect("it is within the limits"));
}

#[divan::bench(sample_count = 10)]
fn evaluate_a_million_rows(bencher: Bencher) {
    let source = source(500);
    bencher.bench_local(|| evaluated(&source, &["month"]));
}
