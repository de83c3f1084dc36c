//! Explains an aggregate over inner groups: how many there are, which are left out and why, the largest and the smallest.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::aggregate::{Rank, order, rank};
use crate::data::{Grain, Group, ListedRows, MeasureId, RowOrder};
use crate::eval::Evaluation;
use crate::eval::inner::{Kept, Member};
use crate::plan::inner::{Inner, InnerValues, Input, PlannedEach};
use crate::value::{Cause, Value, Vector};

/// The inner groups of an aggregate with `each`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupsTrace {
    /// The keys: columns, and at most one grain of time.
    pub each: Vec<Arc<str>>,
    /// The number of inner groups whose value the aggregate uses.
    pub used: u64,
    /// The number of inner groups that `having` leaves out.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub excluded: u64,
    /// The number of inner groups without a value, by the cause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undefined: Vec<(&'static str, u64)>,
    /// The inner group with the largest value, by its keys, and the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest: Option<(String, String)>,
    /// The same for the smallest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smallest: Option<(String, String)>,
    /// The inner groups themselves, if rows were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<ListedGroups>,
    /// The values of these groups, for renderers.
    #[serde(skip)]
    pub ends: Option<[Value; 2]>,
    /// The aggregate, among the inputs that are not measures.
    #[serde(skip)]
    pub(crate) input: u32,
}

/// The inner groups of an aggregate with `each`, as far as they are listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ListedGroups {
    /// Which inner groups come first.
    pub order: RowOrder,
    /// The inner groups that the aggregate uses.
    pub groups: Vec<ListedGroup>,
    /// The number of other inner groups that it uses.
    pub more: u64,
}

/// An inner group of an aggregate with `each`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ListedGroup {
    /// Its keys.
    pub keys: String,
    /// Its value.
    #[serde(serialize_with = "as_text")]
    pub value: Value,
    /// The rows of each aggregate in its formula.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<ListedRows>,
    /// Its position among the inner groups.
    #[serde(skip)]
    pub(crate) at: usize,
}

fn as_text<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The keys after `each`, the values by their keys, and whether the keys include a period.
#[cfg(feature = "change")]
pub(crate) type InnerValuesByKey = (Vec<Arc<str>>, std::collections::HashMap<String, Value>, bool);

impl GroupsTrace {
    /// The number of inner groups without a value.
    pub fn without_value(&self) -> u64 {
        self.undefined.iter().map(|(_, count)| count).sum()
    }
}

impl Evaluation {
    /// The inner groups of an aggregate in a group, by the aggregate's position among the inputs that are not measures.
    pub(super) fn inner_groups(&self, input: u32, group: usize) -> Option<GroupsTrace> {
        let (Input::Each(planned), Some(members)) = (&self.plan.inputs[input as usize], &self.each[input as usize])
        else {
            return None;
        };
        let in_total = self.groups[group].total;
        let values = Self::values(planned, in_total)?;
        let inner = &self.plan.inner[values.inner];
        let found = members.of(group);
        let vector = &members.values[usize::from(in_total)];
        let used = || found.iter().filter(|member| is_used(member, vector));
        let at = |member: &&Member| vector.get(member.at as usize).ok();
        let largest =
            used().rev().max_by(|one, other| at(one).partial_cmp(&at(other)).unwrap_or(std::cmp::Ordering::Equal));
        let smallest = used().min_by(|one, other| at(one).partial_cmp(&at(other)).unwrap_or(std::cmp::Ordering::Equal));
        let described = |member: &Member| {
            let group = &self.inner[values.inner].groups[member.at as usize];
            Some((spelled(group, values, inner), vector.get(member.at as usize).ok()?.to_string()))
        };
        let ends = largest.zip(smallest).and_then(|(largest, smallest)| Some([at(&largest)?, at(&smallest)?]));
        Some(GroupsTrace {
            each: keys(values, inner),
            used: used().count() as u64,
            excluded: found.iter().filter(|member| member.kept == Kept::No).count() as u64,
            undefined: causes(found, vector),
            largest: largest.and_then(described),
            smallest: smallest.and_then(described),
            listed: None,
            ends,
            input,
        })
    }

