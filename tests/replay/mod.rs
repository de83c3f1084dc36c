//! Runs the laws of the fuzz targets on their seeds, with a few mutations of each. `cargo fuzz` does the same for
//! longer.

#[path = "../../fuzz/src/laws.rs"]
mod laws;

use std::path::Path;

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

fn texts(folders: &[&str]) -> Vec<String> {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = folders.iter().flat_map(|folder| suite.join(folder).read_dir().unwrap());
    let mut files: Vec<_> = files
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
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0_usize..6), 1..6);
    let result = runner.run(&(any::<prop::sample::Index>(), edits), |(seed, edits)| {
        law(&edited(&seeds[seed.index(seeds.len())], edits));
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

const PROGRAMS: [&str; 5] = ["syntax/good", "resolve/bad", "check/bad", "plan/bad", "syntax/bad"];

#[test]
fn programs_are_parsed_and_formatted() {
    let seeds = texts(&PROGRAMS);
    seeds.iter().for_each(|text| laws::parse(text));
    mutate(&seeds, 200, laws::parse);
}

#[test]
fn programs_are_compiled_and_computed() {
    let seeds = texts(&PROGRAMS[..4]);
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
    let seeds: Vec<String> = texts(&["data/bad", "plan/bad"])
        .iter()
        .map(|text| text.lines().filter_map(|line| line.strip_prefix("#| ")).collect::<Vec<_>>().join("\n"))
        .collect();
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
