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

fn edited(text: &str, edits: Vec<(prop::sample::Index, usize, usize)>) -> String {
    let mut text = text.to_owned();
    for (place, piece, removed) in edits {
        let at = boundary(&text, place.index(text.len() + 1));
        let end = boundary(&text, (at + removed).min(text.len())).max(at);
        text.replace_range(at..end, PIECES[piece]);
    }
    text
}

/// The last character boundary at or before this position.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Runs a law on a fixed set of mutations of the seeds.
fn mutate(seeds: &[String], cases: u32, law: fn(&str)) {
    let variable = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u32>().ok());
    let cases = variable("MUTATIONS").unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = match variable("SEED") {
        Some(seed) => TestRng::from_seed(RngAlgorithm::ChaCha, &seed.to_le_bytes().repeat(8)),
        None => TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0_usize..6), 1..6);
    let result = runner.run(&(any::<prop::sample::Index>(), edits), |(seed, edits)| {
        law(&edited(&seeds[seed.index(seeds.len())], edits));
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

#[test]
fn tables_are_read() {
    let mut seeds: Vec<String> = texts(&["tests/data/bad", "tests/plan/bad"])
        .iter()
        .map(|text| text.lines().filter_map(|line| line.strip_prefix("#| ")).collect::<Vec<_>>().join("\n"))
        .collect();
    seeds.extend(["day;spend\n31/12/2025;1 234,50\n,\n", "a,b\n\"x\ny\",1.5e3\n=\"01\",20%\n"].map(str::to_owned));
    seeds.iter().for_each(|text| laws::csv(text));
    mutate(&seeds, 300, laws::csv);
}

#[test]
fn records_are_read() {
    let seeds: Vec<String> = [
        "[{\"a\": 1, \"b\": \"x\"},\n{\"a\": 1.5e3, \"b\": null}]",
        "{\"a\": \"2026-01-01\"}\n{\"a\": null, \"c\": true}\n",
        "{\n  \"a\": \"1 234,50 €\",\n  \"b\": \"\\u00e9\"\n}",
    ]
    .map(str::to_owned)
    .into();
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

#[cfg(feature = "cli")]
#[test]
fn the_command_ends_with_a_status() {
    let ads = "day,channel,spend,leads\n2026-01-03,web,100.5,10\n2026-02-01,mail,,0\n";
    let separator = laws::command::SEPARATOR;
    let formulas = ["spend / leads", "cpl[previous]", "sum(spend where leads > 0)"];
    let with_data = |(at, text)| format!("{text}{separator}{ads}{separator}{}", formulas[at % formulas.len()]);
    let seeds: Vec<String> = texts(&PROGRAMS[..7]).into_iter().enumerate().map(with_data).collect();
    mutate(&seeds, 40, |text| laws::command::run(Path::new(env!("CARGO_BIN_EXE_kpi")), text));
}

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
    }
    mutate(&seeds, 60, |text| laws::files::workbook(text.as_bytes()));
    mutate(&seeds, 60, |text| laws::files::parquet(text.as_bytes()));
    mutate(&seeds, 60, |text| laws::files::arrow(text.as_bytes()));
}
