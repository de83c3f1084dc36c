//! Every case with data of the tests of the language, of the guide and of the examples gives the same result from a table
//! of a warehouse as from a file, on every engine and in every tier: values, reasons, counts of rows, extents, groups and
//! their order, and the explanations.
//!
//! The test runs the tests of the language again in a process of its own, which records what they evaluate. The last
//! test of that process stores each distinct table once and evaluates all cases over it.

mod examples;
mod remembered;
mod stored;

use std::collections::{BTreeMap, HashSet};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use indexmap::IndexSet;
use yardstick::internal::sql::{AdbcConnection, Profile, Tier, open_up_to};
use yardstick::{Dataset, Declaration, Embedded, Evaluation, Library, Limits, Query, Table};

use super::engines::Engine;
use super::random::shown;
use remembered::Remembered;
pub use stored::StoredTable;
use stored::stored;

/// The tiers in which every case is computed.
const TIERS: [Tier; 3] = [Tier::States, Tier::CountedRows, Tier::Rows];

/// The tests whose cases are compared.
const SUITES: [&str; 8] = [
    "semantics::",
    "language::",
    "shop::",
    "documents::the_examples_of_the_language_guide",
    "engine::contexts",
    "engine::datasets",
    "engine::queries",
    "engine::results",
];

/// The numbers of cases that are compared at least, of the suites and of the examples together.
const LEAST_COMPARED: usize = 1_000;

/// The variable that makes a process record cases.
const RECORDS: &str = "YARDSTICK_RECORDS_CASES";

/// A query over some tables.
struct Case {
    library: Library,
    /// The texts of the tables.
    tables: Vec<(String, String)>,
    query: Query,
}

static RECORDED: Mutex<Vec<Case>> = Mutex::new(vec![]);

/// Records a case that a test evaluates within the default limits, in a process that records.
pub fn record(library: &Library, tables: &[(&str, &str)], query: &Query, limits: &Limits) {
    if std::env::var_os(RECORDS).is_none() || tables.is_empty() || *limits != Limits::default() {
        return;
    }
    let tables = tables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let case = Case { library: library.clone(), tables, query: query.clone() };
    RECORDED.lock().unwrap_or_else(PoisonError::into_inner).push(case);
}

/// The problems of a process that compares.
#[test]
fn every_case_gives_the_same_from_every_engine_in_every_tier() {
    if std::env::var_os(RECORDS).is_some() {
        return;
    }
    let mut tests = Command::new(std::env::current_exe().expect("it runs"));
    tests.args(SUITES).args(["sql::conformance::recorded_cases", "--test-threads=1", "--nocapture"]);
    // Few random cases: their tests compare many of them elsewhere.
    let output = tests.env(RECORDS, "1").env("PROPTEST_CASES", "4").output().expect("it runs");
    let [printed, said] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    said.lines().filter(|line| !line.starts_with("proptest:")).for_each(|line| eprintln!("{line}"));
    assert!(output.status.success(), "{printed}");
}

/// Compares the cases that the tests before it have recorded.
#[test]
fn recorded_cases() {
    if std::env::var_os(RECORDS).is_none() {
        return;
    }
    let start = Instant::now();
    let mut recorded = std::mem::take(&mut *RECORDED.lock().unwrap_or_else(PoisonError::into_inner));
    recorded.extend(examples::cases());
    let cases = Cases::new(recorded);
    eprintln!(
        "{} cases over {} tables ({:.1} s); not compared: {:?}",
        cases.prepared.len(),
        cases.tables.len(),
        start.elapsed().as_secs_f32(),
        cases.skipped
    );
    assert!(cases.prepared.len() >= LEAST_COMPARED, "{} cases", cases.prepared.len());
    let engines = Engine::installed("conformance");
    let different: Vec<String> = std::thread::scope(|scope| {
        let compared = engines.into_iter().map(|engine| scope.spawn(|| cases.compared(engine)));
        let compared: Vec<_> = compared.collect();
        compared.into_iter().flat_map(|compared| compared.join().expect("no comparison panics")).collect()
    });
    if let Some(file) = std::env::var_os("CONFORMANCE_REPORT") {
        std::fs::write(file, different.join("\n\n")).expect("it can be written");
    }
    let shown: Vec<&str> = different.iter().take(20).map(String::as_str).collect();
    assert!(different.is_empty(), "{} answers differ\n{}", different.len(), shown.join("\n\n"));
}

/// The cases of which a warehouse can hold the tables.
#[derive(Default)]
struct Cases {
    prepared: Vec<Prepared>,
    /// All distinct tables.
    tables: IndexSet<StoredTable>,
    /// The number of cases that are left out, by rule.
    skipped: BTreeMap<&'static str, usize>,
}

/// A case, and the answer from files.
struct Prepared {
    case: Case,
    /// The name of each dataset, the number of its table, and the declaration with which it is opened.
    datasets: Vec<(String, usize, Declaration)>,
    expected: String,
}

impl Cases {
    fn new(recorded: Vec<Case>) -> Self {
        let (mut cases, mut known) = (Self::default(), HashSet::new());
        for case in recorded {
            if known.insert(case.identity())
                && let Err(rule) = cases.add(case)
            {
                *cases.skipped.entry(rule).or_default() += 1;
            }
        }
        cases
    }

