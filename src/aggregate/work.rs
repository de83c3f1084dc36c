//! Estimates the steps of an aggregation before it runs, in the units that it counts while it runs.

use std::collections::HashSet;
use std::sync::Arc;

use super::accumulate::StateKey;
use super::buckets::Bucketing;
use super::grouped;
use super::pass::{column_type, state_key};
use super::steps::{STEPS_PER_GROUP, STEPS_PER_KEY, row_steps};
use crate::data::{
    ColumnId, ColumnType, Dataset, DatasetRequest, Extent, Grain, GroupColumn, LookedUp, LookupRequest, Measure,
    Request, RowProgram, RowSource, TimeRange, WindowUnit,
};
use crate::program::{Node, NodeId};

/// The rows of a dataset that knows nothing about its size.
const UNKNOWN_ROWS: u64 = 1_000_000;
/// The different values of a column that knows nothing about them, unless there are fewer rows.
const UNKNOWN_KEYS: u64 = 1_000;
/// The days that a time column covers if it knows nothing about them, unless there are fewer rows: ten years.
const UNKNOWN_DAYS: u64 = 3_650;

/// What an aggregation takes, estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// The steps of reading all rows and of merging what they give.
    pub rows: u64,
    /// The steps of the measures of each group.
    pub each_group: u64,
    /// The number of groups.
    pub groups: u64,
    /// The number of combinations of keys, without time.
    pub keys: u64,
}

/// Estimates the work of a request. Conditions are assumed to keep all rows.
pub fn work(request: &Request, datasets: &[Arc<dyn Dataset>]) -> Work {
    let sizes: Vec<Size> = (0..request.datasets.len()).map(|at| Size::of(request, datasets, at)).collect();
    let rows = sizes.iter().map(|size| size.read(request, datasets)).fold(0, u64::saturating_add);
    let merged = request.measures.iter().map(|measure| sizes[measure.dataset].merged(request, measure));
    let keys = sizes.iter().map(|size| size.keys).max().unwrap_or(1).max(1);
    Work {
        rows: merged.fold(rows, u64::saturating_add),
        each_group: (request.measures.len() as u64).saturating_mul(STEPS_PER_GROUP),
        groups: groups(request, &sizes, keys),
        keys,
    }
}

/// The number of groups. A time axis has no gaps if the query groups by nothing else.
fn groups(request: &Request, sizes: &[Size], keys: u64) -> u64 {
    let found = || sizes.iter().map(|size| size.days).max().unwrap_or(1);
    let within = |(first, end): (i32, i32)| {
        let ticks = u64::try_from(i64::from(end) - i64::from(first)).unwrap_or(0);
        ticks.div_ceil(u64::from(request.calendar.ticks_per_day().unsigned_abs()))
    };
    let days = request.period.map_or_else(found, within);
    let groups = keys.saturating_mul(request.grain.map_or(1, |grain| periods(days, grain)));
    let rows = sizes.iter().map(|size| size.rows).fold(0, u64::saturating_add).max(1);
    let most = if request.by.is_empty() || request.every_period { u64::MAX } else { rows };
    groups.min(most).min(request.max_groups as u64).saturating_add(request.totals.into())
}

/// The number of periods that some days touch.
fn periods(days: u64, grain: Grain) -> u64 {
    let whole = days.saturating_mul(HOURS_PER_DAY).div_ceil(grain.least_hours());
    whole.saturating_add(u64::from(grain > Grain::Day))
}

const HOURS_PER_DAY: u64 = 24;

/// The estimated size of a dataset in a request.
struct Size<'r> {
    at: usize,
    requested: &'r DatasetRequest,
    /// The number of rows; 0 if the dataset is skipped.
    rows: u64,
    /// The number of combinations of keys.
    keys: u64,
    /// The number of days that the rows cover.
    days: u64,
    /// The number of time buckets.
    buckets: u64,
    bucketing: Bucketing,
}

impl<'r> Size<'r> {
    fn of(request: &'r Request, datasets: &[Arc<dyn Dataset>], at: usize) -> Self {
        let requested = &request.datasets[at];
        let rows = if requested.skipped { 0 } else { rows_of(&*datasets[requested.dataset]) };
        let distinct = |source: &RowSource| distinct(datasets, requested.dataset, &requested.rows, source);
        let key = |column: &GroupColumn| match column {
            GroupColumn::Source(source) => distinct(source),
            GroupColumn::Computed(node) => {
                let slots = requested.rows.program.slots_below([*node]);
                slots.iter().map(|&slot| distinct(&requested.rows.slots[slot as usize])).fold(1, u64::saturating_mul)
            }
        };
        let keys = requested.by.iter().flatten().map(key).fold(1, u64::saturating_mul).min(rows).max(1);
        let days = requested.time.as_ref().map_or(1, |time| {
            let grain = match time {
                GroupColumn::Source(source) => {
                    column_type(datasets, requested.dataset, &requested.rows, source).grain()
                }
                GroupColumn::Computed(_) => None,
            };
            key(time).saturating_mul(grain.map_or(HOURS_PER_DAY, Grain::least_hours)).div_ceil(HOURS_PER_DAY)
        });
        let bucketing = Bucketing::of(request, at);
        let buckets = match bucketing {
            Bucketing::None => 1,
            Bucketing::Within(_) => 2,
            Bucketing::Grain(_, grain) => periods(days, grain),
            Bucketing::Starts(_, grain) | Bucketing::Ends(_, grain) => 2 * periods(days, grain),
        };
        Self { at, requested, rows, keys, days, buckets, bucketing }
    }

