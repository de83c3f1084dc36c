use super::*;
use crate::budget::Budget;
use crate::diagnostic::{Style, render};
use crate::library::compile;
use crate::source::{SourceFile, SourceMap};
use crate::syntax::parse;

/// Declarations of every kind, for the tables below.
const NAMES: &str = "\
currency EUR
unit customer
unit lead
dataset crm { time day  amount: money  stage: text  qualified_on: date  created_on: date  won: boolean  share: percent }
input revenue: EUR
input cost: money
input dollars: USD
input customers: count
input leads: count
input churn: percent
input nps: ratio
input untyped
input other
input arpu: EUR/customer/month
input cac: EUR/customer
input effort: hours
input lead_time: days
input lifetime: years
input tenure: months
input city: text
input active: boolean
input signup: date
input clients: customer
param target: money = 40
fn rise(x) = (x - x[previous]) / x[previous]
fn added(x, y) = x + y
fn in_euros(x): money = x * 1 EUR
";

/// Checks items, which must be in dependency order.
fn check(text: &str, lenient: bool) -> (Checked, SourceMap) {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("test.kpi", text));
    let (file, problems) = parse(id, text);
    assert!(problems.is_empty(), "{}", render(&problems, &sources, &Style::default()));
    let (library, mut diagnostics) = compile::collected(sources, &file, lenient);
    let checked = super::library(&library, &[], &Budget::unlimited()).expect("nothing stops it");
    diagnostics.extend(checked.diagnostics);
    (Checked { diagnostics, ..checked }, library.sources.clone())
}

/// The type of an expression over [`NAMES`], or the messages of its errors.
fn outcome(expression: &str) -> String {
    let (checked, _) = check(&format!("{NAMES}result = {expression}\n"), false);
    if checked.diagnostics.is_empty() {
        return checked.types["result"].ty.to_string();
    }
    checked.diagnostics.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")
}

fn rendered(text: &str) -> String {
    let (checked, sources) = check(text, false);
    format!("{text}\n{}", render(&checked.diagnostics, &sources, &Style::default()))
}

