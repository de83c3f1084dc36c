//! Sums numbers exactly, for `sum` and `average`.

use hashbrown::HashMap;

use super::accumulator::{Accumulator, Fold, Rows, same};
use super::exact::{Exact, times};
use super::total::Total;
use crate::aggregate::lists::{add_counts, position_or_add};
use crate::aggregate::room::Room;
use crate::data::{Aggregate, Measure};
use crate::diagnostic::Diagnostic;
use crate::value::{Cell, Decimal, Value, Values, Vector};

/// Exact sums of numbers.
#[derive(Debug, Default)]
pub struct Sums {
    /// One list of sums per scale.
    scales: Vec<ScaledSums>,
    /// The number of rounded values in each sum; empty if there are none.
    inexact: Vec<u64>,
}

/// Sums of mantissas of one scale, kept in 64 bits while they cannot overflow and in 128 bits after that.
#[derive(Debug, Default)]
struct ScaledSums {
    scale: u32,
    low: Vec<i64>,
    high: Vec<i128>,
    /// No `low` exceeds this in absolute value.
    reached: u64,
    /// The sums that did not fit 127 bits.
    beyond: HashMap<u32, Exact, foldhash::fast::FixedState>,
}

/// The largest scale of [`Values::Fixed`].
const MAX_FIXED_SCALE: u32 = 18;

/// Mantissas are usually below this in absolute value: a trillion cents.
const USUAL: u64 = 1 << 40;

impl Accumulator for Sums {
    fn update(&mut self, rows: &Rows, values: &Vector, room: &mut Room) -> Result<(), Diagnostic> {
        match &values.values {
            _ if rows.weights.is_some() => self.add_weighted(rows, values, room),
            Values::Fixed { mantissas, scale } => {
                let sums = self.scaled(*scale);
                match &values.causes {
                    None => sums.add_all(rows, mantissas, room),
                    Some(causes) => sums.add_some(rows, mantissas, |row| causes[row].is_none(), room),
                }
            }
            Values::Decimals { values: decimals, inexact } => {
                self.add_decimals(rows, decimals, |row| values.cause(row).is_none(), room)?;
                if let Some(inexact) = inexact {
                    room.fill(&mut self.inexact, rows.len, 0)?;
                    let marked = |row: usize| u64::from(inexact[row] && values.cause(row).is_none());
                    (0..inexact.len()).for_each(|row| self.inexact[rows.cells[row] as usize] += marked(row));
                }
                Ok(())
            }
            _ => Ok(()),
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
        for sums in &other.scales {
            self.scaled(sums.scale).merge(sums, cells, len, room)?;
        }
        if !other.inexact.is_empty() {
            add_counts(&mut self.inexact, &other.inexact, cells, len, room)?;
        }
        Ok(())
    }

    fn of_cells(&self, cells: &[u32], _: &[u64], aggregate: Aggregate) -> Option<Values> {
        let [ScaledSums { scale, low, high, beyond, .. }] = &self.scales[..] else { return None };
        let is_narrow = *scale <= MAX_FIXED_SCALE && high.is_empty() && beyond.is_empty() && self.inexact.is_empty();
        (aggregate == Aggregate::Sum && is_narrow).then(|| Values::Fixed {
            mantissas: cells.iter().map(|&cell| low.get(cell as usize).copied().unwrap_or(0)).collect(),
            scale: *scale,
        })
    }

    fn fold(&self) -> Box<dyn Fold + '_> {
        Box::new(SumFold { sums: self, total: Total::default() })
    }
}

impl Sums {
    fn add_decimals(
        &mut self,
        rows: &Rows,
        decimals: &[Decimal],
        defined: impl Fn(usize) -> bool,
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        for (row, decimal) in decimals.iter().enumerate().filter(|&(row, _)| defined(row)) {
            self.scaled(decimal.scale()).add_one(rows.cells[row], rows.len, decimal.mantissa(), room)?;
        }
        Ok(())
    }

