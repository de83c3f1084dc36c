//! The memory limit: everything that grows with rows, keys and groups is counted before it is allocated.

use std::fmt::Write;
use std::sync::Arc;

use yardstick::{Code, Dataset, Declaration, Diagnostic, Embedded, Evaluation, Library, Limits, Query, Table};

use super::show;

const ROWS: usize = 20_000;

fn table(name: &str, text: &str, declaration: &Declaration) -> Arc<dyn Dataset> {
    Arc::new(Table::from_csv(name, text, declaration).expect("the table is valid"))
}

/// Rows with unique keys `k`, names that occur twice, ten groups `g`, and days of a year.
fn source() -> Embedded {
    let mut text = String::from("day,k,name,g,x,y\n");
    let mut random = 1u64;
    for row in 0..ROWS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let day = (random >> 33) % 336;
        let (group, x, y) = ((random >> 40) % 10, (random >> 42) % 100_000, (random >> 20) % 1_000);
        let (month, day) = (day / 28 + 1, day % 28 + 1);
        writeln!(text, "2025-{month:02}-{day:02},{row},n{},g{group},{x}.25,{y}", row / 2).expect("it is a text");
    }
    let mut names = String::from("id,label\n");
    (0..ROWS).for_each(|row| writeln!(names, "{row},label of {row}").expect("it is a text"));
    let library = Library::from_text("dataset t { time day }").expect("it is valid");
    let declaration = &library.dataset("t").expect("it is declared").declaration;
    Embedded::new(vec![table("t", &text, declaration), table("names", &names, &Declaration::default())])
}

/// Evaluates a formula by columns that are separated by commas.
fn evaluate(source: &Embedded, formula: &str, by: &str, limits: Limits) -> Result<Evaluation, Diagnostic> {
    let definitions = "dataset t { time day  lookup names on k = id }\ndataset names";
    let library = Library::from_text(definitions).unwrap_or_else(|problems| panic!("{problems}"));
    let columns = by.split(',').filter(|column| !column.is_empty());
    let query = columns.fold(Query::new([formula]), |query, column| query.by(column)).totals(true);
    let result = library.evaluate(&query, source, &limits);
    result.map_err(|problems| problems.into_diagnostics().remove(0))
}

/// Every aggregate and every structure: a formula, its grouping, and what would exceed a limit of 512 KiB.
const REFUSED: &[(&str, &str, &str)] = &[
    ("sum(t.x)", "k", "the groups of `t`"),
    ("sum(t.x)", "name", "the keys of all groups"),
    ("sum(t.x)", "day,g", "the measures of all groups"),
    ("sum(t.x)", "k,name", "the keys of `t`"),
    ("avg(t.x / t.y)", "k", "the sums of `x`, `y` in `t`"),
    ("max(t.name)", "name", "the groups of `t`"),
    ("only(t.name)", "k", "the groups of `t`"),
    ("median(t.x)", "g", "the distinct values of `x` in `t`"),
    ("quantile(t.x, 30%)", "g", "the distinct values of `x` in `t`"),
    ("count(distinct t.name)", "g", "the distinct values of `name` in `t`"),
    ("sum(distinct t.x / 3)", "g", "the distinct values of `x` in `t`"),
    ("only(distinct t.name)", "g", "the distinct values of `name` in `t`"),
    ("last(t.x by name)", "g", "the last values of `x` by `name` in `t`"),
    ("first(t.x by k)", "g", "the first values of `x` by `k` in `t`"),
    ("last(t.name by k, name)", "", "the last values of `name` by `name`, `k` in `t`"),
    ("sum(t.x)[last 30 days]", "day,g", "the measures of all groups"),
    ("median(t.x)[to date]", "day", "the distinct values of `x` in `t`"),
    ("sum(t.x where names.label > \"l\")", "", "the rows of `names` that are looked up"),
];

