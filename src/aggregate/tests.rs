//! Tests small tables with results computed by hand, and laws over random tables.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use crate::aggregate::Embedded;
use crate::budget::Budget;
use crate::data::{
    Aggregate, Aggregated, Batch, Calendar, ColumnId, ColumnSchema, ColumnType, Dataset, DatasetRequest, Dropped,
    Extent, Grain, GroupColumn, InForce, LookedUp, LookupKey, LookupRequest, Measure, Request, RowProgram, RowSource,
    Scan, Schema, Shift, Source, TimeRange, WindowUnit,
};
use crate::data::{Known, MeasureId, Partial, PartialMeasure, Role};
use crate::diagnostic::{Code, Diagnostic};
use crate::program::{Node, NodeId, Operator, Program};
use crate::value::{Cause, Cell, Date, Decimal, Number, Value, Values, Vector};

/// A table that is returned in batches of a given size.
struct Sample {
    name: Arc<str>,
    schema: Schema,
    columns: Vec<Vec<Cell>>,
    batch: usize,
    /// True if numbers are returned as mantissas of one scale, in tenths.
    tenths: bool,
    /// True if all batches share the dictionaries and scales of whole columns.
    whole: bool,
    /// For each worker, true if it gets no batch.
    idle: Vec<bool>,
    /// How many rows each row stands for, if the table has counted them.
    counted: Option<Vec<u64>>,
}

impl Sample {
    /// Parses a table: a header, then rows, with `|` between columns. Numbers, days and booleans are recognized by
    /// their form, `-` is blank.
    fn parse(name: &str, text: &str) -> Self {
        let mut lines = text.trim().lines().map(|line| line.split('|').map(str::trim));
        let header: Vec<&str> = lines.next().expect("a header").collect();
        let mut columns = vec![vec![]; header.len()];
        for line in lines {
            columns.iter_mut().zip(line).for_each(|(column, cell)| column.push(cell_of(cell)));
        }
        let schema = |name: &str| (name.into(), ColumnSchema::new(ColumnType::Unknown, false));
        let schema = Schema { columns: header.into_iter().map(schema).collect(), time: None };
        Self {
            name: name.into(),
            schema,
            columns,
            batch: 1000,
            tenths: false,
            whole: false,
            idle: vec![],
            counted: None,
        }
    }
}

impl Sample {
    fn vector(&self, cells: &[Cell]) -> Vector {
        let vector = cells.iter().cloned().collect();
        if self.tenths { in_tenths(vector) } else { vector }
    }
}

/// Decimals as mantissas of one scale.
fn in_tenths(vector: Vector) -> Vector {
    let Values::Decimals { values, .. } = &vector.values else { return vector };
    let tenths = |decimal: &Decimal| (decimal * Decimal::TEN).trunc().mantissa() as i64;
    Vector { values: Values::Fixed { mantissas: values.iter().map(tenths).collect(), scale: 1 }, ..vector }
}

fn cell_of(text: &str) -> Cell {
    if text == "-" {
        return Err(Cause::Blank);
    }
    if let Ok(truth) = text.parse() {
        return Ok(Value::Boolean(truth));
    }
    if let Ok(decimal) = text.parse::<Decimal>() {
        return Ok(decimal.into());
    }
    let day = Calendar::default().parse(text).filter(|period| period.grain == Grain::Day);
    Ok(day.map_or(Value::Text(text.into()), |day| Value::Date(Date::from_day(day.number))))
}

impl Dataset for Sample {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn aggregate(&self, request: &Request, _: usize) -> Result<Option<Vec<Partial>>, Diagnostic> {
        let Some(rows) = &self.counted else { return Ok(None) };
        let measure = |(measure, of): (MeasureId, &Measure)| PartialMeasure {
            measure,
            conditions: of.conditions.clone(),
            known: Known::Columns,
        };
        Ok(Some(vec![Partial {
            rows: rows.clone(),
            columns: (0..).map(ColumnId).zip(self.columns.iter().map(|column| self.vector(column))).collect(),
            kept: None,
            filters: request.datasets[0].filters.clone(),
            present: vec![],
            role: Role::CellsAndDays,
            measures: (0..).map(MeasureId).zip(&request.measures).map(measure).collect(),
            charge: request.budget.charge(),
        }]))
    }

    fn scan(
        &self,
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let (columns, threads) = (scan.columns, scan.threads);
        let rows = self.columns.first().map_or(0, Vec::len);
        let wholes: Vec<Vector> = self.columns.iter().map(|column| self.vector(column)).collect();
        let wholes = &wholes;
        std::thread::scope(|scope| {
            let idle = |worker: &usize| self.idle.get(*worker).copied().unwrap_or(false);
            let mut busy: Vec<usize> = (0..threads).filter(|worker| !idle(worker)).collect();
            busy.extend(busy.is_empty().then_some(threads - 1));
            let count = busy.len();
            let worker = |(place, worker): (usize, usize)| {
                move || {
                    for start in (0..rows).step_by(self.batch).skip(place).step_by(count) {
                        let end = (start + self.batch).min(rows);
                        let column = |id: &ColumnId| {
                            let column = id.0 as usize;
                            let rows: Vec<u32> = (start as u32..end as u32).collect();
                            Cow::Owned(match self.whole {
                                true => wholes[column].take(&rows),
                                false => self.vector(&self.columns[column][start..end]),
                            })
                        };
                        visit(worker, &Batch { columns: columns.iter().map(column).collect(), rows: end - start })?;
                    }
                    Ok(())
                }
            };
            let handles: Vec<_> = busy.into_iter().enumerate().map(|at| scope.spawn(worker(at))).collect();
            handles.into_iter().try_for_each(|handle| handle.join().expect("no worker panics"))
        })
    }
}

