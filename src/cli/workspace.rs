//! Turns the options that name definitions and data into a library and open datasets.

use std::collections::{HashMap, HashSet};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::Answer;
use super::args::{DataFile, Sources};
use super::connections::Connections;
use super::files::kpi_files;
use super::inputs::spare;
use super::inside::inside;
use super::progress::WithProgress;
use crate::aggregate::Embedded;
use crate::budget::Budget;
use crate::data::{Dataset, Declaration, TableName};
use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean};
use crate::library::{Builder, DatasetDefinition, DefinitionId, Library, TableDefinition};
use crate::plan::{Plan, PlannedKpi};
use crate::read::{self, Unreadable};
use crate::source::{FileId, Span};
use crate::sql::{Dialect, WarehouseTable};
use crate::syntax::ast::Expr;

/// The definitions of one command.
pub(crate) struct Workspace {
    /// The definitions that compile.
    pub library: Library,
    /// The errors, warnings and notes about the definitions.
    pub problems: Vec<Diagnostic>,
    /// The number of `.kpi` files.
    pub files: usize,
    /// What the run may still take.
    pub budget: Budget,
    /// The connections to warehouses.
    connections: Connections,
    /// What the names of the files have in front that is not part of their paths.
    prefix: String,
    /// The files of datasets, by name and path, that two versions of the definitions share.
    shared: IndexMap<(Arc<str>, Arc<str>), PathBuf>,
    /// The data files of the project.
    project_data: Vec<DataFile>,
}

/// The answer over the definitions that the options name, or the reason why they cannot be opened.
pub(super) fn in_workspace(sources: &Sources, budget: &Budget, answer: impl FnOnce(&Workspace) -> Answer) -> Answer {
    match Workspace::open(sources, budget) {
        Ok(workspace) => answer(&workspace),
        Err(problem) => Answer::of(problem),
    }
}

/// The data of one command.
#[derive(Default)]
pub(crate) struct Tables {
    /// The open datasets, and an [`Unreadable`] for each file that cannot be opened.
    pub datasets: Vec<Arc<dyn Dataset>>,
    /// Errors about datasets that are given twice on the command line.
    pub twice: Vec<Diagnostic>,
    /// The datasets given on the command line.
    given: IndexSet<Arc<str>>,
    /// The datasets given on the command line whose files cannot be opened.
    given_failures: IndexSet<Arc<str>>,
    /// The names of all datasets that were opened or tried.
    names: HashSet<Arc<str>>,
    /// The problem of each table of a warehouse that is not connected.
    pub not_connected: Vec<Diagnostic>,
    /// The tables of connected warehouses.
    pub stored: Vec<StoredTable>,
}

/// A table of a connected warehouse.
pub(crate) struct StoredTable {
    /// The table with its columns there.
    pub table: WarehouseTable,
    /// The name of the warehouse.
    pub warehouse: Arc<str>,
    /// The dialect in which it is asked.
    pub dialect: Dialect,
}

impl Workspace {
    /// Compiles the definitions that the options name.
    ///
    /// # Errors
    /// A result that would replace one of the sources.
    pub fn open(sources: &Sources, budget: &Budget) -> Result<Self, Diagnostic> {
        let mut problems = vec![];
        let files = kpi_files(&sources.files, &mut problems);
        let builder = files.iter().fold(Library::builder(), |builder, file| builder.file(file));
        Self::compiled(sources, builder, files.len(), problems, budget).sparing(sources, files)
    }

    /// Compiles texts with their names. `prefix` is what the names have in front of their paths.
    ///
    /// # Errors
    /// A result that would replace one of the sources.
    pub fn of_texts(
        sources: &Sources,
        texts: &[(String, String)],
        prefix: String,
        budget: &Budget,
    ) -> Result<Self, Diagnostic> {
        let builder = texts.iter().fold(Library::builder(), |builder, (name, text)| builder.text(name, text));
        Self { prefix, ..Self::compiled(sources, builder, texts.len(), vec![], budget) }.sparing(sources, vec![])
    }

    /// The same, unless the result would replace definitions, data or the profile of a connection.
    fn sparing(self, sources: &Sources, definitions: Vec<PathBuf>) -> Result<Self, Diagnostic> {
        let given = sources.data.iter().chain(&sources.project_data).map(|file| file.path.clone());
        let profiles = sources.connections.iter().map(|connection| PathBuf::from(&connection.profile));
        let named = self.files_there().map(|(_, path)| path);
        let all = sources.files.iter().cloned().chain(definitions).chain(given).chain(profiles).chain(named);
        spare(sources.result.as_deref(), all)?;
        Ok(self)
    }

