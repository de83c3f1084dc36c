//! The limits of a query: cost, groups, operations and time. A query at the limit runs, and one beyond it is an error.

mod cost;

use std::sync::Arc;
use std::time::{Duration, Instant};

use yardstick::internal::eval::EXPLAINED_GROUPS;
use yardstick::{Code, Dataset, Embedded, Library, Limits, Query, Table};

/// Four rows for two measures.
const ROWS: &str =
    "day,channel,spend,leads\n2026-01-03,web,100,10\n2026-01-09,mail,20,4\n2026-02-01,web,50,5\n2026-04-01,web,60,6\n";

fn source(text: &str) -> Embedded {
    let table: Table = Table::from_csv("ads", text, &Default::default()).expect("the table is valid");
    Embedded::new(vec![Arc::new(table) as Arc<dyn Dataset>])
}

fn library(text: &str) -> Library {
    Library::from_text(text).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The codes of the errors, or an empty list if the query runs.
fn errors(library: &Library, query: &Query, source: &Embedded, limits: &Limits) -> Vec<Code> {
    match library.evaluate(query, source, limits) {
        Ok(_) => vec![],
        Err(problems) => problems.diagnostics().iter().map(|problem| problem.code).collect(),
    }
}

#[test]
fn too_many_periods_are_an_error_before_data_are_read() {
    let (library, source) = (library("spend = sum(ads.spend)"), source(ROWS));
    let limits = Limits::default();
    let started = Instant::now();
    for (grain, period, formula) in [
        ("day", "0001..9999", "spend"),
        ("hour", "1900..2100", "spend"),
        ("month", "0001..9999", "sum(spend ?? 0 each day)"),
    ] {
        let query = Query::new([formula]).by(grain).period(period);
        assert_eq!(errors(&library, &query, &source, &limits), [Code::LimitReached], "{grain} {period} {formula}");
        assert!(library.plan(&query, &source, &limits).is_err(), "{grain} {period} {formula}");
    }
    let query = Query::new(["spend"]).by("day").period("0001..9999");
    let few = Query::new(["spend"]).by("day").period("2026-01..2026-12");
    assert_eq!(errors(&library, &query, &source, &limits.clone().groups(100)), [Code::LimitReached]);
    assert_eq!(errors(&library, &few, &source, &limits.clone().groups(364)), [Code::LimitReached]);
    assert!(errors(&library, &few, &source, &limits.groups(365)).is_empty());
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_card_has_at_most_a_hundred_bands() {
    let card = |bands| format!("y = 1 {{ better higher {} }}", "good > 3 ".repeat(bands));
    let problems = |bands| match Library::from_text(&card(bands)) {
        Ok(_) => vec![],
        Err(problems) => {
            problems.diagnostics().iter().filter(|it| it.is_error()).map(|it| it.message.clone()).collect()
        }
    };
    assert_eq!(problems(100), [""; 0]);
    assert_eq!(problems(102), ["a card has at most 100 bands"]);
}

#[test]
fn a_dataset_has_at_most_a_hundred_tests() {
    let dataset = |tests| format!("dataset t {{ {} }}", "expect a > 3\n".repeat(tests));
    assert!(Library::from_text(&dataset(100)).is_ok());
    let problems = Library::from_text(&dataset(102)).expect_err("there are too many tests");
    assert!(problems.diagnostics().iter().any(|it| it.message == "a dataset has at most 100 tests"), "{problems}");
}

#[test]
fn the_cost_is_known_before_execution() {
    let (library, source) = (library("cpl = spend / leads"), source(ROWS));
    let plan = |query: &Query| library.plan(query, &source, &Limits::default());
    let limited = |cost| library.plan(&Query::all(), &source, &Limits::default().cost(cost));
    // Four rows with a date, two columns that are read and used, and two sums, which have one cell each; two measures (4
    // and 1) and one division (4) over one group.
    assert_eq!(plan(&Query::all()).expect("it is valid").cost(), 4 * 7 + 2 + 14);
    // A row has a key (4). There are two channels.
    assert_eq!(plan(&Query::all().by("channel")).expect("it is valid").cost(), 4 * 11 + 2 * 2 + 2 * 14);
    // 59 days contain at most 3 months of 28 days and one incomplete month; four rows have at most four cells.
    let quarter = Query::all().by("month").period("2026-01..2026-02");
    assert_eq!(plan(&quarter).expect("it is valid").cost(), 4 * 7 + 2 * 4 + 4 * 14);
    assert!(limited(44).is_ok());
    let refused = limited(43).expect_err("it costs 44");
    assert_eq!(refused.diagnostics()[0].code, Code::LimitReached);
    assert_eq!(refused.diagnostics()[0].message, "the estimated cost of the query is 44, above the limit of 43");
}

#[test]
fn the_number_of_groups_is_limited() {
    let (library, source) = (library("cpl = spend / leads"), source(ROWS));
    let errors = |groups| errors(&library, &Query::all().by("month"), &source, &Limits::default().groups(groups));
    // January to April, including March without rows.
    assert_eq!(errors(4), []);
    assert_eq!(errors(3), [Code::LimitReached]);
}

#[test]
fn a_time_limit_of_zero_stops_the_query_at_once() {
    let (library, source) = (library("cpl = spend / leads"), source(ROWS));
    let errors = |time| errors(&library, &Query::all(), &source, &Limits::default().time(time));
    assert_eq!(errors(Duration::ZERO), [Code::LimitReached]);
    assert_eq!(errors(Duration::from_secs(60)), []);
}

/// 1,500 logarithms and roots over 20,000 groups would take minutes. The evaluation stops soon after its time limit.
#[test]
fn a_long_evaluation_stops_at_its_time_limit() {
    let mut rows = String::from("key,x\n");
    (0..20_000).for_each(|key| rows.push_str(&format!("k{key},{key}.5\n")));
    let terms: Vec<String> = (1..=1_500).map(|n| format!("ln(x + {n}) ^ 0.5")).collect();
    let (library, source) = (library(&format!("y = {}", terms.join(" + "))), source(&rows));
    let limits = Limits::default().time(Duration::from_millis(1_000));
    let start = Instant::now();
    assert_eq!(errors(&library, &Query::all().by("key"), &source, &limits), [Code::LimitReached]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

/// Operations that only an explanation needs are computed per block of groups. Each group must get its own value.
#[test]
fn explanations_are_correct_in_every_block_of_groups() {
    let mut rows = String::from("key,x\n");
    let groups = 2 * EXPLAINED_GROUPS + 1;
    (0..groups).for_each(|key| rows.push_str(&format!("k{key:05},{key}\n")));
    let (library, source) = (library("let more = x + 1\ny = more * 2"), source(&rows));
    let result = library.evaluate(&Query::all().by("key"), &source, &Limits::default()).expect("it is valid");
    for group in [0, EXPLAINED_GROUPS - 1, EXPLAINED_GROUPS, groups - 1] {
        let explanation = result.explain_at(0, group).expect("it is small");
        let more = explanation.steps.iter().find(|step| step.name.as_deref() == Some("more")).expect("it is used");
        assert_eq!(more.value, Some((group + 1).to_string()));
    }
}

#[test]
fn a_shift_by_a_fraction_of_a_period_is_a_warning() {
    let source = source(ROWS);
    let warned = |context: &str, by: &str| {
        let library = library(&format!("x = sum(ads.spend)[{context}]"));
        let plan = library
            .plan(&Query::all().by(by), &source, &Limits::default())
            .unwrap_or_else(|problems| panic!("{problems}"));
        plan.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::Lint)
    };
    for (context, by) in [
        ("7 days ago", "month"),
        ("1 month ago", "quarter"),
        ("10 days ago", "week"),
        ("3 months ago", "year"),
        ("2 weeks ago", "quarter"),
    ] {
        assert!(warned(context, by), "{context} by {by}");
    }
    for (context, by) in [
        ("7 days ago", "day"),
        ("7 days ago", "week"),
        ("3 months ago", "quarter"),
        ("12 months ago", "year"),
        ("1 year ago", "week"),
        ("1 year ago", "month"),
        ("previous", "month"),
        ("2 periods ago", "quarter"),
        ("last 7 days", "month"),
    ] {
        assert!(!warned(context, by), "{context} by {by}");
    }
}

/// The messages of the errors of a text that is compiled within limits.
fn compile_errors(text: &str, limits: &Limits) -> Vec<String> {
    let (_, problems) = Library::builder().limits(limits).text("tenant.kpi", text).build_anyway();
    problems.into_iter().filter(|problem| problem.is_error()).map(|problem| problem.message).collect()
}

#[test]
fn compiling_has_limits() {
    let text = "y = a + 1\n".repeat(1_000);
    let late = Limits::default().time(Duration::ZERO);
    assert_eq!(compile_errors(&text, &late), ["the time limit of 0 ms was reached while reading definitions"]);
    let small = Limits::default().memory(10_000);
    assert_eq!(compile_errors(&text, &small), ["the compiled definitions would exceed the memory limit of 9 KiB"]);
    let canceled = Limits::default().cancel(|| true);
    assert_eq!(compile_errors(&text, &canceled), ["canceled while reading definitions"]);
    assert_eq!(compile_errors("y = a + 1", &Limits::default()), [""; 0]);
}

#[test]
fn a_hundred_problems_are_shown_and_the_rest_is_counted() {
    let errors = compile_errors(&"k = 1\n".repeat(1_000), &Limits::default());
    assert_eq!(errors.len(), 101);
    assert_eq!(errors[100], "there are 899 more errors");
}

#[test]
fn names_have_a_length() {
    let named = |length: usize| compile_errors(&format!("{} = 1", "x".repeat(length)), &Limits::default());
    assert_eq!(named(1_000), [""; 0]);
    assert_eq!(named(1_001), ["expected a name of at most 1000 bytes, found 1001"]);
}

#[test]
fn circles_are_reported_once_for_each_group_of_definitions() {
    let all: Vec<String> = (0..40).map(|at| format!("d{at}")).collect();
    let text: String = all.iter().map(|name| format!("{name} = {}\n", all.join(" + "))).collect();
    let errors = compile_errors(&text, &Limits::default());
    assert!(errors.len() <= 40, "{errors:?}");
    assert!(errors.iter().all(|error| error.contains("depends on itself") || error.contains("in a cycle")));
}

#[test]
fn a_context_has_a_maximum_number_of_conditions() {
    let source = source(ROWS);
    let chained = |count: usize| {
        let mut text = String::from("let d0 = sum(spend)\n");
        (1..=count).for_each(|at| text.push_str(&format!("let d{at} = d{}[channel != \"{at}\"]\n", at - 1)));
        library(&format!("{text}y = d{count}"))
    };
    assert_eq!(errors(&chained(256), &Query::all(), &source, &Limits::default()), []);
    assert_eq!(errors(&chained(257), &Query::all(), &source, &Limits::default()), [Code::LimitReached]);
}

/// A call that doubles a call that doubles a call … needs 2^40 calls, each of which waits for the next.
#[test]
fn waiting_calls_are_counted() {
    let mut text = String::from("fn f0(x) = x + x\n");
    (1..40).for_each(|at| text.push_str(&format!("fn f{at}(x) = f{0}(f{0}(x))\n", at - 1)));
    let library = library(&format!("{text}y = f39(spend)"));
    let source = source(ROWS);
    assert_eq!(errors(&library, &Query::all(), &source, &Limits::default()), [Code::LimitReached]);
    let small = library.evaluate(&Query::all(), &source, &Limits::default().memory(1 << 20)).expect_err("it is small");
    assert_eq!(small.diagnostics()[0].message, "the plan of the query would exceed the memory limit of 1 MiB");
}

#[test]
fn an_explanation_has_the_limits_of_the_query() {
    let text = "x".repeat(400);
    let line = |at: usize| format!("let d{at} = if \"{text}\" = \"\" then 0 else d{} + 1\n", at - 1);
    let chain: String = (1..3_000).map(line).collect();
    let library = library(&format!("let d0 = sum(spend) / 0\n{chain}y = d2999"));
    let limits = Limits::default().memory(4 << 20);
    let result = library.evaluate(&Query::all(), &source(ROWS), &limits).expect("it is small enough");
    let problems = result.explain_at(0, 0).expect_err("it is larger than the result");
    assert_eq!(problems.diagnostics()[0].code, Code::LimitReached);
}

/// A cycle that touches a reported one is not reported, but its definitions are not planned either.
#[test]
fn every_cycle_is_broken() {
    let text = "v = m + x\nm = m + u\nu = v\nx = u\n";
    let (library, problems) = Library::builder().text("cycles.kpi", text).build_anyway();
    assert_eq!(problems.iter().filter(|problem| problem.code == Code::Cycle).count(), 1);
    let (plan, _) = library.plan_anyway(&Query::new(["v", "x", "u"]), &source(ROWS), &Limits::default());
    assert!(plan.kpis.is_empty());
}
