//! Gathers rows into mergeable states, one a cell: what an aggregate must know of the rows of a key and a time bucket.

use hashbrown::HashMap;

use super::exact::Exact;
use super::keys::{Keys, Pairs};
use super::missing::{Failures, Missing};
use super::pass::{absorb_counts, position_or_add};
use crate::program::NodeId;
use crate::value::{Cause, Cell, Date, Decimal, Dictionary, Value, Values, Vector};

/// The cell of rows that do not count; real ones follow.
pub(super) const NOWHERE: u32 = 0;

/// What is gathered: measures that differ in range or dropped columns only share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct StateKey {
    /// Which of the pass's selections of rows.
    pub(super) selection: usize,
    /// What is gathered of them.
    pub(super) kind: Kind,
    /// Of which expression.
    pub(super) argument: Option<NodeId>,
    /// The segments of `first` and `last`.
    pub(super) by: Vec<NodeId>,
}

/// The kinds of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// How many values.
    Count,
    /// Their exact sum.
    Sum,
    /// The least of them.
    Least,
    /// The greatest of them.
    Greatest,
    /// How often each of them occurs.
    Multiset,
    /// The sum at the earliest time.
    Earliest,
    /// The sum at the latest time.
    Latest,
    /// Any of them.
    Any,
}

/// The rows of a batch as a state sees them.
pub(super) struct Rows<'a> {
    /// The cell of each row, [`NOWHERE`] for rows that do not count.
    pub(super) cells: &'a [u32],
    /// How many cells there are.
    pub(super) len: usize,
    /// The argument.
    pub(super) values: Option<&'a Vector>,
    /// The time of each row, None where it is unknown.
    pub(super) times: &'a [Option<Time>],
    /// The segments of each row.
    pub(super) by: Vec<&'a Vector>,
}

impl Rows<'_> {
    /// Why it is not known which segment a row belongs to, if that is so.
    fn failed_segment(&self, row: usize) -> Option<Cause> {
        self.by.iter().find_map(|by| by.cause(row).filter(|cause| cause.is_failure()))
    }
}

/// What was gathered.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The rows that had no value; of `first` and `last`, failed ones are at their time in the body.
    pub(super) missing: Missing,
    pub(super) body: Body,
}

/// What was gathered of the values, by cell.
#[derive(Debug, Default)]
pub(super) enum Body {
    /// Nothing: rows kept minus rows skipped is all.
    #[default]
    Count,
    Sum(Sums),
    Best(Best),
    Multiset(Multiset),
    Edge(Edges),
    Any(Vec<Option<Value>>),
}

impl State {
    /// The state of no rows: merged with any other of its key it changes nothing.
    pub(super) fn new(key: &StateKey) -> Self {
        let body = match key.kind {
            Kind::Count => Body::Count,
            Kind::Sum => Body::Sum(Sums::default()),
            Kind::Least => Body::Best(Best { greatest: false, ..Best::default() }),
            Kind::Greatest => Body::Best(Best { greatest: true, ..Best::default() }),
            Kind::Multiset => Body::Multiset(Multiset::default()),
            Kind::Earliest => Body::Edge(Edges::new(false, key.by.len())),
            Kind::Latest => Body::Edge(Edges::new(true, key.by.len())),
            Kind::Any => Body::Any(vec![]),
        };
        Self { missing: Missing::default(), body }
    }

    /// Gathers the rows of a batch.
    pub(super) fn update(&mut self, rows: &Rows) {
        let Some(values) = rows.values else { return };
        self.count_missing(rows, values);
        match &mut self.body {
            Body::Count => {}
            Body::Sum(sums) => sums.update(rows, values),
            Body::Best(best) => best.update(rows, values),
            Body::Multiset(set) => set.update(rows, values),
            Body::Edge(edges) => edges.update(rows, values),
            Body::Any(any) => {
                any.resize(rows.len, None);
                each_value(rows, values, |cell, value| any[cell] = Some(value));
            }
        }
    }

