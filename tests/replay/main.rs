//! Runs the laws of the fuzz targets on their seeds, with a few mutations of each. `cargo fuzz` does the same for
//! longer, and so does `MUTATIONS=100000 cargo test --test replay`. The mutations are the same in every run; the variable
//! `SEED` selects others. Works in the packaged crate too, with fewer seeds.

mod laws;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Texts that are likely to cause problems.
const PIECES: [&str; 40] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\"\"\"",
    "\n",
    " ",
    "=",
    ",",
    "..",
    "%",
    "-",
    "^",
    " ?? ",
    "0",
    "1_",
    "9999999999",
    " if ",
    " then ",
    " else ",
    " not ",
    "[previous]",
    "[all]",
    "[last 2 months]",
    "sum(",
    "count(",
    "last(",
    "a",
    "spend",
    "ads.",
    " where ",
    " by ",
    " EUR",
    " days",
    "é",
    "\u{301}",
    "2026-02-30",
];

/// Words of command lines.
#[cfg(feature = "cli")]
const WORDS: [&str; 20] = [
    "\n--by\nmonth\n",
    "\n--by\nchannel\n",
    "\n--by\nweek,spend\n",
    "\n--period\n2026-01..2026-02\n",
    "\n--period\n2026-W60\n",
    "\n--where\nspend > 0\n",
    "\n--where\nchannel = \"web\"\n",
    "\n--set\nspend=0\n",
    "\n--sort\n-spend\n",
    "\n--limit\n0\n",
    "\n--totals\n",
    "\n--std\n",
    "\n--strict\n",
    "\n--scorecard\n",
    "\n--at\ntotal\n",
    "\n--memory\n64KiB\n",
    "\n--time\n1ms\n",
    "\n--color\nalways\n",
    "\n--format\njson\n",
    "\n--lang\nfr\n",
];

/// Parts of the files of a workbook.
#[cfg(feature = "cli")]
const TAGS: [&str; 16] = [
    "<row>",
    "</row>",
    "<row r=\"1048577\">",
    "<c>",
    "</c>",
    "<c r=\"XFE1\"/>",
    "<c r=\"A0\">",
    "<v>",
    "1e400",
    "-1",
    "99999999999",
    " s=\"9\"",
    " t=\"s\"",
    "<mergeCell ref=\"A1:Z9\"/>",
    "&amp;&#0;",
    "]]>",
];

/// The programs in these folders, without those that the packaged crate lacks.
fn texts(folders: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = folders.iter().filter_map(|folder| root.join(folder).read_dir().ok()).flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "kpi"))
        .collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

fn edited(text: &str, edits: Vec<(prop::sample::Index, usize, usize)>, pieces: &[&str]) -> String {
    let mut text = text.to_owned();
    for (place, piece, removed) in edits {
        let at = boundary(&text, place.index(text.len() + 1));
        let end = boundary(&text, (at + removed).min(text.len())).max(at);
        text.replace_range(at..end, pieces[piece]);
    }
    text
}

/// The last character boundary at or before this position.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Runs a law on a fixed set of mutations of the seeds.
fn mutate(seeds: &[String], cases: u32, law: impl Fn(&str)) {
    mutate_with(&PIECES, seeds, cases, law);
}

