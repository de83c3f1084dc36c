//! Determines which rows conditions keep, and counts them by cell.

use super::accumulate::{Missing, NOWHERE};
use super::lists::add_counts;
use super::room::Room;
use crate::diagnostic::Diagnostic;
use crate::value::{Cause, Values, Vector};

/// The number of rows that some conditions keep, by cell.
#[derive(Debug, Default, Clone)]
pub(super) struct Selection {
    /// The number of rows for which all conditions hold.
    pub(super) kept: Vec<u64>,
    /// The rows for which the conditions are undefined.
    pub(super) missing: Missing,
}

impl Selection {
    pub(super) fn count(&mut self, cells: &[u32], len: usize, room: &mut Room) -> Result<(), Diagnostic> {
        room.fill(&mut self.kept, len, 0)?;
        cells.iter().for_each(|&cell| self.kept[cell as usize] += 1);
        Ok(())
    }

    /// The cells of rows for which all conditions hold; others are [`NOWHERE`].
    pub(super) fn select(
        &mut self,
        conditions: &[&Vector],
        cells: &[u32],
        len: usize,
        room: &mut Room,
    ) -> Result<Vec<u32>, Diagnostic> {
        room.fill(&mut self.kept, len, 0)?;
        let mut selected = cells.to_vec();
        for (row, cell) in selected.iter_mut().enumerate() {
            let verdict = verdict(conditions.iter().copied(), row);
            if let Err(cause) = verdict
                && *cell != NOWHERE
            {
                self.missing.add(*cell, cause, len, room)?;
            }
            *cell = if verdict == Ok(true) { *cell } else { NOWHERE };
            self.kept[*cell as usize] += 1;
        }
        Ok(selected)
    }

    /// Adds another worker's counts. `cells` maps its cells to those of this one.
    pub(super) fn merge(
        &mut self,
        other: &Selection,
        cells: &[u32],
        len: usize,
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        add_counts(&mut self.kept, &other.kept, cells, len, room)?;
        self.missing.merge(&other.missing, cells, len, room)
    }
}

/// Evaluates all conditions in a row. A false condition takes precedence over a blank one, and a blank one over a
/// failed one.
pub(super) fn verdict<'v>(conditions: impl Iterator<Item = &'v Vector>, row: usize) -> Result<bool, Cause> {
    let mut verdict = Ok(true);
    for condition in conditions {
        match truth(condition, row) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(cause) if verdict.is_ok() || !cause.is_failure() => verdict = Err(cause),
            Err(_) => {}
        }
    }
    verdict
}

/// The truth of a condition in a row.
fn truth(condition: &Vector, row: usize) -> Result<bool, Cause> {
    match (&condition.values, condition.cause(row)) {
        (_, Some(cause)) => Err(cause),
        (Values::Booleans(truths), None) => Ok(truths[row]),
        _ => Err(Cause::WrongKind),
    }
}
