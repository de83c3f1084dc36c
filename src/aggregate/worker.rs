//! Collects the keys, time buckets, cells and measure states of one worker.

use std::collections::BTreeSet;
use std::ops::Range;

use super::accumulate::State;
use super::buckets::Buckets;
use super::finished::FinishedGroups;
use super::key_interner::KeyInterner;
use super::lookup::Finder;
use super::pair_interner::PairInterner;
use super::room::Room;
use super::selection::Selection;
use super::sought::Search;
use crate::diagnostic::Diagnostic;
use crate::value::{Cause, Date, Values, Vector};

const NANOS_PER_HOUR: i64 = 3_600_000_000_000;

/// The hour of a time of a day, in hours since 1970.
fn hours(day: i32, nanos: i64) -> i32 {
    day.saturating_mul(24).saturating_add((nanos / NANOS_PER_HOUR) as i32)
}

/// The state of one worker.
pub(super) struct Worker {
    /// The keys of each grouping column.
    pub(super) keys: Vec<KeyInterner>,
    /// The combinations of keys, from the second column on. Each pairs a combination of the previous columns with a
    /// key.
    pub(super) tuples: Vec<PairInterner>,
    pub(super) buckets: Buckets,
    /// The buckets of the ends of rows that hold over an interval.
    pub(super) ends: Option<Buckets>,
    /// The combinations of keys and buckets, if there are several buckets. A cell is the number of its combination plus
    /// one.
    pub(super) cells: PairInterner,
    pub(super) selections: Vec<Selection>,
    pub(super) states: Vec<State>,
    /// Measures that are finished by group. The combinations of keys of such a worker are those of groups, not of cells.
    pub(super) finished: Vec<FinishedGroups>,
    pub(super) finders: Vec<Finder>,
    /// The searches for the texts that the rows are compared with.
    pub(super) searches: Vec<Search>,
    /// The states that are collected. None: all of them.
    pub(super) collects: Option<Vec<bool>>,
    /// Rows that were ignored because the filters could not be decided.
    pub(super) undecided: Undecided,
    /// Rows without a time.
    pub(super) timeless: u64,
    /// Rows that end when they start.
    pub(super) never_in_force: u64,
    /// The first and the last day with a row.
    pub(super) days: Option<(i32, i32)>,
    /// The memory of the lists by cell.
    pub(super) room: Room,
    /// The memory of the columns of the present batch, and of what its rows can add before anything is doubled.
    pub(super) batch: Room,
}

/// Rows that the filters neither keep nor reject.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Undecided {
    pub(super) rows: u64,
    /// The slots that are blank in any of these rows.
    pub(super) blank_slots: BTreeSet<u32>,
}

impl Undecided {
    /// Adds the rows of another worker.
    pub(super) fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.blank_slots.extend(&other.blank_slots);
    }
}

impl Worker {
    /// Marks rows that are not within some days as not kept, and learns only from their days how far the data reach.
    pub(super) fn pass_by(&mut self, times: &Vector, usable: &Range<i32>, keep: &mut [bool]) -> Result<(), Diagnostic> {
        let day = |row: usize| match (&times.values, times.cause(row)) {
            (Values::Days(days), None) => Some(days[row]),
            (Values::Moments(moments), None) => Some(moments[row].day()),
            _ => None,
        };
        let mut passed = vec![];
        for (row, keep) in keep.iter_mut().enumerate().filter(|(_, keep)| **keep) {
            if let Some(day) = day(row).filter(|day| !usable.contains(day)) {
                passed.push(day);
                *keep = false;
            }
        }
        self.meet(passed.iter().copied());
        self.buckets.encode(passed.iter().copied(), &mut vec![])
    }

    /// The number of combinations of keys.
    pub(super) fn tuples(&self) -> usize {
        match (self.tuples.last(), self.keys.first()) {
            (Some(pairs), _) => pairs.list.len(),
            (None, Some(keys)) => keys.len(),
            (None, None) => 1,
        }
    }

    /// The number of the bucket with a code. If rows hold over an interval, codes of starts are even and codes of ends odd.
    pub(super) fn bucket(&self, code: u32) -> i32 {
        match &self.ends {
            None => self.buckets.numbers[code as usize],
            Some(ends) if code % 2 == 1 => ends.numbers[code as usize / 2],
            Some(_) => self.buckets.numbers[code as usize / 2],
        }
    }

    /// The numbers of all buckets.
    pub(super) fn bucket_numbers(&self) -> impl Iterator<Item = i32> {
        self.ends.iter().flat_map(|ends| &ends.numbers).chain(&self.buckets.numbers).copied()
    }

    /// The bucket of each row. Rows without a time, if they are counted, are in the bucket of day 0.
    pub(super) fn buckets_of(&mut self, times: &Vector) -> Result<Vec<u32>, Diagnostic> {
        let by_hour = self.buckets.by_hour();
        match &times.values {
            Values::Days(days) if by_hour => self.buckets_of_days(times, days.iter().map(|&day| hours(day, 0))),
            Values::Days(days) => self.buckets_of_days(times, days.iter().copied()),
            Values::Moments(moments) if by_hour => {
                let hour = |moment: &Date| hours(moment.day(), moment.time_of_day());
                self.buckets_of_days(times, moments.iter().map(hour))
            }
            Values::Moments(moments) => self.buckets_of_days(times, moments.iter().map(|moment| moment.day())),
            _ => Ok(vec![self.buckets.code(0)?; times.len()]),
        }
    }

    fn buckets_of_days(
        &mut self,
        times: &Vector,
        days: impl Iterator<Item = i32> + Clone,
    ) -> Result<Vec<u32>, Diagnostic> {
        let mut buckets = Vec::with_capacity(times.len());
        match &times.causes {
            None => {
                self.meet(days.clone());
                self.buckets.encode(days, &mut buckets)?;
            }
            Some(causes) => {
                self.meet(days.clone().zip(causes).filter(|(_, cause)| cause.is_none()).map(|(day, _)| day));
                let day = |(day, cause): (i32, &Option<Cause>)| if cause.is_some() { 0 } else { day };
                self.buckets.encode(days.zip(causes).map(day), &mut buckets)?;
            }
        }
        Ok(buckets)
    }

    /// Extends the range of days with rows.
    fn meet(&mut self, days: impl Iterator<Item = i32>) {
        let known = self.days.unwrap_or((i32::MAX, i32::MIN));
        let (first, last) = days.fold(known, |(first, last), day| (first.min(day), last.max(day)));
        self.days = (first <= last).then_some((first, last));
    }
}