    fn add(&mut self, case: Case) -> Result<(), &'static str> {
        let (mut files, mut datasets): (Vec<Arc<dyn Dataset>>, Vec<_>) = Default::default();
        for (name, text) in &case.tables {
            let declared = case.library.dataset(name);
            let declaration = declared.map_or_else(Declaration::default, |it| it.declaration.clone());
            let table = Table::from_csv(name, text, &declaration).map_err(|_| "a file cannot be read")?;
            let (stored, declaration) = stored(&table, &declaration)?;
            datasets.push((name.clone(), self.tables.insert_full(stored).0, declaration));
            files.push(Arc::new(table));
        }
        let expected = case.answer(files);
        if expected.contains("has the cell") {
            return Err("the error quotes a cell of a file");
        }
        self.prepared.push(Prepared { case, datasets, expected });
        Ok(())
    }

    /// The answers from an engine that differ from those from files.
    fn compared(&self, mut engine: Engine) -> Vec<String> {
        let start = Instant::now();
        let names = engine.store(&self.tables);
        let profile = Profile::read(engine.profile.to_str().expect("it is UTF-8")).expect("it is valid");
        let connection = AdbcConnection::open(profile, None).expect("the engine answers");
        let connection = Arc::new(Remembered::new(connection));
        let mut different = vec![];
        for tier in TIERS {
            for prepared in &self.prepared {
                let open = |(name, table, declaration): &(String, usize, Declaration)| {
                    let opened = open_up_to(name, &names[*table], declaration, connection.clone(), tier);
                    opened.map(Arc::from)
                };
                let datasets: Result<Vec<Arc<dyn Dataset>>, _> = prepared.datasets.iter().map(open).collect();
                let found = match datasets {
                    Ok(datasets) => prepared.case.answer(datasets),
                    Err(problems) => format!("{problems:?}"),
                };
                if found != prepared.expected {
                    different.push(format!("{}, {tier}: {}", engine.name, prepared.difference(&found)));
                }
            }
        }
        let statements = connection.executed.load(std::sync::atomic::Ordering::Relaxed);
        let (compared, seconds) = (TIERS.len() * self.prepared.len(), start.elapsed().as_secs_f32());
        eprintln!(
            "{}: {compared} answers from {statements} statements, {} differ ({seconds:.1} s)",
            engine.name,
            different.len()
        );
        different
    }
}

impl Case {
    /// What distinguishes it from other cases.
    fn identity(&self) -> String {
        format!("{}{:?}{:?}", self.definitions(), self.tables, self.query)
    }

    /// The texts of its own definitions.
    fn definitions(&self) -> String {
        let own = self.library.sources().files().map(|(_, file)| file).filter(|file| !file.name.starts_with("kpis/"));
        own.map(|file| format!("{}\n", file.text)).collect()
    }

    /// The result with all problems and some explanations, or the error. Rows of a table have no numbers.
    fn answer(&self, datasets: Vec<Arc<dyn Dataset>>) -> String {
        let answer = self.answer_with_places(datasets);
        let Some((before, place)) = answer.split_once(", first at ") else { return answer };
        format!("{before}, first at …{}", place.find('\n').map_or("", |end| &place[end..]))
    }

    fn answer_with_places(&self, datasets: Vec<Arc<dyn Dataset>>) -> String {
        match self.library.evaluate_anyway(&self.query, &Embedded::new(datasets), &Limits::default()) {
            Ok((evaluation, problems)) => format!("{}{}", shown(&evaluation, &problems), explained(&evaluation)),
            Err(error) => error.diagnostics().iter().map(|it| format!("{}\n", it.message)).collect(),
        }
    }
}

/// The explanations of all KPIs in the first and in the last group, without what a warehouse was asked.
fn explained(evaluation: &Evaluation) -> String {
    let last = evaluation.groups.len().checked_sub(1);
    let mut groups: Vec<usize> = [0].into_iter().filter(|_| last.is_some()).chain(last).collect();
    groups.dedup();
    let places = groups.iter().flat_map(|group| (0..evaluation.plan.kpis.len()).map(move |kpi| (kpi, *group)));
    let explanation = |(kpi, group)| match evaluation.explain_at(kpi, group) {
        Ok(explanation) => {
            let mut json = serde_json::to_value(&explanation).expect("it can be written");
            for step in json["steps"].as_object_mut().into_iter().flat_map(|steps| steps.values_mut()) {
                if let Some(rows) = step.get_mut("rows").and_then(serde_json::Value::as_object_mut) {
                    rows.remove("warehouse");
                }
            }
            format!("\n{json:#}")
        }
        Err(error) => format!("\n{error}"),
    };
    places.map(explanation).collect()
}

impl Prepared {
    /// The case, and the first lines of an answer that differ from the expected ones.
    fn difference(&self, found: &str) -> String {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let (found, expected) = (lines(found), lines(&self.expected));
        let same = found.iter().zip(&expected).take_while(|(found, expected)| found == expected).count();
        let around = |lines: &[String]| {
            lines[same.saturating_sub(4).min(lines.len())..].iter().take(8).cloned().collect::<Vec<_>>().join("\n")
        };
        let tables: String = self.case.tables.iter().map(|(name, text)| format!("{name}:\n{text}\n")).collect();
        let definitions = self.case.definitions();
        let (query, found, expected) = (&self.case.query, around(&found), around(&expected));
        format!("{query:?}\n{definitions}\n{tables}── found\n{found}\n── expected\n{expected}")
    }
}
