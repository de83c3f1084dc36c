//! Columns in memory to measures: 10 million rows into 144 groups, and a million keys.
//!
//! `cargo bench --bench aggregate`

use std::sync::Arc;

use divan::Bencher;
use yardstick::data::{
    Aggregate, Calendar, ColumnId, ColumnSchema, ColumnType, Dataset, DatasetRequest, Dropped, Embedded, Extent, Grain,
    GroupColumn, Measure, Request, RowSource, Schema, Shift, Source, Table, TimeRange, WindowUnit,
};
use yardstick::program::{Node, NodeId, Operator, Program};
use yardstick::value::{Dictionary, Value, Values, Vector};

const ROWS: usize = 10_000_000;
const THREADS: [usize; 2] = [1, 2];

fn main() {
    divan::main();
}

/// Numbers that look random and are the same each time.
struct Generator(u64);

impl Generator {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// `day`, `channel`, `customer`, then so many columns of amounts in cents.
fn table(rows: usize, customers: u64, amounts: usize) -> Arc<dyn Dataset> {
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
    let mut columns = vec![Values::Days(days), texts(&mut random, "channel ", 12), texts(&mut random, "c", customers)];
    for _ in 0..amounts {
        columns
            .push(Values::Fixed { mantissas: (0..rows).map(|_| random.below(1_000_000) as i64).collect(), scale: 2 });
    }
    let names =
        ["day", "channel", "customer"].map(String::from).into_iter().chain((0..amounts).map(|at| format!("x{at}")));
    let column = |name: String| (name.into(), ColumnSchema { ty: ColumnType::Unknown, declared: true, evidence: None });
    let columns = columns.into_iter().map(Vector::defined).collect();
    let schema = Schema { columns: names.map(column).collect(), time: Some(ColumnId(0)) };
    Arc::new(Table::new("t", schema, columns, rows, vec![]))
}

/// All amounts of a table with so many, by month and a column.
fn request(threads: usize, by: u32, grain: Option<Grain>, amounts: u32) -> Request {
    let mut program = Program::default();
    let slots: Vec<RowSource> = (0..amounts).map(|at| RowSource::Column(ColumnId(at + 3))).collect();
    (0..amounts).for_each(|slot| {
        program.add(Node::Slot(slot));
    });
    Request {
        datasets: vec![DatasetRequest {
            dataset: 0,
            program,
            slots,
            time: grain.map(|_| RowSource::Column(ColumnId(0))),
            by: vec![Some(GroupColumn::Source(RowSource::Column(ColumnId(by))))],
            filters: vec![],
        }],
        by: vec!["key".into()],
        grain,
        calendar: Calendar::default(),
        period: None,
        totals: false,
        measures: (0..amounts).map(|at| measure(Aggregate::Sum, at)).collect(),
        threads,
        max_groups: 100_000_000,
        deadline: None,
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
        range: TimeRange { shift: Shift::default(), extent: Extent::Period },
    }
}

fn run(bencher: Bencher, table: Arc<dyn Dataset>, request: Request) {
    let source = Embedded::new(vec![table]);
    bencher.bench_local(|| source.aggregate(&request).expect("it aggregates").groups.len());
}

/// Eight exact sums by month and channel.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn eight_sums_144_groups(bencher: Bencher, threads: usize) {
    run(bencher, table(ROWS, 1, 8), request(threads, 1, Some(Grain::Month), 8));
}

/// One sum for each of a million customers.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn a_million_keys(bencher: Bencher, threads: usize) {
    run(bencher, table(ROWS / 2, 1_000_000, 1), request(threads, 2, None, 1));
}

/// Thirty measures of three columns: aggregates, conditions and windows, by day and channel.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn thirty_measures(bencher: Bencher, threads: usize) {
    let mut request = request(threads, 1, Some(Grain::Day), 3);
    let program = &mut request.datasets[0].program;
    let bound = program.add(Node::Constant(Value::from(yardstick::value::Decimal::from(5000))));
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
    run(bencher, table(ROWS / 10, 1, 3), request);
}

/// Distinct customers and the median amount, by month.
#[divan::bench(args = THREADS, sample_count = 5, sample_size = 1)]
fn distinct_and_median(bencher: Bencher, threads: usize) {
    let mut request = request(threads, 1, Some(Grain::Month), 1);
    request.datasets[0].slots.push(RowSource::Column(ColumnId(2)));
    request.datasets[0].program.add(Node::Slot(1));
    request.measures = vec![measure(Aggregate::Median, 0), Measure { distinct: true, ..measure(Aggregate::Count, 1) }];
    run(bencher, table(ROWS / 10, 50_000, 1), request);
}
