//! Sums numbers exactly and counts the rounded terms.

use super::exact::{Exact, times};
use crate::data::Aggregate;
use crate::value::ops::Outcome;
use crate::value::{Cell, Number, Value};

/// A sum of numbers.
#[derive(Debug, Clone, Default)]
pub struct Total {
    /// The exact sum of the numbers.
    pub sum: Exact,
    /// The number of rounded terms.
    pub inexact: u64,
}

impl Total {
    /// Adds a number.
    pub fn add(&mut self, number: Number) {
        self.sum.add_decimal(number.decimal);
        self.inexact += u64::from(!number.exact);
    }

    /// Adds a number several times.
    pub fn add_times(&mut self, number: Number, count: u64) {
        let Number { decimal, exact } = number;
        let Ok(()) = times(decimal.mantissa(), count, |term| {
            self.sum.add(term, decimal.scale());
            Ok::<_, std::convert::Infallible>(())
        });
        self.inexact += if exact { 0 } else { count };
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.sum.merge(&other.sum);
        self.inexact += other.inexact;
    }

    /// The sum, or the mean over `count` values.
    pub fn number(&self, aggregate: Aggregate, count: u64) -> Outcome {
        let number = match aggregate {
            Aggregate::Average => self.sum.mean(count),
            _ => self.sum.number(),
        }?;
        Ok(Number { exact: number.exact && self.inexact == 0, ..number })
    }

    /// Does the same as [`Total::number`] and returns a cell.
    pub fn cell(&self, aggregate: Aggregate, count: u64) -> Cell {
        self.number(aggregate, count).map(Value::Number)
    }
}
