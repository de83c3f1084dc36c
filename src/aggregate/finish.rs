//! Computes every measure of every group from the cells of its dataset.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::accumulate::Time;
use super::finished::FinishedLookup;
use super::fold::GroupFold;
use super::gathered::{Gathered, Projection};
use super::groups::{Covered, Groups, Slot};
use super::lists::by_number;
use super::parallel::parallel;
use super::pass::Pass;
use super::ranks::Tuples;
use super::room::Room;
use super::steps::STEPS_PER_GROUP;
use crate::budget::Ticker;
use crate::data::{
    BEGINNING, END, FailedRows, InForce, Measure, MeasureColumn, MeasureId, PerGroup, Request, TimeRange, changing,
};
use crate::diagnostic::Diagnostic;
use crate::value::{Cause, Cell, Decimal, Vector};

/// The maximum number of segments to name that `first` or `last` ignored.
pub const MAX_LEFT_OUT: usize = 100;

/// The data from which measures are computed.
pub(super) struct Query<'a> {
    pub(super) request: &'a Request,
    pub(super) passes: &'a [Pass<'a>],
    pub(super) gathered: &'a [Gathered],
    pub(super) groups: &'a Groups,
    pub(super) tuples: &'a Tuples,
}

/// What is done, for errors.
const AGGREGATING: &str = "aggregating";

/// The bytes of a measure in a group: the value, the number of rows and the range of time.
const BYTES_PER_GROUP: usize = size_of::<Decimal>() + 2 + size_of::<u64>() + size_of::<Option<(i32, i32)>>();

/// The number of groups to compute at a time.
const GROUPS_PER_PART: usize = 1 << 12;

/// Computes all measures of a request, in its order.
///
/// # Errors
/// A limit of time or memory.
pub(super) fn measures(query: &Query) -> Result<Vec<MeasureColumn>, Diagnostic> {
    let splits = splits(query)?;
    let mut room = Room::new(&query.request.budget, "the measures of all groups");
    // A column exists twice more while its parts are put together.
    room.grow((query.request.measures.len() + 2) * query.groups.slots.len() * BYTES_PER_GROUP)?;
    let measures = (0..query.request.measures.len() as u32).map(MeasureId);
    let finishes: Vec<Option<Finish>> = measures.map(|measure| Finish::new(query, measure, &splits)).collect();
    let computed = || finishes.iter().flatten();
    let tasks = computed().flat_map(|finish| finish.parts().map(move |part| (finish, part))).collect();
    let part = |(finish, part): (&Finish, Range<usize>)| finish.part(part);
    let mut parts = parallel(query.request.threads, tasks, part).into_iter();
    let column = |finish: &Option<Finish>| match finish {
        Some(finish) => finish.column(parts.by_ref().take(finish.parts().count())),
        None => Ok(query.groups.slots.iter().map(|_| Finished::nothing(Cause::NoRows)).collect()),
    };
    finishes.iter().map(column).collect()
}

/// A dataset and the grouping columns that a measure keeps.
type SplitKey = (usize, Vec<usize>);

/// The cells of a dataset by the grouping columns that a measure keeps.
struct Split {
    /// The columns.
    kept: Vec<usize>,
    of_tuple: Vec<u32>,
    combinations: usize,
    cells: Projection,
    /// The positions of all groups except the total, by combination and then by period; found when they are needed.
    order: OnceLock<Vec<u32>>,
    #[allow(dead_code, reason = "it returns the memory when it is dropped")]
    room: Room,
}

fn splits(query: &Query) -> Result<HashMap<SplitKey, Split>, Diagnostic> {
    let mut splits = HashMap::new();
    for measure in &query.request.measures {
        let total = query.request.totals.then(Vec::new);
        for kept in total.into_iter().chain([measure.dropped.kept(query.request.by.len())]) {
            if let Entry::Vacant(new) = splits.entry((measure.dataset, kept)) {
                let (at, kept) = new.key();
                let split = Split::new(query, *at, kept)?;
                new.insert(split);
            }
        }
    }
    Ok(splits)
}

