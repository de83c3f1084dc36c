//! Compiles definitions into a checked library: `cargo bench --bench start`.
//!
//! `standard` measures the cost of every library: the standard library is parsed once per process (`parse` measures
//! this) and compiled into each library. `own` adds definitions of 45 bytes: with declared inputs, in one chain, and
//! with an undeclared name in each. A file can contain at most 100,000 items.

use std::fmt::Write as _;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use yardstick::{FileId, Library};

fn main() {
    divan::main();
}

const FILES: [&str; 11] = [
    include_str!("../kpis/inputs.kpi"),
    include_str!("../kpis/acquisition.kpi"),
    include_str!("../kpis/leads.kpi"),
    include_str!("../kpis/funnel.kpi"),
    include_str!("../kpis/retention.kpi"),
    include_str!("../kpis/value.kpi"),
    include_str!("../kpis/revenue.kpi"),
    include_str!("../kpis/traffic.kpi"),
    include_str!("../kpis/satisfaction.kpi"),
    include_str!("../kpis/returns.kpi"),
    include_str!("../kpis/functions.kpi"),
];

mod standard {
    use super::*;

    #[divan::bench]
    fn parse() -> usize {
        FILES.iter().map(|text| yardstick::internal::syntax::parse(FileId(0), black_box(text)).0.items.len()).sum()
    }

    #[divan::bench]
    fn compile() -> Library {
        Library::from_text(black_box("")).expect("an empty library is valid")
    }
}

mod own {
    use super::*;

    #[divan::bench(args = [10_000, 99_000], sample_count = 5)]
    fn parse(bencher: Bencher<'_, '_>, definitions: usize) {
        let text = flat(definitions);
        bencher
            .counter(ItemsCount::new(definitions))
            .bench(|| yardstick::internal::syntax::parse(FileId(0), black_box(&text)));
    }

    #[divan::bench(args = [10_000, 99_000], sample_count = 5)]
    fn declared(bencher: Bencher<'_, '_>, definitions: usize) {
        compile(bencher, definitions, &flat(definitions));
    }

    #[divan::bench(args = [10_000, 99_000], sample_count = 5)]
    fn chain(bencher: Bencher<'_, '_>, definitions: usize) {
        compile(bencher, definitions, &chained(definitions));
    }

    #[divan::bench(args = [10_000, 99_000], sample_count = 3)]
    fn undeclared(bencher: Bencher<'_, '_>, definitions: usize) {
        compile(bencher, definitions, &implicit(definitions));
    }
}

fn compile(bencher: Bencher<'_, '_>, definitions: usize, text: &str) {
    let counted = bencher.counter(ItemsCount::new(definitions));
    counted.bench_local(|| Library::from_text(black_box(text)).expect("the definitions are right"));
}

/// `d17 = marketing_costs / acquired_customers + 1`
fn flat(definitions: usize) -> String {
    let mut text = String::from("input marketing_costs\ninput acquired_customers\n");
    for at in 0..definitions {
        let _ = writeln!(text, "d{at} = marketing_costs / acquired_customers + 1");
    }
    text
}

/// Definitions that each need the next one.
fn chained(definitions: usize) -> String {
    let mut text = format!("input marketing_costs\ninput d{definitions}\n");
    for at in 0..definitions {
        let _ = writeln!(text, "d{at} = marketing_costs - d{} * 0.123456789", at + 1);
    }
    text
}

/// Definitions that each read a different column.
fn implicit(definitions: usize) -> String {
    let mut text = String::from("input marketing_costs\n");
    for at in 0..definitions {
        let _ = writeln!(text, "d{at} = marketing_costs / column_number_{at}_x");
    }
    text
}
