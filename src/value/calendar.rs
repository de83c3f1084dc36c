//! Turns days into periods and back. Hours, days, weeks, months, quarters, half-years and (fiscal) years are integers
//! that can be counted, shifted and formatted.
//!
//! Days are counted from 1970-01-01; hours too if a calendar counts in hours. All operations are total: a result outside the years -9999 to 9999 is clamped to
//! this range.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Code, Diagnostic, Error, did_you_mean};
use crate::source::SourceMap;

/// A unit of the time axis. It is formatted, parsed and serialized by its name.
///
/// ```
/// use yardstick::Grain;
///
/// assert_eq!("month".parse::<Grain>()?, Grain::Month);
/// assert_eq!(Grain::Quarter.to_string(), "quarter");
/// # Ok::<(), yardstick::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week: an ISO week, Monday to Sunday, unless the calendar starts weeks on another day.
    Week,
    /// A calendar month.
    Month,
    /// Three months, starting with the first month of the (fiscal) year.
    Quarter,
    /// Six months, starting with the first or the seventh month of the (fiscal) year.
    Half,
    /// Twelve months.
    Year,
}

impl Grain {
    /// All grains, from the finest to the coarsest.
    pub const ALL: [Grain; 7] =
        [Grain::Hour, Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Half, Grain::Year];

    /// The name in queries: `month`.
    pub fn name(self) -> &'static str {
        match self {
            Grain::Hour => "hour",
            Grain::Day => "day",
            Grain::Week => "week",
            Grain::Month => "month",
            Grain::Quarter => "quarter",
            Grain::Half => "half",
            Grain::Year => "year",
        }
    }

    /// The plural of the name.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Grain::Hour => "hours",
            Grain::Day => "days",
            Grain::Week => "weeks",
            Grain::Month => "months",
            Grain::Quarter => "quarters",
            Grain::Half => "half-years",
            Grain::Year => "years",
        }
    }

    /// The grain with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grain| grain.name() == name)
    }

    /// Returns true if a `calendar` item can change the start of its periods. Hours, days and months
    /// are never affected.
    pub fn depends_on_calendar(self) -> bool {
        !matches!(self, Self::Hour | Self::Day | Self::Month)
    }

    /// Returns true if each period of this grain lies within one period of another grain. Weeks lie only in weeks.
    pub fn nests_in(self, other: Grain) -> bool {
        self <= other && (self != Self::Week || other == Self::Week)
    }

    /// The number of months in a period of this grain, if it consists of months.
    pub fn months(self) -> Option<i32> {
        match self {
            Grain::Hour | Grain::Day | Grain::Week => None,
            Grain::Month => Some(1),
            Grain::Quarter => Some(3),
            Grain::Half => Some(6),
            Grain::Year => Some(12),
        }
    }

    /// The number of hours of the shortest period of this grain.
    pub(crate) fn least_hours(self) -> u64 {
        let days = match self {
            Grain::Hour => return 1,
            Grain::Day => 1,
            Grain::Week => 7,
            Grain::Month => 28,
            Grain::Quarter => 90,
            Grain::Half => 181,
            Grain::Year => 365,
        };
        24 * days
    }
}

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Grain {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::from_name(name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            let problem = Diagnostic::error(Code::BadQuery, format!("`{name}` is not a grain of time"))
                .maybe_hint(did_you_mean(name, names))
                .hint(format!("the grains are `{}`", names.join("`, `")));
            Error::new(vec![problem], SourceMap::default())
        })
    }
}

/// When years and weeks start, and the unit in which times are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Calendar {
    /// The first month of the year, from 1 to 12.
    pub year_starts: u8,
    /// The first day of the week, from 1 (Monday) to 7 (Sunday).
    #[serde(skip_serializing_if = "is_monday")]
    pub week_starts: u8,
    /// True if times are counted in hours since 1970-01-01T00 instead of days. Whatever is called a day in the
    /// operations of such a calendar is then an hour.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_hour: bool,
}

fn is_monday(day: &u8) -> bool {
    *day == 1
}

impl Default for Calendar {
    fn default() -> Self {
        Self { year_starts: 1, week_starts: 1, by_hour: false }
    }
}

/// A period of a grain. Consecutive periods have consecutive numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Period {
    /// Its grain.
    pub grain: Grain,
    /// Its number. Hours, days and weeks are counted from the one that contains the start of 1970. Months are `year *
    /// 12 + month - 1`; quarters, half-years and years are counted in the same way from (fiscal) year 0.
    pub number: i32,
}

