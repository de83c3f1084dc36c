//! One value of a report, with its target, status and derivation.

use crate::budget::Charge;
use crate::diagnostic::Diagnostic;
use crate::eval::{Evaluation, Flag, NoStatus, Outcome, Target};
use crate::explain::Explanation;
use crate::language::Sentence;
use crate::library::card::Text;
use crate::syntax::ast::Status;
use crate::value::{Cause, Cell, Decimal, decimal_of};

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
    /// Warnings about the value.
    pub flags: Vec<Flag>,
    /// How it was computed, for current figures.
    pub explanation: Option<Explanation>,
}

impl Figure {
    /// The same figure where the target and the bands do not apply.
    pub(super) fn without_target(self) -> Self {
        let without = |explanation| Explanation { target: None, status: None, no_status: None, ..explanation };
        let before = self.before.map(|it| Before { explanation: it.explanation.map(without), ..it });
        let explanation = without(self.explanation);
        Self { target: None, status: None, advice: None, no_status: None, before, explanation, ..self }
    }

    /// True if nothing that the KPI reads has rows, neither now nor before: the segment is one of other KPIs. Where only one of
    /// its inputs has rows, the reason why there is no value is worth reading.
    pub(super) fn lacks_rows(&self) -> bool {
        let lacks = |explanation: &Explanation| {
            let mut rows = explanation.steps.iter().filter_map(|step| step.rows.as_ref());
            rows.all(|rows| rows.rows + rows.skipped == 0)
        };
        let is_undefined = |cell: &Cell| matches!(cell, Err(Cause::NoRows));
        let before = self.before.as_ref().filter(|before| !is_undefined(&before.value));
        is_undefined(&self.value) && before.is_none() && lacks(&self.explanation)
    }

    /// The value as a number.
    pub fn number(&self) -> Option<Decimal> {
        decimal_of(&self.value)
    }

    /// The value before as a number.
    pub fn number_before(&self) -> Option<Decimal> {
        decimal_of(&self.before.as_ref()?.value)
    }

    /// The value, the value before and the target, as far as they are numbers.
    pub fn numbers(&self) -> impl Iterator<Item = Decimal> {
        let target = self.target.map(|target| target.value.decimal);
        [self.number(), self.number_before(), target].into_iter().flatten()
    }

    /// The value minus the value before, exactly. Pages print [`Self::number`] and [`Self::number_before`], and what these differ
    /// by as printed.
    pub fn difference(&self) -> Option<Decimal> {
        self.number()?.checked_sub(self.number_before()?)
    }

    /// The value minus the target, exactly.
    pub fn distance(&self) -> Option<Decimal> {
        self.target?.difference.map(|number| number.decimal)
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
    // The context says how much earlier it is.
    let name = &evaluation.plan.kpis[kpi].name;
    let before = before.map(|(kpi, group)| {
        let explanation = match explains_before {
            true => Some(Explanation { kpi: name.clone(), ..evaluation.explain_within(kpi, group, charge)? }),
            false => None,
        };
        let Outcome { value, flags, .. } = evaluation.outcome(kpi, group);
        Ok(Before { flags: if value.is_ok() { flags } else { vec![] }, value, explanation })
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
