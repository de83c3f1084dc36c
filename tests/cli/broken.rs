//! Broken definitions: cuts each item of a program after each of its tokens and runs what the subcommands run. Nothing
//! may panic, and a test that depends on a broken definition reports it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use yardstick::internal::diagnostic::to_json;
use yardstick::internal::render::GlossaryEntry;
use yardstick::internal::syntax;
use yardstick::output::{Glossary, Graph, Language, Locale, derivation, derivation_markdown, sheet};
use yardstick::testing::TestScope;
use yardstick::{Dataset, DefinitionId, Embedded, Table, testing};
use yardstick::{Diagnostic, Library, Limits, Query, Style, render};

/// Items that use each other in all possible ways.
const ITEMS: [&str; 11] = [
    "calendar {\n  year starts april\n}\n",
    "currency EUR\n",
    "dataset shops {\n  area: text\n}\n",
    "dataset sales {\n  time day\n  lookup shops on shop\n  price: money\n  net = price * 80%\n}\n",
    "input costs: money = sum(sales.cost where shop != \"x\")\n",
    "param limit: percent = 30%\n",
    "fn ratio(part, whole): percent = part / whole {\n  example part = 1, whole = 4 gives 25%\n}\n",
    "revenue: money = sum(sales.net)\n",
    "margin: money = sum(sales.net) - costs {\n  label \"Margin\" fr \"Marge\"\n  target 50\n  better higher\n  good >= 40\n  bad otherwise\n}\n",
    "margin_rate: percent = ratio(margin, revenue) {\n  better higher\n  range 0%..100%\n  target limit\n  \
     good >= limit\n  bad < 10% \"Sell dearer.\"\n  example margin = 1, revenue = 2 gives 50%\n}\n",
    "test \"rates\" {\n  given sales \"\"\"\n    day        | shop | price | cost\n    2026-04-01 | a    | 100   | 20\n  \"\"\"\n  \
     by shop\n  expect margin_rate = 75%\n  expect \"\"\"\n    shop | margin\n    a    | 60\n  \"\"\"\n}\n",
];

fn tables(library: &Library) -> Vec<Arc<dyn Dataset>> {
    let texts = [("shops", "shop,area\na,north\nb,south\n"), ("sales", "day,shop,price,cost\n2026-04-01,a,100,20\n")];
    let table = |(name, text)| {
        let declaration = library.dataset(name).map(|it| it.declaration.clone()).unwrap_or_default();
        Some(Arc::new(Table::from_csv(name, text, &declaration).ok()?) as Arc<dyn Dataset>)
    };
    texts.into_iter().filter_map(table).collect()
}

/// Runs what `check`, `eval`, `explain`, `list`, `show`, `doc`, `graph`, `test` and `fmt` do with a text.
fn everything(text: &str, locale: &Locale) {
    let _ = syntax::format(text);
    let (library, problems) = Library::builder().standard(false).text("cut.kpi", text).build_anyway();
    shown(&problems, library.sources());
    let ids: Vec<DefinitionId> = library.ids().collect();
    for id in &ids {
        let entry = GlossaryEntry::of(&library, *id, Language::French);
        let _ = (entry.page(60), entry.markdown());
    }
    let glossary = Glossary::of(&library, false, locale);
    let _ = (glossary.markdown(), glossary.html());
    let graph = Graph::of(&library, ids, Language::English);
    let _ = (graph.text(), graph.mermaid(), graph.dot(), graph.json());
    let query = match text.len() % 2 {
        0 => Query::all(),
        _ => Query::new(["margin_rate", "ratio(1, 2)", "sum(sales.net)"]).by("month").by("area").totals(true),
    };
    evaluated(&library, &query, locale);
    for result in testing::run(&library, TestScope::All) {
        for failure in &result.failures {
            if let testing::Failure::Problems(problems) = failure {
                assert!(
                    problems.diagnostics().iter().any(Diagnostic::is_error),
                    "{} fails without an error",
                    result.title
                );
            }
        }
    }
}

fn evaluated(library: &Library, query: &Query, locale: &Locale) {
    let tables = tables(library);
    let source = Embedded::new(tables);
    let (plan, problems) = library.plan_anyway(query, &source, &Limits::default().threads(1));
    shown(&problems, &plan.sources);
    let Ok(evaluation) = Arc::new(plan).evaluate(&source) else { return };
    let groups: Vec<usize> = (0..evaluation.groups.len()).collect();
    let _ = sheet(&evaluation, &groups, locale);
    for (kpi, group) in groups.iter().flat_map(|group| (0..evaluation.plan.kpis.len()).map(|kpi| (kpi, *group))) {
        let explanation = evaluation.explain_at(kpi, group).unwrap();
        let _ = (derivation(&explanation, library, locale), derivation_markdown(&explanation, library, locale));
    }
}

fn shown(problems: &[Diagnostic], sources: &yardstick::SourceMap) {
    let _ = render(problems, sources, &Style::default());
    problems.iter().for_each(|problem| drop(to_json(problem, sources)));
}

/// The positions at which a token ends.
fn cuts(item: &str) -> Vec<usize> {
    let kind = |c: char| {
        if c.is_alphanumeric() || c == '_' {
            'a'
        } else if c.is_whitespace() {
            ' '
        } else {
            c
        }
    };
    let characters: Vec<(usize, char)> = item.char_indices().collect();
    let ends = characters.windows(2).filter(|pair| kind(pair[0].1) != kind(pair[1].1) && pair[1].1 != ' ');
    ends.map(|pair| pair[1].0).collect()
}

#[test]
fn the_whole_program_compiles() {
    let library = Library::builder().standard(false).text("all.kpi", &ITEMS.concat()).build();
    let library = Arc::new(library.unwrap_or_else(|problems| panic!("{problems}")));
    let results = testing::run(&library, TestScope::All);
    let failed: Vec<_> = results.iter().filter(|result| !result.passed()).collect();
    assert!(results.len() == 3 && failed.is_empty(), "{failed:#?}");
}

#[test]
fn cut_items_do_not_panic() {
    let locale = Locale::new(Language::English);
    for broken in 0..ITEMS.len() {
        for cut in cuts(ITEMS[broken]) {
            let mut items: Vec<&str> = ITEMS.to_vec();
            items[broken] = &ITEMS[broken][..cut];
            let text = items.join("\n");
            let result = catch_unwind(AssertUnwindSafe(|| everything(&text, &locale)));
            assert!(result.is_ok(), "a panic over:\n{text}");
        }
    }
}

#[test]
fn a_test_reports_that_it_needs_a_broken_definition() {
    let failure = |definitions: &str, expected: &str| {
        let text = format!("{definitions}\ntest \"t\" {{\n  given x = 1\n  expect {expected} = 2\n}}\n");
        let (library, _) = Library::builder().standard(false).text("a.kpi", &text).build_anyway();
        let results = testing::run(&library, TestScope::User);
        let [result] = &results[..] else { panic!("{results:?}") };
        let [testing::Failure::Problems(problems)] = &result.failures[..] else { panic!("{:?}", result.failures) };
        problems.diagnostics().iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ")
    };
    let input = "input x\n";
    assert_eq!(failure(&format!("{input}a = (x"), "a"), "the definition of `a` has an error");
    let chain = format!("{input}a = (x\nb = a + 1\nc = b + 1");
    assert_eq!(failure(&chain, "c"), "`c` cannot be computed: it needs `a`, whose definition has an error");
    let call = format!("{input}fn f(y) = y +\nc = f(x)");
    assert_eq!(failure(&call, "c"), "`c` cannot be computed: its definition has an error");
}