impl Period {
    /// Returns the period `periods` periods later.
    #[must_use]
    pub fn offset(self, periods: i32) -> Self {
        Self { number: self.number.saturating_add(periods), ..self }
    }

    /// The period after this one.
    #[must_use]
    pub fn next(self) -> Self {
        self.offset(1)
    }
}

impl Calendar {
    /// Returns the period of a grain that contains a day.
    ///
    /// ```
    /// # use yardstick::{Calendar, Grain};
    /// let calendar = Calendar { year_starts: 4, ..Calendar::default() };
    /// let day = calendar.parse("2026-03-31").expect("a day").number;
    /// assert_eq!(calendar.spell(calendar.period(Grain::Quarter, day)), "2025/26-Q4");
    /// ```
    pub fn period(self, grain: Grain, day: i32) -> Period {
        let at = day;
        let day = at.div_euclid(self.ticks_per_day());
        if day > LAST_DAY && grain.months().is_some() {
            return self.period(grain, LAST_DAY * self.ticks_per_day()).next();
        }
        let number = match grain {
            Grain::Hour if self.by_hour => at,
            Grain::Hour => day.saturating_mul(HOURS_PER_DAY),
            Grain::Day => day,
            Grain::Week => self.week(day),
            Grain::Month => month_of(day),
            Grain::Quarter => (month_of(day) - self.offset()).div_euclid(3),
            Grain::Half => (month_of(day) - self.offset()).div_euclid(6),
            Grain::Year => (month_of(day) - self.offset()).div_euclid(12),
        };
        Period { grain, number }
    }

    /// Returns the first day of a period and the day after its last one.
    pub fn days(self, period: Period) -> Range<i32> {
        self.first_day(period)..self.first_day(period.next())
    }

    /// The first day of a period.
    pub fn first_day(self, period: Period) -> i32 {
        let number = period.number;
        let months = |each: i32| first_of_month(number.saturating_mul(each).saturating_add(self.offset()));
        let day = match period.grain {
            Grain::Hour if self.by_hour => return number,
            Grain::Hour => number.div_euclid(HOURS_PER_DAY),
            Grain::Day => number,
            Grain::Week => self.first_of_week(number),
            Grain::Month => first_of_month(number),
            Grain::Quarter => months(3),
            Grain::Half => months(6),
            Grain::Year => months(12),
        };
        day.saturating_mul(self.ticks_per_day())
    }

    /// Formats a period: `2026-03-31T09`, `2026-03-31`, `2026-W13`, `2026-03`, `2026-Q1`, `2026-H1`, `2026`. If years do
    /// not start in January, years and their parts are formatted as `2025/26`, `2025/26-Q1` and `2025/26-H1`.
    pub fn spell(self, period: Period) -> String {
        let number = period.number;
        match period.grain {
            Grain::Hour => {
                format!("{}T{:02}", civil(number.div_euclid(HOURS_PER_DAY)), number.rem_euclid(HOURS_PER_DAY))
            }
            Grain::Day => civil(number).to_string(),
            Grain::Week => self.spell_week(number),
            Grain::Month => format!("{:04}-{:02}", number.div_euclid(12), number.rem_euclid(12) + 1),
            Grain::Quarter => format!("{}-Q{}", self.spell_year(number.div_euclid(4)), number.rem_euclid(4) + 1),
            Grain::Half => format!("{}-H{}", self.spell_year(number.div_euclid(2)), number.rem_euclid(2) + 1),
            Grain::Year => self.spell_year(number),
        }
    }

    /// Formats a time of this calendar: `2026-03-31`, or `2026-03-31T09` if it counts in hours.
    pub(crate) fn spell_time(self, at: i32) -> String {
        self.spell(self.period(if self.by_hour { Grain::Hour } else { Grain::Day }, at))
    }

