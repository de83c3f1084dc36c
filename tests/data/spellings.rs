//! Tests that the command prints the same result for one table in every format, and reports how each was read.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::workbook::{row, workbook};

/// Day, channel, cost and share. None is blank.
const ROWS: [(&str, &str, &str, Option<&str>); 4] = [
    ("2026-03-31", "référencement", "1234.50", Some("0.125")),
    ("2026-04-01", "e-mail", "12.00", Some("0.05")),
    ("2026-04-02", "e-mail", "-0.75", None),
    ("2026-04-30", "salon", "1234567.89", Some("1")),
];

/// The result computed by hand.
const EXPECTED: &str = "\
month,canal,sum(dépense),sum(dépense * taux)
2026-03,référencement,1234.5,154.3125
2026-04,e-mail,11.25,0.6
2026-04,salon,1234567.89,1234567.89
total,,1235813.64,1234722.8025
";

/// The format of a spreadsheet.
#[derive(Clone, Copy)]
struct Style {
    delimiter: &'static str,
    mark: &'static str,
    thousands: &'static str,
    currency: &'static str,
    minus: &'static str,
    /// The text before `%`. None writes `0.125`.
    percent: Option<&'static str>,
    day_first: bool,
    quotes: bool,
    line_end: &'static str,
}

const PLAIN: Style = Style {
    delimiter: ",",
    mark: ".",
    thousands: "",
    currency: "",
    minus: "-",
    percent: None,
    day_first: false,
    quotes: false,
    line_end: "\n",
};

const FRENCH: Style =
    Style { delimiter: ";", mark: ",", thousands: " ", currency: " €", day_first: true, line_end: "\r\n", ..PLAIN };

impl Style {
    fn number(&self, plain: &str) -> String {
        let (minus, plain) = plain.strip_prefix('-').map_or(("", plain), |rest| (self.minus, rest));
        let (whole, fraction) =
            plain.split_once('.').map_or((plain, None), |(whole, fraction)| (whole, Some(fraction)));
        let digits = whole.char_indices().map(|(at, digit)| match (whole.len() - at) % 3 {
            0 if at > 0 => format!("{}{digit}", self.thousands),
            _ => digit.to_string(),
        });
        let fraction = fraction.map_or(String::new(), |fraction| format!("{}{fraction}", self.mark));
        format!("{minus}{}{fraction}", digits.collect::<String>())
    }

    fn share(&self, plain: &str) -> String {
        let percent = match plain {
            "0.125" => "12.5",
            "0.05" => "5",
            _ => "100",
        };
        match self.percent {
            Some(sign) => format!("{}{sign}", self.number(percent)),
            None => self.number(plain),
        }
    }

    fn day(&self, iso: &str) -> String {
        if self.day_first { format!("{}/{}/{}", &iso[8..], &iso[5..7], &iso[..4]) } else { iso.into() }
    }

    fn text(&self) -> String {
        let header = ["day", "canal", "dépense", "taux"].map(String::from);
        let cells = |&(day, channel, cost, share): &(&str, &str, &str, Option<&str>)| {
            let cost = format!("{}{}", self.number(cost), self.currency);
            [self.day(day), channel.into(), cost, share.map_or(String::new(), |share| self.share(share))]
        };
        let line = |cells: [String; 4]| {
            let cells = cells.map(|cell| if self.quotes { format!("\"{cell}\"") } else { cell });
            cells.join(self.delimiter) + self.line_end
        };
        std::iter::once(header).chain(ROWS.iter().map(cells)).map(line).collect()
    }
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
}

fn windows_1252(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| if c == '€' { 0x80 } else { u8::try_from(u32::from(c)).expect("the character is in Latin-1") })
        .collect()
}

fn json(before: &str, between: &str, after: &str) -> String {
    let record = |&(day, channel, cost, share): &(&str, &str, &str, Option<&str>)| {
        let share = share.map_or(String::new(), |share| format!(", \"taux\": {share}"));
        format!("{{\"day\": \"{day}\", \"canal\": \"{channel}\", \"dépense\": {cost}{share}}}")
    };
    format!("{before}{}{after}", ROWS.iter().map(record).collect::<Vec<_>>().join(between))
}

fn sheet() -> Vec<u8> {
    let days = [46112, 46113, 46114, 46142].map(|day| format!("d{day}"));
    let header = row(1, &["tday", "tcanal", "tdépense", "ttaux"]);
    let rows = (2..).zip(ROWS.iter().zip(&days)).map(|(number, ((_, channel, cost, share), day))| {
        let share = share.map_or(String::new(), |share| format!("p{share}"));
        row(number, &[day, &format!("t{channel}"), &format!("n{cost}"), &share])
    });
    workbook(&[("Ventes", &(header + &rows.collect::<String>()))])
}

