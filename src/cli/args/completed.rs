//! Completes a command line: the options of the project, and the format that the extension of the output file names.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValue;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, Error, FromArgMatches};

use super::Arguments;
use crate::cli::inputs::replaces;
use crate::cli::project::{Project, ProjectOption};
use crate::cli::quoting::shell_word;
use crate::diagnostic::{Code, Diagnostic};

/// The commands that group by the columns of the project.
const GROUPING: [&str; 5] = ["eval", "why", "solve", "sensitivity", "snapshot"];

/// A command line, and the file for its result.
pub(in crate::cli) struct Completed {
    /// The command with its options.
    pub arguments: Arguments,
    /// The file that the result is written to, if not to standard output.
    pub output: Option<PathBuf>,
}

/// Why a command line cannot be run.
pub(in crate::cli) enum Refused {
    /// It asks for help, or it is wrong.
    Usage(Error),
    /// It contradicts itself, or the file of the project is wrong.
    Problem(Box<Diagnostic>),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Usage(error)
    }
}

impl From<Diagnostic> for Refused {
    fn from(problem: Diagnostic) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// Parses a command line with what a project adds to it. `project` is only read if the command line is valid.
pub(in crate::cli) fn complete(
    words: Vec<OsString>,
    project: impl FnOnce() -> Result<Project, Diagnostic>,
) -> Result<Completed, Refused> {
    let command = Arguments::command();
    let matches = command.clone().try_get_matches_from(&words)?;
    let (name, given) = matches.subcommand().expect("clap requires a subcommand");
    let subcommand = command.find_subcommand(name).expect("it was parsed");
    let project = project()?;
    let mut added = of_project(subcommand, given, &project);
    // `kpi init` writes its file itself.
    let output = written(given).filter(|_| name != "init").cloned();
    if let Some(path) = &output {
        added.extend(format(subcommand, given, path)?);
    }
    let at = words.iter().position(|word| word == name).map_or(words.len(), |at| at + 1);
    let words = words[..at].iter().cloned().chain(added).chain(words[at..].iter().cloned());
    let mut arguments = Arguments::from_arg_matches(&command.try_get_matches_from(words)?)?;
    if let Some(path) = output.as_ref().filter(|path| path.exists() && is_definition(path)) {
        return Err(replaces(path).into());
    }
    if let super::Command::Report(report) = &mut arguments.command {
        let columns = project.options.iter().filter(|option| option.id == "by");
        report.project_by = columns.map(|option| option.value.clone()).collect();
    }
    if let Some(sources) = arguments.command.sources_mut() {
        sources.project_data = project.data;
        sources.result = output.clone();
    }
    Ok(Completed { arguments, output })
}

/// True if an option is on the command line.
fn is_given(given: &ArgMatches, id: &str) -> bool {
    given.try_contains_id(id).is_ok() && given.value_source(id) == Some(ValueSource::CommandLine)
}

/// The words of the options of a project that a command has and the command line does not name.
fn of_project(subcommand: &Command, given: &ArgMatches, project: &Project) -> Vec<OsString> {
    let words = |option: &ProjectOption| {
        let known = subcommand.get_arguments().find(|known| known.get_id() == option.id)?;
        let is_named = |name: &String| {
            let texts = given.get_raw(option.id).into_iter().flatten();
            texts.filter_map(|text| text.to_str()?.split_once('=')).any(|(known, _)| known.trim() == name)
        };
        let is_replaced = match &option.name {
            Some(name) => is_given(given, option.id) && is_named(name),
            None => is_given(given, option.id),
        };
        let is_meant = match option.id {
            "by" => GROUPING.contains(&subcommand.get_name()),
            // Other commands take data files where `kpi fmt` takes definitions.
            "files" => known.get_long().is_some() || subcommand.get_name() == "fmt",
            _ => true,
        };
        let name = option.name.as_ref().map_or_else(String::new, |name| format!("{name}="));
        let value = format!("{name}{}", option.value);
        let word = known.get_long().map_or_else(|| value.clone(), |long| format!("--{long}={value}"));
        (is_meant && !is_replaced).then(|| OsString::from(word))
    };
    project.options.iter().filter_map(words).collect()
}

/// True for the name of a file of definitions.
fn is_definition(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "kpi")
}

/// The file after `-o`, unless it is `-` for standard output.
fn written(given: &ArgMatches) -> Option<&PathBuf> {
    given.try_get_one::<PathBuf>("output").ok().flatten().filter(|path| *path != Path::new("-"))
}

/// The option for the format that the extension of a file names. None if the command line names the format, or the command
/// has only one.
fn format(subcommand: &Command, given: &ArgMatches, path: &Path) -> Result<Option<OsString>, Diagnostic> {
    let Some(known) = subcommand.get_arguments().find(|known| known.get_id() == "format") else { return Ok(None) };
    let formats = known.get_possible_values();
    let of = |name: &str| formats.iter().find(|format| format.matches(name, true)).map(PossibleValue::get_name);
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let named = extension.as_deref().and_then(of);
    let asked = given.get_raw("format").into_iter().flatten().next().filter(|_| is_given(given, "format"));
    let asked = asked.and_then(|asked| of(asked.to_str()?));
    let is_workbook = of("xlsx").is_some() && asked.is_none_or(|asked| asked == "xlsx");
    if is_workbook && extension.as_deref().is_some_and(is_other_workbook) {
        return Err(other_workbook(path));
    }
    match (asked, named) {
        (Some(asked), Some(named)) if !is_written_in(asked, named) => {
            let file = path.display();
            let message = format!("`--format {asked}` and the extension of `{file}` contradict each other");
            let hint = format!("omit `--format`, or write `--format {named}`");
            Err(Diagnostic::error(Code::BadQuery, message).hint(hint))
        }
        (Some(_), _) => Ok(None),
        (None, Some(named)) => Ok(Some(format!("--format={named}").into())),
        (None, None) => match extension {
            Some(extension) => Err(unknown(subcommand, &extension, &formats)),
            None => Ok(None),
        },
    }
}

/// True if files of the named format may hold the asked one: `csv-fr` is a form of CSV.
fn is_written_in(asked: &str, named: &str) -> bool {
    asked.strip_prefix(named).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// True for the extensions of other formats of Excel, which warns of a file with another content.
fn is_other_workbook(extension: &str) -> bool {
    matches!(extension, "xls" | "xlsm" | "xlsb")
}

fn other_workbook(path: &Path) -> Diagnostic {
    let message = format!("workbooks are `.xlsx` files, and `{}` has the extension of another format", path.display());
    let file = path.with_extension("xlsx");
    Diagnostic::error(Code::BadQuery, message).hint(format!("write `-o {}`", shell_word(&file.display().to_string())))
}

/// The error for a file whose extension is not that of a format.
fn unknown(subcommand: &Command, extension: &str, formats: &[PossibleValue]) -> Diagnostic {
    let message = format!("`kpi {}` has no format for the extension `.{extension}`", subcommand.get_name());
    let names: Vec<String> = formats.iter().map(|format| format!("`--format {}`", format.get_name())).collect();
    Diagnostic::error(Code::BadQuery, message).hint(format!("add one of {}", names.join(", ")))
}
