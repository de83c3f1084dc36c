//! Laws: layout and order never matter, consistent renaming is only renaming, and old and new can be exchanged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use yardstick::internal::syntax::{format, parse};
use yardstick::{FileId, Library};

use super::edits::{edits, read};
use super::{diff, json, library};

fn without_standard(text: &str) -> Option<Library> {
    Library::builder().standard(false).text("a.kpi", text).build().ok()
}

/// The texts of the examples and of the standard library, with those of this folder and its edits.
fn texts() -> Vec<String> {
    let folders =
        ["kpis", "examples/shop", "examples/leads", "examples/cohorts", "examples/subscriptions", "tests/diff"];
    let mut texts = vec![];
    for folder in folders {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("the folder exists") {
            let path = entry.expect("it can be read").path();
            if path.extension().is_some_and(|extension| extension == "kpi") {
                texts.push(fs::read_to_string(path).expect("it is text"));
            }
        }
    }
    texts.extend(edits().into_iter().step_by(6).map(|edit| edit.text));
    texts
}

/// The text with its items in another order, without what is between them.
fn shuffled(text: &str, seed: usize) -> String {
    let (file, problems) = parse(FileId(0), text);
    assert!(problems.is_empty());
    let mut items: Vec<&str> = file.items.iter().map(|item| &text[item.span.range()]).collect();
    let count = items.len();
    (0..count).for_each(|at| items.swap(at, (at * 7_919 + seed * 104_729) % count));
    items.join("\n\n") + "\n"
}

#[test]
fn layout_and_order_are_never_a_change() {
    for text in texts() {
        let compiled = |text: &str| without_standard(text).or_else(|| Library::from_text(text).ok());
        let Some(library) = compiled(&text) else { continue };
        let formatted = format(&text).expect("it has no errors");
        for other in [text.clone(), formatted.clone(), shuffled(&text, 1), shuffled(&formatted, 2)] {
            let other = compiled(&other).unwrap_or_else(|| panic!("{other}"));
            let found = json(&library.diff(&other));
            assert_eq!(found["changes"], Value::Array(vec![]), "{text}");
            assert_eq!(found["affected"], Value::Array(vec![]));
        }
    }
}

/// Replaces words outside of texts and comments.
fn with_names(text: &str, names: &BTreeMap<&str, String>) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let (mut result, mut word, mut quoted) = (String::new(), String::new(), false);
    for letter in text.chars().chain(['\n']) {
        if is_word(letter) {
            word.push(letter);
            continue;
        }
        result.push_str(if quoted { &word } else { names.get(&*word).map_or(&*word, |name| name) });
        word.clear();
        quoted ^= letter == '"';
        result.push(letter);
    }
    result
}

/// The names of the base that can be renamed: an input without a formula reads the column of its name.
const NAMES: [&str; 26] = [
    "ads",
    "sales",
    "clients",
    "rates",
    "ad_cost",
    "ad_clicks",
    "turnover",
    "order_count",
    "large_orders",
    "abroad",
    "first_orders",
    "target_cac",
    "threshold",
    "keep_rate",
    "rise_of",
    "margin_of",
    "our_cac",
    "smoothed_cac",
    "gross",
    "profit",
    "profit_share",
    "basket",
    "basket_rise",
    "large_share",
    "conversion",
    "fixed",
];

#[test]
fn consistent_renaming_is_only_renaming() {
    let base = read("base.kpi");
    let one = NAMES.iter().map(|name| vec![*name]);
    let pairs = NAMES.windows(2).map(<[&str]>::to_vec);
    for names in one.chain(pairs).chain([NAMES.to_vec()]) {
        let renamed: BTreeMap<&str, String> = names.iter().map(|name| (*name, format!("new_{name}"))).collect();
        let found = json(&diff(&base, &with_names(&base, &renamed)));
        let entries = found["changes"].as_array().expect("it is a list");
        let pair = |entry: &Value| (entry["old_name"].to_string(), entry["name"].to_string());
        let pairs: BTreeSet<(String, String)> = entries.iter().map(pair).collect();
        let expected = renamed.iter().map(|(old, new)| (format!("{old:?}"), format!("{new:?}")));
        assert_eq!(pairs, expected.collect(), "{names:?}");
        assert!(entries.iter().all(|entry| entry["change"] == "renamed" && entry["effect"] == "none"), "{found:#}");
        assert_eq!(found["affected"], Value::Array(vec![]));
    }
}

