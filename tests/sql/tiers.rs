//! What a warehouse computes beyond sums: counted rows, finished values, chosen rows, and rows of a period. Each test is about
//! one condition of exactness, and fails without it.

use std::sync::Arc;

use sqlparser::parser::Parser;
use yardstick::{Dataset, Embedded, Library, Limits, Query, warehouse};

use super::engines::Engine;
use super::random::Recorded;

const COLUMNS: [(&str, &str); 5] =
    [("day", "date"), ("name", "text"), ("shop", "text"), ("size", "decimal(38,2)"), ("price", "decimal(9,2)")];

/// A row of a table, as the cells of a file.
type Row = [&'static str; 5];

/// A table in a warehouse, and the same rows in a file.
struct Tables {
    library: Library,
    file: Arc<dyn Dataset>,
    there: Arc<dyn Dataset>,
    recorded: Arc<Recorded>,
}

impl Tables {
    fn load(engine: &mut Engine, test: &str, rows: &[Row]) -> Self {
        let cell = |(cell, (_, ty)): (&&str, &(&str, &str))| match (cell.is_empty(), *ty) {
            (true, ty) if ty != "text" => "NULL".to_owned(),
            (_, "text") => format!("'{cell}'"),
            (_, ty) => format!("CAST('{cell}' AS {ty})"),
        };
        let row = |row: &Row| format!("({})", row.iter().zip(&COLUMNS).map(cell).collect::<Vec<_>>().join(", "));
        engine.load(&COLUMNS, Some(&rows.iter().map(row).collect::<Vec<_>>().join(", ")));
        let mut text = COLUMNS.map(|(name, _)| name).join(",");
        for row in rows {
            text.push_str(&format!("\n{}", row.map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).join(",")));
        }
        let path =
            std::env::temp_dir().join(format!("yardstick-tiers-{test}-{}-{}.csv", engine.name, std::process::id()));
        std::fs::write(&path, text).expect("it can be written");
        let library = Library::from_text(
            "dataset t = \"t.csv\" { time day  name: text  shop: text  size: number  price: number }",
        );
        let library = library.expect("it is valid");
        let declaration = library.datasets().next().map(|it| it.declaration.clone()).unwrap_or_default();
        let file: Arc<dyn Dataset> = yardstick::open("t", &path, &declaration).expect("it can be read").into();
        let recorded = Recorded::open(engine);
        let there = warehouse::open("t", &engine.table, &declaration, recorded.clone());
        let there: Arc<dyn Dataset> = there.expect("the table is there").into();
        recorded.take();
        Self { library, file, there, recorded }
    }

    /// Compares the answers to a query, and returns the statements.
    fn same(&self, query: &Query) -> Vec<String> {
        let answer = |dataset: &Arc<dyn Dataset>| {
            let source = Embedded::new(vec![dataset.clone()]);
            let evaluation = self.library.evaluate(query, &source, &Limits::default()).expect("it has a value");
            let notes: Vec<String> = evaluation.notes.iter().map(|note| note.message.clone()).collect();
            let json = serde_json::to_string_pretty(&evaluation).expect("it can be written");
            (json, notes, format!("{:?}", evaluation.extents))
        };
        let expected = answer(&self.file);
        self.recorded.take();
        let found = answer(&self.there);
        assert_eq!(found, expected, "{query:?}");
        self.recorded.take()
    }
}

fn by(kpis: &[&str], keys: &[&str]) -> Query {
    keys.iter().fold(Query::new(kpis.iter().copied()), |query, key| query.by(*key))
}

fn has(statements: &[String], part: &str) -> bool {
    statements.iter().any(|sql| sql.contains(part))
}

