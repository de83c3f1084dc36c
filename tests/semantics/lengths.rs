//! Tests `period_days()` and `elapsed_days()`, and literals of periods.

use yardstick::Query;

use super::check;
use crate::engine::evaluate;

const SALES: &str = "day,shop,n\n2026-01-05,west,31\n2026-02-01,east,28\n2026-02-03,west,28\n2026-03-10,west,20\n";
const LENGTHS: [&str; 2] = ["period_days() + 0 * n", "elapsed_days() + 0 * n"];

fn lengths(says: &str, query: Query, expected: &[&str]) {
    check(says, &[("s", SALES)], "", &query, expected);
}

#[test]
fn the_days_of_a_period_and_those_up_to_the_end_of_the_data() {
    let query = || Query::new(LENGTHS);
    lengths("by month", query().by("month"), &["2026-01 | 31 | 31", "2026-02 | 28 | 28", "2026-03 | 31 | 10"]);
    lengths("by quarter", query().by("quarter"), &["2026-Q1 | 90 | 69"]);
    lengths("by year", query().by("year"), &["2026 | 365 | 69"]);
    lengths("a single period", query().period("2026-03"), &[" | 31 | 10"]);
    lengths("known until later", query().period("2026-03").data_until("2026-03-20"), &[" | 31 | 20"]);
    lengths("known until long after", query().period("2026-03").data_until("2026-05-20"), &[" | 31 | 31"]);
    lengths("a range", query().period("2026-02-10..2026-03-05"), &[" | NoRows | NoRows"]);
    lengths(
        "cut at both ends",
        Query::new(["period_days()", "elapsed_days()", "n"]).by("month").period("2026-02-10..2026-03-05").totals(true),
        &["2026-02 | 28 | 19 | NoRows", "2026-03 | 31 | 5 | NoRows", "total | 24 | 24 | NoRows"],
    );
    lengths(
        "in the total",
        query().by("month").totals(true),
        &["2026-01 | 31 | 31", "2026-02 | 28 | 28", "2026-03 | 31 | 10", "total | 90 | 69"],
    );
    lengths(
        "by shop",
        Query::new(["n / elapsed_days()"]).by("shop").by("month"),
        &["2026-01 west | 1", "2026-02 east | 1", "2026-02 west | 1", "2026-03 west | 2"],
    );
    lengths(
        "after the data",
        Query::new(["elapsed_days() + 0 * n[to date]"]).by("month").period("2026-04"),
        &["2026-04 | 0"],
    );
    lengths("by day", Query::new(["period_days()", "n"]).by("day").period("2026-02-01"), &["2026-02-01 | 1 | 28"]);
    lengths("a week", Query::new(["period_days()", "n"]).by("week").period("2026-W05"), &["2026-W05 | 7 | 28"]);
}

#[test]
fn lengths_in_contexts() {
    for (formula, expected) in [
        ("period_days()[previous]", "28"),
        ("elapsed_days()[previous]", "28"),
        ("period_days()[previous, so far]", "28"),
        ("elapsed_days()[previous, so far]", "10"),
        ("period_days()[last 3 months]", "90"),
        ("elapsed_days()[last 3 months]", "69"),
        ("elapsed_days()[year to date]", "69"),
        // From the first row on 5 January.
        ("period_days()[to date]", "86"),
        ("elapsed_days()[to date]", "65"),
        ("period_days()[all time]", "65"),
        ("(n / elapsed_days())[previous]", "2"),
        ("n / elapsed_days() * period_days()", "62"),
        ("pace(n)", "2"),
        ("let_days", "10"),
        ("max(period_days() + 0 * n each month)[last 3 months]", "31"),
        ("sum(n / elapsed_days() each shop)", "2"),
        ("sum(n each day) / elapsed_days()", "2"),
        ("if 1 = 1 then elapsed_days() else n", "10"),
    ] {
        let definitions = "fn pace(x) = x / elapsed_days()\nlet let_days = elapsed_days() + 0 * n";
        // The data that end the period are those of the formula.
        let query = Query::new([format!("({formula}) + 0 * n")]).by("month").period("2026-03");
        check(formula, &[("s", SALES)], definitions, &query, &[&format!("2026-03 | {expected}")]);
    }
}

#[test]
fn each_formula_has_the_end_of_its_own_data() {
    let plan = "month,plan\n2026-01,1\n2026-12,1\n";
    let definitions = "sold = n / elapsed_days()\nplanned = plan / elapsed_days()\nboth = (n + plan) / elapsed_days()\n\
                       calls = share(n) + 0 * plan\nfn share(x) = x / elapsed_days()";
    let query = Query::new(["sold", "planned", "both", "calls"]).by("year").period("2026");
    // 107 in 69 days, 2 in 365 days, 109 in 365 days.
    let result = evaluate(definitions, &[("s", SALES), ("p", plan)], &query).unwrap();
    let close = |kpi: usize, expected: &str| {
        let found = result.value(kpi, 0).unwrap().to_string();
        assert!(found.starts_with(expected), "{kpi}: {found}");
    };
    close(0, "1.55072463768");
    close(1, "0.00547945205");
    close(2, "0.29863013698");
    close(3, "1.55072463768");
}

