//! Aggregates over all rows with the same keys, in computed columns: `first_day = min(day each customer)`.
//!
//! Such a column is a lookup of the dataset in itself, grouped by the keys. All columns with the same keys share it.

use super::bind::{Bindings, BoundLookup, Found, Row};
use super::context::conjuncts;
use super::lower::expression::{self, Lowered};
use crate::budget::Budget;
use crate::builtin::{aggregate_of, counted_rows};
use crate::data::{Aggregate, ColumnId, Dropped, InForce, LookedUp, LookupKey, Measure, RowSource, TimeRange};
use crate::diagnostic::{Code, Diagnostic, are_few};
use crate::library::types::currency;
use crate::library::types::mismatch::{Rule, Side};
use crate::library::types::typing;
use crate::library::types::walk::{self, Level, Output};
use crate::program::{NodeId, Program};
use crate::syntax::ast::{Each, Expr, Path};
use crate::value::unit::Type;
use crate::value::{Decimal, Value, Vector};

/// The maximum number of different keys of the computed columns that the datasets of a request need: 64. Each is one
/// more pass over a dataset.
pub const MAX_KEY_SETS: usize = 64;

/// The aggregate and the time column by which `first` and `last` choose rows.
type Timed = (Aggregate, Option<ColumnId>);

impl Row<'_, '_> {
    /// Lowers an aggregate over all rows with the same keys.
    pub(super) fn of_same_keys(&mut self, each: &Each) -> Lowered {
        match self.found_group(each) {
            Some(lowered) => lowered,
            None => self.output().undefined(),
        }
    }

    /// None if the aggregate has an error, which has been reported.
    fn found_group(&mut self, each: &Each) -> Option<Lowered> {
        if let Some(problem) = walk::wrong_count(&each.call) {
            self.report(problem);
            return None;
        }
        let (aggregate, time) = self.timed(each)?;
        let lookup = self.group_lookup(each, time)?;
        let there = self.bindings.rows[self.rows].lookups[lookup].rows;
        let (measure, ty) = self.within(there, |row| row.measure(each, aggregate))?;
        let name = self.open_column();
        let LookedUp::Group { measures, names, .. } = &mut self.bindings.rows[self.rows].lookups[lookup].columns else {
            unreachable!("the lookup finds groups");
        };
        let column = measures.iter().position(|known| *known == measure).unwrap_or_else(|| {
            measures.push(measure);
            names.push(name);
            measures.len() - 1
        });
        let slot = self.bindings.slot(self.rows, RowSource::Lookup { lookup, column });
        Some(Lowered { node: self.output().add(slot), ty })
    }

    /// The aggregate of rows with the same keys, in the row expressions of these rows.
    fn measure(&mut self, each: &Each, aggregate: Aggregate) -> Option<(Measure, Type)> {
        let call = &each.call;
        let name = self.bindings.name(self.dataset());
        let argument = call.arguments.first().filter(|_| counted_rows(call).is_none_or(|rows| rows.text != *name));
        let required = call.filter.as_ref().map_or_else(Vec::new, currency::required);
        let around = std::mem::replace(&mut self.currencies, required);
        let argument = argument.map(|argument| (expression::lower(self, argument), argument));
        let types: Vec<&Type> = argument.iter().map(|(lowered, _)| &lowered.ty).collect();
        let ty = match typing::aggregate(aggregate, &types) {
            Ok(ty) => ty,
            Err(error) => {
                let (lowered, expr) = argument.as_ref()?;
                match self.bindings.bad_cell(self.dataset(), &call.function.text, expr) {
                    Some(problem) => self.report(problem),
                    None => {
                        walk::refuse(self, Rule::Values(&call.function.text), error, &[Side::new(lowered, expr)]);
                    }
                }
                return None;
            }
        };
        let mut conditions = vec![];
        if let Some(filter) = &call.filter {
            conjuncts(filter, &mut |part| conditions.push(part));
        }
        let mut conditions: Vec<NodeId> = conditions.into_iter().map(|part| self.condition(part)).collect();
        self.currencies = around;
        conditions.sort_unstable();
        conditions.dedup();
        let measure = Measure {
            dataset: 0,
            aggregate,
            argument: argument.map(|(lowered, _)| lowered.node),
            distinct: call.distinct.is_some(),
            by: vec![],
            conditions,
            dropped: Dropped::Columns(vec![]),
            in_force: InForce::AtEnd,
            range: TimeRange::CURRENT,
            total: None,
        };
        Some((measure, ty))
    }

    fn condition(&mut self, expr: &Expr) -> NodeId {
        let Ok(condition) = walk::condition(self, expr);
        condition.node
    }

