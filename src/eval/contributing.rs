//! Lists the rows behind aggregates of an evaluation.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Evaluation, RowKind};
use crate::aggregate::{RowGroup, contributing};
use crate::budget::{Budget, Charge};
use crate::data::{
    ColumnId, Dataset, DatasetRequest, Group, ListedRows, MAX_LISTED_ROWS, MeasureColumn, MeasureId, Request,
    RowSource, Schema, Source,
};
use crate::describe::is_identifier;
use crate::diagnostic::{Code, Diagnostic};
use crate::library::DatasetDefinition;
use crate::syntax::ast::RowTestKind;

/// An aggregate in a group whose rows are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RowsOf {
    /// The group of the result, by position.
    pub group: usize,
    /// If the aggregate is inside `each`: the inner groups by position in the plan, and the one among them.
    pub inner: Option<(usize, usize)>,
    /// The measure.
    pub measure: MeasureId,
}

/// What the lists of one pass have in common: the evaluation, by the address of its plan, and the inner groups.
type PassKey = (usize, Option<usize>);

impl Evaluation {
    /// Lists the first `count` rows of aggregates: for each list the rows of one aggregate, or those of two that are not in
    /// both. Each dataset is read once, from the source of the evaluation.
    ///
    /// # Errors
    /// Data that cannot be read, or a limit.
    pub(crate) fn rows_behind(
        &self,
        lists: &[Vec<RowsOf>],
        source: &dyn Source,
        count: usize,
        charge: &mut Charge,
    ) -> Result<Vec<Vec<ListedRows>>, Diagnostic> {
        if count > MAX_LISTED_ROWS {
            let message = format!("at most {MAX_LISTED_ROWS} rows are listed for each aggregate");
            return Err(
                Diagnostic::error(Code::LimitReached, message).hint(format!("write `--rows {MAX_LISTED_ROWS}`"))
            );
        }
        let mut passes: IndexMap<PassKey, Vec<usize>> = IndexMap::new();
        for (at, list) in lists.iter().enumerate() {
            let (this, _) = self.place(list[0].group);
            let key = (std::ptr::from_ref(this) as usize, list[0].inner.map(|(inner, _)| inner));
            passes.entry(key).or_default().push(at);
        }
        let mut found: Vec<Vec<ListedRows>> = lists.iter().map(|_| vec![]).collect();
        for ((_, inner), positions) in passes {
            let (this, _) = self.place(lists[positions[0]][0].group);
            let wanted: Vec<Vec<RowGroup>> =
                positions.iter().map(|&at| lists[at].iter().map(|one| self.row_group(one)).collect()).collect();
            let mut request = this.request(inner, charge.budget());
            let identifiers = this.with_identifiers(&mut request, source.datasets());
            let rows = contributing(source.datasets(), &request, &identifiers, &wanted, count)?;
            charge.grow(rows.iter().flatten().map(bytes).sum(), "the listed rows")?;
            positions.into_iter().zip(rows).for_each(|(at, rows)| found[at] = rows);
        }
        Ok(found)
    }

    /// The request that was answered, for one thread.
    fn request(&self, inner: Option<usize>, budget: &Budget) -> Request {
        let (request, period) = match inner {
            None => (&self.plan.request, self.plan.request.period),
            Some(at) => (&self.plan.inner[at].request, self.inner[at].period),
        };
        Request { budget: budget.clone(), threads: 1, period, ..request.clone() }
    }

    /// Adds the columns that identify the rows of each dataset to those that are read. Returns their slots.
    fn with_identifiers(&self, request: &mut Request, datasets: &[Arc<dyn Dataset>]) -> Vec<Vec<usize>> {
        let library = &self.plan.library;
        let slots = |requested: &mut DatasetRequest| {
            let dataset = &*datasets[requested.dataset];
            let slots = &mut requested.rows.slots;
            let slot = |column: ColumnId| {
                let source = RowSource::Column(column);
                slots.iter().position(|known| *known == source).unwrap_or_else(|| {
                    slots.push(source);
                    slots.len() - 1
                })
            };
            identifiers(library.dataset(dataset.name()), dataset.schema()).into_iter().map(slot).collect()
        };
        request.datasets.iter_mut().map(slots).collect()
    }

    /// The rows of an aggregate in a group.
    fn row_group(&self, one: &RowsOf) -> RowGroup {
        let (this, place) = self.place(one.group);
        let (request, group, columns, at): (&Request, &Group, &[MeasureColumn], usize) = match one.inner {
            None => (&this.plan.request, &this.groups[place], &this.measures, place),
            Some((inner, at)) => {
                let result = &this.inner[inner];
                (&this.plan.inner[inner].request, &result.groups[at], &result.columns, at)
            }
        };
        let measure = &request.measures[one.measure.0 as usize];
        let column = &columns[one.measure.0 as usize];
        let kept = if group.total { vec![] } else { measure.dropped.kept(request.by.len()) };
        let keys = match one.inner {
            None => self.own_keys(one.group),
            Some(_) => group.keys.iter().cloned().collect(),
        };
        RowGroup {
            measure: one.measure,
            keys: kept.into_iter().map(|at| (at, keys[at].clone())).collect(),
            days: column.ranges[at],
            value: column.values.get(at),
        }
    }

    /// The keys of a group in the evaluation that computes it, by its grouping columns.
    fn own_keys(&self, group: usize) -> Vec<Option<Arc<str>>> {
        let (this, place) = self.place(group);
        let keys = &this.groups[place].keys;
        let key = |(at, name): (usize, &Arc<str>)| match self.kind(group) {
            // The keys that are not chosen are one key, which a condition computes.
            RowKind::Others if at == 0 => Some("true".into()),
            RowKind::Across | RowKind::Beside => {
                let column = self.plan.request.by.iter().position(|column| column == name)?;
                keys.iter().nth(column)?.clone()
            }
            _ => keys.iter().nth(at)?.clone(),
        };
        this.plan.request.by.iter().enumerate().map(key).collect()
    }
}

/// The columns that identify the rows of a dataset: those that its definition says are unique, or the first whose name is
/// that of an identifier, such as `order_id`.
fn identifiers(definition: Option<&DatasetDefinition>, schema: &Schema) -> Vec<ColumnId> {
    let tests = definition.into_iter().flat_map(|definition| &definition.tests);
    let unique = tests.filter_map(|test| match &test.kind {
        RowTestKind::Unique(columns) => columns.iter().map(|column| schema.find(&column.text)).collect(),
        RowTestKind::Filled(_) | RowTestKind::Condition(_) => None,
    });
    let named = || schema.columns.keys().find(|name| is_identifier(name)).and_then(|name| schema.find(name));
    unique.min_by_key(Vec::len).unwrap_or_else(|| named().into_iter().collect())
}

const BYTES_PER_ROW: usize = 200;
const BYTES_PER_CELL: usize = 100;

/// The approximate memory of a list.
fn bytes(list: &ListedRows) -> usize {
    let counted = list.rows.iter().map(|row| row.cells.len());
    let left_out = list.left_out.iter().map(|row| row.cells.len());
    counted.chain(left_out).map(|cells| BYTES_PER_ROW + cells * BYTES_PER_CELL).sum()
}
