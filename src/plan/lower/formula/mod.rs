//! Turns definitions into steps, nodes and measures, once for each context that needs them.
//!
//! Definitions, calls and arguments are *tasks*. A task that nests too deeply for the call stack is suspended, and the
//! task that it needs is derived first. The length of a chain of definitions is therefore limited by memory only.

mod aggregate;
mod currency;
mod grouping;
mod inner;
mod names;
mod period;
mod size;
mod unknown;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::constant::Constants;
use super::expression::{self, Lowered};
use crate::budget::{Budget, Charge};
use crate::builtin::{self, BuiltinId};
use crate::data::Aggregate;
use crate::diagnostic::Diagnostic;
use crate::library::types::literals::is_constant;
use crate::library::types::mismatch::Side;
use crate::library::types::typing;
use crate::library::types::walk::{self, Level, Output};
use crate::library::{DefinitionId, FunctionId, Library};
use crate::plan::conditions::{ConditionLists, ExpressionId};
use crate::plan::context::Context;
use crate::plan::world::World;
use crate::plan::{Operand, Step, StepId, StepKind, Use, given};
use crate::source::Span;
use crate::syntax::ast::{DefinitionKind, Expr, ExprKind};
use crate::value::Cause;
use crate::value::unit::Type;
use grouping::GroupingKey;
pub use grouping::{Extra, FIRST_EXTRA, Grouping, GroupingId};

/// The maximum nesting depth of expressions across definitions before a task is suspended; safe with a stack of 2 MiB.
const MAX_DEPTH: usize = 250;

/// A definition, call or expression to derive in a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// A definition.
    Definition(DefinitionId),
    /// The body of a function with these arguments.
    Call(FunctionId, Environment),
    /// An argument, or the operand of a context.
    Closure(Closure),
}

/// The number of a call's arguments in the planner; 0 means no arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Environment(u32);

/// What a name means in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// An argument of a call.
    Argument(Closure),
    /// A key of the inner groups of an `each`.
    Key,
}

/// The number of an expression and the arguments visible to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Closure(u32);

/// The number of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ContextId(u32);

/// Derives the steps, nodes and measures of tasks.
pub struct Planner<'a> {
    /// The definitions.
    pub library: &'a Library,
    /// The groups that formulas are derived for: those of the result, or the inner ones of an `each`.
    pub here: Grouping<'a>,
    /// Parameters and values that the caller has set.
    pub constants: Constants<'a>,
    /// The inner groups of all `each`. While the planner is in one of them, it is exchanged with `here`.
    pub inner: IndexMap<GroupingKey, Grouping<'a>>,
    /// The steps, with values in the units in which results show them.
    pub steps: Vec<Step>,
    /// The value of each step as formulas use it: a duration may be counted in finer units than it is shown in.
    values: Vec<Lowered>,
    /// The problems found so far.
    pub diagnostics: Vec<Diagnostic>,
    /// The same, to report each once.
    reported: HashSet<Diagnostic>,
    /// The inputs that no dataset provides, with the places that need them.
    pub missing: IndexMap<Arc<str>, Span>,
    /// The definitions that a column provides, with the name of its dataset.
    pub provided: HashMap<DefinitionId, Arc<str>>,
    /// True if keys after `each` are columns beside those of the groups around them, even if these are the same columns.
    pub keys_apart: bool,
    /// True if amounts in several currencies are not applicable in some groups, instead of an error: the groups are those
    /// of subtotals and the like.
    pub mixes_currencies: bool,
    max_nodes: usize,
    /// The rest of the query's time and memory.
    budget: Budget,
    /// The memory of the plan.
    charge: Charge,
    /// The size of what was planned so far.
    size: size::Size,
    /// True if a limit was reached, which has been reported: nothing more is planned.
    is_stopped: bool,
    known: HashMap<(Task, Surroundings), StepId>,
    /// The definitions that have been derived in any context.
    derived: HashSet<DefinitionId>,
    broken: Vec<bool>,
    /// For each step, the first context in it or below it that lacks a period.
    no_period: Vec<Option<Span>>,
    environments: IndexSet<Vec<(Arc<str>, Bound)>>,
    closures: IndexSet<(ExpressionId, Environment)>,
    contexts: IndexSet<Arc<Context>>,
    /// Arguments, operands and conditions by their canonical text.
    expressions: IndexMap<Arc<str>, Arc<Expr>>,
    /// The same by their place.
    places: HashMap<Span, ExpressionId>,
    conditions: ConditionLists,
    scope: StepScope,
    /// The rounding functions in the row expressions of the current measure.
    row_roundings: BTreeSet<BuiltinId>,
    depth: usize,
    pending: Option<(Task, Surroundings)>,
}

