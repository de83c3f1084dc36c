//! Decides which groups a result has: the time axis and the keys on it.

use std::collections::BTreeSet;
use std::ops::Range;

use super::gathered::{Gathered, both, kept_columns};
use super::keys::Bucketing;
use super::pass::{check_deadline, limit, whole_periods};
use super::ranks::Tuples;
use crate::data::calendar::Period;
use crate::data::measure::{Extent, Group, GroupKeys, Measure, Request, TimeRange};
use crate::data::range::{BEGINNING, END};
use crate::diagnostic::Diagnostic;
use crate::value::Cause;

/// A group by numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Its period.
    pub(super) period: Option<i32>,
    /// Its combination of keys; of a total, any.
    pub(super) tuple: u32,
    /// Whether it is the total.
    pub(super) total: bool,
}

/// The groups of a request and its time axis.
pub(super) struct Groups {
    /// In the order of the result.
    pub(super) slots: Vec<Slot>,
    /// The days of the axis, where there is one.
    pub(super) axis: Option<Range<i32>>,
}

/// The rows that a measure covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Covered {
    /// Their time buckets.
    pub(super) buckets: Range<i32>,
    /// The days, where time plays a part.
    pub(super) days: Option<Range<i32>>,
}

impl Groups {
    /// Finds the groups.
    pub(super) fn new(request: &Request, gathered: &[Gathered]) -> Result<Self, Diagnostic> {
        let axis = axis(request, gathered);
        let mut slots = match request.grain {
            Some(_) => on_axis(request, gathered, axis.clone())?,
            None => by_keys(request, gathered),
        };
        slots.sort_unstable_by_key(|slot| (slot.period, slot.tuple));
        slots.dedup();
        if slots.len() > request.max_groups {
            return Err(too_many(request));
        }
        if request.totals {
            slots.push(Slot { period: None, tuple: 0, total: true });
        }
        Ok(Self { slots, axis })
    }

    /// All groups but the total.
    pub(super) fn by_keys(&self) -> &[Slot] {
        match self.slots.split_last() {
            Some((last, others)) if last.total => others,
            _ => &self.slots,
        }
    }

    /// The groups as the caller sees them.
    pub(super) fn spelled(&self, request: &Request, tuples: &Tuples) -> Vec<Group> {
        let group = |slot: &Slot| Group {
            period: slot.period.zip(request.grain).map(|(number, grain)| Period { grain, number }),
            keys: GroupKeys::new(tuples.table.clone(), (!slot.total).then_some(slot.tuple)),
            total: slot.total,
        };
        self.slots.iter().map(group).collect()
    }

    /// The rows that a range covers around a period, or where there is none.
    pub(super) fn covered(
        &self,
        request: &Request,
        at: usize,
        gathered: &Gathered,
        range: TimeRange,
        period: Option<i32>,
    ) -> Result<Covered, Cause> {
        let timeless = request.datasets[at].time.is_none();
        let days = match (period.zip(request.grain), range.extent) {
            (_, Extent::All) => BEGINNING..END,
            (Some(_), _) if timeless => return Err(Cause::NotSplit),
            // A value over all time would pass for one of the period asked for.
            (None, _) if timeless && request.period.is_some() => return Err(Cause::NotSplit),
            (Some((number, grain)), _) => request.covered(Period { grain, number }, range),
            (None, _) if range != TimeRange::CURRENT => return Err(Cause::NoPeriod),
            (None, _) => self.current(request),
        };
        let plays = !timeless && (request.grain.is_some() || request.period.is_some());
        Ok(Covered { buckets: buckets(&gathered.bucketing, &days), days: plays.then_some(days) })
    }

    /// The current days where there is no period: of a total, or of a query without a grain.
    fn current(&self, request: &Request) -> Range<i32> {
        let asked = request.period.map(|(first, end)| first..end);
        asked.or(self.axis.clone()).unwrap_or(BEGINNING..END)
    }
}

fn too_many(request: &Request) -> Diagnostic {
    limit(format!("the result has more than {} groups", request.max_groups))
        .hint("choose a coarser grain, fewer columns, or a shorter `--period`")
}

/// The buckets of a range of days, which cuts none of them.
fn buckets(bucketing: &Bucketing, days: &Range<i32>) -> Range<i32> {
    match bucketing {
        Bucketing::None => 0..1,
        Bucketing::Within(_) if *days == (BEGINNING..END) => 0..2,
        Bucketing::Within(_) => 1..2,
        Bucketing::Grain(..) => {
            let number = |day| if day == BEGINNING || day == END { day } else { bucketing.number(day) };
            number(days.start)..number(days.end)
        }
    }
}