#[test]
fn what_would_exceed_the_memory_limit_is_named() {
    let source = source();
    for (formula, by, what) in REFUSED {
        for threads in [1, 2] {
            let limits = Limits::default().memory(512 << 10).threads(threads);
            let problem = evaluate(&source, formula, by, limits).map(drop).unwrap_err();
            assert_eq!(problem.code, Code::LimitReached);
            assert_eq!(
                problem.message,
                format!("{what} would exceed the memory limit of 512 KiB"),
                "{formula} by {by}"
            );
        }
    }
}

/// A limit that is large enough changes nothing. A smaller one gives an error.
#[test]
fn a_limit_that_is_sufficient_changes_nothing() {
    let source = source();
    for (formula, by, _) in REFUSED {
        let whole =
            show(&evaluate(&source, formula, by, Limits::default().threads(1)).expect("there is enough memory"));
        let mut sufficient = 0;
        for limit in [16, 20, 24, 27].map(|bits| 1u64 << bits) {
            match evaluate(&source, formula, by, Limits::default().memory(limit).threads(2)) {
                Ok(result) => {
                    sufficient += 1;
                    assert_eq!(show(&result), whole, "{formula} by {by} within {limit} bytes");
                }
                Err(problem) => {
                    assert_eq!((problem.code, sufficient), (Code::LimitReached, 0), "{formula} by {by}: {problem:?}");
                }
            }
        }
        assert!((1..4).contains(&sufficient), "{formula} by {by}: {sufficient}");
    }
}

/// Two rows far apart: 300 windows over ten thousand days take what the values need, and a smaller limit refuses them
/// before they are computed.
#[test]
fn many_windows_over_many_days_take_the_size_of_the_result() {
    let table = table("t", "day,x\n2000-01-01,1\n2026-12-31,2\n", &Declaration::default());
    let source = Embedded::new(vec![table]);
    let library = Library::from_text("dataset t { time day }").expect("it is valid");
    let formulas: Vec<String> = (1..=300).map(|days| format!("sum(x)[last {days} days]")).collect();
    let query = Query::new(formulas).by("day");
    let within = |bytes: u64| library.evaluate(&query, &source, &Limits::default().memory(bytes).threads(1));
    // 9,862 days × 300 measures × 38 bytes.
    let result = within(160 << 20).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(result.groups.len(), 9_862);
    let problems = within(64 << 20).map(drop).unwrap_err();
    let message = "the measures of all groups would exceed the memory limit of 64 MiB";
    assert_eq!(problems.diagnostics()[0].message, message);
}

/// 400 columns of 2,000 records that have one value each: what the records leave out takes memory too.
#[test]
fn reading_a_file_takes_its_memory_from_the_budget() {
    let names: Vec<String> = (0..400).map(|at| format!("c{at}")).collect();
    let first: Vec<String> = names.iter().map(|name| format!("\"{name}\":1")).collect();
    let text = format!("[{{{}}}{}]", first.join(","), ",{\"c1\":1}".repeat(1_999));
    let path = std::env::temp_dir().join(format!("yardstick-{}-sparse.json", std::process::id()));
    std::fs::write(&path, text).expect("the folder is writable");
    let dataset = yardstick::open("t", &path, &Declaration::default()).expect("the file is valid");
    let source = Embedded::new(vec![dataset.into()]);
    let library = Library::from_text("").expect("it is valid");
    let query = Query::new(names.iter().map(|name| format!("sum({name})")).collect::<Vec<_>>());
    let within = |bytes: u64| library.evaluate(&query, &source, &Limits::default().memory(bytes).threads(1));
    assert!(within(64 << 20).is_ok());
    // 2,000 × 400 × 17 bytes.
    let problems = within(12 << 20).map(drop).unwrap_err();
    let message = &problems.diagnostics()[0].message;
    assert!(message.starts_with("the columns of a block of `"), "{message}");
    assert!(message.ends_with("would exceed the memory limit of 12 MiB"), "{message}");
    std::fs::remove_file(path).expect("it was just written");
}
