//! Determines the groups of a result: the time axis and the keys.

use std::collections::BTreeSet;
use std::ops::Range;

use super::gathered::{Gathered, both};
use super::in_force::{self, Taken};
use super::limits::too_many_groups;
use super::lists::by_number;
use super::ranks::Tuples;
use super::room::Room;
use crate::data::{Extent, Group, GroupKeys, Measure, Period, Request, TimeRange};
use crate::diagnostic::Diagnostic;
use crate::value::Cause;

/// A group, represented by numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Its period.
    pub(super) period: Option<i32>,
    /// Its combination of keys. Any number for the total.
    pub(super) tuple: u32,
    /// True for the total.
    pub(super) total: bool,
}

/// The groups of a request and its time axis.
pub(super) struct Groups {
    /// The groups in the order of the result.
    pub(super) slots: Vec<Slot>,
    /// The days of the axis, if there is one.
    pub(super) axis: Option<Range<i32>>,
    room: Room,
}

/// The rows that a measure covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Covered {
    /// The time buckets of the rows.
    pub(super) buckets: Range<i32>,
    /// The time buckets of the ends of rows that are not covered, if rows hold over an interval.
    pub(super) ended: Range<i32>,
    /// The days covered, if time is relevant.
    pub(super) days: Option<Range<i32>>,
}

impl Groups {
    /// Finds the groups.
    pub(super) fn new(request: &Request, gathered: &[Gathered]) -> Result<Self, Diagnostic> {
        let room = Room::new(&request.budget, "the groups of the result");
        let mut groups = Self { slots: vec![], axis: axis(request, gathered), room };
        let mut slots = match request.grain {
            Some(_) => on_axis(request, gathered, groups.axis.clone(), &mut groups.room)?,
            None => groups.of_keys(request, gathered)?,
        };
        slots.sort_unstable_by_key(|slot| (slot.period, slot.tuple));
        slots.dedup();
        if slots.len() > request.max_groups {
            return Err(too_many(request));
        }
        if request.totals {
            slots.push(Slot { period: None, tuple: 0, total: true });
        }
        groups.slots = slots;
        Ok(groups)
    }

    /// The keys with rows in the requested period, or in the range of a context relative to that period.
    fn of_keys(&mut self, request: &Request, gathered: &[Gathered]) -> Result<Vec<Slot>, Diagnostic> {
        if request.by.is_empty() {
            return Ok(vec![Slot { period: None, tuple: 0, total: false }]);
        }
        let cells: usize = gathered.iter().map(|dataset| dataset.cells.len()).sum();
        self.room.grow(cells * (2 * size_of::<u32>() + size_of::<Slot>()))?;
        let mut seen = vec![];
        for (at, dataset) in gathered.iter().enumerate().filter(|&(at, _)| is_split(request, at)) {
            if request.datasets[at].end.is_some() {
                let (days, mut found) = (|range, period| self.days(request, range, period, dataset).ok(), vec![]);
                in_force::place(request, at, dataset, &[None], days, &mut found, &mut self.room.another())?;
                seen.extend(found.into_iter().map(|(_, tuple)| tuple));
                continue;
            }
            let ranges = placing_ranges(request, at).into_iter();
            let days = ranges.filter_map(|range| self.days(request, range, None, dataset).ok());
            let days: Vec<Range<i32>> = days.collect();
            let places: Vec<Range<i32>> = days.iter().map(|days| dataset.bucketing.covering(days)).collect();
            let placed = |bucket: &i32| places.iter().any(|place| place.contains(bucket));
            let cells = dataset.cells.iter().skip(1).filter(|(_, bucket)| placed(bucket));
            seen.extend(cells.map(|&(tuple, _)| tuple));
        }
        seen.sort_unstable();
        seen.dedup();
        Ok(seen.into_iter().map(|tuple| Slot { period: None, tuple, total: false }).collect())
    }

    /// All groups except the total.
    pub(super) fn by_keys(&self) -> &[Slot] {
        match self.slots.split_last() {
            Some((last, others)) if last.total => others,
            _ => &self.slots,
        }
    }