    fn timed(&mut self, each: &Each) -> Option<Timed> {
        let aggregate = aggregate_of(&each.call)?.with_fraction(|| self.fraction(&each.call.arguments[1]))?;
        let aggregate = match each.call.on {
            Some(_) => aggregate,
            None => self.bindings.timeless(aggregate, self.dataset()),
        };
        if !matches!(aggregate, Aggregate::First | Aggregate::Last) {
            return Some((aggregate, None));
        }
        let time = match &each.call.on {
            Some(path) => self.bindings.time_named(self.dataset(), path).map(Some),
            None => self.bindings.time(self.dataset()).map_err(|problem| problem.at(each.call.function.span)),
        };
        match time {
            Ok(time) => Some((aggregate, time)),
            Err(problem) => {
                self.report(problem);
                None
            }
        }
    }

    /// The fraction of a quantile.
    fn fraction(&mut self, expr: &Expr) -> Option<Decimal> {
        let fraction = expression::lower(self, expr).node;
        let program: &Program = self.output();
        let is_constant = program.slots_below([fraction]).is_empty();
        let value = is_constant.then(|| {
            program.evaluate_within(&Budget::unlimited(), &[] as &[Vector], 1, &[fraction]).ok()?.remove(0).get(0).ok()
        });
        match value.flatten() {
            Some(Value::Number(number)) if (Decimal::ZERO..=Decimal::ONE).contains(&number.decimal) => {
                Some(number.decimal.normalize())
            }
            _ => {
                let message = "the fraction of a quantile must be between 0 and 1";
                self.report(Diagnostic::error(Code::BadArguments, message).at(expr.span));
                None
            }
        }
    }

    /// The position of the lookup of the groups with these keys.
    fn group_lookup(&mut self, each: &Each, time: Option<ColumnId>) -> Option<usize> {
        let here = each.keys.iter().map(|key| self.group_key(key)).collect::<Option<Vec<NodeId>>>()?;
        if let Some(known) = self.known_groups(&here, time) {
            return Some(known);
        }
        if self.bindings.group_lookups() == MAX_KEY_SETS {
            let message = format!("the computed columns need more than {MAX_KEY_SETS} different keys after `each`");
            self.report(Diagnostic::error(Code::LimitReached, message).at(each.keys_span));
            return None;
        }
        let dataset = self.dataset();
        let rows = self.bindings.add_rows(dataset);
        let there =
            self.within(rows, |row| each.keys.iter().map(|key| row.group_key(key)).collect::<Option<Vec<NodeId>>>())?;
        let key = |((&here, there), path): ((&NodeId, NodeId), &Path)| LookupKey {
            here,
            there,
            name: path.name.text.clone(),
        };
        let keys = here.iter().zip(there).zip(&each.keys).map(key).collect();
        // Lowering the keys may have added the lookups that they need, which come first.
        let columns = LookedUp::Group { measures: vec![], names: vec![], time };
        let lookups = &mut self.bindings.rows[self.rows].lookups;
        lookups.push(BoundLookup { name: None, other: dataset, keys, time: None, rows, columns });
        Some(lookups.len() - 1)
    }

    /// The lookup of groups with these keys, if there is one. Only `first` and `last` need its time.
    fn known_groups(&mut self, here: &[NodeId], time: Option<ColumnId>) -> Option<usize> {
        let lookups = &mut self.bindings.rows[self.rows].lookups;
        let is_it = |known: &BoundLookup| match &known.columns {
            LookedUp::Group { time: other, .. } => {
                known.keys.iter().map(|key| &key.here).eq(here) && (time.is_none() || other.is_none() || *other == time)
            }
            LookedUp::Row(_) => false,
        };
        let at = lookups.iter().position(is_it)?;
        if let LookedUp::Group { time: other, .. } = &mut lookups[at].columns {
            *other = other.or(time);
        }
        Some(at)
    }

    fn group_key(&mut self, key: &Path) -> Option<NodeId> {
        match self.found(key) {
            Some(Found::Broken) => {
                self.needs_broken();
                None
            }
            Some(found) => Some(self.lowered(found).node),
            None => {
                let problem = self.bindings.unknown_column(self.dataset(), key, are_few(self.problems()));
                self.report(problem);
                None
            }
        }
    }
}

impl Bindings<'_> {
    /// The number of lookups of groups so far.
    fn group_lookups(&self) -> usize {
        let lookups = self.rows.iter().flat_map(|rows| &rows.lookups);
        lookups.filter(|lookup| matches!(lookup.columns, LookedUp::Group { .. })).count()
    }
}
