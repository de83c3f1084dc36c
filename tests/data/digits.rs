//! Tests that the longest numbers are the same in cells, literals, JSON and Rust values.

use std::sync::Arc;

use yardstick::{Dataset, Decimal, Embedded, Library, Limits, Query, Table, Value};

/// A number, and whether it fits: at most 28 digits, or 29 up to the largest decimal.
const NUMBERS: &[(&str, bool)] = &[
    ("79228162514264337593543950335", true),
    ("79228162514264337593543950336", false),
    ("-79228162514264337593543950335", true),
    ("-79228162514264337593543950336", false),
    ("7.9228162514264337593543950335", true),
    ("7.9228162514264337593543950336", false),
    ("7.92281625142643375935439503350000", true),
    ("0.0000000000000000000000000001", true),
    ("0.00000000000000000000000000001", false),
    ("9999999999999999999999999999", true),
    ("99999999999999999999999999999", false),
];

#[derive(serde::Serialize)]
struct Row<'a> {
    x: &'a str,
}

#[derive(serde::Serialize)]
struct Whole {
    x: i128,
}

fn read(table: Result<Table, impl std::fmt::Debug>) -> Option<Decimal> {
    let source = Embedded::new(vec![Arc::new(table.ok()?) as Arc<dyn Dataset>]);
    value("sum(x)", &source)
}

fn value(formula: &str, source: &Embedded) -> Option<Decimal> {
    let library = Library::from_text("").expect("an empty library is valid");
    let result = library.evaluate(&Query::new([formula]), source, &Limits::default()).ok()?;
    match result.value(0, 0) {
        Ok(Value::Number(number)) if number.exact => Some(number.decimal),
        other => panic!("{formula} gives {other:?}"),
    }
}

#[test]
fn the_longest_numbers_are_the_same_in_all_sources() {
    for &(text, fits) in NUMBERS {
        let expected = fits.then(|| Decimal::from_str_exact(text.trim_end_matches('0')).expect("it fits"));
        let plain = Default::default();
        assert_eq!(read(Table::from_csv("t", &format!("x\n1\n{text}\n-1\n"), &plain)), expected, "CSV {text}");
        assert_eq!(read(Table::from_json("t", &format!("[{{\"x\": {text}}}]"), &plain)), expected, "JSON {text}");
        assert_eq!(read(Table::from_rows("t", &[Row { x: text }])), expected, "rows of texts {text}");
        if let Ok(x) = text.parse() {
            assert_eq!(read(Table::from_rows("t", &[Whole { x }])), expected, "rows of numbers {text}");
        }
        assert_eq!(value(text, &Embedded::new(vec![])), expected, "literal {text}");
    }
}
