//! Turns the cells of a group into the value of a measure.

use hashbrown::HashMap;

use super::exact::{Exact, Fraction, between};
use super::gathered::{Final, FinalBody, Gathered};
use super::missing::{Failures, Missing};
use super::pass::Selection;
use super::state::{Edge, Time, better};
use crate::data::{Aggregate, FailedRows, Measure};
use crate::value::ops::Outcome;
use crate::value::{Cause, Cell, Decimal, Number, Value};

/// The merged cells of a group.
pub(super) struct Fold<'g> {
    all: &'g Selection,
    selection: &'g Selection,
    /// Whether that is not all of them.
    is_selective: bool,
    state: &'g Final,
    /// Rows of the dataset, before conditions.
    pub(super) rows: u64,
    /// Rows that the conditions keep.
    kept: u64,
    /// Rows that a blank leaves undecided.
    undecided: u64,
    /// Rows whose value is blank.
    blank: u64,
    failed: Failed,
    body: FoldBody<'g>,
}

/// The rows that failed, by where they did.
#[derive(Debug, Default)]
struct Failed {
    filters: Failures,
    conditions: Failures,
    values: Failures,
}

enum FoldBody<'g> {
    Count,
    Sum(Exact, u64),
    Best(bool, Option<Value>),
    /// All values, and positions in them with how often each occurs.
    Multiset(&'g [Value], Vec<(u32, u64)>),
    Edge(HashMap<u32, Edge>),
    Any(Option<Value>),
}

impl<'g> Fold<'g> {
    /// Nothing yet, of a state of a dataset.
    pub(super) fn new(dataset: &'g Gathered, at: usize, state: usize) -> Self {
        let state = &dataset.states[state];
        let (all, selection) = (&dataset.selections[0], &dataset.selections[at]);
        let body = empty(state);
        let (rows, kept, undecided, blank, failed) = (0, 0, 0, 0, Failed::default());
        Self { all, selection, is_selective: at > 0, state, rows, kept, undecided, blank, failed, body }
    }

    /// Forgets all cells.
    pub(super) fn clear(&mut self) {
        (self.rows, self.kept, self.undecided, self.blank) = (0, 0, 0, 0);
        self.failed = Failed::default();
        match &mut self.body {
            FoldBody::Count => {}
            FoldBody::Sum(sum, inexact) => (*sum, *inexact) = (Exact::default(), 0),
            FoldBody::Best(_, best) => *best = None,
            FoldBody::Multiset(_, counts) => counts.clear(),
            FoldBody::Edge(edges) => edges.clear(),
            FoldBody::Any(any) => *any = None,
        }
    }

    /// Takes in a cell.
    pub(super) fn add(&mut self, cell: usize) {
        self.rows += self.all.kept[cell];
        self.kept += self.selection.kept[cell];
        self.undecided += self.selection.missing.blank(cell);
        self.blank += self.state.missing.blank(cell);
        self.each_failed(cell, Failures::merge);
        match (&mut self.body, &self.state.body) {
            (FoldBody::Sum(sum, inexact), FinalBody::Sum(sums)) => {
                sums.parts(cell, |mantissa, scale| sum.add(mantissa, scale));
                *inexact += sums.inexact(cell);
            }
            (FoldBody::Best(greatest, best), FinalBody::Best(all)) => {
                if let Some(value) = all.value(cell) {
                    *best = Some(better(*greatest, best.take(), value));
                }
            }
            (FoldBody::Multiset(_, counts), FinalBody::Multiset(_, cells)) => counts.extend(&cells[cell]),
            (FoldBody::Edge(edges), FinalBody::Edge(latest, cells)) => {
                cells[cell].iter().for_each(|(segment, edge)| offer(edges, *latest, *segment, edge));
            }
            (FoldBody::Any(any), FinalBody::Any(values)) => {
                *any = any.take().or_else(|| values.get(cell).cloned().flatten());
            }
            _ => {}
        }
    }

    /// Whether cells can be taken out again.
    pub(super) fn can_remove(&self) -> bool {
        matches!(self.body, FoldBody::Count | FoldBody::Sum(..))
    }

    /// Takes out a cell that was taken in, of a fold that can.
    pub(super) fn remove(&mut self, cell: usize) {
        self.rows -= self.all.kept[cell];
        self.kept -= self.selection.kept[cell];
        self.undecided -= self.selection.missing.blank(cell);
        self.blank -= self.state.missing.blank(cell);
        self.each_failed(cell, Failures::remove);
        if let (FoldBody::Sum(sum, inexact), FinalBody::Sum(sums)) = (&mut self.body, &self.state.body) {
            sums.parts(cell, |mantissa, scale| sum.add(-mantissa, scale));
            *inexact -= sums.inexact(cell);
        }
    }

