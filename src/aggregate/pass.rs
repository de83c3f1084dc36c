//! Reads a dataset once and collects the states of all of its measures, one batch at a time, on several workers.

mod aggregated;
mod intervals;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use foldhash::fast::FixedState;
use indexmap::IndexSet;

use super::accumulate::{NOWHERE, Rows, State, StateKey, Time, times_of, weight};
use super::buckets::{Bucketing, Buckets};
use super::faults::{Fault, Faults, RowLevel};
use super::grouped::{AggregateGroups, Reading};
use super::interval::Ends;
use super::key_interner::KeyInterner;
use super::limits::limit;
use super::pair_interner::PairInterner;
use super::parallel::parallel;
use super::room::Room;
use super::selection::{SelectedRows, Selection, verdict};
use super::sought::{self, Search, Sought};
use super::sources::Sources;
use super::steps::row_steps;
use super::worker::{Undecided, Worker};
use crate::data::{
    Aggregate, Batch, Calendar, ColumnType, Dataset, DatasetRequest, Grain, GroupColumn, LookedUp, LookupRequest,
    Measure, Request, RowProgram, RowSource, Scan,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::program::{Node, NodeId, Program};
use crate::value::{Cause, Vector};

/// The maximum number of columns that the name of a state mentions.
const MAX_NAMES: usize = 3;

/// The bytes of a state without rows.
const STATE_BYTES: usize = 2 * size_of::<State>();

/// The bytes of a value with its marks.
const BYTES_PER_VALUE: usize = size_of::<crate::value::Decimal>() + 2;

/// The bytes that a row takes in each grouping column: its codes, its key, and the place of the key in tables.
const BYTES_PER_KEY: usize = 64;

/// The rows that are collected at a time take a part of the memory limit, from 64 KiB to 16 MiB.
const SHARE_OF_BATCH: u64 = 64;
const MIN_BATCH: usize = 1 << 16;
const MAX_BATCH: usize = 1 << 24;
const MIN_ROWS: usize = 64;
const MAX_ROWS: usize = 1 << 16;

/// The plan of a pass: the sources to read and the states to collect.
pub(super) struct Pass<'r> {
    request: &'r Request,
    /// The position of the dataset in the request.
    at: usize,
    requested: &'r DatasetRequest,
    dataset: &'r dyn Dataset,
    /// The slots, then the time, the end, then the stored keys.
    sources: Sources<'r>,
    /// The operations to compute: conditions, arguments and keys, without plain slots; sorted.
    computed: Vec<NodeId>,
    /// The operations that filter, without plain slots; sorted.
    filters: Vec<NodeId>,
    /// The slots that the filters read.
    filter_slots: Vec<u32>,
    /// The sets of conditions. The first one is empty.
    pub(super) selections: IndexSet<Vec<NodeId>, FixedState>,
    /// The states to collect.
    pub(super) states: IndexSet<StateKey, FixedState>,
    /// What each state is called in errors.
    state_names: Vec<Arc<str>>,
    /// The states of each selection.
    states_of: Vec<Vec<usize>>,
    /// The bytes that a row of a batch takes at most until its batch is collected.
    row_bytes: usize,
    /// The grouping of rows by time.
    pub(super) bucketing: Bucketing,
    /// True if rows without a time are ignored.
    timed: bool,
    /// The days outside of which rows only tell how far the data reach.
    usable: Option<Range<i32>>,
    /// How the ends of rows are read, if they hold over an interval.
    ends: Option<Ends>,
    /// True if a row ends before it starts.
    reversed: AtomicBool,
    /// The grain of the periods that each grouping column holds.
    grains: Vec<Option<Grain>>,
    /// The shortest period that a row represents, if the type of its column determines it.
    pub(super) least: Option<Grain>,
    /// The texts that the rows are compared with.
    sought: Vec<Sought>,
    /// The parts that cannot be read. The pass skips them and rejects the measures that need them.
    pub(super) faults: Faults,
}

/// The counted rows of a batch.
struct Kept {
    /// The positions of the rows. None if all rows are counted.
    rows: Option<Vec<u32>>,
    /// The rows in which a filter fails, by position among the kept rows.
    failed: Vec<(usize, Cause)>,
}

