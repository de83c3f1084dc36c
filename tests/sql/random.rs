//! Random tables and random queries: what a warehouse aggregates gives the same result as reading the rows.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use yardstick::backend::Batch;
use yardstick::internal::sql::{AdbcConnection, Profile, Wrapper};
use yardstick::warehouse::Connection;
use yardstick::{ColumnType, Dataset, Diagnostic, Embedded, Evaluation, Library, Limits, Query, warehouse};

use super::connected::{csv, load, rows};
use super::engines::Engine;
use super::postgres::Random;

const DATASET: &str = "currency EUR
dataset orders = \"orders.csv\" {
  time ordered_on
  amount: money
  fees: money
  quantity: number
  order_id: text
  channel: text
  customer: text
  paid: boolean
  shipped: date
  weight: number
  price: number
  balance: money
}
";

const AMOUNTS: [&str; 8] = [
    "amount",
    "fees",
    "balance",
    "amount - fees",
    "-amount",
    "if amount > 10 EUR then amount else fees",
    "fees ?? 0 EUR",
    "amount / quantity",
];
const NUMBERS: [&str; 8] = [
    "quantity",
    "price",
    "weight",
    "price * quantity",
    "price + weight",
    "quantity * quantity",
    "quantity - 3",
    "abs(price)",
];
const OTHERS: [&str; 6] = ["shipped", "channel", "customer", "paid", "order_id", "amount > fees"];
const SEGMENTS: [&str; 5] = ["", "", " by customer", " by channel", " by paid, quantity"];
const CONDITIONS: [&str; 13] = [
    "amount >= 100 EUR",
    "paid",
    "not paid",
    "shipped > 2026-01-31",
    "channel = \"email\"",
    "channel != \"web\"",
    "starts_with(customer, \"a\")",
    "weight > 0.15",
    "quantity = 1 or paid",
    "fees < 100 EUR and channel = \"Email\"",
    "amount > fees",
    "1 / quantity > 0.2",
    "price != 9.99 and not paid",
];
const CONTEXTS: [&str; 11] = [
    "",
    "",
    "",
    "",
    "[previous]",
    "[last 2 months]",
    "[last 10 days]",
    "[all time]",
    "[to date]",
    "[year to date]",
    "[all channel]",
];
const KEYS: [&str; 8] = ["channel", "customer", "paid", "shipped", "quantity", "price", "weight", "order_id"];
const GRAINS: [&str; 5] = ["day", "week", "month", "quarter", "year"];
const PERIODS: [&str; 4] = ["2026-02", "2026-Q1", "2026-01-10..2026-02-20", "2026"];

/// A formula over one aggregate.
fn formula(random: &mut Random) -> String {
    let context = random.one_of(&CONTEXTS);
    let condition = match random.below(3) {
        0 => String::new(),
        1 => format!(" where {}", random.one_of(&CONDITIONS)),
        _ => format!(" where {} and {}", random.one_of(&CONDITIONS), random.one_of(&CONDITIONS)),
    };
    let (aggregate, argument) = match random.below(10) {
        6 => {
            let (edge, segments) = (random.one_of(&["first", "last"]), random.one_of(&SEGMENTS));
            let argument =
                random.one_of(&["amount", "fees", "balance", "quantity", "shipped", "amount - fees", "channel"]);
            return format!("{edge}({argument}{condition}{segments}){context}");
        }
        7 => {
            let fraction = random.one_of(&["0%", "25%", "90%", "33.3%", "100%", "12.3456789%"]);
            return format!("quantile({}, {fraction}{condition}){context}", random.one_of(&NUMBERS));
        }
        8 => {
            let argument =
                random.one_of(&["amount", "customer", "order_id", "quantity", "balance", "shipped", "fees ?? 0 EUR"]);
            return format!("count(distinct {argument}{condition}){context}");
        }
        9 => (random.one_of(&["median", "stddev", "sum(distinct"]), random.one_of(&AMOUNTS)),
        0 | 1 => {
            (random.one_of(&["sum", "avg", "min", "max", "median", "count", "stddev", "only"]), random.one_of(&AMOUNTS))
        }
        2 | 3 => (random.one_of(&["sum", "avg", "min", "max", "count", "last", "first"]), random.one_of(&NUMBERS)),
        4 => (random.one_of(&["count", "count(distinct"]), random.one_of(&OTHERS)),
        _ => (random.one_of(&["min", "max"]), random.one_of(&["shipped", "channel", "ordered_on"])),
    };
    match aggregate {
        "count(distinct" | "sum(distinct" => format!("{aggregate} {argument}{condition}){context}"),
        _ => format!("{aggregate}({argument}{condition}){context}"),
    }
}

