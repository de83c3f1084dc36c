//! Lists the aggregates: an enum, and a table of names, signatures and documentation.

use serde::Serialize;

use super::{find, get};
use crate::syntax::ast::{Call, Expr, ExprKind, Name, Path};
use crate::value::Decimal;

/// An aggregate. A call names an `AggregateFunction`; with the fraction of a quantile it becomes an `Aggregate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs)]
pub enum Aggregate<Fraction = Decimal> {
    Sum,
    Count,
    Average,
    Min,
    Max,
    Median,
    /// The quantile at this fraction, interpolated linearly.
    Quantile(Fraction),
    /// The standard deviation of a sample.
    Deviation,
    /// The standard deviation of a whole population.
    DeviationPopulation,
    /// The variance of a sample.
    Variance,
    /// The variance of a whole population.
    VariancePopulation,
    First,
    Last,
    Only,
}

/// An aggregate as named in a call. The fraction of a quantile is still an argument of the call.
pub type AggregateFunction = Aggregate<()>;

/// An entry of the table of aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregateEntry {
    /// The aggregate.
    pub function: AggregateFunction,
    /// The name in formulas.
    pub name: &'static str,
    /// The forms of a call.
    pub signature: &'static str,
    /// A description in one or two sentences.
    pub documentation: &'static str,
    /// An example of a call.
    pub example: &'static str,
}

/// All aggregate functions.
pub fn aggregates() -> &'static [AggregateEntry] {
    AGGREGATES
}

/// Finds an aggregate function by name.
pub fn find_aggregate(name: &str) -> Option<&'static AggregateEntry> {
    AGGREGATES.iter().find(|entry| entry.name == name)
}

/// The aggregate that a call computes, or `None` if it calls another function.
///
/// `min` and `max` with several arguments compare values and are not aggregates.
pub fn aggregate_of(call: &Call) -> Option<AggregateFunction> {
    let function = find_aggregate(&call.function.text)?.function;
    let compares = matches!(function, Aggregate::Min | Aggregate::Max) && call.arguments.len() > 1;
    (!compares).then_some(function)
}

/// Returns true for a call of a function that depends on the period of the group.
pub fn is_of_period(call: &Call) -> bool {
    find(&call.function.text).is_some_and(|id| get(id).is_of_period())
}

/// Returns true if a call computes an aggregate.
pub fn is_aggregate(call: &Call) -> bool {
    aggregate_of(call).is_some()
}

/// The name whose rows a call counts, if it counts rows: `count(leads)`.
pub fn counted_rows(call: &Call) -> Option<&Name> {
    let [Expr { kind, .. }] = &call.arguments[..] else { return None };
    match &**kind {
        ExprKind::Path(Path { qualifier: None, name, .. })
            if aggregate_of(call) == Some(Aggregate::Count) && call.distinct.is_none() =>
        {
            Some(name)
        }
        _ => None,
    }
}

impl AggregateFunction {
    /// The number of arguments.
    pub fn arity(self) -> usize {
        if self == Self::Quantile(()) { 2 } else { 1 }
    }

    /// The aggregate with the fraction filled in if it is a quantile.
    pub fn with_fraction(self, fraction: impl FnOnce() -> Option<Decimal>) -> Option<Aggregate> {
        Some(match self {
            Self::Sum => Aggregate::Sum,
            Self::Count => Aggregate::Count,
            Self::Average => Aggregate::Average,
            Self::Min => Aggregate::Min,
            Self::Max => Aggregate::Max,
            Self::Median => Aggregate::Median,
            Self::Quantile(()) => Aggregate::Quantile(fraction()?),
            Self::Deviation => Aggregate::Deviation,
            Self::DeviationPopulation => Aggregate::DeviationPopulation,
            Self::Variance => Aggregate::Variance,
            Self::VariancePopulation => Aggregate::VariancePopulation,
            Self::First => Aggregate::First,
            Self::Last => Aggregate::Last,
            Self::Only => Aggregate::Only,
        })
    }
}

const AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry {
        function: Aggregate::Sum,
        name: "sum",
        signature: "sum(x where condition)",
        documentation: "The exact sum over rows, without blank cells. 0 if no row meets the condition, \
                        undefined if there are no rows at all.",
        example: "sum(ads.cost + ads.fees where channel != \"brand\")",
    },
    AggregateEntry {
        function: Aggregate::Count,
        name: "count",
        signature: "count(dataset where condition), count(x where condition), count(distinct x where condition)",
        documentation: "The number of rows of a dataset, of rows with a value, or of distinct values.",
        example: "count(leads where stage = \"MQL\")",
    },
    AggregateEntry {
        function: Aggregate::Average,
        name: "avg",
        signature: "avg(x where condition)",
        documentation: "The sum over rows divided by the number of rows with a value. Undefined if no row has a value.",
        example: "avg(leads.qualified_on - leads.created_on)",
    },
    AggregateEntry {
        function: Aggregate::Min,
        name: "min",
        signature: "min(x where condition)",
        documentation: "The smallest value of the rows. With several arguments it compares values instead.",
        example: "min(orders.amount)",
    },
    AggregateEntry {
        function: Aggregate::Max,
        name: "max",
        signature: "max(x where condition)",
        documentation: "The largest value of the rows. With several arguments it compares values instead.",
        example: "max(orders.amount)",
    },
    AggregateEntry {
        function: Aggregate::Median,
        name: "median",
        signature: "median(x where condition)",
        documentation: "The middle value of the rows, or the mean of the two middle values if their number is even.",
        example: "median(orders.amount)",
    },
    AggregateEntry {
        function: Aggregate::Quantile(()),
        name: "quantile",
        signature: "quantile(x, p where condition)",
        documentation: "The value below which a share `p` of the rows lies, interpolated linearly. \
                        `p` is between 0 and 1.",
        example: "quantile(orders.amount, 90%)",
    },
    AggregateEntry {
        function: Aggregate::Deviation,
        name: "stddev",
        signature: "stddev(x where condition)",
        documentation: "The standard deviation of the rows as a sample: the exact variance, whose root is rounded \
                        once. Undefined for a single value.",
        example: "stddev(orders.amount)",
    },
    AggregateEntry {
        function: Aggregate::DeviationPopulation,
        name: "stddev_pop",
        signature: "stddev_pop(x where condition)",
        documentation: "The standard deviation of the rows as a whole population.",
        example: "stddev_pop(orders.amount)",
    },
    AggregateEntry {
        function: Aggregate::Variance,
        name: "variance",
        signature: "variance(x where condition)",
        documentation: "The variance of the rows as a sample. Undefined for a single value.",
        example: "variance(orders.amount)",
    },
    AggregateEntry {
        function: Aggregate::VariancePopulation,
        name: "variance_pop",
        signature: "variance_pop(x where condition)",
        documentation: "The variance of the rows as a whole population.",
        example: "variance_pop(orders.amount)",
    },
    AggregateEntry {
        function: Aggregate::First,
        name: "first",
        signature: "first(x by column where condition)",
        documentation: "The value at the earliest time of the period, summed over segments. \
                        With `by`, the sum of the first row of each combination.",
        example: "first(crm.customers)",
    },
    AggregateEntry {
        function: Aggregate::Last,
        name: "last",
        signature: "last(x by column where condition)",
        documentation: "The value at the latest time of the period, summed over segments. \
                        With `by`, the sum of the last row of each combination.",
        example: "last(balances.amount by account)",
    },
    AggregateEntry {
        function: Aggregate::Only,
        name: "only",
        signature: "only(x where condition), only(distinct x where condition)",
        documentation: "The value if there is exactly one row, otherwise undefined. For figures that do not add up. \
                        With `distinct`, the value that all rows share.",
        example: "only(web.users)",
    },
];
