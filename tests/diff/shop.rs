//! Edits of the shop of the examples, with the values that they change.

use serde_json::Value;

use super::edits::{edits_of, found};
use crate::folder::Folder;

/// What is compared unless an edit says otherwise.
const OPTIONS: &str = "--by month --period 2026-01..2026-03";

/// `cac 2026-01: 66.86125 bad > 70 bad`
fn change(change: &Value) -> String {
    let keys: Vec<&str> =
        change["group"].as_object().into_iter().flatten().filter_map(|(_, key)| key.as_str()).collect();
    let side = |side: &Value| {
        let value = side["value"].as_str().unwrap_or("-");
        side["status"].as_str().map_or(value.to_owned(), |status| format!("{value} {status}"))
    };
    let (kpi, before, after) =
        (change["kpi"].as_str().expect("a name"), side(&change["before"]), side(&change["after"]));
    format!("{kpi} {}: {before} > {after}", keys.join(","))
}

/// True if a value is the expected one, whose digits may be cut off.
fn is(found: &str, expected: &str) -> bool {
    let (found, expected): (Vec<&str>, Vec<&str>) = (found.split(' ').collect(), expected.split(' ').collect());
    let same = |(found, expected): (&&str, &&str)| match expected.strip_suffix('…') {
        Some(digits) => found.starts_with(digits),
        None => found == expected,
    };
    found.len() == expected.len() && found.iter().zip(&expected).all(same)
}

#[test]
fn edits_of_the_shop_change_the_values_that_were_computed_by_hand() {
    let edits = edits_of("../../examples/shop/shop.kpi", "shop.txt");
    assert!(edits.len() >= 20);
    let folder = Folder::new();
    let shop = format!("{}/examples/shop", env!("CARGO_MANIFEST_DIR"));
    for edit in edits {
        folder.write("new/shop.kpi", &edit.text);
        let options: Vec<&str> = edit.options.as_deref().unwrap_or(OPTIONS).split(' ').collect();
        let output = folder.kpi(&[&["diff", &shop, "new", "--format", "json"], &options[..]].concat());
        let problems = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && problems.is_empty(), "{}: {problems}", edit.title);
        let diff: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
        assert_eq!(found(&diff), edit.expected, "{}", edit.title);
        let changes: Vec<String> = diff["values"]["changes"].as_array().into_iter().flatten().map(change).collect();
        let is_found = |expected: &&String| changes.iter().any(|found| is(found, expected));
        let missing: Vec<&String> = edit.values.iter().filter(|expected| !is_found(expected)).collect();
        assert!(missing.is_empty() && changes.len() == edit.values.len(), "{}: {missing:?}\n{changes:#?}", edit.title);
    }
}
