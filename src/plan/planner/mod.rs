//! Builds the plan of a query: reads its texts, derives what was asked for, and asks each dataset for what that needs.

mod kpis;
mod missing;
mod requests;
mod texts;

use std::sync::Arc;

use super::bind::Bindings;
use super::lower::constant::Constants;
use super::lower::formula::Planner;
use super::refused::Refused;
use super::{Given, Limits, Plan, PlannedKpi, Query, StepId};
use crate::budget::Budget;
use crate::data::{Dataset, DatasetRequest, MAX_MEASURES, MeasureId, Request, Source};
use crate::diagnostic::{Code, Diagnostic, Error};
use crate::library::Library;
use texts::Texts;

impl Library {
    /// Makes a query ready to be evaluated over a source with these columns.
    ///
    /// # Errors
    /// All problems of the query: unknown names, inputs that the data lack, units that do not fit.
    pub fn plan(&self, query: &Query, source: &dyn Source, limits: &Limits) -> Result<Plan, Error> {
        let (plan, problems) = self.plan_anyway(query, source, limits);
        plan.checked(problems)
    }

    /// Makes what can be made ready: the plan without the KPIs that cannot be computed, and every problem. Where the
    /// groups, conditions, the period or a given value are wrong, no KPI is left.
    pub fn plan_anyway(&self, query: &Query, source: &dyn Source, limits: &Limits) -> (Plan, Vec<Diagnostic>) {
        self.plan_given(query, source.datasets(), limits, Given::default())
    }

    /// The same, with values and columns that stand in for data.
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
        texts.set.extend(given.values);
        let diagnostics = std::mem::take(&mut texts.diagnostics);
        let bindings = Bindings::new(self, datasets);
        let constants = Constants::new(self, std::mem::take(&mut texts.set));
        let mut planner = Planner::new(self, bindings, constants, texts.axis(query.totals), limits.nodes);
        planner.diagnostics = diagnostics;
        planner.budget = budget.clone();
        planner.filters = texts.filters.clone();
        planner.provided = given.columns;
        Build {
            library: self,
            query,
            limits,
            datasets,
            texts,
            planner,
            bare: given.bare,
            any_period: given.any_period,
            bounds_need_period: false,
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
    /// Without targets, bands and ranges.
    bare: bool,
    /// Whether what lacks a period is left out without a problem.
    any_period: bool,
    /// Whether a bound of the KPI at hand needs a period, in a query without one.
    bounds_need_period: bool,
}

impl Build<'_> {
    fn run(mut self) -> (Plan, Vec<Diagnostic>) {
        let asked = std::mem::take(&mut self.texts.kpis);
        let steps: Vec<StepId> = asked.iter().map(|asked| self.value(asked)).collect();
        self.two_meanings();
        self.planner.check_given();
        self.missing_inputs();
        self.needs_period(&asked, &steps);
        self.needs_dates();
        // Cards come after all values: what only a target or a band needs, and the data lack, costs no KPI its value.
        let mut kpis: Vec<PlannedKpi> =
            asked.iter().zip(steps).filter_map(|(asked, step)| self.kpi(asked, step)).collect();
        self.missing_bounds();
        let datasets = self.planner.bindings.requested();
        let names = datasets.iter().map(|&dataset| self.planner.bindings.name(dataset).clone()).collect();
        let (requests, refused) = self.requests(&datasets);
        // Values under another condition or over other groups than were asked for answer another question.
        let about_all = |problem: &Diagnostic| problem.is_error() && self.texts.is_about_all(problem);
        if self.texts.broken || self.planner.diagnostics.iter().any(about_all) {
            kpis.clear();
        }
        let is_refused = |measure: MeasureId| {
            let measure = self.planner.measures.get_index(measure.0 as usize);
            measure.is_some_and(|measure| refused.contains(&measure.dataset))
        };
        let refused = Refused::new(&self.planner.program, &self.planner.steps, is_refused);
        let kpis: Vec<PlannedKpi> = kpis.into_iter().filter_map(|kpi| refused.without(kpi)).collect();
        if self.planner.measures.len() > MAX_MEASURES {
            let message = format!("the query needs more than {MAX_MEASURES} measures");
            self.planner.diagnostics.push(Diagnostic::error(Code::LimitReached, message));
        }
        let request = self.request(requests);
        let cost = crate::plan::cost::estimate(&request, self.planner.program.nodes().len(), self.datasets);
        self.check_cost(cost);
        let plan = Plan {
            library: self.library.clone(),
            cost,
            sources: self.texts.sources,
            limits: self.limits.clone(),
            request,
            program: self.planner.program,
            kpis,
            steps: self.planner.steps,
            filters: std::mem::take(&mut self.texts.conditions),
            datasets: names,
            diagnostics: vec![],
        };
        (plan, self.planner.diagnostics)
    }

    /// What is asked of data.
    fn request(&mut self, datasets: Vec<DatasetRequest>) -> Request {
        let limits = self.limits;
        Request {
            datasets,
            by: self.planner.axis.by.clone(),
            grain: self.texts.grain,
            calendar: self.library.calendar(),
            period: self.texts.period,
            single: self.texts.single,
            totals: self.query.totals && (self.texts.grain.is_some() || !self.texts.by.is_empty()),
            measures: std::mem::take(&mut self.planner.measures).into_iter().collect(),
            threads: limits.thread_count(),
            max_groups: limits.groups,
            budget: Budget::unlimited(),
        }
    }

    fn check_cost(&mut self, cost: u64) {
        if let Some(limit) = self.limits.cost.filter(|limit| cost > *limit) {
            let message = format!("the query is estimated to cost {cost}, more than the limit of {limit}");
            let hint = "ask for fewer KPIs, coarser groups or a shorter period, or raise the limit on cost";
            self.planner.diagnostics.push(Diagnostic::error(Code::LimitReached, message).hint(hint));
        }
    }
}
