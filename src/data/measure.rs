//! Defines what a query requests from data and what it receives: measures over groups.
//!
//! A [`Measure`] is one aggregate of one dataset in one context. A [`Source`] aggregates all measures of a query at
//! once. Formulas over the measures are evaluated elsewhere.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::answered::Answers;
use super::schema::ColumnId;
use crate::budget::Budget;
pub use crate::builtin::Aggregate;
use crate::diagnostic::Diagnostic;
use crate::program::{Node, NodeId, Program};
use crate::value::Vector;
use crate::value::calendar::{Calendar, Grain, Period};

/// The maximum number of measures in a request.
pub const MAX_MEASURES: usize = 10_000;

/// The position of a measure in a [`Request`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct MeasureId(pub u32);

/// Everything that a query needs from data.
#[derive(Debug, Clone)]
pub struct Request {
    /// The datasets that measures read. Looked-up datasets are part of the dataset that looks them up.
    pub datasets: Vec<DatasetRequest>,
    /// The grouping columns other than time, in the order of the result.
    pub by: Vec<Arc<str>>,
    /// The grain of the time axis, if the query groups by time.
    pub grain: Option<Grain>,
    /// The start of the year.
    pub calendar: Calendar,
    /// The first day of `--period` and the day after its last one. With a grain, the axis consists of the periods that
    /// it touches.
    pub period: Option<(i32, i32)>,
    /// The calendar period that `--period` names, if it names exactly one. Contexts are relative to it in the total and
    /// in results that are not grouped by time.
    pub single: Option<Period>,
    /// True if the last group must cover the whole axis and all keys.
    pub totals: bool,
    /// True if each period is a group for each combination of keys, even if it has no rows. Otherwise a period without
    /// rows is a group only if the query groups by nothing else.
    pub every_period: bool,
    /// The measures.
    pub measures: Vec<Measure>,
    /// The maximum number of threads.
    pub threads: usize,
    /// The maximum number of groups (periods × keys, before contexts). Exceeding it is a `limit-reached` error.
    pub max_groups: usize,
    /// The rest of the query's time and memory.
    #[doc(hidden)]
    pub budget: Budget,
    /// How datasets that aggregate their own rows have answered it.
    #[doc(hidden)]
    pub answers: Answers,
}

impl Request {
    /// A request for nothing, by one thread.
    pub(crate) fn none(calendar: Calendar, budget: Budget) -> Self {
        Self {
            datasets: vec![],
            by: vec![],
            grain: None,
            calendar,
            period: None,
            single: None,
            totals: false,
            every_period: false,
            measures: vec![],
            threads: 1,
            max_groups: usize::MAX,
            budget,
            answers: Answers::default(),
        }
    }

    /// The positions of all datasets that are read, including those that are looked up.
    pub(crate) fn datasets_read(&self) -> HashSet<usize> {
        fn add(rows: &RowProgram, read: &mut HashSet<usize>) {
            for lookup in &rows.lookups {
                read.insert(lookup.dataset);
                add(&lookup.rows, read);
            }
        }
        let mut read = HashSet::new();
        for requested in &self.datasets {
            read.insert(requested.dataset);
            add(&requested.rows, &mut read);
        }
        read
    }

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

/// The part of a request that concerns one dataset.
#[derive(Debug, Clone)]
pub struct DatasetRequest {
    /// The position of the dataset in `Source::datasets`.
    pub dataset: usize,
    /// The row expressions of all measures and conditions.
    pub rows: RowProgram,
    /// The time column, if the query or an aggregate (`first`, `last`) needs one.
    pub time: Option<GroupColumn>,
    /// The name of the time, if it is not that of the dataset. Requests of one dataset with equal names have equal times.
    pub time_name: Option<Arc<str>>,
    /// The ends of rows that hold over an interval. `time` has their starts, and [`Measure::in_force`] says which rows a
    /// measure takes.
    pub end: Option<RowEnd>,
    /// The source of each column of `by`. None if this dataset cannot be split by it.
    pub by: Vec<Option<GroupColumn>>,
    /// The conditions of `--where`. Rows for which one of them is not true are ignored, and counted if it is blank. A
    /// row in which one of them fails makes all measures of its group undefined.
    pub filters: Vec<NodeId>,
    /// The day after the last one up to which the dataset is known. If its rows end earlier, the days without rows at its
    /// end count as known.
    pub data_end: Option<i32>,
    /// True if rows with a blank time are expected and not reported: those still in force if `time` has the ends of rows
    /// that hold over an interval, and those whose lookup finds no row if it has the times of looked-up rows.
    pub may_lack_time: bool,
    /// True if no requested value needs the dataset, so that it is not read. It then has no groups and its measures
    /// have no rows.
    pub skipped: bool,
}

impl DatasetRequest {
    /// The first grouping column that applies but cannot split this dataset.
    pub(crate) fn lacking(&self, dropped: &Dropped) -> Option<usize> {
        dropped.kept(self.by.len()).into_iter().find(|&column| self.by[column].is_none())
    }
}

/// The ends of rows that hold over an interval. A row with a blank end is still in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowEnd {
    /// The column of the ends.
    pub source: RowSource,
    /// True if a row is in force at its end: on the whole of its last day or period, or at its last moment. Otherwise the
    /// end is the first day or moment at which the row is not in force any more.
    pub inclusive: bool,
}

