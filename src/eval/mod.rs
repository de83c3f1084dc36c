//! Runs a plan over data: requests measures from a source, then computes the formulas for all groups.

mod answer;
mod cells;
mod contributing;
mod flags;
pub(crate) mod inner;
mod length;
mod outcome;
mod record;
pub(crate) mod row_tests;
mod scenario;
mod shape;

use std::collections::HashSet;
use std::sync::Arc;

pub(crate) use cells::Cells;
pub use cells::EXPLAINED_GROUPS;
pub(crate) use contributing::RowsOf;
pub use outcome::{Flag, NoStatus, Outcome, Target};
pub use record::{InputId, Record};
pub(crate) use scenario::InScenario;
#[cfg(feature = "render")]
pub(crate) use shape::LeftOut;
pub(crate) use shape::RowKind;

use cells::LastBlock;
use flags::RowFlags;
use indexmap::{IndexMap, IndexSet};
use inner::{InnerResult, Members};
use shape::Shaped;

use crate::budget::Budget;
use crate::data::{Dataset, Grain, Group, MeasureColumn, MeasureId, Request, Source, WarehouseTrace};
use crate::diagnostic::{Code, Diagnostic, Error};
use crate::library::Library;
use crate::plan::{Given, Limits, Plan, PlannedKpi, Query, StepId};
use crate::program::{Node, NodeId};
use crate::value::{Cell, Vector};

/// The result of a query: the values of KPIs for each group.
#[derive(Debug)]
pub struct Evaluation {
    /// The plan that was run.
    pub plan: Arc<Plan>,
    /// The groups in order.
    pub groups: Vec<Group>,
    /// The measures over the groups, followed by the other inputs of the formulas.
    pub measures: Vec<MeasureColumn>,
    /// The inner groups of each input that is not a measure.
    pub(crate) each: Vec<Option<Members>>,
    /// The inner groups, by position in the plan.
    pub(crate) inner: Vec<InnerResult>,
    /// The first and last day covered by the rows of each dataset, by position in the plan's request.
    pub extents: Vec<Option<(i32, i32)>>,
    /// What warehouses were asked for the measures.
    pub(crate) asked: Vec<(MeasureId, WarehouseTrace)>,
    /// Notes about the data, such as rows left out.
    pub notes: Vec<Diagnostic>,
    /// Data that could not be read and that no KPI needed.
    pub unread: Vec<Diagnostic>,
    /// The values of the nodes that every result needs, except measures, sorted by node.
    needed: Vec<(NodeId, Vector)>,
    /// The values of all nodes for some groups, computed on demand for explanations.
    last_block: LastBlock,
    row_flags: RowFlags,
    /// If the groups come from several evaluations, these, and the place of each group.
    shaped: Option<Shaped>,
}

impl Plan {
    /// Runs the plan over a source. Its datasets must have the columns that the plan was made for.
    ///
    /// # Errors
    /// Returns an error if data cannot be read, or a limit is reached.
    pub fn evaluate(self: &Arc<Self>, source: &dyn Source) -> Result<Evaluation, Error> {
        let (evaluation, problems) = self.evaluate_anyway(source)?;
        evaluation.checked(problems)
    }

    /// Computes what can be computed, and returns the result with all problems.
    ///
    /// KPIs that need data which cannot be read are left out. As with [`Library::plan_anyway`], a KPI keeps its value
    /// if only its target, a band or its range cannot be computed.
    ///
    /// # Errors
    /// Returns an error if a limit is reached.
    pub fn evaluate_anyway(self: &Arc<Self>, source: &dyn Source) -> Result<(Evaluation, Vec<Diagnostic>), Error> {
        self.evaluate_within(source, self.limits.budget())
    }

    /// The same, within a budget that planning may have used.
    pub(crate) fn evaluate_within(
        self: &Arc<Self>,
        source: &dyn Source,
        budget: Budget,
    ) -> Result<(Evaluation, Vec<Diagnostic>), Error> {
        let (evaluation, problems) = self.evaluate_groups(source, budget.clone())?;
        shape::shaped(evaluation, problems, source, &budget)
    }

