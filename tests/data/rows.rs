use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use yardstick::{Cause, Decimal, Embedded, Library, Limits, Query, Table};

use super::{messages, shown};

#[derive(Serialize)]
enum Channel {
    Email,
    Display,
}

#[derive(Serialize)]
struct Order {
    day: jiff::civil::Date,
    month: &'static str,
    channel: Channel,
    amount: Decimal,
    price: f64,
    count: u64,
    code: String,
    note: Option<&'static str>,
    paid: bool,
    nothing: (),
}

fn orders() -> Vec<Order> {
    vec![
        Order {
            day: jiff::civil::date(2026, 3, 31),
            month: "2026-03",
            channel: Channel::Email,
            amount: "12.345678901234567890".parse().unwrap(),
            price: 0.1,
            count: u64::MAX,
            code: "007".into(),
            note: None,
            paid: true,
            nothing: (),
        },
        Order {
            day: jiff::civil::date(1969, 12, 31),
            month: "2026-04",
            channel: Channel::Display,
            amount: "-3".parse().unwrap(),
            price: 1e-7,
            count: 0,
            code: "12".into(),
            note: Some("  padded\u{a0}"),
            paid: false,
            nothing: (),
        },
    ]
}

#[test]
fn structs_become_typed_columns() {
    insta::assert_snapshot!(shown(&Table::from_rows("orders", &orders()).unwrap()));
}

#[test]
fn records_maps_and_tuples_become_tables() {
    let record = BTreeMap::from([("spend", 20_000.5), ("customers", 20.0)]);
    let expected = "customers: Number, spend: Number\n20 | 20000.5\n";
    assert_eq!(shown(&Table::from_record("r", &record).unwrap()), expected);
    let tuples = [("2026-01", 1), ("2026-02", 2)];
    let table = Table::from_tuples("t", &["month", "n"], &tuples).unwrap();
    assert_eq!(shown(&table), "month: Period(Month), n: Number\nday 20454 | 1\nday 20485 | 2\n");
    let values = [serde_json::json!({"a": 1.50, "b": "x"}), serde_json::json!({"b": null, "c": true})];
    let table = Table::from_rows("t", &values).unwrap();
    assert_eq!(shown(&table), "a: Number, b: Text, c: Boolean\n1.5 | \"x\" | —\n— | — | true\n");
}

#[test]
fn raw_json_keeps_its_digits() {
    let row = r#"{"price": 0.1234567890123456789012345678, "name": "a\u00e9", "paid": true, "none": null}"#;
    let row: BTreeMap<&str, &serde_json::value::RawValue> = serde_json::from_str(row).unwrap();
    let expected =
        "name: Text, none: Unknown, paid: Boolean, price: Number\n\"aé\" | — | true | 0.1234567890123456789012345678\n";
    assert_eq!(shown(&Table::from_rows("t", &[row]).unwrap()), expected);
    let list: BTreeMap<&str, &serde_json::value::RawValue> = serde_json::from_str(r#"{"a": [1]}"#).unwrap();
    let refused = messages(Table::from_rows("t", &[list]).err().unwrap().diagnostics());
    assert!(refused.contains("found a nested list or record"), "{refused}");
}

#[test]
fn no_rows_give_an_empty_table() {
    let declaration = Library::from_text("dataset orders { amount: number  time day }").unwrap();
    let declaration = &declaration.dataset("orders").expect("it is declared").declaration;
    let table = Table::from_rows_as::<Order>("orders", &[], declaration).unwrap();
    assert_eq!(shown(&table), "amount: Number, day: Date\n");
    let table = Table::from_tuples::<(u32, u32)>("orders", &["amount", "fees"], &[]).unwrap();
    assert_eq!(shown(&table), "amount: Unknown, fees: Unknown\n");
    let library = Library::from_text("n = count(orders)\nx = amount + fees").unwrap();
    let result = library.evaluate(&Query::all(), &Embedded::new(vec![Arc::new(table)]), &Limits::default()).unwrap();
    assert_eq!(result.value(0, 0), Err(Cause::NoRows));
}

#[derive(Serialize)]
struct Nested {
    name: &'static str,
    inner: Vec<u32>,
}

#[test]
fn rejects_invalid_rows() {
    let float = |value: f64| Table::from_rows("t", &[BTreeMap::from([("x", value)])]);
    let mixed = [serde_json::json!({"a": 1}), serde_json::json!({"a": "x"})];
    let all = [
        Table::from_rows("t", &[Nested { name: "n", inner: vec![1] }]),
        float(f64::NAN),
        float(f64::INFINITY),
        float(1e300),
        Table::from_rows("t", &[1, 2]),
        Table::from_rows("t", &["text"]),
        Table::from_tuples("t", &["a"], &[(1, 2)]),
        Table::from_tuples("t", &["a", "b", "c"], &[(1, 2)]),
        Table::from_rows("t", &mixed),
    ];
    let all: Vec<String> = all.into_iter().map(|result| messages(result.err().unwrap().diagnostics())).collect();
    insta::assert_snapshot!(all.join("\n"));
}
