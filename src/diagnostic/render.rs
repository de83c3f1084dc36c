//! Renders diagnostics as text with source lines for people, and as JSON for editors.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use super::printable::steers;
use super::{CellPlace, Code, Diagnostic, Label, Severity, printable_line};
use crate::source::{FileId, SourceFile, SourceMap, Span};

/// How diagnostics are rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// True to use ANSI colors.
    pub color: bool,
    /// The width of the terminal. Longer source lines are cut around the carets.
    pub width: usize,
    /// True to wrap long messages and hints at spaces.
    pub wrap: bool,
}

impl Default for Style {
    /// Without colors or wrapping, 120 columns wide.
    fn default() -> Self {
        Self { color: false, width: DEFAULT_WIDTH, wrap: false }
    }
}

/// The width that is assumed if output does not go to a terminal.
pub const DEFAULT_WIDTH: usize = 120;

/// Renders diagnostics as text, each followed by a blank line. Returns an empty text for no diagnostics.
///
/// ```
/// use yardstick::{Code, Diagnostic, SourceFile, SourceMap, Span, Style, render};
///
/// let mut sources = SourceMap::default();
/// let file = sources.add(SourceFile::new("sales.kpi", "cac = spend / leeds\n"));
/// let problem = Diagnostic::error(Code::UnknownName, "`leeds` is not defined")
///     .at(Span::new(file, 14, 19))
///     .hint("did you mean `leads`?");
/// assert_eq!(render(&[problem], &sources, &Style::default()), "\
/// error[unknown-name]: `leeds` is not defined
///  --> sales.kpi:1:15
///   |
/// 1 | cac = spend / leeds
///   |               ^^^^^
///   |
///   = help: did you mean `leads`?
///
/// ");
/// ```
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, style: &Style) -> String {
    let renderer = renderer(style);
    let mut text = String::new();
    for diagnostic in diagnostics {
        for line in renderer.render(&[group(diagnostic, sources, style)]).lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

fn renderer(style: &Style) -> Renderer {
    let renderer = if style.color { Renderer::styled().hyperlink(false) } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).term_width(style.width)
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap, style: &Style) -> Group<'a> {
    let title = "warning[]: ".len() + diagnostic.code.name().len();
    level(diagnostic.severity)
        .primary_title(wrapped(&diagnostic.message, title, style))
        .id(diagnostic.code.name())
        .elements(snippets(&diagnostic.labels, sources))
        .elements(diagnostic.cell.iter().flat_map(data_place))
        .elements(
            diagnostic.hints.iter().map(|hint| Element::from(Level::HELP.message(wrapped(hint, HELP_WIDTH, style)))),
        )
}

/// The width of ` = help: ` after a line number of up to three digits.
const HELP_WIDTH: usize = 13;

