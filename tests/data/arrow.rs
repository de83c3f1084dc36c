//! Tests that Arrow record batches, IPC files and Parquet files give the same tables.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use arrow_array::types::Int8Type;
use arrow_array::*;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use yardstick::backend::{ColumnId, Scan};
use yardstick::{ColumnType, Declaration, Table, open};

use super::temporary as path;
use super::{messages, rows, shown};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

/// One column of each type that formulas can use, with a null in the second row.
fn all_kinds() -> RecordBatch {
    let cents = Decimal128Array::from(vec![Some(123_450), None, Some(-1)]).with_precision_and_scale(12, 2).unwrap();
    let wide = Decimal128Array::from(vec![Some(1_234_567_890_123_456_789_012), None, Some(5)]);
    let wide = wide.with_precision_and_scale(28, 10).unwrap();
    let channel: DictionaryArray<Int8Type> = [Some("web"), None, Some("mail")].into_iter().collect();
    batch(vec![
        ("small", Arc::new(Int16Array::from(vec![Some(1), None, Some(-3)]))),
        ("large", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(7)]))),
        ("cents", Arc::new(cents)),
        ("wide", Arc::new(wide)),
        ("double", Arc::new(Float64Array::from(vec![Some(0.1), None, Some(19.99)]))),
        ("tiny", Arc::new(Float64Array::from(vec![Some(1.25e-7), None, Some(1e20)]))),
        ("float", Arc::new(Float32Array::from(vec![Some(0.1), None, Some(2.5)]))),
        ("text", Arc::new(StringArray::from(vec![Some("a"), None, Some("")]))),
        ("channel", Arc::new(channel)),
        ("day", Arc::new(Date32Array::from(vec![Some(20_543), None, Some(0)]))),
        ("midnight", Arc::new(TimestampMillisecondArray::from(vec![Some(86_400_000), None, Some(0)]))),
        ("moment", Arc::new(TimestampNanosecondArray::from(vec![Some(1_500_000_999), None, Some(-1)]))),
        ("truth", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("nothing", Arc::new(NullArray::new(3))),
    ])
}

pub fn parquet(name: &str, batches: &[RecordBatch], rows_per_group: usize) -> PathBuf {
    let path = path(name);
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows_per_group)).build();
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batches[0].schema(), Some(properties)).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
    path
}

