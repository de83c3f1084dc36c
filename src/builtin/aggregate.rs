//! The aggregates' names, signatures and documentation.

/// An aggregate function: what it is called and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregateFunction {
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
pub fn aggregates() -> &'static [AggregateFunction] {
    AGGREGATES
}

/// The aggregate function of that name.
pub fn find_aggregate(name: &str) -> Option<&'static AggregateFunction> {
    AGGREGATES.iter().find(|function| function.name == name)
}

const AGGREGATES: &[AggregateFunction] = &[
    AggregateFunction {
        name: "sum",
        signature: "sum(x where condition)",
        documentation: "The exact sum over rows, blank cells skipped. 0 where a condition keeps no row, \
                        undefined where there is no row at all.",
        example: "sum(ads.cost + ads.fees where channel != \"brand\")",
    },
    AggregateFunction {
        name: "count",
        signature: "count(dataset where condition), count(x where condition), count(distinct x where condition)",
        documentation: "The number of rows of a dataset, of rows where a value is present, or of different values.",
        example: "count(leads where stage = \"MQL\")",
    },
    AggregateFunction {
        name: "avg",
        signature: "avg(x where condition)",
        documentation: "The sum over rows divided by the number of rows with a value. Undefined without one.",
        example: "avg(leads.qualified_on - leads.created_on)",
    },
    AggregateFunction {
        name: "min",
        signature: "min(x where condition)",
        documentation: "The smallest value of the rows. With several arguments it compares values instead.",
        example: "min(orders.amount)",
    },
    AggregateFunction {
        name: "max",
        signature: "max(x where condition)",
        documentation: "The largest value of the rows. With several arguments it compares values instead.",
        example: "max(orders.amount)",
    },
    AggregateFunction {
        name: "median",
        signature: "median(x where condition)",
        documentation: "The middle value of the rows; of an even number of them, the mean of the middle two.",
        example: "median(orders.amount)",
    },
    AggregateFunction {
        name: "quantile",
        signature: "quantile(x, p where condition)",
        documentation: "The value below which the share `p` of the rows lies, interpolated linearly; \
                        `p` runs from 0 to 1.",
        example: "quantile(orders.amount, 90%)",
    },
    AggregateFunction {
        name: "first",
        signature: "first(x by column where condition)",
        documentation: "The value at the earliest time of the period, added over segments; \
                        with `by`, the first row of each combination, then added.",
        example: "first(crm.customers)",
    },
    AggregateFunction {
        name: "last",
        signature: "last(x by column where condition)",
        documentation: "The value at the latest time of the period, added over segments; \
                        with `by`, the last row of each combination, then added.",
        example: "last(balances.amount by account)",
    },
    AggregateFunction {
        name: "only",
        signature: "only(x where condition), only(distinct x where condition)",
        documentation: "The value where there is exactly one row, else undefined: for figures that do not add up. \
                        With `distinct`, the value that all rows agree on.",
        example: "only(web.users)",
    },
];
