use std::collections::HashMap;
use std::sync::Arc;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use proptest::prelude::*;

use super::{Goal, Sensitivity, Solution, SolutionKind, goal_query, varied_inputs, varied_query};
use crate::aggregate::Embedded;
use crate::budget::Budget;
use crate::data::Table;
use crate::diagnostic::Diagnostic;
use crate::eval::Evaluation;
use crate::library::Library;
use crate::plan::{Limits, Query};
use crate::value::{Cell, Decimal, Number, Value};

fn evaluated(definitions: &str, csv: &str, query: &Query) -> Evaluation {
    let library = Library::from_text(definitions).expect("the definitions compile");
    let table = Table::from_csv("t", csv, &Default::default()).expect("it is a table");
    let source = Embedded::new(vec![Arc::new(table)]);
    library.evaluate(query, &source, &Limits::default()).expect("it can be evaluated")
}

fn number(text: &str) -> Number {
    Number::exact(text.parse().unwrap_or_else(|_| panic!("{text} is a decimal")))
}

fn tried(
    definitions: &str,
    csv: &str,
    [input, wanted]: [&str; 2],
    within: Option<[&str; 2]>,
) -> Result<Solution, Diagnostic> {
    let query = goal_query(Query::default(), "k".into(), &input.into(), vec![]);
    let evaluation = evaluated(definitions, csv, &query);
    let goal = Goal { wanted: number(wanted), within: within.map(|ends| ends.map(number)) };
    evaluation.solutions(&goal, &[0], &Budget::unlimited()).map(|mut found| found.remove(0))
}

const ONE_ROW: &str = "x,y\n4,10\n";

/// The values of `x` at which `k` is what is wanted, over one row with `x` = 4 and `y` = 10.
fn solution(formula: &str, wanted: &str, within: Option<[&str; 2]>) -> Solution {
    tried(&format!("k = {formula}\ninput x = sum(t.x)\ninput y = sum(t.y)"), ONE_ROW, ["x", wanted], within)
        .unwrap_or_else(|problem| panic!("{formula}: {}", problem.message))
}

fn values(solution: &Solution) -> Vec<String> {
    let value = |value: &super::SolvedValue| match (&value.fraction, value.exact) {
        (Some(fraction), _) => fraction.clone(),
        (None, true) => value.value.normalize().to_string(),
        (None, false) => format!("≈{}", value.value.round_dp(20).normalize()),
    };
    solution.values.iter().map(value).collect()
}

fn exact(formula: &str, wanted: &str) -> Vec<String> {
    values(&solution(formula, wanted, None))
}

/// Each by hand.
#[test]
fn linear_terms_and_their_quotients_are_exact() {
    assert_eq!(exact("2 * x + y", "30"), ["10"]);
    assert_eq!(exact("y / x", "2.5"), ["4"]);
    assert_eq!(exact("y / x", "3"), ["10/3"]);
    assert_eq!(exact("x / (x + y)", "0.5"), ["10"]);
    assert_eq!(exact("(x - y) / (x + y)", "0.2"), ["15"]);
    assert_eq!(exact("1 - (y - x) / y", "-1"), ["-10"]);
    assert_eq!(exact("x - x / 3", "1"), ["1.5"]);
    // Without fractions, 10 / 3 * 3 would not be 10.
    assert_eq!(exact("y / 3 * x * 3", "20"), ["2"]);
}

#[test]
fn there_may_be_no_value_or_several() {
    assert_eq!(exact("x * x", "9"), ["-3", "3"]);
    assert_eq!(exact("x ^ 2 + 1", "0"), [] as [&str; 0]);
    assert_eq!(exact("(x - 2) * (x - 5) * (x + 1)", "0"), ["-1", "2", "5"]);
    assert_eq!(exact("x + 1 / x", "2.5"), ["0.5", "2"]);
    // A double root: the KPI touches what is wanted.
    assert_eq!(exact("x + 1 / x", "2"), ["1"]);
    assert_eq!(exact("(3 * x - 1) ^ 2", "0"), ["1/3"]);
    assert_eq!(exact("x ^ 3", "2"), ["≈1.25992104989487316477".to_owned()]);
    // A hyperbola takes every value but one.
    let none = solution("(x + 1) / x", "1", None);
    assert_eq!((values(&none).len(), none.found), (0, SolutionKind::Solved));
}

