//! Stores many values of one kind: a column of rows or of groups.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashTable;

use super::{Cause, Cell, Date, Decimal, Number, Value};

/// Values of one kind, each of which is defined or undefined with a cause.
#[derive(Debug, Clone)]
pub struct Vector {
    /// The values. The slot of an undefined value can hold anything.
    pub values: Values,
    /// The cause of each undefined value; None if all values are defined.
    pub causes: Option<Vec<Option<Cause>>>,
}

/// The values of a [`Vector`].
#[derive(Debug, Clone)]
pub enum Values {
    /// Exact decimals that share one scale: `mantissa / 10^scale`. `scale` is at most 18.
    Fixed {
        /// The mantissas.
        mantissas: Vec<i64>,
        /// The number of digits after the decimal point.
        scale: u32,
    },
    /// Decimals of any scale.
    Decimals {
        /// The decimals.
        values: Vec<Decimal>,
        /// Marks the values that a step has rounded; None if there are none.
        inexact: Option<Vec<bool>>,
    },
    /// Texts, represented by their codes in a dictionary.
    Texts {
        /// One code per value.
        codes: Vec<u32>,
        /// The texts of the codes.
        dictionary: Arc<Dictionary>,
    },
    /// Whole days since 1970-01-01.
    Days(Vec<i32>),
    /// Moments.
    Moments(Vec<Date>),
    /// Truth values.
    Booleans(Vec<bool>),
    /// Values of unknown kind, all undefined.
    Nothing(usize),
}

impl Values {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::Fixed { mantissas, .. } => mantissas.len(),
            Self::Decimals { values, .. } => values.len(),
            Self::Texts { codes, .. } => codes.len(),
            Self::Days(days) => days.len(),
            Self::Moments(moments) => moments.len(),
            Self::Booleans(values) => values.len(),
            Self::Nothing(len) => *len,
        }
    }

    /// Returns true if there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Converts numbers to a column of decimals.
    pub fn from_numbers(numbers: &[Number]) -> Self {
        let inexact =
            (!numbers.iter().all(|number| number.exact)).then(|| numbers.iter().map(|number| !number.exact).collect());
        Self::Decimals { values: numbers.iter().map(|number| number.decimal).collect(), inexact }
    }

    /// The values at these positions, in this order.
    ///
    /// # Panics
    /// If a position is not less than the length.
    pub fn take(&self, positions: &[u32]) -> Self {
        self.chosen(positions)
    }

    fn chosen<C: Choose + ?Sized>(&self, which: &C) -> Self {
        match self {
            Self::Fixed { mantissas, scale } => Self::Fixed { mantissas: which.of(mantissas), scale: *scale },
            Self::Decimals { values, inexact } => {
                Self::Decimals { values: which.of(values), inexact: inexact.as_ref().map(|inexact| which.of(inexact)) }
            }
            Self::Texts { codes, dictionary } => Self::Texts { codes: which.of(codes), dictionary: dictionary.clone() },
            Self::Days(days) => Self::Days(which.of(days)),
            Self::Moments(moments) => Self::Moments(which.of(moments)),
            Self::Booleans(truths) => Self::Booleans(which.of(truths)),
            Self::Nothing(_) => Self::Nothing(which.count()),
        }
    }
}

/// A selection of the items of a list.
trait Choose {
    fn of<T: Copy>(&self, items: &[T]) -> Vec<T>;

    fn count(&self) -> usize;
}

/// Selects the items at these positions.
impl Choose for [u32] {
    fn of<T: Copy>(&self, items: &[T]) -> Vec<T> {
        self.iter().map(|&position| items[position as usize]).collect()
    }

    fn count(&self) -> usize {
        self.len()
    }
}

/// Selects the items of a range.
impl Choose for Range<usize> {
    fn of<T: Copy>(&self, items: &[T]) -> Vec<T> {
        items[self.clone()].to_vec()
    }

    fn count(&self) -> usize {
        self.len()
    }
}

impl Vector {
    /// Creates a vector of defined values.
    pub fn defined(values: Values) -> Self {
        Self { values, causes: None }
    }

