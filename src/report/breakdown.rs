//! The segments of the current values: the largest ones, and all others computed together.

use std::sync::Arc;

use super::figures::{Figure, figure};
use super::{Author, ReportedKpi, in_context, position};
use crate::budget::Charge;
use crate::diagnostic::Diagnostic;
use crate::eval::{Evaluation, RowKind};
use crate::plan::{GroupBy, Query};
use crate::value::Decimal;

/// The maximum number of segments that are shown for a column. All others are computed together.
pub const MAX_SEGMENTS: usize = 12;

/// The segments of a KPI by one column.
pub struct Breakdown {
    /// The column.
    pub column: Arc<str>,
    /// The segments, those with the largest values first, then those without a value, then the others.
    pub segments: Vec<Segment>,
    /// The number of segments that are computed together.
    pub others: usize,
}

/// A segment.
pub struct Segment {
    /// The key. None is blank.
    pub key: Option<String>,
    /// True if it covers all keys that are not shown.
    pub is_others: bool,
    /// The value.
    pub figure: Figure,
}

/// The breakdowns of each KPI by each column.
pub(super) fn of(
    author: &Author<'_>,
    kpis: &[ReportedKpi],
    charge: &mut Charge,
) -> Result<Vec<Vec<Breakdown>>, Vec<Diagnostic>> {
    let mut all: Vec<Vec<Breakdown>> = kpis.iter().map(|_| vec![]).collect();
    for column in author.asked.over {
        let query = author.segments(column);
        // A column that no KPI has is misspelled.
        author.engine.names(&query)?;
        let (evaluation, _) = author.engine.evaluate(&query)?;
        for (kpi, breakdowns) in kpis.iter().zip(&mut all) {
            breakdowns.extend(author.breakdown(kpi, &query, &evaluation, charge)?);
        }
    }
    Ok(all)
}

impl Author<'_> {
    /// The query of the current period by a column too.
    fn segments(&self, column: &GroupBy) -> Query {
        let mut query = self.asked.query.clone();
        query.kpis = self.evaluation.plan.kpis.iter().map(|kpi| kpi.name.clone()).collect();
        query.by.push(column.clone());
        if let Some(current) = self.shown.period() {
            let calendar = self.evaluation.plan.request.calendar;
            let days = calendar.days(current.period);
            let asked = self.evaluation.plan.request.period.unwrap_or((days.start, days.end));
            let (first, end) = (days.start.max(asked.0), days.end.min(asked.1));
            query.period = Some(match (first, end) == (days.start, days.end) {
                true => current.name.as_str().into(),
                false => format!("{}..{}", calendar.spell_time(first), calendar.spell_time(end - 1)).into(),
            });
        }
        query
    }

    /// The segments of one KPI. None if the column does not divide it.
    fn breakdown(
        &self,
        kpi: &ReportedKpi,
        query: &Query,
        evaluation: &Evaluation,
        charge: &mut Charge,
    ) -> Result<Option<Breakdown>, Vec<Diagnostic>> {
        let Some(at) = position(evaluation, &kpi.name) else { return Ok(None) };
        let groups = 0..evaluation.groups.len();
        if groups.clone().all(|group| evaluation.value(at, group).is_err()) || groups.len() < 2 {
            return Ok(None);
        }
        if groups.len() <= MAX_SEGMENTS {
            let breakdown = self.listed(kpi, evaluation, 0, charge).map_err(|limit| vec![limit])?;
            return Ok(Some(breakdown).filter(|it| it.segments.len() > 1));
        }
        let before = in_context(&kpi.name, kpi.definition, self.asked.against);
        let has_before = position(evaluation, &before).is_some();
        let kpis = std::iter::once(kpi.name.clone()).chain(has_before.then_some(before)).collect();
        let query = Query { kpis, ..query.clone() }.top_by(MAX_SEGMENTS, kpi.name.clone());
        let others = groups.len() - MAX_SEGMENTS;
        let (evaluation, _) = self.engine.evaluate(&query)?;
        Ok(Some(self.listed(kpi, &evaluation, others, charge).map_err(|limit| vec![limit])?))
    }

    /// The segments of an evaluation, the largest first.
    fn listed(
        &self,
        kpi: &ReportedKpi,
        evaluation: &Evaluation,
        others: usize,
        charge: &mut Charge,
    ) -> Result<Breakdown, Diagnostic> {
        let at = position(evaluation, &kpi.name).expect("it has the KPI");
        let before = position(evaluation, &in_context(&kpi.name, kpi.definition, self.asked.against));
        let own = position(self.evaluation, &kpi.name).expect("it has the KPI");
        let before = before.filter(|_| !self.moves_both_ends(own));
        let column = evaluation.plan.request.by.last().expect("it is grouped by a column").clone();
        let mut segments = vec![];
        for group in 0..evaluation.groups.len() {
            let figure = figure(evaluation, (at, group), before.map(|before| (before, group)), true, charge)?;
            let figure = if kpi.accumulates { figure.without_target() } else { figure };
            if figure.lacks_rows() {
                continue;
            }
            let is_others = evaluation.kind(group) == RowKind::Others;
            let key = evaluation.group_label(group).get(&*column).cloned().flatten();
            segments.push(Segment { key, is_others, figure });
        }
        sort(&mut segments);
        Ok(Breakdown { column, segments, others })
    }
}

/// Sorts by value, the largest first. The order of equal values is that of the result.
fn sort(segments: &mut [Segment]) {
    segments.sort_by(|one, other| {
        let rank = |segment: &Segment| (segment.is_others, segment.figure.value.is_err());
        let number = |segment: &Segment| segment.figure.number().unwrap_or(Decimal::MIN);
        rank(one).cmp(&rank(other)).then_with(|| number(other).cmp(&number(one)))
    });
}
