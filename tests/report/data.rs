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
    insta::assert_json_snapshot!("small_json", found);
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
