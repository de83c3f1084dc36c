//! The rows and the inner groups behind the steps of a difference.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::graph::Vertex;
use super::number::Exact;
use super::{Change, Changes, as_optional_text, numbers, structure};
use crate::budget::Charge;
use crate::data::{Aggregate, ListedRow, ListedRows, RowOrder, Source};
use crate::diagnostic::{Diagnostic, Error};
use crate::eval::{Evaluation, RowsOf};
use crate::explain::one_line;
use crate::plan::{StepId, StepKind};
use crate::value::{Decimal, Number, Value};

/// The rows of an aggregate before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeRows {
    /// The aggregate as written.
    pub aggregate: String,
    /// The dataset.
    pub dataset: Arc<str>,
    /// The number of rows that contribute to the value before.
    pub before: u64,
    /// The number of rows that contribute to the value after.
    pub after: u64,
    /// The numbers of rows, before and after, that were skipped because a value or a condition is blank.
    #[serde(skip_serializing_if = "is_none_skipped")]
    pub skipped: [u64; 2],
    /// The rows themselves, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<ChangeListedRows>,
    /// Where they are.
    #[serde(skip)]
    pub(crate) places: RowPlaces,
}

/// The rows that are in one of the two groups only, as far as they are listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeListedRows {
    /// Which rows come first.
    pub order: RowOrder,
    /// The column whose values are aggregated, if it is a column as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Rows that count after, and not before.
    pub new: Vec<ChangeRow>,
    /// The number of other such rows.
    pub more_new: u64,
    /// Rows that count before, and not after.
    pub gone: Vec<ChangeRow>,
    /// The number of other such rows.
    pub more_gone: u64,
}

/// A row, and what it accounts for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeRow {
    /// The row.
    #[serde(flatten)]
    pub row: ListedRow,
    /// What it accounts for, if the aggregate is a sum or a number of rows. Those of all rows add up to the step.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_optional_text")]
    pub contribution: Option<Decimal>,
}

/// The inner groups of an aggregate with `each`, before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeGroups {
    /// The aggregate as written.
    pub aggregate: String,
    /// The keys: columns, and at most one grain of time.
    pub each: Vec<Arc<str>>,
    /// The number of values before.
    pub before: u64,
    /// The number of values after.
    pub after: u64,
    /// How the values changed. None if the keys are periods, which differ before and after.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub moved: Option<ChangeMoved>,
    /// The inner groups that changed most, if rows were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<ChangeGroup>,
    /// The number of other inner groups that changed.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: u64,
    /// The aggregate among the inputs that are not measures, and the group, on both sides.
    #[serde(skip)]
    pub(crate) places: [(u32, usize); 2],
}

/// How many inner groups changed in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChangeMoved {
    /// Those that have a value after only.
    pub new: u64,
    /// Those that have a value before only.
    pub gone: u64,
    /// Those with a larger value.
    pub grown: u64,
    /// Those with a smaller value.
    pub shrunk: u64,
}

/// An inner group that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeGroup {
    /// Its keys.
    pub keys: String,
    /// Its value before; None if it is new.
    #[serde(serialize_with = "value_as_text")]
    pub before: Option<Value>,
    /// Its value after; None if it is gone.
    #[serde(serialize_with = "value_as_text")]
    pub after: Option<Value>,
}

/// Where the rows of a step are, and what one of them contributes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RowPlaces {
    /// The aggregates before and after.
    sides: [RowsOf; 2],
    /// What one unit contributes. None if the input is not a sum over rows.
    multiplier: Option<Exact>,
    /// True if each row counts as 1.
    is_count: bool,
}

fn is_none_skipped(skipped: &[u64; 2]) -> bool {
    *skipped == [0, 0]
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn value_as_text<S: serde::Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(ToString::to_string).serialize(serializer)
}

