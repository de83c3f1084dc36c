//! The rows behind a number: those that are listed are those that count, in the order that the aggregate says.

use std::borrow::Cow;
use std::sync::Arc;

use proptest::prelude::*;
use yardstick::backend::{Batch, Scan, Schema};
use yardstick::{
    Dataset, Decimal, Declaration, Diagnostic, Embedded, Evaluation, Explanation, Library, Limits, ListedRows, Query,
    RowPlace, RowsTrace, Table, Value,
};

/// A table with blank cells, a divisor of 0 and rows without a day.
const TABLE: &str = "\
day,channel,name,x,y
2026-01-03,web,a,10,1
2026-01-09,mail,b,-40,2
2026-01-09,web,a,,2
2026-01-20,web,c,25,4
2026-02-01,web,b,5,
2026-02-03,mail,a,7,1
2026-02-03,mail,c,7,3
2026-03-04,web,c,12,2
,web,a,99,1
";

fn result(definitions: &str, csv: &str, query: &Query) -> (Evaluation, Embedded) {
    let library = Library::from_text(definitions).unwrap_or_else(|error| panic!("{definitions}\n{error}"));
    let declaration = library.dataset("t").map_or_else(Declaration::default, |it| it.declaration.clone());
    let table = Table::from_csv("t", csv, &declaration).expect("it is a table");
    let source = Embedded::new(vec![Arc::new(table)]);
    let result = library.evaluate(query, &source, &Limits::default());
    (result.unwrap_or_else(|error| panic!("{definitions}\n{error}")), source)
}

/// The rows of the only aggregate of an explanation.
fn rows(explanation: &Explanation) -> &RowsTrace {
    explanation.steps.iter().find_map(|step| step.rows.as_ref()).expect("it is an aggregate of rows")
}

fn listed(definitions: &str, csv: &str, query: &Query, group: usize, count: usize) -> ListedRows {
    let (evaluation, source) = result(definitions, csv, query);
    let explanation = evaluation.explain_rows(0, group, &source, count).expect("it is within the limits");
    rows(&explanation).listed.clone().expect("rows were asked for")
}

/// The line of a row in the text of a table: tables in memory number their rows.
fn line(place: &RowPlace) -> u64 {
    place.line.expect("it has a number") + 1
}

/// The lines of the rows that count, and their values.
fn lines(listed: &ListedRows) -> Vec<(u64, String)> {
    let value = |value: &Option<Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    listed.rows.iter().map(|row| (line(&row.place), value(&row.value))).collect()
}

fn january(formula: &str, count: usize) -> ListedRows {
    listed("dataset t { time day }", TABLE, &Query::new([formula]).by("month"), 0, count)
}

/// The values of January are 10, -40 and 25, in the lines 2, 3 and 5.
#[test]
fn each_aggregate_has_an_order() {
    for (formula, expected) in [
        ("sum(t.x)", &[(3, "-40"), (5, "25"), (2, "10")][..]),
        ("avg(t.x)", &[(3, "-40"), (5, "25"), (2, "10")]),
        ("min(t.x)", &[(3, "-40"), (2, "10"), (5, "25")]),
        ("max(t.x)", &[(5, "25"), (2, "10"), (3, "-40")]),
        ("median(t.x)", &[(2, "10"), (5, "25"), (3, "-40")]),
        // The mean is -5/3.
        ("stddev(t.x)", &[(3, "-40"), (5, "25"), (2, "10")]),
        ("count(t.x)", &[(2, "10"), (3, "-40"), (5, "25")]),
        ("count(t)", &[(2, ""), (3, ""), (4, ""), (5, "")]),
        ("count(distinct t.name)", &[(2, "a"), (3, "b"), (5, "c")]),
        ("last(t.x)", &[(5, "25")]),
        ("first(t.x)", &[(2, "10")]),
        ("last(t.x by channel)", &[(3, "-40"), (5, "25")]),
        ("sum(t.x / t.y)", &[(3, "-20"), (2, "10"), (5, "6.25")]),
        ("sum(t.x where t.channel = \"web\")", &[(5, "25"), (2, "10")]),
        ("sum(t.x)[all channel]", &[(3, "-40"), (5, "25"), (2, "10")]),
    ] {
        let listed = january(formula, 10);
        let expected: Vec<(u64, String)> = expected.iter().map(|(line, value)| (*line, (*value).to_owned())).collect();
        assert_eq!((lines(&listed), listed.more), (expected, 0), "{formula}");
    }
}

