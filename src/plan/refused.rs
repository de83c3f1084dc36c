//! Removes the KPIs from a plan that need a measure that cannot be computed.

use super::{Plan, PlannedKpi, Step, StepId};
use crate::program::{Node, NodeId, Program};

/// The values that need measures that cannot be computed.
pub(super) struct Refused<'a> {
    steps: &'a [Step],
    /// For each operation, true if it needs such a measure.
    needing: Vec<bool>,
}

impl<'a> Refused<'a> {
    /// Finds all operations that need a refused input, directly or indirectly.
    pub fn new(program: &Program, steps: &'a [Step], is_refused: impl Fn(u32) -> bool) -> Self {
        Self { steps, needing: needing(program, is_refused) }
    }

    fn has(&self, node: NodeId) -> bool {
        self.needing[node.0 as usize]
    }

    fn has_step(&self, step: StepId) -> bool {
        self.has(self.steps[step.0 as usize].node)
    }

    /// Removes the target, bands and range that need such a measure from a KPI; None if its value needs one.
    ///
    /// If one band is removed, all are: another band would apply by mistake.
    pub fn without(&self, mut kpi: PlannedKpi) -> Option<PlannedKpi> {
        if self.has_step(kpi.step) {
            return None;
        }
        kpi.target = kpi.target.filter(|target| !self.has_step(*target));
        if kpi.bands.iter().any(|band| self.has(band.condition)) {
            kpi.bands.clear();
        }
        let end = |end: Option<NodeId>| end.filter(|node| !self.has(*node));
        kpi.range = (end(kpi.range.0), end(kpi.range.1));
        Some(kpi)
    }

    /// Returns true if a KPI needs such a measure, even if only for its target, bands or range.
    pub fn concerns(&self, kpi: &PlannedKpi) -> bool {
        let range = [kpi.range.0, kpi.range.1].into_iter().flatten();
        let mut conditions = kpi.bands.iter().map(|band| band.condition).chain(range);
        self.has_step(kpi.step)
            || kpi.target.is_some_and(|target| self.has_step(target))
            || conditions.any(|node| self.has(node))
    }
}

/// For each operation, true if it needs one of the selected inputs, directly or indirectly.
pub(super) fn needing(program: &Program, is_selected: impl Fn(u32) -> bool) -> Vec<bool> {
    let mut needing: Vec<bool> = Vec::with_capacity(program.nodes().len());
    for node in program.nodes() {
        let needs = match node {
            Node::Slot(slot) => is_selected(*slot),
            node => node.operands().any(|operand| needing[operand.0 as usize]),
        };
        needing.push(needs);
    }
    needing
}

impl Plan {
    /// Returns the plan without the KPIs, targets, bands and ranges that need a refused measure.
    #[must_use]
    pub fn without(&self, is_refused: impl Fn(u32) -> bool) -> Self {
        let refused = Refused::new(&self.program, &self.steps, is_refused);
        let having = self.having.clone().and_then(|condition| refused.without(condition));
        // Without the condition, other groups would be in the result.
        let is_shown = having.is_some() == self.having.is_some();
        let kpis = self.kpis.iter().filter(|_| is_shown).cloned().filter_map(|kpi| refused.without(kpi)).collect();
        Self { kpis, having, ..self.clone() }
    }

    /// The plan with these KPIs of its own.
    pub(crate) fn with_kpis(&self, kpis: Vec<PlannedKpi>) -> Self {
        Self { kpis, ..self.clone() }
    }

    /// Returns true if a requested KPI needs one of the selected inputs.
    pub fn needs(&self, is_selected: impl Fn(u32) -> bool) -> bool {
        let selected = Refused::new(&self.program, &self.steps, is_selected);
        self.kpis.iter().chain(&self.having).any(|kpi| selected.concerns(kpi))
    }
}
