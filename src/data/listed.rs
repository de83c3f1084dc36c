//! Defines the rows that an aggregate is computed from, as far as they are listed.

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use crate::diagnostic::CellPlace;
use crate::language::Sentence;
use crate::value::Value;

/// The maximum number of rows that are listed for one aggregate in one group.
pub const MAX_LISTED_ROWS: usize = 1_000;

/// The rows behind an aggregate, as far as they are listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ListedRows {
    /// Which rows come first.
    pub order: RowOrder,
    /// The column whose values are aggregated, if it is a column as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The rows that count.
    pub rows: Vec<ListedRow>,
    /// The number of other rows that count.
    pub more: u64,
    /// The first rows that do not count although their keys and times belong to the group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutRow>,
    /// The number of other rows that do not count.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_left_out: u64,
}

/// Which rows of an aggregate come first. Of equal ones, the first in the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RowOrder {
    /// The largest numbers without their signs: `sum`, `avg`, and the rows of `first` and `last`.
    Largest,
    /// The smallest values: `min`.
    Lowest,
    /// The largest values: `max`.
    Highest,
    /// The values nearest to the result: `median`, `quantile`.
    Nearest,
    /// The values farthest from the mean: `stddev`, `variance`.
    Farthest,
    /// The order of the data: `count`, `only`.
    Data,
    /// The order of the data, and only the first row of each value: `count(distinct …)`.
    Distinct,
}

/// A row that counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ListedRow {
    /// Where it is in the data.
    #[serde(flatten)]
    pub place: RowPlace,
    /// The value that the aggregate takes from it. None for an aggregate that counts rows.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub value: Option<Value>,
    /// The time, the keys and the columns that the aggregate reads, by name; None is blank.
    #[serde(serialize_with = "as_texts")]
    pub cells: IndexMap<String, Option<Value>>,
}

/// A row that does not count.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LeftOutRow {
    /// Where it is in the data.
    #[serde(flatten)]
    pub place: RowPlace,
    /// Why it does not count.
    pub reason: Sentence,
    /// The time, the keys and the columns that the aggregate reads, by name; None is blank.
    #[serde(serialize_with = "as_texts")]
    pub cells: IndexMap<String, Option<Value>>,
}

/// Where a row is in the data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct RowPlace {
    /// The file, or the name of a table that is not a file.
    pub file: String,
    /// The line, from 1; the number of the row in formats without lines. None for a table of a warehouse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

impl From<CellPlace> for RowPlace {
    fn from(CellPlace { file, line, .. }: CellPlace) -> Self {
        Self { file, line }
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn as_text<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value.as_ref().expect("it is serialized only if there is one"))
}

fn as_texts<S: Serializer>(cells: &IndexMap<String, Option<Value>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(cells.iter().map(|(name, value)| (name, value.as_ref().map(ToString::to_string))))
}
