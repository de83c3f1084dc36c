//! Computes every measure of every group from the cells of its dataset.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::fold::Fold;
use super::gathered::{Gathered, Projection, kept_columns};
use super::groups::{Covered, Groups, Slot};
use super::pass::{Pass, check_deadline, parallel};
use super::ranks::{Ranks, Tuples};
use crate::data::measure::{Dropped, Measure, MeasureColumn, Request, TimeRange};
use crate::data::range::{BEGINNING, END};
use crate::diagnostic::Diagnostic;
use crate::value::{Cause, Cell, Vector};

/// At most so many segments that `first` or `last` left out are named.
pub const MAX_LEFT_OUT: usize = 100;

/// All that is known when measures are computed.
pub(super) struct Query<'a> {
    pub(super) request: &'a Request,
    pub(super) passes: &'a [Pass<'a>],
    pub(super) gathered: &'a [Gathered],
    pub(super) groups: &'a Groups,
    pub(super) ranks: &'a Ranks,
    pub(super) tuples: &'a Tuples,
}

/// All measures of a request, in its order.
///
/// # Errors
/// The time is over.
pub(super) fn measures(query: &Query) -> Result<Vec<MeasureColumn>, Diagnostic> {
    let splits = splits(query);
    let finishes = query.request.measures.iter().map(|measure| Finish::new(query, measure, &splits)).collect();
    let finish = |finish: Finish| check_deadline(query.request).map(|()| finish.column());
    parallel(query.request.threads, finishes, finish).into_iter().collect()
}

/// A dataset and the grouping columns that are left.
type SplitKey = (usize, Vec<usize>);

/// A dataset's cells by the grouping columns that are left.
struct Split {
    of_tuple: Vec<u32>,
    cells: Projection,
    /// The positions of all groups but the total, by combination and then by period.
    order: Vec<u32>,
}

fn splits(query: &Query) -> HashMap<SplitKey, Split> {
    let mut splits = HashMap::new();
    for measure in &query.request.measures {
        for kept in [kept_columns(query.request.by.len(), &measure.dropped), vec![]] {
            let dataset = &query.gathered[measure.dataset];
            splits.entry((measure.dataset, kept)).or_insert_with_key(|(_, kept)| Split::new(query, dataset, kept));
        }
    }
    splits
}

impl Split {
    fn new(query: &Query, dataset: &Gathered, kept: &[usize]) -> Self {
        let (of_tuple, combinations) = query.tuples.project(kept);
        let cells = dataset.project(&of_tuple, combinations);
        let slots = &query.groups.slots;
        let groups = slots.iter().zip(0..).filter(|(slot, _)| !slot.total);
        let mut order: Vec<(u32, Option<i32>, u32)> =
            groups.map(|(slot, at)| (of_tuple[slot.tuple as usize], slot.period, at)).collect();
        order.sort_unstable();
        Self { of_tuple, cells, order: order.into_iter().map(|(.., at)| at).collect() }
    }

    fn combination(&self, slot: &Slot) -> Option<u32> {
        self.of_tuple.get(slot.tuple as usize).copied()
    }
}

/// One measure over all groups.
struct Finish<'a> {
    query: &'a Query<'a>,
    measure: &'a Measure,
    dataset: &'a Gathered,
    selection: usize,
    state: usize,
    by_keys: &'a Split,
    total: &'a Split,
}

/// A measure of one group.
struct Finished {
    cell: Cell,
    rows: u64,
    skipped: u64,
    range: Option<(i32, i32)>,
    left_out: Vec<Arc<str>>,
}

/// The cells merged last: the next group of the same combination often needs only some more, or some less.
struct Merged<'a> {
    combination: u32,
    positions: Range<usize>,
    fold: Fold<'a>,
}

impl<'a> Finish<'a> {
    fn new(query: &'a Query<'a>, measure: &'a Measure, splits: &'a HashMap<SplitKey, Split>) -> Self {
        let kept = kept_columns(query.request.by.len(), &measure.dropped);
        let pass = &query.passes[measure.dataset];
        let state = pass.state_of(measure);
        Self {
            query,
            measure,
            dataset: &query.gathered[measure.dataset],
            selection: pass.states[state].selection,
            state,
            by_keys: &splits[&(measure.dataset, kept)],
            total: &splits[&(measure.dataset, vec![])],
        }
    }

    fn column(&self) -> MeasureColumn {
        let slots = &self.query.groups.slots;
        let mut column = Column::new(slots.len());
        let mut covered: HashMap<i32, Result<Covered, Cause>> = HashMap::new();
        let mut merged = None;
        for &at in &self.by_keys.order {
            let slot = &slots[at as usize];
            let covered = covered.entry(slot.period.unwrap_or(0)).or_insert_with(|| self.covered(slot));
            column.set(at as usize, self.group(self.by_keys, slot, covered, &mut merged));
        }
        if let Some(slot) = slots.last().filter(|slot| slot.total) {
            let covered = self.covered(slot);
            column.set(slots.len() - 1, self.group(self.total, slot, &covered, &mut None));
        }
        column.finish()
    }

    fn covered(&self, slot: &Slot) -> Result<Covered, Cause> {
        if !slot.total && self.lacks_column() {
            return Err(Cause::NotSplit);
        }
        let Measure { dataset, range, .. } = *self.measure;
        self.query.groups.covered(self.query.request, dataset, self.dataset, range, slot.period)
    }

