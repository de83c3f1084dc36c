//! Tests aggregates by another time column than that of their dataset: `count(deals on closed)`.

use yardstick::Query;

use super::check;

const DEALS: &[(&str, &str)] = &[(
    "deals",
    "created,closed,stage,amount\n2026-01-05,2026-02-10,won,1\n2026-01-20,2026-01-25,won,2\n2026-02-01,,open,4\n\
     2026-02-03,2026-03-01,lost,8\n",
)];

const DEFINITIONS: &str = "dataset deals { time created }";

fn of(kpis: &[&str]) -> Query {
    Query::new(kpis.iter().copied())
}

#[test]
fn rows_count_in_the_period_of_the_named_column() {
    let kpis = [
        "count(deals)",
        "count(deals on closed)",
        "sum(amount on closed where stage = \"won\")",
        "last(amount on closed)",
    ];
    let expected = ["2026-01 | 2 | 1 | 2 | 2", "2026-02 | 2 | 1 | 1 | 1", "2026-03 | NoRows | 1 | 0 | 8"];
    check("by month", DEALS, DEFINITIONS, &of(&kpis).by("month"), &expected);
    check("all time: the open deal has no day", DEALS, DEFINITIONS, &of(&kpis[..2]).period("2026"), &[" | 4 | 3"]);
}

#[test]
fn contexts_and_inner_groups_follow_the_named_column() {
    let kpis = [
        "sum(amount on closed)[previous]",
        "sum(amount on closed) / sum(amount)",
        "count(sum(amount on closed) each stage)",
        "sum(amount on created)",
    ];
    let expected = [
        "2026-01 | OutsideData | ~0.6667 | 1 | 3",
        "2026-02 | 2 | ~0.0833 | 1 | 12",
        "2026-03 | 1 | NoRows | 1 | NoRows",
    ];
    check("by month", DEALS, DEFINITIONS, &of(&kpis).by("month"), &expected);
}

#[test]
fn a_column_that_is_not_one_of_dates_is_an_error() {
    for (formula, expected) in [
        ("count(deals on stage)", "error[bad-arguments]: `stage` is not a column of dates"),
        ("count(deals on close)", "error[unknown-column]: `deals` has no column `close`"),
        ("round(amount on closed)", "error[bad-arguments]: `round` is not an aggregate"),
        ("sum(sum(amount) on closed each stage)", "error[syntax]: `on` names the time of rows"),
    ] {
        check(formula, DEALS, DEFINITIONS, &of(&[formula]), &[expected]);
    }
}

const VISITS: &[(&str, &str)] = &[
    ("visits", "day,user,ad\n2026-01-30,ann,a\n2026-01-31,bob,b\n2026-02-01,bob,b\n2026-02-10,cas,a\n"),
    (
        "buys",
        "day,user,amount\n2026-02-02,ann,1\n2026-02-01,bob,2\n2026-02-08,bob,4\n2026-02-09,bob,8\n2026-02-25,cas,16\n",
    ),
];

const CONVERSIONS: &str = "dataset visits { time day }
dataset buys {
  time day
  lookup visits on user as of day within 7 days
  visited = visits.day
  delivered = day + 27 days
  ad = visits.ad
}";

#[test]
fn conversions_count_in_the_period_of_the_visit() {
    // Ann bought on 2 February after her visit of 30 January. Bob's visits are one day apart: his buys of the 1st and of
    // the 8th belong to the later one, that of the 9th is eight days late, as is that of Cas.
    let kpis = ["count(buys on visits.day)", "count(buys on visited) / count(visits)", "sum(amount on visits.day)"];
    let expected = ["2026-01 | 1 | 0.5 | 1", "2026-02 | 2 | 1 | 6"];
    check("by month", VISITS, CONVERSIONS, &of(&kpis).by("month"), &expected);
    let expected = ["a | 1 | 0.5 | 1", "b | 2 | 1 | 6"];
    check("by a column of both", VISITS, CONVERSIONS, &of(&kpis).by("ad").period("2026"), &expected);
    let expected = ["2026-01 | OutsideData", "2026-02 | 1"];
    check("before", VISITS, CONVERSIONS, &of(&["count(buys on visits.day)[previous]"]).by("month"), &expected);
    check("first and last", VISITS, CONVERSIONS, &of(&["last(amount on visits.day by user)"]), &[" | 7"]);
    let each = ["sum(sum(amount on visits.day) each day)", "max(count(buys on visited) each user)"];
    check("each", VISITS, CONVERSIONS, &of(&each).by("month"), &["2026-01 | 1 | 1", "2026-02 | 6 | 2"]);
}

