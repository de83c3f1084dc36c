//! Checks that the examples and links of the documentation are correct.

mod walkthrough;

use std::path::Path;

use yardstick::Library;

const README: &str = include_str!("../../README.md");

/// The code blocks in this language.
fn blocks<'a>(markdown: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let starts = markdown.match_indices(&fence).map(|(at, _)| &markdown[at + fence.len()..]);
    starts.map(|rest| &rest[..rest.find("\n```").expect("the block is closed") + 1]).collect()
}

#[test]
fn definitions_in_the_readme_compile() {
    let programs = blocks(README, "kpi");
    assert!(programs.len() >= 2);
    for program in programs {
        if let Err(problems) = Library::from_text(program) {
            panic!("{program}\n{:#?}", problems.diagnostics());
        }
    }
}

#[test]
fn the_examples_of_the_language_guide_are_correct() {
    let (failures, cases) = crate::language::page::check(include_str!("../../docs/language.md"));
    assert!(cases >= 20);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The pages whose links are checked, relative to the root of the repository.
const PAGES: [&str; 14] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "benches/README.md",
    "docs/README.md",
    "docs/change.md",
    "docs/command.md",
    "docs/language.md",
    "docs/library.md",
    "docs/limits.md",
    "docs/report.md",
    "docs/tutorial.md",
    "docs/tutoriel.md",
    "docs/warehouses.md",
];

fn page(path: &Path) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The targets of links to files in the repository: `[text](docs/language.md#units)`.
fn links(markdown: &str) -> Vec<&str> {
    let targets = markdown.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.starts_with("http") && !target.contains(' ')).collect()
}

/// True if the page has a heading with this anchor, as code hosts generate it.
fn has_anchor(markdown: &str, anchor: &str) -> bool {
    let letter = |letter: char| match letter {
        ' ' => Some('-'),
        _ => (letter.is_alphanumeric() || letter == '-' || letter == '_').then_some(letter),
    };
    let headings = markdown.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| line.trim_start_matches('#').trim())
        .any(|title| title.to_lowercase().chars().filter_map(letter).eq(anchor.chars()))
}

#[test]
fn links_between_pages_have_targets() {
    for path in PAGES.map(Path::new) {
        let text = page(path);
        for link in links(&text) {
            let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            let target = if file.is_empty() { path.to_owned() } else { path.with_file_name(file) };
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(&target).exists(), "{}: {link}", path.display());
            if let Some(anchor) = anchor {
                assert!(has_anchor(&page(&target), anchor), "{}: {link}", path.display());
            }
        }
    }
}

#[test]
fn the_readme_links_every_page_of_the_documentation() {
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).expect("the folder exists") {
        let name = file.expect("the folder can be read").file_name().into_string().expect("names are text");
        assert!(links(README).contains(&format!("docs/{name}").as_str()), "{name}");
    }
}

/// Checks paths in backticks, such as `src/syntax`.
#[test]
fn files_named_in_pages_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["src/", "tests/", "docs/", "kpis/", "grammar/", "examples/", "benches/", "fuzz/"];
    for path in PAGES.map(Path::new) {
        let text = page(path);
        let named = text.split('`').filter(|code| folders.iter().any(|folder| code.starts_with(folder)));
        for name in named.filter(|name| !name.contains(['*', ' ', '\n'])) {
            assert!(root.join(name).exists(), "{}: `{name}`", path.display());
        }
    }
}
