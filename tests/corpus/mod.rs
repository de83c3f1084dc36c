//! Bad programs, a folder per stage, and what each stage says of them.
//!
//! A file is a program; its name is the case. What a case asks, and of which data, stands in comments at its head:
//!
//! ```text
//! #! kpi cac                  a KPI or formula, one a line; without any, all published KPIs
//! #! by month, channel        grouping; likewise `where CONDITION`, `period PERIOD`, `set NAME=VALUE`
//! #! data ads                 a table of that name; its rows follow as lines `#| …`
//! #| day,spend
//! #| 2026-01-03,100
//! ```
//!
//! A case of `resolve` or `check` is only compiled, one of `plan` is planned, one of `data` is read and evaluated. Its
//! snapshot is the program and what a user sees: errors and warnings, without the notes.

mod habits;
mod replay;

use std::path::Path;
use std::sync::Arc;

use yardstick::aggregate::Embedded;
use yardstick::data::{Dataset, Declaration};
use yardstick::diagnostic::{Diagnostic, Severity, Style, render};
use yardstick::read::csv;
use yardstick::source::SourceMap;
use yardstick::{Library, Query};

/// A case: its program, its question, its tables.
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
            "kpi" => Query { kpis: [&query.kpis[..], &[rest.into()]].concat(), ..query },
            "by" => query.by(rest),
            "where" => query.filter(rest),
            "period" => query.period(rest),
            "set" => {
                let (name, value) = rest.split_once('=').unwrap();
                query.set(name, value)
            }
            "data" => {
                self.tables.push((rest.to_owned(), String::new()));
                query
            }
            other => panic!("{}: no directive `{other}`", self.name),
        };
    }

    pub fn compile(&self) -> (Library, Vec<Diagnostic>) {
        Library::builder().text(&self.name, &self.text).compile_anyway()
    }

    /// The tables as the library declares them, and what cannot be read.
    pub fn datasets(&self, library: &Library) -> (Vec<Arc<dyn Dataset>>, Vec<Diagnostic>) {
        let (mut datasets, mut problems) = (vec![], vec![]);
        for (name, text) in &self.tables {
            let declared = library.datasets().get(&**name);
            let declaration = declared.map_or_else(Declaration::default, |it| it.declaration.clone());
            match csv::from_text(name, text, &declaration) {
                Ok(table) => datasets.push(Arc::new(table) as Arc<dyn Dataset>),
                Err(found) => problems.extend(found),
            }
        }
        (datasets, problems)
    }
}

/// What a user sees of a case, from the stage on.
struct Report {
    text: String,
    errors: usize,
    problems: usize,
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

fn compiled(case: &Case) -> Report {
    let (library, problems) = case.compile();
    let mut report = Report::new(case);
    report.add(&problems, library.sources());
    report
}

fn planned(case: &Case) -> Report {
    let mut report = compiled(case);
    let library = Arc::new(case.compile().0);
    let (datasets, problems) = case.datasets(&library);
    assert!(problems.is_empty(), "{}: {problems:#?}", case.name);
    let (plan, problems) = library.plan_anyway(&case.query, &datasets);
    report.add(&problems, &plan.sources);
    report
}

fn evaluated(case: &Case) -> Report {
    let mut report = compiled(case);
    assert_eq!(report.errors, 0, "{}", report.text);
    let library = Arc::new(case.compile().0);
    let (datasets, problems) = case.datasets(&library);
    report.add(&problems, library.sources());
    if report.errors > 0 {
        return report;
    }
    match library.evaluate(&case.query, &Embedded::new(datasets)) {
        Ok(result) => {
            report.add(&result.plan.diagnostics, &result.plan.sources);
            report.add(&result.notes, &result.plan.sources);
        }
        Err(problems) => report.add(&problems.diagnostics, &problems.sources),
    }
    report
}

/// Every case of a stage has something to say.
macro_rules! stage {
    ($name:ident, $glob:literal, $report:ident) => {
        #[test]
        fn $name() {
            let mut silent: Vec<String> = vec![];
            insta::glob!($glob, "*.kpi", |path| {
                let report = $report(&Case::read(path));
                if report.problems == 0 {
                    silent.push(path.display().to_string());
                }
                insta::assert_snapshot!(report.text);
            });
            assert!(silent.is_empty(), "nothing is said of {silent:#?}");
        }
    };
}

stage!(names_that_do_not_resolve, "../suite/resolve/bad", compiled);
stage!(types_and_units_that_do_not_fit, "../suite/check/bad", compiled);
stage!(questions_that_cannot_be_answered, "../suite/plan/bad", planned);
stage!(data_that_cannot_be_used, "../suite/data/bad", evaluated);

/// All that compiling and planning say of a program.
fn told(case: &Case, text: &str) -> (Vec<Diagnostic>, SourceMap) {
    let case =
        Case { text: text.to_owned(), query: case.query.clone(), tables: case.tables.clone(), name: case.name.clone() };
    let (library, mut problems) = case.compile();
    let (datasets, unreadable) = case.datasets(&library);
    problems.extend(unreadable);
    let (plan, found) = Arc::new(library).plan_anyway(&case.query, &datasets);
    problems.extend(found);
    (problems, plan.sources)
}

/// Where a name is replaced as is offered, the problem is gone from its place.
#[test]
fn fixes_mend_what_they_are_offered_for() {
    let mut mended = 0;
    for stage in ["resolve", "plan"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite").join(stage).join("bad");
        for file in folder.read_dir().unwrap() {
            let case = Case::read(&file.unwrap().path());
            let (problems, sources) = told(&case, &case.text);
            let fixes = problems.iter().filter_map(|problem| Some((problem, problem.fix.as_ref()?)));
            for (problem, fix) in fixes.filter(|(_, fix)| *sources.file(fix.span.file).name == *case.name) {
                let mut text = case.text.clone();
                text.replace_range(fix.span.range(), &fix.replacement);
                let place = |problem: &Diagnostic| problem.labels.first().map(|label| label.span.start);
                let same = |other: &Diagnostic| other.message == problem.message && place(other) == place(problem);
                assert!(!told(&case, &text).0.iter().any(same), "{}: {}", case.name, problem.message);
                mended += 1;
            }
        }
    }
    assert!(mended > 20, "only {mended} problems offer a replacement");
}
