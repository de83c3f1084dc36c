//! Differences: what accounts for them adds up, and is what the definition of the Shapley value says.

mod contexts;
#[cfg(feature = "render")]
mod divided;
mod laws;
#[cfg(feature = "render")]
pub mod printed;
mod published;
pub mod random;
mod rows;
mod segments;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use num_rational::BigRational;
use yardstick::{Change, Embedded, Evaluation, Library, Limits, Query, Table};

/// The evaluation of a KPI in January and February, with a second KPI, so that a formula of constants has groups too.
fn evaluated(definitions: &str, kpi: &str, csv: &str) -> Evaluation {
    let library = Library::from_text(definitions).unwrap_or_else(|error| panic!("{definitions}\n{error}"));
    let table = Table::from_csv("t", csv, &Default::default()).expect("it is a table");
    let query = Query::new([kpi, "count(t)"]).by("month");
    let source = Embedded::new(vec![Arc::new(table)]);
    library
        .evaluate(&query, &source, &Limits::default())
        .unwrap_or_else(|error| panic!("{definitions}\n{csv}\n{error}"))
}

/// The change from January to February.
fn change(definitions: &str, kpi: &str, csv: &str) -> Change {
    evaluated(definitions, kpi, csv).change(0, [0, 1], 2).expect("it is within the limits")
}

/// The drivers of a change with their exact contributions, by name; those of one name are added.
fn drivers(evaluation: &Evaluation, groups: [usize; 2]) -> Option<Vec<(String, BigRational)>> {
    let change = evaluation.change(0, groups, 2).ok()?;
    change.difference?;
    let exact = evaluation.exact_contributions(0, groups).expect("it is within the limits");
    let mut drivers: Vec<(String, BigRational)> = vec![];
    for (step, contribution) in change.steps.iter().zip(exact).filter(|(step, _)| step.parts.is_empty()) {
        match drivers.iter_mut().find(|(name, _)| *name == step.name) {
            Some((_, sum)) => *sum += contribution,
            None => drivers.push((step.name.clone(), contribution)),
        }
    }
    drivers.sort();
    Some(drivers)
}

/// What accounts for a change, by name, rounded to two decimals, largest first.
fn shown(change: &Change) -> Vec<(&str, String)> {
    let drivers = change.drivers.iter().map(|key| change.step(*key));
    drivers.map(|step| (&*step.name, step.share.shown.to_string())).collect()
}

const PRICES: &str = "month,price,quantity\n2026-01,10,4\n2026-02,12,5\n";

/// By hand: price 2·(4+5)/2 = 9, quantity 1·(10+12)/2 = 11.
#[test]
fn a_product_is_divided_evenly() {
    let change = change("value = price * quantity", "value", PRICES);
    assert_eq!(shown(&change), [("quantity", "11".to_owned()), ("price", "9".to_owned())]);
    assert_eq!(change.difference.expect("both are numbers").shown, 20.into());
    assert!(change.exact);
}

/// `g = x*y`, `k = g*z`, from (1, 1, 1) to (2, 2, 3): a named part is a level. `k` is g·z with g from 1 to 4: g gets
/// 3·(1+3)/2 = 6, z gets 2·(1+4)/2 = 5, and g is shared by x and y. Without the name, the three factors get 19/6, 19/6, 14/3.
#[test]
fn naming_a_part_and_parentheses_make_a_level() {
    let csv = "month,x,y,z\n2026-01,1,1,1\n2026-02,2,2,3\n";
    let exact = |text: &str| drivers(&evaluated(text, "k", csv), [0, 1]).expect("both are numbers");
    let parts = |values: [(i64, i64); 3]| {
        let ratios = values.map(|(numerator, denominator)| BigRational::new(numerator.into(), denominator.into()));
        ["x", "y", "z"].map(str::to_owned).into_iter().zip(ratios).collect::<Vec<_>>()
    };
    assert_eq!(exact("g = x * y\nk = g * z"), parts([(3, 1), (3, 1), (5, 1)]));
    assert_eq!(exact("k = (x * y) * z"), parts([(3, 1), (3, 1), (5, 1)]));
    assert_eq!(exact("k = z * (x * y)"), parts([(3, 1), (3, 1), (5, 1)]));
    assert_eq!(exact("k = x * y * z"), parts([(19, 6), (19, 6), (14, 3)]));
    assert_eq!(exact("k = z * y * x"), parts([(19, 6), (19, 6), (14, 3)]));
}

