//! Computes inner groups, and aggregates their values in the groups around them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexSet;

use crate::aggregate::regroup;
use crate::budget::{Budget, Charge};
use crate::data::{
    Aggregate, Aggregated, Calendar, ColumnType, Dropped, Extent, FailedRows, Group, Measure, MeasureColumn, MeasureId,
    Period, Request, Source, TimeRange,
};
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::plan::inner::{Inner, InnerValues, Input, PlannedEach};
use crate::program::NodeId;
use crate::value::{Cause, Cell, Date, Decimal, Value, Vector};

/// The inputs of formulas over groups: the measures, followed by the other inputs.
pub(super) struct Inputs {
    pub columns: Vec<MeasureColumn>,
    /// For each input that is not a measure, the inner groups that it aggregates.
    pub each: Vec<Option<Members>>,
    /// The inputs that cannot be computed.
    pub refused: Vec<(u32, Diagnostic)>,
}

/// Inner groups with the inputs of their formulas.
#[derive(Debug, Default)]
pub(crate) struct InnerResult {
    pub groups: Vec<Group>,
    pub columns: Vec<MeasureColumn>,
    /// The first and the last day of each dataset.
    pub extents: Vec<Option<(i32, i32)>>,
    /// Notes about the data, and data that could not be read.
    pub notes: Vec<Diagnostic>,
    pub unread: Vec<Diagnostic>,
    refused: Vec<(u32, Diagnostic)>,
}

/// The inner groups of each group around them.
#[derive(Debug)]
pub(crate) struct Members {
    /// The values of the inner groups in the groups, and in the total.
    pub values: [Vector; 2],
    /// Where the members of each group start.
    starts: Vec<usize>,
    members: Vec<Member>,
}

/// An inner group in a group around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    /// Its position among the inner groups.
    pub at: u32,
    /// Whether it meets the condition.
    pub kept: Kept,
}

/// Whether an inner group meets the condition after `having`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    No,
    /// The condition is undefined.
    Undecided(Cause),
}

impl Members {
    /// The inner groups of a group.
    pub fn of(&self, group: usize) -> &[Member] {
        &self.members[self.starts[group]..self.starts[group + 1]]
    }
}

/// Computes the inner groups of a plan, by position in it. `around` is the request for the groups of the result.
///
/// # Errors
/// A limit that is reached, or a source that cannot answer.
pub(super) fn results(plan: &Plan, source: &dyn Source, around: &Request) -> Result<Vec<InnerResult>, Vec<Diagnostic>> {
    let mut results: Vec<InnerResult> = plan.inner.iter().map(|_| InnerResult::default()).collect();
    let deepest = plan.inner.iter().map(|inner| inner.level).max().unwrap_or(0);
    for level in (1..=deepest).rev() {
        for (at, inner) in plan.inner.iter().enumerate().filter(|(_, inner)| inner.level == level) {
            let (budget, threads) = (around.budget.clone(), around.threads);
            let request = Request { budget, threads, ..inner.request.clone() };
            let mut aggregated = source.aggregate(&request)?;
            super::answer::check(&request, &aggregated).map_err(|problem| vec![problem])?;
            plan.check_groups(aggregated.groups.len(), Some(at)).map_err(|limit| vec![limit])?;
            let measures = std::mem::take(&mut aggregated.measures);
            let around = Around { groups: &aggregated.groups, request: &request };
            let inputs = around.inputs(plan, &inner.inputs, measures, &aggregated.refused, &results);
            let Inputs { columns, refused, .. } = inputs.map_err(|limit| vec![limit])?;
            let Aggregated { groups, extents, notes, unread, .. } = aggregated;
            results[at] = InnerResult { groups, columns, extents, notes, unread, refused };
        }
    }
    Ok(results)
}

