//! Collects the days of a column of dates, and finds gaps between them.

use std::collections::BTreeMap;

use crate::data::{Calendar, Grain, Period};
use crate::value::Date;

/// The different days of a column that are remembered. Gaps are not looked for in a column with more.
pub const MAX_DAYS: usize = 100_000;

/// The periods from the first to the last, below which nothing is a gap.
const MIN_PERIODS: i32 = 5;

/// The days below which a daily series has no gaps.
const MIN_DAYS: i32 = 14;

/// The dates of a column.
#[derive(Debug, Default)]
pub(in crate::describe) struct Days {
    /// The first and the last date.
    pub range: Option<[Date; 2]>,
    /// The number of rows of each day.
    days: BTreeMap<i32, u64>,
    is_full: bool,
}

/// Periods without rows between periods with rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::describe) struct Gaps {
    pub grain: Grain,
    /// The first and the last period of each gap.
    pub gaps: Vec<[Period; 2]>,
    /// The number of missing periods.
    pub missing: u64,
}

impl Days {
    /// Adds the date of a row. Returns true if its day is new.
    pub fn add(&mut self, date: Date) -> bool {
        let [first, last] = self.range.unwrap_or([date, date]);
        self.range = Some([first.min(date), last.max(date)]);
        if let Some(count) = self.days.get_mut(&date.day()) {
            *count += 1;
            return false;
        }
        self.is_full |= self.days.len() >= MAX_DAYS;
        if !self.is_full {
            self.days.insert(date.day(), 1);
        }
        !self.is_full
    }

    /// Returns true if nearly all days have the same number of rows, as in a table with a row for each day and channel, and
    /// hardly a period is missing. A longer break is one that somebody decided.
    pub fn lack_few(&self, gaps: &Gaps) -> bool {
        let mut days: BTreeMap<u64, usize> = BTreeMap::new();
        self.days.values().for_each(|count| *days.entry(*count).or_default() += 1);
        let are_steady = days.values().any(|usual| usual * 20 >= self.days.len() * 19);
        are_steady && self.are_few(gaps, 20)
    }

    /// Returns true if there are rows from the start of the first to the end of the last of these periods.
    pub fn have_rows(&self, [first, last]: [Period; 2]) -> bool {
        let calendar = Calendar::default();
        self.days.range(calendar.first_day(first)..calendar.first_day(last.next())).next().is_some()
    }

    /// The number of days from the first to the last.
    pub fn span(&self) -> i32 {
        self.range.map_or(0, |[first, last]| last.day() - first.day() + 1)
    }

    /// Periods of a column of periods, or days, weeks or months of a column of days, that are missing although almost all
    /// others have rows.
    pub fn gaps(&self, grain: Option<Grain>) -> Option<Gaps> {
        if self.is_full || self.days.len() < 3 {
            return None;
        }
        if let Some(grain) = grain.or_else(|| self.regular_grain()) {
            return self.missing(grain, |_| true).filter(|gaps| self.are_few(gaps, 5));
        }
        let daily = self.daily_gaps();
        daily.or_else(|| [Grain::Week, Grain::Month].into_iter().find_map(|grain| self.unlikely_gaps(grain, |_| true)))
    }

    /// Returns true if at most one in `of` periods is missing, of enough periods.
    fn are_few(&self, gaps: &Gaps, of: u64) -> bool {
        let periods = self.span_in(gaps.grain);
        periods >= MIN_PERIODS && gaps.missing * of <= periods as u64
    }

    /// Weeks if all days are the same day of the week, months if all are the same day of the month, or the last.
    fn regular_grain(&self) -> Option<Grain> {
        let calendar = Calendar::default();
        let day_of = |day: i32, grain| day - calendar.first_day(calendar.period(grain, day));
        let are_equal = |grain| {
            let mut days = self.days.keys().map(|day| day_of(*day, grain));
            let first = days.next();
            days.all(|day| Some(day) == first)
        };
        let ends_month = |day: &i32| day_of(day + 1, Grain::Month) == 0;
        if are_equal(Grain::Month) || self.days.keys().all(ends_month) {
            let year = are_equal(Grain::Year) && self.days.len() > 1;
            return Some(if year { Grain::Year } else { Grain::Month });
        }
        are_equal(Grain::Week).then_some(Grain::Week)
    }

    fn span_in(&self, grain: Grain) -> i32 {
        let calendar = Calendar::default();
        let number = |date: Date| calendar.period(grain, date.day()).number;
        self.range.map_or(0, |[first, last]| number(last) - number(first) + 1)
    }

