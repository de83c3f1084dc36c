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
