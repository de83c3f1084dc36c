use yardstick::internal::read::csv;
use yardstick::{Dataset, Declaration, Formatting, Table};

use super::csv::file;
use super::{message, messages, plain, shown};

const ENGLISH: &str = "day,canal,dépense,taux\n2026-03-31,référencement,1234.50,0.125\n2026-04-01,e-mail,12.00,0.05\n";

/// The same table in the formats of French spreadsheets.
fn spellings() -> Vec<(&'static str, Vec<u8>)> {
    let french =
        "day;canal;dépense;taux\r\n31/03/2026;référencement;1 234,50 €;12,5 %\r\n01/04/2026;e-mail;12,00 €;5 %\r\n";
    let narrow = french.replace("1 234", "1\u{202f}234").replace(" €", "\u{a0}€");
    let utf16 = |text: &str| [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let latin = |text: &str| text.chars().map(|c| if c == '€' { 0x80 } else { c as u8 }).collect();
    vec![
        ("utf8", french.into()),
        ("sep", format!("\u{feff}sep=;\r\n{narrow}").into()),
        ("points", french.replace("1 234", "1.234").replace('/', ".").into()),
        ("tabs", utf16(&french.replace(';', "\t"))),
        ("latin", latin(french)),
        ("quoted", ENGLISH.replace("1234.50", "\"1,234.50\"").into()),
    ]
}

#[test]
fn six_formats_of_a_table_give_the_same_table() {
    let expected = shown(&Table::from_csv("t", ENGLISH, &plain()).unwrap());
    for (name, bytes) in spellings() {
        let path = file(&format!("{name}.csv"), &bytes);
        let dataset = csv::open("t", &path, &plain()).unwrap_or_else(|errors| panic!("{name}: {}", messages(&errors)));
        assert_eq!(shown(&dataset), expected, "{name}");
        std::fs::remove_file(path).unwrap();
    }
}

fn error(text: &str) -> String {
    Table::from_csv("t", text, &plain()).map_or_else(|errors| messages(&errors), |table| shown(&table))
}

#[test]
fn rejects_ambiguous_columns() {
    let cases = [
        "a;n\nx;1,234\ny;2,500\n",
        "a,n\nx,\"1,234\"\ny,\"2,500\"\n",
        "a;n\nx;1.234\n",
        "a;n\nx;1.234\ny;2,5\n",
        "a;n;m\nx;1,234;0,5\n",
        "a,n\nx,1.234\n",
        "d,n\n03/04/2026,1\n05/06/2026,2\n",
        "d,n\n03/04/2026,1\n15/06/2026,2\n",
        "d,n\n03/04/2026,1\n05/16/2026,2\n",
        "d,n\n03.04.2026,1\n",
        "d,n\n03/03/2026,1\n",
        "d,e\n03/04/2026,31/12/2026\n",
        "d,n\n30/04/2026,1\n31/04/2026,1\n",
    ];
    let all: Vec<String> = cases.iter().map(|text| format!("{text:?}\n{}", error(text))).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn declared_formats_are_not_detected() {
    let read = |text: &str, formatting: Formatting| {
        shown(&Table::from_csv("t", text, &Declaration { formatting, ..Declaration::default() }).unwrap())
    };
    let decimal = |c| Formatting { decimal: Some(c), ..Formatting::default() };
    let dates = |pattern: &str| Formatting { dates: Some(pattern.into()), ..Formatting::default() };
    let numbers = "a;n\nx;1,234\ny;2,500\n";
    assert_eq!(read(numbers, decimal(',')), "a: Text, n: Number\n\"x\" | 1.234\n\"y\" | 2.5\n");
    assert_eq!(read(numbers, decimal('.')), "a: Text, n: Number\n\"x\" | 1234\n\"y\" | 2500\n");
    let days = "d,n\n03/04/2026,1\n";
    assert_eq!(read(days, dates("dd/mm/yyyy")), "d: Date, n: Number\nday 20546 | 1\n");
    assert_eq!(read(days, dates("mm/dd/yyyy")), "d: Date, n: Number\nday 20516 | 1\n");
}

/// The table of a column `d` with these cells, declared as the time with this pattern.
fn dated(pattern: &str, cells: &[&str]) -> String {
    let dates = (!pattern.is_empty()).then(|| pattern.into());
    let formatting = Formatting { dates, ..Formatting::default() };
    let declaration = Declaration { time: Some("d".into()), formatting, ..Declaration::default() };
    let text = format!("d;n\n{}", cells.iter().map(|cell| format!("{cell};1\n")).collect::<String>());
    let table = Table::from_csv("t", &text, &declaration);
    table.map_or_else(|errors| messages(&errors), |table| shown(&table).replace(" | 1", ""))
}

#[test]
fn dates_are_read_as_people_write_them() {
    for (pattern, cells, expected) in [
        ("dd/mm/yy", &["29/12/06", "01/02/68", "01/02/69"][..], "d: Date, n: Number\nday 13511\nday 35825\nday -334\n"),
        (
            "dd-mmm-yyyy",
            &["1 gennaio 2026", "2-mag-2026", "3 março 2026"],
            "d: Date, n: Number\nday 20454\nday 20575\nday 20515\n",
        ),
        (
            "dd-mmm-yyyy",
            &["1 mrt 2026", "1er août 2026", "2026-01-01"],
            "d: Date, n: Number\nday 20513\nday 20666\nday 20454\n",
        ),
        (
            "mmm-yy",
            &["Dec-26", "janv. 27", "2026-03"],
            "d: Period(Month), n: Number\nday 20788\nday 20819\nday 20513\n",
        ),
        ("mmm yyyy", &["Dec 2026", "maart 2026"], "d: Period(Month), n: Number\nday 20788\nday 20513\n"),
        ("mm/yy", &["12/26"], "d: Period(Month), n: Number\nday 20788\n"),
        ("yyyymm", &["202612", "202601"], "d: Period(Month), n: Number\nday 20788\nday 20454\n"),
        ("yyyymmdd", &["20260101", "20260102"], "d: Date, n: Number\nday 20454\nday 20455\n"),
        ("yyyymmdd", &["20260101T0930", "20260101"], "d: Date, n: Number\nday 20454 + 34200000000000 ns\nday 20454\n"),
        (
            "",
            &["12/31/2026 11:30 PM", "1/1/2026, 12:05 am"],
            "d: Date, n: Number\nday 20818 + 84600000000000 ns\nday 20454 + 300000000000 ns\n",
        ),
    ] {
        assert_eq!(dated(pattern, cells), expected, "{pattern} {cells:?}");
    }
}

#[test]
fn a_date_in_another_form_is_rejected_with_a_form_that_accepts_it() {
    let cases: [(&str, &[&str]); 9] = [
        ("", &["Dec-26", "Jan-27"]),
        ("", &["20260101", "20260102"]),
        ("", &["202601", "202602"]),
        ("", &["31 mag 2026"]),
        ("yyyymmdd", &["20260101", "20260102", "2026013"]),
        ("yyyymmdd", &["20260101", "20260230"]),
        ("yyyymm", &["202601", "202613"]),
        ("mmm-yy", &["Jan-26", "Feb-26", "March"]),
        ("dd/mm/yyyy", &["31/12/2026", "30/12/26"]),
    ];
    let all: Vec<String> =
        cases.iter().map(|(pattern, cells)| format!("{pattern} {cells:?}\n{}", dated(pattern, cells))).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn digits_are_dates_only_where_they_are_declared() {
    let read = |text: &str| {
        let table = Table::from_csv("t", text, &plain()).expect("a table");
        (table.schema.time.map(|id| table.schema.name(id).to_string()), shown(&table).lines().next().map(str::to_owned))
    };
    let types = |types: &str| Some(types.to_string());
    assert_eq!(read("a,b\n20260131,2026-03-01\n"), (None, types("a: Number, b: Date")));
    assert_eq!(read("a,b\n202601,2026-03-01\n"), (None, types("a: Number, b: Date")));
    assert_eq!(read("a,b\n20269931,2026-03-01\n"), (Some("b".into()), types("a: Number, b: Date")));
    assert_eq!(read("a,b\n2026,2026-03-01\n"), (Some("b".into()), types("a: Number, b: Date")));
}

#[test]
fn detected_formats_are_reported() {
    let text = spellings().remove(0).1;
    let table = Table::from_csv("ventes.csv", std::str::from_utf8(&text).unwrap(), &plain()).unwrap();
    insta::assert_snapshot!(messages(table.notes()));
}

#[test]
fn rejects_bytes_that_are_not_text() {
    let mut all = vec![];
    for bytes in [&b"a,b\nx,1\n\xff\xfe,2\n"[..], b"a,b\nx,1\ncaf\xc3\xa9,1\ncaf\xe9,2\n"] {
        let path = file("bytes.csv", bytes);
        let error = csv::open("t", &path, &plain()).err().unwrap().remove(0);
        all.push(message(&error).replace(&*path.display().to_string(), "bytes.csv"));
        std::fs::remove_file(path).unwrap();
    }
    insta::assert_snapshot!(all.join("\n"));
}

#[cfg(all(feature = "gzip", feature = "zstd"))]
#[test]
fn compressed_files_are_read_in_their_own_format() {
    use std::io::Write;
    let expected = shown(&Table::from_csv("t", ENGLISH, &plain()).unwrap());
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    gzip.write_all(ENGLISH.as_bytes()).unwrap();
    let zstd = ruzstd::encoding::compress_to_vec(ENGLISH.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    for (name, bytes) in [("t.csv.gz", gzip.finish().unwrap()), ("t.CSV.zst", zstd)] {
        let path = file(name, &bytes);
        let dataset = yardstick::open("t", &path, &plain()).unwrap_or_else(|errors| panic!("{}", messages(&errors)));
        assert_eq!(shown(&*dataset), expected, "{name}");
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let errors = yardstick::open("t", &path, &plain()).err().unwrap();
        assert_eq!(errors[0].code.name(), "unreadable", "{}", messages(&errors));
        std::fs::remove_file(path).unwrap();
    }
}

/// Periods of a calendar whose years start in April, and weeks on Sunday, in each format that has texts.
#[test]
fn the_calendar_reads_the_periods_of_every_format() {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, RecordBatch, StringArray};
    use yardstick::{ColumnType, Embedded, Grain, Library, Limits, Query};

    let definitions = "calendar { year starts april }\ndataset t { time quarter }\nx = sum(t.n)";
    let library = Library::from_text(definitions).unwrap();
    let mut declaration = library.dataset("t").unwrap().declaration.clone();
    // Only a declaration tells which texts are periods.
    declaration.types.insert("quarter".into(), ColumnType::Period(Grain::Quarter));
    let quarters = ["2025/26-Q4", "2026/27-Q2"];
    let csv = format!("quarter,n\n{},15\n{},16\n", quarters[0], quarters[1]);
    let json = format!(r#"[{{"quarter": "{}", "n": 15}}, {{"quarter": "{}", "n": 16}}]"#, quarters[0], quarters[1]);
    let texts: ArrayRef = Arc::new(StringArray::from(quarters.to_vec()));
    let numbers: ArrayRef = Arc::new(arrow_array::Int64Array::from(vec![15, 16]));
    let batch = RecordBatch::try_from_iter([("quarter", texts), ("n", numbers)]).unwrap();
    let of_csv = Table::from_csv("t", &csv, &declaration).unwrap();
    let of_json = Table::from_json("t", &json, &declaration).unwrap_or_else(|errors| panic!("{}", messages(&errors)));
    let of_batch =
        Table::from_batches("t", &[batch], &declaration).unwrap_or_else(|errors| panic!("{}", messages(&errors)));
    for (format, table) in [("CSV", of_csv), ("JSON", of_json), ("Arrow", of_batch)] {
        let source = Embedded::new(vec![Arc::new(table)]);
        let result = library.evaluate(&Query::new(["x"]).by("quarter"), &source, &Limits::default());
        let result = result.unwrap_or_else(|problems| panic!("{format}: {problems}"));
        assert_eq!(crate::engine::show(&result), "2025/26-Q4 | 15\n2026/27-Q1 | NoRows\n2026/27-Q2 | 16\n", "{format}");
    }
}
