//! Determines the status, target and flags of each value of a result.

use serde::Serialize;

use super::{Evaluation, inner};
use crate::data::{BEGINNING, END, Grain, InForce, Measure, MeasureId, TimeRange};
use crate::plan::inner::Input;
use crate::plan::{PlannedBand, PlannedKpi, StepId};
use crate::program::NodeId;
use crate::value::{Cause, Cell, Number, Value, ops};

/// One value of a result with its status, target and flags.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome<'e> {
    /// The value, or the cause if it is undefined.
    pub value: Cell,
    /// The band that applies.
    pub band: Option<&'e PlannedBand>,
    /// The target and the distance of the value from it.
    pub target: Option<Target>,
    /// Why there is neither a status nor an attainment, although the card has bands or a target.
    pub no_status: Option<NoStatus>,
    /// Warnings about the value.
    pub flags: Vec<Flag>,
}

/// Why a value has no status, although its KPI has bands or a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NoStatus {
    /// The card's `per` names a different period than that of the value.
    OtherPeriod,
    /// The value accumulates over its period, and the period is incomplete ([`Flag::Partial`]).
    IncompletePeriod,
    /// A bound needs a period, and the query has none.
    NoPeriod,
}

impl NoStatus {
    /// Returns the stable name for programs, such as `other-period`.
    pub fn code(self) -> &'static str {
        match self {
            Self::OtherPeriod => "other-period",
            Self::IncompletePeriod => "incomplete-period",
            Self::NoPeriod => "no-period",
        }
    }
}

/// A target and the distance of a value from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// The target.
    pub value: Number,
    /// Value minus target.
    pub difference: Option<Number>,
    /// Value divided by target.
    pub attainment: Option<Number>,
}

/// A warning about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Flag {
    /// Rows were skipped because a value or a condition was blank.
    Skipped,
    /// Rows failed in a value or a condition. The aggregate over them is undefined, and the formula uses an alternative
    /// instead.
    Failed,
    /// The period or a window is cut off or extends beyond the data.
    Partial,
    /// The value is outside the card's `range`.
    OutOfRange,
}

/// Returns true if days extend beyond those of the data, but not if they have none in common: the undefined value says
/// so.
fn exceeds(days: Option<(i32, i32)>, data: Option<(i32, i32)>) -> bool {
    let (Some((start, end)), Some((first, last))) = (days, data) else { return false };
    let overlaps = start < end && end > first && start <= last;
    overlaps && ((start != BEGINNING && start < first) || (end != END && end - 1 > last))
}

impl PlannedKpi {
    /// Returns the first band whose condition is true. An undefined condition ends the search, because a later band
    /// would be a guess.
    pub(crate) fn band(&self, cell: impl Fn(NodeId) -> Cell) -> Option<&PlannedBand> {
        let undecided = |band: &&PlannedBand| cell(band.condition) != Ok(Value::Boolean(false));
        let first = self.bands.iter().find(undecided)?;
        (cell(first.condition) == Ok(Value::Boolean(true))).then_some(first)
    }
}

