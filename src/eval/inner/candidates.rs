//! Finds the inner groups that can contribute to an aggregate.

use std::collections::HashSet;
use std::sync::Arc;

use super::InnerResult;
use crate::budget::Budget;
use crate::data::{Extent, Group, InForce, Measure, Request, TimeRange};
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::plan::inner::{Inner, InnerValues, Input};
use crate::value::Cause;

/// The inner groups that can contribute to an aggregate.
pub(super) struct Candidates {
    /// Whether each of the inner groups does.
    pub contributes: Vec<bool>,
    /// The cause of a value without candidates.
    pub nothing: Cause,
}

impl Candidates {
    /// # Errors
    /// A limit of time or memory.
    pub fn new(values: &InnerValues, plan: &Plan, result: &InnerResult, budget: &Budget) -> Result<Self, Diagnostic> {
        let inner = &plan.inner[values.inner];
        let nothing = meaningless(values, inner, result).unwrap_or(Cause::NoRows);
        let rule = Rule::new(values, plan, result);
        let mut charge = budget.charge();
        charge.grow(result.groups.len().saturating_mul(rule.bytes_per_group()), "the inner groups")?;
        let mut ticker = budget.ticker();
        let mut select = |selects: &dyn Fn(usize, &Group) -> bool| {
            let groups = result.groups.iter().enumerate().map(|(at, group)| {
                ticker.tick("selecting inner groups")?;
                Ok(selects(at, group))
            });
            groups.collect::<Result<Vec<bool>, Diagnostic>>()
        };
        if !values.keys.is_empty() {
            let contributes = select(&|at, group| rule.has_keys(group) && rule.is_within(group) && rule.has_rows(at))?;
            return Ok(Self { contributes, nothing });
        }
        // Periods without rows count where the keys have rows in any period.
        let has_rows = select(&|at, group| rule.is_within(group) && rule.has_rows(at))?;
        let rows = result.groups.iter().zip(&has_rows).filter(|(_, has_rows)| **has_rows);
        let present: HashSet<Vec<Option<Arc<str>>>> = rows.map(|(group, _)| rule.kept(group)).collect();
        let contributes = select(&|_, group| rule.is_within(group) && present.contains(&rule.kept(group)))?;
        Ok(Self { contributes, nothing })
    }
}

/// What a group must have in order to contribute.
struct Rule<'a> {
    values: &'a InnerValues,
    inner: &'a Inner,
    result: &'a InnerResult,
    /// The inputs of which one must have rows.
    placing: Vec<u32>,
    /// The inputs all of which must have rows.
    required: Vec<u32>,
    /// The first and the last day of the data.
    days: Option<(i32, i32)>,
}

impl<'a> Rule<'a> {
    fn new(values: &'a InnerValues, plan: &'a Plan, result: &'a InnerResult) -> Self {
        let inner = &plan.inner[values.inner];
        let required = match values.keys.is_empty() {
            true => vec![],
            false => inner
                .program
                .required_slots(values.nodes())
                .into_iter()
                .filter(|&slot| !reads_no_rows(inner, slot))
                .collect(),
        };
        Self { values, inner, result, placing: placing(values, plan), required, days: data_days(values, plan, result) }
    }

    /// The memory of the answers for a group.
    fn bytes_per_group(&self) -> usize {
        let kept = size_of::<Vec<Option<Arc<str>>>>() + self.values.kept.len() * size_of::<Option<Arc<str>>>();
        2 + if self.values.keys.is_empty() { kept } else { 0 }
    }

    /// The keys that a group shares with those around it.
    fn kept(&self, group: &Group) -> Vec<Option<Arc<str>>> {
        group.keys.iter().take(self.values.kept.len()).cloned().collect()
    }

    fn has_keys(&self, group: &Group) -> bool {
        self.values.keys.iter().all(|&key| group.keys[key].is_some())
    }

    /// Returns true unless the group is a period of the `each` that lies outside the data.
    fn is_within(&self, group: &Group) -> bool {
        match (group.period.filter(|_| self.values.range.is_some()), self.days) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(period), Some((first, last))) => {
                let days = self.inner.request.calendar.days(period);
                days.start <= last && first < days.end
            }
        }
    }

    fn has_rows(&self, group: usize) -> bool {
        let has_rows = |&slot: &u32| !self.result.columns[slot as usize].values.cause(group).is_some_and(is_absence);
        self.placing.iter().any(has_rows) && self.required.iter().all(has_rows)
    }
}

