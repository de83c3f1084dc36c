//! Tests of rows: what breaks them, and which rows they name.

use std::collections::HashSet;
use std::sync::Arc;

use proptest::prelude::*;
use yardstick::internal::budget::Budget;
use yardstick::internal::eval::test_rows;
use yardstick::{Dataset, Declaration, Embedded, Library, Limits, Query, Table};

/// What the tests of a dataset `t` report, one line for each: the message, the number of the first row, the hints.
fn reports_of(block: &str, tables: &[(&str, &str)], budget: &Budget) -> Vec<String> {
    let library =
        Library::from_text(&format!("dataset t {{\n{block}\n}}\ndataset other\n")).unwrap_or_else(|it| panic!("{it}"));
    let table = |(name, text): &(&str, &str)| {
        let declaration = library.dataset(name).map_or_else(Declaration::default, |it| it.declaration.clone());
        Arc::new(Table::from_csv(name, text, &declaration).unwrap()) as Arc<dyn Dataset>
    };
    let datasets: Vec<Arc<dyn Dataset>> = tables.iter().map(table).collect();
    let problems = test_rows(&library, &datasets, budget);
    let spelled = problems.iter().map(|problem| {
        let line = problem.cell.as_ref().and_then(|cell| cell.line).map_or(String::new(), |line| format!(" [{line}]"));
        let hints: String = problem.hints.iter().map(|hint| format!("; {hint}")).collect();
        format!("{}{line}{hints}", problem.message)
    });
    spelled.collect()
}

#[track_caller]
fn reports(block: &str, text: &str, expected: &[&str]) {
    assert_eq!(reports_of(block, &[("t", text)], &Budget::unlimited()), expected);
}

#[test]
fn a_condition_names_the_rows_that_break_it() {
    let text = "a,b\n1,2\n3,2\n,2\n5,2\n6,2\n7,2\n";
    reports(
        "expect a <= b",
        text,
        &[
            "4 rows of `t` break `a <= b` [2]; the next ones are at t:4, t:5, and 1 more; 1 row of `t` has no value for it and passes",
        ],
    );
    reports("expect b = 2", text, &[]);
    reports("expect a > 0", text, &["1 row of `t` has no value for `a > 0`, and passes"]);
    reports("expect a / (b - 2) > 0", text, &["6 rows of `t` have no value for `a / (b - 2) > 0`, and pass"]);
    reports(
        "strict expect a != 7",
        text,
        &["1 row of `t` breaks `a != 7` [6]; 1 row of `t` has no value for it and passes"],
    );
}

#[test]
fn unique_compares_values_not_their_spelling() {
    reports(
        "expect unique k",
        "k\n1\n2\n1.0\n\n\"2.00\"\n",
        &[
            "2 rows of `t` repeat the `k` of an earlier row [3]; it repeats the row at t:1; the next one is at t:5; 1 row of `t` has no value for it and passes",
        ],
    );
    reports(
        "expect unique k",
        "k,l\nA,1\na,1\n A ,2\n",
        &["1 row of `t` repeats the `k` of an earlier row [3]; it repeats the row at t:1"],
    );
    reports(
        "expect unique k, l",
        "k,l\nA,1\na,1\nA,2\nA,\nA,\n",
        &["2 rows of `t` have a blank `k`, `l`, and are not compared"],
    );
    reports(
        "  m = lower(k)\n  expect unique m, l",
        "k,l\nA,1\na,1\nA,2\n",
        &["1 row of `t` repeats the `m`, `l` of an earlier row [2]; it repeats the row at t:1"],
    );
}

#[test]
fn columns_may_be_looked_up_and_blank() {
    let tables = [("t", "k,v\n1,x\n2,\n3,y\n"), ("other", "k,size\n1,10\n3,30\n")];
    let found = |block: &str| reports_of(&format!("lookup other on k\n{block}"), &tables, &Budget::unlimited());
    assert_eq!(
        found("expect size < 20"),
        ["1 row of `t` breaks `size < 20` [3]; 1 row of `t` has no value for it and passes"]
    );
    assert_eq!(found("expect not blank size, v"), ["1 row of `t` has a blank `size`, `v` [2]"]);
    assert_eq!(found("expect is_defined(other.size)"), ["1 row of `t` breaks `is_defined(other.size)` [2]"]);
}

#[test]
fn a_test_of_something_unreadable_fails_alone() {
    let text = "a,b\n1,2\n3,2\n";
    let found = reports_of("expect unique c\nexpect a > 2", &[("t", text)], &Budget::unlimited());
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("`t` has no column `c`"), "{found:?}");
    assert_eq!(found[1], "1 row of `t` breaks `a > 2` [1]", "{found:?}");
    assert!(reports_of("expect b", &[("t", text)], &Budget::unlimited())[0].starts_with("expected a condition"));
}

