//! Tests how contexts depend on `--period` and the total, and values that have no meaning.

use std::sync::Arc;

use proptest::prelude::*;
use yardstick::{Cause, Dataset, Declaration, Embedded, Evaluation, Library, Limits, NoStatus, Query, Table};

use super::check;
use crate::engine::{evaluate, show};

const SALES: &str = "day,shop,n\n2025-02-10,west,8\n2026-01-05,west,10\n2026-02-02,west,4\n2026-02-20,east,11\n";

/// Evaluates everything that can be evaluated, and returns the problems with the rest.
fn partly(definitions: &str, query: &Query) -> (Evaluation, Vec<String>) {
    let table: Arc<dyn Dataset> = Arc::new(Table::from_csv("sales", SALES, &Declaration::default()).unwrap());
    let library = Library::from_text(definitions).unwrap();
    let source = Embedded::new(vec![table]);
    let (plan, problems) = library.plan_anyway(query, &source, &Limits::default());
    let problems = problems.iter().map(|problem| problem.message.clone()).collect();
    (Arc::new(plan).evaluate(&source).unwrap(), problems)
}

#[test]
fn no_operator_catches_a_context_without_its_period() {
    for formula in [
        "sold[previous] ?? 0",
        "coalesce(sold[last 3 months], 0)",
        "if is_defined(sold[1 year ago]) then 1 else 0",
        "if 1 = 2 then sold[year to date] else sold",
        "sold + before",
        "rise(sold)",
        "sold[to date, previous] ?? 0",
        "sold ?? sold[previous]",
    ] {
        let definitions = format!(
            "sold = sum(sales.n)\nlet before = sold[previous]\nfn rise(y) = y - y[previous]\na = {formula}\nb = sold * 2"
        );
        let (result, problems) = partly(&definitions, &Query::new(["a", "b"]));
        assert_eq!(problems, ["`a` needs a period, but the query has none"], "{formula}");
        assert_eq!(show(&result), " | 66\n", "{formula}");
        let (result, problems) = partly(&definitions, &Query::all().period("2026-01..2026-02"));
        assert_eq!(problems, ["`a` needs a single period, but `2026-01..2026-02` is a range"], "{formula}");
        assert_eq!(show(&result), " | 25 | 50\n", "{formula}");
        let totals = Query::new(["a", "b"]).by("month").period("2026-01..2026-02").totals(true);
        let (result, problems) = partly(&definitions, &totals);
        assert!(problems.is_empty(), "{formula}: {problems:?}");
        assert_eq!(result.value(0, 2), Err(Cause::NoPeriod), "{formula}");
        let reason = result.reason(0, 2).unwrap().to_string();
        assert!(reason.starts_with("not applicable: `sum(sales.n)` needs a single period"), "{formula}: {reason}");
    }
}

#[test]
fn a_table_that_cannot_be_split_is_not_a_missing_row() {
    let rents = "month,rent\n2026-01,5\n2026-02,6\n";
    let definitions = "sold = sum(sales.n)\npaid = sum(rents.rent)";
    let tables = &[("sales", SALES), ("rents", rents)];
    let kpis =
        ["sold - (paid ?? 0)", "is_defined(paid)", "sold - paid[all shop]", "(sold + (paid ?? 0))[shop = \"west\"]"];
    check(
        "by a column that one of two tables lacks",
        tables,
        definitions,
        &Query::new(kpis).by("shop").period("2026-02").totals(true),
        &[
            "east | NotSplit | NotSplit | 5 | NotSplit",
            "west | NotSplit | NotSplit | -2 | NotSplit",
            "total | 9 | Boolean(true) | 9 | NotSplit",
        ],
    );
}