    /// The time that `first` or `last` chose, where all segments have one.
    pub(super) fn chosen_time(&self) -> Option<Time> {
        match &self.body {
            FoldBody::Edge(edges) => edges.values().map(|edge| edge.time).next(),
            _ => None,
        }
    }

    /// Changes what failed by the rows of a cell.
    fn each_failed(&mut self, cell: usize, change: fn(&mut Failures, &Failures)) {
        let of = |total: &mut Failures, missing: &Missing| {
            if let Some(failed) = missing.failed(cell) {
                change(total, failed);
            }
        };
        of(&mut self.failed.filters, &self.all.missing);
        if self.is_selective {
            of(&mut self.failed.conditions, &self.selection.missing);
        }
        of(&mut self.failed.values, &self.state.missing);
    }

    /// The rows that have a value, or whose failure is known from their body.
    fn present(&self) -> u64 {
        self.kept.saturating_sub(self.blank + self.failed.values.rows())
    }

    /// Rows that a blank leaves without a decision or a value.
    pub(super) fn skipped(&self) -> u64 {
        self.undecided + self.blank
    }

    /// The rows that failed, as far as the value depends on them: `first` and `last` on those at the chosen time.
    pub(super) fn failed(&self) -> FailedRows {
        let all = self.failures();
        FailedRows { rows: all.rows(), of_cause: all.of_cause(), in_filters: self.failed.filters.rows() }
    }

    fn failures(&self) -> Failures {
        let mut failed = self.failed.filters;
        failed.merge(&self.failed.conditions);
        failed.merge(&self.failed.values);
        if let FoldBody::Edge(edges) = &self.body {
            edges.values().for_each(|edge| failed.merge(&edge.failed));
        }
        failed
    }

    /// The value, and the number of rows that it stands on; of rows that there are.
    pub(super) fn value(&mut self, measure: &Measure) -> (Cell, u64) {
        let present = self.present();
        if let Some(cause) = self.failures().cause() {
            return (Err(cause), self.rows_used(present));
        }
        let cell = match (measure.aggregate, present) {
            (Aggregate::Count, 0) => Ok(Decimal::ZERO.into()),
            (Aggregate::Sum, 0) if self.kept == 0 => Ok(Decimal::ZERO.into()),
            (_, 0) if self.kept == 0 => Err(Cause::NoRowsKept),
            (_, 0) => Err(Cause::Blank),
            _ => self.present_value(measure, present),
        };
        (cell, self.rows_used(present))
    }

    fn rows_used(&self, present: u64) -> u64 {
        match &self.body {
            FoldBody::Edge(edges) => edges.values().map(|edge| edge.rows).sum(),
            _ => present,
        }
    }

    fn present_value(&mut self, measure: &Measure, present: u64) -> Cell {
        match &mut self.body {
            FoldBody::Count => Ok(Decimal::from(present).into()),
            FoldBody::Sum(sum, inexact) => number(summed(measure.aggregate, sum, *inexact, present)),
            FoldBody::Best(_, best) => best.clone().ok_or(Cause::Blank),
            FoldBody::Any(any) if present == 1 => any.clone().ok_or(Cause::Blank),
            FoldBody::Any(_) => Err(Cause::ManyRows),
            FoldBody::Edge(edges) => edge_value(edges),
            FoldBody::Multiset(values, counts) => {
                combine(counts);
                multiset_value(measure, values, counts)
            }
        }
    }
}

fn empty(state: &Final) -> FoldBody<'_> {
    match &state.body {
        FinalBody::Count => FoldBody::Count,
        FinalBody::Sum(_) => FoldBody::Sum(Exact::default(), 0),
        FinalBody::Best(best) => FoldBody::Best(best.greatest(), None),
        FinalBody::Multiset(values, _) => FoldBody::Multiset(values, vec![]),
        FinalBody::Edge(..) => FoldBody::Edge(HashMap::new()),
        FinalBody::Any(_) => FoldBody::Any(None),
    }
}

fn number(outcome: Outcome) -> Cell {
    outcome.map(Value::Number)
}