/// The days of the axis: the periods asked for, or those from the first row to the last one.
fn axis(request: &Request, gathered: &[Gathered]) -> Option<Range<i32>> {
    let grain = request.grain?;
    whole_periods(request, request.calendar).or_else(|| {
        let (first, last) = gathered.iter().map(|dataset| dataset.days).fold(None, both)?;
        let (first, last) = (request.calendar.period(grain, first), request.calendar.period(grain, last));
        Some(request.calendar.first_day(first)..request.calendar.first_day(last.next()))
    })
}

fn on_axis(request: &Request, gathered: &[Gathered], axis: Option<Range<i32>>) -> Result<Vec<Slot>, Diagnostic> {
    let (Some(axis), Some(grain)) = (axis, request.grain) else { return Ok(vec![]) };
    let number = |day| request.calendar.period(grain, day).number;
    let periods = number(axis.start)..number(axis.end);
    if periods.len() > request.max_groups {
        return Err(too_many(request));
    }
    if request.by.is_empty() {
        return Ok(periods.map(|period| Slot { period: Some(period), tuple: 0, total: false }).collect());
    }
    let mut slots = vec![];
    for (at, dataset) in gathered.iter().enumerate().filter(|&(at, _)| is_split(request, at)) {
        place(request, at, dataset, &periods, &mut slots)?;
    }
    Ok(slots)
}

/// Whether a dataset has all columns grouped by, and its time where that is.
fn is_split(request: &Request, at: usize) -> bool {
    let dataset = &request.datasets[at];
    dataset.by.iter().all(Option::is_some) && (request.grain.is_none() || dataset.time.is_some())
}

/// Places the keys of a dataset wherever one of its measures has rows.
fn place(
    request: &Request,
    at: usize,
    dataset: &Gathered,
    periods: &Range<i32>,
    slots: &mut Vec<Slot>,
) -> Result<(), Diagnostic> {
    let mut cells: Vec<(i32, u32)> = dataset.cells.iter().skip(1).map(|&(tuple, bucket)| (bucket, tuple)).collect();
    cells.sort_unstable();
    for range in placing_ranges(request, at) {
        for number in periods.clone() {
            check_deadline(request)?;
            let Some(grain) = request.grain else { return Ok(()) };
            let days = request.covered(Period { grain, number }, range);
            let buckets = buckets(&dataset.bucketing, &days);
            let place = |bucket: i32| cells.partition_point(|&(other, _)| other < bucket);
            let covered = place(buckets.start)..place(buckets.end).max(place(buckets.start));
            let mut seen: Vec<u32> = cells[covered].iter().map(|&(_, tuple)| tuple).collect();
            seen.sort_unstable();
            seen.dedup();
            slots.extend(seen.into_iter().map(|tuple| Slot { period: Some(number), tuple, total: false }));
            check_room(request, slots)?;
        }
    }
    Ok(())
}

/// Drops repeated groups when there are many, to see whether too many are left.
fn check_room(request: &Request, slots: &mut Vec<Slot>) -> Result<(), Diagnostic> {
    if slots.len() / 2 <= request.max_groups {
        return Ok(());
    }
    slots.sort_unstable_by_key(|slot| (slot.period, slot.tuple));
    slots.dedup();
    if slots.len() > request.max_groups { Err(too_many(request)) } else { Ok(()) }
}

/// The ranges in which rows of a dataset make groups: the current one, and those of measures that drop nothing. What
/// drops a column or the period cannot tell which keys or periods it belongs to.
fn placing_ranges(request: &Request, at: usize) -> BTreeSet<TimeRange> {
    let places = |measure: &&Measure| {
        let keeps_all = kept_columns(request.by.len(), &measure.dropped).len() == request.by.len();
        measure.dataset == at && keeps_all && measure.range.extent != Extent::All
    };
    let ranges = request.measures.iter().filter(places).map(|measure| measure.range);
    ranges.chain([TimeRange::CURRENT]).collect()
}

/// The keys seen, in the period asked for.
fn by_keys(request: &Request, gathered: &[Gathered]) -> Vec<Slot> {
    if request.by.is_empty() {
        return vec![Slot { period: None, tuple: 0, total: false }];
    }
    let split = gathered.iter().enumerate().filter(|&(at, _)| is_split(request, at));
    let mut seen: Vec<u32> = split.flat_map(|(_, dataset)| current_keys(dataset)).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.into_iter().map(|tuple| Slot { period: None, tuple, total: false }).collect()
}

fn current_keys(dataset: &Gathered) -> impl Iterator<Item = u32> + '_ {
    let current = match dataset.bucketing {
        Bucketing::Within(_) => 1,
        _ => 0,
    };
    dataset.cells.iter().skip(1).filter(move |&&(_, bucket)| bucket == current).map(|&(tuple, _)| tuple)
}
