//! The bars of the bridges of a page add up to the difference between their ends.

use proptest::prelude::*;
use yardstick::Decimal;
use yardstick::output::Language;

use super::page::Page;
use super::{folder, report_of};
use crate::change::printed::number;
use crate::change::random::{Case, Kind, case};

/// The definitions of a case with a target for the KPI and for each input.
fn with_targets(case: &Case) -> String {
    let lines = case.definitions.lines().enumerate();
    let targets = lines.map(|(at, line)| match line {
        input if input.starts_with("input") => format!("{input} {{ target {} }}\n", 2 + at % 3),
        kpi if kpi.starts_with(&format!("{} =", case.kpi)) => format!("{kpi} {{ target 5 }}\n"),
        helper => format!("{helper}\n"),
    });
    std::iter::once("dataset t = \"t.csv\"\n".to_owned()).chain(targets).collect()
}

/// The bars of a bridge: the first value, the parts and the last value. None if the page does not have it.
fn bars(page: &Page, id: &str, language: Language) -> Option<Vec<Decimal>> {
    page.html.contains(&format!("id=\"{id}\"")).then(|| {
        let rows = page.section(id).table("bars");
        rows.iter().map(|row| number(&row[1], language)).collect()
    })
}

fn adds_up(bars: &[Decimal], has_quotients: bool, context: &str) {
    let [before, parts @ .., after] = bars else { panic!("there are no bars: {context}") };
    let off = (before + parts.iter().sum::<Decimal>() - after).abs();
    let largest = before.abs().max(after.abs());
    // Quotients are decimals of 28 digits, and one that cancels out almost may be off in the digits that are printed.
    assert!(off.is_zero() || has_quotients && off <= largest * Decimal::new(1, 12), "{bars:?}\n{context}");
}

/// The bars of the first bridge are x0 and x1; the second one has a third for what the targets of these, 2 / 3, do not
/// account for.
#[test]
fn a_kpi_with_a_target_has_two_bridges() {
    let case = Case {
        definitions: "input x0 = sum(t.x0)\ninput x1 = sum(t.x1)\nd0 = x0 / x1\n".to_owned(),
        kpi: "d0".to_owned(),
        inputs: 2,
        data: vec![[Some(2), Some(7)], [Some(3), Some(9)]],
    };
    let folder = folder(&with_targets(&case), &[("t.csv", &case.csv())]);
    let page = report_of(folder.path(), &["d0", "--by", "month"]);
    let bars = |id: &str| bars(&page, id, Language::English).expect("the page has the bridge").len();
    assert_eq!((bars("kpi-d0-change"), bars("kpi-d0-distance")), (4, 5));
}

proptest! {
    // Each case runs the command twice.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn the_bars_of_bridges_add_up(seed: u64, any: bool) {
        let case = case(seed, if any { Kind::Any } else { Kind::Arithmetic });
        let definitions = with_targets(&case);
        let folder = folder(&definitions, &[("t.csv", &case.csv())]);
        for language in Language::ALL {
            let page = report_of(folder.path(), &[&case.kpi, "x0", "--by", "month", "--lang", language.code()]);
            for bridge in ["change", "distance"] {
                if let Some(bars) = bars(&page, &format!("kpi-{}-{bridge}", case.kpi), language) {
                    adds_up(&bars, definitions.contains('/'), &format!("{definitions}{}", case.csv()));
                }
            }
        }
    }
}
