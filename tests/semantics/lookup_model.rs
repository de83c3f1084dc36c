//! Compares lookups of all forms over random tables with a nested loop over all pairs of rows.

use proptest::prelude::*;
use yardstick::Query;

use crate::engine::{evaluate, show};

/// A row of either table: two keys, the hours since the start of 2026, and a number.
type Row = (Option<u8>, Option<u8>, Option<i64>, i64);

#[derive(Debug, Clone)]
struct Case {
    here: Vec<Row>,
    there: Vec<Row>,
    keys: usize,
    /// None for keys alone; true for `next`.
    next: Option<bool>,
    within: Option<(i64, &'static str)>,
    /// True if the times of each table are written with their hours.
    hours: [bool; 2],
}

fn row(hours: bool) -> impl Strategy<Value = Row> {
    let key = || proptest::option::weighted(0.9, 0u8..3);
    let time = if hours { (0i64..200).boxed() } else { (0i64..9).prop_map(|day| day * 24).boxed() };
    (key(), key(), proptest::option::weighted(0.9, time), 0i64..4)
}

fn case() -> impl Strategy<Value = Case> {
    let within = prop_oneof![
        Just(None),
        (0i64..4).prop_map(|days| Some((days, "days"))),
        (0i64..60).prop_map(|hours| Some((hours, "hours"))),
    ];
    (any::<[bool; 2]>(), 0usize..3, any::<Option<bool>>(), within).prop_flat_map(|(hours, keys, next, within)| {
        // Without a time, there is at least one key; few rows there, or most cases would have duplicates.
        let (keys, rows) = if next.is_none() { (keys.max(1), 4) } else { (keys, 9) };
        let tables = (prop::collection::vec(row(hours[0]), 1..9), prop::collection::vec(row(hours[1]), 0..rows));
        tables.prop_map(move |(here, there)| Case { here, there, keys, next, within, hours })
    })
}

fn table(rows: &[Row], hours: bool) -> String {
    let mut text = "a,b,at,x\n".to_owned();
    for (a, b, at, x) in rows {
        let a = a.map_or("", |a| ["p", "q", "r"][usize::from(a)]);
        let b = b.map_or("", |b| ["1", "1.50", "2"][usize::from(b)]);
        let at = at.map_or(String::new(), |at| match hours {
            true => format!("2026-01-{:02}T{:02}:00:00", 1 + at / 24, at % 24),
            false => format!("2026-01-{:02}", 1 + at / 24),
        });
        text += &format!("{a},{b},{at},{x}\n");
    }
    text
}

impl Case {
    fn definitions(&self) -> String {
        let keys = ["", " on a", " on a, b"][self.keys];
        let time = self.next.map_or("", |next| if next { " next at" } else { " as of at" });
        let within = self.within.filter(|_| self.next.is_some());
        let within = within.map_or(String::new(), |(count, unit)| format!(" within {count} {unit}"));
        format!(
            "dataset here {{ time at  lookup found = there{keys}{time}{within} }}\n\
             dataset there {{ time at  lookup last on x = id }}\n"
        )
    }

    /// The row there for a row here. Fails if two rows at one time differ.
    fn find(&self, row: &Row) -> Result<Option<i64>, ()> {
        let keys_of = |row: &Row| [row.0, row.1][..self.keys].to_vec();
        let same = |other: &&Row| keys_of(other) == keys_of(row) && !keys_of(other).contains(&None);
        let Some(next) = self.next else { return Ok(self.there.iter().find(same).map(|other| other.3)) };
        let has_hours = |rows: &[Row]| rows.iter().any(|row| row.2.is_some_and(|at| at % 24 != 0));
        let unit = if has_hours(&self.here) && has_hours(&self.there) { 1 } else { 24 };
        let Some(here) = row.2.map(|at| at / unit * unit) else { return Ok(None) };
        let hours = |(count, name): (i64, &str)| if name == "days" { count * 24 } else { count };
        let distance = |other: &&Row| {
            let there = other.2? / unit * unit;
            let distance = if next { there - here } else { here - there };
            let reach = self.within.map_or(i64::MAX, hours);
            (0..=reach).contains(&distance).then_some(distance)
        };
        let candidates: Vec<(i64, i64)> =
            self.there.iter().filter(same).filter_map(|other| Some((distance(&other)?, other.3))).collect();
        let Some(nearest) = candidates.iter().map(|(distance, _)| *distance).min() else { return Ok(None) };
        let mut found = candidates.iter().filter(|(distance, _)| *distance == nearest).map(|(_, x)| *x);
        let first = found.next();
        if found.all(|other| Some(other) == first) { Ok(first) } else { Err(()) }
    }

    fn has_duplicates(&self) -> bool {
        let keys: Vec<_> = self.there.iter().map(|row| [row.0, row.1][..self.keys].to_vec()).collect();
        self.next.is_none() && (0..keys.len()).any(|at| !keys[at].contains(&None) && keys[..at].contains(&keys[at]))
    }
}

/// What lookups through the found row reach: 0 has no row.
const LAST: &str = "id,w\n1,10\n2,20\n3,30\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn lookups_find_what_a_nested_loop_finds(case in case()) {
        let tables = [table(&case.here, case.hours[0]), table(&case.there, case.hours[1])];
        let tables = [("here", &*tables[0]), ("there", &*tables[1]), ("last", LAST)];
        let formulas = [
            "sum(here.x * (found.x ?? 0))",
            "count(here where is_defined(found.x))",
            "sum(here.x * (last.w ?? 0))",
        ];
        let result = evaluate(&case.definitions(), &tables, &Query::new(formulas));
        let found: Result<Vec<Option<i64>>, ()> = case.here.iter().map(|row| case.find(row)).collect();
        match (result, found) {
            (Err(error), _) if case.has_duplicates() => prop_assert!(error.contains("expected unique values"), "{error}"),
            (Err(error), Err(())) => prop_assert!(error.contains("two rows of `there`"), "{error}"),
            (Ok(result), Ok(found)) => {
                let all = || case.here.iter().zip(&found);
                let sum: i64 = all().map(|(row, found)| row.3 * found.unwrap_or(0)).sum();
                let count = found.iter().flatten().count();
                let further: i64 = all().map(|(row, found)| row.3 * found.unwrap_or(0) * 10).sum();
                prop_assert_eq!(show(&result), format!(" | {sum} | {count} | {further}\n"));
            }
            (result, found) => prop_assert!(false, "{:?} {:?}", result.map(|result| show(&result)), found),
        }
    }
}
