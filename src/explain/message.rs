//! Turns the cause of a missing value into a sentence that names the dataset, column or formula.

use crate::data::{FailedRows, MeasureId};
use crate::eval::{Evaluation, NoStatus};
use crate::language::{Part, Phrase, Sentence};
use crate::plan::{Step, StepId, StepKind};
use crate::syntax::ast::{Branch, ExprKind};
use crate::value::Cause;

use super::one_line;

/// The sentence for a cause that arose in a step, for one group.
pub(super) fn message(evaluation: &Evaluation, origin: StepId, cause: Cause, group: usize) -> Sentence {
    let step = evaluation.plan.step(origin);
    let what = what(evaluation, step);
    if let Some(rows) = failed_rows(evaluation, step, group).filter(|_| cause.is_failure()) {
        let filters = evaluation.plan.filters.join("`, `");
        let what = if rows.in_filters == rows.rows { format!("`--where {filters}`").into() } else { what };
        return failed(cause, rows.of_cause, what);
    }
    match cause {
        Cause::NoRows => beyond(evaluation, step, group)
            .unwrap_or_else(|| Sentence::new(Phrase::NoRowsHere, [dataset(evaluation, step)])),
        Cause::Blank => Sentence::new(Phrase::BlankCellsOnly, [what]),
        Cause::NoRowsKept => Sentence::new(Phrase::NoRowKept, [what]),
        Cause::DivisionByZero => Sentence::new(Phrase::DivisionByZero, [what]),
        Cause::OutsideData => outside(evaluation, step, group),
        Cause::NoPeriod => Sentence::new(Phrase::NotApplicable, [what]),
        Cause::ManyRows => Sentence::new(Phrase::ManyRows, [what]),
        Cause::NotSplit => not_split(evaluation, step),
        Cause::OutsideCalendar => Sentence::new(Phrase::OutsideCalendar, [what]),
        Cause::NoOffset => Sentence::new(Phrase::OffsetsMixed, [what]),
        Cause::Overflow => Sentence::new(Phrase::TooManyDigits, [what]),
        Cause::Domain => Sentence::new(Phrase::OutsideDomain, [what]),
        Cause::WrongKind => Sentence::new(Phrase::KindsMixed, [what]),
        Cause::Stated => stated(evaluation, step).unwrap_or_else(|| Sentence::new(Phrase::SaysUndefined, [what])),
    }
}

/// The sentence for a value without a status.
pub(super) fn no_status(evaluation: &Evaluation, kpi: usize, group: usize, reason: NoStatus) -> Sentence {
    match reason {
        NoStatus::OtherPeriod => Sentence::plain(bands_per(evaluation, kpi)),
        NoStatus::IncompletePeriod => Sentence::plain(Phrase::IncompletePeriod),
        NoStatus::NoPeriod if evaluation.groups[group].total => Sentence::plain(Phrase::NeedsSinglePeriod),
        NoStatus::NoPeriod => Sentence::plain(Phrase::NeedsPeriod),
    }
}

fn bands_per(evaluation: &Evaluation, kpi: usize) -> Phrase {
    match evaluation.plan.kpis[kpi].per.as_deref() {
        Some("day") => Phrase::BandsPerDay,
        Some("week") => Phrase::BandsPerWeek,
        Some("month") => Phrase::BandsPerMonth,
        Some("quarter") => Phrase::BandsPerQuarter,
        _ => Phrase::BandsPerYear,
    }
}

/// The failed rows of an aggregate, if there are any.
fn failed_rows(evaluation: &Evaluation, step: &Step, group: usize) -> Option<FailedRows> {
    let failed = evaluation.measures[measured(step)?.0 as usize].failed[group];
    (failed.rows > 0).then_some(failed)
}

fn failed(cause: Cause, rows: u64, what: Part) -> Sentence {
    let phrase = match (cause, rows) {
        (Cause::DivisionByZero, 1) => Phrase::DivisionByZeroInRow,
        (Cause::DivisionByZero, _) => Phrase::DivisionByZeroInRows,
        (Cause::Overflow, 1) => Phrase::TooManyDigitsInRow,
        (Cause::Overflow, _) => Phrase::TooManyDigitsInRows,
        (Cause::OutsideCalendar, 1) => Phrase::OutsideCalendarInRow,
        (Cause::OutsideCalendar, _) => Phrase::OutsideCalendarInRows,
        (Cause::NoOffset, 1) => Phrase::OffsetsMixedInRow,
        (Cause::NoOffset, _) => Phrase::OffsetsMixedInRows,
        (Cause::Domain, 1) => Phrase::OutsideDomainInRow,
        (Cause::Domain, _) => Phrase::OutsideDomainInRows,
        (_, 1) => Phrase::KindsMixedInRow,
        (_, _) => Phrase::KindsMixedInRows,
    };
    Sentence::new(phrase, [rows.to_string().into(), what])
}