    /// The steps of reading the rows into the states of the measures.
    fn read(&self, request: &Request, datasets: &[Arc<dyn Dataset>]) -> u64 {
        let measures = || request.measures.iter().filter(|measure| measure.dataset == self.at);
        let selections: HashSet<&[NodeId]> = measures().map(|measure| &measure.conditions[..]).collect();
        let states: HashSet<(&[NodeId], StateKey)> =
            measures().map(|measure| (&measure.conditions[..], state_key(self.requested, measure, 0))).collect();
        let conditions: u64 = selections.iter().map(|conditions| conditions.len() as u64).sum();
        let states: u64 = states.iter().map(|(_, state)| state.steps()).sum();
        // A row that holds over an interval is collected at its start and at its end.
        let times = if self.requested.end.is_some() { 2 } else { 1 };
        let each = row_steps(self.requested) + times * (conditions + states);
        self.rows.saturating_mul(each.saturating_add(self.requested.rows.program.steps())).saturating_add(
            match self.rows {
                0 => 0,
                _ => looked_up(request, &self.requested.rows, datasets),
            },
        )
    }

    /// The steps of merging the cells of a measure, all groups together.
    fn merged(&self, request: &Request, measure: &Measure) -> u64 {
        let state = state_key(self.requested, measure, 0);
        let cells = self.keys.saturating_mul(self.buckets).min(self.rows);
        // Counts and sums move with a window. Other states, which may hold every value, are merged anew.
        let again = match state.can_remove() {
            true => 1,
            // Each is merged at its start and at its end, and gone through in the periods in between.
            false if self.requested.end.is_some() => 2 + request.grain.map_or(1, |grain| periods(self.days, grain)) / 4,
            false => self.overlap(request, measure.range),
        };
        let held = if state.holds_values() { self.rows } else { cells };
        let total = if request.totals { 2 } else { 1 };
        held.saturating_mul(again).saturating_mul(total)
    }

    /// In how many groups a row counts.
    fn overlap(&self, request: &Request, range: TimeRange) -> u64 {
        let Bucketing::Grain(..) = self.bucketing else { return 1 };
        overlap(request.grain, range, self.days)
    }
}

/// In how many periods of a grain each day counts, if a range is taken around the periods. `days` is the number of days
/// with rows.
pub fn overlap(grain: Option<Grain>, range: TimeRange, days: u64) -> u64 {
    let (Some(grain), Extent::Window(count, unit)) = (grain, range.extent) else { return 1 };
    let window = u64::from(count).saturating_mul(match unit {
        WindowUnit::Hours => 1,
        WindowUnit::Days => HOURS_PER_DAY,
        WindowUnit::Months => HOURS_PER_DAY * 30,
        WindowUnit::IsoYears => HOURS_PER_DAY * 365,
    });
    window.min(days.saturating_mul(HOURS_PER_DAY)).div_ceil(grain.least_hours()).max(1)
}

/// The steps of reading the datasets that rows look up.
fn looked_up(request: &Request, rows: &RowProgram, datasets: &[Arc<dyn Dataset>]) -> u64 {
    let of = |lookup: &LookupRequest| match &lookup.columns {
        LookedUp::Row(columns) => {
            let each = (columns.len() as u64 + STEPS_PER_KEY).saturating_add(lookup.rows.program.steps());
            let read = rows_of(&*datasets[lookup.dataset]).saturating_mul(each);
            read.saturating_add(looked_up(request, &lookup.rows, datasets))
        }
        LookedUp::Group { measures, time, .. } => {
            let Work { rows, each_group, groups, .. } =
                work(&grouped::request(request, lookup, measures, *time), datasets);
            let keys = STEPS_PER_KEY.saturating_mul(lookup.keys.len() as u64);
            rows.saturating_add(each_group.saturating_add(keys).saturating_mul(groups))
        }
    };
    rows.lookups.iter().map(of).fold(0, u64::saturating_add)
}

fn rows_of(dataset: &dyn Dataset) -> u64 {
    dataset.about_rows().unwrap_or(UNKNOWN_ROWS)
}

/// About how many different values a source has; different days if it holds dates.
fn distinct(datasets: &[Arc<dyn Dataset>], dataset: usize, rows: &RowProgram, source: &RowSource) -> u64 {
    let of_column = |at: usize, column: ColumnId| {
        let dataset = &*datasets[at];
        let unknown = match dataset.schema().column(column).ty {
            ColumnType::Boolean => 2,
            ColumnType::Date => UNKNOWN_DAYS,
            ColumnType::Period(grain) => periods(UNKNOWN_DAYS, grain),
            ColumnType::Number | ColumnType::Text | ColumnType::Unknown => UNKNOWN_KEYS,
        };
        dataset.about_distinct(column).unwrap_or_else(|| unknown.min(rows_of(dataset)))
    };
    match *source {
        RowSource::Column(column) => of_column(dataset, column),
        RowSource::Lookup { lookup, column } => {
            let LookupRequest { dataset, rows, columns, .. } = &rows.lookups[lookup];
            match columns.argument(column).map(|argument| rows.program.node(argument)) {
                Some(Node::Slot(slot)) => distinct(datasets, *dataset, rows, &rows.slots[*slot as usize]),
                _ => UNKNOWN_KEYS.min(rows_of(&*datasets[*dataset])),
            }
        }
    }
}
