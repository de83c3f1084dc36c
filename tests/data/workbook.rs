use std::sync::atomic::{AtomicUsize, Ordering};

use yardstick::backend::{ColumnId, Scan};
use yardstick::internal::read::workbook;
use yardstick::{Cause, Dataset, Declaration, Formatting, open};

use super::csv::file;
use super::{message, messages, shown};

/// Creates a zip archive of a workbook. Long files are compressed.
fn zip(files: &[(&str, String)]) -> Vec<u8> {
    let (mut archive, mut directory) = (vec![], vec![]);
    for (name, text) in files {
        let (method, packed) = match text.len() {
            0..100_000 => (0, text.as_bytes().to_vec()),
            _ => (8, deflated(text)),
        };
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        let offset = archive.len() as u32;
        let mut facts = vec![20, 0, 0, 0, method, 0, 0, 0, 0, 0];
        facts.extend(crc.sum().to_le_bytes());
        facts.extend((packed.len() as u32).to_le_bytes());
        facts.extend((text.len() as u32).to_le_bytes());
        facts.extend((name.len() as u16).to_le_bytes());
        facts.extend([0, 0]);
        archive.extend(*b"PK\x03\x04");
        archive.extend(&facts);
        archive.extend(name.bytes().chain(packed));
        directory.extend(*b"PK\x01\x02\x14\x00");
        directory.extend(&facts);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.bytes());
    }
    let (start, count) = (archive.len() as u32, files.len() as u16);
    archive.extend(&directory);
    archive.extend(*b"PK\x05\x06\x00\x00\x00\x00");
    archive.extend(count.to_le_bytes().repeat(2));
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0, 0]);
    archive
}