    /// The first `count` inner groups of an aggregate in a group.
    pub(super) fn listed_groups(&self, input: u32, group: usize, count: usize) -> Option<ListedGroups> {
        let (Input::Each(planned), Some(members)) = (&self.plan.inputs[input as usize], &self.each[input as usize])
        else {
            return None;
        };
        let in_total = self.groups[group].total;
        let values = Self::values(planned, in_total)?;
        let (inner, vector) = (&self.plan.inner[values.inner], &members.values[usize::from(in_total)]);
        let order = order(planned.aggregate, planned.distinct);
        let middle = self.measures[self.plan.request.measures.len() + input as usize].values.get(group).ok();
        let found = &self.inner[values.inner].groups;
        let listed = |member: &Member| {
            let value = vector.get(member.at as usize).ok()?;
            let keys = spelled(&found[member.at as usize], values, inner);
            Some((
                rank(order, Some(&value), middle.as_ref()),
                ListedGroup { keys, value, rows: vec![], at: member.at as usize },
            ))
        };
        let used = members.of(group).iter().filter(|member| is_used(member, vector));
        let mut groups: Vec<(Rank, ListedGroup)> = used.filter_map(listed).collect();
        let all = groups.len();
        groups.sort_by(|(one, _), (other, _)| one.cmp(other));
        groups.truncate(count);
        let groups: Vec<ListedGroup> = groups.into_iter().map(|(_, group)| group).collect();
        Some(ListedGroups { order, more: (all - groups.len()) as u64, groups })
    }

    /// The measures that the formula of an inner group reads, and the position of the inner groups in the plan.
    pub(super) fn inner_measures(&self, input: u32, group: usize) -> Option<(usize, Vec<MeasureId>)> {
        let Input::Each(planned) = &self.plan.inputs[input as usize] else { return None };
        let values = Self::values(planned, self.groups[group].total)?;
        let inner = &self.plan.inner[values.inner];
        let slots = inner.program.slots_below(values.nodes());
        let measures = slots.into_iter().filter(|slot| (*slot as usize) < inner.request.measures.len());
        Some((values.inner, measures.map(MeasureId).collect()))
    }

    /// The keys after `each`, and the values that the aggregate uses in a group by their keys. True if the keys include a
    /// period, so that other periods have other keys.
    #[cfg(feature = "change")]
    pub(crate) fn inner_values(&self, at: u32, group: usize) -> Option<InnerValuesByKey> {
        let (Input::Each(planned), Some(members)) = (&self.plan.inputs[at as usize], &self.each[at as usize]) else {
            return None;
        };
        let in_total = self.groups[group].total;
        let values = Self::values(planned, in_total)?;
        let (inner, vector) = (&self.plan.inner[values.inner], &members.values[usize::from(in_total)]);
        let used = members.of(group).iter().filter(|member| is_used(member, vector));
        let value = |member: &Member| {
            let key = spelled(&self.inner[values.inner].groups[member.at as usize], values, inner);
            Some((key, vector.get(member.at as usize).ok()?))
        };
        let has_period = inner.request.grain.is_some() && values.range.is_some();
        Some((keys(values, inner), used.filter_map(value).collect(), has_period))
    }

    fn values(planned: &PlannedEach, in_total: bool) -> Option<&InnerValues> {
        if in_total { planned.total.as_ref().ok() } else { Some(&planned.groups) }
    }
}

fn is_used(member: &Member, values: &Vector) -> bool {
    member.kept == Kept::Yes && values.cause(member.at as usize).is_none()
}

/// The causes of missing values and conditions with their counts, the most frequent first.
fn causes(members: &[Member], values: &Vector) -> Vec<(&'static str, u64)> {
    let cause = |member: &Member| match member.kept {
        Kept::No => None,
        Kept::Yes => values.cause(member.at as usize),
        Kept::Undecided(cause) => Some(cause),
    };
    let mut counts: Vec<(Cause, u64)> = vec![];
    for cause in members.iter().filter_map(cause) {
        match counts.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, count)) => *count += 1,
            None => counts.push((cause, 1)),
        }
    }
    counts.sort_by_key(|&(cause, count)| (std::cmp::Reverse(count), cause));
    counts.into_iter().map(|(cause, count)| (cause.code(), count)).collect()
}

/// The names of the keys.
fn keys(values: &InnerValues, inner: &Inner) -> Vec<Arc<str>> {
    let grain = inner.request.grain.filter(|_| values.range.is_some()).map(Grain::name);
    grain.map(Arc::from).into_iter().chain(values.keys.iter().map(|&key| inner.request.by[key].clone())).collect()
}

/// The keys of an inner group: `2026-03-01, web`.
fn spelled(group: &Group, values: &InnerValues, inner: &Inner) -> String {
    let period = group.period.filter(|_| values.range.is_some());
    let period = period.map(|period| inner.request.calendar.spell(period));
    let keys = values.keys.iter().filter_map(|&key| group.keys[key].as_ref().map(ToString::to_string));
    period.into_iter().chain(keys).collect::<Vec<_>>().join(", ")
}
