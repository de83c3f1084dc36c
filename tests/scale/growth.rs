//! Twice the definitions cost at most 2.5 times the steps and the memory, or end with `limit-reached`.

use std::fmt::Write;
use std::sync::Arc;

use yardstick::internal::budget::{Budget, build, evaluate, explain};
use yardstick::{Code, Dataset, Diagnostic, Embedded, Library, Limits, Query, Table};

const TABLE: &str = "day,ch,a\n2026-01-03,x,1\n2026-02-03,y,2\n2026-03-03,z,3\n";

/// What compiling, evaluating and explaining a program takes.
#[derive(Debug)]
struct Counted {
    steps: u64,
    bytes: u64,
    /// True if a limit was reached, or a part of the text is too large.
    limited: bool,
}

fn is_limit(problem: &Diagnostic) -> bool {
    matches!(problem.code, Code::LimitReached | Code::TooLarge)
}

fn counted(text: &str) -> Counted {
    let budget = Budget::new(None, 1 << 28, None);
    let (library, problems) = build(Library::builder().text("hostile.kpi", text), &budget);
    let mut limited = problems.iter().any(is_limit);
    let table = Table::from_csv("t", TABLE, &Default::default()).expect("the table is valid");
    let source = Embedded::new(vec![Arc::new(table) as Arc<dyn Dataset>]);
    let limits = Limits::default().nodes(20_000);
    match evaluate(&library, &Query::all().by("month"), &source, &limits, &budget) {
        Ok(result) if result.plan.kpis.is_empty() => {}
        Ok(result) => limited |= explain(&result, &budget).is_err_and(|problem| is_limit(&problem)),
        Err(problems) => limited |= problems.diagnostics().iter().any(is_limit),
    }
    Counted { steps: budget.steps(), bytes: budget.peak(), limited }
}

fn lines(first: &str, count: usize, line: impl Fn(usize) -> String, last: &str) -> String {
    let mut text = format!("{first}\n");
    (1..=count).for_each(|at| writeln!(text, "{}", line(at)).expect("writing to a text cannot fail"));
    text + last
}

/// The programs of a size, by name.
fn programs(n: usize) -> Vec<(&'static str, String)> {
    let root = n.isqrt();
    let all = (0..2 * root).map(|at| format!("d{at}")).collect::<Vec<_>>().join(" + ");
    vec![
        ("definitions", lines("", n, |at| format!("y{at} = sum(a) + {at}"), "")),
        ("a chain", lines("let d0 = a", n, |at| format!("let d{at} = d{} + 1", at - 1), &format!("y = d{n}"))),
        (
            "parameters",
            lines("param d0 = 1", n, |at| format!("param d{at} = d{} + 1", at - 1), &format!("y = a + d{n}")),
        ),
        ("a circle", lines("", n, |at| format!("d{at} = d{} + 1", at % n + 1), "")),
        ("a dense circle", lines("", 2 * root, |at| format!("d{} = {all}", at - 1), "")),
        ("nested circles", lines("d0 = a", n, |at| format!("d{at} = d{} + d{}", at % n + 1, n + 1 - at), "")),
        (
            "functions",
            lines("fn f0(x) = x", n, |at| format!("fn f{at}(x) = f{0}(x) + f{0}(x)", at - 1), &format!("y = f{n}(a)")),
        ),
        (
            "doubling",
            lines("fn f0(x) = x + x", n, |at| format!("fn f{at}(x) = f{0}(f{0}(x))", at - 1), &format!("y = f{n}(a)")),
        ),
        (
            "different calls",
            lines(
                "fn f0(x) = x",
                n,
                |at| format!("fn f{at}(x) = f{0}(x + 1) + f{0}(x + 2)", at - 1),
                &format!("y = f{n}(a)"),
            ),
        ),
        (
            "conditions",
            lines("let d0 = a", n, |at| format!("let d{at} = d{}[ch = \"{at}\"]", at - 1), &format!("y = d{n}")),
        ),
        (
            "sets of conditions",
            lines(
                "let d0 = a",
                n,
                |at| format!("let d{at} = d{0}[ch = \"{at}\"] + d{0}", at - 1),
                &format!("y = d{n}"),
            ),
        ),
        ("windows", lines("", n, |at| format!("y{at} = sum(a)[last {at} days]"), "")),
        (
            "shifts",
            lines("let d0 = a", n, |at| format!("let d{at} = d{}[1 day ago] + 1", at - 1), &format!("y = d{n}")),
        ),
        ("one formula in many contexts", {
            let sum = vec!["1"; n].join(" + ");
            lines(&format!("let d = {sum} + a"), n, |at| format!("y{at} = d[last {at} days]"), "")
        }),
        ("one aggregate in many contexts", {
            let sum = vec!["a"; n].join(" + ");
            lines(&format!("let d = sum({sum})"), n, |at| format!("y{at} = d[last {at} days]"), "")
        }),
        ("a long sum", format!("y = {}", vec!["a"; n].join(" + "))),
        ("nesting", format!("y = {}a{}", "(".repeat(n), ")".repeat(n))),
        ("long names", format!("{0} = 1\ny = {0}q + 1", "x".repeat(n))),
        (
            "an undefined chain",
            lines("let d0 = a / 0", n, |at| format!("let d{at} = d{} + 1", at - 1), &format!("y = d{n}")),
        ),
        ("an undefined sum", format!("y = {} + a / 0", vec!["a"; n].join(" + "))),
        ("duplicates", "k = 1\n".repeat(n)),
        ("unknown functions", lines("", n, |at| format!("y{at} = f{at}name(a)"), "")),
        ("near names", lines("", n, |at| format!("input orders_{at}_paid\ny{at} = order_{at}_paid"), "")),
        ("datasets", lines("", n, |at| format!("dataset t{at} {{ c{at} = a * 2 }}\ny{at} = sum(c{at})"), "")),
        ("bands", lines("y = sum(a) {", n, |at| format!("good > {at}"), "}")),
        ("broken items", "y = sum(\n".repeat(n)),
    ]
}

#[test]
fn twice_the_definitions_cost_at_most_two_and_a_half_times_the_work() {
    const SIZE: usize = 300;
    for ((name, small), (_, large)) in programs(SIZE).into_iter().zip(programs(2 * SIZE)) {
        let (small, large) = (counted(&small), counted(&large));
        let grows = large.steps * 2 > small.steps * 5 || large.bytes * 2 > small.bytes * 5;
        assert!(!grows || large.limited, "{name}: {small:?}, {large:?}");
    }
}
