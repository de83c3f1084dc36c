//! Compares aggregates of all rows with the same keys, in computed columns, with a nested loop over all pairs of rows.

use proptest::prelude::*;
use yardstick::{Limits, Query};

use crate::engine::{evaluate_within, show};

/// A text key, a number key, the day from 2026-01-01, a number and a truth value.
#[derive(Debug, Clone)]
struct Row {
    a: Option<u8>,
    b: Option<u8>,
    day: Option<i64>,
    x: Option<i64>,
    c: Option<bool>,
}

/// All stored numbers are multiples of this one, which every number of rows divides.
const UNIT: i64 = 2520;

fn row() -> impl Strategy<Value = Row> {
    let (a, b) = (prop::option::weighted(0.9, 0u8..3), prop::option::weighted(0.9, 0u8..3));
    let (day, x) = (prop::option::weighted(0.9, 0i64..70), prop::option::weighted(0.8, 0i64..4));
    let c = prop::option::weighted(0.9, any::<bool>());
    (a, b, day, x, c).prop_map(|(a, b, day, x, c)| Row { a, b, day, x: x.map(|x| x * UNIT), c })
}

fn table(rows: &[Row]) -> String {
    let mut text = "id,a,b,day,x,c\n".to_owned();
    for (id, Row { a, b, day, x, c }) in rows.iter().enumerate() {
        let a = a.map_or("", |a| ["p", "q", "r"][usize::from(a)]);
        // The third number is the second one with another scale.
        let b = b.map_or("", |b| ["1", "2", "2.00"][usize::from(b)]);
        let date = |day: i64| {
            ["2026-01", "2026-02", "2026-03"].map(|month| format!("{month}-{:02}", 1 + day % 28))[(day / 28) as usize]
                .clone()
        };
        let (day, x) = (day.map(date).unwrap_or_default(), x.map(|x| x.to_string()).unwrap_or_default());
        text += &format!("{id},{a},{b},{day},{x},{}\n", c.map(|c| c.to_string()).unwrap_or_default());
    }
    text
}

impl Row {
    /// The days since the start of 2026, of which each month of the table has 28.
    fn days(&self) -> Option<i64> {
        self.day.map(|day| [0, 31, 59][(day / 28) as usize] + day % 28)
    }
}

/// The value of a column in each row.
type Values = Vec<Option<i64>>;

/// `aggregate(value where condition each keys)`
#[derive(Debug, Clone)]
struct Column {
    aggregate: &'static str,
    value: &'static str,
    condition: Option<&'static str>,
    keys: Vec<&'static str>,
}

const AGGREGATES: [&str; 9] = ["sum", "count", "count(distinct", "avg", "min", "max", "median", "first", "last"];

fn column(values: &'static [&'static str], keys: &'static [&'static str]) -> impl Strategy<Value = Column> {
    let aggregate = prop::sample::select(&AGGREGATES[..]);
    let condition = prop::option::of(prop::sample::select(&["x > 2520", "c"][..]));
    let keys = prop::sample::subsequence(keys, 1..=keys.len());
    (aggregate, prop::sample::select(values), condition, keys).prop_map(|(aggregate, value, condition, keys)| {
        // A mean of counts or of means may not be a whole number.
        let is_mean = matches!(aggregate, "avg" | "median") && !matches!(value, "x" | "age");
        Column { aggregate: if is_mean { "max" } else { aggregate }, value, condition, keys }
    })
}

impl Column {
    fn text(&self) -> String {
        let Self { aggregate, value, .. } = self;
        let call = if *aggregate == "count(distinct" { "count(distinct ".into() } else { format!("{aggregate}(") };
        let condition = self.condition.map(|condition| format!(" where {condition}")).unwrap_or_default();
        format!("{call}{value}{condition} each {})", self.keys.join(", "))
    }

    /// The values, from those of the columns that the aggregate reads.
    fn of(&self, rows: &[Row], named: &dyn Fn(&str) -> Values) -> Values {
        let (values, keys) = (named(self.value), self.keys.iter().map(|key| named(key)).collect::<Vec<_>>());
        let keys_of = |row: usize| keys.iter().map(|key| key[row]).collect::<Option<Vec<i64>>>();
        let is_kept = |row: &usize| match self.condition {
            None => true,
            Some("c") => rows[*row].c == Some(true),
            Some(_) => rows[*row].x.is_some_and(|x| x > UNIT),
        };
        let value = |row: usize| {
            let own = keys_of(row)?;
            let kept = (0..rows.len()).filter(|&other| keys_of(other).as_ref() == Some(&own)).filter(is_kept);
            let kept: Vec<(i64, Option<i64>)> = kept.filter_map(|row| Some((values[row]?, rows[row].days()))).collect();
            let is_blank = (0..rows.len()).filter(|&it| keys_of(it).as_ref() == Some(&own)).any(|it| is_kept(&it));
            self.aggregated(kept, is_blank)
        };
        (0..rows.len()).map(value).collect()
    }