    /// Parses a period. This is the inverse of [`Calendar::spell`].
    pub fn parse(self, text: &str) -> Option<Period> {
        let period = |grain, number| Some(Period { grain, number });
        if let Some((year, week)) = text.split_once("-W") {
            return period(Grain::Week, self.parse_week(digits(year, 4)?, digits(week, 2)?)?);
        }
        if let Some((day, hour)) = text.split_once('T') {
            let hour = digits(hour, 2).filter(|hour| (0..HOURS_PER_DAY).contains(hour))?;
            let day = self.parse(day).filter(|period| period.grain == Grain::Day)?;
            return period(Grain::Hour, day.number * HOURS_PER_DAY + hour);
        }
        if let Some((year, half)) = text.split_once("-H") {
            let half = digits(half, 1).filter(|half| (1..=2).contains(half))?;
            return period(Grain::Half, self.parse_year(year)? * 2 + half - 1);
        }
        if let Some((year, quarter)) = text.split_once("-Q") {
            let quarter = digits(quarter, 1).filter(|quarter| (1..=4).contains(quarter))?;
            return period(Grain::Quarter, self.parse_year(year)? * 4 + quarter - 1);
        }
        match text.split('-').collect::<Vec<_>>()[..] {
            [year] => period(Grain::Year, self.parse_year(year)?),
            [year, month] => period(Grain::Month, digits(year, 4)? * 12 + parse_month(month)? - 1),
            [year, month, day] => period(Grain::Day, parse_day(year, month, day)?),
            _ => None,
        }
    }

    /// The first day of the first week of the year to which the week of a day belongs. A week belongs to the (fiscal)
    /// year of its middle day, which is the ISO year if years start in January and weeks on Monday.
    pub(crate) fn first_week_of_year(self, day: i32) -> i32 {
        let ticks = self.ticks_per_day();
        let days = Self { by_hour: false, ..self };
        let middle = days.middle_of_week(days.week(day.div_euclid(ticks)));
        let year = days.first_day(days.period(Grain::Year, middle));
        days.first_of_week(days.week(year.saturating_add(TO_MIDDLE))).saturating_mul(ticks)
    }

    /// The number of times of this calendar in a day: 24 if it counts in hours.
    pub(crate) fn ticks_per_day(self) -> i32 {
        if self.by_hour { HOURS_PER_DAY } else { 1 }
    }

    /// Returns the same time of the same day of the month `months` months earlier, or of the last day of that month if
    /// it is shorter.
    pub(crate) fn months_earlier(self, at: i32, months: i32) -> i32 {
        self.moved(at, |day| months_earlier(day, months))
    }

    /// Returns the same time of the same weekday of the same week `years` years earlier. If that year has no week 53,
    /// week 52 is used.
    pub(crate) fn years_of_weeks_earlier(self, at: i32, years: i32) -> i32 {
        self.moved(at, |day| {
            let (year, week) = self.year_and_week(self.week(day));
            let earlier = year.saturating_sub(years).clamp(-9998, 9998);
            let into_week = day - self.first_of_week(self.week(day));
            self.first_of_week(self.week_of_year(earlier, week.min(self.weeks(earlier)))) + into_week
        })
    }

    /// Returns the last week of the year `years` years earlier if that year lacks the given week 53. Returns None if
    /// the week exists in that year.
    pub(crate) fn without_counterpart(self, week: Period, years: i32) -> Option<Period> {
        let (year, number) = self.year_and_week(week.number);
        let earlier = year.saturating_sub(years).clamp(-9998, 9998);
        let last = self.weeks(earlier);
        (number > last).then(|| Period { grain: Grain::Week, number: self.week_of_year(earlier, last) })
    }

    fn moved(self, at: i32, of_day: impl Fn(i32) -> i32) -> i32 {
        let ticks = self.ticks_per_day();
        of_day(at.div_euclid(ticks)).saturating_mul(ticks).saturating_add(at.rem_euclid(ticks))
    }

    /// The number of days from the start of the week of 1970-01-01 to that day, a Thursday.
    fn into_first_week(self) -> i32 {
        (3 + 8 - i32::from(self.week_starts.clamp(1, 7))) % 7
    }

    fn week(self, day: i32) -> i32 {
        day.saturating_add(self.into_first_week()).div_euclid(7)
    }

    fn first_of_week(self, week: i32) -> i32 {
        week.saturating_mul(7).saturating_sub(self.into_first_week())
    }

    fn middle_of_week(self, week: i32) -> i32 {
        self.first_of_week(week).saturating_add(TO_MIDDLE)
    }

    /// The year of the middle day of a week, and the number of the week in that year.
    pub(crate) fn year_and_week(self, week: i32) -> (i32, i32) {
        let year = i32::from(civil(self.middle_of_week(week)).year());
        (year, week.saturating_sub(self.week_of_year(year, 1)).saturating_add(1))
    }

    /// The week with this number in a year. The middle day of its first week is one of the first seven days.
    fn week_of_year(self, year: i32, number: i32) -> i32 {
        self.week(first_of_month(year * 12).saturating_add(TO_MIDDLE)).saturating_add(number - 1)
    }

