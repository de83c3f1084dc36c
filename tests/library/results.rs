//! The numbers of the standard library: every example and test in its files, and statuses at the bounds of bands.

use std::sync::Arc;

use yardstick::internal::syntax::ast::{Assignment, Expected, ExprKind, StepKind, Test};
use yardstick::{
    Cell, Dataset, Decimal, Declaration, Embedded, Evaluation, Flag, Library, Limits, Query, Status, Table, Value,
};

use super::root;

/// A query, and for each column the expected value of each group.
struct Case<'l> {
    title: String,
    query: Query,
    tables: Vec<(&'l str, &'l str)>,
    expected: Vec<&'l [Expected]>,
}

fn set<'l>(library: &Library, query: Query, given: impl IntoIterator<Item = &'l Assignment>) -> Query {
    given.into_iter().fold(query, |query, it| query.set_formula(it.name.text.clone(), library.text(it.value.span)))
}

fn evaluate(library: &Library, query: &Query, tables: &[(&str, &str)]) -> Result<Evaluation, String> {
    let table = |(name, text): &(&str, &str)| {
        let table = Table::from_csv(name, text, &Declaration::default()).map_err(|problems| format!("{problems:?}"))?;
        Ok(Arc::new(table) as Arc<dyn Dataset>)
    };
    let tables = tables.iter().map(table).collect::<Result<_, String>>()?;
    library.evaluate(query, &Embedded::new(tables), &Limits::default()).map_err(|problems| problems.to_string())
}

/// The failures of a case, with the found and expected values.
fn failures(library: &Library, case: &Case) -> Vec<String> {
    let result = match evaluate(library, &case.query, &case.tables) {
        Ok(result) => result,
        Err(problem) => return vec![format!("{}:\n{problem}", case.title)],
    };
    let mut failures = vec![];
    for (column, expected) in case.expected.iter().enumerate() {
        let found: Vec<Cell> = (0..result.groups.len()).map(|group| result.value(column, group)).collect();
        let agree = found.len() == expected.len()
            && found.iter().zip(*expected).all(|(found, expected)| agrees(library, found, expected));
        if !agree {
            let kpi = &result.plan.kpis[column].name;
            let texts: Vec<_> = expected.iter().map(|it| library.text(it.value.span)).collect();
            failures.push(format!("{}: {kpi}: found {found:?}, expected {}", case.title, texts.join(", ")));
        }
    }
    failures
}

fn agrees(library: &Library, found: &Cell, expected: &Expected) -> bool {
    if matches!(*expected.value.kind, ExprKind::Undefined) {
        return found.is_err();
    }
    let text = library.text(expected.value.span);
    let constant = evaluate(library, &Query::new([text]), &[]).expect("a constant");
    let (Ok(Value::Number(found)), Ok(Value::Number(value))) = (found, constant.value(0, 0)) else { return false };
    if !expected.about {
        return found.decimal == value.decimal;
    }
    (found.decimal - value.decimal).abs() <= half_of_the_last_digit(text)
}

/// 0.005 for `1.25`, 0.00005 for `1.25%`.
fn half_of_the_last_digit(text: &str) -> Decimal {
    let digits = text.trim_end_matches('%').split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let percent = if text.ends_with('%') { 2 } else { 0 };
    Decimal::new(5, (digits + percent + 1) as u32)
}

fn case_of<'l>(test: &'l Test, library: &Library) -> Case<'l> {
    let (mut query, mut tables, mut expected) = (Query::default(), vec![], vec![]);
    for step in &test.steps {
        match &step.kind {
            StepKind::GivenValues(given) => query = set(library, query, given),
            StepKind::GivenTable { dataset, table } => {
                tables.push((dataset.as_ref().map_or("given", |it| &*it.text), &*table.text));
            }
            StepKind::By(paths) => query = paths.iter().fold(query, |query, path| query.by(&*path.name.text)),
            StepKind::ExpectValues { name, values } => {
                query = query.kpi(name.text.clone());
                expected.push(values.as_slice());
            }
            other => panic!("the library's tests use no {other:?}"),
        }
    }
    Case { title: test.title.to_string(), query, tables, expected }
}