#[test]
fn a_length_needs_a_period() {
    let tables = &[("s", SALES)];
    for (formula, message) in [
        ("n / period_days()", "needs a period, but the query has none"),
        ("n / (elapsed_days() ?? 1)", "needs a period, but the query has none"),
        ("sum(n / period_days())", "divide the aggregate, as in `sum(x) / period_days()`"),
        ("sum(n where n > elapsed_days())", "`elapsed_days` cannot be used in a row expression"),
        ("n / period_days(3)", "write `period_days()`"),
        ("n / period_days", "it is a function: write `period_days()`"),
        ("n / days_in_period", "for the days of the period, write `period_days()`"),
        ("n / days_elapsed", "write `elapsed_days()`"),
        ("n / days_in_month()", "write `period_days()`"),
        ("n / period_day()", "did you mean `period_days`"),
    ] {
        let error = evaluate("", tables, &Query::new([formula])).unwrap_err();
        assert!(error.contains(message), "{formula}\n{error}");
    }
    let error = evaluate("param p = period_days()\nx = n * p", tables, &Query::new(["x"])).unwrap_err();
    assert!(error.contains("`period_days` cannot be used in a constant"), "{error}");
}

#[test]
fn hours_are_parts_of_a_day() {
    let visits = "at,n\n2026-03-01T00:30:00,1\n2026-03-02T11:30:00,1\n";
    let query = Query::new(["24 * period_days()", "24 * elapsed_days()", "n"]);
    let query = query.by("hour").period("2026-03-02").totals(true);
    let result = evaluate("", &[("v", visits)], &query).unwrap();
    let total = crate::engine::show(&result).lines().last().unwrap().to_owned();
    assert_eq!(total, "total | 24 | 12 | 1");
}

#[test]
fn numbers_beside_a_year_are_years() {
    let moments = "at,n\n2025-01-05T10:00:00,1\n2025-06-01T08:59:00,2\n2026-02-10T09:00:00,4\n2026-03-01T12:00:00,8\n";
    let sums = |definitions: &str, conditions: &[&str]| {
        let formulas = conditions.iter().map(|condition| format!("sum(n where {condition})"));
        let result = evaluate(definitions, &[("v", moments)], &Query::new(formulas.collect::<Vec<_>>()));
        result.map_or_else(|error| error, |result| crate::engine::show(&result))
    };
    let calendar_years = [
        "year_of(at) = 2026",
        "2025 < year_of(at)",
        "year_of(at) in (2024, 2025)",
        "year_of(at) between 2020 and 2025",
        "year_of(at) - 2020 = 6",
        "year_of(at) != (2025)",
        "at >= 2026-02-10T09",
        "at < 2025-06-01T09",
    ];
    assert_eq!(sums("", &calendar_years), " | 12 | 12 | 3 | 3 | 12 | 12 | 12 | 3\n");
    let fiscal = "calendar { year starts april }";
    let fiscal_years =
        ["year_of(at) = 2025/26", "year_of(at) <= 2024/25", "quarter_of(at) = 2025/26-Q1", "half_of(at) >= 2025/26-H2"];
    assert_eq!(sums(fiscal, &fiscal_years), " | 14 | 1 | 2 | 12\n");
    for (definitions, condition, message) in [
        (fiscal, "year_of(at) = 2026", "write `2025/26` or `2026/27`"),
        ("", "quarter_of(at) = 2025/26-Q1", "declare the first month of the fiscal year"),
        ("", "year_of(at) = 26", "found a year such as `2026` and a plain number"),
        ("", "year_of(at) = 2025/26", "found a year such as `2026` and a plain number"),
        ("", "month_of(at) = 2026", "found a month such as `2026-03` and a plain number"),
        ("", "at > 2026-02-10T25", "`2026-02-10T25` is not on the calendar"),
    ] {
        let error = sums(definitions, &[condition]);
        assert!(error.contains(message), "{condition}\n{error}");
    }
}

#[test]
fn lengths_alone_have_the_periods_of_all_datasets() {
    let tables = [("a", "day,x\n2026-01-05,1\n2026-02-10,1\n"), ("b", "at,y\n2026-02-20,1\n"), ("c", "z\n1\n")];
    let query = Query::new(["period_days()", "elapsed_days()"]);
    check("by month", &tables, "", &query.clone().by("month"), &["2026-01 | 31 | 31", "2026-02 | 28 | 20"]);
    check("one month", &tables, "", &query.clone().period("2026-02"), &[" | 28 | 20"]);
    // A formula that reads a dataset ends with it.
    let query = Query::new(["elapsed_days()", "sum(a.x) + elapsed_days()"]).period("2026-02");
    check("beside a dataset", &tables, "", &query, &[" | 10 | 11"]);
}
