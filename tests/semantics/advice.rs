//! Tests that advice leads somewhere: what an error says to type works when it is typed.

use yardstick::{GroupBy, Query};

use super::check;
use crate::engine::evaluate;

const ORDERS: &str = "\
day,region,channel,amount,flag
2026-01-05,north,web,100,Yes
2026-01-20,south,mail,30,No
2026-02-03,north,mail,50,Yes
2026-02-10,south,web,20,No
";
const TABLES: &[(&str, &str)] = &[("o", ORDERS)];

/// The error of a query with its advice.
#[track_caller]
fn advice(definitions: &str, query: &Query) -> String {
    evaluate(definitions, TABLES, query).map_or_else(|error| error, |_| panic!("{query:?} has a result"))
}

/// Asserts that the error of a formula contains these parts, and has no other advice.
#[track_caller]
fn advises(query: Query, parts: &[&str]) {
    let error = advice("", &query);
    let missing: Vec<&&str> = parts.iter().filter(|part| !error.contains(**part)).collect();
    assert!(missing.is_empty(), "{missing:?} of\n{error}");
    let hints = parts.iter().filter(|part| part.starts_with("= help")).count();
    assert_eq!(error.matches("= help").count(), hints, "{error}");
}

#[test]
fn a_period_is_selected_or_compared() {
    let by = |text: &str| {
        [
            format!("= help: to select a period, write `--period {text}`"),
            format!(
                "= help: for the rows of that period, compare their date: `[{} = {text}]`",
                match text {
                    "2026" => "year_of(day)",
                    "2026-01-05" => "day",
                    "2026-Q1" => "quarter_of(day)",
                    _ => "month_of(day)",
                }
            ),
        ]
    };
    for text in ["2026-01", "2026", "2026-Q1", "2026-01-05"] {
        let [one, other] = by(text);
        advises(Query::new([format!("sum(amount)[{text}]")]), &[&one, &other]);
    }
    let [one, other] = by("2026-01");
    advises(Query::new(["sum(amount)[\"2026-01\"]"]), &[&one, &other]);
    check("the condition", TABLES, "", &Query::new(["sum(amount)[month_of(day) = 2026-01]"]), &[" | 130"]);
    check("the year", TABLES, "", &Query::new(["sum(amount)[year_of(day) = 2026]"]), &[" | 200"]);
    // A number that cannot be a year.
    advises(Query::new(["sum(amount)[3]"]), &["= help: write `[previous]`, `[3 months ago]` or `[2 periods ago]`"]);
}

#[test]
fn a_grain_is_not_a_column() {
    let row = "= help: `month` is a grain of results; for the month of a row, write `month_of(day)`";
    advises(Query::new(["sum(amount where month = 2026-01)"]), &[row]);
    advises(Query::new(["sum(amount)[month = 2026-01]"]), &[row]);
    advises(Query::new(["sum(amount)"]).filter_formula("month = 2026-01"), &[row]);
    check("it works", TABLES, "", &Query::new(["sum(amount where month_of(day) = 2026-01)"]), &[" | 130"]);
    let all = "= help: to leave out the period, write `[all time]`";
    advises(Query::new(["sum(amount)[all month]"]).by("month"), &[all]);
    let expected = ["2026-01 | 200", "2026-02 | 200"];
    check("all time", TABLES, "", &Query::new(["sum(amount)[all time]"]).by("month"), &expected);
    advises(
        Query::new(["sum(amount) / month"]).by("month"),
        &["= help: `month` is a grain of results: group by it with `--by month`", "= help: `o` has"],
    );
}

#[test]
fn a_formula_is_not_a_group() {
    let by = |formula: &str| Query::new(["sum(amount)"]).by(GroupBy::Name(formula.into()));
    advises(by("month_of(day)"), &["= help: the time of the rows is grouped by its grain: `--by month`"]);
    let column = "= help: declare a computed column in the block of the dataset, such as `key = upper(region)`, and write `--by key`";
    advises(by("upper(region)"), &[column]);
    let expected = ["NORTH | 150", "SOUTH | 50"];
    check("it works", TABLES, "dataset o { key = upper(region) }", &Query::new(["sum(amount)"]).by("key"), &expected);
}

