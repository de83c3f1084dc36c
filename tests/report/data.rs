//! Reports as JSON: versioned, complete, with the values of `kpi eval`.

use serde_json::{Value, json};

use super::{PLAN, SHOP, SMALL, folder, kpi, regions};

fn report(arguments: &[&str]) -> Value {
    let all = parsed(&[&["report", "--format", "json"], arguments].concat());
    assert_eq!(all["version"], 1);
    all["reports"].clone()
}

fn parsed(arguments: &[&str]) -> Value {
    serde_json::from_str(&kpi(arguments)).expect("it is JSON")
}

#[test]
fn a_small_report_has_this_form() {
    let folder = folder(PLAN, &[("sales.csv", SMALL)]);
    let path = folder.path().to_str().expect("it is UTF-8");
    let found = report(&["sold", "share", "-f", path, "--by", "month", "--over", "region", "--lang", "fr"]);
    insta::assert_json_snapshot!("small_json", without_explanations(found));
}

/// The same data without derivations, which name the folder of the definitions.
fn without_explanations(data: Value) -> Value {
    match data {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| !name.starts_with("explanation"));
            kept.map(|(name, value)| (name, without_explanations(value))).collect()
        }
        Value::Array(entries) => entries.into_iter().map(without_explanations).collect(),
        other => other,
    }
}

/// Every value has the derivation that `kpi explain` shows. That of a value before is the derivation of its period in a context.
#[test]
fn values_have_their_derivations() {
    let cac = &report(&["cac", "-f", SHOP, "--by", "month", "--over", "channel"])[0]["kpis"][0];
    let explained = |arguments: &[&str]| {
        parsed(&[&["explain", "cac", "-f", SHOP, "--format", "json", "--by"], arguments].concat())[0].clone()
    };
    let values = cac["values"].as_array().expect("it is a list");
    for month in ["2025-01", "2026-02", "2026-03"] {
        let value = values.iter().find(|value| value["period"] == month).expect("it has the month");
        assert_eq!(value["explanation"], explained(&["month", "--at", &format!("month={month}")]), "{month}");
    }
    let search = cac["segments"][0]["rows"].as_array().expect("it is a list").iter();
    let search = search.clone().find(|row| row["key"] == "search").expect("it has the channel");
    let group = ["month,channel", "--at", "month=2026-03", "--at", "channel=search"];
    assert_eq!(search["explanation"], explained(&group));
    for value in [values.last().expect("it has months"), search] {
        let before = &value["explanation_before"];
        assert_eq!((&before["kpi"], &before["steps"]["s0"]["value"]), (&json!("cac"), &value["before"]));
    }
}

#[test]
fn values_are_those_of_eval_with_their_differences() {
    let board = &report(&["Board", "-f", SHOP])[0];
    assert_eq!((&board["title"], &board["by"]), (&json!("Board"), &json!("month")));
    for kpi in board["kpis"].as_array().expect("it is a list") {
        let name = kpi["name"].as_str().expect("it is a text");
        let arguments = ["eval", name, "-f", SHOP, "--by", "month", "--period", "last 12 months", "--format", "json"];
        let rows = parsed(&arguments)["rows"].clone();
        let rows = rows.as_array().expect("it is a list");
        let values = kpi["values"].as_array().expect("it is a list");
        assert_eq!(values.len(), board["periods"].as_array().expect("it is a list").len());
        assert_eq!(values.last().map(|value| &value["period"]), Some(&board["current"]));
        for (at, value) in values.iter().enumerate() {
            let row = rows.iter().find(|row| row["group"]["month"] == value["period"]).expect("eval has the month");
            for field in ["value", "unit", "exact", "status", "advice", "target", "no_status", "flags", "undefined"] {
                assert_eq!(value[field], row["values"][name][field], "{field} of {name} {}", value["period"]);
            }
            if at > 0 {
                assert_eq!(value["before"], values[at - 1]["value"], "{name} {}", value["period"]);
            }
        }
    }
}

/// In March 2026, orders of the shop have no channel, and no ad has none either: the margin after ads is undefined there, which
/// the page says. No other KPI hides it.
#[test]
fn a_segment_with_rows_of_only_one_input_has_a_reason() {
    let found = report(&["margin_after_ads", "-f", SHOP, "--by", "month", "--over", "channel"]);
    let rows = found[0]["kpis"][0]["segments"][0]["rows"].as_array().expect("it is a list").clone();
    let blank = rows.iter().find(|row| row["key"].is_null()).expect("orders without a channel are a segment");
    assert!(blank["value"].is_null() && blank["undefined"]["message"] == "`ads` has no rows here", "{blank}");
}

#[test]
fn segments_name_how_many_the_others_are() {
    let folder = folder(PLAN, &[("sales.csv", &regions())]);
    let path = folder.path().to_str().expect("it is UTF-8");
    let found = report(&["sold", "-f", path, "--by", "month", "--over", "region"]);
    let segments = &found[0]["kpis"][0]["segments"][0];
    let rows = segments["rows"].as_array().expect("it is a list");
    // The regions sell 160, 150, … 10: the last four sell 40, 30, 20 and 10.
    assert_eq!((&segments["column"], &segments["others"], rows.len()), (&json!("region"), &json!(4), 13));
    assert_eq!((&rows[0]["key"], &rows[0]["value"], &rows[0]["before"]), (&json!("r00"), &json!("160"), &json!("5")));
    assert_eq!(
        (&rows[12]["is_others"], &rows[12]["value"], &rows[12]["difference"]),
        (&json!(true), &json!("100"), &json!("80"))
    );
}
