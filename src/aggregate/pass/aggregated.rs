//! The parts of a pass for rows that the dataset has aggregated itself. Each of them stands for several rows, so states are
//! filled from counts, sums and extremes. Everything after that is the same as if the rows had been read.

use std::borrow::Cow;

use super::super::accumulate::{NOWHERE, Rows};
use super::super::finished::FinishedGroups;
use super::super::row_grain::RowGrain;
use super::super::selection::{Selection, verdict};
use super::super::sought;
use super::super::worker::{Undecided, Worker};
use super::{Columns, Pass, row_steps};
use crate::data::{Aggregates, Batch, ColumnId, Known, MeasureId, Partial, PartialMeasure, Role};
use crate::diagnostic::Diagnostic;
use crate::value::{Cause, Vector};

/// What has been collected: each of them is collected from one measure of one part.
struct Collected {
    selections: Vec<bool>,
    /// The rows without a value, by state.
    blanks: Vec<bool>,
    /// The values, by state.
    values: Vec<bool>,
}

/// What a part collects.
struct Claims {
    /// The selections.
    selections: Vec<bool>,
    /// What is collected from each measure of the part.
    measures: Vec<Claim>,
}

/// What is collected from a measure.
#[derive(Debug, Clone, Copy)]
struct Claim {
    selection: bool,
    blanks: bool,
    values: bool,
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
    pub(super) fn gather_aggregated(&self, parts: Vec<Partial>) -> Result<Option<Vec<Worker>>, Diagnostic> {
        let states = || vec![false; self.states.len()];
        let mut collected =
            Collected { selections: vec![false; self.selections.len()], blanks: states(), values: states() };
        let mut workers = vec![];
        for part in parts {
            let mut worker = self.worker()?;
            let claims = self.claim(&part, &mut collected, &mut worker);
            let role = part.role;
            if !self.gather_part(&mut worker, part, &claims)? {
                return Ok(None);
            }
            forget(&mut worker, role, &claims.selections);
            workers.push(worker);
        }
        Ok(Some(workers))
    }

    /// Chooses the selections and the states that a part collects.
    fn claim(&self, part: &Partial, collected: &mut Collected, worker: &mut Worker) -> Claims {
        let mut selections = vec![false; self.selections.len()];
        let mut states = vec![false; self.states.len()];
        selections[0] = matches!(part.role, Role::Cells | Role::CellsAndDays);
        let claim = |PartialMeasure { measure, known, .. }: &PartialMeasure| {
            let measure = &self.request.measures[measure.0 as usize];
            let (selection, state) = (self.selection_of(measure), self.state_of(measure));
            let (counts, has_blanks, has_values) = match known {
                Known::Columns => (true, true, true),
                Known::Aggregates(it) => (true, it.present.is_some(), it.values.is_some()),
                Known::Chosen => (false, false, true),
                Known::Finished(_) => (false, false, false),
            };
            let claim = Claim {
                selection: counts && selection > 0 && !std::mem::replace(&mut collected.selections[selection], true),
                blanks: has_blanks && !std::mem::replace(&mut collected.blanks[state], true),
                values: has_values && !std::mem::replace(&mut collected.values[state], true),
            };
            selections[selection] |= claim.selection;
            states[state] |= claim.values;
            claim
        };
        let measures = part.measures.iter().map(claim).collect();
        worker.collects = Some(states);
        Claims { selections, measures }
    }

    /// Collects a part. Returns false if that is not possible.
    fn gather_part(&self, worker: &mut Worker, part: Partial, claims: &Claims) -> Result<bool, Diagnostic> {
        let unknown = Vector::undefined(part.rows.len(), Cause::Blank);
        let column = |id: &ColumnId| Cow::Owned(known(&part, *id).unwrap_or(&unknown).clone());
        let batch = Batch { columns: self.sources.read.iter().map(column).collect(), rows: part.rows.len() };
        let place = |slot| self.sources.column_of(slot).filter(|&at| known(&part, self.sources.read[at]).is_some());
        sought::seek(&self.sought, &mut worker.searches, &batch, place, &self.request.budget)?;
        if part.role == Role::Texts {
            return Ok(true);
        }
        if part.measures.iter().any(|measure| matches!(measure.known, Known::Finished(_))) {
            return self.gather_finished(worker, part, &batch).map(|()| true);
        }
        let Some(kept) = self.kept_of(worker, &part, &batch)? else { return Ok(false) };
        let columns = batch.columns.iter().map(|column| Cow::Owned(column.take(&kept.positions))).collect();
        let batch = Batch { columns, rows: kept.positions.len() };
        if part.role == Role::Days {
            if let Some(times) = self.time_source(worker, &batch)? {
                worker.buckets_of(&times)?;
            }
            return Ok(true);
        }
        match part.measures.iter().any(|measure| matches!(measure.known, Known::Columns)) {
            true => self.gather_weighted(worker, &batch, &kept.rows).map(|()| true),
            false => self.gather_states(worker, &part, &batch, &kept, claims),
        }
    }

