//! Small tables worked by hand, and laws over random ones.

use std::sync::Arc;

use crate::data::{
    Aggregate, Aggregated, Batch, Calendar, ColumnId, ColumnSchema, ColumnType, Dataset, DatasetRequest, Dropped,
    Embedded, Extent, Grain, GroupColumn, Measure, Request, RowSource, Schema, Shift, Source, TimeRange, WindowUnit,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::program::{Node, NodeId, Operator, Program};
use crate::value::{Cause, Cell, Date, Decimal, Number, Value, Vector};

/// A table handed out in batches of some size.
struct Sample {
    name: Arc<str>,
    schema: Schema,
    columns: Vec<Vec<Cell>>,
    batch: usize,
}

impl Sample {
    /// A table from text: a header, then rows; columns end in `|`. Numbers, days and booleans are what they look like,
    /// `-` is blank.
    fn parse(name: &str, text: &str) -> Self {
        let mut lines = text.trim().lines().map(|line| line.split('|').map(str::trim));
        let header: Vec<&str> = lines.next().expect("a header").collect();
        let mut columns = vec![vec![]; header.len()];
        for line in lines {
            columns.iter_mut().zip(line).for_each(|(column, cell)| column.push(cell_of(cell)));
        }
        let schema =
            |name: &str| (name.into(), ColumnSchema { ty: ColumnType::Unknown, declared: false, evidence: None });
        let schema = Schema { columns: header.into_iter().map(schema).collect(), time: None };
        Self { name: name.into(), schema, columns, batch: 1000 }
    }
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

    fn scan(
        &self,
        columns: &[ColumnId],
        threads: usize,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let rows = self.columns.first().map_or(0, Vec::len);
        std::thread::scope(|scope| {
            let worker = |worker: usize| {
                move || {
                    for start in (0..rows).step_by(self.batch).skip(worker).step_by(threads) {
                        let end = (start + self.batch).min(rows);
                        let column = |id: &ColumnId| self.columns[id.0 as usize][start..end].iter().cloned().collect();
                        visit(worker, &Batch { columns: columns.iter().map(column).collect(), rows: end - start })?;
                    }
                    Ok(())
                }
            };
            let handles: Vec<_> = (0..threads).map(|at| scope.spawn(worker(at))).collect();
            handles.into_iter().try_for_each(|handle| handle.join().expect("no worker panics"))
        })
    }
}

/// A request in the making: one dataset `t` unless others are added.
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
        totals: false,
        measures: vec![],
        threads: 1,
        max_groups: 1000,
        deadline: None,
    };
    Query { datasets: vec![], request }.dataset("t", table)
}

impl Query {
    /// Adds a dataset; a column `day` is its time.
    fn dataset(mut self, name: &str, table: &str) -> Self {
        let sample = Sample::parse(name, table);
        let slots: Vec<RowSource> =
            (0..sample.columns.len() as u32).map(|id| RowSource::Column(ColumnId(id))).collect();
        let mut program = Program::default();
        (0..slots.len() as u32).for_each(|slot| drop(program.add(Node::Slot(slot))));
        let time = sample.schema.find("day").map(RowSource::Column);
        let dataset = self.datasets.len();
        self.request.datasets.push(DatasetRequest { dataset, program, slots, time, by: vec![], filters: vec![] });
        self.datasets.push(sample);
        self
    }

    fn by(mut self, names: &[&str]) -> Self {
        self.request.by = names.iter().map(|&name| name.into()).collect();
        for (wanted, sample) in self.request.datasets.iter_mut().zip(&self.datasets) {
            let source = |name: &&str| sample.schema.find(name).map(|id| GroupColumn::Source(RowSource::Column(id)));
            wanted.by = names.iter().map(source).collect();
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

    /// A row condition `column = value`.
    fn condition(&mut self, dataset: usize, column: &str, equals: &str) -> NodeId {
        let column = self.node(dataset, column);
        let program = &mut self.request.datasets[dataset].program;
        let value = program.add(Node::Constant(cell_of(equals).expect("a value")));
        program.add(Node::Binary(Operator::Equal, column, value))
    }

    fn node(&self, dataset: usize, column: &str) -> NodeId {
        NodeId(self.datasets[dataset].schema.find(column).expect(column).0)
    }

    /// A measure of a column (`*`: of rows), adapted by `change`.
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
            range: TimeRange::CURRENT,
        };
        change(&mut measure);
        self.request.measures.push(measure);
        self
    }

    fn run(self) -> Result<Aggregated, Vec<Diagnostic>> {
        let datasets = self.datasets.into_iter().map(|sample| Arc::new(sample) as Arc<dyn Dataset>).collect();
        Embedded::new(datasets).aggregate(&self.request)
    }

    /// One line a group: period, keys, then the values.
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
    TimeRange { shift: Shift { months, ..Shift::default() }, extent: Extent::Period }
}

fn extent(extent: Extent) -> TimeRange {
    TimeRange { shift: Shift::default(), extent }
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
fn groups_by_key_come_blank_first_then_by_code_point() {
    let lines = query(SALES).by(&["channel"]).measure(Aggregate::Sum, "amount", |_| ()).lines();
    assert_eq!(lines, ["- 1", "ads 11.25", "email 13.5"]);
}

#[test]
fn keys_and_time_give_rows_where_there_are_data_shifted_ones_included() {
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