impl<'r> Pass<'r> {
    /// Prepares the pass over one dataset of a request, without the parts that cannot be read.
    pub(super) fn new(datasets: &'r [Arc<dyn Dataset>], request: &'r Request, at: usize, faults: Faults) -> Self {
        let requested = &request.datasets[at];
        let mut pass = Self {
            request,
            at,
            requested,
            dataset: &*datasets[requested.dataset],
            sources: Sources::none(&*datasets[requested.dataset], requested.dataset, &requested.rows, &request.budget),
            computed: vec![],
            filters: vec![],
            filter_slots: requested.rows.program.slots_below(requested.filters.iter().copied()),
            selections: std::iter::once(vec![]).collect(),
            states: IndexSet::default(),
            state_names: vec![],
            states_of: vec![],
            row_bytes: 0,
            bucketing: Bucketing::of(request, at),
            timed: requested.time.is_some()
                && (request.grain.is_some() || request.period.is_some() || requested.end.is_some()),
            usable: request.usable_days(at),
            ends: None,
            reversed: AtomicBool::new(false),
            grains: vec![],
            least: None,
            sought: sought::of(&requested.rows.program),
            faults,
        };
        let grain = |source: &RowSource| column_type(datasets, requested.dataset, &requested.rows, source).grain();
        let grain_of = |column: &GroupColumn| match column {
            GroupColumn::Source(source) => grain(source),
            GroupColumn::Computed(_) => None,
        };
        pass.grains = requested.by.iter().map(|column| grain_of(column.as_ref()?)).collect();
        pass.least = requested.time.as_ref().and_then(grain_of);
        pass.ends = requested.end.as_ref().map(|end| Ends {
            inclusive: end.inclusive,
            periods: grain(&end.source).map(|grain| (Calendar { by_hour: false, ..request.calendar }, grain)),
            by_hour: request.calendar.by_hour,
        });
        pass.faults.whole = pass.fault_of_rows().cloned();
        for measure in request.measures.iter().filter(|measure| measure.dataset == at) {
            if pass.fault_of(measure).is_none() {
                pass.add_measure(measure);
            }
        }
        pass.add_computed();
        pass.state_names = pass.states.iter().map(|state| pass.state_name(datasets, state)).collect();
        pass.row_bytes = pass.row_bytes();
        pass
    }

    // ── unreadable parts ─────────────────────────────────────────────────────

    /// The reason why no measure can be computed, if there is one. Without their conditions, keys or time, rows cannot
    /// be assigned to groups.
    fn fault_of_rows(&self) -> Option<&Diagnostic> {
        if self.faults.is_empty() {
            return None;
        }
        let keys = self.requested.by.iter().flatten().find_map(|column| self.fault_of_column(column));
        let time = self.requested.time.as_ref().filter(|_| self.timed);
        let whole = self.faults.whole.as_ref().or(keys);
        whole
            .or_else(|| self.fault_of_nodes(self.requested.filters.iter().copied()))
            .or_else(|| time.and_then(|time| self.fault_of_column(time)))
            .or_else(|| self.requested.end.as_ref().and_then(|end| self.fault_of_source(&end.source)))
    }

    /// The reason why a measure cannot be computed, if it cannot.
    pub(super) fn fault_of(&self, measure: &Measure) -> Option<&Diagnostic> {
        if self.faults.is_empty() {
            return None;
        }
        let nodes = measure.argument.iter().chain(&measure.conditions).chain(&measure.by).copied();
        let is_edge = matches!(measure.aggregate, Aggregate::First | Aggregate::Last);
        let time = self.requested.time.as_ref().filter(|_| is_edge);
        let whole = self.faults.whole.as_ref().or_else(|| self.fault_of_nodes(nodes));
        whole.or_else(|| time.and_then(|time| self.fault_of_column(time)))
    }

    fn fault_of_nodes(&self, nodes: impl IntoIterator<Item = NodeId>) -> Option<&Diagnostic> {
        nodes.into_iter().find_map(|node| self.faults.of_node(level(self.requested), node))
    }

    fn fault_of_column(&self, column: &GroupColumn) -> Option<&Diagnostic> {
        match column {
            GroupColumn::Source(source) => self.fault_of_source(source),
            GroupColumn::Computed(node) => self.fault_of_nodes([*node]),
        }
    }

    fn fault_of_source(&self, source: &RowSource) -> Option<&Diagnostic> {
        self.faults.of_source(level(self.requested), source)
    }

    /// The index of the state from which a measure is computed.
    pub(super) fn state_of(&self, measure: &Measure) -> usize {
        let key = state_key(self.requested, measure, self.selection_of(measure));
        self.states.get_index_of(&key).expect("the pass has all states of its measures")
    }

    /// The index of the selection of the rows of a measure.
    fn selection_of(&self, measure: &Measure) -> usize {
        let selection = self.selections.get_index_of(&measure.conditions);
        selection.expect("the pass has all selections of its measures")
    }