/// What a task is derived in.
type Surroundings = (ContextId, GroupingId, World);

/// Why lowering stops early.
pub enum Stop {
    /// It will be repeated: the definition nests too deeply.
    Suspended,
    /// A limit was reached, which has been reported.
    Limit,
}

/// The surroundings of the expression that is being lowered.
#[derive(Default)]
struct StepScope {
    environment: Environment,
    context: ContextId,
    uses: Vec<Use>,
    operands: Vec<Operand>,
    roundings: BTreeSet<BuiltinId>,
    broken: bool,
    no_period: Option<Span>,
    /// The lengths of periods that depend on the data of this formula.
    lengths: Vec<u32>,
}

/// The result of deriving a task.
struct Derived {
    kind: StepKind,
    value: Lowered,
    formula: Option<Span>,
}

impl<'a> Planner<'a> {
    /// Creates a planner without any steps.
    pub fn new(
        library: &'a Library,
        here: Grouping<'a>,
        constants: Constants<'a>,
        max_nodes: usize,
        budget: &Budget,
    ) -> Self {
        Self {
            library,
            here,
            constants,
            inner: IndexMap::new(),
            steps: vec![],
            values: vec![],
            diagnostics: vec![],
            reported: HashSet::new(),
            missing: IndexMap::new(),
            provided: HashMap::new(),
            keys_apart: false,
            mixes_currencies: false,
            max_nodes,
            charge: budget.charge(),
            budget: budget.clone(),
            size: size::Size::default(),
            is_stopped: false,
            known: HashMap::new(),
            derived: HashSet::new(),
            broken: vec![],
            no_period: vec![],
            environments: IndexSet::from([vec![]]),
            closures: IndexSet::new(),
            contexts: IndexSet::from([Arc::new(Context::default())]),
            expressions: IndexMap::new(),
            places: HashMap::new(),
            conditions: ConditionLists::default(),
            scope: StepScope::default(),
            row_roundings: BTreeSet::new(),
            depth: 0,
            pending: None,
        }
    }

    /// Derives a definition in the context of the result's groups.
    pub fn definition(&mut self, id: DefinitionId) -> StepId {
        self.derive(Task::Definition(id))
    }

    /// Derives an expression in the context of the result's groups.
    pub fn expression(&mut self, expr: &Expr) -> StepId {
        let closure = self.closure(expr, Environment::default());
        self.derive(closure)
    }

    /// Derives a value for the definition of this name and converts it to the expected type. A plain number takes its
    /// unit.
    pub fn value_for(&mut self, name: &str, expr: &Expr, expected: &Type) -> StepId {
        let step = self.expression(expr);
        let Lowered { node, ty } = self.lowered(step);
        let (value, is_refused) =
            self.noted(|planner| planner.coerced(name, Lowered { node, ty: ty.clone() }, expr, expected));
        if !is_refused && value.node == node && value.ty == ty {
            return step;
        }
        let scope = StepScope {
            uses: self.steps[step.0 as usize].uses.clone(),
            operands: self.steps[step.0 as usize].operands.clone(),
            roundings: self.steps[step.0 as usize].roundings.clone(),
            broken: is_refused || self.is_broken(step),
            no_period: self.no_period(step),
            ..StepScope::default()
        };
        let derived = Derived { kind: StepKind::Expression, value, formula: Some(expr.span) };
        self.push(derived, ContextId::default(), scope)
    }

