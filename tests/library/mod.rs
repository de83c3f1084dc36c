//! The files of the standard library: they parse, cover the whole catalogue, and have complete cards.

mod base;
mod results;

use std::path::Path;

use yardstick::internal::syntax::ast::{
    Card, Definition, Example, Function, Item, ItemKind, Property, PropertyKind, StepKind, Test, Text, TextProperty,
    WordProperty,
};
use yardstick::internal::syntax::parse;
use yardstick::{Builder, Code, DefinitionKind, Diagnostic, Library, SourceFile, SourceMap, Status, Style, render};

/// Every indicator in the source documents, and a few more that separate two meanings of one indicator.
const CATALOGUE: [&str; 75] = [
    "cac",
    "cpl",
    "lead_margin_gap",
    "ltv_revenue",
    "ltv_margin",
    "ltv_churn",
    "ltv_cac_ratio",
    "ltv_minus_cac",
    "margin_per_order",
    "first_order_result",
    "romi_revenue",
    "romi_margin",
    "roas",
    "revenue_growth_rate",
    "average_deal_size",
    "average_basket",
    "leads",
    "leads_vs_target",
    "leads_by_channel",
    "mcl",
    "mql",
    "sql_leads",
    "prospects",
    "new_customers",
    "visitor_to_lead_rate",
    "lead_to_customer_rate",
    "lead_to_mql_rate",
    "sales_conversion_rate",
    "step_conversion_rate",
    "close_rate",
    "leads_per_close",
    "traffic_to_prospect_rate",
    "booth_to_prospect_rate",
    "visitor_to_mql_rate",
    "visitors_per_mql",
    "mql_to_sql_rate",
    "mql_per_sql",
    "sql_to_quote_rate",
    "sql_per_quote",
    "quote_to_win_rate",
    "quotes_per_win",
    "lead_velocity_rate",
    "lead_maturation_days",
    "retention_rate",
    "churn_rate_total",
    "churn_rate_total_annual",
    "churn_rate_opening",
    "churn_rate_average",
    "retention_rate_cohort",
    "net_new_customers",
    "buyers",
    "first_time_buyers",
    "repeat_buyers",
    "repeat_purchase_rate",
    "cohort_retention",
    "mrr",
    "arr",
    "new_mrr",
    "expansion_mrr",
    "contraction_mrr",
    "churned_mrr",
    "conversion_rate_within",
    "retained_mrr",
    "retained_mrr_without_expansion",
    "net_revenue_retention",
    "gross_revenue_retention",
    "nps",
    "sessions",
    "users",
    "page_views",
    "pages_per_session",
    "average_session_duration",
    "bounce_rate",
    "traffic",
    "booth_traffic",
];

/// The inputs of the indicators, without those that are indicators themselves.
const INPUTS: [&str; 42] = [
    "marketing_and_sales_cost",
    "lead_generation_spend",
    "marketing_spend",
    "campaign_cost",
    "ad_spend",
    "campaign_revenue",
    "incremental_revenue",
    "revenue",
    "annual_revenue_per_customer",
    "gross_margin_rate",
    "margin_per_lead",
    "customer_lifetime_years",
    "purchases_per_customer_life",
    "orders",
    "deals_won",
    "customers_won",
    "deals_closed",
    "leads_received",
    "leads_target",
    "leads_mcl",
    "quotes",
    "customers_quoted",
    "prospects_from_booth",
    "web_visitors",
    "visitors",
    "booth_visitors",
    "session_seconds",
    "single_page_sessions",
    "customers_start",
    "customers_end",
    "customers_lost",
    "customers_total",
    "customers_retained",
    "active_customers",
    "promoters",
    "passives",
    "detractors",
    "days_to_qualify",
    "leads_qualified",
    "stage_count_current",
    "stage_count_next",
    "engaged_sessions",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Parses `.kpi` files; panics with all syntax errors if there are any.
fn items(paths: &[&str]) -> Vec<Item> {
    let mut sources = SourceMap::default();
    let mut items = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(root().join(path)).expect("the file is part of the repository");
        let id = sources.add(SourceFile::new(*path, text.clone()));
        let (file, found) = parse(id, &text);
        items.extend(file.items);
        problems.extend(found);
    }
    let shown: Vec<_> =
        problems.iter().map(|it| format!("{}: {}", sources.place(it.labels[0].span), it.message)).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    items
}

