//! What is asked of data, and what comes back: measure instances over groups.
//!
//! A [`Measure`] is one aggregate of one dataset in one context. A [`Source`] aggregates all measures of a query at
//! once; formulas over them are evaluated elsewhere.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::calendar::{Calendar, Grain, Period};
use super::dataset::Dataset;
use super::schema::ColumnId;
use crate::budget::Budget;
pub use crate::builtin::Aggregate;
use crate::diagnostic::Diagnostic;
use crate::program::{Node, NodeId, Program};
use crate::value::Vector;

/// Who can aggregate: memory, files, a warehouse.
///
/// [`Embedded`](crate::Embedded) reads rows and aggregates them in this process. A source of your own answers where the
/// data are; what it cannot answer itself it can leave to `Embedded`, which needs only that its datasets can be scanned.
/// `examples/column_store.rs` does that. [`source_conformance`](crate::testing::source_conformance) compares its answers
/// with those of `Embedded`. An answer of the wrong shape is an error of the evaluation, not a panic.
///
/// # What an answer holds
///
/// * **Groups.** Without grouping there is one group, also of no rows. Grouped by columns only, there is a group for each
///   combination of keys that a row of any dataset has, after [`DatasetRequest::filters`]. Grouped by time, the axis is
///   every period from the first to the last that [`Request::period`] touches, or that has rows: periods without rows
///   in between are groups as well, for each combination of keys. With [`Request::totals`], a group over all rows comes
///   last. At most [`Request::max_groups`] groups are made, else the answer is an error with the code `limit-reached`.
/// * **Order.** By period, then by keys: blank first, then numbers by value, texts by code point, dates by time.
/// * **Keys** are texts: trimmed, in NFC, numbers without trailing zeros, days as `2026-03-31`. A blank key is `None`.
/// * **Shifts and windows.** A measure whose [`TimeRange`] is shifted takes the rows of another period for the group: a
///   shifted measure of March is that of February's rows with the same keys. Which days those are tells
///   [`Calendar::range`](crate::Calendar). They may be days before [`Request::period`], which limits groups, not rows.
/// * **Values.** Where a dataset has rows in the group and conditions keep none of them, `sum` and `count` are 0. Every
///   other missing value has a [`Cause`](crate::Cause):
///   `NoRows` where the dataset has no row at all in the group and range,
///   `OutsideData` where the range of a shifted or widened measure lies outside of the days that the dataset's rows
///   stand for, `NoRowsKept` where rows are there and conditions keep none of them, `Blank` where the values of all rows
///   kept are blank, `ManyRows` of `only`, and `NotSplit` where [`DatasetRequest::by`] has no column to split by.
///   Where a row failed (a division by zero, an overflow), the value is undefined with the most frequent such cause.
/// * **Counts.** Blank values and conditions are counted as skipped, never as zero.
pub trait Source {
    /// The datasets by name.
    fn datasets(&self) -> &[Arc<dyn Dataset>];

    /// Aggregates all measures of a query over its groups. Data that cannot be read costs the measures that need it
    /// ([`Aggregated::refused`]), and no others.
    ///
    /// # Errors
    /// A limit that is reached, or a source that cannot answer at all.
    fn aggregate(&self, request: &Request) -> Result<Aggregated, Vec<Diagnostic>>;
}

/// The most measures of one request.
pub const MAX_MEASURES: usize = 10_000;

/// A measure of a [`Request`]: its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct MeasureId(pub u32);

/// All that a query needs from data.
#[derive(Debug, Clone)]
pub struct Request {
    /// The datasets that measures read; lookups come with the dataset that looks up.
    pub datasets: Vec<DatasetRequest>,
    /// The grouping columns beside time, in the order of the result.
    pub by: Vec<Arc<str>>,
    /// The grain of the time axis, where the query groups by time.
    pub grain: Option<Grain>,
    /// When years start.
    pub calendar: Calendar,
    /// `--period`: the first day and the day after the last one. With a grain, the axis is the periods that it touches.
    pub period: Option<(i32, i32)>,
    /// The one calendar period that `--period` names, where it names one: what contexts are around in a result that is
    /// not grouped by time, and in the total.
    pub single: Option<Period>,
    /// True if a last group over the whole axis and all keys is wanted.
    pub totals: bool,
    /// The measures.
    pub measures: Vec<Measure>,
    /// How many threads may work.
    pub threads: usize,
    /// At most that many groups (periods × keys, before contexts), else `limit-reached`.
    pub max_groups: usize,
    /// What the query may still take.
    pub(crate) budget: Budget,
}

impl Request {
    /// The end of the time limit, for a source that asks another system.
    pub fn deadline(&self) -> Option<Instant> {
        self.budget.deadline()
    }

