//! Finds the inner groups of the groups around them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

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
    found: HashMap<AroundKey, Vec<u32>>,
    #[allow(dead_code, reason = "it returns the memory when it is dropped")]
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
        mut charge: Charge,
    ) -> Result<Self, Diagnostic> {
        let mut found: HashMap<AroundKey, Vec<u32>> = HashMap::new();
        let budget = charge.budget().clone();
        let mut ticker = budget.ticker();
        let key_bytes = size_of::<AroundKey>() + values.kept.len() * size_of::<Option<Arc<str>>>();
        for (at, group) in result.groups.iter().enumerate().filter(|(at, _)| candidates.contributes[*at]) {
            ticker.tick("arranging inner groups")?;
            let kept = group.keys.iter().take(values.kept.len()).cloned().collect();
            let groups =
                found.entry((group.period.filter(|_| follows_period(values, &inner.request)), kept)).or_default();
            let bytes = if groups.is_empty() { key_bytes + size_of::<Vec<u32>>() } else { 0 };
            charge.grow(bytes + 2 * size_of::<u32>(), "the inner groups")?;
            groups.push(at as u32);
        }
        Ok(Self { values, result, request: &inner.request, found, charge })
    }

    /// The candidates in a group, in order. `days` are those of the group, as times of the inner groups.
    pub fn find(&self, group: &Group, days: &Range<i32>) -> &[u32] {
        let period = group.period.filter(|_| follows_period(self.values, self.request));
        let kept: Vec<Option<Arc<str>>> = self.values.kept.iter().map(|&column| group.keys[column].clone()).collect();
        let Some(found) = self.found.get(&(period, kept)) else { return &[] };
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

/// Returns true if inner groups have the periods of the groups around them.
fn follows_period(values: &InnerValues, request: &Request) -> bool {
    values.range.is_none() && request.grain.is_some()
}
