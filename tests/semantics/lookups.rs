//! Tests that computed columns and lookups can use each other.

use yardstick::Query;

use super::check;

const ORDERS: &str = "\
day,shop,amount
2026-01-05,A1,100
2026-01-06,B2,50
2026-01-07,Z9,7
2026-02-01,A1,30
";
const SHOPS: &str = "code,area,region_code\na1,120,N\nb2,40,S\nc3,,N\n";
const REGIONS: &str = "rid,name\nN,North\nS,South\n";

const TABLES: &[(&str, &str)] = &[("orders", ORDERS), ("shops", SHOPS), ("regions", REGIONS)];

/// Keys are computed on both sides, and computed columns use looked-up columns, including some with the same name.
const DEFINITIONS: &str = r#"
dataset orders {
  time day
  lookup shops on shop_key = code
  shop_key = lower(shop)
  region = shops.region
  is_big = amount > 60 and size = "big"
}
dataset shops {
  lookup regions on region_code = key
  size   = if area > 100 then "big" else "small"
  known  = coalesce(area, 0) >= 0
  region = regions.name
}
dataset regions {
  key = upper(rid)
}
sales = sum(orders.amount)
"#;

#[track_caller]
fn gives(about: &str, query: &Query, expected: &[&str]) {
    check(about, TABLES, DEFINITIONS, query, expected);
}

#[test]
fn lookups_include_computed_columns() {
    let formulas = [
        r#"sum(orders.amount where size = "big")"#,
        r#"sum(orders.amount where shops.size = "small")"#,
        "count(orders where is_big)",
        "sum(orders.amount * shops.area)",
    ];
    // 100 + 30 of the big shop; 50; only the first order exceeds 60; 120 * 130 + 40 * 50.
    gives("looked-up columns are computed over their own table", &Query::new(formulas), &[" | 130 | 50 | 1 | 17600"]);
}

