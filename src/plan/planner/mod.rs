//! Builds the plan of a query: reads its texts, derives its KPIs and builds the request for each dataset.

mod inner;
mod kpis;
mod missing;
mod requests;
mod shape;
mod texts;

use std::collections::HashMap;
use std::sync::Arc;

use super::bind::Bindings;
use super::inner::Inner;
use super::lower::constant::Constants;
use super::lower::formula::{Grouping, Planner};
use super::refused::Refused;
use super::world::World;
use super::{Chosen, Given, Limits, Plan, PlannedKpi, Query, StepId, cost};
use crate::budget::Budget;
use crate::data::{Dataset, DatasetRequest, MAX_MEASURES, Request, Source};
use crate::diagnostic::{Code, Diagnostic, Error, most_severe};
use crate::library::types::walk::Level;
use crate::library::{DefinitionId, Library};
use crate::program::NodeId;
use crate::syntax::ast::Expr;
use texts::{Asked, Texts};

impl Library {
    /// Plans a query, so that it can be evaluated over a source with these columns.
    ///
    /// # Errors
    /// Returns all problems of the query: unknown names, inputs that the data do not have, incompatible units.
    pub fn plan(&self, query: &Query, source: &dyn Source, limits: &Limits) -> Result<Plan, Error> {
        let (plan, problems) = self.plan_anyway(query, source, limits);
        plan.checked(problems)
    }

    /// Plans the KPIs that can be computed, and returns every problem.
    ///
    /// If a group, a condition, the period or a set value is wrong, the plan has no KPIs.
    pub fn plan_anyway(&self, query: &Query, source: &dyn Source, limits: &Limits) -> (Plan, Vec<Diagnostic>) {
        self.plan_given(query, source.datasets(), limits, Given::default())
    }

    /// Does the same as [`plan_anyway`](Self::plan_anyway), with values and columns that replace data.
    pub(crate) fn plan_given(
        &self,
        query: &Query,
        datasets: &[Arc<dyn Dataset>],
        limits: &Limits,
        given: Given,
    ) -> (Plan, Vec<Diagnostic>) {
        self.plan_within(query, datasets, limits, given, &limits.budget())
    }

    /// The same, within a budget that evaluation goes on with.
    pub(crate) fn plan_within(
        &self,
        query: &Query,
        datasets: &[Arc<dyn Dataset>],
        limits: &Limits,
        given: Given,
        budget: &Budget,
    ) -> (Plan, Vec<Diagnostic>) {
        let mut texts = Texts::read(self, query, datasets);
        let varied = std::mem::take(&mut texts.varied);
        let set = match query.scenario {
            None => texts.set.clone(),
            Some(_) => texts.given.iter().map(|(id, value)| (*id, Arc::new(value.clone()))).collect(),
        };
        let diagnostics = std::mem::take(&mut texts.diagnostics);
        let bindings = Bindings::new(self, datasets);
        let given_values = given.values.into_iter().chain(std::mem::take(&mut texts.given)).collect();
        let constants = Constants::new(self, given_values, std::mem::take(&mut texts.set)).varied(varied);
        let mut groups = Grouping::new(texts.by.clone(), texts.axis(query.totals), bindings);
        (groups.grain, groups.period, groups.single) = (texts.grain, texts.period, texts.single);
        groups.data_end = texts.data_end;
        groups.calendar = texts.calendar;
        groups.totals = query.totals && (texts.grain.is_some() || !texts.by.is_empty());
        groups.filters = texts.filters.iter().map(|filter| (filter.clone(), World::Set)).collect();
        let mut planner = Planner::new(self, groups, constants, limits.nodes, budget);
        planner.diagnostics = diagnostics;
        planner.provided = given.columns;
        planner.mixes_currencies = given.added || given.any_period;
        planner.keys_apart = matches!(given.chosen, Some(Chosen::NoneOf(_)));
        Build {
            library: self,
            query,
            limits,
            datasets,
            texts,
            planner,
            set,
            bare: given.bare,
            any_period: given.any_period,
            chosen: given.chosen,
            bounds_need_period: false,
            bounds: vec![],
            bounds_of: vec![],
        }
        .run()
    }
}

