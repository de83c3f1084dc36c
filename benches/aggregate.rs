//! Aggregates columns in memory: 10 million rows into 144 groups, and a million keys of several kinds.
//!
//! `cargo bench --bench aggregate`

use std::sync::Arc;

use divan::Bencher;
use yardstick::backend::{
    Aggregate, ColumnId, ColumnSchema, DatasetRequest, Dictionary, Dropped, Extent, GroupColumn, InForce, Measure,
    Program, Request, RowProgram, RowSource, Schema, TimeRange, Values, Vector, WindowUnit,
};
use yardstick::internal::program::{Node, NodeId, Operator};
use yardstick::{Calendar, ColumnType, Dataset, Embedded, Grain, Source, Table, Value};

const ROWS: usize = 10_000_000;
/// The group columns, and the first column of amounts.
const CHANNEL: u32 = 1;
const CUSTOMER: u32 = 2;
const NUMBER: u32 = 3;
const ORDER: u32 = 4;
const AMOUNTS: u32 = 5;
const THREADS: [usize; 2] = [1, 2];

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

/// A table with the columns `day`, `channel`, `customer`, `number`, `order`, followed by columns of amounts in cents. A
/// customer has a name and a number. Each row is a different order.
fn table(rows: usize, customers: u64, orders: bool, amounts: usize) -> Arc<dyn Dataset> {
    let mut random = Generator(7);
    let days = (0..rows).map(|_| 20_089 + random.below(365) as i32).collect();
    let texts = |random: &mut Generator, prefix: &str, count: u64| {
        let mut dictionary = Dictionary::default();
        (0..count).for_each(|at| {
            dictionary.code(&format!("{prefix}{at}"));
        });
        let codes = (0..rows).map(|_| random.below(count) as u32).collect();
        Values::Texts { codes, dictionary: Arc::new(dictionary) }
    };
    let numbers = |random: &mut Generator| (0..rows).map(|_| random.below(customers) as i64).collect();
    let mut columns = vec![
        Values::Days(days),
        texts(&mut random, "channel ", 12),
        texts(&mut random, "c", customers),
        Values::Fixed { mantissas: numbers(&mut random), scale: 0 },
        if orders { each_another(rows) } else { Values::Days(vec![0; rows]) },
    ];
    for _ in 0..amounts {
        columns
            .push(Values::Fixed { mantissas: (0..rows).map(|_| random.below(1_000_000) as i64).collect(), scale: 2 });
    }
    let names = ["day", "channel", "customer", "number", "order"]
        .map(String::from)
        .into_iter()
        .chain((0..amounts).map(|at| format!("x{at}")));
    let column = |name: String| (name.into(), ColumnSchema::new(ColumnType::Unknown, true));
    let columns = columns.into_iter().map(Vector::defined).collect();
    let schema = Schema { columns: names.map(column).collect(), time: Some(ColumnId(0)) };
    Arc::new(Table::new("t", schema, columns, rows, vec![]))
}

/// A column with a different text in each row.
fn each_another(rows: usize) -> Values {
    let mut dictionary = Dictionary::default();
    let codes = (0..rows).map(|row| dictionary.code(&format!("order {:08}", row as u64 * 7919 % 100_000_007)));
    Values::Texts { codes: codes.collect(), dictionary: Arc::new(dictionary) }
}

/// A query for the sums of all amounts, by month and some columns.
fn request(threads: usize, by: &[u32], grain: Option<Grain>, amounts: u32) -> Request {
    let mut program = Program::default();
    let slots: Vec<RowSource> = (0..amounts).map(|at| RowSource::Column(ColumnId(at + AMOUNTS))).collect();
    (0..amounts).for_each(|slot| {
        program.add(Node::Slot(slot));
    });
    Request {
        datasets: vec![DatasetRequest {
            data_end: None,
            dataset: 0,
            rows: RowProgram { program, slots, lookups: vec![] },
            time: grain.map(|_| GroupColumn::Source(RowSource::Column(ColumnId(0)))),
            time_name: None,
            end: None,
            by: by.iter().map(|&at| Some(GroupColumn::Source(RowSource::Column(ColumnId(at))))).collect(),
            filters: vec![],
            may_lack_time: false,
            skipped: false,
        }],
        by: by.iter().map(|at| format!("key {at}").into()).collect(),
        grain,
        calendar: Calendar::default(),
        period: None,
        single: None,
        totals: false,
        measures: (0..amounts).map(|at| measure(Aggregate::Sum, at)).collect(),
        threads,
        every_period: false,
        max_groups: 100_000_000,
        budget: yardstick::internal::budget::Budget::unlimited(),
        answers: Default::default(),
    }
}

