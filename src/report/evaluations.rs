//! The queries of a report.

use std::sync::Arc;

use super::{Asked, Engine, in_context, inputs_with_targets};
use crate::diagnostic::Diagnostic;
use crate::eval::Evaluation;
use crate::plan::{Given, GroupBy, Plan, Query};

impl Engine<'_> {
    fn plan(&self, query: &Query) -> (Plan, Vec<Diagnostic>) {
        self.library.plan_within(query, self.source.datasets(), self.limits, Given::default(), self.budget)
    }

    /// The names of the KPIs that the query can compute.
    pub(super) fn names(&self, query: &Query) -> Result<Vec<Arc<str>>, Vec<Diagnostic>> {
        let (plan, problems) = self.plan(query);
        let names: Vec<Arc<str>> = plan.kpis.iter().map(|kpi| kpi.name.clone()).collect();
        if names.is_empty() { Err(problems) } else { Ok(names) }
    }

    /// Evaluates a query, and returns the result with the problems of the data. Problems of planning are left out.
    pub(super) fn evaluate(&self, query: &Query) -> Result<(Evaluation, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (plan, _) = self.plan(query);
        let evaluated = Arc::new(plan).evaluate_within(self.source, self.budget.clone());
        evaluated.map_err(|error| error.into_diagnostics())
    }

    /// Evaluates the KPIs of a report, the same KPIs before, and the inputs that have targets.
    pub(super) fn main(
        &self,
        asked: &Asked<'_>,
        names: &[Arc<str>],
    ) -> Result<(Evaluation, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (plan, _) = self.plan(asked.query);
        let mut kpis = names.to_vec();
        if asked.query.by.iter().any(|group| matches!(group, GroupBy::Grain(_))) {
            let before = plan.kpis.iter().map(|kpi| in_context(&kpi.name, kpi.definition, asked.against));
            kpis.extend(before);
        }
        let query = Query { kpis, ..asked.query.clone() };
        let (evaluation, problems) = self.evaluate(&query)?;
        let inputs = inputs_with_targets(&evaluation.plan);
        if inputs.is_empty() {
            return Ok((evaluation, problems));
        }
        let kpis = query.kpis.iter().cloned().chain(inputs).collect();
        self.evaluate(&Query { kpis, ..query })
    }
}