#[test]
fn valid_expressions_have_a_type() {
    let table = [
        // Literals.
        ("1_000.50", "number"),
        ("20%", "percent"),
        ("40 EUR", "EUR"),
        ("40 €", "EUR"),
        ("40 money", "EUR"),
        ("40 EUR/month", "EUR/month"),
        ("3 days", "days"),
        ("1 day", "days"),
        ("3 customer", "customer"),
        ("3 customers", "customer"),
        ("40 EUR/leads", "EUR/lead"),
        ("\"a\"", "text"),
        ("2026-03-31", "date"),
        ("true", "boolean"),
        ("undefined", "unknown"),
        ("0", "number"),
        // Sums keep the unit; `0`, `undefined` and unknown values are compatible with every unit.
        ("revenue + cost", "EUR"),
        ("revenue - 5 EUR", "EUR"),
        ("revenue + 0", "EUR"),
        ("0 - revenue", "EUR"),
        ("revenue + undefined", "EUR"),
        ("untyped + revenue", "EUR"),
        ("revenue - untyped", "EUR"),
        ("untyped + other", "unknown"),
        ("untyped + 5", "unknown"),
        ("1 - untyped", "number"),
        ("1 - churn", "number"),
        ("churn + 5%", "percent"),
        ("customers + leads", "count"),
        ("customers - 1", "number"),
        ("-revenue", "EUR"),
        ("-0", "number"),
        // Units of one dimension convert to the finer unit.
        ("effort + lead_time", "hours"),
        ("lead_time + effort", "hours"),
        ("lifetime + tenure", "months"),
        ("tenure - 1 quarter", "months"),
        ("lead_time + 2 weeks", "days"),
        ("if effort > lead_time then 1 hour else 1 second", "seconds"),
        // Products multiply units.
        ("revenue * 2", "EUR"),
        ("revenue * churn", "EUR"),
        ("revenue / cost", "number"),
        ("revenue / customers", "EUR"),
        ("revenue / clients", "EUR/customer"),
        ("revenue / tenure", "EUR/month"),
        ("arpu * lifetime", "EUR/customer"),
        ("arpu * clients", "EUR/month"),
        ("lead_time / effort", "number"),
        ("effort * lead_time", "hour*hour"),
        ("lead_time * revenue", "EUR*day"),
        ("1 / lead_time", "1/day"),
        ("revenue * revenue", "EUR*EUR"),
        ("untyped * revenue", "unknown"),
        ("revenue / untyped", "unknown"),
        ("dollars * 0.9 EUR/USD", "EUR"),
        ("churn * churn", "number"),
        ("100 EUR * (1 - 20%)", "EUR"),
        // Counting units are shown, but checked like plain numbers.
        ("cac + revenue", "EUR/customer"),
        ("cac + 5 EUR/lead", "EUR"),
        ("cac + cac", "EUR/customer"),
        ("cac > 40 EUR", "boolean"),
        ("clients + 3", "customer"),
        ("cac * clients", "EUR"),
        // Powers and roots.
        ("revenue ^ 2", "EUR*EUR"),
        ("revenue ^ 0", "number"),
        ("lead_time ^ (-1)", "1/day"),
        ("2 ^ 0.5", "number"),
        ("churn ^ customers", "number"),
        ("sqrt(revenue ^ 2)", "EUR"),
        ("sqrt(churn)", "number"),
        ("untyped ^ 2", "unknown"),
        // Dates.
        ("signup - 2026-01-01", "days"),
        ("signup + 3 days", "date"),
        ("2 weeks + signup", "date"),
        ("signup - 12 hours", "date"),
        ("signup - untyped", "unknown"),
        ("untyped - signup", "days"),
        ("untyped + 3 days", "unknown"),
        ("signup < 2026-01-01", "boolean"),
        ("year(signup)", "number"),
        ("avg(crm.qualified_on - created_on)", "days"),
        // Comparisons, conditions, choices.
        ("revenue > 0", "boolean"),
        ("revenue >= 5 EUR", "boolean"),
        ("city = \"Paris\"", "boolean"),
        ("city in (\"Paris\", \"Lyon\")", "boolean"),
        ("revenue between 0 and 5 EUR", "boolean"),
        ("lead_time between 1 hour and 2 weeks", "boolean"),
        ("active and revenue > 0", "boolean"),
        ("not active or untyped", "boolean"),
        ("active = true", "boolean"),
        ("revenue ?? 0", "EUR"),
        ("churn ?? 0", "percent"),
        ("untyped ?? 5 EUR", "EUR"),
        ("if active then revenue else 0", "EUR"),
        ("if active then undefined else cost", "EUR"),
        ("if untyped then \"a\" else city", "text"),
        ("coalesce(untyped, revenue, 0)", "EUR"),
        // Functions.
        ("round(revenue, 2)", "EUR"),
        ("abs(churn)", "percent"),
        ("max(0, revenue)", "EUR"),
        ("min(lead_time, effort)", "hours"),
        ("clamp(churn, 0, 1)", "number"),
        ("mod(lead_time, 1 week)", "days"),
        ("sign(revenue)", "number"),
        ("exp(churn)", "number"),
        ("ln(revenue / cost)", "number"),
        ("is_defined(revenue)", "boolean"),
        // Aggregates and contexts.
        ("sum(crm.amount)", "EUR"),
        ("sum(crm.amount where stage = \"won\")", "EUR"),
        ("sum(amount)", "EUR"),
        ("sum(crm.amount * share)", "EUR"),
        ("count(crm)", "count"),
        ("count(distinct crm.stage)", "count"),
        ("median(crm.amount)", "EUR"),
        ("quantile(crm.amount, 90%)", "EUR"),
        ("avg(crm.share)", "percent"),
        ("max(crm.day)", "date"),
        ("last(crm.amount by account)", "EUR"),
        ("sum(crm.amount where amount > target)", "EUR"),
        ("sum(ads.clicks)", "unknown"),
        ("revenue[previous]", "EUR"),
        ("revenue[channel = \"email\", 1 year ago]", "EUR"),
        ("revenue / revenue[all]", "number"),
        ("churn", "percent"),
        ("nps", "ratio"),
        // The user's functions.
        ("rise(revenue)", "number"),
        ("rise(untyped)", "unknown"),
        ("added(revenue, cost)", "EUR"),
        ("added(lead_time, effort)", "hours"),
        ("in_euros(3)", "EUR"),
        ("no_such_function(revenue)", "unknown"),
        ("no_such_name + revenue", "EUR"),
    ];
    for (expression, ty) in table {
        assert_eq!(outcome(expression), ty, "{expression}");
    }
}

