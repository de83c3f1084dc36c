//! What the values of a report are compared with.

use super::Author;
use crate::data::{Grain, Period};
use crate::diagnostic::{Code, Diagnostic};
use crate::language::Sentence;
use crate::plan;
use crate::source::FileId;
use crate::syntax::ast::{ContextClause, ContextKind, ExprKind};
use crate::syntax::parse_expression;

/// An earlier time that values are compared with.
pub struct Comparison {
    /// As written: `previous`, `1 year ago, so far`.
    pub text: String,
    /// How much earlier it is: `1 year earlier`, `up to the same day`.
    pub shift: Vec<Sentence>,
    /// The period that the current one is compared with, as in queries. None if only a part of it counts.
    pub period: Option<String>,
    /// True if each period is compared with the one before it.
    pub is_previous: bool,
}

/// The clauses of a context: `previous, so far`.
pub(super) fn clauses(text: &str) -> Result<Vec<ContextClause>, Diagnostic> {
    let unknown = || Diagnostic::error(Code::BadQuery, format!("`{text}` is not a period to compare with"));
    let context = parse_expression(FileId(0), &format!("x[{text}]")).map_err(|_| unknown())?;
    match *context.kind {
        ExprKind::Context { clauses, .. } => Ok(clauses),
        _ => Err(unknown()),
    }
}

impl Author<'_> {
    /// What values are compared with. None if the report has no time.
    pub(super) fn comparison(&self) -> Result<Option<Comparison>, Diagnostic> {
        let request = &self.evaluation.plan.request;
        let Some(grain) = request.grain else { return Ok(None) };
        let shift = plan::described(&self.against, grain)?;
        let current = self.shown.period().map(|current| current.period);
        let others = self.shown.periods.iter().map(|it| self.whole(it.period)).collect::<Result<Vec<_>, _>>()?;
        if !others.is_empty() && others.iter().all(Option::is_none) {
            return Err(not_whole(self.asked.against, grain));
        }
        let other = current.and_then(|current| self.shifted(current));
        Ok(Some(Comparison {
            text: self.asked.against.to_owned(),
            shift,
            period: other.map(|other| request.calendar.spell(other)),
            is_previous: other.is_some() && other == current.map(|current| current.offset(-1)),
        }))
    }

    /// The whole period that a period is compared with. None if only a part of it counts, or if it is none of the axis.
    pub(super) fn shifted(&self, period: Period) -> Option<Period> {
        let is_so_far = self.against.iter().any(|clause| clause.kind == ContextKind::SoFar);
        self.whole(period).ok().flatten().filter(|_| !is_so_far)
    }

    /// The period of which a part or the whole is compared with a period.
    fn whole(&self, period: Period) -> Result<Option<Period>, Diagnostic> {
        plan::shifted(period, &self.against, self.evaluation.plan.request.calendar)
    }
}

fn not_whole(against: &str, grain: Grain) -> Diagnostic {
    let message = format!("`{against}` is not a whole number of periods of `--by {}`", grain.name());
    let problem = Diagnostic::error(Code::BadQuery, message);
    problem.hint("compare with a whole period: `--against previous`, `--against '1 year ago'`")
}