/// Which rows a measure takes if rows hold over an interval ([`DatasetRequest::end`]). If they do not, it has no meaning.
///
/// ```
/// use yardstick::backend::InForce;
///
/// assert_eq!(InForce::default(), InForce::AtEnd);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum InForce {
    /// Those in force at the last instant of the time range.
    #[default]
    AtEnd,
    /// Those in force at the last instant before the time range.
    Before,
    /// Those in force at any time in the time range.
    During,
}

/// The row expressions of one dataset, and the sources of their inputs.
#[derive(Debug, Clone, Default)]
pub struct RowProgram {
    /// The operations.
    pub program: Program,
    /// The sources of the program's slots.
    pub slots: Vec<RowSource>,
    /// The datasets that rows look up. The keys and the time of a lookup depend only on earlier lookups.
    pub lookups: Vec<LookupRequest>,
}

/// A lookup in another dataset. Each row finds at most one row there, or the aggregates of all rows with its keys.
#[derive(Debug, Clone)]
pub struct LookupRequest {
    /// The position of the looked-up dataset in `Source::datasets`.
    pub dataset: usize,
    /// The keys, all of which must be equal. Rows with a blank key find nothing and are never found.
    pub keys: Vec<LookupKey>,
    /// The time that selects one of the rows with these keys. Without it, two rows with the same keys are an error.
    pub time: Option<LookupTime>,
    /// The row expressions of the looked-up dataset.
    pub rows: RowProgram,
    /// The requested columns.
    pub columns: LookedUp,
}

/// What a lookup finds for the keys of a row.
#[derive(Debug, Clone)]
pub enum LookedUp {
    /// The row with these keys: operations of `LookupRequest::rows`.
    Row(Vec<NodeId>),
    /// All rows with these keys, aggregated as in a request that groups the looked-up dataset by the keys, without
    /// conditions of the query and without periods.
    Group {
        /// The aggregates, whose operations are those of `LookupRequest::rows`.
        measures: Vec<Measure>,
        /// The names of the columns, for messages.
        names: Vec<Arc<str>>,
        /// The time column by which `first` and `last` choose rows.
        time: Option<ColumnId>,
    },
}

impl LookedUp {
    /// The number of columns.
    #[allow(clippy::len_without_is_empty, reason = "a lookup has columns")]
    pub fn len(&self) -> usize {
        match self {
            Self::Row(columns) => columns.len(),
            Self::Group { measures, .. } => measures.len(),
        }
    }

    /// The operation that gives a column of the row that is found. None for an aggregate.
    pub fn operation(&self, column: usize) -> Option<NodeId> {
        match self {
            Self::Row(columns) => Some(columns[column]),
            Self::Group { .. } => None,
        }
    }

    /// The operation that gives a column, or whose values it aggregates.
    pub fn argument(&self, column: usize) -> Option<NodeId> {
        match self {
            Self::Row(columns) => Some(columns[column]),
            Self::Group { measures, .. } => measures[column].argument,
        }
    }
}

/// A key of a lookup.
#[derive(Debug, Clone)]
pub struct LookupKey {
    /// The key in this dataset: an operation of the program that the lookup belongs to.
    pub here: NodeId,
    /// The key in the looked-up dataset: an operation of `LookupRequest::rows`.
    pub there: NodeId,
    /// The name of the key in the looked-up dataset.
    pub name: Arc<str>,
}

