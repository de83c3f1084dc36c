//! A custom source: a small column store. It computes sums and counts with its dictionaries and leaves everything else
//! to the engine. `yardstick::testing::source_conformance` compares it with the engine.
//!
//! cargo run --example column_store

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use yardstick::backend::{
    Aggregate, Aggregated, Batch, ColumnId, DatasetRequest, Dropped, FailedRows, Group, GroupColumn, Measure,
    MeasureColumn, Request, RowSource, Scan, Schema, Vector,
};
use yardstick::{
    Cause, Cell, Dataset, Decimal, Diagnostic, Embedded, Error, Library, Limits, Query, Source, Table, Value,
};

/// A table as columns of cells. A real database would encode texts as numbers and store columns in files.
struct Columns {
    name: Arc<str>,
    schema: Schema,
    columns: Vec<Vec<Cell>>,
    rows: usize,
}

impl Columns {
    /// The columns of a table.
    fn of(table: &Table) -> Self {
        let column = |at: u32| (0..table.rows()).filter_map(|row| table.cell(ColumnId(at), row)).collect();
        let schema = table.schema.clone();
        let columns = (0..schema.columns.len() as u32).map(column).collect();
        Self { name: table.name.clone(), schema, columns, rows: table.rows() }
    }

    /// The values of a column.
    fn column(&self, id: ColumnId) -> &[Cell] {
        &self.columns[id.0 as usize]
    }
}

impl Dataset for Columns {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows as u64)
    }

    fn scan(
        &self,
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let vector = |id: &ColumnId| Cow::Owned(self.column(*id).iter().cloned().collect::<Vector>());
        visit(0, &Batch { columns: scan.columns.iter().map(vector).collect(), rows: self.rows })
    }
}

/// A source that aggregates its own tables.
pub struct ColumnStore {
    tables: Vec<Arc<Columns>>,
    /// Answers the requests that the store does not support, from the same rows.
    engine: Embedded,
}

impl ColumnStore {
    /// Creates a store of these tables.
    pub fn new(tables: &[Table]) -> Self {
        let tables: Vec<Arc<Columns>> = tables.iter().map(|table| Arc::new(Columns::of(table))).collect();
        let datasets = tables.iter().map(|table| table.clone() as Arc<dyn Dataset>).collect();
        Self { tables, engine: Embedded::new(datasets) }
    }
}

impl Source for ColumnStore {
    fn datasets(&self) -> &[Arc<dyn Dataset>] {
        self.engine.datasets()
    }

    fn aggregate(&self, request: &Request) -> Result<Aggregated, Vec<Diagnostic>> {
        match self.plan(request) {
            Some(plan) => Ok(plan.run(request)),
            None => self.engine.aggregate(request),
        }
    }
}

/// A request that the store answers itself.
struct Plan<'s> {
    table: &'s Columns,
    /// The grouping columns.
    by: Vec<ColumnId>,
    /// The column of each measure; None counts rows.
    measures: Vec<Option<ColumnId>>,
}

impl ColumnStore {
    /// Returns None if a request needs more than sums and counts of plain columns of one table, grouped by texts.
    fn plan(&self, request: &Request) -> Option<Plan<'_>> {
        let [dataset] = &request.datasets[..] else { return None };
        let table = &*self.tables[dataset.dataset];
        let is_plain = request.grain.is_none() && request.period.is_none() && dataset.filters.is_empty();
        let is_plain = is_plain && dataset.end.is_none();
        if !is_plain || table.schema.time.is_some() || table.rows == 0 || dataset.skipped {
            return None;
        }
        let by = dataset.by.iter().map(|column| match column {
            Some(GroupColumn::Source(RowSource::Column(id))) => is_text(table, *id).then_some(*id),
            _ => None,
        });
        let measures = request.measures.iter().map(|measure| column(dataset, measure));
        Some(Plan { table, by: by.collect::<Option<_>>()?, measures: measures.collect::<Option<_>>()? })
    }
}

fn is_text(table: &Columns, id: ColumnId) -> bool {
    table.column(id).iter().all(|cell| matches!(cell, Ok(Value::Text(_)) | Err(_)))
}

