//! Represents days, moments and periods as plain integers. `calendar` implements calendars.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

use super::Cause;
use super::calendar::{Calendar, Grain, Period};

const NANOS_PER_MICRO: i64 = 1_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// The range of the calendar, 0001-01-01 to 9999-12-31, in days since 1970-01-01.
pub const CALENDAR: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;

/// A day, a moment or a period: the day, the time of day and the UTC offset if it is known. A period is its first day.
///
/// The day and the time of day are those that were written. Moments with an offset compare as points in time:
/// `09:00-05:00` equals `15:00+01:00`. Days and moments without an offset are local times of an unknown zone.
#[derive(Debug, Clone, Copy)]
pub struct Date {
    day: i32,
    /// The offset in seconds, [`NO_OFFSET`] if it is unknown, or one of [`PERIODS`] for a period.
    offset: i32,
    nanos: i64,
}

const NO_OFFSET: i32 = i32::MIN;

/// The offsets that stand for the grain and the calendar of a period.
const PERIODS: std::ops::Range<i32> = NO_OFFSET + 1..NO_OFFSET + (1 << 16);

impl Date {
    /// The start of the day that is `day` days after 1970-01-01.
    #[inline]
    pub fn from_day(day: i32) -> Self {
        Self { day, offset: NO_OFFSET, nanos: 0 }
    }

    /// A period of a calendar, as its first day.
    pub fn from_period(calendar: Calendar, period: Period) -> Self {
        let grain = Grain::ALL.iter().position(|grain| *grain == period.grain).unwrap_or(0) as i32;
        let mark = grain << 8 | i32::from(calendar.year_starts.min(12)) << 4 | i32::from(calendar.week_starts.min(7));
        let calendar = Calendar { by_hour: false, ..calendar };
        Self { offset: PERIODS.start + mark, ..Self::from_day(calendar.first_day(period)) }
    }

    /// The period and its calendar. None for a day or a moment.
    pub fn period(self) -> Option<(Calendar, Period)> {
        let mark = PERIODS.contains(&self.offset).then(|| self.offset - PERIODS.start)?;
        let (year_starts, week_starts) = ((mark >> 4 & 15) as u8, (mark & 15) as u8);
        let calendar = Calendar { year_starts, week_starts, by_hour: false };
        Some((calendar, calendar.period(*Grain::ALL.get((mark >> 8) as usize)?, self.day)))
    }

    /// The moment `micros` microseconds after 1970-01-01T00:00, without an offset.
    pub fn from_micros(micros: i64) -> Self {
        let nanos = micros.rem_euclid(MICROS_PER_DAY) * NANOS_PER_MICRO;
        Self::from_day(micros.div_euclid(MICROS_PER_DAY) as i32).at(nanos)
    }

    /// The moment `nanos` nanoseconds after 1970-01-01T00:00, without an offset. None outside the years 1 to 9999.
    pub fn from_nanos(nanos: i128) -> Option<Self> {
        let day = i32::try_from(nanos.div_euclid(NANOS_PER_DAY.into())).ok()?;
        let rest = nanos.rem_euclid(NANOS_PER_DAY.into());
        CALENDAR.contains(&day).then(|| Self::from_day(day).at(rest as i64))
    }

    /// The moment of the same day that is `nanos` nanoseconds after midnight.
    #[inline]
    pub fn at(self, nanos: i64) -> Self {
        Self { nanos, ..self }
    }

    /// The same day and time with a UTC offset of `seconds`.
    #[inline]
    pub fn with_offset(self, seconds: i32) -> Self {
        Self { offset: seconds, ..self }
    }

    /// Days since 1970-01-01, as written.
    #[inline]
    pub fn day(self) -> i32 {
        self.day
    }

    /// Nanoseconds since the start of the day, as written.
    #[inline]
    pub fn time_of_day(self) -> i64 {
        self.nanos
    }

    /// The UTC offset in seconds; positive values are ahead of UTC. None if it is unknown.
    #[inline]
    pub fn offset(self) -> Option<i32> {
        (self.offset >= PERIODS.end).then_some(self.offset)
    }

