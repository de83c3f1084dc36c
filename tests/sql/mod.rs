//! Tests the statements for the tables of a warehouse, and the tier of each measure. `sqlparser` reads every statement in
//! its dialect, and PostgreSQL runs some of them if it is installed.

pub mod conformance;
mod connected;
mod engines;
mod fetched;
mod host;
mod hostile;
mod mixed;
mod postgres;
mod random;
mod tiers;

use std::process::{Command, Output};

use serde_json::Value;
use sqlparser::dialect::{
    AnsiDialect, BigQueryDialect, ClickHouseDialect, DatabricksDialect, Dialect, DuckDbDialect, GenericDialect,
    PostgreSqlDialect, RedshiftSqlDialect, SnowflakeDialect, SparkSqlDialect,
};
use sqlparser::parser::Parser;

/// The types of some columns.
const TYPES: [&str; 4] = [
    "--column=orders.price=decimal(10,2)",
    "--column=orders.quantity=integer",
    "--column=orders.weight=float",
    "--column=orders.balance=decimal(38,2)",
];

/// All dialects, and the parsers that read them. `sqlparser` has none for Trino.
fn dialects() -> [(&'static str, Box<dyn Dialect>); 10] {
    [
        ("ansi", Box::new(AnsiDialect {})),
        ("bigquery", Box::new(BigQueryDialect {})),
        ("clickhouse", Box::new(ClickHouseDialect {})),
        ("databricks", Box::new(DatabricksDialect {})),
        ("duckdb", Box::new(DuckDbDialect {})),
        ("postgres", Box::new(PostgreSqlDialect {})),
        ("redshift", Box::new(RedshiftSqlDialect {})),
        ("snowflake", Box::new(SnowflakeDialect {})),
        ("spark", Box::new(SparkSqlDialect {})),
        ("trino", Box::new(GenericDialect {})),
    ]
}

fn kpi(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kpi")).args(arguments).output().expect("it runs")
}

/// Runs `kpi sql` over a file with the types above.
fn sql(arguments: &[&str]) -> String {
    let output = kpi(&[&["sql", "-f", "tests/sql/orders.kpi"], &TYPES[..], arguments].concat());
    assert!(output.status.success(), "{arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

fn as_json(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

/// The statements of a script in JSON.
fn statements(script: &Value) -> Vec<String> {
    let tables = script["tables"].as_array().expect("a list of tables");
    let statements = tables.iter().flat_map(|table| table["statements"].as_array().expect("a list of statements"));
    statements.map(|statement| statement["sql"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn every_statement_is_sql_in_its_dialect() {
    for (name, dialect) in dialects() {
        for by in ["month,channel", "week", "customer"] {
            let query = ["--by", by, "--dialect", name, "--format", "json", "--where", "amount < 9_999 EUR"];
            let statements = statements(&as_json(&sql(&query)));
            assert!(statements.len() >= 6, "{name}: {statements:?}");
            for statement in statements {
                let parsed = Parser::parse_sql(&*dialect, &statement);
                assert!(parsed.as_ref().is_ok_and(|parsed| parsed.len() == 1), "{name}: {parsed:?}\n{statement}");
            }
        }
    }
}

#[test]
fn the_statements_of_every_dialect() {
    for (name, _) in dialects() {
        let kpis = ["revenue", "gross", "capped", "large", "late", "from_email", "weights", "stock"];
        let query = ["--by", "month,channel", "--where", "amount < 9_999 EUR", "--dialect", name];
        insta::assert_snapshot!(name, sql(&[&kpis[..], &query[..]].concat()));
    }
}

/// The tier and the reason of the only measure of a KPI.
fn tier(kpi: &str, arguments: &[&str]) -> (String, String) {
    let script = as_json(&sql(&[&[kpi, "--format", "json"], arguments].concat()));
    let measures = script["tables"][0]["measures"].as_array().expect("a list of measures").clone();
    let text = |name: &str| measures[0][name].as_str().expect("a text").to_owned();
    (text("tier"), text("reason"))
}

#[test]
fn each_measure_has_the_tier_that_is_exact() {
    for (kpi, arguments, expected, because) in [
        ("revenue", &[][..], "states", "at most 38 digits"),
        ("net", &[], "states", "at most 38 digits"),
        // 8 + 19 digits before the point and 2 after it.
        ("gross", &[], "counted-rows", "29 digits"),
        ("capped", &[], "states", "at most 38 digits"),
        ("known_fees", &[], "states", "at most 38 digits"),
        ("average_fee", &[], "states", "at most 38 digits"),
        ("large", &[], "states", "rows are counted"),
        ("late", &[], "states", "rows are counted"),
        ("paid_orders", &[], "states", "values are counted"),
        ("biggest", &[], "states", "compared, not computed"),
        ("first_shipped", &[], "states", "compared, not computed"),
        ("from_email", &[], "states", "grouped by `channel`, too"),
        ("from_email", &["--by", "channel"], "states", "at most 38 digits"),
        ("from_new", &[], "states", "grouped by `customer`, too"),
        ("heavy", &[], "counted-rows", "floating-point numbers"),
        ("last_channel", &[], "counted-rows", "holds texts"),
        ("buyers", &[], "whole", "distinct values are counted there"),
        ("buyers", &["--by", "month"], "whole", "distinct values are counted there"),
        ("buyers", &["--by", "week"], "counted-rows", "`--period` would say"),
        ("buyers", &["--by", "week", "--period", "2026"], "whole", "distinct values are counted there"),
        ("buyers[last 30 days]", &["--by", "day", "--period", "2026"], "whole", "distinct values are counted there"),
        (
            "buyers[last 101 days]",
            &["--by", "day", "--period", "2026"],
            "counted-rows",
            "in more than 100 of its periods",
        ),
        ("buyers", &["--by", "day", "--period", "2020..2026"], "counted-rows", "more than 1000 periods"),
        ("buyers", &["--where", "channel != \"web\""], "counted-rows", "`channel` holds texts"),
        ("buyers", &["--by", "weight"], "counted-rows", "keys of `weight` are compared here"),
        ("middle", &[], "whole", "interpolated here"),
        ("quantile(orders.amount, 12.34567%)", &[], "counted-rows", "more than 6 digits"),
        ("median(orders.weight)", &[], "counted-rows", "floating-point numbers"),
        ("sum(distinct orders.amount)", &[], "counted-rows", "distinct values are merged here"),
        ("stock", &[], "states", "chosen there"),
        ("first(orders.channel)", &[], "counted-rows", "holds texts"),
        ("last(orders.amount where channel = \"email\" by channel)", &[], "states", "grouped by `channel`, too"),
        ("unit_fee", &[], "counted-rows", "quotients"),
        ("weights", &[], "counted-rows", "floating-point numbers"),
        ("costs", &[], "rows", "look up another dataset"),
        ("revenue", &["--by", "hour"], "rows", "hours"),
        ("revenue", &["--where", "weight > 2"], "counted-rows", "floating-point numbers"),
        ("revenue", &["--where", "channel != \"brand\""], "states", "grouped by `channel`, too"),
        ("sum(orders.balance)", &[], "states", "no value has more than 28 digits"),
        ("sum(orders.balance + 1 EUR)", &[], "counted-rows", "39 digits"),
        ("sum(orders.amount ^ 2)", &[], "counted-rows", "powers"),
    ] {
        let (tier, reason) = tier(kpi, arguments);
        assert_eq!(tier, expected, "{kpi} {arguments:?}: {reason}");
        assert!(reason.contains(because), "{kpi} {arguments:?}: {reason}");
    }
}

/// Snowflake keeps at most 12 digits after the point of a product, if both factors have fewer.
#[test]
fn a_product_that_a_dialect_would_round_is_computed_here() {
    let types = ["--column", "orders.price=decimal(10,7)", "--column", "orders.fees=decimal(10,6)"];
    let query = |dialect| [&types[..], &["--dialect", dialect]].concat();
    // The last type of a column counts.
    let formula = "sum(orders.price * orders.fees)";
    assert_eq!(tier(formula, &query("duckdb")).0, "states");
    let (tier, reason) = tier(formula, &query("snowflake"));
    assert_eq!(tier, "counted-rows");
    assert!(reason.contains("12 digits after the point"), "{reason}");
}

#[test]
fn time_is_grouped_by_days_or_by_months() {
    for (by, bucket) in [
        ("day", "CAST(t.\"ordered_on\" AS DATE) AS b"),
        ("week", "CAST(t.\"ordered_on\" AS DATE) AS b"),
        ("month", "EXTRACT(YEAR FROM t.\"ordered_on\") * 12 + EXTRACT(MONTH FROM t.\"ordered_on\") - 1 AS b"),
        ("quarter", "EXTRACT(YEAR FROM t.\"ordered_on\") * 12 + EXTRACT(MONTH FROM t.\"ordered_on\") - 1 AS b"),
        ("year", "EXTRACT(YEAR FROM t.\"ordered_on\") * 12 + EXTRACT(MONTH FROM t.\"ordered_on\") - 1 AS b"),
    ] {
        assert!(sql(&["revenue", "--by", by]).contains(bucket), "{by}");
    }
    assert!(!sql(&["revenue"]).contains("- 1 AS b"));
    // Thirty days back from the end of a month is not a whole number of months.
    assert!(sql(&["revenue[last 30 days]", "--by", "month"]).contains("AS DATE) AS b"));
    assert!(sql(&["revenue", "--period", "2026-03"]).contains("- 1 AS b"));
    assert!(sql(&["revenue", "--period", "2026-03-02..2026-03-31"]).contains("AS DATE) AS b"));
}

/// The inner groups of `each` are a request of their own; the groups around them need a statement even without measures.
#[test]
fn groups_inside_groups_have_statements_of_their_own() {
    let script = sql(&["avg(sum(orders.amount) each orders.customer)", "--by", "month"]);
    let [around, inside] = ["-- states: the groups of the result\nSELECT b,", "-- states: sum of `amount`"];
    assert!(script.contains(around) && script.contains(inside), "{script}");
    assert!(script.contains("NULLIF(t.\"customer\", '') AS k"), "{script}");
}

/// Values of a query never become a part of a statement, except numbers and days.
#[test]
fn texts_of_a_query_are_not_in_statements() {
    let hostile = "x'; DROP TABLE orders; --";
    for (name, _) in dialects() {
        let condition = format!("channel != \"{hostile}\"");
        let script = sql(&["revenue", "large", "--where", &condition, "--dialect", name, "--format", "json"]);
        assert!(!script.contains("DROP"), "{name}: {script}");
    }
}

/// Writes definitions to a file and runs `kpi sql` over them.
fn over(name: &str, definitions: &str, arguments: &[&str]) -> Output {
    let file = std::env::temp_dir().join(format!("yardstick-sql-{name}-{}.kpi", std::process::id()));
    std::fs::write(&file, definitions).expect("it can be written");
    let output = kpi(&[&["sql", "-f", file.to_str().expect("it is UTF-8")], arguments].concat());
    std::fs::remove_file(&file).expect("it is there");
    output
}

#[test]
fn quotes_in_names_are_doubled() {
    let definitions =
        "dataset orders = table \"`a\\\"b`.`c.d'e`\" in warehouse { `x\"; DROP TABLE y; --`: number  `it's`: text }\n";
    let formula = "sum(orders.`x\"; DROP TABLE y; --`)";
    for (name, dialect) in dialects() {
        let output = over(name, definitions, &[formula, "--by", "`it's`", "--dialect", name, "--format", "json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let statements = statements(&as_json(&String::from_utf8(output.stdout).expect("it is UTF-8")));
        let [statement] = &statements[..] else { panic!("{statements:?}") };
        let parsed = Parser::parse_sql(&*dialect, statement);
        assert!(parsed.as_ref().is_ok_and(|parsed| parsed.len() == 1), "{name}: {parsed:?}\n{statement}");
        let quoted = match name {
            "bigquery" | "databricks" | "spark" => ["t.`x\"; DROP TABLE y; --`", "`a\"b`.`c.d'e`"],
            _ => ["t.\"x\"\"; DROP TABLE y; --\"", "\"a\"\"b\".\"c.d'e\""],
        };
        assert!(quoted.iter().all(|quoted| statement.contains(quoted)), "{name}: {statement}");
    }
}

#[test]
fn names_that_a_dialect_cannot_spell_are_refused() {
    for (column, dialect) in
        [("a\u{1}b", "postgres"), ("a\\b", "bigquery"), ("a\\b", "clickhouse"), ("a\u{1}b", "duckdb")]
    {
        let definitions = format!("dataset orders = table \"orders\" in warehouse {{ `{column}`: number }}\n");
        let output = over("refused", &definitions, &[&format!("sum(orders.`{column}`)"), "--dialect", dialect]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{column:?} {dialect}");
        assert!(errors.contains("cannot be written in") || errors.contains("syntax"), "{column:?} {dialect}: {errors}");
    }
}

#[test]
fn wrong_input_is_explained() {
    let table = "dataset orders = table \"orders\" in warehouse { amount: number }\nr = sum(orders.amount)\n";
    for (definitions, arguments, expected) in [
        (
            "dataset o = table \"o\" in \"postgres://h/db\"\n",
            &[][..],
            "a warehouse is given by its name, without quotes",
        ),
        ("dataset o = table \"select 1\" in w\n", &[], "not a query: make a view there"),
        ("dataset o = table \"a.b.c.d\" in w\n", &[], "at most 3 parts"),
        ("dataset o = table \"o\"\n", &[], "expected `in` and the name of a warehouse"),
        ("dataset o = table in w\n", &[], "expected the name of a table in double quotes"),
        ("dataset o = \"o.csv\" in w\n", &[], "a file is not in a warehouse"),
        ("dataset o = table \"o\" in { x: number }\n", &[], "expected the name of a warehouse"),
        ("dataset o = table o in w\n", &[], "expected the name of a table in double quotes"),
        ("dataset o = table \"o\" in w { delimiter \";\" }\n", &[], "settings of a file"),
        (table, &["--column", "order.amount=integer"], "did you mean `orders`?"),
        (table, &["--column", "orders.amount=text"], "is declared to hold numbers, but its type is text"),
        (table, &["--column", "orders.amount=money"], "unknown type `money`"),
        (table, &["--column", "amount=integer"], "expected `dataset.column=type`"),
        (table, &["--dialect", "oracle"], "possible values: ansi, bigquery"),
        (table, &["sum(orders.discount)"], "add `--column DATASET.COLUMN=TYPE`"),
        ("x = 1 + 1\n", &[], "the query reads no table of a warehouse"),
    ] {
        let output = over("wrong", definitions, arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{definitions}{arguments:?}");
        assert!(errors.contains(expected), "{definitions}{arguments:?}\n{errors}");
    }
}

/// A long formula over many conditions. Each `first` gives other conditions.
fn long_formula(first: u32, conditions: u32) -> String {
    let bounds: Vec<String> = (0..conditions).map(|at| format!("amount >= {} EUR", first + at)).collect();
    format!("count(orders where {})", bounds.join(" or "))
}

#[test]
fn long_formulas_are_computed_here() {
    let (pushed, _) = tier(&long_formula(1_000, 100), &[]);
    assert_eq!(pushed, "states");
    let (pushed, reason) = tier(&long_formula(1_000, 200), &[]);
    assert_eq!(pushed, "counted-rows");
    assert!(reason.contains("its formula is too long"), "{reason}");
    let formulas: Vec<String> = (1..=25).map(|at| long_formula(at * 1_000, 130)).collect();
    let formulas: Vec<&str> = formulas.iter().map(String::as_str).collect();
    let script = as_json(&sql(&[&formulas[..], &["--format", "json"]].concat()));
    let measures = script["tables"][0]["measures"].as_array().expect("a list of measures");
    let last = measures.last().expect("there are measures")["reason"].as_str().expect("a text");
    assert!(last.contains("the formulas of the dataset are too long"), "{last}");
    assert_eq!(measures[0]["tier"], "states");
}

/// Without a connection a table has no rows, and says so instead of giving zeros.
#[test]
fn a_table_is_not_evaluated_without_a_connection() {
    let output = kpi(&["eval", "revenue", "-f", "tests/sql/orders.kpi"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("there is no connection to it"), "{errors}");
    assert!(errors.contains("--connection warehouse=PROFILE") && errors.contains("-d orders=FILE"), "{errors}");
}
