//! Which periods of a result a report shows, and which one is the current one.

use crate::data::Period;
use crate::eval::Evaluation;

/// The maximum number of periods of a report. The last ones are shown.
pub const MAX_PERIODS: usize = 36;

/// The periods that a report shows.
pub struct Shown {
    /// The groups of these periods, in order; a single one if the result has no time.
    pub groups: Vec<usize>,
    /// The periods, in order. Empty if the result has no time.
    pub periods: Vec<ReportPeriod>,
    /// The position of the current period: the last complete one, or the last one if none is complete.
    pub current: usize,
    /// The number of earlier periods that are not shown.
    pub earlier: usize,
}

/// A period of a report.
pub struct ReportPeriod {
    /// The period.
    pub period: Period,
    /// Its spelling in queries: `2026-03`.
    pub name: String,
    /// True if the data or the period of the query end before it does, or begin after it does.
    pub incomplete: bool,
}

impl Shown {
    /// The periods to show: those that the data reach, without the last ones in which none of these KPIs (by position) has a
    /// value, at most [`MAX_PERIODS`].
    pub fn of(evaluation: &Evaluation, kpis: &[usize]) -> Self {
        let request = &evaluation.plan.request;
        let calendar = request.calendar;
        let end = evaluation.extents.iter().flatten().map(|(_, last)| last.saturating_add(1)).max();
        let known = request.datasets.iter().filter_map(|dataset| dataset.data_end).max();
        let end = end.max(known);
        let all = evaluation.groups.iter().enumerate().filter_map(|(at, group)| Some((at, group.period?)));
        // Periods after all data have no values of their own.
        let mut all: Vec<_> = all.filter(|(_, it)| end.is_none_or(|end| calendar.first_day(*it) < end)).collect();
        let has_value = |(group, _): &(usize, Period)| kpis.iter().any(|&kpi| evaluation.value(kpi, *group).is_ok());
        all.truncate(all.iter().rposition(has_value).map_or(all.len(), |last| last + 1));
        if all.is_empty() {
            let groups = if evaluation.groups.is_empty() || request.grain.is_some() { vec![] } else { vec![0] };
            return Self { groups, periods: vec![], current: 0, earlier: 0 };
        }
        let earlier = all.len().saturating_sub(MAX_PERIODS);
        let kept = &all[earlier..];
        let period = |period: Period| {
            let days = calendar.days(period);
            let asked = request.period.is_some_and(|(first, last)| days.start < first || days.end > last);
            let incomplete = asked || end.is_some_and(|end| days.end > end);
            ReportPeriod { period, name: calendar.spell(period), incomplete }
        };
        let periods: Vec<ReportPeriod> = kept.iter().map(|(_, it)| period(*it)).collect();
        let complete = periods.iter().rposition(|period| !period.incomplete);
        let current = complete.unwrap_or(periods.len() - 1);
        Self { groups: kept.iter().map(|(group, _)| *group).collect(), periods, current, earlier }
    }

    /// The current period. None if the result has no time.
    pub fn period(&self) -> Option<&ReportPeriod> {
        self.periods.get(self.current)
    }
}