    /// Converts the groups to those of the result.
    pub(super) fn spelled(&mut self, request: &Request, tuples: &Tuples) -> Result<Vec<Group>, Diagnostic> {
        self.room.grow(self.slots.len() * size_of::<Group>())?;
        let group = |slot: &Slot| Group {
            period: slot.period.zip(request.grain).map(|(number, grain)| Period { grain, number }),
            keys: GroupKeys::new(tuples.table.clone(), (!slot.total).then_some(slot.tuple)),
            total: slot.total,
        };
        Ok(self.slots.iter().map(group).collect())
    }

    /// The rows that a measure covers in a group.
    pub(super) fn covered(
        &self,
        request: &Request,
        measure: &Measure,
        gathered: &Gathered,
        slot: &Slot,
    ) -> Result<Covered, Cause> {
        let timeless = request.datasets[measure.dataset].time.is_none();
        let range = match slot.total && request.grain.is_some() {
            true => measure.total.ok_or(Cause::NoPeriod)?,
            false => measure.range,
        };
        // A value over all time would look like a value of the requested period.
        let is_timed = slot.period.is_some() || request.period.is_some();
        if timeless && is_timed && range.extent != Extent::All {
            return Err(Cause::NotSplit);
        }
        let days = self.days(request, range, slot.period, gathered)?;
        if request.datasets[measure.dataset].end.is_some() {
            // The period begins after the data end.
            if range.so_far && days.is_empty() {
                return Err(Cause::OutsideData);
            }
            let Taken { started, ended, days } = in_force::taken(gathered, days, measure.in_force);
            return Ok(Covered { buckets: started, ended, days: Some(days) });
        }
        let plays = !timeless && (request.grain.is_some() || request.period.is_some());
        Ok(Covered { buckets: gathered.bucketing.covering(&days), ended: 0..0, days: plays.then_some(days) })
    }

    /// The days that a range covers around a period of the axis. Without an axis, around the single requested period.
    fn days(
        &self,
        request: &Request,
        range: TimeRange,
        period: Option<i32>,
        dataset: &Gathered,
    ) -> Result<Range<i32>, Cause> {
        let period = period.zip(request.grain).map(|(number, grain)| Period { grain, number }).or(request.single);
        request.days(range, period, self.axis.clone(), dataset.end())
    }
}

fn too_many(request: &Request) -> Diagnostic {
    too_many_groups(request.max_groups)
}

/// The days of the axis: the requested periods, or those from the first row to the last one, or to the known end of the
/// data.
fn axis(request: &Request, gathered: &[Gathered]) -> Option<Range<i32>> {
    let grain = request.grain?;
    request.whole_periods().or_else(|| {
        let datasets = request.datasets.iter().zip(gathered);
        let (first, last) = datasets.map(|(dataset, found)| dataset.reached(found.days)).fold(None, both)?;
        let (first, last) = (request.calendar.period(grain, first), request.calendar.period(grain, last));
        Some(request.calendar.first_day(first)..request.calendar.first_day(last.next()))
    })
}

fn on_axis(
    request: &Request,
    gathered: &[Gathered],
    axis: Option<Range<i32>>,
    room: &mut Room,
) -> Result<Vec<Slot>, Diagnostic> {
    let (Some(axis), Some(grain)) = (axis, request.grain) else { return Ok(vec![]) };
    let periods = request.numbered(axis)?;
    if request.by.is_empty() {
        room.grow(periods.len() * size_of::<Slot>())?;
        return Ok(periods.map(|period| Slot { period: Some(period), tuple: 0, total: false }).collect());
    }
    let mut slots = vec![];
    for (at, dataset) in gathered.iter().enumerate().filter(|&(at, _)| is_split(request, at)) {
        if request.datasets[at].end.is_some() {
            let days = |range, number: Option<i32>| {
                Some(request.covered(Period { grain, number: number? }, range, dataset.end()))
            };
            let periods: Vec<Option<i32>> = periods.clone().map(Some).collect();
            let mut found = vec![];
            in_force::place(request, at, dataset, &periods, days, &mut found, room)?;
            room.more(&mut slots, found.len())?;
            slots.extend(found.iter().map(|&(period, tuple)| Slot { period, tuple, total: false }));
            room.free(found);
            continue;
        }
        place(request, at, dataset, &periods, &mut slots, room)?;
    }
    match request.every_period {
        true => every_period(request, &periods, slots, room),
        false => Ok(slots),
    }
}

