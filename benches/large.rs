//! Evaluates large tables from CSV files whose keys are many: repeat customers by month, the total of each key, and
//! amounts at the daily rates of their currencies.
//!
//! `cargo bench --bench large` generates tables of a million rows in the temporary folder, `KPI_BENCH_ROWS=10000000` tables of
//! ten million. There are ten rows for each customer, and five for each key.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use divan::Bencher;
use yardstick::{Dataset, Declaration, Embedded, Library, Limits, Query, open};

const THREADS: [usize; 2] = [1, 2];
const CURRENCIES: u64 = 20;
const DAYS: u64 = 730;

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

    /// A day of two years.
    fn day(&mut self) -> String {
        day(self.below(DAYS))
    }
}

/// A day of two years whose months have 30 or 31 days; the last of February are left out.
fn day(number: u64) -> String {
    let (year, day) = (2024 + number / 365, number % 365);
    let starts = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let month = starts.iter().rposition(|start| *start <= day).unwrap_or(0);
    format!("{year}-{:02}-{:02}", month + 1, day - starts[month] + 1)
}

fn rows() -> u64 {
    std::env::var("KPI_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000)
}

/// The dataset of a generated file. `write` writes the row with a number.
fn written(
    name: &str,
    header: &str,
    rows: u64,
    mut write: impl FnMut(&mut Generator, u64) -> String,
) -> Arc<dyn Dataset> {
    let path: PathBuf = std::env::temp_dir().join(format!("yardstick-bench-{name}-{rows}.csv"));
    let (mut random, mut text) = (Generator(7), format!("{header}\n"));
    (0..rows).for_each(|row| writeln!(text, "{}", write(&mut random, row)).expect("a text has room"));
    std::fs::write(&path, text).expect("a temporary file can be written");
    open(name, &path, &Declaration::default()).expect("the file is a table").into()
}

fn orders() -> Arc<dyn Dataset> {
    let rows = rows();
    written("orders", "day,customer,channel,amount", rows, |random, _| {
        let (day, customer) = (random.day(), random.below(rows / 10));
        let channel = ["web", "store", "app", "phone"][random.below(4) as usize];
        format!("{day},C{customer},{channel},{}.{:02}", random.below(500), random.below(100))
    })
}

fn keys() -> Arc<dyn Dataset> {
    let rows = rows();
    written("totals", "key,x", rows, |random, _| {
        format!("K{},{}.{:02}", random.below(rows / 5), random.below(500), random.below(100))
    })
}

fn payments() -> Arc<dyn Dataset> {
    written("payments", "day,currency,amount", rows(), |random, _| {
        format!("{},X{:02},{}.{:02}", random.day(), random.below(CURRENCIES), random.below(500), random.below(100))
    })
}

/// A rate of each currency for each day.
fn rates() -> Arc<dyn Dataset> {
    written("rates", "day,code,rate", CURRENCIES * DAYS, |random, row| {
        format!("{},X{:02},1.{:04}", day(row / CURRENCIES), row % CURRENCIES, random.below(10_000))
    })
}

fn run(bencher: Bencher, threads: usize, definitions: &str, query: &Query, datasets: Vec<Arc<dyn Dataset>>) {
    let library = Library::from_text(definitions).expect("it compiles");
    let (source, limits) = (Embedded::new(datasets), Limits::default().threads(threads));
    bencher.bench_local(|| library.evaluate(query, &source, &limits).expect("the query is valid").groups.len());
}

/// The customers with two or more orders, by month.
#[divan::bench(args = THREADS, sample_count = 3, sample_size = 1)]
fn repeat_customers(bencher: Bencher, threads: usize) {
    let repeat = "count(count(orders) each customer having count(orders) >= 2)";
    run(bencher, threads, "", &Query::new([repeat]).by("month"), vec![orders()]);
}

/// The total of each key.
#[divan::bench(args = THREADS, sample_count = 3, sample_size = 1)]
fn totals(bencher: Bencher, threads: usize) {
    run(bencher, threads, "", &Query::new(["sum(x)"]).by("key"), vec![keys()]);
}

/// Amounts in 20 currencies at the rates of their days, by month.
#[divan::bench(args = THREADS, sample_count = 3, sample_size = 1)]
fn at_daily_rates(bencher: Bencher, threads: usize) {
    let definitions = "dataset payments { lookup rates on currency = code as of day }";
    run(bencher, threads, definitions, &Query::new(["sum(amount * rate)"]).by("month"), vec![payments(), rates()]);
}