impl Plan {
    /// The plan with its warnings and notes.
    ///
    /// # Errors
    /// All problems, if one of them is an error.
    pub(crate) fn checked(self, problems: Vec<Diagnostic>) -> Result<Self, Error> {
        match problems.iter().any(Diagnostic::is_error) {
            true => Err(Error::new(problems, self.sources)),
            false => Ok(Self { diagnostics: problems, ..self }),
        }
    }
}

struct Build<'a> {
    library: &'a Library,
    query: &'a Query,
    limits: &'a Limits,
    datasets: &'a [Arc<dyn Dataset>],
    texts: Texts,
    planner: Planner<'a>,
    /// The values that the query sets.
    set: HashMap<DefinitionId, Arc<Expr>>,
    /// True if targets, bands and ranges are left out.
    bare: bool,
    /// True if KPIs that lack a period are left out without a problem.
    any_period: bool,
    /// The rows that count, if they are those of some groups.
    chosen: Option<Chosen>,
    /// True if a bound of the current KPI needs a period and the query has none.
    bounds_need_period: bool,
    /// The target and the bounds of the bands of the current KPI.
    bounds: Vec<NodeId>,
    /// Those of each KPI.
    bounds_of: Vec<(DefinitionId, Vec<NodeId>)>,
}

impl Build<'_> {
    fn run(mut self) -> (Plan, Vec<Diagnostic>) {
        let (worlds, asked) = self.asked();
        let has_condition = self.texts.having.is_some();
        let mut kpis = self.all_kpis(&worlds, &asked, has_condition);
        let inner = self.complete_inner();
        let completed = self.complete();
        // Values under other conditions or over other groups would answer a different question.
        let about_all = |problem: &Diagnostic| problem.is_error() && self.texts.is_about_all(problem);
        if self.texts.broken || self.planner.diagnostics.iter().any(about_all) {
            kpis.clear();
        }
        let nodes = inner::refused_nodes(&inner);
        let refused = Refused::new(completed.program(), &self.planner.steps, |slot| completed.refuses(slot, &nodes));
        let mut kpis: Vec<Option<PlannedKpi>> =
            kpis.into_iter().map(|kpi| kpi.and_then(|kpi| refused.without(kpi))).collect();
        self.mark_bounds_so_far(&mut kpis, &completed.inner);
        let having = if has_condition { kpis.pop().flatten() } else { None };
        if has_condition && having.is_none() {
            kpis.clear();
        }
        let inner: Vec<Inner> = inner.into_iter().map(|completed| completed.inner).collect();
        self.plan(completed.inner, inner, kpis.into_iter().flatten().collect(), having)
    }

    /// Plans the values of all KPIs and then their cards, so that a column that only a target or band needs does not remove
    /// a value. The condition on groups is the last one.
    fn all_kpis(&mut self, worlds: &[World], asked: &[Asked], has_condition: bool) -> Vec<Option<PlannedKpi>> {
        let steps: Vec<StepId> =
            worlds.iter().zip(asked).map(|(world, asked)| self.in_world(*world, |it| it.value(asked))).collect();
        self.two_meanings();
        self.planner.check_given();
        self.missing_inputs();
        self.needs_period(asked, &steps);
        self.reads_all_times();
        self.needs_dates();
        let kpis: Vec<Option<PlannedKpi>> = worlds
            .iter()
            .zip(asked.iter().zip(steps))
            .map(|(world, (asked, step))| self.in_world(*world, |it| it.kpi(asked, step)))
            .collect();
        if let Some(Some(condition)) = kpis.last().filter(|_| has_condition) {
            self.is_condition(condition.step);
        }
        self.missing_bounds();
        kpis
    }

    /// Puts the plan together, and checks its size.
    fn plan(
        mut self,
        result: Inner,
        inner: Vec<Inner>,
        kpis: Vec<PlannedKpi>,
        having: Option<PlannedKpi>,
    ) -> (Plan, Vec<Diagnostic>) {
        let Inner { request, program, inputs, datasets, .. } = result;
        if request.measures.len() > MAX_MEASURES {
            let message = format!("the query needs more than {MAX_MEASURES} measures");
            self.planner.report(Diagnostic::error(Code::LimitReached, message));
        }
        let mut requests = std::iter::once(&request).chain(inner.iter().map(|inner| &inner.request));
        let too_many_periods = requests.find_map(|request| request.check_periods().err());
        let kpis = if too_many_periods.is_some() { vec![] } else { kpis };
        self.planner.diagnostics.extend(too_many_periods.map(Diagnostic::in_query));
        let level = cost::Level { request: &request, program: &program, inputs: &inputs };
        let cost = cost::estimate(level, &inner, self.datasets);
        self.check_cost(cost.estimated());
        let named = |name: &Arc<str>| self.datasets.iter().find(|dataset| dataset.name() == name);
        let files = datasets.iter().map(|name| named(name)?.files()).collect();
        let problems = most_severe(std::mem::take(&mut self.planner.diagnostics));
        let problems = problems.into_iter().map(|problem| self.texts.marked(problem)).collect();
        let plan = Plan {
            library: self.library.clone(),
            cost,
            sources: self.texts.sources,
            limits: self.limits.clone(),
            request,
            program,
            inputs,
            inner,
            kpis,
            having,
            query: Arc::new(self.query.clone()),
            set: self.set,
            steps: self.planner.steps,
            filters: std::mem::take(&mut self.texts.conditions),
            datasets,
            files,
            diagnostics: vec![],
        };
        (plan, problems)
    }

    /// What is asked for, and in which world: with a scenario, every KPI without it and then with it, then in every
    /// variation. The condition on groups is last.
    fn asked(&mut self) -> (Vec<World>, Vec<Asked>) {
        let kpis = std::mem::take(&mut self.texts.kpis);
        let other = &self.query.other_worlds;
        let base = Some(World::Base).filter(|_| self.query.scenario.is_some() || other.base);
        let varied = (0..other.variations.len() as u32).map(World::Varied);
        let worlds: Vec<World> = base.into_iter().chain([World::Set]).chain(varied).collect();
        let having = self.texts.having.clone().map(|(text, condition)| (worlds[0], Asked::Formula(text, condition)));
        let everywhere = kpis.len().saturating_sub(self.query.other_worlds.only_here);
        let asked = worlds.iter().flat_map(|world| {
            let count = if *world == World::Set { kpis.len() } else { everywhere };
            kpis[..count].iter().map(move |kpi| (*world, kpi.clone()))
        });
        asked.chain(having).unzip()
    }

    fn in_world<T>(&mut self, world: World, act: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.planner.constants.world, world);
        let result = act(self);
        self.planner.constants.world = before;
        result
    }

    /// Builds the request to the data.
    fn request(&mut self, datasets: Vec<DatasetRequest>) -> Request {
        let (limits, here) = (self.limits, &mut self.planner.here);
        Request {
            datasets,
            by: here.axis.by.clone(),
            grain: here.grain,
            calendar: here.calendar,
            period: here.period,
            single: here.single,
            totals: here.totals,
            every_period: here.every_period,
            measures: std::mem::take(&mut here.measures).into_iter().collect(),
            threads: limits.thread_count(),
            max_groups: limits.groups,
            budget: Budget::unlimited(),
            answers: Default::default(),
        }
    }

    fn check_cost(&mut self, cost: u64) {
        if let Some(limit) = self.limits.cost.filter(|limit| cost > *limit) {
            let message = format!("the estimated cost of the query is {cost}, above the limit of {limit}");
            let hint = "request fewer KPIs, coarser groups or a shorter period, or raise the limit on cost";
            self.planner.diagnostics.push(Diagnostic::error(Code::LimitReached, message).hint(hint));
        }
    }
}
