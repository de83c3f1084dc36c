//! Computes the days that a time range around a period covers.
//!
//! The extent is taken around the period, then both of its ends are shifted, months before days. At month grain and
//! coarser, both ends are first days of months, so shifts by months never clip. At finer grains, the first and the last
//! day are shifted, and a day that a shorter month lacks becomes its last day.

use std::ops::Range;

use super::measure::{DatasetRequest, Extent, Request, Shift, TimeRange, WindowUnit};
use crate::value::Cause;
use crate::value::calendar::{Calendar, Grain, Period};

/// The start of a range that has no beginning.
pub const BEGINNING: i32 = i32::MIN;

/// The end of a range that has no end.
pub const END: i32 = i32::MAX;

impl TimeRange {
    /// The current period itself.
    pub const CURRENT: TimeRange = TimeRange {
        shift: Shift { months: 0, days: 0, iso_years: 0, hours: 0 },
        extent: Extent::Period,
        so_far: false,
    };

    /// Returns true if the range requires a period because it moves or widens one. All time moved is all time.
    pub fn needs_period(&self) -> bool {
        match self.extent {
            Extent::All => false,
            Extent::Period | Extent::ToDate => !self.is_unshifted(),
            _ => true,
        }
    }

    /// The same range without a `so far` that has no effect: ranges that cover the same days are equal.
    #[must_use]
    pub fn normalized(self) -> Self {
        Self { so_far: self.ends_with_data(), ..self }
    }

    /// Returns true if the range ends where the data end in the current period, moved by the shift.
    pub fn ends_with_data(&self) -> bool {
        self.so_far && !self.is_unshifted() && self.extent != Extent::All
    }

    /// The same range before its ends are moved.
    fn unshifted(self) -> Self {
        Self { shift: Shift::default(), so_far: false, ..self }
    }

    /// Returns true if the range does not move the ends of its extent.
    pub fn is_unshifted(&self) -> bool {
        self.shift == Shift::default()
    }
}

impl Calendar {
    /// Returns the first day that a range around a period covers and the day after the last one. Open ends are
    /// `BEGINNING` and `END`.
    ///
    /// ```
    /// # use yardstick::Calendar;
    /// # use yardstick::backend::{Extent, Shift, TimeRange};
    /// let calendar = Calendar::default();
    /// let february = calendar.parse("2025-02").expect("a month");
    /// let year_ago = TimeRange { shift: Shift { months: 12, ..Shift::default() }, ..TimeRange::CURRENT };
    /// assert_eq!(calendar.range(february, year_ago).len(), 29);
    /// ```
    pub fn range(self, period: Period, range: TimeRange) -> Range<i32> {
        if range.extent == Extent::All {
            return BEGINNING..END;
        }
        let extent = self.extent(period, range.extent);
        let by_months = period.grain.months().is_some();
        let end = self.shift_end(extent.end, range.shift, by_months);
        match range.extent {
            Extent::ToDate => BEGINNING..end,
            _ => self.shift_day(extent.start, range.shift)..end,
        }
    }

    fn extent(self, period: Period, extent: Extent) -> Range<i32> {
        let days = self.days(period);
        let start = match extent {
            Extent::Period => days.start,
            Extent::Window(count, unit) => self.window_start(period.grain, days.end, count, unit),
            Extent::PeriodToDate(grain) => self.to_date_start(period.grain, grain, days.end),
            Extent::ToDate | Extent::All => BEGINNING,
        };
        start..days.end
    }

    /// The first day of the enclosing period. A week that straddles two periods belongs to the one that contains its
    /// last day.
    fn to_date_start(self, grain: Grain, enclosing: Grain, end: i32) -> i32 {
        match (grain, enclosing) {
            (Grain::Week, Grain::Year) => self.first_week_of_year(end - 1),
            _ => self.first_day(self.period(enclosing, end - 1)),
        }
    }

