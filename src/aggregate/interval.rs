//! Places rows that hold over an interval: whether they are ever in force, and where they end.
//!
//! A row is counted twice, in the time bucket of its start and in that of its end. The rows in force at an instant are
//! those that start before it without those that end before it, so that no row has to be repeated for each period.

use std::cmp::Ordering;

use crate::data::{Calendar, Grain};
use crate::value::{CALENDAR, Date, Values, Vector};

const NANOS_PER_HOUR: i64 = 3_600_000_000_000;
const NANOS_PER_DAY: i64 = 24 * NANOS_PER_HOUR;

/// The buckets of ends are numbered from here, those of starts around 0.
pub(super) const ENDS: i32 = 1 << 30;

/// How the ends of a dataset are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    /// True if a row is in force at its end.
    pub(super) inclusive: bool,
    /// The periods that ends are, if they are not days or moments.
    pub(super) periods: Option<(Calendar, Grain)>,
    /// True if times are counted in hours.
    pub(super) by_hour: bool,
}

/// When a row ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It has no end, or one after the calendar.
    Open,
    /// At this place on the axis of ends: see [`Ends::place`].
    At(i32),
    /// When it starts, so that it is never in force.
    Empty,
    /// Before it starts.
    Reversed,
}

impl Ends {
    /// When a row ends. It has a start; an end of None is blank.
    pub(super) fn ending(self, start: Date, end: Option<Date>) -> Ending {
        let Some(written) = end else { return Ending::Open };
        if self.precedes(written, start) {
            return Ending::Reversed;
        }
        let end = self.exclusive(written);
        if !CALENDAR.contains(&end.day()) {
            return Ending::Open;
        }
        match in_order(start, end) {
            // Local times can be in reverse where clocks are set back.
            Ordering::Less => Ending::At(self.place(end).max(self.place(start) | 1)),
            Ordering::Equal | Ordering::Greater => Ending::Empty,
        }
    }

    /// Returns true if an end is before a start at the precision of the end.
    fn precedes(self, end: Date, start: Date) -> bool {
        match self.periods {
            Some((calendar, grain)) => {
                calendar.period(grain, end.day()).number < calendar.period(grain, start.day()).number
            }
            None if end.is_day() => end.day() < start.day(),
            None => in_order(end, start) == Ordering::Less,
        }
    }

    /// The first moment at which a row with this end is not in force any more.
    pub(super) fn exclusive(self, end: Date) -> Date {
        match (self.inclusive, self.periods) {
            (false, _) => end,
            (true, Some((calendar, grain))) => {
                Date::from_day(calendar.first_day(calendar.period(grain, end.day()).next()))
            }
            (true, None) if end.is_day() => Date::from_day(end.day().saturating_add(1)),
            (true, None) => end.later(1).unwrap_or(Date::from_day(i32::MAX)),
        }
    }

    /// The place of a moment: twice the number of its day or hour, and one more if it is after the start of that.
    fn place(self, moment: Date) -> i32 {
        let nanos = moment.time_of_day();
        let (tick, rest) = match self.by_hour {
            true => (moment.day() * 24 + (nanos / NANOS_PER_HOUR) as i32, nanos % NANOS_PER_HOUR),
            false => (moment.day(), nanos % NANOS_PER_DAY),
        };
        2 * tick + i32::from(rest > 0)
    }
}

/// Compares two moments in time; as written, if only one of them has an offset.
fn in_order(one: Date, other: Date) -> Ordering {
    let written = || (one.day(), one.time_of_day()).cmp(&(other.day(), other.time_of_day()));
    one.compare(other).unwrap_or_else(|_| written())
}

/// The date in a row; None if it is undefined.
#[inline]
pub(super) fn date(dates: &Vector, row: usize) -> Option<Date> {
    match &dates.values {
        _ if dates.cause(row).is_some() => None,
        Values::Days(days) => Some(Date::from_day(days[row])),
        Values::Moments(moments) => Some(moments[row]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i32, hour: i64) -> Date {
        Date::from_day(day).at(hour * NANOS_PER_HOUR)
    }

    #[test]
    fn ends_are_placed_at_boundaries_or_inside_of_days() {
        let ends = |inclusive| Ends { inclusive, periods: None, by_hour: false };
        let day = Date::from_day;
        for (inclusive, start, end, expected) in [
            (false, day(5), None, Ending::Open),
            (false, day(5), Some(day(6)), Ending::At(12)),
            (false, day(5), Some(day(5)), Ending::Empty),
            (true, day(5), Some(day(5)), Ending::At(12)),
            (false, day(5), Some(day(4)), Ending::Reversed),
            (true, day(5), Some(day(4)), Ending::Reversed),
            // At the precision of the end, it is on the same day.
            (false, at(5, 9), Some(day(5)), Ending::Empty),
            (true, at(5, 9), Some(day(5)), Ending::At(12)),
            (false, at(5, 9), Some(at(5, 10)), Ending::At(11)),
            (false, at(5, 9), Some(at(5, 8)), Ending::Reversed),
            (false, at(5, 9), Some(at(5, 9)), Ending::Empty),
            (true, at(5, 9), Some(at(5, 9)), Ending::At(11)),
            (true, day(5), Some(day(*CALENDAR.end())), Ending::Open),
        ] {
            assert_eq!(ends(inclusive).ending(start, end), expected, "{start} {end:?}");
        }
        // The last nanosecond of a day.
        let last = day(5).at(NANOS_PER_DAY - 1);
        assert_eq!(ends(true).ending(day(5), Some(last)), Ending::At(12));
        assert_eq!(ends(false).ending(day(5), Some(last)), Ending::At(11));
    }

    #[test]
    fn ends_by_hour_and_by_month() {
        let hours = Ends { inclusive: false, periods: None, by_hour: true };
        assert_eq!(hours.ending(at(1, 0), Some(at(1, 2))), Ending::At(2 * 26));
        let months = |inclusive| Ends { inclusive, periods: Some((Calendar::default(), Grain::Month)), by_hour: false };
        // 1970-01-15 to 1970-01.
        assert_eq!(months(true).ending(Date::from_day(14), Some(Date::from_day(0))), Ending::At(2 * 31));
        assert_eq!(months(false).ending(Date::from_day(14), Some(Date::from_day(0))), Ending::Empty);
        assert_eq!(months(false).ending(Date::from_day(14), Some(Date::from_day(31))), Ending::At(2 * 31));
    }

    #[test]
    fn clocks_that_are_set_back_do_not_reverse_a_row() {
        let ends = Ends { inclusive: false, periods: None, by_hour: true };
        let (summer, winter) = (at(5, 2).with_offset(7200), at(5, 2).with_offset(3600));
        assert_eq!(ends.ending(summer, Some(winter)), Ending::At(2 * 122 + 1));
        assert_eq!(ends.ending(winter, Some(summer)), Ending::Reversed);
    }
}
