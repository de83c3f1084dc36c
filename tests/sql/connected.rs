//! Compares what the command computes from a table of a warehouse with what it computes from the same rows in a file: the
//! results must be equal byte for byte.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::engines::Engine;
use super::kpi;
use super::postgres::Random;
use crate::folder::Folder;

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
pub(super) fn rows(random: &mut Random, count: usize) -> Vec<Vec<String>> {
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

pub(super) fn csv(rows: &[Vec<String>]) -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let mut text = format!("{}\n", names.join(","));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| format!("\"{cell}\"")).collect();
        writeln!(text, "{}", cells.join(",")).expect("it fits");
    }
    text
}

/// Texts stay as they are, blank ones too; other blank cells are NULL.
fn values(rows: &[Vec<String>]) -> String {
    let cell = |(cell, (_, ty)): (&String, &(&str, &str))| match (cell.is_empty(), *ty) {
        (true, ty) if ty != "text" => "NULL".to_owned(),
        (_, "text") => format!("'{cell}'"),
        (_, "double precision") => format!("CAST('{cell}' AS DOUBLE PRECISION)"),
        (_, ty) => format!("CAST('{cell}' AS {ty})"),
    };
    let row = |row: &Vec<String>| format!("({})", row.iter().zip(&COLUMNS).map(cell).collect::<Vec<_>>().join(", "));
    rows.iter().map(row).collect::<Vec<_>>().join(", ")
}

/// Fills the table of an engine.
pub(super) fn load(engine: &mut Engine, rows: &[Vec<String>]) {
    let values = values(rows);
    let values = if engine.name == "spark" { values.replace("DOUBLE PRECISION", "DOUBLE") } else { values };
    engine.load(&COLUMNS, (!rows.is_empty()).then_some(&values));
}

/// KPIs of `orders.kpi` that read no other dataset.
const KPIS: [&str; 25] = [
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
    "stock",
    "weights",
    "avg(sum(orders.amount) each orders.customer)",
    "only(orders.balance where channel = \"web\")",
    "sum(orders.amount)[last 2 months]",
    "sum(orders.balance)",
];

/// Queries over them: by what, and with which other options.
const QUERIES: [&[&str]; 14] = [
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
    &["--by", "quantity,price"],
    &["--by", "shipped,month", "--where", "quantity > 0 or paid"],
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

/// The answers to all queries over a file.
fn expected(file: &TemporaryFile) -> Vec<(String, String)> {
    let data = file.option("orders");
    let answers = QUERIES.iter().map(|query| answer(&command(query), &["-d", &data]));
    answers.inspect(|(printed, said)| assert!(!printed.is_empty(), "{said}")).collect()
}

fn command<'a>(query: &[&'a str]) -> Vec<&'a str> {
    [&["eval", "-f", "tests/sql/orders.kpi", "--format", "json"], &KPIS[..], query].concat()
}

/// Compares the answers to some queries over a table with those over a file.
fn compare<'q>(
    profile: &Path,
    data: &str,
    expected: impl Iterator<Item = (&'q &'q [&'q str], &'q (String, String))>,
    what: &str,
) {
    let connection = connection(profile);
    for (query, (printed, said)) in expected {
        let (found, complaints) = answer(&command(query), &["--connection", &connection, "-d", data]);
        let lines = found.lines().zip(printed.lines()).enumerate();
        let different = lines.map(|(at, (found, expected))| (at, found, expected)).find(|(_, a, b)| a != b);
        assert!(found == *printed, "{what}: {query:?}: {different:?}\n{complaints}");
        assert_eq!(complaints, *said, "{what}: {query:?}");
    }
}

#[test]
fn a_table_gives_the_results_of_a_file_whatever_the_warehouse_computes() {
    let mut engines = Engine::installed("same");
    if engines.is_empty() {
        return;
    }
    let rows = rows(&mut Random(1), 120);
    let expected = expected(&TemporaryFile::new("same", &csv(&rows)));
    for engine in &mut engines {
        load(engine, &rows);
        // The safer tiers have fewer cases of their own.
        for (tier, step) in [("whole", 1), ("states", 3), ("counted rows", 3), ("rows", 3)] {
            let profile = engine.profile_with(&format!("tier = '{tier}'"));
            let cases = QUERIES.iter().zip(&expected).step_by(step);
            compare(&profile, &engine.data(), cases, &format!("{}, {tier}", engine.name));
        }
    }
}

