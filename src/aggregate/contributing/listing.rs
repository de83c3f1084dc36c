//! Reads a dataset once and lists the rows of some measures in some groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::candidates::{Bounds, Candidate, Collected, Counted, Firsts, cancels};
use super::columns::{Layout, ShownColumn, Values};
use super::keys::GroupKeyColumns;
use super::membership::{Membership, Rows, Side, ticks};
use super::rank::{Rank, order};
use crate::aggregate::accumulate::times_of;
use crate::aggregate::embedded::aggregated;
use crate::aggregate::faults::{Fault, Faults, RowLevel};
use crate::aggregate::grouped::Reading;
use crate::aggregate::interval::Ends;
use crate::aggregate::pass::{column_type, stored_sources};
use crate::aggregate::room::Room;
use crate::aggregate::sources::Sources;
use crate::data::{
    Aggregate, Calendar, Dataset, GroupColumn, LeftOutRow, ListedRow, ListedRows, Measure, MeasureId, Request,
    RowOrder, RowPlace,
};
use crate::diagnostic::{CellPlace, Diagnostic};
use crate::language::Sentence;
use crate::program::{Node, NodeId};
use crate::value::{Cell, Value};

/// A measure in a group.
#[derive(Debug, Clone)]
pub(crate) struct RowGroup {
    pub measure: MeasureId,
    /// Grouping columns, by position in the request, with the keys of the group. Other columns have any key.
    pub keys: Vec<(usize, Option<Arc<str>>)>,
    /// The first day and the day after the last one, or hours. None if time does not matter.
    pub days: Option<(i32, i32)>,
    /// The value of the measure.
    pub value: Cell,
}

/// Lists the first `count` rows of measures in groups. Of a list with two groups, rows that count in both with the same
/// value are left out, because they account for nothing in the difference.
///
/// # Errors
/// Data that cannot be read, or a limit.
pub(crate) fn contributing(
    datasets: &[Arc<dyn Dataset>],
    request: &Request,
    identifiers: &[Vec<usize>],
    lists: &[Vec<RowGroup>],
    count: usize,
) -> Result<Vec<Vec<ListedRows>>, Diagnostic> {
    let dataset = |list: &Vec<RowGroup>| request.measures[list[0].measure.0 as usize].dataset;
    let mut found: BTreeMap<usize, Vec<ListedRows>> = BTreeMap::new();
    for (at, identifiers) in identifiers.iter().enumerate() {
        let own: Vec<usize> = (0..lists.len()).filter(|&list| dataset(&lists[list]) == at).collect();
        if !own.is_empty() {
            let wanted: Vec<&[RowGroup]> = own.iter().map(|&list| &*lists[list]).collect();
            found.extend(own.iter().copied().zip(read(datasets, request, (at, identifiers), &wanted, count)?));
        }
    }
    Ok(found.into_values().collect())
}

/// Reads the dataset at a position, with these identifiers. If a column turns out to be unreadable that no list needs, the
/// dataset is read again without it.
fn read(
    datasets: &[Arc<dyn Dataset>],
    request: &Request,
    requested: (usize, &[usize]),
    wanted: &[&[RowGroup]],
    count: usize,
) -> Result<Vec<Vec<ListedRows>>, Diagnostic> {
    let mut faults = Faults::default();
    loop {
        let mut listing = Listing::new(datasets, request, requested, wanted, count);
        match listing.run(&faults) {
            Ok(()) => return Ok(listing.finish()),
            Err(fault) => faults.add(fault)?,
        }
        if let Some(problem) = listing.fault(&faults) {
            return Err(problem.clone());
        }
    }
}

/// The lists of one dataset.
struct Listing<'r> {
    datasets: &'r [Arc<dyn Dataset>],
    request: &'r Request,
    at: usize,
    layout: Layout<'r>,
    /// The operations to compute, without plain slots; sorted.
    nodes: Vec<NodeId>,
    keys: GroupKeyColumns,
    lists: Vec<List<'r>>,
    room: Room,
}