    /// The first day of a window that ends before the day `end`.
    fn window_start(self, grain: Grain, end: i32, count: u32, unit: WindowUnit) -> i32 {
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        match unit {
            WindowUnit::Hours => end.saturating_sub(count),
            WindowUnit::Days => end.saturating_sub(count.saturating_mul(self.ticks_per_day())),
            WindowUnit::Months if grain.months().is_some() => self.months_earlier(end, count),
            WindowUnit::Months => self.months_earlier(end - 1, count).saturating_add(1),
            WindowUnit::IsoYears => self.years_of_weeks_earlier(end - 1, count).saturating_add(1),
        }
    }

    /// Shifts the end of a range. If ranges end on first days of months, the end itself is shifted, otherwise the last
    /// day.
    fn shift_end(self, end: i32, shift: Shift, by_months: bool) -> i32 {
        match by_months {
            true => self.shift_day(end, shift),
            false => self.shift_day(end - 1, shift).saturating_add(1),
        }
    }

    /// Moves the days of a period that end with the data. Whole months stay whole months: if the days end with a month and
    /// ranges end with months, so do the moved ones.
    fn shifted(self, grain: Grain, days: &Range<i32>, shift: Shift) -> Range<i32> {
        let start = if days.start == BEGINNING { BEGINNING } else { self.shift_day(days.start, shift) };
        let ends_month = self.first_day(self.period(Grain::Month, days.end)) == days.end;
        start..self.shift_end(days.end, shift, ends_month && grain.months().is_some()).max(start)
    }

    fn shift_day(self, day: i32, shift: Shift) -> i32 {
        let day = if shift.months == 0 { day } else { self.months_earlier(day, shift.months) };
        let day = if shift.iso_years == 0 { day } else { self.years_of_weeks_earlier(day, shift.iso_years) };
        day.saturating_sub(shift.days.saturating_mul(self.ticks_per_day())).saturating_sub(shift.hours)
    }
}

impl Request {
    /// Returns the days that a range covers around a period. Without a period, these are the requested days, or else
    /// those of the axis. `end` is the day after the last one of the data.
    ///
    /// # Errors
    /// The cause if the range needs a period.
    pub(crate) fn days(
        &self,
        range: TimeRange,
        period: Option<Period>,
        axis: Option<Range<i32>>,
        end: Option<i32>,
    ) -> Result<Range<i32>, Cause> {
        let asked = self.period.map(|(first, end)| first..end);
        let current = || asked.clone().or(axis).unwrap_or(BEGINNING..END);
        // A single period that does not limit the rows only gives moved and widened ranges their meaning.
        let is_all = self.grain.is_none() && asked.is_none() && range == TimeRange::CURRENT;
        let period = period.filter(|_| !is_all);
        match (period, range.extent) {
            (_, Extent::All) => Ok(BEGINNING..END),
            (Some(period), _) => Ok(self.covered(period, range, end)),
            _ if range.needs_period() => Err(Cause::NoPeriod),
            (None, Extent::ToDate) => Ok(BEGINNING..current().end),
            (None, _) => Ok(current()),
        }
    }

    /// Returns the days that a range around a period of the result covers, limited by `--period`. `end` is the day after
    /// the last one that the dataset reaches, which ends ranges that are `so_far`: the one after
    /// [`Aggregated::extents`](super::Aggregated).
    ///
    /// No range but all time covers days after `--period`, and a period that it cuts covers only the days within it.
    /// Windows, periods to date and shifted ranges also cover days before `--period`. Windows of days are counted back
    /// from the end, except for windows of whole weeks by week. A range that is `so_far` covers the days that it would
    /// cover without the shift, moved by the shift.
    pub fn covered(&self, period: Period, range: TimeRange, end: Option<i32>) -> Range<i32> {
        if range.ends_with_data() {
            let mut days = self.covered(period, range.unshifted(), None);
            days.end = days.end.min(end.unwrap_or(END)).max(days.start);
            return match days.is_empty() {
                true => days.start..days.start,
                false => self.calendar.shifted(period.grain, &days, range.shift),
            };
        }
        let days = self.calendar.range(period, range);
        let asked = self.period.filter(|_| range.extent != Extent::All);
        let Some((first, last_end)) = asked else { return days };
        let end = days.end.min(last_end);
        let start = match range.extent {
            _ if !range.is_unshifted() => days.start,
            Extent::Period => days.start.max(first),
            Extent::Window(_, WindowUnit::Hours) => days.start.saturating_sub(days.end - end),
            Extent::Window(count, WindowUnit::Days) if period.grain != Grain::Week || count % 7 != 0 => {
                days.start.saturating_sub(days.end - end)
            }
            _ => days.start,
        };
        start..end.max(start)
    }

