//! Counts how often each value occurs, for medians, quantiles and `distinct` aggregates.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::accumulator::{Accumulator, Fold, NOWHERE, Rows, bytes_behind, same};
use super::exact::{Fraction, between};
use super::total::Total;
use super::variance;
use crate::aggregate::lists::position_or_add;
use crate::aggregate::room::Room;
use crate::data::{Aggregate, FinishedValues, Measure};
use crate::diagnostic::Diagnostic;
use crate::numbered::{AT_ONCE, Numbered, UNKNOWN};
use crate::value::ops::Outcome;
use crate::value::{Cause, Cell, Decimal, Dictionary, Number, Value, Values, Vector};

/// How often each value occurs in each cell.
#[derive(Debug, Default)]
pub struct Multiset {
    /// The mantissas of numbers of a common scale, by scale.
    fixed: Vec<(u32, Counts)>,
    /// Twice the items of other values, and one more for inexact numbers.
    others: Counts,
    items: Items,
    /// Merged counts of other workers by scale. Several entries may have the same mantissa and cell.
    merged: Vec<(u32, Vec<Counted>)>,
    /// The same for other values.
    merged_others: Vec<Counted>,
    /// All counts, filled by `finish`.
    pub(super) sorted: Sorted,
}

/// The counts of all cells, by cell and then by value.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    values: SortedValues,
    counts: Vec<Counted>,
    /// The start of the counts of each cell, with one more at the end.
    starts: Vec<u32>,
}

/// The values that keys stand for. Keys are in the order of their values.
#[derive(Debug)]
enum SortedValues {
    /// Keys are mantissas of this scale.
    Fixed(u32),
    /// Keys are twice the positions, and one more for inexact numbers.
    Items(Vec<Value>),
}

impl Default for SortedValues {
    fn default() -> Self {
        Self::Items(vec![])
    }
}

impl Sorted {
    /// The counts of a cell.
    pub(super) fn cell(&self, cell: usize) -> &[Counted] {
        &self.counts[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }

    fn bytes(&self) -> usize {
        let values = match &self.values {
            SortedValues::Fixed(_) => 0,
            SortedValues::Items(values) => size_of_val(&values[..]) + values.iter().map(bytes_behind).sum::<usize>(),
        };
        values + self.counts.capacity() * size_of::<Counted>() + size_of_val(&self.starts[..])
    }

    /// The value of a key.
    pub(super) fn value(&self, key: i64) -> Value {
        match &self.values {
            SortedValues::Fixed(scale) => decimal_of(key, *scale).into(),
            SortedValues::Items(values) => match &values[(key >> 1) as usize] {
                Value::Number(number) => Value::Number(Number { exact: key & 1 == 0, ..*number }),
                value => value.clone(),
            },
        }
    }

    /// The counts of a list in order. Equal numbers are one value, which is inexact if any of them is.
    fn joined<'c>(&self, counts: &'c [Counted]) -> impl DoubleEndedIterator<Item = (i64, u64)> + Clone + 'c {
        let shift = match self.values {
            SortedValues::Fixed(_) => 0,
            SortedValues::Items(_) => 1,
        };
        let equal = move |one: &Counted, other: &Counted| one.key >> shift == other.key >> shift;
        counts
            .chunk_by(equal)
            .map(|equal| (equal[equal.len() - 1].key, equal.iter().map(|counted| counted.count).sum()))
    }
}

/// How often a value occurs in a cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// The mantissa, or twice the item and one more for inexact numbers.
    pub(super) key: i64,
    cell: u32,
    pub(super) count: u64,
}

/// How often each key occurs in each cell.
#[derive(Debug, Default)]
struct Counts {
    list: Vec<Counted>,
    /// The positions of cells and keys in the list.
    positions: Numbered<(u32, i64)>,
}