/// What is shown of the rows of a list.
struct Shown {
    columns: Vec<ShownColumn>,
    order: RowOrder,
    /// The column whose values are aggregated, if it is one.
    column: Option<String>,
}

/// The rows of a measure in one group, or in two.
struct List<'r> {
    shown: Shown,
    sides: Vec<(Side<'r>, Found)>,
    /// What the row at hand is to each side.
    memberships: Vec<Membership>,
}

/// The rows of a side.
struct Found {
    counted: Collected,
    left_out: Firsts<Sentence>,
    /// The number of different values, if equal ones are counted once.
    distinct: u64,
}

impl<'r> Listing<'r> {
    fn new(
        datasets: &'r [Arc<dyn Dataset>],
        request: &'r Request,
        (at, identifiers): (usize, &'r [usize]),
        wanted: &[&'r [RowGroup]],
        count: usize,
    ) -> Self {
        let requested = &request.datasets[at];
        let dataset = &*datasets[requested.dataset];
        let layout = Layout::new(datasets, requested, request.calendar, identifiers);
        let room = Room::new(&request.budget, format!("the listed rows of `{}`", dataset.name()));
        let mut keys = GroupKeyColumns::new(&layout.key_columns(), &room);
        let bounds = Bounds { count, is_ordered: dataset.is_ordered() };
        let holds = requested.end.is_some();
        let lists: Vec<List> =
            wanted.iter().map(|groups| List::new(request, &layout, groups, &mut keys, bounds, holds)).collect();
        let mut listing = Self { datasets, request, at, layout, nodes: vec![], keys, lists, room };
        listing.nodes = listing.needed().into_iter().filter(|node| !listing.is_slot(*node)).collect();
        listing.nodes.sort_unstable();
        listing.nodes.dedup();
        listing
    }

    /// The operations of all lists: conditions, values, computed keys and times.
    fn needed(&self) -> Vec<NodeId> {
        let requested = &self.request.datasets[self.at];
        let measures = self.lists.iter().flat_map(|list| &list.sides).map(|(side, _)| side.measure);
        let of_measures =
            measures.flat_map(|measure| measure.conditions.iter().chain(&measure.argument).chain(&measure.by));
        let columns = requested.by.iter().flatten().chain(&requested.time).filter_map(|column| match column {
            GroupColumn::Computed(node) => Some(node),
            GroupColumn::Source(_) => None,
        });
        of_measures.chain(columns).chain(&requested.filters).copied().collect()
    }

    fn is_slot(&self, node: NodeId) -> bool {
        matches!(self.request.datasets[self.at].rows.program.node(node), Node::Slot(_))
    }

    fn level(&self) -> RowLevel<'r> {
        let requested = &self.request.datasets[self.at];
        RowLevel { dataset: requested.dataset, rows: &requested.rows, path: &[] }
    }

    /// The reason why the lists cannot be read, if they cannot.
    fn fault<'f>(&self, faults: &'f Faults) -> Option<&'f Diagnostic> {
        let stored = || stored_sources(&self.request.datasets[self.at]);
        let needed = || self.needed().into_iter().find_map(|node| faults.of_node(self.level(), node));
        let sources = || stored().find_map(|source| faults.of_source(self.level(), source));
        faults.whole.as_ref().or_else(needed).or_else(sources)
    }

    fn run(&mut self, faults: &Faults) -> Result<(), Fault> {
        let (request, datasets) = (self.request, self.datasets);
        let requested = &request.datasets[self.at];
        let reading = Reading { datasets, request, aggregate: aggregated };
        let sources = Sources::new(reading, self.level(), stored_sources(requested), Some(faults))?;
        let mut start = 0;
        let nodes = std::mem::take(&mut self.nodes);
        let visited = sources.visit_rows(&nodes, &mut |values, computed, rows| {
            let values = Values { rows: &requested.rows, sources: values, nodes: &nodes, computed: &computed };
            self.add(values, start, rows)?;
            start += rows as u64;
            Ok(())
        });
        visited.map_err(|problem| sources.fault(problem))?;
        sources.tied(datasets)
    }

    /// Adds the rows of a batch.
    fn add(&mut self, values: Values, start: u64, rows: usize) -> Result<(), Diagnostic> {
        let (request, requested) = (self.request, &self.request.datasets[self.at]);
        let sides: usize = self.lists.iter().map(|list| list.sides.len()).sum();
        request.budget.spend(rows.saturating_mul(1 + sides), "listing rows")?;
        request.check("listing rows")?;
        let keys = self.keys.numbers(&values)?;
        let times = self.layout.time.map(|time| values.get(time));
        let ticks = times.map_or(vec![], |times| ticks(times, request.calendar.by_hour));
        let is_edge = |list: &List| list.sides.iter().any(|(side, _)| is_edge(side));
        let moments = match times.filter(|_| self.lists.iter().any(is_edge)) {
            Some(times) => times_of(times),
            None => vec![],
        };
        let ends = requested.end.as_ref().map(|end| Ends {
            inclusive: end.inclusive,
            periods: column_type(self.datasets, requested.dataset, &requested.rows, &end.source)
                .grain()
                .map(|grain| (Calendar { by_hour: false, ..request.calendar }, grain)),
            by_hour: request.calendar.by_hour,
        });
        let batch = Rows { requested, layout: &self.layout, values, keys, ticks, ends };
        for list in &mut self.lists {
            for row in 0..rows {
                list.add(&batch, row, start, &moments, &mut self.room)?;
            }
        }
        Ok(())
    }

    /// All lists, with the places of their rows.
    fn finish(self) -> Vec<Vec<ListedRows>> {
        let dataset = &*self.datasets[self.request.datasets[self.at].dataset];
        let finished = self.lists.into_iter().map(|List { shown, sides, .. }| {
            (shown, sides.into_iter().map(|(_, found)| found.finish()).collect::<Vec<_>>())
        });
        let lists: Vec<(Shown, Vec<FirstRows>)> = finished.collect();
        let sides = lists.iter().flat_map(|(_, sides)| sides);
        let places = Places::of(dataset, sides.flat_map(FirstRows::numbers).collect());
        let list = |(shown, sides): (Shown, Vec<FirstRows>)| {
            sides.into_iter().map(|rows| rows.listed(&shown, &places)).collect()
        };
        lists.into_iter().map(list).collect()
    }
}

