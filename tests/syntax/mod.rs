//! Parses texts into trees and messages.

use std::fmt::Write;
use std::path::Path;

use yardstick::internal::syntax;
use yardstick::{Diagnostic, FileId, SourceFile, SourceMap};

use crate::case::assert_beside;

/// A broken program and its messages as plain text.
fn report(name: &str, text: &str) -> String {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new(name, text));
    let (_, problems) = syntax::parse(id, text);
    let mut report = format!("{text}\n");
    for problem in &problems {
        report.push_str(&plain(&sources, problem));
    }
    report
}

fn plain(sources: &SourceMap, problem: &Diagnostic) -> String {
    let place = problem.labels.first().map_or(String::new(), |label| place(sources, label));
    let mut text = format!("{}[{}] {}\n", place, problem.code, problem.message);
    for label in problem.labels.iter().skip(1) {
        writeln!(text, "  also {}{}", place_of(sources, label), label.text).unwrap();
    }
    for hint in &problem.hints {
        writeln!(text, "  hint: {hint}").unwrap();
    }
    if let Some(fix) = &problem.fix {
        let file = &sources.file(fix.span.file).text;
        let fixed = format!("{}{}{}", &file[..fix.span.range().start], fix.replacement, &file[fix.span.range().end..]);
        let (line, _) = sources.file(fix.span.file).line_column(fix.span.start);
        writeln!(text, "  fix:  {}", fixed.lines().nth(line - 1).unwrap_or_default()).unwrap();
    }
    text
}

fn place(sources: &SourceMap, label: &yardstick::Label) -> String {
    format!("{}«{}» ", place_of(sources, label), sources.text(label.span))
}

fn place_of(sources: &SourceMap, label: &yardstick::Label) -> String {
    let (line, column) = sources.file(label.span.file).line_column(label.span.start);
    format!("{line}:{column} ")
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap()
}

#[test]
fn good_programs_parse() {
    insta::glob!("good", "*.kpi", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let (file, problems) = syntax::parse(FileId(0), &text);
        assert!(problems.is_empty(), "{problems:#?}");
        assert!(!file.items.is_empty());
    });
}

#[test]
fn bad_programs_are_explained() {
    insta::glob!("bad", "*.kpi", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        assert_beside(path, &report(file_name(path), &text));
    });
}

mod format;
mod habits;
mod items;
mod limits;
mod precedence;
mod random;

/// Applying a fix must reduce the number of problems.
#[test]
fn fixes_resolve_their_problems() {
    insta::glob!("bad", "*.kpi", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let (_, problems) = syntax::parse(FileId(0), &text);
        for fix in problems.iter().filter_map(|problem| problem.fix.as_ref()) {
            let mut fixed = text.clone();
            fixed.replace_range(fix.span.range(), &fix.replacement);
            let (_, rest) = syntax::parse(FileId(0), &fixed);
            assert!(rest.len() < problems.len(), "{}: {fixed}{rest:#?}", file_name(path));
        }
    });
}
