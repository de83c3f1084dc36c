//! Runs statements on PostgreSQL, merges what they return, and compares the values with those of `kpi eval` over the same
//! rows in a file. It is skipped with a message if PostgreSQL is not installed.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{as_json, kpi};

/// A server of its own, which stops when it is dropped.
pub(super) struct Server {
    pub(super) folder: PathBuf,
}

const SCRIPT: &str = "tests/engines/postgres.sh";
pub(super) const PORT: &str = "54329";

impl Server {
    /// Starts a server. None if PostgreSQL is not installed.
    pub(super) fn start(name: &str) -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("yardstick-{name}-{}", std::process::id()));
        let mut script = Command::new("sh");
        script.arg(SCRIPT).arg("start").arg(&folder).arg(PORT).stdout(Stdio::null()).stderr(Stdio::null());
        let started = script.status().is_ok_and(|status| status.success());
        let server = Self { folder };
        started.then_some(server)
    }

    /// Runs statements, and returns what they print.
    fn run(&self, sql: &str) -> String {
        let mut psql = Command::new("psql");
        psql.args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-p", PORT, "-d", "postgres", "-h"]);
        psql.arg(&self.folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = psql.spawn().expect("psql starts");
        running.stdin.take().expect("it is piped").write_all(sql.as_bytes()).expect("psql reads");
        let output = running.wait_with_output().expect("psql ends");
        assert!(output.status.success(), "{sql}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("it is UTF-8")
    }

    /// The rows of the statement of each script that returns the values of its measure.
    fn rows(&self, scripts: &[Value]) -> Vec<Vec<Value>> {
        let session = scripts[0]["session"].as_array().expect("a list");
        let mut sql: String = session.iter().map(|set| format!("{};\n", set.as_str().expect("a text"))).collect();
        for script in scripts {
            let table = &script["tables"][0];
            let at = table["measures"][0]["statement"].as_u64().expect("a position") as usize;
            let statement = table["statements"][at]["sql"].as_str().expect("a text");
            writeln!(sql, "SELECT coalesce(jsonb_agg(q), '[]') FROM ({statement}) q;").expect("it fits");
        }
        self.run(&sql).lines().map(|line| as_json(line).as_array().expect("a list").clone()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut script = Command::new("sh");
        let _ = script.arg(SCRIPT).arg("stop").arg(&self.folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Random numbers that are the same in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    pub(super) fn one_of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len() as u64) as usize]
    }

    /// An amount with four digits after the point, or nothing.
    pub(super) fn amount(&mut self) -> String {
        match self.below(6) {
            0 => String::new(),
            1 => "10.0000".into(),
            _ => format!("{}{}.{:04}", self.one_of(&["", "-"]), self.below(200), self.below(10_000)),
        }
    }
}

/// A table with blank cells, texts with spaces around them, and texts that differ in case.
fn csv(random: &mut Random, rows: usize) -> String {
    let mut text =
        String::from("ordered_on,amount,fees,channel,customer,paid,shipped,order_id,quantity,weight,price,balance\n");
    for _ in 0..rows {
        let day = format!("2026-{:02}-{:02}", 1 + random.below(3), 1 + random.below(28));
        let (amount, fees) = (random.amount(), random.amount());
        let channel =
            random.one_of(&["", " ", "email", " email ", "Email", "web", "e\u{301}te\u{301}", "\u{e9}t\u{e9}"]);
        let customer = random.one_of(&["", "ann", "Ann", "bob", "new one", "carl"]);
        let shipped = random.one_of(&["", "2026-01-31", "2026-02-01", "2026-03-01"]);
        let paid = random.one_of(&["true", "false", ""]);
        writeln!(text, "{day},{amount},{fees},\"{channel}\",{customer},{paid},{shipped},,,,,").expect("it fits");
    }
    text
}

/// A decimal with eight digits after the point, as an integer.
fn fixed(text: &str) -> i128 {
    let (whole, fraction) = text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
    let digits: i128 = format!("{whole}{fraction:0<8}").parse().expect("a decimal");
    if text.starts_with('-') { -digits } else { digits }
}

/// How the value of a KPI follows from the rows of a statement.
#[derive(Debug, Clone, Copy)]
enum Merge {
    /// A sum of values; undefined if there are none.
    Sum,
    /// A sum under a condition that is decided here: the channel is `email`.
    SumOfEmail,
    /// A count of this column.
    Count(&'static str),
    Least,
    Greatest,
    /// A finished number of distinct values.
    Distinct,
    /// The mean of the two finished values in the middle.
    Median,
}

/// The text without the whitespace around it, and in one spelling.
fn canonical(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().replace("e\u{301}", "\u{e9}")
}

fn count(row: &Value, column: &str) -> i128 {
    row[column].as_i64().expect("a count").into()
}

/// The value of a group, as an integer or as a text.
fn merged(merge: Merge, rows: &[&Value]) -> Option<i128> {
    if rows.is_empty() {
        return None;
    }
    let texts = |column: &'static str| rows.iter().filter_map(move |row| row[column].as_str());
    match merge {
        Merge::Sum => texts("sum_x1").map(fixed).reduce(|a, b| a + b),
        Merge::SumOfEmail => {
            let channel = |row: &Value| canonical(row.get("e1").unwrap_or(&row["k1"]));
            let kept: Vec<&Value> = rows.iter().copied().filter(|row| channel(row) == "email").collect();
            if kept.is_empty() { Some(0) } else { merged(Merge::Sum, &kept) }
        }
        Merge::Count(column) => Some(rows.iter().map(|row| count(row, column)).sum::<i128>() * 100_000_000),
        Merge::Least => texts("min_x1").map(fixed).min(),
        Merge::Greatest => texts("max_x1").map(fixed).max(),
        Merge::Distinct => rows.iter().map(|row| count(row, "distinct_x") * 100_000_000).next(),
        Merge::Median => {
            let (low, high) = texts("low_x").map(fixed).zip(texts("high_x").map(fixed)).next()?;
            // Of an odd number of values, the lower one is in the middle.
            Some(if count(rows[0], "n") % 2 == 1 { low } else { (low + high) / 2 })
        }
    }
}

const KPIS: [(&str, Merge); 13] = [
    ("revenue", Merge::Sum),
    ("net", Merge::Sum),
    ("capped", Merge::Sum),
    ("known_fees", Merge::Sum),
    ("sum(orders.amount * orders.fees)", Merge::Sum),
    ("from_email", Merge::SumOfEmail),
    ("large", Merge::Count("kept_c1")),
    ("late", Merge::Count("kept_c1")),
    ("paid_orders", Merge::Count("n_x1")),
    ("biggest", Merge::Greatest),
    ("min(orders.fees)", Merge::Least),
    ("middle", Merge::Median),
    ("buyers", Merge::Distinct),
];

const QUERY: [&str; 7] =
    ["-f", "tests/sql/orders.kpi", "--where", "amount < 150 EUR", "--where", "shipped >= 2026-01-01", "--by"];
const TYPES: [&str; 4] = ["--column", "orders.amount=decimal(9,4)", "--column", "orders.fees=decimal(9,4)"];

/// The values of all KPIs by month and, if there is one, by the key after it.
fn expected(file: &Path, by: &str) -> Vec<Vec<String>> {
    let data = format!("orders={}", file.display());
    let kpis: Vec<&str> = KPIS.iter().map(|(kpi, _)| *kpi).collect();
    let options = [by, "--format", "csv", "-d", &data];
    let output = kpi(&[&["eval"], &kpis[..], &QUERY[..], &options[..]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("it is UTF-8");
    // No key and no value has a comma.
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// The script of each KPI.
fn scripts(by: &str) -> Vec<Value> {
    let options = [by, "--dialect", "postgres", "--format", "json"];
    let script = |(formula, _): &(&str, Merge)| {
        let output = kpi(&[&["sql", *formula], &TYPES[..], &QUERY[..], &options[..]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        as_json(&String::from_utf8(output.stdout).expect("it is UTF-8"))
    };
    KPIS.iter().map(script).collect()
}

/// Compares the values of all groups, and returns their number.
fn compare(server: &Server, scripts: &[Value], expected: &[Vec<String>], keys: usize) -> usize {
    let all_rows = server.rows(scripts);
    assert_eq!(all_rows.len(), KPIS.len());
    for (at, ((formula, merge), rows)) in KPIS.iter().zip(&all_rows).enumerate() {
        // Finished values of keys that are the same here are not merged.
        let is_finished = matches!(merge, Merge::Distinct | Merge::Median);
        for group in expected.iter().filter(|_| !(is_finished && keys > 0)) {
            let (year, month) = group[0].split_once('-').expect("a month");
            let number = year.parse::<i64>().expect("a year") * 12 + month.parse::<i64>().expect("a month") - 1;
            let is_in_group = |row: &&Value| {
                let key = keys == 0 || canonical(&row["k1"]) == group[1];
                row["b"].as_f64() == Some(number as f64) && row.get("f").is_none_or(|kept| kept == true) && key
            };
            let rows: Vec<&Value> = rows.iter().filter(is_in_group).collect();
            let written = &group[1 + keys + at];
            let value = (!written.is_empty()).then(|| fixed(written));
            assert_eq!(merged(*merge, &rows), value, "{formula} of {group:?}");
        }
    }
    KPIS.len() * expected.len()
}

#[test]
fn what_postgres_returns_gives_the_values_of_eval() {
    let Some(server) = Server::start("postgres") else {
        eprintln!("skipped: PostgreSQL is not installed");
        return;
    };
    let file = server.folder.with_extension("csv");
    // Texts that differ only in case are equal in this collation.
    let loose = "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)";
    let columns = "ordered_on date, amount numeric(9,4), fees numeric(9,4), channel text COLLATE loose, customer text COLLATE loose, paid boolean, \
                   shipped date, order_id text, quantity numeric, weight float8, price numeric, balance numeric";
    server.run(&format!("{loose}; CREATE SCHEMA analytics; CREATE TABLE analytics.orders ({columns})"));
    let (by_month, by_channel) = (scripts("month"), scripts("month,channel"));
    let mut compared = 0;
    for seed in 1..=3 {
        let text = csv(&mut Random(seed), 150);
        std::fs::write(&file, &text).expect("it can be written");
        let rows: Vec<String> = text.lines().skip(1).map(row).collect();
        let into = "analytics.orders (ordered_on, amount, fees, channel, customer, paid, shipped)";
        server.run(&format!("DELETE FROM analytics.orders; INSERT INTO {into} VALUES {}", rows.join(", ")));
        compared += compare(&server, &by_month, &expected(&file, "month"), 0);
        compared += compare(&server, &by_channel, &expected(&file, "month,channel"), 1);
    }
    std::fs::remove_file(&file).expect("it is there");
    assert!(compared >= 500, "{compared} values");
}

/// The number of columns of the file that are not always blank.
const STORED: usize = 7;

/// A row of the file as SQL. Texts stay as they are, blank ones too.
fn row(line: &str) -> String {
    let cells = line.split(',').take(STORED).enumerate().map(|(at, cell)| match at {
        3 | 4 => format!("'{}'", cell.trim_matches('"')),
        _ if cell.is_empty() => "NULL".to_owned(),
        _ => format!("'{cell}'"),
    });
    format!("({})", cells.collect::<Vec<_>>().join(", "))
}
