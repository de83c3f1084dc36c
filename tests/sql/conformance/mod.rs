//! Every case with data of the tests of the language, of the guide and of the examples gives the same result from a table
//! of a warehouse as from a file, on every engine and in every tier: values, reasons, counts of rows, extents, groups and
//! their order, and the explanations.
//!
//! The test runs the tests of the language again in a process of its own, which records what they evaluate. The last
//! test of that process stores each distinct table once and evaluates all cases over it.

mod examples;
pub mod remembered;
mod stored;

use std::collections::{BTreeMap, HashSet};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indexmap::IndexSet;
use yardstick::internal::sql::{AdbcConnection, Profile, Tier, open_up_to};
use yardstick::{Dataset, Declaration, Diagnostic, Embedded, Evaluation, Library, Limits, Plan, Query, Table};

use super::engines::Engine;
use super::random::shown;
use remembered::Remembered;
pub use stored::{StoredTable, stored};

/// The tiers in which every case is computed.
const TIERS: [Tier; 4] = [Tier::Whole, Tier::States, Tier::CountedRows, Tier::Rows];

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

/// The time in which Spark compares as many cases as it can.
const TIME_OF_SPARK: Duration = Duration::from_secs(60);

/// True if Spark itself runs in place of an engine that speaks like it.
fn is_spark() -> bool {
    std::env::var_os("TEST_SPARK").is_some()
}

/// A plan and its problems.
type Planned = (Arc<Plan>, Vec<Diagnostic>);

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
    let mut engines = Engine::installed("conformance");
    engines.retain(|engine| !is_spark() || engine.name == "spark");
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
        let expected = case.answer(files, &mut None);
        if expected.contains("has the cell") {
            return Err("the error quotes a cell of a file");
        }
        self.prepared.push(Prepared { case, datasets, expected });
        Ok(())
    }

    /// All cases, neighbors far from each other.
    fn in_turn(&self) -> impl Iterator<Item = &Prepared> {
        const STEP: usize = 97;
        (0..STEP).flat_map(|first| self.prepared.iter().skip(first).step_by(STEP))
    }

    /// The answers from an engine that differ from those from files.
    fn compared(&self, mut engine: Engine) -> Vec<String> {
        let start = Instant::now();
        let names = engine.store(&self.tables);
        let profile = Profile::read(engine.profile.to_str().expect("it is UTF-8")).expect("it is valid");
        let connection = AdbcConnection::open(profile, None).expect("the engine answers");
        let connection = Arc::new(Remembered::new(connection));
        let (mut different, mut compared) = (vec![], 0);
        let end = is_spark().then(|| start + TIME_OF_SPARK);
        for prepared in self.in_turn() {
            if end.is_some_and(|end| Instant::now() > end) {
                break;
            }
            let mut plan = None;
            for tier in TIERS {
                let found = prepared.found(&names, &connection, tier, &mut plan);
                compared += 1;
                if found != prepared.expected {
                    different.push(format!("{}, {tier}: {}", engine.name, prepared.difference(&found)));
                }
                // The safer tiers would ask the same.
                if connection.take_asked().iter().all(|(sql, _)| !sql.contains("COUNT(")) {
                    break;
                }
            }
        }
        let statements = connection.executed.load(std::sync::atomic::Ordering::Relaxed);
        let seconds = start.elapsed().as_secs_f32();
        assert!(compared >= if is_spark() { 20 } else { self.prepared.len() }, "{}: {compared} answers", engine.name);
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
    fn answer(&self, datasets: Vec<Arc<dyn Dataset>>, plan: &mut Option<Planned>) -> String {
        let answer = self.answer_with_places(datasets, plan);
        let Some((before, place)) = answer.split_once(", first at ") else { return answer };
        format!("{before}, first at …{}", place.find('\n').map_or("", |end| &place[end..]))
    }

    fn answer_with_places(&self, datasets: Vec<Arc<dyn Dataset>>, plan: &mut Option<Planned>) -> String {
        let source = Embedded::new(datasets);
        let limits = Limits::default().threads(1);
        let evaluated = match self.is_of_latest() {
            true => self.library.evaluate_anyway(&self.query, &source, &limits),
            false => {
                let (plan, problems) = plan.get_or_insert_with(|| {
                    let (plan, problems) = self.library.plan_anyway(&self.query, &source, &limits);
                    (Arc::new(plan), problems)
                });
                plan.evaluate_anyway(&source).map(|(evaluation, more)| (evaluation, [&problems[..], &more].concat()))
            }
        };
        match evaluated {
            Ok((evaluation, problems)) => format!("{}{}", shown(&evaluation, &problems), explained(&evaluation)),
            Err(error) => error.diagnostics().iter().map(|it| format!("{}\n", it.message)).collect(),
        }
    }

    /// Returns true if the data determine the period, and with it the plan.
    fn is_of_latest(&self) -> bool {
        let query = format!("{:?}", self.query);
        ["period: Some(\"latest", "period: Some(\"last"].iter().any(|period| query.contains(period))
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
            format!("\n{json}")
        }
        Err(error) => format!("\n{error}"),
    };
    places.map(explanation).collect()
}

impl Prepared {
    /// The answer from tables. All tiers have one plan.
    fn found(
        &self,
        names: &[String],
        connection: &Arc<Remembered<AdbcConnection>>,
        tier: Tier,
        plan: &mut Option<Planned>,
    ) -> String {
        let open = |(name, table, declaration): &(String, usize, Declaration)| {
            open_up_to(name, &names[*table], declaration, connection.clone(), tier).map(Arc::from)
        };
        let opened = self.datasets.iter().map(open).collect::<Result<Vec<Arc<dyn Dataset>>, _>>();
        // The probe.
        connection.take_asked();
        match opened {
            Ok(datasets) => self.case.answer(datasets, plan),
            Err(problems) => format!("{problems:?}"),
        }
    }

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