fn batch() -> arrow_array::RecordBatch {
    use arrow_array::{ArrayRef, Date32Array, Decimal128Array, Float64Array, StringArray};
    use std::sync::Arc;
    let cents = ROWS.map(|(_, _, cost, _)| cost.replace('.', "").parse::<i128>().unwrap());
    let costs = Decimal128Array::from(cents.to_vec()).with_precision_and_scale(20, 2).unwrap();
    let shares: Vec<Option<f64>> = ROWS.iter().map(|(.., share)| share.map(|share| share.parse().unwrap())).collect();
    let columns: [(&str, ArrayRef, bool); 4] = [
        ("day", Arc::new(Date32Array::from(vec![20_543, 20_544, 20_545, 20_573])), false),
        ("canal", Arc::new(StringArray::from(ROWS.map(|(_, channel, ..)| channel).to_vec())), false),
        ("dépense", Arc::new(costs), false),
        ("taux", Arc::new(Float64Array::from(shares)), true),
    ];
    arrow_array::RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn parquet() -> Vec<u8> {
    let (mut bytes, batch) = (vec![], batch());
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn arrow() -> Vec<u8> {
    let (mut bytes, batch) = (vec![], batch());
    let mut writer = arrow_ipc::writer::FileWriter::try_new(&mut bytes, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    gzip.write_all(text).unwrap();
    gzip.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let french = FRENCH.text();
    let narrow = Style { thousands: "\u{202f}", currency: "\u{a0}€", minus: "\u{2212}", ..FRENCH }.text();
    let quoted = Style { quotes: true, thousands: ",", percent: Some("%"), ..PLAIN }.text();
    let tabs = Style { delimiter: "\t", thousands: "\u{a0}", ..FRENCH }.text();
    let percent = Style { percent: Some(" %"), thousands: ".", ..FRENCH }.text();
    let latin = Style { thousands: "\u{a0}", percent: Some("\u{a0}%"), ..FRENCH }.text();
    vec![
        ("plain.csv", PLAIN.text().into()),
        ("french.csv", french.clone().into()),
        ("latin.csv", windows_1252(&latin)),
        ("mark.csv", format!("\u{feff}{narrow}").into()),
        ("utf16le.csv", utf16(&tabs, u16::to_le_bytes)),
        ("utf16be.txt", utf16(&tabs, u16::to_be_bytes)),
        ("sep.csv", format!("sep=;\r\n{percent}").into()),
        ("quoted.csv", quoted.clone().into()),
        ("old-mac.csv", Style { line_end: "\r", ..FRENCH }.text().into()),
        ("no-line-end.csv", french.trim_end().into()),
        ("book.xlsx", sheet()),
        ("table.parquet", parquet()),
        ("table.arrow", arrow()),
        ("records.ndjson", json("", "\n", "\n").into()),
        ("records.json", json("[\n  ", ",\r\n  ", "\n]\n").into()),
        ("minified.json", json("[", ",", "]").replace(": ", ":").into()),
        ("french.csv.gz", gzip(french.as_bytes())),
        ("quoted.csv.zst", zstd(quoted.as_bytes())),
        ("records.ndjson.zst", zstd(json("", "\n", "\n").as_bytes())),
        ("records.json.gz", gzip(json("[", ",\n", "]").as_bytes())),
    ]
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("yardstick-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs the command in a folder, and returns its result and its messages.
fn kpi(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_kpi")).args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn one_table_in_every_format_gives_one_result() {
    let folder = folder("spellings");
    let mut said = String::new();
    for (name, bytes) in files() {
        std::fs::write(folder.join(name), bytes).unwrap();
        let formulas = ["sum(dépense)", "sum(dépense * taux)"];
        let options = ["-d", &format!("t={name}"), "--by", "month,canal", "--totals", "--format", "csv"];
        let (result, notes) = kpi(&folder, &[&["eval"], &formulas[..], &options].concat());
        assert_eq!(result, EXPECTED, "{name}\n{notes}");
        said += &format!("{name}\n{}\n", notes.trim_end());
    }
    std::fs::remove_dir_all(folder).unwrap();
    insta::assert_snapshot!(said);
}

/// Exports with typical problems.
const NASTY: &[(&str, &str)] = &[
    ("mixed line ends", "day;amount\r\n2026-01-01;1,5\n2026-01-02;2,5\r\n"),
    ("a trailing delimiter on each line", "day;amount;\n2026-01-01;1,5;\n2026-01-02;2,5;\n"),
    ("a trailing delimiter on each row", "day;amount\n2026-01-01;1,5;\n2026-01-02;2,5;\n"),
    ("a total at the end", "day;amount\n2026-01-01;1,5\n2026-01-02;2,5\nTotal;4\n"),
    ("a total at the end of texts", "channel;amount\nweb;1,5\nmail;2,5\nTotal;4\n"),
    ("a title above", "Sales 2026;\n\nday;amount\n2026-01-01;1,5\n"),
    ("a title of one cell above", "Sales 2026\nday;amount\n2026-01-01;1,5\n"),
    ("two columns of one name", "day;amount;amount\n2026-01-01;1,5;2\n"),
    ("a column without a name", "day;;amount\n2026-01-01;x;2\n"),
    ("units in the names", "day;amount (EUR);taux [%]\n2026-01-01;1,5;2\n"),
    ("thin spaces as padding", "day;amount\n2026-01-01;\u{2009}1,5\u{2009}\n2026-01-02;\u{2009}\n"),
    ("thin spaces between thousands", "day;amount\n2026-01-01;1\u{2009}234,5\n2026-01-02;12\n"),
    ("negative in parentheses", "day;amount\n2026-01-01;(1 234,50)\n2026-01-02;10,00 €\n"),
    ("a trailing minus", "day;amount\n2026-01-01;1234,5-\n2026-01-02;10\n"),
    ("points between thousands", "day;amount\n2026-01-01;1.234.567,89\n2026-01-02;10\n"),
    ("a share", "day;amount\n2026-01-01;12,5 %\n2026-01-02;10 %\n"),
    ("Swiss", "day;amount\n31.12.2025;1'234.50\n01.01.2026;CHF 10.00\n"),
    ("n/a as blank", "day;amount\n2026-01-01;n/a\n2026-01-02;10\n"),
    ("a dash as blank", "day;amount\n2026-01-01;-\n2026-01-02;10\n"),
    ("an error as blank", "day;amount\n2026-01-01;10\n2026-01-02;#N/A\n"),
    ("months by name", "day;amount\n31-déc-25;10\n02-janv-26;1\n"),
    ("months by name in English", "day,amount\n31-Dec-25,10\n02-Jan-26,1\n"),
    ("years of two digits", "day;amount\n31/12/25;10\n01/01/26;1\n"),
    ("offsets in some cells", "day;amount\n2026-01-01T10:00Z;10\n2026-01-02T10:00;1\n"),
    ("two orders", "day;amount\n13/01/2026;10\n01/14/2026;1\n"),
    ("quarters", "day;amount\n2026-Q1;10\n2026-Q2;1\n"),
    ("ambiguous thousands", "day;amount\n2026-01-01;1,234\n"),
    ("ambiguous days", "day;amount\n03/04/2026;1\n"),
    ("two currencies", "day;amount\n2026-01-01;1 €\n2026-01-02;1 $\n"),
    ("a unit after the number", "day;amount\n2026-01-01;12 h\n2026-01-02;13 h\n"),
    ("one column and no delimiter", "amount\n1\n2\n"),
    ("no data", "day;amount\n"),
];

#[test]
fn problematic_exports_are_read_or_rejected_with_a_hint() {
    let folder = folder("nasty");
    let mut all = String::new();
    for (name, text) in NASTY {
        std::fs::write(folder.join("export.csv"), text).unwrap();
        let (result, said) =
            kpi(&folder, &["eval", "sum(amount)", "-d", "t=export.csv", "--by", "day", "--format", "csv"]);
        all += &format!("## {name}\n{result}{}\n\n", said.trim_end());
    }
    std::fs::remove_dir_all(folder).unwrap();
    insta::assert_snapshot!(all);
}

#[test]
fn standard_input_is_a_table() {
    let folder = folder("stdin");
    let piped = |bytes: &[u8]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kpi"))
            .args(["eval", "sum(dépense)", "-d", "t=-", "--format", "csv"])
            .current_dir(&folder)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        String::from_utf8(if output.status.success() { output.stdout } else { output.stderr }).unwrap()
    };
    let expected = "sum(dépense)\n1235813.64\n";
    for (name, bytes) in files() {
        let output = piped(&bytes);
        match name.rsplit_once('.').unwrap().1 {
            "xlsx" | "parquet" | "arrow" => {
                assert!(output.contains("cannot read `standard input`: ") && output.contains("save it"), "{output}");
            }
            _ => assert_eq!(output, expected, "{name}"),
        }
    }
    assert!(piped(b"").contains("the file is empty"), "{}", piped(b""));
    std::fs::remove_dir_all(folder).unwrap();
}
