//! Provides the inputs of row expressions: columns of the dataset and of the datasets that it looks up.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::faults::{Fault, Faults, RowLevel};
use super::grouped::{self, Reading};
use super::lists::position_or_add;
use super::lookup::{Failed, Finder, Keys, Lookup, Times};
use super::room::Room;
use super::steps::STEPS_PER_KEY;
use super::timeline::Moment;
use crate::budget::Budget;
use crate::data::{Batch, ColumnId, Dataset, LookedUp, LookupRequest, RowProgram, RowSource, Scan};
use crate::diagnostic::{Code, Diagnostic};
use crate::program::{Node, NodeId, Program};
use crate::value::{Cause, Vector};

/// The sources of the values of one dataset's rows.
pub(super) struct Sources<'r> {
    dataset: &'r dyn Dataset,
    /// The position of the dataset.
    at: usize,
    program: &'r Program,
    /// The number of places that are slots of the program.
    slots: usize,
    /// The columns to read.
    pub(super) read: Vec<ColumnId>,
    /// The slots, then the other requested sources.
    places: Vec<Place>,
    /// The lookups in use. The keys and the time of a lookup depend only on earlier lookups.
    lookups: Vec<Use<'r>>,
    /// The first mismatch of the types of keys found while reading.
    mismatch: Mutex<Option<(Box<[usize]>, Diagnostic)>>,
    budget: &'r Budget,
}

/// What is done with the rows of a batch: the values of sources and of operations, and the number of rows.
pub(super) type VisitRows<'v> =
    &'v mut (dyn FnMut(&[Cow<Vector>], Vec<Vector>, usize) -> Result<(), Diagnostic> + Send);

/// A lookup in use.
struct Use<'r> {
    /// Its position among all lookups of the rows.
    at: usize,
    path: Box<[usize]>,
    /// The keys, then the time, if the lookup has one.
    keys: Vec<NodeId>,
    /// The names of the keys in the looked-up dataset, if they may be missing there.
    names: Vec<&'r str>,
    /// The position of the looked-up dataset.
    dataset: usize,
    lookup: Lookup,
}

/// The location of a source's values.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Not read, because no operation that can be computed needs it.
    Unread,
    /// In one of the columns read.
    Read(usize),
    /// In a requested column of a lookup.
    Lookup { lookup: usize, column: usize },
}

impl<'r> Sources<'r> {
    /// Creates sources without values, before anything is read.
    pub(super) fn none(dataset: &'r dyn Dataset, at: usize, rows: &'r RowProgram, budget: &'r Budget) -> Self {
        let (read, places, lookups, mismatch) = Default::default();
        Self { dataset, at, program: &rows.program, slots: rows.slots.len(), read, places, lookups, mismatch, budget }
    }

    /// Locates the values of the slots and of `others`, and reads the looked-up datasets. Without `faults`, nothing is
    /// read.
    pub(super) fn new(
        reading: Reading<'r>,
        level: RowLevel<'r>,
        others: impl Iterator<Item = &'r RowSource>,
        faults: Option<&Faults>,
    ) -> Result<Self, Fault> {
        let dataset = &*reading.datasets[level.dataset];
        let mut sources = Self::none(dataset, level.dataset, level.rows, &reading.request.budget);
        for source in level.rows.slots.iter().chain(others) {
            let place = match *source {
                _ if faults.is_none_or(|faults| faults.of_source(level, source).is_some()) => Place::Unread,
                RowSource::Lookup { lookup, column } => Place::Lookup { lookup, column },
                RowSource::Column(column) => {
                    Place::Read(position_or_add(&mut sources.read, |it| *it == column, || column))
                }
            };
            sources.places.push(place);
        }
        for (at, request) in level.rows.lookups.iter().enumerate() {
            if let Some(faults) = faults.filter(|_| sources.uses(at)) {
                let path: Box<[usize]> = [level.path, &[at]].concat().into();
                let lookup = match &request.columns {
                    LookedUp::Row(columns) => {
                        let rows = RowLevel { dataset: request.dataset, rows: &request.rows, path: &path };
                        read_lookup(reading, request, columns, rows, &|time| sources.is_day(time), faults)?
                    }
                    LookedUp::Group { .. } => grouped::read(reading, request, &path, faults)?,
                };
                let keys = request.keys.iter().map(|key| key.here).chain(request.time.iter().map(|time| time.here));
                // A row always finds the group that it belongs to.
                let named = request.keys.iter().filter(|_| matches!(request.columns, LookedUp::Row(_)));
                let names = named.map(|key| &*key.name).collect();
                sources.lookups.push(Use { at, path, keys: keys.collect(), names, dataset: request.dataset, lookup });
            }
        }
        Ok(sources)
    }

