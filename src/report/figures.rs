//! One value of a report, with its target, status and derivation.

use crate::budget::Charge;
use crate::diagnostic::Diagnostic;
use crate::eval::{Evaluation, Flag, NoStatus, Outcome, Target};
use crate::explain::Explanation;
use crate::language::Sentence;
use crate::library::card::Text;
use crate::syntax::ast::Status;
use crate::value::{Cell, Decimal, Value};

/// A value of a KPI in a group.
pub struct Figure {
    /// The value.
    pub value: Cell,
    /// Why there is no value.
    pub reason: Option<Sentence>,
    /// The target and the distance from it.
    pub target: Option<Target>,
    /// The status.
    pub status: Option<Status>,
    /// The advice of the band.
    pub advice: Option<Text>,
    /// Why there is no status, although there are bands or a target.
    pub no_status: Option<(NoStatus, Sentence)>,
    /// Warnings about the value.
    pub flags: Vec<Flag>,
    /// The value that it is compared with.
    pub before: Option<Before>,
    /// How the value was computed.
    pub explanation: Explanation,
}

/// The value that another one is compared with.
pub struct Before {
    /// The value.
    pub value: Cell,
    /// How it was computed, for current figures.
    pub explanation: Option<Explanation>,
}

impl Figure {
    /// The same figure where the target and the bands do not apply.
    pub(super) fn without_target(self) -> Self {
        Self { target: None, status: None, advice: None, no_status: None, ..self }
    }

    /// The value as a number.
    pub fn number(&self) -> Option<Decimal> {
        number(&self.value)
    }

    /// The value before as a number.
    pub fn number_before(&self) -> Option<Decimal> {
        number(&self.before.as_ref()?.value)
    }

    /// The value minus the value before.
    pub fn difference(&self) -> Option<Decimal> {
        self.number()?.checked_sub(self.number_before()?)
    }

    /// The value minus the target.
    pub fn distance(&self) -> Option<Decimal> {
        self.target?.difference.map(|number| number.decimal)
    }
}

/// The number of a cell.
pub fn number(cell: &Cell) -> Option<Decimal> {
    match cell {
        Ok(Value::Number(number)) => Some(number.decimal),
        _ => None,
    }
}

/// The figure of a KPI in a group, and that of the value before, all by position.
pub(super) fn figure(
    evaluation: &Evaluation,
    (kpi, group): (usize, usize),
    before: Option<(usize, usize)>,
    explains_before: bool,
    charge: &mut Charge,
) -> Result<Figure, Diagnostic> {
    let before = before.map(|(kpi, group)| {
        let explanation = match explains_before {
            true => Some(evaluation.explain_within(kpi, group, charge)?),
            false => None,
        };
        Ok(Before { value: evaluation.value(kpi, group), explanation })
    });
    let before = before.transpose()?;
    let Outcome { value, band, target, no_status, flags } = evaluation.outcome(kpi, group);
    Ok(Figure {
        reason: evaluation.reason(kpi, group),
        status: band.map(|band| band.status),
        advice: band.and_then(|band| band.advice.clone()),
        no_status: no_status.zip(evaluation.no_status(kpi, group)),
        flags: if value.is_ok() { flags } else { vec![] },
        target,
        value,
        before,
        explanation: evaluation.explain_within(kpi, group, charge)?,
    })
}