#[test]
fn bounds_are_included() {
    let within = |low: &str, high: &str| values(&solution("x * x", "9", Some([low, high])));
    assert_eq!(within("0", "100"), ["3"]);
    assert_eq!(within("3", "100"), ["3"]);
    assert_eq!(within("-100", "-3"), ["-3"]);
    assert_eq!(within("-2.9", "2.9"), [] as [&str; 0]);
    assert_eq!(within("-3", "3"), ["-3", "3"]);
    assert_eq!(within("1000", "2000"), [] as [&str; 0]);
}

#[test]
fn huge_and_tiny_values_are_found() {
    assert_eq!(exact("x * 0.0000000000001", "1000000000000"), ["10000000000000000000000000"]);
    assert_eq!(exact("x * 1000000000000", "0.0000000000001"), ["0.0000000000000000000000001"]);
    // A decimal has no room for 10^29.
    let far = solution("x / 10000000000000000000", "10000000000", None);
    assert_eq!((values(&far).len(), far.found), (0, SolutionKind::Solved));
}

#[test]
fn a_value_at_which_the_kpi_is_undefined_is_named() {
    // x²/x is x, but not at 0.
    let at_zero = solution("x * x / x", "0", None);
    assert_eq!((values(&at_zero).len(), &at_zero.undefined_at[..]), (0, &[Decimal::ZERO][..]));
    // 1 / (1 / x) is x, but not at 0, although that is no zero of the last denominator.
    let inverse = solution("1 / (1 / x)", "0", None);
    assert_eq!((values(&inverse).len(), &inverse.undefined_at[..]), (0, &[Decimal::ZERO][..]));
    let undefined = solution("x / (y - 10)", "1", None);
    assert_eq!(undefined.found, SolutionKind::Undefined);
    assert!(undefined.reason.expect("it is divided by zero").to_string().starts_with("division by zero"));
}

#[test]
fn a_kpi_that_does_not_depend_on_the_input_here_says_so() {
    assert_eq!(solution("x * 0 + y", "10", None).found, SolutionKind::Always);
    assert_eq!(solution("x * (y - 10) + y", "11", None).found, SolutionKind::Constant);
    assert_eq!(solution("if y > 5 then y else x", "7", None).found, SolutionKind::Constant);
    // The branch is decided without the input.
    assert_eq!(exact("if y > 5 then x * 2 else y", "7"), ["3.5"]);
    assert_eq!(exact("x ?? y", "7"), ["7"]);
}

/// Formulas that are not quotients of polynomials are searched.
#[test]
fn other_formulas_are_searched() {
    let found = |formula: &str, wanted: &str| {
        let solution = solution(formula, wanted, None);
        assert_eq!(solution.found, SolutionKind::Searched, "{formula}");
        values(&solution)
    };
    assert_eq!(found("max(x, y)", "25"), ["25"]);
    assert_eq!(found("if x > 100 then 2 * x else x", "300"), ["150"]);
    assert_eq!(found("sqrt(x)", "3"), ["9"]);
    assert_eq!(found("max(x, y)", "9"), [] as [&str; 0]);
    assert_eq!(found("2 ^ x", "8"), ["3"]);
    // √2 has the digits 1.41421356237309504880.
    assert_eq!(found("max(x * x, 0)", "2"), ["≈1.4142135623730950488"]);
    // From 0 to 4,000: a jump over 150.
    let jump = solution("if x > 100 then 2 * x else x", "150", None);
    assert_eq!((jump.values.len(), jump.jumps.len()), (0, 1));
    assert_eq!(jump.jumps[0].round_dp(10).normalize(), Decimal::from(100));
    let plateau = solution("floor(x)", "3", Some(["0", "10"]));
    assert_eq!(plateau.values.len(), 1);
    assert_eq!(plateau.values[0].value.normalize(), Decimal::from(3));
    assert_eq!(plateau.values[0].up_to.expect("it is a range").round_dp(15).normalize(), Decimal::from(4));
}