#[test]
fn mismatched_operands_are_errors() {
    let table = [
        ("revenue + lead_time", "`+` needs the same unit on both sides, found `EUR` and `days`"),
        ("revenue - dollars", "`-` needs the same unit on both sides, found `EUR` and `USD`"),
        ("revenue + 5", "`+` needs the same unit on both sides, found `EUR` and a plain number"),
        ("100 EUR - 20%", "`-` needs the same unit on both sides, found `EUR` and a percentage"),
        ("revenue + customers", "`+` needs the same unit on both sides, found `EUR` and a count"),
        ("revenue + arpu", "`+` needs the same unit on both sides, found `EUR` and `EUR/customer/month`"),
        ("lead_time + tenure", "`+` needs the same unit on both sides, found `days` and `months`"),
        ("1 / lead_time + lead_time", "`+` needs the same unit on both sides, found `1/day` and `days`"),
        ("revenue > 5", "`>` needs the same unit on both sides, found `EUR` and a plain number"),
        ("revenue = dollars", "`=` needs the same unit on both sides, found `EUR` and `USD`"),
        ("revenue between 1 EUR and 5", "`between` needs the same unit for all values, found `EUR` and a plain number"),
        ("lead_time in (1 day, 2)", "`in` needs the same unit for all values, found `days` and a plain number"),
        ("revenue ?? lead_time", "`??` needs the same unit on both sides, found `EUR` and `days`"),
        ("if active then revenue else 5", "`if` needs the same unit for all values, found `EUR` and a plain number"),
        (
            "if active then 0 else if active then 1 EUR else 2 USD",
            "`if` needs the same unit for all values, found `EUR` and `USD`",
        ),
        ("max(revenue, lead_time)", "`max` needs the same unit for all values, found `EUR` and `days`"),
        (
            "coalesce(untyped, 0, revenue, 5)",
            "`coalesce` needs the same unit for all values, found `EUR` and a plain number",
        ),
        ("exp(revenue)", "`exp` needs a plain number, found `EUR`"),
        ("ln(lead_time)", "`ln` needs a plain number, found `days`"),
        ("sqrt(revenue)", "the root of this unit is not a valid unit"),
        ("revenue ^ 0.5", "the exponent of a number with a unit must be a whole number literal"),
        ("revenue ^ customers", "the exponent of a number with a unit must be a whole number literal"),
        ("2 ^ revenue", "`^` needs a plain number, found `EUR`"),
        ("revenue ^ 5", "a unit has at most 16 parts, each to the power of at most 4"),
        ("round(revenue, 2 EUR)", "`round` needs a plain number, found `EUR`"),
        ("signup + 1 month", "months cannot be added to a date"),
        ("signup - 2 years", "months cannot be added to a date"),
        ("signup + 3", "`+` needs a duration in days, hours, …, found a plain number"),
        ("signup + revenue", "`+` needs a duration in days, hours, …, found `EUR`"),
        ("signup + signup", "`+` needs a number, found a date"),
        ("3 days - signup", "`-` needs a date, found `days`"),
        ("signup * 2", "`*` needs a number, found a date"),
        ("city + city", "`+` needs a number, found a text"),
        ("city = 3", "`=` needs the same type on both sides, found a text and a plain number"),
        ("city > revenue", "`>` needs the same type on both sides, found a text and `EUR`"),
        ("signup = \"2026\"", "`=` needs the same type on both sides, found a date and a text"),
        ("active > true", "`>` needs a number, a text or a date, found a boolean"),
        ("-city", "`-` needs a number, found a text"),
        ("not revenue", "`not` needs a condition, found `EUR`"),
        ("active and 1", "`and` needs a condition, found a plain number"),
        ("revenue or active", "`or` needs a condition, found `EUR`"),
        ("if revenue then 1 else 2", "expected a condition, found `EUR`"),
        ("if 0 then 1 else 2", "expected a condition, found a number"),
        ("if active then 1 else \"a\"", "`if` needs the same type for all values, found a plain number and a text"),
        ("city ?? 0", "`??` needs the same type on both sides, found a text and a number"),
        ("year(revenue)", "`year` needs a date, found `EUR`"),
        ("lower(3)", "`lower` needs a text, found a plain number"),
        ("contains(city, 3)", "`contains` needs a text, found a plain number"),
        ("sum(crm.stage)", "`sum` needs a number, found a text"),
        ("avg(crm.created_on)", "`avg` needs a number, found a date"),
        ("max(crm.won)", "`max` needs a number, a text or a date, found a boolean"),
        ("sum(crm.amount + 5)", "`+` needs the same unit on both sides, found `EUR` and a plain number"),
        ("sum(crm.amount where share)", "expected a condition, found a percentage"),
        ("sum(crm.amount where stage = 3)", "`=` needs the same type on both sides, found a text and a plain number"),
        ("revenue[won]", ""),
        ("revenue[share]", "expected a condition, found a percentage"),
        ("quantile(crm.amount, 90 EUR)", "`quantile` needs a plain number, found `EUR`"),
        ("round()", "`round` expects 1 to 2 arguments, found 0"),
        ("abs(1, 2)", "`abs` expects 1 argument, found 2"),
        ("quantile(crm.amount)", "`quantile` expects 2 arguments, found 1"),
        ("rise(1, 2)", "`rise` expects 1 argument, found 2"),
        ("added(revenue, lead_time)", "`+` needs the same unit on both sides, found `EUR` and `days`"),
        ("rise(city)", "`-` needs a number, found a text"),
        ("in_euros(revenue)", "`in_euros` is declared as `EUR`, but its formula gives `EUR*EUR`"),
        ("5 parsecs", "unknown unit `parsecs`"),
        ("5 eur", "unknown unit `eur`"),
        ("5 text", "`text` is a type, not a unit"),
        ("5 EUR/text", "`text` is a type, not a unit, and cannot be part of a compound"),
        ("5 hour/day", "`day` is combined with another unit of the same dimension"),
        // Each cause gives one message; separate errors are all reported.
        ("revenue + 5 parsecs + 3 EUR", "unknown unit `parsecs`"),
        (
            "(revenue + 5) * (cost + lead_time)",
            "`+` needs the same unit on both sides, found `EUR` and a plain number; \
             `+` needs the same unit on both sides, found `EUR` and `days`",
        ),
        ("exp(revenue + lead_time)", "`+` needs the same unit on both sides, found `EUR` and `days`"),
    ];
    for (expression, message) in table {
        let expected = if message.is_empty() { "EUR" } else { message };
        assert_eq!(outcome(expression), expected, "{expression}");
    }
}

