//! Turns the groups of a query into the rows of its result: leaves some out and adds others.
//!
//! Added rows are never computed from those of the result. Each is a group of another plan of the same KPIs, so that
//! ratios, medians and distinct counts are right.

use std::sync::Arc;

use super::Evaluation;
use crate::budget::Budget;
use crate::data::{Group, Source};
use crate::diagnostic::{Code, Diagnostic, Error};
use crate::plan::{Chosen, Given, Query, Shape};
use crate::program::Combinations;
use crate::value::Value;

/// The kinds of rows of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowKind {
    /// A group.
    Group,
    /// The total.
    Total,
}

/// Why groups were left out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LeftOut<'e> {
    /// They do not meet this condition.
    Condition(&'e str),
    /// They have no values.
    Empty,
}

/// The evaluations that the groups of a result come from.
#[derive(Debug)]
pub(super) struct Shaped {
    parts: Vec<Evaluation>,
    rows: Vec<Shown>,
}

/// A row of a result.
#[derive(Debug, Clone, Copy)]
struct Shown {
    /// The evaluation that computes it, and the group in it.
    part: usize,
    group: usize,
    kind: RowKind,
}

impl Evaluation {
    /// The evaluation that computes a group, and the position of the group in it.
    pub(crate) fn place(&self, group: usize) -> (&Self, usize) {
        match &self.shaped {
            None => (self, group),
            Some(shaped) => (&shaped.parts[shaped.rows[group].part], shaped.rows[group].group),
        }
    }

    /// The kind of a row.
    pub(crate) fn kind(&self, group: usize) -> RowKind {
        match &self.shaped {
            Some(shaped) => shaped.rows[group].kind,
            None if self.groups[group].total => RowKind::Total,
            None => RowKind::Group,
        }
    }

    /// The number of keys that a row has.
    pub(crate) fn kept_keys(&self, group: usize) -> usize {
        match self.kind(group) {
            RowKind::Total => 0,
            _ => self.plan.request.by.len(),
        }
    }

    /// Why groups were left out, if some were.
    pub(crate) fn left_out(&self) -> Option<LeftOut<'_>> {
        let shaped = self.shaped.as_ref().filter(|shaped| shaped.parts[0].groups.len() > shaped.rows.len())?;
        let shape = &shaped.parts[0].plan.query.shape;
        let condition = shape.having.as_deref().map(LeftOut::Condition);
        condition.or_else(|| shape.skip_empty.then_some(LeftOut::Empty))
    }

    /// Returns true if a group meets the condition of the query.
    fn meets_condition(&self, group: usize) -> bool {
        let condition = self.plan.having.as_ref().map(|condition| self.plan.step(condition.step).node);
        condition.is_none_or(|node| self.cell(node, group) == Ok(Value::Boolean(true)))
    }

    fn has_value(&self, group: usize) -> bool {
        (0..self.plan.kpis.len()).any(|kpi| self.value(kpi, group).is_ok())
    }
}

/// Leaves out groups and adds others, as the query asks for.
///
/// # Errors
/// A limit that is reached, or a source that cannot answer.
pub(super) fn shaped(
    evaluation: Evaluation,
    problems: Vec<Diagnostic>,
    source: &dyn Source,
    budget: &Budget,
) -> Result<(Evaluation, Vec<Diagnostic>), Error> {
    let query = evaluation.plan.query.clone();
    if query.shape == Shape::default() || evaluation.plan.kpis.is_empty() {
        return Ok((evaluation, problems));
    }
    let kind = |group: &Group| if group.total { RowKind::Total } else { RowKind::Group };
    let groups = evaluation.groups.iter().enumerate();
    let rows = groups.map(|(at, group)| Shown { part: 0, group: at, kind: kind(group) }).collect();
    let mut shaping = Shaping { query, source, budget, parts: vec![evaluation], rows, problems, notes: vec![] };
    shaping.having()?;
    shaping.skip_empty();
    Ok(shaping.finish())
}

/// The rows of a result while they are chosen.
struct Shaping<'s> {
    query: Arc<Query>,
    source: &'s dyn Source,
    budget: &'s Budget,
    /// The evaluations; the first one is that of the query's groups.
    parts: Vec<Evaluation>,
    rows: Vec<Shown>,
    problems: Vec<Diagnostic>,
    notes: Vec<Diagnostic>,
}