/// The polynomial of degree 13 is searched; that of degree 12 is solved.
#[test]
fn the_degree_is_limited() {
    assert_eq!(solution("x ^ 12", "4096", None).found, SolutionKind::Solved);
    assert_eq!(exact("x ^ 12", "4096"), ["-2", "2"]);
    let searched = solution("x ^ 12 * x", "8192", None);
    assert_eq!((searched.found, values(&searched)), (SolutionKind::Searched, vec!["2".to_owned()]));
}

#[test]
fn the_change_and_the_check_are_exact() {
    let solution = solution("y / x", "5", None);
    let value = &solution.values[0];
    assert_eq!((solution.present, solution.present_input), (Some(number("2.5").decimal), Some(Decimal::from(4))));
    assert_eq!((value.value, value.difference), (Decimal::TWO, Some(-Decimal::TWO)));
    assert_eq!((value.change, value.check), (Some(number("-0.5").decimal), Decimal::from(5)));
}

#[test]
fn parameters_are_free_in_every_context_and_in_other_parameters() {
    let definitions = "param p = 20\nparam q = p * 2 + 1\nk = x * q\ninput x = sum(t.x)";
    assert_eq!(values(&tried(definitions, ONE_ROW, ["p", "10"], None).expect("it is linear")), ["0.75"]);
}

#[test]
fn inputs_that_are_read_elsewhere_are_refused() {
    let refused = |definitions: &str, input: &str| {
        let query = goal_query(Query::default().by("g"), "k".into(), &input.into(), vec![]);
        let evaluation = evaluated(definitions, "g,x\na,1\nb,2\n", &query);
        let goal = Goal { wanted: number("1"), within: None };
        evaluation.solutions(&goal, &[0], &Budget::unlimited()).expect_err("it is refused").message
    };
    let x = "input x = sum(t.x)\n";
    assert_eq!(refused(&format!("{x}k = x / x[all g]"), "x"), "`k` reads `x` in another context too: all g");
    assert_eq!(refused(&format!("{x}k = x + sum(x each g)"), "x"), INSIDE.replace("INPUT", "x"));
    assert_eq!(refused("param p = 2\nk = sum(t.x * p)", "p"), INSIDE.replace("INPUT", "p"));
    assert_eq!(refused("param p = 2\nk = sum(x * p each g)\ninput x = sum(t.x)", "p"), INSIDE.replace("INPUT", "p"));
    assert_eq!(refused("k = sum(t.x)\ninput z = count(t)", "z"), "`k` does not depend on `z`");
}

const INSIDE: &str = "`k` reads `INPUT` inside an aggregate, not only as a value of the group";

/// Two definitions of one aggregate have one value, but only one of them is set.
#[test]
fn definitions_with_the_same_value_are_told_apart() {
    let definitions = "input x = sum(t.x)\ninput same = sum(t.x)\nk = x + same";
    assert_eq!(values(&tried(definitions, ONE_ROW, ["x", "10"], None).expect("it is linear")), ["6"]);
}

#[test]
fn statuses_are_those_at_the_found_value() {
    let definitions = "k = y / x { better lower  good <= 3  bad otherwise }\n\
                       other = x * 2 { better higher  good >= 7  watch > 20 / 3  bad otherwise }\n\
                       input x = sum(t.x)\ninput y = sum(t.y)";
    let query = goal_query(Query::default(), "k".into(), &"x".into(), vec!["other".into()]);
    let evaluation = evaluated(definitions, "x,y\n2,10\n", &query);
    let goal = Goal { wanted: number("3"), within: None };
    let found = evaluation.solutions(&goal, &[0], &Budget::unlimited()).expect("it is a quotient");
    let statuses: Vec<_> = found[0].values[0].statuses.iter().map(|it| (&*it.kpi, it.after)).collect();
    // 10/3 is no decimal: with the nearest one, `k` would be above 3, and `other` below 20/3.
    let good = Some(crate::syntax::ast::Status::Good);
    assert_eq!(statuses, [("k", good)]);
}

// ── random formulas ──────────────────────────────────────────────────────────

/// A formula over the input `x`, another input and constants.
#[derive(Debug, Clone)]
enum Tree {
    X,
    Y,
    Constant(i64),
    Join(char, Box<Tree>, Box<Tree>),
}