    /// Creates a vector of `len` undefined values with one cause.
    pub fn undefined(len: usize, cause: Cause) -> Self {
        Self { values: Values::Nothing(len), causes: Some(vec![Some(cause); len]) }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns true if there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cause if the value at `index` is undefined.
    pub fn cause(&self, index: usize) -> Option<Cause> {
        self.causes.as_ref().and_then(|causes| causes[index])
    }

    /// The positions and causes of the values that failed: they are neither defined nor blank.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (usize, Cause)> + '_ {
        let causes = self.causes.iter().flatten().enumerate();
        causes.filter_map(|(at, cause)| Some((at, cause.filter(|cause| cause.is_failure())?)))
    }

    /// The same values, made undefined at these positions with these causes.
    #[must_use]
    pub(crate) fn with_causes(mut self, failed: &[(usize, Cause)]) -> Self {
        if !failed.is_empty() {
            let len = self.len();
            let causes = self.causes.get_or_insert_with(|| vec![None; len]);
            failed.iter().for_each(|&(at, cause)| causes[at] = Some(cause));
        }
        self
    }

    /// The value at `index`.
    pub fn get(&self, index: usize) -> Cell {
        match self.cause(index) {
            Some(cause) => Err(cause),
            None => Ok(self.defined_value(index)),
        }
    }

    /// Repeats one value `len` times.
    pub fn repeated(cell: &Cell, len: usize) -> Self {
        match cell {
            Err(cause) => Self::undefined(len, *cause),
            Ok(_) => std::iter::once(cell.clone()).collect::<Self>().take(&vec![0; len]),
        }
    }

    /// The values at these positions, in this order.
    ///
    /// # Panics
    /// If a position is not less than the length.
    pub fn take(&self, positions: &[u32]) -> Self {
        self.chosen(positions)
    }

    /// The values at a range of positions.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        self.chosen(&range)
    }

    fn chosen<C: Choose + ?Sized>(&self, which: &C) -> Self {
        let causes = self.causes.as_ref().map(|causes| which.of(causes));
        Self { values: self.values.chosen(which), causes: causes.and_then(some_causes) }
    }

    /// Returns true if any value is defined.
    pub(super) fn has_values(&self) -> bool {
        match &self.causes {
            Some(causes) => causes.contains(&None),
            None => !self.is_empty(),
        }
    }

    /// The bytes of the lists. A dictionary, which other vectors may share, is not counted.
    pub(crate) fn bytes(&self) -> usize {
        let items = match &self.values {
            Values::Fixed { mantissas, .. } => size_of_val(&mantissas[..]),
            Values::Decimals { values, inexact } => size_of_val(&values[..]) + inexact.as_ref().map_or(0, Vec::len),
            Values::Texts { codes, .. } => size_of_val(&codes[..]),
            Values::Days(days) => size_of_val(&days[..]),
            Values::Moments(moments) => size_of_val(&moments[..]),
            Values::Booleans(values) => values.len(),
            Values::Nothing(_) => 0,
        };
        items + self.causes.as_ref().map_or(0, |causes| size_of_val(&causes[..]))
    }

    /// Iterates over all values in order.
    pub fn cells(&self) -> impl Iterator<Item = Cell> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    fn defined_value(&self, index: usize) -> Value {
        match &self.values {
            Values::Fixed { mantissas, scale } => {
                Value::Number(Number::exact(Decimal::from_i128_with_scale(mantissas[index].into(), *scale)))
            }
            Values::Decimals { values, inexact } => Value::Number(Number {
                decimal: values[index],
                exact: !inexact.as_ref().is_some_and(|inexact| inexact[index]),
            }),
            Values::Texts { codes, dictionary } => Value::Text(dictionary.text(codes[index]).clone()),
            Values::Days(days) => Value::Date(Date::from_day(days[index])),
            Values::Moments(moments) => Value::Date(moments[index]),
            Values::Booleans(values) => Value::Boolean(values[index]),
            Values::Nothing(_) => unreachable!("a vector without values has a cause for each position"),
        }
    }
}