/// A sum, or its mean over so many values.
fn summed(aggregate: Aggregate, sum: &Exact, inexact: u64, count: u64) -> Outcome {
    let number = match aggregate {
        Aggregate::Average => sum.mean(count),
        _ => sum.number(),
    }?;
    Ok(Number { exact: number.exact && inexact == 0, ..number })
}

fn offer(edges: &mut HashMap<u32, Edge>, latest: bool, segment: u32, edge: &Edge) {
    match edges.get_mut(&segment) {
        Some(known) => known.offer(latest, edge.clone()),
        None => drop(edges.insert(segment, edge.clone())),
    }
}

/// What stands at the chosen times of all segments, added.
fn edge_value(edges: &HashMap<u32, Edge>) -> Cell {
    let (mut sum, mut inexact, mut rows, mut other) = (Exact::default(), 0, 0, None);
    for edge in edges.values() {
        sum.merge(&edge.sum);
        inexact += edge.inexact;
        rows += edge.rows;
        other = other.or(edge.other.as_ref());
    }
    match other {
        None => number(summed(Aggregate::Last, &sum, inexact, rows)),
        Some(value) if rows == 1 => Ok(value.clone()),
        Some(_) => Err(Cause::ManyRows),
    }
}

/// Sorts counts and joins those of one value.
fn combine(counts: &mut Vec<(u32, u64)>) {
    counts.sort_by_key(|&(value, _)| value);
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0 };
        same
    });
}

fn multiset_value(measure: &Measure, values: &[Value], counts: &[(u32, u64)]) -> Cell {
    let occurs = |count: u64| if measure.distinct { 1 } else { count };
    let counted = || counts.iter().map(|&(value, count)| (&values[value as usize], occurs(count)));
    let total: u64 = counted().map(|(_, count)| count).sum();
    match measure.aggregate {
        Aggregate::Count => Ok(Decimal::from(total).into()),
        Aggregate::Only => the_one(values, counts),
        Aggregate::Median => number(median(counted, total)),
        Aggregate::Quantile(fraction) => number(quantile(counted, total, fraction)),
        aggregate => number(sum_of(counted()).and_then(|(sum, inexact)| summed(aggregate, &sum, inexact, total))),
    }
}

/// `only(distinct x)`: the value that all rows agree on.
fn the_one(values: &[Value], counts: &[(u32, u64)]) -> Cell {
    match counts {
        [(value, _)] => Ok(values[*value as usize].clone()),
        _ => Err(Cause::ManyRows),
    }
}

fn sum_of<'v>(counted: impl Iterator<Item = (&'v Value, u64)>) -> Result<(Exact, u64), Cause> {
    let (mut sum, mut inexact) = (Exact::default(), 0);
    for (value, _) in counted {
        let value = as_number(value)?;
        sum.add_decimal(value.decimal);
        inexact += u64::from(!value.exact);
    }
    Ok((sum, inexact))
}

fn as_number(value: &Value) -> Outcome {
    match value {
        Value::Number(number) => Ok(*number),
        _ => Err(Cause::WrongKind),
    }
}

/// The value at a position among all of them in order.
fn nth<'v>(mut counted: impl Iterator<Item = (&'v Value, u64)>, position: u64) -> Outcome {
    let mut passed = 0;
    let found = counted.find(|&(_, count)| {
        passed += count;
        passed > position
    });
    found.map_or(Err(Cause::Blank), |(value, _)| as_number(value))
}

fn median<'v, I: Iterator<Item = (&'v Value, u64)>>(counted: impl Fn() -> I, total: u64) -> Outcome {
    let upper = nth(counted(), total / 2)?;
    if total % 2 == 1 {
        return Ok(upper);
    }
    let lower = nth(counted(), total / 2 - 1)?;
    let mut sum = Exact::default();
    sum.add_decimal(lower.decimal);
    sum.add_decimal(upper.decimal);
    summed(Aggregate::Average, &sum, u64::from(!lower.exact) + u64::from(!upper.exact), 2)
}

/// Between the two values around the fraction, as far as it is between their places.
fn quantile<'v, I: Iterator<Item = (&'v Value, u64)>>(
    counted: impl Fn() -> I,
    total: u64,
    fraction: Decimal,
) -> Outcome {
    let (position, into) = Fraction::of_product(total - 1, fraction.clamp(Decimal::ZERO, Decimal::ONE));
    let lower = nth(counted(), position)?;
    if into.is_zero() {
        return Ok(lower);
    }
    between(lower, nth(counted(), position + 1)?, into)
}
