//! Checks laws that hold for every text, however hostile. The fuzz targets call them, and the tests replay them.
//!
//! Nothing panics, every position in a message is within the text, formatting preserves the meaning, and every computed
//! value can be explained.

mod archive;
#[cfg(feature = "cli")]
pub mod command;
pub mod files;
#[cfg(feature = "render")]
pub mod outputs;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use yardstick::internal::diagnostic::to_json;
use yardstick::internal::syntax;
use yardstick::internal::syntax::{ast, format_expr, parse_expression};
use yardstick::{
    ColumnType, Dataset, Declaration, Diagnostic, Embedded, Evaluation, FileId, Formatting, Library, Limits, Query,
    SourceMap, Style, Table, render,
};

/// Separates the parts of an input.
pub const SEPARATOR: &str = "\n=====\n";

/// Parses and formats any text, and parses the result again.
pub fn parse(text: &str) {
    let (file, problems) = syntax::parse(FileId(0), text);
    problems.iter().for_each(|problem| places(problem, text));
    match syntax::format(text) {
        Ok(formatted) => {
            assert!(problems.is_empty());
            let (again, problems) = syntax::parse(FileId(0), &formatted);
            assert!(problems.is_empty(), "{formatted}");
            assert_eq!(ast::shape(&file), ast::shape(&again), "{formatted}");
            assert_eq!(syntax::format(&formatted).as_ref(), Ok(&formatted));
        }
        Err(_) => assert!(!problems.is_empty()),
    }
    if let Ok(expr) = parse_expression(FileId(0), text) {
        let printed = format_expr(&expr);
        let again = parse_expression(FileId(0), &printed).unwrap_or_else(|problems| panic!("{printed}: {problems:?}"));
        assert_eq!(ast::shape(&expr), ast::shape(&again), "{printed}");
    }
}

fn places(problem: &Diagnostic, text: &str) {
    assert!(!problem.labels.is_empty(), "{problem:?}");
    let spans = problem.labels.iter().map(|label| label.span).chain(problem.fix.iter().map(|fix| fix.span));
    spans.for_each(|span| assert!(text.get(span.range()).is_some(), "{problem:?}"));
}

/// Compiles any text, and evaluates its valid definitions over small tables.
pub fn check(text: &str) {
    let (library, problems) = Library::builder().text("fuzz.kpi", text).build_anyway();
    show(&problems, library.sources());
    let limits = Limits::default().groups(1_000).nodes(5_000).time(Duration::from_secs(1)).threads(1);
    let totals = Query::all().totals(true);
    for query in [totals.clone(), totals.by("month").by("channel")] {
        question(&library, &query, &limits);
    }
}

/// Uses a text as a requested KPI, a condition, a grouping, a period and a given value.
pub fn query(text: &str) {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| {
        let text = "param goal = 3\ncpl = spend / leads { better lower target goal good <= goal bad otherwise }";
        Library::from_text(text).expect("the program is valid")
    });
    question(library, &Query::new([text]).by("month"), &Limits::default());
    question(library, &Query::all().filter_formula(text), &Limits::default());
    question(library, &Query::all().filter_is(text, text).by(text), &Limits::default());
    question(library, &Query::all().by("month").period(text), &Limits::default());
    question(library, &Query::all().set_formula("goal", text), &Limits::default());
}

/// Plans, evaluates, explains and formats a query.
fn question(library: &Library, query: &Query, limits: &Limits) {
    let source = Embedded::new(tables().to_vec());
    let (plan, problems) = library.plan_anyway(query, &source, limits);
    show(&problems, &plan.sources);
    match Arc::new(plan).evaluate(&source) {
        Ok(result) => explain(&result),
        Err(problems) => drop(problems.to_string()),
    }
}

fn explain(result: &Evaluation) {
    const SHOWN: usize = 4;
    for kpi in 0..result.plan.kpis.len().min(SHOWN) {
        for group in 0..result.groups.len().min(SHOWN) {
            let explanation = result.explain_at(kpi, group).expect("it has no limits");
            assert!(!explanation.steps.is_empty());
            assert_eq!(result.reason(kpi, group).is_some(), result.value(kpi, group).is_err());
            drop((result.outcome(kpi, group), result.group_label(group)));
        }
    }
    show(&result.notes, &result.plan.sources);
}

fn show(problems: &[Diagnostic], sources: &SourceMap) {
    drop(render(problems, sources, &Style::default()));
    problems.iter().for_each(|problem| drop(to_json(problem, sources)));
}

fn tables() -> &'static [Arc<dyn Dataset>] {
    static TABLES: OnceLock<Vec<Arc<dyn Dataset>>> = OnceLock::new();
    let table = |name, text| {
        let table = Table::from_csv(name, text, &Declaration::default()).expect("the table is valid");
        Arc::new(table) as Arc<dyn Dataset>
    };
    TABLES.get_or_init(|| {
        vec![
            table(
                "ads",
                "day,channel,spend,leads,a\n2026-01-03,web,100.5,10,1\n2026-02-01,mail,,0,2\n2026-04-30,,20,3,\n",
            ),
            table("crm", "month,plan,customers,revenue,b\n2026-01,pro,4,1000,yes\n2026-02,free,2,7.25,no\n"),
        ]
    })
}

/// Reads any text as a table. The first byte selects its declaration.
pub fn csv(text: &str) {
    let kind = text.bytes().next().unwrap_or_default();
    let mark = |bit: u8| kind & bit != 0;
    let formatting = Formatting {
        delimiter: mark(1).then_some(b';'),
        decimal: mark(2).then_some(','),
        dates: mark(4).then(|| "dd/mm/yyyy".into()),
        blank: if mark(8) { vec!["n/a".into()] } else { vec![] },
        ..Formatting::default()
    };
    match Table::from_csv("t", text, &Declaration { formatting, ..Declaration::default() }) {
        Ok(table) => counted(table),
        Err(problems) => {
            assert!(!problems.is_empty());
            show(&problems, &SourceMap::default());
        }
    }
}

/// Reads any text as records. The first byte selects their declaration.
pub fn json(text: &str) {
    let kind = text.bytes().next().unwrap_or_default();
    let ty = [ColumnType::Unknown, ColumnType::Number, ColumnType::Text, ColumnType::Date][usize::from(kind / 4 % 4)];
    let formatting = Formatting { decimal: (kind % 2 == 1).then_some(','), ..Formatting::default() };
    let types = if ty == ColumnType::Unknown { Default::default() } else { [("a".into(), ty)].into_iter().collect() };
    match Table::from_json("t", text, &Declaration { formatting, types, ..Declaration::default() }) {
        Ok(table) => {
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            let records: Vec<serde_json::Value> = match text.trim_start().starts_with('[') {
                true => serde_json::from_str(text).expect("the text was read before"),
                false => serde_json::Deserializer::from_str(text)
                    .into_iter()
                    .collect::<Result<_, _>>()
                    .expect("the text was read before"),
            };
            assert_eq!(table.rows(), records.len());
            counted(table);
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            show(&problems, &SourceMap::default());
        }
    }
}

/// Checks that every row is counted once.
fn counted(table: Table) {
    let rows = table.rows();
    let library = Library::from_text("n = count(t)").expect("the program is valid");
    let result = library.evaluate(&Query::all(), &Embedded::new(vec![Arc::new(table)]), &Limits::default());
    let result = result.expect("rows can be counted");
    if rows > 0 {
        assert_eq!(result.value(0, 0), Ok(yardstick::Decimal::from(rows).into()));
    }
}
