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
    let (mut values, _) = sources.read_all(&requested, &mut room)?;
    sources.tied(datasets).map_err(problem)?;
    let mut found = vec![];
    for check in checks {
        budget.check("testing rows")?;
        found.push(match check {
            RowCheck::Holds(_) => holds(&values.next().expect("each operation has values"), budget)?,
            RowCheck::Unique(keys) => {
                let keys: Keys = keys.iter().map(|(name, _)| &**name).zip(values.by_ref()).collect();
                unique(dataset, &keys, &mut room, budget)?
            }
        });
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

/// The rows in which a condition does not hold. A row without a value passes.
fn holds(values: &Vector, budget: &Budget) -> Result<Broken, Diagnostic> {
    let mut broken = Broken::default();
    for (row, value) in values.cells().enumerate() {
        if row % ROWS_AT_A_TIME == 0 {
            budget.spend(ROWS_AT_A_TIME.min(values.len() - row), "testing rows")?;
        }
        match value {
            Ok(Value::Boolean(true)) => {}
            Ok(_) => broken.add(row as u64, None),
            Err(_) => broken.undefined += 1,
        }
    }
    Ok(broken)
}

/// The number of rows between two looks at the budget.
const ROWS_AT_A_TIME: usize = 1 << 14;

/// The rows that repeat the keys of an earlier row. A row with a blank key passes.
fn unique(dataset: &dyn Dataset, keys: &Keys, room: &mut Room, budget: &Budget) -> Result<Broken, Diagnostic> {
    let mut broken = Broken::default();
    budget.spend(keys.first().map_or(0, |(_, key)| key.len()).saturating_mul(keys.len()), "testing rows")?;
    let blank = repeated(dataset, keys, room, |row, first| broken.add(row, Some(first)))?;
    broken.undefined = blank;
    Ok(broken)
}

impl Broken {
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