    fn uses(&self, lookup: usize) -> bool {
        self.places.iter().any(|place| matches!(place, Place::Lookup { lookup: at, .. } if *at == lookup))
    }

    /// Returns true if a source cannot be read.
    pub(super) fn is_unread(&self, at: usize) -> bool {
        self.places[at] == Place::Unread
    }

    /// The position among the columns read of a slot that is one of them.
    pub(super) fn column_of(&self, slot: u32) -> Option<usize> {
        match self.places[slot as usize] {
            Place::Read(at) => Some(at),
            Place::Lookup { .. } | Place::Unread => None,
        }
    }

    /// Creates the caches of the keys that a worker looks up.
    pub(super) fn finders(&self) -> Vec<Finder> {
        let name = self.dataset.name();
        let room = |used: &Use<'_>| {
            let what = format!("the keys that `{name}` looks up in `{}`", used.lookup.name());
            Finder::new(used.lookup.keys(), &Room::new(self.budget, what))
        };
        self.lookups.iter().map(room).collect()
    }

    /// Warnings about lookups that found no row for any key. `finders` has the caches of each worker.
    pub(super) fn unmatched(&self, finders: &[&[Finder]]) -> Result<Vec<Diagnostic>, Diagnostic> {
        let mut warnings = vec![];
        for (at, used) in self.lookups.iter().enumerate() {
            let finders: Vec<&Finder> = finders.iter().map(|worker| &worker[at]).collect();
            let mut room = Room::new(self.budget, format!("the keys looked up in `{}`", used.lookup.name()));
            warnings.extend(used.lookup.unmatched_further().iter().cloned());
            for (key, other_key) in used.names.iter().enumerate() {
                let names = [&**self.dataset.name(), self.key_name(used.keys[key], other_key), other_key];
                warnings.extend(used.lookup.unmatched(key, &finders, names, &mut room)?);
            }
        }
        Ok(warnings)
    }

    /// The name of the column that is the key of a lookup, or that the key is computed from.
    fn key_name<'n>(&'n self, key: NodeId, other_key: &'n str) -> &'n str {
        let slots = self.program.slots_below([key]);
        let column = slots.iter().find_map(|slot| match self.places[*slot as usize] {
            Place::Read(at) => Some(self.read[at]),
            Place::Lookup { .. } | Place::Unread => None,
        });
        column.map_or(other_key, |column| self.dataset.schema().name(column))
    }

    /// The part of the data that a problem found while reading makes unusable.
    pub(super) fn fault(&self, problem: Diagnostic) -> Fault {
        match &*self.mismatch.lock().expect("no visit panics") {
            Some((path, mismatch)) if *mismatch == problem => Fault::Lookup(path.clone(), None, problem),
            _ => Fault::of_scan(self.dataset, self.at, &self.read, problem),
        }
    }

    /// The values of all sources in a batch of the columns read.
    pub(super) fn values<'b>(
        &self,
        finders: &mut [Finder],
        batch: &'b Batch,
    ) -> Result<Vec<Cow<'b, Vector>>, Diagnostic> {
        let value = |place: &Place| match *place {
            Place::Read(at) => Cow::Borrowed(&*batch.columns[at]),
            Place::Lookup { .. } | Place::Unread => Cow::Owned(Vector::undefined(0, Cause::Blank)),
        };
        let mut values: Vec<Cow<Vector>> = self.places.iter().map(value).collect();
        for (used, finder) in self.lookups.iter().zip(finders) {
            let (found, failed) = self.rows(used, finder, &values, batch.rows)?;
            for (value, place) in values.iter_mut().zip(&self.places) {
                if let Place::Lookup { lookup, column } = *place
                    && lookup == used.at
                {
                    *value = Cow::Owned(used.lookup.column(column, &found).with_causes(&failed));
                }
            }
        }
        Ok(values)
    }

    /// Computes the values of some operations in all rows.
    fn read_all(
        &self,
        requested: &[NodeId],
        room: &mut Room,
    ) -> Result<(impl Iterator<Item = Vector> + use<>, Vec<Diagnostic>), Diagnostic> {
        let mut parts = vec![vec![]; requested.len()];
        let unmatched = self.visit_all(requested, &mut |columns| {
            room.grow(columns.iter().map(Vector::bytes).sum())?;
            parts.iter_mut().zip(columns).for_each(|(parts, column)| parts.push(column));
            Ok(())
        })?;
        // A column exists twice while its parts are concatenated.
        let longest = parts.iter().map(|parts| parts.iter().map(Vector::bytes).sum()).max().unwrap_or(0);
        room.grow(longest)?;
        Ok((parts.into_iter().map(|parts| Vector::concat(&parts)), unmatched))
    }

    /// Computes the values of some operations in all rows, and visits those of each batch, in the order of the rows.
    /// Returns warnings about lookups.
    pub(super) fn visit_all(
        &self,
        requested: &[NodeId],
        visit: &mut (dyn FnMut(Vec<Vector>) -> Result<(), Diagnostic> + Send),
    ) -> Result<Vec<Diagnostic>, Diagnostic> {
        self.visit_rows(requested, &mut |_, computed, _| visit(computed))
    }

    /// Visits the values of all sources and of some operations in each batch, with the number of its rows, in the order of
    /// the rows. Returns warnings about lookups.
    pub(super) fn visit_rows(&self, requested: &[NodeId], visit: VisitRows) -> Result<Vec<Diagnostic>, Diagnostic> {
        let state = Mutex::new((self.finders(), visit));
        self.dataset.scan(&Scan::within(&self.read, 1, self.budget), &|_, batch| {
            let steps = self.places.len() + STEPS_PER_KEY as usize;
            self.budget.spend(batch.rows.saturating_mul(steps), "reading rows")?;
            let (finders, visit) = &mut *state.lock().expect("no visit panics");
            let values = self.values(finders, batch)?;
            let computed = self.program.evaluate_within(self.budget, &values, batch.rows, requested)?;
            visit(&values, computed, batch.rows)
        })?;
        let (finders, _) = state.into_inner().expect("no visit panics");
        self.unmatched(&[&finders])
    }

    /// The values of one source. None if it cannot be read.
    pub(super) fn value<'b>(
        &self,
        at: usize,
        finders: &mut [Finder],
        batch: &'b Batch,
    ) -> Result<Option<Cow<'b, Vector>>, Diagnostic> {
        match self.places[at] {
            Place::Unread => Ok(None),
            Place::Read(column) => Ok(Some(Cow::Borrowed(&*batch.columns[column]))),
            Place::Lookup { .. } => Ok(Some(self.values(finders, batch)?.swap_remove(at))),
        }
    }

    /// The rows found for the keys of a batch, and the keys that failed. A key does not depend on its own lookup or on
    /// later ones.
    fn rows(
        &self,
        used: &Use<'_>,
        finder: &mut Finder,
        values: &[Cow<Vector>],
        rows: usize,
    ) -> Result<(Vec<u32>, Failed), Diagnostic> {
        let mut vectors: Vec<Cow<Vector>> = vec![];
        for &node in &used.keys {
            vectors.push(self.node(node, values, rows)?);
        }
        let (keys, time) = vectors.split_at(used.lookup.keys());
        for (at, key) in keys.iter().enumerate() {
            used.lookup.check(self.dataset.name(), at, key).inspect_err(|problem| {
                *self.mismatch.lock().expect("no visit panics") = Some((used.path.clone(), problem.clone()));
            })?;
        }
        let keys: Vec<&Vector> = keys.iter().map(|key| &**key).collect();
        let (found, mut failed) = used.lookup.find(finder, &keys, time.first().map(|time| &**time), rows)?;
        // The first key that fails gives the cause.
        vectors.iter().rev().for_each(|key| failed.extend(key.failures()));
        Ok((found, failed))
    }

    /// The values of an operation, from the values of the slots.
    fn node<'v>(
        &self,
        node: NodeId,
        values: &'v [Cow<'_, Vector>],
        rows: usize,
    ) -> Result<Cow<'v, Vector>, Diagnostic> {
        Ok(match self.program.node(node) {
            Node::Slot(slot) => Cow::Borrowed(&*values[*slot as usize]),
            _ => {
                let slots = &values[..self.slots];
                Cow::Owned(self.program.evaluate_within(self.budget, slots, rows, &[node])?.remove(0))
            }
        })
    }

    /// Fails if two rows at one time were reached and differ.
    pub(super) fn tied(&self, datasets: &[Arc<dyn Dataset>]) -> Result<(), Fault> {
        let tie = |used: &Use<'_>| {
            let (column, problem) = used.lookup.tied(&*datasets[used.dataset])?;
            Some(Fault::Lookup(used.path.clone(), Some(column), problem))
        };
        self.lookups.iter().find_map(tie).map_or(Ok(()), Err)
    }

    /// Returns true if the rows that look up in time have no time of day. The whole column decides, so that the result
    /// does not depend on the size of batches.
    fn is_day(&self, time: NodeId) -> Result<bool, Fault> {
        if self.program.slots_below([time]).is_empty() {
            let values = self.program.evaluate_within(self.budget, &[] as &[Vector], 1, &[time]);
            return values.map(|values| !Moment::is_any_in(&values[0])).map_err(Fault::Limit);
        }
        let (finders, is_day) = (Mutex::new(self.finders()), AtomicBool::new(true));
        let scanned = self.dataset.scan(&Scan::within(&self.read, 1, self.budget), &|_, batch| {
            self.budget.check("reading rows")?;
            let values = self.values(&mut finders.lock().expect("no visit panics"), batch)?;
            let times = self.node(time, &values, batch.rows)?;
            match Moment::is_any_in(&times) {
                false => Ok(()),
                // The rest need not be read.
                true => {
                    is_day.store(false, Ordering::Relaxed);
                    Err(Diagnostic::error(Code::LimitReached, "a time of day was found"))
                }
            }
        });
        match (is_day.into_inner(), scanned) {
            (false, _) => Ok(false),
            (true, scanned) => scanned.map(|()| true).map_err(|problem| self.fault(problem)),
        }
    }
}

