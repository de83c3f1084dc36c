//! Plans aggregates over inner groups: derives their formula and condition for these groups.

use std::sync::Arc;

use super::currency::Currencies;
use super::currency::Mixed;
use super::grouping::{Extra, Grouping, GroupingId, GroupingKey};
use super::{Bound, ContextId, Derived, Environment, Planner, StepScope, Stop};
use crate::data::{Calendar, ColumnType, Dropped, Extent, Grain, TimeRange};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::inner as keys;
use crate::library::types::mismatch::{Rule, Side};
use crate::library::types::typing;
use crate::library::types::walk::{self, Level, Output, Walked};
use crate::plan::bind::{Bindings, Parameters};
use crate::plan::context::{Axis, Context};
use crate::plan::inner::{InnerValues, PlannedEach};
use crate::plan::lower::expression::Lowered;
use crate::plan::{StepKind, Use};
use crate::program::{Node, NodeId};
use crate::source::Span;
use crate::syntax::ast::{Each, Path};
use crate::syntax::suggest;
use crate::value::unit::Type;
use crate::value::{Cause, Decimal};

/// The maximum number of different sets of inner groups in a query: 64. Each is one more pass over the data.
pub const MAX_INNER_GROUPS: usize = 64;

/// The inner groups of an `each` for the groups around it, or for their total.
struct Target {
    /// The current columns that apply.
    kept: Vec<usize>,
    /// The days that the context takes around the current period.
    range: TimeRange,
    is_total: bool,
}

