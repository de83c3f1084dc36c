//! Aggregates rows that hold over an interval: 5 million subscriptions (or `KPI_BENCH_ROWS`), by month over ten years.
//!
//! `cargo bench --bench intervals`

use std::sync::Arc;

use divan::Bencher;
use yardstick::backend::{ColumnId, ColumnSchema, Dictionary, Schema, Values, Vector};
use yardstick::{ColumnType, Dataset, Embedded, Library, Limits, Query, Table};

const CUSTOMERS: u64 = 1_000_000;
const THREADS: [usize; 2] = [1, 2];

/// 2016-01-01, and the days of ten years.
const FIRST: i32 = 16_801;
const DAYS: u64 = 3_653;

fn main() {
    divan::main();
}

/// A deterministic sequence of pseudo-random numbers.
struct Generator(u64);

impl Generator {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn rows() -> usize {
    std::env::var("KPI_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(5_000_000)
}

/// Subscriptions of up to four years, of which three in ten have no end. One in ten ends within its month.
fn subscriptions() -> Arc<dyn Dataset> {
    let (mut random, rows) = (Generator(7), rows());
    let starts: Vec<i32> = (0..rows).map(|_| FIRST + random.below(DAYS) as i32).collect();
    let lengths = [30, 1_461, 1_461, 400, 400, 90, 1_461];
    let ends = starts.iter().map(|start| {
        let kind = random.below(10) as usize;
        lengths.get(kind).map(|length| start + 1 + random.below(*length) as i32)
    });
    let ends: Vec<Option<i32>> = ends.collect();
    let causes = ends.iter().map(|end| if end.is_none() { Some(yardstick::Cause::Blank) } else { None }).collect();
    let mut dictionary = Dictionary::default();
    let plans = (0..12).map(|plan| dictionary.code(&format!("plan {plan}"))).collect::<Vec<u32>>();
    let columns = vec![
        Vector::defined(Values::Days(starts)),
        Vector {
            values: Values::Days(ends.into_iter().map(Option::unwrap_or_default).collect()),
            causes: Some(causes),
        },
        Vector::defined(Values::Fixed {
            mantissas: (0..rows).map(|_| random.below(50_000) as i64).collect(),
            scale: 2,
        }),
        Vector::defined(Values::Fixed {
            mantissas: (0..rows).map(|_| random.below(CUSTOMERS) as i64).collect(),
            scale: 0,
        }),
        Vector::defined(Values::Texts {
            codes: (0..rows).map(|_| plans[random.below(12) as usize]).collect(),
            dictionary: Arc::new(dictionary),
        }),
    ];
    let types = [ColumnType::Date, ColumnType::Date, ColumnType::Number, ColumnType::Number, ColumnType::Text];
    let names = ["starts", "ends", "amount", "customer", "plan"];
    let column = |(name, ty): (&str, ColumnType)| (name.into(), ColumnSchema::new(ty, true));
    let schema = Schema { columns: names.into_iter().zip(types).map(column).collect(), time: Some(ColumnId(0)) };
    Arc::new(Table::new("subs", schema, columns, rows, vec![]))
}

fn run(bencher: Bencher, threads: usize, formula: &str, by: &[&str]) {
    let library = Library::from_text("dataset subs { valid from starts until ends }").expect("it compiles");
    let source = Embedded::new(vec![subscriptions()]);
    let query = by.iter().fold(Query::new([formula]), |query, by| query.by(*by));
    let limits = Limits::default().threads(threads);
    bencher.bench_local(|| library.evaluate(&query, &source, &limits).expect("the query is valid").groups.len());
}

/// The monthly revenue.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn revenue(bencher: Bencher, threads: usize) {
    run(bencher, threads, "sum(amount)", &["month"]);
}

/// The monthly revenue of twelve plans.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn revenue_by_plan(bencher: Bencher, threads: usize) {
    run(bencher, threads, "sum(amount)", &["month", "plan"]);
}

/// The median amount, by month.
#[divan::bench(args = THREADS, sample_count = 3, sample_size = 1)]
fn median(bencher: Bencher, threads: usize) {
    run(bencher, threads, "median(amount)", &["month"]);
}

/// The customers, by month.
#[divan::bench(args = THREADS, sample_count = 3, sample_size = 1)]
fn customers(bencher: Bencher, threads: usize) {
    run(bencher, threads, "count(distinct customer)", &["month"]);
}

/// The customers of each month, at any time in it.
#[divan::bench(args = THREADS, sample_count = 3, sample_size = 1)]
fn customers_during(bencher: Bencher, threads: usize) {
    run(bencher, threads, "count(distinct customer during)", &["month"]);
}
