//! Reads several files as one dataset: `ads-*.csv`.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use super::input::Input;
use super::parts::{Part, Parts, check_columns};
use crate::budget::Budget;
use crate::data::{Batch, BytesRead, ColumnId, ColumnSchema, ColumnType, Dataset, Declaration, Scan, Schema, deal};
use crate::diagnostic::{CellPlace, Code, Diagnostic, Severity};
use crate::value::{Cause, Dictionary, Values, Vector};

/// The maximum number of files of one dataset.
pub(crate) const MAX_FILES: usize = 10_000;

/// The name of the column with the names of the files.
const FILE: &str = "file";

/// Several files that are read as one dataset.
pub(super) struct Files {
    name: Arc<str>,
    /// The pattern as written.
    pattern: Arc<str>,
    schema: Schema,
    parts: Vec<Part>,
    /// The position of the column with the names of the files, if the files have no column of that name.
    file_column: Option<ColumnId>,
    names: Arc<Dictionary>,
    refused: Vec<(ColumnId, Diagnostic)>,
    notes: Vec<Diagnostic>,
    /// The number of rows of each file, once they have been counted.
    rows: Vec<OnceLock<u64>>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("pattern", &self.pattern).field("files", &self.parts.len()).finish()
    }
}

/// Returns true if a path has wildcards and is not the name of a file.
pub(crate) fn is_pattern(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.contains(['*', '?'])) && !path.exists()
}

