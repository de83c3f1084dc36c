//! Counts values as the rows kept minus the rows without a value, so that nothing needs to be collected.

use super::accumulator::{Accumulator, Fold, Rows};
use crate::aggregate::room::Room;
use crate::data::{Aggregate, Measure};
use crate::diagnostic::Diagnostic;
use crate::value::{Cell, Decimal, Values, Vector};

/// The number of values.
#[derive(Debug)]
pub struct Count;

impl Accumulator for Count {
    fn update(&mut self, _: &Rows, _: &Vector, _: &mut Room) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn merge(&mut self, _: Box<dyn Accumulator>, _: &[u32], _: usize, _: &mut Room) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn of_cells(&self, _: &[u32], rows: &[u64], _: Aggregate) -> Option<Values> {
        Some(Values::Fixed { mantissas: rows.iter().map(|&rows| rows as i64).collect(), scale: 0 })
    }

    fn fold(&self) -> Box<dyn Fold + '_> {
        Box::new(Count)
    }
}

impl Fold for Count {
    fn clear(&mut self) {}

    fn add(&mut self, _: usize, _: &mut Room) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn can_remove(&self) -> bool {
        true
    }

    fn value(&mut self, _: &Measure, present: u64) -> Cell {
        Ok(Decimal::from(present).into())
    }
}