#[test]
fn having_compares_kpis() {
    let having = |text: &str| Query::new(["sum(amount)"]).by("region").by("month").having(text);
    advises(
        having("region = \"north\""),
        &[
            "`--having` compares KPIs of groups",
            "= help: to select rows by a column, write `--where 'region = \"north\"'`",
        ],
    );
    // A column that the result does not group by, beside a KPI.
    let hint = "= help: to select rows by a column, write `--where 'channel = \"web\"'`";
    advises(having("sum(amount) > 2 and channel = \"web\""), &[hint]);
    advises(having("month = 2026-01"), &["= help: to select periods, write `--period 2026-01`"]);
    advises(having("month = \"2026-02\""), &["= help: to select periods, write `--period 2026-02`"]);
    // The sum of a column of numbers is a KPI, and conditions of aggregates and contexts name columns.
    let query = Query::new(["sum(amount)"]).by("region");
    for condition in ["amount > 60", "sum(amount where channel = \"web\") > 60", "amount[channel = \"web\"] > 60"] {
        check(condition, TABLES, "", &query.clone().having(condition), &["north | 150"]);
    }
    let size = [("o", "size,amount\n1,5\n2,7\n")];
    let numbers = Query::new(["sum(amount)"]).by("size").having("size > 1");
    check("a group of numbers", &size, "", &numbers, &["error[misplaced]: `--having` compares KPIs of groups"]);
}

#[test]
fn by_where_each_is_meant() {
    let each = |formula: &str| format!("= help: to aggregate the values of groups, write `each`: `{formula}`");
    let by = "= help: to group the result, write `--by day`";
    for (written, meant, expected) in [
        ("sum(amount by day)", "avg(sum(amount) each day)", " | 50"),
        ("avg(amount by day)", "avg(sum(amount) each day)", " | 50"),
        ("avg(sum(amount) by day)", "avg(sum(amount) each day)", " | 50"),
        ("sum(max(amount) by day)", "sum(max(amount) each day)", " | 200"),
        ("count(distinct region by day)", "avg(count(distinct region) each day)", " | 1"),
        ("sum(amount where amount > 20 by day)", "avg(sum(amount where amount > 20) each day)", " | 60"),
    ] {
        advises(Query::new([written]), &[&each(meant), by]);
        let without_zero = meant.replace("> 20) each day", "> 20) each day having amount > 20");
        check(written, TABLES, "", &Query::new([without_zero]), &[expected]);
    }
    let keys = "= help: to group the result, write `--by region,channel`";
    advises(Query::new(["max(amount by region, channel)"]), &[&each("max(sum(amount) each region, channel)"), keys]);
}

#[test]
fn truth_values_are_not_compared_with_texts() {
    let either = "= help: `flag` contains truth values (yes or no): write `flag` or `not flag`, or declare the column as a text in its dataset: `flag: text`";
    advises(Query::new(["count(o where flag in (\"Yes\", \"No\"))"]), &[either]);
    advises(
        Query::new(["count(o where flag = \"No\")"]),
        &["= help: `flag` contains truth values (yes or no): write `not flag`"],
    );
    let text = Query::new(["count(o where flag in (\"Yes\", \"No\"))"]);
    check("as a text", TABLES, "dataset o { flag: text }", &text, &[" | 4"]);
    // Each type that differs is said once.
    let error = advice("", &Query::new(["count(o where region in (1, 2, 3, true))"]));
    assert_eq!(error.matches("error[type-mismatch]").count(), 2, "{error}");
}

#[test]
fn a_fiscal_year_beside_a_date() {
    let query = |formula: &str| Query::new([formula]);
    advises(
        query("sum(amount where day >= 2025/26)"),
        &["= help: `2025/26` is a division here; to compare fiscal years, write `year_of(day) >= 2025/26`"],
    );
    let fiscal = "calendar { year starts april }";
    check("it works", TABLES, fiscal, &query("sum(amount where year_of(day) >= 2025/26)"), &[" | 200"]);
    check("a division", TABLES, "", &query("sum(amount where amount > 2025/25)"), &[" | 100"]);
}

#[test]
fn a_context_in_a_column_belongs_in_a_kpi() {
    let error = advice("dataset o { before = amount[previous] }", &Query::new(["sum(o.before)"]));
    let hint = "write the brackets in a KPI, after the aggregate, such as `sum(amount)[previous]`";
    assert!(error.contains(hint), "{error}");
}

#[test]
fn a_wrong_period_names_those_of_the_end_of_the_data() {
    let error = advice("", &Query::new(["sum(amount)"]).period("lasst"));
    assert!(error.contains("or `latest` or `last 3 months`, which count from the end of the data"), "{error}");
    // A misspelled column is the reason why the data have no dates; a missing grain is a second problem.
    let typo = Query::new(["sum(amuont)"]);
    let error = advice("", &typo.clone().by("month").period("latest"));
    assert!(error.contains("the data have no column `amuont`") && !error.contains("counted from"), "{error}");
    let error = advice("", &typo.period("latest"));
    assert!(error.contains("the data have no column `amuont`") && error.contains("needs a grain"), "{error}");
}