/// Wraps a line at spaces if it does not fit into the terminal after a prefix of `before` columns.
fn wrapped<'a>(text: &'a str, before: usize, style: &Style) -> Cow<'a, str> {
    let text = printable_line(text);
    let available = style.width.saturating_sub(before);
    if !style.wrap || text.chars().count() <= available {
        return text;
    }
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| line.chars().count() + word.chars().count() < available || line.is_empty())
        {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines.join("\n").into()
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

/// The maximum distance in bytes between labels that are shown in one snippet.
const MAX_GAP: u32 = 1 << 16;

/// One snippet per file and region of it, in the order of the labels. The first label is the primary one.
fn snippets<'a>(labels: &'a [Label], sources: &'a SourceMap) -> Vec<Element<'a>> {
    let mut sorted: Vec<(usize, &Label)> = labels.iter().enumerate().collect();
    sorted.sort_by_key(|(_, label)| label.span);
    let is_near = |(_, before): &(usize, &Label), (_, label): &(usize, &Label)| {
        before.span.file == label.span.file && label.span.start.saturating_sub(before.span.end) <= MAX_GAP
    };
    let mut regions: Vec<&[(usize, &Label)]> = sorted.chunk_by(is_near).collect();
    let first = |region: &[(usize, &Label)]| region.iter().map(|(at, _)| *at).min();
    regions.sort_by_key(|region| first(region));
    // The regions of a file follow each other.
    let file_of = |region: &[(usize, &Label)]| region[0].1.span.file;
    let mut files: Vec<FileId> = vec![];
    for region in &regions {
        if !files.contains(&file_of(region)) {
            files.push(file_of(region));
        }
    }
    let of = |file: FileId| regions.iter().filter(move |region| file_of(region) == file);
    let region = |file: FileId| of(file).map(move |region| snippet(sources.file(file), region).into());
    files.into_iter().flat_map(region).collect()
}

/// Contains only the lines between the first and the last label, because the renderer would scan the whole text for
/// each problem.
fn snippet<'a>(source: &'a SourceFile, labels: &[(usize, &'a Label)]) -> Snippet<'a, Annotation<'a>> {
    let mut places: Vec<(usize, &'a Label)> = labels.to_vec();
    places.sort_by_key(|(at, _)| *at);
    let window = lines_around(&source.text, places.iter().map(|(_, label)| within(&source.text, label.span)));
    let window_start = window.start;
    let (first_line, _) = source.line_column(window.start as u32);
    let annotations = places.iter().map(|&(at, label)| {
        let span = within(&source.text, label.span);
        annotation(at == 0, label, span.start - window_start..span.end - window_start)
    });
    let annotations: Vec<_> = annotations.collect();
    Snippet::source(harmless(&source.text[window]))
        .path(printable_line(&source.name))
        .line_start(first_line)
        .annotations(annotations)
}

fn annotation(primary: bool, label: &Label, span: Range<usize>) -> Annotation<'_> {
    let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
    let text = (!label.text.is_empty()).then(|| printable_line(&label.text));
    kind.span(span).label(text)
}

/// Replaces characters that would control the terminal or be rendered at a wrong width. Each replacement has the same
/// number of bytes, so that all offsets remain valid.
fn harmless(text: &str) -> Cow<'_, str> {
    let is_kept = |c: char| matches!(c, '\n' | '\t') || !steers(c);
    if text.chars().all(is_kept) {
        return text.into();
    }
    let replaced = text.chars().map(|c| match (is_kept(c), c) {
        (true, c) => c,
        (false, '\r') => ' ',
        (false, c) if c.len_utf8() == 3 => char::REPLACEMENT_CHARACTER,
        (false, c) if c.len_utf8() == 2 => '¿',
        (false, c) => c,
    });
    replaced.collect::<String>().into()
}

/// The whole lines that the ranges touch.
fn lines_around(text: &str, ranges: impl Iterator<Item = Range<usize>>) -> Range<usize> {
    let all = ranges.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or(0..0);
    let start = text[..all.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[all.end..].find('\n').map_or(text.len(), |at| all.end + at);
    start..end
}

/// The span clamped to the text and moved to character boundaries.
fn within(text: &str, span: Span) -> Range<usize> {
    let start = boundary(text, span.start as usize);
    start..boundary(text, span.end as usize).max(start)
}

fn boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// ``--> ads.csv:57, column `cost` `` with the cell below it.
fn data_place(place: &CellPlace) -> Vec<Element<'_>> {
    let mut elements = vec![Origin::path(printable_line(&place.to_string()).into_owned()).into()];
    if let Some(cell) = &place.cell {
        elements.push(Level::NOTE.message(format!("the cell holds `{}`", printable_line(cell))).into());
    }
    elements
}

/// Writes ``ads.csv:57, column `cost` ``, without unknown parts.
impl std::fmt::Display for CellPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match &self.column {
            Some(column) => write!(f, ", column `{column}`"),
            None => Ok(()),
        }
    }
}

/// A diagnostic as JSON for editors and other programs. The format is stable: fields are only added.
///
/// `file`, `start` and `end` are those of the first label, or `null` if the problem has no place in a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonDiagnostic<'a> {
    /// The stable kebab-case name of the problem.
    pub code: Code,
    /// `error` or `warning`.
    pub severity: Severity,
    /// The problem in one line.
    pub message: &'a str,
    /// The file of the primary place.
    pub file: Option<&'a str>,
    /// The start of the primary place.
    pub start: Option<Position>,
    /// The end of the primary place.
    pub end: Option<Position>,
    /// All places in definitions, the primary one first.
    pub labels: Vec<JsonLabel<'a>>,
    /// The place in a data file.
    pub data: Option<&'a CellPlace>,
    /// Hints that say how to fix the problem.
    pub hints: &'a [String],
    /// A replacement of text that fixes the problem.
    pub fix: Option<JsonFix<'a>>,
}

/// A position in a text, as line and column and as byte offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The offset in bytes of UTF-8, from 0.
    pub byte: u32,
}

/// A place with a description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonLabel<'a> {
    /// The file.
    pub file: &'a str,
    /// The first character.
    pub start: Position,
    /// The position after the last character.
    pub end: Position,
    /// The description of the place; may be empty.
    pub text: &'a str,
}

/// A replacement of the text between two places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonFix<'a> {
    /// The file.
    pub file: &'a str,
    /// The first character to replace.
    pub start: Position,
    /// The position after the last character.
    pub end: Position,
    /// The new text.
    pub replacement: &'a str,
}

