//! What a caller asks for: which KPIs, grouped and filtered how, with which parameters, within which limits.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde::Serialize;

use super::names;

/// A question to a library: KPIs over groups. Texts in it are parsed when it is planned.
///
/// ```
/// use yardstick::Query;
///
/// let query = Query::of(["cac", "spend / leads"]).by("month, channel").filter("country = \"FR\"").period("2026-Q1");
/// assert_eq!(query.kpis.len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Query {
    /// Names of definitions, or formulas without a name; none: all published KPIs of the user's texts.
    pub kpis: Vec<Arc<str>>,
    /// Columns, as written or in backticks, and at most one grain (`day week month quarter year`; in backticks a column
    /// of that name).
    pub by: Vec<Arc<str>>,
    /// Conditions on rows, all of which hold; other rows are as if not there.
    pub filters: Vec<Arc<str>>,
    /// A period (`2026-Q1`), or two and all between (`2026-01..2026-06`).
    pub period: Option<Arc<str>>,
    /// Values for parameters, inputs or KPIs, each a constant expression: `35`, `20%`, `40 USD`.
    pub set: IndexMap<Arc<str>, Arc<str>>,
    /// Whether a total is wanted: every formula evaluated once more over all groups.
    pub totals: bool,
    /// What the query may cost.
    pub limits: Limits,
}

/// What a query may cost; beyond it stands an error, never a partial answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Groups of the result (periods × keys): 10 million unless said otherwise.
    pub groups: usize,
    /// Operations and measures of the plan: 250,000 unless said otherwise.
    pub nodes: usize,
    /// The estimated cost (see [`Plan::cost`](super::Plan::cost)); unlimited unless said otherwise.
    pub cost: Option<u64>,
    /// How long evaluation may take; unlimited unless said otherwise. Explanations come later and have a bound of their
    /// own: [`EXPLAINED_GROUPS`](crate::eval::EXPLAINED_GROUPS).
    pub time: Option<Duration>,
    /// How many threads may read data: all of the machine's unless said otherwise.
    pub threads: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { groups: 10_000_000, nodes: 250_000, cost: None, time: None, threads: None }
    }
}

impl Limits {
    /// The number of threads to use.
    pub(crate) fn threads(&self) -> usize {
        let machine = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(machine).max(1)
    }
}

impl Query {
    /// A query of these definitions or formulas.
    pub fn of(kpis: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        Self { kpis: kpis.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// A query of all published KPIs of the user's texts.
    pub fn all() -> Self {
        Self::default()
    }

    /// Groups by columns and at most one grain, separated by commas. May be called again to add more.
    #[must_use]
    pub fn by(mut self, columns: &str) -> Self {
        self.by.extend(names::split(columns, ',').into_iter().map(Arc::from));
        self
    }

    /// Keeps only the rows for which the condition holds. May be called again to add more.
    #[must_use]
    pub fn filter(mut self, condition: impl Into<Arc<str>>) -> Self {
        self.filters.push(condition.into());
        self
    }

    /// Results for this period only; contexts still see the data before it.
    #[must_use]
    pub fn period(mut self, period: impl Into<Arc<str>>) -> Self {
        self.period = Some(period.into());
        self
    }

    /// Gives a parameter, an input or a KPI a fixed value.
    #[must_use]
    pub fn set(mut self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        self.set.insert(name.into(), value.into());
        self
    }

    /// Adds a total.
    #[must_use]
    pub fn totals(mut self, totals: bool) -> Self {
        self.totals = totals;
        self
    }

    /// Sets what it may cost.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}
