//! The forms of a result for hosts: values by name, rows of a type, a JSON document, an explanation.

use serde::Deserialize;
use yardstick::{Decimal, Evaluation, Query, Status};

use super::evaluate;

const DEFINITIONS: &str = "\
dataset ads { time day }
input spend: EUR = sum(ads.cost)
our_cac: EUR = spend / sum(ads.customers) {
  better lower
  good <= 40 EUR
  bad otherwise
}
";

const ADS: &str = "\
day,channel,cost,customers
2026-01-05,web,900,30
2026-01-06,mail,100,1
2026-02-01,web,50,0
2026-02-02,,7,1
";

fn result() -> Evaluation {
    let query = Query::new(["our_cac", "spend"]).by("month").by("channel").totals(true);
    evaluate(DEFINITIONS, &[("ads", ADS)], &query).unwrap()
}

#[test]
fn values_are_found_by_name() {
    let result = result();
    let value = result.get("our_cac", [("channel", "web"), ("month", "2026-01")]).unwrap().unwrap();
    assert_eq!((value.decimal(), value.unit().as_deref()), (Some(Decimal::from(30)), Some("EUR")));
    assert_eq!((value.status(), value.reason()), (Some(Status::Good), None));
    assert_eq!(value.to_string(), "30");
    let value = result.get("our_cac", [("month", "2026-02"), ("channel", "web")]).unwrap().unwrap();
    assert_eq!((value.decimal(), value.status(), value.to_string().as_str()), (None, None, "undefined"));
    assert!(value.reason().is_some_and(|reason| reason.to_string().starts_with("division by zero")));
    // A blank key, the total, and a group that does not exist.
    let value = result.get("spend", [("month", "2026-02"), ("channel", "")]).unwrap().unwrap();
    assert_eq!(value.decimal(), Some(Decimal::from(7)));
    assert_eq!(result.get("spend", []).unwrap().unwrap().decimal(), Some(Decimal::from(1057)));
    assert!(result.get("spend", [("month", "2026-02"), ("channel", "tv")]).unwrap().is_none());
}

#[test]
fn unknown_names_are_errors() {
    let result = result();
    let rejected = [
        result.get("our_roas", []).unwrap_err(),
        result.get("spend", [("country", "FR")]).unwrap_err(),
        result.get("spend", [("month", "2026-01")]).unwrap_err(),
    ];
    insta::assert_snapshot!(rejected.map(|problems| problems.to_string()).join("\n"));
}

#[derive(Debug, PartialEq, Deserialize)]
struct Row {
    month: Option<String>,
    channel: Option<String>,
    our_cac: Option<Decimal>,
    spend: f64,
}

#[test]
fn rows_deserialize_into_a_type() {
    let rows: Vec<Row> = result().rows().unwrap();
    let month = |text: &str| Some(text.to_owned());
    let expected = Row { month: month("2026-01"), channel: month("web"), our_cac: Some(30.into()), spend: 900.0 };
    assert!(rows.contains(&expected), "{rows:?}");
    let total = Row { month: None, channel: None, our_cac: Some("33.03125".parse().unwrap()), spend: 1057.0 };
    assert_eq!(rows.last(), Some(&total));
    #[derive(Debug, Deserialize)]
    struct Strict {
        #[serde(rename = "our_cac")]
        _cac: Decimal,
    }
    let rejected = result().rows::<Strict>().unwrap_err();
    assert!(rejected.to_string().contains("division by zero"), "{rejected}");
}

#[test]
fn an_explanation_prints_as_a_tree() {
    let explanation = result().explain("our_cac", [("month", "2026-01"), ("channel", "web")]).unwrap().unwrap();
    insta::assert_snapshot!(explanation);
}

#[test]
fn a_result_serializes_as_the_document_of_the_command() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&result()).unwrap());
}

#[cfg(feature = "arrow")]
#[test]
fn a_result_becomes_a_record_batch() {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Decimal128Type;

    let batch = result().to_record_batch().unwrap();
    let schema = batch.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["month", "channel", "our_cac", "spend"]);
    assert_eq!(schema.field(2).metadata()["unit"], "EUR");
    assert!(schema.field(2).data_type().to_string().contains("38, 5"), "{}", schema.field(2).data_type());
    let total = batch.num_rows() - 1;
    assert!(batch.column(0).is_null(total));
    assert_eq!(batch.column(2).as_primitive::<Decimal128Type>().value(total), 3_303_125);
}
