//! The parts of a pass for rows that the dataset has aggregated itself. Each of them stands for several rows, so states are
//! filled from counts, sums and extremes. Everything after that is the same as if the rows had been read.

use std::borrow::Cow;

use super::super::accumulate::{NOWHERE, Rows};
use super::super::row_grain::RowGrain;
use super::super::selection::{Selection, verdict};
use super::super::sought;
use super::super::worker::{Undecided, Worker};
use super::{Columns, Pass};
use crate::data::{Batch, ColumnId, Partial, PartialMeasure, Role};
use crate::diagnostic::Diagnostic;
use crate::value::{Cause, Vector};

/// What has been collected: each selection and each state is collected from one measure of one part.
struct Collected {
    selections: Vec<bool>,
    states: Vec<bool>,
}

/// What a part collects.
struct Claims {
    /// The selections.
    selections: Vec<bool>,
    /// For each measure of the part, whether its selection and its state are collected.
    measures: Vec<[bool; 2]>,
}

/// The rows of a part that count.
struct KeptRows {
    /// Their positions.
    positions: Vec<u32>,
    /// The number of rows that each stands for.
    rows: Vec<u64>,
}

impl Pass<'_> {
    /// Collects the parts of an aggregated dataset, each on a worker of its own. None if the rows must be read: a condition
    /// fails in some of them, and which ones is not known.
    pub(super) fn gather_aggregated(&self, parts: &[Partial]) -> Result<Option<Vec<Worker>>, Diagnostic> {
        let mut collected =
            Collected { selections: vec![false; self.selections.len()], states: vec![false; self.states.len()] };
        let mut workers = vec![];
        for part in parts {
            let mut worker = self.worker()?;
            let claims = self.claim(part, &mut collected, &mut worker);
            if !self.gather_part(&mut worker, part, &claims)? {
                return Ok(None);
            }
            forget(&mut worker, part.role, &claims.selections);
            workers.push(worker);
        }
        Ok(Some(workers))
    }

    /// Chooses the selections and the states that a part collects.
    fn claim(&self, part: &Partial, collected: &mut Collected, worker: &mut Worker) -> Claims {
        let mut selections = vec![false; self.selections.len()];
        let mut states = vec![false; self.states.len()];
        selections[0] = matches!(part.role, Role::Cells | Role::CellsAndDays);
        let claim = |PartialMeasure { measure, .. }: &PartialMeasure| {
            let measure = &self.request.measures[measure.0 as usize];
            let (selection, state) = (self.selection_of(measure), self.state_of(measure));
            let claims = [
                selection > 0 && !std::mem::replace(&mut collected.selections[selection], true),
                !std::mem::replace(&mut collected.states[state], true),
            ];
            selections[selection] |= claims[0];
            states[state] |= claims[1];
            claims
        };
        let measures = part.measures.iter().map(claim).collect();
        worker.collects = Some(states);
        Claims { selections, measures }
    }

    /// Collects a part. Returns false if that is not possible.
    fn gather_part(&self, worker: &mut Worker, part: &Partial, claims: &Claims) -> Result<bool, Diagnostic> {
        let unknown = Vector::undefined(part.rows.len(), Cause::Blank);
        let column = |id: &ColumnId| Cow::Borrowed(known(part, *id).unwrap_or(&unknown));
        let batch = Batch { columns: self.sources.read.iter().map(column).collect(), rows: part.rows.len() };
        let place = |slot| self.sources.column_of(slot).filter(|&at| known(part, self.sources.read[at]).is_some());
        sought::seek(&self.sought, &mut worker.searches, &batch, place, &self.request.budget)?;
        let Some(kept) = self.kept_of(worker, part, &batch)? else { return Ok(false) };
        let columns = batch.columns.iter().map(|column| Cow::Owned(column.take(&kept.positions))).collect();
        let batch = Batch { columns, rows: kept.positions.len() };
        if part.role == Role::Days {
            if let Some(times) = self.time_source(worker, &batch)? {
                worker.buckets_of(&times)?;
            }
            return Ok(true);
        }
        match part.measures.iter().any(|measure| measure.aggregates.is_none()) {
            true => self.gather_repeated(worker, &batch, &kept.rows).map(|()| true),
            false => self.gather_states(worker, part, &batch, &kept, claims),
        }
    }

    /// The rows that the filters keep and that have a time. None if a filter fails.
    fn kept_of(&self, worker: &mut Worker, part: &Partial, batch: &Batch) -> Result<Option<KeptRows>, Diagnostic> {
        let columns = self.columns(worker, batch, &self.filters)?;
        let filters: Vec<&Vector> =
            part.kept.iter().chain(part.filters.iter().map(|&filter| columns.node(filter))).collect();
        let times = self.requested.time.as_ref().map(|_| &columns.sources[self.requested.rows.slots.len()]);
        // A part that is not grouped by time has no times at all.
        let times = times.filter(|_| self.has_time(part));
        let mut kept = KeptRows { positions: vec![], rows: vec![] };
        let mut undecided = Undecided::default();
        for (row, &count) in part.rows.iter().enumerate() {
            match verdict(filters.iter().copied(), row) {
                Ok(false) => continue,
                Ok(true) => {}
                Err(cause) if cause.is_failure() => return Ok(None),
                Err(_) => {
                    undecided.rows += count;
                    let blank = self.filter_slots.iter().filter(|&&slot| self.is_blank(part, &columns, slot, row));
                    undecided.blank_slots.extend(blank);
                    continue;
                }
            }
            let is_timeless = times.is_some_and(|times| times.cause(row).is_some());
            worker.timeless += if is_timeless { count } else { 0 };
            if !(self.timed && is_timeless) {
                kept.positions.push(row as u32);
                kept.rows.push(count);
            }
        }
        worker.undecided.merge(&undecided);
        Ok(Some(kept))
    }

    /// Returns true if a part has the time column.
    fn has_time(&self, part: &Partial) -> bool {
        let slot = self.requested.rows.slots.len() as u32;
        self.sources.column_of(slot).is_some_and(|at| known(part, self.sources.read[at]).is_some())
    }

    /// Returns true if a column that filters read is blank in any of the rows that a row stands for.
    fn is_blank(&self, part: &Partial, columns: &Columns, slot: u32, row: usize) -> bool {
        let column = self.sources.column_of(slot).map(|at| self.sources.read[at]);
        match column.and_then(|column| part.present.iter().find(|(id, _)| *id == column)) {
            Some((_, present)) => present[row] < part.rows[row],
            None => columns.sources[slot as usize].cause(row).is_some_and(|cause| !cause.is_failure()),
        }
    }

    /// Collects each row as often as it occurs.
    fn gather_repeated(&self, worker: &mut Worker, batch: &Batch, rows: &[u64]) -> Result<(), Diagnostic> {
        let most = self.rows_at_once();
        let mut positions: Vec<u32> = Vec::with_capacity(most);
        let mut collect = |positions: &mut Vec<u32>| {
            worker.batch.set(positions.len() * self.row_bytes)?;
            self.spend(positions.len(), super::row_steps(self.requested))?;
            let columns = batch.columns.iter().map(|column| Cow::Owned(column.take(positions))).collect();
            self.gather_rows(worker, &Batch { columns, rows: positions.len() }, &[])?;
            positions.clear();
            self.check_limits(worker)
        };
        for (row, &count) in rows.iter().enumerate() {
            let mut left = usize::try_from(count).unwrap_or(usize::MAX);
            while left > 0 {
                let now = left.min(most - positions.len());
                positions.extend(std::iter::repeat_n(row as u32, now));
                left -= now;
                if positions.len() == most {
                    collect(&mut positions)?;
                }
            }
        }
        collect(&mut positions)
    }

    /// Fills the states of the measures. Returns false if a condition fails.
    fn gather_states(
        &self,
        worker: &mut Worker,
        part: &Partial,
        batch: &Batch,
        kept: &KeptRows,
        claims: &Claims,
    ) -> Result<bool, Diagnostic> {
        let columns = self.columns(worker, batch, &self.computed)?;
        self.check_keys(&columns, &[])?;
        let tuples = self.tuples(worker, &columns, batch.rows)?;
        let cells = self.cells(worker, &columns, tuples)?;
        let len = self.cell_count(worker) + 1;
        self.check_limits(worker)?;
        worker.selections[0].add(&cells, &kept.rows, len, &mut worker.room)?;
        for (measure, &claims) in part.measures.iter().zip(&claims.measures) {
            let conditions: Vec<&Vector> = measure.conditions.iter().map(|&node| columns.node(node)).collect();
            let verdicts: Vec<_> = (0..batch.rows).map(|row| verdict(conditions.iter().copied(), row)).collect();
            if verdicts.iter().any(|verdict| verdict.is_err_and(Cause::is_failure)) {
                return Ok(false);
            }
            self.spend(batch.rows, 1 + measure.conditions.len() as u64)?;
            self.add_measure_states(worker, measure, kept, &cells, &verdicts, claims, len)?;
        }
        Ok(true)
    }

    /// Fills the selection and the state of a measure.
    #[allow(clippy::too_many_arguments)]
    fn add_measure_states(
        &self,
        worker: &mut Worker,
        part: &PartialMeasure,
        kept: &KeptRows,
        cells: &[u32],
        verdicts: &[Result<bool, Cause>],
        [selects, collects]: [bool; 2],
        len: usize,
    ) -> Result<(), Diagnostic> {
        let Some(aggregates) = &part.aggregates else { return Ok(()) };
        let measure = &self.request.measures[part.measure.0 as usize];
        let (selection, state) = (self.selection_of(measure), self.state_of(measure));
        let at = |row: usize| kept.positions[row] as usize;
        let decided = |row: usize| match &aggregates.decided {
            Some([held, undecided]) => (held[at(row)], undecided[at(row)]),
            None => (kept.rows[row], 0),
        };
        // A false condition takes precedence over an undefined one.
        let count = |row: usize| match (verdicts[row], decided(row)) {
            (Ok(true), counts) => counts,
            (Ok(false), _) => (0, 0),
            (Err(_), (held, undecided)) => (0, held + undecided),
        };
        let counts: Vec<(u64, u64)> = (0..cells.len()).map(count).collect();
        if selects {
            let held: Vec<u64> = counts.iter().map(|counts| counts.0).collect();
            let selected = &mut worker.selections[selection];
            selected.add(cells, &held, len, &mut worker.room)?;
            for (&cell, &(_, undecided)) in cells.iter().zip(&counts) {
                selected.missing.add_blank(cell, undecided, len, &mut worker.room)?;
            }
        }
        let Some((present, values)) = aggregates.argument.as_ref().filter(|_| collects) else { return Ok(()) };
        let blank = counts.iter().enumerate().map(|(row, &(held, _))| held.saturating_sub(present[at(row)]));
        let blank: Vec<u64> = blank.collect();
        let cells: Vec<u32> =
            cells.iter().zip(&counts).map(|(&cell, &(held, _))| if held > 0 { cell } else { NOWHERE }).collect();
        let values = values.take(&kept.positions);
        let rows = Rows { cells: &cells, failed: &[], len, values: Some(&values), times: &[], by: vec![] };
        worker.states[state].add(&rows, &values, &blank)
    }
}

/// Removes what a part does not stand for.
fn forget(worker: &mut Worker, role: Role, selections: &[bool]) {
    for (selection, _) in worker.selections.iter_mut().zip(selections).filter(|(_, is_collected)| !**is_collected) {
        *selection = Selection::default();
    }
    if !matches!(role, Role::Days | Role::CellsAndDays) {
        worker.days = None;
        worker.buckets.row_grain = RowGrain::default();
        worker.timeless = 0;
    }
    if !matches!(role, Role::Cells | Role::CellsAndDays) {
        worker.undecided = Undecided::default();
    }
}

/// The values of a column in a part, if it has them.
fn known(part: &Partial, column: ColumnId) -> Option<&Vector> {
    part.columns.iter().find(|(id, _)| *id == column).map(|(_, values)| values)
}
