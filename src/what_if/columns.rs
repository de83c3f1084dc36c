//! The columns of a query that is solved for an input, in its worlds.

use std::collections::HashSet;

use super::sensitivity::varied_inputs;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Evaluation;
use crate::plan::{PlannedKpi, StepId, StepKind};
use crate::program::{Node, NodeId};
use crate::value::{Cell, Number, Value};

/// What is sought. The KPI is the first one of the query, the input the second one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sought {
    /// The wanted value of the KPI.
    pub wanted: Number,
    /// The least and the largest value of the input.
    pub within: Option<[Number; 2]>,
}

/// The columns of the query in its worlds.
pub struct Columns<'e> {
    pub evaluation: &'e Evaluation,
    /// The number of columns in each world.
    pub count: usize,
    /// The slot of the free input.
    pub free: u32,
    /// True for the KPIs that read the input only where it is free.
    pub followed: Vec<bool>,
    /// True for the nodes that depend on the input.
    pub depends: Vec<bool>,
}

impl<'e> Columns<'e> {
    /// The KPI at a position in a world.
    pub fn planned(&self, world: usize, at: usize) -> &'e PlannedKpi {
        &self.evaluation.plan.kpis[world * self.count + at]
    }

    /// The node of a column with the free input.
    pub fn node(&self, at: usize) -> NodeId {
        self.evaluation.plan.step(self.planned(1, at).step).node
    }

    /// Checks that the KPI depends on the input, and only where the input is free.
    ///
    /// # Errors
    /// It does not, or the input is also read where it is not free.
    pub fn check(&self) -> Result<(), Diagnostic> {
        let [kpi, input] = [0, 1].map(|at| &*self.planned(0, at).name);
        let refused = |message: String| Diagnostic::error(Code::BadQuery, message);
        let everywhere =
            format!("to change `{input}` everywhere, write `kpi eval '{kpi}' --set '{input} = {input} * 110%'`");
        if let Some(context) = self.other_context(0) {
            let message = format!("`{kpi}` reads `{input}` in another context too: {context}");
            return Err(refused(message)
                .hint("`kpi solve` sets the value in the group itself, and the others are read from the data")
                .hint(everywhere));
        }
        if !self.follows(0) {
            let message = format!("`{kpi}` reads `{input}` inside an aggregate, not only as a value of the group");
            return Err(refused(message).hint(everywhere));
        }
        if !self.evaluation.plan.program.slots_below([self.node(0)]).contains(&self.free) {
            let problem = refused(format!("`{kpi}` does not depend on `{input}`"));
            return Err(problem.maybe_hint(self.read_instead()));
        }
        Ok(())
    }

    /// True if a KPI reads the input only where it is free: in no other context, and in no aggregate.
    pub fn follows(&self, at: usize) -> bool {
        let slots = |world: usize| -> Vec<u32> {
            let node = self.evaluation.plan.step(self.planned(world, at).step).node;
            let slots = self.evaluation.plan.program.slots_below([node]);
            slots.into_iter().filter(|slot| *slot != self.free).collect()
        };
        slots(1) == slots(2) && self.other_context(at).is_none()
    }

    /// The first context, other than that of the group, in which a KPI reads the input.
    fn other_context(&self, at: usize) -> Option<String> {
        let plan = &self.evaluation.plan;
        let (mut open, mut seen) = (vec![self.planned(1, at).step], HashSet::new());
        let is_free = |node: NodeId| matches!(plan.program.node(node), Node::Slot(slot) if *slot == self.free);
        let input = self.planned(1, 1).definition;
        while let Some(at) = open.pop().filter(|_| input.is_some()) {
            let step = plan.step(at);
            if step.kind == input.map_or(StepKind::Expression, StepKind::Given) && !is_free(step.used) {
                let context = step.context.describe(&plan.request, false);
                return Some(context.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
            }
            open.extend(step.uses.iter().map(|used| used.step).filter(|step: &StepId| seen.insert(*step)));
        }
        None
    }

    /// A hint with the inputs that the KPI reads.
    fn read_instead(&self) -> Option<String> {
        let library = &self.evaluation.plan.library;
        let kpi = self.planned(0, 0).definition?;
        let names: Vec<String> =
            varied_inputs(library, [kpi]).into_iter().map(|id| format!("`{}`", library.get(id).name.text)).collect();
        (!names.is_empty()).then(|| format!("it reads {}", names.join(", ")))
    }
}

/// The number of a cell.
pub fn number(cell: &Cell) -> Option<Number> {
    match cell {
        Ok(Value::Number(number)) => Some(*number),
        _ => None,
    }
}
