//! Datasets and their options.

use std::sync::Arc;

use serde::Serialize;

use super::{Duration, Expr, Name, Path, UnitExpr};
use crate::source::Span;

/// `dataset name = "path" { … }`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dataset {
    /// The name.
    pub name: Name,
    /// The path of the data file.
    pub path: Option<TextLiteral>,
    /// The table of a warehouse, instead of a file.
    pub table: Option<WarehouseTable>,
    /// The entries of the block.
    pub options: Vec<DatasetOption>,
}

/// `table "analytics.orders" in warehouse`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WarehouseTable {
    /// The name of the table there.
    pub table: TextLiteral,
    /// The name that the host resolves to a connection.
    pub warehouse: Warehouse,
}

/// What is written in the place of a warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Warehouse {
    /// Its name.
    Name(Name),
    /// A text, which is an error.
    Text(TextLiteral),
}

impl Warehouse {
    /// The place.
    pub fn span(&self) -> Span {
        match self {
            Self::Name(name) => name.span,
            Self::Text(text) => text.span,
        }
    }
}

/// A string with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextLiteral {
    /// The string, with escapes resolved.
    pub text: Arc<str>,
    /// The place, including quotes.
    pub span: Span,
}

/// An entry of a dataset block.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetOption {
    /// The kind.
    pub kind: DatasetOptionKind,
    /// The place.
    pub span: Span,
}

/// `strict expect unique a, b`: what rows must meet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowTest {
    /// True if a row that breaks it is an error.
    pub strict: bool,
    /// What is tested.
    pub kind: RowTestKind,
    /// The place of what is tested.
    pub span: Span,
}

impl RowTest {
    /// The condition that rows must meet, if it is one.
    pub fn condition(&self) -> Option<&Expr> {
        match &self.kind {
            RowTestKind::Condition(condition) => Some(condition),
            RowTestKind::Unique(_) | RowTestKind::Filled(_) => None,
        }
    }
}

/// What a test of rows tests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum RowTestKind {
    /// `unique a, b`: no two rows have the same values in these columns.
    Unique(Vec<Name>),
    /// `not blank a, b`: each of these columns has a value.
    Filled(Vec<Name>),
    /// `end_date >= start_date`: the condition holds.
    Condition(Expr),
}

/// The kind of a dataset entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum DatasetOptionKind {
    /// `time day`
    Time(Path),
    /// `valid from start_date until end_date`
    Valid(Validity),
    /// `amount: money`
    ColumnType {
        /// The column.
        column: Name,
        /// The type.
        unit: UnitExpr,
    },
    /// `weekday_no = weekday(day)`
    Computed {
        /// The new column.
        column: Name,
        /// `: type`
        annotation: Option<UnitExpr>,
        /// The row expression.
        formula: Expr,
    },
    /// `lookup listings on listing_id` (or `on listing_id = id`)
    Lookup(Lookup),
    /// `expect unique order_id`
    RowTest(RowTest),
    /// `header 4`: the row of the column names, or `None` for `no header`.
    Header {
        /// The row.
        row: Option<Arc<str>>,
    },
    /// `skip last 1`: the number of rows that are left out at the end.
    SkipLast {
        /// The number.
        rows: Arc<str>,
    },
    /// `delimiter ";"`, `decimal ","`, `dates "dd/mm/yyyy"`, `encoding "…"`, `sheet "…"`, `range "A4:F16"`, `blank "n/a"`
    Setting {
        /// The setting.
        keyword: Name,
        /// The value.
        value: TextLiteral,
    },
}

/// `valid from start_date until end_date`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Validity {
    /// The column of the starts.
    pub from: Name,
    /// The column of the ends, or `None` if it is missing, which is an error.
    pub end: Option<Name>,
    /// True if the end is the last day or moment in force (`through`), false if it is the first one after (`until`).
    pub inclusive: bool,
}

/// `lookup seller = users on seller_id = id as of day within 7 days`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lookup {
    /// The name by which the rows are reached, or `None` if it is that of the dataset.
    pub name: Option<Name>,
    /// The looked-up dataset.
    pub dataset: Name,
    /// The columns that must be equal.
    pub keys: Vec<LookupKey>,
    /// The time that selects one of the rows with equal keys.
    pub time: Option<LookupTime>,
}

/// `seller_id = id`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LookupKey {
    /// The column of this dataset.
    pub here: Name,
    /// The column of the looked-up dataset, or `None` if it has the same name.
    pub there: Option<Name>,
}

/// `as of ordered_on`, `next ordered_on within 7 days`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LookupTime {
    /// True for the first row at or after the time (`next`) instead of the last at or before it (`as of`).
    pub next: bool,
    /// A column of this dataset, or a date.
    pub at: Expr,
    /// The longest time between the two.
    pub within: Option<Duration>,
}
