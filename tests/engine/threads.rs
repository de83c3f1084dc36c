//! A query has the same result with any number of threads and any distribution of rows.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use yardstick::backend::{Batch, Scan, Schema};
use yardstick::{Code, Dataset, Declaration, Diagnostic, Embedded, Error, Library, Limits, Query, Table};

use super::show;

/// A table that distributes its rows to the listed workers in turn, `rows_each` rows at a time.
struct Dealt {
    table: Table,
    rows_each: usize,
    workers: Vec<usize>,
}

impl Dataset for Dealt {
    fn name(&self) -> &Arc<str> {
        Dataset::name(&self.table)
    }

    fn schema(&self) -> &Schema {
        Dataset::schema(&self.table)
    }

    fn scan(
        &self,
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        self.table.scan(&Scan::new(scan.columns, 1), &|_, batch| {
            let rows: Vec<u32> = (0..batch.rows as u32).collect();
            for (rows, worker) in rows.chunks(self.rows_each).zip(self.workers.iter().cycle()) {
                let columns = batch.columns.iter().map(|column| Cow::Owned(column.take(rows))).collect();
                visit(worker % scan.threads, &Batch { columns, rows: rows.len() })?;
            }
            Ok(())
        })
    }
}

/// Formulas with every aggregate over numbers, texts, dates and truth values, with conditions, segments and contexts.
const FORMULAS: &[&str] = &[
    "sum(t.x)",
    "sum(distinct t.x)",
    "count(t)",
    "count(t.x)",
    "count(distinct t.name)",
    "count(distinct t.x where t.ok)",
    "avg(t.x)",
    "avg(distinct t.x)",
    "min(t.x)",
    "max(t.name)",
    "min(t.since)",
    "median(t.x)",
    "median(distinct t.x)",
    "quantile(t.x, 30%)",
    "only(t.x)",
    "only(distinct t.name)",
    "first(t.x)",
    "last(t.x)",
    "last(t.x by name)",
    "first(t.x by code, name)",
    "last(t.x by ok, since)",
    "last(t.name)",
    "sum(t.x where t.code > 3)",
    "count(t where t.ok and t.x > 0)",
    "sum(t.x / t.code)",
    "count(t where 1 / t.code > 0.2)",
    "last(t.x / t.code by name)",
    "last(t.x)[all name]",
    "sum(t.x)[name = \"b\"]",
    "median(t.x)[ok = true]",
];

const OF_PERIODS: &[&str] = &[
    "last(t.x by code)[previous]",
    "sum(t.x)[last 2 months]",
    "median(t.x)[last 3 months]",
    "last(t.x by name)[to date]",
    "avg(t.x)[year to date]",
    "count(distinct t.name)[last 2 months]",
];

/// Every aggregate over stored, computed and looked-up columns, with and without `distinct`, conditions, keys and
/// contexts.
fn combinations() -> Vec<String> {
    let aggregates = ["sum", "count", "avg", "min", "max", "median", "quantile", "first", "last", "only"];
    let mut formulas = vec![];
    for (at, aggregate) in aggregates.into_iter().enumerate() {
        let is_ordered = matches!(aggregate, "first" | "last");
        let (distinct, by) =
            (if is_ordered { "" } else { "distinct " }, if is_ordered { " by label, code" } else { "" });
        let share = if aggregate == "quantile" { ", 70%" } else { "" };
        for (step, value) in ["t.x", "t.ratio", "t.grade", "t.most"].into_iter().enumerate() {
            let condition = [" where t.ok", " where t.ratio > 0.1", " where label != \"low\""][(at + step) % 3];
            let context = ["[all]", "[previous]", "[last 2 months]", "[label = \"high\"]"][(at + step) % 4];
            formulas.push(format!("{aggregate}({distinct}{value}{share})"));
            formulas.push(format!("{aggregate}({value}{share}{condition}{by})"));
            formulas.push(format!("{aggregate}({distinct}{value}{share}{condition}){context}"));
        }
    }
    formulas
}

/// The declarations for [`combinations`]: a computed column that fails in some rows, columns of all rows with the same
/// keys, and looked-up columns.
const DECLARATIONS: &str = "\
dataset t {
  time day
  ratio = x / (code - 3)
  grade = rank * 2
  of_name = sum(x where ok each name, code)
  most = max(of_name each label)
  lookup labels on name
}
dataset labels
";

const LABELS: &str = "name,label,rank\na,low,1\nb,high,2.5\nc,high,\n";

type Row = (Option<u32>, Option<u8>, u8, Option<bool>, Option<i32>, u32);

fn row() -> impl Strategy<Value = Row> {
    let often = |value| prop::option::weighted(0.9, value);
    (
        often(0u32..120),
        prop::option::weighted(0.9, 0u8..4),
        0u8..12,
        prop::option::weighted(0.9, any::<bool>()),
        prop::option::weighted(0.9, -300i32..300),
        0u32..9,
    )
}