fn query(random: &mut Random) -> Query {
    let kpis: Vec<String> = (0..=random.below(3)).map(|_| formula(random)).collect();
    let mut query = Query::new(kpis).totals(random.below(2) == 0);
    if random.below(3) > 0 {
        query = query.by(random.one_of(&GRAINS));
    }
    for _ in 0..random.below(3) {
        query = query.by(random.one_of(&KEYS));
    }
    for _ in 0..random.below(3) {
        query = query.filter_formula(random.one_of(&CONDITIONS));
    }
    if random.below(2) == 0 {
        query = query.period(random.one_of(&PERIODS));
    }
    query
}

/// The result and all problems, as texts; or the error.
fn answer(library: &Library, query: &Query, dataset: &Arc<dyn Dataset>) -> Result<String, String> {
    let source = Embedded::new(vec![dataset.clone()]);
    let (evaluation, problems) = library
        .evaluate_anyway(query, &source, &Limits::default())
        .map_err(|error| error.diagnostics().iter().map(|it| it.message.clone()).collect::<String>())?;
    Ok(shown(&evaluation, &problems))
}

pub(super) fn shown(evaluation: &Evaluation, problems: &[Diagnostic]) -> String {
    let mut text = serde_json::to_string_pretty(evaluation).expect("it can be written");
    // A warehouse is not asked for the texts of a KPI that is not computed.
    let is_about_computed = |note: &&Diagnostic| problems.is_empty() || !note.message.starts_with("no row of");
    for problem in problems.iter().chain(evaluation.notes.iter().filter(is_about_computed)) {
        write!(text, "\n{}", problem.message).expect("it fits");
    }
    write!(text, "\n{:?}", evaluation.extents).expect("it fits");
    text
}

/// The tables of the test, and the queries over each of them, unless `CASES` says otherwise.
const TABLES: u64 = 4;
const CASES: u64 = 60;