impl Split {
    fn new(query: &Query, dataset: usize, kept: &[usize]) -> Result<Self, Diagnostic> {
        let mut room = query.tuples.room();
        room.check()?;
        let (of_tuple, combinations) = query.tuples.project(query.request.threads, kept, &mut room)?;
        let cells = query.gathered[dataset].project(&of_tuple, combinations, &mut room)?;
        room.grow((2 * combinations + query.groups.slots.len()) * size_of::<u32>())?;
        Ok(Self { kept: kept.to_vec(), of_tuple, combinations, cells, order: OnceLock::new(), room })
    }

    fn order(&self, slots: &[Slot]) -> &[u32] {
        self.order.get_or_init(|| {
            // Groups are sorted by period, and remain so within a combination.
            let combination_of = |slot: &Slot| self.of_tuple[slot.tuple as usize];
            by_number(slots.iter().map(combination_of), self.combinations).1
        })
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
    total: Option<&'a Split>,
    /// True if its dataset has finished it.
    is_finished: bool,
    /// Its finished values by keys and for the total.
    finished: [Option<FinishedLookup<'a>>; 2],
    /// The order in which the groups are computed. None if it is that of the result, because they have no cell in
    /// common.
    order: Option<&'a [u32]>,
}

/// The rows that a measure covers in each period.
type CoveredByPeriod = HashMap<Option<i32>, Result<Covered, Cause>, FixedState>;

/// The days of each group.
type Ranges = PerGroup<Option<(i32, i32)>>;

/// A measure of one group.
struct Finished {
    cell: Cell,
    rows: u64,
    skipped: u64,
    failed: FailedRows,
    range: Option<(i32, i32)>,
    left_out: Vec<Arc<str>>,
}

impl Finished {
    fn nothing(cause: Cause) -> Self {
        let failed = FailedRows::default();
        Self { cell: Err(cause), rows: 0, skipped: 0, failed, range: None, left_out: vec![] }
    }
}

/// The cells merged last. The next group of the same combination often differs by only a few cells.
struct Merged<'a> {
    combination: Option<u32>,
    positions: Range<usize>,
    /// The cells of ends that were removed.
    ended: Range<usize>,
    fold: GroupFold<'a>,
    ticker: Ticker<'a>,
}

impl<'a> Finish<'a> {
    /// Prepares a measure. Returns None if it needs data that cannot be read.
    fn new(query: &'a Query<'a>, id: MeasureId, splits: &'a HashMap<SplitKey, Split>) -> Option<Self> {
        let measure = &query.request.measures[id.0 as usize];
        let kept = measure.dropped.kept(query.request.by.len());
        let pass = &query.passes[measure.dataset];
        if pass.fault_of(measure).is_some() {
            return None;
        }
        let state = pass.state_of(measure);
        let keeps_all = kept.len() == query.request.by.len();
        let mut finish = Self {
            query,
            measure,
            dataset: &query.gathered[measure.dataset],
            selection: pass.states[state].selection,
            state,
            by_keys: &splits[&(measure.dataset, kept)],
            total: splits.get(&(measure.dataset, vec![])),
            is_finished: query.gathered[measure.dataset].finished.iter().any(|groups| groups.measure == id),
            finished: [None, None],
            order: None,
        };
        finish.finished = [Some(finish.by_keys), finish.total].map(|split| finish.lookup(id, split?));
        if !(keeps_all && finish.has_a_bucket_per_period()) {
            finish.order = Some(finish.by_keys.order(query.groups.by_keys()));
        }
        Some(finish)
    }

    /// Returns true if no period has rows of several time buckets.
    fn has_a_bucket_per_period(&self) -> bool {
        let periods = self.query.groups.by_keys().chunk_by(|a, b| a.period == b.period);
        let mut covered = periods.filter_map(|same| self.covered(&same[0]).ok());
        covered.all(|covered| covered.buckets.len() <= 1 && covered.ended.is_empty())
    }

    fn covered(&self, slot: &Slot) -> Result<Covered, Cause> {
        let lacking = self.query.request.datasets[self.measure.dataset].lacking(&self.measure.dropped);
        if !slot.total && lacking.is_some() {
            return Err(Cause::NotSplit);
        }
        self.query.groups.covered(self.query.request, self.measure, self.dataset, slot)
    }

    /// The parts that are computed separately, as ranges of the groups in the order in which they are computed.
    fn parts(&self) -> impl Iterator<Item = Range<usize>> {
        let len = self.query.groups.by_keys().len();
        (0..len).step_by(GROUPS_PER_PART).map(move |start| start..len.min(start + GROUPS_PER_PART))
    }