#[test]
fn the_largest_rows_come_first_and_the_others_are_counted() {
    let listed = january("sum(t.x)", 2);
    assert_eq!(lines(&listed), [(3, "-40".to_owned()), (5, "25".to_owned())]);
    assert_eq!((listed.more, listed.column.as_deref()), (1, Some("x")));
    let cells: Vec<(&str, String)> = listed.rows[0]
        .cells
        .iter()
        .map(|(name, cell)| (&**name, cell.clone().expect("it is not blank").to_string()))
        .collect();
    assert_eq!(cells, [("day", "2026-01-09".to_owned()), ("x", "-40".to_owned())]);
}

/// The blank `x` of line 4, and the row without a day, which could be of any month.
#[test]
fn rows_that_do_not_count_are_listed_with_their_reasons() {
    let reasons = |listed: &ListedRows| -> Vec<(u64, String)> {
        listed.left_out.iter().map(|row| (line(&row.place), row.reason.to_string())).collect()
    };
    let blank = (4, "x is blank".to_owned());
    let dayless = (10, "day is blank".to_owned());
    assert_eq!(reasons(&january("sum(t.x)", 10)), [blank.clone(), dayless.clone()]);
    let one = january("sum(t.x)", 1);
    assert_eq!((reasons(&one), one.more_left_out), (vec![blank], 1));
    let csv = TABLE.replace("2026-01-03,web,a,10,1", "2026-01-03,web,a,10,0");
    let query = Query::new(["sum(t.x / t.y)"]).by("month");
    let failed = listed("dataset t { time day }", &csv, &query, 0, 10);
    assert_eq!(reasons(&failed)[0], (2, "division by zero".to_owned()));
    let undecided = Query::new(["sum(t.x)"]).by("month").filter_formula("y > 1");
    let listed = listed("dataset t { time day }", TABLE, &undecided, 1, 10);
    assert_eq!(reasons(&listed), [(6, "y is blank".to_owned())]);
}

/// Line 9 has the channel `web`; the total and `others` are groups like any other.
#[test]
fn rows_are_those_of_the_keys_of_the_group() {
    let query = Query::new(["sum(t.x)"]).by("channel").totals(true);
    let all = |group| lines(&listed("dataset t { time day }", TABLE, &query, group, 10)).len();
    assert_eq!((all(0), all(1), all(2)), (3, 5, 8));
    let top = Query::new(["sum(t.x)"]).by("name").top(1);
    let (evaluation, source) = result("dataset t { time day }", TABLE, &top);
    let others = evaluation.explain_rows(0, 1, &source, 10).expect("it is within the limits");
    // `a` has 10 + 7 + 99; `b` and `c` are the others.
    assert_eq!(lines(rows(&others).listed.as_ref().expect("it has rows")).len(), 5);
}

#[test]
fn numbers_and_periods_are_keys_as_results_spell_them() {
    let csv = "month,code,x\n2026-01,1.50,1\n2026-01,2,2\n2026-02,1.5,4\n";
    let query = Query::new(["sum(t.x)"]).by("code");
    let listed = listed("dataset t { time month }", csv, &query, 0, 10);
    assert_eq!(lines(&listed), [(4, "4".to_owned()), (2, "1".to_owned())]);
    assert_eq!(listed.rows[0].cells["month"], Some(Value::from("2026-02")));
}

