use yardstick::backend::Scan;
use yardstick::{ColumnType, Declaration, Table, open};

use super::csv::file;
use super::{messages, plain, shown};

fn read(text: &str) -> String {
    Table::from_json("t", text, &plain()).map_or_else(|errors| messages(&errors), |table| shown(&table))
}

#[test]
fn arrays_lines_and_one_record_are_tables() {
    let expected = "day: Date, n: Number, ok: Boolean, name: Text\nday 20543 | 0.1 | true | —\nday 20544 | 12345678901234567890.12 | — | \"é\"\n";
    let first = r#"{"day": "2026-03-31", "n": 0.10, "ok": true}"#;
    let second = r#"{"day": "2026-04-01", "n": 12345678901234567890.12, "ok": null, "name": "é"}"#;
    assert_eq!(read(&format!("[{first},\n{second}]")), expected);
    assert_eq!(read(&format!("{first}\n{second}\n")), expected);
    assert_eq!(read(&format!("\u{feff}{first}\r\n\r\n{second}")), expected);
    assert_eq!(read(r#"{"spend": 1.2E-05, "code": "12"}"#), "spend: Number, code: Text\n0.000012 | \"12\"\n");
}

#[test]
fn rejects_invalid_texts() {
    let cases = [
        "",
        " \n",
        "[1]",
        "12 13",
        "day,n\n2026-01-01,1\n",
        "{\"a\": 1}\n{\"a\": [1]}",
        "{\"a\": 1}\n\n{\"a\": \"x\"}",
        "[{\"a\": 1},\n{\"a\": 2,}]",
        "[{\"a\": 1},\n{\"a\": 2},\n]",
        "[{\"a\": 1}\n{\"a\": 2}]",
        "[{\"a\": 1}]\n[{\"a\": 2}]",
        "[{\"a\": 1},\n{\"a\": 2}\n",
        "{\"a\": 1},\n{\"a\": 2}",
        "{\"a\": 1}\n{\"a\": 2",
        "{\"a\": 1}\n{\"a\": 2, \"b\n",
        "{\"a\": 1}\n{\"a\": 2,\n{\"a\": 3}\n",
        "{\"a\": 1}\n{\"a\": \"x\n{\"a\": \"y\"}\n",
        "{\"a\": 1}\n{\"a\": NaN}",
        "{\"a\": 1}\n{\"a\": None}",
        "{\"a\": 1}\n{\"a\": nul}",
        "{\"a\": 1}\n{\"a\": \"n/a\"}",
        "{\"a\": 1}\n{'a': 2}",
        "{\"a\": 1}\n{\"a\": 1.5.2}",
        "{\"a\": 1}\n{\"a\": 007}",
        "{\"a\": \"x\"}\n{\"a\": \"\\ud800\"}",
        "{\"data\": {\"a\": 1}}",
        "{\"a\": 1, \"b\": 2, \"a\": 3}",
        "{\"é\": 1, \"e\u{301}\": 2}",
        "{\"a\": 123456789012345678901234567890}",
        "{\"a\": 1E400}",
        "{\"day\": \"2026-02-28\"}\n{\"day\": \"2026-02-30\"}\n{\"day\": \"2026-03-01\"}",
    ];
    let all: Vec<String> = cases.iter().map(|text| format!("{text:?}\n{}", read(text))).collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn records_may_have_different_names() {
    let text =
        "{\"b\": 1, \"a\": 1e2}\r\n{\n  \"a\": -0.50,\n  \"c\": \"\\u00e9\\n\"\n}{}\n{\"c\":null,\"b\":\"\"}\n\n";
    assert_eq!(read(text), "b: Number, a: Number, c: Text\n1 | 100 | —\n— | -0.5 | \"é\"\n— | — | —\n— | — | —\n");
    let lines = "{\"a\": 1}{\"a\": 2}\n{\"a\": 3} {\"a\":\n4}\n{\"a\": \"}\"}\n{\"a\": \"{\"}";
    let declaration = Declaration { types: [("a".into(), ColumnType::Text)].into_iter().collect(), ..plain() };
    let table = Table::from_json("t", lines, &declaration).unwrap();
    assert_eq!(shown(&table), "a: Text\n\"1\"\n\"2\"\n\"3\"\n\"4\"\n\"}\"\n\"{\"\n");
    assert_eq!(read("[]"), "\n");
    assert_eq!(read("{\"a\": null}\n{\"a\": \" \"}"), "a: Unknown\n—\n—\n");
}

#[test]
fn declared_types_take_precedence() {
    let types = [("code".into(), ColumnType::Text), ("net".into(), ColumnType::Number)].into_iter().collect();
    let declaration = Declaration { types, ..Declaration::default() };
    let table = Table::from_json("t", r#"{"code": 12, "net": "1.5"}"#, &declaration).unwrap();
    assert_eq!(shown(&table), "code: Text, net: Number\n\"12\" | 1.5\n");
    // An empty export has the declared columns.
    assert_eq!(shown(&Table::from_json("t", "[]", &declaration).unwrap()), "code: Text, net: Number\n");
    let missing = Table::from_json("t", r#"{"code": 12, "nett": "1.5"}"#, &declaration).err().unwrap();
    assert_eq!(messages(&missing), "unknown-column\n  `t` has no column `net`\n  hint: did you mean `nett`?");
}

/// Texts of a declared column are read like cells of a CSV file. JSON numbers always have a decimal point.
#[test]
fn declared_columns_accept_the_formats_that_people_write() {
    let types = [("n".into(), ColumnType::Number), ("d".into(), ColumnType::Date)].into_iter().collect();
    let declaration = Declaration { types, ..Declaration::default() };
    let read = |text: &str| {
        Table::from_json("t", text, &declaration).map_or_else(|errors| messages(&errors), |table| shown(&table))
    };
    let text = r#"{"n": "1 234,50 €", "d": "31/03/2026"} {"n": 1.234, "d": "01/04/2026"}"#;
    assert_eq!(read(text), "n: Number, d: Date\nday".replace("\nday", "\n1234.5 | day 20543\n1.234 | day 20544\n"));
    insta::assert_snapshot!([r#"{"n": "1,234", "d": null}"#, r#"{"n": 1, "d": "03/04/2026"}"#].map(read).join("\n"));
}

#[test]
fn files_are_opened_in_their_own_format() {
    for (name, text) in
        [("a.csv", "n\n1.5\n"), ("a.ndjson", "{\"n\": 1.5}"), ("b", "[{\"n\": 1.5}]"), ("c", "n\n1.5\n")]
    {
        let path = file(name, text.as_bytes());
        let dataset = open("t", &path, &plain()).unwrap_or_else(|errors| panic!("{}", messages(&errors)));
        assert_eq!(shown(&*dataset), "n: Number\n1.5\n", "{name}");
        assert_eq!(&**dataset.name(), "t");
        std::fs::remove_file(path).unwrap();
    }
    let missing = open("t", std::path::Path::new("no/such/file.csv"), &plain()).err().unwrap();
    assert_eq!(
        messages(&missing),
        "unreadable at no/such/file.csv\n  cannot read `no/such/file.csv`: there is no such file"
    );
}

/// Records beyond the inspected part, with one change after the first half of them.
fn large(ndjson: bool, change: impl Fn(usize) -> Option<String>) -> String {
    let mut text = String::from(if ndjson { "" } else { "[" });
    for row in 0..120_000 {
        let plain = || format!(r#"{{"day": "2026-01-{:02}", "n": {row}, "note": null, "s": "texté"}}"#, row % 28 + 1);
        text += &change(row).unwrap_or_else(plain);
        text += if ndjson { "\n" } else { "," };
    }
    if !ndjson {
        text.pop();
        text.push(']');
    }
    text
}

fn scanned(path: &std::path::Path, columns: &[&str], threads: usize) -> String {
    let dataset = match open("t", path, &plain()) {
        Ok(dataset) => dataset,
        Err(errors) => return messages(&errors),
    };
    let requested: Vec<_> =
        columns.iter().map(|name| dataset.schema().find(name).expect("the column exists")).collect();
    let rows = std::sync::atomic::AtomicUsize::new(0);
    let result = dataset.scan(&Scan::new(&requested, threads), &|_, batch| {
        rows.fetch_add(batch.rows, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    });
    result.map_or_else(|error| super::message(&error), |()| format!("{} rows", rows.into_inner()))
}

#[test]
fn large_files_give_the_same_rows_and_errors_on_any_number_of_threads() {
    let changed = |at: usize, text: &'static str| move |row| (row == at).then(|| text.to_string());
    let cases = [
        ("plain", "n s", changed(0, r#"{"day": "2026-01-01", "n": 0, "note": null, "s": "text"}"#)),
        ("another shape", "n s", changed(70_000, r#"{"s": "x", "later": 1}"#)),
        ("a cell that does not fit", "n s", changed(70_001, r#"{"n": "n/a"}"#)),
        ("a cell that is not needed", "s", changed(70_001, r#"{"n": "n/a"}"#)),
        ("blank in the inspected part", "note", changed(70_002, r#"{"note": "x"}"#)),
        ("broken", "s", changed(70_003, r#"{"n": 1"#)),
        ("nested", "n s", changed(70_004, r#"{"n": {"value": 1}}"#)),
        ("nested, not needed", "s", changed(70_004, r#"{"n": {"value": 1}}"#)),
    ];
    let mut all = vec![];
    for (name, columns, change) in cases {
        for ndjson in [true, false] {
            let path = file(if ndjson { "large.ndjson" } else { "large.json" }, large(ndjson, change).as_bytes());
            let columns: Vec<&str> = columns.split(' ').collect();
            let [one, four] = [1, 4].map(|threads| scanned(&path, &columns, threads));
            assert_eq!(one, four);
            all.push(format!("{name}\n{}", one.replace(&*path.display().to_string(), "t")));
            std::fs::remove_file(path).unwrap();
        }
    }
    insta::assert_snapshot!(all.join("\n\n"));
}

/// Records that each have a name of their own.
fn names(count: usize) -> String {
    (0..count).map(|at| format!("{{\"a{at}\": {at}}}\n")).collect()
}

#[test]
fn a_record_costs_as_much_as_it_has_values() {
    // Reading this file took a time that was quadratic in its size: minutes.
    let path = file("names.ndjson", names(16_384).as_bytes());
    assert_eq!(scanned(&path, &["a7", "a16383"], 1), "16384 rows");
    std::fs::write(&path, names(16_385)).unwrap();
    let problem = scanned(&path, &[], 1);
    assert!(problem.contains("expected at most 16384 columns, found 16385"), "{problem}");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn blank_cells_in_memory_are_limited() {
    assert!(Table::from_json("t", &names(2000), &plain()).is_ok());
    let problems = Table::from_json("t", &names(3000), &plain()).err().unwrap();
    let message = "the cells of `t`, blank ones included, would exceed the memory limit of 64 MiB";
    assert_eq!((problems[0].code.name(), &*problems[0].message), ("limit-reached", message));
    let row = |at: usize| std::collections::BTreeMap::from([(format!("a{at}"), at)]);
    let rows = |count: usize| Table::from_rows("t", &(0..count).map(row).collect::<Vec<_>>());
    assert!(rows(2000).is_ok());
    assert_eq!(rows(3000).err().unwrap().diagnostics()[0].message, message);
}

#[test]
fn a_record_around_an_array_of_records_is_read_as_the_array() {
    let rows = "[{\"a\":1},{\"a\":2}]";
    let expected = read(rows);
    for wrapped in [
        format!("{{\"data\":{rows},\"count\":2}}"),
        format!("{{ \"count\": 2, \"note\": \"[{{\", \"data\" : {rows} }}\n"),
        format!("{{\"meta\":{{\"page\":1}},\"response\":{{\"items\":{rows}}},\"tags\":[1,2]}}"),
    ] {
        assert_eq!(read(&wrapped), expected, "{wrapped}");
    }
    // The array of each of several records is a value.
    let nested = format!("{{\"id\":1,\"items\":{rows}}}");
    for several in [format!("[{nested}]"), format!("{nested}\n{nested}\n")] {
        assert!(read(&several).contains("expected a plain value, found an array"), "{several}");
    }
    let ambiguous = read(&format!("{{\"a\":{rows},\"b\":{rows}}}"));
    assert!(ambiguous.contains("several arrays of records: `a`, `b`"), "{ambiguous}");
    assert!(ambiguous.contains("`jq .a t`"), "{ambiguous}");
}

#[test]
fn a_long_array_in_a_record_is_read_in_blocks() {
    let rows: Vec<String> = (0..60_000).map(|row| format!("{{\"text\":\"{row:0>80}\",\"n\":{row}}}")).collect();
    let text = format!("{{\"meta\":{{\"page\":1}},\"data\":[{}],\"count\":60000}}", rows.join(","));
    let table = Table::from_json("t", &text, &plain()).unwrap_or_else(|errors| panic!("{}", messages(&errors)));
    assert_eq!(table.rows(), 60_000);
}