/// Rows that look up another table are read, and their keys meet here.
#[test]
fn a_table_looks_up_another_one() {
    for mut engine in Engine::with_catalog("lookup") {
        let orders = rows(&mut Random(6), 40);
        load(&mut engine, &orders);
        let lines = [("o-1", "3.50"), ("o-2", "4.25"), ("o-2", "1.00"), ("o-39", "8.00"), ("o-99", "2.00")];
        let mut text = String::from("order_id,cost\n");
        let mut values = vec![];
        for (order, cost) in lines {
            writeln!(text, "{order},{cost}").expect("it fits");
            values.push(format!("('{order}', {cost})"));
        }
        let insert = format!("INSERT INTO analytics.lines VALUES {}", values.join(", "));
        engine.write(&["CREATE TABLE analytics.lines (order_id varchar(10), cost decimal(8,2))", &insert]);
        let orders = TemporaryFile::new(&format!("lookup-{}", engine.name), &csv(&orders));
        let lines = TemporaryFile::new(&format!("lookup-lines-{}", engine.name), &text);
        let formulas = ["costs", "sum(lines.cost where orders.channel = \"email\")", "sum(lines.cost)"];
        let query = [&["eval", "-f", "tests/sql/orders.kpi", "--format", "json"], &formulas[..]].concat();
        let expected = answer(&query, &["-d", &orders.option("orders"), "-d", &lines.option("lines")]);
        assert_eq!(answer(&query, &["--connection", &connection(&engine.profile)]), expected, "{}", engine.name);
    }
}

