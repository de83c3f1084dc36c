//! Turns days into periods and back. Days, ISO weeks, months, quarters and (fiscal) years are integers that can be
//! counted, shifted and formatted.
//!
//! Days are counted from 1970-01-01. All operations are total: a result outside the years -9999 to 9999 is clamped to
//! this range.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use jiff::civil::{Date, ISOWeekDate, Weekday};
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
    /// A day.
    Day,
    /// An ISO week, Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// Three months, starting with the first month of the (fiscal) year.
    Quarter,
    /// Twelve months.
    Year,
}

impl Grain {
    /// All grains, from the finest to the coarsest.
    pub const ALL: [Grain; 5] = [Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Year];

    /// The name in queries: `month`.
    pub fn name(self) -> &'static str {
        match self {
            Grain::Day => "day",
            Grain::Week => "week",
            Grain::Month => "month",
            Grain::Quarter => "quarter",
            Grain::Year => "year",
        }
    }

    /// The grain with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grain| grain.name() == name)
    }

    /// Returns true if a `calendar` item can change the start of its periods. Days and months are never affected.
    pub fn depends_on_calendar(self) -> bool {
        !matches!(self, Self::Day | Self::Month)
    }

    /// The number of months in a period of this grain, if it consists of months.
    pub fn months(self) -> Option<i32> {
        match self {
            Grain::Day | Grain::Week => None,
            Grain::Month => Some(1),
            Grain::Quarter => Some(3),
            Grain::Year => Some(12),
        }
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

/// The month in which years start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Calendar {
    /// The first month of the year, from 1 to 12.
    pub year_starts: u8,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { year_starts: 1 }
    }
}