/// Converts a diagnostic to JSON data, and its spans to files, lines, columns and bytes.
pub fn to_json<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> JsonDiagnostic<'a> {
    let labels: Vec<_> = diagnostic.labels.iter().map(|label| json_label(label, sources)).collect();
    let primary = labels.first().cloned();
    JsonDiagnostic {
        code: diagnostic.code,
        severity: diagnostic.severity,
        message: &diagnostic.message,
        file: primary.as_ref().map(|label| label.file),
        start: primary.as_ref().map(|label| label.start),
        end: primary.as_ref().map(|label| label.end),
        labels,
        data: diagnostic.cell.as_ref(),
        hints: &diagnostic.hints,
        fix: diagnostic.fix.as_ref().map(|fix| {
            let (file, start, end) = place(fix.span, sources);
            JsonFix { file, start, end, replacement: &fix.replacement }
        }),
    }
}

fn json_label<'a>(label: &'a Label, sources: &'a SourceMap) -> JsonLabel<'a> {
    let (file, start, end) = place(label.span, sources);
    JsonLabel { file, start, end, text: &label.text }
}

fn place(span: Span, sources: &SourceMap) -> (&str, Position, Position) {
    let file = sources.file(span.file);
    (&file.name, position(file, span.start), position(file, span.end))
}

