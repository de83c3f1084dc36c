//! What the documentation shows is true.

use yardstick::diagnostic::{Style, render};
use yardstick::library::Library;

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
fn definitions_in_the_language_guide_hold() {
    let programs = blocks(include_str!("../../docs/language.md"), "kpi");
    assert!(programs.len() >= 8);
    let broken = programs.iter().filter_map(|program| Library::from_text(program).err());
    let messages: Vec<_> =
        broken.map(|problems| render(&problems.diagnostics, &problems.sources, &Style::default())).collect();
    assert!(messages.is_empty(), "{}", messages.join("\n"));
}
