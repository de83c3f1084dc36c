//! Turns definitions into steps, nodes and measures: each definition once in each context that it is needed in.
//!
//! Definitions, calls and arguments are *tasks*. A task that nests too deeply for the machine's stack is set aside and
//! done first, so that a chain of definitions may be as long as memory allows.

mod aggregate;

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::bind::Bindings;
use super::constant::Constants;
use super::context::{self, Axis, Context};
use super::expression::{self, Level, Lowered, Lowering, Suspended, broken};
use super::{Step, StepId, StepKind, Use, given};
use crate::data::{Aggregate, Measure, MeasureId};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::resolve::is_aggregate;
use crate::library::typing;
use crate::library::units::UnitNames;
use crate::library::{DefinitionId, FunctionId, Library};
use crate::program::Program;
use crate::source::Span;
use crate::syntax::ast::{Call, ContextClause, DefinitionKind, Expr, ExprKind, Name, Path};
use crate::syntax::suggest;
use crate::value::Cause;
use crate::value::unit::Type;

/// How deeply expressions may nest across definitions before a task is set aside: well within a stack of 2 MiB.
const MAX_DEPTH: usize = 250;

/// Something to be derived in a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// A definition.
    Definition(DefinitionId),
    /// The body of a function with these arguments.
    Call(FunctionId, Environment),
    /// An argument, or the operand of a context.
    Closure(Closure),
}

/// The arguments of a call, numbered; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Environment(u32);

/// An expression with the arguments that it sees, numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Closure(u32);

/// A context, numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ContextId(u32);

/// Derives tasks.
pub struct Planner<'a> {
    /// The definitions.
    pub library: &'a Library,
    /// The datasets and what they are asked for.
    pub bindings: Bindings<'a>,
    /// Parameters and values that the caller has set.
    pub constants: Constants<'a>,
    /// The result's grain and grouping columns.
    pub axis: Axis,
    /// `--where`
    pub filters: Vec<Expr>,
    /// The formulas.
    pub program: Program,
    /// The measures; measure `n` is slot `n` of the program.
    pub measures: IndexSet<Measure>,
    /// The steps.
    pub steps: Vec<Step>,
    /// Problems.
    pub diagnostics: Vec<Diagnostic>,
    /// Inputs that no dataset provides, with the places that need them.
    pub missing: IndexMap<Arc<str>, Span>,
    /// Contexts that need a period in a query without one.
    pub without_period: Option<Span>,
    /// Definitions that a dataset's column provides, with the dataset's name.
    pub provided: HashMap<DefinitionId, Arc<str>>,
    max_nodes: usize,
    known: HashMap<(Task, ContextId), StepId>,
    /// Equal aggregates are one step.
    measured: HashMap<MeasureId, StepId>,
    broken: Vec<bool>,
    environments: IndexSet<Vec<(Arc<str>, Closure)>>,
    closures: IndexMap<(Arc<str>, Environment), Arc<Expr>>,
    contexts: IndexSet<Arc<Context>>,
    conditions: HashMap<Arc<str>, Arc<Expr>>,
    scope: Scope,
    depth: usize,
    pending: Option<(Task, ContextId)>,
}

/// What surrounds the expression that is being lowered.
#[derive(Default)]
struct Scope {
    environment: Environment,
    context: ContextId,
    uses: Vec<Use>,
    broken: bool,
}

/// What deriving a task gives.
struct Derived {
    kind: StepKind,
    value: Lowered,
    formula: Option<Span>,
}