const MODULES: [&str; 13] = [
    "kpis/acquisition.kpi",
    "kpis/customers.kpi",
    "kpis/functions.kpi",
    "kpis/funnel.kpi",
    "kpis/inputs.kpi",
    "kpis/leads.kpi",
    "kpis/retention.kpi",
    "kpis/returns.kpi",
    "kpis/revenue.kpi",
    "kpis/satisfaction.kpi",
    "kpis/subscriptions.kpi",
    "kpis/traffic.kpi",
    "kpis/value.kpi",
];

fn definitions(items: &[Item]) -> Vec<&Definition> {
    items.iter().filter_map(|item| if let ItemKind::Definition(it) = &item.kind { Some(it) } else { None }).collect()
}

fn published(items: &[Item]) -> Vec<&Definition> {
    definitions(items).into_iter().filter(|it| it.kind == DefinitionKind::Kpi).collect()
}

fn tests(items: &[Item]) -> Vec<&Test> {
    items.iter().filter_map(|item| if let ItemKind::Test(it) = &item.kind { Some(it) } else { None }).collect()
}

fn functions(items: &[Item]) -> Vec<&Function> {
    items.iter().filter_map(|item| if let ItemKind::Function(it) = &item.kind { Some(it) } else { None }).collect()
}

fn card(definition: &Definition) -> &Card {
    definition.card.as_ref().unwrap_or_else(|| panic!("`{}` has no card", definition.name.text))
}

fn find<'a, T>(card: &'a Card, pick: impl Fn(&'a PropertyKind) -> Option<T>) -> Option<T> {
    card.properties.iter().find_map(|Property { kind, .. }| pick(kind))
}

fn text(card: &Card, searched: TextProperty) -> Option<&Text> {
    find(card, |kind| match kind {
        PropertyKind::Text { property, text } if *property == searched => Some(text),
        _ => None,
    })
}

fn word(card: &Card, searched: WordProperty) -> Option<&str> {
    find(card, |kind| match kind {
        PropertyKind::Words { property, words } if *property == searched => Some(&*words[0].text),
        _ => None,
    })
}

fn examples(card: &Card) -> Vec<&Example> {
    card.properties
        .iter()
        .filter_map(|it| if let PropertyKind::Example(e) = &it.kind { Some(e) } else { None })
        .collect()
}

fn aliases(card: &Card) -> Vec<(Option<&str>, &str)> {
    let all =
        card.properties.iter().filter_map(|it| if let PropertyKind::Alias(a) = &it.kind { Some(a) } else { None });
    all.flatten().map(|it| (it.language.as_ref().map(|name| &*name.text), &*it.text)).collect()
}

fn is_bilingual(text: &Text) -> bool {
    let languages: Vec<_> = text.translations.iter().map(|it| it.language.as_ref().map(|name| &*name.text)).collect();
    languages == [None, Some("fr")] && text.translations.iter().all(|it| !it.text.trim().is_empty())
}

fn expected_in_tests(items: &[Item], name: &str) -> bool {
    let steps = tests(items).into_iter().flat_map(|test| &test.steps);
    steps.into_iter().any(|step| matches!(&step.kind, StepKind::ExpectValues { name: it, .. } if *it.text == *name))
}

/// The properties that `check` finds missing in each definition, as `name: property`.
fn lacking(definitions: &[&Definition], check: impl Fn(&Definition) -> Vec<&'static str>) -> Vec<String> {
    let one =
        |it: &&Definition| check(it).into_iter().map(|what| format!("{}: {what}", it.name.text)).collect::<Vec<_>>();
    definitions.iter().flat_map(one).collect()
}

#[test]
fn the_list_of_modules_is_complete() {
    let folder = std::fs::read_dir(root().join("kpis")).expect("the folder exists");
    let mut found: Vec<_> =
        folder.map(|it| format!("kpis/{}", it.expect("readable").file_name().to_string_lossy())).collect();
    found.retain(|name| name != "kpis/terms.csv");
    found.sort();
    assert_eq!(found, MODULES);
}

#[test]
fn every_file_parses() {
    items(&MODULES);
    items(&["tests/library/functions.kpi", "examples/leads/leads.kpi"]);
}