/// The notes about data and the data that could not be read, each once.
pub(super) fn once(
    inner: &[InnerResult],
    notes: Vec<Diagnostic>,
    unread: Vec<Diagnostic>,
) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let all = |own: Vec<Diagnostic>, of: fn(&InnerResult) -> &Vec<Diagnostic>| {
        let all: IndexSet<Diagnostic> = own.into_iter().chain(inner.iter().flat_map(of).cloned()).collect();
        all.into_iter().collect()
    };
    (all(notes, |result| &result.notes), all(unread, |result| &result.unread))
}

impl Inputs {
    /// The inputs of the formulas of a result.
    ///
    /// # Errors
    /// A limit that is reached.
    pub fn new(
        plan: &Plan,
        request: &Request,
        measures: Vec<MeasureColumn>,
        answer: &Aggregated,
        inner: &[InnerResult],
    ) -> Result<Self, Diagnostic> {
        let around = Around { groups: &answer.groups, request };
        around.inputs(plan, &plan.inputs, measures, &answer.refused, inner)
    }
}

/// The groups around inner groups.
#[derive(Clone, Copy)]
struct Around<'a> {
    groups: &'a [Group],
    request: &'a Request,
}

impl Around<'_> {
    /// Adds the inputs that are not measures to the measures.
    fn inputs(
        self,
        plan: &Plan,
        inputs: &[Input],
        mut columns: Vec<MeasureColumn>,
        refused: &[(MeasureId, Diagnostic)],
        inner: &[InnerResult],
    ) -> Result<Inputs, Diagnostic> {
        let mut refused: Vec<_> = refused.iter().map(|(measure, reason)| (measure.0, reason.clone())).collect();
        let mut each = vec![];
        for input in inputs {
            let slot = columns.len() as u32;
            let (column, members) = match input {
                Input::Key(at, ty) => (self.keys(*at, *ty), None),
                Input::Each(planned) => {
                    refused.extend(reason(plan, planned, inner).map(|reason| (slot, reason)));
                    let (column, members) = Outer { plan, around: self, planned, inner }.aggregated()?;
                    (column, Some(members))
                }
            };
            columns.push(column);
            each.push(members);
        }
        Ok(Inputs { columns, each, refused })
    }

    /// The keys of a grouping column as values.
    fn keys(self, column: usize, ty: ColumnType) -> MeasureColumn {
        let calendar = Calendar { by_hour: false, ..self.request.calendar };
        let key = |group: &Group| group.keys.iter().nth(column).and_then(Option::as_ref).cloned();
        let cell = |group: &Group| key(group).map_or(Err(Cause::Blank), |key| value(&key, ty, calendar));
        column_of(self.groups.iter().map(cell).collect(), self.groups)
    }
}

/// Why an aggregate cannot be computed, if it cannot.
fn reason(plan: &Plan, planned: &PlannedEach, inner: &[InnerResult]) -> Option<Diagnostic> {
    planned.values().find_map(|values| {
        let slots = plan.inner[values.inner].program.slots_below(values.nodes());
        let mut refused = inner[values.inner].refused.iter();
        refused.find(|(slot, _)| slots.contains(slot)).map(|(_, reason)| reason.clone())
    })
}

/// The value of a key, which is spelled as results spell it.
fn value(key: &Arc<str>, ty: ColumnType, calendar: Calendar) -> Cell {
    let value = match ty {
        ColumnType::Number => key.parse::<Decimal>().ok().map(Value::from),
        ColumnType::Date | ColumnType::Period(_) => {
            let date = |period: Period| match ty {
                ColumnType::Period(_) => Date::from_period(calendar, period),
                _ => Date::from_day(calendar.first_day(period)),
            };
            calendar.parse(key).map(date).map(Value::Date)
        }
        ColumnType::Boolean => key.parse().ok().map(Value::Boolean),
        ColumnType::Text | ColumnType::Unknown => None,
    };
    Ok(value.unwrap_or_else(|| Value::Text(key.clone())))
}

/// No values.
fn nothing() -> Vector {
    Vector::undefined(0, Cause::NoRows)
}