impl Tree {
    fn text(&self) -> String {
        match self {
            Self::X => "x".into(),
            Self::Y => "y".into(),
            Self::Constant(number) => format!("({number})"),
            Self::Join(operator, lhs, rhs) => format!("({} {operator} {})", lhs.text(), rhs.text()),
        }
    }

    /// The value, computed without polynomials. None if it is undefined.
    fn at(&self, x: &BigRational, y: &BigRational) -> Option<BigRational> {
        Some(match self {
            Self::X => x.clone(),
            Self::Y => y.clone(),
            Self::Constant(number) => BigRational::from(BigInt::from(*number)),
            Self::Join(operator, lhs, rhs) => {
                let (lhs, rhs) = (lhs.at(x, y)?, rhs.at(x, y)?);
                match operator {
                    '+' => lhs + rhs,
                    '-' => lhs - rhs,
                    '*' => lhs * rhs,
                    _ if rhs.is_zero() => return None,
                    _ => lhs / rhs,
                }
            }
        })
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![4 => Just(Tree::X), 1 => Just(Tree::Y), 2 => (-9_i64..10).prop_map(Tree::Constant)];
    leaf.prop_recursive(3, 10, 2, |inner| {
        let operator = prop_oneof![Just('+'), Just('-'), Just('*'), Just('/')];
        (operator, inner.clone(), inner).prop_map(|(operator, lhs, rhs)| Tree::Join(operator, lhs.into(), rhs.into()))
    })
}

/// A fraction as a decimal, if it is one of few digits.
fn as_decimal(ratio: &BigRational) -> Option<String> {
    let scaled = ratio * BigRational::from(BigInt::from(10).pow(9));
    let units = scaled.is_integer().then(|| i64::try_from(scaled.to_integer()).ok()).flatten()?;
    Some(Decimal::new(units, 9).normalize().to_string())
}

fn parsed(text: &str) -> BigRational {
    match text.split_once('/') {
        Some((numerator, denominator)) => {
            BigRational::new(numerator.parse().expect("digits"), denominator.parse().expect("digits"))
        }
        None => super::form::ratio(number(text)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// The value from which the wanted one was computed is found, and every exact value gives exactly the wanted one.
    #[test]
    fn the_found_values_give_what_is_wanted(tree in tree(), x in -40_i64..40, y in -9_i64..10) {
        let ten = BigRational::from(BigInt::from(10));
        let (x, y) = (BigRational::from(BigInt::from(x)) / &ten, BigRational::from(BigInt::from(y)));
        let Some(wanted) = tree.at(&x, &y) else { return Ok(()) };
        let Some(text) = as_decimal(&wanted) else { return Ok(()) };
        if !tree.text().contains('x') {
            return Ok(());
        }
        let definitions = format!("k = {}\ninput x = sum(t.x)\ninput y = sum(t.y)", tree.text());
        let csv = format!("x,y\n7,{}\n", y.to_integer());
        let solution = tried(&definitions, &csv, ["x", &text], None).expect("it is rational");
        match solution.found {
            SolutionKind::Always => prop_assert_eq!(tree.at(&(x + BigRational::one()), &y).unwrap_or(wanted.clone()), wanted),
            SolutionKind::Solved => {
                let found: Vec<String> = values(&solution);
                let exact: Vec<BigRational> =
                    found.iter().filter(|text| !text.starts_with('≈')).map(|text| parsed(text)).collect();
                prop_assert!(exact.contains(&x), "{} = {text}: {found:?} lack {x}", tree.text());
                for value in &exact {
                    prop_assert_eq!(tree.at(value, &y), Some(wanted.clone()), "{} at {}", tree.text(), value);
                }
                prop_assert!(solution.values.iter().filter(|it| it.exact).all(|it| it.check == solution.wanted));
            }
            other => prop_assert!(false, "{}: {other:?}", tree.text()),
        }
    }
}

// ── scenarios ────────────────────────────────────────────────────────────────

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// What accounts for the difference that a scenario makes adds up to the difference of both values.
    #[test]
    fn a_scenario_is_divided_among_what_it_sets(tree in tree(), x in -40_i64..40, y in -9_i64..10, share in 1_i64..300) {
let set = format!("scenario \"s\" {{\n  x = x * {share}%\n  y = x + 2 * y\n}}");
        let definitions = format!("k = {}\ninput x = sum(t.x)\ninput y = sum(t.y)\n{set}", tree.text());
        let csv = format!("x,y\n{x},{y}\n");
        let evaluation = evaluated(&definitions, &csv, &Query::new(["k"]).scenario("s"));
        let pair = evaluation.in_scenario()[0];
        let ratio = |number: i64| BigRational::from(BigInt::from(number));
        let after = [ratio(x) * ratio(share) / ratio(100), ratio(x) + ratio(2) * ratio(y)];
        let exact = tree.at(&ratio(x), &ratio(y)).zip(tree.at(&after[0], &after[1]));
        let values = [(pair.base, 0), (pair.scenario, 0)];
        let change = evaluation.change_within(values, 4, None, &mut Budget::unlimited().charge());
        let change = change.map_err(|problem| TestCaseError::fail(problem.message))?;
        let (Some(difference), Some((before, after))) = (change.difference, exact.clone()) else {
            prop_assert!(change.difference.is_none() && exact.is_none(), "{}: {change:?}", tree.text());
            return Ok(());
        };
        let of = |number: Decimal| super::form::ratio(Number::exact(number));
        let distance = (of(difference.contribution) - (&after - &before)).abs();
        let size = before.abs() + after.abs() + BigRational::one();
        prop_assert!(distance <= size / BigRational::from(BigInt::from(10).pow(15)), "{}", tree.text());
        let drivers = change.drivers.iter().map(|key| change.step(*key));
        let names: Vec<&str> = drivers.clone().map(|step| &*step.name).collect();
        prop_assert!(names.iter().all(|name| ["x", "y"].contains(name)), "{names:?}");
        let sum = drivers.fold(BigRational::zero(), |sum, step| sum + of(step.share.contribution));
        prop_assert_eq!(sum, of(difference.contribution), "{}", tree.text());
    }
}

/// Setting one input to another gives both the same value, and yet they are two drivers.
#[test]
fn names_that_a_scenario_makes_equal_are_told_apart() {
    let definitions =
        "k = 3 * x - y\ninput x = sum(t.x)\ninput y = sum(t.y)\nscenario \"s\" {\n  x = y\n  y = y + 0\n}";
    let evaluation = evaluated(definitions, ONE_ROW, &Query::new(["k"]).scenario("s"));
    let change = evaluation.change_within([(0, 0), (1, 0)], 2, None, &mut Budget::unlimited().charge());
    let change = change.unwrap_or_else(|problem| panic!("{}", problem.message));
    let drivers: Vec<_> = change.drivers.iter().map(|key| change.step(*key)).collect();
    let shown: Vec<_> = drivers.iter().map(|step| (&*step.name, step.share.contribution.normalize())).collect();
    assert_eq!(shown, [("x", Decimal::from(18))]);
    assert!(drivers[0].rows.is_none() && drivers[0].formula.as_deref() == Some("y"));
}

// ── sensitivity ──────────────────────────────────────────────────────────────

const SHOP: &str = "input spend = sum(t.spend)\ninput leads = sum(t.leads)\nparam fee = 3\nparam rate = 20%\n\
                    cost = spend + leads * fee\ncpl = cost / leads\n\
                    trend = cpl / cpl[previous] - 1\nshare = spend / spend[all channel]\n\
                    net = sum(t.spend * (1 - rate)) - cost\n\
                    input rows = count(t)\nper_row = cost / (rows - 2)";

const ADS: &str = "month,channel,spend,leads\n2026-01,web,100,4\n2026-01,mail,30,3\n2026-01,mail,7,1\n\
                   2026-02,web,120,5\n2026-02,mail,40,2\n";

fn cells(evaluation: &Evaluation, kpi: &str) -> HashMap<String, Cell> {
    let at = evaluation.plan.kpis.iter().position(|known| *known.name == *kpi).expect("it is asked for");
    (0..evaluation.groups.len())
        .map(|group| (format!("{:?}", evaluation.group_label(group)), evaluation.value(at, group)))
        .collect()
}

/// The worlds of one plan are the separate runs with `--set`.
#[test]
fn each_end_is_what_setting_the_input_gives() {
    let library = Library::from_text(SHOP).expect("it compiles");
    let kpis = ["cpl", "trend", "share", "net", "per_row"];
    let ids = kpis.iter().filter_map(|kpi| library.id(kpi));
    let inputs: Vec<Arc<str>> =
        varied_inputs(&library, ids).into_iter().map(|id| library.get(id).name.text.clone()).collect();
    let mut names: Vec<&str> = inputs.iter().map(|name| &**name).collect();
    names.sort_unstable();
    assert_eq!(names, ["fee", "leads", "rate", "rows", "spend"]);
    let query = Query::new(kpis).by("month").by("channel");
    let evaluation = evaluated(SHOP, ADS, &varied_query(query.clone(), &inputs, number("12.5").decimal));
    let mut compared = 0;
    for (factor, is_up) in [("87.5%", false), ("112.5%", true)] {
        for input in &inputs {
            let set = evaluated(SHOP, ADS, &query.clone().set_formula(&**input, format!("{input} * {factor}")));
            for (at, kpi) in kpis.iter().enumerate() {
                let expected = cells(&set, kpi);
                for group in 0..evaluation.groups.len() {
                    let result = evaluation.sensitivity(at, group, number("12.5").decimal, true);
                    let effect = result.inputs.iter().find(|effect| effect.name == *input).expect("it is varied");
                    let end = if is_up { &effect.up } else { &effect.down };
                    let expected = &expected[&format!("{:?}", evaluation.group_label(group))];
                    match expected {
                        Ok(Value::Number(number)) => {
                            assert_eq!(end.value, Some(number.decimal), "{kpi} {input} {group}")
                        }
                        _ => assert!(end.value.is_none() && end.undefined.is_some(), "{kpi} {input} {group}"),
                    }
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 2 * 5 * 5 * 4);
}

fn sensitivity(formula: &str, percent: &str) -> Sensitivity {
    let definitions = format!("k = {formula}\ninput x = sum(t.x)\ninput y = sum(t.y)\nparam p = 3");
    let library = Library::from_text(&definitions).expect("it compiles");
    let inputs = varied_inputs(&library, library.id("k"));
    let inputs: Vec<Arc<str>> = inputs.into_iter().map(|id| library.get(id).name.text.clone()).collect();
    let percent = number(percent).decimal;
    evaluated(&definitions, ONE_ROW, &varied_query(Query::new(["k"]), &inputs, percent))
        .sensitivity(0, 0, percent, false)
}

/// By hand: k = 10² · 4 · 3 = 1,200. With y ±10% it is 972 and 1,452, an elasticity of 480 / 1,200 / 20% = 2.
#[test]
fn effects_are_ranked_by_size() {
    let result = sensitivity("x * y ^ 2 * p", "10");
    let effects: Vec<_> = result.inputs.iter().map(|it| (&*it.name, it.elasticity.expect("it has one"))).collect();
    assert_eq!(effects, [("y", Decimal::TWO), ("x", Decimal::ONE), ("p", Decimal::ONE)]);
    let ends = [&result.inputs[0].down, &result.inputs[0].up].map(|end| end.value.map(|value| value.normalize()));
    assert_eq!(ends, [Some(Decimal::from(972)), Some(Decimal::from(1_452))]);
    assert_eq!(result.inputs[0].size(), Some(Decimal::from(252)));
}

/// y - 11 is 0 with y 10% larger. The elasticity is then that to the lower end: from -2 to -4 is a fall of half of the size
/// of -4, for 10% of y.
#[test]
fn an_undefined_end_has_a_reason() {
    let result = sensitivity("x / (y - 11)", "10");
    let y = result.inputs.iter().find(|effect| &*effect.name == "y").expect("it is varied");
    assert!(y.up.undefined.as_ref().is_some_and(|reason| reason.to_string().starts_with("division by zero")));
    assert_eq!((y.down.value, y.down.difference), (Some(-Decimal::TWO), Some(Decimal::TWO)));
    assert_eq!(y.elasticity.map(|it| it.normalize()), Some(Decimal::from(-5)));
}