    /// Evaluates all groups.
    fn evaluate_groups(
        self: &Arc<Self>,
        source: &dyn Source,
        budget: Budget,
    ) -> Result<(Evaluation, Vec<Diagnostic>), Error> {
        let failed = |problems| Error::new(problems, self.sources.clone());
        let mut request = Request { budget, ..self.request.clone() };
        request.threads = request.threads.min(threads_for(source.datasets())).min(threads_within(&request.budget));
        let mut aggregated = source.aggregate(&request).map_err(failed)?;
        answer::check(&request, &aggregated).map_err(|problem| vec![problem])?;
        let inner = inner::results(self, source, &request, &aggregated.groups).map_err(failed)?;
        let measures = std::mem::take(&mut aggregated.measures);
        let inputs = inner::Inputs::new(self, &request, measures, &aggregated, &inner);
        let inputs = inputs.map_err(|limit| failed(vec![limit]))?;
        self.check_groups(aggregated.groups.len(), None).map_err(|limit| failed(vec![limit]))?;
        let (plan, problems) = self.computable(&inputs.refused);
        let slots: Vec<&Vector> = inputs.columns.iter().map(|measure| &measure.values).collect();
        let mut charge = request.budget.charge();
        charge
            .grow(bytes_of(&aggregated.groups, &inputs.columns), "the measures of all groups")
            .map_err(|problem| failed(vec![problem]))?;
        // The values of a measure are used as they are.
        let mut ids = needed_nodes(&plan);
        ids.retain(|&id| !matches!(self.program.node(id), Node::Slot(_)));
        let values = self.program.evaluate_within(&request.budget, &slots, aggregated.groups.len(), &ids);
        let values = values.map_err(|problem| failed(vec![problem]))?;
        let (notes, unread) = inner::once(&inner, aggregated.notes, aggregated.unread);
        let mut notes = notes;
        notes.extend(self.weeks_without_counterpart(&aggregated.groups));
        let row_flags = RowFlags::new(aggregated.groups.len());
        let mut evaluation = Evaluation {
            groups: aggregated.groups,
            measures: inputs.columns,
            each: inputs.each,
            inner,
            extents: aggregated.extents,
            asked: asked(source.datasets(), &request),
            notes,
            unread,
            needed: ids.into_iter().zip(values).collect(),
            last_block: LastBlock::default(),
            row_flags,
            shaped: None,
            plan,
        };
        evaluation.notes.extend(evaluation.outside_data());
        Ok((evaluation, problems))
    }

    /// The plan without the KPIs that need a refused measure, and the distinct reasons.
    fn computable(self: &Arc<Self>, refused: &[(u32, Diagnostic)]) -> (Arc<Self>, Vec<Diagnostic>) {
        if refused.is_empty() {
            return (self.clone(), vec![]);
        }
        let mut reasons: IndexMap<&Diagnostic, HashSet<u32>> = IndexMap::new();
        for (slot, reason) in refused {
            reasons.entry(reason).or_default().insert(*slot);
        }
        let plan = self.without(|slot| reasons.values().any(|slots| slots.contains(&slot)));
        let needed = reasons.into_iter().filter(|(_, slots)| self.needs(|slot| slots.contains(&slot)));
        (Arc::new(plan), needed.map(|(reason, _)| reason.clone()).collect())
    }

    /// Notes about 53rd weeks that are compared with the last week of a year of 52 weeks.
    fn weeks_without_counterpart(&self, groups: &[Group]) -> Vec<Diagnostic> {
        let shifts = self.request.measures.iter().map(|measure| measure.range.shift.iso_years);
        let shifts: IndexSet<i32> = shifts.filter(|&years| years != 0).collect();
        let mut weeks = IndexSet::new();
        if !shifts.is_empty() {
            weeks.extend(
                groups
                    .iter()
                    .filter_map(|group| group.period)
                    .chain(self.request.single)
                    .filter(|period| period.grain == Grain::Week),
            );
        }
        let calendar = self.request.calendar;
        let pairs = weeks.iter().flat_map(|&week| shifts.iter().map(move |&years| (week, years)));
        let other = pairs.filter_map(|(week, years)| Some((week, calendar.without_counterpart(week, years)?)));
        let note = other.map(|(week, other)| {
            let (week, other) = (calendar.spell(week), calendar.spell(other));
            let message =
                format!("{week} has no counterpart in a year of 52 weeks: `[1 year ago]` uses {other} instead");
            Diagnostic::note(Code::DataNote, message)
        });
        note.collect()
    }
}

