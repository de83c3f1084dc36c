//! Infers the period that each row represents from the days of a dataset. Monthly figures are often dated on the first
//! or last day of their month, and weekly figures on one weekday.

use crate::data::{Calendar, Grain, Period};

/// The common properties of all days so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowGrain {
    /// True if all days start a month, a quarter, a half-year, a year.
    begins: [bool; GRAINS.len()],
    /// True if all days end a month, a quarter, a half-year, a year.
    ends: [bool; GRAINS.len()],
    /// The weekdays that occur, one bit each.
    weekdays: u8,
}

const GRAINS: [Grain; 4] = [Grain::Month, Grain::Quarter, Grain::Half, Grain::Year];

impl Default for RowGrain {
    fn default() -> Self {
        Self { begins: [true; GRAINS.len()], ends: [true; GRAINS.len()], weekdays: 0 }
    }
}

impl RowGrain {
    /// Adds a day.
    pub(super) fn add(&mut self, calendar: Calendar, day: i32) {
        for (at, grain) in GRAINS.into_iter().enumerate() {
            let days = calendar.days(calendar.period(grain, day));
            self.begins[at] &= days.start == day;
            self.ends[at] &= days.end.saturating_sub(1) == day;
        }
        self.weekdays |= 1 << calendar.period(Grain::Day, day).number.rem_euclid(7);
    }

    /// Adds the days of another worker.
    pub(super) fn merge(&mut self, other: Self) {
        for at in 0..GRAINS.len() {
            self.begins[at] &= other.begins[at];
            self.ends[at] &= other.ends[at];
        }
        self.weekdays |= other.weekdays;
    }

    /// The days that the rows from the first to the last day represent. `least` is a known period.
    pub(super) fn days_represented(self, calendar: Calendar, days: (i32, i32), least: Option<Grain>) -> (i32, i32) {
        let Some(grain) = self.grain(calendar, days).max(least) else { return days };
        let period = |day| calendar.period(grain, day);
        (calendar.first_day(period(days.0)), calendar.first_day(period(days.1).next()).saturating_sub(1))
    }

    /// The period that rows represent, if it is longer than a day. Two days that start a month are enough evidence; a
    /// shared weekday or starts of quarters may be coincidental, so they need more days.
    fn grain(self, calendar: Calendar, (first, last): (i32, i32)) -> Option<Grain> {
        let apart = |grain| number(calendar.period(grain, last)) - number(calendar.period(grain, first));
        let fits = |at: &usize| {
            let periods = if GRAINS[*at] == Grain::Month { 1 } else { 2 };
            (self.begins[*at] || self.ends[*at]) && apart(GRAINS[*at]) >= periods
        };
        let of_months = (0..GRAINS.len()).rev().find(fits).map(|at| GRAINS[at]);
        let weekly = self.weekdays.count_ones() == 1 && apart(Grain::Week) >= 2;
        of_months.or(weekly.then_some(Grain::Week))
    }
}

fn number(period: Period) -> i64 {
    i64::from(period.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn represented(days: &[&str], year_starts: u8) -> String {
        let calendar = Calendar { year_starts, ..Calendar::default() };
        let day = |text: &&str| calendar.parse(text).expect("a day").number;
        let days: Vec<i32> = days.iter().map(day).collect();
        let mut row_grain = RowGrain::default();
        days.iter().for_each(|&day| row_grain.add(calendar, day));
        let (first, last) = row_grain.days_represented(calendar, (days[0], days[days.len() - 1]), None);
        let spell = |number| calendar.spell(Period { grain: Grain::Day, number });
        format!("{}..{}", spell(first), spell(last))
    }

    #[test]
    fn rows_represent_days_weeks_months_quarters_or_years() {
        let cases: &[(&[&str], u8, &str)] = &[
            (&["2026-01-01", "2026-02-03"], 1, "2026-01-01..2026-02-03"),
            (&["2026-01-01"], 1, "2026-01-01..2026-01-01"),
            (&["2026-01-01", "2026-02-01"], 1, "2026-01-01..2026-02-28"),
            (&["2026-01-31", "2026-02-28"], 1, "2026-01-01..2026-02-28"),
            (&["2026-01-01", "2026-04-01"], 1, "2026-01-01..2026-04-30"),
            (&["2026-01-01", "2026-04-01", "2026-07-01"], 1, "2026-01-01..2026-09-30"),
            (&["2024-04-01", "2025-04-01", "2026-04-01"], 4, "2024-04-01..2027-03-31"),
            // Mondays, and Sundays: the ISO week.
            (&["2026-01-05", "2026-01-12", "2026-01-19"], 1, "2026-01-05..2026-01-25"),
            (&["2026-01-11", "2026-01-18", "2026-01-25"], 1, "2026-01-05..2026-01-25"),
            (&["2026-01-05", "2026-01-12"], 1, "2026-01-05..2026-01-12"),
        ];
        for (days, year_starts, expected) in cases {
            assert_eq!(represented(days, *year_starts), *expected, "{days:?}");
        }
    }

    #[test]
    fn days_seen_by_several_workers_count_together() {
        let calendar = Calendar::default();
        let (mut one, mut other) = (RowGrain::default(), RowGrain::default());
        one.add(calendar, 0);
        other.add(calendar, 31);
        one.merge(other);
        assert_eq!(one.days_represented(calendar, (0, 31), None), (0, 58));
        other.add(calendar, 32);
        one.merge(other);
        assert_eq!(one.days_represented(calendar, (0, 32), None), (0, 32));
    }
}