impl<'a> Planner<'a> {
    /// Nothing is derived yet.
    pub fn new(
        library: &'a Library,
        bindings: Bindings<'a>,
        constants: Constants<'a>,
        axis: Axis,
        max_nodes: usize,
    ) -> Self {
        Self {
            library,
            bindings,
            constants,
            axis,
            filters: vec![],
            program: Program::default(),
            measures: IndexSet::new(),
            steps: vec![],
            diagnostics: vec![],
            missing: IndexMap::new(),
            without_period: None,
            provided: HashMap::new(),
            max_nodes,
            known: HashMap::new(),
            measured: HashMap::new(),
            broken: vec![],
            environments: IndexSet::from([vec![]]),
            closures: IndexMap::new(),
            contexts: IndexSet::from([Arc::new(Context::default())]),
            conditions: HashMap::new(),
            scope: Scope::default(),
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

    /// Derives an expression and brings it to a type; a plain number takes its unit.
    pub fn value_of_type(&mut self, expr: &Expr, expected: &Type) -> StepId {
        let step = self.expression(expr);
        let Step { node, ty, .. } = self.steps[step.0 as usize].clone();
        match typing::take(&ty, is_constant(expr), expected) {
            Ok(factor) if factor.is_one() && ty == *expected => step,
            Ok(factor) => {
                let node = expression::scaled(self, node, factor);
                let uses = self.steps[step.0 as usize].uses.clone();
                let ty = typing::annotated(Some(expected), ty);
                let formula = Some(expr.span);
                let derived = Derived { kind: StepKind::Expression, value: Lowered { node, ty }, formula };
                self.push(
                    derived,
                    ContextId::default(),
                    Scope { uses, broken: self.is_broken(step), ..Scope::default() },
                )
            }
            Err(refusal) if self.library.units().spares(refusal) => step,
            Err(refusal) => {
                expression::refused(self, refusal, expr.span, &[&ty, expected]);
                step
            }
        }
    }

    /// Reports values that the caller has set and that do not fit, also where nothing asked for needs them.
    pub fn check_given(&mut self) {
        self.constants.check_given();
        self.take_constant_problems();
    }

    /// Whether a condition can be tested on the rows of a dataset.
    pub fn is_about(&mut self, condition: &Expr, dataset: usize) -> bool {
        self.applies(condition, dataset).is_ok_and(|condition| condition.is_some())
    }

    /// Whether a measure of a dataset asks for first or last rows.
    pub fn needs_time(&self, dataset: usize) -> bool {
        let requested = self.bindings.requested();
        self.measures.iter().any(|measure| {
            requested[measure.dataset] == dataset && matches!(measure.aggregate, Aggregate::First | Aggregate::Last)
        })
    }

    /// Whether a definition has been derived in some context.
    pub fn has_derived(&self, id: DefinitionId) -> bool {
        self.known.keys().any(|(task, _)| *task == Task::Definition(id))
    }

    /// Whether deriving a step has failed somewhere below.
    pub fn is_broken(&self, step: StepId) -> bool {
        self.broken[step.0 as usize]
    }

    fn derive(&mut self, task: Task) -> StepId {
        let mut stack = vec![(task, ContextId::default())];
        loop {
            let &(task, context) = stack.last().expect("the first task leaves the loop");
            (self.depth, self.scope) = (0, Scope::default());
            match self.step(task, context) {
                Ok(step) if stack.len() == 1 => return step,
                Ok(_) => drop(stack.pop()),
                Err(Suspended) => stack.push(self.pending.take().expect("who suspends says what to do first")),
            }
        }
    }

    /// The step of a task in a context, derived where it is new.
    fn step(&mut self, task: Task, context: ContextId) -> Result<StepId, Suspended> {
        if let Some(&step) = self.known.get(&(task, context)) {
            return Ok(step);
        }
        let depth = self.nesting(task);
        if self.depth > 0 && self.depth + depth > MAX_DEPTH {
            self.pending = Some((task, context));
            return Err(Suspended);
        }
        let environment = match task {
            Task::Definition(_) => Environment::default(),
            Task::Call(_, environment) => environment,
            Task::Closure(Closure(at)) => self.closures.get_index(at as usize).expect("closures are never removed").0.1,
        };
        let outer = std::mem::replace(&mut self.scope, Scope { environment, context, ..Scope::default() });
        self.depth += depth;
        let derived = self.task(task);
        self.depth -= depth;
        let inner = std::mem::replace(&mut self.scope, outer);
        let derived = derived?;
        let step = self.push(derived, context, inner);
        self.known.insert((task, context), step);
        Ok(step)
    }

    fn push(&mut self, derived: Derived, context: ContextId, scope: Scope) -> StepId {
        let Derived { kind, value, formula } = derived;
        let broken = scope.broken || scope.uses.iter().any(|used| self.is_broken(used.step));
        let context = self.contexts[context.0 as usize].clone();
        self.steps.push(Step { kind, node: value.node, ty: value.ty, context, formula, uses: scope.uses });
        self.broken.push(broken);
        StepId(self.steps.len() as u32 - 1)
    }

    fn nesting(&self, task: Task) -> usize {
        1 + match task {
            Task::Definition(id) => self.library.get(id).formula.as_ref().map_or(0, Expr::height),
            Task::Call(id, _) => self.library.function(id).body.height(),
            Task::Closure(Closure(at)) => self.closures[at as usize].height(),
        }
    }

    fn task(&mut self, task: Task) -> Result<Derived, Suspended> {
        if self.steps.len() + self.program.nodes().len() > self.max_nodes {
            return Ok(self.too_large());
        }
        match task {
            Task::Definition(id) => self.define(id),
            Task::Call(id, _) => {
                let function = self.library.function(id);
                if function.broken {
                    return Ok(self.left_out(StepKind::Call(id)));
                }
                let value = expression::lower(self, &function.body)?;
                let value = self.annotated(value, function.annotation.as_ref(), function.name.span);
                Ok(Derived { kind: StepKind::Call(id), value, formula: Some(function.body.span) })
            }
            Task::Closure(Closure(at)) => {
                let expr = self.closures[at as usize].clone();
                let value = expression::lower(self, &expr)?;
                Ok(Derived { kind: StepKind::Expression, value, formula: Some(expr.span) })
            }
        }
    }

    fn too_large(&mut self) -> Derived {
        let limit = self.max_nodes;
        if !self.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::LimitReached) {
            self.report(
                Diagnostic::error(Code::LimitReached, format!("the query needs more than {limit} operations"))
                    .hint("ask for fewer KPIs at once, or raise the limit on nodes"),
            );
        }
        self.left_out(StepKind::Expression)
    }

    /// What cannot be computed, as has been reported.
    fn left_out(&mut self, kind: StepKind) -> Derived {
        self.scope.broken = true;
        Derived { kind, value: broken(self), formula: None }
    }

    fn define(&mut self, id: DefinitionId) -> Result<Derived, Suspended> {
        let definition = self.library.get(id);
        if self.constants.is_set(id) {
            return Ok(self.constant(id, StepKind::Given(id), None));
        }
        let kind = StepKind::Definition(id);
        if definition.broken {
            return Ok(self.left_out(kind));
        }
        if let Some(dataset) = self.provided.get(&id) {
            let call = given::column_aggregate(&definition.name, definition.formula.as_ref(), dataset);
            let value = self.aggregate(&call, definition.name.span);
            let value = self.annotated(value, definition.annotation.as_ref(), definition.name.span);
            return Ok(Derived { kind, value, formula: None });
        }
        match (&definition.formula, definition.kind) {
            (Some(formula), DefinitionKind::Param) => Ok(self.constant(id, kind, Some(formula.span))),
            (Some(formula), _) => {
                let value = expression::lower(self, formula)?;
                let value = self.annotated(value, definition.annotation.as_ref(), definition.name.span);
                Ok(Derived { kind, value, formula: Some(formula.span) })
            }
            (None, _) => {
                let value = self.column_input(&definition.name);
                let value = self.annotated(value, definition.annotation.as_ref(), definition.name.span);
                Ok(Derived { kind, value, formula: None })
            }
        }
    }

    fn constant(&mut self, id: DefinitionId, kind: StepKind, formula: Option<Span>) -> Derived {
        let (value, ty) = self.constants.get(id).unwrap_or((Err(Cause::Stated), Type::Unknown));
        self.take_constant_problems();
        let value = match value {
            Ok(value) => expression::constant(self, value, ty),
            Err(cause) => expression::undefined(self, cause),
        };
        Derived { kind, value, formula }
    }

    fn take_constant_problems(&mut self) {
        for diagnostic in std::mem::take(&mut self.constants.diagnostics) {
            self.report(diagnostic);
        }
    }

    /// A value brought to the unit that its definition is annotated with.
    fn annotated(&mut self, value: Lowered, annotation: Option<&crate::syntax::ast::UnitExpr>, span: Span) -> Lowered {
        let Some(Ok(expected)) = annotation.map(|annotation| self.library.units().resolve(annotation)) else {
            return value;
        };
        match typing::convert(&value.ty, &expected) {
            Ok(factor) => {
                let node = expression::scaled(self, value.node, factor);
                Lowered { node, ty: typing::annotated(Some(&expected), value.ty) }
            }
            Err(refusal) if self.library.units().spares(refusal) => value,
            Err(refusal) => expression::refused(self, refusal, span, &[&value.ty, &expected]),
        }
    }

    // ── names ────────────────────────────────────────────────────────────────

    fn closure(&mut self, expr: &Expr, environment: Environment) -> Task {
        let expr = expr.unparenthesized();
        if let ExprKind::Path(Path { qualifier: None, name, .. }) = &*expr.kind {
            if let Some(known) = self.argument(environment, &name.text) {
                return Task::Closure(known);
            }
            if let Some(id) = self.library.id(&name.text) {
                return Task::Definition(id);
            }
        }
        let key = (context::canonical(expr), environment);
        let entry = self.closures.entry(key);
        let at = entry.index();
        entry.or_insert_with(|| Arc::new(expr.clone()));
        Task::Closure(Closure(at as u32))
    }

    fn argument(&self, environment: Environment, name: &str) -> Option<Closure> {
        let arguments = &self.environments[environment.0 as usize];
        arguments.iter().find(|(known, _)| **known == *name).map(|&(_, closure)| closure)
    }

    /// Derives a task in the current context and notes that the formula uses it at `span`.
    fn using(&mut self, task: Task, span: Span) -> Lowering {
        let step = self.step(task, self.scope.context)?;
        self.scope.uses.push(Use { span, step });
        let Step { node, ty, .. } = &self.steps[step.0 as usize];
        Ok(Lowered { node: *node, ty: ty.clone() })
    }

    /// An input without a formula: the sum of the column of its name.
    fn column_input(&mut self, name: &Name) -> Lowered {
        let candidates: Vec<usize> = (0..self.bindings.datasets().len())
            .filter(|&dataset| self.bindings.has_own_column(dataset, &name.text))
            .collect();
        match candidates[..] {
            [dataset] => {
                let path = Path { qualifier: None, name: name.clone(), span: name.span };
                let argument = Expr { kind: Box::new(ExprKind::Path(path)), span: name.span };
                self.measure(dataset, Aggregate::Sum, "sum", Some(&argument), None, name.span)
            }
            [] => {
                self.missing.entry(name.text.clone()).or_insert(name.span);
                self.scope.broken = true;
                broken(self)
            }
            _ => {
                self.ambiguous(&name.text, name.span, &candidates);
                broken(self)
            }
        }
    }

    fn ambiguous(&mut self, name: &str, span: Span, candidates: &[usize]) {
        let names: Vec<&str> = candidates.iter().map(|&dataset| &**self.bindings.name(dataset)).collect();
        let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
        self.report(
            Diagnostic::error(Code::Ambiguous, format!("the column `{name}` stands in {listed}"))
                .at(span)
                .hint(format!("say which: `sum({}.{name})`", names[0])),
        );
    }

    // ── contexts and calls ───────────────────────────────────────────────────

    fn enter(&mut self, clauses: &[ContextClause]) -> Option<ContextId> {
        let outer = self.contexts[self.scope.context.0 as usize].clone();
        let conditions = &mut self.conditions;
        let entered = context::enter(&outer, clauses, &self.axis, &mut |condition| {
            let text = context::canonical(condition);
            conditions.entry(text.clone()).or_insert_with(|| Arc::new(condition.clone()));
            text
        });
        match entered {
            Ok(context) => Some(ContextId(self.contexts.insert_full(Arc::new(context)).0 as u32)),
            Err(diagnostic) => {
                self.report(diagnostic);
                None
            }
        }
    }

    fn unknown_group(&mut self, clauses: &[ContextClause]) {
        for clause in clauses {
            if let crate::syntax::ast::ContextKind::All(Some(path)) = &clause.kind
                && path.qualifier.is_none()
                && &*path.name.text != "time"
                && !self.axis.by.contains(&path.name.text)
                && !self.bindings.column_names().any(|name| *name == *path.name.text)
                && !self.bindings.datasets().is_empty()
            {
                let name = &path.name.text;
                let diagnostic = Diagnostic::error(Code::UnknownColumn, format!("no dataset has a column `{name}`"));
                let problem = suggest(diagnostic.at(path.span), &path.name, self.bindings.column_names());
                self.report(problem);
            }
        }
    }

    fn call_function(&mut self, id: FunctionId, call: &Call, span: Span) -> Lowering {
        let function = self.library.function(id);
        if call.arguments.len() != function.parameters.len() {
            let message = format!(
                "`{}` takes {} arguments, found {}",
                function.name.text,
                function.parameters.len(),
                call.arguments.len()
            );
            self.report(Diagnostic::error(Code::BadArguments, message).at(call.arguments_span));
            return Ok(broken(self));
        }
        let mut arguments = vec![];
        for (parameter, argument) in function.parameters.iter().zip(&call.arguments) {
            let closure = match self.closure(argument, self.scope.environment) {
                Task::Closure(closure) => closure,
                _ => self.named(argument),
            };
            arguments.push((parameter.text.clone(), closure));
        }
        let environment = Environment(self.environments.insert_full(arguments).0 as u32);
        self.using(Task::Call(id, environment), span)
    }

    /// A definition as an argument: the same closure from wherever it is called.
    fn named(&mut self, argument: &Expr) -> Closure {
        let expr = argument.unparenthesized();
        let key = (context::canonical(expr), Environment::default());
        let entry = self.closures.entry(key);
        let at = entry.index();
        entry.or_insert_with(|| Arc::new(expr.clone()));
        Closure(at as u32)
    }

    /// What stands behind an argument: a definition, where it is only the name of one.
    fn behind(&self, closure: Closure) -> Task {
        let ((_, environment), expr) = self.closures.get_index(closure.0 as usize).expect("closures are never removed");
        match &*expr.kind {
            ExprKind::Path(Path { qualifier: None, name, .. }) if *environment == Environment::default() => {
                self.library.id(&name.text).map_or(Task::Closure(closure), Task::Definition)
            }
            _ => Task::Closure(closure),
        }
    }
}

impl Level for Planner<'_> {
    fn program(&mut self) -> &mut Program {
        &mut self.program
    }