/// Reads the keys, the time and the requested columns of a looked-up dataset.
fn read_lookup(
    reading: Reading,
    request: &LookupRequest,
    columns: &[NodeId],
    level: RowLevel,
    is_day: &dyn Fn(NodeId) -> Result<bool, Fault>,
    faults: &Faults,
) -> Result<Lookup, Fault> {
    let LookupRequest { keys, time, .. } = request;
    let (dataset, path) = (&*reading.datasets[level.dataset], level.path);
    let sources = Sources::new(reading, level, std::iter::empty(), Some(faults))?;
    let what = format!("the rows of `{}` that are looked up", dataset.name());
    let mut room = Room::new(&reading.request.budget, what);
    let is_readable =
        |at: usize| faults.of_node(level, columns[at]).is_none() && faults.of_looked_up(path, at).is_none();
    let mut requested: Vec<NodeId> = keys.iter().map(|key| key.there).collect();
    requested.extend(time.iter().map(|time| time.there));
    requested.extend(time.iter().filter_map(|time| Some(time.end.as_ref()?.there)));
    requested.extend((0..columns.len()).filter(|at| is_readable(*at)).map(|at| columns[at]));
    let (mut vectors, unmatched) =
        sources.read_all(&requested, &mut room).map_err(|problem| match sources.fault(problem) {
            Fault::Whole(problem) => Fault::Lookup(path.into(), None, problem),
            fault => fault,
        })?;
    sources.tied(reading.datasets)?;
    let keys: Keys = keys.iter().zip(vectors.by_ref()).map(|(key, vector)| (&*key.name, vector)).collect();
    let times = time.as_ref().and_then(|_| vectors.next());
    let ends = time.as_ref().and_then(|time| time.end.as_ref()).and_then(|_| vectors.next());
    let time = match time.as_ref().zip(times) {
        None => None,
        Some((time, times)) => {
            let is_any = [Some(&times), ends.as_ref()].into_iter().flatten().any(Moment::is_any_in);
            let is_day = time.grain.is_none() && is_any && is_day(time.here)?;
            Some(Times { time, times, ends, is_day })
        }
    };
    let columns = (0..columns.len()).map(|at| is_readable(at).then(|| vectors.next()).flatten());
    Lookup::new(dataset, &keys, time, columns, unmatched, room).map_err(|problem| match problem.code {
        Code::LimitReached => Fault::Limit(problem),
        _ => Fault::Lookup(path.into(), None, problem),
    })
}