    fn compiled(
        sources: &Sources,
        builder: Builder,
        files: usize,
        mut problems: Vec<Diagnostic>,
        budget: &Budget,
    ) -> Self {
        let (library, found) = builder.strict(sources.strict).build_within(budget);
        problems.extend(found);
        let connections = Connections::new(&sources.connections);
        problems.extend(connections.twice());
        problems.extend(connections.misspelled(&library, &sources.data));
        let (prefix, shared) = Default::default();
        Self {
            library,
            problems,
            files,
            budget: budget.clone(),
            connections,
            project_data: sources.project_data.clone(),
            prefix,
            shared,
        }
    }

    /// Lets two versions of the definitions read the same files: a dataset with the same path is that of the newer one,
    /// unless only the older one has the file.
    pub fn share(older: &mut Self, newer: &mut Self) {
        let all = [&*older, &*newer].into_iter().flat_map(Self::files_there);
        let all: IndexMap<(Arc<str>, Arc<str>), PathBuf> = all.collect();
        (older.shared, newer.shared) = (all.clone(), all);
    }

    /// The files that the datasets name and that are there.
    fn files_there(&self) -> impl Iterator<Item = ((Arc<str>, Arc<str>), PathBuf)> {
        let is_there = |path: &PathBuf| path.exists() || read::is_pattern(path) || read::sheet_of(path).is_some();
        self.library.datasets().filter_map(move |dataset| {
            let (path, span) = dataset.path.as_ref()?;
            let found = declared_path(self.path_of(span.file), path).ok().filter(is_there)?;
            Some(((dataset.name.text.clone(), path.clone()), found))
        })
    }

    /// True if a data file is given, a dataset of the definitions is there, or a warehouse is connected.
    pub fn has_data(&self, given: &[DataFile]) -> bool {
        let tables = self.library.datasets().filter_map(|dataset| dataset.table.as_ref());
        let is_connected = || tables.into_iter().any(|table| self.connects(&table.warehouse.text));
        let is_named = !given.is_empty() || !self.project_data.is_empty();
        is_named || !self.shared.is_empty() || self.files_there().next().is_some() || is_connected()
    }

    /// The data files, and patterns of them, that the command line, the project and the definitions name, whether they are
    /// there or not. Tables of warehouses are not files.
    pub fn data_files(&self, given: &[DataFile]) -> Vec<PathBuf> {
        let is_file =
            |path: &&PathBuf| path.to_str().is_none_or(|text| text != "-" && self.connections.table_of(text).is_none());
        let named = given.iter().chain(&self.project_data).map(|file| &file.path).filter(is_file).cloned();
        let declared = self.library.datasets().filter_map(|dataset| {
            let (path, span) = dataset.path.as_ref()?;
            declared_path(self.path_of(span.file), path).ok()
        });
        named.chain(declared).collect()
    }

    /// The datasets that are files, with the paths of these: those of the command line, the project and the definitions.
    pub fn file_datasets(&self, given: &[DataFile]) -> IndexMap<Arc<str>, PathBuf> {
        let is_file = |file: &&DataFile| {
            file.path.to_str().is_none_or(|text| text != "-" && self.connections.table_of(text).is_none())
        };
        let named = given.iter().chain(&self.project_data).filter(is_file);
        let named = named.map(|file| (file.dataset(), file.path.clone()));
        let declared = self.files_there().map(|((name, _), path)| (name, path));
        let mut datasets = IndexMap::new();
        for (name, path) in named.chain(declared) {
            datasets.entry(name).or_insert(path);
        }
        datasets
    }

    /// The path of a file of definitions.
    fn path_of(&self, id: FileId) -> &str {
        let name = self.library.file_name(id);
        name.strip_prefix(&*self.prefix).unwrap_or(name)
    }

