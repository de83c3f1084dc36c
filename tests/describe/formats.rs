//! The same rows have the same description in every format.

use super::Folder;

#[test]
fn csv_json_and_several_files_give_the_same_description() {
    let folder = Folder::new("formats");
    let rows = [("2026-01-05", "web", "10.5"), ("2026-01-06", "mail", "8.25"), ("2026-01-07", "web", "9")];
    let csv: String = rows.iter().map(|(day, channel, cost)| format!("{day},{channel},{cost}\n")).collect();
    let json: Vec<String> = rows
        .iter()
        .map(|(day, channel, cost)| format!("{{\"day\": \"{day}\", \"channel\": \"{channel}\", \"cost\": {cost}}}"))
        .collect();
    let columns = |description: yardstick::description::Description| {
        let mut columns = serde_json::to_value(description).expect("it is plain data")["columns"].take();
        columns.as_array_mut().expect("it is a list").truncate(3);
        columns
    };
    let expected = columns(folder.describe("ads.csv", format!("day,channel,cost\n{csv}")));
    assert_eq!(columns(folder.describe("ads.json", format!("[{}]", json.join(",")))), expected);
    assert_eq!(columns(folder.describe("ads.ndjson", json.join("\n"))), expected);
    folder.describe("ads-1.csv", "day,channel,cost\n2026-01-05,web,10.5\n");
    folder.describe("ads-2.csv", "day,channel,cost\n2026-01-06,mail,8.25\n2026-01-07,web,9\n");
    let pattern = folder.0.join("ads-*.csv");
    let several = yardstick::description::describe("ads", &pattern, &Default::default()).expect("they are tables");
    assert_eq!((several.rows, columns(several)), (3, expected));
}

#[test]
fn lines_are_those_of_the_file_that_has_the_fault() {
    let folder = Folder::new("lines");
    let rows = |from: u32, to: u32| (from..to).map(|at| format!("{at},{}\n", at % 7 + 50)).collect::<String>();
    folder.describe("t-1.csv", format!("id,cost\n{}", rows(1, 30)));
    folder.describe("t-2.csv", format!("id,cost\n{}99,9000\n{}", rows(30, 35), rows(35, 40)));
    let pattern = folder.0.join("t-*.csv");
    let found = yardstick::description::describe("t", &pattern, &Default::default()).expect("they are tables");
    assert_eq!(found.faults.len(), 1, "{:#?}", found.faults);
    let place = &found.faults[0].places[0];
    assert_eq!(place.line, Some(7));
    assert!(place.file.as_ref().is_some_and(|file| file.ends_with("t-2.csv")), "{place:?}");
}

#[cfg(feature = "xlsx")]
#[test]
fn a_sheet_with_a_title_and_a_total_is_described_as_a_table() {
    use crate::data::workbook::{row, workbook};
    let sheet = [
        row(1, &["tSales"]),
        row(3, &["tregion", "tsold"]),
        row(4, &["tnorth", "n20"]),
        row(5, &["tsouth", "n30"]),
        row(6, &["tTotal", "n50"]),
    ];
    let found = Folder::new("workbook").describe("book.xlsx", workbook(&[("Q1", &sheet.concat())]));
    let settings: Vec<&str> = found.settings.iter().map(|setting| &*setting.text).collect();
    assert_eq!(settings, ["header 3", "skip last 1"]);
    assert_eq!(super::faults(&found), ["title-rows", "totals-rows 6`Total`"]);
    assert_eq!((found.rows, found.columns[1].maximum.as_deref()), (2, Some("30")));
}
