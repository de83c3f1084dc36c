//! Tests that a column that cannot be read is an error only if it is requested.

use std::sync::Arc;

use yardstick::backend::Scan;
use yardstick::{Dataset, Declaration, Table, open};

use super::csv::file;
use super::{message, messages, plain, rows};

/// The result of reading one column of a file.
fn column(name: &str, text: &str, requested: &str) -> String {
    let path = file(name, text.as_bytes());
    let dataset = open("t", &path, &plain()).unwrap_or_else(|errors| panic!("{}", messages(&errors)));
    let id = dataset.schema().find(requested).unwrap_or_else(|| panic!("no column {requested}"));
    let read = dataset.scan(&Scan::new(&[id], 3), &|_, _| Ok(()));
    std::fs::remove_file(&path).unwrap();
    read.map_or_else(|error| message(&error).replace(&*path.display().to_string(), name), |()| "read".into())
}

const TABLES: &[(&str, &str, &str)] = &[
    ("twins.csv", "id,v,note,note\n1,2,3,4\n", "note"),
    ("nameless.csv", ",v\n0,3\n1,4\n", "column 1"),
    ("long.csv", "v,big\n1,123456789012345678901234567890\n", "big"),
    ("order.csv", "v,shipped\n1,03/04/2026\n", "shipped"),
    ("marks.csv", "v;rate\n1;1,234\n", "rate"),
    ("nested.json", "[{\"v\":1,\"geo\":{\"city\":\"Lyon\"}},{\"v\":2,\"geo\":null}]", "geo"),
    ("list.ndjson", "{\"v\":1}\n{\"v\":2,\"tags\":[\"a\",\"b\"]}\n", "tags"),
    ("twice.json", "[{\"v\":1,\"n\":2,\"n\":3}]", "n"),
];

#[test]
fn unreadable_columns_are_errors_only_if_they_are_requested() {
    let mut reports = vec![];
    for (name, text, other) in TABLES {
        assert_eq!(column(name, text, "v"), "read", "{name}");
        reports.push(column(name, text, other));
    }
    insta::assert_snapshot!(reports.join("\n"));
}

#[test]
fn tables_without_rows_have_the_declared_columns() {
    let types = [(Arc::from("amount"), yardstick::ColumnType::Number)].into_iter().collect();
    let declaration = Declaration { time: Some("day".into()), types, ..plain() };
    let none: [std::collections::BTreeMap<String, String>; 0] = [];
    let tables: [Box<dyn Dataset>; 3] = [
        Box::new(Table::from_rows_as("t", &none, &declaration).unwrap()),
        Box::new(Table::from_csv("t", "day,amount\n", &declaration).unwrap()),
        Box::new(Table::from_json("t", "[]", &declaration).unwrap()),
    ];
    for table in tables {
        let mut columns: Vec<String> =
            table.schema().columns.iter().map(|(name, column)| format!("{name}: {:?}", column.ty)).collect();
        columns.sort();
        assert_eq!(columns, ["amount: Number", "day: Date"]);
        assert_eq!(table.schema().time, table.schema().find("day"));
        assert_eq!(rows(&*table).unwrap(), Vec::<Vec<String>>::new());
    }
}

#[test]
fn texts_that_look_alike_are_equal() {
    let csv = "city\nParis\n\u{200b}Paris\n\"Paris\u{a0}\"\nPa\u{ad}ris\n=\"Paris\"\n\u{3000}\n";
    let json = "[{\"city\":\"Paris\"},{\"city\":\"\\u200bParis\"},{\"city\":\"Paris\\u00a0\"},{\"city\":\"Pa\\u00adris\"},\
                {\"city\":\"=\\\"Paris\\\"\"},{\"city\":\"\\u3000\"}]";
    let host = ["Paris", "\u{200b}Paris", "Paris\u{a0}", "Pa\u{ad}ris", "=\"Paris\"", "\u{3000}"].map(|city| (city,));
    let tables = [
        Table::from_csv("t", csv, &plain()).unwrap(),
        Table::from_json("t", json, &plain()).unwrap(),
        Table::from_tuples("t", &["city"], &host).unwrap(),
    ];
    for table in tables {
        let paris = vec!["\"Paris\"".to_string()];
        assert_eq!(rows(&table).unwrap(), [vec![paris; 5], vec![vec!["—".to_string()]]].concat());
    }
}

#[test]
fn messages_name_rows_by_their_lines() {
    let place = |name: &str, text: &str, row: u64| {
        let path = file(name, text.as_bytes());
        let place = open("t", &path, &plain()).unwrap().place(row);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(place.file, path.display().to_string());
        place.line
    };
    assert_eq!(place("a.csv", "k,v\n1,\"x\ny\"\n2,z\n", 1), Some(4));
    assert_eq!(place("a.json", "[\n{\"k\": 1},\n\n{\"k\": 2}]", 1), Some(4));
}
