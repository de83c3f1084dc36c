//! Keeps one value of each cell, for `only`: the value of a group that has a single row.

use super::accumulator::{Accumulator, Fold, Rows, same};
use crate::data::Measure;
use crate::value::{Cause, Cell, Value, Vector};

/// Any value of each cell.
#[derive(Debug, Default)]
pub struct OnlyValues(pub Vec<Option<Value>>);

impl Accumulator for OnlyValues {
    fn update(&mut self, rows: &Rows, values: &Vector) {
        self.0.resize(rows.len, None);
        rows.each_value(values, |cell, value| self.0[cell] = Some(value));
    }

    fn merge(&mut self, other: Box<dyn Accumulator>, cells: &[u32], len: usize) {
        let Self(other) = same(other);
        self.0.resize(len, None);
        for (value, &cell) in other.into_iter().zip(cells) {
            let slot = &mut self.0[cell as usize];
            *slot = slot.take().or(value);
        }
    }

    fn fold(&self) -> Box<dyn Fold + '_> {
        Box::new(OnlyFold { values: &self.0, value: None })
    }
}

struct OnlyFold<'g> {
    values: &'g [Option<Value>],
    value: Option<Value>,
}

impl Fold for OnlyFold<'_> {
    fn clear(&mut self) {
        self.value = None;
    }

    fn add(&mut self, cell: usize) {
        self.value = self.value.take().or_else(|| self.values.get(cell).cloned().flatten());
    }

    fn value(&mut self, _: &Measure, present: u64) -> Cell {
        match present {
            1 => self.value.clone().ok_or(Cause::Blank),
            _ => Err(Cause::ManyRows),
        }
    }
}
