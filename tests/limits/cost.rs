//! The estimated cost of generated queries against the steps that are counted while they run.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use yardstick::internal::budget::{Budget, run};
use yardstick::{Code, Dataset, Embedded, Library, Limits, Query, Table, open};

/// The most that an estimate may be off, in either direction.
const FACTOR: u64 = 10;

/// Rows of some years with many customers, few channels and some blanks.
fn rows(count: usize) -> String {
    let mut text = String::from("day,channel,customer,spend,leads\n");
    for row in 0..count {
        let (year, month, day) = (2024 + row % 2, row / 5 % 12 + 1, row / 60 % 28 + 1);
        let leads = if row % 11 == 0 { String::new() } else { (row % 9).to_string() };
        let (channel, customer) = (["web", "mail", "shop"][row % 3], row * 31 % (count / 4 + 1));
        writeln!(text, "{year}-{month:02}-{day:02},{channel},c{customer},{}.25,{leads}", row % 97)
            .expect("a text can be extended");
    }
    text
}

/// Definitions of `y` and other KPIs, by name. `n` is their size.
fn programs(n: usize) -> Vec<(&'static str, String)> {
    let lines = |first: &str, line: &dyn Fn(usize) -> String| {
        (1..=n).fold(format!("{first}\n"), |text, at| format!("{text}{}\n", line(at)))
    };
    let sum = |term: &dyn Fn(usize) -> String| (1..=n).map(term).collect::<Vec<_>>().join(" + ");
    vec![
        ("one sum", "y = sum(spend)".into()),
        ("a ratio", "y = sum(spend) / sum(leads)".into()),
        ("a chain", lines("let d0 = sum(spend)", &|at| format!("d{at} = d{} * 2 + {at}", at - 1))),
        (
            "functions",
            lines("fn f0(x) = x * 3", &|at| format!("fn f{at}(x) = f{0}(x + {at}) + {at}", at - 1))
                + &format!("y = f{n}(sum(spend))"),
        ),
        ("many KPIs", lines("", &|at| format!("y{at} = sum(spend where leads > {at}) / sum(leads)"))),
        ("contexts", lines("", &|at| format!("y{at} = sum(spend)[channel != \"x{at}\"]"))),
        ("shares", lines("", &|at| format!("y{at} = sum(spend * {at}) / sum(spend * {at})[all]"))),
        ("shifts", lines("", &|at| format!("y{at} = sum(spend)[{at} months ago]"))),
        ("windows", lines("", &|at| format!("y{at} = sum(spend)[last {at} months]"))),
        ("windows of days", lines("", &|at| format!("y{at} = avg(spend)[last {at} days]"))),
        ("windows of medians", lines("", &|at| format!("y{at} = median(spend)[last {at} months]"))),
        ("windows of customers", lines("", &|at| format!("y{at} = count(distinct customer)[last {at} months]"))),
        ("everything so far", lines("", &|at| format!("y{at} = max(spend * {at})[to date]"))),
        ("powers", format!("y = {}", sum(&|at| format!("sum(spend) ^ 0.{at}")))),
        ("powers of rows", format!("y = sum({})", sum(&|at| format!("spend ^ 0.{at}")))),
        ("logarithms", format!("y = {}", sum(&|at| format!("ln(sum(spend) + {at})")))),
        ("medians", lines("", &|at| format!("y{at} = median(spend + {at}) + quantile(spend * {at}, 30%)"))),
        ("distinct", lines("", &|at| format!("y{at} = count(distinct customer where leads != {at})"))),
        ("last by", lines("", &|at| format!("y{at} = last(spend * {at} by customer)"))),
        ("each customer", lines("", &|at| format!("y{at} = avg(sum(spend * {at}) each customer)"))),
        ("each with a formula", format!("y = median({} each customer)", sum(&|at| format!("sum(spend) ^ 0.{at}")))),
        ("each month", "y = max(sum(spend) each month)".into()),
        (
            "columns of customers",
            format!(
                "dataset ads {{\n{}}}\ny = max(o1)",
                lines("", &|at| format!("  o{at} = sum(spend * {at} each customer)  p{at} = max(o{at} each channel)"))
            ) + &lines("", &|at| format!("y{at} = count(ads where o{at} > p{at} / 2)")),
        ),
        ("cards", lines("", &|at| format!("y{at} = sum(spend) + {at} {{ target sum(leads) * {at} }}"))),
    ]
}