/// What goes wrong is explained, and no secret is shown.
#[test]
fn connections_that_fail_are_explained() {
    for mut engine in Engine::with_catalog("wrong") {
        load(&mut engine, &rows(&mut Random(5), 5));
        let good = connection(&engine.profile);
        let unknown_key = connection(&engine.profile_with("drivr = 'x'"));
        for (arguments, expected) in [
            (&["--connection", &good, "-d", "x=warehouse:analytics.ordrs"][..], "did you mean `analytics.orders`?"),
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
        if engine.name == "duckdb" {
            let text = std::fs::read_to_string(&engine.profile).expect("it is there");
            let missing = engine.profile.with_file_name("missing.toml");
            std::fs::write(&missing, text.replace("shop.duckdb", "missing.duckdb")).expect("it can be written");
            let (_, said) =
                answer(&["eval", "sum(x.amount)"], &["--connection", &connection(&missing), "-d", "x=warehouse:a"]);
            assert!(said.contains("cannot connect to the warehouse"), "{said}");
            assert!(!engine.profile.with_file_name("missing.duckdb").exists(), "a database was made");
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

/// The help has the SQL of a view with NULL in their place.
#[test]
fn numbers_that_are_not_finite_can_be_read_from_a_view() {
    for mut engine in Engine::with_catalog("finite") {
        let numbers = ["1.5", "NaN", "Infinity", "-Infinity", "2.25"];
        let row = |number: &&str| format!("('a', CAST('{number}' AS DOUBLE PRECISION))");
        let values = numbers.iter().map(row).collect::<Vec<_>>().join(", ");
        engine.write(&[
            "CREATE TABLE x (shop varchar(5), cost double precision)",
            &format!("INSERT INTO x VALUES {values}"),
        ]);
        let connected = connection(&engine.profile);
        let asked = |table: &str| {
            let data = format!("x=warehouse:{table}");
            answer(&["eval", "sum(x.cost)", "--format", "csv"], &["--connection", &connected, "-d", &data])
        };
        let (_, said) = asked("x");
        let column = said.split_once("`SELECT ").and_then(|(_, rest)| rest.split_once(", …`"));
        let (column, _) = column.unwrap_or_else(|| panic!("{}: {said}", engine.name));
        assert!(!said.contains("dataset's block"), "{said}");
        engine.write(&[&format!("CREATE VIEW finite AS SELECT {column}, shop FROM x")]);
        assert_eq!(asked("finite").0, "sum(x.cost)\n3.75\n", "{}: {column}", engine.name);
    }
}

#[test]
fn a_connection_that_is_missing_or_misspelled_is_reported_once() {
    let folder = Folder::new();
    let definitions = "dataset orders = table \"orders\" in shop\ndataset ads = table \"ads\" in shop\n\
                       cac = sum(ads.cost) / count(orders)\n";
    folder.write("shop.kpi", definitions);
    let said = |arguments: &[&str]| {
        let output = folder.kpi(arguments);
        (output.status.code(), String::from_utf8(output.stderr).expect("it is UTF-8"))
    };
    for command in ["eval", "check", "explain", "sql", "report"] {
        let kpis = if command == "check" { &[][..] } else { &["cac"][..] };
        let (status, text) = said(&[&[command], kpis, &["--connection", "shop=nowhere"]].concat());
        assert_eq!((status, text.matches("there is no connection profile `nowhere`").count()), (Some(1), 1), "{text}");
        assert!(text.contains("table \"orders\" in shop") && text.contains("table \"ads\" in shop"), "{text}");
        let (status, text) = said(&[&[command], kpis, &["--connection", "shpo=nowhere"]].concat());
        let expected = "error[bad-query]: `--connection` names the warehouse `shpo`, which has no table in the definitions\n \
                        |\n = help: did you mean `shop`?\n";
        assert!(status == Some(2) && text.contains(expected), "{command}: {text}");
    }
    for name in ["ads", "x"] {
        let file = format!("{name}=nowhere.csv");
        let (status, text) = said(&["eval", "cac", "sum(x.y)", "-d", &file, "--connection", "shop=nowhere"]);
        assert_eq!((status, text.matches("cannot read `nowhere.csv`").count()), (Some(1), 1), "{text}");
    }
}

#[test]
fn the_dialect_and_the_tier_of_a_connection_are_shown() {
    for mut engine in Engine::with_catalog("dialect") {
        load(&mut engine, &rows(&mut Random(5), 5));
        let check = |profile: &Path| {
            answer(&["check", "-d", "x=warehouse:analytics.orders"], &["--connection", &connection(profile)])
        };
        let (_, said) = check(&engine.profile);
        let known = format!("({}), up to the tier whole", engine.name);
        assert!(said.contains(&known), "{said}");
        let (_, said) = check(&engine.profile_with("tier = 'rows'"));
        assert!(said.contains("up to the tier rows"), "{said}");
        let (_, said) = check(&engine.profile_with("dialect = 'snowflake'"));
        assert!(said.contains("if it is not snowflake, write `dialect`"), "{said}");
    }
}

/// The statements are those for the columns that the table has, and an explanation shows them.
#[test]
fn what_is_asked_is_shown() {
    for mut engine in Engine::with_catalog("shown") {
        load(&mut engine, &rows(&mut Random(4), 20));
        let connected = connection(&engine.profile);
        let options = ["--connection", &connected];
        let (script, said) = answer(&["sql", "gross", "-f", "tests/sql/orders.kpi"], &options);
        // 8 + 10 digits before the point and 2 after it: the integers have 32 bits there, but are read as 19 digits.
        assert!(script.contains("-- counted rows: sum of `price`, `quantity`") && said.is_empty(), "{script}{said}");
        assert!(!script.contains("assumed"), "{script}");
        let wrong = ["--connection", &connected, "--column", "orders.fees=integer"];
        let (_, said) = answer(&["sql", "gross", "-f", "tests/sql/orders.kpi"], &wrong);
        assert!(said.contains("whose types the warehouse tells"), "{said}");
        let (text, _) = answer(&["explain", "revenue", "-f", "tests/sql/orders.kpi"], &options);
        assert!(
            text.contains("table analytics.orders, tier states:") && text.contains("SELECT COUNT(*) AS n"),
            "{text}"
        );
        let (json, _) = answer(&["explain", "middle", "-f", "tests/sql/orders.kpi", "--format", "json"], &options);
        let explained = super::as_json(&json);
        let steps = explained[0]["steps"].as_object().expect("steps");
        let tiers: Vec<_> = steps.values().filter_map(|step| step["rows"]["warehouse"]["tier"].as_str()).collect();
        assert_eq!(tiers, ["whole"]);
    }
}

/// Columns of types that formulas cannot use are named where they are used; the others are aggregated there.
#[test]
fn columns_of_unusable_types_are_named() {
    for mut engine in Engine::with_catalog("types") {
        let (bytes, types) = match engine.name {
            "postgres" => ("bytea", ["integer[]", "bytea", "interval", "time without time zone"]),
            _ => ("blob", ["List", "Binary", "Interval", "Time64"]),
        };
        let columns = format!("amount bigint, tags integer[], raw {bytes}, lasts interval, clock time");
        let row = "(5, NULL, NULL, NULL, NULL), (7, NULL, NULL, NULL, NULL)";
        engine.write(&[&format!("CREATE TABLE x ({columns})"), &format!("INSERT INTO x VALUES {row}")]);
        let connected = connection(&engine.profile);
        let data = ["--connection", &connected, "-d", "x=warehouse:x"];
        for (name, ty) in ["tags", "raw", "lasts", "clock"].into_iter().zip(types) {
            for query in [vec![format!("count(x.{name})")], vec!["sum(x.amount)".into(), "--by".into(), name.into()]] {
                let query: Vec<&str> = std::iter::once("eval").chain(query.iter().map(String::as_str)).collect();
                let (printed, said) = answer(&query, &data);
                let about = format!("the column `{name}` of `x` has the type `{ty}");
                assert!(said.contains(&about) && printed.is_empty(), "{}: {query:?}\n{printed}{said}", engine.name);
                assert!(said.contains("cast it to a number"), "{said}");
            }
        }
        let (printed, said) = answer(&["explain", "sum(x.amount)"], &data);
        assert!(printed.contains("12") && printed.contains("tier states:"), "{printed}{said}");
        let declared = super::over(
            "types",
            "dataset x = table \"x\" in warehouse { time lasts }\n",
            &["count(x)", "--by", "month", "--connection", &connected],
        );
        let said = String::from_utf8_lossy(&declared.stderr);
        assert!(said.contains("the column `lasts` of `x` has the type"), "{said}");
    }
}

/// An explanation shows the tier that was used in the end, and why it is not the one that was asked first.
#[test]
fn the_tier_after_a_fallback_is_shown() {
    for mut engine in Engine::with_catalog("fallback") {
        // Twelve of them could have more than 38 digits, with those after the point.
        let rows: Vec<String> = (0..12).map(|at| format!("(999999999999999999999999999{}, 'a')", at % 9)).collect();
        engine.write(&[
            "CREATE TABLE x (big decimal(38,10), k text)",
            &format!("INSERT INTO x VALUES {}", rows.join(", ")),
        ]);
        let connected = connection(&engine.profile);
        let data = ["--connection", &connected, "-d", "x=warehouse:x"];
        let (planned, _) = answer(&["sql", "max(x.big)", "sum(x.big)"], &data);
        assert!(planned.contains("-- states: sum of `big`"), "{planned}");
        let (text, said) = answer(&["explain", "sum(x.big)"], &data);
        let less = "tier counted rows (less than planned: ";
        assert!(text.contains(less) && text.contains("GROUP BY e1"), "{}: {text}{said}", engine.name);
        let (json, _) = answer(&["explain", "sum(x.big)", "--format", "json"], &data);
        let explained = super::as_json(&json);
        let steps = explained[0]["steps"].as_object().expect("steps");
        let asked: Vec<_> = steps.values().filter_map(|step| step["rows"]["warehouse"].as_object()).collect();
        assert_eq!((asked.len(), &asked[0]["tier"]), (1, &"counted rows".into()));
        assert_eq!(asked[0]["fell_back"], asked[0]["reason"]);
        let (text, _) = answer(&["explain", "count(x)"], &data);
        assert!(text.contains("tier states:") && !text.contains("less than planned"), "{text}");
    }
}

/// A statement that takes too long is canceled.
#[test]
fn the_time_of_a_run_limits_its_statements() {
    for mut engine in Engine::with_catalog("time") {
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