/// A period of a grain. Consecutive periods have consecutive numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Period {
    /// Its grain.
    pub grain: Grain,
    /// Its number. Days and weeks are counted from the one that contains 1970-01-01. Months are `year * 12 + month -
    /// 1`; quarters and years are counted in the same way from (fiscal) year 0.
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
    /// let calendar = Calendar { year_starts: 4 };
    /// let day = calendar.parse("2026-03-31").expect("a day").number;
    /// assert_eq!(calendar.spell(calendar.period(Grain::Quarter, day)), "2025/26-Q4");
    /// ```
    pub fn period(self, grain: Grain, day: i32) -> Period {
        let number = match grain {
            Grain::Day => day,
            Grain::Week => week_of(day),
            Grain::Month => month_of(day),
            Grain::Quarter => (month_of(day) - self.offset()).div_euclid(3),
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
        match period.grain {
            Grain::Day => number,
            Grain::Week => number.saturating_mul(7).saturating_sub(EPOCH_WEEKDAY),
            Grain::Month => first_of_month(number),
            Grain::Quarter => first_of_month(number.saturating_mul(3).saturating_add(self.offset())),
            Grain::Year => first_of_month(number.saturating_mul(12).saturating_add(self.offset())),
        }
    }

    /// Formats a period: `2026-03-31`, `2026-W13`, `2026-03`, `2026-Q1`, `2026`. If years do not start in January,
    /// years and quarters are formatted as `2025/26` and `2025/26-Q1`.
    pub fn spell(self, period: Period) -> String {
        let number = period.number;
        match period.grain {
            Grain::Day => civil(number).to_string(),
            Grain::Week => spell_week(number),
            Grain::Month => format!("{:04}-{:02}", number.div_euclid(12), number.rem_euclid(12) + 1),
            Grain::Quarter => format!("{}-Q{}", self.spell_year(number.div_euclid(4)), number.rem_euclid(4) + 1),
            Grain::Year => self.spell_year(number),
        }
    }

    /// Parses a period. This is the inverse of [`Calendar::spell`].
    pub fn parse(self, text: &str) -> Option<Period> {
        let period = |grain, number| Some(Period { grain, number });
        if let Some((year, week)) = text.split_once("-W") {
            return period(Grain::Week, parse_week(year, week)?);
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

    /// The Monday of the first week of the year to which the week of a day belongs. A week belongs to the (fiscal) year
    /// of its Thursday, which is the ISO year if years start in January.
    pub(crate) fn first_week_of_year(self, day: i32) -> i32 {
        let thursday = monday_of(day).saturating_add(3);
        monday_of(self.first_day(self.period(Grain::Year, thursday)).saturating_add(3))
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

/// 1970-01-01 was a Thursday, the third day after Monday.
const EPOCH_WEEKDAY: i32 = 3;

const EPOCH: Date = Date::constant(1970, 1, 1);

/// The ISO week of a day, counted from the week of 1970-01-01.
pub(crate) fn week_of(day: i32) -> i32 {
    day.saturating_add(EPOCH_WEEKDAY).div_euclid(7)
}

/// The month of a day: `year * 12 + month - 1`.
pub(crate) fn month_of(day: i32) -> i32 {
    let date = civil(day);
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

/// The first day of a month `year * 12 + month - 1`.
pub(crate) fn first_of_month(month: i32) -> i32 {
    // The month after the last one of the calendar starts on the day after its last day.
    if month >= 10_000 * 12 {
        return day_of(Date::MAX) + 1;
    }
    let (year, month) = (month.div_euclid(12).max(-9999), month.rem_euclid(12) + 1);
    Date::new(year as i16, month as i8, 1).map_or_else(|_| day_of(Date::MIN), day_of)
}

/// Returns the same day of the month `months` months earlier, or the last day of that month if it is shorter.
pub(crate) fn months_earlier(day: i32, months: i32) -> i32 {
    let day = on_calendar(day);
    let month = month_of(day).saturating_sub(months);
    let into_month = day - first_of_month(month_of(day));
    (first_of_month(month) + into_month).min(first_of_month(month.saturating_add(1)) - 1).max(first_of_month(month))
}

/// Returns the same weekday of the same ISO week `years` ISO years earlier. If that year has no week 53, week 52 is
/// used.
pub(crate) fn iso_years_earlier(day: i32, years: i32) -> i32 {
    let date = civil(day).iso_week_date();
    let year = i32::from(date.year()).saturating_sub(years).clamp(-9998, 9998) as i16;
    iso_day(year, date.week(), date.weekday()).or_else(|| iso_day(year, 52, date.weekday())).unwrap_or(day)
}

/// Returns the last week of the year `years` ISO years earlier if that year lacks the given week 53. Returns None if
/// the week exists in that year.
pub(crate) fn without_counterpart(week: Period, years: i32) -> Option<Period> {
    let monday = Calendar::default().days(week).start;
    let earlier = iso_years_earlier(monday, years);
    let differs = civil(monday).iso_week_date().week() != civil(earlier).iso_week_date().week();
    differs.then(|| Calendar::default().period(Grain::Week, earlier))
}

/// The Monday of the week of a day.
fn monday_of(day: i32) -> i32 {
    week_of(day).saturating_mul(7).saturating_sub(EPOCH_WEEKDAY)
}

fn iso_day(year: i16, week: i8, weekday: Weekday) -> Option<i32> {
    ISOWeekDate::new(year, week, weekday).ok().map(|date| day_of(date.date()))
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

fn spell_week(number: i32) -> String {
    let monday = civil(number.saturating_mul(7).saturating_sub(EPOCH_WEEKDAY)).iso_week_date();
    format!("{:04}-W{:02}", monday.year(), monday.week())
}

fn parse_week(year: &str, week: &str) -> Option<i32> {
    let (year, week) = (digits(year, 4)?, digits(week, 2)?);
    iso_day(year as i16, week as i8, Weekday::Monday).map(week_of)
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

    const APRIL: Calendar = Calendar { year_starts: 4 };

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
            ("2026-03-31", 1, ["2026-03-31", "2026-W14", "2026-03", "2026-Q1", "2026"]),
            ("2026-03-31", 4, ["2026-03-31", "2026-W14", "2026-03", "2025/26-Q4", "2025/26"]),
            ("2026-04-01", 4, ["2026-04-01", "2026-W14", "2026-04", "2026/27-Q1", "2026/27"]),
            ("2027-01-03", 1, ["2027-01-03", "2026-W53", "2027-01", "2027-Q1", "2027"]),
            ("2024-12-30", 10, ["2024-12-30", "2025-W01", "2024-12", "2024/25-Q1", "2024/25"]),
            ("1999-12-31", 2, ["1999-12-31", "1999-W52", "1999-12", "1999/00-Q4", "1999/00"]),
        ];
        for (text, year_starts, spellings) in cases {
            let calendar = Calendar { year_starts };
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
        ];
        for (period, first, end) in cases {
            assert_eq!(APRIL.days(APRIL.parse(period).expect(period)), day(first)..day(end), "{period}");
        }
    }

    #[test]
    fn rejects_texts_that_are_not_periods() {
        for text in
            ["", "26", "2026-13", "2026-00", "2026-02-30", "2026-W54", "2025-W53", "2026-Q5", "2026-Q0", "2025/26"]
        {
            assert_eq!(Calendar::default().parse(text), None, "{text}");
        }
        for text in ["2026", "2026-Q1", "2025/27", "2025/26-Q5"] {
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
        assert_eq!(iso_years_earlier(day("2027-01-03"), 1), day("2025-12-28"), "2025 has 52 weeks");
        assert_eq!(iso_years_earlier(day("2026-01-05"), 1), day("2025-01-06"), "W02");
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
        let _ = (months_earlier(i32::MAX, i32::MIN), iso_years_earlier(i32::MIN, i32::MAX));
    }

    proptest! {
        #[test]
        fn spelling_and_days_round_trip(day in -700_000..2_900_000, year_starts in 1u8..=12, grain in 0usize..5) {
            let calendar = Calendar { year_starts };
            let period = calendar.period(Grain::ALL[grain], day);
            prop_assert!(calendar.days(period).contains(&day));
            prop_assert_eq!(calendar.days(period).end, calendar.first_day(period.next()));
            prop_assert_eq!(calendar.parse(&calendar.spell(period)), Some(period));
        }
    }
}