impl Counts {
    /// Counts keys in cells.
    fn add_all(&mut self, mut keys: impl Iterator<Item = (u32, i64)>, room: &mut Room) -> Result<(), Diagnostic> {
        loop {
            let (mut some, mut met) = ([(0, 0); AT_ONCE], 0);
            some.iter_mut().zip(&mut keys).for_each(|(one, key)| {
                *one = key;
                met += 1;
            });
            let positions = self.positions.find_all(&some);
            for (key, position) in some.into_iter().zip(positions).take(met) {
                match position {
                    UNKNOWN => self.add(key, 1, room)?,
                    position => self.list[position as usize].count += 1,
                }
            }
            if met < AT_ONCE {
                return Ok(());
            }
        }
    }

    /// Counts a key in a cell several times.
    fn add(&mut self, (cell, key): (u32, i64), count: u64, room: &mut Room) -> Result<(), Diagnostic> {
        if let Some(position) = self.positions.find(&(cell, key)) {
            self.list[position as usize].count += count;
            return Ok(());
        }
        let position = self.list.len() as u32;
        room.push(&mut self.list, Counted { key, cell, count })?;
        room.numbered(&mut self.positions, (cell, key), position)
    }

    /// The counts in any order.
    fn into_list(self, room: &mut Room) -> Vec<Counted> {
        room.shrink(self.positions.bytes());
        self.list
    }
}

/// Distinct values, numbered in order of first occurrence.
#[derive(Debug, Default)]
struct Items {
    list: Vec<Value>,
    known: HashMap<Value, u32, foldhash::fast::FixedState>,
    /// The id of the last dictionary, and the items of its codes.
    texts: (Option<u64>, Vec<Option<u32>>),
}

impl Items {
    /// Twice the number of a value, and one more if it is an inexact number.
    fn key(&mut self, value: Value, room: &mut Room) -> Result<i64, Diagnostic> {
        let inexact = matches!(value, Value::Number(number) if !number.exact);
        Ok(2 * i64::from(self.code(value, room)?) + i64::from(inexact))
    }

    /// The number of a value. Equal numbers have the same.
    fn code(&mut self, value: Value, room: &mut Room) -> Result<u32, Diagnostic> {
        let date = if let Value::Date(date) = &value { Some(*date) } else { None };
        let next = self.list.len() as u32;
        room.entry(&mut self.known)?;
        let code = match self.known.entry(value) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                room.grow(bytes_behind(new.key()))?;
                room.push(&mut self.list, new.key().clone())?;
                *new.insert(next)
            }
        };
        // Of equal moments, the one with the smallest offset is kept, so that the order of rows does not matter.
        if let (Some(date), Value::Date(known)) = (date, &mut self.list[code as usize])
            && known.offset() > date.offset()
        {
            *known = date;
        }
        Ok(code)
    }

    fn text(&mut self, dictionary: &Dictionary, code: u32, room: &mut Room) -> Result<u32, Diagnostic> {
        if self.texts.0 != Some(dictionary.id()) {
            room.free(std::mem::replace(&mut self.texts, (Some(dictionary.id()), vec![])).1);
        }
        room.fill(&mut self.texts.1, dictionary.len(), None)?;
        if let Some(item) = self.texts.1[code as usize] {
            return Ok(item);
        }
        let item = self.code(Value::Text(dictionary.text(code).clone()), room)?;
        self.texts.1[code as usize] = Some(item);
        Ok(item)
    }
}

impl Accumulator for Multiset {
    fn update(&mut self, rows: &Rows, values: &Vector, room: &mut Room) -> Result<(), Diagnostic> {
        let counts = |row: &usize| rows.cells[*row] != NOWHERE && values.cause(*row).is_none();
        let counted = (0..values.len()).filter(counts);
        match &values.values {
            Values::Fixed { mantissas, scale } => {
                let counts = of_scale(&mut self.fixed, *scale);
                let mut counted = counted.map(|row| (row, (rows.cells[row], mantissas[row])));
                match rows.weights {
                    None => counts.add_all(counted.map(|(_, key)| key), room),
                    Some(weights) => counted.try_for_each(|(row, key)| counts.add(key, weights[row], room)),
                }
            }
            Values::Texts { codes, dictionary } => {
                for row in counted {
                    let item = self.items.text(dictionary, codes[row], room)?;
                    self.others.add((rows.cells[row], 2 * i64::from(item)), rows.weight(row), room)?;
                }
                Ok(())
            }
            _ => rows.each_counted(values, |row, cell, value| {
                let key = self.items.key(value, room)?;
                self.others.add((cell as u32, key), rows.weight(row), room)
            }),
        }
    }

