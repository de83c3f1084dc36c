//! The rows behind a number have the line of a text file, and the number of the row in other formats.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use yardstick::{Declaration, Embedded, Library, Limits, Query, RowPlace, open};

use super::arrow::{ipc, parquet};
use super::csv::file;
use super::workbook::{row, workbook};

/// The places of the two largest rows: that with 7, then that with 5.
fn places(path: &Path) -> Vec<RowPlace> {
    let dataset = open("t", path, &Declaration::default()).unwrap_or_else(|errors| panic!("{errors:?}"));
    let source = Embedded::new(vec![dataset.into()]);
    let library = Library::from_text("k = sum(t.x where t.name != \"no\")").expect("it is valid");
    let result = library.evaluate(&Query::new(["k"]), &source, &Limits::default()).expect("it is valid");
    let explanation = result.explain_rows(0, 0, &source, 2).expect("it is within the limits");
    let rows = explanation.steps.iter().find_map(|step| step.rows.as_ref()).expect("it is an aggregate");
    rows.listed.as_ref().expect("rows were asked for").rows.iter().map(|row| row.place.clone()).collect()
}

fn lines(path: PathBuf) -> Vec<Option<u64>> {
    let lines = places(&path).into_iter().map(|place| {
        assert_eq!(place.file, path.display().to_string());
        place.line
    });
    let lines = lines.collect();
    std::fs::remove_file(path).expect("it was written");
    lines
}

fn batch() -> RecordBatch {
    let names: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "no", "c"]));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![5, 1, 9, 7]));
    RecordBatch::try_from_iter([("name", names), ("x", numbers)]).expect("the columns are equally long")
}

#[test]
fn rows_of_every_format_have_a_place() {
    // A quoted cell of two lines, and a blank line.
    let csv = "name,x\na,5\n\"b\n2\",1\n\nno,9\nc,7\n";
    assert_eq!(lines(file("listed.csv", csv.as_bytes())), [Some(7), Some(2)]);
    let json = "[\n {\"name\": \"a\", \"x\": 5},\n {\"name\": \"b\", \"x\": 1}, {\"name\": \"no\", \"x\": 9},\n\n {\"name\": \"c\", \"x\": 7}\n]\n";
    assert_eq!(lines(file("listed.json", json.as_bytes())), [Some(5), Some(2)]);
    let lines_of_json = "{\"name\":\"a\",\"x\":5}\n{\"name\":\"b\",\"x\":1}\n{\"name\":\"c\",\"x\":7}\n";
    assert_eq!(lines(file("listed.ndjson", lines_of_json.as_bytes())), [Some(3), Some(1)]);
    let rows = [row(1, &["tname", "tx"]), row(2, &["ta", "n5"]), row(3, &["tno", "n9"]), row(5, &["tc", "n7"])];
    assert_eq!(lines(file("listed.xlsx", &workbook(&[("S", &rows.concat())]))), [Some(5), Some(2)]);
    assert_eq!(lines(parquet("listed.parquet", &[batch()], 2)), [Some(4), Some(1)]);
    assert_eq!(lines(ipc("listed.arrow", &[batch()])), [Some(4), Some(1)]);
}

#[test]
fn rows_of_several_files_have_the_file_that_they_are_in() {
    let folder = super::temporary("listed");
    std::fs::create_dir(&folder).expect("it does not exist");
    std::fs::write(folder.join("a.csv"), "name,x\na,5\n").expect("it is written");
    std::fs::write(folder.join("b.csv"), "name,x\nb,1\nc,7\n").expect("it is written");
    let found: Vec<(String, Option<u64>)> = places(&folder.join("*.csv"))
        .into_iter()
        .map(|place| (place.file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned(), place.line))
        .collect();
    assert_eq!(found, [("b.csv".to_owned(), Some(3)), ("a.csv".to_owned(), Some(2))]);
    std::fs::remove_dir_all(folder).expect("it was created");
}
