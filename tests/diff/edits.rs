//! A hundred edits of one file: what changed and what that affects was worked out by hand.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{diff, json};

/// A file of this folder. It is read when the tests run, so an edit needs no compilation.
pub fn read(name: &str) -> String {
    let path = format!("{}/tests/diff/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// An edit with what is expected of it.
pub struct Edit {
    pub title: String,
    /// The text after the edit.
    pub text: String,
    /// The items that differ, and those that depend on them.
    pub expected: (BTreeSet<String>, BTreeSet<String>),
    /// The options of the query, if it has its own.
    pub options: Option<String>,
    /// The values that differ.
    pub values: BTreeSet<String>,
}

/// The edits of `base.kpi`.
pub fn edits() -> Vec<Edit> {
    edits_of("base.kpi", "edits.txt")
}

/// The edits of a file, in order.
pub fn edits_of(base: &str, edits: &str) -> Vec<Edit> {
    let (base, text) = (read(base), read(edits));
    let mut edits: Vec<Edit> = vec![];
    let mut replaced: Option<String> = None;
    let unescaped = |text: &str| text.replace("\\n", "\n");
    for line in text.lines().skip(2).filter(|line| !line.is_empty() && !line.starts_with("##")) {
        let (mark, rest) = line.split_at(1);
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        if mark == "#" {
            let (expected, options, values) = Default::default();
            edits.push(Edit { title: rest.to_owned(), text: base.clone(), expected, options, values });
            continue;
        }
        let edit = edits.last_mut().expect("a title comes first");
        match mark {
            "-" => replaced = Some(unescaped(rest)),
            "+" => match replaced.take() {
                None => edit.text.push_str(&format!("{}\n", unescaped(rest))),
                Some(old) => {
                    assert_eq!(edit.text.matches(&old).count(), 1, "{}: `{old}` is not there once", edit.title);
                    edit.text = edit.text.replace(&old, &unescaped(rest));
                }
            },
            "=" => drop(edit.expected.0.insert(rest.to_owned())),
            ">" => edit.expected.1.extend(rest.split(", ").map(str::to_owned)),
            "@" => edit.options = Some(rest.to_owned()),
            "|" => drop(edit.values.insert(rest.to_owned())),
            _ => panic!("{line}"),
        }
    }
    edits
}

/// `cac was cpa: renamed none label`
fn entry(entry: &Value) -> String {
    let old = entry["old_name"].as_str().map_or(String::new(), |old| format!(" was {old}"));
    let text = |field: &str| entry[field].as_str().expect("it is a text").to_owned();
    let part = |part: &Value| {
        let name = part["name"].as_str().map_or(String::new(), |name| format!(".{name}"));
        format!("{}{name}", part["part"].as_str().expect("it is a text"))
    };
    let is_whole = ["added", "removed"].contains(&&*text("change"));
    let parts: Vec<String> = entry["parts"].as_array().into_iter().flatten().map(part).collect();
    let parts = if is_whole || parts.is_empty() { String::new() } else { format!(" {}", parts.join(",")) };
    format!("{}{old}: {} {}{parts}", text("name"), text("change"), text("effect"))
}

/// The definitions that are affected, without those of the standard library: `ltv_cac 1`.
fn affected(diff: &Value) -> BTreeSet<String> {
    let own = diff["affected"].as_array().into_iter().flatten().filter(|it| it["standard"] != true);
    let affected = |it: &Value| {
        let nearest = &it["by"][0];
        let status = if nearest["status_only"] == true { " status" } else { "" };
        format!("{} {}{status}", it["name"].as_str().expect("it is a text"), nearest["distance"])
    };
    own.map(affected).collect()
}

/// The items that differ, and those that depend on them.
pub fn found(diff: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    (diff["changes"].as_array().into_iter().flatten().map(entry).collect(), affected(diff))
}

#[test]
fn edits_change_and_affect_what_was_worked_out_by_hand() {
    let (base, edits) = (read("base.kpi"), edits());
    assert!(edits.len() > 100);
    let mut wrong = vec![];
    for edit in &edits {
        let found = found(&json(&diff(&base, &edit.text)));
        if found != edit.expected {
            wrong.push(format!("{}\n  expected {:?}\n  found    {found:?}", edit.title, edit.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The definitions with amounts are in the other currency, and the others are the same.
#[test]
fn another_currency_affects_what_is_an_amount() {
    let text = "currency EUR\nspend: money = sum(t.spend)\nlet n = count(t)\nour_cost = spend / n\nhalf = n / 2\n";
    let found = json(&diff(text, &text.replace("EUR", "USD")));
    let changed: Vec<String> = found["changes"].as_array().into_iter().flatten().map(entry).collect();
    assert_eq!(changed, ["currency: changed values value"]);
    assert_eq!(affected(&found), ["our_cost 1", "spend 1"].map(str::to_owned).into());
    let own = found["affected"].as_array().into_iter().flatten().filter(|it| it["standard"] != true);
    assert!(own.into_iter().all(|it| it["unit"] == serde_json::json!(["EUR", "USD"])), "{found:#}");
}

/// Every definition that an item affects names the item, at the same distance.
#[test]
fn what_affects_and_what_is_affected_agree() {
    let base = read("base.kpi");
    for edit in edits() {
        let diff = json(&diff(&base, &edit.text));
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let forth = list(&diff["changes"])
            .iter()
            .flat_map(|entry| {
                let name = entry["name"].to_string();
                list(&entry["affects"])
                    .into_iter()
                    .map(move |it| (name.clone(), it["name"].to_string(), it["distance"].to_string()))
            })
            .collect::<BTreeSet<_>>();
        let back = list(&diff["affected"])
            .iter()
            .flat_map(|affected| {
                let name = affected["name"].to_string();
                list(&affected["by"])
                    .into_iter()
                    .map(move |it| (it["name"].to_string(), name.clone(), it["distance"].to_string()))
            })
            .collect::<BTreeSet<_>>();
        assert_eq!(forth, back, "{}", edit.title);
    }
}
