//! Queries: names and values that users pass are never parsed as formulas.

use serde_json::json;
use yardstick::{Column, Error, Grain, Library, Limits, Query, Value};

use super::{evaluate, show};

const ORDERS: &str =
    "day,country,month,amount\n2026-01-05,FR,a,10\n2026-01-06,\"x\"\" or true\",b,20\n2026-02-07,DE,a,40\n";

fn lines(query: &Query) -> String {
    evaluate("total = sum(orders.amount)\nparam goal = 1\nleft = goal - total", &[("orders", ORDERS)], query)
        .map_or_else(|error| error, |result| show(&result))
}

#[test]
fn values_of_conditions_are_never_parsed_as_formulas() {
    let total = || Query::new(["total"]);
    assert_eq!(lines(&total().filter("country = $1", ["FR"])), " | 10\n");
    assert_eq!(lines(&total().filter("country = $1", ["x\" or true"])), " | 20\n");
    assert_eq!(lines(&total().filter("amount > $2 and country != $1", ["DE".into(), Value::from(5)])), " | 30\n");
    assert_eq!(lines(&total().filter_is("country", "x\" or true")), " | 20\n");
    assert_eq!(lines(&total().filter_is("day", "2026-02-07")), " | 40\n");
    assert_eq!(lines(&total().filter_is("amount", 20)), " | 20\n");
    assert!(lines(&total().filter("country = $2", ["FR"])).contains("expects 2 values, found 1"));
}

#[test]
fn a_grain_and_a_column_with_its_name_are_different() {
    let by_grain = "2026-01 | 30\n2026-02 | 40\n";
    assert_eq!(lines(&Query::new(["total"]).by("month")), by_grain);
    assert_eq!(lines(&Query::new(["total"]).by(Grain::Month)), by_grain);
    assert_eq!(lines(&Query::new(["total"]).by(Column("month"))), "a | 50\nb | 20\n");
}

#[test]
fn a_query_from_json_may_only_name_published_kpis() {
    let query =
        |json: serde_json::Value| serde_json::from_str::<Query>(&json.to_string()).expect("it is a valid query");
    let request =
        json!({"kpis": ["left"], "by": [{"column": "month"}], "filter_is": {"country": "FR"}, "set": {"goal": 40.5}});
    assert_eq!(lines(&query(request)), "a | 30.5\n");
    let formula = query(json!({"kpis": ["sum(orders.amount)"]}));
    assert!(lines(&formula).contains("`sum(orders.amount)` is not the name of a KPI"));
    assert_eq!(lines(&formula.trusted()), " | 70\n");
    let condition = query(json!({"kpis": ["total"], "filter": ["amount > 10"]}));
    assert!(lines(&condition).contains("use `filter_is`"));
    assert_eq!(lines(&condition.trusted()), " | 60\n");
    assert!(serde_json::from_str::<Query>(r#"{"limits": {"groups": 1}}"#).is_err());
}

#[test]
fn libraries_and_errors_can_cross_threads() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
    is_shared::<Library>();
    is_shared::<Query>();
    is_shared::<Limits>();
    is_error::<Error>();
}
