//! Turns days into time buckets, numbered in order of first occurrence.

use std::ops::Range;

use super::codes::{Codes, UNKNOWN, gather};
use super::interval::ENDS;
use super::room::Room;
use super::row_grain::RowGrain;
use crate::data::{BEGINNING, Calendar, END, Extent, Grain, Measure, Request, TimeRange, common_grain, uncut_grain};
use crate::diagnostic::Diagnostic;

/// How the rows of a dataset are grouped by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bucketing {
    /// Not grouped: every row is in bucket 0.
    None,
    /// Bucket 1 contains these days, bucket 0 all others.
    Within(Range<i32>),
    /// Grouped by the number of the period.
    Grain(Calendar, Grain),
    /// Rows that hold over an interval, by twice the number of the period in which they start.
    Starts(Calendar, Grain),
    /// The same rows by their ends, which are places ([`super::interval::Ends`]): twice the number of the period at whose
    /// start they end, or one more if they end within it; from [`ENDS`] on.
    Ends(Calendar, Grain),
}

impl Bucketing {
    /// The bucketing of a dataset of a request, as coarse as the ranges of its measures allow.
    pub(crate) fn of(request: &Request, at: usize) -> Self {
        if request.datasets[at].time.is_none() {
            return Self::None;
        }
        let (holds, calendar) = (request.datasets[at].end.is_some(), request.calendar);
        let finest = if calendar.by_hour { Grain::Hour } else { Grain::Day };
        let own = |measure: &&Measure| measure.dataset == at;
        let measures = || request.measures.iter().filter(own);
        let is_simple = |measure: &Measure| measure.range == TimeRange::CURRENT || measure.range.extent == Extent::All;
        let (grain, totals) = match (request.grain, request.period) {
            (None, None) if holds => return Self::Starts(calendar, finest),
            (None, None) if request.single.is_none() || measures().all(is_simple) => return Self::None,
            (None, Some((first, end))) if !holds && measures().all(is_simple) => return Self::Within(first..end),
            (Some(grain), _) => (grain, request.single.filter(|_| request.totals)),
            // Without a single period, only ranges that extend to the end remain.
            (None, _) => (request.single.map_or(Grain::Year, |single| single.grain), None),
        };
        let timed = |range: &TimeRange| range.extent != Extent::All;
        let mut gathered = common_grain(grain, measures().map(|measure| measure.range).filter(timed));
        if let Some(single) = totals {
            let in_total = common_grain(single.grain, measures().filter_map(|measure| measure.total).filter(timed));
            gathered = nested(gathered, in_total);
        }
        // The data may end on any day.
        let gathered = match measures().any(|measure| measure.range.so_far) {
            true => finest,
            false => uncut_grain(calendar, gathered, request.period),
        };
        let ranges = |measure: &Measure| measure.total.into_iter().chain([measure.range]).any(|range| !timed(&range));
        match holds {
            false => Self::Grain(calendar, gathered),
            true => Self::Starts(calendar, if measures().any(ranges) { finest } else { gathered }),
        }
    }

    /// The bucketing of the ends of rows that hold over an interval.
    pub(super) fn ends(&self) -> Option<Self> {
        match *self {
            Self::Starts(calendar, grain) => Some(Self::Ends(calendar, grain)),
            _ => None,
        }
    }

    /// The bucket of a day, or of the place of an end.
    pub(super) fn number(&self, day: i32) -> i32 {
        match self {
            Self::None => 0,
            Self::Within(days) => days.contains(&day).into(),
            Self::Grain(calendar, grain) => calendar.period(*grain, day).number,
            Self::Starts(calendar, grain) => 2 * calendar.period(*grain, day).number,
            Self::Ends(calendar, grain) => {
                let period = calendar.period(*grain, day >> 1);
                let starts_it = calendar.first_day(period) * 2 == day;
                ENDS + 2 * period.number + i32::from(!starts_it)
            }
        }
    }