/// At the end of February, bob's row and ann's second one are in force; `during` takes cyd too.
#[test]
fn rows_that_hold_over_an_interval_are_those_in_force() {
    let csv = "who,since,till,fee\nann,2026-01-05,2026-02-01,10\nann,2026-02-01,,12\nbob,2026-02-10,2026-03-05,20\n\
               cyd,2026-02-03,2026-02-20,5\n";
    let definitions = "dataset t { valid from since until till }";
    let february = |formula: &str| {
        let query = Query::new([formula]).by("month").period("2026-01..2026-03");
        lines(&listed(definitions, csv, &query, 1, 10)).into_iter().map(|(line, _)| line).collect::<Vec<_>>()
    };
    assert_eq!(february("sum(t.fee)"), [4, 3]);
    assert_eq!(february("sum(t.fee during)"), [4, 3, 5]);
    assert_eq!(february("first(t.fee)"), [2]);
}

#[test]
fn looked_up_columns_are_shown_with_their_dataset() {
    let library =
        Library::from_text("dataset t { lookup shops on shop = id }\ndataset shops\nk = sum(t.x where shops.big)")
            .expect("it is valid");
    let table = Table::from_csv("t", "shop,x\na,1\nb,2\nc,3\n", &Declaration::default()).expect("it is a table");
    let shops = Table::from_csv("shops", "id,big\na,yes\nb,no\n", &Declaration::default()).expect("it is a table");
    let source = Embedded::new(vec![Arc::new(table), Arc::new(shops)]);
    let result = library.evaluate(&Query::new(["k"]), &source, &Limits::default()).expect("it is valid");
    let explanation = result.explain_rows(0, 0, &source, 5).expect("it is within the limits");
    let listed = rows(&explanation).listed.as_ref().expect("it has rows");
    assert_eq!(lines(listed), [(2, "1".to_owned())]);
    assert_eq!(listed.rows[0].cells["shops.big"], Some(Value::from(true)));
    assert_eq!(listed.left_out[0].reason.to_string(), "shops.big is blank");
}

/// `a` has 10 + 7, without the row without a day.
#[test]
fn an_aggregate_with_each_lists_inner_groups() {
    let (evaluation, source) = result(
        "dataset t { time day }\nk = max(sum(t.x) each name)",
        TABLE,
        &Query::new(["k"]).period("2026-01..2026-03"),
    );
    let explanation = evaluation.explain_rows(0, 0, &source, 2).expect("it is within the limits");
    let groups = explanation.steps.iter().find_map(|step| step.groups.as_ref()).expect("it has inner groups");
    let listed = groups.listed.as_ref().expect("groups were asked for");
    let found: Vec<(&str, String)> = listed.groups.iter().map(|it| (&*it.keys, it.value.to_string())).collect();
    assert_eq!((found, listed.more), (vec![("c", "44".to_owned()), ("a", "17".to_owned())], 1));
}

#[test]
fn a_column_that_cannot_be_read_stops_no_other() {
    let folder = crate::data::temporary("unreadable.csv");
    let text: String = (0..60_000).map(|row| format!("2026-01-01,{row},{row}\n")).collect();
    std::fs::write(&folder, format!("day,x,y\n{}", text.replace("30000,30000\n", "30000,oops\n")))
        .expect("it is written");
    let declaration = Library::from_text("dataset t { x: number  y: number }").expect("it is valid");
    let declaration = declaration.dataset("t").expect("it is declared").declaration.clone();
    let source = Embedded::new(vec![yardstick::open("t", &folder, &declaration).expect("it can be opened").into()]);
    let library = Library::from_text("a = sum(t.x)\nb = sum(t.y)").expect("it is valid");
    let (result, problems) =
        library.evaluate_anyway(&Query::new(["a", "b"]), &source, &Limits::default()).expect("a can be computed");
    assert_eq!((result.plan.kpis.len(), problems.len()), (1, 1));
    let explanation = result.explain_rows(0, 0, &source, 1).expect("a has rows");
    let listed = rows(&explanation).listed.as_ref().expect("it has rows");
    // A file has lines.
    assert_eq!(listed.rows[0].place.line, Some(60_001));
    std::fs::remove_file(folder).expect("it was written");
}

