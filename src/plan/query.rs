//! Queries: the KPIs to compute, with their groups, filters and parameters.

pub(super) mod binding;
mod json;

use std::sync::Arc;

use indexmap::IndexMap;

use super::names;
use super::world::OtherWorlds;
use crate::data::Grain;
use crate::value::Value;

/// A query of KPIs over groups. Its names and formulas are resolved when it is planned.
///
/// Pass values from a program's users to [`set`](Self::set), to [`filter_is`](Self::filter_is) or as values of
/// [`filter`](Self::filter). These never interpret a value as part of a formula.
///
/// ```
/// use yardstick::{Column, Grain, Query, Value};
///
/// let query = Query::new(["cac", "spend / leads"])
///     .by("channel")
///     .by(Grain::Month)
///     .filter("country = $1 and spend > $2", [Value::from("FR"), 100.into()])
///     .filter_is("channel", "email")
///     .period("2026-01..2026-06")
///     .set("target_cac", 40);
/// assert_eq!(query, query.clone());
///
/// // `month` is the grain of time; this is a column of that name.
/// let query = Query::all().by(Column("month"));
/// # drop(query);
/// ```
///
/// A query from JSON has names of published KPIs, columns and values. Unknown fields are errors. Formulas are errors
/// too, unless the query is [`trusted`](Self::trusted):
///
/// ```
/// use yardstick::{Library, Query};
///
/// let json = r#"{"kpis": ["cac"], "by": ["month", {"column": "month"}], "filter_is": {"channel": "email"},
///                "period": "2026-Q1", "set": {"spend": 40.5}, "scenario": "cheaper ads", "totals": true}"#;
/// let query: Query = serde_json::from_str(json)?;
/// assert!(serde_json::from_str::<Query>(r#"{"limits": {}}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use]
pub struct Query {
    /// Names of definitions, or formulas without a name. If empty, all published KPIs of the user's texts.
    pub(crate) kpis: Vec<Arc<str>>,
    pub(crate) by: Vec<GroupBy>,
    /// Conditions that all rows must satisfy. Other rows are ignored.
    pub(crate) filters: Vec<Condition>,
    /// A period (`2026-Q1`) or a range of periods (`2026-01..2026-06`).
    pub(crate) period: Option<Arc<str>>,
    /// The day (or hour, or the last of a period) that the data are known to reach.
    pub(crate) data_until: Option<Arc<str>>,
    /// Values for parameters, inputs or KPIs.
    pub(crate) set: IndexMap<Arc<str>, Setting>,
    /// The scenario with which every KPI is computed too, beside its value without it.
    pub(crate) scenario: Option<Arc<str>>,
    /// The worlds in which every KPI is computed too.
    pub(crate) other_worlds: OtherWorlds,
    pub(crate) totals: bool,
    pub(crate) shape: Shape,
    /// True if formulas are rejected because the query comes from an untrusted source.
    pub(crate) names_only: bool,
}

/// What happens to the groups of a result once they are computed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Shape {
    /// True if groups in which no KPI has a value are left out.
    pub skip_empty: bool,
    /// A condition over KPIs that groups have to meet.
    pub having: Option<Arc<str>>,
    pub top: Option<Top>,
    /// The group columns that have subtotals.
    pub subtotals: Vec<GroupBy>,
    /// The group column whose keys are across. Totals are then also computed for each of its keys, and for each group of
    /// the other columns.
    pub pivot: Option<GroupBy>,
}

/// The number of keys to keep, by the value of a KPI.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Top {
    pub count: usize,
    /// A KPI or formula; None is the first KPI of the query.
    pub by: Option<Arc<str>>,
}

/// A grouping of results: see [`Query::by`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GroupBy {
    /// Periods of this length.
    Grain(Grain),
    /// The column of exactly this name.
    Column(Arc<str>),
    /// The column of this name, or `dataset.column`.
    Name(Arc<str>),
}

/// A column, even where a grain of time has the same name: `by(Column("month"))`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column<'a>(pub &'a str);

/// A condition on rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// A formula with the values of `$1`, `$2`, …
    Formula(Arc<str>, Vec<Value>),
    /// A column has a value.
    Is(Arc<str>, Value),
}

/// A value for a definition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Setting {
    Value(Value),
    /// An expression: `20%`, `40 USD`, `spend * 90%`.
    Formula(Arc<str>),
}

#[cfg(feature = "change")]
impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::Formula(text) => text.fmt(f),
        }
    }
}

impl From<Grain> for GroupBy {
    fn from(grain: Grain) -> Self {
        Self::Grain(grain)
    }
}

impl From<Column<'_>> for GroupBy {
    fn from(column: Column<'_>) -> Self {
        Self::Column(column.0.into())
    }
}

/// Names of grains such as `month` are grains, as in the language. Other names are columns.
impl From<&str> for GroupBy {
    fn from(name: &str) -> Self {
        Grain::from_name(name).map_or_else(|| Self::Name(name.into()), Self::Grain)
    }
}

impl From<&String> for GroupBy {
    fn from(name: &String) -> Self {
        name.as_str().into()
    }
}

impl From<String> for GroupBy {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

impl GroupBy {
    /// Parses a group from the command line. A name in backticks is always a column.
    pub(crate) fn written(text: &str) -> Self {
        names::enclosed(text.trim(), '`').map_or_else(|| text.trim().into(), |name| Column(name).into())
    }

