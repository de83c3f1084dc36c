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

/// A function of the user with a condition, its arguments, and a definition in between, in two contexts of one group.
#[test]
fn as_many_days_are_compared_as_the_data_cover() {
    let csv = "day,sales,orders\n2026-01-05,10,1\n2026-01-20,70,4\n2026-02-05,30,2\n2026-02-10,12,1\n";
    let definitions = "dataset t { time day }\ninput sales = sum(t.sales)\ninput orders = sum(t.orders)\n\
        fn mean(x, n) = if n > 0 then x / n else 0\nk = mean(sales, orders) + sales * 0\n";
    let folder = std::env::temp_dir().join(format!("yardstick-so-far-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("it can be made");
    std::fs::write(folder.join("k.kpi"), definitions).expect("it can be written");
    std::fs::write(folder.join("t.csv"), csv).expect("it can be written");
    let mut kpi = std::process::Command::new(env!("CARGO_BIN_EXE_kpi"));
    let line = ["why", "k", "k * 2", "-f", "k.kpi", "-d", "t.csv", "--by", "month", "--against", "previous, so far"];
    let output = kpi.current_dir(&folder).args(line).args(["--format", "json"]).output().expect("it runs");
    std::fs::remove_dir_all(&folder).expect("it can be removed");
    let errors = String::from_utf8_lossy(&output.stderr);
    let changes: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{errors}"));
    // From 10/1 to 42/3: sales 32·(1 + 1/3)/2 = 21.33, orders -26·2/3 = -17.33. The difference 4 is printed as 4.0.
    let parts = |change: &serde_json::Value| {
        let drivers = change["drivers"].as_array().expect("it is a list").clone();
        let step = |key: &serde_json::Value| change["steps"][key.as_str().expect("it is a key")].clone();
        let part = |key| format!("{} {}", step(key)["name"], step(key)["shown"]).replace('"', "");
        drivers.iter().map(part).collect::<Vec<_>>()
    };
    assert_eq!(parts(&changes[0]), ["sales 21.3", "orders -17.3"], "{errors}");
    assert_eq!(parts(&changes[1]), ["sales 42.7", "orders -34.7"], "{errors}");
    assert_eq!(changes[0]["before"]["value"], "10");
    assert_eq!(changes[0]["steps"]["s0"]["before"], "10");
}