    fn count_missing(&mut self, rows: &Rows, values: &Vector) {
        let timed = matches!(self.body, Body::Edge(_));
        let is_whole = values.causes.is_none() && rows.by.iter().all(|by| by.causes.is_none());
        if is_whole && !(timed && rows.times.contains(&None)) {
            return;
        }
        for (row, &cell) in rows.cells.iter().enumerate().filter(|(_, cell)| **cell != NOWHERE) {
            let without_time = timed && rows.times[row].is_none();
            let cause = if without_time { Some(Cause::Blank) } else { values.cause(row) };
            let cause = cause.filter(|cause| !(timed && cause.is_failure()));
            if let Some(cause) = cause.or_else(|| rows.failed_segment(row)) {
                self.missing.add(cell, cause, rows.len);
            }
        }
    }

    /// Adds another worker's state, whose cells are `cells[..]` here.
    pub(super) fn absorb(&mut self, other: State, cells: &[u32], len: usize) {
        self.missing.absorb(&other.missing, cells, len);
        match (&mut self.body, other.body) {
            (Body::Sum(sums), Body::Sum(other)) => sums.absorb(&other, cells, len),
            (Body::Best(best), Body::Best(other)) => best.absorb(other, cells, len),
            (Body::Multiset(set), Body::Multiset(other)) => set.absorb(other, cells),
            (Body::Edge(edges), Body::Edge(other)) => edges.absorb(other, cells),
            (Body::Any(any), Body::Any(other)) => absorb_any(any, other, cells, len),
            _ => {}
        }
    }
}

fn absorb_any(any: &mut Vec<Option<Value>>, other: Vec<Option<Value>>, cells: &[u32], len: usize) {
    any.resize(len, None);
    for (value, &cell) in other.into_iter().zip(cells) {
        let slot = &mut any[cell as usize];
        *slot = slot.take().or(value);
    }
}

/// Calls `visit` with the cell and the value of each row that counts and has one.
fn each_value(rows: &Rows, values: &Vector, mut visit: impl FnMut(usize, Value)) {
    for (row, &cell) in rows.cells.iter().enumerate() {
        if cell != NOWHERE
            && let Ok(value) = values.get(row)
        {
            visit(cell as usize, value);
        }
    }
}

/// Exact sums of numbers.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// One a scale that occurs.
    scales: Vec<ScaledSums>,
    /// How many rounded values went into each sum; empty as long as there are none.
    inexact: Vec<u64>,
}

/// Sums of mantissas of one scale. They gather in 64 bits as long as no sum can have left them, then in 128.
#[derive(Debug, Default)]
struct ScaledSums {
    scale: u32,
    low: Vec<i64>,
    high: Vec<i128>,
    /// No `low` is further from zero than this.
    reached: u64,
    /// What did not fit into 127 bits.
    beyond: HashMap<u32, Exact, foldhash::fast::FixedState>,
}

/// Mantissas are usually below this in absolute value: a trillion cents.
const USUAL: u64 = 1 << 40;

impl Sums {
    fn update(&mut self, rows: &Rows, values: &Vector) {
        match &values.values {
            Values::Fixed { mantissas, scale } => {
                let sums = self.scaled(*scale);
                match &values.causes {
                    None => sums.add_all(rows, mantissas),
                    Some(causes) => sums.add_some(rows, mantissas, |row| causes[row].is_none()),
                }
            }
            Values::Decimals { values: decimals, inexact } => {
                self.add_decimals(rows, decimals, |row| values.cause(row).is_none());
                if let Some(inexact) = inexact {
                    self.inexact.resize(rows.len, 0);
                    let marked = |row: usize| u64::from(inexact[row] && values.cause(row).is_none());
                    (0..inexact.len()).for_each(|row| self.inexact[rows.cells[row] as usize] += marked(row));
                }
            }
            _ => {}
        }
    }