    /// The number of weeks of a year.
    fn weeks(self, year: i32) -> i32 {
        if self.year_and_week(self.week_of_year(year, 53)).0 == year { 53 } else { 52 }
    }

    fn spell_week(self, week: i32) -> String {
        let (year, number) = self.year_and_week(week);
        format!("{year:04}-W{number:02}")
    }

    fn parse_week(self, year: i32, number: i32) -> Option<i32> {
        let week = self.week_of_year(year, number);
        (self.year_and_week(week) == (year, number)).then_some(week)
    }

    /// The number of months from January to the start of the year.
    fn offset(self) -> i32 {
        i32::from(self.year_starts.clamp(1, 12)) - 1
    }

    fn spell_year(self, year: i32) -> String {
        match self.offset() {
            0 => format!("{year:04}"),
            _ => format!("{year:04}/{:02}", year.saturating_add(1).rem_euclid(100)),
        }
    }

    fn parse_year(self, text: &str) -> Option<i32> {
        match (self.offset(), text.split_once('/')) {
            (0, None) => digits(text, 4),
            (1.., Some((year, next))) => {
                digits(year, 4).filter(|year| digits(next, 2) == Some((year + 1).rem_euclid(100)))
            }
            _ => None,
        }
    }
}

const HOURS_PER_DAY: i32 = 24;

/// The number of days from the first to the middle day of a week.
const TO_MIDDLE: i32 = 3;

const EPOCH: Date = Date::constant(1970, 1, 1);

/// The last day of the calendar, 9999-12-31.
const LAST_DAY: i32 = 2_932_896;

/// The month after the last one of the calendar. Ranges of days that end with the calendar end on its first day.
const END_OF_MONTHS: i32 = 10_000 * 12;

