//! What checking accepts can be planned: the two apply the same rules of types, and neither knows better.

use std::sync::Arc;

use proptest::prelude::*;
use yardstick::{Code, Dataset, Diagnostic, Embedded, Library, Limits, Query, Table};

/// Two datasets whose columns all have a type, and a definition of each type to build formulas of.
const NAMES: &str = "\
currency EUR
unit order
dataset shop {
  time day
  amount: money  cost: EUR  share: percent  hours_spent: hours  lead_time: days  city: text  won: boolean
  hired: date  orders: order  customer: text
  net = amount - cost
  late = lead_time > longest
  rounded = round(net * share, 2)
  lookup people on customer = id
}
dataset people { id: text  country: text  age: number  income: money  joined: date  senior = age >= oldest }
param longest = 10 days
param oldest = 65
param rate: percent = 20%
param floor: money = 5
input revenue: money = sum(shop.amount)
input spent: hours = sum(shop.hours_spent)
input waited: days = avg(shop.lead_time)
input sold: order = sum(shop.orders)
input people_seen: count = count(people)
input first_day: date = min(shop.day)
input place: text = last(shop.city)
input any_won: boolean = only(distinct shop.won)
margin: percent = sum(shop.net) / revenue
fn twice(x) = x + x
fn part(x, y): percent = x / y
fn at_least(x, y) = if x < y then y else x
";

const SHOP: &str = "\
day,amount,cost,share,hours_spent,lead_time,city,won,hired,orders,customer
2026-01-05,10,4,20%,3,2,Paris,true,2020-01-01,2,a
2026-02-06,20,5,30%,4,1,Lyon,false,2021-01-01,3,b
";

const PEOPLE: &str = "id,country,age,income,joined\na,FR,40,1000,2019-01-01\nb,DE,70,2000,2018-01-01\n";

/// A value of a group, or a column: of any type.
fn leaf(columns: &'static [&'static str]) -> impl Strategy<Value = String> {
    const LITERALS: [&str; 12] = [
        "0",
        "1",
        "2.5",
        "20%",
        "3 EUR",
        "2 days",
        "5 hours",
        "1 month",
        "2 EUR/hour",
        "\"Paris\"",
        "2026-01-31",
        "true",
    ];
    prop_oneof![
        4 => prop::sample::select(columns).prop_map(str::to_owned),
        2 => prop::sample::select(&LITERALS[..]).prop_map(str::to_owned),
        1 => prop::sample::select(&["undefined", "rate", "floor", "longest", "oldest"][..]).prop_map(str::to_owned),
    ]
}