#[test]
fn texts_that_are_the_same_here_are_not_counted_there() {
    // The text that looks the same here is another one there. Each pair is in a month of its own.
    let pairs = [
        ["a", " a"],
        ["b", "b "],
        ["\u{e9}", "e\u{301}"],
        ["c", "=\"c\""],
        ["d", "  "],
        ["e", "e\u{ad}"],
        ["f", "\tf"],
    ];
    const MONTHS: [&str; 8] = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08"];
    const DAYS: [&str; 8] = [
        "2026-01-01",
        "2026-02-01",
        "2026-03-02",
        "2026-04-01",
        "2026-05-01",
        "2026-06-01",
        "2026-07-01",
        "2026-08-01",
    ];
    for mut engine in Engine::installed("same-texts") {
        let mut rows: Vec<Row> = ["g", "h i~", "g", ""].map(|name| [DAYS[7], name, "x", "1", "1"]).to_vec();
        rows.extend(pairs.iter().zip(DAYS).flat_map(|(pair, day)| pair.map(|name| [day, name, "x", "1", "1"])));
        let tables = Tables::load(&mut engine, "texts", &rows);
        let statements = tables.same(&by(&["count(distinct name)"], &["month"]).period(MONTHS[7]));
        // The counts, the distinct values and the days.
        assert!(has(&statements, "COUNT(DISTINCT x)") && statements.len() == 3, "{statements:?}");
        for (pair, month) in pairs.iter().zip(MONTHS) {
            let statements = tables.same(&by(&["count(distinct name)"], &[]).period(month));
            // Counted rows follow.
            assert!(has(&statements, "odd_x1") && has(&statements, "AS e1"), "{pair:?}: {statements:?}");
        }
    }
}

#[test]
fn keys_that_are_the_same_here_are_not_finished_apart() {
    for mut engine in Engine::installed("same-keys") {
        let rows = [
            ["2026-01-01", "a", "x", "1", "1"],
            ["2026-01-02", "a", " x", "2", "2"],
            ["2026-01-03", "b", "x", "3", "5"],
            ["2026-01-03", "b", "y", "3", "5"],
        ];
        let tables = Tables::load(&mut engine, "keys", &rows);
        let statements = tables.same(&by(&["count(distinct name)", "median(price)"], &["shop"]));
        assert!(has(&statements, "COUNT(DISTINCT x)") && has(&statements, "ROW_NUMBER()"), "{statements:?}");
        // Without the key there is nothing to merge.
        let statements = tables.same(&by(&["count(distinct name)", "median(price)"], &["month"]));
        assert!(!has(&statements, "AS e1"), "{statements:?}");
    }
}

/// Numbers of more than 28 digits are no decimals here, so no measure may depend on whether they arrive.
#[test]
fn numbers_with_too_many_digits_are_not_counted_there() {
    let long = "123456789012345678901234567890.12";
    for mut engine in Engine::installed("digits") {
        let mut rows = vec![
            ["2026-01-01", "a", "x", "1", "1"],
            ["2026-01-02", "a", "x", "2", "2"],
            ["2026-02-01", "a", "y", "3", "3"],
        ];
        let tables = Tables::load(&mut engine, "digits", &rows);
        let formulas = ["count(distinct size)", "median(size)", "last(size)"];
        let statements = tables.same(&by(&formulas, &["month"]));
        for part in ["COUNT(DISTINCT x)", "ROW_NUMBER()", "RANK()", "AS min_x1"] {
            assert!(has(&statements, part), "{part}: {statements:?}");
        }
        // A reader that is open would lock the table.
        drop(tables);
        rows[1][3] = long;
        let tables = Tables::load(&mut engine, "digits", &rows);
        for formula in formulas {
            let source = |dataset: &Arc<dyn Dataset>| Embedded::new(vec![dataset.clone()]);
            let answer = |dataset: &Arc<dyn Dataset>| {
                let answer = tables.library.evaluate(&Query::new([formula]), &source(dataset), &Limits::default());
                answer.map(|it| serde_json::to_string(&it).expect("it can be written")).map_err(|error| {
                    error.diagnostics().iter().map(|problem| problem.code.name().to_owned()).collect::<Vec<_>>()
                })
            };
            assert_eq!(answer(&tables.there), answer(&tables.file), "{formula}");
        }
    }
}