/// A column without counts of rows.
fn column_of(values: Vector, groups: &[Group]) -> MeasureColumn {
    MeasureColumn {
        values,
        rows: vec![0; groups.len()],
        skipped: groups.iter().map(|_| 0).collect(),
        failed: groups.iter().map(|_| FailedRows::default()).collect(),
        ranges: groups.iter().map(|_| None).collect(),
        left_out: groups.iter().map(|_| vec![]).collect(),
    }
}

/// An aggregate over inner groups, and the groups around them.
struct Outer<'a> {
    plan: &'a Plan,
    around: Around<'a>,
    planned: &'a PlannedEach,
    inner: &'a [InnerResult],
}

impl Outer<'_> {
    fn aggregated(&self) -> Result<(MeasureColumn, Members), Diagnostic> {
        let budget = &self.around.request.budget;
        let mut charge = budget.charge();
        let (mut column, mut members) =
            (column_of(nothing(), &[]), Members { values: [nothing(), nothing()], starts: vec![0], members: vec![] });
        let total = self.around.groups.last().filter(|group| group.total);
        let (groups, total) = self.around.groups.split_at(self.around.groups.len() - usize::from(total.is_some()));
        let mut cells = vec![];
        for (at, groups, values) in [(0, groups, Ok(&self.planned.groups)), (1, total, self.planned.total.as_ref())] {
            match values {
                Ok(values) => {
                    let part = self.part(values, groups, &mut charge)?;
                    cells.extend(part.cells(self.planned, budget)?);
                    part.append_to(at, &mut column, &mut members);
                }
                Err(cause) => {
                    let nothing = column_of(Vector::undefined(groups.len(), *cause), groups);
                    cells.extend(nothing.values.cells());
                    append(&mut column, nothing);
                    members.starts.extend(groups.iter().map(|_| members.members.len()));
                }
            }
        }
        column.values = cells.into_iter().collect();
        Ok((column, members))
    }

    /// Finds the inner groups of groups that aggregate the same values.
    fn part(&self, values: &InnerValues, groups: &[Group], charge: &mut Charge) -> Result<Part, Diagnostic> {
        let (inner, result) = (&self.plan.inner[values.inner], &self.inner[values.inner]);
        let budget = &self.around.request.budget;
        let nodes: Vec<NodeId> = values.nodes().collect();
        let slots: Vec<&Vector> = result.columns.iter().map(|column| &column.values).collect();
        let mut computed = inner.program.evaluate_within(budget, &slots, result.groups.len(), &nodes)?.into_iter();
        let value = computed.next().unwrap_or_else(|| Vector::undefined(result.groups.len(), Cause::NoRows));
        let having = computed.next();
        let candidates = Candidates::new(values, self.plan, result);
        let index = Index::new(values, inner, result, &candidates);
        let mut part = Part { groups: vec![], value, ranges: vec![], members: vec![], nothing: candidates.nothing };
        for group in groups {
            let days = days(self.around.request, values.range, group);
            let ticks = ticks(self.around.request, &inner.request);
            let found: &[u32] = match &days {
                Ok(days) => index.find(group, values, &scaled(days, ticks)),
                Err(_) => &[],
            };
            charge.grow(std::mem::size_of_val(found) + size_of::<usize>(), "the members of groups")?;
            let kept = |&at: &u32| Member {
                at,
                kept: having.as_ref().map_or(Kept::Yes, |having| kept(&having.get(at as usize))),
            };
            part.members.extend(found.iter().map(kept));
            part.groups.push((part.members.len(), days.as_ref().err().copied()));
            part.ranges.push(
                days.ok()
                    .filter(|_| group.period.is_some() || self.around.request.period.is_some())
                    .map(|days| (days.start, days.end)),
            );
        }
        Ok(part)
    }
}

/// The number of times of inner groups in one of the groups around them: 24 for hours in days.
pub(super) fn ticks(around: &Request, inner: &Request) -> i32 {
    inner.calendar.ticks_per_day() / around.calendar.ticks_per_day()
}