    /// Merges without hashing mantissas again: equal values meet when everything is sorted.
    fn merge(
        &mut self,
        other: Box<dyn Accumulator>,
        cells: &[u32],
        _: usize,
        room: &mut Room,
    ) -> Result<(), Diagnostic> {
        let mut other: Self = same(other);
        other.settle(room)?;
        let placed = |counted: Counted| Counted { cell: cells[counted.cell as usize], ..counted };
        for (scale, counts) in other.merged {
            let merged = of_scale(&mut self.merged, scale);
            append(merged, counts, placed, room)?;
        }
        let mut items = Vec::with_capacity(other.items.list.len());
        for value in other.items.list {
            items.push(self.items.code(value, room)?);
        }
        let placed = |counted: Counted| Counted { key: moved(counted.key, &items), ..placed(counted) };
        append(&mut self.merged_others, other.merged_others, placed, room)
    }

    fn finish(&mut self, len: usize, room: &mut Room) -> Result<(), Diagnostic> {
        self.sorted = std::mem::take(self).sorted(len, room)?;
        room.set(self.sorted.bytes())
    }

    fn fold(&self) -> Box<dyn Fold + '_> {
        Box::new(MultisetFold { sorted: &self.sorted, first: None, counts: vec![] })
    }
}

impl Multiset {
    /// Moves the counts of this worker to the merged counts.
    fn settle(&mut self, room: &mut Room) -> Result<(), Diagnostic> {
        for (scale, counts) in std::mem::take(&mut self.fixed) {
            append(of_scale(&mut self.merged, scale), counts.into_list(room), |counted| counted, room)?;
        }
        let others = std::mem::take(&mut self.others).into_list(room);
        append(&mut self.merged_others, others, |counted| counted, room)
    }

    fn sorted(mut self, cells: usize, room: &mut Room) -> Result<Sorted, Diagnostic> {
        self.settle(room)?;
        if self.merged_others.is_empty() && self.merged.len() == 1 {
            let (scale, counts) = self.merged.remove(0);
            return sorted(SortedValues::Fixed(scale), counts, cells, room);
        }
        for (scale, counts) in std::mem::take(&mut self.merged) {
            for counted in counts {
                let key = self.items.key(decimal_of(counted.key, scale).into(), room)?;
                room.push(&mut self.merged_others, Counted { key, ..counted })?;
            }
        }
        self.sorted_items(cells, room)
    }

    fn sorted_items(mut self, cells: usize, room: &mut Room) -> Result<Sorted, Diagnostic> {
        let list = self.items.list;
        room.grow(list.len() * (2 * size_of::<u32>() + size_of::<Value>()))?;
        let mut order: Vec<u32> = (0..list.len() as u32).collect();
        order.sort_by(|&a, &b| list[a as usize].cmp(&list[b as usize]));
        let mut ranks: Vec<u32> = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(&item, rank)| ranks[item as usize] = rank);
        self.merged_others.iter_mut().for_each(|counted| counted.key = moved(counted.key, &ranks));
        let values = order.iter().map(|&item| list[item as usize].clone()).collect();
        sorted(SortedValues::Items(values), self.merged_others, cells, room)
    }
}

/// The key of a value whose item got another number.
fn moved(key: i64, items: &[u32]) -> i64 {
    2 * i64::from(items[(key >> 1) as usize]) + (key & 1)
}

/// Sorts the counts by cell and value, and adds up those of equal values.
fn sorted(values: SortedValues, mut counts: Vec<Counted>, cells: usize, room: &mut Room) -> Result<Sorted, Diagnostic> {
    sort(&mut counts, |counted| (counted.cell, counted.key), room)?;
    counts.dedup_by(|next, kept| {
        let same = (next.cell, next.key) == (kept.cell, kept.key);
        kept.count += if same { next.count } else { 0 };
        same
    });
    let mut starts = room.filled(cells + 1, 0)?;
    counts.iter().for_each(|counted| starts[counted.cell as usize + 1] += 1);
    (1..starts.len()).for_each(|cell| starts[cell] += starts[cell - 1]);
    Ok(Sorted { values, counts, starts })
}

