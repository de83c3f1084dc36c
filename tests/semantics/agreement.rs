//! Tests that formulas accepted by the checker can be planned: both must apply the same rules of types.

use std::sync::Arc;

use proptest::prelude::*;
use yardstick::{Code, Dataset, Diagnostic, Embedded, Library, Limits, Query, Table};

/// Two datasets in which all columns have a type, and a definition of each type to build formulas from.
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

/// Forms of each type of expression: over groups in capitals, over rows in small letters. `{M}` is an amount of money,
/// `{N}` a number, `{D}` a duration, `{T}` a date, `{S}` a text and `{B}` a truth value.
const FORMS: [(char, &str); 12] = [
    (
        'M',
        "revenue|floor|3 EUR|0|undefined|sum({m})|sum({m} where {b})|max({m})|quantile({m}, 90%)|last({m})|{M} + {M}|\
         {M} - {M} - {M}|{M} * {N}|{M} / {N}|-({M})|max({M}, {M})|clamp({M}, 0, {M})|{M} ?? {M}|coalesce({M}, 0)|\
         round({M}, 2)|abs({M})|mod({M}, {M})|if {B} then {M} else {M}|({M})[previous]|({M})[{b}]|twice({M})|\
         at_least({M}, {M})|2 EUR/hour * {D}|sqrt({M} ^ 2)",
    ),
    (
        'N',
        "rate|margin|people_seen|oldest|sold|2.5|20%|0|count({s})|count(distinct {s} where {b})|avg({n})|median({n})|\
         {M} / {M}|{D} / {D}|{N} + {N}|{N} * {N}|1 - {N}|({N}) ^ 2|({N}) ^ {N}|sqrt({N})|exp({N})|part({M}, {M})|\
         part({D}, {D})|year({T})|sign({D})|floor({N})|{N} ?? 0|if {B} then {N} else {N}|({N})[1 year ago]|twice({N})",
    ),
    (
        'D',
        "spent|waited|longest|2 days|5 hours|0|sum({d})|avg({t} - {t})|min({d} where {b})|{D} + {D}|{D} - {D}|{D} * {N}|\
         {T} - {T}|max({D}, {D})|twice({D})|if {B} then {D} else {D}|round({D})|({D})[last 3 months]|at_least({D}, {D})",
    ),
    (
        'T',
        "first_day|2026-01-31|min({t})|max({t} where {b})|{T} + {D}|{T} - {D}|min({T}, {T})|if {B} then {T} else {T}",
    ),
    ('S', "place|\"Paris\"|last({s})|only(distinct {s})|if {B} then {S} else {S}|{S} ?? {S}"),
    (
        'B',
        "any_won|true|{M} < {M}|{N} >= {N}|{D} != {D}|{T} < {T}|{S} = {S}|not ({B})|({B}) and ({B})|({B}) or ({B})|\
         {M} in ({M}, {M})|{S} not in ({S}, {S})|{D} between {D} and {D}|{T} not between {T} and {T}|is_defined({M})",
    ),
    (
        'm',
        "shop.amount|shop.cost|shop.net|people.income|floor|3 EUR|0|{m} + {m}|{m} - {m}|{m} * {n}|{m} / {n}|-({m})|\
         max({m}, {m})|round({m}, 2)|if {b} then {m} else {m}|{m} ?? 0",
    ),
    (
        'n',
        "shop.share|people.age|shop.rounded / 1 EUR|rate|oldest|2.5|20%|{m} / {m}|{d} / {d}|{n} + {n}|{n} * {n}|1 - {n}|\
         ({n}) ^ 2|sqrt({n})|year({t})|if {b} then {n} else {n}",
    ),
    ('d', "shop.hours_spent|shop.lead_time|longest|2 days|{d} + {d}|{d} * {n}|{t} - {t}|max({d}, {d})"),
    ('t', "shop.day|shop.hired|people.joined|2026-01-31|{t} + {d}|min({t}, {t})"),
    ('s', "shop.city|people.country|shop.customer|\"Paris\"|lower({s})|if {b} then {s} else {s}"),
    (
        'b',
        "shop.won|shop.late|people.senior|true|{m} < {m}|{n} >= {n}|{d} > {d}|{t} != {t}|{s} = {s}|not ({b})|\
         ({b}) and ({b})|contains({s}, {s})|{m} in ({m}, {m})|{s} in ({s}, {s})|{t} between {t} and {t}|is_defined({m})",
    ),
];

