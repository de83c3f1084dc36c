//! Names and texts that could break out of a statement: the results are those over a file, or the name is refused.

use std::sync::Arc;

use yardstick::internal::sql::{AdbcConnection, Profile, Tier, open_up_to};
use yardstick::{Column, Dataset, Declaration, Embedded, Library, Limits, Query, Table};

use super::conformance::{StoredTable, stored};
use super::engines::Engine;
use super::random::shown;

/// Names of columns of texts.
const NAMES: [&str; 17] = [
    "it's",
    "a\"b",
    "back\\slash",
    "x; DROP TABLE t0; --",
    "tick`tick",
    "select",
    "GROUP",
    "table",
    "a.b",
    "é té",
    "💶",
    " b",
    "k1",
    "n",
    "/* no */",
    "$1",
    "日本語",
];

/// Texts in these columns.
const TEXTS: [&str; 18] = [
    "'; DROP TABLE t0; --",
    "\\",
    "\\'",
    "\"",
    "`",
    "two\nlines",
    "💶",
    "Zeta",
    "zeta",
    "zéta",
    "ze\u{301}ta",
    "NULL",
    "null",
    "$1",
    "%s",
    "\u{a0}x",
    "{}",
    "--",
];

/// A field of a CSV file.
fn field(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A column for each name, and one of amounts.
fn csv(names: &[&str]) -> String {
    let header: Vec<String> = names.iter().map(|name| field(name)).collect();
    let long = "long ".repeat(40);
    let texts = || TEXTS.iter().copied().chain([long.as_str()]);
    let row = |at: usize| {
        let cells = (0..names.len()).map(|column| field(texts().cycle().nth(at + column).expect("it never ends")));
        format!("{},{}.25\n", cells.collect::<Vec<_>>().join(","), at * at)
    };
    format!("{},amount\n{}", header.join(","), (0..2 * TEXTS.len()).map(row).collect::<String>())
}

fn queries(names: &[&str]) -> Vec<Query> {
    let kpis = ["sum(t.amount)", "count(t)", "median(t.amount)"];
    let of_name = |(at, name): (usize, &&str)| {
        // As a header is read.
        let (name, text) = (name.trim(), TEXTS[at % TEXTS.len()]);
        let grouped = Query::new(kpis).by(Column(name)).totals(true);
        [grouped.clone(), grouped.filter_is(name, text), Query::new(kpis).filter_is(name, text)]
    };
    names.iter().enumerate().flat_map(of_name).collect()
}

fn answer(library: &Library, query: &Query, dataset: Arc<dyn Dataset>) -> String {
    match library.evaluate_anyway(query, &Embedded::new(vec![dataset]), &Limits::default()) {
        Ok((evaluation, problems)) => shown(&evaluation, &problems),
        Err(error) => error.to_string(),
    }
}

fn connection(engine: &Engine) -> Arc<AdbcConnection> {
    let profile = Profile::read(engine.profile.to_str().expect("it is UTF-8")).expect("it is valid");
    Arc::new(AdbcConnection::open(profile, None).expect("the engine answers"))
}

/// Compares the answers from a table with those from a file.
fn compare(engine: &Engine, names: &[&str], at: &str) -> usize {
    let library = Library::from_text("").expect("it is valid");
    let connection = connection(engine);
    let file: Arc<dyn Dataset> =
        Arc::new(Table::from_csv("t", &csv(names), &Declaration::default()).expect("it can be read"));
    let mut compared = 0;
    for tier in [Tier::States, Tier::Rows] {
        let there = open_up_to("t", at, &Declaration::default(), connection.clone(), tier);
        let there: Arc<dyn Dataset> = there.unwrap_or_else(|problems| panic!("{at}: {problems:?}")).into();
        // The rows are the same for all queries.
        for query in queries(names).into_iter().step_by(if tier == Tier::States { 1 } else { 4 }) {
            let (found, expected) = (answer(&library, &query, there.clone()), answer(&library, &query, file.clone()));
            assert!(found == expected, "{}, {tier}: {query:?}\n{found}\n── expected\n{expected}", engine.name);
            // No formula names a column with a backtick, and no text begins with a space.
            let is_filtered = !format!("{query:?}").contains("filters: []");
            let has_value = is_filtered || found.contains("\"value\": \"");
            assert!(has_value, "{query:?}\n{found}");
            compared += 1;
        }
    }
    compared
}

fn table(names: &[&str]) -> StoredTable {
    let table = Table::from_csv("t", &csv(names), &Declaration::default()).expect("it can be read");
    stored(&table, &Declaration::default()).expect("a warehouse can hold it").0
}

#[test]
fn hostile_columns_and_texts_give_the_results_of_a_file() {
    // PostgreSQL keeps 63 bytes of a name.
    let long = "l".repeat(200);
    for mut engine in Engine::installed("hostile") {
        let mut names: Vec<&str> = NAMES.to_vec();
        if engine.name != "postgres" {
            names.push(&long);
        }
        if engine.name == "postgres" {
            // The other engines do not tell these apart.
            names.extend(["Twin", "twin", "TWIN"]);
        }
        let twins = [("twin", "twin 2"), ("TWIN", "twin 3")];
        let apart = |name: &str| twins.iter().find(|(twin, _)| *twin == name).map(|(_, apart)| *apart);
        let distinct: Vec<&str> = names.iter().map(|name| apart(name).unwrap_or(name)).collect();
        let twin =
            |name: &str| twins.iter().find(|(_, apart)| *apart == name).map_or(name, |(twin, _)| *twin).to_owned();
        let stored = table(&distinct).renamed(twin);
        // One of them is spelled with a combining accent there.
        let decomposed = stored.renamed(|name| name.replace('é', "e\u{301}"));
        assert_ne!(stored, decomposed);
        let place = engine.store(&std::iter::once(decomposed).collect()).remove(0);
        let compared = compare(&engine, &names, &place);
        assert!(compared > 3 * names.len(), "{}: {compared}", engine.name);
    }
}

/// Names of schemas and tables. Sail and Spark have paths instead.
#[test]
fn hostile_tables_give_the_results_of_a_file() {
    let names = ["select", "Order Lines", "a'b", "a\"b", "x; DROP TABLE t0; --", "💶", "é", "e\u{301}", "a.b"];
    for mut engine in Engine::with_catalog("hostile-tables") {
        let columns = ["it's"];
        let statements = |schema: &str, name: &str| {
            let place = format!("{}.{}", quoted(schema), quoted(name));
            let create = format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(schema));
            std::iter::once(create).chain(table(&columns).statements(&place)).collect::<Vec<String>>()
        };
        for (at, name) in names.iter().enumerate() {
            let schema = ["plain", "we\"ird; --"][at % 2];
            engine.write(&statements(schema, name).iter().map(String::as_str).collect::<Vec<_>>());
        }
        for (at, name) in names.iter().enumerate() {
            let schema = ["plain", "we\"ird; --"][at % 2];
            assert_eq!(compare(&engine, &columns, &format!("`{schema}`.`{name}`")), 4, "{name}");
        }
        let open = |table: &str| {
            let opened = open_up_to("t", table, &Declaration::default(), connection(&engine), Tier::States);
            opened.err().map(|problems| problems[0].message.clone()).unwrap_or_default()
        };
        assert!(open("plain.`nu\u{0}l`").contains("a control character"));
        assert!(open("plain.`two\nlines`").contains("a control character"));
        assert!(open("plain.select; DROP TABLE t0").contains("not a query"));
        assert!(open("plain.missing").contains("reports"), "{}", open("plain.missing"));
    }
}

/// A column whose name cannot be written is refused where it is used, and only there.
#[test]
fn a_column_with_a_control_character_is_refused() {
    let library = Library::from_text("").expect("it is valid");
    for mut engine in Engine::with_catalog("hostile-controls") {
        engine.write(&["CREATE TABLE t0 (\"two\nlines\" text, amount bigint)", "INSERT INTO t0 VALUES ('x', 5)"]);
        let there = open_up_to("t", "t0", &Declaration::default(), connection(&engine), Tier::States);
        let there: Arc<dyn Dataset> = there.expect("the table is there").into();
        let refused = answer(&library, &Query::new(["sum(t.amount)"]).by(Column("two\\nlines")), there.clone());
        assert!(refused.contains("cannot be written in"), "{}: {refused}", engine.name);
        let fine = answer(&library, &Query::new(["sum(t.amount)"]), there);
        assert!(fine.contains("\"value\": \"5\""), "{}: {fine}", engine.name);
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