/// A range of days as a range of hours, if inner groups count in hours.
pub(super) fn scaled(days: &std::ops::Range<i32>, ticks: i32) -> std::ops::Range<i32> {
    let scaled = |day: i32| if day == crate::data::BEGINNING || day == crate::data::END { day } else { day * ticks };
    scaled(days.start)..scaled(days.end)
}

fn kept(condition: &Cell) -> Kept {
    match condition {
        Ok(Value::Boolean(true)) => Kept::Yes,
        Ok(_) => Kept::No,
        Err(cause) => Kept::Undecided(*cause),
    }
}

/// The days that inner periods of a group lie in.
fn days(request: &Request, range: Option<TimeRange>, group: &Group) -> Result<std::ops::Range<i32>, Cause> {
    request.days(range.unwrap_or(TimeRange::CURRENT), group.period.or(request.single), None)
}

/// Groups that aggregate the same values, with their members.
struct Part {
    /// Where the members of each group end, and why it has none.
    groups: Vec<(usize, Option<Cause>)>,
    value: Vector,
    ranges: Vec<Option<(i32, i32)>>,
    members: Vec<Member>,
    /// The cause of a value without members.
    nothing: Cause,
}

impl Part {
    /// The members of each group.
    fn of_groups(&self) -> impl Iterator<Item = (&[Member], Option<Cause>)> {
        let mut start = 0;
        self.groups.iter().map(move |&(end, cause)| {
            let members = &self.members[start..end];
            start = end;
            (members, cause)
        })
    }

    fn cells(&self, planned: &PlannedEach, budget: &Budget) -> Result<Vec<Cell>, Diagnostic> {
        let mut group_of = Vec::with_capacity(self.members.len());
        for (group, (members, _)) in (1..).zip(self.of_groups()) {
            group_of.extend(members.iter().map(|member| if member.kept == Kept::Yes { group } else { 0 }));
        }
        let positions: Vec<u32> = self.members.iter().map(|member| member.at).collect();
        let values = self.value.take(&positions);
        let folded = regroup(planned.aggregate, planned.distinct, &values, &group_of, self.groups.len(), budget)?;
        let cells = self.of_groups().zip(folded).map(|((members, cause), (cell, present))| {
            match (cause.or_else(|| self.meaningless(members)), present) {
                (Some(cause), _) => Err(cause),
                (None, 0) => self.without_values(planned.aggregate, members),
                (None, _) => cell,
            }
        });
        Ok(cells.collect())
    }

    /// The cause of a member that has no meaning, which nothing stops.
    fn meaningless(&self, members: &[Member]) -> Option<Cause> {
        let cause = |member: &Member| match member.kept {
            // The condition is not a truth value.
            Kept::Undecided(Cause::WrongKind) => Some(Cause::WrongKind),
            Kept::Undecided(cause) => Some(cause).filter(|cause| cause.is_meaningless()),
            _ => self.value.cause(member.at as usize).filter(|cause| cause.is_meaningless()),
        };
        members.iter().find_map(cause)
    }

    /// The value of a group of whose members none has a value: the cause of the first one.
    fn without_values(&self, aggregate: Aggregate, members: &[Member]) -> Cell {
        let kept = members.iter().filter(|member| member.kept == Kept::Yes);
        let first = kept.filter_map(|member| self.value.cause(member.at as usize)).next();
        match (aggregate, first) {
            _ if members.is_empty() => Err(self.nothing),
            (Aggregate::Count, _) | (Aggregate::Sum, None) => Ok(Decimal::ZERO.into()),
            (_, first) => Err(first.unwrap_or(Cause::NoRowsKept)),
        }
    }

    /// Adds the counts and members to those of other groups.
    fn append_to(self, at: usize, column: &mut MeasureColumn, members: &mut Members) {
        let used = |member: &&Member| member.kept == Kept::Yes && self.value.cause(member.at as usize).is_none();
        for (own, _) in self.of_groups() {
            let count = own.iter().filter(used).count() as u64;
            let excluded = own.iter().filter(|member| member.kept == Kept::No).count() as u64;
            column.rows.push(count);
            column.skipped.push(own.len() as u64 - count - excluded);
            column.failed.push(FailedRows::default());
            column.left_out.push(vec![]);
        }
        column.ranges.extend(self.ranges);
        let before = members.members.len();
        members.starts.extend(self.groups.iter().map(|(end, _)| before + end));
        members.members.extend(self.members);
        members.values[at] = self.value;
    }
}

