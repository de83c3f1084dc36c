//! Turns untrusted JSON into a query that can only request published KPIs.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use super::{Column, Condition, GroupBy, Query, Setting, Shape, Top};
use crate::plan::OtherWorlds;
use crate::value::{Decimal, Value};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct QueryJson {
    kpis: Vec<Arc<str>>,
    by: Vec<GroupJson>,
    filter: Vec<Arc<str>>,
    filter_is: IndexMap<Arc<str>, ScalarJson>,
    period: Option<Arc<str>>,
    data_until: Option<Arc<str>>,
    set: IndexMap<Arc<str>, ScalarJson>,
    scenario: Option<Arc<str>>,
    totals: bool,
    skip_empty: bool,
    having: Option<Arc<str>>,
    top: Option<usize>,
    top_by: Option<Arc<str>>,
    subtotals: Vec<GroupJson>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum GroupJson {
    Name(String),
    Column { column: String },
}

struct ScalarJson(Value);

/// Reads a scalar from the text of the JSON, so that a number is never converted to binary floating point.
impl<'de> Deserialize<'de> for ScalarJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let value = match raw.get() {
            "true" => Value::from(true),
            "false" => Value::from(false),
            text if text.starts_with('"') => serde_json::from_str::<String>(text).map_err(de::Error::custom)?.into(),
            text => decimal(text).ok_or_else(|| {
                de::Error::custom(format!(
                    "expected a text, `true`, `false` or a number of at most 28 digits, found `{text}`"
                ))
            })?,
        };
        Ok(Self(value))
    }
}

fn decimal(text: &str) -> Option<Value> {
    let exact = Decimal::from_str_exact(text).ok();
    exact.or_else(|| Decimal::from_scientific(text).ok()).map(Value::from)
}

impl<'de> Deserialize<'de> for Query {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = QueryJson::deserialize(deserializer)?;
        let formulas = json.filter.into_iter().map(|text| Condition::Formula(text, vec![]));
        let equalities = json.filter_is.into_iter().map(|(column, value)| Condition::Is(column, value.0));
        let group = |group: &GroupJson| match group {
            GroupJson::Name(name) => name.into(),
            GroupJson::Column { column } => GroupBy::from(Column(column)),
        };
        let top = json.top.map(|count| Top { count, by: json.top_by });
        let subtotals = json.subtotals.iter().map(group).collect();
        Ok(Self {
            kpis: json.kpis,
            by: json.by.iter().map(group).collect(),
            filters: formulas.chain(equalities).collect(),
            period: json.period,
            data_until: json.data_until,
            set: json.set.into_iter().map(|(name, value)| (name, Setting::Value(value.0))).collect(),
            scenario: json.scenario,
            other_worlds: OtherWorlds::default(),
            totals: json.totals,
            shape: Shape { skip_empty: json.skip_empty, having: json.having, top, subtotals, pivot: None },
            names_only: true,
        })
    }
}
