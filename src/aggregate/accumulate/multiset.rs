//! Counts how often each value occurs, for medians, quantiles and `distinct` aggregates.

use hashbrown::HashMap;

use super::accumulator::{Accumulator, Fold, NOWHERE, Rows, same};
use super::exact::{Fraction, between};
use super::total::Total;
use crate::aggregate::lists::position_or_add;
use crate::data::{Aggregate, Measure};
use crate::value::ops::Outcome;
use crate::value::{Cause, Cell, Decimal, Dictionary, Value, Values, Vector};

/// How often each value occurs in each cell.
#[derive(Debug, Default)]
pub struct Multiset {
    /// Numbers of a common scale by `(cell, mantissa)`, with one map per scale.
    fixed: Vec<(u32, Counts<(u32, i64)>)>,
    /// Other values by `(cell, item)`.
    others: Counts<(u32, u32)>,
    items: Items,
    /// Merged counts of other workers by scale. Several entries may have the same mantissa and cell.
    merged: Vec<(u32, Vec<Counted>)>,
    /// Merged counts of other values, as item, cell and count.
    merged_others: Vec<(u32, u32, u64)>,
    /// All counts, filled by `finish`.
    pub(super) sorted: Sorted,
}

/// The distinct values in order, and the sorted positions and counts of the values in each cell. A position may be
/// repeated.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) values: Vec<Value>,
    pub(super) cells: Vec<Vec<(u32, u64)>>,
}

/// A mantissa, its cell and its count.
type Counted = (i64, u32, u64);

type Counts<K> = HashMap<K, u64, foldhash::fast::FixedState>;

/// Distinct values, numbered in order of first occurrence.
#[derive(Debug, Default)]
struct Items {
    list: Vec<Value>,
    known: HashMap<Value, u32, foldhash::fast::FixedState>,
    /// The id of the last dictionary, and the items of its codes.
    texts: (Option<u64>, Vec<Option<u32>>),
}

impl Items {
    /// The number of a value. Equal numbers are one value, which is inexact if any of them is.
    fn code(&mut self, value: Value) -> u32 {
        let inexact = matches!(value, Value::Number(number) if !number.exact);
        let list = &mut self.list;
        let code = *self.known.entry(value).or_insert_with_key(|value| {
            list.push(value.clone());
            list.len() as u32 - 1
        });
        if inexact && let Value::Number(number) = &mut list[code as usize] {
            number.exact = false;
        }
        code
    }

    fn text(&mut self, dictionary: &Dictionary, code: u32) -> u32 {
        if self.texts.0 != Some(dictionary.id()) {
            self.texts = (Some(dictionary.id()), vec![]);
        }
        if self.texts.1.len() < dictionary.len() {
            self.texts.1.resize(dictionary.len(), None);
        }
        self.texts.1[code as usize].unwrap_or_else(|| {
            let item = self.code(Value::Text(dictionary.text(code).clone()));
            self.texts.1[code as usize] = Some(item);
            item
        })
    }
}

impl Accumulator for Multiset {
    fn update(&mut self, rows: &Rows, values: &Vector) {
        let counts = |row: &usize| rows.cells[*row] != NOWHERE && values.cause(*row).is_none();
        let counted = (0..values.len()).filter(counts);
        match &values.values {
            Values::Fixed { mantissas, scale } => {
                let fixed = of_scale(&mut self.fixed, *scale);
                counted.for_each(|row| *fixed.entry((rows.cells[row], mantissas[row])).or_default() += 1);
            }
            Values::Texts { codes, dictionary } => counted.for_each(|row| {
                let item = self.items.text(dictionary, codes[row]);
                *self.others.entry((rows.cells[row], item)).or_default() += 1;
            }),
            _ => rows.each_value(values, |cell, value| {
                let item = self.items.code(value);
                *self.others.entry((cell as u32, item)).or_default() += 1;
            }),
        }
    }

    /// Merges without hashing mantissas again: equal values meet when everything is sorted.
    fn merge(&mut self, other: Box<dyn Accumulator>, cells: &[u32], _: usize) {
        let other: Self = same(other);
        for (scale, counts) in other.fixed {
            let entries = counts.into_iter().map(|((cell, mantissa), count)| (mantissa, cells[cell as usize], count));
            of_scale(&mut self.merged, scale).extend(entries);
        }
        for (scale, entries) in other.merged {
            let entries = entries.into_iter().map(|(mantissa, cell, count)| (mantissa, cells[cell as usize], count));
            of_scale(&mut self.merged, scale).extend(entries);
        }
        let items: Vec<u32> = other.items.list.into_iter().map(|value| self.items.code(value)).collect();
        let others = other.others.into_iter().map(|((cell, item), count)| (item, cell, count));
        let others = others.chain(other.merged_others);
        self.merged_others
            .extend(others.map(|(item, cell, count)| (items[item as usize], cells[cell as usize], count)));
    }

    fn finish(&mut self, len: usize) {
        self.sorted = std::mem::take(self).sorted(len);
    }

    fn fold(&self) -> Box<dyn Fold + '_> {
        Box::new(MultisetFold { sorted: &self.sorted, counts: vec![] })
    }

    fn kept_values(&self) -> usize {
        self.others.len() + self.fixed.iter().map(|(_, counts)| counts.len()).sum::<usize>()
    }
}

