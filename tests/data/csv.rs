use std::sync::Arc;

use yardstick::backend::Scan;
use yardstick::internal::read::csv;
use yardstick::{ColumnType, Dataset, Declaration, Formatting, Table};

use super::{message, messages, plain, shown, temporary};

fn read(text: &str) -> String {
    match Table::from_csv("t", text, &plain()) {
        Ok(table) => shown(&table),
        Err(errors) => messages(&errors),
    }
}

#[test]
fn types_are_inferred_from_cells() {
    let text = "day,month,name,spend,code,paid,at,nothing\n\
                2026-03-31,2026-03,é,12.50,0001,yes,2026-03-31T10:20:30.5Z,\n\
                1969-12-31,2026-12,\"a, \"\"b\"\"\",-1.2E-05,0002,NO,2026-03-31T00:00Z, \n";
    insta::assert_snapshot!(read(text));
}

#[test]
fn blank_cells_do_not_determine_types() {
    insta::assert_snapshot!(read("a,b,c\n ,2026-01-01,x\n1,,\n\u{a0},\"\",\" \"\n"));
}

#[test]
fn line_ends_padding_and_blank_lines_at_the_ends_are_ignored() {
    let expected = read("month,mql\n2026-01,100\n2026-02,120\n");
    for text in [
        "month,mql\r\n2026-01,100\r\n2026-02,120\r\n",
        "month,mql\n2026-01,100\n2026-02,120",
        "\u{feff}month,mql\n2026-01,100\n2026-02,120\n\n\n",
        "\n    month,   mql\n    2026-01, 100\n    2026-02, 120\n  ",
        "month;mql\n2026-01;100\n2026-02;120\n",
        "month\tmql\n2026-01\t100\n2026-02\t120\n",
        "month|mql\n2026-01|100\n2026-02|120\n",
        "\"month\",\"mql\"\r\n\"2026-01\",\"100\"\r\n\"2026-02\",\"120\"\r\n",
        "sep=;\r\nmonth;mql\r\n2026-01;100\r\n2026-02;120\r\n",
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn rejects_invalid_tables() {
    let cases = [
        "",
        "\n \n",
        "a,b\n1,2\n3\n4,5\n",
        "a,b\n1,2\n3,4,5\n",
        "a,b\n1,2\n\n3,4\n",
        "a,a\n1,2\n",
        "a,,c\n1,2,3\n",
        "a,b\n1,\"x\ny\n2,3\n",
        "a,b\n\"x\"y,2\n",
        "1,2\n3,4\n",
        "2026-01-01,email,3\n2026-01-02,display,4\n",
        "a,b\nx,123456789012345678901234567890\n",
        "a,b\nx,1e400\n",
        "a\n12 €\n13 $\n",
    ];
    let all: Vec<String> = cases.iter().map(|text| format!("{text:?}\n{}", read(text))).collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn a_header_alone_is_a_table_without_rows() {
    assert_eq!(read("a,b\n"), read("a,b\n"));
}

fn typed(types: &[(&str, ColumnType)]) -> Declaration {
    let types = types.iter().map(|(name, ty)| (Arc::from(*name), *ty)).collect();
    Declaration { types, ..Declaration::default() }
}

#[test]
fn declared_types_take_precedence() {
    let declaration = typed(&[("code", ColumnType::Number), ("n", ColumnType::Text), ("flag", ColumnType::Boolean)]);
    let table = Table::from_csv("t", "code,n,flag\n007,1,1\n8,2,0\n", &declaration).unwrap();
    assert_eq!(shown(&table), "code: Number, n: Text, flag: Boolean\n7 | \"1\" | true\n8 | \"2\" | false\n");
}

#[test]
fn rejects_cells_that_do_not_have_the_declared_type() {
    let mut all = vec![];
    for (column, ty, text) in [
        ("day", ColumnType::Date, "a,day\nx,2026-01-01\ny,2026-02-30\n"),
        ("day", ColumnType::Date, "a,day\nx,2026-01-01\ny,soon\n"),
        ("spend", ColumnType::Number, "a,spend\nx,1\n\"y\ny\",n/a\n"),
        ("ok", ColumnType::Boolean, "a,ok\nx,yes\ny,maybe\n"),
        ("m", ColumnType::Period(yardstick::Grain::Month), "a,m\nx,2026-01\ny,2026-13\n"),
        ("m", ColumnType::Period(yardstick::Grain::Month), "a,m\nx,2026-01\ny,a very long text that goes on and on\n"),
        ("sped", ColumnType::Number, "a,spend\n"),
    ] {
        let errors = Table::from_csv("t.csv", text, &typed(&[(column, ty)])).unwrap_err();
        all.push(messages(&errors));
    }
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn declared_blanks_are_blank() {
    let formatting = Formatting { blank: vec!["n/a".into(), "-".into()], ..Formatting::default() };
    let declaration = Declaration { formatting, ..Declaration::default() };
    let table = Table::from_csv("t", "a,b\n1,n/a\n-,x\n", &declaration).unwrap();
    assert_eq!(shown(&table), "a: Number, b: Text\n1 | —\n— | \"x\"\n");
}

#[test]
fn a_text_column_records_the_cell_that_is_not_a_number() {
    let table = Table::from_csv("t.csv", "a,spend\nx,1\ny,2\nz,abc\n", &plain()).unwrap();
    let column = &table.schema.columns["spend"];
    let evidence = column.evidence.as_ref().unwrap();
    assert_eq!((evidence.line, evidence.cell.as_deref()), (Some(4), Some("abc")));
}

#[test]
fn the_time_column_is_declared_or_the_only_date_column() {
    let time = |text: &str, declared: Option<&str>| {
        let declaration = Declaration { time: declared.map(Arc::from), ..Declaration::default() };
        let table = Table::from_csv("t", text, &declaration);
        table.map(|table| table.schema.time.map(|id| table.schema.name(id).to_string()))
    };
    assert_eq!(time("day,x\n2026-01-01,1\n", None), Ok(Some("day".into())));
    assert_eq!(time("day,x\n2026-01-01,2026-01-01\n", None), Ok(None));
    assert_eq!(time("day,x\n2026-01-01,2026-01\n", Some("x")), Ok(Some("x".into())));
    insta::assert_snapshot!(messages(&time("day,x\n2026-01-01,a\n", Some("x")).unwrap_err()));
}

/// Creates a file that no other test uses.
pub fn file(name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = temporary(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A file larger than several blocks, with occasional quoted line ends.
fn large(rows: usize) -> String {
    let mut text = String::from("day,channel,spend\n");
    for row in 0..rows {
        let channel = if row % 1000 == 7 { "\"e\nmail\"" } else { "display" };
        text += &format!("2026-01-{:02},{channel},{}.{:02}\n", row % 28 + 1, row % 977, row % 100);
    }
    text
}

#[test]
fn the_first_error_of_a_large_file_is_found_by_any_number_of_threads() {
    let mut text = large(400_000);
    for nth in [200_000, 250_000] {
        let at = text.match_indices(",display,").nth(nth).unwrap().0;
        text.replace_range(at..at + 9, ",display,x");
    }
    let line = 1 + text[..text.find(",x").unwrap()].matches('\n').count();
    let path = file("broken.csv", text.as_bytes());
    for threads in [1, 2, 3, 8] {
        let dataset = csv::open("t", &path, &plain()).unwrap();
        let spend = dataset.schema().find("spend").unwrap();
        let error = dataset.scan(&Scan::new(&[spend], threads), &|_, _| Ok(())).unwrap_err();
        let cell = error.cell.clone().unwrap();
        assert_eq!(cell.line, Some(line as u64), "{}", message(&error));
        assert!(cell.cell.unwrap().starts_with('x'));
        let channel = dataset.schema().find("channel").unwrap();
        assert_eq!(dataset.scan(&Scan::new(&[channel], threads), &|_, _| Ok(())), Ok(()));
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn threads_see_all_rows_once() {
    let path = file("large.csv", large(300_000).as_bytes());
    let dataset = csv::open("t", &path, &plain()).unwrap();
    let spend = dataset.schema().find("spend").unwrap();
    for threads in [1, 4] {
        let (rows, cents) = (std::sync::atomic::AtomicUsize::new(0), std::sync::atomic::AtomicI64::new(0));
        let order = std::sync::atomic::Ordering::Relaxed;
        dataset
            .scan(&Scan::new(&[spend], threads), &|_, batch| {
                rows.fetch_add(batch.rows, order);
                let yardstick::backend::Values::Fixed { mantissas, scale: 2 } = &batch.columns[0].values else {
                    panic!()
                };
                cents.fetch_add(mantissas.iter().sum(), order);
                Ok(())
            })
            .unwrap();
        assert_eq!(rows.into_inner(), 300_000);
        assert_eq!(cents.into_inner(), (0..300_000).map(|row| row % 977 * 100 + row % 100).sum::<i64>());
    }
    std::fs::remove_file(path).unwrap();
}

proptest::proptest! {
    #[test]
    fn decimals_written_and_read_back_are_equal(
        numbers in proptest::collection::vec((-(10i128.pow(28) - 1)..10i128.pow(28), 0..=28u32, 0..30u32), 1..40),
    ) {
        // Some numbers are cut to fewer digits, so that they fit in 64 bits.
        let decimals: Vec<_> = numbers
            .iter()
            .map(|&(mantissa, scale, cut)| yardstick::Decimal::from_i128_with_scale(mantissa / 10i128.pow(cut), scale))
            .collect();
        let text: String = decimals.iter().map(|decimal| format!("x,{decimal}\n")).collect();
        let table = Table::from_csv("t", &format!("name,n\n{text}"), &plain()).unwrap();
        for (row, decimal) in decimals.iter().enumerate() {
            let expected = Some(Ok(yardstick::Value::from(*decimal)));
            proptest::prop_assert_eq!(table.cell(yardstick::backend::ColumnId(1), row), expected);
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_read_or_rejected(text in "[ab0-9,;.\\-/:%€é\"\\n\\r\\t eETZ\u{a0}{}\\[\\]\u{0}]{0,80}") {
        let _ = Table::from_csv("t", &text, &plain());
        let _ = Table::from_json("t", &text, &plain());
    }

    #[test]
    fn any_bytes_are_read_or_rejected(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
        let path = file("any", &bytes);
        let _ = yardstick::open("t", &path, &plain());
        std::fs::remove_file(path).unwrap();
    }
}

/// Reads a text with the declared layout, in memory and from a file.
fn laid_out(text: &str, header: Option<u32>, skip_last: u32) -> String {
    let formatting = Formatting { header, skip_last, ..Formatting::default() };
    let declaration = Declaration { formatting, ..Declaration::default() };
    Table::from_csv("t", text, &declaration).map_or_else(|errors| messages(&errors), |table| shown(&table))
}

#[test]
fn the_names_are_in_the_declared_line() {
    let expected = read("region,amount\nnorth,2\nsouth,3\n");
    let report = "Sales report\n\n\"printed, on 2 May\nregion,amount\nnorth,2\nsouth,3\n";
    assert_eq!(laid_out(report, Some(4), 0), expected);
    assert_eq!(laid_out(&(report.to_owned() + "Total,5\n\n"), Some(4), 1), expected);
    assert_eq!(laid_out("2024,2025\n1,2\n", Some(1), 0), "2024: Number, 2025: Number\n1 | 2\n");
    let wrong = [laid_out(report, Some(2), 0), laid_out(report, Some(7), 0), laid_out("a,b\nc,d\n1\n", Some(2), 0)];
    insta::assert_snapshot!(wrong.join("\n"));
}

#[test]
fn a_table_without_names_has_numbered_columns() {
    assert_eq!(laid_out("2026-01,5\n2026-02,7\n", Some(0), 0), read("c1,c2\n2026-01,5\n2026-02,7\n"));
    assert_eq!(laid_out("\n\nweb;5\n\nmail;7\nall;12\n", Some(0), 1), read("c1,c2\nweb,5\nmail,7\n"));
}

#[test]
fn the_last_rows_are_left_out_of_types_and_values() {
    let rows = "day,n\n2026-01-01,1\n2026-01-02,2\n";
    let expected = read(rows);
    assert_eq!(laid_out(&format!("{rows}Total,3\n\n\"printed, \n on 2 May\"\n\n"), None, 2), expected);
    assert_eq!(laid_out(&format!("{rows}Total,3\nall,x,y,z"), None, 2), expected);
    let all = "bad-table at t\n  `skip last 5` leaves out every row: the table has 1 row\n  hint: write the number of rows below the data, such as `skip last 1`";
    assert_eq!(laid_out("a,b\n1,2\n", None, 5).trim_end(), all);
}

#[test]
fn the_last_rows_of_a_large_file_are_left_out() {
    let rows: String = (0..600_000).map(|row| format!("{row},{}\n", row % 7)).collect();
    let path = file("large_total.csv", format!("id,n\n{rows}Total,\"all\"\n").as_bytes());
    let formatting = Formatting { skip_last: 1, ..Formatting::default() };
    let dataset = csv::open("t", &path, &Declaration { formatting, ..Declaration::default() }).unwrap();
    assert!(dataset.schema().columns.values().all(|column| column.ty == ColumnType::Number));
    let count = std::sync::atomic::AtomicUsize::new(0);
    let visit = |_: usize, batch: &yardstick::backend::Batch| {
        count.fetch_add(batch.rows, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    };
    dataset.scan(&Scan::new(&[yardstick::backend::ColumnId(0), yardstick::backend::ColumnId(1)], 2), &visit).unwrap();
    std::fs::remove_file(path).unwrap();
    assert_eq!(count.into_inner(), 600_000);
}

#[test]
fn blank_lines_between_rows_are_skipped() {
    let expected = read("a,b\n1,\"x\"\n2,y\n");
    assert_eq!(read("a,b\n\n1,\"x\"\n  \n\n2,y\n"), expected);
    assert_eq!(read("a,b\r\n1,x\r\n\r\n\r\n\"2\",y\r\n"), expected);
    // A line of three cells and a blank one have as many cells as two rows.
    assert!(read("a,b\n4,5\n\n1,2,3\n").contains("expected 2 cells as in the first line, found 3"));
    assert!(read("a\n1\n\n2\n").contains('—'));
    let declaration = Declaration { types: [("a".into(), ColumnType::Number)].into_iter().collect(), ..plain() };
    let table = |text| Table::from_csv("t", text, &declaration).map_err(|errors| messages(&errors)).unwrap_err();
    insta::assert_snapshot!(table("a,b\n1,2\n\nx,3\n"));
}