/// An expression of the same level around others.
fn around(inner: BoxedStrategy<String>, functions: &'static [&'static str]) -> BoxedStrategy<String> {
    let op = prop::sample::select(&["+", "-", "*", "/", "^", "=", "!=", "<", ">=", "and", "or", "??"][..]);
    let pair = (inner.clone(), inner.clone());
    prop_oneof![
        6 => (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
        1 => pair.clone().prop_map(|(a, b)| format!("({a}) + ({b}) - ({a})")),
        1 => inner.clone().prop_map(|a| format!("-({a})")),
        1 => inner.clone().prop_map(|a| format!("not ({a})")),
        1 => inner.clone().prop_map(|a| format!("({a}) ^ 2")),
        1 => pair.clone().prop_map(|(a, b)| format!("({a}) in ({b}, {a})")),
        1 => pair.clone().prop_map(|(a, b)| format!("({a}) not between ({b}) and ({a})")),
        2 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        2 => (prop::sample::select(&["abs", "floor", "sqrt", "sign", "exp", "is_defined", "year", "round"][..]), inner.clone())
            .prop_map(|(function, a)| format!("{function}({a})")),
        2 => (prop::sample::select(&["min", "max", "coalesce", "mod", "round"][..]), inner.clone(), inner.clone())
            .prop_map(|(function, a, b)| format!("{function}({a}, {b})")),
        2 => (prop::sample::select(functions), inner.clone(), inner.clone())
            .prop_map(|(form, a, b)| form.replace("{a}", &a).replace("{b}", &b)),
    ]
    .boxed()
}

fn row() -> BoxedStrategy<String> {
    const COLUMNS: [&str; 18] = [
        "shop.amount",
        "shop.cost",
        "shop.share",
        "shop.hours_spent",
        "shop.lead_time",
        "shop.city",
        "shop.won",
        "shop.hired",
        "shop.day",
        "shop.orders",
        "shop.net",
        "shop.late",
        "shop.rounded",
        "people.age",
        "people.country",
        "people.income",
        "people.joined",
        "people.senior",
    ];
    const FORMS: [&str; 3] = ["lower({a})", "contains({a}, {b})", "clamp({a}, {b}, {a})"];
    leaf(&COLUMNS).prop_recursive(2, 12, 3, |inner| around(inner, &FORMS)).boxed()
}

fn formula() -> BoxedStrategy<String> {
    const NAMED: [&str; 9] =
        ["revenue", "spent", "waited", "sold", "people_seen", "first_day", "place", "any_won", "margin"];
    const FORMS: [&str; 7] = [
        "twice({a})",
        "part({a}, {b})",
        "at_least({a}, {b})",
        "({a})[previous]",
        "({a})[shop.won]",
        "({a})[shop.amount > 3 EUR]",
        "twice(twice({a}))",
    ];
    const AGGREGATES: [&str; 10] = [
        "sum({a})",
        "avg({a})",
        "min({a})",
        "max({a})",
        "count({a})",
        "median({a})",
        "quantile({a}, 90%)",
        "last({a})",
        "only({a})",
        "sum(distinct {a})",
    ];
    let aggregate =
        (prop::sample::select(&AGGREGATES[..]), row(), prop::option::of(row())).prop_map(|(form, a, filter)| {
            let argument = filter.map_or(a.clone(), |filter| format!("{a} where {filter}"));
            match form.split_once(',') {
                Some((_, fraction)) if argument != a => {
                    let filter = &argument[a.len()..];
                    format!("quantile({a},{}{filter})", fraction.trim_end_matches(')'))
                }
                _ => form.replace("{a}", &argument),
            }
        });
    prop_oneof![2 => leaf(&NAMED), 1 => aggregate].prop_recursive(2, 12, 3, |inner| around(inner, &FORMS)).boxed()
}

/// A definition with a type, a target or a band, or without.
fn definition() -> impl Strategy<Value = String> {
    let ty = prop::sample::select(
        &["", "", "", ": money", ": percent", ": days", ": text", ": boolean", ": date", ": count", ": EUR/hour"][..],
    );
    let constant = prop_oneof![
        Just("round(45.123, 2)".to_owned()),
        Just("twice(3)".to_owned()),
        Just("max(3, 4)".to_owned()),
        Just("-(2 * 3)".to_owned()),
        Just("rate * 2".to_owned()),
        formula(),
    ];
    let card = prop_oneof![
        2 => Just(String::new()),
        2 => constant.clone().prop_map(|target| format!(" {{ target {target} }}")),
        1 => constant.clone().prop_map(|low| format!(" {{ better lower good <= {low} bad otherwise }}")),
        1 => (constant.clone(), constant).prop_map(|(low, high)| format!(" {{ range {low}..{high} }}")),
        1 => formula().prop_map(|when| format!(" {{ better higher good when {when} }}")),
    ];
    (ty, formula(), card).prop_map(|(ty, formula, card)| format!("{ty} = {formula}{card}"))
}

fn is_type_error(problem: &Diagnostic) -> bool {
    matches!(problem.code, Code::TypeMismatch | Code::UnitMismatch)
}

/// The definitions that checking accepts, and the type errors of planning.
fn accepted_and_refused(text: &str) -> (usize, Vec<String>) {
    let (library, problems) = Library::builder().without_standard_library().text("<text>", text).compile_anyway();
    let dataset = |name: &str, text: &str| -> Arc<dyn Dataset> {
        Arc::new(Table::from_csv(name, text, &library.datasets()[name].declaration).expect("the table is sound"))
    };
    let datasets = [dataset("shop", SHOP), dataset("people", PEOPLE)];
    let query = Query::all().by("month");
    let (_, planned) = library.plan_anyway(&query, &Embedded::new(datasets.to_vec()), &Limits::default());
    let refused = planned.iter().filter(|problem| is_type_error(problem) && !problems.contains(problem));
    let accepted = library.definitions().iter().filter(|definition| !definition.broken).count();
    (
        accepted,
        refused
            .map(|problem| {
                format!(
                    "{}: {:?}",
                    problem.message,
                    problem.labels.iter().map(|label| library.text(label.span)).collect::<Vec<_>>()
                )
            })
            .collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_checking_accepts_is_planned(definitions in prop::collection::vec(definition(), 12)) {
        let named = definitions.iter().enumerate().map(|(at, it)| format!("k{at}{it}\n"));
        let text = format!("{NAMES}{}", named.collect::<String>());
        let (_, refused) = accepted_and_refused(&text);
        prop_assert!(refused.is_empty(), "{refused:#?}\n{text}");
    }
}

#[test]
fn a_constant_target_takes_the_unit_of_its_kpi() {
    let (all, _) = accepted_and_refused(&format!("{NAMES}kpi = revenue"));
    for target in ["45", "round(45.123, 2)", "max(40, 45)", "-(2 * 3)"] {
        let (accepted, refused) = accepted_and_refused(&format!("{NAMES}kpi = revenue {{ target {target} }}"));
        assert!(refused.is_empty() && accepted == all, "{target}: {refused:?}");
    }
    let text = format!("{NAMES}kpi = revenue {{ target twice(45) }}");
    let (_, problems) = Library::builder().without_standard_library().text("<text>", &text).compile_anyway();
    let errors: Vec<&str> = problems.iter().filter(|problem| problem.is_error()).map(|it| &*it.message).collect();
    assert_eq!(errors, ["`kpi` is `EUR`, this value is a plain number"]);
    assert_eq!(accepted_and_refused(&text).1, [""; 0]);
}