    /// What a state is called in errors, such as ``the distinct values of `user` in `orders` ``.
    fn state_name(&self, datasets: &[Arc<dyn Dataset>], state: &StateKey) -> Arc<str> {
        let columns = |nodes: &[NodeId]| {
            let slots = self.requested.rows.program.slots_below(nodes.iter().copied());
            let names = slots.iter().take(MAX_NAMES).map(|&slot| format!("`{}`", self.column_name(datasets, slot)));
            names.collect::<Vec<_>>().join(", ")
        };
        let of = |word: &str, names: String| if names.is_empty() { names } else { format!(" {word} {names}") };
        let argument = of("of", columns(state.argument.as_slice()));
        let by = of("by", columns(&state.by));
        format!("{}{argument}{by} in `{}`", state.describe(), self.name()).into()
    }

    /// Fails if the time is up.
    pub(super) fn check(&self) -> Result<(), Diagnostic> {
        self.request.check("aggregating")
    }

    /// Counts the steps of some rows that are about to be collected.
    fn spend(&self, rows: usize, each: u64) -> Result<(), Diagnostic> {
        self.request.budget.spend(rows.saturating_mul(each as usize), "aggregating")
    }

    /// Room for a structure of the dataset.
    pub(super) fn room(&self, what: &str) -> Room {
        Room::new(&self.request.budget, format!("{what} of `{}`", self.name()))
    }

    fn row_bytes(&self) -> usize {
        let nodes = self.computed.len() + self.filters.len() + self.requested.rows.slots.len() + 1;
        let collected: usize = self.states.iter().map(StateKey::row_bytes).sum();
        nodes * BYTES_PER_VALUE + (self.requested.by.len() + 1) * BYTES_PER_KEY + collected
    }

    /// The maximum number of rows that are collected at a time.
    fn rows_at_once(&self) -> usize {
        let share = usize::try_from(self.request.budget.memory() / SHARE_OF_BATCH).unwrap_or(usize::MAX);
        (share.clamp(MIN_BATCH, MAX_BATCH) / self.row_bytes).clamp(MIN_ROWS, MAX_ROWS)
    }

    fn add_measure(&mut self, measure: &Measure) {
        let (selection, _) = self.selections.insert_full(measure.conditions.clone());
        self.states.insert(state_key(self.requested, measure, selection));
    }

    fn add_computed(&mut self) {
        let keys = self.requested.by.iter().flatten().chain(&self.requested.time).filter_map(|column| match column {
            GroupColumn::Computed(node) => Some(*node),
            GroupColumn::Source(_) => None,
        });
        let states = self.states.iter().flat_map(|state| state.argument.iter().chain(&state.by)).copied();
        let conditions = self.selections.iter().flatten().copied();
        self.computed = self.without_slots(keys.chain(states).chain(conditions));
        self.filters = self.without_slots(self.requested.filters.iter().copied());
        self.states_of = vec![vec![]; self.selections.len()];
        self.states.iter().enumerate().for_each(|(at, state)| self.states_of[state.selection].push(at));
    }

