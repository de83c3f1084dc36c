//! Computes inner groups, and aggregates their values in the groups around them.

mod candidates;
mod column;
mod index;
mod members;
mod outer;

use std::collections::HashMap;

use indexmap::IndexSet;

use crate::data::{Aggregated, Calendar, ColumnType, Grain, Group, MeasureColumn, MeasureId, Request, Source};
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::plan::inner::{Input, PlannedEach};
use crate::program::Program;
use crate::value::Cause;
pub(super) use candidates::datasets_read;
use column::key_value;
pub(super) use column::without_rows;
pub(crate) use members::{Kept, Member, Members};
use outer::Outer;

/// The inputs of formulas over groups: the measures, followed by the other inputs.
pub(super) struct Inputs {
    pub columns: Vec<MeasureColumn>,
    /// For each input that is not a measure, the inner groups that it aggregates.
    pub each: Vec<Option<Members>>,
    /// The inputs that cannot be computed.
    pub refused: Vec<(u32, Diagnostic)>,
}

/// Inner groups with the inputs of their formulas.
#[derive(Debug, Default)]
pub(crate) struct InnerResult {
    pub groups: Vec<Group>,
    pub columns: Vec<MeasureColumn>,
    /// The first and the last day of each dataset.
    pub extents: Vec<Option<(i32, i32)>>,
    /// The period of its request.
    pub period: Option<(i32, i32)>,
    /// Notes about the data, and data that could not be read.
    pub notes: Vec<Diagnostic>,
    pub unread: Vec<Diagnostic>,
    refused: Vec<(u32, Diagnostic)>,
}

/// Computes the inner groups of a plan, by position in it. `around` is the request for the groups of the result.
///
/// # Errors
/// A limit that is reached, or a source that cannot answer.
pub(super) fn results(
    plan: &Plan,
    source: &dyn Source,
    around: &Request,
    groups: &[Group],
) -> Result<Vec<InnerResult>, Vec<Diagnostic>> {
    let mut answers = answers(plan, source, around, groups)?;
    let mut results: Vec<InnerResult> = plan.inner.iter().map(|_| InnerResult::default()).collect();
    for at in by_level(plan).into_iter().rev() {
        let (request, aggregated) = &mut answers[at];
        let (aggregated, inner, period) = (std::mem::take(aggregated), &plan.inner[at], request.period);
        let Aggregated { groups, measures, extents, notes, unread, refused } = aggregated;
        let around = Around { groups: &groups, request, extents: &extents, program: &inner.program };
        let inputs = around.inputs(plan, &inner.inputs, measures, &refused, &results);
        let Inputs { columns, refused, .. } = inputs.map_err(|limit| vec![limit])?;
        results[at] = InnerResult { groups, columns, extents, period, notes, unread, refused };
    }
    Ok(results)
}

/// The positions of inner groups, those of the result first and the innermost last.
fn by_level(plan: &Plan) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..plan.inner.len()).collect();
    positions.sort_by_key(|&at| plan.inner[at].level);
    positions
}

/// Aggregates the measures of all inner groups. Those that have the periods of the groups around them have all of
/// these, whatever data they read. Rows that hold over an interval are in force in all inner periods of the result.
fn answers(
    plan: &Plan,
    source: &dyn Source,
    around: &Request,
    groups: &[Group],
) -> Result<Vec<(Request, Aggregated)>, Vec<Diagnostic>> {
    let mut axes = Axes::default();
    axes.add(groups, around);
    let mut answers: Vec<(Request, Aggregated)> =
        plan.inner.iter().map(|inner| (inner.request.clone(), Aggregated::default())).collect();
    for at in by_level(plan) {
        let (request, answer) = &mut answers[at];
        (request.budget, request.threads) = (around.budget.clone(), around.threads);
        let holds = request.datasets.iter().any(|dataset| dataset.end.is_some());
        if request.period.is_none() && request.grain.is_some() {
            request.period = match plan.inner[at].follows_period {
                true => axes.of(request),
                false => axes.whole(request).filter(|_| holds),
            };
        }
        *answer = source.aggregate(request)?;
        super::answer::check(request, answer).map_err(|problem| vec![problem])?;
        plan.check_groups(answer.groups.len(), Some(at)).map_err(|limit| vec![limit])?;
        axes.add(&answer.groups, request);
    }
    Ok(answers)
}

/// The time that the groups around inner groups cover.
#[derive(Default)]
struct Axes {
    of_grain: HashMap<Grain, (i32, i32)>,
    /// The days of the result, with the number of times in a day.
    result: Option<((i32, i32), i32)>,
}

impl Axes {
    fn add(&mut self, groups: &[Group], request: &Request) {
        // Neighbors mostly share their period.
        for same in groups.chunk_by(|a, b| a.period == b.period) {
            let Some(period) = same[0].period else { continue };
            let days = request.calendar.days(period);
            let (start, end) = self.of_grain.entry(period.grain).or_insert((days.start, days.end));
            (*start, *end) = (days.start.min(*start), days.end.max(*end));
        }
        if self.result.is_none() {
            let days = request.grain.and_then(|grain| self.of_grain.get(&grain));
            self.result = days.map(|days| (*days, request.calendar.ticks_per_day()));
        }
    }

