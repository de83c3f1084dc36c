//! Turns a query into measure instances to aggregate and a formula program over them.
//!
//! Planning resolves every `x[…]`: what is left are measures (one aggregate of one dataset in one context each) and
//! arithmetic over columns of groups. A context therefore costs nothing at run time but another aggregate, and equal
//! ones are computed once.

mod bind;
mod computable;
mod context;
mod cost;
mod given;
mod limits;
mod lookup;
mod lower;
pub(crate) mod names;
mod planner;
mod query;
mod refused;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

pub use computable::Computable;
pub use context::Context;
pub use given::Given;
pub use limits::Limits;
pub use query::grouped;
pub use query::{Column, GroupBy, Query};
pub(crate) use query::{Condition, Setting};

use crate::builtin::BuiltinId;
use crate::data::{MeasureId, Request};
use crate::diagnostic::Diagnostic;
use crate::library::card::Text;
use crate::library::{DefinitionId, FunctionId, Library};
use crate::program::{NodeId, Program};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::Status;
use crate::value::unit::Type;

/// A derivation step of a [`Plan`]: its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct StepId(pub u32);

/// A query made ready: it can be evaluated many times, from many threads.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The library it was made from.
    pub library: Library,
    /// The library's texts and those of the query.
    pub sources: SourceMap,
    /// See [`Plan::cost`].
    cost: u64,
    /// What an evaluation may cost.
    pub(crate) limits: Limits,
    /// What is asked of data.
    pub request: Request,
    /// The formulas; slot `n` is measure `n`.
    pub program: Program,
    /// What was asked for, in order.
    pub kpis: Vec<PlannedKpi>,
    /// How every number comes about.
    pub steps: Vec<Step>,
    /// The conditions of `--where`, as written.
    pub filters: Vec<Arc<str>>,
    /// The names of the datasets, by position in the request.
    pub datasets: Vec<Arc<str>>,
    /// Warnings and notes that came up.
    pub diagnostics: Vec<Diagnostic>,
}

/// One column of the result.
#[derive(Debug, Clone)]
pub struct PlannedKpi {
    /// Its name, or the formula that has none.
    pub name: Arc<str>,
    /// Its definition, where it has one.
    pub definition: Option<DefinitionId>,
    /// Where its value comes from.
    pub step: StepId,
    /// Where its target comes from.
    pub target: Option<StepId>,
    /// The difference from the target and its attainment, where they are more exact than what is shown of both.
    pub compared: Option<[NodeId; 2]>,
    /// Its bands in order.
    pub bands: Vec<PlannedBand>,
    /// The ends of its range.
    pub range: (Option<NodeId>, Option<NodeId>),
    /// The grain of the periods that statuses and targets are meant for, as the card's `per` says.
    pub per: Option<Arc<str>>,
    /// True if a band or the target needs a period and the query has none: then neither is there.
    pub bounds_need_period: bool,
    /// True if values grow with the period: a part of one is no measure of the whole.
    pub accumulates: bool,
}

/// A band ready to be tested.
#[derive(Debug, Clone)]
pub struct PlannedBand {
    /// The status it gives.
    pub status: Status,
    /// Whether it holds.
    pub condition: NodeId,
    /// What it compares with, to show the numbers that decided.
    pub step: Option<StepId>,
    /// The condition as written.
    pub text: Arc<str>,
    /// What to do then.
    pub advice: Option<Text>,
}

/// One step of a derivation: a definition, a call, an argument or an aggregate in one context.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it is.
    pub kind: StepKind,
    /// Where its value is computed.
    pub node: NodeId,
    /// What its value is.
    pub ty: Type,
    /// Where it is evaluated.
    pub context: Arc<Context>,
    /// The text of the formula, where it has one.
    pub formula: Option<Span>,
    /// The parts of the formula that are steps of their own, in the order they stand.
    pub uses: Vec<Use>,
    /// The functions that the formula itself calls and whose names do not say how they round.
    pub roundings: BTreeSet<BuiltinId>,
}

/// A part of a formula that is a step of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Where it stands.
    pub span: Span,
    /// The step.
    pub step: StepId,
}

/// The kinds of steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// A definition.
    Definition(DefinitionId),
    /// A call of a user function.
    Call(FunctionId),
    /// An argument, or the operand of a context.
    Expression,
    /// An aggregate; None where it could not be asked of the data, as its dataset lacks a column.
    Measure(Option<MeasureId>),
    /// A value that the caller has set.
    Given(DefinitionId),
}

impl Plan {
    /// The step with that id, which must come from this plan.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0 as usize]
    }

    /// The KPI of that name.
    pub fn kpi(&self, name: &str) -> Option<&PlannedKpi> {
        self.kpis.iter().find(|kpi| *kpi.name == *name)
    }
}