    fn add_decimals(&mut self, rows: &Rows, decimals: &[Decimal], defined: impl Fn(usize) -> bool) {
        for (row, decimal) in decimals.iter().enumerate().filter(|&(row, _)| defined(row)) {
            self.scaled(decimal.scale()).add_one(rows.cells[row], rows.len, decimal.mantissa());
        }
    }

    fn scaled(&mut self, scale: u32) -> &mut ScaledSums {
        let at = self.scales.iter().position(|sums| sums.scale == scale).unwrap_or_else(|| {
            self.scales.push(ScaledSums { scale, ..ScaledSums::default() });
            self.scales.len() - 1
        });
        &mut self.scales[at]
    }

    fn absorb(&mut self, other: &Sums, cells: &[u32], len: usize) {
        for sums in &other.scales {
            self.scaled(sums.scale).absorb(sums, cells, len);
        }
        if !other.inexact.is_empty() {
            absorb_counts(&mut self.inexact, &other.inexact, cells, len);
        }
    }

    /// Calls `visit` with each mantissa and scale that the sum of a cell is made of.
    pub(super) fn parts(&self, cell: usize, mut visit: impl FnMut(i128, u32)) {
        self.scales.iter().for_each(|sums| sums.parts(cell, |part| visit(part, sums.scale)));
    }

    /// How many rounded values went into the sum of a cell.
    pub(super) fn inexact(&self, cell: usize) -> u64 {
        self.inexact.get(cell).copied().unwrap_or(0)
    }
}

impl ScaledSums {
    /// The tight loop: no value is missing. What it added wrongly, because a mantissa was greater than usual, it takes
    /// back: sums that wrap are the same again then.
    fn add_all(&mut self, rows: &Rows, mantissas: &[i64]) {
        if !self.make_room(rows.len, USUAL.saturating_mul(mantissas.len() as u64)) {
            return self.add_some(rows, mantissas, |_| true);
        }
        let low = &mut self.low[..];
        let mut bits = 0;
        for (&cell, &mantissa) in rows.cells.iter().zip(mantissas) {
            low[cell as usize] = low[cell as usize].wrapping_add(mantissa);
            bits |= mantissa.wrapping_add(USUAL as i64) as u64;
        }
        if bits >= 2 * USUAL {
            for (&cell, &mantissa) in rows.cells.iter().zip(mantissas) {
                low[cell as usize] = low[cell as usize].wrapping_sub(mantissa);
            }
            self.add_some(rows, mantissas, |_| true);
        }
    }

    fn add_some(&mut self, rows: &Rows, mantissas: &[i64], defined: impl Fn(usize) -> bool) {
        // The bits of `m` or of `-m - 1`, whichever is not negative: one more is a bound of all absolute values.
        let bits = mantissas.iter().fold(0, |bits, &mantissa| bits | (mantissa ^ (mantissa >> 63)) as u64);
        if !self.make_room(rows.len, (bits + 1).saturating_mul(mantissas.len() as u64)) {
            return self.add_wide(rows, mantissas, defined);
        }
        for (row, &cell) in rows.cells.iter().enumerate().filter(|&(row, _)| defined(row)) {
            self.low[cell as usize] = self.low[cell as usize].wrapping_add(mantissas[row]);
        }
    }

    /// Sees to it that adding so much, all to one cell in the worst case, stays within 64 bits; whether it can.
    fn make_room(&mut self, len: usize, most: u64) -> bool {
        self.low.resize(len, 0);
        if most > i64::MAX as u64 {
            return false;
        }
        if self.reached + most > i64::MAX as u64 {
            self.flush();
        }
        self.reached += most;
        true
    }

    /// Adds what may leave 64 bits even within one batch.
    fn add_wide(&mut self, rows: &Rows, mantissas: &[i64], defined: impl Fn(usize) -> bool) {
        for (row, &cell) in rows.cells.iter().enumerate().filter(|&(row, _)| defined(row)) {
            self.add_one(cell, rows.len, mantissas[row].into());
        }
    }

