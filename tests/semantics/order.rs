//! Tests the order of groups.

use yardstick::Query;

use super::check;

fn counts(says: &str, tables: &[(&str, &str)], definitions: &str, by: &str, expected: &[&str]) {
    check(says, tables, definitions, &Query::new(["count(t)"]).by(by), expected);
}

#[test]
fn numeric_keys_are_sorted_by_value_blank_first() {
    let table = "k\n10\n9\n\n-2\n1.5\n10.0\n-11\n100\n";
    let expected = ["(blank) | 1", "-11 | 1", "-2 | 1", "1.5 | 1", "9 | 1", "10 | 2", "100 | 1"];
    counts("numbers by value", &[("t", table)], "", "k", &expected);
}

#[test]
fn other_keys_are_sorted_by_code_point_and_dates_by_time() {
    let table = "text,day,truth\nb10,2026-10-02,true\nb9,2026-09-30,false\nB1,2026-10-01,true\n010,2025-12-31,\n";
    let t = [("t", table)];
    counts("texts by code point", &t, "", "text", &["010 | 1", "B1 | 1", "b10 | 1", "b9 | 1"]);
    let days = ["2025-12-31 | 1", "2026-09-30 | 1", "2026-10-01 | 1", "2026-10-02 | 1"];
    let dated = "dataset t { time opened }";
    counts(
        "dates in the order of time",
        &[("t", &table.replace("day", "opened").replace("truth", "ok"))],
        dated,
        "opened",
        &days,
    );
    counts("false before true", &t, "", "truth", &["(blank) | 1", "false | 1", "true | 2"]);
}

#[test]
fn computed_and_looked_up_keys_are_ordered_too() {
    let tables = [("t", "shop,x\na,5\nb,40\nc,300\n"), ("shops", "shop,size\na,9\nb,1000\nc,20\n")];
    let definitions = "dataset t { lookup shops on shop  half = x / 4 }\ndataset shops";
    counts("computed", &tables, definitions, "half", &["1.25 | 1", "10 | 1", "75 | 1"]);
    counts("looked up", &tables, definitions, "size", &["9 | 1", "20 | 1", "1000 | 1"]);
}

#[test]
fn keys_of_two_datasets_are_numbers_if_both_have_numbers() {
    let t = "k\n2\n10\n9.5\n";
    let query = Query::new(["count(t)", "count(u)"]).by("k");
    let numbers = ["2 | 1 | NoRows", "9.5 | 1 | NoRows", "10 | 1 | 1", "11 | NoRows | 1"];
    check("both numeric", &[("t", t), ("u", "k\n10.00\n11\n")], "", &query, &numbers);
    let mixed = ["10 | 1 | 1", "2 | 1 | NoRows", "9.5 | 1 | NoRows", "x | NoRows | 1"];
    check("one has texts: all are texts", &[("t", t), ("u", "k\n10\nx\n")], "", &query, &mixed);
}
