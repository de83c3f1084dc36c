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
    /// The letters of all problems.
    letters: usize,
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
        Ok(result) if result.plan.kpis.is_empty() || result.groups.is_empty() => {}
        Ok(result) => limited |= explain(&result, &budget).is_err_and(|problem| is_limit(&problem)),
        Err(problems) => limited |= problems.diagnostics().iter().any(is_limit),
    }
    let letters = problems.iter().map(|problem| problem.message.len() + problem.hints.concat().len()).sum();
    Counted { steps: budget.steps(), bytes: budget.peak(), letters, limited }
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

/// Cards and parameters of a size, by name.
fn cards(n: usize) -> Vec<(&'static str, String)> {
    let list = |one: &dyn Fn(usize) -> String| (1..=n).map(one).collect::<Vec<_>>().join(", ");
    let card = |line: &dyn Fn(usize) -> String| lines("y = sum(a) {\n better higher", n, line, "}");
    vec![
        ("tags", format!("y = a {{ tags {} }}", list(&|at| format!("t{at}")))),
        ("aliases", format!("y = a {{ alias {} }}", list(&|at| format!("\"t{at}\"")))),
        ("a name of many", lines("", n, |at| format!("y{at} = a {{ alias \"t\" label \"T\" }}"), "")),
        ("bands between", card(&|at| format!("good between {} and {}", 2 * at, 2 * at + 1))),
        ("bands of formulas", card(&|at| format!("good > sum(a) * {at}"))),
        ("bands of many cards", {
            let bands = "good > 3 watch > 2 bad otherwise";
            lines("", n, |at| format!("y{at} = a + {at} {{ better higher {bands} }}"), "")
        }),
        ("examples", card(&|at| format!("example a = {at} gives {at}"))),
        ("names in an example", {
            let given = list(&|at| format!("b{at} = 1"));
            lines("", n, |at| format!("input b{at}"), &format!("y = b1 {{ example {given} gives 1 }}"))
        }),
        ("unknown names in an example", format!("y = a {{ example {} gives 1 }}", list(&|at| format!("c{at} = 1")))),
        ("unknown properties", card(&|at| format!("lable{at} \"x\""))),
        ("one property many times", card(&|_| "label \"x\"".into())),
        ("notes", format!("y = a {{ about \"{}\" }}", "word ".repeat(n))),
        ("comments", lines("", n, |at| format!("# {at}"), "y = a")),
        ("comments inside", lines("y = (", n, |at| format!("# {at}"), "a)")),
    ]
}

/// Datasets, columns and lookups of a size, by name.
fn tables(n: usize) -> Vec<(&'static str, String)> {
    let dataset = |line: &dyn Fn(usize) -> String, last: &str| lines("dataset t {\n c0 = a", n, line, last);
    vec![
        ("columns", dataset(&|at| format!(" c{at}: text"), "}\ny = sum(t.a)")),
        ("computed columns", dataset(&|at| format!(" c{at} = a * {at}"), "}\ny = sum(t.c1)")),
        ("used columns", {
            let sums = lines("}", n, |at| format!("y{at} = sum(t.c{at})"), "");
            dataset(&|at| format!(" c{at} = a * {at}"), &sums)
        }),
        ("a chain of columns", dataset(&|at| format!(" c{at} = c{} + 1", at - 1), &format!("}}\ny = sum(t.c{n})"))),
        ("a circle of columns", dataset(&|at| format!(" d{at} = d{} + 1", at % n + 1), "}\ny = sum(t.d1)")),
        ("one column many times", dataset(&|_| " c: text".into(), "}\ny = sum(t.a)")),
        ("lookups", {
            let others = lines("}", n, |at| format!("dataset u{at}"), "y = sum(t.a)");
            dataset(&|at| format!(" lookup u{at} on ch"), &others)
        }),
        ("a chain of lookups", {
            let one = |at| format!("dataset u{at} {{ lookup u{0} on ch  k{at} = u{0}.k{0} }}", at + 1);
            lines("", n, one, "y = count(u1 where k1 = 1)")
        }),
        ("types of one column", {
            let one = |at| format!("dataset u{at} {{ rate: percent }}\ny{at} = sum(rate) + {at}");
            lines("", n, one, "")
        }),
        ("misspelt datasets", lines("", n, |at| format!("dataset orders{at}\ny{at} = sum(order{at}.a)"), "")),
    ]
}

/// Tests in definitions of a size, by name.
fn tests(n: usize) -> Vec<(&'static str, String)> {
    let one = |at| format!("test \"t{at}\" {{ given a = {at} expect y = {at} }}");
    let rows = (0..n).map(|at| format!("2026-01-01, {at}\n")).collect::<String>();
    vec![
        ("tests", lines("let y = a", n, one, "")),
        ("tests of unknown names", lines("", n, |at| format!("test \"t\" {{ given b{at} = 1 expect c{at} = 1 }}"), "")),
        ("expectations", lines("y = a\ntest \"t\" {\n given a = 1", n, |_| " expect y = 1".into(), "}")),
        ("rows of a test", format!("y = a\ntest \"t\" {{ given \"\"\"\nday, a\n{rows}\"\"\" expect y = 1 }}")),
    ]
}

