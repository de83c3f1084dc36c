//! Evaluates records one at a time, with the same values as a table of one row.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use yardstick::{Cause, Cell, Dataset, Decimal, Embedded, Library, Limits, Query, Record, Table, Value};

const DEFINITIONS: &str = "\
param rate: percent = 20%
net = price * quantity * (1 - rate)
cost_per_unit = net / quantity
rounded = round(cost_per_unit, 1)
small = if quantity < 10 then price else undefined
either = small ?? max(price, 100)
margin = (net - costs) / net {
  better higher
  good >= 50%
  watch >= 20%
  bad otherwise
}
";

fn datasets(record: &Json) -> [Arc<dyn Dataset>; 1] {
    [Arc::new(Table::from_record("order", record).expect("a plain record"))]
}

fn record(definitions: &str, query: &Query, sample: &Json) -> Result<Record, String> {
    let library = Library::from_text(definitions).unwrap_or_else(|problems| panic!("{problems}"));
    let datasets = datasets(sample);
    let plan = library
        .plan(query, &Embedded::new(datasets.to_vec()), &Limits::default())
        .map_err(|problems| problems.to_string())?;
    Arc::new(plan).record(&datasets).map_err(|problems| problems.to_string())
}

fn cell(json: &Json) -> Cell {
    match json {
        Json::Null => Err(Cause::Blank),
        other => Ok(Value::from(other.to_string().parse::<Decimal>().expect("a number"))),
    }
}

#[test]
fn a_record_has_the_values_of_a_table_with_one_row() {
    let sample = json!({ "price": 1, "quantity": 1, "costs": 1 });
    let mut record = record(DEFINITIONS, &Query::all(), &sample).unwrap();
    for row in [
        json!({ "price": 12.5, "quantity": 4, "costs": 10 }),
        json!({ "price": 99.99, "quantity": 12, "costs": 800.01 }),
        json!({ "price": 7, "quantity": 0, "costs": 3 }),
        json!({ "price": null, "quantity": 3, "costs": 3 }),
        json!({ "price": 19.9, "quantity": 11, "costs": null }),
    ] {
        for (name, value) in row.as_object().expect("a record") {
            record.set(record.input(name).expect("a formula needs it"), cell(value));
        }
        record.evaluate();
        let source = Embedded::new(datasets(&row).to_vec());
        let result = record.plan().evaluate(&source).unwrap();
        for kpi in 0..record.plan().kpis.len() {
            let outcome = result.outcome(kpi, 0);
            assert_eq!(*record.value(kpi), outcome.value, "KPI {kpi} of {row}");
            assert_eq!(record.reason(kpi), result.reason(kpi, 0), "KPI {kpi} of {row}");
            assert_eq!(
                record.explain(kpi).unwrap().to_string(),
                result.explain_at(kpi, 0).unwrap().to_string(),
                "KPI {kpi} of {row}"
            );
            assert_eq!(record.band(kpi).map(|band| band.status), outcome.band.map(|band| band.status));
        }
    }
}

#[test]
fn inputs_are_the_columns_that_formulas_need() {
    let sample = json!({ "price": 1, "quantity": 1, "costs": 1, "note": 5 });
    let record = record(DEFINITIONS, &Query::all(), &sample).unwrap();
    assert_eq!(record.inputs().collect::<Vec<_>>(), ["price", "quantity", "costs"]);
    assert_eq!(record.input("note"), None);
}

#[test]
fn columns_of_several_datasets_are_qualified() {
    let library = Library::from_text("r = sum(now.cost) / sum(before.cost)").unwrap();
    let table = |name| Arc::new(Table::from_record(name, &json!({ "cost": 1 })).unwrap()) as Arc<dyn Dataset>;
    let datasets = [table("now"), table("before")];
    let mut record =
        Arc::new(library.plan(&Query::all(), &Embedded::new(datasets.to_vec()), &Limits::default()).unwrap())
            .record(&datasets)
            .unwrap();
    for (name, cost) in [("now.cost", 6), ("before.cost", 4)] {
        record.set(record.input(name).unwrap(), Ok(Decimal::from(cost).into()));
    }
    record.evaluate();
    assert_eq!(*record.value(0), Ok(Decimal::new(15, 1).into()));
}

#[test]
fn rejects_formulas_that_need_rows() {
    let sample = json!({ "day": "2026-01-03", "cost": 1, "channel": "web" });
    let rejected = |definitions, query: Query| record(definitions, &query, &sample).unwrap_err();
    insta::assert_snapshot!(rejected(
        "n = count(order)\nweb = sum(cost where channel = \"web\")\ndouble = sum(cost * 2)\nfine = max(cost)",
        Query::all()
    ));
    insta::assert_snapshot!(rejected("total = cost", Query::all().by("month")));
    insta::assert_snapshot!(rejected("total = cost", Query::all().filter_formula("channel = \"web\"")));
}
