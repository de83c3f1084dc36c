//! Turns the groups of a query into the rows of its result: leaves some out and adds others.
//!
//! Added rows are never computed from those of the result. Each is a group of another plan of the same KPIs, so that
//! ratios, medians and distinct counts are right.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Evaluation;
use crate::budget::Budget;
use crate::data::{Group, Period, Source};
use crate::diagnostic::{Code, Diagnostic, Error, Label};
use crate::plan::{Chosen, Given, GroupBy, Plan, Query, Shape, Top};
use crate::program::{Combinations, Dated};
use crate::source::{SourceMap, Span};
use crate::value::Value;

/// The kinds of rows of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowKind {
    /// A group.
    Group,
    /// All groups whose first key is not among the chosen ones.
    Others,
    /// All groups with the same first columns, of this number.
    Subtotal(usize),
    /// All groups with the same key across.
    Across,
    /// All groups whose other keys are the same as in this row.
    Beside,
    /// The total.
    Total,
}

/// Why groups were left out.
#[cfg(feature = "render")]
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

/// A key; None is blank.
type Key = Option<Arc<str>>;

/// The period and the first keys of a group.
type Prefix = (Option<Period>, Vec<Key>);

/// The key of the group that covers all others, in formats for programs.
const OTHERS: &str = "others";

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
            RowKind::Across | RowKind::Beside | RowKind::Total => 0,
            RowKind::Subtotal(columns) => columns - usize::from(self.plan.request.grain.is_some()),
            RowKind::Group | RowKind::Others => self.plan.request.by.len(),
        }
    }

    /// Why groups were left out, if some were.
    #[cfg(feature = "render")]
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
    shaping.top()?;
    shaping.subtotals()?;
    shaping.totals_of_pivot()?;
    shaping.skip_empty();
    Ok(shaping.finish())
}

