//! Aggregates the values of inner groups in the groups around them.

use std::ops::Range;

use super::candidates::Candidates;
use super::column::{append, without_rows};
use super::index::Index;
use super::{Around, InnerResult, Kept, Member, Members, scaled, ticks};
use crate::aggregate::regroup;
use crate::budget::{Budget, Charge};
use crate::data::{Aggregate, FailedRows, Group, MeasureColumn, Request, TimeRange};
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::plan::inner::{InnerValues, PlannedEach};
use crate::program::NodeId;
use crate::value::{Cause, Cell, Decimal, Vector};

const MEMBERS: &str = "the inner groups of groups";
const AGGREGATING: &str = "aggregating inner groups";

/// An aggregate over inner groups, and the groups around them.
pub(super) struct Outer<'a> {
    pub plan: &'a Plan,
    pub around: Around<'a>,
    pub planned: &'a PlannedEach,
    pub inner: &'a [InnerResult],
}

impl Outer<'_> {
    /// The value of each of the groups around, and its inner groups.
    ///
    /// # Errors
    /// A limit of time or memory.
    pub fn aggregated(&self) -> Result<(MeasureColumn, Members), Diagnostic> {
        let budget = &self.around.request.budget;
        let mut charge = budget.charge();
        let (mut column, mut members) = (without_rows(Vector::undefined(0, Cause::NoRows), &[]), Members::none());
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
                    let nothing = without_rows(Vector::undefined(groups.len(), *cause), groups);
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
        let (request, inner) = (self.around.request, &self.plan.inner[values.inner]);
        let result = &self.inner[values.inner];
        let budget = &request.budget;
        let nodes: Vec<NodeId> = values.nodes().collect();
        let slots: Vec<&Vector> = result.columns.iter().map(|column| &column.values).collect();
        let mut computed = inner.program.evaluate_within(budget, &slots, result.groups.len(), &nodes)?.into_iter();
        let value = computed.next().unwrap_or_else(|| Vector::undefined(result.groups.len(), Cause::NoRows));
        let having = computed.next();
        let candidates = Candidates::new(values, self.plan, result, budget)?;
        let index = Index::new(values, inner, result, &candidates, budget.charge())?;
        let ticks = ticks(request, &inner.request);
        let kept = |at: u32| having.as_ref().map_or(Kept::Yes, |having| Kept::by(&having.get(at as usize)));
        let mut part = Part { groups: vec![], value, ranges: vec![], members: vec![], nothing: candidates.nothing };
        let mut ticker = budget.ticker();
        for group in groups {
            let days = days(request, values.range, group);
            let found = days.as_ref().map_or(&[][..], |days| index.find(group, &scaled(days, ticks)));
            ticker.ticks(found.len() + 1, AGGREGATING)?;
            charge.grow(found.len() * size_of::<Member>() + size_of::<usize>(), MEMBERS)?;
            part.members.extend(found.iter().map(|&at| Member { at, kept: kept(at) }));
            part.groups.push((part.members.len(), days.as_ref().err().copied()));
            let is_timed = group.period.is_some() || request.period.is_some();
            part.ranges.push(days.ok().filter(|_| is_timed).map(|days| (days.start, days.end)));
        }
        Ok(part)
    }
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
        let mut charge = budget.charge();
        charge.grow(self.members.len().saturating_mul(2 * size_of::<u32>() + size_of::<Decimal>()), MEMBERS)?;
        let mut group_of = Vec::with_capacity(self.members.len());
        for (group, (members, _)) in (1..).zip(self.of_groups()) {
            group_of.extend(members.iter().map(|member| if member.kept == Kept::Yes { group } else { 0 }));
        }
        let positions: Vec<u32> = self.members.iter().map(|member| member.at).collect();
        let values = self.value.take(&positions);
        let folded = regroup(planned.aggregate, planned.distinct, &values, &group_of, self.groups.len(), budget)?;
        let mut ticker = budget.ticker();
        let cells = self.of_groups().zip(folded).map(|((members, cause), (cell, present))| {
            ticker.ticks(members.len(), AGGREGATING)?;
            Ok(match (cause.or_else(|| self.meaningless(members)), present) {
                (Some(cause), _) => Err(cause),
                (None, 0) => self.without_values(planned.aggregate, members),
                (None, _) => cell,
            })
        });
        cells.collect()
    }

    /// The cause of a member that has no meaning, which nothing stops.
    fn meaningless(&self, members: &[Member]) -> Option<Cause> {
        let of_value = |member: &Member| self.value.cause(member.at as usize).filter(|cause| cause.is_meaningless());
        let of_condition = |member: &Member| match member.kept {
            // The condition is not a truth value.
            Kept::Undecided(cause) if cause == Cause::WrongKind || cause.is_meaningless() => Some(cause),
            _ => None,
        };
        members.iter().find_map(|member| of_condition(member).or_else(|| of_value(member)))
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

/// The days that inner periods of a group lie in.
fn days(request: &Request, range: Option<TimeRange>, group: &Group) -> Result<Range<i32>, Cause> {
    request.days(range.unwrap_or(TimeRange::CURRENT), group.period.or(request.single), None)
}
