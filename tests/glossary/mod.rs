//! Glossary, dependency graph and scorecard of a library.

#[cfg(feature = "cli")]
mod values;

use std::fmt::Write;
use std::sync::Arc;

use insta::assert_snapshot;
use yardstick::internal::render::{AdditivityEntry, FormulaWriter, GlossaryEntry, scorecard, scorecard_document};
use yardstick::output::{Glossary, Graph, Language, Locale};
use yardstick::{Dataset, Declaration, Embedded, Library, Limits, Query, Table};

const SHOP: &str = r#"
currency EUR
input ad_cost: money = sum(ads.cost where channel != "brand") { label "Ad spend" fr "Dépenses publicitaires" }
input clients: count = last(clients)
param goal: money = 40 EUR { label "Goal" fr "Objectif de coût" }

cost: money = ad_cost / clients {
  label       "Cost of a client" fr "Coût d'un client"
  about       "What a client costs; the shop's <b>first</b> figure." fr "Ce que coûte un client ; bien sûr : le premier chiffre !"
  better      lower
  target      goal
  good        <= goal            "Go on." fr "Continuer."
  watch       <= goal * 120%
  bad         otherwise          "Stop." fr "Arrêter."
  range       0..1_000
  per         month
  kind        lagging
  perspective customer
  stage       acquisition
  alias       "CPC", fr "coût client"
  source      "Handbook, page 3"
  example     ad_cost = 1_200, clients = 30 gives 40
}

trend: percent = growth(cost) { label "Trend" fr "Tendance"  kind leading  perspective customer  better lower }
lasting = if cost > goal then cost[year to date] else cost[last 3 months, channel = "web"]
"#;

fn library(text: &str) -> Library {
    Library::from_text(text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn glossary(text: &str, language: Language) -> Glossary {
    Glossary::of(&library(text), false, &Locale::new(language))
}

fn ids(library: &Library) -> Vec<yardstick::DefinitionId> {
    library.published().filter_map(|definition| library.id(&definition.name.text)).collect()
}

// ── formulas in words ────────────────────────────────────────────────────────

#[test]
fn every_kind_of_formula_has_words() {
    let said = |formula: &str, language: Language| {
        let library = library(&format!("{SHOP}\nasked = {formula}"));
        let locale = Locale::new(language);
        let formula = library.definition("asked").and_then(|it| it.formula.as_ref()).expect("it has a formula");
        FormulaWriter::new(&library, &locale).formula(formula).text().replace(['\u{a0}', '\u{202f}'], "·")
    };
    for (formula, english, french) in [
        ("ad_cost / clients", "Ad spend ÷ clients", "Dépenses publicitaires ÷ clients"),
        ("(clients - 1) / clients", "(clients − 1) ÷ clients", "(clients − 1) ÷ clients"),
        ("ad_cost * 12.50%", "Ad spend × 12.50%", "Dépenses publicitaires × 12,50·%"),
        ("ad_cost + 1000 EUR", "Ad spend + €1,000", "Dépenses publicitaires + 1·000·€"),
        ("clients[previous]", "clients (previous period)", "clients (période précédente)"),
        ("clients[1 year ago]", "clients (1 year ago)", "clients (il y a 1·an)"),
        ("share(clients)", "Share (clients)", "Part (clients)"),
        ("sum(x where y = \"a\")", "sum of x where y = “a”", "somme de x où y = «·a·»"),
        ("clients ?? 0", "clients, or if undefined 0", "clients, à défaut 0"),
        ("if clients > 2 then 1 else 0", "if clients > 2: 1; otherwise: 0", "si clients > 2·: 1·; sinon·: 0"),
    ] {
        assert_eq!(said(formula, Language::English), english);
        assert_eq!(said(formula, Language::French), french);
    }
}

// ── the glossary ─────────────────────────────────────────────────────────────

#[test]
fn writes_markdown_in_both_languages() {
    assert_snapshot!("markdown_en", glossary(SHOP, Language::English).markdown());
    assert_snapshot!("markdown_fr", glossary(SHOP, Language::French).markdown());
}

/// Checks that tags are balanced. Void elements of HTML have no end tag.
fn check_nesting(html: &str) {
    const VOID: [&str; 3] = ["meta", "input", "!doctype"];
    let mut open: Vec<&str> = vec![];
    let (before, rest) = html.split_once("<style>").expect("the page has a style");
    let (_, rest) = rest.split_once("</style>").expect("the style ends");
    let (middle, _) = rest.rsplit_once("<script>").expect("the page has a script");
    for tag in [before, middle].into_iter().flat_map(|part| part.split('<').skip(1)) {
        let name = tag.split(|letter: char| letter == '>' || letter.is_whitespace()).next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "before `{}`", &tag[..tag.len().min(40)]),
            None if VOID.contains(&&*name.to_lowercase()) => {}
            None => open.push(name),
        }
    }
    assert_eq!(open, ["html", "body"]);
}