    fn flush(&mut self) {
        self.high.resize(self.high.len().max(self.low.len()), 0);
        self.high.iter_mut().zip(&mut self.low).for_each(|(high, low)| *high += i128::from(std::mem::take(low)));
        self.reached = 0;
    }

    fn add_one(&mut self, cell: u32, len: usize, mantissa: i128) {
        if self.high.len() < len {
            self.high.resize(len, 0);
        }
        let sum = &mut self.high[cell as usize];
        match sum.checked_add(mantissa) {
            Some(result) if result.unsigned_abs() < 1 << 126 => *sum = result,
            _ => self.beyond.entry(cell).or_default().add(mantissa, self.scale),
        }
    }

    fn absorb(&mut self, other: &ScaledSums, cells: &[u32], len: usize) {
        if other.high.is_empty() && self.make_room(len, other.reached) {
            return other.low.iter().zip(cells).for_each(|(low, &cell)| self.low[cell as usize] += low);
        }
        for (from, &to) in cells.iter().enumerate() {
            other.parts(from, |part| self.add_one(to, len, part));
        }
    }

    fn parts(&self, cell: usize, mut visit: impl FnMut(i128)) {
        [self.low.get(cell).map(|&low| low.into()), self.high.get(cell).copied()]
            .into_iter()
            .flatten()
            .filter(|&part| part != 0)
            .for_each(&mut visit);
        if let Some(exact) = self.beyond.get(&(cell as u32)) {
            exact.parts(|mantissa, _| visit(mantissa));
        }
    }
}

/// The least or the greatest value.
#[derive(Debug, Default)]
pub(super) struct Best {
    greatest: bool,
    values: Vec<Option<Value>>,
    /// Of columns with a common scale; one a scale that occurs.
    fixed: Vec<(u32, Vec<Option<i64>>)>,
}

impl Best {
    fn update(&mut self, rows: &Rows, values: &Vector) {
        match &values.values {
            Values::Fixed { mantissas, scale } => self.update_fixed(rows, values, mantissas, *scale),
            Values::Texts { .. } => self.update_texts(rows, values),
            _ => {
                self.values.resize(rows.len, None);
                each_value(rows, values, |cell, value| self.offer(cell, value));
            }
        }
    }

    fn update_fixed(&mut self, rows: &Rows, values: &Vector, mantissas: &[i64], scale: u32) {
        let greatest = self.greatest;
        let best = self.scaled(scale, rows.len);
        for (row, &cell) in rows.cells.iter().enumerate().filter(|&(row, _)| values.cause(row).is_none()) {
            offer_fixed(greatest, &mut best[cell as usize], mantissas[row]);
        }
    }

    /// The best values of a scale, one for each cell.
    fn scaled(&mut self, scale: u32, len: usize) -> &mut [Option<i64>] {
        let at = position_or_add(&mut self.fixed, |(of, _)| *of == scale, || (scale, vec![]));
        self.fixed[at].1.resize(len, None);
        &mut self.fixed[at].1
    }

    fn update_texts(&mut self, rows: &Rows, values: &Vector) {
        let Values::Texts { codes, dictionary } = &values.values else { return };
        self.values.resize(rows.len, None);
        for (row, &cell) in rows.cells.iter().enumerate().filter(|&(row, _)| values.cause(row).is_none()) {
            let text = dictionary.text(codes[row]);
            let better = match &self.values[cell as usize] {
                Some(Value::Text(best)) => (text > best) == self.greatest && text != best,
                _ => true,
            };
            if better {
                self.values[cell as usize] = Some(Value::Text(text.clone()));
            }
        }
    }

    fn offer(&mut self, cell: usize, value: Value) {
        let slot = &mut self.values[cell];
        *slot = Some(better(self.greatest, slot.take(), value));
    }

