//! What is known of a dataset before its rows are read: columns, their types, the time column.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use crate::diagnostic::CellPlace;

/// A column of a [`Schema`]: its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ColumnId(pub u32);

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Decimals.
    Number,
    /// Texts.
    Text,
    /// Days or moments.
    Date,
    /// Months (`2026-03`), each as its first day.
    Month,
    /// Truth values.
    Boolean,
    /// Nothing but blank cells, as far as is known: any of them.
    Unknown,
}

/// A dataset's columns.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Schema {
    /// The columns in file order, by name (NFC).
    pub columns: IndexMap<Arc<str>, ColumnSchema>,
    /// The declared time column, or the only date column. None also where there are two undeclared date columns:
    /// then `dates` has both.
    pub time: Option<ColumnId>,
}

/// One column.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnSchema {
    /// What it holds.
    pub ty: ColumnType,
    /// Whether the definitions said so, rather than the data.
    pub declared: bool,
    /// The cell that decided against numbers, for a message such as `line 57: abc is not a number`.
    #[serde(skip)]
    pub evidence: Option<CellPlace>,
}

impl Schema {
    /// The position of a column.
    pub fn find(&self, name: &str) -> Option<ColumnId> {
        self.columns.get_index_of(name).map(|at| ColumnId(at as u32))
    }

    /// The name of a column, which must be of this schema.
    pub fn name(&self, id: ColumnId) -> &Arc<str> {
        self.columns.get_index(id.0 as usize).expect("the id comes from this schema").0
    }

    /// What a column is, which must be of this schema.
    pub fn column(&self, id: ColumnId) -> &ColumnSchema {
        &self.columns[id.0 as usize]
    }

    /// All columns that hold dates or months.
    pub fn dates(&self) -> impl Iterator<Item = ColumnId> + '_ {
        let is_date = |column: &ColumnSchema| matches!(column.ty, ColumnType::Date | ColumnType::Month);
        (0..).map(ColumnId).zip(self.columns.values()).filter(move |(_, column)| is_date(column)).map(|(id, _)| id)
    }
}

/// What the definitions say of a dataset, as far as its reader needs to know.
#[derive(Debug, Clone, Default)]
pub struct Declaration {
    /// `time day`
    pub time: Option<Arc<str>>,
    /// `amount: money` and the like, by what the column then holds.
    pub types: IndexMap<Arc<str>, ColumnType>,
    /// How the file writes things, where declared.
    pub formatting: Formatting,
}

/// How a file writes things; None is detected (or the default).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Formatting {
    /// `delimiter ";"`
    pub delimiter: Option<u8>,
    /// `decimal ","`
    pub decimal: Option<char>,
    /// `dates "dd/mm/yyyy"`
    pub dates: Option<Arc<str>>,
    /// `encoding "windows-1252"`
    pub encoding: Option<Arc<str>>,
    /// `sheet "Q1"`
    pub sheet: Option<Arc<str>>,
    /// `blank "n/a"`: cells that count as blank beside empty ones.
    pub blank: Vec<Arc<str>>,
}
