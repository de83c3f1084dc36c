//! The lengths of the periods of groups: `period_days()`, `elapsed_days()`.

use std::ops::Range;

use super::inner::{Around, InnerResult, datasets_read, ticks, without_rows};
use crate::data::{BEGINNING, END, Extent, Group, MeasureColumn, Period, Request, TimeRange};
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::plan::inner::{Input, PeriodLength};
use crate::program::NodeId;
use crate::value::{Cause, Cell, Decimal, Number, Value, ops};

/// The first and the last day of some data.
type Days = Option<(i32, i32)>;

/// The earlier first day and the later last day.
fn both(one: Days, other: Days) -> Days {
    match (one, other) {
        (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
        (one, other) => one.or(other),
    }
}

impl Around<'_> {
    /// The days of the datasets that a formula reads; those of all datasets if it reads none.
    ///
    /// # Errors
    /// A limit that is reached.
    pub(super) fn data(
        self,
        plan: &Plan,
        formula: NodeId,
        inputs: &[Input],
        inner: &[InnerResult],
    ) -> Result<Days, Diagnostic> {
        self.request.budget.spend(self.program.nodes().len(), "finding the end of the data")?;
        let read = datasets_read(&self.program.slots_below([formula]), self.request, inputs, plan);
        Ok(self.all_data(plan, inner, |dataset| read.is_empty() || read.contains(&dataset)))
    }

    /// The days of the selected datasets, which are positions in the source.
    pub(super) fn all_data(self, plan: &Plan, inner: &[InnerResult], is_read: impl Fn(usize) -> bool) -> Days {
        let of = |request: &Request, extents: &[Days], ticks: i32| {
            let own = request.datasets.iter().zip(extents).filter(|(dataset, _)| is_read(dataset.dataset));
            let days = own.filter_map(|(_, days)| *days);
            days.map(|(first, last)| Some((first.div_euclid(ticks), last.div_euclid(ticks)))).fold(None, both)
        };
        let inner = plan.inner.iter().zip(inner);
        let inner = inner
            .map(|(inner, result)| of(&inner.request, &result.extents, ticks(self.request, &inner.request).max(1)));
        inner.fold(of(self.request, self.extents, 1), both)
    }

    /// The lengths of the periods of all groups.
    pub(super) fn lengths(self, length: &PeriodLength, data: Days) -> MeasureColumn {
        let axis = self.axis();
        let cell = |group: &Group| self.length(length, group, axis.clone(), data);
        without_rows(self.groups.iter().map(cell).collect(), self.groups)
    }

    /// The days from the first to the last period of the groups.
    fn axis(self) -> Option<Range<i32>> {
        let days = self.groups.iter().filter_map(|group| group.period);
        let days = days.map(|period| self.request.calendar.days(period));
        days.reduce(|all, days| all.start.min(days.start)..all.end.max(days.end))
    }

    fn length(self, length: &PeriodLength, group: &Group, axis: Option<Range<i32>>, data: Days) -> Cell {
        let is_total = group.total && self.request.grain.is_some();
        let range = if is_total { length.total.ok_or(Cause::NoPeriod)? } else { length.range };
        let period = group.period.or(self.request.single);
        let days = match length.elapsed {
            true => self.elapsed(range, period, axis, data)?,
            false => self.whole(range, period, axis)?,
        };
        if days.start == BEGINNING && range.extent == Extent::Period {
            return Err(Cause::NoPeriod);
        }
        let first = if days.start == BEGINNING { data.ok_or(Cause::NoRows)?.0 } else { days.start };
        let end = if days.end == END { data.ok_or(Cause::NoRows)?.1.saturating_add(1) } else { days.end };
        let count = Decimal::from(i64::from(end) - i64::from(first)).max(Decimal::ZERO);
        match self.request.calendar.ticks_per_day() {
            1 => Ok(count.into()),
            hours => ops::divide(Number::exact(count), Number::exact(Decimal::from(hours))).map(Value::Number),
        }
    }

    /// The days that a range covers up to the end of the data.
    fn elapsed(
        self,
        range: TimeRange,
        period: Option<Period>,
        axis: Option<Range<i32>>,
        data: Days,
    ) -> Result<Range<i32>, Cause> {
        let end = data.map(|(_, last)| last.saturating_add(1)).ok_or(Cause::NoRows)?;
        let days = self.request.days(range, period, axis, Some(end))?;
        Ok(days.start..days.end.min(end))
    }

    /// The days that a range covers, whether or not there are data.
    fn whole(self, range: TimeRange, period: Option<Period>, axis: Option<Range<i32>>) -> Result<Range<i32>, Cause> {
        let range = TimeRange { so_far: false, ..range };
        match period {
            Some(period) => Ok(self.request.calendar.range(period, range)),
            None => self.request.days(range, None, axis, None),
        }
    }
}
