//! Tests aggregates of all rows with the same keys, in computed columns: `first_day = min(day each customer)`.

use yardstick::Query;

use super::check;

/// One order has no customer, and one has no day.
const ORDERS: &str = "\
day,customer,channel,amount
2026-01-05,ann,web,10
2026-01-20,bob,mail,20
2026-02-03,ann,mail,30
2026-02-10,cyd,web,40
2026-03-01,ann,web,50
2026-03-02,cyd,web,60
2026-03-09,,web,70
,bob,web,80
";

const TABLES: &[(&str, &str)] = &[("orders", ORDERS)];

fn of(kpis: &[&str]) -> Query {
    Query::new(kpis.iter().copied())
}

const COHORTS: &str = "\
dataset orders {
  time day
  first_day = min(day each customer)
  cohort    = month_of(first_day)
  age       = month_of(day) - cohort
}
customers = count(distinct customer)
retention = customers / customers[all age, age = 0]
";

#[test]
fn cohorts() {
    let expected = [
        // The order without a customer.
        "(blank) (blank) | 0 | DivisionByZero",
        // That without a day belongs to bob, whose first order is in January.
        "2026-01 (blank) | 1 | 0.5",
        "2026-01 0 | 2 | 1",
        "2026-01 1 | 1 | 0.5",
        "2026-01 2 | 1 | 0.5",
        "2026-02 0 | 1 | 1",
        "2026-02 1 | 1 | 1",
    ];
    let query = of(&["customers", "retention"]).by("cohort").by("age");
    check("a cohort table", TABLES, COHORTS, &query, &expected);
    let expected = [
        "2026-01 2026-01 | 2",
        "2026-02 2026-01 | 1",
        "2026-02 2026-02 | 1",
        "2026-03 (blank) | 0",
        "2026-03 2026-01 | 1",
        "2026-03 2026-02 | 1",
    ];
    check("cohorts by month", TABLES, COHORTS, &of(&["customers"]).by("month").by("cohort"), &expected);
    let new = of(&["count(distinct customer where cohort = month_of(day))"]).by("month");
    check("new customers", TABLES, COHORTS, &new, &["2026-01 | 2", "2026-02 | 1", "2026-03 | 0"]);
    let query = of(&["customers"]).by("cohort").filter_formula("first_day < 2026-01-10");
    check("in a condition of the query", TABLES, COHORTS, &query, &["2026-01 | 1"]);
}

#[test]
fn conditions_and_the_period_of_the_query_do_not_change_them() {
    // In all orders, ann and bob come from January, cyd from February; bob has no dated order in March.
    let query = of(&["sum(amount)", "(min(first_day) - 2026-01-01) / 1 day"]).by("cohort").period("2026-03");
    check("in March", TABLES, COHORTS, &query, &["(blank) | 70 | Blank", "2026-01 | 50 | 4", "2026-02 | 60 | 40"]);
    let query = of(&["sum(amount)"]).by("cohort").filter_formula("channel = \"mail\"");
    check("by mail", TABLES, COHORTS, &query, &["2026-01 | 50"]);
    let query = of(&["sum(amount)[channel = \"mail\"]", "sum(amount)[all cohort]"]).by("cohort");
    let expected = ["(blank) | 0 | 360", "2026-01 | 50 | 360", "2026-02 | 0 | 360"];
    check("contexts", TABLES, COHORTS, &query, &expected);
}

/// The value of a computed column in each order of ann (January, February, March), bob (dated, undated) and cyd.
fn column(formula: &str, expected: [&str; 5]) {
    let definitions = format!("dataset orders {{ time day  found = {formula} }}");
    let kpis = ["ann", "bob", "cyd", "?"].map(|name| match name {
        "?" => "only(distinct found where not is_defined(customer))".to_owned(),
        name => format!("only(distinct found where customer = \"{name}\")"),
    });
    let all = "only(distinct found)".to_owned();
    let query = Query::new(kpis.into_iter().chain([all]));
    check(formula, TABLES, &definitions, &query, &[&format!(" | {}", expected.join(" | "))]);
}

