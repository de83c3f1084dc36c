//! Keeps amounts of different currencies apart: an aggregate of `money in currency` needs one currency in each group.

use std::sync::Arc;

use super::Planner;
use crate::data::{Aggregate, Dropped, Extent, InForce, Measure, TimeRange};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::types::currency::required;
use crate::library::types::walk::{Level, Output};
use crate::plan::context;
use crate::plan::lower::expression::Lowered;
use crate::program::{Node, NodeId, Operator};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Name, Path};
use crate::value::Value;
use crate::value::unit::{Currency, Type};

/// A column with the currencies of an aggregate's values: its name, and its operation in the row expressions.
pub(super) type CurrencyColumn = (Arc<str>, NodeId);

/// The values that an aggregate reads.
pub(super) struct Values {
    pub dataset: usize,
    /// The request of the dataset.
    pub request: usize,
    pub argument: Option<NodeId>,
    /// The type of the aggregate.
    pub ty: Type,
    /// The columns with the currencies of the values.
    pub currencies: Vec<CurrencyColumn>,
    /// The condition that a value is missing because `convert` has no rate.
    pub without_rate: Option<NodeId>,
}

/// What becomes of amounts in several currencies.
pub(super) enum Mixed {
    /// They are an error; contains the column with the currencies.
    Refused(Arc<str>),
    /// They have no value in these groups.
    NotApplicable,
}

/// An aggregate in one currency.
#[derive(Default)]
pub(super) struct OneCurrency {
    /// Its type.
    pub ty: Type,
    /// The numbers of currencies, for groups that may contain several.
    pub counts: Vec<Currencies>,
    /// The number of rows without a rate to convert them.
    pub without_rate: Option<Measure>,
}

/// How many currencies a group may contain. All amounts of a formula share the answer, so that none are added up that are
/// in one currency each, but not in the same.
pub(super) enum Currencies {
    /// As many as there are in the dataset, or in its rows with the key of the group.
    Counted(Measure),
    /// One if the group has a key in this grouping column, otherwise several.
    ByKey(Option<usize>),
}