impl Found {
    fn finish(self) -> FirstRows {
        let (rows, counted) = self.counted.finish(self.distinct);
        FirstRows { rows, counted, without: self.left_out.offered, left_out: self.left_out.into_rows() }
    }
}

/// The first rows of a side in order.
struct FirstRows {
    rows: Vec<Candidate<Option<Value>>>,
    /// The number of rows that count.
    counted: u64,
    left_out: Vec<Candidate<Sentence>>,
    /// The number of rows that are left out.
    without: u64,
}

impl FirstRows {
    fn numbers(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().map(|row| row.row).chain(self.left_out.iter().map(|row| row.row))
    }

    fn listed(self, shown: &Shown, places: &Places) -> ListedRows {
        ListedRows {
            order: shown.order,
            column: shown.column.clone(),
            more: self.counted.saturating_sub(self.rows.len() as u64),
            more_left_out: self.without.saturating_sub(self.left_out.len() as u64),
            rows: self.rows.into_iter().map(|row| places.listed(&shown.columns, row)).collect(),
            left_out: self.left_out.into_iter().map(|row| places.left_out(&shown.columns, row)).collect(),
        }
    }
}

fn is_edge(side: &Side) -> bool {
    matches!(side.measure.aggregate, Aggregate::First | Aggregate::Last)
}

