//! Aggregates the rows of a dataset that have the same keys, for the rows that look these groups up.

use std::sync::Arc;

use super::faults::{Fault, Faults};
use super::lookup::Lookup;
use super::room::Room;
use super::steps::STEPS_PER_KEY;
use crate::data::{
    Aggregated, Calendar, ColumnId, Dataset, DatasetRequest, GroupColumn, LookedUp, LookupRequest, Measure, MeasureId,
    Request, RowSource,
};
use crate::diagnostic::Diagnostic;

/// Aggregates a request.
pub(super) type AggregateGroups = fn(&[Arc<dyn Dataset>], &Request) -> Result<Aggregated, Diagnostic>;

/// What the rows of a request are read with.
#[derive(Clone, Copy)]
pub(super) struct Reading<'r> {
    pub(super) datasets: &'r [Arc<dyn Dataset>],
    pub(super) request: &'r Request,
    /// Aggregates the groups that rows look up.
    pub(super) aggregate: AggregateGroups,
}

/// The request for the groups that a lookup finds. Nothing of the request around it applies but its limits.
pub(super) fn request(
    around: &Request,
    lookup: &LookupRequest,
    measures: &[Measure],
    time: Option<ColumnId>,
) -> Request {
    let requested = DatasetRequest {
        dataset: lookup.dataset,
        rows: lookup.rows.clone(),
        time_name: None,
        time: time.map(|time| GroupColumn::Source(RowSource::Column(time))),
        end: None,
        data_end: None,
        by: lookup.keys.iter().map(|key| Some(GroupColumn::Computed(key.there))).collect(),
        filters: vec![],
        may_lack_time: false,
        skipped: false,
    };
    Request {
        datasets: vec![requested],
        by: lookup.keys.iter().map(|key| key.name.clone()).collect(),
        measures: measures.to_vec(),
        threads: around.threads,
        max_groups: around.max_groups,
        ..Request::none(Calendar { by_hour: false, ..around.calendar }, around.budget.clone())
    }
}

/// Aggregates the groups that a lookup finds. `path` leads to the lookup.
pub(super) fn read(reading: Reading, lookup: &LookupRequest, path: &[usize], faults: &Faults) -> Result<Lookup, Fault> {
    let LookedUp::Group { measures, time, .. } = &lookup.columns else { unreachable!("the lookup finds groups") };
    let inner = request(reading.request, lookup, measures, *time);
    let found = (reading.aggregate)(reading.datasets, &inner).map_err(Fault::Limit)?;
    let mut columns: Vec<Option<_>> = found.measures.into_iter().map(|measure| Some(measure.values)).collect();
    if let (true, Some((_, reason))) = (found.refused.len() == columns.len(), found.refused.first()) {
        return Err(Fault::Lookup(path.into(), None, reason.clone()));
    }
    for (MeasureId(at), reason) in found.refused {
        let at = at as usize;
        if faults.of_looked_up(path, at).is_none() {
            return Err(Fault::Lookup(path.into(), Some(at), reason));
        }
        columns[at] = None;
    }
    let budget = &reading.request.budget;
    let steps = found.groups.len().saturating_mul(STEPS_PER_KEY as usize * lookup.keys.len());
    budget.spend(steps, "aggregating").map_err(Fault::Limit)?;
    let dataset = &*reading.datasets[lookup.dataset];
    let room = Room::new(budget, format!("the groups of `{}` by {}", dataset.name(), names(lookup)));
    Lookup::of_groups(dataset.name(), lookup.keys.len(), &found.groups, columns, found.notes, room)
        .map_err(Fault::Limit)
}

/// The names of the keys: `` `customer`, `region` ``.
fn names(lookup: &LookupRequest) -> String {
    lookup.keys.iter().map(|key| format!("`{}`", key.name)).collect::<Vec<_>>().join(", ")
}