#[test]
fn the_number_of_rows_is_limited() {
    let (evaluation, source) = result("k = sum(t.x)", TABLE, &Query::new(["k"]));
    let error = evaluation.explain_rows(0, 0, &source, 1_001).expect_err("it is too many");
    assert!(error.to_string().contains("at most 1000 rows are listed for each aggregate"), "{error}");
    let limits = Limits::default().memory(2_000_000);
    let csv: String = (0..20_000).map(|row| format!("{row}\n")).collect();
    let table = Table::from_csv("t", &format!("x\n{csv}"), &Declaration::default()).expect("it is a table");
    let source = Embedded::new(vec![Arc::new(table)]);
    let library =
        Library::from_text("k = last(t.x by x)\ndataset t { day = 2026-01-01  time day }").expect("it is valid");
    let result = library.evaluate(&Query::new(["k"]), &source, &Limits::default()).expect("it is within the limits");
    assert!(result.explain_rows(0, 0, &source, 1_000).is_ok());
    let tight = library.evaluate(&Query::new(["k"]), &source, &limits);
    let error = tight.and_then(|result| result.explain_rows(0, 0, &source, 1_000));
    assert!(error.expect_err("the segments take more").to_string().contains("memory"));
}

#[test]
fn at_most_32_columns_of_a_row_are_shown() {
    let names: Vec<String> = (0..40).map(|at| format!("c{at}")).collect();
    let csv = format!("{}\n{}\n", names.join(","), vec!["1"; 40].join(","));
    let listed = listed("", &csv, &Query::new([format!("sum({})", names.join(" + "))]), 0, 1);
    assert_eq!((listed.rows[0].cells.len(), lines(&listed)), (32, vec![(2, "40".to_owned())]));
}

/// Rows in batches of this size, in any order if it is a warehouse.
struct Dealt {
    table: Table,
    rows_each: usize,
    reversed: bool,
}

impl Dataset for Dealt {
    fn name(&self) -> &Arc<str> {
        Dataset::name(&self.table)
    }

    fn schema(&self) -> &Schema {
        Dataset::schema(&self.table)
    }

    fn scan(
        &self,
        scan: &Scan,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        self.table.scan(&Scan::new(scan.columns, 1), &|_, batch| {
            let mut rows: Vec<u32> = (0..batch.rows as u32).collect();
            if self.reversed {
                rows.reverse();
            }
            rows.chunks(self.rows_each).try_for_each(|rows| {
                let columns = batch.columns.iter().map(|column| Cow::Owned(column.take(rows))).collect();
                visit(0, &Batch { columns, rows: rows.len() })
            })
        })
    }

    fn is_ordered(&self) -> bool {
        !self.reversed
    }
}

/// What an explanation lists of a table that is dealt in batches.
fn dealt(rows_each: usize, reversed: bool, threads: usize, count: usize) -> String {
    let library = Library::from_text("dataset t { time day }").expect("it is valid");
    let declaration = &library.dataset("t").expect("it is declared").declaration;
    let table = Table::from_csv("t", TABLE, declaration).expect("it is a table");
    let source = Embedded::new(vec![Arc::new(Dealt { table, rows_each, reversed })]);
    let formulas =
        ["sum(t.x)", "count(t)", "last(t.x by name)", "median(t.x)", "stddev(t.x)", "count(distinct t.name)"];
    let query = Query::new(formulas).by("month");
    let result = library.evaluate(&query, &source, &Limits::default().threads(threads)).expect("it is valid");
    let all = (0..formulas.len()).flat_map(|kpi| (0..3).map(move |group| (kpi, group)));
    let listed = all.map(|(kpi, group)| {
        let explanation = result.explain_rows(kpi, group, &source, count).expect("it is within the limits");
        serde_json::to_string(rows(&explanation)).expect("it is data")
    });
    listed.collect::<Vec<_>>().join("\n")
}

#[test]
fn lists_depend_neither_on_batches_nor_on_threads_nor_on_the_order_of_a_warehouse() {
    for count in [1, 2, 10] {
        let expected = dealt(100, false, 1, count);
        for (rows_each, threads) in [(1, 1), (2, 4), (3, 2)] {
            assert_eq!(dealt(rows_each, false, threads, count), expected);
        }
        assert_eq!(dealt(2, true, 1, count), dealt(5, true, 1, count));
    }
    assert!(!dealt(2, true, 1, 10).contains("\"line\""));
}

