//! Completes the inner groups of all `each`: builds their requests and finds those that cannot be computed.

use std::collections::{BTreeSet, HashMap};

use super::Build;
use crate::data::{DatasetRequest, Extent, InForce, Measure, TimeRange};
use crate::plan::inner::{Inner, InnerValues, Input, PlannedEach};
use crate::plan::lower::formula::{Extra, FIRST_EXTRA, Grouping, GroupingId, Planner};
use crate::plan::planner::Constants;
use crate::plan::refused::needing;
use crate::plan::world::World;
use crate::program::{NodeId, Program};
use crate::syntax::ast::Path;

/// A request, and what belongs to it.
pub(super) struct Completed {
    pub inner: Inner,
    /// The positions of the datasets that cannot be requested.
    refused: BTreeSet<usize>,
}

/// What a grouping reads, which decides where the groups around it have data.
type Read = Vec<((usize, Option<(Path, World)>), TimeRange, InForce)>;

impl Build<'_> {
    /// Builds the requests of all inner groups, in order.
    pub(super) fn complete_inner(&mut self) -> Vec<Completed> {
        self.planner.place_around();
        self.planner.leave_out_silent();
        (1..=self.planner.inner.len()).map(|id| self.complete_at(GroupingId(id))).collect()
    }

    fn complete_at(&mut self, id: GroupingId) -> Completed {
        self.planner.exchange(id);
        self.needs_dates();
        let completed = self.complete();
        self.planner.exchange(id);
        completed
    }

    /// Builds the request of the current groups.
    pub(super) fn complete(&mut self) -> Completed {
        let datasets = self.planner.here.bindings.requested();
        let names = datasets.iter().map(|&dataset| self.planner.here.bindings.name(dataset).clone()).collect();
        let (requests, refused): (Vec<DatasetRequest>, _) = self.requests(&datasets);
        self.planner.here.number_extras();
        let request = self.request(requests);
        let here = &mut self.planner.here;
        let formulas = std::mem::take(&mut here.formulas);
        let inputs = std::mem::take(&mut here.extras).into_iter().map(|extra| input(extra, &formulas)).collect();
        let (program, follows_period, level) = (std::mem::take(&mut here.program), here.follows_period, here.level);
        let inner = Inner { request, program, inputs, follows_period, level, datasets: names };
        Completed { inner, refused }
    }
}

fn input(extra: Extra, formulas: &HashMap<u32, NodeId>) -> Input {
    match extra {
        Extra::Each(each) => Input::Each(each),
        Extra::Key(column, ty) => Input::Key(column, ty),
        Extra::Free => Input::Free,
        Extra::Length(length, number) => {
            Input::Length(length, number.and_then(|number| formulas.get(&number).copied()))
        }
    }
}

impl Planner<'_> {
    /// Requests what inner groups read for the groups around them, which are then found wherever these have data.
    fn place_around(&mut self) {
        let deepest = self.inner.values().map(|grouping| grouping.level).max().unwrap_or(0);
        for level in (0..deepest).rev() {
            let ids = (1..=self.inner.len()).filter(|&id| self.inner[id - 1].level == level).map(GroupingId);
            let ids: Vec<GroupingId> = if level == 0 { vec![GroupingId::default()] } else { ids.collect() };
            for id in ids {
                let grouping = if level == 0 { &self.here } else { &self.inner[id.0 - 1] };
                let read: Read = grouping.each().flat_map(|each| self.read(&each.groups, grouping.by.len())).collect();
                let all = grouping.each().flat_map(PlannedEach::values);
                let unplaced: BTreeSet<usize> =
                    all.filter(|values| !self.inner[values.inner].is_placed_by(values)).map(|it| it.inner).collect();
                let grouping = if level == 0 { &mut self.here } else { &mut self.inner[id.0 - 1] };
                grouping.place(read, &mut self.constants);
                unplaced.into_iter().for_each(|at| self.inner[at].count_rows());
            }
        }
    }

    /// Leaves out the combinations of keys and periods without rows, in which no formula has a value: there are far more
    /// of them than of the others.
    fn leave_out_silent(&mut self) {
        let groupings = std::iter::once(&self.here).chain(self.inner.values());
        let values = groupings.flat_map(Grouping::each).flat_map(PlannedEach::values);
        let silent: BTreeSet<usize> =
            values.filter(|values| !self.inner[values.inner].needs_rows(values)).map(|values| values.inner).collect();
        for (at, grouping) in self.inner.values_mut().enumerate() {
            grouping.every_period &= grouping.by.is_empty() || silent.contains(&at);
        }
    }

    /// The datasets that a formula over inner groups reads, and the days that it takes around a period of the
    /// surrounding groups. `columns` is the number of their grouping columns.
    fn read(&self, values: &InnerValues, columns: usize) -> Read {
        let inner = &self.inner[values.inner];
        let requested = inner.bindings.requested_times();
        let current = || [(TimeRange::CURRENT, InForce::AtEnd)].into_iter();
        let read = |slot: u32| match slot.checked_sub(FIRST_EXTRA) {
            None => {
                let measure = &inner.measures[slot as usize];
                let own = Some((measure.range, measure.in_force)).filter(|_| measure.places_groups());
                let read = current().chain(own);
                read.map(|(range, in_force)| (requested[measure.dataset].clone(), range, in_force)).collect()
            }
            Some(extra) => match &inner.extras[extra as usize] {
                Extra::Each(each) => self.read(&each.groups, inner.by.len()),
                Extra::Key(..) | Extra::Length(..) | Extra::Free => vec![],
            },
        };
        let read = inner.program.slots_below(values.nodes()).into_iter().flat_map(read);
        let around = |(dataset, range, in_force): ((usize, Option<(Path, World)>), _, _)| {
            let range = Some(values.range.unwrap_or(range)).filter(|range| range.extent != Extent::All);
            let range = range.filter(|_| columns == values.kept.len()).map(|range| (range, in_force));
            current().chain(range).map(move |(range, in_force)| (dataset.clone(), range, in_force))
        };
        read.flat_map(around).collect()
    }
}