/// Collects values of the kind of the first defined one. Values of another kind become [`Cause::WrongKind`].
impl FromIterator<Cell> for Vector {
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> Self {
        let cells: Vec<Cell> = cells.into_iter().collect();
        let causes: Vec<Option<Cause>> = cells.iter().map(|cell| cell.as_ref().err().copied()).collect();
        let Some(first) = cells.iter().find_map(|cell| cell.as_ref().ok()) else {
            return Self { values: Values::Nothing(cells.len()), causes: Some(causes) };
        };
        let mut builder = Builder { causes, cells: &cells };
        let values = match first {
            Value::Number(_) => builder.numbers(),
            Value::Text(_) => builder.texts(),
            Value::Boolean(_) => builder.booleans(),
            Value::Date(_) => builder.dates(),
        };
        Self { values, causes: some_causes(builder.causes) }
    }
}

/// The causes, or None if all values are defined.
fn some_causes(causes: Vec<Option<Cause>>) -> Option<Vec<Option<Cause>>> {
    causes.iter().any(Option::is_some).then_some(causes)
}

struct Builder<'a> {
    cells: &'a [Cell],
    causes: Vec<Option<Cause>>,
}

impl Builder<'_> {
    /// Collects one item per cell. `of` returns None for a value of another kind.
    fn collect<T: Clone>(&mut self, filler: T, mut of: impl FnMut(&Value) -> Option<T>) -> Vec<T> {
        let cells = self.cells.iter().zip(&mut self.causes);
        let items = cells.map(|(cell, cause)| {
            let item = cell.as_ref().ok().and_then(&mut of);
            if item.is_none() {
                cause.get_or_insert(Cause::WrongKind);
            }
            item.unwrap_or_else(|| filler.clone())
        });
        items.collect()
    }

    fn numbers(&mut self) -> Values {
        let numbers = self.collect(Number::exact(Decimal::ZERO), |value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        });
        Values::from_numbers(&numbers)
    }

    fn texts(&mut self) -> Values {
        let mut dictionary = Dictionary::default();
        let codes = self.collect(0, |value| match value {
            Value::Text(text) => Some(dictionary.code(text)),
            _ => None,
        });
        Values::Texts { codes, dictionary: Arc::new(dictionary) }
    }

    fn booleans(&mut self) -> Values {
        Values::Booleans(self.collect(false, |value| match value {
            Value::Boolean(truth) => Some(*truth),
            _ => None,
        }))
    }

    fn dates(&mut self) -> Values {
        let moments = self.collect(Date::from_day(0), |value| match value {
            Value::Date(date) => Some(*date),
            _ => None,
        });
        if moments.iter().all(|moment| moment.is_day()) {
            return Values::Days(moments.iter().map(|moment| moment.day()).collect());
        }
        Values::Moments(moments)
    }
}

/// Distinct texts, numbered from 0 in order of first occurrence.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    id: Identity,
    texts: Vec<Arc<str>>,
    /// The codes of the texts with their hashes, so that a text is read only to compare it with an equal one.
    codes: HashTable<Hashed>,
    hasher: foldhash::fast::FixedState,
}

/// The code of a text with a part of its hash.
#[derive(Debug, Clone, Copy)]
struct Hashed {
    hash: u32,
    code: u32,
}