    fn absorb(&mut self, other: Best, cells: &[u32], len: usize) {
        let greatest = self.greatest;
        for (scale, values) in other.fixed {
            let best = self.scaled(scale, len);
            let values = values.into_iter().zip(cells).filter_map(|(value, &cell)| Some((cell, value?)));
            values.for_each(|(cell, value)| offer_fixed(greatest, &mut best[cell as usize], value));
        }
        if !other.values.is_empty() {
            self.values.resize(len, None);
            let values = other.values.into_iter().zip(cells).filter_map(|(value, &cell)| Some((cell, value?)));
            values.for_each(|(cell, value)| self.offer(cell as usize, value));
        }
    }

    /// The best value of a cell.
    pub(super) fn value(&self, cell: usize) -> Option<Value> {
        let mut best = self.values.get(cell).cloned().flatten();
        for (scale, values) in &self.fixed {
            if let Some(mantissa) = values.get(cell).copied().flatten() {
                best = Some(better(self.greatest, best, decimal_of(mantissa, *scale).into()));
            }
        }
        best
    }

    /// Whether the greatest value is wanted.
    pub(super) fn greatest(&self) -> bool {
        self.greatest
    }
}

fn offer_fixed(greatest: bool, best: &mut Option<i64>, new: i64) {
    *best = Some(best.map_or(new, |old| if greatest { old.max(new) } else { old.min(new) }));
}

/// The better of two values. Of equal numbers one is inexact if any is, so that the order of rows does not matter.
#[inline]
pub(super) fn better(greatest: bool, old: Option<Value>, new: Value) -> Value {
    match old {
        None => new,
        Some(Value::Number(mut old)) if Value::Number(old) == new => {
            old.exact &= matches!(new, Value::Number(new) if new.exact);
            Value::Number(old)
        }
        // Of equal moments the one with the smaller offset, for the same reason.
        Some(Value::Date(old)) if Value::Date(old) == new => match new {
            Value::Date(new) if new.offset() < old.offset() => Value::Date(new),
            _ => Value::Date(old),
        },
        Some(old) if (old < new) == greatest => new,
        Some(old) => old,
    }
}

/// How often each value occurs in each cell.
#[derive(Debug, Default)]
pub(super) struct Multiset {
    /// Numbers of a common scale by `(cell, mantissa)`; one map a scale that occurs.
    fixed: Vec<(u32, Counts<(u32, i64)>)>,
    /// Other values by `(cell, item)`.
    others: Counts<(u32, u32)>,
    items: Items,
    /// What was absorbed, by scale; a worker's entry may repeat another's.
    absorbed: Vec<(u32, Vec<Counted>)>,
    /// What was absorbed of other values, as item, cell and count.
    absorbed_others: Vec<(u32, u32, u64)>,
}

/// A mantissa, the cell it occurs in, and how often.
type Counted = (i64, u32, u64);

type Counts<K> = HashMap<K, u64, foldhash::fast::FixedState>;

/// Distinct values, numbered in the order they came.
#[derive(Debug, Default)]
struct Items {
    list: Vec<Value>,
    known: HashMap<Value, u32, foldhash::fast::FixedState>,
    /// The id of the dictionary seen last, and the items of its codes.
    texts: (Option<u64>, Vec<Option<u32>>),
}

impl Items {
    /// The number of a value. Equal numbers are one value, rounded where any of them is.
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

impl Multiset {
    fn update(&mut self, rows: &Rows, values: &Vector) {
        let counts = |row: &usize| rows.cells[*row] != NOWHERE && values.cause(*row).is_none();
        let counted = (0..values.len()).filter(counts);
        match &values.values {
            Values::Fixed { mantissas, scale } => {
                let fixed = self.fixed(*scale);
                counted.for_each(|row| *fixed.entry((rows.cells[row], mantissas[row])).or_default() += 1);
            }
            Values::Texts { codes, dictionary } => counted.for_each(|row| {
                let item = self.items.text(dictionary, codes[row]);
                *self.others.entry((rows.cells[row], item)).or_default() += 1;
            }),
            _ => each_value(rows, values, |cell, value| {
                let item = self.items.code(value);
                *self.others.entry((cell as u32, item)).or_default() += 1;
            }),
        }
    }