/// The month of a day: `year * 12 + month - 1`.
pub(crate) fn month_of(day: i32) -> i32 {
    if day > LAST_DAY {
        return END_OF_MONTHS;
    }
    let date = civil(day);
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

/// The first day of a month `year * 12 + month - 1`.
pub(crate) fn first_of_month(month: i32) -> i32 {
    if month >= END_OF_MONTHS {
        return LAST_DAY + 1;
    }
    let (year, month) = (month.div_euclid(12).max(-9999), month.rem_euclid(12) + 1);
    Date::new(year as i16, month as i8, 1).map_or_else(|_| day_of(Date::MIN), day_of)
}

/// Returns the same day of the month `months` months earlier, or the last day of that month if it is shorter.
pub(crate) fn months_earlier(day: i32, months: i32) -> i32 {
    let day = day.clamp(day_of(Date::MIN), LAST_DAY + 1);
    let month = month_of(day).saturating_sub(months);
    let into_month = day - first_of_month(month_of(day));
    (first_of_month(month) + into_month).min(first_of_month(month.saturating_add(1)) - 1).max(first_of_month(month))
}

fn civil(day: i32) -> Date {
    EPOCH.saturating_add(jiff::Span::new().days(on_calendar(day)))
}

/// The day, clamped to the calendar.
fn on_calendar(day: i32) -> i32 {
    day.clamp(day_of(Date::MIN), day_of(Date::MAX))
}

fn day_of(date: Date) -> i32 {
    (date.duration_since(EPOCH).as_hours() / 24) as i32
}

fn parse_month(text: &str) -> Option<i32> {
    digits(text, 2).filter(|month| (1..=12).contains(month))
}

fn parse_day(year: &str, month: &str, day: &str) -> Option<i32> {
    let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
    Date::new(year as i16, month as i8, day as i8).ok().map(day_of)
}

/// Parses a number of exactly `count` digits.
fn digits(text: &str, count: usize) -> Option<i32> {
    let written = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    written.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const APRIL: Calendar = Calendar { year_starts: 4, week_starts: 1, by_hour: false };
    const SUNDAY: Calendar = Calendar { year_starts: 1, week_starts: 7, by_hour: false };

    fn day(text: &str) -> i32 {
        Calendar::default().parse(text).expect("a day").number
    }

    #[test]
    fn days_count_from_1970() {
        assert_eq!(day("1970-01-01"), 0);
        assert_eq!(day("1969-12-31"), -1);
        assert_eq!(day("2000-03-01"), 11_017);
    }

    #[test]
    fn each_grain_finds_and_spells_the_period_of_a_day() {
        let cases = [
            ("2026-03-31", 1, ["2026-03-31T00", "2026-03-31", "2026-W14", "2026-03", "2026-Q1", "2026-H1", "2026"]),
            (
                "2026-03-31",
                4,
                ["2026-03-31T00", "2026-03-31", "2026-W14", "2026-03", "2025/26-Q4", "2025/26-H2", "2025/26"],
            ),
            (
                "2026-04-01",
                4,
                ["2026-04-01T00", "2026-04-01", "2026-W14", "2026-04", "2026/27-Q1", "2026/27-H1", "2026/27"],
            ),
            ("2027-01-03", 1, ["2027-01-03T00", "2027-01-03", "2026-W53", "2027-01", "2027-Q1", "2027-H1", "2027"]),
            (
                "2024-12-30",
                10,
                ["2024-12-30T00", "2024-12-30", "2025-W01", "2024-12", "2024/25-Q1", "2024/25-H1", "2024/25"],
            ),
            (
                "1999-12-31",
                2,
                ["1999-12-31T00", "1999-12-31", "1999-W52", "1999-12", "1999/00-Q4", "1999/00-H2", "1999/00"],
            ),
        ];
        for (text, year_starts, spellings) in cases {
            let calendar = Calendar { year_starts, ..Calendar::default() };
            for (grain, spelling) in Grain::ALL.into_iter().zip(spellings) {
                assert_eq!(calendar.spell(calendar.period(grain, day(text))), spelling);
            }
        }
    }

    #[test]
    fn periods_have_days() {
        let cases = [
            ("2026-W53", "2026-12-28", "2027-01-04"),
            ("2024-02", "2024-02-01", "2024-03-01"),
            ("2026/27-Q4", "2027-01-01", "2027-04-01"),
            ("2026/27", "2026-04-01", "2027-04-01"),
            ("2026/27-H2", "2026-10-01", "2027-04-01"),
        ];
        for (period, first, end) in cases {
            assert_eq!(APRIL.days(APRIL.parse(period).expect(period)), day(first)..day(end), "{period}");
        }
    }

    #[test]
    fn rejects_texts_that_are_not_periods() {
        for text in [
            "",
            "26",
            "2026-13",
            "2026-00",
            "2026-02-30",
            "2026-W54",
            "2025-W53",
            "2026-Q5",
            "2026-Q0",
            "2025/26",
            "2026-H3",
            "2026-01-01T24",
            "2026-01T09",
        ] {
            assert_eq!(Calendar::default().parse(text), None, "{text}");
        }
        for text in ["2026", "2026-Q1", "2026-H1", "2025/27", "2025/26-Q5"] {
            assert_eq!(APRIL.parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_shorter_month_clips_to_its_last_day() {
        assert_eq!(months_earlier(day("2026-03-31"), 1), day("2026-02-28"));
        assert_eq!(months_earlier(day("2024-03-30"), 1), day("2024-02-29"));
        assert_eq!(months_earlier(day("2024-02-29"), 12), day("2023-02-28"));
        assert_eq!(months_earlier(day("2024-02-29"), -1), day("2024-03-29"));
    }

    #[test]
    fn a_shift_by_iso_years_keeps_week_and_weekday() {
        let earlier = |text| Calendar::default().years_of_weeks_earlier(day(text), 1);
        assert_eq!(earlier("2027-01-03"), day("2025-12-28"), "2025 has 52 weeks");
        assert_eq!(earlier("2026-01-05"), day("2025-01-06"), "W02");
        let hours = Calendar { by_hour: true, ..Calendar::default() };
        assert_eq!(hours.years_of_weeks_earlier(day("2026-01-05") * 24 + 9, 1), day("2025-01-06") * 24 + 9);
    }

    #[test]
    fn a_week_belongs_to_the_year_of_its_thursday() {
        let january = Calendar::default();
        assert_eq!(january.first_week_of_year(day("2027-01-03")), day("2025-12-29"), "2026-W53");
        assert_eq!(january.first_week_of_year(day("2025-12-29")), day("2025-12-29"), "2026-W01");
        // 1 April 2026 is a Wednesday, so its week starts the year. 1 April 2028 is a Saturday, so the next week does.
        assert_eq!(APRIL.first_week_of_year(day("2026-03-30")), day("2026-03-30"));
        assert_eq!(APRIL.first_week_of_year(day("2026-03-29")), day("2025-03-31"));
        assert_eq!(APRIL.first_week_of_year(day("2028-04-02")), day("2027-03-29"));
        assert_eq!(APRIL.first_week_of_year(day("2028-04-03")), day("2028-04-03"));
    }

    #[test]
    fn the_extremes_of_the_calendar_do_not_overflow() {
        for grain in Grain::ALL {
            for number in [i32::MIN, i32::MAX] {
                let period = Period { grain, number };
                let _ = (APRIL.spell(period), APRIL.days(period), APRIL.period(grain, number));
            }
        }
        let _ = (months_earlier(i32::MAX, i32::MIN), APRIL.years_of_weeks_earlier(i32::MIN, i32::MAX));
    }

    #[test]
    fn the_day_after_the_calendar_begins_the_next_period() {
        let last = day("9999-12-31");
        assert_eq!((LAST_DAY, LAST_DAY), (last, day_of(Date::MAX)));
        for grain in Grain::ALL.into_iter().filter(|grain| *grain != Grain::Hour) {
            for calendar in [Calendar::default(), APRIL, SUNDAY] {
                let period = calendar.period(grain, last);
                let end = calendar.days(period).end;
                assert!(end > last, "{grain}");
                assert_eq!(calendar.period(grain, end), period.next(), "{grain}");
            }
        }
        assert_eq!(months_earlier(last + 1, 1), day("9999-12-01"));
    }

    #[test]
    fn weeks_can_start_on_sunday() {
        let week = |text| SUNDAY.spell(SUNDAY.period(Grain::Week, day(text)));
        assert_eq!((week("2026-03-01"), week("2026-03-07")), ("2026-W09".into(), "2026-W09".into()));
        assert_eq!((week("2025-12-28"), week("2026-01-03")), ("2025-W53".into(), "2025-W53".into()));
        assert_eq!((week("2026-01-04"), week("2023-01-01")), ("2026-W01".into(), "2023-W01".into()));
        assert_eq!(SUNDAY.parse("2026-W53"), None);
        assert_eq!(SUNDAY.years_of_weeks_earlier(day("2026-01-01"), 1), day("2024-12-26"), "2024 has 52 weeks");
    }

    #[test]
    fn hours_belong_to_days() {
        let hours = Calendar { by_hour: true, ..Calendar::default() };
        let nine = hours.parse("2026-03-31T09").expect("an hour");
        assert_eq!(nine.number, day("2026-03-31") * 24 + 9);
        assert_eq!(hours.days(nine), nine.number..nine.number + 1);
        assert_eq!(Calendar::default().days(nine), day("2026-03-31")..day("2026-03-31"));
        assert_eq!(hours.days(hours.period(Grain::Month, nine.number)).len(), 31 * 24);
        assert_eq!(hours.spell(hours.period(Grain::Day, nine.number)), "2026-03-31");
    }

    proptest! {
        #[test]
        fn spelling_and_days_round_trip(
            day in -700_000..2_900_000,
            year_starts in 1u8..=12,
            week_starts in 1u8..=7,
            by_hour: bool,
            grain in 0usize..7,
        ) {
            let calendar = Calendar { year_starts, week_starts, by_hour };
            let at = if by_hour { day * 24 + i32::rem_euclid(day, 24) } else { day };
            let period = calendar.period(Grain::ALL[grain], at);
            prop_assume!(by_hour || period.grain != Grain::Hour);
            prop_assert!(calendar.days(period).contains(&at));
            prop_assert_eq!(calendar.days(period).end, calendar.first_day(period.next()));
            prop_assert_eq!(calendar.parse(&calendar.spell(period)), Some(period));
        }

        #[test]
        fn weeks_from_monday_are_those_of_iso(day in -700_000..2_900_000) {
            let iso = civil(day).iso_week_date();
            let spelled = Calendar::default().spell(Calendar::default().period(Grain::Week, day));
            prop_assert_eq!(spelled, format!("{:04}-W{:02}", iso.year(), iso.week()));
        }

        /// A week has the number of weeks of its year whose middle days come before its own.
        #[test]
        fn weeks_are_numbered_by_their_middle_days(day in -700_000..2_900_000, week_starts in 1u8..=7) {
            let calendar = Calendar { week_starts, ..Calendar::default() };
            let week = calendar.period(Grain::Week, day);
            let first = calendar.days(week).start;
            prop_assert_eq!(i32::from(civil(first).weekday().to_monday_one_offset()), i32::from(week_starts));
            let middle = civil(first + 3);
            let expected = format!("{:04}-W{:02}", middle.year(), (middle.day_of_year() - 1) / 7 + 1);
            prop_assert_eq!(calendar.spell(week), expected);
        }
    }
}