    fn units(&self) -> &UnitNames {
        self.library.units()
    }

    /// Each problem once: a formula may be needed in many contexts, and compiling may have refused it.
    fn report(&mut self, diagnostic: Diagnostic) {
        self.scope.broken |= diagnostic.is_error();
        let refused = diagnostic.labels.first().is_some_and(|label| self.library.lies_in_broken_column(label.span));
        if !refused && !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    fn path(&mut self, path: &Path) -> Lowering {
        if path.qualifier.is_some() {
            // Resolving has reported a column outside an aggregate.
            self.scope.broken = true;
            return Ok(broken(self));
        }
        if let Some(closure) = self.argument(self.scope.environment, &path.name.text) {
            return self.using(self.behind(closure), path.span);
        }
        match self.library.id(&path.name.text) {
            Some(id) => self.using(Task::Definition(id), path.span),
            None => Ok(self.column_input(&path.name)),
        }
    }

    fn call(&mut self, call: &Call, span: Span) -> Lowering {
        if is_aggregate(call) {
            return Ok(self.aggregate(call, span));
        }
        match self.library.function_id(&call.function.text) {
            Some(id) => self.call_function(id, call, span),
            None => {
                self.scope.broken = true;
                Ok(broken(self))
            }
        }
    }

    fn context(&mut self, operand: &Expr, clauses: &[ContextClause], span: Span) -> Lowering {
        self.unknown_group(clauses);
        let uneven =
            self.axis.grain.map(|grain| clauses.iter().filter_map(move |clause| context::uneven(clause, grain)));
        uneven.into_iter().flatten().for_each(|warning| self.report(warning));
        let Some(inner) = self.enter(clauses) else { return Ok(broken(self)) };
        if self.axis.grain.is_none() && self.contexts[inner.0 as usize].needs_period() {
            self.without_period.get_or_insert(span);
        }
        let outer = std::mem::replace(&mut self.scope.context, inner);
        let result = self.operand(operand, span);
        self.scope.context = outer;
        result
    }

    fn is_own(&self, call: &Call) -> bool {
        is_aggregate(call)
    }
}

impl Planner<'_> {
    /// The operand of a context. A name, a call or another context is the step itself; anything else becomes one.
    fn operand(&mut self, operand: &Expr, span: Span) -> Lowering {
        let before = self.scope.uses.len();
        let inner = operand.unparenthesized();
        let result = match &*inner.kind {
            ExprKind::Path(_) | ExprKind::Call(_) | ExprKind::Context { .. } => expression::lower(self, inner),
            _ => {
                let task = self.closure(inner, self.scope.environment);
                self.using(task, span)
            }
        };
        // The brackets belong to what stands before them.
        if let [used] = &mut self.scope.uses[before..] {
            used.span = span;
        }
        result
    }
}

/// Whether an expression is made of literals alone.
fn is_constant(expr: &Expr) -> bool {
    let mut constant = !matches!(*expr.kind, ExprKind::Path(_) | ExprKind::Call(_) | ExprKind::Context { .. });
    expr.each_child(&mut |child| constant = constant && is_constant(child));
    constant
}