/// Runs a law on a fixed set of mutations of the seeds that insert these pieces.
fn mutate_with(pieces: &[&str], seeds: &[String], cases: u32, law: impl Fn(&str)) {
    let variable = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u32>().ok());
    let cases = variable("MUTATIONS").unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = match variable("SEED") {
        Some(seed) => TestRng::from_seed(RngAlgorithm::ChaCha, &seed.to_le_bytes().repeat(8)),
        None => TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..pieces.len(), 0_usize..6), 1..6);
    let result = runner.run(&(any::<prop::sample::Index>(), edits), |(seed, edits)| {
        law(&edited(&seeds[seed.index(seeds.len())], edits, pieces));
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

const PROGRAMS: [&str; 8] = [
    "examples",
    "examples/shop",
    "examples/leads",
    "tests/syntax/good",
    "tests/resolve/bad",
    "tests/check/bad",
    "tests/plan/bad",
    "tests/syntax/bad",
];

#[test]
fn programs_are_parsed_and_formatted() {
    let seeds = texts(&PROGRAMS);
    seeds.iter().for_each(|text| laws::parse(text));
    mutate(&seeds, 200, laws::parse);
}

#[test]
fn programs_are_compiled_and_computed() {
    let seeds = texts(&PROGRAMS[..7]);
    seeds.iter().for_each(|text| laws::check(text));
    mutate(&seeds, 150, laws::check);
}

#[test]
fn queries_are_read() {
    let seeds: Vec<String> = [
        "spend / leads",
        "cpl[previous] - cpl[1 year ago]",
        "channel = \"web\" and spend > 3",
        "2026-Q1",
        "2026-01..2026-03",
        "month, channel",
        "35 EUR",
        "20%",
        "`channel`",
        "sum(ads.spend where channel in (\"web\", \"mail\"))[last 3 months]",
    ]
    .map(str::to_owned)
    .into();
    seeds.iter().for_each(|text| laws::query(text));
    mutate(&seeds, 150, laws::query);
}

fn tables() -> Vec<String> {
    let mut seeds: Vec<String> = texts(&["tests/data/bad", "tests/plan/bad"])
        .iter()
        .map(|text| text.lines().filter_map(|line| line.strip_prefix("#| ")).collect::<Vec<_>>().join("\n"))
        .collect();
    seeds.extend(["day;spend\n31/12/2025;1 234,50\n,\n", "a,b\n\"x\ny\",1.5e3\n=\"01\",20%\n", ADS].map(str::to_owned));
    seeds
}

#[test]
fn tables_are_read() {
    let seeds = tables();
    seeds.iter().for_each(|text| laws::csv(text));
    mutate(&seeds, 300, laws::csv);
}

fn records() -> Vec<String> {
    [
        "[{\"a\": 1, \"b\": \"x\"},\n{\"a\": 1.5e3, \"b\": null}]",
        "{\"a\": \"2026-01-01\"}\n{\"a\": null, \"c\": true}\n",
        "{\n  \"a\": \"1 234,50 €\",\n  \"b\": \"\\u00e9\"\n}",
    ]
    .map(str::to_owned)
    .into()
}

#[test]
fn records_are_read() {
    let seeds = records();
    seeds.iter().for_each(|text| laws::json(text));
    mutate(&seeds, 300, laws::json);
}

const TESTS: &str = "\
let gain = (returns - outlay) / outlay { example returns = 3, outlay = 2 gives 50% }
test \"a gain\" { given returns = 20_000, outlay = 5_000  expect gain = 300% }
test \"a rise\" {
  by month
  given \"\"\"
    month,   leads
    2026-01, 100
    2026-02, 120
  \"\"\"
  expect leads - leads[previous] = undefined, 20
}
test \"rows\" { period 2026-02 where paid > 1 given invoices \"\"\"\nday, due, paid\n2026-02-10, 300, 60\n\"\"\" expect sum(invoices.paid) = 60 }
";

#[cfg(feature = "render")]
#[test]
fn tests_in_definitions_are_run() {
    let mut seeds = texts(&PROGRAMS[..4]);
    seeds.push(TESTS.into());
    seeds.iter().for_each(|text| laws::outputs::testing(text));
    mutate(&[TESTS.to_owned()], 150, laws::outputs::testing);
    mutate(&seeds, 50, laws::outputs::testing);
}

#[cfg(feature = "render")]
#[test]
fn definitions_and_values_are_rendered() {
    let seeds = texts(&PROGRAMS[..4]);
    seeds.iter().for_each(|text| laws::outputs::render(text));
    mutate(&seeds, 60, laws::outputs::render);
}

const ADS: &str = "day,channel,spend,leads\n2026-01-03,web,100.5,10\n2026-02-01,mail,,0\n2026-02-03,web,12,3\n";

/// Command lines of every subcommand, a word a line.
#[cfg(feature = "cli")]
const COMMAND_LINES: [&str; 24] = [
    "eval -f fuzz.kpi -d ads.csv",
    "eval -f fuzz.kpi -d ads.csv --by month --totals --format json",
    "eval -f fuzz.kpi -d ads.csv --by channel,month --format markdown --lang fr --sort -spend --limit 2",
    "eval -f fuzz.kpi -d ads.csv --scorecard --lang fr --totals",
    "eval -f fuzz.kpi -d ads.csv --std --by quarter --format csv --escape-formulas",
    "eval spend/leads cpl[previous] -d ads.csv --by week --period 2026-01..2026-03",
    "eval sum(spend) -d ads.json --where leads>0 --set spend=3 --strict",
    "eval sum(ads.spend) median(ads.leads) -d ads=ads.csv --by day --memory 1MiB --time 100ms",
    "explain spend/leads -d ads.csv --by channel --at channel=web --format json",
    "explain cpl -f fuzz.kpi -d ads.csv --by month,channel --totals --at total --format markdown",
    "explain count(ads) sum(ads.spend)[all] -d ads.csv --by month --lang fr",
    "check -f fuzz.kpi -d ads.csv --strict",
    "check -f fuzz.kpi --format json",
    "list -f fuzz.kpi --inputs --format csv",
    "list cost -f fuzz.kpi -d ads.csv --computable --lang fr",
    "list --std --format json",
    "show cpl -f fuzz.kpi --format markdown --lang fr",
    "show cac --format json",
    "test -f fuzz.kpi --lang fr",
    "doc -f fuzz.kpi --format html --lang fr",
    "doc -f fuzz.kpi -o page.html",
    "graph -f fuzz.kpi --format dot",
    "graph -f fuzz.kpi --format json --lang fr",
    "fmt fuzz.kpi --check",
];

/// Command lines with definitions and data.
#[cfg(feature = "cli")]
fn command_lines() -> Vec<String> {
    let separator = laws::SEPARATOR;
    let records = "[{\"spend\": 1.5, \"leads\": 2, \"day\": \"2026-01-01\"}, {\"spend\": null}]";
    let texts = texts(&PROGRAMS[..7]).into_iter().chain([TESTS.to_owned()]);
    let with_line = |(at, text): (usize, String)| {
        let line = COMMAND_LINES[at % COMMAND_LINES.len()];
        let data = if line.contains("json ") { records } else { ADS };
        format!("{}{separator}{text}{separator}{data}", line.replace(' ', "\n"))
    };
    texts.enumerate().map(with_line).collect()
}

#[cfg(feature = "cli")]
#[test]
fn the_command_ends_with_a_status() {
    let run: fn(&str) = |text| laws::command::run(Path::new(env!("CARGO_BIN_EXE_kpi")), text);
    mutate_with(&[&PIECES[..], &WORDS].concat(), &command_lines(), 40, run);
}

/// The files of a workbook: rows, styles and shared texts.
const SHEETS: [&str; 2] = [
    "<row r=\"1\"><c t=\"inlineStr\"><is><t>day</t></is></c><c r=\"C1\" t=\"s\"><v>0</v></c></row>\
     <row r=\"2\"><c s=\"1\"><v>46112</v></c><c r=\"C2\"><v>1.5</v></c></row>\
     \n=====\n<numFmts><numFmt numFmtId=\"200\" formatCode=\"yyyy-mm\"/></numFmts>\
     <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"200\"/><xf numFmtId=\"46\"/></cellXfs>\
     \n=====\n<si><t>spend</t></si><si><r><t>a</t></r><r><t>b</t></r></si>",
    "<row><c t=\"str\"><v>a</v></c><c t=\"b\"><v>1</v></c></row><row><c t=\"e\"><v>#N/A</v></c>\
     <c t=\"d\"><v>2026-01-01</v></c><c><f>A1+1</f><v>2</v></c></row>",
];

/// Files whose first bytes claim a format. `tests/data` mutates whole files.
#[cfg(feature = "cli")]
#[test]
fn files_that_claim_a_format_are_rejected() {
    let seeds = ["PK\u{3}\u{4} [Content_Types].xml PK\u{5}\u{6}", "PAR1 \u{15}\u{4} PAR1", "ARROW1\0\0 schema ARROW1"];
    let seeds = seeds.map(str::to_owned);
    let read: [fn(&[u8]); 3] = [laws::files::workbook, laws::files::parquet, laws::files::arrow];
    for (seed, read) in seeds.iter().zip(read) {
        read(seed.as_bytes());
        read(&[seed.as_bytes(), &[0; 40], &[255; 40], seed.as_bytes()].concat());
        mutate(std::slice::from_ref(seed), 60, |text| read(text.as_bytes()));
    }
}

#[cfg(feature = "cli")]
#[test]
fn workbooks_are_read() {
    let seeds = SHEETS.map(str::to_owned);
    seeds.iter().for_each(|text| laws::files::workbook(text.as_bytes()));
    mutate_with(&TAGS, &seeds, 100, |text| laws::files::workbook(text.as_bytes()));
}

/// Writes the seeds that are not files of this repository for the fuzz targets: see `fuzz/run`.
#[cfg(feature = "cli")]
#[test]
#[ignore = "it writes files"]
fn seeds_are_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let write = |target: &str, seeds: &[String]| {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder).expect("folders can be made");
        for (at, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("replay{at}")), seed).expect("files can be written");
        }
    };
    let texts = texts(&PROGRAMS).into_iter().chain([TESTS.to_owned()]).collect::<Vec<_>>();
    ["parse", "check", "testing", "render"].iter().for_each(|target| write(target, &texts));
    write("csv", &tables());
    write("json", &records());
    write("command", &command_lines());
    write("workbook", &SHEETS.map(str::to_owned));
}