#[test]
fn definitions_are_checked_against_their_annotations() {
    let table = [
        ("x: money = 5 EUR", ""),
        ("param x: money = 5", ""),
        ("param x: money = 5 * 120%", ""),
        ("param x: money = 5 days", "`x` is declared as `EUR`, but its formula gives `days`"),
        ("x: money = 5", "`x` is declared as `EUR`, but its formula gives a plain number"),
        ("x: days = effort", ""),
        ("x: EUR/customer = revenue / customers", ""),
        ("x: percent = revenue / cost", ""),
        ("x: count = 3", ""),
        ("x: percent = untyped", ""),
        ("x: text = city", ""),
        ("x: EUR = revenue / lead_time", "`x` is declared as `EUR`, but its formula gives `EUR/day`"),
        ("x: percent = revenue", "`x` is declared as a percentage, but its formula gives `EUR`"),
        ("x: EUR = customers", "`x` is declared as `EUR`, but its formula gives a count"),
        ("x: text = revenue", "`x` is declared as a text, but its formula gives `EUR`"),
        ("x: USD = revenue", "`x` is declared as `USD`, but its formula gives `EUR`"),
        ("x: months = lead_time", "`x` is declared as `months`, but its formula gives `days`"),
        ("x: boolean = 1", "`x` is declared as a boolean, but its formula gives a plain number"),
        ("x: duration = lead_time", "unknown unit `duration`"),
        ("x: money/clients = cac", "unknown unit `clients`"),
        ("input amount: money", ""),
        ("input amount: days", "`amount` is declared as `days`, but its column is `EUR`"),
        ("input stage", ""),
        ("x = 40 EUR { target 35 }", ""),
        ("x = 40 EUR { target cost }", ""),
        ("x = 40 EUR { target leads }", "`x` is `EUR`, but this value is a count"),
        ("x = 40 EUR { better lower good <= 35 watch <= target * 120% bad otherwise }", ""),
        ("x = 40 EUR { better lower good <= 35 days }", "`x` is `EUR`, but this value is `days`"),
        ("x = 40 EUR { better lower good between 1 and 5 USD }", "`x` is `EUR`, but this value is `USD`"),
        ("x = 40 EUR { better lower good when x < cac }", ""),
        ("x = 40 EUR { better lower good when x }", "expected a condition, found `EUR`"),
        ("x = 40 EUR { range 0..100 }", ""),
        ("x = 40 EUR { range 0..1 day }", "`x` is `EUR`, but this value is `days`"),
        ("x = revenue / 2 { example revenue = 10 gives 5 }", ""),
        ("x = revenue / 2 { example revenue = 10 EUR gives 5 EUR }", ""),
        ("x = revenue / 2 { example revenue = 10 USD gives 5 }", "`revenue` is `EUR`, but this value is `USD`"),
        ("x = revenue / 2 { example revenue = 10 gives 5 days }", "`x` is `EUR`, but this value is `days`"),
        ("x = revenue / 2 { example revenue = undefined gives undefined }", ""),
        ("x = city { example city = \"a\" gives 3 }", "`x` is a text, but this value is a plain number"),
        ("x = lead_time { target 12 hours }", ""),
    ];
    for (definition, message) in table {
        let (checked, _) = check(&format!("{NAMES}{definition}\n"), false);
        let messages: Vec<_> = checked.diagnostics.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages.join("; "), message, "{definition}");
    }
}

