//! Queries over several datasets: each is aggregated before its groups are matched, and lookups and filters apply.

use std::sync::Arc;

use serde::Serialize;
use yardstick::{Decimal, Embedded, Library, Limits, Query, Table};

use super::{evaluate, show};

const ADS: &str = "day,channel,cost\n2026-01-01,web,10\n2026-01-02,web,20\n2026-01-03,,5\n2026-02-01,mail,7\n";
const LEADS: &str = "created,channel,stage\n2026-01-05,web,MQL\n2026-01-06,web,SQL\n2026-01-07,web,MQL\n2026-01-08,,MQL\n2026-02-09,tv,SQL\n";

#[test]
fn rows_of_two_datasets_are_not_multiplied() {
    let definitions = "spent = sum(ads.cost)\nfound = count(leads)\nper_lead = spent / found\nmql = count(leads where stage = \"MQL\")";
    let tables = &[("ads", ADS), ("leads", LEADS)];
    let result = evaluate(definitions, tables, &Query::all().by("channel").totals(true)).unwrap();
    assert_eq!(
        show(&result),
        "(blank) | 5 | 1 | 5 | 1\nmail | 7 | NoRows | NoRows | NoRows\ntv | NoRows | 1 | NoRows | 0\nweb | 30 | 3 | 10 | 2\ntotal | 42 | 5 | 8.4 | 3\n"
    );
}

#[test]
fn a_dataset_without_the_group_column_is_undefined_per_group() {
    let definitions = "spent = sum(ads.cost)\ntarget = sum(goals.goal)\nall_of_it = target[all channel]";
    let goals = "month,goal\n2026-01,100\n2026-02,200\n";
    let result =
        evaluate(definitions, &[("ads", ADS), ("goals", goals)], &Query::all().by("month").by("channel")).unwrap();
    assert_eq!(
        show(&result),
        "2026-01 (blank) | 5 | NotSplit | 100\n2026-01 web | 30 | NotSplit | 100\n2026-02 mail | 7 | NotSplit | 200\n"
    );
    assert_eq!(result.reason(1, 0).unwrap(), "`goals` has no column `channel` to group by");
}

#[test]
fn looked_up_columns_can_group_and_filter() {
    let definitions = "dataset stays = \"stays.csv\" { lookup places on place = id }\n\
                       n = count(stays)\nnights = sum(stays.nights where places.country = \"FR\")";
    let stays = "place,nights\n1,2\n1,3\n2,4\n9,5\n";
    let places = "id,country\n1,FR\n2,DE\n3,IT\n";
    let result = evaluate(definitions, &[("stays", stays), ("places", places)], &Query::all().by("country")).unwrap();
    // Place 9 has no match, so its country is blank and does not meet the condition.
    assert_eq!(show(&result), "(blank) | 1 | 0\nDE | 1 | 0\nFR | 2 | 5\n");
    let twice = "id,country\n1,FR\n1,DE\n";
    let error = evaluate(definitions, &[("stays", stays), ("places", twice)], &Query::all().by("country")).unwrap_err();
    assert!(error.contains("error[duplicate-key]"), "{error}");
}

#[test]
fn filters_apply_to_the_data_and_periods_only_to_the_results() {
    let definitions = "spent = sum(cost)\nbefore = spent[previous]";
    let query =
        Query::all().by("month").filter_formula("channel = \"web\" or channel = \"mail\"").period("2026-02..2026-03");
    let result = evaluate(definitions, &[("ads", ADS)], &query).unwrap();
    assert_eq!(show(&result), "2026-02 | 7 | 30\n2026-03 | NoRows | 7\n");
}

#[test]
fn parameters_and_inputs_can_be_set() {
    let definitions = "param rate: percent = 20%\ninput cost\nshare = cost * rate";
    let result = evaluate(definitions, &[("ads", ADS)], &Query::all().set_formula("rate", "0.5")).unwrap();
    assert_eq!(show(&result), " | 21\n");
    let result = evaluate(definitions, &[], &Query::all().set_formula("cost", "1_000")).unwrap();
    assert_eq!(show(&result), " | 200\n");
}

#[test]
fn a_column_of_two_datasets_is_ambiguous() {
    let error = evaluate("n = count(distinct channel)", &[("ads", ADS), ("leads", LEADS)], &Query::all()).unwrap_err();
    assert!(
        error.contains("error[ambiguous]: the column `channel` is ambiguous: it is in `ads` and `leads`"),
        "{error}"
    );
}

#[test]
fn missing_columns_are_reported_together() {
    let error = evaluate("a = spend / clicks + cots", &[("ads", ADS)], &Query::all()).unwrap_err();
    assert!(error.contains("the data have no columns `spend`, `clicks`, `cots`"), "{error}");
    assert!(error.contains("`cots`: did you mean `cost`?"), "{error}");
    assert_eq!(error.matches("error[").count(), 1, "{error}");
}

#[test]
fn stocks_of_a_quarter_are_its_first_and_last_values() {
    let table = "month,customers_start,customers_end,new_customers\n2026-01,100,110,20\n2026-02,110,105,5\n2026-03,105,120,25\n";
    let result = evaluate("", &[("crm", table)], &Query::new(["retention_rate"]).by("quarter")).unwrap();
    // (120 - 50) / 100
    assert_eq!(show(&result), "2026-Q1 | 0.7\n");
}

#[derive(Serialize)]
struct Row {
    channel: Option<&'static str>,
    spend: Decimal,
    ratio: f64,
}

#[test]
fn hosts_can_pass_rows_and_records() {
    let rows = [
        Row { channel: Some("web"), spend: Decimal::new(1999, 2), ratio: 0.1 },
        Row { channel: None, spend: Decimal::new(1, 2), ratio: 0.2 },
    ];
    let library = Library::from_text("total = spend\nr = sum(ratio)").unwrap();
    let source = Embedded::new(vec![Arc::new(Table::from_rows("ads", &rows).unwrap())]);
    let result = library.evaluate(&Query::all(), &source, &Limits::default()).unwrap();
    // 0.1 + 0.2 is 0.3, because an f64 is converted from its shortest decimal form.
    assert_eq!(show(&result), " | 20 | 0.3\n");
    let record = serde_json::json!({ "spend": 1200, "customers_end": 7 });
    let source = Embedded::new(vec![Arc::new(Table::from_record("now", &record).unwrap())]);
    let result = library.evaluate(&Query::new(["total", "customers_end"]), &source, &Limits::default()).unwrap();
    assert_eq!(show(&result), " | 1200 | 7\n");
}

#[test]
fn libraries_are_shared_between_threads() {
    let library = Library::from_text("x = sum(cost)").unwrap();
    let threads: Vec<_> = (1..=4u32)
        .map(|n| {
            let library = library.clone();
            std::thread::spawn(move || {
                let row = serde_json::json!({ "cost": n });
                let source = Embedded::new(vec![Arc::new(Table::from_record("t", &row).unwrap())]);
                library.evaluate(&Query::all(), &source, &Limits::default()).unwrap().value(0, 0)
            })
        })
        .collect();
    for (n, thread) in (1..).zip(threads) {
        assert_eq!(thread.join().unwrap(), Ok(Decimal::from(n).into()));
    }
}

#[test]
fn columns_take_precedence_over_aliases_of_the_library() {
    // `visits` is also an alias of `sessions` in the standard library.
    let result = evaluate("", &[("t", "visits\n3\n4\n")], &Query::new(["visits"])).unwrap();
    assert_eq!(show(&result), " | 7\n");
}
