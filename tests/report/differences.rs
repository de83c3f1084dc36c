//! A page prints one difference for a KPI, a group and two periods: that of the two printed values.

use proptest::prelude::*;
use rust_decimal::RoundingStrategy;
use yardstick::Decimal;
use yardstick::output::Language;

use super::page::Page;
use super::{folder, report_of};
use crate::change::printed::number;
use crate::change::random::Random;

/// Money, a percentage and a plain number, each with a target that has more digits than are printed.
const KPIS: &str = r#"
currency EUR
dataset t = "t.csv" { time month  a: money }
input cost: money = sum(t.a)
input leads = sum(t.b)
input won = sum(t.c)
k: money = cost / leads { better lower  target 3.1415 EUR }
p: percent = won / leads { better higher  target 31.45% }
n = won / leads { better higher  target 0.3333 }
"#;

/// Two regions in three months. Quotients of these have digits without end.
fn table(seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut lines = "month,region,a,b,c\n".to_owned();
    for month in 1..=3 {
        for region in ["north", "south"] {
            let [cents, leads, won] = [1 + random.below(90_000), 10 + random.below(88), random.below(41)];
            lines += &format!("2026-0{month},{region},{}.{:02},{leads},{won}\n", cents / 100, cents % 100);
        }
    }
    lines
}

/// The numbers of the cells of a row; None for its name and for cells without a digit.
fn numbers(row: &[String], language: Language) -> Vec<Option<Decimal>> {
    let has_digit = |cell: &String| cell.contains(|letter: char| letter.is_ascii_digit());
    let cell = |(at, cell): (usize, &String)| (at > 0 && has_digit(cell)).then(|| number(cell, language));
    row.iter().enumerate().map(cell).collect()
}

/// Checks that a difference is what a reader finds who subtracts the second number from the first. A number that would print as 0
/// has more digits, which the difference has not.
fn is_difference(numbers: [Option<Decimal>; 3], context: &str) {
    let [after, before, difference] = numbers;
    let digits = difference.map_or(0, |difference| difference.scale());
    let rounded = |exact: Decimal| exact.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    assert_eq!(after.zip(before).map(|(after, before)| rounded(after - before)), difference, "{context}");
}

/// Checks the page of a table, and returns the printed differences of the current period.
fn checked(page: &Page, kpi: &str, language: Language, context: &str) -> [Option<Decimal>; 2] {
    let section = page.section(&format!("kpi-{kpi}"));
    let rows: Vec<_> = section.table("data").iter().map(|row| numbers(row, language)).collect();
    for pair in rows.windows(2) {
        is_difference([pair[1][1], pair[0][1], pair[1][2]], context);
    }
    rows.iter().for_each(|row| is_difference([row[1], row[3], row[4]], context));
    for row in section.table("bars segments") {
        let row = numbers(&row, language);
        is_difference([row[1], row[3], row[4]], context);
        assert!(row[4].is_some(), "{context}");
    }
    let row = rows.last().expect("it has months");
    [row[2], row[4]]
}

/// The first and the last bar of a bridge differ by what is printed elsewhere, and the bars between them add up to it.
fn is_bridged(page: &Page, id: &str, difference: Option<Decimal>, language: Language, context: &str) {
    if !page.html.contains(&format!("id=\"{id}\"")) {
        return;
    }
    let bars: Vec<Decimal> = page.section(id).table("bars").iter().map(|row| number(&row[1], language)).collect();
    let [before, parts @ .., after] = &bars[..] else { panic!("there are no bars: {context}") };
    assert_eq!((Some(after - before), Some(parts.iter().sum())), (difference, difference), "{id}: {context}");
}

proptest! {
    // Each case runs the command twice.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]

    #[test]
    fn a_page_prints_one_difference(seed: u64) {
        let table = table(seed);
        let folder = folder(KPIS, &[("t.csv", &table)]);
        for language in Language::ALL {
            let arguments = ["k", "p", "n", "--by", "month", "--over", "region", "--lang", language.code()];
            let page = report_of(folder.path(), &arguments);
            let context = format!("{language:?}\n{table}");
            let overview = page.table("stack");
            for (row, kpi) in overview.iter().zip(["k", "p", "n"]) {
                let differences = checked(&page, kpi, language, &context);
                let row = numbers(row, language);
                // The value, the value before and the difference, the target and the difference.
                is_difference([row[1], row[2], row[3]], &context);
                prop_assert_eq!([row[3], row[5]], differences, "{}", context);
                let sentence = page.section(&format!("kpi-{kpi}")).paragraph("now");
                let shown = row[3].expect("there is a month before").normalize().abs();
                prop_assert!(sentence_numbers(&sentence, language).contains(&shown), "{}: {}", sentence, context);
                is_bridged(&page, &format!("kpi-{kpi}-change"), row[3], language, &context);
                is_bridged(&page, &format!("kpi-{kpi}-distance"), row[5], language, &context);
            }
        }
    }
}

/// The sizes of the numbers in a sentence.
fn sentence_numbers(sentence: &str, language: Language) -> Vec<Decimal> {
    let is_part = |letter: char| letter.is_ascii_digit() || ".,".contains(letter);
    let parts = sentence.split(|letter: char| !is_part(letter)).map(|part| part.trim_end_matches(['.', ',']));
    let parts = parts.filter(|part| part.starts_with(|letter: char| letter.is_ascii_digit()));
    parts.map(|part| number(part, language).normalize()).collect()
}
