//! `kpi.toml`: where the definitions and the data of a project are, and its usual language and grouping.

use std::path::{Component, Path, PathBuf};

use toml::{Table, Value};

use super::args::DataFile;
use super::files::unreadable;
use super::inside::inside;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::language::Language;

/// The name of the file.
const FILE: &str = "kpi.toml";
/// The maximum size of the file, in bytes.
pub(crate) const MAX_BYTES: u64 = 64 << 10;
/// The keys of the file.
const KEYS: [&str; 5] = ["definitions", "data", "connections", "by", "lang"];

/// What a project gives to every command in its folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Project {
    /// Options of the command line.
    pub options: Vec<ProjectOption>,
    /// The files of datasets.
    pub data: Vec<DataFile>,
}

/// An option of the command line with its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProjectOption {
    /// The name of the option in [`Arguments`](super::args::Arguments).
    pub id: &'static str,
    /// The name before the value, if the option may be repeated for other names.
    pub name: Option<String>,
    /// The value.
    pub value: String,
}

impl Project {
    /// Reads the `kpi.toml` of the current folder, or of the nearest folder above it that has one. Without one, every
    /// command has its own defaults.
    ///
    /// # Errors
    /// A file that cannot be read or is not valid.
    pub fn find() -> Result<Self, Diagnostic> {
        let Some(path) = Self::file() else { return Ok(Self::default()) };
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::of(&text(&path)?, folder).map_err(|problem| Diagnostic {
            message: format!("{}, in `{}`", problem.message, path.display()),
            ..problem
        })
    }

    /// The path of the `kpi.toml` that applies in the current folder.
    pub fn file() -> Option<PathBuf> {
        let folder = std::env::current_dir().unwrap_or_default();
        let above = folder.ancestors().take_while(|folder| folder.parent().is_some() || folder.has_root()).count();
        let up = |levels: usize| -> PathBuf { std::iter::repeat_n(Component::ParentDir, levels).collect() };
        (0..above).map(|levels| up(levels).join(FILE)).find(|path| path.is_file())
    }

    /// Parses the text of a file. Its paths are relative to `folder`.
    fn of(text: &str, folder: &Path) -> Result<Self, Diagnostic> {
        let table: Table = toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            wrong(format!("line {line} is not valid TOML: {}", error.message()))
        })?;
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let known = KEYS.map(|key| format!("`{key}`")).join(", ");
            let meant = did_you_mean(key, KEYS.iter().copied());
            return Err(wrong(format!("unknown key `{key}`")).maybe_hint(meant).hint(format!("the keys are {known}")));
        }
        let mut options = vec![];
        for path in texts(&table, "definitions")? {
            let found = placed(folder, &path, "definitions")
                .map_err(|problem| problem.hint(format!("name the definitions on the command line: `-f {path}`")))?;
            options.push(option("files", None, found));
        }
        if options.is_empty() && !folder.as_os_str().is_empty() {
            options.push(option("files", None, folder.display().to_string()));
        }
        let connections = named(&table, "connections")?;
        let is_connected = |path: &str| {
            path.split_once(':').is_some_and(|(name, _)| connections.iter().any(|(known, _)| known == name))
        };
        let data = named(&table, "data")?.into_iter().map(|(name, path)| {
            let placed = if is_connected(&path) { Ok(path) } else { data_path(folder, &name, &path) };
            placed.map(|path| DataFile { name: Some(name), path: path.into() })
        });
        let data = data.collect::<Result<_, _>>()?;
        for (name, profile) in connections {
            options.push(option("connections", Some(name), checked_profile(profile)?));
        }
        options.extend(texts(&table, "by")?.into_iter().map(|column| option("by", None, column)));
        if let Some(code) = texts(&table, "lang")?.pop() {
            options.push(option("lang", None, checked_language(code)?));
        }
        Ok(Self { options, data })
    }
}

fn option(id: &'static str, name: Option<String>, value: String) -> ProjectOption {
    ProjectOption { id, name, value }
}