    /// The errors of the definitions.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.problems.iter().filter(|problem| problem.is_error())
    }

    /// Returns true if the command line connects a warehouse.
    pub fn connects(&self, warehouse: &str) -> bool {
        self.connections.names().any(|name| name == warehouse)
    }

    /// An answer that so far contains only the errors of the definitions.
    pub fn answer(&self) -> Answer {
        Answer {
            problems: self.errors().cloned().collect(),
            sources: self.library.sources().clone(),
            ..Answer::default()
        }
    }

    /// Opens the files given on the command line, those of the project, and those that `dataset` items name.
    pub fn tables(&self, given: &[DataFile]) -> Tables {
        let mut tables = Tables::default();
        for file in given {
            self.given(file, &mut tables);
        }
        for file in &self.project_data {
            let name = file.dataset();
            if tables.names.insert(name.clone()) {
                let opened = self.file(&name, file, &mut tables);
                tables.add(name, opened);
            }
        }
        for definition in self.library.datasets() {
            let name = &definition.name.text;
            if tables.names.insert(name.clone()) {
                self.declared(name, definition, &mut tables);
            }
        }
        tables
    }

    /// Warns about dataset names on the command line that look like typos of declared ones: nothing reads such a file.
    pub fn misspelled(&self, given: &[DataFile]) -> Vec<Diagnostic> {
        let names = given.iter().filter_map(|file| file.name.as_deref());
        let unknown = names.filter(|name| self.library.dataset(name).is_none());
        let warning = |name: &str| {
            let declared = self.library.datasets().map(|known| &*known.name.text);
            let suggestion = did_you_mean(name, declared)?;
            let message = format!("`-d` names the dataset `{name}`, which is not declared");
            Some(Diagnostic::warning(Code::UnknownName, message).hint(suggestion))
        };
        unknown.filter_map(warning).collect()
    }

    fn given(&self, file: &DataFile, tables: &mut Tables) {
        let name = file.dataset();
        if !tables.names.insert(name.clone()) {
            let message = format!("the dataset `{name}` has two files");
            let twice = Diagnostic::error(Code::Duplicate, message)
                .hint(format!("use another name for one of them: `-d NAME={}`", file.path.display()));
            return tables.twice.push(twice);
        }
        tables.given.insert(name.clone());
        let opened = self.file(&name, file, tables);
        if opened.is_err() {
            tables.given_failures.insert(name.clone());
        }
        tables.add(name, opened);
    }

    /// Opens a file, or a table of a warehouse, that the command line or the project names.
    fn file(&self, name: &str, file: &DataFile, tables: &mut Tables) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
        let declaration = self.library.dataset(name).map(|definition| definition.declaration.clone());
        let calendar = self.library.calendar();
        let declaration = Declaration { calendar, ..declaration.unwrap_or_default() };
        let text = file.path.to_str();
        match (text, text.and_then(|text| self.connections.table_of(text))) {
            (Some("-"), _) => {
                read::open_stream_within(name, "standard input", std::io::stdin().lock(), &declaration, &self.budget)
            }
            (_, Some((warehouse, table))) => self.given_table(name, warehouse, table, &declaration, tables),
            _ => read::open_within(name, &file.path, &declaration, &self.budget),
        }
    }

    /// A table of a warehouse that the command line names.
    fn given_table(
        &self,
        name: &str,
        warehouse: &str,
        table: &str,
        declaration: &Declaration,
        tables: &mut Tables,
    ) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
        let table = TableName::parse(table)
            .map_err(|(message, hint)| vec![Diagnostic::error(Code::BadQuery, message).hint(hint)])?;
        self.connected(name, warehouse, &table, declaration, tables).expect("the connection is known")
    }

    /// A table of a warehouse. None if the command line does not connect it.
    fn connected(
        &self,
        name: &str,
        warehouse: &str,
        table: &TableName,
        declaration: &Declaration,
        tables: &mut Tables,
    ) -> Option<Result<Box<dyn Dataset>, Vec<Diagnostic>>> {
        let connected = match self.connections.warehouse(warehouse, &self.budget)? {
            Ok(connected) => connected,
            Err(problem) => return Some(Err(vec![self.of_tables(warehouse, problem.clone(), tables)])),
        };
        Some(connected.table(name, table, declaration).map(|table| {
            let dialect = connected.dialect();
            tables.stored.push(StoredTable { table: table.clone(), warehouse: warehouse.into(), dialect });
            connected.dataset(table)
        }))
    }

    /// The problem of a warehouse, at all its tables that the definitions read.
    fn of_tables(&self, warehouse: &str, problem: Diagnostic, tables: &Tables) -> Diagnostic {
        let place = |dataset: &DatasetDefinition| {
            let table = dataset.table.as_ref().filter(|table| *table.warehouse.text == *warehouse)?;
            (!tables.is_given(&dataset.name.text)).then_some(table.span)
        };
        self.library.datasets().filter_map(place).fold(problem, Diagnostic::at)
    }

    fn declared(&self, name: &Arc<str>, definition: &DatasetDefinition, tables: &mut Tables) {
        if let Some(TableDefinition { table, warehouse, span }) = &definition.table {
            let opened = self.connected(name, &warehouse.text, table, &definition.declaration, tables);
            let Some(opened) = opened else {
                let problem = not_connected(name, &warehouse.text).at(*span);
                tables.not_connected.push(problem.clone());
                return tables.add(name.clone(), Err(vec![problem]));
            };
            return tables.add(name.clone(), opened.map_err(|problems| located(problems, *span)));
        }
        let Some((path, span)) = &definition.path else { return };
        // A renamed dataset has the same path.
        let of_path = || self.shared.iter().find(|((_, shared), _)| shared == path).map(|(_, found)| found);
        let shared = self.shared.get(&(name.clone(), path.clone())).or_else(of_path).cloned();
        let opened = shared
            .map_or_else(|| declared_path(self.path_of(span.file), path), Ok)
            .map_err(|reason| vec![forbidden(name, path, &reason)])
            .and_then(|path| read::open_within(name, &path, &definition.declaration, &self.budget));
        tables.add(name.clone(), opened.map_err(|problems| located(problems, *span)));
    }
}