/// Chooses a number below the given one.
type Choice<'a> = &'a mut dyn FnMut(usize) -> usize;

/// An expression of a type. Occasionally, one of its parts has another type.
fn expression(kind: char, depth: usize, choose: Choice<'_>) -> String {
    let (groups, rows) = FORMS.split_at(6);
    let level = if kind.is_uppercase() { groups } else { rows };
    let kind = if choose(30) == 0 { level[choose(6)].0 } else { kind };
    let forms: Vec<&str> =
        FORMS.iter().find(|(known, _)| *known == kind).expect("the type has forms").1.split('|').collect();
    let leaves = forms.iter().take_while(|form| !form.contains('{')).count();
    let mut rest = forms[choose(if depth == 0 { leaves } else { forms.len() })];
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        let inner = expression(after.chars().next().expect("a type follows"), depth.saturating_sub(1), choose);
        text += before;
        text += &if inner.contains(' ') { format!("({inner})") } else { inner };
        rest = &after[2..];
    }
    text + rest
}

/// A definition with or without a type, a target, bands or a range.
fn definition(choose: Choice<'_>) -> String {
    const TYPES: [(char, &str); 6] =
        [('M', ": money"), ('N', ": percent"), ('D', ": days"), ('T', ": date"), ('S', ": text"), ('B', ": boolean")];
    const CONSTANTS: [&str; 7] =
        ["45", "round(45.123, 2)", "max(3, 4)", "-(2 * 3)", "twice(3)", "rate * 2", "if true then 3 else 4"];
    let (kind, ty) = TYPES[choose(6)];
    let formula = expression(kind, 3, choose);
    let annotation = if choose(3) == 0 { ty } else { "" };
    let bound = |choose: Choice<'_>| match choose(2) {
        0 => CONSTANTS[choose(CONSTANTS.len())].to_owned(),
        _ => expression(kind, 2, choose),
    };
    let card = match choose(5) {
        0 => format!(" {{ target {} }}", bound(choose)),
        1 => format!(" {{ better lower good <= {} bad otherwise }}", bound(choose)),
        2 => format!(" {{ range {}..{} }}", bound(choose), bound(choose)),
        3 => format!(" {{ better higher good when {} }}", expression('B', 2, choose)),
        _ => String::new(),
    };
    format!("{annotation} = {formula}{card}")
}

fn is_type_error(problem: &Diagnostic) -> bool {
    matches!(problem.code, Code::TypeMismatch | Code::UnitMismatch)
}

/// The number of definitions that the checker accepts, and the type errors of the planner.
fn accepted_and_refused(text: &str) -> (usize, Vec<String>) {
    let (library, problems) = Library::builder().standard(false).text("<text>", text).build_anyway();
    let dataset = |name: &str, text: &str| -> Arc<dyn Dataset> {
        Arc::new(Table::from_csv(name, text, &library.datasets()[name].declaration).expect("the table is valid"))
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

/// The names that [`NAMES`] defines.
const DEFINED: usize = 13;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn accepted_definitions_can_be_planned(choices in prop::collection::vec(any::<u16>(), 40..400)) {
        let mut at = 0;
        let mut choose = |most: usize| {
            at += 1;
            // After all choices were used, they are used again with another offset.
            (usize::from(choices[at % choices.len()]) + at / choices.len()) % most
        };
        let named = (0..12).map(|at| format!("k{at}{}\n", definition(&mut choose)));
        let text = format!("{NAMES}{}", named.collect::<String>());
        let (_, refused) = accepted_and_refused(&text);
        prop_assert!(refused.is_empty(), "{refused:#?}\n{text}");
    }
}

#[test]
fn a_constant_target_takes_the_unit_of_its_kpi() {
    for target in ["45", "round(45.123, 2)", "max(40, 45)", "-(2 * 3)"] {
        let (accepted, refused) = accepted_and_refused(&format!("{NAMES}kpi = revenue {{ target {target} }}"));
        assert!(refused.is_empty() && accepted == DEFINED + 1, "{target}: {refused:?}");
    }
    let text = format!("{NAMES}kpi = revenue {{ target twice(45) }}");
    let (_, problems) = Library::builder().standard(false).text("<text>", &text).build_anyway();
    let errors: Vec<&str> = problems.iter().filter(|problem| problem.is_error()).map(|it| &*it.message).collect();
    assert_eq!(errors, ["`kpi` is `EUR`, but this value is a plain number"]);
    assert_eq!(accepted_and_refused(&text).1, [""; 0]);
}
