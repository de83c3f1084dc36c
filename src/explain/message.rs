//! Says why a value is missing, in a sentence that names the dataset, the column or the formula.

use crate::data::{Dropped, FailedRows, MeasureId};
use crate::diagnostic::Sentence;
use crate::eval::{Evaluation, NoStatus};
use crate::plan::{Step, StepId, StepKind};
use crate::syntax::ast::{Branch, ExprKind};
use crate::value::{Cause, Date};

use super::one_line;

/// The cause that arose in a step, for one group.
pub(super) fn message(evaluation: &Evaluation, origin: StepId, cause: Cause, group: usize) -> Sentence {
    let step = evaluation.plan.step(origin);
    let what = what(evaluation, step);
    if let Some(rows) = failed_rows(evaluation, step, group).filter(|_| cause.is_failure()) {
        let filters = evaluation.plan.filters.join("`, `");
        let what = if rows.in_filters == rows.rows { format!("`--where {filters}`") } else { what };
        return failed(cause, rows.of_cause, what);
    }
    match cause {
        Cause::NoRows => beyond(evaluation, step, group)
            .unwrap_or_else(|| Sentence::new("{} has no rows here", [dataset(evaluation, step)])),
        Cause::Blank => Sentence::new("{} has blank cells only", [what]),
        Cause::NoRowsKept => Sentence::new("no row meets the condition of {}", [what]),
        Cause::DivisionByZero => Sentence::new("division by zero in {}", [what]),
        Cause::OutsideData => outside(evaluation, step, group),
        Cause::NoPeriod => {
            Sentence::new("not applicable: {} needs a single period, and the total covers several", [what])
        }
        Cause::ManyRows => Sentence::new("{} finds more than one row", [what]),
        Cause::NotSplit => not_split(evaluation, step),
        Cause::OutsideCalendar => Sentence::new("{} is a date outside the years 1 to 9999", [what]),
        Cause::NoOffset => Sentence::new("{} compares a moment that has a UTC offset with one that has none", [what]),
        Cause::Overflow => Sentence::new("{} has more than 28 digits", [what]),
        Cause::Domain => Sentence::new("{} is not defined for this number", [what]),
        Cause::WrongKind => Sentence::new("{} mixes numbers, texts or dates", [what]),
        Cause::Stated => stated(evaluation, step).unwrap_or_else(|| Sentence::new("{} says `undefined`", [what])),
    }
}

/// Why a value has no status.
pub(super) fn no_status(evaluation: &Evaluation, kpi: usize, group: usize, reason: NoStatus) -> Sentence {
    let per = evaluation.plan.kpis[kpi].per.as_deref().unwrap_or_default();
    match reason {
        NoStatus::OtherPeriod => Sentence::new("bands are meant {}", [format!("per {per}")]),
        NoStatus::IncompletePeriod => Sentence::plain("incomplete period"),
        NoStatus::NoPeriod if evaluation.groups[group].total => {
            Sentence::plain("its target or a band needs a single period, and the total covers several")
        }
        NoStatus::NoPeriod => Sentence::plain("its target or a band needs a period (add `--by month`)"),
    }
}

/// The rows behind an aggregate that failed.
fn failed_rows(evaluation: &Evaluation, step: &Step, group: usize) -> Option<FailedRows> {
    let failed = evaluation.measures[measured(step)?.0 as usize].failed[group];
    (failed.rows > 0).then_some(failed)
}

