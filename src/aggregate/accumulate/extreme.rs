//! Keeps the smallest or the largest value, for `min` and `max`.

use super::accumulator::{Accumulator, Fold, Rows, bytes_behind, same};
use crate::aggregate::lists::position_or_add;
use crate::aggregate::room::Room;
use crate::data::Measure;
use crate::diagnostic::Diagnostic;
use crate::value::{Cause, Cell, Decimal, Value, Values, Vector};

/// The smallest or the largest value of each cell.
#[derive(Debug, Default)]
pub struct Extremes {
    greatest: bool,
    values: Vec<Option<Value>>,
    /// The values of columns with a common scale, with one list per scale.
    fixed: Vec<(u32, Vec<Option<i64>>)>,
}

impl Extremes {
    /// Creates a state without values.
    pub fn new(greatest: bool) -> Self {
        Self { greatest, ..Self::default() }
    }
}

impl Accumulator for Extremes {
    fn update(&mut self, rows: &Rows, values: &Vector, room: &mut Room) -> Result<(), Diagnostic> {
        match &values.values {
            Values::Fixed { mantissas, scale } => self.update_fixed(rows, values, mantissas, *scale, room),
            Values::Texts { .. } => self.update_texts(rows, values, room),
            _ => {
                room.fill(&mut self.values, rows.len, None)?;
                rows.each_value(values, |cell, value| self.offer(cell, value, room))
            }
        }
    }

    fn merge(
        &mut self,
        other: Box<dyn Accumulator>,
        cells: &[u32],
        len: usize,
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        let other: Self = same(other);
        let greatest = self.greatest;
        for (scale, values) in other.fixed {
            let best = self.scaled(scale, len, room)?;
            let values = values.into_iter().zip(cells).filter_map(|(value, &cell)| Some((cell, value?)));
            values.for_each(|(cell, value)| offer_fixed(greatest, &mut best[cell as usize], value));
        }
        if !other.values.is_empty() {
            room.fill(&mut self.values, len, None)?;
            let mut values = other.values.into_iter().zip(cells).filter_map(|(value, &cell)| Some((cell, value?)));
            values.try_for_each(|(cell, value)| self.offer(cell as usize, value, room))?;
        }
        Ok(())
    }

    fn fold(&self) -> Box<dyn Fold + '_> {
        Box::new(ExtremeFold { extremes: self, best: None })
    }
}

impl Extremes {
    fn update_fixed(
        &mut self,
        rows: &Rows,
        values: &Vector,
        mantissas: &[i64],
        scale: u32,
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        let greatest = self.greatest;
        let best = self.scaled(scale, rows.len, room)?;
        for (row, &cell) in rows.cells.iter().enumerate().filter(|&(row, _)| values.cause(row).is_none()) {
            offer_fixed(greatest, &mut best[cell as usize], mantissas[row]);
        }
        Ok(())
    }

    /// The best values of a scale, one for each cell.
    fn scaled(&mut self, scale: u32, len: usize, room: &mut Room) -> Result<&mut [Option<i64>], Diagnostic> {
        let at = position_or_add(&mut self.fixed, |(of, _)| *of == scale, || (scale, vec![]));
        room.fill(&mut self.fixed[at].1, len, None)?;
        Ok(&mut self.fixed[at].1)
    }

    fn update_texts(&mut self, rows: &Rows, values: &Vector, room: &mut Room) -> Result<(), Diagnostic> {
        let Values::Texts { codes, dictionary } = &values.values else { return Ok(()) };
        room.fill(&mut self.values, rows.len, None)?;
        for (row, &cell) in rows.cells.iter().enumerate().filter(|&(row, _)| values.cause(row).is_none()) {
            let text = dictionary.text(codes[row]);
            let better = match &self.values[cell as usize] {
                Some(Value::Text(best)) => (text > best) == self.greatest && text != best,
                _ => true,
            };
            if better {
                replace(&mut self.values[cell as usize], Value::Text(text.clone()), room)?;
            }
        }
        Ok(())
    }

    fn offer(&mut self, cell: usize, value: Value, room: &mut Room) -> Result<(), Diagnostic> {
        let slot = &mut self.values[cell];
        replace(slot, better(self.greatest, slot.clone(), value), room)
    }

    /// The best value of a cell.
    pub fn value(&self, cell: usize) -> Option<Value> {
        let mut best = self.values.get(cell).cloned().flatten();
        for (scale, values) in &self.fixed {
            if let Some(mantissa) = values.get(cell).copied().flatten() {
                best = Some(better(self.greatest, best, Decimal::from_i128_with_scale(mantissa.into(), *scale).into()));
            }
        }
        best
    }
}

fn replace(slot: &mut Option<Value>, value: Value, room: &mut Room) -> Result<(), Diagnostic> {
    room.grow(bytes_behind(&value))?;
    room.shrink(slot.as_ref().map_or(0, bytes_behind));
    *slot = Some(value);
    Ok(())
}

/// The best value of some cells.
struct ExtremeFold<'g> {
    extremes: &'g Extremes,
    best: Option<Value>,
}

impl Fold for ExtremeFold<'_> {
    fn clear(&mut self) {
        self.best = None;
    }

    fn add(&mut self, cell: usize, _: &mut Room) -> Result<(), Diagnostic> {
        if let Some(value) = self.extremes.value(cell) {
            self.best = Some(better(self.extremes.greatest, self.best.take(), value));
        }
        Ok(())
    }

    fn value(&mut self, _: &Measure, _: u64) -> Cell {
        self.best.clone().ok_or(Cause::Blank)
    }
}

fn offer_fixed(greatest: bool, best: &mut Option<i64>, new: i64) {
    *best = Some(best.map_or(new, |old| if greatest { old.max(new) } else { old.min(new) }));
}

/// The better of two values. Of equal numbers the result is inexact if either is, so that the order of rows does not
/// matter.
#[inline]
fn better(greatest: bool, old: Option<Value>, new: Value) -> Value {
    match old {
        None => new,
        Some(Value::Number(mut old)) if Value::Number(old) == new => {
            old.exact &= matches!(new, Value::Number(new) if new.exact);
            Value::Number(old)
        }
        // Of equal moments, the one with the smaller offset is kept, for the same reason.
        Some(Value::Date(old)) if Value::Date(old) == new => match new {
            Value::Date(new) if new.offset() < old.offset() => Value::Date(new),
            _ => Value::Date(old),
        },
        Some(old) if (old < new) == greatest => new,
        Some(old) => old,
    }
}