fn deflated(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::DeflateEncoder::new(vec![], flate2::Compression::best());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// Creates a workbook of sheets, each given by the content of its `sheetData`. Style 1 is a date.
pub fn workbook(sheets: &[(&str, &str)]) -> Vec<u8> {
    workbook_with(
        sheets,
        "<cellXfs count=\"4\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>\
                  <xf numFmtId=\"10\"/><xf numFmtId=\"46\"/></cellXfs>",
        "",
    )
}

/// Creates a workbook of sheets with these styles and a table of shared texts.
pub fn workbook_with(sheets: &[(&str, &str)], styles: &str, texts: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let numbered = || (1..).zip(sheets);
    let names: String =
        numbered().map(|(at, (name, _))| format!("<sheet name=\"{name}\" sheetId=\"{at}\" r:id=\"s{at}\"/>")).collect();
    let targets: String = numbered()
        .map(|(at, _)| {
            format!("<Relationship Id=\"s{at}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/{at}.xml\"/>")
        })
        .collect();
    let root = format!("<Relationship Id=\"w\" Type=\"{RELATIONS}/officeDocument\" Target=\"xl/workbook.xml\"/>");
    let mut files = vec![
        ("_rels/.rels".to_string(), format!("<Relationships xmlns=\"{PACKAGE}\">{root}</Relationships>")),
        (
            "xl/workbook.xml".to_string(),
            format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets>{names}</sheets></workbook>"),
        ),
        ("xl/_rels/workbook.xml.rels".into(), format!("<Relationships xmlns=\"{PACKAGE}\">{targets}</Relationships>")),
        ("xl/sharedStrings.xml".into(), texts.to_string()),
        ("xl/styles.xml".into(), format!("<styleSheet xmlns=\"{MAIN}\">{styles}</styleSheet>")),
    ];
    if texts.is_empty() {
        files.retain(|(name, _)| name != "xl/sharedStrings.xml");
    }
    let sheet = |content: &str| {
        let (rows, merged) = content.split_once("<mergeCell").unwrap_or((content, ""));
        let merged =
            if merged.is_empty() { String::new() } else { format!("<mergeCells><mergeCell{merged}</mergeCells>") };
        format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData>{merged}</worksheet>")
    };
    files.extend(numbered().map(|(at, (_, content))| (format!("xl/worksheets/{at}.xml"), sheet(content))));
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    zip(&files)
}

/// Creates a row of cells, whose first letter is their type. `t` is a text, `n` a number, `d` a day as Excel counts it,
/// `p` a percentage, `h` a duration, `b` a truth value and `e` an error. Empty cells are omitted.
pub fn row(number: u32, cells: &[&str]) -> String {
    let cell = |(at, cell): (u8, &&str)| {
        let place = format!("{}{number}", char::from(b'A' + at));
        match cell.split_at_checked(1) {
            Some(("t", text)) => format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
            Some(("d", days)) => format!("<c r=\"{place}\" s=\"1\"><v>{days}</v></c>"),
            Some(("p", share)) => format!("<c r=\"{place}\" s=\"2\"><v>{share}</v></c>"),
            Some(("h", time)) => format!("<c r=\"{place}\" s=\"3\"><v>{time}</v></c>"),
            Some(("b", value)) => format!("<c r=\"{place}\" t=\"b\"><v>{value}</v></c>"),
            Some(("e", error)) => format!("<c r=\"{place}\" t=\"e\"><v>{error}</v></c>"),
            Some((_, number)) => format!("<c r=\"{place}\"><v>{number}</v></c>"),
            None => String::new(),
        }
    };
    format!("<row r=\"{number}\">{}</row>", (0..).zip(cells).map(cell).collect::<String>())
}

fn read(sheets: &[(&str, &str)], sheet: Option<&str>) -> String {
    // Tests run in parallel, so each workbook has its own file.
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let path = file(&format!("book{}.xlsx", NEXT.fetch_add(1, Ordering::Relaxed)), &workbook(sheets));
    let formatting = Formatting { sheet: sheet.map(Into::into), ..Formatting::default() };
    let read = open("t", &path, &Declaration { formatting, ..Declaration::default() });
    let text = read.map_or_else(|errors| messages(&errors), |table| columns(&*table) + &messages(table.notes()));
    std::fs::remove_file(&path).unwrap();
    text.replace(&*path.display().to_string(), "book.xlsx")
}

/// A dataset as text, or column by column if one of them is rejected.
fn columns(dataset: &dyn Dataset) -> String {
    if super::rows(dataset).is_ok() {
        return shown(dataset);
    }
    let mut text = String::new();
    for (at, (name, column)) in (0..).zip(&dataset.schema().columns) {
        let read = dataset.scan(&Scan::new(&[ColumnId(at)], 1), &|_, _| Ok(()));
        let read = read.map_or_else(|error| message(&error), |()| "is read".into());
        text += &format!("{name}: {:?} {read}\n", column.ty);
    }
    text
}

#[test]
fn cells_have_the_values_that_the_workbook_shows() {
    let rows = [
        row(1, &["tday", "tn", "tshare", "tok", "tid"]),
        row(2, &["d46112", "n0.30000000000000004", "p0.125", "b1", "n4532015112830366"]),
        row(3, &["d46112.5", "n1234.5600000000001", "p1E-3", "b0", "n9007199254740991"]),
        row(4, &["", "n-2.9802322387695312e-8", "", "", ""]),
        row(7, &["t  ", "", "", "", ""]),
    ];
    let expected = "day: Date, n: Number, share: Number, ok: Boolean, id: Number\n\
        day 20543 | 0.3 | 0.125 | true | 4532015112830366\n\
        day 20543 + 43200000000000 ns | 1234.56 | 0.001 | false | 9007199254740991\n\
        — | -0.0000000298023223876953 | — | — | —\n\
        data-note at book.xlsx\n  read as a workbook: sheet `S`";
    assert_eq!(read(&[("S", &rows.concat())], None), expected);
}

#[test]
fn serial_numbers_become_days_of_the_calendar() {
    let days = |serials: &[&str]| {
        let cells = serials.iter().zip(2..).map(|(serial, number)| row(number, &[&format!("d{serial}")]));
        read(&[("S", &(row(1, &["tday"]) + &cells.collect::<String>()))], None)
    };
    // 1900-01-01 is 25,567 days before 1970-01-01. The number after 1900-02-28 is a day that did not exist.
    let found = days(&["1", "59", "61", "2958465", "2958465.5"]);
    let expected = ["day -25567", "day -25509", "day -25508", "day 2932896", "day 2932896 + 43200000000000 ns"];
    assert_eq!(found.lines().skip(1).take(5).collect::<Vec<_>>(), expected, "{found}");
    for serial in ["0", "0.5", "-1", "2958466", "9999999"] {
        let found = days(&["46112", serial]);
        let expected = format!(
            "the date has the serial number {serial}, which is not a day from 1900 to 9999 (cell A3 of the sheet `S`)"
        );
        assert!(found.contains(&expected), "{found}");
    }
    let never = days(&["46112", "60"]);
    assert!(never.contains("`1900-02-29` is not a day of the calendar (cell A3 of the sheet `S`)"), "{never}");
}

#[test]
fn messages_name_rejected_cells() {
    let table = |rows: &[&[&str]]| -> String { (1..).zip(rows).map(|(number, cells)| row(number, cells)).collect() };
    let merged = table(&[&["tchannel", "tspend"], &["tweb", "n1"], &["", "n2"]]) + "<mergeCell ref=\"A2:A3\"/>";
    let cases = [
        table(&[&["ta", "tb"], &["n1", "e#N/A"], &["n2", "e#DIV/0!"], &["tx", "h0.5"]]),
        table(&[&["tday", "tn"], &["d46112", "n1"], &["n46113", "t2"]]),
        table(&[&["tSales 2026"], &[], &["tday", "tspend"], &["d46112", "n1"]]),
        table(&[&["ta", "ta"], &["n1", "n2"]]),
        table(&[&["ta", "", "tb"], &["n1", "", "n2"], &["n1", "n3", "n2"]]),
        table(&[&["ta"], &["n1"], &["e#SPILL!"]]),
        merged,
    ];
    let all: Vec<String> = cases.iter().map(|sheet| read(&[("S", sheet)], None)).collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn sheets_become_tables() {
    let sales = [
        row(2, &["tday", "tchannel", "tspend"]),
        row(3, &["d46112", "te-mail", "n0.1"]),
        row(5, &["d46113", "", "n1200"]),
    ];
    let broken = [row(1, &["ta", "tb"]), row(2, &["n1", "e#DIV/0!"])];
    let sheets = [("Sales", &*sales.concat()), ("Broken", &*broken.concat()), ("Empty", "")];
    let all = [
        read(&sheets[..1], None),
        read(&sheets, Some("Sales")),
        read(&sheets, None),
        read(&sheets, Some("sales")),
        read(&sheets, Some("Broken")),
        read(&sheets, Some("Empty")),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn a_rejected_column_has_no_values() {
    let sheet = row(1, &["tday", "tn"]) + &row(2, &["d46112", "e#N/A"]);
    let path = file("refused.xlsx", &workbook(&[("a", &sheet)]));
    let table = workbook::open("t", &path, &Declaration::default()).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(super::rows(&table).is_err());
    assert_eq!(table.cell(ColumnId(1), 0), Some(Err(Cause::Blank)));
}

/// Reads a sheet with a title, a table and a total in the declared layout.
fn laid_out(formatting: Formatting) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let rows = [
        row(1, &["tSales report", "", "", ""]),
        row(3, &["", "tprinted", "", ""]),
        row(4, &["tday", "tn", "", "tside"]),
        row(5, &["d46112", "n1", "", "tx"]),
        row(6, &["d46113", "n2", "", ""]),
        row(7, &["tTotal", "e#N/A", "", ""]),
        row(8, &["t ", "", "", ""]),
    ];
    let sheet = rows.concat();
    let name = format!("laid_out{}.xlsx", NEXT.fetch_add(1, Ordering::Relaxed));
    let path = file(&name, &workbook(&[("Q1", &sheet), ("Q2", "")]));
    let formatting = Formatting { sheet: Some("Q1".into()), ..formatting };
    let read = open("t", &path, &Declaration { formatting, ..Declaration::default() });
    let text = read.map_or_else(|errors| messages(&errors), |table| columns(&*table) + &messages(table.notes()));
    std::fs::remove_file(&path).unwrap();
    text.replace(&*path.display().to_string(), "book.xlsx")
}

#[test]
fn a_table_can_be_anywhere_in_a_sheet() {
    let range = |text: &str| Formatting { range: Some(text.into()), ..Formatting::default() };
    let plain = Formatting::default;
    let all = [
        laid_out(Formatting { header: Some(4), skip_last: 1, ..plain() }),
        laid_out(range("A4:B6")),
        laid_out(Formatting { header: Some(0), ..range("A5:D6") }),
        laid_out(Formatting { header: Some(4), skip_last: 1, ..range("B:B") }),
        laid_out(Formatting { header: Some(4), skip_last: 9, ..plain() }),
        laid_out(Formatting { header: Some(2), ..plain() }),
        laid_out(Formatting { header: Some(2), ..range("A4:B6") }),
        laid_out(Formatting { header: Some(0), ..range("Y1:Z9") }),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn a_sheet_can_be_named_after_the_file() {
    let path =
        file("sheets.xlsx", &workbook(&[("Q 1", &row(1, &["ta"])), ("Q2", &(row(1, &["tb"]) + &row(2, &["n5"])))]));
    let at = |sheet: &str| std::path::PathBuf::from(format!("{}#{sheet}", path.display()));
    let names = |sheet: &str| match open("t", &at(sheet), &Declaration::default()) {
        Ok(table) => table.schema().columns.keys().cloned().collect::<Vec<_>>().join(", "),
        Err(errors) => errors[0].message.clone(),
    };
    assert_eq!([names("Q 1"), names("Q2"), names("Q3")], ["a", "b", "the workbook has no sheet `Q3`"]);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn settings_of_tables_do_not_fit_every_format() {
    let csv = super::csv::file("plain_settings.csv", b"a\n1\n");
    let json = super::csv::file("plain_settings.json", b"[{\"a\": 1}]");
    let report = |path: &std::path::Path, formatting: Formatting| {
        let read = open("t", path, &Declaration { formatting, ..Declaration::default() });
        messages(&read.err().expect("the setting has no meaning")).replace(&*path.display().to_string(), "file")
    };
    let all = [
        report(&csv, Formatting { sheet: Some("Q1".into()), ..Formatting::default() }),
        report(&csv, Formatting { range: Some("A1:B2".into()), ..Formatting::default() }),
        report(&json, Formatting { header: Some(0), ..Formatting::default() }),
        report(&json, Formatting { header: Some(2), ..Formatting::default() }),
        report(&json, Formatting { skip_last: 1, ..Formatting::default() }),
    ];
    [csv, json].iter().for_each(|path| std::fs::remove_file(path).unwrap());
    insta::assert_snapshot!(all.join("\n"));
}
