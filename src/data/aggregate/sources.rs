//! Gives the values that row expressions start from: columns of the dataset, and columns of those that it looks up.

use std::borrow::Cow;
use std::sync::Arc;

use super::lookup::{Finder, Lookup};
use super::pass::position_or_add;
use crate::data::dataset::{Batch, Dataset};
use crate::data::measure::{LookupRequest, RowProgram, RowSource};
use crate::data::schema::ColumnId;
use crate::diagnostic::Diagnostic;
use crate::program::{Node, NodeId, Program};
use crate::value::{Cause, Vector};

/// Where the values of the rows of one dataset come from.
pub(super) struct Sources<'r> {
    dataset: &'r dyn Dataset,
    program: &'r Program,
    /// How many of the places are slots of the program.
    slots: usize,
    /// The columns to read.
    pub(super) read: Vec<ColumnId>,
    /// The slots, then whatever else is asked for.
    places: Vec<Place>,
    /// In an order in which keys need earlier ones only.
    lookups: Vec<(NodeId, Lookup)>,
}

/// Where a source's values stand.
#[derive(Clone, Copy)]
enum Place {
    /// In a column read.
    Read(usize),
    /// In a wanted column of a lookup.
    Lookup { lookup: usize, column: usize },
}

impl<'r> Sources<'r> {
    /// Reads the looked-up datasets. Beside the slots of the program, `others` are given.
    pub(super) fn new(
        datasets: &[Arc<dyn Dataset>],
        dataset: &'r dyn Dataset,
        rows: &'r RowProgram,
        others: impl Iterator<Item = &'r RowSource>,
    ) -> Result<Self, Diagnostic> {
        let mut read = vec![];
        let place = |source: &RowSource| match *source {
            RowSource::Column(column) => Place::Read(position_or_add(&mut read, |it| *it == column, || column)),
            RowSource::Lookup { lookup, column } => Place::Lookup { lookup, column },
        };
        let places = rows.slots.iter().chain(others).map(place).collect();
        let lookup = |request: &LookupRequest| Ok((request.key, Lookup::read(datasets, request)?));
        let lookups = rows.lookups.iter().map(lookup).collect::<Result<_, Diagnostic>>()?;
        Ok(Self { dataset, program: &rows.program, slots: rows.slots.len(), read, places, lookups })
    }

    /// What a worker needs to remember of the keys that it looks up.
    pub(super) fn finders(&self) -> Vec<Finder> {
        self.lookups.iter().map(|_| Finder::default()).collect()
    }

    /// The values of all sources in a batch of the columns read.
    pub(super) fn values<'b>(
        &self,
        finders: &mut [Finder],
        batch: &'b Batch,
    ) -> Result<Vec<Cow<'b, Vector>>, Diagnostic> {
        let nothing = || Cow::Owned(Vector::undefined(0, Cause::Blank));
        let mut values: Vec<Cow<Vector>> = self.places.iter().map(|place| match *place {
            Place::Read(at) => Cow::Borrowed(&*batch.columns[at]),
            Place::Lookup { .. } => nothing(),
        }).collect();
        for (at, ((key, lookup), finder)) in self.lookups.iter().zip(finders).enumerate() {
            let found = {
                let keys = self.key(*key, &values, batch.rows);
                lookup.check(self.dataset.name(), &keys)?;
                lookup.find(finder, &keys)
            };
            for (value, place) in values.iter_mut().zip(&self.places) {
                if let Place::Lookup { lookup: of, column } = *place && of == at {
                    *value = Cow::Owned(lookup.column(column, &found));
                }
            }
        }
        Ok(values)
    }

    /// The keys of a lookup, which need nothing of it and of later ones.
    fn key<'v>(&self, key: NodeId, values: &'v [Cow<Vector>], rows: usize) -> Cow<'v, Vector> {
        match self.program.node(key) {
            Node::Slot(slot) => Cow::Borrowed(&*values[*slot as usize]),
            _ => Cow::Owned(self.program.evaluate(&values[..self.slots], rows, &[key]).remove(0)),
        }
    }
}
