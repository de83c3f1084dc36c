//! Limits the periods of a result.

use std::ops::Range;

use super::{Period, Request};
use crate::diagnostic::{Code, Diagnostic};

/// The maximum number of periods of a result. Each of them is computed, with or without rows.
pub const MAX_PERIODS: usize = 1_000_000;

impl Request {
    /// The days of the requested period, extended to whole periods of the axis.
    pub(crate) fn whole_periods(&self) -> Option<Range<i32>> {
        let (grain, (first, end)) = (self.grain?, self.period?);
        let (first, last) = (self.calendar.period(grain, first), self.calendar.period(grain, end - 1));
        Some(self.calendar.first_day(first)..self.calendar.first_day(last.next()))
    }

    /// The numbers of the periods that begin on these days.
    ///
    /// # Errors
    /// If there are more than [`MAX_PERIODS`], or more than the groups that the request allows.
    pub(crate) fn numbered(&self, days: Range<i32>) -> Result<Range<i32>, Diagnostic> {
        let Some(grain) = self.grain else { return Ok(0..0) };
        let number = |day| self.calendar.period(grain, day).number;
        let periods = number(days.start)..number(days.end);
        let most = MAX_PERIODS.min(self.max_groups);
        if periods.len() <= most {
            return Ok(periods);
        }
        let ends = [periods.start, periods.end - 1];
        let [first, last] = ends.map(|number| self.calendar.spell(Period { grain, number }));
        let message = format!(
            "the result has {} periods by {grain}, from {first} to {last}, above the limit of {most}",
            periods.len()
        );
        Err(Diagnostic::error(Code::LimitReached, message)
            .hint("choose a coarser grain, such as `--by month`, or a shorter period: `--period 2026-01..2026-06`"))
    }

    /// Checks the number of periods before any data are read, if the query names them.
    ///
    /// # Errors
    /// See [`numbered`](Self::numbered).
    pub(crate) fn check_periods(&self) -> Result<(), Diagnostic> {
        self.whole_periods().map_or(Ok(()), |days| self.numbered(days).map(drop))
    }
}