    fn part(&self, part: Range<usize>) -> Result<MeasureColumn, Diagnostic> {
        self.query.request.check(AGGREGATING)?;
        let slots = self.query.groups.by_keys();
        let Some(order) = self.order else {
            let slots = &slots[part];
            return self.of_single_cells(slots)?.map_or_else(|| self.folded(slots.iter()), Ok);
        };
        self.folded(order[part].iter().map(|&at| &slots[at as usize]))
    }

    /// The measure of groups with a single cell each, if the lists of the cells hold it.
    fn of_single_cells(&self, slots: &[Slot]) -> Result<Option<MeasureColumn>, Diagnostic> {
        let (all, selection) = (&self.dataset.selections[0], &self.dataset.selections[self.selection]);
        let state = &self.dataset.states[self.state];
        if [&all.missing, &selection.missing, &state.missing].iter().any(|missing| !missing.is_empty()) {
            return Ok(None);
        }
        let Some((cells, ranges)) = self.single_cells(slots) else { return Ok(None) };
        let rows: Vec<u64> = cells.iter().map(|&cell| selection.kept[cell as usize]).collect();
        let Some(values) = state.values.of_cells(&cells, &rows, self.measure.aggregate) else { return Ok(None) };
        self.query.request.budget.spend(cells.len() * (1 + STEPS_PER_GROUP as usize), AGGREGATING)?;
        Ok(Some(MeasureColumn {
            values: Vector::defined(values),
            skipped: PerGroup::repeated(0, rows.len()),
            failed: PerGroup::repeated(FailedRows::default(), rows.len()),
            ranges,
            left_out: PerGroup::repeated(vec![], rows.len()),
            rows,
        }))
    }

    /// The cell and the days of each of some groups. None if a group does not have exactly one cell.
    fn single_cells(&self, slots: &[Slot]) -> Option<(Vec<u32>, Ranges)> {
        let (mut cells, mut ranges) = (Vec::with_capacity(slots.len()), Ranges::default());
        for same in slots.chunk_by(|a, b| a.period == b.period) {
            let covered = self.covered(&same[0]).ok()?;
            for slot in same {
                let positions = self.by_keys.cells.within(self.by_keys.combination(slot)?, &covered.buckets);
                cells.push((positions.len() == 1).then(|| self.by_keys.cells.cell(positions.start) as u32)?);
            }
            ranges.push_run(covered.days.and_then(|days| self.within_data(days)), same.len());
        }
        let all = &self.dataset.selections[0].kept;
        cells.iter().all(|&cell| all[cell as usize] > 0).then_some((cells, ranges))
    }

    /// The measure of any groups, one after the other.
    fn folded<'s>(&self, slots: impl Iterator<Item = &'s Slot>) -> Result<MeasureColumn, Diagnostic> {
        let mut merged = self.nothing_merged();
        let mut covered = CoveredByPeriod::default();
        let finished = slots.map(|slot| {
            let covered = covered.entry(slot.period).or_insert_with(|| self.covered(slot));
            self.group(self.by_keys, slot, covered, &mut merged)
        });
        finished.collect()
    }

    /// Arranges the parts in the order of the groups, followed by the total.
    fn column(
        &self,
        parts: impl Iterator<Item = Result<MeasureColumn, Diagnostic>>,
    ) -> Result<MeasureColumn, Diagnostic> {
        let mut parts = parts.collect::<Result<Vec<_>, _>>()?;
        if let Some(order) = self.order.filter(|order| !order.is_sorted()) {
            let mut places = vec![0; order.len()];
            order.iter().zip(0..).for_each(|(&at, place)| places[at as usize] = place);
            parts = vec![joined(parts).take(&places)];
        }
        parts.extend(self.total()?);
        Ok(joined(parts))
    }

    fn total(&self) -> Result<Option<MeasureColumn>, Diagnostic> {
        let slot = self.query.groups.slots.last().filter(|slot| slot.total);
        let Some((slot, split)) = slot.zip(self.total) else { return Ok(None) };
        let finished = self.group(split, slot, &self.covered(slot), &mut self.nothing_merged())?;
        Ok(Some(std::iter::once(finished).collect()))
    }