/// A number in the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn random_queries_over_random_tables() {
    let library = Library::from_text(DATASET).expect("it is valid");
    let declaration = library.datasets().next().map(|it| it.declaration.clone()).unwrap_or_default();
    let (seed, cases) = (number("SEED").unwrap_or(11), number("CASES").unwrap_or(CASES));
    for mut engine in Engine::installed("random") {
        let (mut computed, mut used) = (0, Used::default());
        for table in 0..TABLES {
            let random = &mut Random(seed * 100 + table);
            let count = [0, 1, 40, 150][table as usize];
            let rows = rows(random, count);
            if rows.is_empty() && !engine.has_empty_tables() {
                continue;
            }
            load(&mut engine, &rows);
            let file = std::env::temp_dir().join(format!("yardstick-random-{}.csv", std::process::id()));
            std::fs::write(&file, csv(&rows)).expect("it can be written");
            let in_file: Arc<dyn Dataset> =
                yardstick::open("orders", &file, &declaration).expect("it can be read").into();
            let recorded = Recorded::open(&engine);
            let there = warehouse::open("orders", &engine.table, &declaration, recorded.clone());
            let there: Arc<dyn Dataset> = there.expect("the table is there").into();
            assert!(there.notes()[0].message.contains("up to the tier whole"), "{:?}", there.notes());
            recorded.take();
            for _ in 0..cases {
                let query = query(random);
                let expected = answer(&library, &query, &in_file);
                let found = answer(&library, &query, &there);
                used.add(&recorded.take());
                let lines = |answer: &Result<String, String>| match answer {
                    Ok(text) => text.lines().map(str::to_owned).collect::<Vec<_>>(),
                    Err(message) => vec![message.clone()],
                };
                let (found, wanted) = (lines(&found), lines(&expected));
                let at = found.iter().zip(&wanted).position(|(found, wanted)| found != wanted);
                let around = |lines: &[String]| {
                    at.map(|at| lines[at.saturating_sub(3)..].iter().take(6).cloned().collect::<Vec<_>>())
                };
                assert!(found == wanted, "{}: {query:?}\n{:#?}\n{:#?}", engine.name, around(&found), around(&wanted));
                computed += u64::from(expected.is_ok_and(|text| text.contains("\"value\": \"")));
            }
            std::fs::remove_file(&file).expect("it is there");
        }
        let counts: Vec<_> = PARTS.iter().zip(used.0).collect();
        assert!(
            counts.iter().all(|(_, count)| *count > 0 || cases < CASES || engine.name == "spark"),
            "{}: {counts:?}",
            engine.name
        );
        eprintln!("{}: {counts:?}", engine.name);
        // One of the tables is empty, and one has a single row.
        assert!(computed > TABLES * cases / 3, "{}: {computed} queries have values", engine.name);
    }
}

/// A connection that records the statements.
pub(super) struct Recorded {
    inner: AdbcConnection,
    statements: Mutex<Vec<String>>,
    /// Statements with this text read the table `changed` instead of `orders`.
    pub(super) changed: Mutex<Option<&'static str>>,
}

impl Recorded {
    pub(super) fn open(engine: &Engine) -> Arc<Self> {
        let profile = Profile::read(engine.profile.to_str().expect("it is UTF-8")).expect("it is valid");
        let inner = AdbcConnection::open(profile, None).expect("the engine answers");
        Arc::new(Self { inner, statements: Mutex::default(), changed: Mutex::default() })
    }

    /// The statements since the last call.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.statements.lock().expect("no test panics here"))
    }
}

impl Wrapper for Recorded {
    fn inner(&self) -> &dyn Connection {
        &self.inner
    }

    fn execute(
        &self,
        sql: &str,
        types: &[ColumnType],
        visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        self.statements.lock().expect("no test panics here").push(sql.to_owned());
        let changed = self.changed.lock().expect("no test panics here").is_some_and(|part| sql.contains(part));
        let sql = if changed { sql.replace("\"orders\"", "\"changed\"") } else { sql.to_owned() };
        let executed = self.inner.execute(&sql, types, visit);
        // A statement that an engine refuses leads to another tier, which would hide it.
        if let Err(problem) = &executed {
            assert!(
                ["verflow", "out of range", "too many digits"].iter().any(|part| problem.message.contains(part)),
                "{problem:?}\n{sql}"
            );
        }
        executed
    }
}

/// What statements are counted by: a part of their text.
const PARTS: [&str; 6] = ["COUNT(DISTINCT x)", "ROW_NUMBER()", "RANK()", "\nJOIN (", " >= DATE '", "odd_x"];

/// How often statements with these parts determined the answer to a query: they were not asked again with less.
#[derive(Default)]
struct Used([u64; PARTS.len()]);

impl Used {
    fn add(&mut self, statements: &[String]) {
        let last = statements.iter().rposition(|sql| statements.first() == Some(sql)).unwrap_or(0);
        for (count, part) in self.0.iter_mut().zip(PARTS) {
            *count += u64::from(statements[last..].iter().any(|sql| sql.contains(part)));
        }
    }
}
