//! Aggregates over inner groups: a reference of their own with the inner groups as those of its query.

use std::collections::BTreeSet;

use super::calendar::{end, start};
use super::context::{Context, Range, axis};
use super::evaluate::{Group, Reference, Scope, TOP, day, fold, has_all, keys, share_exactness};
use super::rows::{Cause, Cell, Value};
use super::tree::{Aggregate, Case, Each, Expr, Kind, Name, Operator, has_column};

/// An aggregate that a formula reads, and its context.
type Read<'e> = (&'e Aggregate, Context);

impl Reference<'_> {
    pub fn each(&self, it: &Each, scope: &Scope<'_>, context: &Context, group: &Group) -> Cell {
        let query = &self.case.query;
        let kept: Vec<usize> =
            (0..query.keys.len()).filter(|at| !group.total && !context.drops(query.keys[*at])).collect();
        let mut case = self.case.clone();
        case.query.keys = kept.iter().map(|at| query.keys[*at]).collect();
        let new: Vec<Name> = it.keys.iter().copied().filter(|key| !case.query.keys.contains(key)).collect();
        case.query.keys.extend(new);
        let range = context.range(group.period, query.period.map_or((None, None), |(a, b, _)| (Some(a), Some(b))))?;
        case.query.grain = it.grain.or(query.grain.filter(|_| !group.total));
        if it.grain.is_some() && !context.is_current() {
            case.query.period = None;
        }
        let place = format!("{:p} {context:?} {kept:?} {}", it, group.total);
        let known = self.inner.borrow().get(&place).copied();
        // Tests leak the few references of a case.
        let inner =
            known.unwrap_or_else(|| Box::leak(Box::new(self.inside(Box::leak(Box::new(case.clone())), context))));
        self.inner.borrow_mut().insert(place, inner);
        let own = if it.grain.is_some() { Context::default() } else { context.days_only() };
        let required = inner.required(&it.value, scope, &own, true);
        let required =
            [required, it.having.iter().flat_map(|it| inner.required(it, scope, &own, true)).collect()].concat();
        let all = inner.required(&it.value, scope, &own, false);
        let all = [all, it.having.iter().flat_map(|it| inner.required(it, scope, &own, false)).collect()].concat();
        for (aggregate, inside) in &all {
            let days = if it.grain.is_some() { context.days_only() } else { inside.days_only() };
            let dropped = case.query.keys.iter().any(|key| inside.drops(key)) || kept.len() < query.keys.len();
            let mut read = if dropped || days.is_all_time() { Context::default() } else { days };
            read.conditions = [&inside.conditions[..], &context.conditions, &self.conditions].concat();
            self.measures.borrow_mut().extend([(aggregate.dataset, Context::default()), (aggregate.dataset, read)]);
        }
        let mut values = vec![];
        let (mut any, mut missing) = (false, vec![]);
        for candidate in inner.inner_groups(it, group, &kept, (range, &own), &all, &required) {
            any = true;
            let value = inner.evaluate(&it.value, scope, &own, &candidate);
            let having = it.having.as_ref().map(|having| inner.evaluate(having, scope, &own, &candidate));
            if value == Err(Cause::Meaningless) || having == Some(Err(Cause::Meaningless)) {
                return Err(Cause::Meaningless);
            }
            match (having, value) {
                (None | Some(Ok(Value::Boolean(true))), Ok(value)) => values.push(value),
                (None | Some(Ok(Value::Boolean(true))), Err(cause)) => missing.push(cause),
                (Some(_), _) => {}
            }
        }
        if !any {
            return Err(if inner.is_meaningless(it, scope, &own) { Cause::Meaningless } else { Cause::NoRows });
        }
        if values.is_empty() && !missing.is_empty() && it.function != "count" {
            return Err(missing[0]);
        }
        share_exactness(&mut values);
        if it.distinct {
            values = values.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        }
        let none_kept = values.is_empty();
        let aggregate = Aggregate {
            function: it.function,
            distinct: it.distinct,
            dataset: "shop",
            value: None,
            fraction: None,
            condition: None,
            by: vec![],
        };
        fold(&aggregate, values, none_kept)
    }

    /// The reference for the inner groups, whose rows meet the conditions of a context.
    fn inside<'c>(&self, case: &'c Case, context: &Context) -> Reference<'c> {
        let mut inner = Reference::new(case);
        inner.conditions = self.conditions.iter().chain(&context.conditions).cloned().collect();
        let conditions = inner.conditions.clone();
        let mut all = inner.rows.clone();
        for (name, rows) in &mut all {
            let applies = |(dataset, condition): &&(Option<Name>, Expr)| {
                dataset.is_none_or(|dataset| dataset == *name) && has_all(case, name, condition)
            };
            let own: Vec<&Expr> = conditions.iter().filter(applies).map(|it| &it.1).collect();
            let kept = std::mem::take(rows).into_iter();
            let kept = kept.filter_map(|(row, failure)| {
                let failed = inner.keeps(&row, &own)?;
                Some((row, failure.or(failed)))
            });
            *rows = kept.collect();
        }
        inner.rows = all;
        inner
    }

    /// The inner groups of a group that can contribute.
    fn inner_groups(
        &self,
        it: &Each,
        around: &Group,
        kept: &[usize],
        ((first, last), time): (Range, &Context),
        all: &[Read<'_>],
        required: &[Read<'_>],
    ) -> Vec<Group> {
        let columns = &self.case.query.keys;
        let split = |name: &&Name| columns.iter().all(|key| has_column(self.case, name, key));
        let rows = self.rows.iter().filter(|(name, _)| **name != "people" && split(name));
        let found: BTreeSet<Vec<Option<String>>> =
            rows.flat_map(|(_, rows)| rows).map(|(row, _)| keys(columns, row)).collect();
        let own =
            |keys: &&Vec<Option<String>>| kept.iter().enumerate().all(|(at, outer)| keys[at] == around.keys[*outer]);
        let named = |keys: &&Vec<Option<String>>| {
            it.keys
                .iter()
                .all(|key| keys[columns.iter().position(|it| it == key).expect("a key is a column")].is_some())
        };
        let combinations: Vec<Vec<Option<String>>> = match columns.is_empty() {
            true => vec![vec![]],
            false => found.iter().filter(own).filter(named).cloned().collect(),
        };
        let periods = match it.grain {
            None => vec![around.period],
            Some(grain) => {
                let datasets: BTreeSet<Name> = all.iter().map(|(it, _)| it.dataset).collect();
                let days: Vec<i64> =
                    datasets.iter().flat_map(|name| &self.rows[name]).map(|(row, _)| day(row)).collect();
                let (Some(from), Some(to)) = (days.iter().min(), days.iter().max()) else { return vec![] };
                let periods = axis(grain, *from, *to).into_iter();
                let inside = |(_, start, _): &(_, i64, i64)| {
                    first.is_none_or(|first| self::start(grain, first) <= *start)
                        && last.is_none_or(|last| *start <= last)
                };
                periods.filter(inside).map(Some).collect()
            }
        };
        let group = |period, keys: &Vec<_>| Group { period, keys: keys.clone(), total: false };
        let groups = periods.iter().flat_map(|period| combinations.iter().map(|keys| group(*period, keys)));
        let has_rows = |group: &Group, dataset: Name, context: &Context| {
            self.rows_of(dataset, group, context).is_ok_and(|rows| !rows.is_empty())
        };
        // All time around the groups is their own time.
        let current = if time.is_all_time() { time.clone() } else { Context::default() };
        // What drops a column or the period belongs to no group.
        let places =
            |(_, context): &&Read<'_>| !context.is_all_time() && !columns.iter().any(|column| context.drops(column));
        let placing: Vec<&Read<'_>> = all.iter().filter(places).collect();
        let any = |group: &Group| match placing.is_empty() {
            true => all.iter().any(|(it, _)| has_rows(group, it.dataset, &current)),
            false => placing.iter().any(|(it, context)| has_rows(group, it.dataset, context)),
        };
        if it.keys.is_empty() {
            // Silent periods count where the keys have rows in any of the requested periods.
            let grain = it.grain.expect("an `each` has a key");
            let everywhere = |keys: &Vec<Option<String>>| {
                let place =
                    format!("{:p} {keys:?} {:?}", it, all.iter().map(|(_, context)| context).collect::<Vec<_>>());
                if let Some(known) = self.present.borrow().get(&place) {
                    return *known;
                }
                let datasets: BTreeSet<Name> = all.iter().map(|(it, _)| it.dataset).collect();
                let days = datasets.iter().flat_map(|name| &self.rows[name]).map(|(row, _)| day(row));
                let (low, high) = (days.clone().min().unwrap_or(0), days.max().unwrap_or(0));
                let (low, high) = match self.case.query.period {
                    Some((first, last, _)) => (low.max(first), high.min(last)),
                    None => (low, high),
                };
                let periods = axis(grain, start(grain, low), end(grain, high));
                let found = low <= high && periods.into_iter().any(|it| any(&group(Some(it), keys)));
                self.present.borrow_mut().insert(place, found);
                found
            };
            return groups.filter(|group| everywhere(&group.keys)).collect();
        }
        let required = |group: &Group| required.iter().all(|(it, context)| has_rows(group, it.dataset, context));
        groups.filter(|group| any(group) && required(group)).collect()
    }

    /// The aggregates that a formula reads; with `required`, those without which it has no value.
    fn required<'e>(&'e self, expr: &'e Expr, scope: &Scope<'e>, context: &Context, required: bool) -> Vec<Read<'e>> {
        let below =
            |list: Vec<&'e Expr>| list.into_iter().flat_map(|it| self.required(it, scope, context, required)).collect();
        match expr {
            Expr::Name(name) => {
                if let Some(at) = scope.names.iter().position(|it| it == name) {
                    return self.required(&scope.arguments[at], scope.outer.unwrap_or(&TOP), context, required);
                }
                let definition = self.case.definitions.iter().find(|it| it.name == *name).expect("it is defined");
                match definition.kind {
                    Kind::Parameter => vec![],
                    _ => self.required(&definition.formula, &TOP, context, required),
                }
            }
            Expr::Apply(name, arguments) => {
                let function = self.case.functions.iter().find(|it| it.name == *name).expect("it is defined");
                let outer: &'e Scope<'e> = Box::leak(Box::new(*scope));
                let inner = Scope { names: &function.parameters, arguments, outer: Some(outer) };
                self.required(&function.body, &inner, context, required)
            }
            Expr::Context(x, parts) => self.required(x, scope, &context.with(parts), required),
            Expr::Aggregate(it) => vec![(it, context.clone())],
            Expr::Binary(Operator::And | Operator::Or | Operator::Otherwise, ..) | Expr::In(..) | Expr::Between(..)
                if required =>
            {
                vec![]
            }
            Expr::Call("coalesce" | "is_defined", _) if required => vec![],
            Expr::If(condition, ..) if required => self.required(condition, scope, context, required),
            Expr::Each(_) => unreachable!("random programs do not nest `each`"),
            _ => below(expr.children()),
        }
    }

    /// True if the formula reads a dataset that cannot be split or filtered as the inner groups are.
    fn is_meaningless(&self, it: &Each, scope: &Scope<'_>, context: &Context) -> bool {
        let keys = self.case.query.keys.iter().map(|_| None).collect();
        let period = self.case.query.grain.map(|grain| (grain, start(grain, 0), end(grain, 0)));
        let period = period.or(self.case.query.period.and_then(|(first, last, grain)| Some((grain?, first, last))));
        let group = Group { period, keys, total: false };
        let parts = std::iter::once(&it.value).chain(&it.having);
        let reads: Vec<Read<'_>> = parts.flat_map(|part| self.required(part, scope, context, false)).collect();
        reads
            .iter()
            .any(|(aggregate, context)| self.rows_of(aggregate.dataset, &group, context) == Err(Cause::Meaningless))
    }
}