fn check<'l>(library: &Library, cases: impl IntoIterator<Item = Case<'l>>, at_least: usize) {
    let cases: Vec<_> = cases.into_iter().collect();
    assert!(cases.len() >= at_least, "only {} cases", cases.len());
    let failures: Vec<_> = cases.iter().flat_map(|case| failures(library, case)).collect();
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

fn library(files: &[&str]) -> Library {
    let all = files.iter().fold(Library::builder(), |all, file| all.file(root().join(file)));
    all.build().expect("it compiles")
}

#[test]
fn examples_of_cards_pass() {
    let library = library(&[]);
    let cases = library.definitions().iter().flat_map(|definition| {
        definition.card.examples.iter().map(|(example, _)| Case {
            title: format!("example of {}", definition.name.text),
            query: set(&library, Query::new([definition.name.text.clone()]), &example.given),
            tables: vec![],
            expected: vec![std::slice::from_ref(&example.expected)],
        })
    });
    check(&library, cases, 100);
}

#[test]
fn examples_of_functions_pass() {
    let library = library(&[]);
    let cases = library.functions().values().flat_map(|function| {
        function.card.examples.iter().map(|(example, _)| {
            let argument = |it: &Assignment| library.text(it.value.span);
            let given: Vec<_> = example.given.iter().map(argument).collect();
            let call = format!("{}({})", function.name.text, given.join(", "));
            let expected = vec![std::slice::from_ref(&example.expected)];
            Case { title: call.clone(), query: Query::new([call]), tables: vec![], expected }
        })
    });
    check(&library, cases, 15);
}

#[test]
fn tests_of_the_library_pass() {
    let library = library(&[]);
    let cases = library.tests().iter().filter(|test| test.standard).map(|test| case_of(&test.test, &library));
    check(&library, cases, 30);
}

#[test]
fn tests_of_functions_pass() {
    let library = library(&["tests/library/functions.kpi"]);
    let cases = library.tests().iter().filter(|test| !test.standard).map(|test| case_of(&test.test, &library));
    check(&library, cases, 6);
}

/// The status of a KPI for given inputs.
fn status(kpi: &str, given: &[(&str, &str)]) -> Option<Status> {
    let library = library(&[]);
    let query = given.iter().fold(Query::new([kpi]), |query, (name, value)| query.set_formula(*name, *value));
    let result = evaluate(&library, &query, &[]).unwrap_or_else(|problem| panic!("{problem}"));
    result.outcome(0, 0).band.map(|band| band.status)
}

#[test]
fn statuses_at_the_bounds_of_bands() {
    let (good, watch, bad) = (Some(Status::Good), Some(Status::Watch), Some(Status::Bad));
    let ratio = |ltv| status("ltv_cac_ratio", &[("ltv_margin", ltv), ("cac", "50")]);
    assert_eq!([ratio("150.01"), ratio("150"), ratio("50.01"), ratio("50")], [good, watch, watch, bad]);
    let cac = |cac| status("cac", &[("ltv_margin", "60"), ("marketing_and_sales_cost", cac), ("new_customers", "1")]);
    assert_eq!([cac("59.99"), cac("60"), cac("60.01")], [good, bad, bad]);
    let cpl = |cpl| status("cpl", &[("margin_per_lead", "50"), ("lead_generation_spend", cpl), ("leads", "1")]);
    assert_eq!([cpl("49.99"), cpl("50")], [good, bad]);
    let net = |lost| status("net_new_customers", &[("new_customers", "10"), ("customers_lost", lost)]);
    assert_eq!([net("10"), net("11")], [good, bad]);
    let leads = |leads| status("leads_vs_target", &[("leads", leads), ("leads_target", "120")]);
    assert_eq!([leads("120"), leads("119")], [good, bad]);
    let roi = |revenue| status("romi_revenue", &[("campaign_revenue", revenue), ("campaign_cost", "5_000")]);
    assert_eq!([roi("5_000.01"), roi("5_000")], [good, bad]);
    let gain = |ltv| status("ltv_minus_cac", &[("ltv_margin", ltv), ("cac", "50")]);
    assert_eq!([gain("50.01"), gain("50")], [good, bad]);
    let first = |margin| status("first_order_result", &[("margin_per_order", margin), ("cac", "50")]);
    assert_eq!([first("50.01"), first("50"), first("20")], [good, watch, watch]);
}

/// The limit of 5% applies to a year, so a month has no status.
#[test]
fn the_limit_of_churn_applies_to_a_year() {
    let library = library(&[]);
    let table = "day,customers_lost,customers_total\n2024-12-31,10,200\n2025-12-31,11,200\n2026-12-31,9,200\n";
    let statuses = |grain: &str| -> Vec<_> {
        let query = Query::new(["churn_rate_total_annual"]).by(grain).period("2024-12..2026-12");
        let result = evaluate(&library, &query, &[("crm", table)]).unwrap_or_else(|problem| panic!("{problem}"));
        (0..result.groups.len()).map(|group| result.outcome(0, group).band.map(|band| band.status)).collect()
    };
    assert_eq!(statuses("year"), [Some(Status::Good), Some(Status::Bad), Some(Status::Good)]);
    assert!(statuses("month").iter().all(Option::is_none));
}

#[test]
fn a_rate_outside_its_range_is_kept_and_flagged() {
    let library = library(&[]);
    let flags = |new: &str| {
        let query =
            Query::new(["retention_rate"]).set_formula("customers_start", "10").set_formula("customers_end", "60");
        let result = evaluate(&library, &query.set_formula("new_customers", new), &[])
            .unwrap_or_else(|problem| panic!("{problem}"));
        (result.value(0, 0).ok(), result.outcome(0, 0).flags.contains(&Flag::OutOfRange))
    };
    assert_eq!(flags("100"), (Some(Decimal::from(-4).into()), true));
    assert_eq!(flags("60"), (Some(Decimal::from(0).into()), false));
    assert_eq!(flags("50"), (Some(Decimal::from(1).into()), false));
    assert_eq!(flags("49"), (Some(Decimal::new(11, 1).into()), true));
}

/// If the data lack a column that only a status or target needs, the status is missing but not the value.
#[test]
fn a_missing_status_does_not_remove_the_value() {
    let library = library(&[]);
    let table = "month,marketing_and_sales_cost,new_customers,leads\n2026-01,1000,20,50\n";
    let query = Query::new(["cac", "leads"]).by("month");
    let result = evaluate(&library, &query, &[("crm", table)]).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(result.value(0, 0), Ok(Decimal::from(50).into()));
    assert!(result.outcome(0, 0).band.is_none());
    assert_eq!(result.value(1, 0), Ok(Decimal::from(50).into()));
    assert!(result.outcome(1, 0).target.is_none());
}

/// The example of `docs/library.md`: a line per group, a value per column, four decimals.
fn leads(query: &Query) -> Vec<String> {
    let library = library(&["examples/leads/leads.kpi"]);
    let table = |(name, dataset): (&Arc<str>, &yardstick::DatasetDefinition)| {
        let path = root().join("examples/leads").join(format!("{name}.csv"));
        let text = std::fs::read_to_string(path).expect("the table is part of the repository");
        Arc::new(Table::from_csv(name, &text, &dataset.declaration).expect("it reads")) as Arc<dyn Dataset>
    };
    let source = Embedded::new(library.datasets().iter().map(table).collect());
    let result = library.evaluate(query, &source, &Limits::default()).unwrap_or_else(|problems| panic!("{problems}"));
    let value = |kpi, group| match result.value(kpi, group) {
        Ok(Value::Number(number)) => number.decimal.round_dp(4).normalize().to_string(),
        _ => "—".to_owned(),
    };
    let line = |group| (0..result.plan.kpis.len()).map(|kpi| value(kpi, group)).collect::<Vec<_>>().join(" ");
    (0..result.groups.len()).map(line).collect()
}

#[test]
fn the_examples_of_the_documentation_are_correct() {
    let levels = leads(&Query::new(["mcl", "mql", "sql_leads"]).by("month"));
    assert_eq!(levels, ["100 41 19", "94 44 21", "101 48 21"]);
    let split = leads(&Query::new(["leads"]).by("month").by("level"));
    assert_eq!(split, ["100", "41", "19", "94", "44", "21", "101", "48", "21"]);
    // email, trade show, web in January and March; no trade show in February: 44 + 20 + 96 = 160, and so on
    let channels = leads(&Query::new(["leads_by_channel", "share(leads)"]).by("month").by("channel"));
    let expected = ["44 0.275", "20 0.125", "96 0.6", "48 0.3019", "111 0.6981", "56 0.3294", "30 0.1765", "84 0.4941"];
    assert_eq!(channels, expected);
    // -1 / 160, 11 / 159; 3 / 41, 4 / 44
    let changes = leads(&Query::new(["leads", "change(leads)", "growth(leads)", "lead_velocity_rate"]).by("month"));
    assert_eq!(changes, ["160 — — —", "159 -1 -0.0062 0.0732", "170 11 0.0692 0.0909"]);
    let targets = leads(&Query::new(["leads", "leads_target", "leads_vs_target"]).by("month"));
    assert_eq!(targets, ["160 160 1", "159 160 0.9938", "170 160 1.0625"]);
    assert_eq!(leads(&Query::new(["leads_vs_target"]).by("channel")), ["—", "—", "—"]);
    let baseline = Query::new(["traffic_to_prospect_rate", "web_rate_on_baseline"]).by("month");
    assert_eq!(leads(&baseline), ["0.025 0", "0.02 -0.2", "0.03 0.2"]);
    assert_eq!(leads(&baseline.set_formula("web_baseline", "2%")), ["0.025 0.25", "0.02 0", "0.03 0.5"]);
    let campaigns = leads(&Query::new(["romi_revenue"]).by("campaign").totals(true));
    assert_eq!(campaigns, ["0.75", "-0.5", "3", "2"]);
    let shows = leads(&Query::new(["traffic_to_prospect_rate", "booth_to_prospect_rate"]).by("month"));
    assert_eq!(shows, ["0.025 —", "0.02 0.15", "0.03 —"]);
}