impl<'r> List<'r> {
    fn new(
        request: &'r Request,
        layout: &Layout<'r>,
        groups: &'r [RowGroup],
        keys: &mut GroupKeyColumns,
        bounds: Bounds,
        holds: bool,
    ) -> Self {
        let measures: Vec<_> = groups.iter().map(|group| &request.measures[group.measure.0 as usize]).collect();
        let last = measures[measures.len() - 1];
        let order = order(last.aggregate, last.distinct);
        let side = |(group, measure): (&'r RowGroup, &&'r Measure)| {
            let numbers = group.keys.iter().map(|(column, key)| (*column, keys.number(*column, key)));
            let side = Side { measure, keys: numbers.collect(), days: group.days };
            let edge = (is_edge(&side) && !holds).then_some(last.aggregate == Aggregate::Last);
            let distinct = match &group.value {
                Ok(Value::Number(number)) if order == RowOrder::Distinct => number.decimal.try_into().unwrap_or(0),
                _ => 0,
            };
            let counted = Collected::new(order, edge, &group.value, bounds);
            (side, Found { counted, left_out: Firsts::new(bounds), distinct })
        };
        let sides = groups.iter().zip(&measures).map(side).collect();
        let column = last.argument.and_then(|node| layout.column(node));
        let shown = Shown { columns: layout.shown(&measures, &request.by), order, column };
        Self { shown, sides, memberships: vec![] }
    }

    /// Adds a row of a batch, which starts with the row of this number.
    fn add(
        &mut self,
        batch: &Rows,
        at: usize,
        start: u64,
        moments: &[Option<i128>],
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        self.memberships.clear();
        self.memberships.extend(self.sides.iter().map(|(side, _)| batch.membership(side, at)));
        if let [Membership::Counts(one), Membership::Counts(other)] = &self.memberships[..]
            && cancels(one.as_ref(), other.as_ref())
        {
            return Ok(());
        }
        let (row, shown) = (start + at as u64, &self.shown.columns);
        let cells = || shown.iter().map(|column| column.cell(&batch.values, at)).collect::<Vec<Cell>>();
        for ((side, found), membership) in self.sides.iter_mut().zip(self.memberships.drain(..)) {
            match membership {
                Membership::Outside => {}
                Membership::Counts(value) => {
                    let segment = || side.measure.by.iter().map(|&node| batch.values.node(node).get(at)).collect();
                    let time = moments.get(at).copied().flatten();
                    let counted = Counted { row, value: value.as_ref(), time, segment: &segment, cells: &cells };
                    found.counted.add(&counted, room)?;
                }
                Membership::LeftOut(reason) => {
                    found.left_out.offer(row, Rank::Equal, cells, || batch.reason(&reason, at), room)?;
                }
            }
        }
        Ok(())
    }
}

/// The places of rows by their numbers.
struct Places(BTreeMap<u64, RowPlace>);

impl Places {
    fn of(dataset: &dyn Dataset, mut rows: Vec<u64>) -> Self {
        rows.sort_unstable();
        rows.dedup();
        let is_ordered = dataset.is_ordered();
        // The rows of a warehouse have no numbers.
        let place = |place: CellPlace| CellPlace { line: place.line.filter(|_| is_ordered), ..place };
        let places = if rows.is_empty() { vec![] } else { dataset.places(&rows) };
        Self(rows.iter().copied().zip(places.into_iter().map(place).map(RowPlace::from)).collect())
    }

    fn listed(&self, shown: &[ShownColumn], row: Candidate<Option<Value>>) -> ListedRow {
        ListedRow { place: self.0[&row.row].clone(), value: row.known, cells: named(shown, row.cells) }
    }

    fn left_out(&self, shown: &[ShownColumn], row: Candidate<Sentence>) -> LeftOutRow {
        LeftOutRow { place: self.0[&row.row].clone(), reason: row.known, cells: named(shown, row.cells) }
    }
}

fn named(shown: &[ShownColumn], cells: Vec<Cell>) -> indexmap::IndexMap<String, Option<Value>> {
    shown.iter().map(|column| column.name.clone()).zip(cells.into_iter().map(Result::ok)).collect()
}
