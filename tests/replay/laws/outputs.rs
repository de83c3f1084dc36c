//! What the subcommands print of any definitions: glossary, graph, tables, derivations and the results of tests.

use std::sync::Arc;

use yardstick::internal::render::GlossaryEntry;
use yardstick::output::{Glossary, Graph, Language, Locale, derivation, derivation_markdown, sheet};
use yardstick::testing::{Failure, TestScope};
use yardstick::{DefinitionId, Diagnostic, Embedded, Library, Limits, Query, testing};

/// Runs the examples and tests of any text. A test that cannot run says why.
pub fn testing(text: &str) {
    let (library, _) = Library::builder().standard(false).text("fuzz.kpi", text).build_anyway();
    for result in testing::run(&library, TestScope::User) {
        for failure in &result.failures {
            if let Failure::Problems(problems) = failure {
                assert!(problems.diagnostics().iter().any(Diagnostic::is_error), "{}: no error", result.title);
            }
        }
    }
}

/// Renders any definitions and their values in all formats.
pub fn render(text: &str) {
    thread_local! {
        static LOCALE: Locale = Locale::new(Language::French);
    }
    LOCALE.with(|locale| rendered(text, locale));
}

fn rendered(text: &str, locale: &Locale) {
    let (library, _) = Library::builder().standard(false).text("fuzz.kpi", text).build_anyway();
    let ids: Vec<DefinitionId> = library.ids().collect();
    for id in &ids {
        let entry = GlossaryEntry::of(&library, *id, Language::French);
        drop((entry.page(60), entry.markdown()));
    }
    let glossary = Glossary::of(&library, false, locale);
    drop((glossary.markdown(), glossary.html()));
    let graph = Graph::of(&library, ids, Language::English);
    drop((graph.text(), graph.mermaid(), graph.dot(), graph.json()));
    values(&library, &Query::all().by("month").totals(true), locale);
}

fn values(library: &Library, query: &Query, locale: &Locale) {
    const SHOWN: usize = 3;
    let source = Embedded::new(super::tables().to_vec());
    let limits = Limits::default().groups(1_000).nodes(5_000).threads(1);
    let (plan, _) = library.plan_anyway(query, &source, &limits);
    let Ok(evaluation) = Arc::new(plan).evaluate(&source) else { return };
    let groups: Vec<usize> = (0..evaluation.groups.len()).collect();
    drop(sheet(&evaluation, &groups, locale));
    for kpi in 0..evaluation.plan.kpis.len().min(SHOWN) {
        for group in groups.iter().take(SHOWN) {
            let explanation = evaluation.explain_at(kpi, *group).expect("it is small");
            drop((derivation(&explanation, library, locale), derivation_markdown(&explanation, library, locale)));
        }
    }
}
