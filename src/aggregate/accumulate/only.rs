//! Keeps one value of each cell, for `only`: the value of a group that has a single row.

use super::accumulator::{Accumulator, Fold, Rows, bytes_behind, same};
use crate::aggregate::room::Room;
use crate::data::Measure;
use crate::diagnostic::Diagnostic;
use crate::value::{Cause, Cell, Value, Vector};

/// Any value of each cell.
#[derive(Debug, Default)]
pub struct OnlyValues(pub Vec<Option<Value>>);

impl Accumulator for OnlyValues {
    fn update(&mut self, rows: &Rows, values: &Vector, room: &mut Room) -> Result<(), Diagnostic> {
        room.fill(&mut self.0, rows.len, None)?;
        rows.each_value(values, |cell, value| keep(&mut self.0[cell], value, room))
    }

    fn merge(
        &mut self,
        other: Box<dyn Accumulator>,
        cells: &[u32],
        len: usize,
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        let Self(other) = same(other);
        room.fill(&mut self.0, len, None)?;
        let values = other.into_iter().zip(cells).filter_map(|(value, &cell)| Some((value?, cell)));
        for (value, cell) in values {
            keep(&mut self.0[cell as usize], value, room)?;
        }
        Ok(())
    }

    fn fold(&self) -> Box<dyn Fold + '_> {
        Box::new(OnlyFold { values: &self.0, value: None })
    }
}

/// Keeps a value unless there is one.
fn keep(slot: &mut Option<Value>, value: Value, room: &mut Room) -> Result<(), Diagnostic> {
    if slot.is_none() {
        room.grow(bytes_behind(&value))?;
        *slot = Some(value);
    }
    Ok(())
}

struct OnlyFold<'g> {
    values: &'g [Option<Value>],
    value: Option<Value>,
}

impl Fold for OnlyFold<'_> {
    fn clear(&mut self) {
        self.value = None;
    }

    fn add(&mut self, cell: usize, _: &mut Room) -> Result<(), Diagnostic> {
        self.value = self.value.take().or_else(|| self.values.get(cell).cloned().flatten());
        Ok(())
    }

    fn value(&mut self, _: &Measure, present: u64) -> Cell {
        match present {
            1 => self.value.clone().ok_or(Cause::Blank),
            _ => Err(Cause::ManyRows),
        }
    }
}