#[test]
fn every_aggregate_of_rows_can_be_used() {
    column("sum(amount each customer)", ["90", "100", "100", "Blank", "ManyRows"]);
    column("count(orders each customer)", ["3", "2", "2", "Blank", "ManyRows"]);
    column("count(day each customer)", ["3", "1", "2", "Blank", "ManyRows"]);
    column("count(distinct channel each customer)", ["2", "2", "1", "Blank", "ManyRows"]);
    column("avg(amount each customer)", ["30", "50", "50", "Blank", "ManyRows"]);
    column("min(amount each customer)", ["10", "20", "40", "Blank", "ManyRows"]);
    column("max(amount each customer)", ["50", "80", "60", "Blank", "ManyRows"]);
    column("median(amount each customer)", ["30", "50", "50", "Blank", "ManyRows"]);
    column("quantile(amount, 25% each customer)", ["20", "35", "45", "Blank", "ManyRows"]);
    column("variance(amount each customer)", ["400", "1800", "200", "Blank", "ManyRows"]);
    column("stddev_pop(amount each customer)", ["~16.3299", "30", "10", "Blank", "ManyRows"]);
    // The order without a day is neither the first nor the last.
    column("first(amount each customer)", ["10", "20", "40", "Blank", "ManyRows"]);
    column("last(amount each customer)", ["50", "20", "60", "Blank", "ManyRows"]);
    column("only(amount each customer, channel)", ["30", "ManyRows", "Blank", "Blank", "ManyRows"]);
    column("max(customer each channel)", ["ManyRows", "ManyRows", "Text(\"cyd\")", "Text(\"cyd\")", "ManyRows"]);
}

#[test]
fn conditions_select_rows() {
    column("sum(amount where channel = \"web\" each customer)", ["60", "80", "100", "Blank", "ManyRows"]);
    column("sum(amount each customer where channel = \"web\")", ["60", "80", "100", "Blank", "ManyRows"]);
    // No row is kept for ann and cyd.
    column("sum(amount where amount > 70 each customer)", ["0", "80", "0", "Blank", "ManyRows"]);
    column("max(amount where amount > 70 each customer)", ["Blank", "80", "Blank", "Blank", "80"]);
    column(
        "count(orders where channel = \"mail\" and amount > 20 each customer)",
        ["1", "0", "0", "Blank", "ManyRows"],
    );
}

#[test]
fn they_are_parts_of_expressions() {
    column("amount / sum(amount each customer) > 0.5", ["ManyRows", "ManyRows", "ManyRows", "Blank", "ManyRows"]);
    column("max(amount each customer) - min(amount each customer)", ["40", "60", "20", "Blank", "ManyRows"]);
    column("sum(amount each customer) ?? 0", ["90", "100", "100", "0", "ManyRows"]);
    column("if count(orders each customer) > 2 then 1 else 0", ["1", "0", "0", "Blank", "ManyRows"]);
    column("max(sum(amount each customer) each channel)", ["100", "100", "100", "100", "100"]);
    column("sum(amount each channel)", ["ManyRows", "ManyRows", "310", "310", "ManyRows"]);
}

#[test]
fn columns_can_use_each_other() {
    let definitions = "\
dataset orders {
  time day
  lookup channels on channel
  lookup people on customer
  spent   = sum(amount each customer)
  most    = max(spent each kind)
  by_size = count(orders each size)
  size    = if spent >= 100 then \"large\" else \"small\"
  share   = amount / spent
  of_town = sum(amount each people.town)
}
dataset channels { lookup groups on kind  biggest = max(weight each kind) }
dataset groups
dataset people { its_first = min(joined each town) }
dataset calls { lookup orders on order = amount }
dataset visits { lookup people on customer }
";
    let tables = [
        ("orders", ORDERS),
        ("channels", "channel,kind,weight\nweb,online,1\nmail,paper,2\nfax,paper,3\n"),
        ("groups", "kind,g\nonline,1\npaper,2\n"),
        ("people", "customer,town,joined\nann,Lyon,2020-01-01\nbob,Lyon,2019-01-01\ncyd,Bonn,2021-01-01\n"),
        ("calls", "order,minutes\n10,1\n20,2\n40,4\n11,8\n"),
        ("visits", "customer,n\nann,1\nbob,2\ncyd,4\n"),
    ];
    let evaluated = |says: &str, query: Query, expected: &[&str]| check(says, &tables, definitions, &query, expected);
    // Online: ann 90, cyd 100, bob 100 and nobody; on paper: bob 100, ann 90.
    evaluated("over a looked-up key", of(&["count(orders)"]).by("most"), &["100 | 8"]);
    evaluated(
        "over a computed key",
        of(&["only(distinct by_size)"]).by("size"),
        &["(blank) | Blank", "large | 4", "small | 3"],
    );
    evaluated("in another column", of(&["sum(share where customer != \"ann\")"]), &[" | 2"]);
    evaluated(
        "by a column of a lookup",
        of(&["only(distinct of_town)"]).by("people.town"),
        &["(blank) | Blank", "Bonn | 100", "Lyon | 190"],
    );
    evaluated("in a looked-up dataset", of(&["sum(amount)"]).by("biggest"), &["1 | 310", "3 | 50"]);
    evaluated(
        "of the rows that are looked up",
        of(&["sum(calls.minutes)"]).by("orders.spent"),
        &["(blank) | 8", "90 | 1", "100 | 6"],
    );
    evaluated(
        "dates of the rows looked up",
        of(&["sum(visits.n)"]).by("people.its_first"),
        &["2019-01-01 | 3", "2021-01-01 | 4"],
    );
    evaluated(
        "inside each of a formula",
        of(&["avg(max(spent) each customer)", "sum(count(orders) each size)"]),
        &[" | ~96.6667 | 7"],
    );
}

