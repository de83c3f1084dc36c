//! Tests the engine end to end, from definitions and tables to values.

mod contexts;
mod datasets;
mod faults;
mod limits;
mod listed;
mod memory;
mod queries;
mod records;
mod results;
mod service;
mod sources;
mod tenants;
mod threads;

use std::fmt::Write;
use std::sync::Arc;

use crate::sql::conformance;
use yardstick::{Dataset, Declaration, Embedded, Evaluation, Library, Limits, Query, Table, Value};

/// Evaluates a query over tables given as CSV text, with the dataset declarations of the definitions.
pub fn evaluate(definitions: &str, tables: &[(&str, &str)], query: &Query) -> Result<Evaluation, String> {
    evaluate_within(definitions, tables, query, &Limits::default())
}

pub fn evaluate_within(
    definitions: &str,
    tables: &[(&str, &str)],
    query: &Query,
    limits: &Limits,
) -> Result<Evaluation, String> {
    let library = Library::from_text(definitions).map_err(|problems| problems.to_string())?;
    conformance::record(&library, tables, query, limits);
    let tables = tables.iter().map(|(name, text)| {
        let declaration = library.dataset(name).map_or_else(Declaration::default, |it| it.declaration.clone());
        let table = Table::from_csv(name, text, &declaration).map_err(|problems| format!("{problems:?}"))?;
        Ok(Arc::new(table) as Arc<dyn Dataset>)
    });
    let source = Embedded::new(tables.collect::<Result<_, String>>()?);
    library.evaluate(query, &source, limits).map_err(|problems| problems.to_string())
}

/// Formats a result as one line per group, with its values.
pub fn show(evaluation: &Evaluation) -> String {
    let calendar = evaluation.plan.request.calendar;
    let mut text = String::new();
    for (at, group) in evaluation.groups.iter().enumerate() {
        let mut parts: Vec<String> = group.period.iter().map(|period| calendar.spell(*period)).collect();
        parts.extend(group.keys.iter().map(|key| key.as_deref().unwrap_or("(blank)").to_owned()));
        parts.extend(group.total.then(|| "total".to_owned()));
        let values: Vec<String> = (0..evaluation.plan.kpis.len()).map(|kpi| value(evaluation, kpi, at)).collect();
        writeln!(text, "{} | {}", parts.join(" "), values.join(" | ")).expect("writing to a string cannot fail");
    }
    text
}

fn value(evaluation: &Evaluation, kpi: usize, group: usize) -> String {
    match evaluation.value(kpi, group) {
        Ok(Value::Number(number)) => {
            format!("{}{}", if number.exact { "" } else { "~" }, number.decimal.round_dp(4).normalize())
        }
        Ok(other) => format!("{other:?}"),
        Err(cause) => format!("{cause:?}"),
    }
}

const ADS: &str = "day,channel,spend,leads\n2026-01-03,web,100.50,10\n2026-01-09,mail,20,0\n2026-02-01,web,50,5\n2026-04-01,web,60,6\n";

#[test]
fn a_single_formula_is_evaluated() {
    let result = evaluate("cpl = spend / leads", &[("ads", ADS)], &Query::all()).unwrap();
    // 230.5 / 21 = 10.976190…
    assert_eq!(show(&result), " | ~10.9762\n");
}

#[test]
fn results_include_months_without_rows() {
    let result = evaluate("cpl = spend / leads", &[("ads", ADS)], &Query::all().by("month").totals(true)).unwrap();
    assert_eq!(show(&result), "2026-01 | 12.05\n2026-02 | 10\n2026-03 | NoRows\n2026-04 | 10\ntotal | ~10.9762\n");
}

#[test]
fn zero_denominators_and_missing_periods_are_undefined() {
    let definitions = "cpl = spend / leads\nbefore = spend[previous]\nshare: percent = spend / spend[all channel]";
    let result = evaluate(definitions, &[("ads", ADS)], &Query::all().by("month").by("channel")).unwrap();
    insta::assert_snapshot!(show(&result));
}

#[test]
fn explanations_trace_values_to_rows() {
    let definitions = "input cost: money = sum(ads.spend where channel != \"mail\")\ncpl: money = cost / leads\n\
                       fn rise(x) = (x - x[previous]) / x[previous]\nup = rise(cpl)";
    let result = evaluate(definitions, &[("ads", ADS)], &Query::new(["up"]).by("month")).unwrap();
    insta::assert_json_snapshot!("explained", result.explain_at(0, 1).unwrap());
    insta::assert_json_snapshot!("explained_undefined", result.explain_at(0, 0).unwrap());
}

#[test]
fn explanations_trace_undeclared_inputs_to_rows() {
    use yardstick::output::{Language, Locale, derivation};
    let result = evaluate("cost_per_lead = spend / leads", &[("ads", ADS)], &Query::all().by("month")).unwrap();
    let tree = derivation(&result.explain_at(0, 0).unwrap(), &result.plan.library, &Locale::new(Language::English));
    assert!(tree.contains("sum(spend): 2 rows of ads, 2026-01-01 to 2026-01-31"), "{tree}");
}

#[test]
fn from_dir_reads_only_kpi_files() {
    let folder = std::env::temp_dir().join(format!("yardstick-folder-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in [("a.kpi", "ours = theirs + 1\n"), ("b.kpi", "theirs = 2\n"), ("c.txt", "ours = 3\n")] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let library = Library::from_dir(&folder);
    let missing = Library::from_dir(folder.join("nowhere"));
    std::fs::remove_dir_all(&folder).unwrap();
    let result =
        Arc::new(library.unwrap()).evaluate(&Query::new(["ours"]), &Embedded::new(vec![]), &Limits::default()).unwrap();
    assert_eq!(show(&result), " | 3\n");
    assert!(missing.unwrap_err().to_string().contains("error[unreadable]: cannot read"));
}