/// The inputs that say whether a group has rows. What drops a column or the period belongs to no group; a formula that
/// reads nothing else has rows where its datasets have some.
fn placing(values: &InnerValues, plan: &Plan) -> Vec<u32> {
    let inner = &plan.inner[values.inner];
    let read = inner.program.slots_below(values.nodes()).into_iter();
    let placing: Vec<u32> = read.filter(|&slot| places(inner, slot)).collect();
    if !placing.is_empty() {
        return placing;
    }
    let datasets = datasets(values, plan);
    let requested = inner.request.datasets.iter().enumerate();
    let read = requested.filter(|(_, request)| datasets.contains(&request.dataset)).map(|(at, _)| at);
    let rows = read.filter_map(|at| {
        let rows = Measure::rows(at, TimeRange::CURRENT, InForce::AtEnd);
        inner.request.measures.iter().position(|measure| *measure == rows)
    });
    rows.map(|slot| slot as u32).collect()
}

fn places(inner: &Inner, slot: u32) -> bool {
    match (inner.request.measures.get(slot as usize), inner.input(slot)) {
        (Some(measure), _) => measure.places_groups(),
        (None, Some(Input::Each(each))) => each.places_groups(inner.request.by.len()),
        (None, _) => false,
    }
}

fn reads_no_rows(inner: &Inner, slot: u32) -> bool {
    matches!(inner.input(slot), Some(Input::Key(..) | Input::Length(..) | Input::Free))
}

/// The cause of a formula that has no meaning in any of the inner groups.
fn meaningless(values: &InnerValues, inner: &Inner, result: &InnerResult) -> Option<Cause> {
    let of_slot = |slot: u32| match inner.request.measures.get(slot as usize) {
        Some(measure) => is_not_split(inner, measure).then_some(Cause::NotSplit),
        None if reads_no_rows(inner, slot) => None,
        // An aggregate over groups inside these.
        None => {
            let values = &result.columns[slot as usize].values;
            (!values.is_empty()).then(|| values.cause(0)).flatten().filter(|cause| cause.is_meaningless())
        }
    };
    let read = inner.program.slots_below(values.nodes());
    read.into_iter().find_map(of_slot).or_else(|| inner.program.meaningless_below(values.nodes()))
}

/// Returns true if the dataset of a measure lacks a grouping column or the time.
fn is_not_split(inner: &Inner, measure: &Measure) -> bool {
    let request = &inner.request;
    let dataset = &request.datasets[measure.dataset];
    let is_timed = request.grain.is_some() || request.period.is_some();
    let lacks_time = dataset.time.is_none() && is_timed && measure.range.extent != Extent::All;
    lacks_time || dataset.lacking(&measure.dropped).is_some()
}

/// The first and the last day of the datasets that a formula over inner groups reads. Rows that hold over an interval are
/// in force up to the end of `--period` or of the result, however late that is.
pub(super) fn data_days(values: &InnerValues, plan: &Plan, result: &InnerResult) -> Option<(i32, i32)> {
    let datasets = datasets(values, plan);
    let own = plan.inner[values.inner].request.datasets.iter().zip(&result.extents);
    let period = result.period;
    let days = own.filter(|(request, _)| datasets.contains(&request.dataset)).filter_map(|(dataset, days)| {
        let (first, last) = (*days)?;
        let end = period.filter(|_| dataset.end.is_some()).map(|(_, end)| end - 1);
        Some((first, end.map_or(last, |end| last.max(end))))
    });
    days.reduce(|(first, last), (other_first, other_last)| (first.min(other_first), last.max(other_last)))
}

/// The datasets that a formula over inner groups reads, as positions in the source.
fn datasets(values: &InnerValues, plan: &Plan) -> HashSet<usize> {
    let inner = &plan.inner[values.inner];
    datasets_read(&inner.program.slots_below(values.nodes()), &inner.request, &inner.inputs, plan)
}

/// The datasets that these slots of formulas read, as positions in the source.
pub(in crate::eval) fn datasets_read(
    slots: &[u32],
    request: &Request,
    inputs: &[Input],
    plan: &Plan,
) -> HashSet<usize> {
    let of_slot = |&slot: &u32| -> HashSet<usize> {
        let extra = || inputs.get((slot as usize).checked_sub(request.measures.len())?);
        match (request.measures.get(slot as usize), extra()) {
            (Some(measure), _) => HashSet::from([request.datasets[measure.dataset].dataset]),
            (None, Some(Input::Each(each))) => datasets(&each.groups, plan),
            (None, _) => HashSet::new(),
        }
    };
    slots.iter().flat_map(of_slot).collect()
}

/// Returns true for a cause that says that a group has no rows.
fn is_absence(cause: Cause) -> bool {
    matches!(cause, Cause::NoRows | Cause::OutsideData | Cause::NotSplit | Cause::NoPeriod)
}
