//! Computes every measure of every group from the cells of its dataset.

use std::ops::Range;

use hashbrown::HashMap;

use super::fold::Fold;
use super::gathered::{Gathered, Projection, kept_columns};
use super::groups::{Covered, Groups, Slot};
use super::pass::Pass;
use crate::data::measure::{Dropped, Measure, MeasureColumn, Request, TimeRange};
use crate::data::range::{BEGINNING, END};
use crate::value::{Cause, Cell, Vector};

/// All measures of a request, in its order.
pub(super) fn measures(
    request: &Request,
    passes: &[Pass],
    gathered: &[Gathered],
    groups: &Groups,
) -> Vec<MeasureColumn> {
    let mut projections: HashMap<(usize, Vec<usize>), Projection> = HashMap::new();
    for measure in &request.measures {
        for kept in [kept_columns(request.by.len(), &measure.dropped), vec![]] {
            let project = || gathered[measure.dataset].project(kept.clone());
            projections.entry((measure.dataset, kept.clone())).or_insert_with(project);
        }
    }
    let column = |measure: &Measure| {
        let kept = kept_columns(request.by.len(), &measure.dropped);
        let finish = Finish {
            request,
            measure,
            pass: &passes[measure.dataset],
            dataset: &gathered[measure.dataset],
            groups,
            by_keys: &projections[&(measure.dataset, kept)],
            total: &projections[&(measure.dataset, vec![])],
        };
        finish.column()
    };
    request.measures.iter().map(column).collect()
}

/// One measure over all groups.
struct Finish<'a> {
    request: &'a Request,
    measure: &'a Measure,
    pass: &'a Pass<'a>,
    dataset: &'a Gathered,
    groups: &'a Groups,
    by_keys: &'a Projection,
    total: &'a Projection,
}

/// A measure of one group.
struct Finished {
    cell: Cell,
    rows: u64,
    skipped: u64,
    range: Option<(i32, i32)>,
}

impl Finish<'_> {
    fn column(&self) -> MeasureColumn {
        let mut covered: HashMap<Option<i32>, Result<Covered, Cause>> = HashMap::new();
        let finished: Vec<Finished> = (self.groups.slots.iter())
            .map(|slot| {
                let covered = covered.entry(slot.period).or_insert_with(|| self.covered(slot));
                self.group(slot, covered)
            })
            .collect();
        MeasureColumn {
            values: finished.iter().map(|one| one.cell.clone()).collect::<Vector>(),
            rows: finished.iter().map(|one| one.rows).collect(),
            skipped: finished.iter().map(|one| one.skipped).collect(),
            ranges: finished.iter().map(|one| one.range).collect(),
            left_out: vec![vec![]; finished.len()],
        }
    }

    fn covered(&self, slot: &Slot) -> Result<Covered, Cause> {
        let Measure { dataset, range, .. } = *self.measure;
        self.groups.covered(self.request, dataset, self.dataset, range, slot.period)
    }

    fn group(&self, slot: &Slot, covered: &Result<Covered, Cause>) -> Finished {
        let covered = match covered {
            _ if !slot.total && self.lacks_column() => Err(Cause::NotSplit),
            Ok(covered) => Ok(covered),
            Err(cause) => Err(*cause),
        };
        match covered {
            Ok(covered) => self.value(slot, covered),
            Err(cause) => Finished { cell: Err(cause), rows: 0, skipped: 0, range: None },
        }
    }

    /// Whether the dataset lacks a column that applies.
    fn lacks_column(&self) -> bool {
        let columns = &self.request.datasets[self.measure.dataset].by;
        let applies = |column: &usize| match &self.measure.dropped {
            Dropped::All => false,
            Dropped::Columns(dropped) => !dropped.contains(column),
        };
        (0..columns.len()).filter(applies).any(|column| columns[column].is_none())
    }

    fn value(&self, slot: &Slot, covered: &Covered) -> Finished {
        let projection = if slot.total { self.total } else { self.by_keys };
        let state = self.pass.state_of(self.measure);
        let mut fold = Fold::new(self.dataset, self.pass.states[state].selection, state);
        if let Some(combination) = projection.find(&slot.ranks) {
            let cells = &projection.cells[combination as usize];
            let within = projection.within(combination, &covered.buckets);
            cells[within].iter().for_each(|&(_, cell)| fold.add(cell as usize));
        }
        let range = covered.days.clone().and_then(|days| self.within_data(days));
        let (cell, rows) = match fold.rows {
            0 => (Err(self.no_rows(covered)), 0),
            _ => fold.value(self.measure),
        };
        Finished { cell, rows, skipped: fold.skipped(), range }
    }

    /// Why there are no rows.
    fn no_rows(&self, covered: &Covered) -> Cause {
        let moved = self.measure.range != TimeRange::CURRENT;
        match (&covered.days, self.dataset.days) {
            (Some(days), Some((first, last))) if moved && (days.start > last || days.end <= first) => {
                Cause::OutsideData
            }
            _ => Cause::NoRows,
        }
    }

    /// The days, from the first and to the last one with a row where they have no limit of their own.
    fn within_data(&self, days: Range<i32>) -> Option<(i32, i32)> {
        let start = if days.start == BEGINNING { self.dataset.days?.0.min(days.end) } else { days.start };
        let end = if days.end == END { self.dataset.days?.1 + 1 } else { days.end };
        Some((start, end))
    }
}