/// The number of items that are sorted between two checks of the budget.
const SORTED_AT_ONCE: usize = 1 << 16;

/// Sorts items, at first in runs.
fn sort<K: Ord>(items: &mut [Counted], key: impl Fn(&Counted) -> K, room: &mut Room) -> Result<(), Diagnostic> {
    if items.len() <= SORTED_AT_ONCE {
        items.sort_unstable_by_key(key);
        return Ok(());
    }
    for run in items.chunks_mut(SORTED_AT_ONCE) {
        room.check()?;
        run.sort_unstable_by_key(&key);
    }
    // The sort detects the runs and only merges them, in a second list.
    room.grow(size_of_val(items))?;
    items.sort_by_key(key);
    room.shrink(size_of_val(items));
    Ok(())
}

/// Appends counts to others, in place of them if there are none.
fn append(
    counts: &mut Vec<Counted>,
    mut others: Vec<Counted>,
    placed: impl Fn(Counted) -> Counted,
    room: &mut Room,
) -> Result<(), Diagnostic> {
    if counts.is_empty() {
        others.iter_mut().for_each(|counted| *counted = placed(*counted));
        *counts = others;
        return Ok(());
    }
    room.more(counts, others.len())?;
    counts.extend(others.iter().map(|&counted| placed(counted)));
    room.free(others);
    Ok(())
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
    /// The cell, if there is only one so far: its counts are read where they are.
    first: Option<usize>,
    /// The counts of several cells.
    counts: Vec<Counted>,
}

impl Fold for MultisetFold<'_> {
    fn held(&self, cell: usize) -> usize {
        self.sorted.cell(cell).len()
    }

    fn clear(&mut self) {
        self.first = None;
        self.counts.clear();
    }

    fn add(&mut self, cell: usize, room: &mut Room) -> Result<(), Diagnostic> {
        if self.first.is_none() && self.counts.is_empty() {
            self.first = Some(cell);
            return Ok(());
        }
        for cell in self.first.take().into_iter().chain([cell]) {
            self.extend(cell, |count| count, room)?;
        }
        Ok(())
    }

    fn value_steps(&self) -> usize {
        self.counts.len()
    }

    /// Adds the counts with the opposite sign, which cancel out when all are combined.
    fn remove(&mut self, cell: usize, room: &mut Room) -> Result<(), Diagnostic> {
        if let Some(first) = self.first.take() {
            self.extend(first, |count| count, room)?;
        }
        self.extend(cell, u64::wrapping_neg, room)
    }

    fn value(&mut self, measure: &Measure, _: u64) -> Cell {
        let counts = match self.first {
            Some(cell) => self.sorted.cell(cell),
            None => {
                combine(&mut self.counts);
                &self.counts
            }
        };
        value_of(measure, self.sorted, counts)
    }
}

impl MultisetFold<'_> {
    /// Adds the counts of a cell, changed by `signed`.
    fn extend(&mut self, cell: usize, signed: fn(u64) -> u64, room: &mut Room) -> Result<(), Diagnostic> {
        let more = self.sorted.cell(cell);
        room.more(&mut self.counts, more.len())?;
        self.counts.extend(more.iter().map(|counted| Counted { count: signed(counted.count), ..*counted }));
        Ok(())
    }
}

/// Sorts the counts and adds up those of equal values. Values that do not occur any more are removed.
fn combine(counts: &mut Vec<Counted>) {
    counts.sort_by_key(|counted| counted.key);
    counts.dedup_by(|next, kept| {
        let same = next.key == kept.key;
        kept.count = kept.count.wrapping_add(if same { next.count } else { 0 });
        same
    });
    counts.retain(|counted| counted.count != 0);
}