impl Changes<'_> {
    /// The aggregate behind an input, or behind a formula to which it is set on both sides.
    fn aggregate(&self, input: StepId) -> Option<StepId> {
        let given =
            || structure::given_aggregate(self.plan(), input).filter(|_| self.is_set(self.sides.step(0, input)));
        structure::aggregate(self.plan(), input).or_else(given)
    }

    fn is_set(&self, step: StepId) -> bool {
        matches!(self.plan().step(step).kind, StepKind::Given(_))
    }

    /// The numbers of rows of the aggregate behind an input.
    pub(super) fn rows(&self, input: StepId, vertex: &Vertex) -> Option<ChangeRows> {
        let aggregate = self.aggregate(input)?;
        let step = self.plan().step(aggregate);
        let StepKind::Measure(Some(id)) = step.kind else { return None };
        if self.target.is_some() {
            return None;
        }
        let measure = |side: usize| match self.plan().step(self.sides.step(side, aggregate)).kind {
            StepKind::Measure(Some(id)) => id,
            _ => id,
        };
        let counts = [0, 1].map(|side| {
            let (measure, group) = (&self.evaluation.measures[measure(side).0 as usize], self.groups[side]);
            (measure.rows[group], measure.skipped[group])
        });
        let requested = &self.plan().request.measures[id.0 as usize];
        let is_sum = matches!(requested.aggregate, Aggregate::Sum | Aggregate::Count) && !requested.distinct;
        // The formula to which an input is set says what a row adds to it, not the aggregate alone.
        let is_split = is_sum && !self.is_set(input) && numbers(&vertex.points).is_some();
        let text = step.formula.map(|span| one_line(self.plan().sources.text(span))).unwrap_or_default();
        Some(ChangeRows {
            aggregate: if text.contains('(') { text } else { format!("sum({text})") },
            dataset: self.plan().datasets[requested.dataset].clone(),
            before: counts[0].0,
            after: counts[1].0,
            skipped: counts.map(|(_, skipped)| skipped),
            listed: None,
            places: RowPlaces {
                sides: [0, 1].map(|side| RowsOf { group: self.outer[side], inner: None, measure: measure(side) }),
                multiplier: is_split.then(|| vertex.multiplier.clone()),
                is_count: requested.aggregate == Aggregate::Count,
            },
        })
    }

    /// How the inner groups of the aggregate behind an input changed.
    pub(super) fn inner_groups(&self, input: StepId) -> Option<ChangeGroups> {
        let aggregate = self.aggregate(input)?;
        let step = self.plan().step(aggregate);
        if self.target.is_some() {
            return None;
        }
        let input = |side: usize| match self.plan().step(self.sides.step(side, aggregate)).kind {
            StepKind::Each(at) => Some(at),
            _ => None,
        };
        let inputs = [input(0)?, input(1)?];
        let inner = |side: usize| self.evaluation.inner_values(inputs[side], self.groups[side]);
        let ((each, before, has_period), (_, after, _)) = inner(0).zip(inner(1))?;
        let mut moved = ChangeMoved::default();
        for (key, value) in &after {
            match before.get(key) {
                None => moved.new += 1,
                Some(old) if old < value => moved.grown += 1,
                Some(old) if old > value => moved.shrunk += 1,
                Some(_) => {}
            }
        }
        moved.gone = before.keys().filter(|key| !after.contains_key(*key)).count() as u64;
        let text = |span| one_line(self.plan().sources.text(span));
        Some(ChangeGroups {
            aggregate: step.formula.map(text).unwrap_or_default(),
            each,
            before: before.len() as u64,
            after: after.len() as u64,
            moved: Some(moved).filter(|_| !has_period),
            listed: vec![],
            more: 0,
            places: [(inputs[0], self.outer[0]), (inputs[1], self.outer[1])],
        })
    }
}

impl Evaluation {
    /// Adds to a change of this evaluation the first `count` rows that are new, and those that are gone, of each aggregate;
    /// and the inner groups that changed most. The source is that of the evaluation, whose datasets are read once more.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use yardstick::{Embedded, Library, Limits, Query, Table};
    ///
    /// let library = Library::from_text("spend = sum(ads.cost)")?;
    /// let rows = [("2026-01", 10), ("2026-01", 4), ("2026-02", 12)];
    /// let source = Embedded::new(vec![Arc::new(Table::from_tuples("ads", &["month", "cost"], &rows)?)]);
    /// let result = library.evaluate(&Query::all().by("month"), &source, &Limits::default())?;
    /// let mut change = result.change(0, [0, 1], 2)?;
    /// result.list_rows_of_change(&mut change, &source, 1)?;
    /// let rows = change.steps[0].rows.as_ref().and_then(|rows| rows.listed.as_ref()).expect("it is a sum");
    /// assert_eq!(rows.new[0].contribution, Some(12.into()));
    /// assert_eq!((rows.gone[0].contribution, rows.more_gone), (Some((-10).into()), 1));
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    ///
    /// # Errors
    /// The limit that was reached, or data that can no longer be read.
    pub fn list_rows_of_change(&self, change: &mut Change, source: &dyn Source, count: usize) -> Result<(), Error> {
        let mut charge = self.plan.limits.budget().charge();
        let listed = self.list_rows_of_changes(std::slice::from_mut(change), source, count, &mut charge);
        listed.map_err(|problem| Error::new(vec![problem], self.plan.sources.clone()))
    }

