//! What the documentation shows is true.

use yardstick::Library;

const README: &str = include_str!("../../README.md");

/// The fenced blocks of that language.
fn blocks<'a>(markdown: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let starts = markdown.match_indices(&fence).map(|(at, _)| &markdown[at + fence.len()..]);
    starts.map(|rest| &rest[..rest.find("\n```").expect("the block is closed") + 1]).collect()
}

#[test]
fn definitions_in_the_readme_hold() {
    let programs = blocks(README, "kpi");
    assert!(programs.len() >= 2);
    for program in programs {
        if let Err(problems) = Library::from_text(program) {
            panic!("{program}\n{:#?}", problems.diagnostics);
        }
    }
}

#[test]
fn the_language_guide_holds() {
    let (failures, cases) = crate::language::page::check(include_str!("../../docs/language.md"));
    assert!(cases >= 20);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