impl Planner<'_> {
    /// The columns with the currencies of the values that an aggregate reads.
    pub(super) fn currency_columns(
        &mut self,
        request: usize,
        dataset: usize,
        ty: &Type,
        span: Span,
    ) -> Vec<CurrencyColumn> {
        let columns: Vec<Arc<str>> = ty.currency_columns().cloned().collect();
        let column = |column: Arc<str>| {
            let (qualifier, name) = match column.rsplit_once('.') {
                Some((qualifier, name)) if !self.here.bindings.has_own_column(dataset, &column) => {
                    (Some(Name::new(qualifier, span)), name)
                }
                _ => (None, &*column),
            };
            let path = Path { qualifier, name: Name::new(name, span), span };
            let node = self.row_path(request, &path).node;
            (column, node)
        };
        columns.into_iter().map(column).collect()
    }

    /// The type of a measure, and the measures that count its currencies. None if it mixes currencies, which is
    /// reported.
    pub(super) fn in_one_currency(&mut self, values: &Values, measure: &Measure, span: Span) -> Option<OneCurrency> {
        let without_rate = values.without_rate.map(|condition| self.rows_that(condition, measure));
        let mut found = OneCurrency { ty: values.ty.clone(), counts: vec![], without_rate };
        if values.currencies.is_empty() {
            return Some(found);
        }
        let conditions = self.all_conditions(values, measure);
        for (key, column) in &values.currencies {
            let program = self.here.bindings.program(values.request);
            let text = conditions.iter().find_map(|node| equal_text(program.node(*node), *column, program));
            if let Some(currency) = text.and_then(|text| Currency::from_code(&text)) {
                found.ty = found.ty.in_currency(key, currency);
                continue;
            }
            let key_at = self.grouped_by(values, &measure.dropped, *column);
            let may_mix = self.mixes_currencies || self.here.mixes_currencies;
            if key_at.is_none() && !may_mix {
                self.several_currencies(key, Some(values.dataset), span);
                return None;
            }
            if may_mix || self.here.totals {
                found.counts.push(match self.is_only_dataset_in(key) {
                    true => Currencies::Counted(count_of_currencies(measure, *column, key_at.is_some())),
                    false => Currencies::ByKey(key_at),
                });
            }
        }
        Some(found)
    }

    /// The conditions of a measure and of `--where`, split at `and`.
    fn all_conditions(&mut self, values: &Values, measure: &Measure) -> Vec<NodeId> {
        let mut conditions = measure.conditions.clone();
        for (filter, world) in self.here.filters.clone() {
            if self.is_about(&filter, values.dataset) {
                let mut parts = vec![];
                context::conjuncts(&filter, &mut |part| parts.push(part));
                let known = required(&filter);
                let nodes =
                    parts.into_iter().map(|part| self.in_world(world, |it| it.condition(values.request, part, &known)));
                conditions.extend(nodes);
            }
        }
        conditions
    }

    /// The position of the grouping column in which the rows of each group have the same value as in a column.
    fn grouped_by(&mut self, values: &Values, dropped: &Dropped, column: NodeId) -> Option<usize> {
        let by = self.here.by.clone();
        dropped.kept(by.len()).into_iter().find(|&at| {
            self.here.bindings.has_column(values.dataset, &by[at].name.text)
                && self.row_path(values.request, &by[at]).node == column
        })
    }

    /// Returns true if no second dataset has amounts whose currencies are in a column of this name.
    fn is_only_dataset_in(&self, key: &str) -> bool {
        let bindings = &self.here.bindings;
        let last = |name: &str| name.rsplit_once('.').map_or(name.to_owned(), |(_, name)| name.to_owned());
        let has = |dataset: &usize| {
            let types = bindings.definition(*dataset).into_iter().flat_map(|known| known.types.values());
            let mut columns = types.filter_map(|(_, unit)| unit.column.as_ref());
            columns.any(|column| *column.name.text == *last(key))
        };
        (0..bindings.datasets().len()).filter(has).count() <= 1
    }

    /// The number of rows that a measure covers and that meet a condition.
    fn rows_that(&self, condition: NodeId, measure: &Measure) -> Measure {
        let mut conditions = measure.conditions.clone();
        conditions.push(condition);
        conditions.sort_unstable();
        conditions.dedup();
        let aggregate = Aggregate::Count;
        Measure { aggregate, argument: None, distinct: false, by: vec![], conditions, ..measure.clone() }
    }

    /// What becomes of the values of inner groups that are aggregated over groups with these columns.
    pub(super) fn mixed_currencies<'c>(&self, ty: &Type, mut columns: impl Iterator<Item = &'c str>) -> Option<Mixed> {
        let key = ty.currency_columns().next()?.clone();
        let name = key.rsplit_once('.').map_or(&*key, |(_, name)| name);
        if columns.any(|column| column == &*key || column == name) {
            return None;
        }
        let may_mix = self.mixes_currencies || self.here.mixes_currencies;
        Some(if may_mix { Mixed::NotApplicable } else { Mixed::Refused(key) })
    }

    /// Reports an aggregate of amounts in several currencies.
    pub(super) fn several_currencies(&mut self, key: &str, dataset: Option<usize>, span: Span) -> Lowered {
        let code = self.library.units().currency().map_or("EUR", |currency| currency.code());
        let message = format!("the aggregate mixes currencies: its amounts are in those of the column `{key}`");
        let place =
            dataset.map_or("of its dataset".into(), |dataset| format!("of `{}`", self.here.bindings.name(dataset)));
        let column = dataset.and_then(|dataset| self.converted_column(dataset));
        let converted = match column {
            Some(column) => format!("to add up converted amounts, aggregate the column `{column}`"),
            None => format!(
                "to convert the amounts, add a column such as `{}: {code} = convert(amount, rates.{0})` in the block {place}",
                code.to_lowercase()
            ),
        };
        let problem = Diagnostic::error(Code::UnitMismatch, message).at(span).hint(converted);
        let problem = problem.hint(format!(
            "or choose one currency: `[{key} = \"{code}\"]` after the formula, or `--where '{key} = \"{code}\"'`"
        ));
        self.report(problem.hint(format!("or group the result by currency: `--by {key}`")));
        self.here.program.undefined()
    }
}

impl Planner<'_> {
    /// A computed column of a dataset that converts amounts.
    fn converted_column(&self, dataset: usize) -> Option<Arc<str>> {
        let is_conversion =
            |part: &Expr| matches!(&*part.kind, ExprKind::Call(call) if &*call.function.text == "convert");
        let mut columns = self.here.bindings.definition(dataset)?.computed.iter();
        let found = columns.find(|(_, (_, formula))| formula.walk().any(is_conversion));
        found.map(|(name, _)| name.clone())
    }
}

/// The number of currencies in a dataset, in its rows with the keys of the group if these name the currency.
fn count_of_currencies(measure: &Measure, column: NodeId, is_key: bool) -> Measure {
    let all = TimeRange { extent: Extent::All, ..TimeRange::CURRENT };
    Measure {
        aggregate: Aggregate::Count,
        argument: Some(column),
        distinct: true,
        by: vec![],
        conditions: vec![],
        dropped: if is_key { measure.dropped.clone() } else { Dropped::All },
        in_force: InForce::During,
        range: all,
        total: Some(all),
        ..*measure
    }
}

/// The text that a condition requires a column to equal.
fn equal_text(condition: &Node, column: NodeId, program: &crate::program::Program) -> Option<Arc<str>> {
    let Node::Binary(Operator::Equal, lhs, rhs) = condition else { return None };
    let other = if *lhs == column { rhs } else { Some(lhs).filter(|_| *rhs == column)? };
    match program.node(*other) {
        Node::Constant(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}