/// The name of a step in a message.
fn what(evaluation: &Evaluation, step: &Step) -> Part {
    let plan = &evaluation.plan;
    Part::Text(match (&step.kind, step.formula) {
        (StepKind::Definition(id) | StepKind::Given(id), _) => format!("`{}`", plan.library.get(*id).name.text),
        (StepKind::Call(id), _) => format!("`{}`", plan.library.function(*id).name.text),
        (_, Some(span)) => format!("`{}`", shortened(plan.sources.text(span))),
        (_, None) => return Part::Phrase(Phrase::TheFormula),
    })
}

/// The maximum number of letters of a formula in a message.
const MAX_LETTERS: usize = 500;

/// The start of a formula in one line: many steps may have the same origin.
fn shortened(formula: &str) -> String {
    match formula.char_indices().nth(MAX_LETTERS) {
        Some((end, _)) => format!("{}…", one_line(&formula[..end])),
        None => one_line(formula),
    }
}

/// The sentence for a formula `if condition then value else undefined` whose condition is false.
fn stated(evaluation: &Evaluation, step: &Step) -> Option<Sentence> {
    let plan = &evaluation.plan;
    let formula = match step.kind {
        StepKind::Definition(id) => plan.library.get(id).formula.as_ref()?,
        StepKind::Call(id) => &plan.library.function(id).body,
        _ => return None,
    };
    match &*formula.kind {
        ExprKind::If { branches, otherwise } if matches!(*otherwise.kind, ExprKind::Undefined) => {
            let [Branch { condition, .. }] = &branches[..] else { return None };
            let condition = format!("`{}`", shortened(plan.sources.text(condition.span)));
            Some(Sentence::new(Phrase::ConditionFails, [what(evaluation, step), condition.into()]))
        }
        _ => None,
    }
}

fn dataset(evaluation: &Evaluation, step: &Step) -> Part {
    match measured(step) {
        Some(measure) => {
            let at = evaluation.plan.request.measures[measure.0 as usize].dataset;
            format!("`{}`", evaluation.plan.datasets[at]).into()
        }
        None => what(evaluation, step),
    }
}

fn measured(step: &Step) -> Option<MeasureId> {
    match step.kind {
        StepKind::Measure(measure) => measure,
        _ => None,
    }
}

fn outside(evaluation: &Evaluation, step: &Step, group: usize) -> Sentence {
    match measured(step) {
        Some(_) => beyond(evaluation, step, group)
            .unwrap_or_else(|| Sentence::new(Phrase::NoDataThere, [dataset(evaluation, step)])),
        None => Sentence::new(Phrase::OutsideData, [what(evaluation, step)]),
    }
}

/// The sentence for an aggregate whose days are all before or all after the data. It is the same for all such periods,
/// so that a table can print it once.
fn beyond(evaluation: &Evaluation, step: &Step, group: usize) -> Option<Sentence> {
    let measure = measured(step)?;
    let at = evaluation.plan.request.measures[measure.0 as usize].dataset;
    let name = dataset(evaluation, step);
    match (evaluation.measures[measure.0 as usize].ranges[group], evaluation.extents[at]) {
        (Some((_, end)), Some((first, _))) if end <= first => {
            Some(Sentence::new(Phrase::NoRowsBefore, [name, day(evaluation, first)]))
        }
        (Some((start, _)), Some((_, last))) if start > last => {
            Some(Sentence::new(Phrase::NoRowsAfter, [name, day(evaluation, last)]))
        }
        _ => None,
    }
}

fn day(evaluation: &Evaluation, day: i32) -> Part {
    Part::Day(evaluation.plan.request.calendar.spell_time(day))
}

/// The sentence for a missing column: a group column, the time, or a column of a condition.
fn not_split(evaluation: &Evaluation, step: &Step) -> Sentence {
    let request = &evaluation.plan.request;
    let Some(measure) = measured(step) else {
        return Sentence::new(Phrase::LacksColumnOfCondition, [what(evaluation, step)]);
    };
    let measure = &request.measures[measure.0 as usize];
    let dataset = &request.datasets[measure.dataset];
    let name = format!("`{}`", evaluation.plan.datasets[measure.dataset]);
    match dataset.lacking(&measure.dropped) {
        Some(at) => Sentence::new(Phrase::LacksColumn, [name, format!("`{}`", request.by[at])]),
        None => Sentence::new(Phrase::LacksDates, [name]),
    }
}
