//! Tests that ambiguous cells after the inspected part of a large file are rejected as in a small file.

use yardstick::backend::Scan;
use yardstick::open;

use super::csv::file;
use super::{message, messages, plain};

/// The number of rows of a file that is not inspected completely. The unusual cell is between the inspected places.
const ROWS: usize = 60_000;
const ODD: usize = 30_001;

/// A file in which each column has one cell that differs from the others.
fn large(delimiter: char, columns: &[(&str, &str, &str)]) -> String {
    let names = columns.iter().map(|(name, ..)| (*name).to_string());
    let row = |row: usize| {
        let cell = |(_, usual, odd): &(&str, &str, &str)| if row == ODD { (*odd).into() } else { (*usual).to_string() };
        let cells = columns.iter().map(cell).chain([format!("{row:0>80}")]);
        cells.collect::<Vec<_>>().join(&delimiter.to_string()) + "\n"
    };
    let header = names.chain(["padding".into()]).collect::<Vec<_>>().join(&delimiter.to_string());
    format!("{header}\n{}", (0..ROWS).map(row).collect::<String>())
}

/// The message about each column, which must be the same on any number of threads.
fn messages_about(delimiter: char, columns: &[(&str, &str, &str)]) -> String {
    let path = file("late.csv", large(delimiter, columns).as_bytes());
    let dataset = open("t", &path, &plain()).unwrap_or_else(|errors| panic!("{}", messages(&errors)));
    let one = |(name, usual, odd): &(&str, &str, &str)| {
        let id = dataset.schema().find(name).unwrap();
        let messages = [1, 2, 8].map(|threads| match dataset.scan(&Scan::new(&[id], threads), &|_, _| Ok(())) {
            Ok(()) => "read".to_string(),
            Err(error) => message(&error).replace(&*path.display().to_string(), "late.csv"),
        });
        assert!(messages.iter().all(|other| *other == messages[0]), "{messages:?}");
        format!("{usual} … {odd} ({:?}): {}", dataset.schema().column(id).ty, messages[0])
    };
    let all: Vec<String> = columns.iter().map(one).collect();
    std::fs::remove_file(path).unwrap();
    all.join("\n")
}

#[test]
fn rejects_late_cells_if_the_mark_or_the_order_is_unknown() {
    insta::assert_snapshot!(messages_about(
        ';',
        &[
            ("whole", "12", "1.234"),
            ("grouped", "12", "1,234"),
            ("euros", "12 €", "1.234 €"),
            ("thousands", "12", "1 234"),
            ("millions", "12", "1,234,567"),
            ("fraction", "12", "0.125"),
            ("fine", "12", "1.2345"),
            ("same", "05/05/2026", "03/04/2026"),
            ("clear", "05/05/2026", "31/12/2026"),
            ("us", "05/05/2026", "12/31/2026"),
        ]
    ));
}

#[test]
fn late_cells_in_the_format_of_programs_have_a_point() {
    insta::assert_snapshot!(messages_about(
        ',',
        &[("whole", "12", "1.234"), ("grouped", "12", "\"1,234\""), ("comma", "12", "\"1,5\"")]
    ));
}

#[test]
fn rejects_late_cells_that_contradict_the_detected_format() {
    insta::assert_snapshot!(messages_about(
        ';',
        &[
            ("comma", "1,5", "2.1"),
            ("grouped", "1,5", "1.234"),
            ("share", "20%", "35"),
            ("zero", "20%", "0"),
            ("number", "35", "20%"),
            ("truth", "yes", "1"),
            ("iso", "2026-03-31", "31/03/2026"),
            ("month", "2026-03", "2026-03-31"),
            ("id", "12", "0012"),
            ("currency", "12 €", "12 $"),
            ("no_currency", "12", "12 $"),
            ("blank", "", "12"),
        ]
    ));
}
