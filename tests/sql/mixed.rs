//! Several warehouses and files in one formula, and tables that change while they are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use yardstick::internal::sql::{AdbcConnection, Profile};
use yardstick::{Dataset, Embedded, Library, Limits, Query, Table, warehouse};

use super::conformance::stored;
use super::engines::Engine;
use super::kpi;
use super::postgres::Random;
use super::random::shown;

const DEFINITIONS: &str = "
dataset orders { time day  amount: number  channel: text }
dataset costs { time day  cost: number  channel: text }
dataset rates { time month  rate: number }
profit = sum(orders.amount) * avg(rates.rate) - sum(costs.cost)
share = sum(orders.amount where channel = \"web\") / sum(orders.amount)
middle = median(costs.cost) + max(orders.amount)
";

const RATES: &str = "month,rate\n2026-01,1.25\n2026-02,1.5\n2026-03,2\n";

/// Amounts by day and channel.
fn csv(random: &mut Random, amount: &str) -> String {
    let row = |_| {
        let (month, day) = (1 + random.below(3), 1 + random.below(28));
        let channel = random.one_of(&["web", "mail", "shop"]);
        format!("2026-{month:02}-{day:02},{channel},{}.{:02}\n", random.below(500), random.below(100))
    };
    format!("day,channel,{amount}\n{}", (0..80).map(row).collect::<String>())
}

/// Stores a table in an engine, and opens it there.
fn there(engine: &mut Engine, library: &Library, name: &str, text: &str) -> Arc<dyn Dataset> {
    let declaration = library.dataset(name).expect("it is declared").declaration.clone();
    let table = Table::from_csv(name, text, &declaration).expect("it can be read");
    let (table, declaration) = stored(&table, &declaration).expect("a warehouse can hold it");
    let place = engine.store(&std::iter::once(table).collect()).remove(0);
    let profile = Profile::read(engine.profile.to_str().expect("it is UTF-8")).expect("it is valid");
    let connection = AdbcConnection::open(profile, None).expect("the engine answers");
    warehouse::open(name, &place, &declaration, Arc::new(connection)).expect("the table is there").into()
}

#[test]
fn two_warehouses_and_a_file_in_one_formula() {
    let library = Library::from_text(DEFINITIONS).expect("it is valid");
    let here = |name: &str, text: &str| -> Arc<dyn Dataset> {
        let declaration = library.dataset(name).expect("it is declared").declaration.clone();
        Arc::new(Table::from_csv(name, text, &declaration).expect("it can be read"))
    };
    let mut engines = Engine::installed("mixed");
    let [.., postgres, spark] = &mut engines[..] else { return };
    if (postgres.name, spark.name) != ("postgres", "spark") {
        return;
    }
    let (orders, costs) = (csv(&mut Random(1), "amount"), csv(&mut Random(2), "cost"));
    let mixed = vec![
        there(postgres, &library, "orders", &orders),
        there(spark, &library, "costs", &costs),
        here("rates", RATES),
    ];
    let files = vec![here("orders", &orders), here("costs", &costs), here("rates", RATES)];
    for by in [&["month"][..], &[], &["quarter"], &["month", "channel"], &["week"]] {
        let query = by.iter().fold(Query::all().totals(true), |query, by| query.by(*by));
        let answer = |datasets: &[Arc<dyn Dataset>]| {
            let found = library.evaluate_anyway(&query, &Embedded::new(datasets.to_vec()), &Limits::default());
            found.map(|(evaluation, problems)| shown(&evaluation, &problems)).map_err(|error| error.to_string())
        };
        assert_eq!(answer(&mixed), answer(&files), "{by:?}");
        assert!(answer(&mixed).is_ok_and(|text| text.contains("\"value\": \"")), "{by:?}");
    }
}

/// A sum that does not change, because amounts only move between rows.
const SUM: &str = "500000";

/// A writer moves amounts between rows while queries run: each answer is that of one moment, or an error.
#[test]
fn a_table_that_changes_gives_the_answer_of_one_moment() {
    for mut engine in Engine::with_catalog("writer") {
        let create = "CREATE TABLE accounts (kind text, day date, amount bigint)";
        let rows: Vec<String> = (0..500)
            .map(|at| format!("('{}', CAST('2026-{:02}-01' AS date), 1000)", ["a", "b", "c"][at % 3], 1 + at % 12))
            .collect();
        engine.write(&[create, &format!("INSERT INTO accounts VALUES {}", rows.join(", "))]);
        let connection = format!("warehouse={}", engine.profile.display());
        let stop = AtomicBool::new(false);
        let name = engine.name;
        let moves = std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                // As much as goes to one kind comes from another.
                let update = "UPDATE accounts SET amount = amount + CASE kind WHEN 'a' THEN 7 WHEN 'b' THEN -7 ELSE 0 END \
                              WHERE kind = 'c' OR day < CAST('2027-01-01' AS date)";
                let balance = "INSERT INTO accounts SELECT 'c', CAST('2026-12-01' AS date), \
                               500000 - sum(amount) FROM accounts";
                let mut moves = 0;
                while !stop.load(Ordering::Relaxed) {
                    moves += u32::from(engine.transaction(&[update, balance]));
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                moves
            });
            let answered = (0..8).filter(|round| is_consistent(&connection, *round, name)).count();
            stop.store(true, Ordering::Relaxed);
            assert!(answered >= if name == "postgres" { 8 } else { 0 }, "{name}: {answered} answers");
            writer.join().expect("the writer does not panic")
        });
        assert!(moves > 1, "{name}: {moves} moves");
    }
}

/// Returns true for a right answer, and false for an error.
fn is_consistent(connection: &str, round: usize, engine: &str) -> bool {
    let total = "sum(accounts.amount)";
    let by_kind = "sum(accounts.amount where kind = \"a\") + sum(accounts.amount where kind != \"a\")";
    let each = "sum(sum(accounts.amount) each accounts.kind)";
    let by: &[&str] = if round.is_multiple_of(2) { &[] } else { &["--by", "year"] };
    let data = ["--connection", connection, "-d", "accounts=warehouse:accounts", "--format", "csv"];
    let output = kpi(&[&["eval", total, by_kind, each], by, &data[..]].concat());
    let [printed, said] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    if !output.status.success() {
        // DuckDB lets one process at a time open a file for writing.
        let is_clear = said.contains("cannot connect to the warehouse") || said.contains("change while they are read");
        assert!(is_clear && printed.is_empty(), "{engine}: {printed}\n{said}");
        return false;
    }
    let values: Vec<&str> = printed.lines().nth(1).expect("a row").split(',').skip(by.len() / 2).collect();
    assert_eq!(values, [SUM; 3], "{engine}: {printed}\n{said}");
    true
}
