//! A library on top of another one: equal to the same texts compiled together, and cheap.

use std::sync::Arc;

use proptest::prelude::*;
use yardstick::{Code, Dataset, Declaration, Diagnostic, Embedded, Library, Limits, Query, Table};

fn on(base: &Library, text: &str) -> Result<Library, yardstick::Error> {
    Library::builder().on(base).text("tenant.kpi", text).build()
}

fn built(text: &str) -> Library {
    Library::builder().standard(false).text("base.kpi", text).build().unwrap_or_else(|problem| panic!("{problem}"))
}

/// The value of a KPI without data.
fn value(library: &Library, kpi: &str) -> String {
    let result = library.evaluate(&Query::new([kpi]), &Embedded::default(), &Limits::default());
    match result.unwrap_or_else(|problem| panic!("{problem}")).value(0, 0) {
        Ok(value) => value.to_string(),
        Err(reason) => format!("{reason:?}"),
    }
}

fn messages<'a>(problems: impl IntoIterator<Item = &'a Diagnostic>) -> Vec<String> {
    problems.into_iter().map(|problem| problem.message.clone()).collect()
}

/// The messages of the errors, without the notes beside them.
fn errors(library: Result<Library, yardstick::Error>) -> Vec<String> {
    let problem = library.expect_err("there is an error");
    messages(problem.diagnostics().iter().filter(|problem| problem.is_error()))
}

#[test]
fn formulas_of_the_base_use_what_replaces_its_definitions() {
    let base = built("param rate = 10%\nparam price = 100\ntax = price * rate\ntotal = price + tax");
    let tenant = on(&base, "param rate = 20%\ndoubled = total * 2").unwrap();
    assert_eq!([value(&base, "total"), value(&tenant, "total"), value(&tenant, "doubled")], ["110", "120", "240"]);
    assert_eq!(messages(tenant.diagnostics()), ["`rate` replaces the base library's definition"]);
}

#[test]
fn functions_of_the_base_are_replaced_too() {
    let base = built("param x = 3\nfn scaled(a) = a * 2\nfn moved(a) = scaled(a) + 1\ny = moved(x)");
    let tenant = on(&base, "fn scaled(a) = a * 10").unwrap();
    assert_eq!([value(&base, "y"), value(&tenant, "y")], ["7", "31"]);
}

#[test]
fn a_replacement_fits_the_type_of_the_base() {
    let base = built("currency EUR\nparam price: money = 5 EUR\nparam longer = 3 days\ncost: money = price");
    assert_eq!(
        errors(on(&base, "cost = longer")),
        ["`cost` is `EUR` in the base library, but its replacement is `days`"]
    );
}

#[test]
fn formulas_of_the_base_are_checked_again_with_what_replaces_its_definitions() {
    let base = built("currency EUR\nparam price = 5 EUR\nparam fee = 1 EUR\ncost = price + fee");
    let problem = on(&base, "param fee = 3 days").unwrap_err();
    assert!(problem.to_string().contains("base.kpi"), "{problem}");
}

#[test]
fn official_definitions_cannot_be_replaced() {
    let base = built("param x = 1\nkpi_of_the_group = x * 2 { state official }");
    let replaced = on(&base, "param y = 1\nkpi_of_the_group = y");
    assert_eq!(errors(replaced), ["`kpi_of_the_group` is official and cannot be replaced"]);
}

#[test]
fn circles_through_the_base_are_found() {
    let base = built("param x = 1\na = x\nb = a + 1");
    assert_eq!(errors(on(&base, "a = b * 2")), ["`a` and `b` depend on each other in a cycle"]);
}

#[test]
fn each_tenant_has_its_own_currency() {
    let base = built("param price: money = 5\nparam days_open = 2 days\ndaily = price / days_open");
    for currency in ["EUR", "USD", "EUR"] {
        let tenant = on(&base, &format!("currency {currency}\nfee = daily * 2 days + 1 {currency}")).unwrap();
        let ty = |name| tenant.type_of(tenant.id(name).expect("it is defined")).to_string();
        assert_eq!([ty("price"), ty("fee")], [currency, currency]);
    }
    assert_eq!(base.type_of(base.id("price").unwrap()).to_string(), "money");
}

#[test]
fn names_that_the_base_reads_from_data_can_be_defined() {
    let base = Library::builder().standard(false).text("base.kpi", "margin = revenue - cost").build().unwrap();
    let tenant = on(&base, "param revenue = 10\nparam cost = 4").unwrap();
    assert_eq!(value(&tenant, "margin"), "6");
    assert!(tenant.diagnostics().iter().all(|problem| problem.code != Code::Replaced));
}

#[test]
fn a_broken_item_hides_the_definition_of_the_base() {
    let base = built("param x = 1\na = x\nb = a + 1\nc = x + 1");
    let (tenant, problems) = Library::builder().on(&base).text("tenant.kpi", "a = = 2").build_anyway();
    assert_eq!(problems.iter().filter(|problem| problem.is_error()).count(), 1, "{problems:?}");
    assert!(tenant.definition("a").unwrap().broken);
    assert_eq!(value(&tenant, "c"), "2");
}