    fn fixed(&mut self, scale: u32) -> &mut Counts<(u32, i64)> {
        let at = self.fixed.iter().position(|(of, _)| *of == scale).unwrap_or_else(|| {
            self.fixed.push((scale, Counts::default()));
            self.fixed.len() - 1
        });
        &mut self.fixed[at].1
    }

    /// Takes over what another counted. Nothing is hashed again: equal values come together when all are sorted.
    fn absorb(&mut self, other: Multiset, cells: &[u32]) {
        for (scale, counts) in other.fixed {
            let at = position_or_add(&mut self.absorbed, |(of, _)| *of == scale, || (scale, vec![]));
            let entries = counts.into_iter().map(|((cell, mantissa), count)| (mantissa, cells[cell as usize], count));
            self.absorbed[at].1.extend(entries);
        }
        for (scale, entries) in other.absorbed {
            let at = position_or_add(&mut self.absorbed, |(of, _)| *of == scale, || (scale, vec![]));
            let entries = entries.into_iter().map(|(mantissa, cell, count)| (mantissa, cells[cell as usize], count));
            self.absorbed[at].1.extend(entries);
        }
        let items: Vec<u32> = other.items.list.into_iter().map(|value| self.items.code(value)).collect();
        let others = other.others.into_iter().map(|((cell, item), count)| (item, cell, count));
        let others = others.chain(other.absorbed_others);
        self.absorbed_others
            .extend(others.map(|(item, cell, count)| (items[item as usize], cells[cell as usize], count)));
    }

    /// Puts what it counted itself beside what it took over.
    fn settle(&mut self) {
        for (scale, counts) in std::mem::take(&mut self.fixed) {
            let at = position_or_add(&mut self.absorbed, |(of, _)| *of == scale, || (scale, vec![]));
            self.absorbed[at].1.extend(counts.into_iter().map(|((cell, mantissa), count)| (mantissa, cell, count)));
        }
        let others = std::mem::take(&mut self.others).into_iter();
        self.absorbed_others.extend(others.map(|((cell, item), count)| (item, cell, count)));
    }

    /// How many values are kept in memory.
    pub(super) fn len(&self) -> usize {
        self.others.len() + self.fixed.iter().map(|(_, counts)| counts.len()).sum::<usize>()
    }

    /// The values in order, and for each cell the positions in them with how often each occurs: in order, and
    /// some perhaps repeated.
    pub(super) fn sorted(mut self, cells: usize) -> (Vec<Value>, Vec<Vec<(u32, u64)>>) {
        self.settle();
        if self.absorbed_others.is_empty() && self.absorbed.len() == 1 {
            let (scale, entries) = self.absorbed.remove(0);
            return sorted_fixed(scale, entries, cells);
        }
        for (scale, entries) in std::mem::take(&mut self.absorbed) {
            for (mantissa, cell, count) in entries {
                let item = self.items.code(decimal_of(mantissa, scale).into());
                self.absorbed_others.push((item, cell, count));
            }
        }
        self.sorted_items(cells)
    }

    fn sorted_items(self, cells: usize) -> (Vec<Value>, Vec<Vec<(u32, u64)>>) {
        let list = self.items.list;
        let mut order: Vec<u32> = (0..list.len() as u32).collect();
        order.sort_by(|&a, &b| list[a as usize].cmp(&list[b as usize]));
        let mut ranks = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(&item, rank)| ranks[item as usize] = rank);
        let mut by_cell = vec![vec![]; cells];
        for (item, cell, count) in self.absorbed_others {
            by_cell[cell as usize].push((ranks[item as usize], count));
        }
        by_cell.iter_mut().for_each(|items| items.sort_unstable());
        (order.iter().map(|&item| list[item as usize].clone()).collect(), by_cell)
    }
}