#[test]
fn the_whole_catalogue_is_defined() {
    let items = items(&MODULES);
    let published: Vec<_> = published(&items).into_iter().map(|it| &*it.name.text).collect();
    let missing: Vec<_> = CATALOGUE.iter().filter(|id| !published.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let inputs: Vec<_> = definitions(&items).into_iter().filter(|it| it.kind == DefinitionKind::Input).collect();
    let missing: Vec<_> = INPUTS.iter().filter(|id| !inputs.iter().any(|it| *it.name.text == ***id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_name_is_unique() {
    let items = items(&MODULES);
    let mut names: Vec<_> = definitions(&items).into_iter().map(|it| &*it.name.text).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(!names.contains(&"conversion_rate"), "the documents mean two things by it");
}

#[test]
fn the_library_chooses_no_currency() {
    assert!(!items(&MODULES).iter().any(|item| matches!(item.kind, ItemKind::Currency(_))));
}

#[test]
fn every_card_is_complete() {
    let items = items(&MODULES);
    let missing = lacking(&published(&items), |kpi| {
        let card = card(kpi);
        let bilingual = |property| text(card, property).is_some_and(is_bilingual);
        let aliases = aliases(card);
        let has = [
            ("type", kpi.annotation.is_some()),
            ("label in both languages", bilingual(TextProperty::Label)),
            ("about in both languages", bilingual(TextProperty::About)),
            ("source", text(card, TextProperty::Source).is_some()),
            ("better", word(card, WordProperty::Better).is_some()),
            ("kind", word(card, WordProperty::Kind).is_some()),
            ("perspective", word(card, WordProperty::Perspective).is_some()),
            ("stage", word(card, WordProperty::Stage).is_some()),
            ("alias", aliases.iter().any(|it| it.0.is_none())),
            ("French alias", aliases.iter().any(|it| it.0 == Some("fr"))),
            ("format", find(card, |kind| matches!(kind, PropertyKind::Format(_)).then_some(())).is_some()),
            ("example or test", !examples(card).is_empty() || expected_in_tests(&items, &kpi.name.text)),
        ];
        has.into_iter().filter(|it| !it.1).map(|it| it.0).collect()
    });
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_input_has_a_type_a_formula_a_label_and_a_source() {
    let items = items(&MODULES);
    let inputs: Vec<_> = definitions(&items).into_iter().filter(|it| it.kind == DefinitionKind::Input).collect();
    let missing = lacking(&inputs, |input| {
        let has = [
            ("type", input.annotation.is_some()),
            ("aggregate", input.formula.is_some()),
            ("label in both languages", text(card(input), TextProperty::Label).is_some_and(is_bilingual)),
            ("source", text(card(input), TextProperty::Source).is_some()),
        ];
        has.into_iter().filter(|it| !it.1).map(|it| it.0).collect()
    });
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn all_advice_is_in_both_languages() {
    let items = items(&MODULES);
    let missing = lacking(&definitions(&items), |it| {
        let bands = card(it)
            .properties
            .iter()
            .filter_map(|it| if let PropertyKind::Band(b) = &it.kind { Some(b) } else { None });
        bands.filter(|band| !band.advice.as_ref().is_some_and(is_bilingual)).map(|band| name(band.status)).collect()
    });
    assert!(missing.is_empty(), "{missing:#?}");
}

fn name(status: Status) -> &'static str {
    match status {
        Status::Good => "good",
        Status::Watch => "watch",
        Status::Bad => "bad",
    }
}

/// A KPI has thresholds if and only if a source document gives them.
#[test]
fn thresholds_are_those_of_the_documents() {
    let items = items(&MODULES);
    let is_band = |it: &Property| matches!(it.kind, PropertyKind::Band(_));
    let mut banded: Vec<_> =
        published(&items).into_iter().filter(|it| card(it).properties.iter().any(is_band)).collect();
    banded.sort_by(|a, b| a.name.text.cmp(&b.name.text));
    let names: Vec<_> = banded.iter().map(|it| &*it.name.text).collect();
    let expected = [
        "cac",
        "churn_rate_total_annual",
        "cpl",
        "first_order_result",
        "lead_margin_gap",
        "leads_vs_target",
        "ltv_cac_ratio",
        "ltv_margin",
        "ltv_minus_cac",
        "net_new_customers",
        "romi_margin",
        "romi_revenue",
    ];
    assert_eq!(names, expected);
    let yearly: Vec<_> = banded.iter().filter(|it| word(card(it), WordProperty::Per) == Some("year")).collect();
    assert_eq!(yearly.len(), 1);
    assert_eq!(&*yearly[0].name.text, "churn_rate_total_annual");
}

/// A name with several meanings in the documents finds all of them, in either language.
#[test]
fn ambiguous_names_find_every_candidate() {
    let items = items(&MODULES);
    let found = |searched: &str| {
        let mut names: Vec<_> = published(&items)
            .into_iter()
            .filter(|it| aliases(card(it)).iter().any(|alias| alias.1 == searched))
            .map(|it| it.name.text.to_string())
            .collect();
        names.sort();
        names.join(" ")
    };
    let conversions = "lead_to_customer_rate sales_conversion_rate visitor_to_lead_rate";
    let transformations = "close_rate lead_to_customer_rate lead_to_mql_rate";
    let churn = "churn_rate_average churn_rate_opening churn_rate_total churn_rate_total_annual";
    assert_eq!(found("conversion rate"), conversions);
    assert_eq!(found("taux de conversion"), conversions);
    assert_eq!(found("transformation rate"), transformations);
    assert_eq!(found("taux de transformation"), transformations);
    assert_eq!(found("churn"), churn);
    assert_eq!(found("taux d'attrition"), churn);
    assert_eq!(found("LTV"), "ltv_churn ltv_margin ltv_revenue");
    assert_eq!(found("vélocité des leads"), "lead_maturation_days lead_velocity_rate");
    assert_eq!(found("CAC"), "cac");
    assert_eq!(found("PQM"), "mql");
    assert_eq!(found("PQV"), "sql_leads");
}

/// Functions that need time or groups have no example of one record. They are tested in `functions.kpi` in this folder.
#[test]
fn every_function_is_documented_and_tested() {
    let items = items(&MODULES);
    let tried = std::fs::read_to_string(root().join("tests/library/functions.kpi"))
        .expect("the file is part of the repository");
    for function in functions(&items) {
        let name = &*function.name.text;
        let card = function.card.as_ref().unwrap_or_else(|| panic!("`{name}` has no card"));
        assert!(text(card, TextProperty::Label).is_some_and(is_bilingual), "{name}");
        assert!(text(card, TextProperty::About).is_some_and(is_bilingual), "{name}");
        assert!(!examples(card).is_empty() || tried.contains(&format!("{name}(")), "`{name}` is never tried");
    }
}

#[test]
fn the_documentation_lists_every_kpi() {
    let items = items(&MODULES);
    let path = root().join("docs/library.md");
    let page = std::fs::read_to_string(path).expect("the page is part of the repository");
    let missing: Vec<_> = published(&items)
        .into_iter()
        .map(|it| &it.name.text)
        .filter(|it| !page.contains(&format!("\n| `{it}` |")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn compiled(builder: Builder) -> String {
    let (library, problems) = builder.build_anyway();
    render(&problems, library.sources(), &Style::default())
}

#[test]
fn the_whole_library_compiles_without_problems() {
    assert_eq!(compiled(Library::builder()), "");
}

/// A module needs only the inputs with their units, and the functions. KPIs of other modules are read as inputs.
#[test]
fn every_module_loads_with_the_inputs_alone() {
    for module in MODULES {
        let mut names = vec!["kpis/functions.kpi", "kpis/inputs.kpi", module];
        names.sort_unstable();
        names.dedup();
        let path = |name: &str| root().join(name);
        let alone = names.iter().fold(Library::builder().standard(false), |all, name| all.file(path(name)));
        let (library, problems) = alone.build_anyway();
        // A module's tests may set definitions of another module.
        let error = |problem: &Diagnostic| problem.is_error() && problem.code != Code::UnknownName;
        let errors: Vec<_> = problems.into_iter().filter(error).collect();
        assert!(errors.is_empty(), "{module}\n{}", render(&errors, library.sources(), &Style::default()));
    }
}

#[test]
fn a_teams_own_file_compiles_with_the_library() {
    for path in ["examples/leads/leads.kpi", "tests/library/functions.kpi"] {
        let (library, problems) = Library::builder().file(root().join(path)).build_anyway();
        let errors: Vec<_> = problems.into_iter().filter(Diagnostic::is_error).collect();
        assert!(errors.is_empty(), "{path}\n{}", render(&errors, library.sources(), &Style::default()));
    }
}
