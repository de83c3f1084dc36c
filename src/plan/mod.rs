//! Turns a query into measures to aggregate and a program of formulas over them.
//!
//! Planning resolves every `x[…]`. The result is a set of measures (each an aggregate of one dataset in one context)
//! and arithmetic over columns of groups. At run time, a context therefore costs only an additional aggregate, and
//! equal aggregates are computed once.

mod bind;
mod computable;
mod conditions;
mod context;
mod cost;
mod given;
pub(crate) mod inner;
mod latest;
mod lookup;
mod lower;
mod money;
pub(crate) mod names;
mod planner;
mod query;
mod refused;
mod row_tests;
mod same_keys;
mod stored;
mod time;
mod world;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;

pub use crate::budget::Limits;
pub use computable::Computable;
pub use context::Context;
#[cfg(feature = "cli")]
pub(crate) use context::{described, is_earlier, shifted};
pub(crate) use given::Chosen;
pub use given::Given;
use inner::{Inner, Input};
pub use query::grouped;
pub use query::{Column, GroupBy, Query};
pub(crate) use query::{Condition, Setting, Shape, Top};
#[cfg_attr(not(feature = "cli"), allow(unused_imports))]
pub(crate) use world::{OtherWorlds, Variation, Varied, World};

use crate::builtin::BuiltinId;
use crate::data::{MeasureId, Request};
use crate::diagnostic::Diagnostic;
use crate::library::card::Text;
use crate::library::{DefinitionId, FunctionId, Library};
use crate::program::{NodeId, Program};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{Expr, Status};
use crate::value::unit::Type;

/// The position of a derivation step in a [`Plan`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct StepId(pub u32);

/// A planned query, which can be evaluated many times and from many threads.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The library of the query.
    pub library: Library,
    /// The library's texts and those of the query.
    pub sources: SourceMap,
    /// See [`Plan::cost`].
    cost: cost::Cost,
    /// The limits of each evaluation.
    pub(crate) limits: Limits,
    /// The request to the data.
    pub request: Request,
    /// The formulas; slot `n` is measure `n`. The other inputs follow the measures.
    pub program: Program,
    /// The inputs of the formulas that are not measures.
    pub(crate) inputs: Vec<Input>,
    /// The groups inside those of the result, whose values `each` aggregates.
    pub(crate) inner: Vec<Inner>,
    /// The requested KPIs and formulas, in order.
    pub kpis: Vec<PlannedKpi>,
    /// The condition that groups have to meet, which is not a KPI of the result.
    pub(crate) having: Option<PlannedKpi>,
    /// The query.
    pub(crate) query: Arc<Query>,
    /// The values that the query sets.
    pub(crate) set: HashMap<DefinitionId, Arc<Expr>>,
    /// The derivation of every number.
    pub steps: Vec<Step>,
    /// The conditions of `--where`, as written.
    pub filters: Vec<Arc<str>>,
    /// The names of the datasets, by position in the request.
    pub datasets: Vec<Arc<str>>,
    /// The patterns of those that consist of several files, and how many.
    pub(crate) files: Vec<Option<(Arc<str>, usize)>>,
    /// Warnings and notes from planning.
    pub diagnostics: Vec<Diagnostic>,
}

/// One column of the result.
#[derive(Debug, Clone)]
pub struct PlannedKpi {
    /// Its name, or the text of a formula without a name.
    pub name: Arc<str>,
    /// Its definition, if it has one.
    pub definition: Option<DefinitionId>,
    /// The world that it is computed in.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) world: World,
    /// The step of its value.
    pub step: StepId,
    /// The step of its target.
    pub target: Option<StepId>,
    /// The difference from the target and its attainment, if the value is more exact than its shown value.
    pub compared: Option<[NodeId; 2]>,
    /// Its bands in order.
    pub bands: Vec<PlannedBand>,
    /// The ends of its range.
    pub range: (Option<NodeId>, Option<NodeId>),
    /// The grain of the periods that statuses and targets apply to, from `per` in the card.
    pub per: Option<Arc<str>>,
    /// True if a band or the target needs a period and the query has none. Both are then left out.
    pub bounds_need_period: bool,
    /// True if the target and all bounds end where the data end in their period, so that they can be compared with a
    /// value of an unfinished period.
    pub bounds_so_far: bool,
    /// True if values grow with the period, so that an incomplete period cannot be compared with a complete one.
    pub accumulates: bool,
}

/// A planned band.
#[derive(Debug, Clone)]
pub struct PlannedBand {
    /// The status it gives.
    pub status: Status,
    /// The node of its condition.
    pub condition: NodeId,
    /// The step that the value is compared with, shown in explanations.
    pub step: Option<StepId>,
    /// The condition as written.
    pub text: Arc<str>,
    /// The advice of the band.
    pub advice: Option<Text>,
}

/// One step of a derivation: a definition, a call, an argument or an aggregate in one context.
#[derive(Debug, Clone)]
pub struct Step {
    /// The kind of step.
    pub kind: StepKind,
    /// The node of its value, in the unit in which results show it.
    pub node: NodeId,
    /// The node of its value as formulas use it: a duration may be counted in finer units than it is shown in.
    pub used: NodeId,
    /// The type and unit of its value.
    pub ty: Type,
    /// The context that it is evaluated in.
    pub context: Arc<Context>,
    /// The place of the formula, if it has one.
    pub formula: Option<Span>,
    /// The parts of the formula that are separate steps, in the order of the text.
    pub uses: Vec<Use>,
    /// The operands of operators that the formula computes itself.
    pub operands: Vec<Operand>,
    /// The functions that the formula itself calls and whose names do not tell how they round.
    pub roundings: BTreeSet<BuiltinId>,
    /// The number of rows that an aggregate skips because `convert` has no rate for them.
    pub without_rate: Option<MeasureId>,
}

/// An operation of a formula that is an operand of another one. The same operation may be written elsewhere too, as a
/// definition of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operand {
    /// The operation that uses it.
    pub whole: NodeId,
    pub node: NodeId,
    /// True if it is in parentheses.
    pub is_enclosed: bool,
}

/// A part of a formula that is a separate step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Its place in the formula.
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
    /// An aggregate; None if it cannot be computed because its dataset lacks a column.
    Measure(Option<MeasureId>),
    /// An aggregate over inner groups, by position among the inputs that are not measures.
    Each(u32),
    /// A value that the caller has set.
    Given(DefinitionId),
}

impl Plan {
    /// The positions of the datasets that are read.
    pub(crate) fn datasets_read(&self) -> BTreeSet<usize> {
        let requests = std::iter::once(&self.request).chain(self.inner.iter().map(|inner| &inner.request));
        requests.flat_map(Request::datasets_read).collect()
    }

    /// The step with this id, which must come from this plan.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0 as usize]
    }

    /// The KPI of this name.
    pub fn kpi(&self, name: &str) -> Option<&PlannedKpi> {
        self.kpis.iter().find(|kpi| *kpi.name == *name)
    }
}
