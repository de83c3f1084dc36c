//! Tests the rows of a dataset: conditions, and columns without repeated values.

use std::sync::Arc;

use super::embedded::aggregated;
use super::faults::{Fault, Faults, RowLevel};
use super::grouped::Reading;
use super::lookup::{Keys, repeated};
use super::room::Room;
use super::sources::Sources;
use crate::budget::Budget;
use crate::data::{Calendar, Dataset, Request, RowProgram};
use crate::diagnostic::Diagnostic;
use crate::program::NodeId;
use crate::value::{Value, Vector};

/// What rows are tested for.
#[derive(Debug, Clone)]
pub(crate) enum RowCheck {
    /// A condition holds.
    Holds(NodeId),
    /// No two rows have the same keys, which have these names.
    Unique(Vec<(Arc<str>, NodeId)>),
}

/// The rows that break a test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The number of rows that break it.
    pub rows: u64,
    /// The number of rows that it has no value for.
    pub undefined: u64,
    /// The first of the rows that break it, counted from 0.
    pub first: Vec<u64>,
    /// The row whose keys the first one repeats.
    pub repeats: Option<u64>,
}

/// The maximum number of rows that are named.
const ROWS_NAMED: usize = 3;

impl RowCheck {
    fn nodes(&self) -> Vec<NodeId> {
        match self {
            Self::Holds(node) => vec![*node],
            Self::Unique(keys) => keys.iter().map(|(_, node)| *node).collect(),
        }
    }

    /// The keys that must be unique.
    fn keys(&self) -> &[(Arc<str>, NodeId)] {
        match self {
            Self::Holds(_) => &[],
            Self::Unique(keys) => keys,
        }
    }
}

/// Tests the rows of the dataset at a position, which are read once.
///
/// # Errors
/// Data that cannot be read, or a limit.
pub(crate) fn check_rows(
    datasets: &[Arc<dyn Dataset>],
    at: usize,
    rows: &RowProgram,
    checks: &[RowCheck],
    calendar: Calendar,
    budget: &Budget,
) -> Result<Vec<Broken>, Diagnostic> {
    let (faults, dataset) = (Faults::default(), &*datasets[at]);
    let request = Request::none(calendar, budget.clone());
    let reading = Reading { datasets, request: &request, aggregate: aggregated };
    let requested: Vec<NodeId> = checks.iter().flat_map(RowCheck::nodes).collect();
    let level = RowLevel { dataset: at, rows, path: &[] };
    let sources = Sources::new(reading, level, std::iter::empty(), Some(&faults)).map_err(problem)?;
    let mut room = Room::new(budget, format!("the tested columns of `{}`", dataset.name()));
    let mut found: Vec<Broken> = checks.iter().map(|_| Broken::default()).collect();
    // The keys of each test for repeated values, in parts.
    let mut keys: Vec<Vec<Vec<Vector>>> = checks.iter().map(|check| vec![vec![]; check.keys().len()]).collect();
    let mut start = 0;
    sources.visit_all(&requested, &mut |columns| {
        let rows = columns.first().map_or(0, Vector::len);
        let mut columns = columns.into_iter();
        for ((check, broken), keys) in checks.iter().zip(&mut found).zip(&mut keys) {
            match check {
                RowCheck::Holds(_) => broken.count(start, &columns.next().expect("each operation has values")),
                RowCheck::Unique(_) => {
                    for parts in keys {
                        let column = columns.next().expect("each operation has values");
                        room.grow(2 * column.bytes())?;
                        parts.push(column);
                    }
                }
            }
        }
        start += rows as u64;
        Ok(())
    })?;
    sources.tied(datasets).map_err(problem)?;
    for ((check, broken), keys) in checks.iter().zip(&mut found).zip(keys) {
        budget.check("testing rows")?;
        let names = check.keys().iter().map(|(name, _)| &**name);
        let keys: Keys = names.zip(keys.into_iter().map(|parts| Vector::concat(&parts))).collect();
        if !keys.is_empty() {
            *broken = unique(dataset, &keys, &mut room, budget)?;
        }
    }
    Ok(found)
}

fn problem(fault: Fault) -> Diagnostic {
    match fault {
        Fault::Limit(problem) | Fault::Column(_, _, problem) | Fault::Lookup(_, _, problem) | Fault::Whole(problem) => {
            problem
        }
    }
}

/// The rows that repeat the keys of an earlier row. A row with a blank key passes.
fn unique(dataset: &dyn Dataset, keys: &Keys, room: &mut Room, budget: &Budget) -> Result<Broken, Diagnostic> {
    let mut broken = Broken::default();
    budget.spend(keys.first().map_or(0, |(_, key)| key.len()).saturating_mul(keys.len()), "testing rows")?;
    let blank = repeated(dataset, keys, room, |row, first| broken.add(row, Some(first)))?;
    broken.undefined = blank;
    Ok(broken)
}

impl Broken {
    /// Adds the rows from `start` on in which a condition does not hold. A row without a value passes.
    fn count(&mut self, start: u64, condition: &Vector) {
        for (row, value) in (start..).zip(condition.cells()) {
            match value {
                Ok(Value::Boolean(true)) => {}
                Ok(_) => self.add(row, None),
                Err(_) => self.undefined += 1,
            }
        }
    }

    fn add(&mut self, row: u64, repeats: Option<u64>) {
        if self.rows == 0 {
            self.repeats = repeats;
        }
        self.rows += 1;
        if self.first.len() < ROWS_NAMED {
            self.first.push(row);
        }
    }
}