fn queries() -> [(&'static str, Query); 7] {
    let all = Query::all;
    [
        ("in all", all().period("2024")),
        ("by month", all().by("month")),
        ("by day of a year", all().by("day").period("2025")),
        ("by day", all().by("day")),
        ("by channel", all().by("channel")),
        ("by customer", all().by("customer")),
        ("by month and channel", all().by("month").by("channel").period("2024..2025")),
    ]
}

/// How the estimated cost of all queries differs from the steps counted, where it differs too much.
fn wrong(source: &Embedded, n: usize) -> Vec<String> {
    let mut wrong = vec![];
    for (name, text) in programs(n) {
        let library = Library::from_text(&text).unwrap_or_else(|problems| panic!("{name}: {problems}"));
        for (grouped, query) in queries() {
            let limits = Limits::default().threads(1);
            let Ok(plan) = library.plan(&query, source, &limits) else { continue };
            let (plan, budget) = (Arc::new(plan), Budget::unlimited());
            run(&plan, source, &budget).unwrap_or_else(|problems| panic!("{name} {grouped}: {problems}"));
            let (estimated, counted) = (plan.cost(), budget.steps());
            if estimated > counted * FACTOR || counted > estimated * FACTOR {
                wrong.push(format!("{name} {grouped}: estimated {estimated}, counted {counted}"));
            }
        }
    }
    wrong
}

fn source_of(text: &str) -> Embedded {
    let table = Table::from_csv("ads", text, &Default::default()).expect("the table is valid");
    Embedded::new(vec![Arc::new(table) as Arc<dyn Dataset>])
}

#[test]
fn the_cost_of_tables_is_estimated_within_a_factor_of_ten() {
    for (count, n) in [(1, 4), (50, 12), (800, 5)] {
        assert_eq!(wrong(&source_of(&rows(count)), n), [""; 0], "{count} rows");
    }
}

#[test]
fn the_cost_of_files_is_estimated_within_a_factor_of_ten() {
    let folder = tempfile::tempdir().expect("there is a folder for tests");
    let text = rows(2_000);
    let csv = folder.path().join("ads.csv");
    fs::write(&csv, &text).expect("it can be written");
    let open = |path| open("ads", path, &Default::default()).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(wrong(&Embedded::new(vec![open(&csv).into()]), 3), [""; 0]);
}

/// The number of rows of a file that is inspected in part follows from its size.
#[test]
fn the_rows_of_large_files_are_estimated() {
    let folder = tempfile::tempdir().expect("there is a folder for tests");
    let (csv, json) = (folder.path().join("t.csv"), folder.path().join("t.json"));
    let count = 300_000;
    let all = || (0..count).map(|row| (row, row % 50));
    let lines = all().fold(String::from("k,x\n"), |text, (row, key)| text + &format!("k{key},number {row:07}\n"));
    fs::write(&csv, lines).expect("it can be written");
    let records =
        all().fold(String::new(), |text, (row, key)| text + &format!("{{\"k\": \"k{key}\", \"x\": {row}}}\n"));
    fs::write(&json, records).expect("it can be written");
    for path in [csv, json] {
        let dataset = open("t", &path, &Default::default()).unwrap_or_else(|problems| panic!("{problems:?}"));
        let rows = dataset.about_rows().expect("its size is known");
        assert!((count * 9 / 10..count * 11 / 10).contains(&rows), "{rows} rows of {}", path.display());
        let keys = dataset.schema().find("k").and_then(|column| dataset.about_distinct(column));
        assert_eq!(keys, Some(50));
    }
}

/// The number of keys that are known only after reading is checked again, that of inner groups too.
#[test]
fn the_cost_is_checked_again_when_the_groups_are_known() {
    let text = (0..3_000).fold(String::from("user,x\n"), |text, row| text + &format!("u{row},{row}\n"));
    let source = source_of(&text);
    let library =
        Library::from_text("y = avg((sum(x) + 1) ^ 0.5 each user)\nz = (sum(x) + 1) ^ 0.5").expect("it is valid");
    let errors = |query: Query, limit: u64| match library.evaluate(&query, &source, &Limits::default().cost(limit)) {
        Ok(_) => vec![],
        Err(problems) => problems.diagnostics().iter().map(|problem| problem.code).collect(),
    };
    for query in [Query::new(["y"]), Query::new(["z"]).by("user")] {
        assert_eq!(errors(query.clone(), 1_000_000), [Code::LimitReached]);
        assert_eq!(errors(query, 10_000_000), []);
    }
}
