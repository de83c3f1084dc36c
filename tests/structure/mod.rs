//! The structure holds: imports only go down the layers.

use std::fs;
use std::path::Path;

/// The layers from the top down. A module may import those to its right, and its own; modules in one group do not
/// know each other.
const LAYERS: &[&[&str]] = &[
    &["cli"],
    &["testing"],
    &["render"],
    &["explain"],
    &["eval"],
    &["plan"],
    &["library"],
    &["data"],
    &["program"],
    &["builtin"],
    &["value", "syntax"],
    &["diagnostic"],
    &["source", "alike"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// The modules of this crate that a line names, wherever it does: `use crate::x`, `crate::x::y()`.
fn imports(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or_default();
    code.split("crate::")
        .skip(1)
        .filter_map(|rest| rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next())
}

fn check(module: &str, path: &Path, wrong: &mut Vec<String>) {
    let own = layer(module).unwrap_or_else(|| panic!("`{module}` has no layer"));
    let text = fs::read_to_string(path).unwrap();
    for (number, line) in text.lines().enumerate() {
        for import in imports(line).filter(|import| *import != module) {
            if layer(import).is_some_and(|other| other <= own) {
                wrong.push(format!("{}:{}: `{module}` imports `{import}`", path.display(), number + 1));
            }
        }
    }
}

fn check_folder(module: &str, folder: &Path, wrong: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            check_folder(module, &path, wrong);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            check(module, &path, wrong);
        }
    }
}

#[test]
fn imports_only_go_down() {
    let mut wrong = vec![];
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            check_folder(&module, &path, &mut wrong);
        } else if !["lib", "main"].contains(&&*module) {
            check(&module, &path, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