fn sorted_fixed(scale: u32, mut entries: Vec<(i64, u32, u64)>, cells: usize) -> (Vec<Value>, Vec<Vec<(u32, u64)>>) {
    entries.sort_unstable_by_key(|&(mantissa, ..)| mantissa);
    let (mut values, mut by_cell) = (vec![], vec![vec![]; cells]);
    let mut last = None;
    for (mantissa, cell, count) in entries {
        if last.replace(mantissa) != Some(mantissa) {
            values.push(decimal_of(mantissa, scale).into());
        }
        by_cell[cell as usize].push((values.len() as u32 - 1, count));
    }
    (values, by_cell)
}

fn decimal_of(mantissa: i64, scale: u32) -> Decimal {
    Decimal::from_i128_with_scale(mantissa.into(), scale)
}

/// The values at the earliest or latest time of each segment.
#[derive(Debug, Default)]
pub(super) struct Edges {
    latest: bool,
    keys: Vec<Keys>,
    segments: Vec<Pairs>,
    /// Combinations of cell and segment.
    slots: Pairs,
    /// What stands there, where anything has a time and no blank.
    entries: Vec<Option<Edge>>,
}

/// What stands at the chosen time.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    /// The time.
    pub(super) time: Time,
    /// How many rows.
    pub(super) rows: u64,
    /// The sum of their numbers.
    pub(super) sum: Exact,
    /// How many of them were rounded.
    pub(super) inexact: u64,
    /// Rows beside them that failed.
    pub(super) failed: Failures,
    /// One of their values, where they are not numbers.
    pub(super) other: Option<Value>,
}

impl Edge {
    /// What a row gives; None where it has a blank.
    fn new(time: Time, cell: Cell) -> Option<Self> {
        let failed = Failures::default();
        let mut edge = Self { time, rows: 0, sum: Exact::default(), inexact: 0, failed, other: None };
        match cell {
            Err(cause) if !cause.is_failure() => return None,
            Err(cause) => edge.failed.add(cause),
            Ok(value) => edge.take_in(value),
        }
        Some(edge)
    }

    fn take_in(&mut self, value: Value) {
        self.rows += 1;
        match value {
            Value::Number(number) => {
                self.sum.add_decimal(number.decimal);
                self.inexact += u64::from(!number.exact);
            }
            other => self.other = Some(other),
        }
    }

    /// Whether a row of that time can be left aside.
    fn outdoes(&self, latest: bool, time: Time) -> bool {
        self.time != time && (self.time > time) == latest
    }

    /// Takes in what stands at another time (which replaces this, or is left) or at the same one (which adds up).
    pub(super) fn offer(&mut self, latest: bool, other: Edge) {
        if other.time == self.time {
            self.rows += other.rows;
            self.sum.merge(&other.sum);
            self.inexact += other.inexact;
            self.failed.merge(&other.failed);
            self.other = self.other.take().or(other.other);
        } else if (other.time > self.time) == latest {
            *self = other;
        }
    }
}

impl Edges {
    /// An empty state with one column for each part of a segment: every worker has all of them, even one that met no rows.
    fn new(latest: bool, columns: usize) -> Self {
        let keys = std::iter::repeat_with(Keys::default).take(columns).collect();
        let segments = std::iter::repeat_with(Pairs::default).take(columns).collect();
        Self { latest, keys, segments, ..Self::default() }
    }