#[test]
fn results_are_grouped_and_filtered_by_looked_up_computed_columns() {
    let sales = || Query::new(["sales"]);
    gives("by a computed column there", &sales().by("size"), &["(blank) | 7", "big | 130", "small | 50"]);
    gives("by one through two lookups", &sales().by("region"), &["(blank) | 7", "North | 130", "South | 50"]);
    gives("a condition of the query", &sales().filter_formula(r#"region = "South""#), &[" | 50"]);
}

#[test]
fn missing_keys_give_blank_values_whatever_the_formula() {
    // `known` is true for every shop, including the one without an area.
    gives("Z9 is not a shop", &Query::new(["count(orders where not is_defined(known))"]), &[" | 1"]);
    gives("and has no size", &Query::new([r#"sum(amount where (size ?? "none") = "none")"#]), &[" | 7"]);
}

#[test]
fn two_datasets_may_look_each_other_up() {
    let definitions = "
dataset orders {
  lookup shops on shop = code
  share = amount / shops.first_amount
}
dataset shops {
  lookup orders on first_order = id
  first_amount = orders.amount
}";
    let tables = [("orders", "id,shop,amount\n1,a,10\n2,a,30\n3,b,8\n"), ("shops", "code,first_order\na,1\nb,3\n")];
    // 10/10 + 30/10 + 8/8
    check("each column ends somewhere", &tables, definitions, &Query::new(["sum(share)"]), &[" | 5"]);
}

const SALES: &str = "\
day,product,list,shop,seller_id,buyer_id,amount,qty
2026-01-05,A,web,1,u1,u2,100,1
2026-01-06,A,shop,2,u2,u1,50,2
2026-02-01,B,web,1,u1,u1,30,3
2026-02-03,B,,9,,u2,7,4
";
const PRICES: &str = "product,price_list,price\nA,web,2\nA,shop,3\nB,web,5\n,web,1\nB,,9\n";
const USERS: &str = "id,name,boss_id\nu1,Al,u3\nu2,Bo,u3\nu3,Cy,\n";
const PLACES: &str = "shop,town\n1,Lyon\n2,Bonn\n";
const TOWNS: &str = "town,country,region_id\nLyon,FR,1\nBonn,DE,2\n";
const AREAS: &str = "id,area\n1,West\n2,East\n";

const SALES_TABLES: &[(&str, &str)] =
    &[("sales", SALES), ("prices", PRICES), ("users", USERS), ("places", PLACES), ("towns", TOWNS), ("areas", AREAS)];

const SALES_DEFINITIONS: &str = r#"
dataset sales {
  time day
  lookup prices on product, list = price_list
  lookup seller = users on seller_id = id
  lookup buyer = users on buyer_id = id
  lookup places on shop
  where_sold = areas.area
}
dataset users { lookup boss = users on boss_id = id  lookup_name = lower(name)  chief = boss.name }
dataset places { lookup towns on town  land = lower(towns.country) }
dataset towns { lookup areas on region_id = id }
"#;

#[track_caller]
fn sales(about: &str, query: &Query, expected: &[&str]) {
    check(about, SALES_TABLES, SALES_DEFINITIONS, query, expected);
}

#[test]
fn several_keys_must_all_be_equal() {
    // 1*2 + 2*3 + 3*5; a blank key matches nothing, not even another blank.
    sales("prices by product and list", &Query::new(["sum(sales.qty * prices.price)"]), &[" | 23"]);
    let rows = "product,price_list,price\nA,web,2\nA,shop,3\nA,web,4\n";
    let tables = [("sales", SALES), ("prices", rows)];
    let definitions = "dataset sales { lookup prices on product, list = price_list }";
    let message = "error[duplicate-key]: expected unique values of the lookup keys `product`, `price_list` in `prices`, \
                   found `A`, `web` twice, first at prices:1";
    let query = Query::new(["sum(sales.qty * prices.price)"]);
    let found = crate::engine::evaluate(definitions, &tables, &query).map(|_| ()).expect_err("the keys are not unique");
    assert!(found.contains(message.strip_prefix("error[duplicate-key]: ").expect("it has a code")), "{found}");
    assert!(found.contains("prices:3"), "{found}");
}

#[test]
fn a_table_is_looked_up_under_several_names() {
    let sold = || Query::new(["sum(sales.amount)"]);
    sales("by the seller", &sold().by("seller.name"), &["(blank) | 7", "Al | 130", "Bo | 50"]);
    sales("by the buyer", &sold().by("buyer.name"), &["Al | 80", "Bo | 107"]);
    sales("both", &sold().filter_formula(r#"seller.name = "Al" and buyer.name != "Al""#), &[" | 100"]);
    sales("in a context", &Query::new([r#"sum(sales.amount)[seller.name = "Bo"]"#]), &[" | 50"]);
    sales("in a condition", &Query::new([r#"sum(amount where buyer.lookup_name = "bo")"#]), &[" | 107"]);
    sales("a table that looks itself up", &sold().by("seller.chief"), &["(blank) | 7", "Cy | 180"]);
    sales("either name has the column", &sold().by("name"), &["error[ambiguous]: `name` is ambiguous"]);
    sales(
        "two ways to one name",
        &sold().by("boss.name"),
        &["error[ambiguous]: `boss` is ambiguous: `sales` reaches it as `seller` → `boss` and as `buyer` → `boss`"],
    );
    sales(
        "a lookup alone",
        &Query::new(["sum(seller.id)"]),
        &["error[unknown-dataset]: `seller` is a lookup of `sales`"],
    );
}

#[test]
fn lookups_lead_through_lookups() {
    let sold = || Query::new(["sum(sales.amount)"]);
    sales("through one", &sold().by("towns.country"), &["(blank) | 7", "DE | 50", "FR | 130"]);
    sales("through two, unqualified", &sold().by("area"), &["(blank) | 7", "East | 50", "West | 130"]);
    sales("in a computed column here", &sold().by("where_sold"), &["(blank) | 7", "East | 50", "West | 130"]);
    sales("computed on the way", &sold().by("land"), &["(blank) | 7", "de | 50", "fr | 130"]);
    sales("in a condition", &Query::new([r#"sum(sales.amount where areas.area = "West")"#]), &[" | 130"]);
    sales("in `where`", &sold().filter_formula(r#"areas.area != "West""#), &[" | 50"]);
    sales(
        "what all groups share",
        &Query::new(["sum(sales.amount)[all areas.area]"]).by("areas.area"),
        &["(blank) | 187", "East | 187", "West | 187"],
    );
}

const RATES: &str = "code,on_day,eur\nUSD,2026-01-01,0.9\nUSD,2026-01-08,0.8\nCHF,2026-01-06,1.1\n,2026-01-01,7\n";
const PAID: &str = "at,currency,amount\n2026-01-05,USD,100\n2026-01-08,USD,10\n2026-01-16,USD,1\n2026-01-05,CHF,1000\n";

/// The sum of the amounts in euros, with a lookup written like this.
fn in_euros(lookup: &str, paid: &str, rates: &str) -> String {
    let definitions = format!("dataset paid {{ time at  lookup rates {lookup} }}\ndataset rates {{ time on_day }}");
    let query = Query::new(["sum(paid.amount * rates.eur)"]);
    let tables = [("paid", paid), ("rates", rates)];
    crate::engine::evaluate(&definitions, &tables, &query)
        .map_or_else(|error| error, |result| crate::engine::show(&result))
}

#[test]
fn a_lookup_as_of_a_time_finds_the_last_row_at_or_before_it() {
    let euros = |lookup: &str| in_euros(lookup, PAID, RATES);
    // 100 * 0.9 + 10 * 0.8 + 1 * 0.8; francs have no rate yet.
    assert_eq!(euros("on currency = code as of at"), " | 98.8\n");
    assert_eq!(euros("on currency = code as of at within 7 days"), " | 98\n", "eight days are too long");
    assert_eq!(euros("on currency = code as of at within 8 days"), " | 98.8\n");
    // 100 * 0.8 + 10 * 0.8 + 1000 * 1.1
    assert_eq!(euros("on currency = code next at"), " | 1188\n");
    assert_eq!(euros("on currency = code next at within 1 day"), " | 1108\n");
    // All amounts at the rates of one day: (100 + 10 + 1) * 0.9, then 0.8, and the francs.
    assert_eq!(euros("on currency = code as of 2026-01-05"), " | 99.9\n");
    assert_eq!(euros("on currency = code as of 2026-12-31"), " | 1188.8\n");
}

#[test]
fn times_compare_at_the_coarser_precision() {
    let paid = "at,currency,amount\n2026-01-05T10:00:00,USD,1\n2026-01-05T09:59:59.999999999,USD,10\n2026-01-05T00:00:00,USD,100\n";
    let rates =
        |first: &str| format!("code,on_day,eur\nUSD,{first},2\nUSD,2026-01-04T00:00:00,3\nUSD,2026-01-09T12:00:00,5\n");
    let as_of = "on currency = code as of at";
    assert_eq!(in_euros(as_of, paid, &rates("2026-01-05T10:00:00")), " | 332\n", "one nanosecond before is too early");
    // A table of days has that day's rate for each of its moments.
    let days = "code,on_day,eur\nUSD,2026-01-05,2\nUSD,2026-01-04,3\n";
    assert_eq!(in_euros(as_of, paid, days), " | 222\n");
    let first = "on currency = code next at";
    assert_eq!(in_euros(first, paid, days), " | 222\n");
    let months = "code,on_day,eur\nUSD,2025-12,7\nUSD,2026-01,2\nUSD,2026-02,3\n";
    assert_eq!(in_euros(as_of, paid, months), " | 222\n");
    // Days here: the moments of the day count.
    assert_eq!(in_euros(as_of, "at,currency,amount\n2026-01-05,USD,1\n", &rates("2026-01-05T10:00:00")), " | 2\n");
    assert_eq!(in_euros("on currency = code as of 2026-01-05", paid, &rates("2026-01-05T10:00:00")), " | 222\n");
    // Points in time with different offsets.
    let zoned = "at,currency,amount\n2026-01-05T10:00:00+01:00,USD,1\n2026-01-05T10:00:00Z,USD,10\n";
    let rates = "code,on_day,eur\nUSD,2026-01-05T09:30:00Z,2\nUSD,2026-01-04T00:00:00Z,3\n";
    assert_eq!(in_euros(as_of, zoned, rates), " | 23\n");
    assert!(in_euros(as_of, paid, rates).contains("NoOffset"), "{}", in_euros(as_of, paid, rates));
}

#[test]
fn a_tie_is_an_error_only_where_it_is_reached_and_the_column_differs() {
    let rates =
        "code,on_day,eur,note\nUSD,2026-01-05,2,a\nUSD,2026-01-05,2,b\nUSD,2026-01-09,3,c\nUSD,2026-01-09,4,c\n";
    let as_of = "on currency = code as of at";
    let on = |day: &str| format!("at,currency,amount\n{day},USD,10\n");
    assert_eq!(in_euros(as_of, &on("2026-01-06"), rates), " | 20\n", "the rates are equal, and the notes are not read");
    let tie = in_euros(as_of, &on("2026-01-10"), rates);
    assert!(
        tie.contains("two rows of `rates` with the same keys have the same day but different values, first at rates:3"),
        "{tie}"
    );
    assert!(tie.contains("rates:4"), "{tie}");
    let definitions = format!("dataset paid {{ time at  lookup rates {as_of} }}\ndataset rates {{ time on_day }}");
    let query = || Query::new(["count(paid where rates.note = \"a\")", "sum(paid.amount * rates.eur)"]);
    let (early, table) = (on("2026-01-06"), [("rates", rates)]);
    let tables = [("paid", &*early), table[0]];
    check("the note is read", &tables, &definitions, &query(), &["error[duplicate-key]: two rows of `rates`"]);
}

#[test]
fn a_lookup_never_multiplies_rows() {
    let definitions =
        "dataset paid { time at  lookup rates on currency = code as of at }\ndataset rates { time on_day }";
    let tables = [("paid", PAID), ("rates", RATES)];
    let query = Query::new(["sum(paid.amount)", "count(paid where not is_defined(rates.eur))"]).by("rates.eur");
    let expected = ["(blank) | 1000 | 1", "0.8 | 11 | 0", "0.9 | 100 | 0"];
    check("each row is in one group", &tables, definitions, &query, &expected);
}

#[test]
fn the_moment_of_a_lookup_may_be_computed_or_looked_up() {
    let definitions = "dataset paid { time at  due = terms.due  lookup terms on currency  \
                       lookup rates on currency = code as of due }\ndataset rates { time on_day }";
    let terms = "currency,due\nUSD,2026-01-08\nCHF,2026-01-07\n";
    let tables = [("paid", PAID), ("rates", RATES), ("terms", terms)];
    let query = Query::new(["sum(paid.amount * rates.eur)"]);
    check("the day that is due stands in another table", &tables, definitions, &query, &[" | 1188.8"]);
}