    fn without_slots(&self, nodes: impl Iterator<Item = NodeId>) -> Vec<NodeId> {
        let is_slot = |node: &NodeId| matches!(self.requested.rows.program.node(*node), Node::Slot(_));
        let mut nodes: Vec<NodeId> = nodes.filter(|node| !is_slot(node)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// Reads the dataset. `aggregate` aggregates the groups that its rows look up.
    pub(super) fn run(
        &mut self,
        datasets: &'r [Arc<dyn Dataset>],
        aggregate: AggregateGroups,
    ) -> Result<Vec<Worker>, Fault> {
        let skipped = self.requested.skipped || self.faults.whole.is_some();
        let sources = stored_sources(self.requested);
        let faults = (!skipped).then_some(&self.faults);
        let reading = Reading { datasets, request: self.request, aggregate };
        self.sources = Sources::new(reading, level(self.requested), sources, faults)?;
        if let Some(workers) = self.aggregated().map_err(|problem| self.sources.fault(problem))? {
            return Ok(workers);
        }
        let threads = self.request.threads.max(1);
        let workers = (0..threads).map(|_| self.worker().map(Mutex::new)).collect::<Result<Vec<_>, _>>();
        let workers = workers.map_err(Fault::Limit)?;
        if self.faults.whole.is_none() && !self.requested.skipped {
            let scan = Scan::within(&self.sources.read, threads, &self.request.budget);
            let visited = self.dataset.scan(&scan, &|worker, batch| {
                self.request.check("reading rows")?;
                self.gather(&mut workers[worker].lock().expect("no visit panics"), batch)
            });
            match self.reversed.load(Relaxed) {
                true => return Err(self.reversed_row()),
                false => visited.map_err(|problem| self.sources.fault(problem))?,
            }
            self.sources.tied(datasets)?;
        }
        Ok(workers.into_iter().map(|worker| worker.into_inner().expect("no visit panics")).collect())
    }

    /// Lets the dataset aggregate its rows. None if they must be read.
    fn aggregated(&self) -> Result<Option<Vec<Worker>>, Diagnostic> {
        if self.requested.skipped || !self.faults.is_empty() {
            return Ok(None);
        }
        match self.dataset.aggregate(self.request, self.at)? {
            Some(parts) => {
                let gathered = self.gather_aggregated(parts)?;
                if gathered.is_none() {
                    self.request
                        .answers
                        .read(self.at, "a condition fails in some of the rows, which are read to tell in which");
                }
                Ok(gathered)
            }
            None => Ok(None),
        }
    }

    fn worker(&self) -> Result<Worker, Diagnostic> {
        let (keys, groups) = (self.room("the keys"), self.room("the groups"));
        let calendar = Calendar { by_hour: false, ..self.request.calendar };
        let mut room = groups.another();
        room.grow(self.states.len() * STATE_BYTES + self.selections.len() * size_of::<Selection>())?;
        Ok(Worker {
            keys: self
                .grains
                .iter()
                .map(|grain| KeyInterner::new(grain.map(|grain| (calendar, grain)), keys.another()))
                .collect(),
            tuples: self.requested.by.iter().skip(1).map(|_| PairInterner::new(keys.another())).collect(),
            buckets: Buckets::new(self.bucketing.clone(), self.request.calendar, groups.another()),
            ends: self.bucketing.ends().map(|ends| Buckets::new(ends, self.request.calendar, groups.another())),
            cells: PairInterner::new(groups),
            selections: self.selections.iter().map(|_| Selection::default()).collect(),
            states: (0..self.states.len()).map(|at| self.state(at)).collect(),
            finished: vec![],
            finders: self.sources.finders(),
            searches: self.sought.iter().map(|_| Search::default()).collect(),
            collects: None,
            undecided: Undecided::default(),
            timeless: 0,
            never_in_force: 0,
            days: None,
            room,
            batch: self.room("the columns of a batch"),
        })
    }

    /// Warnings about lookups that found no row for any key.
    pub(super) fn unmatched(&self, workers: &[Worker]) -> Result<Vec<Diagnostic>, Diagnostic> {
        self.sources.unmatched(&workers.iter().map(|worker| &worker.finders[..]).collect::<Vec<_>>())
    }

    /// Warnings and notes about texts that no row has.
    pub(super) fn missing_texts(&self, datasets: &[Arc<dyn Dataset>], workers: &[Vec<Search>]) -> Vec<Diagnostic> {
        let missing = self.sought.iter().enumerate().filter_map(|(at, sought)| {
            let searches: Vec<&Search> = workers.iter().map(|searches| &searches[at]).collect();
            sought.missing(&searches, self.column_name(datasets, sought.slot), self.name())
        });
        missing.collect()
    }

    /// A state without rows.
    pub(super) fn state(&self, at: usize) -> State {
        State::new(&self.states[at], Room::new(&self.request.budget, self.state_names[at].clone()))
    }

    fn check_limits(&self, worker: &Worker) -> Result<(), Diagnostic> {
        let name = self.dataset.name();
        if worker.tuples() > self.request.max_groups {
            let most = self.request.max_groups;
            return Err(limit(format!("`{name}` has more than {most} combinations of the grouping columns")));
        }
        Ok(())
    }

    /// Collects the counted rows of a batch, which can be very long, in steps.
    fn gather(&self, worker: &mut Worker, batch: &Batch) -> Result<(), Diagnostic> {
        let place = |slot| self.sources.column_of(slot);
        sought::seek(&self.sought, &mut worker.searches, batch, place, &self.request.budget)?;
        let most = self.rows_at_once();
        if batch.rows <= most {
            return self.gather_step(worker, batch);
        }
        (0..batch.rows).step_by(most).try_for_each(|start| {
            self.request.check("reading rows")?;
            let rows = start..batch.rows.min(start + most);
            let columns = batch.columns.iter().map(|column| Cow::Owned(column.slice(rows.clone()))).collect();
            self.gather_step(worker, &Batch { columns, rows: rows.len() })
        })
    }

    fn gather_step(&self, worker: &mut Worker, batch: &Batch) -> Result<(), Diagnostic> {
        worker.batch.set(batch.rows * self.row_bytes)?;
        self.spend(batch.rows, row_steps(self.requested))?;
        let Kept { rows, failed } = self.kept(worker, batch)?;
        match rows {
            Some(kept) if kept.len() < batch.rows => {
                let columns = batch.columns.iter().map(|column| Cow::Owned(column.take(&kept))).collect();
                self.gather_rows(worker, &Batch { columns, rows: kept.len() }, None, &failed)?;
            }
            _ => self.gather_rows(worker, batch, None, &failed)?,
        }
        self.check_limits(worker)
    }

    /// The counted rows: those that have a time and that the filters keep. Rows in which a filter fails are counted
    /// too, because they might have been kept.
    fn kept(&self, worker: &mut Worker, batch: &Batch) -> Result<Kept, Diagnostic> {
        let mut keep = vec![true; batch.rows];
        let failed = self.filter(worker, batch, &mut keep)?;
        self.keep_in_force(worker, batch, &mut keep)?;
        if let Some(times) = self.time_source(worker, batch)? {
            if times.causes.is_some() {
                for (row, keep) in keep.iter_mut().enumerate().filter(|(_, keep)| **keep) {
                    let without_time = times.cause(row).is_some();
                    worker.timeless += u64::from(without_time);
                    *keep = !(self.timed && without_time);
                }
            }
            if let Some(usable) = &self.usable {
                worker.pass_by(&times, usable, &mut keep)?;
            }
        }
        if !keep.contains(&false) {
            return Ok(Kept { rows: None, failed });
        }
        let rows: Vec<u32> = (0u32..).zip(&keep).filter(|(_, keep)| **keep).map(|(row, _)| row).collect();
        let place = |(row, cause): (usize, Cause)| Some((rows.binary_search(&(row as u32)).ok()?, cause));
        let failed = failed.into_iter().filter_map(place).collect();
        Ok(Kept { rows: Some(rows), failed })
    }

    /// Removes the rows that the filters do not keep. Returns the rows in which a filter fails, which are kept.
    fn filter(&self, worker: &mut Worker, batch: &Batch, keep: &mut [bool]) -> Result<Vec<(usize, Cause)>, Diagnostic> {
        let mut failed = vec![];
        if self.requested.filters.is_empty() {
            return Ok(failed);
        }
        let columns = self.columns(worker, batch, &self.filters)?;
        let filters: Vec<&Vector> = self.requested.filters.iter().map(|&filter| columns.node(filter)).collect();
        let mut undecided = vec![];
        for (row, keep) in keep.iter_mut().enumerate() {
            match verdict(filters.iter().copied(), row) {
                Ok(holds) => *keep = holds,
                Err(cause) if cause.is_failure() => failed.push((row, cause)),
                Err(_) => {
                    *keep = false;
                    undecided.push(row);
                }
            }
        }
        let lacks = |cause: Option<Cause>| cause.is_some_and(|cause| !cause.is_failure());
        let is_blank = |slot: &u32| undecided.iter().any(|&row| lacks(columns.sources[*slot as usize].cause(row)));
        let blank: Vec<u32> = match undecided.is_empty() {
            true => vec![],
            false => self.filter_slots.iter().copied().filter(is_blank).collect(),
        };
        worker.undecided.rows += undecided.len() as u64;
        worker.undecided.blank_slots.extend(blank);
        Ok(failed)
    }

    /// Collects rows, in some of which a filter failed. Each counts as often as its weight says.
    fn gather_rows(
        &self,
        worker: &mut Worker,
        batch: &Batch,
        weights: Option<&[u64]>,
        failed: &[(usize, Cause)],
    ) -> Result<(), Diagnostic> {
        if batch.rows == 0 {
            return Ok(());
        }
        let columns = self.columns(worker, batch, &self.computed)?;
        self.check_keys(&columns, failed)?;
        let tuples = self.tuples(worker, &columns, batch.rows)?;
        match self.ends {
            None => {
                let cells = self.cells(worker, &columns, tuples)?;
                self.gather_cells(worker, &columns, cells, weights, failed)
            }
            Some(ends) => {
                let [started, ended] = self.cells_of_interval(worker, &columns, tuples, ends)?;
                self.gather_cells(worker, &columns, started, weights, failed)?;
                self.gather_cells(worker, &columns, ended, weights, failed)
            }
        }
    }

    /// Collects rows that are in these cells.
    fn gather_cells(
        &self,
        worker: &mut Worker,
        columns: &Columns,
        mut cells: Vec<u32>,
        weights: Option<&[u64]>,
        failed: &[(usize, Cause)],
    ) -> Result<(), Diagnostic> {
        let times = self.edge_times(columns, cells.len());
        let len = self.cell_count(worker) + 1;
        for &(row, cause) in failed {
            let cell = std::mem::replace(&mut cells[row], NOWHERE);
            worker.selections[0].missing.add(cell, cause, weight(weights, row), len, &mut worker.room)?;
        }
        worker.selections[0].count(&cells, weights, len, &mut worker.room)?;
        let selected = Selected { columns, times: &times, weights, len };
        self.update(worker, 0, &SelectedRows::all(&cells), &selected)?;
        for (at, conditions) in self.selections.iter().enumerate().skip(1) {
            self.spend(cells.len(), conditions.len() as u64)?;
            let conditions: Vec<&Vector> = conditions.iter().map(|&node| columns.node(node)).collect();
            let kept = worker.selections[at].select(&conditions, &cells, weights, len, &mut worker.room)?;
            self.update(worker, at, &kept, &selected)?;
        }
        Ok(())
    }

    /// Adds rows to the states of a selection.
    fn update(&self, worker: &mut Worker, at: usize, kept: &SelectedRows, rows: &Selected) -> Result<(), Diagnostic> {
        let is_collected = |state: &&usize| worker.collects.as_ref().is_none_or(|collects| collects[**state]);
        let states: Vec<usize> = self.states_of[at].iter().filter(is_collected).copied().collect();
        states.into_iter().try_for_each(|state| {
            let key = &self.states[state];
            self.spend(kept.len(), key.steps())?;
            worker.states[state].update(&Rows {
                cells: &kept.cells(key.is_timed()),
                failed: kept.failed(key.is_timed()),
                weights: rows.weights,
                len: rows.len,
                values: key.argument.map(|node| rows.columns.node(node)),
                times: rows.times,
                by: key.by.iter().map(|&node| rows.columns.node(node)).collect(),
            })
        })
    }

    /// Rejects a computed or looked-up key that fails in a row, because the row does not belong to any group.
    fn check_keys(&self, columns: &Columns, failed: &[(usize, Cause)]) -> Result<(), Diagnostic> {
        for (at, name) in self.request.by.iter().enumerate() {
            let is_stored = matches!(self.requested.by[at], Some(GroupColumn::Source(RowSource::Column(_))));
            let key = self.key(columns, at).filter(|_| !is_stored);
            let Some(causes) = key.and_then(|key| key.causes.as_ref()) else { continue };
            let left = |row: usize| !failed.iter().any(|(other, _)| *other == row);
            let mut failures = causes.iter().enumerate().filter_map(|(row, cause)| Some((row, (*cause)?)));
            let failure = failures.find(|&(row, cause)| cause.is_failure() && left(row));
            if let Some((_, cause)) = failure {
                return Err(self.failing_key(name, cause));
            }
        }
        Ok(())
    }

    fn failing_key(&self, key: &str, cause: Cause) -> Diagnostic {
        let name = self.name();
        let message = format!("a row of `{name}` does not belong to any group: {} in `{key}`", cause.describe());
        Diagnostic::error(Code::BadCell, message)
            .hint(format!("replace undefined values: `{key} = … ?? \"other\"`, or exclude such rows with `--where`"))
    }

    /// Computes the values of all sources and of some operations.
    fn columns<'b>(
        &'b self,
        worker: &mut Worker,
        batch: &'b Batch,
        nodes: &'b [NodeId],
    ) -> Result<Columns<'b>, Diagnostic> {
        let sources = self.sources.values(&mut worker.finders, batch)?;
        let computed = match nodes.is_empty() {
            true => vec![],
            false => {
                let slots = &sources[..self.requested.rows.slots.len()];
                self.requested.rows.program.evaluate_within(&self.request.budget, slots, batch.rows, nodes)?
            }
        };
        Ok(Columns { pass: self, sources, nodes, computed })
    }

