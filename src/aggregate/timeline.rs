//! Finds rows by time: the last at or before a time, the first at or after it, or the one in force.
//!
//! The rows of each combination of keys are sorted by time and searched by halves. Times are compared as nanoseconds,
//! at the coarser precision of both sides: the start of the period, the start of the day, or the moment.

use super::interval::{Ending, Ends};
use super::room::Room;
use super::spans::{Active, Span};
use crate::data::{Calendar, Dataset, Grain, LookupEnd, LookupTime, Reach, months_earlier};
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::value::{Cause, Date, Values, Vector};

const NANOS_PER_SECOND: i128 = 1_000_000_000;
const NANOS_PER_DAY: i128 = 86_400 * NANOS_PER_SECOND;

/// The rows of each combination of keys in the order of their times.
#[derive(Debug)]
pub(super) struct Timeline {
    precision: Precision,
    next: bool,
    within: Option<Reach>,
    /// True if rows hold over an interval. A place is then the time from one start or end to the next.
    holds: bool,
    /// The name of the time column.
    name: String,
    /// The first place of each combination, then the end.
    starts: Vec<u32>,
    /// The distinct times of each combination, in order.
    times: Vec<i128>,
    /// The last row of each place, or [`NO_ROW`].
    rows: Vec<u32>,
    /// The places whose rows differ in a column, with that column and two rows; sorted.
    ties: Vec<Tie>,
    /// True if moments with an offset occur, and if moments without one occur.
    offsets: [bool; 2],
}