    /// Converts a value for the definition of this name to the expected type. A plain number takes its unit.
    fn coerced(&mut self, name: &str, value: Lowered, expr: &Expr, expected: &Type) -> Lowered {
        let Lowered { node, ty } = value;
        match typing::coerce(&ty, is_constant(expr), expected) {
            Ok(factor) => {
                let node = expression::scaled(&mut self.here.program, node, factor);
                Lowered { node, ty: typing::annotated(Some(expected), ty) }
            }
            Err(error) if self.library.units().spares(error) => Lowered { node, ty },
            Err(_) => {
                let (expected, found) = (expected.clone().into(), ty.into());
                self.report(self.explain().value(name, &expected, Side::new(&found, expr)));
                self.here.program.undefined()
            }
        }
    }

    /// Does something in a world.
    pub(super) fn in_world<T>(&mut self, world: World, act: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.constants.world, world);
        let result = act(self);
        self.constants.world = before;
        result
    }

    /// Reports all set values of a wrong type, even if no requested KPI needs them.
    pub fn check_given(&mut self) {
        self.constants.check_given();
        self.take_constant_problems();
    }

    /// Returns true if a condition can be tested on the rows of a dataset.
    pub fn is_about(&mut self, condition: &Expr, dataset: usize) -> bool {
        self.applies(condition, dataset).is_ok_and(|condition| condition.is_some())
    }

    /// Returns true if a measure of a dataset needs first or last rows.
    pub fn needs_time(&self, dataset: usize) -> bool {
        let requested = self.here.bindings.requested();
        self.here.measures.iter().any(|measure| {
            requested[measure.dataset] == dataset && matches!(measure.aggregate, Aggregate::First | Aggregate::Last)
        })
    }

    /// Returns true if a definition has been derived in any context.
    pub fn has_derived(&self, id: DefinitionId) -> bool {
        self.derived.contains(&id)
    }

    /// The value of a step as formulas use it.
    pub fn lowered(&self, step: StepId) -> Lowered {
        self.values[step.0 as usize].clone()
    }

    /// Returns true if a step or a step that it uses could not be derived.
    pub fn is_broken(&self, step: StepId) -> bool {
        self.broken[step.0 as usize]
    }

    /// The first context in a step or below it that lacks a period.
    pub fn no_period(&self, step: StepId) -> Option<Span> {
        self.no_period[step.0 as usize]
    }

    fn derive(&mut self, task: Task) -> StepId {
        let mut stack = vec![(task, (ContextId::default(), GroupingId::default(), self.constants.world))];
        while !self.is_stopped {
            let &(task, (context, grouping, world)) = stack.last().expect("the first task leaves the loop");
            (self.depth, self.scope) = (0, StepScope::default());
            match self.in_world(world, |planner| planner.within(grouping, |planner| planner.step(task, context))) {
                Ok(step) if stack.len() == 1 => return step,
                Ok(_) => drop(stack.pop()),
                Err(Stop::Suspended) => stack.push(self.pending.take().expect("a suspended task sets `pending`")),
                Err(Stop::Limit) => {}
            }
            self.size.suspended = stack.len();
        }
        self.unplanned()
    }

    /// The step of what is not planned because a limit was reached.
    fn unplanned(&mut self) -> StepId {
        self.scope = StepScope::default();
        let derived = self.left_out(StepKind::Expression);
        self.push(derived, ContextId::default(), StepScope { broken: true, ..StepScope::default() })
    }

    /// Returns the step of a task in a context, and derives it if it is new.
    fn step(&mut self, task: Task, context: ContextId) -> Result<StepId, Stop> {
        let world = self.constants.world;
        let surroundings = (context, self.here.id, world);
        if let Some(&step) = self.known.get(&(task, surroundings)) {
            return Ok(step);
        }
        let depth = self.nesting(task);
        if self.depth > 0 && self.depth + depth > MAX_DEPTH {
            self.pending = Some((task, surroundings));
            return Err(Stop::Suspended);
        }
        let environment = match task {
            Task::Definition(_) => Environment::default(),
            Task::Call(_, environment) => environment,
            Task::Closure(Closure(at)) => self.closures[at as usize].1,
        };
        let outer = std::mem::replace(&mut self.scope, StepScope { environment, context, ..StepScope::default() });
        self.depth += depth;
        let derived = self.in_world(world, |planner| planner.task(task));
        self.depth -= depth;
        let inner = std::mem::replace(&mut self.scope, outer);
        let derived = derived?;
        let step = self.push(derived, context, inner);
        self.known.insert((task, surroundings), step);
        if let Task::Definition(id) = task {
            self.derived.insert(id);
        }
        Ok(step)
    }

    fn push(&mut self, derived: Derived, context: ContextId, scope: StepScope) -> StepId {
        let Derived { kind, value, formula } = derived;
        let broken = scope.broken || scope.uses.iter().any(|used| self.is_broken(used.step));
        let mut below = scope.uses.iter().filter_map(|used| self.no_period(used.step));
        self.no_period.push(scope.no_period.or_else(|| below.next()));
        let context = self.contexts[context.0 as usize].clone();
        let Lowered { node, ty } = expression::shown(&mut self.here.program, &value);
        self.here.formulas.extend(scope.lengths.iter().map(|&number| (number, node)));
        let StepScope { uses, operands, roundings, .. } = scope;
        let used = value.node;
        self.steps.push(Step { kind, node, used, ty, context, formula, uses, operands, roundings, without_rate: None });
        self.size.uses += self.steps.last().map_or(0, |step| step.uses.len());
        self.values.push(value);
        self.broken.push(broken);
        StepId(self.steps.len() as u32 - 1)
    }

    /// The formula of a task, if it has one.
    fn formula(&self, task: Task) -> Option<&Expr> {
        match task {
            Task::Definition(id) => self.library.get(id).formula.as_deref(),
            Task::Call(id, _) => Some(&self.library.function(id).body),
            Task::Closure(closure) => Some(self.expression_of(closure)),
        }
    }

    fn expression_of(&self, Closure(at): Closure) -> &Arc<Expr> {
        let (ExpressionId(expression), _) = self.closures[at as usize];
        &self.expressions[expression as usize]
    }

    fn nesting(&self, task: Task) -> usize {
        1 + self.formula(task).map_or(0, Expr::height)
    }

    fn task(&mut self, task: Task) -> Result<Derived, Stop> {
        self.within_limits(task)?;
        match task {
            Task::Definition(id) => self.define(id),
            Task::Call(id, _) => {
                let function = self.library.function(id);
                if function.broken {
                    return Ok(self.left_out(StepKind::Call(id)));
                }
                let value = walk::walk(self, &function.body)?;
                let value = expression::annotated(
                    self,
                    value,
                    function.annotation.as_ref(),
                    &function.name,
                    Some(&function.body),
                );
                Ok(Derived { kind: StepKind::Call(id), value, formula: Some(function.body.span) })
            }
            Task::Closure(closure) => {
                let expr = self.expression_of(closure).clone();
                let value = walk::walk(self, &expr)?;
                Ok(Derived { kind: StepKind::Expression, value, formula: Some(expr.span) })
            }
        }
    }

    /// A step that cannot be computed; the reason has been reported.
    fn left_out(&mut self, kind: StepKind) -> Derived {
        self.scope.broken = true;
        Derived { kind, value: self.here.program.undefined(), formula: None }
    }

    fn define(&mut self, id: DefinitionId) -> Result<Derived, Stop> {
        let definition = self.library.get(id);
        if self.constants.is_free(id) {
            return self.free(id);
        }
        if self.constants.is_given(id) {
            return Ok(self.constant(id, StepKind::Given(id), None));
        }
        if let Some((formula, names)) = self.constants.formula(id) {
            return self.replacement(id, &formula, names);
        }
        let kind = StepKind::Definition(id);
        if definition.broken {
            return Ok(self.left_out(kind));
        }
        let (name, formula) = (&definition.name, definition.formula.as_deref());
        let (value, formula) = match (self.provided.get(&id), formula) {
            (Some(dataset), formula) => {
                let call = given::column_aggregate(name, formula, dataset);
                (self.aggregate(&call, name.span), None)
            }
            (None, Some(formula))
                if definition.kind == DefinitionKind::Param && self.constants.has_free_parameter() =>
            {
                return self.symbolic(id, formula);
            }
            (None, Some(formula)) if definition.kind == DefinitionKind::Param => {
                self.scope.roundings.extend(formula.walk().filter_map(rounding_call));
                return Ok(self.constant(id, kind, Some(formula.span)));
            }
            (None, Some(formula)) => (walk::walk(self, formula)?, Some(formula)),
            (None, None) => (self.column_input(name), None),
        };
        let value = expression::annotated(self, value, definition.annotation.as_ref(), name, formula);
        Ok(Derived { kind, value, formula: formula.map(|formula| formula.span) })
    }

    /// A definition whose value is free: an input of the formulas where it is read in the groups of the result.
    fn free(&mut self, id: DefinitionId) -> Result<Derived, Stop> {
        let context = self.scope.context;
        let value = self.in_world(World::Set, |planner| planner.step(Task::Definition(id), context))?;
        self.scope.broken |= self.is_broken(value);
        self.scope.no_period = self.scope.no_period.or(self.no_period(value));
        let Lowered { node, ty } = self.lowered(value);
        let has_no_context = self.library.get(id).kind == DefinitionKind::Param;
        let is_own = has_no_context || self.contexts[context.0 as usize].is_plain();
        let is_free = is_own && self.here.id == GroupingId::default();
        let node = if is_free { self.here.extra(Extra::Free).0 } else { node };
        Ok(Derived { kind: StepKind::Given(id), value: Lowered { node, ty }, formula: None })
    }

    /// A parameter as a formula over the parameters that it names.
    fn symbolic(&mut self, id: DefinitionId, formula: &Expr) -> Result<Derived, Stop> {
        let value = walk::walk(self, formula)?;
        let value = self.coerced(&self.library.get(id).name.text, value, formula, self.library.type_of(id));
        Ok(Derived { kind: StepKind::Definition(id), value, formula: Some(formula.span) })
    }

    /// A definition with a formula that the query sets, in which names have their values in another world.
    fn replacement(&mut self, id: DefinitionId, formula: &Expr, names: World) -> Result<Derived, Stop> {
        self.constants.world = names;
        let value = walk::walk(self, formula)?;
        let value = self.coerced(&self.library.get(id).name.text, value, formula, self.library.type_of(id));
        Ok(Derived { kind: StepKind::Given(id), value, formula: Some(formula.span) })
    }

    fn constant(&mut self, id: DefinitionId, kind: StepKind, formula: Option<Span>) -> Derived {
        let (value, ty) = self.constants.get(id).unwrap_or((Err(Cause::Stated), Type::Unknown));
        self.take_constant_problems();
        Derived { kind, value: expression::constant(&mut self.here.program, value, ty), formula }
    }

    fn take_constant_problems(&mut self) {
        for diagnostic in std::mem::take(&mut self.constants.diagnostics) {
            self.report(diagnostic);
        }
    }
}

/// The function that an expression calls, if its name does not tell how it rounds.
fn rounding_call(expr: &Expr) -> Option<BuiltinId> {
    let ExprKind::Call(call) = &*expr.kind else { return None };
    builtin::find(&call.function.text).filter(|id| builtin::get(*id).rounding().is_some())
}