#[test]
fn rows_without_a_key_belong_to_no_group() {
    let table = "a,b,x\np,1,1\np,,2\n,1,4\n,,8\np,1.0,16\n";
    let definitions = "dataset t { both = sum(x each a, b)  one = sum(x each b) }";
    let query = of(&["only(both)", "only(one)"]).by("x");
    let expected = ["1 | 17 | 21", "2 | Blank | Blank", "4 | Blank | 21", "8 | Blank | Blank", "16 | 17 | 21"];
    check("blank keys, and numbers of two scales", &[("t", table)], definitions, &query, &expected);
}

#[test]
fn groups_with_rows_that_fail() {
    let table = "k,x,y\na,1,0\na,2,1\nb,4,2\n";
    let definitions = "dataset t { of_k = sum(x / y each k)  of_y = sum(x each q)  q = 1 / y }";
    let tables = [("t", table)];
    let query = of(&["sum(of_k)", "count(t)"]).by("k");
    check("the rows of a fail", &tables, definitions, &query, &["a | DivisionByZero | 2", "b | 2 | 1"]);
    check(
        "a key that fails",
        &tables,
        definitions,
        &of(&["sum(of_y)"]),
        &["error[bad-cell]: a row of `t` does not belong to any group: division by zero in `q`"],
    );
}