impl Planner<'_> {
    /// Plans an aggregate over inner groups in the current context.
    pub(super) fn aggregate_inner(&mut self, each: &Each, span: Span) -> Walked<Self> {
        let context = self.contexts[self.scope.context.0 as usize].clone();
        let aggregate = self.aggregate_kind(&each.call);
        let fits = self.keys_fit(each, context.range.normalized());
        let Some(aggregate) = aggregate.filter(|_| fits) else {
            self.scope.broken = true;
            return Ok(self.here.program.undefined());
        };
        if self.here.in_total && context.total.is_none() {
            let node = self.here.program.add(Node::Undefined(Cause::NoPeriod));
            return Ok(Lowered { node, ty: Type::Unknown });
        }
        let groups = Target { kept: self.kept(&context.dropped), range: context.range, is_total: false };
        let (groups, value) = self.inner_values(each, &context, groups)?;
        let argument = &each.call.arguments[0];
        let ty = match typing::aggregate(aggregate, &[&value.ty]) {
            Ok(ty) => ty,
            Err(error) => {
                let sides = [Side::new(&value, argument)];
                return Ok(walk::refuse(self, Rule::Values(&each.call.function.text), error, &sides));
            }
        };
        let columns = self.here.by.iter().enumerate().filter(|(column, _)| groups.kept.contains(column));
        let columns = columns.map(|(_, path)| &*path.name.text);
        match self.mixed_currencies(&ty, columns) {
            Some(Mixed::Refused(key)) => return Ok(self.several_currencies(&key, None, span)),
            Some(Mixed::NotApplicable) => {
                let node = self.here.program.add(Node::Undefined(Cause::SeveralCurrencies));
                return Ok(Lowered { node, ty });
            }
            None => {}
        }
        let total = match self.total_range(&context) {
            Ok(_) if ty.currency_columns().next().is_some() => Err(Cause::SeveralCurrencies),
            Ok(range) => Ok(self.inner_values(each, &context, Target { kept: vec![], range, is_total: true })?.0),
            Err(cause) => Err(cause),
        };
        let distinct = each.call.distinct.is_some();
        Ok(self.aggregated_inner(PlannedEach { aggregate, distinct, groups, total }, ty, span))
    }

    /// Adds the step of an aggregate over inner groups, or finds the one of an equal aggregate.
    fn aggregated_inner(&mut self, each: PlannedEach, ty: Type, span: Span) -> Lowered {
        let extra = Extra::Each(Arc::new(each));
        let (node, at) = self.here.extra(extra);
        let value = Lowered { node, ty };
        let step = match self.here.extra_steps.get(&at) {
            Some(&known) => known,
            None => {
                let derived = Derived { kind: StepKind::Each(at), value: value.clone(), formula: Some(span) };
                self.push(derived, self.scope.context, StepScope::default())
            }
        };
        self.here.extra_steps.insert(at, step);
        self.scope.uses.push(Use { span, step });
        value
    }

    /// The current columns that a context keeps.
    fn kept(&self, dropped: &Dropped) -> Vec<usize> {
        let columns = 0..self.here.by.len();
        match dropped {
            Dropped::All => vec![],
            Dropped::Columns(dropped) => columns.filter(|column| !dropped.contains(column)).collect(),
        }
    }

    /// The days that a context takes in the total.
    fn total_range(&self, context: &Context) -> Result<TimeRange, Cause> {
        match (self.here.totals, self.here.grain) {
            (false, _) => Err(Cause::NoPeriod),
            (true, None) => Ok(context.range),
            (true, Some(_)) => context.total.filter(|range| self.here.axis.has_total(*range)).ok_or(Cause::NoPeriod),
        }
    }

    /// Derives the formula and the condition for inner groups. Returns their places and the value.
    fn inner_values(&mut self, each: &Each, context: &Context, target: Target) -> Result<(InnerValues, Lowered), Stop> {
        let grain = keys::grain_of(each).map(|(grain, _)| grain);
        let inner = self.inner_groups(each, context, &target)?;
        let environment = self.with_keys(each);
        // Inner periods are those of the range. Without them, the range is that of the measures inside.
        let range = match grain {
            Some(_) => TimeRange { so_far: target.range.so_far && target.range.is_unshifted(), ..TimeRange::CURRENT },
            None => target.range,
        };
        let total = Some(range).filter(|_| self.inner[inner.0 - 1].in_total);
        let inside = Context { range, total, ..Context::default() };
        let inside = ContextId(self.contexts.insert_full(Arc::new(inside)).0 as u32);
        let parts = each.call.arguments.iter().take(1).chain(&each.having);
        let mut derived = vec![];
        for part in parts {
            let step = self.within(inner, |planner| {
                let task = planner.closure(part, environment);
                planner.step(task, inside)
            })?;
            self.scope.broken |= self.is_broken(step);
            self.scope.no_period = self.scope.no_period.or(self.no_period(step));
            derived.push(self.lowered(step));
        }
        let value = derived.swap_remove(0);
        let having = derived.pop().zip(each.having.as_ref()).and_then(|(found, having)| {
            let accepted = typing::condition(&found.ty);
            let refused =
                accepted.err().map(|error| walk::refuse(self, Rule::Condition, error, &[Side::new(&found, having)]));
            refused.is_none().then_some(found.node)
        });
        let range = grain.map(|_| target.range.normalized());
        let keys = self.key_positions(each, inner);
        Ok((InnerValues { keys, inner: inner.0 - 1, value: value.node, having, kept: target.kept, range }, value))
    }

    /// The positions of the keys among the columns of the inner groups.
    fn key_positions(&self, each: &Each, inner: GroupingId) -> Vec<usize> {
        let columns = &self.inner[inner.0 - 1].by;
        let position = |key: &Path| columns.iter().rposition(|column| column.name.text == key.name.text);
        keys::columns(each).filter_map(position).collect()
    }

    /// The environment of a formula inside an `each`, in which the keys are names.
    fn with_keys(&mut self, each: &Each) -> Environment {
        let outer = &self.environments[self.scope.environment.0 as usize];
        let names = keys::columns(each).map(|key| (key.name.text.clone(), Bound::Key));
        let environment: Vec<_> = names.chain(outer.iter().cloned()).collect();
        self.size.arguments += environment.len();
        Environment(self.environments.insert_full(environment).0 as u32)
    }

    // ── groups ───────────────────────────────────────────────────────────────

    /// The groups inside the current ones, or inside their total.
    fn inner_groups(&mut self, each: &Each, context: &Context, target: &Target) -> Result<GroupingId, Stop> {
        let by = self.inner_columns(each, target);
        let key = self.grouping_key(&by, each, context, target);
        if let Some(at) = self.inner.get_index_of(&key) {
            return Ok(GroupingId(at + 1));
        }
        if self.inner.len() >= MAX_INNER_GROUPS {
            let message = format!("the query needs more than {MAX_INNER_GROUPS} sets of inner groups");
            let problem = Diagnostic::error(Code::LimitReached, message).at(each.keys_span);
            self.report(problem.hint("request fewer KPIs with `each` at once"));
            self.is_stopped = true;
            return Err(Stop::Limit);
        }
        let single = self.here.single.filter(|_| !key.own_period);
        let single_grain = if key.in_total { key.axis_grain } else { single.map(|period| period.grain) };
        let axis = Axis { grain: key.axis_grain, single: single_grain, totals: false, by: key.by.clone() };
        let mut groups = Grouping::new(by, axis, Bindings::new(self.library, self.here.bindings.datasets()));
        groups.id = GroupingId(self.inner.len() + 1);
        groups.kept = target.kept.len();
        (groups.level, groups.calendar, groups.grain, groups.period) = (key.level, key.calendar, key.grain, key.period);
        let ticks = key.calendar.ticks_per_day() / self.here.calendar.ticks_per_day();
        groups.data_end = self.here.data_end.map(|end| end * ticks);
        groups.mixes_currencies = target.is_total || self.here.mixes_currencies;
        (groups.single, groups.is_dated, groups.every_period) = (single, key.is_dated, key.every_period);
        (groups.in_total, groups.at_any_time) = (key.in_total, key.at_any_time);
        groups.follows_period = !key.own_period && key.grain.is_some();
        let added = key.conditions.iter().filter(|condition| !self.here.conditions.contains(condition));
        let added = added.map(|condition| ((*self.expressions[condition.0 as usize]).clone(), key.world));
        groups.filters = self.here.filters.iter().cloned().chain(added).collect();
        groups.conditions = key.conditions.clone();
        let id = groups.id;
        self.inner.insert(key, groups);
        Ok(id)
    }

    /// The columns of the current groups that apply, and the keys.
    fn inner_columns(&self, each: &Each, target: &Target) -> Vec<Path> {
        let mut by: Vec<Path> = target.kept.iter().map(|&column| self.here.by[column].clone()).collect();
        for key in keys::columns(each) {
            let first = if self.keys_apart { target.kept.len() } else { 0 };
            if by[first..].iter().all(|known| known.name.text != key.name.text) {
                by.push(key.clone());
            }
        }
        by
    }

    /// What tells the groups inside the current ones from others.
    fn grouping_key(&self, by: &[Path], each: &Each, context: &Context, target: &Target) -> GroupingKey {
        let (here, grain) = (&self.here, keys::grain_of(each).map(|(grain, _)| grain));
        let mut conditions = here.conditions.clone();
        conditions.extend(context.conditions.iter());
        conditions.sort_unstable();
        conditions.dedup();
        let in_total = target.is_total && here.grain.is_some();
        // All time has no periods, and a key belongs to it wherever it has rows.
        let at_any_time = target.range.extent == Extent::All;
        let axis_grain = if in_total { here.axis.single } else { here.axis.grain };
        let calendar = Calendar { by_hour: here.calendar.by_hour || grain == Some(Grain::Hour), ..here.calendar };
        let ticks = calendar.ticks_per_day() / here.calendar.ticks_per_day();
        // A range that is not the current period needs inner periods outside of the requested ones.
        let is_asked = if grain.is_some() { target.range.normalized() == TimeRange::CURRENT } else { !at_any_time };
        let is_timed = here.grain.is_some() || here.period.is_some();
        GroupingKey {
            level: here.level + 1,
            by: by.iter().map(|path| path.name.text.clone()).collect(),
            grain: grain.or(here.grain.filter(|_| !in_total && !at_any_time)),
            axis_grain: grain.or(axis_grain),
            calendar,
            period: here.period.filter(|_| is_asked).map(|(first, end)| (first * ticks, end * ticks)),
            in_total: in_total || here.in_total,
            is_dated: in_total || here.is_dated || (at_any_time && is_timed),
            conditions,
            world: self.constants.world(),
            own_period: grain.is_some(),
            at_any_time: grain.is_none() && at_any_time && here.grain.is_some() || here.at_any_time,
            every_period: grain.is_some() && keys::columns(each).next().is_none(),
        }
    }

    /// Returns true if all keys exist and the grain nests in the periods around it. Otherwise the reason is reported.
    fn keys_fit(&mut self, each: &Each, range: TimeRange) -> bool {
        if self.here.level == keys::MAX_INNER_LEVELS {
            self.report(keys::too_deep(each));
            return false;
        }
        let unknown: Vec<&Path> = keys::columns(each).filter(|key| !self.is_column(key)).collect();
        for key in &unknown {
            if self.here.bindings.datasets().is_empty() {
                self.missing.entry(key.name.text.clone()).or_insert(key.span);
            } else if !self.may_be_unreadable() {
                let name = &key.name.text;
                let problem = Diagnostic::error(Code::UnknownColumn, format!("no dataset has a column `{name}`"));
                let grains = Grain::ALL.iter().map(|grain| grain.name());
                let known: Vec<&str> = self.suggested_columns().chain(grains).collect();
                self.report(suggest(problem.at(key.span), &key.name, known));
            }
        }
        let misfit = keys::grain_of(each).and_then(|(grain, key)| self.misfit(grain, key, range));
        let fits = unknown.is_empty() && misfit.is_none();
        misfit.into_iter().for_each(|problem| self.report(problem));
        fits
    }

    fn is_column(&self, key: &Path) -> bool {
        let bindings = &self.here.bindings;
        (0..bindings.datasets().len()).any(|dataset| bindings.has_column(dataset, &key.name.text))
    }

    /// The problem of inner periods that lie only partly in the days around them.
    fn misfit(&self, grain: Grain, key: &Path, range: TimeRange) -> Option<Diagnostic> {
        let calendar = self.here.calendar;
        let is_start = |day: i32| grain == Grain::Hour || calendar.days(calendar.period(grain, day)).start == day;
        let (name, problem) = (grain.name(), |message| Diagnostic::error(Code::BadContext, message).at(key.span));
        match (self.here.grain, self.here.period) {
            (Some(outer), _) if !grain.nests_in(outer) => {
                let message = format!("the result is by {}, but a {name} may lie in two of them", outer.name());
                let hint = "group the result by a coarser grain, or choose a finer one after `each`";
                Some(problem(message).hint(hint))
            }
            (_, Some((first, end))) if range != TimeRange::CURRENT && !(is_start(first) && is_start(end)) => {
                let message = format!("the requested period does not consist of whole {name}s");
                Some(problem(message).hint("choose another `--period`, or a finer grain after `each`"))
            }
            _ if range.so_far && grain != (if calendar.by_hour { Grain::Hour } else { Grain::Day }) => {
                let message = format!("`so far` may end within a {name}, whose values are not split");
                let hint = "write `so far` and the shift inside the parentheses, or `each day`";
                Some(problem(message).hint(hint))
            }
            _ => None,
        }
    }

    // ── keys ─────────────────────────────────────────────────────────────────

    /// The key of the current groups that a name in a formula means.
    pub(super) fn key(&mut self, path: &Path) -> Lowered {
        let name = &path.name.text;
        let Some(at) = self.here.by.iter().position(|known| known.name.text == *name) else {
            let message = format!("the groups here are not split by `{name}`");
            self.report(Diagnostic::error(Code::BadContext, message).at(path.span));
            return self.here.program.undefined();
        };
        let (column, ty) = self.key_type(name);
        let (node, _) = self.here.extra(Extra::Key(at, column));
        Lowered { node, ty }
    }

    /// The number of currencies of a group.
    pub(super) fn currencies(&mut self, currencies: Currencies) -> NodeId {
        let at = match currencies {
            Currencies::Counted(count) => {
                let slot = self.here.measures.insert_full(count).0 as u32;
                return self.here.program.add(Node::Slot(slot));
            }
            Currencies::ByKey(at) => at,
        };
        let [one, several] = [1, 2].map(|count| self.here.program.add(Node::Constant(Decimal::from(count).into())));
        let Some(at) = at else { return several };
        let (key, _) = self.here.extra(Extra::Key(at, ColumnType::Text));
        let has_key = self.here.program.add(Node::IsDefined(key));
        self.here.program.add(Node::If(has_key, one, several))
    }

    /// The type of a grouping column: that of the first dataset that has it.
    fn key_type(&self, name: &str) -> (ColumnType, Type) {
        let bindings = &self.here.bindings;
        let found = (0..bindings.datasets().len()).find_map(|dataset| {
            let schema = bindings.schema(dataset);
            let stored =
                schema.find(name).map(|column| (schema.column(column).ty, bindings.column_type(dataset, column)));
            let computed =
                || bindings.definition(dataset)?.typed.get(name).map(|typed| (stored_as(&typed.ty), typed.ty.clone()));
            stored.or_else(computed)
        });
        found.unwrap_or((ColumnType::Text, Type::Text))
    }
}

/// The type of a column whose values have this type.
fn stored_as(ty: &Type) -> ColumnType {
    match ty {
        Type::Date => ColumnType::Date,
        Type::Boolean => ColumnType::Boolean,
        Type::Number(..) | Type::Zero => ColumnType::Number,
        _ => ColumnType::Text,
    }
}

impl Grouping<'_> {
    /// The slot of an input that is not a measure, and its number among these.
    pub(super) fn extra(&mut self, extra: Extra) -> (NodeId, u32) {
        let at = self.extras.insert_full(extra).0 as u32;
        (self.program.add(Node::Slot(super::grouping::FIRST_EXTRA + at)), at)
    }
}
