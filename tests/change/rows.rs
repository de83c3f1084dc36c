//! The rows behind a difference: those that are in one of the two groups only.

use std::sync::Arc;

use yardstick::{Change, Decimal, Embedded, Evaluation, Library, Limits, Query, Table};

fn evaluated(definitions: &str, csv: &str, query: &Query) -> (Evaluation, Embedded) {
    let library = Library::from_text(definitions).unwrap_or_else(|error| panic!("{definitions}\n{error}"));
    let declaration = library.dataset("t").map(|it| it.declaration.clone()).unwrap_or_default();
    let source = Embedded::new(vec![Arc::new(Table::from_csv("t", csv, &declaration).expect("it is a table"))]);
    let result = library.evaluate(query, &source, &Limits::default());
    (result.unwrap_or_else(|error| panic!("{definitions}\n{error}")), source)
}

fn change(definitions: &str, csv: &str, groups: [usize; 2], count: usize) -> Change {
    let (evaluation, source) = evaluated(definitions, csv, &Query::new(["k"]).by("month"));
    let mut change = evaluation.change(0, groups, 2).expect("it is within the limits");
    evaluation.list_rows_of_change(&mut change, &source, count).expect("it is within the limits");
    change
}

/// The rows of the step of this name that are new, and those that are gone: line and contribution.
fn rows(change: &Change, name: &str) -> [Vec<(u64, Option<Decimal>)>; 2] {
    let step = change.steps.iter().find(|step| step.name == name).expect("it is a step");
    let listed = step.rows.as_ref().and_then(|rows| rows.listed.as_ref()).expect("rows were asked for");
    // A table in memory numbers its rows.
    [&listed.new, &listed.gone].map(|rows| {
        rows.iter().map(|row| (row.row.place.line.expect("it has a number") + 1, row.contribution)).collect()
    })
}

const CSV: &str = "\
day,customer,cost,orders
2026-01-05,a,30,1
2026-01-09,b,10,1
2026-02-03,a,20,1
2026-02-07,c,80,1
2026-03-01,b,5,1
";

fn whole(number: i64) -> Option<Decimal> {
    Some(number.into())
}

/// k = cost / orders from 40/2 to 100/2. One unit of cost contributes 1/2; the orders do not change, so that they account
/// for nothing.
#[test]
fn rows_contribute_their_value_times_what_a_unit_contributes() {
    let change = change("dataset t { time day }\nk = cost / orders", CSV, [0, 1], 10);
    assert_eq!(rows(&change, "cost"), [vec![(5, whole(40)), (4, whole(10))], vec![(2, whole(-15)), (3, whole(-5))]]);
    let orders = change.steps.iter().find(|step| step.name == "orders").expect("it is a step");
    assert_eq!(orders.rows.as_ref().and_then(|rows| rows.listed.as_ref()), None);
}

/// From February to March, one of two rows remains: each row counts as 1, and one unit contributes 10.
#[test]
fn rows_that_are_counted_contribute_one_each() {
    let change = change("dataset t { time day }\nn = count(t.cost)\nk = 10 * n", CSV, [1, 2], 10);
    assert_eq!(rows(&change, "n"), [vec![(6, whole(10))], vec![(4, whole(-10)), (5, whole(-10))]]);
}

/// The rows of February are in both windows, so that only those of March are new, and those of January gone.
#[test]
fn rows_that_are_in_both_groups_account_for_nothing() {
    let change = change("dataset t { time day }\nk = sum(t.cost)[last 2 months]", CSV, [1, 2], 10);
    assert_eq!(rows(&change, "k"), [vec![(6, whole(5))], vec![(2, whole(-30)), (3, whole(-10))]]);
}

#[test]
fn only_the_largest_rows_are_listed_and_the_others_counted() {
    let change = change("dataset t { time day }\nk = sum(t.cost)", CSV, [0, 1], 1);
    assert_eq!(rows(&change, "k"), [vec![(5, whole(80))], vec![(2, whole(-30))]]);
    let step = &change.steps[0];
    let listed = step.rows.as_ref().and_then(|rows| rows.listed.as_ref()).expect("rows were asked for");
    assert_eq!((listed.more_new, listed.more_gone), (1, 1));
}

/// A median is not a sum over rows: its rows are those nearest to it, without contributions.
#[test]
fn rows_of_other_aggregates_have_no_contribution() {
    let change = change("dataset t { time day }\nk = median(t.cost)", CSV, [0, 1], 1);
    assert_eq!(rows(&change, "k"), [vec![(4, None)], vec![(2, None)]]);
}

/// By customer, `a` falls by 10, `b` is gone with 10, `c` is new with 80.
#[test]
fn inner_groups_that_changed_most_come_first() {
    let change = change("dataset t { time day }\nk = max(sum(t.cost) each customer)", CSV, [0, 1], 2);
    let groups = change.steps[0].groups.as_ref().expect("it has inner groups");
    let text = |value: &Option<yardstick::Value>| value.as_ref().map(ToString::to_string);
    let found: Vec<_> = groups.listed.iter().map(|it| (&*it.keys, text(&it.before), text(&it.after))).collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(found, [("c", None, some("80")), ("a", some("30"), some("20"))]);
    assert_eq!(groups.more, 1);
}

/// The rows of all aggregates that are sums, each with what it contributes, add up to the difference.
#[test]
fn the_contributions_of_all_rows_add_up() {
    let definitions =
        "dataset t { time day }\nk = sum(t.cost) * 3 - count(t) * 2 + sum(t.orders where t.customer != \"b\")";
    for groups in [[0, 1], [1, 2], [2, 0]] {
        let change = change(definitions, CSV, groups, 100);
        let listed = change.steps.iter().filter_map(|step| step.rows.as_ref()?.listed.as_ref());
        let parts = listed.flat_map(|listed| listed.new.iter().chain(&listed.gone)).filter_map(|row| row.contribution);
        assert_eq!(parts.sum::<Decimal>(), change.difference.expect("both are numbers").contribution);
    }
}

/// Price accounts for 9 of 20, quantity for 11, where the value was 40.
#[test]
fn steps_have_their_shares_of_the_difference_and_of_the_start() {
    let csv = "month,price,quantity\n2026-01,10,4\n2026-02,12,5\n";
    let change = change("k = price * quantity", csv, [0, 1], 1);
    let shares = |name: &str| {
        let step = change.steps.iter().find(|step| step.name == name).expect("it is a step");
        [step.of_difference, step.of_before].map(|share| share.expect("it has one").to_string())
    };
    assert_eq!(
        (shares("price"), shares("quantity")),
        (["0.45", "0.225"].map(str::to_owned), ["0.55", "0.275"].map(str::to_owned))
    );
}
