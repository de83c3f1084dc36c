//! Contexts, windows, shares, inner groups, stocks and several datasets: leaves are aggregates in their contexts.

use std::sync::Arc;

use yardstick::{Change, Embedded, Library, Limits, Query, Table};

use super::{change, laws, shown};

/// Four months; the change is that from the third to the fourth.
fn last_change(definitions: &str, csv: &str) -> Change {
    let library = Library::from_text(definitions).unwrap_or_else(|error| panic!("{definitions}\n{error}"));
    let table = Table::from_csv("t", csv, &Default::default()).expect("it is a table");
    let source = Embedded::new(vec![Arc::new(table)]);
    let query = Query::new(["k"]).by("month");
    let evaluation = library.evaluate(&query, &source, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    let change = evaluation.change(0, [2, 3], 2).expect("it is within the limits");
    laws::adds_up(&change);
    change
}

fn names(change: &Change) -> Vec<(String, String)> {
    let name = |step: &yardstick::ChangeStep| {
        let context: Vec<String> = step.context.iter().map(ToString::to_string).collect();
        [&[step.name.clone()][..], &context].concat().join(", ")
    };
    let drivers = change.drivers.iter().map(|key| change.step(*key));
    drivers.map(|step| (name(step), step.share.shown.to_string())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, part)| ((*name).to_owned(), (*part).to_owned())).collect()
}

const SALES: &str = "month,sales\n2026-01,10\n2026-02,20\n2026-03,40\n2026-04,50\n";

/// The growth rate falls from 40/20 = 2 to 50/40 = 1.25. By hand: sales 10·(1/20+1/40)/2 = 0.375, those of the month before
/// -45·20/(20·40) = -1.125.
#[test]
fn the_month_before_is_a_driver_of_its_own() {
    let change = last_change("input sales = sum(t.sales)\nk = sales / sales[previous]", SALES);
    assert_eq!(names(&change), pairs(&[("sales, 1 month earlier", "-1.13"), ("sales", "0.38")]));
    assert_eq!(change.difference.expect("both are numbers").shown.to_string(), "-0.75");
}

/// A window of three months rises from 70 to 110.
#[test]
fn a_window_is_one_driver() {
    let change = last_change("input sales = sum(t.sales)\nk = sales[last 3 months]", SALES);
    assert_eq!(names(&change), pairs(&[("sales, last 3 months", "40")]));
}

/// An input in two contexts is two drivers, and the definition between them is two steps.
#[test]
fn a_definition_in_two_contexts_is_two_steps() {
    let change = last_change("input sales = sum(t.sales)\ntwice = 2 * sales\nk = twice - twice[previous]", SALES);
    assert_eq!(names(&change), pairs(&[("sales, 1 month earlier", "-40"), ("sales", "20")]));
}

#[test]
fn inner_groups_are_counted_by_how_they_changed() {
    let csv = "month,customer,amount\n2026-01,a,10\n2026-01,b,20\n2026-01,c,5\n2026-02,a,15\n2026-02,b,5\n2026-02,d,40\n2026-02,e,1\n";
    let change = change("k = avg(sum(t.amount) each customer)", "k", csv);
    let groups = change.step(change.drivers[0]).groups.as_ref().expect("it has inner groups");
    assert_eq!((groups.before, groups.after), (3, 4));
    let moved = groups.moved.expect("customers are in both months");
    assert_eq!((moved.new, moved.gone, moved.grown, moved.shrunk), (2, 1, 1, 1));
    let change = self::change("k = avg(sum(t.amount) each month)", "k", csv);
    assert_eq!(change.step(change.drivers[0]).groups.as_ref().and_then(|groups| groups.moved), None);
}

/// A stock and a flow: the last value of a column, and the rows of each month.
#[test]
fn stocks_and_flows_are_leaves() {
    let csv = "day,stock,sold\n2026-01-01,90,2\n2026-01-31,100,8\n2026-02-01,70,3\n2026-02-28,80,17\n";
    let definitions = "dataset t { time day }\nk = sum(t.sold) / last(t.stock)";
    let change = change(definitions, "k", csv);
    // From 10/100 to 20/80: sold 10·(1/100+1/80)/2 = 0.1125, stock 15·20/8000 = 0.0375.
    assert_eq!(shown(&change), [("sum(t.sold)", "0.11".to_owned()), ("last(t.stock)", "0.04".to_owned())]);
    let rows: Vec<(u64, u64)> = change
        .drivers
        .iter()
        .filter_map(|key| change.step(*key).rows.as_ref())
        .map(|rows| (rows.before, rows.after))
        .collect();
    assert_eq!(rows, [(2, 2), (1, 1)]);
}

/// The length of the month is a driver: 310 over 31 days, 308 over 28.
#[test]
fn the_length_of_a_period_is_a_driver() {
    let csv = "month,sales\n2026-01,310\n2026-02,308\n";
    let change = change("input sales = sum(t.sales)\nk = sales / period_days()", "k", csv);
    assert_eq!(names(&change), pairs(&[("period_days()", "1.07"), ("sales", "-0.07")]));
}

/// A parameter does not change. A function of the user is part of the definition that calls it.
#[test]
fn functions_and_parameters_are_not_drivers() {
    let definitions = "param rate = 30%\ninput sales = sum(t.sales)\nfn net(x) = x * (1 - rate)\nk = net(sales)";
    let change = last_change(definitions, SALES);
    assert_eq!(names(&change), pairs(&[("sales", "7")]));
}