    /// Adds each number as often as its row counts.
    fn add_weighted(&mut self, rows: &Rows, values: &Vector, room: &mut Room) -> Result<(), Diagnostic> {
        rows.each_counted(values, |row, cell, value| {
            let Value::Number(number) = value else { return Ok(()) };
            let sums = self.scaled(number.decimal.scale());
            times(number.decimal.mantissa(), rows.weight(row), |term| sums.add_one(cell as u32, rows.len, term, room))?;
            if !number.exact {
                room.fill(&mut self.inexact, rows.len, 0)?;
                self.inexact[cell] += rows.weight(row);
            }
            Ok(())
        })
    }

    fn scaled(&mut self, scale: u32) -> &mut ScaledSums {
        let new = || ScaledSums { scale, ..ScaledSums::default() };
        let at = position_or_add(&mut self.scales, |sums| sums.scale == scale, new);
        &mut self.scales[at]
    }

    /// Calls `visit` with the mantissa and scale of each part of the sum of a cell.
    pub(super) fn parts(&self, cell: usize, mut visit: impl FnMut(i128, u32)) {
        self.scales.iter().for_each(|sums| sums.parts(cell, |part| visit(part, sums.scale)));
    }

    /// The number of rounded values in the sum of a cell.
    pub(super) fn inexact(&self, cell: usize) -> u64 {
        self.inexact.get(cell).copied().unwrap_or(0)
    }
}

/// The sum of some cells.
struct SumFold<'g> {
    sums: &'g Sums,
    total: Total,
}

impl Fold for SumFold<'_> {
    fn clear(&mut self) {
        self.total = Total::default();
    }

    fn add(&mut self, cell: usize, _: &mut Room) -> Result<(), Diagnostic> {
        self.sums.parts(cell, |mantissa, scale| self.total.sum.add(mantissa, scale));
        self.total.inexact += self.sums.inexact(cell);
        Ok(())
    }

    fn can_remove(&self) -> bool {
        true
    }

    fn remove(&mut self, cell: usize, _: &mut Room) -> Result<(), Diagnostic> {
        self.sums.parts(cell, |mantissa, scale| self.total.sum.add(-mantissa, scale));
        self.total.inexact -= self.sums.inexact(cell);
        Ok(())
    }

    fn value(&mut self, measure: &Measure, present: u64) -> Cell {
        self.total.cell(measure.aggregate, present)
    }
}

impl ScaledSums {
    /// Adds mantissas in a tight loop for columns without missing values.
    ///
    /// The loop assumes that mantissas are usual. If one is larger, all are subtracted again, which restores sums that
    /// wrapped, and added the safe way.
    fn add_all(&mut self, rows: &Rows, mantissas: &[i64], room: &mut Room) -> Result<(), Diagnostic> {
        if !self.reserve(rows.len, USUAL.saturating_mul(mantissas.len() as u64), room)? {
            return self.add_some(rows, mantissas, |_| true, room);
        }
        let low = &mut self.low[..];
        let mut bits = 0;
        for (&cell, &mantissa) in rows.cells.iter().zip(mantissas) {
            low[cell as usize] = low[cell as usize].wrapping_add(mantissa);
            bits |= mantissa.wrapping_add(USUAL as i64) as u64;
        }
        if bits >= 2 * USUAL {
            for (&cell, &mantissa) in rows.cells.iter().zip(mantissas) {
                low[cell as usize] = low[cell as usize].wrapping_sub(mantissa);
            }
            return self.add_some(rows, mantissas, |_| true, room);
        }
        Ok(())
    }

