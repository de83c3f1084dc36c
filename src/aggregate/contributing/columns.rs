//! Finds the values of a dataset's rows in a batch, and the columns that are shown of a row.

use std::borrow::Cow;
use std::sync::Arc;

use crate::aggregate::faults::RowLevel;
use crate::aggregate::pass::{column_type, source_name};
use crate::data::{Calendar, Dataset, DatasetRequest, Grain, GroupColumn, Measure, RowProgram, RowSource};
use crate::program::{Node, NodeId};
use crate::value::{Cell, Value, Vector};

/// The maximum number of columns that are shown of a row.
const MAX_SHOWN_COLUMNS: usize = 32;

/// Where values are in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A source: the slots of the program, followed by the time, the end and the stored keys.
    Source(usize),
    /// An operation.
    Node(NodeId),
}

/// The values of a batch.
pub struct Values<'b> {
    pub rows: &'b RowProgram,
    pub sources: &'b [Cow<'b, Vector>],
    /// The computed operations, sorted, and a vector for each.
    pub nodes: &'b [NodeId],
    pub computed: &'b [Vector],
}

impl Values<'_> {
    pub fn get(&self, access: Access) -> &Vector {
        match access {
            Access::Source(at) => &self.sources[at],
            Access::Node(node) => self.node(node),
        }
    }

    pub fn node(&self, node: NodeId) -> &Vector {
        match self.rows.program.node(node) {
            Node::Slot(slot) => &self.sources[*slot as usize],
            _ => &self.computed[self.nodes.binary_search(&node).expect("all nodes in use are computed")],
        }
    }
}

/// Where the time, the end and the keys of rows are.
pub struct Layout<'r> {
    datasets: &'r [Arc<dyn Dataset>],
    requested: &'r DatasetRequest,
    calendar: Calendar,
    /// The time.
    pub time: Option<Access>,
    /// The end, if rows hold over an interval.
    pub end: Option<Access>,
    /// The grouping columns. None for those that the dataset does not have.
    pub keys: Vec<Option<Access>>,
    /// The slots of the columns that identify rows.
    identifiers: &'r [usize],
}

/// A grouping column.
pub struct KeyPlace {
    /// None if the dataset does not have it.
    pub access: Option<Access>,
    /// The periods that it holds.
    pub periods: Option<(Calendar, Grain)>,
}

/// A column that is shown of a row.
#[derive(Debug)]
pub struct ShownColumn {
    pub name: String,
    access: Access,
    /// The periods that it holds.
    periods: Option<(Calendar, Grain)>,
}

impl<'r> Layout<'r> {
    pub fn new(
        datasets: &'r [Arc<dyn Dataset>],
        requested: &'r DatasetRequest,
        calendar: Calendar,
        identifiers: &'r [usize],
    ) -> Self {
        let mut next = requested.rows.slots.len();
        let mut stored = || {
            next += 1;
            Access::Source(next - 1)
        };
        let mut access = |column: &GroupColumn| match column {
            GroupColumn::Source(_) => stored(),
            GroupColumn::Computed(node) => Access::Node(*node),
        };
        let time = requested.time.as_ref().map(&mut access);
        let end = requested.end.as_ref().map(|end| access(&GroupColumn::Source(end.source.clone())));
        let keys = requested.by.iter().map(|column| column.as_ref().map(&mut access)).collect();
        let calendar = Calendar { by_hour: false, ..calendar };
        Self { datasets, requested, calendar, time, end, keys, identifiers }
    }

