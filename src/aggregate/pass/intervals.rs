//! The parts of a pass for rows that hold over an interval.

use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;

use super::super::accumulate::NOWHERE;
use super::super::faults::Fault;
use super::super::interval::{Ending, Ends, date};
use super::super::worker::Worker;
use super::{Columns, Pass};
use crate::data::{Batch, ColumnId, GroupColumn, RowSource, Scan};
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::value::Date;

impl Pass<'_> {
    /// Removes the rows that end when they start.
    ///
    /// # Errors
    /// Any error if a row ends before it starts; [`Pass::reversed_row`] finds it.
    pub(super) fn keep_in_force(
        &self,
        worker: &mut Worker,
        batch: &Batch,
        keep: &mut [bool],
    ) -> Result<(), Diagnostic> {
        let Some(ends) = self.ends else { return Ok(()) };
        let time = self.requested.rows.slots.len();
        let starts = self.sources.value(time, &mut worker.finders, batch)?;
        let (Some(starts), Some(dates)) = (starts, self.sources.value(time + 1, &mut worker.finders, batch)?) else {
            return Ok(());
        };
        for (row, keep) in keep.iter_mut().enumerate() {
            let Some(start) = date(&starts, row) else { continue };
            match ends.ending(start, date(&dates, row)) {
                Ending::Empty => worker.never_in_force += u64::from(std::mem::replace(keep, false)),
                Ending::Reversed => {
                    self.reversed.store(true, Relaxed);
                    return Err(Diagnostic::error(Code::BadCell, "a row ends before it starts"));
                }
                Ending::Open | Ending::At(_) => {}
            }
        }
        Ok(())
    }

    /// The first row that ends before it starts, which makes the ends unusable.
    pub(super) fn reversed_row(&self) -> Fault {
        let start = match self.requested.time {
            Some(GroupColumn::Source(RowSource::Column(start))) => Some(start),
            _ => None,
        };
        let end = self.requested.end.as_ref().and_then(|end| match end.source {
            RowSource::Column(end) => Some(end),
            RowSource::Lookup { .. } => None,
        });
        let columns: Vec<ColumnId> = start.into_iter().chain(end).collect();
        let (&[start, end], Some(ends)) = (&columns[..], self.ends) else {
            return Fault::Whole(Diagnostic::error(Code::BadCell, "a row ends before it starts"));
        };
        let (rows, found) = (Mutex::new(0u64), Mutex::new(None));
        let visited = self.dataset.scan(&Scan::within(&[start, end], 1, &self.request.budget), &|_, batch| {
            self.request.check("reading rows")?;
            let (mut rows, mut found) = (rows.lock().expect("no visit panics"), found.lock().expect("no visit panics"));
            let [starts, dates] = [0, 1].map(|at| &*batch.columns[at]);
            let reversed = |row: usize| {
                let (start, end) = (date(starts, row)?, date(dates, row)?);
                (ends.ending(start, Some(end)) == Ending::Reversed).then_some((*rows + row as u64, start, end))
            };
            *found = found.or_else(|| (0..batch.rows).find_map(reversed));
            *rows += batch.rows as u64;
            Ok(())
        });
        match (visited, found.into_inner().expect("no visit panics")) {
            (_, Some((row, from, to))) => {
                Fault::Column(self.requested.dataset, end, self.reversed_at(row, end, (from, to)))
            }
            (Err(problem), _) => self.sources.fault(problem),
            (Ok(()), _) => Fault::Whole(Diagnostic::error(Code::BadCell, "a row ends before it starts")),
        }
    }

    /// The cell of the start of each row, and that of its end. Rows without an end are in no cell there.
    pub(super) fn cells_of_interval(
        &self,
        worker: &mut Worker,
        columns: &Columns,
        tuples: Vec<u32>,
        ends: Ends,
    ) -> Result<[Vec<u32>; 2], Diagnostic> {
        let rows = tuples.len();
        let at = self.requested.rows.slots.len();
        let (Some(starts), false) = (self.time(columns), self.sources.is_unread(at + 1)) else {
            return Ok([vec![NOWHERE; rows], vec![NOWHERE; rows]]);
        };
        let dates = &*columns.sources[at + 1];
        let started: Vec<u32> = worker.buckets_of(starts)?.into_iter().map(|code| 2 * code).collect();
        let ending = |row| match date(starts, row).map(|start| ends.ending(start, date(dates, row))) {
            Some(Ending::At(place)) => Some(place),
            _ => None,
        };
        let places: Vec<Option<i32>> = (0..rows).map(ending).collect();
        // A row without an end has the bucket of its start, so that no further cell arises.
        let mut ended = vec![];
        if let Some(buckets) = &mut worker.ends {
            let known: Vec<i32> = places.iter().flatten().copied().collect();
            let mut codes = Vec::with_capacity(known.len());
            buckets.encode(known.into_iter(), &mut codes)?;
            let mut codes = codes.into_iter();
            let code = |(place, &start): (&Option<i32>, &u32)| {
                place.and_then(|_| codes.next()).map_or(start, |code| 2 * code + 1)
            };
            ended = places.iter().zip(&started).map(code).collect();
        }
        let mut cells = [tuples.clone(), tuples];
        worker.cells.combine(&mut cells[0], &started)?;
        worker.cells.combine(&mut cells[1], &ended)?;
        cells.iter_mut().flatten().for_each(|cell| *cell += 1);
        cells[1].iter_mut().zip(&places).filter(|(_, place)| place.is_none()).for_each(|(cell, _)| *cell = NOWHERE);
        Ok(cells)
    }

    fn reversed_at(&self, row: u64, end: ColumnId, (from, to): (Date, Date)) -> Diagnostic {
        let (name, column) = (self.name(), self.dataset.schema().name(end));
        let place =
            CellPlace { column: Some(column.to_string()), cell: Some(to.to_string()), ..self.dataset.place(row) };
        Diagnostic::error(Code::BadCell, format!("a row of `{name}` ends before its start, `{from}`"))
            .in_data(place)
            .hint("correct the dates of the row; a row without an end has a blank cell")
    }
}