/// No row is in force.
const NO_ROW: u32 = u32::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tie {
    place: u32,
    column: u32,
    rows: [u32; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Precision {
    Period(Calendar, Grain),
    Day,
    Moment,
}

/// The time of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(Date);

impl Moment {
    /// The time in a row; None if it is undefined.
    pub(super) fn at(times: &Vector, row: usize) -> Option<Self> {
        match &times.values {
            _ if times.cause(row).is_some() => None,
            Values::Days(days) => Some(Self(Date::from_day(days[row]))),
            Values::Moments(moments) => Some(Self(moments[row])),
            _ => None,
        }
    }

    /// Returns true if a column has a time of day.
    pub(super) fn is_any_in(times: &Vector) -> bool {
        let of_day = |row| Self::at(times, row).is_some_and(|moment| !moment.0.is_day());
        matches!(times.values, Values::Moments(_)) && (0..times.len()).any(of_day)
    }

    /// The time as nanoseconds.
    fn nanos(self, precision: Precision) -> i128 {
        let day = self.0.day();
        match precision {
            Precision::Moment => self.0.instant(),
            Precision::Day => i128::from(day) * NANOS_PER_DAY,
            Precision::Period(calendar, grain) => {
                i128::from(calendar.first_day(calendar.period(grain, day))) * NANOS_PER_DAY
            }
        }
    }

    /// The time as nanoseconds, with the time of day.
    fn exact(self, precision: Precision) -> i128 {
        match precision {
            Precision::Moment => self.0.instant(),
            _ => i128::from(self.0.day()) * NANOS_PER_DAY + i128::from(self.0.time_of_day()),
        }
    }

    /// The last nanosecond of the time.
    fn last(self, precision: Precision) -> i128 {
        let day = self.0.day();
        let end = match precision {
            Precision::Moment => return self.0.instant(),
            Precision::Day => i128::from(day) + 1,
            Precision::Period(calendar, grain) => calendar.first_day(calendar.period(grain, day).next()).into(),
        };
        end * NANOS_PER_DAY - 1
    }

    /// The furthest time that is within reach, as nanoseconds.
    fn furthest(self, reach: Reach, next: bool, precision: Precision) -> i128 {
        let sign = if next { 1 } else { -1 };
        match reach {
            Reach::Seconds(seconds) => self.nanos(precision) + sign * i128::from(seconds) * NANOS_PER_SECOND,
            Reach::Months(months) => {
                let months = if next { -months } else { months };
                let day = match precision {
                    Precision::Period(calendar, grain) => calendar.first_day(calendar.period(grain, self.0.day())),
                    Precision::Day | Precision::Moment => self.0.day(),
                };
                let moved = i128::from(months_earlier(day, months)) - i128::from(day);
                self.nanos(precision) + moved * NANOS_PER_DAY
            }
        }
    }
}

impl Timeline {
    /// Sorts the rows of each of `count` combinations by their times. The rows have a time, an end if they hold over an
    /// interval, and a combination. `is_day` is true if the times of the rows that look up have no time of day. The columns
    /// are those whose differences make a tie.
    ///
    /// # Errors
    /// The memory limit or the time limit.
    pub(super) fn new<'c>(
        dataset: &dyn Dataset,
        time: &LookupTime,
        (times, ends, groups): (&Vector, Option<&Vector>, &[u32]),
        is_day: bool,
        count: u32,
        columns: impl Iterator<Item = Option<&'c Vector>>,
        room: &mut Room,
    ) -> Result<Self, Diagnostic> {
        if let Some((row, cause)) = times.failures().next() {
            return Err(invalid_time(dataset, row, cause, &time.name));
        }
        let is_any = Moment::is_any_in(times) || ends.is_some_and(Moment::is_any_in);
        let precision = match (time.grain, is_day || !is_any) {
            (Some((calendar, grain)), _) => Precision::Period(calendar, grain),
            (None, true) => Precision::Day,
            (None, false) => Precision::Moment,
        };
        let mut line = Self {
            precision,
            next: time.next,
            within: time.within,
            holds: time.end.is_some(),
            name: time.name.to_string(),
            starts: vec![],
            times: vec![],
            rows: vec![],
            ties: vec![],
            offsets: [false; 2],
        };
        let columns: Vec<Option<&Vector>> = columns.collect();
        let known = |row: usize| Moment::at(times, row).filter(|_| groups[row] < count);
        if let (Some(end), Some(ends)) = (&time.end, ends) {
            let spans = line.spans(dataset, end, (ends, groups), known, room)?;
            line.fill_spans(&spans, count, &columns, room)?;
            room.free(spans);
            return Ok(line);
        }
        let mut sorted: Vec<(u32, i128, u32)> = vec![];
        for (row, &group) in groups.iter().enumerate() {
            if row % 4096 == 0 {
                room.check()?;
            }
            let Some(moment) = known(row) else { continue };
            line.note_offset(moment);
            room.push(&mut sorted, (group, moment.nanos(precision), row as u32))?;
        }
        // Rows are mostly in order, which a stable sort finds. It needs room for half of them.
        room.grow(sorted.len() / 2 * size_of::<(u32, i128, u32)>())?;
        sorted.sort();
        room.shrink(sorted.len() / 2 * size_of::<(u32, i128, u32)>());
        line.fill(&sorted, count, &columns, room)?;
        room.free(sorted);
        Ok(line)
    }

    /// Notes whether a moment has an offset, if moments are compared.
    fn note_offset(&mut self, moment: Moment) {
        if self.precision == Precision::Moment && !moment.0.is_day() {
            self.offsets[usize::from(moment.0.offset().is_none())] = true;
        }
    }

    /// The rows that are ever in force, sorted.
    fn spans(
        &mut self,
        dataset: &dyn Dataset,
        end: &LookupEnd,
        (ends, groups): (&Vector, &[u32]),
        known: impl Fn(usize) -> Option<Moment>,
        room: &mut Room,
    ) -> Result<Vec<Span>, Diagnostic> {
        if let Some((row, cause)) = ends.failures().next() {
            return Err(invalid_time(dataset, row, cause, &self.name));
        }
        let reading = Ends { inclusive: end.inclusive, periods: end.grain, by_hour: false };
        let mut spans = vec![];
        for (row, &group) in groups.iter().enumerate() {
            if row % 4096 == 0 {
                room.check()?;
            }
            let Some(moment) = known(row) else { continue };
            let ended = Moment::at(ends, row);
            let end = match reading.ending(moment.0, ended.map(|end| end.0)) {
                Ending::Reversed => return Err(reversed(dataset, row)),
                Ending::Empty => continue,
                Ending::Open => None,
                Ending::At(_) => ended.map(|end| Moment(reading.exclusive(end.0))),
            };
            self.note_offset(moment);
            end.into_iter().for_each(|end| self.note_offset(end));
            let (start, end) = (moment.exact(self.precision), end.map(|end| end.exact(self.precision)));
            // Where clocks are set back, local times can be in reverse.
            if end.is_some_and(|end| end <= start) {
                continue;
            }
            room.push(&mut spans, Span { group, start, end, row: row as u32 })?;
        }
        spans.sort_unstable();
        Ok(spans)
    }

    /// Adds one place for the time from each start or end of a combination to the next.
    fn fill_spans(
        &mut self,
        spans: &[Span],
        count: u32,
        columns: &[Option<&Vector>],
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        let mut active = Active::new(columns);
        for same in spans.chunk_by(|a, b| a.group == b.group) {
            room.fill(&mut self.starts, same[0].group as usize + 1, self.rows.len() as u32)?;
            active.walk(same, room, |active, time, room| {
                let place = self.rows.len() as u32;
                room.push(&mut self.times, time)?;
                room.push(&mut self.rows, active.last().unwrap_or(NO_ROW))?;
                active.ties().try_for_each(|(column, rows)| room.push(&mut self.ties, Tie { place, column, rows }))
            })?;
        }
        room.fill(&mut self.starts, count as usize + 1, self.rows.len() as u32)
    }

    /// Adds one place for each time of each combination.
    fn fill(
        &mut self,
        sorted: &[(u32, i128, u32)],
        count: u32,
        columns: &[Option<&Vector>],
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        for (at, same) in sorted.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).enumerate() {
            if at % 4096 == 0 {
                room.check()?;
            }
            let place = self.rows.len() as u32;
            let (group, time, first) = same[0];
            room.fill(&mut self.starts, group as usize + 1, place)?;
            room.push(&mut self.times, time)?;
            room.push(&mut self.rows, same[same.len() - 1].2)?;
            for (column, vector) in columns.iter().enumerate().filter(|_| same.len() > 1) {
                let differs = |&&(_, _, row): &&(u32, i128, u32)| {
                    vector.is_some_and(|vector| vector.get(row as usize) != vector.get(first as usize))
                };
                if let Some(&(_, _, second)) = same.iter().find(differs) {
                    room.push(&mut self.ties, Tie { place, column: column as u32, rows: [first, second] })?;
                }
            }
        }
        room.fill(&mut self.starts, count as usize + 1, self.rows.len() as u32)
    }

    /// The place of the row for a time; None if no row is in reach.
    ///
    /// # Errors
    /// [`Cause::NoOffset`] if only one of two moments has a UTC offset.
    pub(super) fn find(&self, group: u32, moment: Moment) -> Result<Option<usize>, Cause> {
        if self.precision == Precision::Moment && !moment.0.is_day() {
            let other = self.offsets[usize::from(moment.0.offset().is_some())];
            if other {
                return Err(Cause::NoOffset);
            }
        }
        let time = if self.holds { moment.last(self.precision) } else { moment.nanos(self.precision) };
        let (start, end) = (self.starts[group as usize] as usize, self.starts[group as usize + 1] as usize);
        let times = &self.times[start..end];
        let place = match self.next {
            false => times.partition_point(|known| *known <= time).checked_sub(1),
            true => Some(times.partition_point(|known| *known < time)).filter(|at| *at < times.len()),
        };
        let is_in_reach = |at: &usize| {
            self.within.is_none_or(|reach| {
                let furthest = moment.furthest(reach, self.next, self.precision);
                if self.next { times[*at] <= furthest } else { times[*at] >= furthest }
            })
        };
        Ok(place.filter(is_in_reach).map(|at| start + at).filter(|place| self.rows[*place] != NO_ROW))
    }

    /// The row at a place.
    pub(super) fn row(&self, place: usize) -> u32 {
        self.rows[place]
    }

    /// The columns in which the rows at a place differ.
    pub(super) fn ties(&self, place: usize) -> impl Iterator<Item = usize> {
        let first = self.ties.partition_point(|tie| (tie.place as usize) < place);
        let here = self.ties[first..].iter().take_while(move |tie| tie.place as usize == place);
        here.map(|tie| tie.column as usize)
    }

    /// The diagnostic for two rows at one time that differ in a column.
    pub(super) fn tie(&self, dataset: &dyn Dataset, place: usize, column: usize) -> Diagnostic {
        let is_it = |tie: &&Tie| (tie.place as usize, tie.column as usize) == (place, column);
        let rows = self.ties.iter().find(is_it).map_or([self.rows[place]; 2], |tie| tie.rows);
        let [first, second] = rows.map(|row| dataset.place(row.into()));
        let (name, when) = (
            dataset.name(),
            match self.precision {
                Precision::Period(_, grain) => grain.name(),
                Precision::Day => "day",
                Precision::Moment => "time",
            },
        );
        let message = match self.holds {
            true => format!(
                "two rows of `{name}` with the same keys are in force at the same time but have different values, first at {first}"
            ),
            false => format!(
                "two rows of `{name}` with the same keys have the same {when} but different values, first at {first}"
            ),
        };
        let place = CellPlace { column: Some(self.name.clone()), ..second };
        let hint = match self.precision {
            _ if self.holds => "let one of them end when the other starts",
            Precision::Moment => "keep one row for each time",
            _ => "keep one row for each day or period, or give both tables times of day",
        };
        Diagnostic::error(Code::DuplicateKey, message).in_data(place).hint(hint)
    }
}

fn invalid_time(dataset: &dyn Dataset, row: usize, cause: Cause, column: &str) -> Diagnostic {
    let place = CellPlace { column: Some(column.to_owned()), ..dataset.place(row as u64) };
    let message = format!("a row of `{}` has no valid time: {}", dataset.name(), cause.describe());
    Diagnostic::error(Code::BadCell, message).in_data(place)
}

fn reversed(dataset: &dyn Dataset, row: usize) -> Diagnostic {
    let message = format!("a row of `{}` ends before it starts", dataset.name());
    Diagnostic::error(Code::BadCell, message)
        .in_data(dataset.place(row as u64))
        .hint("correct the dates of the row; a row without an end has a blank cell")
}