impl Tables {
    fn add(&mut self, name: Arc<str>, opened: Result<Box<dyn Dataset>, Vec<Diagnostic>>) {
        self.datasets.push(match opened {
            Ok(dataset) => dataset.into(),
            Err(reasons) => Arc::new(Unreadable::new(name, reasons)),
        });
    }

    /// Returns true if a dataset is given on the command line.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains(name)
    }

    /// Returns true if a dataset is a table of a connected warehouse.
    pub fn is_stored(&self, name: &str) -> bool {
        self.stored.iter().any(|stored| **stored.table.name() == *name)
    }

    /// The errors of all files that cannot be opened.
    pub fn failures(&self) -> impl Iterator<Item = &Diagnostic> {
        // The tables of a warehouse share its problem.
        let all: IndexSet<&Diagnostic> =
            self.datasets.iter().filter_map(|dataset| dataset.unreadable()).flatten().collect();
        all.into_iter()
    }

    /// The errors of files of the command line that cannot be opened, also if no requested KPI needs them. Errors that
    /// are already among `problems` are left out.
    pub fn given_failures(&self, problems: &[Diagnostic]) -> Vec<Diagnostic> {
        let given = self.datasets.iter().filter(|dataset| self.given_failures.contains(dataset.name()));
        let reasons: IndexSet<&Diagnostic> = given.filter_map(|dataset| dataset.unreadable()).flatten().collect();
        reasons.into_iter().filter(|reason| !problems.contains(reason)).cloned().collect()
    }

    /// Tests the rows of some datasets, in order. A dataset that breaks a strict test is refused from now on. Returns the
    /// warnings and notes, and the errors.
    pub fn test_rows(
        &mut self,
        library: &Library,
        set: &HashMap<DefinitionId, Arc<Expr>>,
        budget: &Budget,
        is_tested: impl Fn(usize) -> bool,
    ) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let (mut others, mut errors) = (vec![], vec![]);
        for at in (0..self.datasets.len()).filter(|at| is_tested(*at)) {
            let tested = library.test_dataset(&self.datasets, at, set, budget);
            others.extend(tested.others);
            if !tested.errors.is_empty() {
                errors.extend(tested.errors.iter().cloned());
                self.datasets[at] = Arc::new(Unreadable::refused(&*self.datasets[at], tested.errors));
            }
        }
        (others, errors)
    }

    /// A warning about files of the command line that the query does not read.
    pub fn unread(&self, plan: &Plan) -> Option<Diagnostic> {
        let read = plan.datasets_read();
        let is_unread = |(at, dataset): &(usize, &Arc<dyn Dataset>)| {
            self.given.contains(dataset.name()) && dataset.unreadable().is_none() && !read.contains(at)
        };
        let unread: Vec<&Arc<str>> =
            self.datasets.iter().enumerate().filter(is_unread).map(|(_, dataset)| dataset.name()).collect();
        let names: Vec<String> = unread.iter().map(|name| format!("`{name}`")).collect();
        let first = unread.first()?;
        let message = match names.len() {
            1 => format!("no KPI of the query reads the dataset {} that `-d` gives", names[0]),
            _ => format!("no KPI of the query reads the datasets {} that `-d` gives", names.join(", ")),
        };
        let columns = |kpi: &PlannedKpi| {
            let at = self.datasets.iter().position(|dataset| dataset.name() == *first)?;
            self.datasets[at].schema().find(&kpi.name).map(|_| kpi.name.clone())
        };
        let hint = match plan.kpis.iter().find_map(columns) {
            Some(name) => format!(
                "`{name}` is a definition here; to read the column, write a formula such as `sum({first}.{name})`"
            ),
            None => format!(
                "name a column of it, such as `sum({first}.x)`, or give it the name of a dataset: `-d NAME=FILE`"
            ),
        };
        Some(Diagnostic::warning(Code::Unused, message).hint(hint))
    }

    /// The datasets as a source, which shows its progress if standard error is a terminal.
    pub fn source(&self) -> Embedded {
        if !std::io::stderr().is_terminal() {
            return Embedded::new(self.datasets.clone());
        }
        let shown = |dataset: &Arc<dyn Dataset>| Arc::new(WithProgress::new(dataset.clone())) as Arc<dyn Dataset>;
        Embedded::new(self.datasets.iter().map(shown).collect())
    }
}

