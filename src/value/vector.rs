//! Many values of one kind side by side: a column of rows, or of groups.

use std::sync::Arc;

use hashbrown::HashTable;

use super::{Cause, Cell, Date, Decimal, Number, Value};

/// Values of one kind, each defined or undefined with its cause.
#[derive(Debug, Clone)]
pub struct Vector {
    /// The values; where undefined, the slot holds anything.
    pub values: Values,
    /// The cause of each undefined value; None where all are defined.
    pub causes: Option<Vec<Option<Cause>>>,
}

/// The values of a [`Vector`].
#[derive(Debug, Clone)]
pub enum Values {
    /// Exact decimals that share one scale: `mantissa / 10^scale`. `scale` is at most 18.
    Fixed {
        /// The mantissas.
        mantissas: Vec<i64>,
        /// How many digits stand after the point.
        scale: u32,
    },
    /// Decimals of any scale; `inexact` marks those that a step has rounded, None where there are none.
    Decimals {
        /// The decimals.
        values: Vec<Decimal>,
        /// Which are rounded.
        inexact: Option<Vec<bool>>,
    },
    /// Texts by their code in a dictionary.
    Texts {
        /// One code a value.
        codes: Vec<u32>,
        /// What the codes mean.
        dictionary: Arc<Dictionary>,
    },
    /// Whole days since 1970-01-01.
    Days(Vec<i32>),
    /// Moments.
    Moments(Vec<Date>),
    /// Truth values.
    Booleans(Vec<bool>),
    /// Values of no known kind, all undefined.
    Nothing(usize),
}

impl Values {
    /// How many there are.
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

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Vector {
    /// Values that are all defined.
    pub fn defined(values: Values) -> Self {
        Self { values, causes: None }
    }

    /// `len` values that are all undefined with one cause.
    pub fn undefined(len: usize, cause: Cause) -> Self {
        Self { values: Values::Nothing(len), causes: Some(vec![Some(cause); len]) }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Why the value at `index` is undefined, where it is.
    pub fn cause(&self, index: usize) -> Option<Cause> {
        self.causes.as_ref().and_then(|causes| causes[index])
    }

    /// The value at `index`.
    pub fn get(&self, index: usize) -> Cell {
        match self.cause(index) {
            Some(cause) => Err(cause),
            None => Ok(self.defined_value(index)),
        }
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
            Values::Nothing(_) => unreachable!("a vector of nothing has a cause for each value"),
        }
    }
}

/// Distinct texts, numbered from 0 in the order they came.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    texts: Vec<Arc<str>>,
    codes: HashTable<u32>,
    hasher: foldhash::fast::FixedState,
}

impl Dictionary {
    /// The code of a text, added where it is new.
    pub fn code(&mut self, text: &str) -> u32 {
        use std::hash::BuildHasher;
        let hash = self.hasher.hash_one(text);
        if let Some(&code) = self.codes.find(hash, |&code| &*self.texts[code as usize] == text) {
            return code;
        }
        let code = self.texts.len() as u32;
        self.texts.push(text.into());
        let (texts, hasher) = (&self.texts, &self.hasher);
        self.codes.insert_unique(hash, code, |&code| hasher.hash_one(&*texts[code as usize]));
        code
    }

    /// The code of a text that is already known.
    pub fn find(&self, text: &str) -> Option<u32> {
        use std::hash::BuildHasher;
        let hash = self.hasher.hash_one(text);
        self.codes.find(hash, |&code| &*self.texts[code as usize] == text).copied()
    }

    /// The text of a code, which must come from this dictionary.
    pub fn text(&self, code: u32) -> &Arc<str> {
        &self.texts[code as usize]
    }

    /// All texts in the order of their codes.
    pub fn texts(&self) -> &[Arc<str>] {
        &self.texts
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}
