//! What is printed adds up: the bars are read back from the table, from Markdown and from JSON, in both languages.

use std::sync::Arc;

use proptest::prelude::*;
use yardstick::internal::render::{changes as table, changes_markdown as markdown};
use yardstick::output::{Language, Locale};
use yardstick::{Change, Decimal, Evaluation, Library};

use super::evaluated;
use super::random::{Kind, case};

/// A number as a language writes it: `-1,234.5`, `-1 234,5`.
pub fn number(text: &str, language: Language) -> Decimal {
    let digits: String = text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '-' | '.' | ',')).collect();
    let plain = match language {
        Language::English => digits.replace(',', ""),
        Language::French => digits.replace(',', "."),
    };
    plain.parse().unwrap_or_else(|error| panic!("{text:?} is not a number: {error}"))
}

/// The bars of a table: the cells of the lines from the value before to the value after.
fn bars_of_table(text: &str, language: Language) -> Vec<Decimal> {
    let lines = text.lines().skip_while(|line| !line.starts_with("2026-01 "));
    let bars: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    bars.iter().map(|line| number(cells(line)[1], language)).collect()
}

/// The cells of a line, which two spaces separate.
pub fn cells(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

fn bars_of_markdown(text: &str, language: Language) -> Vec<Decimal> {
    let rows = text.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| number(row.split('|').nth(2).expect("it has two columns"), language)).collect()
}

/// The bars between the value before and the value after are their difference.
fn adds_up(bars: &[Decimal], difference: Decimal, text: &str) {
    let [before, parts @ .., after] = bars else { panic!("there are no bars: {text}") };
    let sum: Decimal = parts.iter().sum();
    assert_eq!([sum, before + sum], [difference, *after], "{text}");
}

/// The bars of JSON: the drivers.
fn bars_of_json(change: &Change) -> Vec<Decimal> {
    let json = serde_json::to_value(change).expect("it is data");
    let decimal =
        |value: &serde_json::Value| value.as_str().expect("it is a text").parse::<Decimal>().expect("it is a number");
    let keys = json["drivers"].as_array().expect("it is a list").iter().map(|key| key.as_str().expect("it is a key"));
    keys.map(|key| decimal(&json["steps"][key]["shown"])).collect()
}

/// Random definitions in two orders of the operands of `+`, `*`, `min` and `max`.
fn mirrored(seed: u64) -> [String; 2] {
    let mut random = super::random::Random::new(seed);
    let mut texts = ["", ""].map(|_| (0..4).map(|at| format!("input x{at} = sum(t.x{at})\n")).collect::<String>());
    for at in 0..3 {
        let names: Vec<String> = (0..4).map(|at| format!("x{at}")).chain((0..at).map(|at| format!("d{at}"))).collect();
        let formulas = operands(&mut random, &names, 3);
        texts.iter_mut().zip(formulas).for_each(|(text, formula)| *text += &format!("d{at} = {formula}\n"));
    }
    texts
}

fn operands(random: &mut super::random::Random, names: &[String], depth: usize) -> [String; 2] {
    if depth == 0 || random.below(4) == 0 {
        let name = names[random.below(names.len())].clone();
        return [name.clone(), name];
    }
    let parts: Vec<[String; 2]> = (0..2 + random.below(2)).map(|_| operands(random, names, depth - 1)).collect();
    let enclosed = |text: &String| if text.contains(' ') { format!("({text})") } else { text.clone() };
    let join = |separator: &str| {
        let one: Vec<String> = parts.iter().map(|part| enclosed(&part[0])).collect();
        let other: Vec<String> = parts.iter().rev().map(|part| enclosed(&part[1])).collect();
        [one.join(separator), other.join(separator)]
    };
    let in_order = |separator: &str| {
        [0, 1].map(|at| parts.iter().map(|part| enclosed(&part[at])).collect::<Vec<_>>().join(separator))
    };
    match random.below(6) {
        0 => join(" + "),
        1 => join(" * "),
        2 => in_order(" - "),
        3 => in_order(" / "),
        4 => join(", ").map(|arguments| format!("min({arguments})")),
        _ => join(", ").map(|arguments| format!("max({arguments})")),
    }
}