#[test]
fn a_stack_of_libraries_has_a_limit() {
    let mut library = built("param x0 = 0");
    let mut height = 1;
    let problem = loop {
        match on(&library, &format!("param x{height} = x{} + 1", height - 1)) {
            Ok(next) => (library, height) = (next, height + 1),
            Err(problem) => break problem,
        }
    };
    assert_eq!(height, yardstick::internal::library::MAX_BASES + 1, "{problem}");
    assert_eq!(value(&library, &format!("x{}", height - 1)), (height - 1).to_string());
    assert_eq!(messages(problem.diagnostics()), ["a library lies on more than 8 others"]);
}

#[test]
fn a_dataset_of_the_base_is_replaced_with_its_columns() {
    let base = built("dataset t0 { c = a * 2 }\nx = sum(t0.c)");
    let tenant = on(&base, "dataset t0 { c = a * 10 }").unwrap();
    let sum = |library: &Library| {
        let result = library.evaluate(&Query::new(["x"]), &tables(), &Limits::default()).unwrap();
        result.value(0, 0).unwrap().to_string()
    };
    assert_eq!([sum(&base), sum(&tenant)], ["6", "30"]);
}

/// Definitions of few names, so that many replace each other.
fn definitions() -> impl Strategy<Value = Vec<(usize, String)>> {
    let formula = prop_oneof![
        (0..9_i64).prop_map(|number| number.to_string()),
        (0..6_usize, 0..6_usize).prop_map(|(left, right)| format!("n{left} + n{right}")),
        (0..6_usize).prop_map(|name| format!("f(n{name})")),
        (0..6_usize).prop_map(|name| format!("n{name} * 2 days")),
        (0..6_usize, 0..6_usize).prop_map(|(left, right)| format!("if n{left} > 3 then n{right} else 1")),
        (0..2_usize).prop_map(|table| format!("sum(t{table}.c)")),
        (0..2_usize).prop_map(|table| format!("count(t{table} where d > 6)")),
    ];
    prop::collection::btree_map(0..6_usize, formula, 0..6).prop_map(|map| map.into_iter().collect())
}

/// Datasets with computed columns, some of which use the others.
fn datasets() -> impl Strategy<Value = Vec<(usize, String)>> {
    let columns = (1..4_i64, 0..3_usize).prop_map(|(factor, second)| {
        let second = ["a + 1", "c * 2", "if c > 4 then a else 0"][second];
        format!("{{ c = a * {factor}  d = {second} }}")
    });
    prop::collection::btree_map(0..2_usize, columns, 0..3).prop_map(|map| map.into_iter().collect())
}

fn declared(datasets: &[(usize, String)]) -> String {
    datasets.iter().map(|(name, columns)| format!("dataset t{name} {columns}\n")).collect()
}

/// The tables that the datasets are about.
fn tables() -> Embedded {
    let tables = ["t0", "t1"].into_iter().zip(["a\n1\n2\n", "a\n3\n4\n5\n"]).map(|(name, text)| {
        let table = Table::from_csv(name, text, &Declaration::default()).expect("the table is valid");
        Arc::new(table) as Arc<dyn Dataset>
    });
    Embedded::new(tables.collect())
}

fn text(definitions: &[(usize, String)], function: Option<i64>) -> String {
    let function = function.map(|factor| format!("fn f(x) = x * {factor}\n")).unwrap_or_default();
    let lines = definitions.iter().map(|(name, formula)| format!("n{name} = {formula}\n"));
    function + &lines.collect::<String>()
}

/// What each definition is: its type and its value, if the library has no error.
fn meaning(library: Result<Library, yardstick::Error>) -> Option<Vec<(String, String, String)>> {
    let library = library.ok()?;
    let mut all: Vec<_> = library
        .definitions()
        .filter(|definition| definition.kind == yardstick::DefinitionKind::Kpi)
        .map(|definition| {
            let name = definition.name.text.to_string();
            let ty = format!("{:?}", library.type_of(library.id(&name).expect("it is defined")));
            let result = library.evaluate(&Query::new([&*name]), &tables(), &Limits::default());
            let result =
                result.map(|result| format!("{:?}", result.value(0, 0).ok())).unwrap_or_else(|_| "none".into());
            (name, ty, result)
        })
        .collect();
    all.sort();
    Some(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A tenant on a base has the meaning of one text with the definitions of both, its own in the place of the base's.
    #[test]
    fn a_library_on_a_base_means_the_same_as_one_of_all_texts(
        below in definitions(), above in definitions(), function in prop::option::of(2..5_i64),
        tables_below in datasets(), tables_above in datasets(),
    ) {
        let below_text = text(&below, Some(3)) + &declared(&tables_below);
        let base = Library::builder().standard(false).text("base.kpi", &below_text).build();
        let Ok(base) = base else { return Ok(()) };
        let mut together: std::collections::BTreeMap<usize, String> = below.into_iter().collect();
        together.extend(above.clone());
        let together: Vec<_> = together.into_iter().collect();
        let mut all_tables: std::collections::BTreeMap<usize, String> = tables_below.into_iter().collect();
        all_tables.extend(tables_above.clone());
        let all_tables: Vec<_> = all_tables.into_iter().collect();
        let whole = text(&together, function.or(Some(3))) + &declared(&all_tables);
        let whole = Library::builder().standard(false).text("all.kpi", &whole).build();
        let tenant = on(&base, &(text(&above, function) + &declared(&tables_above)));
        prop_assert_eq!(meaning(tenant), meaning(whole));
    }
}
