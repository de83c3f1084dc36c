//! Finds the row of a looked-up dataset for each key; each key has at most one row.

use std::sync::Arc;

use hashbrown::HashMap;

use super::key_interner::{KeyInterner, shared_bytes};
use super::room::Room;
use crate::data::Dataset;
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::value::{Cause, Values, Vector};

/// A looked-up dataset: its requested columns, and the row of each key.
#[derive(Debug)]
pub(super) struct Lookup {
    rows: HashMap<Arc<str>, u32, foldhash::fast::FixedState>,
    /// The dataset's name.
    name: Arc<str>,
    /// The plural name of the type of its keys, if it has any.
    kind: Option<&'static str>,
    /// The requested columns. A blank value after the last row is for keys that do not exist.
    columns: Vec<Vector>,
    /// The position of the blank row.
    missing: u32,
    /// The memory of the columns and of the index.
    #[allow(dead_code, reason = "it returns the memory when it is dropped")]
    room: Room,
}

impl Lookup {
    /// Creates a lookup in a dataset by a column with this name, from the keys of its rows and the requested columns
    /// that can be read, whose memory `room` counts.
    ///
    /// # Errors
    /// A key that fails or occurs twice, or the memory limit.
    pub(super) fn new(
        dataset: &dyn Dataset,
        key: &str,
        keys: &Vector,
        columns: impl Iterator<Item = Option<Vector>>,
        mut room: Room,
    ) -> Result<Self, Diagnostic> {
        let blank = || Vector::undefined(1, Cause::Blank);
        let column = |column: Option<Vector>| column.map_or_else(blank, |column| Vector::concat(&[column, blank()]));
        let rows = index(dataset, key, keys, &mut room)?;
        let (name, kind) = (dataset.name().clone(), kind(&keys.values));
        Ok(Self { rows, name, kind, columns: columns.map(column).collect(), missing: keys.len() as u32, room })
    }

    /// The name of the looked-up dataset.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Rejects keys of another kind than those of the looked-up dataset, if only reading reveals the kinds.
    pub(super) fn check(&self, dataset: &str, keys: &Vector) -> Result<(), Diagnostic> {
        match (self.kind, kind(&keys.values)) {
            (Some(there), Some(here)) if here != there => Err(Diagnostic::error(
                Code::TypeMismatch,
                format!("keys of different types never match: `{dataset}` has {here}, `{}` has {there}", self.name),
            )
            .hint("use the same type of keys in both tables")),
            _ => Ok(()),
        }
    }

    /// The row of each key of a batch.
    pub(super) fn find(&self, finder: &mut Finder, keys: &Vector) -> Result<Vec<u32>, Diagnostic> {
        let mut codes = vec![];
        finder.keys.encode(keys, &mut codes)?;
        let row = |code| finder.keys.key(code).and_then(|text| self.rows.get(&text)).copied();
        for code in finder.rows.len() as u32..finder.keys.len() as u32 {
            finder.room.push(&mut finder.rows, row(code).unwrap_or(self.missing))?;
        }
        Ok(codes.into_iter().map(|code| finder.rows[code as usize]).collect())
    }

    /// The values of a requested column in these rows.
    pub(super) fn column(&self, at: usize, rows: &[u32]) -> Vector {
        self.columns[at].take(rows)
    }
}

/// The keys that one worker has looked up.
#[derive(Debug, Default)]
pub(super) struct Finder {
    keys: KeyInterner,
    /// The row of each key.
    rows: Vec<u32>,
    room: Room,
}

impl Finder {
    pub(super) fn new(room: Room) -> Self {
        Self { keys: KeyInterner::new(None, room.another()), rows: vec![], room }
    }
}

/// The plural name of these values.
fn kind(values: &Values) -> Option<&'static str> {
    match values {
        Values::Fixed { .. } | Values::Decimals { .. } => Some("numbers"),
        Values::Texts { .. } => Some("texts"),
        Values::Days(_) | Values::Moments(_) => Some("dates"),
        Values::Booleans(_) => Some("truth values"),
        Values::Nothing(_) => None,
    }
}

fn index(
    dataset: &dyn Dataset,
    key: &str,
    vector: &Vector,
    room: &mut Room,
) -> Result<HashMap<Arc<str>, u32, foldhash::fast::FixedState>, Diagnostic> {
    let (mut keys, mut codes) = (KeyInterner::new(None, room.another()), vec![]);
    if let Some((row, cause)) = vector.failures().next() {
        return Err(failing_key(dataset, key, row, cause));
    }
    keys.encode(vector, &mut codes)?;
    let mut rows = HashMap::default();
    for (&code, row) in codes.iter().zip(0u32..) {
        let Some(text) = keys.key(code) else { continue };
        room.grow(shared_bytes(&text))?;
        room.entry(&mut rows)?;
        if let Some(first) = rows.insert(text.clone(), row) {
            return Err(duplicate_key(dataset, key, &text, first, row));
        }
    }
    Ok(rows)
}

fn failing_key(dataset: &dyn Dataset, column: &str, row: usize, cause: Cause) -> Diagnostic {
    let name = dataset.name();
    let message = format!("a row of `{name}` has no valid key: {} in `{column}`", cause.describe());
    let place = CellPlace { column: Some(column.to_string()), ..dataset.place(row as u64) };
    let hint = format!("replace undefined values: `{column} = … ?? \"none\"`");
    Diagnostic::error(Code::BadCell, message).in_data(place).hint(hint)
}

fn duplicate_key(dataset: &dyn Dataset, column: &str, text: &str, first: u32, second: u32) -> Diagnostic {
    let name = dataset.name();
    let quoted: String = text.chars().take(40).collect();
    let [first, second] = [first, second].map(|row| dataset.place(row.into()));
    let message = format!(
        "expected unique values of the lookup key `{column}` in `{name}`, found `{quoted}` twice, first at {first}"
    );
    let place = CellPlace { column: Some(column.to_string()), cell: Some(quoted.clone()), ..second };
    Diagnostic::error(Code::DuplicateKey, message).in_data(place).hint(format!("keep one row for `{quoted}`"))
}
