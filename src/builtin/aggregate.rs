//! The aggregates: one enum, and a table of their names, signatures and documentation.

use serde::Serialize;

use crate::syntax::ast::{Call, Expr, ExprKind, Name, Path};
use crate::value::Decimal;

/// What an aggregate computes. A call names an `AggregateFunction`; with the fraction of its quantile it is an
/// `Aggregate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs)]
pub enum Aggregate<Fraction = Decimal> {
    Sum,
    Count,
    Average,
    Min,
    Max,
    Median,
    /// Linear interpolation at that fraction.
    Quantile(Fraction),
    First,
    Last,
    Only,
}

/// An aggregate as it is called: the fraction of a quantile is one of its arguments.
pub type AggregateFunction = Aggregate<()>;

/// A line of the table of aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregateEntry {
    /// Which aggregate.
    pub function: AggregateFunction,
    /// Its name.
    pub name: &'static str,
    /// How it is called.
    pub signature: &'static str,
    /// What it does, in a sentence or two.
    pub documentation: &'static str,
    /// A call of it.
    pub example: &'static str,
}

/// All aggregate functions.
pub fn aggregates() -> &'static [AggregateEntry] {
    AGGREGATES
}

/// The aggregate function of that name.
pub fn find_aggregate(name: &str) -> Option<&'static AggregateEntry> {
    AGGREGATES.iter().find(|entry| entry.name == name)
}

/// The aggregate that a call computes; None where it is another function. `min` and `max` of several values compare.
pub fn aggregate_of(call: &Call) -> Option<AggregateFunction> {
    let function = find_aggregate(&call.function.text)?.function;
    let compares = matches!(function, Aggregate::Min | Aggregate::Max) && call.arguments.len() > 1;
    (!compares).then_some(function)
}

/// Whether a call computes an aggregate.
pub fn is_aggregate(call: &Call) -> bool {
    aggregate_of(call).is_some()
}

/// The name that a call counts the rows of, where it counts rows: `count(leads)`.
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
    /// How many arguments it takes.
    pub fn arity(self) -> usize {
        if self == Self::Quantile(()) { 2 } else { 1 }
    }

    /// The same with the fraction of its quantile.
    pub fn with_fraction(self, fraction: impl FnOnce() -> Option<Decimal>) -> Option<Aggregate> {
        Some(match self {
            Self::Sum => Aggregate::Sum,
            Self::Count => Aggregate::Count,
            Self::Average => Aggregate::Average,
            Self::Min => Aggregate::Min,
            Self::Max => Aggregate::Max,
            Self::Median => Aggregate::Median,
            Self::Quantile(()) => Aggregate::Quantile(fraction()?),
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
        documentation: "The exact sum over rows, blank cells skipped. 0 where a condition keeps no row, \
                        undefined where there is no row at all.",
        example: "sum(ads.cost + ads.fees where channel != \"brand\")",
    },
    AggregateEntry {
        function: Aggregate::Count,
        name: "count",
        signature: "count(dataset where condition), count(x where condition), count(distinct x where condition)",
        documentation: "The number of rows of a dataset, of rows where a value is present, or of different values.",
        example: "count(leads where stage = \"MQL\")",
    },
    AggregateEntry {
        function: Aggregate::Average,
        name: "avg",
        signature: "avg(x where condition)",
        documentation: "The sum over rows divided by the number of rows with a value. Undefined without one.",
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
        documentation: "The middle value of the rows; of an even number of them, the mean of the middle two.",
        example: "median(orders.amount)",
    },
    AggregateEntry {
        function: Aggregate::Quantile(()),
        name: "quantile",
        signature: "quantile(x, p where condition)",
        documentation: "The value below which the share `p` of the rows lies, interpolated linearly; \
                        `p` runs from 0 to 1.",
        example: "quantile(orders.amount, 90%)",
    },
    AggregateEntry {
        function: Aggregate::First,
        name: "first",
        signature: "first(x by column where condition)",
        documentation: "The value at the earliest time of the period, added over segments; \
                        with `by`, the first row of each combination, then added.",
        example: "first(crm.customers)",
    },
    AggregateEntry {
        function: Aggregate::Last,
        name: "last",
        signature: "last(x by column where condition)",
        documentation: "The value at the latest time of the period, added over segments; \
                        with `by`, the last row of each combination, then added.",
        example: "last(balances.amount by account)",
    },
    AggregateEntry {
        function: Aggregate::Only,
        name: "only",
        signature: "only(x where condition), only(distinct x where condition)",
        documentation: "The value where there is exactly one row, else undefined: for figures that do not add up. \
                        With `distinct`, the value that all rows agree on.",
        example: "only(web.users)",
    },
];
