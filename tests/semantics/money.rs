//! Tests amounts whose currency is in a column: conversion, one currency at a time, and totals over several.

use proptest::prelude::*;
use yardstick::{Embedded, Library, Limits, Query};

use super::check;
use crate::engine::{evaluate, show};

const ORDERS: &str = "\
day,shop,currency,amount,fee
2026-01-05,a,EUR,100,10
2026-01-06,a,USD,50,1
2026-01-07,b,USD,30,3
2026-02-01,b,GBP,8,2
2026-02-02,b,,4,4
";
/// Nobody has a rate for pounds.
const RATES: &str = "code,since,eur\nUSD,2026-01-01,0.9\nUSD,2026-01-07,0.8\nEUR,2025-01-01,1\n";
const SHOPS: &str = "shop,currency,rent\na,EUR,20\nb,USD,10\n";
const TABLES: &[(&str, &str)] = &[("orders", ORDERS), ("rates", RATES), ("shops", SHOPS)];

const DEFINITIONS: &str = r#"
dataset rates { time since }
dataset orders {
  time day
  lookup rates on currency = code as of day
  lookup constant = rates on currency = code as of 2026-01-31
  lookup shops on shop
  amount: money in currency
  fee: money in orders.currency
  eur: EUR = convert(amount, rates.eur)
  constant_eur: EUR = convert(amount, constant.eur)
}
dataset shops { rent: money in currency }
sold       = sum(orders.amount)
sold_eur   = sum(orders.eur)
fee_rate   = sum(orders.fee) / sum(orders.amount)
dollars    = sold[currency = "USD"]
in_euros: EUR  = convert(sold, 2)[currency = "USD"]
total: EUR     = convert(sold, 2)
in_pounds: GBP = convert(sold, 2)[currency = "USD"]
"#;

#[track_caller]
fn gives(says: &str, query: &Query, expected: &[&str]) {
    check(says, TABLES, DEFINITIONS, query, expected);
}

const MIXED: &str = "error[unit-mismatch]: the aggregate mixes currencies";

#[test]
fn amounts_convert_at_the_rate_of_their_row() {
    // 100 + 50 * 0.9 + 30 * 0.8; pounds and the amount without a currency have no rate.
    gives("at the rate of the day", &Query::new(["sold_eur"]), &[" | 169"]);
    // 100 + 80 * 0.8
    gives("at one rate", &Query::new(["sum(orders.constant_eur)"]), &[" | 164"]);
    gives(
        "by shop, with a total",
        &Query::new(["sold_eur"]).by("shop").totals(true),
        &["a | 145", "b | 24", "total | 169"],
    );
    gives(
        "by currency",
        &Query::new(["sold_eur"]).by("currency"),
        &["(blank) | Blank", "EUR | 100", "GBP | Blank", "USD | 69"],
    );
}

