//! Splits a JSON record into the texts of its values.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::diagnostic::{Code, Diagnostic};
use crate::read::untyped::ValueKind;

pub(super) const SHAPE_HINT: &str = "use an array of flat records, or one flat record per line";

/// The values of one record by column, each as it is written. A missing value is an empty text. A record costs as much
/// as it has values, however many columns there are.
#[derive(Default)]
pub(super) struct Row<'t> {
    pub values: Vec<&'t str>,
    /// The columns that have values.
    filled: Vec<usize>,
    /// Values that no column can hold. They are errors only if the column is needed.
    pub wrong: Vec<Wrong<'t>>,
}

/// A value that is a record or an array, or the second value of its name.
#[derive(Clone, Copy)]
pub(super) struct Wrong<'t> {
    pub column: usize,
    pub value: &'t str,
    twice: bool,
}

impl Wrong<'_> {
    /// The reason why the value is rejected, without its place.
    pub fn diagnostic(&self) -> Diagnostic {
        if self.twice { twice() } else { nested(self.value) }
    }
}

/// The reason why a record is rejected.
pub(super) enum Refused<'t> {
    /// The record is not JSON.
    Json(serde_json::Error),
    /// A value of this column is rejected. The reason has no position yet.
    Value(usize, &'t str, Box<Diagnostic>),
    /// The record is rejected for a reason that already has its position.
    Reported(Box<Diagnostic>),
}

impl From<serde_json::Error> for Refused<'_> {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl<'t> Row<'t> {
    /// Reads a record. `find` returns the column of a name; values for which it returns None are ignored.
    pub fn read(&mut self, record: &'t str, find: &mut dyn FnMut(&str) -> Option<usize>) -> Result<(), Refused<'t>> {
        self.filled.drain(..).for_each(|column| self.values[column] = "");
        self.wrong.clear();
        let Self { values, filled, wrong } = self;
        let mut visit = |column: usize, value: &'t str| {
            if values.len() <= column {
                values.resize(column + 1, "");
            }
            let twice = !std::mem::replace(&mut values[column], value).is_empty();
            if !twice {
                filled.push(column);
            }
            if twice || is_nested(value) {
                wrong.push(Wrong { column, value, twice });
            }
        };
        let mut deserializer = serde_json::Deserializer::from_str(record);
        deserializer.deserialize_map(Record { find, visit: &mut visit })?;
        deserializer.end()?;
        Ok(())
    }
}

impl<'t> Row<'t> {
    /// The columns of the record and their values.
    pub fn filled(&self) -> impl Iterator<Item = (usize, &'t str)> {
        self.filled.iter().map(|&column| (column, self.values[column]))
    }
}

fn twice() -> Diagnostic {
    Diagnostic::error(Code::BadTable, "the record has two values of this name")
}

/// Returns true if a value is a record or an array.
pub(super) fn is_nested(value: &str) -> bool {
    matches!(value.as_bytes(), [b'{' | b'[', ..])
}

fn nested(value: &str) -> Diagnostic {
    let found = value.bytes().next().and_then(kind).unwrap_or_default();
    Diagnostic::error(Code::BadTable, format!("expected a plain value, found {found}")).hint(SHAPE_HINT)
}

struct Record<'a, 't> {
    find: &'a mut dyn FnMut(&str) -> Option<usize>,
    visit: &'a mut dyn FnMut(usize, &'t str),
}

impl<'t> Visitor<'t> for Record<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record of named values")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(column) = map.next_key_seed(Name(&mut *self.find))? {
            match column {
                Some(column) => (self.visit)(column, map.next_value::<&RawValue>()?.get()),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Deserializes a name to the index of its column.
struct Name<'a>(&'a mut dyn FnMut(&str) -> Option<usize>);

impl<'t> DeserializeSeed<'t> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'t>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok((self.0)(name))
    }
}

/// The name of the kind of JSON value that starts with this byte.
pub(super) fn kind(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'n' => "null",
        b't' | b'f' => "a truth value",
        b'-' | b'0'..=b'9' => "a number",
        b'"' => "a text",
        b'[' => "an array",
        b'{' => "a record",
        _ => return None,
    })
}

/// The type and the text of a value that is neither an array nor a record. A missing value is an empty text.
///
/// # Errors
/// A text with an escape sequence that does not represent a character.
pub(in crate::read) fn plain(value: &str) -> Result<(ValueKind, Cow<'_, str>), serde_json::Error> {
    Ok(match value.as_bytes().first() {
        None | Some(b'n') => (ValueKind::Blank, Cow::Borrowed("")),
        Some(b'"') => {
            let text = text(value)?;
            (if text.is_empty() { ValueKind::Blank } else { ValueKind::Text }, text)
        }
        Some(b't' | b'f') => (ValueKind::Boolean, Cow::Borrowed(value)),
        Some(_) => (ValueKind::Number, Cow::Borrowed(value)),
    })
}

fn text(value: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    match value.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) if !text.contains('\\') => Ok(Cow::Borrowed(text)),
        _ => serde_json::from_str(value).map(Cow::Owned),
    }
}
