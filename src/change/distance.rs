//! A value and its target: the inputs that have targets account for their distance from these, and one step for the rest.

use std::collections::HashMap;

use super::graph::{Edge, Vertex};
use super::shares::Switch;
use super::sides::Sides;
use super::{Change, ChangeSide, Changes, Precision};
use crate::budget::Charge;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Evaluation;
use crate::language::{Phrase, Sentence};
use crate::program::Node;
use crate::value::{Cell, Number, Value};

impl Evaluation {
    /// Splits the difference of a KPI from its target. The KPIs at the positions `inputs` are inputs that have targets.
    /// The charge counts the memory of the change.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) fn change_from_target(
        &self,
        kpi: usize,
        group: usize,
        inputs: &[usize],
        precision: Precision,
        charge: &mut Charge,
    ) -> Result<Change, Diagnostic> {
        let (this, at) = self.place(group);
        let Some(target) = self.outcome(kpi, group).target.map(|target| target.value) else {
            let problem = format!("`{}` has no target here", self.plan.kpis[kpi].name);
            let hint = "give its card a target, as in `{ target 40 }`, or compare with a period: `--against previous`";
            return Err(Diagnostic::error(Code::BadQuery, problem).hint(hint));
        };
        let before = ChangeSide {
            context: vec![Sentence::plain(Phrase::ItsTarget)],
            undefined: None,
            flags: vec![],
            value: Some(Value::Number(target).to_string()),
            cell: Ok(Value::Number(target)),
            ..self.side(kpi, group)
        };
        let targets = this.targets(inputs, at);
        let others = this.cells_with(at, &targets, charge.budget())?;
        let root = this.plan.kpis[kpi].step;
        let sides = Sides::new(&this.plan, [others, this.cells(at, charge.budget())?], [root, root]);
        let sides = sides.expect("both sides are the same step");
        let target = Some(Distance { target, is_divided: !targets.is_empty() });
        let changes = Changes { evaluation: this, groups: [at, at], outer: [group, group], sides, target };
        changes.change(kpi, [before, self.side(kpi, group)], precision, None, charge)
    }

    /// The targets of inputs, by the slots of their values. An input that a formula computes is not one of them.
    fn targets(&self, inputs: &[usize], group: usize) -> HashMap<u32, Cell> {
        let target = |&input: &usize| {
            let step = self.plan.step(self.plan.kpis[input].step);
            let Node::Slot(slot) = *self.plan.program.node(step.node) else { return None };
            let target = self.outcome(input, group).target?.value;
            (step.node == step.used).then_some((slot, Ok(Value::Number(target))))
        };
        inputs.iter().filter_map(target).collect()
    }
}

/// The target that a value is compared with.
#[derive(Clone, Copy)]
pub(super) struct Distance {
    target: Number,
    /// True if an input has a target too. If not, the KPI itself accounts for its distance.
    is_divided: bool,
}

/// Adds what the targets of the inputs do not account for, so that the difference is that from the target of the KPI.
pub(super) fn with_rest(vertices: &mut Vec<Vertex>, distance: Distance) {
    let Some([from, to]) = super::numbers(&vertices[0].points) else { return };
    let target = distance.target.into();
    let rest = from.minus(&target);
    vertices[0].contribution = to.minus(&target);
    vertices[0].points[0] = Ok(super::formula::Amount::Number(target));
    if !distance.is_divided {
        vertices[0].edges.clear();
    } else if !rest.is_zero() {
        let mut vertex = Vertex::switch(Switch::Rest, 0);
        vertex.contribution = rest.clone();
        vertices.push(vertex);
        let to = vertices.len() - 1;
        vertices[0].edges.push(Edge { to, contribution: rest });
    }
}