    /// The number of periods from `earlier` to `self`, if both are periods of the same grain and calendar.
    pub fn periods_since(self, earlier: Self) -> Option<i64> {
        let ((_, period), (_, before)) = (self.period()?, earlier.period()?);
        (self.offset == earlier.offset).then(|| i64::from(period.number) - i64::from(before.number))
    }

    /// Returns true for a day without a time of day or an offset.
    #[inline]
    pub fn is_day(self) -> bool {
        self.nanos == 0 && self.offset == NO_OFFSET
    }

    /// Nanoseconds since 1970-01-01T00:00, as written.
    fn written(self) -> i128 {
        i128::from(self.day) * i128::from(NANOS_PER_DAY) + i128::from(self.nanos)
    }

    /// Nanoseconds since 1970-01-01T00:00 UTC, or as written if the offset is unknown.
    #[inline]
    pub fn instant(self) -> i128 {
        self.written() - i128::from(self.offset().unwrap_or(0)) * i128::from(NANOS_PER_SECOND)
    }

    /// The nanoseconds from `earlier` to `self`. If one of the two is a day, the other counts as written.
    ///
    /// # Errors
    /// [`Cause::NoOffset`] if only one of two moments has an offset.
    pub fn since(self, earlier: Self) -> Result<i128, Cause> {
        if self.offset().is_some() == earlier.offset().is_some() {
            return Ok(self.instant() - earlier.instant());
        }
        let beside_day = self.is_day() || earlier.is_day();
        beside_day.then(|| self.written() - earlier.written()).ok_or(Cause::NoOffset)
    }

    /// Compares two dates in time. If one of the two is a day, the other counts as written.
    ///
    /// # Errors
    /// See [`Date::since`].
    pub fn compare(self, other: Self) -> Result<Ordering, Cause> {
        if self.offset == other.offset {
            return Ok((self.day, self.nanos).cmp(&(other.day, other.nanos)));
        }
        self.since(other).map(|nanos| nanos.cmp(&0))
    }

    /// The moment `nanos` nanoseconds later, at the same offset. None outside the years 1 to 9999.
    pub fn later(self, nanos: i128) -> Option<Self> {
        let moved = Self::from_nanos(self.written().checked_add(nanos)?)?;
        Some(Self { offset: self.offset, ..moved })
    }
}

