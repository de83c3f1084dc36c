//! What is printed of segments adds up: the table is read back from text, from Markdown and from JSON, in both languages.

use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::*;
use yardstick::internal::render::{changes as table, changes_markdown as markdown};
use yardstick::output::{Language, Locale};
use yardstick::{Change, Decimal, Embedded, Library, Limits, Query, Table};

use super::printed::{cells, number};
use super::random::{Kind, Random, case};

/// Definitions, and a table with two columns of segments.
struct Divided {
    definitions: String,
    kpi: String,
    csv: String,
    volume: Option<&'static str>,
}

/// The rows of a random table: some keys and, if `with_blanks`, some numbers are blank.
fn rows(random: &mut Random, inputs: usize, with_blanks: bool) -> String {
    let names: Vec<String> = (0..inputs).map(|at| format!("x{at}")).collect();
    let mut csv = format!("month,channel,campaign,{}\n", names.join(","));
    for row in 0..4 + random.below(60) {
        // Both months have rows.
        let month = 1 + if row < 2 { row } else { random.below(2) };
        let (channel, campaign) = (random.below(7), random.below(4));
        let channel = if channel == 0 { String::new() } else { format!("c{channel}") };
        write!(csv, "2026-{month:02},{channel},p{campaign}").expect("it is memory");
        for _ in 0..inputs {
            let number = match random.below(6) {
                0 if with_blanks => String::new(),
                1 => format!("-{}", 1 + random.below(9)),
                2 => format!("{}.{:02}", random.below(99), random.below(100)),
                _ => (1 + random.below(99)).to_string(),
            };
            write!(csv, ",{number}").expect("it is memory");
        }
        csv.push('\n');
    }
    csv
}

fn any(seed: u64, kind: Kind) -> Divided {
    let case = case(seed, kind);
    let csv = rows(&mut Random::new(!seed), case.inputs, kind == Kind::Any);
    Divided { definitions: case.definitions, kpi: case.kpi, csv, volume: None }
}

/// A sum of inputs with coefficients, divided by the volume `x0`.
fn by_volume(seed: u64) -> Divided {
    let mut random = Random::new(seed);
    let inputs = 1 + random.below(4);
    let mut definitions: String = (0..inputs).map(|at| format!("input x{at} = sum(t.x{at})\n")).collect();
    let terms: Vec<String> = (0..1 + random.below(3))
        .map(|_| {
            let (input, number) = (random.below(inputs), 1 + random.below(9));
            let operator = ["*", "/"][random.below(2)];
            format!("x{input} {operator} {number}")
        })
        .collect();
    definitions += &format!("k = {}\n", terms.join([" + ", " - "][random.below(2)]));
    let csv = rows(&mut random, inputs, false);
    Divided { definitions, kpi: "k".to_owned(), csv, volume: Some("x0") }
}

impl Divided {
    /// The change from January to February. None if it is beyond a limit, or the volumes cancel out.
    fn change(&self, over: &[&str], decimals: u32) -> Option<(Change, Arc<Library>)> {
        let library = Library::from_text(&self.definitions).expect("it is valid");
        let table = Table::from_csv("t", &self.csv, &Default::default()).expect("it is a table");
        let source = Embedded::new(vec![Arc::new(table)]);
        let kpis = [&*self.kpi, self.volume.unwrap_or("count(t)")];
        let query = Query::new(kpis).by("month");
        let finer = over.iter().fold(query.clone(), |query, column| query.by(*column));
        let [whole, segments] = [&query, &finer].map(|query| {
            library.evaluate(query, &source, &Limits::default()).unwrap_or_else(|error| panic!("{error}\n{}", self.csv))
        });
        let change = whole.change_over(0, [0, 1], decimals, &segments, self.volume.map(|_| 1)).ok()?;
        Some((change, Arc::new(library)))
    }
}

/// The numbers of the table of segments in Markdown, which is the last table.
fn numbers_of_markdown(text: &str, over: usize, language: Language) -> Vec<Vec<Decimal>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut tables = lines.split(|line| !line.starts_with('|')).filter(|table| !table.is_empty());
    let table = tables.next_back().expect("there is a table");
    let numbers = |row: &&str| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        cells[over..].iter().map(|cell| number_or_0(cell, language)).collect()
    };
    table[2..].iter().map(numbers).collect()
}

