//! Solves random formulas that are made of pieces, and compares with their exact values on a grid.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use proptest::prelude::*;

use super::super::form::ratio;
use super::super::{Solution, SolutionKind};
use super::{Tree, parsed, tried, values};
use crate::value::{Decimal, Number};

/// A formula over the input `x` that is made of pieces.
#[derive(Debug, Clone)]
enum Pieces {
    Plain(Tree),
    Call(&'static str, Vec<Pieces>),
    If(&'static str, Box<[Pieces; 4]>),
    Sum(Box<[Pieces; 2]>),
}

impl Pieces {
    fn text(&self) -> String {
        match self {
            Self::Plain(tree) => tree.text(),
            Self::Call(name, arguments) => {
                format!("{name}({})", arguments.iter().map(Self::text).collect::<Vec<_>>().join(", "))
            }
            Self::If(operator, parts) => {
                let [lhs, rhs, then, otherwise] = &parts.each_ref().map(Self::text);
                format!("(if {lhs} {operator} {rhs} then {then} else {otherwise})")
            }
            Self::Sum(parts) => format!("({} + {})", parts[0].text(), parts[1].text()),
        }
    }

    fn at(&self, x: &BigRational) -> Option<BigRational> {
        match self {
            Self::Plain(tree) => tree.at(x, &BigRational::zero()),
            Self::Call(name, arguments) => {
                let values = arguments.iter().map(|it| it.at(x)).collect::<Option<Vec<_>>>()?;
                Some(match *name {
                    "min" => values.into_iter().min()?,
                    "max" => values.into_iter().max()?,
                    "abs" => values[0].abs(),
                    "floor" => values[0].floor(),
                    "ceil" => values[0].ceil(),
                    _ => values[0].round(),
                })
            }
            Self::If(operator, parts) => {
                let (lhs, rhs) = (parts[0].at(x)?, parts[1].at(x)?);
                let holds = match *operator {
                    "<" => lhs < rhs,
                    "<=" => lhs <= rhs,
                    _ => lhs == rhs,
                };
                parts[if holds { 2 } else { 3 }].at(x)
            }
            Self::Sum(parts) => Some(parts[0].at(x)? + parts[1].at(x)?),
        }
    }
}

fn pieces() -> impl Strategy<Value = Pieces> {
    let leaf = prop_oneof![Just(Tree::X), (-9_i64..10).prop_map(Tree::Constant)];
    let plain = leaf.prop_recursive(2, 4, 2, |inner| {
        (prop_oneof![Just('+'), Just('-'), Just('*'), Just('/')], inner.clone(), inner)
            .prop_map(|(operator, lhs, rhs)| Tree::Join(operator, lhs.into(), rhs.into()))
    });
    plain.prop_map(Pieces::Plain).prop_recursive(3, 8, 4, |inner| {
        let one = prop_oneof![Just("abs"), Just("floor"), Just("ceil"), Just("round")];
        let operator = prop_oneof![Just("<"), Just("<="), Just("=")];
        let four = [inner.clone(), inner.clone(), inner.clone(), inner.clone()];
        prop_oneof![
            (one, inner.clone()).prop_map(|(name, x)| Pieces::Call(name, vec![x])),
            (prop_oneof![Just("min"), Just("max")], [inner.clone(), inner.clone()])
                .prop_map(|(name, parts)| Pieces::Call(name, parts.into())),
            (operator, four).prop_map(|(operator, parts)| Pieces::If(operator, parts.into())),
            [inner.clone(), inner].prop_map(|parts| Pieces::Sum(parts.into())),
        ]
    })
}

/// The exact number of a value or an end.
fn number_of(value: Decimal, exact: bool, fraction: &Option<String>) -> Option<BigRational> {
    match fraction {
        Some(fraction) => Some(parsed(fraction)),
        None => exact.then(|| ratio(Number::exact(value))),
    }
}

/// Checks that claimed values have the wanted value, that closed ends have it too, and that open ones do not.
fn check_claims(formula: &Pieces, wanted: &BigRational, solution: &Solution) -> Result<(), TestCaseError> {
    let at = |point: &BigRational| formula.at(point).as_ref() == Some(wanted);
    for value in &solution.values {
        if let Some(point) = number_of(value.value, value.exact, &value.fraction) {
            prop_assert!(at(&point), "{} at {point}", formula.text());
        }
        let ends = value.range.iter().flat_map(|range| [&range.from, &range.to]).flatten();
        for end in ends {
            if let Some(point) = number_of(end.value, end.exact, &end.fraction) {
                prop_assert_eq!(at(&point), end.included, "{} at the end {}", formula.text(), point);
            }
        }
    }
    Ok(())
}

/// True if a number lies within a claimed value or range, or next to it.
fn is_claimed(solution: &Solution, point: &BigRational) -> bool {
    let near = BigRational::new(1.into(), BigInt::from(10).pow(15));
    let of = |value: Decimal| ratio(Number::exact(value));
    solution.values.iter().any(|value| match &value.range {
        None => (of(value.value) - point).abs() <= near,
        Some(range) => {
            range.from.as_ref().is_none_or(|from| of(from.value) - &near <= *point)
                && range.to.as_ref().is_none_or(|to| *point <= of(to.value) + &near)
        }
    })
}

/// The point between two at which the formula passes the wanted value, unless it jumps over it.
fn crossing(formula: &Pieces, wanted: &BigRational, mut ends: [BigRational; 2]) -> Option<BigRational> {
    let sign = |point: &BigRational| Some((formula.at(point)? - wanted).is_positive());
    let two = BigRational::from(BigInt::from(2));
    for _ in 0..70 {
        let middle = (&ends[0] + &ends[1]) / &two;
        let same = usize::from(sign(&middle)? != sign(&ends[0])?);
        ends[same] = middle;
    }
    let distance = (formula.at(&ends[0])? - formula.at(&ends[1])?).abs();
    (distance < BigRational::new(1.into(), BigInt::from(10).pow(12))).then(|| ends[0].clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Claims are true, and no point of a grid that has the wanted value, and no crossing between two, is left out unless
    /// the solution says that values may be missing.
    #[test]
    fn all_values_of_pieces_are_found(formula in pieces(), wanted in -4_i64..8) {
        if !formula.text().contains('x') {
            return Ok(());
        }
        let definitions = format!("k = {}\ninput x = sum(t.x)", formula.text());
        let Ok(solution) = tried(&definitions, "x\n3\n", ["x", &wanted.to_string()], None) else { return Ok(()) };
        let wanted = BigRational::from(BigInt::from(wanted));
        check_claims(&formula, &wanted, &solution)?;
        if solution.found == SolutionKind::Searched {
            return Ok(());
        }
        let is_always = solution.found == SolutionKind::Always;
        let least = if solution.found == SolutionKind::SolvedWithin { 0 } else { -160 };
        let grid: Vec<BigRational> = (least..160).map(|at| BigRational::new(at.into(), 13.into())).collect();
        let values: Vec<Option<BigRational>> = grid.iter().map(|point| formula.at(point)).collect();
        for (at, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            let point = &grid[at];
            prop_assert!(is_always || (*value == wanted) <= is_claimed(&solution, point), "{} at {point}", formula.text());
            let next = values.get(at + 1).cloned().flatten().filter(|next| *next != wanted && *value != wanted);
            if next.is_some_and(|next| (next > wanted) != (*value > wanted))
                && let Some(point) = crossing(&formula, &wanted, [point.clone(), grid[at + 1].clone()])
            {
                prop_assert!(is_claimed(&solution, &point), "{} passes at {point}: {solution:?}", formula.text());
            }
        }
    }
}

/// Near a pole there are more and more steps, none of which has the value. They are not looked at one by one.
#[test]
fn steps_beyond_the_wanted_value_are_passed_by() {
    let definitions = "k = floor(abs(5 / x / (-2 - x)))\ninput x = sum(t.x)";
    let solution = tried(definitions, "x\n3\n", ["x", "9"], None).expect("it is solved");
    assert_eq!(solution.found, SolutionKind::Solved, "{solution:?}");
    assert_eq!(solution.values.len(), 4, "{solution:?}");
}

/// Far away from the wanted value, a formula rises or falls, so that its steps are not looked at one by one there.
#[test]
fn steps_far_away_are_passed_by() {
    let definitions = "k = round(x * x + x)\ninput x = sum(t.x)";
    let solution = tried(definitions, "x\n3\n", ["x", "0"], None).expect("it is solved");
    assert_eq!(solution.found, SolutionKind::Solved, "{solution:?}");
    // x² + x is between -1/2 and 1/2 up to x = (√3 - 1) / 2.
    assert_eq!(values(&solution), ["(≈-1.36602540378443864676, ≈0.36602540378443864676)"]);
}

/// Conditions over steps are decided by bounds on them, also infinitely far away.
#[test]
fn conditions_over_steps_are_decided() {
    let solved = |formula: &str, wanted: &str| {
        let solution = tried(&format!("k = {formula}\ninput x = sum(t.x)"), "x\n3\n", ["x", wanted], None);
        let solution = solution.expect("it is solved");
        assert_eq!(solution.found, SolutionKind::Solved, "{formula}: {solution:?}");
        values(&solution)
    };
    // Above 20, ceil(x / 10) is at least 3.
    assert_eq!(solved("if ceil(x / 10) <= 2 then x else 2 * x", "50"), ["25"]);
    assert_eq!(solved("if ceil(x / 10) <= 2 then x else 2 * x", "30"), [""; 0]);
    // 2x is larger than floor(x) from -1 on, excluded, and -4 below.
    assert_eq!(solved("max(floor(x), 2 * x)", "9"), ["4.5"]);
    assert_eq!(solved("max(floor(x), 2 * x)", "-4"), ["[-4, -3)"]);
    // x² and its rounded number are at most half apart.
    assert_eq!(solved("if round(x * x) > 4 and x > 0 then x else 0", "3"), ["3"]);
    assert_eq!(solved("clamp(floor(x) * abs(ceil(x)), -6, 20)", "12"), ["(3, 4)"]);
    assert_eq!(solved("mod(floor(x), 5) + x", "18"), ["14"]);
}