#[test]
fn contexts_never_look_past_the_end_of_the_selection() {
    // A year earlier by a week ends on 24 December, long after the selection.
    let kpis = ["n", "n[1 week ago]", "n[last 2 years]", "n[1 week ago, year to date]", "n[all time]"];
    let query = Query::new(kpis).by("year").period("2026-02-01..2026-02-15");
    check("shifted by less than the period", &[("sales", SALES)], "", &query, &["2026 | 4 | 14 | 22 | 14 | 33"]);
    let query = Query::new(["n[1 month ago]"]).by("quarter").period("2026-02-01..2026-02-15");
    check("shifted by months", &[("sales", SALES)], "", &query, &["2026-Q1 | 14"]);
}

#[test]
fn a_single_requested_period_is_the_current_period() {
    let kpis =
        ["n", "n[previous]", "n[year to date]", "n[last 2 months]", "n[1 year ago]", "n[to date]", "n[all time]"];
    let of = |period: &str| Query::new(kpis).period(period);
    let tables = &[("sales", SALES)];
    check("a month", tables, "", &of("2026-02"), &[" | 15 | 10 | 25 | 25 | 8 | 33 | 33"]);
    check("a quarter", tables, "", &of("2026-Q1"), &[" | 25 | NoRows | 25 | 15 | 8 | 33 | 33"]);
    check("a year", tables, "", &of("2026"), &[" | 25 | 8 | 25 | OutsideData | 8 | 33 | 33"]);
    check("a day", tables, "", &of("2026-02-02"), &[" | 4 | NoRows | 14 | 14 | OutsideData | 22 | 33"]);
    check("written as a range", tables, "", &of("2026-02..2026-02"), &[" | 15 | 10 | 25 | 25 | 8 | 33 | 33"]);
    let week = Query::new(["n", "n[previous]", "n[last 5 weeks]"]).period("2026-W06");
    check("a week", tables, "", &week, &[" | 4 | NoRows | 14"]);
    check(
        "by a column: earlier keys have a row",
        tables,
        "",
        &Query::new(["n", "n[previous]", "n[1 year ago]"]).by("shop").period("2026-01").totals(true),
        &["west | 10 | NoRows | OutsideData", "total | 10 | NoRows | OutsideData"],
    );
    check(
        "by a column, in February",
        tables,
        "",
        &Query::new(["n", "n[previous]"]).by("shop").period("2026-02").totals(true),
        &["east | 11 | NoRows", "west | 4 | 10", "total | 15 | 10"],
    );
    check(
        "the wrong grain",
        tables,
        "",
        &Query::new(["n[1 month ago]"]).period("2026-W06"),
        &["error[bad-context]: weeks do not divide months or quarters"],
    );
}

#[test]
fn the_total_uses_the_single_period() {
    let kpis = ["n", "n[previous]", "n[1 year ago]", "n[month to date]"];
    let query = |by: &str, period: &str| Query::new(kpis).by(by).period(period).totals(true);
    let tables = &[("sales", SALES)];
    check(
        "of the result's grain",
        tables,
        "",
        &query("month", "2026-02"),
        &["2026-02 | 15 | 10 | 8 | 15", "total | 15 | 10 | 8 | 15"],
    );
    // The previous quarter is within the data but has no row. A quarter is not within a month.
    check(
        "of a coarser one",
        tables,
        "",
        &query("month", "2026-Q1"),
        &[
            "2026-01 | 10 | NoRows | OutsideData | 10",
            "2026-02 | 15 | 10 | 8 | 15",
            "2026-03 | NoRows | 15 | NoRows | OutsideData",
            "total | 25 | NoRows | 8 | NoPeriod",
        ],
    );
}

#[test]
fn to_date_does_not_need_a_single_period() {
    let kpis = ["n[to date]", "(n ?? 0)[to date]"];
    let tables = &[("sales", SALES)];
    check("no period: everything", tables, "", &Query::new(kpis), &[" | 33 | 33"]);
    check("a range: up to its end", tables, "", &Query::new(kpis).period("2025-06..2026-01"), &[" | 18 | 18"]);
    let range = Query::new(["n", "n[to date]"]).period("2026-01..2026-02-02");
    check("by a column: including earlier keys", tables, "", &range.clone().by("shop"), &["west | 14 | 22"]);
    check(
        "in a total",
        tables,
        "",
        &range.by("month").totals(true),
        &["2026-01 | 10 | 18", "2026-02 | 4 | 22", "total | 14 | 22"],
    );
}