/// The time of a lookup. Times compare at the coarser precision of both sides: periods, days or moments.
#[derive(Debug, Clone)]
pub struct LookupTime {
    /// The time in this dataset: an operation of the program that the lookup belongs to.
    pub here: NodeId,
    /// The time in the looked-up dataset: an operation of `LookupRequest::rows`. Rows without a time are never found.
    pub there: NodeId,
    /// The name of the time column in the looked-up dataset.
    pub name: Arc<str>,
    /// The coarser of the periods that the sides hold, if one holds periods.
    pub grain: Option<(Calendar, Grain)>,
    /// True for the first row at or after the time; false for the last at or before it.
    pub next: bool,
    /// The longest time between the two rows.
    pub within: Option<Reach>,
    /// The ends of the rows of the looked-up dataset, if they hold over an interval: `there` has their starts, and the row
    /// in force at the last instant of the time is found.
    pub end: Option<LookupEnd>,
}

/// The ends of rows that are looked up.
#[derive(Debug, Clone)]
pub struct LookupEnd {
    /// The end in the looked-up dataset: an operation of `LookupRequest::rows`.
    pub there: NodeId,
    /// See [`RowEnd::inclusive`].
    pub inclusive: bool,
    /// The periods that the ends are, if they are not days or moments.
    pub grain: Option<(Calendar, Grain)>,
}

/// The longest time between a row and the row that it finds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Days and parts of days, in seconds.
    Seconds(i64),
    /// Calendar months. The last day of a shorter month counts as the days that it lacks.
    Months(i32),
}

impl RowProgram {
    /// Returns the column that an operation reads, if reading it is all it does.
    pub fn column(&self, node: NodeId) -> Option<ColumnId> {
        let Node::Slot(slot) = self.program.node(node) else { return None };
        match self.slots[*slot as usize] {
            RowSource::Column(column) => Some(column),
            RowSource::Lookup { .. } => None,
        }
    }
}

/// The source of an input of a row expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RowSource {
    /// A column of the dataset.
    Column(ColumnId),
    /// A column of a lookup.
    Lookup {
        /// The position of the lookup in `RowProgram::lookups`.
        lookup: usize,
        /// The position of the column in `LookupRequest::columns`.
        column: usize,
    },
}

/// The source of a grouping column, or of the time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GroupColumn {
    /// A stored value.
    Source(RowSource),
    /// A computed value: a node of the dataset's program.
    Computed(NodeId),
}

impl GroupColumn {
    /// The source of a stored value.
    pub(crate) fn source(&self) -> Option<&RowSource> {
        match self {
            Self::Source(source) => Some(source),
            Self::Computed(_) => None,
        }
    }
}

/// One aggregate of one dataset in one context. Equal measures are the same measure.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Measure {
    /// A position in `Request::datasets`.
    pub dataset: usize,
    /// The aggregate to compute.
    pub aggregate: Aggregate,
    /// The row expression to aggregate. None for `count(dataset)`.
    pub argument: Option<NodeId>,
    /// True if equal values are counted once.
    pub distinct: bool,
    /// The columns after `by` in `first` and `last`. Each combination of their values contributes its own row.
    pub by: Vec<NodeId>,
    /// The row conditions, all of which must hold, sorted and without duplicates.
    pub conditions: Vec<NodeId>,
    /// The grouping columns that do not apply.
    pub dropped: Dropped,
    /// The rows taken, if they hold over an interval.
    pub in_force: InForce,
    /// The time range of the rows, relative to the group's period on the time axis, or else to [`Request::single`].
    pub range: TimeRange,
    /// The same for the total of a result that is grouped by time, relative to [`Request::single`] or to the whole
    /// axis. None if it has no meaning there.
    pub total: Option<TimeRange>,
}

impl Measure {
    /// The number of rows of a dataset in a range of time.
    pub(crate) fn rows(dataset: usize, range: TimeRange, in_force: InForce) -> Self {
        Self {
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
        }
    }

    /// Returns true if its rows determine groups. The rows of a measure that drops a column or the period do not
    /// belong to certain keys or periods.
    pub(crate) fn places_groups(&self) -> bool {
        self.dropped == Dropped::Columns(vec![]) && self.range.extent != Extent::All
    }
}

/// The grouping columns that do not apply.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dropped {
    /// These positions in `Request::by`, sorted. If empty, all columns apply.
    Columns(Vec<usize>),
    /// All of them.
    All,
}

impl Dropped {
    /// The grouping columns that apply, if there are `columns` of them.
    pub(crate) fn kept(&self, columns: usize) -> Vec<usize> {
        match self {
            Self::All => vec![],
            Self::Columns(dropped) => (0..columns).filter(|column| !dropped.contains(column)).collect(),
        }
    }
}

