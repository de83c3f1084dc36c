//! Finds the inner groups of the groups around them.

use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::InnerResult;
use super::candidates::Candidates;
use crate::budget::Charge;
use crate::data::{BEGINNING, Group, Period, Request};
use crate::diagnostic::Diagnostic;
use crate::plan::inner::{Inner, InnerValues};

/// The period of a group around inner groups, if they have it too, and the keys that it shares with them.
type AroundKey = (Option<Period>, Vec<Option<Arc<str>>>);

/// The candidates by the keys and the period of the groups around them.
pub(super) struct Index<'r> {
    values: &'r InnerValues,
    result: &'r InnerResult,
    request: &'r Request,
    /// The positions of the candidates of each group around them, in order.
    lists: Vec<Vec<u32>>,
    /// The list of each group around candidates.
    found: HashMap<AroundKey, usize, FixedState>,
    charge: Charge,
}

impl<'r> Index<'r> {
    /// # Errors
    /// A limit of time or memory.
    pub fn new(
        values: &'r InnerValues,
        inner: &'r Inner,
        result: &'r InnerResult,
        candidates: &Candidates,
        charge: Charge,
    ) -> Result<Self, Diagnostic> {
        let budget = charge.budget().clone();
        let (lists, found) = (vec![], HashMap::default());
        let mut index = Self { values, result, request: &inner.request, lists, found, charge };
        let mut ticker = budget.ticker();
        // Neighbors are mostly in the same group.
        let mut last: Option<(&Group, usize)> = None;
        for (at, group) in result.groups.iter().enumerate().filter(|(at, _)| candidates.contributes[*at]) {
            ticker.tick("arranging inner groups")?;
            let known = last.filter(|(other, _)| index.share_group(group, other)).map(|(_, list)| list);
            let list = known.map_or_else(|| index.list_of(group), Ok)?;
            last = Some((group, list));
            index.push(list, at as u32)?;
        }
        Ok(index)
    }

    /// The list of the group around an inner group, which is added if it is new.
    fn list_of(&mut self, group: &Group) -> Result<usize, Diagnostic> {
        let new = self.lists.len();
        let list = *self.found.entry(self.key(group)).or_insert(new);
        if list == new {
            let key_bytes = self.values.kept.len() * size_of::<Option<Arc<str>>>();
            let bytes = size_of::<(AroundKey, usize)>() + key_bytes + size_of::<Vec<u32>>();
            self.charge.grow(bytes, "the inner groups")?;
            self.lists.push(vec![]);
        }
        Ok(list)
    }

    fn push(&mut self, list: usize, candidate: u32) -> Result<(), Diagnostic> {
        let list = &mut self.lists[list];
        if list.len() == list.capacity() {
            let more = list.len().max(4);
            self.charge.grow(more * size_of::<u32>(), "the inner groups")?;
            list.reserve_exact(more);
        }
        list.push(candidate);
        Ok(())
    }

    /// The group around an inner group.
    fn key(&self, group: &Group) -> AroundKey {
        (self.period(group), group.keys.iter().take(self.values.kept.len()).cloned().collect())
    }

    /// Returns true if two inner groups are in the same group.
    fn share_group(&self, group: &Group, other: &Group) -> bool {
        let same_key = |column: usize| group.keys.compare(&other.keys, column).is_eq();
        self.period(group) == self.period(other) && (0..self.values.kept.len()).all(same_key)
    }

    /// The period that a group has in common with the groups around or inside it.
    fn period(&self, group: &Group) -> Option<Period> {
        group.period.filter(|_| self.values.range.is_none() && self.request.grain.is_some())
    }

    /// The candidates in a group, in order. `days` are those of the group, as times of the inner groups.
    pub fn find(&self, group: &Group, days: &Range<i32>) -> &[u32] {
        let kept: Vec<Option<Arc<str>>> = self.values.kept.iter().map(|&column| group.keys[column].clone()).collect();
        let Some(&list) = self.found.get(&(self.period(group), kept)) else { return &[] };
        let found = &self.lists[list][..];
        if self.values.range.is_none() {
            return found;
        }
        let first_day = |at: u32| {
            let period = self.result.groups[at as usize].period;
            period.map(|period| self.request.calendar.first_day(period))
        };
        // A period that `--period` cuts begins before the days that it covers.
        let start = found.partition_point(|&at| first_day(at) < Some(self.start(days.start)));
        let end = found.partition_point(|&at| first_day(at) < Some(days.end));
        &found[start..end.max(start)]
    }

    /// The first day of the inner period that contains a day.
    fn start(&self, day: i32) -> i32 {
        let calendar = self.request.calendar;
        let grain = self.request.grain.filter(|_| day != BEGINNING);
        grain.map_or(day, |grain| calendar.first_day(calendar.period(grain, day)))
    }
}
