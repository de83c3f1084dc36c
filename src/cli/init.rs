//! `kpi init`: writes definitions that work at once, for some data files.

mod questions;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use super::Answer;
use super::args::{Bounds, DataFile, Init, Sources};
use super::check;
use super::describe::describe;
use super::inputs::spare;
use super::output::Printed;
use super::quoting::shell_word;
use super::workspace::{Workspace, stem};
use crate::budget::Budget;
use crate::describe::Description;
use crate::diagnostic::{Code, Diagnostic, Severity, printable_line};
use crate::init::{DataSource, Draft, Piece};
use crate::language::{Language, Phrase};
use crate::library::Library;
use crate::read;
use crate::render;
use crate::source::FileId;
use crate::syntax;
use questions::{Questions, ask};

pub(super) fn run(arguments: &Init, bounds: &Bounds) -> Answer {
    match written(arguments, bounds) {
        Ok(printed) => Answer { printed, ..Answer::default() },
        Err(problems) => Answer { problems, ..Answer::default() },
    }
}

fn written(arguments: &Init, bounds: &Bounds) -> Result<Printed, Vec<Diagnostic>> {
    let files: Vec<&DataFile> = arguments.tables.iter().chain(&arguments.data).collect();
    if files.iter().any(|file| file.path == Path::new("-")) {
        let problem = Diagnostic::error(Code::BadQuery, "`kpi init` cannot read standard input");
        return Err(vec![problem.hint("save the data to a file: the definitions name it")]);
    }
    let target = target(arguments, &files).map_err(|problem| vec![problem])?;
    let mut draft = Draft::new(sources(&files, &target, &bounds.budget)?, arguments.lang);
    if let Some(code) = &arguments.currency {
        draft.currency = Some((code.0.clone(), false));
    }
    if !arguments.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let (input, output, language) = (std::io::stdin().lock(), std::io::stderr(), arguments.lang);
        let mut questions = Questions { input, output, language };
        ask(&mut draft, &mut questions);
    }
    let text = Tested { draft: &draft, target: &target, language: arguments.lang, bounds }.text()?;
    if target.is_standard_output {
        return Ok(Printed::Raw(text));
    }
    Printed::Raw(text.clone()).save(&target.path).map_err(|problem| vec![problem])?;
    Ok(Printed::Text(report(&draft, &target, &text, arguments.lang)))
}

/// The file to write.
struct Target {
    path: PathBuf,
    /// The folder that contains it, in canonical form.
    folder: PathBuf,
    is_standard_output: bool,
}

/// The file to write: the given one, or one beside the data.
fn target(arguments: &Init, files: &[&DataFile]) -> Result<Target, Diagnostic> {
    let is_standard_output = arguments.output.as_deref() == Some(Path::new("-"));
    let path = match &arguments.output {
        Some(path) if !is_standard_output => path.clone(),
        Some(_) => PathBuf::from("kpis.kpi"),
        None => default_path(files),
    };
    if path.is_dir() {
        let problem = Diagnostic::error(Code::Unwritable, format!("`{}` is a folder", path.display()));
        return Err(problem.hint(format!("name a file in it: `-o {}`", path.join("kpis.kpi").display())));
    }
    spare(Some(&path), files.iter().map(|file| file.path.clone()))?;
    if path.exists() && !arguments.force && !is_standard_output {
        let problem = Diagnostic::error(Code::Unwritable, format!("`{}` exists", path.display()));
        return Err(problem.hint("add `--force` to replace it, or name another file: `-o FILE`"));
    }
    let folder = folder_of(&path).canonicalize().map_err(|error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        Diagnostic::error(Code::Unwritable, message).hint("create the folder, or name another file: `-o FILE`")
    })?;
    Ok(Target { path, folder, is_standard_output })
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file in the folder that contains all data, called after the data.
fn default_path(files: &[&DataFile]) -> PathBuf {
    let folders = || files.iter().map(|file| folder_of(&file.path));
    let mut common = folders().next().unwrap_or(Path::new(".")).to_owned();
    while !folders().all(|folder| folder.starts_with(&common) || common == Path::new(".")) {
        common = common.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
        if common.as_os_str().is_empty() {
            common = PathBuf::from(".");
        }
    }
    let name = match files {
        [file] => format!("{}.kpi", file.name.clone().unwrap_or_else(|| stem(&file.path))),
        _ => "kpis.kpi".into(),
    };
    if common == Path::new(".") { PathBuf::from(name) } else { common.join(name) }
}

