//! Merges the data that workers collected, and projects its cells onto the columns that a measure keeps.

use super::accumulate::State;
use super::buckets::Bucketing;
use super::finished::FinishedGroups;
use super::lists::{by_number, by_position};
use super::pass::Pass;
use super::ranking::rank_numbers;
use super::room::Room;
use super::row_grain::RowGrain;
use super::selection::Selection;
use super::sought::Search;
use super::worker::{Undecided, Worker};
use crate::diagnostic::Diagnostic;

/// The merged states of a dataset.
pub(super) struct Gathered {
    /// The combination of keys and the time bucket of each cell. Cell 0 is for rows that are not counted.
    pub(super) cells: Vec<(u32, i32)>,
    pub(super) bucketing: Bucketing,
    pub(super) selections: Vec<Selection>,
    pub(super) states: Vec<State>,
    /// Measures that are finished by group, with combinations of keys of all workers.
    pub(super) finished: Vec<FinishedGroups>,
    /// Rows that were ignored because the filters could not be decided.
    pub(super) undecided: Undecided,
    /// Rows without a time.
    pub(super) timeless: u64,
    /// Rows that end when they start.
    pub(super) never_in_force: u64,
    /// Warnings about lookups that found no row for any key.
    pub(super) unmatched: Vec<Diagnostic>,
    /// The searches of each worker for the texts that the rows are compared with.
    pub(super) searches: Vec<Vec<Search>>,
    /// The first and the last day with a row.
    pub(super) days: Option<(i32, i32)>,
    /// The first and the last day that rows represent, with the days up to the known end of the data.
    pub(super) represented: Option<(i32, i32)>,
    /// The memory of the lists by cell.
    rooms: Vec<Room>,
}

impl Gathered {
    /// Merges the workers of a pass. `tuples` maps the combinations of keys of each worker to the `combinations` of all
    /// workers. The pass is `alone` if no other dataset has rows.
    pub(super) fn merge(
        pass: &Pass,
        mut workers: Vec<Worker>,
        tuples: &[Vec<u32>],
        combinations: usize,
        alone: bool,
    ) -> Result<Self, Diagnostic> {
        let mut room = pass.room("the groups");
        let met: usize = workers.iter().map(|worker| pass.cell_count(worker)).sum();
        room.grow(met * BYTES_TO_RANK)?;
        let (cells, places) = match pass.bucketing {
            Bucketing::None if alone && workers.iter().all(|worker| worker.finished.is_empty()) => {
                cells_of_keys(tuples, combinations)
            }
            _ => merge_cells(pass, &workers, tuples, combinations),
        };
        let len = cells.len();
        room.set(len * size_of::<(u32, i32)>() + met * size_of::<u32>())?;
        let (selections, mut rooms) = merge_selections(pass, &mut workers, &places, len)?;
        rooms.push(room);
        let states = merge_states(pass, &mut workers, &places, len)?;
        let finished = workers.iter_mut().zip(tuples).flat_map(|(worker, tuples)| {
            std::mem::take(&mut worker.finished).into_iter().map(|groups| groups.renumbered(tuples))
        });
        let finished = finished.collect();
        let days = workers.iter().map(|worker| worker.days).fold(None, both);
        let (mut row_grain, mut undecided) = (RowGrain::default(), Undecided::default());
        workers.iter().for_each(|worker| row_grain.merge(worker.buckets.row_grain));
        workers.iter().for_each(|worker| undecided.merge(&worker.undecided));
        let represented = days.map(|days| row_grain.days_represented(pass.calendar(), days, pass.least));
        Ok(Self {
            cells,
            bucketing: pass.bucketing.clone(),
            selections,
            states,
            finished,
            undecided,
            unmatched: pass.unmatched(&workers)?,
            searches: workers.iter_mut().map(|worker| std::mem::take(&mut worker.searches)).collect(),
            timeless: workers.iter().map(|worker| worker.timeless).sum(),
            never_in_force: workers.iter().map(|worker| worker.never_in_force).sum(),
            days,
            represented: pass.requested().reached(represented),
            rooms,
        })
    }

    /// The day after the last one of the data.
    pub(super) fn end(&self) -> Option<i32> {
        self.represented.map(|(_, last)| last.saturating_add(1))
    }

    /// Groups the cells by the remaining columns of their keys.
    pub(super) fn project(
        &self,
        of_tuple: &[u32],
        combinations: usize,
        room: &mut Room,
    ) -> Result<Projection, Diagnostic> {
        room.grow(self.cells.len() * BYTES_TO_PROJECT + 2 * combinations * size_of::<u32>())?;
        let cells = self.cells.iter().skip(1);
        let (starts, order) = by_number(cells.map(|&(tuple, _)| of_tuple[tuple as usize]), combinations);
        let mut cells: Vec<(i32, u32)> = order.into_iter().map(|at| (self.cells[at as usize + 1].1, at + 1)).collect();
        if combinations < of_tuple.len() {
            for range in starts.windows(2) {
                cells[range[0] as usize..range[1] as usize].sort_unstable();
            }
        }
        Ok(Projection { starts, cells })
    }

    /// The room for another structure of the dataset.
    pub(super) fn room(&self) -> Room {
        self.rooms.last().map(Room::another).unwrap_or_default()
    }
}