fn no_status(result: &Evaluation, kpi: usize) -> Vec<Option<NoStatus>> {
    (0..result.groups.len()).map(|group| result.outcome(kpi, group).no_status).collect()
}

#[test]
fn incomplete_periods_have_no_status() {
    let days = "day,n,of\n2026-01-01,20,40\n2026-01-31,10,20\n2026-02-01,5,10\n2026-02-27,6,12\n";
    let definitions = "\
sold = sum(t.n) { target 30 better higher good >= 30 bad otherwise }
share = sum(t.n) / sum(t.of) { target 0.5 better higher good >= 0.5 bad otherwise }
stock = last(t.n) { target 6 better higher good >= 6 bad otherwise }
two = sold[last 2 months] { better higher good >= 30 bad otherwise }
plain = sum(t.n)";
    let all = |query: Query| evaluate(definitions, &[("t", days)], &query).unwrap();
    let incomplete = Some(NoStatus::IncompletePeriod);
    let result = all(Query::all().by("month").totals(true));
    assert_eq!(no_status(&result, 0), [None, incomplete, incomplete]);
    assert_eq!(no_status(&result, 1), [None; 3]);
    assert_eq!(no_status(&result, 2), [None; 3]);
    // The window of January starts before the data, and that of February ends after it.
    assert_eq!(no_status(&result, 3), [incomplete, incomplete, None]);
    assert_eq!(no_status(&result, 4), [None; 3]);
    for group in 0..3 {
        let outcome = result.outcome(0, group);
        let target = outcome.target.unwrap();
        let judged = (outcome.band.is_some(), target.attainment.is_some(), target.difference.is_some());
        assert_eq!(judged, if group == 0 { (true, true, true) } else { (false, false, false) });
        assert!(
            result.outcome(1, group).band.is_some() && result.outcome(1, group).target.unwrap().attainment.is_some()
        );
    }
    assert_eq!(result.no_status(0, 1).unwrap(), "incomplete period");
    assert_eq!(result.explain_at(0, 1).unwrap().no_status.unwrap(), "incomplete period");
    let cut = all(Query::new(["sold", "share"]).by("month").period("2026-01-02..2026-01-31"));
    assert_eq!((no_status(&cut, 0), no_status(&cut, 1)), (vec![incomplete], vec![None]));
    let tile = all(Query::new(["sold", "share"]).period("2026-02"));
    assert_eq!((no_status(&tile, 0), no_status(&tile, 1)), (vec![incomplete], vec![None]));
    assert_eq!(no_status(&all(Query::new(["sold"])), 0), [None]);
}

#[test]
fn a_status_applies_to_the_period_of_its_card() {
    let days = "day,n\n2026-01-01,20\n2026-03-31,10\n";
    let definitions = "sold = sum(t.n) { target 30 per month better higher good >= 30 bad otherwise }";
    let of = |query: Query| {
        let result = evaluate(definitions, &[("t", days)], &query).unwrap();
        (0..result.groups.len())
            .map(|group| match result.outcome(0, group) {
                outcome if outcome.band.is_some() => "judged".to_owned(),
                outcome => format!("{:?}", outcome.no_status),
            })
            .collect::<Vec<_>>()
    };
    let other = "Some(OtherPeriod)".to_owned();
    assert_eq!(of(Query::all()), ["Some(OtherPeriod)"]);
    assert_eq!(of(Query::all().period("2026-01")), ["judged"]);
    assert_eq!(of(Query::all().period("2026-Q1")), ["Some(OtherPeriod)"]);
    assert_eq!(of(Query::all().by("month").period("2026-01").totals(true)), ["judged", "judged"]);
    assert_eq!(of(Query::all().by("month").period("2026-Q1").totals(true))[3], other);
    let days = of(Query::all().by("day").period("2026-01").totals(true));
    assert_eq!((&days[0], &days[31]), (&other, &"judged".to_owned()));
}

