//! Tests what a query computes with values and formulas that it sets. Every value is worked out by hand.

use yardstick::Query;

use super::check;

const TABLES: &[(&str, &str)] = &[(
    "t",
    "\
day,channel,amount,buyers
2026-01-05,a,100,4
2026-01-20,b,60,1
2026-02-03,a,150,6
2026-02-10,b,90,2
",
)];

const DEFINITIONS: &str = "\
currency EUR
dataset t {
  time day
  amount: money
  fee_of = amount * rate
  due: date = if amount >= limit then day else undefined
}
input cost: money = sum(t.amount)
input customers: count = sum(t.buyers)
param rate: percent = 10%
param other: percent = 20%
param limit: money = 80
fn twice(x) = x * 2
cac: money = cost / customers
change: money = cost - cost[previous]
share: percent = cost / cost[all channel]
fee: money = sum(t.fee_of)
large: count = count(t where amount >= limit)
large_days: money = avg(cost each day)[t.amount >= limit]
due_rows: count = count(t on due)
";

fn of(kpis: &[&str], set: &[(&str, &str)]) -> Query {
    let query = Query::new(kpis.iter().copied());
    set.iter().fold(query, |query, (name, formula)| query.set_formula(*name, *formula))
}

fn is(says: &str, query: &Query, expected: &[&str]) {
    check(says, TABLES, DEFINITIONS, query, expected);
}

const LESS: &[(&str, &str)] = &[("cost", "cost * 90%")];

#[test]
fn what_uses_an_input_sees_its_new_value_and_the_formula_the_old_one() {
    let query = of(&["cost", "cac", "share", "twice(cost)"], LESS).by("channel");
    is("by channel", &query, &["a | 225 | 22.5 | 0.625 | 450", "b | 135 | 45 | 0.375 | 270"]);
    is("a context", &of(&["change"], LESS).by("month").period("2026-02"), &["2026-02 | 72"]);
    is("inner groups", &of(&["avg(cost each channel)"], LESS), &[" | 180"]);
    let before = of(&["cost", "change"], &[("cost", "cost[previous]")]).by("month").period("2026-02");
    is("an earlier value", &before, &["2026-02 | 160 | OutsideData"]);
}

#[test]
fn a_kpi_is_replaced_wherever_it_is_used() {
    let query = of(&["cac", "cac * 2", "cost"], &[("cac", "cac + 10 EUR")]).by("channel");
    is("a KPI", &query, &["a | 35 | 70 | 250", "b | 60 | 120 | 150"]);
    let query = of(&["cost", "cac"], &[("cost", "cac * 2")]).by("channel");
    is("a KPI that depends on what is set", &query, &["a | 50 | 5", "b | 100 | ~33.3333"]);
}

#[test]
fn the_order_of_formulas_does_not_matter() {
    let swapped = [("cost", "customers * 10 EUR"), ("customers", "cost / 10 EUR")];
    let expected = ["a | 100 | 25 | 4", "b | 30 | 15 | 2"];
    is("one order", &of(&["cost", "customers", "cac"], &swapped).by("channel"), &expected);
    let [first, second] = swapped;
    is("the other", &of(&["cost", "customers", "cac"], &[second, first]).by("channel"), &expected);
    is("parameters", &of(&["rate", "other"], &[("rate", "other"), ("other", "rate * 3")]), &[" | 0.2 | 0.3"]);
    let of_parameter = of(&["cost"], &[("cost", "1_000 EUR * rate"), ("rate", "50%")]);
    is("an input from a parameter", &of_parameter, &[" | 100"]);
}

#[test]
fn parameters_in_row_expressions_have_their_values_in_the_base() {
    let query = of(&["cost", "fee"], &[("cost", "fee"), ("rate", "50%")]).by("channel");
    is("a computed column", &query, &["a | 25 | 125", "b | 15 | 75"]);
    let query = of(&["customers", "large"], &[("customers", "large"), ("limit", "95")]).by("channel");
    is("a condition", &query, &["a | 2 | 2", "b | 1 | 0"]);
    let query =
        of(&["cost", "large_days"], &[("cost", "large_days"), ("limit", "120")]).by("channel").period("2026-02");
    is("a condition on inner groups", &query, &["a | 150 | 150", "b | 90 | NoRows"]);
    let query = of(&["customers", "due_rows"], &[("customers", "due_rows"), ("limit", "95")]).by("month");
    is("the time of rows", &query, &["2026-01 | 1 | 1", "2026-02 | 2 | 1"]);
}

#[test]
fn conditions_and_groups_of_the_query_have_the_set_values() {
    let query = of(&["cost", "large"], &[("cost", "cost * 2"), ("limit", "120")]).filter_formula("amount < limit");
    is("a condition", &query, &[" | 500 | 0"]);
}

#[test]
fn a_wrong_formula_is_an_error() {
    let fails = |set: &[(&str, &str)], message: &str| is("an error", &of(&["cac"], set), &[message]);
    fails(&[("cost", "customers * 2 days")], "error[unit-mismatch]: `cost` is `EUR`, but this value is `days`");
    fails(&[("cost", "cots * 90%")], "error");
    fails(&[("rate", "cost / 1_000 EUR")], "error[misplaced]: `cost` cannot be used in a constant");
    fails(&[("cac", "cost ??")], "error[syntax]");
}