    /// The name of the column or grain.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Grain(grain) => grain.name(),
            Self::Column(name) | Self::Name(name) => name,
        }
    }
}

/// Groups by a list of columns and at most one grain, separated by commas, as written after `by`.
pub fn grouped(query: Query, text: &str) -> Query {
    names::split(text, ',').into_iter().map(GroupBy::written).fold(query, Query::by)
}

impl Query {
    /// Creates a query of these definitions or formulas.
    pub fn new(kpis: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        Self { kpis: kpis.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Adds a definition or formula.
    pub fn kpi(mut self, kpi: impl Into<Arc<str>>) -> Self {
        self.kpis.push(kpi.into());
        self
    }

    /// Creates a query of all published KPIs of the user's texts.
    pub fn all() -> Self {
        Self::default()
    }

    /// Groups by a column or by a grain of time: `"channel"`, `"campaigns.channel"`, `Grain::Month` or `"month"`,
    /// `Column("month")`. Call it again to add more groups. A result has at most one grain.
    pub fn by(mut self, group: impl Into<GroupBy>) -> Self {
        self.by.push(group.into());
        self
    }

    /// Keeps only the rows that satisfy a condition. `$1` in it is the first value, `$2` the second. Values are never
    /// interpreted as part of the formula. Call it again to add more conditions.
    ///
    /// The condition itself is a formula, so it must come from the program, not from its users.
    pub fn filter<V: Into<Value>>(
        mut self,
        condition: impl Into<Arc<str>>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.filters.push(Condition::Formula(condition.into(), values.into_iter().map(Into::into).collect()));
        self
    }

    /// Keeps only the rows that satisfy a condition without `$1`: `filter_formula("spend > 0")`.
    pub fn filter_formula(self, condition: impl Into<Arc<str>>) -> Self {
        self.filter::<Value>(condition, [])
    }

    /// Keeps only the rows whose column has this value.
    pub fn filter_is(mut self, column: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        self.filters.push(Condition::Is(column.into(), value.into()));
        self
    }

    /// Limits results to this period. Contexts still read the data before it.
    pub fn period(mut self, period: impl Into<Arc<str>>) -> Self {
        self.period = Some(period.into());
        self
    }

    /// Declares that the data are known up to this day, such as `2026-03-14`, even if they have no rows on the last days.
    /// It ends ranges that are `so far`, and decides which periods are incomplete.
    pub fn data_until(mut self, day: impl Into<Arc<str>>) -> Self {
        self.data_until = Some(day.into());
        self
    }

    /// Sets a parameter, an input or a KPI to a fixed value. A number takes the unit of the definition.
    pub fn set(mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        self.set.insert(name.into(), Setting::Value(value.into()));
        self
    }

    /// Sets a parameter, an input or a KPI to an expression: `20%`, `40 USD`. An input or a KPI may also be set to a formula
    /// over definitions, as in `set_formula("spend", "spend * 90%")`. In it, every name has the value that it has without
    /// the values that the query sets, so the order of several settings does not matter.
    ///
    /// The expression must come from the program, not from its users.
    pub fn set_formula(mut self, name: impl Into<Arc<str>>, formula: impl Into<Arc<str>>) -> Self {
        self.set.insert(name.into(), Setting::Formula(formula.into()));
        self
    }

    /// Computes every KPI without and with this scenario of the definitions, by its title. Values that the query sets then
    /// hold in both. See [`Evaluation::get_in_scenario`](crate::Evaluation::get_in_scenario).
    pub fn scenario(mut self, title: impl Into<Arc<str>>) -> Self {
        self.scenario = Some(title.into());
        self
    }

    /// Adds a total: every formula is also evaluated over all groups together.
    pub fn totals(self, totals: bool) -> Self {
        Self { totals, ..self }
    }

    /// Leaves out groups in which no KPI has a value, such as periods without rows.
    pub fn skip_empty(mut self, skip_empty: bool) -> Self {
        self.shape.skip_empty = skip_empty;
        self
    }

    /// Keeps only the groups that meet a condition over KPIs: `having("revenue > 10_000")`. With
    /// [`totals`](Self::totals), the total is computed from the rows of these groups.
    ///
    /// The condition is a formula, so it must come from the program, not from its users.
    pub fn having(mut self, condition: impl Into<Arc<str>>) -> Self {
        self.shape.having = Some(condition.into());
        self
    }

    /// Keeps the keys of the first group column for which the first KPI has the largest values over all periods, and
    /// adds a group `others` for the rows of all other keys. In it every KPI is computed from these rows.
    pub fn top(mut self, count: usize) -> Self {
        self.shape.top = Some(Top { count, by: None });
        self
    }

    /// The same, by the values of another KPI.
    pub fn top_by(mut self, count: usize, kpi: impl Into<Arc<str>>) -> Self {
        self.shape.top = Some(Top { count, by: Some(kpi.into()) });
        self
    }

    /// Adds a subtotal for each group of the group columns up to this one: with `by("region").by("country")`,
    /// `subtotals("region")` adds a row for each region. Every KPI is computed from its rows. Call it again to add more.
    pub fn subtotals(mut self, column: impl Into<GroupBy>) -> Self {
        self.shape.subtotals.push(column.into());
        self
    }

    /// Allows formulas and unpublished definitions in a query from JSON.
    pub fn trusted(self) -> Self {
        Self { names_only: false, ..self }
    }
}
