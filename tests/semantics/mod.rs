//! Tests the meaning of the language, one case per sentence: data, contexts, undefined values and exactness. Expected
//! values are computed by hand.

mod advice;
mod agreement;
mod calendar;
mod contexts;
mod data;
mod each;
mod failures;
mod flags;
mod interval_model;
mod intervals;
mod lengths;
mod lookup_model;
mod lookups;
mod mistakes;
mod moments;
mod money;
mod order;
mod periods;
mod results;
mod row_tests;
mod same_keys;
mod same_keys_model;
mod so_far;
mod times;
mod values;
mod what_if;

use yardstick::Query;

use crate::engine::{evaluate, show};

/// Evaluates formulas and compares the groups and their values, or the start of the error message.
fn check(says: &str, tables: &[(&str, &str)], definitions: &str, query: &Query, expected: &[&str]) {
    let found = evaluate(definitions, tables, query).map_or_else(|error| error, |result| show(&result));
    match expected {
        [start] if start.starts_with("error") => assert!(found.contains(start), "{says}\n{found}"),
        _ => assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{says}"),
    }
}