impl Multiset {
    /// Moves the counts of this worker to the merged counts.
    fn settle(&mut self) {
        for (scale, counts) in std::mem::take(&mut self.fixed) {
            of_scale(&mut self.merged, scale)
                .extend(counts.into_iter().map(|((cell, mantissa), count)| (mantissa, cell, count)));
        }
        let others = std::mem::take(&mut self.others).into_iter();
        self.merged_others.extend(others.map(|((cell, item), count)| (item, cell, count)));
    }

    fn sorted(mut self, cells: usize) -> Sorted {
        self.settle();
        if self.merged_others.is_empty() && self.merged.len() == 1 {
            let (scale, entries) = self.merged.remove(0);
            return sorted_fixed(scale, entries, cells);
        }
        for (scale, entries) in std::mem::take(&mut self.merged) {
            for (mantissa, cell, count) in entries {
                let item = self.items.code(decimal_of(mantissa, scale).into());
                self.merged_others.push((item, cell, count));
            }
        }
        self.sorted_items(cells)
    }

    fn sorted_items(self, cells: usize) -> Sorted {
        let list = self.items.list;
        let mut order: Vec<u32> = (0..list.len() as u32).collect();
        order.sort_by(|&a, &b| list[a as usize].cmp(&list[b as usize]));
        let mut ranks = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(&item, rank)| ranks[item as usize] = rank);
        let mut by_cell = vec![vec![]; cells];
        for (item, cell, count) in self.merged_others {
            by_cell[cell as usize].push((ranks[item as usize], count));
        }
        by_cell.iter_mut().for_each(|items| items.sort_unstable());
        Sorted { values: order.iter().map(|&item| list[item as usize].clone()).collect(), cells: by_cell }
    }
}

fn sorted_fixed(scale: u32, mut entries: Vec<Counted>, cells: usize) -> Sorted {
    entries.sort_unstable_by_key(|&(mantissa, ..)| mantissa);
    let (mut values, mut by_cell) = (vec![], vec![vec![]; cells]);
    let mut last = None;
    for (mantissa, cell, count) in entries {
        if last.replace(mantissa) != Some(mantissa) {
            values.push(decimal_of(mantissa, scale).into());
        }
        by_cell[cell as usize].push((values.len() as u32 - 1, count));
    }
    Sorted { values, cells: by_cell }
}

/// The list of a scale, which is added if it is missing.
fn of_scale<T: Default>(lists: &mut Vec<(u32, T)>, scale: u32) -> &mut T {
    let at = position_or_add(lists, |(of, _)| *of == scale, || (scale, T::default()));
    &mut lists[at].1
}

fn decimal_of(mantissa: i64, scale: u32) -> Decimal {
    Decimal::from_i128_with_scale(mantissa.into(), scale)
}

/// The counts of some cells.
struct MultisetFold<'g> {
    sorted: &'g Sorted,
    /// Positions in the sorted values, with their counts.
    counts: Vec<(u32, u64)>,
}

impl Fold for MultisetFold<'_> {
    fn clear(&mut self) {
        self.counts.clear();
    }

    fn add(&mut self, cell: usize) {
        self.counts.extend(&self.sorted.cells[cell]);
    }

    fn value(&mut self, measure: &Measure, _: u64) -> Cell {
        combine(&mut self.counts);
        value_of(measure, &self.sorted.values, &self.counts)
    }
}

/// Sorts the counts and adds up those of equal values.
fn combine(counts: &mut Vec<(u32, u64)>) {
    counts.sort_by_key(|&(value, _)| value);
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0 };
        same
    });
}

fn value_of(measure: &Measure, values: &[Value], counts: &[(u32, u64)]) -> Cell {
    let occurs = |count: u64| if measure.distinct { 1 } else { count };
    let counted = || counts.iter().map(|&(value, count)| (&values[value as usize], occurs(count)));
    let total: u64 = counted().map(|(_, count)| count).sum();
    match measure.aggregate {
        Aggregate::Count => Ok(Decimal::from(total).into()),
        Aggregate::Only => the_one(values, counts),
        Aggregate::Median => median(counted, total).map(Value::Number),
        Aggregate::Quantile(fraction) => quantile(counted, total, fraction).map(Value::Number),
        aggregate => sum_of(counted())?.cell(aggregate, total),
    }
}

/// `only(distinct x)`: the value that all rows agree on.
fn the_one(values: &[Value], counts: &[(u32, u64)]) -> Cell {
    match counts {
        [(value, _)] => Ok(values[*value as usize].clone()),
        _ => Err(Cause::ManyRows),
    }
}

fn sum_of<'v>(counted: impl Iterator<Item = (&'v Value, u64)>) -> Result<Total, Cause> {
    let mut total = Total::default();
    for (value, _) in counted {
        total.add(as_number(value)?);
    }
    Ok(total)
}

fn as_number(value: &Value) -> Outcome {
    match value {
        Value::Number(number) => Ok(*number),
        _ => Err(Cause::WrongKind),
    }
}

/// The value at a position of the sorted sequence.
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
    let mut total = Total::default();
    total.add(lower);
    total.add(upper);
    total.number(Aggregate::Average, 2)
}

/// Interpolates linearly between the two values around the fraction.
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