#[test]
fn a_program_without_units_gets_no_unit_errors() {
    let text = "\
input spend
input customers
input signup
cac = spend / customers
share: percent = spend / (spend + 5)
late = (signup - 2026-01-01) > 30
later = signup + 3 > 2026-01-01
score = sqrt(spend) + exp(cac) + spend ^ 0.5 + (spend - 20%)
";
    for lenient in [false, true] {
        let (checked, sources) = check(text, lenient);
        let found = render(&checked.diagnostics, &sources, &Style::default());
        // An unknown operand subtracted from a date may be a date; the difference is then in days.
        let expected = if lenient { 0 } else { 1 };
        assert_eq!(checked.diagnostics.len(), expected, "{found}");
    }
}

#[test]
fn lenience_ignores_unit_errors_only() {
    let text = "input cost: money\ninput name: text\na = cost + 5\nb = name + 5\nc = cost > \"a\"\n";
    let (checked, _) = check(text, true);
    let messages: Vec<_> = checked.diagnostics.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        ["`+` needs a number, found a text", "`>` needs the same type on both sides, found `money` and a text"]
    );
}

#[test]
fn functions_that_call_the_previous_one_twice_stay_linear() {
    let mut text = String::from("input revenue: EUR\nfn f0(x) = x\n");
    for at in 1..=60 {
        text += &format!("fn f{at}(x) = f{}(x) + f{}(x)\n", at - 1, at - 1);
    }
    text += "result = f60(revenue)\n";
    let (checked, _) = check(&text, false);
    assert!(checked.diagnostics.is_empty());
    assert_eq!(checked.types["result"].ty.to_string(), "EUR");
}

