//! Checks the answers of custom sources.

use std::sync::Arc;

use yardstick::backend::{Aggregated, MeasureId, PerGroup, Request};
use yardstick::testing::source_conformance;
use yardstick::{Cause, Code, Dataset, Diagnostic, Embedded, Library, Limits, Query, Source, Table};

#[allow(dead_code)]
#[path = "../../examples/column_store.rs"]
mod column_store;

fn table() -> Table {
    let rows = [
        ("2026-01-05", Some("web"), Some("FR"), Some("900"), Some(30)),
        ("2026-01-20", Some("mail"), None, Some("100.5"), Some(10)),
        ("2026-03-01", Some("web"), Some("DE"), Some("-50"), None),
        ("2026-03-02", None, Some("FR"), None, Some(0)),
        ("2027-02-28", Some("web"), Some("FR"), Some("7"), Some(1)),
    ];
    Table::from_tuples("ads", &["day", "channel", "country", "cost", "customers"], &rows).expect("plain rows")
}

fn timeless() -> Table {
    let rows = [("web", Some("FR"), Some(9)), ("mail", None, None), ("web", Some("DE"), Some(5)), ("tv", None, None)];
    Table::from_tuples("ads", &["channel", "country", "cost"], &rows).expect("plain rows")
}

/// A source that changes the answers of the embedded engine.
struct Changed<F> {
    engine: Embedded,
    change: F,
}

impl<F: Fn(&mut Aggregated)> Source for Changed<F> {
    fn datasets(&self) -> &[Arc<dyn Dataset>] {
        self.engine.datasets()
    }

    fn aggregate(&self, request: &Request) -> Result<Aggregated, Vec<Diagnostic>> {
        let mut answer = self.engine.aggregate(request)?;
        (self.change)(&mut answer);
        Ok(answer)
    }
}

fn changed(change: impl Fn(&mut Aggregated)) -> Changed<impl Fn(&mut Aggregated)> {
    Changed { engine: Embedded::new(vec![Arc::new(timeless())]), change }
}

#[test]
fn the_embedded_engine_and_the_column_store_example_conform() {
    for table in [table(), timeless()] {
        source_conformance(&Embedded::new(vec![Arc::new(table.clone())])).expect("the engine is the reference");
        source_conformance(&column_store::ColumnStore::new(&[table])).expect("the column store conforms");
    }
    column_store::main().expect("the example runs");
}

#[test]
fn a_source_with_a_wrong_count_does_not_conform() {
    let source = changed(|answer| answer.measures[0].rows.iter_mut().for_each(|rows| *rows += 1));
    let problems = source_conformance(&source).expect_err("it counts one row too many");
    assert_eq!(problems.diagnostics()[0].code, Code::TestFailed);
    let source = changed(|answer| answer.groups.reverse());
    source_conformance(&source).expect_err("the order of groups differs");
}

#[test]
fn malformed_answers_are_errors() {
    let library = Library::from_text("x = sum(ads.cost)").expect("a valid definition");
    let query = Query::all().by("channel");
    type Change = fn(&mut Aggregated);
    let changes: [Change; 6] = [
        |answer| drop(answer.measures.pop()),
        |answer| drop(answer.groups.pop()),
        |answer| answer.measures[0].values = yardstick::backend::Vector::undefined(1, Cause::Blank),
        |answer| answer.measures[0].skipped = PerGroup::default(),
        |answer| answer.extents.clear(),
        |answer| answer.refused.push((MeasureId(7), Diagnostic::error(Code::Unreadable, "it is not there"))),
    ];
    let rejected = changes.map(|change| {
        let problems =
            library.evaluate(&query, &changed(change), &Limits::default()).expect_err("the answer is malformed");
        problems.diagnostics()[0].message.clone()
    });
    insta::assert_snapshot!(rejected.join("\n"));
}