/// A request builder with one dataset `t` unless others are added.
struct Query {
    datasets: Vec<Sample>,
    request: Request,
}

fn query(table: &str) -> Query {
    let request = Request {
        datasets: vec![],
        by: vec![],
        grain: None,
        calendar: Calendar::default(),
        period: None,
        single: None,
        totals: false,
        measures: vec![],
        threads: 1,
        every_period: false,
        max_groups: 1000,
        budget: Budget::unlimited(),
        answers: Default::default(),
    };
    Query { datasets: vec![], request }.dataset("t", table)
}

impl Query {
    /// Adds a dataset. A column `day` becomes its time column.
    fn dataset(mut self, name: &str, table: &str) -> Self {
        let sample = Sample::parse(name, table);
        let slots: Vec<RowSource> =
            (0..sample.columns.len() as u32).map(|id| RowSource::Column(ColumnId(id))).collect();
        let mut program = Program::default();
        (0..slots.len() as u32).for_each(|slot| {
            program.add(Node::Slot(slot));
        });
        let time = sample.schema.find("day").map(|day| GroupColumn::Source(RowSource::Column(day)));
        let dataset = self.datasets.len();
        self.request.datasets.push(DatasetRequest {
            time_name: None,
            data_end: None,
            dataset,
            rows: RowProgram { program, slots, lookups: vec![] },
            time,
            end: None,
            by: vec![],
            filters: vec![],
            may_lack_time: false,
            skipped: false,
        });
        self.datasets.push(sample);
        self
    }

    fn by(mut self, names: &[&str]) -> Self {
        self.request.by = names.iter().map(|&name| name.into()).collect();
        for (requested, sample) in self.request.datasets.iter_mut().zip(&self.datasets) {
            let source = |name: &&str| sample.schema.find(name).map(|id| GroupColumn::Source(RowSource::Column(id)));
            requested.by = names.iter().map(source).collect();
        }
        self
    }

    fn grain(mut self, grain: Grain) -> Self {
        self.request.grain = Some(grain);
        self
    }

    fn totals(mut self) -> Self {
        self.request.totals = true;
        self
    }

    fn period(mut self, first: &str, last: &str) -> Self {
        self.request.period = Some((day(first), day(last) + 1));
        self
    }

    fn filter(mut self, column: &str, equals: &str) -> Self {
        let node = self.condition(0, column, equals);
        self.request.datasets[0].filters.push(node);
        self
    }

    /// Adds a row condition `column = value`.
    fn condition(&mut self, dataset: usize, column: &str, equals: &str) -> NodeId {
        let column = self.node(dataset, column);
        let program = &mut self.request.datasets[dataset].rows.program;
        let value = program.add(Node::Constant(cell_of(equals).expect("a value")));
        program.add(Node::Binary(Operator::Equal, column, value))
    }

    fn node(&self, dataset: usize, column: &str) -> NodeId {
        NodeId(self.datasets[dataset].schema.find(column).expect(column).0)
    }

    /// Adds a measure of a column (`*` counts rows), adapted by `change`.
    fn measure(self, aggregate: Aggregate, column: &str, change: impl FnOnce(&mut Measure)) -> Self {
        self.measure_of(0, aggregate, column, change)
    }

    fn measure_of(
        mut self,
        dataset: usize,
        aggregate: Aggregate,
        column: &str,
        change: impl FnOnce(&mut Measure),
    ) -> Self {
        let argument = (column != "*").then(|| self.node(dataset, column));
        let mut measure = Measure {
            dataset,
            aggregate,
            argument,
            distinct: false,
            by: vec![],
            conditions: vec![],
            dropped: Dropped::Columns(vec![]),
            in_force: InForce::AtEnd,
            range: TimeRange::CURRENT,
            total: None,
        };
        change(&mut measure);
        measure.total = Some(measure.range).filter(|range| !range.needs_period());
        self.request.measures.push(measure);
        self
    }

    fn run(self) -> Result<Aggregated, Vec<Diagnostic>> {
        let datasets = self.datasets.into_iter().map(|sample| Arc::new(sample) as Arc<dyn Dataset>).collect();
        Embedded::new(datasets).aggregate(&self.request)
    }

    /// One line per group: period, keys, then the values.
    fn lines(self) -> Vec<String> {
        let calendar = self.request.calendar;
        let result = self.run().expect("it aggregates");
        let line = |(at, group): (usize, &crate::data::Group)| {
            let period = group.period.map(|period| calendar.spell(period));
            let total = group.total.then(|| "total".to_owned());
            let keys = group.keys.iter().map(|key| key.as_deref().unwrap_or("-").to_owned());
            let values = result.measures.iter().map(|measure| shown(measure.values.get(at)));
            period.into_iter().chain(total).chain(keys).chain(values).collect::<Vec<_>>().join(" ")
        };
        result.groups.iter().enumerate().map(line).collect()
    }
}

fn shown(cell: Cell) -> String {
    match cell {
        Ok(Value::Number(Number { decimal, exact })) => {
            format!("{}{}", if exact { "" } else { "~" }, decimal.normalize())
        }
        Ok(Value::Text(text)) => text.to_string(),
        Ok(Value::Boolean(truth)) => truth.to_string(),
        Ok(Value::Date(date)) => Calendar::default().spell(Calendar::default().period(Grain::Day, date.day())),
        Err(cause) => format!("{cause:?}"),
    }
}

fn day(text: &str) -> i32 {
    Calendar::default().parse(text).expect(text).number
}

fn shifted(months: i32) -> TimeRange {
    TimeRange { shift: Shift { months, ..Shift::default() }, ..TimeRange::CURRENT }
}