fn value_of(measure: &Measure, sorted: &Sorted, counts: &[Counted]) -> Cell {
    let values = sorted.joined(counts);
    let occurs = |count: u64| if measure.distinct { 1 } else { count };
    let counted = || values.clone().map(|(key, count)| (key, occurs(count)));
    let nth = |position: u64| as_number(sorted.value(nth(counted(), position)?));
    let of_key = |(key, _): (i64, u64)| sorted.value(key);
    let total: u64 = counted().map(|(_, count)| count).sum();
    match measure.aggregate {
        Aggregate::Count => Ok(Decimal::from(total).into()),
        // `only(distinct x)` is the value that all rows agree on.
        Aggregate::Only if total == 1 => counted().next().map(of_key).ok_or(Cause::ManyRows),
        Aggregate::Only => Err(Cause::ManyRows),
        Aggregate::Min => counted().next().map(of_key).ok_or(Cause::Blank),
        Aggregate::Max => counted().next_back().map(of_key).ok_or(Cause::Blank),
        Aggregate::Median => median(nth, total).map(Value::Number),
        Aggregate::Quantile(fraction) => quantile(nth, total, fraction).map(Value::Number),
        Aggregate::Variance | Aggregate::VariancePopulation | Aggregate::Deviation | Aggregate::DeviationPopulation => {
            let number = |(key, count)| Ok((as_number(sorted.value(key))?, count));
            let numbers = counted().map(number).collect::<Result<Vec<_>, Cause>>()?;
            variance::of_counted(measure.aggregate, &numbers).map(Value::Number)
        }
        aggregate => sum_of(counted().map(of_key))?.cell(aggregate, total),
    }
}

/// The value of a measure from what a dataset has finished for a group with `present` values.
pub fn finished_value(measure: &Measure, values: &FinishedValues, at: usize, present: u64) -> Cell {
    let around = match values {
        FinishedValues::Distinct(counts) => return Ok(Decimal::from(counts[at]).into()),
        FinishedValues::Around(around) => around,
    };
    let fraction = match measure.aggregate {
        Aggregate::Quantile(fraction) => fraction.clamp(Decimal::ZERO, Decimal::ONE),
        _ => Decimal::new(5, 1),
    };
    let (first, _) = Fraction::of_product(present - 1, fraction);
    let nth = |position: u64| as_number(around[usize::from(position > first)].get(at)?);
    match measure.aggregate {
        Aggregate::Quantile(_) => quantile(nth, present, fraction).map(Value::Number),
        _ => median(nth, present).map(Value::Number),
    }
}

fn sum_of(values: impl Iterator<Item = Value>) -> Result<Total, Cause> {
    let mut total = Total::default();
    for value in values {
        total.add(as_number(value)?);
    }
    Ok(total)
}

fn as_number(value: Value) -> Outcome {
    match value {
        Value::Number(number) => Ok(number),
        _ => Err(Cause::WrongKind),
    }
}

/// The key at a position of the sorted sequence.
fn nth(mut counted: impl Iterator<Item = (i64, u64)>, position: u64) -> Result<i64, Cause> {
    let mut passed = 0;
    let found = counted.find(|&(_, count)| {
        passed += count;
        passed > position
    });
    found.map(|(key, _)| key).ok_or(Cause::Blank)
}

fn median(nth: impl Fn(u64) -> Outcome, total: u64) -> Outcome {
    let upper = nth(total / 2)?;
    if total % 2 == 1 {
        return Ok(upper);
    }
    let lower = nth(total / 2 - 1)?;
    let mut total = Total::default();
    total.add(lower);
    total.add(upper);
    total.number(Aggregate::Average, 2)
}

/// Interpolates linearly between the two values around the fraction.
fn quantile(nth: impl Fn(u64) -> Outcome, total: u64, fraction: Decimal) -> Outcome {
    let (position, into) = Fraction::of_product(total - 1, fraction.clamp(Decimal::ZERO, Decimal::ONE));
    let lower = nth(position)?;
    if into.is_zero() {
        return Ok(lower);
    }
    between(lower, nth(position + 1)?, into)
}