fn position(file: &SourceFile, byte: u32) -> Position {
    let (line, column) = file.line_column(byte);
    Position { line, column, byte }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    const SALES: &str = "cac = spend / customers\n\nltv = 3\n# a comment\ncac = cost / clients # coût\n";

    fn sources() -> (SourceMap, FileId, FileId) {
        let mut sources = SourceMap::default();
        let sales = sources.add(SourceFile::new("sales.kpi", SALES));
        let web = sources.add(SourceFile::new("web.kpi", "cac = clicks\n"));
        (sources, sales, web)
    }

    fn span(file: FileId, text: &str, needle: &str) -> Span {
        let start = text.find(needle).expect("the needle is in the text");
        Span::new(file, start, start + needle.len())
    }

    fn plain(diagnostic: Diagnostic, sources: &SourceMap) -> String {
        render(&[diagnostic], sources, &Style::default())
    }

    #[test]
    fn renders_labels_in_two_files() {
        let (sources, sales, web) = sources();
        let problem = Diagnostic::error(Code::Duplicate, "`cac` is defined three times")
            .label(Span::new(sales, 45, 48), "the second definition")
            .label(Span::new(sales, 0, 3), "the first one")
            .label(Span::new(web, 0, 3), "the third one")
            .hint("give one of them another name")
            .hint("or remove it");
        assert_snapshot!(plain(problem, &sources));
    }

    #[test]
    fn wraps_between_words_on_a_narrow_terminal() {
        let (sources, sales, _) = sources();
        let message = "expected a number, found a text column whose cells look like amounts with units behind them";
        let hint = "convert the column before it is read, or declare it as text in the dataset's block: `spend: text`";
        let problem = Diagnostic::error(Code::TypeMismatch, message).at(span(sales, SALES, "spend")).hint(hint);
        let drawn = render(&[problem], &sources, &Style { width: 60, wrap: true, ..Style::default() });
        assert!(drawn.lines().all(|line| line.chars().count() <= 60), "{drawn}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let found = words(&drawn);
        assert!(words(message).iter().chain(&words(hint)).all(|word| found.contains(word)), "{drawn}");
    }

    #[test]
    fn renders_a_cell_of_a_data_file() {
        let (sources, ..) = sources();
        let place = CellPlace {
            file: "ads.csv".into(),
            line: Some(57),
            column: Some("cost".into()),
            cell: Some("12,5o".into()),
        };
        let problem = Diagnostic::error(Code::BadCell, "expected a number, found a text")
            .in_data(place)
            .hint("declare the column as text: `cost: text`");
        assert_snapshot!(plain(problem, &sources));
    }

    #[test]
    fn renders_a_formula_and_a_cell() {
        let (sources, sales, _) = sources();
        let place = CellPlace { file: "ads.csv".into(), line: None, column: Some("spend".into()), cell: None };
        let problem = Diagnostic::error(Code::TypeMismatch, "expected a number, found a text column")
            .label(span(sales, SALES, "spend"), "used as a number here")
            .in_data(place);
        assert_snapshot!(plain(problem, &sources));
    }

    #[test]
    fn renders_problems_without_places() {
        let (sources, sales, _) = sources();
        let problems = [
            Diagnostic::error(Code::BadQuery, "`previous` needs a period").hint("group by time: `--by month`"),
            Diagnostic::warning(Code::ImplicitInput, "`clients` becomes an input").at(span(sales, SALES, "clients")),
        ];
        assert_snapshot!(render(&problems, &sources, &Style::default()));
    }

    #[test]
    fn renders_places_at_and_beyond_the_end_of_the_text() {
        let (sources, _, web) = sources();
        for (start, end) in [(13, 13), (12, 12), (90, 99)] {
            let text = plain(
                Diagnostic::error(Code::Unclosed, "the bracket is never closed").at(Span::new(web, start, end)),
                &sources,
            );
            assert!(text.contains("web.kpi:"), "{text}");
        }
    }

    #[test]
    fn renders_long_places_and_cycles() {
        let text = "test \"a\" {\n  given \"\"\"\n  1\n  2\n  3\n  4\n  5\n}\na = b\nb = c\n\n\n\nc = a\n";
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("many.kpi", text));
        let open = Diagnostic::error(Code::Unclosed, "the triple quote is never closed")
            .label(Span::new(file, 19, text.find("}").expect("it is there") + 1), "from here");
        let cycle = Diagnostic::error(Code::Cycle, "`a` depends on itself")
            .label(span(file, text, "a = b"), "`a` uses `b`")
            .label(span(file, text, "b = c"), "`b` uses `c`")
            .label(span(file, text, "c = a"), "`c` uses `a`");
        assert_snapshot!(render(&[open, cycle], &sources, &Style::default()));
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        let mut sources = SourceMap::default();
        let text = "a = \"\u{1b}[2J\" + x\n";
        let file = sources.add(SourceFile::new("evil\u{1b}[31m.kpi", text));
        let place = CellPlace {
            file: "d\u{1b}.csv".into(),
            line: Some(1),
            column: Some("\u{1b}[1m".into()),
            cell: Some("\u{1b}]0;x".into()),
        };
        let problem = Diagnostic::error(Code::BadCell, "found `\u{1b}[2J`")
            .label(span(file, text, "x"), "\u{1b}")
            .in_data(place)
            .hint("\u{1b}[5m");
        let drawn = plain(problem, &sources);
        assert!(!drawn.contains('\u{1b}'), "{drawn:?}");
    }

    #[test]
    fn long_lines_are_cut_around_the_carets() {
        let mut sources = SourceMap::default();
        let text = format!("total = {}missing + {}end\n", "a + ".repeat(60), "b + ".repeat(60));
        let file = sources.add(SourceFile::new("long.kpi", &*text));
        let problem = Diagnostic::error(Code::UnknownName, "`missing` is not defined").at(span(file, &text, "missing"));
        let drawn = render(&[problem], &sources, &Style { color: false, width: 80, wrap: false });
        assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
        assert!(drawn.contains("missing") && drawn.contains("^^^^^^^"), "{drawn}");
    }

    #[test]
    fn renders_windows_line_ends_tabs_and_wide_letters() {
        let mut sources = SourceMap::default();
        let text = "\tcoût = 数 / x\r\nb = 1\r\n";
        let file = sources.add(SourceFile::new("w.kpi", text));
        assert_snapshot!(plain(
            Diagnostic::error(Code::UnknownName, "`x` is not defined").at(span(file, text, "x")),
            &sources
        ));
    }

    #[test]
    fn lines_have_no_trailing_spaces() {
        let (sources, sales, web) = sources();
        let problem = Diagnostic::error(Code::Duplicate, "two").at(Span::new(sales, 0, 3)).at(Span::new(web, 0, 3));
        assert!(plain(problem, &sources).lines().all(|line| line == line.trim_end()));
    }

    #[test]
    fn uses_colors_only_if_requested() {
        let (sources, sales, _) = sources();
        let problem = || Diagnostic::error(Code::Duplicate, "two").at(Span::new(sales, 0, 3));
        assert!(!plain(problem(), &sources).contains('\u{1b}'));
        assert!(render(&[problem()], &sources, &Style { color: true, width: 80, wrap: false }).contains('\u{1b}'));
    }

    #[test]
    fn json_has_lines_columns_and_bytes() {
        let (sources, sales, _) = sources();
        let at = SALES.find("coût").expect("it is there");
        let problem = Diagnostic::error(Code::UnknownName, "`coût` is not defined")
            .label(Span::new(sales, at, at + "coût".len()), "here")
            .hint("did you mean `cost`?")
            .fix(Span::new(sales, at, at + "coût".len()), "cost");
        assert_snapshot!(serde_json::to_string_pretty(&to_json(&problem, &sources)).expect("it is plain data"));
    }

    #[test]
    fn json_of_a_data_problem_has_no_place_in_definitions() {
        let (sources, ..) = sources();
        let place = CellPlace { file: "ads.csv".into(), line: Some(2), column: None, cell: None };
        let problem = Diagnostic::error(Code::BadTable, "expected 3 cells, found 4").in_data(place);
        assert_snapshot!(serde_json::to_string(&to_json(&problem, &sources)).expect("it is plain data"));
    }
}