    /// The periods of the grain of a request.
    fn of(&self, request: &Request) -> Option<(i32, i32)> {
        self.of_grain.get(&request.grain?).copied()
    }

    /// The time of all groups of the result, in the times of a request.
    fn whole(&self, request: &Request) -> Option<(i32, i32)> {
        let ((start, end), ticks) = self.result?;
        let scale = request.calendar.ticks_per_day() / ticks;
        (scale > 0).then_some((start.saturating_mul(scale), end.saturating_mul(scale)))
    }
}

/// The notes about data and the data that could not be read, each once.
pub(super) fn once(
    inner: &[InnerResult],
    notes: Vec<Diagnostic>,
    unread: Vec<Diagnostic>,
) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let all = |own: Vec<Diagnostic>, of: fn(&InnerResult) -> &Vec<Diagnostic>| {
        let all: IndexSet<Diagnostic> = own.into_iter().chain(inner.iter().flat_map(of).cloned()).collect();
        all.into_iter().collect()
    };
    (all(notes, |result| &result.notes), all(unread, |result| &result.unread))
}

impl Inputs {
    /// The inputs of the formulas of a result.
    ///
    /// # Errors
    /// A limit that is reached.
    pub fn new(
        plan: &Plan,
        request: &Request,
        measures: Vec<MeasureColumn>,
        answer: &Aggregated,
        inner: &[InnerResult],
    ) -> Result<Self, Diagnostic> {
        let around = Around { groups: &answer.groups, request, extents: &answer.extents, program: &plan.program };
        around.inputs(plan, &plan.inputs, measures, &answer.refused, inner)
    }
}

/// The groups around inner groups.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub groups: &'a [Group],
    pub request: &'a Request,
    /// The first and the last day of each dataset.
    pub extents: &'a [Option<(i32, i32)>],
    /// The formulas over the groups.
    pub program: &'a Program,
}

impl Around<'_> {
    /// Adds the inputs that are not measures to the measures.
    fn inputs(
        self,
        plan: &Plan,
        inputs: &[Input],
        mut columns: Vec<MeasureColumn>,
        refused: &[(MeasureId, Diagnostic)],
        inner: &[InnerResult],
    ) -> Result<Inputs, Diagnostic> {
        let mut refused: Vec<_> = refused.iter().map(|(measure, reason)| (measure.0, reason.clone())).collect();
        let mut each = vec![];
        for input in inputs {
            let slot = columns.len() as u32;
            let (column, members) = match input {
                Input::Key(at, ty) => (self.keys(*at, *ty), None),
                Input::Free => {
                    let undefined = self.groups.iter().map(|_| Err(Cause::Stated)).collect();
                    (without_rows(undefined, self.groups), None)
                }
                Input::Length(length, formula) => {
                    let data = match formula {
                        Some(formula) => self.data(plan, *formula, inputs, inner)?,
                        None => self.all_data(plan, inner, |_| true),
                    };
                    (self.lengths(length, data), None)
                }
                Input::Each(planned) => {
                    refused.extend(reason(plan, planned, inner).map(|reason| (slot, reason)));
                    let (column, members) = Outer { plan, around: self, planned, inner }.aggregated()?;
                    (column, Some(members))
                }
            };
            columns.push(column);
            each.push(members);
        }
        Ok(Inputs { columns, each, refused })
    }

    /// The keys of a grouping column as values.
    fn keys(self, column: usize, ty: ColumnType) -> MeasureColumn {
        let calendar = Calendar { by_hour: false, ..self.request.calendar };
        let key = |group: &Group| group.keys.iter().nth(column).and_then(Option::as_ref).cloned();
        let cell = |group: &Group| key(group).map_or(Err(Cause::Blank), |key| key_value(&key, ty, calendar));
        without_rows(self.groups.iter().map(cell).collect(), self.groups)
    }
}

/// Why an aggregate cannot be computed, if it cannot.
fn reason(plan: &Plan, planned: &PlannedEach, inner: &[InnerResult]) -> Option<Diagnostic> {
    planned.values().find_map(|values| {
        let slots = plan.inner[values.inner].program.slots_below(values.nodes());
        let mut refused = inner[values.inner].refused.iter();
        refused.find(|(slot, _)| slots.contains(slot)).map(|(_, reason)| reason.clone())
    })
}

/// The number of times of inner groups in one of the groups around them: 24 for hours in days.
pub(super) fn ticks(around: &Request, inner: &Request) -> i32 {
    inner.calendar.ticks_per_day() / around.calendar.ticks_per_day()
}

/// A range of days as a range of hours, if inner groups count in hours.
pub(super) fn scaled(days: &std::ops::Range<i32>, ticks: i32) -> std::ops::Range<i32> {
    let scaled = |day: i32| if day == crate::data::BEGINNING || day == crate::data::END { day } else { day * ticks };
    scaled(days.start)..scaled(days.end)
}