    /// Fails if the time is up or the host has canceled the query: call it before each piece of work of about a
    /// millisecond. `doing` completes "while", such as `reading rows`.
    ///
    /// # Errors
    /// The limit that was reached, with `limit-reached`.
    pub fn check(&self, doing: &str) -> Result<(), Diagnostic> {
        self.budget.check(doing)
    }
}

/// What is read of one dataset.
#[derive(Debug, Clone)]
pub struct DatasetRequest {
    /// Which: a position in `Source::datasets`.
    pub dataset: usize,
    /// The row expressions of all measures and conditions.
    pub rows: RowProgram,
    /// The time column, where the query or an aggregate (`first`, `last`) needs one.
    pub time: Option<RowSource>,
    /// Where each column of `by` comes from; None: this dataset cannot be split by it.
    pub by: Vec<Option<GroupColumn>>,
    /// `--where`: rows for which one of these is not true are as if not there, and counted where that is for a blank. A
    /// row that one of them fails in makes all measures of its group undefined.
    pub filters: Vec<NodeId>,
    /// True if it is not to be read, as nothing that is asked for needs it: it has no groups and its measures no rows.
    pub skipped: bool,
}

/// Row expressions of one dataset, and what they start from.
#[derive(Debug, Clone, Default)]
pub struct RowProgram {
    /// The operations.
    pub program: Program,
    /// What the slots of the program are.
    pub slots: Vec<RowSource>,
    /// The datasets that rows look up; the key of each needs earlier ones only.
    pub lookups: Vec<LookupRequest>,
}

/// What rows look up in another dataset: each key finds at most one row there.
#[derive(Debug, Clone)]
pub struct LookupRequest {
    /// The looked-up dataset: a position in `Source::datasets`.
    pub dataset: usize,
    /// The key here: an operation of the program that the lookup belongs to.
    pub key: NodeId,
    /// The row expressions there.
    pub rows: RowProgram,
    /// The key there, an operation of `rows`; a duplicate is an error.
    pub other_key: NodeId,
    /// What the key there is called.
    pub other_key_name: Arc<str>,
    /// What is wanted there: operations of `rows`.
    pub columns: Vec<NodeId>,
}

impl RowProgram {
    /// The column that an operation reads, where it does nothing else.
    pub fn column(&self, node: NodeId) -> Option<ColumnId> {
        let Node::Slot(slot) = self.program.node(node) else { return None };
        match self.slots[*slot as usize] {
            RowSource::Column(column) => Some(column),
            RowSource::Lookup { .. } => None,
        }
    }
}

/// Where a row expression finds a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RowSource {
    /// A column of the dataset.
    Column(ColumnId),
    /// A column of a lookup: a position in `RowProgram::lookups`, and one in its `columns`.
    Lookup {
        /// Which lookup.
        lookup: usize,
        /// Which of its columns.
        column: usize,
    },
}

/// Where a grouping column comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GroupColumn {
    /// A stored value.
    Source(RowSource),
    /// A computed one: a node of the dataset's program.
    Computed(NodeId),
}

/// One aggregate of one dataset in one context. Equal measures are one measure.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Measure {
    /// A position in `Request::datasets`.
    pub dataset: usize,
    /// What is computed.
    pub aggregate: Aggregate,
    /// Of which row expression; None for `count(dataset)`.
    pub argument: Option<NodeId>,
    /// True if equal values count once.
    pub distinct: bool,
    /// `by` of `first` and `last`: each combination of these contributes its own row.
    pub by: Vec<NodeId>,
    /// Row conditions that all hold, sorted and without duplicates.
    pub conditions: Vec<NodeId>,
    /// The grouping columns that do not apply.
    pub dropped: Dropped,
    /// The rows' time, relative to the group's period: that of the time axis, else [`Request::single`].
    pub range: TimeRange,
    /// The same in the total of a result that is grouped by time, relative to [`Request::single`] or to the whole axis;
    /// None where it means nothing there.
    pub total: Option<TimeRange>,
}

/// Which grouping columns do not apply: `Vec` holds positions in `Request::by`, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dropped {
    /// These (none: all apply).
    Columns(Vec<usize>),
    /// All of them.
    All,
}

/// A range of time relative to a period: the extent is taken around the period, then both ends are shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeRange {
    /// How far both ends are moved.
    pub shift: Shift,
    /// What is taken around the period.
    pub extent: Extent,
}

/// A move on the calendar, backwards: months first, then days. Where the grain is the week, `iso_years` moves to the
/// same ISO week of an earlier year (the last week where that year has no 53rd), and `months` is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Shift {
    /// Months back.
    pub months: i32,
    /// Days back.
    pub days: i32,
    /// ISO years back.
    pub iso_years: i32,
}

/// How much time around the current period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extent {
    /// The period itself.
    Period,
    /// So many units up to the end of the period.
    Window(u32, WindowUnit),
    /// From the start of the enclosing period of that grain to the end of this one.
    PeriodToDate(Grain),
    /// Everything up to the end of the period.
    ToDate,
    /// All time.
    All,
}

