//! The laws of contributions, over random definitions and data.

use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use yardstick::{Change, Decimal, Evaluation};

use super::random::{Case, Kind, case, chain, quadratic};
use super::{drivers, evaluated};

fn evaluation(case: &Case) -> Evaluation {
    evaluated(&case.definitions, &case.kpi, &case.csv())
}

/// The printed and the full parts of each step add up to the step, and the drivers to the difference of the printed
/// values.
pub fn adds_up(change: &Change) {
    let Some(difference) = change.difference else { return };
    for step in change.steps.iter().filter(|step| !step.parts.is_empty()) {
        let shown: Decimal = step.parts.iter().map(|part| part.share.shown).sum();
        assert_eq!(shown, step.share.shown, "{change:#?}");
        let full: Decimal = step.parts.iter().map(|part| part.share.contribution).sum();
        assert_eq!(full, step.share.contribution, "{change:#?}");
    }
    let shown: Decimal = change.drivers.iter().map(|key| change.step(*key).share.shown).sum();
    assert_eq!(shown, difference.shown, "{change:#?}");
}

/// The value of the KPI where the inputs in a set, a bit for each, have changed. None if it is undefined.
///
/// The engine computes it: what a formula means is tested elsewhere.
fn values(case: &Case) -> Option<Vec<BigRational>> {
    let names: Vec<String> = (0..case.inputs).map(|at| format!("x{at}")).collect();
    let mut csv = format!("month,{}\n", names.join(","));
    for set in 0..1_usize << case.inputs {
        let cells = case
            .data
            .iter()
            .enumerate()
            .map(|(at, values)| values[set >> at & 1].expect("it is not blank").to_string());
        csv += &format!("{:04}-{:02},{}\n", 2000 + set / 12, 1 + set % 12, cells.collect::<Vec<_>>().join(","));
    }
    let evaluation = evaluated(&case.definitions, &case.kpi, &csv);
    let before = 0;
    let value = |set: usize| {
        let change = evaluation.exact_contributions(0, [before, set]).expect("it is within the limits");
        change.first().cloned()
    };
    (0..1 << case.inputs).map(value).collect()
}

/// The Shapley value of an input by its definition: the mean over all orders, of which those with the same inputs before
/// it are counted together.
fn shapley(values: &[BigRational], inputs: usize, input: usize) -> BigRational {
    let factorial = |number: u32| (1..=number).map(BigInt::from).product::<BigInt>();
    let count = inputs as u32;
    let without = (0..values.len()).filter(|set| set >> input & 1 == 0);
    without
        .map(|set| {
            let before = set.count_ones();
            let weight = BigRational::new(factorial(before) * factorial(count - 1 - before), factorial(count));
            (&values[set | 1 << input] - &values[set]) * weight
        })
        .sum()
}

fn equals_brute_force(case: &Case) {
    let evaluation = evaluation(case);
    let (Some(found), Some(values)) = (drivers(&evaluation, [0, 1]), values(case)) else { return };
    for at in 0..case.inputs {
        let name = format!("x{at}");
        let own = found.iter().find(|(known, _)| *known == name).map(|(_, contribution)| contribution.clone());
        let own = own.unwrap_or_else(|| BigRational::from_integer(0.into()));
        assert_eq!(own, shapley(&values, case.inputs, at), "{name}\n{}{}", case.definitions, case.csv());
    }
}

fn sum(drivers: &[(String, BigRational)]) -> BigRational {
    drivers.iter().map(|(_, contribution)| contribution.clone()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn contributions_add_up_exactly(seed: u64, any: bool) {
        let case = case(seed, if any { Kind::Any } else { Kind::Arithmetic });
        let evaluation = evaluation(&case);
        // Numbers of more than 27 digits are beyond a limit.
        if let Ok(change) = evaluation.change(0, [0, 1], 2) {
            adds_up(&change);
        }
        let exact = evaluation.exact_contributions(0, [0, 1]).expect("it is within the limits");
        if let Some(found) = drivers(&evaluation, [0, 1]) {
            prop_assert_eq!(sum(&found), exact[0].clone(), "{}{}", case.definitions, case.csv());
        }
    }

    #[test]
    fn reversed_in_time_contributions_change_their_sign(seed: u64, any: bool) {
        let case = case(seed, if any { Kind::Any } else { Kind::Arithmetic });
        let evaluation = evaluation(&case);
        let forward = drivers(&evaluation, [0, 1]).unwrap_or_default();
        let back = drivers(&evaluation, [1, 0]).unwrap_or_default();
        let nonzero = |(name, part): &(String, BigRational)| (*part != BigRational::from_integer(0.into())).then(|| (name.clone(), part.clone()));
        let forward: Vec<_> = forward.iter().filter_map(nonzero).map(|(name, part)| (name, -part)).collect();
        let back: Vec<_> = back.iter().filter_map(nonzero).collect();
        prop_assert_eq!(forward, back, "{}{}", case.definitions, case.csv());
    }

    #[test]
    fn what_does_not_change_contributes_nothing(seed: u64, any: bool) {
        let case = case(seed, if any { Kind::Any } else { Kind::Arithmetic });
        let found = drivers(&evaluation(&case), [0, 1]).unwrap_or_default();
        for (at, [before, after]) in case.data.iter().enumerate().filter(|(_, values)| values[0] == values[1]) {
            let name = format!("x{at}");
            let own = found.iter().find(|(known, _)| *known == name).map(|(_, part)| part.clone());
            let zero = BigRational::from_integer(0.into());
            prop_assert_eq!(own.unwrap_or_else(|| zero.clone()), zero, "{:?} {:?}\n{}", before, after, case.definitions);
        }
    }

    /// Renaming the inputs renames the contributions: none depends on a name or on the order of columns.
    #[test]
    fn contributions_do_not_depend_on_names(seed: u64) {
        let case = case(seed, Kind::Arithmetic);
        let renamed = |text: &str| (0..case.inputs).fold(text.to_owned(), |text, at| {
            text.replace(&format!("x{at}"), &format!("y{}", case.inputs - 1 - at))
        });
        let other = evaluated(&renamed(&case.definitions), &case.kpi, &renamed(&case.csv()));
        let mut expected: Vec<(String, BigRational)> = drivers(&evaluation(&case), [0, 1]).unwrap_or_default();
        expected.iter_mut().for_each(|(name, _)| *name = renamed(name));
        expected.sort();
        prop_assert_eq!(drivers(&other, [0, 1]).unwrap_or_default(), expected);
    }

    #[test]
    fn quadratic_formulas_are_split_by_the_shapley_value(seed: u64) {
        equals_brute_force(&quadratic(seed));
    }

    #[test]
    fn chains_of_products_are_split_by_the_shapley_value(seed: u64) {
        equals_brute_force(&chain(seed));
    }
}