/// A group for each period and each combination of keys of these groups.
fn every_period(
    request: &Request,
    periods: &Range<i32>,
    slots: Vec<Slot>,
    room: &mut Room,
) -> Result<Vec<Slot>, Diagnostic> {
    let mut tuples: Vec<u32> = slots.iter().map(|slot| slot.tuple).collect();
    tuples.sort_unstable();
    tuples.dedup();
    if tuples.len().saturating_mul(periods.len()) > request.max_groups {
        return Err(too_many(request));
    }
    room.grow(tuples.len() * periods.len() * size_of::<Slot>())?;
    let of_period = |period| tuples.iter().map(move |&tuple| Slot { period: Some(period), tuple, total: false });
    Ok(periods.clone().flat_map(of_period).collect())
}

/// Returns true if a dataset has all grouping columns, and a time column if the query groups by time.
fn is_split(request: &Request, at: usize) -> bool {
    let dataset = &request.datasets[at];
    dataset.by.iter().all(Option::is_some) && (request.grain.is_none() || dataset.time.is_some())
}

/// Adds a group for each key and period in which a measure of the dataset has rows.
fn place(
    request: &Request,
    at: usize,
    dataset: &Gathered,
    periods: &Range<i32>,
    slots: &mut Vec<Slot>,
    room: &mut Room,
) -> Result<(), Diagnostic> {
    let bytes = dataset.cells.len() * (size_of::<(i32, u32)>() + size_of::<u32>());
    room.grow(bytes)?;
    let mut distinct = slots.len();
    let cells = by_bucket(dataset);
    for range in placing_ranges(request, at) {
        for number in periods.clone() {
            request.check("collecting groups")?;
            let Some(grain) = request.grain else { return Ok(()) };
            let days = request.covered(Period { grain, number }, range, dataset.end());
            let buckets = dataset.bucketing.covering(&days);
            let place = |bucket: i32| cells.partition_point(|&(other, _)| other < bucket);
            let covered = place(buckets.start)..place(buckets.end).max(place(buckets.start));
            let mut seen: Vec<u32> = cells[covered].iter().map(|&(_, tuple)| tuple).collect();
            seen.sort_unstable();
            seen.dedup();
            room.more(slots, seen.len())?;
            slots.extend(seen.into_iter().map(|tuple| Slot { period: Some(number), tuple, total: false }));
            if slots.len() > 2 * distinct + FEW_SLOTS {
                remove_duplicates(request, slots)?;
                distinct = slots.len();
            }
        }
    }
    room.shrink(bytes);
    Ok(())
}

/// The cells of a dataset by bucket, then by combination of keys.
fn by_bucket(dataset: &Gathered) -> Vec<(i32, u32)> {
    let cells = &dataset.cells[1..];
    let buckets = || cells.iter().map(|&(_, bucket)| bucket);
    let first = buckets().min().unwrap_or(0);
    let span = buckets().max().map_or(0, |last| last.abs_diff(first) as usize + 1);
    let cell = |&(tuple, bucket): &(u32, i32)| (bucket, tuple);
    if span > cells.len() {
        let mut cells: Vec<(i32, u32)> = cells.iter().map(cell).collect();
        cells.sort_unstable();
        return cells;
    }
    // The cells are in the order of their keys, and remain so within a bucket.
    let (_, order) = by_number(buckets().map(|bucket| bucket.abs_diff(first)), span);
    order.into_iter().map(|at| cell(&cells[at as usize])).collect()
}

/// The number of groups up to which duplicates are kept until the end.
const FEW_SLOTS: usize = 1 << 16;

/// Removes duplicate groups and checks whether too many are left.
fn remove_duplicates(request: &Request, slots: &mut Vec<Slot>) -> Result<(), Diagnostic> {
    slots.sort_unstable_by_key(|slot| (slot.period, slot.tuple));
    slots.dedup();
    if slots.len() > request.max_groups { Err(too_many(request)) } else { Ok(()) }
}

/// The ranges in which rows of a dataset create groups: the current period and the ranges of measures that place groups.
fn placing_ranges(request: &Request, at: usize) -> BTreeSet<TimeRange> {
    let placing = request.measures.iter().filter(|measure| measure.dataset == at && measure.places_groups());
    placing.map(|measure| measure.range).chain([TimeRange::CURRENT]).collect()
}
