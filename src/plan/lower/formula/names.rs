//! Resolves names, calls and contexts in formulas.

use std::sync::Arc;

use super::{Bound, Closure, ContextId, Environment, Planner, Stop, Task};
use crate::builtin::{self, BuiltinId, is_aggregate, is_of_period};
use crate::data::{Extent, Grain};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::FunctionId;
use crate::library::types::mismatch::{Explain, Side};
use crate::library::types::units::UnitNames;
use crate::library::types::walk::{self, Level, Output, Walked};
use crate::plan::conditions::ExpressionId;
use crate::plan::lower::expression::Lowered;
use crate::plan::{Operand, Use, context};
use crate::program::Program;
use crate::source::Span;
use crate::syntax::ast::{Call, ContextClause, Each, Expr, ExprKind, Name, Path};
use crate::syntax::spelled;

impl Planner<'_> {
    pub(super) fn closure(&mut self, expr: &Expr, environment: Environment) -> Task {
        let expr = expr.unparenthesized();
        if let ExprKind::Path(Path { qualifier: None, name, .. }) = &*expr.kind {
            match (self.argument(environment, &name.text), self.library.id(&name.text)) {
                (Some(Bound::Argument(known)), _) => return Task::Closure(known),
                (None, Some(id)) => return Task::Definition(id),
                _ => {}
            }
        }
        Task::Closure(self.closed(expr, environment))
    }

    fn closed(&mut self, expr: &Expr, environment: Environment) -> Closure {
        let expression = self.interned(expr);
        Closure(self.closures.insert_full((expression, environment)).0 as u32)
    }

    /// The number of an expression. Expressions that are written alike have the same number.
    fn interned(&mut self, expr: &Expr) -> ExpressionId {
        if let Some(&known) = self.places.get(&expr.span) {
            return known;
        }
        let entry = self.expressions.entry(context::canonical(expr));
        let id = ExpressionId(entry.index() as u32);
        let text = entry.key().len();
        entry.or_insert_with(|| Arc::new(expr.clone()));
        self.places.insert(expr.span, id);
        self.size.text += text;
        id
    }

    fn argument(&self, environment: Environment, name: &str) -> Option<Bound> {
        let arguments = &self.environments[environment.0 as usize];
        arguments.iter().find(|(known, _)| **known == *name).map(|&(_, bound)| bound)
    }

    /// Derives a task in the current context and records that the formula uses it at `span`.
    fn using(&mut self, task: Task, span: Span) -> Walked<Self> {
        let step = self.step(task, self.scope.context)?;
        self.scope.uses.push(Use { span, step });
        Ok(self.lowered(step))
    }

    /// An input without a formula: the sum of the column of its name.
    pub(super) fn column_input(&mut self, name: &Name) -> Lowered {
        let candidates: Vec<usize> = (0..self.here.bindings.datasets().len())
            .filter(|&dataset| self.here.bindings.has_own_column(dataset, &name.text))
            .collect();
        match candidates[..] {
            [dataset] => self.column_sum(dataset, name),
            [] if self.may_be_unreadable() => self.here.program.undefined(),
            [] => {
                self.missing.entry(name.text.clone()).or_insert(name.span);
                self.scope.broken = true;
                self.here.program.undefined()
            }
            _ => {
                self.ambiguous(&name.text, name.span, &candidates, false);
                self.here.program.undefined()
            }
        }
    }

    /// Reports a column that is in several datasets, inside an aggregate or as an input.
    pub(super) fn ambiguous(&mut self, name: &str, span: Span, candidates: &[usize], aggregate: bool) {
        let names: Vec<&str> = candidates.iter().map(|&dataset| &**self.here.bindings.name(dataset)).collect();
        let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
        let qualified = names.iter().map(|dataset| format!("{}.{}", spelled(dataset), spelled(name)));
        let qualified: Vec<String> = qualified.collect();
        self.report(
            Diagnostic::error(Code::Ambiguous, format!("the column `{name}` is ambiguous: it is in {listed}"))
                .at(span)
                .hint(match aggregate {
                    true => format!("qualify the column: write `{}`", qualified.join("` or `")),
                    false => format!("aggregate one of the columns: `sum({})`", qualified.join(")` or `sum(")),
                }),
        );
    }

    // ── contexts and calls ───────────────────────────────────────────────────

    fn enter(&mut self, clauses: &[ContextClause]) -> Option<ContextId> {
        let outer = self.contexts[self.scope.context.0 as usize].clone();
        let axis = self.here.axis.clone();
        let entered = context::enter(&outer, clauses, &axis, &mut |conditions, condition| {
            let id = self.interned(condition);
            let (text, _) = self.expressions.get_index(id.0 as usize).expect("it has just been added");
            self.conditions.with(conditions, id, text)
        });
        // A context without a meaning in the total is no error: it has one in the other groups.
        let entered = match entered {
            Err(_) if self.here.in_total => Ok(context::Context { total: None, ..(*outer).clone() }),
            entered => entered,
        };
        match entered {
            Ok(context) if self.library.broken.calendar && context.range.extent.depends_on_calendar() => {
                self.scope.broken = true;
                None
            }
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
                && !self.here.axis.by.contains(&path.name.text)
                && !self.here.bindings.column_names().any(|name| *name == *path.name.text)
                && !self.here.bindings.datasets().is_empty()
                && !self.may_be_unreadable()
            {
                let problem = self.no_column(path);
                let problem = match Grain::from_name(&path.name.text) {
                    Some(_) => {
                        Diagnostic { hints: vec!["to leave out the period, write `[all time]`".into()], ..problem }
                    }
                    None => problem,
                };
                self.report(problem);
            }
        }
    }

    fn call_function(&mut self, id: FunctionId, call: &Call, span: Span) -> Walked<Self> {
        let function = self.library.function(id);
        if call.arguments.len() != function.parameters.len() {
            self.report(walk::bad_count(call, function.parameters.len(), function.parameters.len()));
            return Ok(self.here.program.undefined());
        }
        let mut arguments = vec![];
        for (parameter, argument) in function.parameters.iter().zip(&call.arguments) {
            let closure = match self.closure(argument, self.scope.environment) {
                Task::Closure(closure) => closure,
                _ => self.named(argument),
            };
            arguments.push((parameter.text.clone(), Bound::Argument(closure)));
        }
        self.size.arguments += arguments.len();
        let environment = Environment(self.environments.insert_full(arguments).0 as u32);
        self.using(Task::Call(id, environment), span)
    }

    /// The closure of a definition as an argument, the same for every call.
    fn named(&mut self, argument: &Expr) -> Closure {
        self.closed(argument.unparenthesized(), Environment::default())
    }

    /// The task of an argument: the definition itself if the argument is just its name.
    fn behind(&self, closure: Closure) -> Task {
        let (_, environment) = self.closures[closure.0 as usize];
        match &*self.expression_of(closure).kind {
            ExprKind::Path(Path { qualifier: None, name, .. }) if environment == Environment::default() => {
                self.library.id(&name.text).map_or(Task::Closure(closure), Task::Definition)
            }
            _ => Task::Closure(closure),
        }
    }
}