fn table(rows: &[Row]) -> Table {
    let mut text = String::from("day,name,code,ok,x,since\n2026-01-01,a,1,true,0.5,2020-01-01\n");
    for (day, name, code, ok, x, since) in rows {
        let day = day.map(|day| format!("2026-{:02}-{:02}", day / 28 + 1, day % 28 + 1)).unwrap_or_default();
        let name = name.map(|name| ["a", "b", "c", "d e"][usize::from(name)]).unwrap_or_default();
        let ok = ok.map(|ok| ok.to_string()).unwrap_or_default();
        let x = x
            .map(|x| format!("{}{}.{:02}", if x < 0 { "-" } else { "" }, x.abs() / 100, x.abs() % 100))
            .unwrap_or_default();
        text.push_str(&format!("{day},{name},{code},{ok},{x},202{since}-05-01\n"));
    }
    let declaration = Library::from_text("dataset t { time day }")
        .expect("the definitions are valid")
        .dataset("t")
        .expect("the dataset is declared")
        .declaration
        .clone();
    Table::from_csv("t", &text, &declaration).expect("the table is valid")
}

/// The values of every formula with their details: row counts, skipped and failed rows, reasons.
fn describe(dataset: Arc<dyn Dataset>, query: &Query, limits: &Limits) -> Result<String, Error> {
    static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::from_text(DECLARATIONS).expect("it is valid"));
    let labels = Table::from_csv("labels", LABELS, &Declaration::default()).expect("the table is valid");
    let result = LIBRARY.evaluate(query, &Embedded::new(vec![dataset, Arc::new(labels)]), limits)?;
    let mut text = show(&result);
    for measure in &result.measures {
        text.push_str(&format!("{:?} {:?} {:?}\n", measure.rows, measure.skipped, measure.failed));
        text.push_str(&format!("{:?} {:?}\n", measure.ranges, measure.left_out));
    }
    for group in 0..result.groups.len() {
        (0..result.plan.kpis.len()).for_each(|kpi| text.push_str(&format!("{:?} ", result.reason(kpi, group))));
    }
    result.notes.iter().for_each(|note| text.push_str(&note.message));
    Ok(text)
}

fn same_on_any_threads(query: &Query, rows: &[Row], rows_each: usize, workers: &[usize]) -> Result<(), TestCaseError> {
    let table = table(rows);
    let unlimited = |threads: usize| Limits::default().threads(threads);
    let alone = describe(Arc::new(table.clone()), query, &unlimited(1)).expect("the query can be evaluated");
    for threads in [1, 2, 3, 7, 32] {
        let dealt = || Arc::new(Dealt { table: table.clone(), rows_each, workers: workers.to_vec() });
        let result = describe(dealt(), query, &unlimited(threads)).expect("the query can be evaluated");
        prop_assert_eq!(&result, &alone, "{} threads", threads);
        // A memory limit changes nothing, or gives an error.
        let limits = unlimited(threads).memory(threads as u64 * 150_000);
        match describe(dealt(), query, &limits) {
            Ok(result) => prop_assert_eq!(&result, &alone, "{} threads", threads),
            Err(problems) => prop_assert_eq!(problems.diagnostics()[0].code, Code::LimitReached),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6) })]

    #[test]
    fn aggregates_do_not_depend_on_threads(
        rows in prop::collection::vec(row(), 0..60),
        by in prop::sample::subsequence(vec!["name", "code", "ok", "since"], 0..4),
        rows_each in 1usize..6,
        workers in prop::collection::vec(0usize..32, 1..20),
    ) {
        let query = by.iter().fold(Query::new(FORMULAS.iter().copied()), |query, by| query.by(*by)).totals(true);
        same_on_any_threads(&query, &rows, rows_each, &workers)?;
    }

    #[test]
    fn contexts_do_not_depend_on_threads(
        rows in prop::collection::vec(row(), 0..60),
        by in prop::sample::subsequence(vec!["name", "code"], 0..2),
        filtered in any::<bool>(),
        rows_each in 1usize..6,
        workers in prop::collection::vec(0usize..32, 1..20),
    ) {
        let formulas = FORMULAS.iter().chain(OF_PERIODS).copied();
        let query = by.iter().fold(Query::new(formulas).by("month"), |query, by| query.by(*by)).totals(true);
        let query = if filtered { query.filter_formula("t.ok or 5 / t.code > 1") } else { query };
        same_on_any_threads(&query, &rows, rows_each, &workers)?;
    }

    #[test]
    fn combinations_do_not_depend_on_threads(
        rows in prop::collection::vec(row(), 0..60),
        by in prop::sample::subsequence(vec!["month", "name", "label", "ok"], 0..3),
        filtered in any::<bool>(),
        rows_each in 1usize..6,
        workers in prop::collection::vec(0usize..32, 1..20),
    ) {
        let query = by.iter().fold(Query::new(combinations()), |query, by| query.by(*by)).totals(true);
        // Contexts of periods need a period.
        let query = if by.contains(&"month") { query } else { query.period("2026-03") };
        let query = if filtered { query.filter_formula("t.grade > 1 or t.ratio > 0") } else { query };
        same_on_any_threads(&query, &rows, rows_each, &workers)?;
    }
}
