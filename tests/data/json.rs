use yardstick::data::{ColumnType, Declaration, json, open};

use super::csv::file;
use super::{messages, plain, shown};

fn read(text: &str) -> String {
    json::from_text("t", text, &plain()).map_or_else(|errors| messages(&errors), |table| shown(&table))
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
fn texts_that_are_refused() {
    let cases = [
        "",
        "[1]",
        "{\"a\": 1}\n{\"a\": [1]}",
        "{\"a\": 1}\n\n{\"a\": \"x\"}",
        "[{\"a\": 1},\n{\"a\": 2,}]",
        "{\"a\": 1}\n{\"a\": 2",
        "{\"data\": {\"a\": 1}}",
        "{\"a\": 12345678901234567890123456789}",
    ];
    let all: Vec<String> = cases.iter().map(|text| format!("{text:?}\n{}", read(text))).collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn declared_types_win() {
    let types = [("code".into(), ColumnType::Text), ("n".into(), ColumnType::Number)].into_iter().collect();
    let declaration = Declaration { types, ..Declaration::default() };
    let table = json::from_text("t", r#"{"code": 12, "n": "1.5"}"#, &declaration).unwrap();
    assert_eq!(shown(&table), "code: Text, n: Number\n\"12\" | 1.5\n");
}

#[test]
fn a_file_is_opened_as_what_it_is() {
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