fn extent(extent: Extent) -> TimeRange {
    TimeRange { extent, ..TimeRange::CURRENT }
}

const SALES: &str = "
day        | channel | amount | customer
2026-01-05 | email   | 10.50  | a
2026-01-20 | ads     | 4      | b
2026-01-31 | email   | -      | b
2026-03-01 | ads     | 7.25   | c
2026-03-02 | -       | 1      | a
2026-03-31 | email   | 3      | c
";

#[test]
fn one_group_even_without_rows() {
    let all = |query: Query| {
        query
            .measure(Aggregate::Sum, "amount", |_| ())
            .measure(Aggregate::Count, "*", |_| ())
            .measure(Aggregate::Count, "amount", |_| ())
            .measure(Aggregate::Average, "amount", |_| ())
            .measure(Aggregate::Max, "day", |_| ())
            .lines()
    };
    assert_eq!(all(query(SALES)), ["25.75 6 5 5.15 2026-03-31"]);
    assert_eq!(all(query("day | amount")), ["NoRows NoRows NoRows NoRows NoRows"]);
}

#[test]
fn groups_by_time_are_contiguous_and_the_total_is_recomputed() {
    let lines = query(SALES)
        .grain(Grain::Month)
        .totals()
        .measure(Aggregate::Sum, "amount", |_| ())
        .measure(Aggregate::Average, "amount", |_| ())
        .measure(Aggregate::Count, "customer", |measure| measure.distinct = true)
        .measure(Aggregate::Min, "customer", |_| ())
        .lines();
    let expected = ["2026-01 14.5 7.25 2 a", "2026-02 NoRows NoRows NoRows NoRows", "2026-03 11.25 3.75 2 a"];
    assert_eq!(lines[..3], expected);
    assert_eq!(lines[3], "total 25.75 5.15 3 a");
}

#[test]
fn groups_are_ordered_blank_first_then_by_code_point() {
    let lines = query(SALES).by(&["channel"]).measure(Aggregate::Sum, "amount", |_| ()).lines();
    assert_eq!(lines, ["- 1", "ads 11.25", "email 13.5"]);
}

#[test]
fn only_takes_one_row_and_only_distinct_one_value() {
    let table = "
day        | rate | name
2026-01-05 | 0.2  | a
2026-02-05 | 0.20 | a
2026-02-06 | 0.2  | b
2026-03-05 | 0.2  | a
2026-03-06 | 0.3  | a
2026-03-07 | -    | -
2026-04-01 | -    | b
";
    let distinct = |measure: &mut Measure| measure.distinct = true;
    let lines = query(table)
        .grain(Grain::Month)
        .measure(Aggregate::Only, "rate", |_| ())
        .measure(Aggregate::Only, "rate", distinct)
        .measure(Aggregate::Only, "name", distinct)
        .lines();
    let expected =
        ["2026-01 0.2 0.2 a", "2026-02 ManyRows 0.2 ManyRows", "2026-03 ManyRows ManyRows a", "2026-04 Blank Blank b"];
    assert_eq!(lines, expected);
}

#[test]
fn keys_and_time_create_groups_with_data_including_shifted_data() {
    let plain = query(SALES).by(&["channel"]).grain(Grain::Month).measure(Aggregate::Sum, "amount", |_| ());
    assert_eq!(
        plain.lines(),
        ["2026-01 ads 4", "2026-01 email 10.5", "2026-03 - 1", "2026-03 ads 7.25", "2026-03 email 3"]
    );
    let shifted = query(SALES)
        .by(&["channel"])
        .grain(Grain::Month)
        .measure(Aggregate::Sum, "amount", |_| ())
        .measure(Aggregate::Sum, "amount", |measure| measure.range = shifted(1))
        .lines();
    let expected = [
        "2026-01 ads 4 OutsideData",
        "2026-01 email 10.5 OutsideData",
        "2026-02 ads NoRows 4",
        "2026-02 email NoRows 10.5",
        "2026-03 - 1 NoRows",
        "2026-03 ads 7.25 NoRows",
        "2026-03 email 3 NoRows",
    ];
    assert_eq!(shifted, expected);
}

/// Aggregate, column, distinct, and the values of January, March and the total of [`STOCKS`].
const AGGREGATES: &[(Aggregate, &str, bool, [&str; 3])] = &[
    (Aggregate::Sum, "x", false, ["12", "9.5", "21.5"]),
    (Aggregate::Sum, "x", true, ["8", "9.5", "13.5"]),
    (Aggregate::Count, "*", false, ["5", "3", "8"]),
    (Aggregate::Count, "x", false, ["4", "3", "7"]),
    (Aggregate::Count, "x", true, ["3", "3", "5"]),
    (Aggregate::Average, "x", false, ["3", "~3.1666666666666666666666666667", "~3.0714285714285714285714285714"]),
    (Aggregate::Average, "x", true, ["~2.6666666666666666666666666667", "~3.1666666666666666666666666667", "2.7"]),
    (Aggregate::Min, "x", false, ["1", "0.5", "0.5"]),
    (Aggregate::Max, "x", false, ["4", "5", "5"]),
    (Aggregate::Max, "who", false, ["b", "c", "c"]),
    (Aggregate::Max, "day", false, ["2026-01-31", "2026-03-31", "2026-03-31"]),
    (Aggregate::Median, "x", false, ["3.5", "4", "4"]),
    (Aggregate::Median, "x", true, ["3", "4", "3"]),
    (Aggregate::Quantile(Decimal::from_parts(25, 0, 0, false, 2)), "x", false, ["2.5", "2.25", "2"]),
    (Aggregate::Quantile(Decimal::ZERO), "x", false, ["1", "0.5", "0.5"]),
    (Aggregate::Quantile(Decimal::ONE), "x", false, ["4", "5", "5"]),
    (Aggregate::First, "x", false, ["5", "0.5", "5"]),
    (Aggregate::Last, "x", false, ["3", "9", "9"]),
    (Aggregate::Only, "x", false, ["ManyRows", "ManyRows", "ManyRows"]),
];