#[test]
fn tests_stay_within_the_memory_limit() {
    let text = "k\n".to_owned() + &(0..20_000).map(|key| format!("key {key}\n")).collect::<String>();
    let tables = [("t", &*text)];
    assert_eq!(reports_of("expect unique k", &tables, &Budget::new(None, 16 << 20, None)), [""; 0]);
    let found = reports_of("expect unique k", &tables, &Budget::new(None, 100_000, None));
    assert!(found[0].contains("would exceed the memory limit"), "{found:?}");
}

#[test]
fn unique_and_blank_may_be_names_of_columns() {
    reports(
        "expect unique > 1\nexpect not blank",
        "unique,blank\n1,false\n2,true\n",
        &["1 row of `t` breaks `unique > 1` [1]", "1 row of `t` breaks `not blank` [2]"],
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_equal_those_of_a_loop(rows in prop::collection::vec((prop::option::weighted(0.8, 0u8..4), prop::option::weighted(0.8, 0u8..3)), 1..30)) {
        let cell = |value: Option<u8>, texts: [&str; 4]| value.map_or(String::new(), |value| texts[usize::from(value)].to_owned());
        let line = |(at, row): (usize, &(Option<u8>, Option<u8>))| {
            // 1 and 1.0 are equal.
            let numbers = if at % 2 == 0 { ["1", "2", "3", "4"] } else { ["1.0", "2.00", "3", "4.0"] };
            format!("{},{},x\n", cell(row.0, numbers), cell(row.1, ["p", "q", "r", ""]))
        };
        let text = "a,b,c\n".to_owned() + &rows.iter().enumerate().map(line).collect::<String>();
        let mut seen = HashSet::new();
        let (mut repeats, mut blank, mut first) = (0, 0, None);
        for (at, row) in rows.iter().enumerate() {
            match row {
                (Some(a), Some(b)) if !seen.insert((*a, *b)) => {
                    repeats += 1;
                    first = first.or(Some(at));
                }
                (Some(_), Some(_)) => {}
                _ => blank += 1,
            }
        }
        let above = rows.iter().filter(|row| row.0.is_some_and(|a| a + 1 > 2)).count();
        let found = reports_of("expect unique a, b\nexpect a <= 2\nexpect not blank a, b", &[("t", &text)], &Budget::unlimited());
        let of = |start: &[&str]| found.iter().find(|found| start.iter().any(|part| found.contains(part)));
        let count = |found: Option<&String>| found.and_then(|it| it.split(' ').next()?.parse::<usize>().ok()).unwrap_or(0);
        let repeated = of(&["repeats the", "repeat the"]);
        prop_assert_eq!(count(repeated), repeats, "{:?}", &found);
        if let Some(first) = first {
            let line = format!("[{}]", first + 1);
            prop_assert!(repeated.is_some_and(|it| it.contains(&line)), "{} {:?}", line, &found);
        }
        prop_assert_eq!(count(of(&["breaks `a <= 2`", "break `a <= 2`"])), above, "{:?}", &found);
        prop_assert_eq!(count(found.iter().find(|it| it.contains("a blank `a`, `b` ["))), blank, "{:?}", &found);
    }
}

#[test]
fn a_library_tests_the_rows_of_a_query() {
    let definitions = "param least = 5\ndataset t { expect a >= least }\ndataset u { strict expect unique k }\n\
                       x = sum(t.a)\ny = sum(u.k)";
    let library = Library::from_text(definitions).unwrap();
    let table = |name: &str, text: &str| {
        Arc::new(Table::from_csv(name, text, &Declaration::default()).unwrap()) as Arc<dyn Dataset>
    };
    let source = Embedded::new(vec![table("t", "a\n3\n6\n"), table("u", "k\n1\n1\n")]);
    let found = |query: Query| match library.test_rows(&query, &source, &Limits::default()) {
        Ok(found) => found.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>(),
        Err(error) => vec![error.render(&yardstick::Style::default()).lines().next().unwrap_or_default().to_owned()],
    };
    assert_eq!(found(Query::new(["x"])), ["1 row of `t` breaks `a >= least`"]);
    assert_eq!(found(Query::new(["x"]).set("least", 7)), ["2 rows of `t` break `a >= least`"]);
    assert_eq!(found(Query::new(["x"]).set("least", 3)), [""; 0]);
    assert_eq!(found(Query::new(["y"])), ["error[row-test]: 1 row of `u` repeats the `k` of an earlier row"]);
    assert_eq!(
        found(Query::new(["x"]).by("k")),
        ["error[unknown-column]: no dataset that the query reads has a column `k` to group by"]
    );
}