/// Of more than 100 definitions with one meaning, each has one new name.
#[test]
fn many_definitions_with_one_meaning_are_paired_by_name() {
    for count in [3, 99, 101, 150] {
        let text = |prefix: &str| (100..100 + count).map(|at| format!("{prefix}{at} = 7\n")).collect::<String>();
        let found = json(&diff(&text("a"), &text("b")));
        let entries = found["changes"].as_array().expect("it is a list");
        assert_eq!(entries.len(), count);
        for entry in entries {
            let [old, new] = ["old_name", "name"].map(|name| entry[name].as_str().expect("it is a text"));
            assert_eq!(old[1..], new[1..]);
        }
    }
}

/// An entry in which the old and the new library are exchanged.
fn exchanged(entry: &Value) -> Value {
    let mut other = entry.clone();
    other["change"] = match entry["change"].as_str() {
        Some("added") => "removed".into(),
        Some("removed") => "added".into(),
        _ => entry["change"].clone(),
    };
    if let Some(old) = entry.get("old_name") {
        (other["name"], other["old_name"]) = (old.clone(), entry["name"].clone());
    }
    (other["before"], other["after"]) = (entry["after"].clone(), entry["before"].clone());
    for part in other["parts"].as_array_mut().into_iter().flatten() {
        let (before, after) = (part["before"].take(), part["after"].take());
        (part["before"], part["after"]) = (after, before);
    }
    other
}

/// The entries by name, without what depends on which is the old one: additions have no effect, and kinds are the new ones.
fn entries(diff: &Value, is_exchanged: bool) -> BTreeMap<String, Value> {
    let entry = |entry: &Value| {
        let mut entry = if is_exchanged { exchanged(entry) } else { entry.clone() };
        let fields = entry.as_object_mut().expect("it has fields");
        fields.remove("kind");
        fields.remove("affects");
        fields.remove("standard");
        if fields["change"] == "added" || fields["change"] == "removed" {
            fields.remove("effect");
        }
        (format!("{} {}", entry["name"], entry["change"]), entry)
    };
    diff["changes"].as_array().expect("it is a list").iter().map(entry).collect()
}

#[test]
fn old_and_new_can_be_exchanged() {
    let base = read("base.kpi");
    for edit in edits() {
        let forth = json(&diff(&base, &edit.text));
        let back = json(&diff(&edit.text, &base));
        assert_eq!(entries(&forth, false), entries(&back, true), "{}", edit.title);
        let has = |diff: &Value, change: &str| {
            diff["changes"].as_array().into_iter().flatten().any(|entry| entry["change"] == change)
        };
        if !["added", "removed", "renamed"].iter().any(|change| has(&forth, change)) {
            let names = |diff: &Value| -> Vec<(Value, Value)> {
                let affected = diff["affected"].as_array().into_iter().flatten();
                affected
                    .map(|it| (it["name"].clone(), it["by"].clone()))
                    .map(|(name, by)| (name, by[0]["distance"].clone()))
                    .collect()
            };
            assert_eq!(names(&forth), names(&back), "{}", edit.title);
        }
    }
}

/// Any two edits differ by both, and edits that do not change the meaning differ by nothing else.
#[test]
fn edits_that_mean_the_same_are_the_same_to_others() {
    let (base, edits) = (read("base.kpi"), edits());
    let same: Vec<_> = edits.iter().filter(|edit| diff(&base, &edit.text).changed().next().is_none()).collect();
    assert!(same.len() > 10);
    let same: Vec<Library> = same.iter().step_by(3).map(|edit| library(&edit.text)).collect();
    for edit in edits.iter().step_by(4) {
        let (direct, text) = (json(&diff(&base, &edit.text)), library(&edit.text));
        for other in &same {
            let through = json(&other.diff(&text));
            let names = |diff: &Value| {
                diff["changes"].as_array().into_iter().flatten().map(|it| it["name"].clone()).collect::<Vec<_>>()
            };
            let affected = |diff: &Value| diff["affected"].clone();
            assert_eq!((names(&direct), affected(&direct)), (names(&through), affected(&through)), "{}", edit.title);
        }
    }
}