/// A time range relative to a period. The extent is taken around the period, ended where the data end if it is `so_far`,
/// then both ends are shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeRange {
    /// The distance by which both ends are moved.
    pub shift: Shift,
    /// The days taken around the period.
    pub extent: Extent,
    /// True if only the days up to the end of the data and within [`Request::period`] are shifted, so that equally many
    /// days are compared. It has no effect without a shift.
    pub so_far: bool,
}

/// A shift back on the calendar: months first, then days. If the grain is the week, `iso_years` moves to the same ISO
/// week of an earlier year (to its last week if that year has no week 53), and `months` is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Shift {
    /// Months back.
    pub months: i32,
    /// Days back.
    pub days: i32,
    /// Years of weeks back.
    pub iso_years: i32,
    /// Hours back, if times are counted in hours.
    pub hours: i32,
}

/// The amount of time around the current period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extent {
    /// The period itself.
    Period,
    /// This number of units, up to the end of the period.
    Window(u32, WindowUnit),
    /// From the start of the enclosing period of this grain to the end of the current period.
    PeriodToDate(Grain),
    /// Everything up to the end of the period.
    ToDate,
    /// All time.
    All,
}

impl Extent {
    /// Returns true if the extent depends on a `calendar` item.
    pub fn depends_on_calendar(self) -> bool {
        matches!(self, Self::PeriodToDate(grain) if grain.depends_on_calendar())
    }
}

/// The unit of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WindowUnit {
    /// Hours, if times are counted in hours.
    Hours,
    /// Days. A week is 7 days.
    Days,
    /// Months. A quarter is 3 months, a year is 12.
    Months,
    /// Years of weeks, if the grain is the week.
    IsoYears,
}

/// The groups of a result and their measures.
#[derive(Debug, Clone, Default)]
pub struct Aggregated {
    /// The groups, ordered by period and then by keys, with the total last. Blank keys come first, then numbers by
    /// value if the column holds only numbers, otherwise texts by code point; dates are ordered by time.
    pub groups: Vec<Group>,
    /// One column per measure, with one value per group.
    pub measures: Vec<MeasureColumn>,
    /// Measures that need data that could not be read, each with the reason. The contents of their columns are
    /// meaningless.
    pub refused: Vec<(MeasureId, Diagnostic)>,
    /// Reasons for data that could not be read and that no measure needed.
    pub unread: Vec<Diagnostic>,
    /// The first and the last day that rows cover (after `--where`), by position in `Request::datasets`. A dataset
    /// dated by months covers whole months, and so on. It also covers the days up to [`DatasetRequest::data_end`]. None without
    /// rows or without a time column.
    pub extents: Vec<Option<(i32, i32)>>,
    /// Notes for the user, for example about rows ignored because they have no time.
    pub notes: Vec<Diagnostic>,
}

/// One group of a result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Group {
    /// The period, if the query groups by time. None in the total.
    pub period: Option<Period>,
    /// One key per column of `by`; None is blank. Empty in the total.
    pub keys: GroupKeys,
    /// True for the total.
    pub total: bool,
}

/// The keys of a group, one per column of `by`; None is blank. The groups of a result share their texts.
#[derive(Clone)]
pub struct GroupKeys {
    table: Arc<KeyTable>,
    /// The number of the combination. None if there are no keys.
    number: Option<u32>,
}

/// The combinations of keys of a result.
#[derive(Debug, Default)]
pub(crate) struct KeyTable {
    /// The distinct keys of each column.
    pub(crate) columns: Vec<Vec<Option<Arc<str>>>>,
    /// The positions of each combination's keys in their columns, one combination after the other.
    pub(crate) ranks: Vec<u32>,
}

impl KeyTable {
    /// The positions of a combination's keys in their columns.
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
    /// Creates the keys of one combination of a table.
    pub(crate) fn new(table: Arc<KeyTable>, number: Option<u32>) -> Self {
        Self { table, number }
    }

    /// The table, and the positions of the keys in its columns. None if there are no keys.
    pub(crate) fn places(&self) -> Option<(&KeyTable, &[u32])> {
        self.number.map(|number| (&*self.table, self.table.ranks(number)))
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.number.map_or(0, |_| self.table.columns.len())
    }