    /// The same for several changes. Each dataset is read once for all of them.
    pub(crate) fn list_rows_of_changes(
        &self,
        changes: &mut [Change],
        source: &dyn Source,
        count: usize,
        charge: &mut Charge,
    ) -> Result<(), Diagnostic> {
        let mut found: IndexMap<[RowsOf; 2], Vec<ListedRows>> = IndexMap::new();
        each_rows(changes, |rows| drop(found.insert(rows.places.sides, vec![])));
        let lists: Vec<Vec<RowsOf>> = found.keys().map(|sides| sides.to_vec()).collect();
        if !lists.is_empty() {
            let listed = self.rows_behind(&lists, source, count, charge)?;
            found.values_mut().zip(listed).for_each(|(place, listed)| *place = listed);
        }
        each_rows(changes, |rows| {
            if let [gone, new] = &found[&rows.places.sides][..] {
                rows.listed = Some(rows.places.listed(gone, new));
            }
        });
        for groups in changes.iter_mut().flat_map(|change| &mut change.steps).filter_map(|step| step.groups.as_mut()) {
            self.list_inner_groups(groups, count, charge)?;
        }
        Ok(())
    }

    /// Adds the inner groups that changed most.
    fn list_inner_groups(
        &self,
        groups: &mut ChangeGroups,
        count: usize,
        charge: &mut Charge,
    ) -> Result<(), Diagnostic> {
        let values = |(input, group): (u32, usize)| {
            let (this, at) = self.place(group);
            this.inner_values(input, at).map(|(_, values, _)| values)
        };
        let Some((mut before, after)) = values(groups.places[0]).zip(values(groups.places[1])) else { return Ok(()) };
        charge.budget().spend(before.len() + after.len(), "listing inner groups")?;
        let mut changed: Vec<ChangeGroup> = vec![];
        for (keys, value) in after {
            let old = before.remove(&keys);
            changed.push(ChangeGroup { keys, before: old, after: Some(value) });
        }
        changed.extend(before.into_iter().map(|(keys, value)| ChangeGroup { keys, before: Some(value), after: None }));
        changed.retain(|group| group.before != group.after);
        changed.sort_by_cached_key(|group| (std::cmp::Reverse(group.distance()), group.keys.clone()));
        groups.more = changed.len().saturating_sub(count) as u64;
        changed.truncate(count);
        groups.listed = changed;
        Ok(())
    }
}

/// Visits the aggregates of changes that account for something.
fn each_rows(changes: &mut [Change], mut visit: impl FnMut(&mut ChangeRows)) {
    let steps = changes.iter_mut().flat_map(|change| &mut change.steps);
    let steps = steps.filter(|step| !step.share.contribution.is_zero());
    steps.filter_map(|step| step.rows.as_mut()).for_each(&mut visit);
}

impl RowPlaces {
    fn listed(&self, gone: &ListedRows, new: &ListedRows) -> ChangeListedRows {
        let rows = |listed: &ListedRows, sign: i64| {
            let rows = listed.rows.iter().cloned();
            rows.map(|row| ChangeRow { contribution: self.contribution(&row, sign), row }).collect()
        };
        ChangeListedRows {
            order: new.order,
            column: new.column.clone(),
            new: rows(new, 1),
            more_new: new.more,
            gone: rows(gone, -1),
            more_gone: gone.more,
        }
    }

    fn contribution(&self, row: &ListedRow, sign: i64) -> Option<Decimal> {
        let value = match &row.value {
            _ if self.is_count => Exact::one(),
            Some(Value::Number(number)) => (*number).into(),
            _ => return None,
        };
        let signed = self.multiplier.as_ref()?.times(&Exact::whole(sign));
        Some(signed.times(&value).decimal().decimal)
    }
}

impl ChangeGroup {
    /// How far the value moved. Without a number, as far as possible.
    fn distance(&self) -> Decimal {
        let number = |value: &Option<Value>| match value {
            None => Some(Decimal::ZERO),
            Some(Value::Number(Number { decimal, .. })) => Some(*decimal),
            Some(_) => None,
        };
        let [before, after] = [number(&self.before), number(&self.after)];
        let moved = before.zip(after).and_then(|(before, after)| after.checked_sub(before));
        moved.map_or(Decimal::MAX, |moved| moved.abs())
    }
}