    /// The buckets that cover a range of days, which must not split a bucket.
    pub(super) fn covering(&self, days: &Range<i32>) -> Range<i32> {
        match self {
            Self::None => 0..1,
            Self::Within(_) if *days == (BEGINNING..END) => 0..2,
            Self::Within(_) => 1..2,
            Self::Grain(..) | Self::Starts(..) | Self::Ends(..) => {
                let number = |day| if day == BEGINNING || day == END { day } else { self.number(day) };
                number(days.start)..number(days.end)
            }
        }
    }
}

/// The coarsest grain that nests in both grains.
fn nested(one: Grain, other: Grain) -> Grain {
    let finer = one.min(other);
    if finer.nests_in(one.max(other)) { finer } else { Grain::Day }
}

/// The time buckets found, numbered from 0 in order of first occurrence.
#[derive(Debug)]
pub(super) struct Buckets {
    bucketing: Bucketing,
    calendar: Calendar,
    /// The common grain of the days found.
    pub(super) row_grain: RowGrain,
    /// The bucket numbers by code.
    pub(super) numbers: Vec<i32>,
    known: Codes<i32>,
    /// The codes of the days from [`TABLE_START`] on. Empty until a batch has many rows.
    table: Vec<u32>,
    others: Codes<i32>,
    room: Room,
}

/// The days from 1950 to 2099 are looked up in a table, other days in a hash map.
const TABLE_START: i32 = -7305;
const TABLE_DAYS: usize = 150 * 366;
/// The maximum number of rows of a batch for which building the table is not worthwhile.
const FEW_ROWS: usize = 1 << 10;

/// The index of a day in the table; out of range for other days.
fn place(day: i32) -> usize {
    day.wrapping_sub(TABLE_START) as u32 as usize
}

impl Buckets {
    pub(super) fn new(bucketing: Bucketing, calendar: Calendar, room: Room) -> Self {
        let (table, row_grain) = (vec![], RowGrain::default());
        Self {
            bucketing,
            calendar,
            row_grain,
            numbers: vec![],
            known: Codes::default(),
            table,
            others: Codes::default(),
            room,
        }
    }

    /// Returns true if times are counted in hours.
    pub(super) fn by_hour(&self) -> bool {
        self.calendar.by_hour
    }

    /// Writes the code of the bucket of each day.
    pub(super) fn encode(
        &mut self,
        mut days: impl Iterator<Item = i32> + Clone,
        codes: &mut Vec<u32>,
    ) -> Result<(), Diagnostic> {
        if self.table.is_empty() && days.clone().nth(FEW_ROWS).is_some() {
            self.table = self.room.filled(TABLE_DAYS, UNKNOWN)?;
        }
        if gather(&self.table, days.clone().map(place), codes) {
            return Ok(());
        }
        codes.clear();
        days.try_for_each(|day| {
            codes.push(self.code(day)?);
            Ok(())
        })
    }

    /// The code of the bucket of a day.
    pub(super) fn code(&mut self, day: i32) -> Result<u32, Diagnostic> {
        let place = place(day);
        match self.table.get(place) {
            Some(&UNKNOWN) => {
                self.table[place] = self.find(day)?;
                Ok(self.table[place])
            }
            Some(&code) => Ok(code),
            None => self.find_other(day),
        }
    }

    fn find_other(&mut self, day: i32) -> Result<u32, Diagnostic> {
        if let Some(&code) = self.others.get(&day) {
            return Ok(code);
        }
        let code = self.find(day)?;
        self.room.entry(&mut self.others)?;
        self.others.insert(day, code);
        Ok(code)
    }

    /// Finds the bucket of a new day. It is called once per day, not once per row.
    fn find(&mut self, day: i32) -> Result<u32, Diagnostic> {
        if !matches!(self.bucketing, Bucketing::Ends(..)) {
            self.row_grain.add(self.calendar, day);
        }
        let number = self.bucketing.number(day);
        if let Some(&code) = self.known.get(&number) {
            return Ok(code);
        }
        let code = self.numbers.len() as u32;
        self.room.push(&mut self.numbers, number)?;
        self.room.entry(&mut self.known)?;
        self.known.insert(number, code);
        Ok(code)
    }
}