/// The bytes per cell of a worker while the cells of all workers are ordered.
const BYTES_TO_RANK: usize = 80;

/// The bytes per cell of a projection, and of the list from which it is made.
const BYTES_TO_PROJECT: usize = size_of::<u32>() + size_of::<(i32, u32)>();

/// Merges the selections of all workers in parallel. `places` maps the cells of each worker to the `len` merged cells.
fn merge_selections(
    pass: &Pass,
    workers: &mut [Worker],
    places: &[Vec<u32>],
    len: usize,
) -> Result<(Vec<Selection>, Vec<Room>), Diagnostic> {
    let selections = workers.iter_mut().map(|worker| std::mem::take(&mut worker.selections)).collect();
    let merged = pass.parallel(by_position(selections, pass.selections.len()), |parts: Vec<Selection>| {
        let (mut merged, mut room) = (Selection::default(), pass.room("the groups"));
        parts.iter().zip(places).try_for_each(|(part, cells)| merged.merge(part, cells, len, &mut room))?;
        Ok((merged, room))
    });
    workers.iter_mut().for_each(|worker| worker.room = Room::default());
    merged.into_iter().collect::<Result<Vec<_>, _>>().map(|merged| merged.into_iter().unzip())
}

/// Merges the states of all workers in the same way.
fn merge_states(
    pass: &Pass,
    workers: &mut [Worker],
    places: &[Vec<u32>],
    len: usize,
) -> Result<Vec<State>, Diagnostic> {
    let states = workers.iter_mut().map(|worker| std::mem::take(&mut worker.states)).collect();
    let states = by_position(states, pass.states.len()).into_iter().enumerate().collect();
    let merged = pass.parallel(states, |(at, parts): (usize, Vec<State>)| {
        let mut merged = pass.state(at);
        for (part, cells) in parts.into_iter().zip(places) {
            pass.check()?;
            merged.merge(part, cells, len)?;
        }
        merged.finish(len)?;
        Ok(merged)
    });
    merged.into_iter().collect()
}

/// The earlier first day and the later last day.
pub(super) fn both(a: Option<(i32, i32)>, b: Option<(i32, i32)>) -> Option<(i32, i32)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

/// Merges the cells of all workers, and returns the merged cell of each worker's cells. The merged cells are sorted by
/// combination of keys and then by time, after the cell of rows that are not counted.
fn merge_cells(
    pass: &Pass,
    workers: &[Worker],
    tuples: &[Vec<u32>],
    combinations: usize,
) -> (Vec<(u32, i32)>, Vec<Vec<u32>>) {
    let buckets = || workers.iter().flat_map(Worker::bucket_numbers);
    let first = buckets().min().unwrap_or(0);
    let span = buckets().max().map_or(1, |last| i64::from(last).abs_diff(first.into()) + 1);
    let lists = pass.parallel(workers.iter().zip(tuples).collect(), |(worker, tuples)| -> Vec<u64> {
        let number = |(tuple, bucket): (u32, i32)| u64::from(tuple) * span + i64::from(bucket).abs_diff(first.into());
        pass.cells_of(worker, tuples).into_iter().map(number).collect()
    });
    let ranking = rank_numbers(pass.threads(), &lists, combinations as u64 * span);
    let cell = |number: u64| ((number / span) as u32, (i64::from(first) + (number % span) as i64) as i32);
    let cells = NOWHERE_FIRST.into_iter().chain(ranking.distinct.into_iter().map(cell)).collect();
    (cells, ranking.places.iter().map(|places| behind_nowhere(places)).collect())
}

/// Does the same if there is no time and each combination of keys has rows. Then each combination is a cell.
fn cells_of_keys(tuples: &[Vec<u32>], combinations: usize) -> (Vec<(u32, i32)>, Vec<Vec<u32>>) {
    let cells = (0..combinations as u32).map(|tuple| (tuple, 0));
    (NOWHERE_FIRST.into_iter().chain(cells).collect(), tuples.iter().map(|tuples| behind_nowhere(tuples)).collect())
}

/// Cell 0, for rows that are not counted. It has no keys.
const NOWHERE_FIRST: [(u32, i32); 1] = [(u32::MAX, 0)];

/// Shifts places by one for cell 0, which stays at its place.
fn behind_nowhere(places: &[u32]) -> Vec<u32> {
    std::iter::once(0).chain(places.iter().map(|place| place + 1)).collect()
}

/// The cells of a dataset, grouped by some of the grouping columns.
pub(super) struct Projection {
    /// The start of the cells of each combination of keys, with one more at the end.
    starts: Vec<u32>,
    /// The bucket and the number of each cell, combination by combination and sorted within each.
    cells: Vec<(i32, u32)>,
}

impl Projection {
    /// The positions of the cells of a combination within some buckets.
    pub(super) fn within(&self, combination: u32, buckets: &std::ops::Range<i32>) -> std::ops::Range<usize> {
        let first = self.starts[combination as usize] as usize;
        let cells = &self.cells[first..self.starts[combination as usize + 1] as usize];
        let place = |bucket: i32| first + cells.partition_point(|&(other, _)| other < bucket);
        let (start, end) = (place(buckets.start), place(buckets.end));
        start..end.max(start)
    }

    /// The cell at a position.
    pub(super) fn cell(&self, position: usize) -> usize {
        self.cells[position].1 as usize
    }
}