    /// The aggregate of values with their days. `is_kept` is true if the condition keeps any row.
    fn aggregated(&self, kept: Vec<(i64, Option<i64>)>, is_kept: bool) -> Option<i64> {
        let mut values: Vec<i64> = kept.iter().map(|(value, _)| *value).collect();
        values.sort_unstable();
        let (count, sum) = (values.len() as i64, values.iter().sum::<i64>());
        let on = |day: Option<i64>| {
            day.map(|day| kept.iter().filter(|(_, other)| *other == Some(day)).map(|(value, _)| value).sum())
        };
        match self.aggregate {
            "sum" if !is_kept => Some(0),
            "count" => Some(count),
            "count(distinct" => {
                values.dedup();
                Some(values.len() as i64)
            }
            _ if values.is_empty() => None,
            "sum" => Some(sum),
            "avg" => Some(sum / count),
            "min" => values.first().copied(),
            "max" => values.last().copied(),
            "median" => Some((values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2),
            "first" => on(kept.iter().filter_map(|(_, day)| *day).min()),
            "last" => on(kept.iter().filter_map(|(_, day)| *day).max()),
            other => unreachable!("{other}"),
        }
    }
}

#[derive(Debug, Clone)]
struct Case {
    rows: Vec<Row>,
    /// The second column may read the first one, and the third one may read both and have them as keys.
    columns: [Column; 3],
    threads: usize,
    filter: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let columns = [
        column(&["x", "age"], &["a", "b", "size"]).boxed(),
        column(&["x", "age", "one"], &["b", "size"]).boxed(),
        column(&["x", "one", "two"], &["a", "one", "two"]).boxed(),
    ];
    (prop::collection::vec(row(), 1..9), columns, 1usize..4, any::<bool>())
        .prop_map(|(rows, columns, threads, filter)| Case { rows, columns, threads, filter })
}

impl Case {
    fn definitions(&self) -> String {
        let [one, two, three] = self.columns.clone().map(|column| column.text());
        format!(
            "dataset t {{\n  time day\n  age = (day - 2026-01-01) / 1 day * 2520\n  size = floor(x / 5040)\n  \
             one = {one}\n  two = {two}\n  three = {three}\n}}\n"
        )
    }

    fn values(&self) -> [Values; 3] {
        let stored = |name: &str| -> Values {
            let of = |row: &Row| match name {
                "a" => row.a.map(i64::from),
                "b" => row.b.map(|b| i64::from(b.min(1))),
                "x" => row.x,
                "age" => row.days().map(|days| days * UNIT),
                "size" => row.x.map(|x| x / (2 * UNIT)),
                other => unreachable!("{other}"),
            };
            self.rows.iter().map(of).collect()
        };
        let [first, second, third] = &self.columns;
        let one = first.of(&self.rows, &stored);
        let named = |name: &str| if name == "one" { one.clone() } else { stored(name) };
        let two = second.of(&self.rows, &named);
        let three = third.of(&self.rows, &|name| if name == "two" { two.clone() } else { named(name) });
        [one, two, three]
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn columns_have_the_values_of_a_nested_loop(case in case()) {
        let query = Query::new(["only(one)", "only(two)", "only(three)"]).by("id");
        // Neither conditions nor the period of the query change the values.
        let query = if case.filter { query.filter_formula("c").period("2026-02") } else { query };
        let limits = Limits::default().threads(case.threads);
        let result = evaluate_within(&case.definitions(), &[("t", &table(&case.rows))], &query, &limits);
        let found = show(&result.map_err(TestCaseError::fail)?);
        let is_shown = |row: &Row| !case.filter || (row.c == Some(true) && row.day.is_some_and(|day| day / 28 == 1));
        let values = case.values();
        let mut expected = vec![];
        for (id, _) in case.rows.iter().enumerate().filter(|(_, row)| is_shown(row)) {
            let shown = |column: &Values| column[id].map_or("-".to_owned(), |value| value.to_string());
            expected.push(format!("{id} | {}", values.each_ref().map(shown).join(" | ")));
        }
        let found = ["Blank", "NoRowsKept", "NoRows"].iter().fold(found, |found, cause| found.replace(cause, "-"));
        prop_assert_eq!(found.lines().collect::<Vec<_>>(), expected);
    }
}