impl Level for Planner<'_> {
    type Output = Program;
    type Stop = Stop;

    fn output(&mut self) -> &mut Program {
        &mut self.here.program
    }

    fn explain(&self) -> Explain<'_> {
        Explain { library: self.library, typed: None, suggests: true, of_rows: false }
    }

    fn operands(&mut self, whole: &Lowered, sides: &[Side<'_, Lowered>]) {
        let operands = sides.iter().filter(|side| side.is_operation()).map(|side| Operand {
            whole: whole.node,
            node: side.value.node,
            is_enclosed: side.is_whole() && matches!(*side.expr.kind, ExprKind::Paren(_)),
        });
        self.scope.operands.extend(operands);
    }

    fn called(&mut self, function: BuiltinId) {
        self.scope.roundings.extend(Some(function).filter(|id| builtin::get(*id).rounding().is_some()));
    }

    fn units(&self) -> &UnitNames {
        self.library.units()
    }

    /// Reports each problem once: a formula may be derived in many contexts, and compiling may have reported it.
    fn report(&mut self, diagnostic: Diagnostic) {
        self.scope.broken |= diagnostic.is_error();
        if self.reported.insert(diagnostic.clone()) {
            self.diagnostics.push(diagnostic);
        }
    }

    fn path(&mut self, path: &Path) -> Walked<Self> {
        if path.qualifier.is_some() {
            // The resolver has reported a column outside an aggregate.
            self.scope.broken = true;
            return Ok(self.here.program.undefined());
        }
        match self.argument(self.scope.environment, &path.name.text) {
            Some(Bound::Argument(closure)) => return self.using(self.behind(closure), path.span),
            Some(Bound::Key) => return Ok(self.key(path)),
            None => {}
        }
        match self.library.id(&path.name.text) {
            Some(id) => self.using(Task::Definition(id), path.span),
            None if self.library.broken.definitions.contains(&path.name.text) => {
                self.scope.broken = true;
                Ok(self.here.program.undefined())
            }
            None => Ok(self.column_input(&path.name)),
        }
    }

    fn call(&mut self, call: &Call, span: Span) -> Walked<Self> {
        if is_aggregate(call) {
            return Ok(self.aggregate(call, span));
        }
        if is_of_period(call) {
            return Ok(self.period_length(&call.function.text, span));
        }
        match self.library.function_id(&call.function.text) {
            Some(id) => self.call_function(id, call, span),
            None => {
                self.scope.broken = true;
                Ok(self.here.program.undefined())
            }
        }
    }

    fn each(&mut self, each: &Each, span: Span) -> Walked<Self> {
        self.aggregate_inner(each, span)
    }

    fn context(&mut self, operand: &Expr, clauses: &[ContextClause], span: Span) -> Walked<Self> {
        self.unknown_group(clauses);
        let uneven =
            self.here.axis.grain.map(|grain| clauses.iter().filter_map(move |clause| context::uneven(clause, grain)));
        uneven.into_iter().flatten().for_each(|warning| self.report(warning));
        let Some(inner) = self.enter(clauses) else { return Ok(self.here.program.undefined()) };
        if self.here.at_any_time && self.contexts[inner.0 as usize].range.extent != Extent::All {
            let problem = Diagnostic::error(Code::BadContext, "inside `[all time]`, an `each` has no periods").at(span);
            self.report(problem.hint("leave out this context, or `[all time]`, or write the window around the `each`"));
            return Ok(self.here.program.undefined());
        }
        if self.here.axis.grain.is_none() && !self.here.in_total && self.contexts[inner.0 as usize].needs_period() {
            self.scope.broken = true;
            self.scope.no_period.get_or_insert(span);
        }
        let outer = std::mem::replace(&mut self.scope.context, inner);
        let result = self.operand(operand, span);
        self.scope.context = outer;
        result
    }
}

impl Planner<'_> {
    /// Derives the operand of a context. A name, a call or another context already is a step; other operands become
    /// one.
    fn operand(&mut self, operand: &Expr, span: Span) -> Walked<Self> {
        let before = self.scope.uses.len();
        let inner = operand.unparenthesized();
        let result = match &*inner.kind {
            ExprKind::Path(_) | ExprKind::Call(_) | ExprKind::Each(_) | ExprKind::Context { .. } => {
                walk::walk(self, inner)
            }
            _ => {
                let task = self.closure(inner, self.scope.environment);
                self.using(task, span)
            }
        };
        // The brackets apply to the operand before them.
        if let [used] = &mut self.scope.uses[before..] {
            used.span = span;
        }
        result
    }
}
