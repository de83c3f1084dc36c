//! Compares the values of KPIs without and with the scenario of a query.

use super::Evaluation;
use crate::plan::World;
use crate::value::{Number, Value, ops};

/// A KPI without and with the scenario: two positions among the KPIs of the plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InScenario {
    /// The KPI without the scenario.
    pub base: usize,
    /// The KPI with it.
    pub scenario: usize,
}

impl Evaluation {
    /// The KPIs of a query with a scenario. A KPI that has an error without or with it is left out.
    pub(crate) fn in_scenario(&self) -> Vec<InScenario> {
        let kpis = &self.plan.kpis;
        let with = |base: usize| {
            let is_same = |at: &usize| kpis[*at].world == World::Set && kpis[*at].name == kpis[base].name;
            Some(InScenario { base, scenario: (0..kpis.len()).find(is_same)? })
        };
        (0..kpis.len()).filter(|at| kpis[*at].world == World::Base).filter_map(with).collect()
    }

    /// The difference that the scenario makes in a group, and the difference divided by the size of the value without it.
    pub(crate) fn difference(&self, kpi: InScenario, group: usize) -> Option<(Number, Option<Number>)> {
        let number = |kpi: usize| match self.value(kpi, group) {
            Ok(Value::Number(number)) => Some(number),
            _ => None,
        };
        let base = number(kpi.base)?;
        let difference = ops::subtract(number(kpi.scenario)?, base).ok()?;
        let size = Number { decimal: base.decimal.abs(), ..base };
        Some((difference, ops::divide(difference, size).ok()))
    }
}
