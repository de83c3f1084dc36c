//! Turns aggregates into measures: finds the dataset, the rows and the context.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::currency::{OneCurrency, Values};
use super::{Derived, Planner, StepScope};
use crate::builtin::{BuiltinId, aggregate_of, counted_rows};
use crate::data::{Aggregate, Dropped, InForce, Measure, MeasureId};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::inner::column;
use crate::library::types::currency::{InCurrency, required};
use crate::library::types::mismatch::{Rule, Side};
use crate::library::types::typing::{self, TypeError};
use crate::library::types::walk::{self, Level, Output};
use crate::library::{lint, validity};
use crate::plan::bind::{Parameters, RowValue};
use crate::plan::conditions::ExpressionId;
use crate::plan::lower::expression::Lowered;
use crate::plan::world::World;
use crate::plan::{StepKind, Use, bind, context};
use crate::program::{Node, NodeId, Operator};
use crate::source::Span;
use crate::syntax::ast::{Call, Expr, ExprKind, Name, Path};
use crate::syntax::suggest;
use crate::value::unit::Type;
use crate::value::{Cause, Value};

/// What is known of aggregates and conditions, which have the same meaning in every context of a world.
#[derive(Default)]
pub(super) struct Known {
    shapes: HashMap<(World, Span), Noted<Option<Arc<Shape>>>>,
    /// The condition of a context in the rows of a request, whose amounts are in some currencies; None if it is not about
    /// the dataset.
    conditions: HashMap<(World, usize, ExpressionId, Vec<InCurrency>), Noted<AppliedCondition>>,
    /// True for the datasets that have all columns of the conditions of `--where`.
    filters: HashMap<usize, Noted<Result<(), Cause>>>,
}

/// The operation of a condition, or the cause that replaces the values of aggregates.
type AppliedCondition = Result<Option<NodeId>, Cause>;

/// Something known, and true if it has an error, which has been reported.
type Noted<T> = (T, bool);

/// An aggregate without its context.
pub(super) struct Shape {
    aggregate: Aggregate,
    values: Values,
    conditions: Vec<NodeId>,
    by: Vec<NodeId>,
    distinct: bool,
    in_force: InForce,
    roundings: BTreeSet<BuiltinId>,
}