fn append(column: &mut MeasureColumn, other: MeasureColumn) {
    column.rows.extend(other.rows);
    column.skipped.append(other.skipped);
    column.failed.append(other.failed);
    column.ranges.append(other.ranges);
    column.left_out.append(other.left_out);
}

/// The inner groups that can contribute to an aggregate.
struct Candidates {
    is_candidate: Vec<bool>,
    /// The cause of a value without candidates.
    nothing: Cause,
}

impl Candidates {
    fn new(values: &InnerValues, plan: &Plan, result: &InnerResult) -> Self {
        let inner = &plan.inner[values.inner];
        let reads = |slot: &u32| !matches!(input(inner, *slot), Some(Input::Key(..)));
        let read: Vec<u32> = inner.program.slots_below(values.nodes()).into_iter().filter(reads).collect();
        let nothing = meaningless(values, inner, result, &read).unwrap_or(Cause::NoRows);
        let has_rows =
            |slot: u32, group: usize| !result.columns[slot as usize].values.cause(group).is_some_and(is_absence);
        let any_rows = |group: usize| read.iter().any(|&slot| has_rows(slot, group));
        let is_candidate = match values.keys.is_empty() {
            true => {
                let kept = |group: &Group| -> Vec<_> { group.keys.iter().take(values.kept.len()).cloned().collect() };
                let groups = result.groups.iter().enumerate();
                let present: HashSet<_> =
                    groups.filter(|(at, _)| any_rows(*at)).map(|(_, group)| kept(group)).collect();
                let days = data_days(values, plan, result);
                let is_within = |group: &Group| match (group.period, days) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some(period), Some((first, last))) => {
                        let days = inner.request.calendar.days(period);
                        days.start <= last && first < days.end
                    }
                };
                result.groups.iter().map(|group| is_within(group) && present.contains(&kept(group))).collect()
            }
            false => {
                let required = inner.program.required_slots(values.nodes());
                let required: Vec<u32> = required.into_iter().filter(reads).collect();
                let contributes = |group: usize| match &required[..] {
                    [] => any_rows(group),
                    required => required.iter().all(|&slot| has_rows(slot, group)),
                };
                let has_keys = |group: &Group| values.keys.iter().all(|&key| group.keys[key].is_some());
                let groups = result.groups.iter().enumerate();
                groups.map(|(at, group)| has_keys(group) && contributes(at)).collect()
            }
        };
        Self { is_candidate, nothing }
    }
}

/// The cause of a formula that has no meaning in any of the inner groups.
fn meaningless(values: &InnerValues, inner: &Inner, result: &InnerResult, read: &[u32]) -> Option<Cause> {
    let of_slot = |&slot: &u32| match inner.request.measures.get(slot as usize) {
        Some(measure) => is_not_split(&inner.request, measure).then_some(Cause::NotSplit),
        // An aggregate over groups inside these.
        None => {
            let values = &result.columns[slot as usize].values;
            (!values.is_empty()).then(|| values.cause(0)).flatten().filter(|cause| cause.is_meaningless())
        }
    };
    read.iter().find_map(of_slot).or_else(|| inner.program.meaningless_below(values.nodes()))
}

/// Returns true if the dataset of a measure lacks a grouping column or the time.
fn is_not_split(request: &Request, measure: &Measure) -> bool {
    let dataset = &request.datasets[measure.dataset];
    let applies = |column: &usize| match &measure.dropped {
        Dropped::All => false,
        Dropped::Columns(dropped) => !dropped.contains(column),
    };
    let is_timed = request.grain.is_some() || request.period.is_some();
    let lacks_time = dataset.time.is_none() && is_timed && measure.range.extent != Extent::All;
    lacks_time || (0..dataset.by.len()).filter(applies).any(|column| dataset.by[column].is_none())
}