impl Grouping<'_> {
    fn each(&self) -> impl Iterator<Item = &PlannedEach> {
        self.extras.iter().filter_map(|extra| match extra {
            Extra::Each(each) => Some(&**each),
            Extra::Key(..) | Extra::Length(..) | Extra::Free => None,
        })
    }

    /// Returns true if an input of a formula over these groups says which of them have rows.
    fn is_placed_by(&self, values: &InnerValues) -> bool {
        self.program.slots_below(values.nodes()).into_iter().any(|slot| self.places(slot))
    }

    /// Returns true if a formula over these groups has no value in those without rows.
    fn needs_rows(&self, values: &InnerValues) -> bool {
        self.program.required_slots(values.nodes()).into_iter().any(|slot| self.places(slot))
    }

    fn places(&self, slot: u32) -> bool {
        match slot.checked_sub(FIRST_EXTRA) {
            None => self.measures[slot as usize].places_groups(),
            Some(extra) => match &self.extras[extra as usize] {
                Extra::Each(each) => each.places_groups(self.by.len()),
                Extra::Key(..) | Extra::Length(..) | Extra::Free => false,
            },
        }
    }

    /// Counts the rows of all datasets in the groups.
    fn count_rows(&mut self) {
        let datasets = self.bindings.requested_times().len();
        self.measures.extend((0..datasets).map(|dataset| Measure::rows(dataset, TimeRange::CURRENT, InForce::AtEnd)));
    }

    /// Requests these datasets, and counts their rows in other days than those of the group.
    fn place(&mut self, read: Read, constants: &mut Constants) {
        if self.by.is_empty() && self.grain.is_none() {
            return;
        }
        for ((dataset, on), range, in_force) in read {
            let dataset = match on {
                None => self.bindings.request(dataset),
                // Where it is an error, the measures of the inner groups have reported it.
                Some((on, world)) => match constants.within(world, |it| self.bindings.request_on(dataset, &on, it)) {
                    Ok(dataset) => dataset,
                    Err(_) => continue,
                },
            };
            if (range, in_force) != (TimeRange::CURRENT, InForce::AtEnd) {
                self.measures.insert(Measure::rows(dataset, range, in_force));
            }
        }
    }
}

/// For each of these inner groups, the operations that need data that cannot be requested.
pub(super) fn refused_nodes(completed: &[Completed]) -> Vec<Vec<bool>> {
    let mut nodes: Vec<Vec<bool>> = vec![vec![]; completed.len()];
    let deepest = completed.iter().map(|it| it.inner.level).max().unwrap_or(0);
    for level in (1..=deepest).rev() {
        for (at, completed) in completed.iter().enumerate().filter(|(_, it)| it.inner.level == level) {
            nodes[at] = needing(&completed.inner.program, |slot| completed.refuses(slot, &nodes));
        }
    }
    nodes
}

impl Completed {
    /// Returns true if a slot needs data that cannot be requested. `nodes` are the operations of inner groups that do.
    pub(super) fn refuses(&self, slot: u32, nodes: &[Vec<bool>]) -> bool {
        let measures = &self.inner.request.measures;
        match measures.get(slot as usize) {
            Some(measure) => self.refused.contains(&measure.dataset),
            None => match &self.inner.inputs[slot as usize - measures.len()] {
                Input::Key(..) | Input::Length(..) | Input::Free => false,
                Input::Each(each) => {
                    each.values().any(|values| values.nodes().any(|id| nodes[values.inner][id.0 as usize]))
                }
            },
        }
    }

    /// The formulas.
    pub(super) fn program(&self) -> &Program {
        &self.inner.program
    }
}
