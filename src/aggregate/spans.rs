//! Finds which rows of a looked-up dataset are in force at each time, if its rows hold over an interval.

use std::collections::BTreeSet;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::room::Room;
use crate::diagnostic::Diagnostic;
use crate::value::{Cell, Vector};

/// A row that is in force from its start up to its end, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    /// The number of its keys.
    pub(super) group: u32,
    pub(super) start: i128,
    /// The first nanosecond at which it is not in force any more; None if it has no end.
    pub(super) end: Option<i128>,
    pub(super) row: u32,
}

/// The rows with the same keys that are in force at one time.
pub(super) struct Active<'c> {
    rows: BTreeSet<u32>,
    /// How often each value of a column occurs in these rows.
    values: Vec<HashMap<Cell, u32, FixedState>>,
    columns: &'c [Option<&'c Vector>],
}

impl<'c> Active<'c> {
    /// No rows. The columns are those whose differences matter.
    pub(super) fn new(columns: &'c [Option<&'c Vector>]) -> Self {
        Self { rows: BTreeSet::new(), values: columns.iter().map(|_| HashMap::default()).collect(), columns }
    }

    /// Calls `visit` with each time at which a row starts or ends, and the rows that are in force from then on.
    pub(super) fn walk(
        &mut self,
        spans: &[Span],
        room: &mut Room,
        mut visit: impl FnMut(&Self, i128, &mut Room) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let mut events: Vec<(i128, bool, u32)> = vec![];
        for span in spans {
            room.push(&mut events, (span.start, true, span.row))?;
            if let Some(end) = span.end {
                room.push(&mut events, (end, false, span.row))?;
            }
        }
        events.sort_unstable();
        self.rows.clear();
        self.values.iter_mut().for_each(HashMap::clear);
        for (at, same) in events.chunk_by(|a, b| a.0 == b.0).enumerate() {
            if at % 1024 == 0 {
                room.check()?;
            }
            for &(_, starts, row) in same {
                if starts { self.add(row, room)? } else { self.remove(row) }
            }
            visit(self, same[0].0, room)?;
        }
        room.free(events);
        Ok(())
    }

    fn add(&mut self, row: u32, room: &mut Room) -> Result<(), Diagnostic> {
        self.rows.insert(row);
        for (values, column) in self.values.iter_mut().zip(self.columns) {
            if let Some(column) = column {
                room.entry(values)?;
                *values.entry(column.get(row as usize)).or_default() += 1;
            }
        }
        Ok(())
    }

    fn remove(&mut self, row: u32) {
        self.rows.remove(&row);
        for (values, column) in self.values.iter_mut().zip(self.columns) {
            let Some(cell) = column.map(|column| column.get(row as usize)) else { continue };
            match values.get_mut(&cell) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(values.remove(&cell)),
            }
        }
    }

    /// The last of the rows, if there is one.
    pub(super) fn last(&self) -> Option<u32> {
        self.rows.last().copied()
    }

    /// The columns in which the rows differ, each with two rows that do.
    pub(super) fn ties(&self) -> impl Iterator<Item = (u32, [u32; 2])> {
        (0..).zip(self.columns.iter().zip(&self.values)).filter_map(|(at, (column, values))| {
            let (column, first) = ((*column)?, *self.rows.first().filter(|_| values.len() > 1)?);
            let differs = |row: &&u32| column.get(**row as usize) != column.get(first as usize);
            Some((at, [first, *self.rows.iter().find(differs)?]))
        })
    }
}