/// A quotient in another unit is what it is in its own: a definition, or a level in parentheses. Days per box and hours per
/// box: by hand, r from 2 to 3 days is 48 to 72 hours, so that it contributes 24 and c 2.
#[test]
fn a_converted_quotient_is_the_same_part() {
    let csv = "month,a,b,c\n2026-01,2,1,5\n2026-02,6,2,7\n";
    let inputs =
        "unit box\ninput a: day = sum(t.a)\ninput b: box = sum(t.b)\ninput c: hour/box = sum(t.c)\nr = a / b\n";
    let evaluation = |formula: &str| evaluated(&format!("{inputs}k{formula}"), "k", csv);
    let sum = evaluation(" = r + c").change(0, [0, 1], 2).expect("it is within the limits");
    let parts = |change: &Change| {
        let parts = change.steps[0].parts.iter();
        parts.map(|part| (change.step(part.step).name.clone(), part.share.shown)).collect::<Vec<_>>()
    };
    assert_eq!(parts(&sum), [("r".to_owned(), 24.into()), ("c".to_owned(), 2.into())]);
    let drivers_of = |formula: &str| drivers(&evaluation(formula), [0, 1]).expect("both are numbers");
    let named = |formula: &str, enclosed: &str| {
        let (one, other) = (drivers_of(formula), drivers_of(enclosed));
        assert_eq!(one, other, "{formula} {enclosed}");
        let names: Vec<&str> = one.iter().map(|(name, _)| &**name).collect();
        assert!(names.iter().all(|name| ["a", "b", "c"].contains(name)), "{formula} {names:?}");
    };
    named(" = r + c", " = (a / b) + c");
    named(" = r / c", " = (a / b) / c");
    named(" = c / r", " = c / (a / b)");
    named(" = max(r, c)", " = max((a / b), c)");
    named(" = c - 2 * r", " = c - 2 * (a / b)");
    named(": hour/box = r", ": hour/box = (a / b)");
    named(": hour/box = if a > 1 day then r else c", ": hour/box = if a > 1 day then (a / b) else c");
    // Two quotients, of which the chain converts one.
    named(" = r * (c / 1 hour/box) / r", " = (a / b) * (c / 1 hour/box) / (a / b)");
}

/// `x * y / x` is `y`, whatever `x` does.
#[test]
fn equal_factors_merge() {
    let change = change("k = price * quantity / price", "k", PRICES);
    assert_eq!(shown(&change), [("quantity", "1".to_owned())]);
}

/// The input is used by two definitions, and counts once: k = a + a·b from 10 + 10·4 to 12 + 12·5.
#[test]
fn a_shared_input_counts_once() {
    let definitions = "value = price * quantity\nk = value + price";
    let change = change(definitions, "k", PRICES);
    assert_eq!(shown(&change), [("quantity", "11".to_owned()), ("price", "11".to_owned())]);
}

/// Two definitions of the same aggregate have one value, and yet are two terms.
#[test]
fn definitions_with_the_same_value_are_told_apart() {
    let change = change("a = sum(t.price)\nb = sum(t.price)\nk = 2 * a - b", "k", PRICES);
    assert_eq!(shown(&change), [("a", "4".to_owned()), ("b", "-2".to_owned())]);
}