/// Medians and quantiles are interpolated between the values that the warehouse finds.
#[test]
fn positions_are_found_for_any_number_of_values() {
    for mut engine in Engine::installed("positions") {
        let prices = ["3", "-1", "3", "0.01", "7.5", "", "2"];
        for count in 1..=prices.len() {
            let rows: Vec<Row> = prices[..count].iter().map(|price| ["2026-01-01", "a", "x", "1", price]).collect();
            let tables = Tables::load(&mut engine, "positions", &rows);
            let quantiles = ["median(price)", "quantile(price, 0%)", "quantile(price, 100%)", "quantile(price, 37.5%)"];
            let statements = tables.same(&by(&quantiles, &[]));
            assert_eq!(statements.iter().filter(|sql| sql.contains("ROW_NUMBER()")).count(), 4, "{statements:?}");
        }
    }
}

/// Rows at the same last time are added up, those without a value do not count, and a segment has its own last time.
#[test]
fn chosen_rows_are_those_of_the_engine() {
    for mut engine in Engine::installed("chosen") {
        let rows = [
            ["2026-01-01", "a", "x", "1", "1"],
            ["2026-01-05", "a", "x", "2", "2"],
            ["2026-01-05", "b", " x", "4", "4"],
            ["2026-01-06", "c", "x", "8", ""],
            ["2026-01-04", "d", "y", "16", "16"],
            ["", "e", "y", "32", "32"],
            ["2026-02-01", "", "", "64", "64"],
        ];
        let tables = Tables::load(&mut engine, "chosen", &rows);
        let formulas = [
            "last(price)",
            "first(price)",
            "last(price by shop)",
            "last(price by shop, name)",
            "last(price where name != \"b\")",
            "last(price where size < 16 by shop)",
            "last(size - price)",
            "last(day)",
            "last(price)[previous]",
        ];
        for keys in [&[][..], &["month"], &["shop"], &["month", "name"], &["week"]] {
            let statements = tables.same(&by(&formulas[..8], keys));
            assert!(has(&statements, "RANK() OVER"), "{statements:?}");
            tables.same(&by(&formulas[..8], keys).period("2026-01-02..2026-02-10").totals(true));
            tables.same(&by(&formulas, keys).period("2026-01").totals(true));
        }
    }
}

/// Rows outside of a period are not returned, but what they tell is not lost: how far the data reach, what period a row
/// represents, which rows have no time or undecided conditions, and which texts there are.
#[test]
fn rows_outside_of_a_period_only_tell_how_far_the_data_reach() {
    for mut engine in Engine::installed("period") {
        let rows = [
            ["2025-10-01", "old", "x", "1", "1"],
            ["2025-11-01", "a", "x", "2", ""],
            ["2025-12-01", "a", "x", "4", "4"],
            ["2026-01-01", "b", "y", "8", "8"],
            ["2026-02-01", "a", "y", "16", "16"],
            ["", "a", "x", "32", "32"],
            ["2026-05-01", "late", "z", "64", "64"],
        ];
        let tables = Tables::load(&mut engine, "period", &rows);
        let kpis =
            ["sum(size)", "sum(size)[previous]", "median(size)[last 2 months]", "sum(size where name = \"old\")"];
        for (keys, period, since) in [
            (&["month"][..], "2026-01..2026-02", "2025-12-01"),
            (&[], "2026-01", "2025-12-01"),
            (&["shop"], "2026-01", "2025-12-01"),
            (&["month", "shop"], "2026-01-10..2026-02-10", "2025-12-01"),
            (&["week"], "2026-02", "2025-"),
        ] {
            let kpis: Vec<&str> =
                kpis.iter().copied().filter(|it| keys != ["week"] || !it.contains("months")).collect();
            for filter in [None, Some("price > 2"), Some("name != \"late\"")] {
                let query = filter.into_iter().fold(by(&kpis, keys).period(period).totals(true), Query::filter_formula);
                let statements = tables.same(&query);
                let bounded = |sql: &&String| sql.contains(&format!(">= DATE '{since}"));
                assert!(statements.iter().any(|sql| bounded(&sql)), "{keys:?} {period}: {statements:#?}");
            }
        }
        // Rows of all time are needed.
        let statements = tables.same(&by(&["sum(size)[all time]"], &["month"]).period("2026-01"));
        assert!(!has(&statements, ">= DATE"), "{statements:?}");
    }
}

