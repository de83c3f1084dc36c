//! Compares the values of two results, group by group.

use std::cmp::{Ordering, Reverse};
use std::collections::HashSet;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use crate::budget::Charge;
use crate::diagnostic::Diagnostic;
use crate::eval::Evaluation;
use crate::explain::document::{Entry, entry};
use crate::explain::plain;
use crate::language::Language;
use crate::library::card;
use crate::value::unit::Type;
use crate::value::{Decimal, Number, Value, ops};

/// The memory of a value besides its texts.
const VALUE_BYTES: usize = 400;

/// A group: the period and the keys by the names of their columns. The total has none.
pub(crate) type GroupLabel = IndexMap<String, Option<String>>;

/// The values of a KPI by group.
#[derive(Debug, Clone)]
pub(crate) struct GroupValue {
    pub kpi: Arc<str>,
    pub group: GroupLabel,
    pub total: bool,
    pub side: ValueSide,
}

/// A value in one of two results.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ValueSide {
    /// The exact value, or None if it is undefined.
    pub value: Option<String>,
    pub unit: Option<String>,
    /// True if no step of the computation was rounded.
    pub exact: bool,
    pub status: Option<&'static str>,
    /// Why there is no value.
    pub undefined: Option<Missing>,
    /// The value, if it is a number.
    #[serde(skip)]
    pub number: Option<Number>,
    #[serde(skip)]
    pub ty: Type,
    #[serde(skip)]
    pub format: card::Format,
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Missing {
    /// The cause: `no-rows`, `division-by-zero`, …
    pub code: Arc<str>,
    /// The cause as a sentence.
    pub message: String,
}

impl ValueSide {
    /// True if a reader sees the same: the value with its unit and its status, or the cause.
    fn is_same(&self, other: &Self) -> bool {
        let code = |side: &Self| side.undefined.as_ref().map(|reason| reason.code.clone());
        // A value that is missing has no unit in a snapshot.
        let value = |side: &Self| side.value.clone().map(|value| (value, side.unit.clone()));
        (value(self), self.status, code(self)) == (value(other), other.status, code(other))
    }
}

/// A value that differs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ValueChange {
    pub kpi: Arc<str>,
    pub group: GroupLabel,
    pub total: bool,
    /// None if only the new result has the group.
    pub before: Option<ValueSide>,
    /// None if only the old result has the group.
    pub after: Option<ValueSide>,
    /// The exact difference, if both are numbers of one unit.
    pub difference: Option<String>,
    /// The difference divided by the size of the value before.
    pub relative: Option<String>,
    #[serde(skip)]
    rank: Rank,
}

/// How remarkable a change is: values that became defined or undefined, then the largest changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Undefined,
    FromZero,
    Relative(Reverse<Decimal>),
    Other,
}

/// The values that differ between two results.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ValueDiff {
    /// The group columns.
    pub by: Vec<Arc<str>>,
    /// The values that differ, the most remarkable first.
    pub changes: Vec<ValueChange>,
    /// The KPIs with the same values in all groups.
    pub unchanged: Vec<Arc<str>>,
    /// The KPIs that one version cannot compute.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_compared: Vec<Arc<str>>,
}

/// The values of a result. `names` are those under which KPIs are compared.
///
/// # Errors
/// The limit that was reached.
pub(crate) fn values(
    evaluation: &Evaluation,
    names: &dyn Fn(&Arc<str>) -> Arc<str>,
    language: Language,
    charge: &mut Charge,
) -> Result<Vec<GroupValue>, Diagnostic> {
    let mut found = vec![];
    for (kpi, planned) in evaluation.plan.kpis.iter().enumerate() {
        let format = planned.definition.map(|id| evaluation.plan.library.get(id).card.format).unwrap_or_default();
        let ty = &evaluation.plan.step(planned.step).ty;
        for group in 0..evaluation.groups.len() {
            charge.grow(VALUE_BYTES, "the values that are compared")?;
            charge.budget().spend(1, "comparing values")?;
            let total = evaluation.groups[group].total;
            let number = match evaluation.value(kpi, group) {
                Ok(Value::Number(number)) => Some(number),
                _ => None,
            };
            let Entry { value, unit, exact, status, undefined, .. } = entry(evaluation, kpi, group, language);
            let undefined = undefined.map(|reason| Missing { code: reason.code.into(), message: reason.message });
            let group = if total { IndexMap::new() } else { evaluation.group_label(group) };
            let side = ValueSide { value, unit, exact, status, undefined, number, ty: ty.clone(), format };
            found.push(GroupValue { kpi: names(&planned.name), group, total, side });
        }
    }
    Ok(found)
}

type Key = (Arc<str>, Vec<(String, Option<String>)>, bool);

fn key(value: &GroupValue) -> Key {
    let group = value.group.iter().map(|(name, key)| (name.clone(), key.clone())).collect();
    (value.kpi.clone(), group, value.total)
}

impl ValueDiff {
    /// Compares values. Those of one KPI are in the order of its groups.
    pub fn new(by: Vec<Arc<str>>, old: Vec<GroupValue>, new: Vec<GroupValue>) -> Self {
        let kpis: IndexSet<Arc<str>> = new.iter().chain(&old).map(|value| value.kpi.clone()).collect();
        let mut before: IndexMap<Key, GroupValue> = old.into_iter().map(|value| (key(&value), value)).collect();
        let mut changes = vec![];
        for after in new {
            match before.swap_remove(&key(&after)) {
                Some(before) if before.side.is_same(&after.side) => {}
                before => changes.push(change(before, Some(after))),
            }
        }
        before.sort_keys();
        changes.extend(before.into_values().map(|gone| change(Some(gone), None)));
        let changed: HashSet<&Arc<str>> = changes.iter().map(|change| &change.kpi).collect();
        let unchanged = kpis.iter().filter(|kpi| !changed.contains(kpi)).cloned().collect();
        changes.sort_by_key(|change| change.rank);
        Self { by, changes, unchanged, not_compared: vec![] }
    }
}

fn change(before: Option<GroupValue>, after: Option<GroupValue>) -> ValueChange {
    let GroupValue { kpi, group, total, .. } =
        after.as_ref().or(before.as_ref()).expect("one of them is there").clone();
    let sides = [&before, &after].map(|value| value.as_ref().map(|value| value.side.clone()));
    let (rank, difference, relative) = compared(&sides);
    let [before, after] = sides;
    let plain = |number: Option<Number>| number.map(|number| plain(number.decimal));
    ValueChange { kpi, group, total, before, after, difference: plain(difference), relative: plain(relative), rank }
}

/// The rank of a change, the difference, and the difference divided by the size of the value before.
fn compared(sides: &[Option<ValueSide>; 2]) -> (Rank, Option<Number>, Option<Number>) {
    let [Some(before), Some(after)] = sides else { return (Rank::Undefined, None, None) };
    if before.value.is_some() != after.value.is_some() {
        return (Rank::Undefined, None, None);
    }
    let numbers = before.number.zip(after.number).filter(|_| before.unit == after.unit);
    let difference = numbers.and_then(|(before, after)| ops::subtract(after, before).ok());
    let Some((difference, (before, _))) = difference.zip(numbers) else { return (Rank::Other, None, None) };
    let size = Number { decimal: before.decimal.abs(), ..before };
    let relative = ops::divide(difference, size).ok();
    let rank = match (difference.decimal.cmp(&Decimal::ZERO), relative) {
        (Ordering::Equal, _) => Rank::Other,
        (_, Some(relative)) => Rank::Relative(Reverse(relative.decimal.abs())),
        (_, None) => Rank::FromZero,
    };
    (rank, Some(difference), relative)
}
