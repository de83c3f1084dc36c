//! Tests common mistakes in KPIs, each with the wrong number that it would give.

use yardstick::Query;

use super::check;

const CRM: &str = "\
day,channel,visits,customers,users,base
2026-01-31,web,10,100,50,0
2026-02-28,web,90,120,60,5
2026-03-31,web,20,90,40,10
2026-05-31,web,40,95,45,-4
";

#[test]
fn ratios_divide_sums_and_stocks_and_distinct_counts_are_not_added() {
    let kpis = ["customers_end / sum(visits)", "customers_end", "only(users)", "sum(visits)[previous]"];
    let definitions = "let customers_end = last(customers)";
    let tables = &[("crm", CRM)];
    // 90 / 120 instead of the mean of 10, 1.33 and 4.5; 90 customers instead of 310; users are not 150.
    check(
        "by quarter",
        tables,
        definitions,
        &Query::new(kpis).by("quarter"),
        &["2026-Q1 | 0.75 | 90 | ManyRows | OutsideData", "2026-Q2 | 2.375 | 95 | 45 | 120"],
    );
}

#[test]
fn the_previous_month_is_not_the_previous_row() {
    let kpis = ["sum(visits) / sum(visits)[previous] - 1", "growth(sum(base))", "sum(visits) ?? 0"];
    // There is no April before May. Growth from 0 or less has no meaning. Missing data is 0 only if the formula says
    // so.
    let expected = [
        "2026-01 | OutsideData | OutsideData | 10",
        "2026-02 | 8 | Stated | 90",
        "2026-03 | ~-0.7778 | 1 | 20",
        "2026-04 | NoRows | NoRows | 0",
        "2026-05 | NoRows | NoRows | 40",
    ];
    check("by month", &[("crm", CRM)], "", &Query::new(kpis).by("month"), &expected);
}

#[test]
fn a_number_is_not_a_condition_or_a_text() {
    let tables = &[("crm", CRM)];
    for formula in [
        "sum(visits where base)",
        "sum(visits where not base)",
        "sum(visits where base and channel = \"web\")",
        "sum(if base then visits else 0)",
        "sum(visits)[base]",
    ] {
        check(formula, tables, "", &Query::new([formula]), &["error[type-mismatch]"]);
    }
    check("text", tables, "", &Query::new(["sum(visits where base = \"5\")"]), &["error[type-mismatch]"]);
    check("compared", tables, "", &Query::new(["sum(visits where base = 5)"]), &[" | 90"]);
}