const STOCKS: &str = "
day        | who | x
2026-01-05 | a   | 1
2026-01-05 | b   | 4.0
2026-01-20 | a   | 4
2026-01-21 | b   | 3
2026-01-31 | a   | -
2026-03-01 | a   | 0.5
2026-03-31 | b   | 4
2026-03-31 | c   | 5
";

#[test]
fn aggregates_match_the_expected_table() {
    for &(aggregate, column, distinct, expected) in AGGREGATES {
        let query = query(STOCKS).grain(Grain::Month).totals();
        let lines = query.measure(aggregate, column, |measure| measure.distinct = distinct).lines();
        let found: Vec<&str> = [0, 2, 3].iter().map(|&at| lines[at].split_once(' ').expect("a value").1).collect();
        assert_eq!(found, expected, "{aggregate:?} {column} distinct {distinct}");
    }
}

#[test]
fn last_by_takes_each_segments_own_last_row() {
    let query = query(STOCKS).grain(Grain::Month).totals();
    let who = query.node(0, "who");
    let by = |measure: &mut Measure| measure.by = vec![who];
    let lines = query.measure(Aggregate::Last, "x", by).measure(Aggregate::First, "x", by).lines();
    // In January, a has 4 on the 20th (the 31st is blank) and b has 3. Over all time: a 0.5, b 4, c 5.
    assert_eq!(lines, ["2026-01 7 5", "2026-02 NoRows NoRows", "2026-03 9.5 9.5", "total 9.5 10"]);
}

#[test]
fn only_needs_exactly_one_row_that_the_conditions_keep() {
    let mut query = query(STOCKS).grain(Grain::Month).by(&["who"]);
    let one = query.condition(0, "x", "4");
    let lines = query
        .measure(Aggregate::Only, "x", |_| ())
        .measure(Aggregate::Only, "x", |measure| measure.conditions = vec![one])
        .lines();
    let expected = ["2026-01 a ManyRows 4", "2026-01 b ManyRows 4", "2026-03 a 0.5 NoRowsKept", "2026-03 b 4 4"];
    assert_eq!(lines[..4], expected);
}

#[test]
fn without_kept_rows_sums_and_counts_are_zero_and_others_undefined() {
    let mut query = query("x | y\n - | a\n - | -\n");
    let none = query.condition(0, "y", "z");
    let some = query.condition(0, "y", "a");
    let aggregates = [
        (Aggregate::Sum, "x", false),
        (Aggregate::Count, "x", true),
        (Aggregate::Count, "*", false),
        (Aggregate::Max, "x", false),
        (Aggregate::Median, "x", false),
        (Aggregate::Last, "x", false),
    ];
    for condition in [Some(none), Some(some), None] {
        for (aggregate, column, distinct) in aggregates {
            query = query.measure(aggregate, column, |measure| {
                measure.conditions = condition.into_iter().collect();
                measure.distinct = distinct;
            });
        }
    }
    let result = query.run().expect("it aggregates");
    let shown: Vec<String> = result.measures.iter().map(|measure| shown(measure.values.get(0))).collect();
    assert_eq!(shown[..6], ["0", "0", "0", "NoRowsKept", "NoRowsKept", "NoRowsKept"]);
    assert_eq!(shown[6..12], ["Blank", "0", "1", "Blank", "Blank", "Blank"]);
    assert_eq!(shown[12..], ["Blank", "0", "2", "Blank", "Blank", "Blank"]);
    // The condition of the second row is undefined, so it is skipped, as is the first row with its blank value.
    let skipped: Vec<u64> = result.measures.iter().map(|measure| measure.skipped[0]).collect();
    assert_eq!(skipped[..3], [1, 1, 1]);
    assert_eq!(skipped[6..9], [2, 2, 1]);
    assert_eq!(skipped[12..15], [2, 2, 0]);
}

#[test]
fn filters_remove_rows() {
    let lines = query(SALES)
        .filter("channel", "ads")
        .grain(Grain::Month)
        .by(&["channel"])
        .measure(Aggregate::Count, "*", |_| ())
        .lines();
    assert_eq!(lines, ["2026-01 ads 1", "2026-03 ads 1"]);
}

#[test]
fn windows_and_shifts_merge_whole_periods() {
    let measure = |query: Query, aggregate, column, range, distinct| {
        query.measure(aggregate, column, move |measure| {
            measure.range = range;
            measure.distinct = distinct;
        })
    };
    let two_months = extent(Extent::Window(2, WindowUnit::Months));
    let query = query(SALES).grain(Grain::Month).totals();
    let query = measure(query, Aggregate::Sum, "amount", two_months, false);
    let query = measure(query, Aggregate::Count, "customer", extent(Extent::Window(3, WindowUnit::Months)), true);
    let query = measure(query, Aggregate::Sum, "amount", extent(Extent::ToDate), false);
    let query = measure(query, Aggregate::Median, "amount", extent(Extent::All), false);
    let query = measure(query, Aggregate::Last, "amount", shifted(1), false);
    let query = measure(query, Aggregate::Count, "*", extent(Extent::Window(2, WindowUnit::Days)), false);
    assert_eq!(
        query.lines(),
        [
            "2026-01 14.5 2 14.5 4 OutsideData 1",
            "2026-02 14.5 2 14.5 4 4 NoRows",
            "2026-03 11.25 3 25.75 4 NoRows 1",
            "total NoPeriod NoPeriod 25.75 4 NoPeriod NoPeriod",
        ]
    );
}