/// The numbers of the table of segments in text. They end where the heads of their columns end.
fn numbers_of_table(text: &str, over: &[&str], language: Language) -> Vec<Vec<Decimal>> {
    let lines = text.lines().skip_while(|line| !line.starts_with(over[0]));
    let mut lines = lines.filter(|line| !line.starts_with('─'));
    let head: Vec<char> = lines.next().expect("there is a table of segments").chars().collect();
    let is_blank = |at: usize| head.get(at).is_none_or(|c| *c == ' ');
    let ends: Vec<usize> =
        (1..=head.len()).filter(|&at| !is_blank(at - 1) && is_blank(at) && is_blank(at + 1)).collect();
    let numbers = |line: &str| {
        let line: Vec<char> = line.chars().collect();
        let text = |from: usize, to: usize| line[from.min(line.len())..to.min(line.len())].iter().collect::<String>();
        // Keys are as wide as they are, so what is left of the first number may be one.
        let first = text(0, ends[over.len()]);
        let first = number(cells(&first).last().expect("it is not blank"), language);
        let others = ends[over.len()..].windows(2).map(|ends| number_or_0(&text(ends[0], ends[1]), language));
        std::iter::once(first).chain(others).collect()
    };
    let rows: Vec<&str> = lines.collect();
    let total = rows.iter().position(|row| row.starts_with('Σ')).expect("the last row is the total");
    rows[..=total].iter().copied().map(numbers).collect()
}

fn number_or_0(cell: &str, language: Language) -> Decimal {
    if cell.trim().is_empty() { Decimal::ZERO } else { number(cell, language) }
}

/// The same numbers in JSON.
fn numbers_of_json(change: &Change) -> Vec<Vec<Decimal>> {
    let json = serde_json::to_value(change.segments.as_ref().expect("it was divided")).expect("it is data");
    let shown = |part: &serde_json::Value| part["shown"].as_str().expect("it is a text").parse().expect("a number");
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let segment = |segment: &serde_json::Value| {
        let effects: Vec<Decimal> = list(&segment["effects"]).iter().map(shown).collect();
        std::iter::once(shown(segment)).chain(effects).collect::<Vec<_>>()
    };
    let segments = list(&json["segments"]);
    segments.iter().map(segment).chain(list(&json["undivided"]).iter().map(|rest| vec![shown(rest)])).collect()
}

/// The effects of each segment add up to the segment, the columns to the total, and the segments with what is not divided
/// to the difference. The last rows are what is not divided, and the total.
fn adds_up(rows: &[Vec<Decimal>], change: &Change, text: &str) {
    let difference = change.difference.expect("both are numbers").shown;
    let undivided = change.segments.as_ref().expect("it was divided").undivided.len();
    let [parts @ .., total] = rows else { panic!("there are no segments: {text}") };
    assert_eq!(total[0], difference, "{text}");
    for (column, total) in total.iter().enumerate() {
        assert_eq!(parts.iter().map(|part| part[column]).sum::<Decimal>(), *total, "{text}");
    }
    for segment in parts[..parts.len() - undivided].iter().filter(|segment| segment.len() > 1) {
        assert_eq!(segment[1..].iter().sum::<Decimal>(), segment[0], "{text}");
    }
}

fn check(divided: &Divided, over: &[&str], decimals: u32) {
    let Some((change, library)) = divided.change(over, decimals) else { return };
    let Some(difference) = change.difference else { return };
    let rows = numbers_of_json(&change);
    let context = format!("{}\n{}", divided.definitions, divided.csv);
    assert_eq!(rows.iter().map(|row| row[0]).sum::<Decimal>(), difference.shown, "{context}");
    for row in rows.iter().filter(|row| row.len() > 1) {
        assert_eq!(row[1..].iter().sum::<Decimal>(), row[0], "{context}");
    }
    // If nothing changed, there is no table.
    let segments = change.segments.as_ref().expect("it was divided");
    let shares = segments.segments.iter().flat_map(|one| one.effects.iter().map(|own| own.share));
    let shares = shares.chain(segments.segments.iter().map(|one| one.share));
    let mut shares = shares.chain(segments.undivided.iter().map(|rest| rest.share));
    if shares.all(|share| share.contribution.is_zero()) {
        return;
    }
    for language in Language::ALL {
        let locale = Locale::new(language);
        let text = table(std::slice::from_ref(&change), &library, &locale, None);
        adds_up(&numbers_of_table(&text, over, language), &change, &format!("{text}\n{context}"));
        let text = markdown(std::slice::from_ref(&change), &library, &locale);
        adds_up(&numbers_of_markdown(&text, over.len(), language), &change, &format!("{text}\n{context}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn printed_segments_add_up_in_every_format_and_language(seed: u64, any_kind: bool, decimals in 0..6_u32) {
        let divided = any(seed, if any_kind { Kind::Any } else { Kind::Arithmetic });
        check(&divided, &["channel"], decimals);
        check(&divided, &["channel", "campaign"], decimals);
    }

    #[test]
    fn printed_volumes_add_up_in_every_format_and_language(seed: u64, decimals in 0..6_u32) {
        let divided = by_volume(seed);
        check(&divided, &["channel"], decimals);
        check(&divided, &["channel", "campaign"], decimals);
    }
}
