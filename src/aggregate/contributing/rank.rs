//! The order of rows: which value comes before which.

use std::cmp::Reverse;

use crate::data::{Aggregate, RowOrder};
use crate::value::{Date, Decimal, Number, Value};

/// The place of a value in an order: smaller ones come first. All ranks of an order are of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Like every other.
    Equal,
    /// Small values first.
    Ascending(Value),
    /// Large values first.
    Descending(Reverse<Value>),
}

/// The order of the values that an aggregate takes.
pub(crate) fn order(aggregate: Aggregate, distinct: bool) -> RowOrder {
    match aggregate {
        _ if distinct => RowOrder::Distinct,
        Aggregate::Sum | Aggregate::Average | Aggregate::First | Aggregate::Last => RowOrder::Largest,
        Aggregate::Min => RowOrder::Lowest,
        Aggregate::Max => RowOrder::Highest,
        Aggregate::Median | Aggregate::Quantile(_) => RowOrder::Nearest,
        Aggregate::Deviation | Aggregate::DeviationPopulation => RowOrder::Farthest,
        Aggregate::Variance | Aggregate::VariancePopulation => RowOrder::Farthest,
        Aggregate::Count | Aggregate::Only => RowOrder::Data,
    }
}

/// The place of a value in an order. `middle` is the value that others are near to or far from.
pub(crate) fn rank(order: RowOrder, value: Option<&Value>, middle: Option<&Value>) -> Rank {
    let Some(value) = value else { return Rank::Equal };
    let distance = || middle.and_then(|middle| distance(value, middle)).map(Value::from);
    match order {
        RowOrder::Data | RowOrder::Distinct => Rank::Equal,
        RowOrder::Lowest => Rank::Ascending(value.clone()),
        RowOrder::Highest => Rank::Descending(Reverse(value.clone())),
        RowOrder::Largest => Rank::Descending(Reverse(match value {
            Value::Number(number) => Value::Number(Number { decimal: number.decimal.abs(), ..*number }),
            other => other.clone(),
        })),
        RowOrder::Nearest => distance().map_or(Rank::Equal, Rank::Ascending),
        RowOrder::Farthest => distance().map_or(Rank::Equal, |far| Rank::Descending(Reverse(far))),
    }
}

/// How far two values are from each other. The largest decimal if it has too many digits; None for texts.
fn distance(one: &Value, other: &Value) -> Option<Decimal> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            Some(one.decimal.checked_sub(other.decimal).map_or(Decimal::MAX, |far| far.abs()))
        }
        (Value::Date(one), Value::Date(other)) => Some(Decimal::from(moment(*one).abs_diff(moment(*other)))),
        _ => None,
    }
}

/// The seconds of a date, which order dates well enough.
fn moment(date: Date) -> i64 {
    i64::try_from(date.instant() / 1_000_000_000).unwrap_or(i64::MAX)
}
