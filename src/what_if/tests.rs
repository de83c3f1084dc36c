mod pieces;

use std::collections::HashMap;
use std::sync::Arc;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use proptest::prelude::*;

use super::solution::{SolvedEnd, SolvedValue};
use super::{LeftOutReason, Sensitivity, Solution, SolutionKind, Sought, goal_query, varied_names, varied_query};
use crate::aggregate::Embedded;
use crate::budget::Budget;
use crate::change::Precision;
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
    let goal = Sought { wanted: number(wanted), within: within.map(|ends| ends.map(number)) };
    evaluation.solutions(&goal, &[0], &Budget::unlimited()).map(|mut found| found.remove(0))
}

const ONE_ROW: &str = "x,y\n4,10\n";

/// The values of `x` at which `k` is what is wanted, over one row with `x` = 4 and `y` = 10.
fn solution(formula: &str, wanted: &str, within: Option<[&str; 2]>) -> Solution {
    tried(&format!("k = {formula}\ninput x = sum(t.x)\ninput y = sum(t.y)"), ONE_ROW, ["x", wanted], within)
        .unwrap_or_else(|problem| panic!("{formula}: {}", problem.message))
}

/// `3`, `10/3`, `≈1.4142`, or a range as in mathematics: `[2, 3)`.
fn values(solution: &Solution) -> Vec<String> {
    solution.values.iter().map(shown).collect()
}