/// Labels in the texts of one query, moved to the same texts of another.
fn relocated(labels: &[Label], (from, to): (&SourceMap, &SourceMap)) -> Vec<Label> {
    let place = |label: &Label| {
        let file = label.span.file;
        let file = if file.is_standard() { Some(file) } else { to.find(from.file(file)) }?;
        Some(Label { span: Span { file, ..label.span }, text: label.text.clone() })
    };
    labels.iter().filter_map(place).collect()
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
        // The reasons why the result lacks other KPIs have been reported.
        let kpis = self.main().plan.kpis.iter().map(|kpi| kpi.name.clone()).collect();
        let (evaluation, problems) = self.evaluated(Query { kpis, ..query }, chosen)?;
        for problem in problems.into_iter().filter(Diagnostic::is_error) {
            if !self.problems.iter().any(|known| known.message == problem.message) {
                let sources = (&evaluation.plan.sources, &self.main().plan.sources);
                self.problems.push(Diagnostic { labels: relocated(&problem.labels, sources), ..problem });
            }
        }
        self.parts.push(evaluation);
        Ok(self.parts.len() - 1)
    }

    fn evaluated(&self, query: Query, chosen: Option<Chosen>) -> Result<(Evaluation, Vec<Diagnostic>), Error> {
        let query = Query { shape: Shape::default(), ..query };
        let plan = &self.main().plan;
        let given = Given { chosen, added: true, ..Given::default() };
        let (mut plan, problems) =
            plan.library.plan_within(&query, self.source.datasets(), &plan.limits, given, self.budget);
        self.keep_ends(&mut plan);
        let (evaluation, more) = Arc::new(plan).evaluate_groups(self.source, self.budget.clone())?;
        Ok((evaluation, problems.into_iter().chain(more).collect()))
    }

    /// Makes datasets end where they end for all groups, although only some of their rows may count.
    fn keep_ends(&self, plan: &mut Plan) {
        let main = self.main();
        let known: Vec<_> = main.plan.request.datasets.iter().zip(&main.extents).collect();
        let ticks = main.plan.request.calendar.ticks_per_day();
        let inner = plan.inner.iter_mut().map(|inner| &mut inner.request);
        for request in std::iter::once(&mut plan.request).chain(inner) {
            // Days cannot end at an hour.
            let scale = request.calendar.ticks_per_day() / ticks;
            if scale == 0 {
                continue;
            }
            for dataset in &mut request.datasets {
                let same =
                    known.iter().find(|(it, _)| (it.dataset, &it.time_name) == (dataset.dataset, &dataset.time_name));
                let end = same.and_then(|(_, days)| days.map(|(_, last)| last.saturating_add(1).saturating_mul(scale)));
                dataset.data_end = dataset.data_end.max(end);
            }
        }
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
    fn combinations(&self, all: &[Shown], kept: &[Shown]) -> (Combinations, Option<Dated>) {
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
        let unit = if main.plan.request.calendar.by_hour { Dated::Hours } else { Dated::Days };
        (kept, dated.then_some(unit))
    }

    /// Keeps the groups with the chosen keys, the largest first, and adds those of all other keys.
    fn top(&mut self) -> Result<(), Error> {
        let Some(top) = self.query.shape.top.clone() else { return Ok(()) };
        let ranked = self.ranked(&top)?;
        let all: HashSet<&Key> = self.rows.iter().filter_map(|row| self.first_key(row)).collect();
        let others = all.len() > ranked.len().min(top.count);
        let ranks: HashMap<Key, usize> = ranked.into_iter().take(top.count).zip(0..).collect();
        let main = &self.parts[0];
        let place = |row: &Shown| match row.kind {
            RowKind::Total => (true, None, usize::MAX),
            _ => {
                let group = &main.groups[row.group];
                (false, group.period.map(|it| it.number), ranks.get(&group.keys[0]).copied().unwrap_or(usize::MAX))
            }
        };
        let mut rows: Vec<Shown> = self.rows.clone();
        rows.retain(|row| row.kind == RowKind::Total || place(row).2 != usize::MAX);
        rows.sort_by_key(place);
        if others {
            let chosen = ranks.into_keys().map(|key| (vec![key], vec![])).collect();
            self.add_others(&mut rows, chosen)?;
        }
        self.rows = rows;
        Ok(())
    }

    fn first_key(&self, row: &Shown) -> Option<&Key> {
        (row.kind != RowKind::Total).then(|| &self.main().groups[row.group].keys[0])
    }

    /// The keys of the first group column, those with the largest values over all periods first.
    fn ranked(&mut self, top: &Top) -> Result<Vec<Key>, Error> {
        let main = &self.parts[0];
        let kpi = top.by.clone().unwrap_or_else(|| main.plan.kpis[0].name.clone());
        let first = self.query.by.iter().find(|group| !matches!(group, GroupBy::Grain(_))).cloned();
        let by = first.into_iter().collect();
        let query = Query { kpis: vec![kpi.clone()], by, totals: false, ..(*self.query).clone() };
        let (evaluation, problems) = self.evaluated(query, None)?;
        if evaluation.plan.kpis.is_empty() {
            let problem = Diagnostic::error(Code::BadQuery, format!("`--top` cannot compare the groups by `{kpi}`"));
            let problem = problem.hint("sort by a KPI that has a value over all periods: `--sort=-KPI`");
            let problems = problems.into_iter().filter(Diagnostic::is_error).chain([problem]).collect();
            return Err(Error::new(problems, evaluation.plan.sources.clone()));
        }
        if let Some(column) = evaluation.plan.step(evaluation.plan.kpis[0].step).ty.currency_columns().next() {
            let problem =
                format!("`--top` cannot compare amounts in different currencies: `{kpi}` is in those of `{column}`");
            let problem = Diagnostic::error(Code::BadQuery, problem);
            let problem = problem.hint("choose the keys by a KPI in one currency: `--sort=-KPI`");
            return Err(Error::new(vec![problem], evaluation.plan.sources.clone()));
        }
        let groups = evaluation.groups.iter().enumerate();
        let valued = groups.filter_map(|(at, group)| Some((evaluation.value(0, at).ok()?, group.keys[0].clone())));
        let mut valued: Vec<(Value, Key)> = valued.collect();
        valued.sort_by(|(one, _), (other, _)| other.cmp(one));
        Ok(valued.into_iter().map(|(_, key)| key).collect())
    }

    /// Adds the groups of all keys that are not chosen, each after the other groups of its period.
    fn add_others(&mut self, rows: &mut Vec<Shown>, chosen: Combinations) -> Result<(), Error> {
        let query = Query { totals: false, ..(*self.query).clone() };
        let part = self.add(query, Some(Chosen::NoneOf(Arc::new(chosen))))?;
        let is_other = |group: &Group| group.keys.iter().next().is_some_and(|key| key.as_deref() == Some("true"));
        for group in 0..self.parts[part].groups.len() {
            let other = &mut self.parts[part].groups[group];
            if !is_other(other) {
                continue;
            }
            let keys = other.keys.iter().skip(1).cloned();
            other.keys = std::iter::once(Some(OTHERS.into())).chain(keys).collect::<Vec<_>>().into();
            let period = other.period.map(|it| it.number);
            let is_later = |row: &Shown| {
                let other = &self.parts[row.part].groups[row.group];
                other.total || other.period.map(|it| it.number) > period
            };
            let at = rows.iter().position(is_later).unwrap_or(rows.len());
            rows.insert(at, Shown { part, group, kind: RowKind::Others });
        }
        Ok(())
    }

    /// Adds a row after each run of groups that share their first columns.
    fn subtotals(&mut self) -> Result<(), Error> {
        let columns = self.main().group_columns();
        let mut levels: Vec<usize> = self
            .query
            .shape
            .subtotals
            .iter()
            .filter_map(|group| {
                let at = columns.iter().position(|column| **column == *group.name())?;
                Some(at + 1)
            })
            .collect();
        levels.sort_unstable_by(|one, other| other.cmp(one));
        levels.dedup();
        for level in levels {
            self.add_subtotals(level)?;
        }
        Ok(())
    }

    fn add_subtotals(&mut self, level: usize) -> Result<(), Error> {
        let is_timed = self.main().plan.request.grain.is_some();
        let kept = level - usize::from(is_timed);
        let columns = self.query.by.iter().filter(|group| !matches!(group, GroupBy::Grain(_))).take(kept);
        let grain = self.query.by.iter().filter(|group| matches!(group, GroupBy::Grain(_)));
        let by = grain.chain(columns).cloned().collect();
        let query = Query { by, totals: false, ..(*self.query).clone() };
        let part = self.add(query, None)?;
        let width = self.main().plan.request.by.len();
        let mut found: HashMap<Prefix, usize> = HashMap::new();
        for (at, group) in self.parts[part].groups.iter_mut().enumerate() {
            found.insert((group.period, group.keys.iter().cloned().collect()), at);
            let blank = std::iter::repeat_n(None, width - kept);
            group.keys = group.keys.iter().cloned().chain(blank).collect::<Vec<_>>().into();
        }
        let prefix = |row: &Shown| -> Option<Prefix> {
            let group = &self.parts[row.part].groups[row.group];
            (row.kind != RowKind::Total).then(|| (group.period, group.keys.iter().take(kept).cloned().collect()))
        };
        let mut rows = Vec::with_capacity(self.rows.len());
        for (at, row) in self.rows.iter().enumerate() {
            rows.push(*row);
            let own = prefix(row);
            let ends = own != self.rows.get(at + 1).and_then(prefix);
            let group = own.filter(|_| ends).and_then(|own| found.get(&own));
            rows.extend(group.map(|&group| Shown { part, group, kind: RowKind::Subtotal(level) }));
        }
        self.rows = rows;
        Ok(())
    }

    /// Adds a total for each key across, and for each group of the other columns.
    fn totals_of_pivot(&mut self) -> Result<(), Error> {
        let Some(pivot) = self.query.shape.pivot.clone().filter(|_| self.query.totals) else { return Ok(()) };
        let (across, beside): (Vec<GroupBy>, Vec<GroupBy>) =
            self.query.by.iter().cloned().partition(|group| group.name() == pivot.name());
        if beside.is_empty() {
            return Ok(());
        }
        for (by, kind) in [(across, RowKind::Across), (beside, RowKind::Beside)] {
            let query = Query { by, totals: false, ..(*self.query).clone() };
            let part = self.add(query, None)?;
            let names = self.main().plan.request.by.clone();
            let own = self.parts[part].plan.request.by.clone();
            for at in 0..self.parts[part].groups.len() {
                let group = &mut self.parts[part].groups[at];
                let key =
                    |name: &Arc<str>| own.iter().position(|own| own == name).and_then(|at| group.keys[at].clone());
                group.keys = names.iter().map(key).collect::<Vec<Key>>().into();
                self.rows.push(Shown { part, group: at, kind });
            }
        }
        Ok(())
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