/// No statement spells a date before the year 1 or after 9999.
#[test]
fn periods_at_the_ends_of_the_calendar() {
    for mut engine in Engine::installed("calendar") {
        let rows = [
            ["0001-01-01", "a", "x", "1", "1"],
            ["0001-02-28", "b", "x", "2", "2"],
            ["9999-11-30", "a", "x", "4", ""],
            ["9999-12-31", "b", "x", "8", "8"],
            ["", "b", "x", "16", "16"],
        ];
        let tables = Tables::load(&mut engine, "calendar", &rows);
        let kpis = ["sum(size)", "sum(size)[previous]", "median(size)", "count(distinct name)[last 2 months]"];
        for keys in [&["month"][..], &["month", "name"]] {
            for period in ["0001-01", "0001-01..0001-02", "9999-11..9999-12", "9999-12"] {
                tables.same(&by(&kpis, keys).period(period).totals(true));
            }
        }
        for period in ["0001-01", "9999-12"] {
            tables.same(&by(&kpis, &["shop"]).period(period).totals(true));
        }
        tables.same(&by(&["sum(size)", "median(size)"], &["shop"]).period("0001..9999").totals(true));
    }
}

/// Rows that change between two statements are an error, even where there are no snapshots.
#[test]
fn rows_that_change_between_statements_are_an_error() {
    for mut engine in Engine::with_catalog("changed") {
        let rows = [["2026-01-01", "a", "x", "1", "1"], ["2026-01-02", "b", "x", "2", "2"]];
        let tables = Tables::load(&mut engine, "changed", &rows);
        drop(tables);
        engine.write(&[
            "DROP TABLE IF EXISTS analytics.changed",
            "CREATE TABLE analytics.changed AS SELECT * FROM analytics.orders",
            "INSERT INTO analytics.changed VALUES (DATE '2026-01-02', 'c', 'x', 4, 4)",
        ]);
        let recorded = Recorded::open(&engine);
        let library = Library::from_text("dataset t = \"t.csv\" { time day }").expect("it is valid");
        let declaration = library.datasets().next().map(|it| it.declaration.clone()).unwrap_or_default();
        let there = warehouse::open("t", &engine.table, &declaration, recorded.clone()).expect("it is there");
        let source = Embedded::new(vec![there.into()]);
        let formulas = [
            ("COUNT(DISTINCT x)", "count(distinct name)"),
            ("ROW_NUMBER()", "median(price)"),
            ("RANK()", "last(price)"),
        ];
        for (part, formula) in formulas {
            let evaluate = || library.evaluate(&Query::new([formula]).by("month"), &source, &Limits::default());
            assert!(evaluate().is_ok(), "{formula}");
            *recorded.changed.lock().expect("no test panics here") = Some(part);
            let error = evaluate().expect_err("the rows change").diagnostics()[0].message.clone();
            assert!(error.contains("the rows of `t` change while they are read"), "{formula}: {error}");
            *recorded.changed.lock().expect("no test panics here") = None;
        }
    }
}