fn shown(value: &SolvedValue) -> String {
    let number = |value: Decimal, exact: bool, fraction: &Option<String>| match (fraction, exact) {
        (Some(fraction), _) => fraction.clone(),
        (None, true) => value.normalize().to_string(),
        (None, false) => format!("≈{}", value.round_dp(20).normalize()),
    };
    let Some(range) = &value.range else { return number(value.value, value.exact, &value.fraction) };
    let end = |end: &Option<SolvedEnd>, marks: [&'static str; 2]| match end {
        Some(end) => (marks[usize::from(end.included)], number(end.value, end.exact, &end.fraction)),
        None => (marks[0], String::new()),
    };
    let ((open, from), (close, to)) = (end(&range.from, ["(", "["]), end(&range.to, [")", "]"]));
    format!("{open}{from}, {to}{close}")
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

/// Where a formula is made of quotients of polynomials in pieces, all values are found. Each by hand.
#[test]
fn pieces_are_solved() {
    let found = |formula: &str, wanted: &str| {
        let solution = solution(formula, wanted, None);
        assert_eq!(solution.found, SolutionKind::Solved, "{formula}");
        values(&solution)
    };
    assert_eq!(found("max(x, y)", "25"), ["25"]);
    assert_eq!(found("max(x, y)", "9"), [] as [&str; 0]);
    assert_eq!(found("max(x, y)", "10"), ["(, 10]"]);
    assert_eq!(found("abs(x - 3)", "1"), ["2", "4"]);
    assert_eq!(found("6 / min(x, 100)", "600"), ["0.01"]);
    assert_eq!(found("6 / min(x, 100)", "0.06"), ["[100, )"]);
    assert_eq!(found("max(0, 1 - 10 * abs(x - 500.15))", "0.5"), ["500.1", "500.2"]);
    assert_eq!(found("max(0, 1 - 10 * abs(x - 500.15))", "1"), ["500.15"]);
    assert_eq!(found("max(0, 1 - 10 * abs(x - 500.15))", "0"), ["(, 500.05]", "[500.25, )"]);
    assert_eq!(found("if x > 100 then 2 * x else x", "300"), ["150"]);
    assert_eq!(found("clamp(x, 2, 8)", "2"), ["(, 2]"]);
    assert_eq!(found("clamp(x, 2, 8)", "5"), ["5"]);
    assert_eq!(found("sign(x - 1)", "-1"), ["(, 1)"]);
    assert_eq!(found("sign(x - 1)", "0"), ["1"]);
    assert_eq!(found("if x < 2 then 1 else 3", "1"), ["(, 2)"]);
    assert_eq!(found("if x < 2 then 1 else 3", "3"), ["[2, )"]);
    assert_eq!(found("if x > 2 and x <= 5 then 1 else 0", "1"), ["(2, 5]"]);
    assert_eq!(found("if x * x < 2 then 1 else 0", "1"), ["(≈-1.4142135623730950488, ≈1.4142135623730950488)"]);
    assert_eq!(found("(1 / x) ?? 7", "7"), ["0", "1/7"]);
    assert_eq!(found("if x < 0 then undefined else 5", "5"), ["[0, )"]);
    // Only the branch that is taken counts.
    assert_eq!(found("if x < 5 then x else sqrt(16)", "4"), ["4", "[5, )"]);
}

/// Rounding has steps; each end is included or not. By hand.
#[test]
fn ends_of_steps_are_open_or_closed() {
    assert_eq!(exact("floor(x)", "2"), ["[2, 3)"]);
    assert_eq!(exact("ceil(x)", "2"), ["(1, 2]"]);
    assert_eq!(exact("round(x)", "2"), ["[1.5, 2.5)"]);
    assert_eq!(exact("round(x)", "-2"), ["(-2.5, -1.5]"]);
    assert_eq!(exact("round(x)", "0"), ["(-0.5, 0.5)"]);
    assert_eq!(exact("round_even(x)", "2"), ["[1.5, 2.5]"]);
    assert_eq!(exact("round_even(x)", "3"), ["(2.5, 3.5)"]);
    assert_eq!(exact("round(x, 2)", "3.14"), ["[3.135, 3.145)"]);
    assert_eq!(exact("round(x, -2)", "300"), ["[250, 350)"]);
    assert_eq!(exact("floor(x / 3) * 7", "700000"), ["[300000, 300003)"]);
    assert_eq!(exact("floor(x)", "2.5"), [] as [&str; 0]);
    assert_eq!(
        exact("floor(x * x)", "2"),
        ["(≈-1.73205080756887729353, ≈-1.4142135623730950488]", "[≈1.4142135623730950488, ≈1.73205080756887729353)",]
    );
    // 30 buyers at 19.95 are 598.50, and with the price rounded to cents this is so from 19.945 on.
    assert_eq!(exact("round(x, 2) * 30", "598.5"), ["[19.945, 19.955)"]);
    let within =
        |formula: &str, wanted: &str, low: &str, high: &str| values(&solution(formula, wanted, Some([low, high])));
    assert_eq!(within("mod(x, 7)", "3", "0", "20"), ["3", "10", "17"]);
    assert_eq!(within("floor(x)", "2", "2.5", "10"), ["[2.5, 3)"]);
    assert_eq!(within("floor(x)", "2", "0", "2"), ["2"]);
    assert_eq!(within("abs(x - round(x))", "0.25", "0", "3"), ["0.25", "0.75", "1.25", "1.75", "2.25", "2.75"]);
    // Around the present value of 4 there are 8,000 values, which are too many.
    let many = solution("abs(x - round(x))", "0.25", None);
    assert_eq!(many.found, SolutionKind::Searched);
    // Around 0.004 from 0 to 4 there are eight.
    let definitions = "k = abs(x - round(x))\ninput x = sum(t.x)";
    let eight = tried(definitions, "x\n0.004\n", ["x", "0.25"], None).expect("it is solved");
    assert_eq!((eight.found, eight.values.len()), (SolutionKind::SolvedWithin, 8));
}

/// Of a range, the value that is nearest to the present 4 is computed with.
#[test]
fn a_range_has_a_nearest_value() {
    let nearest = |formula: &str, wanted: &str| {
        let solution = solution(formula, wanted, None);
        let value = &solution.values[0];
        assert_eq!((value.check, value.exact), (solution.wanted, true), "{formula}");
        [Some(value.value), value.difference].map(|number| number.expect("it has one").normalize().to_string())
    };
    assert_eq!(nearest("floor(x)", "4"), ["4", "0"]);
    assert_eq!(nearest("floor(x)", "7"), ["7", "3"]);
    assert_eq!(nearest("floor(x)", "2"), ["2", "-2"]);
    assert_eq!(nearest("round_even(x)", "2"), ["2.5", "-1.5"]);
    assert_eq!(nearest("if x > 6 and x < 7 then 1 else 0", "1"), ["6.5", "2.5"]);
    assert_eq!(nearest("if x > 6 then 1 else 0", "1")[0], "14");
}

#[test]
fn jumps_are_found_at_the_point() {
    let jump = solution("if x > 100 then 2 * x else x", "150", None);
    assert_eq!((jump.found, jump.values.len(), &jump.jumps[..]), (SolutionKind::Solved, 0, &[Decimal::from(100)][..]));
    assert_eq!(solution("floor(x)", "2.5", None).jumps, [Decimal::from(3)]);
    // A pole is not a jump, and neither is a point that the formula passes.
    assert_eq!(solution("1 / x", "0", None).jumps, []);
    assert_eq!(solution("max(x, 2 * x)", "0", None).jumps, []);
}

#[test]
fn every_value_has_exceptions() {
    let one = solution("(x - 1) / (x - 1)", "1", None);
    assert_eq!((one.found, &one.undefined_at[..]), (SolutionKind::Always, &[Decimal::ONE][..]));
    assert_eq!(solution("(x - 1) / (x - 1)", "2", None).found, SolutionKind::Constant);
    let within = solution("(x - 1) / (x - 1)", "1", Some(["0", "2"]));
    assert_eq!(
        (values(&within), &within.undefined_at[..]),
        (vec!["[0, 1)".into(), "(1, 2]".into()], &[Decimal::ONE][..])
    );
    // (x² - 1) / (x - 1) is x + 1, which comes near 2, but not near 5, where it is undefined.
    let hole = |wanted: &str| solution("(x * x - 1) / (x - 1)", wanted, None);
    assert_eq!((values(&hole("2")).len(), &hole("2").undefined_at[..]), (0, &[Decimal::ONE][..]));
    assert_eq!((values(&hole("5")), hole("5").undefined_at.len()), (vec!["4".to_owned()], 0));
}

/// Formulas that are not quotients of polynomials in pieces are searched.
#[test]
fn other_formulas_are_searched() {
    let found = |formula: &str, wanted: &str| {
        let solution = solution(formula, wanted, None);
        assert_eq!(solution.found, SolutionKind::Searched, "{formula}");
        values(&solution)
    };
    assert_eq!(found("sqrt(x)", "3"), ["9"]);
    assert_eq!(found("sqrt(x)", "0.001"), ["0.000001"]);
    assert_eq!(found("2 ^ x", "8"), ["3"]);
    assert_eq!(found("(sqrt(x) - 7) ^ 2", "0"), ["49"]);
    assert_eq!(found("floor(sqrt(x))", "2"), ["[≈4, ≈9)"]);
    // √2 has the digits 1.41421356237309504880.
    assert_eq!(found("sqrt(x) ^ 4", "2"), ["≈1.4142135623730950488"]);
    // Without a present value, there are no bounds.
    let definitions = "k = sqrt(x)\ninput x = sum(t.x)";
    let unbounded = tried(definitions, "x\n0\n", ["x", "3"], None).expect("it says so");
    assert_eq!((unbounded.found, unbounded.values.len()), (SolutionKind::Unbounded, 0));
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
        let goal = Sought { wanted: number("1"), within: None };
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
    let goal = Sought { wanted: number("3"), within: None };
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
        let change = evaluation.change_within(values, Precision::AtLeast(4), None, &mut Budget::unlimited().charge());
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
    let change =
        evaluation.change_within([(0, 0), (1, 0)], Precision::AtLeast(2), None, &mut Budget::unlimited().charge());
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
    let inputs = varied_names(&library, &kpis.map(Arc::from), None).expect("they are few");
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
                    let result = &evaluation.sensitivities(&[group], number("12.5").decimal, true)[at];
                    let effect = result.inputs.iter().find(|effect| effect.name == *input);
                    let end = effect.map(|effect| if is_up { &effect.up } else { &effect.down });
                    let is_left_out = result.left_out.iter().any(|left_out| left_out.name == *input);
                    assert_eq!(is_left_out, end.is_none());
                    let value = end.map_or(result.base, |end| end.value);
                    let undefined = end.map_or(&result.undefined, |end| &end.undefined);
                    let expected = &expected[&format!("{:?}", evaluation.group_label(group))];
                    match expected {
                        Ok(Value::Number(number)) => {
                            assert_eq!(value, Some(number.decimal), "{kpi} {input} {group}")
                        }
                        _ => assert!(value.is_none() && undefined.is_some(), "{kpi} {input} {group}"),
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
    let inputs = varied_names(&library, &["k".into()], None).expect("they are few");
    let percent = number(percent).decimal;
    evaluated(&definitions, ONE_ROW, &varied_query(Query::new(["k"]), &inputs, percent))
        .sensitivities(&[0], percent, false)
        .remove(0)
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

/// A percentage of 0 is 0, be it a parameter or an input. `unused` is not read.
#[test]
fn inputs_that_are_left_out_have_a_reason() {
    let definitions = "k = x + y * p\ninput x = sum(t.x)\ninput y = sum(t.y)\nparam p = 0\ninput unused = count(t)";
    let inputs: [Arc<str>; 4] = ["x", "y", "p", "unused"].map(Arc::from);
    let evaluation = evaluated(definitions, "x,y\n0,10\n", &varied_query(Query::new(["k"]), &inputs, Decimal::TEN));
    let left_out = |all: bool| -> Vec<(Arc<str>, LeftOutReason)> {
        let result = evaluation.sensitivities(&[0], Decimal::TEN, all).remove(0);
        let names: Vec<&str> = result.inputs.iter().map(|effect| &*effect.name).collect();
        assert_eq!(names, ["y"]);
        result.left_out.into_iter().map(|left_out| (left_out.name, left_out.reason)).collect()
    };
    let zero = [("x".into(), LeftOutReason::Zero), ("p".into(), LeftOutReason::Zero)];
    assert_eq!(left_out(false), zero);
    assert_eq!(left_out(true), [&zero[..], &[("unused".into(), LeftOutReason::NotRead)]].concat());
}