#[test]
fn a_chain_of_functions_longer_than_the_limit_is_one_error() {
    let mut text = String::from("fn f0(x) = x\n");
    for at in 1..=2_000 {
        text += &format!("fn f{at}(x) = f{}(x)\n", at - 1);
    }
    text += "result = f2000(1 EUR)\n";
    let (checked, _) = check(&text, false);
    let messages: Vec<_> = checked.diagnostics.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, [format!("expressions and the functions they call are nested more than {MAX_DEPTH} deep")]);
}

#[test]
fn the_combinations_of_argument_types_are_limited() {
    // Each function calls the next one with two units for each parameter: 2^14 combinations.
    let parameters: Vec<String> = (0..14).map(|at| format!("p{at}")).collect();
    let mut text = String::new();
    for at in 0..14 {
        let with = |unit: &str| {
            let mut arguments = parameters.clone();
            arguments[at] = format!("p{at} * 1 {unit}");
            format!("f{}({})", at + 1, arguments.join(", "))
        };
        text += &format!("fn f{at}({}) = {} * {}\n", parameters.join(", "), with("EUR"), with("USD"));
    }
    text += &format!("fn f14({}) = undefined\nresult = f0({})\n", parameters.join(", "), vec!["1"; 14].join(", "));
    let (checked, _) = check(&text, false);
    let messages: Vec<_> = checked.diagnostics.iter().map(|problem| problem.message.as_str()).collect();
    let limit = "functions are called with too many combinations of types: their bodies have more than 200000 parts";
    assert_eq!(messages, [limit]);
}

#[test]
fn recursion_is_not_reported_here() {
    let (checked, _) = check("fn f(x) = g(x)\nfn g(x) = f(x) + 1\nresult = f(1 EUR)\n", false);
    assert!(checked.diagnostics.len() <= 1);
}

#[test]
fn the_deepest_expression_needs_only_a_small_stack() {
    let nested = crate::syntax::MAX_NESTING - 1;
    let text = format!("result = {}1 EUR{}\n", "(".repeat(nested), ")".repeat(nested));
    let run = move || check(&text, false).0;
    let checked = std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
    assert!(checked.diagnostics.is_empty());
    assert_eq!(checked.types["result"].ty.to_string(), "EUR");
}

#[test]
fn a_long_sum_is_flat() {
    let text = format!("input cost: EUR\nresult = cost{}\n", " + cost".repeat(5_000));
    let (checked, _) = check(&text, false);
    assert_eq!(checked.types["result"].ty.to_string(), "EUR");
}