/// The first and the last day of the datasets that a formula over inner groups reads. Rows that hold over an interval are
/// in force up to the end of `--period`, however late that is.
fn data_days(values: &InnerValues, plan: &Plan, result: &InnerResult) -> Option<(i32, i32)> {
    let datasets = datasets(values, plan);
    let own = plan.inner[values.inner].request.datasets.iter().zip(&result.extents);
    let period = plan.inner[values.inner].request.period;
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
    let slots = inner.program.slots_below(values.nodes());
    let of_slot = |slot: u32| -> HashSet<usize> {
        match (inner.request.measures.get(slot as usize), input(inner, slot)) {
            (Some(measure), _) => HashSet::from([inner.request.datasets[measure.dataset].dataset]),
            (None, Some(Input::Each(each))) => datasets(&each.groups, plan),
            (None, _) => HashSet::new(),
        }
    };
    slots.into_iter().flat_map(of_slot).collect()
}

/// The input behind a slot that is not a measure.
fn input(inner: &Inner, slot: u32) -> Option<&Input> {
    inner.inputs.get((slot as usize).checked_sub(inner.request.measures.len())?)
}

/// Returns true for a cause that says that a group has no rows.
fn is_absence(cause: Cause) -> bool {
    matches!(cause, Cause::NoRows | Cause::OutsideData | Cause::NotSplit | Cause::NoPeriod)
}

/// Returns true if inner groups have the periods of the groups around them.
fn follows_period(values: &InnerValues, inner: &Inner) -> bool {
    values.range.is_none() && inner.request.grain.is_some()
}

/// The period of a group around inner groups, if they have it too, and the keys that it shares with them.
type AroundKey = (Option<Period>, Vec<Option<Arc<str>>>);

/// The candidates by the keys and the period of the groups around them.
struct Index<'r> {
    result: &'r InnerResult,
    request: &'r Request,
    /// True if the inner groups have the periods of the groups around them.
    follows_period: bool,
    found: HashMap<AroundKey, Vec<u32>>,
}

impl<'r> Index<'r> {
    fn new(values: &InnerValues, inner: &'r Inner, result: &'r InnerResult, candidates: &Candidates) -> Self {
        let mut found: HashMap<_, Vec<u32>> = HashMap::new();
        for (at, group) in result.groups.iter().enumerate().filter(|(at, _)| candidates.is_candidate[*at]) {
            let period = group.period.filter(|_| follows_period(values, inner));
            let kept: Vec<Option<Arc<str>>> = group.keys.iter().take(values.kept.len()).cloned().collect();
            found.entry((period, kept)).or_default().push(at as u32);
        }
        Self { result, request: &inner.request, follows_period: follows_period(values, inner), found }
    }

    /// The candidates in a group, in order.
    fn find(&self, group: &Group, values: &InnerValues, days: &std::ops::Range<i32>) -> &[u32] {
        let period = group.period.filter(|_| self.follows_period);
        let kept: Vec<Option<Arc<str>>> = values.kept.iter().map(|&column| group.keys[column].clone()).collect();
        let Some(found) = self.found.get(&(period, kept)) else { return &[] };
        let first_day = |at: u32| {
            let period = self.result.groups[at as usize].period;
            period.map(|period| self.request.calendar.first_day(period))
        };
        match values.range {
            None => found,
            Some(_) => {
                // A period that `--period` cuts begins before the days that it covers.
                let start = found.partition_point(|&at| first_day(at) < Some(self.start(days.start)));
                let end = found.partition_point(|&at| first_day(at) < Some(days.end));
                &found[start..end.max(start)]
            }
        }
    }

    /// The first day of the inner period that contains a day.
    fn start(&self, day: i32) -> i32 {
        match self.request.grain {
            Some(grain) if day != crate::data::BEGINNING => {
                self.request.calendar.first_day(self.request.calendar.period(grain, day))
            }
            _ => day,
        }
    }
}
