//! Takes the KPIs out of a plan that need what turned out not to be there.

use super::{Plan, PlannedKpi, Step, StepId};
use crate::data::MeasureId;
use crate::program::{Node, NodeId, Program};

/// Which values need measures that cannot be computed.
pub(super) struct Refused<'a> {
    steps: &'a [Step],
    /// By the position of the operation.
    needing: Vec<bool>,
}

impl<'a> Refused<'a> {
    /// Finds all operations that need a refused measure, directly or not.
    pub fn new(program: &Program, steps: &'a [Step], is_refused: impl Fn(MeasureId) -> bool) -> Self {
        let mut needing: Vec<bool> = Vec::with_capacity(program.nodes().len());
        for node in program.nodes() {
            let needs = match node {
                Node::Slot(slot) => is_refused(MeasureId(*slot)),
                node => node.operands().any(|operand| needing[operand.0 as usize]),
            };
            needing.push(needs);
        }
        Self { steps, needing }
    }

    fn has(&self, node: NodeId) -> bool {
        self.needing[node.0 as usize]
    }

    fn has_step(&self, step: StepId) -> bool {
        self.has(self.steps[step.0 as usize].node)
    }

    /// A KPI without the target, the bands and the range that need such a measure; None where its value does. Without one
    /// of its bands another one would hold by mistake, so all of them go.
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

    /// Whether a KPI needs such a measure for anything.
    pub fn concerns(&self, kpi: &PlannedKpi) -> bool {
        let range = [kpi.range.0, kpi.range.1].into_iter().flatten();
        let mut conditions = kpi.bands.iter().map(|band| band.condition).chain(range);
        self.has_step(kpi.step)
            || kpi.target.is_some_and(|target| self.has_step(target))
            || conditions.any(|node| self.has(node))
    }
}

impl Plan {
    /// The plan without the KPIs whose values need a refused measure, and without the targets, bands and ranges that do.
    #[must_use]
    pub fn without(&self, is_refused: impl Fn(MeasureId) -> bool) -> Self {
        let refused = Refused::new(&self.program, &self.steps, is_refused);
        let kpis = self.kpis.iter().cloned().filter_map(|kpi| refused.without(kpi)).collect();
        Self { kpis, ..self.clone() }
    }

    /// Whether anything that was asked for needs one of some measures.
    pub fn needs(&self, is_meant: impl Fn(MeasureId) -> bool) -> bool {
        let meant = Refused::new(&self.program, &self.steps, is_meant);
        self.kpis.iter().any(|kpi| meant.concerns(kpi))
    }
}
