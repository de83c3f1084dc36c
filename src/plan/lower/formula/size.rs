//! Counts what a plan takes while it is made, and stops planning at the limits of the query.

use std::sync::Arc;

use super::{Bound, Environment, Planner, Stop, Surroundings, Task};
use crate::data::{MAX_MEASURES, Measure};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::types::walk::Level;
use crate::plan::conditions::{ConditionLists, ExpressionId};
use crate::plan::context::Context;
use crate::plan::{Step, StepId, Use};
use crate::program::{Node, NodeId};
use crate::source::Span;
use crate::syntax::ast::Expr;
use crate::value::unit::Type;

/// The number of parts of formulas that planning visits for each node of [`Limits::nodes`](crate::Limits::nodes): 10.
///
/// A formula is visited again in each context and for each call, even if equal operations are merged.
pub const VISITS_PER_NODE: usize = 10;

/// The size of what was planned so far, as far as the collections of the planner do not know it.
#[derive(Debug, Default)]
pub(super) struct Size {
    /// The parts of formulas and the conditions of measures that were visited.
    pub visits: usize,
    /// The tasks that wait for other tasks.
    pub suspended: usize,
    /// The arguments of calls.
    pub arguments: usize,
    /// The conditions of measures.
    pub conditions: usize,
    /// The parts of formulas that are steps.
    pub uses: usize,
    /// The bytes of canonical texts.
    pub text: usize,
}

impl Planner<'_> {
    /// Counts a task that is about to be derived.
    ///
    /// # Errors
    /// Stops if a limit is reached, and reports it.
    pub(super) fn within_limits(&mut self, task: Task) -> Result<(), Stop> {
        let visits = 1 + self.formula(task).map_or(0, |formula| formula.walk().count());
        self.size.visits += visits;
        self.count_limits()
            .and_then(|()| self.budget.spend(visits, "planning the query"))
            .and_then(|()| self.charge.resize(self.bytes(), "the plan of the query"))
            .map_err(|problem| {
                self.is_stopped = true;
                self.report(problem);
                Stop::Limit
            })
    }

    fn count_limits(&self) -> Result<(), Diagnostic> {
        let most = self.max_nodes;
        let reached =
            |what: String| Err(Diagnostic::error(Code::LimitReached, format!("the query needs more than {what}")));
        if self.steps.len() + self.here.program.nodes().len() > most || self.surroundings() > most {
            let reached = reached(format!("{most} operations"));
            return reached.map_err(|problem| problem.hint("request fewer KPIs at once, or raise the limit on nodes"));
        }
        if self.size.visits > most.saturating_mul(VISITS_PER_NODE) {
            let parts = most.saturating_mul(VISITS_PER_NODE);
            let reached = reached(format!("{parts} parts of formulas"));
            return reached.map_err(|problem| problem.hint("request fewer KPIs at once, or raise the limit on nodes"));
        }
        if self.here.measures.len() > MAX_MEASURES {
            return reached(format!("{MAX_MEASURES} measures"));
        }
        Ok(())
    }

    /// The number of waiting tasks, arguments, contexts and conditions.
    fn surroundings(&self) -> usize {
        let Size { suspended, arguments, conditions, .. } = self.size;
        let lists = self.contexts.len() + self.conditions.len();
        suspended
            + arguments
            + self.closures.len()
            + self.environments.len()
            + lists
            + self.here.measures.len()
            + conditions
    }

    /// The approximate memory of the plan in bytes.
    fn bytes(&self) -> usize {
        // A hash table has room for up to twice its entries; an allocation of its own has a header.
        const TABLE: usize = 2;
        const HEADER: usize = 16;
        let step = size_of::<Step>() + size_of::<(Type, NodeId)>() + TABLE * size_of::<(Task, Surroundings, StepId)>();
        let node = size_of::<Node>() + TABLE * size_of::<(Node, NodeId)>();
        let closure = TABLE * size_of::<(ExpressionId, Environment)>();
        let context = HEADER + size_of::<Context>() + TABLE * size_of::<Arc<Context>>();
        let environment = TABLE * size_of::<Vec<(Arc<str>, Bound)>>();
        let measure = TABLE * size_of::<Measure>();
        // A tree takes about ten times the bytes of its text.
        let text = TABLE * size_of::<(Span, ExpressionId)>() / 8 + size_of::<Expr>() / 2;
        self.steps.len() * step
            + self.size.uses * size_of::<Use>()
            + self.here.program.nodes().len() * node
            + self.closures.len() * closure
            + self.contexts.len() * context
            + self.conditions.len() * ConditionLists::BYTES
            + self.environments.len() * environment
            + self.size.arguments * size_of::<(Arc<str>, Bound)>()
            + self.size.suspended * size_of::<(Task, Surroundings)>()
            + self.here.measures.len() * measure
            + self.size.conditions * size_of::<NodeId>()
            + self.size.text * text
    }
}
