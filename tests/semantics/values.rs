//! Tests undefined values and exactness.

use yardstick::Query;

use super::check;
use crate::engine::evaluate;

const T: &str = "x,y\n1,\n2,\n";

#[test]
fn undefined_values_propagate_their_first_cause() {
    let cases = [
        ("1 / 0 + sum(y)", "DivisionByZero"),
        ("sum(y) + 1 / 0", "Blank"),
        ("sum(y) > 1", "Blank"),
        ("sum(y) ?? 5", "5"),
        ("coalesce(1 / 0, sum(y), 7)", "7"),
        ("is_defined(1 / 0)", "Boolean(false)"),
        ("if 1 = 1 then 3 else 1 / 0", "3"),
        ("if 1 / 0 > 1 then 3 else 4", "DivisionByZero"),
        ("1 = 2 and 1 / 0 > 1", "Boolean(false)"),
        ("1 / 0 > 1 and 1 = 2", "Boolean(false)"),
        ("1 = 1 or 1 / 0 > 1", "Boolean(true)"),
        ("1 = 1 and 1 / 0 > 1", "DivisionByZero"),
        ("not (1 / 0 > 1)", "DivisionByZero"),
        ("min(1, 1 / 0)", "DivisionByZero"),
        ("sqrt(0 - 1)", "Domain"),
        ("0 ^ (0 - 1)", "DivisionByZero"),
        ("mod(5, 0)", "DivisionByZero"),
        ("9999999999999999999999999999 * 10", "Overflow"),
        ("only(x)", "ManyRows"),
    ];
    for (formula, expected) in cases {
        check(formula, &[("t", T)], "", &Query::new([formula]), &[&format!(" | {expected}")]);
    }
}

#[test]
fn values_are_exact_until_a_step_rounds() {
    let cases = [
        ("0.1 + 0.2", "0.3"),
        ("0.1 + 0.2 = 0.3", "Boolean(true)"),
        ("1 / 4", "0.25"),
        ("1 / 3", "~0.3333"),
        ("1 / 3 * 3 = 1", "Boolean(false)"),
        ("3.140 = 3.14", "Boolean(true)"),
        ("round(2.5)", "3"),
        ("round(0 - 2.5)", "-3"),
        ("round_even(2.5)", "2"),
        ("round(1.005, 2)", "1.01"),
        ("20% * 50", "10"),
        ("sqrt(2)", "~1.4142"),
        ("9999999999999999999999999998 + 1", "9999999999999999999999999999"),
    ];
    for (formula, expected) in cases {
        check(formula, &[("t", T)], "", &Query::new([formula]), &[&format!(" | {expected}")]);
    }
}

#[test]
fn sums_are_exact_in_any_order() {
    let mut table = String::from("x\n9999999999999999999999999\n");
    (0..1000).for_each(|_| table.push_str("0.001\n"));
    table.push_str("-9999999999999999999999999\n");
    check("large values cancel out", &[("t", &table)], "", &Query::new(["sum(x)"]), &[" | 1"]);
}

#[test]
fn explanations_state_how_functions_round() {
    let table = "cost\n10\n7.5\n";
    let query = Query::new(["round(sum(round_even(cost, 0)) / 4) * 2"]);
    let result = evaluate("", &[("ads", table)], &query).unwrap();
    let steps = result.explain_at(0, 0).unwrap().steps;
    let notes: Vec<_> = steps.iter().flat_map(|step| &step.notes).collect();
    // 7.5 becomes 8 with both. (10 + 8) / 4 is 4.5, which half away from zero becomes 5.
    assert_eq!(result.value(0, 0).unwrap().to_string(), "10");
    assert_eq!(notes, ["`round` rounds half away from zero", "`round_even` rounds half to even"]);
}

#[test]
fn rounding_functions_are_named_once_in_the_step_that_calls_them() {
    let table = "a,b,round_trips\n10,true,3\n7.5,true,4\n";
    let definitions = "param p = round(2.5)\nfn half(x) = round(x / 2)\ndataset t { c = round(a) }";
    let (half_up, half_even) = ("`round` rounds half away from zero", "`round_even` rounds half to even");
    for (formula, of_formula, of_all) in [
        ("round(sum(a), 1)", vec![half_up], vec![half_up]),
        ("sum(round_even(a, 1) where b)", vec![], vec![half_even]),
        ("sum(a where round(a) > 1)", vec![], vec![half_up]),
        ("round(sum(a)) + round(round_even(avg(a)))", vec![half_up, half_even], vec![half_up, half_even]),
        ("sum(round_trips) / sum(a)", vec![], vec![]),
        ("sum(a) + sum(round(a))", vec![], vec![half_up]),
        ("floor(sum(a))", vec![], vec![]),
        ("sum(a) * p", vec![], vec![half_up]),
        ("half(sum(a)) + 1", vec![], vec![half_up]),
        ("sum(c)", vec![], vec![]),
        ("sum(a)[round(a) > 1] + 1", vec![], vec![]),
    ] {
        let result = evaluate(definitions, &[("t", table)], &Query::new([formula])).unwrap();
        let steps = result.explain_at(0, 0).unwrap().steps;
        let own = steps.iter().find(|step| step.formula.as_deref() == Some(formula)).expect("the formula is a step");
        assert_eq!(own.notes, of_formula, "{formula}");
        assert_eq!(steps.iter().flat_map(|step| &step.notes).collect::<Vec<_>>(), of_all, "{formula}");
    }
}