#[test]
fn a_computed_date_is_a_time() {
    let expected = ["2026-02 | 1 | 5", "2026-03 | 4 | NoRows"];
    check(
        "delivered",
        VISITS,
        CONVERSIONS,
        &of(&["count(buys on delivered)", "count(buys)"]).by("month").period("2026-02..2026-03"),
        &expected,
    );
    let shares = ["count(buys on delivered where amount > 4)[all time]", "last(amount on delivered)"];
    check("contexts", VISITS, CONVERSIONS, &of(&shares).period("2026-03"), &[" | 2 | 16"]);
}

const LINES: &[(&str, &str)] = &[
    ("orders", "id,ordered\n1,2026-01-05\n2,2026-02-07\n3,2026-02-09\n"),
    ("lines", "order_id,sku,quantity\n1,a,2\n1,b,1\n2,a,5\n3,c,1\n4,a,9\n"),
];

#[test]
fn the_time_of_a_dataset_may_be_that_of_a_lookup() {
    let definitions = "dataset lines { lookup orders on order_id = id }";
    let expected = ["2026-01 | 3 | 2", "2026-02 | 1 | 2"];
    let by_order = ["last(quantity on orders.ordered)", "count(lines on orders.ordered)"];
    check("on", LINES, definitions, &of(&by_order).by("month"), &expected);
    let kpis = ["sum(quantity)", "sum(quantity)[previous]", "last(quantity by sku)", "max(sum(quantity) each day)"];
    let expected = ["2026-01 | 3 | OutsideData | 3 | 3", "2026-02 | 6 | 3 | 6 | 5"];
    for time in ["time orders.ordered", "time day\n day = orders.ordered", "day = ordered\n time lines.day"] {
        let definitions =
            format!("dataset orders {{ time ordered }}\ndataset lines {{ lookup orders on order_id = id\n {time}\n }}");
        check(time, LINES, &definitions, &of(&kpis).by("month"), &expected);
        check(time, LINES, &definitions, &of(&kpis[..1]).period("2026-02"), &[" | 6"]);
        check(time, LINES, &definitions, &of(&kpis[..1]), &[" | 18"]);
    }
}

#[test]
fn a_time_that_is_no_date_is_an_error() {
    let lines = |time: &str| format!("dataset lines {{ lookup orders on order_id = id\n {time}\n }}");
    for (time, expected) in [
        ("time orders.id", "error[bad-arguments]: `id` is not a column of dates"),
        ("time orders.day", "error[unknown-column]: `orders` has no column `day`"),
        ("time order.ordered", "error[unknown-column]: `lines` does not look up `order`"),
        ("double = quantity * 2\n time double", "error[bad-arguments]: `double` is not a column of dates"),
        ("time orders.ordered\n time order_id", "error[bad-property]: `time` is set twice"),
        (
            "time orders.ordered\n newest = last(quantity each sku)",
            "error[ambiguous]: the time of `lines`, `orders.ordered`",
        ),
    ] {
        let kpi = if time.contains("newest") { "sum(newest)" } else { "sum(quantity)" };
        check(time, LINES, &lines(time), &of(&[kpi]).by("month"), &[expected]);
    }
    let definitions = lines("newest = last(quantity on orders.ordered each sku)");
    let expected = ["error[bad-arguments]: `orders.ordered` is no stored column of `lines`"];
    check("on", LINES, &definitions, &of(&["sum(newest)"]).by("month"), &expected);
}