    fn nothing_merged(&self) -> Merged<'a> {
        let fold = GroupFold::new(self.dataset, self.selection, self.state, self.dataset.room());
        Merged { combination: None, positions: 0..0, ended: 0..0, fold, ticker: self.query.request.budget.ticker() }
    }

    fn group(
        &self,
        split: &'a Split,
        slot: &Slot,
        covered: &Result<Covered, Cause>,
        merged: &mut Merged<'a>,
    ) -> Result<Finished, Diagnostic> {
        merged.ticker.ticks(STEPS_PER_GROUP as usize, AGGREGATING)?;
        match covered {
            Ok(covered) => self.value(split, slot, covered, merged),
            Err(cause) => Ok(Finished::nothing(*cause)),
        }
    }

    fn value(
        &self,
        split: &'a Split,
        slot: &Slot,
        covered: &Covered,
        merged: &mut Merged<'a>,
    ) -> Result<Finished, Diagnostic> {
        let combination = split.combination(slot);
        let positions = combination.map_or(0..0, |combination| split.cells.within(combination, &covered.buckets));
        let ended = combination.filter(|_| !covered.ended.is_empty());
        let ended = ended.map_or(0..0, |combination| split.cells.within(combination, &covered.ended));
        merged.move_to(&split.cells, combination, positions.clone(), ended)?;
        if self.query.request.datasets[self.measure.dataset].end.is_some() {
            // Values are removed one by one, so that they are not merged anew for each period, but gone through.
            merged.ticker.ticks(merged.fold.value_steps(), AGGREGATING)?;
        }
        let fold = &mut merged.fold;
        let (skipped, failed) = (fold.skipped(), fold.failed());
        let (cell, rows) = match fold.rows + failed.rows {
            0 => (Err(self.no_rows(covered)), 0),
            _ => {
                let finished = self.finished(slot, combination, covered, fold.present())?;
                fold.value(self.measure, finished)
            }
        };
        let range = covered.days.clone().and_then(|days| self.within_data(days));
        let left_out = fold.chosen_time().map_or(vec![], |time| self.left_out(split, positions, time));
        Ok(Finished { cell, rows, skipped, failed, range, left_out })
    }

    /// Finds finished values by the combinations of a split.
    fn lookup(&self, id: MeasureId, split: &Split) -> Option<FinishedLookup<'a>> {
        let groups = self.dataset.finished.iter();
        let found = groups.filter(|groups| groups.measure == id && groups.found.by == split.kept);
        FinishedLookup::new(found, &split.of_tuple)
    }

    /// The finished value of a group in which `present` rows have a value. None if it is computed from cells.
    fn finished(
        &self,
        slot: &Slot,
        combination: Option<u32>,
        covered: &Covered,
        present: u64,
    ) -> Result<Option<Cell>, Diagnostic> {
        let Some(combination) = combination.filter(|_| self.is_finished && present > 0) else { return Ok(None) };
        let (lookup, days) = (&self.finished[usize::from(slot.total)], covered.days.as_ref());
        let value = lookup
            .as_ref()
            .and_then(|lookup| lookup.value(self.measure, combination, days, self.dataset.days, present));
        value.map(Some).ok_or_else(|| changing(self.query.passes[self.measure.dataset].name()))
    }

    /// The segments that have values, but not at the chosen time.
    fn left_out(&self, split: &Split, positions: Range<usize>, time: Time) -> Vec<Arc<str>> {
        if !self.measure.by.is_empty() || self.query.tuples.len() < 2 {
            return vec![];
        }
        let (mut present, mut segments) = (BTreeSet::new(), BTreeSet::new());
        for cell in positions.map(|at| split.cells.cell(at)) {
            let tuple = self.dataset.cells[cell].0;
            if let Some(chosen) = self.dataset.states[self.state].values.chosen_time(cell) {
                segments.insert(tuple);
                if chosen == time {
                    present.insert(tuple);
                }
            }
        }
        // The numbers of combinations are in the order of their keys.
        segments.difference(&present).take(MAX_LEFT_OUT).map(|&tuple| self.name(tuple)).collect()
    }

    fn name(&self, tuple: u32) -> Arc<str> {
        let keys = self.query.tuples.table.keys(tuple).map(|key| key.as_deref().unwrap_or("(blank)"));
        keys.collect::<Vec<_>>().join(", ").into()
    }

    /// The cause of a value without rows.
    fn no_rows(&self, covered: &Covered) -> Cause {
        let moved = self.measure.range != TimeRange::CURRENT || self.measure.in_force == InForce::Before;
        // The period begins after the data end.
        if self.measure.range.so_far && covered.days.as_ref().is_some_and(Range::is_empty) {
            return Cause::OutsideData;
        }
        match (&covered.days, self.dataset.represented) {
            (Some(days), Some((first, last))) if moved && (days.start > last || days.end <= first) => {
                Cause::OutsideData
            }
            _ => Cause::NoRows,
        }
    }

    /// Replaces open ends of a range by the first and the last day with a row.
    fn within_data(&self, days: Range<i32>) -> Option<(i32, i32)> {
        let start = if days.start == BEGINNING { self.dataset.days?.0.min(days.end) } else { days.start };
        if days.end == BEGINNING {
            return None;
        }
        let end = if days.end == END { self.dataset.days?.1 + 1 } else { days.end };
        Some((start, end))
    }
}