    /// Returns true if there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Compares the keys that two groups have in a column. Groups of the same result are ordered as in that result:
    /// blank first, then numbers by value and other keys by code point. Keys of different results are compared as
    /// texts, since neither result knows the types of the other.
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

/// Creates keys that no other group shares.
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
        self.iter().nth(column).expect("a group must have a key for each column")
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
    /// The number of rows that contribute to each value. They are in the group and the time range, all conditions are
    /// true, and the value is present.
    pub rows: Vec<u64>,
    /// The number of rows skipped because their value or a condition is blank.
    pub skipped: PerGroup<u64>,
    /// Rows whose value or condition failed, for example with an overflow or a division by zero. If there are any, the
    /// value is undefined with that cause.
    pub failed: PerGroup<FailedRows>,
    /// The time range of each group as its first day and the day after its last one. None if time is irrelevant.
    pub ranges: PerGroup<Option<(i32, i32)>>,
    /// Segments that `first` or `last` left out because they have no row at the chosen time.
    pub left_out: PerGroup<Vec<Arc<str>>>,
}

/// The rows of a group that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FailedRows {
    /// The number of rows.
    pub rows: u64,
    /// The number of rows that failed with the cause of the undefined value, which is the most frequent one.
    pub of_cause: u64,
    /// The number of rows in which a condition of `--where` failed.
    pub in_filters: u64,
}

impl MeasureColumn {
    /// The bytes of the lists.
    pub(crate) fn bytes(&self) -> usize {
        let per_group = self.skipped.bytes() + self.failed.bytes() + self.ranges.bytes() + self.left_out.bytes();
        self.values.bytes() + size_of_val(&self.rows[..]) + per_group
    }

    /// Returns the measures of these groups, in this order.
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

/// One item per group. Items that are equal for neighboring groups, as they often are, are stored once.
///
/// ```
/// use yardstick::backend::PerGroup;
///
/// let skipped: PerGroup<u64> = [0, 0, 3].into_iter().collect();
/// assert_eq!((skipped[1], skipped[2], skipped.len()), (0, 3, 3));
/// ```
#[derive(Debug, Clone)]
pub struct PerGroup<T> {
    /// The items of runs of groups, and the end of each run.
    runs: Vec<(T, usize)>,
}

impl<T: Clone + PartialEq> PerGroup<T> {
    /// The same item for this number of groups.
    pub(crate) fn repeated(item: T, groups: usize) -> Self {
        let mut repeated = Self::default();
        repeated.push_run(item, groups);
        repeated
    }

    /// The number of groups.
    pub fn len(&self) -> usize {
        self.runs.last().map_or(0, |(_, end)| *end)
    }

    /// Returns true if there are no groups.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The bytes of the items.
    fn bytes(&self) -> usize {
        size_of_val(&self.runs[..])
    }

    /// All items, in the order of the groups.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.runs().flat_map(|(item, groups)| std::iter::repeat_n(item, groups))
    }

    /// The items of runs of groups, and the length of each run.
    fn runs(&self) -> impl Iterator<Item = (&T, usize)> {
        let starts = std::iter::once(0).chain(self.runs.iter().map(|(_, end)| *end));
        self.runs.iter().zip(starts).map(|((item, end), start)| (item, end - start))
    }

    /// Adds the item of the next group.
    #[inline]
    pub fn push(&mut self, item: T) {
        self.push_run(item, 1);
    }

    /// Adds the item of several groups.
    #[inline]
    pub(crate) fn push_run(&mut self, item: T, groups: usize) {
        match self.runs.last_mut() {
            _ if groups == 0 => {}
            Some((last, end)) if *last == item => *end += groups,
            _ => self.runs.push((item, self.len() + groups)),
        }
    }

    /// Appends all items of another list.
    pub fn append(&mut self, other: Self) {
        other.runs().for_each(|(item, groups)| self.push_run(item.clone(), groups));
    }

    /// Returns the items of these groups, in this order.
    ///
    /// # Panics
    /// If a position is not below the length.
    #[must_use]
    pub fn take(&self, positions: &[u32]) -> Self {
        match &self.runs[..] {
            [(item, _)] => Self::repeated(item.clone(), positions.len()),
            _ => positions.iter().map(|&at| self[at as usize].clone()).collect(),
        }
    }
}

impl<T> Default for PerGroup<T> {
    fn default() -> Self {
        Self { runs: vec![] }
    }
}

impl<T> std::ops::Index<usize> for PerGroup<T> {
    type Output = T;

    fn index(&self, at: usize) -> &T {
        let run = self.runs.partition_point(|(_, end)| *end <= at);
        let run = self.runs.get(run).expect("the position must be below the number of groups");
        &run.0
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
    fn items_keep_their_positions_even_if_all_are_equal() {
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