#[test]
fn messages_show_both_sides() {
    let programs = [
        ("percent_off", "price = 100 EUR\nresult = 100 EUR - 20%\nother = price + price - 5%\n"),
        ("missing_duration", "input arpu: EUR/month\ninput cac: EUR\nresult = arpu - cac\n"),
        (
            "missing_definition",
            "unit customer\ninput arpu: EUR/customer/year\ninput years: years\ninput cac: EUR/customer\nresult = cac + years\n",
        ),
        (
            "inverted",
            "unit lead\ninput per_day: 1/day\ninput lead_time: days\nresult: 1/day = lead_time + per_day\nother: days = 1 / lead_time\n",
        ),
        (
            "through_definitions",
            "input cost: EUR\nlet a = cost * 2\nlet b = a + a\ninput time: days\nlet c = time / 2\nresult = b - c\n",
        ),
        ("undeclared_currency", "input cost: money\nresult = cost - 40 EUR\n"),
        ("two_currencies", "input cost: EUR\ninput sales: USD\nresult = sales - cost\n"),
        ("two_durations", "input lifetime: months\ninput lead_time: days\nresult = lifetime > lead_time\n"),
        ("bare_number", "input cost: EUR/month\nresult = cost + 5\nother = if cost > 3 then 1 else 2\n"),
        ("annotation", "input cost: EUR\ninput time: days\ncac: EUR = cost / time\n"),
        (
            "call",
            "input cost: EUR\ninput time: days\nfn added(x, y) = x + y\nfn twice(x, y) = added(x, y) * 2\nresult = twice(cost, time)\n",
        ),
        ("body", "fn added(x) = x + (1 EUR + 2 days)\nresult = added(3 EUR)\nother = added(4)\n"),
        ("date", "input signup: date\na = signup + 3\nb = signup + 1 month\n"),
        ("condition", "input cost: EUR\nresult = if cost then 1 else 2\nother = not cost\n"),
        ("plain_needed", "input cost: EUR\ninput base: EUR\nresult = exp(cost + base)\nother = ln(cost)\n"),
        ("band", "currency EUR\ncac: money = 40 {\n  better lower\n  good <= 3 days\n  bad otherwise\n}\n"),
        ("unknown_units", "unit customer\na = 5 custmers\nb = 5 eur\nc = 5 dya\nd: string = 3\ne = 5 wombat\n"),
        ("currencies", "currency EUR\ncurrency USD\nunit day\n"),
        ("bad_currency", "currency EURO\nx = 1\n"),
    ];
    for (name, text) in programs {
        insta::assert_snapshot!(name, rendered(text));
    }
}

#[test]
fn a_replacement_has_the_type_that_the_library_expects() {
    let text = "input cac: money\ncac = 3 days\n";
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("test.kpi", text));
    let (mut file, _) = parse(id, text);
    let ItemKind::Definition(standard) = file.items.remove(0).kind else { panic!("it is a definition") };
    let (library, _) = compile::collected(sources, &file, false);
    let replaced = [(library.definitions.at(0).name.clone(), standard.annotation.unwrap())];
    let problems = super::library(&library, &replaced, &Budget::unlimited()).expect("nothing stops it").diagnostics;
    insta::assert_snapshot!("replacement", render(&problems, &library.sources, &Style::default()));
}

#[test]
fn a_file_with_a_unit_writes_units() {
    let table = [
        ("x = a / b", false),
        ("x: percent = a / b\ninput n: count", false),
        ("x = 20%", false),
        ("dataset d { time day  when: date  city: text }", false),
        ("x: money = a", true),
        ("input t: days", true),
        ("x = if a then b + (3 EUR) else c", true),
        ("unit lead", true),
        ("currency EUR", true),
        ("fn f(x) = x * 1 day", true),
        ("dataset d { amount: money }", true),
    ];
    for (text, expected) in table {
        let (file, problems) = parse(crate::source::FileId(0), text);
        assert!(problems.is_empty(), "{text}");
        assert_eq!(writes_units(&file), expected, "{text}");
    }
}

#[test]
fn each_definition_is_typed_once() {
    let mut text = String::from("input cost: EUR\nk0 = cost\n");
    for at in 1..5_000 {
        text += &format!("k{at} = k{} * 2 + cost\n", at - 1);
    }
    let (checked, _) = check(&text, false);
    assert!(checked.diagnostics.is_empty());
    assert_eq!(checked.types["k4999"].ty.to_string(), "EUR");
}
