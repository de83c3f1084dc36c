//! Compares what the command computes from a table of a warehouse with what it computes from the same rows in a file: the
//! results must be equal byte for byte.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::engines::Engine;
use super::kpi;
use super::postgres::Random;

/// The columns of the table, and their types in both engines.
const COLUMNS: [(&str, &str); 12] = [
    ("ordered_on", "date"),
    ("amount", "decimal(9,4)"),
    ("fees", "decimal(9,4)"),
    ("channel", "text"),
    ("customer", "text"),
    ("paid", "boolean"),
    ("shipped", "date"),
    ("order_id", "text"),
    ("quantity", "integer"),
    ("weight", "double precision"),
    ("price", "decimal(10,2)"),
    ("balance", "decimal(38,2)"),
];

/// Rows with blank cells, texts with spaces around them, and texts that differ in case.
fn rows(random: &mut Random, count: usize) -> Vec<Vec<String>> {
    let row = |at| {
        let day = format!("2026-{:02}-{:02}", 1 + random.below(3), 1 + random.below(28));
        let row = [
            if random.below(20) == 0 { String::new() } else { day },
            random.amount(),
            random.amount(),
            random.one_of(&["", " ", "email", " email ", "Email", "web", "e\u{301}te\u{301}", "\u{e9}t\u{e9}"]).into(),
            random.one_of(&["", "ann", "Ann", "bob", "new one", "carl"]).into(),
            random.one_of(&["true", "false", ""]).into(),
            random.one_of(&["", "2026-01-31", "2026-02-01", "2026-03-01"]).into(),
            format!("o-{at}"),
            random.one_of(&["", "0", "1", "2", "7", "-3", "2000000000"]).into(),
            random.one_of(&["", "0.1", "0.2", "1.5", "-2.25", "1e3"]).into(),
            random.one_of(&["", "9.99", "0.05", "12345678.90"]).into(),
            random.one_of(&["", "1.00", "-1.25", "99999999999999999999999999.99"]).into(),
        ];
        row.to_vec()
    };
    (0..count).map(row).collect()
}

fn csv(rows: &[Vec<String>]) -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let mut text = format!("{}\n", names.join(","));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| format!("\"{cell}\"")).collect();
        writeln!(text, "{}", cells.join(",")).expect("it fits");
    }
    text
}

/// Texts stay as they are, blank ones too; other blank cells are NULL.
fn insert(rows: &[Vec<String>]) -> String {
    let cell = |(cell, (_, ty)): (&String, &(&str, &str))| match cell.is_empty() && *ty != "text" {
        true => "NULL".to_owned(),
        false => format!("'{cell}'"),
    };
    let row = |row: &Vec<String>| format!("({})", row.iter().zip(&COLUMNS).map(cell).collect::<Vec<_>>().join(", "));
    format!("INSERT INTO analytics.orders VALUES {}", rows.iter().map(row).collect::<Vec<_>>().join(", "))
}

fn create(engine: &mut Engine) {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, ty)| format!("{name} {ty}")).collect();
    let table = format!("CREATE TABLE analytics.orders ({})", columns.join(", "));
    engine.write(&["CREATE SCHEMA analytics", &table]);
}

/// KPIs of `orders.kpi` that read no other dataset.
const KPIS: [&str; 19] = [
    "revenue",
    "net",
    "gross",
    "change",
    "capped",
    "known_fees",
    "large",
    "late",
    "from_email",
    "from_new",
    "heavy",
    "biggest",
    "first_shipped",
    "last_channel",
    "average_fee",
    "paid_orders",
    "buyers",
    "middle",
    "unit_fee",
];

/// Queries over them: by what, and with which other options.
const QUERIES: [&[&str]; 12] = [
    &[],
    &["--by", "month"],
    &["--by", "month,channel", "--totals"],
    &["--by", "channel,customer", "--totals"],
    &["--by", "week"],
    &["--by", "quarter,paid", "--period", "2026-Q1"],
    &["--by", "customer", "--period", "2026-02"],
    &["--by", "day", "--period", "2026-01-10..2026-02-10"],
    &["--by", "month", "--where", "amount < 150 EUR", "--where", "shipped >= 2026-01-01"],
    &["--by", "channel", "--where", "channel != \"web\"", "--where", "fees < 100 EUR"],
    &["--by", "month", "--where", "customer = \"an\""],
    &["--by", "month,customer", "--where", "weight > 0.1", "--totals"],
];

/// The output of a query over some data.
fn answer(command: &[&str], data: &[&str]) -> (String, String) {
    let output = kpi(&[command, data].concat());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it is UTF-8");
    (text(&output.stdout), text(&output.stderr))
}