impl Planner<'_> {
    pub(super) fn aggregate(&mut self, call: &Call, span: Span) -> Lowered {
        self.shaped(span, |planner| {
            let dataset = planner.dataset_of(call, span)?;
            let aggregate = planner.aggregate_kind(call)?;
            let rows = counted_rows(call).is_some_and(|name| **planner.here.bindings.name(dataset) == *name.text);
            let argument = call.arguments.first().filter(|_| !rows);
            planner.shape(dataset, aggregate, argument, Some(call), span)
        })
    }

    /// The sum of a column of a dataset.
    pub(super) fn column_sum(&mut self, dataset: usize, name: &Name) -> Lowered {
        let path = Path { qualifier: None, name: name.clone(), span: name.span };
        let argument = Expr { kind: Box::new(ExprKind::Path(path)), span: name.span };
        self.shaped(name.span, |planner| planner.shape(dataset, Aggregate::Sum, Some(&argument), None, name.span))
    }

    /// The value of the aggregate at this place in the current context. Its shape is found once.
    fn shaped(&mut self, span: Span, find: impl FnOnce(&mut Self) -> Option<Shape>) -> Lowered {
        let key = (self.constants.world(), span);
        let (shape, broken) = match self.here.aggregates.shapes.get(&key) {
            Some(known) => known.clone(),
            None => {
                let noted = self.noted(|planner| find(planner).map(Arc::new));
                self.here.aggregates.shapes.insert(key, noted.clone());
                noted
            }
        };
        self.scope.broken |= broken;
        match shape {
            Some(shape) => self.in_context(&shape, span),
            None => self.here.program.undefined(),
        }
    }

    /// What `find` returns, and true if it found an error.
    pub(super) fn noted<T>(&mut self, find: impl FnOnce(&mut Self) -> T) -> Noted<T> {
        let before = std::mem::replace(&mut self.scope.broken, false);
        let found = find(self);
        (found, std::mem::replace(&mut self.scope.broken, before))
    }

    pub(super) fn aggregate_kind(&mut self, call: &Call) -> Option<Aggregate> {
        if let Some(problem) = walk::wrong_count(call) {
            self.report(problem);
            return None;
        }
        aggregate_of(call)?.with_fraction(|| self.fraction(&call.arguments[1]))
    }

    pub(super) fn fraction(&mut self, expr: &Expr) -> Option<crate::value::Decimal> {
        let (value, _) = self.constants.typed(expr, &Type::PLAIN);
        if !self.constants.diagnostics.is_empty() {
            self.take_constant_problems();
            return None;
        }
        match value {
            Ok(Value::Number(number))
                if (crate::value::Decimal::ZERO..=crate::value::Decimal::ONE).contains(&number.decimal) =>
            {
                Some(number.decimal.normalize())
            }
            _ => {
                self.report(
                    Diagnostic::error(Code::BadArguments, "the fraction of a quantile must be between 0 and 1")
                        .at(expr.span),
                );
                None
            }
        }
    }

    /// The dataset that an aggregate reads: the one that qualifies its names, else the one that has its columns.
    pub(super) fn dataset_of(&mut self, call: &Call, span: Span) -> Option<usize> {
        if let Some(name) = counted_rows(call) {
            if let Some(dataset) = self.here.bindings.find(&name.text) {
                return Some(dataset);
            }
            if self.library.dataset(&name.text).is_some() {
                self.no_dataset(name);
                return None;
            }
        }
        // The fraction of a quantile reads no columns.
        let exprs = call.arguments.iter().take(1).chain(&call.filter);
        let mut paths: Vec<&Path> = exprs.flat_map(|expr| bind::columns(expr, self.library)).collect();
        paths.extend(call.by.iter().chain(&call.on));
        let qualified: Vec<&Name> = paths.iter().filter_map(|path| path.qualifier.as_ref()).collect();
        match self.dataset_looking_up(&paths) {
            Some(dataset) => Some(dataset),
            None if qualified.is_empty() => self.dataset_with(&paths, span),
            None => self.dataset_named(&qualified),
        }
    }

    /// The only dataset that has all unqualified columns and looks up all qualified ones, if the aggregate has both:
    /// `sum(amount where customers.country = "FR")` reads the orders.
    fn dataset_looking_up(&self, paths: &[&Path]) -> Option<usize> {
        let (qualified, own): (Vec<&Path>, Vec<&Path>) = paths.iter().partition(|path| path.qualifier.is_some());
        if qualified.is_empty() || own.is_empty() {
            return None;
        }
        let others = qualified.iter().filter_map(|path| path.qualifier.as_ref());
        let fits = |dataset: &usize| {
            own.iter().all(|path| self.here.bindings.has_own_column(*dataset, &path.name.text))
                && others.clone().all(|name| self.here.bindings.reaches(*dataset, &name.text))
        };
        let mut datasets = (0..self.here.bindings.datasets().len()).filter(fits);
        datasets.next().filter(|_| datasets.next().is_none())
    }

    pub(super) fn dataset_named(&mut self, qualifiers: &[&Name]) -> Option<usize> {
        let mut datasets: Vec<(usize, &Name)> = vec![];
        let mut others: Vec<&Name> = vec![];
        for name in qualifiers {
            match self.here.bindings.find(&name.text) {
                Some(dataset) if datasets.iter().any(|(known, _)| *known == dataset) => {}
                Some(dataset) => datasets.push((dataset, name)),
                None if self.here.bindings.with_lookup(&name.text).is_some() => others.push(name),
                None => {
                    self.no_dataset(name);
                    return None;
                }
            }
        }
        let bindings = &self.here.bindings;
        let reaches_all = |candidate: usize| {
            datasets.iter().all(|&(other, name)| other == candidate || bindings.reaches(candidate, &name.text))
                && others.iter().all(|name| bindings.reaches(candidate, &name.text))
        };
        if let Some(&(dataset, _)) = datasets.iter().find(|(candidate, _)| reaches_all(*candidate)) {
            return Some(dataset);
        }
        if let Some(other) = others.first() {
            self.only_a_lookup(other);
            return None;
        }
        let (first, second) = (datasets[0].1, datasets[1].1);
        self.report(
            Diagnostic::error(Code::BadArguments, "an aggregate reads one dataset, found two")
                .label(second.span, format!("`{}` here", second.text))
                .label(first.span, format!("`{}` here", first.text))
                .hint(format!(
                    "aggregate each dataset separately, or declare `lookup {} on …` in `{}`",
                    second.text, first.text
                )),
        );
        None
    }

    /// Reports a lookup that names no dataset to aggregate.
    fn only_a_lookup(&mut self, name: &Name) {
        let Some((dataset, lookup)) = self.here.bindings.with_lookup(&name.text) else { return };
        let (from, other) = (self.here.bindings.name(dataset), &lookup.dataset.text);
        let message = format!("`{}` is a lookup of `{from}`, and no column here tells whose rows to read", name.text);
        let problem = Diagnostic::error(Code::UnknownDataset, message).at(name.span);
        self.report(problem.hint(format!("for the rows of `{from}`, name one of its columns as `{from}.…`; for those of `{other}`, write `{other}` instead of `{}`", name.text)));
    }

    pub(super) fn no_dataset(&mut self, name: &Name) {
        // A lookup under another name: its dataset is missing.
        let behind = self.here.bindings.behind(&name.text).map(|dataset| dataset.text.clone());
        let name = &Name { text: behind.unwrap_or_else(|| name.text.clone()), ..name.clone() };
        if self.library.broken.datasets.contains(&name.text) {
            self.scope.broken = true;
            return;
        }
        let declared = self.library.dataset(&name.text).is_some();
        let message = match declared {
            true => format!("the dataset `{}` has no data", name.text),
            false => format!("the dataset `{}` is not defined", name.text),
        };
        let problem = Diagnostic::error(Code::UnknownDataset, message).at(name.span);
        let known = self.here.bindings.datasets().iter().map(|dataset| &**dataset.name());
        let problem = suggest(problem, name, known.take(self.names_to_suggest()));
        let name = &name.text;
        let bind = format!("add a table with `-d {name}=FILE`, or in a test with `given {name} \"\"\"…\"\"\"`");
        self.report(problem.hint(bind));
    }

    pub(super) fn dataset_with(&mut self, paths: &[&Path], span: Span) -> Option<usize> {
        let all = 0..self.here.bindings.datasets().len();
        // Columns of the dataset itself, then those of its lookups, then those of further lookups.
        let bindings = &self.here.bindings;
        let has_all = |dataset: &usize, distance: usize| {
            paths.iter().map(|path| &path.name.text).all(|name| {
                bindings.has_own_column(*dataset, name)
                    || distance > 0 && bindings.has_near_column(*dataset, name)
                    || distance > 1 && bindings.has_column(*dataset, name)
            })
        };
        let at = |distance| all.clone().filter(|dataset| has_all(dataset, distance)).collect::<Vec<usize>>();
        let candidates = (0..3).map(at).find(|candidates| !candidates.is_empty()).unwrap_or_default();
        match (&candidates[..], paths) {
            ([dataset], _) => return Some(*dataset),
            ([], _) if self.may_be_unreadable() => {}
            ([], [path]) => {
                self.missing.entry(path.name.text.clone()).or_insert(path.span);
                self.scope.broken = true;
            }
            ([], _) => {
                let problem = self.scattered(paths, span);
                self.report(problem);
            }
            (_, [path, ..]) => self.ambiguous(&path.name.text, path.span, &candidates, true),
            (_, []) => {
                self.report(
                    Diagnostic::error(Code::Ambiguous, "the dataset is ambiguous")
                        .at(span)
                        .hint("name a column or a dataset, such as `count(ads)`"),
                );
            }
        }
        None
    }

    /// Returns true if a dataset can be read; reports the reason if it cannot.
    fn is_readable(&mut self, dataset: usize) -> bool {
        if self.here.bindings.is_broken(dataset) {
            self.scope.broken = true;
            return false;
        }
        let reasons = self.here.bindings.unreadable(dataset);
        reasons.into_iter().flatten().for_each(|reason| self.report(reason.clone()));
        self.scope.broken |= reasons.is_some();
        reasons.is_none()
    }

    /// Returns true if a missing column may be in a dataset that cannot be read, and reports why those cannot be read.
    /// Problems of a dataset's declaration have been reported before.
    pub(super) fn may_be_unreadable(&mut self) -> bool {
        let reasons = self.here.bindings.all_unreadable();
        let found = !reasons.is_empty() || self.here.bindings.is_one_hidden();
        reasons.into_iter().for_each(|reason| self.report(reason));
        self.scope.broken |= found;
        found
    }

    /// Lowers an aggregate of a dataset; None if it has an error, which is reported.
    fn shape(
        &mut self,
        dataset: usize,
        aggregate: Aggregate,
        argument: Option<&Expr>,
        call: Option<&Call>,
        span: Span,
    ) -> Option<Shape> {
        if !self.is_readable(dataset) {
            return None;
        }
        let on = call.and_then(|call| call.on.as_ref()).or(self.here.bindings.declared_time(dataset)).cloned();
        let request = match on {
            Some(path) => self.request_on(dataset, &path)?,
            None => self.here.bindings.request(dataset),
        };
        let in_force = self.in_force(request, dataset, aggregate, call)?;
        self.row_roundings.clear();
        let filter = call.and_then(|call| call.filter.as_ref());
        let currencies = filter.map_or_else(Vec::new, required);
        let argument = argument.map(|argument| (self.row(request, argument, &currencies), argument));
        let types: Vec<&Type> = argument.iter().map(|(lowered, _)| &lowered.ty).collect();
        let ty = match typing::aggregate(aggregate, &types) {
            Ok(ty) => ty,
            Err(error) => {
                let (lowered, expr) = argument.expect("only an aggregate with an argument can be rejected");
                let name = call.map_or("sum", |call| &call.function.text);
                self.bad_argument(dataset, name, error, Side::new(&lowered, expr));
                return None;
            }
        };
        let is_number = aggregate == Aggregate::Count && call.is_none_or(|call| call.distinct.is_none());
        let amounts =
            argument.as_ref().map(|(lowered, _)| lowered.ty.clone()).filter(|_| !is_number && !self.scope.broken);
        let amounts = amounts.map_or(vec![], |ty| self.currency_columns(request, dataset, &ty, span));
        self.added_percentages(dataset, aggregate, argument.as_ref().map(|(_, expr)| *expr), call, span);
        let argument = argument.map(|(lowered, _)| lowered.node);
        let without_rate = argument.and_then(|value| self.here.bindings.without_rate(request, value));
        let mut conditions = vec![];
        if let Some(filter) = filter {
            context::conjuncts(filter, &mut |part| conditions.push(part));
        }
        let conditions = conditions.into_iter().map(|part| self.condition(request, part, &currencies)).collect();
        let by = call.map_or(&[][..], |call| &call.by).iter().map(|path| self.row_path(request, path).node).collect();
        Some(Shape {
            aggregate: self.of_interval(self.of_time(aggregate, request, dataset), request, &ty),
            values: Values { dataset, request, argument, ty, currencies: amounts, without_rate },
            conditions,
            by,
            distinct: call.is_some_and(|call| call.distinct.is_some()),
            in_force,
            // The conditions of the context do not belong to the aggregate's text.
            roundings: std::mem::take(&mut self.row_roundings),
        })
    }

    /// The request of a dataset with the time that an aggregate names; None if it has an error, which is reported.
    fn request_on(&mut self, dataset: usize, path: &Path) -> Option<usize> {
        match self.here.bindings.request_on(dataset, path, &mut self.constants) {
            Ok(request) => Some(request),
            Err(problems) => {
                self.scope.broken = true;
                problems.into_iter().for_each(|problem| self.report(problem));
                None
            }
        }
    }

    /// Replaces `first` and `last` if the rows of a request have no time.
    fn of_time(&self, aggregate: Aggregate, request: usize, dataset: usize) -> Aggregate {
        match self.here.bindings.requested_time(request) {
            Ok(Some(_)) => aggregate,
            _ => self.here.bindings.timeless(aggregate, dataset),
        }
    }

    /// The rows that an aggregate takes, if they hold over an interval. None if a clause contradicts them, which is
    /// reported.
    fn in_force(
        &mut self,
        request: usize,
        dataset: usize,
        aggregate: Aggregate,
        call: Option<&Call>,
    ) -> Option<InForce> {
        let (Some(call), name) = (call, self.here.bindings.name(dataset)) else { return Some(InForce::AtEnd) };
        let holds = self.here.bindings.validity(request).is_some();
        let is_edge = matches!(aggregate, Aggregate::First | Aggregate::Last);
        let misplaced = validity::misplaced_during(call, name, holds);
        let misplaced = misplaced.or_else(|| validity::two_times(call).filter(|_| is_edge));
        if let Some(problem) = misplaced.or_else(|| validity::without_segments(call).filter(|_| holds)) {
            self.report(problem);
            return None;
        }
        Some(match aggregate {
            Aggregate::First if holds => InForce::Before,
            _ if call.during.is_some() => InForce::During,
            _ => InForce::AtEnd,
        })
    }

    /// Replaces `first` and `last` of values that are no numbers, if rows hold over an interval: only a single row in
    /// force is both.
    fn of_interval(&self, aggregate: Aggregate, request: usize, ty: &Type) -> Aggregate {
        let is_edge = matches!(aggregate, Aggregate::First | Aggregate::Last);
        let adds_up = matches!(ty, Type::Number(..) | Type::Zero | Type::Unknown);
        match is_edge && !adds_up && self.here.bindings.validity(request).is_some() {
            true => Aggregate::Only,
            false => aggregate,
        }
    }

    /// Warns about the sum or the average of an undeclared column whose cells are written with `%`. Declared columns are
    /// checked before any data are read.
    fn added_percentages(
        &mut self,
        dataset: usize,
        aggregate: Aggregate,
        argument: Option<&Expr>,
        call: Option<&Call>,
        span: Span,
    ) {
        let is_distinct = call.is_some_and(|call| call.distinct.is_some());
        if is_distinct || !matches!(aggregate, Aggregate::Sum | Aggregate::Average) {
            return;
        }
        let Some(expr) = argument else { return };
        let ExprKind::Path(path) = &*expr.unparenthesized().kind else { return };
        if self.here.bindings.is_written_in_percent(dataset, &path.name.text) {
            self.report(lint::added_ratio(&path.name.text, aggregate == Aggregate::Average, span));
        }
    }

    /// Adds the measure of an aggregate in the current context.
    fn in_context(&mut self, shape: &Shape, span: Span) -> Lowered {
        let measure = self.context_conditions(shape.values.request, shape.values.dataset).map(|more| {
            let mut conditions = shape.conditions.clone();
            conditions.extend(more);
            conditions.sort_unstable();
            conditions.dedup();
            let context = self.contexts[self.scope.context.0 as usize].clone();
            let (dropped, range) = (context.dropped.clone(), context.range.normalized());
            let total = context.total.filter(|range| self.here.axis.has_total(*range)).map(|range| range.normalized());
            let Shape { aggregate, values: Values { request, argument, .. }, distinct, in_force, ref by, .. } = *shape;
            let by = by.clone();
            Measure { dataset: request, aggregate, argument, distinct, by, conditions, dropped, in_force, range, total }
        });
        let lacks_start = self.here.grain.is_none() && self.here.period.is_none();
        let measure = measure.and_then(|measure| match measure.in_force {
            InForce::Before if lacks_start => {
                self.scope.no_period.get_or_insert(span);
                Err(Cause::NoPeriod)
            }
            _ => Ok(measure),
        });
        let surrounding = measure.as_ref().ok().and_then(|measure| self.times(measure));
        let one_currency = match &measure {
            Ok(measure) => self.in_one_currency(&shape.values, measure, span),
            Err(_) => Some(OneCurrency { ty: shape.values.ty.clone(), ..OneCurrency::default() }),
        };
        let Some(one_currency) = one_currency else { return self.here.program.undefined() };
        let value = self.measured(measure, one_currency, shape.roundings.clone(), span);
        match surrounding {
            Some([own, around]) => self.at_the_same_time(value, own, around),
            None => value,
        }
    }

    /// For `first` and `last` in inner groups: the measures of the time that they choose there, and of the one that they
    /// choose over all keys. None if both are the same, or if segments have times of their own.
    fn times(&mut self, measure: &Measure) -> Option<[Measure; 2]> {
        if self.here.level == 0 || self.here.bindings.validity(measure.dataset).is_some() {
            return None;
        }
        let aggregate = match measure.aggregate {
            Aggregate::First => Aggregate::Min,
            Aggregate::Last => Aggregate::Max,
            _ => return None,
        };
        let keys = self.here.kept..self.here.by.len();
        let Dropped::Columns(dropped) = &measure.dropped else { return None };
        if !measure.by.is_empty() || keys.clone().all(|key| dropped.contains(&key)) {
            return None;
        }
        let (time, has_value) = self.here.bindings.time_and_presence(measure.dataset, measure.argument?)?;
        let mut conditions = measure.conditions.clone();
        conditions.push(has_value);
        conditions.sort_unstable();
        conditions.dedup();
        let own = Measure { aggregate, argument: Some(time), conditions, distinct: false, ..measure.clone() };
        let mut all: Vec<usize> = dropped.iter().copied().chain(keys).collect();
        all.sort_unstable();
        all.dedup();
        let around = Measure { dropped: Dropped::Columns(all), ..own.clone() };
        Some([own, around])
    }

    /// The value where two measures are equal.
    fn at_the_same_time(&mut self, value: Lowered, own: Measure, around: Measure) -> Lowered {
        let here = &mut self.here;
        let [own, around] =
            [own, around].map(|time| here.program.add(Node::Slot(here.measures.insert_full(time).0 as u32)));
        let equal = here.program.add(Node::Binary(Operator::Equal, own, around));
        let otherwise = here.program.add(Node::Undefined(Cause::NoRows));
        Lowered { node: here.program.add(Node::If(equal, value.node, otherwise)), ty: value.ty }
    }

    pub(super) fn measured(
        &mut self,
        measure: Result<Measure, Cause>,
        OneCurrency { ty, counts, without_rate }: OneCurrency,
        roundings: BTreeSet<BuiltinId>,
        span: Span,
    ) -> Lowered {
        let (node, id) = match measure {
            Ok(measure) => {
                self.size.conditions += measure.conditions.len();
                self.size.visits += measure.conditions.len();
                let at = self.here.measures.insert_full(measure).0 as u32;
                (Node::Slot(at), Some(MeasureId(at)))
            }
            Err(cause) => (Node::Undefined(cause), None),
        };
        let mut node = self.here.program.add(node);
        for count in counts {
            let currencies = self.currencies(count);
            node = self.here.program.add(Node::OneCurrency(node, currencies));
        }
        let value = Lowered { node, ty };
        let known = id.and_then(|id| self.here.measured.get(&id).copied());
        let step = known.unwrap_or_else(|| {
            let derived = Derived { kind: StepKind::Measure(id), value: value.clone(), formula: Some(span) };
            let step = self.push(derived, self.scope.context, StepScope { roundings, ..StepScope::default() });
            let counted = without_rate.map(|count| MeasureId(self.here.measures.insert_full(count).0 as u32));
            self.steps[step.0 as usize].without_rate = counted;
            step
        });
        if let Some(id) = id {
            self.here.measured.insert(id, step);
        }
        self.scope.uses.push(Use { span, step });
        value
    }

    pub(super) fn bad_argument(
        &mut self,
        dataset: usize,
        name: &str,
        error: TypeError,
        found: Side<'_, Lowered>,
    ) -> Lowered {
        if let Some(problem) = self.here.bindings.bad_cell(dataset, name, found.expr) {
            self.report(problem);
            return self.here.program.undefined();
        }
        walk::refuse(self, Rule::Values(name), error, &[found])
    }

    /// The conditions of the current context that apply to the dataset.
    ///
    /// # Errors
    /// Returns the cause if the dataset lacks a column of a condition.
    pub(super) fn context_conditions(&mut self, request: usize, dataset: usize) -> Result<Vec<NodeId>, Cause> {
        let context = self.contexts[self.scope.context.0 as usize].clone();
        let mut nodes = vec![];
        let expressions = context.conditions.iter().map(|id| &self.expressions[id.0 as usize]);
        let currencies: Vec<InCurrency> = expressions.flat_map(|condition| required(condition)).collect();
        for condition in context.conditions.iter() {
            nodes.extend(self.context_condition(request, dataset, condition, &currencies)?);
        }
        self.filtered(dataset)?;
        if self.lacks_period(&context) {
            return Err(Cause::NoPeriod);
        }
        Ok(nodes)
    }

    /// Returns true if a context needs a period that the current groups do not have.
    pub(super) fn lacks_period(&self, context: &context::Context) -> bool {
        let is_too_fine = self.here.in_total && context.total.is_none();
        is_too_fine || self.here.axis.grain.is_none() && context.needs_period()
    }

    fn context_condition(
        &mut self,
        request: usize,
        dataset: usize,
        id: ExpressionId,
        currencies: &[InCurrency],
    ) -> AppliedCondition {
        let place = (self.constants.world(), request, id, currencies.to_vec());
        if let Some((known, broken)) = self.here.aggregates.conditions.get(&place) {
            self.scope.broken |= broken;
            return *known;
        }
        let condition = self.expressions[id.0 as usize].clone();
        let (found, broken) = self.noted(|planner| {
            let condition = planner.applies(&condition, dataset)?;
            Ok(condition.map(|condition| planner.condition(request, condition, currencies)))
        });
        self.scope.broken |= broken;
        self.here.aggregates.conditions.insert(place, (found, broken));
        found
    }

    /// Fails if a dataset lacks a column of the conditions of `--where`.
    fn filtered(&mut self, dataset: usize) -> Result<(), Cause> {
        if let Some((known, broken)) = self.here.aggregates.filters.get(&dataset) {
            self.scope.broken |= broken;
            return *known;
        }
        let (found, broken) = self.noted(|planner| {
            let filters = planner.here.filters.clone();
            filters.iter().try_for_each(|(filter, _)| planner.applies(filter, dataset).map(drop))
        });
        self.scope.broken |= broken;
        self.here.aggregates.filters.insert(dataset, (found, broken));
        found
    }

    /// Returns the condition if it applies to this dataset. A condition that only names other datasets does not.
    pub(super) fn applies<'e>(&mut self, condition: &'e Expr, dataset: usize) -> Result<Option<&'e Expr>, Cause> {
        for path in bind::columns(condition, self.library) {
            match &path.qualifier {
                Some(name) if *name.text == **self.here.bindings.name(dataset) => {}
                Some(name) if self.here.bindings.reaches(dataset, &name.text) => {}
                Some(name) => match self.here.bindings.find(&name.text) {
                    Some(_) => return Ok(None),
                    None if self.here.bindings.with_lookup(&name.text).is_some() => return Ok(None),
                    None => {
                        self.no_dataset(name);
                        return Ok(None);
                    }
                },
                None if self.here.bindings.has_column(dataset, &path.name.text) => {}
                None => {
                    let is_alone = matches!(&*condition.unparenthesized().kind, ExprKind::Path(_));
                    return self.not_here(path, is_alone);
                }
            }
        }
        Ok(Some(condition))
    }

    /// Lowers a condition on the rows of a requested dataset, whose amounts are known to be in some currencies.
    pub fn condition(&mut self, request: usize, expr: &Expr, currencies: &[InCurrency]) -> NodeId {
        let value = self.here.bindings.condition(request, expr, currencies, &mut self.constants);
        self.finished(value).node
    }

    /// Lowers a condition on the rows of a requested dataset; None if it is wrong, which is reported.
    pub fn sound_condition(&mut self, request: usize, (expr, world): &(Expr, World)) -> Option<NodeId> {
        self.scope.broken = false;
        let node = self.in_world(*world, |planner| planner.condition(request, expr, &[]));
        (!self.scope.broken).then_some(node)
    }

    /// Lowers a row expression of a requested dataset, whose amounts are known to be in some currencies.
    fn row(&mut self, request: usize, expr: &Expr, currencies: &[InCurrency]) -> Lowered {
        let value = self.here.bindings.row(request, expr, currencies, &mut self.constants);
        self.finished(value)
    }

    /// Reports the problems of a row expression and returns its value.
    fn finished(&mut self, RowValue { lowered, diagnostics, broken, roundings }: RowValue) -> Lowered {
        self.row_roundings.extend(roundings);
        self.scope.broken |= broken;
        diagnostics.into_iter().for_each(|diagnostic| self.report(diagnostic));
        self.take_constant_problems();
        lowered
    }

    pub(super) fn row_path(&mut self, request: usize, path: &Path) -> Lowered {
        self.row(request, &column(path), &[])
    }
}