/// A chain of 5,000 definitions, in which each uses the one before twice: 2^5000 paths.
#[test]
fn the_work_is_that_of_the_edges_not_of_the_paths() {
    let mut definitions = "k0 = price\n".to_owned();
    for at in 1..=5_000 {
        definitions += &format!("k{at} = k{} * 0.5 + k{} * 0.5\n", at - 1, at - 1);
    }
    let change = change(&definitions, "k5000", PRICES);
    assert_eq!(shown(&change), [("price", "2".to_owned())]);
}

/// By hand: the value is the bonus of the second branch, 10% of 60, where it was a flat 3. With the old branch, nothing
/// changed; the new one would have given 4: half of the orders switch at 4, half at 6, so the branch gets (1+3)/2 = 2.
#[test]
fn another_branch_is_a_driver_of_its_own() {
    let csv = "month,sales\n2026-01,40\n2026-02,60\n";
    let change = change("bonus = if sales >= 50 then sales * 10% else 3", "bonus", csv);
    assert_eq!(shown(&change), [("bonus", "2".to_owned()), ("sales", "1".to_owned())]);
    let branch = change.step(change.drivers[0]);
    assert_eq!(branch.cause.as_ref().map(ToString::to_string).as_deref(), Some("another branch of `if`"));
}

/// By hand: `measured` is 9 in February and missing in January, where the estimate 4 counts; the estimate becomes 6.
/// `measured` gets (9-4 + 9-6)/2 = 4, the estimate (6-4)/2 = 1.
#[test]
fn an_operand_that_became_defined_is_a_driver_of_its_own() {
    let csv = "month,measured,estimate\n2026-01,,4\n2026-02,9,6\n";
    let definitions = "input measured = sum(t.measured)\nk = measured ?? estimate";
    let change = change(definitions, "k", csv);
    assert_eq!(shown(&change), [("k", "4".to_owned()), ("estimate", "1".to_owned())]);
    let operand = change.step(change.drivers[0]);
    assert_eq!(operand.cause.as_ref().map(ToString::to_string).as_deref(), Some("measured became defined"));
}

#[test]
fn an_undefined_value_has_no_difference_but_a_reason() {
    let csv = "month,x,y\n2026-01,1,0\n2026-02,2,2\n";
    let change = change("k = x / y", "k", csv);
    assert_eq!((change.difference, change.steps.len()), (None, 0));
    let reason = change.before.undefined.expect("it is divided by zero").to_string();
    assert!(reason.starts_with("division by zero"), "{reason}");
    assert_eq!(change.after.value.as_deref(), Some("1"));
}

/// Of 33 factors, the first 32 are divided as one: they double, and the last one triples.
#[test]
fn long_products_are_divided_in_groups() {
    let names: Vec<String> = (0..33).map(|at| format!("x{at}")).collect();
    let row = |first: &str, last: &str| format!("{first},{}{last}", "1,".repeat(31));
    let csv = format!("month,{}\n2026-01,{}\n2026-02,{}\n", names.join(","), row("1", "1"), row("2", "3"));
    let change = change(&format!("k = {}", names.join(" * ")), "k", &csv);
    assert_eq!(shown(&change), [("x32", "3".to_owned()), ("x0", "2".to_owned())]);
}

/// As deep as a formula may be.
#[test]
fn deep_formulas_are_split() {
    let deep = (0..190).fold("price".to_owned(), |inner, _| format!("max({inner}, 1)"));
    assert_eq!(shown(&change(&format!("k = {deep}"), "k", PRICES)), [("price", "2".to_owned())]);
}

#[test]
fn contributions_have_at_most_27_digits() {
    let evaluation =
        |factor: &str| evaluated(&format!("k = price * {factor} - price * {factor} * quantity"), "k", PRICES);
    let change = evaluation("1_000_000_000_000_000_000_000_000").change(0, [0, 1], 2).expect("they have 26");
    laws::adds_up(&change);
    let error = evaluation("100_000_000_000_000_000_000_000_000").change(0, [0, 1], 2).expect_err("they have 28");
    assert!(error.to_string().contains("more than 27 digits"), "{error}");
}

