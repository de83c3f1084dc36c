//! Finds the row of a looked-up dataset for each key; each key has at most one row.

use std::collections::HashSet;
use std::sync::Arc;

use hashbrown::HashMap;

use super::key_interner::{KeyInterner, shared_bytes};
use super::room::Room;
use crate::data::Dataset;
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::value::{Cause, Decimal, Values, Vector};

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
    /// Warnings about lookups of this dataset that found nothing.
    unmatched: Vec<Diagnostic>,
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
        unmatched: Vec<Diagnostic>,
        mut room: Room,
    ) -> Result<Self, Diagnostic> {
        let blank = || Vector::undefined(1, Cause::Blank);
        let column = |column: Option<Vector>| column.map_or_else(blank, |column| Vector::concat(&[column, blank()]));
        let rows = index(dataset, key, keys, &mut room)?;
        let (name, kind) = (dataset.name().clone(), kind(&keys.values));
        let (columns, missing) = (columns.map(column).collect(), keys.len() as u32);
        Ok(Self { rows, name, kind, columns, missing, unmatched, room })
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
            let found = row(code);
            finder.has_found |= found.is_some();
            finder.room.push(&mut finder.rows, found.unwrap_or(self.missing))?;
        }
        Ok(codes.into_iter().map(|code| finder.rows[code as usize]).collect())
    }

    /// Warnings about lookups that found nothing: those of this dataset, and this one if no worker found a row for any
    /// of its keys. `dataset` and `key` name what was looked up, `other_key` the key here.
    pub(super) fn unmatched(
        &self,
        finders: &[&Finder],
        [dataset, key, other_key]: [&str; 3],
        room: &mut Room,
    ) -> Result<Vec<Diagnostic>, Diagnostic> {
        let mut warnings = self.unmatched.clone();
        if finders.iter().any(|finder| finder.has_found) {
            return Ok(warnings);
        }
        let mut keys: Vec<Arc<str>> = vec![];
        for text in finders.iter().flat_map(|finder| finder.texts()) {
            room.grow(shared_bytes(&text))?;
            room.push(&mut keys, text)?;
        }
        keys.sort_unstable();
        keys.dedup();
        let Some(first) = keys.first() else { return Ok(warnings) };
        let other = &self.name;
        let message = match &keys[..] {
            [_] => format!("the only key in `{dataset}.{key}` is not in `{other}.{other_key}`"),
            keys => format!("none of the {} keys in `{dataset}.{key}` is in `{other}.{other_key}`", keys.len()),
        };
        let message = format!("{message}: the columns of `{other}` are blank in all rows of `{dataset}`");
        let there = match self.rows.keys().min() {
            Some(key) => format!("`{other}.{other_key}` has {} such as `{}`", of_keys(self.rows.len()), excerpt(key)),
            None => format!("`{other}` has no rows"),
        };
        let warning = Diagnostic::warning(Code::DataNote, message)
            .hint(format!("`{dataset}.{key}` has keys such as `{}`, {there}", excerpt(first)))
            .maybe_hint(self.remedy(&keys, [dataset, key, other_key]));
        warnings.push(warning);
        Ok(warnings)
    }

    /// The declaration with which some of the keys would be found.
    fn remedy(&self, keys: &[Arc<str>], [dataset, key, other_key]: [&str; 3]) -> Option<String> {
        let other = &self.name;
        let meets = |alike: fn(&str) -> Option<String>| {
            let sample = |key: &Arc<str>| alike(key);
            let here: HashSet<String> = keys.iter().take(COMPARED).filter_map(sample).collect();
            self.rows.keys().take(COMPARED).filter_map(sample).any(|key| here.contains(&key))
        };
        if meets(|key| Some(key.parse::<Decimal>().ok()?.normalize().to_string())) {
            return Some(format!(
                "to compare them as numbers, write `{key}: number` in the block of `{dataset}` and `{other_key}: number` in that of `{other}`"
            ));
        }
        meets(|key| Some(key.to_lowercase())).then(|| {
            format!(
                "to ignore capital letters, look up computed columns: `{key}_key = lower({key})` in the block of `{dataset}`, `{other_key}_key = lower({other_key})` in that of `{other}`, and `lookup {other} on {key}_key = {other_key}_key`"
            )
        })
    }

    /// The values of a requested column in these rows.
    pub(super) fn column(&self, at: usize, rows: &[u32]) -> Vector {
        self.columns[at].take(rows)
    }
}

/// The number of keys on each side that are compared to find the reason why none is found.
const COMPARED: usize = 1000;

/// ``2 keys``
fn of_keys(count: usize) -> String {
    if count == 1 { "one key,".into() } else { format!("{count} keys") }
}

/// The beginning of a key, for messages.
fn excerpt(key: &str) -> String {
    key.chars().take(40).collect()
}

/// The keys that one worker has looked up.
#[derive(Debug, Default)]
pub(super) struct Finder {
    keys: KeyInterner,
    /// The row of each key.
    rows: Vec<u32>,
    /// True if there is a row for at least one key.
    has_found: bool,
    room: Room,
}

impl Finder {
    pub(super) fn new(room: Room) -> Self {
        Self { keys: KeyInterner::new(None, room.another()), rows: vec![], has_found: false, room }
    }

    /// The distinct keys as texts, without blank.
    fn texts(&self) -> impl Iterator<Item = Arc<str>> {
        (0..self.keys.len() as u32).filter_map(|code| self.keys.key(code))
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
    let quoted = excerpt(text);
    let [first, second] = [first, second].map(|row| dataset.place(row.into()));
    let message = format!(
        "expected unique values of the lookup key `{column}` in `{name}`, found `{quoted}` twice, first at {first}"
    );
    let place = CellPlace { column: Some(column.to_string()), cell: Some(quoted.clone()), ..second };
    Diagnostic::error(Code::DuplicateKey, message).in_data(place).hint(format!("keep one row for `{quoted}`"))
}
