//! Checks the structure: imports only go down the layers, and no files of a module import each other in a circle.

mod circles;
mod imports;
mod public;

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from top to bottom. A module can import modules of the lines below its own. Modules on the same line
/// cannot import each other.
const LAYERS: &[&[&str]] = &[
    &["cli"],
    &["init"],
    &["testing"],
    &["render"],
    &["what_if"],
    &["report"],
    &["diff"],
    &["change"],
    &["explain"],
    &["eval"],
    &["plan"],
    &["library"],
    &["sql", "describe"],
    &["aggregate", "read"],
    &["data"],
    &["program"],
    &["builtin"],
    &["value", "syntax"],
    &["budget"],
    &["diagnostic"],
    &["source", "alike", "language", "numbered"],
];

/// A source file without its tests.
struct Source {
    path: PathBuf,
    /// The path of its module: `["read", "csv", "split"]`.
    module: Vec<String>,
    text: String,
}

impl Source {
    fn read(root: &Path, path: &Path) -> Self {
        let inner = path.strip_prefix(root).expect("it is below the root").with_extension("");
        let mut module: Vec<String> = inner.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        module.pop_if(|last| last == "mod");
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines: Vec<&str> = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
        Self { path: path.to_owned(), module, text: lines.join("\n") }
    }

    /// The top-level module that it belongs to.
    fn room(&self) -> &str {
        &self.module[0]
    }

    /// Returns true if it is the table of contents of a folder.
    fn is_contents(&self) -> bool {
        self.path.ends_with("mod.rs")
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let mut sources = vec![];
    collect(root, root, &mut sources);
    sources.retain(|source| !["internal", "lib", "main"].contains(&source.room()));
    sources
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            sources.push(Source::read(root, &path));
        }
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

#[test]
fn imports_only_go_down() {
    let mut wrong = vec![];
    for source in sources() {
        let own = layer(source.room()).unwrap_or_else(|| panic!("`{}` has no layer", source.room()));
        for import in imports::of(&source) {
            let other = &import[0];
            if other != source.room() && layer(other).is_some_and(|other| other <= own) {
                wrong.push(format!("{} imports `{}`", source.path.display(), import.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_files_of_a_module_form_a_circle() {
    let circles = circles::find(&sources());
    let shown: Vec<String> = circles.iter().map(|files| files.join(" → ")).collect();
    assert!(circles.is_empty(), "{}", shown.join("\n"));
}

/// Tools skip folders with these names.
#[test]
fn no_folder_has_a_name_that_tools_skip() {
    let is_skipped =
        |source: &Source| source.module.iter().any(|part| ["build", "dist", "out", "target"].contains(&&**part));
    let skipped: Vec<PathBuf> = sources().into_iter().filter(is_skipped).map(|source| source.path).collect();
    assert!(skipped.is_empty(), "{skipped:?}");
}
