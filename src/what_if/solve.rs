//! Finds the value of an input at which a KPI is what is wanted.
//!
//! The query computes every KPI three times: as it is, with a free input, and with an undefined input. The second one is
//! the formula as a function of the input. The third one tells whether the input is also read where it is not free.

use std::sync::Arc;

use num_rational::BigRational;
use num_traits::One;

use super::columns::{Columns, Sought, number};
use super::form::{Form, Formula, dependent};
use super::group::Group;
use super::solution::{Solution, SolutionBounds, SolutionKind};
use super::stretch::{Mark, Place, Stretch};
use crate::budget::Budget;
use crate::data::Source;
use crate::diagnostic::{Diagnostic, Error};
use crate::eval::Evaluation;
use crate::library::Library;
use crate::plan::inner::Input;
use crate::plan::{Limits, OtherWorlds, Query, Variation, Varied};
use crate::program::NodeId;
use crate::value::{Decimal, Number};

/// The version of the JSON format of [`Solution`].
const VERSION: u32 = 1;

/// The worlds of the query.
const WORLDS: usize = 3;

/// What [`Library::solve`] looks for: the value of an input at which a KPI has a value.
///
/// ```
/// use yardstick::Goal;
///
/// let goal = Goal::new("cac", 45, "spend").within(0, 10_000);
/// # let _ = goal;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    kpi: Arc<str>,
    input: Arc<str>,
    sought: Sought,
}

impl Goal {
    /// The value of an input, a parameter or a KPI at which a KPI or a formula has the wanted value. Numbers are in the
    /// units of their definitions.
    pub fn new(kpi: impl Into<Arc<str>>, wanted: impl Into<Decimal>, input: impl Into<Arc<str>>) -> Self {
        let sought = Sought { wanted: Number::exact(wanted.into()), within: None };
        Self { kpi: kpi.into(), input: input.into(), sought }
    }

    /// Looks between two bounds only, both included, in any order.
    #[must_use]
    pub fn within(mut self, least: impl Into<Decimal>, most: impl Into<Decimal>) -> Self {
        let mut ends = [least.into(), most.into()];
        ends.sort_unstable();
        self.sought.within = Some(ends.map(Number::exact));
        self
    }
}

impl Library {
    /// Finds the values of an input at which a KPI is what is wanted, in each group of a query. The KPIs of the query are
    /// those whose changes of status are listed.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use yardstick::{Embedded, Goal, Library, Limits, Query, Table};
    ///
    /// let library = Library::from_text("cac = spend / customers\ninput spend = sum(ads.spend)\ninput customers = sum(ads.customers)")?;
    /// let table = Table::from_tuples("ads", &["channel", "spend", "customers"], &[("web", 900, 30), ("mail", 100, 10)])?;
    /// let source = Embedded::new(vec![Arc::new(table)]);
    /// let query = Query::all().by("channel");
    /// let solutions = library.solve(&Goal::new("cac", 20, "spend"), &query, &source, &Limits::default())?;
    /// let web = solutions.iter().find(|it| it.group["channel"].as_deref() == Some("web")).expect("it has rows");
    /// assert_eq!((web.values[0].value, web.values[0].exact), (600.into(), true));
    /// assert_eq!(web.values[0].difference, Some((-300).into()));
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`Library::evaluate`], or an error if the KPI does not depend on the input, or reads it in
    /// another context too.
    pub fn solve(
        &self,
        goal: &Goal,
        query: &Query,
        source: &dyn Source,
        limits: &Limits,
    ) -> Result<Vec<Solution>, Error> {
        let others = query.kpis.iter().filter(|name| **name != goal.kpi && **name != goal.input).cloned().collect();
        let query = goal_query(query.clone(), goal.kpi.clone(), &goal.input, others);
        let evaluation = self.evaluate(&query, source, limits)?;
        let groups: Vec<usize> = (0..evaluation.groups.len()).collect();
        let solutions = evaluation.solutions(&goal.sought, &groups, &limits.budget());
        solutions.map_err(|problem| Error::new(vec![problem], evaluation.plan.sources.clone()))
    }
}

/// The query that [`Evaluation::solutions`] needs: of a KPI, an input, and the KPIs whose statuses may change.
pub(crate) fn goal_query(query: Query, kpi: Arc<str>, input: &Arc<str>, others: Vec<Arc<str>>) -> Query {
    let undefined = Varied::Formula("undefined".into());
    let variation = |value: Varied, with_bounds: bool| Variation { name: input.clone(), value, with_bounds };
    let variations = vec![variation(Varied::Free, true), variation(undefined, false)];
    Query {
        kpis: [kpi, input.clone()].into_iter().chain(others).collect(),
        other_worlds: OtherWorlds { variations, ..OtherWorlds::default() },
        ..query
    }
}

impl Evaluation {
    /// The values of the input at which the KPI is what is wanted, for each of these groups.
    ///
    /// # Errors
    /// The KPI does not depend on the input, or reads it in other contexts too; a limit was reached.
    pub(crate) fn solutions(
        &self,
        goal: &Sought,
        groups: &[usize],
        budget: &Budget,
    ) -> Result<Vec<Solution>, Diagnostic> {
        let slot = self.plan.inputs.iter().position(|input| matches!(input, Input::Free));
        let slot = slot.map_or(u32::MAX, |at| (self.plan.request.measures.len() + at) as u32);
        let count = self.plan.kpis.len() / WORLDS;
        let depends = dependent(&self.plan.program, slot);
        let mut columns = Columns { evaluation: self, count, free: slot, followed: vec![], depends };
        columns.check()?;
        columns.followed = (0..count).map(|at| columns.follows(at)).collect();
        groups.iter().map(|group| columns.solution(goal, *group, budget)).collect()
    }
}

impl Columns<'_> {
    fn solution(&self, goal: &Sought, group: usize, budget: &Budget) -> Result<Solution, Diagnostic> {
        let evaluation = self.evaluation;
        let cells = evaluation.cells(group, budget)?;
        let cell = |node: NodeId| cells.node(node);
        let formula = Formula::new(&evaluation.plan.program, &self.depends, &cell);
        let steps = [0, 1].map(|at| evaluation.plan.step(self.planned(0, at).step));
        let solution = Solution {
            version: VERSION,
            kpi: self.planned(0, 0).name.clone(),
            unit: steps[0].ty.unit_name(),
            input: self.planned(0, 1).name.clone(),
            input_unit: steps[1].ty.unit_name(),
            group: evaluation.group_label(group),
            wanted: goal.wanted.decimal,
            present: number(&evaluation.value(0, group)).map(|number| number.decimal),
            present_input: number(&evaluation.value(1, group)).map(|number| number.decimal),
            found: SolutionKind::Solved,
            values: vec![],
            undefined_at: vec![],
            jumps: vec![],
            within: goal.within.map(|[least, most]| SolutionBounds { least: least.decimal, most: most.decimal }),
            reason: None,
            types: steps.map(|step| step.ty.clone()),
        };
        Group { columns: self, group, formula: &formula, scale: self.scale(&formula), budget }.solve(goal, solution)
    }

    /// The input as results show it, divided by the input as formulas use it: a result may show it in another unit.
    fn scale(&self, formula: &Formula<'_>) -> BigRational {
        let one = Place::new(Stretch::Point(Mark::exact(BigRational::one())));
        match formula.form(self.node(1), &one) {
            Ok(Form::Quotient(shown)) => shown.at(&BigRational::one()),
            _ => BigRational::one(),
        }
    }
}