impl Evaluation {
    /// The evaluation.
    ///
    /// # Errors
    /// All problems, if one of them is an error.
    pub(crate) fn checked(self, problems: Vec<Diagnostic>) -> Result<Self, Error> {
        match problems.iter().any(Diagnostic::is_error) {
            true => Err(Error::new(problems, self.plan.sources.clone())),
            false => Ok(self),
        }
    }
}

impl Library {
    /// Plans and runs a query.
    ///
    /// # Errors
    /// Returns the errors of [`Library::plan`] and [`Plan::evaluate`].
    pub fn evaluate(&self, query: &Query, source: &dyn Source, limits: &Limits) -> Result<Evaluation, Error> {
        self.evaluate_within(query, source, limits, limits.budget())
    }

    /// The same, within a budget.
    pub(crate) fn evaluate_within(
        &self,
        query: &Query,
        source: &dyn Source,
        limits: &Limits,
        budget: Budget,
    ) -> Result<Evaluation, Error> {
        let query = &self.with_latest(query, source, limits, &budget)?;
        let (plan, problems) = self.plan_within(query, source.datasets(), limits, Given::default(), &budget);
        let plan = Arc::new(plan.checked(problems)?);
        let (evaluation, problems) = plan.evaluate_within(source, budget)?;
        evaluation.checked(problems)
    }

    /// Plans and runs the KPIs of a query that can be computed, and returns the result with all problems.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use yardstick::{Embedded, Library, Limits, Query, Table};
    ///
    /// let library = Library::from_text("leads = sum(ads.leads)\nspend = sum(ads.spend)").unwrap();
    /// let ads = Table::from_csv("ads", "leads,cost\n3,120\n", &Default::default()).unwrap();
    /// let source = Embedded::new(vec![Arc::new(ads)]);
    /// let (result, problems) = library.evaluate_anyway(&Query::all(), &source, &Limits::default()).unwrap();
    /// assert_eq!(result.plan.kpis.len(), 1);
    /// assert_eq!(problems[0].message, "`ads` has no column `spend`");
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`Plan::evaluate_anyway`].
    pub fn evaluate_anyway(
        &self,
        query: &Query,
        source: &dyn Source,
        limits: &Limits,
    ) -> Result<(Evaluation, Vec<Diagnostic>), Error> {
        let budget = limits.budget();
        let query = &self.with_latest(query, source, limits, &budget)?;
        let (plan, mut problems) = self.plan_within(query, source.datasets(), limits, Given::default(), &budget);
        let (evaluation, more) = Arc::new(plan).evaluate_within(source, budget)?;
        problems.extend(more);
        Ok((evaluation, problems))
    }
}

/// The minimum number of rows per thread: starting a thread takes as long as aggregating several thousand rows.
const ROWS_PER_THREAD: u64 = 1 << 13;

/// What warehouses are asked for the measures of a request.
fn asked(datasets: &[Arc<dyn Dataset>], request: &Request) -> Vec<(MeasureId, WarehouseTrace)> {
    let positions = request.datasets.iter().enumerate();
    positions.flat_map(|(at, requested)| datasets[requested.dataset].asked(request, at)).collect()
}

/// The maximum number of useful threads for these datasets, if their size is known.
fn threads_for(datasets: &[Arc<dyn Dataset>]) -> usize {
    let rows = datasets.iter().map(|dataset| dataset.rows()).sum::<Option<u64>>();
    rows.map_or(usize::MAX, |rows| rows.div_ceil(ROWS_PER_THREAD).max(1) as usize)
}

/// The minimum memory per thread: each has its own tables of keys.
const BYTES_PER_THREAD: u64 = 32 << 20;

/// The maximum number of threads that share the memory of a budget.
fn threads_within(budget: &Budget) -> usize {
    usize::try_from(budget.memory() / BYTES_PER_THREAD).unwrap_or(usize::MAX).max(1)
}