fn failed(cause: Cause, rows: u64, what: String) -> Sentence {
    let pattern = match (cause, rows) {
        (Cause::DivisionByZero, 1) => "division by zero in {} row of {}",
        (Cause::DivisionByZero, _) => "division by zero in {} rows of {}",
        (Cause::Overflow, 1) => "more than 28 digits in {} row of {}",
        (Cause::Overflow, _) => "more than 28 digits in {} rows of {}",
        (Cause::OutsideCalendar, 1) => "a date outside the years 1 to 9999 in {} row of {}",
        (Cause::OutsideCalendar, _) => "a date outside the years 1 to 9999 in {} rows of {}",
        (Cause::NoOffset, 1) => "moments with and without a UTC offset in {} row of {}",
        (Cause::NoOffset, _) => "moments with and without a UTC offset in {} rows of {}",
        (Cause::Domain, 1) => "no value for the number in {} row of {}",
        (Cause::Domain, _) => "no value for the numbers in {} rows of {}",
        (_, 1) => "numbers, texts or dates mixed in {} row of {}",
        (_, _) => "numbers, texts or dates mixed in {} rows of {}",
    };
    Sentence::new(pattern, [rows.to_string(), what])
}

/// What a step is called in a message.
fn what(evaluation: &Evaluation, step: &Step) -> String {
    let plan = &evaluation.plan;
    match (&step.kind, step.formula) {
        (StepKind::Definition(id) | StepKind::Given(id), _) => format!("`{}`", plan.library.get(*id).name.text),
        (StepKind::Call(id), _) => format!("`{}`", plan.library.function(*id).name.text),
        (_, Some(span)) => format!("`{}`", one_line(plan.sources.text(span))),
        (_, None) => "the formula".to_owned(),
    }
}

/// The condition without which a formula `if condition then value else undefined` has no value.
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
            let condition = format!("`{}`", one_line(plan.sources.text(condition.span)));
            Some(Sentence::new("{} needs {}, which does not hold", [what(evaluation, step), condition]))
        }
        _ => None,
    }
}

fn dataset(evaluation: &Evaluation, step: &Step) -> String {
    match measured(step) {
        Some(measure) => {
            let at = evaluation.plan.request.measures[measure.0 as usize].dataset;
            format!("`{}`", evaluation.plan.datasets[at])
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
            .unwrap_or_else(|| Sentence::new("{} has no data there", [dataset(evaluation, step)])),
        None => Sentence::new("{} lies outside the data", [what(evaluation, step)]),
    }
}

/// Where all the days that an aggregate reads lie on one side of the data. The same words for all periods on that side,
/// so that a table can say them once.
fn beyond(evaluation: &Evaluation, step: &Step, group: usize) -> Option<Sentence> {
    let measure = measured(step)?;
    let at = evaluation.plan.request.measures[measure.0 as usize].dataset;
    let name = dataset(evaluation, step);
    match (evaluation.measures[measure.0 as usize].ranges[group], evaluation.extents[at]) {
        (Some((_, end)), Some((first, _))) if end <= first => {
            Some(Sentence::new("{} has no rows before {}", [name, Date::from_day(first).to_string()]))
        }
        (Some((start, _)), Some((_, last))) if start > last => {
            Some(Sentence::new("{} has no rows after {}", [name, Date::from_day(last).to_string()]))
        }
        _ => None,
    }
}

/// Which column is missing: one to group by, the time, or one of a condition.
fn not_split(evaluation: &Evaluation, step: &Step) -> Sentence {
    let request = &evaluation.plan.request;
    let Some(measure) = measured(step) else {
        return Sentence::new("{} reads a dataset that lacks a column of the condition", [what(evaluation, step)]);
    };
    let measure = &request.measures[measure.0 as usize];
    let dataset = &request.datasets[measure.dataset];
    let name = format!("`{}`", evaluation.plan.datasets[measure.dataset]);
    let applies = |at: &usize| match &measure.dropped {
        Dropped::All => false,
        Dropped::Columns(columns) => !columns.contains(at),
    };
    match (0..request.by.len()).filter(applies).find(|&at| dataset.by[at].is_none()) {
        Some(at) => Sentence::new("{} has no column {} to be split by", [name, format!("`{}`", request.by[at])]),
        None => Sentence::new("{} has no dates to be split by", [name]),
    }
}