/// Formulas whose value follows from the rows that count.
const FORMULAS: [&str; 20] = [
    "sum(t.x)",
    "sum(t.x / t.y)",
    "sum(t.x where t.y > 1)",
    "sum(t.x)[previous]",
    "sum(t.x)[last 2 months]",
    "sum(t.x)[all channel]",
    "sum(t.x)[channel = \"web\"]",
    "sum(t.x)[to date]",
    "count(t)",
    "count(t.x)",
    "count(t where t.x > t.y)",
    "count(distinct t.name)",
    "avg(t.x)",
    "min(t.x)",
    "max(t.x)",
    "last(t.x)",
    "first(t.x)",
    "last(t.x by name)",
    "median(t.x)",
    "stddev(t.x where t.channel != \"web\")",
];

/// The day, the channel, the name, `x` and `y`.
type RandomRow = (u8, u8, u8, Option<i16>, Option<u8>);

fn random_csv(rows: &[RandomRow]) -> String {
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let row = |&(day, channel, name, x, y): &RandomRow| {
        let date = format!("2026-{:02}-{:02}", 1 + day % 4, 1 + day / 4 % 28);
        let channel = ["web", "mail", ""][usize::from(channel % 3)];
        format!("{date},{channel},n{},{},{}\n", name % 5, number(x.map(Into::into)), number(y.map(|y| (y % 4).into())))
    };
    format!("day,channel,name,x,y\n{}", rows.iter().map(row).collect::<String>())
}

/// The value that the rows of an aggregate give.
fn recomputed(formula: &str, listed: &ListedRows) -> Option<Decimal> {
    let numbers: Vec<Decimal> = listed
        .rows
        .iter()
        .filter_map(|row| match &row.value {
            Some(Value::Number(number)) => Some(number.decimal),
            _ => None,
        })
        .collect();
    let count = Decimal::from(listed.rows.len());
    match formula.split('(').next() {
        Some("sum" | "last" | "first") => Some(numbers.iter().sum()),
        Some("count") => Some(count),
        Some("avg") => (!numbers.is_empty()).then(|| numbers.iter().sum::<Decimal>() / count),
        Some("min" | "max") => numbers.first().copied(),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    /// As many rows are listed as count and as are left out, and they give the value.
    #[test]
    fn the_rows_give_the_value(
        rows in prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>(), prop::option::weighted(0.8, -50..50_i16), prop::option::weighted(0.9, any::<u8>())), 1..40),
        by_channel: bool,
    ) {
        let csv = random_csv(&rows);
        let query = Query::new(FORMULAS).by("month").totals(true);
        let query = if by_channel { query.by("channel") } else { query };
        let (evaluation, source) = result("dataset t { time day }", &csv, &query);
        for (kpi, formula) in FORMULAS.iter().enumerate() {
            for group in 0..evaluation.groups.len() {
                let explanation = evaluation.explain_rows(kpi, group, &source, 1_000).expect("it is within the limits");
                let found = explanation.steps.iter().find_map(|step| step.rows.as_ref());
                let Some(trace) = found.filter(|rows| rows.rows + rows.skipped + rows.failed > 0) else { continue };
                let listed = trace.listed.as_ref().expect("rows were asked for");
                let distinct = formula.contains("distinct");
                if !distinct {
                    prop_assert_eq!(listed.rows.len() as u64 + listed.more, trace.rows, "{} {}\n{}", formula, group, &csv);
                }
                prop_assert_eq!(listed.left_out.len() as u64, trace.skipped + trace.failed, "{} {}\n{}", formula, group, &csv);
                let value = evaluation.value(kpi, group);
                if let (Ok(Value::Number(value)), Some(expected)) = (value, recomputed(formula, listed)) {
                    prop_assert_eq!(value.decimal.round_dp(20), expected.round_dp(20), "{} {}\n{}", formula, group, &csv);
                }
            }
        }
    }
}