pub fn ipc(name: &str, batches: &[RecordBatch]) -> PathBuf {
    let path = path(name);
    let mut writer =
        arrow_ipc::writer::FileWriter::try_new(File::create(&path).unwrap(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    path
}

fn stream(name: &str, batches: &[RecordBatch]) -> PathBuf {
    let path = path(name);
    let mut writer =
        arrow_ipc::writer::StreamWriter::try_new(File::create(&path).unwrap(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    path
}

fn table(columns: Vec<(&str, ArrayRef)>, declaration: &Declaration) -> Result<Table, String> {
    Table::from_batches("t", &[batch(columns)], declaration).map_err(|errors| messages(&errors))
}

#[test]
fn values_of_every_type_become_a_column() {
    let table = Table::from_batches("t", &[all_kinds()], &Declaration::default()).unwrap();
    insta::assert_snapshot!(shown(&table));
}

#[test]
fn files_equal_their_batches() {
    let batches = [all_kinds(), all_kinds().slice(0, 1)];
    let expected = rows(&Table::from_batches("t", &batches, &Declaration::default()).unwrap()).unwrap();
    assert_eq!(expected.len(), 4);
    for path in [parquet("k.parquet", &batches, 2), ipc("k.arrow", &batches), stream("k.arrows", &batches)] {
        let dataset =
            open("t", &path, &Declaration::default()).unwrap_or_else(|errors| panic!("{}", messages(&errors)));
        assert_eq!(rows(&*dataset).unwrap(), expected, "{}", path.display());
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn columns_have_the_requested_order_on_any_number_of_threads() {
    let part = |start: i64| {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(start..start + 1000));
        let doubled: ArrayRef = Arc::new(Int64Array::from_iter_values((start..start + 1000).map(|it| it * 2)));
        batch(vec![("n", numbers), ("twice", doubled)])
    };
    let batches = [part(0), part(1000), part(2000)];
    for path in [parquet("order.parquet", &batches, 700), ipc("order.arrow", &batches)] {
        let dataset = open("t", &path, &Declaration::default()).unwrap();
        for threads in 1..=3 {
            let seen = Mutex::new(vec![]);
            let read = dataset.scan(&Scan::new(&[ColumnId(1), ColumnId(0)], threads), &|_, batch| {
                let pairs = (0..batch.rows).map(|row| (batch.columns[0].get(row), batch.columns[1].get(row)));
                seen.lock().unwrap().extend(pairs);
                Ok(())
            });
            read.unwrap();
            let mut seen = seen.into_inner().unwrap();
            seen.sort_by(|a, b| a.1.as_ref().unwrap().cmp(b.1.as_ref().unwrap()));
            let number = |value: i64| Ok(yardstick::Decimal::from(value).into());
            let expected: Vec<_> = (0..3000).map(|it| (number(2 * it), number(it))).collect();
            assert_eq!(seen, expected, "{threads} threads");
        }
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn columns_are_read_as_declared() {
    let mut declaration = Declaration::default();
    declaration.types.insert("day".into(), ColumnType::Date);
    declaration.types.insert("code".into(), ColumnType::Text);
    declaration.time = Some("day".into());
    declaration.formatting.blank = vec!["n/a".into()];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("day", Arc::new(StringArray::from(vec!["2026-03-31", "n/a"]))),
        ("code", Arc::new(Int32Array::from(vec![7, 12]))),
    ];
    insta::assert_snapshot!(shown(&table(columns, &declaration).unwrap()));
}

#[test]
fn rejects_values_that_columns_cannot_hold() {
    let plain = Declaration::default();
    let mut dates = Declaration::default();
    dates.types.insert("x".into(), ColumnType::Date);
    let mut report = String::new();
    let cases: [(&str, ArrayRef, &Declaration); 5] = [
        ("nan", Arc::new(Float64Array::from(vec![1.0, f64::NAN])), &plain),
        ("many digits", Arc::new(Float64Array::from(vec![1e-40])), &plain),
        ("bytes", Arc::new(BinaryArray::from(vec![&b"a"[..]])), &plain),
        ("far", Arc::new(Date32Array::from(vec![i32::MAX])), &plain),
        ("numbers for dates", Arc::new(Int64Array::from(vec![12])), &dates),
    ];
    for (name, array, declaration) in cases {
        let error = table(vec![("x", array)], declaration).err().unwrap();
        report.push_str(&format!("{name}:\n{error}\n"));
    }
    report.push_str(&messages(&Table::from_batches("t", &[], &plain).err().unwrap()));
    insta::assert_snapshot!(report);
}

#[test]
fn columns_that_are_not_requested_may_hold_anything() {
    let columns: Vec<(&str, ArrayRef)> =
        vec![("x", Arc::new(Int32Array::from(vec![1]))), ("raw", Arc::new(BinaryArray::from(vec![&b"a"[..]])))];
    let path = parquet("bytes.parquet", &[batch(columns)], 10);
    let dataset = open("t", &path, &Declaration::default()).unwrap();
    assert!(dataset.scan(&Scan::new(&[ColumnId(0)], 1), &|_, _| Ok(())).is_ok());
    assert!(dataset.scan(&Scan::new(&[ColumnId(1)], 1), &|_, _| Ok(())).is_err());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn errors_name_the_row_of_the_file() {
    let numbers = |values: Vec<f64>| batch(vec![("x", Arc::new(Float64Array::from(values)) as ArrayRef)]);
    let batches = [numbers(vec![1.0, 2.0]), numbers(vec![3.0; 5]), numbers(vec![4.0, f64::NAN])];
    for path in [parquet("nan.parquet", &batches, 3), ipc("nan.arrow", &batches)] {
        let dataset = open("t", &path, &Declaration::default()).unwrap();
        for threads in [1, 3] {
            let error = dataset.scan(&Scan::new(&[ColumnId(0)], threads), &|_, _| Ok(())).unwrap_err();
            assert_eq!(error.cell.unwrap().line, Some(9), "{}", path.display());
        }
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn rejects_files_in_other_formats() {
    for name in ["x.parquet", "x.arrow"] {
        let path = path(name);
        std::fs::write(&path, "day,spend\n2026-03-31,1\n").unwrap();
        let error = open("t", &path, &Declaration::default()).err().unwrap();
        assert!(error[0].message.starts_with("cannot read `"), "{}", error[0].message);
        std::fs::remove_file(path).unwrap();
    }
}
