//! Aggregates values that have been computed, such as those of inner groups, with the states that rows have.

use super::accumulate::{Fold, Rows, State, StateKey};
use super::room::Room;
use crate::budget::Budget;
use crate::data::{Aggregate, Dropped, InForce, Measure, TimeRange};
use crate::diagnostic::Diagnostic;
use crate::program::NodeId;
use crate::value::{Cause, Cell, Vector};

/// Aggregates values by group. `group_of` is the group of each value, counted from 1; 0 for values that do not count.
/// Returns the value of each of the groups, and the number of values it is computed from. The value of a group without
/// defined values is `Cause::Blank`.
///
/// # Errors
/// A limit of time or memory.
pub fn regroup(
    aggregate: Aggregate,
    distinct: bool,
    values: &Vector,
    group_of: &[u32],
    groups: usize,
    budget: &Budget,
) -> Result<Vec<(Cell, u64)>, Diagnostic> {
    let measure = over_all_rows(aggregate, distinct);
    let room = || Room::new(budget, "the values of inner groups");
    let key = StateKey::of(&measure, 0);
    budget.spend(group_of.len().saturating_mul(key.steps() as usize), "aggregating")?;
    let mut state = State::new(&key, room());
    let rows = Rows {
        cells: group_of,
        failed: &[],
        weights: None,
        len: groups + 1,
        values: Some(values),
        times: &[],
        by: vec![],
    };
    state.update(&rows)?;
    state.finish(groups + 1)?;
    let mut present = vec![0_u64; groups + 1];
    for (row, &group) in group_of.iter().enumerate() {
        present[group as usize] += u64::from(values.cause(row).is_none());
    }
    let (mut fold, mut ticker, mut room) = (state.values.fold(), budget.ticker(), room());
    let folded = present.iter().enumerate().skip(1).map(|(group, &present)| {
        ticker.tick("aggregating")?;
        Ok((folded(&mut *fold, &measure, group, present, &mut room)?, present))
    });
    folded.collect()
}

fn folded(
    fold: &mut dyn Fold,
    measure: &Measure,
    group: usize,
    present: u64,
    room: &mut Room,
) -> Result<Cell, Diagnostic> {
    if present == 0 {
        return Ok(Err(Cause::Blank));
    }
    fold.clear();
    fold.add(group, room)?;
    Ok(fold.value(measure, present))
}

/// The measure of all values in a group.
pub(super) fn over_all_rows(aggregate: Aggregate, distinct: bool) -> Measure {
    Measure {
        dataset: 0,
        aggregate,
        argument: Some(NodeId(0)),
        distinct,
        by: vec![],
        conditions: vec![],
        dropped: Dropped::Columns(vec![]),
        in_force: InForce::AtEnd,
        range: TimeRange::CURRENT,
        total: None,
    }
}