fn measure(aggregate: Aggregate, column: u32) -> Measure {
    Measure {
        dataset: 0,
        aggregate,
        argument: Some(NodeId(column)),
        distinct: false,
        by: vec![],
        conditions: vec![],
        dropped: Dropped::Columns(vec![]),
        in_force: InForce::AtEnd,
        range: TimeRange::CURRENT,
        total: None,
    }
}

fn run(bencher: Bencher, table: Arc<dyn Dataset>, request: Request) {
    let source = Embedded::new(vec![table]);
    bencher.bench_local(|| source.aggregate(&request).expect("the request is valid").groups.len());
}

/// Eight exact sums by month and channel.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn eight_sums_144_groups(bencher: Bencher, threads: usize) {
    run(bencher, table(ROWS, 1, false, 8), request(threads, &[CHANNEL], Some(Grain::Month), 8));
}

/// One sum for each of a million customers.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn a_million_keys(bencher: Bencher, threads: usize) {
    run(bencher, table(ROWS / 2, 1_000_000, false, 1), request(threads, &[CUSTOMER], None, 1));
}

/// One sum for each of a million numbers.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn a_million_numbers(bencher: Bencher, threads: usize) {
    run(bencher, table(ROWS / 2, 1_000_000, false, 1), request(threads, &[NUMBER], None, 1));
}

/// One sum for each of 1.2 million pairs of keys.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn a_million_pairs(bencher: Bencher, threads: usize) {
    run(bencher, table(ROWS / 2, 100_000, false, 1), request(threads, &[CHANNEL, CUSTOMER], None, 1));
}

/// One sum by month for each of 100,000 customers.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn a_million_months(bencher: Bencher, threads: usize) {
    run(bencher, table(ROWS / 2, 100_000, false, 1), request(threads, &[CUSTOMER], Some(Grain::Month), 1));
}

/// A group for each row.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn each_row_another_key(bencher: Bencher, threads: usize) {
    run(bencher, table(ROWS / 5, 1, true, 1), request(threads, &[ORDER], None, 1));
}

/// Thirty measures of six columns for each of 200,000 customers.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn thirty_measures_of_many_keys(bencher: Bencher, threads: usize) {
    let mut request = request(threads, &[CUSTOMER], None, 6);
    let aggregates = [Aggregate::Sum, Aggregate::Average, Aggregate::Count, Aggregate::Min, Aggregate::Max];
    request.measures = aggregates.iter().flat_map(|&it| (0..6).map(move |column| measure(it, column))).collect();
    run(bencher, table(ROWS / 10, 200_000, false, 6), request);
}

/// Thirty measures of three columns: aggregates, conditions and windows, by day and channel.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn thirty_measures(bencher: Bencher, threads: usize) {
    let mut request = request(threads, &[CHANNEL], Some(Grain::Day), 3);
    let program = &mut request.datasets[0].rows.program;
    let bound = program.add(Node::Constant(Value::from(yardstick::Decimal::from(5000))));
    let large = program.add(Node::Binary(Operator::Greater, NodeId(0), bound));
    let extents = [Extent::Period, Extent::Window(28, WindowUnit::Days), Extent::PeriodToDate(Grain::Year)];
    request.measures.clear();
    for aggregate in [Aggregate::Sum, Aggregate::Average, Aggregate::Count, Aggregate::Max, Aggregate::Last] {
        for extent in extents {
            for conditions in [vec![], vec![large]] {
                let mut measure = measure(aggregate, 1);
                (measure.range.extent, measure.conditions) = (extent, conditions);
                request.measures.push(measure);
            }
        }
    }
    run(bencher, table(ROWS / 10, 1, false, 3), request);
}

/// Distinct customers and the median amount, by month.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn distinct_and_median(bencher: Bencher, threads: usize) {
    let mut request = request(threads, &[CHANNEL], Some(Grain::Month), 1);
    request.datasets[0].rows.slots.push(RowSource::Column(ColumnId(CUSTOMER)));
    request.datasets[0].rows.program.add(Node::Slot(1));
    request.measures = vec![measure(Aggregate::Median, 0), Measure { distinct: true, ..measure(Aggregate::Count, 1) }];
    run(bencher, table(ROWS / 10, 50_000, false, 1), request);
}