    /// The cell of each row.
    fn cells(&self, worker: &mut Worker, columns: &Columns, mut cells: Vec<u32>) -> Result<Vec<u32>, Diagnostic> {
        let buckets = match self.time(columns) {
            Some(times) => worker.buckets_of(times)?,
            None => vec![worker.buckets.code(0)?; cells.len()],
        };
        if self.bucketing != Bucketing::None {
            worker.cells.combine(&mut cells, &buckets)?;
        }
        cells.iter_mut().for_each(|cell| *cell += 1);
        Ok(cells)
    }

    /// The values of a grouping column. None if the dataset does not have it.
    fn key<'c>(&self, columns: &'c Columns, at: usize) -> Option<&'c Vector> {
        let stored = |column: &&Option<GroupColumn>| matches!(column, Some(GroupColumn::Source(_)));
        match self.requested.by[at].as_ref()? {
            GroupColumn::Computed(node) => Some(columns.node(*node)),
            GroupColumn::Source(_) => {
                let is_stored = matches!(self.requested.time, Some(GroupColumn::Source(_)));
                let times = usize::from(is_stored) + usize::from(self.requested.end.is_some());
                let first = self.requested.rows.slots.len() + times;
                Some(&columns.sources[first + self.requested.by[..at].iter().filter(stored).count()])
            }
        }
    }

    /// The combination of keys of each row.
    fn tuples(&self, worker: &mut Worker, columns: &Columns, rows: usize) -> Result<Vec<u32>, Diagnostic> {
        let (mut tuples, mut codes) = (vec![0; rows], vec![]);
        for (at, keys) in worker.keys.iter_mut().enumerate() {
            match self.key(columns, at) {
                None => keys.encode_blanks(rows, &mut codes)?,
                Some(key) => keys.encode(key, &mut codes)?,
            }
            match at.checked_sub(1) {
                None => std::mem::swap(&mut tuples, &mut codes),
                Some(pairs) => worker.tuples[pairs].combine(&mut tuples, &codes)?,
            }
        }
        Ok(tuples)
    }

    /// The number of cells of a worker.
    pub(super) fn cell_count(&self, worker: &Worker) -> usize {
        match self.bucketing {
            _ if !worker.finished.is_empty() => 0,
            Bucketing::None => worker.tuples(),
            _ => worker.cells.list.len(),
        }
    }

    /// The cells of a worker with their time buckets. `tuples` maps its combinations of keys to those of all workers.
    pub(super) fn cells_of(&self, worker: &Worker, tuples: &[u32]) -> Vec<(u32, i32)> {
        let cell = |&(tuple, bucket): &(u32, u32)| (tuples[tuple as usize], worker.bucket(bucket));
        match self.bucketing {
            _ if !worker.finished.is_empty() => vec![],
            Bucketing::None => tuples.iter().map(|&tuple| (tuple, 0)).collect(),
            _ => worker.cells.list.iter().map(cell).collect(),
        }
    }

    fn time<'c>(&self, columns: &'c Columns) -> Option<&'c Vector> {
        match *self.requested.time.as_ref()? {
            GroupColumn::Source(_) => {
                let at = self.requested.rows.slots.len();
                (!self.sources.is_unread(at)).then(|| &*columns.sources[at])
            }
            GroupColumn::Computed(node) => Some(columns.node(node)),
        }
    }

    /// The time column before the filters.
    fn time_source<'b>(&self, worker: &mut Worker, batch: &'b Batch) -> Result<Option<Cow<'b, Vector>>, Diagnostic> {
        match &self.requested.time {
            Some(GroupColumn::Source(_)) => {
                self.sources.value(self.requested.rows.slots.len(), &mut worker.finders, batch)
            }
            Some(GroupColumn::Computed(node)) => {
                let columns = self.columns(worker, batch, std::slice::from_ref(node))?;
                Ok(Some(Cow::Owned(columns.node(*node).clone())))
            }
            None => Ok(None),
        }
    }

    /// The times of the rows, if `first` or `last` needs them.
    fn edge_times(&self, columns: &Columns, rows: usize) -> Vec<Option<Time>> {
        match self.time(columns) {
            Some(times) if self.states.iter().any(StateKey::is_timed) => times_of(times),
            None if self.states.iter().any(StateKey::is_timed) => vec![None; rows],
            _ => vec![],
        }
    }

    /// Maps items on as many threads as the request allows. The results are in the order of the items.
    pub(super) fn parallel<T: Send, R: Send>(&self, items: Vec<T>, turn: impl Fn(T) -> R + Sync) -> Vec<R> {
        parallel(self.request.threads, items, turn)
    }

    /// The maximum number of threads.
    pub(super) fn threads(&self) -> usize {
        self.request.threads
    }

    /// The part of the request about the dataset.
    pub(super) fn requested(&self) -> &'r DatasetRequest {
        self.requested
    }

    /// The calendar of the periods.
    pub(super) fn calendar(&self) -> Calendar {
        self.request.calendar
    }

    /// The name of the dataset.
    pub(super) fn name(&self) -> &str {
        self.dataset.name()
    }

    /// The dataset, unless it is skipped, and the program to run over its rows.
    pub(super) fn reads(&self) -> (Option<&'r dyn Dataset>, &'r Program) {
        (Some(self.dataset).filter(|_| !self.requested.skipped), &self.requested.rows.program)
    }

    /// Returns true if rows without a time are ignored.
    pub(super) fn leaves_out_timeless(&self) -> bool {
        self.timed
    }

    /// The type of the column that a slot reads.
    pub(super) fn slot_type(&self, datasets: &[Arc<dyn Dataset>], slot: u32) -> ColumnType {
        let RowLevel { dataset, rows, .. } = level(self.requested);
        column_type(datasets, dataset, rows, &rows.slots[slot as usize])
    }

    /// The name of the column that a slot reads.
    pub(super) fn column_name<'d>(&'d self, datasets: &'d [Arc<dyn Dataset>], slot: u32) -> &'d str {
        column_name(datasets, level(self.requested), slot)
    }
}