/// Describes the files. All must be below the folder of the file to write, because the paths in it are relative to it.
fn sources(files: &[&DataFile], target: &Target, budget: &Budget) -> Result<Vec<DataSource>, Vec<Diagnostic>> {
    let (mut sources, mut problems) = (vec![], vec![]);
    for file in files {
        let described = describe(file, budget).and_then(with_rows);
        match described.and_then(|found| Ok((found, relative(&file.path, target).map_err(|problem| vec![problem])?))) {
            Ok((description, path)) => sources.push(DataSource { description, path }),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

/// The description of a file, unless it has no rows: then nothing says what its columns are.
fn with_rows(description: Description) -> Result<Description, Vec<Diagnostic>> {
    if description.rows > 0 {
        return Ok(description);
    }
    let message = format!("`{}` has column names and no rows, so nothing says what the columns are", description.file);
    Err(vec![Diagnostic::error(Code::BadTable, message).hint("add the first rows, or leave the file out")])
}

/// The path of a data file from the folder of the file to write.
fn relative(path: &Path, target: &Target) -> Result<String, Diagnostic> {
    let (file, sheet) = match read::sheet_of(path) {
        Some((file, sheet)) => (file, Some(sheet.to_owned())),
        None => (path.to_owned(), None),
    };
    let folder = folder_of(&file).canonicalize().ok();
    let inner = folder.as_ref().and_then(|folder| folder.strip_prefix(&target.folder).ok());
    let Some((inner, name)) = inner.zip(file.file_name()) else {
        let message = format!("`{}` is not below the folder of `{}`", path.display(), target.path.display());
        let folder = Some(folder_of(&file)).filter(|folder| *folder != Path::new("."));
        let beside = folder.map_or(PathBuf::from("kpis.kpi"), |folder| folder.join("kpis.kpi"));
        return Err(Diagnostic::error(Code::ForbiddenPath, message)
            .hint(format!("write the definitions beside the data: `-o {}`", beside.display())));
    };
    let parts = inner.iter().chain([name]).map(|part| part.to_string_lossy().into_owned());
    let path = parts.collect::<Vec<_>>().join("/");
    if path.chars().any(char::is_control) {
        let message =
            format!("the name `{}` has a control character, which definitions cannot contain", printable_line(&path));
        return Err(Diagnostic::error(Code::Unreadable, message).hint("rename the file"));
    }
    Ok(sheet.map_or(path.clone(), |sheet| format!("{path}#{sheet}")))
}

/// A draft that is computed before it is written. What has problems is left out.
struct Tested<'a> {
    draft: &'a Draft,
    target: &'a Target,
    language: Language,
    bounds: &'a Bounds,
}

impl Tested<'_> {
    /// The text, formatted, without the parts that have problems.
    fn text(&self) -> Result<String, Vec<Diagnostic>> {
        let library = Library::from_text("").map_err(|error| error.into_diagnostics())?;
        let mut pieces = self.draft.pieces(&library, &[]);
        loop {
            let problems = self.problems(&joined(&pieces))?;
            let before = pieces.clone();
            pieces = self.without(pieces, &problems);
            if pieces == before {
                break;
            }
        }
        let is_kept = |name: &str| {
            pieces.iter().any(|piece| {
                piece.text.starts_with(&format!("{name}:")) || piece.text.starts_with(&format!("{name} ="))
            })
        };
        let commands = self.commands(&library, is_kept);
        let all = self.draft.pieces(&library, &commands);
        let head = all.into_iter().take_while(|piece| piece.text.starts_with('#'));
        let body = pieces.into_iter().skip_while(|piece| piece.text.starts_with('#'));
        let text = joined(&head.chain(body).collect::<Vec<_>>());
        syntax::format_within(FileId(0), &text, &self.bounds.budget)
    }

    /// The pieces without those that have problems at these positions. A test of rows that fails stays as a comment.
    fn without(&self, pieces: Vec<Piece>, problems: &[usize]) -> Vec<Piece> {
        let mut start = 0;
        let mut kept = vec![];
        for piece in pieces {
            let end = start + piece.text.len() + 1;
            let is_wrong = piece.is_optional && problems.iter().any(|at| (start..end).contains(at));
            start = end;
            match piece.text.trim_start() {
                _ if !is_wrong => kept.push(piece),
                test if test.starts_with("expect ") => {
                    let text = format!("  # {test}  # ? {}", self.language.word(Phrase::InitFails));
                    kept.push(Piece::kept(text));
                }
                _ => {}
            }
        }
        kept
    }

    /// What to run next.
    fn commands(&self, library: &Library, is_kept: impl Fn(&str) -> bool) -> Vec<String> {
        let file = shell_word(&self.target.path.display().to_string());
        let (names, grain) = self.draft.first(library, is_kept);
        let lang = match self.language {
            Language::English => String::new(),
            language => format!(" --lang {}", language.code()),
        };
        let mut commands = vec![format!("kpi eval -f {file}{lang}")];
        if let Some(grain) = grain.filter(|_| !names.is_empty()) {
            // A column of this name would be meant in place of the period.
            let translated = render::group_head(grain.name(), self.language);
            let by = if self.draft.has_column(translated) { grain.name() } else { translated };
            commands.push(format!("kpi eval {} -f {file} --by {by}{lang}", names.join(" ")));
        }
        if !self.draft.figures.is_empty() {
            commands.push(format!("kpi eval -f {file} --scorecard --std{lang}"));
        }
        commands.extend(names.first().map(|name| format!("kpi explain {name} -f {file}{lang}")));
        commands
    }

    /// The positions of errors and warnings in a text.
    fn problems(&self, text: &str) -> Result<Vec<usize>, Vec<Diagnostic>> {
        let name = self.target.path.display().to_string();
        let texts = [(name.clone(), text.to_owned())];
        let workspace = Workspace::of_texts(&Sources::default(), &texts, String::new(), &self.bounds.budget)
            .map_err(|problem| vec![problem])?;
        let mut problems = workspace.problems.clone();
        let mut tables = workspace.tables(&[]);
        let (found, refused) = tables.test_rows(&workspace.library, &Default::default(), &self.bounds.budget, |_| true);
        problems.extend(refused.into_iter().chain(found));
        let sources = check::against_data(&workspace, &tables, self.bounds, &mut problems);
        if let Some(limit) = problems.iter().find(|problem| problem.code == Code::LimitReached) {
            return Err(vec![limit.clone()]);
        }
        let wrong = problems.iter().filter(|problem| problem.severity > Severity::Note);
        let spans = wrong.filter_map(|problem| problem.labels.first()).map(|label| label.span);
        Ok(spans.filter(|span| *sources.file(span.file).name == *name).map(|span| span.range().start).collect())
    }
}

fn joined(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| format!("{}\n", piece.text)).collect()
}

/// What was written, and what to run next.
fn report(draft: &Draft, target: &Target, text: &str, language: Language) -> String {
    let counted = |count: usize, one: Phrase, several: Phrase| {
        language.phrase(language.counted(count as u64, one, several), &[&count.to_string()])
    };
    let guesses = text.lines().skip(1).filter(|line| line.contains("# ?")).count();
    let figures = text.lines().filter(|line| line.starts_with("input ")).count();
    let path = target.path.display().to_string();
    let datasets = counted(draft.tables(), Phrase::InitDataset, Phrase::InitDatasets);
    let figures = counted(figures, Phrase::InitInput, Phrase::InitInputs);
    let mut shown = language.phrase(Phrase::InitWrote, &[&printable_line(&path), &datasets, &figures]);
    if guesses > 0 {
        shown.push_str(language.word(Phrase::Semicolon));
        shown.push_str(&counted(guesses, Phrase::InitGuess, Phrase::InitGuesses));
    }
    shown.push_str(&format!("\n\n{}\n", language.word(Phrase::InitNext)));
    let commands = text.lines().filter_map(|line| line.strip_prefix("#   "));
    commands.for_each(|command| shown.push_str(&format!("  {command}\n")));
    shown
}