    fn group(
        &self,
        split: &'a Split,
        slot: &Slot,
        covered: &Result<Covered, Cause>,
        merged: &mut Option<Merged<'a>>,
    ) -> Finished {
        match covered {
            Ok(covered) => self.value(split, slot, covered, merged),
            Err(cause) => Finished { cell: Err(*cause), rows: 0, skipped: 0, range: None, left_out: vec![] },
        }
    }

    /// Whether the dataset lacks a column that applies.
    fn lacks_column(&self) -> bool {
        let columns = &self.query.request.datasets[self.measure.dataset].by;
        let applies = |column: &usize| match &self.measure.dropped {
            Dropped::All => false,
            Dropped::Columns(dropped) => !dropped.contains(column),
        };
        (0..columns.len()).filter(applies).any(|column| columns[column].is_none())
    }

    fn value(&self, split: &'a Split, slot: &Slot, covered: &Covered, merged: &mut Option<Merged<'a>>) -> Finished {
        let combination = split.combination(slot);
        let positions = combination.map_or(0..0, |combination| split.cells.within(combination, &covered.buckets));
        let merged = self.merge(split, combination.unwrap_or(u32::MAX), positions.clone(), merged);
        let range = covered.days.clone().and_then(|days| self.within_data(days));
        let (cell, rows) = match merged.rows {
            0 => (Err(self.no_rows(covered)), 0),
            _ => merged.value(self.measure),
        };
        let skipped = merged.skipped();
        let left_out = merged.chosen_time().map_or(vec![], |time| self.left_out(split, positions, time));
        Finished { cell, rows, skipped, range, left_out }
    }

    /// The cells at some positions merged, from those merged last where that is less work.
    fn merge<'m>(
        &self,
        split: &Split,
        combination: u32,
        positions: Range<usize>,
        merged: &'m mut Option<Merged<'a>>,
    ) -> &'m mut Fold<'a> {
        let last = merged.take().filter(|last| last.combination == combination && last.leads_to(&positions));
        let mut last = last.unwrap_or_else(|| Merged {
            combination,
            positions: positions.start..positions.start,
            fold: Fold::new(self.dataset, self.selection, self.state),
        });
        (last.positions.start..positions.start).for_each(|at| last.fold.remove(split.cells.cell(at)));
        (last.positions.end..positions.end).for_each(|at| last.fold.add(split.cells.cell(at)));
        last.positions = positions;
        &mut merged.insert(last).fold
    }

    /// The segments that have values, but none at the chosen time: keys that the group brings together.
    fn left_out(&self, split: &Split, positions: Range<usize>, time: i64) -> Vec<Arc<str>> {
        if !self.measure.by.is_empty() || self.query.tuples.len() < 2 {
            return vec![];
        }
        let (mut present, mut met) = (BTreeSet::new(), BTreeSet::new());
        for cell in positions.map(|at| split.cells.cell(at)) {
            let tuple = self.dataset.cells[cell].0;
            for edge_time in self.dataset.states[self.state].edge_times(cell) {
                met.insert(tuple);
                if edge_time == time {
                    present.insert(tuple);
                }
            }
        }
        let mut names: Vec<Arc<str>> = met.difference(&present).map(|&tuple| self.name(tuple)).collect();
        names.sort_unstable();
        names.truncate(MAX_LEFT_OUT);
        names
    }

    fn name(&self, tuple: u32) -> Arc<str> {
        let key = |(column, &rank): (usize, &u32)| self.query.ranks.key(column, rank);
        let keys = self.query.tuples.get(tuple).iter().enumerate().map(key);
        keys.map(|key| key.unwrap_or_else(|| "(blank)".into()).to_string()).collect::<Vec<_>>().join(", ").into()
    }

    /// Why there are no rows.
    fn no_rows(&self, covered: &Covered) -> Cause {
        let moved = self.measure.range != TimeRange::CURRENT;
        match (&covered.days, self.dataset.stood_for) {
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

impl Merged<'_> {
    /// Whether adding cells at the end, and removing some at the start where that is possible, gives these positions.
    fn leads_to(&self, positions: &Range<usize>) -> bool {
        let ahead = positions.start >= self.positions.start && positions.end >= self.positions.end;
        let same_start = positions.start == self.positions.start;
        ahead && (same_start || (positions.start < self.positions.end && self.fold.can_remove()))
    }
}

/// A column of measures in the making; every group is set once.
struct Column {
    cells: Vec<Cell>,
    rest: MeasureColumn,
}

impl Column {
    fn new(groups: usize) -> Self {
        let rest = MeasureColumn {
            values: Vector::undefined(0, Cause::NoRows),
            rows: vec![0; groups],
            skipped: vec![0; groups],
            ranges: vec![None; groups],
            left_out: vec![vec![]; groups],
        };
        Self { cells: vec![Err(Cause::NoRows); groups], rest }
    }

    fn set(&mut self, at: usize, finished: Finished) {
        self.cells[at] = finished.cell;
        self.rest.rows[at] = finished.rows;
        self.rest.skipped[at] = finished.skipped;
        self.rest.ranges[at] = finished.range;
        self.rest.left_out[at] = finished.left_out;
    }

    fn finish(self) -> MeasureColumn {
        MeasureColumn { values: self.cells.into_iter().collect(), ..self.rest }
    }
}
