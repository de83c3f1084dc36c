//! Reads a looked-up dataset once, so that each row's key finds at most one row there.

use std::sync::{Arc, Mutex};

use hashbrown::HashMap;

use super::faults::{Fault, Faults, RowLevel};
use super::keys::Keys;
use super::sources::Sources;
use crate::data::{Dataset, LookupRequest};
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::value::{Cause, Values, Vector};

/// A looked-up dataset: its wanted columns, and the row of each key.
#[derive(Debug)]
pub(super) struct Lookup {
    rows: HashMap<Arc<str>, u32, foldhash::fast::FixedState>,
    /// The dataset's name.
    name: Arc<str>,
    /// What its keys are, where it has any.
    kind: Option<&'static str>,
    /// The wanted columns, after the last row a blank one for keys that are not there.
    columns: Vec<Vector>,
    /// The position of the blank row.
    missing: u32,
}

impl Lookup {
    /// Reads the key and the wanted columns of a dataset.
    pub(super) fn read(
        datasets: &[Arc<dyn Dataset>],
        request: &LookupRequest,
        path: &[usize],
        faults: &Faults,
    ) -> Result<Self, Fault> {
        let LookupRequest { dataset: at, rows, other_key, columns, .. } = request;
        let dataset = &*datasets[*at];
        let level = RowLevel { dataset: *at, rows, path };
        let sources = Sources::new(datasets, level, std::iter::empty(), Some(faults))?;
        let readable: Vec<bool> = columns.iter().map(|column| faults.of_node(level, *column).is_none()).collect();
        let mut wanted = vec![*other_key];
        wanted.extend(columns.iter().zip(&readable).filter(|(_, readable)| **readable).map(|(column, _)| column));
        let gathered = Mutex::new((sources.finders(), vec![vec![]; wanted.len()]));
        let visited = dataset.scan(&sources.read, 1, &|_, batch| {
            let mut gathered = gathered.lock().expect("no visit panics");
            let (finders, parts) = &mut *gathered;
            let values = sources.values(finders, batch)?;
            let columns = rows.program.evaluate(&values, batch.rows, &wanted);
            parts.iter_mut().zip(columns).for_each(|(parts, column)| parts.push(column));
            Ok(())
        });
        visited.map_err(|problem| match sources.fault(problem) {
            Fault::Whole(problem) => Fault::Lookup(path.into(), problem),
            fault => fault,
        })?;
        let (_, parts) = gathered.into_inner().expect("no visit panics");
        let mut vectors = parts.into_iter().map(|parts| Vector::concat(&parts));
        let keys = vectors.next().expect("the key is wanted");
        let blank = || Vector::undefined(1, Cause::Blank);
        let column = |readable: bool| match readable.then(|| vectors.next()).flatten() {
            Some(column) => Vector::concat(&[column, blank()]),
            None => blank(),
        };
        let columns = readable.into_iter().map(column).collect();
        let index = index(dataset, &request.other_key_name, &keys);
        let index = index.map_err(|problem| Fault::Lookup(path.into(), problem))?;
        let (name, kind) = (dataset.name().clone(), kind(&keys.values));
        Ok(Self { rows: index, name, columns, missing: keys.len() as u32, kind })
    }

    /// Refuses keys of another kind than those of the looked-up dataset, where only reading shows what they are.
    pub(super) fn check(&self, dataset: &str, keys: &Vector) -> Result<(), Diagnostic> {
        match (self.kind, kind(&keys.values)) {
            (Some(there), Some(here)) if here != there => Err(Diagnostic::error(
                Code::TypeMismatch,
                format!("keys of two kinds never match: `{dataset}` has {here}, `{}` has {there}", self.name),
            )
            .hint("write the keys alike in both tables")),
            _ => Ok(()),
        }
    }

    /// The row of each key of a batch.
    pub(super) fn find(&self, finder: &mut Finder, keys: &Vector) -> Vec<u32> {
        let mut codes = vec![];
        finder.keys.encode(keys, &mut codes);
        let row = |code| finder.keys.key(code).and_then(|text| self.rows.get(&text)).copied();
        let new = finder.rows.len() as u32..finder.keys.len() as u32;
        finder.rows.extend(new.map(|code| row(code).unwrap_or(self.missing)));
        codes.into_iter().map(|code| finder.rows[code as usize]).collect()
    }

    /// The values of a wanted column in these rows.
    pub(super) fn column(&self, at: usize, rows: &[u32]) -> Vector {
        self.columns[at].take(rows)
    }
}

/// What one worker knows of the keys that it looked up.
#[derive(Debug, Default)]
pub(super) struct Finder {
    keys: Keys,
    /// The row of each key.
    rows: Vec<u32>,
}

/// What such values are, in words.
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
) -> Result<HashMap<Arc<str>, u32, foldhash::fast::FixedState>, Diagnostic> {
    let (mut keys, mut codes) = (Keys::default(), vec![]);
    if let Some((row, cause)) = vector.failures().next() {
        return Err(failing_key(dataset, key, row, cause));
    }
    keys.encode(vector, &mut codes);
    let mut rows = HashMap::default();
    for (&code, row) in codes.iter().zip(0u32..) {
        let Some(text) = keys.key(code) else { continue };
        if let Some(first) = rows.insert(text.clone(), row) {
            return Err(duplicate_key(dataset, key, &text, first, row));
        }
    }
    Ok(rows)
}

fn failing_key(dataset: &dyn Dataset, column: &str, row: usize, cause: Cause) -> Diagnostic {
    let name = dataset.name();
    let message = format!("a row of `{name}` cannot be looked up: {} in its `{column}`", cause.described());
    let place = CellPlace { column: Some(column.to_string()), ..dataset.place(row as u64) };
    let hint = format!("give `{column}` another value there: `{column} = … ?? \"none\"`");
    Diagnostic::error(Code::BadCell, message).in_data(place).hint(hint)
}

fn duplicate_key(dataset: &dyn Dataset, column: &str, text: &str, first: u32, second: u32) -> Diagnostic {
    let name = dataset.name();
    let quoted: String = text.chars().take(40).collect();
    let [first, second] = [first, second].map(|row| dataset.place(row.into()));
    let message = format!(
        "expected each `{column}` once in `{name}`, which is looked up by it; found `{quoted}` again, first at {first}"
    );
    let place = CellPlace { column: Some(column.to_string()), cell: Some(quoted.clone()), ..second };
    Diagnostic::error(Code::DuplicateKey, message).in_data(place).hint(format!("keep one row for `{quoted}`"))
}