/// The column of a measure, if the store supports it.
fn column(dataset: &DatasetRequest, measure: &Measure) -> Option<Option<ColumnId>> {
    let is_known = matches!(measure.aggregate, Aggregate::Sum | Aggregate::Count);
    let applies = measure.dropped == Dropped::Columns(vec![]) && measure.conditions.is_empty() && !measure.distinct;
    if !is_known || !applies || measure.range.needs_period() {
        return None;
    }
    match measure.argument {
        Some(node) => Some(Some(dataset.rows.column(node)?)),
        None => Some(None),
    }
}

impl Plan<'_> {
    fn run(&self, request: &Request) -> Aggregated {
        let mut rows: BTreeMap<Vec<Option<Arc<str>>>, Vec<usize>> = BTreeMap::new();
        for row in 0..self.table.rows {
            let key = |id: &ColumnId| match &self.table.column(*id)[row] {
                Ok(Value::Text(text)) => Some(text.clone()),
                _ => None,
            };
            rows.entry(self.by.iter().map(key).collect()).or_default().push(row);
        }
        let (keys, mut rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let group = |keys: Vec<_>| Group { period: None, keys: keys.into(), total: false };
        let mut groups: Vec<Group> = keys.into_iter().map(group).collect();
        if request.totals {
            groups.push(Group { period: None, keys: vec![].into(), total: true });
            rows.push((0..self.table.rows).collect());
        }
        let measures = request.measures.iter().zip(&self.measures);
        Aggregated {
            measures: measures.map(|(measure, column)| self.measure(measure.aggregate, *column, &rows)).collect(),
            refused: vec![],
            unread: vec![],
            extents: vec![None],
            notes: vec![],
            groups,
        }
    }

    fn measure(&self, aggregate: Aggregate, column: Option<ColumnId>, groups: &[Vec<usize>]) -> MeasureColumn {
        let present = |rows: &Vec<usize>| match column {
            Some(id) => rows.iter().filter(|&&row| self.table.column(id)[row].is_ok()).count() as u64,
            None => rows.len() as u64,
        };
        let value = |rows: &Vec<usize>| match (aggregate, column) {
            (Aggregate::Sum, Some(id)) => sum(rows.iter().map(|&row| &self.table.column(id)[row])),
            _ => Ok(Decimal::from(present(rows)).into()),
        };
        MeasureColumn {
            values: groups.iter().map(value).collect(),
            rows: groups.iter().map(present).collect(),
            skipped: groups.iter().map(|rows| rows.len() as u64 - present(rows)).collect(),
            failed: groups.iter().map(|_| FailedRows::default()).collect(),
            ranges: groups.iter().map(|_| None).collect(),
            left_out: groups.iter().map(|_| vec![]).collect(),
        }
    }
}

/// The sum of the cells that are not blank.
fn sum<'c>(cells: impl Iterator<Item = &'c Cell>) -> Cell {
    let numbers = cells.filter_map(|cell| match cell {
        Ok(Value::Number(number)) => Some(number.decimal),
        _ => None,
    });
    match numbers.map(Some).reduce(|sum, number| sum?.checked_add(number?)) {
        Some(sum) => sum.map(Value::from).ok_or(Cause::Overflow),
        None => Err(Cause::Blank),
    }
}

/// Evaluates a KPI over a store, and checks the store.
pub fn main() -> Result<(), Error> {
    let rows = [("web", Some("FR"), 900, Some(30)), ("mail", None, 100, Some(10)), ("web", Some("DE"), 50, None)];
    let ads = Table::from_tuples("ads", &["channel", "country", "cost", "customers"], &rows)?;
    let store = ColumnStore::new(&[ads]);
    yardstick::testing::source_conformance(&store)?;
    let library = Library::from_text("our_cac = sum(ads.cost) / sum(ads.customers)")?;
    let result = library.evaluate(&Query::all().by("channel"), &store, &Limits::default())?;
    for channel in ["mail", "web"] {
        if let Some(value) = result.get("our_cac", [("channel", channel)])? {
            println!("{channel}: {value}");
        }
    }
    Ok(())
}