/// The name of the column behind a slot.
fn column_name<'d>(datasets: &'d [Arc<dyn Dataset>], level: RowLevel<'d>, slot: u32) -> &'d str {
    source_name(datasets, level, &level.rows.slots[slot as usize])
}

/// The name of the column behind a source. For a looked-up column that is computed, the first column that it depends on.
pub(super) fn source_name<'d>(datasets: &'d [Arc<dyn Dataset>], level: RowLevel<'d>, source: &'d RowSource) -> &'d str {
    match *source {
        RowSource::Column(column) => datasets[level.dataset].schema().name(column),
        RowSource::Lookup { lookup, column } => {
            let LookupRequest { dataset, rows, columns, keys, .. } = &level.rows.lookups[lookup];
            let columns = match columns {
                LookedUp::Row(columns) => columns,
                LookedUp::Group { names, .. } => return &names[column],
            };
            let slots = rows.program.slots_below([columns[column]]);
            let there = RowLevel { dataset: *dataset, rows, path: &[] };
            let key = keys.first().map_or("", |key| &key.name);
            slots.first().map_or(key, |slot| column_name(datasets, there, *slot))
        }
    }
}

/// The state that a measure of a dataset needs.
pub(super) fn state_key(requested: &DatasetRequest, measure: &Measure, selection: usize) -> StateKey {
    match &requested.end {
        None => StateKey::of(measure, selection),
        Some(_) => StateKey::of_interval(measure, selection),
    }
}