/// Checks that the bars of a random formula add up.
fn check(seed: u64, kind: Kind, decimals: u32) {
    let case = case(seed, kind);
    let library = Arc::new(Library::from_text(&case.definitions).expect("it is valid"));
    let evaluation = evaluated(&case.definitions, &case.kpi, &case.csv());
    // Numbers of more than 27 digits are beyond a limit.
    let Ok(change) = evaluation.change(0, [0, 1], decimals) else { return };
    let Some(difference) = change.difference.filter(|_| !change.drivers.is_empty()) else { return };
    // A difference that is too small to print has no bars.
    if bars_of_json(&change).iter().all(Decimal::is_zero) {
        assert!(difference.shown.is_zero());
        return;
    }
    for language in Language::ALL {
        let locale = Locale::new(language);
        let text = table(std::slice::from_ref(&change), &library, &locale, None);
        adds_up(&bars_of_table(&text, language), difference.shown, &text);
        let text = markdown(std::slice::from_ref(&change), &library, &locale);
        adds_up(&bars_of_markdown(&text, language), difference.shown, &text);
    }
    assert_eq!(bars_of_json(&change).iter().sum::<Decimal>(), difference.shown);
}

/// The value after is -1.09375, which a step before it made a little larger: it is printed as -1.0937, not as -1.0938.
#[test]
fn bars_end_at_the_printed_value() {
    check(12_202_120_772_710_845_046, Kind::Arithmetic, 4);
}

/// `a * b` in a product of three is not `d`, which is equal to it. By hand: d rises from 10 to 21, by 6 for a and 5 for b,
/// and the product from 10 to 42, by 55/6 for a, 46/6 for b and 91/6 for c.
#[test]
fn an_operation_is_not_the_definition_that_it_is_equal_to() {
    for product in ["a * b * c", "c * b * a", "b * c * a"] {
        let inputs = ["a", "b", "c"].map(|name| format!("input {name} = sum(t.{name})\n")).concat();
        let definitions = format!("{inputs}d = a * b\nk = d + {product}");
        let evaluation = evaluated(&definitions, "k", "month,a,b,c\n2026-01,2,5,1\n2026-02,3,7,2\n");
        let mut found = super::drivers(&evaluation, [0, 1]).expect("both are defined");
        found.sort();
        let sixths =
            |name: &str, numerator: i64| (name.to_owned(), num_rational::BigRational::new(numerator.into(), 6.into()));
        assert_eq!(found, [sixths("a", 91), sixths("b", 76), sixths("c", 91)], "{product}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn printed_bars_add_up_in_every_format_and_language(seed: u64, any: bool, decimals in 0..6_u32) {
        check(seed, if any { Kind::Any } else { Kind::Arithmetic }, decimals);
    }

    /// No contribution depends on the order in which a sum, a product, `min` or `max` names its operands.
    #[test]
    fn contributions_do_not_depend_on_the_order_of_operands(seed: u64, values in prop::collection::vec(1..9_i64, 8)) {
        let row = |month: &str, values: &[i64]| {
            format!("{month},{}\n", values.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        };
        let csv = format!("month,x0,x1,x2,x3\n{}{}", row("2026-01", &values[..4]), row("2026-02", &values[4..]));
        let [one, other] = mirrored(seed).map(|text| (evaluated(&text, "d2", &csv), text));
        let found = |evaluation: &Evaluation| {
            let drivers = super::drivers(evaluation, [0, 1]).unwrap_or_default();
            drivers.into_iter().filter(|(name, _)| name.starts_with('x')).collect::<Vec<_>>()
        };
        let is_exact = |evaluation: &Evaluation| evaluation.change(0, [0, 1], 2).is_ok_and(|change| change.exact && change.difference.is_some());
        // Decimals of 28 digits, which `min` and `max` compare, are rounded in the order of the operands.
        if is_exact(&one.0) && is_exact(&other.0) {
            prop_assert_eq!(found(&one.0), found(&other.0), "{}\n{}\n{}", one.1, other.1, &csv);
        }
    }
}