    /// Keeps measures that are finished by group.
    fn gather_finished(&self, worker: &mut Worker, part: Partial, batch: &Batch) -> Result<(), Diagnostic> {
        let columns = self.columns(worker, batch, &self.computed)?;
        let tuples = self.tuples(worker, &columns, batch.rows)?;
        self.check_limits(worker)?;
        self.spend(batch.rows, 1)?;
        for PartialMeasure { measure, known, .. } in part.measures {
            if let Known::Finished(found) = known {
                worker.finished.push(FinishedGroups::new(measure, found, tuples.clone()));
            }
        }
        Ok(())
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

    /// Collects rows that each stand for several, in steps.
    fn gather_weighted(&self, worker: &mut Worker, batch: &Batch, weights: &[u64]) -> Result<(), Diagnostic> {
        let most = self.rows_at_once();
        (0..batch.rows).step_by(most).try_for_each(|start| {
            self.check()?;
            let rows = start..batch.rows.min(start + most);
            worker.batch.set(rows.len() * self.row_bytes)?;
            self.spend(rows.len(), row_steps(self.requested))?;
            let columns = batch.columns.iter().map(|column| Cow::Owned(column.slice(rows.clone()))).collect();
            let step = Batch { columns, rows: rows.len() };
            self.gather_rows(worker, &step, Some(&weights[rows]), &[])?;
            self.check_limits(worker)
        })
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
            let rows = StateRows { kept, cells: &cells, verdicts: &verdicts, columns: &columns, len };
            match &measure.known {
                Known::Aggregates(aggregates) => {
                    self.add_aggregates(worker, measure.measure, aggregates, &rows, claims)?
                }
                Known::Chosen if claims.values => self.add_chosen(worker, measure.measure, &rows)?,
                Known::Chosen | Known::Columns | Known::Finished(_) => {}
            }
        }
        Ok(true)
    }

    /// Fills the selection and the state of a measure from aggregates.
    fn add_aggregates(
        &self,
        worker: &mut Worker,
        measure: MeasureId,
        aggregates: &Aggregates,
        rows: &StateRows,
        claim: Claim,
    ) -> Result<(), Diagnostic> {
        let measure = &self.request.measures[measure.0 as usize];
        let (selection, state) = (self.selection_of(measure), self.state_of(measure));
        let (counts, len) = (rows.counts(aggregates), rows.len);
        if claim.selection {
            let held: Vec<u64> = counts.iter().map(|counts| counts.0).collect();
            let selected = &mut worker.selections[selection];
            selected.add(rows.cells, &held, len, &mut worker.room)?;
            for (&cell, &(_, undecided)) in rows.cells.iter().zip(&counts) {
                selected.missing.add_blank(cell, undecided, len, &mut worker.room)?;
            }
        }
        let cells: Vec<u32> =
            rows.cells.iter().zip(&counts).map(|(&cell, &(held, _))| if held > 0 { cell } else { NOWHERE }).collect();
        if let Some(present) = aggregates.present.as_ref().filter(|_| claim.blanks) {
            let blank = |(row, &(held, _)): (usize, &(u64, u64))| held.saturating_sub(present[rows.at(row)]);
            let blank: Vec<u64> = counts.iter().enumerate().map(blank).collect();
            worker.states[state].add_blank(&cells, &blank, len)?;
        }
        if let Some(values) = aggregates.values.as_ref().filter(|_| claim.values) {
            let values = values.take(&rows.kept.positions);
            let rows =
                Rows { cells: &cells, failed: &[], weights: None, len, values: Some(&values), times: &[], by: vec![] };
            worker.states[state].add_values(&rows, &values)?;
        }
        Ok(())
    }

    /// Fills the state of a measure from the rows that determine its values.
    fn add_chosen(&self, worker: &mut Worker, measure: MeasureId, rows: &StateRows) -> Result<(), Diagnostic> {
        let state = self.state_of(&self.request.measures[measure.0 as usize]);
        let key = &self.states[state];
        let cells: Vec<u32> = (rows.cells.iter().zip(rows.verdicts))
            .map(|(&cell, verdict)| if *verdict == Ok(true) { cell } else { NOWHERE })
            .collect();
        worker.states[state].update(&Rows {
            cells: &cells,
            failed: &[],
            weights: Some(&rows.kept.rows),
            len: rows.len,
            values: key.argument.map(|node| rows.columns.node(node)),
            times: &self.edge_times(rows.columns, cells.len()),
            by: key.by.iter().map(|&node| rows.columns.node(node)).collect(),
        })
    }
}

/// The kept rows of a part, from which states are filled.
struct StateRows<'a> {
    kept: &'a KeptRows,
    /// The cell of each row.
    cells: &'a [u32],
    /// Whether the conditions that are decided here hold in each row.
    verdicts: &'a [Result<bool, Cause>],
    columns: &'a Columns<'a>,
    /// The number of cells.
    len: usize,
}

impl StateRows<'_> {
    /// The position of a row in its part.
    fn at(&self, row: usize) -> usize {
        self.kept.positions[row] as usize
    }

    /// The number of rows that the conditions of a measure keep, and of those that they do not decide.
    fn counts(&self, aggregates: &Aggregates) -> Vec<(u64, u64)> {
        let decided = |row: usize| match &aggregates.decided {
            Some([held, undecided]) => (held[self.at(row)], undecided[self.at(row)]),
            None => (self.kept.rows[row], 0),
        };
        // A false condition takes precedence over an undefined one.
        let count = |row: usize| match (self.verdicts[row], decided(row)) {
            (Ok(true), counts) => counts,
            (Ok(false), _) => (0, 0),
            (Err(_), (held, undecided)) => (0, held + undecided),
        };
        (0..self.cells.len()).map(count).collect()
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
        worker.undecided = Undecided::default();
    }
}

/// The values of a column in a part, if it has them.
fn known(part: &Partial, column: ColumnId) -> Option<&Vector> {
    part.columns.iter().find(|(id, _)| *id == column).map(|(_, values)| values)
}