impl Merged<'_> {
    /// Merges the cells at these positions, starting from the cells merged last if that is less work.
    fn move_to(
        &mut self,
        cells: &Projection,
        combination: Option<u32>,
        positions: Range<usize>,
        ended: Range<usize>,
    ) -> Result<(), Diagnostic> {
        if self.combination != combination || !self.leads_to(&positions, &ended) {
            self.fold.clear();
            self.positions = positions.start..positions.start;
            self.ended = ended.start..ended.start;
        }
        for at in self.positions.start..positions.start {
            self.ticker.tick(AGGREGATING)?;
            self.fold.remove(cells.cell(at))?;
        }
        for at in self.positions.end..positions.end {
            let cell = cells.cell(at);
            self.ticker.ticks(self.fold.steps(cell), AGGREGATING)?;
            self.fold.add(cell)?;
        }
        if self.ended.is_empty() {
            self.ended = ended.start..ended.start;
        }
        for at in self.ended.end..ended.end {
            let cell = cells.cell(at);
            self.ticker.ticks(self.fold.steps(cell), AGGREGATING)?;
            self.fold.remove(cell)?;
        }
        (self.combination, self.positions, self.ended) = (combination, positions, ended);
        Ok(())
    }

    /// Returns true if the fold can be moved to these positions. Cells can be added at the end and, if the fold
    /// supports it, removed at the start.
    fn leads_to(&self, positions: &Range<usize>, ended: &Range<usize>) -> bool {
        if (self.ended.is_empty(), ended.is_empty()) != (true, true) {
            // More rows start and more of them end, if periods follow each other.
            let starts = positions.start == self.positions.start && positions.end >= self.positions.end;
            return starts && (self.ended.is_empty() || ended.start == self.ended.start) && ended.end >= self.ended.end;
        }
        let ahead = positions.start >= self.positions.start && positions.end >= self.positions.end;
        let same_start = positions.start == self.positions.start;
        ahead && (same_start || (positions.start < self.positions.end && self.fold.can_remove()))
    }
}

impl FromIterator<Finished> for MeasureColumn {
    fn from_iter<I: IntoIterator<Item = Finished>>(groups: I) -> Self {
        let mut column = joined(vec![]);
        let cell = |finished: Finished| {
            column.rows.push(finished.rows);
            column.skipped.push(finished.skipped);
            column.failed.push(finished.failed);
            column.ranges.push(finished.range);
            column.left_out.push(finished.left_out);
            finished.cell
        };
        column.values = groups.into_iter().map(cell).collect();
        column
    }
}

/// Concatenates the groups of all parts.
fn joined(parts: Vec<MeasureColumn>) -> MeasureColumn {
    let mut column = MeasureColumn {
        values: Vector::undefined(0, Cause::NoRows),
        rows: vec![],
        skipped: PerGroup::default(),
        failed: PerGroup::default(),
        ranges: PerGroup::default(),
        left_out: PerGroup::default(),
    };
    let mut values = Vec::with_capacity(parts.len());
    for part in parts {
        values.push(part.values);
        column.rows.extend(part.rows);
        column.skipped.append(part.skipped);
        column.failed.append(part.failed);
        column.ranges.append(part.ranges);
        column.left_out.append(part.left_out);
    }
    column.values = Vector::concat(&values);
    column
}