    fn update(&mut self, rows: &Rows, values: &Vector) {
        let segments = self.segments_of(rows);
        let mut slots = rows.cells.to_vec();
        self.slots.combine(&mut slots, &segments);
        self.entries.resize(self.slots.list.len(), None);
        for (row, (&slot, time)) in slots.iter().zip(rows.times).enumerate() {
            let Some(time) = time.filter(|_| rows.failed_segment(row).is_none()) else { continue };
            let entry = &mut self.entries[slot as usize];
            if rows.cells[row] == NOWHERE || entry.as_ref().is_some_and(|edge| edge.outdoes(self.latest, time)) {
                continue;
            }
            if let Some(edge) = Edge::new(time, values.get(row)) {
                offer(entry, self.latest, edge);
            }
        }
    }

    fn segments_of(&mut self, rows: &Rows) -> Vec<u32> {
        let mut segments = vec![0; rows.cells.len()];
        let mut codes = vec![];
        for ((keys, pairs), vector) in self.keys.iter_mut().zip(&mut self.segments).zip(&rows.by) {
            keys.encode(vector, &mut codes);
            pairs.combine(&mut segments, &codes);
        }
        segments
    }

    fn absorb(&mut self, other: Edges, cells: &[u32]) {
        let segments = self.adopt_segments(&other);
        let (mut slots, segments): (Vec<u32>, Vec<u32>) = (other.slots.list.iter())
            .map(|&(cell, segment)| (cells[cell as usize], segments[segment as usize]))
            .unzip();
        self.slots.combine(&mut slots, &segments);
        self.entries.resize(self.slots.list.len(), None);
        for (slot, edge) in slots.into_iter().zip(other.entries) {
            if let Some(edge) = edge {
                offer(&mut self.entries[slot as usize], self.latest, edge);
            }
        }
    }

    /// The numbers that another worker's segments have here.
    fn adopt_segments(&mut self, other: &Edges) -> Vec<u32> {
        let mut known = vec![0];
        for (at, pairs) in other.segments.iter().enumerate() {
            let codes = self.keys[at].adopt(&other.keys[at]);
            let (mut before, keys): (Vec<u32>, Vec<u32>) =
                pairs.list.iter().map(|&(before, key)| (known[before as usize], codes[key as usize])).unzip();
            self.segments[at].combine(&mut before, &keys);
            known = before;
        }
        known
    }

    /// Whether the latest time is wanted.
    pub(super) fn latest(&self) -> bool {
        self.latest
    }

    /// For each cell its segments and what stands at their chosen times.
    pub(super) fn by_cell(self, cells: usize) -> Vec<Vec<(u32, Edge)>> {
        let mut by_cell = vec![vec![]; cells];
        for ((cell, segment), edge) in self.slots.list.into_iter().zip(self.entries) {
            by_cell[cell as usize].extend(edge.map(|edge| (segment, edge)));
        }
        by_cell
    }
}

fn offer(entry: &mut Option<Edge>, latest: bool, edge: Edge) {
    match entry {
        Some(known) => known.offer(latest, edge),
        None => *entry = Some(edge),
    }
}

/// A point in time, in nanoseconds since 1970.
pub(super) type Time = i128;

/// The point in time of each value of a time column.
pub(super) fn times_of(vector: &Vector) -> Vec<Option<Time>> {
    (0..vector.len())
        .map(|row| match (&vector.values, vector.cause(row)) {
            (Values::Days(days), None) => Some(Date::from_day(days[row]).instant()),
            (Values::Moments(moments), None) => Some(moments[row].instant()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_any_length_is_summed_without_wrapping() {
        let (rows, mantissa) = ((1 << 23) + 2, USUAL as i64 - 1);
        let values = Vector::defined(Values::Fixed { mantissas: vec![mantissa; rows], scale: 0 });
        let cells = vec![0; rows];
        let mut sums = Sums::default();
        sums.update(&Rows { cells: &cells, len: 1, values: None, times: &[], by: vec![] }, &values);
        let mut sum = 0;
        sums.parts(0, |part, _| sum += part);
        assert_eq!(sum, rows as i128 * i128::from(mantissa));
    }
}
