//! Finds which buckets of starts and ends make up the rows in force, and the groups that have such rows.

use std::collections::BTreeSet;
use std::ops::Range;

use super::buckets::Bucketing;
use super::gathered::Gathered;
use super::interval::ENDS;
use super::limits::too_many_groups;
use super::room::Room;
use crate::data::{END, InForce, Request, TimeRange};
use crate::diagnostic::Diagnostic;

/// The buckets of the rows that a measure takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    /// Those of the starts.
    pub(super) started: Range<i32>,
    /// Those of the ends of the rows that are not taken.
    pub(super) ended: Range<i32>,
    /// The days in which the rows are in force.
    pub(super) days: Range<i32>,
}

/// The rows taken in a range of days. A range without an end reaches to the end of the data.
pub(super) fn taken(dataset: &Gathered, days: Range<i32>, in_force: InForce) -> Taken {
    let end = match days.end {
        END => dataset.represented.map_or(days.start, |(_, last)| last + 1),
        end => end,
    };
    let bucketing = &dataset.bucketing;
    let before = |day: i32| (bucketing.starts_before(day), bucketing.ends_before(day));
    match in_force {
        InForce::AtEnd => Taken { started: before(end).0, ended: before(end).1, days: end.saturating_sub(1)..end },
        InForce::Before => {
            let (started, ended) = before(days.start);
            Taken { started, ended, days: days.start.saturating_sub(1)..days.start }
        }
        InForce::During => {
            Taken { started: before(end).0, ended: bucketing.ends_up_to(days.start), days: days.start..end }
        }
    }
}

/// The ranges in which rows of a dataset create groups: see `groups::placing_ranges`.
fn placing_ranges(request: &Request, at: usize) -> BTreeSet<(TimeRange, InForce)> {
    let placing = request.measures.iter().filter(|measure| measure.dataset == at && measure.places_groups());
    let ranges = placing.map(|measure| (measure.range, measure.in_force));
    ranges.chain([(TimeRange::CURRENT, InForce::AtEnd)]).collect()
}

/// Adds the period and the combination of keys of each group in which a measure of the dataset takes a row. `days` are
/// those that a range covers around a period.
pub(super) fn place(
    request: &Request,
    at: usize,
    dataset: &Gathered,
    periods: &[Option<i32>],
    days: impl Fn(TimeRange, Option<i32>) -> Option<Range<i32>>,
    found: &mut Vec<(Option<i32>, u32)>,
    room: &mut Room,
) -> Result<(), Diagnostic> {
    let mut covered: Vec<(Option<i32>, Taken)> = vec![];
    let ranges = placing_ranges(request, at);
    room.grow(periods.len() * ranges.len() * size_of::<(Option<i32>, Taken)>())?;
    for &period in periods {
        request.check("collecting groups")?;
        let taken = |(range, in_force)| Some((period, taken(dataset, days(range, period)?, in_force)));
        covered.extend(ranges.iter().copied().filter_map(taken));
    }
    let mut ticker = request.budget.ticker();
    let (mut rows, mut first, most) = (Rows::default(), 1, found.len() + request.max_groups);
    for cells in dataset.cells[1..].chunk_by(|a, b| a.0 == b.0) {
        rows.set(dataset, first..first + cells.len());
        first += cells.len();
        ticker.ticks(cells.len() + covered.len(), "collecting groups")?;
        for of_period in covered.chunk_by(|a, b| a.0 == b.0) {
            if of_period.iter().any(|(_, taken)| rows.any(taken)) {
                room.push(found, (of_period[0].0, cells[0].0))?;
            }
        }
        if found.len() > most {
            return Err(too_many_groups(request.max_groups));
        }
    }
    Ok(())
}

/// The numbers of rows of a combination of keys, by bucket.
#[derive(Default)]
struct Rows {
    buckets: Vec<i32>,
    /// The rows in the buckets before each, with one more at the end.
    before: Vec<u64>,
}

impl Rows {
    fn set(&mut self, dataset: &Gathered, cells: Range<usize>) {
        self.buckets.clear();
        self.before.clear();
        let mut sum = 0;
        self.before.push(sum);
        for cell in cells {
            self.buckets.push(dataset.cells[cell].1);
            sum += dataset.selections[0].rows(cell);
            self.before.push(sum);
        }
    }

    fn count(&self, buckets: &Range<i32>) -> u64 {
        let place = |end: i32| self.buckets.partition_point(|bucket| *bucket < end);
        self.before[place(buckets.end)] - self.before[place(buckets.start)]
    }

    fn any(&self, taken: &Taken) -> bool {
        self.count(&taken.started) > self.count(&taken.ended)
    }
}

impl Bucketing {
    /// The buckets of the rows that start before a day.
    fn starts_before(&self, day: i32) -> Range<i32> {
        i32::MIN..self.start_of(day)
    }

    /// The buckets of the rows that end before a day.
    fn ends_before(&self, day: i32) -> Range<i32> {
        FIRST_END..ENDS.saturating_add(self.start_of(day)).max(FIRST_END)
    }

    /// The same with those that end when it starts.
    fn ends_up_to(&self, day: i32) -> Range<i32> {
        let Range { start, end } = self.ends_before(day);
        start..if end == start { end } else { end + 1 }
    }

    /// The bucket that starts with a day; the day must not split a bucket.
    fn start_of(&self, day: i32) -> i32 {
        match day {
            crate::data::BEGINNING => -ENDS,
            day => self.number(day),
        }
    }
}

/// No bucket of starts is above this one, and none of ends is below.
const FIRST_END: i32 = ENDS / 2;
