//! `THIRD-PARTY.md`: the crates in the command, and the notices that their licences ask for.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::dependencies::{Dependency, dependencies};
use super::{read, root};

const FILE: &str = "THIRD-PARTY.md";

/// The crates, and each text of a licence once, with the crates that it belongs to.
fn notices() -> String {
    let dependencies = dependencies();
    let mut text = "# Third-party notices\n\nThe command `kpi` on Linux consists of Yardstick and of these crates. \
                    `UPDATE_NOTICES=1 cargo test --test it notices` writes\nthis file anew.\n\n\
                    | crate | version | licence | source |\n|---|---|---|---|\n"
        .to_owned();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for it in &dependencies {
        let row = writeln!(text, "| {} | {} | {} | {} |", it.name, it.version, it.licence, it.repository);
        row.expect("a string takes any text");
        for file in licences(it) {
            let licence = std::fs::read(&file).expect("the file exists");
            let owners = texts.entry(tidy(&String::from_utf8_lossy(&licence))).or_default();
            owners.push(format!("{} {}", it.name, it.version));
        }
    }
    let mut texts: Vec<(Vec<String>, String)> = texts.into_iter().map(|(text, owners)| (owners, text)).collect();
    texts.sort();
    for (mut owners, licence) in texts {
        owners.dedup();
        write!(text, "\n## {}\n\n```text\n{licence}```\n", owners.join(", ")).expect("a string takes any text");
    }
    text
}

/// The files with the notices of a crate: under a choice of licences that includes MIT those of MIT, else all.
fn licences(dependency: &Dependency) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(&dependency.folder).expect("the crate was unpacked");
    let files = folder.map(|entry| entry.expect("the folder can be read").path()).filter(|path| path.is_file());
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    let starts = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE", "COPYRIGHT"];
    let mut files: Vec<PathBuf> =
        files.filter(|path| starts.iter().any(|start| name(path).starts_with(start))).collect();
    files.sort();
    let is_mit = |path: &PathBuf| name(path).contains("MIT");
    if dependency.licence.contains(" OR ") && files.iter().any(is_mit) {
        files.retain(|path| is_mit(path) || name(path).starts_with("NOTICE") || name(path).contains("UNICODE"));
    }
    files
}

/// A text without blanks at the ends of its lines, and without blank lines around it.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end().trim_start_matches('\u{feff}')).collect();
    lines.join("\n").replace("```", "'''").trim_matches('\n').to_owned() + "\n"
}

#[test]
fn the_notices_are_those_of_the_dependencies() {
    let expected = notices();
    if std::env::var_os("UPDATE_NOTICES").is_some() {
        std::fs::write(root().join(FILE), &expected).expect("the file can be written");
    }
    assert!(read(FILE) == expected, "{FILE} is out of date: run `UPDATE_NOTICES=1 cargo test --test it notices`");
}