    /// The periods without rows among those that `is_expected` selects by their first day.
    fn missing(&self, grain: Grain, is_expected: impl Fn(i32) -> bool) -> Option<Gaps> {
        let calendar = Calendar::default();
        let mut present: Vec<i32> = self.days.keys().map(|day| calendar.period(grain, *day).number).collect();
        present.dedup();
        let mut gaps: Vec<[Period; 2]> = vec![];
        let mut count = 0;
        for pair in present.windows(2) {
            let between = pair[0] + 1..pair[1];
            let period = |number| Period { grain, number };
            let expected =
                between.clone().filter(|number| is_expected(calendar.first_day(period(*number)))).collect::<Vec<_>>();
            if let [first, .., last] | [first @ last] = expected[..] {
                gaps.push([period(first), period(last)]);
                count += expected.len() as u64;
            }
        }
        (count > 0).then_some(Gaps { grain, gaps, missing: count })
    }

    /// Missing days of a series with rows on nearly every day, or on nearly every working day.
    fn daily_gaps(&self) -> Option<Gaps> {
        if self.span() < MIN_DAYS {
            return None;
        }
        let mut rows = [0_u64; 7];
        self.days.iter().for_each(|(day, count)| rows[weekday(*day)] += count);
        let usual: u64 = rows.iter().sum::<u64>() / 7;
        self.unlikely_gaps(Grain::Day, |day| rows[weekday(day)] * 5 >= usual)
    }

    /// Gaps that are too long to be chance, given the number of rows in a period, in a series in which nine in ten
    /// periods have rows.
    fn unlikely_gaps(&self, grain: Grain, is_expected: impl Fn(i32) -> bool) -> Option<Gaps> {
        let found = self.missing(grain, is_expected)?;
        if !self.are_few(&found, 10) {
            return None;
        }
        let present = self.present(grain);
        let expected = present + found.missing;
        let rows: u64 = self.days.values().sum();
        // If rows came by chance, two in a period on average would leave out one in seven.
        if rows < 2 * expected && present * 20 >= 19 * expected {
            return Some(found);
        }
        // The chance of a period without rows is e^-mean. A gap of `length` counts if `expected` * e^(-mean * length) is
        // below 1 in 100: mean * length > ln(100 * expected), with ln x = 0.693 * log2 x.
        let is_unlikely = |gap: &&[Period; 2]| {
            let length = (gap[1].number - gap[0].number + 1) as u64;
            let bits = u64::from((100 * expected).ilog2()) + 1;
            rows * length * 1_000 > expected * bits * 693
        };
        let gaps: Vec<[Period; 2]> = found.gaps.iter().filter(is_unlikely).copied().collect();
        let missing = gaps.iter().map(|gap| (gap[1].number - gap[0].number + 1) as u64).sum();
        (missing > 0).then_some(Gaps { grain, gaps, missing })
    }

    /// The number of periods with rows.
    fn present(&self, grain: Grain) -> u64 {
        let calendar = Calendar::default();
        let mut periods: Vec<i32> = self.days.keys().map(|day| calendar.period(grain, *day).number).collect();
        periods.dedup();
        periods.len() as u64
    }
}

/// The day of the week, from 0.
fn weekday(day: i32) -> usize {
    day.rem_euclid(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(days: impl IntoIterator<Item = (i32, u64)>) -> Option<(Grain, Vec<String>)> {
        let mut all = Days::default();
        for (day, rows) in days {
            (0..rows).for_each(|_| {
                all.add(Date::from_day(day));
            });
        }
        let calendar = Calendar::default();
        all.gaps(None).map(|found| (found.grain, found.gaps.iter().map(|gap| calendar.spell(gap[0])).collect()))
    }

    /// Days from 2026-01-01, which is a Thursday.
    const START: i32 = 20_454;

    #[test]
    fn a_missing_month_of_a_monthly_series_is_a_gap() {
        let months = [1, 2, 3, 4, 6, 7].map(|month| crate::value::calendar::first_of_month(2026 * 12 + month - 1));
        assert_eq!(gaps(months.map(|day| (day, 2))), Some((Grain::Month, vec!["2026-05".into()])));
    }

    #[test]
    fn a_missing_week_of_a_weekly_series_is_a_gap() {
        let weeks = (0..20).filter(|week| *week != 7).map(|week| (START + 7 * week, 3));
        assert_eq!(gaps(weeks), Some((Grain::Week, vec!["2026-W08".into()])));
    }

    #[test]
    fn weekends_are_no_gaps_and_a_missing_day_of_many_rows_is() {
        let is_workday = |day: i32| (day - START).rem_euclid(7) != 2 && (day - START).rem_euclid(7) != 3;
        let workdays = || (START..START + 90).filter(|day| is_workday(*day));
        assert_eq!(gaps(workdays().map(|day| (day, 20))), None);
        let missing = workdays().filter(|day| *day != START + 25).map(|day| (day, 20));
        assert_eq!(gaps(missing), Some((Grain::Day, vec!["2026-01-26".into()])));
    }

    #[test]
    fn days_without_rows_by_chance_are_no_gaps() {
        // On average one row on two days: a week without rows in a year is chance.
        let some = (START..START + 365).filter(|day| (day * 7_919) % 2 == 0 && !(100..107).contains(&(day - START)));
        assert_eq!(gaps(some.map(|day| (day, 1))), None);
        assert_eq!(gaps((START..START + 60).map(|day| (day, 1))), None);
    }
}