#[test]
fn bounds_that_need_a_period_affect_only_the_status() {
    let definitions =
        "sold = sum(sales.n) { target sold[1 year ago] ?? 0 better higher good >= sold[previous] bad otherwise }";
    let (result, problems) = partly(definitions, &Query::all());
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(show(&result), " | 33\n");
    assert_eq!(no_status(&result, 0), [Some(NoStatus::NoPeriod)]);
    assert_eq!(result.no_status(0, 0).unwrap(), "its target or a band needs a period (add `--by month`)");
    let by = "day,n\n2026-01-01,1\n2026-02-28,2\n";
    let definitions = "sold = sum(t.n) { target sold[1 year ago] ?? 0 better higher good >= 2 bad otherwise }";
    let result = evaluate(definitions, &[("t", by)], &Query::all().by("month").totals(true)).unwrap();
    assert_eq!(no_status(&result, 0), [None, None, Some(NoStatus::NoPeriod)]);
}

#[test]
fn a_period_without_data_reports_the_range_of_the_data() {
    let notes = |query: Query| {
        let result = evaluate("n = sum(sales.n)\nall_of_it = n[all time]", &[("sales", SALES)], &query).unwrap();
        result.notes.iter().map(|note| note.message.clone()).collect::<Vec<_>>()
    };
    let lies = |asked: &str| vec![format!("there are no rows in `{asked}`: `sales` covers 2025-02-10 to 2026-02-20")];
    let of = || Query::new(["n"]);
    assert_eq!(notes(of().period("2031")), lies("2031"));
    assert_eq!(notes(of().by("month").by("shop").period("2024-01..2024-03")), lies("2024-01-01..2024-03-31"));
    assert_eq!(notes(of().by("month").period("2031-Q1").totals(true)), lies("2031-Q1"));
    assert_eq!(notes(of().period("2026")), [""; 0]);
    // A month without rows between others, and a value that does not need any rows.
    assert_eq!(notes(of().period("2025-05")), [""; 0]);
    assert_eq!(notes(Query::new(["all_of_it"]).period("2031")), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// A query for one period gives the same values as the row of that period, and so does the total.
    #[test]
    fn a_single_period_equals_its_row(
        rows in prop::collection::vec((0_i32..500, 0_u8..3, -50_i32..50), 1..30),
        period in prop::sample::select(vec!["2026-02", "2026-Q2", "2026", "2025", "2026-W09", "2026-03-14", "2027-01"]),
        context in prop::sample::select(vec![
            "previous", "1 year ago", "last 2 periods", "year to date", "to date", "all time", "all", "last 10 days",
            "previous, last 2 periods", "last 400 days, 1 year ago", "all, previous",
        ]),
    ) {
        let table: String = rows.iter().map(|(day, key, x)| {
            let day = yardstick::Date::from_day(20_100 + day);
            format!("{day},k{key},{x}\n")
        }).collect();
        let table = format!("day,key,x\n{table}");
        let grain = match period.len() { 4 => "year", 10 => "day", _ if period.contains('W') => "week", _ if period.contains('Q') => "quarter", _ => "month" };
        let kpis = [format!("sum(t.x)[{context}]"), format!("count(t)[{context}] ?? 0"), format!("sum(t.x) / sum(t.x)[{context}]")];
        let query = || Query::new(kpis.iter().map(String::as_str)).period(period);
        let lines = |query: &Query| -> Vec<String> {
            show(&evaluate("", &[("t", &table)], query).unwrap()).lines().map(|line| line.trim_start_matches(period).trim().to_owned()).collect()
        };
        prop_assert_eq!(lines(&query()), lines(&query().by(grain)));
        let (keyed, timed) = (lines(&query().by("key").totals(true)), lines(&query().by(grain).by("key").totals(true)));
        prop_assert_eq!(&keyed, &timed);
        // Keys do not apply in the total.
        let alone = lines(&query());
        prop_assert_eq!(keyed.last().unwrap().trim_start_matches("total "), alone[0].as_str());
    }
}