/// A file that is deleted when it is dropped.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("yardstick-{name}-{}.csv", std::process::id()));
        std::fs::write(&path, text).expect("it can be written");
        Self(path)
    }

    fn option(&self, dataset: &str) -> String {
        format!("{dataset}={}", self.0.display())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn connection(profile: &Path) -> String {
    format!("warehouse={}", profile.display())
}

/// Compares all queries, and returns their number.
fn compare(file: &TemporaryFile, profile: &Path, kpis: &[&str], what: &str) -> usize {
    let (data, connection) = (file.option("orders"), connection(profile));
    for query in QUERIES {
        let command = [&["eval", "-f", "tests/sql/orders.kpi", "--format", "json"], kpis, query].concat();
        let (expected, said) = answer(&command, &["-d", &data]);
        let (found, complaints) = answer(&command, &["--connection", &connection]);
        assert!(!expected.is_empty(), "{command:?}: {said}");
        let lines = found.lines().zip(expected.lines()).enumerate();
        let different = lines.map(|(at, (found, expected))| (at, found, expected)).find(|(_, a, b)| a != b);
        assert!(found == expected, "{what}: {command:?}: {different:?}\n{complaints}");
        assert_eq!(complaints, said, "{what}: {command:?}");
    }
    QUERIES.len()
}

#[test]
fn a_table_gives_the_results_of_a_file() {
    for mut engine in Engine::installed("same") {
        create(&mut engine);
        let mut compared = 0;
        for seed in 1..=2 {
            let rows = rows(&mut Random(seed), 120);
            engine.write(&["DELETE FROM analytics.orders", &insert(&rows)]);
            let file = TemporaryFile::new(&format!("{}-{seed}", engine.name), &csv(&rows));
            compared += compare(&file, &engine.profile, &KPIS, engine.name);
        }
        assert_eq!(compared, 2 * QUERIES.len());
    }
}

/// What goes wrong is explained, and no secret is shown.
#[test]
fn connections_that_fail_are_explained() {
    for mut engine in Engine::installed("wrong") {
        create(&mut engine);
        let good = connection(&engine.profile);
        let unknown_key = connection(&engine.profile_with("drivr = 'x'"));
        for (arguments, expected) in [
            (&["--connection", &good, "-d", "x=warehouse:analytics.ordrs"][..], "ordrs"),
            (&["--connection", &good, "-d", "x=warehouse:analytics.`a.b.c"], "a backtick in the name"),
            (&["--connection", &good, "-d", "x=warehouse:select 1"], "not a query"),
            (&["--connection", &unknown_key, "-d", "x=warehouse:analytics.orders"], "unknown key `drivr`"),
            (
                &["--connection", &good, "--connection", &good, "-d", "x=warehouse:a"],
                "names the warehouse `warehouse` twice",
            ),
            (&["--connection", "warehouse=nowhere", "-d", "x=warehouse:a"], "there is no connection profile `nowhere`"),
            (&["--connection", "warehouse=no/where.toml", "-d", "x=warehouse:a"], "cannot read the connection profile"),
            (&["--connection", "warehouse"], "expected `name=profile`"),
        ] {
            let (printed, said) = answer(&["eval", "sum(x.amount)"], arguments);
            assert!(printed.is_empty() && said.contains(expected), "{}: {arguments:?}\n{said}", engine.name);
        }
        // The message of a driver can repeat what it was given.
        let secret = "hunter2";
        let text = std::fs::read_to_string(&engine.profile).expect("it is there");
        let text = text.replace("[Options]", &format!("[Options]\n\"no.such.option.password\" = \"{secret}\""));
        std::fs::write(&engine.profile, text).expect("it can be written");
        let (_, said) =
            answer(&["eval", "sum(x.amount)"], &["--connection", &good, "-d", "x=warehouse:analytics.orders"]);
        assert!(!said.contains(secret), "{said}");
    }
}

/// A statement that takes too long is canceled.
#[test]
fn the_time_of_a_run_limits_its_statements() {
    for mut engine in Engine::installed("time") {
        let slow = match engine.name {
            "postgres" => "SELECT length(cast(pg_sleep(1) AS text)) AS x FROM generate_series(1, 60)",
            _ => "SELECT sum(a.range * b.range) AS x FROM range(10000000) a, range(1000000) b",
        };
        engine.write(&["CREATE SCHEMA analytics", &format!("CREATE VIEW analytics.slow AS {slow}")]);
        let start = std::time::Instant::now();
        let connection = connection(&engine.profile);
        let data = ["--connection", &connection, "-d", "x=warehouse:analytics.slow"];
        let (_, said) = answer(&["eval", "sum(x.x)", "--time", "700ms"], &data);
        assert!(said.contains("the time limit of 700 ms was reached"), "{}: {said}", engine.name);
        assert!(start.elapsed().as_secs() < 20, "{}: {:?}", engine.name, start.elapsed());
    }
}