/// More than six operands that change together are one contribution.
#[test]
fn many_operands_are_not_separated() {
    let csv = "month,a,b,c,d,e,f,g\n2026-01,1,1,1,1,1,1,1\n2026-02,2,3,4,5,6,7,8\n";
    let six = change("k = max(a, b, c, d, e, f)", "k", csv);
    assert!(six.drivers.iter().all(|key| six.step(*key).cause.is_none()));
    let seven = change("k = max(a, b, c, d, e, f, g)", "k", csv);
    let [joint] = seven.drivers[..] else { panic!("one driver: {:?}", seven.drivers) };
    let cause = seven.step(joint).cause.as_ref().map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("a, b, c, d, e, f, g together, not separable"));
}

/// From 4^0.5 = 2 to (-2)^2 = 4. With the new base and the old exponent, it is the root of a negative number.
#[test]
fn operands_are_not_separated_where_a_mixed_point_is_undefined() {
    let csv = "month,x,y\n2026-01,4,0.5\n2026-02,-2,2\n";
    let change = change("k = x ^ y", "k", csv);
    assert_eq!(shown(&change), [("k", "2".to_owned())]);
    let cause = change.step(change.drivers[0]).cause.as_ref().map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("x, y together, not separable"));
}

/// From 10 - 7 to 10.4 - 7.4: the values are whole numbers, and the parts that cancel out have a decimal.
#[test]
fn parts_that_cancel_out_are_printed_as_large_as_they_are() {
    let csv = "month,price,cost\n2026-01,10,7\n2026-02,10.4,7.4\n";
    let change = evaluated("k = price - cost", "k", csv).change(0, [0, 1], 0).expect("it is within the limits");
    assert_eq!(shown(&change), [("cost", "-0.4".to_owned()), ("price", "0.4".to_owned())]);
    // 1/3 and 1/3: three digits of the largest part.
    let csv = "month,a,b\n2026-01,1,1\n2026-02,2,2\n";
    let change = evaluated("k = a / 3 - b / 3", "k", csv).change(0, [0, 1], 0).expect("it is within the limits");
    assert_eq!(shown(&change), [("b", "-0.333".to_owned()), ("a", "0.333".to_owned())]);
}

/// A formula is one step, and yet the budget is checked at each of its operations: a host stops a long one in time.
#[test]
fn the_budget_is_checked_within_a_formula() {
    let checks = |terms: usize| {
        let library =
            Library::from_text(&format!("k = {}", vec!["price * quantity"; terms].join(" + "))).expect("it compiles");
        let table = Table::from_csv("t", PRICES, &Default::default()).expect("it is a table");
        let source = Embedded::new(vec![Arc::new(table)]);
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let limits = Limits::default().cancel(move || counted.fetch_add(1, Ordering::Relaxed) > usize::MAX / 2);
        let evaluation = library.evaluate(&Query::new(["k"]).by("month"), &source, &limits).expect("it evaluates");
        count.store(0, Ordering::Relaxed);
        evaluation.change(0, [0, 1], 2).expect("it is not canceled");
        count.load(Ordering::Relaxed)
    };
    assert!(checks(100) >= checks(1) + 99, "{} {}", checks(100), checks(1));
}

/// The printed parts of each step add up to the step, at every number of decimals.
#[test]
fn printed_parts_add_up() {
    let csv = "month,a,b,c,d\n2026-01,1,3,7,11\n2026-02,2,5,3,13\n";
    let definitions = "p = a / c\nq = b / d\nk = p + q * p - a / d";
    let evaluation = evaluated(definitions, "k", csv);
    for decimals in 0..12 {
        let change = evaluation.change(0, [0, 1], decimals).expect("it is within the limits");
        laws::adds_up(&change);
    }
}