impl Extent {
    /// Returns true if it depends on what a `calendar` item says.
    pub fn depends_on_calendar(self) -> bool {
        matches!(self, Self::PeriodToDate(grain) if grain.depends_on_calendar())
    }
}

/// The unit of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WindowUnit {
    /// Days (weeks are 7 of them).
    Days,
    /// Months (quarters are 3, years 12 of them).
    Months,
    /// ISO years, where the grain is the week.
    IsoYears,
}

/// The groups of a result and the measures over them.
#[derive(Debug, Clone)]
pub struct Aggregated {
    /// The groups in order: by period, then by keys, the total last. Blank keys come first, then numbers by value in a
    /// column that has nothing else, texts by code point, dates in the order of time.
    pub groups: Vec<Group>,
    /// One column a measure, one value a group.
    pub measures: Vec<MeasureColumn>,
    /// Measures that need what could not be read, each with the reason; their columns say nothing.
    pub refused: Vec<(MeasureId, Diagnostic)>,
    /// What could not be read, and no measure needed.
    pub unread: Vec<Diagnostic>,
    /// The first and last day that rows stand for (after `--where`), by position in `Request::datasets`: whole months
    /// where a dataset is dated by months, and so on. None without rows or without a time column.
    pub extents: Vec<Option<(i32, i32)>>,
    /// What is worth knowing: rows without a time left out, and the like.
    pub notes: Vec<Diagnostic>,
}

/// One group of a result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Group {
    /// Its period, where the query groups by time; None in the total.
    pub period: Option<Period>,
    /// One key a column of `by`: None is blank. Empty in the total.
    pub keys: GroupKeys,
    /// True if it is the total.
    pub total: bool,
}

/// The keys of a group, one a column of `by`; None is blank. The groups of a result share their texts.
#[derive(Clone)]
pub struct GroupKeys {
    table: Arc<KeyTable>,
    /// Which combination; None has no keys.
    number: Option<u32>,
}

/// Combinations of keys.
#[derive(Debug, Default)]
pub(crate) struct KeyTable {
    /// The keys of each column.
    pub(crate) columns: Vec<Vec<Option<Arc<str>>>>,
    /// Where the keys of each combination stand in their columns, one combination after the other.
    pub(crate) ranks: Vec<u32>,
}

impl KeyTable {
    /// Where the keys of a combination stand in their columns.
    pub(crate) fn ranks(&self, number: u32) -> &[u32] {
        let (start, width) = (number as usize * self.columns.len(), self.columns.len());
        &self.ranks[start..start + width]
    }

    /// The keys of a combination.
    pub(crate) fn keys(&self, number: u32) -> impl Iterator<Item = &Option<Arc<str>>> {
        self.columns.iter().zip(self.ranks(number)).map(|(keys, &rank)| &keys[rank as usize])
    }
}

impl GroupKeys {
    /// A combination of a table.
    pub(crate) fn new(table: Arc<KeyTable>, number: Option<u32>) -> Self {
        Self { table, number }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.number.map_or(0, |_| self.table.columns.len())
    }

    /// Returns true if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The order of the keys that two groups have in a column. Of one result it is that of its groups: blank first,
    /// then numbers by value and others by code point. Of two, which know nothing of each other's kinds, all are texts.
    pub fn compare(&self, other: &Self, column: usize) -> Ordering {
        let rank = |keys: &Self| keys.number.and_then(|number| keys.table.ranks(number).get(column).copied());
        match Arc::ptr_eq(&self.table, &other.table) {
            true => rank(self).cmp(&rank(other)),
            false => self.iter().nth(column).cmp(&other.iter().nth(column)),
        }
    }

    /// The keys in the order of their columns.
    pub fn iter(&self) -> impl Iterator<Item = &Option<Arc<str>>> {
        self.number.into_iter().flat_map(|number| self.table.keys(number))
    }
}

/// Keys that no other group shares.
impl From<Vec<Option<Arc<str>>>> for GroupKeys {
    fn from(keys: Vec<Option<Arc<str>>>) -> Self {
        let ranks = vec![0; keys.len()];
        let columns = keys.into_iter().map(|key| vec![key]).collect();
        Self { table: Arc::new(KeyTable { columns, ranks }), number: Some(0) }
    }
}

impl std::ops::Index<usize> for GroupKeys {
    type Output = Option<Arc<str>>;

    fn index(&self, column: usize) -> &Option<Arc<str>> {
        self.iter().nth(column).expect("a group has a key for each column")
    }
}

impl PartialEq for GroupKeys {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for GroupKeys {}

impl std::hash::Hash for GroupKeys {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.iter().for_each(|key| key.hash(state));
    }
}