/// The bytes of an answer.
fn bytes_of(groups: &[Group], measures: &[MeasureColumn]) -> usize {
    let measures: usize = measures.iter().map(MeasureColumn::bytes).sum();
    size_of_val(groups) + measures
}

/// The nodes whose values every result needs, sorted.
fn needed_nodes(plan: &Plan) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = plan.kpis.iter().chain(&plan.having).flat_map(|kpi| nodes_of(plan, kpi)).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

fn nodes_of(plan: &Plan, kpi: &PlannedKpi) -> Vec<NodeId> {
    let steps = std::iter::once(kpi.step).chain(kpi.target).map(|step| plan.step(step).node);
    let bands = kpi.bands.iter().map(|band| band.condition);
    steps.chain(bands).chain(kpi.compared.into_iter().flatten()).chain(kpi.range.0).chain(kpi.range.1).collect()
}

impl Evaluation {
    /// A warning if the data do not overlap the requested period and no KPI has a value.
    fn outside_data(&self) -> Option<Diagnostic> {
        let request = &self.plan.request;
        let (first, end) = request.period?;
        let known: Vec<_> =
            self.plan.datasets.iter().zip(&self.extents).filter_map(|(name, it)| Some((name, (*it)?))).collect();
        let lies_elsewhere = known.iter().all(|(_, (start, last))| *last < first || *start >= end);
        let kpis = 0..self.plan.kpis.len();
        let no_value = || kpis.into_iter().all(|kpi| (0..self.groups.len()).all(|at| self.value(kpi, at).is_err()));
        if self.plan.kpis.is_empty() || known.is_empty() || !lies_elsewhere || !no_value() {
            return None;
        }
        let day = |day: i32| request.calendar.spell_time(day);
        let asked = match request.single {
            Some(single) => request.calendar.spell(single),
            None => format!("{}..{}", day(first), day(end - 1)),
        };
        let places: Vec<String> = known
            .iter()
            .map(|(name, (start, last))| format!("`{name}` covers {} to {}", day(*start), day(*last)))
            .collect();
        let message = format!("there are no rows in `{asked}`: {}", places.join(", "));
        Some(Diagnostic::warning(Code::DataNote, message))
    }

    /// Returns the value of a KPI (by position in the plan) in a group (by position).
    ///
    /// # Panics
    /// Panics if `kpi` is not in `0..plan.kpis.len()` or `group` is not in `0..groups.len()`. Both ranges may be empty:
    /// definitions may publish no KPI, and a grouped result without rows has no groups.
    pub fn value(&self, kpi: usize, group: usize) -> Cell {
        let (this, group) = self.place(group);
        this.cell(this.plan.step(this.plan.kpis[kpi].step).node, group)
    }

    /// Returns the values of a KPI for all groups. None if the result does not have the KPI.
    pub fn column(&self, kpi: &str) -> Option<Vec<Cell>> {
        let at = self.plan.kpis.iter().position(|known| *known.name == *kpi)?;
        Some((0..self.groups.len()).map(|group| self.value(at, group)).collect())
    }

    /// Returns the value of a step in a group.
    pub fn step_value(&self, step: StepId, group: usize) -> Cell {
        let (this, group) = self.place(group);
        this.cell(this.plan.step(step).node, group)
    }

    /// The value of a step in a group as formulas use it.
    #[cfg(feature = "change")]
    pub(crate) fn used_value(&self, step: StepId, group: usize) -> Cell {
        let (this, group) = self.place(group);
        this.cell(this.plan.step(step).used, group)
    }

    /// The value of a node in a group.
    fn cell(&self, node: NodeId, group: usize) -> Cell {
        self.needed_value(node, group).unwrap_or_else(|| {
            let cells = self.cells(group, &Budget::unlimited());
            cells.expect("nothing stops it").node(node)
        })
    }

    /// The value of a measure or of a node that every result needs; None for other nodes.
    fn needed_value(&self, node: NodeId, group: usize) -> Option<Cell> {
        if let Node::Slot(measure) = self.plan.program.node(node) {
            return Some(self.measures[*measure as usize].values.get(group));
        }
        let at = self.needed.binary_search_by_key(&node, |(id, _)| *id).ok()?;
        Some(self.needed[at].1.get(group))
    }
}