#[test]
fn types_and_units_are_those_of_the_aggregate() {
    let definitions = "currency EUR\ndataset orders { time day  amount: money  spent = sum(amount each customer)  first_day = min(day each customer) }";
    for (formula, expected) in [
        ("sum(spent) + 3 days", "error[unit-mismatch]"),
        ("sum(first_day)", "error[type-mismatch]"),
        ("count(orders where first_day > 3)", "error[type-mismatch]"),
        ("count(orders where day - first_day >= 10 days)", " | 3"),
        ("sum(spent) / 1 EUR", " | 670"),
    ] {
        check(formula, TABLES, definitions, &of(&[formula]), &[expected]);
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (formula, expected) in [
        ("avg(amount)", "for all rows with the same key, write `avg(amount each …)`"),
        ("min(day by customer)", "write `min(day each customer)`"),
        ("last(amount by channel, customer)", "write `last(amount each channel, customer)`"),
        ("sum(amount each customer by channel)", "add the column to `each`: `each …, channel`"),
        ("sum(amount each customer having amount > 2)", "if it is about rows, write `where amount > 2` before `each`"),
        (
            "sum(amount each customer having count(orders) > 2)",
            "write the condition around it: `if … then sum(amount each customer) else undefined`",
        ),
        (
            "sum(amount each customer, month)",
            "declare the column `its_month = month_of(day)`, and write `each its_month`",
        ),
        ("sum(amount each customer, customer)", "error[duplicate]: the key `customer` is given twice"),
        ("sum(amount each custmer)", "error[unknown-column]: `orders` has no column `custmer`"),
        ("sum(amout each customer)", "error[unknown-column]: `orders` has no column `amout`"),
        ("sum(channel each customer)", "error[bad-cell]: `sum` needs numbers, but `channel` has the cell `web`"),
        ("round(amount each customer)", "`round` is not an aggregate and does not accept `each`"),
        ("sum(amount on day each customer)", "`on` has no effect here"),
        ("first(amount on channel each customer)", "`channel` is not a column of dates"),
        (
            "quantile(amount, 3 each customer)",
            "error[bad-arguments]: the fraction of a quantile must be between 0 and 1",
        ),
        ("quantile(amount, amount each customer)", "error[bad-arguments]: the fraction of a quantile must be between"),
        ("sum(amount where amount each customer)", "error[type-mismatch]"),
        ("sum(amount, 2 each customer)", "error[bad-arguments]: `sum` expects 1 argument, found 2"),
        ("sum(found each customer)", "error[cycle]: the computed column `found` depends on itself"),
        ("sum(amount each found)", "error[cycle]: the computed column `found` depends on itself"),
        ("sum(amount where found > 3 each customer)", "error[cycle]: the computed column `found` depends on itself"),
        ("sum(amount[previous] each customer)", "error[misplaced]: a context cannot be used"),
        ("sum(amount each day, customer, channel, a, b, c, d, e, f)", "error[too-large]: expected at most 8 columns"),
    ] {
        let definitions = format!("dataset orders {{ time day  found = {formula} }}");
        let error = crate::engine::evaluate(&definitions, TABLES, &of(&["count(orders where is_defined(found))"]));
        let error = error.map_or_else(|error| error, |result| crate::engine::show(&result));
        assert!(error.contains(expected), "{formula}\n{error}");
    }
    let error = crate::engine::evaluate("", TABLES, &of(&["sum(amount - min(day each customer))"])).unwrap_err();
    let expected = "declare a computed column in the dataset: `… = min(day each customer)`";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn explanations_and_notes_name_the_column() {
    let query = of(&["sum(amount)"]).by("cohort").filter_formula("age < 1");
    let result = crate::engine::evaluate(COHORTS, TABLES, &query).expect("it can be evaluated");
    let explanation =
        result.explain("sum(amount)", [("cohort", "2026-02")]).expect("it has limits").expect("it is there");
    let columns: Vec<String> =
        explanation.columns.iter().map(|(column, formula)| format!("{column} = {formula}")).collect();
    let expected = [
        "orders.age = month_of(day) - cohort",
        "orders.cohort = month_of(first_day)",
        "orders.first_day = min(day each customer)",
    ];
    assert_eq!(columns, expected);
    let notes: Vec<&str> = result.notes.iter().map(|note| &*note.message).collect();
    let expected = ["2 rows of `orders` left out: `--where` is undefined for a blank `first_day`, `day`"];
    assert_eq!(notes, expected);
}

#[test]
fn cycles_name_the_chain() {
    let definitions = "dataset orders { time day  a = min(day each b)  b = max(amount each c)  c = a }";
    let expected = "error[cycle]: the computed columns `a`, `b` and `c` depend on each other in a cycle";
    check("over keys", TABLES, definitions, &of(&["count(orders where is_defined(a))"]), &[expected]);
}

#[test]
fn long_chains_are_computed_or_refused() {
    let definitions = |count: usize| {
        let columns = (1..=count).map(|at| format!("  s{at} = max(s{} each channel)\n", at - 1));
        format!("dataset orders {{ time day\n  s0 = amount * 2\n{} }}", columns.collect::<String>())
    };
    check("49", TABLES, &definitions(49), &of(&["max(orders.s49)"]), &[" | 160"]);
    let expected = "error[too-large]: computed columns are nested more than 50 deep";
    check("50", TABLES, &definitions(50), &of(&["max(orders.s50)"]), &[expected]);
    // Each column uses the two before it: a tree of passes.
    let columns =
        (2..20).map(|at| format!("  s{at} = max(s{} each channel) + max(s{} each customer)\n", at - 1, at - 2));
    let definitions = format!("dataset orders {{ time day\n  s0 = 1\n  s1 = 2\n{} }}", columns.collect::<String>());
    let expected = "error[limit-reached]: the computed columns need more than 64 different keys after `each`";
    check("a tree", TABLES, &definitions, &of(&["max(orders.s19)"]), &[expected]);
}

#[test]
fn sixty_four_sets_of_keys_are_the_limit() {
    let definitions = |count: usize| {
        let columns = (1..=count).map(|at| format!("  k{at} = {at} + amount  s{at} = sum(amount each k{at})\n"));
        let sum = (1..=count).map(|at| format!("s{at}")).collect::<Vec<_>>().join(" + ");
        format!("dataset orders {{ time day\n{}  all = {sum} }}", columns.collect::<String>())
    };
    check("64", TABLES, &definitions(64), &of(&["sum(orders.all)"]), &[" | 23040"]);
    let expected = "error[limit-reached]: the computed columns need more than 64 different keys after `each`";
    check("65", TABLES, &definitions(65), &of(&["sum(orders.all)"]), &[expected]);
}