impl std::fmt::Debug for GroupKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for GroupKeys {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// One measure over all groups.
#[derive(Debug, Clone)]
pub struct MeasureColumn {
    /// The values.
    pub values: Vector,
    /// The rows that a value stands on: in the group, in the time range, conditions kept, value present.
    pub rows: Vec<u64>,
    /// Rows skipped because their value or a condition is blank.
    pub skipped: PerGroup<u64>,
    /// Rows whose value or condition failed, with an overflow, a division by zero and the like: where there are any,
    /// the value is undefined with that cause.
    pub failed: PerGroup<FailedRows>,
    /// The time range covered by each group as first day and the day after the last; None where time plays no part.
    pub ranges: PerGroup<Option<(i32, i32)>>,
    /// Segments that `first` or `last` left out because they have no row at the chosen time.
    pub left_out: PerGroup<Vec<Arc<str>>>,
}

/// Rows that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FailedRows {
    /// How many.
    pub rows: u64,
    /// How many of them for the cause that the value is undefined with, which is the most frequent one.
    pub of_cause: u64,
    /// In how many of them it was `--where` that failed.
    pub in_filters: u64,
}

impl MeasureColumn {
    /// The measures of these groups, in this order.
    pub(crate) fn take(&self, groups: &[u32]) -> Self {
        Self {
            values: self.values.take(groups),
            rows: groups.iter().map(|&at| self.rows[at as usize]).collect(),
            skipped: self.skipped.take(groups),
            failed: self.failed.take(groups),
            ranges: self.ranges.take(groups),
            left_out: self.left_out.take(groups),
        }
    }
}

/// One item a group. What is the same for all groups, as it often is, takes the room of one.
///
/// ```
/// use yardstick::backend::PerGroup;
///
/// let skipped: PerGroup<u64> = [0, 0, 3].into_iter().collect();
/// assert_eq!((skipped[1], skipped[2], skipped.len()), (0, 3, 3));
/// ```
#[derive(Debug, Clone)]
pub struct PerGroup<T> {
    /// One an item, or one for all.
    items: Vec<T>,
    len: usize,
}

impl<T: Clone + PartialEq> PerGroup<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns true if there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All items, a group after the other.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len).map(|at| &self[at])
    }

    /// Adds the item of the next group.
    #[inline]
    pub fn push(&mut self, item: T) {
        match (self.items.len() == 1, self.len) {
            (true, _) if self.items[0] == item => {}
            (true, 2..) => {
                self.items.resize(self.len, self.items[0].clone());
                self.items.push(item);
            }
            _ => self.items.push(item),
        }
        self.len += 1;
    }

    /// Adds all items of another behind these.
    pub fn append(&mut self, other: Self) {
        if self.is_empty() || (self.items.len() == 1 && self.items == other.items) {
            (self.items, self.len) = (other.items, self.len + other.len);
        } else {
            self.extend(other.iter().cloned());
        }
    }

    /// The items of these groups, in this order.
    ///
    /// # Panics
    /// Where a position is not below the length.
    #[must_use]
    pub fn take(&self, positions: &[u32]) -> Self {
        if self.items.len() == 1 {
            return Self { items: self.items.clone(), len: positions.len() };
        }
        positions.iter().map(|&at| self[at as usize].clone()).collect()
    }
}

impl<T> Default for PerGroup<T> {
    fn default() -> Self {
        Self { items: vec![], len: 0 }
    }
}

impl<T> std::ops::Index<usize> for PerGroup<T> {
    type Output = T;

    fn index(&self, at: usize) -> &T {
        assert!(at < self.len, "there is one item a group");
        self.items.get(at).unwrap_or(&self.items[0])
    }
}

impl<T: Clone + PartialEq> Extend<T> for PerGroup<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.push(item));
    }
}

impl<T: Clone + PartialEq> FromIterator<T> for PerGroup<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut per_group = Self::default();
        per_group.extend(items);
        per_group
    }
}

impl<T: Clone + PartialEq> PartialEq for PerGroup<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stand_where_they_were_put_whatever_is_the_same() {
        for items in [&[][..], &[1], &[1, 1, 1], &[1, 2], &[1, 1, 2, 1], &[2, 1, 1, 1]] {
            let per_group: PerGroup<i32> = items.iter().copied().collect();
            assert_eq!(per_group.len(), items.len());
            assert_eq!(per_group.iter().copied().collect::<Vec<_>>(), items);
            for middle in 0..items.len() {
                let mut halves: PerGroup<i32> = items[..middle].iter().copied().collect();
                halves.append(items[middle..].iter().copied().collect());
                assert_eq!(halves, per_group);
            }
            let backwards: Vec<u32> = (0..items.len() as u32).rev().collect();
            assert!(per_group.take(&backwards).iter().eq(items.iter().rev()));
        }
    }
}