    /// Returns true if `--period` cuts off days of a range around a period of the result.
    pub(crate) fn cuts(&self, period: Period, range: TimeRange) -> bool {
        let range = if range.so_far { range.unshifted() } else { range };
        self.covered(period, range, None) != self.calendar.range(period, range)
    }
}

impl Request {
    /// The days of the rows of a dataset that the result can use, if they are known before a row is read: those of the
    /// requested period, and those around it that measures cover. Rows on other days only tell how far the data reach.
    ///
    /// None if any row may count: without a requested period, for all time, and if times are counted in hours. Also if rows
    /// hold over an interval or look up others, whose messages are about all rows.
    pub(crate) fn usable_days(&self, at: usize) -> Option<Range<i32>> {
        let dataset = &self.datasets[at];
        let is_plain = dataset.end.is_none() && dataset.rows.lookups.is_empty() && !self.calendar.by_hour;
        let asked = self.period.filter(|_| is_plain && dataset.time.is_some())?;
        let own = || self.measures.iter().filter(|measure| measure.dataset == at);
        let totals = own().filter_map(|measure| measure.total.filter(|_| self.totals));
        let ranges = own().map(|measure| measure.range).chain(totals);
        let mut usable = asked.0..asked.1;
        for range in ranges {
            match range.extent {
                Extent::All => return None,
                Extent::ToDate => usable.start = BEGINNING,
                _ => {}
            }
            for period in self.outer_periods(asked).into_iter().chain(self.single) {
                let days = self.covered(period, range, None);
                usable = usable.start.min(days.start)..usable.end.max(days.end);
            }
        }
        Some(usable)
    }

    /// The first and the last period of the axis over some days, if there is one. Periods in between cover no days before
    /// or after those of both.
    fn outer_periods(&self, (first, end): (i32, i32)) -> Vec<Period> {
        let Some(grain) = self.grain else { return vec![] };
        vec![self.calendar.period(grain, first), self.calendar.period(grain, end - 1)]
    }
}

impl DatasetRequest {
    /// The first and the last day that the dataset reaches, if these are those that its rows represent.
    pub(crate) fn reached(&self, days: Option<(i32, i32)>) -> Option<(i32, i32)> {
        let (first, last) = days?;
        Some((first, last.max(self.data_end.map_or(last, |end| end - 1))))
    }
}

/// Returns the coarsest grain, up to this one, of which `--period` cuts no period.
pub fn uncut_grain(calendar: Calendar, grain: Grain, period: Option<(i32, i32)>) -> Grain {
    let Some((first, end)) = period else { return grain };
    let nests = |finer: &Grain| finer.nests_in(grain) && (*finer != Grain::Hour || calendar.by_hour);
    let whole =
        |grain: &Grain| [first, end].iter().all(|&day| calendar.days(calendar.period(*grain, day)).start == day);
    Grain::ALL.into_iter().rev().filter(nests).find(whole).unwrap_or(Grain::Day)
}

/// Returns the coarsest grain whose periods no range of the query cuts. Rows can be aggregated by this grain first.
pub fn common_grain(grain: Grain, ranges: impl IntoIterator<Item = TimeRange>) -> Grain {
    ranges.into_iter().map(|range| kept_grain(grain, range)).min().unwrap_or(grain)
}