/// Two dates are equal if they are the same point in time and both or neither have an offset.
impl PartialEq for Date {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Date {}

impl PartialOrd for Date {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Date {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.offset == other.offset {
            return (self.day, self.nanos).cmp(&(other.day, other.nanos));
        }
        let key = |date: &Self| (date.instant(), date.offset().is_some());
        key(self).cmp(&key(other))
    }
}

impl Hash for Date {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.instant(), self.offset().is_some()).hash(state);
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `2026-03-31`, or a period such as `2026-Q1`; with a time of day `2026-03-31T10:20:30`, with an offset `2026-03-31T10:20:30+02:00`.
impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some((calendar, period)) = self.period() {
            return f.write_str(&calendar.spell(period));
        }
        let moment = jiff::civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0)
            .saturating_add(jiff::SignedDuration::from_hours(i64::from(self.day) * 24))
            .saturating_add(jiff::SignedDuration::from_nanos(self.nanos));
        match self.offset() {
            None if self.nanos == 0 => moment.date().fmt(f),
            None => moment.fmt(f),
            Some(0) => write!(f, "{moment}Z"),
            Some(offset) => {
                let (sign, ahead) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
                write!(f, "{moment}{sign}{:02}:{:02}", ahead / 3600, ahead / 60 % 60)?;
                if ahead % 60 == 0 { Ok(()) } else { write!(f, ":{:02}", ahead % 60) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any moment at least a day away from both ends of the calendar, at any offset.
    fn moment() -> impl Strategy<Value = Date> {
        let offset = prop_oneof![Just(None), (-64_800..=64_800).prop_map(Some)];
        (CALENDAR.start() + 1..*CALENDAR.end(), 0..NANOS_PER_DAY, offset).prop_map(|(day, nanos, offset)| {
            let moment = Date::from_day(day).at(nanos);
            offset.map_or(moment, |offset| moment.with_offset(offset))
        })
    }

    proptest! {
        #[test]
        fn adding_the_difference_of_two_moments_leads_from_one_to_the_other(earlier in moment(), later in moment()) {
            if let Ok(nanos) = later.since(earlier) {
                prop_assert_eq!(earlier.since(later), Ok(-nanos));
                if let Some(moved) = earlier.later(nanos) {
                    prop_assert_eq!(moved.compare(later), Ok(Ordering::Equal));
                }
            }
        }

        #[test]
        fn dates_are_ordered_by_instant(a in moment(), b in moment(), c in moment()) {
            if a.offset().is_some() == b.offset().is_some() {
                prop_assert_eq!(a.compare(b), Ok(a.instant().cmp(&b.instant())));
                prop_assert_eq!(a.cmp(&b), a.instant().cmp(&b.instant()));
            }
            prop_assert!(a > b || b > c || a <= c);
        }

        #[test]
        fn an_instant_is_the_same_at_every_offset(moment in moment(), offset in -64_800..=64_800_i32) {
            if let Some(here) = moment.offset() {
                let nanos = i128::from(offset - here) * i128::from(NANOS_PER_SECOND);
                if let Some(there) = moment.later(nanos).map(|moved| moved.with_offset(offset)) {
                    prop_assert_eq!(there, moment);
                    prop_assert_eq!(there.since(moment), Ok(0));
                }
            }
        }
    }

    #[test]
    fn displays_the_time_and_offset_if_known() {
        let morning = Date::from_day(20_514).at(9 * 3_600 * NANOS_PER_SECOND);
        assert_eq!(Date::from_day(20_514).to_string(), "2026-03-02");
        assert_eq!(morning.to_string(), "2026-03-02T09:00:00");
        assert_eq!(morning.with_offset(0).to_string(), "2026-03-02T09:00:00Z");
        assert_eq!(morning.at(1).with_offset(-18_000).to_string(), "2026-03-02T00:00:00.000000001-05:00");
        assert_eq!(morning.with_offset(20_700).to_string(), "2026-03-02T09:00:00+05:45");
    }

    proptest! {
        #[test]
        fn a_period_keeps_its_grain_and_calendar(day in -700_000..2_900_000, grain in 1usize..7, year in 1u8..=12, week in 1u8..=7) {
            let calendar = Calendar { year_starts: year, week_starts: week, by_hour: false };
            let period = calendar.period(Grain::ALL[grain], day);
            let date = Date::from_period(calendar, period);
            prop_assert_eq!(date.period(), Some((calendar, period)));
            prop_assert_eq!((date.to_string(), date.offset(), date.is_day()), (calendar.spell(period), None, false));
            let next = Date::from_period(calendar, period.next());
            prop_assert_eq!((next.periods_since(date), next > date), (Some(1), true));
        }
    }

    #[test]
    fn dates_outside_the_calendar_are_none() {
        let last = Date::from_day(*CALENDAR.end());
        assert_eq!(
            (Date::from_day(*CALENDAR.start()).to_string(), last.to_string()),
            ("0001-01-01".into(), "9999-12-31".into())
        );
        assert_eq!(last.later(NANOS_PER_DAY.into()), None);
        assert_eq!(Date::from_day(*CALENDAR.start()).later(-1), None);
        assert_eq!(last.later(i128::MAX), None);
    }

    #[test]
    fn a_moment_compared_with_a_day_counts_as_written() {
        let day = Date::from_day(20_514);
        let noon = day.at(12 * 3_600 * NANOS_PER_SECOND).with_offset(-18_000);
        assert_eq!(noon.since(day), Ok(12 * 3_600 * i128::from(NANOS_PER_SECOND)));
        assert_eq!(noon.since(day.at(1)), Err(Cause::NoOffset));
        assert_ne!(day, day.with_offset(0));
    }
}
