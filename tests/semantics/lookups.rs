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
