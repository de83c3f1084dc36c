//! Determines which rows conditions keep, and counts them by cell.

use std::borrow::Cow;

use super::accumulate::{Failures, Missing, NOWHERE, weight};
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

/// The rows of a batch that some conditions keep.
pub(super) struct SelectedRows<'a> {
    /// The cells of the rows for which all conditions hold; others are [`NOWHERE`].
    cells: Cow<'a, [u32]>,
    /// The rows in which a condition failed, their cells and the causes.
    failed: Vec<(usize, u32, Cause)>,
}

impl<'a> SelectedRows<'a> {
    /// All rows of a batch.
    pub(super) fn all(cells: &'a [u32]) -> Self {
        Self { cells: Cow::Borrowed(cells), failed: vec![] }
    }

    /// The number of rows of the batch.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The cells of the rows that may determine a value. Rows in which a condition failed are among them if the times
    /// of rows decide which of them count.
    pub(super) fn cells(&self, is_timed: bool) -> Cow<'_, [u32]> {
        let failed = self.failed(is_timed);
        if failed.is_empty() {
            return Cow::Borrowed(&self.cells);
        }
        let mut cells = self.cells.to_vec();
        failed.iter().for_each(|&(row, cell, _)| cells[row] = cell);
        Cow::Owned(cells)
    }

    /// The rows in which a condition failed, if the times of rows decide which of them count.
    pub(super) fn failed(&self, is_timed: bool) -> &[(usize, u32, Cause)] {
        if is_timed { &self.failed } else { &[] }
    }
}

impl Selection {
    /// The number of rows in a cell that are kept, or may be.
    pub(super) fn rows(&self, cell: usize) -> u64 {
        self.kept.get(cell).copied().unwrap_or(0) + self.missing.failed(cell).map_or(0, Failures::rows)
    }

    /// Counts the rows of each cell.
    pub(super) fn count(
        &mut self,
        cells: &[u32],
        weights: Option<&[u64]>,
        len: usize,
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        if let Some(weights) = weights {
            return self.add(cells, weights, len, room);
        }
        room.fill(&mut self.kept, len, 0)?;
        cells.iter().for_each(|&cell| self.kept[cell as usize] += 1);
        Ok(())
    }

    /// Counts rows that each stand for several.
    pub(super) fn add(&mut self, cells: &[u32], rows: &[u64], len: usize, room: &mut Room) -> Result<(), Diagnostic> {
        room.fill(&mut self.kept, len, 0)?;
        cells.iter().zip(rows).for_each(|(&cell, rows)| self.kept[cell as usize] += rows);
        Ok(())
    }

    /// Selects the rows for which all conditions hold.
    pub(super) fn select(
        &mut self,
        conditions: &[&Vector],
        cells: &[u32],
        weights: Option<&[u64]>,
        len: usize,
        room: &mut Room,
    ) -> Result<SelectedRows<'static>, Diagnostic> {
        room.fill(&mut self.kept, len, 0)?;
        let (mut selected, mut failed) = (cells.to_vec(), vec![]);
        for (row, cell) in selected.iter_mut().enumerate() {
            let verdict = verdict(conditions.iter().copied(), row);
            if let Err(cause) = verdict
                && *cell != NOWHERE
            {
                self.missing.add(*cell, cause, weight(weights, row), len, room)?;
                failed.extend(cause.is_failure().then_some((row, *cell, cause)));
            }
            *cell = if verdict == Ok(true) { *cell } else { NOWHERE };
            self.kept[*cell as usize] += weight(weights, row);
        }
        Ok(SelectedRows { cells: Cow::Owned(selected), failed })
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