impl Evaluation {
    /// Returns a value with its status, target and flags, by positions of KPI and group.
    pub fn outcome(&self, kpi: usize, group: usize) -> Outcome<'_> {
        let (this, group) = self.place(group);
        let planned = &this.plan.kpis[kpi];
        let value = this.value(kpi, group);
        let flags = this.flags(kpi, group, &value);
        let no_status = this.without_status(kpi, group, &flags).filter(|_| value.is_ok());
        let applies = no_status.is_none() && value.is_ok();
        let band = applies.then(|| planned.band(|node| this.cell(node, group))).flatten();
        let target = planned.target.filter(|_| this.is_per(kpi, group));
        let target =
            target.and_then(|target| this.target(planned, target, value.as_ref().ok().filter(|_| applies), group));
        Outcome { value, band, target, no_status, flags }
    }

    fn without_status(&self, kpi: usize, group: usize, flags: &[Flag]) -> Option<NoStatus> {
        let planned = &self.plan.kpis[kpi];
        if planned.target.is_none() && planned.bands.is_empty() && !planned.bounds_need_period {
            return None;
        }
        if !self.is_per(kpi, group) {
            return Some(NoStatus::OtherPeriod);
        }
        if planned.accumulates && !planned.bounds_so_far && flags.contains(&Flag::Partial) {
            return Some(NoStatus::IncompletePeriod);
        }
        let bounds = planned.target.map(|target| self.plan.step(target).node);
        let mut bounds = bounds.into_iter().chain(planned.bands.iter().map(|band| band.condition));
        let needs = planned.bounds_need_period || bounds.any(|node| self.cell(node, group) == Err(Cause::NoPeriod));
        needs.then_some(NoStatus::NoPeriod)
    }

    /// True if the period of the value is the one that the card's `per` names, or the card has no `per`.
    fn is_per(&self, kpi: usize, group: usize) -> bool {
        let Some(per) = &self.plan.kpis[kpi].per else { return true };
        let (request, grain) = (&self.plan.request, Grain::from_name(per));
        match (self.groups[group].period, request.period, grain) {
            (Some(period), _, Some(grain)) => period.grain == grain,
            (None, Some((first, end)), Some(grain)) => {
                request.calendar.days(request.calendar.period(grain, first)) == (first..end)
            }
            _ => false,
        }
    }

    fn target(&self, kpi: &PlannedKpi, target: StepId, value: Option<&Value>, group: usize) -> Option<Target> {
        let Ok(Value::Number(target)) = self.step_value(target, group) else { return None };
        let value = match value {
            Some(Value::Number(value)) => Some(*value),
            _ => None,
        };
        if let Some(nodes) = kpi.compared.filter(|_| value.is_some()) {
            let [difference, attainment] = nodes.map(|node| match self.cell(node, group) {
                Ok(Value::Number(number)) => Some(number),
                _ => None,
            });
            return Some(Target { value: target, difference, attainment });
        }
        Some(Target {
            value: target,
            difference: value.and_then(|value| ops::subtract(value, target).ok()),
            attainment: value.and_then(|value| ops::divide(value, target).ok()),
        })
    }

    /// The warnings about the value of a KPI in a group, both by position. None without a value.
    #[cfg(feature = "cli")]
    pub(crate) fn warnings(&self, kpi: usize, group: usize) -> Vec<Flag> {
        let (this, group) = self.place(group);
        let value = this.value(kpi, group);
        if value.is_ok() { this.flags(kpi, group, &value) } else { vec![] }
    }

    fn flags(&self, kpi: usize, group: usize, value: &Cell) -> Vec<Flag> {
        let mut flags = self.row_flags.get(self, kpi, group);
        if self.is_out_of_range(kpi, group, value) {
            flags.push(Flag::OutOfRange);
        }
        flags
    }

    fn is_out_of_range(&self, kpi: usize, group: usize, value: &Cell) -> bool {
        let (low, high) = self.plan.kpis[kpi].range;
        let Ok(value) = value else { return false };
        let end = |node: Option<NodeId>| node.and_then(|node| self.cell(node, group).ok());
        end(low).is_some_and(|low| *value < low) || end(high).is_some_and(|high| *value > high)
    }

    /// Returns true if the days that a measure covers in a group are cut off by the period of the query, extend beyond
    /// the days of its dataset, or are those `so far`. A `to date` range starts with the data.
    pub fn is_partial(&self, measure: MeasureId, group: usize) -> bool {
        let (this, group) = self.place(group);
        this.lacks_days(measure, group) || this.is_so_far(measure, group)
    }

    /// True if the period of the query cuts off days that a measure covers in a group, or the data do not cover them.
    pub(crate) fn lacks_days(&self, measure: MeasureId, group: usize) -> bool {
        self.is_cut(measure, group) || self.reaches_beyond(measure, group)
    }

    /// True if a measure covers fewer days in a group because the data end in its period.
    fn is_so_far(&self, measure: MeasureId, group: usize) -> bool {
        let (request, days) = (&self.plan.request, self.measures[measure.0 as usize].ranges[group]);
        let measure = &request.measures[measure.0 as usize];
        let range = if self.groups[group].total { measure.total.unwrap_or(measure.range) } else { measure.range };
        self.ends_early(range, group, days)
    }

    /// True if these are not all days of a range, because it ends with the data.
    fn ends_early(&self, range: TimeRange, group: usize, days: Option<(i32, i32)>) -> bool {
        let request = &self.plan.request;
        let period = self.groups[group].period.or(request.single).filter(|_| range.ends_with_data());
        let all = period.map(|period| request.calendar.range(period, TimeRange { so_far: false, ..range }));
        all.zip(days).is_some_and(|(all, (_, end))| end < all.end)
    }

    /// True if the period of the query cuts off days that a measure covers in a group.
    pub(crate) fn is_cut(&self, measure: MeasureId, group: usize) -> bool {
        let request = &self.plan.request;
        let (range, timed) =
            (request.measures[measure.0 as usize].range, self.measures[measure.0 as usize].ranges[group]);
        let period = self.groups[group].period.filter(|_| timed.is_some());
        let Measure { dataset, in_force, .. } = request.measures[measure.0 as usize];
        let ends = |period| (request.covered(period, range, None), request.calendar.range(period, range));
        period.is_some_and(|period| match request.datasets[dataset].end.as_ref().map(|_| (in_force, ends(period))) {
            Some((InForce::AtEnd, (covered, whole))) => covered.end != whole.end,
            Some((InForce::Before, (covered, whole))) => covered.start != whole.start,
            Some((InForce::During, _)) | None => request.cuts(period, range),
        })
    }

    fn reaches_beyond(&self, measure: MeasureId, group: usize) -> bool {
        let dataset = self.plan.request.measures[measure.0 as usize].dataset;
        let (column, extent) = (&self.measures[measure.0 as usize], self.extents[dataset]);
        match self.plan.request.datasets[dataset].end {
            None => exceeds(column.ranges[group], extent),
            // Rows that have started are in force after the last start too, but others may be missing there.
            Some(_) => column.ranges[group]
                .zip(extent)
                .is_some_and(|((_, end), (_, last))| column.rows[group] > 0 && end - 1 > last),
        }
    }

    /// True if the days that inner groups cover in a group are cut off by the period of the query or extend beyond the
    /// data.
    pub(super) fn has_partial_groups(&self, at: u32, group: usize) -> bool {
        let (request, slot) = (&self.plan.request, self.plan.request.measures.len() + at as usize);
        let range = self.measures[slot].ranges[group];
        let Input::Each(planned) = &self.plan.inputs[at as usize] else { return false };
        let period = self.groups[group].period.filter(|_| range.is_some());
        let is_cut =
            period.is_some_and(|period| request.cuts(period, planned.groups.range.unwrap_or(TimeRange::CURRENT)));
        let is_so_far = planned.groups.range.is_some_and(|taken| self.ends_early(taken, group, range));
        let ticks = inner::ticks(request, &self.plan.inner[planned.groups.inner].request);
        let range = range.map(|(start, end)| inner::scaled(&(start..end), ticks)).map(|days| (days.start, days.end));
        is_cut || is_so_far || self.inner[planned.groups.inner].extents.iter().any(|&extent| exceeds(range, extent))
    }
}