    fn add_some(
        &mut self,
        rows: &Rows,
        mantissas: &[i64],
        defined: impl Fn(usize) -> bool,
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        // The bits of `m` or of `-m - 1`, whichever is not negative. One more is a bound for all absolute values.
        let bits = mantissas.iter().fold(0, |bits, &mantissa| bits | (mantissa ^ (mantissa >> 63)) as u64);
        if !self.reserve(rows.len, (bits + 1).saturating_mul(mantissas.len() as u64), room)? {
            return self.add_wide(rows, mantissas, defined, room);
        }
        for (row, &cell) in rows.cells.iter().enumerate().filter(|&(row, _)| defined(row)) {
            self.low[cell as usize] = self.low[cell as usize].wrapping_add(mantissas[row]);
        }
        Ok(())
    }

    /// Ensures that adding `most` to a single cell stays within 64 bits. Returns false if it cannot.
    fn reserve(&mut self, len: usize, most: u64, room: &mut Room) -> Result<bool, Diagnostic> {
        room.fill(&mut self.low, len, 0)?;
        if most > i64::MAX as u64 {
            return Ok(false);
        }
        if self.reached + most > i64::MAX as u64 {
            self.flush(room)?;
        }
        self.reached += most;
        Ok(true)
    }

    /// Adds mantissas that may overflow 64 bits within one batch.
    fn add_wide(
        &mut self,
        rows: &Rows,
        mantissas: &[i64],
        defined: impl Fn(usize) -> bool,
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        for (row, &cell) in rows.cells.iter().enumerate().filter(|&(row, _)| defined(row)) {
            self.add_one(cell, rows.len, mantissas[row].into(), room)?;
        }
        Ok(())
    }

    fn flush(&mut self, room: &mut Room) -> Result<(), Diagnostic> {
        room.fill(&mut self.high, self.low.len(), 0)?;
        self.high.iter_mut().zip(&mut self.low).for_each(|(high, low)| *high += i128::from(std::mem::take(low)));
        self.reached = 0;
        Ok(())
    }

    fn add_one(&mut self, cell: u32, len: usize, mantissa: i128, room: &mut Room) -> Result<(), Diagnostic> {
        room.fill(&mut self.high, len, 0)?;
        let sum = &mut self.high[cell as usize];
        match sum.checked_add(mantissa) {
            Some(result) if result.unsigned_abs() < 1 << 126 => *sum = result,
            _ => {
                room.entry(&mut self.beyond)?;
                self.beyond.entry(cell).or_default().add(mantissa, self.scale);
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: &ScaledSums, cells: &[u32], len: usize, room: &mut Room) -> Result<(), Diagnostic> {
        if other.high.is_empty() && self.reserve(len, other.reached, room)? {
            other.low.iter().zip(cells).for_each(|(low, &cell)| self.low[cell as usize] += low);
            return Ok(());
        }
        for (from, &to) in cells.iter().enumerate() {
            let mut added = Ok(());
            other.parts(from, |part| {
                if added.is_ok() {
                    added = self.add_one(to, len, part, room);
                }
            });
            added?;
        }
        Ok(())
    }

    fn parts(&self, cell: usize, mut visit: impl FnMut(i128)) {
        [self.low.get(cell).map(|&low| low.into()), self.high.get(cell).copied()]
            .into_iter()
            .flatten()
            .filter(|&part| part != 0)
            .for_each(&mut visit);
        if let Some(exact) = self.beyond.get(&(cell as u32)) {
            exact.parts(|mantissa, _| visit(mantissa));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_any_length_is_summed_without_wrapping() {
        let (rows, mantissa) = ((1 << 23) + 2, USUAL as i64 - 1);
        let values = Vector::defined(Values::Fixed { mantissas: vec![mantissa; rows], scale: 0 });
        let cells = vec![0; rows];
        let mut sums = Sums::default();
        let batch = Rows { cells: &cells, failed: &[], weights: None, len: 1, values: None, times: &[], by: vec![] };
        sums.update(&batch, &values, &mut Room::default()).expect("nothing limits it");
        let mut sum = 0;
        sums.parts(0, |part, _| sum += part);
        assert_eq!(sum, rows as i128 * i128::from(mantissa));
    }
}