#[test]
fn dropped_columns_and_time_give_shares_of_a_total() {
    let query = query(SALES).grain(Grain::Month).by(&["channel", "customer"]).totals();
    let lines = query
        .measure(Aggregate::Sum, "amount", |_| ())
        .measure(Aggregate::Sum, "amount", |measure| measure.dropped = Dropped::Columns(vec![0]))
        .measure(Aggregate::Sum, "amount", |measure| measure.dropped = Dropped::All)
        .lines();
    let expected = [
        "2026-01 ads b 4 4 14.5",
        "2026-01 email a 10.5 10.5 14.5",
        "2026-01 email b Blank 4 14.5",
        "2026-03 - a 1 1 11.25",
        "2026-03 ads c 7.25 10.25 11.25",
        "2026-03 email c 3 10.25 11.25",
        "total 25.75 25.75 25.75",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_dataset_that_lacks_a_column_is_not_split_by_it() {
    let lines = query(SALES)
        .dataset("costs", "day | cost\n2026-02-10 | 5\n2026-04-01 | 6")
        .grain(Grain::Month)
        .by(&["channel"])
        .totals()
        .measure_of(1, Aggregate::Sum, "cost", |_| ())
        .measure_of(1, Aggregate::Sum, "cost", |measure| measure.dropped = Dropped::All)
        .measure(Aggregate::Sum, "amount", |_| ())
        .lines();
    let expected = [
        "2026-01 ads NotSplit NoRows 4",
        "2026-01 email NotSplit NoRows 10.5",
        "2026-03 - NotSplit NoRows 1",
        "2026-03 ads NotSplit NoRows 7.25",
        "2026-03 email NotSplit NoRows 3",
        "total 11 11 25.75",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn keys_of_different_datasets_match_by_spelling() {
    let lines = query("k | x\n1.0 | 1\n - | 2\n007 | 3")
        .dataset("u", "k | y\n1 | 10\n - | 20\n7.00 | 30\nz | 40")
        .by(&["k"])
        .measure(Aggregate::Sum, "x", |_| ())
        .measure_of(1, Aggregate::Sum, "y", |_| ())
        .lines();
    // A column of numbers cannot hold the text `z` of the sample, which is blank there.
    assert_eq!(lines, ["- 2 60", "1 1 10", "7 3 30"]);
}

#[test]
fn a_period_is_the_axis_and_contexts_see_the_data_before_it() {
    let monthly = query(SALES)
        .grain(Grain::Month)
        .period("2026-02-01", "2026-03-15")
        .totals()
        .measure(Aggregate::Sum, "amount", |_| ())
        .measure(Aggregate::Sum, "amount", |measure| measure.range = shifted(1))
        .lines();
    // The 3 on 31 March is outside the period.
    assert_eq!(monthly, ["2026-02 NoRows 14.5", "2026-03 8.25 NoRows", "total 8.25 NoPeriod"]);
    let ungrouped = query(SALES)
        .period("2026-03-01", "2026-03-15")
        .by(&["channel"])
        .measure(Aggregate::Sum, "amount", |_| ())
        .measure(Aggregate::Sum, "amount", |measure| measure.range = extent(Extent::All))
        .lines();
    assert_eq!(ungrouped, ["- 1 1", "ads 7.25 11.25"]);
}

#[test]
fn rows_without_a_time_are_ignored_and_reported() {
    let table = "day | x\n - | 1\n2026-01-01 | 2\n - | 4";
    let result = query(table).grain(Grain::Month).measure(Aggregate::Sum, "x", |_| ()).run().expect("it aggregates");
    assert_eq!(result.measures[0].values.get(0), Ok(Decimal::TWO.into()));
    assert_eq!(result.notes[0].message, "2 rows of `t` have no time and are ignored");
    let lines = query(table).measure(Aggregate::Sum, "x", |_| ()).measure(Aggregate::Last, "x", |_| ()).lines();
    assert_eq!(lines, ["7 2"], "without a grain only `last` needs a time");
}

#[test]
fn reports_rows_and_ranges() {
    let result = query(STOCKS)
        .grain(Grain::Month)
        .measure(Aggregate::Last, "x", |_| ())
        .measure(Aggregate::Sum, "x", |measure| measure.range = extent(Extent::ToDate))
        .run()
        .expect("it aggregates");
    let [last, to_date] = &result.measures[..] else { panic!("two measures") };
    assert_eq!((&last.rows[..], &last.skipped), (&[1, 0, 2][..], &[1, 0, 0].into_iter().collect()));
    assert_eq!((&to_date.rows[..], &to_date.skipped), (&[4, 4, 7][..], &[1, 1, 1].into_iter().collect()));
    assert_eq!(last.ranges[2], Some((day("2026-03-01"), day("2026-04-01"))));
    assert_eq!(to_date.ranges[2], Some((day("2026-01-05"), day("2026-04-01"))));
    assert_eq!(result.extents, [Some((day("2026-01-05"), day("2026-03-31")))]);
}

#[test]
fn segments_without_a_row_at_the_chosen_time_are_reported() {
    let result =
        query(STOCKS).by(&["who"]).totals().measure(Aggregate::Last, "x", |_| ()).run().expect("it aggregates");
    let left_out = &result.measures[0].left_out;
    let expected = [vec![], vec![], vec![], vec!["a".into()]];
    assert_eq!(*left_out, expected.into_iter().collect(), "on 2026-03-31 b and c have rows");
}

#[test]
fn values_of_several_scales_and_kinds_are_one_multiset() {
    let mut query = query("x\n1.0\n1.50\n2\n");
    query.datasets[0].batch = 1;
    let lines = query
        .measure(Aggregate::Median, "x", |_| ())
        .measure(Aggregate::Count, "x", |measure| measure.distinct = true)
        .lines();
    assert_eq!(lines, ["1.5 3"]);
}

/// Looks up the second column of the second dataset by its first column and the one in `slot` of the first dataset.
fn look_up(query: &mut Query, slot: u32) -> RowSource {
    let rows = query.request.datasets[1].rows.clone();
    let node = |program: &Program, slot| {
        let is_slot = |node: &Node| *node == Node::Slot(slot);
        NodeId(program.nodes().iter().position(is_slot).expect("each column is a slot") as u32)
    };
    let (there, column) = (node(&rows.program, 0), node(&rows.program, 1));
    let here = &mut query.request.datasets[0].rows;
    here.lookups.push(LookupRequest {
        dataset: 1,
        keys: vec![LookupKey { here: node(&here.program, slot), there, name: "id".into() }],
        time: None,
        rows,
        columns: LookedUp::Row(vec![column]),
    });
    RowSource::Lookup { lookup: 0, column: 0 }
}

#[test]
fn lookups_find_one_row_or_blank() {
    let mut query = query("day | id | x\n2026-01-01 | a | 1\n2026-01-02 | b | 2\n2026-01-03 | - | 3")
        .dataset("other", "id | country\na | FR\nc | DE");
    query.request.by = vec!["country".into()];
    let lookup = look_up(&mut query, 1);
    query.request.datasets[0].by = vec![Some(GroupColumn::Source(lookup))];
    query.request.datasets.truncate(1);
    assert_eq!(query.measure(Aggregate::Sum, "x", |_| ()).lines(), ["- 5", "FR 1"]);
}

/// Creates a query of the sum of `x` and of a measure that needs a looked-up column.
fn looked_up(table: &str, other: &str) -> Query {
    let mut query = query(table).dataset("other", other);
    let lookup = look_up(&mut query, 0);
    let requested = &mut query.request.datasets[0].rows;
    let found = requested.program.add(Node::Slot(requested.slots.len() as u32));
    requested.slots.push(lookup);
    query.request.datasets.truncate(1);
    query.measure(Aggregate::Sum, "x", |_| ()).measure(Aggregate::Count, "x", |count| count.argument = Some(found))
}

/// Runs a query in which only the second measure is rejected, and returns the reason.
fn second_refused(query: Query) -> Diagnostic {
    let result = query.run().expect("the other measure can be computed");
    assert_eq!(shown(result.measures[0].values.get(0)), "1");
    let [(MeasureId(1), reason)] = &result.refused[..] else { panic!("{:?}", result.refused) };
    reason.clone()
}

#[test]
fn rejects_lookups_with_keys_of_another_type_than_in_the_schema() {
    let reason = second_refused(looked_up("id | x\n7 | 1", "id | country\na | FR"));
    assert_eq!(reason.code, Code::TypeMismatch);
    assert_eq!(reason.message, "keys of different types never match: `t` has numbers, `other` has texts");
}

#[test]
fn rejects_lookups_with_duplicate_keys() {
    let reason = second_refused(looked_up("id | x\na | 1", "id | country\na | FR\nb | DE\na | IT"));
    assert_eq!(reason.code, Code::DuplicateKey);
    let message = "expected unique values of the lookup key `id` in `other`, found `a` twice, first at other:1";
    assert_eq!(reason.message, message);
}

#[test]
fn limits_and_deadlines_are_enforced() {
    let limited = |max_groups: usize, query: Query| {
        let mut query = query.measure(Aggregate::Sum, "x", |_| ());
        query.request.max_groups = max_groups;
        query.run().map(|result| result.groups.len()).map_err(|errors| errors[0].code)
    };
    let keyed = || query("day | x\n2026-01-01 | 1\n2026-01-03 | 2").by(&["x"]);
    assert_eq!(limited(2, keyed()), Ok(2));
    assert_eq!(limited(1, keyed()), Err(Code::LimitReached));
    let daily = || query("day | x\n2026-01-01 | 1\n2026-01-03 | 2").grain(Grain::Day);
    assert_eq!(limited(3, daily()), Ok(3));
    assert_eq!(limited(2, daily()), Err(Code::LimitReached));
    let mut late = query("x\n1");
    late.request.budget = Budget::new(Some(std::time::Duration::ZERO), u64::MAX, None);
    std::thread::sleep(std::time::Duration::from_millis(1));
    assert_eq!(limited(1, late), Err(Code::LimitReached));
}

#[test]
fn a_row_that_stands_for_a_trillion_is_computed_with_once() {
    let of =
        |aggregate| query("day | x\n2026-01-01 | 1\n2026-01-01 | 2\n2026-01-02 | 3").measure(aggregate, "x", |_| {});
    for (aggregate, expected) in [
        (Aggregate::Count, "4000000000000"),
        (Aggregate::Sum, "9000000000000"),
        (Aggregate::Average, "2.25"),
        (Aggregate::Median, "2.5"),
        (Aggregate::Max, "3"),
        (Aggregate::First, "3000000000000"),
        (Aggregate::Last, "6000000000000"),
        (Aggregate::VariancePopulation, "0.6875"),
    ] {
        let mut query = of(aggregate);
        query.datasets[0].counted = Some([1, 1, 2].map(|count| count * 1_000_000_000_000).to_vec());
        assert_eq!(query.lines(), [expected], "{aggregate:?}");
    }
}

#[test]
fn sums_leave_64_bits_without_wrapping() {
    let huge = "9223372036854775807";
    let table = format!("x\n{huge}\n{huge}\n{huge}\n-{huge}\n1\n");
    assert_eq!(query(&table).measure(Aggregate::Sum, "x", |_| ()).lines(), ["18446744073709551615"]);
}

/// The period and the two keys of a group.
type KeyedGroup = (Option<i32>, Option<Decimal>, Option<String>);

/// A row of a random table: day, key, the value of the condition, value (in tenths) and segment.
type Row = (i32, u8, Option<bool>, Option<i32>, u8);

fn random_row() -> impl Strategy<Value = Row> {
    let value = prop_oneof![1 => Just(None), 6 => (-50i32..50).prop_map(Some)];
    let condition = prop_oneof![1 => Just(None), 2 => any::<bool>().prop_map(Some)];
    (20_400..20_560, 0u8..3, condition, value, 0u8..2)
}

fn random_range() -> impl Strategy<Value = TimeRange> {
    let extent = prop_oneof![
        Just(Extent::Period),
        (1u32..6).prop_map(|count| Extent::Window(count, WindowUnit::Months)),
        (1u32..60).prop_map(|count| Extent::Window(count, WindowUnit::Days)),
        Just(Extent::PeriodToDate(Grain::Year)),
        Just(Extent::ToDate),
        Just(Extent::All),
    ];
    let shift = (0i32..4, prop_oneof![3 => Just(0), 1 => 0i32..40]);
    (extent, shift).prop_map(|(extent, (months, days))| TimeRange {
        shift: Shift { months, days, ..Shift::default() },
        extent,
        so_far: false,
    })
}

fn random_aggregate() -> impl Strategy<Value = Aggregate> {
    prop::sample::select(vec![
        Aggregate::Sum,
        Aggregate::Count,
        Aggregate::Average,
        Aggregate::Min,
        Aggregate::Max,
        Aggregate::Median,
        Aggregate::Quantile(Decimal::new(9, 1)),
        Aggregate::First,
        Aggregate::Last,
        Aggregate::Only,
    ])
}

/// A measure: aggregate, distinct, with the condition, by segment, without the key; and its range.
type RandomMeasure = (Aggregate, bool, bool, bool, bool, TimeRange);

fn random_measure() -> impl Strategy<Value = RandomMeasure> {
    (random_aggregate(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), random_range())
}

fn table_of(rows: &[Row]) -> String {
    let line = |&(day, key, condition, value, segment): &Row| {
        let day = Calendar::default().spell(Calendar::default().period(Grain::Day, day));
        let value = value.map_or("-".into(), |tenths| Decimal::new(tenths.into(), 1).to_string());
        let condition = condition.map_or("-".into(), |truth| truth.to_string());
        format!("{day} | k{key} | {condition} | {value} | s{segment}\n")
    };
    std::iter::once("day | key | keep | x | segment\n".to_owned()).chain(rows.iter().map(line)).collect()
}

fn random_query(rows: &[Row], grain: Grain, measures: &[RandomMeasure]) -> Query {
    let query = query(&table_of(rows)).by(&["key"]).grain(grain).totals();
    let (keep, segment) = (query.node(0, "keep"), query.node(0, "segment"));
    measures.iter().fold(query, |query, &(aggregate, distinct, condition, by, dropped, range)| {
        query.measure(aggregate, "x", |measure| {
            measure.distinct = distinct;
            measure.conditions = if condition { vec![keep] } else { vec![] };
            measure.by = if by { vec![segment] } else { vec![] };
            measure.dropped = if dropped { Dropped::All } else { Dropped::Columns(vec![]) };
            measure.range = range;
        })
    })
}

/// Computes the value of a measure row by row, in tenths as exact fractions if possible. None if this implementation
/// cannot compute it.
fn naive(rows: &[&Row], measure: &RandomMeasure) -> Result<Decimal, ()> {
    let &(aggregate, distinct, condition, by, ..) = measure;
    if rows.is_empty() {
        return Err(());
    }
    let kept: Vec<&&Row> = rows.iter().filter(|row| !condition || row.2 == Some(true)).collect();
    let mut present: Vec<(i32, i32, u8)> = kept.iter().filter_map(|row| Some((row.3?, row.0, row.4))).collect();
    let is_set = distinct && !matches!(aggregate, Aggregate::First | Aggregate::Last);
    present.sort();
    if is_set {
        present.dedup_by_key(|(value, ..)| *value);
    }
    let tenths = |value: i32| Decimal::new(value.into(), 1);
    let at = |place: usize| tenths(present[place].0);
    let sum = || present.iter().map(|&(value, ..)| tenths(value)).sum::<Decimal>();
    let count = present.len();
    match aggregate {
        Aggregate::Count => Ok(count.into()),
        Aggregate::Sum if kept.is_empty() => Ok(Decimal::ZERO),
        _ if count == 0 => Err(()),
        Aggregate::Sum => Ok(sum()),
        Aggregate::Average => Ok(sum() / Decimal::from(count)),
        Aggregate::Min => Ok(at(0)),
        Aggregate::Max => Ok(at(count - 1)),
        Aggregate::Median => Ok((at((count - 1) / 2) + at(count / 2)) / Decimal::TWO),
        Aggregate::Quantile(fraction) => {
            let place = Decimal::from(count - 1) * fraction;
            let below = place.floor();
            let lower: usize = below.try_into().expect("a place");
            Ok(at(lower) + (at((lower + 1).min(count - 1)) - at(lower)) * (place - below))
        }
        Aggregate::Deviation | Aggregate::DeviationPopulation | Aggregate::Variance | Aggregate::VariancePopulation => {
            unreachable!("their own tests compare them with rationals")
        }
        Aggregate::First => Ok(naive_edge(&present, by, |best, day| day < best)),
        Aggregate::Last => Ok(naive_edge(&present, by, |best, day| day > best)),
        Aggregate::Only => {
            if count == 1 {
                Ok(at(0))
            } else {
                Err(())
            }
        }
    }
}

fn naive_edge(present: &[(i32, i32, u8)], by: bool, better: impl Fn(i32, i32) -> bool) -> Decimal {
    let segment = |of: u8| if by { of } else { 0 };
    let chosen = |&&(_, day, of): &&(i32, i32, u8)| {
        !present.iter().any(|&(_, other, other_of)| segment(other_of) == segment(of) && better(day, other))
    };
    present.iter().filter(chosen).map(|&(value, ..)| Decimal::new(value.into(), 1)).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn measures_equal_a_recomputation_from_rows(
        rows in prop::collection::vec(random_row(), 1..40),
        grain in prop::sample::select(Grain::ALL[1..].to_vec()),
        measures in prop::collection::vec(random_measure(), 1..4),
    ) {
        let calendar = Calendar::default();
        let result = random_query(&rows, grain, &measures).run().expect("it aggregates");
        for (at, group) in result.groups.iter().enumerate() {
            for (measure, column) in measures.iter().zip(&result.measures) {
                let &(.., dropped, range) = measure;
                let days = match group.period {
                    Some(period) => calendar.range(period, range),
                    None if !range.needs_period() => i32::MIN..i32::MAX,
                    None => i32::MAX..i32::MAX,
                };
                let key = group.keys.iter().next().filter(|_| !dropped).map(|key| key.clone().expect("no blank key"));
                let in_group = |row: &&Row| {
                    days.contains(&row.0) && key.as_deref().is_none_or(|key| key == format!("k{}", row.1))
                };
                let within: Vec<&Row> = rows.iter().filter(in_group).collect();
                let found = column.values.get(at);
                match naive(&within, measure) {
                    Ok(expected) => prop_assert_eq!(found, Ok(expected.into()), "{:?} {:?}", group, measure),
                    Err(()) => prop_assert!(found.is_err(), "{:?} {:?} {:?}", found, group, measure),
                }
            }
        }
    }

    #[test]
    fn order_batches_and_threads_do_not_matter(
        (rows, shuffled) in prop::collection::vec(random_row(), 1..60)
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        measures in prop::collection::vec(random_measure(), 1..6),
        batch in 1usize..20,
        idle in prop::collection::vec(any::<bool>(), 1..33),
    ) {
        let plain = random_query(&rows, Grain::Month, &measures).run().expect("it aggregates");
        let mut other = random_query(&shuffled, Grain::Month, &measures);
        other.request.threads = idle.len();
        (other.datasets[0].batch, other.datasets[0].idle) = (batch, idle);
        let other = other.run().expect("it aggregates");
        prop_assert_eq!(plain.groups, other.groups);
        for (one, two) in plain.measures.iter().zip(&other.measures) {
            let cells = |vector: &Vector| vector.cells().map(shown).collect::<Vec<_>>();
            prop_assert_eq!(cells(&one.values), cells(&two.values));
            prop_assert_eq!((&one.rows, &one.skipped, &one.ranges), (&two.rows, &two.skipped, &two.ranges));
        }
    }

    #[test]
    fn keys_of_all_kinds_are_merged_into_one_order(
        rows in prop::collection::vec(
            (0i32..400, prop::option::of(-30i32..30), prop::option::of("(common )?[a-c]{0,9}"), -1000i32..1000), 0..120),
        grain in prop::option::of(Just(Grain::Quarter)),
        tenths in any::<bool>(),
        whole in any::<bool>(),
        batch in 1usize..40,
        threads in 1usize..9,
    ) {
        let calendar = Calendar::default();
        let quarter = |day: i32| calendar.period(Grain::Quarter, day);
        let mut expected: BTreeMap<KeyedGroup, i64> = BTreeMap::new();
        let mut sample = Sample::parse("t", "day | number | text | x");
        for (day, number, text, x) in &rows {
            let period = grain.map(|_| quarter(*day).number);
            *expected.entry((period, number.map(|number| Decimal::new(number.into(), 1)), text.clone())).or_default() += i64::from(*x);
            let number = number.map(|number| Decimal::new(number.into(), 1).into()).ok_or(Cause::Blank);
            let text = text.as_deref().map(|text| Value::Text(text.into())).ok_or(Cause::Blank);
            let x = Ok(Decimal::new((*x).into(), 1).into());
            for (column, cell) in sample.columns.iter_mut().zip([Ok(Value::Date(Date::from_day(*day))), number, text, x]) {
                column.push(cell);
            }
        }
        (sample.batch, sample.tenths, sample.whole) = (batch, tenths, whole);
        let mut query = query("day | number | text | x").by(&["number", "text"]).measure(Aggregate::Sum, "x", |_| ());
        (query.datasets[0], query.request.grain, query.request.threads) = (sample, grain, threads);
        let result = query.run().expect("it aggregates");
        let found = result.groups.iter().enumerate().map(|(at, group)| {
            let number = group.keys[0].as_deref().map(|key| key.parse().expect("a number"));
            let text = group.keys[1].as_deref().map(str::to_owned);
            ((group.period.map(|period| period.number), number, text), result.measures[0].values.get(at))
        });
        let expected = expected.into_iter().map(|(group, tenths)| (group, Ok(Decimal::new(tenths, 1).into())));
        prop_assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}