/// The row expressions of the dataset itself.
fn level(requested: &DatasetRequest) -> RowLevel<'_> {
    RowLevel { dataset: requested.dataset, rows: &requested.rows, path: &[] }
}

/// The time, the end, then the stored keys.
pub(super) fn stored_sources(requested: &DatasetRequest) -> impl Iterator<Item = &RowSource> {
    let time = requested.time.iter().filter_map(GroupColumn::source);
    let ends = requested.end.iter().map(|end| &end.source);
    time.chain(ends).chain(requested.by.iter().flatten().filter_map(GroupColumn::source))
}

/// The type of the column behind a source.
pub(super) fn column_type(
    datasets: &[Arc<dyn Dataset>],
    dataset: usize,
    rows: &RowProgram,
    source: &RowSource,
) -> ColumnType {
    match *source {
        RowSource::Column(column) => datasets[dataset].schema().column(column).ty,
        RowSource::Lookup { lookup, column } => {
            let LookupRequest { dataset, rows, columns, .. } = &rows.lookups[lookup];
            match columns.operation(column).map(|operation| rows.program.node(operation)) {
                Some(Node::Slot(slot)) => column_type(datasets, *dataset, rows, &rows.slots[*slot as usize]),
                _ => ColumnType::Unknown,
            }
        }
    }
}

/// The rows of a batch without their cells, which depend on the selection.
struct Selected<'b> {
    columns: &'b Columns<'b>,
    times: &'b [Option<Time>],
    /// How often each row counts; once without them.
    weights: Option<&'b [u64]>,
    /// The number of cells.
    len: usize,
}

/// The values of a batch.
struct Columns<'b> {
    pass: &'b Pass<'b>,
    sources: Vec<Cow<'b, Vector>>,
    /// The computed operations, sorted.
    nodes: &'b [NodeId],
    /// One vector per operation.
    computed: Vec<Vector>,
}

impl Columns<'_> {
    fn node(&self, node: NodeId) -> &Vector {
        match self.pass.requested.rows.program.node(node) {
            Node::Slot(slot) => &self.sources[*slot as usize],
            _ => &self.computed[self.nodes.binary_search(&node).expect("all nodes in use are computed")],
        }
    }
}