/// A path of the file, from the current folder. It must stay inside the folder of the file.
fn placed(folder: &Path, path: &str, key: &str) -> Result<String, Diagnostic> {
    let found = inside(folder, path).map_err(|outside| {
        let message = format!("the path `{path}` of `{key}` is not allowed: {}", outside.reason("`kpi.toml`"));
        Diagnostic::error(Code::ForbiddenPath, message).in_query()
    })?;
    Ok(found.display().to_string())
}

/// The path of a data file.
fn data_path(folder: &Path, name: &str, path: &str) -> Result<String, Diagnostic> {
    placed(folder, path, &format!("data.{name}")).map_err(|problem| {
        problem.hint(format!("omit the entry, and add the file on the command line: `-d {name}={path}`"))
    })
}

/// The name of a profile. The file of a project may come from somebody else, and to load a driver is to run its code, so it
/// cannot lead to a profile of its own.
fn checked_profile(profile: String) -> Result<String, Diagnostic> {
    match profile.contains(['/', '\\']) || profile.ends_with(".toml") {
        false => Ok(profile),
        true => Err(wrong(format!("`{profile}` is a file, and a project can only name a profile of yours"))
            .hint("copy it to the folder of your profiles, and write its name without `.toml`")
            .hint("or name the file on the command line: `--connection NAME=FILE`")),
    }
}

fn checked_language(code: String) -> Result<String, Diagnostic> {
    match Language::ALL.iter().any(|language| language.code() == code) {
        true => Ok(code),
        false => Err(wrong(format!("`lang` is `{code}`")).hint("write `lang = \"en\"` or `lang = \"fr\"`")),
    }
}

fn text(path: &Path) -> Result<String, Diagnostic> {
    let size = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    if size > MAX_BYTES {
        let message = format!("`{}` is larger than {} KiB", path.display(), MAX_BYTES >> 10);
        return Err(Diagnostic::error(Code::LimitReached, message));
    }
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

/// A text, or a list of texts.
fn texts(table: &Table, key: &str) -> Result<Vec<String>, Diagnostic> {
    let values = match table.get(key) {
        None => return Ok(vec![]),
        Some(Value::Array(values)) => values.clone(),
        Some(value) => vec![value.clone()],
    };
    let text = |value| match value {
        Value::String(text) => filled(text, key),
        _ => Err(wrong(format!("`{key}` must be a text or a list of texts"))),
    };
    values.into_iter().map(text).collect()
}

/// Texts by name.
fn named(table: &Table, key: &str) -> Result<Vec<(String, String)>, Diagnostic> {
    let expected = || wrong(format!("`{key}` must be a table of texts: `[{key}]`, then `name = \"…\"`"));
    let entries = match table.get(key) {
        None => return Ok(vec![]),
        Some(Value::Table(entries)) => entries,
        Some(_) => return Err(expected()),
    };
    let entry = |(name, value): (&String, &Value)| match value {
        Value::String(text) => Ok((name.clone(), filled(text.clone(), &format!("{key}.{name}"))?)),
        _ => Err(expected()),
    };
    entries.iter().map(entry).collect()
}

/// A text that is not empty.
fn filled(text: String, key: &str) -> Result<String, Diagnostic> {
    if !text.trim().is_empty() {
        return Ok(text);
    }
    let example = match key {
        "definitions" => "`definitions = \"kpis\"`".to_owned(),
        "by" => "`by = \"month\"`".to_owned(),
        "lang" => "`lang = \"fr\"`".to_owned(),
        _ if key.starts_with("data.") => format!("`{key} = \"exports/orders.csv\"`"),
        _ => format!("`{key} = \"profile\"`"),
    };
    Err(wrong(format!("`{key}` is empty")).hint(format!("write {example}, or omit the key")))
}

fn wrong(message: String) -> Diagnostic {
    Diagnostic::error(Code::BadQuery, message)
}