impl Shaping<'_> {
    fn main(&self) -> &Evaluation {
        &self.parts[0]
    }

    /// Evaluates the KPIs of the result in other groups. Returns the position of the evaluation.
    fn add(&mut self, query: Query, chosen: Option<Chosen>) -> Result<usize, Error> {
        let query = Query { shape: Shape::default(), ..query };
        let plan = &self.main().plan;
        let given = Given { chosen, ..Given::default() };
        let (plan, problems) =
            plan.library.plan_within(&query, self.source.datasets(), &plan.limits, given, self.budget);
        let (evaluation, more) = Arc::new(plan).evaluate_groups(self.source, self.budget.clone())?;
        for problem in problems.into_iter().chain(more).filter(Diagnostic::is_error) {
            if !self.problems.iter().any(|known| known.message == problem.message) {
                self.problems.push(problem);
            }
        }
        self.parts.push(evaluation);
        Ok(self.parts.len() - 1)
    }

    /// Leaves out the groups that do not meet the condition, and computes the total of the others.
    fn having(&mut self) -> Result<(), Error> {
        if self.query.shape.having.is_none() {
            return Ok(());
        }
        let (totals, groups): (Vec<Shown>, Vec<Shown>) = self.rows.iter().partition(|row| row.kind == RowKind::Total);
        self.check_condition(&groups)?;
        let kept: Vec<Shown> = groups.iter().copied().filter(|row| self.main().meets_condition(row.group)).collect();
        let (of, remaining) = (groups.len(), kept.len());
        let combinations = self.combinations(&groups, &kept);
        self.rows = kept;
        if totals.is_empty() || remaining == of {
            self.rows.extend(totals);
            return Ok(());
        }
        let (combinations, dated) = combinations;
        let query = Query { totals: true, ..(*self.query).clone() };
        let part = self.add(query, Some(Chosen::Only(Arc::new(combinations), dated)))?;
        let total = self.parts[part].groups.iter().rposition(|group| group.total);
        self.rows.extend(total.map(|group| Shown { part, group, kind: RowKind::Total }));
        let groups = if of == 1 { "group" } else { "groups" };
        let message =
            format!("the total covers the rows of {remaining} of {of} {groups}: those that meet the condition");
        self.notes.push(Diagnostic::note(Code::DataNote, message));
        Ok(())
    }

    /// Checks that a condition whose type is not known before is one.
    fn check_condition(&self, groups: &[Shown]) -> Result<(), Error> {
        let plan = &self.main().plan;
        let Some(step) = plan.having.as_ref().map(|condition| plan.step(condition.step)) else { return Ok(()) };
        let kind = |row: &Shown| match self.main().cell(step.node, row.group) {
            Ok(Value::Number(_)) => Some("a number"),
            Ok(Value::Text(_)) => Some("a text"),
            Ok(Value::Date(_)) => Some("a date"),
            Ok(Value::Boolean(_)) | Err(_) => None,
        };
        let Some(found) = groups.iter().find_map(kind) else { return Ok(()) };
        let problem = Diagnostic::error(Code::TypeMismatch, format!("expected a condition on groups, found {found}"));
        let problem = step.formula.into_iter().fold(problem, Diagnostic::at);
        let problem = problem.hint("compare the value, as in `revenue > 10_000`");
        Err(Error::new(vec![problem], plan.sources.clone()))
    }

    /// The combinations of keys of some groups, with their days if some of their periods are not among them.
    fn combinations(&self, all: &[Shown], kept: &[Shown]) -> (Combinations, bool) {
        let main = self.main();
        let count = |rows: &[Shown]| {
            let mut found = Combinations::new();
            for row in rows {
                let group = &main.groups[row.group];
                let days = group.period.map(|period| main.plan.request.calendar.days(period));
                let days = days.map(|days| (days.start, days.end));
                found.entry(group.keys.iter().cloned().collect()).or_default().extend(days);
            }
            found
        };
        let (all, mut kept) = (count(all), count(kept));
        let dated = kept.iter().any(|(keys, days)| all[keys].len() != days.len());
        if !dated {
            kept.values_mut().for_each(Vec::clear);
        }
        (kept, dated)
    }

    /// Leaves out the groups in which no KPI has a value.
    fn skip_empty(&mut self) {
        if self.query.shape.skip_empty {
            let parts = &self.parts;
            self.rows.retain(|row| row.kind == RowKind::Total || parts[row.part].has_value(row.group));
        }
    }

    /// The result.
    fn finish(mut self) -> (Evaluation, Vec<Diagnostic>) {
        self.keep_common_kpis();
        let main = self.main();
        let groups = self.rows.iter().map(|row| self.parts[row.part].groups[row.group].clone()).collect();
        let notes = main.notes.iter().chain(&self.notes).cloned().collect();
        let result = Evaluation {
            plan: main.plan.clone(),
            groups,
            extents: main.extents.clone(),
            notes,
            unread: main.unread.clone(),
            measures: vec![],
            each: vec![],
            inner: vec![],
            needed: vec![],
            last_block: super::LastBlock::default(),
            row_flags: super::RowFlags::new(0),
            shaped: Some(Shaped { parts: self.parts, rows: self.rows }),
        };
        (result, self.problems)
    }

    /// Leaves out KPIs that one of the evaluations lacks; the reason is among the problems.
    fn keep_common_kpis(&mut self) {
        let names: Vec<Arc<str>> = self.main().plan.kpis.iter().map(|kpi| kpi.name.clone()).collect();
        let is_common = |name: &Arc<str>| self.parts.iter().all(|part| part.plan.kpi(name).is_some());
        let common: Vec<Arc<str>> = names.into_iter().filter(is_common).collect();
        for part in &mut self.parts {
            if part.plan.kpis.iter().map(|kpi| &kpi.name).ne(&common) {
                let kpis = part.plan.kpis.iter().filter(|kpi| common.contains(&kpi.name)).cloned().collect();
                part.plan = Arc::new(part.plan.with_kpis(kpis));
            }
        }
    }
}