/// The files that a pattern matches, in the order of their names. `*` matches any characters, `?` one.
///
/// # Errors
/// A pattern that matches no file or too many, or a folder that cannot be read.
pub(crate) fn matching(pattern: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let label = pattern.display();
    let folder = pattern.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| folder.to_str().is_some_and(|folder| folder.contains(['*', '?']))) {
        let message = format!("the folder in `{label}` contains `*` or `?`: only the name of the file can");
        return Err(Diagnostic::error(Code::Unreadable, message).hint("name the folder, as in `data/ads-*.csv`"));
    }
    let wanted = pattern.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let here = folder.unwrap_or(Path::new("."));
    let unreadable = |error: std::io::Error| Input::file(here).unreadable(&error);
    let mut found = vec![];
    let mut nearest: Vec<String> = vec![];
    for entry in std::fs::read_dir(here).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = folder.map_or_else(|| PathBuf::from(&name), |folder| folder.join(&name));
        if !matches(&wanted, &name) {
            nearest.push(name);
        } else if !path.is_dir() {
            found.push((name, path));
        }
        if found.len() > MAX_FILES {
            let message = format!("`{label}` matches more than {MAX_FILES} files");
            return Err(Diagnostic::error(Code::LimitReached, message)
                .hint("join some of the files, or use a narrower pattern"));
        }
    }
    if found.is_empty() {
        nearest.sort_unstable();
        let folder = if here == Path::new(".") { "this folder".into() } else { format!("`{}`", here.display()) };
        let files: Vec<String> = nearest.iter().take(5).map(|name| format!("`{name}`")).collect();
        let seen = (!files.is_empty()).then(|| format!("{folder} contains {}", files.join(", ")));
        return Err(Diagnostic::error(Code::Unreadable, format!("no file matches `{label}`")).maybe_hint(seen));
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Returns true if a name matches a pattern. Each `*` is matched as early as possible, and again further on if the rest
/// does not match, so the time grows with the product of both lengths at most.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut next) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while next < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, next));
                at += 1;
            }
            Some('?') => (at, next) = (at + 1, next + 1),
            Some(letter) if *letter == name[next] => (at, next) = (at + 1, next + 1),
            _ => match &mut star {
                Some((star, from)) => {
                    *from += 1;
                    (at, next) = (*star + 1, *from);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

/// Joins files that have their own schemas: workbooks, Parquet and Arrow files.
///
/// # Errors
/// Files whose columns or types differ.
pub(super) fn joined(paths: &[PathBuf], files: Vec<Box<dyn Dataset>>) -> Result<Parts, Vec<Diagnostic>> {
    let labels: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let names = files.iter().zip(&labels).map(|(file, label)| (&**label, file.schema().columns.keys().collect()));
    check_columns(&names.collect::<Vec<_>>()).map_err(|error| vec![error])?;
    let mut columns: IndexMap<Arc<str>, (ColumnSchema, usize)> = IndexMap::new();
    for (at, file) in files.iter().enumerate() {
        for (name, column) in &file.schema().columns {
            match columns.get_mut(name) {
                None => drop(columns.insert(name.clone(), (column.clone(), at))),
                Some((_, _)) if column.ty == ColumnType::Unknown => {}
                Some((known, _)) if known.ty == column.ty => {}
                Some(known) if known.0.ty == ColumnType::Unknown => *known = (column.clone(), at),
                Some((known, first)) => {
                    let problem = two_types(name, (&labels[*first], known.ty), (&labels[at], column.ty));
                    return Err(vec![problem]);
                }
            }
        }
    }
    let columns: IndexMap<Arc<str>, ColumnSchema> =
        columns.into_iter().map(|(name, (column, _))| (name, column)).collect();
    let notes = files
        .first()
        .map_or(vec![], |file| file.notes().iter().filter(|note| note.severity == Severity::Note).cloned().collect());
    let part = |dataset: Box<dyn Dataset>| {
        let schema = dataset.schema();
        let place = |(name, column): (&Arc<str>, &ColumnSchema)| {
            let id = schema.find(name)?;
            (schema.column(id).ty == column.ty).then_some(id)
        };
        let columns = columns.iter().map(place).collect();
        Part { columns, dataset }
    };
    let files = files.into_iter().map(part).collect();
    Ok(Parts { columns, files, refused: vec![], notes })
}

fn two_types(column: &str, (first, known): (&str, ColumnType), (other, found): (&str, ColumnType)) -> Diagnostic {
    let message =
        format!("the column `{column}` holds {} in `{first}` and {} in `{other}`", known.plural(), found.plural());
    let place = CellPlace { file: other.to_owned(), line: None, column: Some(column.to_owned()), cell: None };
    let problem = Diagnostic::error(Code::BadTable, message).in_data(place);
    problem.hint(format!(
        "write it in the same way in all files, or read it as texts: add `{column}: text` to the dataset's block"
    ))
}

impl Files {
    /// Makes one dataset of the files that a pattern matches.
    ///
    /// # Errors
    /// A declaration that does not fit the columns.
    pub fn new(
        name: &str,
        pattern: &Path,
        paths: &[PathBuf],
        parts: Parts,
        declaration: &Declaration,
    ) -> Result<Self, Vec<Diagnostic>> {
        let label = pattern.display().to_string();
        let Parts { mut columns, files, refused, notes } = parts;
        let file_column = (!columns.contains_key(FILE)).then(|| ColumnId(columns.len() as u32));
        if file_column.is_some() {
            columns.insert(FILE.into(), ColumnSchema::new(ColumnType::Text, false));
        }
        let schema = Schema::new(columns, declaration, &label)?;
        let mut names = Dictionary::default();
        for path in paths {
            names.code(&path.file_name().unwrap_or_default().to_string_lossy());
        }
        let refused = refused.into_iter().filter_map(|(name, reason)| Some((schema.find(&name)?, reason))).collect();
        let mut files = Self {
            name: name.into(),
            pattern: label.into(),
            schema,
            rows: files.iter().map(|_| OnceLock::new()).collect(),
            parts: files,
            file_column,
            names: Arc::new(names),
            refused,
            notes: vec![],
        };
        files.notes = files.all_notes(notes);
        Ok(files)
    }

    /// The notes about all files, and the warnings about each.
    fn all_notes(&self, notes: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let count = self.parts.len();
        let files = if count == 1 { "1 file".into() } else { format!("{count} files") };
        let place = CellPlace { file: self.pattern.to_string(), line: None, column: None, cell: None };
        let note = Diagnostic { usual: true, ..Diagnostic::note(Code::DataNote, files) }.in_data(place.clone());
        let of_all = notes.into_iter().map(|note| Diagnostic { cell: Some(place.clone()), ..note });
        let warnings = self.parts.iter().flat_map(|part| part.dataset.notes());
        let warnings = warnings.filter(|note| note.severity != Severity::Note).cloned();
        std::iter::once(note).chain(of_all).chain(warnings).collect()
    }

    /// Reads one of the files.
    fn scan_part(
        &self,
        at: usize,
        columns: &[ColumnId],
        threads: usize,
        budget: &Budget,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let part = &self.parts[at];
        let mut stored: Vec<ColumnId> = vec![];
        let sources: Vec<Source> = columns
            .iter()
            .map(|id| match part.columns.get(id.0 as usize).copied() {
                Some(Some(column)) => {
                    stored.push(column);
                    Source::Stored(stored.len() - 1)
                }
                Some(None) => Source::Blank(self.schema.column(*id).ty),
                None => Source::FileName,
            })
            .collect();
        part.dataset.scan(&Scan::within(&stored, threads, budget), &|worker, batch| {
            let column = |source: &Source| match source {
                Source::Stored(at) => Cow::Borrowed(&*batch.columns[*at]),
                Source::Blank(ty) => Cow::Owned(blanks(*ty, batch.rows)),
                Source::FileName => Cow::Owned(self.file_names(at, batch.rows)),
            };
            visit(worker, &Batch { columns: sources.iter().map(column).collect(), rows: batch.rows })
        })
    }

    fn file_names(&self, at: usize, rows: usize) -> Vector {
        Vector::defined(Values::Texts { codes: vec![at as u32; rows], dictionary: self.names.clone() })
    }

    /// The number of rows of a file, which are counted again if necessary.
    fn rows_of(&self, at: usize) -> u64 {
        *self.rows[at].get_or_init(|| {
            let dataset = &self.parts[at].dataset;
            dataset.rows().unwrap_or_else(|| {
                let rows = std::sync::atomic::AtomicU64::new(0);
                let first: Vec<ColumnId> = self.parts[at].columns.iter().flatten().copied().take(1).collect();
                let _ = dataset.scan(&Scan::new(&first, 1), &|_, batch| {
                    rows.fetch_add(batch.rows as u64, std::sync::atomic::Ordering::Relaxed);
                    Ok(())
                });
                rows.into_inner()
            })
        })
    }
}

/// Where a column of a batch comes from.
enum Source {
    Stored(usize),
    Blank(ColumnType),
    FileName,
}

/// A column of blank cells.
fn blanks(ty: ColumnType, rows: usize) -> Vector {
    let values = match ty {
        ColumnType::Number => Values::Fixed { mantissas: vec![0; rows], scale: 0 },
        ColumnType::Date | ColumnType::Period(_) => Values::Days(vec![0; rows]),
        ColumnType::Boolean => Values::Booleans(vec![false; rows]),
        ColumnType::Unknown => Values::Nothing(rows),
        ColumnType::Text => {
            let mut dictionary = Dictionary::default();
            let code = dictionary.code("");
            Values::Texts { codes: vec![code; rows], dictionary: Arc::new(dictionary) }
        }
    };
    Vector { values, causes: Some(vec![Some(Cause::Blank); rows]) }
}

impl Dataset for Files {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        self.parts.iter().map(|part| part.dataset.rows()).sum()
    }

    fn about_rows(&self) -> Option<u64> {
        self.parts.iter().map(|part| part.dataset.about_rows()).sum()
    }

    fn about_distinct(&self, column: ColumnId) -> Option<u64> {
        if self.file_column == Some(column) {
            return Some(self.parts.len() as u64);
        }
        let of_part = |part: &Part| match part.columns[column.0 as usize] {
            Some(id) => part.dataset.about_distinct(id),
            None => Some(0),
        };
        self.parts.iter().map(of_part).sum()
    }

    fn bytes_read(&self) -> Option<BytesRead> {
        self.parts.iter().try_fold(BytesRead { bytes: 0, of: 0 }, |all, part| {
            let own = part.dataset.bytes_read()?;
            Some(BytesRead { bytes: all.bytes + own.bytes, of: all.of + own.of })
        })
    }

    fn scan(
        &self,
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let (columns, threads, budget) = (scan.columns, scan.threads, &scan.budget);
        if let Some((_, reason)) = self.refused.iter().find(|(id, _)| columns.contains(id)) {
            return Err(reason.clone());
        }
        // Few files are read one after the other, each by all threads; of many, each thread takes one at a time.
        if self.parts.len() < 2 * threads || threads == 1 {
            return (0..self.parts.len()).try_for_each(|at| self.scan_part(at, columns, threads, budget, visit));
        }
        deal(0..self.parts.len(), threads, &|worker| {
            Ok(move |at: &mut usize| self.scan_part(*at, columns, 1, budget, &|_, batch| visit(worker, batch)))
        })
    }

    fn place(&self, row: u64) -> CellPlace {
        self.places(&[row]).remove(0)
    }

    fn places(&self, rows: &[u64]) -> Vec<CellPlace> {
        let (mut places, mut before) = (Vec::with_capacity(rows.len()), 0);
        for (at, part) in self.parts.iter().enumerate() {
            if places.len() == rows.len() {
                break;
            }
            let end = before + self.rows_of(at);
            let own: Vec<u64> =
                rows[places.len()..].iter().take_while(|row| **row < end).map(|row| row - before).collect();
            places.extend(if own.is_empty() { vec![] } else { part.dataset.places(&own) });
            before = end;
        }
        let unknown = CellPlace { file: self.pattern.to_string(), line: None, column: None, cell: None };
        places.resize(rows.len(), unknown);
        places
    }

    fn files(&self) -> Option<(Arc<str>, usize)> {
        Some((self.pattern.clone(), self.parts.len()))
    }

    fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_parts_of_names() {
        for (pattern, name, expected) in [
            ("ads-*.csv", "ads-2026.csv", true),
            ("ads-*.csv", "ads-.csv", true),
            ("ads-*.csv", "ads-2026.csv.gz", false),
            ("ads-*.csv", "bads-2026.csv", false),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b", "aabab", true),
            ("*a*b", "aaba", false),
            ("m-??.csv", "m-01.csv", true),
            ("é*", "été", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        let (pattern, name) = ("*a".repeat(100), "a".repeat(10_000) + "b");
        assert!(!matches(&pattern, &name));
    }
}