/// The values of an attribute.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.split(&*start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_page_of_the_standard_library_is_complete() {
    let library = library("");
    for language in Language::ALL {
        let html = Glossary::of(&library, true, &Locale::new(language)).html();
        check_nesting(&html);
        assert!(html.contains(&format!("<html lang=\"{}\">", language.code())));
        let ids = attributes(&html, "id");
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "an id occurs twice");
        for definition in library.definitions() {
            assert!(ids.contains(&&*format!("kpi-{}", definition.name.text)), "{}", definition.name.text);
        }
        for link in attributes(&html, "href") {
            let place = link.strip_prefix('#').unwrap_or_else(|| panic!("`{link}` leaves the page"));
            assert!(ids.contains(&place), "`{link}` has no target");
        }
    }
}

#[test]
fn the_page_loads_no_resources() {
    let html = Glossary::of(&library(""), true, &Locale::new(Language::English)).html();
    for forbidden in ["http:", "https:", " src=", "url(", "@import", "<link", "<img", "<iframe", "javascript:"] {
        assert!(!html.contains(forbidden), "`{forbidden}`");
    }
}

#[test]
fn texts_of_authors_are_escaped() {
    let hostile = r#"
x = `a "b"` / 2 {
  label "<script>alert(1)</script>" fr "\"><img onerror=x>"
  about "</style></script><!-- & 'quotes'"
  alias "\" onload=\"x"
}"#;
    for language in Language::ALL {
        let glossary = glossary(hostile, language);
        let html = glossary.html();
        check_nesting(&html);
        assert!(!html.contains("<script>alert") && !html.contains("<img") && !html.contains(" onload=\""));
        // An escaped angle bracket is not a tag.
        assert!(!glossary.markdown().replace("<a id=", "").replace("</a>", "").replace("\\<", "").contains('<'));
    }
}

#[test]
fn french_pages_have_no_break_spaces() {
    let html = glossary(SHOP, Language::French).html();
    assert!(html.contains("un client\u{202f}; bien sûr\u{a0}: le premier chiffre\u{202f}!"));
    assert!(html.contains("Coût d’un client"));
}

// ── one definition ───────────────────────────────────────────────────────────

fn entry(library: &Library, name: &str) -> GlossaryEntry {
    GlossaryEntry::of(library, library.id(name).expect("it is defined"), Language::English)
}

#[test]
fn an_entry_says_whether_values_add_up() {
    let library =
        library("input spend\ninput stock = last(stock)\ncost = spend / stock\nboth = spend + stock\nparam p = 3");
    let line = |name| {
        let page = entry(&library, name).page(200);
        page.lines().find_map(|line| line.strip_prefix("adds up      ")).map(str::to_owned)
    };
    let adds_up = |text: &str| Some(text.to_owned());
    assert_eq!(line("spend"), adds_up("over time and over segments"));
    assert_eq!(line("cost"), adds_up("neither over time nor over segments: `spend / stock` is a ratio"));
    let stock = "`last(stock)` is a stock: its last value counts, not the sum".to_owned();
    assert_eq!(line("both"), Some(format!("over segments, not over time: {stock}")));
    assert_eq!(line("p"), None);
    let expected = AdditivityEntry { name: "semi-additive", over_time: Some(stock), over_segments: None };
    assert_eq!(entry(&library, "both").additivity, Some(expected));
}

#[test]
fn an_override_without_a_card_keeps_the_format_of_the_library() {
    let (standard, own) = (library(""), library("cac = spend / won"));
    let (standard, own) = (entry(&standard, "cac"), entry(&own, "cac"));
    assert!(standard.label.is_some() && !standard.aliases.is_empty() && !standard.bands.is_empty());
    assert_eq!((&own.label, &own.about, own.better), (&standard.label, &standard.about, standard.better));
    assert_eq!((&own.indicator, &own.perspective), (&standard.indicator, &standard.perspective));
    assert_eq!((&own.stage, &own.aliases), (&standard.stage, &standard.aliases));
    assert!(own.target.is_none() && own.range.is_none() && own.bands.is_empty());
    assert!(own.examples.is_empty() && own.source.is_none());
}

#[test]
fn an_override_with_a_card_uses_only_that_card() {
    let own = entry(&library("cac = spend / won { owner \"Sales\" }"), "cac");
    assert!(own.label.is_none() && own.better.is_none() && own.aliases.is_empty());
}

// ── the graph ────────────────────────────────────────────────────────────────

#[test]
fn writes_a_graph_in_four_formats() {
    let library = library(SHOP);
    let graph = Graph::of(&library, ids(&library), Language::English);
    let json = serde_json::to_string_pretty(&graph.json()).expect("it is data");
    assert_snapshot!("graph", [graph.text(), graph.mermaid(), graph.dot(), json].join("\n"));
}

