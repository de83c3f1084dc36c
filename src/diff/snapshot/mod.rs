//! Snapshots: all values of a query as a text file, which is compared with later values.

mod fingerprint;
mod read;
mod write;

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

pub(crate) use fingerprint::{Hash, data_fingerprint};
pub(crate) use read::read;
pub(crate) use write::HEADER;

use super::values::{GroupValue, ValueDiff, ValueSide, values};
use crate::budget::Budget;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Evaluation;
use crate::language::Language;
use crate::plan::{GroupBy, Query};
use crate::value::Decimal;

/// The unit of percentages.
const PERCENT: &str = "percent";

/// A hundredth of a number. None if it has too many digits after the point.
fn hundredth(percent: Decimal) -> Option<Decimal> {
    let number = Decimal::try_from_i128_with_scale(percent.mantissa(), percent.scale() + 2).ok()?;
    Some(number.normalize())
}

/// The values of a query, with fingerprints of what they were computed from.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub query: SnapshotQuery,
    /// The fingerprint of the definitions.
    pub definitions: String,
    pub data: Vec<DataFingerprint>,
    pub values: Vec<GroupValue>,
}

/// The query of a snapshot, as the options of the command are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SnapshotQuery {
    /// KPIs and formulas. If empty, all published KPIs.
    pub kpis: Vec<Arc<str>>,
    pub by: Vec<Arc<str>>,
    pub conditions: Vec<Arc<str>>,
    pub period: Option<Arc<str>>,
    pub data_until: Option<Arc<str>>,
    /// Names with values and formulas.
    pub set: Vec<(Arc<str>, Arc<str>)>,
    pub totals: bool,
}

/// The fingerprint of the rows of a dataset, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataFingerprint {
    pub dataset: Arc<str>,
    /// The number of rows and their fingerprint. None for a table of a warehouse, which is not read.
    pub rows: Option<(u64, String)>,
}

/// What differs between two snapshots.
#[derive(Debug, Serialize)]
pub(crate) struct SnapshotDiff {
    /// The version of the format, 1.
    version: u32,
    pub definitions_changed: bool,
    /// The datasets that changed.
    pub data: Vec<DataChange>,
    /// The number of values that were compared.
    pub compared: usize,
    pub values: ValueDiff,
}

/// A dataset that changed, with its number of rows before and after.
#[derive(Debug, Serialize)]
pub(crate) struct DataChange {
    pub dataset: Arc<str>,
    pub before: Option<u64>,
    pub after: Option<u64>,
}

impl Snapshot {
    /// The snapshot of a result. Values are sorted by KPI, then as in the result.
    ///
    /// # Errors
    /// The limit that was reached.
    pub fn new(
        query: SnapshotQuery,
        evaluation: &Evaluation,
        data: Vec<DataFingerprint>,
        budget: &Budget,
    ) -> Result<Self, Diagnostic> {
        let mut found = values(evaluation, &Arc::clone, Language::English, &mut budget.charge())?;
        found.sort_by(|a, b| a.kpi.cmp(&b.kpi));
        let values = found.into_iter().map(without_status).collect();
        let definitions = fingerprint::definitions(&evaluation.plan, &query);
        let mut data = data;
        data.sort_by(|a, b| a.dataset.cmp(&b.dataset));
        Ok(Self { query, definitions, data, values })
    }

    /// Compares this snapshot with a newer one.
    ///
    /// # Errors
    /// An error if they have other groups.
    pub fn compare(self, newer: Self) -> Result<SnapshotDiff, Diagnostic> {
        if self.query.by != newer.query.by {
            let by = |by: &[Arc<str>]| if by.is_empty() { "nothing".to_owned() } else { by.join(", ") };
            let (old, new) = (by(&self.query.by), by(&newer.query.by));
            let message = format!("the snapshots have different groups: one is by {old}, the other by {new}");
            let problem = Diagnostic::error(Code::BadQuery, message);
            return Err(problem.hint("write both with the same `--by`: `kpi snapshot --by month -o FILE`"));
        }
        let data = data_changes(&self.data, &newer.data);
        let by = group_columns(&newer.values, &self.values);
        let count = newer.values.len();
        let values = ValueDiff::new(by, self.values, newer.values);
        let gone = values.changes.iter().filter(|change| change.after.is_none()).count();
        let compared = count + gone;
        let definitions_changed = self.definitions != newer.definitions;
        Ok(SnapshotDiff { version: 1, definitions_changed, data, compared, values })
    }
}

impl SnapshotDiff {
    /// True if a value differs.
    pub fn has_changes(&self) -> bool {
        !self.values.changes.is_empty()
    }
}

/// The query, to be computed again.
impl From<&SnapshotQuery> for Query {
    fn from(query: &SnapshotQuery) -> Self {
        use crate::plan::{Condition, Setting};
        let set = query.set.iter().map(|(name, value)| (name.clone(), Setting::Formula(value.clone())));
        Self {
            kpis: query.kpis.clone(),
            by: query.by.iter().map(|column| GroupBy::written(column)).collect(),
            filters: query.conditions.iter().map(|text| Condition::Formula(text.clone(), vec![])).collect(),
            period: query.period.clone(),
            data_until: query.data_until.clone(),
            set: set.collect(),
            totals: query.totals,
            ..Self::default()
        }
    }
}

fn without_status(value: GroupValue) -> GroupValue {
    GroupValue { side: ValueSide { status: None, ..value.side }, ..value }
}

/// The names of the group columns, from the first group.
fn group_columns(new: &[GroupValue], old: &[GroupValue]) -> Vec<Arc<str>> {
    let group = new.iter().chain(old).find(|value| !value.total).map(|value| &value.group);
    group.into_iter().flat_map(|group| group.keys()).map(|name| name.as_str().into()).collect()
}

fn data_changes(old: &[DataFingerprint], new: &[DataFingerprint]) -> Vec<DataChange> {
    let by_name = |data: &[DataFingerprint]| -> IndexMap<Arc<str>, Option<(u64, String)>> {
        data.iter().map(|it| (it.dataset.clone(), it.rows.clone())).collect()
    };
    let (old, new) = (by_name(old), by_name(new));
    let mut names: Vec<&Arc<str>> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let differs = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    let rows = |data: &IndexMap<Arc<str>, Option<(u64, String)>>, name: &Arc<str>| {
        data.get(name).map(|rows| rows.as_ref().map_or(0, |(rows, _)| *rows))
    };
    let change =
        |name: &Arc<str>| DataChange { dataset: name.clone(), before: rows(&old, name), after: rows(&new, name) };
    differs.map(change).collect()
}
