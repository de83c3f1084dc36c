//! The crates that the command and the library with all features consist of, as `cargo metadata` reports them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{read, root};

/// A crate that is part of the binary.
pub struct Dependency {
    pub name: String,
    pub version: String,
    pub licence: String,
    pub repository: String,
    pub source: String,
    pub folder: PathBuf,
}

/// The crates of the command `kpi` on Linux, sorted by name and version, without this one.
pub fn dependencies() -> Vec<Dependency> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let options = ["metadata", "--locked", "--format-version", "1"];
    let platform = ["--filter-platform", "x86_64-unknown-linux-gnu"];
    let output = Command::new(cargo).args(options).args(platform).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("the metadata is JSON");
    let linked = linked(&metadata["resolve"]);
    let packages = list(&metadata["packages"]).iter().filter(|package| linked.contains(text(&package["id"])));
    let mut found: Vec<Dependency> =
        packages.filter(|package| package["name"] != "yardstick").map(dependency).collect();
    found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    found
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The packages that the root needs other than for tests and for building.
fn linked(resolve: &Value) -> BTreeSet<&str> {
    let nodes: BTreeMap<&str, &Value> = list(&resolve["nodes"]).iter().map(|node| (text(&node["id"]), node)).collect();
    let (mut found, mut open) = (BTreeSet::new(), vec![text(&resolve["root"])]);
    while let Some(id) = open.pop() {
        if found.insert(id) {
            let is_linked = |dependency: &&Value| list(&dependency["dep_kinds"]).iter().any(|it| it["kind"].is_null());
            open.extend(list(&nodes[id]["deps"]).iter().filter(is_linked).map(|it| text(&it["pkg"])));
        }
    }
    found
}

fn dependency(package: &Value) -> Dependency {
    let of = |key: &str| text(&package[key]).to_owned();
    let folder = PathBuf::from(of("manifest_path")).parent().expect("a manifest is in a folder").to_owned();
    let (name, version, licence) = (of("name"), of("version"), of("license"));
    Dependency { name, version, licence, repository: of("repository"), source: of("source"), folder }
}

/// The licences that `deny.toml` allows.
fn allowed() -> Vec<String> {
    let deny = read("deny.toml");
    let (_, list) = deny.split_once("allow = [").expect("the licences are listed");
    let (list, _) = list.split_once(']').expect("the list ends");
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Returns true if an SPDX expression can be met with the allowed licences.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.trim();
    if let Some(parts) = split(expression, " AND ") {
        return parts.into_iter().all(|part| is_allowed(part, allowed));
    }
    if let Some(parts) = split(expression, " OR ").or_else(|| split(expression, "/")) {
        return parts.into_iter().any(|part| is_allowed(part, allowed));
    }
    match expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => is_allowed(inner, allowed),
        None => allowed.iter().any(|licence| licence == expression),
    }
}

/// The parts around an operator outside parentheses. None if there is no such operator.
fn split<'a>(expression: &'a str, operator: &str) -> Option<Vec<&'a str>> {
    let is_outside = |at: &usize| expression[..*at].matches('(').count() == expression[..*at].matches(')').count();
    let ends: Vec<usize> = expression.match_indices(operator).map(|(at, _)| at).filter(is_outside).collect();
    if ends.is_empty() {
        return None;
    }
    let starts = std::iter::once(0).chain(ends.iter().map(|end| end + operator.len()));
    Some(
        starts
            .zip(ends.iter().copied().chain([expression.len()]))
            .map(|(start, end)| &expression[start..end])
            .collect(),
    )
}

#[test]
fn every_licence_is_allowed() {
    let allowed = allowed();
    for found in dependencies() {
        assert!(is_allowed(&found.licence, &allowed), "{} {}: {}", found.name, found.version, found.licence);
    }
    assert!(is_allowed("(MIT OR GPL-3.0) AND Unicode-3.0", &allowed));
    assert!(!is_allowed("MIT AND GPL-3.0", &allowed));
    assert!(!is_allowed("", &allowed));
}

#[test]
fn every_crate_comes_from_the_registry() {
    let dependencies = dependencies();
    let first = &dependencies.first().expect("the crate has dependencies").source;
    assert!(first.starts_with("registry+"), "{first}");
    for found in &dependencies {
        assert_eq!(found.source, *first, "{}", found.name);
    }
}