#[test]
fn each_definition_converts_to_its_own_currency() {
    gives("twice 50 + 30", &Query::new(["in_euros", "in_pounds"]), &[" | 160 | 160"]);
    gives("beside an amount", &Query::new(["in_euros + 1 EUR", "in_pounds + 1 GBP"]), &[" | 161 | 161"]);
    gives("of those in euros", &Query::new(["in_euros"]).filter_formula(r#"currency = "EUR""#), &[" | 0"]);
    gives("of euros", &Query::new(["total"]).filter_formula(r#"currency = "EUR""#), &[" | 200"]);
    gives("in another", &Query::new(["in_euros + 1 GBP"]), &["error[unit-mismatch]"]);
}

#[test]
fn amounts_in_several_currencies_are_not_aggregated() {
    let mixing = ["sold", "fee_rate", "max(orders.amount)", "count(distinct orders.amount)", "avg(orders.amount * 2)"];
    for formula in mixing {
        gives("over all rows", &Query::new([formula]), &[MIXED]);
        gives("by another column", &Query::new([formula]).by("shop"), &[MIXED]);
    }
    gives("without the grouping", &Query::new(["sold[all currency]"]).by("currency"), &[MIXED]);
    gives("in two currencies", &Query::new([r#"sold[currency in ("EUR", "USD")]"#]), &[MIXED]);
    gives("in all but one", &Query::new([r#"sold[currency != "EUR"]"#]), &[MIXED]);
    gives("in one of two", &Query::new([r#"sold[currency = "EUR" or shop = "a"]"#]), &[MIXED]);
    gives("a count adds no amounts", &Query::new(["count(orders.amount)"]), &[" | 4"]);
    // 10 % of 100, 2 % of 50, 10 % of 30, 25 % of 8: the sum of the ratios.
    gives("ratios of one row", &Query::new(["sum(orders.fee / orders.amount)"]), &[" | 0.47"]);
}

#[test]
fn one_currency_is_a_unit() {
    gives("by a context", &Query::new(["dollars", "dollars + 1 USD"]), &[" | 80 | 81"]);
    gives("by the aggregate", &Query::new([r#"sum(orders.amount where "USD" = currency and shop = "b")"#]), &[" | 30"]);
    gives("by the query", &Query::new(["sold", "fee_rate"]).filter_formula(r#"currency = "USD""#), &[" | 80 | 0.05"]);
    gives(
        "one of the rows that each has",
        &Query::new([r#"sold[currency = "USD"] / sold[currency = "EUR"]"#]),
        &[" | 0.8"],
    );
    gives("a name that is no code", &Query::new([r#"sold[currency = "euro"]"#]), &[MIXED]);
}

#[test]
fn groups_by_currency_have_one_and_totals_have_none() {
    gives(
        "by currency",
        &Query::new(["sold", "fee_rate"]).by("currency").totals(true),
        &[
            "(blank) | Blank | Blank",
            "EUR | 100 | 0.1",
            "GBP | 8 | 0.25",
            "USD | 80 | 0.05",
            "total | SeveralCurrencies | SeveralCurrencies",
        ],
    );
    gives(
        "nothing catches it",
        &Query::new(["sold ?? 0"]).by("currency").totals(true),
        &["(blank) | 0", "EUR | 100", "GBP | 8", "USD | 80", "total | SeveralCurrencies"],
    );
    // The amounts of `shops` could be in another one.
    let query = Query::new(["sold"]).by("currency").totals(true).filter_formula(r#"shop = "a" and currency != "EUR""#);
    gives("a total beside another dataset", &query, &["USD | 50", "total | SeveralCurrencies"]);
    let definitions = "dataset orders { time day  amount: money in currency }\nsold = sum(orders.amount)";
    check("a total over one currency has it", &TABLES[..1], definitions, &query, &["USD | 50", "total | 50"]);
    gives(
        "by period",
        &Query::new(["sold", "sold[previous]"]).by("month").by("currency").filter_formula(r#"shop = "a""#),
        &["2026-01 EUR | 100 | OutsideData", "2026-01 USD | 50 | OutsideData"],
    );
}

#[test]
fn inner_groups_keep_currencies_apart() {
    gives("mixed inside", &Query::new(["max(sold each shop)"]), &[MIXED]);
    gives("mixed outside", &Query::new(["sum(sold each currency)"]), &[MIXED]);
    gives(
        "in one currency",
        &Query::new(["max(sold each shop)"]).by("currency").totals(true),
        &["(blank) | Blank", "EUR | 100", "GBP | 8", "USD | 50", "total | SeveralCurrencies"],
    );
    gives("a ratio", &Query::new(["avg(fee_rate each currency)"]), &[" | ~0.1333"]);
}

#[test]
fn aggregates_of_one_formula_share_their_currency() {
    let definitions = "dataset p { time day  amount: money in currency }\ndataset r { time day  rent: money in currency }\n\
                       both = sum(p.amount where shop = \"a\") + sum(p.amount where shop = \"b\")\n\
                       grown = sum(p.amount) - sum(p.amount)[previous]\nmargin = sum(p.amount) - sum(r.rent)";
    let p = "day,shop,currency,amount\n2026-01-05,a,EUR,10\n2026-02-05,b,USD,20\n";
    let r = "day,shop,currency,rent\n2026-01-05,a,USD,1\n2026-01-06,b,USD,2\n";
    // Each aggregate has one currency in the total, but not the same.
    let tables = [("p", p), ("r", r)];
    let one = "dataset p { time day  amount: money in currency }\n\
               both = sum(p.amount where shop = \"a\") + sum(p.amount where shop = \"b\")";
    let expected = ["EUR | 10", "USD | 20", "total | SeveralCurrencies"];
    check("conditions", &tables[..1], one, &Query::new(["both"]).by("currency").totals(true), &expected);
    let expected = ["EUR | NoRows", "USD | 17", "total | SeveralCurrencies"];
    check("datasets", &tables, definitions, &Query::new(["margin"]).by("currency").totals(true), &expected);
    let query = Query::new(["grown"]).by("currency").period("2026-02").totals(true);
    check("periods", &tables, definitions, &query, &["EUR | NoRows", "USD | NoRows", "total | SeveralCurrencies"]);
    // One currency after the condition of the query.
    let query = Query::new(["both"]).by("currency").filter_formula("currency = \"USD\"").totals(true);
    check("one currency", &tables[..1], one, &query, &["USD | 20", "total | 20"]);
}

#[test]
fn texts_that_are_no_currencies_do_not_choose_one() {
    let tables = [("p", "currency,amount\nBTC,40\nETH,80\n")];
    let definitions = "dataset p { amount: money in currency }";
    let query = Query::new(["sum(p.amount where currency = \"BTC\") + sum(p.amount where currency = \"ETH\")"]);
    check("two of them", &tables, definitions, &query, &[MIXED]);
    check(
        "by currency",
        &tables,
        definitions,
        &Query::new(["sum(p.amount)"]).by("currency"),
        &["BTC | 40", "ETH | 80"],
    );
}

#[test]
fn rows_with_the_same_keys_need_one_currency() {
    let tables = [("o", "who,currency,amount\nann,USD,100\nann,EUR,10\nbob,EUR,30\n")];
    for mixed in ["sum(amount each who)", "amount / avg(amount each who)"] {
        let definitions = format!("dataset o {{ amount: money in currency  x = {mixed} }}");
        check(mixed, &tables, &definitions, &Query::new(["sum(o.x)"]), &[MIXED]);
    }
    let definitions =
        "dataset o { amount: money in currency  x = sum(amount each who, currency)  n = count(amount each who) }";
    let query = Query::new(["sum(o.x)", "max(o.n)"]).by("currency");
    check("a key for the currency", &tables, definitions, &query, &["EUR | 40 | 2", "USD | 100 | 2"]);
    // Ann has two rows, and Bob no dollars.
    let definitions = "dataset o { amount: money in currency  x = max(amount where currency = \"USD\" each who) }";
    check("a condition on the currency", &tables, definitions, &Query::new(["sum(o.x)"]), &[" | 200"]);
}

#[test]
fn the_currency_may_be_looked_up() {
    let rents = "sum(if orders.amount > 0 then shops.rent else undefined)";
    gives("mixed", &Query::new([rents]), &[MIXED]);
    gives("by their own currency column", &Query::new([rents]).by("currency"), &[MIXED]);
    gives("in one currency", &Query::new([format!(r#"({rents})[shops.currency = "EUR"]"#)]), &[" | 40"]);
    gives(
        "of two tables",
        &Query::new(["sum(orders.amount) / sum(shops.rent)"]).by("currency"),
        &["(blank) | Blank", "EUR | 5", "GBP | NoRows", "USD | 8"],
    );
}

/// The result of a query on texts in some format, or its problems.
fn read_as(text: &str) -> String {
    let library = Library::from_text("dataset t { amount: money in currency }").unwrap();
    let declaration = &library.dataset("t").unwrap().declaration;
    let table = match yardstick::open_stream("t", "the text", text.as_bytes(), declaration) {
        Ok(table) => table,
        Err(problems) => return format!("{problems:?}"),
    };
    let query = Query::new(["sum(t.amount)"]).by("currency");
    match library.evaluate(&query, &Embedded::new(vec![table.into()]), &Limits::default()) {
        Ok(result) => show(&result),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn cells_may_carry_the_currency_of_their_row() {
    let csv = |lines: &str| read_as(&format!("currency,amount\n{lines}"));
    assert_eq!(csv("EUR,12 €\nUSD,$10\nUSD,3\nSEK,5 kr\nEUR,EUR 1\n"), "EUR | 13\nSEK | 5\nUSD | 13\n");
    assert_eq!(csv("CAD,$10\nUSD,$5\n"), "CAD | 10\nUSD | 5\n");
    for lines in ["USD,12 €\n", "EUR,1\nEUR,2\nUSD,12 €\n", ",12 €\n", "euro,12 €\n"] {
        let found = csv(lines);
        assert!(found.contains("`12 €` is in another currency than its row says"), "{found}");
        assert!(found.contains("the currency of each row is in `currency`"), "{found}");
        assert!(found.contains(&format!("the text:{}", lines.lines().count() + 1)), "{found}");
    }
    let json = |amount: &str| {
        read_as(&format!(r#"[{{"amount": 1, "currency": "EUR"}}, {{"amount": "{amount}", "currency": "USD"}}]"#))
    };
    assert_eq!(json("2 USD"), "EUR | 1\nUSD | 2\n");
    assert!(json("2 €").contains("`2 €` is in another currency than its row says"), "{}", json("2 €"));
}

const CODES: [&str; 3] = ["EUR", "GBP", "USD"];

/// A row of either table: the currency, the day of January and an amount or a rate in tenths.
type Row = (Option<usize>, i64, i64);

fn rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((proptest::option::weighted(0.9, 0usize..3), 1i64..20, 1i64..30), 1..most)
}

fn table(header: &str, rows: &[Row], tenths: bool) -> String {
    let line = |&(code, day, number): &Row| {
        let code = code.map_or("", |code| CODES[code]);
        let number = if tenths { format!("{}.{}", number / 10, number % 10) } else { number.to_string() };
        format!("{code},2026-01-{day:02},{number}\n")
    };
    header.to_owned() + &rows.iter().map(line).collect::<String>()
}

/// Tenths as a decimal without trailing zeros.
fn decimal(tenths: i64) -> String {
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn conversions_equal_those_of_a_nested_loop(orders in rows(12), mut rates in rows(9)) {
        // One rate for each currency and day.
        rates.sort();
        rates.dedup_by_key(|rate| (rate.0, rate.1));
        let rate_of = |order: &Row| {
            let same = rates.iter().filter(|rate| rate.0.is_some() && rate.0 == order.0 && rate.1 <= order.1);
            same.max_by_key(|rate| rate.1).map(|rate| rate.2)
        };
        let tables = [table("currency,day,amount\n", &orders, false), table("code,since,eur\n", &rates, true)];
        let tables = [("orders", &*tables[0]), ("rates", &*tables[1]), ("shops", SHOPS)];
        let definitions = "\
            dataset rates { time since }\n\
            dataset orders {\n  time day\n  lookup rates on currency = code as of day\n  amount: money in currency\n\
            \x20 eur: EUR = convert(amount, rates.eur)\n}\n";
        let query = Query::new(["sum(orders.eur ?? 0)", "sum(orders.amount ?? 0)"]).by("currency").totals(true);
        let mut expected = String::new();
        for code in [None, Some(0), Some(1), Some(2)] {
            let of_code: Vec<&Row> = orders.iter().filter(|order| order.0 == code).collect();
            let converted: i64 = of_code.iter().map(|order| rate_of(order).map_or(0, |rate| order.2 * rate)).sum();
            let amount: i64 = of_code.iter().filter(|order| order.0.is_some()).map(|order| order.2).sum();
            let name = code.map_or("(blank)", |code| CODES[code]);
            if !of_code.is_empty() {
                expected += &format!("{name} | {} | {amount}\n", decimal(converted));
            }
        }
        let converted: i64 = orders.iter().map(|order| rate_of(order).map_or(0, |rate| order.2 * rate)).sum();
        let currencies: std::collections::BTreeSet<usize> = orders.iter().filter_map(|order| order.0).collect();
        let amount: i64 = orders.iter().filter(|order| order.0.is_some()).map(|order| order.2).sum();
        expected += &match currencies.len() {
            0 | 1 => format!("total | {} | {amount}\n", decimal(converted)),
            _ => format!("total | {} | SeveralCurrencies\n", decimal(converted)),
        };
        let found = evaluate(definitions, &tables, &query).map(|result| show(&result));
        prop_assert_eq!(found, Ok(expected));
    }
}

#[test]
fn a_condition_on_the_currency_leaves_amounts_in_it() {
    for (formula, expected) in [
        ("count(orders where currency = \"USD\" and amount > 40 USD)", " | 1"),
        ("count(orders where amount > 40 USD and currency = \"USD\")", " | 1"),
        ("count(orders where currency = \"USD\" and (amount > 40 USD or shop = \"b\"))", " | 2"),
        ("count(orders where orders.currency = \"USD\" and orders.amount between 30 USD and 40 USD)", " | 1"),
        ("sum(orders.amount)[currency = \"USD\" and amount > 40 USD]", " | 50"),
        ("sum(orders.amount)[currency = \"USD\", amount > 40 USD]", " | 50"),
        // 50 - 5 + 30 - 5
        ("sum(orders.amount - 5 USD where currency = \"USD\")", " | 70"),
        ("sum(if currency = \"USD\" then amount - 5 USD else undefined)", " | 70"),
        // 100 - 20, and 50, of which the rent is in euros
        ("sum(orders.amount - shops.rent where currency = \"EUR\" and shops.currency = \"EUR\")", " | 80"),
        ("count(orders where shops.currency = \"EUR\" and shops.rent > 15 EUR)", " | 2"),
    ] {
        gives(formula, &Query::new([formula]), &[expected]);
    }
    let query = Query::new(["sum(orders.fee)"]).filter_formula("currency = \"USD\" and fee > 2 USD");
    gives("of the query", &query, &[" | 3"]);
    for (formula, error) in [
        ("count(orders where currency = \"USD\" or amount > 40 USD)", "found `money in currency` and `USD`"),
        ("count(orders where not (currency = \"USD\") and amount > 40 USD)", "found `money in currency` and `USD`"),
        ("count(orders where currency = \"EUR\" and amount > 40 USD)", "found `EUR` and `USD`"),
        // The currency of the rent says nothing about that of the amount.
        ("count(orders where shops.currency = \"USD\" and amount > 40 USD)", "found `money in currency` and `USD`"),
        ("sum(if currency = \"USD\" then 1 USD else amount)", "found `USD` and `money in currency`"),
    ] {
        let found = evaluate(DEFINITIONS, TABLES, &Query::new([formula])).map_or_else(|error| error, |it| show(&it));
        assert!(found.contains("error[unit-mismatch]") && found.contains(error), "{formula}\n{found}");
    }
}

#[test]
fn advice_on_a_mixed_comparison_can_be_typed() {
    let found = evaluate(DEFINITIONS, TABLES, &Query::new(["count(orders where amount > 40)"])).unwrap_err();
    assert!(found.contains("choose one currency: `currency = \"EUR\" and amount > 40 EUR`"), "{found}");
    let query = Query::new(["count(orders where currency = \"EUR\" and amount > 40 EUR)"]);
    gives("it works", &query, &[" | 1"]);
    let found = evaluate(DEFINITIONS, TABLES, &Query::new(["sum(orders.amount - shops.rent)"])).unwrap_err();
    let hint = "`if currency = \"EUR\" and shops.currency = \"EUR\" then orders.amount - shops.rent else undefined`";
    assert!(found.contains(hint), "{found}");
}