    fn level(&self) -> RowLevel<'r> {
        RowLevel { dataset: self.requested.dataset, rows: &self.requested.rows, path: &[] }
    }

    /// The name of the time.
    pub fn time_name(&self) -> String {
        match (&self.requested.time, &self.requested.time_name) {
            (Some(GroupColumn::Source(source)), _) => self.name(source),
            (_, Some(name)) => name.to_string(),
            _ => "time".to_owned(),
        }
    }

    /// The name of a source: `cost`, `customers.segment`.
    pub fn name(&self, source: &RowSource) -> String {
        let name = source_name(self.datasets, self.level(), source);
        match source {
            RowSource::Column(_) => name.to_owned(),
            RowSource::Lookup { lookup, .. } => {
                let dataset = self.requested.rows.lookups[*lookup].dataset;
                format!("{}.{name}", self.datasets[dataset].name())
            }
        }
    }

    /// The name of the column that an operation reads, if reading it is all it does.
    pub fn column(&self, node: NodeId) -> Option<String> {
        let rows = &self.requested.rows;
        let Node::Slot(slot) = rows.program.node(node) else { return None };
        Some(self.name(&rows.slots[*slot as usize]))
    }

    /// The periods that a source holds.
    fn periods(&self, source: &RowSource) -> Option<(Calendar, Grain)> {
        let ty = column_type(self.datasets, self.requested.dataset, &self.requested.rows, source);
        ty.grain().map(|grain| (self.calendar, grain))
    }

    /// The grouping columns and the periods that they hold.
    pub fn key_columns(&self) -> Vec<KeyPlace> {
        let columns = self.requested.by.iter().zip(&self.keys);
        let periods = |column: &Option<GroupColumn>| self.periods(column.as_ref()?.source()?);
        columns.map(|(column, access)| KeyPlace { access: *access, periods: periods(column) }).collect()
    }

    /// The columns that are shown of a row: those that identify it, the time, the keys, and the columns that measures read.
    pub fn shown(&self, measures: &[&Measure], keys: &[Arc<str>]) -> Vec<ShownColumn> {
        let mut shown = Shown { layout: self, columns: vec![], seen: vec![] };
        for slot in self.identifiers {
            shown.add_source(&self.requested.rows.slots[*slot], Access::Source(*slot));
        }
        if let (Some(time), Some(access)) = (&self.requested.time, self.time) {
            shown.add(time, self.time_name(), access);
        }
        if let (Some(end), Some(access)) = (&self.requested.end, self.end) {
            shown.add_source(&end.source, access);
        }
        for (at, name) in keys.iter().enumerate() {
            if let (Some(column), Some(access)) = (&self.requested.by[at], self.keys[at]) {
                shown.add(column, name.to_string(), access);
            }
        }
        let of_measures =
            measures.iter().flat_map(|it| it.conditions.iter().chain(&it.argument).chain(&it.by)).copied();
        let nodes: Vec<NodeId> = of_measures.chain(self.requested.filters.iter().copied()).collect();
        for slot in self.requested.rows.program.slots_below(nodes) {
            shown.add_source(&self.requested.rows.slots[slot as usize], Access::Source(slot as usize));
        }
        shown.columns.truncate(MAX_SHOWN_COLUMNS);
        shown.columns
    }
}

/// The columns that are shown, each once.
struct Shown<'l, 'r> {
    layout: &'l Layout<'r>,
    columns: Vec<ShownColumn>,
    seen: Vec<RowSource>,
}

impl Shown<'_, '_> {
    fn add(&mut self, column: &GroupColumn, name: String, access: Access) {
        match column {
            GroupColumn::Source(source) => self.add_source(source, access),
            GroupColumn::Computed(_) if self.columns.iter().any(|known| known.name == name) => {}
            GroupColumn::Computed(node) => match self.column_below(*node, &name) {
                Some(slot) => self.add_source(&self.layout.requested.rows.slots[slot], Access::Source(slot)),
                None => self.columns.push(ShownColumn { name, access, periods: None }),
            },
        }
    }

    /// The slot of the column with the name of a key that is computed from it: the key of `others` says only that it is not
    /// one of the chosen ones.
    fn column_below(&self, key: NodeId, name: &str) -> Option<usize> {
        let rows = &self.layout.requested.rows;
        let slots = rows.program.slots_below([key]).into_iter().map(|slot| slot as usize);
        slots.into_iter().find(|slot| self.layout.name(&rows.slots[*slot]) == name)
    }

    fn add_source(&mut self, source: &RowSource, access: Access) {
        let name = self.layout.name(source);
        if !self.seen.contains(source) && self.columns.iter().all(|known| known.name != name) {
            self.seen.push(source.clone());
            self.columns.push(ShownColumn { name, access, periods: self.layout.periods(source) });
        }
    }
}

impl ShownColumn {
    /// The cell in a row. A period is spelled as one.
    pub fn cell(&self, values: &Values, row: usize) -> Cell {
        let cell = values.get(self.access).get(row);
        match (cell, self.periods) {
            (Ok(Value::Date(date)), Some((calendar, grain))) => {
                Ok(Value::Text(calendar.spell(calendar.period(grain, date.day())).into()))
            }
            (cell, _) => cell,
        }
    }
}