/// The coarsest grain whose periods one range does not cut.
fn kept_grain(grain: Grain, range: TimeRange) -> Grain {
    match grain {
        Grain::Hour => Grain::Hour,
        Grain::Day => Grain::Day,
        Grain::Week => week_grain(range),
        _ => month_grain(grain, range),
    }
}

fn week_grain(range: TimeRange) -> Grain {
    let whole_extent = match range.extent {
        Extent::Window(days, WindowUnit::Days) => days % 7 == 0,
        Extent::Window(_, WindowUnit::Months | WindowUnit::Hours) => false,
        Extent::PeriodToDate(grain) => matches!(grain, Grain::Week | Grain::Year),
        _ => true,
    };
    let whole_shift = range.shift.months == 0 && range.shift.days % 7 == 0;
    if whole_extent && whole_shift { Grain::Week } else { Grain::Day }
}

fn month_grain(grain: Grain, range: TimeRange) -> Grain {
    let months = grain.months().unwrap_or(1);
    // The coarsest grain, up to this one, whose months divide a count.
    let divides = |finer: &Grain, count: i32| finer.months().is_some_and(|each| each <= months && count % each == 0);
    let whole = |count: i32| Grain::ALL.into_iter().rev().find(|finer| divides(finer, count)).unwrap_or(Grain::Month);
    let by_extent = match range.extent {
        Extent::Window(_, WindowUnit::Hours | WindowUnit::Days | WindowUnit::IsoYears) => Grain::Day,
        Extent::Window(count, WindowUnit::Months) => whole(i32::try_from(count).unwrap_or(1)),
        Extent::PeriodToDate(enclosing) if enclosing >= grain => grain,
        Extent::PeriodToDate(_) => Grain::Day,
        _ => grain,
    };
    let by_shift = match range.shift {
        Shift { days: 0, iso_years: 0, hours: 0, months } => whole(months),
        _ => Grain::Day,
    };
    by_extent.min(by_shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use crate::data::{Aggregate, ColumnId, Dropped, GroupColumn, InForce, Measure, RowProgram, RowSource};

    fn shift(months: i32, days: i32, iso_years: i32) -> Shift {
        Shift { months, days, iso_years, hours: 0 }
    }

    /// Period, shift, extent, first and last day covered.
    type Case = (&'static str, (i32, i32, i32), Extent, &'static str, &'static str);

    const CASES: &[Case] = &[
        ("2025-02", (12, 0, 0), Extent::Period, "2024-02-01", "2024-02-29"),
        ("2026-03", (1, 0, 0), Extent::Period, "2026-02-01", "2026-02-28"),
        ("2026-03", (0, 0, 0), Extent::Window(3, WindowUnit::Months), "2026-01-01", "2026-03-31"),
        ("2026-03", (1, 0, 0), Extent::Window(3, WindowUnit::Months), "2025-12-01", "2026-02-28"),
        ("2026-03", (0, 0, 0), Extent::Window(7, WindowUnit::Days), "2026-03-25", "2026-03-31"),
        ("2026-03", (0, 1, 0), Extent::Period, "2026-02-28", "2026-03-30"),
        ("2026-03", (1, 1, 0), Extent::Period, "2026-01-31", "2026-02-27"),
        ("2026-05", (0, 0, 0), Extent::PeriodToDate(Grain::Year), "2026-01-01", "2026-05-31"),
        ("2026-05", (12, 0, 0), Extent::PeriodToDate(Grain::Quarter), "2025-04-01", "2025-05-31"),
        ("2026-Q2", (3, 0, 0), Extent::Period, "2026-01-01", "2026-03-31"),
        ("2026", (12, 0, 0), Extent::Period, "2025-01-01", "2025-12-31"),
        ("2026-03-31", (1, 0, 0), Extent::Period, "2026-02-28", "2026-02-28"),
        ("2024-03-31", (1, 0, 0), Extent::Period, "2024-02-29", "2024-02-29"),
        ("2026-03-30", (0, 0, 0), Extent::Window(1, WindowUnit::Months), "2026-03-01", "2026-03-30"),
        ("2026-02-28", (0, 0, 0), Extent::Window(1, WindowUnit::Months), "2026-01-29", "2026-02-28"),
        ("2026-03-31", (0, 0, 0), Extent::Window(7, WindowUnit::Days), "2026-03-25", "2026-03-31"),
        ("2026-03-31", (1, 0, 0), Extent::Window(7, WindowUnit::Days), "2026-02-25", "2026-02-28"),
        ("2026-03-31", (0, 0, 0), Extent::Window(12, WindowUnit::Months), "2025-04-01", "2026-03-31"),
        ("2026-03-31", (1, 0, 0), Extent::PeriodToDate(Grain::Month), "2026-02-01", "2026-02-28"),
        ("2026-W14", (0, 7, 0), Extent::Period, "2026-03-23", "2026-03-29"),
        ("2026-W14", (0, 0, 1), Extent::Period, "2025-03-31", "2025-04-06"),
        ("2026-W53", (0, 0, 1), Extent::Period, "2025-12-22", "2025-12-28"),
        ("2026-W02", (0, 0, 0), Extent::PeriodToDate(Grain::Year), "2025-12-29", "2026-01-11"),
        ("2026-W02", (0, 7, 0), Extent::PeriodToDate(Grain::Year), "2025-12-22", "2026-01-04"),
        ("2026-W02", (0, 0, 0), Extent::Window(1, WindowUnit::IsoYears), "2025-01-13", "2026-01-11"),
        ("2026-W14", (0, 0, 0), Extent::Window(28, WindowUnit::Days), "2026-03-09", "2026-04-05"),
        ("2026-W14", (0, 0, 0), Extent::PeriodToDate(Grain::Month), "2026-04-01", "2026-04-05"),
    ];

    #[test]
    fn ranges_follow_the_calendar() {
        let calendar = Calendar::default();
        let day = |text| calendar.parse(text).expect(text).number;
        for &(period, (months, days, iso_years), extent, first, last) in CASES {
            let range = TimeRange { shift: shift(months, days, iso_years), extent, so_far: false };
            let covered = calendar.range(calendar.parse(period).expect(period), range);
            assert_eq!(covered, day(first)..day(last) + 1, "{period} {range:?}");
        }
    }

    /// A request for a measure with a range by a grain, over a period.
    fn request(grain: Option<Grain>, period: (i32, i32), range: TimeRange) -> Request {
        let rows = RowProgram::default();
        let time = Some(GroupColumn::Source(RowSource::Column(ColumnId(0))));
        let dataset = DatasetRequest {
            dataset: 0,
            rows,
            time_name: None,
            time,
            end: None,
            data_end: None,
            by: vec![],
            filters: vec![],
            may_lack_time: false,
            skipped: false,
        };
        let measure = Measure {
            dataset: 0,
            aggregate: Aggregate::Count,
            argument: None,
            distinct: false,
            by: vec![],
            conditions: vec![],
            dropped: Dropped::Columns(vec![]),
            in_force: InForce::AtEnd,
            range,
            total: Some(range),
        };
        let none = Request::none(Calendar::default(), Budget::unlimited());
        let single = Some(none.calendar.period(Grain::Month, period.0)).filter(|month| {
            let days = none.calendar.days(*month);
            (days.start, days.end) == period
        });
        Request {
            datasets: vec![dataset],
            measures: vec![measure],
            grain,
            period: Some(period),
            single,
            totals: true,
            ..none
        }
    }

    #[test]
    fn the_days_of_all_periods_are_usable() {
        let calendar = Calendar::default();
        let day = |text| calendar.parse(text).expect(text).number;
        let shifts =
            CASES.iter().map(|case| shift(case.1.0, case.1.1, case.1.2)).chain([shift(1, 0, 0), shift(0, 5, 0)]);
        let extents: Vec<Extent> = CASES.iter().map(|case| case.2).chain([Extent::ToDate]).collect();
        for shift in shifts {
            for (&extent, so_far) in extents.iter().flat_map(|extent| [(extent, false), (extent, true)]) {
                let range = TimeRange { shift, extent, so_far };
                for (first, last) in
                    [("2026-02-01", "2026-02-28"), ("2025-12-29", "2026-03-04"), ("2026-03-31", "2026-03-31")]
                {
                    for grain in [None, Some(Grain::Day), Some(Grain::Week), Some(Grain::Month), Some(Grain::Quarter)] {
                        let period = (day(first), day(last) + 1);
                        let request = request(grain, period, range);
                        let usable = request.usable_days(0).expect("the period is known");
                        let is_usable =
                            |days: &Range<i32>| days.is_empty() || usable.start <= days.start && days.end <= usable.end;
                        assert!(is_usable(&(period.0..period.1)));
                        let on_axis = (period.0..period.1).map(|day| grain.map(|grain| calendar.period(grain, day)));
                        for (period, end) in on_axis.flat_map(|at| [(at, None), (at, Some(day("2026-02-10")))]) {
                            let days = request.days(range, period.or(request.single), None, end);
                            assert!(
                                days.as_ref().is_ok_and(is_usable) || days.is_err(),
                                "{period:?} {range:?}: {days:?} in {usable:?}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn without_a_period_or_for_all_time_every_day_is_usable() {
        let all = TimeRange { extent: Extent::All, ..TimeRange::CURRENT };
        assert_eq!(request(None, (0, 31), TimeRange::CURRENT).usable_days(0), Some(0..31));
        assert_eq!(request(None, (0, 31), all).usable_days(0), None);
        assert_eq!(Request { period: None, ..request(None, (0, 31), TimeRange::CURRENT) }.usable_days(0), None);
        let by_hour = Calendar { by_hour: true, ..Calendar::default() };
        assert_eq!(Request { calendar: by_hour, ..request(None, (0, 31), TimeRange::CURRENT) }.usable_days(0), None);
    }

    #[test]
    fn fiscal_years_to_date_start_with_the_fiscal_year() {
        let calendar = Calendar { year_starts: 4, ..Calendar::default() };
        let march = calendar.parse("2026-03").expect("a month");
        let range = TimeRange { extent: Extent::PeriodToDate(Grain::Year), ..TimeRange::CURRENT };
        assert_eq!(calendar.range(march, range), calendar.days(calendar.parse("2025/26").expect("a year")));
    }

    #[test]
    fn to_date_has_no_beginning_and_all_has_no_end() {
        let calendar = Calendar::default();
        let march = calendar.parse("2026-03").expect("a month");
        let to_date = TimeRange { shift: shift(1, 0, 0), extent: Extent::ToDate, so_far: false };
        assert_eq!(calendar.range(march, to_date), BEGINNING..calendar.first_day(march));
        let all = TimeRange { shift: shift(1, 0, 0), extent: Extent::All, so_far: false };
        assert_eq!(calendar.range(march, all), BEGINNING..END);
    }

    #[test]
    fn ranges_start_and_end_with_periods_of_the_common_grain() {
        let calendar = Calendar::default();
        for &(period, (months, days, iso_years), extent, ..) in CASES {
            let range = TimeRange { shift: shift(months, days, iso_years), extent, so_far: false };
            let period = calendar.parse(period).expect(period);
            let kept = common_grain(period.grain, [range]);
            let covered = calendar.range(period, range);
            for edge in [covered.start, covered.end] {
                assert_eq!(calendar.first_day(calendar.period(kept, edge)), edge, "{period:?} {range:?} by {kept:?}");
            }
        }
        let previous = TimeRange { shift: shift(3, 0, 0), extent: Extent::Period, so_far: false };
        assert_eq!(common_grain(Grain::Quarter, [TimeRange::CURRENT, previous]), Grain::Quarter);
        assert_eq!(common_grain(Grain::Quarter, [TimeRange { shift: shift(1, 0, 0), ..previous }]), Grain::Month);
    }
}