impl DataFile {
    /// The name of its dataset.
    pub(super) fn dataset(&self) -> Arc<str> {
        self.name.clone().unwrap_or_else(|| stem(&self.path)).into()
    }
}

/// The file name without its extensions: `ads` for `2026/ads.csv.gz`; `stdin` for `-`, which is standard input.
pub(super) fn stem(path: &Path) -> String {
    if path == Path::new("-") {
        return "stdin".into();
    }
    if let Some((workbook, _)) = read::sheet_of(path) {
        return stem(&workbook);
    }
    if read::is_pattern(path) {
        return common_stem(path);
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// The part of a pattern before its first wildcard: `ads` for `2026/ads-*.csv`.
fn common_stem(pattern: &Path) -> String {
    let name = pattern.file_name().unwrap_or(pattern.as_os_str()).to_string_lossy();
    let start = name.split(['*', '?']).next().unwrap_or_default();
    let start = start.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    if start.is_empty() { "files".into() } else { start.to_owned() }
}

/// The path of a `dataset` item, which must stay inside the folder of the file that contains the item.
fn declared_path(file: &str, path: &str) -> Result<PathBuf, String> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    inside(folder, path).map_err(|outside| outside.reason("its .kpi file"))
}

/// Problems of a dataset at the place of its declaration, unless they have a place.
fn located(problems: Vec<Diagnostic>, span: Span) -> Vec<Diagnostic> {
    let has_place = |problem: &Diagnostic| problem.cell.is_some() || !problem.labels.is_empty();
    let located = |problem: Diagnostic| if has_place(&problem) { problem } else { problem.at(span) };
    problems.into_iter().map(located).collect()
}

/// The error for a dataset that is a table of a warehouse.
fn not_connected(name: &str, warehouse: &str) -> Diagnostic {
    let message = format!("`{name}` is a table of `{warehouse}`, and there is no connection to it");
    Diagnostic::error(Code::Unreadable, message)
        .hint(format!("name a connection profile: `--connection {warehouse}=PROFILE`"))
        .hint(format!("to compute from an extract of the table, add its file: `-d {name}=FILE`"))
        .hint("`kpi sql` prints the statements for the warehouse")
}

fn forbidden(name: &str, path: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(Code::ForbiddenPath, format!("the path of the dataset `{name}` is not allowed: {reason}"))
        .hint(format!("add the file on the command line: `-d {name}={path}`"))
}

/// Describes on one line how a file was read, with the notes that `is_shown` selects. None if there are none.
pub(super) fn reading(dataset: &dyn Dataset, is_shown: impl Fn(&Diagnostic) -> bool) -> Option<String> {
    let is_note = |note: &&Diagnostic| note.severity == Severity::Note;
    let notes: Vec<&Diagnostic> = dataset.notes().iter().filter(is_note).filter(|note| is_shown(note)).collect();
    let file = notes.first()?.cell.as_ref().map_or_else(|| dataset.name().to_string(), |cell| cell.file.clone());
    let messages: Vec<&str> = notes.iter().map(|note| &*note.message).collect();
    Some(format!("{file}: {}", messages.join("; ")))
}