/// Each distinct row stands for 200,000 rows.
#[test]
fn counted_rows_count_as_often_as_they_occur() {
    for mut engine in Engine::with_catalog("weighted") {
        let numbers = match engine.name {
            "postgres" => "SELECT i FROM generate_series(0, 1999999) AS g(i)",
            _ => "SELECT range AS i FROM range(2000000)",
        };
        let table = format!(
            "CREATE TABLE analytics.orders AS SELECT DATE '2026-01-01' AS day, 'a' AS name, 'x' AS shop, \
             CAST(i % 10 AS decimal(38,2)) AS size, CAST(i % 10 AS decimal(9,2)) AS price FROM ({numbers}) AS n"
        );
        engine.write(&["CREATE SCHEMA IF NOT EXISTS analytics", "DROP TABLE IF EXISTS analytics.orders", &table]);
        let recorded = Recorded::open(&engine);
        let there = warehouse::open("t", &engine.table, &Default::default(), recorded).expect("the table is there");
        let source = Embedded::new(vec![there.into()]);
        let formulas =
            ["variance_pop(price)", "sum(distinct price / 4)", "sum(price / 4)", "count(t where 1 / price > 0.2)"];
        let library = Library::from_text("").expect("it is valid");
        let limits = Limits::default();
        let result = library.evaluate(&Query::new(formulas), &source, &limits).expect("it has values");
        // The variance of 0 to 9 is 8.25; 0.2 × 45 / 4 million; 1 to 4 are below 5, and 0 has no reciprocal.
        let value = |kpi: &str| {
            let value = result.get(kpi, [("", ""); 0]).expect("a column").and_then(|value| value.decimal());
            value.map(|value| value.normalize().to_string())
        };
        assert_eq!(value(formulas[0]).as_deref(), Some("8.25"));
        assert_eq!(value(formulas[1]).as_deref(), Some("11.25"));
        assert_eq!(value(formulas[2]).as_deref(), Some("2250000"));
        assert_eq!(value(formulas[3]), None);
    }
}

/// KPIs of `orders.kpi`, one for each kind of statement.
const KPIS: [&str; 6] =
    ["buyers", "middle", "stock", "buyers[last 2 months]", "from_email", "quantile(orders.price, 90%)"];

#[test]
fn statements_for_finished_values_and_chosen_rows_are_sql_in_every_dialect() {
    for (name, dialect) in super::dialects() {
        let options = ["--by", "month,channel", "--period", "2026-01..2026-03", "--totals", "--dialect", name];
        let arguments = [&KPIS[..], &options[..]].concat();
        let statements =
            super::statements(&super::as_json(&super::sql(&[&arguments[..], &["--format", "json"]].concat())));
        for part in ["COUNT(DISTINCT x)", "ROW_NUMBER() OVER (PARTITION BY", "RANK() OVER (PARTITION BY", "JOIN ("] {
            assert!(has(&statements, part), "{name}: {part}");
        }
        for statement in statements {
            let parsed = Parser::parse_sql(&*dialect, &statement);
            assert!(parsed.as_ref().is_ok_and(|parsed| parsed.len() == 1), "{name}: {parsed:?}\n{statement}");
        }
        if ["bigquery", "clickhouse", "postgres", "snowflake", "spark"].contains(&name) {
            insta::assert_snapshot!(format!("finished_{name}"), super::sql(&arguments));
        }
    }
}

/// What needs the values of a state gives them to all measures of the state.
#[test]
fn measures_with_a_common_state_have_one_tier() {
    let tiers = |kpis: &[&str]| -> Vec<String> {
        let script = super::as_json(&super::sql(&[kpis, &["--format", "json"]].concat()));
        let measures = script["tables"][0]["measures"].as_array().expect("a list of measures");
        measures.iter().map(|measure| measure["tier"].as_str().expect("a text").to_owned()).collect()
    };
    assert_eq!(tiers(&["middle", "quantile(orders.amount, 90%)"]), ["whole", "whole"]);
    assert_eq!(tiers(&["middle", "stddev(orders.amount)"]), ["counted-rows", "counted-rows"]);
    assert_eq!(tiers(&["middle", "stddev(orders.fees)"]), ["whole", "counted-rows"]);
}
