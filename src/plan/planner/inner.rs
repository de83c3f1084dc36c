//! Completes the inner groups of all `each`: builds their requests and finds those that cannot be computed.

use std::collections::BTreeSet;

use super::Build;
use crate::data::{Aggregate, ColumnId, DatasetRequest, Dropped, Extent, InForce, Measure, TimeRange};
use crate::plan::inner::{Inner, InnerValues, Input, PlannedEach};
use crate::plan::lower::formula::{Extra, Grouping, GroupingId, Planner};
use crate::plan::refused::needing;
use crate::program::Program;

/// A request, and what belongs to it.
pub(super) struct Completed {
    pub inner: Inner,
    /// The positions of the datasets that cannot be requested.
    refused: BTreeSet<usize>,
}

/// What a grouping reads, which decides where the groups around it have data.
type Read = Vec<((usize, Option<ColumnId>), TimeRange, InForce)>;

impl Build<'_> {
    /// Builds the requests of all inner groups, in order.
    pub(super) fn complete_inner(&mut self) -> Vec<Completed> {
        self.planner.place_around();
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
        let inputs = std::mem::take(&mut here.extras).into_iter().map(input).collect();
        let inner =
            Inner { request, program: std::mem::take(&mut here.program), inputs, level: here.level, datasets: names };
        Completed { inner, refused }
    }
}

fn input(extra: Extra) -> Input {
    match extra {
        Extra::Each(each) => Input::Each(each),
        Extra::Key(column, ty) => Input::Key(column, ty),
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
                let grouping = if level == 0 { &mut self.here } else { &mut self.inner[id.0 - 1] };
                grouping.place(read);
            }
        }
    }

    /// The datasets that inner groups read, and the days that they take around a period of the surrounding groups.
    fn read(&self, values: &InnerValues, columns: usize) -> Read {
        let inner = &self.inner[values.inner];
        let requested = inner.bindings.requested_times();
        // A measure that drops a column or the period does not determine to which groups its rows belong.
        let places = |range: TimeRange, dropped: &Dropped| {
            columns == values.kept.len() && range.extent != Extent::All && *dropped == Dropped::Columns(vec![])
        };
        let own = |measure: &Measure| {
            let range = values.range.unwrap_or(measure.range);
            let read = (requested[measure.dataset], range, measure.in_force);
            places(range, &measure.dropped).then_some(read)
        };
        inner
            .measures
            .iter()
            .filter_map(own)
            .chain(requested.iter().map(|&dataset| (dataset, TimeRange::CURRENT, InForce::AtEnd)))
            .collect()
    }
}

impl Grouping<'_> {
    fn each(&self) -> impl Iterator<Item = &PlannedEach> {
        self.extras.iter().filter_map(|extra| match extra {
            Extra::Each(each) => Some(&**each),
            Extra::Key(..) => None,
        })
    }

    /// Requests these datasets, and counts their rows in other days than those of the group.
    fn place(&mut self, read: Read) {
        if self.by.is_empty() && self.grain.is_none() {
            return;
        }
        for ((dataset, on), range, in_force) in read {
            let dataset = self.bindings.request(dataset, on);
            if (range, in_force) != (TimeRange::CURRENT, InForce::AtEnd) {
                self.measures.insert(Measure {
                    dataset,
                    aggregate: Aggregate::Count,
                    argument: None,
                    distinct: false,
                    by: vec![],
                    conditions: vec![],
                    dropped: Dropped::Columns(vec![]),
                    in_force,
                    range,
                    total: None,
                });
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
                Input::Key(..) => false,
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
