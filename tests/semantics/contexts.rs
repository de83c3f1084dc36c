//! Tests every row of the table of contexts, by every grain that makes a difference.

use yardstick::Query;

use super::check;

const T: &str = "\
day,c,x,s
2025-12-31,a,1,10
2026-01-01,b,2,20
2026-01-31,a,4,11
2026-02-28,a,8,12
2026-02-28,b,16,21
2026-04-30,b,32,
2026-05-01,a,64,14
";

fn of(kpis: &[&str]) -> Query {
    Query::new(kpis.iter().copied())
}

#[test]
fn windows_can_be_shifted() {
    let kpis = [
        "x[last 3 months]",
        "x[last 3 months, previous]",
        "x[last 2 periods]",
        "x[previous, last 2 periods]",
        "last(s)[last 3 months]",
        "avg(x)[last 3 months]",
    ];
    let expected = [
        "2025-12 | 1 | OutsideData | 1 | OutsideData | 10 | 1",
        "2026-01 | 7 | 1 | 7 | 1 | 11 | ~2.3333",
        "2026-02 | 31 | 7 | 30 | 7 | 33 | 6.2",
        "2026-03 | 30 | 31 | 24 | 30 | 33 | 7.5",
        "2026-04 | 56 | 30 | 32 | 24 | 33 | ~18.6667",
        "2026-05 | 96 | 56 | 96 | 32 | 14 | 48",
    ];
    check("this month and the two before", &[("t", T)], "", &of(&kpis).by("month"), &expected);
}

#[test]
fn ranges_by_day_end_on_the_same_day_of_the_month() {
    let kpis = ["x", "x[1 month ago]", "x[last 1 month]", "x[month to date]", "x[week to date]", "x[last 7 days]"];
    // 30 February becomes the last day of February. A month that ends on 30 April starts on 31 March.
    let expected = [
        "2026-04-29 | NoRows | NoRows | NoRows | NoRows | NoRows | NoRows",
        "2026-04-30 | 32 | NoRows | 32 | 32 | 32 | 32",
        "2026-05-01 | 64 | NoRows | 96 | 64 | 96 | 96",
    ];
    check("by day", &[("t", T)], "", &of(&kpis).by("day").period("2026-04-29..2026-05-01"), &expected);
    let expected = ["2026-03-30 | 24", "2026-03-31 | 24"];
    check(
        "the 31st of a shorter month",
        &[("t", T)],
        "",
        &of(&["x[1 month ago]"]).by("day").period("2026-03-30..2026-03-31"),
        &expected,
    );
}

#[test]
fn coarse_grains() {
    let kpis = ["x", "x[previous]", "x[1 month ago]", "x[year to date]", "x[1 year ago]", "x[to date]", "x[all time]"];
    // One month before the first quarter is December to February; before the second, March to May.
    let expected = [
        "2025-Q4 | 1 | OutsideData | OutsideData | 1 | OutsideData | 1 | 127",
        "2026-Q1 | 30 | 1 | 31 | 30 | OutsideData | 31 | 127",
        "2026-Q2 | 96 | 30 | 96 | 126 | OutsideData | 127 | 127",
    ];
    check("by quarter", &[("t", T)], "", &of(&kpis).by("quarter"), &expected);
}

#[test]
fn by_week_months_are_errors_and_years_are_iso_years() {
    let table = &[("t", T)];
    check("months ago", table, "", &of(&["x[1 month ago]"]).by("week"), &["error[bad-context]"]);
    check("a window of quarters", table, "", &of(&["x[last 1 quarter]"]).by("week"), &["error[bad-context]"]);
    check("month to date", table, "", &of(&["x[month to date]"]).by("week"), &["error[bad-context]"]);
    let weeks = "day,x\n2025-01-01,1\n2025-12-29,2\n2025-12-28,4\n";
    // 2025-W01 starts on 30 December 2024, 2026-W01 on 29 December 2025.
    let query = of(&["x", "x[1 year ago]", "x[last 1 year]"]).by("week").period("2025-W52..2026-W01");
    check(
        "the same ISO week",
        &[("t", weeks)],
        "",
        &query,
        &["2025-W52 | 4 | OutsideData | 5", "2026-W01 | 2 | 1 | 6"],
    );
}

#[test]
fn shares_keep_columns_that_the_query_does_not_group_by() {
    let kpis =
        ["x / x[all c]", "x / x[all]", "x / x[all time]", "x[all c, all time]", "x[c = \"a\"]", "x[c = \"a\", all c]"];
    let expected = [
        "2025 a | 1 | 1 | ~0.013 | 127 | 1 | 1",
        "2026 a | ~0.6032 | ~0.6032 | ~0.987 | 127 | 76 | 76",
        "2026 b | ~0.3968 | ~0.3968 | 1 | 127 | 0 | 76",
    ];
    check("by year and column", &[("t", T)], "", &of(&kpis).by("year").by("c"), &expected);
    check(
        "nothing where the query does not group by it",
        &[("t", T)],
        "",
        &of(&["x[all c]", "x[all]", "x[all time]"]),
        &[" | 127 | 127 | 127"],
    );
}

#[test]
fn contexts_combine() {
    let definitions = "fn up(y) = y - y[previous]\nfn before(y) = y[previous]\nr = sum(x) / count(t)";
    let kpis = [
        "up(sum(x))",
        "up(x[c = \"a\"])",
        "before(r)[c = \"a\"]",
        "r[last 2 months][to date]",
        "r[to date][last 2 months]",
        "x[1 month ago][1 month ago]",
    ];
    let query = of(&kpis).by("month").period("2026-01..2026-02");
    // January: 6 - 1, of a 4 - 1, a's mean of December 1; innermost extent: to date 7 / 3, then two months 7 / 3.
    // February: 24 - 6, of a 8 - 4, a's mean of January 4; to date 31 / 5, two months 30 / 4; December 1.
    check(
        "x[a][b]",
        &[("t", T)],
        definitions,
        &query,
        &["2026-01 | 5 | 3 | 1 | ~2.3333 | ~2.3333 | OutsideData", "2026-02 | 18 | 4 | 4 | 7.5 | 6.2 | 1"],
    );
    check(
        "two extents in one bracket",
        &[("t", T)],
        "",
        &of(&["x[to date, last 2 months]"]).by("month"),
        &["error[bad-context]: a context has at most one window or period to date"],
    );
    check(
        "no period",
        &[("t", T)],
        "",
        &of(&["x[previous]"]).by("c"),
        &["error[bad-context]: `x[previous]` needs a period, but the query has none"],
    );
}

#[test]
fn conditions_filter_datasets_that_have_the_column() {
    let ads = "c,cost\na,1\nb,2\n";
    let leads = "c,n\na,10\nb,20\n";
    let costs = "month,fixed\n2026-01,5\n";
    let tables = &[("ads", ads), ("leads", leads), ("costs", costs)];
    let definitions = "spent = sum(ads.cost)\nfound = sum(leads.n)\nrent = sum(costs.fixed)";
    let kpis = [
        "(spent + found)[c = \"a\"]",
        "(spent + found)[ads.c = \"a\"]",
        "(spent + rent)[c = \"a\"]",
        "(spent + rent)[ads.c = \"a\"]",
    ];
    check("every dataset that is read, or one", tables, definitions, &of(&kpis), &[" | 11 | 31 | NotSplit | 6"]);
}