impl Hashed {
    /// The hash in the table.
    fn spread(hash: u32) -> u64 {
        u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// A number that is unique to each dictionary.
#[derive(Debug)]
struct Identity(u64);

impl Default for Identity {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A copy gets a new identity, because it can change independently.
impl Clone for Identity {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Dictionary {
    /// Identifies the dictionary without holding it. Dictionaries with the same id agree on the codes they share,
    /// although the later one may have more texts.
    pub fn id(&self) -> u64 {
        self.id.0
    }

    /// The code of a text, which is added if it is new.
    pub fn code(&mut self, text: &str) -> u32 {
        let hash = self.hash(text);
        if let Some(code) = self.find_hashed(text, hash) {
            return code;
        }
        let code = self.texts.len() as u32;
        self.texts.push(text.into());
        let known = Hashed { hash, code };
        self.codes.insert_unique(Hashed::spread(hash), known, |known| Hashed::spread(known.hash));
        code
    }

    /// The code of a text, if the dictionary contains it.
    pub fn find(&self, text: &str) -> Option<u32> {
        self.find_hashed(text, self.hash(text))
    }

    fn hash(&self, text: &str) -> u32 {
        use std::hash::BuildHasher;
        (self.hasher.hash_one(text) >> 32) as u32
    }

    fn find_hashed(&self, text: &str, hash: u32) -> Option<u32> {
        let is = |known: &Hashed| known.hash == hash && *self.texts[known.code as usize] == *text;
        self.codes.find(Hashed::spread(hash), is).map(|known| known.code)
    }

    /// The text of a code, which must come from this dictionary.
    pub fn text(&self, code: u32) -> &Arc<str> {
        &self.texts[code as usize]
    }

    /// All texts in the order of their codes.
    pub fn texts(&self) -> &[Arc<str>] {
        &self.texts
    }

    /// The number of texts.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Returns true if there are no texts.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Cell {
        Ok(Value::from(text.parse::<Decimal>().expect("a test writes decimals")))
    }

    fn text(text: &str) -> Cell {
        Ok(Value::Text(text.into()))
    }

    fn vector(cells: &[Cell]) -> Vector {
        cells.iter().cloned().collect()
    }

    #[test]
    fn a_dictionary_keeps_its_id_and_a_copy_gets_a_new_one() {
        let mut dictionary = Dictionary::default();
        let id = dictionary.id();
        assert_eq!((dictionary.code("a"), dictionary.code("b"), dictionary.id()), (0, 1, id));
        assert_ne!(dictionary.clone().id(), id);
        assert_ne!(Dictionary::default().id(), id);
    }

    #[test]
    fn cells_round_trip() {
        let blank = Err(Cause::Blank);
        let day = |day| Ok(Value::Date(Date::from_day(day)));
        let noon = Ok(Value::Date(Date::from_micros(43_200_000_000)));
        let columns = [
            vec![number("1.50"), blank.clone(), number("-2")],
            vec![blank.clone(), text("a"), text("b"), text("a")],
            vec![day(1), day(-1)],
            vec![day(1), noon],
            vec![Ok(Value::Boolean(true)), blank.clone()],
            vec![blank.clone(), blank.clone()],
            vec![],
        ];
        for cells in columns {
            assert_eq!(vector(&cells).cells().collect::<Vec<_>>(), cells);
        }
    }

    #[test]
    fn the_first_value_decides_the_kind_of_a_column() {
        let mixed = vector(&[Err(Cause::Blank), number("1"), text("a")]);
        assert_eq!(mixed.cells().collect::<Vec<_>>(), [Err(Cause::Blank), number("1"), Err(Cause::WrongKind)]);
    }

    #[test]
    fn taking_positions_repeats_and_drops() {
        let column = vector(&[number("1"), Err(Cause::Blank), number("3")]);
        let taken = column.take(&[2, 2, 1]);
        assert_eq!(taken.cells().collect::<Vec<_>>(), [number("3"), number("3"), Err(Cause::Blank)]);
        assert!(column.take(&[0]).causes.is_none());
    }

    #[test]
    fn parts_are_joined_in_order() {
        let fixed = |mantissas: &[i64], scale| Vector::defined(Values::Fixed { mantissas: mantissas.to_vec(), scale });
        let same = Vector::concat(&[fixed(&[150], 2), fixed(&[-200], 2)]);
        assert!(matches!(&same.values, Values::Fixed { scale: 2, .. }));
        let parts = [fixed(&[150], 2), Vector::undefined(1, Cause::Blank), fixed(&[7], 0), vector(&[number("0.5")])];
        let joined = Vector::concat(&parts);
        let expected = [number("1.5"), Err(Cause::Blank), number("7"), number("0.5")];
        assert_eq!(joined.cells().collect::<Vec<_>>(), expected);
        let texts = Vector::concat(&[vector(&[text("a")]), vector(&[text("b"), Err(Cause::Blank)])]);
        assert_eq!(texts.cells().collect::<Vec<_>>(), [text("a"), text("b"), Err(Cause::Blank)]);
        assert!(Vector::concat(&[]).is_empty());
    }

    #[test]
    fn repeats_one_value() {
        let three = Vector::repeated(&text("a"), 3);
        assert_eq!(three.cells().collect::<Vec<_>>(), [text("a"), text("a"), text("a")]);
        assert_eq!(Vector::repeated(&Err(Cause::Stated), 2).get(1), Err(Cause::Stated));
    }
}
