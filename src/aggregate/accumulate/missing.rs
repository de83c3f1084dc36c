//! Counts the rows without a value by cell: blank rows, and failed rows by cause.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::aggregate::lists::add_counts;
use crate::aggregate::room::Room;
use crate::diagnostic::Diagnostic;
use crate::value::Cause;

/// The rows without a value, by cell.
#[derive(Debug, Default, Clone)]
pub struct Missing {
    /// Empty until the first blank.
    blank: Vec<u64>,
    failed: HashMap<u32, Failures, FixedState>,
}

impl Missing {
    /// Counts rows of one of `len` cells.
    pub fn add(&mut self, cell: u32, cause: Cause, rows: u64, len: usize, room: &mut Room) -> Result<(), Diagnostic> {
        if cause.is_failure() {
            room.entry(&mut self.failed)?;
            self.failed.entry(cell).or_default().add(cause, rows);
            return Ok(());
        }
        self.add_blank(cell, rows, len, room)
    }

    /// Counts blank rows of one of `len` cells.
    pub fn add_blank(&mut self, cell: u32, rows: u64, len: usize, room: &mut Room) -> Result<(), Diagnostic> {
        if rows > 0 {
            room.fill(&mut self.blank, len, 0)?;
            self.blank[cell as usize] += rows;
        }
        Ok(())
    }

    /// Merges another worker's counts. `cells` maps its cells to the `len` cells of this one.
    pub fn merge(&mut self, other: &Self, cells: &[u32], len: usize, room: &mut Room) -> Result<(), Diagnostic> {
        if !other.blank.is_empty() {
            add_counts(&mut self.blank, &other.blank, cells, len, room)?;
        }
        for (&cell, failures) in &other.failed {
            room.entry(&mut self.failed)?;
            self.failed.entry(cells[cell as usize]).or_default().merge(failures);
        }
        Ok(())
    }

    /// Returns true if all rows of all cells have a value.
    pub fn is_empty(&self) -> bool {
        self.blank.is_empty() && self.failed.is_empty()
    }

    /// The number of blank rows in a cell.
    pub fn blank(&self, cell: usize) -> u64 {
        self.blank.get(cell).copied().unwrap_or(0)
    }

    /// The failed rows of a cell.
    pub fn failed(&self, cell: usize) -> Option<&Failures> {
        if self.failed.is_empty() { None } else { self.failed.get(&(cell as u32)) }
    }
}

/// The number of failed rows, by cause.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Failures([u64; Cause::FAILURES.len()]);

impl Failures {
    /// Counts rows.
    pub fn add(&mut self, cause: Cause, rows: u64) {
        let at = Cause::FAILURES.iter().position(|failure| *failure == cause);
        self.0[at.expect("only failures are counted")] += rows;
    }

    /// Adds the rows of another count.
    pub fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, other)| *count += other);
    }

    /// Subtracts rows that were added.
    pub fn remove(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, other)| *count -= other);
    }

    /// The number of failed rows.
    pub fn rows(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The number of rows that failed for the most frequent cause.
    pub fn of_cause(&self) -> u64 {
        self.0.into_iter().max().unwrap_or(0)
    }

    /// The most frequent cause.
    pub fn cause(&self) -> Option<Cause> {
        let counted = self.0.iter().zip(Cause::FAILURES).rev();
        counted.filter(|(count, _)| **count > 0).max_by_key(|(count, _)| **count).map(|(_, cause)| cause)
    }
}