/// Long formulas and functions of a size, by name.
fn formulas(n: usize) -> Vec<(&'static str, String)> {
    let join = |one: &dyn Fn(usize) -> String, by: &str| (1..=n).map(one).collect::<Vec<_>>().join(by);
    let parameters = join(&|at| format!("p{at}"), ", ");
    let sum = join(&|at| format!("p{at}"), " + ");
    let published = |at| format!("d{at} = d{} + sum(a where a > {at})", at - 1);
    vec![
        ("a published chain", lines("d0 = a", n, |at| format!("d{at} = d{} + 1", at - 1), "")),
        ("a published chain of measures", lines("d0 = a", n, published, "")),
        ("many uses", lines("let x = sum(a)", n, |at| format!("y{at} = x"), "")),
        (
            "parameters of a function",
            format!("fn f({parameters}) = {sum}\ny = f({})", join(&|at| at.to_string(), ", ")),
        ),
        ("calls", lines("fn f(x) = x + 1", n, |at| format!("y{at} = f(a + {at})"), "")),
        ("calls in a formula", format!("fn f(x) = x + 1\ny = {}", join(&|at| format!("f(a + {at})"), " + "))),
        ("a circle of functions", lines("", n, |at| format!("fn f{at}(x) = f{}(x)", at % n + 1), "y = f1(a)")),
        ("what depends on a circle", lines("x = z\nz = x\nlet d0 = x", n, |at| format!("d{at} = d{} + x", at - 1), "")),
        ("alternatives", format!("y = {}0", join(&|at| format!("if a > {at} then {at} else "), ""))),
        ("a list", format!("y = count(t where ch in ({}))", join(&|at| format!("\"{at}\""), ", "))),
        ("parts of a condition", format!("y = sum(a)[{}]", join(&|at| format!("ch != \"{at}\""), " and "))),
        ("parts of a context", format!("y = sum(a)[{}]", join(&|at| format!("all c{at}"), ", "))),
        ("shifts of one aggregate", lines("", n, |at| format!("y{at} = sum(a)[{at} days ago]"), "")),
        ("conditions of one aggregate", lines("", n, |at| format!("y{at} = sum(a where ch = \"{at}\")"), "")),
        ("a product", format!("y = {}", vec!["a"; n].join(" * "))),
        ("a choice", format!("y = coalesce({})", join(&|at| format!("a / 0 + {at}"), ", "))),
        ("units", lines("", n, |at| format!("unit u{at}\ny{at}: u{at} = a"), "")),
        ("parts of a unit", format!("input a: {}\ny = a", vec!["day"; n].join("*"))),
    ]
}

/// Programs with many mistakes of one kind, by name.
fn mistakes(n: usize) -> Vec<(&'static str, String)> {
    let each = |line: &'static str| lines("", n, |at| line.replace("{}", &at.to_string()), "");
    vec![
        ("unknown units", lines("", n, |at| format!("unit u{at}nit\ny{at}: v{at}nit = a"), "")),
        ("mixed units", lines("currency EUR\ninput m: money", n, |at| format!("y{at} = m + {at} days"), "")),
        ("currencies", "currency EUR\n".repeat(n) + "y = a"),
        ("calendars", "calendar { year starts aprl }\n".repeat(n) + "y = a"),
        ("comparisons", each("y{} = a == 3")),
        ("ambiguous operators", each("y{} = -a ^ 2")),
        ("queries", each("SELECT a FROM t WHERE b = {}")),
        ("spreadsheet formulas", each("y{} = IF(a > 1; 2; 3)")),
        ("unclosed texts", each("y{} = \"text")),
        ("unclosed names", each("y{} = `text")),
        ("empty formulas", each("y{} =")),
        ("words", "word\n".repeat(n)),
        ("words in a line", "word ".repeat(n)),
        ("words in a formula", format!("y = {}", "word ".repeat(n))),
        ("brackets without an end", format!("y = a{}", "(".repeat(n))),
        ("brackets without a start", format!("y = a{}", ")".repeat(n))),
        ("ambiguous operators in a formula", format!("y = {}", vec!["-a ^ 2"; n].join(" + "))),
        ("comparisons in a formula", format!("y = {}", vec!["a"; n].join(" < "))),
    ]
}

#[test]
fn twice_the_definitions_cost_at_most_two_and_a_half_times_the_work() {
    const SIZE: usize = 300;
    let all = |n| [programs(n), cards(n), tables(n), tests(n), formulas(n), mistakes(n)].concat();
    for ((name, small), (_, large)) in all(SIZE).into_iter().zip(all(2 * SIZE)) {
        let (small, large) = (counted(&small), counted(&large));
        let grows = large.steps * 2 > small.steps * 5
            || large.bytes * 2 > small.bytes * 5
            || large.letters * 2 > small.letters * 5 + 1000;
        assert!(!grows || large.limited, "{name}: {small:?}, {large:?}");
    }
}
