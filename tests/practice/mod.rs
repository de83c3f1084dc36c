//! Tests what the project promises about its dependencies and its security: licences, notices, and the tests that
//! `SECURITY.md` names.

mod dependencies;
mod limits;
mod notices;

use std::path::{Path, PathBuf};
#[cfg(all(feature = "cli", unix))]
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn sources(folder: PathBuf, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            sources(path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(std::fs::read_to_string(&path).expect("a source is text"));
        }
    }
}

/// Every promise in `SECURITY.md` names the tests that show it, between backticks: `name_of_the_test`.
#[test]
fn security_promises_name_tests_that_exist() {
    let text = read("SECURITY.md");
    let named: Vec<&str> = text
        .lines()
        .filter_map(|line| line.rsplit_once(" | ")?.1.strip_suffix('|'))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    assert!(named.len() >= 8, "{named:?}");
    let mut code = vec![];
    ["src", "tests", "fuzz"].into_iter().for_each(|folder| sources(root().join(folder), &mut code));
    for name in named {
        assert!(code.iter().any(|text| text.contains(&format!("fn {name}("))), "SECURITY.md: no test `{name}`");
    }
}

#[test]
fn no_code_is_unsafe() {
    for file in ["src/lib.rs", "src/main.rs"] {
        assert!(read(file).contains("#![forbid(unsafe_code)]"), "{file}");
    }
}

/// No stage from the text of definitions to an explanation uses files, networks, processes, the environment or a clock.
/// `Builder` reads the files that its host names, and a budget reads the clock.
#[test]
fn definitions_reach_nothing_outside() {
    let stages = ["syntax", "library", "plan", "program", "eval", "builtin", "value", "aggregate", "explain", "diff"];
    let mut code = vec![];
    stages.into_iter().for_each(|stage| sources(root().join("src").join(stage), &mut code));
    assert!(code.len() > 50);
    for text in code.iter().filter(|text| !text.contains("pub struct Builder ")) {
        for outside in ["std::fs", "std::net", "std::process", "std::env", "SystemTime", "::now("] {
            assert!(!text.contains(outside), "{outside} in {}", text.lines().next().unwrap_or_default());
        }
    }
}

/// A dataset names a file in the folder of its definitions or below: no other path, and no link that leads elsewhere.
#[cfg(all(feature = "cli", unix))]
#[test]
fn definitions_open_no_file_outside_their_folder() {
    let outside = tempfile::tempdir().expect("temporary folders can be made");
    let folder = outside.path().join("tenant");
    std::fs::create_dir_all(folder.join("data")).expect("a folder can be made");
    let secret = outside.path().join("secret.csv");
    std::fs::write(&secret, "x\n42\n").expect("a file can be written");
    std::fs::write(folder.join("data/own.csv"), "x\n1\n").expect("a file can be written");
    std::os::unix::fs::symlink(&secret, folder.join("link.csv")).expect("a link can be made");
    std::os::unix::fs::symlink(outside.path(), folder.join("up")).expect("a link can be made");
    let absolute = secret.display().to_string();
    let evaluate = |path: &str| {
        let text = format!("dataset t = \"{path}\"\nk = sum(t.x)\n");
        std::fs::write(folder.join("k.kpi"), text).expect("a file can be written");
        let output =
            Command::new(env!("CARGO_BIN_EXE_kpi")).args(["eval", "-f", "k.kpi"]).current_dir(&folder).output();
        let output = output.expect("the command runs");
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    assert!(!evaluate("data/own.csv").contains("forbidden-path"));
    for path in ["../secret.csv", &absolute, "link.csv", "up/secret.csv", "data/../../secret.csv", "./../secret.csv"] {
        let shown = evaluate(path);
        assert!(shown.contains("error[forbidden-path]") && !shown.contains("42"), "{path}: {shown}");
    }
}