#[test]
fn quotes_in_labels_are_escaped() {
    let library = library("x = y { label \"a \\\"b\\\" <c> \\\\ #d;\" }");
    let graph = Graph::of(&library, library.id("x"), Language::English);
    assert!(graph.mermaid().contains("n0[\"a #34;b#34; #60;c#62; \\ #35;d#59;\"]"), "{}", graph.mermaid());
    assert!(graph.dot().contains(r##"label="a \"b\" <c> \\ #d;""##), "{}", graph.dot());
}

#[test]
fn long_chains_are_cut_and_shared_nodes_expand_once() {
    let chain: String = (0..2_000).map(|at| format!("k{at} = k{} + 1\n", at + 1)).collect();
    let library = library(&format!("{chain}input k2000\na = b + c\nb = c + 1\nc = k2000 + 1"));
    let text = Graph::of(&library, library.id("k0"), Language::English).text();
    assert_eq!(text.lines().count(), yardstick::internal::render::MAX_TREE_DEPTH + 1);
    assert!(text.ends_with("k64 …\n"));
    let text = Graph::of(&library, library.id("a"), Language::English).text();
    assert_eq!(text, "a\n├── b\n│   └── c\n│       └── k2000 (input)\n└── c …\n");
}

// ── the scorecard ────────────────────────────────────────────────────────────

#[test]
fn a_scorecard_shows_the_empty_perspectives() {
    let library = Arc::new(library(SHOP));
    let ads = "month,channel,cost,clients\n2026-01,web,900,30\n2026-02,web,2400,40\n";
    let ads: Arc<dyn Dataset> =
        Arc::new(Table::from_csv("ads", ads, &Declaration::default()).expect("the table is right"));
    let query = Query::new(["trend", "cost"]).by("month");
    let evaluation = library
        .evaluate(&query, &Embedded::new(vec![ads]), &Limits::default())
        .unwrap_or_else(|problems| panic!("{problems}"));
    for language in Language::ALL {
        let locale = Locale::new(language);
        let card = scorecard(&evaluation, &[0, 1], &locale);
        let (table, markdown) = (card.table(None), card.markdown());
        assert_snapshot!(format!("scorecard_{}", language.code()), format!("{table}\n---\n\n{markdown}"));
    }
    let document = scorecard_document(&evaluation, &[0, 1], &Locale::new(Language::English));
    assert_snapshot!("scorecard_json", serde_json::to_string_pretty(&document).expect("it is data"));
}

/// Definitions that each need the one before and a datum of their own, and one that needs all data.
fn chain(length: usize) -> String {
    let mut text = String::from("input d0\nk0 = d0 * 2\n");
    for at in 1..length {
        let _ = writeln!(text, "input d{at}\nk{at} = k{} + d{at}", at - 1);
    }
    let all: Vec<String> = (0..length).map(|at| format!("d{at}")).collect();
    text + &format!("all = {}\n", all.join(" + "))
}

/// The sizes of everything that is rendered, and the number of data and boxes on the sheets.
fn sizes(length: usize) -> Vec<(&'static str, usize)> {
    let library = Library::builder().standard(false).text("chain.kpi", &chain(length)).build().unwrap();
    let glossary = Glossary::of(&library, false, &Locale::new(Language::English));
    let graph = Graph::of(&library, library.ids(), Language::English);
    let boxes = glossary.sheets().filter_map(|sheet| sheet.graph.as_ref()).map(|graph| graph.nodes.len()).sum();
    vec![
        ("markdown", glossary.markdown().len()),
        ("html", glossary.html().len()),
        ("data", glossary.sheets().map(|sheet| sheet.inputs.len()).sum()),
        ("boxes", boxes),
        ("text", graph.text().len()),
        ("mermaid", graph.mermaid().len()),
        ("dot", graph.dot().len()),
        ("json", serde_json::to_string(&graph.json()).unwrap().len()),
    ]
}

#[test]
fn twice_the_definitions_render_to_at_most_two_and_a_half_times_the_text() {
    for ((name, once), (_, twice)) in sizes(400).into_iter().zip(sizes(800)) {
        assert!(once > 0 && twice * 2 <= once * 5, "{name}: {once} → {twice}");
    }
}

#[test]
fn long_lists_of_data_end_with_an_ellipsis() {
    let library = Library::builder().standard(false).text("chain.kpi", &chain(101)).build().unwrap();
    let glossary = Glossary::of(&library, false, &Locale::new(Language::English));
    let sheet = |name: &str| glossary.sheets().find(|sheet| &*sheet.id == name).unwrap();
    let nearest = |name: &str| sheet(name).inputs.first().map(|input| input.id.to_string());
    assert_eq!((sheet("k99").inputs.len(), sheet("k99").more_inputs, nearest("k99")), (100, false, Some("d99".into())));
    assert_eq!((sheet("all").inputs.len(), sheet("all").more_inputs, nearest("all")), (100, true, Some("d0".into())));
    assert!(sheet("k20").graph.is_some() && sheet("k99").graph.is_none());
    assert!(glossary.markdown().contains("| …"));
}
