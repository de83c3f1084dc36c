//! Runs the invalid programs in the folders `bad` of the stages, and compares the messages with the snapshots next to
//! them.
//!
//! Each file is a program, and its name is the name of the case. The query and the data are in comments at the start:
//!
//! ```text
//! #! kpi cac                  a KPI or formula, one per line [default: all published KPIs]
//! #! by month, channel        grouping; also `where CONDITION`, `period PERIOD`, `set NAME=VALUE`
//! #! data ads                 a table with this name; its rows follow as lines `#| …`
//! #| day,spend
//! #| 2026-01-03,100
//! ```
//!
//! A case of `resolve` or `check` is compiled, a case of `plan` is planned, and a case of `data` is read and evaluated.
//! The snapshot contains the program and the errors and warnings, without notes.

use std::path::Path;
use std::sync::Arc;

use yardstick::internal::plan::grouped;
use yardstick::{
    Dataset, Declaration, Diagnostic, Embedded, Library, Limits, Query, Severity, SourceMap, Style, Table, render,
};

/// A case: its program, its query and its tables.
pub struct Case {
    pub name: String,
    pub text: String,
    pub query: Query,
    pub tables: Vec<(String, String)>,
}

impl Case {
    pub fn read(path: &Path) -> Self {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap().to_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let mut case = Self { name, query: Query::default(), tables: vec![], text };
        for line in case.text.clone().lines() {
            match (line.strip_prefix("#! "), line.strip_prefix("#| ")) {
                (Some(directive), _) => case.directive(directive),
                (_, Some(row)) => {
                    let (_, table) = case.tables.last_mut().expect("rows follow `#! data`");
                    table.push_str(row);
                    table.push('\n');
                }
                _ => {}
            }
        }
        case
    }

    fn directive(&mut self, directive: &str) {
        let (word, rest) = directive.split_once(' ').unwrap();
        let query = std::mem::take(&mut self.query);
        self.query = match word {
            "kpi" => query.kpi(rest),
            "by" => grouped(query, rest),
            "where" => query.filter_formula(rest),
            "period" => query.period(rest),
            "set" => {
                let (name, value) = rest.split_once('=').unwrap();
                query.set_formula(name, value)
            }
            "data" => {
                self.tables.push((rest.to_owned(), String::new()));
                query
            }
            other => panic!("{}: no directive `{other}`", self.name),
        };
    }

    pub fn compile(&self) -> (Library, Vec<Diagnostic>) {
        Library::builder().text(&self.name, &self.text).build_anyway()
    }

    /// The tables, read as the library declares them, and the problems.
    pub fn datasets(&self, library: &Library) -> (Vec<Arc<dyn Dataset>>, Vec<Diagnostic>) {
        let (mut datasets, mut problems) = (vec![], vec![]);
        for (name, text) in &self.tables {
            let declared = library.dataset(name);
            let declaration = declared.map_or_else(Declaration::default, |it| it.declaration.clone());
            match Table::from_csv(name, text, &declaration) {
                Ok(table) => datasets.push(Arc::new(table) as Arc<dyn Dataset>),
                Err(found) => problems.extend(found),
            }
        }
        (datasets, problems)
    }
}

/// The messages that a user sees for a case, from this stage on.
pub struct Report {
    pub text: String,
    errors: usize,
    pub problems: usize,
}

impl Report {
    fn new(case: &Case) -> Self {
        Self { text: format!("{}\n", case.text), errors: 0, problems: 0 }
    }

    fn add(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        let shown: Vec<Diagnostic> =
            diagnostics.iter().filter(|problem| problem.severity != Severity::Note).cloned().collect();
        self.problems += shown.len();
        self.errors += shown.iter().filter(|problem| problem.is_error()).count();
        self.text.push_str(&render(&shown, sources, &Style::default()));
    }
}

pub fn compiled(case: &Case) -> Report {
    let (library, problems) = case.compile();
    let mut report = Report::new(case);
    report.add(&problems, library.sources());
    report
}

pub fn planned(case: &Case) -> Report {
    let mut report = compiled(case);
    let library = case.compile().0;
    let (datasets, problems) = case.datasets(&library);
    assert!(problems.is_empty(), "{}: {problems:#?}", case.name);
    let (plan, problems) = library.plan_anyway(&case.query, &Embedded::new(datasets), &Limits::default());
    report.add(&problems, &plan.sources);
    report
}

pub fn evaluated(case: &Case) -> Report {
    let mut report = compiled(case);
    assert_eq!(report.errors, 0, "{}", report.text);
    let library = case.compile().0;
    let (datasets, problems) = case.datasets(&library);
    report.add(&problems, library.sources());
    if report.errors > 0 {
        return report;
    }
    match library.evaluate(&case.query, &Embedded::new(datasets), &Limits::default()) {
        Ok(result) => {
            report.add(&result.plan.diagnostics, &result.plan.sources);
            report.add(&result.notes, &result.plan.sources);
        }
        Err(problems) => report.add(problems.diagnostics(), problems.sources()),
    }
    report
}

/// Compares the messages of each case with its snapshot. Every case must have a message.
macro_rules! stage {
    ($name:ident, $folder:literal, $report:path) => {
        #[test]
        fn $name() {
            let mut silent: Vec<String> = vec![];
            insta::glob!($folder, "*.kpi", |path| {
                let report = $report(&$crate::case::Case::read(path));
                if report.problems == 0 {
                    silent.push(path.display().to_string());
                }
                $crate::case::assert_beside(path, &report.text);
            });
            assert!(silent.is_empty(), "no messages for {silent:#?}");
        }
    };
}
pub(crate) use stage;

/// Compares a text with the snapshot of a case, which has the same name.
pub fn assert_beside(case: &Path, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(case.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.remove_snapshot_suffix();
    settings.remove_input_file();
    settings.set_omit_expression(true);
    let name = case.file_stem().and_then(|name| name.to_str()).unwrap();
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// All messages from compiling and planning a program.
fn messages(case: &Case, text: &str) -> (Vec<Diagnostic>, SourceMap) {
    let case =
        Case { text: text.to_owned(), query: case.query.clone(), tables: case.tables.clone(), name: case.name.clone() };
    let (library, mut problems) = case.compile();
    let (datasets, unreadable) = case.datasets(&library);
    problems.extend(unreadable);
    let (plan, found) = library.plan_anyway(&case.query, &Embedded::new(datasets), &Limits::default());
    problems.extend(found);
    (problems, plan.sources)
}

/// Applies the suggested replacements of all cases and checks that each fixes its problem. Returns their number.
pub fn mended(stage: &str) -> usize {
    let mut mended = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(stage).join("bad");
    let files = folder.read_dir().unwrap().map(|file| file.unwrap().path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "kpi")) {
        let case = Case::read(&path);
        let (problems, sources) = messages(&case, &case.text);
        let fixes = problems.iter().filter_map(|problem| Some((problem, problem.fix.as_ref()?)));
        for (problem, fix) in fixes.filter(|(_, fix)| *sources.file(fix.span.file).name == *case.name) {
            let mut text = case.text.clone();
            text.replace_range(fix.span.range(), &fix.replacement);
            let place = |problem: &Diagnostic| problem.labels.first().map(|label| label.span.start);
            let same = |other: &Diagnostic| other.message == problem.message && place(other) == place(problem);
            assert!(!messages(&case, &text).0.iter().any(same), "{}: {}", case.name, problem.message);
            mended += 1;
        }
    }
    mended
}
